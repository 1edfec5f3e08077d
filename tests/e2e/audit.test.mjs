// The audit of a running site: the bare starter shows its faults, the same starter behind gatehouse none that a policy
// line closes; closing one is proven by asking again; the audit's own pass spares it limits and opens nothing.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {before, describe, test} from 'node:test';
import {startRecorder, startStarter} from './lib/backend.mjs';
import {gatehouse, serve} from './lib/gatehouse.mjs';
import {request} from './lib/http.mjs';
import {jwtTable, publicRoute, signedIn} from './lib/policy.mjs';
import {temporaryFolder, until} from './lib/process.mjs';
import {keySet, makeKey} from './lib/tokens.mjs';

let starter, gate, folder;
const auditorKey = randomBytes(32).toString('base64');
const asked = ['--active', '--protected', '/api/me/', '--sign-in', '/api/auth/login'];

// Exit code and findings of an audit of `url`.
async function audit(url, words = [], env = {}) {
  const file = path.join(folder, 'report.json');
  const done = await gatehouse(['audit', '--url', url, ...asked, '--output', file, ...words],
      {env: {HOME: folder, XDG_CONFIG_HOME: folder, PATH: process.env.PATH, ...env}});
  return {code: done.code, out: done.text + done.errors, report: JSON.parse(readFileSync(file, 'utf8'))};
}

// The records of a gate, once they show what is waited for: they are written behind the answers.
async function recorded(own, enough) {
  await until(() => enough(own.records()), 'the records');
  return own.records();
}

before(async () => {
  folder = temporaryFolder();
  const keys = path.join(folder, 'keys.json');
  writeFileSync(keys, keySet(await makeKey()));
  starter = await startStarter({env: {CLERK_JWKS_FILE: keys, CLERK_JWT_AUDIENCE: 'starter'}});
  gate = await serve(starter.url, {
    more: `${jwtTable({jwks: keys})}
[cors]
origins = ["https://shop.example"]
credentials = true
[headers]
content_security_policy = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
[security_txt]
contact = ["mailto:security@shop.example"]
`,
    routes: [publicRoute('=/'), publicRoute('/landing/'), publicRoute('=/api/health/'), publicRoute('/api/echo/'),
      publicRoute('/api/auth/', '', {rate_limit: 'preset = ["sign_in"]\n'}),
      signedIn('/api/projects/'), signedIn('/api/me/'), signedIn('/api/users/')].join('\n'),
  });
});

describe('the live audit', () => {
  const known = ['CORS-001', 'CORS-002', 'CORS-003', 'CORS-009', 'CSP-001', 'ERR-001', 'ERR-002', 'ERR-004', 'EXP-009', 'HDR-001', 'HDR-002',
    'HDR-003', 'HDR-004', 'HDR-005', 'HDR-006', 'HDR-007', 'MET-003', 'MET-004', 'MET-005', 'RL-001', 'RL-004',
    'TLS-001', 'TLS-006', 'TLS-007'];

  test('finds every fault of the bare starter', async () => {
    const {code, report} = await audit(starter.url);
    assert.equal(code, 1);
    const found = new Set(report.findings.map((f) => f.id));
    assert.deepEqual(known.filter((id) => !found.has(id)), []);
  });

  test('finds nothing behind gatehouse', async () => {
    const {code, report} = await audit(gate.tls, ['--write', '/api/projects/']);
    assert.deepEqual(report.findings.map((f) => `${f.id} ${f.location.url}: ${f.evidence}`), []);
    assert.equal(code, 0, JSON.stringify(report.findings));
    assert.ok(report.positives.length > 10);
  });
});

describe('the commands to verify', () => {
  test('work when they are copied, and show what they promise', async () => {
    const file = path.join(folder, 'report.md');
    await gatehouse(['audit', '--url', gate.tls, ...asked, '--output', file],
        {env: {HOME: folder, XDG_CONFIG_HOME: folder, PATH: process.env.PATH}});
    const steps = readFileSync(file, 'utf8').split('## How to Verify')[1].split(/^\d+\. /m).slice(1);
    const run = (title) => {
      const step = steps.find((s) => s.startsWith(title));
      const command = /```bash\n([\s\S]*?)```/.exec(step)[1].split('\n').filter((l) => !/^ *gatehouse /.test(l)).join('\n');
      return spawnSync('bash', ['-c', command], {encoding: 'utf8', timeout: 60000}).stdout;
    };
    const cors = run('CORS');
    assert.match(cors, /^HTTP\/1\.1 /);
    assert.doesNotMatch(cors, /access-control-allow-origin/i);
    assert.match(run('Authentication'), /^HTTP\/1\.1 401 /);
    assert.match(run('Limits on sign-in'), /^429$/m);
    assert.match(run('Headers'), /content-security-policy: default-src/i);
  });
});

