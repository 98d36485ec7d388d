"""Functions of a user called once, with traced values; what they give as the text of a formula."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Union

from ._esperance import InputError
from ._place import no, place_of
from ._trace import Traced

#: A function of a user, with its arities spelt out: so a type checker takes the arguments of a lambda as Any.
Function = Union[
    Callable[[], object],
    Callable[[Any], object],
    Callable[[Any, Any], object],
    Callable[[Any, Any, Any], object],
    Callable[[Any, Any, Any, Any], object],
    Callable[[Any, Any, Any, Any, Any], object],
    Callable[[Any, Any, Any, Any, Any, Any], object],
    Callable[[Any, Any, Any, Any, Any, Any, Any], object],
    Callable[[Any, Any, Any, Any, Any, Any, Any, Any], object],
]

#: How the text of a formula that is too long ends.
_CUT = "…"


class At:
    """What a function with the one argument ``at`` sees: its variables by name."""

    def __init__(self, names: Mapping[str, Traced]) -> None:
        self._names = dict(names)

    def __getattr__(self, name: str) -> Traced:
        if name.startswith("_"):
            raise AttributeError(name)
        found = self._names.get(name)
        if found is None:
            raise no(f"`at.{name}` is not defined here", f"Known here: {', '.join(self._names)}")
        return found


def call(what: str, function: Callable[..., Any], names: Mapping[str, Traced]) -> Any:
    """What a function of a user gives for traced values: it is called once, its arguments by name."""
    place = place_of(function)
    try:
        asked = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise InputError(
            f"{what}: the arguments of this function are not known. A function of Python."
        ) from None
    given: dict[str, object] = {}
    positional: list[object] = []
    for one in asked:
        value = names.get(one.name) if one.name != "at" else At(names)
        if value is None and one.default is not inspect.Parameter.empty:
            continue
        if value is None or one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
            known = ", ".join(names)
            raise InputError(
                f"{place}{what}: the argument `{one.name}` is not known. Known here: {known}, or at alone."
            )
        if one.kind is one.POSITIONAL_ONLY:
            positional.append(value)
        else:
            given[one.name] = value
    try:
        found = function(*positional, **given)
    except (TypeError, ValueError) as error:
        if isinstance(error.__cause__, InputError):
            # What NumPy says of an element of an array hides what happened.
            raise error.__cause__ from None
        raise
    except RecursionError:
        raise InputError(
            f"{place}{what}: the function calls itself without end. It is called once."
        ) from None
    if found is None:
        raise InputError(f"{place}{what}: the function gives None. Does it return its value?")
    return found


def written(what: str, value: Traced) -> str:
    """A traced value as the text of a formula."""
    text = str(value)
    if text.endswith(_CUT):
        raise InputError(
            f"{what}: the formula is too long to be written down. Use vectors in place of loops."
        )
    return text
