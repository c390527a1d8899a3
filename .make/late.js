
// Appended to the program's JavaScript by .make/shrink.sh: fetches the part of the program that the first sight does not need.
const LATE = import.meta.url.replace(/\.js\b.*$/, "_late.wasm");

// A saved board, a shared or ready one and a lesson need it at once: then it comes beside the first part, and is waited for.
// So it is where the service worker has both at hand, which answers no request that the page stands still for.
let sent = needed() ? fetch(LATE) : undefined;
function needed() {
  if (location.hash.length > 2 || location.search || navigator.serviceWorker?.controller) return true;
  try { return localStorage.length > 0; } catch { return false; }
}

async function both(early) {
  if (sent) await follow(early).catch(() => {});
}

async function follow(early) {
  const answer = await (sent ?? fetch(LATE));
  sent = undefined;
  if (!answer.ok) throw new Error(`${LATE}: ${answer.status}`);
  await WebAssembly.instantiate(await answer.arrayBuffer(), { early });
  early.late.value = 1;
}

/** Somebody was faster, and is in a function that has not arrived: the page waits for it. */
function demand() {
  console.info("The late part of the program is waited for");
  const request = new XMLHttpRequest();
  request.open("GET", LATE, false);
  // The page may not choose how such an answer comes, only how it is read: each byte as a character.
  request.overrideMimeType("text/plain; charset=x-user-defined");
  try { request.send(); } catch { /* There is no connection; its status is 0. */ }
  if (request.status !== 200) throw new WebAssembly.RuntimeError(`${LATE}: ${request.status}`);
  const bytes = Uint8Array.from(request.responseText, (character) => character.charCodeAt(0));
  new WebAssembly.Instance(new WebAssembly.Module(bytes), { early: wasm });
  wasm.late.value = 1;
}

// Once the page stands and the browser has nothing better to do; without a connection, when there is one again.
const later = () => { if (!wasm.late.value) follow(wasm).catch(() => addEventListener("online", later, { once: true })); };
addEventListener("TrunkApplicationStarted", () => (globalThis.requestIdleCallback ?? setTimeout)(later), { once: true });
