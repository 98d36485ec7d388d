"""Frames and potentials: what is wrong, and the sentence that says so."""

from __future__ import annotations

import tempfile

import numpy as np
import pytest
from conftest import DATA

from esperance import InputError
from esperance.atoms import Frames, read
from esperance.frame import Frame
from esperance.potential import Potential
from esperance.training import train

TWO = [[0, 0, 0], [0, 0, 2.6]]
FLAT = [[9, 0, 0], [0, 9, 0], [9, 9, 0]]


def atoms():
    return pytest.importorskip("ase").Atoms(["Ag", "Cu"], TWO)


WRONG = [
    (lambda p: read("nowhere.xyz"), "nowhere.xyz: there is no such file or folder."),
    (
        lambda p: read(DATA, format="xyz"),
        "format: unknown format `xyz`; did you mean `extxyz`? Known here: deepmd/npy",
    ),
    (
        lambda p: read(__file__),
        "neither its name nor its first lines say which format this file has. Give format=one of",
    ),
    (lambda p: read(), "files: none are given."),
    (lambda p: Frame(["H"], [[0, 0]]), "positions: the shape (1, 2). It must be (1, 3)."),
    (
        lambda p: Frame(["H"], [[0, 0, 0]], forces=np.zeros((1, 3), np.float16)),
        "forces: an array of float16.",
    ),
    (lambda p: Frame(["H"], np.array([[0, 0, None]])), "positions: an array of objects."),
    (lambda p: Frame("H2O", np.zeros((3, 3))), "symbols: 'H2O'. One name for each atom: ['O', 'H', 'H']."),
    (lambda p: Frame([], np.zeros((0, 3))), "symbols: there are no atoms."),
    (lambda p: Frames([Frame(["H"], [[0, 0, 0]])]).energies, "energies: frame 0 has no energy."),
    (lambda p: read(DATA).write("frames.txt"), "path: the name `frames.txt` says no format that is written."),
    (lambda p: read(DATA).write(DATA), "path: this file is there already. Choose another path."),
    (
        lambda p: p.evaluate(["ag", "Cu"], TWO),
        "atom 0 is of the unknown species `ag`; did you mean `Ag`? Known here: Ag, Cu.",
    ),
    (lambda p: p.evaluate([0, 2], TWO), "atom 1 has the type 2. They count the species from 0: Ag, Cu."),
    (
        lambda p: p.evaluate(["Ag", "Cu"], np.zeros((2, 6))),
        "the shape (2, 6) for 2 atoms. It must be (2, 3), or",
    ),
    (
        lambda p: p.evaluate(["Ag", "Cu"], TWO, [9, 9, 9]),
        "cell: the shape (3,). It must be (3, 3), a lattice vector",
    ),
    (lambda p: p.evaluate(["Ag", "Cu"], [[0, 0, 0], [0, 0, np.nan]]), "a position is not a finite number."),
    (
        lambda p: p.evaluate(["Ag", "Cu"], [TWO, [[0, 0, 0], [0, 0, np.inf]]]),
        "frame 1: a position is not a finite",
    ),
    (
        lambda p: p.evaluate(["Ag", "Cu"], TWO, FLAT),
        "cell: the lattice vectors (9 0 0), (0 9 0), (9 9 0) span no volume",
    ),
    (
        lambda p: p.evaluate(["Ag", "Cu"], [[1, 1, 1], [1, 1, 1]]),
        "atoms 0 and 1, counted from 0, are at one place.",
    ),
    (
        lambda p: p.evaluate(["Ag", "Cu"], TWO, np.zeros((3, 3))),
        "span no volume. Leave cell out for free space.",
    ),
    (lambda p: Potential("nowhere/model"), "nowhere/model: there is no such file or folder. Give"),
    (lambda p: Potential("nowhere.txt"), "nowhere.txt: there is no such file or folder. Give a model"),
    (lambda p: Potential(__file__), "is not the name of a model."),
    (lambda p: p(atoms()), "frames: ase.Atoms. potential(es.Frame.from_ase(atoms)), or atoms.calc = "),
    (lambda p: p([atoms(), atoms()]), "frames: ase.Atoms. potential(es.Frames.from_ase(list)), or"),
    (lambda p: Potential(p._names[0], p._names[0]).deviation(atoms()), "frames: ase.Atoms. potential("),
    (lambda p: Frames(atoms()), "frames: this is ase.Atoms. es.Frames.from_ase([atoms]) has its frame."),
    (
        lambda p: Frame(["Ag", "Cu"], np.ma.masked_greater(TWO, 2.0)),
        "positions: an array with masked entries. Numbers alone: x.filled(number)",
    ),
    (
        lambda p: p.evaluate(["Ag", "Cu"], TWO, 0.03125 * np.eye(3)),
        "cell: it is 0.03125 Å wide between two of its faces",
    ),
    (lambda p: p(["Ag", "Cu"]), "positions: none are given."),
    (lambda p: p.deviation(["Ag", "Cu"], TWO), "models: one model has no deviation."),
    (
        lambda p: Potential("frozen.pb"),
        "`.pb` is a file of one back end of DeePMD-kit. Convert it: dp convert-backend",
    ),
    (lambda p: Potential("nowhere.dp"), "nowhere.dp: there is no such file. Give a model of DeePMD-kit"),
    (lambda p: Potential(b"not a model"), "this is not a .dp file"),
    (lambda p: Potential(), "models: none are given."),
    (lambda p: Potential(p._names[0], precision="double"), "precision: `double`."),
    (lambda p: Potential(p._names[0], threads=-1), "threads: -1. From 0, one a core, to 1024."),
    (lambda p: p.save(p._names[0]), "path: this file is there already."),
    (lambda p: train([]), "data: there are no frames."),
    (lambda p: train("input.json"), "input.json: there is no such file."),
    (
        lambda p: train(Frames([Frame(["Ag", "Cu"], TWO)]), progress=False),
        "no frame to learn from has an energy.",
    ),
    (lambda p: train({"model": {}}), 'data: a dictionary without "training".'),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_what_is_wrong_is_said(potential, number):
    work, sentence = WRONG[number]
    with pytest.raises(InputError) as told:
        work(potential)
    assert sentence in str(told.value) and str(told.value).endswith(".")
    assert "--" not in str(told.value) and tempfile.gettempdir() + "/esperance-" not in str(told.value)
