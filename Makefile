# `make demo` and `make test` do all the set-up; what is already done is skipped.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder

.PHONY: demo test test-slow lint types imports unit format starter pictures clean

demo: $(READY)
	$(BIN)/kgdx demo

test: $(READY) lint types imports unit

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

unit: $(READY)
	$(PYTEST) -m "not slow"

# The long forms: every source in both stores, loads killed at ten moments, thousands of random cases.
test-slow: $(READY)
	$(PYTEST) -m slow

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The shipped graph, from the tables in ingest/starter.
starter: $(READY)
	$(BIN)/python -m ingest.starter.build

# The pictures of the clinician's page, from the demo case; needs a Chromium.
pictures: $(READY)
	$(BIN)/python tools/report_pictures.py

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kgdx needs Python 3.11 or later: set PYTHON=...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf build dist report.html .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
