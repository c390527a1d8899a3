#!/bin/sh
# test.sh : every test (host, browser, end to end, the size of the page), then a summary. The last line is the total.
. "$(dirname "$0")/common.sh"

CHROME=$(find_chrome)
CHROMEDRIVER=$(find_driver "$CHROME")
AXE=$TOOLS/node_modules/axe-core/axe.min.js
export CHROME CHROMEDRIVER AXE
LOGS=target/tests
mkdir -p $LOGS
passed=0 failed=0 summary=

# suite NAME COMMAND… : runs it, counts what its `test result:` lines say; a suite that breaks without saying so is one failure.
suite() {
  name=$1; shift
  say "
$name"
  began=$(date +%s)
  { "$@" 2>&1 && echo ok >$LOGS/status || echo broken >$LOGS/status; } | tee "$LOGS/$name.log"
  p=$(tally passed) f=$(tally failed)
  [ "$(cat $LOGS/status)" = ok ] || [ "$f" -gt 0 ] || f=1
  [ "$f" -gt 0 ] || [ "$p" -gt 0 ] || f=1
  passed=$((passed + p)) failed=$((failed + f))
  summary="$summary$(printf '%-11s %5d passed, %d failed   %4d s' "$name" "$p" "$f" $(($(date +%s) - began)))
"
}
tally() { sed -n "s/^test result:.*[^0-9]\([0-9][0-9]*\) $1.*/\1/p" "$LOGS/$name.log" | awk '{ n += $1 } END { print n + 0 }'; }

build() { wasm trunk build $RELEASE && echo "test result: 1 passed; 0 failed"; }
size() { node .make/size.mjs && echo "test result: 1 passed; 0 failed" || { echo "test result: 0 passed; 1 failed"; false; }; }

# wasm-bindgen's runner reads the browser's place and flags from a file.
cat >$LOGS/webdriver.json <<END
{ "goog:chromeOptions": { "binary": "$CHROME", "args": ["headless", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "no-first-run",
  "disable-background-networking", "disable-component-update", "disable-sync", "disable-quic"] } }
END
export WASM_BINDGEN_TEST_WEBDRIVER_JSON="$PWD/$LOGS/webdriver.json" WASM_BINDGEN_TEST_TIMEOUT=120

suite host cargo test --no-fail-fast
suite browser wasm cargo test --target wasm32-unknown-unknown --test web
suite build build
suite size size
suite end-to-end cargo test --manifest-path tests/e2e/Cargo.toml --target-dir target/e2e --no-fail-fast

say "
Summary"
printf '%s' "$summary"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
