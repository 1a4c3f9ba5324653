// The clusters on the map: what a click finds, what survives a theme, a lost context and the edge of the world, and their slots.
import type { Page } from '@playwright/test';
// The layer's memory is plain script and needs no page.
import { Slots, WORDS, glyphsOf } from '../../public/slots.mjs';
import { expect, onMap, report, signIn, test, Watch } from './town';

const GLYPHS = '0123456789/ ,.\u00a0\u202f\'\u2019';

/** The middle of the map, in pixels of the page. */
async function middle(page: Page): Promise<{ x: number; y: number }> {
  const box = await page.locator('.map').boundingBox();
  return { x: (box?.x ?? 0) + (box?.width ?? 0) / 2, y: (box?.y ?? 0) + (box?.height ?? 0) / 2 };
}

async function clip(page: Page, size = 60): Promise<Buffer> {
  const { x, y } = await middle(page);
  return await page.screenshot({ clip: { x: x - size / 2, y: y - size / 2, width: size, height: size } });
}

test('a click finds the cluster under it by symbol and by label, and the pointer says so', async ({ page, town }) => {
  const several = Array.from({ length: 3 }, (_, n) => report(`of-${n}`));
  await town.send(...several, report('alone', { severity: 'Extreme' }, [2.165, 41.402]));
  // A cluster stands where its leading cell is: the middle of the map is put there.
  const { features } = await town.picture('bbox=2.1,41.3,2.3,41.5&zoom=13&window=open');
  const cluster = features.find(({ properties }) => properties.n === 3);
  await signIn(page, town, `?view=${cluster?.geometry.coordinates.join()},13.00`);
  await expect.poll(() => onMap(page, 'reports')).toBe(4);
  const canvas = page.locator('.maplibregl-canvas');
  const { x, y } = await middle(page);
  // The plate stands below the symbol.
  for (const below of [0, 29]) {
    // The map is still becoming as wide as it was before the card: a hand that comes moves more than once.
    await expect(async () => {
      await page.mouse.move(x + 1, y + below);
      await page.mouse.move(x, y + below);
      await expect(canvas).toHaveCSS('cursor', 'pointer', { timeout: 500 });
    }).toPass();
    await page.mouse.click(x, y + below);
    await expect(page.locator('.card .leaves .row')).toHaveCount(3);
    await page.keyboard.press('Escape');
    await expect(page.locator('.card')).toHaveCount(0);
  }
  // As above: until the map has its width again, something else may lie there.
  await expect(async () => {
    await page.mouse.move(x + 91, y + 90);
    await page.mouse.move(x + 90, y + 90);
    await expect(canvas).not.toHaveCSS('cursor', 'pointer', { timeout: 500 });
  }).toPass();
  await page.mouse.click(x + 90, y + 90);
  await expect(page.locator('.card')).toHaveCount(0);
});

test('a report beside the antimeridian is drawn and found from the other side of it', async ({ page, town }) => {
  await town.send(report('east', {}, [179.9999, -16.8]));
  await signIn(page, town, '?view=-179.9999,-16.8,15.00');
  await expect.poll(() => onMap(page, 'reports')).toBe(1);
  const { x, y } = await middle(page);
  // They are nine pixels apart at this zoom: within the symbol.
  await expect(async () => {
    await page.mouse.click(x, y);
    await expect(page.locator('.card')).toContainText('genoll east', { timeout: 1_000 });
  }).toPass();
});

test('symbols are drawn again after the theme changes and after the graphics card is lost', async ({ page, town }) => {
  const watch = new Watch(page, town);
  await town.send(report('one', {}, [2.165, 41.402]));
  await signIn(page, town, '?view=2.165,41.402,13.00');
  await expect.poll(() => onMap(page, 'reports')).toBe(1);
  const night = await clip(page);
  await page.evaluate(() => {
    const canvases = document.querySelectorAll<HTMLCanvasElement>('.map canvas');
    if (canvases.length !== 2) throw new Error('the ground and the clusters');
    for (const canvas of canvases) {
      const lost = canvas.getContext('webgl2')?.getExtension('WEBGL_lose_context');
      canvas.addEventListener('webglcontextlost', () => setTimeout(() => lost?.restoreContext(), 50), { once: true });
      lost?.loseContext();
    }
  });
  await expect.poll(async () => (await clip(page)).equals(night), { message: 'the same picture from another context' }).toBe(true);
  await town.send(report('two', {}, [2.1744, 41.4036]));
  await expect.poll(() => onMap(page, 'reports')).toBe(2);
  await page.getByRole('button', { name: 'Day colours' }).click();
  await expect.poll(async () => (await clip(page)).equals(night)).toBe(false);
  await expect.poll(() => onMap(page, 'reports')).toBe(2);
  expect(watch.complaints).toEqual([]);
});

