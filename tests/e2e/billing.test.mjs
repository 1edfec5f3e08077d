// The Stripe service against a stand-in: whose orders, at which prices, through which door; and what happens when Stripe
// is slow, down or says no.
import assert from 'node:assert/strict';
import {before, describe, test} from 'node:test';
import Stripe from 'stripe';
import {startShop} from './lib/billing.mjs';
import {until} from './lib/process.mjs';

let shop, stripe, goods, ask;
const back = {success_url: 'https://app.example.com/ok?session_id={CHECKOUT_SESSION_ID}', cancel_url: 'https://app.example.com/no'};
const calls = (path, method) => stripe.requests.filter((r) => r.path === path && (!method || r.method === method));

before(async () => {
  shop = await startShop({billing: 'cache = "0s"\nstale = "1h"'});
  ({stripe, goods, ask} = shop);
});

describe('the door', () => {
  const all = [['GET', 'products'], ['GET', 'prices'], ['POST', 'customer'], ['POST', 'checkout'], ['POST', 'portal'], ['GET', 'subscriptions'],
    ['POST', 'subscriptions'], ['DELETE', 'subscriptions/sub_1'], ['POST', 'payment-intents'], ['POST', 'setup-intents'], ['POST', 'ephemeral-keys'],
    ['GET', 'orders'], ['GET', 'entitlements']];
  test('opens to nobody who is not signed in, and Stripe is not asked', async () => {
    const before = stripe.requests.length;
    for (const [method, at] of all)
      for (const headers of [{}, {Authorization: 'Bearer nonsense'}, {Cookie: '__session=x'}]) {
        const answer = await ask(null, method, `/billing/${at}`, method === 'POST' ? {} : undefined, headers);
        assert.equal(answer.status, 401, `${method} ${at}`);
        assert.ok(answer.body.error.code && answer.body.error.message && answer.body.error.request_id);
      }
    assert.equal(stripe.requests.length, before);
  });
  test('takes no other method, and what is not mounted does not exist', async () => {
    assert.equal((await ask('alice', 'PUT', '/billing/checkout', {})).status, 405);
    assert.equal((await ask('alice', 'POST', '/billing/confirm', {})).status, 404);
  });
});

describe('products and prices', () => {
  test('are what is listed, and show no private metadata', async () => {
    const products = await ask('alice', 'GET', '/billing/products');
    assert.deepEqual(products.body.data.map((p) => p.name).sort(), ['Book', 'Pro']);
    assert.ok(!products.text.includes('margin'));
    const prices = await ask('alice', 'GET', '/billing/prices');
    assert.deepEqual(prices.body.data.map((p) => p.id).sort(), [goods.monthly, goods.yearly, goods.once, goods.old].sort());
  });
  test('are filtered, and paged by cursor', async () => {
    const ids = async (query) => (await ask('alice', 'GET', `/billing/prices?${query}`)).body.data.map((p) => p.id);
    assert.deepEqual(await ids('active=false'), [goods.old]);
    assert.deepEqual((await ids(`product=${goods.pro}`)).sort(), [goods.monthly, goods.yearly].sort());
    const first = await ask('alice', 'GET', '/billing/prices?limit=3');
    assert.equal(first.body.has_more, true);
    const rest = await ask('alice', 'GET', `/billing/prices?limit=3&starting_after=${first.body.data[2].id}`);
    assert.equal(rest.body.data.length, 1);
    assert.equal(rest.body.has_more, false);
    assert.deepEqual(await ids(`limit=2&ending_before=${rest.body.data[0].id}`), first.body.data.slice(1).map((p) => p.id));
  });
  for (const query of ['limit=0', 'limit=101', 'limit=x', 'active=maybe', 'customer=cus_1', 'limit=1&limit=2', 'starting_after=price_none', 'product=a%20b'])
    test(`refuse ?${query}`, async () => {
      const answer = await ask('alice', 'GET', `/billing/prices?${query}`);
      assert.equal(answer.status, 400);
      assert.equal(answer.body.error.code, 'bad_query');
    });
  test('go on from what was read before while Stripe is away', async () => {
    stripe.fault({kind: 'status', status: 503, times: 100, path: '/v1/pro'});
    const answer = await ask('alice', 'GET', '/billing/products');
    stripe.faults.length = 0;
    assert.equal(answer.status, 200);
    assert.equal(answer.body.data.length, 2);
  });
  test('are read by the real client, page by page', async () => {
    const at = await startShop({where: 'products = "/v1/products"\nprices = "/v1/prices"\norders = "/billing/orders"'});
    const client = new Stripe(await at.token('alice'), {host: '127.0.0.1', port: at.gate.port, protocol: 'http', telemetry: false});
    const seen = [];
    for await (const price of client.prices.list({limit: 2})) seen.push(price.id);
    assert.equal(seen.length, 4);
    assert.equal((await client.products.list({active: true})).data.length, 2);
    await assert.rejects(new Stripe('not-a-token', {host: '127.0.0.1', port: at.gate.port, protocol: 'http'}).prices.list(), {type: 'StripeAuthenticationError', statusCode: 401});
    await assert.rejects(client.customers.list(), {statusCode: 404});
    await at.gate.stop();
  });
});

