#!/bin/sh
# Trunk's post_build hook: optimises a release for size, and parts what the page needs to stand from what follows.
set -eu
[ "$TRUNK_PROFILE" = release ] || exit 0
tools=$TRUNK_SOURCE_DIR/.make
cd "$TRUNK_STAGING_DIR"

wasm=$(echo *_bg.wasm)
run=${wasm%_bg.wasm}_run.wasm
late=${wasm%_bg.wasm}_late.wasm
script=${wasm%_bg.wasm}.js

# What the linker wrote: `links.mjs` reads in it who points to what.
target=$(cargo metadata --no-deps --format-version 1 --manifest-path "$TRUNK_SOURCE_DIR/Cargo.toml" | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
linked=$target/wasm32-unknown-unknown/page/tradeoff.wasm

# A function with one caller may be needed later than its caller: only small ones become part of it. (-Oz is smaller plain, and
# larger packed.) What says whether a part has arrived is none of them: `split.mjs` gives its answer.
node "$tools/unlink.mjs" "$wasm"
wasm-opt --no-inline="*has_arrived" -Os --one-caller-inline-max-function-size=12 -g "$wasm" -o "$wasm"
# `make late` looks at the whole, with its names.
[ -z "${TRADEOFF_WHOLE:-}" ] || exit 0
node "$tools/split.mjs" "$wasm" "$tools/late.txt" "$linked" "$script" "$run" "$late"
for part in "$wasm" "$run" "$late"; do
  wasm-opt --remove-unused-module-elements --strip-debug --strip-producers "$part" -o "$part"
done

# The script gives the program what its stubs call, and waits for the parts that are needed at once.
sed -e 's/const imports = __wbg_get_imports();/const imports = { ...__wbg_get_imports(), late: { demand } };/' \
  -e 's/const { instance, module } = await __wbg_load(.*;/& await first(instance.exports);/' "$script" >"$script.new"
grep -q 'late: { demand }' "$script.new" && grep -q 'await first' "$script.new"
# Neither comments nor the room before a line are for a browser.
bare() { sed -e 's/^ *//' -e 's#/\*\**[^*]*\*/##g' -e '/^\/\*\*$/,/\*\//d' -e '/^\/\//d' -e 's/<!--.*-->//' -e '/^$/d'; }
cat "$script.new" "$tools/late.js" | bare >"$script"
bare <index.html >"$script.new"
mv "$script.new" index.html
