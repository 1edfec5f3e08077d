// Gatehouse itself: `serve --dev` with no file, or a file written for the test.
import {writeFileSync, readFileSync, existsSync} from 'node:fs';
import path from 'node:path';
import {Child, freePort, listening, root, run, temporaryFolder} from './process.mjs';

export const binary = path.resolve(root, process.env.GATEHOUSE_BINARY ?? 'build/release/gatehouse');

export const gatehouse = (args, options) => run(binary, args, options);

class Gate {
  constructor(child, ports, folder) {
    Object.assign(this, {child, folder, port: ports.http, tlsPort: ports.https, adminPort: ports.admin});
    this.url = `http://127.0.0.1:${ports.http}`;
    this.tls = `https://127.0.0.1:${ports.https}`;
    this.admin = `http://127.0.0.1:${ports.admin}`;
  }

  get pid() { return this.child.pid; }

  // The records written so far: one object a line.
  records() {
    const file = path.join(this.folder, 'access.log');
    const text = existsSync(file) ? readFileSync(file, 'utf8') : this.child.text;
    return text.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  }

  log() {
    const file = path.join(this.folder, 'access.log');
    return (existsSync(file) ? readFileSync(file, 'utf8') : '') + this.child.output;
  }

  stop() { return this.child.stop(); }
}

// No file at all: the form that the README shows.
export async function serveDev(upstream, {env} = {}) {
  const ports = {http: await freePort(), https: await freePort()};
  const folder = temporaryFolder();
  const child = new Child(binary, ['serve', '--dev', '--listen', `http://127.0.0.1:${ports.http}`, '--listen',
    `https://127.0.0.1:${ports.https}`, '--upstream', upstream], {cwd: folder, env: {XDG_STATE_HOME: folder, HOME: folder, ...env}});
  await listening(ports.http, child);
  await listening(ports.https, child);
  return new Gate(child, ports, folder);
}

// A file (`cleartext`: no https listener): `routes` and `more` are TOML text; listeners, site, log and the upstream `app` are written here.
export async function serve(upstream, {routes, more = '', mode = 'development', files = {}, env, top = '', cleartext = false, httpPort} = {}) {
  const ports = {http: httpPort ?? await freePort(), https: await freePort(), admin: await freePort()};
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  const file = path.join(folder, 'gatehouse.toml');
  const write = (changed = {}) => writeFileSync(file, configuration({ports, folder, upstream, routes, more, mode, top, cleartext, ...changed}));
  write();
  const child = new Child(binary, ['serve', '-c', file], {cwd: folder, env: {XDG_STATE_HOME: folder, HOME: folder, ...env}});
  await listening(ports.http, child);
  await listening(ports.admin, child);
  const gate = new Gate(child, ports, folder);
  return Object.assign(gate, {file, write});
}

export function configuration({ports, folder, upstream, routes, more, mode, top, cleartext}) {
  const listen = [`http://127.0.0.1:${ports.http}`, ...(cleartext ? [] : [`https://127.0.0.1:${ports.https}`])];
  const servers = (Array.isArray(upstream) ? upstream : [upstream]).map((url) => JSON.stringify(url)).join(', ');
  return `mode = "${mode}"
listen = ${JSON.stringify(listen)}
admin = "http://127.0.0.1:${ports.admin}"
state_dir = "${folder}/state"
${top}

[log]
file = "${folder}/access.log"

[upstream.app]
servers = [${servers}]

${more}

${routes}
`;
}
