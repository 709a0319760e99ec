"""Our server, client and hello under faults: no files left, calls that fail, peers that vanish at any octet, a
thousand idle ones, paths that want out of the root, fields that want to be two, and peers that are slow.

What the system does not do on its own is made by faults.c, which also lets a program's clock go faster: the
limits of time are then those that the program has, and a test need not wait for them.
"""
import concurrent.futures
import base64
import errno
import hashlib
import os
import re
import resource
import select
import signal
import socket
import ssl
import stat
import struct
import threading
import time

from harness import Program, Server, check, content, ended_well, equal, free_port, pattern, run, test
from broken import OneAnswer, one_sentence
from raw import CALM, HOST, LAST, PREFACE, SETTINGS, connect, frame, frames, get, read_all, statuses

HERE = os.path.dirname(os.path.abspath(__file__))
CC = os.environ.get('CC', 'cc').split()[0]
SPEED = 40  # of the clock, in tests of time
CPUS = os.cpu_count() or 1


def shim(context):
    """faults.c, built."""
    def build():
        out = context.path('faults.so')
        run([CC, '-std=gnu99', '-O1', '-shared', '-fPIC', '-o', out, os.path.join(HERE, 'faults.c'), '-ldl'], expect=0)
        return out
    return context.once('faults', build)


def under(context, files=None, **faults):
    """The words that stand before a program's name: a limit of open files, and faults."""
    words = ['env']
    if faults:
        words += ['LD_PRELOAD=' + shim(context),
                  'ASAN_OPTIONS=verify_asan_link_order=0:' + os.environ.get('ASAN_OPTIONS', '')]
        words += ['FAULTS_%s=%s' % (name.upper(), value) for name, value in faults.items()]
    return (['sh', '-c', 'ulimit -n %d && exec "$@"' % files, 'sh'] if files else []) + words


class Hardened(Server):
    """Our server behind such words."""

    def __init__(self, context, *options, **more):
        Program.__init__(self, context, under(context, **more) + [context.server, '-p', '0'] + list(options))
        context.running.append(self)
        said = self.wait_for('listening on http://')
        self.port = int(said.split('listening on http://127.0.0.1:')[1].split()[0])
        self.http = 'http://127.0.0.1:%d' % self.port
        self.https = 'https://127.0.0.1:%d' % self.port

    def cpu(self):
        """Seconds of the processor that it has had."""
        with open('/proc/%d/stat' % self.process.pid) as f:
            words = f.read().rsplit(')', 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf('SC_CLK_TCK')

    def files(self):
        return len(os.listdir('/proc/%d/fd' % self.process.pid))


def until(true, what, limit=10):
    """Waits for something that is not so yet."""
    end = time.monotonic() + limit
    while not true():
        check(time.monotonic() < end, what)
        time.sleep(0.01)


def tls_options(context):
    return ['--tls'] if context.tls else []


def insecure(*alpn):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    if alpn:
        tls.set_alpn_protocols(list(alpn))
    return tls


def answer(s, octets=get(b'/hello'), limit=10):
    """(status, body) of one request on a connection that stays open."""
    s.settimeout(limit)
    s.sendall(octets)
    got = b''
    while b'\r\n\r\n' not in got:
        part = s.recv(65536)
        check(part, 'the connection ended: %r' % got)
        got += part
    head, body = got.split(b'\r\n\r\n', 1)
    length = int(re.search(rb'(?i)content-length: (\d+)', head).group(1))
    while len(body) < length:
        part = s.recv(65536)
        check(part, 'the connection ended in a body')
        body += part
    return statuses(head)[0], body


def says_hello(server):
    s = connect(server)
    equal(answer(s), (200, b'hello, world\n'))
    s.close()


# ---- 1. no files left ----------------------------------------------------------------------------------

def opened(server, tls, number):
    """Connections that were answered once."""
    out = []
    for _ in range(number):
        s = connect(server)
        out.append(insecure().wrap_socket(s) if tls else s)
        equal(answer(out[-1])[0], 200)
    return out


def no_files(context, tls):
    path = context.file('root/file.txt', b'a file\n')
    server = Hardened(context, '--root', os.path.dirname(path), *(['--tls'] if tls else []), files=24)
    served = opened(server, tls, 24 - server.files())
    equal(server.files(), 24, 'its open files')
    waiting = [connect(server) for _ in range(20)]
    if not tls:
        for s in waiting:
            s.sendall(get(b'/hello'))
    before = server.cpu()
    time.sleep(1)
    spent = server.cpu() - before
    check(spent < 0.25, 'it had %.2f s of the processor in 1 s of waiting' % spent)
    for s in served:
        equal(answer(s), (200, b'hello, world\n'), 'an answer while no files are left')
    equal(answer(served[0], get(b'/file.txt'))[0], 503, 'a file that cannot be opened')
    equal(answer(served[0])[0], 200, 'the next answer on that connection')
    served.pop().close()
    until(lambda: server.files() == 24, 'no new one was taken when one had closed')
    for s in served[:12]:
        s.close()
    for s in waiting[:10]:
        if tls:
            s.settimeout(10)
            insecure().wrap_socket(s).close()
        else:
            s.settimeout(10)
            check(s.recv(100).startswith(b'HTTP/1.1 200'), 'one that waited')
        s.close()
    for s in served[12:] + waiting[10:]:
        s.close()
    ended_well(server)
    return '%.2f s of the processor in 1 s' % spent


@test('hardened/no files left: the server keeps those it has, does not spin, takes new ones later')
def no_files_server(context):
    return no_files(context, False)


@test('hardened/no files left: the same over TLS', 'tls')
def no_files_tls(context):
    return no_files(context, True)


@test('hardened/no files left: the client says so', CC)
def no_files_client(context):
    server = Hardened(context, *tls_options(context))
    path = context.file('data', b'data')
    no_socket = under(context, rule='socket:%d:1:99' % errno.EMFILE)
    no_open = under(context, rule='open:%d:1:99' % errno.EMFILE)
    rows = [(no_socket, [server.http + '/hello'], 1), (no_socket, ['http://localhost:%d/' % server.port], 1),
            (no_socket, [server.http.replace('http', 'ws') + '/ws'], 1),
            (no_open, ['--data-file', path, server.http + '/echo'], 1),
            (no_open, ['-d', 'x', server.http.replace('http', 'ws') + '/ws'], 1)]
    if not context.sanitized:  # sanitizers need files of their own
        rows += [(under(context, files=4), ['--data-file', path, server.http + '/echo'], 1),
                 (under(context, files=4), ['-o', path, server.http + '/hello'], 1)]
    if context.tls:
        rows += [(no_socket, ['-k', server.https + '/hello'], 1)]
    for words, options, expected in rows:
        status, out, said = run(words + [context.client] + options, limit=20)
        equal((status, out), (expected, b''), ' '.join(options) + ' %r' % said)
        one_sentence(said)
        check(b'Too many open files' in said or b'RANDOM' in said or b'resolution' in said, said)
    ended_well(server)


@test('hardened/no files left: hello goes on when there are some')
def no_files_hello(context):
    port = free_port()
    hello = context.start(under(context) + [context.hello, str(port)]).wait_listening(port)
    pid = hello.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (4, limits[1]))  # 0, 1, 2 and the listener
    s = socket.create_connection(('127.0.0.1', port), 5)
    s.sendall(get(b'/'))
    time.sleep(0.2)
    check(hello.process.poll() is None, 'it ended: ' + hello.said())
    resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
    equal(answer(s, b'')[1], b'hello, world\n')
    s.close()
    hello.kill()


