"""Control in functions of one's own: the shipped cases written in Python have the same bits, and a policy is
a function on arrays."""

from __future__ import annotations

import csv
import subprocess
import sys

import numpy as np
import pytest

import esperance as es

QUIET = {"seed": 2, "progress": False}
DEMAND = {
    "values": [0, 1, 2, 3, 4, 5, 6, 7, 8],
    "probabilities": [0.02, 0.07, 0.15, 0.19, 0.20, 0.16, 0.11, 0.06, 0.04],
}


def inventory(**changed):
    """cases/control/inventory.toml in Python."""
    c, h, p = 1.0, 0.2, 1.0

    def cost(x, q, demand):
        return c * q + h * np.maximum(x + q - demand, 0) + p * np.maximum(demand - x - q, 0)

    how = {
        "states": {"x": 0.0},
        "actions": {"q": {"low": 0.0, "centre": 4.0, "unit": 4.0}},
        "noise": {"demand": DEMAND},
        "next": {"x": lambda x, q, demand: x + q - demand},
        "cost": cost,
        "end": lambda x: -c * x,
        "discount": 0.95,
        "limits": "projection",
        "rules": {"the-mean": {"q": 3.94}},
        "representation": {"hidden": [16], "skip": True, "stationary": True},
        "run": {"iterations": 2000, "batch": 256, "fresh-paths": 8192},
        "name": "inventory",
    }
    return es.Control(60, **{**how, **changed})


def test_the_shipped_inventory_has_the_same_bits():
    few = {"run.iterations": 20, "run.fresh-paths": 256}
    shipped = es.solve("inventory", **few, **QUIET)
    ours = es.solve(inventory(), **few, **QUIET)
    assert ours.answer == shipped.answer
    assert ours.json["error"] == shipped.json["error"] and ours.baselines == shipped.baselines
    assert np.array_equal(ours.trace["validation"], shipped.trace["validation"])


def test_what_becomes_of_the_states_in_one_function():
    few = {"run.iterations": 5, "run.fresh-paths": 128}
    one = inventory(next=lambda x, q, demand: {"x": x + q - demand})
    other = inventory(next={"x": "x + q - demand"}, end=lambda at: -at.x)
    values = {es.solve(problem, **few, **QUIET).value for problem in (one, other, inventory())}
    assert len(values) == 1


def storage():
    """cases/control/storage-formulas.toml in Python."""
    capacity, rate, n = 3.0, 0.5, 10
    move = np.exp(-np.arange(-20, 21) ** 2 / 200.0)

    def follow(R, E, P, c, y, gust, move):
        return {
            "R": R + c - y,
            "E": np.clip(E + gust, 1, 7),
            "P": np.clip(P + np.round(0.8 * (50 - P)) + move, 30, 70),
        }

    return es.Control(
        10,
        states={"R": {"start": 0.0, "size": n}, "E": 4.0, "P": 50.0},
        actions={
            "c": {"size": n, "low": 0.0, "high": lambda R: np.minimum(rate, capacity - R)},
            "y": {"size": n, "low": 0.0, "high": lambda R: np.minimum(rate, R)},
        },
        noise={
            "gust": {"values": [-1, 0, 1]},
            "move": {"values": list(range(-20, 21)), "probabilities": (move / move.sum()).tolist()},
        },
        series={"D": {"values": [3, 0, 0, 0, 0, 3, 5, 6, 6, 5]}},
        next=follow,
        reward=lambda P, E, D, c, y: P * (np.sum(y) + np.minimum(E - np.sum(c), D)),
        constraints=[lambda c, E: np.sum(c) <= E],
        rules={
            "two-lines": {
                "c": lambda t, T, E, D: np.where(t == T - 1, 0, np.maximum(E - D, 0) / n) * np.ones(n),
                "y": lambda P, R: np.where(P >= 50, np.minimum(rate, R), 0 * R),
            }
        },
        representation={"hidden": [64, 64]},
        name="storage-formulas",
    )


def test_the_shipped_storage_has_the_same_answer():
    few = {"run.iterations": 10, "run.fresh-paths": 256}
    shipped = es.solve("storage-formulas", **few, **QUIET)
    ours = es.solve(storage(), **few, **QUIET)
    # `round` of Python takes halves to even numbers; prices are whole, so 0.8 (50 − P) has none.
    assert ours.value == pytest.approx(shipped.value, rel=1e-9)
    assert ours.baselines["two-lines"].value == pytest.approx(shipped.baselines["two-lines"].value, rel=1e-9)


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("policy") / "run"
    return es.solve(storage(), out=folder, **{"run.iterations": 5, "run.fresh-paths": 64}, **QUIET)


