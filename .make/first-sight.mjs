// first-sight.mjs SITE : writes late.txt: which part of the program a function belongs to, by how its name begins.
//
// SITE is the built page with the names of its functions. A byte is set whenever a function is entered; the page is opened in
// $CHROME as a first visitor sees it, on a desk and on a phone, by a quick machine and by a slow one (which shows longer lines of
// what waits), and watched with the hands in the lap: first while it stands, as when what runs it is still on its way, then while
// it runs. What is not entered while it stands belongs to part 1, what is not entered at all to part 2. The fewest beginnings that
// fit such functions only are written down, so that a function nobody has met yet stays in an earlier part.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HAS_ARRIVED, leb, plain, reader, signedLeb, sized } from "./wasm.mjs";

// A sentence that is shown goes away again, and what is kept of a run from time to time is kept, in no longer time.
const STANDS = 14, RUNS = 45;
const SCREENS = ["1440,900", "390,844"];
/** Of each tenth of a second, how many milliseconds are taken from the page. */
const TAKEN = [0, 70];
/** A beginning that keeps fewer bytes than this away is not worth its line. */
const LEAST = 30;
/** What the first sight enters only now and then, so that a watch may miss it: two samples that are alike, a text
    that takes the place of nothing. */
const BY_CHANCE = [
  "<either_of::Either<&",
  "<reactive_graph::effect::render_effect::RenderEffect<either_of::Either<tachys::view::strings::StrState",
  "<tachys::reactive_graph::RenderEffectState<either_of::Either<tachys::view::strings::StrState",
  "<tradeoff::run::frame::Sample as core::cmp",
];

const site = process.argv[2];
const program = join(site, readdirSync(site).find((name) => name.endsWith("_bg.wasm")));
const bytes = readFileSync(program);
const r = reader(bytes), { number, text } = r;
const section = (id, body) => Buffer.concat([Buffer.from([id]), sized(body)]);

let names = new Map();
r.sections(({ end, name }) => { if (name === "name") names = r.names(end); });
const nameOf = (i) => plain(names.get(imports + i) ?? "");

// The marks lie in the last page of a memory so large that the program's heap does not come near it; in its last byte, which
// part has arrived.
const PAGES = 2048, PAGE = 65536;
const out = [bytes.subarray(0, 8)];
const sizes = [];
let marks = 0, imports = 0;
r.at = 8;
r.sections(({ id, from, end }) => {
  if (id === 2) for (let count = number(); count > 0; count--) {
    text(), text();
    if (r.byte() !== 0) throw new Error("only functions are expected to be imported");
    number(), imports++;
  }
  if (id === 5) {
    number();
    const flags = r.byte(), pages = number();
    marks = (pages + PAGES - 1) * PAGE;
    out.push(section(5, Buffer.concat([Buffer.from([1, flags]), leb(pages + PAGES), bytes.subarray(r.at, end)])));
  } else if (id === 10) {
    const parts = [];
    const count = number();
    for (let i = 0; i < count; i++) {
      const length = number(), begin = r.at, end = begin + length;
      for (let locals = number(); locals > 0; locals--) number(), r.at++;
      const mark = [Buffer.from([0x41]), signedLeb(marks + i), Buffer.from([0x41, 1, 0x3a, 0, 0])];
      // The answer is whether the last byte says so, and the rest of the function is not come to.
      if (nameOf(i) === HAS_ARRIVED) mark.push(Buffer.from([0x41, 0, 0x2d, 0]), leb(marks + PAGE - 1), Buffer.from([0x20, 0, 0x4f, 0x0f]));
      parts.push(sized(Buffer.concat([bytes.subarray(begin, r.at), ...mark, bytes.subarray(r.at, end)])));
      sizes.push(length);
      r.at = end;
    }
    out.push(section(10, Buffer.concat([leb(count), ...parts])));
  } else {
    out.push(bytes.subarray(from, end));
  }
});
if (sizes.length >= PAGE) throw new Error("more functions than a page of memory has bytes");
if (!sizes.some((_, i) => nameOf(i) === HAS_ARRIVED)) throw new Error(`${HAS_ARRIVED} was merged into others`);
const marked = Buffer.concat(out);

