// split.mjs FILE.wasm late.txt LINKED.wasm SCRIPT.js PART.wasm… : parts the program in FILE.wasm. What the page needs to stand stays
// there; part 1 goes to the first PART.wasm, part 2 to the second, and they arrive in this order.
//
// late.txt says which part a function belongs to: a line is a part and how the names of such functions begin (`make late` writes
// it). A function that only functions of a later part call goes with those, and so does the data that only they point to, as
// LINKED.wasm knows (FILE.wasm, before it was optimised). Where a part calls or points to a function of a later part, there
// is a stub in its place: it sees to it that the part is there (by the import `late.demand`, unless the global `there` says so),
// and calls the function itself through a slot of the table that the part fills. So nothing breaks when a guess is wrong; it is
// only fetched sooner. Texts between the marks of `stdx::late` are in the last part, whoever points to them: whoever reads one
// calls a function of that part. And `stdx::late::has_arrived` gets its answer here.
import { readFileSync, writeFileSync } from "node:fs";
import { links } from "./links.mjs";
import { HAS_ARRIVED, leb, plain, reader, signedLeb, sized } from "./wasm.mjs";

const [file, rules, linked, script, ...followers] = process.argv.slice(2);
const LAST = followers.length, PARTS = [...Array(LAST + 1).keys()];
const FUNCTION = 0, TABLE = 1, MEMORY = 2, GLOBAL = 3;

// ---- Reading ------------------------------------------------------------------------------------------------------------

const bytes = readFileSync(file);
const r = reader(bytes), { number, text, list, byte } = r;
const span = (read) => { const begin = r.at; read(); return bytes.subarray(begin, r.at); };
const limits = () => { const flags = number(); number(); if (flags & 1) number(); };
const table = () => { r.at++; limits(); };
const fail = (why) => { throw new Error(`${file}: ${why}`); };

/** A constant expression of one number, as offsets of segments are. */
function offset() {
  if (byte() !== 0x41) fail("a segment's place is not a constant");
  const value = number();
  if (byte() !== 0x0b) fail("a segment's place is not a constant");
  return value;
}

const module = { types: [], imports: [], functions: [], tables: [], globals: [], exports: [], elements: [], codes: [], raw: {}, features: Buffer.alloc(0), names: new Map() };
const section = {
  1: () => { module.types = list(() => { if (byte() !== 0x60) fail("a type that is no function's"); return { parameters: list(byte).length, results: list(byte).length }; }); },
  2: () => {
    module.imports = list(() => {
      const [from, name, kind] = [text(), text(), byte()];
      let type = 0;
      const shape = span(() => kind === FUNCTION ? type = number() : kind === TABLE ? table() : kind === MEMORY ? limits() : r.at += 2);
      return { from, name, kind, shape, type };
    });
  },
  3: () => { module.functions = list(number); },
  4: () => { module.tables = list(() => span(table)); },
  5: () => { module.memories = list(() => span(limits)); },
  6: () => { module.globals = list(() => { const type = bytes.subarray(r.at, r.at += 2); return { type, value: span(expression) }; }); },
  7: () => { module.exports = list(() => ({ name: text(), kind: byte(), index: number() })); },
  9: () => {
    module.elements = list(() => {
      const flags = number();
      if (flags === 0) return { place: offset(), functions: list(number) };
      if (flags !== 2) return fail(`an element segment of kind ${flags}`);
      const of = number();
      const place = offset();
      r.at++;
      if (of !== 0) fail("functions in another table than the first");
      return { place, functions: list(number) };
    });
  },
  11: () => {
    module.data = list(() => {
      if (number() !== 0) fail("a data segment that is not at a constant place");
      const place = offset();
      const length = number();
      return { place, bytes: bytes.subarray(r.at, r.at += length) };
    });
  },
  10: () => { module.codes = list(() => { const length = number(); return { begin: r.at, end: r.at += length }; }); },
};
r.sections(({ id, begin, end, name }) => {
  if (name === "target_features") module.features = bytes.subarray(begin, end);
  if (name === "name") module.names = r.names(end);
  section[id]?.();
  if (id === 8) fail("a function that is called by itself");
  module.raw[id] ??= bytes.subarray(begin, end);
});

