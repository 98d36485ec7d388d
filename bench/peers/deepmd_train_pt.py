"""Training by DeePMD-kit with PyTorch: `deepmd_train_pt.py PRECISION SYSTEM …`, f32 or f64.

The trainer is what `dp --pt train` builds, and an iteration is one of its loop: the next frame, the
loss, its gradient, Adam and the rate. Nothing is printed, validated or saved.
"""

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from deepmd_train_tf import script


def main() -> None:
    precision, *systems = sys.argv[1:]
    systems = [str(Path(system).resolve()) for system in systems]
    import torch
    from deepmd import __version__
    from protocol import answer

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    training = import_module("deepmd.pt.train.training")
    entry = import_module("deepmd.pt.entrypoints.main")

    class Windows(training.Trainer):
        """The trainer, with a loop that waits to be asked."""

        def run(self) -> None:
            """The loop of the trainer, with windows."""

            def step() -> float:
                self.optimizer.zero_grad(set_to_none=True)
                given, label, _ = self._next_training_batch("Default")
                rate = self.scheduler.get_last_lr()[0]
                _, loss, _ = self.wrapper(**given, cur_lr=rate, label=label, task_key="Default")
                loss.backward()
                self.optimizer.step()
                self.scheduler.step()
                return float(loss.detach())

            def window(iterations: int) -> tuple[float, float]:
                began = time.perf_counter()
                for _ in range(iterations):
                    loss = step()
                return 1e3 * (time.perf_counter() - began) / iterations, loss

            self.wrapper.train()
            for _ in range(3):
                step()
            answer(f"DeePMD-kit {__version__} with PyTorch {torch.__version__}", window)

    entry.training.Trainer = Windows
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("input.json").write_text(json.dumps(script(precision, systems)), encoding="utf-8")
        entry.train(
            input_file="input.json",
            init_model=None,
            restart=None,
            finetune=None,
            init_frz_model=None,
            model_branch="",
            skip_neighbor_stat=True,
        )
        os.chdir("/")


if __name__ == "__main__":
    main()
