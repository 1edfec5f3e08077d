// A whole purchase in a real browser: sign in, checkout, pay on the payment page, the webhook, the order confirmed, the
// backend told, the portal. And what people try instead of paying.
import assert from 'node:assert/strict';
import {before, describe, test} from 'node:test';
import {plain, startRecorder} from './lib/backend.mjs';
import {endpoints, startShop} from './lib/billing.mjs';
import {startBrowser} from './lib/browser.mjs';
import {freePort, until} from './lib/process.mjs';

const webhookSecret = 'whsec_9fK2mVx7QbT4LrZ8cWd3HsYp6JnE1uAg';
let shop, browser, context, page, token;

// The product's own pages: the token is asked for once, as a sign-in would give it, and kept by the page.
const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title>
<form id="signin"><input id="token" type="password" aria-label="Token"><button>Sign in</button></form>
<button id="buy">Buy Pro</button><button id="book">Buy the book</button><button id="manage">Manage</button>
<p id="state">signed out</p><p id="entitled"></p><p id="feature"></p>
<script src="/app.js"></script></html>`;
const script = (goods) => `
const $ = (id) => document.getElementById(id);
const api = async (method, path, body) => {
  const answer = await fetch(path, {method, headers: {Authorization: 'Bearer ' + sessionStorage.token, ...(body ? {'Content-Type': 'application/json'} : {})}, body: body && JSON.stringify(body)});
  return {status: answer.status, body: await answer.json()};
};
const buy = async (price) => {
  const {status, body} = await api('POST', '/billing/checkout', {price, success_url: location.origin + '/?paid={CHECKOUT_SESSION_ID}', cancel_url: location.origin + '/?canceled'});
  if (status === 200) location.href = body.url; else $('state').textContent = body.error.code;
};
$('signin').onsubmit = (e) => { e.preventDefault(); sessionStorage.token = $('token').value; show(); };
$('buy').onclick = () => buy(${JSON.stringify(goods.monthly)});
$('book').onclick = () => buy(${JSON.stringify(goods.once)});
$('manage').onclick = async () => { location.href = (await api('POST', '/billing/portal', {return_url: location.origin + '/'})).body.url; };
async function show() {
  if (!sessionStorage.token) return;
  const orders = await api('GET', '/billing/orders');
  if (orders.status !== 200) { $('state').textContent = 'refused ' + orders.status; return; }
  $('state').textContent = orders.body.data.map((o) => o.state).join(',') || 'no orders';
  $('entitled').textContent = (await api('GET', '/billing/entitlements')).body.entitlements.join(',');
  $('feature').textContent = JSON.stringify((await api('GET', '/api/feature')).body);
}
show();
`;

before(async () => {
  // The backend gives its feature by the header alone: it trusts gatehouse and asks nobody else.
  const served = {script: ''};
  const backend = await startRecorder({answer: (request) => {
    if (request.target.startsWith('/api/feature')) return plain(JSON.stringify({pro: (request.value('x-gatehouse-entitlements') ?? '').split(',').includes('pro')}));
    const type = request.target === '/app.js' ? 'text/javascript' : 'text/html; charset=utf-8';
    const body = request.target === '/app.js' ? served.script : html;
    return `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  }});
  const webhooks = await freePort();
  shop = await startShop({
    backend, stripe: {webhookSecret, webhookUrl: `http://127.0.0.1:${webhooks}/stripe/webhooks`},
    rates: `reads = "6000/min"\nwrites = "6000/min"`, origins: (ports) => [`http://127.0.0.1:${ports.http}`], httpPort: webhooks,
    more: '[webhooks.endpoint.stripe]\nprovider = "stripe"\npath = "/stripe/webhooks"\nsecret = { env = "STRIPE_WEBHOOK_SECRET" }\nhandle = ["billing"]\n',
    where: endpoints(), env: {STRIPE_WEBHOOK_SECRET: webhookSecret},
    routes: '[[route]]\npath = "=/app.js"\nupstream = "app"\naccess = "public"\n',
  });
  served.script = script(shop.goods);
  token = await shop.token('alice', {email: 'alice@example.com'});
  browser = await startBrowser();
  context = await browser.newContext();
  page = await context.newPage();
});

const shows = (id, text) => page.waitForFunction(([at, wanted]) => document.getElementById(at)?.textContent === wanted, [id, text], {timeout: 10_000});
const home = () => page.goto(`${shop.gate.url}/`);
const session = () => shop.stripe.account.all('checkout.session')[0];
const orderState = async (user = 'alice') => (await shop.ask(user, 'GET', '/billing/orders')).body.data[0].state;