describe('the customer', () => {
  test('is one, however many ask at once', async () => {
    const all = await Promise.all(Array.from({length: 12}, () => ask('bob', 'POST', '/billing/customer', {})));
    assert.deepEqual(new Set(all.map((a) => a.status)), new Set([200]));
    assert.equal(new Set(all.map((a) => a.body.id)).size, 1);
    assert.equal(stripe.account.all('customer').filter((c) => c.metadata.user_id === 'bob').length, 1);
    assert.equal((await ask('bob', 'POST', '/billing/customer')).body.id, all[0].body.id);
  });
  test('is each person\'s own', async () => {
    const [a, b] = [await ask('alice', 'POST', '/billing/customer'), await ask('bob', 'POST', '/billing/customer')];
    assert.notEqual(a.body.id, b.body.id);
  });
  test('that was deleted at Stripe is made anew', async () => {
    const {id} = (await ask('carol', 'POST', '/billing/customer')).body;
    stripe.account.get('customer', id).deleted = true;
    assert.equal((await ask('carol', 'POST', '/billing/checkout', {price: goods.once, ...back})).status, 503);
    assert.equal((await ask('carol', 'POST', '/billing/checkout', {price: goods.once, ...back})).status, 200);
    assert.notEqual((await ask('carol', 'POST', '/billing/customer')).body.id, id);
  });
});

