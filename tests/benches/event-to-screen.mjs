// The bench row `event-to-screen`: from the answer to a partner's POST until the report is in the app's model, and until it is painted.
//
// Ours is the release binary with a journal on disk and the app in a headless Chromium, its map 640 × 400 pixels. The peer is the same
// road with nothing on it: POST, echo over `ws`, a dot on a canvas. Both have the same reports at the same moments and as many other
// screens; rounds are interleaved. Reports come when they are due, whatever became of those before. Correctness comes before time: every
// accepted report was applied and painted, and the counts of the page, of the other screens and of HTTP are what was accepted.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Child } from './screen/child.mjs';
import { Browser, Screen, VIEW } from './screen/desk.mjs';
import { Partner, arrivals } from './screen/load.mjs';
import { probes } from './screen/probes.mjs';
import { round } from './screen/round.mjs';
import { failed, rows } from './screen/rows.mjs';
import { Server } from './screen/server.mjs';

const PLANS = {
  small: { rounds: 5, rate: 100, seconds: 3, screens: 5 },
  full: { rounds: 7, rate: 1_000, seconds: 15, screens: 200 },
};
const SEED = 20_261_124;

const json = process.argv[process.argv.indexOf('--json') + 1];
if (!process.argv.includes('--json') || !json) {
  console.log('nothing is measured without --json FILE');
  process.exit(0);
}
const plan = PLANS[process.env.TALAIA_BENCH] ?? PLANS.full;
const work = `${plan.rate} reports/s for ${plan.seconds} s a round, one a request, due at moments of a Poisson law (seed ${SEED}); `
  + `${plan.screens} screens of one view, map and list, one of them painted at 640 × 400 by software`;
const version = `stub: node ${process.versions.node}, ws ${JSON.parse(readFileSync('node_modules/ws/package.json')).version}, canvas`;

/** Whether the page shows all of n reports: they are in its counts, and a frame with all of them was on screen. */
const shown = (screen) => async (n) => await screen.page.evaluate((wanted) => (
  Number(document.querySelector('[data-count=total]')?.dataset.n) === wanted && bench.painted.at(-1)?.[0] === wanted
), n);

async function ours(open, browser, place) {
  const server = open(await Server.start(resolve(process.env.TALAIA_BIN ?? 'target/release/talaia'), place));
  const screen = await Screen.ours(browser, server);
  const others = open(new Child('./screens.mjs'));
  const partner = new Partner(`${server.url}/api/v1/reports`, server.headers);
  const seen = shown(screen);
  const check = async (n) => {
    const totals = await server.totals(VIEW.bbox, VIEW.zoom);
    return totals.total === n && totals.shown === n ? [] : [`${n} accepted, but HTTP says ${JSON.stringify(totals)}`];
  };
  // The others send the very view that the app sent, and so are sent what the app is sent.
  const address = `${server.url.replace('http', 'ws')}/live`;
  const headers = { ...server.headers, 'sec-websocket-protocol': 'talaia.v1.bin' };
  await others.ask('open', { kind: 'talaia', n: plan.screens - 1, address, headers, view: await screen.view() });
  return { partner, screen, others, seen, check, counts: true, cpu: () => server.cpu() };
}

async function stub(open, browser) {
  const server = open(new Child('./stub.mjs'));
  const address = `http://127.0.0.1:${await server.ask('start')}`;
  const screen = await Screen.stub(browser, address);
  const others = open(new Child('./screens.mjs'));
  const partner = new Partner(`${address}/reports`);
  const seen = async (n) => await screen.page.evaluate((wanted) => bench.painted.at(-1)?.[0] === wanted, n);
  await others.ask('open', { kind: 'stub', n: plan.screens - 1, address: address.replace('http', 'ws') });
  return { partner, screen, others, seen };
}

async function measure(open, place) {
  const machine = await probes(place);
  const browser = open(await Browser.start(process.env.TALAIA_CHROMIUM ?? '/usr/bin/chromium'));
  const roads = [await ours(open, browser, place), await stub(open, browser)];
  const rounds = [[], []];
  // The first round warms both and is not counted.
  for (let n = 0; n <= plan.rounds; n += 1) {
    const moments = arrivals(plan.rate, plan.seconds, SEED + n);
    for (const [at, road] of roads.entries()) {
      const name = at === 0 ? 'ours' : 'stub';
      const done = await round(road, moments).catch((cause) => ({ wrong: [cause.message] }));
      if (done.wrong.length) return { machine, rows: failed(work, version, `${name}, round ${n}: ${done.wrong.join('; ')}`) };
      const { applied, painted } = done.latencies;
      console.log(`round ${n} ${name}: ${moments.length} reports, applied ${applied.said}, painted ${painted.said} in ${done.paints} frames`);
      if (n > 0) rounds[at].push(done);
    }
  }
  return { machine, rows: rows(work, version, ...rounds, machine) };
}

const opened = [];
const open = (what) => {
  opened.push(what);
  return what;
};
const place = mkdtempSync(join(dirname(resolve(json)), 'ets-'));
try {
  const measured = await measure(open, place);
  writeFileSync(json, `${JSON.stringify({ date: new Date().toISOString(), ...measured }, null, 2)}\n`);
} finally {
  for (const what of opened.reverse()) await what.close();
  rmSync(place, { recursive: true, force: true });
}
