#!/bin/sh
# Installs JAX and PyTorch, and with --tensorflow TensorFlow, in virtual environments beside this
# file: venv and venv-tensorflow. Versions are exact, and what is not listed is not installed. The
# registry has PyTorch for Linux with CUDA only: 4.6 GB on disk, though what no CPU loads is left out.
# With --deepmd it installs DeePMD-kit with TensorFlow and LAMMPS instead, in venv-deepmd (2.3 GB); with
# --deepmd-torch its PyTorch back end, in venv-deepmd-torch (5.5 GB).
set -eu
cd "$(dirname "$0")"
case "${1:-}" in
--deepmd)
    python3 -m venv venv-deepmd
    exec venv-deepmd/bin/pip install --quiet 'deepmd-kit[cpu,lmp]==3.2.0'
    ;;
--deepmd-torch)
    python3 -m venv venv-deepmd-torch
    exec venv-deepmd-torch/bin/pip install --quiet 'deepmd-kit[torch]==3.2.0'
    ;;
esac
python3 -m venv venv
venv/bin/pip install --quiet --no-deps --requirement requirements.txt
[ "${1:-}" = --tensorflow ] || exit 0
python3 -m venv venv-tensorflow
venv-tensorflow/bin/pip install --quiet --no-deps --requirement requirements-tensorflow.txt
