// Thousands of idle connections and hundreds of slow clients: a good client notices nothing, the slow ones are closed.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {randomBytes, randomUUID} from 'node:crypto';
import {readFileSync} from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import {after, before, describe, test} from 'node:test';
import {startRecorder, plain} from './lib/backend.mjs';
import {serve} from './lib/gatehouse.mjs';
import {request} from './lib/http.mjs';
import {publicRoute} from './lib/policy.mjs';
import {Child, sleep, until} from './lib/process.mjs';

let backend, gate;
const times = {};

before(async () => {
  // More than the kernel's buffers on both sides take, made once.
  const big = Buffer.from(plain('b'.repeat(4 << 20)));
  backend = await startRecorder({answer: (question) => question.target === '/big' ? big : plain('{"ok":true}')});
  gate = await serve(backend.url, {
    more: '[limits]\nheader_time = "4s"\nmin_body_rate = "8KiB"\nidle = "120s"\nconnections_per_address = 20000\n', routes: publicRoute('/')});
});

// 1,000 requests in turn on kept connections: how many were answered well, and the 99th percentile.
async function goodClient() {
  const agent = new http.Agent({keepAlive: true, maxSockets: 4});
  const taken = [], missed = [];
  let good = 0;
  await Promise.all(Array.from({length: 4}, async () => {
    for (let n = 0; n < 250; n++) {
      const start = performance.now();
      try {
        const {status} = await request(`${gate.url}/good`, {agent, timeout: 5000});
        if (status === 200) good++; else missed.push(`status ${status}`);
      } catch (error) { missed.push(`${error.code ?? ''} ${error.message} after ${Math.round(performance.now() - start)} ms`); }
      taken.push(performance.now() - start);
      await sleep(4);
    }
  }));
  agent.destroy();
  taken.sort((a, b) => a - b);
  return {good, missed: missed.join('; '), p99: taken[Math.floor(taken.length * 0.99)]};
}

const openTo = (port) => execFileSync('ss', ['-Htn', 'state', 'established', `( sport = :${port} )`]).toString().split('\n').filter(Boolean).length;

test('a good client alone', async () => {
  const {good, missed, p99} = await goodClient();
  times.alone = p99;
  console.log(`good client alone: ${good} of 1000, p99 ${p99.toFixed(1)} ms`);
  assert.equal(good, 1000, missed);
});

describe('idle connections', () => {
  const sockets = [];
  after(() => sockets.forEach((s) => s.destroy()));
  test('by the thousand cost a good client nothing', {timeout: 240_000}, async () => {
    // Both ends are on this machine, in two processes; the file limit bounds how many this one may hold.
    const limit = Number(execFileSync('bash', ['-c', 'ulimit -n']).toString());
    const wanted = Math.min(10000, limit - 600);
    // Each asks as soon as it is there, and keeps its connection: one that waits for the others longer than header_time
    // is closed, and on a busy machine ten thousand take longer than that. Whoever is closed is not waited for.
    for (let n = 0; n < wanted; n += 250) {
      await Promise.all(Array.from({length: Math.min(250, wanted - n)}, () => new Promise((done, failed) => {
        const socket = net.connect(gate.port, '127.0.0.1', () => socket.write('GET /idle HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'));
        socket.on('error', failed);
        socket.once('data', done);
        socket.once('close', () => failed(new Error(`connection ${sockets.length} was closed unanswered`)));
        sockets.push(socket);
      })));
    }
    const kept = sockets.filter((s) => !s.destroyed).length;
    assert.equal(kept, wanted, `${kept} of ${wanted} connections kept`);
    const {good, missed, p99} = await goodClient();
    console.log(`good client beside ${kept} idle connections: ${good} of 1000, p99 ${p99.toFixed(1)} ms (alone ${times.alone.toFixed(1)} ms)`);
    assert.equal(good, 1000, missed);
  });
});