/** Steps over one expression up to its end; tells `visit` where each function's number stands, `constant` what may be an address
    (or, as one half of a longer number, seldom is). */
function expression(visit = () => {}, constant = () => {}) {
  for (let depth = 0; ;) {
    const op = byte();
    if (op === 0x0b) { if (depth-- === 0) return; }
    else if (op >= 0x02 && op <= 0x04) { number(); depth++; }
    else if (op === 0x10 || op === 0x12 || op === 0xd2) { const place = r.at; visit(number(), place, r.at); }
    else if (op === 0x11 || op === 0x13) { number(); number(); }
    else if (op === 0x41) constant(number());
    else if (op === 0x42) r.halves().forEach((half) => constant(half, true));
    else if (op === 0x0c || op === 0x0d || (op >= 0x20 && op <= 0x26) || op === 0x3f || op === 0x40 || op === 0xd0) number();
    else if (op === 0x0e) { list(number); number(); }
    else if (op === 0x1c) list(number);
    else if (op >= 0x28 && op <= 0x3e) { number(); constant(number()); }
    else if (op === 0x43) r.at += 4;
    else if (op === 0x44) r.at += 8;
    else if (op === 0xfc) { const sub = number(); if (sub > 17) fail(`an unknown instruction fc ${sub}`); if (sub > 7) number(); if (sub === 8 || sub === 10 || sub === 12 || sub === 14) number(); }
    else if (!(op <= 0x01 || op === 0x05 || op === 0x0f || op === 0x1a || op === 0x1b || (op >= 0x45 && op <= 0xc4) || op === 0xd1)) fail(`an unknown instruction ${op.toString(16)}`);
  }
}

// ---- What goes and what stays ---------------------------------------------------------------------------------------------

const { pieces, pointed, slots: namedSlots, filled: asLinked } = links(linked);
const imported = module.imports.filter((i) => i.kind === FUNCTION);
const first = imported.length;
const typeOf = (f) => f < first ? imported[f].type : module.functions[f - first];

/** The functions that function `f` names, with the bytes where each name stands, and its constants. */
function named(f) {
  const { begin, end } = module.codes[f - first];
  const found = [], constants = [];
  r.at = begin;
  for (let count = number(); count > 0; count--) { number(); r.at++; }
  expression((to, from, until) => found.push({ to, from, until }), (value, half) => { if (!half || pointed.has(value)) constants.push(value); });
  if (r.at !== end) fail(`function ${f} ends elsewhere`);
  return { calls: found, constants };
}
const read = module.codes.map((_, i) => named(first + i));
const calls = read.map((f) => f.calls);

/** Whoever reads a late text waits for it. */
const READS = "<tradeoff::stdx::late::Late>::read";
const nameOf = (f) => plain(module.names.get(f) ?? "");
const beginnings = readFileSync(rules, "utf8").split("\n").filter((line) => line && !line.startsWith("#")).map((line) => [Number(line[0]), line.slice(2)]);
beginnings.push([LAST, READS]);
/** A beginning ends where a word does. */
const begins = (name, beginning) => name.startsWith(beginning) && !/\w\w/.test(name.slice(beginning.length - 1, beginning.length + 1));
/** The first part that may have a function. */
const earliest = module.functions.map((_, i) => { const name = nameOf(first + i); return beginnings.reduce((part, [to, beginning]) => to > part && begins(name, beginning) ? to : part, 0); });
for (const name of [READS, HAS_ARRIVED]) if (!module.functions.some((_, i) => nameOf(first + i) === name)) fail(`${name} was merged into others`);
const globals = new Set();
for (const { value } of module.globals) if (value[0] === 0xd2) globals.add(value);
if (globals.size) fail("a global holds a function");

