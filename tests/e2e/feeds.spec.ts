// The feeds that the server asks: who decides stops one for a while, says why, tries it, and lets it go on.
import AxeBuilder from '@axe-core/playwright';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, signIn, test, Town, Watch } from './town';
import { Mailbox, Network } from './upstreams';

const ITEM = (n: number) => `<item><title>Pluja forta ${n}</title><guid>avis-${n}</guid><pubDate>${new Date().toUTCString()}</pubDate><geo:lat>41.40</geo:lat><geo:long>2.17</geo:long></item>`;

const feeds = (page: Page) => page.getByRole('dialog', { name: 'Feeds' });

/** A feed of one item, and of two once somebody says so. */
async function upstream(): Promise<{ server: Server; url: string; items: number[] }> {
  const items = [1];
  const server = createServer((_request, answer) => {
    answer.setHeader('content-type', 'application/rss+xml');
    answer.end(`<rss version="2.0" xmlns:geo="http://www.w3.org/2003/01/geo/wgs84_pos#"><channel><title>Avisos</title>${items.map(ITEM).join('')}</channel></rss>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/avisos.rss`, items };
}

test('a feed is paused with a reason, tried without storing anything, and let go on', async ({ page }) => {
  const { server, url, items } = await upstream();
  const config = join(mkdtempSync(join(tmpdir(), 'talaia-e2e-')), 'talaia.toml');
  writeFileSync(config, `[[source]]\nkind = "rss"\nname = "avisos"\nurl = "${url}"\nmode = "exercise"\nallow_private = true\ninterval_s = 30\n`);
  const town = await Town.open(['--exercise', 'off', '--config', config]);
  try {
    const watch = new Watch(page, town);
    await signIn(page, town);
    await page.getByRole('button', { name: /^Feeds/ }).click();
    const row = page.getByRole('row', { name: /avisos/ });
    await expect(row).toContainText('live');
    await row.getByRole('button', { name: 'Pause avisos' }).click();
    await feeds(page).getByLabel(/^Why/).fill('repeats old alerts');
    await feeds(page).getByLabel('For how long').selectOption('1 h');
    if (process.env.TALAIA_PICTURES) await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/feeds-pause.png` });
    await feeds(page).getByRole('button', { name: 'Pause', exact: true }).click();
    await expect(feeds(page).getByRole('status').filter({ hasText: 'is paused' })).toBeVisible();
    await expect(row).toContainText('paused');

    // A try asks even then: whoever wants to let it go on sees first what comes.
    items.push(2);
    await row.getByRole('button', { name: 'Try avisos' }).click();
    await expect(feeds(page).locator('.feed-act')).toContainText('2 reports');
    await expect(feeds(page).locator('.feed-act')).toContainText('Pluja forta 2');
    await expect(feeds(page).locator('.feed-act')).toContainText('Nothing of this was stored');
    for (const [colorScheme, width, height] of [['dark', 1440, 900], ['light', 390, 844]] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
      expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
      if (process.env.TALAIA_PICTURES) await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/feeds-${colorScheme}.png` });
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await row.getByRole('button', { name: 'Let go on avisos' }).click();
    await expect(row).toContainText('live');
    expect(watch.foreign).toEqual([]);
    expect(watch.complaints).toEqual([]);
  } finally {
    await town.close();
    server.close();
  }
});

const minutes = (n: number) => new Date(Date.now() + 60_000 * n).toISOString().replace(/\.\d+Z$/, '+00:00');
const CAP = () => `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>riu-1</identifier><sender>met@example.org</sender><sent>${minutes(-1)}</sent>
<status>Exercise</status><msgType>Alert</msgType><scope>Public</scope><info><language>en</language><category>Met</category><event>River in flood</event><urgency>Immediate</urgency>
<severity>Severe</severity><certainty>Observed</certainty><expires>${minutes(360)}</expires><senderName>Meteo</senderName><headline>River in flood</headline>
<area><areaDesc>Delta</areaDesc><polygon>41.30,2.10 41.40,2.10 41.40,2.20 41.30,2.20 41.30,2.10</polygon></area></info></alert>`;

