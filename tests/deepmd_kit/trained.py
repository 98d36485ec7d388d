"""`trained.py FOLDER`: `dp train` for two steps on a made-up system, `dp freeze`, `dp convert-backend`.

Leaves trained.dp and trained.yaml, and what the frozen model gives in trained.json.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
from deepmd.dpmodel.utils.serialization import load_dp_model, save_dp_model
from reference import convert, dp, evaluate, frames_for, write

folder = Path(sys.argv[1]).resolve()
os.chdir(folder)
frames = frames_for(folder, 2)
periodic = [frame for frame in frames if frame["cell"] is not None]
place = Path("system/set.000")
place.mkdir(parents=True)
draw = np.random.default_rng(7)
shape = np.array([frame["positions"] for frame in periodic]).shape
arrays = {
    "coord": np.array([frame["positions"] for frame in periodic]),
    "box": np.array([frame["cell"] for frame in periodic]),
    "force": draw.normal(size=shape),
    "energy": draw.normal(size=shape[0]),
}
for name, array in arrays.items():
    np.save(place / f"{name}.npy", array.reshape(shape[0], -1))
(place.parent / "type.raw").write_text("\n".join(map(str, periodic[0]["types"])), encoding="utf-8")
(place.parent / "type_map.raw").write_text("O\nH\n", encoding="utf-8")
script = {
    "model": {
        "type_map": ["O", "H"],
        "descriptor": {
            "type": "se_e2_a",
            "rcut": 4.5,
            "rcut_smth": 0.5,
            "sel": [40, 40],
            "neuron": [4, 8],
            "axis_neuron": 3,
            "resnet_dt": True,
            "seed": 1,
        },
        "fitting_net": {"neuron": [9, 9], "seed": 1},
    },
    "learning_rate": {"type": "exp", "start_lr": 1e-3, "stop_lr": 1e-4, "decay_steps": 10},
    "loss": {"type": "ener"},
    "training": {"training_data": {"systems": ["system"]}, "numb_steps": 2, "seed": 1},
}
Path("input.json").write_text(json.dumps(script), encoding="utf-8")
dp("--tf", "train", "input.json")
dp("--tf", "freeze", "-o", "trained.pb")
convert(Path("trained.pb"), Path("trained.dp"))
# With the smallest distance, a scalar, the same command to .yaml fails: PyYAML knows no numpy.float64.
data = load_dp_model("trained.dp")
del data["@variables"]
save_dp_model("trained.yaml", data)
write(folder / "trained.json", evaluate(folder / "trained.pb", frames))
