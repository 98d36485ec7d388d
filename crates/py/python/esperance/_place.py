"""Where a function of a user stands, and what is said when it cannot be written down as a formula."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import CodeType
from typing import Any, cast

from ._esperance import InputError

_HERE = os.path.dirname(__file__)
#: The standard library, and what is installed beside it.
_LIBRARY = os.path.dirname(os.__file__)


class TracedTypeError(InputError, TypeError):
    """A traced value has the wrong kind for what is done with it."""


class TracedIndexError(InputError, IndexError):
    """A component that a traced vector has not."""


def where_we_are() -> str:
    """The line of the user that led here, as ``file.py:12: ``; empty where there is none."""
    nearest = ""
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(_HERE):
            if not _is_library(name):
                return _line(name, frame.f_lineno)
            # A function of a library, where nothing of the user's is above it.
            nearest = nearest or _line(name, frame.f_lineno)
        frame = cast(Any, frame.f_back)
    return nearest


def place_of(function: Callable[..., object]) -> str:
    """The line where a function begins, as ``file.py:12: ``; empty where it is not known."""
    code = getattr(function, "__code__", None)
    if code is None:
        inner = getattr(function, "func", None) or getattr(type(function), "__call__", None)
        code = getattr(inner, "__code__", None)
    return _line(code.co_filename, code.co_firstlineno) if isinstance(code, CodeType) else ""


def no(found: str, instead: str, kind: type[InputError] = InputError) -> InputError:
    """What cannot be written down, at its line, and what to write instead."""
    return kind(f"{where_we_are()}{found}. {instead}.")


def _is_library(name: str) -> bool:
    numpy = getattr(sys.modules.get("numpy"), "__file__", None)
    return (
        name.startswith(_LIBRARY)
        or f"{os.sep}site-packages{os.sep}" in name
        or (numpy is not None and name.startswith(os.path.dirname(numpy)))
    )


def _line(name: str, line: int) -> str:
    in_cell = "ipykernel_" in name or name.startswith("<ipython-input")
    return f"line {line} of the cell: " if in_cell else f"{os.path.basename(name)}:{line}: "
