// Whatever secret a request or an answer carries, the log of the run does not (docs/logging-policy.md).
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {before, describe, test} from 'node:test';
import {plain, startRecorder} from './lib/backend.mjs';
import {gatehouse, serve} from './lib/gatehouse.mjs';
import {raw, request} from './lib/http.mjs';
import {jwtTable, publicRoute, signedIn} from './lib/policy.mjs';
import {temporaryFolder, until} from './lib/process.mjs';
import {keySet, makeKey, sign} from './lib/tokens.mjs';

const planted = {
  cookie: 'planted-cookie-7f3a', body: 'planted-body-91bc', query: 'planted-query-c0de', answer: 'planted-answer-55aa',
  setCookie: 'planted-setcookie-1212', password: 'planted-password-8888', basic: 'planted-basic-3131', crash: 'planted-crash-4242',
  userInfo: 'planted-userinfo-6666', email: 'planted@example.test',
};
let gate, token, forged, last;

before(async () => {
  const key = await makeKey();
  const other = await makeKey();
  token = await sign(key, {sub: 'user_planted_subject', email: planted.email});
  forged = await sign(other, {sub: 'user_planted_subject'});
  const file = path.join(temporaryFolder(), 'keys.json');
  writeFileSync(file, keySet(key));
  const backend = await startRecorder({answer: (question) => question.target.startsWith('/crash')
    ? plain(`Traceback: ${planted.crash}`, {status: '500 Internal Server Error'})
    : plain(`{"secret":"${planted.answer}"}`, {fields: [`Set-Cookie: s=${planted.setCookie}`]})});
  gate = await serve(backend.url, {more: jwtTable({jwks: file}), routes: publicRoute('/open') + publicRoute('/crash') + signedIn('/in')});
  const bearer = {Authorization: `Bearer ${token}`};
  const cookie = {Cookie: `__session=${planted.cookie}; sid=${planted.cookie}`};
  await request(`${gate.url}/in?token=${planted.query}&password=${planted.password}`, {headers: {...bearer, ...cookie}});
  await request(`${gate.url}/in`, {headers: {Authorization: `Bearer ${forged}`}});
  await request(`${gate.url}/in`, {headers: {Authorization: `Basic ${planted.basic}`}});
  await request(`${gate.url}/open`, {method: 'POST', body: JSON.stringify({password: planted.body}), headers: {...cookie, 'Content-Type': 'application/json'}});
  await request(`${gate.url}/crash`);
  await raw(gate.port, `POST /open HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: a=${planted.cookie}\r\nContent-Length: x\r\n\r\n${planted.body}`);
  await raw(gate.port, `GET http://u:${planted.userInfo}@127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  await raw(gate.port, 'GET /open?a=%0d%0a{"forged":true} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: a\tb\r\n\r\n');
  last = await request(`${gate.url}/nowhere`);
  await until(() => gate.records().some((r) => r.id === last.headers['x-request-id'] || r.request_id === last.headers['x-request-id']), 'the last record');
});

describe('the log of a run', () => {
  for (const [what, secret] of Object.entries(planted)) {
    test(`does not hold the planted ${what}`, () => assert.ok(!gate.log().includes(secret), secret));
  }
  test('holds neither the token nor any part of it', () => {
    for (const part of [...token.split('.'), ...forged.split('.')]) assert.ok(!gate.log().includes(part));
  });
  test('names users by a hash only', () => assert.ok(!gate.log().includes('user_planted_subject')));
  test('is one JSON object a request, with what the policy promises', () => {
    const records = gate.records();
    assert.ok(records.length >= 9);
    for (const record of records) {
      for (const field of ['time', 'level', 'method', 'path', 'status', 'ms']) assert.ok(field in record, `${field} in ${JSON.stringify(record)}`);
      assert.ok(record.id ?? record.request_id);
      assert.ok(!('forged' in record));
    }
  });
  test('answers `gatehouse why` for a refused request', async () => {
    const id = last.headers['x-request-id'];
    const said = await gatehouse(['why', id, '-c', gate.file]);
    assert.equal(said.code, 0, said.text + said.errors);
    assert.match(said.text, /not_found/);
  });
});
