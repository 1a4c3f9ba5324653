// The partner desk's own code runs as it stands, keys are made once, and what was refused comes again after a fix.
import AxeBuilder from '@axe-core/playwright';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test, Watch, type Town } from './town';

const SOURCE = 'partner:sensor-city';
const FORMS = ['REST JSON', 'CSV', 'SensorThings'];
const LANGUAGES = ['curl', 'Python', 'JavaScript'];
const SIZES = [{ width: 1440, height: 900 }, { width: 390, height: 844 }];

async function enter(page: Page, town: Town, query = ''): Promise<void> {
  await page.goto(`${town.url}/partner${query}`);
  await page.getByLabel('Name').fill('admin');
  await page.getByLabel('Password').fill(town.password);
  await page.getByRole('radio', { name: 'EXERCISE' }).check();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Partner desk' })).toBeVisible();
  await expect(page.locator(`tr[data-source="${SOURCE}"]`)).toBeVisible();
}

const sheet = (page: Page) => page.getByRole('dialog');

function value(datastream: string, minutes: number, result: number, unit = 'cm') {
  const phenomenon_time = new Date(Date.now() - minutes * 60_000).toISOString();
  return { datastream, phenomenon_time, result, unit, name: `Gauge ${datastream}`, geometry: { type: 'Point', coordinates: [2.2211, 41.4203] } };
}

async function ask(town: Town, path: string) {
  const answer = await fetch(`${town.url}${path}`, { headers: { authorization: `Bearer ${town.key}` } });
  expect(answer.status, path).toBe(200);
  return await answer.json();
}

