"""When and where something was measured."""

import os
import subprocess
from datetime import date
from pathlib import Path


def processor() -> str:
    """Its own name, and the widest vectors it has."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    facts = {key.strip(): value.strip() for key, _, value in (x.partition(":") for x in lines)}
    flags = facts.get("flags", "").split()
    known = {"avx512f": "AVX-512", "avx2": "AVX2"}
    widest = next((name for flag, name in known.items() if flag in flags), "no AVX2")
    return f"{facts.get('model name', 'unknown processor')}, {widest}"


def commit() -> str:
    """Ours."""
    command = ["git", "describe", "--always", "--dirty"]
    said = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True)
    return said.stdout.strip() or "unknown"


def record() -> str:
    """To be taken before anything is started."""
    load = f"load {os.getloadavg()[0]:.1f} before"
    waits = f"OMP_WAIT_POLICY {os.environ.get('OMP_WAIT_POLICY', 'default')}"
    return f"{date.today()}, {processor()}, {load}, {waits}, our commit {commit()}"
