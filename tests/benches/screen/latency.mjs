// From what was sent and what was seen to latencies: each report ends with the first mark that includes it.
import { createHistogram } from 'node:perf_hooks';

/** For each event, in the order of its number, when a mark first reached it; an event that no mark reached gives none. */
export function reached(events, marks) {
  const times = [];
  let at = 0;
  for (const { seq } of events) {
    while (at < marks.length && marks[at][0] < seq) at += 1;
    times.push(marks[at]?.[1]);
  }
  return times;
}

/**
 * What was drawn, as numbers of the journal. The map says how many reports it drew; totals say how many the view held at which
 * number, and frames come in order, so that a map with as many reports as those totals has drawn everything up to them.
 */
export function drawnUpTo(painted, applied) {
  const marks = [];
  let at = -1;
  for (const [drawn, time] of painted) {
    while (at + 1 < applied.length && applied[at + 1][2] <= drawn) at += 1;
    if (at >= 0) marks.push([applied[at][0], time]);
  }
  return marks;
}

/** Latencies of one kind, to the microsecond. */
export class Latencies {
  #microseconds = createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 });

  /** A screen that shows a report before its sender has read the answer waited for nothing. */
  record(ms) {
    this.#microseconds.record(Math.max(1, Math.round(ms * 1_000)));
  }

  add(other) {
    this.#microseconds.add(other.#microseconds);
  }

  ms(percentile) {
    return Math.round(this.#microseconds.percentile(percentile) / 10) / 100;
  }

  get said() {
    return `${this.ms(50)}/${this.ms(99)} ms`;
  }
}
