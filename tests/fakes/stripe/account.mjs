// One account's data: what its objects are made of, and what happens when somebody pays, cancels, refunds or disputes.
import {randomBytes} from 'node:crypto';
import {apiVersion, shaped} from './shapes.mjs';
import {invalid, missing} from './fault.mjs';

const day = 24 * 3600;
const lengths = {day, week: 7 * day, month: 30 * day, year: 365 * day};
const list = (url, data) => ({object: 'list', url, has_more: false, data});
const copy = (value) => structuredClone(value);

export class Account {
  constructor({now, mode = 'test', pageBase, account = null}) {
    Object.assign(this, {now, mode, pageBase, account});
    this.objects = new Map();  // id -> object, in the order of creation
    this.lineItems = new Map();  // session or invoice id -> items
    this.listeners = [];  // called with every event
    this.serial = 0;
  }

  id(prefix) { return `${prefix}_${String(++this.serial).padStart(4, '0')}${randomBytes(8).toString('hex')}`; }

  add(object) {
    this.objects.set(object.id, object);
    return object;
  }

  get(kind, id, param) {
    const found = this.objects.get(id);
    if (!found || found.object !== kind || found.deleted) throw missing(kind, id, param);
    return found;
  }

  all(kind) { return [...this.objects.values()].filter((o) => o.object === kind && !o.deleted).reverse(); }

  base(object, id, fields) {
    const common = {id, created: this.now(), livemode: this.mode === 'live', ...fields};
    if (object === 'refund') delete common.livemode;
    return this.add(shaped(object, common));
  }

  emit(type, object, {previous, idempotencyKey = null} = {}) {
    const data = {object: copy(object)};
    if (previous) data.previous_attributes = previous;
    const event = this.base('event', this.id('evt'), {
      api_version: apiVersion, data, pending_webhooks: 1, type, request: {id: null, idempotency_key: idempotencyKey},
    });
    if (this.account) event.account = this.account;
    for (const listener of this.listeners) listener(event);
    return event;
  }

  update(object, changes, type) {
    const previous = {};
    for (const name of Object.keys(changes)) previous[name] = copy(object[name] ?? null);
    Object.assign(object, changes);
    if (type) this.emit(type, object, {previous});
    return object;
  }

  // ---- what is for sale

  product({id, name, active = 'true', description = null, metadata = {}, default_price, images = [], marketing_features = []}) {
    if (!name) throw invalid('Missing required param: name.', {code: 'parameter_missing', param: 'name'});
    const made = this.base('product', id ?? this.id('prod'), {
      active: active !== 'false', name, description, metadata, images, marketing_features, type: 'service', updated: this.now(),
      ...(default_price ? {default_price} : {}),
    });
    this.emit('product.created', made);
    return made;
  }

  price({currency, unit_amount, product, recurring, active = 'true', metadata = {}, nickname = null, lookup_key = null, id}) {
    if (!currency) throw invalid('Missing required param: currency.', {code: 'parameter_missing', param: 'currency'});
    this.get('product', product, 'product');
    const made = this.base('price', id ?? this.id('price'), {
      active: active !== 'false', billing_scheme: 'per_unit', currency, metadata, nickname, lookup_key, product,
      type: recurring ? 'recurring' : 'one_time', unit_amount: Number(unit_amount), unit_amount_decimal: String(unit_amount),
      tax_behavior: 'unspecified',
      recurring: recurring ? {
        interval: recurring.interval, interval_count: Number(recurring.interval_count ?? 1), meter: null,
        trial_period_days: recurring.trial_period_days ? Number(recurring.trial_period_days) : null, usage_type: 'licensed',
      } : null,
    });
    this.emit('price.created', made);
    return made;
  }

  customer({email = null, name, metadata = {}, description = null}) {
    const made = this.base('customer', this.id('cus'), {
      balance: 0, email, description, metadata, ...(name ? {name} : {}),
      invoice_settings: {custom_fields: null, default_payment_method: null, footer: null, rendering_options: null},
    });
    this.emit('customer.created', made);
    return made;
  }

  // ---- checkout

