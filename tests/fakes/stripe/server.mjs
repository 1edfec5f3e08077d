// A stand-in for Stripe's API, for tests: one process, everything in memory, shaped by the published types of the
// `stripe` package (API 2026-10-28.endive). What a test needs to steer stands on the object that startStripe() returns.
import {createHash, randomBytes} from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import {Account} from './account.mjs';
import {Fault, invalid, missing} from './fault.mjs';
import {decodeForm, FormFault} from './form.mjs';
import {payAction, payPage, portalAction, portalPage} from './pages.mjs';
import {apiVersion} from './shapes.mjs';
import {WebhookSender} from './webhooks.mjs';

const kinds = {
  products: 'product', prices: 'price', customers: 'customer', subscriptions: 'subscription', payment_intents: 'payment_intent',
  setup_intents: 'setup_intent', refunds: 'refund', disputes: 'dispute', events: 'event', invoices: 'invoice', charges: 'charge',
  'checkout/sessions': 'checkout.session',
};
// What a restricted key needs, as "resource: read or write".
const resources = {
  products: 'product', prices: 'plan', customers: 'customer', subscriptions: 'subscription', payment_intents: 'payment_intent', setup_intents: 'setup_intent',
  refunds: 'charge', disputes: 'dispute', events: 'event', invoices: 'invoice', charges: 'charge', 'checkout/sessions': 'checkout_session',
  'billing_portal/sessions': 'customer_portal', ephemeral_keys: 'ephemeral_key',
};

