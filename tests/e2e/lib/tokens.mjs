// Issuers: keys, tokens and key-set servers that behave well or badly on command.
import http from 'node:http';
import * as jose from 'jose';
import {atEnd} from './process.mjs';

export async function makeKey(alg = 'RS256', kid = 'k1') {
  const {publicKey, privateKey} = await jose.generateKeyPair(alg, {extractable: true});
  const publicJwk = {...await jose.exportJWK(publicKey), kid, alg, use: 'sig'};
  return {alg, kid, publicKey, privateKey, publicJwk, privateJwk: {...await jose.exportJWK(privateKey), kid, alg}};
}

export const keySet = (...keys) => JSON.stringify({keys: keys.map((key) => key.publicJwk)});

export const issuer = 'https://issuer.example';
export const audience = 'starter';

export function sign(key, claims = {}, {header = {}} = {}) {
  const now = Math.floor(Date.now() / 1000);
  const all = {iss: issuer, aud: audience, sub: 'user_alice', iat: now, exp: now + 600, ...claims};
  for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];
  const full = {alg: key.alg, kid: key.kid, typ: 'JWT', ...header};
  for (const name of Object.keys(full)) if (full[name] === undefined) delete full[name];
  return new jose.SignJWT(all).setProtectedHeader(full).sign(key.privateKey);
}

// A key-set server: set `.mode` to 'good', 'hang', 'error', 'huge' or 'garbage'; set `.keys` to rotate.
export async function startKeyServer(...keys) {
  const state = {keys, mode: 'good', asked: 0};
  const server = http.createServer((request, answer) => {
    state.asked++;
    if (state.mode === 'hang') return;
    if (state.mode === 'error') { answer.writeHead(500).end('no'); return; }
    answer.setHeader('Content-Type', 'application/json');
    if (state.mode === 'huge') { answer.end(`{"keys":[],"pad":"${'x'.repeat(5 << 20)}"}`); return; }
    if (state.mode === 'garbage') { answer.end('<html>not a key set</html>'); return; }
    answer.end(keySet(...state.keys));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  state.url = `http://127.0.0.1:${server.address().port}/.well-known/jwks.json`;
  state.stop = () => { server.closeAllConnections(); return new Promise((done) => server.close(done)); };
  atEnd(() => { if (server.listening) return state.stop(); });
  return state;
}
