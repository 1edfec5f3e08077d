// What people expect of a route, each against a real backend: first what the backend takes, then what the route lets in.
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {before, describe, test} from 'node:test';
import {plain, startRecorder, startStarter} from './lib/backend.mjs';
import {gatehouse, serve} from './lib/gatehouse.mjs';
import {raw, request} from './lib/http.mjs';
import {jwtTable, publicRoute, route, signedIn} from './lib/policy.mjs';
import {temporaryFolder} from './lib/process.mjs';
import {keySet, makeKey, sign} from './lib/tokens.mjs';

let starter, recorder, gate, toRecorder, key;
const bearer = async (claims) => ({Authorization: `Bearer ${await sign(key, claims)}`});
const last = () => recorder.requests.at(-1);

before(async () => {
  key = await makeKey();
  const file = path.join(temporaryFolder(), 'keys.json');
  writeFileSync(file, keySet(key));
  starter = await startStarter();
  recorder = await startRecorder({answer: (question) => question.target.startsWith('/cors')
    ? plain('{}', {fields: ['Access-Control-Allow-Origin: *', 'Access-Control-Allow-Credentials: true', 'Access-Control-Expose-Headers: X-Secret']})
    : undefined});
  const routes = [
    publicRoute('/api/'),
    '[[route]]\npath = "/api/crash/"\ndeny = true\n',
    publicRoute('=/api/download/', 'methods = ["GET"]'),
    publicRoute('=/api/slow/', 'query_declared = true', {}) + `[[route.query]]
name = "seconds"
type = "integer"
min = 0
max = 2
`,
    publicRoute('/search', 'query_declared = true') + `[[route.query]]
name = "q"
required = true
max = 20
[[route.query]]
name = "sort"
type = "choice"
values = ["name", "date"]
[[route.query]]
name = "id"
type = "uuid"
`,
    signedIn('=/mine') + '[[route.query]]\nname = "owner"\nrequired = true\nequals_claim = "sub"\n',
    publicRoute('/clean/', 'remove_request_headers = ["X-Debug", "X-Internal-Key"]\nremove_cookies = ["debug"]') +
      '[route.set_request_headers]\nAccept = "application/json"\nX-From = "gatehouse"\n',
    publicRoute('/v1/', 'strip_prefix = "/v1"\nadd_prefix = "/internal"'),
    publicRoute('/cors/', '', {cors: 'origins = ["https://shop.example"]\n'}),
    publicRoute('=/api/health/', '', {rate_limit: 'headers = "always"\n[[route.rate_limit.rule]]\nname = "trial"\nquota = "5/day"\n'}),
  ].join('\n');
  const more = jwtTable({jwks: file});
  gate = await serve(starter.url, {more, routes});
  toRecorder = await serve(recorder.url, {more, routes});
});

