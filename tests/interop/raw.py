"""Octets by hand to our server: pipelining, cuts, malformed heads, the wrong protocol on a port."""
import re
import socket
import struct
import time

from harness import check, ended_well, equal, our_server, pattern, test
from as_server import shared

HOST = b'Host: localhost\r\n'


def connect(server):
    s = socket.create_connection(('127.0.0.1', server.port), 10)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def read_all(s, limit=10):
    """Everything up to the peer's end. A reset is an end too: what came before it counts."""
    s.settimeout(limit)
    out = bytearray()
    try:
        while True:
            part = s.recv(65536)
            if not part:
                return bytes(out)
            out += part
    except ConnectionResetError:
        return bytes(out)


def converse(server, octets, limit=10):
    """Sends everything, reads to the end. The server has to be the one that ends it."""
    s = connect(server)
    s.sendall(octets)
    try:
        return read_all(s, limit)
    except socket.timeout:
        raise AssertionError('the connection was not closed')
    finally:
        s.close()


def statuses(octets):
    return [int(status) for status in re.findall(rb'HTTP/1\.1 (\d{3}) ', octets)]


def get(path, more=b''):
    return b'GET ' + path + b' HTTP/1.1\r\n' + HOST + more + b'\r\n'


LAST = b'Connection: close\r\n'


@test('raw/206 says which part it is')
def partial(context):
    head, body = converse(shared(context), get(b'/status/206', LAST)).split(b'\r\n\r\n')
    equal(re.findall(rb'content-range: (.*)\r\n', head), [b'bytes 0-%d/%d' % (len(body) - 1, len(body))])


@test('raw/what another connection sent is not shown')
def other_connections(context):
    server = shared(context)
    victim, curious = connect(server), connect(server)
    rest = b'GET /fields HTTP/1.1\r\nHost:a\r\nA:'
    curious.sendall(get(b'/fields', b'Content-Length: %d\r\n' % len(rest)))
    time.sleep(0.2)
    victim.sendall(get(b'/hello', b'X-Name-Of-Another: 1\r\n'))
    check(victim.recv(4096).startswith(b'HTTP/1.1 200 '), 'no answer')
    time.sleep(0.2)
    curious.sendall(rest)
    curious.settimeout(10)
    answer = curious.recv(4096)
    check(answer.startswith(b'HTTP/1.1 ') and b'Another' not in answer, answer)


@test('raw/pipelined requests are answered in order')
def pipelined(context):
    octets = b''.join(get(b'/bytes/%d' % (1000 + i)) for i in range(50)) + get(b'/hello', LAST)
    answer = converse(shared(context), octets)
    equal(statuses(answer), [200] * 51)
    at = 0
    for i in range(50):
        at = answer.index(pattern(1000 + i) + b'HTTP/1.1', at) + 1
    check(answer.endswith(b'hello, world\n'), answer[-50:])


@test('raw/pipelined bodies of each kind')
def pipelined_bodies(context):
    post = b'POST /echo HTTP/1.1\r\n' + HOST
    octets = (post + b'Content-Length: 3\r\n\r\nabc' +
              post + b'Transfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1;x=y\r\nf\r\n0\r\n\r\n' +
              post + b'Content-Length: 0\r\n\r\n' + post + b'\r\n' +
              post + b'Transfer-Encoding: chunked\r\n\r\n3\r\nghi\r\n0\r\nX-Trailer: t\r\n\r\n' +
              get(b'/hello', LAST))
    answer = converse(shared(context), octets)
    equal(statuses(answer), [200] * 6)
    for part in (b'abc', b'ghi', b'hello, world\n'):
        check(part in answer, part)


@test('raw/one octet at a time gives the same answers')
def dribbled(context):
    octets = get(b'/bytes/30') + chunked(b'2\r\nde\r\n0\r\n\r\n') + get(b'/hello', LAST)
    whole = converse(shared(context), octets)
    s = connect(shared(context))
    for i in range(len(octets)):
        s.sendall(octets[i:i + 1])
        if i % 16 == 0:
            time.sleep(0.001)
    cut = read_all(s)
    s.close()

    def plain(answer):  # but for the date
        lines = answer.split(b'\r\n')
        return [line for line in lines if not line.lower().startswith(b'date:')]
    equal(plain(cut), plain(whole))


@test('raw/garbage behind a good request does not overtake its answer')
def garbage_behind(context):
    answer = converse(shared(context), get(b'/hello') + b'\x00\x01garbage\r\n\r\n')
    equal(statuses(answer), [200, 400])
    check(b'hello, world\n' in answer)
    check(b'garbage' not in answer, 'an answer echoes its input')


