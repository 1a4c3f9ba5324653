// Where each cluster stands in memory: a slot that stays its own as long as the cluster stays, in the very words that the graphics
// card reads. A change rewrites the slots of what changed; what is sent to the card is the span that was touched.
//
// There is a table for each severity: tables are drawn from the least to the worst, so that nothing lesser covers what is worse.
import { DIGIT, SLASH, SPACE, codeOf } from './atlas.mjs';
import { RIMS, SEVERITIES } from './symbols.mjs';

/** Words of a slot: east, south, what to draw, then the label, six glyphs a word. */
export const WORDS = 7;
export const LABEL = 3;
const GLYPHS_A_WORD = 6;
const GLYPH_BITS = 5;
/** The longest label that fits; a longer one does without what stands between thousands, and then every two counts fit. */
export const LABEL_MAX = (WORDS - LABEL) * GLYPHS_A_WORD;
/**
 * In the word of what to draw: the symbol in the lowest bits, then how long the label is, then where it stands (placing.mjs). No symbol
 * is zero: an empty slot.
 */
export const LENGTH_SHIFT = 8;
export const LENGTH_MASK = 31;
export const SIDE_SHIFT = 13;
/** In place of a side: a small mark without its label. */
export const SMALL = 7;
const SIDE_MASK = 7 << SIDE_SHIFT;
const FIRST_SLOTS = 256;
/** The world is 2³² units wide, which is less than a tenth of a pixel at the nearest zoom, and 2³¹ high, so that a difference has a sign. */
export const EAST_UNITS = 2 ** 32;
export const SOUTH_UNITS = 2 ** 31;
/** Beyond this latitude the map's projection ends. */
const LATITUDE_MAX = 85.051_129;

/** Where a place is in the world's square: 0 to 1 from the west, and from the north. */
export const eastOf = (lng) => lng / 360 + 0.5;
export const southOf = (lat) => {
  const phi = (Math.max(-LATITUDE_MAX, Math.min(LATITUDE_MAX, lat)) * Math.PI) / 180;
  return 0.5 - Math.asinh(Math.tan(phi)) / (2 * Math.PI);
};

/** The same in units: around the world in one direction, up to its edge in the other. */
export const eastUnits = (east) => Math.floor((east - Math.floor(east)) * EAST_UNITS);
export const southUnits = (south) => Math.max(0, Math.min(SOUTH_UNITS - 1, Math.floor(south * SOUTH_UNITS)));

class Table {
  words = new Uint32Array(FIRST_SLOTS * WORDS);
  /** The id in each slot, and how many reports: all of them, then the worst. */
  ids = [];
  counts = new Float64Array(FIRST_SLOTS * 2);
  /** Of each id, digits that run in no order: who goes first of two alike. */
  scrambles = new Uint32Array(FIRST_SLOTS);
  /** One more than the last slot in use. */
  end = 0;
  #free = [];
  /** The span of slots that the card does not have yet. */
  from = Infinity;
  to = 0;

  take(id) {
    let slot = this.#free.pop();
    // Slots past the end were freed before the end came down.
    while (slot >= this.end) slot = this.#free.pop();
    slot ??= this.end;
    this.end = Math.max(this.end, slot + 1);
    if (this.end * WORDS > this.words.length) this.#grow();
    this.ids[slot] = id;
    this.scrambles[slot] = Math.imul(Number(BigInt.asUintN(32, id ^ (id >> 32n))), 0x9e37_79b1) >>> 20;
    return slot;
  }

  free(slot) {
    this.ids[slot] = undefined;
    this.words[slot * WORDS + 2] = 0;
    this.touch(slot);
    this.#free.push(slot);
    while (this.end > 0 && this.ids[this.end - 1] === undefined) this.end -= 1;
  }

  touch(slot) {
    this.from = Math.min(this.from, slot);
    this.to = Math.max(this.to, slot + 1);
  }

  sent() {
    this.from = Infinity;
    this.to = 0;
  }

  #grow() {
    for (const name of ['words', 'counts', 'scrambles']) {
      const small = this[name];
      this[name] = new small.constructor(small.length * 2);
      this[name].set(small);
    }
  }
}

export class Slots {
  tables = SEVERITIES.map(() => new Table());
  clusters = 0;
  reports = 0;
  /** The longest label so far, in glyphs. */
  longest = 0;
  /** Severity and slot of an id, as one number. */
  #where = new Map();
  #separator = '';
  #code = 0;
  #scratch = new Uint8Array(64);

  /** Puts one cluster, new or changed. `rim` and `worst` are places in RIMS and SEVERITIES. */
  put(id, lng, lat, n, worstN, worst, rim) {
    const known = this.#where.get(id);
    if (known !== undefined && known % SEVERITIES.length !== worst) this.drop(id);
    const table = this.tables[worst];
    let slot;
    if (this.#where.has(id)) {
      slot = Math.floor(known / SEVERITIES.length);
      this.reports -= table.counts[2 * slot];
    } else {
      slot = table.take(id);
      this.#where.set(id, slot * SEVERITIES.length + worst);
      this.clusters += 1;
    }
    this.reports += n;
    table.counts[2 * slot] = n;
    table.counts[2 * slot + 1] = worstN;
    const at = slot * WORDS;
    table.words[at] = eastUnits(eastOf(lng));
    table.words[at + 1] = southUnits(southOf(lat));
    table.words[at + 2] = (table.words[at + 2] & SIDE_MASK) | (1 + worst * RIMS.length + rim);
    this.#label(table, slot);
    table.touch(slot);
  }

