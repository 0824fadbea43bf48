# `make demo` and `make test` are all a newcomer needs; both make the virtual environment first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PLUGINS := $(sort $(wildcard plugins/*))
INSTALLED := $(VENV)/.installed

.PHONY: help demo test test-browser test-all check format tables cards records pictures docs page wheels clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

$(INSTALLED): pyproject.toml constraints.txt $(wildcard plugins/*/pyproject.toml)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[data,train,audio,codec,page,docs,dev]' $(foreach plugin,$(PLUGINS),-e $(plugin))
	touch $@

demo: $(INSTALLED)  ## samples, completions and a likelihood from the bundled weights, into demo/
	mkdir -p demo
	$(BIN)/arzoo sample gatedpixelcnn-mnist -n 40 --columns 10 --out demo/samples.png
	$(BIN)/arzoo sample gatedpixelcnn-digits-class -n 40 --label 0,1,2,3,4,5,6,7,8,9 --columns 10 --out demo/samples-by-class.png
	$(BIN)/arzoo complete gatedpixelcnn-digits-class --dataset digits --first 10 --known top --out demo/completions.png
	$(BIN)/arzoo eval pixelcnn-digits
	$(BIN)/arzoo eval gatedpixelcnn-digits-class

# One thread a process: the default tests are many small models, for which a second thread only waits.
test: $(INSTALLED)  ## the default tests: no GPU, no Hub, no data root
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 -m "not slow and not browser and not gpu"

test-browser: $(INSTALLED)  ## the benchmark page in headless Chromium (skipped where there is none)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m browser tests/benchmark/page

test-all: $(INSTALLED)  ## all tests, whole test splits included (give ARZOO_DATA_ROOT)
	$(BIN)/python -m pytest -q

check: $(INSTALLED)  ## lint, format, types, direction of imports, generated tables and cards
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/tables.py --check
	$(BIN)/arzoo card --all --check --out model_cards

format: $(INSTALLED)  ## format the code and mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

tables: $(INSTALLED)  ## write the generated tables anew from registry and results
	$(BIN)/python docs/tables.py

cards: $(INSTALLED)  ## write the model cards anew from registry and results, and draw samples of new weights
	$(BIN)/arzoo card --all --out model_cards

records: $(INSTALLED)  ## measure every checkpoint on its whole test split and record it (give ARZOO_DATA_ROOT)
	for name in $$($(BIN)/arzoo list --pretrained --json | $(BIN)/python -c 'import json,sys; print(*(entry["id"] for entry in json.load(sys.stdin)["checkpoints"] if entry["pinned"]))'); do \
	  $(BIN)/arzoo eval $$name --json docs/benchmark/results/$$name.likelihood.json || exit; done
	$(BIN)/python docs/tables.py

pictures: $(INSTALLED)  ## draw the pictures of the README anew (give ARZOO_DATA_ROOT)
	$(BIN)/arzoo sample gatedpixelcnn-mnist -n 40 --columns 8 --out docs/pictures/gatedpixelcnn-mnist.png
	$(BIN)/arzoo complete gatedpixelcnn-mnist --dataset binarized-mnist --first 6 --known top --out docs/pictures/completions.png
	$(BIN)/arzoo complete pixelcnnpp-cifar10 --dataset cifar10 --first 10 --known top --out docs/pictures/completions-cifar10.png
	$(BIN)/python docs/sound_sheet.py wavenet-fsdd docs/pictures/wavenet-fsdd.png

docs: $(INSTALLED)  ## build the site into site/, to be read from disk; a warning is an error
	OMP_NUM_THREADS=1 NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

page: $(INSTALLED)  ## the benchmark page, page/index.html: one file, to be read from disk
	$(BIN)/arzoo benchmark page --out page

wheels:  ## build all distributions as committed, and use them from the wheels alone (needs the package index)
	$(PYTHON) tools/wheels.py

clean:  ## remove what the targets above made
	rm -rf $(VENV) demo site page build dist .pytest_cache .mypy_cache .ruff_cache
