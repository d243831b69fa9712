# Each target makes what it needs in .venv, from Python 3.11 or later, git and make alone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check matrix clean

demo: $(VENV)/.sandbox
	$(BIN)/role-migrate demo

test: $(VENV)/.test
	$(BIN)/python -m pytest -n auto --cov --cov-report=term

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The matrices whole, of which `make test` tries samples.
matrix: $(VENV)/.test
	ROLE_MIGRATE_MATRIX=full $(BIN)/python -m pytest -n auto tests/matrix tests/lock/test_model.py tests/stores/test_directory.py

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.sandbox $(VENV)/.test $(VENV)/.dev: $(VENV)/.%: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

clean:
	rm -rf $(VENV) build dist