export async function startStripe({
  secretKey = 'sk_test_' + randomBytes(12).toString('hex'), webhookUrl = null, webhookSecret = 'whsec_' + randomBytes(16).toString('hex'),
  tls = null, now = () => Math.floor(Date.now() / 1000), port = 0, paused = false,
} = {}) {
  const stripe = {
    secretKey, webhookSecret, requests: [], faults: [], connections: 0,
    restricted: new Map(),  // key -> {resource: 'read' | 'write'}
    accounts: new Map(),
  };
  const webhooks = new WebhookSender({now, url: webhookUrl, secret: webhookSecret, paused});
  const accountOf = (name) => {
    if (!stripe.accounts.has(name)) {
      const account = new Account({now, pageBase: () => stripe.url, account: name || null, mode: secretKey.includes('_live_') ? 'live' : 'test'});
      account.listeners.push((event) => webhooks.event(event));
      stripe.accounts.set(name, account);
    }
    return stripe.accounts.get(name);
  };
  const remembered = new Map();  // account + idempotency key -> {digest, answer}

  async function serve(request, answer) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const url = new URL(request.url, 'http://standin');
    if (url.pathname.startsWith('/c/') || url.pathname.startsWith('/p/')) return servePage(request, url, answer);
    const id = 'req_' + randomBytes(7).toString('hex');
    const seen = {method: request.method, path: url.pathname, query: url.search.slice(1), body, headers: request.headers, id};
    stripe.requests.push(seen);
    const at = stripe.faults.findIndex((f) => (!f.method || f.method === request.method) && (!f.path || url.pathname.startsWith(f.path)));
    const fault = at < 0 ? null : stripe.faults[at];
    if (fault && --fault.times <= 0) stripe.faults.splice(at, 1);
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'reset' && !fault.after) return request.socket.destroy();
    if (fault?.kind === 'garbage') return answer.writeHead(200, {'Content-Type': 'application/json'}).end('{"id": "cus_');
    let made;
    if (fault?.kind === 'status') made = failure(new Fault(fault.status, {type: fault.type ?? 'api_error', message: fault.message ?? 'An unknown error occurred', ...fault.error}, fault.headers));
    else made = respond(request, url, body);
    if (fault?.kind === 'reset') return request.socket.destroy();  // the work was done, the answer is lost
    if (fault?.kind === 'slow') await new Promise((done) => setTimeout(done, fault.ms));
    seen.status = made.status;
    answer.writeHead(made.status, {'Content-Type': 'application/json', 'Request-Id': id, 'Stripe-Version': apiVersion, ...made.headers});
    answer.end(JSON.stringify(made.body, null, 2));
  }

  const failure = (fault) => ({status: fault.status, body: {error: {doc_url: 'https://stripe.com/docs/error-codes', request_log_url: 'https://dashboard.stripe.com/test/logs', ...fault.error}}, headers: fault.headers});

  function respond(request, url, body) {
    try {
      const key = authenticate(request);
      const version = request.headers['stripe-version'];
      if (version && !/^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$/.test(version)) throw invalid(`Invalid Stripe API version: ${version}`);
      const account = accountOf(request.headers['stripe-account'] ?? '');
      const idempotency = request.headers['idempotency-key'];
      if (request.method !== 'POST' || !idempotency) return done(handle(request, url, body, account, key));
      if (idempotency.length > 255) throw new Fault(400, {type: 'idempotency_error', message: 'Idempotency keys are at most 255 characters long.'});
      const name = `${request.headers['stripe-account'] ?? ''} ${idempotency}`;
      const digest = createHash('sha256').update(`${url.pathname}\n${body}`).digest('hex');
      const before = remembered.get(name);
      if (before && before.digest !== digest)
        throw new Fault(400, {type: 'idempotency_error', message: 'Keys for idempotent requests can only be used with the same parameters they were first used with.'});
      if (before) return {...structuredClone(before.answer), headers: {'Idempotent-Replayed': 'true', 'Idempotency-Key': idempotency}};
      const answer = done(handle(request, url, body, account, key));
      remembered.set(name, {digest, answer: structuredClone(answer)});
      return {...answer, headers: {'Idempotency-Key': idempotency}};
    } catch (error) {
      if (error instanceof Fault) return failure(error);
      if (error instanceof FormFault || error instanceof URIError) return failure(invalid(error.message));
      throw error;
    }
  }

  const done = (body) => ({status: 200, body});

  function authenticate(request) {
    const given = request.headers.authorization ?? '';
    const key = given.startsWith('Basic ') ? Buffer.from(given.slice(6), 'base64').toString().split(':')[0] : given.replace(/^Bearer /, '');
    if (!key) throw new Fault(401, {type: 'invalid_request_error', message: 'You did not provide an API key.'});
    if (key !== stripe.secretKey && !stripe.restricted.has(key)) throw new Fault(401, {type: 'invalid_request_error', message: `Invalid API Key provided: ${key.slice(0, 8)}****`});
    return key;
  }

  function permit(key, name, method) {
    const granted = stripe.restricted.get(key);
    const needed = method === 'GET' ? 'read' : 'write';
    const resource = resources[name];
    if (!granted || granted[resource] === 'write' || granted[resource] === needed) return;
    throw new Fault(403, {type: 'invalid_request_error', message: `The provided key '${key.slice(0, 8)}****' does not have the required permissions for this endpoint. Having the 'rak_${resource}_${needed}' permission would allow this request to continue.`});
  }

  function handle(request, url, body, account, key) {
    const {method} = request;
    const form = decodeForm(method === 'GET' || method === 'DELETE' ? url.search.slice(1) || body : body);
    const parts = url.pathname.match(/^\/v1\/((?:checkout|billing_portal)\/sessions|[a-z_]+)(?:\/([^/]+))?(?:\/([a-z_]+))?$/);
    if (!parts) throw missing('path', url.pathname);
    const [, name, id, action] = parts;
    if (!resources[name]) throw new Fault(404, {type: 'invalid_request_error', message: `Unrecognized request URL (${method}: ${url.pathname}).`});
    permit(key, name, method);
    const {expand, ...p} = form;
    return expanded(account, act(account, request, {method, name, id, action, p, path: url.pathname}), expand ?? []);
  }

  function act(account, request, {method, name, id, action, p, path}) {
    const kind = kinds[name];
    const call = `${method} ${name}${id ? '/:id' : ''}${action ? `/${action}` : ''}`;
    switch (call) {
      case 'POST products': return account.product(p);
      case 'POST prices': return account.price(p);
      case 'POST products/:id': return account.update(account.get(kind, id), edits(p, ['name', 'active', 'metadata', 'description', 'default_price']), 'product.updated');
      case 'POST prices/:id': return account.update(account.get(kind, id), edits(p, ['active', 'metadata', 'nickname']), 'price.updated');
      case 'POST customers': return account.customer(p);
      case 'POST customers/:id': return account.update(account.get(kind, id), edits(p, ['email', 'name', 'metadata', 'description']), 'customer.updated');
      case 'DELETE customers/:id': {
        account.get(kind, id).deleted = true;
        return {id, object: 'customer', deleted: true};
      }
      case 'POST checkout/sessions': return account.session(p);
      case 'POST checkout/sessions/:id/expire': return account.expire(id);
      case 'GET checkout/sessions/:id/line_items': return paged(account.lineItems.get(account.get(kind, id).id), p, path);
      case 'POST billing_portal/sessions': return account.portal(p);
      case 'POST subscriptions': return account.subscription(p);
      case 'POST subscriptions/:id': {
        const changes = edits(p, ['cancel_at_period_end', 'metadata']);
        const subscription = account.get(kind, id);
        if (changes.cancel_at_period_end === true) return account.cancel(id, {atPeriodEnd: true});
        return account.update(subscription, {...changes, ...(changes.cancel_at_period_end === false ? {cancel_at: null, canceled_at: null} : {})}, 'customer.subscription.updated');
      }
      case 'DELETE subscriptions/:id': return account.cancel(id);
      case 'POST payment_intents': return account.intent(p);
      case 'POST payment_intents/:id/confirm':
        if (p.payment_method === 'pm_card_chargeDeclined') {
          account.fail(account.get(kind, id));
          throw new Fault(402, {type: 'card_error', code: 'card_declined', decline_code: 'generic_decline', message: 'Your card was declined.'});
        }
        return account.succeed(account.get(kind, id));
      case 'POST payment_intents/:id/cancel': return account.update(account.get(kind, id), {status: 'canceled', canceled_at: now(), cancellation_reason: p.cancellation_reason ?? null}, 'payment_intent.canceled');
      case 'POST setup_intents': return account.setupIntent(p);
      case 'POST ephemeral_keys':
        if (!request.headers['stripe-version']) throw invalid('You must provide the Stripe-Version header.');
        return account.ephemeralKey(p);
      case 'DELETE ephemeral_keys/:id': {
        account.get('ephemeral_key', id).deleted = true;
        return {...account.objects.get(id), deleted: undefined};
      }
      case 'POST refunds': return account.refund(p);
      case 'POST invoices/:id/pay': return account.payInvoice(account.get(kind, id));
    }
    if (method === 'GET' && kind && id && !action) return account.get(kind, id);
    if (method === 'GET' && kind && !id) return paged(account.all(kind).filter(filter(kind, p)), p, path);
    throw new Fault(404, {type: 'invalid_request_error', message: `Unrecognized request URL (${method}: ${path}).`});
  }

  function expanded(account, value, paths) {
    if (!paths.length) return bare(value);
    const copy = bare(value);
    const fill = (object, [head, ...rest]) => {
      if (object === null || typeof object !== 'object') return;
      if (Array.isArray(object)) return object.forEach((o) => fill(o, [head, ...rest]));
      if (head === 'line_items' && object.object === 'checkout.session') object.line_items = {object: 'list', url: `/v1/checkout/sessions/${object.id}/line_items`, has_more: false, data: bare(account.lineItems.get(object.id))};
      if (head === 'confirmation_secret' && object.object === 'invoice') {
        const intent = account.objects.get(object.id)?.intent;
        object.confirmation_secret = intent ? {client_secret: intent.client_secret, type: 'payment_intent'} : null;
      }
      if (typeof object[head] === 'string' && account.objects.has(object[head])) object[head] = bare(account.objects.get(object[head]));
      if (rest.length) fill(object[head], rest);
    };
    for (const path of paths) {
      if (path.split('.').length > 4) throw invalid('You cannot expand more than 4 levels of a property.', {param: 'expand'});
      fill(copy, path.split('.'));
    }
    return copy;
  }

  async function servePage(request, url, answer) {
    const [, area, , id, action, more] = url.pathname.split('/');
    try {
      for (const account of stripe.accounts.values()) {
        if (!account.objects.has(id)) continue;
        let to;
        if (request.method === 'POST') to = area === 'c' ? payAction(account, id, action) : portalAction(account, id, more);
        if (to) return answer.writeHead(303, {Location: to}).end();
        const html = area === 'c' ? payPage(account, id) : portalPage(account, id);
        return answer.writeHead(200, {'Content-Type': 'text/html; charset=utf-8'}).end(html);
      }
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
    answer.writeHead(404).end('no such page');
  }

  const listener = (request, answer) => serve(request, answer).catch((bug) => { stripe.bug ??= bug; answer.destroy(); });
  const server = tls ? https.createServer(tls, listener) : http.createServer({keepAliveTimeout: 30_000}, listener);
  server.on('connection', () => { stripe.connections++; });
  await new Promise((listening) => server.listen(port, '127.0.0.1', listening));
  stripe.port = server.address().port;
  stripe.url = `${tls ? 'https' : 'http'}://127.0.0.1:${stripe.port}`;
  stripe.webhooks = webhooks;
  Object.defineProperty(stripe, 'account', {get: () => accountOf('')});
  stripe.accountOf = accountOf;
  // fault({kind: 'status' | 'hang' | 'reset' | 'slow' | 'garbage', times = 1, method, path, …}): what the next calls meet.
  stripe.fault = (fault) => stripe.faults.push({times: 1, ...fault});
  stripe.grant = (key, permissions) => stripe.restricted.set(key, permissions);
  stripe.stop = async () => {
    webhooks.stop();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    if (stripe.bug) throw stripe.bug;
  };
  return stripe;
}

