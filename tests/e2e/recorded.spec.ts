// A real recording on the screen: whatever the desk looks at, its counter line and its map say what a count by hand says.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, signIn, talaia, test, type Town, Watch } from './town';

const RECORDING = '../shared/data/chp-incidents-2017/incidents.csv.gz';
const ROWS = 122_068;
const VIEWS = 200;
const HAZARDS = `car fire,fire,Moderate
report of fire,wildfire,Severe
collision,transport,Moderate
hit and run,transport,Minor
traffic hazard,transport,Minor
flood,flood,Severe
wind,wind,Moderate
hazmat,chemical,Extreme
`;
const WINDOWS: Record<string, number> = { '15m': 900_000, '1h': 3_600_000, '2h': 7_200_000, '24h': 86_400_000, all: Infinity };
const SOME = ['transport', 'wildfire', 'fire', 'flood', 'other'];
const NAMES = ['shown', 'elsewhere', 'unplaced', 'filtered', 'total'] as const;

/** A report as the count by hand needs it; without a place `x` is NaN. */
type Held = { x: number; y: number; observed: number; hazard: string };
type Look = { lng: number; lat: number; zoom: number; window: string; hazards: string[] };

/** Web Mercator by the textbook: the unit square, y southward. */
const across = (lng: number) => (lng + 180) / 360;
const down = (lat: number) => (1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2;
const latitude = (y: number) => (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;

/** Mulberry32: the same seed asks the same questions. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function everything(town: Town): Promise<Held[]> {
  const held: Held[] = [];
  for (let cursor = ''; ; ) {
    const answer = await fetch(`${town.url}/api/v1/reports?limit=1000${cursor}`, { headers: { authorization: `Bearer ${town.key}` } });
    if (answer.status === 429) {
      await new Promise((resolve) => setTimeout(resolve, Number(answer.headers.get('retry-after')) * 1000));
      continue;
    }
    const page = await answer.json();
    for (const { geometry, properties } of page.features) {
      const [lng, lat] = geometry?.coordinates ?? [NaN, NaN];
      held.push({ x: across(lng), y: down(lat), observed: Date.parse(properties.observed_at), hazard: properties.hazard });
    }
    if (!page.next) return held;
    cursor = `&cursor=${page.next}`;
  }
}

/** The five numbers, each counted by itself over every report. */
function counted(held: Held[], look: Look, size: { width: number; height: number }): Record<string, string> {
  const side = 2 ** Math.floor(look.zoom);
  const scale = 512 * 2 ** look.zoom;
  const tile = (unit: number) => Math.min(side - 1, Math.max(0, Math.floor(unit * side)));
  const whole = size.width >= scale;
  const [x, y] = [across(look.lng), down(look.lat)];
  const [left, right] = whole ? [0, side - 1] : [tile(x - size.width / 2 / scale), tile(x + size.width / 2 / scale)];
  const [top, bottom] = [tile(y - size.height / 2 / scale), tile(y + size.height / 2 / scale)];
  const after = Date.now() - WINDOWS[look.window];
  const n = { shown: 0, elsewhere: 0, unplaced: 0, filtered: 0, total: held.length };
  for (const one of held) {
    if (one.observed <= after || (look.hazards.length > 0 && !look.hazards.includes(one.hazard))) n.filtered += 1;
    else if (Number.isNaN(one.x)) n.unplaced += 1;
    else {
      const [column, line] = [Math.floor(one.x * side), Math.floor(one.y * side)];
      if (column >= left && column <= right && line >= top && line <= bottom) n.shown += 1;
      else n.elsewhere += 1;
    }
  }
  return { ...Object.fromEntries(NAMES.map((name) => [name, String(n[name])])), drawn: String(n.shown) };
}

async function onScreen(page: Page): Promise<Record<string, string | null>> {
  return await page.evaluate((names) => {
    const numbers = names.map((name) => [name, document.querySelector(`[data-count=${name}]`)?.getAttribute('data-n') ?? null]);
    return { ...Object.fromEntries(numbers), drawn: document.querySelector('.map')?.getAttribute('data-reports') ?? null };
  }, NAMES);
}

function ask(random: () => number, height: number): Look {
  const floor = Math.floor(random() * 19);
  // The map never shows more than the world's height: further out it would raise the zoom by itself.
  const zoom = Math.max(floor + Math.round(random() * 99) / 100, Math.ceil(Math.log2(height / 512) * 100) / 100);
  const margin = height / 2 / (512 * 2 ** zoom);
  const y = Math.min(1 - margin, Math.max(margin, down(32.6 + random() * 9.3)));
  const window = ['all', 'all', '24h', '2h', '1h', '15m'][Math.floor(random() * 6)];
  const hazards = random() < 0.5 ? [] : SOME.filter(() => random() < 0.4);
  const [lng, lat] = [-124 + random() * 9.5, latitude(y)].map((degrees) => Math.round(degrees * 1e5) / 1e5);
  return { lng, lat, zoom, window, hazards };
}

test('two hundred views of a recorded month count on screen what a count by hand counts', async ({ page, town }) => {
  if (!existsSync(RECORDING)) {
    console.log(`${RECORDING} is not here: nothing to play`);
    return;
  }
  test.setTimeout(900_000);
  const seed = Number(process.env.TALAIA_SEED ?? 20_171_010);
  console.log(`seed ${seed}`);
  const random = dice(seed);
  const table = join(town.folder, 'hazards.csv');
  writeFileSync(table, HAZARDS);
  const map = 'id=incident_id,lng=lon,lat=lat,time=first_seen_utc,text=type';
  talaia(
    'replay', RECORDING, '--to', town.url, '--key', town.key, '--format', 'csv', '--map', map, '--hazards', table, '--speed', 'max', '--shift',
  );
  await town.send(...Array.from({ length: 40 }, (_, n) => ({
    type: 'Feature', id: `nowhere-${n}`, geometry: null, properties: { text: 'somewhere', place: 'Sacramento', hazard: SOME[n % 5] },
  })));
  const held = await everything(town);
  expect(held).toHaveLength(ROWS + 40);

  const watch = new Watch(page, town);
  // A view that is asked for is gone to at once.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await signIn(page, town, '?view=-120.00000,37.00000,6.00');
  const box = await page.locator('.map').boundingBox();
  const size = { width: box?.width ?? 0, height: box?.height ?? 0 };
  const seen: Record<string, number> = {};
  for (let asked = 0; asked < VIEWS; asked += 1) {
    const look = ask(random, size.height);
    const view = `${look.lng.toFixed(5)},${look.lat.toFixed(5)},${look.zoom.toFixed(2)}`;
    const query = `?mode=exercise&view=${view}&window=${look.window}${look.hazards.length ? `&hazards=${look.hazards.join(',')}` : ''}`;
    await page.evaluate((address) => {
      history.pushState(null, '', address);
      dispatchEvent(new PopStateEvent('popstate'));
    }, query);
    // Windows slide while we ask: each time both are counted anew.
    let by_hand: Record<string, string> = {};
    await expect(async () => {
      by_hand = counted(held, look, size);
      expect(await onScreen(page), `view ${asked}: ${query}`).toEqual(by_hand);
    }).toPass({ intervals: [50], timeout: 20_000 });
    for (const name of NAMES) seen[name] = (seen[name] ?? 0) + (by_hand[name] === '0' ? 0 : 1);
  }
  console.log(`of ${VIEWS} views, not nothing: ${JSON.stringify(seen)}`);
  for (const name of NAMES) expect(seen[name], `the questions must ask for ${name}`).toBeGreaterThanOrEqual(40);
  expect(watch.foreign).toEqual([]);
  expect(watch.complaints).toEqual([]);
});
