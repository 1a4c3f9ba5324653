// Takes the pictures of docs/legible.md anew: the exercise an hour into its storm, at six zooms. Not among the tests; see there.
import { statSync, writeFileSync } from 'node:fs';
import { expect, onMap, signIn, test } from './town';

const ZOOMS = [8, 10, 12, 13, 14, 16];
/** The middle of the city; close up, where reports always are. */
const PLACES: Record<number, string> = { 16: '2.161,41.404' };
/** So far on that many reports are held. */
const HELD = 1_000;
const BYTES_MAX = 1_000_000;

// An hour of the storm in a minute and a half.
test.use({ serve: ['--exercise', 'barcelona-storm', '--set', 'exercise_speed=40'] });

test('six zooms of the exercise', async ({ page, town, browser }) => {
  test.setTimeout(600_000);
  await signIn(page, town);
  await expect.poll(async () => (await town.totals('window=all&mode=exercise&bbox=1,41,3,42&zoom=9')).total, { timeout: 300_000 }).toBeGreaterThan(HELD);
  const pen = await browser.newPage();
  let bytes = 0;
  for (const zoom of ZOOMS) {
    await page.goto(`${town.url}/?mode=exercise&window=2h&view=${PLACES[zoom] ?? '2.165,41.402'},${zoom}.00`);
    await expect(page.locator('.map[data-drawn]')).toBeAttached();
    await expect.poll(() => onMap(page, 'reports')).toBeGreaterThan(0);
    const box = await page.locator('.map').boundingBox();
    const png = await page.screenshot({ clip: box ?? undefined });
    // Browsers save what they show as PNG only; what they draw they can write as WebP.
    const webp = await pen.evaluate(async (base64) => {
      const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
      const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
      canvas.getContext('2d')?.drawImage(image, 0, 0);
      return canvas.toDataURL('image/webp', 0.82).split(',')[1];
    }, png.toString('base64'));
    const file = `docs/pictures/zoom-${zoom}.webp`;
    writeFileSync(file, Buffer.from(webp, 'base64'));
    bytes += statSync(file).size;
  }
  expect(bytes).toBeLessThan(BYTES_MAX);
});
