"""NumPy's functions of traced values, by their names."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from ._esperance import InputError
from ._place import no
from ._trace import Traced, binary, check_axis, holds, matmul, nearest_even, stack, traced, unary, where

_REDUCTIONS = {"add": "sum", "maximum": "max", "minimum": "min"}

#: What to write in place of functions that have no formula.
_INSTEAD = {
    "isclose": "np.abs(a - b) <= tolerance",
    "allclose": "np.max(np.abs(a - b)) <= tolerance",
    "array_equal": "np.max(np.abs(a - b)) == 0",
    "outer": "Formulas have numbers and vectors: (a @ c) * b is the outer product of b and a, times c",
    "einsum": "Formulas have numbers and vectors: np.sum(a * b), a @ b, or A @ x with a constant A",
    "sort": "np.min and np.max are the smallest and the largest",
    "argmax": "np.max is the largest component itself",
    "argmin": "np.min is the smallest component itself",
    "isnan": "Formulas have finite values",
    "isfinite": "Formulas have finite values",
    "arctan": "It has no formula here; np.arcsinh and np.tanh have",
}

#: From how alike on a name counts as misspelt.
_NEAR = 0.85

_LISTED = (
    "Formulas have arithmetic, comparisons, np.where, roots, exponentials, logarithms, sines, hyperbolic "
    "functions, sums, means, norms and products with constant matrices; the page docs/python.md lists them "
    'under "What can be traced"'
)


def ufunc_of(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """What a universal function of NumPy gives of traced values."""
    name = str(ufunc.__name__)
    if options.get("out") is not None:
        raise no(
            f"np.{name} into an array that is there (out=, or +=)", "Formulas make new values: y = y + x"
        )
    if options.get("where", True) is not True:
        raise no(f"np.{name} with where=", "np.where(condition, a, b)")
    if method == "reduce" and name in _REDUCTIONS:
        if options.get("initial") is not None:
            raise no(f"np.{name}.reduce with initial=", "Add it afterwards")
        folded = getattr(traced(inputs[0]), _REDUCTIONS[name])
        return folded(options.get("axis"), bool(options.get("keepdims", False)))
    if method != "__call__":
        raise no(f"np.{name}.{method} of a traced value", "np.sum, np.max, np.dot or np.cumsum")
    if name in _NAMED_ONE:
        return unary(_NAMED_ONE[name], traced(inputs[0]))
    if name in _NAMED_TWO:
        return binary(_NAMED_TWO[name], *inputs)
    if name in _ONE:
        return _ONE[name](traced(inputs[0]))
    if name in _TWO:
        return _TWO[name](traced(inputs[0]), traced(inputs[1]))
    if name in _GIVEN:
        return _GIVEN[name](*inputs)
    raise _unknown(_called(name, ufunc), name)


def function_of(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What a function of NumPy gives of traced values."""
    name = str(function.__name__)
    ours = FUNCTIONS.get(name)
    if ours is None:
        raise _unknown(_called(name, function), name)
    try:
        inspect.signature(ours).bind(*args, **options)
    except TypeError:
        raise _misfit(_called(name, function), ours, len(args), options) from None
    return ours(*args, **options)


def instead_of(name: str) -> str:
    """What to write for an attribute of arrays that traced values have not."""
    import numpy as np

    if name in UFUNCS or name in FUNCTIONS:
        for where_it_is, module in (("np", np), ("np.linalg", np.linalg)):
            if hasattr(module, name):
                return f"Write {where_it_is}.{name}(x)"
    if name in _INSTEAD:
        return _INSTEAD[name]
    near = get_close_matches(name, [one for one in dir(Traced) if not one.startswith("_")], 1, _NEAR)
    return f"Perhaps `{near[0]}` is meant" if near else _LISTED


def _called(name: str, function: Any) -> str:
    """A function as a user writes it: with its module, where that is known."""
    module = str(getattr(function, "__module__", None) or "")
    if module.split(".")[0] == "numpy":
        listed = ".".join(part for part in module.split(".")[1:] if not part.startswith("_"))
        return f"np.{listed}.{name}" if listed else f"np.{name}"
    for short, full in (("np", "numpy"), ("scipy.special", "scipy.special")):
        if getattr(sys.modules.get(full), name, None) is function:
            return f"{short}.{name}"
    return name


def _unknown(called: str, name: str) -> InputError:
    instead = _INSTEAD.get(name)
    plain = name[3:] if name.startswith("nan") else ""
    if instead is None and plain in FUNCTIONS:
        instead = f"Formulas have finite values: np.{plain}"
    return no(f"{called} of a traced value", instead or _LISTED)


