#!/bin/sh
# Trunk's post_build hook: writes the revision of a built site into it, so that the service worker knows what to keep.
# Trunk's own file names do not hash the final bytes (wasm-opt comes later), so here everything is named by its bytes.
set -eu
cd "$TRUNK_STAGING_DIR"

# While serving for development nothing is stamped: a page that keeps old files is no help then.
[ -z "${TRADEOFF_SERVE:-}" ] || exit 0

if command -v sha256sum >/dev/null; then sum=sha256sum; else sum='shasum -a 256'; fi
hash() { $sum | cut -c1-16; }
edit() { sed "$1" "$2" >"$2.new" && mv "$2.new" "$2"; }

# tradeoff-HASH… : a file whose name tells its bytes. The parts of the program know each other's names, so they have one hash.
script=$(echo tradeoff-*.js)
old=${script%.js} new=tradeoff-$(cat tradeoff-* | hash)
for file in "$old"*; do
  [ "$old" = "$new" ] || mv "$file" "$new${file#"$old"}"
done
edit "s|$old|$new|g" "$new.js"
edit "s|$old|$new|g" index.html
named() {
  name=${1%.*}-$(hash <"$1").${1##*.}
  mv "$1" "$name"
  for page in index.html manifest.webmanifest; do [ ! -f "$page" ] || edit "s|\"$1\"|\"$name\"|" "$page"; done
}
named icon.svg
named manifest.webmanifest

files=$(find . -type f ! -name sw.js ! -name index.html | LC_ALL=C sort | sed 's|^\./\(.*\)|"\1"|' | paste -sd , -)
revision=$(hash <index.html)
edit "s|^const REVISION = .*|const REVISION = \"$revision\";|; s|^const FILES = .*|const FILES = [${files}];|" sw.js
edit "s|<html |<html data-revision=\"$revision\" |" index.html
grep -q "$revision" sw.js && grep -q "$revision" index.html && grep -q "$new.js" index.html
