"""Contestants in turn: long-lived processes, a window of each at a time, so that noise hits all."""

import statistics
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Contestant:
    """A command that speaks the protocol of `protocol.py`."""

    name: str
    command: list[str]


@dataclass
class Result:
    """What was measured of a contestant. Without times: it ended before it was ready."""

    name: str
    title: str = ""
    times: list[float] = field(default_factory=list)
    loss: float = float("nan")

    @property
    def best(self) -> float:
        return min(self.times)

    @property
    def median(self) -> float:
        return statistics.median(self.times)


class Process:
    """A contestant that runs, on the given cores."""

    def __init__(self, contestant: Contestant, cores: list[int]) -> None:
        pinned = ["taskset", "-c", ",".join(map(str, cores)), *contestant.command]
        pipe = subprocess.PIPE
        self.child = subprocess.Popen(pinned, stdin=pipe, stdout=pipe, text=True, bufsize=1)
        assert self.child.stdin and self.child.stdout
        self.asks, self.answers = self.child.stdin, self.child.stdout
        self.result = Result(contestant.name)
        self.length = 1

    def __enter__(self) -> "Process":
        self.result.title = self.answers.readline().removeprefix("ready ").strip()
        return self

    def __exit__(self, *_: object) -> None:
        self.asks.close()
        self.child.wait()

    def window(self) -> float:
        """Milliseconds an iteration took."""
        self.asks.write(f"window {self.length}\n")
        time, loss = map(float, self.answers.readline().split())
        self.result.loss = loss
        return time


def hold(contestants: list[Contestant], cores: list[int], rounds: int, ms: float) -> list[Result]:
    """Measures all in turn, windows of `ms` milliseconds."""
    with ExitStack() as stack:
        processes = [stack.enter_context(Process(one, cores)) for one in contestants]
        running = [process for process in processes if process.result.title]
        for process in running:
            for _ in range(2):
                process.length = max(1, round(ms / process.window()))
        for _ in range(rounds):
            for process in running:
                process.result.times.append(process.window())
        return [process.result for process in processes]
