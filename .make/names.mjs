// What stays of a function's name from build to build: neither the compiler's hashes nor the numbers of closures.
export const plain = (name) => name.replace(/\[[0-9a-f]{16}\]|::h[0-9a-f]{16}$/g, "").replace(/\{(closure|shim)#\d+\}/g, "{$1}");
