#!/usr/bin/env python3
"""The heat map of scaled two-layer networks by JAX, and beside it by another program, in turn.

The grid: n in 25, 50, …, 400 points and m in 4, 8, …, 512 neurons, each in the conventional and in the
mean-field scaling: 80 cells. A cell is f(x) = s Σ a_j max(b_j·x, 0) in R^10, s = 1 or 1/m, trained in f32 to
max(x₁, 0) by full-batch descent on the mean square with a heavy ball of 0.9, until the loss is below 1e-6, for
20 000 iterations at most. The data and the start are those of the published table: NumPy's PCG64.

JAX as it should be used: the whole descent is one `while_loop`, compiled once for both scalings of a
shape; the gradient is written out by hand, in the faster of two orders; a process for each core, pinned to it,
with one thread of XLA; cells are handed out from the dearest to the cheapest.

`figure11.py --csv jax.csv --against "target/release/examples/figure11"`
"""

import argparse
import csv
import os
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

import jax
import jax.numpy as jnp
import machine
import numpy as np
from jax import lax

D, TESTS, MOST, ENOUGH, LOST, KEEP = 10, 4000, 20_000, 1e-6, 1e6, 0.9
NS, MS = (25, 50, 100, 200, 400), (4, 8, 16, 32, 64, 128, 256, 512)
QUICK_NS, QUICK_MS = (25, 100), (4, 32, 256)
# Below so many products of a point and a neuron the order of `gradient_short` is the faster one.
SHORT = 2000
# The columns of the published table; `sec` is CPU seconds of the descent.
HEAD = "scaling,d,n,m,seed,iters,train_loss,test_loss,path_norm,neurons_for_90pct,sec".split(",")
# CPU seconds of the 80 cells with JAX on another machine, as the published table has it.
PUBLISHED = 187.0
ALONE = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

Arrays = tuple[Any, Any]


def gradient_long(a: Any, b: Any, x: Any, y: Any, s: Any) -> tuple[Any, Arrays]:
    """The loss and its gradient: two products of [n, d] and [n, m]. `b` is [d, m]."""
    h = jnp.maximum(x @ b, 0.0)
    r = s * (h @ a) - y
    c = (2.0 * s / len(y)) * r
    return jnp.mean(r * r), (c @ h, x.T @ jnp.where(h > 0.0, c[:, None], 0.0) * a)


def gradient_short(a: Any, b: Any, x: Any, y: Any, s: Any) -> tuple[Any, Arrays]:
    """The same with `b` as [m, d], and ∂a from ∂b, as max(z, 0) = z 1(z > 0)."""
    h = jnp.maximum(b @ x.T, 0.0)
    r = s * (a @ h) - y
    c = (2.0 * s / len(y)) * r
    pull = (h > 0.0).astype(jnp.float32) @ (c[:, None] * x)
    return jnp.mean(r * r), (jnp.sum(pull * b, axis=1), pull * a[:, None])


def descend(gradient: Callable, b: Any, x: Any, y: Any, s: Any, rate: Any) -> tuple[Any, ...]:
    """From a = 0. Returns a, b, the last loss that was seen and how many."""

    def on(state: Any) -> Any:
        _, _, loss, made = state
        return (loss >= ENOUGH) & (loss <= LOST) & (made < MOST)

    def move(state: Any) -> Any:
        theta, v, _, made = state
        loss, slope = gradient(*theta, x, y, s)
        v = jax.tree.map(lambda v, g: KEEP * v - rate * g, v, slope)
        return jax.tree.map(jnp.add, theta, v), v, loss, made + 1

    m = b.shape[0] if gradient is gradient_short else b.shape[1]
    theta = (jnp.zeros(m, jnp.float32), b)
    start = (theta, jax.tree.map(jnp.zeros_like, theta), jnp.float32(1.0), 0)
    (a, b), _, loss, made = lax.while_loop(on, move, start)
    return a, b, loss, made