def chunked(body):
    return b'POST /upload HTTP/1.1\r\n' + HOST + b'Transfer-Encoding: chunked\r\n\r\n' + body


def post(fields, body=b''):
    return b'POST /upload HTTP/1.1\r\n' + HOST + fields + b'\r\n' + body


# What limits.md and RFC 9112 name: the octets, and the status that comes back before the close.
REFUSED = [
    ('a bare LF ends the request line', b'GET / HTTP/1.1\n' + HOST + b'\r\n', 400),
    ('a bare LF ends a field', b'GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n', 400),
    ('a bare LF ends the head', b'GET / HTTP/1.1\r\nHost: a\r\n\nX', 400),
    ('a bare CR in a value', get(b'/', b'X: a\rb\r\n'), 400),
    ('a bare CR in the request line', b'GET /\ra HTTP/1.1\r\n' + HOST + b'\r\n', 400),
    ('a folded field', get(b'/', b'X: a\r\n b\r\n'), 400),
    ('a first field that begins with a space', b'GET / HTTP/1.1\r\n X: y\r\n' + HOST + b'\r\n', 400),
    ('a space before the colon', get(b'/', b'X : a\r\n'), 400),
    ('no colon', get(b'/', b'nonsense\r\n'), 400),
    ('an empty name', get(b'/', b': a\r\n'), 400),
    ('a name that is no token', get(b'/', b'X@Y(: a\r\n'), 400),
    ('NUL in a value', get(b'/', b'X: a\0b\r\n'), 400),
    ('NUL in a name', get(b'/', b'X\0Y: a\r\n'), 400),
    ('a control octet in a value', get(b'/', b'X: a\x07b\r\n'), 400),
    ('DEL in a value', get(b'/', b'X: a\x7fb\r\n'), 400),
    ('no Host', b'GET / HTTP/1.1\r\n\r\n', 400),
    ('two Hosts', get(b'/', HOST), 400),
    ('a Host with a port that is none', b'GET / HTTP/1.1\r\nHost: a:x\r\n\r\n', 400),
    ('a Host with two ports', b'GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n', 400),
    ('a Host with an open bracket', b'GET / HTTP/1.1\r\nHost: [::1\r\n\r\n', 400),
    ('a Host with userinfo', b'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n', 400),
    ('a Host that is a list', b'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n', 400),
    ('two spaces in the request line', b'GET  / HTTP/1.1\r\n' + HOST + b'\r\n', 400),
    ('a tab in the request line', b'GET\t/ HTTP/1.1\r\n' + HOST + b'\r\n', 400),
    ('a space behind the version', b'GET / HTTP/1.1 \r\n' + HOST + b'\r\n', 400),
    ('no version', b'GET /\r\n' + HOST + b'\r\n', 400),
    ('a method that is no token', b'G@T / HTTP/1.1\r\n' + HOST + b'\r\n', 400),
    ('a method of 33 octets', b'M' * 33 + b' / HTTP/1.1\r\n' + HOST + b'\r\n', 400),
    ('a target without a slash', b'GET x HTTP/1.1\r\n' + HOST + b'\r\n', 400),
    ('* with GET', b'GET * HTTP/1.1\r\n' + HOST + b'\r\n', 400),
    ('a target with a control octet', b'GET /\x01 HTTP/1.1\r\n' + HOST + b'\r\n', 400),
    ('HTTP/1.2 in lower case', b'GET / http/1.1\r\n' + HOST + b'\r\n', 400),
    ('HTTP/2.0 in a request line', b'GET / HTTP/2.0\r\n' + HOST + b'\r\n', 505),
    ('HTTP/3.0 in a request line', b'GET / HTTP/3.0\r\n' + HOST + b'\r\n', 505),
    ('three empty lines', b'\r\n\r\n\r\n' + get(b'/'), 400),
    ('a request line above 8 KiB', get(b'/' + b'a' * 8300), 414),
    ('a field line above 8 KiB', get(b'/', b'X: ' + b'a' * 8300 + b'\r\n'), 431),
    ('200 fields', get(b'/', b'X: y\r\n' * 200), 431),
    ('a head above 32 KiB', get(b'/', (b'X: ' + b'a' * 7000 + b'\r\n') * 5), 431),
    ('Content-Length and Transfer-Encoding',
     post(b'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', b'0\r\n\r\n'), 400),
    ('Transfer-Encoding and Content-Length',
     post(b'Transfer-Encoding: chunked\r\nContent-Length: 3\r\n', b'0\r\n\r\n'), 400),
    ('Transfer-Encoding in HTTP/1.0',
     b'POST /upload HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400),
    ('two Transfer-Encodings',
     post(b'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', b'0\r\n\r\n'), 400),
    ('chunked, gzip', post(b'Transfer-Encoding: chunked, gzip\r\n', b'0\r\n\r\n'), 400),
    ('gzip, chunked', post(b'Transfer-Encoding: gzip, chunked\r\n', b'0\r\n\r\n'), 501),
    ('gzip', post(b'Transfer-Encoding: gzip\r\n', b'0\r\n\r\n'), 400),
    ('xchunked', post(b'Transfer-Encoding: xchunked\r\n', b'0\r\n\r\n'), 400),
    ('chunked;x', post(b'Transfer-Encoding: chunked;x\r\n', b'0\r\n\r\n'), 400),
    (', chunked', post(b'Transfer-Encoding: ,chunked\r\n', b'0\r\n\r\n'), 400),
    ('an empty Transfer-Encoding', post(b'Transfer-Encoding:\r\n', b'0\r\n\r\n'), 400),
    ('a vertical tab before chunked', post(b'Transfer-Encoding: \x0bchunked\r\n', b'0\r\n\r\n'), 400),
] + [('Content-Length: ' + value, post(b'Content-Length: ' + value.encode() + b'\r\n', b'abcde'), 400)
     for value in ('+5', '-0', '0x5', '5_0', '', '5, 5', '5 5', '99999999999999999999', '9223372036854775808')
     ] + [
    ('two Content-Lengths that agree', post(b'Content-Length: 5\r\nContent-Length: 5\r\n', b'abcde'), 400),
    ('two Content-Lengths that differ', post(b'Content-Length: 5\r\nContent-Length: 6\r\n', b'abcde'), 400),
    ('a chunk size with 0x', chunked(b'0x5\r\nabcde\r\n0\r\n\r\n'), 400),
    ('a chunk size with +', chunked(b'+5\r\nabcde\r\n0\r\n\r\n'), 400),
    ('a chunk size with _', chunked(b'5_\r\nabcde\r\n0\r\n\r\n'), 400),
    ('a chunk size with g', chunked(b'g\r\nabcde\r\n0\r\n\r\n'), 400),
    ('a space before a chunk size', chunked(b' 5\r\nabcde\r\n0\r\n\r\n'), 400),
    ('an empty chunk size', chunked(b'\r\nabcde\r\n0\r\n\r\n'), 400),
    ('a chunk size of 17 digits', chunked(b'00000000000000005\r\nabcde\r\n0\r\n\r\n'), 400),
    ('a chunk size of 14 significant digits', chunked(b'10000000000005\r\nabcde\r\n0\r\n\r\n'), 400),
    ('a chunk longer than its size', chunked(b'5\r\nabcdefg\r\n0\r\n\r\n'), 400),
    ('a chunk size that ends in LF', chunked(b'5\nabcde\r\n0\r\n\r\n'), 400),
    ('chunk data that ends in LF', chunked(b'5\r\nabcde\n0\r\n\r\n'), 400),
    ('a chunk line above 1 KiB', chunked(b'5;x=' + b'y' * 1100 + b'\r\nabcde\r\n0\r\n\r\n'), 400),
    ('a chunk extension with LF in quotes', chunked(b'5;x="\n"\r\nabcde\r\n0\r\n\r\n'), 400),
    ('a chunk extension with LF', chunked(b'5;x\nabcde\r\n0\r\n\r\n'), 400),
    ('chunk lines that outweigh their data',
     chunked((b'1;x=' + b'y' * 900 + b'\r\na\r\n') * 30 + b'0\r\n\r\n'), 400),
    ('Content-Length in the trailers', chunked(b'1\r\na\r\n0\r\nContent-Length: 5\r\n\r\n'), 400),
    ('Host in the trailers', chunked(b'1\r\na\r\n0\r\nHost: b\r\n\r\n'), 400),
    ('Authorization in the trailers', chunked(b'1\r\na\r\n0\r\nAuthorization: b\r\n\r\n'), 400),
    ('a malformed trailer', chunked(b'1\r\na\r\n0\r\nX : b\r\n\r\n'), 400),
    ('an unknown expectation', post(b'Content-Length: 1\r\nExpect: miracle\r\n', b'a'), 417),
    ('SMTP', b'EHLO localhost\r\n', 400),
    ('SSH', b'SSH-2.0-OpenSSH_9.2\r\n', 400),
    ('octets that are no text', bytes(range(1, 64)) * 4, 400),
    ('a PROXY header', b'PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n' + get(b'/'), 400),
    ('a PROXY header, version 2', b'\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c' + b'\x7f\0\0\1' * 2 + b'\0\1\0\2' +
     get(b'/'), 400),
    ('a preface that goes wrong', b'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n', 505),
]


def refused(name, octets, status):
    @test('raw/refused: ' + name)
    def one(context):
        server = context.once('cleartext', lambda: our_server(context))
        answer = converse(server, octets)
        got = statuses(answer)
        equal(got[-1:], [status], 'the status of %r' % answer[:200])
        equal(len(got), 1, 'how many answers')
        head = answer.split(b'\r\n\r\n')[0].lower()
        check(b'connection: close' in head, answer[:300])


for _row in REFUSED:
    refused(*_row)


# As near to a limit as it goes, and answered as it should be.
TAKEN = [
    ('two empty lines', b'\r\n\r\n' + get(b'/hello', LAST), 200),
    ('a target of 8,000 octets', get(b'/' + b'a' * 8000, LAST), 404),
    ('a field of 8,000 octets', get(b'/hello', b'X: ' + b'a' * 8000 + b'\r\n' + LAST), 200),
    ('120 fields', get(b'/hello', b'X: y\r\n' * 120 + LAST), 200),
    ('a head of 30 KiB', get(b'/hello', (b'X: ' + b'a' * 7500 + b'\r\n') * 4 + LAST), 200),
    ('a method of 32 octets', b'M' * 32 + b' /echo HTTP/1.1\r\n' + HOST + LAST + b'\r\n', 200),
    ('obs-text in a value', get(b'/hello', b'X: \xe4\xf6\r\n' + LAST), 200),
    ('an empty value', get(b'/hello', b'X:\r\n' + LAST), 200),
    ('spaces and tabs around a value', get(b'/hello', b'X: \t a \t\r\n' + LAST), 200),
    ('an absolute target', b'GET http://localhost/hello HTTP/1.1\r\n' + HOST + LAST + b'\r\n', 200),
    ('a Host with a bracket', b'GET /hello HTTP/1.1\r\nHost: [::1]:80\r\n' + LAST + b'\r\n', 200),
    ('an empty Host', b'GET /hello HTTP/1.1\r\nHost:\r\n' + LAST + b'\r\n', 200),
    ('HTTP/1.0 without Host', b'GET /hello HTTP/1.0\r\n\r\n', 200),
    ('Transfer-Encoding: CHUNKED',
     post(b'Transfer-Encoding: CHUNKED\r\n' + LAST, b'1\r\na\r\n0\r\n\r\n'), 200),
    ('a chunk size of 16 digits with zeros',
     post(b'Transfer-Encoding: chunked\r\n' + LAST, b'0000000000000005\r\nabcde\r\n0\r\n\r\n'), 200),
    ('chunk extensions of each kind',
     post(b'Transfer-Encoding: chunked\r\n' + LAST, b'5;a;b=c;d="e\\"f"\r\nabcde\r\n0;z\r\n\r\n'), 200),
    ('an unknown Upgrade', get(b'/hello', b'Connection: upgrade, close\r\nUpgrade: x/1\r\n'), 200),
    ('an h2c offer without its Connection token', get(b'/hello', b'Upgrade: h2c\r\nHTTP2-Settings: '
                                                      b'AAMAAABkAAQCAAAAAAIAAAAA\r\n' + LAST), 200),
    ('an h2c offer with Connection: close',
     get(b'/hello', b'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: '
                    b'AAMAAABkAAQCAAAAAAIAAAAA\r\n'), 200),
    ('an h2c offer without settings',
     get(b'/hello', b'Connection: Upgrade, close\r\nUpgrade: h2c\r\n'), 200),
]


def taken(name, octets, status):
    @test('raw/taken: ' + name)
    def one(context):
        server = context.once('cleartext', lambda: our_server(context))
        answer = converse(server, octets)
        equal(statuses(answer), [status], 'the statuses of %r' % answer[:200])


for _row in TAKEN:
    taken(*_row)


# ---- h2c offers that are not good --------------------------------------------------------------------

GOOD_SETTINGS = b'AAMAAABkAAQCAAAAAAIAAAAA'


def offer(settings, connection=b'Upgrade, HTTP2-Settings', upgrade=b'h2c', version=b'1.1', host=HOST):
    return (b'GET /hello HTTP/' + version + b'\r\n' + host + b'Connection: ' + connection +
            b'\r\nUpgrade: ' + upgrade + b'\r\n' +
            b''.join(b'HTTP2-Settings: ' + s + b'\r\n' for s in settings) + b'\r\n')


IGNORED_OFFERS = [
    ('two HTTP2-Settings', offer([GOOD_SETTINGS, GOOD_SETTINGS])),
    ('no HTTP2-Settings', offer([])),
    ('HTTP2-Settings that Connection does not name', offer([GOOD_SETTINGS], b'Upgrade')),
    ('HTTP/1.0', offer([GOOD_SETTINGS], b'keep-alive, Upgrade, HTTP2-Settings', version=b'1.0')),
    ('the token h2', offer([GOOD_SETTINGS], upgrade=b'h2')),
    ('settings that are no base64url', offer([b'AAMA!ABk'])),
    ('settings of five octets', offer([b'AAMAAAA'])),
]


def ignored_offer(name, octets):
    @test('raw/h2c offer is ignored: ' + name)
    def one(context):
        server = context.once('cleartext', lambda: our_server(context))
        s = connect(server)
        s.sendall(octets)
        s.settimeout(5)
        answer = s.recv(65536)
        check(answer.startswith(b'HTTP/1.1 200') and b'101' not in answer[:12], answer[:200])
        s.close()


for _row in IGNORED_OFFERS:
    ignored_offer(*_row)


@test('raw/h2c offer: 101 has its fields, SETTINGS come first behind it')
def upgrade_answer(context):
    s = connect(shared(context))
    s.sendall(offer([GOOD_SETTINGS]))
    s.settimeout(5)
    answer = b''
    while b'\r\n\r\n' not in answer or len(answer.split(b'\r\n\r\n', 1)[1]) < 9:
        part = s.recv(65536)
        check(part, answer)
        answer += part
    head, rest = answer.split(b'\r\n\r\n', 1)
    lines = head.lower().split(b'\r\n')
    check(lines[0].startswith(b'http/1.1 101'), head)
    check(b'upgrade: h2c' in lines and b'connection: upgrade' in lines, head)
    equal(rest[3], 4, 'the type of the first frame')
    s.close()


# ---- the wrong protocol on a port --------------------------------------------------------------------

def frames(octets):
    """[(type, flags, stream, payload)]"""
    out = []
    while len(octets) >= 9:
        length = int.from_bytes(octets[:3], 'big')
        out.append((octets[3], octets[4], int.from_bytes(octets[5:9], 'big'), octets[9:9 + length]))
        octets = octets[9 + length:]
    return out


PREFACE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'


def goaway_of(octets):
    found = [f for f in frames(octets) if f[0] == 7]
    check(found, 'no GOAWAY in %r' % octets[:200])
    last, code = struct.unpack('>II', found[-1][3][:8])
    return last, code, found[-1][3][8:]


@test('raw/HTTP/1 on a port of prior knowledge alone: GOAWAY with a sentence')
def http1_on_h2(context):
    server = our_server(context, '--protocols', 'prior')
    for octets in (get(b'/hello'), b'EHLO localhost\r\n', b'\x16\x03\x01\x02\x00\x01' + b'\0' * 100):
        _, code, debug = goaway_of(converse(server, octets))
        check(code != 0 and len(debug) > 10 and debug.isascii(), (code, debug))
    ended_well(server)


@test('raw/the preface on a port of HTTP/1.1 alone: 505 with a sentence')
def h2_on_http1(context):
    server = our_server(context, '--protocols', 'http/1.1')
    answer = converse(server, PREFACE + b'\0\0\0\4\0\0\0\0\0')
    equal(statuses(answer), [505])
    check(len(answer.split(b'\r\n\r\n', 1)[1]) > 10, answer)
    ended_well(server)


@test('raw/TLS on a cleartext port: an answer, a close, a log line')
def tls_on_cleartext(context):
    server = our_server(context)
    hello = bytes.fromhex('16030100310100002d0303') + bytes(32) + bytes.fromhex('00000213010100000100')
    answer = converse(server, hello)
    check(b'400' in answer[:15] or answer[:1] == b'\x15', answer)
    check('TLS' in server.wait_for('PEER_IS_TLS', 5), server.said())
    ended_well(server)


@test('raw/deadlines: silence ends, a slow head and a slow body get 408', 'soak', limit=120)
def deadlines(context):
    server = context.once('cleartext', lambda: our_server(context))
    silent, head, body = connect(server), connect(server), connect(server)
    began = time.monotonic()
    head.sendall(b'GET / HTTP/1.1\r\nHost: x\r\n')
    body.sendall(post(b'Content-Length: 1000000\r\n', b'abc'))
    equal(statuses(read_all(head, 40)), [408])
    check(time.monotonic() - began > 15, 'the head had %.1f s' % (time.monotonic() - began))
    equal(statuses(read_all(body, 40)), [408])
    equal(read_all(silent, 75), b'')
    check(time.monotonic() - began > 50, 'silence had %.1f s' % (time.monotonic() - began))
    for s in (silent, head, body):
        s.close()


@test('raw/half-closed clients still get their answer')
def half_closed(context):
    s = connect(shared(context))
    s.sendall(get(b'/bytes/500000'))
    s.shutdown(socket.SHUT_WR)
    answer = read_all(s)
    check(answer.endswith(pattern(500000)), len(answer))
    s.close()


@test('raw/a body cut by the end of the connection is answered and not taken')
def cut_body(context):
    s = connect(shared(context))
    s.sendall(post(b'Content-Length: 10\r\n', b'abc'))
    s.shutdown(socket.SHUT_WR)
    answer = read_all(s)
    check(b'sha1' not in answer, answer)
    s.close()


@test('raw/Expect: 100-continue is answered before the body')
def expect_continue(context):
    s = connect(shared(context))
    s.settimeout(5)
    s.sendall(post(b'Content-Length: 3\r\nExpect: 100-continue\r\n' + LAST))
    first = s.recv(1000)
    check(first.startswith(b'HTTP/1.1 100'), first)
    s.sendall(b'abc')
    check(b'"octets":3' in read_all(s), first)
    s.close()


# ---- HTTP/2 frames that break its rules --------------------------------------------------------------

def frame(kind, flags, stream, payload=b''):
    return len(payload).to_bytes(3, 'big') + bytes([kind, flags]) + stream.to_bytes(4, 'big') + payload


SETTINGS = frame(4, 0, 0)
HEADERS = bytes.fromhex('828684410a') + b'localhost1'  # GET / over http, by indices
PROTOCOL, FLOW, CLOSED, SIZE, COMPRESSION, CALM = 1, 3, 5, 6, 9, 0xb

ENDED = [
    ('DATA on stream 0', frame(0, 0, 0, b'x'), PROTOCOL),
    ('DATA on an idle stream', frame(0, 0, 1, b'x'), PROTOCOL),
    ('HEADERS on stream 0', frame(1, 5, 0, HEADERS), PROTOCOL),
    ('HEADERS on an even stream', frame(1, 5, 2, HEADERS), PROTOCOL),
    ('a stream identifier that falls', frame(1, 5, 5, HEADERS) + frame(1, 5, 3, HEADERS), PROTOCOL),
    ('HEADERS that are no HPACK', frame(1, 5, 1, b'\xff\xff\xff\xff\xff\xff\xff'), COMPRESSION),
    ('a field block that is cut', frame(1, 5, 1, HEADERS[:-3]), COMPRESSION),
    ('padding as long as the payload', frame(1, 13, 1, b'\xff' + HEADERS), PROTOCOL),
    ('HEADERS, then PING instead of CONTINUATION', frame(1, 1, 1, HEADERS) + frame(6, 0, 0, b'8' * 8),
     PROTOCOL),
    ('CONTINUATION out of place', frame(9, 4, 1, HEADERS), PROTOCOL),
    ('CONTINUATION on another stream', frame(1, 1, 1, HEADERS) + frame(9, 4, 3, b''), PROTOCOL),
    ('a flood of CONTINUATION', frame(1, 1, 1, HEADERS) + frame(9, 0, 1, b'\x88') * 20, CALM),
    ('empty CONTINUATION', frame(1, 1, 1, HEADERS) + frame(9, 0, 1, b'') * 4, CALM),
    ('PUSH_PROMISE from a client', frame(5, 4, 1, b'\0\0\0\2' + HEADERS), PROTOCOL),
    ('SETTINGS on a stream', frame(4, 0, 1), PROTOCOL),
    ('SETTINGS of five octets', frame(4, 0, 0, b'12345'), SIZE),
    ('a SETTINGS acknowledgement with payload', frame(4, 1, 0, b'\0' * 6), SIZE),
    ('ENABLE_PUSH 2', frame(4, 0, 0, b'\0\2\0\0\0\2'), PROTOCOL),
    ('INITIAL_WINDOW_SIZE 2^31', frame(4, 0, 0, b'\0\4\x80\0\0\0'), FLOW),
    ('MAX_FRAME_SIZE 0', frame(4, 0, 0, b'\0\5\0\0\0\0'), PROTOCOL),
    ('33 settings', frame(4, 0, 0, b'\0\x55\0\0\0\0' * 33), CALM),
    ('PING of seven octets', frame(6, 0, 0, b'7' * 7), SIZE),
    ('PING on a stream', frame(6, 0, 1, b'8' * 8), PROTOCOL),
    ('GOAWAY on a stream', frame(7, 0, 1, b'\0' * 8), PROTOCOL),
    ('RST_STREAM on an idle stream', frame(3, 0, 1, b'\0' * 4), PROTOCOL),
    ('RST_STREAM of three octets', frame(3, 0, 1, b'\0' * 3), SIZE),
    ('WINDOW_UPDATE of 0', frame(8, 0, 0, b'\0' * 4), PROTOCOL),
    ('WINDOW_UPDATE of three octets', frame(8, 0, 0, b'\0' * 3), SIZE),
    ('WINDOW_UPDATE on an idle stream', frame(8, 0, 1, b'\0\0\0\1'), PROTOCOL),
    ('WINDOW_UPDATE above 2^31-1', frame(8, 0, 0, b'\x7f\xff\xff\xff'), FLOW),
    ('a frame above MAX_FRAME_SIZE', frame(0xaa, 0, 0, b'x' * 16385), SIZE),
    ('a flood of empty DATA', frame(1, 4, 1, b'\x83\x86\x84\x41\x01x') + frame(0, 0, 1) * 40, CALM),
]


def ended(name, octets, code):
    @test('raw/HTTP/2 ends with GOAWAY: ' + name)
    def one(context):
        server = context.once('cleartext', lambda: our_server(context))
        answer = converse(server, PREFACE + SETTINGS + octets)
        equal(goaway_of(answer)[1], code, "GOAWAY's code (%r)" % answer[-100:])


for _row in ENDED:
    ended(*_row)


def literal(name, value):
    return b'\0' + bytes([len(name)]) + name + bytes([len(value)]) + value


START = bytes.fromhex('828684') + literal(b':authority', b'x')
RESET = [
    ('no :path', b'\x82\x86' + literal(b':authority', b'x')),
    ('no :scheme', b'\x82\x84' + literal(b':authority', b'x')),
    ('an empty :path', b'\x82\x86' + literal(b':path', b'') + literal(b':authority', b'x')),
    ('two :method', b'\x82' + START),
    ('a pseudo-field behind a field', b'\x82\x86\x84' + literal(b'a', b'b') + literal(b':authority', b'x')),
    ('an unknown pseudo-field', START + literal(b':x', b'y')),
    (':status in a request', START + b'\x88'),
    ('a name in upper case', START + literal(b'X', b'y')),
    ('an empty name', START + literal(b'', b'y')),
    ('a colon in a name', START + literal(b'a:b', b'y')),
    ('CR LF in a value', START + literal(b'a', b'b\r\nc')),
    ('NUL in a value', START + literal(b'a', b'b\0c')),
    ('a space before a value', START + literal(b'a', b' b')),
    ('connection', START + literal(b'connection', b'close')),
    ('transfer-encoding', START + literal(b'transfer-encoding', b'chunked')),
    ('te: gzip', START + literal(b'te', b'gzip')),
    ('a Host that differs', START + literal(b'host', b'y')),
    ('userinfo in :authority', b'\x82\x86\x84' + literal(b':authority', b'u@x')),
    ('two content-lengths', START + literal(b'content-length', b'0') + literal(b'content-length', b'1')),
    ('a content-length without a body', START + literal(b'content-length', b'5')),
    ('a content-length with +', START + literal(b'content-length', b'+0')),
]


def reset(name, block):
    @test('raw/HTTP/2 refuses a malformed request alone: ' + name)
    def one(context):
        server = context.once('cleartext', lambda: our_server(context))
        s = connect(server)
        s.settimeout(5)
        good = bytes.fromhex('828604') + b'\x06/hello' + literal(b':authority', b'x')
        s.sendall(PREFACE + SETTINGS + frame(1, 5, 1, block) + frame(1, 5, 3, good) +
                  frame(6, 0, 0, b'the end!'))
        octets = b''
        while b'the end!' not in octets or b'hello, world' not in octets:
            part = s.recv(65536)
            check(part, 'the connection ended: %r' % octets)
            octets += part
        s.close()
        first = [f for f in frames(octets) if f[2] == 1]
        check(first and first[-1][0] in (1, 3), 'no refusal: %r' % (first,))
        if first[-1][0] == 3:
            equal(int.from_bytes(first[-1][3], 'big'), PROTOCOL, "RST_STREAM's code")
        check(not any(f[0] == 7 for f in frames(octets)), 'GOAWAY')


for _row in RESET:
    reset(*_row)


# ---- HTTP/2 by hand: what the server may send is counted here ----------------------------------------

class Wire:
    """A client that keeps the accounts itself: windows as they stand when each frame of the server comes."""

    def __init__(self, server):
        self.s = connect(server)
        self.s.settimeout(10)
        self.got, self.initial, self.pending = b'', 65535, []
        self.connection, self.stream, self.data = 65535, {}, {}
        self.goaways, self.ended = [], set()
        self.s.sendall(PREFACE + SETTINGS)
        self.pending.append(None)

    def get(self, stream, path):
        block = b'\x82\x86' + literal(b':path', path) + literal(b':authority', b'x')
        self.stream[stream], self.data[stream] = self.initial_sent(), bytearray()
        self.s.sendall(frame(1, 5, stream, block))

    def initial_sent(self):
        """The value that holds for a new stream once everything before it has been read."""
        values = [v for v in self.pending if v is not None]
        return values[-1] if values else self.initial

    def set_window(self, size):
        self.s.sendall(frame(4, 0, 0, b'\0\4' + size.to_bytes(4, 'big')))
        self.pending.append(size)

    def give(self, stream, size):
        self.s.sendall(frame(8, 0, stream, size.to_bytes(4, 'big')))
        if stream:
            self.stream[stream] += size
        else:
            self.connection += size

    def turn(self):
        """One frame of the server; None at its end."""
        while len(self.got) < 9 or len(self.got) < 9 + int.from_bytes(self.got[:3], 'big'):
            part = self.s.recv(65536)
            if not part:
                return None
            self.got += part
        length = int.from_bytes(self.got[:3], 'big')
        kind, flags, stream, payload = frames(self.got[:9 + length])[0]
        self.got = self.got[9 + length:]
        if kind == 0:
            self.take_data(stream, flags, payload)
        elif kind == 1 and flags & 1:
            self.ended.add(stream)
        elif kind == 4 and not flags & 1:
            self.s.sendall(frame(4, 1, 0))
        elif kind == 4:
            self.acknowledged()
        elif kind == 6 and not flags & 1:
            self.s.sendall(frame(6, 1, 0, payload))
        elif kind == 7:
            self.goaways.append((int.from_bytes(payload[:4], 'big'), int.from_bytes(payload[4:8], 'big')))
        return kind, flags, stream, payload

    def take_data(self, stream, flags, payload):
        self.connection -= len(payload)
        self.stream[stream] -= len(payload)
        check(not payload or (self.stream[stream] >= 0 and self.connection >= 0),
              'more DATA than the window: %d, %d' % (self.stream[stream], self.connection))
        self.data[stream] += payload
        if flags & 1:
            self.ended.add(stream)

    def acknowledged(self):
        check(self.pending, 'an acknowledgement for nothing')
        size = self.pending.pop(0)
        if size is not None:
            for stream in self.stream:
                self.stream[stream] += size - self.initial
            self.initial = size


@test('raw/HTTP/2: windows that shrink below zero, grow, and end at the right octet')
def windows(context):
    server = context.once('cleartext', lambda: our_server(context))
    w = Wire(server)
    w.set_window(50000)
    while w.pending:
        check(w.turn(), 'the end')
    w.give(0, 5000000)
    for i in range(4):
        w.get(2 * i + 1, b'/bytes/300000')
    for size in (40000, 0, 70000, 1, 16, 3000, 100000, 20000, 90000):
        w.set_window(size)
        while w.pending:
            check(w.turn(), 'the end')
    while len(w.ended) < 4:
        for stream in set(w.stream) - w.ended:
            if w.stream[stream] < 20000:
                w.give(stream, 50000)
        check(w.turn(), 'the end')
    for stream in w.data:
        equal(bytes(w.data[stream]) == pattern(300000), True, 'the body of %d' % stream)
    w.s.close()


@test('raw/HTTP/2: SIGTERM sends two GOAWAYs, and what is under way goes on to its end')
def goaway(context):
    server = our_server(context)
    w = Wire(server)
    w.set_window(2**31 - 1)
    w.give(0, 2**30)
    w.get(1, b'/bytes/20000000')
    while len(w.data[1]) < 100000:
        check(w.turn(), 'the end')
    server.process.terminate()
    while not w.goaways:
        check(w.turn(), 'the end')
    equal(w.goaways[0][1], 0, 'the code')
    while 1 not in w.ended:
        check(w.turn(), 'the end came before the body was whole')
    while w.turn():
        pass
    equal(bytes(w.data[1]) == pattern(20000000), True, 'the body')
    equal(w.goaways, [(2**31 - 1, 0), (1, 0)])
    w.s.close()
    ended_well(server)
