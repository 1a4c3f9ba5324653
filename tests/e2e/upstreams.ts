// Upstreams that are kept here: a mailbox, and two networks that are listened to. Each as far as a reader needs it.
import { createHash } from 'node:crypto';
import { createServer as createHttp, type Server as Http } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

const port = (server: Server | Http) => (server.address() as AddressInfo).port;
const listen = (server: Server | Http) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

/** A mailbox with mails in it, read over IMAP without encryption. */
export class Mailbox {
  readonly asked: string[] = [];
  readonly #server: Server;
  readonly #mails: string[];

  private constructor(mails: string[]) {
    this.#mails = mails;
    this.#server = createServer((line) => this.#talk(line));
  }

  static async with(...mails: string[]): Promise<Mailbox> {
    const mailbox = new Mailbox(mails);
    await listen(mailbox.#server);
    return mailbox;
  }

  get url(): string {
    return `imap://127.0.0.1:${port(this.#server)}`;
  }

  close(): void {
    this.#server.close();
  }

  #talk(line: Socket): void {
    line.on('error', () => line.destroy());
    line.write('* OK a mailbox\r\n');
    let text = '';
    line.on('data', (bytes) => {
      text += bytes.toString('latin1');
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const [tag, ...words] = text.slice(0, end).split(' ');
        text = text.slice(end + 2);
        this.asked.push(words.join(' '));
        line.write(Buffer.concat([this.#answer(words), Buffer.from(`${tag} OK done\r\n`)]));
      }
    });
  }

  #answer(words: string[]): Buffer {
    const [verb, what, which] = words;
    if (verb === 'CAPABILITY') return Buffer.from('* CAPABILITY IMAP4rev1\r\n');
    if (verb === 'EXAMINE') return Buffer.from(`* ${this.#mails.length} EXISTS\r\n* OK [UIDVALIDITY 7] numbers\r\n`);
    if (what === 'SEARCH') return Buffer.from(`* SEARCH${this.#mails.map((_, n) => ` ${n + 1}`).join('')}\r\n`);
    const mail = what === 'FETCH' && this.#mails[Number(which) - 1];
    if (!mail) return Buffer.alloc(0);
    const bytes = Buffer.from(mail.replaceAll('\n', '\r\n'));
    const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
    const now = new Date(Date.now() - 60_000).toISOString();
    const arrived = `${now.slice(8, 10)}-${months[Number(now.slice(5, 7)) - 1]}-${now.slice(0, 4)} ${now.slice(11, 19)} +0000`;
    return Buffer.concat([Buffer.from(`* ${which} FETCH (UID ${which} INTERNALDATE "${arrived}" BODY[]<0> {${bytes.length}}\r\n`), bytes, Buffer.from(')\r\n')]);
  }
}

/** A network that tells what happens to whoever listens, by websocket, and nothing of before. */
export class Network {
  /** With which words each listener came. */
  readonly heard: { path: string; authorization: string }[] = [];
  readonly #server: Http;
  readonly #lines = new Set<Duplex>();

  private constructor() {
    this.#server = createHttp((_request, answer) => {
      answer.setHeader('content-type', 'application/json');
      answer.end('[]');
    });
    this.#server.on('upgrade', (request, line: Duplex) => {
      const key = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      line.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${key}\r\n\r\n`);
      this.heard.push({ path: request.url ?? '', authorization: request.headers.authorization ?? '' });
      this.#lines.add(line);
      for (const end of ['error', 'close'] as const) line.on(end, () => this.#lines.delete(line));
      line.resume();
    });
  }

  static async start(): Promise<Network> {
    const network = new Network();
    await listen(network.#server);
    return network;
  }

  get host(): string {
    return `127.0.0.1:${port(this.#server)}`;
  }

  close(): void {
    for (const line of this.#lines) line.destroy();
    this.#server.close();
  }

  say(event: object): void {
    const bytes = Buffer.from(JSON.stringify(event));
    const head = bytes.length < 126 ? Buffer.from([0x81, bytes.length]) : Buffer.from([0x81, 126, bytes.length >> 8, bytes.length & 0xff]);
    for (const line of this.#lines) line.write(Buffer.concat([head, bytes]));
  }
}
