"""`compare.py potential`: energy, forces and virial of 1536 atoms of water, by us and by DeePMD-kit."""

import os
import subprocess
from math import log
from pathlib import Path

from contest import Contestant, Process, Result, hold
from works import HERE

ATOMS = 1536
LARGE = 8 * ATOMS
TENSORFLOW = HERE / "venv-deepmd" / "bin" / "python"
TORCH = HERE / "venv-deepmd-torch" / "bin" / "python"
SYSTEM = HERE.parents[2] / "shared" / "data" / "water" / "data_3"
LISTS = [12_500, 25_000, 50_000, 100_000]
MFLOP = 2.4  # an atom, with tables; how it is counted: bench/README.md


def models(folder: Path, system: Path) -> Path:
    """The folder with the models; made where it is not there."""
    if not (folder / "f32-right" / "set.000" / "force.npy").exists():
        command = [str(TENSORFLOW), str(HERE / "deepmd_models.py"), str(folder), str(system)]
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        subprocess.run(command, check=True, env=environment, stderr=subprocess.DEVNULL)
    if TORCH.exists() and not (folder / "f32-compressed.pth").exists():
        for precision in ["f64", "f32"]:
            plain, small = f"{precision}.pth", f"{precision}-compressed.pth"
            for words in [["convert-backend", f"{precision}.dp", plain], ["compress", "-i", plain, "-o", small]]:
                command = [str(TORCH), "-m", "deepmd", "--pt", *words]
                subprocess.run(command, cwd=folder, check=False, stderr=subprocess.DEVNULL)
    return folder


def settings(threads: int) -> list[str]:
    """What DeePMD-kit runs under: so many threads of TensorFlow and PyTorch."""
    words = {
        "OMP_NUM_THREADS": threads,
        "DP_INTRA_OP_PARALLELISM_THREADS": threads,
        "DP_INTER_OP_PARALLELISM_THREADS": 1,
        "TF_CPP_MIN_LOG_LEVEL": 3,
    }
    return ["env", *(f"{key}={value}" for key, value in words.items())]


def contestants(program: Path, folder: Path, level: str, threads: int) -> list[Contestant]:
    """Ours and theirs, the f64 ones first."""

    def ours(precision: str, kind: str) -> Contestant:
        files = [str(folder / f"{precision}.dp"), str(folder / f"{precision}-right")]
        words = ["potential", precision, str(threads), level, *files, kind]
        return Contestant(f"Esperance {kind}, {precision}", [str(program), *words])

    def theirs(python: Path, name: str, precision: str, file: str) -> Contestant:
        script = [str(python), str(HERE / "deepmd_tf.py"), str(folder / file)]
        right = str(folder / f"{precision}-right")
        return Contestant(f"{name}, {precision}", [*settings(threads), *script, right])

    found = [ours("f64", "table"), ours("f32", "table"), ours("f64", "networks")]
    for precision in ["f64", "f32"]:
        compressed = f"{precision}-compressed.pb"
        found.append(theirs(TENSORFLOW, "TensorFlow compressed", precision, compressed))
        found.append(theirs(TENSORFLOW, "TensorFlow", precision, f"{precision}.pb"))
        for name, end in [("PyTorch compressed", "-compressed.pth"), ("PyTorch", ".pth")]:
            if TORCH.exists() and (folder / f"{precision}{end}").exists():
                found.append(theirs(TORCH, name, precision, f"{precision}{end}"))
    lmp = TENSORFLOW.with_name("lmp")
    for precision in ["f64", "f32"] if lmp.exists() else []:
        script = [str(TENSORFLOW), str(HERE / "deepmd_lammps.py"), str(lmp)]
        files = [str(folder / f"{precision}-{part}") for part in ["compressed.pb", "right"]]
        found.append(Contestant(f"LAMMPS, compressed, {precision}", [*script, *files]))
    return found


def peaks(program: Path, level: str, threads: int) -> list[Contestant]:
    """The most our cores can do."""
    words = [[str(program), "peak", precision, str(threads), level] for precision in ["f64", "f32"]]
    return [Contestant(f"peak, {command[2]}", command) for command in words]


def gigaflops(results: list[Result]) -> dict[str, float]:
    """By precision: what the best window reached."""
    found = [r for r in results if r.name.startswith("peak") and r.times]
    return {r.name.split()[-1]: r.loss / r.best / 1e6 for r in found}


