"""Solutions: the digits of the command, run folders that both sides read, functions on arrays, copies."""

from __future__ import annotations

import copy
import csv
import json
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest

import esperance as es

#: What depends on the clock and the machine.
MEASURED = {"seconds", "ms_per_iteration", "peak_rss_mb"}
QUIET = {"progress": False}


def command(*words, code=0, cwd=None):
    done = subprocess.run(
        [sys.executable, "-m", "esperance", *map(str, words)], capture_output=True, text=True, cwd=cwd
    )
    assert done.returncode in (code if isinstance(code, tuple) else (code,)), done.stderr
    return done


def unmeasured(found):
    return {key: value for key, value in found.items() if key not in MEASURED}


@pytest.fixture(scope="module")
def hjb():
    return es.solve("hjb-lqg-10d", quick=True, iterations=20, seed=3, **{"run.fresh-paths": 1024}, **QUIET)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run that the command made, and one that Python made, of the same case."""
    place = tmp_path_factory.mktemp("runs")
    command("solve", "lqg-1d", "--quick", "--seed", 5, "--out", place / "theirs")
    ours = es.solve("lqg-1d", quick=True, seed=5, out=place / "ours", **QUIET)
    return place, ours


# ---- the same digits


@pytest.mark.parametrize("case", ["hjb-lqg-10d", "lqg-1d", "lennard-jones"])
def test_the_digits_of_the_command(case, tmp_path):
    few = ("--set", "run.iterations=40")
    done = command("solve", case, "--json", "--quick", "--seed", 3, *few, code=(0, 1), cwd=tmp_path)
    theirs = json.loads(done.stdout)
    ours = es.solve(case, quick=True, seed=3, iterations=40, **QUIET)
    assert unmeasured(ours.json) == unmeasured(theirs)
    assert ours.answer.value == theirs["answer"]["value"] and ours.answer.error > 0
    assert {"answer", "verdict", "error"} <= set(theirs)


def test_other_seeds_give_other_digits(hjb):
    other = es.solve("hjb-lqg-10d", quick=True, iterations=20, seed=4, **{"run.fresh-paths": 1024}, **QUIET)
    assert other.value != hjb.value


def test_the_number_of_threads_changes_no_bit(hjb):
    one = es.solve(
        "hjb-lqg-10d", quick=True, iterations=20, seed=3, threads=1, **{"run.fresh-paths": 1024}, **QUIET
    )
    assert unmeasured(one.json) == unmeasured(hjb.json)


# ---- folders


def test_a_folder_of_python_is_one_of_the_command(run):
    place, ours = run
    assert {one.name for one in (place / "ours").iterdir()} == {
        one.name for one in (place / "theirs").iterdir()
    }
    theirs = json.loads((place / "theirs" / "answer.json").read_text())
    assert unmeasured(ours.json) == unmeasured(theirs)
    done = command("verify", place / "ours")
    assert "they agree" in done.stdout


def test_a_folder_is_loaded(run):
    place, ours = run
    for folder in ("ours", "theirs"):
        loaded = es.load(place / folder)
        assert unmeasured(loaded.json) == unmeasured(ours.json)
        assert loaded.folder == str(place / folder) and loaded.verdict == ours.verdict
        assert np.array_equal(loaded(3, [[0.5], [-1.0]]), ours(3, [[0.5], [-1.0]]))


def test_no_file_without_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    es.solve("lqg-1d", quick=True, iterations=5, **QUIET)
    assert list(tmp_path.iterdir()) == []


def test_a_finished_folder_answers_again(run):
    place, ours = run
    with pytest.warns(es.EsperanceWarning, match="this run is finished; nothing was done") as caught:
        again = es.solve("lqg-1d", quick=True, seed=5, out=place / "ours", resume=True, **QUIET)
    assert unmeasured(again.json) == unmeasured(ours.json)
    assert caught[0].filename == __file__


def test_the_complete_case_gives_the_same(run, tmp_path):
    _, ours = run
    file = tmp_path / "again.toml"
    file.write_text(ours.case)
    again = es.solve(file, **QUIET)
    assert again.value == ours.value and again.answer == ours.answer


# ---- what can be changed


def test_keys_by_name(hjb):
    smaller = es.solve(
        "hjb-lqg-10d",
        quick=True,
        iterations=2,
        **{"model.dim": 3, "problem.steps": [4], "run.fresh-paths": 256, "model.constants.lambda": 2.0},
        **QUIET,
    )
    assert smaller._function().columns == ["t", "x1", "x2", "x3"]
    assert [one.steps for one in smaller.levels] == [4]
    assert re.search(r"lambda = 2(\.0)?\b", smaller.case)


def test_single_precision_is_another_number(hjb):
    single = es.solve(
        "hjb-lqg-10d",
        quick=True,
        iterations=20,
        seed=3,
        precision="f32",
        **{"run.fresh-paths": 1024},
        **QUIET,
    )
    double = es.solve(
        "hjb-lqg-10d",
        quick=True,
        iterations=20,
        seed=3,
        precision="f64",
        **{"run.fresh-paths": 1024},
        **QUIET,
    )
    assert 0 < abs(single.value - double.value) < 1e-3


def all_of_first(keys):
    """The case at its own values is its sweep at the first."""
    return es.sweep("hjb-lqg-100d-lambda", keys, quick=True, **QUIET)[0].value


def test_a_sweep_gives_solutions(tmp_path):
    keys = {"run.iterations": 3, "run.fresh-paths": 128, "model.dim": 5, "problem.steps": [5]}
    all_of = es.sweep("hjb-lqg-100d-lambda", keys, quick=True, out=tmp_path / "sweep", **QUIET)
    alone = es.solve("hjb-lqg-100d-lambda", keys, quick=True, **QUIET)
    assert alone.value == all_of_first(keys)
    with pytest.raises(es.InputError, match="no section `sweep`"):
        es.sweep("hjb-lqg-10d", quick=True, **QUIET)
    assert isinstance(all_of, es.Solutions) and len(all_of) == 2
    for one, value in zip(all_of, (1, 10)):
        assert re.search(rf"lambda = {value}(\.0)?\s", one.case)
    assert all_of[0].value != all_of[1].value and all_of[-1] is all_of[1]
    assert isinstance(all_of[:1], es.Solutions) and len(all_of[:1]) == 1
    assert repr(all_of).count("\n") == 1
    assert es.load(tmp_path / "sweep" / "1").value == all_of[1].value


# ---- the function of an equation


def table(text):
    rows = list(csv.reader(line for line in text.splitlines() if line and not line.startswith("#")))
    return {name: np.array([float(row[k]) for row in rows[1:]]) for k, name in enumerate(rows[0])}


def test_eval_and_call_agree(tmp_path):
    solution = es.solve(
        "hjb-lqg-10d",
        quick=True,
        iterations=5,
        out=tmp_path / "run",
        **{"run.fresh-paths": 128, "model.dim": 2, "problem.steps": [4]},
        **QUIET,
    )
    points = np.array([[0.0, 0.1, -0.2], [0.25, 1.0, 0.5], [0.5, 0.0, 0.0]])
    lines = ["t,x1,x2", *(",".join(map(repr, row)) for row in points.tolist())]
    (tmp_path / "points.csv").write_text("\n".join(lines) + "\n")
    theirs = table(command("eval", tmp_path / "run", "--at", tmp_path / "points.csv").stdout)
    found = solution(points[:, 0], points[:, 1:])
    slopes = solution.gradient(points[:, 0], points[:, 1:])
    assert np.array_equal(found.value, theirs["u"]) and np.array_equal(found.error, theirs["stderr"])
    assert np.array_equal(slopes.value, np.stack([theirs["du1"], theirs["du2"]], axis=1))
    loaded = es.load(tmp_path / "run")
    assert np.array_equal(loaded(points[:, 0], points[:, 1:]).value, found.value)


@pytest.fixture(scope="module")
def plane():
    """A solution in two dimensions that is asked quickly."""
    return es.solve(
        "hjb-lqg-10d",
        quick=True,
        iterations=30,
        **{"run.fresh-paths": 128, "model.dim": 2, "problem.steps": [4]},
        **QUIET,
    )


def test_shapes_of_a_function(plane):
    x = np.array([[0.1, -0.2], [0.4, 0.0], [1.0, -1.0]])
    all_of = plane(0.25, x)
    assert all_of.value.shape == all_of.error.shape == all_of.inside.shape == (3,) and len(all_of) == 3
    assert np.all(all_of.error > 0)
    one = plane(0.25, x[0])
    assert one.value.shape == () and re.fullmatch(r"-?\d+\.\d+\(\d+\)", repr(one))
    assert float(one) == float(one.value)
    values, errors = plane([0.25, 0.25, 0.25], x)
    assert np.array_equal(values, all_of.value) and np.array_equal(errors, all_of.error)
    grid = plane(np.array([[0.0], [0.5]]), np.stack([x, x + 1])[:, :2])
    assert grid.value.shape == (2, 2)
    assert grid[0].value.shape == (2,) and isinstance(grid[0][1], es.Estimate)
    slopes = plane.gradient(0.25, x)
    assert slopes.value.shape == slopes.error.shape == slopes.inside.shape == (3, 2)
    assert plane.gradient(0.25, x[0]).value.shape == (2,)
    assert plane.gradient().value.shape == (2,)
    assert np.asarray(all_of) is all_of.value and np.asarray(all_of, dtype=np.float32).dtype == np.float32
    assert repr(plane(0.0, np.zeros((20, 2)))).count("…") == 1


def test_a_slope_is_that_of_the_values(plane):
    """Both are estimates of one function: they agree within their errors."""
    slope = plane.gradient(0.25, [0.4, -0.3])
    step = 0.4
    ends = [plane(0.25, np.array([0.4 + k * step, -0.3])) for k in (-1, 1)]
    difference = (float(ends[1]) - float(ends[0])) / (2 * step)
    error = np.hypot(ends[0].error, ends[1].error) / (2 * step) + slope.error[0]
    assert abs(difference - slope.value[0]) < 5 * error + 0.05


@pytest.mark.parametrize(
    "how",
    [
        lambda x: np.asfortranarray(x),
        lambda x: x[::-1][::-1],
        lambda x: np.repeat(x, 2, axis=0)[::2],
        lambda x: np.ascontiguousarray(x[:, ::-1])[:, ::-1],
        lambda x: x.astype(">f8"),
        lambda x: x.tolist(),
        lambda x: tuple(map(tuple, x)),
    ],
    ids=["fortran", "negative rows", "gaps", "negative columns", "big-endian", "lists", "tuples"],
)
def test_how_an_array_lies_in_memory_changes_nothing(plane, how):
    x = np.array([[0.5, -0.25], [0.375, 0.0], [1.0, -1.0]])
    wanted = plane(0.25, x)
    found = plane(0.25, how(x))
    assert np.array_equal(found.value, wanted.value) and np.array_equal(found.error, wanted.error)


class HasArray:
    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array if dtype is None else self.array.astype(dtype)


class HasDlpack:
    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


@pytest.mark.parametrize("kind", [HasArray, HasDlpack])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_other_arrays(plane, kind, dtype):
    x = np.array([[1, -2], [0, 3]], dtype=dtype)
    wanted = plane(0.25, x.astype(float))
    assert np.array_equal(plane(0.25, kind(x)).value, wanted.value)


# ---- how it looks, and copies


def test_numbers_and_looks(hjb):
    assert float(hjb) == hjb.value == hjb.answer.value
    assert re.fullmatch(r"\d\.\d+\(\d+\)", repr(hjb.answer))
    assert hjb.text == repr(hjb) and "converged" in hjb.text or "not-settled" in hjb.text
    low, high = hjb.interval
    assert low < hjb.value < high
    assert [one.steps for one in hjb.levels] == [10, 20] and all(0 < one.r2 < 1 for one in hjb.levels)
    assert set(hjb.error) == {"estimation", "optimisation", "discretisation", "approximation"}
    assert hjb.error.size("estimation") == hjb.json["error"]["estimation"]["size"]
    assert "estimation" in repr(hjb.error)
    assert list(hjb.trace["iteration"]) == sorted(hjb.trace["iteration"]) and len(hjb.trace) >= 4
    html = hjb._repr_html_()
    assert html.lstrip().startswith("<") and repr(hjb.answer).split("(")[0] in html
    assert hjb.paths["x"].shape[1:] == (hjb.paths["t"].size, 10)
    assert hjb.paths["t"][0] == 0.0 and hjb.paths["t"][-1] == 1.0
    lower, upper = hjb.bounds
    assert lower.value - 5 * lower.error < hjb.value < upper.value + 5 * upper.error
    assert hjb.seconds > 0 and hjb.name == "hjb-lqg-10d"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_copies_are_the_same(hjb, plane, copied):
    other = copied(hjb)
    assert other.json == hjb.json and other.text == hjb.text and other.case == hjb.case
    assert all(np.array_equal(other.trace[key], hjb.trace[key], equal_nan=True) for key in hjb.trace)
    assert all(np.array_equal(other.paths[key], hjb.paths[key]) for key in hjb.paths)
    x = [[0.5, 0.25]]
    assert np.array_equal(copied(plane)(0.5, x).value, plane(0.5, x).value)
    for part in (hjb.answer, hjb.trace, hjb.error, hjb.levels, plane(0.5, x), es.Solutions([hjb])):
        assert repr(copied(part)) == repr(part)


def test_estimates():
    assert repr(es.Estimate(4.59017, 0.00031)) == "4.59017(31)"
    assert repr(es.Estimate(-0.5, 0.0)) and repr(es.Estimate(float("nan"), 1.0))
    low, high = es.Estimate(1.0, 0.5).interval
    assert low == pytest.approx(1 - 0.97998, abs=1e-5) and high == pytest.approx(1.97998, abs=1e-5)


def test_cases_are_listed():
    assert "hjb-lqg-100d" in es.cases() and "hjb-lqg-100d" in es.cases("paths")
    assert "lqg-1d" in es.cases("control") and "lqg-1d" not in es.cases("paths")
    families = ["paths", "control", "atoms", "lab"]
    assert sorted(es.cases()) == sorted(name for family in families for name in es.cases(family))


def test_keys_are_explained(capsys):
    es.explain("run.batch")
    assert "run.batch" in capsys.readouterr().out
