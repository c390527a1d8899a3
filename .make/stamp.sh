#!/bin/sh
# Trunk's post_build hook: writes the revision of a built site into it, so that the service worker knows what to keep.
# Trunk's own file names do not hash the final bytes (wasm-opt comes later), so the bytes of everything are hashed here.
set -eu
cd "$TRUNK_STAGING_DIR"

# While serving for development nothing is stamped: a page that keeps old files is no help then.
[ -z "${TRADEOFF_SERVE:-}" ] || exit 0

if command -v sha256sum >/dev/null; then sum=sha256sum; else sum='shasum -a 256'; fi
hash() { $sum | cut -c1-16; }

# "path": "hash" for each file but the worker itself; the page goes by the name that people ask for.
files=$(find . -type f ! -name sw.js | LC_ALL=C sort | while read -r path; do
  name=${path#./}
  [ "$name" = index.html ] && name=./
  printf '"%s": "%s", ' "$name" "$(hash <"$path")"
done)
revision=$(printf '%s' "$files" | hash)

edit() { sed "$1" "$2" >"$2.new" && mv "$2.new" "$2"; }
edit "s|^const REVISION = .*|const REVISION = \"$revision\";|; s|^const FILES = .*|const FILES = { ${files%, } };|" sw.js
edit "s|<html |<html data-revision=\"$revision\" |" index.html
grep -q "$revision" sw.js && grep -q "$revision" index.html
