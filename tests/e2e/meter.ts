// What a page costs, read from outside: the script of each change by the browser's own trace, and the memory it holds after a sweep.
import type { Browser, CDPSession, Page } from '@playwright/test';

/** In the page, before the app: keeps the memory of its WASM, and marks each change that the map is handed with its number of items. */
export function instrument(): void {
  const { instantiateStreaming } = WebAssembly;
  WebAssembly.instantiateStreaming = async (...given) => {
    const made = await instantiateStreaming(...given);
    // The second file of the program works in the memory of the first.
    const { memory } = made.instance.exports;
    if (memory) Object.assign(globalThis, { wasmMemory: memory });
    return made;
  };
  void import('/layer.mjs' as string).then(({ ClusterLayer }) => {
    const { change, render } = ClusterLayer.prototype;
    ClusterLayer.prototype.change = function marked(ids: BigUint64Array, numbers: Float64Array, dropped: BigUint64Array, separator: string) {
      const items = ids.length + dropped.length;
      if (items) performance.mark(`change ${items}`);
      change.call(this, ids, numbers, dropped, separator);
    };
    ClusterLayer.prototype.render = function kept(...given: unknown[]) {
      Object.assign(globalThis, { layer: this });
      render.apply(this, given);
    };
  });
}

export interface Held { heap: number; buffers: number; wasm: number; total: number; nodes: number }

/** What the page holds, in bytes. */
export class Memory {
  readonly samples: Held[] = [];
  #session: CDPSession | undefined;

  constructor(readonly page: Page) {}

  async sample(): Promise<void> {
    this.#session ??= await this.page.context().newCDPSession(this.page);
    await this.#session.send('HeapProfiler.collectGarbage');
    const heap = (await this.#session.send('Runtime.getHeapUsage')) as { usedSize: number; backingStorageSize: number };
    const { nodes } = await this.#session.send('Memory.getDOMCounters');
    const wasm = await this.page.evaluate(() => (globalThis as unknown as { wasmMemory: WebAssembly.Memory }).wasmMemory.buffer.byteLength);
    // What stands behind typed arrays; whether WASM is in it depends on the browser, and to count it twice hides no growth.
    const buffers = heap.backingStorageSize;
    this.samples.push({ heap: heap.usedSize, buffers, wasm, total: heap.usedSize + buffers + wasm, nodes });
  }

  /** By how much the last third of the samples is above the first, as a share of it. */
  growth(): number {
    const third = Math.floor(this.samples.length / 3);
    const mean = (samples: Held[]) => samples.reduce((sum, { total }) => sum + total, 0) / samples.length;
    const first = mean(this.samples.slice(0, third));
    return mean(this.samples.slice(-third)) / first - 1;
  }
}

interface Traced { name: string; ph: string; pid: number; tid: number; ts: number; dur?: number; tdur?: number }
export interface Change { items: number; scriptMs: number }

/** All script of the page's main thread, in processor time, from one change to the next. */
export class Script {
  #events: Traced[] = [];
  #session: CDPSession | undefined;

  constructor(readonly browser: Browser) {}

  async begin(): Promise<void> {
    this.#session = await this.browser.newBrowserCDPSession();
    this.#session.on('Tracing.dataCollected', ({ value }) => {
      const wanted = ({ name }: Traced) => name === 'FunctionCall' || name.startsWith('change ');
      this.#events.push(...(value as unknown as Traced[]).filter(wanted));
    });
    await this.#session.send('Tracing.start', {
      transferMode: 'ReportEvents',
      traceConfig: {
        recordMode: 'recordUntilFull', traceBufferSizeInKb: 400_000,
        includedCategories: ['devtools.timeline', 'blink.user_timing'], excludedCategories: ['*'],
      },
    });
  }

  async end(): Promise<Change[]> {
    const session = this.#session;
    if (!session) throw new Error('nothing was begun');
    const done = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
    await session.send('Tracing.end');
    await done;
    await session.detach();
    return changes(this.#events);
  }
}

function changes(events: Traced[]): Change[] {
  const marks = events.filter(({ name }) => name.startsWith('change ')).sort((a, b) => a.ts - b.ts);
  const [{ pid, tid } = { pid: 0, tid: 0 }] = marks;
  const calls = events.filter((event) => event.name === 'FunctionCall' && event.pid === pid && event.tid === tid && event.ph === 'X');
  calls.sort((a, b) => a.ts - b.ts);
  const found = marks.map(({ name }) => ({ items: Number(name.split(' ')[1]), scriptMs: 0 }));
  let at = -1;
  let until = 0;
  for (const { ts, dur = 0, tdur = 0 } of calls) {
    // A call within a call is in it already.
    if (ts < until) continue;
    until = ts + dur;
    // A change is marked in the middle of its call: the call that was begun before belongs to it.
    while (at + 1 < marks.length && marks[at + 1].ts <= until) at += 1;
    if (at >= 0) found[at].scriptMs += tdur / 1_000;
  }
  // What follows the last one was not measured to its end.
  return found.slice(0, -1);
}
