// first-sight.mjs SITE : writes late.txt, the beginnings of the names of the functions that the first sight does not need.
//
// SITE is the built page with the names of its functions. A byte is set whenever a function is entered; the page is opened in
// $CHROME as a first visitor sees it and as who comes again, on a desk and on a phone, by a quick machine and by a slow one (which
// shows longer lines of what waits), and watched for a while with the hands in the lap. The fewest beginnings that fit late
// functions only are written down, so that a function nobody has met yet stays.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leb, plain, reader, signedLeb, sized } from "./wasm.mjs";

const SECONDS = 15;
const SCREENS = ["1440,900", "390,844"];
/** Of each tenth of a second, how many milliseconds are taken from the page. */
const TAKEN = [0, 70];
/** Who comes again finds what was kept. */
const VISITS = 2;
/** A beginning that keeps fewer bytes than this away is not worth its line. */
const LEAST = 60;
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

// The marks lie in the last page of a memory so large that the program's heap does not come near it.
const PAGES = 2048;
const out = [bytes.subarray(0, 8)];
let names = new Map();
const sizes = [];
let marks = 0, imports = 0;
r.sections(({ id, from, end, name }) => {
  if (id === 2) for (let count = number(); count > 0; count--) {
    text(), text();
    if (r.byte() !== 0) throw new Error("only functions are expected to be imported");
    number(), imports++;
  }
  if (id === 5) {
    number();
    const flags = r.byte(), pages = number();
    marks = (pages + PAGES - 1) * 65536;
    out.push(section(5, Buffer.concat([Buffer.from([1, flags]), leb(pages + PAGES), bytes.subarray(r.at, end)])));
  } else if (id === 10) {
    const parts = [];
    const count = number();
    for (let i = 0; i < count; i++) {
      const length = number(), begin = r.at, end = begin + length;
      for (let locals = number(); locals > 0; locals--) number(), r.at++;
      const mark = Buffer.concat([Buffer.from([0x41]), signedLeb(marks + i), Buffer.from([0x41, 1, 0x3a, 0, 0])]);
      parts.push(leb(length + mark.length), bytes.subarray(begin, r.at), mark, bytes.subarray(r.at, end));
      sizes.push(length);
      r.at = end;
    }
    out.push(section(10, Buffer.concat([leb(count), ...parts])));
  } else {
    if (name === "name") names = r.names(end);
    out.push(bytes.subarray(from, end));
  }
});
if (sizes.length > 65536) throw new Error("more functions than a page of memory has bytes");
const marked = Buffer.concat(out);

const index = readFileSync(join(site, "index.html"), "utf8").replace(/ integrity="[^"]*"/g, "");
const watched = (taken) => index.replace("</body>", `<script type="module">
  if (${taken}) setInterval(() => { for (const end = performance.now() + ${taken}; performance.now() < end;); }, 100);
  addEventListener("TrunkApplicationStarted", ({ detail }) => setTimeout(() => {
    fetch("/entered", { method: "POST", body: new Uint8Array(detail.wasm.memory.buffer, ${marks}, ${sizes.length}).slice() }).then(() => location.reload());
  }, ${SECONDS * 1000}));
</script></body>`);
const types = { js: "text/javascript", wasm: "application/wasm", svg: "image/svg+xml", html: "text/html" };

/** The functions that are entered while the page is watched, visit by visit. */
function watch(screen, taken) {
  const page = watched(taken);
  return new Promise((resolve, reject) => {
    const home = mkdtempSync(join(tmpdir(), "first-sight-"));
    const visits = [];
    let browser;
    const server = createServer((request, response) => {
      const name = request.url.replace(/[?#].*/, "").slice(1) || "index.html";
      if (name === "entered") {
        const chunks = [];
        request.on("data", (chunk) => chunks.push(chunk)).on("end", () => {
          visits.push(Buffer.concat(chunks));
          response.end();
          if (visits.length < VISITS) return;
          browser.once("exit", () => {
            // A helper of the browser may outlive it and still write there: then the folder is left to the system.
            try { rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }); } catch {}
            resolve(visits);
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

const needed = new Uint8Array(sizes.length);
for (const screen of SCREENS) for (const taken of TAKEN) for (const visit of await watch(screen, taken)) visit.forEach((entered, i) => needed[i] |= entered);

// A name that one function of several was entered by is needed; of the others, a tree by words.
const byName = new Map();
sizes.forEach((size, i) => {
  const name = plain(names.get(imports + i) ?? "");
  const known = byName.get(name) ?? { size: 0, needed: false };
  byName.set(name, { size: known.size + size, needed: known.needed || needed[i] === 1 || BY_CHANCE.some((beginning) => name.startsWith(beginning)) });
});
const tree = () => ({ size: 0, needed: false, next: new Map() });
const root = tree();
for (const [name, { size, needed }] of byName) {
  let node = root;
  for (const word of [...(name.match(/\w+|[^\w]/g) ?? []), null]) {
    node.size += size;
    node.needed ||= needed;
    if (word === null) break;
    if (!node.next.has(word)) node.next.set(word, tree());
    node = node.next.get(word);
  }
}
// The node of the last word counts too.
const lines = [];
(function cut(node, beginning) {
  if (!node.needed) { if (node.size >= LEAST && beginning) lines.push(beginning); return; }
  for (const [word, next] of node.next) cut(next, beginning + word);
})(root, "");
writeFileSync(new URL("late.txt", import.meta.url), `# Beginnings of the names of functions that the first sight does not need; \`make late\` writes this file.\n${lines.sort().join("\n")}\n`);
const total = sizes.reduce((a, b) => a + b, 0), kept = sizes.reduce((sum, size, i) => sum + (needed[i] ? size : 0), 0);
console.log(`The first sight enters ${needed.reduce((a, b) => a + b, 0)} of ${sizes.length} functions, ${kept} of ${total} bytes; ${lines.length} lines`);
process.exit(0);
