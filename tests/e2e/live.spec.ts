// The road's last stretch: what the server acknowledges is on the screen, through losses and restarts.
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { count, expect, knock, onMap, report, row, signIn, test, type Town, Watch } from './town';

test('a report sent while the page is open appears on list and map without a reload', async ({ page, town }) => {
  const watch = new Watch(page, town);
  await signIn(page, town);
  await expect(page.getByText('Reports appear by themselves.')).toBeVisible();
  await town.send(report('one'));
  await expect(row(page, 'genoll one')).toHaveCount(1);
  await expect.poll(() => onMap(page, 'reports')).toBe(1);
  await expect(count(page, 'shown')).toHaveText('1');
  // A newer version replaces, it does not add.
  await town.send(report('one', { text: 'Aigua fins a la cintura one', updated_at: new Date(Date.now() + 1000).toISOString() }));
  await expect(row(page, 'cintura one')).toHaveCount(1);
  await expect(row(page, 'genoll one')).toHaveCount(0);
  await expect(count(page, 'total')).toHaveText('1');
  expect(watch.foreign).toEqual([]);
  expect(watch.complaints).toEqual([]);
});

/** Sends a second report while frames are held back; what the map tells and shows meanwhile, and when frames come again. */
async function withoutFrames(page: Page, town: Town) {
  await signIn(page, town, '?view=2.165,41.402,13.00');
  await town.send(report('one'));
  await expect.poll(() => onMap(page, 'reports')).toBe(1);
  // Where the second report will stand: the middle of the map, out of the way of the first.
  const box = await page.locator('.map').boundingBox();
  const clip = { x: (box?.x ?? 0) + (box?.width ?? 0) / 2 - 30, y: (box?.y ?? 0) + (box?.height ?? 0) / 2 - 30, width: 60, height: 60 };
  const empty = await page.screenshot({ clip });
  await page.evaluate(() => {
    const held: FrameRequestCallback[] = [];
    const own = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (frame) => held.push(frame);
    Object.assign(window, {
      letFramesGo: () => {
        window.requestAnimationFrame = own;
        held.forEach((frame) => own(frame));
      },
    });
  });
  await town.send(report('two', {}, [2.165, 41.402]));
  await expect(page.locator('.row')).toHaveCount(2);
  await expect(count(page, 'shown')).toHaveText('2');
  const seen = async () => ({ told: await onMap(page, 'reports'), shows: !(await page.screenshot({ clip })).equals(empty) });
  const meanwhile = await seen();
  await page.evaluate(() => (window as unknown as { letFramesGo: () => void }).letFramesGo());
  await expect.poll(() => onMap(page, 'reports')).toBe(2);
  return { meanwhile, then: await seen() };
}

test('the map tells of a report only once a frame shows it', async ({ page, town }) => {
  expect(await withoutFrames(page, town)).toEqual({ meanwhile: { told: 1, shows: false }, then: { told: 2, shows: true } });
});

test('a map that tells of what it was given is found out', async ({ page, town }) => {
  const honest = readFileSync('public/layer.mjs', 'utf8');
  const lying = honest.replace('this.#placing.stale ||= rewritten', "document.querySelector('.map').dataset.reports = this.slots.reports; $&");
  expect(lying).not.toBe(honest);
  await page.route('**/layer.mjs', (route) => route.fulfill({ contentType: 'text/javascript', body: lying }));
  expect((await withoutFrames(page, town)).meanwhile).toEqual({ told: 2, shows: false });
});

test('a server killed and started again leaves nothing missing and nothing doubled', async ({ page, town }) => {
  await signIn(page, town);
  await town.send(...['a', 'b', 'c'].map((id) => report(id)));
  await expect(page.locator('.row')).toHaveCount(3);
  await town.kill();
  await expect(page.locator('.line.offline')).toBeVisible();
  await expect(page.locator('.row')).toHaveCount(3);
  await town.start();
  await town.send(...['d', 'e'].map((id) => report(id)));
  await expect(page.locator('.line.live')).toBeVisible({ timeout: 45_000 });
  await expect(page.locator('.row')).toHaveCount(5);
  const ids = await page.locator('.row').evaluateAll((rows) => rows.map((one) => one.getAttribute('data-report')));
  expect(new Set(ids).size).toBe(5);
  await expect(count(page, 'total')).toHaveText('5');
  await expect.poll(() => onMap(page, 'reports')).toBe(5);
});

