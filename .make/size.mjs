// What the first load of dist/ transfers, compressed by brotli as servers do it; fails above the limit.
import { readFileSync, readdirSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";

// What the page is now, and a little: it must not grow unseen. The aim is 250 KB.
const LIMIT = 330;
// The icon, the manifest, the service worker and the late part of the program come after the page stands.
const later = /^(sw\.js|.*\.webmanifest|icon.*|.*\.md|.*_late\.wasm)$/;
const sizes = readdirSync("dist", { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ name }) => {
    const bytes = readFileSync(`dist/${name}`);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    return { name, plain: bytes.length / 1000, packed: brotliCompressSync(bytes, { params }).length / 1000 };
  });
const first = sizes.filter(({ name }) => !later.test(name)), rest = sizes.filter(({ name }) => later.test(name));
const sum = (files) => files.reduce((sum, { packed }) => sum + packed, 0);
const total = sum(first);
const row = (packed, plain, name) => `${packed.padStart(8)} KB  ${plain.padStart(8)} KB plain  ${name}`;
for (const { name, plain, packed } of first) console.log(row(packed.toFixed(1), plain.toFixed(1), name));
console.log(`First load: ${total.toFixed(1)} KB brotli of at most ${LIMIT} KB; ${sum(rest).toFixed(1)} KB follow once the page stands`);
process.exit(total <= LIMIT ? 0 : 1);
