// npm's ws as the other end, for websocket.py: over HTTP/1.1, and over HTTP/2 by Node's http2.
//
//   node ws_peer.js client URL OPTIONS     talks to an echo, closes, and says so
//   node ws_peer.js refused URL OPTIONS    is refused: prints the status
//   node ws_peer.js closed URL OPTIONS     sends nothing until the server closes: prints code and reason
//   node ws_peer.js client-h2 URL          several WebSockets and requests on one HTTP/2 connection
//   node ws_peer.js server OPTIONS         prints its port; tries each client that comes, or as its path
//                                          says; prints a line for each
//
// OPTIONS is JSON: what ws is given, and `subprotocols`, `bytes` (of the large messages), `binary`,
// `tls` {cert, key}, `http2`.
'use strict';
const fs = require('fs');
const crypto = require('crypto');
const http = require('http');
const http2 = require('http2');
const WebSocket = require('ws');

const [kind, ...args] = process.argv.slice(2);
setTimeout(() => { console.error('too slow'); process.exit(2); }, 50000).unref();
process.on('unhandledRejection', (e) => { console.error(e); process.exit(1); });

// What comes to a WebSocket, in order.
function inbox(ws) {
  const items = [], waiting = [];
  const put = (item) => { if (waiting.length) waiting.shift()(item); else items.push(item); };
  ws.on('message', (data, isBinary) => put({message: isBinary ? data : data.toString()}));
  ws.on('pong', (data) => put({pong: data.toString()}));
  ws.on('ping', (data) => put({ping: data.toString()}));
  ws.on('close', (code, reason) => put({code, reason: reason.toString()}));
  ws.on('error', (error) => put({error: error.message}));
  return () => items.length ? Promise.resolve(items.shift()) : new Promise((take) => waiting.push(take));
}

// Text of so many octets.
const words = 'the quick brown fox jumps over the lazy dog. ';
const ascii = (length) => words.repeat(Math.ceil(length / words.length)).slice(0, length);
const text = (length) => length < 10 ? ascii(length) : 'κόσμε' + ascii(length - 10);

function same(actual, expected) {
  if (!require('util').isDeepStrictEqual(actual, expected)) {
    const short = (value) => require('util').inspect(value, {maxStringLength: 100, maxArrayLength: 20});
    throw new Error(short(actual) + ' is not ' + short(expected));
  }
}

// Every kind of message to an echo, there and back.
async function converse(ws, next, bytes) {
  const messages = [];
  for (const length of [0, 1, 125, 126, 1000, 65535, 65536, bytes])
    messages.push(text(length), crypto.randomBytes(length), Buffer.alloc(length, 'ab'));
  for (let i = 0; i < 200; i++)
    messages.push('message ' + i);
  const sent = (async () => {
    for (const m of messages)
      ws.send(m);
  })();
  for (const m of messages)
    same((await next()).message, m);
  await sent;
  ws.ping('are you there');
  same(await next(), {pong: 'are you there'});
  for (const binary of [false, true]) {
    const whole = binary ? crypto.randomBytes(5000) : Buffer.from(text(5000));
    for (let i = 0; i < 50; i++)
      ws.send(whole.subarray(i * 100, i * 100 + 100), {fin: i === 49, binary});
    same((await next()).message, binary ? whole : whole.toString());
  }
  ws.pong('nobody asked');
  ws.send('the last');
  same(await next(), {message: 'the last'});
}

async function client(url, options) {
  const ws = new WebSocket(url, options.subprotocols || [], {rejectUnauthorized: false, ...options});
  const next = inbox(ws);
  await new Promise((opened, failed) => { ws.on('open', opened); ws.on('error', failed); });
  await converse(ws, next, options.bytes || 1 << 20);
  ws.close(options.code || 4321, 'good bye');
  const end = await next();
  same(end.code, options.code || 4321);
  console.log(JSON.stringify({extensions: ws.extensions, protocol: ws.protocol}));
}

function refused(url, options) {
  const ws = new WebSocket(url, options.subprotocols || [], {rejectUnauthorized: false, ...options});
  ws.on('unexpected-response', (request, response) => { console.log(response.statusCode); process.exit(0); });
  ws.on('open', () => { console.log('open'); process.exit(1); });
  ws.on('error', (error) => { console.error(error); process.exit(1); });
}

