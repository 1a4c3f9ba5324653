// Reports without a place: a list that is seen, what their words may mean, and one press that says where they belong.
import AxeBuilder from '@axe-core/playwright';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { count, expect, onMap, report, signIn, test, Watch } from './town';

const TABLE = `id,name,alternates,kind,lng,lat,radius_m,population,parent
bcn,Barcelona,,city,2.159,41.389,10000,1620343,
gra,Gràcia,,district,2.157,41.403,1800,120000,bcn
san,Sants,,district,2.135,41.375,1800,120000,bcn
maj,Carrer Major,,street,2.155,41.404,500,0,gra
mas,Carrer Major,,street,2.136,41.376,400,0,san
cat,Plaça de Catalunya,,poi,2.170,41.387,150,0,bcn
`;

/** A post without coordinates. */
const said = (id: string, text: string) => report(id, { text, kind: 'post', place: '?', radius_m: undefined }, null);

for (const [theme, colorScheme] of [['night', 'dark'], ['day', 'light']] as const) {
  test(`a report without a place is found in its list and placed with one press, by ${theme}`, async ({ page, town }) => {
    const watch = new Watch(page, town);
    await page.emulateMedia({ colorScheme });
    writeFileSync(join(town.folder, 'places.csv'), TABLE);
    town.command('gazetteer', 'import', join(town.folder, 'places.csv'));
    await town.send(
      said('words', 'Aigua a la Plaça de Catalunya de Barcelona'),
      said('either', 'Des de Barcelona estant: arbre caigut al Carrer Major'),
      said('city', 'Quina pedregada a Barcelona'),
      said('nothing', 'Se sent un soroll molt fort'),
    );
    await signIn(page, town, '?view=2.165,41.39,13');
    // One of them its words place, and they say so.
    await expect.poll(() => onMap(page, 'reports')).toBe(1);
    await expect(count(page, 'unplaced')).toHaveText('3');

    await page.getByRole('button', { name: /no place/ }).click();
    const card = page.locator('.card');
    const rows = card.locator('.leaves .row');
    await expect(rows).toHaveCount(3);
    // A city is a label, and no pin.
    await expect(rows.filter({ hasText: 'pedregada' })).toContainText('Barcelona');
    await expect(rows.filter({ hasText: 'soroll' })).toContainText('no place');
    if (process.env.TALAIA_PICTURES) await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/nowhere-${theme}.png` });

    // What the words may mean, each a press away.
    await rows.filter({ hasText: 'arbre' }).click();
    await expect(card.locator('.found li')).toHaveCount(2);
    await expect(card).toContainText('Written from Barcelona');
    const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    if (process.env.TALAIA_PICTURES) await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/candidates-${theme}.png` });
    await card.locator('.found li').first().getByRole('button', { name: 'It is here' }).click();
    await expect(card).toContainText('hand');
    await expect(count(page, 'unplaced')).toHaveText('2');
    await expect.poll(() => onMap(page, 'reports')).toBe(2);

    // What says nothing is placed by a search.
    await page.getByRole('button', { name: /no place/ }).click();
    await rows.filter({ hasText: 'soroll' }).click();
    await card.getByRole('button', { name: /Find its place/ }).click();
    await page.getByLabel(/^Street, place/).fill('plaça catalunya');
    await page.locator('.find .found li').getByRole('button', { name: 'It is here' }).click();
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await expect(card).toContainText('2.17000, 41.38700');
    await expect(count(page, 'unplaced')).toHaveText('1');
    expect(watch.foreign).toEqual([]);
    expect(watch.complaints).toEqual([]);
  });
}
