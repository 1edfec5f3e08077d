// Identity is what gatehouse verified: no spelling of its header names that a client sends reaches a backend.
import assert from 'node:assert/strict';
import {before, describe, test} from 'node:test';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {startRecorder, startStarter} from './lib/backend.mjs';
import {serve} from './lib/gatehouse.mjs';
import {raw, request} from './lib/http.mjs';
import {jwtTable, publicRoute, signedIn} from './lib/policy.mjs';
import {temporaryFolder} from './lib/process.mjs';
import {keySet, makeKey, sign} from './lib/tokens.mjs';

let starter, recorder, toStarter, toRecorder, token;

before(async () => {
  const key = await makeKey();
  token = await sign(key);
  const file = path.join(temporaryFolder(), 'keys.json');
  writeFileSync(file, keySet(key));
  starter = await startStarter();
  recorder = await startRecorder();
  const policy = {more: jwtTable({jwks: file}), routes: publicRoute('/api/') + signedIn('/in/')};
  toStarter = await serve(starter.url, policy);
  toRecorder = await serve(recorder.url, policy);
});

// Twenty ways to write two names; WSGI, CGI, PHP and Rack fold most of them into one.
const spellings = [];
for (const name of ['X-Gatehouse-User', 'X-Gatehouse-Roles']) {
  const [a, b, c] = name.split('-');
  spellings.push(name, name.toLowerCase(), name.toUpperCase(), `${a}_${b}_${c}`, `${a}-${b}_${c}`, `${a}_${b}-${c}`,
      `${a}.${b}.${c}`, `${a}_${b}_${c}`.toUpperCase(), `${a}-${b}.${c}`.toLowerCase(), `${a}.${b}_${c}`);
}
const folded = (name) => name.toLowerCase().replace(/[_.]/g, '-');

describe('spoofed identity headers', () => {
  test('make the bare backend believe them, in several spellings', async () => {
    for (const name of ['X-Gatehouse-User', 'x_gatehouse_user']) {
      assert.equal((await request(`${starter.url}/api/whoami/`, {headers: {[name]: 'admin'}})).json().user, 'admin', name);
    }
  });
  test('are twenty spellings', () => assert.equal(new Set(spellings).size, 20));
  for (const name of spellings) {
    test(`${name} never reaches a backend`, async () => {
      const seen = await raw(toStarter.port, `GET /api/whoami/ HTTP/1.1\r\nHost: 127.0.0.1\r\n${name}: admin\r\nConnection: close\r\n\r\n`);
      assert.deepEqual(seen.statuses, [200]);
      assert.doesNotMatch(seen.text, /admin/);
      const before = recorder.requests.length;
      await raw(toRecorder.port, `GET /api/x HTTP/1.1\r\nHost: 127.0.0.1\r\n${name}: admin\r\nConnection: close\r\n\r\n`);
      const [got] = recorder.requests.slice(before);
      assert.ok(got, 'the request itself passes');
      assert.ok(!got.head.includes('admin'), got.head);
    });
  }
  // Stranger marks, which Apache of old and some CGI wrappers fold as well; and words that only proxies say.
  for (const name of ['X~Gatehouse~User', 'x!gatehouse-user', 'X-Gatehouse-User-Id', 'X-Forwarded-User', 'X-Forwarded-Client-Cert',
    'X-Original-URI', 'X-HTTP-Method', 'x-middleware-subrequest', 'Proxy']) {
    test(`${name} never reaches a backend`, async () => {
      const before = recorder.requests.length;
      await raw(toRecorder.port, `GET /api/x HTTP/1.1\r\nHost: 127.0.0.1\r\n${name}: planted\r\nConnection: close\r\n\r\n`);
      const [got] = recorder.requests.slice(before);
      assert.ok(got && !got.head.includes('planted'), got?.head);
    });
  }
  test('named by Connection do not remove ours', async () => {
    const before = recorder.requests.length;
    const answer = await raw(toRecorder.port, `GET /in/x HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n` +
      'Connection: close, X-Gatehouse-User, X-Request-Id\r\nX-Gatehouse-User: admin\r\n\r\n');
    assert.deepEqual(answer.statuses, [200]);
    const [got] = recorder.requests.slice(before);
    assert.equal(got.value('x-gatehouse-user'), 'user_alice');
    assert.ok(got.value('x-request-id'));
  });
  test('give way to the verified user, once', async () => {
    const before = recorder.requests.length;
    await request(`${toRecorder.url}/in/x`, {headers: {Authorization: `Bearer ${token}`, 'X-Gatehouse-User': 'admin'}});
    const [got] = recorder.requests.slice(before);
    assert.deepEqual(got.fields.filter(([n]) => folded(n) === 'x-gatehouse-user').map(([, v]) => v), ['user_alice']);
  });
});

describe('the client address', () => {
  test('is what the client writes on the bare backend, and what the socket says here', async () => {
    const headers = {'X-Forwarded-For': '203.0.113.9, 198.51.100.1'};
    assert.equal((await request(`${starter.url}/api/address/`, {headers})).json().address, '203.0.113.9');
    assert.equal((await request(`${toStarter.url}/api/address/`, {headers})).json().address, '127.0.0.1');
  });
  test('X-Forwarded-For and X-Real-IP are rewritten, never appended to', async () => {
    const before = recorder.requests.length;
    await request(`${toRecorder.url}/api/x`, {headers: {'X-Forwarded-For': '203.0.113.9', 'X-Real-IP': '203.0.113.9', Forwarded: 'for=203.0.113.9'}});
    const [got] = recorder.requests.slice(before);
    assert.ok(!got.head.includes('203.0.113.9'), got.head);
    assert.equal(got.value('x-forwarded-for'), '127.0.0.1');
  });
  test('comes from the rightmost entry that no trusted proxy wrote', async () => {
    const gate = await serve(recorder.url, {mode: 'production', cleartext: true, more: `[site]
hosts = ["shop.example"]

[ingress]
trusted_proxies = ["127.0.0.1/32", "198.51.100.0/24"]
tls_upstream = true
`, routes: publicRoute('/api/')});
    const before = recorder.requests.length;
    const answer = await request(`${gate.url}/api/x`, {headers: {Host: 'shop.example', 'X-Forwarded-Proto': 'https',
      'X-Forwarded-For': '203.0.113.9, 192.0.2.77, 198.51.100.4'}});
    assert.equal(answer.status, 200, answer.text);
    const [got] = recorder.requests.slice(before);
    assert.equal(got.value('x-forwarded-for'), '192.0.2.77');
    await gate.stop();
  });
});
