// wasm.mjs : the numbers and names that a program in WebAssembly is made of, read and written.

/** Reads `bytes` onward from `at`, which anybody may set; the first eight say what kind of file it is. */
export function reader(bytes, at = 8) {
  const r = {
    at,
    byte: () => bytes[r.at++],
    /** An unsigned LEB128 number; stepping over a signed one is the same. */
    number() {
      let value = 0;
      for (let shift = 1; ; shift *= 128) {
        const byte = bytes[r.at++];
        value += (byte & 127) * shift;
        if (byte < 128) return value;
      }
    },
    signed() {
      let value = 0, shift = 1, byte;
      do { byte = bytes[r.at++]; value += (byte & 127) * shift; shift *= 128; } while (byte >= 128);
      return byte & 64 ? value - shift : value;
    },
    /** A signed LEB128 number of 64 bits, as its two halves. */
    halves() {
      let value = 0n, shift = 0n, byte;
      do { byte = bytes[r.at++]; value |= BigInt(byte & 127) << shift; shift += 7n; } while (byte >= 128);
      return [value & 0xffffffffn, value >> 32n & 0xffffffffn].map(Number);
    },
    text() { const length = r.number(); return bytes.toString("utf8", r.at, r.at += length); },
    list: (read) => Array.from({ length: r.number() }, read),
    /** Calls `read` for every section, with what it is and where; one whose `id` is 0 has a name, and reading goes on behind it. */
    sections(read) {
      while (r.at < bytes.length) {
        const from = r.at, id = r.byte(), length = r.number(), begin = r.at, end = begin + length;
        read({ id, from, begin, end, name: id === 0 ? r.text() : "" });
        r.at = end;
      }
    },
    /** The functions' names, from the section "name" that ends at `end`. */
    names(end) {
      const names = new Map();
      while (r.at < end) {
        const kind = r.byte(), size = r.number(), next = r.at + size;
        if (kind === 1) for (let count = r.number(); count > 0; count--) names.set(r.number(), r.text());
        r.at = next;
      }
      return names;
    },
  };
  return r;
}

export function leb(value) {
  const out = [];
  do { const byte = value % 128; value = Math.floor(value / 128); out.push(value ? byte | 128 : byte); } while (value);
  return Buffer.from(out);
}

export function signedLeb(value) {
  const out = [];
  for (;;) {
    const byte = value & 127;
    value >>= 7;
    if ((value === 0 && !(byte & 64)) || (value === -1 && byte & 64)) { out.push(byte); return Buffer.from(out); }
    out.push(byte | 128);
  }
}

/** A body with its length before it. */
export const sized = (body) => Buffer.concat([leb(body.length), body]);

/** What stays of a function's name from build to build: neither the compiler's hashes nor the numbers of closures. */
export const plain = (name) => name.replace(/\[[0-9a-f]{16}\]|::h[0-9a-f]{16}$/g, "").replace(/\{(closure|shim)#\d+\}/g, "{$1}");

/** The function that says whether a part has arrived. */
export const HAS_ARRIVED = "tradeoff::stdx::late::has_arrived";