def _misfit(called: str, ours: Callable[..., Any], count: int, options: Mapping[str, Any]) -> InputError:
    """Which argument of a function is not known, or how many there should be."""
    known = inspect.signature(ours).parameters.values()
    names = ["x" if one.name == "self" else one.name for one in known]
    odd = next((one for one in options if one not in names), None)
    if odd is not None:
        rest = ", ".join(names[1:])
        way = f"of keywords it takes {rest}" if rest else "it takes no keywords"
        return no(f"{called} of a traced value with {odd}=", f"Leave it out; {way}")
    needed = sum(one.default is one.empty for one in known)
    most = "" if needed == len(names) else f" to {len(names)}"
    found = f"{count} argument{'' if count == 1 else 's'}"
    return no(f"{called} of a traced value with {found}", f"It takes {needed}{most}: {', '.join(names)}")


def _not(a: object) -> Traced:
    return binary("equal", a, 0.0)


def _clip(
    a: object, a_min: object = None, a_max: object = None, min: object = None, max: object = None
) -> Traced:
    return traced(a).clip(a_min if a_min is not None else min, a_max if a_max is not None else max)


def _norm(x: object, ord: object = None, axis: object = None, keepdims: bool = False) -> Traced:
    value = traced(x)
    check_axis(value, axis)
    if ord in (None, 2):
        found = unary("norm", value) if value.ndim else abs(value)
    elif ord == 1:
        found = abs(value).sum()
    elif ord == float("inf"):
        found = abs(value).max()
    else:
        raise no(f"the norm of order {ord}", "1, 2 or np.inf")
    return stack([found]) if keepdims else found


def _product(x: object, axis: object = None) -> Traced:
    value = traced(x).ravel()
    check_axis(value, axis)
    result = value[0]
    for part in value[1:] if value.size > 1 else ():
        result = result * part
    return result


def _roll(x: object, shift: int, axis: object = None) -> Traced:
    value = traced(x)
    check_axis(value, axis)
    k = shift % value.size
    return value if k == 0 else stack([value[-k:], value[:-k]])


def _cumsum(x: object, axis: object = None) -> Traced:
    import numpy as np

    value = traced(x).ravel()
    check_axis(value, axis)
    return matmul(np.tril(np.ones((value.size, value.size))), value)


def _difference(a: object, n: int = 1, axis: object = -1) -> Traced:
    value = traced(a)
    check_axis(value, axis)
    for _ in range(n):
        value = value[1:] - value[:-1]
    return value


def _variance(x: object, axis: object = None, ddof: int = 0) -> Traced:
    value = traced(x)
    check_axis(value, axis)
    return ((value - value.mean()) ** 2).sum() / float(value.size - ddof)


def _average(a: object, axis: object = None, weights: object = None) -> Traced:
    if weights is None:
        return traced(a).mean(axis)
    check_axis(traced(a), axis)
    return matmul(traced(a), traced(weights)) / traced(weights).sum()


def _any(a: object, axis: object = None) -> Traced:
    return holds(a).max(axis)


def _all(a: object, axis: object = None) -> Traced:
    return holds(a).min(axis)


def _stack(parts: Sequence[object], axis: object = 0) -> Traced:
    if any(traced(part).ndim for part in parts):
        raise no("np.stack of vectors gives a matrix", "np.concatenate puts vectors one after the other")
    return stack(parts)


def _concatenate(parts: Sequence[object], axis: object = 0) -> Traced:
    made = [traced(part) for part in parts]
    for part in made:
        check_axis(part, axis)
    return stack(made)


def _select(conditions: Sequence[object], choices: Sequence[object], default: object = 0.0) -> Traced:
    if len(conditions) != len(choices):
        raise no(
            f"np.select of {len(conditions)} conditions and {len(choices)} values", "As many as conditions"
        )
    found = traced(default)
    for condition, choice in zip(reversed(conditions), reversed(choices)):
        found = where(condition, choice, found)
    return found


def _full(a: object, value: object, dtype: object = None) -> Traced:
    return traced(a).astype(dtype) * 0.0 + value


def _filled(value: float) -> Callable[..., Traced]:
    def like(a: object, dtype: object = None) -> Traced:
        return _full(a, value)

    return like


def _where(condition: object, a: object, b: object) -> Traced:
    return where(condition, a, b)


def _folded(name: str) -> Callable[..., Traced]:
    def fold(a: object, axis: object = None, keepdims: bool = False) -> Traced:
        return getattr(traced(a), name)(axis, keepdims)

    return fold


def _deviation(a: object, axis: object = None, ddof: int = 0) -> Traced:
    return unary("sqrt", _variance(a, axis, ddof))


def _count(a: object, axis: object = None) -> Traced:
    return holds(a).sum(axis)


def _round(a: object, decimals: int = 0) -> Traced:
    return nearest_even(traced(a), decimals)


def _append(a: object, b: object, axis: object = None) -> Traced:
    return stack([a, b])


def _flip(a: object, axis: object = None) -> Traced:
    check_axis(traced(a), axis)
    return traced(a)[::-1]


