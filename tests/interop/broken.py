"""Our client and servers that break their word: it ends with 1 and one sentence, never with a crash."""
import socket
import threading

from harness import check, equal, run, test
from raw import SETTINGS, frame, literal


class OneAnswer:
    """A server that answers every connection with the same octets once something has come, and closes."""

    def __init__(self, octets, wait_for=b'', stay=False):
        self.octets, self.wait_for, self.stay = octets, wait_for, stay
        self.s = socket.socket()
        self.s.bind(('127.0.0.1', 0))
        self.s.listen(16)
        self.port = self.s.getsockname()[1]
        self.open = True
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while self.open:
            try:
                peer, _ = self.s.accept()
            except OSError:
                return
            try:
                self.answer(peer)
            except OSError:
                pass
            peer.close()

    def answer(self, peer):
        peer.settimeout(5)
        got = peer.recv(65536)
        while self.wait_for not in got:
            part = peer.recv(65536)
            if not part:
                return
            got += part
        peer.sendall(self.octets)
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(65536):
            pass

    def close(self):
        self.open = False
        self.s.shutdown(socket.SHUT_RDWR)
        self.s.close()


def ask(context, octets, *options, path='/'):
    """(status, stdout, stderr) of our client."""
    server = OneAnswer(octets)
    try:
        return run([context.client] + list(options) + ['http://127.0.0.1:%d%s' % (server.port, path)],
                   limit=20)
    finally:
        server.close()


def one_sentence(said):
    """One line, printable, that ends in a full stop."""
    lines = said.split(b'\n')
    check(len(lines) == 2 and lines[1] == b'' and lines[0].endswith(b'.'), 'on stderr: %r' % said)
    check(all(32 <= octet < 127 for octet in lines[0]), 'on stderr: %r' % said)


