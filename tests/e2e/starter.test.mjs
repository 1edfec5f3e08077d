// The faults of the audited starter, one by one: first the bare backend shows it, then gatehouse closes it.
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {before, describe, test} from 'node:test';
import {startStarter} from './lib/backend.mjs';
import {serve} from './lib/gatehouse.mjs';
import {request} from './lib/http.mjs';
import {jwtTable, publicRoute, signedIn} from './lib/policy.mjs';
import {run, temporaryFolder} from './lib/process.mjs';
import {keySet, makeKey, sign} from './lib/tokens.mjs';

let starter, gate, key, token;
const site = 'https://shop.example';
const json = {'Content-Type': 'application/json'};
const project = JSON.stringify({name: 'made elsewhere'});

before(async () => {
  key = await makeKey();
  token = await sign(key);
  const file = path.join(temporaryFolder(), 'keys.json');
  writeFileSync(file, keySet(key));
  starter = await startStarter({env: {CLERK_JWKS_FILE: file, CLERK_JWT_AUDIENCE: 'starter'}});
  gate = await serve(starter.url, {
    more: `${jwtTable({jwks: file})}
[cors]
origins = ["${site}"]
credentials = true
`,
    routes: [
      publicRoute('=/'), publicRoute('/api/health/'), publicRoute('/api/auth/', '', {rate_limit: 'preset = "sign_in"\n'}),
      publicRoute('/api/crash/'), publicRoute('/api/address/'), publicRoute('/api/echo/'), publicRoute('/api/whoami/'),
      publicRoute('/api/redirect/'), publicRoute('/landing/'),
      signedIn('/api/projects/'),
      signedIn('/api/me/'), signedIn('/api/users/'),
      signedIn('/cookie/', 'strip_prefix = "/cookie"\nadd_prefix = "/api"', {jwt: jwtTable({jwks: file, extra: 'cookie = "__session"'}).replace('[jwt]\n', '')}),
    ].join('\n'),
  });
});

describe('a session cookie alone', () => {
  const post = (base, headers, target = '/api/projects/') =>
    request(base + target, {method: 'POST', headers: {...json, ...headers}, body: project});

  test('creates a project on the bare backend, which is the fault', async () => {
    assert.equal((await post(starter.url, {Cookie: `__session=${token}`})).status, 201);
  });
  test('is no credential on a route that takes bearer tokens only', async () => {
    const answer = await post(gate.url, {Cookie: `__session=${token}`});
    assert.equal(answer.status, 401);
    assert.equal(answer.json().error.code, 'unauthenticated');
    assert.match(answer.headers['www-authenticate'], /^Bearer/);
  });
  test('beside a bearer token does no harm: the request passes and the cookie stays behind', async () => {
    const answer = await post(gate.url, {Authorization: `Bearer ${token}`, Cookie: `__session=${token}; theme=dark`});
    assert.equal(answer.status, 201);
    const seen = await request(`${gate.url}/api/echo/`, {headers: {Cookie: `__session=${token}; theme=dark`}});
    assert.equal(seen.json().cookies.theme, 'dark');
    assert.equal(seen.json().cookies.__session, undefined);
  });
});

describe('a route that accepts the cookie', () => {
  const session = () => ({Cookie: `__session=${token}`});
  const own = () => ({...session(), Origin: gate.url, 'Sec-Fetch-Site': 'same-origin'});
  const target = '/cookie/projects/';
  const form = {'Content-Type': 'application/x-www-form-urlencoded'};
  const multipart = {'Content-Type': 'multipart/form-data; boundary=b'};
  const part = '--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n--b--\r\n';
  const crossSite = [
    ['a form', 'POST', {...form, Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site'}, 'name=x'],
    ['a multipart form', 'POST', {...multipart, Origin: 'https://evil.example'}, part],
    ['JSON', 'POST', {...json, Origin: 'https://evil.example'}, project],
    ['an Origin of null', 'POST', {...json, Origin: 'null'}, project],
    ['a look-alike origin', 'POST', () => ({...json, Origin: gate.url + '.evil.example'}), project],
    ['no Origin and a foreign Referer', 'POST', {...json, Referer: 'https://evil.example/page'}, project],
    ['DELETE', 'DELETE', {Origin: 'https://evil.example'}, undefined],
    ['neither Origin nor Referer', 'POST', {...json}, project],
  ];
  for (const [name, method, headers, body] of crossSite) {
    test(`refuses ${name} from another site with 403`, async () => {
      const fields = typeof headers === 'function' ? headers() : headers;
      const bare = await request(`${starter.url}/api/projects/`, {method: 'POST', headers: {...json, ...session()}, body: project});
      assert.equal(bare.status, 201);
      const where = method === 'DELETE' ? `${target}${bare.json().id}/` : target;
      const answer = await request(gate.url + where, {method, headers: {...session(), ...fields}, body});
      assert.equal(answer.status, 403, answer.text);
      assert.match(answer.json().error.code, /^csrf_(site|origin|token)$/);
      const still = await request(`${starter.url}/api/projects/${bare.json().id}/`, {headers: session()});
      assert.equal(still.status, 200);
    });
  }
  test("serves the application's own page", async () => {
    const answer = await request(gate.url + target, {method: 'POST', headers: {...json, ...own()}, body: project});
    assert.equal(answer.status, 201, answer.text);
    const list = await request(gate.url + target, {headers: session()});
    assert.equal(list.status, 200);
  });
});

describe('cross-origin reads', () => {
  // The command that the security guide gives, as it stands there, but for the address.
  const curl = (base) => run('curl', ['-s', '-i', '-X', 'POST', `${base}/api/auth/login`, '-H', 'Origin: https://malicious-site.com']);
  test('the bare backend invites every origin, credentials included', async () => {
    const {text} = await curl(starter.url);
    assert.match(text, /access-control-allow-origin: https:\/\/malicious-site\.com/i);
    assert.match(text, /access-control-allow-credentials: true/i);
  });
  test('gatehouse refuses the malicious origin of the guide\'s curl', async () => {
    const {text} = await curl(gate.url);
    assert.match(text, /^HTTP\/1\.1 403/);
    assert.match(text, /cors_origin/);
    assert.doesNotMatch(text, /access-control-allow-origin/i);
  });
  test('a configured origin may read, and only it is named', async () => {
    const answer = await request(`${gate.url}/api/health/`, {headers: {Origin: site}});
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['access-control-allow-origin'], site);
    assert.match(answer.headers.vary ?? '', /origin/i);
    assert.equal(answer.raw.filter((n) => /^access-control-allow-origin$/i.test(n)).length, 1);
  });
  test('a preflight is answered at the gate', async () => {
    const ask = (origin) => request(`${gate.url}/api/projects/`, {method: 'OPTIONS', headers: {Origin: origin,
      'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type, authorization'}});
    const good = await ask(site);
    assert.ok(good.status === 200 || good.status === 204);
    assert.equal(good.headers['access-control-allow-origin'], site);
    for (const bad of ['https://malicious-site.com', 'null', site + '.evil.example', 'https://SHOP.example.evil']) {
      assert.equal((await ask(bad)).headers['access-control-allow-origin'], undefined, bad);
    }
  });
});

describe('authentication', () => {
  test('the guide\'s curl gets personal data from the bare backend and 401 here', async () => {
    const bare = await run('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', `${starter.url}/api/users/me`]);
    assert.equal(bare.text, '200');
    const here = await run('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', `${gate.url}/api/users/me`]);
    assert.equal(here.text, '401');
  });
  test('a good token passes', async () => {
    assert.equal((await request(`${gate.url}/api/users/me`, {headers: {Authorization: `Bearer ${token}`}})).status, 200);
  });
  test('a path that no route states is closed', async () => {
    assert.equal((await request(`${starter.url}/api/sellers/other/orders/`)).status, 200);
    assert.equal((await request(`${gate.url}/api/sellers/other/orders/`)).status, 404);
  });
});

