// What stands behind the gate: the commerce starter (Django), and a recorder that keeps every byte it is sent.
import net from 'node:net';
import path from 'node:path';
import {atEnd, Child, freePort, listening, root, temporaryFolder} from './process.mjs';

export async function startStarter({env = {}} = {}) {
  const port = await freePort();
  const folder = temporaryFolder();
  const child = new Child(path.join(root, 'examples/commerce-starter/start_backend.sh'), [`127.0.0.1:${port}`],
      {env: {STARTER_DATABASE: path.join(folder, 'starter.sqlite3'), ...env}});
  await listening(port, child, 60);
  return {port, url: `http://127.0.0.1:${port}`, child, stop: () => child.stop()};
}

// An HTTP/1.1 server of few words that remembers the raw bytes of each request. `answer(request)` may give the raw
// response bytes; a promise is awaited.
export async function startRecorder({answer} = {}) {
  const requests = [];
  const sockets = new Set();
  let connections = 0;
  const server = net.createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let text = '';
    let busy = Promise.resolve();
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (;;) {
        const taken = takeRequest(text);
        if (!taken) break;
        text = text.slice(taken.bytes);
        requests.push(taken.request);
        busy = busy.then(async () => {
          const reply = (answer && await answer(taken.request, socket)) ?? plain(JSON.stringify({seen: taken.request.head}));
          if (!socket.destroyed && reply.length) socket.write(Buffer.isBuffer(reply) ? reply : Buffer.from(reply, 'latin1'));
        });
      }
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const {port} = server.address();
  const stop = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => server.close(done));
  };
  atEnd(() => { if (server.listening) return stop(); });
  return {port, url: `http://127.0.0.1:${port}`, requests, sockets, stop, get connections() { return connections; }};
}

export const plain = (body, {status = '200 OK', fields = []} = {}) =>
  [`HTTP/1.1 ${status}`, 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`, ...fields, '', body].join('\r\n');

function takeRequest(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = text.slice(0, end);
  const [line, ...lines] = head.split('\r\n');
  const fields = lines.map((l) => { const at = l.indexOf(':'); return [l.slice(0, at), l.slice(at + 1).trim()]; });
  const value = (name) => fields.find(([n]) => n.toLowerCase() === name)?.[1];
  let at = end + 4;
  let body = '';
  if (/chunked/i.test(value('transfer-encoding') ?? '')) {
    for (;;) {
      const eol = text.indexOf('\r\n', at);
      if (eol < 0) return null;
      const size = parseInt(text.slice(at, eol), 16);
      if (text.length < eol + 2 + size + 2) return null;
      body += text.slice(eol + 2, eol + 2 + size);
      at = eol + 2 + size + 2;
      if (size === 0) break;
    }
  } else {
    const size = Number(value('content-length') ?? 0);
    if (text.length < at + size) return null;
    body = text.slice(at, at + size);
    at += size;
  }
  const [method, target] = line.split(' ');
  return {bytes: at, request: {line, method, target, head, fields, body, value, names: fields.map(([n]) => n)}};
}