describe('nobody chooses', () => {
  const refused = [
    ['whose order it is', {customer: 'cus_1'}, 400, 'billing_customer'],
    ['whose mail it goes to', {customer_email: 'x@example.com'}, 400, 'billing_customer'],
    ['the metadata', {metadata: {order_id: 'ord_1'}}, 400, 'billing_customer'],
    ['the reference', {client_reference_id: 'ord_1'}, 400, 'billing_customer'],
    ['the amount', {amount: 1}, 400, 'billing_amount'],
    ['the currency', {currency: 'jpy'}, 400, 'billing_amount'],
    ['a price of his own', {price_data: {unit_amount: 1}}, 400, 'billing_amount'],
    ['a discount', {discounts: [{coupon: 'x'}]}, 400, 'billing_amount'],
    ['a trial', {trial_period_days: 9999}, 400, 'billing_amount'],
    ['a field that is unknown', {ui_mode: 'embedded_page'}, 400, 'invalid_body'],
    ['a quantity of nothing', {quantity: 0}, 400, 'invalid_body'],
    ['a quantity of half', {quantity: 0.5}, 400, 'invalid_body'],
    ['a quantity without end', {quantity: 101}, 400, 'invalid_body'],
    ['where he returns to', {success_url: 'https://evil.example/'}, 400, 'billing_return_url'],
    ['a look-alike to return to', {success_url: 'https://app.example.com.evil.example/'}, 400, 'billing_return_url'],
    ['a user name in the address', {cancel_url: 'https://app.example.com@evil.example/'}, 400, 'billing_return_url'],
    ['a script to return to', {success_url: 'javascript:alert(1)'}, 400, 'billing_return_url'],
  ];
  for (const [name, change, status, code] of refused)
    test(name, async () => {
      const before = calls('/v1/checkout/sessions').length;
      const answer = await ask('alice', 'POST', '/billing/checkout', {price: goods.once, ...back, ...change});
      assert.equal(answer.body.error.code, code);
      assert.equal(answer.status, status);
      assert.equal(calls('/v1/checkout/sessions').length, before);
    });
  test('a price that is not for sale, not active, or no price', async () => {
    for (const price of [goods.unlisted, goods.old, 'price_unknown']) {
      const answer = await ask('alice', 'POST', '/billing/checkout', {price, ...back});
      assert.equal(answer.status, 403, price);
      assert.equal(answer.body.error.code, 'billing_price');
    }
    assert.equal((await ask('alice', 'POST', '/billing/checkout', {price: 'prod_1', ...back})).body.error.code, 'invalid_body');
    assert.equal((await ask('alice', 'POST', '/billing/checkout', {items: [{price: goods.once}, {price: goods.monthly}], ...back})).body.error.code, 'billing_price');
    assert.equal((await ask('alice', 'POST', '/billing/checkout', {items: [{price: goods.once, amount: 1}], ...back})).body.error.code, 'billing_amount');
    assert.equal((await ask('alice', 'POST', '/billing/checkout', {price: goods.monthly, mode: 'payment', ...back})).body.error.code, 'billing_price');
    assert.equal((await ask('alice', 'POST', '/billing/subscriptions', {price: goods.once})).body.error.code, 'billing_price');
    assert.equal((await ask('alice', 'POST', '/billing/payment-intents', {price: goods.monthly})).body.error.code, 'billing_price');
  });
  test('a body that is no JSON, twice the same, too deep or too long', async () => {
    const at = (body, headers) => ask('alice', 'POST', '/billing/checkout', body, headers);
    assert.equal((await at('price=x', {'Content-Type': 'application/x-www-form-urlencoded'})).body.error.code, 'unsupported_media_type');
    for (const body of ['{', '[]', '"x"', `{"price":"${goods.once}","price":"${goods.once}"}`, '['.repeat(100)]) assert.equal((await at(body)).body.error.code, 'invalid_body', body);
    assert.equal((await at(JSON.stringify({price: 'x'.repeat(20000)}))).status, 413);
  });
  test('the return address of the portal', async () => {
    const answer = await ask('alice', 'POST', '/billing/portal', {return_url: 'https://evil.example/'});
    assert.equal(answer.body.error.code, 'billing_return_url');
  });
});

