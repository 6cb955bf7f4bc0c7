# The commands of this repository. Each installs what it needs into .venv first.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help install console demo test check bench format lock package clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

install: ## create .venv with the locked packages
	@$(PYTHON) tools/bootstrap.py

console: install ## build the pages of the console (needs npm, or installs it)
	@$(BIN)/python tools/build_console.py

demo: console ## play the stories, then serve (ONCE=1: stop after the stories; PORT=8000)
	@$(BIN)/classgate demo --data-dir .demo --fresh --port $(PORT) $(if $(ONCE),--once)

test: console ## check format, lint, types and imports, and run all tests
	@$(BIN)/python tools/check.py all

check: console ## check format, lint, types and imports, and run the fast tests
	@$(BIN)/python tools/check.py fast

bench: install ## measure the service; 15 minutes (TABLES="signers storm", BASELINE=results, FULL=1)
	@FULL=$(FULL) $(BIN)/python -m bench $(if $(BASELINE),--baseline "$(BASELINE)") $(TABLES)

format: install ## format the code and fix what ruff can fix
	@$(BIN)/ruff check --fix --quiet && $(BIN)/ruff format --quiet

lock: install ## renew locks/ from pyproject.toml
	@$(BIN)/python tools/lock.py

package: console ## build the wheel, the source distribution and the bill of materials into dist
	@$(BIN)/python tools/package.py

clean: ## remove everything that the other commands created
	rm -rf .venv .demo .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist bench/results
