"""The Deep BSDE form of Han, Jentzen and E: what every peer starts from.

Y_0 and Z_0 are numbers; Z_n is a network of its own at each of the other N - 1 times: batch norm,
twice (dense, batch norm, ReLU), dense, batch norm, divided by the dimension. The loss is the mean
of squares, linear beyond CLIP; Adam has the form of Keras.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from equations import DIM, Equation

WIDTHS = (DIM, DIM + 10, DIM + 10, DIM)
BATCH = 64
CLIP = 50.0
MOMENTUM = 0.99
EPSILON = 1e-6


@dataclass(frozen=True)
class Network:
    """The numbers of one network."""

    weights: list[np.ndarray]
    """Of the dense layers. [n_in, n_out]"""
    bias: np.ndarray
    """Of the last."""
    norms: list[tuple[np.ndarray, np.ndarray]]
    """Scale and shift of the batch norms."""
    moving: list[tuple[np.ndarray, np.ndarray]]
    """Their moving mean and variance."""


@dataclass(frozen=True)
class Start:
    """All numbers."""

    value: np.ndarray
    """Y_0. []"""
    slope: np.ndarray
    """Z_0. [DIM]"""
    networks: list[Network]
    """Those of the other times."""


def network(rng: np.random.Generator, precision: str) -> Network:
    """A network as Keras draws it in the published code."""
    pairs = list(pairwise(WIDTHS))
    bounds = [(6.0 / (n_in + n_out)) ** 0.5 for n_in, n_out in pairs]
    return Network(
        weights=[rng.uniform(-b, b, p).astype(precision) for b, p in zip(bounds, pairs)],
        bias=np.zeros(DIM, precision),
        norms=[
            (rng.uniform(0.1, 0.5, n).astype(precision), rng.normal(0.0, 0.1, n).astype(precision))
            for n in WIDTHS
        ],
        moving=[(np.zeros(n, precision), np.ones(n, precision)) for n in WIDTHS],
    )


def start(equation: Equation, steps: int, precision: str) -> Start:
    """Where training starts."""
    rng = np.random.default_rng(1)
    return Start(
        value=np.asarray(rng.uniform(*equation.guess), precision),
        slope=rng.uniform(-0.1, 0.1, DIM).astype(precision),
        networks=[network(rng, precision) for _ in range(steps - 1)],
    )