const bare = (value) => JSON.parse(JSON.stringify(value));

function edits(p, allowed) {
  const changes = {};
  for (const [name, value] of Object.entries(p)) {
    if (!allowed.includes(name)) throw invalid(`Received unknown parameter: ${name}`, {code: 'parameter_unknown', param: name});
    changes[name] = value === 'true' ? true : value === 'false' ? false : value;
  }
  return changes;
}

function filter(kind, p) {
  return (o) => {
    for (const [name, value] of Object.entries(p)) {
      if (['limit', 'starting_after', 'ending_before'].includes(name)) continue;
      if (name === 'active' && o.active !== (value === 'true')) return false;
      if (['product', 'customer', 'payment_intent', 'type', 'charge', 'subscription', 'currency', 'email'].includes(name) && o[name] !== value) return false;
      if (name === 'status' && value !== 'all' && o.status !== value) return false;
      if (name === 'ids' && !value.includes(o.id)) return false;
      if (name === 'created' && value.gte && o.created < Number(value.gte)) return false;
    }
    if (kind === 'subscription' && p.status === undefined && o.status === 'canceled') return false;
    return true;
  };
}

// Newest first, by cursor.
function paged(all, {limit = '10', starting_after, ending_before}, url) {
  const n = Number(limit);
  if (!Number.isInteger(n) || n < 1 || n > 100) throw invalid('Invalid limit: must be between 1 and 100', {param: 'limit'});
  const index = (id) => {
    const at = all.findIndex((o) => o.id === id);
    if (at < 0) throw missing('object', id, 'starting_after');
    return at;
  };
  let data = all;
  if (ending_before) data = all.slice(0, index(ending_before)).slice(-n);
  else if (starting_after) data = all.slice(index(starting_after) + 1);
  const more = ending_before ? index(ending_before) > n : data.length > n;
  return {object: 'list', url, has_more: more, data: data.slice(0, n)};
}
