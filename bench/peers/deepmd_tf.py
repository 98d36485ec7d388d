"""Energy, forces and virial by DeePMD-kit in Python: `deepmd_tf.py MODEL SYSTEM`.

The loss of a window is how far the result is from the labels: eV an atom or eV/A, whichever is more.
"""

import sys
from pathlib import Path

import numpy as np


class Evaluation:
    """A model and the frame of a system."""

    def __init__(self, model: Path, system: Path) -> None:
        from deepmd.infer import DeepPot

        self.potential = DeepPot(str(model))
        self.system = system
        self.types = np.loadtxt(system / "type.raw", dtype=int)
        self.positions, self.cell = (
            np.load(system / "set.000" / f"{name}.npy") for name in ["coord", "box"]
        )

    def evaluate(self) -> tuple[float, np.ndarray]:
        """Energy and forces; the virial comes with them."""
        energy, force, _ = self.potential.eval(self.positions, self.cell, self.types)[:3]
        return float(energy.ravel()[0]), force.reshape(-1, 3)


    def off(self) -> float:
        """How far the result is from the labels; NaN without labels."""
        files = [self.system / "set.000" / f"{name}.npy" for name in ["energy", "force"]]
        if not all(file.exists() for file in files):
            return float("nan")
        (energy, force), due = self.evaluate(), [np.load(file) for file in files]
        apart = abs(energy - float(due[0].ravel()[0])) / len(self.types)
        return max(apart, float(np.abs(force.ravel() - due[1].ravel()).max()))


def main() -> None:
    from deepmd import __version__
    from protocol import serve

    evaluation = Evaluation(Path(sys.argv[1]), Path(sys.argv[2]))
    apart = evaluation.off()

    def advance() -> float:
        evaluation.evaluate()
        return apart

    serve(f"DeePMD-kit {__version__}", 1, advance)


if __name__ == "__main__":
    main()
