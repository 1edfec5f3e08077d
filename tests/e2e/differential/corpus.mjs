// Raw requests with what must become of them. `status`: refused with it, and no backend hears of it. `seen`: each backend
// reads exactly these requests, the same everywhere. @@ is replaced by the gate's own host and port.
const get = (lines = '', target = '/a') => `GET ${target} HTTP/1.1\r\nHost: @@\r\n${lines}Connection: close\r\n\r\n`;
const post = (lines, body = '') => `POST /a HTTP/1.1\r\nHost: @@\r\n${lines}Connection: close\r\n\r\n${body}`;
const one = (more = {}) => [{method: 'GET', target: '/a', body: '', ...more}];
const posted = (body, more = {}) => [{method: 'POST', target: '/a', body, ...more}];
const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\n\r\n';

const all = [];
const taken = (name, bytes, seen) => all.push({name, bytes, seen});
const refused = (name, bytes, status = 400) => all.push({name, bytes, status});

// ---- taken: one meaning, everywhere
taken('a plain request', get(), one());
taken('a query', get('', '/a?b=c&d=%2F&e'), one({target: '/a?b=c&d=%2F&e'}));
taken('an empty query', get('', '/a?'), one({target: '/a?'}));
taken('odd bytes in a query', get('', '/a?x=[1]{2}|^`"<>\\;'), one({target: '/a?x=[1]{2}|^`"<>\\;'}));
taken('encoded unreserved bytes', get('', '/%61%2D%7e'), one({target: '/a-~'}));
taken('small hex digits', get('', '/caf%c3%a9'), one({target: '/caf%C3%A9'}));
taken('an encoded blank', get('', '/a%20b'), one({target: '/a%20b'}));
taken('an encoded question mark', get('', '/a%3fb'), one({target: '/a%3Fb'}));
taken('an encoded percent sign', get('', '/100%25'), one({target: '/100%25'}));
taken('a dot that is no segment', get('', '/.well-known/a.b..c'), one({target: '/.well-known/a.b..c'}));
taken('brackets in a path', get('', '/a[0]|b'), one({target: '/a[0]|b'}));
taken('a body of known length', post('Content-Length: 5\r\n', 'hello'), posted('hello'));
taken('a body of no bytes', post('Content-Length: 0\r\n'), posted(''));
taken('a chunked body', post('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n'), posted('hello world'));
taken('an empty chunked body', post('Transfer-Encoding: chunked\r\n', '0\r\n\r\n'), posted(''));
taken('Chunked in other letters', post('transfer-encoding: Chunked\r\n', '1\r\nx\r\n0\r\n\r\n'), posted('x'));
taken('chunk extensions', post('Transfer-Encoding: chunked\r\n', '1;a=b;c="d"\r\nx\r\n0;e\r\n\r\n'), posted('x'));
taken('trailers', post('Transfer-Encoding: chunked\r\n', '1\r\nx\r\n0\r\nX-Kept: no\r\nContent-Length: 9\r\n\r\n'), posted('x'));
taken('hex sizes in both cases', post('Transfer-Encoding: chunked\r\n', 'A\r\n0123456789\r\n00b\r\n0123456789a\r\n0\r\n\r\n'), posted('01234567890123456789a'));
taken('a body that looks like a request', post(`Content-Length: ${smuggled.length}\r\n`, smuggled), posted(smuggled));
taken('a chunk that looks like a request', post('Transfer-Encoding: chunked\r\n', `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`), posted(smuggled));
taken('a GET with a body', get('Content-Length: 3\r\n') + 'abc', one({body: 'abc'}));
taken('a DELETE with a body', `DELETE /a HTTP/1.1\r\nHost: @@\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi`, [{method: 'DELETE', target: '/a', body: 'hi'}]);
for (const method of ['PUT', 'PATCH']) taken(method, `${method} /a HTTP/1.1\r\nHost: @@\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi`, [{method, target: '/a', body: 'hi'}]);
taken('HEAD', `HEAD /a HTTP/1.1\r\nHost: @@\r\nConnection: close\r\n\r\n`, [{method: 'HEAD', target: '/a', body: ''}]);
taken('OPTIONS on a path', `OPTIONS /a HTTP/1.1\r\nHost: @@\r\nConnection: close\r\n\r\n`, [{method: 'OPTIONS', target: '/a', body: ''}]);
taken('HTTP/1.0', 'GET /a HTTP/1.0\r\nHost: @@\r\n\r\n', one());
taken('one empty line first', '\r\n' + get(), one());
taken('an absolute target', get('', 'http://@@/a?b'), one({target: '/a?b'}));
taken('an absolute target without a path', get('', 'http://@@'), one({target: '/'}));
taken('a host in capitals', 'GET /a HTTP/1.1\r\nHOST: LOCALHOST\r\nConnection: close\r\n\r\n', one({host: 'localhost'}));
taken('values with tabs and blanks', get('X-Kept: \t a \t b \t\r\n'), one({kept: 'a \t b'}));
taken('an empty value', get('X-Kept:\r\n'), one({kept: ''}));
taken('no blank after the colon', get('X-Kept:a\r\n'), one({kept: 'a'}));
taken('a colon in a value', get('X-Kept: a: b\r\n'), one({kept: 'a: b'}));
taken('Expect', post('Content-Length: 2\r\nExpect: 100-continue\r\n', 'hi'), posted('hi', {without: ['expect']}));
taken('hop-by-hop fields', get('Keep-Alive: 5\r\nTE: trailers\r\nTrailer: x\r\nProxy-Connection: x\r\nUpgrade: h2c\r\n'),
    one({without: ['keep-alive', 'te', 'trailer', 'proxy-connection', 'upgrade']}));
