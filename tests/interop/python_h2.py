"""Our server and Python's h2 as client: prior knowledge, the h2c Upgrade by hand, and ALPN."""
import hashlib
import json
import socket
import ssl

from harness import check, content, digest, equal, our_server, pattern, test
from as_server import shared

try:
    import h2.config
    import h2.connection
    import h2.events
    import h2.exceptions
    import h2.settings
except ImportError:
    h2 = None


class Client:
    """One HTTP/2 connection of Python's h2; answers are gathered by stream."""

    def __init__(self, server, settings=None, upgrade=None, tls=False, window=None):
        self.s = socket.create_connection(('127.0.0.1', server.port), 10)
        if tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.set_alpn_protocols(['h2'])
            self.s = context.wrap_socket(self.s, server_hostname='localhost')
            equal(self.s.selected_alpn_protocol(), 'h2')
        config = h2.config.H2Configuration(client_side=True, header_encoding='utf-8')
        self.c = h2.connection.H2Connection(config)
        if settings:
            self.c.local_settings = h2.settings.Settings(client=True, initial_values=settings)
        self.answers, self.bodies, self.left, self.pongs, self.end = {}, {}, {}, 0, None
        self.trailers, self.ended, self.resets, self.interim = {}, set(), {}, 0
        self.last = 1
        if upgrade is None:
            self.c.initiate_connection()
            self.last = -1
        else:
            self.upgrade(*upgrade)
        if window:
            self.c.increment_flow_control_window(window)
        self.flush()

    def upgrade(self, head, body):
        """head: with %s where HTTP2-Settings go. Reads the 101 with an HTTP/1.1 eye, no octet further."""
        settings = self.c.initiate_upgrade_connection()
        self.s.sendall(head % settings + body)
        answer = b''
        while not answer.endswith(b'\r\n\r\n'):
            part = self.s.recv(1)
            check(part, 'no 101: %r' % answer)
            answer += part
        check(answer.startswith(b'HTTP/1.1 101 '), answer)

    def flush(self):
        octets = self.c.data_to_send()
        if octets:
            self.s.sendall(octets)

    def request(self, method, path, body=None, fields=(), more=False, trailers=None, pad=None):
        """Begins a request; its body goes out as windows allow."""
        self.last += 2
        head = [(':method', method), (':scheme', 'http'), (':authority', 'localhost'), (':path', path)]
        self.c.send_headers(self.last, head + list(fields), end_stream=body is None and not trailers and not more)
        if body is not None or trailers:
            self.left[self.last] = [body or b'', trailers, pad]
        self.push()
        return self.last

    def push(self):
        for stream, (body, trailers, pad) in list(self.left.items()):
            while body:
                more = 0 if pad is None else pad + 1
                n = min(len(body), self.c.local_flow_control_window(stream) - more,
                        self.c.max_outbound_frame_size - more)
                if n <= 0:
                    break
                self.c.send_data(stream, body[:n], pad_length=pad)
                body = body[n:]
            self.left[stream][0] = body
            if not body:
                if trailers:
                    self.c.send_headers(stream, trailers, end_stream=True)
                else:
                    self.c.end_stream(stream)
                del self.left[stream]
        self.flush()

    def turn(self):
        """Takes what comes."""
        octets = self.s.recv(65536)
        check(octets, 'the connection ended')
        for e in self.c.receive_data(octets):
            self.event(e)
        self.push()

    def event(self, e):
        if isinstance(e, h2.events.ResponseReceived):
            self.answers[e.stream_id] = dict(e.headers)
            self.bodies[e.stream_id] = bytearray()
        elif isinstance(e, h2.events.InformationalResponseReceived):
            self.interim += 1
        elif isinstance(e, h2.events.DataReceived):
            self.bodies[e.stream_id] += e.data
            if e.flow_controlled_length:
                self.c.acknowledge_received_data(e.flow_controlled_length, e.stream_id)
        elif isinstance(e, h2.events.TrailersReceived):
            self.trailers[e.stream_id] = dict(e.headers)
        elif isinstance(e, h2.events.StreamEnded):
            self.ended.add(e.stream_id)
        elif isinstance(e, h2.events.StreamReset):
            self.resets[e.stream_id] = e.error_code
            self.left.pop(e.stream_id, None)
        elif isinstance(e, h2.events.PingAckReceived):
            self.pongs += 1
        elif isinstance(e, h2.events.ConnectionTerminated):
            self.end = e

    def wait(self, *streams):
        while not all(s in self.ended or s in self.resets for s in streams):
            self.turn()
        return [(self.answers.get(s, {}).get(':status'), bytes(self.bodies.get(s, b''))) for s in streams]

    def get(self, path):
        return self.wait(self.request('GET', path))[0]

    def close(self):
        self.c.close_connection()
        self.flush()
        self.s.close()


