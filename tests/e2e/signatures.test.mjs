// The tamper matrix of webhook signatures: every case through `gatehouse webhooks verify` and through the vendor's own
// library. Where the two differ, docs/guide/webhook-signatures.md says so, with the reason; this test keeps it true.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, mock, test} from 'node:test';
import {sign as octokitSign} from '@octokit/webhooks-methods';
import {Webhook as StandardWebhook} from 'standardwebhooks';
import Stripe from 'stripe';
import {Webhook as SvixWebhook} from 'svix';
import twilio from 'twilio';
import {gatehouse} from './lib/gatehouse.mjs';
import {root} from './lib/process.mjs';
import {casesOf} from './signatures/cases.mjs';
import {joined, now, providers} from './signatures/providers.mjs';

// One process judges all cases of a provider.
async function verdicts(cases) {
  const names = new Map(), env = {};
  const nameOf = (secret) => {
    if (!names.has(secret)) names.set(secret, `WEBHOOK_SECRET_${names.size}`), env[names.get(secret)] = secret;
    return names.get(secret);
  };
  const input = cases.map((c) => JSON.stringify({provider: c.provider, secret_env: c.secrets.map(nameOf), now: c.now, query: c.query,
    headers: c.headers, body_base64: c.body.toString('base64'), ...(c.url && {url: c.url}), ...(c.options && {options: c.options})})).join('\n');
  const {text} = await gatehouse(['webhooks', 'verify', '--batch'], {input: input + '\n', env});
  return text.trim().split('\n').map((line) => JSON.parse(line));
}

// What the library says at the time of the case.
async function opinion(p, c) {
  mock.timers.enable({apis: ['Date'], now: c.now * 1000});
  try {
    return await p.library(c);
  } finally {
    mock.timers.reset();
  }
}

const document = path.join(root, 'docs/guide/webhook-signatures.md');
// The rows of the tables with four columns: case | providers | library | reason.
const documented = () => readFileSync(document, 'utf8').split('\n').flatMap((line) => {
  const cells = line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim());
  if (cells.length !== 4 || !/^(accepts|refuses)$/.test(cells[2])) return [];
  return cells[1].split(', ').map((provider) => `${provider}: ${cells[0].replaceAll('`', '')}: library ${cells[2]}`);
});

describe('webhook signatures', () => {
  const differences = [];
  for (const p of providers) {
    test(`${p.provider}: every tampered request gets its verdict`, async () => {
      const cases = casesOf(p);
      assert.ok(cases.length >= 40, `${cases.length} cases`);
      assert.equal(new Set(cases.map((c) => c.name)).size, cases.length, 'names are unique');
      const answers = await verdicts(cases);
      assert.equal(answers.length, cases.length);
      const wrong = [];
      for (const [at, c] of cases.entries()) {
        const answer = answers[at];
        if (answer.code !== c.code) wrong.push(`${c.name}: ${answer.code} (${answer.detail}), expected ${c.code}`);
        if (p.library) {
          const theirs = await opinion(p, c);
          if (theirs !== answer.valid) differences.push(`${p.provider}: ${c.name}: library ${theirs ? 'accepts' : 'refuses'}`);
        }
      }
      assert.deepEqual(wrong, []);
    });
  }
  test('there are over a thousand requests', () => {
    assert.ok(providers.reduce((sum, p) => sum + casesOf(p).length, 0) > 1000);
  });
  test('the differences from the libraries are those that are written down', () => {
    assert.deepEqual(differences.toSorted(), documented().toSorted());
  });
});

// The vendors' libraries as senders: what they sign is accepted, and read as they meant it.
describe('signed by the libraries', () => {
  const p = (name) => providers.find(({provider}) => provider === name);
  const senders = {
    stripe: (secret, body) => [['Stripe-Signature', Stripe.webhooks.generateTestHeaderString({payload: body, secret, timestamp: now})]],
    svix: (secret, body) => [['svix-id', 'msg_9'], ['svix-timestamp', `${now}`],
      ['svix-signature', new SvixWebhook(secret).sign('msg_9', new Date(now * 1000), body)]],
    clerk: (secret, body) => senders.svix(secret, body),
    'standard-webhooks': (secret, body) => [['webhook-id', 'msg_9'], ['webhook-timestamp', `${now}`],
      ['webhook-signature', new StandardWebhook(secret).sign('msg_9', new Date(now * 1000), body)]],
    github: async (secret, body) => [['X-Hub-Signature-256', await octokitSign(secret, body)], ['X-GitHub-Delivery', 'd-9'],
      ['X-GitHub-Event', 'push']],
    twilio: (secret, body) => [['Content-Type', 'application/x-www-form-urlencoded'], ['X-Twilio-Signature',
      twilio.getExpectedTwilioSignature(secret, p('twilio').url, Object.fromEntries(new URLSearchParams(body)))]],
  };
  const meant = {stripe: ['evt_1', 'order.created'], svix: ['msg_9', 'order.created'], clerk: ['msg_9', 'order.created'],
    'standard-webhooks': ['msg_9', 'order.created'], github: ['d-9', 'push'], twilio: [/^sha256:/, 'message.sent']};
  for (const [provider, headersOf] of Object.entries(senders)) {
    test(provider, async () => {
      const secret = p(provider).secretOf('sender'), body = p(provider).body;
      const [answer] = await verdicts([{provider, secrets: [secret], now, query: '', url: p(provider).url, body: Buffer.from(body),
        headers: await headersOf(secret, body)}]);
      assert.equal(answer.code, 'ok', answer.detail);
      assert.match(answer.id, new RegExp(meant[provider][0]));
      assert.equal(answer.type, meant[provider][1]);
    });
  }
});

// The vendors' libraries as receivers: they accept what we sign, as test events and as deliveries to a backend.
describe('accepted by the libraries', () => {
  for (const p of providers.filter(({library}) => library)) {
    test(p.provider, async () => {
      const secret = p.secretOf('receiver');
      const args = ['webhooks', 'sign', '-p', p.provider, '-s', 'WEBHOOK_SECRET', '--now', `${now}`, '--id', 'msg_7', '--type', 'push',
        ...(p.url ? ['--url', p.url, '--content-type', 'application/x-www-form-urlencoded'] : [])];
      const signed = await gatehouse(args, {input: p.body, env: {WEBHOOK_SECRET: secret}});
      assert.equal(signed.code, 0, signed.errors);
      const headers = signed.text.trim().split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2));
      if (p.provider === 'shopify') headers.push(['X-Shopify-Shop-Domain', 'a.myshopify.com'], ['X-Shopify-API-Version', '2026-07']);
      const request = {headers, body: Buffer.from(p.body), secret, now, query: '', url: p.url};
      assert.ok(await opinion(p, request), signed.text);
      assert.ok(!await opinion(p, {...request, body: Buffer.from(`${p.body}0`)}), 'and nothing else');
      assert.equal(joined(headers)['content-type'], p.url ? 'application/x-www-form-urlencoded' : 'application/json');
    });
  }
});
