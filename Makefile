# Everything a fresh machine needs is git, make and python3 >= 3.11.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo serve test check bench format lock arm64

help:
	@echo "make demo   try it: server, stand-in log-in and stand-in data on this machine, no accounts"
	@echo "make serve  the server with .env"
	@echo "make test   all tests"
	@echo "make bench  speed beside other servers; writes docs/reference/benchmarks.md"
	@echo "make check  format, lint, types, import rules, documentation, tests: what CI runs"

demo:
	@$(PYTHON) scripts/set_up.py requirements.txt
	@$(BIN)/python -m app demo

serve:
	@$(PYTHON) scripts/set_up.py requirements.txt
	@$(BIN)/python -m app serve

test:
	@$(PYTHON) scripts/set_up.py requirements-dev.txt
	@$(BIN)/python -m pytest

# SKIPS=fail turns a skipped test into a failed one.
check:
	@$(PYTHON) scripts/set_up.py requirements-dev.txt
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	SKIPS=fail $(MAKE) test

bench:
	@$(PYTHON) scripts/set_up.py requirements-bench.txt .venv-bench
	@PYTHONPATH=. .venv-bench/bin/python scripts/bench/run.py

format:
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# Renews the hash-locked requirement files from pyproject.toml; needs the uv command.
lock:
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements.txt
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements-dev.txt
	uv pip compile pyproject.toml --group bench --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements-bench.txt

# The image must build on a Raspberry Pi: each locked package has a wheel for arm64, with the hash of the lock.
arm64:
	@$(PYTHON) scripts/set_up.py requirements-dev.txt
	@folder=$$(mktemp -d) && $(BIN)/python -m pip download -q --disable-pip-version-check --no-deps --only-binary :all: \
	  --require-hashes --implementation cp --python-version 3.13 --platform manylinux_2_34_aarch64 \
	  --platform manylinux_2_28_aarch64 --platform manylinux_2_17_aarch64 --platform manylinux2014_aarch64 \
	  -d "$$folder" -r requirements.txt && rm -r "$$folder" && echo "every locked package has a wheel for arm64"
