// Loss of the live picture is visible, and only its return clears it. Small by default; `cargo xtask prove frozen` has a hundred
// rounds and keeps what it measured in docs/proofs/frozen.json.
import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { Line } from './line';
import { count, expect, report, row, signIn, test, Town } from './town';

/** The promise: the band is there this long after the fault at the latest. */
const WITHIN_MS = 10_000;
/** Who has not seen it by then sees a broken promise, not a slow machine. */
const GIVEN_UP_MS = 25_000;

const isFull = process.env.TALAIA_PROVE === 'full';
const ROUNDS = isFull ? 100 : 3;

const said = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: 'utf8' }).trim();
/** What is proven is what was there when it began. */
const COMMIT = isFull ? said('git', 'rev-parse', '--short', 'HEAD') : '';

/** What the page noted of the band, by its own clock, which is this machine's. */
interface Noted {
  shown: number[];
  cleared: { at: number; total: string }[];
}

/** Has the page note when the band comes and goes, and what the counter says in the frame in which it is gone. */
async function noteTheBand(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const noted: Noted = { shown: [], cleared: [] };
    Object.assign(window, { noted });
    let isThere = false;
    new MutationObserver(() => {
      const now = document.querySelector('.frozen') !== null;
      if (now === isThere) return;
      isThere = now;
      if (now) {
        noted.shown.push(Date.now());
        return;
      }
      const at = Date.now();
      requestAnimationFrame(() => noted.cleared.push({ at, total: document.querySelector('[data-count=total]')?.textContent ?? '' }));
    }).observe(document, { subtree: true, childList: true });
  });
}

const noted = (page: Page) => page.evaluate(() => (window as unknown as { noted: Noted }).noted);

const FAULTS = ['stopped', 'half-open', 'black-holed'] as const;
type Fault = (typeof FAULTS)[number];

/** Breaks the way to the screen; what comes back mends it. */
function strike(fault: Fault, town: Town, line: Line): () => void {
  switch (fault) {
    case 'stopped':
      town.signal('SIGSTOP');
      return () => town.signal('SIGCONT');
    case 'half-open':
      line.loseFarEnd();
      // The server and the way to it are well: a new connection is all it takes, and the page has to find that out.
      return () => {};
    case 'black-holed':
      line.swallow();
      return () => line.passOn();
  }
}

interface Round {
  fault: Fault;
  shownAfterMs: number | null;
  clearedAfterMs: number | null;
  /** The picture in the first frame without the band had all that was reported meanwhile. */
  caughtUp: boolean;
}

/** One fault, from a live picture to a live picture. */
async function round(page: Page, town: Town, line: Line, fault: Fault, number: number): Promise<Round> {
  await expect(page.locator('.line.live')).toBeVisible({ timeout: 60_000 });
  await expect(page.locator('.frozen')).toBeHidden();
  const before = await noted(page);
  const struckAt = Date.now();
  const mend = strike(fault, town, line);
  // A stopped server takes nothing; otherwise the world goes on while the screen does not hear of it.
  if (fault !== 'stopped') await town.send(report(`during-${number}`, {}, [2.1 + (number % 100) * 0.001, 41.4]));
  const told = fault === 'stopped' ? null : (await town.totals('bbox=2.1,41.3,2.2,41.5&zoom=11')).total;
  const shown = async () => (await noted(page)).shown[before.shown.length] ?? null;
  await expect.poll(shown, { timeout: GIVEN_UP_MS }).not.toBeNull().catch(() => {});
  const shownAt = await shown();
  const mendedAt = Date.now();
  mend();
  const cleared = async () => (await noted(page)).cleared[before.cleared.length] ?? null;
  await expect.poll(cleared, { timeout: 90_000 }).not.toBeNull().catch(() => {});
  const gone = await cleared();
  return {
    fault,
    shownAfterMs: shownAt && shownAt - struckAt,
    clearedAfterMs: gone && gone.at - mendedAt,
    caughtUp: gone !== null && gone.at >= mendedAt - 50 && (told === null || gone.total.replace(/\D/g, '') === String(told)),
  };
}

const spread = (values: number[]) => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { min: sorted[0], p50: at(0.5), p99: at(0.99), max: sorted.at(-1) };
};

/** In the form of the other proofs. */
function keep(measured: object): void {
  console.log(`frozen: ${JSON.stringify(measured)}`);
  if (!isFull) return;
  const page = {
    commit: COMMIT,
    cores: cpus().length,
    date: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    load: loadavg().map((load) => load.toFixed(2)).join(' '),
    machine: said('uname', '-srm'),
    measured,
    note: process.env.TALAIA_PROVE_NOTE ?? null,
    proof: 'frozen',
  };
  writeFileSync('docs/proofs/frozen.json', `${JSON.stringify(page, null, 2)}\n`);
}

