"""Values that write down what is done with them: how a function of a user becomes a formula.

A traced value is a number or a vector. Python's operators and NumPy's functions act on it as they act on
an array of shape () or (n,). What cannot be written down (a branch, a loop over an unknown number, a
function of the module ``math``) is an error that names the line and what to write instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, cast

from ._arrays import floats, is_finite
from ._esperance import Expr, InputError
from ._place import TracedIndexError, TracedTypeError, no, where_we_are

if TYPE_CHECKING:
    from ._arrays import Array

#: A slice with gaps, or a stack, is written component by component up to this length.
_LONGEST = 4096


class Traced:
    """A value that writes down what is done with it: a number, or a vector of known length."""

    __slots__ = ("_expr",)

    #: NumPy leaves operators beside arrays to us.
    __array_priority__ = 1000.0

    def __init__(self, expr: Expr) -> None:
        self._expr = expr

    # ---- what an array says of itself

    @property
    def shape(self) -> tuple[int, ...]:
        """() of a number, (n,) of a vector."""
        n = self._expr.length
        return () if n is None else (n,)

    @property
    def ndim(self) -> int:
        """0 of a number, 1 of a vector."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """How many components."""
        return self._expr.length or 1

    @property
    def dtype(self) -> Any:
        """float64: formulas are of double precision."""
        import numpy as np

        return np.dtype(np.float64)

    @property
    def T(self) -> Traced:
        """The same: a vector is its own transpose, as in NumPy."""
        return self

    def __len__(self) -> int:
        n = self._expr.length
        if n is None:
            raise no("a traced number has no length", "x has components, x[0] has none", TracedTypeError)
        return n

    def __iter__(self) -> Iterator[Traced]:
        n = self._expr.length
        if n is None:
            raise no("a loop over a traced number", "x has components, x[0] has none", TracedTypeError)
        return iter([Traced(self._expr.at(i)) for i in range(n)])

    def __getitem__(self, key: Any) -> Traced:
        if isinstance(key, tuple):
            # x[..., 0] of functions that were written for many points.
            return self._picked(*[one for one in cast("tuple[Any, ...]", key) if one is not Ellipsis])
        return self if key is Ellipsis else self._picked(key)

    def _picked(self, key: Any = Ellipsis, *further: Any) -> Traced:
        if key is Ellipsis:
            return self
        if further:
            raise no("more than one index", "x[3], x[1:5] or x[[0, 2]], counted from 0", TracedIndexError)
        n = self._expr.length
        if n is None:
            raise no("a traced number has no components", "x has components, x[0] has none", TracedIndexError)
        if isinstance(key, slice):
            return self._slice(cast("slice[Any, Any, Any]", key), n)
        if isinstance(key, Traced):
            raise no("a traced value as an index", "np.where(condition, a, b) chooses between two values")
        if _is_listed(key):
            return stack([self[i] for i in _listed(key, n)])
        try:
            i = key.__index__()
        except (AttributeError, TypeError):
            raise no(
                f"the index {key!r}", "x[3], x[1:5] or x[[0, 2]], counted from 0", TracedIndexError
            ) from None
        if not -n <= i < n:
            found = f"the index {i} of a vector of {n}"
            raise no(found, f"Components are counted from 0 to {n - 1}", TracedIndexError)
        return Traced(self._expr.at(i % n))

    def _slice(self, key: slice, n: int) -> Traced:
        try:
            places = range(n)[key]
        except TypeError:
            raise no("a slice between bounds that are no whole numbers", "x[1:5], counted from 0") from None
        if len(places) == 0:
            raise no(f"an empty slice of a vector of {n}", "A vector has at least one component")
        if places.step == 1:
            return Traced(self._expr.slice(places.start, places.stop))
        return stack([self[i] for i in places])

    # ---- what cannot be written down

    def __bool__(self) -> NoReturn:
        raise no(
            "a branch on a traced value (if, and, or, not, in, max, min, sorted, a < b < c)",
            "Write np.where(condition, a, b), np.maximum(a, b), np.minimum(a, b), or (a < b) & (b < c)",
        )

    def __float__(self) -> NoReturn:
        raise no(
            "a traced value where a number is wanted (float, the module math, an array that is filled)",
            "Write np.exp(x) for math.exp(x), and np.stack([a, b]) for a new array",
        )

    def __int__(self) -> NoReturn:
        raise no("a traced value where a whole number is wanted", "np.floor(x) rounds below")

    def __index__(self) -> NoReturn:
        raise no("a traced value as an index or a count", "Indices and counts are numbers known beforehand")

    def __complex__(self) -> NoReturn:
        raise no("a traced value where a complex number is wanted", "Formulas are real")

    def __array__(self, dtype: object = None, copy: object = None) -> NoReturn:
        raise no(
            "a traced value where the function that is called makes an array of it, as np.array does",
            "np.stack([a, b]) puts traced numbers together: np.sum(np.stack([a, b])) for np.sum([a, b]); "
            "of a sparse matrix A, A.toarray() @ x. Functions of scipy.stats cannot be traced; "
            "scipy.special.ndtr, erf and expit can",
        )

    def __setitem__(self, key: object, value: object) -> NoReturn:
        raise no("a component of a traced vector is set", "np.where or np.stack make a new one")

    def __xor__(self, other: object) -> NoReturn:
        raise no("the operator ^ of a traced value", "Write ~(a == b) for conditions, x**2 for a power")

    __rxor__ = __xor__

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        from ._numpy import instead_of

        raise AttributeError(f"{where_we_are()}a traced value has no `{name}`. {instead_of(name)}.")

    # ---- operators

    def __add__(self, other: object) -> Traced:
        return binary("add", self, other)

    def __radd__(self, other: object) -> Traced:
        return binary("add", other, self)

    def __sub__(self, other: object) -> Traced:
        return binary("subtract", self, other)

    def __rsub__(self, other: object) -> Traced:
        return binary("subtract", other, self)

    def __mul__(self, other: object) -> Traced:
        return binary("multiply", self, other)

    def __rmul__(self, other: object) -> Traced:
        return binary("multiply", other, self)

    def __truediv__(self, other: object) -> Traced:
        return binary("divide", self, other)

    def __rtruediv__(self, other: object) -> Traced:
        return binary("divide", other, self)

    def __pow__(self, other: object) -> Traced:
        return binary("power", self, other)

    def __rpow__(self, other: object) -> Traced:
        return binary("power", other, self)

    def __floordiv__(self, other: object) -> Traced:
        return unary("floor", self / other)

    def __rfloordiv__(self, other: object) -> Traced:
        return unary("floor", other / self)

    def __mod__(self, other: object) -> Traced:
        return self - traced(other) * (self // other)

    def __rmod__(self, other: object) -> Traced:
        return traced(other) % self

    def __divmod__(self, other: object) -> tuple[Traced, Traced]:
        return self // other, self % other

    def __matmul__(self, other: object) -> Traced:
        return matmul(self, other)

    def __rmatmul__(self, other: object) -> Traced:
        return matmul(other, self)

    def __neg__(self) -> Traced:
        return unary("neg", self)

    def __pos__(self) -> Traced:
        return self

    def __abs__(self) -> Traced:
        return unary("abs", self)

    def __floor__(self) -> Traced:
        return unary("floor", self)

    def __ceil__(self) -> Traced:
        return -unary("floor", -self)

    def __round__(self, digits: int = 0) -> Traced:
        return nearest_even(self, digits or 0)

    def __lt__(self, other: object) -> Traced:
        return binary("less", self, other)

    def __le__(self, other: object) -> Traced:
        return binary("less_equal", self, other)

    def __gt__(self, other: object) -> Traced:
        return binary("less", other, self)

    def __ge__(self, other: object) -> Traced:
        return binary("less_equal", other, self)

    def __eq__(self, other: object) -> Traced:  # pyright: ignore[reportIncompatibleMethodOverride]
        return binary("equal", self, other)

    def __ne__(self, other: object) -> Traced:  # pyright: ignore[reportIncompatibleMethodOverride]
        return 1.0 - binary("equal", self, other)

    def __and__(self, other: object) -> Traced:
        return holds(self) * holds(other)

    __rand__ = __and__

    def __or__(self, other: object) -> Traced:
        return 1.0 - (1.0 - holds(self)) * (1.0 - holds(other))

    __ror__ = __or__

    def __invert__(self) -> Traced:
        return binary("equal", self, 0.0)

    def __hash__(self) -> int:
        return hash(self._expr)

    # ---- methods of an array

    def sum(self, axis: object = None, keepdims: bool = False) -> Traced:
        """The sum of the components."""
        return self._folded("sum", axis, keepdims)

    def mean(self, axis: object = None, keepdims: bool = False) -> Traced:
        """The mean of the components."""
        return self._folded("mean", axis, keepdims)

    def min(self, axis: object = None, keepdims: bool = False) -> Traced:
        """The smallest component."""
        return self._folded("smallest", axis, keepdims)

    def max(self, axis: object = None, keepdims: bool = False) -> Traced:
        """The largest component."""
        return self._folded("largest", axis, keepdims)

    def _folded(self, name: str, axis: object, keepdims: bool) -> Traced:
        check_axis(self, axis)
        if self.ndim == 0:
            return self
        found = unary(name, self)
        return stack([found]) if keepdims else found

    def dot(self, other: object) -> Traced:
        """The product with a vector or a constant matrix."""
        return matmul(self, other)

    def clip(self, min: object = None, max: object = None) -> Traced:
        """Kept between two values; infinite ones are none."""
        value = self if _endless(min) else binary("max", self, min)
        return value if _endless(max) else binary("min", value, max)

    def ravel(self) -> Traced:
        """A vector."""
        return self if self.ndim else stack([self])

    flatten = ravel

    def reshape(self, *shape: Any) -> Traced:
        """The same vector: its shape can only be (n,)."""
        wanted = tuple(cast("Sequence[object]", shape[0] if isinstance(shape[0], (tuple, list)) else shape))
        if wanted in ((-1,), (self.size,)):
            return self.ravel()
        raise no(
            f"a traced value in the shape {wanted}", f"({self.size},): formulas have numbers and vectors"
        )

    def copy(self) -> Traced:
        """The same: it is never changed."""
        return self

    def astype(self, dtype: object, copy: object = None) -> Traced:
        """The same: formulas are of double precision. Only floating types may be asked for."""
        import numpy as np

        try:
            kind = np.dtype(cast(Any, dtype)).kind
        except TypeError:
            kind = ""
        if kind != "f":
            shown = getattr(dtype, "__name__", dtype)
            raise no(
                f"astype({shown}) of a traced value",
                "Formulas are of double precision: np.floor(x) rounds below, "
                "np.where(x != 0, 1.0, 0.0) is a truth value",
            )
        return self

    def item(self, *place: object) -> NoReturn:
        """There is none: its number is not known before the run."""
        raise no("item() of a traced value", "It has no number before the run; x[0] is a component")

    def tolist(self) -> NoReturn:
        """There is none: its numbers are not known before the run."""
        raise no("tolist() of a traced value", "It has no numbers before the run; list(x) has its components")

    def gradient(self, by: Traced) -> Traced:
        """The derivative by a variable: the gradient of a number, or of the sum of a vector."""
        return Traced(self._expr.gradient(by._expr))

    def evaluate(self, **values: object) -> Any:
        """Its value where the variables have these values, a number or an array of shape (n,)."""
        given = [(name, floats(name, value)) for name, value in values.items()]
        places = [
            (Expr.variable(name, array.size if array.ndim else None), array.ravel()) for name, array in given
        ]
        try:
            found = self._expr.evaluate(places)
        except InputError as error:
            names = ", ".join(self._expr.names())
            raise InputError(f"{error}. The variables of this formula: {names}.") from None
        return found if self.ndim else float(found[0])

    def __str__(self) -> str:
        return str(self._expr)

    def __repr__(self) -> str:
        text = str(self._expr)
        kind = "number" if self.ndim == 0 else f"vector of {self.size}"
        return f"<traced {kind}: {text if len(text) < 200 else text[:200] + '…'}>"

    # ---- NumPy

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        from ._numpy import ufunc_of

        return ufunc_of(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: object, args: Any, options: Any) -> Any:
        from ._numpy import function_of

        return function_of(function, args, options)


def _is_listed(key: object) -> bool:
    return isinstance(key, list) or getattr(key, "ndim", 0) == 1


def _listed(key: Any, n: int) -> list[int]:
    """The components that a list of indices, or a mask of truth values, names."""
    listed = cast("list[object]", key if isinstance(key, list) else key.tolist())
    if listed and all(isinstance(one, bool) for one in listed):
        if len(listed) != n:
            raise no(f"a mask of {len(listed)} for a vector of {n}", "One truth value each", TracedIndexError)
        listed = [i for i, on in enumerate(listed) if on]
    if not all(isinstance(one, int) for one in listed):
        raise no("indices that are no whole numbers", "x[3], x[1:5] or x[[0, 2]]", TracedIndexError)
    return cast("list[int]", listed)


def _endless(limit: object) -> bool:
    return limit is None or (isinstance(limit, float) and limit in (float("inf"), float("-inf")))


# ---- values


def traced(value: object) -> Traced:
    """A traced value, a number, or an array or list of numbers or traced numbers, as a traced value."""
    if isinstance(value, Traced):
        return value
    if isinstance(value, (list, tuple)):
        listed = cast("Sequence[object]", value)
        if any(isinstance(one, Traced) for one in listed):
            return stack(listed)
    if value is None or isinstance(value, (str, bytes, dict, set)):
        raise no(f"{value!r} in a formula", "Formulas are of numbers, vectors and traced values")
    if isinstance(value, int):
        try:
            return Traced(Expr.number(float(value)))
        except OverflowError:
            raise no("a whole number beyond 1e308 in a formula", "Formulas are of double precision") from None
    array = floats(f"{where_we_are()}a constant", cast(object, value))
    if array.ndim > 1:
        raise no(
            f"an array of shape {array.shape} beside traced values",
            "Formulas have numbers and vectors; a constant matrix may stand before a vector: A @ x",
        )
    if array.size == 0:
        raise no("an empty array beside traced values", "A vector has at least one component")
    if not is_finite(array):
        raise no("a constant that is not finite", "Numbers; np.clip(x, 0.0, None) has one limit alone")
    return Traced(Expr.vector(array) if array.ndim else Expr.number(float(array)))


def check_axis(value: Traced, axis: object) -> None:
    """A traced value has at most the axis 0."""
    if axis not in (None, 0, -1, (0,), (-1,)):
        raise no(
            f"the axis {axis} of a traced value",
            "A function sees one point, so a vector has the axis 0 alone",
        )


def unary(name: str, a: Traced) -> Traced:
    """A function of one argument, as the language of formulas names it."""
    return Traced(a._expr.unary(name))  # pyright: ignore[reportPrivateUsage]


def binary(name: str, a: object, b: object) -> Traced:
    """An operation of two arguments, component by component."""
    left, right = _alike(traced(a), traced(b))
    try:
        return Traced(left._expr.binary(name, right._expr))  # pyright: ignore[reportPrivateUsage]
    except InputError as error:
        raise no(str(error), "Vectors must have one length") from None


def _alike(a: Traced, b: Traced) -> tuple[Traced, Traced]:
    """A vector of one component stands for all components of another, as in NumPy."""
    if a.ndim and b.ndim and a.size != b.size:
        return (a[0] if a.size == 1 else a), (b[0] if b.size == 1 else b)
    return a, b


def holds(a: object) -> Traced:
    """1 where a value is not 0, else 0."""
    return 1.0 - binary("equal", a, 0.0)


def nearest_even(a: Traced, digits: int = 0) -> Traced:
    """Rounded to so many digits, halves to even numbers, as Python and NumPy round."""
    if digits:
        return nearest_even(a * 10.0**digits) / 10.0**digits
    away = unary("round", a)
    return where(abs(away - a) == 0.5, 2.0 * unary("round", 0.5 * a), away)


def stack(parts: Sequence[object], axis: object = 0) -> Traced:
    """Traced numbers and vectors one after the other in one vector.

    Parameters
    ----------
    parts : sequence of traced values, numbers or arrays of shape (n,)
        What is put together.
    axis : optional
        Of no effect: there is one.

    Returns
    -------
    Traced, of shape (n,), n the number of all components

    Examples
    --------
    >>> import esperance as es
    >>> equation = es.Equation(3, 1.0, terminal=lambda x: es.stack([1.0, x[0], x[1:]]).max())
    >>> equation.dim
    3
    """
    all_parts = [traced(part) for part in parts]
    n = sum(part.size for part in all_parts)
    if n == 0:
        raise no("an empty stack", "A vector has at least one component")
    if len(all_parts) > _LONGEST:
        raise no(
            f"{len(all_parts)} components put together one by one", f"At most {_LONGEST}; use whole vectors"
        )
    place, total = 0, None
    for part in all_parts:
        expr = part._expr if part.ndim else part._expr.repeat(1)  # pyright: ignore[reportPrivateUsage]
        own = Traced(expr.embed(place, n)) if n > part.size else Traced(expr)
        total = own if total is None else total + own
        place += part.size
    return cast(Traced, total)


def matmul(a: object, b: object) -> Traced:
    """a @ b: of two vectors, or of a constant matrix and a vector."""
    if isinstance(a, Traced) and isinstance(b, Traced):
        if a.ndim == 0 or b.ndim == 0:
            return a * b
        if a.size != b.size:
            raise no(f"the product of vectors of {a.size} and {b.size}", "They must have one length")
        return binary("dot", a, b)
    if isinstance(b, Traced):
        return _times(floats(f"{where_we_are()}a matrix", a), b)
    vector, matrix = cast(Traced, a), floats(f"{where_we_are()}a matrix", b)
    return _times(_turned(matrix), vector)


def _turned(matrix: Array) -> Array:
    import numpy as np

    return np.transpose(matrix) if matrix.ndim == 2 else matrix


def _times(matrix: Array, vector: Traced) -> Traced:
    import numpy as np

    if matrix.ndim == 0 or vector.ndim == 0:
        return traced(matrix) * vector
    if matrix.ndim == 1:
        return matmul(traced(matrix), vector)
    if matrix.ndim != 2 or matrix.shape[1] != vector.size:
        raise no(f"a matrix of shape {matrix.shape} times a vector of {vector.size}", "They do not fit")
    if not is_finite(matrix):
        raise no("a constant matrix that is not finite", "Numbers alone")
    rows, columns = matrix.shape
    data = np.ascontiguousarray(matrix).ravel()
    return Traced(vector._expr.times_matrix(rows, columns, data))  # pyright: ignore[reportPrivateUsage]


def where(condition: object, a: object, b: object) -> Traced:
    """``a`` where the condition holds, else ``b``, component by component: ``np.where`` of traced values.

    Parameters
    ----------
    condition : traced value, or number
        Holds where it is not 0.
    a, b : traced values, numbers or arrays of shape (n,)
        What is chosen from.

    Returns
    -------
    Traced
    """
    c, left, right = traced(condition), traced(a), traced(b)
    try:
        return Traced(c._expr.select(left._expr, right._expr))  # pyright: ignore[reportPrivateUsage]
    except InputError as error:
        raise no(str(error), "Vectors must have one length") from None
