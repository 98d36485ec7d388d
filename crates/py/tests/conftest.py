"""What several tests stand on: frames that the program brings, and potentials learned from them."""

from __future__ import annotations

import os

# A matrix of a hundred rows is no work for several threads, and tests share the machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import pytest

import esperance as es
from esperance.atoms import Frames, read
from esperance.potential import Potential

ROOT = Path(__file__).resolve().parents[3]
#: 60 frames of 32 atoms, Ag and Cu, with exact labels.
DATA = ROOT / "cases/atoms/data/lennard-jones.xyz"


@pytest.fixture(scope="session")
def frames() -> Frames:
    return read(DATA)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two models of two seeds, in files."""
    folder = tmp_path_factory.mktemp("models")
    paths = []
    for seed in (1, 2):
        solution = es.solve("lennard-jones", quick=True, seed=seed, progress=False)
        paths.append(str(folder / f"{seed}.dp"))
        solution.potential.save(paths[-1])
    return paths


@pytest.fixture(scope="session")
def potential(models: list[str]) -> Potential:
    return Potential(models[0])


@pytest.fixture(scope="session")
def deepmd() -> Path:
    """The interpreter that has DeePMD-kit 3.2.0, where ``scripts/setup deepmd`` puts it."""
    found = ROOT / ".deepmd/bin/python"
    if not found.is_file():
        pytest.skip("no DeePMD-kit in .deepmd; `scripts/setup deepmd` installs it")
    return found