test('a page that was away for a moment is sent what changed, not everything again', async ({ page, town }) => {
  const RESET = 9;
  let away = false;
  const connections: { bytes: number; tags: number[]; drop: () => void }[] = [];
  await page.routeWebSocket(/\/live/, (socket) => {
    if (away) {
      void socket.close({ code: 1001 });
      return;
    }
    const server = socket.connectToServer();
    const connection = { bytes: 0, tags: [] as number[], drop: () => void Promise.all([socket.close({ code: 1001 }), server.close()]) };
    connections.push(connection);
    socket.onMessage((message) => server.send(message));
    server.onMessage((message) => {
      connection.bytes += message.length;
      if (typeof message !== 'string') connection.tags.push(message[0]);
      socket.send(message);
    });
  });
  const many = Array.from({ length: 120 }, (_, i) => report(`r${i}`, {}, [2.1 + (i % 12) * 0.01, 41.36 + Math.floor(i / 12) * 0.01]));
  await town.send(...many);
  await signIn(page, town);
  await expect(count(page, 'total')).toHaveText('120');
  await expect(page.locator('.row').first()).toBeVisible();
  // A heartbeat after the totals: nothing of the snapshot is still on its way.
  const beats = () => connections[0].tags.filter((tag) => tag === 8).length;
  const before = beats();
  await expect.poll(beats).toBeGreaterThan(before);
  const snapshot = connections[0].bytes;
  away = true;
  connections[0].drop();
  await expect(page.locator('.line.live')).toBeHidden();
  await town.send(report('new', {}, [2.155, 41.405]));
  away = false;
  await expect(row(page, 'genoll new')).toHaveCount(1, { timeout: 30_000 });
  await expect(count(page, 'total')).toHaveText('121');
  const again = connections.slice(1);
  expect(again.flatMap((connection) => connection.tags)).not.toContain(RESET);
  const resumed = again.reduce((sum, connection) => sum + connection.bytes, 0);
  expect(resumed * 10, `${resumed} of ${snapshot} bytes`).toBeLessThanOrEqual(snapshot);
  const ids = await page.locator('.row').evaluateAll((rows) => rows.map((one) => one.getAttribute('data-report')));
  expect(new Set(ids).size).toBe(ids.length);
});

test('a view chosen while the line has not said a word yet is asked for all the same', async ({ page, town }) => {
  const old = new Date(Date.now() - 5 * 3_600_000).toISOString();
  await town.send(report('new'), report('old', { observed_at: old, updated_at: old }));
  const held: (() => void)[] = [];
  let isHeld = true;
  await page.routeWebSocket(/\/live/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => void (isHeld ? held.push(() => socket.send(message)) : socket.send(message)));
  });
  await knock(page, town);
  await expect.poll(() => held.length, { message: 'the hello came and is held back' }).toBeGreaterThan(0);
  await page.getByLabel('Window').selectOption('all');
  // The page asks for a view when it has rested; the hello comes after that.
  await page.waitForTimeout(500);
  isHeld = false;
  held.splice(0).forEach((say) => say());
  await expect(count(page, 'shown')).toHaveText('2');
  await expect(count(page, 'filtered')).toHaveText('0');
});

test('where websockets are blocked the stream of events takes over', async ({ page, town }) => {
  await page.addInitScript(() => {
    window.WebSocket = class {
      constructor() {
        throw new Error('blocked');
      }
    } as unknown as typeof WebSocket;
  });
  await signIn(page, town);
  await town.send(report('one'));
  await expect(row(page, 'genoll one')).toHaveCount(1);
  await expect.poll(() => onMap(page, 'reports')).toBe(1);
});

test('the counts on screen are the counts of the same view over HTTP', async ({ page, town }) => {
  const old = new Date(Date.now() - 5 * 3_600_000).toISOString();
  await signIn(page, town, '?view=2.1744,41.4036,14.00');
  await town.send(
    report('near'), report('far', {}, [2.9, 41.9]), report('nowhere', {}, null),
    report('old', { observed_at: old, updated_at: old }), report('storm', { hazard: 'storm' }),
  );
  await expect(count(page, 'total')).toHaveText('5');
  for (const window of ['open', 'all', '1h'] as const) {
    await page.getByLabel('Window').selectOption(window);
    const totals = await town.totals(`bbox=2.16,41.40,2.18,41.41&zoom=14&window=${window}`);
    for (const name of ['shown', 'elsewhere', 'unplaced', 'filtered', 'total']) {
      await expect(count(page, name), `${name} in ${window}`).toHaveText(String(totals[name]));
    }
  }
});

test('an ended session stops acts and leaves the picture', async ({ page, town }) => {
  await signIn(page, town);
  await town.send(report('one'));
  await expect(row(page, 'genoll one')).toHaveCount(1);
  await page.evaluate(() => fetch('/api/v1/session', { method: 'DELETE' }));
  await expect(page.getByText('Signed out: the picture stays, acts are stopped.')).toBeVisible({ timeout: 45_000 });
  await expect(row(page, 'genoll one')).toHaveCount(1);
});
