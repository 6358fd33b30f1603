# `make check` is what must be green before a commit; CI runs the same steps.
GOLANGCI_VERSION = v2.15.0
SQLC_VERSION     = v1.31.1

.PHONY: check format lint test races postgres generate bench build web web-check sdk sdk-ts sdk-php

check: format lint test

# The files git knows, so that build leftovers do not count.
format:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run gofmt -w on these"; exit 1; }
	go vet ./...

lint:
	@if command -v golangci-lint >/dev/null; then golangci-lint run ./...; \
	else go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION) run ./...; fi

# Tested without the race detector: the end-to-end tests and the snippets of docs
# watch a program that is built without it, and the others are around the product:
# what checks documents and deployment, the benchmarks, and the commands, whose work
# is in other packages.
PLAIN = /(e2e|docstest|deploytest|apidocs|cmd|bench)(/|$$)

# The end-to-end tests mostly wait, so more of them than there are cores run at a
# time.
test: races postgres
	go test -parallel 4 $$(go list ./... | grep -E '$(PLAIN)')

# SQLite, translated from C, is left out: it locks by itself, and no Go value is
# its own. The race detector would look at each of its steps, and at its unsafe
# pointers. Its packages above lib stay in: they share the generics of the standard
# library, of which the linker keeps one copy. Tests that wait leave room for more
# packages than cores. The code was vetted by format.
races:
	CGO_ENABLED=1 go test -race -vet=off -p 4 -gcflags='modernc.org/...=-d=checkptr=0' -gcflags='modernc.org/sqlite/lib=-d=checkptr=0 -race=false' \
		$$(go list ./... | grep -Ev '$(PLAIN)')

# The tests whose database comes from testkit, on the other engine.
postgres:
	VENDLANE_TEST_ENGINE=postgres go test $$(git grep -l 'testkit.NewDatabase(' -- '*_test.go' | xargs -n1 dirname | sort -u | sed 's|^|./|')

# Regenerates what is committed: queries, error catalogue, and the pages made from
# the code: errors, configuration, compatibility.
generate:
	go run github.com/sqlc-dev/sqlc/cmd/sqlc@$(SQLC_VERSION) generate
	go generate ./...

bench:
	go test -run '^$$' -bench . -benchmem ./...

build:
	go build -o bin/vendlane ./cmd/vendlane

# The console's pages and the types they use, made from api/console.yaml. Node is
# needed only to change either: what is made is committed.
web:
	cd web && npm ci --no-audit --no-fund && npm test && npm run build

# Fails if the committed pages and types are not those of the sources.
web-check: web
	@git diff --exit-code --stat -- web/dist web/src/api/schema.ts && test -z "$$(git ls-files --others --exclude-standard web/dist)" \
		|| { echo "web/dist or web/src/api/schema.ts is stale: run make web and commit them"; exit 1; }

# The clients for other languages, each with its unit tests. The TypeScript one needs
# Node; the PHP one needs php, phpunit and Guzzle (Debian's packages will do).
sdk: sdk-ts sdk-php

sdk-ts:
	cd sdk/ts && npm ci --no-audit --no-fund && npm run build && npm test

sdk-php:
	cd sdk/php && phpunit
