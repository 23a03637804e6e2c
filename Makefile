# Two commands are all a newcomer needs: `make serve` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TESTERS := $(shell n=$$(nproc); echo $$((n < 3 ? n + 1 : 4)))
export KB_CONTENT ?= content

.PHONY: serve test faults check audit bench cluster lock system browser java clean

serve: $(VENV)/.serve
	$(BIN)/kb index
	$(BIN)/kb serve

# Three at once on two cores, for tests wait a third of their time. Those of faults and of the cluster come last, alone:
# they kill, fill disks, and hold waits against seconds.
test: $(VENV)/.dev system
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/kb check
	$(BIN)/pytest --numprocesses $(TESTERS) --dist loadfile --ignore tests/cluster --ignore tests/faults
	$(BIN)/pytest tests/cluster tests/faults

# The fault suite in its long form: 300 kills at random moments, every file damaged in every way, 300 switches under load.
faults: $(VENV)/.dev
	KB_FAULT_ROUNDS=300 $(BIN)/pytest tests/faults

check: $(VENV)/.serve
	$(BIN)/kb check

# An hour and a quarter on two cores that do nothing else. The report is written after each size. A few minutes: kb bench.
bench: $(VENV)/.serve
	$(BIN)/kb bench --sizes 1000,10000,70000,100000,1000000 --questions 500 --report docs/performance.md

# Three OpenSearch nodes on this machine until Ctrl-C; prints the settings that use them (docs/scale.md).
cluster: $(VENV)/.dev java
	@$(BIN)/python -m tests.cluster

# Known vulnerabilities of the pinned packages; needs a vulnerability service (docs/security.md). Fails when it has none.
audit: $(VENV)/.dev
	$(BIN)/python -m tests.audit

# One after the other, for two installations of packages at once lock each other out.
system:
	@$(MAKE) --no-print-directory browser
	@$(MAKE) --no-print-directory java

# The browser tests need Chromium and Chinese fonts; where they cannot be installed, the tests say so.
browser:
	@{ command -v chromium && fc-list :lang=zh-cn | grep -q . ; } >/dev/null || sh tests/browser/install.sh

# The cluster tests run a real OpenSearch, which Maven fetches; where it cannot be had, the tests fail and say so.
java:
	@{ command -v java && command -v mvn; } >/dev/null || sh tests/cluster/install.sh

lock: $(VENV)/.dev
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --extra build --generate-hashes \
		--no-emit-index-url --no-header --quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --extra build --extra dev --generate-hashes \
		--no-emit-index-url --no-header --quiet --output-file requirements-dev.lock

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.serve: requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@ $(VENV)/.serve

clean:
	rm -rf $(VENV) var dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
