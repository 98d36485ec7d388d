"""One iteration of Deep BSDE in JAX: `jax_bsde.py VARIANT PRECISION EQUATION STEPS`.

`looped`: arrays of its own for each network, all in one program. `batched`: one array a layer for
all networks. Batch norm has its derivative by hand: the automatic one is slower.
"""

import sys
from dataclasses import asdict
from typing import Any

import jax
import jax.numpy as jnp

import deep_bsde
import jax_adam
from deep_bsde import BATCH, CLIP, EPSILON, MOMENTUM
from equations import DIM, EQUATIONS, HORIZON, Equation
from jax_chunk import LENGTH, Chunk
from protocol import serve


@jax.custom_vjp
def normalise(x: Any, scale: Any, shift: Any) -> Any:
    """A batch by its own mean and variance, which are returned as well."""
    return forward(x, scale, shift)[0]


def forward(x: Any, scale: Any, shift: Any) -> Any:
    mean = x.mean(0)
    centred = x - mean
    variance = (centred * centred).mean(0)
    inverse = jax.lax.rsqrt(variance + EPSILON)
    unit = centred * inverse
    return (unit * scale + shift, mean, variance), (unit, scale, inverse)


def backward(kept: Any, seeds: Any) -> Any:
    unit, scale, inverse = kept
    seed, _, _ = seeds
    by_shift, by_scale = seed.sum(0), (seed * unit).sum(0)
    by_x = scale * inverse * (seed - by_shift / BATCH - unit * (by_scale / BATCH))
    return by_x, by_scale, by_shift


normalise.defvjp(forward, backward)


def network(theta: Any, moving: Any, x: Any) -> tuple[Any, Any]:
    """Z of a batch, and the moving statistics after it."""
    moved = []

    def norm(k: int, x: Any) -> Any:
        x, mean, variance = normalise(x, *theta["norms"][k])
        new = zip(moving[k], (mean, variance))
        moved.append(tuple(MOMENTUM * old + (1.0 - MOMENTUM) * now for old, now in new))
        return x

    x = norm(0, x)
    for k in range(2):
        x = jax.nn.relu(norm(k + 1, x @ theta["weights"][k]))
    x = norm(3, x @ theta["weights"][2] + theta["bias"])
    return x / DIM, moved


def looped(theta: Any, moving: Any, x: Any, earn: Any, dw: Any) -> Any:
    """What Z earns in each step but the first. `x`: one batch a step."""
    both = [network(t, m, one) for t, m, one in zip(theta, moving, x)]
    return [earn(z, dw[n + 1]) for n, (z, _) in enumerate(both)], [m for _, m in both]


def batched(theta: Any, moving: Any, x: Any, earn: Any, dw: Any) -> Any:
    """The same."""
    z, moved = jax.vmap(network)(theta, moving, jnp.stack(x))
    return earn(z, dw[1:]), moved


def loss(variant: Any, equation: Equation, steps: int, theta: Any, moving: Any, dw: Any) -> Any:
    """The loss, and the moving statistics. dw [steps, BATCH, DIM]"""
    h = HORIZON / steps
    x = [jnp.full(dw.shape[1:], equation.start, dw.dtype)]
    for n in range(steps):
        x.append(equation.combine(x[n], equation.increment(dw[n], h)))

    def earn(z: Any, dw: Any) -> Any:
        won = (z * dw).sum(-1)
        return won - h * equation.slope_driver(jnp, z) if equation.slope_driver else won

    later, moved = variant(theta["networks"], moving, x[1:steps], earn, dw)
    y = jnp.full(BATCH, theta["value"])
    for n in range(steps):
        cost = h * equation.value_driver(jnp, y) if equation.value_driver else 0.0
        y = y - cost + (later[n - 1] if n else earn(theta["slope"], dw[0]))
    off = jnp.abs(y - equation.terminal(jnp, x[steps]))
    return jnp.where(off < CLIP, off * off, 2.0 * CLIP * off - CLIP * CLIP).mean(), moved


def main(name: str, precision: str, problem: str, count: str) -> None:
    jax.config.update("jax_enable_x64", precision == "float64")
    equation, steps, real = EQUATIONS[problem], int(count), jnp.dtype(precision)
    variant = {"looped": looped, "batched": batched}[name]
    start = jax.tree.map(jnp.asarray, asdict(deep_bsde.start(equation, steps, precision)))
    if variant is batched:
        start["networks"] = jax.tree.map(lambda *all: jnp.stack(all), *start["networks"])
        moving = start["networks"].pop("moving")
    else:
        moving = [network.pop("moving") for network in start["networks"]]
    gradient = jax.value_and_grad(loss, argnums=3, has_aux=True)

    def step(state: Any, i: Any) -> tuple[Any, Any]:
        theta, moving, memory, key = state
        key, now = jax.random.split(key)
        dw = jax.random.normal(now, (steps, BATCH, DIM), real) * (HORIZON / steps) ** 0.5
        (value, moving), slopes = gradient(variant, equation, steps, theta, moving, dw)
        theta, memory = jax_adam.move(theta, slopes, memory, i, equation.rate)
        return (theta, moving, memory, key), value

    state = (start, moving, jax_adam.zeros(start), jax.random.key(1))
    serve(f"JAX {jax.__version__}", LENGTH, Chunk(step, state, real).advance)


main(*sys.argv[1:])
