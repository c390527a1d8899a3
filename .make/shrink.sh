#!/bin/sh
# Trunk's post_build hook: optimises a release for size, and parts what the first sight needs from what may follow it.
set -eu
[ "$TRUNK_PROFILE" = release ] || exit 0
tools=$TRUNK_SOURCE_DIR/.make
cd "$TRUNK_STAGING_DIR"

wasm=$(echo *_bg.wasm)
late=${wasm%_bg.wasm}_late.wasm
script=${wasm%_bg.wasm}.js

wasm-opt -Oz -g "$wasm" -o "$wasm"
# `make late` looks at the whole, with its names.
[ -z "${TRADEOFF_WHOLE:-}" ] || exit 0
node "$tools/split.mjs" "$wasm" "$late" "$tools/late.txt"
for part in "$wasm" "$late"; do
  wasm-opt --remove-unused-module-elements --strip-debug --strip-producers "$part" -o "$part"
done

# The script gives the program what its stubs call, and waits for the late part where it is needed at once.
sed -e 's/const imports = __wbg_get_imports();/const imports = { ...__wbg_get_imports(), late: { demand } };/' \
  -e 's/const { instance, module } = await __wbg_load(.*;/& await both(instance.exports);/' "$script" >"$script.new"
grep -q 'late: { demand }' "$script.new" && grep -q 'await both' "$script.new"
cat "$script.new" "$tools/late.js" >"$script"
rm "$script.new"
