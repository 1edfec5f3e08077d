// Promises of the front door that only a running gate can keep: rules by method, counted devices, observing, the log that
// turns, what is revoked staying so, and a backend whose answers are no answers.
import assert from 'node:assert/strict';
import {existsSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {before, describe, test} from 'node:test';
import {plain, startRecorder} from './lib/backend.mjs';
import {gatehouse, serve} from './lib/gatehouse.mjs';
import {raw, request} from './lib/http.mjs';
import {jwtTable, publicRoute, route} from './lib/policy.mjs';
import {sleep, temporaryFolder, until} from './lib/process.mjs';
import {keySet, makeKey, sign} from './lib/tokens.mjs';

const day = (offset) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

let gate, recorder, key, keys;
const bearer = async (claims) => ({Authorization: `Bearer ${await sign(key, claims)}`});
const ask = async (where, {claims, ...options} = {}) =>
  request(gate.url + where, {...options, headers: {...options.headers, ...(claims ? await bearer(claims) : {})}});

before(async () => {
  key = await makeKey();
  keys = path.join(temporaryFolder(), 'keys.json');
  writeFileSync(keys, keySet(key));
  recorder = await startRecorder();
  const routes = [
    publicRoute('/'),
    route('/stock/', '', {access: `allow = "signed_in"
[[route.access.rule]]
methods = ["DELETE"]
roles = ["admin"]
[[route.access.rule]]
methods = ["POST"]
[[route.access.rule.claim]]
name = "plan"
values = ["pro", "team"]
`}),
    publicRoute('/trial/', '', {rate_limit: `[[route.rate_limit.rule]]
name = "device"
key = "cookie"
key_name = "device"
quota = "5/day"
[[route.rate_limit.rule]]
name = "minute"
rate = "20/min"
`}),
    publicRoute('/tried/', '', {cors: `origins = ["https://shop.example"]\nmode = "observe"\nuntil = ${day(20)}\n`}),
    publicRoute('/ended/', '', {cors: `origins = ["https://shop.example"]\nmode = "observe"\nuntil = ${day(-1)}\n`}),
  ].join('\n');
  gate = await serve(recorder.url, {more: jwtTable({jwks: keys}), routes});
});

describe('roles and claims', () => {
  test('are asked for by method, of what the token says and nothing else', async () => {
    const status = async (method, claims) => (await ask('/stock/7', {method, claims})).status;
    assert.equal(await status('GET', undefined), 401);
    assert.equal(await status('GET', {}), 200);
    assert.equal(await status('HEAD', {}), 200);
    assert.equal(await status('DELETE', {}), 403);
    assert.equal(await status('DELETE', {roles: ['Admin']}), 403);
    assert.equal(await status('DELETE', {roles: ['user', 'admin']}), 200);
    assert.equal(await status('POST', {plan: 'free'}), 403);
    assert.equal(await status('POST', {plan: 'team'}), 200);
    assert.equal(await status('POST', {roles: ['admin']}), 403);
    const spoofed = await ask('/stock/7', {method: 'DELETE', claims: {}, headers: {'X-Gatehouse-Roles': 'admin', 'X-HTTP-Method-Override': 'GET'}});
    assert.equal(spoofed.status, 403);
    assert.equal(spoofed.json().error.code, 'forbidden');
  });
});

describe('a device that is counted', () => {
  test('has five a day, and leaving the cookie out or sending two of them gives no more', async () => {
    const many = async (n, headers) => {
      const seen = [];
      for (let i = 0; i < n; i++) seen.push((await ask('/trial/x', {headers})).status);
      return seen.filter((status) => status === 200).length;
    };
    assert.equal(await many(7, {Cookie: 'device=one'}), 5);
    assert.equal(await many(7, {Cookie: 'device=two'}), 5);
    assert.equal(await many(7, {}), 5, 'without the cookie the address is counted');
    assert.equal(await many(3, {Cookie: 'device=three; device=four'}), 0, 'and so it is with two');
    const refused = await ask('/trial/x', {headers: {Cookie: 'device=one'}});
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers['retry-after']) > 0);
  });
});

