"""WebSocket with the implementations of others, both roles: npm's ws, Python's websockets, wsproto and h2,
curl, Node's http2; what stands in the way of WebSocket over HTTP/2; load, and the memory of idle ones.
"""
import asyncio
import json
import logging
import os
import re
import resource
import ssl
import threading
import time

import harness
from harness import check, content, ended_well, equal, free_port, our_server, pattern, program, run, test
from as_client import fails, h2o, nghttpd, nginx, node
from ws_conformance import Client, prose, text
from ws_octets import BINARY, PING, TEXT, Frame, Http2, Listener, Tcp, connect, open_h1, open_h2

try:
    import websockets
    import websockets.exceptions
    from websockets.extensions import permessage_deflate
except ImportError:
    websockets = None
logging.getLogger('asyncio').disabled = True  # websockets leaves tasks behind when it refuses a client

MIB = 1 << 20


def ws_server(context):
    return context.once('ws-peers', lambda: our_server(context, '--quiet', *(['--tls'] if context.tls else [])))


def url(server, tls, path='/ws'):
    return ('wss://localhost:%d%s' if tls else 'ws://127.0.0.1:%d%s') % (server.port, path)


def with_tls(name, *needs):
    """A test in cleartext and one over TLS."""
    def declare(function):
        test(name, *needs)(lambda context: function(context, False))
        test(name + ', TLS', 'tls', 'openssl', *needs)(lambda context: function(context, True))
        return function
    return declare


# ---- npm's ws ----------------------------------------------------------------------------------------

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'ws_peer.js')


def peer(*args, expect=0):
    """What the script says, by lines."""
    args = [arg if isinstance(arg, str) else json.dumps(arg) for arg in args]
    _, said, _ = run(['node', SCRIPT] + args, expect=expect, limit=55, env=harness.npm_environment())
    return said.decode().splitlines()


def start_peer(context, *args):
    where = 'NODE_PATH=' + harness.npm_environment()['NODE_PATH']
    return context.start(['env', where, 'node', SCRIPT] + list(args))


# what ws is told, and what is agreed with ours; it inflates and deflates by zlib, whose least window is 2^9
DEFLATES = [
    ('plain', False, None),
    ('deflate', {'threshold': 0}, {}),
    ('deflate without contexts',
     {'threshold': 0, 'serverNoContextTakeover': True, 'clientNoContextTakeover': True},
     {'server_no_context_takeover': True, 'client_no_context_takeover': True}),
] + [('deflate, windows of 2^%d' % n, {'threshold': 0, 'serverMaxWindowBits': n, 'clientMaxWindowBits': n},
      {'server_max_window_bits': n, 'client_max_window_bits': n}) for n in range(9, 16)]


def npm_client(name, options, agreed):
    @with_tls('ws-peers/npm ws client: ' + name, 'node', 'npm:ws', *(['zlib'] if options else []))
    def one(context, tls):
        said = json.loads(peer('client', url(ws_server(context), tls), {'perMessageDeflate': options})[-1])
        equal('permessage-deflate' in said['extensions'], agreed is not None, 'deflate')


for _row in DEFLATES:
    npm_client(*_row)


@test('ws-peers/npm ws client: subprotocols, close codes, origins', 'node', 'npm:ws')
def npm_handshake(context):
    target = url(ws_server(context), False)
    for listed, chosen in ((['x', 'chat'], 'chat'), (['chat', 'echo'], 'echo')):
        said = json.loads(peer('client', target, {'subprotocols': listed, 'bytes': 1000})[-1])
        equal(said['protocol'], chosen)
    for code in (1000, 1014, 3000, 4999):
        peer('client', target, {'code': code, 'bytes': 1000})
    equal(peer('refused', target, {'origin': 'http://example.org'}), ['403'])
    equal(peer('refused', target, {'protocolVersion': 8}), ['426'])
    equal(peer('refused', target + 'x'), ['404'])
    peer('client', target, {'origin': 'http://127.0.0.1:%d' % ws_server(context).port, 'bytes': 1000})


