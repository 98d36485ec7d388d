"""`ours.py FOLDER`: evaluates each NAME.dp and NAME.yaml there through TensorFlow.

What it gives goes to NAME.dp.json and NAME.yaml.json.
"""

import sys
from pathlib import Path

from deepmd.infer import DeepPot
from reference import convert, evaluate, frames_for, write

folder = Path(sys.argv[1])
for source in sorted([*folder.glob("*.dp"), *folder.glob("*.yaml")]):
    frozen = convert(source, folder / f"{source.name}.pb")
    species = DeepPot(str(frozen)).get_ntypes()
    write(folder / f"{source.name}.json", evaluate(frozen, frames_for(folder, species)))