describe('in a browser', () => {
  test('a person signs in, and has nothing yet', async () => {
    await home();
    await shows('state', 'signed out');
    await page.fill('#token', 'not-a-token');
    await page.click('#signin button');
    await shows('state', 'refused 401');
    await page.fill('#token', token);
    await page.click('#signin button');
    await shows('state', 'no orders');
    await shows('feature', '{"pro":false}');
  });
  test('a success address that nobody paid for confirms nothing', async () => {
    await page.click('#buy');
    await page.waitForURL(/\/c\/pay\//);
    const {id} = session();
    for (const forged of [`?paid=${id}`, '?paid=cs_test_forged', `?paid=${id}&payment_status=paid&status=complete`]) {
      await page.goto(`${shop.gate.url}/${forged}`);
      await shows('state', 'open');
      await shows('entitled', '');
      await shows('feature', '{"pro":false}');
    }
  });
  test('an event that the payer signs himself is refused', async () => {
    const {signature} = await import('../fakes/stripe/webhooks.mjs');
    const body = JSON.stringify({id: 'evt_forged', object: 'event', type: 'checkout.session.completed', created: 1, livemode: false,
      data: {object: {...session(), status: 'complete', payment_status: 'paid'}}});
    const now = Math.floor(Date.now() / 1000);
    for (const [header, status] of [[signature('whsec_wrong', body, now), 401], [signature(webhookSecret, body, now - 3600), 401], [undefined, 401]]) {
      const answer = await fetch(`${shop.gate.url}/stripe/webhooks`, {method: 'POST', body, headers: {'Content-Type': 'application/json', ...(header ? {'Stripe-Signature': header} : {})}});
      assert.equal(answer.status, status, `${header}`);
    }
    assert.equal(await orderState(), 'open');
  });
  test('who cancels on the payment page has bought nothing', async () => {
    await page.goto(session().url);
    await page.click('#cancel');
    await page.waitForURL(/canceled/);
    await shows('state', 'open');
  });
  test('who pays has his order confirmed by the webhook, and the backend knows', async () => {
    await page.goto(session().url);
    await page.click('#pay');
    await page.waitForURL(/paid=cs_test_/);
    await until(async () => (await orderState()) === 'paid', 'the webhook');
    await until(async () => { await home(); return page.waitForFunction(() => document.getElementById('feature').textContent === '{"pro":true}', null, {timeout: 1500}).then(() => true, () => false); }, 'the feature', 15);
    await shows('state', 'paid');
    await shows('entitled', 'export,pro');
  });
  test('a payment that takes days is not taken for money', async () => {
    await home();
    await page.click('#book');
    await page.waitForURL(/\/c\/pay\//);
    const {id} = session();
    await page.click('#later');
    await page.waitForURL(/paid=cs_test_/);
    await until(async () => (await orderState()) === 'processing', 'the webhook');
    await shows('entitled', 'export,pro');
    shop.stripe.account.settle(id, true);
    await until(async () => (await orderState()) === 'paid', 'the money');
    await home();
    await shows('entitled', 'book,export,pro');
  });
  test('who ends his plan in the portal loses what it gave', async () => {
    await page.click('#manage');
    await page.waitForURL(/\/p\/session\//);
    await page.click('form button');
    await page.click('#return');
    await page.waitForURL(`${shop.gate.url}/`);
    await until(async () => { await home(); return page.waitForFunction(() => document.getElementById('feature').textContent === '{"pro":false}', null, {timeout: 1500}).then(() => true, () => false); }, 'the end', 15);
    await shows('entitled', 'book');
  });
});

describe('behind it', () => {
  const shown = async () => (await shop.ask('alice', 'GET', '/billing/entitlements')).body.entitlements.join();
  test('a refund takes back what was paid for, and winning a dispute gives it again', async () => {
    const {account} = shop.stripe;
    const paid = account.all('checkout.session').find((s) => s.mode === 'payment');
    const dispute = account.dispute({payment_intent: paid.payment_intent});
    await until(async () => (await shown()) === '', 'the dispute');
    account.closeDispute(dispute.id, true);
    await until(async () => (await shown()) === 'book', 'the dispute won');
    account.refund({payment_intent: paid.payment_intent});
    await until(async () => (await shown()) === '', 'the refund');
  });
  test('every event in any order, twice, ends where it should', async () => {
    const {account, webhooks} = shop.stripe;
    webhooks.paused = true;
    const bought = (await shop.ask('zoe', 'POST', '/billing/checkout', {price: shop.goods.monthly, success_url: `${shop.gate.url}/`})).body;
    account.pay(bought.session);
    const {subscription} = account.get('checkout.session', bought.session);
    account.renew(subscription, {paid: false});
    account.payInvoice(account.get('invoice', account.get('subscription', subscription).latest_invoice));
    webhooks.resume((events) => [...events].reverse().concat(events));
    await webhooks.settled();
    await until(async () => (await shop.ask('zoe', 'GET', '/billing/entitlements')).body.entitlements.join() === 'export,pro', 'the plan', 20);
    // The inbox takes events before it works on them: the last may still be on its way when the plan is there.
    await until(async () => (await orderState('zoe')) === 'paid', 'the order', 20);
    await until(async () => shop.gate.records().some((r) => r.event === 'renewal_failed'), 'the failed renewal', 20);
  });
  test('the log tells what happened, and nothing about cards, names or keys', async () => {
    const events = shop.gate.records().filter((r) => r.event).map((r) => r.event);
    for (const event of ['order_created', 'order_opened', 'order_processing', 'order_confirmed', 'order_disputed', 'order_refunded', 'subscription_active', 'subscription_canceled', 'renewal_failed'])
      assert.ok(events.includes(event), `${event} in ${[...new Set(events)]}`);
    const text = shop.gate.log();
    for (const secret of [shop.stripe.secretKey, webhookSecret, 'alice@example.com', token, '"alice"']) assert.ok(!text.includes(secret), secret);
  });
});
