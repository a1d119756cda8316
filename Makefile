# make run    serve the dashboard
# make lab    open JupyterLab on the notebooks
# make test   every test but soak and bench
# make fast   the offline unit tests
# make check  lint, types, floors, docstrings, spelling, notebooks
# make bench  measure
# make soak   the tests that take minutes
#
# Each installs what it needs into .venv and hands ARGS on: make run ARGS="--source simulated"
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
BESIDE := --numprocesses auto --dist loadscope
APART := kernel or notebook or browser or slow or bench or soak or network

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_SYSTEM_CERTS := true
export VALIDATE_PYPROJECT_NO_NETWORK := 1
unexport PYTHONDONTWRITEBYTECODE # each kernel would compile every library anew

.PHONY: run lab test fast check bench soak

run: .venv/run.stamp
	$(BIN)/quantlive $(ARGS)

lab: .venv/run.stamp
	$(BIN)/quantlive lab $(ARGS)

test: .venv/test.stamp
	@$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m pytest $(BESIDE) -m "not (bench or soak or network)" --durations=10 $(ARGS)

fast: .venv/test.stamp
	$(BIN)/python -m pytest $(BESIDE) -m "not ($(APART))" $(ARGS)

check: .venv/check.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/interrogate quantlive_nb tests
	$(BIN)/codespell
	$(BIN)/nbstripout --verify notebooks/*.ipynb
	$(BIN)/validate-pyproject pyproject.toml

bench: .venv/bench.stamp
	$(BIN)/python -m tests.bench $(ARGS)

soak: .venv/test.stamp
	@$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m pytest -m soak $(ARGS)

.venv/run.stamp: EXTRAS := all
.venv/test.stamp: EXTRAS := all,test
.venv/check.stamp: EXTRAS := all,check
.venv/bench.stamp: EXTRAS := all,test,bench

# uv takes seconds where pip takes a minute, but reads none of pip's settings: pip's index is handed
# over. Where uv is not to be had, or fails, pip does the same.
.venv/run.stamp .venv/test.stamp .venv/check.stamp .venv/bench.stamp: \
		.venv/made.stamp pyproject.toml constraints.txt
	@echo "installing quantlive_nb[$(EXTRAS)] into .venv"
	@index=$${PIP_INDEX_URL:-$$($(BIN)/pip config get global.index-url 2>/dev/null)}; \
	[ -x $(BIN)/uv ] && $(BIN)/uv pip install --quiet --python $(BIN)/python \
		$${index:+--default-index "$$index"} --constraints constraints.txt --editable '.[$(EXTRAS)]' \
	|| $(BIN)/pip install -qq --constraint constraints.txt --editable '.[$(EXTRAS)]'
	@touch $@

.venv/made.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
		"quantlive_nb needs Python 3.11 or newer: name one with 'make PYTHON=python3.12'" >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv || { rm -rf .venv; echo \
		"$(PYTHON) cannot make a virtual environment: on Debian, apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/pip install -qq --constraint constraints.txt uv \
		|| echo "no uv to be had: installing with pip, which takes longer" >&2
	@touch $@
