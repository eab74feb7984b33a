# Each target works first, alone, on a fresh machine with Python 3.10 or newer.

PYTHON ?= python3
BIN := .venv/bin
NOTEBOOKS := $(sort $(wildcard book/*.ipynb)) templates/chapter.ipynb
# what takes longest begins first, so that no processor waits for the other at the end
LONGEST := $(foreach n,05 07 08 10 03 04 06 09 failure,$(wildcard book/$n_*.ipynb))
OUT := _build/html
MINUTES ?= 5
WORKERS ?= 2
NET := $(basename $(notdir $(PICTURE)))

export PYTHONPATH := $(CURDIR)
export PYTHONHASHSEED := 0
export PYDEVD_DISABLE_FILE_VALIDATION := 1

# files of tests side by side, a thread each: threads of two processes on two cores wait
# for one another. glibc keeps memory, in large pages: a twentieth sooner
TOGETHER := GLIBC_TUNABLES=glibc.malloc.hugetlb=1 MALLOC_TRIM_THRESHOLD_=4000000000 \
  MALLOC_MMAP_THRESHOLD_=4000000000 OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) \
  --dist loadfile --no-loadscope-reorder

.PHONY: help book test units lab style lint execute bench data repository clean
.DEFAULT_GOAL := help

help:  ## list what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

# a page may outlive neither its source nor a program that draws in it: built whole,
# whenever a file here has come, gone or changed
FILES := find $(filter-out _build node_modules dist,$(wildcard *)) -name __pycache__ -prune -o -type f
LISTED := _build/files

book: .venv/installed book/_static/vendor/live/installed  ## build the book and say which file to open
	@if $(FILES) -print | sort | cmp -s - $(LISTED) && [ -z "$$($(FILES) -newer $(LISTED) -print)" ]; \
	then echo "nothing has changed since the book was built"; \
	else rm -rf _build && mkdir _build && $(FILES) -print | sort > $(LISTED).new && \
	  $(BIN)/jupyter-book build . -W -n --keep-going --quiet && mv $(LISTED).new $(LISTED); fi
	@echo "The book is built: open $(CURDIR)/$(OUT)/index.html"

test: .venv/installed  ## run every check: style, package, chapters, the built book in a browser
	$(MAKE) --no-print-directory -j 3 lint book units
	FST_STATIC=1 TQDM_DISABLE=1 $(TOGETHER) --nbval --nbval-current-env \
	  --nbval-cell-timeout 900 --nbval-sanitize-with tests/sanitize.cfg \
	  $(LONGEST) $(filter-out $(LONGEST),$(NOTEBOOKS))
	$(TOGETHER) -n $$(( $(WORKERS) + 1 )) --loadscope-reorder tests/browser  # a test waits for its page

units: .venv/installed
	$(TOGETHER) tests --ignore=tests/browser

lab: .venv/installed  ## open the chapters in JupyterLab, which the first time installs
	@$(BIN)/python -c "import jupyterlab" 2>/dev/null || $(BIN)/python -m pip install --quiet jupyterlab
	$(BIN)/python -m jupyterlab book

style: .venv/installed  ## a style of your own: make style PICTURE=painting.jpg [PHOTOS=folder] [MINUTES=5]
	@test -n "$(PICTURE)" || { echo "name a picture: make style PICTURE=painting.jpg"; exit 2; }
	$(BIN)/python -m fst_lessons train --style "$(PICTURE)" $(if $(PHOTOS),--photos "$(PHOTOS)") \
	  --minutes $(MINUTES) --out "$(NET).safetensors" --preview "$(NET)_progress"
	@echo "Paint with it: $(BIN)/python -m fst_lessons stylize PHOTO --style $(NET).safetensors --out painted.jpg"

lint: .venv/installed  ## check the code's style alone
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

execute: .venv/installed  ## run every notebook anew and keep its outputs (LOSS_NETWORK=vgg16 works too)
	$(BIN)/python tools/run_notebooks.py $(NOTEBOOKS)

bench: .venv/installed  ## measure what the book says about speed
	for name in optimization_speed speed upscaling_speed; do $(BIN)/python benchmarks/$$name.py || exit 1; done

data: .venv/installed  ## paint the style pictures and compute the slider's pictures again
	$(BIN)/python -m fst_lessons.painting data/styles
	$(BIN)/python -m fst_lessons.lambda_grids

repository:  ## write the repository's address into the book: make repository URL=https://github.com/you/yours
	$(PYTHON) tools/setup_cell.py --write --url "$(URL)"

clean:  ## remove everything that was made
	rm -rf .venv _build node_modules book/_static/vendor dist .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/installed: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

LIVE := book/_static/live/painter.js tools/pack_live_page.py fst_lessons/export.py fst_lessons/explorer.css
book/_static/vendor/live/installed: book/_static/vendor/installed $(LIVE) $(wildcard data/weights/adjustable/*)
	$(BIN)/python tools/pack_live_page.py
	touch $@

book/_static/vendor/installed: package.json package-lock.json tools/vendor.py | .venv/installed
	$(BIN)/python tools/vendor.py
	touch $@
