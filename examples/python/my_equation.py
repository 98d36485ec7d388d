"""An equation of one's own from functions: heat that is lost where it is hot, in 20 dimensions.

    u_t + μ·∇u + ½σ²Δu + f(x, u) = 0,   u(T, x) = g(x) = e^{−|x|²/d}
    μ = −κx,   f = −a·u·tanh(u)

Without the loss (a = 0) u is known: X_T − x e^{−κτ}, τ = T − t, is normal with the variance
s²(τ) = σ²(1 − e^{−2κτ})/2κ a component, so that u is at most m(τ) = (1 + 2s²/d)^{−d/2}, its value at x = 0.
With the loss u is smaller, and what is lost, u·tanh(u), lies between 0 and u·tanh(m). So u(0, 0) lies
between m(T)·exp(−a∫tanh(m)dτ) and m(T).

    python my_equation.py            # a quarter of a minute
    python my_equation.py --quick    # fewer iterations
    python my_equation.py --plot     # leaves my_equation.png; needs matplotlib
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray

import esperance as es

#: A function sees one point; what is written for arrays can be tried on arrays.
Array = NDArray[np.float64]

DIM, HORIZON = 20, 1.0
#: Pull to the middle, noise, and loss.
KAPPA, SIGMA, LOSS = 0.5, 0.8, 1.0


def drift(x: Array) -> Array:
    """μ(x), of shape (d,)."""
    return -KAPPA * x


def source(u: Array) -> Array:
    """f(u), a number."""
    return -LOSS * u * np.tanh(u)


def terminal(x: Array) -> Array:
    """g(x), a number."""
    return np.exp(-(x @ x) / DIM)


def without_loss(tau: Array) -> Array:
    """m(τ), the largest value of u where nothing is lost."""
    variance = SIGMA**2 * -np.expm1(-2.0 * KAPPA * tau) / (2.0 * KAPPA)
    return (1.0 + 2.0 * variance / DIM) ** (-DIM / 2.0)


def main() -> None:
    quick = "--quick" in sys.argv
    equation = es.Equation(DIM, HORIZON, drift=drift, diffusion=SIGMA, source=source, terminal=terminal)
    print(equation)

    problem = es.DeepBsde(equation, at=0.0, levels=[10, 20] if quick else [20, 40, 80])
    solution = problem.solve(seed=1, iterations=40 if quick else 400)
    print(f"\n{solution}\n")

    middles = HORIZON * (np.arange(1000) + 0.5) / 1000
    upper = float(without_loss(np.array(HORIZON)))
    lower = upper * float(np.exp(-LOSS * HORIZON * np.tanh(without_loss(middles)).mean()))
    print(f"u(0, 0) = {solution.answer} lies in [{lower:.6f}, {upper:.6f}]")

    # The function behind the answer: points on the first axis, half a unit of time in.
    points = np.zeros((5, DIM))
    points[:, 0] = np.linspace(-2.0, 2.0, 5)
    values = solution(0.5, points)
    slopes = solution.gradient(0.5, points)
    for k, place in enumerate(points[:, 0]):
        slope = es.Estimate(float(slopes.value[k, 0]), float(slopes.error[k, 0]))
        print(f"u(0.5, {place:4.1f} e₁) = {values[k]!s:<14} ∂u/∂x₁ = {slope}")

    if "--plot" in sys.argv:
        solution.plot("levels").figure.savefig("my_equation.png", dpi=150)


if __name__ == "__main__":
    main()