@test('ws-peers/npm ws client: the server closes, 1003, 1009 and 1001', 'node', 'npm:ws')
def npm_closed(context):
    equal(peer('closed', url(ws_server(context), False, '/chat'), {'binary': 1}),
          ['open', '1003 the chat takes text'])
    server = our_server(context, '--max-message', '1000')
    equal(peer('closed', url(server, False), {'bytes': 1001})[-1][:5], '1009 ')
    script = start_peer(context, 'closed', url(server, False), '{}')
    script.wait_for('open')
    ended_well(server)
    check('1001 the server ends' in script.wait_for('1001'), script.said())
    equal(script.process.wait(10), 0)


def certificate(context):
    return dict(zip(('cert', 'key'), context.certificate()))


def npm_server(context, options):
    """A server of npm's ws: (Program, port)."""
    script = start_peer(context, 'server', json.dumps(options))
    return script, int(re.search(r'port (\d+) ', script.wait_for(' \n')).group(1))


def npm_one(name, options):
    @with_tls('ws-peers/npm ws server: ' + name, 'node', 'npm:ws', *(['zlib'] if options else []))
    def one(context, tls):
        config = {'perMessageDeflate': options}
        if tls:
            config['tls'] = certificate(context)
        script, port = npm_server(context, config)
        base = ('wss://localhost:%d' if tls else 'ws://127.0.0.1:%d') % port
        run([context.client, '-k', '--echo', base + '/'], expect=0)
        check('permessage-deflate' in script.wait_for('"code":1000') if options else 1, script.said())
        equal(run([context.client, '-k', '-d', 'hello', base + '/echo'], expect=0)[1], b'hello\n')
        script.kill()


for _row in DEFLATES:
    if not _row[1] or 'clientMaxWindowBits' not in _row[1]:  # our client does not offer to lower its window
        npm_one(*_row[:2])
for _n in (9, 12, 15):
    npm_one('deflate, its window 2^%d' % _n, {'threshold': 0, 'serverMaxWindowBits': _n})


@test('ws-peers/npm ws server: close codes, subprotocols, refusals', 'node', 'npm:ws')
def npm_server_ends(context):
    script, port = npm_server(context, {})
    base = 'ws://127.0.0.1:%d' % port
    run([context.client, '--echo', base + '/close/1000'], expect=0)
    run([context.client, '--echo', base + '/close/1001'], expect=0)
    for code in (1002, 1003, 1007, 1008, 1009, 1011, 1014, 3000, 4999):
        said = fails(context, base + '/close/%d' % code, '--echo')
        check('closed with %d: as it was asked' % code in said, said)
    check('401' in fails(context, base + '/401', '-d', 'x'))
    said = run([context.client, '-v', '--subprotocol', 'chat, echo', '-d', 'x', base + '/echo'], expect=0)[2]
    check(b'subprotocol chat' in said, said)
    check('LIMIT_MESSAGE' in fails(context, base + '/', '--echo', '--max-message', '1000'))
    script.kill()


# ---- Python's websockets -----------------------------------------------------------------------------

