// The desk in use: keys, addresses, the held list, accessibility, a phone, the door.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { count, expect, onMap, report, row, signIn, test, Watch } from './town';

async function seriousIssues(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(' | ')}`);
}

test('door, desk, card and dialogs have no serious accessibility issue, by night and by day', async ({ page, town }) => {
  // Ten audits of whole pages, drawn without a graphics card.
  test.setTimeout(240_000);
  await town.send(report('one'), report('two', { severity: 'Extreme', hazard: 'fire' }), report('three', { severity: 'Moderate' }));
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.context().clearCookies();
    await page.goto(town.url);
    await page.evaluate(() => localStorage.clear());
    await page.goto(town.url);
    await expect(page.getByLabel('Name')).toBeVisible();
    expect(await seriousIssues(page), `door, ${colorScheme}`).toEqual([]);
    await signIn(page, town);
    await expect(page.locator('.row')).toHaveCount(3);
    expect(await seriousIssues(page), `desk, ${colorScheme}`).toEqual([]);
    await page.locator('.row').first().click();
    await expect(page.locator('.card h2')).toBeVisible();
    expect(await seriousIssues(page), `card, ${colorScheme}`).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Feeds' }).click();
    await expect(page.getByRole('heading', { name: 'Feeds' })).toBeVisible();
    expect(await seriousIssues(page), `feeds, ${colorScheme}`).toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await expect(page.getByRole('heading', { name: 'Keys' })).toBeVisible();
    expect(await seriousIssues(page), `keys, ${colorScheme}`).toEqual([]);
  }
});

test('a cluster opens the list of its reports, and a report opens from there', async ({ page, town }) => {
  const many = Array.from({ length: 60 }, (_, i) => report(`r${String(i).padStart(2, '0')}`, {}, [2.1744 + (i % 8) * 0.0002, 41.4036]));
  await town.send(...many, report('apart', {}, [2.12, 41.38]));
  const picture = await town.picture('bbox=2.05,41.32,2.25,41.47&zoom=12&window=open');
  const cluster = picture.features.find((feature) => feature.properties.n > 1);
  await signIn(page, town, `?view=2.165,41.402,12.00&open=cluster:${cluster?.id}`);
  const leaves = page.locator('.card .leaves .row');
  await expect(leaves).toHaveCount(50);
  await expect(leaves.first()).toContainText('genoll r59');
  // A cluster that changes all the time is asked for again every two seconds, not at each change.
  let asked = 0;
  page.on('request', (request) => (asked += request.url().includes('cluster=') ? 1 : 0));
  const newest: [number, number] = [2.1744, 41.4036];
  const started = Date.now();
  for (let i = 0; i < 20; i++) {
    await town.send(report(`s${i}`, {}, newest));
    await page.waitForTimeout(200);
  }
  await expect(leaves.first()).toContainText('genoll s19');
  const seconds = (Date.now() - started) / 1_000;
  expect(asked, `asked for in ${seconds} s`).toBeLessThanOrEqual(Math.ceil(seconds / 2) + 1);
  await page.getByRole('button', { name: 'Show more' }).click();
  await expect(leaves).toHaveCount(80);
  await expect(page.getByRole('button', { name: 'Show more' })).toHaveCount(0);
  expect(await seriousIssues(page)).toEqual([]);
  await leaves.last().click();
  await expect(page.locator('.card')).toContainText('genoll r00');
});

test('a report is found, opened, gone to and left with keys alone', async ({ page, town }) => {
  await town.send(report('first'), report('second', {}, [2.12, 41.38]));
  await signIn(page, town);
  await expect(page.locator('.row')).toHaveCount(2);
  await page.keyboard.press('j');
  await expect(row(page, 'second')).toBeFocused();
  await page.keyboard.press('j');
  await expect(row(page, 'first')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('.card')).toContainText('genoll first');
  await page.keyboard.press('k');
  await expect(page.locator('.card')).toContainText('genoll second');
  await page.keyboard.press('g');
  await expect.poll(() => new URL(page.url()).searchParams.get('view')).toContain('2.12000,41.38000,16');
  await page.keyboard.press('Escape');
  await expect(page.locator('.card')).toHaveCount(0);
  await page.keyboard.press('Home');
  await expect.poll(() => new URL(page.url()).searchParams.get('view')).toContain('11.');
  // Single keys are off inside text and choices.
  await page.getByLabel('Window').focus();
  await page.keyboard.press('?');
  await expect(page.getByRole('heading', { name: 'Keys' })).toBeHidden();
});

test('nothing moves under the pointer: new rows wait until they are taken in', async ({ page, town }) => {
  await town.send(report('first'));
  await signIn(page, town);
  await row(page, 'first').hover();
  await town.send(report('second'), report('third'));
  await expect(page.getByRole('button', { name: '2 new' })).toBeVisible();
  await expect(page.locator('.row')).toHaveCount(1);
  await page.keyboard.press('r');
  await expect(page.locator('.row')).toHaveCount(3);
  await town.send(report('fourth'));
  await expect(page.getByRole('button', { name: '1 new' })).toBeVisible();
  await page.mouse.move(900, 500);
  await expect(page.locator('.row')).toHaveCount(4);
});

test('a press on a row answers, whatever becomes of its report between down and up', async ({ page, town }) => {
  await town.send(report('first'), report('second'));
  await signIn(page, town);
  await row(page, 'first').hover();
  await page.mouse.down();
  const updated_at = new Date().toISOString();
  await town.send(report('first', { text: 'Ara per la cintura', severity: 'Extreme', hazard: 'storm', updated_at }));
  await expect(page.locator('.list .row.extreme')).toContainText('Ara per la cintura');
  await page.mouse.up();
  await expect(page.locator('.card')).toContainText('Ara per la cintura');
});

test('a press on a row that the browser has not laid out yet answers', async ({ page, town }) => {
  await town.send(report('first'));
  await signIn(page, town);
  await expect(page.locator('.row')).toHaveCount(1);
  // Then what is hit is the row's place in the list, and no word of it.
  await page.locator('.rows > li').dispatchEvent('click');
  await expect(page.locator('.card')).toContainText('genoll first');
});

test('nothing moves under the pointer when the focus leaves a row', async ({ page, town }) => {
  await town.send(report('first'), report('second'));
  await signIn(page, town);
  await row(page, 'first').click();
  await page.keyboard.press('Escape');
  await expect(row(page, 'first')).toBeFocused();
  await town.send(report('third'));
  await expect(page.getByRole('button', { name: '1 new' })).toBeVisible();
  await row(page, 'second').hover();
  const ids = () => page.locator('.row').evaluateAll((rows) => rows.map((one) => one.getAttribute('data-report')));
  const before = await ids();
  await page.mouse.down();
  await expect(row(page, 'second')).toBeFocused();
  expect(await ids()).toEqual(before);
  await page.mouse.up();
  await expect(page.locator('.card')).toContainText('genoll second');
  // And the pointer leaves while the focus stays: the list is read with the keys.
  await page.keyboard.press('Escape');
  await page.mouse.move(900, 500);
  await town.send(report('fourth'));
  await expect(page.getByRole('button', { name: '2 new' })).toBeVisible();
  expect(await ids()).toEqual(before);
  await page.keyboard.press('j');
  await expect(row(page, 'first').or(row(page, 'second')).and(page.locator(':focus'))).toBeVisible();
  expect(await ids()).toEqual(before);
});

test('what comes in on top of the list takes no other row out of the page', async ({ page, town }) => {
  const several = (name: string) => Array.from({ length: 6 }, (_, n) => report(`${name}-${n}`));
  await town.send(...several('first'));
  await signIn(page, town);
  await expect(page.locator('.row')).toHaveCount(6);
  await page.evaluate(() => {
    const rows = document.querySelector<HTMLElement>('.rows');
    if (!rows) return;
    rows.dataset.taken = '0';
    new MutationObserver((records) => {
      const taken = records.flatMap((record) => [...record.removedNodes]).filter((node) => node.nodeName === 'LI').length;
      rows.dataset.taken = String(Number(rows.dataset.taken) + taken);
    }).observe(rows, { childList: true });
  });
  await town.send(...several('second'));
  await expect(page.locator('.row')).toHaveCount(12);
  await expect(page.locator('.row').first()).toContainText('second');
  await expect(page.locator('.rows')).toHaveAttribute('data-taken', '0');
});

test('a burst writes nothing into rows that did not change, and what is scrolled away is not laid out', async ({ page, town }) => {
  await town.send(...Array.from({ length: 60 }, (_, n) => report(`before-${String(n).padStart(2, '0')}`)));
  await signIn(page, town);
  await expect(page.locator('.row')).toHaveCount(60);
  await page.evaluate(() => {
    const rows = document.querySelector<HTMLElement>('.rows');
    if (!rows) return;
    rows.dataset.written = '';
    const known = [...rows.querySelectorAll('li')];
    // The age goes by the clock, and the first stop of the Tab key moves on to the new first row.
    const own = (record: MutationRecord) => {
      const at = record.target instanceof Element ? record.target : record.target.parentElement;
      return at?.closest('.age') || record.attributeName === 'tabindex' ? undefined : known.find((row) => row.contains(at));
    };
    new MutationObserver((records) => {
      const written = records.filter(own).map((record) => `${record.type} ${record.attributeName ?? record.target.nodeName}`);
      if (written.length) rows.dataset.written += `${written.join()};`;
    }).observe(rows, { subtree: true, childList: true, attributes: true, characterData: true });
  });
  for (let n = 0; n < 5; n += 1) await town.send(...Array.from({ length: 8 }, (_, at) => report(`burst-${n}-${at}`)));
  await expect(page.locator('.row')).toHaveCount(100);
  await expect(page.locator('.row').first()).toContainText('burst-4');
  await expect(page.locator('.rows')).toHaveAttribute('data-written', '');
  const skipped = () => page.locator('.rows > li').evaluateAll((rows) => rows.filter((row) => {
    const inside = row.querySelector('.lines');
    return inside && !inside.checkVisibility({ contentVisibilityAuto: true });
  }).length);
  // Eight are in sight, and the browser lays out a few screens beyond. It decides so only when it draws.
  await expect.poll(skipped).toBeGreaterThan(50);
});

test('the list takes new rows in at once after a pause and at a readable pace in a burst', async ({ page, town }) => {
  await page.clock.install();
  await town.send(report('before'));
  await signIn(page, town);
  await expect(page.locator('.row')).toHaveCount(1);
  await page.clock.pauseAt(Date.now() + 5_000);
  await town.send(report('first'));
  await expect(page.locator('.row')).toHaveCount(2);
  // The clock of the page stands: what comes now comes too soon for the list, and not for the counts.
  await town.send(report('second'));
  await expect(count(page, 'total')).toHaveText('3');
  await expect(page.locator('.row')).toHaveCount(2);
  await page.clock.runFor(250);
  await expect(page.locator('.row')).toHaveCount(3);
  // More than anybody reads: the list is another one now, and stays for a second.
  await page.clock.runFor(250);
  await town.send(...Array.from({ length: 60 }, (_, n) => report(`burst-${n}`)));
  await expect(page.locator('.row').first()).toContainText('burst');
  await town.send(report('last'));
  await expect(count(page, 'total')).toHaveText('64');
  await page.clock.runFor(900);
  await expect(page.locator('.row').first()).toContainText('burst');
  await page.clock.runFor(100);
  await expect(page.locator('.row').first()).toContainText('last');
});

test('a burst is listed as far as it is in sight, and whole when it has passed or the pointer comes', async ({ page, town }) => {
  await page.clock.install();
  await town.send(report('before'));
  await signIn(page, town);
  await expect(page.locator('.row')).toHaveCount(1);
  const burst = (name: string) => Array.from({ length: 60 }, (_, n) => report(`${name}-${n}`));
  await page.clock.pauseAt(Date.now() + 5_000);
  // The list is full to its lower edge, and holds hardly more.
  const isFull = async () => await page.locator('.rows').evaluate((list) => (
    list.children.length < 14 && list.lastElementChild!.getBoundingClientRect().bottom >= list.getBoundingClientRect().bottom
  ));
  await town.send(...burst('first'));
  await expect(page.locator('.row').first()).toContainText('first');
  await expect.poll(isFull).toBe(true);
  await expect(page.locator('.band')).toContainText('61 of 61');
  await page.clock.runFor(1_500);
  await expect(page.locator('.row')).toHaveCount(61);
  await town.send(...burst('second'));
  await expect(page.locator('.row').first()).toContainText('second');
  await expect.poll(isFull).toBe(true);
  await page.locator('.row').first().hover();
  await expect(page.locator('.row')).toHaveCount(100);
});

test('view, filter and selection are in the address, go back and forward, and survive a reload', async ({ page, town }) => {
  await town.send(report('flood'), report('storm', { hazard: 'storm' }));
  await signIn(page, town, '?mode=exercise&view=2.17000,41.40000,13.00');
  await expect(count(page, 'shown')).toHaveText('2');
  await page.getByText('All hazards').click();
  await page.getByRole('button', { name: 'Storm', exact: true }).click();
  await expect(count(page, 'filtered')).toHaveText('1');
  await page.getByText('Storm').first().click();
  await row(page, 'storm').click();
  await expect(page.locator('.card')).toContainText('genoll storm');
  await expect.poll(() => page.url()).toContain('hazards=storm');
  expect(page.url()).toContain('open=report:');
  await page.goBack();
  await expect(page.locator('.card')).toHaveCount(0);
  await page.goBack();
  await expect(count(page, 'filtered')).toHaveText('0');
  await page.goForward();
  await expect(count(page, 'filtered')).toHaveText('1');
  await page.goForward();
  await expect(page.locator('.card')).toContainText('genoll storm');
  await page.reload();
  await expect(page.locator('.card')).toContainText('genoll storm');
  await expect(count(page, 'filtered')).toHaveText('1');
  expect(new URL(page.url()).searchParams.get('view')).toContain('2.17000,41.40000,13');
});

test('sensors stand on the map with their latest value and its age on the card', async ({ page, town }) => {
  await signIn(page, town);
  const geometry = { type: 'Point', coordinates: [2.165, 41.402] };
  await town.observe({
    datastream: 'gauge-1', name: 'Riera Blanca', unit: 'm', geometry, phenomenon_time: new Date().toISOString(), result: 2.13,
  });
  await expect(page.locator('.map[data-sensors]')).toBeAttached();
  // In time it is on the map from near by only, or by hand.
  expect(await onMap(page, 'sensors')).toBe(0);
  await page.keyboard.press('o');
  await expect.poll(() => onMap(page, 'sensors')).toBe(1);
  const box = await page.locator('.map').boundingBox();
  // The canvas draws a moment after it was told: a person would click again too.
  await expect(async () => {
    await page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2);
    await expect(page.locator('.card')).toContainText('Riera Blanca', { timeout: 1_000 });
  }).toPass();
  await expect(page.locator('.card .value')).toHaveText('2.13 m');
});

test('a phone shows the map, the list on demand, and the card over both', async ({ page, town }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await town.send(report('one'));
  await signIn(page, town);
  await expect(page.locator('.map-panel')).toBeVisible();
  await expect(page.locator('.list')).toBeHidden();
  await page.getByRole('button', { name: 'Newest reports in view' }).click();
  await row(page, 'genoll one').click();
  await expect(page.locator('.card')).toContainText('genoll one');
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide).toBeLessThanOrEqual(390);
});

test('the door tells a wrong password, and speaks Catalan', async ({ page, town }) => {
  const watch = new Watch(page, town);
  await page.goto(town.url);
  await expect(page.getByLabel('Name')).toBeVisible();
  expect(watch.complaints).toEqual([]);
  await page.getByLabel('Name').fill('admin');
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('Name or password is not right');
  await page.getByLabel('Language').selectOption('ca');
  await expect(page.getByLabel('Contrasenya')).toBeVisible();
  await expect(page.getByRole('alert')).toContainText('no són correctes');
});

test('an exercise is framed and a live desk is not', async ({ page, town }) => {
  await signIn(page, town);
  await expect(page.locator('.room.drill')).toBeVisible();
  await expect(page.locator('.mode')).toHaveText('EXERCISE');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Name').fill('admin');
  await page.getByLabel('Password').fill(town.password);
  await page.getByRole('radio', { name: 'LIVE' }).check();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.locator('.mode')).toHaveText('LIVE');
  await expect(page.locator('.room.drill')).toHaveCount(0);
});

test('a change of language translates what is on screen, the rows of list and card too', async ({ page, town }) => {
  await town.send(report('one', { text: undefined }), report('two', {}, [2.1746, 41.4036]));
  const { features } = await town.picture('bbox=2.05,41.32,2.25,41.47&zoom=12&window=open');
  await signIn(page, town, `?view=2.165,41.402,12.00&open=cluster:${features[0].id}`);
  const [list, leaves] = [page.locator('.list .row'), page.locator('.card .leaves .row')];
  for (const rows of [list, leaves]) await expect(rows).toHaveCount(2);
  for (const [language, hazard, wordless, n] of [['ca', 'Inundació', 'sense paraules', '2 avisos aquí'], ['en', 'Flood', 'no words', '2 reports here']]) {
    await page.locator('.language').selectOption(language);
    for (const rows of [list, leaves]) {
      await expect(rows.filter({ hasText: hazard })).toHaveCount(2);
      await expect(rows.filter({ hasText: wordless })).toHaveCount(1);
    }
    await expect(page.locator('.card h2')).toHaveText(n);
  }
});
