// Document 002 §7, the checklist of the Stripe-first backend: a test a box, against the running program.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {before, describe, test} from 'node:test';
import {startShop} from './lib/billing.mjs';
import {gatehouse, serve} from './lib/gatehouse.mjs';
import {raw} from './lib/http.mjs';
import {publicRoute} from './lib/policy.mjs';
import {root, temporaryFolder, until} from './lib/process.mjs';
import {makeKey, sign} from './lib/tokens.mjs';

const webhookSecret = 'whsec_4tB8xQm2VnK7cLrZ9dWs3HfYp6JeAu1G';
let shop, stripe, goods, ask;
const routes = [['GET', 'products'], ['GET', 'prices'], ['POST', 'customer'], ['POST', 'checkout'], ['POST', 'portal'], ['GET', 'subscriptions'], ['POST', 'subscriptions'],
  ['DELETE', 'subscriptions/sub_1'], ['POST', 'payment-intents'], ['POST', 'setup-intents'], ['POST', 'ephemeral-keys'], ['GET', 'orders'], ['GET', 'entitlements']];
const envelope = (answer) => {
  assert.match(answer.headers['content-type'], /^application\/json/);
  assert.deepEqual(Object.keys(answer.body), ['error']);
  assert.deepEqual(Object.keys(answer.body.error), ['code', 'message', 'request_id']);
  assert.match(answer.body.error.code, /^[a-z_]+$/);
  assert.equal(answer.body.error.request_id, answer.headers['x-request-id']);
  assert.ok(!/\n\s+at |Exception|Traceback|stripe|sk_test|whsec|\.cc|\/src\/|localhost|127\.0/i.test(answer.text), answer.text);
};

before(async () => {
  shop = await startShop({
    billing: 'retries = 0', env: {STRIPE_WEBHOOK_SECRET: webhookSecret},
    more: `[webhooks.endpoint.stripe]
provider = "stripe"
path = "/stripe/webhooks"
secret = { env = "STRIPE_WEBHOOK_SECRET" }
handle = ["billing"]
[cors]
origins = ["https://app.example.com"]
credentials = true
`,
    routes: publicRoute('/open/'),
  });
  ({stripe, goods, ask} = shop);
});

