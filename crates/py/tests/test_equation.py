"""Equations from functions, from texts and from dictionaries: one problem, the same bits."""

from __future__ import annotations

import copy
import functools
import pickle

import numpy as np
import pytest

import esperance as es

FEW = {"run.iterations": 4, "run.fresh-paths": 256, "problem.steps": [4]}
QUIET = {"seed": 2, "progress": False}


def same(*problems):
    found = [es.solve(one, **FEW, **QUIET) for one in problems]
    first = {key: found[0].json[key] for key in ("answer", "levels", "bounds", "gradient", "error")}
    for one in found[1:]:
        assert {key: one.json[key] for key in first} == first
    return found[0]


def test_functions_and_texts_are_the_same_problem():
    functions = es.Equation(
        10,
        1.0,
        diffusion=lambda: 2**0.5,
        source=lambda z: -0.5 * z @ z,
        terminal=lambda x: np.log(0.5 * (1 + x @ x)),
        name="hjb",
    )
    texts = es.Equation(
        10, 1.0, diffusion="sqrt(2)", source="-0.5 * |z|^2", terminal="ln(0.5 * (1 + |x|^2))", name="hjb"
    )
    solution = same(es.DeepBsde(functions), es.DeepBsde(texts))
    assert abs(solution.value - 2.157) < 0.2


def test_the_shipped_case_is_the_same_problem():
    """hjb-lqg-10d in functions: the name enters no draw."""
    equation = es.Equation(
        10,
        1.0,
        diffusion="sqrt(2)",
        source=lambda at: -0.5 * 1.0 * at.z @ at.z,
        terminal=lambda x: np.log(0.5 * (1 + np.linalg.norm(x) ** 2)),
        name="hjb-lqg-10d",
    )
    problem = es.DeepBsde(
        equation, representation={"kind": "directions", "pairs": 32}, run={"batch": 256}, levels=(10, 20)
    )
    shipped = es.solve("hjb-lqg-10d", quick=True, **FEW, **QUIET)
    ours = es.solve(problem, **FEW, **QUIET)
    assert ours.answer == shipped.answer and ours.levels == shipped.levels


def rich(at):
    pull = np.where(at.x > 0.2, -at.x, 0.5 * np.sin(at.t) * np.roll(at.x, 1))
    return np.concatenate([pull[:2], np.tanh(pull[2:])])


def test_drift_and_diffusion_of_every_shape():
    sigma = np.array([[0.5, 0.1, 0.0], [0.0, 0.4, 0.2], [0.1, 0.0, 0.3]])
    drift = (
        "embed(if(x > 0.2, -x, 0.5 * sin(t) * embed(x[3], 1, 3) + 0.5 * sin(t) * embed(x[1:2], 2, 3))[1:2], 1, 3)"
        " + embed(tanh(if(x > 0.2, -x, 0.5 * sin(t) * (embed(x[3], 1, 3) + embed(x[1:2], 2, 3)))[3:3]), 3, 3)"
    )
    common = {
        "source": lambda t, x, u: -0.1 * u * np.exp(-t) + np.mean(x),
        "terminal": lambda x: np.sum(np.sin(x)),
    }
    by_function = es.DeepBsde(es.Equation(3, 0.5, drift=rich, diffusion=sigma, **common), at=[0.1, 0.2, 0.3])
    by_text = es.DeepBsde(
        es.Equation(
            3,
            0.5,
            drift=drift,
            diffusion=sigma.tolist(),
            source="-0.1 * u * exp(-t) + mean(x)",
            terminal="sum(sin(x))",
        ),
        at=[0.1, 0.2, 0.3],
    )
    a, b = (es.solve(one, precision="f64", **FEW, **QUIET) for one in (by_function, by_text))
    assert a.value == pytest.approx(b.value, rel=1e-12)
    for diffusion in (
        0.3,
        [0.3, 0.2, 0.1],
        np.array([0.3, 0.2, 0.1], dtype=np.float32),
        lambda x: 0.1 + 0 * x,
    ):
        found = es.solve(es.DeepBsde(es.Equation(3, 0.5, diffusion=diffusion, **common)), **FEW, **QUIET)
        assert np.isfinite(found.value)


