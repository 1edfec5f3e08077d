// The commands about billing, beside a gatehouse that serves: what the key may do, what was ordered, and repairing what
// events never told. No webhook reaches anybody here.
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {before, describe, test} from 'node:test';
import {startShop} from './lib/billing.mjs';
import {gatehouse, serve} from './lib/gatehouse.mjs';
import {temporaryFolder, until} from './lib/process.mjs';

let shop, stripe, goods, ask;
const back = {success_url: 'https://app.example.com/ok'};
const run = async (args, env = {}) => gatehouse(['billing', ...args, '-c', shop.gate.file], {env: {STRIPE_SECRET_KEY: stripe.secretKey, ...env}, cwd: shop.gate.folder});
const json = async (args, env) => {
  const done = await run([...args, '--format', 'json'], env);
  return {...done, value: JSON.parse(done.text)};
};

before(async () => {
  shop = await startShop({billing: 'retries = 0'});
  ({stripe, goods, ask} = shop);
});

describe('billing check', () => {
  test('is content with a key that may do all of it, and recommends a restricted one', async () => {
    const done = await run(['check']);
    assert.equal(done.code, 0, done.text + done.errors);
    assert.match(done.text, /unrestricted/);
    assert.match(done.text, /restricted key/);
    const before = stripe.account.objects.size;
    await run(['check']);
    assert.equal(stripe.account.objects.size, before, 'nothing was made by looking');
  });
  test('names the permissions that a restricted key lacks', async () => {
    stripe.grant('rk_test_narrowNarrowNarrow1', {product: 'read', plan: 'read', customer: 'write', checkout_session: 'read'});
    const done = await json(['check'], {STRIPE_SECRET_KEY: 'rk_test_narrowNarrowNarrow1'});
    assert.equal(done.code, 1);
    assert.equal(done.value.restricted, true);
    const missing = done.value.checks.filter((c) => c.state === 'missing').map((c) => c.what);
    assert.ok(missing.some((m) => m.includes('rak_checkout_session_write')), missing.join());
    assert.ok(missing.some((m) => m.includes('rak_customer_portal_write')), missing.join());
    assert.ok(!missing.some((m) => m.startsWith('customers')));
    assert.ok(!(done.text + done.errors).includes('rk_test_narrowNarrow'));
  });
  test('says that a key is unknown, of the other mode, or no key', async () => {
    const unknown = await run(['check'], {STRIPE_SECRET_KEY: 'sk_test_doesNotExistAnywhere9'});
    assert.equal(unknown.code, 1);
    assert.match(unknown.text, /does not know the key/);
    const live = await run(['check'], {STRIPE_SECRET_KEY: 'sk_live_8sdFj29fjJd8s7fh3Kd'});
    assert.equal(live.code, 2);
    assert.match(live.errors, /live key, and this is development/);
  });
  test('says that Stripe was not reached', async () => {
    stripe.fault({kind: 'reset', times: 50});
    const done = await run(['check']);
    stripe.faults.length = 0;
    assert.equal(done.code, 3);
  });
});

