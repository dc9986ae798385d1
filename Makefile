# `make run` and `make test` need Debian with a Rust toolchain, gcc and make, and see to the rest.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test check openapi fuzz bench container

# What the program links with, and what its tests start. The -core packages start no service.
BUILD_PACKAGES := gcc libc6-dev pkg-config libmariadb-dev
TEST_PACKAGES := $(BUILD_PACKAGES) mariadb-server-core mariadb-client-core faketime
# The JavaScript client, and the sample page in a browser.
WEB_TEST_PACKAGES := nodejs chromium chromium-driver

# nextest where it is installed: faster, and it stops a test that hangs.
CARGO_TEST = $(if $(shell cargo nextest --version 2>/dev/null),cargo nextest run,cargo test)

help: ## Show this list
	@sed -n 's/^\([a-z]*\): .*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

run: ## Install what is missing, build, and start the demo (its options in ARGS)
	@scripts/need-packages $(BUILD_PACKAGES)
	cargo build --release --locked
	$(or $(CARGO_TARGET_DIR),target)/release/call-history demo $(ARGS)

# Unit tests know no database: the second round needs only the integration tests. A PBX that is
# followed has a MariaDB in both rounds.
test: ## Install what is missing, and run every test, on SQLite and on MariaDB
	@scripts/need-packages $(TEST_PACKAGES) $(WEB_TEST_PACKAGES)
	@scripts/need-schemathesis
	@echo '== Tests of the JavaScript client'
	cd client && node --test
	cargo test --locked --doc
	@echo '== Tests on SQLite'
	scripts/with-mariadb sh -c 'TEST_PBX_URL=$$TEST_MYSQL_URL exec env -u TEST_MYSQL_URL "$$@"' - \
		$(CARGO_TEST) --locked --tests
	@echo '== Tests on MariaDB'
	scripts/with-mariadb $(CARGO_TEST) --locked --test '*'

check: ## Formatting, lints, documentation, and whether openapi/openapi.json is up to date
	@scripts/need-packages $(BUILD_PACKAGES)
	cargo fmt --check
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --manifest-path fuzz/Cargo.toml --no-default-features -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps
	cargo run -q --locked -- openapi | diff -u openapi/openapi.json - \
		|| { echo 'openapi/openapi.json is not what the program says: run "make openapi"' >&2; exit 1; }

openapi: ## Write openapi/openapi.json anew, from the program
	@scripts/need-packages $(BUILD_PACKAGES)
	@mkdir -p openapi
	cargo run -q --locked -- openapi > openapi/openapi.json.new
	mv openapi/openapi.json.new openapi/openapi.json

# Any bytes as files, as calls, and as what clients and PBXs say. What it finds lies in
# fuzz/findings and fails `make test`.
fuzz: ## Look for inputs that break what reads them, MINUTES=10 for each target
	@scripts/need-packages gcc g++ libc6-dev
	scripts/fuzz records $(or $(MINUTES),10)
	scripts/fuzz fold $(or $(MINUTES),10)
	scripts/fuzz frames $(or $(MINUTES),10)
	scripts/fuzz ami $(or $(MINUTES),10)

# As many rows of cdr as ROWS says. The server's settings stand in the report.
ROWS := 1000000
BENCH_MARIADB := --innodb-buffer-pool-size=2G --innodb-log-file-size=1G
bench: ## Measure how fast it is, beside MariaDB asked directly (fewer rows: ROWS=100000)
	@scripts/need-packages $(TEST_PACKAGES)
	MARIADB_OPTIONS='$(BENCH_MARIADB)' scripts/with-mariadb \
		cargo bench --locked --bench speed -- --rows $(ROWS) $(ARGS)
	cargo bench --locked --bench credentials
	MARIADB_OPTIONS='$(BENCH_MARIADB)' scripts/with-mariadb \
		cargo bench --locked --bench follow -- --rows $(ROWS)
	MARIADB_OPTIONS='$(BENCH_MARIADB)' scripts/with-mariadb cargo bench --locked --bench live

# Not part of `test`: it builds the program once more, and needs root where no Docker answers.
container: ## Build the image and run it alone and with docker/compose.yaml
	@docker version >/dev/null 2>&1 || \
		scripts/need-packages docker.io docker-compose iptables curl
	scripts/container-check
