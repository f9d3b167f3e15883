# `make run` and `make test` each set up everything they need, then do their job.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: setup run test test-slow lint bench clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt launch/setup.sh
	PYTHON="$(PYTHON)" VENV="$(VENV)" bash launch/setup.sh
	@touch $@

run: setup
	$(BIN)/embodied-mem run --out runs/house

lint: setup
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

test: setup lint
	PYTHONHASHSEED=0 $(BIN)/pytest -n 2

test-slow: setup
	PYTHONHASHSEED=0 $(BIN)/pytest -m slow

bench: setup
	$(BIN)/embodied-mem bench all

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
