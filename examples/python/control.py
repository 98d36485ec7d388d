"""A control problem of one's own: a shop that orders before it knows the demand, and its optimum by hand.

In each step the stock x is filled up by q ≥ 0, then the demand D is met as far as it goes; costs are c·q for
ordering, h a unit that is left, p a unit that is lacking and delivered later, discounted by β a step. At the
end the stock is worth what it costs to order. The best is to fill up to the same level S in every step, the
least with P(D ≤ S) ≥ (p − (1 − β)c)/(p + h) [Vei65]; what any level costs is a sum. A network is told nothing
of that.

    python control.py            # ten seconds
    python control.py --quick    # fewer iterations
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray

import esperance as es

Array = NDArray[np.float64]

STEPS, DISCOUNT = 30, 0.95
#: Costs of a unit: ordered, left over, lacking.
ORDER, HOLD, LACK = 1.0, 0.2, 1.0
DEMAND: Array = np.arange(9.0, dtype=np.float64)
PROBABILITY = np.array([0.02, 0.07, 0.15, 0.19, 0.20, 0.16, 0.11, 0.06, 0.04])


def stock_after(x: Array, q: Array, demand: Array) -> Array:
    """What is in stock after a step."""
    return x + q - demand


def cost(x: Array, q: Array, demand: Array) -> Array:
    """What is paid in a step; x is in stock before the order, below 0 what is still to be delivered."""
    left = stock_after(x, q, demand)
    return ORDER * q + HOLD * np.maximum(left, 0.0) + LACK * np.maximum(-left, 0.0)


def worth(x: Array) -> Array:
    """What is paid at the end: a stock is worth what it costs to order."""
    return -ORDER * x


def cost_of_level(level: float) -> float:
    """The mean cost of filling up to a level in every step, from an empty shop."""
    first = float(PROBABILITY @ cost(np.array(0.0), np.array(level), DEMAND))
    # From the second step on what is ordered is what was sold in the step before.
    later = first - ORDER * level + ORDER * float(PROBABILITY @ DEMAND)
    end = float(PROBABILITY @ worth(level - DEMAND))
    return first + later * sum(DISCOUNT**t for t in range(1, STEPS)) + DISCOUNT**STEPS * end


def main() -> None:
    quick = "--quick" in sys.argv
    shop = es.Control(
        STEPS,
        states={"x": 0.0},
        actions={"q": {"low": 0.0, "centre": 4.0, "unit": 4.0}},
        noise={"demand": {"values": DEMAND, "probabilities": PROBABILITY}},
        next={"x": stock_after},
        cost=cost,
        end=worth,
        discount=DISCOUNT,
        limits="projection",
        rules={"the mean demand": {"q": float(PROBABILITY @ DEMAND)}},
        representation={"hidden": [16], "skip": True, "stationary": True},
        run={"batch": 256, "fresh-paths": 2048 if quick else 16384},
        name="shop",
    )
    print(shop)
    policy = shop.solve(seed=1, iterations=300 if quick else 1500)
    print(f"\n{policy}\n")

    levels = {level: cost_of_level(level) for level in range(3, 9)}
    best = min(levels, key=lambda level: levels[level])
    print(f"the optimum fills up to {best} and costs {levels[best]:.6f}; the policy costs {policy.answer}")
    for level, price in levels.items():
        print(f"  up to {level}   {price:.4f}")

    # The policy in numbers: stocks of one state as an array, and what is ordered there in step 10.
    stock = np.arange(-3.0, 5.0)[:, None]
    for x, q in zip(stock[:, 0], np.asarray(policy(10, stock))[:, 0]):
        print(f"in stock {x:4.0f}   ordered {q:5.2f}   filled up to {x + q:5.2f}")


if __name__ == "__main__":
    main()
