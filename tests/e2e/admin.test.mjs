// The operator's side: health, metrics, revocation at once, TLS as promised, certificates replaced while serving.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {chmodSync, readFileSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import {before, describe, test} from 'node:test';
import {startRecorder} from './lib/backend.mjs';
import {gatehouse, serve} from './lib/gatehouse.mjs';
import {request} from './lib/http.mjs';
import {jwtTable, publicRoute, signedIn} from './lib/policy.mjs';
import {run, temporaryFolder, until} from './lib/process.mjs';
import {keySet, makeKey, sign} from './lib/tokens.mjs';

describe('the admin listener', () => {
  let gate, recorder, key;
  before(async () => {
    key = await makeKey();
    const file = path.join(temporaryFolder(), 'keys.json');
    writeFileSync(file, keySet(key));
    recorder = await startRecorder();
    gate = await serve(recorder.url, {more: jwtTable({jwks: file}), routes: publicRoute('/open') + signedIn('/in')});
  });
  test('tells that it lives and is ready', async () => {
    for (const where of ['/.gatehouse/live', '/.gatehouse/ready']) assert.equal((await request(gate.admin + where)).status, 200, where);
  });
  test('is not reachable through the public listeners', async () => {
    for (const where of ['/.gatehouse/ready', '/metrics', '/.gatehouse/revocations']) {
      const answer = await request(gate.url + where);
      assert.ok([403, 404].includes(answer.status), `${where}: ${answer.status}`);
    }
  });
  test('counts requests by route and status, and refusals by code', async () => {
    await request(`${gate.url}/open`);
    await request(`${gate.url}/in`);
    const {text} = await request(`${gate.admin}/metrics`);
    assert.match(text, /^# TYPE \S+ counter$/m);
    assert.match(text, /^# TYPE \S+ histogram$/m);
    assert.match(text, /route="\/open"[^}]*\}\s+[1-9]/);
    assert.match(text, /code="unauthenticated"[^}]*\}\s+[1-9]/);
  });
  test('answers no web page, and nobody without its token', async () => {
    const token = readFileSync(path.join(gate.folder, 'state', 'admin-token'), 'utf8').trim();
    const ask = async (headers, method = 'POST') =>
      (await request(`${gate.admin}/.gatehouse/reload`, {method, headers})).status;
    const own = {Authorization: `Bearer ${token}`};
    assert.equal(await ask(own), 200);
    assert.equal(await ask({}), 401);
    assert.equal(await ask({Authorization: 'Bearer '}), 401);
    assert.equal(await ask({...own, Host: 'rebound.example'}), 403);
    assert.equal(await ask({...own, Host: 'localhost.rebound.example'}), 403);
    assert.equal(await ask({...own, Origin: gate.admin}), 403);
    assert.equal(await ask({...own, 'Sec-Fetch-Site': 'none'}), 403);
    assert.equal(await ask(own, 'GET'), 405);
  });
  test('does no half of a request', async () => {
    const token = readFileSync(path.join(gate.folder, 'state', 'admin-token'), 'utf8').trim();
    const headers = {Authorization: `Bearer ${token}`};
    const entry = JSON.stringify({kind: 'session', value: 'sess_half'});
    const long = await request(`${gate.admin}/revocations`, {method: 'POST', headers, body: entry + ' '.repeat(70_000)});
    assert.equal(long.status, 413, long.text);
    await new Promise((done) => {
      const socket = net.connect(gate.adminPort, '127.0.0.1', () => socket.end(`POST /revocations HTTP/1.1\r\nHost: localhost\r\n` +
        `Authorization: Bearer ${token}\r\nContent-Length: ${entry.length + 9}\r\n\r\n${entry}`));
      socket.on('close', done).on('error', () => {}).resume();
    });
    assert.ok(!(await request(`${gate.admin}/revocations`, {headers})).text.includes('sess_half'));
  });
  test('revokes a session and a subject, and bearer tokens end at once', async () => {
    const ask = async (token) => (await request(`${gate.url}/in`, {headers: {Authorization: `Bearer ${token}`}})).status;
    const one = await sign(key, {sub: 'user_one', sid: 'sess_one'});
    const two = await sign(key, {sub: 'user_two', sid: 'sess_two'});
    assert.deepEqual([await ask(one), await ask(two)], [200, 200]);
    const session = await gatehouse(['revoke', 'session', 'sess_one', '-c', gate.file]);
    assert.equal(session.code, 0, session.text + session.errors);
    assert.deepEqual([await ask(one), await ask(two)], [401, 200]);
    const subject = await gatehouse(['revoke', 'subject', 'user_two', '-c', gate.file]);
    assert.equal(subject.code, 0, subject.text + subject.errors);
    assert.equal(await ask(two), 401);
  });
});

