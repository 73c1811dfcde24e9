# Everything a developer types. Nothing here needs more than Go; lint fetches its linter through the Go module proxy.

LINT_VERSION = v2.15.0
FUZZ_TIME   ?= 60s
IN          ?=
SPEC        ?=
PEERS       ?=

.PHONY: demo build test race lint fuzz bench range generate check clean

demo: ## the main job on the built-in capture
	go run ./cmd/waywarden analyze

build: ## bin/waywarden
	go build -o bin/waywarden ./cmd/waywarden

test: ## all tests
	go test ./...

race: ## all tests, in any order, with the race detector; the large development data, which make test reads, are left out
	WAYWARDEN_SHARED=none go test -race -shuffle=on ./...

lint: ## go vet and golangci-lint
	go vet ./...
	scripts/lint $(LINT_VERSION)

fuzz: ## every fuzz target for FUZZ_TIME each
	scripts/fuzz $(FUZZ_TIME)

bench: ## speed and memory; IN, SPEC and PEERS name other input and the programs to compare with
	go run ./cmd/waywarden bench $(if $(IN),--in $(IN) --repeat 4) $(if $(SPEC),--spec $(SPEC)) $(if $(PEERS),--peers $(PEERS))

range: build ## score against labelled worlds, where there are some, and hold the bars of .ci/bars.json
	scripts/range bin/waywarden

generate: ## rewrite what is generated: the picture of the architecture, the built-in capture
	go test ./internal/archtest -run TestPicture -rewrite
	go generate ./lab

check: lint race range ## all that has to hold before a change is proposed

clean:
	rm -rf bin out