def test_dictionaries_and_files(tmp_path):
    equation = es.Equation(4, 1.0, drift=0.1, terminal=lambda x: x @ x, name="heat")
    problem = es.DeepBsde(equation, at=0.5, levels=[4])
    (tmp_path / "heat.toml").write_text(problem.to_toml())
    file = tmp_path / "heat.toml"
    solution = same(problem, problem.case(), file, str(file))
    # u = |x|² + d t with a drift: E |x + 0.1 t + w|² = d ((0.5 + 0.1)² + 1).
    assert abs(solution.value - 4 * (0.6**2 + 1)) < 5 * solution.answer.error + 1e-3


def test_a_case_as_a_dictionary_is_the_file():
    sections = {
        "model": {
            "kind": "parabolic",
            "dim": np.int64(3),
            "horizon": 1,
            "terminal": "|x|^2",
            "diffusion": np.eye(3),
        },
        "problem": {"kind": "deep-bsde", "steps": (4,), "at": np.array([0.5, 0.0, -0.5])},
    }
    found = es.solve(sections, name="mine", **FEW, **QUIET)
    assert found.name == "mine"
    assert found.value == pytest.approx(0.5 + 3.0, abs=5 * found.answer.error + 1e-6)


class Payoff:
    def __init__(self, strike):
        self.strike = strike

    def __call__(self, x):
        return np.maximum(np.mean(np.exp(x)) - self.strike, 0.0)


def payoff(strike, x):
    return np.maximum(np.mean(np.exp(x)) - strike, 0.0)


def test_what_is_callable():
    texts = {
        str(es.Equation(3, 1.0, terminal=one).model["terminal"])
        for one in (
            Payoff(1.0),
            functools.partial(payoff, 1.0),
            lambda x, strike=1.0: payoff(strike, x),
            lambda at: payoff(1.0, at.x),
            Payoff(1.0).__call__,
        )
    }
    assert texts == {"max(mean(exp(x)) - 1, 0)"} or len(texts) == 1


def test_a_function_is_called_once():
    calls = []

    def terminal(x):
        calls.append(x)
        return x @ x

    problem = es.DeepBsde(es.Equation(3, 1.0, terminal=terminal), levels=[4])
    es.solve(problem, **FEW, **QUIET)
    assert len(calls) == 1 and isinstance(calls[0], es.Traced)


def test_looks_and_copies():
    equation = es.Equation(100, 1.0, diffusion=2**0.5, source=lambda z: -z @ z, terminal=lambda x: x @ x)
    assert repr(equation).splitlines()[0] == "Equation(d = 100, T = 1.0)"
    assert max(map(len, repr(es.Equation(90, 1.0, terminal=lambda x: sum(x))).splitlines())) < 110
    problem = es.DeepBsde(equation, levels=10)
    for copied in (copy.deepcopy(problem), pickle.loads(pickle.dumps(problem))):
        assert copied.case() == problem.case() and repr(copied) == repr(problem)
    equation.model["terminal"] = "0"
    problem.case()["model"]["dim"] = 3
    assert equation.model["terminal"] == "|x|^2" and problem.case()["model"]["dim"] == 100


def test_loops_and_long_vectors():
    d = 300
    x = np.linspace(-1.0, 1.0, d)
    equation = es.Equation(d, 1.0, terminal=lambda x: sum((x[i] - x[i + 1]) ** 2 for i in range(d - 1)))
    heat = es.solve(es.DeepBsde(equation, at=x, levels=[2]), **{**FEW, "problem.steps": [2]}, **QUIET)
    # E Σ (x_i − x_{i+1} + w_i − w_{i+1})² = Σ (x_i − x_{i+1})² + 2 (d − 1).
    exact = np.sum(np.diff(x) ** 2) + 2 * (d - 1)
    assert abs(heat.value - exact) < 6 * heat.answer.error