describe('starting', () => {
  const config = (key) => ({more: `[billing]\nsecret_key = { env = "STRIPE_SECRET_KEY" }\n`, routes: '[[route]]\npath = "/"\naccess = "public"\n', env: {STRIPE_SECRET_KEY: key}});
  for (const [name, key, why] of [
    ['a live key in development', 'sk_live_8sdFj29fjJd8s7fh3Kd', /holds a live key, and this is development/],
    ['a publishable key', 'pk_test_8sdFj29fjJd8s7fh3Kd', /publishable key/],
    ['something else', 'whsec_8sdFj29fjJd8s7fh3Kd', /no secret key of Stripe's/],
    ['nothing', '', /STRIPE_SECRET_KEY/],
  ])
    test(`with ${name} is refused, with the reason`, async () => {
      await assert.rejects(serve('http://127.0.0.1:9', config(key)), (error) => why.test(error.message) && (!key || !error.message.includes(key)));
    });
  test('with a desk on a path that a route has is refused', async () => {
    const more = '[billing]\nsecret_key = { env = "STRIPE_SECRET_KEY" }\n[billing.endpoints]\norders = "/orders"\n';
    await assert.rejects(serve('http://127.0.0.1:9', {...config(stripe.secretKey), more, routes: '[[route]]\npath = "=/orders"\naccess = "public"\n'}), /already taken/);
  });
  test('with confirming by hand outside development is refused', async () => {
    const file = path.join(temporaryFolder(), 'gatehouse.toml');
    writeFileSync(file, `listen = ["http://127.0.0.1:8080"]
[site]
hosts = ["app.example.com"]
[upstream.app]
servers = ["http://127.0.0.1:9"]
[billing]
secret_key = { env = "STRIPE_SECRET_KEY" }
manual_confirmation = true
[billing.endpoints]
confirm = "/billing/confirm"
[[route]]
path = "/"
access = "public"
`);
    const done = await gatehouse(['check', '-c', file]);
    assert.equal(done.code, 1);
    assert.match(done.text, /development mode alone/);
  });
});

describe('orders and reconciling', () => {
  let paid, lost, monthly;
  test('orders stand in the list, with all that happened to them', async () => {
    paid = (await ask('alice', 'POST', '/billing/checkout', {price: goods.once, ...back})).body;
    monthly = (await ask('bob', 'POST', '/billing/checkout', {price: goods.monthly, ...back})).body;
    stripe.fault({kind: 'reset', after: true, path: '/v1/checkout', times: 5});
    assert.equal((await ask('carol', 'POST', '/billing/checkout', {price: goods.once, ...back})).status, 503);
    stripe.faults.length = 0;
    const {code, value} = await json(['orders', 'list']);
    assert.equal(code, 0);
    assert.deepEqual(value.orders.map((o) => [o.user, o.state]).sort(), [['alice', 'open'], ['bob', 'open'], ['carol', 'creating']]);
    lost = value.orders.find((o) => o.user === 'carol').id;
    const shown = await json(['orders', 'show', paid.order]);
    assert.deepEqual(shown.value.transitions.map((t) => t.trigger), ['created', 'opened']);
    assert.match((await run(['orders', 'show', paid.order])).text, /creating -> open/);
    assert.equal((await run(['orders', 'show', 'ord_none'])).code, 1);
    assert.equal((await json(['orders', 'list', '--state', 'paid'])).value.orders.length, 0);
    assert.equal((await run(['orders', 'list', '--state', 'nonsense'])).code, 2);
  });
  test('what Stripe knows and we do not is named first, and changed only when asked', async () => {
    for (const session of stripe.account.all('checkout.session')) stripe.account.pay(session.id);
    const dry = await json(['reconcile']);
    assert.equal(dry.code, 1, dry.errors);
    assert.deepEqual(dry.value.differences.filter((d) => d.what === 'order_confirmed').map((d) => d.order).sort(), [paid.order, monthly.order, lost].sort());
    assert.equal((await json(['orders', 'list', '--state', 'paid'])).value.orders.length, 0);
    assert.deepEqual((await ask('alice', 'GET', '/billing/entitlements')).body.entitlements, []);

    const repaired = await json(['reconcile', '--apply']);
    assert.equal(repaired.code, 0, repaired.errors);
    assert.equal((await json(['orders', 'list', '--state', 'paid'])).value.orders.length, 3);
    const second = await json(['reconcile', '--apply']);
    assert.deepEqual([second.code, second.value.unknown], [0, []]);
    assert.deepEqual((await ask('alice', 'GET', '/billing/entitlements')).body.entitlements, ['book']);
    await until(async () => (await ask('bob', 'GET', '/billing/entitlements')).body.entitlements.join() === 'export,pro', 'the plan');
    const steps = (await json(['orders', 'show', lost])).value.transitions;
    assert.deepEqual(steps.map((t) => [t.trigger, t.to]), [['created', 'creating'], ['opened', 'open'], ['paid', 'paid']]);
    assert.equal(steps.at(-1).cause, 'reconcile');
  });
  test('the backend is told what was paid for, and nobody can tell it himself', async () => {
    await until(async () => {
      await ask('bob', 'GET', '/api/x', undefined, {'X-Gatehouse-Entitlements': 'everything', x_gatehouse_entitlements: 'everything'});
      return shop.recorder.requests.at(-1).value('x-gatehouse-entitlements') === 'export,pro';
    }, 'the header');
    assert.ok(!shop.recorder.requests.at(-1).head.includes('everything'));
    await ask('nobody', 'GET', '/api/x', undefined, {'X-Gatehouse-Entitlements': 'everything'});
    assert.equal(shop.recorder.requests.at(-1).value('x-gatehouse-entitlements'), undefined);
  });
  test('refunds, disputes and cancellations are found, too', async () => {
    const session = stripe.account.get('checkout.session', paid.session);
    stripe.account.refund({payment_intent: session.payment_intent});
    stripe.account.cancel(stripe.account.get('checkout.session', monthly.session).subscription);
    const carols = stripe.account.all('checkout.session').find((s) => s.client_reference_id === lost);
    stripe.account.dispute({payment_intent: carols.payment_intent});
    const done = await json(['reconcile', '--apply']);
    assert.equal(done.code, 0, done.errors);
    assert.equal((await json(['orders', 'show', paid.order])).value.state, 'refunded');
    assert.equal((await json(['orders', 'show', lost])).value.state, 'disputed');
    for (const user of ['alice', 'bob', 'carol'])
      await until(async () => (await ask(user, 'GET', '/billing/entitlements')).body.entitlements.length === 0, `${user} without`);
  });
  test('a dispute that was won gives back, and the refund of a renewal takes, however old the order', async () => {
    const [dispute] = stripe.account.all('dispute');
    stripe.account.closeDispute(dispute.id, true);
    const begun = (await ask('erin', 'POST', '/billing/checkout', {price: goods.monthly, ...back})).body;
    const subscription = stripe.account.pay(begun.session).subscription;
    assert.equal((await json(['reconcile', '--apply'])).code, 0);
    assert.equal((await json(['orders', 'show', lost])).value.state, 'paid');
    await until(async () => (await ask('erin', 'GET', '/billing/entitlements')).body.entitlements.join() === 'export,pro', 'the plan');

    const invoice = stripe.account.renew(subscription);
    stripe.account.refund({payment_intent: invoice.intent.id});
    // What was paid is looked at as far back as asked; the refund is young, whatever it is of.
    const done = await json(['reconcile', '--apply', '--since', '1h']);
    assert.equal(done.code, 0, done.errors);
    assert.ok(done.value.differences.some((d) => d.what === 'renewal_refunded' && d.subscription === subscription), done.text);
    assert.ok(done.value.refunds >= 2 && done.value.disputes >= 1, done.text);
    assert.equal((await json(['orders', 'show', begun.order])).value.state, 'paid');
    await until(async () => (await ask('erin', 'GET', '/billing/entitlements')).body.entitlements.length === 0, 'erin without');
  });
  test('what cannot be asked is said, and is no agreement', async () => {
    await ask('dave', 'POST', '/billing/checkout', {price: goods.once, ...back});
    stripe.fault({kind: 'status', status: 500, times: 20, path: '/v1/checkout'});
    const done = await json(['reconcile']);
    stripe.faults.length = 0;
    assert.equal(done.code, 3);
    assert.equal(done.value.unknown.length, 1);
  });
});
