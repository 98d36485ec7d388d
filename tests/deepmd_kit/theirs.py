"""`theirs.py FOLDER`: makes models with the NumPy classes of DeePMD-kit, as .dp and .yaml.

What NumPy gives goes to NAME.numpy.json (energies only), what TensorFlow gives to NAME.tensorflow.json.
"""

import sys
from pathlib import Path

import numpy as np
from deepmd.dpmodel.model.model import get_model
from deepmd.dpmodel.utils.serialization import save_dp_model
from reference import convert, evaluate, frames_for, write

NAMES = ["O", "H", "C"]
# Widths of the embedding and of the fitting, and what else is said of them.
MODELS = {
    "plain": (2, {"neuron": [4, 8]}, {"neuron": [9, 9]}),
    "pairs": (3, {"neuron": [3, 6, 6], "type_one_side": False, "resnet_dt": True}, {"neuron": [7, 7]}),
    "excluded": (3, {"neuron": [4, 8], "exclude_types": [[0, 1], [2, 2]]}, {"neuron": [9]}),
    "apart": (
        2,
        {"neuron": [4, 4], "type_one_side": False, "exclude_types": [[0, 1]]},
        {"neuron": [6, 6], "resnet_dt": False},
    ),
    "alone": (1, {"neuron": [5, 10], "activation_function": "silu"}, {"neuron": [6, 6]}),
    "gelu": (
        2,
        {"neuron": [4, 8], "activation_function": "gelu"},
        {"neuron": [8, 8, 8], "activation_function": "softplus", "atom_ener": [-1.25, None]},
    ),
    # Widths that the back ends read differently: as many as inputs, then twice as many.
    "widths": (2, {"neuron": [3, 6]}, {"neuron": [18, 36]}),
    "single": (2, {"neuron": [4, 8], "precision": "float32"}, {"neuron": [9, 9], "precision": "float32"}),
}


def script(species: int, descriptor: dict, fitting: dict) -> dict:
    """The section `model` of an input."""
    return {
        "type_map": NAMES[:species],
        "descriptor": {
            "type": "se_e2_a",
            "rcut": 4.5,
            "rcut_smth": 0.75,
            "sel": [40] * species,
            "axis_neuron": 3,
            "seed": 1,
            **descriptor,
        },
        "fitting_net": {"type": "ener", "seed": 2, **fitting},
    }


def with_statistics(data: dict, draw: np.random.Generator) -> dict:
    """The serialised model with the scales and biases that a training would have given it."""
    variables = data["descriptor"]["@variables"]
    species = len(variables["davg"])
    for i in range(species):
        variables["davg"][i, :, 0] = 0.05 * draw.uniform()
        variables["dstd"][i, :, 0] = 0.2 + 0.1 * draw.uniform()
        variables["dstd"][i, :, 1:] = 0.1 + 0.1 * draw.uniform()
    bias = data["fitting"]["@variables"]["bias_atom_e"]
    bias[...] = draw.normal(size=bias.shape)
    out = data["@variables"]["out_bias"]
    out[...] = draw.normal(size=out.shape)
    return data


def make(folder: Path, name: str) -> None:
    species, descriptor, fitting = MODELS[name]
    said = script(species, descriptor, fitting)
    draw = np.random.default_rng(len(name))
    model = with_statistics(get_model(said).serialize(), draw)
    data = {"backend": "NumPy", "model": model, "model_def_script": said}
    for end in ["dp", "yaml"]:
        save_dp_model(str(folder / f"{name}.{end}"), data)
    frames = frames_for(folder, species)
    write(folder / f"{name}.numpy.json", evaluate(folder / f"{name}.dp", frames))
    frozen = convert(folder / f"{name}.dp", folder / f"{name}.pb")
    write(folder / f"{name}.tensorflow.json", evaluate(frozen, frames))


for name in MODELS:
    make(Path(sys.argv[1]), name)
