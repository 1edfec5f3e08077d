// One parse: what could be read in two ways is refused and the connection closed; what passes is read the same by
// nginx, Node and Django behind the gate.
import assert from 'node:assert/strict';
import http from 'node:http';
import path from 'node:path';
import {writeFileSync} from 'node:fs';
import {before, describe, test} from 'node:test';
import {startRecorder, startStarter} from './lib/backend.mjs';
import {serve} from './lib/gatehouse.mjs';
import {raw, request} from './lib/http.mjs';
import {publicRoute} from './lib/policy.mjs';
import {atEnd, Child, freePort, listening, temporaryFolder, until} from './lib/process.mjs';

const everything = publicRoute('/');
let recorder, gate;

before(async () => {
  recorder = await startRecorder();
  gate = await serve(recorder.url, {routes: everything});
});

const head = (lines, start = 'POST /a HTTP/1.1') => [start, 'Host: 127.0.0.1', ...lines, '', ''].join('\r\n');
const chunked = 'Transfer-Encoding: chunked';

const refused = {
  'Content-Length and Transfer-Encoding together': head(['Content-Length: 5', chunked]) + '0\r\n\r\n',
  'two different Content-Length fields': head(['Content-Length: 5', 'Content-Length: 6']) + 'hello!',
  'two equal Content-Length fields': head(['Content-Length: 5', 'Content-Length: 5']) + 'hello',
  'a list in Content-Length': head(['Content-Length: 5, 5']) + 'hello',
  'a signed Content-Length': head(['Content-Length: +5']) + 'hello',
  'a negative Content-Length': head(['Content-Length: -1']),
  'a hexadecimal Content-Length': head(['Content-Length: 0x5']) + 'hello',
  'an enormous Content-Length': head(['Content-Length: 99999999999999999999999']) + 'hello',
  'a Content-Length with inner space': head(['Content-Length: 1 1']) + 'hello',
  'an unknown transfer coding': head(['Transfer-Encoding: gzip']),
  'chunked before another coding': head(['Transfer-Encoding: chunked, identity']) + '0\r\n\r\n',
  'chunked twice': head([chunked, chunked]) + '0\r\n\r\n',
  'an obscured transfer coding': head(['Transfer-Encoding: xchunked']) + '0\r\n\r\n',
  'a transfer coding with a vertical tab': head(['Transfer-Encoding: \x0bchunked']) + '0\r\n\r\n',
  'Transfer-Encoding in HTTP/1.0': 'POST /a HTTP/1.0\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'a bare line feed after the request line': 'GET /a HTTP/1.1\nHost: 127.0.0.1\r\n\r\n',
  'a bare line feed after a field': 'GET /a HTTP/1.1\r\nHost: 127.0.0.1\nX-A: b\r\n\r\n',
  'a bare carriage return in a value': 'GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: b\rX-B: c\r\n\r\n',
  'a folded field': 'GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: b\r\n c\r\n\r\n',
  'white space before the colon': 'GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length : 0\r\n\r\n',
  'white space before the first field': 'GET /a HTTP/1.1\r\n Host: 127.0.0.1\r\nHost: 127.0.0.1\r\n\r\n',
  'a field without a colon': 'GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\nnonsense\r\n\r\n',
  'an empty field name': 'GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\n: b\r\n\r\n',
  'a NUL in a value': 'GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: b\0c\r\n\r\n',
  'a control byte in a value': 'GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: b\x01c\r\n\r\n',
  'a non-token field name': 'GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\nX(A): b\r\n\r\n',
  'no Host': 'GET /a HTTP/1.1\r\nX-A: b\r\n\r\n',
  'two Host fields': 'GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n',
  'two equal Host fields': 'GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\n\r\n',
  'an empty Host': 'GET /a HTTP/1.1\r\nHost:\r\n\r\n',
  'a Host with user information': 'GET /a HTTP/1.1\r\nHost: a@127.0.0.1\r\n\r\n',
  'a Host with a path': 'GET /a HTTP/1.1\r\nHost: 127.0.0.1/a\r\n\r\n',
  'a Host with a comma': 'GET /a HTTP/1.1\r\nHost: 127.0.0.1, evil.example\r\n\r\n',
  'a Host with a bad port': 'GET /a HTTP/1.1\r\nHost: 127.0.0.1:80a\r\n\r\n',
  'an encoded slash': head([], 'GET /a%2fb HTTP/1.1'),
  'an encoded backslash': head([], 'GET /a%5Cb HTTP/1.1'),
  'a backslash': head([], 'GET /a\\b HTTP/1.1'),
  'an encoded NUL': head([], 'GET /a%00b HTTP/1.1'),
  'an encoded line feed': head([], 'GET /a%0ab HTTP/1.1'),
  'dot segments': head([], 'GET /a/../b HTTP/1.1'),
  'encoded dot segments': head([], 'GET /a/%2e%2E/b HTTP/1.1'),
  'half encoded dot segments': head([], 'GET /a/.%2e/b HTTP/1.1'),
  'a single dot segment': head([], 'GET /a/./b HTTP/1.1'),
  'a trailing dot segment': head([], 'GET /a/.. HTTP/1.1'),
  'an empty segment': head([], 'GET /a//b HTTP/1.1'),
  'two leading slashes': head([], 'GET //evil.example/a HTTP/1.1'),
  'a path parameter': head([], 'GET /a;b=c HTTP/1.1'),
  'an encoded path parameter': head([], 'GET /a%3bb HTTP/1.1'),
  'a broken escape': head([], 'GET /a%2 HTTP/1.1'),
  'an escape that is none': head([], 'GET /a%zz HTTP/1.1'),
  'a fragment': head([], 'GET /a#b HTTP/1.1'),
  'no leading slash': head([], 'GET a HTTP/1.1'),
  'a byte beyond ASCII in the path': head([], 'GET /\xe9 HTTP/1.1'),
  'authority form': head([], 'GET 127.0.0.1:80 HTTP/1.1'),
  'an absolute form for another host': head([], 'GET http://evil.example/a HTTP/1.1'),
  'a double space in the request line': head([], 'GET  /a HTTP/1.1'),
  'a tab in the request line': head([], 'GET\t/a HTTP/1.1'),
  'HTTP/0.9': 'GET /a\r\n\r\n',
  'HTTP/1.2': head([], 'GET /a HTTP/1.2'),
  'HTTP/2.0 in words': head([], 'GET /a HTTP/2.0'),
  'a lower-case protocol': head([], 'GET /a http/1.1'),
  'a method that is no token': head([], 'GE(T /a HTTP/1.1'),
  'an over-long target': head([], `GET /${'a'.repeat(40000)} HTTP/1.1`),
  'an over-long field': head([`X-A: ${'a'.repeat(40000)}`], 'GET /a HTTP/1.1'),
  'too many fields': head(Array.from({length: 300}, (_, i) => `X-${i}: 1`), 'GET /a HTTP/1.1'),
  'CONNECT': 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n',
  'TRACE': head([], 'TRACE /a HTTP/1.1'),
  'a TLS hello on a cleartext port': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + 'a'.repeat(64) + '\r\n\r\n',
};