  session(p) {
    const mode = p.mode;
    if (!['payment', 'subscription', 'setup'].includes(mode)) throw invalid('Invalid mode', {param: 'mode'});
    const uiMode = p.ui_mode ?? 'hosted_page';
    if (!['hosted_page', 'embedded_page', 'elements', 'form'].includes(uiMode)) throw invalid('Invalid ui_mode', {param: 'ui_mode'});
    if (uiMode === 'hosted_page' && !p.success_url) throw invalid('Missing required param: success_url.', {code: 'parameter_missing', param: 'success_url'});
    if (p.customer) this.get('customer', p.customer, 'customer');
    const items = (p.line_items ?? []).map((item) => this.lineItem(item));
    if (mode !== 'setup' && !items.length) throw invalid('Missing required param: line_items.', {code: 'parameter_missing', param: 'line_items'});
    const recurring = items.some((i) => i.price.type === 'recurring');
    if (mode === 'payment' && recurring) throw invalid('You must use mode=subscription with recurring prices.', {param: 'mode'});
    if (mode === 'subscription' && !recurring) throw invalid('A subscription needs a recurring price.', {param: 'line_items'});
    const total = items.reduce((sum, i) => sum + i.amount_total, 0);
    const id = this.id(`cs_${this.mode}`);
    const made = this.base('checkout.session', id, {
      mode, ui_mode: uiMode, status: 'open', payment_status: 'unpaid', amount_subtotal: total, amount_total: total,
      currency: items[0]?.currency ?? p.currency ?? null, customer: p.customer ?? null, customer_email: p.customer_email ?? null,
      client_reference_id: p.client_reference_id ?? null, metadata: p.metadata ?? {}, success_url: p.success_url ?? null,
      cancel_url: p.cancel_url ?? null, expires_at: Number(p.expires_at ?? this.now() + day), custom_fields: [],
      custom_text: {after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null},
      automatic_tax: {enabled: false, liability: null, provider: null, status: null}, payment_method_types: ['card'],
      shipping_options: [], url: uiMode === 'hosted_page' ? `${this.pageBase()}/c/pay/${id}` : null,
      allow_promotion_codes: p.allow_promotion_codes ? p.allow_promotion_codes === 'true' : null,
      total_details: {amount_discount: 0, amount_shipping: 0, amount_tax: 0},
      client_secret: uiMode === 'hosted_page' ? null : `${id}_secret_${randomBytes(6).toString('hex')}`,
      ...(p.return_url ? {return_url: p.return_url} : {}),
    });
    this.lineItems.set(id, items);
    Object.defineProperty(made, 'wishes', {value: {subscription: p.subscription_data ?? {}, intent: p.payment_intent_data ?? {}}});
    return made;
  }

  lineItem({price, quantity = '1'}) {
    const known = this.get('price', price, 'line_items[0][price]');
    if (!known.active) throw invalid(`The price specified is inactive.`, {param: 'line_items[0][price]'});
    const n = Number(quantity);
    if (!Number.isInteger(n) || n < 1) throw invalid('Invalid integer', {param: 'line_items[0][quantity]'});
    const amount = known.unit_amount * n;
    return shaped('item', {
      id: this.id('li'), amount_discount: 0, amount_subtotal: amount, amount_tax: 0, amount_total: amount, currency: known.currency,
      description: this.objects.get(known.product).name, price: copy(known), quantity: n,
    });
  }

  openSession(id) {
    const session = this.get('checkout.session', id);
    if (session.status !== 'open') throw invalid(`This Checkout Session is ${session.status}.`);
    return session;
  }

  // The customer pressed "Pay". `late`: the money comes later (a bank debit), as `settle` tells.
  pay(id, {late = false} = {}) {
    const session = this.openSession(id);
    if (!session.customer) session.customer = this.customer({email: session.customer_email ?? 'payer@example.com'}).id;
    const total = session.amount_total;
    if (session.mode === 'payment' && total > 0) {
      const intent = this.intent({amount: total, currency: session.currency, customer: session.customer, metadata: session.wishes.intent.metadata ?? {}});
      session.payment_intent = intent.id;
      if (late) this.update(intent, {status: 'processing'}, 'payment_intent.processing');
      else this.succeed(intent);
    } else if (session.mode === 'subscription') {
      const items = this.lineItems.get(id).map((i) => ({price: i.price.id, quantity: String(i.quantity)}));
      const subscription = this.subscription({customer: session.customer, items, ...session.wishes.subscription}, {paid: !late});
      session.subscription = subscription.id;
      session.invoice = subscription.latest_invoice;
    }
    const due = session.mode === 'subscription' ? this.objects.get(session.invoice).amount_due : total;
    session.payment_status = due === 0 ? 'no_payment_required' : late ? 'unpaid' : 'paid';
    session.status = 'complete';
    session.url = null;
    this.emit('checkout.session.completed', session);
    return session;
  }

