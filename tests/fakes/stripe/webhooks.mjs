// Signed events to one address, retried until somebody answers 2xx: at least once, in whatever order that gives.
import {createHmac} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';

export const signature = (secret, body, seconds) =>
  `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;

export class WebhookSender {
  // `paused`: events wait until resume(), so that a test may look at the time before.
  constructor({now, url, secret, pauses = [100, 300, 1000, 2000, 4000], paused = false}) {
    Object.assign(this, {now, url, secret, pauses, paused, waiting: [], sent: [], busy: new Set(), stopped: false});
  }

  event(event) {
    if (!this.url) return;
    if (this.paused) this.waiting.push(event);
    else this.start(event);
  }

  // Sends what waited, in the order of `arrange`.
  resume(arrange = (events) => events) {
    this.paused = false;
    for (const event of arrange(this.waiting.splice(0))) this.start(event);
  }

  start(event) {
    const task = this.deliver(JSON.stringify(event, null, 2), event).finally(() => this.busy.delete(task));
    this.busy.add(task);
  }

  async deliver(body, event) {
    for (let attempt = 0; !this.stopped; attempt++) {
      let status = 0;
      try {
        const answer = await fetch(this.url, {
          method: 'POST', body, redirect: 'manual', signal: AbortSignal.timeout(10_000),
          headers: {'Content-Type': 'application/json; charset=utf-8', 'User-Agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)', 'Stripe-Signature': signature(this.secret, body, this.now())},
        });
        status = answer.status;
        await answer.arrayBuffer();
      } catch { /* nobody there: tried again */ }
      this.sent.push({id: event.id, type: event.type, attempt, status});
      if (status >= 200 && status < 300) return;
      if (attempt >= this.pauses.length) return;
      await sleep(this.pauses[attempt], undefined, {ref: false});
    }
  }

  async settled() { while (this.busy.size) await Promise.allSettled([...this.busy]); }
  stop() { this.stopped = true; }
}
