# Everything lives in .venv; a stamp file in it says what is already done, so a second run is quick.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
MADE := $(VENV)/made.stamp
RUN := $(VENV)/run.stamp
TEST := $(VENV)/test.stamp
LOCK := $(BIN)/uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes \
	--upgrade --quiet --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

# What the caller's shell knows of other Pythons must not leak into this one.
unexport PYTHONHOME PYTHONPATH

.DEFAULT_GOAL := help
.PHONY: help run test lint types contracts bench faults soak pictures lock clean

help: ## say what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile

run: $(RUN) ## install what is needed and start the demo
	@$(BIN)/placet demo

test: lint types contracts ## lint, types, import contracts, tests
	@$(BIN)/python -m pytest -n auto --maxprocesses 4

lint: $(TEST) ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(TEST) ## mypy, strict
	@$(BIN)/python -m mypy

contracts: $(TEST) ## who may import whom
	@$(BIN)/lint-imports --no-logo

bench: $(TEST) ## measure the speed on this machine
	@$(BIN)/python -m bench

soak: $(TEST) ## twenty minutes of requests on all three platforms, with drops and restarts
	@PLACET_SOAK_SECONDS=$${PLACET_SOAK_SECONDS:-1200} $(BIN)/python -m pytest -s tests/scenarios/test_soak.py

faults: $(TEST) ## crash and recover, many times over
	@PLACET_FAULT_RUNS=$${PLACET_FAULT_RUNS:-20} $(BIN)/python -m pytest tests/faults

pictures: $(TEST) ## take the pictures of the README anew, from the running program
	@$(BIN)/python docs/pictures/make.py

lock: $(MADE) ## choose the newest versions anew and pin them with their hashes
	@$(PIP) install uv
	@$(LOCK) --output-file requirements.lock
	@$(LOCK) --extra test --constraint requirements.lock --output-file requirements-test.lock

clean: ## remove .venv and whatever the tools left behind
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(MADE):
	@command -v $(PYTHON) >/dev/null || \
	{ echo "Placet needs Python 3.11 or newer, and there is no '$(PYTHON)' here. Please install it (Debian, Ubuntu: apt-get install python3 python3-venv)." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Placet needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V). Please install a newer one and name it: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	{ echo "This Python has no venv module. Please install it (Debian, Ubuntu: apt-get install python3-venv)." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(RUN): $(MADE) requirements.lock pyproject.toml
	@echo "Installing what Placet needs into $(VENV) ..."
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(TEST): $(MADE) requirements-test.lock pyproject.toml
	@echo "Installing what Placet and its tests need into $(VENV) ..."
	@$(PIP) install --require-hashes --requirement requirements-test.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
