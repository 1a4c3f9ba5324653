// What the map looks like: nothing that speaks overlaps anything, what is worst speaks, and panning changes neither.
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
// The rule is plain script and needs no page.
import { placeAll, leftOf, topOf, FULL_PX, SMALL_PX } from '../../public/placing.mjs';
import { SMALL, Slots, WORDS, sideOf } from '../../public/slots.mjs';
import { expect, onMap, signIn, test, Town } from './town';

type Box = { left: number; top: number; right: number; bottom: number };
type Standing = { id: string; severity: number; n: number; x: number; y: number; radius: number; plate?: Box };

const between = (a: Standing, b: Standing) => Math.hypot(a.x - b.x, a.y - b.y) - a.radius - b.radius;
const fromRound = (at: Standing, box: Box) => (
  Math.hypot(Math.max(box.left - at.x, at.x - box.right, 0), Math.max(box.top - at.y, at.y - box.bottom, 0)) - at.radius
);
const cross = (a: Box, b: Box) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** Every pair of which one lies over the other. Two silent marks may: how near they stand is the clusters' own rule. */
function overlaps(all: Standing[]): string[] {
  const found: string[] = [];
  all.forEach((a, at) => all.slice(at + 1).forEach((b) => {
    const silent = a.radius === SMALL_PX && b.radius === SMALL_PX;
    const over = (!silent && between(a, b) < 0) || (a.plate && fromRound(b, a.plate) < 0) || (b.plate && fromRound(a, b.plate) < 0)
      || (a.plate && b.plate && cross(a.plate, b.plate));
    if (over) found.push(`${JSON.stringify(a)} and ${JSON.stringify(b)}`);
  }));
  return found;
}

/** A label's measures as a font gives them: seven pixels a glyph. */
const ATLAS = { advances: new Float32Array(32).fill(7), pad: 5, plate: { height: 18 }, away: 18, ratio: 1 };
const ZOOM = 12;
const WORLD_PX = 512 * 2 ** ZOOM;

/** Mulberry32: the same seed makes the same crowd. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Cluster = { id: bigint; lng: number; lat: number; n: number; worst: number; worstN: number };

/** Clusters as crowded as they come: each at least so far from all others, until no place is left. */
function crowd(random: () => number, nearest: number): Cluster[] {
  const [width, height] = [1_400, 1_000];
  const degrees = 360 / WORLD_PX;
  const clusters: (Cluster & { x: number; y: number })[] = [];
  for (let missed = 0; missed < 4_000;) {
    const [x, y] = [random() * width, random() * height];
    if (clusters.some((other) => Math.hypot(other.x - x, other.y - y) < nearest)) {
      missed += 1;
      continue;
    }
    const n = 1 + Math.floor(10 ** (random() * 4) - 1);
    const worst = Math.floor(5 * Math.sqrt(random()));
    clusters.push({
      id: BigInt(clusters.length + 1) * 0x9e37_79b9_7f4a_7c15n % 2n ** 64n, lng: x * degrees, lat: -y * degrees, n, worst,
      worstN: 1 + Math.floor(random() * n), x, y,
    });
  }
  return clusters;
}

function put(clusters: Cluster[]): Slots {
  const slots = new Slots();
  for (const { id, lng, lat, n, worstN, worst } of clusters) slots.put(id, lng, lat, n, worstN, worst, 0);
  return slots;
}

/** What the slots say stands where, in pixels of the world. */
function standing(slots: Slots): Standing[] {
  return slots.tables.flatMap((table, severity) => table.ids.slice(0, table.end).flatMap((id, slot) => {
    if (id === undefined) return [];
    const [x, y] = [table.words[slot * WORDS] / 2 ** 32 * WORLD_PX, table.words[slot * WORDS + 1] / 2 ** 31 * WORLD_PX];
    const side = sideOf(table, slot);
    const width = slots.widthOf(table, slot, ATLAS.advances) + 2 * ATLAS.pad;
    const [left, top] = [leftOf(side, width, ATLAS.away), topOf(side, ATLAS.plate.height, ATLAS.away)];
    const plate = { left: x + left, top: y + top, right: x + left + width, bottom: y + top + ATLAS.plate.height };
    const speaks = side !== SMALL;
    return [{
      id: String(id), severity, n: table.counts[2 * slot], x, y, radius: speaks ? FULL_PX : SMALL_PX,
      ...(speaks && side > 0 ? { plate } : {}),
    }];
  }));
}

