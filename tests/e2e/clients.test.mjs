// Real clients: curl, fetch and undici over kept connections; jose and an identity provider's SDK as second opinions on
// tokens; key-set servers that rotate, hang, fail and flood.
import assert from 'node:assert/strict';
import {createHmac, randomInt} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {before, describe, test} from 'node:test';
import {verifyToken} from '@clerk/backend';
import * as jose from 'jose';
import {Agent, Pool, fetch as undiciFetch} from 'undici';
import {startRecorder, startStarter} from './lib/backend.mjs';
import {gatehouse, serve, serveDev} from './lib/gatehouse.mjs';
import {request} from './lib/http.mjs';
import {jwtTable, publicRoute, signedIn} from './lib/policy.mjs';
import {run, sleep, temporaryFolder, until} from './lib/process.mjs';
import {audience, issuer, keySet, makeKey, sign, startKeyServer} from './lib/tokens.mjs';

const bearer = (token) => ({Authorization: `Bearer ${token}`});
const b64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

describe('curl, fetch and undici', () => {
  let starter, gate;
  before(async () => {
    starter = await startStarter();
    gate = await serve(starter.url, {routes: publicRoute('/')});
  });
  test('curl speaks to both listeners, keeps its connection and waits for 100 Continue', async () => {
    const two = await run('curl', ['-sk', '-v', `${gate.tls}/api/health/`, `${gate.tls}/api/health/`]);
    assert.equal(two.code, 0);
    assert.match(two.errors, /Re-using existing connection/i);
    assert.match(two.errors, /TLSv1\.3/);
    const upload = await run('curl', ['-s', '-H', 'Expect: 100-continue', '--data-binary', '@-',
      `${gate.url}/api/upload/`], {input: 'x'.repeat(300000)});
    assert.equal(JSON.parse(upload.text).received, 300000, upload.text);
  });
  test('fetch reads a megabyte, sees events as they happen and can walk away', async () => {
    const big = new Uint8Array(await (await fetch(`${gate.url}/api/download/`)).arrayBuffer());
    assert.equal(big.length, 1 << 20);
    assert.ok(big.every((byte, at) => byte === at % 256));
    const started = performance.now();
    const events = await fetch(`${gate.url}/api/events/?count=3&interval=3`);
    const reader = events.body.getReader();
    const first = new TextDecoder().decode((await reader.read()).value);
    assert.match(first, /^id: 0/);
    assert.ok(performance.now() - started < 2900, 'the first event comes before the second is made');
    await reader.cancel();
  });
  test('undici keeps sixteen connections for 800 requests', async () => {
    const recorder = await startRecorder();
    const second = await serve(recorder.url, {routes: publicRoute('/')});
    const pool = new Pool(second.url, {connections: 16});
    const answers = await Promise.all(Array.from({length: 800}, (_, n) => pool.request({path: `/r${n}`, method: 'GET'})
      .then(async ({statusCode, body}) => [statusCode, (await body.json()).seen])));
    answers.forEach(([status, seen], n) => { assert.equal(status, 200); assert.match(seen, new RegExp(`^GET /r${n} HTTP`)); });
    assert.ok(recorder.connections <= 40, `${recorder.connections} connections to the backend`);
    await pool.close();
  });
  test('undici over TLS believes only the development authority', async () => {
    await assert.rejects(undiciFetch(`${gate.tls}/api/health/`));
    const loose = new Agent({connect: {rejectUnauthorized: false}});
    assert.equal((await undiciFetch(`${gate.tls}/api/health/`, {dispatcher: loose})).status, 200);
    await loose.close();
  });
  test('a client that goes away ends the call to the backend', async () => {
    let closed = false;
    const recorder = await startRecorder({answer: async (_, socket) => { socket.on('close', () => { closed = true; }); await sleep(8000); return ''; }});
    const third = await serve(recorder.url, {routes: publicRoute('/')});
    const gone = new AbortController();
    const call = fetch(`${third.url}/x`, {signal: gone.signal}).catch(() => 'gone');
    await until(() => recorder.requests.length === 1, 'the request');
    gone.abort();
    assert.equal(await call, 'gone');
    await until(() => closed, 'the backend connection to close', 5);
  });
});