describe('a request that can be read in two ways', () => {
  for (const [name, bytes] of Object.entries(refused)) {
    test(`is refused and reaches nobody: ${name}`, async () => {
      const before = recorder.requests.length;
      const smuggled = `GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
      const answer = await raw(gate.port, Buffer.from(bytes + smuggled, 'latin1'), {quiet: 1500});
      assert.equal(recorder.requests.length, before, recorder.requests.at(-1)?.head);
      assert.equal(answer.statuses.length, 1, answer.text);
      assert.ok(answer.statuses[0] >= 400 && answer.statuses[0] < 500, answer.text);
      assert.ok(answer.closed, 'the connection is closed');
    });
  }

  const badBodies = {
    'a chunk size with a sign': '+5\r\nhello\r\n0\r\n\r\n',
    'a chunk size with a prefix': '0x5\r\nhello\r\n0\r\n\r\n',
    'an enormous chunk size': 'ffffffffffffffffff\r\nhello\r\n0\r\n\r\n',
    'an empty chunk size': '\r\nhello\r\n0\r\n\r\n',
    'a chunk ended by a bare line feed': '5\nhello\r\n0\r\n\r\n',
    'a chunk longer than it says': '3\r\nhello\r\n0\r\n\r\n',
    'a chunk extension with a line feed': '5;a\nb\r\nhello\r\n0\r\n\r\n',
  };
  for (const [name, body] of Object.entries(badBodies)) {
    test(`never becomes a whole request behind: ${name}`, async () => {
      const before = recorder.requests.length;
      const answer = await raw(gate.port, head([chunked]) + body + 'GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', {quiet: 1500});
      assert.deepEqual(recorder.requests.slice(before).map((r) => r.target).filter((t) => t !== '/a'), []);
      assert.ok(answer.statuses.length <= 1 && answer.statuses.every((s) => s >= 400 && s < 500), answer.text);
      assert.ok(answer.closed, 'the connection is closed');
    });
  }

  test('is written into the record with its code', async () => {
    // Lines leave their thread a fifth of a second after they were made.
    const codes = () => new Set(gate.records().map((record) => record.code).filter(Boolean));
    await until(() => ['bad_request', 'bad_path', 'bad_host'].every((code) => codes().has(code)), 'the codes');
  });
});

describe('a request that passes', () => {
  const send = (lines, start, body = '') => raw(gate.port, head([...lines, 'Connection: close'], start) + body, {quiet: 3000});
  const last = () => recorder.requests.at(-1);

  test('has one path, decoded once where that changes nothing, with upper-case escapes', async () => {
    assert.deepEqual((await send([], 'GET /%7Euser/%61%c3%a9?x=%2f%2F&y HTTP/1.1')).statuses, [200]);
    assert.equal(last().target, '/~user/a%C3%A9?x=%2f%2F&y');
  });
  test('may be in absolute form for our own host', async () => {
    assert.deepEqual((await send([], 'GET http://127.0.0.1/b HTTP/1.1')).statuses, [200]);
    assert.equal(last().target, '/b');
  });
  test('loses its hop-by-hop fields and those that Connection names', async () => {
    await raw(gate.port, head(['Connection: close, X-Secret', 'X-Secret: 1', 'Keep-Alive: 5', 'Proxy-Connection: x', 'TE: gzip',
      'Upgrade: h2c', 'HTTP2-Settings: AAA', 'X-Kept: yes'], 'GET /c HTTP/1.1'), {quiet: 3000});
    const names = last().names.map((n) => n.toLowerCase());
    for (const gone of ['x-secret', 'keep-alive', 'proxy-connection', 'te', 'upgrade', 'http2-settings', 'trailer']) {
      assert.ok(!names.includes(gone), gone);
    }
    assert.ok(names.includes('x-kept'));
  });
  test('loses field names with _ or ., which a backend may fold into others', async () => {
    await send(['X_Real_IP: 1.2.3.4', 'x.real.ip: 1.2.3.4', 'Content_Length: 5'], 'GET /d HTTP/1.1');
    assert.doesNotMatch(last().head, /1\.2\.3\.4|content_length/i);
  });
  test('keeps a chunked body whole, and drops its trailers', async () => {
    const answer = await send([chunked, 'Trailer: X-T'], undefined, '5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-T: 1\r\n\r\n');
    assert.deepEqual(answer.statuses, [200], answer.text);
    assert.equal(last().body, 'hello world');
    assert.doesNotMatch(last().head, /x-t/i);
  });
  test('tells the length of a chunked body, which many backends cannot read otherwise', async () => {
    await send([chunked], undefined, '5\r\nhello\r\n0\r\n\r\n');
    assert.match(last().head, /^content-length: 5\r?$/im);
    assert.doesNotMatch(last().head, /transfer-encoding/i);
    await send([chunked], undefined, '0\r\n\r\n');
    assert.match(last().head, /^content-length: 0\r?$/im);
    assert.equal(last().body, '');
  });
  test('is bounded when its length is not told', async () => {
    const before = recorder.requests.length;
    const answer = await raw(gate.port, head([chunked]) + ('10000\r\n' + 'x'.repeat(65536) + '\r\n').repeat(17) + '0\r\n\r\n', {quiet: 3000});
    assert.deepEqual(answer.statuses, [413]);
    assert.equal(recorder.requests.length, before, 'nothing of it reached the backend');
  });
  test('is streamed in chunks to a backend that asks for it', async () => {
    const streaming = await serve(recorder.url, {routes: everything, more: 'buffer_chunked = false\n'});
    const answer = await raw(streaming.port, head([chunked, 'Connection: close']) + '5\r\nhello\r\n0\r\n\r\n', {quiet: 3000});
    assert.deepEqual(answer.statuses, [200], answer.text);
    assert.equal(last().body, 'hello');
    assert.match(last().head, /transfer-encoding: chunked/i);
    assert.doesNotMatch(last().head, /content-length/i);
    await streaming.stop();
  });
  test('is answered in order when several are sent at once', async () => {
    const three = ['/p1', '/p2', '/p3'].map((p) => `GET ${p} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`).join('');
    const answer = await raw(gate.port, three, {quiet: 2000, enough: (text) => (text.match(/"seen"/g) ?? []).length === 3});
    assert.deepEqual([...answer.text.matchAll(/GET (\/p\d)/g)].map((m) => m[1]), ['/p1', '/p2', '/p3']);
  });
  test('may wait for 100 Continue', async () => {
    const seen = await new Promise((done, failed) => {
      const out = http.request(`${gate.url}/e`, {method: 'POST', headers: {Expect: '100-continue', 'Content-Length': 2}}, (answer) => {
        answer.resume().on('end', () => done({continued, status: answer.statusCode}));
      });
      let continued = false;
      out.on('continue', () => { continued = true; out.end('ok'); });
      out.on('error', failed);
      out.flushHeaders();
    });
    assert.deepEqual(seen, {continued: true, status: 200});
    assert.equal(last().body, 'ok');
  });
  test('by HEAD has no body in its answer and the connection goes on', async () => {
    const two = 'HEAD /f HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /g HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n';
    const answer = await raw(gate.port, two, {quiet: 3000});
    assert.deepEqual(answer.statuses, [200, 200]);
    assert.equal((answer.text.match(/"seen"/g) ?? []).length, 1);
  });
});

describe('nginx, Node and Django behind us', () => {
  // Requests at the edge of what is accepted. Each backend must read the one request that policy judged.
  const edge = {
    'escapes and an empty query': head([], 'GET /api/echo/%7Ea%20b?  HTTP/1.1'.replace('  ', ' ')),
    'a query full of structure': head([], 'GET /api/echo/q?a=1&a=2&b[]=%5B&c=;x=/../&d=? HTTP/1.1'),
    'a chunked body in small pieces': head([chunked], 'POST /api/echo/c HTTP/1.1') + '1\r\na\r\n2\r\nbc\r\n000003\r\ndef\r\n0\r\n\r\n',
    'a body with a request inside': head(['Content-Length: 39'], 'POST /api/echo/i HTTP/1.1') + 'GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n   ',
    'optional white space around values': head(['X-Edge: \t padded \t '], 'GET /api/echo/w HTTP/1.1'),
    'a value with bytes beyond ASCII': head(['X-Edge: caf\xe9'], 'GET /api/echo/u HTTP/1.1'),
    'the same field twice': head(['X-Edge: one', 'X-Edge: two'], 'GET /api/echo/t HTTP/1.1'),
    'several Cookie fields': head(['Cookie: a=1', 'Cookie: b=2'], 'GET /api/echo/k HTTP/1.1'),
    'an unusual method': head(['Content-Length: 2'], 'PATCH /api/echo/m HTTP/1.1') + 'hi',
  };
  const readers = {};
  let behindNginx;

  before(async () => {
    const django = await startStarter();
    const node = http.createServer((question, answer) => {
      const chunks = [];
      question.on('data', (chunk) => chunks.push(chunk));
      question.on('end', () => answer.end(JSON.stringify({method: question.method, target: question.url,
        edge: question.headers['x-edge'] ?? null, cookie: question.headers.cookie ?? null, body: Buffer.concat(chunks).toString('latin1')})));
    });
    await new Promise((done) => node.listen(0, '127.0.0.1', done));
    atEnd(() => { node.closeAllConnections(); node.close(); });
    const folder = temporaryFolder();
    const port = await freePort();
    behindNginx = await startRecorder();
    writeFileSync(path.join(folder, 'nginx.conf'), `daemon off; pid ${folder}/pid; error_log stderr; events {}
      http { access_log off; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f;
      uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
      server { listen 127.0.0.1:${port}; location / { proxy_pass ${behindNginx.url}; proxy_http_version 1.1; } } }`);
    const nginx = new Child('nginx', ['-e', 'stderr', '-c', path.join(folder, 'nginx.conf')]);
    await listening(port, nginx);
    const gates = await Promise.all([`http://127.0.0.1:${port}`, `http://127.0.0.1:${node.address().port}`, django.url]
      .map((upstream) => serve(upstream, {routes: everything})));
    const json = (answer) => JSON.parse(Buffer.from(answer.text.slice(answer.text.indexOf('{'), answer.text.lastIndexOf('}') + 1), 'latin1').toString());
    const close = (bytes) => Buffer.from(bytes.replace('\r\n', '\r\nConnection: close\r\n'), 'latin1');
    readers.nginx = async (bytes) => {
      const before = behindNginx.requests.length;
      await raw(gates[0].port, close(bytes), {quiet: 3000});
      const got = behindNginx.requests.slice(before);
      assert.equal(got.length, 1);
      const all = (name) => got[0].fields.filter(([n]) => n.toLowerCase() === name).map(([, v]) => v);
      return {method: got[0].method, target: got[0].target, edge: all('x-edge').join(', ') || null, cookie: all('cookie').join('; ') || null, body: got[0].body};
    };
    readers.node = async (bytes) => json(await raw(gates[1].port, close(bytes), {quiet: 3000}));
    readers.django = async (bytes) => {
      const seen = json(await raw(gates[2].port, close(bytes), {quiet: 3000}));
      const marked = bytes.slice(0, bytes.indexOf('\r\n')).includes('?') ? `?${seen.query}` : '';
      return {method: seen.method, target: seen.path + marked, edge: seen.headers['x-edge']?.replace(/,(?! )/g, ', ') ?? null, cookie: seen.headers.cookie ?? null, body: seen.body};
    };
  });

  for (const [name, bytes] of Object.entries(edge)) {
    test(`read the same one request: ${name}`, async () => {
      const [nginx, node, django] = [await readers.nginx(bytes), await readers.node(bytes), await readers.django(bytes)];
      assert.deepEqual(node, nginx);
      assert.deepEqual(django, nginx);
    });
  }
});