describe('a control that observes', () => {
  const foreign = {method: 'POST', headers: {Origin: 'https://evil.example'}};
  test('lets pass what it would refuse, writes it down, and enforces after its day', async () => {
    const tried = await ask('/tried/x', foreign);
    assert.equal(tried.status, 200);
    await until(() => gate.records().some((r) => r.observed === 'cors_origin' && r.observed_control === 'cors'), 'the record');
    assert.equal((await ask('/ended/x', foreign)).json().error.code, 'cors_origin');
    assert.match((await request(`${gate.admin}/metrics`)).text, /^gatehouse_observed_total 1$/m);
    const said = await gatehouse(['why', tried.headers['x-request-id'], '--log', path.join(gate.folder, 'access.log')]);
    assert.match(said.text, /only observes/);
  });
  test('is a finding as long as it lasts, and when it has ended', async () => {
    const {text, code} = await gatehouse(['check', '-c', gate.file]);
    assert.equal(code, 1);
    assert.match(text, /\[observe\]/);
    assert.match(text, /\[observe_ended\]/);
  });
});

describe('metrics', () => {
  test('tell of upstreams, pools, the log and latencies', async () => {
    await ask('/');
    const {text} = await request(`${gate.admin}/metrics`);
    for (const line of [/^gatehouse_upstream_up\{upstream="app",server="[^"]+"\} 1$/m, /^gatehouse_upstream_connections\{upstream="app"\} \d+$/m,
      /^gatehouse_log_lines_dropped_total 0$/m, /^gatehouse_connections \d+$/m, /^gatehouse_request_seconds_bucket\{route="\/",le="\+Inf"\} \d+$/m])
      assert.match(text, line);
  });
});

describe('the log', () => {
  test('turns at a signal, loses nothing, and `why` looks into what was turned away', async () => {
    const log = path.join(gate.folder, 'access.log');
    const first = (await ask('/before')).headers['x-request-id'];
    await until(() => readFileSync(log, 'utf8').includes(first), 'the first record');
    renameSync(log, `${log}.1`);
    gate.child.signal('SIGHUP');
    await until(() => /reloaded: /.test(gate.child.output), 'the reload');
    const ids = [];
    for (let i = 0; i < 50; i++) ids.push((await ask(`/after?n=${i}`)).headers['x-request-id']);
    await until(() => existsSync(log) && readFileSync(log, 'utf8').includes(ids.at(-1)), 'the new file');
    const all = readFileSync(log, 'utf8');
    assert.deepEqual(ids.filter((id) => !all.includes(id)), []);
    assert.ok(!all.includes(first));
    const said = await gatehouse(['why', first, '--log', log]);
    assert.equal(said.code, 0, said.errors);
    assert.match(said.text, /GET \/before -> 200/);
  });
});

describe('what is revoked', () => {
  test('stays revoked through a reload, also for a token that was seen before', async () => {
    const claims = {sub: 'user_gone', sid: 'sess_gone'};
    const headers = await bearer(claims);
    const status = async () => (await request(`${gate.url}/stock/1`, {headers})).status;
    assert.deepEqual([await status(), await status()], [200, 200]);
    assert.equal((await gatehouse(['revoke', 'session', 'sess_gone', '-c', gate.file])).code, 0);
    assert.equal(await status(), 401);
    assert.equal((await gatehouse(['reload', '-c', gate.file])).code, 0);
    assert.equal(await status(), 401);
  });
});

