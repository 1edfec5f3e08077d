// Requests with exactly the fields a test names: fetch() forbids Host, Origin, Cookie and Sec-Fetch-Site.
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';

// {status, headers, raw (name/value list), text, json()}. `headers` may be a flat list to repeat or respell names.
export function request(url, {method = 'GET', headers = {}, body, agent, timeout = 30000, ...more} = {}) {
  const target = new URL(url);
  const {request: send} = target.protocol === 'https:' ? https : http;
  return new Promise((done, failed) => {
    const out = send(target, {method, headers, agent, timeout, rejectUnauthorized: false, ...more}, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('error', failed);
      answer.on('end', () => {
        const bytes = Buffer.concat(chunks);
        done({
          status: answer.statusCode, headers: answer.headers, raw: answer.rawHeaders, bytes, text: bytes.toString(),
          json() { return JSON.parse(this.text); },
        });
      });
    });
    out.on('timeout', () => out.destroy(new Error(`no answer in ${timeout} ms: ${method} ${url}`)));
    out.on('error', failed);
    out.end(body);
  });
}

// Sends bytes as they are and gathers what comes until the peer closes, `quiet` ms pass or `enough(text)` says so.
export function raw(port, bytes, {quiet = 2000, enough = () => false, host = '127.0.0.1'} = {}) {
  return new Promise((done, failed) => {
    const socket = net.connect(port, host);
    let text = '';
    let timer;
    const finish = (closed) => { clearTimeout(timer); socket.destroy(); done({text, closed, statuses: statuses(text)}); };
    const rearm = () => { clearTimeout(timer); timer = setTimeout(() => finish(false), quiet); };
    socket.on('connect', () => { socket.write(bytes); rearm(); });
    socket.on('data', (chunk) => { text += chunk.toString('latin1'); rearm(); if (enough(text)) finish(false); });
    socket.on('end', () => finish(true));
    socket.on('error', (error) => { if (error.code === 'ECONNRESET' || error.code === 'EPIPE') finish(true); else failed(error); });
  });
}

export const statuses = (text) => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((m) => Number(m[1]));
