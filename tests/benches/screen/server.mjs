// Ours: the release binary with a fresh journal on a real disk, its first operator, and a partner's key.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** How long a start may take. */
const PATIENCE_MS = 60_000;
/** Lifted, since the row measures the road and not the guard at its gate. */
const LIMITS = '[limits]\nrequests_per_s = 1000000\nreports_per_s = 100000000\nlive_joins_per_s = 1000000\n';

/** Without our own variables: the server takes every TALAIA_… for a setting and refuses one it does not know. */
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TALAIA_')));

async function freePort() {
  return await new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Asks until the answer is there. */
export async function until(what, ask, patience = PATIENCE_MS) {
  for (const end = performance.now() + patience; performance.now() < end;) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  throw new Error(`${what}: not within ${patience / 1_000} s`);
}

export class Server {
  #own;
  #place;
  url = '';
  key = '';
  password = '';

  static async start(binary, place) {
    const server = new Server();
    server.#place = join(place, 'd');
    mkdirSync(server.#place, { recursive: true });
    const config = join(place, 'talaia.toml');
    writeFileSync(config, LIMITS);
    server.url = `http://127.0.0.1:${await freePort()}`;
    const log = { env: ENVIRONMENT, stdio: process.env.TALAIA_BENCH_LOG ? 'inherit' : 'ignore' };
    const listen = new URL(server.url).host;
    server.#own = spawn(binary, ['serve', '--config', config, '--listen', listen, '--data-dir', server.#place, '--exercise', 'off'], log);
    // Should this program fail where nobody catches it, the server goes with it.
    process.once('exit', () => server.#own.kill('SIGKILL'));
    try {
      await until('the server answers', async () => {
        if (server.#own.exitCode !== null) throw new Error('the server ended at once: TALAIA_BENCH_LOG=1 shows why');
        return await fetch(`${server.url}/readyz`).then(({ ok }) => ok, () => false);
      });
      const first = join(server.#place, 'first-sign-in');
      server.password = await until('the first sign-in', () => existsSync(first) && readFileSync(first, 'utf8').trim());
      const added = ['partner', 'add', 'bench', '--scope', 'reports,read', '--mode', 'live', '--data-dir', server.#place];
      server.key = execFileSync(binary, added, { encoding: 'utf8', env: ENVIRONMENT }).trim().split('\n').at(-1);
    } catch (cause) {
      await server.close();
      throw cause;
    }
    return server;
  }

  get headers() {
    return { authorization: `Bearer ${this.key}` };
  }

  /** Processor seconds so far, by the kernel's hundred ticks a second. */
  cpu() {
    const fields = readFileSync(`/proc/${this.#own.pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** The counts of the view as anybody is given them who asks over HTTP. */
  async totals(bbox, zoom) {
    const answer = await fetch(`${this.url}/api/v1/picture?bbox=${bbox.join(',')}&zoom=${zoom}`, { headers: this.headers });
    return (await answer.json()).totals;
  }

  async close() {
    if (this.#own.exitCode !== null || this.#own.signalCode !== null) return;
    const gone = new Promise((resolve) => { this.#own.once('exit', resolve); });
    this.#own.kill('SIGTERM');
    const stop = setTimeout(() => this.#own.kill('SIGKILL'), PATIENCE_MS);
    await gone;
    clearTimeout(stop);
  }
}