describe('serve with no file at all', () => {
  test('stands with every default on', async () => {
    const starter = await startStarter();
    const gate = await serveDev(starter.url);
    const answer = await request(`${gate.tls}/api/health/`);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.equal(answer.headers['strict-transport-security'], undefined, 'never in development');
    assert.doesNotMatch((await request(`${gate.tls}/api/crash/`)).text, /hunter2-planted/);
    for (let i = 0; i < 2; i++) await request(`${gate.url}/api/health/`, {headers: {'X-Forwarded-For': '203.0.113.9'}});
    await until(() => /tunnel or a proxy/.test(gate.log()), 'the warning about a tunnel');
    await new Promise((done) => setTimeout(done, 1500));
    assert.equal(gate.log().split('tunnel or a proxy').length, 2, 'said once');
    await gate.stop();
  });
  test('and without --dev exits 2 with the lines to write', async () => {
    const said = await gatehouse(['serve'], {cwd: temporaryFolder()});
    assert.equal(said.code, 2);
    assert.match(said.text + said.errors, /^ +route = \[/m);
  });
  test('and on a public address refuses to start', async () => {
    const said = await gatehouse(['serve', '--dev', '--listen', 'http://0.0.0.0:18080', '--upstream', 'http://127.0.0.1:9'], {cwd: temporaryFolder()});
    assert.equal(said.code, 1, said.text + said.errors);
    assert.match(said.text + said.errors, /others can reach/);
  });
});

// Tokens, good and bad, by rule and by chance: [name, token].
async function manyTokens(keys, strangers) {
  const now = Math.floor(Date.now() / 1000);
  const all = [];
  const add = (name, token) => all.push([name, token]);
  for (const key of keys) {
    const other = strangers.find((k) => k.alg === key.alg);
    const good = await sign(key);
    const [h, p, s] = good.split('.');
    const bytes = Buffer.from(s, 'base64url');
    const claims = {good: {}, 'no sub': {sub: undefined}, 'aud in a list': {aud: ['x', audience]}, 'iat in the past': {iat: now - 9000},
      'nbf in the past': {nbf: now - 60}, 'large exp': {exp: now + 10 ** 7}, 'fractional exp': {exp: now + 300.5}, 'extra claims': {roles: ['a'], deep: {a: [1, {b: null}]}},
      'text beyond ASCII': {name: 'Zoë 😀'}, expired: {exp: now - 600}, 'expired by a little': {exp: now - 90}, 'no exp': {exp: undefined},
      'exp as text': {exp: String(now + 600)}, 'negative exp': {exp: -1}, 'not yet': {nbf: now + 600}, 'nbf as text': {nbf: 'soon'},
      'wrong issuer': {iss: 'https://evil.example'}, 'issuer with a slash': {iss: issuer + '/'}, 'no issuer': {iss: undefined},
      'wrong audience': {aud: 'other'}, 'no audience': {aud: undefined}, 'empty audience': {aud: []}, 'audience as a number': {aud: 7}};
    for (const [name, change] of Object.entries(claims)) add(`${key.alg}: ${name}`, await sign(key, change));
    const headers = {'no typ': {typ: undefined}, 'unknown kid': {kid: 'nobody'}, 'embedded key': {jwk: other.publicJwk}, 'a key URL': {jku: 'https://evil.example/keys'}};
    for (const [name, change] of Object.entries(headers)) add(`${key.alg}: ${name}`, await sign(key, {}, {header: change}));
    add(`${key.alg}: a stranger's key under our kid`, await sign({...other, kid: key.kid}));
    add(`${key.alg}: no signature`, `${h}.${p}.`);
    add(`${key.alg}: signature cut`, `${h}.${p}.${bytes.subarray(0, -1).toString('base64url')}`);
    add(`${key.alg}: signature longer`, `${h}.${p}.${Buffer.concat([bytes, Buffer.from([0])]).toString('base64url')}`);
    add(`${key.alg}: signature of zeros`, `${h}.${p}.${Buffer.alloc(bytes.length).toString('base64url')}`);
    add(`${key.alg}: payload changed`, `${h}.${b64({...JSON.parse(Buffer.from(p, 'base64url')), sub: 'admin'})}.${s}`);
    add(`${key.alg}: alg none`, `${b64({alg: 'none', typ: 'JWT'})}.${p}.`);
    add(`${key.alg}: alg None`, `${b64({alg: 'None', typ: 'JWT', kid: key.kid})}.${p}.${s}`);
    add(`${key.alg}: HS256 with the public key`, (() => {
      const head = b64({alg: 'HS256', typ: 'JWT', kid: key.kid});
      return `${head}.${p}.${createHmac('sha256', JSON.stringify(key.publicJwk)).update(`${head}.${p}`).digest('base64url')}`;
    })());
    add(`${key.alg}: padded`, `${h}.${p}.${s}=`);
    add(`${key.alg}: two parts`, `${h}.${p}`);
    add(`${key.alg}: four parts`, `${good}.${s}`);
    add(`${key.alg}: a blank inside`, `${h}. ${p}.${s}`);
    add(`${key.alg}: standard base64`, `${h}.${p}.${bytes.toString('base64')}`);
    // By chance: one bit of the decoded signature flipped, or one character of the payload replaced.
    for (let n = 0; n < 12; n++) {
      const flipped = Buffer.from(bytes);
      flipped[randomInt(flipped.length)] ^= 1 << randomInt(8);
      add(`${key.alg}: flip ${n}`, `${h}.${p}.${flipped.toString('base64url')}`);
    }
    for (let n = 0; n < 6; n++) {
      const at = randomInt(p.length - 2);
      const letter = p[at] === 'A' ? 'B' : 'A';
      add(`${key.alg}: letter ${n}`, `${h}.${p.slice(0, at)}${letter}${p.slice(at + 1)}.${s}`);
    }
  }
  return all;
}

describe('two opinions on a token', () => {
  const algorithms = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'];
  let keys, tokens, file, gate;
  before(async () => {
    keys = await Promise.all(algorithms.map((alg, n) => makeKey(alg, `k${n}`)));
    const strangers = await Promise.all(algorithms.map((alg, n) => makeKey(alg, `s${n}`)));
    tokens = await manyTokens(keys, strangers);
    file = path.join(temporaryFolder(), 'keys.json');
    writeFileSync(file, keySet(...keys));
    const recorder = await startRecorder();
    gate = await serve(recorder.url, {more: jwtTable({jwks: file, extra: `algorithms = [${algorithms.map((a) => `"${a}"`).join(', ')}]`}), routes: signedIn('/')});
  });

  test('jose and `token verify` agree on more than 200, and so does the running gate', async () => {
    assert.ok(tokens.length > 200, String(tokens.length));
    const local = jose.createLocalJWKSet(JSON.parse(keySet(...keys)));
    const stricter = [];
    let passed = 0;
    const queue = [...tokens];
    await Promise.all(Array.from({length: 4}, async () => {
      while (queue.length) {
        const [name, token] = queue.pop();
        const jo = await jose.jwtVerify(token, local, {issuer, audience, algorithms, clockTolerance: 30, requiredClaims: ['exp']}).then(() => true, () => false);
        const ours = await gatehouse(['token', 'verify', '--jwks', file, '--issuer', issuer, '--audience', audience, '--alg', algorithms.join(',')], {input: token});
        const said = JSON.parse(ours.text);
        assert.equal(ours.code, said.valid ? 0 : 1, name);
        const asked = await request(`${gate.url}/x`, {headers: bearer(token)});
        // A gate lets nobody in whom it cannot name; the command judges the token alone.
        assert.equal(asked.status === 200, said.valid && !name.endsWith(': no sub'), `${name}: the gate says ${asked.status} ${asked.text}, the command ${ours.text}`);
        assert.ok([200, 401].includes(asked.status), `${name}: ${asked.status}`);
        if (said.valid) { passed++; assert.ok(jo, `${name}: we accept what jose refuses: ${ours.text}`); } else if (jo) stricter.push(name);
      }
    }));
    // Where we refuse what jose accepts, it is one of these, and by decision.
    // jose reads padding, so by chance a signature in the standard alphabet too.
    const known = /embedded key|a key URL|standard base64|padded/;
    assert.deepEqual(stricter.filter((name) => !known.test(name)), []);
    assert.ok(passed >= 40, `${passed} were valid`);
    console.log(`tokens: ${tokens.length}, valid to both ${passed}, refused by us alone ${stricter.length}`);
  });

  test("the identity provider's SDK agrees about session tokens", async () => {
    const key = await makeKey('RS256', 'ins_1');
    const stranger = await makeKey('RS256', 'ins_1');
    const site = 'https://app.example.com';
    const frontend = 'https://clerk.example.com';
    const jwtKey = await jose.exportSPKI(key.publicKey);
    const set = path.join(temporaryFolder(), 'clerk.json');
    writeFileSync(set, keySet(key));
    const now = Math.floor(Date.now() / 1000);
    const base = {iss: frontend, aud: undefined, azp: site, sid: 'sess_1', sub: 'user_1', nbf: now - 10, jti: 'a', v: 2, fva: [1, -1], sts: 'active'};
    const cases = {good: {}, 'another party': {azp: 'https://evil.example'}, expired: {exp: now - 300}, 'not yet': {nbf: now + 300},
      'party with a slash': {azp: site + '/'}, 'party in upper case': {azp: site.toUpperCase()}, 'with an organization': {o: {id: 'org_1', rol: 'admin'}}};
    for (const [name, change] of Object.entries(cases)) {
      for (const signer of [key, stranger]) {
        const token = await sign(signer, {...base, ...change});
        const theirs = await verifyToken(token, {jwtKey, authorizedParties: [site], clockSkewInMs: 30000}).then((claims) => !claims.errors, () => false);
        const ours = await gatehouse(['token', 'verify', '--jwks', set, '--issuer', frontend, '--azp', site, '--alg', 'RS256'], {input: token});
        assert.equal(JSON.parse(ours.text).valid, theirs, `${name}, ${signer === key ? 'our' : 'a foreign'} key: ${ours.text}`);
      }
    }
  });
});

describe('a key-set server', () => {
  const setup = async (extra = '') => {
    const key = await makeKey('RS256', 'first');
    const server = await startKeyServer(key);
    const recorder = await startRecorder();
    const gate = await serve(recorder.url, {more: jwtTable({jwks: server.url, extra}), routes: signedIn('/')});
    const ask = async (token) => (await request(`${gate.url}/x`, {headers: bearer(token), timeout: 15000})).status;
    return {key, server, gate, ask};
  };
  test('that rotates is asked again for a new key, and the old one ends', async () => {
    const {key, server, gate, ask} = await setup();
    assert.equal(await ask(await sign(key)), 200);
    const next = await makeKey('RS256', 'second');
    server.keys = [key, next];
    await until(async () => await ask(await sign(next)) === 200, 'the new key', 20);
    assert.equal(await ask(await sign(key)), 200, 'both hold while both are published');
    await gate.stop();
  });
  test('is not flooded by tokens of unknown keys', async () => {
    const {key, server, gate, ask} = await setup();
    assert.equal(await ask(await sign(key)), 200);
    const before = server.asked;
    for (let n = 0; n < 60; n++) assert.equal(await ask(await sign({...key, kid: `unknown-${n}`})), 401);
    assert.ok(server.asked - before <= 2, `${server.asked - before} requests for 60 unknown keys`);
    await gate.stop();
  });
  for (const mode of ['error', 'hang', 'huge', 'garbage']) {
    test(`in mode ${mode} from the start: 503, never open, never a hang`, async () => {
      const key = await makeKey('RS256', 'first');
      const server = await startKeyServer(key);
      server.mode = mode;
      const recorder = await startRecorder();
      const gate = await serve(recorder.url, {more: jwtTable({jwks: server.url}), routes: signedIn('/')});
      const answer = await request(`${gate.url}/x`, {headers: bearer(await sign(key)), timeout: 20000});
      assert.equal(answer.status, 503, answer.text);
      assert.equal(answer.json().error.code, 'identity_unavailable');
      assert.equal(recorder.requests.length, 0);
      server.mode = 'good';
      await until(async () => (await request(`${gate.url}/x`, {headers: bearer(await sign(key))})).status === 200, 'recovery', 40);
      await gate.stop();
    });
    test(`in mode ${mode} after it was good: its keys go on serving`, async () => {
      const {key, server, gate, ask} = await setup();
      assert.equal(await ask(await sign(key)), 200);
      server.mode = mode;
      assert.equal(await ask(await sign(key, {jti: 'later'})), 200);
      assert.equal(await ask(await sign({...key, kid: 'never-seen'})), 401);
      await gate.stop();
    });
  }
});
