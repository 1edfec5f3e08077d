// Stripe over TLS, by roots of one's own: who shows a certificate of another root or for another name is not told a word.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {before, describe, test} from 'node:test';
import {startShop} from './lib/billing.mjs';
import {gatehouse} from './lib/gatehouse.mjs';
import {temporaryFolder, until} from './lib/process.mjs';

const folder = temporaryFolder();
const file = (name) => path.join(folder, name);
const openssl = (...args) => execFileSync('openssl', args, {stdio: 'pipe'});
const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '5'];

// A root, and a certificate that it signed for `names`; what the stand-in serves with.
const root = (name) => openssl('req', '-x509', ...key, '-subj', `/CN=${name}`, '-addext', 'basicConstraints=critical,CA:TRUE', '-keyout', file(`${name}.key`), '-out', file(`${name}.pem`));
const certificate = (ca, name, names) => {
  openssl('req', '-x509', ...key, '-CA', file(`${ca}.pem`), '-CAkey', file(`${ca}.key`), '-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`,
    '-addext', 'basicConstraints=critical,CA:FALSE', '-keyout', file(`${name}.key`), '-out', file(`${name}.pem`));
  return {key: readFileSync(file(`${name}.key`)), cert: readFileSync(file(`${name}.pem`))};
};

let right, elsewhere;
before(() => {
  root('ours');
  root('theirs');
  right = certificate('ours', 'right', 'IP:127.0.0.1');
  elsewhere = certificate('ours', 'elsewhere', 'DNS:api.stripe.com,IP:127.0.0.2');
});

const shopWith = (tls, ca) => startShop({stripe: {tls}, billing: `retries = 0\nca_file = "${file(`${ca}.pem`)}"`});
const check = (shop) => gatehouse(['billing', 'check', '-c', shop.gate.file], {env: {STRIPE_SECRET_KEY: shop.stripe.secretKey}, cwd: shop.gate.folder});

describe('Stripe over TLS', () => {
  test('is asked when its certificate is of the roots that ca_file names, for its name', async () => {
    const shop = await shopWith(right, 'ours');
    const {status, text} = await shop.ask('alice', 'POST', '/billing/checkout', {price: shop.goods.once, success_url: 'https://app.example.com/ok'});
    assert.equal(status, 200, text);
    assert.equal(shop.stripe.account.all('checkout.session').length, 1);
    const checked = await check(shop);
    assert.equal(checked.code, 0, checked.text + checked.errors);
    await shop.gate.stop();
  });

  for (const [what, tls, ca, why] of [
    ['of another root', () => right, 'theirs', /certificate|issuer|verify/i],
    ['for another name', () => elsewhere, 'ours', /certificate|address|host|name|verify/i],
  ])
    test(`with a certificate ${what} is told nothing: people are to come back, and the record says why`, async () => {
      const shop = await shopWith(tls(), ca);
      for (const [method, target, body] of [['GET', '/billing/products'], ['POST', '/billing/customer', {}]]) {
        const answer = await shop.ask('alice', method, target, body);
        assert.equal(answer.status, 503, answer.text);
        assert.equal(answer.body.error.code, 'payment_unavailable');
        assert.ok(answer.body.error.request_id);
        assert.ok(!/stripe|certificate|issuer|tls|ssl|127\.0\.0|sk_test/i.test(answer.text), answer.text);
        const record = () => shop.gate.records().find((r) => r.id === answer.body.error.request_id);
        await until(() => record()?.detail, 'the record');
        assert.match(record().detail, why);
        assert.match(record().detail, new RegExp(`${method} /v1/${target.split('/')[2]}`));
      }
      assert.equal(shop.stripe.requests.length, 0, 'no request, and so no key, went out');
      const checked = await check(shop);
      assert.equal(checked.code, 3, checked.text);
      assert.match(checked.errors, why);
      assert.ok(!(checked.text + checked.errors + shop.gate.log()).includes(shop.stripe.secretKey));
      await shop.gate.stop();
    });
});
