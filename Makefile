# make app      start the page            make test     run the tests
# make check    lint, types, imports      make bench    measure speed
# make attack   damage, kill, flood: the probes behind docs/security.md (20 minutes)
# make biome    the linter of scripts and styles, from npm; without it `make check` leaves them out
# make checkpoints    train the demo products anew (about half an hour on 2 cores)
# make test-oldest, make test-newest    the suite with the oldest and the newest versions allowed (uv)
# make lock     pin what requirements.txt allows (uv); ARGS=--upgrade takes the newest
# make licences, make sbom, make audit    what is installed: by licence, as CycloneDX, known weaknesses
# Needs make, git and Python 3.11-3.13 with venv; uv is used when it is on the PATH.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	&& { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
# --compile-bytecode: pip does it unasked; without it every first import of a library is compiled first
INSTALL = $(if $(UV),$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python,$(BIN)/python -m pip install --quiet --disable-pip-version-check)

BIOME := node_modules/.bin/biome
# one worker per processor; a file is one worker's, as its tests share pages and trained detectors
SHARED = -n auto --dist loadfile --no-loadscope-reorder

.PHONY: app test check biome bench attack checkpoints clean test-oldest test-newest lock need-uv licences sbom audit

app: $(VENV)/.installed
	$(BIN)/python app.py $(ARGS)

test: $(VENV)/.installed-dev
	$(BIN)/python -W "ignore:Unable to activate pytest branch coverage" -m slipcover -m pytest $(SHARED) $(ARGS)

check: $(VENV)/.installed-dev
	@find ui -name '*.pyi' -delete  # stubs that Gradio writes beside components
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if [ -x $(BIOME) ] && command -v node >/dev/null; then $(BIOME) lint --error-on-warnings; \
	else echo "Scripts and styles of the page are not linted: \`make biome\` installs what does it (it needs npm)."; fi

biome:
	npm install --silent --no-save --no-package-lock --no-audit --no-fund --prefix . \
		@biomejs/biome@$(shell sed -n 's|.*/schemas/\([0-9.]*\)/.*|\1|p' biome.jsonc)

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks $(ARGS)

# who waits how long is measured alone; kills and limits run beside visitors
ATTACK = $(BIN)/python -m pytest -m "not gpu and not network"
FAIRNESS := tests/attack/test_fairness.py
attack: $(VENV)/.installed-dev
	$(ATTACK) $(FAIRNESS) $(ARGS); alone=$$?; \
	$(ATTACK) $(SHARED) tests/attack --ignore=$(FAIRNESS) $(ARGS) && exit $$alone

# The oldest versions warn of what the newest no longer have, so warnings are no errors there.
test-oldest: RESOLUTION = lowest-direct
test-newest: RESOLUTION = highest
test-oldest test-newest: test-%: need-uv
	$(UV) venv --quiet --clear --python $(PYTHON) .venv-$*
	$(UV) pip install --quiet --compile-bytecode --python .venv-$*/bin/python --resolution $(RESOLUTION) \
		-r requirements.txt -r requirements-dev.txt
	.venv-$*/bin/python -m pytest $(SHARED) $(if $(filter oldest,$*),-o filterwarnings=default) $(ARGS)

lock: need-uv
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		$(ARGS) requirements.txt -o requirements.lock

need-uv:
	@test -n "$(UV)" || { echo "uv is needed: python -m pip install uv"; exit 2; }

licences: .venv-audit/.installed $(VENV)/.installed
	.venv-audit/bin/pip-licenses --python $(BIN)/python --order license

sbom: .venv-audit/.installed $(VENV)/.installed
	.venv-audit/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --of JSON -o sbom.json $(BIN)/python

audit: .venv-audit/.installed
	.venv-audit/bin/pip-audit --requirement requirements.lock --require-hashes --disable-pip $(ARGS)

.venv-audit/.installed: requirements-audit.txt
	$(PYTHON) -m venv --clear .venv-audit
	.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-audit.txt
	@touch $@

checkpoints: $(VENV)/.installed
	$(BIN)/python cli.py demo-data
	$(BIN)/python cli.py train-all --data data/demo --detector cae
	$(BIN)/python cli.py train-all --data data/demo --detector unet --epochs 12 --flips --rotation --labelled-defects 0.5
	$(BIN)/python cli.py train-all --data data/demo --detector patchcore
	$(BIN)/python cli.py evaluate --data data/demo

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed and was not found."; exit 2; }
	@trap 'rm -rf $(VENV); exit 130' INT TERM; \
	$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); echo "Python's venv module is missing (Debian: apt install python3-venv)."; exit 2; }

# a Python that was replaced by a newer one has nothing installed: it counts as changed
$(VENV)/.installed: requirements.txt $(BIN)/python
	@echo "Installing the requirements (the first time this takes some minutes) ..."
	$(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(INSTALL) -r requirements-dev.txt
	@touch $@

clean:
	rm -rf $(VENV) .venv-oldest .venv-newest .venv-audit sbom.json node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
