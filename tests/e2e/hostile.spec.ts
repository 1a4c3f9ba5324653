// Hostile text is text: each payload of payloads.ts goes into every field that reaches a screen, none is executed, each is shown as it was
// sent, and none turns the words beside it.
import type { Page } from '@playwright/test';
import { kept, said, Trap, turned } from './hostile';
import { LINES, PAYLOADS } from './payloads';
import { expect, knock, report, signIn, test, type Town } from './town';

const SOURCE = 'partner:sensor-city';
const HOUR = 3_600_000;
const time = (ahead: number) => new Date(Date.now() + ahead).toISOString().replace(/\.\d+Z$/, '+00:00');
const line = (at: number) => LINES[at % LINES.length].text;
/** The next one that fits. */
const short = (at: number, chars: number) => LINES.slice(at % LINES.length).concat(LINES).find(({ text }) => [...text].length <= chars && kept(text))!.text;

interface Properties { text: string; place: string; author?: string; source_id?: string; ref?: string; url?: string; hazard_original?: string }
interface Kept { id: string; properties: Properties }

/** Nothing may be asked of the page that a person would not do: it is moved by its own address. */
async function open(page: Page, what: string, query = ''): Promise<void> {
  await page.evaluate(({ what, query }) => {
    const at = new URL(location.href);
    at.searchParams.set('open', what);
    history.pushState(null, '', `${at.search}${query}`);
    dispatchEvent(new PopStateEvent('popstate'));
  }, { what, query });
}

