# Script2Skin. "make" lists what can be done. Needs Python 3.11 or newer, git and make; the rest is installed into .venv.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test check format browser clean

BASE_PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p && break; done)
PORT ?= 8501
WORKERS ?= 2
VENV := .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip install --quiet --disable-pip-version-check
SUM := $(shell command -v sha256sum >/dev/null && echo sha256sum || echo shasum -a 256)

# A stamp carries the checksum of what was installed, so a changed pin installs again and nothing else does.
APP_STAMP := $(VENV)/.app-$(shell cat requirements.txt | $(SUM) | cut -c1-16)
DEV_STAMP := $(VENV)/.dev-$(shell cat requirements.txt requirements-dev.txt | $(SUM) | cut -c1-16)

# One thread for each test process: two processes on two cores, none waiting for the other's threads.
QUIET := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1

help:  ## list the commands
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: $(APP_STAMP)  ## start the app and open it in the browser (PORT=8501)
	@echo "Script2Skin: http://localhost:$(PORT)   (Ctrl+C stops it)"
	@headless=true; \
	if [ -n "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ] || [ "$$(uname)" = Darwin ]; then headless=false; fi; \
	exec $(PYTHON) -m streamlit run streamlit_app.py --server.port $(PORT) --server.headless $$headless

test: $(DEV_STAMP)  ## everything: tools, check, tests, browser tests
	@tools/install_test_tools.sh
	@$(MAKE) --no-print-directory check
	$(QUIET) $(PYTHON) -m pytest -n $(WORKERS) -m "not browser"
	@$(MAKE) --no-print-directory browser

browser: $(DEV_STAMP)  ## the real app in a real browser, one test after the other
	@if [ -z "$$(find tests -name 'test_*.py' -exec grep -l 'mark.browser' {} +)" ]; then \
		echo "There are no browser tests."; \
	else \
		HF_HUB_OFFLINE=1 $(PYTHON) -m pytest -m browser; \
	fi

check: $(DEV_STAMP)  ## ruff, mypy, migrations
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -m db.check

format: $(DEV_STAMP)  ## let ruff put the code in order
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

clean:  ## remove the environment and caches; the library stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PYTHON):
	@if [ -z "$(BASE_PYTHON)" ]; then echo "Python 3.11 or newer is needed; none was found." >&2; exit 1; fi
	@$(BASE_PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed.")'
	@$(BASE_PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python's venv module is needed (Debian: apt-get install python3-venv)." >&2; exit 1; }

$(APP_STAMP): | $(PYTHON)
	@echo "Installing the app's packages into $(VENV) (once; takes some minutes) ..."
	@$(PIP) -r requirements.txt
	@rm -f $(VENV)/.app-* && touch $@

$(DEV_STAMP): | $(PYTHON)
	@echo "Installing the packages for tests and checks into $(VENV) (once; takes some minutes) ..."
	@$(PIP) -r requirements-dev.txt
	@rm -f $(VENV)/.dev-* $(VENV)/.app-* && touch $@ $(APP_STAMP)
