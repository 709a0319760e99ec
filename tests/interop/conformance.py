#!/usr/bin/env python3
"""Our server against the sentences of RFC 9113 and RFC 7541, and smuggling over HTTP/1.1.

Each case of HTTP/2 runs three times: in cleartext with prior knowledge, over TLS with ALPN, and octet by
octet (over TLS where there is TLS, each octet a record of its own; not the longest cases). It waits for a
frame, for the end, or for the acknowledgement of a PING, and never for time to pass. Every frame that the
server sends is checked on the way: sizes, windows, states, its field sections (see Peer).

interop.py runs these cases among the others; alone:
usage: conformance.py [--tls 0|1] [--programs DIRECTORY] [PART OF A NAME...]
"""
import argparse
import os
import socket
import ssl
import sys
import time

import harness
from harness import TESTS, check, ended_well, equal, our_server, pattern, test

try:
    import hpack
except ImportError:
    hpack = None  # one test says so, and the cases over HTTP/2 are not there

LIMIT = 2  # seconds for an answer
PREFACE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
NAMES = ('DATA HEADERS PRIORITY RST_STREAM SETTINGS PUSH_PROMISE PING GOAWAY WINDOW_UPDATE '
         'CONTINUATION').split()
NO_ERROR, PROTOCOL, INTERNAL, FLOW, TIMEOUT, CLOSED, SIZE, REFUSED, CANCEL, COMPRESSION = range(10)
CALM = 11
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITIZED = 1, 1, 4, 8, 32
TABLE_SIZE, ENABLE_PUSH, MAX_STREAMS, INITIAL_WINDOW, MAX_FRAME, MAX_LIST = range(1, 7)
HIGHEST = (1 << 31) - 1


# ---- octets ------------------------------------------------------------------------------------------

def number(value, octets=4):
    return value.to_bytes(octets, 'big')


def frame(kind, flags, stream, payload=b''):
    return number(len(payload), 3) + bytes([kind, flags]) + number(stream) + payload


def padded(flags, payload, pad):
    return (flags, payload) if pad is None else (flags | PADDED, bytes([pad]) + payload + bytes(pad))


def data(stream, octets=b'', end=True, pad=None):
    flags, payload = padded(end * END_STREAM, octets, pad)
    return frame(DATA, flags, stream, payload)


def depends(on, weight=16, exclusive=False):
    return number(on | exclusive << 31) + bytes([weight - 1])


def headers(stream, fragment, end=True, whole=True, pad=None, priority=None):
    flags = end * END_STREAM | whole * END_HEADERS | (priority is not None) * PRIORITIZED
    flags, payload = padded(flags, (priority or b'') + fragment, pad)
    return frame(HEADERS, flags, stream, payload)


def continuation(stream, fragment, whole=True):
    return frame(CONTINUATION, whole * END_HEADERS, stream, fragment)


def settings(*pairs):
    return frame(SETTINGS, 0, 0, b''.join(number(i, 2) + number(v) for i, v in pairs))


def reset(stream, code=CANCEL):
    return frame(RST, 0, stream, number(code))


def window(stream, octets):
    return frame(WINDOW, 0, stream, number(octets))


def ping(octets=b'12345678', flags=0):
    return frame(PING, flags, 0, octets)


def goaway(last=0, code=NO_ERROR, debug=b''):
    return frame(GOAWAY, 0, 0, number(last) + number(code) + debug)


def integer(value, prefix, first=0):
    """RFC 7541 5.1"""
    most = (1 << prefix) - 1
    if value < most:
        return bytes([first | value])
    out, value = [first | most], value - most
    while value >= 128:
        out.append(value % 128 | 128)
        value //= 128
    return bytes(out + [value])


def string(text):
    octets = text if isinstance(text, bytes) else text.encode()
    return integer(len(octets), 7) + octets


def literal(name, value, first=0):
    """RFC 7541 6.2: 0 without indexing, 0x10 never indexed, 0x40 into the table."""
    return bytes([first]) + string(name) + string(value)


def block(*fields):
    return b''.join(literal(n, v) for n, v in fields)


def request(method='GET', path='/', *more, scheme='http'):
    return block((':method', method), (':scheme', scheme), (':path', path), (':authority', 'localhost'),
                 *more)


GET, POST, HEAD = request('GET'), request('POST'), request('HEAD')
OPEN = headers(1, POST, end=False)  # a request whose body is still to come


# ---- the other end of a connection -------------------------------------------------------------------

class Frame:
    def __init__(self, kind, flags, stream, payload):
        self.type, self.flags, self.stream, self.payload = kind, flags, stream, payload

    def __str__(self):
        name = NAMES[self.type] if self.type < len(NAMES) else 'type %d' % self.type
        return '%s(stream %d, flags 0x%x, %d octets%s)' % (
            name, self.stream, self.flags, len(self.payload),
            ', code %d' % self.code if self.type in (RST, GOAWAY) else '')

    @property
    def code(self):
        return int.from_bytes(self.payload[-4:] if self.type == RST else self.payload[4:8], 'big')


class Answer:
    """What came on a stream."""

    def __init__(self):
        self.fields, self.trailers, self.body = None, None, b''
        self.ended, self.reset, self.informational = False, None, 0

    def field(self, name):
        return dict(self.fields).get(name)

    @property
    def status(self):
        return int(self.field(':status'))


class Peer:
    """A client that holds the server to what it has to send: see seen()."""

    def __init__(self, context, transport):
        self.one_by_one = transport == 'octets'
        self.tls = context.tls and transport != 'cleartext'
        options = ['--tls', '--protocols', 'http/1.1,h2'] if self.tls else ['--protocols', 'prior']
        self.server = context.once('conformance %s' % options[-1], lambda: our_server(context, *options))
        self.s = socket.create_connection(('127.0.0.1', self.server.port), LIMIT)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls:
            self.s = tls_context().wrap_socket(self.s, server_hostname='localhost')
            equal(self.s.selected_alpn_protocol(), 'h2')
        self.kept, self.frames, self.answers = b'', [], {}
        self.decoder = hpack.Decoder()
        self.block = None  # of the field block that is coming: (stream, flags, octets)
        self.theirs = {MAX_STREAMS: 1 << 32, INITIAL_WINDOW: 65535, MAX_FRAME: 16384}
        self.ours = {INITIAL_WINDOW: 65535, MAX_FRAME: 16384}  # as acknowledged
        self.unacknowledged = []
        self.windows = {0: 65535}
        self.goaway, self.at_end, self.pings = None, False, 0

    def close(self):
        self.s.close()

    def send(self, *octets):
        octets = b''.join(octets)
        self.account(octets)
        try:
            if self.one_by_one:
                for i in range(len(octets)):
                    self.s.sendall(octets[i:i + 1])
            else:
                self.s.sendall(octets)
        except OSError:
            pass  # the server ended it: what it said comes when it is read

    def account(self, octets):
        """What our own frames allow the server."""
        if octets.startswith(PREFACE):
            octets = octets[len(PREFACE):]
        while len(octets) >= 9:
            length, kind, flags = int.from_bytes(octets[:3], 'big'), octets[3], octets[4]
            stream, payload = int.from_bytes(octets[5:9], 'big') & HIGHEST, octets[9:9 + length]
            if kind == SETTINGS and not flags & ACK and stream == 0 and length % 6 == 0:
                self.unacknowledged.append([(int.from_bytes(payload[i:i + 2], 'big'),
                                             int.from_bytes(payload[i + 2:i + 6], 'big'))
                                            for i in range(0, length, 6)])
            elif kind == WINDOW and length == 4:
                more = int.from_bytes(payload, 'big') & HIGHEST
                self.windows[stream] = self.windows.get(stream, self.ours[INITIAL_WINDOW]) + more
            elif kind == HEADERS:
                self.windows.setdefault(stream, self.ours[INITIAL_WINDOW])
            octets = octets[9 + length:]

    def fill(self, length, end):
        """More octets; False at the end of the connection."""
        while len(self.kept) < length:
            left = end - time.monotonic()
            check(left > 0, 'nothing came within %d s; before: %s' % (LIMIT, self.story()))
            self.s.settimeout(left)
            try:
                part = self.s.recv(65536)
            except (socket.timeout, ssl.SSLWantReadError):
                continue
            except OSError:
                part = b''
            if not part:
                self.at_end = True
                check(not self.kept, 'the connection ended inside a frame')
                return False
            self.kept += part
        return True

    def read(self):
        """The next frame, or None at the end."""
        end = time.monotonic() + LIMIT
        if self.at_end or not self.fill(9, end):
            return None
        length = int.from_bytes(self.kept[:3], 'big')
        check(length <= self.ours[MAX_FRAME], 'a frame of %d octets' % length)
        check(self.fill(9 + length, end))
        f = Frame(self.kept[3], self.kept[4], int.from_bytes(self.kept[5:9], 'big'), self.kept[9:9 + length])
        self.kept = self.kept[9 + length:]
        self.frames.append(f)
        self.seen(f)
        return f

    def until(self, wanted, what):
        while True:
            f = self.read()
            check(f, 'the connection ended before %s; before: %s' % (what, self.story()))
            if wanted(f):
                return f

    def story(self):
        return ', '.join(str(f) for f in self.frames[-12:]) or 'nothing'

    # -- what the server may send --

    def seen(self, f):
        check(self.block is None or f.type == CONTINUATION, '%s inside a field block' % f)
        check(len(self.frames) > 1 or (f.type == SETTINGS and not f.flags & ACK), 'first came %s' % f)
        check(f.type in SEEN, 'nobody asked for %s' % f)
        SEEN[f.type](self, f)

    def answer(self, f):
        check(f.stream % 2 and f.stream in self.windows, '%s on a stream that is not ours' % f)
        answer = self.answers.setdefault(f.stream, Answer())
        check(answer.reset is None, '%s behind RST_STREAM' % f)
        check(f.type == RST or not answer.ended, '%s behind END_STREAM' % f)
        return answer

    def seen_data(self, f):
        answer, payload = self.answer(f), f.payload
        for stream in (0, f.stream):
            self.windows[stream] -= len(payload)
            check(not payload or self.windows[stream] >= 0, '%s is above the window of %d' % (f, stream))
        if f.flags & PADDED:
            payload = payload[1:len(payload) - payload[0]]
        check(answer.fields, '%s before HEADERS' % f)
        answer.body += payload
        answer.ended = f.flags & END_STREAM != 0

    def seen_headers(self, f):
        self.answer(f)
        check(not f.flags & PADDED, 'this reader has no padding in HEADERS')
        self.seen_fragment(f, f.flags, f.payload[5 if f.flags & PRIORITIZED else 0:])

    def seen_continuation(self, f):
        check(self.block and self.block[0] == f.stream, '%s out of place' % f)
        self.seen_fragment(f, self.block[1], self.block[2] + f.payload)

    def seen_fragment(self, f, flags, octets):
        self.block = (f.stream, flags, octets)
        if f.flags & END_HEADERS:
            self.block = None
            self.seen_section(self.answers[f.stream], self.decoder.decode(octets), flags & END_STREAM != 0)

    def seen_section(self, answer, fields, end):
        names = [n for n, _ in fields]
        check(all(n == n.lower() and n not in CONNECTION_SPECIFIC for n in names), names)
        if answer.fields and answer.status >= 200:
            check(end and not any(n.startswith(':') for n in names), 'trailers: %s' % names)
            answer.trailers = fields
        else:
            check(names[0] == ':status' and not any(n.startswith(':') for n in names[1:]), names)
            answer.fields = fields
            answer.informational += answer.status < 200
            check(not end or answer.status >= 200, 'an interim response with END_STREAM')
        answer.ended = end

    def seen_reset(self, f):
        equal(len(f.payload), 4)
        self.answer(f).reset = f.code

    def seen_settings(self, f):
        check(f.stream == 0 and len(f.payload) % 6 == 0, f)
        if f.flags & ACK:
            check(not f.payload and self.unacknowledged, 'an acknowledgement of nothing')
            for setting, value in self.unacknowledged.pop(0):
                self.agreed(setting, value)
            return
        for i in range(0, len(f.payload), 6):
            setting = int.from_bytes(f.payload[i:i + 2], 'big')
            value = int.from_bytes(f.payload[i + 2:i + 6], 'big')
            check(setting != ENABLE_PUSH or value == 0, 'a server announces ENABLE_PUSH %d' % value)
            self.theirs[setting] = value

    def agreed(self, setting, value):
        if setting == INITIAL_WINDOW:
            for stream in self.windows:
                self.windows[stream] += (value - self.ours[INITIAL_WINDOW]) if stream else 0
        if setting == TABLE_SIZE:
            self.decoder.max_allowed_table_size = value
        self.ours[setting] = value

    def seen_ping(self, f):
        check(f.stream == 0 and f.flags == ACK and len(f.payload) == 8, f)

    def seen_goaway(self, f):
        check(f.stream == 0 and len(f.payload) >= 8, f)
        self.goaway = f

    def seen_window(self, f):
        check(len(f.payload) == 4 and int.from_bytes(f.payload, 'big') in range(1, HIGHEST + 1), f)

    # -- what a case says --

    def hello(self, *pairs):
        """The preface, and everything acknowledged."""
        self.send(PREFACE, settings(*pairs))
        self.until(lambda f: f.type == SETTINGS and not f.flags & ACK, 'SETTINGS')
        self.send(frame(SETTINGS, ACK, 0))
        if self.unacknowledged:
            self.until(lambda f: not self.unacknowledged, 'the acknowledgement of SETTINGS')

    def change(self, *pairs):
        self.send(settings(*pairs))
        self.until(lambda f: not self.unacknowledged, 'the acknowledgement of SETTINGS')

    def alive(self):
        """A PING is answered: everything before it was taken without an error of the connection."""
        self.pings += 1
        octets = b'ping%04d' % self.pings
        self.send(ping(octets))
        self.until(lambda f: f.type == GOAWAY or f.payload == octets, 'the acknowledgement of PING')
        check(not self.goaway, 'GOAWAY: %s' % self.story())

    def answered(self, stream=1, status=200):
        """The whole answer on a stream."""
        self.begun(stream)
        answer = self.answers[stream]
        if not answer.ended:
            self.until(lambda f: answer.ended or answer.reset is not None, 'the end of the answer')
        check(answer.ended and not answer.reset, 'RST_STREAM: %s' % self.story())
        equal(answer.status, status, 'the status')
        return answer

    def begun(self, stream=1):
        def final():
            answer = self.answers.get(stream)
            return answer and (answer.reset is not None or answer.fields and answer.status >= 200)
        if not final():
            self.until(lambda f: f.type == GOAWAY or final(), 'an answer on stream %d' % stream)
        check(final(), 'no answer: %s' % self.story())

    def serves(self, stream=99):
        """The connection is as good as before."""
        self.send(headers(stream, request('GET', '/hello')))
        equal(self.answered(stream).body, b'hello, world\n')

    def connection_error(self, *codes):
        f = self.until(lambda f: f.type == GOAWAY, 'GOAWAY')
        check(f.code in codes, 'GOAWAY with the code %d, not %s' % (f.code, codes))
        while self.read():
            pass

    def stream_error(self, stream, *codes):
        f = self.until(lambda f: f.type == GOAWAY or (f.type == RST and f.stream == stream), 'RST_STREAM')
        check(f.type == RST, 'GOAWAY with the code %d instead of RST_STREAM' % f.code)
        check(f.code in codes, 'RST_STREAM with the code %d, not %s' % (f.code, codes))
        self.alive()
        self.serves()

    def either_error(self, stream, *codes):
        """Where the RFC leaves it to the receiver which of the two it is."""
        f = self.until(lambda f: f.type == GOAWAY or (f.type == RST and f.stream == stream), 'an error')
        check(f.code in codes, '%s, not %s' % (f, codes))

    def data_of(self, stream):
        return len(self.until(lambda f: f.type == DATA and f.stream == stream and f.payload, 'DATA').payload)


