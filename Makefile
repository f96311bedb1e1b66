# Two commands do all the set-up: `make run` opens the console, `make test` runs the whole suite.
PYTHON ?= python3
BIN    := .venv/bin
ARGS   ?=

.PHONY: run test check format bench screenshots lab lab-score clean

run: .venv/run
	@$(BIN)/mailmedic $(or $(ARGS),--or-drill)

test: .venv/test
	$(BIN)/pytest $(ARGS)

check: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/test
	$(BIN)/python -m tests.bench $(ARGS)

screenshots: .venv/test
	$(BIN)/python -m tests.screenshots

# The outage lab (tests/lab): installs what it needs, brings it up, proves every fault.
lab: .venv/test
	@$(BIN)/python -m tests.lab install
	@$(BIN)/python -m tests.lab up
	@$(BIN)/python -m tests.lab selftest $(ARGS)

# mailmedic against every fault of the lab that is up; goes on where a run was ended.
lab-score: .venv/test
	@$(BIN)/python -m tests.lab score --record $(ARGS)

clean:
	rm -rf .venv build dist

# The stamps are newer than what they were installed from, so a second run costs nothing.
.venv/run: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -c constraints.txt -e .
	@touch $@

.venv/test: .venv/run
	$(BIN)/pip install --quiet -c constraints.txt -e '.[test]'
	@touch $@
