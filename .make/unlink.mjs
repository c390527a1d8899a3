// unlink.mjs FILE.wasm : drops the sections that only linkers read; `links.mjs` has them from the file that the linker wrote.
import { readFileSync, writeFileSync } from "node:fs";
import { reader } from "./wasm.mjs";

const file = process.argv[2];
const bytes = readFileSync(file);
const kept = [bytes.subarray(0, 8)];
reader(bytes).sections(({ from, end, name }) => {
  if (!/^(linking$|reloc\.|\.debug_)/.test(name)) kept.push(bytes.subarray(from, end));
});
writeFileSync(file, Buffer.concat(kept));
