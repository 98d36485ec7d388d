"""The Hamilton–Jacobi–Bellman equation in 100 dimensions: its answer with its error, in five lines.

u_t + Δu − |∇u|² = 0, u(1, x) = ln ½(1 + |x|²); the exact u(0, 0) is 4.5901617, by Cole–Hopf. [HJE18]

    python hjb.py            # some seconds
    python hjb.py --quick    # fewer iterations and paths
"""

from __future__ import annotations

import sys

import esperance as es

solution = es.solve("hjb-lqg-100d", seed=1, quick="--quick" in sys.argv)
print(solution)
