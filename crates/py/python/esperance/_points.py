"""Times and places, or states by their names, as the table that a trained function is asked with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from ._arrays import floats
from ._esperance import InputError

if TYPE_CHECKING:
    from ._arrays import Array


def points(columns: list[str], t: object, x: object) -> tuple[Array, tuple[int, ...]]:
    """A row a point, (n, 1 + d), and the shape of what is asked for: times and places are broadcast."""
    import numpy as np

    d = len(columns) - 1
    times = floats("t", t)
    places = (
        _states(columns[1:], cast("Mapping[str, object]", x)) if isinstance(x, Mapping) else floats("x", x)
    )
    if d == 1 and (places.ndim == 0 or places.shape[-1] != 1):
        places = places[..., None]
    if places.ndim == 0 or places.shape[-1] != d:
        raise InputError(
            f"x: the shape {places.shape}. "
            f"The last length must be {d}: one point is ({d},), n are (n, {d})."
        )
    try:
        shape = np.broadcast_shapes(times.shape, places.shape[:-1])
    except ValueError:
        raise InputError(
            f"t: the shape {times.shape} beside x of {places.shape}. "
            "One time for all points, or one for each."
        ) from None
    times = np.broadcast_to(times, shape)
    places = np.broadcast_to(places, (*shape, d))
    return np.reshape(np.concatenate([times[..., None], places], axis=-1), (-1, d + 1)), shape


def _states(columns: list[str], given: Mapping[str, object]) -> Array:
    """States by their names, a vector of three having the columns x1, x2, x3."""
    import numpy as np

    parts: dict[str, Array] = {}
    for name, value in given.items():
        array = floats(name, value)
        own = [one for one in columns if one != name and one.startswith(name) and one[len(name) :].isdigit()]
        if name in columns:
            parts[name] = array
        elif own and array.ndim and array.shape[-1] == len(own):
            parts.update({f"{name}{k + 1}": array[..., k] for k in range(len(own))})
        elif own:
            raise InputError(f"{name}: the shape {array.shape}. The last length must be {len(own)}.")
        else:
            raise InputError(f"x: `{name}` is no state here. They are {', '.join(columns)}.")
    missing = [one for one in columns if one not in parts]
    if missing:
        raise InputError(f"x: {', '.join(missing)} is missing. Give all of {', '.join(columns)}.")
    return np.stack(np.broadcast_arrays(*[parts[one] for one in columns]), axis=-1)
