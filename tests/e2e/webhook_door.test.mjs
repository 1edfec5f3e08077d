// The door of the inbox: the tamper matrix once more, over HTTP and the real clock. What is refused reaches nobody; what
// is accepted is delivered, signed by us. And the audit's probe tells such a door from one that believes anybody.
import assert from 'node:assert/strict';
import {isUtf8} from 'node:buffer';
import {createHash} from 'node:crypto';
import http from 'node:http';
import {before, describe, test} from 'node:test';
import {Webhook} from 'standardwebhooks';
import Stripe from 'stripe';
import {gatehouse, serve} from './lib/gatehouse.mjs';
import {atEnd, sleep, temporaryFolder, until} from './lib/process.mjs';
import {publicRoute} from './lib/policy.mjs';
import {casesOf} from './signatures/cases.mjs';
import {providers} from './signatures/providers.mjs';

const clock = () => Math.floor(Date.now() / 1000);
const deliverSecretOf = (n) => 'whsec_' + createHash('sha256').update(`deliver ${n}`).digest('base64');
const unauthorized = new Set(['signature_missing', 'no_known_version', 'signature_mismatch', 'body_mismatch', 'timestamp_too_old',
  'timestamp_too_new']);
const statusOf = (code) => code === 'ok' ? 200 : unauthorized.has(code) ? 401 : 400;

// Fields exactly as given, repeated ones too.
function post(url, headers, body) {
  const typed = headers.some(([n]) => n.toLowerCase() === 'content-type') ? headers : [...headers, ['Content-Type', 'application/json']];
  return new Promise((done, failed) => {
    const {hostname, port, pathname, search} = new URL(url);
    const request = http.request({hostname, port, path: pathname + search, method: 'POST', agent: false,
      headers: ['Host', `${hostname}:${port}`, 'Content-Length', `${body.length}`, ...typed.flat()]}, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => done({status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString()}));
    });
    request.on('error', failed);
    request.end(body);
  });
}

async function startBackend() {
  const seen = [];
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      seen.push({url: request.url, headers: request.headers, body: Buffer.concat(chunks)});
      response.end('{}');
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  atEnd(() => server.close());
  return {seen, url: `http://127.0.0.1:${server.address().port}`};
}

const toml = JSON.stringify;