def test_a_policy_is_a_function_on_arrays(policy, tmp_path):
    columns = policy.columns
    assert columns == ["t", "E", "P", *(f"R{k}" for k in range(1, 11))]
    random = np.random.default_rng(0)
    states = np.column_stack(
        [random.integers(1, 8, 6), random.integers(30, 71, 6), random.uniform(0, 3, (6, 10))]
    )
    steps = np.arange(6)
    points = tmp_path / "points.csv"
    rows = np.column_stack([steps, states])
    points.write_text("\n".join([",".join(columns), *(",".join(map(repr, row)) for row in rows.tolist())]))
    done = subprocess.run(
        [sys.executable, "-m", "esperance", "eval", policy.folder, "--at", str(points)],
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = list(csv.reader(line for line in done.stdout.splitlines() if line and not line.startswith("#")))
    actions = policy(steps, states)
    assert actions.shape == (6, 20)
    wanted = np.array([[float(one) for one in row] for row in theirs[1:]])[
        :, len(columns) : len(columns) + 20
    ]
    assert np.array_equal(actions, wanted)
    assert np.array_equal(policy(2, states[2]), actions[2]) and policy(2, states[2]).shape == (20,)
    assert np.array_equal(policy(0, np.asfortranarray(states)), policy(0, states))
    by_name = {"R": states[:, 2:], "P": states[:, 1], "E": states[:, 0]}
    assert np.array_equal(policy(steps, by_name), actions)
    assert np.array_equal(
        policy(0, {"R": states[0, 2:], "P": 50.0, "E": 4})[:3], policy(0, [4, 50, *states[0, 2:]])[:3]
    )
    # What is allowed is kept: rates, levels, and the wind.
    charge, sold, level = actions[:, :10], actions[:, 10:], states[:, 2:]
    assert np.all(charge >= 0) and np.all(charge <= np.minimum(0.5, 3.0 - level) + 1e-12)
    assert np.all(sold >= 0) and np.all(sold <= np.minimum(0.5, level) + 1e-12)
    assert np.all(charge.sum(axis=1) <= states[:, 0] + 1e-9)
    loaded = es.load(policy.folder)
    assert np.array_equal(loaded(steps, states), actions)


def test_a_policy_of_one_state():
    shipped = es.solve("lqg-1d", quick=True, iterations=5, **QUIET)
    assert shipped(0, [[0.5], [1.0]]).shape == (2, 1)
    assert np.array_equal(shipped(0, 0.5), shipped(0, [0.5])) and shipped(0, 0.5).shape == (1,)
    assert np.array_equal(shipped(0, [0.5, 1.0]), shipped(0, [[0.5], [1.0]]))
    with pytest.raises(es.InputError, match="is no equation, so it has no gradient"):
        shipped.gradient(0, 0.5)


def test_vectors_from_arrays():
    control = es.Control(
        4,
        states={"x": np.array([1.0, -1.0, 0.5])},
        actions={"a": {"size": 3, "low": -1.0, "high": 1.0}},
        noise={"w": {"normal": 3}},
        next=lambda x, a, w: {"x": 0.9 * x + a + 0.1 * w},
        cost=lambda x, a: x @ x + 0.1 * a @ a,
        end=lambda x: x @ x,
    )
    solution = control.solve(**{"run.iterations": 5, "run.fresh-paths": 64}, **QUIET)
    assert solution(0, np.zeros((5, 3))).shape == (5, 3)
    assert "minimise" not in repr(control) and repr(control).startswith("Control(T = 4, cost ")
    assert (
        es.solve(control.case(), **{"run.iterations": 5, "run.fresh-paths": 64}, **QUIET).value
        == solution.value
    )
    assert "[model.next]" in control.to_toml()


BAD = [
    (lambda: inventory(next=None), "next: it is missing. A function for each of the states x."),
    (lambda: inventory(next=lambda x: x), "next: the function gives no dictionary."),
    (lambda: inventory(next=lambda x: None), "next: the function gives None. Does it return its value?"),
    (
        lambda: inventory(cost=lambda stock: stock),
        "cost: the argument `stock` is not known. Known here: t, T, x, q",
    ),
    (
        lambda: inventory(end=lambda q: q),
        "end: the argument `q` is not known. Known here: t, T, x, or at alone.",
    ),
    (
        lambda: inventory(cost=lambda at: at.price),
        "`at.price` is not defined here. Known here: t, T, x, q, demand.",
    ),
    (lambda: inventory(cost=lambda x, q: x + [q, q]), "cost: a vector of 2. It must give one number"),
    (lambda: inventory(cost=lambda x: max(x, 0)), "a branch on a traced value"),
    (lambda: inventory(constraints=[lambda q: 0 <= q <= 4]), "a branch on a traced value"),
    (lambda: inventory(actions={"q": (0.0,)}), "actions.q: 1 values. (low, high), or a mapping."),
    (lambda: inventory(actions={"q": 3.0}), "actions.q: 3.0. (low, high), or a mapping"),
    (lambda: inventory(states={"x": np.zeros((2, 2))}), "states.x: the shape (2, 2). A number or a vector."),
    (lambda: inventory(states={"x": np.zeros(2, dtype=np.float16)}), "states.x: an array of float16."),
    (lambda: es.solve(inventory(discuont=0.9), **QUIET), "did you mean"),
    (lambda: es.solve(inventory(discount=2.0), **QUIET), "discount"),
    (lambda: es.solve(inventory(next={"y": "x + q"}), **QUIET), "next"),
    (lambda: es.solve(inventory(cost="2 * q + prize"), **QUIET), "`prize` is not defined"),
]


def test_the_line_of_a_function_is_named():
    for key in ("cost", "end", "next"):
        with pytest.raises(es.InputError) as caught:
            inventory(**{key: lambda x: None})
        assert str(
            caught.value
        ) == f"test_control.py:{caught.tb.tb_lineno}: {key}: the function gives None. " + (
            "Does it return its value?"
        )


@pytest.mark.parametrize(("work", "sentence"), BAD, ids=range(len(BAD)))
def test_what_cannot_be_posed(work, sentence):
    with pytest.raises(es.InputError) as caught:
        work()
    assert sentence in str(caught.value)
