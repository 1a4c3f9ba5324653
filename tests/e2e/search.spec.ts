// Search: words without accents, narrowed by kind, ringed on the map, followed as reports come, and given out as a file.
import AxeBuilder from '@axe-core/playwright';
import { readFileSync } from 'node:fs';
import { expect, report, row, signIn, test, Watch } from './town';

test('reports are searched by words, ringed on the map, and exported', async ({ page, town }) => {
  const watch = new Watch(page, town);
  await town.send(
    report('call', { text: 'Inundació al garatge, aigua fins al genoll' }),
    report('post', { text: 'inundacion en la plaza', kind: 'post' }, [2.18, 41.39]),
    report('tree', { text: 'Arbre caigut', hazard: 'wind' }, [2.16, 41.4]),
    report('cell', { text: '=HYPERLINK("http://evil.example","inundacio")', kind: 'post', place: '?' }, null),
  );
  await signIn(page, town, '?view=2.17,41.4,13');
  await page.keyboard.press('Control+k');
  const input = page.getByLabel(/^Words in a report/);
  await expect(input).toBeFocused();
  await input.fill('INUNDACIO');
  const card = page.locator('.card');
  await expect(card.getByRole('status')).toHaveText('3 found');
  await expect(card.locator('.leaves .row')).toHaveCount(3);
  // What has no place has no ring.
  await expect(page.locator('.map')).toHaveAttribute('data-found', '2');
  for (const [colorScheme, width, height] of [['dark', 1440, 900], ['light', 390, 844]] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    expect((await card.boundingBox())?.height).toBeGreaterThan(300);
    const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    if (process.env.TALAIA_PICTURES) await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/search-${colorScheme}.png` });
  }
  await page.setViewportSize({ width: 1440, height: 900 });

  // Narrowed, and followed while reports come.
  await card.getByLabel('Who speaks').selectOption('call');
  await expect(card.getByRole('status')).toHaveText('1 found');
  await town.send(report('later', { text: 'Una altra inundació' }, [2.17, 41.41]));
  await expect(card.getByRole('status')).toHaveText('2 found');
  // It is in the address, and found again after a reload.
  await expect.poll(() => new URL(page.url()).searchParams.get('search')).toBe('q=INUNDACIO&kind=call');
  await page.reload();
  await expect(card.getByRole('status')).toHaveText('2 found');
  await expect(card.locator('.leaves .row')).toHaveCount(2);

  // As a file: no cell is a formula, and the log says who took it.
  await card.getByLabel('Who speaks').selectOption('');
  await expect(card.getByRole('status')).toHaveText('4 found');
  const coming = page.waitForEvent('download');
  await card.getByRole('link', { name: /CSV/ }).click();
  const file = readFileSync((await (await coming).path()) ?? '', 'utf8');
  expect(file.split('\r\n').filter((line) => line.includes('nundaci')).length).toBe(4);
  expect(file).toContain(`'=HYPERLINK`);
  await expect(page.locator('.log')).toContainText('reports.csv');

  // From a row to its report, and back to the search.
  await row(page, 'Una altra').last().click();
  await expect(card).toContainText('Una altra inundació');
  await expect(page.locator('.map')).toHaveAttribute('data-found', '0');
  await page.keyboard.press('Control+k');
  await expect(card.getByRole('status')).toHaveText('4 found');
  expect(watch.foreign).toEqual([]);
  expect(watch.complaints).toEqual([]);
});
