// The pages that a customer's browser sees: payment, and the billing portal. Plain forms, no scripts.
const escape = (s) => String(s).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const page = (title, body) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(title)}</title><h1>${escape(title)}</h1>${body}</html>`;
const money = (amount, currency) => `${(amount / 100).toFixed(2)} ${String(currency).toUpperCase()}`;

export function payPage(account, id) {
  const session = account.get('checkout.session', id);
  if (session.status !== 'open') return page('This page is closed', '<p>The session has ended.</p>');
  const items = account.lineItems.get(id).map((i) => `<li>${escape(i.quantity)} × ${escape(i.description)}: ${money(i.amount_total, i.currency)}</li>`);
  const button = (action, label) => `<form method="post" action="/c/pay/${id}/${action}"><button id="${action}">${label}</button></form>`;
  return page(`Pay ${money(session.amount_total, session.currency)}`, `<ul>${items.join('')}</ul>${button('pay', 'Pay')}${button('later', 'Pay by bank debit')}${button('cancel', 'Cancel')}`);
}

// Where the browser goes after a button, or null for an unknown one.
export function payAction(account, id, action) {
  const session = account.get('checkout.session', id);
  if (action === 'cancel') return session.cancel_url ?? session.success_url;
  if (action !== 'pay' && action !== 'later') return null;
  account.pay(id, {late: action === 'later'});
  return session.success_url.replaceAll('{CHECKOUT_SESSION_ID}', id);
}

export function portalPage(account, id) {
  const session = account.get('billing_portal.session', id);
  const plans = account.all('subscription').filter((s) => s.customer === session.customer).map((s) => `<li id="${s.id}">${escape(s.status)}${
    s.status === 'canceled' ? '' : `<form method="post" action="/p/session/${id}/cancel/${s.id}"><button>Cancel plan</button></form>`}</li>`);
  return page('Billing portal', `<ul>${plans.join('')}</ul>${session.return_url ? `<a id="return" href="${escape(session.return_url)}">Return</a>` : ''}`);
}

export function portalAction(account, id, subscription) {
  const session = account.get('billing_portal.session', id);
  if (account.get('subscription', subscription).customer !== session.customer) return null;
  account.cancel(subscription);
  return `/p/session/${id}`;
}