describe('failures of the backend', () => {
  const secrets = /hunter2-planted|sk_planted_internal|Traceback|supabase|\/srv\/|site-packages/i;
  for (const where of ['/api/crash/', '/api/crash/json/']) {
    test(`${where} tells everything bare and nothing here`, async () => {
      const bare = await request(starter.url + where);
      assert.equal(bare.status, 500);
      assert.match(bare.text, secrets);
      const here = await request(gate.url + where, {headers: {Accept: 'application/json'}});
      assert.equal(here.status, 500);
      assert.doesNotMatch(here.text, secrets);
      const {error} = here.json();
      assert.equal(error.code, 'upstream_error');
      assert.equal(error.request_id, here.headers['x-request-id']);
    });
  }
  test('a browser gets a page instead of JSON, as empty of detail', async () => {
    const here = await request(`${gate.url}/api/crash/`, {headers: {Accept: 'text/html'}});
    assert.match(here.headers['content-type'], /text\/html/);
    assert.doesNotMatch(here.text, secrets);
  });
});

describe('every response', () => {
  const wanted = {'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'x-xss-protection': '0'};
  test('lacks all protection bare', async () => {
    const bare = await request(`${starter.url}/api/health/`);
    for (const name of Object.keys(wanted)) assert.equal(bare.headers[name], undefined);
    assert.ok(bare.headers['x-powered-by'] && bare.headers.server);
  });
  for (const where of ['/', '/api/health/', '/api/users/me', '/nowhere', '/api/crash/']) {
    test(`carries it here: ${where}`, async () => {
      const here = await request(gate.url + where);
      for (const [name, value] of Object.entries(wanted)) assert.equal(here.headers[name], value, name);
      for (const name of ['referrer-policy', 'permissions-policy', 'x-request-id']) assert.ok(here.headers[name], name);
      for (const name of ['x-powered-by', 'server']) assert.equal(here.headers[name], undefined, name);
    });
  }
  test('redirects of the backend name the public address', async () => {
    const bare = await request(`${starter.url}/api/redirect/`);
    assert.equal(bare.headers.location, `${starter.url}/landing/`);
    const here = await request(`${gate.url}/api/redirect/`);
    assert.ok(!here.headers.location.includes(String(starter.port)), here.headers.location);
    assert.equal((await request(new URL(here.headers.location, gate.url))).status, 200);
    assert.doesNotMatch(String(here.headers['set-cookie']), new RegExp(`Domain=127\\.0\\.0\\.1`, 'i'));
  });
});

describe('guessing passwords', () => {
  const guess = (base, n) => request(`${base}/api/auth/login/`, {method: 'POST', headers: json,
    body: JSON.stringify({email: 'shopper@example.test', password: `guess ${n}`})});
  test('is free bare and limited here', async () => {
    for (let n = 0; n < 30; n++) assert.equal((await guess(starter.url, n)).status, 401);
    const here = [];
    for (let n = 0; n < 30; n++) here.push(await guess(gate.url, n));
    const limited = here.filter((answer) => answer.status === 429);
    assert.ok(limited.length >= 20, `${limited.length} of 30 were limited`);
    assert.ok(Number(limited[0].headers['retry-after']) >= 1);
    assert.equal(limited[0].json().error.code, 'rate_limited');
  });
});