  // The late money came, or it did not.
  settle(id, arrived) {
    const session = this.get('checkout.session', id);
    const intent = session.payment_intent ? this.objects.get(session.payment_intent) : null;
    if (arrived) {
      if (intent) this.succeed(intent);
      session.payment_status = 'paid';
    } else if (intent) {
      this.fail(intent);
    }
    this.emit(`checkout.session.async_payment_${arrived ? 'succeeded' : 'failed'}`, session);
    return session;
  }

  expire(id) {
    const session = this.openSession(id);
    session.status = 'expired';
    session.url = null;
    this.emit('checkout.session.expired', session);
    return session;
  }

  // ---- intents, charges, refunds, disputes

  intent({amount, currency, customer = null, metadata = {}, setup_future_usage = null, receipt_email = null}) {
    if (!(Number(amount) > 0)) throw invalid('This value must be greater than or equal to 1.', {param: 'amount', code: 'parameter_invalid_integer'});
    if (customer) this.get('customer', customer, 'customer');
    const id = this.id('pi');
    const made = this.base('payment_intent', id, {
      amount: Number(amount), amount_capturable: 0, amount_received: 0, capture_method: 'automatic_async', confirmation_method: 'automatic',
      currency, customer, metadata, payment_method_types: ['card'], status: 'requires_payment_method', setup_future_usage, receipt_email,
      client_secret: `${id}_secret_${randomBytes(6).toString('hex')}`, automatic_payment_methods: {enabled: true},
    });
    this.emit('payment_intent.created', made);
    return made;
  }

  succeed(intent) {
    const charge = this.base('charge', this.id('ch'), {
      amount: intent.amount, amount_captured: intent.amount, amount_refunded: 0, captured: true, currency: intent.currency, disputed: false,
      customer: intent.customer, metadata: intent.metadata, paid: true, payment_intent: intent.id, refunded: false, status: 'succeeded',
      billing_details: {address: null, email: null, name: null, phone: null, tax_id: null},
    });
    Object.assign(intent, {status: 'succeeded', amount_received: intent.amount, latest_charge: charge.id});
    this.emit('charge.succeeded', charge);
    this.emit('payment_intent.succeeded', intent);
    return intent;
  }

  fail(intent) {
    intent.status = 'requires_payment_method';
    intent.last_payment_error = {type: 'card_error', code: 'card_declined', decline_code: 'generic_decline', message: 'Your card was declined.'};
    this.emit('payment_intent.payment_failed', intent);
    return intent;
  }

  setupIntent({customer = null, metadata = {}, usage = 'off_session'}) {
    if (customer) this.get('customer', customer, 'customer');
    const id = this.id('seti');
    const made = this.base('setup_intent', id, {
      customer, metadata, payment_method_types: ['card'], status: 'requires_payment_method', usage,
      client_secret: `${id}_secret_${randomBytes(6).toString('hex')}`,
    });
    this.emit('setup_intent.created', made);
    return made;
  }

  ephemeralKey({customer}) {
    this.get('customer', customer, 'customer');
    return this.base('ephemeral_key', this.id('ephkey'), {
      expires: this.now() + 3600, secret: `ek_${this.mode}_${randomBytes(16).toString('hex')}`, associated_objects: [{id: customer, type: 'customer'}],
    });
  }

  chargeOf({charge, payment_intent}) {
    const id = charge ?? this.get('payment_intent', payment_intent, 'payment_intent').latest_charge;
    if (!id) throw invalid('This PaymentIntent does not have a successful charge to refund.', {code: 'charge_not_found'});
    return this.get('charge', id, 'charge');
  }

  refund(p) {
    const charge = this.chargeOf(p);
    const left = charge.amount - charge.amount_refunded;
    const amount = Number(p.amount ?? left);
    if (!(amount > 0) || amount > left) throw invalid('Refund amount is greater than unrefunded amount on charge', {code: 'charge_already_refunded'});
    const made = this.base('refund', this.id('re'), {
      amount, charge: charge.id, currency: charge.currency, metadata: p.metadata ?? {}, payment_intent: charge.payment_intent,
      reason: p.reason ?? null, status: 'succeeded',
    });
    const previous = {amount_refunded: charge.amount_refunded, refunded: charge.refunded};
    charge.amount_refunded += amount;
    charge.refunded = charge.amount_refunded === charge.amount;
    this.emit('refund.created', made);
    this.emit('charge.refunded', charge, {previous});
    return made;
  }

