// Find a place: by the key and by the button, with names that were imported and with coordinates without any.
import AxeBuilder from '@axe-core/playwright';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, signIn, test, Watch } from './town';

const TABLE = `id,name,alternates,kind,lng,lat,radius_m,population,parent,line
bcn,Barcelona,,city,2.159,41.389,10000,1620343,,
maj,Carrer Major,,street,2.155,41.404,500,0,bcn,2.150 41.404|2.160 41.404
nap,Carrer de Nàpols,,street,2.158,41.402,500,0,bcn,2.158 41.398|2.158 41.406
p12,C-31 km 190,,road_km,2.100,41.300,200,0,,
p13,C-31 km 192,,road_km,2.120,41.310,200,0,,
`;

const found = (page: Page) => page.locator('.find .found li');

/** Where the map looks, by its address. */
async function looksAt(page: Page): Promise<number[]> {
  const view = new URL(page.url()).searchParams.get('view') ?? '';
  return view.split(',').map(Number);
}

/** The map has come to the place, to a ten-thousandth of a degree. */
async function mapIsAt(page: Page, lng: number, lat: number): Promise<void> {
  await expect
    .poll(async () => {
      const [x = 0, y = 0] = await looksAt(page);
      return Math.max(Math.abs(x - lng), Math.abs(y - lat));
    })
    .toBeLessThan(0.0001);
}

test('a place is found from the keyboard, the map goes there, and it is copied as text', async ({ page, town, context }) => {
  const watch = new Watch(page, town);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  writeFileSync(join(town.folder, 'places.csv'), TABLE);
  town.command('gazetteer', 'import', join(town.folder, 'places.csv'));
  await signIn(page, town);

  await page.keyboard.press('/');
  const input = page.getByLabel(/^Street, place/);
  await expect(input).toBeFocused();
  await expect(input).toHaveValue('');
  // A road kilometre between two posts that are known.
  await input.fill('C-31 km 191');
  await expect(found(page)).toHaveCount(1);
  await expect(found(page)).toContainText('road kilometre');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await mapIsAt(page, 2.11, 41.305);

  // What was typed last is marked: typing replaces it. Two streets are a crossing before they are streets.
  await page.keyboard.press('/');
  await page.keyboard.type('major / napols');
  await expect(found(page).first()).toContainText('crossing');
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    if (process.env.TALAIA_PICTURES) await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/find-${colorScheme}.png` });
  }
  await found(page).first().getByRole('button', { name: 'Copy' }).click();
  await expect(page.locator('.find [role=status]')).toContainText('Copied');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('41.40400, 2.15800');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);

  // Nothing of that name is said so, and neither as an error nor as an empty box.
  await page.keyboard.press('/');
  await input.fill('Bellvitge');
  await expect(page.locator('.find [role=status]')).toHaveText(/Nothing is called that/);
  await expect(found(page)).toHaveCount(0);
  // A slash in the search is a sign like others, and opens nothing.
  await input.fill('');
  await page.keyboard.type('/');
  await expect(input).toHaveValue('/');
  expect(watch.foreign).toEqual([]);
  expect(watch.complaints).toEqual([]);
});

test('without an import coordinates are found on a phone, and a server that is gone is said to be', async ({ page, town }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await signIn(page, town);
  await page.getByRole('button', { name: 'Find a place' }).click();
  const input = page.getByLabel(/^Street, place/);
  await input.fill('Nàpols');
  await expect(page.locator('.find [role=status]')).toHaveText(/No names of places were imported/);
  await input.fill('41°24\'14"N 2°9\'29"E');
  await expect(found(page)).toHaveCount(1);
  if (process.env.TALAIA_PICTURES) await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/find-phone.png` });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wide).toBeLessThanOrEqual(0);
  await found(page).getByRole('button').first().click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await mapIsAt(page, 2.15806, 41.40389);

  await page.getByRole('button', { name: 'Find a place' }).click();
  await town.kill();
  await input.fill('41.4, 2.2');
  await expect(page.locator('.find [role=status]')).toHaveText(/does not answer/);
});
