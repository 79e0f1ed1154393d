PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile
export MPLBACKEND ?= Agg

.PHONY: setup study test quick soak lint format docs bench lab clean

setup: $(VENV)/.ready

# Constraints, not requirements: with the CPU build of torch named first, nothing asks for a CUDA one.
$(VENV)/.ready: pyproject.toml constraints.txt
	@echo "Setting up $(VENV): about two minutes, 2 GB"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq -c constraints.txt torch setuptools
	$(BIN)/python -m pip install -qq -c constraints.txt -e ".[dev,docs,explore]"
	touch $@

study: setup
	$(BIN)/workbench run market_futures

# Style, doctests, types (a ratchet: tests/test_types.py), tests and coverage; the tests' own line comes last.
test: lint
	$(PYTEST) --cov --cov-report=term

quick: lint
	$(PYTEST) -m "not slow and not soak"

# Kills of running studies, readers under random files, every study at larger settings: an hour or more.
soak: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m soak

lint: setup
	$(BIN)/ruff check -q .
	$(BIN)/ruff format -q --check .

format: setup
	$(BIN)/ruff check -q --fix .
	$(BIN)/ruff format -q .

# The studies of the gallery run once; pages are then built and every internal link is followed. No network is used.
docs: setup
	$(BIN)/python docs/gallery.py
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	$(BIN)/python docs/check_links.py docs/_build/html
	@echo "Open docs/_build/html/index.html"

bench: setup
	$(BIN)/python -m benchmarks

# Studies are copied to a scratch folder, so that the originals stay as they are; what stands there already is kept.
SCRATCH ?= scratch
lab: setup
	mkdir -p $(SCRATCH)
	cp -n notebooks/*.ipynb $(SCRATCH)/
	$(BIN)/jupyter lab --notebook-dir=$(SCRATCH)

clean:
	rm -rf $(VENV) reports cache build docs/_build docs/_generated *.egg-info
