#!/bin/sh
# serve.sh PORT [dev] : serves the app and rebuilds it at every change; opens the browser when there is one.
. "$(dirname "$0")/common.sh"
port=$1
[ "${2:-}" = dev ] && RELEASE=

open=
if [ -z "${CI:-}" ] && [ -t 1 ]; then
  case $(uname) in
    Darwin) open=--open ;;
    *) if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && has xdg-open; then open=--open; fi ;;
  esac
fi

say "Building; the app will be at http://localhost:$port (the first build takes a minute or two, later ones seconds)"
export TRADEOFF_SERVE=1
# A folder of its own, so that what `make build` made stays.
mkdir -p target/serve
wasm exec trunk serve --port "$port" --dist target/serve $open $RELEASE