def normal(seed: int, rows: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((rows, D))


def cells(n: int, m: int, seed: int) -> list[list[object]]:
    """Both cells of a shape, as rows of the table."""
    x, test = (normal(k, rows).astype("f4") for k, rows in ((7919 * seed + n, n), (1000 * seed + 1, TESTS)))
    b = normal(104729 * seed + m, m)
    b = (b / np.linalg.norm(b, axis=1, keepdims=True)).astype("f4")
    short = n * m < SHORT
    gradient = gradient_short if short else gradient_long
    given = (np.ascontiguousarray(b if short else b.T), x, np.maximum(x[:, 0], 0.0))
    numbers = (np.float32(1.0), np.float32(1.0))
    run = jax.jit(partial(descend, gradient)).lower(*given, *numbers).compile()
    rows = []
    for scaling in ("conv", "mf"):
        mean = scaling == "mf"
        rate = 0.01 * m if mean else min(0.01, 0.15 / (0.16 * m + 1.0))
        s = 1.0 / m if mean else 1.0
        began = time.process_time()
        a, b, loss, made = map(np.asarray, run(*given, np.float32(s), np.float32(rate)))
        took = time.process_time() - began
        b = b if short else b.T
        off = s * np.maximum(test @ b.T, 0.0) @ a - np.maximum(test[:, 0], 0.0)
        parts = np.sort(s * np.abs(a) * np.linalg.norm(b, axis=1))[::-1]
        many = int(np.searchsorted(np.cumsum(parts), 0.9 * parts.sum()) + 1)
        means = [float(loss), float(np.mean(off.astype(float) ** 2)), float(parts.sum())]
        rows.append([scaling, D, n, m, seed, int(made), *means, many, f"{took:.3f}"])
    return rows


def serve() -> None:
    """Shapes are asked for on standard input, two rows a shape and the seconds are answered."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    for line in sys.stdin:
        writer.writerows(cells(*map(int, line.split())))
        sys.stdout.flush()


@dataclass
class Spent:
    """What a program took: CPU seconds of each of its processes, and seconds on the wall."""

    cpu: list[float]
    wall: float


def ended(child: subprocess.Popen) -> float:
    """CPU seconds of a process that ends, with what it waited for itself."""
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{child.args}: ended with {child.returncode}")
    return used.ru_utime + used.ru_stime


def work_off(core: int, shapes: SimpleQueue, rows: list[list[str]], cpu: list[float]) -> None:
    """One pinned process of JAX, fed until no shape is left."""
    command = ["taskset", "-c", str(core), sys.executable, __file__, "--serve"]
    here = {**os.environ, "XLA_FLAGS": ALONE, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    child = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1, env=here)
    assert child.stdin and child.stdout
    try:
        while True:
            n, m, seed = shapes.get_nowait()
            child.stdin.write(f"{n} {m} {seed}\n")
            rows += [child.stdout.readline().strip().split(",") for _ in range(2)]
    except (Empty, BrokenPipeError):
        child.stdin.close()
    cpu.append(ended(child))


def by_jax(shapes: Iterable[tuple[int, int, int]], cores: list[int]) -> tuple[Spent, list[list[str]]]:
    """All cells, and what they took."""
    queue: SimpleQueue = SimpleQueue()
    for shape in sorted(shapes, key=lambda shape: -shape[0] * shape[1]):
        queue.put(shape)
    rows: list[list[str]] = []
    cpu: list[float] = []
    began = time.perf_counter()
    hands = [threading.Thread(target=work_off, args=(core, queue, rows, cpu)) for core in cores]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    spent = Spent(cpu, time.perf_counter() - began)
    if len(cpu) < len(cores):
        sys.exit("a process of JAX ended early")
    return spent, sorted(rows, key=lambda row: (int(row[4]), int(row[2]), int(row[3]), row[0]))


def by_command(command: str, cores: list[int]) -> Spent:
    """The other program, on the same cores."""
    began = time.perf_counter()
    pinned = ["taskset", "-c", ",".join(map(str, cores)), "sh", "-c", command]
    child = subprocess.Popen(pinned, stdout=subprocess.DEVNULL)
    cpu = ended(child)
    return Spent([cpu], time.perf_counter() - began)


def tell(name: str, spent: list[Spent]) -> str:
    """A line of the table: bests and medians."""
    walls, cpus = [one.wall for one in spent], [sum(one.cpu) for one in spent]
    each = " + ".join(f"{cpu:.1f}" for cpu in min(spent, key=lambda one: sum(one.cpu)).cpu)
    pairs = [f"{min(v):.2f} / {statistics.median(v):.2f}" for v in (walls, cpus)]
    return f"| {name} | {pairs[0]} | {pairs[1]} | {each} |"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="12 cells instead of 80")
    parser.add_argument("--seeds", type=int, default=1, help="heat maps to make")
    parser.add_argument("--cores", type=int, default=2, help="processes of JAX, threads of the other")
    parser.add_argument("--rounds", type=int, default=1, help="times that everybody runs")
    parser.add_argument("--csv", metavar="PATH", help="for the cells, instead of standard output")
    parser.add_argument("--against", metavar="COMMAND", help="run in turn, on the same cores")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    if asked.serve:
        serve()
        return
    where = machine.record()
    cores = sorted(os.sched_getaffinity(0))[: asked.cores]
    ns, ms = (QUICK_NS, QUICK_MS) if asked.quick else (NS, MS)
    shapes = [(n, m, seed) for seed in range(asked.seeds) for n in ns for m in ms]
    theirs: list[Spent] = []
    ours: list[Spent] = []
    rows: list[list[str]] = []
    for _ in range(asked.rounds):
        spent, rows = by_jax(shapes, cores)
        theirs.append(spent)
        if asked.against:
            ours.append(by_command(asked.against, cores))
    with open(asked.csv, "w", encoding="utf-8") if asked.csv else os.fdopen(1, "w", closefd=False) as out:
        csv.writer(out, lineterminator="\n").writerows([HEAD, *rows])
    descents = sum(float(row[-1]) for row in rows)
    print(f"\n{where}; JAX {jax.__version__}, f32; {len(rows)} cells on {len(cores)} cores.\n")
    print("| | wall seconds, best / median | CPU seconds, best / median | of each process |")
    print("|---|---|---|---|")
    print(tell("JAX", theirs))
    if ours:
        print(tell("the other", ours))
        walls = [[one.wall for one in spent] for spent in (theirs, ours)]
        best, median = (f(walls[0]) / f(walls[1]) for f in (min, statistics.median))
        cpus = [min(sum(one.cpu) for one in spent) for spent in (theirs, ours)]
        print(f"\nJAX / the other: wall {best:.2f} / {median:.2f}, CPU {cpus[0] / cpus[1]:.2f}.")
    print(f"\nThe descents alone, without compiling and starting: {descents:.1f} CPU seconds.", end=" ")
    print(f"The published table of 80 cells: {PUBLISHED:.0f} CPU seconds.")
    own = resource.getrusage(resource.RUSAGE_SELF)
    print(f"This process itself: {own.ru_utime + own.ru_stime:.1f} s.")


main()