UPGRADE = (b'%s HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n'
           b'HTTP2-Settings: %%s\r\n%s\r\n')


def upgraded(server, line=b'GET /hello', more=b'', body=b'', **options):
    return Client(server, upgrade=(UPGRADE % (line, more), body), **options)


def every_way(name, *needs, limit=60):
    """A test over prior knowledge, over a connection upgraded before, and over TLS."""
    def declare(function):
        @test('server/python h2: %s (prior knowledge)' % name, 'module:h2', *needs, limit=limit)
        def prior(context):
            function(Client(shared(context)))

        @test('server/python h2: %s (upgraded)' % name, 'module:h2', *needs, limit=limit)
        def upgrade(context):
            client = upgraded(shared(context))
            equal(client.wait(1), [('200', b'hello, world\n')])
            function(client)

        @test('server/python h2: %s (TLS)' % name, 'module:h2', 'tls', *needs, limit=limit)
        def tls(context):
            function(Client(shared(context), tls=True))
        return function
    return declare


@every_way('ten streams, large bodies both ways')
def ten_streams(client):
    size = 700000
    streams = [client.request('POST', '/echo', content(size + i)) for i in range(10)]
    for i, (status, body) in enumerate(client.wait(*streams)):
        equal((status, len(body), digest(body)), ('200', size + i, digest(content(size + i))))
    client.close()


@every_way('many small requests')
def many(client):
    for _ in range(10):
        streams = [client.request('GET', '/bytes/%d' % i) for i in range(90)]
        for i, (status, body) in enumerate(client.wait(*streams)):
            equal((status, body), ('200', pattern(i)))
    client.close()


@every_way('trailers both ways')
def trailers(client):
    stream = client.request('GET', '/trailers')
    equal(client.wait(stream)[0][0], '200')
    equal(client.trailers[stream].get('x-octets'), '26')
    stream = client.request('POST', '/upload', b'abc', trailers=[('x-sum', '1')])
    equal(json.loads(client.wait(stream)[0][1])['octets'], 3)
    client.close()


@every_way('CONTINUATION both ways of a cut')
def continuation(client):
    for sizes in ([5000] * 5, [300] * 60, [8000, 8000, 8000]):
        fields = [('x-%d' % i, '\x7e' * n) for i, n in enumerate(sizes)]
        stream = client.request('GET', '/hello', fields=fields)
        equal(client.wait(stream), [('200', b'hello, world\n')])
    client.close()


@every_way('padding')
def padding(client):
    for pad in (0, 1, 100, 255):
        stream = client.request('POST', '/echo', content(300000), pad=pad)
        equal(digest(client.wait(stream)[0][1]), digest(content(300000)))
    client.close()


@every_way('ping and a reset in the middle')
def ping_reset(client):
    stream = client.request('GET', '/bytes/100000000')
    while stream not in client.answers:
        client.turn()
    client.c.reset_stream(stream, 8)
    client.c.ping(b'12345678')
    client.flush()
    while not client.pongs:
        client.turn()
    stream = client.request('POST', '/echo', more=True)
    client.c.send_data(stream, b'begun')
    client.c.reset_stream(stream, 8)
    equal(client.get('/hello'), ('200', b'hello, world\n'))
    client.close()


@every_way('a field section that is too large gets 431, the connection goes on')
def large_head(client):
    fields = [('x-%d' % i, '\x7e' * 7000) for i in range(5)]
    stream = client.request('GET', '/hello', fields=fields)
    equal(client.wait(stream)[0][0], '431')
    stream = client.request('GET', '/hello', fields=[('x-%d' % i, 'y') for i in range(150)])
    equal(client.wait(stream)[0][0], '431')
    equal(client.get('/hello'), ('200', b'hello, world\n'))
    client.close()


@every_way('HEAD, statuses, an expectation')
def others(client):
    stream = client.request('HEAD', '/bytes/5000')
    equal(client.wait(stream), [('200', b'')])
    equal(client.answers[stream]['content-length'], '5000')
    for status in (204, 304, 404, 500):
        equal(client.get('/status/%d' % status)[0], str(status))
    stream = client.request('POST', '/upload', more=True, fields=[('expect', '100-continue'),
                                                                  ('content-length', '3')])
    while not client.interim:
        client.turn()
    client.c.send_data(stream, b'abc', end_stream=True)
    client.flush()
    equal(json.loads(client.wait(stream)[0][1])['octets'], 3)
    client.close()


