# What one types while working on it; `make` alone lists the targets. CONTRIBUTING.md tells when to use which.
VENV ?= .venv-dev
T ?=
ready := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup test lint docs bench check

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s  %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(ready) ## make .venv-dev, with the tool, its tests and its linters

$(ready): pyproject.toml requirements.lock
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet -c requirements.lock -e '.[dev]'
	touch $@

test: $(ready) ## run the tests that need no other program; T=tests/planning runs these only
	$(VENV)/bin/pytest -n 2 -m 'not external' $(T)

lint: $(ready) ## ruff, mypy, and the direction of imports
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy --platform win32
	$(VENV)/bin/lint-imports

docs: $(ready) ## write docs/reference and the floors anew, from the code and the schema
	$(VENV)/bin/python docs/generate.py
	$(VENV)/bin/python docs/floors.py

bench: $(ready) ## measure calls, times, CPU and memory; about ten minutes
	$(VENV)/bin/python -m tests.benchmarks

check: ## everything that must hold before a commit lands, in fresh environments; needs the network, apt and npm
	.ci/run
