// The most lenient backend that can be thought of stands behind the gate: it decodes again and again, takes '\' for '/',
// drops parameters, climbs dots and folds case and every mark in a name. Thousands of odd requests, made from a fixed seed,
// and none that gets through may lead it behind a route that is closed, or make it believe in somebody.
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import {before, test} from 'node:test';
import {plain, startRecorder} from './lib/backend.mjs';
import {serve} from './lib/gatehouse.mjs';
import {jwtTable, publicRoute, route, signedIn} from './lib/policy.mjs';
import {temporaryFolder} from './lib/process.mjs';
import {keySet, makeKey, sign} from './lib/tokens.mjs';

const kRequests = 6000;

let state = 20261122;
const random = (n) => { state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff; return (state >>> 16) % n; };
const pick = (list) => list[random(list.length)];

const segments = ['closed', 'Closed', 'clos%65d', '%63losed', '%2563losed', '%252563losed', '..', '.', '%2e%2e', '%252e%252e', '%2e.', '..;',
  '..;x=1', 'a', 'b;c', 'in', 'In', '%2569n', 'keep', 'KEEP', 'u', 'alice', 'bob', '%61lice', 'x', '%2f', '%2F', '%252f', '%5c', '%255c', '\\', '%00',
  '%0d%0a', '%20', '*', '~', '%c0%af', '%e2%80%ae', '', '%', '%zz', '%25', 'alice%2fx', 'alice;', 'closed%3f', 'closed%23', '#', '?', '%u002e'];
const names = ['X-Gatehouse-User', 'x_gatehouse_user', 'X-Gatehouse.Roles', 'X~Gatehouse~User', 'x-gatehouse-assertion', 'X-Forwarded-For',
  'X-Real-IP', 'Forwarded', 'X-Forwarded-Host', 'X-Forwarded-User', 'X-Original-URL', 'X-Rewrite-URL', 'X-HTTP-Method-Override', 'Authorization',
  'Cookie', 'Origin', 'Sec-Fetch-Site', 'Content-Length', 'Transfer-Encoding', 'Connection', 'Upgrade', 'TE', 'Range', 'Accept', 'X-Request-Id',
  'Content-Type', 'Proxy', 'X-A', 'Keep-Alive', 'Trailer'];

let gate, recorder, values, good;

before(async () => {
  const key = await makeKey();
  const keys = path.join(temporaryFolder(), 'keys.json');
  writeFileSync(keys, keySet(key));
  good = await sign(key, {sub: 'alice'});
  const forged = await sign(await makeKey(), {sub: 'planted'});
  values = ['planted', 'PLANTED', '127.0.0.1', 'chunked', '0', '5', 'close, X-Gatehouse-User', 'keep-alive, X-Request-Id', `Bearer ${good}`, `Bearer ${good}`,
    `Bearer ${forged}`, `bearer\t${forged}`, `\u00a0Bearer ${forged}`, 'Basic cGxhbnRlZA==', 'null', 'http://evil.example', 'same-origin', 'cross-site',
    `__session=${forged}; a=b`, 'text/html', 'websocket', '', 'evil.example', 'a'.repeat(300)];
  recorder = await startRecorder({answer: () => plain('{}')});
  const owner = 'allow = "signed_in"\n[route.access.owner]\npath = "id"\nclaim = "sub"\n';
  gate = await serve(recorder.url, {more: jwtTable({jwks: keys}), routes: publicRoute('/') + route('/closed', 'deny = true\n') +
    route('/keep/closed', 'deny = true\n') + publicRoute('/keep/', 'encoded_slash = "keep"\n') + signedIn('/in/') + route('/u/{id}/x', '', {access: owner})});
});

function odd() {
  const method = pick(['GET', 'GET', 'GET', 'GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']);
  let target = '/' + Array.from({length: 1 + random(4)}, () => pick(segments)).join(pick(['/', '/', '/', '//']));
  if (random(4) === 0) target += '?' + pick(['a=1', 'a=%zz', 'next=//evil', 'x;y', 'token=s']);
  let fields = 'Host: 127.0.0.1\r\n';
  for (let i = random(4); i > 0; i--) fields += pick(names) + pick([': ', ': ', ': ', ': ', ':', ' : ']) + pick(values) + '\r\n';
  return `${method} ${target} HTTP/1.1\r\n${fields}Connection: close\r\n\r\n`;
}

const send = (bytes) => new Promise((done, failed) => {
  const socket = net.connect(gate.port, '127.0.0.1', () => socket.write(Buffer.from(bytes, 'latin1')));
  let text = '';
  socket.setTimeout(10_000, () => { socket.destroy(); failed(new Error(`no end to ${JSON.stringify(bytes)}`)); });
  socket.on('data', (chunk) => { text += chunk.toString('latin1'); });
  socket.on('error', () => {});
  socket.on('close', () => done(Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1])));
});

function lenient(target) {
  let at = target.split('?')[0].split('#')[0];
  for (let i = 0; i < 5; i++) at = at.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return path.posix.normalize(at.replace(/\\/g, '/').replace(/;[^/]*/g, '').toLowerCase());
}
const folded = (name) => name.toLowerCase().replace(/[^a-z0-9]/g, '-');

test('leads the most lenient reader nowhere, and breaks nothing', {timeout: 120_000}, async () => {
  let left = kRequests;
  await Promise.all(Array.from({length: 8}, async () => {
    while (left-- > 0) {
      const bytes = odd();
      const status = await send(bytes);
      assert.ok(status >= 200 && status < 500, `${status} for ${JSON.stringify(bytes)}`);
    }
  }));
  assert.ok(recorder.requests.length > 100, 'some are good, or this shows nothing');
  const users = new Set();
  for (const {head, fields} of recorder.requests) {
    const at = lenient(head.split(' ')[1]);
    const ours = fields.filter(([name]) => folded(name).startsWith('x-gatehouse'));
    const user = ours.find(([name]) => name.toLowerCase() === 'x-gatehouse-user')?.[1];
    users.add(user);
    assert.doesNotMatch(at, /^\/(keep\/)?closed(\/|$)/, head);
    if (/^\/in(\/|$)/.test(at)) assert.equal(user, 'alice', head);
    if (/^\/u\/[^/]+\/x(\/|$)/.test(at)) assert.match(at, /^\/u\/alice\/x/, head);
    assert.ok(user === undefined || user === 'alice', head);
    assert.doesNotMatch(ours.map(([, value]) => value).join(), /planted/i, head);
    assert.deepEqual(fields.filter(([name]) => folded(name) === 'x-forwarded-for').map(([, value]) => value), ['127.0.0.1'], head);
    for (const once of ['host', 'x-request-id']) assert.equal(fields.filter(([name]) => folded(name) === once).length, 1, head);
    for (const name of ['te', 'proxy', 'upgrade', 'keep-alive', 'trailer', 'x-original-url', 'x-rewrite-url', 'forwarded', 'x-forwarded-user', 'x-http-method-override'])
      assert.ok(!fields.some(([n]) => folded(n) === name), `${name} in ${head}`);
    for (const [name, value] of fields)
      if (folded(name) === 'authorization') assert.ok(value === `Bearer ${good}` || value.startsWith('Basic '), head);
  }
  assert.ok(users.has('alice'), 'somebody did sign in');
});
