#!/bin/sh
# Installs JAX and PyTorch, and with --tensorflow TensorFlow, in virtual environments beside this
# file: venv and venv-tensorflow. Versions are exact, and what is not listed is not installed. The
# registry has PyTorch for Linux with CUDA only: 4.6 GB on disk, though what no CPU loads is left out.
set -eu
cd "$(dirname "$0")"
python3 -m venv venv
venv/bin/pip install --quiet --no-deps --requirement requirements.txt
[ "${1:-}" = --tensorflow ] || exit 0
python3 -m venv venv-tensorflow
venv-tensorflow/bin/pip install --quiet --no-deps --requirement requirements-tensorflow.txt
