// The service worker: once loaded, the page works offline. A build's REVISION and FILES (path: hash of its bytes) are written here by `.make/stamp.sh`.
// A version is kept whole in a cache of its own, so a page never mixes two; the next version waits until a page lets it take over.

const REVISION = "";
const FILES = {};

const PREFIX = `tradeoff ${registration.scope} `;
const CACHE = PREFIX + REVISION;
const ROOT = new URL("./", registration.scope).href;
// By address, where a file is kept: the hash in the query goes past every cache in between, and servers of plain files ignore it.
const kept = new Map(Object.entries(FILES).map(([path, hash]) => {
  const address = new URL(path, ROOT).href;
  return [address, `${address}?${hash}`];
}));

addEventListener("install", (event) => event.waitUntil(keep()));
addEventListener("activate", (event) => event.waitUntil(forget()));
addEventListener("message", (event) => { if (event.data === "take over") skipWaiting(); });
addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const place = kept.get(url.replace(/[?#].*/, "").replace(/index\.html$/, ""));
  if (method === "GET" && place) event.respondWith(answer(place, event.request));
});

/** Fills this version's cache; what an older version already holds with the same bytes is not fetched again. */
async function keep() {
  const cache = await caches.open(CACHE);
  await Promise.all([...kept.values()].map(async (place) => {
    const response = await caches.match(place) ?? await fetch(place, { cache: "no-cache" });
    if (!response.ok) throw new Error(`${place}: ${response.status}`);
    await cache.put(place, response);
  }));
}

/** Drops the older versions of this site; other sites on the same origin are left alone. */
async function forget() {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await clients.claim();
}

async function answer(place, request) {
  const cache = await caches.open(CACHE);
  return await cache.match(place) ?? fetch(request);
}