test(`a server stopped, a socket half-open, a line black-holed: frozen within 10 s, ${ROUNDS} of ${ROUNDS}, and cleared only when caught up`, async ({ page, town }) => {
  test.setTimeout(60_000 + ROUNDS * 60_000);
  const line = await Line.before(town);
  await noteTheBand(page);
  await signIn(page, { url: line.url, password: town.password });
  const rounds: Round[] = [];
  for (let number = 0; number < ROUNDS; number++) {
    rounds.push(await round(page, town, line, FAULTS[number % FAULTS.length], number));
  }
  const inTime = rounds.filter((one) => one.shownAfterMs !== null && one.shownAfterMs <= WITHIN_MS);
  const caughtUp = rounds.filter((one) => one.caughtUp);
  const by = (fault: Fault) => {
    const own = rounds.filter((one) => one.fault === fault);
    const values = (pick: (one: Round) => number | null) => own.map(pick).filter((ms) => ms !== null);
    return { rounds: own.length, shown_after_ms: spread(values((one) => one.shownAfterMs)), cleared_after_ms: spread(values((one) => one.clearedAfterMs)) };
  };
  keep({
    rounds: rounds.length,
    frozen_within_10_s: inTime.length,
    cleared_only_when_caught_up: caughtUp.length,
    faults: Object.fromEntries(FAULTS.map((fault) => [fault, by(fault)])),
  });
  expect(rounds.filter((one) => !inTime.includes(one)), 'the band was late').toEqual([]);
  expect(rounds.filter((one) => !caughtUp.includes(one)), 'the band went too soon, or never').toEqual([]);
  line.close();
});

test('a page whose watch is off is found out: nothing is said of a black-holed line', async ({ page, town }) => {
  const line = await Line.before(town);
  await page.addInitScript(() => {
    // The second hand looks after the line; without it nobody does.
    const own = window.setInterval.bind(window);
    window.setInterval = ((act: TimerHandler, ms?: number, ...rest: unknown[]) => (ms === 1_000 ? 0 : own(act, ms, ...rest))) as typeof setInterval;
  });
  await noteTheBand(page);
  await signIn(page, { url: line.url, password: town.password });
  line.swallow();
  await page.waitForTimeout(WITHIN_MS + 2_000);
  expect((await noted(page)).shown).toEqual([]);
  line.close();
});

/** Counts the tones that a page begins. */
async function listen(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    Object.assign(window, { tones: 0 });
    const own = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) {
      (window as unknown as { tones: number }).tones += 1;
      own.apply(this, when);
    };
  });
  return async () => await page.evaluate(() => (window as unknown as { tones: number }).tones);
}

test('a picture that stops says since when over the whole width, sounds, and recovers by itself', async ({ page, town }) => {
  const tones = await listen(page);
  await signIn(page, town);
  await town.send(report('one'));
  await expect(row(page, 'genoll one')).toHaveCount(1);
  expect(await tones()).toBe(0);
  town.signal('SIGSTOP');
  const frozen = page.getByText(/PICTURE FROZEN SINCE \d\d:\d\d:\d\d/);
  await expect(frozen).toBeVisible({ timeout: 20_000 });
  const box = await page.locator('.frozen').boundingBox();
  expect(box?.width).toBeGreaterThan(1_400);
  await expect(row(page, 'genoll one')).toHaveCount(1);
  await expect.poll(tones).toBeGreaterThan(0);
  town.signal('SIGCONT');
  await expect(frozen).toBeHidden({ timeout: 30_000 });
  await expect(page.locator('.line.live')).toBeVisible();
});

test('who muted it sees the band and hears nothing, also after a reload', async ({ page, town }) => {
  const tones = await listen(page);
  await signIn(page, town);
  const button = page.locator('button.sound');
  await expect(button).toHaveAttribute('data-sound', 'on');
  await button.click();
  await expect(button).toHaveAttribute('data-sound', 'off');
  await page.reload();
  await expect(page.locator('.line.live')).toBeVisible();
  await expect(button).toHaveAttribute('data-sound', 'off');
  town.signal('SIGSTOP');
  await expect(page.locator('.frozen')).toBeVisible({ timeout: 20_000 });
  expect(await tones()).toBe(0);
  town.signal('SIGCONT');
});

/** Holds the write lock of a town's database, as a stuck backup would; gives back how to let go. */
async function holdTheJournal(town: Town): Promise<() => void> {
  const program =
    'import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30); ' +
    'db.execute("BEGIN IMMEDIATE"); print("held", flush=True); sys.stdin.read(); db.execute("ROLLBACK")';
  const held = spawn('python3', ['-c', program, join(town.folder, 'talaia.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise((begun) => held.stdout.once('data', begun));
  return () => held.stdin.end();
}

test('a journal that takes nothing freezes the picture although the line is alive, until a canary comes through', async ({ page }) => {
  const town = await Town.open(['--exercise', 'off', '--set', 'limits.canary_ms=2000']);
  try {
    let beats = 0;
    page.on('websocket', (socket) => socket.on('framereceived', () => (beats += 1)));
    await signIn(page, town);
    await town.send(report('one'));
    await expect(row(page, 'genoll one')).toHaveCount(1);
    // Canaries come, and leave no trace in what is counted.
    const age = async () => {
      const text = await (await fetch(`${town.url}/metrics`)).text();
      return Number(/talaia_canary_age_seconds\{mode="exercise",stage="published"\} (\S+)/.exec(text)?.[1]);
    };
    await expect.poll(age, { timeout: 20_000 }).toBeLessThan(2);
    await expect(count(page, 'total')).toHaveText('1');
    const letGo = await holdTheJournal(town);
    await expect(page.getByText(/PICTURE FROZEN SINCE/)).toBeVisible({ timeout: 30_000 });
    expect(await age()).toBeGreaterThan(4);
    const before = beats;
    await expect.poll(() => beats, 'the line is alive').toBeGreaterThan(before);
    await expect(page.locator('.line.behind')).toBeVisible();
    letGo();
    await expect(page.locator('.frozen')).toBeHidden({ timeout: 30_000 });
    await expect(page.locator('.line.live')).toBeVisible();
    await town.send(report('two'));
    await expect(count(page, 'total')).toHaveText('2');
  } finally {
    await town.close();
  }
});