describe('a purchase', () => {
  test('opens a session for the person\'s customer at the listed price', async () => {
    const answer = await ask('alice', 'POST', '/billing/checkout', {items: [{price: goods.once, quantity: 2}], ...back});
    assert.equal(answer.status, 200);
    const session = stripe.account.get('checkout.session', answer.body.session);
    assert.equal(session.amount_total, 9800);
    assert.equal(session.client_reference_id, answer.body.order);
    assert.equal(stripe.account.get('customer', session.customer).metadata.user_id, 'alice');
    assert.equal(session.success_url, back.success_url);
    const [order] = (await ask('alice', 'GET', '/billing/orders')).body.data;
    assert.deepEqual([order.id, order.state, order.confirmed, order.amount], [answer.body.order, 'open', false, 9800]);
    assert.equal((await ask('bob', 'GET', '/billing/orders')).body.data.length, 0);
    assert.equal((await ask('bob', 'GET', `/billing/orders?session=${answer.body.session}`)).body.data.length, 0);
    assert.equal((await ask('alice', 'GET', `/billing/orders?session=${answer.body.session}`)).body.data[0].id, order.id);
  });
  test('with one Idempotency-Key happens once; with another body it is refused', async () => {
    const at = (body) => ask('alice', 'POST', '/billing/checkout', {...back, ...body}, {'Idempotency-Key': 'buy-1'});
    const [a, b] = [await at({price: goods.once}), await at({price: goods.once})];
    assert.deepEqual(a.body, b.body);
    const other = await at({price: goods.monthly});
    assert.equal(other.status, 422);
    assert.equal(other.body.error.code, 'idempotency_mismatch');
    const bobs = await ask('bob', 'POST', '/billing/checkout', {...back, price: goods.once}, {'Idempotency-Key': 'buy-1'});
    assert.notEqual(bobs.body.order, a.body.order);
  });
  test('in an app gets an intent of the price\'s amount', async () => {
    const answer = await ask('alice', 'POST', '/billing/payment-intents', {price: goods.once, quantity: 3});
    assert.equal(answer.status, 200);
    assert.deepEqual([answer.body.amount, answer.body.currency], [14700, 'eur']);
    assert.match(answer.body.client_secret, /_secret_/);
    assert.equal(stripe.account.get('payment_intent', answer.body.payment_intent).amount, 14700);
    assert.match((await ask('alice', 'POST', '/billing/setup-intents', {})).body.client_secret, /_secret_/);
    assert.match((await ask('alice', 'POST', '/billing/ephemeral-keys', {api_version: '2026-10-28.endive'})).body.secret, /^ek_test_/);
    assert.equal((await ask('alice', 'POST', '/billing/ephemeral-keys', {api_version: 'x\r\ny'})).body.error.code, 'invalid_body');
  });
});

describe('subscriptions', () => {
  let id;
  test('are begun incomplete, with what the app needs to pay', async () => {
    const answer = await ask('dave', 'POST', '/billing/subscriptions', {price: goods.monthly});
    assert.equal(answer.status, 200);
    assert.equal(answer.body.subscription.status, 'incomplete');
    assert.match(answer.body.client_secret, /_secret_/);
    assert.ok(!answer.text.includes('metadata'));
    id = answer.body.subscription.id;
    assert.deepEqual((await ask('dave', 'GET', '/billing/subscriptions')).body.data.map((s) => s.id), [id]);
    assert.deepEqual((await ask('nobody', 'GET', '/billing/subscriptions')).body.data, []);
  });
  test('of others are not there', async () => {
    await ask('erin', 'POST', '/billing/customer');
    for (const user of ['erin', 'nobody'])
      for (const target of [id, 'sub_none', 'cus_1', '..%2Fcustomers', 'sub_%00'])
        for (const when of ['', '?when=now']) {
          const answer = await ask(user, 'DELETE', `/billing/subscriptions/${target}${when}`);
          assert.ok([400, 404].includes(answer.status), `${target}: ${answer.status}`);
        }
    assert.equal(stripe.account.get('subscription', id).status, 'incomplete');
    assert.equal(stripe.account.get('subscription', id).cancel_at_period_end, false);
  });
  test('end with their period, or now', async () => {
    const later = await ask('dave', 'DELETE', `/billing/subscriptions/${id}`);
    assert.equal(later.body.cancel_at_period_end, true);
    assert.equal((await ask('dave', 'DELETE', `/billing/subscriptions/${id}?when=yesterday`)).status, 400);
    assert.equal((await ask('dave', 'DELETE', `/billing/subscriptions/${id}?when=now`)).body.status, 'canceled');
    assert.equal((await ask('dave', 'DELETE', `/billing/subscriptions/${id}?when=now`)).body.error.code, 'conflict');
  });
});

