// The webhook inbox from outside: verified before it is read, on the disk before 200, delivered at least once and in
// order, and nothing lost when the process dies, the disk fills or a sync fails.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {before, describe, test} from 'node:test';
import {binary, configuration, gatehouse, serve} from './lib/gatehouse.mjs';
import {request} from './lib/http.mjs';
import {publicRoute} from './lib/policy.mjs';
import {Child, freePort, listening, sleep, temporaryFolder, until} from './lib/process.mjs';
import {endpoint, environment, metric, post, send, sendUntilTaken, startReceiver, stripeBody, stripeSignature} from './lib/webhooks.mjs';

const soak = Number(process.env.SOAK_SECONDS ?? 0);
const routes = publicRoute('/');
const soon = (condition, seconds = 10) => until(condition, String(condition), seconds);
const metrics = async (gate) => (await request(`${gate.admin}/metrics`)).text;

describe('the door for webhooks', () => {
  let gate, receiver, hook;
  before(async () => {
    receiver = await startReceiver();
    gate = await serve(receiver.url, {routes, cleartext: true, env: environment,
      more: endpoint({deliverTo: receiver.url, more: 'body_limit = "4KiB"\ntypes = ["checkout.*", "invoice.paid"]\nuser_key = "/data/object/customer"',
        rules: '[[webhooks.endpoint.stripe.rule]]\npointer = "/data/object/customer"\n[[webhooks.endpoint.stripe.rule]]\npointer = "/data/object/plan"\nvalues = ["free", "pro"]\ntypes = ["invoice.paid"]'})});
    hook = `${gate.url}/webhooks/stripe`;
  });
  test('takes a signed event, stores it and delivers it signed under the same id', async () => {
    assert.equal(await send(hook, stripeBody('evt_a')), 200);
    await soon(() => receiver.taken.some((e) => e.id === 'evt_a'));
    assert.deepEqual(receiver.problems, []);
  });
  test('answers 200 to a repeated event and does not deliver it again', async () => {
    assert.equal(await send(hook, stripeBody('evt_twice')), 200);
    await soon(() => receiver.taken.some((e) => e.id === 'evt_twice'));
    for (let i = 0; i < 5; i++) assert.equal(await send(hook, stripeBody('evt_twice')), 200);
    await sleep(300);
    assert.equal(receiver.started.filter((e) => e.id === 'evt_twice').length, 1);
  });
  test('notes an id that comes again with another body, and delivers only the first', async () => {
    assert.equal(await send(hook, stripeBody('evt_other', {key: 'cus_first'})), 200);
    assert.equal(await send(hook, stripeBody('evt_other', {key: 'cus_second'})), 200);
    await soon(() => receiver.taken.some((e) => e.id === 'evt_other'));
    await sleep(200);
    assert.deepEqual(receiver.started.filter((e) => e.id === 'evt_other').map((e) => e.key), ['cus_first']);
    assert.equal(metric(await metrics(gate), 'gatehouse_webhooks_received_total{endpoint="stripe",outcome="anomaly"}'), 1);
  });
  test('refuses what is forged, malformed, stale, too large, of another type or method', async () => {
    const body = stripeBody('evt_forged');
    const type = 'text/html';
    assert.equal(await send(hook, body, {secret: 'whsec_wrong'}), 401);
    assert.equal(await post(hook, body, {}), 401);
    assert.equal(await post(hook, body, {'Stripe-Signature': 'nonsense'}), 400);
    assert.equal(await send(hook, body, {at: Math.floor(Date.now() / 1000) - 3600}), 401);
    assert.equal(await post(hook, `${body} `, {'Stripe-Signature': stripeSignature(body)}), 401);
    assert.equal(await post(hook, body, {'Stripe-Signature': stripeSignature(body), 'Content-Type': type}), 415);
    assert.equal(await send(hook, stripeBody('evt_large', {more: {text: 'x'.repeat(5000)}})), 413);
    assert.equal((await request(hook)).status, 405);
    await sleep(200);
    assert.ok(!receiver.started.some((e) => e.id === 'evt_forged' || e.id === 'evt_large'));
  });
  test('needs no sign-in, and a Bearer token that is none does not matter', async () => {
    const body = stripeBody('evt_bearer');
    assert.equal(await post(hook, body, {'Stripe-Signature': stripeSignature(body), Authorization: 'Bearer nobody.knows.this', Cookie: '__session=x'}), 200);
  });
  test('keeps what does not fit its rules in quarantine, and skips types nobody asked for', async () => {
    assert.equal(await send(hook, stripeBody('evt_no_customer', {key: ''})), 200);
    assert.equal(await send(hook, stripeBody('evt_bad_plan', {type: 'invoice.paid', more: {plan: 'gold'}})), 200);
    assert.equal(await send(hook, stripeBody('evt_good_plan', {type: 'invoice.paid', more: {plan: 'pro'}})), 200);
    assert.equal(await send(hook, stripeBody('evt_unasked', {type: 'customer.updated'})), 200);
    await soon(() => receiver.taken.some((e) => e.id === 'evt_good_plan'));
    await sleep(200);
    for (const id of ['evt_no_customer', 'evt_bad_plan', 'evt_unasked']) assert.ok(!receiver.started.some((e) => e.id === id), id);
  });
});