describe('scheme, host and address behind a proxy that ends TLS', () => {
  let behind, backend;
  before(async () => {
    backend = await startRecorder();
    behind = await serve(backend.url, {mode: 'production', cleartext: true, routes: publicRoute('/') + route('/', 'deny = true\nhost = "admin.example.com"\n'),
      top: '[site]\nhosts = ["app.example.com", "admin.example.com"]\n[ingress]\ntls_upstream = true\ntrusted_proxies = ["127.0.0.1"]\n'});
  });
  const secure = ['X-Forwarded-Proto: https', 'X-Forwarded-For: 203.0.113.9'];
  const send = async (target, ...lines) => {
    const from = backend.requests.length;
    const answer = await raw(behind.port, [`GET ${target} HTTP/1.1`, ...lines, 'Connection: close', '', ''].join('\r\n'));
    const code = /"code":"(\w+)"/.exec(answer.text)?.[1] ?? answer.statuses[0];
    return {code, location: /^location: (.*)\r$/im.exec(answer.text)?.[1], seen: backend.requests[from]};
  };
  test('are those of the site, in whatever letters, and of nobody else', async () => {
    for (const host of ['app.example.com', 'APP.Example.COM', 'app.example.com:443']) assert.equal((await send('/x', `Host: ${host}`, ...secure)).code, 200, host);
    for (const host of ['admin.example.com', 'ADMIN.example.com', 'admin.example.com:1']) assert.equal((await send('/x', `Host: ${host}`, ...secure)).code, 'denied_route', host);
    for (const host of ['app.example.com.', 'admin.example.com.', 'app.example.com:0', 'app.example.com:99999', 'app.example.com:', 'evil.example', 'app.example.com@evil.example',
      'evil.example#app.example.com', 'app.example.com/evil', 'app.example.com, evil.example', 'app.example.com\tevil', '127.0.0.1', 'localhost', '[::1]'])
      assert.equal((await send('/x', `Host: ${host}`, ...secure)).code, 'bad_host', host);
    assert.equal((await send('https://admin.example.com/x', 'Host: app.example.com', ...secure)).code, 'bad_host');
  });
  test('come from the proxy, once and from the right, and go on in our words', async () => {
    const value = async (name, ...lines) => (await send('/x', 'Host: app.example.com', ...lines)).seen.value(name);
    assert.equal(await value('x-forwarded-host', 'X-Forwarded-Host: evil.example', ...secure), 'app.example.com');
    for (const [list, address] of [['6.6.6.6, 203.0.113.9', '203.0.113.9'], ['6.6.6.6, 127.0.0.1', '6.6.6.6'], ['::ffff:203.0.113.9', '203.0.113.9'],
      ['203.0.113.9:4711', '203.0.113.9'], ['6.6.6.6, <script>', '127.0.0.1']])
      assert.equal(await value('x-forwarded-for', secure[0], `X-Forwarded-For: ${list}`), address, list);
  });
  test('are not https because a client says so', async () => {
    for (const lines of [[], ['X-Forwarded-Proto: http'], ['X-Forwarded-Proto: https, http'], ['X-Forwarded-Proto: https', 'X-Forwarded-Proto: http'],
      ['X-Forwarded-Ssl: on'], ['Front-End-Https: on'], ['X-Forwarded-Scheme: https'], ['Forwarded: proto=https']]) {
      const {location, seen} = await send('/x?y=1', 'Host: app.example.com', 'X-Forwarded-Host: evil.example', ...lines);
      assert.equal(location, 'https://app.example.com/x?y=1', lines.join());
      assert.equal(seen, undefined);
    }
  });
});

