#!/usr/bin/env bash
# Prepares the virtual environment that `make run` and `make test` use.
set -euo pipefail
PYTHON="${PYTHON:-python3}"
VENV="${VENV:-.venv}"

if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "setup: $PYTHON is not Python 3.11 or newer. Install it, or: make PYTHON=/path/to/python3.11 ..." >&2
  exit 1
fi
# Debian splits venv from python3; install it when we may, say so when we may not.
if ! "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; then
  version=$("$PYTHON" -c 'import sys; print(f"{sys.version_info.major}.{sys.version_info.minor}")')
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq "python${version}-venv"
  else
    echo "setup: Python's venv module is missing. Run: sudo apt-get install python${version}-venv" >&2
    exit 1
  fi
fi
[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
# torch comes pinned: plain torch pulls gigabytes of CUDA (README, "Installing").
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check \
  -c constraints.txt -e ".[dev]"
# Both without what they ask for: minigrid wants pygame, which would overwrite pygame-ce, and
# memory-gym pins gymnasium 0.29 and pygame 2.4; they run with ours.
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check \
  -c constraints.txt --no-deps minigrid memory-gym
# Open3D looks for these at import; installed when we may, else its tests say why they skip.
"$VENV/bin/python" -c 'import ctypes; [ctypes.CDLL(f"lib{n}") for n in
    ("usb-1.0.so.0", "GL.so.1", "EGL.so.1", "X11.so.6")]' 2>/dev/null || {
  libraries="libusb-1.0-0 libgl1 libegl1 libx11-6"
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    { apt-get update -qq && apt-get install -y -qq $libraries; } || true
  else
    echo "setup: registration between visits is not tested. Run: sudo apt-get install $libraries" >&2
  fi
}
