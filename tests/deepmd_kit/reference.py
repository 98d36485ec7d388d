"""What DeePMD-kit gives: its command within this process, and its energies, forces and virials."""

import json
import os
from pathlib import Path

for name, value in {
    "OMP_NUM_THREADS": "1",
    "DP_INTRA_OP_PARALLELISM_THREADS": "1",
    "DP_INTER_OP_PARALLELISM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "",
}.items():
    os.environ.setdefault(name, value)

import numpy as np
from deepmd.infer import DeepPot
from deepmd.main import main

PARTS = ["energy", "force", "virial", "atom_energy"]


def dp(*words: object) -> None:
    """`dp WORD …`"""
    main([str(word) for word in words])


def convert(source: Path, target: Path) -> Path:
    """`dp --tf convert-backend SOURCE TARGET`"""
    dp("--tf", "convert-backend", source, target)
    return target


def numbers(array: np.ndarray) -> list[float] | None:
    """None for what a back end does not give: it says NaN."""
    flat = np.asarray(array, dtype=float).ravel()
    return None if np.isnan(flat).any() else flat.tolist()


def evaluate(model: Path, frames: list[dict]) -> list[dict]:
    """Of each frame `{types, positions, cell}`, the cell None in free space."""
    potential = DeepPot(str(model))
    found = []
    for frame in frames:
        positions = np.array([frame["positions"]])
        cell = None if frame["cell"] is None else np.array([frame["cell"]])
        given = potential.eval(positions, cell, frame["types"], atomic=True)
        found.append({part: numbers(array) for part, array in zip(PARTS, given)})
    return found


def frames_for(folder: Path, species: int) -> list[dict]:
    """Those that were written for models of so many species."""
    return json.loads((folder / f"frames-{species}.json").read_text(encoding="utf-8"))


def write(path: Path, found: object) -> None:
    path.write_text(json.dumps(found), encoding="utf-8")
