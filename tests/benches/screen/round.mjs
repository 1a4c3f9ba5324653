// One round of one pipeline: reports at their moments, until the last of them is on every screen.
import { wallOffset } from './clock.mjs';
import { Latencies, drawnUpTo, reached } from './latency.mjs';
import { until } from './server.mjs';

/** How long the last report may take to be seen. */
const PATIENCE_MS = 30_000;

/** What the latencies of a round are called. */
export const KINDS = ['answered', 'applied', 'painted', 'arrivedApplied', 'arrivedPainted'];

/**
 * @param {object} road `partner`, `screen`, `others`, and `seen(n)`: whether the measured screen shows all of n reports
 * @param {number[]} moments when reports arrive
 * @returns latencies by kind, the greatest lateness of the sender, and what the page worked; `wrong` says what does not add up
 */
export async function round(road, moments) {
  const cpu = road.cpu?.();
  await road.screen.begin();
  const started = performance.now();
  const events = await road.partner.follow(moments);
  const seconds = (performance.now() - started) / 1_000;
  const wrong = [];
  await until('the last report is on the screen', () => road.seen(road.partner.n), PATIENCE_MS).catch((cause) => wrong.push(cause.message));
  const notes = await road.screen.end();
  const offset = wallOffset();
  const spent = { cpu: road.cpu && (road.cpu() - cpu) / seconds, task: notes.taskS / seconds, script: notes.scriptS / seconds };
  const behind = await road.others.ask('reach', { n: road.partner.n });
  if (behind) wrong.push(behind);
  wrong.push(...(await road.check?.(road.partner.n) ?? []), ...road.screen.complaints.splice(0));

  events.sort((a, b) => a.seq - b.seq);
  // The number in an answer is that of the commit's last entry: a report that shared a commit is seen with the last of them.
  const applied = reached(events, notes.applied);
  const painted = reached(events, road.counts ? drawnUpTo(notes.painted, notes.applied) : notes.painted);
  const latencies = Object.fromEntries(KINDS.map((kind) => [kind, new Latencies()]));
  let missing = 0;
  events.forEach(({ due, sent, accepted }, at) => {
    latencies.answered.record(accepted - sent);
    if (applied[at] === undefined || painted[at] === undefined) {
      missing += 1;
      return;
    }
    latencies.applied.record(applied[at] - accepted - offset);
    latencies.painted.record(painted[at] - accepted - offset);
    latencies.arrivedApplied.record(applied[at] - due - offset);
    latencies.arrivedPainted.record(painted[at] - due - offset);
  });
  if (missing) wrong.push(`${missing} of ${events.length} accepted reports were not seen to be applied and painted`);
  const late = Math.max(...events.map(({ due, sent }) => sent - due));
  return { latencies, late, spent, wrong, paints: notes.painted.length, seconds };
}
