"""Frames and potentials: what is read, written and evaluated."""

from __future__ import annotations

import copy
import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from conftest import DATA

from esperance import EsperanceWarning, InputError
from esperance.atoms import Frames, read
from esperance.evaluation import Evaluation, Evaluations
from esperance.frame import Frame
from esperance.potential import Potential

pytestmark = pytest.mark.filterwarnings("ignore:.*closer than any in the training data")

# ---- frames


def test_frames_are_arrays(frames):
    assert len(frames) == 60 and frames.species == ["Ag", "Cu"]
    assert frames.positions.shape == frames.forces.shape == (60, 32, 3)
    assert frames.energies[0] == frames[0].energy == -44.513933
    assert frames[0].symbols[:2] == ["Ag", "Cu"] and frames[0].source.endswith("lennard-jones.xyz, frame 0")
    assert repr(frames) == "Frames(60 of 32 atoms: Ag, Cu; with energies, forces, virials)"
    assert repr(frames[0]) == "Frame(Ag14Cu18 in 493.039 Å³; energy -44.513933 eV, forces, virial)"


def test_the_package_brings_frames(frames):
    brought = read("shipped:lennard-jones.xyz")
    assert brought.species == frames.species and np.array_equal(brought.positions, frames.positions)
    with pytest.raises(InputError, match="the program brings no `water.xyz`"):
        read("shipped:water.xyz")


def test_slices_masks_and_lists_choose(frames):
    assert [f.energy for f in frames[2:5]] == [frames[k].energy for k in (2, 3, 4)]
    low = frames[frames.energies < -44]
    assert isinstance(low, Frames) and 0 < len(low) < 60 and low.energies.max() < -44
    assert frames[[3, -1]][1] is frames[-1] and len(frames[:2] + frames[:3]) == 5


def test_a_virial_is_minus_the_derivative_by_a_strain(potential, frames):
    frame, h = frames[0], 1e-5
    found = potential(frame)
    for a, b in [(0, 0), (1, 2), (2, 2)]:
        energies = []
        for sign in (1, -1):
            strain = np.eye(3)
            strain[a, b] += sign * h
            moved = potential.evaluate(frame.symbols, frame.positions @ strain.T, frame.cell @ strain.T)
            energies.append(moved.energy)
        assert found.virial[a, b] == pytest.approx(-(energies[0] - energies[1]) / (2 * h), abs=1e-6)


def test_a_frame_keeps_the_array_it_is_given_and_does_not_change():
    x, f = np.random.default_rng(0).random((2, 4, 3))
    frame = Frame(["H"] * 4, x, forces=f)
    assert frame.positions.ctypes.data == x.ctypes.data and frame.forces.ctypes.data == f.ctypes.data
    with pytest.raises(ValueError, match="read-only"):
        frame.positions[0] = 0.0
    with pytest.raises(ValueError, match="read-only"):
        frame.forces += 1.0
    assert x.flags.writeable and f.flags.writeable
    with pytest.raises(AttributeError, match=r"frame.replace\(energy=…\)"):
        frame.energy = 1.0
    other = frame.replace(energy=1.0)
    assert other.positions is frame.positions and other.energy == 1.0 and frame.energy is None
    read_only = pickle.loads(pickle.dumps(frame)).positions
    assert not read_only.flags.writeable and np.array_equal(read_only, x)


@pytest.mark.parametrize("name", ["a.xyz", "folder", "POSCAR"])
def test_what_is_written_is_read(frames, tmp_path, name):
    some = frames[:1] if name == "POSCAR" else frames[:3]
    some = Frames([f.replace(atomic_energies=np.arange(32.0)) for f in some])
    if name == "POSCAR":
        with pytest.warns(EsperanceWarning) as told:
            some.write(tmp_path / name)
        assert any("has no place for forces" in str(one.message) for one in told)
    else:
        some.write(tmp_path / name)
    again = read(tmp_path / name)
    if name == "POSCAR":
        assert again.positions.shape == some.positions.shape and again[0].energy is None
        return
    for part in ("positions", "cells", "energies", "forces", "virials", "atomic_energies"):
        found = sorted(getattr(again, part).ravel().tolist())
        assert found == sorted(getattr(some, part).ravel().tolist()), part


def test_files_are_warned_about(tmp_path):
    (tmp_path / "slab.xyz").write_text('1\nLattice="9 0 0 0 9 0 0 0 9" pbc="T T F"\nH 0 0 0\n')
    with pytest.warns(EsperanceWarning, match="slab.xyz: .*periodic") as told:
        assert len(read(tmp_path / "slab.xyz")) == 1
    assert told[0].filename == __file__


