// The tamper matrix: what can be done to a signed request, and what must come of it. Every case is the genuine request
// with one thing changed.
import {createHash} from 'node:crypto';
import {now as pinned} from './providers.mjs';

const bytes = (x) => Buffer.from(x);
const flip = (buffer, at) => {
  const out = Buffer.from(buffer);
  out[at] ^= 1;
  return out;
};
const bad = 'signature_mismatch', malformed = 'header_malformed';

// A provider's cases at a time: {name, code, headers, body, now, secrets, …}.
export function casesOf(p, now = pinned) {
  const a = p.secretOf(`${p.provider} a`), b = p.secretOf(`${p.provider} b`), c = p.secretOf(`${p.provider} c`);
  const tolerance = p.tolerance ?? 300;
  const message = (more = {}) => ({body: bytes(p.body), id: 'msg_1', time: now, secret: a, ...more});
  const signature = (m) => p.encode(p.mac(m));
  const signed = (more = {}) => p.render([p.item(signature(message(more)))], message(more));
  const cases = [];
  const add = (name, code, what = {}) => {
    const request = {headers: signed(), body: bytes(p.body), now, secrets: [a], secret: a, url: p.url, query: '', ...what};
    cases.push({name, code, provider: p.provider, options: p.options, ...request});
  };
  const withItems = (...items) => p.render(items, message());
  const change = (headers, name, edit) => headers.flatMap(([n, v]) => n.toLowerCase() === name.toLowerCase() ? edit(n, v) : [[n, v]]);
  const header = (edit, headers = signed()) => change(headers, p.signature, edit);
  const own = signature(message());

  add('genuine', 'ok');
  // The body.
  const body = bytes(p.body);
  const tampered = (name, changed, code = bad) => add(name, code, {body: changed});
  const formed = (code) => p.form ? code : bad;
  tampered('body: a line feed more', Buffer.concat([body, bytes('\n')]));
  tampered('body: CR LF more', Buffer.concat([body, bytes('\r\n')]));
  tampered('body: a blank before', Buffer.concat([bytes(' '), body]));
  tampered('body: a byte order mark before', Buffer.concat([bytes('\ufeff'), body]));
  tampered('body: a NUL more', Buffer.concat([body, bytes('\0')]), formed('form_malformed'));
  tampered('body: first bit changed', flip(body, 0));
  tampered('body: last bit changed', flip(body, body.length - 1));
  tampered('body: one letter in other case', bytes(p.body.replace(/[oO]/, (l) => l === 'o' ? 'O' : 'o')));
  tampered('body: last byte missing', body.subarray(0, -1));
  tampered('body: second half missing', body.subarray(0, body.length >> 1));
  tampered('body: empty', bytes(''), formed('form_malformed'));
  tampered('body: twice', Buffer.concat([body, body]));
  tampered('body: invalid UTF-8 more', Buffer.concat([body, Buffer.from([0xff])]), formed('form_malformed'));
  if (p.form) {
    tampered('form: a parameter more', bytes(`${p.body}&Amount=1`));
    tampered('form: a parameter less', bytes(p.body.replace('&MessageSid=SM1', '')));
    tampered('form: a value changed', bytes(p.body.replace('SM1', 'SM2')));
    tampered('form: a name in other case', bytes(p.body.replace('MessageSid', 'messageSid')));
    tampered('form: parameters in another order', bytes(p.body.split('&').reverse().join('&')), 'ok');
    tampered('form: the same parameter twice', bytes(`${p.body}&MessageSid=SM1`), 'ok');
    tampered('form: a second value', bytes(`${p.body}&MessageSid=SM2`));
    tampered('form: percent signs spelt in lower case', bytes(p.body.replace('%C3%A9', '%c3%a9')), 'ok');
    tampered('form: blank as %20 instead of +', bytes(p.body.replaceAll('+', '%20')), 'ok');
    tampered('form: a broken percent sign', bytes(p.body.replace('%C3%A9', '%C3%A')), 'form_malformed');
    tampered('form: broken UTF-8 in a value', bytes(p.body.replace('%C3%A9', '%C3')), 'form_malformed');
    tampered('form: ; as separator', bytes(p.body.replace('&From', ';From')), 'form_malformed');
    tampered('form: an empty piece', bytes(p.body.replace('&From', '&&From')), 'form_malformed');
    tampered('form: a name without =', bytes(`${p.body}&Flag`), 'form_malformed');
    tampered('form: 513 parameters, signed', bytes(''), 'form_malformed');
    const many = bytes(Array.from({length: 513}, (_, n) => `p${String(n).padStart(3, '0')}=1`).join('&'));
    Object.assign(cases.at(-1), {body: many, headers: signed({body: many})});
    add('form: no parameters, signed', 'form_malformed', {body: bytes(''), headers: signed({body: bytes('')})});
  } else {
    tampered('body: written anew with blanks', bytes(JSON.stringify(JSON.parse(p.body), null, 1)));
    tampered('body: members in another order', bytes(JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(p.body)).reverse()))));
    tampered('body: letters as escapes', bytes(p.body.replace('ë', '\\u00eb')));
    tampered('body: letters decomposed', bytes(p.body.normalize('NFD')));
    tampered('body: a member twice', bytes(p.body.replace('{', '{"id":"evt_1",')));
    tampered('body: another id', bytes(p.body.replace('evt_1', 'evt_2')));
    const other = bytes('\xff\xfe not JSON'), raw = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
    add('body: not JSON, signed', 'ok', {body: other, headers: signed({body: other})});
    add('body: not UTF-8, signed', 'ok', {body: raw, headers: signed({body: raw})});
    add('body: empty, signed', 'ok', {body: bytes(''), headers: signed({body: bytes('')})});
  }
  // The secret.
  add('secret: another', bad, {secrets: [b], secret: b});
  add('secret: rolled, signed with the old one', 'ok', {secrets: [b, a]});
  add('secret: rolled, signed with the new one', 'ok', {secrets: [a, b]});
  add('secret: rolled, signed with neither', bad, {secrets: [b, c], secret: b});
  add('secret: the empty key', bad, {headers: p.render([p.item(p.encode(p.mac({...message(), secret: a.startsWith('v1,') ? 'v1,whsec_' : a.startsWith('whsec_') && p.list === 'versions' ? 'whsec_' : ''})))], message())});
  // The signature header.
  const edited = (name, code, edit) => add(name, code, {headers: header((n, v) => [[n, edit(v)]])});
  add('header: missing', 'signature_missing', {headers: header(() => [])});
  add('header: empty', 'signature_missing', {headers: header((n) => [[n, '']])});
  add('header: twice the same', 'header_repeated', {headers: header((n, v) => [[n, v], [n, v]])});
  add('header: a good and a bad one', 'header_repeated', {headers: header((n, v) => [[n, v], [n, v.replace(own, own.replace(/[a-f0-9A-Z]/, (d) => d === 'a' ? 'b' : 'a'))]])});
  add('header: name in other case', 'ok', {headers: header((n, v) => [[n.toUpperCase(), v]])});
  add('header: name with _ for -', p.signature.includes('-') ? 'signature_missing' : 'ok', {headers: header((n, v) => [[n.replaceAll('-', '_'), v]])});
  edited('header: blanks around', 'ok', (v) => `  ${v}\t `);
  edited('header: in quotes', malformed, (v) => `"${v}"`);
  edited('header: a comma more', malformed, (v) => `${v},`);
  edited('header: a blank inside the signature', malformed, (v) => v.replace(own, `${own.slice(0, 8)} ${own.slice(8)}`));
  edited('header: the body\'s digest without a key', bad, (v) => v.replace(own, p.encode(p.form ? createHash('sha1').update(body).digest() : createHash('sha256').update(body).digest())));
  edited('header: a digest of another length', malformed, (v) => v.replace(own, p.encode(createHash('sha512').update(body).digest())));
  edited('header: all zeros', bad, (v) => v.replace(own, p.encode(Buffer.alloc(p.form ? 20 : 32))));
  edited('header: the first bit changed', bad, (v) => v.replace(own, p.encode(flip(p.mac(message()), 0))));
  edited('header: the last bit changed', bad, (v) => v.replace(own, p.encode(flip(p.mac(message()), p.form ? 19 : 31))));
  edited('header: the last byte missing', malformed, (v) => v.replace(own, p.encode(p.mac(message()).subarray(0, -1))));
  edited('header: a byte too many', malformed, (v) => v.replace(own, p.encode(Buffer.concat([p.mac(message()), Buffer.from([0])]))));
  edited('header: longer than 4 KiB', 'header_too_long', (v) => v + 'a'.repeat(4096));
  add('header: content encoded', 'content_encoded', {headers: [...signed(), ['Content-Encoding', 'gzip']]});
  if (p.encoding === 'hex') {
    edited('hex: upper case', malformed, (v) => v.replace(own, own.toUpperCase()));
    edited('hex: half a byte missing', malformed, (v) => v.replace(own, own.slice(0, -1)));
    edited('hex: not a digit', malformed, (v) => v.replace(own, own.slice(0, -1) + 'g'));
    edited('hex: base64 of the same bytes', malformed, (v) => v.replace(own, Buffer.from(own, 'hex').toString('base64')));
  } else {
    // A message whose signature has the letters in which the alphabets differ.
    let id = 0, text;
    do text = signature(message({id: `msg_${++id}`, body: bytes(p.body + '&n='.repeat(p.form ? 1 : 0) + (p.form ? id : ' '.repeat(id)))})); while (!/[+/]/.test(text));
    const spaced = message({id: `msg_${id}`, body: bytes(p.body + '&n='.repeat(p.form ? 1 : 0) + (p.form ? id : ' '.repeat(id)))});
    const spelled = (name, code, spelling) => add(name, code, {body: spaced.body, headers: p.render([p.item(spelling)], spaced)});
    spelled('base64: plus and slash', 'ok', text);
    spelled('base64: the URL alphabet', malformed, text.replaceAll('+', '-').replaceAll('/', '_'));
    const last = text.at(-2), alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    spelled('base64: no padding', malformed, text.replace('=', ''));
    spelled('base64: padding twice', malformed, text + '=');
    spelled('base64: stray low bits', malformed, text.slice(0, -2) + alphabet[alphabet.indexOf(last) | 1] + '=');
    spelled('base64: hex of the same bytes', malformed, Buffer.from(text, 'base64').toString('hex'));
    spelled('base64: a tab inside', malformed, `${text.slice(0, 8)}\t${text.slice(8)}`);
    spelled('base64: in lower case', bad, text.toLowerCase());
    if (Buffer.from(text.toLowerCase(), 'base64').toString('base64') !== text.toLowerCase()) cases.at(-1).code = malformed;
  }
  if (p.prefix) {
    edited('prefix: missing', malformed, (v) => v.slice(p.prefix.length));
    edited('prefix: upper case', malformed, (v) => p.prefix.toUpperCase() + v.slice(p.prefix.length));
    edited('prefix: twice', malformed, (v) => p.prefix + v);
    edited('prefix: another', malformed, (v) => (p.provider === 'github' ? 'sha1=' : 'v9=') + v.slice(p.prefix.length));
  }
  if (p.list === 'one') edited('list: two signatures in one header', malformed, (v) => `${v},${v}`);
  if (p.timed) addTimes();
  if (p.list === 'pairs') addPairs();
  if (p.list === 'versions') addVersions();
  if (p.form) addTwilio();
  if (p.provider === 'generic-hmac') addGeneric();
  return cases;

  function addTimes() {
    const at = (name, code, time, when = now) => add(name, code, {headers: signed({time}), now: when});
    at('time: as old as allowed', 'ok', now - tolerance);
    at('time: a second too old', 'timestamp_too_old', now - tolerance - 1);
    at('time: as far ahead as allowed', 'ok', now + tolerance);
    at('time: a second too far ahead', 'timestamp_too_new', now + tolerance + 1);
    at('time: twenty years ahead', 'timestamp_too_new', now + 20 * 365 * 86400);
    at('time: 1970', 'timestamp_too_old', 0);
    at('time: negative', 'timestamp_malformed', -1);
    at('time: in milliseconds', 'timestamp_malformed', now * 1000);
    at('time: letters after it', 'timestamp_malformed', `${now}abc`);
    at('time: with a fraction', 'timestamp_malformed', `${now}.9`);
    at('time: with a plus', 'timestamp_malformed', `+${now}`);
    at('time: as hex', 'timestamp_malformed', `0x${now.toString(16)}`);
    at('time: with an exponent', 'timestamp_malformed', '17e8');
    at('time: in other digits', 'timestamp_malformed', '１７００００００００');
    if (p.timed === 'inside') cases.pop();  // header bytes beyond ASCII are another story
    else cases.at(-1).headers = change(cases.at(-1).headers, p.timeHeader, (n) => [[n, Buffer.from('１７').toString('latin1')]]);
    at('time: a zero before it', 'timestamp_malformed', `0${now}`);
    at('time: a word', 'timestamp_malformed', 'now');
    at('time: NaN', 'timestamp_malformed', 'NaN');
    const after = (name, code, time) => add(name, code, {headers: p.render([p.item(own)], message({time}))});
    after('time: letters after the signed digits', 'timestamp_malformed', `${now}abc`);
    after('time: a fraction after the signed digits', 'timestamp_malformed', `${now}.9`);
    after('time: a zero before the signed digits', 'timestamp_malformed', `0${now}`);
    add('time: changed afterwards', bad, {headers: p.render([p.item(own)], message({time: now + 1}))});
    if (p.timed === 'header') {
      const edit = (name, code, how) => add(name, code, {headers: change(signed(), p.timeHeader, how)});
      edit('time: missing', 'header_missing', () => []);
      edit('time: empty', 'header_missing', (n) => [[n, '']]);
      edit('time: twice', 'header_repeated', (n, v) => [[n, v], [n, v]]);
      edit('time: a fresh one beside the signed one', 'header_repeated', (n, v) => [[n, v], [n, `${now + 5}`]]);
    }
  }

  function addPairs() {
    const t = `${p.timeKey}=${now}`, good = p.item(own), wrong = p.item('0'.repeat(64)), s = p.separator;
    const list = (name, code, ...items) => add(name, code, {headers: header((n) => [[n, items.join(s)]])});
    list('list: a bad and a good signature', 'ok', t, wrong, good);
    list('list: a good and a bad signature', 'ok', t, good, wrong);
    list('list: sixteen, the last one good', 'ok', t, ...Array(15).fill(wrong), good);
    list('list: seventeen, the last one good', 'too_many_signatures', t, ...Array(16).fill(wrong), good);
    list('list: a thousand', 'header_too_long', t, ...Array(1000).fill(good));
    list('list: sixteen bad ones', bad, t, ...Array(16).fill(wrong));
    list('list: another version only', 'no_known_version', t, p.otherItem(own));
    list('list: another version and a good one', 'ok', t, p.otherItem('0'.repeat(64)), good);
    list('list: no signature', 'no_known_version', t);
    list('list: no time', malformed, good);
    list('list: two times', malformed, t, t, good);
    list('list: two times, the last one signed', malformed, `${p.timeKey}=${now - 9}`, t, good);
    list('list: time behind the signature', 'ok', good, t);
    list('list: an empty item', malformed, t, '', good);
    list('list: an item without value', malformed, t, 'x', good);
    list('list: a malformed signature beside a good one', malformed, t, p.item('zz'), good);
    list('list: names in upper case', malformed, t.toUpperCase(), good.toUpperCase());
    list('list: empty time', 'timestamp_malformed', `${p.timeKey}=`, good);
    list('list: = inside the signature', malformed, t, `${good}=`);
    edited('list: blanks behind the separators', malformed, (v) => v.replaceAll(s, `${s} `));
    edited('list: the other separator', 'timestamp_malformed', (v) => v.replaceAll(s, s === ',' ? ';' : ','));
    const both = p.render([b, a].map((secret) => p.item(signature(message({secret})))), message());
    add('list: signed with both secrets, either held', 'ok', {headers: both});
    add('list: signed with both secrets, the other held', 'ok', {headers: both, secrets: [b], secret: b});
  }

  function addVersions() {
    const idName = p.signature.replace('signature', 'id'), good = p.item(own), wrong = p.item(p.encode(Buffer.alloc(32)));
    const list = (name, code, ...items) => add(name, code, {headers: header((n) => [[n, items.join(p.join)]])});
    list('list: a bad and a good signature', 'ok', wrong, good);
    list('list: a good and a bad signature', 'ok', good, wrong);
    list('list: sixteen, the last one good', 'ok', ...Array(15).fill(wrong), good);
    list('list: seventeen, the last one good', 'too_many_signatures', ...Array(16).fill(wrong), good);
    list('list: another version only', 'no_known_version', p.otherItem(own));
    list('list: another version and a good one', 'ok', p.otherItem(own), good);
    list('list: v1a beside v1, no public key held', 'ok', `v1a,${p.encode(Buffer.alloc(64))}`, good);
    list('list: four of v1a beside v1', 'ok', ...Array(4).fill(`v1a,${p.encode(Buffer.alloc(64))}`), good);
    list('list: five of v1a beside v1', 'too_many_signatures', ...Array(5).fill(`v1a,${p.encode(Buffer.alloc(64))}`), good);
    list('list: v1a with the bytes of v1', malformed, `v1a,${own}`);
    list('list: version in upper case', malformed, `V1,${own}`);
    list('list: version missing', malformed, own);
    list('list: = for the comma', malformed, `v1=${own}`);
    list('list: a malformed signature beside a good one', malformed, 'v1,zz', good);
    add('list: two blanks between', malformed, {headers: header((n) => [[n, `${good}  ${good}`]])});
    add('list: comma and blank between', p.provider === 'supabase' ? 'ok' : malformed, {headers: header((n) => [[n, `${good}, ${good}`]])});
    add('list: a blank alone between', 'ok', {headers: header((n) => [[n, `${good} ${good}`]])});
    const id = (name, code, how) => add(name, code, {headers: change(signed(), idName, how)});
    id('id: missing', 'header_missing', () => []);
    id('id: empty', 'header_missing', (n) => [[n, '']]);
    id('id: another', bad, (n) => [[n, 'msg_2']]);
    id('id: twice', 'header_repeated', (n, v) => [[n, v], [n, v]]);
    add('id: with a dot, signed', 'id_malformed', {headers: signed({id: 'msg.1'})});
    add('id: with a blank inside, signed', 'id_malformed', {headers: signed({id: 'msg 1'})});
    add('id: 256 bytes, signed', 'ok', {headers: signed({id: 'm'.repeat(256)})});
    add('id: 257 bytes, signed', 'id_malformed', {headers: signed({id: 'm'.repeat(257)})});
    add('id: border moved into the time', 'id_malformed', {headers: p.render([good], message({id: `msg_1.${now}`}))});
    const other = idName.startsWith('svix') ? 'webhook' : 'svix';
    const renamed = (names) => signed().map(([n, v]) => [names.includes(n.split('-')[1]) ? `${other}-${n.split('-')[1]}` : n, v]);
    add('family: the id of the other', p.provider === 'clerk' || other === 'svix' || p.provider === 'svix' ? 'header_missing' : 'ok', {headers: renamed(['id'])});
    add('family: all three of the other', p.provider === 'svix' ? 'ok' : 'signature_missing', {headers: renamed(['id', 'timestamp', 'signature'])});
    // The prefix that two vendors mean differently: here the key is what it encodes, never the text.
    add('secret: the whole text as key', bad, {headers: p.render([p.item(p.encode(hmacOfText(p, a, message())))], message())});
  }

  function addTwilio() {
    const url = p.url, sign = (more) => p.render([p.item(p.encode(p.mac(message(more))))], message(more));
    add('address: signed with its port', 'ok', {headers: sign({address: 'https://example.com:443/hooks/twilio'})});
    add('address: another host', bad, {headers: sign({address: 'https://example.org/hooks/twilio'})});
    add('address: http for https', bad, {headers: sign({address: 'http://example.com/hooks/twilio'})});
    add('address: another path', bad, {headers: sign({address: 'https://example.com/hooks/twilio/'})});
    add('address: host in other case', bad, {headers: sign({address: 'https://EXAMPLE.com/hooks/twilio'})});
    add('address: a query that is not configured, signed', 'query_mismatch', {headers: sign({address: `${url}?a=1`}), query: 'a=1'});
    add('address: a query that is not configured, unsigned', 'query_mismatch', {query: 'a=1'});
    add('address: the configured query', 'ok', {url: `${url}?a=1`, headers: sign({address: `${url}?a=1`}), query: 'a=1'});
    add('address: the configured query missing', 'query_mismatch', {url: `${url}?a=1`, headers: sign({address: url})});
    add('address: query taken from the request', 'ok', {options: 'request_query = true', headers: sign({address: `${url}?b=2`}), query: 'b=2'});
    add('address: query taken from the request, changed', bad, {options: 'request_query = true', headers: sign({address: `${url}?b=2`}), query: 'b=3'});
    const json = bytes('{"a":1}'), hash = createHash('sha256').update(json).digest('hex');
    const hashed = (name, code, query, what = {}) => add(name, code, {body: json, query,
      headers: sign({address: `${url}?${query}`, hash: true, body: json}), ...what});
    hashed('hash: a JSON body whose digest is signed', 'ok', `bodySHA256=${hash}`);
    hashed('hash: another body', 'body_mismatch', `bodySHA256=${hash}`, {body: bytes('{"a":2}')});
    hashed('hash: empty body', 'body_mismatch', `bodySHA256=${hash}`, {body: bytes('')});
    hashed('hash: upper case', 'body_hash_malformed', `bodySHA256=${hash.toUpperCase()}`);
    hashed('hash: cut short', 'body_hash_malformed', `bodySHA256=${hash.slice(0, 62)}`);
    hashed('hash: twice', 'body_hash_malformed', `bodySHA256=${hash}&bodySHA256=${hash}`);
    hashed('hash: a parameter more', 'query_mismatch', `bodySHA256=${hash}&a=1`);
    add('hash: JSON without one', 'body_hash_malformed', {body: json, headers: sign({hash: true, body: json})});
    hashed('hash: changed afterwards', bad, `bodySHA256=${hash}`, {query: `bodySHA256=${createHash('sha256').update('{"a":2}').digest('hex')}`, body: bytes('{"a":2}')});
  }

  function addGeneric() {
    const id = (name, code, how) => add(name, code, {headers: change(signed(), 'X-Id', how)});
    id('id: missing', 'header_missing', () => []);
    id('id: another', bad, (n) => [[n, 'msg_2']]);
    id('id: twice', 'header_repeated', (n, v) => [[n, v], [n, v]]);
    add('id: holds the separator, signed', malformed, {headers: signed({id: 'a|b'})});
    add('id: border moved into the time', malformed, {headers: p.render([p.item(own)], message({id: `msg_1|${now}`}))});
  }
}

function hmacOfText(p, secret, m) {
  const text = Buffer.from(secret.replace(/^v1,/, '')).toString('base64');
  return p.mac({...m, secret: (secret.startsWith('v1,') ? 'v1,' : '') + 'whsec_' + text});
}
