// Document 003, "Webhook Security" and its checklist: a test a box. Where the document's system falls back to unverified
// events when no secret is set, there is nothing to fall back to here: test events are signed like any other.
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import http from 'node:http';
import path from 'node:path';
import {writeFileSync} from 'node:fs';
import {before, describe, test} from 'node:test';
import Stripe from 'stripe';
import {gatehouse, serve} from './lib/gatehouse.mjs';
import {publicRoute} from './lib/policy.mjs';
import {atEnd, sleep, temporaryFolder, until} from './lib/process.mjs';
import {providers} from './signatures/providers.mjs';

const toml = JSON.stringify;
const deliverSecretOf = (name) => 'whsec_' + createHash('sha256').update(`deliver ${name}`).digest('base64');

let backend, gate;
const seen = [], env = {};
const secretOf = (name) => env[`HOOK_${name.replaceAll('-', '_')}`];
const endpoint = (name, p, more = '') => {
  const label = name.replaceAll('-', '_');
  env[`HOOK_${label}`] = p.secretOf(`document 003 ${name}`);
  env[`DELIVER_${label}`] = deliverSecretOf(name);
  return `[webhooks.endpoint.${name}]\nprovider = ${toml(p.provider)}\nsecret = { env = "HOOK_${label}" }\n` +
    (p.url ? `public_url = ${toml(p.url)}\n` : '') + (p.options ?? '') +
    `deliver_to = ${toml(`${backend}/${name}`)}\ndeliver_secret = { env = "DELIVER_${label}" }\n${more}`;
};
const stripe = providers.find(({provider}) => provider === 'stripe');
const command = (...words) => gatehouse(['webhooks', ...words, '-c', gate.file], {cwd: gate.folder});
const send = (name, body, header) => fetch(`${gate.url}/webhooks/${name}`, {method: 'POST', body,
  headers: {'Content-Type': 'application/json', ...(header && {'Stripe-Signature': header})}});
const signed = (name, body) => Stripe.webhooks.generateTestHeaderString({payload: body, secret: secretOf(name)});

before(async () => {
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      seen.push({url: request.url, headers: request.headers, text: Buffer.concat(chunks).toString()});
      response.end('{}');
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  atEnd(() => server.close());
  backend = `http://127.0.0.1:${server.address().port}`;
  const rule = '[[webhooks.endpoint.strict.rule]]\npointer = "/data/object/metadata/user_id"\ntypes = ["checkout.*"]\n';
  gate = await serve(backend, {routes: publicRoute('/'), env,
    more: [...providers.map((p) => endpoint(p.provider, p)), endpoint('strict', stripe, rule)].join('\n')});
});

describe('Document 003, webhooks', () => {
  test('[x] Stripe signature verification: before anything reads the body, and always', async () => {
    const body = JSON.stringify({id: 'evt_003', object: 'event', type: 'checkout.session.completed', data: {object: {}}});
    assert.equal((await send('stripe', body)).status, 401);
    assert.equal((await send('stripe', '{"broken', undefined)).status, 401, 'what is unsigned is not parsed');
    assert.equal((await send('stripe', body, signed('strict', body))).status, 401, 'another endpoint\'s secret');
    assert.equal((await send('stripe', body, signed('stripe', body))).status, 200);
    await until(() => seen.some(({url, text}) => url === '/stripe' && text === body), 'the delivery');
  });

  test('[x] Mock mode for testing: every provider\'s test event is signed and walks the whole way', async () => {
    for (const {provider} of providers) {
      const before = seen.length;
      const sent = await command('test', provider, '--format', 'json');
      assert.equal(sent.code, 0, `${provider}: ${sent.text}${sent.errors}`);
      assert.equal(JSON.parse(sent.text).status, 200);
      await until(() => seen.slice(before).some(({url}) => url === `/${provider}`), `the delivery of ${provider}`);
    }
  });

  test('[x] Graceful fallback for mock/test mode: none that skips verification can be written', async () => {
    for (const line of ['verify = false', 'mock = true', 'skip_verification = true', 'secret = ""', 'secret = []']) {
      const folder = temporaryFolder(), file = path.join(folder, 'gatehouse.toml');
      const secret = line.startsWith('secret') ? '' : 'secret = { env = "HOOK_stripe" }\n';
      writeFileSync(file, `mode = "development"\nlisten = ["http://127.0.0.1:18080"]\n[upstream.app]\nservers = ["${backend}"]\n` +
        `[[route]]\npath = "/"\naccess = "public"\n[webhooks.endpoint.stripe]\nprovider = "stripe"\n${secret}${line}\n` +
        `deliver_to = "${backend}"\ndeliver_secret = { env = "DELIVER_stripe" }\n`);
      const checked = await gatehouse(['check', '-c', file], {cwd: folder});
      assert.equal(checked.code, 1, `${line}: ${checked.text}`);
      assert.match(checked.text, /webhooks\.endpoint\.stripe/);
    }
  });

  test('[x] Error handling for invalid signatures: one body for all of them, and nothing happens', async () => {
    const before = seen.length;
    const body = '{"id":"evt_forged","type":"checkout.session.completed"}';
    const now = Math.floor(Date.now() / 1000);
    const answers = [];
    for (const header of [undefined, `t=${now},v1=${'0'.repeat(64)}`, signed('stripe', `${body} `),
      Stripe.webhooks.generateTestHeaderString({payload: body, secret: secretOf('stripe'), timestamp: now - 3600})]) {
      const answer = await send('stripe', body, header);
      assert.equal(answer.status, 401);
      const {error} = await answer.json();
      assert.deepEqual(Object.keys(error), ['code', 'message', 'request_id']);
      answers.push(`${error.code} ${error.message}`);
    }
    assert.equal(new Set(answers).size, 1, answers.join('\n'));
    await sleep(300);
    assert.equal(seen.length, before);
  });

  test('[x] Metadata validation (userId presence): an event without it is kept aside and reaches nobody', async () => {
    const of = (id, metadata) => JSON.stringify({id, object: 'event', type: 'checkout.session.completed', data: {object: {metadata}}});
    for (const [id, metadata] of [['evt_without', {}], ['evt_empty', {user_id: ''}], ['evt_null', {user_id: null}]])
      assert.equal((await send('strict', of(id, metadata), signed('strict', of(id, metadata)))).status, 200);
    const good = of('evt_with', {user_id: 'user_7'});
    assert.equal((await send('strict', good, signed('strict', good))).status, 200);
    await until(() => seen.some(({text}) => text === good), 'the delivery');
    assert.equal(seen.filter(({url}) => url === '/strict').length, 1);
    const sample = await command('test', 'strict', '--type', 'checkout.session.completed', '--format', 'json');
    assert.equal(sample.code, 0, sample.text + sample.errors);
    await until(() => seen.some(({url, text}) => url === '/strict' && text.includes(JSON.parse(sample.text).id)), 'the test event');
    const kept = await command('list', '--endpoint', 'strict', '--state', 'quarantined');
    for (const id of ['evt_without', 'evt_empty', 'evt_null']) assert.ok(kept.text.includes(id), kept.text);
  });

  test('[x] Webhook secret stored in environment variable, and shown nowhere', async () => {
    const all = gate.log() + (await command('list', '--format', 'json')).text + (await command('stats')).text;
    for (const value of Object.values(env)) assert.ok(!all.includes(value));
    const admin = await fetch(`${gate.admin}/webhooks/stats`);
    assert.equal(admin.status, 401, 'the admin door wants its token');
  });
});
