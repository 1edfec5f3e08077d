// Each provider as a sender of its own making (node:crypto alone) and, where the vendor has one, its real library as
// a second opinion.
import {createHash, createHmac} from 'node:crypto';
import querystring from 'node:querystring';
import {verifyWebhook} from '@clerk/backend/webhooks';
import {verify as octokitVerify} from '@octokit/webhooks-methods';
import {Paddle} from '@paddle/paddle-node-sdk';
import '@shopify/shopify-api/adapters/node';
import {shopifyApi} from '@shopify/shopify-api';
import bolt from '@slack/bolt';
import {Webhook as StandardWebhook} from 'standardwebhooks';
import Stripe from 'stripe';
import {Webhook as SvixWebhook} from 'svix';
import twilio from 'twilio';

export const now = 1700000000;

// Secrets are made here, so that none of them looks like somebody's.
const random = (label, bytes = 24) => createHash('sha512').update(label).digest().subarray(0, bytes);
const whsec = (label) => 'whsec_' + random(label).toString('base64');
const plain = (label) => random(label, 32).toString('hex');

const hmac = (key, ...parts) => {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
};

// Header fields as Node hands them to an application: lower-case names, repeated ones joined.
export function joined(headers) {
  const out = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase(), trimmed = value.replace(/^[ \t]+|[ \t]+$/g, '');
    out[key] = key in out ? `${out[key]}, ${trimmed}` : trimmed;
  }
  return out;
}

const holds = async (ask) => {
  try {
    return (await ask()) !== false;
  } catch {
    return false;
  }
};

const event = JSON.stringify({id: 'evt_1', object: 'event', event_id: 'evt_1', type: 'order.created', event_type: 'order.created',
  meta: {event_name: 'order.created'}, data: {name: 'Zoë 🦊', amount: 1200}});

// What a provider needs of a sender: `mac` over a message, `encode` of a signature, `render` into header fields.
const hexOf = (mac) => mac.toString('hex'), base64Of = (mac) => mac.toString('base64');

const standardFamily = (provider, prefix, library, {join = ' ', secretOf = whsec, bare = (s) => s} = {}) => ({
  provider, encoding: 'base64', timed: 'header', list: 'versions', body: event, signature: `${prefix}-signature`,
  timeHeader: `${prefix}-timestamp`, secretOf,
  mac: (m) => hmac(Buffer.from(bare(m.secret).slice(6), 'base64'), `${m.id}.${m.time}.`, m.body),
  encode: base64Of, item: (s) => `v1,${s}`, otherItem: (s) => `v2,${s}`, join,
  render: (items, m) => [[`${prefix}-id`, m.id], [`${prefix}-timestamp`, `${m.time}`], [`${prefix}-signature`, items.join(join)]],
  library: (c) => holds(() => library(bare(c.secret), c)),
});

const shopify = shopifyApi({apiKey: 'key', apiSecretKey: plain('shopify a'), hostName: 'app.example.com', isEmbeddedApp: true,
  apiVersion: '2026-07', scopes: ['read_orders'], logger: {log: () => {}}});
const shopifyFor = (secret) => {
  shopify.config.apiSecretKey = secret;
  return shopify;
};

