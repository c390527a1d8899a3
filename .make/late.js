
// Appended to the program's JavaScript by .make/shrink.sh: fetches the parts of the program that the page stands without.
const FOLLOWING = ["_run", "_late"].map((part) => import.meta.url.replace(/\.js\b.*$/, `${part}.wasm`));

// What the parts that are there give the later ones.
const given = [];

// A saved board, a shared or ready one and a lesson need all at once: then it comes beside the first part, and is waited for.
// So it is where the service worker has all at hand, which answers no request that the page stands still for.
const sent = needed() ? FOLLOWING.map((part) => fetch(part)) : [];
function needed() {
  if (location.hash.length > 2 || location.search || navigator.serviceWorker?.controller) return true;
  try { return localStorage.length > 0; } catch { return false; }
}

/** The first part is there: what runs the page comes now, and meanwhile the page stands. */
async function first(part) {
  given.push(part);
  if (sent.length) for (const _ of sent) await arrive();
  else follow().then(idle).then(() => follow());
}

/** The next part; what fails is tried again soon, and less and less often. Without a connection, when there is one again. */
async function follow(patience = 1000) {
  await arrive().catch(async () => {
    await new Promise((again) => navigator.onLine ? setTimeout(again, patience) : addEventListener("online", again, { once: true }));
    await follow(2 * patience);
  });
}

async function arrive() {
  const part = given.length;
  // Somebody may have been faster, also later on.
  if (part > FOLLOWING.length) return;
  const answer = await (sent[part - 1] ?? fetch(FOLLOWING[part - 1]));
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
  const program = await WebAssembly.compile(await answer.arrayBuffer());
  if (given.length === part) enter(program);
}

function enter(program) {
  const part = given.length;
  given.push(new WebAssembly.Instance(program, { ...given }).exports);
  given[0].there.value = part;
}

/** Somebody is in a function that has not arrived: the page waits for its part. */
function demand(part) {
  console.info("A later part of the program is waited for");
  while (given.length <= part) {
    const place = FOLLOWING[given.length - 1];
    const request = new XMLHttpRequest();
    request.open("GET", place, false);
    // The page may not choose how such an answer comes, only how it is read: each byte as a character.
    request.overrideMimeType("text/plain; charset=x-user-defined");
    try { request.send(); } catch { /* There is no connection; its status is 0. */ }
    if (request.status !== 200) throw new WebAssembly.RuntimeError(`${place}: ${request.status}`);
    enter(new WebAssembly.Module(Uint8Array.from(request.responseText, (character) => character.charCodeAt(0))));
  }
}

// Once the page stands and the browser has nothing better to do.
const idle = () => new Promise((then) => (globalThis.requestIdleCallback ?? setTimeout)(then));
