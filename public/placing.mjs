// Which symbols have room to speak. A symbol that speaks is large and has its label; one without room is a small mark of the same
// shape and colour, which opens like any other. So nothing on the map overlaps, and what has room is what is worst.
//
// Symbols are asked in the order of their severity, then of how many they stand for, by order of magnitude: a report more rarely moves
// a label. Each takes the first side of its own on which neither a mark nor what spoke before stands. Only neighbours decide, never the
// window one looks through: panning changes nothing.
import { SEVERITIES } from './symbols.mjs';
import { EAST_UNITS, SMALL, SOUTH_UNITS, WORDS } from './slots.mjs';

/** MapLibre's world is this wide at zoom 0. */
export const WORLD_PX = 512;
/** From a symbol's middle to the end of its rim, speaking and silent, in pixels of the page. */
export const FULL_PX = 17;
export const SMALL_PX = 8;
/** What stays free between two of them. */
const APART_PX = 2;
/** No two marks that are farther apart than this touch. */
const MARKS_PX = 2 * FULL_PX + APART_PX;
/** A label this wide stands above or below only: no symbol with its label may reach farther than layer.mjs looks. */
const BESIDE_MAX_PX = 88;
/** Steps of zoom in which room is looked for anew: in between, all things only move apart. */
const STEPS_A_ZOOM = 8;

/** Where a label stands from its symbol; the first is tried first. Zero is no label. */
export const SIDES = ['none', 'below', 'above', 'right', 'left'];

const stepOf = (zoom) => Math.floor(zoom * STEPS_A_ZOOM) / STEPS_A_ZOOM;

/** Left and top of a plate, seen from its symbol's middle; `down` is from there to the plate below. Apart: a pair would be made and thrown away for each side that is tried. */
export const leftOf = (side, width, down) => (side === 3 ? down : side === 4 ? -down - width : -width / 2);
export const topOf = (side, height, down) => (side === 2 ? -down - height : side > 2 ? -height / 2 : down);

const log = (n) => 31 - Math.clz32(n);

/** At most so many symbols speak on a map as wide and high as the desk's: more nobody takes in at a glance. */
const SPEAKING_MAX = 40;
const DESK_PX2 = 1_040 * 704;
/** How far apart symbols that speak are kept, if else there were too many of them. */
const DISTANCES_PX = [0, 56, 72, 88, 104, 120, 144, 168];
/** Only when there are so many times more or fewer symbols is it asked again: a number on the edge must not move the whole map. */
const AGAIN = 1.25;

/** Room as it was found, and how it was found. */
export class Placing {
  #step;
  #clusters = 0;
  #apart = 0;

  /** Slots changed, or the measures of their labels. */
  stale = true;

