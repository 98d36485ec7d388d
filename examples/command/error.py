"""The error of `esperance solve` at N time steps: a few lines that `esperance sweep` runs as a command."""
import json, subprocess, sys, tempfile
_, steps, seed, *more = sys.argv
with tempfile.TemporaryDirectory() as folder:
    words = ["esperance", "solve", "hjb-lqg-10d", "--json", "--seed", seed, "--set", f"problem.steps={steps}", "--out", folder]
    print(abs(json.loads(subprocess.run(words + more, capture_output=True).stdout)["answer"]["value"] - 2.1570224648))