def test_frames_as_a_table(frames):
    pandas = pytest.importorskip("pandas")
    table = frames.to_pandas()
    assert isinstance(table, pandas.DataFrame) and table.shape == (60, 7)
    assert table["max_force"][0] == pytest.approx(np.linalg.norm(frames[0].forces, axis=1).max())
    assert np.allclose(table["energy"], frames.energies)


# ---- potentials


def command(*words):
    done = subprocess.run(
        [sys.executable, "-m", "esperance", *words], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_the_same_bits_as_the_command(models, frames):
    said = command("eval", *models, "--at", str(DATA), "--json", "--atomic", "--descriptor")
    several = Potential(*models)
    found = several(frames, descriptors=True)
    for k, (due, one) in enumerate(zip(said["frames"], found)):
        assert one.energy == due["energy"] == found.energy[k]
        assert np.array_equal(one.forces, due["forces"])
        assert np.array_equal(one.virial.ravel(), due["virial"])
        assert np.array_equal(one.atomic_energies, due["atomic_energies"])
        assert np.array_equal(one.descriptors, due["descriptor"])
    outside = [
        (k, o["atom"], o["distance"]) for k, f in enumerate(said["frames"]) for o in f.get("outside", [])
    ]
    assert found.outside == outside
    deviation = several.deviation(frames)
    for name in (
        "max_devi_v",
        "min_devi_v",
        "avg_devi_v",
        "max_devi_f",
        "min_devi_f",
        "avg_devi_f",
        "devi_e",
    ):
        assert np.array_equal(getattr(deviation, name), [row[name] for row in said["deviation"]]), name
    assert np.array_equal(deviation.atm_devi_f, [row["atm_devi_f"] for row in said["deviation"]])
    real = command("eval", *models, "--at", str(DATA), "--json", "--real-error")["deviation"]
    assert np.array_equal(
        several.deviation(frames, labels=True).max_devi_v, [row["max_devi_v"] for row in real]
    )


def test_forces_are_minus_the_slope_of_the_energy(potential, frames):
    frame, h = frames[1], 1e-5
    found = potential(frame)
    steps = np.zeros((12, 32, 3))
    for k in range(6):
        steps[2 * k, 5 * k, k % 3], steps[2 * k + 1, 5 * k, k % 3] = h, -h
    energies = potential.evaluate(frame.symbols, frame.positions + steps, frame.cell).energy
    slopes = (energies[::2] - energies[1::2]) / (2 * h)
    assert np.allclose(-slopes, [found.forces[5 * k, k % 3] for k in range(6)], atol=1e-6)


def test_batches_are_their_frames(potential, frames):
    frame = frames[0]
    x = frame.positions + 0.01 * np.random.default_rng(3).normal(size=(300, 32, 3))
    cells = frame.cell * np.linspace(1, 1.05, 300)[:, None, None]
    batch = potential.evaluate(frame.symbols, x, cells)
    assert (
        isinstance(batch, Evaluations)
        and batch.forces.shape == (300, 32, 3)
        and batch.virial.shape == (300, 3, 3)
    )
    for k in (0, 63, 64, 299):
        one = potential.evaluate(frame.symbols, x[k], cells[k])
        assert isinstance(one, Evaluation) and one.energy == batch.energy[k] == batch[k].energy
        assert np.array_equal(one.forces, batch.forces[k]) and np.array_equal(one.virial, batch[k].virial)
        assert np.shares_memory(batch[k].forces, batch.forces)
    one_cell = potential.evaluate(frame.symbols, x, frame.cell)
    assert one_cell.energy[7] == potential.evaluate(frame.symbols, x[7], frame.cell).energy


def test_frames_of_several_sizes(potential, frames):
    mixed = Frames([frames[0], Frame(["Ag", "Cu"], [[0, 0, 0], [0, 0, 2.6]]), frames[1]])
    found = potential(mixed)
    assert [one.energy for one in found] == [potential(frame).energy for frame in mixed]
    assert found.energy.shape == (3,) and found.virial.shape == (3, 3, 3)
    with pytest.raises(InputError, match="forces: the frames have 2 to 32 atoms"):
        _ = found.forces
    assert len(potential(Frames())) == 0


@pytest.mark.parametrize(
    "way",
    [
        lambda x: np.asfortranarray(x),
        lambda x: x[::-1, ::-1].copy()[::-1, ::-1],
        lambda x: np.repeat(x, 2, axis=0)[::2],
        lambda x: x.tolist(),
        lambda x: x.astype(">f8"),
        lambda x: np.rec.fromarrays([np.zeros(x.shape, "i1"), x], names="a,b").b,
    ],
    ids=["fortran", "negative", "strided", "list", "big-endian", "unaligned"],
)
def test_arrays_of_any_order(potential, frames, way):
    frame = frames[0]
    due = potential(frame)
    found = potential.evaluate(frame.symbols, way(frame.positions), way(frame.cell))
    assert found.energy == due.energy and np.array_equal(found.forces, due.forces)
    kept = potential(Frame(frame.symbols, way(frame.positions), way(frame.cell)))
    assert np.array_equal(kept.forces, due.forces)


def test_species_by_name_and_by_number(potential, frames):
    frame = frames[0]
    due = potential(frame).energy
    numbers = potential.types(frame.symbols)
    for symbols in (numbers, numbers.tolist(), np.array(frame.symbols), [f"Type_{k}" for k in numbers]):
        assert potential.evaluate(symbols, frame.positions, frame.cell).energy == due


def test_options_change_digits_alone(models, frames):
    due = Potential(models[0])(frames[0])
    assert Potential(models[0], threads=1)(frames[0]).energy == due.energy
    networks = Potential(models[0], table=False)
    assert networks.table_errors is None and np.allclose(networks(frames[0]).forces, due.forces, atol=1e-8)
    single = Potential(models[0], precision="f32")(frames[0])
    assert single.energy != due.energy and np.allclose(single.forces, due.forces, atol=1e-3)
    assert single.forces.dtype == np.float64


def test_copies_and_pickles_are_the_same_potential(models, frames, tmp_path):
    potential = Potential(models)
    due = potential(frames[:4])
    potential[1].save(tmp_path / "second.yaml")
    for other in (copy.copy(potential), copy.deepcopy(potential), pickle.loads(pickle.dumps(potential))):
        assert len(other) == 2 and np.array_equal(other(frames[:4]).forces, due.forces)
    second = Potential(tmp_path / "second.yaml")
    assert second(frames[0]).energy == potential[1](frames[0]).energy != due.energy[0]
    frame = pickle.loads(pickle.dumps(frames[0]))
    assert frame.source == frames[0].source and np.array_equal(frame.forces, frames[0].forces)


def energy(potential, frame, to):
    to.put(potential(frame).energy)


def test_after_a_fork_and_under_joblib(potential, frames):
    # 256 atoms are the work of several threads, which do not follow a fork.
    frame = frames[0]
    shifts = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) @ frame.cell
    large = Frame(
        frame.names * 8, np.concatenate([frame.positions + shift for shift in shifts]), 2 * frame.cell
    )
    due = potential(large).energy
    assert due == pytest.approx(8 * potential(frame).energy, rel=1e-12)
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = context.Process(target=energy, args=(potential, large, queue))
        child.start()
    child.join(30)
    assert child.exitcode == 0 and queue.get() == due
    joblib = pytest.importorskip("joblib")
    found = joblib.Parallel(n_jobs=2)(joblib.delayed(potential)(one) for one in (large, frames[0]))
    assert [one.energy for one in found] == [due, potential(frames[0]).energy]


