"""Whether memory grows: 10 000 evaluations of a potential and 200 quick solves, after a warm-up.

    python bench/python/leak.py
"""

from __future__ import annotations

import ctypes
import gc

import numpy as np

import esperance as es


def held() -> float:
    """What the process holds, MB, once the allocator has given back what it can."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096 / 1e6


def growth(what: str, warm: int, times: int, work: object) -> None:
    """Prints by how much memory grew over so many calls."""
    assert callable(work)
    for _ in range(warm):
        work()
    before = held()
    for _ in range(times):
        work()
    print(f"{what}: {times} times, {held() - before:+.2f} MB ({before:.0f} MB held)")


def main() -> None:
    trained = es.solve("lennard-jones", quick=True, progress=False)
    potential = trained.potential
    positions = np.random.default_rng(1).uniform(0.0, 9.0, (8, 3))
    symbols = [potential.species[0]] * 8
    cell = 12.0 * np.eye(3)
    growth("evaluations", 1000, 10_000, lambda: potential.evaluate(symbols, positions, cell))
    quick = {"quick": True, "progress": False}
    growth("solves", 50, 200, lambda: es.solve("hjb-lqg-10d", **quick))


if __name__ == "__main__":
    main()