const index = readFileSync(join(site, "index.html"), "utf8").replace(/ integrity="[^"]*"/g, "");
/** The last part. */
const LAST = 2;
const watched = (taken) => index.replace("</body>", `<script type="module">
  if (${taken}) setInterval(() => { for (const end = performance.now() + ${taken}; performance.now() < end;); }, 100);
  addEventListener("TrunkApplicationStarted", ({ detail: { wasm: { memory } } }) => {
    const entered = () => new Uint8Array(memory.buffer, ${marks}, ${sizes.length}).slice();
    let stood;
    setTimeout(() => { stood = entered(); new Uint8Array(memory.buffer)[${marks + PAGE - 1}] = ${LAST}; }, ${STANDS * 1000});
    setTimeout(() => fetch("/entered", { method: "POST", body: new Blob([stood, entered()]) }), ${(STANDS + RUNS) * 1000});
  });
</script></body>`);
const types = { js: "text/javascript", wasm: "application/wasm", svg: "image/svg+xml", html: "text/html" };

/** Which functions are entered: a byte each for the page that stands, then for the one that runs. */
function watch(screen, taken) {
  const page = watched(taken);
  return new Promise((resolve, reject) => {
    const home = mkdtempSync(join(tmpdir(), "first-sight-"));
    let browser;
    const server = createServer((request, response) => {
      const name = request.url.replace(/[?#].*/, "").slice(1) || "index.html";
      if (name === "entered") {
        const chunks = [];
        request.on("data", (chunk) => chunks.push(chunk)).on("end", () => {
          response.end();
          browser.once("exit", () => {
            // A helper of the browser may outlive it and still write there: then the folder is left to the system.
            try { rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }); } catch {}
            resolve(Buffer.concat(chunks));
          });
          server.close(), server.closeAllConnections(), browser.kill();
        });
        return;
      }
      response.setHeader("content-type", types[name.split(".").pop()] ?? "text/plain");
      try {
        response.end(name === "index.html" ? page : name.endsWith("_bg.wasm") ? marked : readFileSync(join(site, name)));
      } catch {
        response.writeHead(404).end();
      }
    });
    server.listen(0, "127.0.0.1", () => {
      browser = spawn(process.env.CHROME, ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", `--user-data-dir=${home}`, `--window-size=${screen}`,
        `http://127.0.0.1:${server.address().port}/`], { stdio: "ignore" });
      browser.once("error", reject);
      setTimeout(() => { reject(new Error("the page was not seen within three minutes")); browser.kill(); }, 180_000).unref();
    });
  });
}

// Which part a function belongs to: 0 is what the page needs to stand.
const parts = new Uint8Array(sizes.length).fill(LAST);
for (const screen of SCREENS) for (const taken of TAKEN) {
  const entered = await watch(screen, taken);
  parts.forEach((part, i) => parts[i] = Math.min(part, entered[i] ? 0 : entered[sizes.length + i] ? 1 : LAST));
}

// Functions of one name go where the first of them is needed; the names are a tree by words.
const byName = new Map();
sizes.forEach((size, i) => {
  const name = nameOf(i);
  const known = byName.get(name) ?? { size: 0, part: LAST };
  const part = Math.min(known.part, BY_CHANCE.some((beginning) => name.startsWith(beginning)) ? 0 : parts[i]);
  byName.set(name, { size: known.size + size, part });
});
const tree = () => ({ sizes: Array(LAST + 1).fill(0), next: new Map() });
const root = tree();
for (const [name, { size, part }] of byName) {
  let node = root;
  for (const word of [...(name.match(/\w+|[^\w]/g) ?? []), null]) {
    node.sizes[part] += size;
    if (word === null) break;
    if (!node.next.has(word)) node.next.set(word, tree());
    node = node.next.get(word);
  }
}
// A beginning stands for the first part that a function with it is needed in, and a longer one for a later part.
const lines = [];
(function cut(node, beginning, before) {
  const part = node.sizes.findIndex((size) => size > 0);
  const worth = part > before && beginning && node.sizes.reduce((a, b) => a + b) >= LEAST;
  if (worth) lines.push(`${part} ${beginning}`);
  if (part < LAST) for (const [word, next] of node.next) cut(next, beginning + word, worth ? part : before);
})(root, "", 0);
writeFileSync(new URL("late.txt", import.meta.url), `# Which part of the program a function belongs to, by how its name begins: 1 with what runs the standing page, 2 with the rest. \`make late\` writes this file.\n${lines.sort().join("\n")}\n`);
const weight = (part) => sizes.reduce((sum, size, i) => sum + (parts[i] === part ? size : 0), 0);
console.log(`Bytes of functions that the page enters to stand: ${weight(0)}; to run: ${weight(1)}; not at first: ${weight(2)}; ${lines.length} lines`);
process.exit(0);
