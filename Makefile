# Uses .venv where there is one (make install), else the python3 at hand.
PYTHON ?= $(if $(wildcard .venv/bin/python),.venv/bin/python,python3)
# Of make test-python.
VERSION ?= 3.15

.DEFAULT_GOAL := help
.PHONY: help install tools run test test-examples test-python lint format bench wheel lock audit clean \
	show-own-bot show-wheel show-two-houses show-mutations show-machine show-instructions show-samples show-owed show-told show-walls

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## Make .venv with all that is needed to work on the bot
	python3 -m venv .venv
	.venv/bin/python -m pip install --quiet -r requirements-dev.txt

tools:
	@$(PYTHON) -c 'import mypy, pytest, ruff' 2>/dev/null || \
		{ echo 'run make install first' >&2; exit 1; }

run: ## Run the bot
	$(PYTHON) app.py

test: tools ## Run the tests
	$(PYTHON) -m pytest

test-examples: tools ## Run the tests of the examples
	$(PYTHON) -m pytest examples

test-python: ## Run the tests on a Python of Debian's newest (VERSION=3.15; Linux, as root)
	$(PYTHON) -m shows.python $(VERSION)

lint: tools ## Check style and types
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy --strict .

format: tools ## Put the code in order
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

bench: tools ## Measure the bot beside a plain SDK bot and a bare handler
	$(PYTHON) -m benchmarks --write docs

wheel: tools ## Build the engine alone, into build/
	rm -rf build/lib
	$(PYTHON) -m pip wheel --quiet --no-deps -w build .

show-own-bot: ## A bot of one's own in place of the sample, killed and started again
	$(PYTHON) -m shows.own_bot

show-wheel: ## The wheel in an empty environment: a bot of 15 lines on it, and what `new` writes
	$(PYTHON) -m shows.wheel

show-two-houses: tools ## The engine's tests without the sample, and with its words changed
	$(PYTHON) -m shows.two_houses

show-samples: tools ## Microsoft's samples, on the SDK's hosting and on the engine (SAMPLES=their checkout)
	$(PYTHON) -m shows.samples $(SAMPLES) $(ONLY)

show-instructions: tools ## Count a greeting's instructions and moves between files (valgrind)
	$(PYTHON) benchmarks/instructions.py --moves

show-owed: tools ## What is owed is done: the figures of docs/owed-figures.md (ONLY=wait: one of them)
	$(PYTHON) -m shows.owed $(ONLY)

show-told: tools ## What is told in one place of what a person did in another: the name alone
	$(PYTHON) -m shows.told

show-walls: tools ## What the bot refuses and what strangers cost it, behind nginx too (needs nginx)
	$(PYTHON) -m shows.walls

show-mutations: tools ## Plant faults in the engine and show which tests find them (ONLY=turn: of a room)
	$(PYTHON) -m shows.mutations $(ONLY)

show-machine: tools ## Plant the mistakes of the protocol's model, and show how the turn machine finds them
	$(PYTHON) -m shows.machine

lock: ## Write constraints.txt and requirements.lock anew, after a change to the requirements
	rm -rf build/lock && mkdir -p build/lock
	for file in requirements.txt requirements-dev.txt; do \
		sed '/^-c /d' $$file > build/lock/$$file || exit; done
	$(PYTHON) -m venv build/lock/venv
	build/lock/venv/bin/python -m pip install --quiet -r build/lock/requirements-dev.txt
	sed -n '/^#/p' constraints.txt > build/lock/constraints.txt
	build/lock/venv/bin/python -m pip freeze >> build/lock/constraints.txt
	mv build/lock/constraints.txt constraints.txt
	build/lock/venv/bin/python -m pip install --quiet uv==0.13.9
	build/lock/venv/bin/uv pip compile --quiet --universal --generate-hashes --no-annotate \
		--python-version 3.11 --custom-compile-command "make lock" requirements.txt \
		--output-file requirements.lock

audit: ## Look for known faults in what the bot stands on, and list it all in build/sbom.json
	$(PYTHON) -m shows.audit

clean: ## Remove what tools left behind; the bot's data stay
	rm -rf build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
