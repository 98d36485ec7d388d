"""Twenty dense networks in PyTorch: `torch_networks.py VARIANT PRECISION`.

`looped`: a module for each network. `batched`: one array a layer for all networks, products in
batches.
"""

import os
import sys
from collections.abc import Callable

import torch
from torch import Tensor, nn

import twenty
from protocol import serve


def looped(precision: str) -> tuple[list[nn.Parameter], Callable[[Tensor], Tensor]]:
    """The parameters, and the outputs of all networks."""

    def network() -> nn.Sequential:
        parts: list[nn.Module] = []
        for w, b in twenty.layers(precision):
            layer = nn.Linear(*w.shape)
            layer.weight = nn.Parameter(torch.tensor(w.T.copy()))
            layer.bias = nn.Parameter(torch.tensor(b))
            parts += [layer, nn.Tanh()]
        return nn.Sequential(*parts[:-1])

    networks = nn.ModuleList(network() for _ in range(twenty.NETWORKS))

    def loss(x: Tensor) -> Tensor:
        return sum((net(x[i]) ** 2).sum() for i, net in enumerate(networks)) / 2

    return list(networks.parameters()), loss


def batched(precision: str) -> tuple[list[nn.Parameter], Callable[[Tensor], Tensor]]:
    """The same."""
    theta = []
    for w, b in twenty.layers(precision):
        theta.append(nn.Parameter(torch.tensor(w).repeat(twenty.NETWORKS, 1, 1)))
        theta.append(nn.Parameter(torch.tensor(b).repeat(twenty.NETWORKS, 1, 1)))

    def loss(x: Tensor) -> Tensor:
        for k in range(0, len(theta), 2):
            x = torch.baddbmm(theta[k + 1], x, theta[k])
            if k + 2 < len(theta):
                x = torch.tanh(x)
        return (x**2).sum() / 2

    return theta, loss


def main(variant: str, precision: str) -> None:
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    theta, loss = {"looped": looped, "batched": batched}[variant](precision)
    x = torch.tensor(twenty.inputs(precision))
    adam = torch.optim.Adam(theta, lr=twenty.RATE, eps=1e-8, fused=True)

    def advance() -> Tensor:
        adam.zero_grad(set_to_none=True)
        value = loss(x)
        value.backward()
        adam.step()
        return value.detach()

    serve(f"PyTorch {torch.__version__}", 1, advance)


main(*sys.argv[1:])
