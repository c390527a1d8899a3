#!/bin/sh
# build.sh : the site in dist/.
. "$(dirname "$0")/common.sh"
wasm trunk build $RELEASE
say "Built dist/: copy it to any file server, under any path."