describe('delivery', () => {
  test('tries again with pauses, keeps the order of a key, and leaves other keys alone', async () => {
    const failures = new Map();
    const receiver = await startReceiver({fail: (e) => {
      if (e.key !== 'cus_ordered') return false;
      const n = (failures.get(e.id) ?? 0) + 1;
      failures.set(e.id, n);
      return n <= 2;
    }});
    const gate = await serve(receiver.url, {routes, cleartext: true, env: environment,
      more: endpoint({deliverTo: receiver.url, more: 'order_by = ["/data/object/customer"]\nfirst_pause = "60ms"'})});
    const hook = `${gate.url}/webhooks/stripe`;
    for (let i = 0; i < 8; i++) assert.equal(await send(hook, stripeBody(`evt_o${i}`, {key: 'cus_ordered', more: {number: i}})), 200);
    assert.equal(await send(hook, stripeBody('evt_free', {key: 'cus_free'})), 200);
    await soon(() => receiver.taken.some((e) => e.id === 'evt_free'));
    await soon(() => receiver.taken.filter((e) => e.key === 'cus_ordered').length === 8, 20);
    assert.deepEqual(receiver.taken.filter((e) => e.key === 'cus_ordered').map((e) => e.number), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.ok(receiver.started.filter((e) => e.key === 'cus_ordered').every((e) => e.attempt >= 1));
    await gate.stop();
  });
  test('leaves a backend that is down alone, and brings everything when it is back', async () => {
    let down = true;
    const receiver = await startReceiver({fail: () => down});
    const gate = await serve(receiver.url, {routes, cleartext: true, env: environment,
      more: endpoint({deliverTo: receiver.url, more: 'first_pause = "50ms"\nlongest_pause = "500ms"\nconcurrency = 4'})});
    const hook = `${gate.url}/webhooks/stripe`;
    for (let i = 0; i < 60; i++) assert.equal(await send(hook, stripeBody(`evt_d${i}`)), 200);
    await sleep(1500);
    assert.ok(receiver.started.length < 60, `the circuit lets few through: ${receiver.started.length}`);
    assert.equal(metric(await metrics(gate), 'gatehouse_webhooks_circuit_open{endpoint="stripe"}'), 1);
    down = false;
    await soon(() => new Set(receiver.taken.map((e) => e.id)).size === 60, 30);
    assert.equal(receiver.taken.length, 60, 'each was taken once');
    await gate.stop();
  });
});

describe('a process that is killed', () => {
  // SIGKILL at random while senders send and the backend fails now and then.
  test('loses no acknowledged event, repeats none it had recorded, and keeps keys in order', {timeout: (soak + 240) * 1000}, async () => {
    const keys = 6;
    const receiver = await startReceiver({fail: () => Math.random() < 0.05, delay: () => Math.random() < 0.2 ? 3 : 0});
    const folder = temporaryFolder();
    const ports = {http: await freePort(), admin: await freePort()};
    const more = endpoint({deliverTo: receiver.url, more: 'order_by = ["/data/object/customer"]\nfirst_pause = "30ms"\nconcurrency = 8'});
    const file = path.join(folder, 'gatehouse.toml');
    writeFileSync(file, configuration({ports, folder, upstream: receiver.url, routes, more, mode: 'development', top: '', cleartext: true}));
    const start = async () => {
      const child = new Child(binary, ['serve', '-c', file], {cwd: folder, env: {...environment, HOME: folder}});
      await listening(ports.http, child);
      await listening(ports.admin, child);
      return child;
    };
    const hook = `http://127.0.0.1:${ports.http}/webhooks/stripe`;
    const admin = `http://127.0.0.1:${ports.admin}`;
    let child = await start();
    const stopAt = Date.now() + (soak || 12) * 1000;
    const acknowledged = new Map();  // id -> number, in the order of its key
    const sender = async (k) => {
      for (let n = 0; Date.now() < stopAt; n++) {
        const id = `evt_${k}_${n}`;
        // A sender of a key goes on only when the event before was taken: then the inbox must keep that order.
        if (!(await sendUntilTaken(hook, stripeBody(id, {key: `cus_${k}`, more: {number: n}}), stopAt + 20000))) break;
        acknowledged.set(id, n);
        await sleep(8);
        if (Math.random() < 0.1) await send(hook, stripeBody(id, {key: `cus_${k}`, more: {number: n}}));  // and once more
      }
    };
    const senders = Promise.all(Array.from({length: keys}, (_, k) => sender(k)));
    let kills = 0;
    const killTimes = [];
    while (Date.now() < stopAt - 500) {
      await sleep(300 + Math.random() * 1200);
      killTimes.push(Date.now());
      child.process.kill('SIGKILL');
      await child.ended;
      kills++;
      child = await start();
    }
    await senders;
    await soon(() => { const seen = new Set(receiver.taken.map((e) => e.id)); return [...acknowledged.keys()].every((id) => seen.has(id)); }, 180);
    await sleep(500);
    assert.ok(kills >= 3 && acknowledged.size > 50, `${kills} kills, ${acknowledged.size} events`);
    assert.deepEqual(receiver.problems, []);
    // Repeated only when it was under way at a kill: at most one repetition for each of the kills that it met.
    const times = new Map();
    for (const e of receiver.taken) times.set(e.id, [...(times.get(e.id) ?? []), e.at]);
    let repeated = 0;
    for (const [id, at] of times) {
      if (at.length === 1) continue;
      repeated += at.length - 1;
      for (let i = 1; i < at.length; i++)
        // What was sent before the kill may be read here a little after it.
        assert.ok(killTimes.some((t) => t >= at[i - 1] - 200 && t <= at[i]), `${id} came again without a kill in between: ${at}, kills ${killTimes}`);
    }
    assert.ok(repeated <= kills * keys, `${repeated} repetitions, ${kills} kills of ${keys} ordered keys`);
    // First arrivals of a key are in its order.
    for (let k = 0; k < keys; k++) {
      const seen = new Set();
      const numbers = receiver.taken.filter((e) => e.key === `cus_${k}` && !seen.has(e.id) && seen.add(e.id)).map((e) => e.number);
      assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b), `key ${k}`);
    }
    const text = (await request(`${admin}/metrics`)).text;
    assert.equal(metric(text, 'gatehouse_webhooks_in_flight{endpoint="stripe"}'), 0);
    console.log(`    ${acknowledged.size} events acknowledged, ${kills} kills, ${repeated} repeated in flight`);
    await child.stop();
  });
});

