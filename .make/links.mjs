// links.mjs : what the linker knows of a program's data (it was linked with --emit-relocs): which pieces there are, and who
// points to which. Addresses and slots of the table stay the same in whatever is made of the program afterwards.
import { readFileSync } from "node:fs";
import { reader } from "./wasm.mjs";

const DATA = 1, UNDEFINED = 0x10, EXPLICIT_NAME = 0x40;
const TABLE_INDEX = [1, 2], MEMORY_ADDRESS = [3, 4, 5];

/** Reads `{ pieces: [{ place, end, points: [piece], slots: [slot] }], pointed: address → pieces, slots: those that code names, filled: [{ place, bytes }] }`. */
export function links(file) {
  const bytes = readFileSync(file);
  const r = reader(bytes), { number, signed, text, list } = r;

  const begins = {}, relocations = {};
  let segments = [], symbols = [];
  r.sections(({ id, begin, end, name }) => {
    begins[id] ??= begin;
    if (id === 11) segments = list(() => {
      if (number() !== 0 || r.byte() !== 0x41) throw new Error(`${file}: a data segment that is not at a constant place`);
      const place = number();
      r.at++;
      const length = number(), from = r.at;
      return { place, from, end: r.at += length };
    });
    if (name === "linking") for (number(); r.at < end;) {
      const kind = r.byte(), size = number(), next = r.at + size;
      if (kind === 8) symbols = list(() => {
        const kind = r.byte(), flags = number();
        if (kind === DATA) {
          text();
          return flags & UNDEFINED ? undefined : { segment: number(), offset: number(), length: number() };
        }
        number();
        if (kind !== 3 && (!(flags & UNDEFINED) || flags & EXPLICIT_NAME)) text();
      });
      r.at = next;
    }
    if (name === "reloc.CODE" || name === "reloc.DATA") number(), relocations[name] = list(() => {
      const type = r.byte(), offset = number(), index = number();
      return { type, offset, index, addend: MEMORY_ADDRESS.includes(type) ? signed() : 0 };
    });
  });
  if (!relocations["reloc.CODE"]) throw new Error(`${file}: it was not linked with --emit-relocs`);

  const pieces = symbols.map((s) => {
    if (!s) return undefined;
    const place = segments[s.segment].place + s.offset;
    return { place, end: place + s.length, points: [], slots: [] };
  });
  const pointed = new Map(), slots = new Set();
  for (const { type, offset, index, addend } of relocations["reloc.CODE"]) {
    const piece = pieces[index];
    if (type === TABLE_INDEX[0]) r.at = begins[10] + offset, slots.add(number());
    else if (MEMORY_ADDRESS.includes(type) && piece) pointed.set(piece.place + addend, [...(pointed.get(piece.place + addend) ?? []), piece]);
  }
  // Which piece holds a byte of the file.
  const all = pieces.filter((p) => p && p.end > p.place).sort((a, b) => a.place - b.place);
  const holding = (address) => all.filter((p) => p.place <= address && address < p.end);
  let segment = 0;
  for (const { type, offset, index } of relocations["reloc.DATA"].sort((a, b) => a.offset - b.offset)) {
    const byte = begins[11] + offset;
    while (byte >= segments[segment].end) segment++;
    const owners = holding(segments[segment].place + byte - segments[segment].from);
    if (TABLE_INDEX.includes(type)) owners.forEach((p) => p.slots.push(bytes.readUInt32LE(byte)));
    else if (pieces[index]) owners.forEach((p) => p.points.push(pieces[index]));
    else continue;
    if (!owners.length) throw new Error(`${file}: a pointer that belongs to nothing`);
  }
  const filled = segments.map(({ place, from, end }) => ({ place, bytes: bytes.subarray(from, end) }));
  return { pieces: all, pointed, slots, filled };
}
