"""Twenty dense networks 100-110-110-100 with tanh: the numbers they start from.

The same as in `bench/twenty.rs`: the loss is half the sum of the squared outputs of all networks,
and the rate so small that numbers stay of one size however long it runs. So every contestant
shows the same loss.
"""

from itertools import pairwise

import numpy as np

WIDTHS = (100, 110, 110, 100)
NETWORKS = 20
POINTS = 64
RATE = 1e-6


def layers(precision: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights [n_in, n_out] and biases [n_out] of one network."""
    shapes = [(n_in + 1, n_out) for n_in, n_out in pairwise(WIDTHS)]
    numbers = 0.1 * np.sin(np.arange(sum(rows * n_out for rows, n_out in shapes)))
    ends = np.cumsum([rows * n_out for rows, n_out in shapes])[:-1]
    blocks = [b.reshape(s) for b, s in zip(np.split(numbers, ends), shapes)]
    return [(b[:-1].astype(precision), b[-1].astype(precision)) for b in blocks]


def inputs(precision: str) -> np.ndarray:
    """The batch of every network. [NETWORKS, POINTS, n_in]"""
    batch = np.sin(1.7 * np.arange(POINTS)[:, None] + np.arange(WIDTHS[0]))
    return np.tile(batch.astype(precision), (NETWORKS, 1, 1))