// A gate in a folder of its own that can be started again over what the last one left.
class Life {
  static async make({more = '', stateDir, receiver}) {
    const life = new Life();
    life.folder = temporaryFolder();
    life.ports = {http: await freePort(), admin: await freePort()};
    life.file = path.join(life.folder, 'gatehouse.toml');
    const text = configuration({ports: life.ports, folder: life.folder, upstream: receiver.url, routes, mode: 'development', top: '', cleartext: true,
      more: endpoint({deliverTo: receiver.url, more: `first_pause = "50ms"\n${more}`})});
    writeFileSync(life.file, stateDir ? text.replace(/state_dir = ".*"/, `state_dir = "${stateDir}"`) : text);
    life.hook = `http://127.0.0.1:${life.ports.http}/webhooks/stripe`;
    life.admin = `http://127.0.0.1:${life.ports.admin}`;
    return life;
  }
  async start(inject) {
    const command = inject ? ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=fdatasync,fsync', '-e', `inject=fdatasync,fsync:${inject}`, binary] : [binary];
    this.child = new Child(command[0], [...command.slice(1), 'serve', '-c', this.file], {cwd: this.folder, env: {...environment, HOME: this.folder}});
    await listening(this.ports.http, this.child);
    await listening(this.ports.admin, this.child);
  }
  // The process itself, not the strace around it, which would let it go.
  async kill() {
    const traced = readFileSync(`/proc/${this.child.pid}/task/${this.child.pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    for (const pid of traced.length ? traced : [this.child.pid]) process.kill(Number(pid), 'SIGKILL');
    await this.child.ended;
  }
}

// Sends numbered events one after the other; those that were answered 200.
async function sendSome(hook, prefix, count, size = 0) {
  const answers = {};
  const taken = [];
  for (let i = 0; i < count; i++) {
    const id = `evt_${prefix}_${i}`;
    const status = await send(hook, stripeBody(id, {more: {text: 'x'.repeat(size)}}));
    answers[status] = (answers[status] ?? 0) + 1;
    if (status === 200) taken.push(id);
    if (status === 0) break;
  }
  return {answers, taken};
}

describe('a disk that fails', () => {
  for (const nth of [3, 8, 20]) {
    test(`loses nothing acknowledged when the process dies at sync ${nth} of its writing thread`, async () => {
      const receiver = await startReceiver();
      const life = await Life.make({receiver});
      await life.start();  // makes the tables
      await life.child.stop();
      await life.start(`signal=KILL:when=${nth}`).catch(() => {});
      const {taken} = await sendSome(life.hook, `k${nth}`, 200);
      await life.child.ended;
      assert.ok(taken.length < 200, 'it died on the way');
      await life.start();
      await soon(() => taken.every((id) => receiver.taken.some((e) => e.id === id)));
      assert.deepEqual(receiver.problems, []);
      await life.child.stop();
    });
  }

  test('answers 503 while syncs fail, tells the metrics, and loses nothing acknowledged', async () => {
    const receiver = await startReceiver();
    const life = await Life.make({receiver});
    await life.start();
    await life.child.stop();
    await life.start('error=EIO:when=12..60');
    const during = await sendSome(life.hook, 'eio', 60);
    assert.ok(during.answers[503] > 0 && during.answers[200] > 0, JSON.stringify(during.answers));
    assert.ok(metric((await request(`${life.admin}/metrics`)).text, 'gatehouse_store_failures_total') > 0);
    assert.ok(metric((await request(`${life.admin}/metrics`)).text, 'gatehouse_webhooks_received_total{endpoint="stripe",outcome="not_stored"}') > 0);
    let after;
    await soon(async () => (after = await sendSome(life.hook, `well${Date.now()}`, 1)).answers[200] === 1, 20);
    const acknowledged = [...during.taken, ...after.taken];
    await life.kill();
    await life.start();
    await soon(() => acknowledged.every((id) => receiver.taken.some((e) => e.id === id)), 20);
    await life.child.stop();
  });

  test('answers 503 when it is full, goes on when there is room, and loses nothing acknowledged', async () => {
    const state = temporaryFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', state]);
    try {
      const receiver = await startReceiver();
      const life = await Life.make({receiver, stateDir: state});
      await life.start();
      const full = await sendSome(life.hook, 'full', 60, 30000);
      assert.ok(full.answers[503] > 0 && full.answers[200] > 0, JSON.stringify(full.answers));
      assert.ok(metric((await request(`${life.admin}/metrics`)).text, 'gatehouse_webhooks_received_total{endpoint="stripe",outcome="not_stored"}') > 0);
      execFileSync('mount', ['-o', 'remount,size=64m', state]);
      const room = await sendSome(life.hook, 'room', 5, 30000);
      assert.deepEqual(room.answers, {200: 5});
      const acknowledged = [...full.taken, ...room.taken];
      await soon(() => acknowledged.every((id) => receiver.taken.some((e) => e.id === id)), 20);
      await life.child.stop();
    } finally {
      execFileSync('umount', ['-l', state]);
    }
  });
});

describe('the operator', () => {
  let gate, receiver, hook, broken = true;
  const run = async (...words) => {
    const done = await gatehouse(['webhooks', ...words, '-c', gate.file]);
    return {...done, json: () => JSON.parse(done.text)};
  };
  before(async () => {
    receiver = await startReceiver({fail: (e) => broken && e.id.startsWith('evt_dead')});
    gate = await serve(receiver.url, {routes, cleartext: true, env: {...environment, SEAL: randomBytes(32).toString('base64')},
      more: `[webhooks]\nseal_keys = [{ env = "SEAL" }]\n${endpoint({deliverTo: receiver.url, more: 'first_pause = "20ms"\nretry_for = "1s"\nuser_key = "/data/object/customer"'})}`});
    hook = `${gate.url}/webhooks/stripe`;
    for (const id of ['evt_live_1', 'evt_dead_1', 'evt_dead_2']) assert.equal(await send(hook, stripeBody(id, {key: `user of ${id}`})), 200);
    await soon(async () => (await run('list', '--state', 'dead', '--format', 'json')).json().events.length === 2, 15);
  });
  test('lists, filters and shows events, and a sealed body in the clear only there', async () => {
    const all = (await run('list', '--format', 'json')).json().events;
    assert.deepEqual(all.map((e) => e.id).sort(), ['evt_dead_1', 'evt_dead_2', 'evt_live_1']);
    const shown = (await run('show', String(all[0].seq), '--body', '--format', 'json')).json();
    assert.equal(JSON.parse(shown.body).id, shown.id);
    const bytes = readFileSync(path.join(gate.folder, 'state/gatehouse.db'), 'latin1') + readFileSync(path.join(gate.folder, 'state/gatehouse.db-wal'), 'latin1');
    assert.ok(!bytes.includes('user of evt_live_1'), 'neither body nor user stands on the disk');
    assert.equal((await run('show', '999')).code, 1);
    assert.equal((await run('list', '--state', 'lost')).code, 2);
    assert.match((await run('stats')).text, /stripe {2}dead {2}2 events/);
  });
  test('replays one and all dead letters, and discards', async () => {
    broken = false;
    const dead = (await run('list', '--state', 'dead', '--format', 'json')).json().events;
    assert.equal((await run('replay', String(dead[0].seq))).code, 0);
    await soon(() => receiver.taken.some((e) => e.id === dead[0].id));
    assert.equal((await run('replay', '--all', '--format', 'json')).json().changed, 1);
    await soon(() => receiver.taken.some((e) => e.id === dead[1].id));
    assert.equal((await run('replay')).code, 2);
    assert.equal((await run('discard', '--all', '--format', 'json')).json().changed, 0);
  });
  test('sends a test event through the real door', async () => {
    const done = await run('test', 'stripe', '--type', 'invoice.paid', '--format', 'json');
    assert.equal(done.code, 0, done.text + done.errors);
    await soon(() => receiver.taken.some((e) => e.id === done.json().id));
    assert.equal((await run('test', 'nobody')).code, 1);
  });
  test('erases the events of a user by the key, sealed as they are', async () => {
    assert.equal((await run('erase', 'user of evt_live_1', '--format', 'json')).json().erased, 1);
    const [row] = (await run('list', '--id', 'evt_live_1', '--format', 'json')).json().events;
    assert.equal((await run('show', String(row.seq), '--format', 'json')).json().has_body, false);
    assert.equal(await send(hook, stripeBody('evt_live_1', {key: 'user of evt_live_1'})), 200);
    assert.equal(receiver.started.filter((e) => e.id === 'evt_live_1').length, 1, 'and its id is still known');
  });
  test('is asked for the token', async () => {
    assert.equal((await request(`${gate.admin}/webhooks/stats`)).status, 401);
  });
});
