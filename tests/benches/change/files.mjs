// Gives the page the app's own built files, and its own beside them.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const KINDS = { '.html': 'text/html; charset=utf-8', '.mjs': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
/** Where the page's own files are. */
const OWN = fileURLToPath(new URL('.', import.meta.url));

export class Files {
  #server;
  url = '';

  static async open(dist) {
    const files = new Files();
    files.#server = createServer(async ({ url }, answer) => {
      const path = normalize(new URL(url, 'http://page').pathname);
      const file = path.startsWith('/bench/') ? join(OWN, path.slice(7)) : join(resolve(dist), path);
      const bytes = await readFile(file).catch(() => undefined);
      // A page on its own is given a clock to the microsecond.
      const headers = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
      answer.writeHead(bytes ? 200 : 404, { ...headers, 'content-type': KINDS[extname(file)] ?? 'application/octet-stream' });
      answer.end(bytes);
    });
    await new Promise((done) => { files.#server.listen(0, '127.0.0.1', done); });
    files.url = `http://127.0.0.1:${files.#server.address().port}`;
    return files;
  }

  async close() {
    this.#server.closeAllConnections();
    await new Promise((done) => { this.#server.close(done); });
  }
}
