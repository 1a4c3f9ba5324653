// One clock for all: what a program and a page call now, as the wall's milliseconds with their fractions.

/**
 * What to add to `performance.now()` to get the wall's time. The wall is read to whole milliseconds only, so its edges are
 * watched: at an edge it is exact. Runs in Node and, sent as text, in a page; it must not use anything from outside.
 */
export function wallOffset() {
  const edges = 8;
  let offset = -Infinity;
  for (let n = 0; n < edges; n += 1) {
    const before = Date.now();
    let wall = before;
    while (wall === before) wall = Date.now();
    // Read after the edge, never before it: each sample is late or right, so the greatest is the best.
    offset = Math.max(offset, wall - performance.now());
  }
  return offset;
}