def test_threads_of_python_may_ask_at_once(potential, frames):
    due, found = potential(frames).energy, {}
    workers = [
        threading.Thread(target=lambda k=k: found.update({k: potential(frames).energy})) for k in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert all(np.array_equal(found[k], due) for k in range(4))


def test_ctrl_c_stops_an_evaluation(potential, frames):
    x = np.repeat(frames[0].positions[None], 100_000, axis=0)
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    start = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        potential.evaluate(frames[0].symbols, x, frames[0].cell)
    assert time.perf_counter() - start < 0.8


def test_evaluations_leave_nothing_behind(potential, frames):
    pages = Path("/proc/self/statm")
    if not pages.exists():
        pytest.skip("no /proc/self/statm to read the memory from")

    def work(times):
        for _ in range(times):
            potential(frames[0])
        return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    before = work(1000)
    assert work(5000) - before <= 1 << 20


def test_a_frame_of_eight_atoms_costs_little_over_the_kernel(models):
    potential = Potential(models[0], threads=1)
    x = 2.8 * np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)], dtype=float)
    symbols, cell = ["Ag", "Cu"] * 4, 5.6 * np.eye(3)
    many = np.repeat(x[None], 256, axis=0)

    def least(times, work):
        spans = []
        for _ in range(15):
            start = time.perf_counter()
            for _ in range(times):
                work()
            spans.append((time.perf_counter() - start) / times)
        return min(spans)

    alone = least(50, lambda: potential.evaluate(symbols, x, cell))
    kernel = least(1, lambda: potential.evaluate(symbols, many, cell)) / 256
    print(f"a frame of 8 atoms: {1e6 * alone:.1f} µs, {1e6 * (alone - kernel):.1f} µs over the kernel")
    assert alone - kernel < 100e-6