# ---- 2. calls that fail --------------------------------------------------------------------------------

BODY, TEXT = 'data.in', 'x' * 3000


def exchanges(context, server, size):
    """Name, the client's options, what comes out: every way in, with a body each way."""
    path = context.file('data.%d' % size, content(size))
    text, ws = TEXT * (size // len(TEXT) or 1), server.http.replace('http', 'ws')
    rows = [('HTTP/1.1', ['--http1.1', '--data-file', path, server.http + '/echo'], content(size)),
            ('h2c by Upgrade', [server.http + '/bytes/%d' % size], pattern(size)),
            ('prior knowledge', ['--prior-knowledge', '--data-file', path, server.http + '/echo'], content(size)),
            ('a file', ['--http1.1', server.http + '/data.%d' % size], content(size)),
            ('WebSocket', ['-d', text, ws + '/ws'], text.encode() + b'\n'),
            ('WebSocket over HTTP/2', ['--over-h2', '-d', text, ws + '/ws'], text.encode() + b'\n')]
    if context.tls:
        rows += [('ALPN', ['-k', '--data-file', path, server.https + '/echo'], content(size)),
                 ('WebSocket over TLS', ['-k', '-d', text, ws.replace('ws:', 'wss:') + '/ws'], text.encode() + b'\n')]
    return rows


def reported(path):
    with open(path) as f:
        return {name: int(count) for name, count in (line.split() for line in f)}


def client_under(context, options, expected, name, **faults):
    """What the library counted in a run whose result has to be the one without faults."""
    report = context.path('report.%d' % threading.get_ident())
    status, out, said = run(under(context, report=report, **faults) + [context.client] + options, limit=30)
    check(status == 0 and out == expected,
          '%s with %r: exit status %d, %d octets, %s' % (name, faults, status, len(out), said[-300:]))
    return reported(report)


def in_turn(context, row, mode):
    """Each call fails once, in a run of its own. How many there were."""
    name, options, expected = row
    seen = client_under(context, options, expected, name, mode=mode, at=10**9)['seen']
    failed = 0
    for at in range(1, seen + 1, 5 if context.sanitized else 1):
        failed += client_under(context, options, expected, name, mode=mode, at=at)['failed']
    check(seen and failed, '%s: no call failed with %s' % (name, mode))
    return failed


@test('hardened/calls: the client, EINTR, EAGAIN and one octet at each call in turn', CC, limit=120)
def client_in_turn(context):
    server = Hardened(context, '--root', context.dir, *tls_options(context))
    rows = [(row, mode) for row in exchanges(context, server, 3000) for mode in ('eintr', 'eagain', 'short')]
    with concurrent.futures.ThreadPoolExecutor(CPUS) as pool:
        failed = sum(pool.map(lambda one: in_turn(context, *one), rows))
    ended_well(server)
    return '%d calls' % failed


MIXED = {'mode': 'mixed', 'rate': 50}


def by_chance(context, server_faults, client_faults, names):
    """Three times all exchanges; each of the named calls has to have failed on the side that has faults."""
    counts = {}
    for seed in (1, 2, 3):
        report = context.path('report.server')
        more = dict(server_faults, report=report, seed=seed) if server_faults else {}
        server = Hardened(context, '--root', context.dir, *tls_options(context), **more)
        rows = exchanges(context, server, 30000)
        rows += [row for row in rows if row[0] == 'a file'] * 4
        with concurrent.futures.ThreadPoolExecutor(CPUS) as pool:
            told = list(pool.map(lambda i: client_under(context, rows[i][1], rows[i][2], rows[i][0],
                                                        seed=100 * seed + i, **client_faults), range(len(rows))))
        ended_well(server)
        for one in [reported(report)] if server_faults else told:
            for name in one:
                counts[name] = counts.get(name, 0) + one[name]
    for name in names:
        check(counts[name], 'no %s failed' % name)
    return '%d calls' % counts['failed']


@test('hardened/calls: the client, any call fails by chance', CC)
def client_by_chance(context):
    return by_chance(context, {}, MIXED, ('recv', 'send', 'poll', 'connect', 'open'))


@test('hardened/calls: the server, any call fails by chance', CC)
def server_by_chance(context):
    of_tls = ('read', 'write') if context.tls else ()
    return by_chance(context, MIXED, {'mode': 'none'}, ('recv', 'send', 'poll', 'accept', 'pread', 'open') + of_tls)


@test('hardened/calls: HTTP/1.1 answers are the same octet for octet', CC)
def octets_same(context):
    octets = (get(b'/hello') + get(b'/bytes/70000') + get(b'/status/404') + get(b'/data.70000') +
              b'POST /upload HTTP/1.1\r\n' + HOST + b'Content-Length: 30000\r\n\r\n' + content(30000) +
              get(b'/trailers') + get(b'/negotiated', LAST))
    context.file('data.70000', content(70000))
    answers = []
    for faults in ({}, {'mode': 'mixed', 'rate': 60}, {'mode': 'short', 'rate': 95}, {'mode': 'eagain', 'rate': 80},
                   {'mode': 'eintr', 'rate': 80}):
        server = Hardened(context, '--root', context.dir, **faults)
        s = connect(server)
        sender = threading.Thread(target=s.sendall, args=(octets,), daemon=True)
        sender.start()
        answers.append(re.sub(rb'(?i)\r\ndate: [^\r]*', b'', read_all(s)))
        sender.join(10)
        s.close()
        ended_well(server)
    equal(statuses(answers[0]), [200, 200, 404, 200, 200, 200, 200])
    for other in answers[1:]:
        equal(len(other), len(answers[0]), 'how many octets came')
        check(other == answers[0], 'other octets came')
    return '%d octets' % len(answers[0])


ACCEPT_ERRORS = ('EINTR', 'EAGAIN', 'ECONNABORTED', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EPROTO', 'EPERM',
                 'ENETDOWN', 'EHOSTUNREACH')


@test('hardened/calls: whatever accept fails with, the connection behind it is served', CC)
def accept_fails(context):
    def one(started):
        name, server, hello, port = started
        says_hello(server)
        ended_well(server)
        s = socket.create_connection(('127.0.0.1', port), 5)
        equal(answer(s, get(b'/'))[1], b'hello, world\n', 'hello behind ' + name)
        s.close()
        hello.kill()
    started = []
    for name in ACCEPT_ERRORS:
        rule, port = 'accept:%d:1:2' % getattr(errno, name), free_port()
        started.append((name, Hardened(context, rule=rule),
                        context.start(under(context, rule=rule) + [context.hello, str(port)]), port))
    for _, _, hello, port in started:
        hello.wait_listening(port)
    with concurrent.futures.ThreadPoolExecutor(len(started)) as pool:
        list(pool.map(one, started))


def one_call_fails(context, at):
    """One call of the server fails for good: a start that fails says so, later others are served. 1: one did."""
    report = context.path('report.%d' % at)
    words = under(context, mode='hard', at=at, report=report) + [context.server, '-p', '0', '--root', context.dir]
    p = Program(context, words)
    try:
        until(lambda: 'listening' in p.said() or p.process.poll() is not None, 'it neither started nor ended')
        if 'listening' not in p.said():
            equal(p.process.wait(5), 2, 'the exit status of a start that failed at call %d' % at)
            one_sentence(p.said().encode('latin-1'))
            return reported(report)['failed']
        port = int(p.said().split('http://127.0.0.1:')[1].split()[0])
        lost = 0
        for octets in ((get(b'/data.3000'), get(b'/hello')), (get(b'/hello'),), (get(b'/hello'),)):
            s = socket.create_connection(('127.0.0.1', port), 5)
            try:
                for one in octets:
                    equal(answer(s, one, limit=5)[0], 200)
            except (AssertionError, OSError):
                lost += 1
            s.close()
        check(lost <= 1, 'call %d: %d connections were lost by one call' % (at, lost))
        ended_well(p)
        return reported(report)['failed']
    finally:
        p.kill()


@test('hardened/calls: the server, each call in turn fails for good, and the next one is served', CC)
def server_hard(context):
    context.file('data.3000', content(3000))
    failed = last = at = 0
    step = 4 if context.sanitized else 1
    for at in range(1, 200, step):
        last = one_call_fails(context, at)
        failed += last
        if not last:
            break
    check(not last and failed > (4 if context.sanitized else 20), '%d calls failed, of %d tried' % (failed, at))
    return '%d calls' % failed


@test('hardened/calls: the client, each call in turn fails for good: one sentence and 1 or 2', CC)
def client_hard(context):
    server = Hardened(context, '--root', context.dir, *tls_options(context))

    def one(row):
        name, options, expected = row
        failed = 0
        for at in range(1, 200, 5 if context.sanitized else 1):
            report = context.path('report.%d' % threading.get_ident())
            status, out, said = run(under(context, mode='hard', at=at, report=report) + [context.client] + options,
                                    limit=20)
            if not reported(report)['failed']:
                return failed
            failed += 1
            check(status in (0, 1, 2), '%s, call %d: exit status %d %r' % (name, at, status, said))
            if status:
                one_sentence(said)
            else:  # it was tried again, or did not matter
                equal((out, said), (expected, b''), '%s, call %d' % (name, at))
        raise AssertionError('it never ended')
    with concurrent.futures.ThreadPoolExecutor(CPUS) as pool:
        failed = sum(pool.map(one, exchanges(context, server, 3000)))
    ended_well(server)
    return '%d calls' % failed


@test('hardened/calls: a file to send that cannot be read, or tells no length, is never sent cut')
def data_file(context):
    server = Hardened(context)
    for way in ('--http1.1', '--prior-knowledge'):
        status, out, said = run([context.client, way, '--data-file', context.dir, server.http + '/upload'], limit=10)
        equal((status, out), (1, b''), 'a directory (%r)' % said)  # its read fails with EISDIR
        one_sentence(said)
        status, out, said = run([context.client, way, '--data-file', '/proc/self/limits', server.http + '/echo'],
                                limit=10)  # its size is 0
        check(status == 0 and out.startswith(b'Limit') and out.count(b'\n') > 10, (status, out, said))
    ended_well(server)


# ---- 3. peers that vanish ------------------------------------------------------------------------------

def field(name, value):
    """A literal field, never indexed in the table, of any length."""
    def text(octets):
        if len(octets) < 127:
            return bytes([len(octets)]) + octets
        rest, out = len(octets) - 127, b'\x7f'
        while rest > 127:
            out += bytes([rest % 128 | 128])
            rest //= 128
        return out + bytes([rest]) + octets
    return b'\0' + text(name) + text(value)


def h2_request(path, stream=1, method=b'GET', more=b'', end=True):
    block = field(b':method', method) + b'\x86' + field(b':path', path) + field(b':authority', b'localhost') + more
    return frame(1, 5 if end else 4, stream, block)


def ws_frame(opcode, octets, fin=128):
    return bytes([fin | opcode, 128 | len(octets)]) + b'\1\2\3\4' + bytes(
        o ^ (i % 4 + 1) for i, o in enumerate(octets))


WS_REQUEST = get(b'/ws', b'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
                         b'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n')
TALKS = [
    ('an HTTP/1.1 request with a body', b'POST /echo HTTP/1.1\r\n' + HOST + b'Content-Type: text/plain\r\n'
     b'Content-Length: 40\r\n\r\n' + b'x' * 40),
    ('chunks and trailers', b'POST /upload HTTP/1.1\r\n' + HOST + b'Transfer-Encoding: chunked\r\n\r\n'
     b'5\r\nabcde\r\n3;a=b\r\nfgh\r\n0\r\nX-T: u\r\n\r\n'),
    ('h2c by Upgrade', get(b'/bytes/100000', b'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n'
                                              b'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n') +
     PREFACE + SETTINGS + h2_request(b'/hello', 3)),
    ('prior knowledge', PREFACE + SETTINGS + h2_request(b'/echo', 1, b'POST', end=False) + frame(0, 0, 1, b'abc') +
     frame(6, 0, 0, b'12345678') + h2_request(b'/bytes/100000', 3) + frame(0, 1, 1, b'def')),
    ('a WebSocket', WS_REQUEST + ws_frame(1, b'hello') + ws_frame(9, b'ping') + ws_frame(2, b'a', 0) +
     ws_frame(0, b'b') + ws_frame(8, b'\3\xe8')),
    ('a WebSocket in the chat', WS_REQUEST.replace(b'/ws', b'/chat') + ws_frame(1, b'hello, all')),
]


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    s.close()


def vanish(server, octets, end, step):
    """A connection for each octet, 64 at a time: all behind an octet are gone before it comes."""
    cuts = list(range(0, len(octets) + 1, step))
    for at in range(0, len(cuts), 64):
        peers = []
        for cut in cuts[at:at + 64]:
            s = connect(server)
            s.sendall(octets[:cut])
            peers.append(s)
        if at % 128 == 0:  # half of them vanish before they were looked at, as it may be
            time.sleep(0.01)
        for s in peers:
            end(s)
    return len(cuts)


def vanishing(name, octets):
    @test('hardened/vanish at every octet of %s: others are served, nothing is kept' % name)
    def one(context):
        server = Hardened(context, '--quiet', *tls_options(context))
        files, count, held = server.files(), 0, []
        for _ in range(6):
            for end in (socket.socket.close, reset):
                count += vanish(server, octets, end, 3 if context.sanitized else 1)
                says_hello(server)
            until(lambda: server.files() == files, '%d files are open, not %d' % (server.files(), files))
            held.append(server.memory())
        grown = min(held[3:]) - max(held[:3])
        check(context.sanitized or grown < 1 << 20,  # what malloc keeps varies
               'it holds %d octets more' % grown)
        ended_well(server)
        return '%d connections' % count


for _row in TALKS:
    vanishing(*_row)


class Flights:
    """A TLS client in memory, whose octets can be cut anywhere."""

    def __init__(self, *alpn):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = insecure(*alpn).wrap_bio(self.incoming, self.outgoing, server_hostname='localhost')

    def step(self):
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return self.outgoing.read()

    def read(self):
        got = b''
        try:
            while True:
                got += self.tls.read(65536)
        except ssl.SSLWantReadError:
            return got

    def second(self, s):
        """The server's flight comes in; ours, and a request behind it, go out."""
        s.settimeout(10)
        while True:
            part = s.recv(65536)
            check(part, 'the handshake was ended')
            self.incoming.write(part)
            out = self.step()
            if out:
                self.tls.write(get(b'/bytes/100000'))
                return out + self.outgoing.read()


@test('hardened/vanish at every octet of a TLS handshake and the request behind it', 'tls')
def vanish_tls(context):
    server = Hardened(context, '--tls', '--quiet')
    files, count = server.files(), 0
    first = Flights('http/1.1').step()
    step = 7 if context.sanitized else 1
    for end in (socket.socket.close, reset):
        count += vanish(server, first, end, step)
        cut = 0
        while True:
            flights = Flights('http/1.1')
            s = connect(server)
            s.sendall(flights.step())
            second = flights.second(s)
            s.sendall(second[:cut])
            end(s)
            count += 1
            if cut >= len(second):
                break
            cut += step
        says_hello(server)
    until(lambda: server.files() == files, '%d files are open, not %d' % (server.files(), files))
    ended_well(server)
    return '%d connections' % count


@test('hardened/TLS records: what comes in hundreds of them at once is all read', 'tls')
def tls_records(context):
    server = Hardened(context, '--tls', '--quiet')
    flights, s = Flights('http/1.1'), connect(server)
    s.sendall(flights.step())
    s.sendall(flights.second(s))
    upload = b'POST /upload HTTP/1.1\r\n' + HOST + b'Content-Length: 300\r\n\r\n'
    for records, end in (([], b'stuvwxyzab'), ([get(b'/hello')] * 200 + [get(b'/status/204')], b' 204 '),
                         ([upload] + [b'x'] * 300, b'"octets":300')):
        for octets in records:
            flights.tls.write(octets)
        s.sendall(flights.outgoing.read())
        got, limit = b'', time.monotonic() + 10
        while end not in got[-300:]:
            check(time.monotonic() < limit, 'the answer to %d records ends in %r' % (len(records), got[-100:]))
            part = s.recv(65536)
            check(part, 'the connection was ended')
            flights.incoming.write(part)
            got += flights.read()
    s.close()
    ended_well(server)


ANSWERS = [
    ('HTTP/1.1', ['--http1.1'], 'http', b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n'
     b'\r\n5\r\nabcde\r\n3;a=b\r\nfgh\r\n0\r\nX-T: u\r\n\r\n'),
    ('HTTP/1.1 with a length', ['--http1.1'], 'http', b'HTTP/1.1 103 X\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n'
     b'Content-Length: 20\r\n\r\n' + b'x' * 20),
    ('h2c by Upgrade', [], 'http', b'HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n' + SETTINGS +
     frame(4, 1, 0) + frame(1, 4, 1, b'\x88' + field(b'content-type', b'text/plain')) + frame(0, 1, 1, b'abcdef')),
    ('prior knowledge', ['--prior-knowledge'], 'http', SETTINGS + frame(4, 1, 0) + frame(6, 0, 0, b'12345678') +
     frame(1, 0, 1, b'\x88') + frame(9, 4, 1, field(b'x', b'y')) + frame(0, 8, 1, b'\2abc\0\0') +
     frame(1, 5, 1, field(b'x-t', b'u'))),
    ('a WebSocket', ['-d', 'hello'], 'ws', b'\x81\x05hello\x89\x01p\x88\x02\x03\xe8'),
]


class Vanishing:
    """A server with a port for each octet of its answer: there it sends what stands before, and is gone."""

    def __init__(self, octets, resets, step=1, tls=None):
        self.octets, self.resets, self.tls, self.open = octets, resets, tls, True
        self.at = {}
        for cut in range(0, (octets if isinstance(octets, int) else self.length(octets)), step):
            s = socket.socket()
            s.bind(('127.0.0.1', 0))
            s.listen(4)
            self.at[s] = cut
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    @staticmethod
    def length(octets):
        return len(octets) + (len(Vanishing.accepted(b'')) if octets[:1] == b'\x81' else 0)

    @staticmethod
    def accepted(request):
        key = re.search(rb'(?i)sec-websocket-key: (\S+)', request)
        digest = hashlib.sha1((key.group(1) if key else b'') + b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest()
        return (b'HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ' +
                base64.b64encode(digest) + b'\r\n\r\n')

    def ports(self):
        return [s.getsockname()[1] for s in self.at]

    def serve(self):
        waits = select.poll()
        sockets = {s.fileno(): s for s in self.at}
        for s in self.at:
            waits.register(s, select.POLLIN)
        while self.open:
            for fd, _ in waits.poll(100):
                peer = sockets[fd].accept()[0]
                try:
                    self.answer(peer, self.at[sockets[fd]])
                except OSError:
                    pass
                peer.close()

    def answer(self, peer, cut):
        peer.settimeout(5)
        got = peer.recv(65536)
        if self.tls:
            self.handshake(peer, got, cut)
        else:
            while b'\r\n\r\n' not in got:
                got += peer.recv(65536)
            octets = self.accepted(got) + self.octets if self.octets[:1] == b'\x81' else self.octets
            peer.sendall(octets[:cut])
        if self.resets:
            return reset(peer)
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(65536):
            pass

    def handshake(self, peer, got, cut):
        """All that a server says over TLS, cut: certificates, Finished, tickets, an answer."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.tls.wrap_bio(incoming, outgoing, server_side=True)
        request, answered = b'', False
        while cut > 0:
            incoming.write(got)
            try:
                tls.do_handshake()
                request += tls.read(65536)
            except ssl.SSLWantReadError:
                pass
            if b'\r\n\r\n' in request and not answered:
                tls.write(ANSWERS[1][3])
                answered = True
            out = outgoing.read()[:cut]
            peer.sendall(out)
            cut -= len(out)
            if answered or not cut:
                return
            got = peer.recv(65536)

    def close(self):
        self.open = False
        self.thread.join(5)
        for s in self.at:
            s.close()


def client_vanishing(context, octets, options, scheme, resets, **more):
    """One client asks every port in turn, with few files: each is an origin of its own, with its sentence."""
    server = Vanishing(octets, resets, **more)
    try:
        ports = server.ports()
        status, out, said = run(under(context, files=64) + [context.client] + options +
                                ['%s://127.0.0.1:%d/' % (scheme, port) for port in ports], limit=40)
    finally:
        server.close()
    equal(status, 1, 'the exit status (%r)' % said[-300:])
    lines = said.split(b'\n')
    for line in lines[:-1]:
        one_sentence(line + b'\n')
    for port, line in zip(ports, lines):
        check(b':%d' % port in line, 'no sentence for octet %d: %r' % (ports.index(port), line))
    equal(len(lines) - 1, len(ports), 'how many sentences')
    return len(ports)


def answer_vanishing(name, options, scheme, octets):
    @test('hardened/a server that vanishes at every octet of its answer: ' + name)
    def one(context):
        step = 5 if context.sanitized else 1
        return '%d octets' % sum(client_vanishing(context, octets, options, scheme, resets, step=step)
                                 for resets in (False, True))


for _row in ANSWERS:
    answer_vanishing(*_row)


@test('hardened/a server that vanishes at every fifth octet of a TLS handshake and its answer', 'tls', 'openssl')
def answer_vanishing_tls(context):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*context.certificate())
    tls.set_alpn_protocols(['http/1.1'])
    step = 35 if context.sanitized else 5
    return '%d octets' % sum(client_vanishing(context, 1000, ['-k', '--http1.1'], 'https', resets, step=step, tls=tls)
                             for resets in (False, True))


# ---- 4. a thousand idle connections --------------------------------------------------------------------

IDLE = [('HTTP/1.1', 400, get(b'/hello'), b'hello, world\n'),
        ('h2c', 300, PREFACE + SETTINGS + frame(4, 1, 0) + h2_request(b'/hello'), b'hello, world\n'),
        ('WebSocket', 300, WS_REQUEST + ws_frame(1, b'hello, ws'), b'hello, ws')]


def crowd(context, server, divisor):
    """1,000 connections that were served and are silent. Resident octets of each kind."""
    idle, told = [], []
    for name, number, octets, end in IDLE:
        before, group = server.memory(), []
        for _ in range(number // divisor):
            s = connect(server)
            s.sendall(octets)
            group.append(s)
        for s in group:
            got = b''
            while end not in got:
                part = s.recv(65536)
                check(part, 'an idle one was closed: %r' % got)
                got += part
        told.append('%s %.1f KiB' % (name, (server.memory() - before) / len(group) / 1024))
        idle += group
    return idle, told


def room_for(files):
    """Raises the limit of open files for this process and what it starts. 0: it may not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < files <= hard or hard == resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, files), hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= files


@test('hardened/1,000 idle connections: others are answered at once, SIGTERM ends them all', limit=90)
def crowded(context):
    divisor = 1 if room_for(1200) else 10
    server = Hardened(context, '--quiet', files=1200 if divisor == 1 else None)
    idle, told = crowd(context, server, divisor)
    s = connect(server)
    answer(s)
    slowest, before, began = 0, server.cpu(), time.monotonic()
    for _ in range(300):
        at = time.monotonic()
        equal(answer(s)[0], 200)
        slowest = max(slowest, time.monotonic() - at)
    spent, took = server.cpu() - before, time.monotonic() - began
    check(slowest < 1, 'one answer took %.2f s' % slowest)
    check(context.sanitized or spent / 300 < 0.002, 'an answer costs %.2f ms' % (spent / 300 * 1000))
    at = server.cpu()
    time.sleep(0.3)
    check(server.cpu() - at < 0.1, 'it works while nothing comes')
    began = time.monotonic()
    equal(server.stop(), 0, 'the exit status')  # the WebSockets do not answer their Close
    ended = time.monotonic() - began
    check(ended < 7, 'the end took %.1f s' % ended)
    ended_well(server)
    for s in idle:
        s.close()
    return '%d connections; each %s; an answer among them %.2f ms (slowest %.1f), %.3f ms of the processor; ' \
           'the end %.1f s' % (len(idle), ', '.join(told), took / 300 * 1000, slowest * 1000, spent / 300 * 1000, ended)


@test('hardened/1,000 idle connections: the idle timeout ends those of HTTP, files and memory come back', CC, limit=90)
def crowd_leaves(context):
    divisor = 1 if room_for(1200) else 10
    server = Hardened(context, '--quiet', files=1200 if divisor == 1 else None, speed=SPEED // 2)
    files = server.files()
    idle, _ = crowd(context, server, divisor)
    sockets = 300 // divisor
    began = time.monotonic()
    until(lambda: server.files() <= files + sockets, 'they stay open', 30)
    took = (time.monotonic() - began) * SPEED / 2
    check(took < 90, 'it took %.0f s of 60' % took)
    for s in idle[:400 // divisor]:
        equal(read_all(s, 5), b'', 'what an idle HTTP/1.1 connection was told')
    for s in idle[400 // divisor:700 // divisor]:
        check(b'\0\0\0\0\0\0\0\1\0\0\0\0' in read_all(s, 5), 'no GOAWAY NO_ERROR')
    ping = idle[-1]
    ping.sendall(ws_frame(9, b'alive?'))
    check(b'alive?' in ping.recv(1000), 'an idle WebSocket is gone')
    for s in idle:
        s.close()
    until(lambda: server.files() == files, 'files are left open')
    says_hello(server)
    ended_well(server)
    return '%.0f s' % took


# ---- 5. out of the root --------------------------------------------------------------------------------

def h2_get(server, path):
    """(status, body) by prior knowledge; 400 for RST_STREAM."""
    s = connect(server)
    s.settimeout(10)
    s.sendall(PREFACE + SETTINGS + h2_request(path))
    got, status, body = b'', None, b''
    try:
        while True:
            part = s.recv(65536)
            check(part, 'the connection ended: %r' % got)
            got += part
            while len(got) >= 9 and len(got) >= 9 + int.from_bytes(got[:3], 'big'):
                kind, flags, stream, payload = frames(got[:9 + int.from_bytes(got[:3], 'big')])[0]
                got = got[9 + len(payload):]
                if kind == 1 and stream == 1:
                    status = h2_status(payload)
                body += payload if kind == 0 else b''
                if kind == 3:
                    return 400, body
                if stream == 1 and kind < 2 and flags & 1:
                    return status, body
    finally:
        s.close()


def h2_status(block):
    """The status is the first field: indexed, or a literal of three digits, maybe Huffman-coded (digits of 5 bits
    or 6: RFC 7541, Appendix B)."""
    indexed = {0x88: 200, 0x89: 204, 0x8a: 206, 0x8b: 304, 0x8c: 400, 0x8d: 404, 0x8e: 500}
    if block[0] in indexed:
        return indexed[block[0]]
    length = block[1] & 127
    octets = block[2:2 + length]
    if not block[1] & 128:
        return int(octets)
    bits, out = ''.join('%08d' % int(bin(o)[2:]) for o in octets), ''
    while len(out) < 3:
        width = 5 if bits[:5] in ('00000', '00001', '00010') else 6
        code, bits = int(bits[:width], 2), bits[width:]
        out += str(code if width == 5 else code - 0x16)
    return int(out)


def h1_get(server, path):
    s = connect(server)
    try:
        return answer(s, get(path))
    finally:
        s.close()


NO_WAY_OUT = [
    b'/../secret', b'/..//secret', b'/./../secret', b'/below/../../secret', b'/below/..', b'/..', b'/.', b'//..//secret',
    b'/%2e%2e/secret', b'/%2E%2E/secret', b'/%2E./secret', b'/.%2e/secret', b'/below/%2e%2e/%2e%2e/secret',
    b'/..%2fsecret', b'/%2e%2e%2fsecret', b'/..%2Fsecret', b'/below%2f..%2f..%2fsecret', b'/%2fetc%2fpasswd',
    b'/..%5csecret', b'/..\\secret', b'/%5c..%5csecret', b'/below%5c..%5c..%5csecret',
    b'/%252e%252e/secret', b'/%252e%252e%252fsecret', b'/..%252fsecret', b'/%25%32%65%25%32%65/secret',
    b'//etc/passwd', b'///etc/passwd', b'/file:///etc/passwd', b'/%2f%2fetc/passwd',
    b'/%00', b'/file.txt%00', b'/file.txt%00.html', b'/..%00/secret', b'/.%00./secret', b'/../secret%00.txt',
    b'/%c0%ae%c0%ae/secret', b'/%c0%ae%c0%ae%c0%afsecret', b'/%e0%80%ae%e0%80%ae/secret', b'/..%c0%afsecret',
    b'/%f0%80%80%ae%f0%80%80%ae/secret', b'/%u002e%u002e/secret', b'/%uff0e%uff0e/secret', b'/..;/secret',
    b'/%', b'/%2', b'/%zz', b'/file.txt/', b'/file.txt/.', b'/file.txt/..', b'/file.txt/../../secret',
    b'/out', b'/out-dir/secret', b'/up/secret', b'/up/root-too/secret', b'/to-out', b'/loop', b'/dangling',
    b'/../root-too/secret', b'/below', b'/below/', b'/pipe', b'/null', b'/socket', b'/to-null', b'/to-proc',
    b'/' + b'../' * 500 + b'etc/passwd', b'/' + b'%2e%2e/' * 900 + b'etc/passwd', b'/' + b'a/' * 3900,
    b'/' + b'./' * 3900 + b'../secret', b'/' + b'a' * 300, b'/' + b'below/../' * 400 + b'../secret',
]
INSIDE = [(b'/file.txt', b'a file\n'), (b'//file.txt', b'a file\n'), (b'/./file.txt', b'a file\n'),
          (b'/%66ile.txt', b'a file\n'), (b'/below//./inner.txt', b'inner\n'), (b'/below%2finner.txt', b'inner\n'),
          (b'/in', b'a file\n'), (b'/in-dir/inner.txt', b'inner\n'), (b'/a%20b', b'blank\n'), (b'/..a', b'dots\n'),
          (b'/%252e', b'escaped\n'), (b'/file.txt?../../secret', b'a file\n'), (b'/empty', b'')]


def rooted(context):
    """A root with everything in it that can be in one; beside it what must not be seen."""
    def make():
        for name, octets in (('secret', b'SECRET\n'), ('root-too/secret', b'SECRET\n'), ('root/file.txt', b'a file\n'),
                             ('root/below/inner.txt', b'inner\n'), ('root/a b', b'blank\n'), ('root/..a', b'dots\n'),
                             ('root/%2e', b'escaped\n'), ('root/empty', b'')):
            context.file('rooted/' + name, octets)
        root = context.path('rooted/root')
        for to, name in (('../secret', 'out'), ('../root-too', 'out-dir'), ('..', 'up'), ('out', 'to-out'),
                         ('loop', 'loop'), ('nothing', 'dangling'), ('file.txt', 'in'), ('below', 'in-dir'),
                         ('/dev/null', 'to-null'), ('/proc/self/environ', 'to-proc')):
            os.symlink(to, os.path.join(root, name))
        os.mkfifo(os.path.join(root, 'pipe'))
        try:
            os.mknod(os.path.join(root, 'null'), 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        except OSError:
            pass  # for root alone: without it there is nothing of that name, which gets the same answer
        s = socket.socket(socket.AF_UNIX)
        s.bind(os.path.join(root, 'socket'))
        s.close()
        return Hardened(context, '--root', root, '--quiet')
    return context.once('rooted', make)


def stays_inside(name, ask):
    @test('hardened/root: no way out by %s' % name)
    def one(context):
        server = rooted(context)
        for path in NO_WAY_OUT:
            status, body = ask(server, path)
            check(b'SECRET' not in body and b'root:' not in body, '%r gave a secret' % path[:80])
            check(status in (400, 404), '%r is %s' % (path[:80], status))
        for path, octets in INSIDE:
            equal(ask(server, path), (200, octets), repr(path))
        return '%d paths' % (len(NO_WAY_OUT) + len(INSIDE))


stays_inside('HTTP/1.1', h1_get)
stays_inside('HTTP/2', h2_get)


@test('hardened/root: targets in absolute form lead to the same files and no further')
def absolute(context):
    server = rooted(context)
    for target, status in ((b'http://localhost/file.txt', 200), (b'http://localhost/../secret', 404),
                           (b'http://localhost/%2e%2e/secret', 404), (b'http://localhost//etc/passwd', 404),
                           (b'file:///etc/passwd', 400), (b'http:///etc/passwd', 400)):
        s = connect(server)
        s.sendall(b'GET ' + target + b' HTTP/1.1\r\n' + HOST + LAST + b'\r\n')
        got = read_all(s)
        s.close()
        check(b'SECRET' not in got and b'root:' not in got, target)
        check(statuses(got) == [status] or status != 200 and statuses(got)[0] in (400, 404, 421), (target, got[:80]))


@test('hardened/root: nobody at the other end of a FIFO feels that it was asked for')
def fifo_untouched(context):
    server = rooted(context)
    path = context.path('rooted/root/pipe')
    writer = threading.Thread(target=lambda: open(path, 'wb').close(), daemon=True)
    writer.start()  # its open ends as soon as somebody opens the other end
    for ask in (h1_get, h2_get):
        equal(ask(server, b'/pipe')[0], 404)
    check(writer.is_alive(), 'the FIFO was opened')
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    writer.join(5)


BIG = 24000000  # more than sockets hold, so that most of it waits at the server


@test('hardened/root: a file that grows, shrinks or vanishes while it is sent')
def moving(context):
    root = rooted(context)
    for ask in (get(b'/big'), PREFACE + frame(4, 0, 0, b'\0\4\x7f\xff\xff\xff') +
                frame(8, 0, 0, b'\x7f\x00\x00\x00') + h2_request(b'/big')):
        for change in ('grow', 'shrink', 'vanish'):
            path = context.file('rooted/root/big', content(1 << 20) * (BIG >> 20))
            size = os.path.getsize(path)
            s = connect(root)
            s.settimeout(10)
            s.sendall(ask)
            got = s.recv(65536)
            if change == 'grow':
                with open(path, 'ab') as f:
                    f.write(b'GROWN' * 1000)
            elif change == 'shrink':
                os.truncate(path, 5 << 20)
            else:
                os.unlink(path)
            whole = moved(s, got, size, ask[:3] == b'GET')
            equal(whole, change != 'shrink', 'whether a file that did %s came whole' % change)
            s.close()
            says_hello(root)


def moved(s, got, size, http1):
    """Whether `size` octets of a body come, and the message ends as one that is whole."""
    got = bytearray(got)
    if http1:
        while b'\r\n\r\n' not in got:
            got += s.recv(65536)
        del got[:got.index(b'\r\n\r\n') + 4]
        left = size - len(got)
        while left > 0:
            part = receive(s)
            if not part:
                return False
            left -= len(part)
        s.settimeout(0.2)
        try:
            check(left == 0 and s.recv(1) == b'never', 'more than the length came')
        except socket.timeout:
            return True
    sum_of = 0
    while True:
        while len(got) < 9 or len(got) < 9 + int.from_bytes(got[:3], 'big'):
            part = receive(s)
            check(part, 'the connection ended')
            got += part
        length, kind, flags = int.from_bytes(got[:3], 'big'), got[3], got[4]
        del got[:9 + length]
        sum_of += length if kind == 0 else 0
        if kind == 3 or (kind < 2 and flags & 1):
            check(kind == 3 or sum_of == size, '%d octets of %d' % (sum_of, size))
            return kind != 3


def receive(s):
    try:
        return s.recv(1 << 18)
    except ConnectionResetError:
        return b''


# ---- 6. fields that want to be two ---------------------------------------------------------------------

INJECTED = [b'a\r\nx-injected: y', b'a\nx-injected: y', b'a\rx-injected: y', b'a\0x-injected: y', b'a\r\n\r\n<p>',
            b'\r\nx-injected: y', b'a\x0bx', b'a\x7fx', b'a\x1bx']


def injected_h2(server, value, name=b'content-type', path=b'/echo'):
    """What comes back for a request with that value: (type of the last frame of the stream, all octets)."""
    s = connect(server)
    s.settimeout(10)
    s.sendall(PREFACE + SETTINGS + h2_request(path, 1, b'POST', field(name, value), end=False) +
              frame(0, 1, 1, b'body') + frame(6, 0, 0, b'the end!'))
    got = b''
    while b'the end!' not in got:
        part = s.recv(65536)
        check(part, 'the connection ended')
        got += part
    s.close()
    return [f for f in frames(got) if f[2] == 1][-1][0], got


@test('hardened/injection: a value that the server sends back is a value')
def inject_server(context):
    server = rooted(context)
    for value in INJECTED:
        s = connect(server)
        s.sendall(b'POST /echo HTTP/1.1\r\n' + HOST + LAST + b'Content-Length: 0\r\nContent-Type: ' + value + b'\r\n\r\n')
        got = read_all(s).lower()
        s.close()
        if value.startswith(b'a\r\n') or value.startswith(b'\r\n'):  # two fields of the request, one of the answer
            head = got.split(b'\r\n\r\n')[0]
            check(b'x-injected' not in got and b'<p>' not in head, (value, got))
        else:
            equal(statuses(got.upper()), [400], repr(value))
            check(b'x-injected' not in got, got)
        kind, got = injected_h2(server, value)
        check(kind == 3 or b'x-injected' not in got, (value, got))
        equal(kind, 3, 'the end of the stream of %r' % value)
    for value in (b'text/plain; a="\xe4"', b'a\tb', b'x' * 3000):
        s = connect(server)
        s.sendall(b'POST /echo HTTP/1.1\r\n' + HOST + LAST + b'Content-Length: 0\r\nContent-Type: ' + value + b'\r\n\r\n')
        check(b'content-type: ' + value + b'\r\n' in read_all(s), value)
        s.close()
        equal(injected_h2(server, value)[0], 0, 'the end of the stream of %r' % value[:20])


@test('hardened/injection: the subprotocol that is answered is one of the server')
def inject_subprotocol(context):
    server = rooted(context)
    for value, chosen in ((b'echo', b'echo'), (b'x, chat', b'chat'), (b'x', None), (b'echo\r\nX-Injected: y', b'echo'),
                          (b'ECHO', None), (b'echo x', False), (b'echo\0', False), (b'echo\rX: y', False),
                          (b'echo\nX: y', False)):
        s = connect(server)
        s.settimeout(5)
        s.sendall(WS_REQUEST[:-2] + b'Sec-WebSocket-Protocol: ' + value + b'\r\n\r\n')
        got = s.recv(65536).lower()
        s.close()
        check(b'x-injected' not in got and b'\r\nx: y' not in got, got)
        if chosen is False:
            equal(statuses(got.upper()), [400], repr(value))
            continue
        equal(statuses(got.upper()), [101], repr(value))
        found = re.search(rb'sec-websocket-protocol: ([^\r]*)', got)
        equal(found and found.group(1), chosen, repr(value))


class Silent:
    """A server that keeps what comes, and answers nothing."""

    def __init__(self):
        self.s = socket.socket()
        self.s.bind(('127.0.0.1', 0))
        self.s.listen(16)
        self.port = self.s.getsockname()[1]
        self.got = b''
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        try:
            while True:
                peer = self.s.accept()[0]
                peer.settimeout(5)
                part = b'-'
                while part:
                    part = peer.recv(65536)
                    self.got += part
                peer.close()
        except OSError:
            pass

    def close(self):
        self.s.shutdown(socket.SHUT_RDWR)
        self.s.close()


@test('hardened/injection: the client sends no option that would be two fields')
def inject_client(context):
    server = Silent()
    url = 'http://127.0.0.1:%d/' % server.port
    two = ['a\r\nx-injected: y', 'a\nx-injected: y', 'a\rx-injected: y', 'a\r\n\r\nGET /x-injected HTTP/1.1']
    rows = [(options, 1) for value in two + ['a b'] for options in (['-X', value, url],)]
    rows += [(options, 1) for value in two for options in (['-H', 'x: ' + value, url], ['-H', 'x-' + value + ': y', url],
                                                           ['-H', 'host: ' + value, url])]
    rows += [(['-H', ': y', url], 1), (['-H', 'a b: y', url], 1), (['-H', 'x\x7f: y', url], 1), (['-H', 'x: \x1b', url], 1)]
    rows += [([url + value.replace(' ', '%20')], 2) for value in two] + [([url + 'a b'], 2)]
    rows += [([url.replace('http:', 'http:\r\n')], 2), (['http://127.0.0.1\r\nx-injected: y/'], 2)]
    rows += [(['--subprotocol', value, '-d', 'x', url.replace('http', 'ws')], 1) for value in two]
    for options, expected in rows:
        for way in ([], ['--http1.1'], ['--prior-knowledge']):
            if way and 'ws:' in options[-1]:
                continue
            status, out, said = run([context.client] + way + options, limit=10)
            equal((status, out), (expected, b''), '%r %r' % (way + options, said))
            one_sentence(said)
    server.close()
    check(b'injected' not in server.got, server.got)


@test('hardened/injection: what a server says is printed as one harmless line')
def inject_terminal(context):
    reason = b'bye\r\nclient: all is well.\n\x1b[2J\x07\xc2\x9b2J\x7f\0x'
    close = b'\x88' + bytes([2 + len(reason)]) + b'\x0f\xa0' + reason
    server = OneAnswer(b'')
    server.answer = lambda peer: (peer.sendall(Vanishing.accepted(peer.recv(65536)) + close), peer.recv(65536))
    for verbose in ([], ['-v']):
        status, out, said = run([context.client] + verbose + ['-d', 'x', 'ws://127.0.0.1:%d/' % server.port],
                               limit=10)
        equal((status, out), (1, b''), repr(said))
        one_sentence(said.splitlines(True)[-1])
        equal(said.count(b'\nclient: ') + said.startswith(b'client: '), 1, 'how many lines are ours')
        check(all(o == 10 or 32 <= o < 127 for o in said), said)
    server.close()
    server = OneAnswer(b'HTTP/1.1 200 OK\r\nX: \xc2\x9b31m\xc2\xa9\tred\r\nContent-Length: 2\r\n\r\nok')
    _, out, said = run([context.client, '--http1.1', '-v', 'http://127.0.0.1:%d/' % server.port], limit=10)
    equal(out, b'ok')
    check(b'< X: ?31m\xc2\xa9\tred\n' in said, said)
    server.close()


# ---- 7. peers that are slow ----------------------------------------------------------------------------

class Slow:
    """A connection to a server whose clock runs faster: what came, and after how many of its seconds the end, or
    `last` where a stream alone ends."""

    def __init__(self, server, octets, drip=b'', last=b''):
        self.s, self.drip, self.octets, self.last = connect(server), drip, octets, last
        self.got, self.took = b'', None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        began = time.monotonic()
        try:
            self.s.sendall(self.octets)
            self.s.settimeout(0.02)
            while time.monotonic() - began < 130 / SPEED + 3:
                try:
                    part = self.s.recv(65536)
                    self.got += part
                    if not part or (self.last and self.last in self.got):
                        break
                except socket.timeout:
                    pass
                if self.drip:
                    self.s.sendall(self.drip[:1])
                    self.drip = self.drip[1:]
            else:
                return
        except OSError:
            pass
        self.took = (time.monotonic() - began) * SPEED


GOAWAY = b'\x07\0\0\0\0\0\0\0\0\0'  # its frame's head behind the length, and no stream taken
CANCEL = frame(3, 0, 1, b'\0\0\0\x08')

SLOW = [
    # name, what is sent, octet by octet behind it, seconds: least and most, what must have come
    ('a head that never ends', b'GET / HTTP/1.1\r\nHost: x\r\n', b'X: ' + b'a' * 10**4, 20, 26, b'HTTP/1.1 408'),
    ('a body at a trickle', b'POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n', b'a' * 10**4, 20, 28,
     b'HTTP/1.1 408'),
    ('chunks at a trickle', b'POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n', b'1\r\na\r\n' * 1000,
     20, 28, b'HTTP/1.1 408'),
    ('silence', b'', b'', 60, 70, b''),
    ('silence behind an answer', get(b'/hello'), b'', 60, 70, b'hello, world'),
    ('half a preface', PREFACE[:10], b'', 20, 30, b''),
    ('SETTINGS that are never acknowledged', PREFACE + SETTINGS, b'', 10, 20, GOAWAY + b'\0\0\0\4'),
    ('a preface and silence', PREFACE + SETTINGS + frame(4, 1, 0), b'', 60, 70, GOAWAY + b'\0\0\0\0'),
    ('a field block that never ends', PREFACE + SETTINGS + frame(4, 1, 0) + frame(1, 0, 1, b'\x82')[:-1], b'', 20, 30,
     CALM.to_bytes(4, 'big')),
    ('an HTTP/2 body at a trickle', PREFACE + SETTINGS + frame(4, 1, 0) + h2_request(b'/upload', 1, b'POST', end=False),
     frame(0, 0, 1, b'a') * 300, 20, 100, CANCEL),
    ('an HTTP/2 answer behind a window of 0', PREFACE + frame(4, 0, 0, b'\0\4\0\0\0\0') + frame(4, 1, 0) +
     h2_request(b'/bytes/100000'), b'', 20, 140, CANCEL),
]


@test('hardened/slow peers: each ends at its limit, with its answer, and stops nobody', CC, limit=60)
def slow(context):
    server = Hardened(context, speed=SPEED)
    files = server.files()
    peers = [(row, Slow(server, row[1], row[2], row[5] if row[5] == CANCEL else b'')) for row in SLOW]
    while any(p.thread.is_alive() for _, p in peers):
        says_hello(server)
        time.sleep(0.05)
    told = []
    for (name, _, _, least, most, end), p in peers:
        p.s.close()
        check(p.took is not None, '%s was never ended; it got %r' % (name, p.got[-100:]))
        check(least * 0.98 <= p.took and (context.sanitized or p.took <= most + 10),
              '%s ended after %.0f s, not %d to %d; it got %r' % (name, p.took, least, most, p.got[-100:]))
        check(end in p.got, '%s got %r' % (name, p.got[-200:]))
        told.append('%s %.0f' % (name, p.took))
    until(lambda: server.files() == files, 'files are left open')
    ended_well(server)
    return ', '.join(told) + ' s'


@test('hardened/slow peers: a TLS handshake that stops has 10 s', CC, 'tls')
def slow_tls(context):
    server = Hardened(context, '--tls', speed=SPEED)
    hello = Flights('h2').step()
    peers = [Slow(server, octets) for octets in (b'', hello[:1], hello[:-1], hello)]
    for p in peers:
        p.thread.join(20)
        check(p.took is not None and 8 <= p.took <= 25, 'it ended after %r s' % p.took)
    says_hello(server)
    ended_well(server)
    return ', '.join('%.0f' % p.took for p in peers) + ' s'


@test('hardened/slow peers: a reader that does not read is ended', CC)
def slow_reader(context):
    server = Hardened(context, speed=SPEED, *tls_options(context))
    windows = PREFACE + frame(4, 0, 0, b'\0\4\x7f\xff\xff\xff') + frame(4, 1, 0) + frame(8, 0, 0, b'\x7f\x00\x00\x00')
    told = []
    for name, octets in (('HTTP/1.1', get(b'/bytes/100000000')), ('HTTP/2', windows + h2_request(b'/bytes/100000000'))):
        files = server.files()
        s = connect(server)
        s.sendall(octets)
        until(lambda: server.files() > files, 'it was not taken')
        began = time.monotonic()
        until(lambda: server.files() == files, name + ': it was never ended', 200 / SPEED)
        took = (time.monotonic() - began) * SPEED
        check(20 <= took, 'it ended after %.0f s' % took)
        told.append('%s %.0f' % (name, took))
        s.close()
    ended_well(server)
    return ', '.join(told) + ' s'
