# `make run` and `make test` each set up everything they need, then do their job.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
ROS_STAMP := .venv-ros/.ready
LLAMA_STAMP := .venv-llama/.ready

.PHONY: setup setup-franka run test test-slow lint bench clean

setup: $(STAMP) $(ROS_STAMP)

$(STAMP): pyproject.toml constraints.txt launch/setup.sh
	PYTHON="$(PYTHON)" VENV="$(VENV)" bash launch/setup.sh
	@touch $@

# Real rclpy, in an environment of its own; says so loudly and goes on where it cannot be had.
$(ROS_STAMP): launch/setup-ros.sh launch/ros-constraints.txt | $(STAMP)
	PYTHON="$(PYTHON)" bash launch/setup-ros.sh

# franky-control and the simulator of its protocol, in an environment of its own: 700 MB, on demand.
setup-franka:
	PYTHON="$(PYTHON)" bash launch/setup-franka.sh

run: $(STAMP)
	$(BIN)/embodied-mem run --out runs/house

lint: setup
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

# A real model server for the tests; says so loudly and goes on where it cannot be built.
$(LLAMA_STAMP): launch/setup-llama.sh launch/llama-constraints.txt
	PYTHON="$(PYTHON)" bash launch/setup-llama.sh

test: setup $(LLAMA_STAMP) lint
	PYTHONHASHSEED=0 $(BIN)/pytest -n 2 --dist loadfile

test-slow: setup $(LLAMA_STAMP)
	PYTHONHASHSEED=0 $(BIN)/pytest -m slow

bench: $(STAMP)
	$(BIN)/embodied-mem bench all

clean:
	rm -rf $(VENV) .venv-ros .venv-franka .venv-llama .mypy_cache .ruff_cache .pytest_cache
