// unlink.mjs FILE.wasm : drops the sections that only linkers read; `links.mjs` has them from the file that the linker wrote.
import { readFileSync, writeFileSync } from "node:fs";

const file = process.argv[2];
const bytes = readFileSync(file);
let at = 8;
const number = () => { let value = 0; for (let shift = 1; ; shift *= 128) { const byte = bytes[at++]; value += (byte & 127) * shift; if (byte < 128) return value; } };
const kept = [bytes.subarray(0, 8)];
while (at < bytes.length) {
  const begin = at, id = bytes[at++], end = number() + at;
  const name = id === 0 ? bytes.toString("utf8", at + 1, at + 1 + bytes[at]) : "";
  if (!/^(linking$|reloc\.|\.debug_)/.test(name)) kept.push(bytes.subarray(begin, end));
  at = end;
}
writeFileSync(file, Buffer.concat(kept));
