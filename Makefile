# preclear: `make demo` and `make test` set up all they need in .venv; `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test soak lint bench model screenshot lock clean

help: ## What there is to make
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

demo: $(VENV)/.runtime ## Play a day at a hub (ARGS="--once --json" and others: preclear demo --help)
	@$(BIN)/preclear demo $(ARGS)

test: $(VENV)/.dev ## Format, lint, words, types, import contracts, all tests
	@packaging/test-system $(BIN)

soak: $(VENV)/.dev ## What takes minutes: megabytes of noise for every parser, sixteen scales at once
	@$(BIN)/pytest -q -s -m soak tests/soak

lint: $(VENV)/.dev ## Format, lint, words, types, import contracts
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/python packaging/lint-words && $(BIN)/mypy && $(BIN)/lint-imports

bench: $(VENV)/.dev ## Measure, as ratios to a floor taken in the same run
	@$(BIN)/preclear bench $(ARGS)

model: $(VENV)/.dev ## Train the risk model again and write its bundle
	@$(BIN)/python -m models.training

screenshot: $(VENV)/.dev ## Take the README's picture of the lane page, with the browser test
	@PRECLEAR_SCREENSHOT=agent/docs/lane.png $(BIN)/pytest -q -m browser tests/agent/demo

lock: ## Resolve the locks again (needs uv)
	uv pip compile -q --universal --generate-hashes --no-header pyproject.toml --group build -o requirements.lock
	uv pip compile -q --universal --generate-hashes --no-header pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock

clean: ## Remove the environment and every cache
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist *.egg-info

# A stamp is newer than its lock when what the lock names is installed, so a second run installs nothing.
$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/.made
	@if [ ! -e $(VENV)/.dev ]; then packaging/install $(BIN) requirements.lock; fi
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/.made
	@packaging/install $(BIN) requirements-dev.lock
	@touch $@

$(VENV)/.made:
	@packaging/make-venv "$(PYTHON)" $(VENV)
	@touch $@
