"""`compare.py training`: one step of training of a Deep Potential, by us and by DeePMD-kit."""

import re
from pathlib import Path

import potential
from contest import Contestant, Result, hold
from works import HERE

FOLDER = potential.SYSTEM.parent
SYSTEMS = ["data_0", "data_1", "data_2"]
PEERS = {
    "TensorFlow": (potential.TENSORFLOW, "deepmd_train_tf.py"),
    "PyTorch": (potential.TORCH, "deepmd_train_pt.py"),
}
BYTES = {"f32": 4, "f64": 8}
MOVED = 7  # numbers a weight: of it, its two moments and its gradient, what Adam reads and writes
SAID = re.compile(r"(\d+) weights, (\d+) operations a step")


def contestants(program: Path, systems: list[str], level: str, threads: int) -> list[Contestant]:
    """Ours and theirs, the f64 ones first; theirs with one thread too, where fewer may be faster."""

    def ours(kind: str, precision: str) -> Contestant:
        words = ["training", precision, str(threads), level, kind, *systems]
        return Contestant(f"Esperance {kind}, {precision}", [str(program), *words])

    def theirs(peer: str, count: int, precision: str) -> Contestant:
        python, script = PEERS[peer]
        words = [str(python), str(HERE / script), precision, *systems]
        name = f"{peer} {count} thread{'s' if count > 1 else ''}, {precision}"
        return Contestant(name, [*potential.settings(count), *words])

    found = []
    for precision in ["f64", "f32"]:
        counts = sorted({1, threads}, reverse=True)
        there = [peer for peer, (python, _) in PEERS.items() if python.exists()]
        peers = [theirs(peer, count, precision) for peer in there for count in counts]
        found += [ours("nodes", precision), *peers, ours("networks", precision)]
    return found


def precision_of(result: Result) -> str:
    return result.name.split()[-1]


def table(results: list[Result], operations: int, peak: dict[str, float]) -> str:
    """A row for each contestant, set beside ours with nodes in the same precision."""
    ours = {precision_of(r): r for r in results if r.name.startswith("Esperance nodes")}
    heads = ["", "ms a step, best / median", "to ours with nodes", "GFLOP/s", "of the peak", "loss"]
    lines = [heads, ["---"] * len(heads)]
    for result in results:
        if result.name.startswith("peak"):
            continue
        own = ours[precision_of(result)]
        if not result.times or not own.times:
            lines.append([result.name, "failed", *["–"] * 4])
            continue
        to = f"{result.best / own.best:.2f} / {result.median / own.median:.2f}"
        speed = operations / result.best / 1e6
        top = peak.get(precision_of(result))
        known = [f"{speed:.0f}", f"{speed / top:.0%}" if top else "–"]
        lines.append(
            [
                result.name,
                f"{result.best:.2f} / {result.median:.2f}",
                "1" if result is own else to,
                *(known if result is own else ["–", "–"]),
                f"{result.loss:.2g}",
            ]
        )
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def ratios(results: list[Result]) -> str:
    """The best peer to ours, by precision."""
    found = []
    for precision in BYTES:
        of_it = [r for r in results if precision_of(r) == precision and r.times]
        own = [r for r in of_it if r.name.startswith("Esperance nodes")]
        peers = [r for r in of_it if not r.name.startswith(("Esperance", "peak"))]
        if own and peers:
            best = min(r.best for r in peers) / own[0].best
            median = min(r.median for r in peers) / own[0].median
            found.append(f"{best:.2f} / {median:.2f} in {precision}")
    return ", ".join(found) or "nobody to compare with"


def compare(program: Path, asked: object, cores: list[int]) -> str:
    """The table and the sentences."""
    systems = [str(Path(asked.data).resolve() / name) for name in SYSTEMS]
    everyone = contestants(program, systems, asked.level, len(cores))
    everyone += potential.peaks(program, asked.level, len(cores))
    results = hold(everyone, cores, asked.rounds, asked.window)
    said = next(filter(None, (SAID.search(r.title) for r in results)))
    weights, operations = map(int, said.groups())
    peak = potential.gigaflops(results)
    reached = ", ".join(f"{value:.0f} GFLOP/s in {name}" for name, value in peak.items())
    floors = ", ".join(f"{operations / v / 1e6:.2f} ms in {name}" for name, v in peak.items())
    moved = ", ".join(f"{MOVED * weights * n / 1e6:.1f} MB in {name}" for name, n in BYTES.items())
    titles = {r.title.split(":")[0]: None for r in results if r.title}
    parts = [
        f"{', '.join(titles)}.",
        table(results, operations, peak),
        f"Best peer / ours with nodes, bests and medians: {ratios(results)}.",
        f"Peak in the same run: {reached}; a step is {operations / 1e9:.2f} Gflop, "
        f"at the peak {floors}.",
        f"Adam moves {weights} weights: {moved} a step.",
    ]
    return "\n\n".join(parts)
