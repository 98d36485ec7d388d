"""What is given wrongly: each has one sentence that says what was found, what is allowed and the way out."""

from __future__ import annotations

import math

import numpy as np
import pytest

import esperance as es

KINDS = "Numbers of single or double precision"
NO_NUMBER = "is no number. A number, a list of numbers or an array."
ONE = "It must give one number: np.sum, np.mean, x @ y or a component."


def equation(**changed):
    return es.Equation(**{"dim": 3, "horizon": 1.0, "terminal": lambda x: x @ x, **changed})


def solve(case="lqg-1d", **options):
    return es.solve(case, **{"iterations": 2, "progress": False, **options})


def posed(equation, **how):
    return es.DeepBsde(equation, **how).solve(iterations=1, progress=False)


@pytest.fixture(scope="module")
def plane():
    return solve("hjb-lqg-10d", **{"model.dim": 2, "problem.steps": [4], "run.fresh-paths": 64})


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad")
    (folder / "full").mkdir()
    (folder / "full" / "something").write_text("1")
    (folder / "broken.toml").write_text("[model\n")
    return folder


# ---- equations

EQUATIONS = [
    (lambda: equation(dim=0), "dim: 0 is too small. From 1 to 1000000."),
    (lambda: equation(dim=-3), "dim: -3 is too small. From 1 to 1000000."),
    (lambda: equation(dim=10**30), f"dim: {10**30} is too large. From 1 to 1000000."),
    (lambda: equation(dim=2.5), "dim: 2.5 is no whole number. From 1 to 1000000."),
    (lambda: equation(dim="3"), "dim: '3' is no whole number. From 1 to 1000000."),
    (lambda: equation(dim=True), "dim: True is no whole number. From 1 to 1000000."),
    (lambda: equation(dim=np.array([3])), "dim: array([3]) is no whole number. From 1 to 1000000."),
    (lambda: equation(horizon=-1.0), "horizon: -1.0 is no time ahead. A positive number."),
    (lambda: equation(horizon=np.nan), "horizon: nan is not finite. A number."),
    (lambda: equation(horizon="long"), f"horizon: 'long' {NO_NUMBER}"),
    (lambda: equation(horizon=None), f"horizon: None {NO_NUMBER}"),
    (lambda: equation(horizon=[1.0, 2.0]), "horizon: the shape (2,). It must be one number."),
    (lambda: equation(terminal=None), f"terminal: None {NO_NUMBER}"),
    (lambda: equation(terminal=np.inf), "terminal: a number that is not finite. Finite numbers alone."),
    (
        lambda: equation(terminal=max),
        "terminal: the arguments of this function are not known. A function of Python.",
    ),
    (lambda: equation(drift=[1.0, 2.0]), "drift: a vector of 2. A number or a vector of 3."),
    (lambda: equation(drift=np.eye(3)), "drift: an array of shape (3, 3). A number or a vector of 3."),
    (
        lambda: equation(drift=np.zeros(3, dtype=np.float16)),
        f"drift: an array of float16. {KINDS}: x.astype(float).",
    ),
    (lambda: equation(drift=np.zeros(3, dtype=complex)), f"drift: an array of complex128. {KINDS}: x.real."),
    (
        lambda: equation(drift=np.array([1, None, 2])),
        f"drift: an array of objects. {KINDS}: rows of one length, numbers alone.",
    ),
    (
        lambda: equation(drift=["a", "b", "c"]),
        f"drift: an array of texts. {KINDS}: rows of one length, numbers alone.",
    ),
    (
        lambda: equation(drift=[[1.0], [1.0, 2.0]]),
        "drift: rows of different lengths. A list of numbers, or an array.",
    ),
    (
        lambda: equation(diffusion=np.zeros((2, 2))),
        "diffusion: an array of shape (2, 2). A number or a vector of 3, or a matrix (3, 3).",
    ),
    (
        lambda: equation(diffusion=np.zeros(4)),
        "diffusion: a vector of 4. A number or a vector of 3, or a matrix (3, 3).",
    ),
    (lambda: es.DeepBsde("hjb"), "equation: this is no es.Equation. Case files and names go to es.solve."),
    (lambda: es.DeepBsde(equation(), at="here"), f"at: 'here' {NO_NUMBER}"),
    (
        lambda: posed(equation(), at=[1.0, 2.0]),
        "problem.at: x₀ has 2 components. The equation has 3 dimensions: one number, or a list of 3.",
    ),
    (
        lambda: posed(equation(), levels=[40, 20]),
        "problem.steps: `[40, 20]` does not increase. Levels from coarse to fine, as [20, 40, 80].",
    ),
    (lambda: posed(equation(), levels=0), "problem.steps: `[0]` has no steps. Whole numbers, at least 1."),
    (
        lambda: posed(equation(terminal="ln(y)")),
        "model.terminal: `y` is not defined. Known here: x, d, T, pi.",
    ),
    (lambda: posed(equation(terminal="ln(1 + |x|^2")), "model.terminal: `(` is never closed. Add `)`."),
    (
        lambda: posed(equation(), descent={"kind": "adma"}),
        'descent.kind: unknown kind `adma`; did you mean `adam`? Known here: "adam", "momentum", "adagrad".',
    ),
]

