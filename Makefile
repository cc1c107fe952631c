# Each target sets up what it needs itself: Python 3.11+ and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TOOLS := .venv-tools
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --use-pep517
LOCK := $(TOOLS)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links
HOME_DIR ?= home

.PHONY: venv dev run test slow check gallery bench mutate lock audit clean

venv: $(VENV)/runtime
dev: $(VENV)/dev

$(VENV)/runtime: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Setting up $(VENV) (once) …"
	@$(BIN)/python $(PIP_INSTALL) --require-hashes -r requirements.lock
	@touch $@

$(VENV)/dev: $(VENV)/runtime requirements-dev.lock
	@$(BIN)/python $(PIP_INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

# A sample home, every job once over it, and an account of what came of it.
run: venv
	@$(BIN)/python -m jobs demo --home $(HOME_DIR)

test: $(VENV)/dev
	@$(BIN)/python -m pytest -n 2 -m "not slow"

slow: $(VENV)/dev
	@$(BIN)/python -m pytest -n 2 -m slow

check: $(VENV)/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# Every letter on one page, to be looked at in a browser.
gallery: venv
	@$(BIN)/python -m mailer.gallery gallery.html

bench: $(VENV)/dev
	@$(BIN)/python -m bench

# Faults put into the rules and the merge one at a time: does a test notice? `make mutate ONLY="rules.leads.*"` tries some (docs/mutation.md).
mutate: $(VENV)/dev
	@rm -rf mutants
	@$(BIN)/mutmut run --max-children 2 $(ONLY)
	@$(BIN)/python -m tests.survivors

# After a change of requirements*.txt: every package that follows from the pins, with hashes. Needs the open network, as `audit` does.
lock: $(TOOLS)/ready
	@$(LOCK) requirements.txt -o requirements.lock
	@$(LOCK) requirements-dev.txt -o requirements-dev.lock

# Known vulnerabilities of what is installed.
audit: $(TOOLS)/ready
	@$(TOOLS)/bin/pip-audit --strict --require-hashes --disable-pip -r requirements.lock -r requirements-dev.lock

$(TOOLS)/ready: requirements-tools.txt
	@test -x $(TOOLS)/bin/python || $(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/python $(PIP_INSTALL) -r requirements-tools.txt
	@touch $@

clean:
	rm -rf $(VENV) $(TOOLS) mutants .mypy_cache .ruff_cache .pytest_cache
