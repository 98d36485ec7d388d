"""The error of the time step: values on ever finer time grids, the order they show, and their limit.

The equation is that of hjb.py in 10 dimensions, whose u(0, 0) = −ln E exp(−g(X_T)) is known to ten digits.
On N steps the value is off by c/N + …, so that halving the step halves the error: order 1. From three levels
p = log₂((v₁ − v₂)/(v₂ − v₃)).

    python convergence.py            # ten seconds
    python convergence.py --quick    # fewer levels and paths
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

import esperance as es

EXACT = 2.1570224648


def order(levels: list[es.Level]) -> es.Estimate:
    """The order that three levels show, each of twice the steps of the one before; errors as independent."""
    (a, b, c), errors = [level.value.value for level in levels], [level.value.error for level in levels]
    first, second = a - b, b - c
    # dp/dv in units of 1/ln 2.
    slopes = [1.0 / first, -1.0 / first - 1.0 / second, 1.0 / second]
    spread = float(np.hypot.reduce([slope * error for slope, error in zip(slopes, errors)]))
    return es.Estimate(float(np.log2(first / second)), spread / float(np.log(2.0)))


def main() -> None:
    quick = "--quick" in sys.argv
    levels = [5, 10, 20] if quick else [5, 10, 20, 40, 80]
    paths = 8192 if quick else 60000
    changed: dict[str, Any] = {"problem.steps": levels, "run.iterations": 60, "run.fresh-paths": paths}
    solution = es.solve("hjb-lqg-10d", seed=1, **changed)

    print("steps  value           off by       times N     order shown")
    for k, level in enumerate(solution.levels):
        value, error = level.value.value, level.value.error
        off = es.Estimate(value - EXACT, error)
        scaled = es.Estimate(level.steps * (value - EXACT), level.steps * error)
        shown = str(order(solution.levels[k - 2 : k + 1])) if k >= 2 else ""
        print(f"{level.steps:>5}  {level.value!s:<14}  {off!s:<11}  {scaled!s:<10}  {shown}")

    # The same by least squares, v = limit + c/N, each level with its own weight.
    rows = np.array([[1.0, 1.0 / level.steps] for level in solution.levels])
    values = np.array([level.value.value for level in solution.levels])
    weights = 1.0 / np.array([level.value.error for level in solution.levels])
    covariance = np.linalg.inv((rows * weights[:, None] ** 2).T @ rows)
    limit, slope = covariance @ (rows.T @ (weights**2 * values))
    errors = np.sqrt(np.diag(covariance))
    at_once = es.Estimate(float(limit), float(errors[0]))
    print(f"\nline       {at_once} + {es.Estimate(float(slope), float(errors[1]))}/N")
    print(f"answer     {solution.answer}, {solution.json['answer']['how']}")
    print(f"exact      {EXACT}")


if __name__ == "__main__":
    main()
