// The measured screen: the app in a real Chromium, watched from outside. Nothing in the app knows of a bench.
import { chromium } from '@playwright/test';
import { wallOffset } from './clock.mjs';
import { until } from './server.mjs';

/** The map's size that the row is defined at: software draws larger ones slower, whatever the app does. */
const MAP = { width: 640, height: 400 };
/** What stands around the map: a first guess, mended once the map is there. */
const AROUND = { width: 400, height: 124 };
export const VIEW = { lng: 2.165, lat: 41.402, zoom: 11.7, bbox: [2.105, 41.374, 2.225, 41.43] };
const PATIENCE_MS = 60_000;

/** Runs in the page before the app: notes when a totals frame was taken in, and what the app sent. */
function listen() {
  const bench = { applied: [], painted: [], far: 0, sent: [] };
  globalThis.bench = bench;
  // Tag, then seq, total and shown as postcard's numbers (docs/live.md: everything of the view up to seq was sent before).
  const TOTALS = 7;
  /** Frames that share a message, each behind its length in two bytes. */
  const BUNDLE = 14;
  const frames = (bytes) => {
    if (bytes[0] !== BUNDLE) return [bytes];
    const found = [];
    for (let at = 1; at < bytes.length;) {
      const to = at + 2 + bytes[at] + 256 * bytes[at + 1];
      found.push(bytes.subarray(at + 2, to));
      at = to;
    }
    return found;
  };
  const totals = (bytes) => {
    let at = 1;
    return Array.from({ length: 3 }, () => {
      let value = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = bytes[at];
        at += 1;
        value += (byte & 0x7f) * scale;
        if (byte < 0x80) return value;
      }
    });
  };
  const { get, set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'onmessage');
  Object.defineProperty(WebSocket.prototype, 'onmessage', {
    configurable: true, enumerable: true, get,
    set(hear) {
      set.call(this, hear && ((event) => {
        hear.call(this, event);
        // The app folds a frame into its picture before it returns.
        const now = performance.now();
        for (const bytes of frames(new Uint8Array(event.data))) {
          if (bytes[0] !== TOTALS) continue;
          const [seq, , shown] = totals(bytes);
          bench.applied.push([seq, now, shown]);
        }
      }));
    },
  });
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function sends(bytes) {
    bench.sent.push(btoa(String.fromCharCode(...new Uint8Array(bytes))));
    send.call(this, bytes);
  };
}

/** Runs in the page: the map says beside its canvas what the frame just drawn holds; the next frame is when it was on screen. */
function watchMap() {
  const map = document.querySelector('.map');
  new MutationObserver(() => {
    const drawn = Number(map.dataset.reports);
    requestAnimationFrame(() => bench.painted.push([drawn, performance.now()]));
  }).observe(map, { attributeFilter: ['data-reports'] });
}

export class Browser {
  static async start(executablePath) {
    const browser = new Browser();
    browser.own = await chromium.launch({
      executablePath,
      // As on a machine without a graphics card: the page is drawn by the processor, and only the map by its emulation of one.
      args: [
        '--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist', '--disable-gpu-rasterization',
      ],
    });
    return browser;
  }

  async page(viewport) {
    const context = await this.own.newContext({ viewport, colorScheme: 'dark', locale: 'en-GB' });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    return page;
  }

  async close() {
    await this.own?.close();
  }
}

/** A page that notes what it took in and what it drew; ours and the peer's alike. */
export class Screen {
  #meter;
  complaints = [];

  constructor(page) {
    this.page = page;
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  /** The app, signed in by the door as a person does, with a map of the row's size over the view. */
  static async ours(browser, server) {
    const page = await browser.page({ width: MAP.width + AROUND.width, height: MAP.height + AROUND.height });
    const screen = new Screen(page);
    await page.addInitScript(listen);
    await page.goto(`${server.url}/?mode=live&window=all&view=${VIEW.lng},${VIEW.lat},${VIEW.zoom}`);
    await page.getByLabel('Name').fill('admin');
    await page.getByLabel('Password').fill(server.password);
    await page.getByRole('radio', { name: 'LIVE' }).check();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.map[data-drawn]').waitFor({ state: 'attached' });
    const box = await page.locator('.map').boundingBox();
    const { width, height } = page.viewportSize();
    await page.setViewportSize({
      width: Math.round(width + MAP.width - box.width), height: Math.round(height + MAP.height - box.height),
    });
    await until('a map of the row\'s size', async () => {
      const now = await page.locator('.map').boundingBox();
      return now.width === MAP.width && now.height === MAP.height;
    });
    await page.evaluate(watchMap);
    // Before the sign-in the door asks who is there and is refused, which a browser calls an error.
    screen.complaints.length = 0;
    return screen;
  }

  /** The stub's canvas. */
  static async stub(browser, address) {
    const page = await browser.page(MAP);
    const screen = new Screen(page);
    await page.goto(address);
    return screen;
  }

  /** The newest frame that the app sent, in base64: its view. */
  async view() {
    return await until('the app asks for its view', async () => await this.page.evaluate(() => bench.sent.at(-1)));
  }

  async begin() {
    await this.page.bringToFront();
    this.#meter ??= await this.page.context().newCDPSession(this.page);
    await this.#meter.send('Performance.enable');
    this.busy = await this.#busy();
    await this.page.evaluate(() => { bench.applied.length = 0; bench.painted.length = 0; });
  }

  /** What was noted since `begin`, in the wall's time, and the seconds that its main thread worked. */
  async end() {
    const offset = await this.page.evaluate(wallOffset);
    const { applied, painted } = await this.page.evaluate(() => bench);
    const after = await this.#busy();
    const shift = ([far, at, ...more]) => [far, at + offset, ...more];
    return {
      applied: applied.map(shift), painted: painted.map(shift),
      taskS: after.TaskDuration - this.busy.TaskDuration, scriptS: after.ScriptDuration - this.busy.ScriptDuration,
    };
  }

  async #busy() {
    const { metrics } = await this.#meter.send('Performance.getMetrics');
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  }
}
