# Each target sets up what it needs itself: Python 3.11+ and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOME_DIR ?= home

.PHONY: venv dev run test slow check gallery bench clean

venv: $(VENV)/runtime
dev: $(VENV)/dev

$(VENV)/runtime: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Setting up $(VENV) (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --use-pep517 -r requirements.txt
	@touch $@

$(VENV)/dev: $(VENV)/runtime requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --use-pep517 -r requirements-dev.txt
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

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
