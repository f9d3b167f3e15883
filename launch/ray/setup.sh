#!/usr/bin/env bash
# Puts the exact environment on a machine of a cluster: setup.sh FOLDER-OF-THE-REPOSITORY [VENV]
# The same Python, packages and kind of CPU everywhere are what makes the bits the same everywhere.
set -euo pipefail
repository="${1:?setup.sh FOLDER-OF-THE-REPOSITORY [VENV]}"
venv="${2:-/opt/embodied-mem}"
[ -x "$venv/bin/python" ] || "${PYTHON:-python3.11}" -m venv "$venv"
# torch comes pinned: plain torch pulls gigabytes of CUDA (README, "Installing").
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  -c "$repository/constraints.txt" "$repository[train,ray]"
"$venv/bin/python" -c 'import embodied_mem, ray, torch; print(f"embodied_mem {embodied_mem.__version__}, ray {ray.__version__}, torch {torch.__version__}")'
