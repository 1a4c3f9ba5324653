// What the machine was like: three quick probes that tell a quiet one from a busy one.
import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';

const rounded = (value) => Math.round(value * 100) / 100;

function spread(times) {
  times.sort((a, b) => a - b);
  return { p50: rounded(times[times.length >> 1] * 1_000), p99: rounded(times[Math.floor(times.length * 0.99)] * 1_000) };
}

/** Copying 64 MB eight times. */
function memcpy() {
  const from = Buffer.alloc(64 << 20, 1);
  const to = Buffer.alloc(64 << 20);
  const started = performance.now();
  for (let n = 0; n < 8; n += 1) from.copy(to);
  return rounded((8 * from.length) / (performance.now() - started) / 1e6);
}

/** 200 synced appends where the journal will be. */
function fdatasync(place) {
  const file = join(place, 'probe');
  const out = openSync(file, 'w');
  const page = Buffer.alloc(4_096, 7);
  const times = Array.from({ length: 200 }, () => {
    const started = performance.now();
    writeSync(out, page);
    fdatasyncSync(out);
    return performance.now() - started;
  });
  closeSync(out);
  rmSync(file);
  return spread(times);
}

/** 500 round trips of one byte. */
async function loopback() {
  const server = createServer({ noDelay: true }, (socket) => socket.pipe(socket));
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const socket = connect({ port: server.address().port, host: '127.0.0.1', noDelay: true });
  const times = [];
  for (let n = 0; n < 500; n += 1) {
    const started = performance.now();
    const echo = new Promise((resolve) => { socket.once('data', resolve); });
    socket.write('x');
    await echo;
    times.push(performance.now() - started);
  }
  socket.destroy();
  server.close();
  return spread(times);
}

export async function probes(place) {
  const model = /^model name\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
  return {
    cpu: model, cores: availableParallelism(), load: rounded(loadavg()[0]), memcpy_gb_per_s: memcpy(), fdatasync_us: fdatasync(place),
    loopback_us: await loopback(),
  };
}