OK = b'HTTP/1.1 200 OK\r\n'
BROKEN = [
    ('nothing', b''),
    ('octets that are no text', bytes(range(256))),
    ('SMTP', b'220 localhost ESMTP\r\n'),
    ('half a status line', b'HTTP/1.1 2'),
    ('half a head', OK + b'Content-Le'),
    ('a status of two digits', b'HTTP/1.1 20 OK\r\n\r\n'),
    ('a status of four digits', b'HTTP/1.1 2000 OK\r\n\r\n'),
    ('a status below 100', b'HTTP/1.1 099 X\r\n\r\n'),
    ('HTTP/2.0 in a status line', b'HTTP/2.0 200 OK\r\n\r\n'),
    ('HTTP/0.9', b'<html>hello</html>'),
    ('a bare LF', b'HTTP/1.1 200 OK\nContent-Length: 0\n\n'),
    ('a name that is no token', OK + b'X@(: y\r\nContent-Length: 0\r\n\r\n'),
    ('a space before the colon', OK + b'Content-Length : 0\r\n\r\n'),
    ('NUL in a value', OK + b'X: a\0b\r\nContent-Length: 0\r\n\r\n'),
    ('a body that is cut', OK + b'Content-Length: 10\r\n\r\nabc'),
    ('a body without its first octet', OK + b'Content-Length: 10\r\n\r\n'),
    ('two lengths', OK + b'Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'),
    ('a length with +', OK + b'Content-Length: +3\r\n\r\nabc'),
    ('a length of 20 digits', OK + b'Content-Length: 99999999999999999999\r\n\r\nabc'),
    ('a length and chunks', OK + b'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
    ('chunks that are cut', OK + b'Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n'),
    ('a chunk that is cut', OK + b'Transfer-Encoding: chunked\r\n\r\n5\r\nab'),
    ('chunks without the last empty line', OK + b'Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n'),
    ('a chunk size that is none', OK + b'Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n'),
    ('a chunk longer than its size', OK + b'Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n'),
    ('101 to a token that was not offered',
     b'HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    ('101 without Upgrade', b'HTTP/1.1 101 X\r\n\r\n'),
    ('20 interim responses', b'HTTP/1.1 103 X\r\n\r\n' * 20 + OK + b'Content-Length: 0\r\n\r\n'),
    ('interim responses and nothing else', b'HTTP/1.1 100 X\r\n\r\n' * 3),
    ('200 fields', OK + b'X: y\r\n' * 200 + b'\r\n'),
    ('a head above 64 KiB', OK + (b'X: ' + b'y' * 8000 + b'\r\n') * 9 + b'\r\n'),
    ('a field above 8 KiB', OK + b'X: ' + b'y' * 9000 + b'\r\n\r\n'),
    ('a TLS alert', b'\x15\x03\x01\x00\x02\x02\x28'),
    ('101 to h2c, and no HTTP/2 behind it',
     b'HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'),
    ('101 to h2c, and the end', b'HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'),
]


def broken(name, octets):
    @test('client/broken answer: ' + name)
    def one(context):
        status, _, said = ask(context, octets)
        equal(status, 1, 'the exit status (%r)' % said)
        one_sentence(said)


for _row in BROKEN:
    broken(*_row)


@test('client/101 that nobody asked for')
def unasked(context):
    octets = b'HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n' + SETTINGS
    status, _, said = ask(context, octets, '--http1.1')
    equal(status, 1)
    one_sentence(said)


# Odd, and good: what comes out, and the exit status.
ODD = [
    ('a body until the close', OK + b'\r\nabc', b'abc'),
    ('HTTP/1.0', b'HTTP/1.0 200 OK\r\n\r\nabc', b'abc'),
    ('no reason phrase', b'HTTP/1.1 200 \r\nContent-Length: 3\r\n\r\nabc', b'abc'),
    ('a folded field', OK + b'X: y\r\n z\r\nContent-Length: 3\r\n\r\nabc', b'abc'),
    ('interim responses', b'HTTP/1.1 100 X\r\n\r\nHTTP/1.1 103 X\r\nLink: a\r\n\r\n' + OK +
     b'Content-Length: 3\r\n\r\nabc', b'abc'),
    ('204 with a length', b'HTTP/1.1 204 X\r\n\r\n', b''),
    ('304', b'HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n', b''),
    ('chunks with extensions and trailers',
     OK + b'Transfer-Encoding: chunked\r\n\r\n1;x="y z"\r\na\r\n2\r\nbc\r\n0\r\nX: y\r\n\r\n', b'abc'),
    ('an Upgrade field in a 200', OK + b'Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc',
     b'abc'),
    ('a status of 499', b'HTTP/1.1 499 X\r\nContent-Length: 3\r\n\r\nabc', b'abc'),
]


def odd(name, octets, body):
    @test('client/odd answer: ' + name)
    def one(context):
        status, out, said = ask(context, octets)
        equal((status, out, said), (0, body, b''))


for _row in ODD:
    odd(*_row)


# ---- HTTP/2 ------------------------------------------------------------------------------------------

HEAD_200 = frame(1, 4, 1, b'\x88')
BROKEN_H2 = [
    ('nothing', b''),
    ('an HTTP/1.1 answer', b'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'),
    ('octets that are no frames', bytes(range(256))),
    ('a TLS alert', b'\x15\x03\x01\x00\x02\x02\x28'),
    ('no SETTINGS first', frame(6, 0, 0, b'8' * 8)),
    ('SETTINGS and the end', SETTINGS),
    ('GOAWAY with an error', SETTINGS + frame(7, 0, 0, b'\0\0\0\1\0\0\0\2go away')),
    ('GOAWAY that takes no stream', SETTINGS + frame(7, 0, 0, b'\0\0\0\0\0\0\0\0')),
    ('RST_STREAM', SETTINGS + frame(3, 0, 1, b'\0\0\0\2')),
    ('RST_STREAM in the middle', SETTINGS + HEAD_200 + frame(0, 0, 1, b'abc') + frame(3, 0, 1, b'\0\0\0\2')),
    ('REFUSED_STREAM each time', SETTINGS + frame(3, 0, 1, b'\0\0\0\7')),
    ('the end in the middle', SETTINGS + HEAD_200 + frame(0, 0, 1, b'abc')),
    ('no :status', SETTINGS + frame(1, 5, 1, literal(b'a', b'b'))),
    ('a :status of two digits', SETTINGS + frame(1, 5, 1, literal(b':status', b'20'))),
    (':status 101', SETTINGS + frame(1, 4, 1, literal(b':status', b'101'))),
    ('a pseudo-field of a request', SETTINGS + frame(1, 5, 1, b'\x88\x84')),
    ('a name in upper case', SETTINGS + frame(1, 5, 1, b'\x88' + literal(b'A', b'b'))),
    ('connection: close', SETTINGS + frame(1, 5, 1, b'\x88' + literal(b'connection', b'close'))),
    ('a field block that is no HPACK', SETTINGS + frame(1, 5, 1, b'\xff\xff\xff\xff\xff\xff\xff')),
    ('DATA before HEADERS', SETTINGS + frame(0, 1, 1, b'abc')),
    ('DATA on an idle stream', SETTINGS + frame(0, 1, 7, b'abc')),
    ('more than content-length', SETTINGS + frame(1, 4, 1, b'\x88' + literal(b'content-length', b'1')) +
     frame(0, 1, 1, b'abc')),
    ('less than content-length', SETTINGS + frame(1, 4, 1, b'\x88' + literal(b'content-length', b'9')) +
     frame(0, 1, 1, b'abc')),
    ('PUSH_PROMISE', SETTINGS + frame(5, 4, 1, b'\0\0\0\2\x82\x86\x84')),
    ('ENABLE_PUSH 1', frame(4, 0, 0, b'\0\2\0\0\0\1') + HEAD_200),
    ('WINDOW_UPDATE of 0', SETTINGS + frame(8, 0, 0, b'\0\0\0\0')),
    ('a window above 2^31-1', SETTINGS + frame(8, 0, 0, b'\x7f\xff\xff\xff')),
    ('a frame above MAX_FRAME_SIZE', SETTINGS + frame(0, 0, 1, b'x' * 16385)),
    ('more DATA than the window', SETTINGS + HEAD_200 + frame(0, 0, 1, b'x' * 16384) * 80),
    ('a flood of empty DATA', SETTINGS + HEAD_200 + frame(0, 0, 1) * 40),
    ('20 interim responses', SETTINGS + frame(1, 4, 1, literal(b':status', b'103')) * 20),
    ('a flood of CONTINUATION', SETTINGS + frame(1, 0, 1, b'\x88') + frame(9, 0, 1, literal(b'a', b'b')) * 20),
]


def broken_h2(name, octets):
    @test('client/broken HTTP/2: ' + name)
    def one(context):
        status, _, said = ask(context, octets, '--prior-knowledge')
        equal(status, 1, 'the exit status (%r)' % said)
        one_sentence(said)


for _row in BROKEN_H2:
    broken_h2(*_row)


ODD_H2 = [
    ('a whole answer and the end', SETTINGS + HEAD_200 + frame(0, 1, 1, b'abc'), b'abc'),
    ('GOAWAY NO_ERROR behind it', SETTINGS + HEAD_200 + frame(0, 1, 1, b'abc') +
     frame(7, 0, 0, b'\0\0\0\1\0\0\0\0'), b'abc'),
    ('GOAWAY before it', SETTINGS + frame(7, 0, 0, b'\x7f\xff\xff\xff\0\0\0\0') + HEAD_200 +
     frame(0, 1, 1, b'abc'), b'abc'),
    ('padding and empty DATA', SETTINGS + frame(1, 12, 1, b'\2\x88\0\0') + frame(0, 0, 1) +
     frame(0, 9, 1, b'\3abc\0\0\0'), b'abc'),
    ('trailers', SETTINGS + HEAD_200 + frame(0, 0, 1, b'abc') + frame(1, 5, 1, literal(b'x', b'y')), b'abc'),
    ('interim responses', SETTINGS + frame(1, 4, 1, literal(b':status', b'103')) + HEAD_200 +
     frame(0, 1, 1, b'abc'), b'abc'),
    ('frames of unknown types', SETTINGS + frame(0xbe, 0xff, 0, b'x' * 100) + frame(0xbf, 0, 1, b'y') +
     HEAD_200 + frame(0, 1, 1, b'abc'), b'abc'),
    ('unknown settings', frame(4, 0, 0, b'\0\x99\0\0\0\1') + HEAD_200 + frame(0, 1, 1, b'abc'), b'abc'),
    ('CONTINUATION', SETTINGS + frame(1, 0, 1, b'\x88') + frame(9, 4, 1, literal(b'a', b'b')) +
     frame(0, 1, 1, b'abc'), b'abc'),
    ('PRIORITY of an idle stream', SETTINGS + frame(2, 0, 9, b'\0\0\0\0\x10') + HEAD_200 +
     frame(0, 1, 1, b'abc'), b'abc'),
]


def odd_h2(name, octets, body):
    @test('client/odd HTTP/2: ' + name)
    def one(context):
        status, out, said = ask(context, octets, '--prior-knowledge')
        equal((status, out, said), (0, body, b''))


for _row in ODD_H2:
    odd_h2(*_row)