taken('a field that Connection names', 'GET /a HTTP/1.1\r\nHost: @@\r\nX-Hop: 1\r\nX-Kept: a\r\nConnection: close, X-Hop\r\n\r\n', one({without: ['x-hop'], kept: 'a'}));
taken('httpoxy', get('Proxy: http://evil.example\r\n'), one({without: ['proxy']}));
taken('a name with an underscore', get('X_Odd: 1\r\nX-Kept: a\r\n'), one({without: ['x-odd', 'x_odd'], kept: 'a'}));
taken('a name with a dot', get('X.Odd: 1\r\n'), one({without: ['x.odd', 'x-odd']}));
taken('an underscore that spells a length', post('Content_Length: 9\r\nContent-Length: 2\r\n', 'hi'), posted('hi'));
taken('an underscore that spells a coding', post('Transfer_Encoding: chunked\r\nContent-Length: 2\r\n', 'hi'), posted('hi'));
taken('a rewritten target', get('X-Original-URL: /admin\r\nX-Rewrite-URL: /admin\r\n'), one({without: ['x-original-url', 'x-rewrite-url']}));
taken('another method asked for', post('Content-Length: 0\r\nX-HTTP-Method-Override: DELETE\r\n'), posted('', {without: ['x-http-method-override']}));
taken('two requests in one packet', `GET /first HTTP/1.1\r\nHost: @@\r\n\r\n${get('', '/second')}`,
    [{method: 'GET', target: '/first', body: ''}, {method: 'GET', target: '/second', body: ''}]);
taken('a body and a request in one packet', `POST /first HTTP/1.1\r\nHost: @@\r\nContent-Length: 3\r\n\r\nabc${get('', '/second')}`,
    [{method: 'POST', target: '/first', body: 'abc'}, {method: 'GET', target: '/second', body: ''}]);
taken('chunks and a request in one packet', `POST /first HTTP/1.1\r\nHost: @@\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n${get('', '/second')}`,
    [{method: 'POST', target: '/first', body: 'abc'}, {method: 'GET', target: '/second', body: ''}]);