SEEN = {DATA: Peer.seen_data, HEADERS: Peer.seen_headers, RST: Peer.seen_reset, SETTINGS: Peer.seen_settings,
        PING: Peer.seen_ping, GOAWAY: Peer.seen_goaway, WINDOW: Peer.seen_window,
        CONTINUATION: Peer.seen_continuation}
CONNECTION_SPECIFIC = ('connection', 'proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'host')


def tls_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(['h2'])
    return context


# ---- cases -------------------------------------------------------------------------------------------

def case(name, *pairs, raw=False, big=False):
    """Declares a case, one line for all transports. `pairs`: our first SETTINGS. raw: without a handshake.
    big: too long to send it octet by octet."""
    def declare(function):
        if hpack:
            @test('conformance/' + name, limit=30)
            def one(context):
                for transport in ('cleartext', 'tls', 'octets'):
                    if not (transport == 'tls' and not context.tls or transport == 'octets' and big):
                        run_case(context, transport, pairs, raw, function)
        return function
    return declare


def run_case(context, transport, pairs, raw, function):
    p = Peer(context, transport)
    try:
        if not raw:
            p.hello(*pairs)
        function(p)
    except Exception as e:
        said = '%s: %s' % (transport, str(e) or type(e).__name__)
        raise AssertionError(said).with_traceback(e.__traceback__)
    finally:
        p.close()


@test('conformance/HTTP/2 is tested at all', 'module:hpack')
def has_hpack(context):
    check(len(TESTS) > 400, 'cases are missing')


@test('conformance/TLS is tested as well', 'module:hpack', 'tls')
def has_tls(context):
    p = Peer(context, 'tls')
    check(p.tls and p.s.version() in ('TLSv1.2', 'TLSv1.3'))
    p.close()


def ends(name, octets, *codes, big=False):
    """A connection error: GOAWAY with one of the codes, then the end."""
    @case(name, big=big)
    def one(p):
        p.send(octets)
        p.connection_error(*codes)


def refuses(name, octets, *codes, stream=1, big=False):
    """A stream error: RST_STREAM with one of the codes, and the connection goes on."""
    @case(name, big=big)
    def one(p):
        p.send(octets)
        p.stream_error(stream, *codes)


def takes(name, octets, big=False):
    """No error of anything, and the connection goes on."""
    @case(name, big=big)
    def one(p):
        p.send(octets)
        p.alive()
        p.serves()
        check(not any(f.type == RST for f in p.frames), p.story())


def answers(name, octets, status=200, stream=1, big=False):
    @case(name, big=big)
    def one(p):
        p.send(octets)
        p.answered(stream, status)
        p.alive()


def each(function, rows):
    for row in rows:
        function(*row)


# ---- RFC 9113 3: the beginning -----------------------------------------------------------------------

@case('3.4 SETTINGS come first from the server', raw=True)
def first_settings(p):
    p.send(PREFACE, settings())
    equal(p.read().type, SETTINGS)


@case('3.4 a request right behind the preface', raw=True)
def early_request(p):
    p.send(PREFACE, settings(), headers(1, GET))
    check(p.answered().body.rstrip().endswith(b'</html>'))


@case('3.4 the limits in SETTINGS are ones to work with')
def limits(p):
    check(p.theirs[MAX_STREAMS] >= 100, p.theirs)
    check(p.theirs[MAX_FRAME] in range(16384, 1 << 24) and p.theirs[INITIAL_WINDOW] <= HIGHEST, p.theirs)


def bad_beginning(name, octets, *codes):
    @case('3.4 ' + name, raw=True)
    def one(p):
        p.send(octets)
        f = p.read()
        while f and f.type != GOAWAY:
            f = p.read()
        check(f is None or f.code in codes, f)
        check(f is None or p.read() is None, 'frames behind GOAWAY')


each(bad_beginning, [
    ('the first frame is PING', PREFACE + ping(), PROTOCOL),
    ('the first frame is HEADERS', PREFACE + headers(1, GET), PROTOCOL),
    ('the first frame is WINDOW_UPDATE', PREFACE + window(0, 1), PROTOCOL),
    ('the first frame is of an unknown type', PREFACE + frame(0xbb, 0, 0, b'x'), PROTOCOL),
    ('the first SETTINGS is an acknowledgement', PREFACE + frame(SETTINGS, ACK, 0), PROTOCOL),
    ('the first SETTINGS is on a stream', PREFACE + frame(SETTINGS, 0, 1), PROTOCOL),
])


def bad_preface(name, octets):
    """Nothing comes but GOAWAY, PROTOCOL_ERROR, and the end."""
    @case('3.4 ' + name, raw=True)
    def one(p):
        p.send(octets)
        p.s.settimeout(LIMIT)
        got, part = b'', b'x'
        while part:
            try:
                part = p.s.recv(65536)
            except ConnectionResetError:
                part = b''
            got += part
        check(b'\0\0\0\0\0\0\0\1' in got or not got, got)  # PROTOCOL_ERROR at the end of GOAWAY


bad_preface('a preface that is none', b'INVALID CONNECTION PREFACE\r\n\r\n')
bad_preface('a preface whose last octet is wrong', PREFACE[:-1] + b'x' + settings())
bad_preface('a preface in lower case', PREFACE.lower() + settings())


# ---- RFC 9113 4: frames ------------------------------------------------------------------------------

LONG = request('GET', '/', *[('x-%d' % i, 'y' * 2000) for i in range(7)])
FULL = LONG + literal('x', 'y' * (16384 - len(LONG) - 6))
equal(len(FULL), 16384)
FULL_POST = FULL.replace(string('GET'), string('PUT'))

each(takes, [
    ('4.1 a frame of an unknown type', frame(0xbb, 0, 0, b'x' * 8)),
    ('4.1 a frame of an unknown type with every flag', frame(0xff, 0xff, 0, b'')),
    ('4.1 unknown flags of PING', frame(PING, 0xfe, 0, b'12345678')),
    ('4.1 unknown flags of SETTINGS', frame(SETTINGS, 0xfe, 0)),
    ('4.1 unknown flags of WINDOW_UPDATE', frame(WINDOW, 0xff, 0, number(1))),
    ('4.1 unknown flags of GOAWAY', frame(GOAWAY, 0xff, 0, bytes(8))),
    ('4.1 the reserved bit of a stream identifier', frame(PING, 0, 1 << 31, b'12345678')),
    ('5.5 a setting that nobody knows', settings((0xff, 1), (0xfff0, (1 << 32) - 1))),
    ('5.5 a frame of an unknown type on an idle stream', frame(0xbb, 0, 7, b'x' * 8)),
])
each(answers, [
    ('4.1 unknown flags of HEADERS', frame(HEADERS, 0xd2 | END_HEADERS | END_STREAM, 1, GET)),
    ('4.1 the reserved bit of HEADERS', headers(1 | 1 << 31, GET)),
    ('4.1 unknown flags of DATA', headers(1, request('POST', '/upload'), end=False) +
     frame(DATA, 0xf6 | END_STREAM, 1, b'abc')),
])
answers('4.2 DATA as long as MAX_FRAME_SIZE', headers(1, request('POST', '/upload'), end=False) +
        data(1, b'x' * 16384), big=True)
answers('4.2 HEADERS as long as MAX_FRAME_SIZE', headers(1, FULL), big=True)
ends('4.2 HEADERS above MAX_FRAME_SIZE', headers(1, FULL + b'\x88'), SIZE, big=True)
ends('4.2 SETTINGS above MAX_FRAME_SIZE', frame(SETTINGS, 0, 0, bytes(16386)), SIZE, big=True)
ends('4.2 CONTINUATION above MAX_FRAME_SIZE', headers(1, GET, whole=False) +
     continuation(1, FULL + b'x'), SIZE, big=True)
ends('4.2 an unknown frame above MAX_FRAME_SIZE', frame(0xbb, 0, 0, bytes(16385)), SIZE, big=True)
ends('4.2 HEADERS too short for their priority', frame(HEADERS, 0x25, 1, b'1234'), SIZE)
ends('4.2 HEADERS too short for their pad length', frame(HEADERS, 0x0d, 1), SIZE)


@case('4.2 DATA too short for their pad length')
def short_data(p):
    p.send(OPEN, frame(DATA, PADDED, 1))
    p.either_error(1, SIZE)


@case('4.2 DATA above MAX_FRAME_SIZE', big=True)
def long_data(p):
    p.send(OPEN, data(1, bytes(16385)))
    p.either_error(1, SIZE)


INSIDE = [
    ('PRIORITY', frame(PRIORITY, 0, 1, depends(0))),
    ('PRIORITY of another stream', frame(PRIORITY, 0, 3, depends(0))),
    ('DATA', data(1, b'x')),
    ('HEADERS', headers(1, b'')),
    ('HEADERS of another stream', headers(3, GET)),
    ('RST_STREAM', reset(1)),
    ('SETTINGS', settings()),
    ('PING', ping()),
    ('GOAWAY', goaway()),
    ('WINDOW_UPDATE', window(1, 1)),
    ('PUSH_PROMISE', frame(PUSH, END_HEADERS, 1, number(2) + GET)),
    ('a frame of an unknown type', frame(0xbb, 0, 1, b'x')),
    ('a frame of an unknown type on stream 0', frame(0xbb, 0, 0, b'x')),
    ('CONTINUATION of another stream', continuation(3, b'')),
]
for _name, _octets in INSIDE:
    _number = '5.5 ' if 'unknown' in _name else '6.10 ' if 'CONT' in _name else '4.3 '
    ends(_number + _name + ' behind HEADERS without END_HEADERS',
         headers(1, GET, whole=False) + _octets, PROTOCOL)
    ends(_number + _name + ' behind CONTINUATION without END_HEADERS',
         headers(1, GET[:9], whole=False) + continuation(1, GET[9:], whole=False) + _octets, PROTOCOL)

each(ends, [
    ('4.3 HEADERS that are no HPACK', headers(1, b'\xff' * 12), COMPRESSION),
    ('4.3 CONTINUATION that is no HPACK', headers(1, GET, whole=False) + continuation(1, b'\xff' * 12),
     COMPRESSION),
    ('4.3 trailers that are no HPACK', OPEN + headers(1, b'\xff' * 12), COMPRESSION),
    ('4.3 a block without HPACK on a stream that was reset', OPEN + reset(1) + headers(1, b'\xff' * 12),
     COMPRESSION, CLOSED),
    ('4.3 a block that ends inside a field', headers(1, GET[:-4]), COMPRESSION),
    ('4.3 a block that ends behind a name', headers(1, GET + b'\0\1x'), COMPRESSION),
    ('4.3 a block that ends inside a number', headers(1, GET + b'\x7f\xff'), COMPRESSION),
])


@case('4.3 a block in eight pieces, cut anywhere', big=True)
def cut_blocks(p):
    whole = request('GET', '/hello') + literal('x-last', 'y' * 130)
    for n in range(1, 20):
        stream, cuts = 2 * n - 1, [n + i * (len(whole) - n) // 7 for i in range(8)]
        pieces = [whole[:cuts[0]]] + [whole[a:b] for a, b in zip(cuts, cuts[1:])]
        p.send(headers(stream, pieces[0], whole=False),
               *[continuation(stream, piece, whole=piece is pieces[-1]) for piece in pieces[1:]])
        p.answered(stream)


@case('4.3 the block of a refused request changes the table')
def refused_block_counts(p):
    p.send(headers(1, GET + b'\x44' + string('/status/418') + literal('UPPER', 'x')))
    p.until(lambda f: f.type == RST, 'RST_STREAM')
    p.send(headers(3, block((':method', 'GET'), (':scheme', 'http'), (':authority', 'x')) + b'\xbe'))
    p.answered(3, 418)


@case('4.3 the block of trailers changes the table')
def trailers_count(p):
    p.send(headers(1, request('POST', '/upload'), end=False), headers(1, literal('x-a', 'b', 0x40)))
    p.answered(1)
    p.send(headers(3, GET + b'\xbe'))
    p.answered(3)


# ---- RFC 9113 5.1: states ----------------------------------------------------------------------------

for _stream, _what in ((1, 'an idle stream'), (2, 'an idle stream of the server'), (3, 'the next stream')):
    _before = headers(1, GET) if _stream == 3 else b''
    each(ends, [
        ('5.1 idle: DATA on ' + _what, _before + data(_stream, b'x'), PROTOCOL),
        ('5.1 idle: RST_STREAM on ' + _what, _before + reset(_stream), PROTOCOL),
        ('5.1 idle: WINDOW_UPDATE on ' + _what, _before + window(_stream, 1), PROTOCOL),
        ('5.1 idle: CONTINUATION on ' + _what, _before + continuation(_stream, GET), PROTOCOL),
    ])
    takes('5.1 idle: PRIORITY on ' + _what, _before + frame(PRIORITY, 0, _stream, depends(0)))


@case('5.1 idle: PRIORITY, then HEADERS')
def priority_first(p):
    p.send(frame(PRIORITY, 0, 1, depends(0, 256)), headers(1, GET))
    p.answered()


# What is sent on a stream whose request has ended and whose answer has not: its window is 0.
def half_closed(name, octets, *codes, error=None):
    @case('5.1 half-closed (remote): ' + name, (INITIAL_WINDOW, 0))
    def one(p):
        p.send(headers(1, GET))
        p.begun(1)
        p.send(octets)
        if error:
            error(p, *codes)
        else:
            p.alive()
            p.change((INITIAL_WINDOW, 65535))
            p.answered()


def on_stream_1(p, *codes):
    p.stream_error(1, *codes) if p.ours[INITIAL_WINDOW] else p.either_error(1, *codes)


each(half_closed, [
    ('WINDOW_UPDATE', window(1, 1)),
    ('PRIORITY', frame(PRIORITY, 0, 1, depends(0))),
    ('a frame of an unknown type', frame(0xbb, 0, 1, b'x')),
    ('PING and SETTINGS', ping() + settings()),
])
half_closed('DATA', data(1, b'x'), CLOSED, error=on_stream_1)
half_closed('empty DATA', data(1), CLOSED, error=on_stream_1)
half_closed('HEADERS', headers(1, GET), CLOSED, error=on_stream_1)
half_closed('trailers', headers(1, block(('x', 'y'))), CLOSED, error=on_stream_1)
half_closed('CONTINUATION', continuation(1, GET), PROTOCOL, error=Peer.connection_error)


@case('5.1 half-closed (remote): RST_STREAM', (INITIAL_WINDOW, 0))
def half_closed_reset(p):
    p.send(headers(1, GET))
    p.begun(1)
    p.send(reset(1))
    p.alive()
    p.change((INITIAL_WINDOW, 65535))
    p.serves()
    equal(p.answers[1].body, b'', 'DATA behind RST_STREAM')
    equal(p.answers[1].reset, None, 'the answer to RST_STREAM')


CLOSED_BY = [('an answer', headers(1, GET), True),
             ('RST_STREAM of a GET', headers(1, GET, end=False) + reset(1), False),
             ('RST_STREAM of a POST', OPEN + data(1, b'x', end=False) + reset(1), False)]


def closed(how, before, answer, name, octets, expect):
    @case('5.1 closed by %s: %s' % (how, name))
    def one(p):
        p.send(before)
        if answer:
            p.answered()
        p.send(octets)
        expect(p)


def goes_on(p):
    p.alive()
    p.serves()
    check(not any(f.type == RST for f in p.frames), p.story())


def stream_closed(p):
    p.either_error(1, CLOSED)


def out_of_place(p):
    p.connection_error(PROTOCOL, CLOSED)


for _how, _before, _answer in CLOSED_BY:
    for _row in [
        ('DATA', data(1, b'x'), stream_closed),
        ('HEADERS', headers(1, GET), stream_closed),
        ('CONTINUATION', continuation(1, GET), out_of_place),
        ('PRIORITY', frame(PRIORITY, 0, 1, depends(0)), goes_on),
        ('a frame of an unknown type', frame(0xbb, 0, 1, b'x'), goes_on),
    ] + ([('WINDOW_UPDATE', window(1, 1), goes_on), ('RST_STREAM', reset(1), goes_on)] if _answer else []):
        closed(_how, _before, _answer, *_row)


def reset_by_us(name, octets):
    """RFC 9113 5.1: whatever was under way is let in."""
    @case('5.1 closed by RST_STREAM of the server: ' + name)
    def one(p):
        p.send(headers(1, request('POST', '/', ('UPPER', 'x')), end=False))
        p.until(lambda f: f.type == RST, 'RST_STREAM')
        p.send(octets)
        p.alive()
        p.serves()
        equal(len([f for f in p.frames if f.stream == 1]), 1, 'frames on stream 1')


each(reset_by_us, [
    ('DATA', data(1, b'x')),
    ('HEADERS', headers(1, block(('x', 'y')))),
    ('WINDOW_UPDATE', window(1, 1)),
    ('RST_STREAM', reset(1)),
    ('PRIORITY', frame(PRIORITY, 0, 1, depends(0))),
])


@case('5.1 open: WINDOW_UPDATE, PRIORITY, PING, SETTINGS, an unknown frame, and the end')
def while_open(p):
    p.send(headers(1, request('POST', '/upload'), end=False), window(1, 10),
           frame(PRIORITY, 0, 1, depends(0)), ping(), settings(), window(0, 1), frame(0xbb, 0, 1, b'x'),
           data(1, b'abc'))
    check(b'"octets":3' in p.answered().body)


# ---- RFC 9113 5.1.1, 5.1.2, 5.2, 5.3, 5.4 ------------------------------------------------------------

each(ends, [
    ('5.1.1 HEADERS on an even stream', headers(2, GET), PROTOCOL),
    ('5.1.1 HEADERS on stream 0', headers(0, GET), PROTOCOL),
    ('5.1.1 a lower stream', headers(5, GET) + headers(3, GET), PROTOCOL),
    ('5.1.1 a lower stream behind one that is open',
     headers(5, POST, end=False) + headers(3, GET), PROTOCOL),
])
answers('5.1.1 a stream that leaves others out', headers(1001, GET), stream=1001)


@case('5.1.1 the last stream there is, and the end that follows')
def last_stream(p):
    p.send(headers(HIGHEST, GET))
    p.answered(HIGHEST)
    p.until(lambda f: f.type == GOAWAY, 'GOAWAY')
    check(int.from_bytes(p.goaway.payload[4:8], 'big') == 0, p.story())


@case('5.1.1 a stream that was left out is closed')
def left_out(p):
    p.send(headers(5, GET))
    p.answered(5)
    p.send(data(3, b'x'))
    p.either_error(3, CLOSED, PROTOCOL)


@case('5.1.2 one stream more than MAX_CONCURRENT_STREAMS', (INITIAL_WINDOW, 0))
def too_many(p):
    most = p.theirs[MAX_STREAMS]
    last = 2 * most + 1
    p.send(*[headers(2 * i + 1, request('GET', '/hello')) for i in range(most + 1)])
    f = p.until(lambda f: f.type in (RST, GOAWAY), 'RST_STREAM')
    equal((f.type, f.stream), (RST, last), 'what was refused')
    check(f.code in (REFUSED, PROTOCOL), f)
    p.change((INITIAL_WINDOW, 65535))
    for stream in range(1, last, 2):
        equal(p.answered(stream).body, b'hello, world\n')
    p.serves(last + 2)


@case('5.1.2 as many pages as streams, all behind a window of 0, all come', (INITIAL_WINDOW, 0))
def all_come(p):
    most = p.theirs[MAX_STREAMS]
    p.send(*[headers(2 * i + 1, GET) for i in range(most)])
    p.alive()
    p.send(window(0, 1 << 20))
    p.change((INITIAL_WINDOW, 65535))
    for stream in range(1, 2 * most, 2):
        check(p.answered(stream).body.rstrip().endswith(b'</html>'), stream)


@case('5.1.2 a stream that ends makes room for another')
def room_again(p):
    most = p.theirs[MAX_STREAMS]
    p.send(*[headers(2 * i + 1, POST, end=False) for i in range(most + 1)])
    f = p.until(lambda f: f.type in (RST, GOAWAY), 'RST_STREAM')
    equal((f.type, f.stream, f.code), (RST, 2 * most + 1, REFUSED))
    p.send(reset(1))
    p.serves(2 * most + 3)


@case('5.2.2 more DATA than the window of a stream', (INITIAL_WINDOW, 0), big=True)
def above_window(p):
    p.send(headers(1, request('POST', '/echo'), end=False))
    p.begun(1)
    left = p.theirs[INITIAL_WINDOW]
    while left:
        n = min(left, 16384)
        p.send(data(1, b'x' * n, end=False))
        left -= n
    p.alive()
    p.send(data(1, b'x', end=False))
    p.either_error(1, FLOW)


@case('5.2.2 padding counts against the window of a stream', (INITIAL_WINDOW, 0), big=True)
def padding_counts(p):
    p.send(headers(1, request('POST', '/echo'), end=False))
    p.begun(1)
    for _ in range(p.theirs[INITIAL_WINDOW] // 16384):
        p.send(data(1, b'x' * 16000, end=False, pad=255))
    p.alive()


@case('5.2 a body of ten windows is taken', big=True)
def ten_windows(p):
    left, sent = 10 * 65535, 0
    p.send(headers(1, request('POST', '/upload'), end=False))
    credit = p.theirs[INITIAL_WINDOW]
    while sent < left:
        while credit < 1:
            f = p.until(lambda f: f.type == WINDOW and f.stream == 1, 'WINDOW_UPDATE')
            credit += int.from_bytes(f.payload, 'big')
        n = min(credit, 16384, left - sent)
        p.send(data(1, b'x' * n, end=False))
        credit, sent = credit - n, sent + n
    p.send(data(1))
    check(b'"octets":%d,' % left in p.answered().body)


answers('5.3.1 HEADERS with a priority', headers(1, GET, priority=depends(0, 256, True)))
answers('5.3.1 HEADERS that depend on a stream that is not there', headers(1, GET, priority=depends(77)))
refuses('5.3.1 HEADERS that depend on themselves', headers(1, GET, priority=depends(1)), PROTOCOL)
refuses('5.3.1 PRIORITY that depends on itself', OPEN + frame(PRIORITY, 0, 1, depends(1)), PROTOCOL)
refuses('5.3.1 PRIORITY that depends on itself, on a GET', headers(1, GET, end=False) +
        frame(PRIORITY, 0, 1, depends(1)), PROTOCOL)


@case('5.3.1 PRIORITY that depends on itself, on an idle stream')
def idle_self(p):
    p.send(frame(PRIORITY, 0, 1, depends(1)))
    p.either_error(1, PROTOCOL)


@case('5.4.1 GOAWAY names the last stream that was taken')
def last_stream(p):
    p.send(headers(1, GET), headers(3, GET))
    p.answered(1)
    p.answered(3)
    p.send(ping(b'7 only.'))
    p.connection_error(SIZE)
    equal(int.from_bytes(p.goaway.payload[:4], 'big'), 3)


@case('5.4.1 what comes behind an error is not acted on')
def behind_error(p):
    p.send(ping(b'7 only.'), ping(b'a secret'), headers(1, GET))
    p.connection_error(SIZE)
    check(not p.answers and not any(f.payload == b'a secret' for f in p.frames), p.story())


@case('5.4.1 what came before an error is answered')
def before_error(p):
    p.send(headers(1, request('GET', '/hello')), ping(b'7 only.'))
    p.connection_error(SIZE)
    equal(p.answers[1].body, b'hello, world\n')


@case('5.4.2 RST_STREAM is not answered with RST_STREAM')
def no_reset_back(p):
    p.send(OPEN, reset(1))
    goes_on(p)


# ---- RFC 9113 6.1 to 6.4: DATA, HEADERS, PRIORITY, RST_STREAM ----------------------------------------

UPLOAD = headers(1, request('POST', '/upload'), end=False)
each(answers, [
    ('6.1 DATA', UPLOAD + data(1, b'abc')),
    ('6.1 DATA in several frames',
     UPLOAD + data(1, b'abc', end=False) + data(1, b'd', end=False) + data(1, b'e')),
    ('6.1 DATA with padding', UPLOAD + data(1, b'abc', pad=255)),
    ('6.1 DATA with a pad length of 0', UPLOAD + data(1, b'abc', pad=0)),
    ('6.1 DATA of padding alone', UPLOAD + data(1, b'', pad=10)),
    ('6.1 DATA, empty', UPLOAD + data(1)),
    ('6.2 HEADERS with padding', headers(1, GET, pad=255)),
    ('6.2 HEADERS with a pad length of 0', headers(1, GET, pad=0)),
    ('6.2 HEADERS with padding and priority', headers(1, GET, pad=9, priority=depends(3))),
    ('6.2 HEADERS without a fragment, and CONTINUATION',
     headers(1, b'', whole=False) + continuation(1, GET)),
    ('6.10 CONTINUATION', headers(1, GET[:20], whole=False) + continuation(1, GET[20:])),
    ('6.10 two CONTINUATIONs',
     headers(1, GET[:20], whole=False) + continuation(1, GET[20:30], whole=False) +
     continuation(1, GET[30:])),
    ('6.10 an empty CONTINUATION', headers(1, GET, whole=False) + continuation(1, b'')),
    ('6.10 CONTINUATION of trailers', UPLOAD + data(1, b'abc', end=False) +
     headers(1, literal('x', 'y'), whole=False) + continuation(1, literal('a', 'b'))),
    ('6.10 CONTINUATION behind padding and priority',
     headers(1, GET[:20], whole=False, pad=9, priority=depends(3)) + continuation(1, GET[20:])),
])
each(ends, [
    ('6.1 DATA on stream 0', data(0, b'x'), PROTOCOL),
    ('6.1 a pad length as long as DATA', OPEN + frame(DATA, 9, 1, b'\4abc'), PROTOCOL),
    ('6.1 a pad length longer than DATA', OPEN + frame(DATA, 9, 1, b'\xffabc'), PROTOCOL),
    ('6.2 a pad length as long as HEADERS',
     frame(HEADERS, 13, 1, bytes([len(GET) + 1]) + GET), PROTOCOL),
    ('6.2 a pad length longer than HEADERS', frame(HEADERS, 13, 1, b'\xff' + GET), PROTOCOL),
    ('6.2 a pad length that reaches into the priority',
     frame(HEADERS, 45, 1, b'\5' + depends(0) + b'abcd'),
     PROTOCOL),
    ('6.3 PRIORITY on stream 0', frame(PRIORITY, 0, 0, depends(1)), PROTOCOL),
    ('6.4 RST_STREAM on stream 0', reset(0), PROTOCOL),
    ('6.4 RST_STREAM of three octets', OPEN + frame(RST, 0, 1, b'123'), SIZE),
    ('6.4 RST_STREAM of five octets', OPEN + frame(RST, 0, 1, b'12345'), SIZE),
    ('6.4 an empty RST_STREAM', OPEN + frame(RST, 0, 1), SIZE),
])
for _octets in (b'', b'1234', b'123456'):
    _name = '6.3 PRIORITY of %d octets on ' % len(_octets)
    refuses(_name + 'an open stream', OPEN + frame(PRIORITY, 0, 1, _octets), SIZE)
    refuses(_name + 'a GET', headers(1, GET, end=False) + frame(PRIORITY, 0, 1, _octets), SIZE)


def short_priority(name, before, answer):
    @case('6.3 PRIORITY of four octets on ' + name)
    def one(p):
        p.send(before)
        if answer:
            p.answered()
        p.send(frame(PRIORITY, 0, 1, b'1234'))
        p.either_error(1, SIZE)


short_priority('an idle stream', b'', False)
short_priority('a closed stream', headers(1, GET), True)
each(takes, [
    ('6.3 PRIORITY, weight 1', frame(PRIORITY, 0, 1, depends(0, 1))),
    ('6.3 PRIORITY, weight 256', frame(PRIORITY, 0, 1, depends(0, 256))),
    ('6.3 PRIORITY, exclusive', frame(PRIORITY, 0, 1, depends(0, 16, True))),
    ('6.3 PRIORITY on a stream that is not there', frame(PRIORITY, 0, 1, depends(99))),
    ('6.4 RST_STREAM on an open stream', OPEN + reset(1)),
    ('6.4 RST_STREAM in the middle of a body', OPEN + data(1, b'abc', end=False) + reset(1)),
    ('7 RST_STREAM with an unknown code', OPEN + reset(1, 0xffffffff)),
    ('7 RST_STREAM with NO_ERROR', OPEN + reset(1, NO_ERROR)),
])


# ---- RFC 9113 6.5: SETTINGS --------------------------------------------------------------------------

each(ends, [
    ('6.5 an acknowledgement with a payload', frame(SETTINGS, ACK, 0, bytes(6)), SIZE),
    ('6.5 an acknowledgement of nothing', frame(SETTINGS, ACK, 0), PROTOCOL),
    ('6.5 SETTINGS on a stream', frame(SETTINGS, 0, 1, number(INITIAL_WINDOW, 2) + number(1)), PROTOCOL),
    ('6.5 SETTINGS of three octets', frame(SETTINGS, 0, 0, b'123'), SIZE),
    ('6.5 SETTINGS of seven octets', frame(SETTINGS, 0, 0, bytes(7)), SIZE),
    ('6.5.2 ENABLE_PUSH 2', settings((ENABLE_PUSH, 2)), PROTOCOL),
    ('6.5.2 ENABLE_PUSH 2^32-1', settings((ENABLE_PUSH, (1 << 32) - 1)), PROTOCOL),
    ('6.5.2 INITIAL_WINDOW_SIZE 2^31', settings((INITIAL_WINDOW, 1 << 31)), FLOW),
    ('6.5.2 INITIAL_WINDOW_SIZE 2^32-1', settings((INITIAL_WINDOW, (1 << 32) - 1)), FLOW),
    ('6.5.2 MAX_FRAME_SIZE 16383', settings((MAX_FRAME, 16383)), PROTOCOL),
    ('6.5.2 MAX_FRAME_SIZE 2^24', settings((MAX_FRAME, 1 << 24)), PROTOCOL),
    ('6.5.2 a bad value behind good ones',
     settings((0xff, 1), (INITIAL_WINDOW, 9), (ENABLE_PUSH, 9)), PROTOCOL),
    ('RFC 9218 2.1 NO_RFC7540_PRIORITIES 2', settings((9, 2)), PROTOCOL),
])


def setting(name, *pairs):
    @case('6.5.2 ' + name)
    def one(p):
        p.change(*pairs)
        p.serves(1)


each(setting, [
    ('every setting, least', (TABLE_SIZE, 0), (ENABLE_PUSH, 0), (MAX_STREAMS, 0), (MAX_FRAME, 16384)),
    ('every setting, most', (TABLE_SIZE, (1 << 32) - 1), (ENABLE_PUSH, 1), (MAX_STREAMS, (1 << 32) - 1),
     (INITIAL_WINDOW, HIGHEST), (MAX_FRAME, (1 << 24) - 1), (MAX_LIST, (1 << 32) - 1)),
    ('a setting twice', (MAX_FRAME, 16384), (MAX_FRAME, 32768)),
    ('none at all',),
    ('32 settings',) + tuple((0x1000 + i, i) for i in range(32)),
])


@case('6.5.3 SETTINGS are acknowledged, each of them')
def acknowledged(p):
    p.send(*[settings((INITIAL_WINDOW, 1000 + i)) for i in range(5)])
    p.until(lambda f: not p.unacknowledged, 'five acknowledgements')
    p.alive()


@case('6.5.3 the values of SETTINGS hold in their order')
def in_order(p):
    p.send(settings((INITIAL_WINDOW, 100), (INITIAL_WINDOW, 1)), headers(1, GET))
    equal(p.data_of(1), 1)


@case('6.5.3 the last of two SETTINGS holds')
def two_settings(p):
    p.send(settings((INITIAL_WINDOW, 100)), settings((INITIAL_WINDOW, 1)), headers(1, GET))
    equal(p.data_of(1), 1)


@case('6.5.2 DATA are no longer than MAX_FRAME_SIZE', (INITIAL_WINDOW, HIGHEST))
def frame_size(p):
    p.send(window(0, 1 << 20), headers(1, request('GET', '/bytes/100000')))
    equal(p.answered().body, pattern(100000))  # Peer.read looks at the sizes


@case('6.5.2 HEADER_TABLE_SIZE 0 empties the table of the server')
def no_table(p):
    p.send(headers(1, GET), headers(3, GET))
    p.answered(1)
    p.answered(3)
    p.change((TABLE_SIZE, 0))
    for stream in (5, 7):
        p.send(headers(stream, GET))
        p.answered(stream)
    equal(p.decoder.header_table_size, 0)
    p.change((TABLE_SIZE, 4096))
    for stream in (9, 11):
        p.send(headers(stream, GET))
        p.answered(stream)


# ---- RFC 9113 6.7 to 6.9: PING, GOAWAY, WINDOW_UPDATE ------------------------------------------------

@case('6.7 PING is answered with its octets')
def ping_echo(p):
    p.send(ping(b'\0\xff a b c'))
    equal(p.until(lambda f: f.type == PING, 'PING').payload, b'\0\xff a b c')


@case('6.7 an acknowledgement of PING is not answered')
def ping_ack(p):
    p.send(ping(b'unasked!', ACK), ping(b'question'))
    equal(p.until(lambda f: f.type == PING, 'PING').payload, b'question')


@case('6.7 PINGs are answered in their order')
def pings(p):
    p.send(*[ping(b'%08d' % i) for i in range(20)])
    for i in range(20):
        equal(p.until(lambda f: f.type == PING, 'PING').payload, b'%08d' % i)


@case('6.8 GOAWAY of the client: what is under way is answered')
def client_goaway(p):
    p.send(UPLOAD, goaway(0, NO_ERROR, b'the end'), data(1, b'abc'))
    p.answered()


each(ends, [
    ('6.6 PUSH_PROMISE on an open stream',
     OPEN + frame(PUSH, END_HEADERS, 1, number(2) + GET), PROTOCOL),
    ('6.6 PUSH_PROMISE on a GET',
     headers(1, GET) + frame(PUSH, END_HEADERS, 1, number(2) + GET), PROTOCOL),
    ('6.6 PUSH_PROMISE on an idle stream', frame(PUSH, END_HEADERS, 1, number(2) + GET), PROTOCOL),
    ('6.6 PUSH_PROMISE on stream 0', frame(PUSH, END_HEADERS, 0, number(2) + GET), PROTOCOL),
    ('6.7 PING on a stream', frame(PING, 0, 1, b'12345678'), PROTOCOL),
    ('6.7 an acknowledgement of PING on a stream', frame(PING, ACK, 1, b'12345678'), PROTOCOL),
    ('6.7 PING of six octets', ping(b'123456'), SIZE),
    ('6.7 PING of nine octets', ping(b'123456789'), SIZE),
    ('6.7 an empty PING', ping(b''), SIZE),
    ('6.8 GOAWAY on a stream', frame(GOAWAY, 0, 1, bytes(8)), PROTOCOL),
    ('6.8 GOAWAY of seven octets', frame(GOAWAY, 0, 0, bytes(7)), SIZE),
    ('6.9 WINDOW_UPDATE of 0', window(0, 0), PROTOCOL),
    ('6.9 WINDOW_UPDATE of 0 and the reserved bit', window(0, 1 << 31), PROTOCOL),
    ('6.9 WINDOW_UPDATE of three octets', frame(WINDOW, 0, 0, b'123'), SIZE),
    ('6.9 WINDOW_UPDATE of five octets', frame(WINDOW, 0, 0, b'12345'), SIZE),
    ('6.9 WINDOW_UPDATE of three octets on a stream', OPEN + frame(WINDOW, 0, 1, b'123'), SIZE),
    ('6.9.1 a window of the connection above 2^31-1', window(0, HIGHEST) + window(0, HIGHEST), FLOW),
    ('6.9.1 a window of the connection one above 2^31-1', window(0, HIGHEST - 65535 + 1), FLOW),
    ('6.9.2 SETTINGS that take the window of a stream above 2^31-1',
     OPEN + window(1, HIGHEST - 65535) + settings((INITIAL_WINDOW, 65536)), FLOW),
    ('6.10 CONTINUATION on stream 0', headers(1, GET, whole=False) + continuation(0, b''), PROTOCOL),
    ('6.10 CONTINUATION behind END_HEADERS', headers(1, GET) + continuation(1, GET), PROTOCOL),
    ('6.10 CONTINUATION behind END_HEADERS of an open stream', OPEN + continuation(1, GET), PROTOCOL),
    ('6.10 CONTINUATION behind CONTINUATION with END_HEADERS',
     headers(1, POST[:9], end=False, whole=False) + continuation(1, POST[9:]) + continuation(1, b''), PROTOCOL),
    ('6.10 CONTINUATION behind DATA', OPEN + data(1, b'x', end=False) + continuation(1, GET), PROTOCOL),
])
each(takes, [
    ('6.8 GOAWAY', goaway()),
    ('6.8 GOAWAY with debug data', goaway(0, NO_ERROR, b'x' * 300)),
    ('6.8 GOAWAY with the reserved bit', goaway(1 << 31)),
    ('6.8 GOAWAY twice', goaway(HIGHEST) + goaway(1)),
    ('7 GOAWAY with an unknown code', goaway(0, 0xff)),
    ('6.9 WINDOW_UPDATE', window(0, 1)),
    ('6.9 WINDOW_UPDATE with the reserved bit', window(0, 1 << 31 | 1)),
    ('6.9 WINDOW_UPDATE on an open stream', OPEN + window(1, 1)),
    ('6.9.1 a window of the connection of 2^31-1', window(0, HIGHEST - 65535)),
    ('6.9.1 a window of a stream of 2^31-1', OPEN + window(1, HIGHEST - 65535)),
])
for _what, _before in (('a POST', OPEN), ('a GET', headers(1, GET, end=False))):
    refuses('6.9 WINDOW_UPDATE of 0 on ' + _what, _before + window(1, 0), PROTOCOL)
    refuses('6.9.1 a window above 2^31-1 on ' + _what, _before + window(1, HIGHEST), FLOW)
    refuses('6.9.1 a window above 2^31-1 in two steps on ' + _what,
            _before + window(1, HIGHEST - 65535) + window(1, 1), FLOW)


@case('6.9 WINDOW_UPDATE of 0 on a stream whose answer waits', (INITIAL_WINDOW, 0))
def zero_while_waiting(p):
    p.send(headers(1, GET), window(1, 0))
    p.either_error(1, PROTOCOL)


@case('6.9.1 a window above 2^31-1 on a stream whose answer waits', (INITIAL_WINDOW, 0))
def above_while_waiting(p):
    p.send(headers(1, GET), window(1, HIGHEST), window(1, HIGHEST))
    f = p.until(lambda f: f.type in (RST, GOAWAY) or f.flags & END_STREAM, 'an end')
    check(f.type in (RST, HEADERS, DATA), f)  # the whole page may leave with the first of the two


@case('6.9.1 DATA as long as the window', (INITIAL_WINDOW, 1))
def window_of_one(p):
    p.send(headers(1, GET))
    equal(p.data_of(1), 1)
    p.alive()
    p.send(window(1, 5))
    equal(p.data_of(1), 5)
    p.send(window(1, 100000))
    check(p.answered().body.rstrip().endswith(b'</html>'))


@case('6.9.1 nothing but HEADERS while the window is 0', (INITIAL_WINDOW, 0))
def window_of_none(p):
    p.send(headers(1, GET))
    p.begun(1)
    p.alive()
    check(not any(f.type == DATA for f in p.frames), p.story())


@case('6.9.1 the window of the connection holds for all streams', (INITIAL_WINDOW, HIGHEST))
def connection_window(p):
    p.send(headers(1, request('GET', '/bytes/100000')), headers(3, request('GET', '/bytes/100000')))
    p.until(lambda f: p.windows[0] == 0, '65,535 octets')
    p.alive()
    p.send(window(0, 10))
    p.until(lambda f: f.type == DATA, 'DATA')
    p.send(window(0, 200000))
    for stream in (1, 3):
        equal(p.answered(stream).body, pattern(100000))


@case('6.9.1 an empty answer needs no window', (INITIAL_WINDOW, 0))
def empty_needs_none(p):
    p.send(headers(1, request('GET', '/bytes/0')), headers(3, HEAD), headers(5, request('POST', '/echo')))
    for stream in (1, 3, 5):
        equal(p.answered(stream).body, b'')


@case('6.9.2 SETTINGS change the window of an open stream', (INITIAL_WINDOW, 0))
def window_changes(p):
    p.send(headers(1, GET))
    p.begun(1)
    p.send(settings((INITIAL_WINDOW, 1)))
    equal(p.data_of(1), 1)
    p.send(settings((INITIAL_WINDOW, 3)))
    equal(p.data_of(1), 2)


@case('6.9.2 a window below 0', (INITIAL_WINDOW, 3))
def window_below(p):
    p.send(headers(1, GET))
    equal(p.data_of(1), 3)
    p.send(settings((INITIAL_WINDOW, 2)), window(1, 2))
    equal(p.data_of(1), 1)


@case('6.9.2 a window far below 0', (INITIAL_WINDOW, 500))
def window_far_below(p):
    p.send(headers(1, GET))
    equal(p.data_of(1), 500)
    p.change((INITIAL_WINDOW, 0))
    p.send(window(1, 500))
    p.alive()
    equal(len(p.answers[1].body), 500, 'the octets that came')
    p.send(window(1, 1))
    equal(p.data_of(1), 1)


@case('6.9.2 SETTINGS leave the window of the connection alone', (INITIAL_WINDOW, 0))
def connection_stays(p):
    p.send(headers(1, request('GET', '/bytes/70000')))
    p.begun(1)
    p.change((INITIAL_WINDOW, HIGHEST))
    p.until(lambda f: p.windows[0] == 0, '65,535 octets')
    p.send(window(0, 70000 - 65535))
    equal(p.answered().body, pattern(70000))


# ---- RFC 9113 8: requests ----------------------------------------------------------------------------

BODY = [('GET', headers(1, GET, end=False)), ('POST', OPEN)]
TRAILER = block(('x-trailer', 'y'))
for _what, _before in BODY:
    each(refuses, [
        ('8.1 %s: HEADERS in the middle without END_STREAM' % _what,
         _before + data(1, b'abc', end=False) + headers(1, TRAILER, end=False), PROTOCOL),
        ('8.1 %s: HEADERS without END_STREAM behind HEADERS' % _what, _before + headers(1, POST, end=False),
         PROTOCOL),
        ('8.1 %s: the request again' % _what, _before + headers(1, POST), PROTOCOL),
        ('8.3 %s: a pseudo-field in trailers' % _what,
         _before + data(1, b'abc', end=False) + headers(1, block((':method', 'POST'))), PROTOCOL),
        ('8.3 %s: an unknown pseudo-field in trailers' % _what,
         _before + data(1, b'abc', end=False) + headers(1, TRAILER + block((':x', 'y'))), PROTOCOL),
        ('8.2.1 %s: upper case in trailers' % _what,
         _before + data(1, b'abc', end=False) + headers(1, block(('X-Trailer', 'y'))), PROTOCOL),
        ('8.2.2 %s: connection in trailers' % _what,
         _before + data(1, b'abc', end=False) + headers(1, block(('connection', 'close'))), PROTOCOL),
    ])
    answers('8.1 %s: trailers' % _what, _before + data(1, b'abc', end=False) + headers(1, TRAILER),
            200 if _what == 'GET' else 405)
    answers('8.1 %s: an end of its own' % _what, _before + data(1), 200 if _what == 'GET' else 405)

for _method in ('GET', 'POST', 'HEAD', 'PUT'):
    for _name, _length, _parts in [
            ('a shorter body', '5', [b'abc']), ('a longer body', '1', [b'abc']), ('one octet', '0', [b'a']),
            ('a shorter body in parts', '9', [b'abc', b'def']), ('no octet', '3', [b'']),
            ('a longer body in parts', '4', [b'abc', b'def']), ('one octet more', '3', [b'abc', b'd'])]:
        _head = headers(1, request(_method, '/', ('content-length', _length)), end=False)
        _body = b''.join(data(1, part, end=False) for part in _parts[:-1]) + data(1, _parts[-1])
        refuses('8.1.1 %s: content-length %s and %s' % (_method, _length, _name), _head + _body, PROTOCOL)
    refuses('8.1.1 %s: content-length and no DATA' % _method,
            headers(1, request(_method, '/', ('content-length', '3'))), PROTOCOL)
    refuses('8.1.1 %s: content-length and trailers too early' % _method,
            headers(1, request(_method, '/', ('content-length', '5')), end=False) + data(1, b'abc', end=False) +
            headers(1, TRAILER), PROTOCOL)
for _path in ('/echo', '/upload'):  # whose answer begins with the head, and with the end
    refuses('8.1.1 POST %s: content-length and a shorter body' % _path,
            headers(1, request('POST', _path, ('content-length', '5')), end=False) + data(1, b'abc'), PROTOCOL)
answers('8.1.1 content-length and its body', headers(1, request('POST', '/upload', ('content-length', '6')),
                                                    end=False) + data(1, b'abc', end=False) + data(1, b'def'))
answers('8.1.1 content-length and a padded body', headers(
    1, request('POST', '/upload', ('content-length', '3')), end=False) + data(1, b'abc', pad=20))
answers('8.1.1 content-length 0', headers(1, request('POST', '/upload', ('content-length', '0')), end=False) +
        data(1))


def malformed(name, fragment):
    refuses(name, headers(1, fragment), PROTOCOL)


def with_field(*field):
    return request('GET', '/', field)


_m, _s, _p, _a = (':method', 'GET'), (':scheme', 'http'), (':path', '/'), (':authority', 'localhost')
each(malformed, [
    ('8.2.1 a name in upper case', with_field('X-TEST', 'y')),
    ('8.2.1 a name with one letter in upper case', with_field('x-tesT', 'y')),
    ('8.2.1 an empty name', with_field('', 'y')),
    ('8.2.1 a space in a name', with_field('x y', 'y')),
    ('8.2.1 a colon in a name', with_field('x:y', 'y')),
    ('8.2.1 NUL in a name', with_field('x\0y', 'y')),
    ('8.2.1 DEL in a name', with_field('x\x7f', 'y')),
    ('8.2.1 octets above ASCII in a name', with_field(b'x\xff', b'y')),
    ('8.2.1 NUL in a value', with_field('x', 'y\0z')),
    ('8.2.1 LF in a value', with_field('x', 'y\nz')),
    ('8.2.1 CR in a value', with_field('x', 'y\rz')),
    ('8.2.1 a space before a value', with_field('x', ' y')),
    ('8.2.1 a space behind a value', with_field('x', 'y ')),
    ('8.2.1 a tab before a value', with_field('x', '\ty')),
    ('8.2.2 connection', with_field('connection', 'keep-alive')),
    ('8.2.2 proxy-connection', with_field('proxy-connection', 'keep-alive')),
    ('8.2.2 keep-alive', with_field('keep-alive', 'timeout=5')),
    ('8.2.2 transfer-encoding', with_field('transfer-encoding', 'chunked')),
    ('8.2.2 upgrade', with_field('upgrade', 'h2c')),
    ('8.2.2 te: trailers, deflate', with_field('te', 'trailers, deflate')),
    ('8.2.2 te: gzip', with_field('te', 'gzip')),
    ('8.3 an unknown pseudo-field', block(_m, _s, _p, _a, (':test', 'y'))),
    ('8.3 a pseudo-field of responses', block(_m, _s, _p, _a, (':status', '200'))),
    ('8.3 a pseudo-field behind a field', block(_m, _s, _p, ('x', 'y'), _a)),
    ('8.3 :path behind a field', block(_m, _s, ('x', 'y'), _p)),
    ('8.3.1 no :method', block(_s, _p, _a)),
    ('8.3.1 no :scheme', block(_m, _p, _a)),
    ('8.3.1 no :path', block(_m, _s, _a)),
    ('8.3.1 nothing', b''),
    ('8.3.1 fields alone', block(('x', 'y'))),
    ('8.3.1 two :method', block(_m, _m, _s, _p, _a)),
    ('8.3.1 two :scheme', block(_m, _s, _s, _p, _a)),
    ('8.3.1 two :path', block(_m, _s, _p, _p, _a)),
    ('8.3.1 two :authority', block(_m, _s, _p, _a, _a)),
    ('8.3.1 an empty :method', block((':method', ''), _s, _p, _a)),
    ('8.3.1 an empty :scheme', block(_m, (':scheme', ''), _p, _a)),
    ('8.3.1 an empty :path', block(_m, _s, (':path', ''), _a)),
    ('8.3.1 a :path without a slash', block(_m, _s, (':path', 'x'), _a)),
    ('8.3.1 a space in :path', block(_m, _s, (':path', '/a b'), _a)),
    ('8.3.1 CR LF in :path', block(_m, _s, (':path', '/ HTTP/1.1\r\nHost: x'), _a)),
    ('8.3.1 a :method that is no token', block((':method', 'GET /x'), _s, _p, _a)),
    ('8.3.1 a :scheme that is none', block(_m, (':scheme', 'http://x/'), _p, _a)),
    ('8.3.1 userinfo in :authority', block(_m, _s, _p, (':authority', 'a@localhost'))),
    ('8.3.1 a Host that differs from :authority', block(_m, _s, _p, _a, ('host', 'elsewhere'))),
    ('8.3.1 neither :authority nor Host', block(_m, _s, _p)),
    ('8.5 CONNECT with :path', block((':method', 'CONNECT'), _p, (':authority', 'localhost:443'))),
    ('8.5 CONNECT with :scheme', block((':method', 'CONNECT'), _s, (':authority', 'localhost:443'))),
    ('8.5 CONNECT without a port', block((':method', 'CONNECT'), _a)),
    ('8.5 CONNECT without :authority', block((':method', 'CONNECT'))),
    ('RFC 8441 3 :protocol that was not allowed', block((':method', 'CONNECT'), _s, _p, _a,
                                                       (':protocol', 'websocket'))),
    ('RFC 9110 8.6 two content-lengths',
     request('GET', '/', ('content-length', '0'), ('content-length', '1'))),
    ('RFC 9110 8.6 a content-length that is no number', with_field('content-length', '1x')),
])
each(answers, [
    ('8.2.1 a tab in a value', headers(1, with_field('x', 'y\tz'))),
    ('8.2.1 octets above ASCII in a value', headers(1, with_field('x', 'y\xff'))),
    ('8.2.1 an empty value', headers(1, with_field('x', ''))),
    ('8.2.2 te: trailers', headers(1, with_field('te', 'trailers'))),
    ('8.2.3 cookies in crumbs', headers(1, request('GET', '/', ('cookie', 'a=b'), ('cookie', 'c=d')))),
    ('8.3.1 Host without :authority', headers(1, block(_m, _s, _p, ('host', 'localhost')))),
    ('8.3.1 the scheme https', headers(1, request(scheme='https'))),
    ('8.3.1 pseudo-fields in any order', headers(1, block(_p, _a, _m, _s))),
    ('8.5 CONNECT', headers(1, block((':method', 'CONNECT'), (':authority', 'localhost:443'))), 501),
    ('8.3.1 OPTIONS *', headers(1, block((':method', 'OPTIONS'), _s, (':path', '*'), _a)), 204),
])


# ---- RFC 7541 ----------------------------------------------------------------------------------------

def huffman(name, value, octets):
    return literal(name, value)[:-len(string(value))] + integer(len(octets), 7, 0x80) + octets


each(ends, [
    ('HPACK 2.3.3 an index behind the tables', headers(1, GET + integer(70, 7, 0x80)), COMPRESSION),
    ('HPACK 2.3.3 the first index of an empty table',
     headers(1, GET + integer(62, 7, 0x80)), COMPRESSION),
    ('HPACK 2.3.3 the index of a name behind the tables',
     headers(1, GET + integer(70, 4) + string('x')), COMPRESSION),
    ('HPACK 2.3.3 an enormous index', headers(1, GET + integer(1 << 30, 7, 0x80)), COMPRESSION),
    ('HPACK 4.2 a size update at the end of a block',
     headers(1, GET + integer(100, 5, 0x20)), COMPRESSION),
    ('HPACK 4.2 a size update behind the first field', headers(1, b'\x82' + b'\x20' + GET), COMPRESSION),
    ('HPACK 4.2 a size update in trailers behind a field',
     OPEN + headers(1, literal('x', 'y') + b'\x20'), COMPRESSION),
    ('HPACK 5.1 a number above 2^32', headers(1, GET + b'\xff\xff\xff\xff\xff\xff\x7f'), COMPRESSION),
    ('HPACK 5.1 a number of many octets of 0',
     headers(1, b'\x3f' + b'\x80' * 20 + b'\0' + GET), COMPRESSION),
    ('HPACK 5.2 a name longer than the block', headers(1, GET + b'\0\x7f\xff\xff\3x'), COMPRESSION),
    ('HPACK 5.2 Huffman: padding longer than 7 bits',
     headers(1, GET + huffman('x', 'y', b'\x1f\xff')), COMPRESSION),
    ('HPACK 5.2 Huffman: padding of 8 bits alone',
     headers(1, GET + huffman('x', 'y', b'\xff')), COMPRESSION),
    ('HPACK 5.2 Huffman: padding by zeros', headers(1, GET + huffman('x', 'y', b'\x18')), COMPRESSION),
    ('HPACK 5.2 Huffman: EOS', headers(1, GET + huffman('x', 'y', b'\xff\xff\xff\xff')), COMPRESSION),
    ('HPACK 5.2 Huffman: EOS behind a symbol',
     headers(1, GET + huffman('x', 'y', b'\x1f\xff\xff\xff\xff')), COMPRESSION),
    ('HPACK 5.2 Huffman: a symbol that is cut',
     headers(1, GET + huffman('x', 'y', b'\xfe')), COMPRESSION),
    ('HPACK 6.1 index 0', headers(1, GET + b'\x80'), COMPRESSION),
    ('HPACK 6.3 a size update above the limit', headers(1, integer(4097, 5, 0x20) + GET), COMPRESSION),
    ('HPACK 6.3 an enormous size update', headers(1, integer(1 << 30, 5, 0x20) + GET), COMPRESSION),
])
TEAPOT = block(_m, _s, _a)
each(answers, [
    ('HPACK 4.2 a size update', headers(1, integer(4096, 5, 0x20) + GET)),
    ('HPACK 4.2 two size updates', headers(1, b'\x20' + integer(4096, 5, 0x20) + GET)),
    ('HPACK 5.1 a number with octets of 0 behind it', headers(1, b'\x3f\x81\x9f\x80\0' + GET)),
    ('HPACK 5.2 Huffman: padding of 3 bits', headers(1, GET + huffman('x', 'y', b'\x1f'))),
    ('HPACK 5.2 Huffman: nothing', headers(1, GET + huffman('x', 'y', b''))),
    ('HPACK 6.1 indexed fields', headers(1, b'\x82\x86\x84' + literal(':authority', 'x'))),
    ('HPACK 6.2.1 a name by its index, into the table',
     headers(1, TEAPOT + b'\x44' + string('/status/418')), 418),
    ('HPACK 6.2.1 a new name into the table',
     headers(1, TEAPOT + literal(':path', '/status/418', 0x40)), 418),
    ('HPACK 6.2.2 a name by its index', headers(1, TEAPOT + b'\4' + string('/status/418')), 418),
    ('HPACK 6.2.3 a name by its index, never indexed',
     headers(1, TEAPOT + b'\x14' + string('/status/418')), 418),
    ('HPACK 6.2.3 a new name, never indexed',
     headers(1, TEAPOT + literal(':path', '/status/418', 0x10)), 418),
    ('HPACK 6.2.1 used in the same block', headers(1, TEAPOT + b'\x44' + string('/status/418') + literal(
        'x', 'y', 0x40) + b'\xbe' + literal('x', 'y')), 418),
])


@case('HPACK 2.3.2 the table lasts over requests')
def table_lasts(p):
    p.send(headers(1, TEAPOT + b'\x44' + string('/status/418')))
    p.answered(1, 418)
    p.send(headers(3, literal(':method', 'GET', 0x40) + block(_s, _a) + b'\xbf'))
    p.answered(3, 418)
    p.send(headers(5, b'\xbe' + block(_s, _a) + integer(63, 4) + string('/status/404')))
    p.answered(5, 404)


@case('HPACK 4.3 a size update of 0 empties the table')
def emptied(p):
    p.send(headers(1, TEAPOT + b'\x44' + string('/status/418')))
    p.answered(1, 418)
    p.send(headers(3, b'\x20' + integer(4096, 5, 0x20) + TEAPOT + b'\xbe'))
    p.connection_error(COMPRESSION)


@case('HPACK 4.4 an entry larger than the table empties it')
def too_large(p):
    p.send(headers(1, TEAPOT + b'\x44' + string('/status/418')))
    p.answered(1, 418)
    p.send(headers(3, GET + literal('x', 'y' * 4064, 0x40)))
    p.answered(3)
    p.send(headers(5, TEAPOT + b'\xbe'))
    p.connection_error(COMPRESSION)


@case('HPACK 4.4 an entry drives the oldest ones out')
def driven_out(p):
    p.send(headers(1, TEAPOT + b'\x44' + string('/status/418') + literal('x', 'y' * 4000, 0x40)))
    p.answered(1, 418)
    p.send(headers(3, TEAPOT + b'\xbf'))
    p.answered(3, 418)
    p.send(headers(5, GET + literal('x', 'z', 0x40)))
    p.answered(5)
    p.send(headers(7, TEAPOT + b'\xc0'))
    p.connection_error(COMPRESSION)


@case('HPACK the encoder of Python, with Huffman and its table')
def encoder(p):
    coder = hpack.Encoder()
    for i in range(30):
        stream, status = 2 * i + 1, 200 + 100 * (i % 3)
        p.send(headers(stream, coder.encode([_m, _s, _a, (':path', '/status/%d' % status),
                                             ('x-%d' % (i % 7), 'value %d of many' % i)])))
        p.answered(stream, status)


# ---- plain requests ----------------------------------------------------------------------------------

@case('plain: GET')
def plain_get(p):
    p.send(headers(1, request(scheme='https' if p.tls else 'http')))
    answer = p.answered()
    check(answer.body.rstrip().endswith(b'</html>'), answer.body[-50:])
    equal(int(answer.field('content-length')), len(answer.body))
    check(answer.field('date') and answer.field('content-type').startswith('text/html'), answer.fields)


@case('plain: HEAD has the fields of GET and no DATA')
def plain_head(p):
    p.send(headers(1, GET), headers(3, HEAD))
    get, head = p.answered(1), p.answered(3)
    equal(head.body, b'')
    equal(len(head.fields), len(get.fields))


@case('plain: POST to what takes none, answered behind its end')
def plain_post(p):
    p.send(headers(1, POST, end=False), data(1, b'a=b'))
    check('GET' in p.answered(1, 405).field('allow'))
    p.alive()
    equal(p.answers[1].reset, None)


@case('plain: POST with trailers, echoed')
def plain_trailers(p):
    p.send(headers(1, request('POST', '/echo', ('trailer', 'x')), end=False), data(1, b'a=b', end=False),
           headers(1, block(('x', 'y'))))
    equal(p.answered().body, b'a=b')


@case('plain: trailers of the server')
def trailers_out(p):
    p.send(headers(1, request('GET', '/trailers')))
    equal(len(p.answered().trailers), 2)


@case('plain: 100 Continue')
def plain_continue(p):
    p.send(headers(1, request('POST', '/upload', ('expect', '100-continue'), ('content-length', '3')),
                   end=False))
    p.until(lambda f: f.type == HEADERS, '100')
    equal(p.answers[1].status, 100)
    p.send(data(1, b'abc'))
    check(b'"octets":3' in p.answered().body)


@case('plain: requests that interleave')
def interleaved(p):
    streams = range(1, 21, 2)
    p.send(*[headers(s, request('POST', '/echo'), end=False) for s in streams])
    for part in (b'abc', b'def'):
        p.send(*[data(s, part + b'%d' % s, end=part == b'def') for s in streams])
    for s in streams:
        equal(p.answered(s).body, b'abc%ddef%d' % (s, s))


@case('plain: a GET whose end comes late')
def late_end(p):
    p.send(headers(1, GET, end=False))
    p.alive()
    p.send(data(1))
    p.answered()
    p.alive()
    equal(p.answers[1].reset, None)


@case('plain: 300 requests in a row')
def in_a_row(p):
    p.send(window(0, 1 << 20))
    for i in range(300):
        p.send(headers(2 * i + 1, GET if i % 2 else request('HEAD', '/hello')))
        p.answered(2 * i + 1)


# ---- HTTP/1.1: what would smuggle, beside raw.py -----------------------------------------------------

def h1(line, *fields, body=b''):
    return b'\r\n'.join((line,) + fields) + b'\r\n\r\n' + body


UP, AT = b'POST /upload HTTP/1.1', b'Host: localhost'
INNER = h1(b'GET /status/418 HTTP/1.1', AT)
CHUNKED = b'Transfer-Encoding: chunked'
CHUNK = b'1\r\na\r\n'
SMUGGLED = [  # the octets, and the statuses that come back; whatever is refused closes the connection
    ('a space before the colon of Transfer-Encoding', h1(UP, AT, b'Transfer-Encoding : chunked'), 400),
    ('a space before the colon of Content-Length',
     h1(UP, AT, b'Content-Length : 5', body=b'abcde'), 400),
    ('Transfer-Encoding on a folded line',
     h1(UP, AT, b'Transfer-Encoding:', b' chunked', body=b'0\r\n\r\n'), 400),
    ('a field that hides Transfer-Encoding behind CR',
     h1(UP, AT, b'X: y\rTransfer-Encoding: chunked'), 400),
    ('a field that hides Transfer-Encoding behind LF',
     h1(UP, AT, b'Content-Length: 0', b'X: y\nTransfer-Encoding: chunked'), 400),
    ('Transfer-Encoding: identity', h1(UP, AT, b'Transfer-Encoding: identity'), 400),
    ('Transfer-Encoding: chunked, chunked',
     h1(UP, AT, b'Transfer-Encoding: chunked, chunked', body=b'0\r\n\r\n'), 400),
    ('Transfer-Encoding: chunked, identity',
     h1(UP, AT, b'Transfer-Encoding: chunked, identity', body=b'0\r\n\r\n'),
     400),
    ('Transfer-Encoding: "chunked"',
     h1(UP, AT, b'Transfer-Encoding: "chunked"', body=b'0\r\n\r\n'), 400),
    ('Transfer-Encoding: chunked and NUL',
     h1(UP, AT, b'Transfer-Encoding: chunked\0', body=b'0\r\n\r\n'), 400),
    ('Transfer-Encoding twice, the first one unknown',
     h1(UP, AT, b'Transfer-Encoding: x', CHUNKED, body=b'0\r\n\r\n'), (400, 501)),
    ('Content-Length twice in one field', h1(UP, AT, b'Content-Length: 5, 6', body=b'abcdef'), 400),
    ('Content-Length below 0', h1(UP, AT, b'Content-Length: -1', body=b'x'), 400),
    ('Content-Length with a point', h1(UP, AT, b'Content-Length: 5.0', body=b'abcde'), 400),
    ('Content-Length of 2^64', h1(UP, AT, b'Content-Length: 18446744073709551616'), 400),
    ('a chunk of 2^64-1', h1(UP, AT, CHUNKED, body=b'ffffffffffffffff\r\na\r\n0\r\n\r\n'), 400),
    ('a chunk of 2^64', h1(UP, AT, CHUNKED, body=b'10000000000000000\r\na\r\n0\r\n\r\n'), 400),
    ('a chunk size below 0', h1(UP, AT, CHUNKED, body=b'-1\r\na\r\n0\r\n\r\n'), 400),
    ('a chunk size that ends in CR alone', h1(UP, AT, CHUNKED, body=b'1\ra\r\n0\r\n\r\n'), 400),
    ('chunk data that end in CR alone', h1(UP, AT, CHUNKED, body=b'1\r\na\rx0\r\n\r\n'), 400),
    ('chunk data without an end', h1(UP, AT, CHUNKED, body=b'1\r\na0\r\n\r\n'), 400),
    ('a chunk extension with CR', h1(UP, AT, CHUNKED, body=b'1;x\ry\r\na\r\n0\r\n\r\n'), 400),
    ('a chunk extension with NUL', h1(UP, AT, CHUNKED, body=b'1;x=\0\r\na\r\n0\r\n\r\n'), 400),
    ('a space behind a chunk size', h1(UP, AT, CHUNKED, body=b'1 \r\na\r\n0\r\n\r\n'), 400),
    ('the last chunk ends in LF', h1(UP, AT, CHUNKED, body=CHUNK + b'0\n\r\n'), 400),
    ('the trailers end in LF', h1(UP, AT, CHUNKED, body=CHUNK + b'0\r\n\n'), 400),
    ('Transfer-Encoding in the trailers',
     h1(UP, AT, CHUNKED, body=CHUNK + b'0\r\n' + CHUNKED + b'\r\n\r\n'), 400),
    ('a trailer on a folded line', h1(UP, AT, CHUNKED, body=CHUNK + b'0\r\nX: y\r\n z\r\n\r\n'), 400),
    ('lines that end in CR CR LF', b'GET / HTTP/1.1\r\r\nHost: localhost\r\r\n\r\r\n', 400),
    ('lines that end in CR', b'GET / HTTP/1.1\rHost: localhost\r\r', 400),
    ('NUL in the request line', h1(b'GET /\0 HTTP/1.1', AT), 400),
    ('a Host that differs from the target in absolute form',
     h1(b'GET http://localhost/hello HTTP/1.1', b'Host: x'),
     (200, 400)),
    ('two authorities in a target', h1(b'GET http://a@b/hello HTTP/1.1', AT), 400),
    ('CONNECT with a path', h1(b'CONNECT / HTTP/1.1', AT), 400),
    ('a fragment in a target', h1(b'GET /hello#x HTTP/1.1', AT), 400),
    ('a version of two digits', h1(b'GET /hello HTTP/1.10', AT), 400),
]


def smuggled(name, octets, status):
    @test('conformance/http1/refused: ' + name, limit=20)
    def one(context):
        answer = raw_converse(context, octets)
        got = statuses(answer)
        check(len(got) >= 1 and got[0] in (status if isinstance(status, tuple) else (status,)), answer[:300])
        if got[0] >= 400:
            equal(len(got), 1, 'how many answers')


for _row in SMUGGLED:
    smuggled(*_row)

# A request whose body looks like another one: it is a body, whatever the method.
FRAMED = [
    ('GET with a body',
     h1(b'GET /hello HTTP/1.1', AT, b'Content-Length: %d' % len(INNER), body=INNER), [200]),
    ('HEAD with a body',
     h1(b'HEAD /hello HTTP/1.1', AT, b'Content-Length: %d' % len(INNER), body=INNER), [200]),
    ('OPTIONS with a body',
     h1(b'OPTIONS /echo HTTP/1.1', AT, b'Content-Length: %d' % len(INNER), body=INNER), [200]),
    ('DELETE with chunks', h1(b'DELETE /hello HTTP/1.1', AT, CHUNKED, body=b'%x\r\n%s\r\n0\r\n\r\n' % (
        len(INNER), INNER)), [405]),
    ('POST that is answered early',
     h1(b'POST /hello HTTP/1.1', AT, b'Content-Length: %d' % len(INNER), body=INNER),
     [405]),
    ('Connection names Content-Length', h1(UP, AT, b'Connection: Content-Length',
                                           b'Content-Length: %d' % len(INNER), body=INNER), [200]),
    ('Connection names Transfer-Encoding',
     h1(UP, AT, b'Connection: Transfer-Encoding', CHUNKED,
        body=b'%x\r\n%s\r\n0\r\n\r\n' % (len(INNER), INNER)), [200]),
    ('Content-Length with zeros before it',
     h1(UP, AT, b'Content-Length: 000%d' % len(INNER), body=INNER), [200]),
    ('a request behind Content-Length 0', h1(UP, AT, b'Content-Length: 0') + INNER, [200, 418]),
    ('a request behind a last chunk',
     h1(UP, AT, CHUNKED, body=CHUNK + b'000\r\n\r\n') + INNER, [200, 418]),
    ('a name like Transfer-Encoding',
     h1(UP, AT, b'Transfer_Encoding: chunked', b'Content-Length: %d' % len(INNER),
                                         body=INNER), [200]),
]


def framed(name, octets, expected):
    @test('conformance/http1/framing: ' + name, limit=20)
    def one(context):
        last = h1(b'GET /status/299 HTTP/1.1', AT, b'Connection: close')
        equal(statuses(raw_converse(context, octets + last)), expected + [299])


for _row in FRAMED:
    framed(*_row)


def statuses(octets):
    return [int(part[:3]) for part in octets.split(b'HTTP/1.1 ')[1:]]


def raw_converse(context, octets):
    """Everything that comes until the server ends the connection; what has no end of its own gets ours."""
    server = context.once('conformance http/1.1', lambda: our_server(context, '--protocols', 'http/1.1'))
    s = socket.create_connection(('127.0.0.1', server.port), LIMIT)
    try:
        s.sendall(octets)
        s.shutdown(socket.SHUT_WR)
        got, part = b'', b'x'
        while part:
            part = s.recv(65536)
            got += part
        return got
    except ConnectionResetError:
        return got
    finally:
        s.close()


@test('conformance/the servers end well')
def servers_end(context):
    for name in [name for name in context.shared if name.startswith('conformance ')]:
        ended_well(context.shared.pop(name))


# ---- alone -------------------------------------------------------------------------------------------

def run_alone(context, only):
    counts = {'ok': 0, 'FAILED': 0, 'skipped': 0}
    for name, needs, limit, function in TESTS:
        if only and not any(part in name for part in only):
            continue
        lacks = [m for m in (harness.missing(context, need) for need in needs) if m]
        failed = harness.run_test(context, name, lacks, limit, function)
        counts['FAILED' if failed else 'skipped' if lacks else 'ok'] += 1
    print('%(ok)d passed, %(FAILED)d failed, %(skipped)d skipped' % counts)
    return 1 if counts['FAILED'] or not counts['ok'] else 0


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser()
    parser.add_argument('--tls', type=int, default=1)
    parser.add_argument('--programs', default=os.path.join(here, '..', '..', 'examples'))
    parser.add_argument('only', nargs='*')
    args = parser.parse_args()
    programs = os.path.abspath(args.programs)
    context = harness.Context(*[os.path.join(programs, name) for name in ('server', 'client', 'hello')],
                              tls=args.tls, soak=False)
    try:
        return run_alone(context, args.only)
    finally:
        context.close()


if __name__ == '__main__':
    sys.exit(main())
