#!/bin/sh
# lint.sh : formatting, and clippy for both doors with warnings denied.
. "$(dirname "$0")/common.sh"

cargo fmt --check
(cd tests/e2e && cargo fmt --check)
say "Clippy, host"
cargo clippy --quiet --all-targets -- -D warnings
say "Clippy, browser"
wasm cargo clippy --quiet --target wasm32-unknown-unknown --lib --bins --test web -- -D warnings
say "Clippy, end-to-end tests"
cargo clippy --quiet --manifest-path tests/e2e/Cargo.toml --target-dir target/e2e --all-targets -- -D warnings
