#!/usr/bin/env bash
# Prepares .venv-llama: a real model server (llama.cpp's, from llama-cpp-python) that tests start.
# Built from source, about five minutes on two cores; needs a C++ compiler and cmake comes along.
set -euo pipefail
PYTHON="${PYTHON:-python3}"
VENV=.venv-llama

say_why_not() {
  echo "setup: no real model server is tested: $1" >&2
  mkdir -p "$VENV" && touch "$VENV/.ready"
  exit 0
}
command -v c++ >/dev/null || command -v g++ >/dev/null || {
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq g++ || true
  fi
}
command -v c++ >/dev/null || command -v g++ >/dev/null ||
  say_why_not "there is no C++ compiler. Run: sudo apt-get install g++, then rm -r $VENV"
[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
# Neither this machine's instructions (a wheel may be kept) nor the parts that read pictures.
CMAKE_ARGS="-DGGML_NATIVE=OFF -DLLAVA_BUILD=OFF -DMTMD_BUILD=OFF" \
CMAKE_BUILD_PARALLEL_LEVEL="${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" \
  "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check \
  -c launch/llama-constraints.txt "llama-cpp-python[server]" ||
  say_why_not "llama-cpp-python could not be built"
touch "$VENV/.ready"
