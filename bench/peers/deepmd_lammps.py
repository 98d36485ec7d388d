"""Molecular dynamics with DeePMD-kit in LAMMPS: `deepmd_lammps.py LMP MODEL SYSTEM`.

Two ranks of one thread, the fastest way on record on two cores. Ranks wait by spinning, so each
window is a run of its own; its time is the loop of LAMMPS, with neighbour lists when they are due,
after a run that warms up. The loss is how far the energy of the start is from the label, eV an atom.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from protocol import answer

SCRIPT = """\
units metal
boundary p p p
atom_style atomic
neighbor 2.0 bin
neigh_modify every 10 delay 0 check yes
read_data frame.data
mass 1 15.999
mass 2 1.008
pair_style deepmd {model}
pair_coeff * * O H
timestep 0.0005
fix move all nve
thermo 1000000
thermo_style custom step pe
thermo_modify format float %22.15e
run 3
run {steps}
"""


def write_frame(system: Path, to: Path) -> int:
    """As LAMMPS reads it; how many atoms. The cell must be a box along the axes."""
    types = np.loadtxt(system / "type.raw", dtype=int)
    positions, cell = (np.load(system / "set.000" / f"{n}.npy")[0] for n in ["coord", "box"])
    rows = [f"{k + 1} {t + 1} {x!r} {y!r} {z!r}" for k, (t, (x, y, z)) in
            enumerate(zip(types, positions.reshape(-1, 3).tolist()))]
    sides = np.diag(cell.reshape(3, 3)).tolist()
    assert np.count_nonzero(cell) == 3, "LAMMPS is given boxes along the axes"
    bounds = [f"0.0 {side!r} {axis}lo {axis}hi" for side, axis in zip(sides, "xyz")]
    head = ["water", "", f"{len(types)} atoms", "2 atom types", *bounds, "", "Atoms", ""]
    to.write_text("\n".join([*head, *rows]) + "\n", encoding="utf-8")
    return len(types)


class Runs:
    """LAMMPS, started again for each window."""

    def __init__(self, lmp: Path, model: Path, system: Path) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.atoms = write_frame(system, self.folder / "frame.data")
        self.command = [str(lmp.with_name("mpiexec")), "-n", "2", str(lmp), "-in", "run.in"]
        self.model = model.resolve()
        self.due = float(np.load(system / "set.000" / "energy.npy").ravel()[0])
        threads = {"OMP_NUM_THREADS": "1", "DP_INTRA_OP_PARALLELISM_THREADS": "1"}
        more = {"DP_INTER_OP_PARALLELISM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
        self.environment = {**os.environ, **threads, **more}

    def window(self, steps: int) -> tuple[float, float]:
        """Milliseconds a step, and how far the energy is off."""
        said = SCRIPT.format(model=self.model, steps=steps)
        (self.folder / "run.in").write_text(said, encoding="utf-8")
        output = subprocess.run(
            self.command, cwd=self.folder, env=self.environment, capture_output=True, text=True
        ).stdout
        loops = re.findall(r"Loop time of (\S+) on \d+ procs for \d+ steps", output)
        energy = re.search(r"^\s*0\s+(\S+)\s*$", output, re.MULTILINE)
        if len(loops) < 2 or not energy:
            sys.exit(output[-2000:])
        return 1e3 * float(loops[1]) / steps, abs(float(energy[1]) - self.due) / self.atoms


def main() -> None:
    runs = Runs(*map(Path, sys.argv[1:4]))
    runs.window(1)
    answer("LAMMPS with DeePMD-kit", runs.window)


if __name__ == "__main__":
    main()
