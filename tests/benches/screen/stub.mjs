// The peer: the same road with nothing on it. POST, echo to every screen by `ws`, a dot on a canvas. It stores nothing, checks
// nothing, counts nothing. It is as quick as a stub can be made: a lone report is echoed at once, a stream of them in one message
// per frame that a screen can draw, since one message a report and screen would drown it.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { WebSocketServer } from 'ws';

/** A screen draws no oftener. */
const FRAME_MS = 16;

const page = readFileSync(new URL('./stub.html', import.meta.url));
let last = 0;
let waiting = [];
let echoed = -Infinity;

const server = createServer((request, response) => {
  if (request.method !== 'POST') {
    response.setHeader('content-type', 'text/html; charset=utf-8').end(page);
    return;
  }
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const feature = JSON.parse(Buffer.concat(parts));
    last += 1;
    waiting.push(feature);
    if (waiting.length === 1) {
      const pause = echoed + FRAME_MS - performance.now();
      if (pause <= 0) echo();
      else setTimeout(echo, pause);
    }
    response.writeHead(201, { 'content-type': 'application/json' }).end(`{"seq":${last},"accepted":1}`);
  });
});
// A connection that rests for the five seconds of Node's own patience would be closed just as the next report comes over it.
server.keepAliveTimeout = 60_000;
const sockets = new WebSocketServer({ server, perMessageDeflate: false });

function echo() {
  const message = `{"last":${last},"features":${JSON.stringify(waiting)}}`;
  waiting = [];
  echoed = performance.now();
  for (const socket of sockets.clients) socket.send(message);
}

process.on('message', () => {
  server.listen(0, '127.0.0.1', () => process.send({ done: server.address().port }));
});
process.on('disconnect', () => process.exit());