def _same(a: object, axis: object = None) -> Traced:
    return traced(a)


def _reshape(a: object, shape: Any) -> Traced:
    return traced(a).reshape(shape)


def _shape(a: object) -> tuple[int, ...]:
    return traced(a).shape


def _ndim(a: object) -> int:
    return traced(a).ndim


def _size(a: object, axis: object = None) -> int:
    return traced(a).size


#: By the names of the language of formulas.
_NAMED_ONE = {
    "negative": "neg",
    "absolute": "abs",
    "fabs": "abs",
    "sign": "sign",
    "exp": "exp",
    "expm1": "expm1",
    "log": "ln",
    "log1p": "log1p",
    "sqrt": "sqrt",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "tanh": "tanh",
    "arcsinh": "asinh",
    "floor": "floor",
    # Of scipy.special.
    "erf": "erf",
    "ndtr": "normcdf",
    "expit": "sigmoid",
}

_NAMED_TWO = {
    "add": "add",
    "subtract": "subtract",
    "multiply": "multiply",
    "divide": "divide",
    "true_divide": "divide",
    "power": "power",
    "float_power": "power",
    "maximum": "max",
    "minimum": "min",
    "fmax": "max",
    "fmin": "min",
    "less": "less",
    "less_equal": "less_equal",
    "equal": "equal",
}

_ONE: Mapping[str, Callable[[Traced], Traced]] = {
    "positive": lambda a: a,
    "exp2": lambda a: unary("exp", a * 0.6931471805599453),
    "log2": lambda a: unary("ln", a) / 0.6931471805599453,
    "log10": lambda a: unary("ln", a) / 2.302585092994046,
    "cbrt": lambda a: unary("sign", a) * abs(a) ** (1.0 / 3.0),
    "square": lambda a: a**2.0,
    "reciprocal": lambda a: 1.0 / a,
    # Of expm1 and log1p, which keep all digits near 0.
    "sinh": lambda a: 0.5 * (unary("expm1", a) - unary("expm1", -a)),
    "cosh": lambda a: 0.5 * (unary("exp", a) + unary("exp", -a)),
    "arctanh": lambda a: 0.5 * (unary("log1p", a) - unary("log1p", -a)),
    "ceil": lambda a: -unary("floor", -a),
    "trunc": lambda a: unary("sign", a) * unary("floor", abs(a)),
    "rint": nearest_even,
    "logical_not": _not,
    "invert": _not,
    "deg2rad": lambda a: a * 0.017453292519943295,
    "radians": lambda a: a * 0.017453292519943295,
    # Of scipy.special.
    "erfc": lambda a: 2.0 * unary("normcdf", a * -1.4142135623730951),
}

_TWO: Mapping[str, Callable[[Traced, Traced], Traced]] = {
    "floor_divide": lambda a, b: a // b,
    "remainder": lambda a, b: a % b,
    "hypot": lambda a, b: unary("sqrt", a**2.0 + b**2.0),
    "logaddexp": lambda a, b: b + unary("softplus", a - b),
    "heaviside": lambda a, b: unary("step", a) + b * _not(a),
    "greater": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b,
    "not_equal": lambda a, b: a != b,
    "logical_and": lambda a, b: a & b,
    "logical_or": lambda a, b: a | b,
    "bitwise_and": lambda a, b: a & b,
    "bitwise_or": lambda a, b: a | b,
}

#: Of values as they are given: matrices, or limits that may be None.
_GIVEN: Mapping[str, Callable[..., Traced]] = {"matmul": matmul, "vecdot": matmul, "clip": _clip}

UFUNCS = frozenset([*_NAMED_ONE, *_NAMED_TWO, *_ONE, *_TWO, *_GIVEN])

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{name: _folded(name) for name in ("sum", "mean", "max", "min")},
    "amax": _folded("max"),
    "amin": _folded("min"),
    "average": _average,
    "any": _any,
    "all": _all,
    "count_nonzero": _count,
    "prod": _product,
    "var": _variance,
    "std": _deviation,
    "cumsum": _cumsum,
    "diff": _difference,
    **{name: matmul for name in ("dot", "inner", "vdot", "matmul")},
    "norm": _norm,
    "vector_norm": _norm,
    "where": _where,
    "select": _select,
    "clip": _clip,
    "round": _round,
    "around": _round,
    "stack": _stack,
    "concatenate": _concatenate,
    "hstack": stack,
    "append": _append,
    "roll": _roll,
    "flip": _flip,
    "ravel": Traced.ravel,
    "atleast_1d": Traced.ravel,
    "reshape": _reshape,
    "copy": Traced.copy,
    "squeeze": _same,
    "zeros_like": _filled(0.0),
    "ones_like": _filled(1.0),
    "full_like": _full,
    "shape": _shape,
    "ndim": _ndim,
    "size": _size,
}
