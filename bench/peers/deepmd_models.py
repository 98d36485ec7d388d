"""`deepmd_models.py FOLDER SYSTEM`: the models that `compare.py potential` evaluates, and their frames.

The network of the water example, 25-50-100 with axis 16 and 240-240-240, trained for one step, in f64
and f32: f64.pb, compressed f64-compressed.pb, f64.dp for us; likewise f32. The frame is the first of
SYSTEM, a system of DeePMD-kit with the species O and H, or made up where there is none. f64-right and
f32-right are 2 x 2 x 2 of it side by side, labelled with what the plain models give; large is 4 x 4 x 4
without labels.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

PRECISIONS = {"f64": "float64", "f32": "float32"}
ENERGY = -477.0  # eV a molecule, about that of the water data


def frame(system: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Types, positions and cell."""
    sets = sorted(system.glob("set.*"))
    if not sets:
        return made_up()
    names = (system / "type_map.raw").read_text(encoding="utf-8").split()
    own = np.loadtxt(system / "type.raw", dtype=int).ravel()
    types = np.array([["O", "H"].index(names[k]) for k in own])
    first = [np.load(sets[0] / f"{name}.npy")[0] for name in ["coord", "box"]]
    return types, first[0].reshape(-1, 3).astype(float), first[1].reshape(3, 3).astype(float)


def made_up() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """64 molecules of water near the points of a lattice, at the density of water."""
    draw = np.random.default_rng(1)
    corners = np.stack(np.meshgrid(*[np.arange(4.0)] * 3, indexing="ij"), -1).reshape(-1, 3)
    side = 3.107
    oxygen = side * (corners + 0.1 * draw.uniform(-1, 1, corners.shape))
    arms = draw.normal(size=(2, 64, 3))
    arms[1] -= arms[0] * ((arms[0] * arms[1]).sum(-1) / (arms[0] ** 2).sum(-1))[:, None]
    one, other = (arm / np.linalg.norm(arm, axis=-1)[:, None] for arm in arms)
    angle = np.deg2rad(104.5)
    second = np.cos(angle) * one + np.sin(angle) * other
    hydrogen = np.stack([oxygen + 0.96 * one, oxygen + 0.96 * second], 1).reshape(-1, 3)
    types = np.array([0] * 64 + [1] * 128)
    return types, np.concatenate([oxygen, hydrogen]), 4 * side * np.eye(3)


def write_system(folder: Path, frame: tuple, labels: dict[str, np.ndarray]) -> None:
    """One frame with its labels."""
    types, positions, cell = frame
    place = folder / "set.000"
    place.mkdir(parents=True)
    (folder / "type.raw").write_text("\n".join(map(str, types)) + "\n", encoding="utf-8")
    (folder / "type_map.raw").write_text("O\nH\n", encoding="utf-8")
    for name, array in {"coord": positions, "box": cell, **labels}.items():
        np.save(place / f"{name}.npy", np.asarray(array, dtype=np.float64).reshape(1, -1))


def copies(count: int, types: np.ndarray, positions: np.ndarray, cell: np.ndarray) -> tuple:
    """`count` copies along each lattice vector."""
    steps = np.stack(np.meshgrid(*[np.arange(count)] * 3, indexing="ij"), -1).reshape(-1, 3)
    moved = (positions[None] + (steps @ cell)[:, None]).reshape(-1, 3)
    return np.tile(types, len(steps)), moved, count * cell


def script(precision: str) -> dict:
    """The input of a training of one step."""
    descriptor = {
        "type": "se_e2_a",
        "sel": [46, 92],
        "rcut": 6.0,
        "rcut_smth": 0.5,
        "neuron": [25, 50, 100],
        "axis_neuron": 16,
        "type_one_side": True,
        "precision": PRECISIONS[precision],
        "seed": 1,
    }
    fitting = {"neuron": [240, 240, 240], "precision": PRECISIONS[precision], "seed": 1}
    return {
        "model": {"type_map": ["O", "H"], "descriptor": descriptor, "fitting_net": fitting},
        "learning_rate": {"type": "exp", "start_lr": 1e-3, "stop_lr": 1e-5, "decay_steps": 100},
        "loss": {"type": "ener"},
        "training": {"training_data": {"systems": ["system"]}, "numb_steps": 1, "seed": 1},
    }


def train(precision: str) -> None:
    """In the current folder."""
    said = Path(f"{precision}.json")
    said.write_text(json.dumps(script(precision)), encoding="utf-8")

    def dp(*words: str) -> None:
        command = [sys.executable, "-m", "deepmd", "--tf", *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    dp("train", said.name)
    dp("freeze", "-o", f"{precision}.pb")
    dp("compress", "-i", f"{precision}.pb", "-o", f"{precision}-compressed.pb", "-t", said.name)
    dp("convert-backend", f"{precision}.pb", f"{precision}.dp")


def main() -> None:
    folder, system = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
    folder.mkdir(parents=True)
    os.chdir(folder)
    one = frame(system)
    noise = np.random.default_rng(2).normal(size=one[1].shape)
    energy = np.array([ENERGY * len(one[0]) / 3])
    write_system(Path("system"), one, {"energy": energy, "force": noise})
    write_system(Path("large"), copies(4, *one), {})
    from deepmd_tf import Evaluation

    for precision in PRECISIONS:
        train(precision)
        place = Path(f"{precision}-right")
        write_system(place, copies(2, *one), {})
        energy, force = Evaluation(Path(f"{precision}.pb"), place).evaluate()
        np.save(place / "set.000" / "energy.npy", np.array([[energy]]))
        np.save(place / "set.000" / "force.npy", force.reshape(1, -1))


if __name__ == "__main__":
    main()