  dispute(payment) {
    const charge = this.chargeOf(payment);
    charge.disputed = true;
    const made = this.base('dispute', this.id('du'), {
      amount: charge.amount, balance_transactions: [], charge: charge.id, currency: charge.currency, enhanced_eligibility_types: [], evidence: {},
      evidence_details: {due_by: this.now() + 9 * day, enhanced_eligibility: {}, has_evidence: false, past_due: false, submission_count: 0, submission_method: null},
      is_charge_refundable: false, metadata: {}, payment_intent: charge.payment_intent, reason: 'fraudulent', status: 'needs_response',
    });
    this.emit('charge.dispute.created', made);
    return made;
  }

  closeDispute(id, won) {
    const dispute = this.get('dispute', id);
    dispute.status = won ? 'won' : 'lost';
    this.emit('charge.dispute.closed', dispute);
    return dispute;
  }

  // ---- subscriptions and invoices

  subscription({customer, items = [], metadata = {}, trial_period_days, payment_behavior = 'allow_incomplete'}, {paid = false} = {}) {
    this.get('customer', customer, 'customer');
    if (!items.length) throw invalid('Missing required param: items.', {code: 'parameter_missing', param: 'items'});
    const prices = items.map((i) => this.get('price', i.price, 'items[0][price]'));
    if (prices.some((p) => p.type !== 'recurring')) throw invalid('The price specified is set to `type=one_time`.', {param: 'items[0][price]'});
    if (payment_behavior === 'error_if_incomplete' && !paid) throw invalid('This customer has no attached payment source.', {code: 'resource_missing'});
    const id = this.id('sub');
    const start = this.now();
    const trial = Number(trial_period_days ?? 0) * day;
    const end = start + (trial || lengths[prices[0].recurring.interval] * prices[0].recurring.interval_count);
    const made = this.base('subscription', id, {
      automatic_tax: {disabled_reason: null, enabled: false, liability: null}, billing_cycle_anchor: end, billing_mode: {flexible: null, type: 'classic'},
      billing_schedules: [], cancel_at_period_end: false, collection_method: 'charge_automatically', currency: prices[0].currency, customer,
      discounts: [], invoice_settings: {account_tax_ids: null, issuer: {type: 'self'}}, metadata, start_date: start,
      status: trial ? 'trialing' : paid ? 'active' : 'incomplete', trial_start: trial ? start : null, trial_end: trial ? end : null,
      items: list(`/v1/subscription_items?subscription=${id}`, prices.map((price, i) => shaped('subscription_item', {
        id: this.id('si'), created: start, current_period_start: start, current_period_end: end, discounts: [], metadata: {}, price: copy(price),
        plan: {id: price.id, object: 'plan', active: true, amount: price.unit_amount, currency: price.currency, product: price.product},
        quantity: Number(items[i].quantity ?? 1), subscription: id,
      }))),
    });
    const invoice = this.invoice(made, {amount: trial ? 0 : undefined, reason: 'subscription_create'});
    this.emit('customer.subscription.created', made);
    if (trial || paid) this.payInvoice(invoice);
    return made;
  }

