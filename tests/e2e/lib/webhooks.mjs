// Senders that come again like a provider, and a receiver that counts like an auditor.
import crypto from 'node:crypto';
import http from 'node:http';
import {Webhook} from 'standardwebhooks';
import {atEnd, sleep} from './process.mjs';

export const stripeSecret = 'whsec_e2e_4f1d9a7c0b3e5a6d8f2c';
export const deliverSecret = 'whsec_' + Buffer.from('the key that signs deliveries 01').toString('base64');
export const environment = {STRIPE_WEBHOOK_SECRET: stripeSecret, DELIVER_SECRET: deliverSecret};

export const stripeBody = (id, {key = 'cus_1', type = 'checkout.session.completed', more = {}} = {}) =>
  JSON.stringify({id, object: 'event', type, livemode: false, created: 1700000000, data: {object: {customer: key, ...more}}});

export const stripeSignature = (body, {secret = stripeSecret, at = Math.floor(Date.now() / 1000)} = {}) =>
  `t=${at},v1=${crypto.createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`;

const agent = new http.Agent({keepAlive: true, maxSockets: 64});

// One request: its status, or 0 when nobody answered.
export function post(url, body, headers) {
  return new Promise((done) => {
    const out = http.request(url, {method: 'POST', agent, timeout: 5000,
      headers: {'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), ...headers}}, (answer) => {
      answer.resume();
      answer.on('end', () => done(answer.statusCode));
      answer.on('error', () => done(0));
    });
    out.on('timeout', () => out.destroy());
    out.on('error', () => done(0));
    out.end(body);
  });
}

export const send = (url, body, options) => post(url, body, {'Stripe-Signature': stripeSignature(body, options)});

// Sends until it is answered 200, as providers do; each attempt is signed anew. True when it was, before `until`.
export async function sendUntilTaken(url, body, until) {
  for (let pause = 20; Date.now() < until; pause = Math.min(pause * 2, 400)) {
    if (await send(url, body) === 200) return true;
    await sleep(pause * (0.5 + Math.random() / 2));
  }
  return false;
}

// Verifies every delivery with the vendor's own library. `fail(event)` true: answers 500 and counts nothing as taken.
export async function startReceiver({fail = () => false, delay = () => 0} = {}) {
  const verifier = new Webhook(deliverSecret);
  const taken = [];      // {id, key, number, at}: answered 2xx, in the order of the answers
  const started = [];    // every arrival
  const problems = [];
  const server = http.createServer((request, answer) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', async () => {
      const body = Buffer.concat(chunks).toString();
      try {
        verifier.verify(body, request.headers);
      } catch (error) {
        problems.push(`${request.headers['webhook-id']}: ${error.message}`);
      }
      const event = JSON.parse(body);
      if (event.id !== request.headers['webhook-id']) problems.push(`${event.id} came as ${request.headers['webhook-id']}`);
      const object = event.data.object;
      const entry = {id: event.id, key: object.customer, number: object.number, at: Date.now(), attempt: Number(request.headers['gatehouse-attempt'])};
      started.push(entry);
      const wait = delay(entry);
      if (wait) await sleep(wait);
      if (fail(entry)) { answer.statusCode = 500; return answer.end(); }
      taken.push(entry);
      answer.end('ok');
    });
  });
  server.keepAliveTimeout = 60000;
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const {port} = server.address();
  const stop = () => new Promise((done) => { server.closeAllConnections(); server.close(done); });
  atEnd(() => { if (server.listening) return stop(); });
  return {port, url: `http://127.0.0.1:${port}`, taken, started, problems, stop};
}

export const endpoint = ({deliverTo, more = '', rules = ''}) => `[webhooks.endpoint.stripe]
provider = "stripe"
secret = { env = "STRIPE_WEBHOOK_SECRET" }
deliver_to = "${deliverTo}/events"
deliver_secret = { env = "DELIVER_SECRET" }
${more}
${rules}
`;

// The value of a metric line that begins so.
export const metric = (text, start) => Number(text.split('\n').find((line) => line.startsWith(start))?.split(' ').at(-1) ?? NaN);