export const providers = [
  {
    provider: 'stripe', encoding: 'hex', timed: 'inside', list: 'pairs', body: event, signature: 'Stripe-Signature',
    secretOf: whsec, timeKey: 't', separator: ',',
    mac: (m) => hmac(m.secret, `${m.time}.`, m.body),
    encode: hexOf, item: (s) => `v1=${s}`, otherItem: (s) => `v0=${s}`, join: ',',
    render: (items, m) => [['Stripe-Signature', [`t=${m.time}`, ...items].join(',')]],
    library: (c) => holds(() => Stripe.webhooks.constructEvent(c.body, joined(c.headers)['stripe-signature'] ?? '', c.secret, 300)),
  },
  standardFamily('svix', 'svix', (secret, c) => new SvixWebhook(secret).verify(c.body, joined(c.headers))),
  standardFamily('clerk', 'svix', (secret, c) => verifyWebhook(
    new Request('http://127.0.0.1/', {method: 'POST', headers: joined(c.headers), body: c.body}), {signingSecret: secret})),
  standardFamily('standard-webhooks', 'webhook',
    (secret, c) => new StandardWebhook(secret).verify(c.body.toString(), joined(c.headers))),
  standardFamily('supabase', 'webhook', (secret, c) => new StandardWebhook(secret).verify(c.body.toString(), joined(c.headers)),
    {join: ', ', secretOf: (label) => 'v1,' + whsec(label), bare: (s) => s.replace(/^v1,/, '')}),
  {
    provider: 'github', encoding: 'hex', list: 'one', body: event, signature: 'X-Hub-Signature-256', secretOf: plain, prefix: 'sha256=',
    mac: (m) => hmac(m.secret, m.body),
    encode: hexOf, item: (s) => `sha256=${s}`,
    render: (items, m) => [['X-Hub-Signature-256', items.join(',')], ['X-GitHub-Delivery', m.id], ['X-GitHub-Event', 'push']],
    library: (c) => holds(() => octokitVerify(c.secret, c.body.toString(), joined(c.headers)['x-hub-signature-256'])),
  },
  {
    provider: 'paddle', encoding: 'hex', timed: 'inside', list: 'pairs', body: event, signature: 'Paddle-Signature', secretOf: plain,
    timeKey: 'ts', separator: ';', tolerance: 30,
    mac: (m) => hmac(m.secret, `${m.time}:`, m.body),
    encode: hexOf, item: (s) => `h1=${s}`, otherItem: (s) => `h2=${s}`, join: ';',
    render: (items, m) => [['Paddle-Signature', [`ts=${m.time}`, ...items].join(';')]],
    library: (c) => holds(() => new Paddle('key').webhooks.isSignatureValid(c.body.toString(), c.secret,
      joined(c.headers)['paddle-signature'])),
  },
  {
    provider: 'lemonsqueezy', encoding: 'hex', list: 'one', body: event, signature: 'X-Signature', secretOf: plain, prefix: '',
    mac: (m) => hmac(m.secret, m.body),
    encode: hexOf, item: (s) => s,
    render: (items) => [['X-Signature', items.join(',')], ['X-Event-Name', 'order.created']],
  },
  {
    provider: 'shopify', encoding: 'base64', list: 'one', body: event, signature: 'X-Shopify-Hmac-SHA256', secretOf: plain, prefix: '',
    mac: (m) => hmac(m.secret, m.body),
    encode: base64Of, item: (s) => s,
    render: (items, m) => [['X-Shopify-Hmac-SHA256', items.join(',')], ['X-Shopify-Topic', 'orders/create'], ['X-Shopify-Webhook-Id', m.id],
      ['X-Shopify-Shop-Domain', 'a.myshopify.com'], ['X-Shopify-API-Version', '2026-07']],
    library: (c) => holds(async () => (await shopifyFor(c.secret).webhooks.validate({rawBody: c.body.toString(),
      rawRequest: {method: 'POST', url: '/', headers: joined(c.headers)}, rawResponse: {}})).valid),
  },
  {
    provider: 'slack', encoding: 'hex', timed: 'header', list: 'one', body: event, signature: 'X-Slack-Signature', secretOf: plain,
    prefix: 'v0=', timeHeader: 'X-Slack-Request-Timestamp',
    mac: (m) => hmac(m.secret, `v0:${m.time}:`, m.body),
    encode: hexOf, item: (s) => `v0=${s}`,
    render: (items, m) => [['X-Slack-Request-Timestamp', `${m.time}`], ['X-Slack-Signature', items.join(',')]],
    library: (c) => holds(() => bolt.verifySlackRequest({signingSecret: c.secret, body: c.body.toString(), headers: joined(c.headers)})),
  },
  {
    provider: 'twilio', encoding: 'base64', list: 'one', form: true, signature: 'X-Twilio-Signature', secretOf: plain, prefix: '',
    body: 'Body=Caf%C3%A9+%F0%9F%A6%8A+1%2B1&From=%2B14158675310&MessageSid=SM1&MessageStatus=sent&To=%2B18005551212',
    url: 'https://example.com/hooks/twilio',
    mac: (m) => {
      const fields = m.hash ? {} : querystring.parse(m.body.toString());
      const tail = Object.keys(fields).sort().map((name) => [fields[name]].flat().sort().map((value) => name + value).join('')).join('');
      return createHmac('sha1', m.secret).update(m.address ?? 'https://example.com/hooks/twilio').update(tail).digest();
    },
    encode: base64Of, item: (s) => s,
    render: (items, m) => [['X-Twilio-Signature', items.join(',')],
      ['Content-Type', m.hash ? 'application/json' : 'application/x-www-form-urlencoded']],
    library: (c) => holds(() => {
      const url = c.query ? `${c.url.split('?')[0]}?${c.query}` : c.url;
      const signature = joined(c.headers)['x-twilio-signature'] ?? '';
      return url.includes('bodySHA256') ? twilio.validateRequestWithBody(c.secret, signature, url, c.body.toString())
        : twilio.validateRequest(c.secret, signature, url, querystring.parse(c.body.toString()));
    }),
  },
  {
    provider: 'generic-hmac', encoding: 'base64', timed: 'header', list: 'one', body: event, signature: 'X-Sig', secretOf: plain,
    prefix: 'mac ', timeHeader: 'X-Time',
    options: 'header = "X-Sig"\nprefix = "mac "\nencoding = "base64"\ncontent = "{id}|{timestamp}|{body}"\ntimestamp_header = "X-Time"\n' +
      'id_header = "X-Id"\ntype_field = "type"\n',
    mac: (m) => hmac(m.secret, `${m.id}|${m.time}|`, m.body),
    encode: base64Of, item: (s) => `mac ${s}`,
    render: (items, m) => [['X-Id', m.id], ['X-Time', `${m.time}`], ['X-Sig', items.join(',')]],
  },
];