describe('the webhook door', () => {
  let backend, cases;
  const gates = [], endpoints = new Map();
  // An endpoint for each provider and set of secrets and options. No secret may stand at two endpoints of one gate, so
  // the n-th endpoint of every provider stands at the n-th gate.
  const endpointOf = ({provider, secrets, url, options}) => {
    const key = JSON.stringify([provider, secrets, url, options]);
    if (!endpoints.has(key)) {
      const gate = [...endpoints.values()].filter((e) => e.provider === provider).length;
      endpoints.set(key, {provider, secrets, url, options, gate, name: `e${endpoints.size}`, deliverSecret: deliverSecretOf(endpoints.size)});
    }
    return endpoints.get(key);
  };
  const textOf = (e, env) => {
    const reference = (value, label) => {
      env[label] = value;
      return `{ env = ${toml(label)} }`;
    };
    return `[webhooks.endpoint.${e.name}]\nprovider = ${toml(e.provider)}\n` +
      `secret = [${e.secrets.map((secret, n) => reference(secret, `HOOK_${e.name}_${n}`))}]\n` +
      (e.url ? `public_url = ${toml(e.url)}\n` : '') + (e.options ? `${e.options}\n` : '') +
      `deliver_to = ${toml(`${backend.url}/${e.name}`)}\ndeliver_secret = ${reference(e.deliverSecret, `DELIVER_${e.name}`)}\n`;
  };
  const send = (e, headers, body, query = '') => post(`${gates[e.gate].url}/webhooks/${e.name}${query ? `?${query}` : ''}`, headers, body);

  before(async () => {
    backend = await startBackend();
    const at = clock();
    // A second more or less is for the matrix with its own clock.
    cases = providers.flatMap((p) => casesOf(p, at)).filter(({name}) => !/^time: (as old as|a second|as far ahead)/.test(name));
    for (const c of cases) c.endpoint = endpointOf(c);
    const all = [...endpoints.values()];
    for (let n = 0; n <= Math.max(...all.map(({gate}) => gate)); ++n) {
      const env = {}, more = all.filter(({gate}) => gate === n).map((e) => textOf(e, env)).join('\n');
      gates.push(await serve(backend.url, {routes: publicRoute('/'), more, env}));
    }
  });

  test('every tampered request gets 400 or 401, every genuine one 200, and no reason is told', async () => {
    const wrong = [];
    const accepted = [];
    for (const c of cases) {
      const answer = await send(c.endpoint, c.headers, c.body, c.query);
      const expected = statusOf(c.code);
      // A header block past the general limit is refused before anybody looks whose it is.
      const fits = answer.status === expected || (c.code === 'header_too_long' && answer.status === 413);
      if (!fits) wrong.push(`${c.provider}: ${c.name}: ${answer.status}, expected ${expected} (${c.code})`);
      if (answer.status !== 200 && answer.text.includes(c.code)) wrong.push(`${c.provider}: ${c.name}: tells ${c.code}`);
      if (answer.status === 200) accepted.push(c);
    }
    assert.deepEqual(wrong, []);
    assert.ok(accepted.length > 100 && cases.length - accepted.length > 700, `${accepted.length} of ${cases.length}`);
  });

  test('only verified events are delivered, and each of them with a signature of ours', async () => {
    const genuine = cases.filter(({code}) => code === 'ok');
    const key = (endpoint, body) => `${endpoint} ${body.toString('base64')}`;
    const allowed = new Set(genuine.map((c) => key(c.endpoint.name, c.body)));
    // Most cases carry the same id, so they are one event: each endpoint that accepted anything has delivered one.
    const opened = new Set(genuine.map(({endpoint}) => `/${endpoint.name}`));
    await until(() => [...opened].every((url) => backend.seen.some((s) => s.url === url)), 'the deliveries', 30);
    assert.deepEqual(backend.seen.filter((s) => !allowed.has(key(s.url.slice(1), s.body))), [], 'nothing that was refused');
    const secrets = new Map([...endpoints.values()].map((e) => [`/${e.name}`, e.deliverSecret]));
    // The library parses what it verified, so it is asked about JSON only.
    const readable = backend.seen.filter(({body}) => isUtf8(body) && body[0] === 0x7b);
    assert.ok(readable.length >= 10);
    for (const s of readable) new Webhook(secrets.get(s.url)).verify(s.body.toString(), s.headers);
  });

  test('an event that comes again under the same id is answered and not delivered again', async () => {
    const secret = providers.find(({provider}) => provider === 'stripe').secretOf('stripe a');
    const endpoint = endpointOf({provider: 'stripe', secrets: [secret]}), body = JSON.stringify({id: 'evt_again', object: 'event', type: 'a.b'});
    for (let n = 0; n < 3; ++n) {
      const header = Stripe.webhooks.generateTestHeaderString({payload: body, secret, timestamp: clock() - n});
      assert.equal((await send(endpoint, [['Stripe-Signature', header]], Buffer.from(body))).status, 200);
    }
    const mine = () => backend.seen.filter((s) => s.body.toString() === body);
    await until(() => mine().length === 1, 'the delivery');
    await sleep(500);
    assert.equal(mine().length, 1);
  });

  test('Slack is answered its challenge only when it signed it', async () => {
    const p = providers.find(({provider}) => provider === 'slack'), secret = p.secretOf('slack a');
    const endpoint = endpointOf({provider: 'slack', secrets: [secret]});
    const m = {body: Buffer.from('{"type":"url_verification","challenge":"c0ffee"}'), id: '', time: clock(), secret};
    const ask = (headers) => send(endpoint, headers, m.body);
    const answered = await ask(p.render([p.item(p.encode(p.mac(m)))], m));
    assert.equal(answered.status, 200);
    assert.equal(answered.text, 'c0ffee');
    assert.match(answered.headers['content-type'], /^text\/plain/);
    assert.equal((await ask(p.render([p.item('0'.repeat(64))], m))).status, 401);
  });

  test('other methods are refused, and the record has the reason', async () => {
    const [{name}] = endpoints.values();
    assert.equal((await fetch(`${gates[0].url}/webhooks/${name}`)).status, 405);
    await until(() => gates[0].log().includes('signature_mismatch'), 'the record');
    for (const gate of gates)
      for (const e of endpoints.values())
        for (const secret of [...e.secrets, e.deliverSecret]) assert.ok(!gate.log().includes(secret), 'no secret in the log');
  });
});

describe('a door without its secret', () => {
  test('does not open: the start is refused', async () => {
    const backend = await startBackend();
    await assert.rejects(serve(backend.url, {routes: publicRoute('/'), more: '[webhooks.endpoint.stripe]\nprovider = "stripe"\n' +
      `secret = { env = "NOT_SET_ANYWHERE" }\ndeliver_to = "${backend.url}"\ndeliver_secret = { env = "DELIVER_SECRET" }\n`,
    env: {DELIVER_SECRET: deliverSecretOf(0)}}), /NOT_SET_ANYWHERE/);
  });
});

describe('the probe', () => {
  const ask = async (url, ...paths) => {
    const {text, code} = await gatehouse(['audit', '--url', url, '--active', '--only', 'EX-018', '--format', 'json',
      ...paths.flatMap((path) => ['--webhook', path])], {cwd: temporaryFolder()});
    return {code, report: JSON.parse(text)};
  };
  test('finds a handler that believes unsigned events, and is content with the inbox', async () => {
    const naive = await startBackend();
    const bad = await ask(naive.url, '/hooks/stripe');
    assert.ok(bad.report.findings.some(({id}) => id === 'EX-018'), JSON.stringify(bad.report));
    const gate = await serve(naive.url, {routes: publicRoute('/'), more: '[webhooks.endpoint.stripe]\nprovider = "stripe"\n' +
      `secret = { env = "HOOK" }\ndeliver_to = "${naive.url}"\ndeliver_secret = { env = "DELIVER_SECRET" }\n`,
    env: {DELIVER_SECRET: deliverSecretOf(0), HOOK: deliverSecretOf(1)}});
    const before = naive.seen.length;
    const good = await ask(gate.url, '/webhooks/stripe');
    assert.deepEqual(good.report.findings.filter(({id}) => id === 'EX-018'), []);
    assert.match(JSON.stringify(good.report), /signed by nobody who could, are refused/);
    assert.equal(naive.seen.slice(before).filter(({body}) => body.includes('gatehouse_probe')).length, 0);
  });
});