test('of clusters as crowded as they come none that speaks overlaps, whatever order they came in', () => {
  for (let seed = 1; seed <= 6; seed += 1) {
    const clusters = crowd(dice(seed), seed % 2 ? 40 : 18);
    const slots = put(clusters);
    for (const apart of [0, 88]) {
      const spoken = placeAll(slots, WORLD_PX, apart, ATLAS);
      const all = standing(slots);
      expect(overlaps(all), `seed ${seed}`).toEqual([]);
      expect(all.filter(({ radius }) => radius === FULL_PX)).toHaveLength(spoken);
      // One alone has no label, several that speak have one; but the worst speak even where it has no room.
      const odd = (one: Standing) => (one.plate !== undefined) !== (one.radius === FULL_PX && one.n > 1) && !(one.severity === 0 && !one.plate);
      expect(all.filter(odd), `seed ${seed}`).toEqual([]);
      // As far as the clusters keep apart no one of the worst is small.
      if (seed % 2) expect(all.filter(({ severity, radius }) => severity === 0 && radius === SMALL_PX), `seed ${seed}`).toEqual([]);
      // An empty map overlaps nowhere.
      expect(spoken, `seed ${seed}`).toBeGreaterThan(seed % 2 ? 40 : 10);
      const other = put([...clusters].reverse());
      placeAll(other, WORLD_PX, apart, ATLAS);
      const sorted = (list: Standing[]) => [...list].sort((a, b) => a.id.localeCompare(b.id));
      expect(sorted(standing(other)), `seed ${seed}, the other way round`).toEqual(sorted(all));
    }
  }
});

test('drawn all large with their labels below, they overlap', () => {
  const clusters = crowd(dice(1), 40);
  const slots = put(clusters);
  for (const table of slots.tables) for (let slot = 0; slot < table.end; slot += 1) slots.speak(table, slot, table.counts[2 * slot] > 1 ? 1 : 0);
  expect(overlaps(standing(slots)).length).toBeGreaterThan(100);
});

test('one of the worst among hundreds of lesser ones speaks, wherever it stands', () => {
  const random = dice(7);
  const lesser = crowd(random, 40).map((cluster) => ({ ...cluster, worst: Math.max(1, cluster.worst) }));
  let silent = 0;
  for (const [at, cluster] of lesser.entries()) {
    const slots = put(lesser.with(at, { ...cluster, worst: 0, n: 9_999, worstN: 1 }));
    for (const apart of [0, 168]) {
      placeAll(slots, WORLD_PX, apart, ATLAS);
      silent += sideOf(slots.tables[0], 0) === SMALL ? 1 : 0;
    }
  }
  expect(lesser.length).toBeGreaterThan(300);
  expect(silent).toBe(0);
});

/** In the page, before the app: keeps the layer that is drawn. */
function keepLayer() {
  void import('/layer.mjs' as string).then(({ ClusterLayer }) => {
    const { render } = ClusterLayer.prototype;
    ClusterLayer.prototype.render = function kept(...given: unknown[]) {
      Object.assign(globalThis, { layer: this });
      render.apply(this, given);
    };
  });
}

/** What stands on the map of the page now. */
async function onPage(page: Page): Promise<Standing[]> {
  const held = await page.evaluate(() => {
    const { layer } = globalThis as unknown as { layer: { standing: () => Iterable<Standing> } };
    return [...layer.standing()].map((one) => ({ ...one, id: String(one.id) }));
  });
  return held;
}

async function look(page: Page, town: Town, zoom: number): Promise<Standing[]> {
  await page.goto(`${town.url}/?mode=exercise&view=2.165,41.402,${zoom}.00`);
  await expect(page.locator('.map[data-drawn]')).toBeAttached();
  await expect.poll(() => onMap(page, 'reports')).toBeGreaterThan(0);
  return await onPage(page);
}

const ZOOMS = [8, 10, 12, 13, 14, 15];

test.describe('over the exercise', () => {
  test.use({ serve: ['--exercise', 'barcelona-storm'] });

  test('at six zooms nothing that speaks overlaps anything', async ({ page, town }) => {
    await page.addInitScript(keepLayer);
    await signIn(page, town);
    let spoken = 0;
    for (const zoom of ZOOMS) {
      const all = await look(page, town, zoom);
      expect(overlaps(all), `zoom ${zoom}`).toEqual([]);
      spoken += all.filter(({ plate }) => plate).length;
    }
    expect(spoken).toBeGreaterThan(40);
  });

  test('a layer that gives every symbol its label is found out', async ({ page, town }) => {
    const honest = readFileSync('public/placing.mjs', 'utf8');
    const lying = honest.replace('const side = sideFor(one);', 'const side = right[one] ? 1 : 0;');
    expect(lying).not.toBe(honest);
    await page.route('**/placing.mjs', (route) => route.fulfill({ body: lying, contentType: 'text/javascript' }));
    await page.addInitScript(keepLayer);
    await signIn(page, town);
    let found = 0;
    for (const zoom of ZOOMS) found += overlaps(await look(page, town, zoom)).length;
    expect(found).toBeGreaterThan(0);
  });
});
