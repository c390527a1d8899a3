// What the first load of dist/ transfers, compressed by brotli as servers do it; fails above the limit. The first load is all that
// is fetched until the page stands: drawn, and answering. What runs it follows at once, the rest of the program then.
import { readFileSync, readdirSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";

const LIMIT = 250;
const RUNS = /_run\.wasm$/;
// The icon, the manifest, the service worker and the rest of the program come while it runs.
const LATER = /^(sw\.js|.*\.webmanifest|icon.*|.*\.md|.*_late\.wasm)$/;
const sizes = readdirSync("dist", { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ name }) => {
    const bytes = readFileSync(`dist/${name}`);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    return { name, plain: bytes.length / 1000, packed: brotliCompressSync(bytes, { params }).length / 1000 };
  });
const [runs, rest] = [RUNS, LATER].map((which) => sizes.filter(({ name }) => which.test(name)));
const first = sizes.filter((file) => !runs.includes(file) && !rest.includes(file));
const sum = (files) => files.reduce((sum, { packed }) => sum + packed, 0);
const total = sum(first);
const row = (packed, plain, name) => `${packed.padStart(8)} KB  ${plain.padStart(8)} KB plain  ${name}`;
for (const { name, plain, packed } of [...first, ...runs]) console.log(row(packed.toFixed(1), plain.toFixed(1), name));
console.log(`First load: ${total.toFixed(1)} KB brotli of at most ${LIMIT} KB; ${sum(runs).toFixed(1)} KB more until it runs; ${sum(rest).toFixed(1)} KB follow`);
process.exit(total <= LIMIT ? 0 : 1);
