// The stand-in for Stripe's API is as good as the real client says: it drives every call, and each answer is held to the
// package's published types.
import assert from 'node:assert/strict';
import http from 'node:http';
import path from 'node:path';
import {before, describe, test} from 'node:test';
import Stripe from 'stripe';
import {departures} from '../fakes/stripe/published.mjs';
import {startStripe} from '../fakes/stripe/server.mjs';
import {atEnd, root, until} from './lib/process.mjs';

const packageFolder = path.join(root, 'tests/e2e/node_modules/stripe');
const received = [];
let standin, client, hook;

const connect = (key, more = {}) =>
  new Stripe(key, {host: '127.0.0.1', port: standin.port, protocol: 'http', maxNetworkRetries: 0, telemetry: false, ...more});
const sound = (value) => {
  assert.deepEqual(departures(JSON.parse(JSON.stringify(value)), packageFolder), []);
  return value;
};

before(async () => {
  hook = http.createServer(async (request, answer) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({body: Buffer.concat(chunks), signature: request.headers['stripe-signature']});
    answer.writeHead(received.length === 1 ? 500 : 200).end();  // the first is refused, so that it comes again
  });
  await new Promise((done) => hook.listen(0, '127.0.0.1', done));
  standin = await startStripe({webhookUrl: `http://127.0.0.1:${hook.address().port}/hook`});
  client = connect(standin.secretKey);
  atEnd(async () => { await standin.stop(); hook.closeAllConnections(); hook.close(); });
});

