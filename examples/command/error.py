"""The error of `esperance solve` at N time steps: five lines that `esperance sweep` runs as a command."""
import json, subprocess, sys
_, steps, seed, *more = sys.argv
words = ["esperance", "solve", "hjb-lqg-10d", "--json", "--seed", seed, "--set", f"problem.steps={steps}", *more]
print(abs(json.loads(subprocess.run(words, capture_output=True, check=False).stdout)["answer"]["value"] - 2.1570224648))
