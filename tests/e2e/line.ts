// A line to a town that can go wrong: a TCP proxy on loopback. It can mistreat websockets as some proxies do, swallow everything,
// lose its far end without a word, and be slow: a rate, a delay, and losses that hold up what comes behind them.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Town } from './town';

/** What becomes of a websocket: passed on, refused, closed once accepted, accepted and swallowed, never answered. */
export type Websockets = 'pass' | 'refuse' | 'close' | 'swallow' | 'ignore';

/** A bad line. Losses are drawn from the seed. */
export interface Slow {
  bytesPerSecond: number;
  roundTripMs: number;
  /** Of each segment; a loss costs a retransmission time, and what is behind it waits (TCP). */
  loss: number;
  seed: number;
}

const SEGMENT = 1460;
/** A sender stops when this much is on its way. */
const WINDOW = 64 << 10;

/** Numbers in 0 to 1 that follow from a seed (mulberry32). */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let n = Math.imul(state ^ (state >>> 15), state | 1);
    n ^= n + Math.imul(n ^ (n >>> 7), n | 61);
    return ((n ^ (n >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One direction of the line: all its connections share the rate. */
class Lane {
  #free = 0;
  readonly slow: Slow;

  constructor(slow: Slow) {
    this.slow = slow;
  }

  /** When a segment sent now would have arrived. */
  arrival(bytes: number): number {
    this.#free = Math.max(this.#free, performance.now()) + (bytes / this.slow.bytesPerSecond) * 1000;
    return this.#free + this.slow.roundTripMs / 2;
  }
}

export class Line {
  url = '';
  websockets: Websockets = 'pass';
  /** Segments lost so far. */
  lost = 0;
  readonly #town: Town;
  readonly #slow: Slow | undefined;
  readonly #lanes: Lane[] = [];
  readonly #pairs = new Set<{ near: Socket; far: Socket }>();
  #server: Server | undefined;
  #isHole = false;
  #connections = 0;

  private constructor(town: Town, slow?: Slow) {
    this.#town = town;
    this.#slow = slow;
    if (slow) this.#lanes = [new Lane(slow), new Lane(slow)];
  }

  static async before(town: Town, slow?: Slow): Promise<Line> {
    const line = new Line(town, slow);
    line.#server = createServer((near) => line.#carry(near));
    await new Promise<void>((listening) => line.#server?.listen(0, '127.0.0.1', listening));
    line.url = `http://127.0.0.1:${(line.#server.address() as AddressInfo).port}`;
    return line;
  }

  close(): void {
    this.#server?.close();
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }

  /** From now on nothing passes, in either direction; nobody is told. */
  swallow(): void {
    this.#isHole = true;
    for (const { near, far } of this.#pairs) {
      near.pause();
      far.pause();
    }
  }

  /** What was held up goes on. */
  passOn(): void {
    this.#isHole = false;
    for (const { near, far } of this.#pairs) {
      near.resume();
      far.resume();
    }
  }

  /** The far end of every open connection goes; the near end hears nothing of it, and no more. */
  loseFarEnd(): void {
    for (const pair of this.#pairs) {
      this.#pairs.delete(pair);
      pair.far.removeAllListeners('close');
      pair.far.destroy();
      pair.near.removeAllListeners('data');
      pair.near.on('data', () => {});
    }
  }

  #carry(near: Socket): void {
    const { hostname, port } = new URL(this.#town.url);
    const far = connect(Number(port), hostname);
    const pair = { near, far };
    const number = this.#connections++;
    this.#pairs.add(pair);
    const up = this.#lane(near, far, 0, number);
    const down = this.#lane(far, near, 1, number);
    for (const [one, other, lane] of [[near, far, up], [far, near, down]] as const) {
      one.setNoDelay(true);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#pairs.delete(pair);
        lane.end();
      });
    }
    near.once('data', (head) => {
      const isWebsocket = /^upgrade: *websocket/im.test(head.toString('latin1'));
      if (isWebsocket && this.websockets !== 'pass') {
        this.#mistreat(near, far, head);
        return;
      }
      near.on('data', up.take);
      far.on('data', down.take);
      up.take(head);
    });
    if (this.#isHole) {
      near.pause();
      far.pause();
    }
  }

  #mistreat(near: Socket, far: Socket, head: Buffer): void {
    near.on('data', () => {});
    if (this.websockets === 'refuse') {
      near.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      return;
    }
    if (this.websockets === 'ignore') return;
    const closes = this.websockets === 'close';
    let answer = Buffer.alloc(0);
    let isPassed = false;
    far.on('data', (bytes: Buffer) => {
      if (isPassed) return;
      answer = Buffer.concat([answer, bytes]);
      const end = answer.indexOf('\r\n\r\n');
      if (end < 0) return;
      isPassed = true;
      near.write(answer.subarray(0, end + 4), () => {
        if (closes) near.destroy();
      });
    });
    far.write(head);
  }

  /** Takes bytes from one end to the other. */
  #lane(from: Socket, to: Socket, way: 0 | 1, connection: number) {
    const slow = this.#slow;
    if (!slow) return { take: (bytes: Buffer) => void to.write(bytes), end: () => void to.end() };
    const lane = this.#lanes[way];
    const chance = dice(slow.seed ^ Math.imul(connection * 2 + way + 1, 0x9e3779b9));
    const onItsWay: Buffer[] = [];
    let bytesOnItsWay = 0;
    let arrivesAt = 0;
    let isEnding = false;
    // Timers of one millisecond may come in any order; segments do not.
    const arrive = () => {
      const segment = onItsWay.shift() as Buffer;
      bytesOnItsWay -= segment.length;
      if (!to.destroyed) to.write(segment);
      if (isEnding && onItsWay.length === 0) to.end();
      if (bytesOnItsWay < WINDOW / 2 && !this.#isHole) from.resume();
    };
    const take = (bytes: Buffer) => {
      for (let at = 0; at < bytes.length; at += SEGMENT) {
        const segment = bytes.subarray(at, at + SEGMENT);
        arrivesAt = Math.max(arrivesAt, lane.arrival(segment.length));
        if (chance() < slow.loss) {
          this.lost += 1;
          // The sender hears of nothing for a round trip, waits as long again, and sends once more.
          arrivesAt += 2 * slow.roundTripMs;
        }
        onItsWay.push(segment);
        bytesOnItsWay += segment.length;
        setTimeout(arrive, arrivesAt - performance.now());
      }
      if (bytesOnItsWay > WINDOW) from.pause();
    };
    // What is on its way still arrives, and the end after it: timers alone would let it overtake the last segment.
    const end = () => {
      isEnding = true;
      if (onItsWay.length === 0) to.end();
    };
    return { take, end };
  }
}