@test('server/python h2: a table of any size for field blocks', 'module:h2')
def tables(context):
    codes = h2.settings.SettingCodes
    for size in (0, 100, 4096, 65536):
        client = Client(shared(context), settings={codes.HEADER_TABLE_SIZE: size})
        for _ in range(5):
            equal(client.get('/hello'), ('200', b'hello, world\n'))
        client.c.update_settings({codes.HEADER_TABLE_SIZE: 4096 - size % 4096})
        for _ in range(5):
            equal(client.get('/hello'), ('200', b'hello, world\n'))
        client.close()


@test('server/python h2: windows of one octet and of 2^31-1', 'module:h2')
def odd_windows(context):
    codes = h2.settings.SettingCodes
    client = Client(shared(context), settings={codes.INITIAL_WINDOW_SIZE: 1})
    equal(client.get('/bytes/40'), ('200', pattern(40)))
    client.close()
    client = Client(shared(context), settings={codes.INITIAL_WINDOW_SIZE: 2**31 - 1}, window=2**31 - 65536)
    equal(digest(client.get('/bytes/5000000')[1]), digest(pattern(5000000)))
    client.close()


@test('server/python h2: Upgrade with a body', 'module:h2')
def upgrade_post(context):
    for size in (0, 1, 1000, 16384):
        body = content(size)
        client = upgraded(shared(context), b'POST /upload', b'Content-Length: %d\r\n' % size, body)
        said = json.loads(client.wait(1)[0][1])
        equal(said, {'octets': size, 'sha1': hashlib.sha1(body).hexdigest()})
        equal(client.get('/negotiated')[0], '200')
        client.close()


@test('server/python h2: Upgrade of a HEAD, of OPTIONS *, of a large answer', 'module:h2')
def upgrade_others(context):
    client = upgraded(shared(context), b'HEAD /bytes/500')
    equal(client.wait(1), [('200', b'')])
    client.close()
    client = upgraded(shared(context), b'OPTIONS *')
    check(client.wait(1)[0][0] is not None, 'no answer to OPTIONS *')
    equal(client.get('/hello')[0], '200')
    client.close()
    client = upgraded(shared(context), b'GET /bytes/3000000')
    status, body = client.wait(1)[0]
    equal((status, digest(body)), ('200', digest(pattern(3000000))))
    client.close()


@test('server/python h2: Upgrade and the preface octet by octet', 'module:h2')
def upgrade_dribbled(context):
    client = upgraded(shared(context))
    client.c.clear_outbound_data_buffer()
    client.close()
    c = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding='utf-8'))
    settings = c.initiate_upgrade_connection()
    s = socket.create_connection(('127.0.0.1', shared(context).port), 10)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for octet in UPGRADE % (b'GET /hello', b'') % settings:
        s.sendall(bytes([octet]))
    answer = b''
    while not answer.endswith(b'\r\n\r\n'):
        answer += s.recv(1)
    for octet in c.data_to_send():
        s.sendall(bytes([octet]))
    body = b''
    ended = False
    while not ended:
        for e in c.receive_data(s.recv(65536)):
            if isinstance(e, h2.events.DataReceived):
                body += e.data
            ended = ended or isinstance(e, h2.events.StreamEnded)
        for octet in c.data_to_send():
            s.sendall(bytes([octet]))
    equal(body, b'hello, world\n')
    s.close()


@test('server/python h2: more streams than allowed are refused, not lost', 'module:h2')
def too_many(context):
    server = context.once('cleartext', lambda: our_server(context))
    client = Client(server)
    client.turn()
    equal(client.c.remote_settings.max_concurrent_streams, 100)
    client.c.remote_settings.update({h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 1000})
    client.c.remote_settings.acknowledge()
    streams = [client.request('POST', '/upload', more=True) for _ in range(130)]
    while len(client.resets) < 30:
        client.turn()
    equal(set(client.resets.values()), {7}, 'the codes of the refused')
    for stream in streams:
        if stream not in client.resets:
            client.c.end_stream(stream)
    client.flush()
    good = [s for s in streams if s not in client.resets]
    equal(len(good), 100)
    equal({status for status, _ in client.wait(*good)}, {'200'})
    client.close()