describe('the real stripe client', () => {
  let product, price, once, customer;
  test('makes, reads, changes and lists products and prices, by cursor', async () => {
    product = sound(await client.products.create({name: 'Pro', metadata: {entitlements: 'pro'}}));
    price = sound(await client.prices.create({product: product.id, currency: 'eur', unit_amount: 900, recurring: {interval: 'month'}}));
    once = sound(await client.prices.create({product: product.id, currency: 'eur', unit_amount: 4900}));
    for (let i = 0; i < 12; i++) await client.prices.create({product: product.id, currency: 'eur', unit_amount: 100 + i, active: i % 2 === 0});
    const all = [];
    for await (const p of client.prices.list({limit: 5})) all.push(sound(p).id);
    assert.equal(all.length, 14);
    assert.equal(new Set(all).size, 14);
    assert.ok((await client.prices.list({active: false, limit: 100})).data.every((p) => !p.active));
    const page = await client.prices.list({limit: 3, ending_before: all[5]});
    assert.deepEqual(page.data.map((p) => p.id), all.slice(2, 5));
    assert.equal((await client.products.update(product.id, {name: 'Pro plan'})).name, 'Pro plan');
    const expanded = sound(await client.prices.retrieve(price.id, {expand: ['product']}));
    assert.equal(expanded.product.name, 'Pro plan');
  });
  test('makes and deletes customers', async () => {
    customer = sound(await client.customers.create({email: 'a@example.com', metadata: {user_id: 'u1'}}));
    const gone = await client.customers.create({});
    assert.equal((await client.customers.del(gone.id)).deleted, true);
    await assert.rejects(client.customers.retrieve(gone.id), {type: 'StripeInvalidRequestError', code: 'resource_missing', statusCode: 404});
  });
  test('opens a checkout that a customer pays on a page', async () => {
    const session = sound(await client.checkout.sessions.create({
      mode: 'payment', customer: customer.id, line_items: [{price: once.id, quantity: 2}], client_reference_id: 'ord_1', metadata: {user_id: 'u1'},
      success_url: 'https://app.example.com/ok?session_id={CHECKOUT_SESSION_ID}', cancel_url: 'https://app.example.com/no', expand: ['line_items'],
    }));
    assert.equal(session.line_items.data[0].amount_total, 9800);
    const page = await (await fetch(session.url)).text();
    assert.match(page, /Pay 98\.00 EUR/);
    assert.equal((await fetch(`${session.url}/cancel`, {method: 'POST', redirect: 'manual'})).headers.get('location'), 'https://app.example.com/no');
    const paid = await fetch(`${session.url}/pay`, {method: 'POST', redirect: 'manual'});
    assert.equal(paid.headers.get('location'), `https://app.example.com/ok?session_id=${session.id}`);
    const after = sound(await client.checkout.sessions.retrieve(session.id, {expand: ['payment_intent.latest_charge']}));
    assert.equal(after.payment_status, 'paid');
    assert.equal(after.payment_intent.latest_charge.amount, 9800);
    assert.match(await (await fetch(`${standin.url}/c/pay/${session.id}`)).text(), /closed/);
  });
  test('lets a bank debit arrive late, or never, and a session expire', async () => {
    for (const arrived of [true, false]) {
      const session = await client.checkout.sessions.create({mode: 'payment', line_items: [{price: once.id, quantity: 1}], success_url: 'https://a.example/'});
      standin.account.pay(session.id, {late: true});
      assert.equal((await client.checkout.sessions.retrieve(session.id)).payment_status, 'unpaid');
      standin.account.settle(session.id, arrived);
      assert.equal((await client.checkout.sessions.retrieve(session.id)).payment_status, arrived ? 'paid' : 'unpaid');
    }
    const session = await client.checkout.sessions.create({mode: 'payment', line_items: [{price: once.id, quantity: 1}], success_url: 'https://a.example/'});
    assert.equal(sound(await client.checkout.sessions.expire(session.id)).status, 'expired');
    await assert.rejects(client.checkout.sessions.expire(session.id), {type: 'StripeInvalidRequestError'});
  });
  test('subscribes, renews, fails to renew, ends a trial and cancels', async () => {
    const incomplete = sound(await client.subscriptions.create({
      customer: customer.id, items: [{price: price.id}], payment_behavior: 'default_incomplete', expand: ['latest_invoice.confirmation_secret'],
    }));
    assert.equal(incomplete.status, 'incomplete');
    assert.match(incomplete.latest_invoice.confirmation_secret.client_secret, /_secret_/);
    assert.equal(sound(await client.invoices.pay(incomplete.latest_invoice.id)).status, 'paid');
    assert.equal((await client.subscriptions.retrieve(incomplete.id)).status, 'active');
    standin.account.renew(incomplete.id);
    standin.account.renew(incomplete.id, {paid: false});
    assert.equal(sound(await client.subscriptions.retrieve(incomplete.id)).status, 'past_due');
    const trial = sound(await client.subscriptions.create({customer: customer.id, items: [{price: price.id}], trial_period_days: 7}));
    assert.equal(trial.status, 'trialing');
    standin.account.trialWillEnd(trial.id);
    assert.equal(sound(await client.subscriptions.update(trial.id, {cancel_at_period_end: true})).cancel_at_period_end, true);
    assert.equal(sound(await client.subscriptions.cancel(trial.id)).status, 'canceled');
    assert.deepEqual((await client.subscriptions.list({customer: customer.id})).data.map((s) => s.id), [incomplete.id]);
    assert.equal((await client.subscriptions.list({customer: customer.id, status: 'all'})).data.length, 2);
    sound((await client.invoices.list({customer: customer.id})).data);
  });
  test('makes intents and ephemeral keys, and meets a declined card', async () => {
    const intent = sound(await client.paymentIntents.create({amount: 500, currency: 'eur', customer: customer.id}));
    await assert.rejects(client.paymentIntents.confirm(intent.id, {payment_method: 'pm_card_chargeDeclined'}),
      {type: 'StripeCardError', code: 'card_declined', statusCode: 402});
    assert.equal(sound(await client.paymentIntents.confirm(intent.id, {payment_method: 'pm_card_visa'})).status, 'succeeded');
    sound(await client.setupIntents.create({customer: customer.id}));
    const key = sound(await client.ephemeralKeys.create({customer: customer.id}, {apiVersion: '2026-10-28.endive'}));
    assert.match(key.secret, /^ek_test_/);
    const other = await client.paymentIntents.create({amount: 500, currency: 'eur'});
    assert.equal(sound(await client.paymentIntents.cancel(other.id)).status, 'canceled');
  });
  test('refunds in parts, and sees disputes', async () => {
    const intent = await client.paymentIntents.create({amount: 1000, currency: 'eur'});
    await client.paymentIntents.confirm(intent.id, {payment_method: 'pm_card_visa'});
    sound(await client.refunds.create({payment_intent: intent.id, amount: 400}));
    sound(await client.refunds.create({payment_intent: intent.id}));
    await assert.rejects(client.refunds.create({payment_intent: intent.id}), {code: 'charge_already_refunded'});
    const dispute = standin.account.dispute({payment_intent: intent.id});
    assert.equal(sound(await client.disputes.retrieve(dispute.id)).status, 'needs_response');
    standin.account.closeDispute(dispute.id, false);
    assert.equal((await client.disputes.list({payment_intent: intent.id})).data[0].status, 'lost');
  });
  test('opens the billing portal', async () => {
    const portal = sound(await client.billingPortal.sessions.create({customer: customer.id, return_url: 'https://app.example.com/'}));
    assert.match(await (await fetch(portal.url)).text(), /Cancel plan/);
  });
  test('repeats a call by idempotency key, and is refused when the body differs', async () => {
    const keyed = {idempotencyKey: 'one'};
    const [a, b] = [await client.customers.create({email: 'x@example.com'}, keyed), await client.customers.create({email: 'x@example.com'}, keyed)];
    assert.equal(a.id, b.id);
    assert.equal(b.lastResponse.headers['idempotent-replayed'], 'true');
    await assert.rejects(client.customers.create({email: 'y@example.com'}, keyed), {type: 'StripeIdempotencyError'});
  });
  test('keeps connected accounts apart', async () => {
    const other = await client.customers.create({}, {stripeAccount: 'acct_1'});
    await assert.rejects(client.customers.retrieve(other.id), {code: 'resource_missing'});
    assert.equal((await client.customers.retrieve(other.id, {}, {stripeAccount: 'acct_1'})).id, other.id);
  });
  test('is told about wrong keys, missing permissions and unknown addresses', async () => {
    await assert.rejects(connect('sk_test_wrong').products.list(), {type: 'StripeAuthenticationError', statusCode: 401});
    standin.grant('rk_test_narrow', {product: 'read'});
    await connect('rk_test_narrow').products.list();
    await assert.rejects(connect('rk_test_narrow').products.create({name: 'x'}), {type: 'StripePermissionError', message: /rak_product_write/});
    await assert.rejects(client.rawRequest('GET', '/v1/nothing'), {statusCode: 404});
  });
  test('meets faults when asked to, and gets through by trying again', async () => {
    const patient = connect(standin.secretKey, {maxNetworkRetries: 2});
    for (const fault of [{kind: 'status', status: 429}, {kind: 'status', status: 500}, {kind: 'status', status: 409}, {kind: 'reset'}, {kind: 'reset', after: true}]) {
      standin.fault({times: 1, path: '/v1/customers', ...fault});
      if (fault.status === 429) await assert.rejects(client.customers.create({}), {type: 'StripeRateLimitError'});
      else assert.match((await patient.customers.create({})).id, /^cus_/);
    }
    standin.fault({kind: 'hang', path: '/v1/customers'});
    await assert.rejects(connect(standin.secretKey, {timeout: 300}).customers.create({}), {type: 'StripeConnectionError'});
  });
  test('believes the signature of every event, each of which arrived and is listed', async () => {
    await standin.webhooks.settled();
    await until(() => received.length > 20, 'events');
    const ids = new Set();
    for (const {body, signature} of received) ids.add(sound(client.webhooks.constructEvent(body, signature, standin.webhookSecret)).id);
    assert.ok(standin.webhooks.sent.some((s) => s.attempt === 1 && s.status === 200), 'the refused event came again');
    const listed = [];
    for await (const event of client.events.list({limit: 100})) listed.push(sound(event).id);
    assert.deepEqual(listed.filter((id) => !ids.has(id)), []);
    const kinds = new Set(standin.account.all('event').map((e) => e.type));
    for (const type of ['checkout.session.completed', 'checkout.session.expired', 'checkout.session.async_payment_failed', 'invoice.paid',
      'invoice.payment_failed', 'customer.subscription.deleted', 'customer.subscription.trial_will_end', 'charge.refunded', 'charge.dispute.closed'])
      assert.ok(kinds.has(type), type);
  });
});
