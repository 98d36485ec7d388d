"""Training by DeePMD-kit with TensorFlow: `deepmd_train_tf.py PRECISION SYSTEM …`, f32 or f64.

The trainer is what `dp train` builds, and an iteration is one of its loop: the step, and the next frame
read beside it. Nothing is printed, validated or saved.
"""

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import deepmd_models


def script(precision: str, systems: list[str]) -> dict:
    """The input: the models of `compare.py potential`, trained as the water example is."""
    terms = {"e": (0.02, 1), "f": (1000, 1), "v": (0, 0)}
    loss = {
        f"{when}_pref_{term}": value
        for term, pair in terms.items()
        for when, value in zip(["start", "limit"], pair)
    }
    return {
        **deepmd_models.script(precision),
        "learning_rate": {"type": "exp", "start_lr": 1e-3, "stop_lr": 3.51e-8, "decay_steps": 5000},
        "loss": {"type": "ener", **loss},
        "training": {
            "training_data": {"systems": systems, "batch_size": 1},
            "numb_steps": 1_000_000,
            "seed": 1,
        },
    }


def main() -> None:
    precision, *systems = sys.argv[1:]
    systems = [str(Path(system).resolve()) for system in systems]
    from deepmd import __version__
    from protocol import answer

    trainers = import_module("deepmd.tf.train.trainer")
    entry = import_module("deepmd.tf.entrypoints.train")

    class Windows(trainers.DPTrainer):
        """The trainer, with a loop that waits to be asked."""

        def train(self, train_data: object = None, valid_data: object = None) -> None:
            """The loop of the trainer, with windows."""
            self._init_session()
            loader = trainers.DatasetLoader(train_data)
            following = loader.build()
            feed = self.get_feed_dict(train_data.get_batch(), is_training=True)

            def step() -> None:
                nonlocal feed
                both = [self.train_op, following]
                _, batch = trainers.run_sess(self.sess, both, feed_dict=feed)
                trainers.run_sess(self.sess, self.global_step)
                feed = self.get_feed_dict(loader.get_data_dict(batch), is_training=True)

            def window(iterations: int) -> tuple[float, float]:
                began = time.perf_counter()
                for _ in range(iterations):
                    step()
                ms = 1e3 * (time.perf_counter() - began) / iterations
                return ms, float(trainers.run_sess(self.sess, self.l2_l, feed_dict=feed))

            step()
            answer(f"DeePMD-kit {__version__}", window)

    entry.DPTrainer = Windows
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("input.json").write_text(json.dumps(script(precision, systems)), encoding="utf-8")
        entry.train(
            INPUT="input.json",
            init_model=None,
            restart=None,
            output="out.json",
            init_frz_model=None,
            mpi_log="master",
            log_level=40,
            log_path=None,
            skip_neighbor_stat=True,
        )
        os.chdir("/")


if __name__ == "__main__":
    main()
