// A town: the real server in a folder of its own on a free port, its first operator, and a partner who reports.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, expect, type Page } from '@playwright/test';

const BINARY = process.env.TALAIA_BIN ?? ['target/release/talaia', 'target/debug/talaia'].find((path) => existsSync(path)) ?? '';

/** Without our own variables: the server takes every TALAIA_… for a setting and refuses one it does not know. */
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TALAIA_')));

/** A command of the binary; what it says on stdout. */
export function talaia(...args: string[]): string {
  return execFileSync(BINARY, args, { encoding: 'utf8', env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'inherit'] });
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

/** A report as a partner sends it, at a place of Barcelona. */
export function report(id: string, over: Record<string, unknown> = {}, place: [number, number] | null = [2.1744, 41.4036]) {
  return {
    type: 'Feature',
    id,
    geometry: place && { type: 'Point', coordinates: place },
    properties: {
      observed_at: new Date().toISOString(),
      text: `Aigua fins al genoll ${id}`,
      kind: 'call',
      basis: 'seen',
      hazard: 'flood',
      severity: 'Severe',
      radius_m: 50,
      place: 'Carrer de Pujades, Poblenou',
      ...over,
    },
  };
}

interface Picture {
  features: { id: string; geometry: { coordinates: [number, number] }; properties: { n: number } }[];
  totals: Record<string, number>;
}

export class Town {
  readonly folder = mkdtempSync(join(tmpdir(), 'talaia-e2e-'));
  url = '';
  password = '';
  key = '';
  #server: ChildProcess | undefined;

  /** What `serve` is told beside place and port. */
  constructor(readonly settings: string[]) {}

  static async open(settings: string[]): Promise<Town> {
    const town = new Town(settings);
    try {
      await town.#found();
      return town;
    } catch (cause) {
      await town.close();
      throw cause;
    }
  }

  async #found(): Promise<void> {
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    await this.start();
    const first = join(this.folder, 'first-sign-in');
    await expect.poll(() => (existsSync(first) ? readFileSync(first, 'utf8').trim() : ''), { timeout: 30_000 }).not.toBe('');
    this.password = readFileSync(first, 'utf8').trim();
    const told = this.command('partner', 'add', 'sensor-city', '--mode', 'exercise', '--scope', 'reports,observations,read');
    this.key = told.trim().split('\n').at(-1) ?? '';
  }

  command(...args: string[]): string {
    return talaia(...args, '--data-dir', this.folder);
  }

  async start(): Promise<void> {
    this.#server = spawn(BINARY, ['serve', '--listen', new URL(this.url).host, '--data-dir', this.folder, ...this.settings], {
      env: ENVIRONMENT,
      stdio: process.env.TALAIA_E2E_LOG ? 'inherit' : 'ignore',
    });
    const server = this.#server;
    await expect
      .poll(() => server.exitCode ?? fetch(`${this.url}/readyz`).then((answer) => answer.status, () => 'no answer'), { timeout: 30_000 })
      .not.toBe('no answer');
    expect(server.exitCode, 'the server ended at once: TALAIA_E2E_LOG=1 shows why').toBeNull();
  }

  signal(name: NodeJS.Signals): void {
    this.#server?.kill(name);
  }

  async kill(): Promise<void> {
    const server = this.#server;
    // One that was killed before has no exit code, but a signal.
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGKILL');
    await gone;
  }

  async close(): Promise<void> {
    this.signal('SIGCONT');
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Sends reports and sees them acknowledged. */
  async send(...features: object[]): Promise<void> {
    const answer = await fetch(`${this.url}/api/v1/reports`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/geo+json' },
      body: JSON.stringify({ type: 'FeatureCollection', features }),
    });
    expect(answer.status, await answer.text()).toBe(201);
  }

  async observe(...observations: object[]): Promise<void> {
    const answer = await fetch(`${this.url}/api/v1/observations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(observations),
    });
    expect(answer.status, await answer.text()).toBe(201);
  }

  /** What the server gives to anyone who asks for the same view. */
  async picture(query: string): Promise<Picture> {
    const answer = await fetch(`${this.url}/api/v1/picture?${query}`, { headers: { authorization: `Bearer ${this.key}` } });
    return await answer.json();
  }

  async totals(query: string): Promise<Record<string, number>> {
    return (await this.picture(query)).totals;
  }
}

/** What a page must never do: speak to another host, break its policy, or complain. */
export class Watch {
  readonly foreign: string[] = [];
  readonly complaints: string[] = [];

  constructor(page: Page, town: Town) {
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith('http') && url.origin !== town.url) this.foreign.push(request.url());
    });
    page.on('websocket', (socket) => {
      if (!socket.url().startsWith(town.url.replace('http', 'ws'))) this.foreign.push(socket.url());
    });
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }
}

/** Where one signs in: a town, or a line to it. */
export type Door = Pick<Town, 'url' | 'password'>;

/** Signs in by the door, as a person does, and waits for nothing. Most tests are about reports: a desk lists those unless its address says otherwise. */
export async function knock(page: Page, town: Door, query = ''): Promise<void> {
  const listed = query.includes('list=') ? query : `${query || '?'}${query ? '&' : ''}list=reports`;
  await page.goto(`${town.url}/${listed}`);
  await page.getByLabel('Name').fill('admin');
  await page.getByLabel('Password').fill(town.password);
  await page.getByRole('radio', { name: 'EXERCISE' }).check();
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Signs in and waits for the map. */
export async function signIn(page: Page, town: Door, query = ''): Promise<void> {
  await knock(page, town, query);
  await expect(page.locator('.line.live')).toBeVisible();
  await expect(page.locator('.map[data-drawn]')).toBeAttached({ timeout: 40_000 });
}

export const row = (page: Page, text: string) => page.locator('.row', { hasText: text });
export const count = (page: Page, name: string) => page.locator(`[data-count=${name}]`);
export const onMap = async (page: Page, what: 'clusters' | 'reports' | 'sensors') =>
  Number(await page.locator('.map').getAttribute(`data-${what}`));

export const test = base.extend<{ town: Town; serve: string[] }>({
  /** What the server is told beside its place and its port. */
  serve: [['--exercise', 'off'], { option: true }],
  town: async ({ serve }, use) => {
    const town = await Town.open(serve);
    await use(town);
    await town.close();
  },
});
export { expect };
