# Every target sets up what it needs: a virtual environment, once, from the pinned versions.
#   make demo     trains a network on real digits, shows it, saves it, predicts
#   make test     everything that must hold: lint, types, docs, examples, wheel, tests
#   make bench    measures striate beside its peers (make bench-peers installs them)
#   make PYTHON=python3.12 test    another Python than python3

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow lint format docs bench bench-peers clean

help:
	@sed -n 's/^#   //p' Makefile

NATIVE := $(wildcard src/striate/kernels/native/*)

$(STAMP): pyproject.toml constraints.txt setup.py $(NATIVE)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "striate needs Python 3.10 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	@touch $@

setup: $(STAMP)

demo: $(STAMP)
	$(BIN)/python examples/digits.py

test: lint
	@echo '=== tests: library, docs, examples, wheel'
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

test-slow: lint
	@echo '=== tests, the slow ones too'
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --slow=all

lint: $(STAMP)
	@echo '=== format'
	$(BIN)/ruff format --check
	@echo '=== lint'
	$(BIN)/ruff check
	@echo '=== types'
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

docs: $(STAMP)
	$(BIN)/python -m sphinx -E -W --keep-going -b html docs docs/_build/html
	@echo 'open docs/_build/html/index.html'

# striate beside every peer that is installed, in one run; hours. Parts: python -m benchmarks --help
bench: $(STAMP)
	@set -e; for what in training inference epoch start scaling; do \
	    echo "=== $$what"; $(BIN)/python -m benchmarks $$what; done
	@set -e; for what in mnist cifar10 precision zoo; do \
	    echo "=== accuracy, $$what"; $(BIN)/python -m benchmarks.accuracy $$what; done
	$(BIN)/python -m benchmarks.page

# Each peer in a virtual environment of its own.
PEERS := $(basename $(notdir $(wildcard benchmarks/peers/*.txt)))
bench-peers: $(PEERS:%=.peers/%/.installed)

.peers/%/.installed: benchmarks/peers/%.txt
	$(PYTHON) -m venv .peers/$*
	.peers/$*/bin/python -m pip install --quiet -r $<
	@touch $@

clean:
	rm -rf $(VENV) .peers build dist docs/_build docs/api docs/guides/figures .mypy_cache .ruff_cache .pytest_cache .hypothesis