// ---- refused: framing that two servers read differently
const framing = {
  'CL and TE': 'Content-Length: 6\r\nTransfer-Encoding: chunked\r\n',
  'TE and CL': 'Transfer-Encoding: chunked\r\nContent-Length: 6\r\n',
  'TE and CL in capitals': 'TRANSFER-ENCODING: chunked\r\nCONTENT-LENGTH: 6\r\n',
  'CL twice': 'Content-Length: 6\r\nContent-Length: 0\r\n',
  'the same CL twice': 'Content-Length: 6\r\nContent-Length: 6\r\n',
  'CL list': 'Content-Length: 6, 6\r\n', 'CL +6': 'Content-Length: +6\r\n', 'CL -6': 'Content-Length: -6\r\n',
  'CL 0x6': 'Content-Length: 0x6\r\n', 'CL 06': 'Content-Length: 06\r\n', 'CL 6 and a blank': 'Content-Length: 6 \r\n',
  'CL after a tab': 'Content-Length:\t6\r\n', 'CL 6_0': 'Content-Length: 6_0\r\n', 'CL 6.0': 'Content-Length: 6.0\r\n',
  'CL empty': 'Content-Length:\r\n', 'CL in quotes': 'Content-Length: "6"\r\n', 'CL beyond 64 bits': 'Content-Length: 18446744073709551622\r\n',
  'a blank before the colon of CL': 'Content-Length : 6\r\n', 'CL folded': 'Content-Length:\r\n 6\r\n',
  'CL in a folded line': 'X-A: b\r\n Content-Length: 6\r\n', 'NUL before CL': '\0Content-Length: 6\r\n', 'NUL after CL': 'Content-Length\0: 6\r\n',
  'TE xchunked': 'Transfer-Encoding: xchunked\r\n', 'TE with a tab': 'Transfer-Encoding:\tchunked\r\n',
  'TE with a vertical tab': 'Transfer-Encoding: \x0bchunked\r\n', 'TE and a blank': 'Transfer-Encoding: chunked \r\n',
  'TE identity': 'Transfer-Encoding: identity\r\n', 'TE gzip, chunked': 'Transfer-Encoding: gzip, chunked\r\n',
  'TE chunked, identity': 'Transfer-Encoding: chunked, identity\r\n', 'TE twice': 'Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n',
  'TE chunked twice': 'Transfer-Encoding: chunked\r\nTransfer-encoding: chunked\r\n', 'TE in quotes': 'Transfer-Encoding: "chunked"\r\n',
  'TE with a parameter': 'Transfer-Encoding: chunked;q=1\r\n', 'TE with a comma': 'Transfer-Encoding: ,chunked\r\n', 'TE empty': 'Transfer-Encoding:\r\n',
  'a blank before the colon of TE': 'Transfer-Encoding : chunked\r\n', 'TE folded': 'Transfer-Encoding:\r\n chunked\r\n',
  'TE behind a bare LF': 'X-A: b\nTransfer-Encoding: chunked\r\n', 'TE behind a bare CR': 'X-A: b\rTransfer-Encoding: chunked\r\n',
  'TE with a byte beyond ASCII': 'Transfer-Encoding: chunked\xff\r\n', 'Connection names CL': 'Connection: Content-Length\r\nContent-Length: 6\r\n',
  'Connection names TE': 'Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n', 'another expectation': 'Expect: later\r\nContent-Length: 6\r\n',
};
for (const [name, lines] of Object.entries(framing)) refused(name, post(lines, '0\r\n\r\n' + smuggled));
refused('TE with HTTP/1.0', `POST /a HTTP/1.0\r\nHost: @@\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`);

// ---- refused: chunks; the head is good, so a backend may have been asked already, but never for two requests
const chunks = {
  'size 0x': '0x1\r\nx\r\n0\r\n\r\n', 'size and a blank': '1 \r\nx\r\n0\r\n\r\n', 'a signed size': '+1\r\nx\r\n0\r\n\r\n', 'a negative size': '-1\r\n',
  'no size': '\r\n\r\n', 'a size of 17 digits': '00000000000000001\r\nx\r\n0\r\n\r\n', 'a size beyond 64 bits': '10000000000000001\r\nx\r\n0\r\n\r\n',
  'LF after a size': '1\nx\r\n0\r\n\r\n', 'LF after a chunk': '1\r\nx\n0\r\n\r\n', 'LF in an extension': '1;a\nx\r\n0\r\n\r\n',
  'a chunk longer than its size': '1\r\nxy\r\n0\r\n\r\n', 'a chunk shorter than its size': '3\r\nx\r\n0\r\n\r\n', 'LF at the end': '1\r\nx\r\n0\r\n\n',
  'a folded trailer': '0\r\nX: a\r\n b\r\n\r\n', 'a trailer without a colon': '0\r\nXa\r\n\r\n', 'a long extension': `1;${'x'.repeat(300)}\r\nx\r\n0\r\n\r\n`,
};
for (const [name, body] of Object.entries(chunks)) all.push({name: 'chunks: ' + name, bytes: post('Transfer-Encoding: chunked\r\n', body + smuggled), status: 400, begun: true});

// ---- refused: lines and names
const lines = {
  'folding': 'X-A: b\r\n c\r\n', 'folding by tab': 'X-A: b\r\n\tc\r\n', 'a blank before a colon': 'X-A : b\r\n', 'no colon': 'X-A\r\n', 'no name': ': b\r\n',
  'a bare LF': 'X-A: b\nX-B: c\r\n', 'a bare CR': 'X-A: b\rX-B: c\r\n', 'CR CR LF': 'X-A: b\r\r\n', 'NUL in a value': 'X-A: b\0c\r\n', 'NUL in a name': 'X\0A: b\r\n',
  'a control byte in a value': 'X-A: b\x01\r\n', 'DEL in a value': 'X-A: b\x7f\r\n', 'a byte beyond ASCII in a name': 'X\xe9: b\r\n', 'a bracket in a name': 'X(A): b\r\n',
  'a slash in a name': 'X/A: b\r\n', 'a blank in a name': 'X A: b\r\n', 'Connection names Cookie': 'Connection: Cookie\r\nCookie: a=b\r\n',
  'Connection names Authorization': 'Connection: authorization\r\n', 'Connection names Host': 'Connection: host\r\n',
};
for (const [name, text] of Object.entries(lines)) refused(name, get(text));
refused('LF only', 'GET /a HTTP/1.1\nHost: @@\n\n');
refused('a blank before the first field', 'GET /a HTTP/1.1\r\n X: y\r\nHost: @@\r\n\r\n');
refused('two empty lines first', '\r\n\r\n' + get());