describe('deny', () => {
  test('closes what the backend serves', async () => {
    assert.equal((await request(`${starter.url}/api/crash/json/`)).status, 500);
    const answer = await request(`${gate.url}/api/crash/json/`);
    assert.equal(answer.status, 403);
    assert.equal(answer.json().error.code, 'denied_route');
  });
  test('is not walked around by another spelling of the path', async () => {
    const before = recorder.requests.length;
    for (const [spelling, code] of [['/api/Crash/json/', 'bad_path'], ['/API/crash/json/', 'not_found'], ['/api/cras%68/', 'denied_route'],
      ['/api/x/../crash/', 'bad_path'], ['/api//crash/', 'bad_path'], ['/api/crash;x/', 'bad_path'], ['/api/%2e/crash/', 'bad_path'],
      ['/api/%252e%252e/crash/', 'bad_path'], ['/api/x%2F..%2Fcrash/', 'bad_path'], ['/api\\crash/', 'bad_path']]) {
      const answer = await raw(toRecorder.port, `GET ${spelling} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
      assert.match(answer.text, new RegExp(`"code":"${code}"`), spelling);
    }
    assert.equal(recorder.requests.length, before, 'and none of them reached the backend');
  });
});

describe('methods', () => {
  test('other than those listed get 405 with Allow', async () => {
    assert.equal((await request(`${starter.url}/api/download/`, {method: 'DELETE'})).status, 200);
    const answer = await request(`${gate.url}/api/download/`, {method: 'DELETE'});
    assert.equal(answer.status, 405);
    assert.equal(answer.json().error.code, 'method_not_allowed');
    assert.match(answer.headers.allow, /GET/);
    assert.equal((await request(`${gate.url}/api/download/`)).status, 200);
  });
});

describe('declared query parameters', () => {
  test('bound what the backend would take', async () => {
    assert.equal((await request(`${gate.url}/api/slow/?seconds=0`)).status, 200);
    for (const query of ['seconds=30', 'seconds=-1', 'seconds=1&seconds=1', 'seconds=x', 'seconds=1&other=2', 'seconds=%31&Seconds=9', 'seconds=1;other=2']) {
      const answer = await request(`${gate.url}/api/slow/?${query}`);
      assert.equal(answer.status, 400, query);
      assert.equal(answer.json().error.code, 'bad_query', query);
    }
  });
  test('are typed', async () => {
    const ask = async (query) => (await request(`${toRecorder.url}/search?${query}`)).status;
    assert.equal(await ask('q=shoes&sort=name&id=123e4567-e89b-12d3-a456-426614174000'), 200);
    assert.equal(last().target, '/search?q=shoes&sort=name&id=123e4567-e89b-12d3-a456-426614174000');
    for (const query of ['sort=name', `q=${'a'.repeat(21)}`, 'q=a&sort=price', 'q=a&id=1', '']) assert.equal(await ask(query), 400, query);
  });
  test('may have to equal a verified claim', async () => {
    const headers = await bearer({sub: 'user_alice'});
    assert.equal((await request(`${toRecorder.url}/mine?owner=user_alice`, {headers})).status, 200);
    for (const query of ['owner=user_bob', 'owner=USER_ALICE', 'owner=user_alice&owner=user_bob', 'owner=']) {
      assert.ok([400, 403].includes((await request(`${toRecorder.url}/mine?${query}`, {headers})).status), query);
    }
  });
});

describe('request headers and cookies', () => {
  test('are removed by name in every spelling, duplicates too, and set by force', async () => {
    await raw(toRecorder.port, ['GET /clean/x HTTP/1.1', 'Host: 127.0.0.1', 'X-Debug: 1', 'x-debug: 2', 'X_Debug: 3', 'X-INTERNAL-KEY: k',
      'Accept: text/html', 'X-From: me', 'Cookie: debug=1; theme=dark; debug=2', 'Cookie: debug=3', 'Connection: close', '', ''].join('\r\n'));
    const got = last();
    assert.doesNotMatch(got.head, /x.debug|x.internal.key|debug=/i);
    assert.equal(got.value('accept'), 'application/json');
    assert.equal(got.fields.filter(([n]) => n.toLowerCase() === 'accept').length, 1);
    assert.equal(got.value('x-from'), 'gatehouse');
    assert.match(got.value('cookie'), /^theme=dark$/);
  });
});

describe('prefixes', () => {
  test('are taken off and put on', async () => {
    await request(`${toRecorder.url}/v1/items/3?x=1`);
    assert.equal(last().target, '/internal/items/3?x=1');
  });
});

describe("the backend's CORS headers", () => {
  test('are replaced by ours', async () => {
    const bare = await request(`${recorder.url}/cors/x`);
    assert.equal(bare.headers['access-control-allow-origin'], '*');
    const other = await request(`${toRecorder.url}/cors/x`);
    for (const name of ['origin', 'credentials']) assert.equal(other.headers[`access-control-allow-${name}`], undefined);
    assert.equal(other.headers['access-control-expose-headers'], undefined);
    const ours = await request(`${toRecorder.url}/cors/x`, {headers: {Origin: 'https://shop.example'}});
    assert.equal(ours.headers['access-control-allow-origin'], 'https://shop.example');
  });
});

describe('quotas', () => {
  test('let five of a day through and no sixth', async () => {
    const statuses = [];
    for (let n = 0; n < 7; n++) statuses.push((await request(`${gate.url}/api/health/`)).status);
    assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429, 429]);
  });
});
