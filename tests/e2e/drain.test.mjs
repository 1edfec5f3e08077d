// Stopping and reloading lose nothing: what was accepted is answered.
import assert from 'node:assert/strict';
import http from 'node:http';
import {before, describe, test} from 'node:test';
import {startStarter, startRecorder, plain} from './lib/backend.mjs';
import {gatehouse, serve} from './lib/gatehouse.mjs';
import {request} from './lib/http.mjs';
import {publicRoute} from './lib/policy.mjs';
import {sleep, until} from './lib/process.mjs';

const seconds = process.env.SOAK_SECONDS ? Number(process.env.SOAK_SECONDS) : 4;
let starter;
before(async () => { starter = await startStarter(); });

// Keeps `wide` requests on their way over kept connections until told to stop; counts how they end.
function traffic(url, wide) {
  const agent = new http.Agent({keepAlive: true, maxSockets: wide});
  const count = {good: 0, bad: [], statuses: {}};
  let on = true;
  const workers = Array.from({length: wide}, async () => {
    while (on) {
      try {
        const {status} = await request(url, {agent});
        count.statuses[status] = (count.statuses[status] ?? 0) + 1;
        if (status === 200) count.good++; else count.bad.push(status);
      } catch (error) { count.bad.push(error.code ?? error.message); }
    }
  });
  return {count, async stop() { on = false; await Promise.all(workers); agent.destroy(); return count; }};
}

describe('SIGTERM', () => {
  test('lets every accepted request end, refuses new connections, then exits 0', async () => {
    const gate = await serve(starter.url, {routes: publicRoute('/api/')});
    const slow = Array.from({length: 12}, () => request(`${gate.url}/api/slow/?seconds=1.5`));
    await sleep(500);
    gate.child.signal('SIGTERM');
    await sleep(200);
    await assert.rejects(request(`${gate.url}/api/health/`, {timeout: 2000}), 'a new connection is refused');
    const answers = await Promise.all(slow);
    assert.deepEqual(answers.map((a) => a.status), Array(12).fill(200));
    const end = await gate.child.ended;
    assert.equal(end.code, 0, gate.child.output);
    assert.equal(gate.records().filter((r) => r.status === 200).length, 12);
  });
  test('tells kept connections to close with their next answer', async () => {
    const recorder = await startRecorder({answer: async () => { await sleep(700); return plain('{}'); }});
    const gate = await serve(recorder.url, {routes: publicRoute('/')});
    const going = request(`${gate.url}/`, {agent: new http.Agent({keepAlive: true})});
    await sleep(200);
    gate.child.signal('SIGTERM');
    const answer = await going;
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.connection, 'close');
    assert.equal((await gate.child.ended).code, 0);
  });
});

describe('a reload', () => {
  test('under load fails no request', async () => {
    const gate = await serve(starter.url, {routes: publicRoute('/api/')});
    const load = traffic(`${gate.url}/api/health/`, 8);
    const end = Date.now() + seconds * 1000;
    let reloads = 0;
    while (Date.now() < end) {
      gate.write({more: reloads % 2 ? '' : '[cors]\norigins = ["https://shop.example"]\n'});
      gate.child.signal('SIGHUP');
      reloads++;
      await sleep(300);
    }
    const {good, bad} = await load.stop();
    assert.deepEqual(bad, []);
    assert.ok(good > 100 && reloads > 5, `${good} requests, ${reloads} reloads`);
    await gate.stop();
  });
  test('brings the new policy into force', async () => {
    const gate = await serve(starter.url, {routes: publicRoute('/api/')});
    assert.equal((await request(`${gate.url}/api/health/`)).status, 200);
    gate.write({routes: publicRoute('/api/') + '[[route]]\npath = "/api/health/"\ndeny = true\n'});
    gate.child.signal('SIGHUP');
    await until(async () => (await request(`${gate.url}/api/health/`)).status === 403, 'the new route');
    await gate.stop();
  });
  test('with a broken file leaves the old policy serving and says why', async () => {
    const gate = await serve(starter.url, {routes: publicRoute('/api/')});
    gate.write({routes: publicRoute('/api/') + '[[route]]\npaht = "/x"\n'});
    gate.child.signal('SIGHUP');
    await until(() => /paht/.test(gate.log()), 'the reason');
    assert.match(gate.log(), /gatehouse\.toml:\d+/);
    assert.equal((await request(`${gate.url}/api/health/`)).status, 200);
    await gate.stop();
  });
  test('by command says whether it happened', async () => {
    const gate = await serve(starter.url, {routes: publicRoute('/api/')});
    const good = await gatehouse(['reload', '-c', gate.file]);
    assert.equal(good.code, 0, good.text + good.errors);
    gate.write({routes: '[[route]]\npaht = "/x"\n'});
    const bad = await gatehouse(['reload', '-c', gate.file]);
    assert.notEqual(bad.code, 0);
    assert.match(bad.text + bad.errors, /paht/);
    await gate.stop();
  });
});
