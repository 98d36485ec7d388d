"""Scientific computing in high dimension: you draw, you average, you descend.

>>> import esperance as es
>>> solution = es.solve("hjb-lqg-10d", quick=True, seed=1, progress=False)
>>> solution.verdict
'converged'
"""

from ._esperance import InputError, Interrupted, NumericError, __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._trace import Traced, stack, where
    from .answer import ErrorBudget, Level, Trace
    from .atoms import Frames, read
    from .control import Control
    from .deviation import Deviation
    from .equation import DeepBsde, Equation
    from .estimate import Estimate, Estimates
    from .evaluation import Evaluation, Evaluations
    from .frame import Frame
    from .potential import Potential
    from .progress import EsperanceWarning
    from .solution import Solution, Solutions
    from .solving import cases, explain, load, solve, sweep
    from .training import train

#: Where the names are; a module is loaded when one of its names is first asked for.
_ROOMS = {
    "Traced": "_trace",
    "stack": "_trace",
    "where": "_trace",
    "ErrorBudget": "answer",
    "Level": "answer",
    "Trace": "answer",
    "Frames": "atoms",
    "read": "atoms",
    "Control": "control",
    "Deviation": "deviation",
    "DeepBsde": "equation",
    "Equation": "equation",
    "Estimate": "estimate",
    "Estimates": "estimate",
    "Evaluation": "evaluation",
    "Evaluations": "evaluation",
    "Frame": "frame",
    "Potential": "potential",
    "EsperanceWarning": "progress",
    "Solution": "solution",
    "Solutions": "solution",
    "cases": "solving",
    "explain": "solving",
    "load": "solving",
    "solve": "solving",
    "sweep": "solving",
    "train": "training",
}


def __getattr__(name: str) -> object:
    room = _ROOMS.get(name)
    if room is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(f".{room}", __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "Control",
    "DeepBsde",
    "Deviation",
    "Equation",
    "ErrorBudget",
    "EsperanceWarning",
    "Estimate",
    "Estimates",
    "Evaluation",
    "Evaluations",
    "Frame",
    "Frames",
    "InputError",
    "Interrupted",
    "Level",
    "NumericError",
    "Potential",
    "Solution",
    "Solutions",
    "Trace",
    "Traced",
    "__version__",
    "cases",
    "explain",
    "load",
    "read",
    "solve",
    "stack",
    "sweep",
    "train",
    "where",
]
