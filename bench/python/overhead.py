"""A training step from Python beside one from the command, and a frame of 8 atoms.

    python bench/python/overhead.py target/release/esperance
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import timeit
from pathlib import Path

import numpy as np

import esperance as es

CASE, ITERATIONS, ROUNDS = "hjb-lqg-100d", 2000, 5


def from_command(command: str) -> float:
    """Milliseconds a step, as the command says them."""
    with tempfile.TemporaryDirectory() as place:
        words = [command, "solve", CASE, "--steps", str(ITERATIONS), "--json", "--out", str(Path(place) / "r")]
        words += ["--set", "run.fresh-paths=1000"]
        said = subprocess.run(words, capture_output=True, text=True, check=False).stdout
        return json.loads(said)["ms_per_iteration"]


def from_python() -> float:
    """The same from Python."""
    solution = es.solve(CASE, iterations=ITERATIONS, progress=False, **{"run.fresh-paths": 1000})
    return solution.json["ms_per_iteration"]


def main() -> None:
    command = sys.argv[1]
    pairs = [(from_command(command), from_python()) for _ in range(ROUNDS)]
    best = [min(one) for one in zip(*pairs)]
    middle = statistics.median(theirs / ours for ours, theirs in pairs)
    print(f"ms a step: command {best[0]:.4f}, Python {best[1]:.4f} (best); median of ratios {middle:.4f}")
    trained = es.solve("lennard-jones", quick=True, progress=False)
    potential = trained.potential
    positions = np.random.default_rng(1).uniform(0.0, 9.0, (8, 3))
    cell = 12.0 * np.eye(3)
    symbols = [potential.species[0]] * 8
    whole = min(timeit.repeat(lambda: potential.evaluate(symbols, positions, cell), number=200, repeat=20)) / 200
    print(f"a frame of 8 atoms: {whole * 1e6:.1f} µs from Python, kernel and door together")


if __name__ == "__main__":
    main()