// Whatever the browser enters by stays, with all that it calls and points to, up to what belongs to later parts; these have
// what the earlier ones lead to, in their turn. What code points to in the table is taken to be needed: such a number looks like
// any other.
for (const { place, bytes } of module.data) if (!asLinked.some((s) => { const from = place - s.place; return from >= 0 && bytes.equals(s.bytes.subarray(from, from + bytes.length)); })) fail(`${linked} is of another build`);
const inSlot = new Map(module.elements.flatMap(({ place, functions }) => functions.map((f, i) => [place + i, f])));
const inPieces = new Set(pieces.flatMap((p) => p.slots));
// The part that has a function or a piece of data, that first points to a slot, that first needs a stub.
const partOf = new Map(), pieceIn = new Map(), slotIn = new Map(), stubIn = new Map();
const LOWEST = Math.min(...pieces.map((p) => p.place)), HIGHEST = Math.max(...pieces.map((p) => p.end));
/** Where in the sources something panics is told by a name of a file, a line and a column: a panic before the last part is there
    goes without. */
function saysWhere({ place, end, points }) {
  const [filename] = points;
  if (end - place !== 16 || points.length !== 1) return false;
  const { bytes, place: from } = asLinked.find((s) => s.place <= filename.place && filename.end <= s.place + s.bytes.length);
  return /\.rs\0?$/.test(bytes.toString("latin1", filename.place - from, filename.end - from));
}
const places = new Set(pieces.filter(saysWhere));
/** What stands for "no character" is a number as large as an address, and seldom one. */
const NO_CHARACTER = 0x110000;
for (const part of PARTS) {
  const todo = [];
  const need = (f) => {
    if (f < first || partOf.has(f)) return;
    if (earliest[f - first] > part) { if (!stubIn.has(f)) stubIn.set(f, part); return; }
    partOf.set(f, part);
    todo.push(f);
  };
  const enter = (slot) => {
    if (!inSlot.has(slot) || slotIn.has(slot)) return;
    slotIn.set(slot, part);
    need(inSlot.get(slot));
  };
  /** The pieces of data that a constant may point to: those that the linker says, else whatever stands there or ends there. */
  const touch = (address) => {
    if (address < LOWEST || address > HIGHEST || (address === NO_CHARACTER && !pointed.has(address))) return;
    const asked = [...(pointed.get(address) ?? pieces.filter((p) => p.place <= address && address <= p.end))];
    for (let piece; (piece = asked.pop());) {
      if (pieceIn.has(piece) || (part < LAST && places.has(piece))) continue;
      pieceIn.set(piece, part);
      piece.slots.forEach(enter);
      asked.push(...piece.points);
    }
  };
  if (part === 0) {
    for (const { kind, index } of module.exports) if (kind === FUNCTION) need(index);
    for (const slot of inSlot.keys()) if (namedSlots.has(slot) || !inPieces.has(slot)) enter(slot);
  } else {
    for (const f of stubIn.keys()) need(f);
  }
  if (part === LAST) for (let f = first; f < first + module.functions.length; f++) need(f);
  while (todo.length) {
    const { calls, constants } = read[todo.pop() - first];
    for (const { to } of calls) need(to);
    constants.forEach(touch);
  }
}
if (module.imports.some((i) => i.kind === TABLE)) fail("the table is imported");
// A function behind a stub has a slot in the table.
const slots = new Map();
for (const [slot, f] of inSlot) slots.set(f, [...(slots.get(f) ?? []), slot]);
r.at = module.tables[0].byteOffset - bytes.byteOffset;
const [reference, flags, size] = [byte(), number(), number()];
const most = flags & 1 ? number() : 0;
let more = 0;
for (const f of stubIn.keys()) if (!slots.has(f)) slots.set(f, [size + more++]);

