// Voices: a standing operation that a warning arms, started by one and ratified by another; a link that a contributor pastes.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test, type Town, Watch } from './town';

const HOUR = 3_600_000;
const time = (ahead: number) => new Date(Date.now() + ahead).toISOString().replace(/\.\d+Z$/, '+00:00');

/** Signs in as somebody else than the first administrator. */
async function enter(page: Page, town: Town, name: string, password: string): Promise<void> {
  await page.goto(`${town.url}/?view=2.15,41.39,11&list=reports`);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('radio', { name: 'EXERCISE' }).check();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.locator('.line.live')).toBeVisible();
}

const hired = (town: Town, name: string, role: string) => town.command('operator', 'add', name, '--role', role).trim().split('\n').at(-1) ?? '';

async function operations(page: Page) {
  await page.getByRole('button', { name: /^Feeds/ }).click();
  await page.getByRole('button', { name: 'Operations' }).click();
  return page.getByRole('dialog', { name: 'Operations' });
}

async function isLegible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
  expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
}

test('a standing operation is approved beforehand, armed by a warning, started by one and ratified by another', async ({ page, town, browser }) => {
  const watch = new Watch(page, town);
  const [anna, berta] = [hired(town, 'anna', 'duty-officer'), hired(town, 'berta', 'duty-officer')];
  await enter(page, town, 'anna', anna);
  const hers = await operations(page);
  await expect(hers).toContainText('There is none');
  await hers.getByRole('button', { name: 'Ask for an operation' }).click();
  await hers.getByLabel('Kind').selectOption('standing');
  await hers.getByLabel('Purpose').fill('Flood in the city');
  await hers.getByLabel('Authority').fill('Protecció Civil');
  await hers.getByLabel('Legal basis').fill('Llei 4/1997');
  await hers.getByLabel(/^Words/).fill('aigua, inundació');
  if (process.env.TALAIA_PICTURES) await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/operation-ask.png` });
  await hers.getByRole('button', { name: 'Ask', exact: true }).click();
  await expect(hers).toContainText('waits for approval');
  // Who asked does not approve.
  await hers.getByRole('button', { name: 'Approve' }).click();
  await expect(hers.getByRole('status')).not.toBeEmpty();
  await expect(hers).toContainText('waits for approval');

  const other = await (await browser.newContext()).newPage();
  await enter(other, town, 'berta', berta);
  const its = await operations(other);
  await its.getByRole('button', { name: 'Approve' }).click();
  await expect(its).toContainText('standing by');
  await expect(its.getByRole('button', { name: 'Start' })).toHaveCount(0);

  const told = town.command('partner', 'add', 'met', '--mode', 'exercise', '--scope', 'advisories');
  const body = `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>riu</identifier><sender>met@example.org</sender><sent>${time(-60_000)}</sent>
<status>Exercise</status><msgType>Alert</msgType><scope>Public</scope><info><language>en</language><category>Met</category><event>Flood</event><urgency>Immediate</urgency>
<severity>Severe</severity><certainty>Observed</certainty><expires>${time(6 * HOUR)}</expires><area><areaDesc>City</areaDesc><polygon>41.30,2.10 41.45,2.10 41.45,2.25 41.30,2.25 41.30,2.10</polygon></area></info></alert>`;
  const answer = await fetch(`${town.url}/api/v1/advisories/cap`, {
    method: 'POST', headers: { authorization: `Bearer ${told.trim().split('\n').at(-1)}`, 'content-type': 'application/cap+xml' }, body,
  });
  expect(answer.status, await answer.text()).toBe(201);
  await other.keyboard.press('Escape');
  await expect(other.getByRole('dialog')).toHaveCount(0);
  await operations(other);
  await expect(its).toContainText('armed by Flood (advisory');
  await isLegible(other);
  if (process.env.TALAIA_PICTURES) await other.screenshot({ path: `${process.env.TALAIA_PICTURES}/operation-armed.png` });
  await its.getByRole('button', { name: 'Start' }).click();
  await expect(its).toContainText('running');
  await expect(its).toContainText('A second person must ratify');
  // The other one sees it without looking again: each act is a line of the log.
  await expect(hers).toContainText('running');
  await hers.getByRole('button', { name: 'Ratify' }).click();
  await expect(hers).not.toContainText('A second person must ratify');
  await page.setViewportSize({ width: 390, height: 844 });
  if (process.env.TALAIA_PICTURES) await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/operation-phone.png` });
  await hers.getByRole('button', { name: 'End' }).click();
  await expect(hers).toContainText('standing by');
  expect(watch.foreign).toEqual([]);
  // Who asked may not approve: a browser writes each answer that is no success to its console.
  expect(watch.complaints.filter((line) => !line.includes('409'))).toEqual([]);
});

test('a contributor pastes a link, and a picture that was seen before is told', async ({ page, town }) => {
  const watch = new Watch(page, town);
  await enter(page, town, 'carla', hired(town, 'carla', 'contributor'));
  const dialog = page.getByRole('dialog', { name: 'Paste a link' });
  const picture = { name: 'riu.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('a picture of a river') };
  await page.getByRole('button', { name: 'Paste a link' }).click();
  await expect(dialog.getByLabel(/^Address/)).toBeFocused();
  await dialog.getByLabel(/^Address/).fill('https://social.example/post/1');
  await dialog.getByLabel(/^What is seen/).fill('Water over the bridge');
  await dialog.getByLabel('Hazard').selectOption('flood');
  await dialog.getByLabel(/^The picture/).setInputFiles(picture);
  await dialog.getByRole('button', { name: 'Send' }).click();
  await expect(dialog.getByRole('status')).toHaveText('It is stored.');
  await expect(dialog).not.toContainText('Seen before');
  await isLegible(page);
  if (process.env.TALAIA_PICTURES) await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/paste.png` });

  await dialog.getByLabel(/^Address/).fill('https://other.example/copy');
  await dialog.getByLabel(/^What is seen/).fill('A flooded bridge');
  await dialog.getByLabel(/^The picture/).setInputFiles(picture);
  await dialog.getByRole('button', { name: 'Send' }).click();
  await expect(dialog).toContainText('the same picture');
  await dialog.getByRole('button', { name: 'Open that report' }).click();
  await expect(page.locator('.card')).toContainText('Water over the bridge');
  // Nothing was fetched from either address.
  expect(watch.foreign).toEqual([]);
  expect(watch.complaints).toEqual([]);
});
