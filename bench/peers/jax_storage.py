"""Storage of energy in JAX: `jax_storage.py PRECISION`. What the case `storage-50` trains.

Fifty devices, 20 steps, a network a step (52-110-110-100, ReLU), limits by sigmoids, the wind shared by
scaling, batches of 256 fresh paths; a scan over steps, one compiled update with Adam in it.
"""

import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

import jax_adam
from jax_chunk import Chunk
from protocol import serve

DEVICES, STEPS, BATCH, WIDTH = 50, 20, 256, 110
DEMAND = [3, 1, 0, 0, 0, 0, 0, 0, 0, 1, 3, 4, 5, 6, 6, 7, 6, 6, 5, 4]
CAPACITY, PACE = 30 / DEVICES, 5 / DEVICES
RATE = 1e-3


def begin(key: Any, real: Any) -> Any:
    """Weights of all steps, a layer an array."""
    sizes = [(DEVICES + 2, WIDTH), (WIDTH, WIDTH), (WIDTH, 2 * DEVICES)]
    scales = [np.sqrt(2 / sizes[0][0]), np.sqrt(2 / WIDTH), 0.1 / np.sqrt(WIDTH)]
    keys = jax.random.split(key, 3)
    return [
        (jax.random.normal(k, (STEPS, *size), real) * scale, jnp.zeros((STEPS, size[1]), real))
        for k, size, scale in zip(keys, sizes, scales, strict=True)
    ]


def act(layers: Any, level: Any, wind: Any, price: Any) -> Any:
    """What is charged and discharged."""
    seen = [level * (2 / CAPACITY) - 1, (wind[:, None] - 4) / 2, (price[:, None] - 50) / 10]
    x = jnp.concatenate(seen, 1)
    *hidden, (weights, bias) = layers
    for w, b in hidden:
        x = jax.nn.relu(x @ w + b)
    shares = jax.nn.sigmoid(x @ weights + bias)
    charge = shares[:, :DEVICES] * jnp.minimum(PACE, CAPACITY - level)
    discharge = shares[:, DEVICES:] * jnp.minimum(PACE, level)
    total = charge.sum(1, keepdims=True)
    return charge * jnp.minimum(1, wind[:, None] / jnp.maximum(total, 1e-12)), discharge


def main(precision: str) -> None:
    jax.config.update("jax_enable_x64", precision == "f64")
    real = jnp.float64 if precision == "f64" else jnp.float32
    demand = jnp.asarray(DEMAND, real)
    moves = np.arange(-20, 21)
    law = np.cumsum(np.exp(-(moves**2) / 200))
    law = jnp.asarray(law / law[-1], real)

    def loss(theta: Any, key: Any) -> Any:
        first, second = jax.random.split(key)
        of_wind = jax.random.randint(first, (STEPS, BATCH), -1, 2).astype(real)
        drawn = jax.random.uniform(second, (STEPS, BATCH), real)
        of_price = jnp.searchsorted(law, drawn).astype(real) - 20

        def step(state: Any, at: Any) -> Any:
            level, wind, price, reward = state
            layers, due, up, change = at
            charge, discharge = act(layers, level, wind, price)
            used = jnp.minimum(wind - charge.sum(1), due)
            reward = reward + price * (discharge.sum(1) + used)
            wind = jnp.clip(wind + up, 1, 7)
            price = jnp.clip(price + jnp.round(0.8 * (50 - price)) + change, 30, 70)
            return (level + charge - discharge, wind, price, reward), None

        each = jnp.zeros(BATCH, real)
        start = (jnp.zeros((BATCH, DEVICES), real), each + 4, each + 50, each)
        state, _ = lax.scan(step, start, (theta, demand, of_wind, of_price))
        return -state[3].mean()

    key = jax.random.PRNGKey(1)

    def update(state: Any, i: Any) -> tuple[Any, Any]:
        theta, memory = state
        own = jax.random.fold_in(key, i.astype(jnp.int32))
        value, gradient = jax.value_and_grad(loss)(theta, own)
        return jax_adam.move(theta, gradient, memory, i, RATE), value

    theta = begin(key, real)
    chunk = Chunk(update, (theta, jax_adam.zeros(theta)), real)
    serve(f"JAX {jax.__version__}", 20, chunk.advance)


main(*sys.argv[1:])