#: Functions: the sentence begins with the file and the line.
FUNCTIONS = [
    (lambda x: x, "terminal", f"a vector of 3. {ONE}"),
    (lambda x: np.array([1.0, 2.0]), "terminal", f"a vector of 2. {ONE}"),
    (lambda x: None, "terminal", "the function gives None. Does it return its value?"),
    (lambda x: "0", "terminal", f"'0' {NO_NUMBER}"),
    (lambda x: np.nan, "terminal", "a number that is not finite. Finite numbers alone."),
    (lambda y: y, "terminal", "the argument `y` is not known. Known here: x, or at alone."),
    (lambda x, u: u, "terminal", "the argument `u` is not known. Known here: x, or at alone."),
    (lambda *x: 1.0, "terminal", "the argument `x` is not known. Known here: x, or at alone."),
    (lambda x: x, "source", f"a vector of 3. {ONE}"),
    (lambda v: v, "source", "the argument `v` is not known. Known here: t, x, u, z, grad_u, or at alone."),
    (lambda x: x[:2], "drift", "a vector of 2. A number or a vector of 3."),
    (lambda x: np.ones(3, dtype=np.float16), "drift", f"an array of float16. {KINDS}: x.astype(float)."),
    (
        lambda x: np.zeros((2, 2)),
        "diffusion",
        "an array of shape (2, 2). A number or a vector of 3, or a matrix (3, 3).",
    ),
]


@pytest.mark.parametrize(("work", "sentence"), EQUATIONS, ids=range(len(EQUATIONS)))
def test_equations(work, sentence):
    with pytest.raises(es.InputError) as caught:
        work()
    assert str(caught.value) == sentence


@pytest.mark.parametrize(("function", "key", "sentence"), FUNCTIONS, ids=range(len(FUNCTIONS)))
def test_functions_say_where_they_stand(function, key, sentence):
    with pytest.raises(es.InputError) as caught:
        equation(**{key: function})
    assert str(caught.value) == f"test_bad_input.py:{function.__code__.co_firstlineno}: {key}: {sentence}"


# ---- cases and options

