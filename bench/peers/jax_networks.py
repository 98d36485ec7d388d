"""Twenty dense networks in JAX: `jax_networks.py VARIANT PRECISION`.

`looped`: arrays of its own for each network, all in one program. `batched`: one array a layer for
all networks, products in batches.
"""

import sys
from typing import Any

import jax
import jax.numpy as jnp

import jax_adam
import twenty
from jax_chunk import LENGTH, Chunk
from protocol import serve


def network(layers: Any, x: Any) -> Any:
    """The outputs of a batch."""
    *hidden, (weights, bias) = layers
    for w, b in hidden:
        x = jnp.tanh(x @ w + b)
    return x @ weights + bias


def looped(theta: Any, x: Any) -> Any:
    return sum((network(theta[i], x[i]) ** 2).sum() for i in range(twenty.NETWORKS)) / 2


def batched(theta: Any, x: Any) -> Any:
    return (network(theta, x) ** 2).sum() / 2


def main(variant: str, precision: str) -> None:
    jax.config.update("jax_enable_x64", precision == "float64")
    one = twenty.layers(precision)
    x = jnp.asarray(twenty.inputs(precision))
    if variant == "looped":
        loss, theta = looped, [jax.tree.map(jnp.array, one) for _ in range(twenty.NETWORKS)]
    else:
        stack = [(jnp.stack([w] * twenty.NETWORKS), b) for w, b in one]
        loss = batched
        theta = [(w, jnp.tile(b, (twenty.NETWORKS, 1, 1))) for w, b in stack]

    def step(state: Any, i: Any) -> tuple[Any, Any]:
        theta, memory = state
        value, gradient = jax.value_and_grad(loss)(theta, x)
        return jax_adam.move(theta, gradient, memory, i, twenty.RATE), value

    chunk = Chunk(step, (theta, jax_adam.zeros(theta)), jnp.dtype(precision))
    serve(f"JAX {jax.__version__}", LENGTH, chunk.advance)


main(*sys.argv[1:])
