PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
export MPLBACKEND ?= Agg

.PHONY: setup study test quick bench lab clean

setup: $(VENV)/.ready

# Constraints, not requirements: with the CPU build of torch named first, nothing asks for a CUDA one.
$(VENV)/.ready: pyproject.toml constraints.txt
	@echo "Setting up $(VENV): about two minutes, 2 GB"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq -c constraints.txt torch
	$(BIN)/python -m pip install -qq -c constraints.txt -e ".[dev]"
	touch $@

study: setup
	$(BIN)/workbench run market_futures

test: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile

quick: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow"

bench: setup
	$(BIN)/python -m benchmarks

lab: setup
	$(BIN)/jupyter lab --notebook-dir=notebooks

clean:
	rm -rf $(VENV) reports cache build *.egg-info
