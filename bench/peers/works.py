"""What is compared: the works, and who does each."""

import subprocess
from dataclasses import dataclass
from json import loads
from pathlib import Path

from contest import Contestant

HERE = Path(__file__).parent
PRECISIONS = {"f32": "float32", "f64": "float64"}
CASES = {"hjb": "hjb-lqg-100d-paper", "default-risk": "default-risk-100d-paper"}
CONFIGS = {("hjb", 20): "hjb_lq_d100.json", ("default-risk", 40): "pricing_default_risk_d100.json"}
PEERS = [("JAX", "looped"), ("JAX", "batched"), ("PyTorch", "looped"), ("PyTorch", "batched")]
SCRIPTS = {"JAX": "jax", "PyTorch": "torch"}


@dataclass(frozen=True)
class Work:
    """Something that is iterated: `equation` is None for the networks alone."""

    equation: str | None
    steps: int
    precision: str

    @property
    def name(self) -> str:
        form = f"{self.equation}, N = {self.steps}" if self.equation else "20 networks"
        return f"{form}, {self.precision}"


def ours() -> Path:
    """Builds our contestant; its path."""
    build = ["cargo", "build", "--release", "--package", "esperance-bench", "--example"]
    said = subprocess.run(
        [*build, "contestant", "--message-format", "json-render-diagnostics"],
        cwd=HERE,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    messages = [loads(line) for line in said.stdout.splitlines()]
    return Path(next(m["executable"] for m in messages if m.get("executable")))


def ourselves(program: Path, work: Work, level: str, threads: int, name: str) -> Contestant:
    """Our contestant."""
    words = [work.precision, str(threads), level]
    if work.equation:
        case = [CASES[work.equation], f"problem.steps={work.steps}"]
        return Contestant(name, [str(program), "case", *words, *case])
    return Contestant(name, [str(program), "networks", *words])


def peers(work: Work) -> list[Contestant]:
    """JAX and PyTorch."""
    form = "bsde" if work.equation else "networks"
    words = [work.equation, str(work.steps)] if work.equation else []

    def peer(framework: str, variant: str) -> Contestant:
        script = HERE / f"{SCRIPTS[framework]}_{form}.py"
        python = str(HERE / "venv" / "bin" / "python")
        command = [python, str(script), variant, PRECISIONS[work.precision], *words]
        return Contestant(f"{framework} {variant}", command)

    return [peer(*one) for one in PEERS]


def published(work: Work, clone: str) -> list[Contestant]:
    """The published code, where it has a configuration of its own for this work."""
    config = CONFIGS.get((work.equation or "", work.steps))
    if work.precision != "f64" or not config:
        return []
    python = str(HERE / "venv-tensorflow" / "bin" / "python")
    command = [python, str(HERE / "published.py"), clone, config]
    return [Contestant("published", command)]
