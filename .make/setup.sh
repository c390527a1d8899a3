#!/bin/sh
# setup.sh page|test|lint : installs what is missing for building the page, for testing it, for linting. Quick when nothing is missing.
. "$(dirname "$0")/common.sh"

has cargo || die "Rust is missing: install it from https://rustup.rs, then run this again."

root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif has sudo && sudo -n true 2>/dev/null; then sudo -n "$@"
  else return 1
  fi
}
debian() { has apt-get && root true; }
apt() { root env DEBIAN_FRONTEND=noninteractive sh -c 'apt-get update && apt-get install -y --no-install-recommends "$@"' apt "$@"; }

# cargo_tool NAME VERSION COMMAND HOW-LONG : a cargo-installed tool, at exactly this version.
cargo_tool() {
  has "$3" && [ "$("$3" --version | awk '{ print $2 }')" = "$2" ] && return
  if cargo binstall -V >/dev/null 2>&1; then
    installing "$1 $2" "10 s" cargo binstall --no-confirm --root "$TOOLS" "$1@$2" && return
  fi
  installing "$1 $2" "$4 on two cores" env CARGO_TARGET_DIR="$TOOLS/target" \
    cargo install "$1" --version "$2" --locked --root "$TOOLS"
  rm -rf "$TOOLS/target"
}

npm_tool() {
  [ "$(sed -n 's/^  "version": "\(.*\)".*/\1/p' "$TOOLS/node_modules/$1/package.json" 2>/dev/null)" = "$2" ] && return
  has npm || die "$1 is missing, and it comes by npm: install Node.js from https://nodejs.org, then run this again."
  installing "$1 $2" "5 s" npm install --prefix "$TOOLS" --no-audit --no-fund "$1@$2"
}

target() {
  [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib" ] && return
  [ -e "$TOOLS/debian" ] && return
  if has rustup && installing "the wasm32 target" "10 s" rustup target add wasm32-unknown-unknown; then return; fi
  # rustup's server is out of reach, or this Rust is not rustup's: Debian has a compiler that builds the target's standard library.
  debian || die "The target wasm32-unknown-unknown is missing: rustup target add wasm32-unknown-unknown"
  say "… so it comes from Debian's packages instead."
  installing "Debian's compiler for wasm32" "2 min" apt rustc-web cargo-web rust-web-src rust-web-llvm lld-22
  if has rustup; then rustup toolchain link debian /usr; fi
  touch "$TOOLS/debian"
}

page() {
  target
  cargo_tool trunk "$TRUNK" trunk "7 min"
  cargo_tool wasm-bindgen-cli "$BINDGEN" wasm-bindgen "2 min"
  has node || die "Node.js is missing: install it from https://nodejs.org, then run this again."
  has wasm-opt || npm_tool binaryen "$BINARYEN"
}

browser() {
  chrome=$(find_chrome)
  driver=$([ -z "$chrome" ] || find_driver "$chrome")
  if [ -z "$driver" ] && debian; then
    installing "Chromium and its driver" "1 min" apt chromium chromium-driver || true
    chrome=$(find_chrome)
    driver=$([ -z "$chrome" ] || find_driver "$chrome")
  fi
  [ -n "$driver" ] && return
  # Without apt: Google's builds for testing. The driver has the major version of the browser that is here, if one is.
  if [ -z "$chrome" ]; then
    fetch chrome stable
    chrome=$(find_chrome)
  fi
  fetch chromedriver "$(major "$chrome")"
  [ -n "$(find_driver "$chrome")" ] || die "There is no chromedriver for $chrome; set CHROME and CHROMEDRIVER to a pair that fits."
}

# fetch chrome|chromedriver VERSION : from Chrome for Testing into .tools; remembers where it went.
fetch() {
  npm_tool @puppeteer/browsers "$PUPPETEER_BROWSERS"
  installing "$1 $2" "30 s" sh -c 'browsers install "$1@$2" --path "$3/browsers" --format "{{path}}" >"$3/$1.new" && tail -n 1 "$3/$1.new" >"$3/$1"' \
    fetch "$1" "$2" "$TOOLS"
}

component() {
  cargo "$2" --version >/dev/null 2>&1 || installing "$1" "10 s" rustup component add "$1"
}

mkdir -p "$TOOLS"
case $1 in
  page) page ;;
  test) page; browser; npm_tool axe-core "$AXE" ;;
  lint) target; component rustfmt fmt; component clippy clippy ;;
  *) die "setup.sh page|test|lint" ;;
esac
