// The bench row `map-change`: what a change of all clusters on screen costs the page's main thread, until a frame shows it.
//
// Ours is the facade as the app ships it. The peer is MapLibre's own `updateData` on the same points with the same look, given its
// features ready made. Both are maps of 640 × 400 in one Chromium without a graphics card; rounds are interleaved. Correctness comes
// before time: after each round both maps hold what was sent.
import { readFileSync, writeFileSync } from 'node:fs';
import { changes } from './change/points.mjs';
import { Files } from './change/files.mjs';
import { Browser } from './screen/desk.mjs';
import { probes } from './screen/probes.mjs';
import { dirname, resolve } from 'node:path';

const PLANS = { small: { rounds: 3, changes: 20 }, full: { rounds: 7, changes: 60 } };
const CLUSTERS = 500;
const SEED = 20_261_125;
/** In milliseconds, of the 99th percentile: a quarter of a frame at most, and what we want to publish. */
const GATE_MS = 4;
const GOAL_MS = 1;

const json = process.argv[process.argv.indexOf('--json') + 1];
if (!process.argv.includes('--json') || !json) {
  console.log('nothing is measured without --json FILE');
  process.exit(0);
}
const plan = PLANS[process.env.TALAIA_BENCH] ?? PLANS.full;
const work = `${CLUSTERS} clusters on screen, all of them changed ${plan.changes} times a round (seed ${SEED}), map of 640 × 400 by software`;
const version = `maplibre-gl ${JSON.parse(readFileSync('node_modules/maplibre-gl/package.json')).version} updateData`;
const three = (value) => Math.round(value * 1_000) / 1_000;

function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
}
const median = (values) => percentile(values, 0.5);

/** A map in a page of its own, and the meter of its main thread. */
async function open(browser, url, kind) {
  const page = await browser.page({ width: 640, height: 400 });
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${url}/bench/page.html`);
  await page.evaluate(async (asked) => {
    while (!globalThis.bench) await new Promise((done) => { setTimeout(done, 10); });
    await bench.open(asked);
  }, kind);
  const meter = await page.context().newCDPSession(page);
  // Processor time: what other programs take away is not counted.
  await meter.send('Performance.enable', { timeDomain: 'threadTicks' });
  // What making the changes ready left behind is not swept up while they are timed.
  const sweep = async () => await meter.send('HeapProfiler.collectGarbage');
  const script = async () => {
    const { metrics } = await meter.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'ScriptDuration').value * 1_000;
  };
  return { page, kind, script, sweep, complaints };
}

/** One round: each change alone, until a frame shows it. */
async function round({ page, kind, script, sweep, complaints }, all) {
  await page.bringToFront();
  await page.evaluate((clusters) => bench.prepare(clusters), all);
  await sweep();
  const notes = { calls: [], scripts: [], frames: [] };
  for (let at = 0; at < all.length; at += 1) {
    let before = await script();
    notes.calls.push(await page.evaluate((n) => bench.change(n), at));
    notes.scripts.push(await script() - before);
    before = await script();
    await page.evaluate(() => bench.again());
    notes.frames.push(await script() - before);
  }
  const { clusters, reports, wanted } = await page.evaluate(() => bench.shown());
  const right = clusters === CLUSTERS && reports === wanted && complaints.length === 0;
  notes.wrong = right ? '' : `${kind} holds ${clusters} clusters of ${reports} reports, not ${CLUSTERS} of ${wanted} ${complaints.join('; ')}`;
  return notes;
}

/** A row: the figure is the 99th percentile over all rounds, the ratio that of the rounds' medians. */
function row(name, mine, other, rounds, machine) {
  const ratios = rounds.map(([a, b]) => median(b[other]) / median(a[mine]));
  const pooled = (at, kind) => rounds.flatMap((pair) => pair[at][kind]);
  const said = (values) => `${three(median(values))}/${three(percentile(values, 0.99))}`;
  const figure = three(percentile(pooled(0, mine), 0.99));
  return {
    row: `map-change ${name}`, work, ours: figure, peer: three(percentile(pooled(1, other), 0.99)), peer_version: version, unit: 'ms p99',
    ratio: { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios), rounds: ratios.length },
    gate: GATE_MS, goal: GOAL_MS, holds: figure <= GATE_MS,
    note: [
      'gate and goal are milliseconds, the goal with ten times less than the peer',
      `p50/p99 over all rounds: script ${said(pooled(0, 'scripts'))} ms, call and upload ${said(pooled(0, 'calls'))} ms`,
      `peer script ${said(pooled(1, 'scripts'))} ms, call ${said(pooled(1, 'calls'))} ms (it only hands over), and its worker's time, which is not counted`,
      `a frame with nothing changed takes ${said(pooled(0, 'frames'))} ms of script, the peer's ${said(pooled(1, 'frames'))} ms`,
      `probes: memcpy ${machine.memcpy_gb_per_s} GB/s, load ${machine.load}`,
    ].join(' · '),
  };
}

const opened = [];
const keep = (what) => {
  opened.push(what);
  return what;
};
try {
  const machine = await probes(dirname(resolve(json)));
  const files = keep(await Files.open('dist'));
  const browser = keep(await Browser.start(process.env.TALAIA_CHROMIUM ?? '/usr/bin/chromium'));
  const maps = [await open(browser, files.url, 'ours'), await open(browser, files.url, 'peer')];
  const rounds = [];
  let wrong = '';
  // The first round warms both and is not counted.
  for (let n = 0; n <= plan.rounds && !wrong; n += 1) {
    const all = changes(CLUSTERS, plan.changes, SEED + n);
    const pair = [];
    for (const map of maps) pair.push(await round(map, all));
    wrong = pair.map((notes) => notes.wrong).find(Boolean) ?? '';
    console.log(`round ${n}: ${pair.map(({ calls, scripts }, at) => (
      `${maps[at].kind} call ${three(median(calls))}/${three(percentile(calls, 0.99))} script ${three(median(scripts))}/${three(percentile(scripts, 0.99))} ms`)).join(', ')}`);
    if (n > 0) rounds.push(pair);
  }
  const failed = (name) => ({
    row: `map-change ${name}`, work, ours: null, peer: null, peer_version: version, unit: 'ms p99',
    ratio: { median: null, min: null, max: null, rounds: 0 }, gate: GATE_MS, goal: GOAL_MS, holds: false, note: `correctness: ${wrong}`,
  });
  const rows = wrong ? [failed('call'), failed('script')]
    : [row('call', 'calls', 'calls', rounds, machine), row('script', 'scripts', 'scripts', rounds, machine)];
  writeFileSync(json, `${JSON.stringify({ date: new Date().toISOString(), machine, rows }, null, 2)}\n`);
} finally {
  for (const what of opened.reverse()) await what.close();
}
