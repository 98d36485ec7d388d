"""The published Deep BSDE code in TensorFlow: `published.py FOLDER CONFIG`.

FOLDER is a clone of frankhan91/DeepBSDE at its version for TensorFlow 2.16 and Keras 3; CONFIG is
one of its own files. Its classes are used as they are; an iteration is what its own loop does, less
the validation every 100: a sample by NumPy and `train_step`, which returns no loss.
"""

import json
import math
import os
import sys
from types import SimpleNamespace

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow as tf  # noqa: E402

from protocol import serve  # noqa: E402


def main(folder: str, name: str) -> None:
    sys.path.insert(0, folder)
    import equation
    import solver

    with open(os.path.join(folder, "configs", name), encoding="utf-8") as file:
        sections = json.load(file)
    config = SimpleNamespace(**{key: SimpleNamespace(**part) for key, part in sections.items()})
    tf.keras.backend.set_floatx(config.net_config.dtype)
    problem = getattr(equation, config.eqn_config.eqn_name)(config.eqn_config)
    training = solver.BSDESolver(config, problem)

    def advance() -> float:
        training.train_step(problem.sample(config.net_config.batch_size))
        return math.nan

    serve(f"TensorFlow {tf.__version__}, Keras {tf.keras.__version__}", 1, advance)


main(*sys.argv[1:])