async def converse(ws, bytes_=MIB):
    """Every kind of message to an echo, there and back."""
    messages = []
    for n in (0, 1, 125, 126, 1000, 65535, 65536, bytes_):
        messages += [prose(n // 2), content(n), pattern(n)]
    messages += ['message %d' % i for i in range(200)]

    async def send():
        for m in messages:
            await ws.send(m)
    sending = asyncio.ensure_future(send())
    for m in messages:
        equal(await ws.recv(), m)
    await sending
    waiter = await ws.ping(b'are you there')
    await asyncio.wait_for(waiter, 10)
    for whole in (prose(3000), content(3000)):
        await ws.send([whole[i:i + 100] for i in range(0, 3000, 100)])
        equal(await ws.recv(), whole)
    await ws.pong(b'nobody asked')


def insecure():
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    return c


def in_time(what, limit=40):
    return asyncio.run(asyncio.wait_for(what, limit))


def py_connect(server, tls, path='/ws', **more):
    more.setdefault('compression', None)
    if tls:
        more['ssl'] = insecure()
    return websockets.connect(url(server, tls, path), max_size=None, **more)


# as what websockets' factories are given: its own window, the other's, resets
FACTORIES = [('deflate', (False, False, None, None)),
             ('deflate without contexts', (True, True, None, None))] + [
    ('deflate, windows of 2^%d' % n, (False, False, n, n)) for n in range(9, 16)]


def py_needs(factory):
    return ['module:websockets'] + (['zlib'] if factory else [])


def py_client(name, factory):
    @with_tls('ws-peers/python websockets client: ' + name, *py_needs(factory))
    def one(context, tls):
        async def talk():
            more = {}
            if factory:
                more['extensions'] = [permessage_deflate.ClientPerMessageDeflateFactory(*factory)]
            async with py_connect(ws_server(context), tls, **more) as ws:
                equal(bool(ws.extensions), bool(factory), 'an extension')
                await converse(ws)
                await ws.close(4321, 'good bye')
                equal(ws.close_code, 4321)
        in_time(talk())


py_client('plain', None)
for _row in FACTORIES:
    py_client(*_row)


@test('ws-peers/python websockets client: its own choice of compression', 'module:websockets', 'zlib')
def py_default(context):
    async def talk():
        async with py_connect(ws_server(context), False, compression='deflate') as ws:
            equal([e.name for e in ws.extensions], ['permessage-deflate'])
            await converse(ws)
    in_time(talk())


@test('ws-peers/python websockets client: subprotocols, origins, codes', 'module:websockets')
def py_handshake(context):
    server = ws_server(context)

    async def talk():
        for listed, chosen in ((['x', 'chat'], 'chat'), (['chat', 'echo'], 'echo'), (['x'], None)):
            async with py_connect(server, False, subprotocols=listed) as ws:
                equal(ws.subprotocol, chosen)
        for origin, good in (('http://127.0.0.1:%d' % server.port, True), ('http://example.org', False),
                             ('null', False)):
            try:
                async with py_connect(server, False, origin=origin) as ws:
                    check(good, origin)
            except websockets.exceptions.InvalidStatusCode as e:
                equal((e.status_code, good), (403, False))
        for code in (1000, 1001, 1003, 1011, 3000, 4000, 4999):
            ws = await py_connect(server, False)
            await ws.close(code, 'reason')
            equal(ws.close_code, code)
        async with py_connect(server, False, '/chat') as a, py_connect(server, False, '/chat') as b:
            for ws in (a, b):
                check((await ws.recv()).startswith('* you joined over http/1.1 (default), '))
            await a.send('hello')
            equal([await a.recv(), await b.recv()], ['hello', 'hello'])
            await b.send(b'binary')
            try:
                await b.recv()
                check(False, 'not closed')
            except websockets.exceptions.ConnectionClosedError as e:
                equal((e.rcvd.code, e.rcvd.reason), (1003, 'the chat takes text'))
            await a.send('still here')
            equal(await a.recv(), 'still here')
    in_time(talk())


def py_serve(context, handler, run_client, tls=False, **more):
    """Serves while `run_client(port)` runs in a thread; the handler's failures are ours."""
    failures, served = [], []

    async def wrapped(ws, path):
        try:
            await handler(ws, path)
            served.append(ws)
        except Exception as e:
            failures.append(e)

    async def both():
        if tls:
            c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            c.load_cert_chain(*context.certificate())
            more['ssl'] = c
        more.setdefault('compression', None)
        async with websockets.serve(wrapped, '127.0.0.1', 0, max_size=None, **more) as server:
            port = server.sockets[0].getsockname()[1]
            await asyncio.get_event_loop().run_in_executor(None, run_client, port)
    in_time(both())
    if failures:
        raise failures[0]
    return served


def py_server(name, factory):
    @with_tls('ws-peers/python websockets server: ' + name, *py_needs(factory))
    def one(context, tls):
        async def handler(ws, path):
            equal(bool(ws.extensions), bool(factory), 'an extension')
            await converse(ws)
            await ws.close(1000, 'good bye')
            equal(ws.close_code, 1000)

        def client(port):
            base = ('wss://localhost:%d/' if tls else 'ws://127.0.0.1:%d/') % port
            run([context.client, '-k', '--echo', base], expect=0)
        more = {}
        if factory:
            more['extensions'] = [permessage_deflate.ServerPerMessageDeflateFactory(*factory)]
        check(py_serve(context, handler, client, tls, **more), 'nobody came')


py_server('plain', None)
for _name, _factory in FACTORIES:
    py_server(_name, _factory[:3] + (None,))  # our client does not offer to lower its window


@test('ws-peers/python websockets server: -d, codes, subprotocols, refusals', 'module:websockets')
def py_server_ends(context):
    async def handler(ws, path):
        if path == '/echo':
            async for message in ws:
                await ws.send(message)
        else:
            await ws.close(int(path[1:]), 'as it was asked')

    def client(port):
        base = 'ws://127.0.0.1:%d' % port
        equal(run([context.client, '-d', 'hello', base + '/echo'], expect=0)[1], b'hello\n')
        out = run([context.client, '-d', 'hello', '-n', '100', '-m', '10', base + '/echo'], expect=0)[1]
        equal(out, b'hello\n')
        said = run([context.client, '-v', '--subprotocol', 'x, chat', '-d', 'x', base + '/echo'], expect=0)[2]
        check(b'subprotocol chat' in said, said)
        for code in (1002, 1008, 1011, 3000, 4999):
            check('closed with %d: as it was asked' % code in fails(context, base + '/%d' % code, '--echo'))
    py_serve(context, handler, client, subprotocols=['chat'])

    def refused(port):
        target = 'ws://127.0.0.1:%d/' % port
        check('403' in fails(context, target, '-d', 'x', '-H', 'Origin: http://example.org'))
    py_serve(context, handler, refused, origins=['http://example.com'])


# ---- Python's wsproto --------------------------------------------------------------------------------

@test('ws-peers/python wsproto client', 'module:wsproto', 'zlib')
def wsproto_client(context):
    from wsproto import ConnectionType, WSConnection, events
    from wsproto.extensions import PerMessageDeflate
    for extensions in ([], [PerMessageDeflate()],
                       [PerMessageDeflate(client_max_window_bits=9, server_max_window_bits=9)],
                       [PerMessageDeflate(client_no_context_takeover=True, server_no_context_takeover=True)]):
        wire = Tcp(connect(ws_server(context).port))
        ws, inbox = WSConnection(ConnectionType.CLIENT), []

        def take():
            while not inbox:
                ws.receive_data(wire.recv() or None)
                inbox.extend(ws.events())
            return inbox.pop(0)

        def message(kind):
            whole = kind()
            while True:
                e = take()
                whole += e.data
                if e.message_finished:
                    return whole
        wire.send(ws.send(events.Request(host='localhost', target='/ws', subprotocols=['echo'],
                                         extensions=extensions)))
        e = take()
        check(isinstance(e, events.AcceptConnection), e)
        equal((e.subprotocol, bool(e.extensions)), ('echo', bool(extensions)))
        for n in (0, 1, 1000, 200000):
            wire.send(ws.send(events.TextMessage(data=prose(n))))
            equal(message(str), prose(n))
            wire.send(ws.send(events.BytesMessage(data=content(n))))
            equal(message(bytes), content(n))
        wire.send(ws.send(events.Ping(payload=b'p')))
        equal(bytes(take().payload), b'p')
        wire.send(ws.send(events.CloseConnection(code=4000, reason='bye')))
        e = take()
        equal((type(e), e.code), (events.CloseConnection, 4000))
        equal(wire.recv(), b'')
        wire.close()


# ---- curl --------------------------------------------------------------------------------------------

@with_tls('ws-peers/curl: the handshake', 'curl')
def curl_handshake(context, tls):
    server = ws_server(context)
    base = 'https://localhost:%d' % server.port if tls else 'http://127.0.0.1:%d' % server.port

    def ask(path, *fields):
        args = ['curl', '-sS', '-k', '--include', '--no-buffer', '--http1.1', '--max-time', '1']
        for f in fields:
            args += ['-H', f]
        return run(args + [base + path])[1]
    good = ('Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13',
            'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==')
    said = ask('/chat', *good)
    check(said.startswith(b'HTTP/1.1 101 '), said)
    check(b's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' in said, said)
    said = ask('/ws', *good, 'Origin: http://example.org')
    check(said.startswith(b'HTTP/1.1 403 '), said)
    said = ask('/ws', *good[:2], 'Sec-WebSocket-Version: 7', good[3])
    check(said.startswith(b'HTTP/1.1 426 ') and b'sec-websocket-version: 13' in said.lower(), said)
    said = ask('/ws', *good[:3])
    check(said.startswith(b'HTTP/1.1 400 '), said)
    protocols = re.search(rb'^Protocols: (.*)$', run(['curl', '--version'])[1], re.M).group(1).split()
    if b'ws' in protocols:
        said = run(['curl', '-sS', '-k', '--no-buffer', '--max-time', '1', url(server, tls, '/chat')])[1]
        check(b'* you joined over http/1.1' in said, said)


# ---- over HTTP/2 -------------------------------------------------------------------------------------

def alpn_connection(server, tls):
    return Http2(connect(server.port, tls, ['h2'] if tls else ()), window=1 << 24)


@with_tls('ws-peers/python h2: several WebSockets and requests on one connection', 'module:h2')
def several(context, tls):
    h = alpn_connection(ws_server(context), tls)
    ends = [open_h2(h, offer='permessage-deflate' if i % 2 and context.zlib else None) for i in range(7)]
    chat = open_h2(h, '/chat')
    said = chat.item()[1]
    check(said.startswith('* you joined over %s, ' % ('h2 (alpn)' if tls else 'h2c (prior knowledge)')), said)
    posts = []
    for round_ in range(20):
        for i, end in enumerate(ends):
            end.send(end.message(TEXT, prose(200 * i, round_)), Frame(PING, b'%d' % round_))
        chat.send(Frame(TEXT, 'round %d' % round_))
        posts.append((h.request('GET', '/bytes/%d' % (round_ * 500)), round_ * 500))
    for i, end in enumerate(ends):  # a pong need not wait where a message does
        items = [end.item() for _ in range(40)]
        equal([item for item in items if item[0] == 'text'], [text(prose(200 * i, n)) for n in range(20)])
        equal([item for item in items if item[0] == 'pong'], [('pong', b'%d' % n) for n in range(20)])
    equal([chat.item() for _ in range(20)], [text('round %d' % n) for n in range(20)])
    for stream, length in posts:
        equal(h.answer(stream), (200, pattern(length)))
    for end in ends + [chat]:
        end.good_bye()
    equal((h.end, h.resets), (None, {}))
    h.close()


@with_tls('ws-peers/node http2 client: extended CONNECT', 'node', 'npm:ws')
def node_h2(context, tls):
    server = ws_server(context)
    said = peer('client-h2', server.https if tls else server.http)
    equal(said, ['all well ' + ('h2' if tls else 'h2c')])


@with_tls('ws-peers/node http2 server: our client --over-h2', 'node', 'npm:ws')
def node_h2_server(context, tls):
    options = {'http2': 'websocket'}
    if tls:
        options['tls'] = certificate(context)
    script, port = npm_server(context, options)
    base = ('wss://localhost:%d' if tls else 'ws://127.0.0.1:%d') % port
    said = run([context.client, '-k', '-v', '--over-h2', '--echo', base + '/'], expect=0)[2]
    check(b'negotiated h2 by alpn' in said if tls else b'negotiated h2c by prior-knowledge' in said, said)
    script.wait_for('"code":1000')
    equal(run([context.client, '-k', '--over-h2', '-d', 'hello', base + '/echo'], expect=0)[1], b'hello\n')
    check('closed with 4000' in fails(context, base + '/close/4000', '--over-h2', '--echo'))
    script.kill()


def over_h2(context, base):
    """(standard output, error) of a message over HTTP/2, or over what there is."""
    return run([context.client, '-k', '-v', '--over-h2', '-d', 'hello', base], expect=0)[1:]


def went_over(said):
    return b' on a new connection' not in said and b': HTTP/1.1 on' not in said


@test('ws-peers/our server: client --over-h2, by prior knowledge, by ALPN, and where it cannot be', 'tls')
def over_ours(context):
    server = ws_server(context)
    for tls in (False, True):
        out, said = over_h2(context, url(server, tls))
        equal(out, b'hello\n')
        check(went_over(said), said)
        check((b'negotiated h2 by alpn' if tls else b'negotiated h2c by prior-knowledge') in said, said)
    for protocols, tls in (('http/1.1,websocket', False), ('http/1.1,websocket', True),
                           ('http/1.1,h2,websocket', False)):
        other = our_server(context, '--tls', '--protocols', protocols)
        out, said = over_h2(context, url(other, tls))
        equal(out, b'hello\n')
        check(not went_over(said), said)
        ended_well(other)
    for options in ([], ['--over-h2']):
        out = run([context.client, url(server, False)] + options, expect=0, stdin=b'one\n\ntwo')[1]
        equal(out, b'one\n\ntwo\n')
    other = our_server(context, '--tls', '--protocols', 'http/1.1,h2,prior')  # no WebSocket at all
    for tls in (False, True):
        said = fails(context, url(other, tls), '--over-h2', '-d', 'hello')
    ended_well(other)


@test('ws-peers/python h2 server: client --over-h2 with the setting, and without it', 'module:h2')
def over_python(context):
    listener = Listener()
    client = Client(context, listener, '--over-h2', '--subprotocol', 'echo')
    end, head = listener.h2(more=[('sec-websocket-protocol', 'echo')])
    equal({name: head.get(name) for name in (':method', ':protocol', ':scheme', ':path', ':authority',
                                             'sec-websocket-version', 'sec-websocket-protocol')},
          {':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'http', ':path': '/',
           'sec-websocket-version': '13', ':authority': '127.0.0.1:%d' % listener.port,
           'sec-websocket-protocol': 'echo'})
    for name in ('sec-websocket-key', 'upgrade', 'connection'):
        check(name not in head, name)
    end.send(Frame(TEXT, 'a'), Frame(BINARY, content(200000)))
    equal(end.item(), text('a'))
    equal(end.item(), ('binary', content(200000)))
    end.good_bye()
    end.close()
    client.ended(True)
    # without the setting: a new connection, HTTP/1.1
    client = Client(context, listener, '--over-h2')
    h = Http2(listener.accept(), client=False, connect_protocol=False)
    try:
        h.until(lambda: False)
    except AssertionError:
        pass  # it leaves
    equal(h.new, [], 'requests')
    end, fields = listener.h1()
    end.send(Frame(TEXT, 'a'))
    equal(end.item(), text('a'))
    end.good_bye()
    end.close()
    h.close()
    client.ended(True)
    # refused: a status is a status
    for status, more in (('404', []), ('403', []), ('503', [])):
        client = Client(context, listener, '--over-h2')
        h = Http2(listener.accept(), client=False)
        h.until(lambda: h.new)
        h.c.send_headers(h.new[0], [(':status', status)], end_stream=True)
        h.flush()
        check(status in client.ended(False), status)
        h.close()
    listener.close()


@test('ws-peers/nghttpd, which knows neither extended CONNECT nor HTTP/1: a sentence', 'nghttpd')
def over_nghttpd(context):
    fails(context, nghttpd(context, 0).replace('http', 'ws') + '/hello', '--over-h2', '-d', 'x')


@test('ws-peers/nghttpd over TLS: a sentence', 'nghttpd', 'tls', 'openssl')
def over_nghttpd_tls(context):
    fails(context, nghttpd(context, 1).replace('http', 'ws') + '/hello', '--over-h2', '-d', 'x')


@test('ws-peers/nginx: back to HTTP/1.1, where it answers with a status', 'nginx', 'tls', 'openssl')
def over_nginx(context):
    ports = nginx(context)
    for scheme, name, options in (('ws', 'plain', []), ('ws', 'plain', ['--over-h2']),
                                  ('wss', 'h2', ['--over-h2']), ('wss', 'https', ['--over-h2'])):
        said = fails(context, '%s://127.0.0.1:%d/hello' % (scheme, ports[name]), '-d', 'x', *options)
        check('200' in said, said)
    fails(context, 'ws://127.0.0.1:%d/hello' % ports['h2c'], '-d', 'x', '--over-h2')


@test('ws-peers/h2o: back to HTTP/1.1, where it answers with a status', 'h2o', 'tls', 'openssl')
def over_h2o(context):
    ports = h2o(context)
    for scheme, name in (('ws', 'plain'), ('wss', 'tls')):
        said = fails(context, '%s://127.0.0.1:%d/hello' % (scheme, ports[name]), '-d', 'x', '--over-h2')
        check('200' in said, said)


@test('ws-peers/node http2 without the setting: a sentence, or back to HTTP/1.1', 'node', 'npm:ws', 'tls',
      'openssl')
def over_node(context):
    fails(context, node(context, 'http2').replace('http', 'ws') + '/hello', '--over-h2', '-d', 'x')
    script, port = npm_server(context, {'http2': True, 'tls': certificate(context)})
    out, said = over_h2(context, 'wss://localhost:%d/echo' % port)  # HTTP/2 and HTTP/1.1 with WebSocket there
    equal(out, b'hello\n')
    check(b'HTTP/1.1 on a new connection' in said, said)
    script.kill()


NGINX = '''
daemon off; master_process off; worker_processes 1; pid %(dir)s/nginx-ws.pid; error_log %(dir)s/nginx-ws.log;
events { worker_connections 256; }
http {
    access_log off; client_body_temp_path %(dir)s/nginx-body; proxy_temp_path %(dir)s/nginx-proxy;
    fastcgi_temp_path %(dir)s/nginx-fastcgi; uwsgi_temp_path %(dir)s/nginx-uwsgi;
    scgi_temp_path %(dir)s/nginx-scgi; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection "upgrade"; proxy_set_header Host $http_host;
    server { listen 127.0.0.1:%(plain)d; location / { proxy_pass http://127.0.0.1:%(ours)d; } }
    %(tls)s
}
'''
NGINX_TLS = '''server { listen 127.0.0.1:%(secure)d ssl http2; ssl_certificate %(cert)s;
    ssl_certificate_key %(key)s; location / { proxy_pass http://127.0.0.1:%(ours)d; } }'''


@test('ws-peers/nginx as proxy between our client and our server, Upgrade passed on', 'nginx')
def nginx_proxy(context):
    known = {'plain': free_port(), 'secure': free_port(), 'ours': ws_server(context).port, 'dir': context.dir,
             'tls': ''}
    if context.tls and program('openssl'):
        known['cert'], known['key'] = context.certificate()
        known['tls'] = NGINX_TLS % known
    conf = context.file('nginx-ws.conf', (NGINX % known).encode())
    proxy = context.start([program('nginx'), '-c', conf, '-p', context.dir]).wait_listening(known['plain'])
    ways = [('ws://127.0.0.1:%(plain)d/ws', []), ('ws://127.0.0.1:%(plain)d/ws', ['--over-h2'])]
    if known['tls']:
        ways += [('wss://127.0.0.1:%(secure)d/ws', []), ('wss://127.0.0.1:%(secure)d/ws', ['--over-h2'])]
    for target, options in ways:
        out = run([context.client, '-k', '-d', 'x' * 5000, target % known] + options, expect=0)[1]
        equal(out, b'x' * 5000 + b'\n')
    proxy.stop()


# ---- load --------------------------------------------------------------------------------------------

def flood(server, end, count, octets, bound):
    """So many messages there and back at once; the server's memory on the way."""
    most, before = [0], server.memory()
    stop = threading.Event()

    def watch():
        while not stop.wait(0.05):
            most[0] = max(most[0], server.memory())
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        frame, batch = Frame(BINARY, octets), max(1, min(count, (1 << 18) // (len(octets) + 14)))
        sent = received = 0
        while received < count:
            n = min(batch, count - sent)
            if n > 0:
                end.wire.send(frame.octets(end.client) * n)
                sent += n
            target = count if sent == count else sent - batch
            while received < target:
                item = end.item()
                if item != ('binary', octets):
                    raise AssertionError('message %d is %r' % (received, item[0]))
                received += 1
    finally:
        stop.set()
        watcher.join()
    check(most[0] - before < bound, 'the server grew by %d KiB' % ((most[0] - before) >> 10))


def load_test(name, small, large, *needs, limit=60):
    octets = content(MIB)

    @test('ws-load/%s over http/1.1' % name, 'plain', *needs, limit=limit)
    def h1(context):
        server = our_server(context, '--quiet')
        end = open_h1(server.port)
        flood(server, end, small, octets[:64], 8 * MIB)
        flood(server, end, large, octets, 24 * MIB)
        end.good_bye()
        ended_well(server)

    @test('ws-load/%s over http/2' % name, 'plain', 'module:h2', *needs, limit=limit)
    def over_http2(context):
        server = our_server(context, '--quiet')
        h = Http2(connect(server.port), window=1 << 24)
        end = open_h2(h)
        flood(server, end, small, octets[:64], 8 * MIB)
        flood(server, end, large, octets, 24 * MIB)
        end.good_bye()
        h.close()
        ended_well(server)

    @test('ws-load/%s to our client' % name, 'plain', *needs, limit=limit)
    def client(context):
        listener = Listener()
        client = Client(context, listener)
        end, _ = listener.h1()
        for count, what in ((small, octets[:64]), (large, octets)):
            flood(Resident(client.process.pid), end, count, what, 24 * MIB)
        end.good_bye()
        end.close()
        client.ended(True)
        listener.close()


class Resident(harness.Program):
    def __init__(self, pid):
        self.process = self
        self.pid = pid


load_test('10,000 messages of 64 octets, 10 of 1 MiB', 10000, 10)
load_test('100,000 messages of 64 octets, 100 of 1 MiB', 100000, 100, 'soak', limit=180)


@test('ws-load/a peer that does not read is not listened to', 'plain')
def never_reads(context):
    server = our_server(context, '--quiet')
    for offer in (None, 'permessage-deflate') if context.zlib else (None,):
        end = open_h1(server.port, offer=offer)
        before = server.memory()
        frame = end.message(BINARY, content(MIB)).octets(True)
        sent, deadline = 0, time.monotonic() + 4
        end.wire.s.setblocking(True)
        end.wire.s.settimeout(1)
        try:
            while sent < 64 * MIB and time.monotonic() < deadline:
                sent += end.wire.s.send(frame[sent % len(frame):])
        except (TimeoutError, ConnectionError):
            pass
        check(sent < 64 * MIB, 'it took everything')
        grown = server.memory() - before
        check(grown < 24 * MIB, 'the server grew by %d KiB' % (grown >> 10))
        end.close()
    equal(run([context.client, '-d', 'x', 'ws://127.0.0.1:%d/ws' % server.port], expect=0)[1], b'x\n')
    ended_well(server)


@test('ws-load/1,000 idle WebSockets', 'plain')
def idle(context):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192) if hard > 0 else 8192, hard))
    try:
        server = our_server(context, '--quiet')
        warm = [open_h1(server.port) for _ in range(100)]
        before = server.memory()
        ends = []
        for i in range(1000):
            end = open_h1(server.port)
            end.send(Frame(TEXT, 'hello %d' % i))
            equal(end.item(), text('hello %d' % i))
            ends.append(end)
        each = (server.memory() - before) / 1000
        check(each < 24 * 1024, '%d octets of resident memory each' % each)
        for end in ends + warm:
            end.send(Frame(TEXT, 'still here'))
        for end in ends + warm:
            equal(end.item(), text('still here'))
            end.close()
        ended_well(server)
        return '%.1f KiB of resident memory each' % (each / 1024)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@test('ws-peers/and it ended well')
def at_the_end(context):
    ended_well(ws_server(context))
