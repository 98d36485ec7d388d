"""Packages that are used where they are installed, and warnings that point at the line of the user."""

from __future__ import annotations

import os
import sys
import warnings
from importlib import import_module
from typing import Any

from .progress import EsperanceWarning

_HERE = os.path.dirname(__file__)


def module(name: str) -> Any:
    """The module of this name, or how to get it."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise ImportError(f"this needs {name}: pip install {name}") from None


def warned(sentence: str) -> None:
    """Warns, from the line outside this package that led here."""
    level, frame = 1, sys._getframe(0)  # pyright: ignore[reportPrivateUsage]
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        level, frame = level + 1, frame.f_back
    warnings.warn(sentence, EsperanceWarning, stacklevel=level)