CASES = [
    (
        lambda _: solve("hjb-lqg-10"),
        "`hjb-lqg-10` is neither a file nor a shipped case; did you mean `hjb-lqg-10d`?",
    ),
    (lambda _: solve("nothing"), "`nothing` is neither a file nor a shipped case. es.cases() lists"),
    (lambda place: solve(place / "none.toml"), "{place}/none.toml: there is no such file. Give a case file"),
    (lambda place: solve(place / "broken.toml"), "{place}/broken.toml:1: this is not TOML"),
    (lambda place: solve(place), "{place}: this file cannot be read"),
    (lambda _: solve(3), "case: this is of the type int. A name, a file, dictionaries, or a problem."),
    (
        lambda _: solve(None),
        "case: this is of the type NoneType. A name, a file, dictionaries, or a problem.",
    ),
    (lambda _: solve(equation()), "case: an equation says not where it is to be solved. es.DeepBsde("),
    (lambda _: solve({"model": 3}), "model: this is a section, not a key. Write [model] and its keys below."),
    (lambda _: solve({1: {}}), "the key 1 is no word. Keys are strings."),
    (
        lambda _: solve({"model": {"dim": object()}}),
        "model.dim: this is of the type object. A number, a string",
    ),
    (lambda _: solve({"model": {"kind": "parabolc"}}), "unknown kind `parabolc`; did you mean `parabolic`?"),
    (lambda _: solve(resume=True), "resume: there is no folder to go on in. Give it as out=."),
    (lambda place: solve(out=place / "full"), "{place}/full: this folder is not empty."),
    (lambda place: solve(out=place / "broken.toml"), "{place}/broken.toml: this is a file."),
    (lambda place: solve(out=place / "none", resume=True), "{place}/none: there is no such folder."),
    (lambda _: solve(out=3), "out: this is of the type int. A path."),
    (lambda _: solve(precision="double"), 'run.precision: unknown word `double`. Write "f32" or "f64".'),
    (lambda _: solve(precision=32), 'run.precision: this is the number 32. Write "f32" or "f64".'),
    (lambda _: solve(seed=-1), "run.seed: -1 is too small. Write a whole number, 0 or more."),
    (lambda _: solve(seed=1.5), "run.seed: this is the number 1.5. Write a whole number, 0 or more."),
    (lambda _: solve(seed=2**70), "run.seed: a whole number is beyond those that a case can hold."),
    (lambda _: solve(iterations=-1), "iterations: -1 is too small. From 0 to 9223372036854775807."),
    (lambda _: solve(iterations="many"), "iterations: 'many' is no whole number. From 0 to"),
    (lambda _: solve(threads=10**6), "run.threads: 1000000 is too large. Write a whole number, 1 to 1024."),
    (
        lambda _: solve(**{"model.dims": 3}),
        "model.dims: unknown key; did you mean `dim`? Known here: kind, dim",
    ),
    (lambda _: solve(**{"modle.dim": 3}), "modle: unknown section; did you mean `model`?"),
    (lambda _: solve(nothing=3), "nothing: this is not a key."),
    (lambda _: solve(**{"run.batch": 0}), "run.batch: 0 is too small. Write a whole number, 2 or more."),
    (lambda _: solve(**{"run.batch": np.array([1.5])}), "run.batch: this is a list. Write a whole number"),
    (lambda _: solve("hjb-lqg-10d", **{"model.dim": -3}), "model.dim: -3 is too small."),
    (
        lambda _: solve("hjb-lqg-10d", **{"model.diffusion": np.zeros((2, 3))}),
        "the matrix is 2 x 3. σ is 10 x 10 here.",
    ),
    (
        lambda place: es.load(place / "none"),
        "{place}/none: there is no such folder. Give the folder of a run.",
    ),
    (lambda place: es.load(place / "full"), "{place}/full/case.toml: this file is missing."),
    (lambda _: es.load(3), "folder: this is of the type int. A path."),
    (lambda _: es.explain("run.bacth"), "run.bacth: unknown key; did you mean `run.batch`?"),
    (lambda _: es.cases("pathes"), "family: there is no family 'pathes'. Known here: atoms, control, lab, paths."),
]


@pytest.mark.parametrize(("work", "sentence"), CASES, ids=range(len(CASES)))
def test_cases_and_options(work, sentence, place):
    with pytest.raises(es.InputError) as caught:
        work(place)
    assert sentence.format(place=place) in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert sorted(one.name for one in place.iterdir()) == ["broken.toml", "full"]


# ---- estimates and masks

NO_ESTIMATE = "is no number. An estimate is of one number: es.Estimate(1.5, 0.1)."
ESTIMATES = [
    (lambda: es.Estimate("4.5", 0.1), f"value: '4.5' {NO_ESTIMATE}"),
    (lambda: es.Estimate(4.5, None), f"error: None {NO_ESTIMATE}"),
    (lambda: es.Estimate(np.array([1.0]), 0.1), f"value: array([1.]) {NO_ESTIMATE}"),
    (lambda: es.Estimate(1j, 0.1), f"value: 1j {NO_ESTIMATE}"),
    (
        lambda: f"{es.Estimate(4.5, 0.1):d}",
        "the format 'd' of an estimate. '.3f' formats its value, '>20' pads its text.",
    ),
    (
        lambda: equation(drift=np.ma.masked_less([1.0, 2.0, 3.0], 2.0)),
        "drift: an array with masked entries. Numbers alone: x.filled(number), or x.compressed() without "
        "those entries.",
    ),
]


@pytest.mark.parametrize(("work", "sentence"), ESTIMATES, ids=range(len(ESTIMATES)))
def test_estimates_and_masks(work, sentence):
    with pytest.raises(es.InputError) as caught:
        work()
    assert str(caught.value) == sentence


def test_estimates_in_texts():
    one = es.Estimate(np.float64(4.59017), np.array(0.00031))
    assert type(one.value) is float and type(one.error) is float
    assert f"{one}" == str(one) == "4.59017(31)"
    assert f"{one:>14}" == "   4.59017(31)" and f"{one:*^13s}" == "*4.59017(31)*"
    assert f"{one:12}|" == f"{one} |"
    assert f"{one:.3f}" == "4.590" and f"{one:>8.1e}" == " 4.6e+00" and f"{one:+g}" == "+4.59017"
    assert f"{one:010.2f}" == "0000004.59"
    assert math.isnan(es.Estimate(1, float("nan")).error)


