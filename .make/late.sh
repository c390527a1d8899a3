#!/bin/sh
# late.sh : builds the page in one piece, watches which functions its first sight enters, and writes .make/late.txt.
. "$(dirname "$0")/common.sh"
mkdir -p target/first-sight
TRADEOFF_WHOLE=1 wasm trunk build $RELEASE --dist target/first-sight
CHROME=$(find_chrome) node .make/first-sight.mjs target/first-sight
