#!/usr/bin/env python3
"""Times the same work by us and by others, in turn, and prints a markdown table.

`bench/peers/compare.py networks bsde`, `bench/peers/compare.py potential training`: see the sections on
peers in `bench/README.md`.
"""

import argparse
import os
import sys
from contextlib import nullcontext

import control
import machine
import potential
import training
from busy import busy
from contest import Contestant, hold
from table import cell, markdown
from works import PRECISIONS, Work, ours, ourselves, peers, published

STEPS = {"hjb": (20, 40), "default-risk": (40, 20)}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = ["networks", "bsde", "potential", "training", "control"]
    parser.add_argument("what", nargs="+", choices=kinds)
    parser.add_argument("--only", default="", help="works whose name has these words in it")
    parser.add_argument("--rounds", type=int, default=12, help="windows of each contestant")
    parser.add_argument("--window", type=float, default=500.0, help="milliseconds of a window")
    parser.add_argument("--cores", type=int, default=2, help="cores, and threads, of all")
    parser.add_argument("--level", default="native", help="our instructions: avx2, portable")
    parser.add_argument("--tensorflow", metavar="PATH", help="a clone of the published code")
    system, models = str(potential.SYSTEM), str(potential.HERE / "models")
    parser.add_argument("--system", metavar="PATH", default=system, help="water, deepmd/npy")
    parser.add_argument("--models", metavar="PATH", default=models, help="made where they lack")
    folder = str(training.FOLDER)
    parser.add_argument("--data", metavar="PATH", default=folder, help="of systems of water")
    parser.add_argument("--load", action="store_true", help="ours alone, one core kept busy")
    return parser.parse_args()


def works(what: list[str], only: str) -> list[Work]:
    found = []
    if "networks" in what:
        found += [Work(None, 0, precision) for precision in PRECISIONS]
    if "bsde" in what:
        pairs = [(equation, n) for equation, steps in STEPS.items() for n in steps]
        found += [Work(*pair, precision) for pair in pairs for precision in PRECISIONS]
    return [work for work in found if only in work.name]


def main() -> None:
    asked = arguments()
    where = machine.record()
    cores = sorted(os.sched_getaffinity(0))[: asked.cores]
    program = ours()

    def contestants(work: Work) -> list[Contestant]:
        def mine(threads: int, name: str) -> Contestant:
            return ourselves(program, work, asked.level, threads, name)

        if asked.load:
            return [mine(2, "two threads"), mine(1, "one thread")]
        others = published(work, asked.tensorflow) if asked.tensorflow else []
        return [mine(len(cores), "Esperance"), *peers(work), *others]

    windows = f"{len(cores)} cores; {asked.rounds} windows of {asked.window:.0f} ms"
    for kind in [potential, training, control]:
        if kind.__name__ in asked.what:
            print(f"{where}; {windows}.\n\n{kind.compare(program, asked, cores)}\n")
    rows = {}
    with busy(cores[0]) if asked.load else nullcontext():
        for work in works(asked.what, asked.only):
            rows[work.name] = hold(contestants(work), cores, asked.rounds, asked.window)
            times = [f"{one.name} {cell(one)}" for one in rows[work.name]]
            print(f"{work.name}: {', '.join(times)}", file=sys.stderr)
    if not rows:
        return
    titles = {one.title: None for results in rows.values() for one in results if one.title}
    last = "one thread / two threads" if asked.load else "best peer / Esperance"
    print(f"{where}; {', '.join(titles)}.")
    print(f"{len(cores)} cores{', one of them kept busy' if asked.load else ''}; ", end="")
    print(f"{asked.rounds} windows of {asked.window:.0f} ms; ms an iteration, best / median.\n")
    print(markdown(rows, last))


main()
