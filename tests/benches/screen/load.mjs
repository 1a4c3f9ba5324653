// The partner: one report a request, sent when its moment comes and not when the one before was answered.
import { Agent, request } from 'node:http';

/** Connections at once: enough that a slow answer never holds the next report back. */
const CONNECTIONS = 128;
/** Where reports fall: inside what the map shows, so that every one of them is to be painted. */
const BOX = { west: 2.105, south: 41.374, width: 0.12, height: 0.056 };
const HAZARDS = ['flood', 'power', 'storm', 'transport'];
const SEVERITIES = ['Minor', 'Moderate', 'Severe', 'Unknown'];

/** Numbers of 0 to 1 from a seed (mulberry32): the same arrivals in every run. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The moments at which reports arrive, in milliseconds from the start: as people call, one not knowing of the other. */
export function arrivals(rate, seconds, seed) {
  const random = seeded(seed);
  const moments = [];
  for (let at = 0; at < seconds * 1_000; at += (-Math.log(1 - random()) * 1_000) / rate) moments.push(at);
  return moments;
}

/** The n-th report: a fixed walk over the view, the same places in the same order in every run. */
export function report(n) {
  const east = (n * 7_919) % 10_007;
  const north = (n * 104_729) % 10_009;
  const coordinates = [BOX.west + (BOX.width * east) / 10_007, BOX.south + (BOX.height * north) / 10_009];
  return {
    type: 'Feature',
    id: `bench-${n}`,
    geometry: { type: 'Point', coordinates: coordinates.map((degrees) => Number(degrees.toFixed(6))) },
    properties: {
      observed_at: new Date().toISOString(), text: `Aigua al carrer, cantonada ${east}, fins al genoll ${n}`, lang: 'ca', kind: 'call',
      basis: 'seen', hazard: HAZARDS[n % 4], severity: SEVERITIES[(n % 7) % 4], author: `caller ${north}`,
    },
  };
}

export class Partner {
  #agent;
  #address;
  #headers;
  /** Reports sent so far. */
  n = 0;

  constructor(address, headers = {}) {
    this.#address = address;
    this.#headers = headers;
  }

  /** Sends one report; resolves with when it was sent, when it was answered, and its number. */
  async send() {
    this.n += 1;
    const body = Buffer.from(JSON.stringify(report(this.n)));
    const sent = performance.now();
    return await new Promise((resolve, reject) => {
      const asked = request(this.#address, {
        method: 'POST', agent: this.#agent,
        headers: { ...this.#headers, 'content-type': 'application/geo+json', 'content-length': body.length },
      }, (answer) => {
        const accepted = performance.now();
        let text = '';
        answer.setEncoding('utf8').on('data', (part) => { text += part; });
        answer.on('end', () => {
          const told = answer.statusCode === 201 ? JSON.parse(text) : {};
          if (told.accepted === 1) resolve({ sent, accepted, seq: told.seq });
          else reject(new Error(`a report was answered ${answer.statusCode}: ${text.slice(0, 300)}`));
        });
      });
      asked.on('error', reject);
      asked.end(body);
    });
  }

  /** Sends a report at each of the moments, whatever became of those before. */
  async follow(moments) {
    // Connections of this round alone: a server may close those that rested between two rounds.
    this.#agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, noDelay: true });
    const start = performance.now();
    const answers = [];
    while (answers.length < moments.length) {
      const now = performance.now();
      while (answers.length < moments.length && start + moments[answers.length] <= now) {
        const due = start + moments[answers.length];
        const answer = this.send().then((event) => ({ due, ...event }));
        // A refusal is told when all are in; until then nobody waits for it.
        answer.catch(() => {});
        answers.push(answer);
      }
      await new Promise((resolve) => { setTimeout(resolve, 1); });
    }
    try {
      return await Promise.all(answers);
    } finally {
      this.#agent.destroy();
    }
  }
}
