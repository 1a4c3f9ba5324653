// Lines on which websockets do not work, and lines on which nothing works well: the picture comes all the same.
import type { Page } from '@playwright/test';
import { Line, type Websockets } from './line';
import { count, expect, knock, onMap, report, row, test, type Town } from './town';

/** The promise: from opening the desk to the live picture, whatever the proxy does to websockets. */
const WITHIN_MS = 15_000;

const proxies: [Exclude<Websockets, 'pass'>, string][] = [
  ['refuse', 'refuses the upgrade'],
  ['close', 'accepts the upgrade and closes at once'],
  ['swallow', 'accepts the upgrade and swallows every byte'],
  ['ignore', 'never answers the upgrade'],
];

/** The addresses of event streams that the page asked for. */
function eventStreams(page: Page): string[] {
  const streams: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('/api/v1/live')) streams.push(request.url());
  });
  return streams;
}

for (const [websockets, does] of proxies) {
  test(`behind a proxy that ${does}, events bring the live picture within 15 s`, async ({ page, town }) => {
    const line = await Line.before(town);
    line.websockets = websockets;
    const streams = eventStreams(page);
    await town.send(report('before'));
    await knock(page, { url: line.url, password: town.password });
    await expect(row(page, 'genoll before')).toHaveCount(1, { timeout: WITHIN_MS });
    expect(streams.length, 'it came by events').toBeGreaterThan(0);
    await expect(page.locator('.line.live')).toBeVisible();
    // And it lives: what is reported from now on comes too, by the same stream.
    const before = streams.length;
    await town.send(report('after', {}, [2.16, 41.39]));
    await expect(row(page, 'genoll after')).toHaveCount(1);
    await expect(count(page, 'total')).toHaveText('2');
    await expect.poll(() => onMap(page, 'reports'), { timeout: 40_000 }).toBe(2);
    expect(streams).toHaveLength(before);
    line.close();
  });
}

test('a line that passes websockets on is not mistaken for one that does not', async ({ page, town }) => {
  const line = await Line.before(town);
  const streams = eventStreams(page);
  await town.send(report('one'));
  await knock(page, { url: line.url, password: town.password });
  await expect(row(page, 'genoll one')).toHaveCount(1, { timeout: WITHIN_MS });
  expect(streams).toEqual([]);
  line.close();
});

test('without events the control finds nothing: a proxy that swallows both leaves the picture empty', async ({ page, town }) => {
  const line = await Line.before(town);
  line.websockets = 'swallow';
  await page.route('**/api/v1/live**', (route) => route.abort());
  await town.send(report('one'));
  await knock(page, { url: line.url, password: town.password });
  await expect(page.locator('.status')).toBeVisible({ timeout: 40_000 });
  await page.waitForTimeout(WITHIN_MS);
  await expect(row(page, 'genoll one')).toHaveCount(0);
  line.close();
});

/** 256 kbit/s, 600 ms there and back, 3 in 100 segments lost. */
const BAD = { bytesPerSecond: 32_000, roundTripMs: 600, loss: 0.03 };

/** The last view that the page asked for by websocket, as a query; the compact frame has the tag 66, its number, then box and zoom. */
function lastView(page: Page): () => string {
  let view = '';
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      if (typeof payload === 'string' || payload[0] !== 66) return;
      // The number goes on as long as the highest bit is set.
      let box = 1;
      while (payload[box] >= 0x80) box += 1;
      box += 1;
      const [west, south, east, north, zoom] = [0, 1, 2, 3, 4].map((at) => payload.readDoubleLE(box + 8 * at));
      view = `bbox=${west},${south},${east},${north}&zoom=${zoom}`;
    }),
  );
  return () => view;
}

/** What the desk shows is what anybody is told of the same view. */
async function sameAsTold(page: Page, town: Town, view: string): Promise<void> {
  const told = await town.totals(`${view}&window=open`);
  for (const name of ['shown', 'elsewhere', 'unplaced', 'filtered', 'total']) {
    await expect(count(page, name), name).toHaveText(String(told[name]), { timeout: 40_000 });
  }
}

test('on a bad line the picture opens, stays right, and is not called frozen', async ({ page, town }) => {
  test.setTimeout(300_000);
  const seed = Number(process.env.TALAIA_SEED ?? 20_261_125);
  console.log(`the losses of the line are drawn from TALAIA_SEED=${seed}`);
  const line = await Line.before(town, { ...BAD, seed });
  await town.send(...Array.from({ length: 500 }, (_, i) => report(`r${i}`, {}, [2.1 + (i % 25) * 0.005, 41.36 + Math.floor(i / 25) * 0.004])));
  const view = lastView(page);
  await page.addInitScript(() => {
    const seen: string[] = [];
    Object.assign(window, { bandsSeen: seen });
    new MutationObserver(() => {
      const band = document.querySelector('.frozen');
      if (band) seen.push(band.textContent ?? '');
    }).observe(document, { subtree: true, childList: true });
  });
  // Half a megabyte of app takes its time at this rate: the door is there first, then the desk.
  await knock(page, { url: line.url, password: town.password }, '?view=2.165,41.402,13.00');
  await expect(page.locator('.line.live')).toBeVisible({ timeout: 180_000 });
  await expect(count(page, 'total')).toHaveText('500', { timeout: 60_000 });
  // A minute of news, some of it moving.
  for (let second = 0; second < 30; second++) {
    const moved = report(`r${second}`, { updated_at: new Date(Date.now() + second + 1).toISOString() }, [2.17, 41.4]);
    await town.send(report(`n${second}`, {}, [2.15 + second * 0.001, 41.4]), moved);
    await page.waitForTimeout(1_000);
  }
  await expect(row(page, 'genoll n29')).toHaveCount(1, { timeout: 60_000 });
  await sameAsTold(page, town, view());
  // Some hundred segments, of which three in a hundred are lost.
  expect(line.lost, 'the line was bad').toBeGreaterThan(3);
  expect(await page.evaluate(() => (window as unknown as { bandsSeen: string[] }).bandsSeen)).toEqual([]);
  line.close();
});