// Late data leaves its places empty, and is put there when its part arrives: texts between marks, and what no earlier part
// points to, where there is enough of it in one place.
const [OPENS, CLOSES] = ["\x02late\x02", "\x03late\x03"].map((mark) => Buffer.from(mark));
const LEAST = 12;
const NEAR = 256;
const END = Math.max(...module.data.map((d) => d.place + d.bytes.length));
// What is nobody's and is zero fills a gap, and may be anywhere.
const GAP = LAST + 1;
const needs = new Uint8Array(END).fill(GAP);
for (const { place, end } of pieces) needs.fill(LAST, place, end);
for (const part of PARTS.toReversed()) for (const [{ place, end }, of] of pieceIn) if (of === part) needs.fill(part, place, end);
const data = PARTS.map(() => []);
for (const { place, bytes: whole } of module.data) {
  for (let opens = 0; (opens = whole.indexOf(OPENS, opens)) >= 0;) {
    const end = whole.indexOf(CLOSES, opens) + CLOSES.length;
    if (end < CLOSES.length) fail("a late text does not end");
    needs.fill(LAST, place + opens, place + end);
    opens = end;
  }
  const runs = [];
  for (let i = place; i < place + whole.length; i++) {
    const part = needs[i] !== GAP ? needs[i] : whole[i - place] ? 0 : runs.at(-1)?.part ?? 0;
    if (runs.at(-1)?.part === part) runs.at(-1).end++;
    else runs.push({ part, place: i, end: i + 1 });
  }
  for (const run of runs) {
    const part = run.end - run.place >= LEAST ? run.part : 0;
    const to = data[part], before = to.at(-1), body = whole.subarray(run.place - place, run.end - place);
    const gap = before ? run.place - before.place - before.bytes.length : NEAR;
    // Two that touch are one segment; so are two that are near, as zeros pack better than a place does. Where a program is under
    // way, zeros are not for anybody's places.
    if (gap < (part ? 1 : NEAR)) before.bytes = Buffer.concat([before.bytes, Buffer.alloc(gap), body]);
    else to.push({ place: run.place, bytes: body });
  }
}

// ---- Writing --------------------------------------------------------------------------------------------------------------

const string = (value) => { const body = Buffer.from(value); return Buffer.concat([leb(body.length), body]); };
const vector = (items) => Buffer.concat([leb(items.length), ...items]);
const write = (path, sections) => writeFileSync(path, Buffer.concat([bytes.subarray(0, 8), ...sections.flatMap(([id, body]) => [Buffer.from([id]), sized(body)])]));
const names = (entries) => Buffer.concat([string("name"), Buffer.from([1]), sized(vector(entries.map(([i, name]) => Buffer.concat([leb(i), string(name)]))))]);

// Functions that are alike stand side by side, which packs best: by type, then by their bytes.
const body = (f) => bytes.subarray(module.codes[f - first].begin, module.codes[f - first].end);
const ordered = (fs) => fs.sort((f, g) => typeOf(f) - typeOf(g) || Buffer.compare(body(f), body(g)));
/** What code of a part names to call `f`: `f` itself when it is there with the part or before it, else its stub, `-f`. */
const called = (f, part) => f < first || partOf.get(f) <= part ? f : -f;
/** The part that has a function or a stub. */
const home = (f) => f < 0 ? stubIn.get(-f) : f < first ? 0 : partOf.get(f);
if (earliest[[...module.names.keys()].find((f) => nameOf(f) === HAS_ARRIVED) - first] !== 0) fail(`${HAS_ARRIVED} must be there from the start`);
/** What a part puts into the table: its functions, and stubs where it is the first to point to the slot. */
const entries = PARTS.map((part) => [...slots].flatMap(([f, all]) => {
  if (home(f) === part) return all.map((slot) => [slot, f]);
  return home(f) < part ? [] : all.filter((slot) => slotIn.get(slot) === part).map((slot) => [slot, -f]);
}));
const own = PARTS.map((part) => ({
  stubs: ordered([...stubIn].filter(([, of]) => of === part).map(([f]) => f)).map((f) => -f),
  functions: ordered([...partOf].filter(([, of]) => of === part).map(([f]) => f)),
}));
// What the parts have in common is exported by one of them and imported by the others: what a part calls of earlier ones, and of
// the first part the table, the memory, the globals, and what stubs call.
const DEMAND = "demand", ENSURE = "ensure";
const wanted = PARTS.map((part) => {
  const code = own[part].functions.flatMap((f) => calls[f - first].map(({ to }) => called(to, part)));
  const all = new Set([...code, ...entries[part].map(([, f]) => f)].filter((f) => home(f) < part));
  return part === 0 ? [] : [...own[part].stubs.length ? [ENSURE] : [], ...all];
});
/** The numbers of functions within a part: imports, stubs, functions; in the first the import `demand` and, as the last, `ensure`. */
const rank = PARTS.map((part) => {
  const before = part === 0 ? [...imported.keys(), DEMAND] : wanted[part];
  return new Map([...before, ...own[part].stubs, ...own[part].functions, ...(part === 0 ? [ENSURE] : [])].map((f, i) => [f, i]));
});
const there = module.globals.length;
/** The type of what takes a part and gives nothing. */
const ofPart = module.types.length;
const shape = (f) => leb(f === ENSURE ? ofPart : typeOf(Math.abs(f)));
const exportsOf = PARTS.map((part) => [...new Set(wanted.flat())].filter((f) => (f === ENSURE ? 0 : home(f)) === part).sort((f, g) => rank[part].get(f) - rank[part].get(g))
  .map((index) => ({ kind: FUNCTION, index, shape: shape(index) })));
