
// Appended to the program's JavaScript by .make/shrink.sh: fetches the parts of the program that the page stands without.
const FOLLOWING = ["_run", "_late"].map((part) => import.meta.url.replace(/\.js\b.*$/, `${part}.wasm`));

// What the parts that are there give the later ones.
const given = [];

// A saved board, a shared or ready one and a lesson need all at once: then it comes beside the first part, and is waited for.
// So it is where the service worker has all at hand, which answers no request that the page stands still for.
const sent = needed() ? FOLLOWING.map((part) => fetch(part)) : [];
// What fails is looked at where it is waited for.
for (const answer of sent) answer.catch(() => {});
function needed() {
  if (location.hash.length > 2 || location.search || navigator.serviceWorker?.controller) return true;
  try { return localStorage.length > 0; } catch { return false; }
}

/** The first part is there: what runs the page comes now, and meanwhile the page stands. */
async function first(part) {
  given.push(part);
  if (sent.length) for (const _ of FOLLOWING) await follow(4);
  else follow().then(idle).then(() => follow());
}

/** The next part. What fails is tried again soon, and less and less often; at once when there is a connection again. */
async function follow(tries = Infinity, patience = 1000) {
  try {
    await arrive(AbortSignal.timeout(60 * patience));
  } catch (why) {
    if (tries === 1) throw why;
    await new Promise((again) => { setTimeout(again, patience); addEventListener("online", again, { once: true }); });
    await follow(tries - 1, Math.min(2 * patience, 30_000));
  }
}

async function arrive(signal) {
  const part = given.length, early = sent[part - 1];
  // Somebody may have been faster, also later on.
  if (part > FOLLOWING.length) return;
  delete sent[part - 1];
  const answer = await (early ?? fetch(FOLLOWING[part - 1], { signal }));
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
  const program = await WebAssembly.compile(await answer.arrayBuffer());
  if (given.length === part) enter(program);
}

function enter(program) {
  const part = given.length;
  given.push(new WebAssembly.Instance(program, { ...given }).exports);
  given[0].there.value = part;
  if (part === FOLLOWING.length) dispatchEvent(new Event("whole"));
}

/** Somebody is in a function that has not arrived: the page waits for its part. */
function demand(part) {
  console.info("A later part of the program is waited for");
  for (let tries = 3; given.length <= part;) {
    const place = FOLLOWING[given.length - 1];
    const request = new XMLHttpRequest();
    request.open("GET", place, false);
    // The page may not choose how such an answer comes, only how it is read: each byte as a character.
    request.overrideMimeType("text/plain; charset=x-user-defined");
    try {
      request.send();
      if (request.status !== 200) throw new Error(request.status);
      enter(new WebAssembly.Module(Uint8Array.from(request.responseText, (character) => character.charCodeAt(0))));
    } catch (why) {
      if (--tries === 0) throw new WebAssembly.RuntimeError(`${place}: ${why.message}`);
    }
  }
}

// What is no more than a hand that passes by, or a page that is left, asks for nothing that could not be done without.
const PASSING = ["pointermove", "pointerover", "pointerout", "pointerenter", "pointerleave", "mousemove", "mouseover", "mouseout", "wheel", "keyup", "resize", "visibilitychange", "pagehide"];
const wait = (event) => { if (given.length <= FOLLOWING.length && (event.type !== "keydown" || /^(Tab|Shift|Control|Alt|AltGraph|Meta|CapsLock)$/.test(event.key))) event.stopImmediatePropagation(); };
for (const kind of [...PASSING, "keydown"]) addEventListener(kind, wait, true);

// Once the page stands and the browser has nothing better to do.
const idle = () => new Promise((then) => (globalThis.requestIdleCallback ?? setTimeout)(then));
