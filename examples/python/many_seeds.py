"""The same equation with many seeds: do the answers scatter by as much as their error says?

Each run has a thread pool of its own, so runs may go side by side, in threads, in processes, or one after
the other: the digits of a seed are the same. Here joblib spreads them over the cores where it is installed.

    python many_seeds.py            # 16 seeds
    python many_seeds.py --quick    # 4 seeds
"""

# pyright: basic
from __future__ import annotations

import sys
from typing import cast

import numpy as np

import esperance as es

#: u(0, 0) = −ln E exp(−g(X_T)) to ten digits.
EXACT = 2.1570224648


def answer(seed: int) -> tuple[float, float]:
    """The answer of one seed and its standard error."""
    solution = es.solve("hjb-lqg-10d", seed=seed, quick=True, threads=1, progress=False)
    return solution.answer.value, solution.answer.error


def every(seeds: range) -> list[tuple[float, float]]:
    """The answers of all seeds, in their order."""
    try:
        from joblib import Parallel, delayed
    except ImportError:
        return [answer(seed) for seed in seeds]
    found = Parallel(n_jobs=2)(delayed(answer)(seed) for seed in seeds)
    return cast("list[tuple[float, float]]", found)


def main() -> None:
    seeds = range(1, 5 if "--quick" in sys.argv else 17)
    found = every(seeds)
    for seed, (value, error) in zip(seeds, found):
        print(f"seed {seed:>2}   {es.Estimate(value, error)}")
    values, errors = np.array(found).T
    n = len(values)
    scatter = float(values.std(ddof=1))
    print(f"mean      {es.Estimate(float(values.mean()), scatter / n**0.5)}, exact {EXACT}")
    # The scatter of n answers is known to 1/√(2(n − 1)) of itself.
    spread = es.Estimate(scatter, scatter / (2.0 * (n - 1)) ** 0.5)
    print(f"scatter   {spread}, errors said {errors.mean():.2g}")


if __name__ == "__main__":
    main()