exportsOf[0].push(
  ...module.tables.map((shape, index) => ({ kind: TABLE, index, shape })),
  ...module.memories.map((shape, index) => ({ kind: MEMORY, index, shape })),
  ...module.globals.map(({ type }, index) => ({ kind: GLOBAL, index, shape: type })),
);
exportsOf.forEach((all) => all.forEach((thing, i) => { thing.name = `:${i.toString(36)}`; }));
// The table of the first part is larger by the new slots, and the others must not ask for less than it has.
const larger = Buffer.concat([Buffer.from([reference, flags]), leb(size + more), ...(flags & 1 ? [leb(most + more)] : [])]);
for (const thing of exportsOf[0]) if (thing.kind === TABLE && thing.index === 0) thing.shape = larger;

function stub(f, part) {
  const type = typeOf(f);
  const pass = Array.from({ length: module.types[type].parameters }, (_, i) => [Buffer.from([0x20]), leb(i)]).flat();
  return Buffer.concat([Buffer.from([0, 0x41]), signedLeb(partOf.get(f)), Buffer.from([0x10]), leb(rank[part].get(ENSURE)), ...pass, Buffer.from([0x41]), signedLeb(slots.get(f)[0]), Buffer.from([0x11]), leb(type), Buffer.from([0, 0x0b])]);
}
// Unless the part is there, it is demanded.
const ensured = Buffer.concat([Buffer.from([0, 0x23]), leb(there), Buffer.from([0x20, 0, 0x49, 0x04, 0x40, 0x20, 0, 0x10]), leb(rank[0].get(DEMAND)), Buffer.from([0x0b, 0x0b])]);
const hasArrived = Buffer.concat([Buffer.from([0, 0x23]), leb(there), Buffer.from([0x20, 0, 0x4f, 0x0b])]);

/** The body of a function with the numbers that functions have in its part. */
function renumbered(f, part) {
  if (nameOf(f) === HAS_ARRIVED) return hasArrived;
  const { begin, end } = module.codes[f - first];
  const parts = [];
  let from = begin;
  for (const call of calls[f - first]) { parts.push(bytes.subarray(from, call.from), leb(rank[part].get(called(call.to, part)))); from = call.until; }
  return Buffer.concat([...parts, bytes.subarray(from, end)]);
}

/** Slots that lie side by side are one segment. */
function elements(part) {
  const runs = [];
  for (const [slot, f] of entries[part].sort((a, b) => a[0] - b[0])) {
    const run = runs.at(-1);
    if (run && run.place + run.functions.length === slot) run.functions.push(f);
    else runs.push({ place: slot, functions: [f] });
  }
  return runs.map(({ place, functions }) => Buffer.concat([Buffer.from([0, 0x41]), signedLeb(place), Buffer.from([0x0b]), vector(functions.map((f) => leb(rank[part].get(f))))]));
}

