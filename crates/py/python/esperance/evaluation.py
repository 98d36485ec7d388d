"""What a potential says of a frame, and of many. Units are eV and Å."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, overload

from ._esperance import InputError

if TYPE_CHECKING:
    from ._arrays import Array


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a potential says of one frame."""

    #: E, eV.
    energy: float
    #: −∂E/∂x, eV/Å, (n, 3).
    forces: Array
    #: Ξ = −∂E/∂ε, eV, (3, 3).
    virial: Array
    #: E_i, eV, (n,); their sum is E.
    atomic_energies: Array
    #: D of each atom, (n, M M_<), where it was asked for.
    descriptors: Array | None
    #: Atoms that have a neighbour closer than any in the training data, and that distance, Å.
    outside: list[tuple[int, float]]

    def __repr__(self) -> str:
        most = float((self.forces**2).sum(axis=1).max()) ** 0.5
        size = f"{len(self.forces)} atoms"
        return f"Evaluation({size}: energy {self.energy:.10g} eV, largest force {most:.4g} eV/Å)"


class Evaluations(Sequence[Evaluation]):
    """What a potential says of several frames: arrays of all of them, or one by one.

    ``evaluations[k]`` looks into the arrays, it copies nothing.
    """

    def __init__(self, parts: Sequence[Evaluation] | None, arrays: tuple[Any, ...] | None) -> None:
        # Either one by one, where frames have different numbers of atoms, or arrays of all.
        self._parts, self._arrays = parts, arrays

    @staticmethod
    def together(groups: Sequence[tuple[list[int], Evaluations]]) -> Evaluations:
        """What was found in groups, each with the numbers of its frames."""
        import numpy as np

        if len(groups) == 1:
            return groups[0][1]
        count = sum(len(numbers) for numbers, _ in groups)
        arrays = [cast("tuple[Any, ...]", found._arrays) for _, found in groups]
        if len({forces.shape[1:] for _, forces, *_ in arrays}) > 1 or count == 0:
            parts = {number: one for numbers, found in groups for number, one in zip(numbers, found)}
            return Evaluations([parts[k] for k in range(count)], None)
        whole: list[Any] = [None] * 5
        for k, one in enumerate(arrays[0][:5]):
            if one is not None:
                whole[k] = np.empty((count, *one.shape[1:]))
                for (numbers, _), own in zip(groups, arrays):
                    whole[k][numbers] = own[k]
        outside: list[tuple[int, int, float]] = []
        for (numbers, _), own in zip(groups, arrays):
            outside += [(numbers[k], atom, r) for k, atom, r in cast("list[tuple[int, int, float]]", own[5])]
        return Evaluations(None, (*whole, sorted(outside)))

    def _array(self, k: int, name: str) -> Array:
        import numpy as np

        if self._arrays is not None:
            return self._arrays[k]
        parts = self._parts or []
        sizes = sorted({len(one.forces) for one in parts})
        if k in (1, 3, 4) and len(sizes) > 1:
            raise InputError(
                f"{name}: the frames have {sizes[0]} to {sizes[-1]} atoms, which makes no one array. "
                "Ask one by one: [one.forces for one in evaluations]."
            )
        return np.array([getattr(one, name) for one in parts], dtype=np.float64)

    @property
    def energy(self) -> Array:
        """E, eV, (f,)."""
        return self._array(0, "energy")

    @property
    def forces(self) -> Array:
        """−∂E/∂x, eV/Å, (f, n, 3)."""
        return self._array(1, "forces")

    @property
    def virial(self) -> Array:
        """Ξ = −∂E/∂ε, eV, (f, 3, 3)."""
        return self._array(2, "virial")

    @property
    def atomic_energies(self) -> Array:
        """E_i, eV, (f, n)."""
        return self._array(3, "atomic_energies")

    @property
    def descriptors(self) -> Array | None:
        """D of each atom, (f, n, M M_<), where it was asked for."""
        if self._parts is not None and any(one.descriptors is None for one in self._parts):
            return None
        return self._array(4, "descriptors")

    @property
    def outside(self) -> list[tuple[int, int, float]]:
        """Frames and atoms with a neighbour closer than any in the training data, and that distance, Å."""
        if self._arrays is not None:
            return list(self._arrays[5])
        return [(k, *one) for k, part in enumerate(self._parts or []) for one in part.outside]

    @overload
    def __getitem__(self, k: int) -> Evaluation: ...
    @overload
    def __getitem__(self, k: slice) -> list[Evaluation]: ...
    def __getitem__(self, k: Any) -> Any:
        if isinstance(k, slice):
            return [self[i] for i in range(len(self))[k]]
        number: int = range(len(self))[cast(int, k)]
        if self._arrays is None:
            return (self._parts or ())[number]
        energy, forces, virial, atomic, descriptors, outside = self._arrays
        own = [(atom, distance) for frame, atom, distance in outside if frame == number]
        described = None if descriptors is None else descriptors[number]
        return Evaluation(
            float(energy[number]), forces[number], virial[number], atomic[number], described, own
        )

    def __len__(self) -> int:
        return len(self._parts or []) if self._arrays is None else len(self._arrays[0])

    def __iter__(self) -> Iterator[Evaluation]:
        return (self[k] for k in range(len(self)))

    def __repr__(self) -> str:
        if len(self) == 0:
            return "Evaluations(0 frames)"
        low, high = self.energy.min(), self.energy.max()
        return f"Evaluations({len(self)} frames: energies {low:.10g} to {high:.10g} eV)"
