"""Adam in the form of Keras, on any tree of arrays."""

from typing import Any

import jax
import jax.numpy as jnp

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


def zeros(theta: Any) -> tuple[Any, Any]:
    """Both memories at the start."""
    return jax.tree.map(jnp.zeros_like, theta), jax.tree.map(jnp.zeros_like, theta)


def move(theta: Any, gradient: Any, memory: Any, step: Any, rate: float) -> tuple[Any, Any]:
    """Parameters and memories after a step. Steps count from 1."""
    first, second = memory
    pace = rate * jnp.sqrt(1.0 - BETA_2**step) / (1.0 - BETA_1**step)
    first = jax.tree.map(lambda m, g: m + (g - m) * (1.0 - BETA_1), first, gradient)
    second = jax.tree.map(lambda v, g: v + (g * g - v) * (1.0 - BETA_2), second, gradient)
    theta = jax.tree.map(
        lambda p, m, v: p - pace * m / (jnp.sqrt(v) + EPSILON), theta, first, second
    )
    return theta, (first, second)