// ---- refused: request lines
const starts = {
  'no version': 'GET /a', 'HTTP/2.0': 'GET /a HTTP/2.0', 'HTTP/1.2': 'GET /a HTTP/1.2', 'a small version': 'GET /a http/1.1', 'a blank after the version': 'GET /a HTTP/1.1 ',
  'two blanks': 'GET  /a HTTP/1.1', 'two blanks before the version': 'GET /a  HTTP/1.1', 'a tab': 'GET\t/a HTTP/1.1', 'a blank first': ' GET /a HTTP/1.1',
  'a blank in the target': 'GET /a b HTTP/1.1', 'a relative target': 'GET a HTTP/1.1', 'an asterisk': 'OPTIONS * HTTP/1.1', 'CONNECT': 'CONNECT @@ HTTP/1.1',
  'a fragment': 'GET /a#b HTTP/1.1', 'NUL in the target': 'GET /a\0 HTTP/1.1', 'UTF-8 in the target': 'GET /\xc3\xa9 HTTP/1.1', 'a control byte in the target': 'GET /\x01 HTTP/1.1',
  'a foreign scheme': 'GET ftp://@@/a HTTP/1.1', 'another host in the target': 'GET http://evil.example/a HTTP/1.1', 'a user in the target': 'GET http://u@@@/a HTTP/1.1',
  'the HTTP/2 preface': 'PRI * HTTP/2.0',
};
for (const [name, line] of Object.entries(starts)) refused('start: ' + name, `${line}\r\nHost: @@\r\nConnection: close\r\n\r\n`);
for (const method of ['get', 'PURGE', 'TRACE', 'GETT', 'CONNECT', 'PROPFIND']) refused('method ' + method, `${method} /a HTTP/1.1\r\nHost: @@\r\nConnection: close\r\n\r\n`, 405);

// ---- refused: hosts
const hosts = {
  'none': '', 'two': 'Host: @@\r\nHost: @@\r\n', 'two that differ': 'Host: @@\r\nHost: evil.example\r\n', 'empty': 'Host:\r\n', 'a foreign one': 'Host: evil.example\r\n', 'with a user': 'Host: a@@@\r\n',
  'with a path': 'Host: @@/a\r\n', 'with a comma': 'Host: @@,evil.example\r\n', 'with a dot at the end': 'Host: localhost.\r\n', 'with a bad port': 'Host: localhost:x\r\n', 'with an empty port': 'Host: localhost:\r\n',
  'with port 0': 'Host: localhost:0\r\n', 'encoded': 'Host: local%68ost\r\n', 'beyond ASCII': 'Host: l\xf6calhost\r\n', 'with a blank': 'Host: localhost evil\r\n', 'in brackets': 'Host: [localhost]\r\n', 'with a tab': 'Host:\tlocalhost\r\n',
};
for (const [name, line] of Object.entries(hosts)) refused('host: ' + name, `GET /a HTTP/1.1\r\n${line}Connection: close\r\n\r\n`);

// ---- refused: paths that servers read differently
for (const path of ['//a', '/a//b', '/./a', '/a/.', '/a/../b', '/..', '/%2e%2e/a', '/a/.%2E/b', '/%2e/a', '/a%2fb', '/a%2Fb', '/a%5cb', '/a\\b', '/a%00', '/a%00.html', '/a%0d%0aX:y', '/a%7f',
  '/a;b', '/a;jsessionid=1', '/..;/a', '/a/..;/b', '/%', '/a%', '/a%2', '/a%zz', '/%c0%af', '/%c0%ae%c0%ae/a', '/%ff', '/%ed%a0%80', '/%252e%252e/a', '/a%252fb', '/a%25%32f', '/<a>', '/a"b', '/{a}', '/a`b'])
  refused('path ' + path, get('', path));

// ---- refused: sizes
refused('a body beyond the limit', post('Content-Length: 1048577\r\n'), 413);
refused('a body of 2^63-1 bytes', post('Content-Length: 9223372036854775807\r\n'), 413);
refused('a head beyond the limit', get(`X-A: ${'x'.repeat(15000)}\r\nX-B: ${'x'.repeat(15000)}\r\nX-C: ${'x'.repeat(5000)}\r\n`), 413);
refused('a long line', get(`X-A: ${'x'.repeat(17000)}\r\n`), 413);
refused('a long target', get('', '/' + 'x'.repeat(17000)), 413);
refused('too many fields', get('X-A: b\r\n'.repeat(101)), 413);

export default all;
