"""Scientific computing in high dimension: you draw, you average, you descend.

>>> import esperance as es
>>> solution = es.solve("hjb-lqg-10d", quick=True, seed=1, progress=False)
>>> solution.verdict
'converged'
"""

from ._esperance import InputError, Interrupted, NumericError, __version__
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
from .solution import Solution, Solutions, cases, explain, load, solve
from .training import train

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
    "train",
    "where",
]
