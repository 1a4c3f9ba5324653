// A desk is open for weeks: what it showed and shows no longer must not stay in its memory. The memory of WASM never shrinks, so what
// leaks makes it grow; what is used again and again does not, once the most that is needed at a time was there.
import type { Page } from '@playwright/test';
import { Memory, instrument } from './meter';
import { expect, report, signIn, test, type Town } from './town';

/** Before it counts: the memory has been as full as it gets. */
const WARM = 10;
/** How much the memory of WASM may grow then, in bytes. It grows by pages of 64 kB, and what is free in it lies in pieces. */
const GROWTH_MAX = 128 * 1_024;

// A trace keeps each step with the whole page, which takes longer than the steps; and of these tests the figure says all.
test.use({ trace: 'off' });

/** By how many bytes the memory of WASM grew while something was done so often, after a few times. */
async function grownBy(page: Page, times: number, act: (n: number) => Promise<void>): Promise<number> {
  const memory = new Memory(page);
  for (let n = 0; n < WARM; n += 1) await act(n);
  await memory.sample();
  for (let n = WARM; n < WARM + times; n += 1) await act(n);
  await memory.sample();
  const [before, after] = memory.samples;
  return after.wasm - before.wasm;
}

/** Waits until so many are on the page; asked for more often than `expect` does. */
async function are(page: Page, many: number, rows: string, text: string): Promise<void> {
  const there = ([many, rows, text]: [number, string, string]) => (
    [...document.querySelectorAll(rows)].filter((row) => row.textContent?.includes(text)).length === many
  );
  await page.waitForFunction(there, [many, rows, text] as [number, string, string], { polling: 20 });
}

/** The address that opens the cluster of many reports at one place. */
async function ofCluster(town: Town): Promise<string> {
  await town.send(...Array.from({ length: 60 }, (_, n) => report(`r${n}`, {}, [2.1744 + (n % 8) * 0.0002, 41.4036])));
  const { features } = await town.picture('bbox=2.05,41.32,2.25,41.47&zoom=12&window=open');
  const cluster = features.find((feature) => feature.properties.n > 1);
  return `?view=2.165,41.402,12.00&open=cluster:${cluster?.id}`;
}

test('a card that is opened and closed again and again costs no memory', async ({ page, town }) => {
  await page.addInitScript(instrument);
  await signIn(page, town, await ofCluster(town));
  await page.keyboard.press('Escape');
  const grown = await grownBy(page, 60, async () => {
    await page.evaluate(() => history.back());
    await are(page, 50, '.card .leaves .row', 'genoll');
    await page.evaluate(() => history.forward());
    await are(page, 0, '.card', '');
  });
  expect(grown).toBeLessThanOrEqual(GROWTH_MAX);
});

test('a list that takes in report after report costs no memory', async ({ page, town }) => {
  await page.addInitScript(instrument);
  await signIn(page, town, '?view=2.165,41.402,12.00');
  const grown = await grownBy(page, 60, async (n) => {
    const updated_at = new Date().toISOString();
    await town.send(...Array.from({ length: 40 }, (_, i) => report(`r${i}`, { text: `Vegada ${n}`, updated_at })));
    await are(page, 40, '.list .row', `Vegada ${n}`);
  });
  expect(grown).toBeLessThanOrEqual(GROWTH_MAX);
});