describe('200 slow clients', () => {
  const attacks = {
    'slow headers (-H)': ['-H', '-i', '1', '-x', '8', '-u', 'URL/slow', '-p', '3'],
    'slow bodies (-B)': ['-B', '-i', '1', '-s', '8192', '-x', '8', '-t', 'POST', '-u', 'URL/slow', '-p', '3'],
    'slow reading (-X)': ['-X', '-w', '64', '-y', '128', '-n', '1', '-z', '16', '-k', '1', '-u', 'URL/big', '-p', '3'],
  };
  for (const [name, options] of Object.entries(attacks)) {
    test(`${name} leave a good client its answers, and are closed`, async () => {
      const attack = new Child('slowhttptest', ['-c', '200', '-r', '200', '-l', '45', ...options.map((o) => o.replace('URL', gate.url))]);
      const started = performance.now();
      await until(() => openTo(gate.port) > 150, 'the attack to stand');
      const {good, missed, p99} = await goodClient();
      console.log(`good client beside ${name}: ${good} of 1000, p99 ${p99.toFixed(1)} ms (alone ${times.alone.toFixed(1)} ms)`);
      assert.equal(good, 1000, missed);
      // slowhttptest opens no new connections after the first 200: those that are closed stay closed.
      await until(() => openTo(gate.port) < 20, 'the slow connections to be closed', 40);
      console.log(`${name}: closed ${((performance.now() - started) / 1000).toFixed(1)} s after the start`);
      await attack.stop();
    });
  }
});

describe('a client with a hundred thousand addresses, keys and cookies', () => {
  test('takes no more memory than the tables of limits have', {timeout: 240_000}, async () => {
    const kAll = 120_000, kBatch = 50;
    const proxied = await serve(backend.url, {mode: 'production', cleartext: true,
      top: '[site]\nhosts = ["app.example.com"]\n[ingress]\ntls_upstream = true\ntrusted_proxies = ["127.0.0.1"]\n',
      routes: publicRoute('/', '', {rate_limit: ['address', 'header', 'cookie'].map((key) => `[[route.rate_limit.rule]]\nname = "${key}"\nkey = "${key}"\n` +
        `${key === 'address' ? '' : 'key_name = "X-Key"\n'}quota = "5/day"\n`).join('')})});
    const resident = () => Number(readFileSync(`/proc/${proxied.pid}/statm`, 'utf8').split(' ')[1]) * 4096 / 2 ** 20;
    const before = resident();
    let asked = 0, good = 0, others = 0, middle = 0;
    const batch = () => Array.from({length: kBatch}, () => 'GET /p HTTP/1.1\r\nHost: app.example.com\r\nX-Forwarded-Proto: https\r\n' +
      `X-Forwarded-For: 2001:db8:${randomBytes(2).toString('hex')}:${randomBytes(2).toString('hex')}::1\r\n` +
      `X-Key: ${randomUUID()}\r\nCookie: X-Key=${randomUUID()}\r\n\r\n`).join('');
    await Promise.all(Array.from({length: 4}, () => new Promise((done, failed) => {
      const socket = net.connect(proxied.port, '127.0.0.1');
      let open = 0, rest = '';
      const push = () => { if (asked >= kAll) return socket.end(); asked += kBatch; open = kBatch; socket.write(batch()); };
      socket.on('connect', push).on('error', failed).on('close', done);
      socket.on('data', (chunk) => {
        rest += chunk.toString('latin1');
        const heads = [...rest.matchAll(/HTTP\/1\.1 (\d{3}) /g)];
        if (heads.length === 0) return;
        rest = rest.slice(heads.at(-1).index + 13);
        for (const [, status] of heads) status === '200' ? good++ : others++;
        if (!middle && good + others > kAll / 2) middle = resident();
        open -= heads.length;
        if (open <= 0) push();
      });
    })));
    const after = resident();
    console.log(`${good} answered, ${others} refused; MiB resident: ${before.toFixed(0)}, ${middle.toFixed(0)}, ${after.toFixed(0)}`);
    assert.equal(good + others, asked);
    assert.ok(after < 200 && after < middle * 1.5, `${before} ${middle} ${after}`);
    await proxied.stop();
  });
});
