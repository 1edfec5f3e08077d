// What gatehouse accepts, Node, Django under gunicorn and nginx behind it must read as the same one request; what it
// refuses, none of them may hear of. A request of our own after each case shows that nothing was left behind.
import assert from 'node:assert/strict';
import http from 'node:http';
import path from 'node:path';
import {mkdirSync, writeFileSync} from 'node:fs';
import {after, test} from 'node:test';
import corpus from './differential/corpus.mjs';
import {serveDev} from './lib/gatehouse.mjs';
import {raw, request} from './lib/http.mjs';
import {Child, freePort, listening, root, sleep, temporaryFolder} from './lib/process.mjs';

// A judge remembers what it was asked, in its own words, and tells at /__seen.
async function nodeJudge() {
  let seen = [];
  const server = http.createServer({maxHeaderSize: 65536}, (q, a) => {
    const chunks = [];
    q.on('data', (chunk) => chunks.push(chunk));
    q.on('end', () => {
      if (q.url === '/__seen') {
        a.end(JSON.stringify({seen}));
        seen = [];
        return;
      }
      // Behind nginx the words are nginx's.
      const theirs = q.headers['x-nginx-target'];
      const {'x-nginx-target': _t, 'x-nginx-method': _m, 'x-nginx-host': _h, ...fields} = q.headers;
      seen.push({
        method: theirs ? q.headers['x-nginx-method'] : q.method, target: theirs ?? q.url, host: theirs ? q.headers['x-nginx-host'] : q.headers.host,
        body: Buffer.concat(chunks).toString('latin1'), fields: Object.keys(fields), kept: fields['x-kept'] ?? '',
      });
      a.end('{}');
    });
  });
  server.keepAliveTimeout = 5000;
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  after(() => { server.closeAllConnections(); server.close(); });
  return server.address().port;
}

async function djangoJudge() {
  const port = await freePort();
  const child = new Child('/usr/bin/gunicorn', ['--bind', `127.0.0.1:${port}`, '--worker-class', 'gthread', '--threads', '4', '--keep-alive', '5',
    '--limit-request-line', '8190', '--log-level', 'warning', '--chdir', path.join(root, 'tests/e2e/differential'), 'judge'],
  {env: {PYTHONDONTWRITEBYTECODE: '1'}});
  await listening(port, child, 60);
  after(() => child.stop());
  return port;
}

async function nginxJudge() {
  const behind = await nodeJudge();
  const port = await freePort();
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, 'logs'));
  const file = path.join(folder, 'nginx.conf');
  writeFileSync(file, `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/logs/error.log;
events {}
http {
  access_log off; large_client_header_buffers 4 64k; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  server {
    listen 127.0.0.1:${port};
    merge_slashes off; underscores_in_headers on; ignore_invalid_headers off;
    location / {
      proxy_pass http://127.0.0.1:${behind};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Nginx-Target $request_uri;
      proxy_set_header X-Nginx-Method $request_method;
      proxy_set_header X-Nginx-Host $http_host;
    }
    location = /__seen { proxy_pass http://127.0.0.1:${behind}; }
  }
}
`);
  const child = new Child('/usr/sbin/nginx', ['-p', folder, '-c', file]);
  await listening(port, child, 20);
  after(() => child.stop());
  return port;
}

const told = async (port) => (await request(`http://127.0.0.1:${port}/__seen`)).json().seen;

function compare(got, want, host) {
  assert.equal(got.length, want.length, `one reading of how many requests there are: ${JSON.stringify(got)}`);
  want.forEach((w, i) => {
    const g = got[i];
    assert.deepEqual({method: g.method, target: g.target, body: g.body, host: g.host},
        {method: w.method, target: w.target, body: w.body, host: w.host ?? host});
    if (w.kept !== undefined) assert.equal(g.kept, w.kept);
    for (const name of w.without ?? []) assert.ok(!g.fields.includes(name), `${name} went through`);
  });
}

assert.ok(corpus.length >= 120, `${corpus.length} cases`);
assert.equal(new Set(corpus.map((c) => c.name)).size, corpus.length, 'names are unique');

for (const [judge, start] of [['Node', nodeJudge], ['Django under gunicorn', djangoJudge], ['nginx', nginxJudge]]) {
  test(`${judge} and gatehouse read the same requests`, async (t) => {
    const backend = await start();
    const gate = await serveDev(`http://127.0.0.1:${backend}`);
    const host = `localhost:${gate.port}`;
    // The bare backend takes a good part of what the gate refuses: these are no invented dangers.
    let bare = 0;
    for (const c of corpus.filter(({status}) => status)) {
      await told(backend);
      await raw(backend, Buffer.from(c.bytes.replaceAll('@@', `localhost:${backend}`), 'latin1'), {quiet: 150});
      if ((await told(backend)).length > 0) bare++;
    }
    assert.ok(bare > 0);

    const faults = [];
    for (const c of corpus) {
      try {
        await told(backend);
        const bytes = Buffer.from(c.bytes.replaceAll('@@', host), 'latin1');
        const answer = await raw(gate.port, bytes, {quiet: 5000});
        if (c.begun) await sleep(50);  // the backend may still be finding out that its request was cut
        const seen = await told(backend);
        assert.ok(answer.statuses.every((s) => s < 500), `answered ${answer.statuses}`);
        assert.ok(answer.closed, 'the connection ends');
        if (c.seen) {
          const final = answer.statuses.filter((s) => s >= 200);
          assert.deepEqual(final, c.seen.map(() => 200));
          compare(seen, c.seen, host);
        } else {
          assert.deepEqual(answer.statuses, [c.status]);
          assert.ok(seen.length <= (c.begun ? 1 : 0), `heard of by the backend: ${JSON.stringify(seen)}`);
          assert.ok(seen.every((s) => s.target === '/a'), `smuggled: ${JSON.stringify(seen)}`);
        }
        // Nothing is left on a kept connection that a request of somebody else could meet.
        const canary = await request(`${gate.url}/canary`, {headers: {Host: host}});
        assert.equal(canary.status, 200);
        compare(await told(backend), [{method: 'GET', target: '/canary', body: ''}], host);
      } catch (error) {
        faults.push(`${c.name}: ${error.message}`);
      }
    }
    assert.deepEqual(faults, [], `${faults.length} of ${corpus.length} cases`);
    t.diagnostic(`${corpus.length} raw requests, ${corpus.filter((c) => c.seen).length} taken; the backend alone also takes ${bare} of those refused`);
    await gate.stop();
  });
}
