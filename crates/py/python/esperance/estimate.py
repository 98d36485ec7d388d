"""Numbers that carry their error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._esperance import InputError
from ._esperance import estimate as _written

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ._arrays import Array

#: How a text is padded; all else formats a number.
_PADDED = re.compile(r"(.?[<>^])?([1-9]\d*)?s?", re.DOTALL)


def _number(name: str, value: Any) -> float:
    text = isinstance(value, (str, bytes, bytearray, bool))
    if not text and getattr(value, "ndim", 0) == 0:
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError):
            pass
    raise InputError(f"{name}: {value!r} is no number. An estimate is of one number: es.Estimate(1.5, 0.1).")


@dataclass(frozen=True)
class Estimate:
    """A value and its standard error: ``4.5902(3)`` is 4.5902 with the error 0.0003.

    In f-strings ``{e}`` is this text, ``{e:>20}`` pads it, and ``{e:.3f}`` formats the value alone.

    Examples
    --------
    >>> import esperance as es
    >>> es.Estimate(4.59017, 0.00031)
    4.59017(31)
    >>> float(es.Estimate(1.5, 0.1))
    1.5
    >>> f"{es.Estimate(1.5, 0.1):.3f}"
    '1.500'
    """

    #: The value.
    value: float
    #: Its standard error.
    error: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", _number("value", self.value))
        object.__setattr__(self, "error", _number("error", self.error))

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval, value ± 1.96 standard errors."""
        return (self.value - 1.959963984540054 * self.error, self.value + 1.959963984540054 * self.error)

    def __float__(self) -> float:
        return self.value

    def __format__(self, spec: str) -> str:
        if _PADDED.fullmatch(spec):
            return format(repr(self), spec)
        try:
            return format(self.value, spec)
        except ValueError:
            raise InputError(
                f"the format {spec!r} of an estimate. '.3f' formats its value, '>20' pads its text."
            ) from None

    def __repr__(self) -> str:
        return _written(self.value, self.error)


@dataclass(frozen=True, eq=False)
class Estimates:
    """Values with their standard errors, as arrays of one shape; ``value, error = estimates``.

    So a loop, ``list`` and ``zip`` see two arrays, the values and the errors, whatever their length. For one
    estimate after the other write ``[estimates[k] for k in range(len(estimates))]``.
    """

    #: The values.
    value: Array
    #: Their standard errors.
    error: Array
    #: Where the paths of the run go: elsewhere the function was never trained.
    inside: NDArray[np.bool_]

    def __iter__(self) -> Iterator[Array]:
        return iter((self.value, self.error))

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, k: Any) -> Any:
        value, error, inside = self.value[k], self.error[k], self.inside[k]
        if value.ndim:
            return Estimates(value, error, inside)
        return Estimate(float(value), float(error))

    def __float__(self) -> float:
        return float(self.value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        import numpy as np

        return np.array(self.value, dtype=dtype) if copy else np.asarray(self.value, dtype=dtype)

    def __repr__(self) -> str:
        flat = [_written(float(v), float(e)) for v, e in zip(self.value.ravel(), self.error.ravel())]
        if len(flat) > 8:
            flat = [*flat[:4], "…", *flat[-3:]]
        return f"[{', '.join(flat)}]" if self.value.ndim else flat[0]
