"""Two equations in 100 dimensions that Han, Jentzen and E (PNAS 2018) solve.

    X_{n+1} = X_n + a dW_n   or   X_n (1 + m h + a dW_n)
    Y_{n+1} = Y_n - h f(Y_n, Z_n) + Z_n dW_n,   Y_N against g(X_N)

Both drivers are of one argument, f(y) or f(z). `xp` is the array module of a framework.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

DIM = 100
HORIZON = 1.0


@dataclass(frozen=True)
class Equation:
    """An equation, and where its training starts."""

    start: float
    """Every component of X_0."""
    increment: Callable[[Any, float], Any]
    """What X_n is combined with: of dW_n and h."""
    combine: Callable[[Any, Any], Any]
    """How it is combined: addition or multiplication."""
    value_driver: Callable[[Any, Any], Any] | None
    """f(xp, y), if f is of y."""
    slope_driver: Callable[[Any, Any], Any] | None
    """f(xp, z), if f is of z."""
    terminal: Callable[[Any, Any], Any]
    """g(xp, x)."""
    guess: tuple[float, float]
    """Where Y_0 is drawn from."""
    rate: float
    """Of Adam."""


def default_risk(xp: Any, y: Any) -> Any:
    """-(1 - 2/3) Q(y) y - R y: Q falls from 0.2 at y = 50 to 0.02 at y = 70."""
    intensity = xp.clip(0.2 - (0.2 - 0.02) / (70.0 - 50.0) * (y - 50.0), 0.02, 0.2)
    return -((1.0 - 2.0 / 3.0) * intensity + 0.02) * y


EQUATIONS = {
    "hjb": Equation(
        start=0.0,
        increment=lambda dw, h: 2.0**0.5 * dw,
        combine=operator.add,
        value_driver=None,
        slope_driver=lambda xp, z: -0.5 * (z * z).sum(-1),
        terminal=lambda xp, x: xp.log(0.5 * (1.0 + (x * x).sum(-1))),
        guess=(0.0, 1.0),
        rate=1e-2,
    ),
    "default-risk": Equation(
        start=100.0,
        increment=lambda dw, h: 1.0 + 0.02 * h + 0.2 * dw,
        combine=operator.mul,
        value_driver=default_risk,
        slope_driver=None,
        terminal=lambda xp, x: xp.amin(x, -1),
        guess=(40.0, 50.0),
        rate=8e-3,
    ),
}
