// split.mjs FILE.wasm LATE.wasm late.txt LINKED.wasm SCRIPT.js : moves what the first sight does not need out of FILE.wasm into LATE.wasm.
//
// late.txt says which functions: a line is how the names of such functions begin (`make late` writes it). What only late
// functions call goes with them, and the data that only they point to, as LINKED.wasm knows (FILE.wasm, before it was optimised).
// In FILE.wasm a stub takes the place of each late function that something else calls or points to: it
// sees to it that LATE.wasm is there (by the import `late.demand`, until the global `late.there` says 1), and calls the function
// itself through a slot of the table that LATE.wasm fills. So nothing breaks when a guess is wrong; it is only fetched sooner.
// Texts between the marks of `stdx::late` go too, whoever points to them: whoever reads one calls a late function.
import { readFileSync, writeFileSync } from "node:fs";
import { links } from "./links.mjs";
import { leb, plain, reader, signedLeb, sized } from "./wasm.mjs";

const [file, late, rules, linked, script] = process.argv.slice(2);
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
  module.raw[id] ??= bytes.subarray(begin, end);
});

/** Steps over one expression up to its end; tells `visit` where each function's number stands, `constant` what may be an address. */
function expression(visit = () => {}, constant = () => {}) {
  for (let depth = 0; ;) {
    const op = byte();
    if (op === 0x0b) { if (depth-- === 0) return; }
    else if (op >= 0x02 && op <= 0x04) { number(); depth++; }
    else if (op === 0x10 || op === 0x12 || op === 0xd2) { const place = r.at; visit(number(), place, r.at); }
    else if (op === 0x11 || op === 0x13) { number(); number(); }
    else if (op === 0x41) constant(number());
    else if (op === 0x0c || op === 0x0d || (op >= 0x20 && op <= 0x26) || op === 0x3f || op === 0x40 || op === 0x42 || op === 0xd0) number();
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

const imported = module.imports.filter((i) => i.kind === FUNCTION);
const first = imported.length;
const typeOf = (f) => f < first ? imported[f].type : module.functions[f - first];

/** The functions that function `f` names, with the bytes where each name stands, and its constants. */
function named(f) {
  const { begin, end } = module.codes[f - first];
  const found = [], constants = [];
  r.at = begin;
  for (let count = number(); count > 0; count--) { number(); r.at++; }
  expression((to, from, until) => found.push({ to, from, until }), (value) => constants.push(value));
  if (r.at !== end) fail(`function ${f} ends elsewhere`);
  return { calls: found, constants };
}
const read = module.codes.map((_, i) => named(first + i));
const calls = read.map((f) => f.calls);

/** Whoever reads a late text waits for it. */
const READS = "<tradeoff::stdx::late::Late>::read";
const beginnings = [READS, ...readFileSync(rules, "utf8").split("\n").filter((line) => line && !line.startsWith("#"))];
/** A beginning ends where a word does. */
const begins = (name, beginning) => name.startsWith(beginning) && !/\w\w/.test(name.slice(beginning.length - 1, beginning.length + 1));
const cold = module.functions.map((_, i) => { const name = plain(module.names.get(first + i) ?? ""); return beginnings.some((beginning) => begins(name, beginning)); });
const isCold = (f) => f >= first && cold[f - first];
const globals = new Set();
for (const { value } of module.globals) if (value[0] === 0xd2) globals.add(value);
if (globals.size) fail("a global holds a function");

// Whatever the browser enters by stays, with all that it calls and points to, up to what is cold. What code points to in the
// table is taken to be needed: such a number looks like any other.
const { pieces, pointed, slots: namedSlots, filled: asLinked } = links(linked);
for (const { place, bytes } of module.data) if (!asLinked.some((s) => { const from = place - s.place; return from >= 0 && bytes.equals(s.bytes.subarray(from, from + bytes.length)); })) fail(`${linked} is of another build`);
const inSlot = new Map(module.elements.flatMap(({ place, functions }) => functions.map((f, i) => [place + i, f])));
const inPieces = new Set(pieces.flatMap((p) => p.slots));
const stays = new Set(), needed = new Set(), entered = new Set();
const todo = [];
function need(f) {
  if (f < first || isCold(f) || stays.has(f)) return;
  stays.add(f);
  todo.push(f);
}
function enter(slot) {
  entered.add(slot);
  if (inSlot.has(slot)) need(inSlot.get(slot));
}
const LOWEST = Math.min(...pieces.map((p) => p.place)), HIGHEST = Math.max(...pieces.map((p) => p.end));
/** Where in the sources something panics is told by a name of a file, a line and a column: a panic before the late part is there
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
/** The pieces of data that a constant may point to: those that the linker says, else whatever stands there or ends there. */
function touch(address) {
  if (address < LOWEST || address > HIGHEST || (address === NO_CHARACTER && !pointed.has(address))) return;
  const asked = [...(pointed.get(address) ?? pieces.filter((p) => p.place <= address && address <= p.end))];
  for (let piece; (piece = asked.pop());) {
    if (needed.has(piece) || places.has(piece)) continue;
    needed.add(piece);
    piece.slots.forEach(enter);
    asked.push(...piece.points);
  }
}
for (const { kind, index } of module.exports) if (kind === FUNCTION) need(index);
for (const slot of inSlot.keys()) if (namedSlots.has(slot) || !inPieces.has(slot)) enter(slot);
while (todo.length) {
  const { calls, constants } = read[todo.pop() - first];
  for (const { to } of calls) need(to);
  constants.forEach(touch);
}
const leaves = new Set(module.functions.map((_, i) => first + i).filter((f) => !stays.has(f)));
// A cold function that what stays calls, or that is pointed to, keeps a stub and a slot in the table.
const slots = new Map();
for (const [slot, f] of inSlot) if (leaves.has(f)) slots.set(f, [...(slots.get(f) ?? []), slot]);
const stubs = new Set([...leaves].filter((f) => slots.get(f)?.some((slot) => entered.has(slot))));
const tableImport = module.imports.some((i) => i.kind === TABLE);
if (tableImport) fail("the table is imported");
r.at = module.tables[0].byteOffset - bytes.byteOffset;
const [reference, flags, size] = [byte(), number(), number()];
const most = flags & 1 ? number() : 0;
let more = 0;
for (const f of stays) for (const { to } of calls[f - first]) if (leaves.has(to)) {
  stubs.add(to);
  if (!slots.has(to)) slots.set(to, [size + more++]);
}

// Late data leaves its places empty, and is put there when the late part arrives: texts between marks, and what nothing that
// stays points to, where there is enough of it in one place.
const [OPENS, CLOSES] = ["\x02late\x02", "\x03late\x03"].map((mark) => Buffer.from(mark));
const LEAST = 12;
const NEAR = 256;
const END = Math.max(...module.data.map((d) => d.place + d.bytes.length));
// What is nobody's and is zero fills a gap, and may be anywhere.
const GAP = 2;
const isLate = new Uint8Array(END).fill(GAP);
for (const { place, end } of pieces) isLate.fill(1, place, end);
for (const { place, end } of needed) isLate.fill(0, place, end);
const kept = [], texts = [];
for (const { place, bytes: whole } of module.data) {
  for (let opens = 0; (opens = whole.indexOf(OPENS, opens)) >= 0;) {
    const end = whole.indexOf(CLOSES, opens) + CLOSES.length;
    if (end < CLOSES.length) fail("a late text does not end");
    isLate.fill(1, place + opens, place + end);
    opens = end;
  }
  const runs = [];
  for (let i = place; i < place + whole.length; i++) {
    const late = isLate[i] !== GAP ? isLate[i] : whole[i - place] ? 0 : runs.at(-1)?.late ?? 0;
    if (runs.at(-1)?.late === late) runs.at(-1).end++;
    else runs.push({ late, place: i, end: i + 1 });
  }
  for (const run of runs) {
    const late = run.late && run.end - run.place >= LEAST;
    const to = late ? texts : kept, before = to.at(-1), body = whole.subarray(run.place - place, run.end - place);
    const gap = before ? run.place - before.place - before.bytes.length : NEAR;
    // Two that touch are one segment; so are two that are near, as zeros pack better than a place does.
    if (gap < (late ? 1 : NEAR)) before.bytes = Buffer.concat([before.bytes, Buffer.alloc(gap), body]);
    else to.push({ place: run.place, bytes: body });
  }
}
if (![...module.names.values()].some((name) => plain(name) === READS)) fail(`${READS} was merged into others`);

// ---- Writing --------------------------------------------------------------------------------------------------------------

const string = (value) => { const body = Buffer.from(value); return Buffer.concat([leb(body.length), body]); };
const vector = (items) => Buffer.concat([leb(items.length), ...items]);
const write = (path, sections) => writeFileSync(path, Buffer.concat([bytes.subarray(0, 8), ...sections.flatMap(([id, body]) => [Buffer.from([id]), sized(body)])]));
const names = (entries) => Buffer.concat([string("name"), Buffer.from([1]), sized(vector(entries.map(([i, name]) => Buffer.concat([leb(i), string(name)]))))]);

// Functions that are alike stand side by side, which packs best: by type, then by their bytes.
const body = (f) => bytes.subarray(module.codes[f - first].begin, module.codes[f - first].end);
const ordered = (fs) => [...fs].sort((f, g) => typeOf(f) - typeOf(g) || Buffer.compare(body(f), body(g)));
// In the first module the import `demand` comes before all functions, `ensure` behind them.
const early = [...ordered(stubs), ...ordered(stays)];
const rank = new Map(early.map((f, i) => [f, first + 1 + i]));
const shifted = (f) => f < first ? f : rank.get(f);
const demand = first, ensure = first + 1 + early.length;
const there = module.globals.length;
function stub(f) {
  const type = typeOf(f);
  const pass = Array.from({ length: module.types[type].parameters }, (_, i) => [Buffer.from([0x20]), leb(i)]).flat();
  return Buffer.concat([Buffer.from([0, 0x10]), leb(ensure), ...pass, Buffer.from([0x41]), signedLeb(slots.get(f)[0]), Buffer.from([0x11]), leb(type), Buffer.from([0, 0x0b])]);
}
const ensured = Buffer.concat([Buffer.from([0, 0x23]), leb(there), Buffer.from([0x45, 0x04, 0x40, 0x10]), leb(demand), Buffer.from([0x0b, 0x0b])]);
const nullary = module.types.length;

/** Slots that lie side by side are one segment. */
function inRuns(entries) {
  const runs = [];
  for (const [slot, f] of entries.sort((a, b) => a[0] - b[0])) {
    const run = runs.at(-1);
    if (run && run.place + run.functions.length === slot) run.functions.push(f);
    else runs.push({ place: slot, functions: [f] });
  }
  return runs;
}

/** The body of a function with other numbers for the functions it names. */
function renumbered(f, number) {
  const { begin, end } = module.codes[f - first];
  const parts = [];
  let from = begin;
  for (const call of calls[f - first]) { parts.push(bytes.subarray(from, call.from), leb(number(call.to))); from = call.until; }
  return Buffer.concat([...parts, bytes.subarray(from, end)]);
}

const goes = ordered(leaves);
// What the late functions call of those that stay becomes an export of the one module and an import of the other.
const wanted = [...new Set(goes.flatMap((f) => calls[f - first].map((c) => c.to).filter((to) => !leaves.has(to))))].sort((a, b) => shifted(a) - shifted(b));
const shared = [
  ...wanted.map((index) => ({ kind: FUNCTION, index, shape: leb(typeOf(index)) })),
  ...module.tables.map((shape, index) => ({ kind: TABLE, index, shape })),
  ...module.memories.map((shape, index) => ({ kind: MEMORY, index, shape })),
  ...module.globals.map(({ type }, index) => ({ kind: GLOBAL, index, shape: type })),
].map((thing, i) => ({ ...thing, name: `:${i.toString(36)}` }));
// The table of the first module is larger by the new slots, and the second must not ask for less than it has.
const larger = Buffer.concat([Buffer.from([reference, flags]), leb(size + more), ...(flags & 1 ? [leb(most + more)] : [])]);
const tables = [larger, ...module.tables.slice(1)];
const sharedTables = shared.map((s) => s.kind === TABLE && s.index === 0 ? { ...s, shape: larger } : s);

const exported = ({ name, kind, index }) => Buffer.concat([string(name), Buffer.from([kind]), leb(kind === FUNCTION ? shifted(index) : index)]);
// What the browser gives has long names; a number says as much, here and in the script that gives it.
const given = new Map(imported.map(({ name }, i) => [name, `$${i.toString(36)}`]));
const called = ({ name, kind, ...rest }) => ({ ...rest, kind, name: kind === FUNCTION ? given.get(name) : name });
const anImport = ({ from, name, kind, shape }) => Buffer.concat([string(from), string(name), Buffer.from([kind]), shape]);
const segment = (place, functions) => Buffer.concat([Buffer.from([0, 0x41]), signedLeb(place), Buffer.from([0x0b]), vector(functions.map(leb))]);
const filled = ({ place, bytes: body }) => Buffer.concat([Buffer.from([0, 0x41]), signedLeb(place), Buffer.from([0x0b]), sized(body)]);
const { 0: _, ...raw } = module.raw;
const sections = {
  ...raw,
  1: Buffer.concat([leb(nullary + 1), raw[1].subarray(leb(nullary).length), Buffer.from([0x60, 0, 0])]),
  2: vector([...module.imports.map(called), { from: "late", name: "demand", kind: FUNCTION, shape: leb(nullary) }].map(anImport)),
  3: vector([...early.map(typeOf), nullary].map(leb)),
  4: vector(tables),
  6: vector([...module.globals.map((g) => Buffer.concat([g.type, g.value])), Buffer.from([0x7f, 1, 0x41, 0, 0x0b])]),
  7: vector([...module.exports, ...shared, { name: "late", kind: GLOBAL, index: there }].map(exported)),
  9: vector(inRuns([...inSlot].filter(([slot, f]) => !leaves.has(f) || entered.has(slot))).map((run) => segment(run.place, run.functions.map(shifted)))),
  10: vector([...early.map((f) => sized(leaves.has(f) ? stub(f) : renumbered(f, shifted))), sized(ensured)]),
  ...(raw[12] ? { 12: leb(kept.length) } : {}),
  11: vector(kept.map(filled)),
};
write(file, [...[1, 2, 3, 4, 5, 6, 7, 9, 12, 10, 11].filter((id) => sections[id]).map((id) => [id, sections[id]]), [0, names([...module.names].filter(([f]) => shifted(f) !== undefined).map(([f, name]) => [shifted(f), name]))], [0, module.features]]);

writeFileSync(script, readFileSync(script, "utf8").replace(/\b__wb\w+/g, (name) => given.get(name) ?? name));

const place = new Map([...wanted, ...goes].map((f, i) => [f, i]));
write(late, [
  [1, raw[1]],
  [2, vector(sharedTables.map((thing) => anImport({ from: "early", ...thing })))],
  [3, vector(goes.map((f) => leb(typeOf(f))))],
  [9, vector(inRuns([...slots].flatMap(([f, all]) => all.map((slot) => [slot, f]))).map((run) => segment(run.place, run.functions.map((f) => place.get(f)))))],
  [10, vector(goes.map((f) => sized(renumbered(f, (to) => place.get(to)))))],
  [11, vector(texts.map(filled))],
  [0, names([...place].map(([f, i]) => [i, module.names.get(f) ?? ""]))],
  [0, module.features],
]);
const weight = (fs) => fs.reduce((sum, f) => sum + module.codes[f - first].end - module.codes[f - first].begin, 0);
console.log(`${stays.size} functions stay (${weight([...stays])} bytes), ${goes.length} go (${weight(goes)} bytes); ${stubs.size} stubs, ${wanted.length} calls back`);
const filling = (all) => `${all.reduce((sum, { bytes }) => sum + bytes.length, 0)} bytes of data in ${all.length} places`;
console.log(`${filling(kept)} stay, ${filling(texts)} go`);
