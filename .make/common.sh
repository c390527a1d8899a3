# What every script here begins with: where the tools are, which versions, how to say things. POSIX sh, for Linux and macOS.
set -eu
cd "$(dirname "$0")/.."

TRUNK=0.21.14
BINARYEN=132.0.0
AXE=4.14.1
PUPPETEER_BROWSERS=2.13.0
BINDGEN=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' Cargo.lock)

# How a page for visitors is built: small before all.
RELEASE='--release --cargo-profile page'

# Tools of our own live in .tools, so that nobody's installed versions are touched; what is installed and fits is used as it is.
TOOLS=$PWD/.tools
LOGS=$TOOLS/log
PATH=$TOOLS/bin:$TOOLS/node_modules/.bin:${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
export PATH

# Trunk 0.21 takes NO_COLOR=1 for a malformed flag and stops; nor should it ask the network for news of itself.
unset NO_COLOR
export TRUNK_SKIP_VERSION_CHECK=true

has() { command -v "$1" >/dev/null 2>&1; }
say() { printf '\033[1m%s\033[0m\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }
[ -t 1 ] || say() { printf '%s\n' "$*"; }

# installing WHAT HOW-LONG COMMAND… : runs a step that takes time, says so, and shows its output only when it fails.
installing() {
  what=$1 expected=$2; shift 2
  mkdir -p "$LOGS"
  log=$LOGS/$(printf '%s' "$what" | tr -c 'A-Za-z0-9.\n' '-').log
  say "Installing $what (about $expected) …"
  began=$(date +%s)
  if "$@" >"$log" 2>&1 </dev/null; then
    say "Installing $what … done in $(($(date +%s) - began)) s"
  else
    tail -n 20 "$log" >&2
    printf 'Installing %s failed; all of its output is in %s\n' "$what" "$log" >&2
    return 1
  fi
}

# wasm COMMAND… : runs it so that cargo can build for the browser, also where the target came from Debian's packages.
wasm() {
  if [ -e "$TOOLS/debian" ]; then
    RUSTUP_TOOLCHAIN=debian RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_abort "$@"
  else
    "$@"
  fi
}

# Where a browser stands, or nothing.
find_chrome() {
  for c in "${CHROME:-}" chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" /Applications/Chromium.app/Contents/MacOS/Chromium \
    "$(cat "$TOOLS/chrome" 2>/dev/null)"; do
    # Ubuntu's chromium-browser may be a stub that only says how to get the real one: ask for the version.
    if [ -n "$c" ] && has "$c" && [ -n "$(major "$c")" ]; then command -v "$c"; return; fi
  done
}

# The driver of the same major version as browser $1, or nothing.
find_driver() {
  for d in "${CHROMEDRIVER:-}" chromedriver /usr/lib/chromium-browser/chromedriver "$(cat "$TOOLS/chromedriver" 2>/dev/null)"; do
    if [ -n "$d" ] && has "$d" && [ "$(major "$d")" = "$(major "$1")" ]; then command -v "$d"; return; fi
  done
}

major() { "$1" --version 2>/dev/null | sed -n 's/^[^0-9]* \([0-9][0-9]*\)\..*/\1/p' | head -n 1; }
