// A websocket client as thin as one can be: two hundred screens must cost the machine less than the one that is measured.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

const BINARY = 0x2;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

/** A masked frame, as a client must send it. Everything sent here fits the short forms of its length. */
function masked(opcode, payload) {
  const length = payload.length < 126 ? Buffer.of(0x80 | payload.length) : Buffer.of(0xfe, payload.length >> 8, payload.length & 0xff);
  const mask = randomBytes(4);
  const body = Buffer.from(payload.map((byte, at) => byte ^ mask[at % 4]));
  return Buffer.concat([Buffer.of(0x80 | opcode), length, mask, body]);
}

/** Where the payload of the frame at the start of `bytes` begins and ends; nothing while it is not all there. */
function frameOf(bytes) {
  if (bytes.length < 2) return undefined;
  const short = bytes[1] & 0x7f;
  const from = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < from) return undefined;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  return bytes.length < from + length ? undefined : { opcode: bytes[0] & 0x0f, from, to: from + length };
}

/**
 * Opens a websocket; resolves once the server agreed.
 * @param {string} address `ws://host:port/path`
 * @param {{headers?: Record<string, string>, hear: (payload: Buffer) => void, ended: (cause: string) => void}} options
 */
export async function open(address, { headers = {}, hear, ended }) {
  const url = new URL(address);
  const socket = connect(Number(url.port), url.hostname);
  socket.setNoDelay(true);
  const lines = [
    `GET ${url.pathname}${url.search} HTTP/1.1`, `Host: ${url.host}`, 'Connection: Upgrade', 'Upgrade: websocket',
    'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  let rest = Buffer.alloc(0);
  let agreed = false;
  return await new Promise((resolve, reject) => {
    const take = () => {
      let at = 0;
      for (let frame = frameOf(rest); frame; frame = frameOf(rest.subarray(at))) {
        const payload = rest.subarray(at + frame.from, at + frame.to);
        at += frame.to;
        if (frame.opcode === PING) socket.write(masked(PONG, payload));
        else if (frame.opcode === CLOSE) ended(`closed: ${payload.subarray(2)}`);
        else if (frame.opcode !== PONG) hear(payload);
      }
      rest = rest.subarray(at);
    };
    socket.on('data', (bytes) => {
      rest = rest.length ? Buffer.concat([rest, bytes]) : bytes;
      if (!agreed) {
        const end = rest.indexOf('\r\n\r\n');
        if (end < 0) return;
        const status = rest.subarray(0, rest.indexOf('\r\n')).toString();
        if (!status.startsWith('HTTP/1.1 101')) {
          reject(new Error(`${url.pathname} answered ${status}`));
          socket.destroy();
          return;
        }
        agreed = true;
        rest = rest.subarray(end + 4);
        resolve({ send: (bytes) => socket.write(masked(BINARY, bytes)), close: () => socket.destroy() });
      }
      take();
    });
    socket.on('error', (cause) => {
      reject(cause);
      ended(cause.message);
    });
    socket.on('close', () => ended('the line broke'));
  });
}
