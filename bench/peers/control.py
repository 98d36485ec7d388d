"""`compare.py control`: one iteration of the case `storage-50`, by us and by JAX."""

from pathlib import Path

import potential
from contest import Contestant, Result, hold
from works import HERE

# Forward, back to the inputs, and for the weights: two operations a weight, path and step each.
OPERATIONS = 6 * 256 * 20 * (52 * 110 + 110 * 110 + 110 * 100)


def contestants(program: Path, level: str, threads: int) -> list[Contestant]:
    """Ours and JAX, in both precisions."""
    found = []
    for precision in ["f64", "f32"]:
        words = ["case", precision, str(threads), level, "storage-50", "run.look=16"]
        python, script = HERE / "venv" / "bin" / "python", HERE / "jax_storage.py"
        found.append(Contestant(f"Esperance, {precision}", [str(program), *words]))
        found.append(Contestant(f"JAX, {precision}", [str(python), str(script), precision]))
    return found


def precision_of(result: Result) -> str:
    return result.name.split()[-1]


def compare(program: Path, asked: object, cores: list[int]) -> str:
    """The table and the sentences."""
    everyone = contestants(program, asked.level, len(cores))
    everyone += potential.peaks(program, asked.level, len(cores))
    results = hold(everyone, cores, asked.rounds, asked.window)
    peak = potential.gigaflops(results)
    ours = {precision_of(r): r for r in results if r.name.startswith("Esperance") and r.times}
    heads = ["", "ms an iteration, best / median", "to ours", "of the peak", "loss"]
    lines = [heads, ["---"] * len(heads)]
    for result in results:
        own = ours.get(precision_of(result))
        if result.name.startswith("peak") or not result.times or not own:
            continue
        to = f"{result.best / own.best:.2f} / {result.median / own.median:.2f}"
        share = OPERATIONS / result.best / 1e6 / peak[precision_of(result)]
        times = f"{result.best:.2f} / {result.median:.2f}"
        lines.append([result.name, times, to, f"{share:.0%}", f"{result.loss:.5g}"])
    reached = ", ".join(f"{value:.0f} GFLOP/s in {name}" for name, value in peak.items())
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    titles = ", ".join({r.title.split(":")[0]: None for r in results if r.title})
    return f"{titles}.\n\n{table}\n\nPeak in the same run: {reached}."
