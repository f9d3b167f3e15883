#!/usr/bin/env bash
# Prepares the environment in which an arm of Franka Robotics is driven, and its simulator runs:
# franky-control wants versions of numpy and pinocchio of its own, so it gets an environment of
# its own; the brain reaches it through the gateway. About 700 MB.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-python3}"
VENV="${VENV:-.venv-franka}"

if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "setup-franka: $PYTHON is not Python 3.11 or newer. Try: make setup-franka PYTHON=/path/to/python3.11" >&2
  exit 1
fi
[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check \
  -c launch/franka-constraints.txt franky-control franky-sim msgspec pyzmq
"$VENV/bin/python" -c 'import franky, franky_sim, msgspec, zmq' ||
  { echo "setup-franka: $VENV is not usable; delete it and try again" >&2; exit 1; }
echo "ready: $VENV/bin/python (option \`python\` of launch/robots/panda.toml)"