describe('TLS', () => {
  let gate, recorder, folder;
  const make = (name) => execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '5',
    '-keyout', path.join(folder, 'key.pem'), '-out', path.join(folder, 'cert.pem'), '-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:shop.example'], {stdio: 'ignore'});
  const connect = (options) => new Promise((done) => {
    const socket = tls.connect({port: gate.tlsPort, host: '127.0.0.1', servername: 'shop.example', rejectUnauthorized: false, ...options}, () => {
      done({protocol: socket.getProtocol(), cipher: socket.getCipher().name, alpn: socket.alpnProtocol, subject: socket.getPeerCertificate().subject?.CN});
      socket.destroy();
    });
    socket.on('error', (error) => done({error: error.code ?? error.message}));
  });
  before(async () => {
    folder = temporaryFolder();
    make('first');
    chmodSync(path.join(folder, 'key.pem'), 0o600);
    recorder = await startRecorder();
    gate = await serve(recorder.url, {mode: 'production', more: `[site]
hosts = ["shop.example"]
[tls]
certificate = "${folder}/cert.pem"
key = { file = "${folder}/key.pem" }
`, routes: publicRoute('/')});
  });
  test('is 1.3, or 1.2 with forward secrecy, and nothing older', async () => {
    assert.equal((await connect({})).protocol, 'TLSv1.3');
    const two = await connect({maxVersion: 'TLSv1.2'});
    assert.equal(two.protocol, 'TLSv1.2');
    assert.match(two.cipher, /^ECDHE-.*(GCM|CHACHA20)/);
    assert.ok((await connect({minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0'})).error);
    assert.ok((await connect({maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA:AES256-SHA:AES128-GCM-SHA256'})).error, 'no forward secrecy');
    assert.ok((await connect({maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA'})).error, 'no AEAD');
  });
  test('offers http/1.1 by ALPN', async () => assert.equal((await connect({ALPNProtocols: ['spdy/1', 'http/1.1']})).alpn, 'http/1.1'));
  test('carries HSTS, and cleartext is redirected to the configured host', async () => {
    const secure = await request(`${gate.tls}/x`, {headers: {Host: 'shop.example'}});
    assert.equal(secure.status, 200, secure.text);
    assert.match(secure.headers['strict-transport-security'], /max-age=31536000/);
    const clear = await request(`${gate.url}/x?y=1`, {headers: {Host: 'shop.example'}});
    assert.equal(clear.status, 308);
    assert.match(clear.headers.location, /^https:\/\/shop\.example(:\d+)?\/x\?y=1$/);
    const post = await request(`${gate.url}/x`, {method: 'POST', headers: {Host: 'shop.example'}, body: 'a'});
    assert.equal(post.status, 403);
    assert.equal(post.json().error.code, 'https_required');
  });
  test('serves no host but those of the site', async () => {
    const answer = await request(`${gate.tls}/x`, {headers: {Host: 'evil.example'}});
    assert.ok([400, 404, 421].includes(answer.status), String(answer.status));
  });
  test('takes a new certificate on reload, and open connections stay', async () => {
    const before = tls.connect({port: gate.tlsPort, host: '127.0.0.1', servername: 'shop.example', rejectUnauthorized: false});
    await new Promise((done) => before.once('secureConnect', done));
    make('second');
    gate.child.signal('SIGHUP');
    await until(async () => (await connect({})).subject === 'second', 'the new certificate');
    before.write('GET /kept HTTP/1.1\r\nHost: shop.example\r\n\r\n');
    const text = await new Promise((done, failed) => { before.once('data', (chunk) => done(String(chunk))); before.once('close', () => failed(new Error('closed'))); });
    assert.match(text, /^HTTP\/1\.1 200/);
    before.destroy();
  });
});

describe('TLS ended in front of us', () => {
  let gate, recorder;
  before(async () => {
    recorder = await startRecorder();
    gate = await serve(recorder.url, {mode: 'production', cleartext: true, more: `[site]
hosts = ["shop.example"]
[ingress]
trusted_proxies = ["127.0.0.1/32"]
tls_upstream = true
`, routes: publicRoute('/')});
  });
  const ask = (headers, method = 'GET') => request(`${gate.url}/x`, {method, headers: {Host: 'shop.example', ...headers}});
  test('does not loop when the proxy says https', async () => {
    const answer = await ask({'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '203.0.113.5'});
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.headers['strict-transport-security'], /max-age/);
    assert.equal(recorder.requests.at(-1).value('x-forwarded-proto'), 'https');
    assert.equal(recorder.requests.at(-1).value('x-forwarded-for'), '203.0.113.5');
  });
  test('redirects when the proxy says http, or nothing', async () => {
    assert.equal((await ask({'X-Forwarded-Proto': 'http', 'X-Forwarded-For': '203.0.113.5'})).status, 308);
    assert.equal((await ask({'X-Forwarded-For': '203.0.113.5'})).status, 308);
  });
});
