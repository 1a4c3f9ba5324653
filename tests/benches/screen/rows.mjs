// From rounds to the rows of the report.
import { KINDS } from './round.mjs';
import { Latencies } from './latency.mjs';

/** In milliseconds, of the 99th percentile: at the gate a hand still feels it at once; the goal is what we publish. */
const BOUNDS = { applied: { gate: 150, goal: 60 }, painted: { gate: 350, goal: 150 } };

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

const two = (value) => Math.round(value * 100) / 100;

function pooled(rounds) {
  return Object.fromEntries(KINDS.map((kind) => {
    const all = new Latencies();
    rounds.forEach(({ latencies }) => all.add(latencies[kind]));
    return [kind, all];
  }));
}

/** What held both pipelines back, told beside the figures so that they can be judged. */
function note(kind, rounds, ours, peer, machine) {
  const own = pooled(ours);
  const p99s = ours.map(({ latencies }) => latencies[kind].ms(99));
  const arrived = kind === 'applied' ? 'arrivedApplied' : 'arrivedPainted';
  const share = (name) => two(median(ours.map(({ spent }) => spent[name])));
  return [
    `p50/p99 over all ${rounds} rounds ${own[kind].said}, stub ${pooled(peer)[kind].said}`,
    `p99 by round ${Math.min(...p99s)} to ${Math.max(...p99s)} ms`,
    `from the moment it was due ${own[arrived].said}`,
    `POST answered ${own.answered.said}, sent late by at most ${two(Math.max(...ours.map(({ late }) => late)))} ms`,
    `cores: server ${share('cpu')}, page ${share('task')} of which script ${share('script')}`,
    `probes: fdatasync ${machine.fdatasync_us.p50}/${machine.fdatasync_us.p99} µs, loopback ${machine.loopback_us.p50} µs, ` +
      `memcpy ${machine.memcpy_gb_per_s} GB/s, load ${machine.load}`,
  ].join(' · ');
}

/** The two rows. The figure is the median of the rounds' 99th percentiles, and so is the ratio of each round's. */
export function rows(work, version, ours, peer, machine) {
  return Object.entries(BOUNDS).map(([kind, { gate, goal }]) => {
    const of = (rounds) => rounds.map(({ latencies }) => latencies[kind].ms(99));
    const [own, other] = [of(ours), of(peer)];
    const ratios = own.map((ms, at) => other[at] / ms);
    const figure = median(own);
    return {
      row: `event-to-screen ${kind}`, work, ours: figure, peer: median(other), peer_version: version, unit: 'ms p99',
      ratio: { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios), rounds: ratios.length },
      gate, goal, holds: figure <= gate, note: `gate and goal are milliseconds · ${note(kind, ours.length, ours, peer, machine)}`,
    };
  });
}

/** What does not add up has no speed. */
export function failed(work, version, why) {
  return Object.entries(BOUNDS).map(([kind, { gate, goal }]) => ({
    row: `event-to-screen ${kind}`, work, ours: null, peer: null, peer_version: version, unit: 'ms p99',
    ratio: { median: null, min: null, max: null, rounds: 0 }, gate, goal, holds: false, note: `correctness: ${why}`,
  }));
}
