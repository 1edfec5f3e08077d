// What a team writes by hand: Express, the vendor's library, SQLite with the same durability; one commit an event.
import {createRequire} from 'node:module';
import path from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import {fileURLToPath} from 'node:url';

const require = createRequire(path.join(path.dirname(fileURLToPath(import.meta.url)), '../tests/e2e/package.json'));
const express = require('express');
const Stripe = require('stripe');
const [port, file] = process.argv.slice(2);
const stripe = new (Stripe.default ?? Stripe)('sk_test_not_used');
const db = new DatabaseSync(file);
db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE event (id TEXT PRIMARY KEY, type TEXT, body BLOB, received INTEGER)');
const insert = db.prepare('INSERT INTO event VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING');
const app = express();
app.disable('x-powered-by');
app.use((request, response, next) => {
  response.set('X-Content-Type-Options', 'nosniff');
  next();
});
app.post('/webhooks/stripe', express.raw({type: 'application/json', limit: '1mb'}), (request, response) => {
  let event;
  try {
    event = stripe.webhooks.constructEvent(request.body, request.headers['stripe-signature'], process.env.STRIPE_WEBHOOK_SECRET);
  } catch {
    return response.status(400).end();
  }
  insert.run(event.id, event.type, request.body, Date.now());
  response.json({received: true});
});
app.listen(Number(port), '127.0.0.1');
