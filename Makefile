# What an operator and a developer run. `make demo` and `make test` need git, make and Python 3.11 or later
# with venv, and nothing else.
PYTHON ?= python3
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS := never

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test lint fmt check bench fuzz lock

help: ## Show this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: .venv/.local ## Start everything with three shops to look at; Ctrl-C stops it
	@$(BIN)/python -m config.demo

demo-reset: .venv/.local ## Delete the demo's data and start anew
	@$(BIN)/python -m config.demo --reset

test: .venv/.dev ## Run the whole suite; TESTS="tests/tracking -k machine" runs a part
	@$(BIN)/python -m pytest -n 3 --dist worksteal $(TESTS)

lint: .venv/.dev ## Formatting, lint, types, imports, templates, migrations
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@find templates -name '*.html' -exec $(BIN)/djade --check --target-version 5.2 {} +
	@$(BIN)/lint-imports
	@$(BIN)/mypy .
	@SECRET_KEY=lint $(BIN)/python -W ignore manage.py makemigrations --check --dry-run
	@SECRET_KEY=lint $(BIN)/python manage.py check

fmt: .venv/.dev ## Format code and templates
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@find templates -name '*.html' -exec $(BIN)/djade --target-version 5.2 {} +

check: lint test ## What CI runs

bench: .venv/.dev ## Measure against floors in the same run
	@$(BIN)/python -m bench

fuzz: .venv/.dev .venv/.fuzz ## Look for bytes that break an adapter; CARRIER="dhl ups" SECONDS=600
	@SECRET_KEY=fuzz $(BIN)/python -m tests.carriers.fuzz_adapters --seconds $(or $(SECONDS),60) $(CARRIER)

lock: .venv/.uv ## Pin and hash the requirements anew
	@for set in bootstrap base local dev fuzz; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate requirements/$$set.in --output-file requirements/$$set.txt || exit 1; \
	done

# --- The virtual environment: each stamp says what was installed, and is older than what asks for more ---

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed; $(PYTHON) is older. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "Making .venv"
	@$(PYTHON) -m venv .venv \
	  || { rm -rf .venv; echo "Python has no venv here. On Debian: apt-get install python3-venv"; exit 1; }

.venv/.uv: requirements/bootstrap.txt | .venv/bin/python
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements/bootstrap.txt
	@touch $@

# With the machine's certificates, then, where it has none, with those uv brings along.
.venv/.%: requirements/%.txt .venv/.uv
	@echo "Installing requirements/$*.txt"
	@install="install --quiet --require-hashes --only-binary :all: -r $<"; \
	  $(BIN)/uv --system-certs pip $$install --python $(BIN)/python \
	  || $(BIN)/uv pip $$install --python $(BIN)/python \
	  || { echo "uv could not; trying with pip, which takes a minute or two"; \
	       $(BIN)/python -m pip --disable-pip-version-check $$install; }
	@touch $@