  invoice(subscription, {amount, reason = 'subscription_cycle'} = {}) {
    const items = subscription.items.data;
    const due = amount ?? items.reduce((sum, i) => sum + i.price.unit_amount * i.quantity, 0);
    const id = this.id('in');
    const made = this.base('invoice', id, {
      amount_due: due, amount_overpaid: 0, amount_paid: 0, amount_remaining: due, amount_shipping: 0, attempt_count: 0, attempted: false,
      automatic_tax: {disabled_reason: null, enabled: false, liability: null, provider: null, status: null}, billing_reason: reason,
      collection_method: 'charge_automatically', currency: subscription.currency, customer: subscription.customer, default_tax_rates: [],
      discounts: [], issuer: {type: 'self'}, metadata: {}, period_start: items[0].current_period_start, period_end: items[0].current_period_end,
      payment_settings: {default_mandate: null, payment_method_options: null, payment_method_types: null}, post_payment_credit_notes_amount: 0,
      pre_payment_credit_notes_amount: 0, starting_balance: 0, status: 'open', subtotal: due, total: due, number: `T-${this.serial}`,
      status_transitions: {finalized_at: this.now(), marked_uncollectible_at: null, paid_at: null, voided_at: null},
      parent: {quote_details: null, type: 'subscription_details', subscription_details: {metadata: subscription.metadata, subscription: subscription.id}},
    });
    made.lines = list(`/v1/invoices/${id}/lines`, items.map((i) => shaped('line_item', {
      id: this.id('il'), amount: due, currency: subscription.currency, discountable: true, discounts: [], livemode: made.livemode, metadata: {},
      period: {start: i.current_period_start, end: i.current_period_end}, subtotal: due, quantity: i.quantity, subscription: subscription.id, invoice: id,
      pricing: {price_details: {price: i.price.id, product: i.price.product}, type: 'price_details', unit_amount_decimal: String(i.price.unit_amount)},
      parent: {invoice_item_details: null, type: 'subscription_item_details', subscription_item_details: {invoice_item: null, proration: false, proration_details: null, subscription: subscription.id, subscription_item: i.id}},
    })));
    if (due > 0) Object.defineProperty(made, 'intent', {value: this.intent({amount: due, currency: subscription.currency, customer: subscription.customer})});
    subscription.latest_invoice = id;
    this.emit('invoice.created', made);
    this.emit('invoice.finalized', made);
    return made;
  }

  payInvoice(invoice) {
    if (invoice.intent) this.succeed(invoice.intent);
    Object.assign(invoice, {status: 'paid', amount_paid: invoice.amount_due, amount_remaining: 0, attempted: true, attempt_count: 1});
    invoice.status_transitions.paid_at = this.now();
    if (invoice.intent) invoice.payments = list(`/v1/invoice_payments?invoice=${invoice.id}`, [{
      id: this.id('inpay'), object: 'invoice_payment', amount_paid: invoice.amount_paid, amount_requested: invoice.amount_due, created: this.now(),
      currency: invoice.currency, invoice: invoice.id, is_default: true, livemode: invoice.livemode, payment: {type: 'payment_intent', payment_intent: invoice.intent.id},
      status: 'paid', status_transitions: {canceled_at: null, paid_at: this.now()},
    }]);
    this.emit('invoice.paid', invoice);
    const subscription = this.objects.get(invoice.parent.subscription_details.subscription);
    if (['incomplete', 'past_due', 'unpaid'].includes(subscription.status) || (subscription.status === 'trialing' && invoice.amount_due > 0))
      this.update(subscription, {status: 'active'}, 'customer.subscription.updated');
    return invoice;
  }

  // The next period begins, and its invoice is paid or not.
  renew(id, {paid = true} = {}) {
    const subscription = this.get('subscription', id);
    for (const item of subscription.items.data) {
      const span = lengths[item.price.recurring.interval] * item.price.recurring.interval_count;
      item.current_period_start = item.current_period_end;
      item.current_period_end += span;
    }
    const invoice = this.invoice(subscription);
    if (paid) {
      this.payInvoice(invoice);
    } else {
      Object.assign(invoice, {attempted: true, attempt_count: 1, next_payment_attempt: this.now() + 3 * day});
      if (invoice.intent) this.fail(invoice.intent);
      this.emit('invoice.payment_failed', invoice);
      this.update(subscription, {status: 'past_due'}, 'customer.subscription.updated');
    }
    return invoice;
  }

  trialWillEnd(id) { return this.emit('customer.subscription.trial_will_end', this.get('subscription', id)); }

  cancel(id, {atPeriodEnd = false} = {}) {
    const subscription = this.get('subscription', id);
    if (subscription.status === 'canceled') throw missing('subscription', id);
    if (atPeriodEnd)
      return this.update(subscription, {cancel_at_period_end: true, cancel_at: subscription.items.data[0].current_period_end, canceled_at: this.now()}, 'customer.subscription.updated');
    Object.assign(subscription, {status: 'canceled', canceled_at: this.now(), ended_at: this.now()});
    this.emit('customer.subscription.deleted', subscription);
    return subscription;
  }

  portal({customer, return_url = null}) {
    this.get('customer', customer, 'customer');
    const id = this.id('bps');
    return this.base('billing_portal.session', id, {
      configuration: 'bpc_0001standin', customer, return_url, url: `${this.pageBase()}/p/session/${id}`,
    });
  }
}