describe('Document 002 §7', () => {
  test('[x] Auth middleware in place and applied to all Stripe routes before anything that returns Stripe data', async () => {
    const [stranger, now] = [await makeKey(), Math.floor(Date.now() / 1000)];
    const [head, , tail] = (await shop.token('alice')).split('.');
    const bad = {
      'no token': undefined,
      'an expired token': await shop.token('alice', {iat: now - 7200, exp: now - 3600}),
      'a token of another issuer': await shop.token('alice', {iss: 'https://evil.example'}),
      'a token for another audience': await shop.token('alice', {aud: 'other'}),
      'a token signed by another key': await sign(stranger, {sub: 'alice'}),
      'a changed token': `${head}.${Buffer.from('{"sub":"root"}').toString('base64url')}.${tail}`,
      'an unsigned token': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"alice"}').toString('base64url')}.`,
    };
    const before = stripe.requests.length;
    for (const [name, token] of Object.entries(bad))
      for (const [method, at] of routes) {
        const answer = await ask(null, method, `/billing/${at}`, method === 'POST' ? {price: goods.once} : undefined, token ? {Authorization: `Bearer ${token}`} : {});
        assert.equal(answer.status, 401, `${name}: ${method} ${at}`);
        envelope(answer);
      }
    assert.equal(stripe.requests.length, before, 'Stripe was not asked once');
    assert.equal((await ask('alice', 'GET', '/billing/products')).status, 200);
    assert.ok(stripe.requests.length > before);
  });

  test('[x] Env schema includes STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET; validation at start-up', async () => {
    const good = {STRIPE_SECRET_KEY: stripe.secretKey, STRIPE_WEBHOOK_SECRET: webhookSecret};
    assert.equal((await gatehouse(['check', '-c', shop.gate.file, '--env'], {env: good})).code, 0);
    for (const [change, why] of [
      [{STRIPE_SECRET_KEY: ''}, /STRIPE_SECRET_KEY/], [{STRIPE_WEBHOOK_SECRET: ''}, /STRIPE_WEBHOOK_SECRET/],
      [{STRIPE_SECRET_KEY: 'sk_live_8sdFj29fjJd8s7fh3Kd'}, /live key, and this is development/], [{STRIPE_SECRET_KEY: 'sk_test_changeme-please'}, /placeholder/],
      [{STRIPE_SECRET_KEY: 'pk_test_8sdFj29fjJd8s7fh3Kd'}, /publishable/],
    ]) {
      const checked = await gatehouse(['check', '-c', shop.gate.file, '--env'], {env: {...good, ...change}});
      assert.equal(checked.code, 1);
      assert.match(checked.text, why);
      const started = await gatehouse(['serve', '-c', shop.gate.file], {env: {...good, ...change}, timeout: 10_000});
      assert.equal(started.code, 1);
      assert.match(started.errors, why);
      for (const value of Object.values(change)) if (value) assert.ok(!(checked.text + started.errors).includes(value));
    }
  });

  test('[x] No Stripe or Supabase keys in the repository or in client-facing responses', async () => {
    const files = execFileSync('git', ['-C', root, 'ls-files', '-z'], {encoding: 'utf8', maxBuffer: 64 << 20}).split('\0').filter(Boolean);
    assert.ok(files.length > 300);
    const real = /(?:sk|rk)_live_[0-9a-zA-Z]{24,}|service_role[^\n]{0,40}eyJ[\w-]{20,}\.[\w-]{40,}\.[\w-]{40,}/;
    const holding = files.filter((f) => { try { return real.test(readFileSync(path.join(root, f), 'latin1')); } catch { return false; } });
    assert.deepEqual(holding.filter((f) => !/^(src\/audit|tests|rules|examples)\/|_test\.cc$/.test(f)), [], 'outside the samples of the secret search');
    const seen = [];
    for (const [method, at] of routes) seen.push((await ask('alice', method, `/billing/${at}`, method === 'POST' ? {price: goods.once, success_url: 'https://app.example.com/', return_url: 'https://app.example.com/'} : undefined)).text);
    stripe.fault({kind: 'status', status: 401, path: '/v1/checkout', message: `Invalid API Key provided: ${stripe.secretKey}`});
    seen.push((await ask('alice', 'POST', '/billing/checkout', {price: goods.once, success_url: 'https://app.example.com/'})).text);
    for (const text of seen) assert.ok(!/sk_(test|live)|rk_(test|live)|whsec_/.test(text) && !text.includes(webhookSecret), text);
    assert.ok(!JSON.stringify(shop.recorder.requests).includes(stripe.secretKey), 'nor is the backend told');
  });

  test('[x] CORS and allowed origins configured per environment', async () => {
    const preflight = (origin) => ask(null, 'OPTIONS', '/billing/checkout', undefined, {Origin: origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization,content-type'});
    const good = await preflight('https://app.example.com');
    assert.equal(good.headers['access-control-allow-origin'], 'https://app.example.com');
    for (const origin of ['https://evil.example', 'https://app.example.com.evil.example', 'http://app.example.com', 'null']) {
      const answer = await preflight(origin);
      assert.equal(answer.headers['access-control-allow-origin'], undefined, origin);
      assert.equal(answer.status, 403);
      envelope(answer);
    }
    assert.equal((await ask('alice', 'POST', '/billing/customer', {}, {Origin: 'https://evil.example'})).body.error.code, 'cors_origin');
    // Each environment has a file of its own; a wildcard with credentials exists in none.
    const file = path.join(temporaryFolder(), 'gatehouse.toml');
    writeFileSync(file, readFileSync(shop.gate.file, 'utf8').replace('origins = ["https://app.example.com"]\ncredentials', 'origins = ["*"]\ncredentials'));
    assert.equal((await gatehouse(['check', '-c', file])).code, 1);
    // Where people come back to from paying is listed, too.
    assert.equal((await ask('alice', 'POST', '/billing/checkout', {price: goods.once, success_url: 'https://evil.example/'})).body.error.code, 'billing_return_url');
  });

  test('[x] Error handler centralised and tested for 401/4xx/5xx and error body shape', async () => {
    const expected = [
      [401, 'unauthenticated', () => ask(null, 'GET', '/billing/orders')],
      [400, 'invalid_body', () => ask('alice', 'POST', '/billing/checkout', '{')],
      [400, 'bad_query', () => ask('alice', 'GET', '/billing/prices?limit=0')],
      [403, 'billing_price', () => ask('alice', 'POST', '/billing/checkout', {price: goods.unlisted, success_url: 'https://app.example.com/'})],
      [404, 'not_found', () => ask('alice', 'GET', '/billing/nothing')],
      [404, 'not_found', () => ask('alice', 'DELETE', '/billing/subscriptions/sub_none')],
      [405, 'method_not_allowed', () => ask('alice', 'PUT', '/billing/checkout', {})],
      [413, 'too_large', () => ask('alice', 'POST', '/billing/checkout', JSON.stringify({price: 'x'.repeat(20_000)}))],
      [415, 'unsupported_media_type', () => ask('alice', 'POST', '/billing/checkout', 'a=b', {'Content-Type': 'text/plain'})],
      [502, 'upstream_refused', () => { stripe.fault({kind: 'status', status: 400, path: '/v1/checkout', type: 'invalid_request_error'}); return ask('alice', 'POST', '/billing/checkout', {price: goods.once, success_url: 'https://app.example.com/'}); }],
      [503, 'payment_unavailable', () => { stripe.fault({kind: 'status', status: 500, path: '/v1/checkout'}); return ask('alice', 'POST', '/billing/checkout', {price: goods.once, success_url: 'https://app.example.com/'}); }],
      [503, 'payment_unavailable', () => { stripe.fault({kind: 'reset', path: '/v1/billing_portal'}); return ask('alice', 'POST', '/billing/portal', {}); }],
    ];
    for (const [status, code, make] of expected) {
      const answer = await make();
      assert.deepEqual([answer.status, answer.body?.error.code], [status, code]);
      envelope(answer);
    }
    const malformed = await raw(shop.gate.port, 'GET /billing/../orders HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.match(malformed.text, /^HTTP\/1\.1 400[\s\S]*\{"error":\{"code":"[a-z_]+","message":"[^"]+","request_id":"[0-9a-f]+"\}\}$/);
    // What the backend itself says on its way down is masked alike.
    const broken = await serve('http://127.0.0.1:9', {routes: publicRoute('/')});
    const {request} = await import('./lib/http.mjs');
    const down = await request(`${broken.url}/`);
    assert.equal(down.status, 502);
    envelope({...down, body: down.json(), text: down.text});
  });

  test('[x] Logging policy documented and applied: what is logged, what is not', async () => {
    const policy = readFileSync(path.join(root, 'docs/logging-policy.md'), 'utf8');
    const planted = {note: 'planted-body-4f1c', card: '4242424242424242', mail: 'planted.person@example.com'};
    await ask('alice', 'POST', '/open/x', {card: planted.card, note: planted.note, mail: planted.mail}, {Cookie: 'session=planted-cookie-77aa'});
    const bought = await ask('alice', 'POST', '/billing/checkout', {price: goods.once, success_url: 'https://app.example.com/?mail=planted.person@example.com'});
    const token = await shop.token('alice');
    await until(() => shop.gate.records().some((r) => r.event === 'order_opened' && r.order === bought.body.order), 'the record');
    const text = shop.gate.log();
    for (const secret of [...Object.values(planted), 'planted-cookie-77aa', token.split('.')[2], stripe.secretKey, webhookSecret, '"alice"']) assert.ok(!text.includes(secret), secret);
    for (const record of shop.gate.records()) {
      assert.match(record.time, /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/);
      assert.match(record.level, /^(info|warning|error)$/);
      assert.ok(record.id || record.event, JSON.stringify(record));
      for (const key of Object.keys(record)) assert.ok(policy.includes(`\`${key}\``), `${key} is not in docs/logging-policy.md`);
      if (record.event) assert.ok(policy.includes(`\`${record.event}\``) || record.event.startsWith('subscription_'), record.event);
    }
  });
});
