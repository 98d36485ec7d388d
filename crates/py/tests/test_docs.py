"""Documentation: every example of every module, every public name, every block of the manual."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import esperance as es

ROOT = Path(__file__).parents[3]
MANUAL = ROOT / "docs" / "python.md"

MODULES = ["esperance", *sorted(f"esperance.{one.name}" for one in pkgutil.iter_modules(es.__path__))]
MODULES = [name for name in MODULES if not name.endswith(("._esperance", ".__main__"))]
#: What examples of a module need beside NumPy.
NEEDS = {"esperance.plot": "matplotlib", "esperance.ase": "ase"}

PUBLIC = [name for name in es.__all__ if name != "__version__"]


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No window; the frames of a clone are there, and what is written goes elsewhere."""
    monkeypatch.setenv("MPLBACKEND", "Agg")
    # Where the frames lie in a clone.
    shutil.copytree(ROOT / "cases" / "atoms" / "data", tmp_path / "cases" / "atoms" / "data")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_a_module_give_what_they_say(name: str) -> None:
    needs = NEEDS.get(name)
    if needs is not None:
        pytest.importorskip(needs, reason=f"{needs} is not installed")
    module = importlib.import_module(name)
    finder, runner = doctest.DocTestFinder(exclude_empty=True), doctest.DocTestRunner(verbose=False)
    told: list[str] = []
    for test in finder.find(module, name):
        runner.run(test, out=told.append)
    assert runner.failures == 0, "".join(told)


def test_every_class_and_function_of_use_has_an_example() -> None:
    for name in ("Equation", "DeepBsde", "Control", "Estimate", "solve"):
        assert ">>>" in (getattr(es, name).__doc__ or ""), name


def listed(doc: str, section: str) -> list[str]:
    """The names in a section of a docstring in NumPy's style."""
    found = re.search(rf"^{section}\n-+\n(.*?)(?=\n\n\w[^\n]*\n-+\n|\Z)", inspect.cleandoc(doc), re.S | re.M)
    if not found:
        return []
    heads = [line for line in found[1].splitlines() if line and not line.startswith(" ")]
    return [name.strip(" *") for head in heads for name in head.split(" : ")[0].split(",")]


def arguments(function: Callable[..., Any]) -> tuple[list[str], bool]:
    """The names of arguments, and whether others may be given."""
    parameters = [one for one in inspect.signature(function).parameters.values() if one.name != "self"]
    open_ended = any(one.kind is one.VAR_KEYWORD for one in parameters)
    return [one.name for one in parameters], open_ended


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_documented(name: str) -> None:
    thing = getattr(es, name)
    doc = thing.__doc__ or ""
    assert len(doc) > 15, f"{name}: {doc!r}"
    is_error = inspect.isclass(thing) and issubclass(thing, BaseException)
    if is_error:
        return
    if inspect.isfunction(thing):
        asked, open_ended = arguments(thing)
        check(name, doc, asked, open_ended)
        if asked and inspect.signature(thing).return_annotation not in ("None", None):
            assert "Returns\n" in doc, f"{name}: no section Returns"
    elif "Parameters\n" in doc:
        asked, open_ended = arguments(thing)
        check(name, doc, asked, open_ended)
    for own, method in methods(thing):
        told = method.__doc__ or ""
        assert told.strip(), f"{name}.{own} has no docstring"
        if "Parameters\n" in told:
            check(f"{name}.{own}", told, *arguments(method))


def check(name: str, doc: str, asked: list[str], open_ended: bool) -> None:
    """The section Parameters has every argument, and no other."""
    named = listed(doc, "Parameters")
    missing = [one for one in asked if one not in named]
    if open_ended:
        # Its own name stands for others, which may be listed one by one.
        assert len(missing) <= 1, f"{name}: {missing} not documented"
    else:
        assert not missing, f"{name}: {missing} not documented"
        assert not set(named) - set(asked), f"{name}: {set(named) - set(asked)} documented, not there"


def methods(thing: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The public methods and properties of a class of this package."""
    if not inspect.isclass(thing):
        return
    for own, value in vars(thing).items():
        if own.startswith("_"):
            continue
        function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        if inspect.isfunction(function):
            yield own, function


def blocks(language: str, page: Path = MANUAL) -> list[tuple[int, str]]:
    """The code blocks of a page in a language, with the lines where they begin."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(rf"^```{language}\n(.*?)^```$", text, re.S | re.M)
    return [(text[: one.start()].count("\n") + 2, one[1]) for one in found]


def test_every_block_of_the_manual_runs(tmp_path: Path) -> None:
    for needs in ("matplotlib", "ase"):
        pytest.importorskip(needs, reason=f"{needs} is not installed; the manual uses it")
    import matplotlib

    matplotlib.use("Agg")
    names: dict[str, Any] = {"__name__": "manual"}
    all_of = blocks("python")
    assert len(all_of) >= 10
    for line, block in all_of:
        # Lines are those of the manual where something fails.
        code = compile("\n" * (line - 1) + block, str(MANUAL), "exec")
        exec(code, names)  # noqa: S102


def test_the_first_minute_of_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    [(line, block)] = blocks("python", ROOT / "README.md")
    exec(compile("\n" * (line - 1) + block, "README.md", "exec"), {"__name__": "readme"})  # noqa: S102
    printed = float(capsys.readouterr().out.split("(")[0])
    # Cole-Hopf by quadrature.
    assert abs(printed - 4.5901617) < 5 * 2.6e-5


def test_commands_of_the_manual_are_known(tmp_path: Path) -> None:
    for line, block in blocks("sh"):
        for words in filter(None, (row.partition("#")[0].split() for row in block.splitlines())):
            if words[:2] == ["pip", "install"]:
                continue
            assert words[0] == "esperance", f"line {line}: {words}"
            command = [sys.executable, "-m", "esperance", *words[1:]]
            done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
            assert done.returncode == 0, done.stderr


def test_other_languages_are_not_in_the_manual() -> None:
    languages = set(re.findall(r"^```(\w+)$", MANUAL.read_text(encoding="utf-8"), re.M))
    assert languages <= {"python", "sh", "text"}


def test_every_reference_of_a_docstring_exists() -> None:
    known = (ROOT / "REFERENCES.bib").read_text(encoding="utf-8")
    for path in sorted(Path(es.__file__).parent.glob("*.py")) + [MANUAL]:
        for key in re.findall(r"\[([A-Z][A-Za-z]*\d\d)\]", path.read_text(encoding="utf-8")):
            assert f"{{{key}," in known, f"{path.name}: [{key}] is not in REFERENCES.bib"
