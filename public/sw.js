// The service worker: once loaded, the page works offline. A build's REVISION and FILES are written here by `.make/stamp.sh`.
// The names of a version's program hold the hash of its bytes, so a page never mixes two versions. The page itself is what a load
// begins with: it is kept last, when all it needs is there, and from then on each load is the new version, whichever worker answers.

const REVISION = "";
const FILES = [];

const CACHE = `tradeoff ${registration.scope}`;
const PAGE = new URL("./", registration.scope).href;
// Which files the newest version has: those are kept while the version after it is already there, for pages still open.
const NEWEST = `${PAGE}?newest`;

addEventListener("install", (event) => event.waitUntil(keep()));
addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(PAGE)) event.respondWith(answer(event.request));
});

/** Fetches this version's files, what the cache has already aside; then its page; then drops what is older than the version before. */
async function keep() {
  const cache = await caches.open(CACHE);
  const places = FILES.map((name) => new URL(name, PAGE).href);
  await Promise.all(places.map(async (place) => {
    if (!await cache.match(place)) await cache.put(place, await arrived(place));
  }));
  // The revision in the query goes past every cache in between, and servers of plain files ignore it.
  const page = await arrived(`${PAGE}?${REVISION}`);
  if (!(await page.clone().text()).includes(REVISION)) throw new Error(`${PAGE} is of another version than its worker`);
  await cache.put(PAGE, page);

  const before = await (await cache.match(NEWEST))?.json() ?? [];
  await cache.put(NEWEST, new Response(JSON.stringify(places)));
  const needed = new Set([PAGE, NEWEST, ...places, ...before]);
  const old = (await cache.keys()).filter(({ url }) => !needed.has(url));
  await Promise.all(old.map((request) => cache.delete(request)));
}

async function arrived(place) {
  const response = await fetch(place, { cache: "no-cache" });
  if (!response.ok) throw new Error(`${place}: ${response.status}`);
  return response;
}

/** The page goes by its folder, with or without `index.html`, whatever is asked of it after the `?`. */
async function answer(request) {
  const place = request.url.replace(/[?#].*/, "").replace(/index\.html$/, "");
  const cache = await caches.open(CACHE);
  return await cache.match(place) ?? fetch(request);
}