describe('a backend whose answer is none', () => {
  let bad, reply;
  before(async () => {
    const backend = await startRecorder({answer: (_, socket) => {
      const bytes = typeof reply === 'string' ? reply : reply.bytes;
      if (reply.cut) setTimeout(() => socket.destroy(), 30);
      return bytes;
    }});
    bad = await serve(backend.url, {routes: publicRoute('/')});
  });
  const head = (...lines) => [...lines, '', ''].join('\r\n');
  const broken = {
    'two lengths': head('HTTP/1.1 200 OK', 'Content-Length: 2', 'Content-Length: 3') + 'abc',
    'a length and chunks': head('HTTP/1.1 200 OK', 'Content-Length: 2', 'Transfer-Encoding: chunked') + '2\r\nok\r\n0\r\n\r\n',
    'a folded field': head('HTTP/1.1 200 OK', 'X-A: 1', ' 2', 'Content-Length: 0'),
    'a bare line feed': 'HTTP/1.1 200 OK\nContent-Length: 0\n\n',
    'a NUL in a field': head('HTTP/1.1 200 OK', 'X-A: a\0b', 'Content-Length: 0'),
    'a status of 999': head('HTTP/1.1 999 Odd', 'Content-Length: 0'),
    'an upgrade nobody asked for': head('HTTP/1.1 101 Switching Protocols', 'Upgrade: h2c', 'Connection: upgrade'),
    'a head beyond all bounds': head('HTTP/1.1 200 OK', `X-Large: ${'a'.repeat(80_000)}`, 'Content-Length: 0'),
    'another protocol': 'SSH-2.0-OpenSSH_9.2\r\n\r\n',
    'nothing at all': {bytes: '', cut: true},
  };
  for (const [name, bytes] of Object.entries(broken)) {
    test(`is answered 502 in our words: ${name}`, async () => {
      reply = bytes;
      const answer = await request(`${bad.url}/x`);
      assert.equal(answer.status, 502, answer.text);
      assert.match(answer.json().error.code, /^upstream_/);
      assert.equal(answer.json().error.request_id, answer.headers['x-request-id']);
      reply = plain('{"good":true}');
      assert.equal((await request(`${bad.url}/x`)).text, '{"good":true}', 'and the next one is itself');
    });
  }
  test('never passes for whole when it was cut short', async () => {
    for (const bytes of [head('HTTP/1.1 200 OK', 'Content-Length: 50') + 'half', head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked') + '4\r\nhalf\r\n']) {
      reply = {bytes, cut: true};
      await assert.rejects(request(`${bad.url}/x`), /aborted|terminated|hang up|ECONNRESET/);
    }
  });
  test('brings no trailers, no interim answers and no second answer along', async () => {
    reply = head('HTTP/1.1 103 Early Hints', 'Set-Cookie: early=planted') + head('HTTP/1.1 100 Continue') +
      head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Trailer: X-Late') + '2\r\nok\r\n0\r\nX-Late: planted\r\nSet-Cookie: late=planted\r\n\r\n';
    const seen = await raw(bad.port, 'GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
    assert.deepEqual(seen.statuses, [200]);
    assert.doesNotMatch(seen.text, /planted/);
    reply = head('HTTP/1.1 200 OK', 'Content-Length: 2') + 'ok' + head('HTTP/1.1 200 OK', 'Content-Length: 7') + 'planted';
    assert.equal((await request(`${bad.url}/x`)).text, 'ok');
    await sleep(50);
    reply = plain('next');
    assert.equal((await request(`${bad.url}/x`)).text, 'next');
  });
  test('has a body only where one belongs', async () => {
    for (const [method, bytes] of [['GET', head('HTTP/1.1 204 No Content') + 'planted'], ['GET', head('HTTP/1.1 304 Not Modified', 'Content-Length: 7') + 'planted'],
      ['HEAD', head('HTTP/1.1 500 Oops', 'Content-Length: 7')], ['HEAD', head('HTTP/1.1 200 OK', 'Content-Length: 7')]]) {
      reply = bytes;
      const seen = await raw(bad.port, `${method} /x HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
      assert.equal(seen.text.slice(seen.text.indexOf('\r\n\r\n') + 4), '', `${method} ${bytes.slice(9, 12)}`);
    }
  });
  test('is shown as a page to a browser and as JSON to a program', async () => {
    reply = head('HTTP/1.1 500 Oops', 'Content-Type: text/html', 'Content-Length: 7') + 'planted';
    const page = await request(`${bad.url}/x`, {headers: {Accept: 'text/html,*/*;q=0.8'}});
    assert.match(page.headers['content-type'], /^text\/html/);
    assert.match(page.text, new RegExp(page.headers['x-request-id']));
    assert.doesNotMatch(page.text, /planted/);
    assert.equal((await request(`${bad.url}/x`, {headers: {Accept: '*/*'}})).json().error.code, 'upstream_error');
  });
});