/** Asks as who is signed in. */
async function ask(page: Page, path: string, body?: unknown): Promise<{ status: number; told: any }> {
  return await page.evaluate(async ({ path, body }) => {
    const answer = await fetch(path, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
    return { status: answer.status, told: await answer.json().catch(() => null) };
  }, { path, body });
}

/** A report in which each word is hostile. Every fourth has no place on the map. */
function hostile(n: number) {
  const { text } = PAYLOADS[n];
  return report(`${n} ${short(n, 150)}`, {
    text, place: line(n + 1), author: line(n + 2), ref: line(n + 3), hazard: n % 3 ? 'flood' : short(n + 4, 100), lang: 'en',
    url: `https://${n % 2 ? 'beacon.invalid' : 'b\u0435acon.invalid'}/${encodeURI(short(n + 5, 100).toWellFormed())}`,
  }, n % 4 ? [2.10 + (n % 25) * 0.004, 41.36 + Math.floor(n / 25) * 0.003] : null);
}

/** All reports, as the server keeps them. */
async function held(page: Page): Promise<Kept[]> {
  const { told } = await ask(page, '/api/v1/reports?mode=exercise&limit=1000');
  return told.features;
}

/** Turns all pages of a list of reports and reads its rows. */
async function rows(page: Page): Promise<Record<string, { text: string; place: string }>> {
  const more = page.locator('.card-body > .act:not([disabled])', { hasText: 'Show more' });
  const shown = page.locator('.card .leaves .row');
  await expect(shown.first()).toBeVisible();
  while (await more.count()) {
    const before = await shown.count();
    await more.click();
    await expect.poll(() => shown.count()).toBeGreaterThan(before);
  }
  return await shown.evaluateAll((all) => Object.fromEntries(all.map((row) => {
    const words = (selector: string) => row.querySelector(selector)?.textContent ?? '';
    return [row.getAttribute('data-report'), { text: words('.line-2'), place: words('.place') }];
  })));
}

/** Opens the card of each report and reads it: what was said, and every fact. */
async function cards(page: Page, all: Kept[]): Promise<{ id: string; title: string; said: string; facts: string[]; link: string | null }[]> {
  return await page.evaluate(async (all) => {
    const read = [];
    for (const { id, properties } of all) {
      const at = new URL(location.href);
      at.searchParams.set('open', `report:${id}`);
      history.pushState(null, '', at.search);
      dispatchEvent(new PopStateEvent('popstate'));
      const card = () => document.querySelector('.card');
      const words = () => card()?.querySelector('blockquote')?.textContent ?? '';
      for (let n = 0; n < 200 && words() !== properties.text; n += 1) await new Promise((later) => setTimeout(later, 10));
      read.push({
        id, said: words(), title: card()?.querySelector('h2')?.textContent ?? '',
        facts: [...card()?.querySelectorAll('.facts dd') ?? []].map((fact) => fact.textContent ?? ''),
        link: card()?.querySelector('.facts a')?.getAttribute('href') ?? null,
      });
    }
    return read;
  }, all);
}

const ROW = [{ selector: '.row .line-1', strangers: '.place' }, { selector: '.row .line-3', strangers: '.unseen' }, { selector: '.row .tag', strangers: '' }];
const CARD = [{ selector: '.card-head h2', strangers: '' }, { selector: '.unknowns li', strangers: '' }];
const LOG = [{ selector: '.log li', strangers: '' }];

test('the grammar makes at least five hundred texts, no two alike', () => {
  expect(PAYLOADS.length).toBeGreaterThanOrEqual(500);
  expect(new Set(PAYLOADS.map(({ text }) => kept(text))).size).toBe(PAYLOADS.length);
});

test('hostile reports are text in rows, cards, searches and among those without a place, and turn nothing beside them', async ({ page, town }) => {
  for (let n = 0; n < PAYLOADS.length; n += 100) await town.send(...PAYLOADS.slice(n, n + 100).map((_, at) => hostile(n + at)));
  const trap = await Trap.around(page, town.url);
  await signIn(page, town, '?view=2.15,41.40,12&list=reports&open=search:&search=kind%3Dcall');
  const all = await held(page);
  // What was sent is what is kept, to the letter.
  expect(all.map(({ properties }) => properties.text).sort()).toEqual(PAYLOADS.map(({ text }) => kept(text)).sort());

  const found = await rows(page);
  expect(Object.keys(found).length).toBe(PAYLOADS.length);
  for (const { id, properties } of all) expect(found[id], properties.source_id).toEqual({ text: properties.text, place: properties.place });
  const inSearch = await turned(page, ROW);
  expect(inSearch.lines).toBeGreaterThanOrEqual(PAYLOADS.length);
  expect(inSearch.turned).toEqual([]);
  expect(await trap.caught()).toEqual([]);

  // Each payload stands in one field or another of these cards.
  const picked = all.filter((_, at) => at % 5 === 0);
  const byId = new Map(picked.map((one) => [one.id, one.properties]));
  for (const { id, title, said: words, facts, link } of await cards(page, picked)) {
    const p = byId.get(id)!;
    expect(words).toBe(p.text);
    expect(said(title)).toContain(said(p.place).replace(/[\n\r\u001c-\u001e\u0085\u2029]/g, ' ').slice(0, 20));
    for (const fact of [p.place, p.author, p.source_id, p.ref]) expect(facts).toContain(fact);
    if (p.hazard_original) expect(facts).toContain(p.hazard_original);
    // Letters that look like others do not hide where it leads.
    expect(link).toMatch(/^https:\/\/(beacon\.invalid|xn--bacon-zwe\.invalid)\//);
    if (link?.startsWith('https://xn--')) expect(facts.some((fact) => fact.endsWith('It leads to xn--bacon-zwe.invalid'))).toBe(true);
  }
  await open(page, 'place:none');
  await expect(page.locator('.card h2')).toContainText('148');
  expect(Object.keys(await rows(page)).length).toBe(148);
  expect((await turned(page, [...ROW, ...CARD])).turned).toEqual([]);

  // Long runs and towers stay in their boxes: nothing scrolls sideways, on a phone either.
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 844 });
    const wide = await page.evaluate(() => ['html', '.card-body', '.rows'].map((one) => document.querySelector(one)!).filter((at) => at.scrollWidth > at.clientWidth).map((at) => at.className));
    expect(wide, `${width}`).toEqual([]);
  }
  expect(await trap.caught()).toEqual([]);
});

