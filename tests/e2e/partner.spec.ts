// The partner desk: the sentence, why a sensor is not on the map, an import looked at and confirmed, by keys and on a phone.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test, Watch, type Town } from './town';

const PHONE = { width: 390, height: 844 };
const SOURCE = 'partner:sensor-city';

async function seriousIssues(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`);
}

/** Sensors with an hour of values, the newest so many minutes ago. */
async function plant(town: Town): Promise<void> {
  const now = Date.now();
  const value = (datastream: string, minutes: number, result: number, over: object = {}) => ({
    datastream,
    phenomenon_time: new Date(now - minutes * 60_000).toISOString(),
    result,
    unit: 'cm',
    name: `Gauge ${datastream}`,
    geometry: { type: 'Point', coordinates: [2.2211, 41.4203] },
    ...over,
  });
  const hour = (datastream: string, newest: number) =>
    Array.from({ length: 12 }, (_, n) => value(datastream, newest + (11 - n) * 5, 40 + 8 * Math.sin(n / 3)));
  await town.observe(...hour('besos', 1), ...hour('ripoll', 1), ...hour('congost', 75));
}

async function enter(page: Page, town: Town, query = ''): Promise<void> {
  await page.goto(`${town.url}/partner${query}`);
  await page.getByLabel('Name').fill('admin');
  await page.getByLabel('Password').fill(town.password);
  await page.getByRole('radio', { name: 'EXERCISE' }).check();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Partner desk' })).toBeVisible();
}

const sheet = (page: Page) => page.getByRole('dialog');

/** Chooses a table and asks what it would change. */
async function compare(page: Page, table: string): Promise<void> {
  await page.getByRole('button', { name: 'Import sensors' }).click();
  await sheet(page).getByLabel('Whose sensors').selectOption(SOURCE);
  await sheet(page).getByLabel('CSV file').setInputFiles({ name: 'sensors.csv', mimeType: 'text/csv', buffer: Buffer.from(table) });
  await sheet(page).getByRole('button', { name: 'Show what it would change' }).click();
  await expect(sheet(page).getByRole('heading', { name: 'What the import would change' })).toBeVisible();
}

const TABLE = `datastream,name,unit,lng,lat,gateway,phone,cadence,orange,red,levels_owner,levels_document,levels_date
besos,"Besòs, Sant Adrià",cm,2.2211,41.4300,Torrent-2,Sensalia 24 h,5m,60,90,Hydrology,INUNCAT,2022-03-12
collector,Collector Bogatell,cm,2.1950,41.3930,Torrent-2,Sensalia 24 h,5m,,,,,
broken,,,2.19,,,,,,,,,
`;

test('a lead sees how the sensors are, asks about one, and imports with the changes before the eyes', async ({ page, town }) => {
  await plant(town);
  const watch = new Watch(page, town);
  await enter(page, town);
  await expect(page.locator('.sentence')).toContainText('of 3 sensors speak');
  await expect(page.locator(`tr[data-source="${SOURCE}"]`)).toContainText('36');
  expect(new URL(page.url()).pathname).toBe('/partner');

  // By the keyboard alone: the field, the question, the eight ticks.
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.keyboard.type('besos');
  await page.keyboard.press('Enter');
  await expect(page.locator('.tick')).toHaveCount(8);
  await expect(page.locator('.tick[data-state=ok]')).toHaveCount(8);
  expect(new URL(page.url()).searchParams.get('device')).toBe('besos');
  await expect(page.locator('.values')).toContainText('as sent');
  await expect(page.locator('.values')).toContainText('normalised');
  await expect(page.locator('.chart[data-drawn]')).toBeAttached();
  await expect(page.locator('.chart')).toHaveAccessibleName(/least 35.99, greatest 47.96/);
  await page.getByText('The same as a table').click();
  await expect(page.locator('.numbers tbody tr')).not.toHaveCount(0);

  // One that never came: the first cross says what to do, and nothing after it is reached.
  await page.getByRole('searchbox').fill('besoss');
  await page.keyboard.press('Enter');
  await expect(page.locator('.tick[data-tick=arrived]')).toHaveAttribute('data-state', 'cross');
  await expect(page.locator('.tick.first')).toContainText('What to do');
  await expect(page.locator('.tick.first').getByRole('button', { name: /Try again/ })).toBeVisible();
  await page.goBack();
  await expect(page.locator('.tick[data-state=ok]')).toHaveCount(8);

  await compare(page, TABLE);
  await expect(sheet(page)).toContainText('1 new sensor');
  await expect(sheet(page)).toContainText('1 moved more than 50 m');
  await expect(sheet(page)).toContainText('1 row rejected');
  await expect(sheet(page)).toContainText('line 4');
  expect(await seriousIssues(page), 'diff').toEqual([]);
  await sheet(page).getByRole('button', { name: /Confirm/ }).click();
  await expect(sheet(page)).toContainText('2 passports stored');
  await page.keyboard.press('Escape');
  await expect(page.locator('.facts')).toContainText('Hydrology, INUNCAT, 2022-03-12');
  await expect(page.locator('.facts')).toContainText('Torrent-2');

  // Looked at and left: it waits, and is found again after a reload.
  await compare(page, 'datastream,unit,orange,red\nbesos,m,0.6,0.9\n');
  await expect(sheet(page)).toContainText('1 unit changed cm → m (besos)');
  await page.keyboard.press('Escape');
  await page.reload();
  await page.getByRole('button', { name: 'Look at the changes' }).click();
  await sheet(page).getByRole('button', { name: 'Discard' }).click();
  await expect(page.getByText('No import waits for you.')).toBeVisible();
  expect(watch.foreign).toEqual([]);
  // What never came is a 404 of its history, which the browser notes by itself.
  expect(watch.complaints.filter((one) => !one.includes('404'))).toEqual([]);
});

test('works are announced, listed and ended', async ({ page, town }) => {
  await plant(town);
  await enter(page, town);
  await expect(page.locator(`tr[data-source="${SOURCE}"]`)).toBeVisible();
  await page.keyboard.press('w');
  await sheet(page).getByLabel('Whose sensors').selectOption(SOURCE);
  await sheet(page).getByLabel(/Which datastreams/).fill('congost');
  await sheet(page).getByLabel('What is done').fill('cleaning');
  await sheet(page).getByRole('button', { name: 'Announce' }).click();
  await expect(sheet(page)).toHaveCount(0);
  const works = page.getByRole('region', { name: 'PLANNED WORKS' }).getByRole('listitem');
  await expect(works).toContainText('congost: cleaning (admin).');
  await expect(page.locator('.sentence')).toContainText('1 in works');
  await works.getByRole('button', { name: /End works/ }).click();
  await expect(page.locator('.sentence')).not.toContainText('in works');
});

test('the desk has no serious accessibility issue and no sideways scroll, wide and on a phone, by night and by day', async ({ page, town }) => {
  test.setTimeout(240_000);
  await plant(town);
  await enter(page, town, '?device=besos');
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const viewport of [{ width: 1440, height: 900 }, PHONE]) {
      await page.setViewportSize(viewport);
      await page.reload();
      await expect(page.locator('.tick')).toHaveCount(8);
      await expect(page.locator('.chart[data-drawn]')).toBeAttached();
      const title = `${colorScheme}, ${viewport.width} px`;
      expect(await seriousIssues(page), title).toEqual([]);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(wide, title).toBeLessThanOrEqual(0);
      if (process.env.TALAIA_PICTURES) {
        await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/partner-${colorScheme}-${viewport.width}.png`, fullPage: viewport === PHONE });
      }
    }
  }
});