/** Runs code as a partner would: pasted into a file, with the key in the environment. */
function run(language: string, code: string, key: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'talaia-code-'));
  const [program, file] = { curl: ['bash', 'send.sh'], Python: ['python3', 'send.py'], JavaScript: ['node', 'send.mjs'] }[language] ?? [];
  if (!program || !file) throw new Error(language);
  try {
    writeFileSync(join(folder, file), code);
    const told = spawnSync(program, [file], { cwd: folder, encoding: 'utf8', timeout: 20_000, env: { PATH: process.env.PATH, TALAIA_KEY: key } });
    expect(told.status, `${language}:\n${code}\n${told.stdout}${told.stderr}`).toBe(0);
    return told.stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function noIssues(page: Page, title: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`), title).toEqual([]);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wide, title).toBeLessThanOrEqual(0);
}

/** Looks at what is open in both themes and widths, with pictures where they are asked for. */
async function look(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const) {
    // As the button for it does: a dialog covers that one.
    await page.evaluate((theme) => (document.documentElement.dataset.theme = theme), colorScheme === 'dark' ? 'night' : 'day');
    for (const viewport of SIZES) {
      await page.setViewportSize(viewport);
      await noIssues(page, `${name}, ${colorScheme}, ${viewport.width} px`);
      if (process.env.TALAIA_PICTURES) {
        await page.screenshot({ path: `${process.env.TALAIA_PICTURES}/${name}-${colorScheme}-${viewport.width}.png` });
      }
    }
  }
  await page.setViewportSize(SIZES[0] ?? { width: 1440, height: 900 });
}

test('the code on the page sends the own sensor by its own id, in three forms and three languages', async ({ page, town, context }) => {
  test.setTimeout(240_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await town.observe(value("besòs 'nord'", 3, 41.5), value('ripoll', 2, 12));
  const watch = new Watch(page, town);
  await enter(page, town);
  await page.keyboard.press('c');
  await expect(sheet(page).getByRole('heading', { name: 'Code that sends' })).toBeVisible();
  await expect(sheet(page).getByLabel('Whose sensor')).toHaveValue(SOURCE);
  await expect(sheet(page).getByLabel(/^Datastream/)).toHaveValue("besòs 'nord'");
  const code = sheet(page).locator('pre.code');
  const ran = async (form: string, language: string) => {
    await sheet(page).getByRole('tab', { name: form }).click();
    await sheet(page).getByRole('button', { name: language, exact: true }).click();
    const text = (await code.textContent()) ?? '';
    expect(text).toContain(town.url);
    expect(text).toContain('TALAIA_KEY');
    expect(text).not.toContain('tal_');
    return { text, told: run(language, text, town.key) };
  };
  const day = async () => (await ask(town, '/api/v1/connections')).connections[0].day;
  for (const form of FORMS) {
    for (const language of LANGUAGES) {
      const before = await day();
      const { told } = await ran(form, language);
      const after = await day();
      // The shell's clock has whole seconds: two runs within one say the same.
      expect(after.accepted + after.folded - before.accepted - before.folded, `${form}, ${language}: ${told}`).toBe(1);
      expect(after.rejected, told).toBe(0);
    }
  }
  const { sensors } = await ask(town, '/api/v1/sensors/latest');
  expect(sensors.map((one: { datastream: string }) => one.datastream).sort(), 'no code made another sensor').toEqual(["besòs 'nord'", 'ripoll']);
  expect(sensors[0].result, 'what it says is what was known').toBe(41.5);
  expect(sensors[0].age_ms).toBeLessThan(60_000);

  // One that nobody has heard of: with unit and place it is on the map with its first value.
  await sheet(page).getByLabel(/^Datastream/).fill('torrent-7');
  await sheet(page).getByLabel('Unit').fill('mm');
  await sheet(page).getByLabel(/^Place/).fill('2.19, 41.40');
  await ran('REST JSON', 'Python');
  await sheet(page).getByLabel(/^Datastream/).fill('torrent-8');
  await ran('SensorThings', 'curl');
  const why = await ask(town, '/api/v1/why?device=torrent-7');
  expect(why.ticks.map((tick: { state: string }) => tick.state)).toEqual(Array(8).fill('ok'));
  const described = await ask(town, '/api/v1/why?device=torrent-8');
  expect(described.ticks.map((tick: { state: string }) => tick.state)).toEqual(Array(8).fill('ok'));

  // Tabs by arrows, and the button that copies.
  await sheet(page).getByRole('tab', { name: 'SensorThings' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(sheet(page).getByRole('tab', { name: 'REST JSON' })).toBeFocused();
  await expect(sheet(page).getByRole('tab', { name: 'REST JSON' })).toHaveAttribute('aria-selected', 'true');
  await sheet(page).getByRole('button', { name: 'Copy' }).click();
  await expect(sheet(page).getByRole('status')).toHaveText('Copied.');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await code.textContent());
  await sheet(page).getByRole('button', { name: 'Python', exact: true }).click();
  await expect(sheet(page).getByRole('status'), 'other code was not copied').toHaveText('');
  await look(page, 'code');
  expect(watch.foreign).toEqual([]);
  expect(watch.complaints).toEqual([]);
});

test('a key is made, shown once, changed over and revoked by an administrator', async ({ page, town }) => {
  test.setTimeout(240_000);
  await town.observe(value('besos', 1, 40));
  await enter(page, town);
  await page.keyboard.press('k');
  await expect(sheet(page).getByRole('heading', { name: 'Keys of partners' })).toBeVisible();
  await expect(sheet(page).locator('li[data-key]')).toHaveCount(1);

  await sheet(page).getByText('New partner, or the first key of one').click();
  await sheet(page).getByLabel(/^Partner/).fill('lora');
  await sheet(page).getByLabel(/^Area/).fill('2.05, 41.32, 2.30, 41.47');
  await sheet(page).getByLabel('Items a day').fill('5000');
  await sheet(page).getByRole('button', { name: 'Make the key' }).click();
  const made = sheet(page).locator('.made-key code');
  await expect(made).toHaveText(/^tal_ex_/);
  const key = (await made.textContent()) ?? '';
  const post = (by: string, datastream: string) =>
    fetch(`${town.url}/api/v1/observations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${by}`, 'content-type': 'application/json' },
      body: JSON.stringify(value(datastream, 0, 7)),
    }).then((answer) => answer.status);
  expect(await post(key, 'a')).toBe(201);
  const row = sheet(page).locator('li[data-key]', { hasText: 'lora' });
  await expect(row).toContainText('5,000 items/day');
  await look(page, 'keys-made');
  await sheet(page).getByRole('button', { name: 'I have it' }).click();
  await expect(made).toHaveCount(0);
  expect(await page.content(), 'the secret is nowhere after').not.toContain(key);

  // A second first key is refused in words, and what was typed stays.
  await sheet(page).getByText('New partner, or the first key of one').click();
  await look(page, 'keys-form');
  await sheet(page).getByLabel(/^Partner/).fill('lora');
  await sheet(page).getByRole('button', { name: 'Make the key' }).click();
  await expect(sheet(page).getByRole('alert').filter({ hasText: 'with a key in force' })).toBeVisible();

  // Another in its place: both open, the old one for a week.
  await row.getByRole('button', { name: /^New key/ }).click();
  await expect(made).toHaveText(/^tal_ex_/);
  const next = (await made.textContent()) ?? '';
  expect(next).not.toBe(key);
  expect([await post(key, 'b'), await post(next, 'c')]).toEqual([201, 201]);
  await expect(row).toHaveCount(2);
  await expect(row.filter({ hasText: 'days left' })).toHaveCount(1);
  const old = row.filter({ hasText: 'days left' });
  await old.getByRole('button', { name: /^Revoke/ }).click();
  await old.getByRole('button', { name: /^Revoke: it opens nothing/ }).click();
  await expect(sheet(page).getByText('1 that no longer open')).toBeVisible();
  await expect.poll(() => post(key, 'd')).toBe(401);
  expect(await post(next, 'e')).toBe(201);
  await sheet(page).getByRole('button', { name: 'I have it' }).click();
  await look(page, 'keys');
  // Closed and opened again, the secret is gone.
  await page.keyboard.press('Escape');
  await expect(sheet(page)).toHaveCount(0);
  // The page hears a moment later that the dialog is closed, and takes no key for another before.
  await expect(async () => {
    await page.keyboard.press('k');
    await expect(sheet(page).locator('li[data-key]').first()).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await expect(made).toHaveCount(0);
});

test('what was refused is shown under its cause and comes again by a button once the cause is mended', async ({ page, town }) => {
  test.setTimeout(180_000);
  await town.observe(value('silo', 30, 12, 'cm'));
  // The sensor weighs: its first value bore the wrong unit, and all that follow are refused.
  const answer = await fetch(`${town.url}/api/v1/observations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${town.key}`, 'content-type': 'application/json' },
    body: JSON.stringify([value('silo', 3, 410, 'kg'), value('silo', 2, 420, 'kg'), value('silo', 1, 430, 'kg')]),
  });
  expect(answer.status).toBe(422);
  await enter(page, town);
  const errors = page.getByRole('region', { name: 'ERRORS BY CAUSE, 24 H' });
  const cause = errors.getByRole('listitem').filter({ hasText: 'unit measures something else' });
  await expect(cause.locator('.n')).toHaveText('3');
  await expect(cause).toContainText('sensor-city');
  await look(page, 'refused');

  // Before the fix: refused again, and nothing is lost.
  await cause.getByRole('button', { name: 'Send 3 again' }).click();
  await expect(errors.getByRole('status')).toContainText('0 taken, 3 refused again');
  await expect(cause.getByRole('button', { name: 'Send 3 again' })).toBeVisible();

  // The fix, on the same screen: the passport says what it measures in.
  await page.keyboard.press('i');
  await sheet(page).getByLabel('Whose sensors').selectOption(SOURCE);
  const table = { name: 'sensors.csv', mimeType: 'text/csv', buffer: Buffer.from('datastream,unit\nsilo,kg\n') };
  await sheet(page).getByLabel('CSV file').setInputFiles(table);
  await sheet(page).getByRole('button', { name: 'Show what it would change' }).click();
  await expect(sheet(page)).toContainText('1 unit changed cm → kg (silo)');
  await sheet(page).getByRole('button', { name: /Confirm/ }).click();
  await expect(sheet(page)).toContainText('1 passport stored');
  await page.keyboard.press('Escape');

  await cause.getByRole('button', { name: 'Send 3 again' }).click();
  await expect(errors.getByRole('status')).toContainText('3 taken, 0 refused again');
  await expect(cause.getByRole('button', { name: /again/ })).toHaveCount(0);
  await expect(page.locator(`tr[data-source="${SOURCE}"]`), 'what it spoke stays what it speaks').toContainText('rest');
  const stood = await ask(town, `/api/v1/datastreams/${SOURCE}/silo`);
  expect([stood.result, stood.unit]).toEqual([430, 'kg']);
  const { values } = await ask(town, `/api/v1/datastreams/${SOURCE}/silo/history?from=${new Date(Date.now() - 600_000).toISOString()}`);
  expect(values.map((one: { result: number }) => one.result)).toEqual([410, 420, 430]);
  // The month's ledger is a link, and has all that happened.
  const [ledger] = await Promise.all([page.waitForEvent('download'), errors.getByRole('link', { name: 'Ledger, CSV' }).click()]);
  expect(ledger.suggestedFilename()).toMatch(/\.csv$/);
  await look(page, 'sent-again');
});

test('a passport tells battery and signal where datastreams of the same device do', async ({ page, town }) => {
  await town.observe(value('besos-level', 1, 40), value('besos-battery', 5, 3.61, 'V'), value('besos-rssi', 5, -97, 'dBm'), value('ripoll-battery', 5, 3.2, 'V'));
  await enter(page, town, '?device=besos-level');
  const passport = page.getByRole('region', { name: 'PASSPORT' });
  await expect(passport).toContainText(/Battery\s*3\.61 V\s*5 min/);
  await expect(passport).toContainText(/Signal\s*[-−]97 dBm\s*5 min/);
  await expect(passport).not.toContainText('3.2 V');
  await look(page, 'passport');
});