  drop(id) {
    const known = this.#where.get(id);
    if (known === undefined) return;
    const table = this.tables[known % SEVERITIES.length];
    const slot = Math.floor(known / SEVERITIES.length);
    this.#where.delete(id);
    this.clusters -= 1;
    this.reports -= table.counts[2 * slot];
    table.free(slot);
  }

  /** What stands between thousands: another language writes every label anew. Says whether it did. */
  write(separator) {
    if (separator === this.#separator) return false;
    this.#separator = separator;
    this.#code = separator ? codeOf(separator) : 0;
    for (const table of this.tables) {
      for (let slot = 0; slot < table.end; slot += 1) {
        if (table.ids[slot] === undefined) continue;
        this.#label(table, slot);
        table.touch(slot);
      }
    }
    return true;
  }

  /** Gives a slot the side of its label. */
  speak(table, slot, side) {
    const at = slot * WORDS + 2;
    const next = (table.words[at] & ~SIDE_MASK) | (side << SIDE_SHIFT);
    if (next === table.words[at] >> 0) return;
    table.words[at] = next;
    table.touch(slot);
  }

  /** The area that all of them stand in, in pixels of a world of this width. */
  extent(worldPx) {
    let [west, north, east, south] = [EAST_UNITS, SOUTH_UNITS, 0, 0];
    for (const table of this.tables) {
      for (let slot = 0; slot < table.end; slot += 1) {
        if (table.ids[slot] === undefined) continue;
        const [x, y] = [table.words[slot * WORDS], table.words[slot * WORDS + 1]];
        [west, north, east, south] = [Math.min(west, x), Math.min(north, y), Math.max(east, x), Math.max(south, y)];
      }
    }
    return Math.max(0, ((east - west) / EAST_UNITS) * worldPx) * Math.max(0, ((south - north) / SOUTH_UNITS) * worldPx);
  }

  /** How wide a slot's label is by the advances of its glyphs. */
  widthOf(table, slot, advances) {
    let width = 0;
    const length = lengthOf(table, slot);
    for (let n = 0; n < length; n += 1) width += advances[glyphAt(table, slot, n)];
    return width;
  }

  /** A cluster of several says how many of them are the worst: `2 / 214`. One alone says nothing. */
  #label(table, slot) {
    const words = table.words;
    const n = table.counts[2 * slot];
    const at = slot * WORDS;
    let length = 0;
    if (n > 1) {
      length = this.#glyphs(table.counts[2 * slot + 1], n, this.#code);
      if (length > LABEL_MAX) length = this.#glyphs(table.counts[2 * slot + 1], n, 0);
      this.longest = Math.max(this.longest, length);
    }
    words[at + 2] = (words[at + 2] & ~(LENGTH_MASK << LENGTH_SHIFT)) | (length << LENGTH_SHIFT);
    let written = length;
    for (let word = LABEL; word < WORDS; word += 1) {
      let packed = 0;
      for (let shift = 0; shift < GLYPHS_A_WORD * GLYPH_BITS && written > 0; shift += GLYPH_BITS) packed |= this.#scratch[--written] << shift;
      words[at + word] = packed;
    }
  }

  /** Writes a label into the scratch, its last glyph first; says how long it is. */
  #glyphs(worst, n, separator) {
    let length = this.#count(n, 0, separator);
    this.#scratch[length] = SPACE;
    this.#scratch[length + 1] = SLASH;
    this.#scratch[length + 2] = SPACE;
    length += 3;
    return this.#count(worst, length, separator);
  }

  #count(value, from, separator) {
    const scratch = this.#scratch;
    let length = from;
    let digits = 0;
    let rest = value;
    do {
      if (separator && digits > 0 && digits % 3 === 0) scratch[length++] = separator;
      const tenth = Math.floor(rest / 10);
      scratch[length++] = DIGIT + (rest - 10 * tenth);
      rest = tenth;
      digits += 1;
    } while (rest > 0);
    return length;
  }
}

const lengthOf = (table, slot) => (table.words[slot * WORDS + 2] >> LENGTH_SHIFT) & LENGTH_MASK;

const glyphAt = (table, slot, n) => (
  (table.words[slot * WORDS + LABEL + Math.floor(n / GLYPHS_A_WORD)] >> (GLYPH_BITS * (n % GLYPHS_A_WORD))) & (2 ** GLYPH_BITS - 1)
);

/** The glyph codes of a slot's label. */
export function glyphsOf(table, slot) {
  return Array.from({ length: lengthOf(table, slot) }, (_, n) => glyphAt(table, slot, n));
}

/** Where a slot's label stands: a place in `SIDES` of placing.mjs, or `SMALL`. */
export const sideOf = (table, slot) => (table.words[slot * WORDS + 2] & SIDE_MASK) >> SIDE_SHIFT;
