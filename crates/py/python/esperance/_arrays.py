"""Arrays from whatever a user has: NumPy, lists, DLPack on the CPU. NumPy is loaded at first use."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any, cast

from ._esperance import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def floats(name: str, value: object, shape: tuple[int | None, ...] | None = None) -> Array:
    """The value as float64, not copied where it is that already. ``None`` in a shape is any length."""
    import numpy as np

    array = _array(name, value)
    if hasattr(array, "mask") and np.ma.is_masked(array):
        raise InputError(
            f"{name}: an array with masked entries. Numbers alone: x.filled(number), or x.compressed() "
            "without those entries."
        )
    kind = array.dtype
    if array.ndim == 0 and kind.kind not in "fiubc":
        raise InputError(f"{name}: {_shown(value)} is no number. A number, a list of numbers or an array.")
    if kind.kind not in "fiub" or (kind.kind == "f" and kind.itemsize not in (4, 8)):
        raise InputError(
            f"{name}: an array of {_kind(array)}. Numbers of single or double precision: {_way(array)}."
        )
    array = np.asarray(array, dtype=np.float64)
    if not array.flags.aligned:
        # A column of records may stand between two words.
        array = np.array(array)
    if shape is not None:
        fits = array.ndim == len(shape) and all(n is None or n == m for n, m in zip(shape, array.shape))
        if not fits:
            raise InputError(f"{name}: the shape {array.shape}. It must be {_shape(shape)}.")
    return array


def is_finite(array: Array) -> bool:
    """Whether all numbers are finite."""
    import numpy as np

    return bool(np.all(np.isfinite(array)))


def number(name: str, value: object) -> float:
    """One finite number."""
    found = float(floats(name, value, ()))
    if not abs(found) < float("inf"):
        raise InputError(f"{name}: {found} is not finite. A number.")
    return found


def whole(name: str, value: object, least: int, most: int) -> int:
    """One whole number between two others."""
    try:
        found = index(cast(Any, value))
    except TypeError:
        found = None
    if found is None or isinstance(value, bool):
        raise InputError(f"{name}: {_shown(value)} is no whole number. From {least} to {most}.")
    if not least <= found <= most:
        raise InputError(
            f"{name}: {found} is too {'small' if found < least else 'large'}. From {least} to {most}."
        )
    return found


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:40] + "…"


def _array(name: str, value: object) -> NDArray[Any]:
    import numpy as np

    if isinstance(value, np.ndarray):
        return cast("NDArray[Any]", value)
    has_array = hasattr(value, "__array__")
    if hasattr(value, "__dlpack__") and not has_array:
        try:
            return cast("NDArray[Any]", np.from_dlpack(cast(Any, value)))
        except (BufferError, TypeError, RuntimeError) as error:
            raise InputError(
                f"{name}: this array cannot be read here ({error}). An array on the CPU."
            ) from None
    try:
        return np.asarray(cast(Any, value))
    except InputError:
        raise
    except (ValueError, TypeError) as error:
        rows = isinstance(value, (list, tuple))
        found = "rows of different lengths" if rows else f"this is no array of numbers ({error})"
        raise InputError(f"{name}: {found}. A list of numbers, or an array.") from None


def _kind(array: NDArray[Any]) -> str:
    return {"O": "objects", "U": "texts", "S": "bytes"}.get(array.dtype.kind, str(array.dtype))


def _way(array: NDArray[Any]) -> str:
    if array.dtype.kind in "OUSV":
        return "rows of one length, numbers alone"
    return "x.real" if array.dtype.kind == "c" else "x.astype(float)"


def _shape(shape: tuple[int | None, ...]) -> str:
    if not shape:
        return "one number"
    names = ["n" if n is None else str(n) for n in shape]
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"
