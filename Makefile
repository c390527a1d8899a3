# Each command first sets up what it lacks, says so, and asks nothing. How is in .make/.

PORT = 8080

.PHONY: help serve dev build test lint bench size late

help:
	@echo "make serve   the app at http://localhost:$(PORT)"
	@echo "make dev     the same, built quickly and reloaded at every change"
	@echo "make test    every test: host, browser, end to end"
	@echo "make lint    formatting and clippy, for the host and the browser"
	@echo "make bench   measurements"
	@echo "make build   the site in dist/, for any file server under any path"
	@echo "make size    what the first load of dist/ transfers"
	@echo "make late    looks anew at what the first sight of the page needs"

serve:
	@.make/setup.sh page
	@.make/serve.sh $(PORT)

dev:
	@.make/setup.sh page
	@.make/serve.sh $(PORT) dev

build:
	@.make/setup.sh page
	@.make/build.sh

test:
	@.make/setup.sh test
	@.make/test.sh

lint:
	@.make/setup.sh lint
	@.make/lint.sh

bench:
	cargo bench

size: build
	@node .make/size.mjs

late:
	@.make/setup.sh test
	@.make/late.sh
