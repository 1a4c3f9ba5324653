// A value that a partner posts is in the room: on the map, with its symbol and its number, and on the card with unit and age.
import type { Page } from '@playwright/test';
import { expect, onMap, signIn, test, Watch } from './town';

const PLACE: [number, number] = [2.165, 41.402];

/** What the middle of the map looks like: the symbol and the words below it. */
async function middle(page: Page): Promise<Buffer> {
  const box = await page.locator('.map').boundingBox();
  const [x, y] = [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2];
  return await page.screenshot({ clip: { x: x - 60, y: y - 30, width: 120, height: 90 } });
}

for (const [theme, colorScheme] of [['night', 'dark'], ['day', 'light']] as const) {
  test(`a posted value is on the map and on the card without a reload, and the next takes its place, by ${theme}`, async ({ page, town }) => {
    const watch = new Watch(page, town);
    await page.emulateMedia({ colorScheme });
    // Near enough that sensors that are well are drawn, with their values.
    await signIn(page, town, `?view=${PLACE.join()},15.00`);
    let loads = 0;
    page.on('load', () => (loads += 1));
    await expect.poll(() => onMap(page, 'sensors')).toBe(0);
    const before = await middle(page);

    // One value of a sensor that nobody has heard of, as a partner's first program sends it.
    const post = (result: number, minutesAgo: number) =>
      fetch(`${town.url}/api/v1/observations`, {
        method: 'POST',
        headers: { authorization: `Bearer ${town.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          datastream: 'bogatell-level',
          name: 'Collector Bogatell',
          unit: 'm',
          result,
          phenomenon_time: new Date(Date.now() - minutesAgo * 60_000).toISOString(),
          geometry: { type: 'Point', coordinates: PLACE },
        }),
      });
    const answer = await post(2.13, 4);
    expect(answer.status, await answer.text()).toBe(201);
    await expect.poll(() => onMap(page, 'sensors')).toBe(1);
    await expect.poll(async () => (await middle(page)).equals(before), { message: 'nothing new is drawn where the sensor stands' }).toBe(false);
    // Its name and number are loaded and faded in: then the picture rests.
    const settled = async () => {
      let shown = await middle(page);
      await expect
        .poll(async () => {
          const next = await middle(page);
          const rests = next.equals(shown);
          shown = next;
          return rests;
        }, { intervals: [600] })
        .toBe(true);
      return shown;
    };
    const first = await settled();

    const box = await page.locator('.map').boundingBox();
    await page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2);
    const card = page.locator('.card');
    const age = card.locator('.facts dt', { hasText: /^Age$/ }).locator('+ dd');
    await expect(card.locator('h2')).toHaveText('Collector Bogatell');
    await expect(card.locator('.value')).toHaveText('2.13 m');
    await expect(age).toContainText('4 min');
    if (process.env.TALAIA_PICTURES) await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/posted-${colorScheme}-card.png` });

    // The next value, while the card is open.
    expect((await post(2.48, 0)).status).toBe(201);
    await expect(card.locator('.value')).toHaveText('2.48 m');
    await expect(age).toContainText(/\d+ s/);
    await page.keyboard.press('Escape');
    await expect(card).toHaveCount(0);
    await expect.poll(() => onMap(page, 'sensors')).toBe(1);
    expect((await settled()).equals(first), 'the number on the map is still the first').toBe(false);
    if (process.env.TALAIA_PICTURES) await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/posted-${colorScheme}-map.png` });

    expect(loads, 'the page was loaded again').toBe(0);
    expect(watch.foreign).toEqual([]);
    expect(watch.complaints).toEqual([]);
  });
}
