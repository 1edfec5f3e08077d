// Gatehouse with [billing] before a stand-in for Stripe, a key for tokens, and a backend that keeps what it is sent.
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {startStripe} from '../../fakes/stripe/server.mjs';
import {startRecorder} from './backend.mjs';
import {serve} from './gatehouse.mjs';
import {request} from './http.mjs';
import {jwtTable, publicRoute, signedIn} from './policy.mjs';
import {atEnd, temporaryFolder} from './process.mjs';
import {keySet, makeKey, sign} from './tokens.mjs';

export const endpoints = (base = '/billing') => Object.entries({
  products: 'products', prices: 'prices', customer: 'customer', checkout: 'checkout', portal: 'portal', subscriptions: 'subscriptions',
  payment_intents: 'payment-intents', setup_intents: 'setup-intents', ephemeral_keys: 'ephemeral-keys', orders: 'orders', entitlements: 'entitlements',
}).map(([name, at]) => `${name} = "${base}/${at}"`).join('\n');

// `billing` is TOML for the [billing] table; `where` replaces the endpoints.
export async function startShop({stripe: options, billing = '', where, routes = '', more = '', env = {}, shop = sell, rates = 'reads = "6000/min"\nwrites = "6000/min"', backend, httpPort, origins = () => ['https://app.example.com'], ...serving} = {}) {
  const stripe = await startStripe(options);
  const goods = shop(stripe.account);
  const key = await makeKey();
  const folder = temporaryFolder();
  const keys = path.join(folder, 'keys.json');
  writeFileSync(keys, keySet(key));
  const recorder = backend ?? await startRecorder();
  const gate = await serve(recorder.url, {
    httpPort,
    more: `${jwtTable({jwks: keys})}
[billing]
secret_key = { env = "STRIPE_SECRET_KEY" }
api = "${stripe.url}"
products = [${goods.products.map((p) => `"${p}"`).join(', ')}]
return_origins = [${origins({http: httpPort}).map((o) => `"${o}"`).join(', ')}]
${rates}
timeout = "2s"
${billing}
[billing.endpoints]
${where ?? endpoints()}
${more}`,
    routes: `${signedIn('/api/')}\n${publicRoute('=/')}\n${routes}`, env: {STRIPE_SECRET_KEY: stripe.secretKey, ...env}, ...serving,
  });
  atEnd(() => stripe.stop());
  const tokens = new Map();
  // A request of one person: JSON goes out, {status, headers, body} comes back.
  const ask = async (user, method, target, body, headers = {}) => {
    if (user && !tokens.has(user)) tokens.set(user, await sign(key, {sub: user}));
    const answer = await request(gate.url + target, {
      method, body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
      headers: {...(user ? {Authorization: `Bearer ${tokens.get(user)}`} : {}), ...(body === undefined ? {} : {'Content-Type': 'application/json'}), ...headers},
    });
    return {status: answer.status, headers: answer.headers, text: answer.text, body: /json/.test(answer.headers['content-type'] ?? '') ? answer.json() : null};
  };
  return {stripe, gate, goods, key, keys, recorder, ask, token: (user, claims = {}) => sign(key, {sub: user, ...claims})};
}

// A plan, its yearly form, something paid once, and something that is not for sale.
export function sell(account) {
  const pro = account.product({name: 'Pro', metadata: {entitlements: 'pro, export', margin: '0.83'}});
  const book = account.product({name: 'Book', metadata: {entitlements: 'book'}});
  const secret = account.product({name: 'Not for sale'});
  const price = (product, unit_amount, recurring, more) => account.price({product: product.id, currency: 'eur', unit_amount, recurring, ...more}).id;
  return {
    products: [pro.id, book.id], pro: pro.id, book: book.id,
    monthly: price(pro, 900, {interval: 'month'}), yearly: price(pro, 9000, {interval: 'year'}), once: price(book, 4900),
    old: price(book, 3900, undefined, {active: 'false'}), unlisted: price(secret, 100),
  };
}
