// The published types of the `stripe` package, read from its .d.ts: which fields an object must have, and which it may.
import {readFileSync} from 'node:fs';
import path from 'node:path';

const files = {
  product: ['Products', 'Product'], price: ['Prices', 'Price'], customer: ['Customers', 'Customer'],
  'billing_portal.session': ['BillingPortal/Sessions', 'Session'], subscription: ['Subscriptions', 'Subscription'],
  subscription_item: ['SubscriptionItems', 'SubscriptionItem'], payment_intent: ['PaymentIntents', 'PaymentIntent'],
  setup_intent: ['SetupIntents', 'SetupIntent'], ephemeral_key: ['EphemeralKeys', 'EphemeralKey'], refund: ['Refunds', 'Refund'],
  dispute: ['Disputes', 'Dispute'], event: ['Events', 'EventBase'], invoice: ['Invoices', 'Invoice'], line_item: ['InvoiceLineItems', 'InvoiceLineItem'],
  charge: ['Charges', 'Charge'], 'checkout.session': ['Checkout/Sessions', 'Session'], item: ['LineItems', 'LineItem'],
  invoice_payment: ['InvoicePayments', 'InvoicePayment'],
};
// The package's types leave this one out of EphemeralKey; the API has always sent it.
const untyped = {ephemeral_key: ['associated_objects']};
const known = new Map();

// {field: {required, type}} of an object's interface.
export function published(object, packageFolder) {
  if (known.has(object)) return known.get(object);
  const [file, name] = files[object];
  const text = readFileSync(path.join(packageFolder, 'esm/resources', `${file}.d.ts`), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const [, , indent, , body] = text.match(new RegExp(`(^|\\n)( *)export interface ${name} (extends [^{]*)?\\{([\\s\\S]*?)\\n\\2\\}`));
  const fields = {};
  for (const [, field, optional, type] of body.matchAll(new RegExp(`^ {${indent.length + 4}}([a-z_0-9]+)(\\??): (.*);$`, 'gm')))
    fields[field] = {required: !optional, type};
  known.set(object, fields);
  return fields;
}

// What is wrong with a value beside its published type, nested objects included: a list of sentences.
export function departures(value, packageFolder, at = '') {
  const found = [];
  if (Array.isArray(value)) return value.flatMap((v, i) => departures(v, packageFolder, `${at}[${i}]`));
  if (value === null || typeof value !== 'object') return found;
  if (files[value.object] && !value.deleted) {
    const fields = published(value.object, packageFolder);
    for (const [name, {required, type}] of Object.entries(fields)) {
      if (required && value[name] === undefined) found.push(`${at}: ${value.object} lacks ${name}`);
      if (value[name] === null && !/\| null$/.test(type)) found.push(`${at}: ${value.object}.${name} is null, which ${type} is not`);
      const kind = type.replace(/ \| null$/, '');
      if (value[name] != null && ['string', 'number', 'boolean'].includes(kind) && typeof value[name] !== kind) found.push(`${at}: ${value.object}.${name} is no ${kind}`);
      if (value[name] != null && kind.startsWith('Array<') && !Array.isArray(value[name])) found.push(`${at}: ${value.object}.${name} is no list`);
    }
    for (const name of Object.keys(value))
      if (!fields[name] && !(untyped[value.object] ?? []).includes(name)) found.push(`${at}: ${value.object} has ${name}, which is not published`);
  }
  for (const [name, inner] of Object.entries(value)) found.push(...departures(inner, packageFolder, `${at}.${name}`));
  return found;
}
