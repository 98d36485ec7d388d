"""Stochastic control in discrete time, in functions of names of one's own."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from . import _call
from ._arrays import floats
from ._call import Function
from ._esperance import Case, Expr, InputError
from ._place import place_of
from ._trace import Traced, traced

if TYPE_CHECKING:
    from .solution import Solution


class Control:
    """A problem of stochastic control in discrete time, to be solved by a policy of networks. [HE16]

    .. code-block:: text

        minimise E Σ_t β^t cost(t, s_t, a_t, ξ_t) + β^T end(s_T),   s_{t+1} = next(t, s_t, a_t, ξ_t)

    Parameters
    ----------
    horizon : int
        T, steps.
    states : mapping
        NAME = how it begins: a number, an array, or a formula of noise as text.
    actions : mapping
        NAME = ``(low, high)``, or a mapping with ``size``, ``low``, ``high``, ``centre``, ``unit``, ``last``;
        limits are numbers, formulas as text, or functions of the states.
    next : function, or mapping of functions
        What the states become: a function that gives a dictionary, or a function for each state.
    cost, reward : function
        What is paid, or earned, in a step; one of the two.
    end : function, optional
        What is paid, or earned, at the end: of the states.
    noise : mapping, optional
        NAME = ``{"normal": n}``, ``{"low": a, "high": b}`` or ``{"values": [...], "probabilities": [...]}``.
    constraints : sequence, optional
        What actions have to keep: ``"sum(c) <= E"``, or functions that give such a comparison.
    chains, series, constants, limits, penalty, discount, seen, rules : optional
        As in a case file: ``esperance.explain("model.chains")`` and so on.
    problem, representation, descent, run : mapping, optional
        Further keys of these sections of a case.
    name : str
        What the case is called.

    Notes
    -----
    Functions are traced once: see :class:`esperance.Equation`. Their arguments are chosen by name among
    ``t`` (the step, from 0), states, actions, noise and series, or are one argument ``at`` with all of them.

    Examples
    --------
    A stock that is filled up before an uncertain demand:

    >>> import numpy as np
    >>> import esperance as es
    >>> shop = es.Control(
    ...     3,
    ...     states={"x": 0.0},
    ...     actions={"q": {"low": 0.0, "centre": 4.0, "unit": 4.0}},
    ...     noise={"demand": {"low": 0.0, "high": 8.0}},
    ...     next={"x": lambda x, q, demand: x + q - demand},
    ...     cost=lambda x, q, demand: q + np.abs(x + q - demand),
    ... )
    >>> print(shop.case()["model"]["next"]["x"])
    x + q - demand
    """

    def __init__(
        self,
        horizon: int,
        *,
        states: Mapping[str, Any] | None = None,
        actions: Mapping[str, Any],
        next: Function | Mapping[str, Function | str | float] | None = None,
        cost: Function | str | None = None,
        reward: Function | str | None = None,
        end: Function | str | None = None,
        noise: Mapping[str, Mapping[str, Any]] | None = None,
        constraints: Sequence[Function | str] = (),
        rules: Mapping[str, Any] | None = None,
        name: str = "control",
        problem: Mapping[str, Any] | None = None,
        representation: Mapping[str, Any] | None = None,
        descent: Mapping[str, Any] | None = None,
        run: Mapping[str, Any] | None = None,
        **model: Any,
    ) -> None:
        self.name = name
        known: dict[str, Traced] = {"t": Traced(Expr.variable("t")), "T": Traced(Expr.variable("T"))}
        begins = {one: _begin(one, start, known) for one, start in (states or {}).items()}
        for one in cast("Mapping[str, Any]", model.get("chains") or {}):
            known[one] = Traced(Expr.variable(one))
        for one, said in cast("Mapping[str, Any]", model.get("series") or {}).items():
            known[one] = _variable(one, _series_width(said))
        seen = dict(known)
        chosen = {one: _action(one, said, seen, known) for one, said in actions.items()}
        acting = dict(known)
        for one, said in (noise or {}).items():
            known[one] = _variable(one, _noise_width(said))
        self._model: dict[str, Any] = {"kind": "formulas", "horizon": horizon, **model}
        if begins:
            self._model["states"] = begins
            self._model["next"] = _next(next, known, list(begins))
        self._model["actions"] = chosen
        if noise:
            self._model["noise"] = {one: dict(said) for one, said in noise.items()}
        for key, function, names in (("cost", cost, known), ("reward", reward, known), ("end", end, seen)):
            if function is not None:
                self._model[key] = _text(key, function, names, single=True)
        if constraints:
            self._model["constraints"] = [_text("constraints", one, acting) for one in constraints]
        if rules:
            self._model["rules"] = {
                rule: {act: _text(f"rules.{rule}.{act}", what, seen) for act, what in all_of.items()}
                for rule, all_of in rules.items()
            }
        sections = {
            "model": self._model,
            "problem": {"kind": "policy-search", **(problem or {})},
            "representation": {"kind": "policy", **(representation or {})},
            "descent": dict(descent or {}),
            "run": dict(run or {}),
        }
        self._sections: dict[str, Any] = {key: value for key, value in sections.items() if value}

    def case(self) -> dict[str, Any]:
        """The case as dictionaries, a section each."""
        return copy.deepcopy(self._sections)

    def to_toml(self) -> str:
        """The complete case as the text of a case file: the command solves it too."""
        return Case.of(self.name, self._sections).complete()

    def solve(self, changes: Mapping[str, Any] | None = None, **options: Any) -> Solution:
        """Solves it: see :func:`esperance.solve`. The solution is the policy: ``solution(t, states)``."""
        from .solving import solve

        return solve(self, changes, **options)

    def __repr__(self) -> str:
        model = self._model
        what = "reward" if "reward" in model else "cost"
        lines = [f"Control(T = {model['horizon']}, {what} {model.get(what, 0)})"]
        lines += [
            f"  {name} ← {text}" for name, text in cast("dict[str, Any]", model.get("next", {})).items()
        ]
        return "\n".join(lines)


def _variable(name: str, n: int | None) -> Traced:
    return Traced(Expr.variable(name, n))


def _width(value: object, rows: bool = False) -> int | None:
    """The length of a list; of rows that of one row."""
    if isinstance(value, (str, int, float)) or value is None:
        return None
    array = floats("values", value)
    if rows:
        return None if array.ndim < 2 else int(array.shape[1])
    return None if array.ndim == 0 else int(array.shape[-1])


def _series_width(said: object) -> int | None:
    values = cast("Mapping[str, object]", said).get("values") if isinstance(said, Mapping) else said
    return _width(values, rows=True)


def _noise_width(said: Mapping[str, Any]) -> int | None:
    normal = said.get("normal")
    if normal is not None:
        return None if normal is True else int(normal)
    return _width(said.get("values"), rows=True)


def _begin(name: str, start: Any, known: dict[str, Traced]) -> Any:
    if isinstance(start, Mapping):
        own = dict(cast("Mapping[str, Any]", start))
        known[name] = _variable(name, own.get("size"))
        return own
    if isinstance(start, str):
        known[name] = _variable(name, None)
        return start
    array = floats(f"states.{name}", start)
    if array.ndim > 1:
        raise InputError(f"states.{name}: the shape {array.shape}. A number or a vector.")
    known[name] = _variable(name, array.size if array.ndim else None)
    return array.tolist()


def _action(name: str, said: Any, seen: Mapping[str, Traced], known: dict[str, Traced]) -> dict[str, Any]:
    if isinstance(said, (tuple, list)):
        ends = cast("Sequence[Any]", said)
        if len(ends) != 2:
            raise InputError(f"actions.{name}: {len(ends)} values. (low, high), or a mapping.")
        said = {"low": ends[0], "high": ends[1]}
    if said is None:
        said = {}
    if not isinstance(said, Mapping):
        raise InputError(
            f"actions.{name}: {said!r}. (low, high), or a mapping with size, low, high, centre, unit."
        )
    own = dict(cast("Mapping[str, Any]", said))
    known[name] = _variable(name, own.get("size"))
    made = {
        key: value if key == "size" else _text(f"actions.{name}.{key}", value, seen)
        for key, value in own.items()
    }
    return {key: value for key, value in made.items() if value is not None}


def _next(given: Any, known: Mapping[str, Traced], states: list[str]) -> dict[str, Any]:
    if given is None:
        raise InputError(f"next: it is missing. A function for each of the states {', '.join(states)}.")
    place = ""
    if callable(given):
        place, given = place_of(given), _call.call("next", given, known)
    if not isinstance(given, Mapping):
        raise InputError(
            f"{place}next: the function gives no dictionary. {{NAME: what it becomes}} for every state."
        )
    all_of = cast("Mapping[str, Any]", given)
    return {name: _text(f"next.{name}", value, known) for name, value in all_of.items()}


def _text(what: str, value: Any, names: Mapping[str, Traced], single: bool = False) -> Any:
    """A function, a formula as text or numbers as a case file writes it."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    place = ""
    found = value
    if callable(value) and not isinstance(value, Traced):
        place, found = place_of(value), _call.call(what, value, names)
    if not isinstance(found, Traced):
        found = traced(found)
    if single and found.ndim:
        raise InputError(
            f"{place}{what}: a vector of {found.size}. It must give one number: np.sum, np.mean or x @ y."
        )
    return _call.written(place + what, found)
