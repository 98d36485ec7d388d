"""Examples: each runs, leaves nothing behind, and prints numbers that are right within their errors."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import esperance as es

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "python"
#: A number with its error: 4.5902(3), 1.2(3)e-5.
NUMBER = r"(-?\d+\.?\d*)\((\d+(?:\.\d+)?)\)"


def environment() -> dict[str, str]:
    """The environment of a process that finds this package, and no window."""
    package = str(Path(es.__file__).parents[1])
    return {**os.environ, "PYTHONPATH": package, "MPLBACKEND": "Agg", "PYTHONIOENCODING": "utf-8"}


def output(name: str, folder: Path, *words: str) -> str:
    """What an example prints."""
    command = [sys.executable, str(EXAMPLES / name), "--quick", *words]
    done = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env=environment(), cwd=folder, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def estimate(before: str, text: str) -> tuple[float, float]:
    """The first number with an error after some words."""
    found = re.search(re.escape(before) + r"\s*" + NUMBER, text)
    assert found, f"no number after {before!r} in:\n{text}"
    value, digits = found.groups()
    places = len(value.partition(".")[2])
    return float(value), float(digits) * (1.0 if "." in digits else 10.0**-places)


def near(estimated: tuple[float, float], truth: float, least: float = 0.0) -> bool:
    """Whether a number is right within five of its errors."""
    value, error = estimated
    return abs(value - truth) <= 5.0 * error + least


def test_every_example_is_tested_here() -> None:
    known = Path(__file__).read_text(encoding="utf-8")
    for path in EXAMPLES.iterdir():
        assert path.suffix in (".py", ".ipynb") and f'"{path.name}"' in known, path.name


def test_hjb(tmp_path: Path) -> None:
    assert near(estimate("u(0, 0) =", output("hjb.py", tmp_path)), 4.5901617)
    assert list(tmp_path.iterdir()) == []


def test_my_equation_lies_between_its_bounds(tmp_path: Path) -> None:
    text = output("my_equation.py", tmp_path)
    value, error = estimate("u(0, 0) =", text)
    ends = re.search(r"lies in \[([\d.]+), ([\d.]+)\]", text)
    assert ends and float(ends[1]) < value - 2 * error and value + 2 * error < float(ends[2])
    # The equation is even in x, and so is what was learned.
    left, right = (estimate(f"u(0.5, {x} e₁) =", text) for x in ("-1.0", " 1.0"))
    assert abs(left[0] - right[0]) < 0.05
    assert list(tmp_path.iterdir()) == []


def test_my_equation_leaves_a_picture_where_asked(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    output("my_equation.py", tmp_path, "--plot")
    picture = (tmp_path / "my_equation.png").read_bytes()
    assert picture.startswith(b"\x89PNG") and len(picture) > 10_000


def test_control_comes_near_its_optimum(tmp_path: Path) -> None:
    text = output("control.py", tmp_path)
    optimum = re.search(r"fills up to (\d) and costs ([\d.]+)", text)
    assert optimum and optimum[1] == "6"
    cost, error = estimate("the policy costs", text)
    assert cost > float(optimum[2]) - 5 * error
    assert cost < 1.01 * float(optimum[2])
    assert list(tmp_path.iterdir()) == []


def test_convergence_shows_order_one(tmp_path: Path) -> None:
    text = output("convergence.py", tmp_path)
    assert near(estimate("answer", text), 2.1570224648)
    # The line has no curvature: it is off by a share of the last step.
    assert near(estimate("line", text), 2.1570224648, 3e-3)
    last = [line for line in text.splitlines() if line.startswith("   20")][0]
    assert near(estimate("", last.rsplit("  ", 1)[1]), 1.0, 0.1)


def test_many_seeds_scatter_as_their_errors_say(tmp_path: Path) -> None:
    text = output("many_seeds.py", tmp_path)
    assert near(estimate("mean", text), 2.1570224648)
    scatter, of_it = estimate("scatter", text)
    said = float(text.rsplit("errors said", 1)[1])
    assert abs(scatter - said) < 5 * of_it
    assert list(tmp_path.iterdir()) == []


def test_potential(tmp_path: Path) -> None:
    text = output("potential.py", tmp_path)
    rmse, error = estimate("force RMSE", text)
    assert 0.0 < error < rmse
    assert list(tmp_path.iterdir()) == []


def test_notebook_runs_from_top_to_bottom(tmp_path: Path) -> None:
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed: pip install nbclient")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed: pip install ipykernel")
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(EXAMPLES / "notebook.ipynb", as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "the notebook is kept without outputs"
    client = nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    before = dict(os.environ)
    os.environ.update(PYTHONPATH=environment()["PYTHONPATH"])
    try:
        client.execute()
    finally:
        os.environ.clear()
        os.environ.update(before)
    outputs = [one for cell in notebook.cells for one in cell.get("outputs", [])]
    kinds = {kind for one in outputs for kind in one.get("data", {})}
    assert {"text/html", "image/png"} <= kinds
    assert all(one.output_type != "error" for one in outputs)