describe('closing a finding', () => {
  test('is proven when the same probe cannot reproduce it, with both answers in the report', async () => {
    const {code, out, report} = await audit(starter.url, ['--close', 'CORS-001', '--prove', '--behind', gate.tls]);
    assert.equal(code, 0, out);
    assert.match(out, /before: open[\s\S]*after: closed/);
    assert.match(report.positives[0], /Before.*Access-Control-Allow-Origin.*After/s);
  });

  test('is proven for every kind of finding, before and after in the report', async () => {
    for (const id of ['CORS-002', 'CORS-009', 'CSP-001', 'ERR-001', 'ERR-004', 'EXP-009', 'HDR-001', 'HDR-007', 'MET-003',
      'MET-005', 'RL-001', 'RL-004', 'TLS-006']) {
      const file = path.join(folder, 'close.md');
      const done = await gatehouse(['audit', '--url', starter.url, ...asked, '--close', id, '--prove', '--behind', gate.tls,
        '--output', file], {env: {HOME: folder, XDG_CONFIG_HOME: folder, PATH: process.env.PATH}});
      assert.equal(done.code, 0, `${id}: ${done.text}${done.errors}`);
      const report = readFileSync(file, 'utf8');
      assert.match(report, /^- Before, at `http:.*`: open$/m, id);
      assert.match(report, /^- After, at `https:.*`: closed$/m, id);
    }
  });

  test('is not believed when the second probe still sees it', async () => {
    const {code, out, report} = await audit(starter.url, ['--close', 'CORS-001', '--prove', '--wait', '0s']);
    assert.equal(code, 1, out);
    assert.equal(report.findings[0].id, 'CORS-001');
    assert.match(JSON.stringify(report.findings[0].evidence), /before: open.*after: open/);
  });

  test('puts the line into the file of a running gate, which takes it up on reload', async () => {
    const open = await serve(starter.url, {routes: publicRoute('/')});
    const login = ['--close', 'RL-001', '--prove', '--config', open.file, '--route', '/api/auth/login', '--reload', `${open.pid}`];
    const text = readFileSync(open.file, 'utf8');
    const {code, out} = await audit(open.tls, login);
    assert.equal(code, 0, out);
    assert.match(out, /^\+\[route.rate_limit\]$/m);
    assert.ok(readFileSync(open.file, 'utf8').startsWith(text), 'what stood there stays as it was');
    await open.stop();
  });
});

describe('the pass of the auditor', () => {
  const limited = (more = '') => ({
    more: `[rate_limit]\naddress = "20/min"\nburst = 5\nexempt_loopback = false\n${more}`,
    env: {GATEHOUSE_AUDITOR_KEY: auditorKey}, routes: publicRoute('/'),
  });
  const keyed = '[auditor]\nkey = { env = "GATEHOUSE_AUDITOR_KEY" }\n';

  test('spares a signed audit the general limit, and nobody else; the backend never sees it', async () => {
    const backend = await startRecorder();
    const own = await serve(backend.url, limited(keyed));
    await audit(own.url, ['--only', 'HDR'], {GATEHOUSE_AUDITOR_KEY: auditorKey});
    for (let i = 0; i < 3; i++) await audit(own.url, ['--only', 'HDR'], {GATEHOUSE_AUDITOR_KEY: auditorKey});
    const signed = await recorded(own, (r) => r.length > 20);
    assert.ok(signed.some((r) => r.auditor === 'verified'));
    assert.deepEqual(signed.filter((r) => r.auditor && r.auditor !== 'verified'), []);
    assert.deepEqual(signed.filter((r) => r.auditor === 'verified' && r.code === 'rate_limited'), []);
    assert.ok(backend.requests.length > 0);
    for (const seen of backend.requests) assert.doesNotMatch(seen.head, /auditor/i);

    await audit(own.url, ['--only', 'HDR'], {GATEHOUSE_AUDITOR_KEY: randomBytes(32).toString('base64')});
    await recorded(own, (all) => all.some((r) => r.auditor === 'forged' && r.code === 'rate_limited'));
    await own.stop();
    await backend.stop();
  });

  test('is worth nothing a second time', async () => {
    const backend = await startRecorder();
    const own = await serve(backend.url, limited(keyed));
    // A pass of a real audit, overheard by a site that stands where the gate should.
    const thief = await startRecorder();
    await audit(thief.url, ['--only', 'HDR'], {GATEHOUSE_AUDITOR_KEY: auditorKey});
    const pass = /^x-gatehouse-auditor: (.*)$/im.exec(thief.requests[0].head)[1].trim();
    const show = () => request(`${own.url}/`, {headers: {'X-Gatehouse-Auditor': pass}});
    await show();
    await show();
    const records = await recorded(own, (r) => r.length >= 2);
    assert.deepEqual(records.map((r) => r.auditor), ['verified', 'replayed']);
    for (const server of [own, backend, thief]) await server.stop();
  });

  test('opens no route', async () => {
    const backend = await startRecorder();
    const own = await serve(backend.url, {...limited(keyed + jwtTable({jwks: path.join(folder, 'keys.json')})), routes: signedIn('/')});
    await audit(own.url, ['--only', 'HDR'], {GATEHOUSE_AUDITOR_KEY: auditorKey});
    const records = await recorded(own, (all) => all.some((r) => r.auditor === 'verified'));
    const verified = records.filter((r) => r.auditor === 'verified');
    for (const r of verified) assert.notEqual(r.status, 200);
    assert.equal(backend.requests.length, 0);
    await own.stop();
    await backend.stop();
  });
});