test('a CAP source is added at the desk, its areas arrive on the map, and it is removed again', async ({ page }) => {
  const server = createServer((request, answer) => {
    const self = `http://${request.headers.host}`;
    const index = `<feed xmlns="http://www.w3.org/2005/Atom"><title>Met</title><id>met</id><updated>${minutes(-1)}</updated><entry><id>riu-1</id><title>River</title><updated>${minutes(-1)}</updated><link type="application/cap+xml" href="${self}/riu.xml"/></entry></feed>`;
    answer.setHeader('content-type', request.url === '/riu.xml' ? 'application/cap+xml' : 'application/atom+xml');
    answer.end(request.url === '/riu.xml' ? CAP() : index);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/index.atom`;
  const config = join(mkdtempSync(join(tmpdir(), 'talaia-e2e-')), 'talaia.toml');
  writeFileSync(config, 'desk_sources_private = true\n');
  const town = await Town.open(['--exercise', 'off', '--config', config]);
  try {
    const watch = new Watch(page, town);
    await signIn(page, town, '?view=2.15,41.35,12');
    await page.getByRole('button', { name: /^Feeds/ }).click();
    await feeds(page).getByRole('button', { name: 'Add a source' }).click();
    await expect(feeds(page).getByLabel(/^Name, as/)).toBeFocused();
    await feeds(page).getByLabel(/^Name, as/).fill('met');
    // An address inside the building must be said to be one: without it the answer says what to do.
    await feeds(page).getByLabel(/^Address/).fill(url);
    if (process.env.TALAIA_PICTURES) await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/feeds-add.png` });
    await feeds(page).getByRole('button', { name: 'Add', exact: true }).click();
    await expect(feeds(page).getByRole('status').filter({ hasText: 'https' })).toBeVisible();
    await feeds(page).getByLabel(/inside this building/).check();
    await feeds(page).getByRole('button', { name: 'Add', exact: true }).click();
    await expect(feeds(page).getByRole('status').filter({ hasText: 'was added' })).toBeVisible();
    const row = page.getByRole('row', { name: /^met/ });
    await expect(row).toContainText('live');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await expect(page.locator('.map')).toHaveAttribute('data-warnings', '1');
    if (process.env.TALAIA_PICTURES) await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/feeds-cap-map.png` });
    await page.keyboard.press('w');
    await expect(page.locator('.warnings > li')).toContainText('River in flood');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);

    await page.getByRole('button', { name: /^Feeds/ }).click();
    await row.getByRole('button', { name: 'Remove met' }).click();
    await feeds(page).locator('.feed-act').getByRole('button', { name: 'Remove', exact: true }).click();
    await expect(feeds(page).getByRole('status').filter({ hasText: 'was removed' })).toBeVisible();
    expect(watch.foreign).toEqual([]);
    // The refused form is the one complaint: a browser writes each answer that is no success to its console.
    expect(watch.complaints.filter((line) => !line.includes('422'))).toEqual([]);
  } finally {
    await town.close();
    server.close();
  }
});

const PLACES = 'id,name,alternates,kind,lng,lat,radius_m,population,parent\nbcn,Barcelona,,city,2.159,41.389,10000,1620343,\ncat,Plaça de Catalunya,,poi,2.170,41.387,150,0,bcn\n';

/** A second person asks for an operation over the city, and the administrator approves it. */
async function operate(page: Page, town: Town): Promise<void> {
  const password = town.command('operator', 'add', 'berta', '--role', 'duty-officer').trim().split('\n').at(-1) ?? '';
  const json = { 'content-type': 'application/json' };
  const session = await fetch(`${town.url}/api/v1/session`, { method: 'POST', headers: json, body: JSON.stringify({ name: 'berta', password }) });
  const cookie = session.headers.getSetCookie().map((one) => one.split(';')[0]).join('; ');
  const body = JSON.stringify({
    mode: 'exercise', kind: 'once', purpose: 'flood', authority: 'Protecció Civil', basis: 'Llei 4/1997', area: [1.9, 41.2, 2.3, 41.5], words: ['aigua'], to: minutes(240),
  });
  const asked = await fetch(`${town.url}/api/v1/operations`, { method: 'POST', headers: { ...json, cookie, origin: town.url }, body });
  expect(asked.status, await asked.clone().text()).toBe(201);
  const { id } = await asked.json();
  expect(await page.evaluate(async (id) => (await fetch(`/api/v1/operations/${id}/approve`, { method: 'POST' })).status, id)).toBe(200);
}

test('a mailbox and two networks are added by what each of them needs, the one tried, the others heard under an operation', async ({ page }) => {
  const mailbox = await Mailbox.with('From: Met <saih@met.example>\nSubject: flow at Poio\nMessage-ID: <1@met.example>\n\nflow 1,600 m3/s, rising\n');
  const [bluesky, mastodon] = [await Network.start(), await Network.start()];
  const folder = mkdtempSync(join(tmpdir(), 'talaia-e2e-'));
  writeFileSync(join(folder, 'talaia.toml'), 'desk_sources_private = true\n');
  writeFileSync(join(folder, 'places.csv'), PLACES);
  const town = await Town.open(['--exercise', 'off', '--config', join(folder, 'talaia.toml')]);
  try {
    town.command('gazetteer', 'import', join(folder, 'places.csv'));
    await town.kill();
    await town.start();
    const watch = new Watch(page, town);
    await signIn(page, town, '?view=2.15,41.39,12');
    await page.getByRole('button', { name: /^Feeds/ }).click();
    const form = feeds(page);
    const add = async (kind: string, name: string, url: string) => {
      await form.getByRole('button', { name: 'Add a source' }).click();
      await form.getByLabel('What it sends').selectOption(kind);
      await form.getByLabel(/^Name, as/).fill(name);
      await form.getByLabel(/^Address/).fill(url);
      await form.getByLabel(/inside this building/).check();
    };
    const added = async (sentence: string) => {
      await form.getByRole('button', { name: 'Add', exact: true }).click();
      await expect(form.getByRole('status').filter({ hasText: sentence })).toBeVisible();
    };

    await add('mail', 'notices', mailbox.url);
    await expect(form.getByText('can ring the room')).toBeVisible();
    await form.getByLabel('As whom we sign in there').fill('room@city.example');
    await form.getByLabel('Password there').fill('a secret');
    await form.getByLabel('Sender (* is anything)').first().fill('*@met.example');
    await form.getByLabel('Subject (* is any)').first().fill('*flow*');
    await form.getByLabel('Hazard').first().selectOption('flood');
    await form.getByLabel('How grave it is').first().selectOption('Severe');
    await form.getByText('More senders').click();
    await form.getByLabel('Sender (* is anything)').nth(1).fill('chj@chj.example');
    for (const [width, height] of [[1440, 900], [390, 844]]) {
      await page.setViewportSize({ width, height });
      const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
      expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
      if (process.env.TALAIA_PICTURES) await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/feeds-mail-${width}.png` });
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await added('notices was added and is asked now');
    const row = page.getByRole('row', { name: /^notices/ });
    await expect(row).toContainText('live');
    expect(mailbox.asked).toContain('LOGIN "room@city.example" "a secret"');
    await row.getByRole('button', { name: 'Try notices' }).click();
    await expect(form.locator('.feed-act')).toContainText('1 reports');
    await expect(form.locator('.feed-act')).toContainText('flow 1,600 m3/s, rising');
    await form.locator('.feed-act').getByRole('button', { name: /Close/ }).click();

    await add('jetstream', 'bluesky', `ws://${bluesky.host}/subscribe`);
    await expect(form.getByText('Posts are kept under an operation alone')).toBeVisible();
    await expect(form.getByLabel(/assword/)).toHaveCount(0);
    await added('bluesky was added and is listened to while an operation runs');
    await add('mastodon', 'mastodon', `http://${mastodon.host}`);
    await expect(form.getByText('Posts are kept under an operation alone')).toBeVisible();
    await form.getByLabel(/^Hashtags/).fill('#dana, inundacio');
    await form.getByLabel(/^Token/).fill('a-token');
    if (process.env.TALAIA_PICTURES) await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/feeds-mastodon.png` });
    await added('mastodon was added and is listened to while an operation runs');
    // A stream is not asked once: the answer says so.
    await page.getByRole('row', { name: /^mastodon/ }).getByRole('button', { name: 'Try mastodon' }).click();
    await expect(form.locator('.feed-act')).toContainText('cannot be asked once');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    // What is secret was given and is told to nobody.
    const told = await page.evaluate(async () => await Promise.all(['notices', 'mastodon'].map(async (name) => await (await fetch(`/api/v1/sources/feed:${name}`)).text())));
    for (const one of told) expect(JSON.parse(one).has_password).toBe(true);
    expect(told.join()).not.toMatch(/a secret|a-token/);
    expect(JSON.parse(told[0]).settings.notices).toMatchObject([{ from: '*@met.example', subject: '*flow*', hazard: 'flood', severity: 'Severe' }, { from: 'chj@chj.example', subject: '*' }]);
    expect(JSON.parse(told[1]).settings.tags).toEqual(['dana', 'inundacio']);

    // Nobody listens without an operation; under one, what it covers is a report.
    expect([bluesky.heard, mastodon.heard]).toEqual([[], []]);
    await operate(page, town);
    await expect.poll(() => bluesky.heard.length * mastodon.heard.length).toBeGreaterThan(0);
    expect(bluesky.heard[0].path).toContain('wantedCollections=app.bsky.feed.post');
    expect(mastodon.heard[0].authorization).toBe('Bearer a-token');
    const now = Date.now();
    bluesky.say({
      did: 'did:plc:a', time_us: now * 1_000, kind: 'commit',
      commit: { rev: '3k', operation: 'create', collection: 'app.bsky.feed.post', rkey: '1', cid: 'bafy', record: { $type: 'app.bsky.feed.post', text: 'Molta aigua a la plaça de Catalunya de Barcelona', createdAt: new Date(now).toISOString(), langs: ['ca'] } },
    });
    const status = { id: String(BigInt(now) << 16n), created_at: new Date(now).toISOString(), edited_at: null, visibility: 'public', content: '<p>Baixa aigua per la plaça de Catalunya de Barcelona</p>', language: 'ca', url: 'https://m.example/@a/1', account: { acct: 'a' }, reblog: null };
    mastodon.say({ stream: ['hashtag', 'dana'], event: 'update', payload: JSON.stringify(status) });
    await expect(page.locator('.row[data-report]', { hasText: 'Molta aigua' })).toHaveCount(1);
    await expect(page.locator('.row[data-report]', { hasText: 'Baixa aigua' })).toHaveCount(1);
    expect(watch.foreign).toEqual([]);
    // The try that is refused: a browser writes each answer that is no success to its console.
    expect(watch.complaints.filter((line) => !line.includes('409'))).toEqual([]);
  } finally {
    await town.close();
    mailbox.close();
    bluesky.close();
    mastodon.close();
  }
});