def test_a_mask_that_hides_nothing_is_an_array():
    assert equation(drift=np.ma.masked_less([1.0, 2.0, 3.0], 0.0)).dim == 3


# ---- points

POINTS = [
    (
        lambda u: u(0.5, [1.0, 2.0, 3.0]),
        "x: the shape (3,). The last length must be 2: one point is (2,), n are (n, 2).",
    ),
    (
        lambda u: u(0.5, np.zeros((4, 3))),
        "x: the shape (4, 3). The last length must be 2: one point is (2,), n are (n, 2).",
    ),
    (lambda u: u(0.5, 0.0), "x: the shape (). The last length must be 2: one point is (2,), n are (n, 2)."),
    (
        lambda u: u([0.1, 0.2], np.zeros((3, 2))),
        "t: the shape (2,) beside x of (3, 2). One time for all points, or one for each.",
    ),
    (
        lambda u: u(0.5, np.zeros((3, 2), dtype=np.float16)),
        f"x: an array of float16. {KINDS}: x.astype(float).",
    ),
    (lambda u: u(0.5, np.zeros(2, dtype=complex)), f"x: an array of complex128. {KINDS}: x.real."),
    (
        lambda u: u(0.5, np.array([1.0, "a"], dtype=object)),
        f"x: an array of objects. {KINDS}: rows of one length, numbers alone.",
    ),
    (lambda u: u(0.5, [[0.0], [1.0, 2.0]]), "x: rows of different lengths. A list of numbers, or an array."),
    (lambda u: u(0.5, None), f"x: None {NO_NUMBER}"),
    (lambda u: u("now", [0, 0]), f"t: 'now' {NO_NUMBER}"),
    (lambda u: u(0.5, [0.0, np.nan]), "row 1: x: NaN is no coordinate. 2 finite numbers."),
    (lambda u: u(1.0, [0, 0]), "row 1: t: the time 1. From 0 to below T = 1, where u = g."),
    (lambda u: u(-0.1, [0, 0]), "row 1: t: the time -0.1. From 0 to below T = 1, where u = g."),
    (lambda u: u(0.5, {"y": 1.0}), "x: `y` is no state here. They are x1, x2."),
    (lambda u: u(0.5, {"x": [1.0, 2.0, 3.0]}), "x: the shape (3,). The last length must be 2."),
    (lambda u: u(0.5, {"x1": 1.0}), "x: x2 is missing. Give all of x1, x2."),
    (
        lambda u: u.gradient(0.5, [0.0]),
        "x: the shape (1,). The last length must be 2: one point is (2,), n are (n, 2).",
    ),
    (lambda u: u.resume(), "`hjb-lqg-10d` was not interrupted. Solve it again with more run.iterations."),
    (lambda u: u.potential, '`hjb-lqg-10d` trains no potential. A case of kind = "deep-potential" does.'),
]


@pytest.mark.parametrize(("work", "sentence"), POINTS, ids=range(len(POINTS)))
def test_points(work, sentence, plane):
    with pytest.raises(es.InputError) as caught:
        work(plane)
    assert str(caught.value) == sentence


def test_what_is_asked_of_a_training():
    training = solve("lennard-jones", quick=True)
    with pytest.raises(
        es.InputError, match="trains a potential, not a function of time and place"
    ):
        training(0.0, [0.0])


class OnAnotherDevice:
    def __dlpack__(self, **_):
        raise BufferError("this array is not on the CPU")

    def __dlpack_device__(self):
        return (2, 0)


def test_arrays_of_another_device(plane):
    with pytest.raises(es.InputError, match="x: this array cannot be read here .*An array on the CPU."):
        plane(0.5, OnAnotherDevice())


def test_no_points_are_no_answers(plane):
    found = plane(0.5, np.zeros((0, 2)))
    assert found.value.shape == (0,) and plane.gradient(0.5, np.zeros((0, 2))).value.shape == (0, 2)


def test_warnings_point_at_the_user(tmp_path):
    solve(out=tmp_path / "run", quick=True)
    with pytest.warns(es.EsperanceWarning, match="this run is finished") as caught:
        solve(out=tmp_path / "run", quick=True, resume=True)
    assert [one.filename for one in caught] == [__file__]
