"""Iterations in chunks: a scan over them, compiled once, its memory used again."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

LENGTH = 20


class Chunk:
    """`step(state, i)` is one iteration, i from 1; it returns the state and the loss."""

    def __init__(self, step: Callable[[Any, Any], tuple[Any, Any]], state: Any, real: Any) -> None:
        def chunk(state: Any, begin: Any) -> tuple[Any, Any]:
            state, losses = lax.scan(step, state, begin + jnp.arange(1, LENGTH + 1, dtype=real))
            return state, losses[-1]

        self.run = jax.jit(chunk, donate_argnums=0)
        self.state, self.made, self.real = state, 0, real

    def advance(self) -> Any:
        """LENGTH iterations; the loss of the last."""
        self.state, loss = self.run(self.state, jnp.asarray(self.made, self.real))
        self.made += LENGTH
        return loss