/** A text as XML holds it: what no XML may hold is left out. */
const xml = (text: string) => [...text.toWellFormed().replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')].map((one) => `&#${one.codePointAt(0)};`).join('');

const SQUARE = '41.30,2.10 41.45,2.10 41.45,2.25 41.30,2.25 41.30,2.10';
function alert(n: number): string {
  const word = (at: number) => xml(short(n + at, 120)) || 'x';
  return `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>warning-${n}</identifier><sender>met@example.org</sender><sent>${time(-60_000)}</sent>
<status>Exercise</status><msgType>Alert</msgType><scope>Public</scope><info><language>en</language><category>Met</category><event>${word(1)}</event><urgency>Immediate</urgency>
<severity>Severe</severity><certainty>Observed</certainty><expires>${time(6 * HOUR)}</expires><senderName>${word(2)}</senderName><headline>${word(0)}</headline><description>${word(3)}</description>
<instruction>${word(4)}</instruction><area><areaDesc>${word(5)}</areaDesc><polygon>${SQUARE}</polygon></area></info></alert>`;
}

/** A partner's key of another scope. */
const key = (town: Town, name: string, scope: string) => town.command('partner', 'add', name, '--mode', 'exercise', '--scope', scope).trim().split('\n').at(-1) ?? '';

test('hostile warnings are text in the list and on the map, in the order in which they are written', async ({ page, town }) => {
  const authorization = `Bearer ${key(town, 'met', 'advisories')}`;
  for (let n = 0; n < LINES.length; n += 6) {
    const give = () => fetch(`${town.url}/api/v1/advisories/cap`, { method: 'POST', headers: { authorization, 'content-type': 'application/cap+xml' }, body: alert(n) });
    let answer = await give();
    // A machine may be faster than a partner may send: then it waits as long as it is told to.
    while (answer.status === 429) {
      const told = Number(answer.headers.get('retry-after') ?? 1);
      await new Promise((resolve) => setTimeout(resolve, told * 1000));
      answer = await give();
    }
    expect(answer.status, await answer.text()).toBe(201);
  }
  const n = Math.ceil(LINES.length / 6);
  const trap = await Trap.around(page, town.url);
  await signIn(page, town, '?view=2.15,41.38,11');
  await expect(page.locator('.map')).toHaveAttribute('data-warnings', `${n}`);
  const { told } = await ask(page, '/api/v1/advisories?mode=exercise&lang=en&limit=1000');
  await page.keyboard.press('w');
  await expect(page.locator('.warnings > li')).toHaveCount(n);
  const shown = await page.locator('.warnings > li').evaluateAll((all) => all.map((one) => [...one.querySelectorAll('.words > *')].map((at) => at.textContent)));
  const bare = (text: string) => said(text).replace(/[\s\u001c-\u001e\u0085]+/g, ' ');
  const lists = shown.map((texts) => texts.map((text) => bare(text ?? '')));
  for (const { properties: p } of told.features) {
    const of = lists.find(([headline, , from]) => headline === bare(p.headline) && from.includes(bare(p.sender_name)));
    expect(of, p.headline).toBeDefined();
    expect(of).toContain(bare(p.description));
    expect(of).toContain(bare(p.instruction));
    expect(of![2]).toContain(bare(p.areas[0]));
  }
  expect((await turned(page, [{ selector: '.warnings .words > p:nth-child(-n+3)', strangers: '' }])).turned).toEqual([]);
  expect(await trap.caught()).toEqual([]);
});

test('hostile operations, log lines, sensors and links are text wherever they are shown', async ({ page, town }) => {
  const trap = await Trap.around(page, town.url);
  const sensors = LINES.slice(0, 200).map((_, n) => ({
    datastream: short(n * 2, 150), name: line(n + 1), unit: n % 3 ? 'cm' : short(n, 40), result: n % 4 ? n : short(n + 2, 100),
    phenomenon_time: time(-60_000), geometry: { type: 'Point', coordinates: [2.145 + (n % 20) * 0.0005, 41.388 + Math.floor(n / 20) * 0.0004] },
  }));
  const known = [...new Map(sensors.map((one) => [kept(one.datastream), one])).values()];
  await town.observe(...known);
  await signIn(page, town, '?view=2.15,41.39,15');

  // Log lines: the words stand between ours.
  for (let n = 0; n < 60; n += 1) {
    const { status, told } = await ask(page, '/api/v1/decisions', { mode: 'exercise', kind: 'log', text: short(n * 9 + 3, 200) });
    expect(status, JSON.stringify(told)).toBe(201);
  }
  await expect(page.locator('.log li')).toHaveCount(60);
  expect((await turned(page, LOG)).turned).toEqual([]);

  for (let n = 0; n < 40; n += 1) {
    const words = [0, 1, 2].map((at) => short(n * 3 + at, 60)).filter((one) => /\p{L}/u.test(one) && [...kept(one)].length >= 3);
    const { status, told } = await ask(page, '/api/v1/operations', {
      mode: 'exercise', kind: n % 2 ? 'once' : 'standing', purpose: line(n * 11), authority: line(n * 11 + 1), basis: line(n * 11 + 2),
      words: ['aigua', ...new Set(words)], area: [2.0, 41.3, 2.3, 41.5], to: time(4 * HOUR),
    });
    expect(status, JSON.stringify(told)).toBe(201);
  }
  await page.getByRole('button', { name: /^Feeds/ }).click();
  await page.getByRole('button', { name: 'Operations' }).click();
  const dialog = page.getByRole('dialog', { name: 'Operations' });
  await expect(dialog.locator('.warnings > li')).toHaveCount(40);
  const purposes = await dialog.locator('.warnings > li b').allTextContents();
  expect(purposes.sort()).toEqual(Array.from({ length: 40 }, (_, n) => kept(line(n * 11))).sort());
  expect((await turned(page, [{ selector: '.warnings .words > p', strangers: '' }])).turned).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  expect(await trap.caught()).toEqual([]);

  // Sensors: their card, one after the other.
  await expect(page.locator('.map')).toHaveAttribute('data-sensors', /[1-9]/);
  for (const { datastream, name } of known.filter((_, n) => n % 5 === 0)) {
    await open(page, `sensor:${SOURCE}/${kept(datastream)}`);
    await expect.poll(() => page.locator('.card h2').textContent()).toBe(kept(name));
    expect((await turned(page, [{ selector: '.card-head p', strangers: '' }, { selector: '.card .value', strangers: '' }])).turned).toEqual([]);
  }
  expect(await trap.caught()).toEqual([]);

  // A link that somebody pastes by hand.
  await page.getByRole('button', { name: 'Paste a link' }).first().click();
  const paste = page.getByRole('dialog', { name: 'Paste a link' });
  for (let n = 0; n < 6; n += 1) {
    await paste.getByLabel(/^Address/).fill(`https://beacon.invalid/${n}"><img src=x onerror=strike(${n})>`);
    await paste.getByLabel(/^What is seen/).fill(`<img data-hostile=${n} src=x onerror=strike(${n})> ${short(n * 40 + 7, 200).replace(/[\n\r\0]/g, ' ')}`);
    await paste.getByLabel(/^Where/).fill(short(n * 40 + 9, 150).replace(/[\n\r\0]/g, ' '));
    await paste.getByRole('button', { name: 'Send' }).click();
    await expect(paste.getByRole('status')).toHaveText('It is stored.');
    expect(await trap.caught()).toEqual([]);
  }
  await paste.getByRole('button', { name: /Open/ }).last().click();
  await expect(page.locator('.card blockquote')).toContainText('onerror=strike(5)');
  await page.keyboard.press('Escape');
  expect(await trap.caught()).toEqual([]);
});

test('hostile names, errors and works are text at the partner desk', async ({ page, town }) => {
  const trap = await Trap.around(page, town.url);
  const value = (datastream: string, over: object) => ({ datastream, phenomenon_time: time(-60_000), result: 1, unit: 'cm', ...over });
  const names = LINES.filter((_, n) => n % 12 === 0).map(({ text }) => text);
  await town.observe(...names.map((name, n) => value(name, { name: line(n + 1), geometry: { type: 'Point', coordinates: [2.2, 41.4] } })));
  // Refused: why, and of what, is told with their own words.
  const refused = await fetch(`${town.url}/api/v1/observations`, {
    method: 'POST', headers: { authorization: `Bearer ${town.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(names.map((name) => value(name, { result: { [name]: name }, phenomenon_time: name }))),
  });
  expect(refused.status).toBe(422);
  await knock(page, { url: `${town.url}/partner`, password: town.password });
  await expect(page.getByRole('heading', { name: 'Partner desk' })).toBeVisible();
  for (let n = 0; n < 30; n += 1) {
    const { status, told } = await ask(page, '/api/v1/works', {
      mode: 'exercise', source: SOURCE, datastreams: [short(n * 17, 100)], all: false, from: time(-HOUR), to: time(HOUR), why: short(n * 17 + 1, 150), who: short(n * 17 + 2, 150),
    });
    expect(status, JSON.stringify(told)).toBe(201);
  }
  await page.keyboard.press('r');
  await expect(page.locator('.lines li', { hasText: 'strike' }).first()).toBeVisible();
  await expect(page.locator('.errors li').first()).toBeVisible();
  const spoken = [{ selector: '.lines li > span', strangers: '' }, { selector: '.causes li > span', strangers: '' }, { selector: '.tick > b', strangers: '' }, { selector: '.whose', strangers: '' }];
  expect((await turned(page, spoken)).turned).toEqual([]);
  for (const name of names) {
    await page.evaluate((device) => {
      const at = new URL(location.href);
      at.searchParams.set('device', device);
      history.pushState(null, '', at.search);
      dispatchEvent(new PopStateEvent('popstate'));
    }, kept(name));
    await expect(page.locator('.tick')).toHaveCount(8);
    await expect(page.getByRole('searchbox')).toHaveValue(kept(name).replace(/[\n\r]/g, ''));
  }
  expect((await turned(page, spoken)).turned).toEqual([]);
  expect(await trap.caught()).toEqual([]);

  // A table with hostile cells, looked at before it is stored.
  const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const table = ['datastream,name,unit,lng,lat,gateway,phone,levels_owner,levels_document,orange,red,levels_date', ...names.map((name, n) => (
    [name, line(n + 5), short(n, 40), n % 2 ? '2.2' : short(n, 60), '41.4', short(n + 6, 60), short(n + 7, 60), short(n + 8, 60), short(n + 9, 60), '1', '2', '2024-05-04'].map(cell).join(',')
  ))].join('\n');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Import sensors' }).click();
  const sheet = page.getByRole('dialog');
  await sheet.getByLabel('Whose sensors').selectOption(SOURCE);
  await sheet.getByLabel('CSV file').setInputFiles({ name: '<img data-hostile=1 src=x onerror=strike(1)>.csv', mimeType: 'text/csv', buffer: Buffer.from(table) });
  await sheet.getByRole('button', { name: 'Show what it would change' }).click();
  await expect(sheet.getByRole('heading', { name: 'What the import would change' })).toBeVisible();
  await expect(sheet).toContainText('strike(');
  expect((await turned(page, [{ selector: '.diff-list li', strangers: '' }])).turned).toEqual([]);
  expect(await trap.caught()).toEqual([]);
});

test('the trap springs on a page that takes a payload for markup, and the measure sees words that are turned', async ({ page, town }) => {
  const trap = await Trap.around(page, town.url);
  const markup = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Control</title><p id="at">Flood</p>';
  await page.route('**/control', (route) => route.fulfill({ contentType: 'text/html', body: markup }));
  await page.goto(`${town.url}/control`);
  expect(await trap.caught()).toEqual([]);
  const insert = (text: string) => page.evaluate((text) => { document.querySelector('#at')!.innerHTML = text; }, text);
  await insert('<img data-hostile=7 src=x onerror=strike(7)>');
  await expect.poll(async () => (await trap.caught()).join('\n')).toContain('payload 7 was executed');
  expect((await trap.caught()).join('\n')).toContain('data-hostile=7');
  await insert('<img src=x onerror=alert(8)>');
  await expect.poll(async () => (await trap.caught()).join('\n')).toContain('a dialog said 8');
  await insert('<img src=/beacon/9>');
  await expect.poll(async () => (await trap.caught()).join('\n')).toContain('/beacon/9');
  await insert('<iframe srcdoc="x"></iframe>');
  await expect.poll(async () => (await trap.caught()).join('\n')).toContain('<iframe> stands in the page');
  // Under the policy of the room nothing runs, and that it was stopped is caught.
  const room = await page.context().newPage();
  const there = await Trap.around(room, town.url);
  await signIn(room, town);
  expect(await there.caught()).toEqual([]);
  await room.evaluate(() => { document.querySelector('.log')!.innerHTML = '<img src=x onerror=strike(7)>'; });
  await expect.poll(async () => (await there.caught()).join('\n')).toContain('the policy stopped script-src-attr');

  const order = async (text: string) => {
    await page.evaluate((text) => { document.querySelector('#at')!.textContent = text; }, text);
    return (await turned(page, [{ selector: '#at', strangers: '' }])).turned.length;
  };
  expect(await order('18:34 anna: water · Flood, Poblenou')).toBe(0);
  expect(await order('18:34 anna: \u202ewater · Flood, Poblenou')).toBe(1);
  expect(await order('18:34 anna: \u2068\u202ewater\u2069 · Flood, Poblenou')).toBe(0);
  expect(await order('18:34 anna: \u2068\u2069\u202ewater\u2069 · Flood, Poblenou')).toBe(1);
});
