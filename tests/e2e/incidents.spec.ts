// Situations, alarms and decisions on the desk: from reports and gauges to rows, cards and what is decided with keys alone.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, report, signIn, test, type Town, Watch } from './town';

const incident = (page: Page, text: string) => page.locator('.row[data-incident]', { hasText: text });

/** Three callers at one corner, each in own words. */
function flood() {
  return ['Aigua al portal', 'El carrer baixa ple', 'Se m’inunda el garatge'].map((text, n) => (
    report(`call-${n}`, { text }, [2.1744 + n * 0.0004, 41.4036])
  ));
}

async function seriousIssues(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`);
}

const flow = (value: number) => ({
  datastream: 'poio', phenomenon_time: new Date().toISOString(), result: value, name: 'Barranc del Poio', unit: 'm3/s',
  geometry: { type: 'Point', coordinates: [2.17, 41.4] },
});

/** A gauge whose owner says from when on it is grave. */
async function gauge(page: Page, town: Town): Promise<void> {
  await town.observe(flow(8));
  const level = (grade: string, value: number) => (
    { grade, direction: 'rising', value, clear: null, unit: 'm3/s', owner: 'CHJ', document: 'Pla', date: '2023-05-04' }
  );
  const passport = {
    hazard: 'flood', unit: 'm3/s', levels: [level('yellow', 30), level('orange', 70), level('red', 150)],
    cadence: { by_day_ms: 60_000, in_alarm_ms: null },
    footprint: { circle: { centre: { type: 'Point', coordinates: [2.17, 41.4] }, radius_m: 800 } },
  };
  const put = async (body: string) => (await fetch('/api/v1/datastreams/partner:sensor-city/poio/passport?mode=exercise', { method: 'PUT', body })).status;
  expect(await page.evaluate(put, JSON.stringify(passport))).toBe(204);
}

test('reports that belong together are a row, and its card opens by keyboard', async ({ page, town }) => {
  const watch = new Watch(page, town);
  await signIn(page, town, '?list=incidents');
  await expect(page.getByText('Nothing that was reported belongs together yet.')).toBeVisible();
  await town.send(...flood());
  const row = incident(page, 'Carrer de Pujades, Poblenou');
  await expect(row).toHaveCount(1);
  await expect(row).toContainText('▲ NEW');
  await expect(row).toContainText('☎ 3 · units 0');
  await expect(row).toContainText('NOBODY');
  await expect(page.locator('.of').first()).toHaveText('NEW 1');
  await expect(page.locator('.map')).toHaveAttribute('data-incidents', '1');
  await expect(page.locator('.map .tile.Severe')).toHaveCount(1);
  await page.keyboard.press('j');
  await expect(row).toBeFocused();
  await page.keyboard.press('Enter');
  const card = page.locator('.card');
  await expect(card.getByRole('heading', { name: 'Flood, Carrer de Pujades, Poblenou' })).toBeVisible();
  await expect(card).toContainText('Independent sources: 3, first hand: 3');
  await expect(card.locator('.unknowns')).toContainText('Nobody on scene has reported.');
  await expect(card.locator('.leaves .row')).toHaveCount(3);
  expect(new URL(page.url()).searchParams.get('open')).toMatch(/^incident:/);
  await page.reload();
  await expect(card.locator('.leaves .row')).toHaveCount(3);
  await page.keyboard.press('Escape');
  await expect(card).toHaveCount(0);
  // And the map opens it too.
  await page.waitForSelector('.map[data-drawn]');
  const tile = await page.locator('.map .tile').boundingBox();
  await page.mouse.click(tile!.x + tile!.width / 2, tile!.y + tile!.height / 2);
  await expect(card.getByRole('heading', { name: 'Flood, Carrer de Pujades, Poblenou' })).toBeVisible();
  await page.keyboard.press('v');
  await expect(page.locator('.row[data-report]').first()).toBeVisible();
  expect(watch.complaints).toEqual([]);
});

test('it is taken and decided with keys, and the screen says what the server says', async ({ page, town }) => {
  await town.send(...flood());
  await signIn(page, town, '?list=incidents');
  const row = incident(page, 'Poblenou');
  await expect(row).toHaveCount(1);
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Take', exact: true })).toBeVisible();
  await page.keyboard.press('t');
  await expect(row.locator('.owner')).toHaveText('ad');
  await expect(page.getByRole('button', { name: 'Give back' })).toBeVisible();
  await page.keyboard.press('x');
  await expect(page.getByRole('group', { name: 'Not true: on what basis?' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('group', { name: 'Not true: on what basis?' })).toHaveCount(0);
  await expect(page.locator('.card')).toBeVisible();
  // In words: keys are letters there, and Enter ends.
  await page.keyboard.press('c');
  await page.getByLabel('In words').fill('t c x 1: the mayor rang');
  await page.keyboard.press('Enter');
  await expect(row.locator('.word')).toHaveText('confirmed');
  await expect(page.locator('.card-head')).toContainText('other, admin');
  // A server that does not answer has decided nothing, and the screen says so.
  await page.route('**/api/v1/decisions', (route) => route.abort());
  await page.getByRole('button', { name: 'Give back' }).click();
  await expect(page.locator('.acts .sent')).toContainText('Not decided: the server does not answer.');
  await expect(row.locator('.owner')).toHaveText('ad');
});

test('who is asked keeps the focus, however late a frame comes', async ({ page, town }) => {
  await page.addInitScript(() => {
    const soon = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (draw) =>
      soon(() => setTimeout(() => draw(performance.now()), 400));
  });
  await town.send(...flood());
  await signIn(page, town, '?list=incidents');
  await expect(incident(page, 'Poblenou')).toHaveCount(1);
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.keyboard.press('x');
  const asked = page.getByRole('group', { name: 'Not true: on what basis?' });
  await expect(asked).toBeFocused();
  // The frame that was asked for before the question has come by now.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  await expect(asked).toBeFocused();
});

test('Space Enter T C 1: a gauge past its red level is answered, opened, taken and confirmed', async ({ page, town }) => {
  await signIn(page, town, '?list=incidents');
  await expect(page.locator('.alarms')).toContainText('none unanswered since');
  await gauge(page, town);
  await town.observe(flow(264));
  const strip = page.locator('.asked');
  await expect(strip).toContainText('Flood Barranc del Poio 264 m3/s, red 150');
  const row = page.locator('.row[data-incident]');
  await expect(row).toContainText('ALARM');
  expect(await seriousIssues(page)).toEqual([]);
  for (const key of [' ', 'Enter', 't', 'c', '1']) await page.keyboard.press(key);
  await expect(strip).toHaveCount(0);
  await expect(page.locator('.alarms')).toContainText('none unanswered since');
  await expect(row.locator('.owner')).toHaveText('ad');
  await expect(row.locator('.word')).toHaveText('confirmed');
  await expect(page.locator('.card-head')).toContainText('on scene, admin');
  await expect(page.locator('.card')).toContainText('answered by admin');
  expect(await seriousIssues(page)).toEqual([]);
});

test('what is said anew of a situation draws no tile anew, and another tile only its own', async ({ page, town }) => {
  await town.send(...flood());
  await signIn(page, town, '?list=incidents');
  await expect(page.locator('.map')).toHaveAttribute('data-incidents', '1');
  await page.locator('.map .tile').evaluate((tile) => {
    const seen = { copies: 0, tile };
    Object.assign(globalThis, { seen });
    const { cloneNode } = Node.prototype;
    Node.prototype.cloneNode = function counted(deep) {
      seen.copies += 1;
      return cloneNode.call(this, deep);
    };
  });
  const seen = async () => await page.evaluate(() => {
    const { seen: { copies, tile } } = globalThis as unknown as { seen: { copies: number; tile: Element } };
    return { copies, stays: tile.isConnected };
  });
  // Within the outline, so that it stays too.
  await town.send(report('call-9', { text: 'Surt aigua del clavegueram', severity: 'Minor' }, [2.1748, 41.4036]));
  await expect(incident(page, 'Poblenou')).toContainText('☎ 4');
  expect(await seen()).toEqual({ copies: 0, stays: true });
  await town.send(report('call-10', { text: 'Hi ha gent atrapada', severity: 'Extreme' }, [2.1748, 41.4036]));
  await expect(page.locator('.map .tile.Extreme')).toHaveCount(1);
  expect((await seen()).stays).toBe(false);
});

test('what was decided stands in the log, and is taken back with keys as a decision of its own', async ({ page, town }) => {
  await town.send(...flood());
  await signIn(page, town, '?list=incidents');
  const log = page.getByRole('region', { name: 'Log' });
  await expect(log).toContainText('Nothing decided yet.');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.keyboard.press('t');
  await expect(incident(page, 'Poblenou').locator('.owner')).toHaveText('ad');
  await expect(log.locator('li')).toHaveCount(1);
  await expect(log.locator('li')).toContainText('admin took · Flood, Carrer de Pujades, Poblenou');
  await page.keyboard.press('u');
  await expect(log.getByRole('group')).toContainText('Take back: ');
  await page.keyboard.press('Escape');
  await expect(log.getByRole('group')).toHaveCount(0);
  await page.keyboard.press('u');
  await log.getByLabel('In words').fill('it was another one');
  await page.keyboard.press('Enter');
  await expect(incident(page, 'Poblenou').locator('.nobody')).toHaveText('NOBODY');
  await expect(log.locator('li')).toHaveCount(2);
  await expect(log.locator('li').first()).toContainText('took back');
  await expect(log.locator('li').first()).toContainText('it was another one');
  await expect(log.locator('li').last()).toContainText('taken back · ');
  // A note on what is open, then a line of the log.
  await page.keyboard.press('l');
  await page.keyboard.type('the mayor rang');
  await page.keyboard.press('Enter');
  await expect(log.locator('li').first()).toContainText('note: the mayor rang · Flood, Carrer de Pujades, Poblenou');
  await page.keyboard.press('Escape');
  await expect(incident(page, 'Poblenou')).toBeFocused();
  await page.keyboard.press('l');
  await expect(log.getByRole('group', { name: 'Line for the log' })).toBeVisible();
  await expect(log.getByLabel('In words')).toBeFocused();
  await page.keyboard.type('shift begins');
  await page.keyboard.press('Enter');
  await expect(log.locator('li').first()).toContainText('log: shift begins');
  expect(await seriousIssues(page)).toEqual([]);
});

test('a line of the log that is being written stays when another is picked, and a note on what was picked does not', async ({ page, town }) => {
  await town.send(...flood());
  await signIn(page, town, '?list=incidents');
  const log = page.getByRole('region', { name: 'Log' });
  const [words, card] = [log.getByLabel('In words'), page.locator('.card')];
  const close = card.getByRole('button', { name: 'Close' });
  await expect(incident(page, 'Poblenou')).toHaveCount(1);
  await page.keyboard.press('l');
  await words.fill('the bridge is shut');
  await incident(page, 'Poblenou').click();
  await expect(close).toBeVisible();
  await expect(words).toHaveValue('the bridge is shut');
  await words.press('Enter');
  await expect(log.locator('li').first()).toContainText('log: the bridge is shut');
  await page.keyboard.press('l');
  await expect(page.getByRole('group', { name: 'Note on this incident' })).toBeVisible();
  await close.click();
  await expect(card).toHaveCount(0);
  await incident(page, 'Poblenou').click();
  await expect(close).toBeVisible();
  await expect(page.locator('.question')).toHaveCount(0);
  // The log's own button asks for a line also with a card open.
  await log.getByRole('button', { name: 'Log line' }).click();
  await expect(log.getByRole('group', { name: 'Line for the log' })).toBeVisible();
  await page.keyboard.type('shift ends');
  await page.keyboard.press('Enter');
  await expect(log.locator('li').first()).toContainText('log: shift ends');
  await expect(log.locator('li').first()).not.toContainText('Poblenou');
});

test('the log scrolls by its own arrows', async ({ page, town }) => {
  await town.send(...flood());
  await signIn(page, town, '?list=incidents');
  await expect(incident(page, 'Poblenou')).toHaveCount(1);
  const log = page.getByRole('region', { name: 'Log' });
  const write = async (text: string) => (
    await fetch('/api/v1/decisions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ kind: 'log', mode: 'exercise', text }) })
  ).status;
  for (let n = 1; n <= 12; n++) expect(await page.evaluate(write, `line ${n}`)).toBe(201);
  const lines = log.locator('ol');
  await expect(lines.locator('li')).toHaveCount(12);
  await lines.focus();
  for (let n = 1; n <= 3; n++) await page.keyboard.press('ArrowDown');
  await expect.poll(() => lines.evaluate((at) => at.scrollTop)).toBeGreaterThan(0);
  await expect(lines).toBeFocused();
});

test('on a phone the log shows what it asks, over list and card', async ({ page, town }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await town.send(...flood());
  await signIn(page, town, '?list=incidents');
  const [log, lines] = [page.locator('.log'), page.locator('.log li')];
  await page.keyboard.press('l');
  await expect(log.getByLabel('In words')).toBeFocused();
  await expect(log.getByRole('group', { name: 'Line for the log' })).toBeInViewport({ ratio: 1 });
  await expect(log.locator('ol')).toBeHidden();
  await page.keyboard.type('shift begins');
  await page.keyboard.press('Enter');
  await expect(lines).toHaveCount(1);
  await expect(lines).toContainText('log: shift begins');
  await expect(log.getByRole('group')).toHaveCount(0);
  await page.locator('.turn button').last().click();
  await incident(page, 'Poblenou').click();
  await expect(page.locator('.card')).toBeVisible();
  // Visible is also what is four pixels high.
  expect((await page.locator('.card').boundingBox())?.height).toBeGreaterThan(300);
  await page.keyboard.press('u');
  await expect(log.getByRole('group')).toContainText('Take back: ');
  await page.route('**/api/v1/decisions', (route) => route.abort());
  // A press finds it over the card.
  await log.getByRole('button', { name: 'Decide' }).click();
  await page.keyboard.press('Escape');
  await expect(log.locator('.sent')).toBeInViewport();
  await expect(log.locator('.sent')).toContainText('Not decided: the server does not answer.');
});

test('an incident is watched, joined with another and parted again with keys', async ({ page, town }) => {
  await town.send(...flood());
  await signIn(page, town, '?list=incidents');
  await expect(incident(page, 'Poblenou')).toHaveCount(1);
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  // There is no other to be joined with.
  await expect(page.getByRole('button', { name: 'Watch' })).toBeVisible();
  await page.keyboard.press('m');
  // Keys are answered in turn: once this dialog is open, M has had its answer.
  await page.keyboard.press('?');
  await expect(page.getByRole('heading', { name: 'Keys' })).toBeVisible();
  await expect(page.locator('.question')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('heading', { name: 'Keys' })).toBeHidden();
  await page.getByRole('button', { name: 'Watch' }).click();
  await page.keyboard.press('1');
  await expect(page.getByRole('region', { name: 'Log' })).toContainText('admin watch');
  await page.keyboard.press('r');
  await expect(page.locator('.of').first()).toContainText('WATCHED 1');
  const fire = ['Fum al terrat', 'Flames a la finestra', 'Crema el pis de dalt'].map((text, n) => (
    report(`sants-${n}`, { text, hazard: 'fire', place: 'Sants', basis: 'seen' }, [2.13 + n * 0.0004, 41.38])
  ));
  await town.send(...fire);
  const fresh = page.getByRole('button', { name: '1 new' });
  await expect(fresh).toBeVisible();
  await page.keyboard.press('r');
  await expect(page.locator('.row[data-incident]')).toHaveCount(2);
  await page.keyboard.press('m');
  await expect(page.getByRole('group', { name: 'One with which?' })).toContainText('Fire, Sants');
  await page.keyboard.press('1');
  const card = page.locator('.card');
  await expect(card.locator('.leaves .row')).toHaveCount(6);
  await page.keyboard.press('r');
  await expect(page.locator('.row[data-incident]')).toHaveCount(1);
  await card.locator('.leaves .row', { hasText: 'Sants' }).first().focus();
  await page.keyboard.press('s');
  await expect(page.getByRole('group', { name: 'Another incident?' })).toBeVisible();
  await page.keyboard.press('1');
  await expect(fresh).toBeVisible();
  await page.keyboard.press('r');
  await expect(page.locator('.row[data-incident]')).toHaveCount(2);
});

test('nothing moves under the pointer but what cannot wait', async ({ page, town }) => {
  await town.send(...flood());
  await signIn(page, town, '?list=incidents');
  await incident(page, 'Poblenou').hover();
  const fire = (severity: string, place: string, lng: number) => ['Fum al terrat', 'Flames a la finestra', 'Crema el pis de dalt'].map((text, n) => (
    report(`${place}-${n}`, { text, hazard: 'fire', severity, place, basis: 'seen' }, [lng + n * 0.0004, 41.38])
  ));
  await town.send(...fire('Severe', 'Sants', 2.13));
  await expect(page.getByRole('button', { name: '1 new' })).toBeVisible();
  await expect(page.locator('.row')).toHaveCount(1);
  await town.send(...fire('Extreme', 'Gràcia', 2.15));
  await expect(page.locator('.row')).toHaveCount(2);
  await expect(page.locator('.row').first()).toContainText('Gràcia');
  await page.keyboard.press('r');
  await expect(page.locator('.row')).toHaveCount(3);
});
