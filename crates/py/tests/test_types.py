"""Types: the package and the examples by pyright, the door to Rust against its stub by stubtest."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import esperance as es

ROOT = Path(__file__).parents[3]
PACKAGE = Path(es.__file__).parent
EXAMPLES = sorted((ROOT / "examples" / "python").glob("*.py"))
#: What an example may use to be judged strictly: libraries with complete types.
TYPED = {"__future__", "collections", "dataclasses", "esperance", "math", "numpy", "pathlib", "sys", "typing"}

#: What stubtest may find, and why.
ALLOWED = {
    r"esperance\._arrays\.Array": "a name of types alone: NumPy is not loaded with the package",
    r"esperance\.\w+\.Potential": "imported for types alone: atoms are loaded when a potential is asked for",
}

#: The types of the Python files are judged by pyright; here they are compared with what is there.
MYPY = """
[mypy]
ignore_missing_imports = True
[mypy-esperance.*]
ignore_errors = True
"""


def imports(path: Path) -> set[str]:
    """The top names of what a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {one.name.split(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def complaints(folder: Path, files: list[Path], mode: str) -> list[str]:
    """What pyright says of files."""
    if importlib.util.find_spec("pyright") is None:
        pytest.skip("pyright is not installed: pip install pyright")
    config = {
        "include": [os.path.relpath(path, folder) for path in files],
        "extraPaths": [str(PACKAGE.parent)],
        "pythonVersion": f"3.{sys.version_info.minor}",
        "typeCheckingMode": mode,
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    words = ["-p", str(folder), "--pythonpath", sys.executable, "--outputjson"]
    command = [sys.executable, "-m", "pyright", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        told: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        pytest.skip(f"pyright cannot run here: {(done.stderr or done.stdout).strip()[-200:]}")
    assert told["summary"]["filesAnalyzed"] >= len(files), told["summary"]
    lines: list[str] = []
    for one in told["generalDiagnostics"]:
        if one["severity"] == "error":
            line = one["range"]["start"]["line"] + 1
            lines.append(f"{Path(one['file']).name}:{line}: {one['message']}")
    return lines


def test_the_package_is_clean_in_strict_mode(tmp_path: Path) -> None:
    assert not (found := complaints(tmp_path, [PACKAGE], "strict")), "\n".join(found)


def test_examples_with_numpy_alone_are_clean_in_strict_mode(tmp_path: Path) -> None:
    typed = [path for path in EXAMPLES if imports(path) <= TYPED]
    assert {"control.py", "convergence.py", "hjb.py", "my_equation.py"} <= {path.name for path in typed}
    assert not (found := complaints(tmp_path, typed, "strict")), "\n".join(found)


def test_the_other_examples_are_clean_in_basic_mode(tmp_path: Path) -> None:
    others = [path for path in EXAMPLES if not imports(path) <= TYPED]
    assert {"many_seeds.py", "potential.py"} <= {path.name for path in others}
    assert not (found := complaints(tmp_path, others, "basic")), "\n".join(found)


def test_a_wrong_type_is_found(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    lines = ["import esperance as es", "x: str = es.Equation(2, 1.0, terminal=0.0).dim", "es.solve(3.5)"]
    wrong.write_text("\n".join(lines), encoding="utf-8")
    found = complaints(tmp_path, [wrong], "strict")
    assert any("wrong.py:2" in line for line in found) and any("wrong.py:3" in line for line in found)


#: Lambdas of every number of arguments, where a user writes them.
LAMBDAS = """
import numpy as np
import esperance as es

hjb = es.Equation(100, 1.0, source=lambda z: -0.5 * z @ z, terminal=lambda x: np.log(0.5 * (1 + x @ x)))
other = es.Equation(2, 1.0, drift=lambda t, x: t * x, source=lambda t, x, u, z: u - z @ x + t, terminal="x[1]")
shop = es.Control(
    3,
    states={"x": 0.0},
    actions={"q": (0.0, 1.0)},
    next={"x": lambda x, q: x + q},
    cost=lambda t, x, q: t * x * q,
    end=lambda x: x,
)
"""


def test_lambdas_of_a_user_are_clean_in_strict_mode(tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(LAMBDAS, encoding="utf-8")
    assert not (found := complaints(tmp_path, [own], "strict")), "\n".join(found)


def test_the_stub_is_what_is_there(tmp_path: Path) -> None:
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed: pip install mypy")
    (tmp_path / "mypy.ini").write_text(MYPY, encoding="utf-8")
    allowed = "".join(f"{name}  # {why}\n" for name, why in ALLOWED.items())
    (tmp_path / "allowed.txt").write_text(allowed, encoding="utf-8")
    place = {} if "site-packages" in PACKAGE.parts else {"MYPYPATH": str(PACKAGE.parent)}
    own = {"PYTHONPATH": str(PACKAGE.parent), "MYPY_CACHE_DIR": str(tmp_path / "cache")}
    env = {**os.environ, **own, **place}
    words = ["--mypy-config-file", str(tmp_path / "mypy.ini"), "--allowlist", str(tmp_path / "allowed.txt")]
    words += ["--ignore-unused-allowlist", "--concise"]
    command = [sys.executable, "-m", "mypy.stubtest", "esperance", *words]
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
