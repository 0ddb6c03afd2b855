# Two commands do all the set-up on a machine with Python 3.11 to 3.13 and make:
#   make demo   base install without torch, then the whole path on a real table
#   make test   everything, then every test
#   make docs   the pages of docs/ anew, from the docstrings and policies
# On Linux, plain torch brings gigabytes of CUDA packages; for the CPU build, with the index that torch's own page names:
#   make test TORCH_INDEX=URL

PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3 python; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$python && break; done)
TORCH_INDEX ?=
BIN := .venv/bin
PINS := pyproject.toml constraints.txt
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip -qq install -c constraints.txt

.DELETE_ON_ERROR:
.PHONY: demo test docs lint format clean

demo: .venv/demo.installed
	$(BIN)/assay demo

test: .venv/test.installed
	$(BIN)/python -m pytest

docs: .venv/test.installed
	$(BIN)/python docs/making

lint: .venv/test.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/pyright

format: .venv/test.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv assay-demo .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# pip runs in the environment itself, so that the build tools are the pinned ones, too.
.venv/build.installed: $(PINS)
	@test -n "$(PYTHON)" || { echo "Assay needs Python 3.11, 3.12 or 3.13 on the PATH (or: make PYTHON=/path/to/python3.11)." >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) hatchling editables setuptools wheel
	@touch $@

.venv/demo.installed: .venv/build.installed
	@echo "Installing the base and the demo's table into .venv"
	$(PIP) --no-build-isolation -e '.[demo]'
	@touch $@

.venv/test.installed: .venv/build.installed
	@echo "Installing everything into .venv, torch included: a minute or more"
	$(if $(TORCH_INDEX),$(PIP) --index-url $(TORCH_INDEX) torch,)
	$(PIP) --no-build-isolation -e '.[neural,rules,fast,dev]'
	@touch $@ .venv/demo.installed