describe('when Stripe', () => {
  const buy = () => ask('alice', 'POST', '/billing/checkout', {price: goods.once, ...back});
  const quiet = (answer) => {
    assert.ok(!/stripe|sk_test|req_|card|api_error|acct/i.test(answer.text), answer.text);
    assert.ok(answer.body.error.request_id);
  };
  for (const fault of [{kind: 'status', status: 429}, {kind: 'status', status: 500}, {kind: 'status', status: 409}, {kind: 'reset'}, {kind: 'reset', after: true}])
    test(`meets ${JSON.stringify(fault)} once, the purchase goes through, once`, async () => {
      stripe.fault({...fault, path: '/v1/checkout'});
      const sessions = stripe.account.all('checkout.session').length;
      const answer = await buy();
      assert.equal(answer.status, 200, answer.text);
      assert.equal(stripe.account.all('checkout.session').length, sessions + 1);
      const keys = calls('/v1/checkout/sessions').slice(-2).map((r) => r.headers['idempotency-key']);
      assert.equal(keys[0], keys[1]);
    });
  test('says that trying again is useless, it is not tried again', async () => {
    stripe.fault({kind: 'status', status: 500, path: '/v1/checkout', headers: {'Stripe-Should-Retry': 'false'}});
    const before = calls('/v1/checkout/sessions').length;
    const answer = await buy();
    assert.equal(answer.status, 503);
    assert.equal(calls('/v1/checkout/sessions').length, before + 1);
  });
  test('stays down, overloaded or silent, people are told to come back, and no more', async () => {
    for (const fault of [{kind: 'status', status: 500}, {kind: 'status', status: 429}, {kind: 'garbage'}, {kind: 'hang'}]) {
      stripe.fault({...fault, path: '/v1/checkout', times: 3});
      const answer = await buy();
      stripe.faults.length = 0;
      assert.equal(answer.status, 503, JSON.stringify(fault));
      assert.equal(answer.body.error.code, 'payment_unavailable');
      quiet(answer);
    }
  });
  test('refuses our key or our parameters, it is our fault and not theirs', async () => {
    for (const status of [400, 401, 403]) {
      stripe.fault({kind: 'status', status, path: '/v1/checkout', type: 'invalid_request_error', message: `Invalid API Key provided: ${stripe.secretKey}`, error: {code: 'secret_code'}});
      const answer = await buy();
      assert.equal(answer.status, 502);
      assert.equal(answer.body.error.code, 'upstream_refused');
      quiet(answer);
    }
    const [order] = (await ask('alice', 'GET', '/billing/orders')).body.data;
    assert.equal(order.state, 'abandoned');
  });
  test('declines the card, the person is told that', async () => {
    stripe.fault({kind: 'status', status: 402, path: '/v1/subscriptions', type: 'card_error', error: {code: 'card_declined', decline_code: 'stolen_card'}});
    const answer = await ask('alice', 'POST', '/billing/subscriptions', {price: goods.monthly});
    assert.equal(answer.status, 402);
    assert.equal(answer.body.error.code, 'payment_declined');
    assert.ok(!answer.text.includes('stolen'));
  });
  test('fails, the record has all of it but the key', async () => {
    await until(() => shop.gate.records().some((r) => /POST \/v1\/checkout\/sessions 403 .*secret_code.*req_/.test(r.detail)), 'the record');
    assert.ok(!shop.gate.log().includes(stripe.secretKey));
  });
});

describe('all of it', () => {
  test('came over few connections, at one version, with one key', () => {
    assert.ok(stripe.requests.length > 60, `${stripe.requests.length} calls`);
    assert.ok(stripe.connections < stripe.requests.length / 3, `${stripe.connections} connections for ${stripe.requests.length} calls`);
    for (const r of stripe.requests) {
      assert.equal(r.headers['stripe-version'], '2026-10-28.endive');
      assert.equal(r.headers.authorization, `Bearer ${stripe.secretKey}`);
      if (r.method === 'POST') assert.ok(r.headers['idempotency-key'].length <= 255);
    }
  });
  test('is limited a person', async () => {
    const at = await startShop({rates: 'reads = "60/min"\nwrites = "3/min"', where: 'customer = "/a"\nsetup_intents = "/b"'});
    const statuses = [];
    for (const path of ['/a', '/b', '/a', '/b', '/a']) statuses.push((await at.ask('alice', 'POST', path, {})).status);
    assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
    assert.equal((await at.ask('bob', 'POST', '/a', {})).status, 200);
    await at.gate.stop();
  });
});