async function closed(url, options) {
  const ws = new WebSocket(url, [], {rejectUnauthorized: false, ...options});
  const next = inbox(ws);
  await new Promise((opened, failed) => { ws.on('open', opened); ws.on('error', failed); });
  console.log('open');
  if (options.bytes)
    ws.send(text(options.bytes));
  if (options.binary)
    ws.send(Buffer.from('abc'));
  for (let item = await next(); ; item = await next()) {
    if (item.code) {
      console.log(item.code + ' ' + item.reason);
      process.exit(0);
    }
  }
}

// ---- over HTTP/2 ----

// ws has no HTTP/2 of its own: it is given the stream. What it takes a socket to have, it asks for.
function over(stream, isServer) {
  const ws = new WebSocket(null, undefined, {autoPong: true, closeTimeout: 10000});
  ws._isServer = isServer;
  ws.setSocket(stream, Buffer.alloc(0), {allowSynchronousEvents: true, maxPayload: 1 << 26});
  return ws;
}

async function clientH2(url) {
  const session = http2.connect(url, {rejectUnauthorized: false});
  session.on('error', (error) => { console.error(error); process.exit(1); });
  const settings = await new Promise((take) => session.once('remoteSettings', take));
  same(settings.enableConnectProtocol, true);
  const open = (path, more) => new Promise((take) => {
    const stream = session.request({':method': 'CONNECT', ':protocol': 'websocket', ':path': path,
                                    'sec-websocket-version': '13', ...more});
    stream.on('response', (headers) => take({stream, status: headers[':status'], headers}));
  });
  const get = (path) => new Promise((take) => {
    const stream = session.request({':path': path});
    let length = 0;
    stream.on('data', (part) => { length += part.length; });
    stream.on('end', () => take(length));
  });
  const one = async () => {
    const {stream, status, headers} = await open('/ws', {'sec-websocket-protocol': 'x, echo'});
    same(status, 200);
    same(headers['sec-websocket-protocol'], 'echo');
    const ws = over(stream, false), next = inbox(ws);
    await converse(ws, next, 1 << 18);
    ws.close(1000, 'good bye');
    same((await next()).code, 1000);
  };
  const gets = async () => {
    for (let i = 0; i < 20; i++)
      same(await get('/bytes/' + i * 10000), i * 10000);
  };
  await Promise.all([one(), one(), one(), one(), gets(), gets()]);
  same((await open('/ws', {'sec-websocket-version': '8'})).status, 426);
  same((await open('/ws', {origin: 'http://example.org'})).status, 403);
  same((await open('/none', {})).status, 404);
  same(await get('/hello'), 13);
  console.log('all well ' + session.alpnProtocol);
  session.destroy();
}

// ---- a server, for `client --echo` and for `client -d` ----

async function serve(ws, path, options) {
  const next = inbox(ws);
  if (path === '/echo') {
    ws.on('message', (data, isBinary) => ws.send(data, {binary: isBinary}));
    return;
  }
  if (path.startsWith('/close/')) {
    ws.close(+path.slice(7), 'as it was asked');
  } else {
    await converse(ws, next, options.bytes || 1 << 20);
    ws.close(1000, 'good bye');
  }
  for (let item = await next(); ; item = await next()) {
    if (item.code) {
      console.log(JSON.stringify({code: item.code, extensions: ws.extensions, protocol: ws.protocol}));
      return;
    }
  }
}

function server(options) {
  const tls = options.tls && {cert: fs.readFileSync(options.tls.cert), key: fs.readFileSync(options.tls.key)};
  const settings = {enableConnectProtocol: options.http2 === 'websocket'};
  const made = !options.http2 ? (tls ? require('https').createServer(tls) : http.createServer())
    : tls ? http2.createSecureServer({...tls, allowHTTP1: true, settings}) : http2.createServer({settings});
  const taker = new WebSocket.WebSocketServer({noServer: true, ...options});
  made.on('upgrade', (request, socket, head) => {
    if (request.url === '/401') {
      socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    taker.handleUpgrade(request, socket, head, (ws) => serve(ws, request.url, options));
  });
  made.on('stream', (stream, headers) => {
    if (headers[':protocol'] !== 'websocket') {
      stream.respond({':status': 404}, {endStream: true});
      return;
    }
    stream.respond({':status': 200});
    serve(over(stream, true), headers[':path'], options);
  });
  made.listen(0, '127.0.0.1', () => console.log('port ' + made.address().port + ' '));
}

const options = JSON.parse((kind === 'server' ? args[0] : args[1]) || '{}');
if (kind === 'client') client(args[0], options);
if (kind === 'refused') refused(args[0], options);
if (kind === 'closed') closed(args[0], options);
if (kind === 'client-h2') clientH2(args[0]);
if (kind === 'server') server(options);
