"""Semilinear parabolic equations, and how they are solved."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Union, cast

from . import _call
from ._arrays import floats, is_finite, number, whole
from ._call import Function
from ._esperance import Case, Expr, InputError
from ._place import place_of
from ._trace import Traced, traced

if TYPE_CHECKING:
    from .solution import Solution

#: The longest vector of a formula.
_LARGEST = 1_000_000

#: A coefficient: a function that is traced once, a formula as text, a number, or an array.
Coefficient = Union[Function, str, float, Sequence[float], Any]


class Equation:
    """A semilinear parabolic equation.

    .. code-block:: text

        u_t + μ·∇u + ½ tr(σσᵀ∇²u) + f(t, x, u, z) = 0,   u(T, x) = g(x),   z = σᵀ∇u

    Parameters
    ----------
    dim : int
        d, the number of components of x.
    horizon : float
        T, the time at which u(T, x) = g(x) is given.
    drift : function, str, float or array of shape (d,)
        μ(t, x), a vector; a number is repeated. Default: 0.
    diffusion : function, str, float, array of shape (d,) or (d, d)
        σ(t, x): a number (times the identity), a vector (the diagonal) or a constant matrix. Default: 1.
    source : function, str or float
        f(t, x, u, z), or f(t, x, u, grad_u), a number. Default: 0.
    terminal : function, str or float
        g(x), a number.
    constants : mapping, optional
        Names that formulas given as text may use.
    name : str
        What the case is called.

    Notes
    -----
    Functions are called once, with values that write down what is done with them; their arguments are
    chosen by name among ``t``, ``x``, ``u``, ``z``, ``grad_u``, or are one argument ``at`` with all of them.
    A function sees one point: ``x`` has the shape (d,), counted from 0. Formulas as text count from 1, as
    case files do. [HJE18]

    Examples
    --------
    The Hamilton–Jacobi–Bellman equation of linear-quadratic-Gaussian control in 100 dimensions:

    >>> import numpy as np
    >>> import esperance as es
    >>> hjb = es.Equation(100, 1.0, diffusion=2**0.5,
    ...                   source=lambda z: -0.5 * z @ z,
    ...                   terminal=lambda x: np.log(0.5 * (1 + x @ x)))
    >>> hjb
    Equation(d = 100, T = 1.0)
      drift     0
      diffusion 1.4142135623730951
      source    -0.5 * |z|^2
      terminal  ln(0.5 * (1 + |x|^2))
    """

    def __init__(
        self,
        dim: int,
        horizon: float,
        *,
        drift: Coefficient = 0.0,
        diffusion: Coefficient = 1.0,
        source: Coefficient = 0.0,
        terminal: Coefficient,
        constants: Mapping[str, Any] | None = None,
        name: str = "equation",
    ) -> None:
        self.dim = whole("dim", dim, 1, _LARGEST)
        self.horizon = number("horizon", horizon)
        if self.horizon <= 0.0:
            raise InputError(f"horizon: {self.horizon} is no time ahead. A positive number.")
        self.name = name
        d = self.dim
        t, u = Traced(Expr.variable("t")), Traced(Expr.variable("u"))
        x, z, p = (Traced(Expr.variable(one, d)) for one in ("x", "z", "grad_u"))
        place = {"t": t, "x": x}
        self._model: dict[str, Any] = {
            "kind": "parabolic",
            "dim": d,
            "horizon": self.horizon,
            "drift": _coefficient("drift", drift, place, (1, d)),
            "diffusion": _coefficient("diffusion", diffusion, place, (1, d, d * d)),
            "source": _coefficient("source", source, {**place, "u": u, "z": z, "grad_u": p}, (1,)),
            "terminal": _coefficient("terminal", terminal, {"x": x}, (1,)),
        }
        if constants:
            self._model["constants"] = dict(constants)

    @property
    def model(self) -> dict[str, Any]:
        """The section ``model`` of a case."""
        return copy.deepcopy(self._model)

    def __repr__(self) -> str:
        lines = [f"Equation(d = {self.dim}, T = {self.horizon})"]
        for key in ("drift", "diffusion", "source", "terminal"):
            value = self._model[key]
            text = f"{value:g}" if value == 0 else str(value)
            lines.append(f"  {key:<9} {text if len(text) <= 90 else text[:90] + '…'}")
        return "\n".join(lines)


def _coefficient(
    what: str, value: Coefficient, names: Mapping[str, Traced], sizes: tuple[int, ...]
) -> str | float | list[float] | list[list[float]] | dict[str, Any]:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Any]", value))
    place = ""
    found = value
    if callable(value) and not isinstance(value, Traced):
        place, found = place_of(value), _call.call(what, value, names)
    if isinstance(found, (list, tuple)) and any(
        isinstance(one, Traced) for one in cast("list[object]", found)
    ):
        found = traced(cast("list[object]", found))
    if isinstance(found, Traced):
        _one_of(place + what, found.shape, sizes)
        return _call.written(place + what, found)
    array = floats(place + what, cast(object, found))
    if not is_finite(array):
        raise InputError(f"{place}{what}: a number that is not finite. Finite numbers alone.")
    _one_of(place + what, array.shape, sizes)
    if array.ndim == 1 and what == "drift":
        return _call.written(what, traced(array))
    return cast("list[float]", array.tolist())


def _one_of(what: str, shape: Sequence[int], sizes: tuple[int, ...]) -> None:
    """A number, a vector of d, or a matrix (d, d): as many of these as there are sizes."""
    d = sizes[min(1, len(sizes) - 1)]
    allowed: list[tuple[int, ...]] = [(), (d,), (d, d)]
    if tuple(shape) in allowed[: len(sizes)]:
        return
    kind = f"a vector of {shape[0]}" if len(shape) == 1 else f"an array of shape {tuple(shape)}"
    way = "It must give one number: np.sum, np.mean, x @ y or a component"
    if len(sizes) > 1:
        way = f"A number or a vector of {d}" + (f", or a matrix ({d}, {d})" if len(sizes) > 2 else "")
    raise InputError(f"{what}: {kind}. {way}.")


class DeepBsde:
    """An equation, and where and how its solution is wanted. [HJE18]

    Parameters
    ----------
    equation : Equation
        What is solved.
    at : float, array of shape (d,), or mapping
        x₀: a point, or the law of one, ``{"mean": m, "sd": s}`` or ``{"low": a, "high": b}``. Default: 0.
    levels : int or sequence of int
        Levels of the time grid, increasing: trained on the first, evaluated on all. Default: 20, 40, 80.
    problem, representation, descent, run : mapping, optional
        Further keys of these sections of a case; ``esperance.explain()`` lists them.

    Examples
    --------
    >>> import esperance as es
    >>> heat = es.Equation(10, 1.0, terminal=lambda x: x @ x)
    >>> solution = es.DeepBsde(heat, levels=10).solve(seed=1, iterations=20, progress=False)
    >>> abs(solution.value - 10.0) < 5 * solution.answer.error + 1e-6
    True
    """

    def __init__(
        self,
        equation: Equation,
        at: Any = 0.0,
        levels: int | Sequence[int] = (20, 40, 80),
        *,
        problem: Mapping[str, Any] | None = None,
        representation: Mapping[str, Any] | None = None,
        descent: Mapping[str, Any] | None = None,
        run: Mapping[str, Any] | None = None,
    ) -> None:
        if not isinstance(cast(object, equation), Equation):
            raise InputError("equation: this is no es.Equation. Case files and names go to es.solve.")
        self.equation = equation
        place = dict(cast("Mapping[str, Any]", at)) if isinstance(at, Mapping) else floats("at", at).tolist()
        own = {"kind": "deep-bsde", "at": place, "steps": levels}
        self._sections: dict[str, Any] = {
            "model": equation.model,
            "problem": {**own, **(problem or {})},
        }
        for name, keys in (("representation", representation), ("descent", descent), ("run", run)):
            if keys:
                self._sections[name] = dict(keys)

    def case(self) -> dict[str, Any]:
        """The case as dictionaries, a section each."""
        return copy.deepcopy(self._sections)

    def to_toml(self) -> str:
        """The complete case as the text of a case file: the command solves it too."""
        return Case.of(self.equation.name, self._sections).complete()

    def solve(self, changes: Mapping[str, Any] | None = None, **options: Any) -> Solution:
        """Solves it: see :func:`esperance.solve`."""
        from .solving import solve

        return solve(self, changes, **options)

    def __repr__(self) -> str:
        problem = self._sections["problem"]
        return f"DeepBsde(at {problem['at']}, levels {problem['steps']})\n{self.equation!r}"