  /** Looks for room again if anything changed since. */
  place(slots, zoom, atlas) {
    const step = stepOf(zoom);
    if (!this.stale && step === this.#step) return;
    const worldPx = WORLD_PX * 2 ** step;
    const alike = slots.clusters <= this.#clusters * AGAIN && slots.clusters >= this.#clusters / AGAIN;
    if (alike && step === this.#step) placeAll(slots, worldPx, this.#apart, atlas);
    else {
      const fit = SPEAKING_MAX * Math.max(1, slots.extent(worldPx) / DESK_PX2);
      this.#apart = DISTANCES_PX.find((apart) => placeAll(slots, worldPx, apart, atlas) <= fit) ?? DISTANCES_PX.at(-1);
      this.#clusters = slots.clusters;
    }
    this.#step = step;
    this.stale = false;
  }
}

/** Reused from one placing to the next: five hundred symbols ask for it several times a second. */
class Field {
  room = -1;

  grow(n) {
    if (n <= this.room) return;
    this.room = 2 ** Math.ceil(Math.log2(Math.max(256, n)));
    for (const name of ['order', 'y', 'left', 'plateTop', 'right', 'bottom']) this[name] = new Float64Array(this.room);
    this.x = new Uint32Array(this.room);
    this.where = new Uint32Array(this.room);
    this.found = new Uint32Array(this.room);
    this.near = new Uint32Array(this.room);
    this.speaks = new Uint8Array(this.room);
    this.radius = new Uint8Array(this.room);
  }
}

const field = new Field();
/** What the numbers that are sorted hold in their lowest digits. */
const INDEX = 2 ** 20;

/**
 * Gives every slot its size and the side of its label.
 * @param {import('./slots.mjs').Slots} slots
 * @param {number} worldPx how wide the world is, in pixels of the page
 * @param {number} apart how far symbols that speak are from each other at least, but for the worst of all
 * @param {{advances: Float32Array, pad: number, plate: {height: number}, away: number, ratio: number}} atlas
 * @returns how many speak
 */
export function placeAll(slots, worldPx, apart, { advances, pad, plate, away, ratio }) {
  const all = slots.clusters;
  field.grow(all);
  const { order, found, where, near, x, y, speaks, radius, left, plateTop, right, bottom } = field;
  const [unitX, unitY] = [worldPx / EAST_UNITS, worldPx / SOUTH_UNITS];
  const [height, down] = [plate.height / ratio, away / ratio];
  const severities = SEVERITIES.length;

  // From north to south, so that neighbours stand near each other in memory too.
  let n = 0;
  slots.tables.forEach((table, severity) => {
    for (let slot = 0; slot < table.end; slot += 1) {
      if (table.ids[slot] === undefined) continue;
      order[n] = table.words[slot * WORDS + 1] * INDEX + n;
      found[n] = slot * severities + severity;
      n += 1;
    }
  });
  order.subarray(0, n).sort();
  let widest = 0;
  for (let at = 0; at < n; at += 1) {
    where[at] = found[order[at] % INDEX];
    const severity = where[at] % severities;
    const table = slots.tables[severity];
    const slot = (where[at] - severity) / severities;
    x[at] = table.words[slot * WORDS];
    y[at] = table.words[slot * WORDS + 1] * unitY;
    speaks[at] = 0;
    // For the worst of all the room that it needs is kept free, so that it is never small.
    radius[at] = severity === 0 ? FULL_PX : SMALL_PX;
    const width = slots.widthOf(table, slot, advances);
    // Until it has a place, `right` keeps how wide the label is; a symbol alone has none.
    right[at] = width === 0 ? 0 : (width + 2 * pad) / ratio;
    widest = Math.max(widest, right[at]);
    const grade = ((severities - severity) * 32 + log(table.counts[2 * slot + 1])) * 32 + log(table.counts[2 * slot]);
    order[at] = (grade * 2 ** 12 + table.scrambles[slot]) * INDEX + at;
  }
  order.subarray(0, n).sort();

  const reachY = Math.max(apart, 2 * (down + height) + APART_PX);
  const reachX = Math.max(apart, 2 * (down + widest) + APART_PX);
  let spoken = 0;
  for (let at = n - 1; at >= 0; at -= 1) {
    const one = order[at] % INDEX;
    const side = sideFor(one);
    if (side >= 0) {
      speaks[one] = 1;
      radius[one] = FULL_PX;
      spoken += 1;
      const width = right[one];
      if (side === 0) left[one] = right[one] = plateTop[one] = bottom[one] = 0;
      else {
        left[one] = leftOf(side, width, down);
        plateTop[one] = topOf(side, height, down);
        right[one] = left[one] + width;
        bottom[one] = plateTop[one] + height;
      }
    }
    const severity = where[one] % severities;
    slots.speak(slots.tables[severity], (where[one] - severity) / severities, side < 0 ? SMALL : side);
  }
  return spoken;

  /** Whether a mark stands so near that there is no room, whoever speaks. */
  function isCrowded(one) {
    for (let step = -1; step <= 1; step += 2) {
      for (let other = one + step; other >= 0 && other < n; other += step) {
        const dy = y[other] - y[one];
        if (dy >= MARKS_PX || dy <= -MARKS_PX) break;
        const dx = ((x[other] - x[one]) | 0) * unitX;
        const clear = FULL_PX + radius[other] + APART_PX;
        if (dx * dx + dy * dy < clear * clear) return true;
      }
    }
    return false;
  }

  /** Finds all whose label may reach a symbol, or that its own may reach, and says how many; negative if one speaks nearer than those are kept. */
  function findNear(one) {
    const wanted = where[one] % severities > 0 ? Math.max(apart, MARKS_PX) : MARKS_PX;
    let found = 0;
    for (let step = -1; step <= 1; step += 2) {
      for (let other = one + step; other >= 0 && other < n; other += step) {
        const dy = y[other] - y[one];
        if (dy >= reachY || dy <= -reachY) break;
        const dx = ((x[other] - x[one]) | 0) * unitX;
        if (dx >= reachX || dx <= -reachX) continue;
        if (speaks[other] && dx * dx + dy * dy < wanted * wanted) return -1;
        near[found++] = other;
      }
    }
    return found;
  }

  /** The side of a symbol's label; negative if it has no room to speak. */
  function sideFor(one) {
    if (isCrowded(one)) return -1;
    const others = findNear(one);
    if (others < 0) return -1;
    for (let at = 0; at < others; at += 1) if (isUnderLabel(one, near[at])) return -1;
    const width = right[one];
    if (width === 0) return 0;
    for (let side = 1; side < (width > BESIDE_MAX_PX ? 3 : SIDES.length); side += 1) {
      const from = leftOf(side, width, down);
      const above = topOf(side, height, down);
      let at = 0;
      while (at < others && plateIsFree(one, near[at], from, above, from + width, above + height)) at += 1;
      if (at === others) return side;
    }
    // Where its label has no room it stands without.
    return where[one] % severities === 0 ? 0 : -1;
  }

  /** Whether the label of another reaches the symbol itself. */
  function isUnderLabel(one, other) {
    if (!speaks[other] || left[other] === right[other]) return false;
    const dx = ((x[other] - x[one]) | 0) * unitX;
    const dy = y[other] - y[one];
    return touches(left[other] + dx, plateTop[other] + dy, right[other] + dx, bottom[other] + dy, FULL_PX + APART_PX);
  }

  function plateIsFree(one, other, west, north, east, south) {
    const dx = ((x[other] - x[one]) | 0) * unitX;
    const dy = y[other] - y[one];
    if (touches(west - dx, north - dy, east - dx, south - dy, radius[other] + APART_PX)) return false;
    return !speaks[other] || left[other] === right[other]
      || left[other] + dx > east + APART_PX || right[other] + dx < west - APART_PX
      || plateTop[other] + dy > south + APART_PX || bottom[other] + dy < north - APART_PX;
  }
}

/** Whether a box, seen from a round's middle, is nearer to it than its radius. */
function touches(west, north, east, south, radius) {
  const across = Math.max(west, -east, 0);
  const along = Math.max(north, -south, 0);
  return across * across + along * along < radius * radius;
}
