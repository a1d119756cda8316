# make run    serve the dashboard
# make lab    open JupyterLab on the notebooks
# make test   every test but soak and bench
# make fast   the offline unit tests
# make check  lint, types, floors, docstrings, spelling, notebooks
# make bench  measure
# make soak   the tests that take minutes
#
# Each installs what it needs into .venv and hands ARGS on: make run ARGS="--source simulated"
#
# make test ARGS=--resolution=lowest-direct runs the tests with the oldest versions that
# pyproject.toml allows, in an environment of their own.
PYTHON ?= python3
ARGS ?=
RESOLUTION := $(filter --resolution=%,$(ARGS))
ifneq ($(RESOLUTION),)
override ARGS := $(filter-out $(RESOLUTION),$(ARGS))
endif
VENV := .venv$(patsubst --resolution=%,-%,$(RESOLUTION))
BIN := $(VENV)/bin
CONSTRAINTS := $(if $(RESOLUTION),$(RESOLUTION),--constraints constraints.txt)
BESIDE := --numprocesses auto --dist loadscope
APART := kernel or notebook or browser or slow or bench or soak or network

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_SYSTEM_CERTS := true
export VALIDATE_PYPROJECT_NO_NETWORK := 1
unexport PYTHONDONTWRITEBYTECODE # each kernel would compile every library anew

.PHONY: run lab test fast check bench soak

run: $(VENV)/run.stamp
	$(BIN)/quantlive $(ARGS)

lab: $(VENV)/run.stamp
	$(BIN)/quantlive lab $(ARGS)

test: $(VENV)/test.stamp
	@$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m pytest $(BESIDE) -m "not (bench or soak or network)" --durations=10 $(ARGS)

fast: $(VENV)/test.stamp
	$(BIN)/python -m pytest $(BESIDE) -m "not ($(APART))" $(ARGS)

check: $(VENV)/check.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/interrogate quantlive_nb tests
	$(BIN)/codespell
	$(BIN)/nbstripout --verify notebooks/*.ipynb
	$(BIN)/validate-pyproject pyproject.toml

bench: $(VENV)/bench.stamp
	$(BIN)/python -m tests.bench $(ARGS)

soak: $(VENV)/test.stamp
	@$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m pytest -m soak $(ARGS)

$(VENV)/run.stamp: EXTRAS := all
$(VENV)/test.stamp: EXTRAS := all,test
$(VENV)/check.stamp: EXTRAS := all,check
$(VENV)/bench.stamp: EXTRAS := all,test,bench

# uv takes seconds where pip takes a minute, but reads none of pip's settings: pip's index is handed
# over. Where uv is not to be had, or fails, pip does the same.
$(VENV)/run.stamp $(VENV)/test.stamp $(VENV)/check.stamp $(VENV)/bench.stamp: \
		$(VENV)/made.stamp pyproject.toml constraints.txt
	@echo "installing quantlive_nb[$(EXTRAS)] into $(VENV)"
	@index=$${PIP_INDEX_URL:-$$($(BIN)/pip config get global.index-url 2>/dev/null)}; \
	[ -x $(BIN)/uv ] && $(BIN)/uv pip install --quiet --python $(BIN)/python \
		$${index:+--default-index "$$index"} $(CONSTRAINTS) --editable '.[$(EXTRAS)]' \
	|| $(if $(RESOLUTION),{ echo "only uv can install with $(RESOLUTION)" >&2; exit 1; },$(BIN)/pip \
		install -qq --constraint constraints.txt --editable '.[$(EXTRAS)]')
	@touch $@

$(VENV)/made.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
		"quantlive_nb needs Python 3.11 or newer: name one with 'make PYTHON=python3.12'" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); echo \
		"$(PYTHON) cannot make a virtual environment: on Debian, apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/pip install -qq --constraint constraints.txt uv \
		|| echo "no uv to be had: installing with pip, which takes longer" >&2
	@touch $@
