// Official messages: listed with a key, in each of their languages, drawn as outlines, and a press away on the map.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, signIn, test, type Town, Watch } from './town';

const HOUR = 3_600_000;
const SQUARE = '41.30,2.10 41.40,2.10 41.40,2.20 41.30,2.20 41.30,2.10';
const time = (ahead: number) => new Date(Date.now() + ahead).toISOString().replace(/\.\d+Z$/, '+00:00');

const info = (language: string, event: string, severity: string, area: string) => `<info><language>${language}</language><category>Met</category>
<event>${event}</event><urgency>Immediate</urgency><severity>${severity}</severity><certainty>Observed</certainty><expires>${time(6 * HOUR)}</expires>
<senderName>Meteo</senderName><headline>${event}</headline><instruction>Keep off the bridges.</instruction><area><areaDesc>Delta</areaDesc>${area}</area></info>`;

/** Sends a message and sees it acknowledged. */
async function warn(town: Town, key: string, id: string, ...blocks: string[]): Promise<void> {
  const body = `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>${id}</identifier><sender>met@example.org</sender>
<sent>${time(-60_000)}</sent><status>Exercise</status><msgType>Alert</msgType><scope>Public</scope>${blocks.join('')}</alert>`;
  const answer = await fetch(`${town.url}/api/v1/advisories/cap`, {
    method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/cap+xml' }, body,
  });
  expect(answer.status, await answer.text()).toBe(201);
}

const rows = (page: Page) => page.locator('.warnings > li');

test('warnings in force are listed, the gravest first, in each language, and shown on the map', async ({ page, town }) => {
  const watch = new Watch(page, town);
  const told = town.command('partner', 'add', 'met', '--mode', 'exercise', '--scope', 'advisories');
  const key = told.trim().split('\n').at(-1) ?? '';
  await warn(town, key, 'wind', info('en', 'Gale', 'Moderate', '<polygon>41.0,1.0 41.1,1.0 41.1,1.1 41.0,1.0</polygon>'));
  await signIn(page, town);
  await page.keyboard.press('w');
  await expect(rows(page)).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);

  // One that comes while somebody is signed in needs no asking.
  await warn(town, key, 'flood', info('en', 'River in flood', 'Extreme', `<polygon>${SQUARE}</polygon>`), info('ca', 'Riu desbordat', 'Extreme', `<polygon>${SQUARE}</polygon>`));
  await page.keyboard.press('w');
  await expect(rows(page)).toHaveCount(2);
  const first = rows(page).first();
  await expect(first).toContainText('River in flood');
  await expect(first).toContainText('Keep off the bridges.');
  await first.getByRole('button', { name: 'ca' }).click();
  await expect(first).toContainText('Riu desbordat');
  for (const [colorScheme, width, height] of [['dark', 1440, 900], ['light', 390, 844]] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    if (process.env.TALAIA_PICTURES) await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/warnings-${colorScheme}.png` });
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await first.getByRole('button', { name: /map/i }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect.poll(() => new URL(page.url()).searchParams.get('view')).toMatch(/^2\.15000,41\.35/);
  await expect(page.locator('.map')).toHaveAttribute('data-warnings', '2');
  if (process.env.TALAIA_PICTURES) await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/warnings-map.png` });
  expect(watch.foreign).toEqual([]);
  expect(watch.complaints).toEqual([]);
});