def microseconds(result: Result) -> tuple[float, float]:
    """An atom: best and median."""
    return 1e3 * result.best / ATOMS, 1e3 * result.median / ATOMS


def table(results: list[Result], peak: dict[str, float]) -> str:
    """A row for each contestant, set beside ours with tables in the same precision."""
    ours = {r.name.split()[-1]: r for r in results if r.name.startswith("Esperance table")}
    heads = ["", "µs an atom, best / median", "to ours with tables", "of the peak", "off by"]
    lines = [heads, ["---"] * len(heads)]
    for result in results:
        if result.name.startswith("peak"):
            continue
        if not result.times:
            lines.append([result.name, "failed", "–", "–", "–"])
            continue
        precision = result.name.split()[-1]
        (best, median), (our_best, our_median) = microseconds(result), microseconds(ours[precision])
        floor = 1e3 * MFLOP / peak[precision] if precision in peak else None
        share = f"{floor / best:.0%}" if floor and result is ours[precision] else "–"
        lines.append(
            [
                result.name,
                f"{best:.1f} / {median:.1f}",
                f"{best / our_best:.2f} / {median / our_median:.2f}",
                share,
                f"{result.loss:.1e}",
            ]
        )
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def peak_memory(contestant: Contestant, cores: list[int]) -> int:
    """Bytes a contestant took until it was ready, at most."""
    with Process(contestant, cores) as process:
        lines = Path(f"/proc/{process.child.pid}/status").read_text(encoding="utf-8").splitlines()
        return 1024 * int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))


def memory(contestants: list[Contestant], folder: Path, cores: list[int]) -> str:
    """What eight times the atoms add, an atom, with tables: ours and TensorFlow's."""
    found = []
    for one in contestants:
        if not one.name.startswith(("Esperance table", "TensorFlow compressed")):
            continue
        large = [str(folder / "large") if word.endswith("-right") else word for word in one.command]
        small = peak_memory(one, cores)
        more = peak_memory(Contestant(one.name, large), cores) - small
        each = more / (LARGE - ATOMS) / 1e3
        found.append(f"{one.name} {each:.2f} kB an atom beside {small / 1e6:.0f} MB")
    return "; ".join(found)


def lists(program: Path, cores: list[int], rounds: int, ms: float) -> str:
    """Neighbour lists of more and more atoms, and the exponent of the time."""
    threads = str(len(cores))
    all_of_them = [
        Contestant(str(n), [str(program), "neighbours", "f64", threads, "native", str(n)])
        for n in LISTS
    ]
    results = hold(all_of_them, cores, rounds, ms)
    points = [(log(n), log(r.best)) for n, r in zip(LISTS, results)]
    mean = [sum(p[k] for p in points) / len(points) for k in (0, 1)]
    above = sum((x - mean[0]) * (y - mean[1]) for x, y in points)
    slope = above / sum((x - mean[0]) ** 2 for x, _ in points)
    rows = [["atoms", "ms, best / median", "µs an atom", "neighbours"], ["---"] * 4]
    for n, r in zip(LISTS, results):
        cells = [f"{n}", f"{r.best:.2f} / {r.median:.2f}", f"{1e3 * r.best / n:.3f}"]
        rows.append([*cells, f"{r.loss:.1f}"])
    lines = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    return f"{lines}\n\nTime grows as the number of atoms to the power {slope:.3f}."


def compare(program: Path, asked: object, cores: list[int]) -> str:
    """The tables and the sentences."""
    folder = models(Path(asked.models).resolve(), Path(asked.system).resolve())
    all_of_them = contestants(program, folder, asked.level, len(cores))
    everyone = [*all_of_them, *peaks(program, asked.level, len(cores))]
    results = hold(everyone, cores, asked.rounds, asked.window)
    peak = gigaflops(results)
    reached = ", ".join(f"{value:.0f} GFLOP/s in {name}" for name, value in peak.items())
    parts = [
        table(results, peak),
        f"Peak in the same run: {reached}; the floor is {MFLOP} Mflop an atom.",
        f"Memory: {memory(all_of_them, folder, cores)}.",
        lists(program, cores, asked.rounds, asked.window),
    ]
    return "\n\n".join(parts)