const exported = (part) => ({ name, kind, index }) => Buffer.concat([string(name), Buffer.from([kind]), leb(kind === FUNCTION ? rank[part].get(index) : index)]);
const anImport = ({ from, name, kind, shape }) => Buffer.concat([string(from), string(name), Buffer.from([kind]), shape]);
const filled = ({ place, bytes: body }) => Buffer.concat([Buffer.from([0, 0x41]), signedLeb(place), Buffer.from([0x0b]), sized(body)]);
const coded = (part) => [...own[part].stubs.map((f) => stub(-f, part)), ...own[part].functions.map((f) => renumbered(f, part))];
const typed = (part) => [...own[part].stubs, ...own[part].functions].map(shape);
const itsNames = (part) => names([...rank[part]].filter(([f]) => module.names.has(f)).map(([f, i]) => [i, module.names.get(f)]));

// What the browser gives has long names; a number says as much, here and in the script that gives it.
const given = new Map(imported.map(({ name }, i) => [name, `$${i.toString(36)}`]));
const { 0: _, ...raw } = module.raw;
const types = Buffer.concat([leb(ofPart + 1), raw[1].subarray(leb(ofPart).length), Buffer.from([0x60, 1, 0x7f, 0])]);
const sections = {
  ...raw,
  1: types,
  2: vector([...module.imports.map((i) => i.kind === FUNCTION ? { ...i, name: given.get(i.name) } : i), { from: "late", name: DEMAND, kind: FUNCTION, shape: leb(ofPart) }].map(anImport)),
  3: vector([...typed(0), leb(ofPart)]),
  4: vector([larger, ...module.tables.slice(1)]),
  6: vector([...module.globals.map((g) => Buffer.concat([g.type, g.value])), Buffer.from([0x7f, 1, 0x41, 0, 0x0b])]),
  7: vector([...module.exports.map((e) => e.kind === FUNCTION ? { ...e, index: called(e.index, 0) } : e), ...exportsOf[0], { name: "there", kind: GLOBAL, index: there }].map(exported(0))),
  9: vector(elements(0)),
  10: vector([...coded(0), ensured].map(sized)),
  ...(raw[12] ? { 12: leb(data[0].length) } : {}),
  11: vector(data[0].map(filled)),
};
write(file, [...[1, 2, 3, 4, 5, 6, 7, 9, 12, 10, 11].filter((id) => sections[id]).map((id) => [id, sections[id]]), [0, itsNames(0)], [0, module.features]]);
writeFileSync(script, readFileSync(script, "utf8").replace(/\b__wb\w+/g, (name) => given.get(name) ?? name));

followers.forEach((path, i) => {
  const part = i + 1;
  // In the order of `wanted`, which the functions' numbers follow.
  const functions = wanted[part].map((f) => { const from = f === ENSURE ? 0 : home(f); return { from: String(from), ...exportsOf[from].find((e) => e.kind === FUNCTION && e.index === f) }; });
  const others = exportsOf[0].filter((e) => e.kind !== FUNCTION).map((e) => ({ from: "0", ...e }));
  write(path, [
    [1, types],
    [2, vector([...functions, ...others].map(anImport))],
    [3, vector(typed(part))],
    [7, vector(exportsOf[part].map(exported(part)))],
    [9, vector(elements(part))],
    [10, vector(coded(part).map(sized))],
    [11, vector(data[part].map(filled))],
    [0, itsNames(part)],
    [0, module.features],
  ]);
});

const weight = (fs) => fs.reduce((sum, f) => sum + module.codes[f - first].end - module.codes[f - first].begin, 0);
for (const part of PARTS) {
  const { stubs, functions } = own[part];
  console.log(`Part ${part}: ${functions.length} functions (${weight(functions)} bytes), ${stubs.length} stubs, ${wanted[part].length} calls back; ${data[part].reduce((sum, { bytes }) => sum + bytes.length, 0)} bytes of data in ${data[part].length} places`);
}
