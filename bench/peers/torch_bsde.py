"""One iteration of Deep BSDE in PyTorch: `torch_bsde.py VARIANT PRECISION EQUATION STEPS`.

`looped`: arrays of its own for each network, batch norm by the library. `batched`: one array a
layer for all networks, products in batches.
"""

import operator
import os
import sys
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import Parameter
from torch.nn.functional import batch_norm

import deep_bsde
from deep_bsde import BATCH, CLIP, EPSILON, MOMENTUM, Network
from equations import DIM, EQUATIONS, HORIZON, Equation
from protocol import serve


class Looped:
    """Networks one by one."""

    def __init__(self, starts: list[Network]) -> None:
        self.weights = [[Parameter(torch.tensor(w)) for w in s.weights] for s in starts]
        self.biases = [Parameter(torch.tensor(s.bias)) for s in starts]
        self.norms = [[[Parameter(torch.tensor(v)) for v in n] for n in s.norms] for s in starts]
        self.moving = [[[torch.tensor(v) for v in m] for m in s.moving] for s in starts]

    def norm(self, n: int, k: int, x: Tensor) -> Tensor:
        (mean, variance), (scale, shift) = self.moving[n][k], self.norms[n][k]
        return batch_norm(x, mean, variance, scale, shift, True, 1.0 - MOMENTUM, EPSILON)

    def slope(self, n: int, x: Tensor) -> Tensor:
        x = self.norm(n, 0, x)
        for k in range(2):
            x = torch.relu(self.norm(n, k + 1, x @ self.weights[n][k]))
        return self.norm(n, 3, x @ self.weights[n][2] + self.biases[n])

    def __call__(self, x: Tensor) -> Tensor:
        """Z of a batch for each network."""
        return torch.stack([self.slope(n, one) for n, one in enumerate(x)]) / DIM


class Batched:
    """All networks at once."""

    def __init__(self, starts: list[Network]) -> None:
        def stack(numbers: Any) -> Tensor:
            return torch.tensor(np.stack(list(numbers)))

        self.weights = [Parameter(stack(s.weights[k] for s in starts)) for k in range(3)]
        self.biases = Parameter(stack(s.bias for s in starts)[:, None])
        self.norms = [
            [Parameter(stack(s.norms[k][i] for s in starts)[:, None]) for i in range(2)]
            for k in range(4)
        ]
        self.moving = [
            [stack(s.moving[k][i] for s in starts)[:, None] for i in range(2)] for k in range(4)
        ]

    def norm(self, k: int, x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(x, 1, unbiased=False, keepdim=True)
        with torch.no_grad():
            for moving, now in zip(self.moving[k], (mean, variance)):
                moving.lerp_(now, 1.0 - MOMENTUM)
        scale, shift = self.norms[k]
        return (x - mean) * (scale * torch.rsqrt(variance + EPSILON)) + shift

    def __call__(self, x: Tensor) -> Tensor:
        """Z of a batch for each network."""
        x = self.norm(0, x)
        for k in range(2):
            x = torch.relu(self.norm(k + 1, torch.bmm(x, self.weights[k])))
        return self.norm(3, torch.baddbmm(self.biases, x, self.weights[2])) / DIM


def parameters(tree: Any) -> list[Parameter]:
    """All parameters in nested lists."""
    if isinstance(tree, list):
        return [leaf for branch in tree for leaf in parameters(branch)]
    return [tree]


def loss(equation: Equation, steps: int, first: list[Parameter], networks: Any) -> Tensor:
    """The loss on paths that are drawn here."""
    value, slope = first
    h = HORIZON / steps
    dw = torch.randn(steps, BATCH, DIM, dtype=value.dtype) * h**0.5
    gather = torch.cumsum if equation.combine is operator.add else torch.cumprod
    x = equation.combine(equation.start, gather(equation.increment(dw, h), 0))  # X_1 … X_N
    z = torch.cat([slope.expand(1, BATCH, DIM), networks(x[:-1])])
    won = (z * dw).sum(-1)
    if equation.slope_driver:
        won = won - h * equation.slope_driver(torch, z)
    y = value.expand(BATCH)
    if equation.value_driver:
        for one in won:
            y = y - h * equation.value_driver(torch, y) + one
    else:
        y = y + won.sum(0)
    off = (y - equation.terminal(torch, x[-1])).abs()
    return torch.where(off < CLIP, off * off, 2.0 * CLIP * off - CLIP * CLIP).mean()


def main(variant: str, precision: str, problem: str, count: str) -> None:
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(1)
    equation, steps = EQUATIONS[problem], int(count)
    start = deep_bsde.start(equation, steps, precision)
    form = Looped if variant == "looped" else Batched
    networks: Any = form(start.networks)
    first = [Parameter(torch.tensor(v)) for v in (start.value, start.slope)]
    theta = parameters([first, networks.weights, networks.biases, networks.norms])
    adam = torch.optim.Adam(theta, lr=equation.rate, eps=1e-8, fused=True)

    def advance() -> Tensor:
        adam.zero_grad(set_to_none=True)
        value = loss(equation, steps, first, networks)
        value.backward()
        adam.step()
        return value.detach()

    serve(f"PyTorch {torch.__version__}", 1, advance)


main(*sys.argv[1:])
