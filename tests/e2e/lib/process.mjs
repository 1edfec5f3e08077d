// Child processes, free ports and temporary folders. Everything started here is ended here, by its own pid.
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import net from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';

export {sleep};
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

const running = new Set();
const folders = [];

// A suite that dies half way leaves nothing behind either.
process.on('exit', () => {
  for (const child of running) child.process.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, {recursive: true, force: true});
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

export function temporaryFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-e2e-'));
  folders.push(folder);
  return folder;
}

const given = new Set();

// A port that nobody listens on and that this process has not been given before. It lies below those that the system
// hands out itself, so that no other suite's connection takes it before the server that it is for.
export async function freePort() {
  for (;;) {
    const port = 10240 + Math.floor(Math.random() * 22000);
    if (given.has(port)) continue;
    given.add(port);
    const server = net.createServer();
    const free = await new Promise((done) => server.once('error', () => done(false)).listen(port, '127.0.0.1', () => done(true)));
    if (!free) continue;
    await new Promise((done) => server.close(done));
    return port;
  }
}

export class Child {
  constructor(command, args, {env = {}, cwd = root} = {}) {
    this.text = '';
    this.errors = '';
    this.process = spawn(command, args, {cwd, env: {...process.env, ...env}, stdio: ['pipe', 'pipe', 'pipe']});
    this.process.stdout.on('data', (chunk) => { this.text += chunk; });
    this.process.stderr.on('data', (chunk) => { this.errors += chunk; });
    running.add(this);
    this.ended = new Promise((done) => {
      this.process.once('error', (error) => { this.errors += String(error); running.delete(this); done({code: 127}); });
      this.process.once('close', (code, signal) => { running.delete(this); this.code = code; done({code, signal}); });
    });
  }

  get pid() { return this.process.pid; }
  get output() { return this.text + this.errors; }
  signal(name) { this.process.kill(name); }

  // Ends it politely, and after `grace` ms without asking.
  async stop(grace = 15000) {
    if (!running.has(this)) return this.ended;
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), grace);
    const end = await this.ended;
    clearTimeout(timer);
    return end;
  }
}

// Runs to its end: {code, text, errors}.
export async function run(command, args, {input = '', timeout = 60000, ...options} = {}) {
  const child = new Child(command, args, options);
  child.process.stdin.on('error', () => {});
  child.process.stdin.end(input);
  const timer = setTimeout(() => child.process.kill('SIGKILL'), timeout);
  const {code} = await child.ended;
  clearTimeout(timer);
  return {code, text: child.text, errors: child.errors};
}

// Waits until something accepts on the port; says what the child said when it does not.
export async function listening(port, child, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    if (child && child.code !== undefined) throw new Error(`ended with ${child.code} before it listened:\n${child.output}`);
    const open = await new Promise((done) => {
      const socket = net.connect(port, '127.0.0.1');
      socket.once('connect', () => { socket.destroy(); done(true); });
      socket.once('error', () => done(false));
    });
    if (open) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on ${port}:\n${child ? child.output : ''}`);
}

export async function until(condition, what, seconds = 10) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await sleep(50);
  }
}

// Registered while the file loads: hooks that are registered inside another hook belong to the test that called it first.
const endings = [];
export const atEnd = (ending) => { endings.push(ending); };
after(async () => {
  await Promise.all([...running].map((child) => child.stop(5000)));
  await Promise.all(endings.map((ending) => ending()));
});
