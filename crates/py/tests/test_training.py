"""Potentials learned from frames, files and inputs of DeePMD-kit."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
import warnings
from pathlib import Path

import pytest
from conftest import DATA

from esperance import EsperanceWarning, InputError, Interrupted
from esperance.atoms import read
from esperance.potential import Potential
from esperance.training import train

pytestmark = pytest.mark.filterwarnings("ignore:.*closer than any in the training data")

SMALL = {
    "cutoff": 4.5,
    "smooth_from": 3.0,
    "embedding": [4, 8],
    "axis": 2,
    "fitting": [8, 8],
    "held_out": 0.2,
}
SHORT = {"iterations": 20, "seed": 1, "progress": False, "run.look": 4}


def left():
    return set(Path(tempfile.gettempdir()).glob("esperance-*"))


def test_training_from_frames_is_training_from_their_file(frames):
    before = left()
    solution = train(frames, weights={"virial": 0.1}, **SMALL, **SHORT)
    same = train(DATA, weights={"virial": 0.1}, **SMALL, **SHORT)
    assert solution.value == same.value and solution.potential.cutoff == 4.5
    assert solution.potential(frames[0]).energy == same.potential(frames[0]).energy
    other = train(frames, **SMALL, **SHORT)
    assert other.value != solution.value and left() <= before


def test_training_in_a_folder_keeps_its_frames(frames, tmp_path):
    solution = train(frames, out=tmp_path / "run", **SMALL, **SHORT)
    assert read(tmp_path / "run.frames.xyz")[5].energy == frames[5].energy
    assert Potential(tmp_path / "run")(frames[0]).energy == solution.potential(frames[0]).energy
    with pytest.warns(EsperanceWarning, match="this run is finished"):
        again = train(frames, out=tmp_path / "run", resume=True, **SMALL, **SHORT)
    assert again.value == solution.value
    finer = train(frames, init=tmp_path / "run", **{**SHORT, "iterations": 1}, held_out=0.2)
    assert finer.potential.cutoff == 4.5


def test_a_run_folder_below_folders_that_are_not_there(frames, tmp_path):
    out = tmp_path / "runs" / "of today" / "first"
    with pytest.raises(InputError, match="is too small"):
        train(frames, out=out, **{**SMALL, **SHORT, "seed": -1})
    assert not (tmp_path / "runs").exists()
    train(frames, out=out, **SMALL, **{**SHORT, "iterations": 1})
    assert sorted(one.name for one in out.parent.iterdir()) == ["first", "first.frames.xyz"]
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="this folder cannot be made .*Choose another out."):
        train(frames, out=tmp_path / "file" / "a" / "b", **SMALL, **SHORT)


def test_frames_of_an_earlier_run_are_named(frames, tmp_path):
    (tmp_path / "run.frames.xyz").write_text("of a run that failed")
    with pytest.raises(InputError) as told:
        train(frames, out=tmp_path / "run", **SMALL, **SHORT)
    assert str(told.value) == (
        f"{tmp_path}/run.frames.xyz: these are the frames of an earlier run. "
        "Remove this file, or choose another out."
    )
    assert (tmp_path / "run.frames.xyz").read_text() == "of a run that failed"


@pytest.mark.parametrize(("count", "share"), [(1, 0.2), (1, 0.9), (4, 0.1)])
def test_nothing_held_out_is_said(frames, count, share):
    options = {**SMALL, **SHORT, "iterations": 1, "held_out": share}
    of = "1 frame" if count == 1 else f"{count} frames"
    sentence = f"held_out: {share} of {of} is none, so nothing is held out"
    with pytest.warns(EsperanceWarning, match=sentence) as told:
        train(frames[:count], **options)
    assert __file__ in [one.filename for one in told]
    with warnings.catch_warnings():
        warnings.simplefilter("error", EsperanceWarning)
        train(frames[:3], **{**options, "held_out": 0.2})


def test_training_from_an_input_of_deepmd_kit(frames, tmp_path):
    frames.write(tmp_path / "system", "deepmd/npy/mixed")
    given = {
        "model": {
            "type_map": ["Ag", "Cu"],
            "descriptor": {
                "type": "se_e2_a",
                "rcut": 4.5,
                "rcut_smth": 3.0,
                "sel": [30, 30],
                "neuron": [4, 8],
            },
            "fitting_net": {"neuron": [8, 8]},
        },
        "learning_rate": {"type": "exp", "start_lr": 1e-3, "stop_lr": 1e-5, "decay_steps": 10},
        "loss": {"type": "ener"},
        "training": {"training_data": {"systems": [str(tmp_path / "system")]}, "numb_steps": 20, "seed": 1},
    }
    (tmp_path / "input.json").write_text(json.dumps(given))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EsperanceWarning)
        solution = train(tmp_path / "input.json", iterations=5, progress=False)
        same = train(given, iterations=5, progress=False)
    assert solution.potential.species == ["Ag", "Cu"] and solution.value == same.value


def test_an_interrupted_training_goes_on_from_its_frames(frames):
    options = {**SHORT, "iterations": 3000}
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(Interrupted) as told:
        train(frames, **SMALL, **options)
    stopped = told.value.solution
    assert stopped is not None and stopped.verdict == "interrupted"
    # The frames are still there to go on from.
    ended, whole = stopped.resume(progress=False), train(frames, **SMALL, **options)
    assert ended.value == whole.value
    assert ended.potential(frames[0]).energy == whole.potential(frames[0]).energy
