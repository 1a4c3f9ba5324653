// The other screens of the room, in a program of their own: each takes everything it is sent and knows how far it is.
// Started by fork: the order `open` opens them, `reach` answers when all of them are that far.
import { open } from './socket.mjs';

/** How long all screens may take to get there before the round counts as failed. */
const PATIENCE_MS = 30_000;
/** Opened at once: a room that is switched on, not a storm of handshakes. */
const TOGETHER = 20;
/** The tag of a totals frame of `talaia.v1.bin`: then seq and total, as postcard's numbers. */
const TOTALS = 7;
/** The tag of a bundle: then frames, each behind its length in two bytes. */
const BUNDLE = 14;

const screens = [];
let lost = '';

/** How far a screen is, from what it was sent: the reports held, or the last dot echoed. */
const READERS = {
  talaia: (payload) => {
    if (payload[0] === BUNDLE) {
      let far;
      for (let at = 1; at < payload.length;) {
        const to = at + 2 + payload.readUInt16LE(at);
        far = READERS.talaia(payload.subarray(at + 2, to)) ?? far;
        at = to;
      }
      return far;
    }
    if (payload[0] !== TOTALS) return undefined;
    let at = 1;
    const number = () => {
      let value = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = payload[at];
        at += 1;
        value += (byte & 0x7f) * scale;
        if (byte < 0x80) return value;
      }
    };
    number();
    return number();
  },
  stub: (payload) => Number(/^\{"last":(\d+)/.exec(payload.toString('latin1', 0, 24))?.[1]),
};

async function add({ address, headers, kind, view }) {
  const screen = { far: 0 };
  const read = READERS[kind];
  const socket = await open(address, {
    headers,
    hear: (payload) => { screen.far = read(payload) ?? screen.far; },
    ended: (cause) => { lost ||= cause; },
  });
  screens.push(screen);
  if (view) socket.send(Buffer.from(view, 'base64'));
}

async function reach(n) {
  const until = performance.now() + PATIENCE_MS;
  while (!screens.every(({ far }) => far === n)) {
    if (lost) return `a screen was lost: ${lost}`;
    if (performance.now() > until) {
      return `${screens.filter(({ far }) => far !== n).length} of ${screens.length} other screens are not at ${n}`;
    }
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  return '';
}

process.on('message', async ({ order, ...asked }) => {
  try {
    if (order === 'open') {
      for (let left = asked.n; left > 0; left -= TOGETHER) {
        await Promise.all(Array.from({ length: Math.min(left, TOGETHER) }, () => add(asked)));
      }
      process.send({ done: screens.length });
    } else {
      process.send({ done: await reach(asked.n) });
    }
  } catch (cause) {
    process.send({ failed: String(cause?.message ?? cause) });
  }
});
process.on('disconnect', () => process.exit());
