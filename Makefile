# Each target makes what it needs in .venv, from Python 3.11 or later, git and make alone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Tests start the program hundreds of times: compiled once, each start takes half as long.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test coverage check matrix bench clean

# Tests write and sync thousands of small files: in memory, where there is room for them.
MEMORY := $(shell test -w /dev/shm && test $$(df -Pk /dev/shm | awk 'NR==2 {print $$4}') -gt 2000000 && echo /dev/shm)
# Most of their time they wait, for servers and time-outs: two for each core.
WORKERS := $(shell $(PYTHON) -c 'import os; print(min(2 * (os.cpu_count() or 1), 16))')
PYTEST := $(if $(MEMORY),PYTEST_DEBUG_TEMPROOT=$(MEMORY) )$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

demo: $(VENV)/.sandbox
	$(BIN)/role-migrate demo

test: $(VENV)/.test
	$(PYTEST)

# Watching every line takes longer than all that is watched.
coverage: $(VENV)/.test
	$(PYTEST) --cov --cov-report=term

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The matrices whole, of which `make test` tries samples.
matrix: $(VENV)/.test
	ROLE_MIGRATE_MATRIX=full $(PYTEST) tests/matrix tests/lock/test_model.py tests/stores/test_directory.py

# Every figure against its floor; writes docs/performance.md and fails where a bound is missed.
bench: $(VENV)/.test
	$(if $(MEMORY),TMPDIR=$(MEMORY) )$(BIN)/python -m tests.benchmarks

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.sandbox $(VENV)/.test $(VENV)/.dev: $(VENV)/.%: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

clean:
	rm -rf $(VENV) build dist