test('clusters stay over the ground on a page that is zoomed, which has as many pixels in another size', async ({ page, town }) => {
  await town.send(report('one', {}, [2.165, 41.402]));
  const wide = { width: 1800, height: 1000 };
  await page.setViewportSize(wide);
  await signIn(page, town, '?view=2.165,41.402,13.00');
  await expect.poll(() => onMap(page, 'reports')).toBe(1);
  const canvases = () =>
    page.evaluate(() =>
      [...document.querySelectorAll<HTMLCanvasElement>('.map canvas')].map((canvas) => {
        const { x, y, width, height } = canvas.getBoundingClientRect();
        return { x, y, width, height, pixels: [canvas.width, canvas.height] };
      }),
    );
  const [before] = await canvases();
  if (!before) throw new Error('no map');
  const devices = await page.context().newCDPSession(page);
  const show = async (width: number, height: number, deviceScaleFactor: number, mapWidth: number) => {
    await devices.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor, mobile: false });
    await expect.poll(async () => (await canvases())[0]?.width, { message: `the map at ${width}`, timeout: 1_500 }).toBe(mapWidth);
  };
  // How large a page has a map of half the size: the list is not as wide on each.
  const half = { width: wide.width, height: wide.height };
  await expect(async () => {
    const [map] = await canvases();
    half.width -= (map?.width ?? 0) - before.width / 2;
    half.height -= (map?.height ?? 0) - before.height / 2;
    await show(Math.round(half.width), Math.round(half.height), 1, before.width / 2);
  }).toPass();
  await show(wide.width, wide.height, 1, before.width);
  // Then twice as large, as the browser's own zoom does it: as many pixels as before.
  await show(Math.round(half.width), Math.round(half.height), 2, before.width / 2);
  const [ground, clusters] = await canvases();
  expect(ground?.pixels, 'no pixel more or less').toEqual(before.pixels);
  expect(clusters).toEqual(ground);
});

test('whoever asked for less motion is taken there at once, by key, by button and by wheel', async ({ page, town }) => {
  await town.send(report('one', {}, [2.12, 41.38]));
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await signIn(page, town, '?view=2.165,41.402,12.00');
  await expect.poll(() => onMap(page, 'reports')).toBe(1);
  // The scale is set anew in each frame of a movement.
  await page.evaluate(() => {
    const map = document.querySelector<HTMLElement>('.map');
    const scale = document.querySelector<HTMLElement>('.maplibregl-ctrl-scale');
    if (!map || !scale) throw new Error('no scale');
    map.dataset.zooms = '0';
    const said = () => `${scale.textContent} ${scale.style.width}`;
    let before = said();
    new MutationObserver(() => {
      if (said() !== before) map.dataset.zooms = String(Number(map.dataset.zooms) + 1);
      before = said();
    }).observe(scale, { attributes: true, childList: true, characterData: true, subtree: true });
  });
  const zoom = () => Number(new URL(page.url()).searchParams.get('view')?.split(',')[2]);
  let zooms = 0;
  const atOnce = async (act: () => Promise<void>, wanted: (before: number) => boolean) => {
    const before = zoom();
    await act();
    await expect.poll(() => wanted(before)).toBe(true);
    zooms += 1;
    expect(Number(await page.locator('.map').getAttribute('data-zooms'))).toBe(zooms);
  };
  await atOnce(() => page.getByRole('button', { name: 'Zoom in' }).click(), (before) => zoom() === before + 1);
  const { x, y } = await middle(page);
  await page.mouse.move(x, y);
  await atOnce(() => page.mouse.wheel(0, -100), (before) => zoom() > before);
  await atOnce(() => page.mouse.dblclick(x, y), (before) => zoom() > before + 0.9);
});

test('slots hold what a plain map holds after any history, and a cluster that stays keeps its own', () => {
  const seed = 20_261_125;
  let state = seed;
  const random = () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
  const [slots, plain] = [new Slots(), new Map<bigint, { n: number; worst: number; slot: number }>()];
  const slotOf = (id: bigint, worst: number) => slots.tables[worst].ids.indexOf(id);
  for (let step = 0; step < 20_000; step += 1) {
    const id = BigInt(Math.floor(random() * 700));
    if (random() < 0.45) {
      slots.drop(id);
      plain.delete(id);
      continue;
    }
    const [n, worst] = [1 + Math.floor(random() * 9_999), Math.floor(random() * 5)];
    const before = plain.get(id);
    slots.put(id, 2, 41, n, 1, worst, 0);
    const slot = slotOf(id, worst);
    if (before?.worst === worst) expect(slot, `seed ${seed}, step ${step}`).toBe(before.slot);
    plain.set(id, { n, worst, slot });
  }
  const held = slots.tables.flatMap((table, worst) => table.ids.slice(0, table.end).flatMap((id, slot) => {
    const drawn = table.words[slot * WORDS + 2] % 256;
    expect(drawn > 0, `slot ${slot} of severity ${worst}`).toBe(id !== undefined);
    return id === undefined ? [] : [[id, { n: table.counts[2 * slot], worst, slot }]];
  }));
  expect(new Map(held as [bigint, { n: number; worst: number; slot: number }][])).toEqual(plain);
  expect(slots.clusters).toBe(plain.size);
  expect(slots.reports).toBe([...plain.values()].reduce((sum, { n }) => sum + n, 0));
});

test('a label says the worst of all, in the marks of the language, and always fits', () => {
  const slots = new Slots();
  const label = () => glyphsOf(slots.tables[0], 0).map((code: number) => GLYPHS[code - 1]).join('');
  const cases: [string, number, number, string][] = [
    [',', 2, 214, '2 / 214'], [',', 1, 1, ''], [',', 89_012, 1_234_567, '89,012 / 1,234,567'],
    ['.', 1_000, 10_000, '1.000 / 10.000'], ['\u202f', 999, 1_000, '999 / 1\u202f000'], [',', 4_294_967_295, 4_294_967_295, '4294967295 / 4294967295'],
  ];
  for (const [mark, worst, n, said] of cases) {
    slots.write(mark);
    slots.put(1n, 2, 41, n, worst, 0, 0);
    expect(label()).toBe(said);
  }
});
