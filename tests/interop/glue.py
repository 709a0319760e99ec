"""The glue_* examples: each is built at the tests' level of warnings, run, and talked to."""
import os
import re
import shutil
import socket
import ssl
import time

from harness import check, content, equal, free_port, our_server, run, test

try:
    from python_h2 import Client
    import h2
except ImportError:
    h2 = None

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.join(HERE, '..', '..', 'examples')
WARN = os.environ.get('WARN', '-Werror -pedantic -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow '
                      '-Wcast-qual -Wundef -Wstrict-prototypes').split()
SANITIZERS = ['-g', '-fno-omit-frame-pointer', '-fno-sanitize-recover=all', '-fsanitize=address,undefined']
BIG = 24 * 1000 * 1000


def built(context, name):
    """The program, built in a copy of the header and the examples by their own Makefile."""
    def copy():
        tree = context.path('glue')
        os.makedirs(os.path.join(tree, 'examples'))
        shutil.copy(os.path.join(EXAMPLES, '..', 'h2neg.h'), tree)
        for file in os.listdir(EXAMPLES):
            if file.endswith(('.c', '.cpp', '.h')) or file == 'Makefile':
                shutil.copy(os.path.join(EXAMPLES, file), os.path.join(tree, 'examples'))
        return os.path.join(tree, 'examples')
    tree = context.once('glue', copy)
    more = ['-O1', '-DH2NEG_CHECK'] + SANITIZERS if context.sanitized else ['-O0']
    flags = ' '.join(more + WARN)
    _, said, wrong = run(['make', '-C', tree, 'CFLAGS=' + flags, 'TLS=0', 'ZLIB=0',
                          'CXXFLAGS=' + flags.replace('-Wstrict-prototypes', ''), name], expect=0, limit=120)
    check(b'warning' not in said + wrong, wrong)
    return os.path.join(tree, name)


def started(context, name, *options):
    port = free_port()
    child = context.start([built(context, name), str(port)] + list(options)).wait_listening(port)
    child.port = port
    return child


def ended(child):
    check(child.process.poll() is None, 'it ended by itself: ' + child.said()[-2000:])
    child.stop()
    check('Sanitizer' not in child.said() and 'runtime error' not in child.said(), child.said()[-2000:])


WAYS = (['--http1.1'], '1.1'), (['--http2-prior-knowledge'], '2')


def curl(child, way, path='/', *options, scheme='http', host='127.0.0.1'):
    """(body, HTTP version, status)"""
    _, said, _ = run(['curl', '-sS', '--max-time', '20', '-w', '\n%{http_version} %{http_code}'] + way +
                     list(options) + ['%s://%s:%d%s' % (scheme, host, child.port, path)], expect=0)
    body, last = said.rsplit(b'\n', 1)
    version, status = last.decode().split()
    return body, version, int(status)


def no_tunnel(child):
    """CONNECT is over at once: nobody waits for an answer that never comes."""
    s = socket.create_connection(('127.0.0.1', child.port), 10)
    s.sendall(b'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n')
    got = s.recv(4096)
    check(not got.startswith(b'HTTP/1.1 2'), got)
    s.close()


@test('glue/epoll: a large file, whole, in little memory', 'curl', 'make')
def epoll_large(context):
    child = started(context, 'glue_epoll', context.file('big', content(BIG)))
    for way, version in WAYS:
        body, spoken, status = curl(child, way, '/file')
        check(body == content(BIG), 'the file is another: %d octets' % len(body))
        equal((spoken, status), (version, 200))
        equal(curl(child, way, '/'), (b'small\n', version, 200))
        equal(curl(child, way, '/file', '-I')[2], 200)
    no_tunnel(child)
    if not context.sanitized:
        check(child.memory() < 8 << 20, 'it holds %d octets' % child.memory())
    ended(child)


@test('glue/epoll: a small answer overtakes a large one on its connection', 'module:h2', 'make')
def epoll_beside(context):
    child = started(context, 'glue_epoll', context.file('big', content(BIG)))
    client = Client(child)
    large = client.request('GET', '/file')
    while len(client.bodies.get(large, b'')) < 100000:
        client.turn()
    equal(client.get('/'), ('200', b'small\n'))
    check(large not in client.ended and len(client.bodies[large]) < BIG, 'the large one came first')
    status, body = client.wait(large)[0]
    check(status == '200' and body == content(BIG), 'the file is another')
    client.close()
    ended(child)


def lacks_libuv():
    cc = os.environ.get('CC', 'cc').split()
    there = shutil.which(cc[0]) and run(cc + ['-E', '-x', 'c', '-', '-o', os.devnull], stdin=b'#include <uv.h>\n')
    return [] if there and there[0] == 0 else ["libuv's headers (libuv1-dev)"]


def ignores_upgrade(child):
    """An Upgrade to what nobody knows is ignored (RFC 9110 7.8): the answer is as ever."""
    s = socket.create_connection(('127.0.0.1', child.port), 10)
    s.sendall(b'GET /a HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: foo/1\r\n\r\n')
    got = s.recv(4096)
    check(got.startswith(b'HTTP/1.1 200 '), got)
    s.close()


@test('glue/libuv: answers, an echo over both protocols, a timer', 'curl', 'make', *lacks_libuv())
def libuv(context):
    child = started(context, 'glue_libuv')
    for way, version in WAYS:
        equal(curl(child, way), (b'hello from libuv\n', version, 200))
    ignores_upgrade(child)
    for way in ('--http1.1', '--over-h2'):
        equal(run([context.client, way, 'ws://127.0.0.1:%d/' % child.port, '-d', 'hi'], expect=0)[1], b'hi\n')
    no_tunnel(child)
    silent = socket.create_connection(('127.0.0.1', child.port), 20)
    began = time.monotonic()
    silent.sendall(b'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    while silent.recv(4096):
        pass
    waited = time.monotonic() - began
    check(4.9 < waited < 9, 'a silent connection was ended after %.1f s, not 5' % waited)
    silent.close()
    ended(child)


@test('glue/C++: answers, a body, an exception', 'curl', 'make', 'c++')
def cpp(context):
    child = started(context, 'glue_cpp')
    body = context.file('body', content(300000))
    for way, version in WAYS:
        equal(curl(child, way, '/a'), (b'GET /a\n', version, 200))
        equal(curl(child, way, '/fail'), (b'the handler failed\n', version, 500))
        got = curl(child, way, '/echo', '--data-binary', '@' + body)
        check(got == (content(300000), version, 200), got[1:])
    no_tunnel(child)
    ignores_upgrade(child)
    ended(child)


@test('glue/placed: answers, four connections and a fifth that waits', 'curl', 'make')
def placed(context):
    child = started(context, 'glue_placed')
    for _ in range(10):
        for way, version in WAYS:
            equal(curl(child, way), (b'no malloc here\n', version, 200))
    no_tunnel(child)
    taken = []
    ask = b'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
    for _ in range(5):
        s = socket.create_connection(('127.0.0.1', child.port), 10)
        s.sendall(ask)
        if len(taken) < 4:
            check(s.recv(4096).startswith(b'HTTP/1.1 200 '), 'no answer')
        taken.append(s)
    taken[4].settimeout(0.5)
    try:
        check(not taken[4].recv(1), 'a fifth connection was served')
        check(False, 'the fifth connection was closed')
    except socket.timeout:
        pass
    taken[0].close()
    taken[4].settimeout(10)
    check(taken[4].recv(4096).startswith(b'HTTP/1.1 200 '), 'the fifth was not served afterwards')
    for s in taken:
        s.close()
    ended(child)


@test('glue/placed: nothing of it allocates', 'make', 'nm', 'plain')
def placed_allocates(context):
    _, said, _ = run(['nm', '-u', built(context, 'glue_placed')], expect=0)
    names = set(re.findall(r'\w+', said.decode()))
    check('accept' in names, said)
    equal(names & {'malloc', 'calloc', 'realloc', 'free', 'printf', 'fopen'}, set())


@test('glue/unit test: passes', 'make')
def unit_test(context):
    _, said, _ = run([built(context, 'glue_unit_test')], expect=0)
    check(re.search(rb'^[1-9]\d+ passed, 0 failed$', said, re.M), said)
    return said.decode().strip().split('\n')[-1]


def routed(context):
    """The router, before three servers that each have a file of their own."""
    ports, tls = [], ['--tls'] if context.tls else []
    for name in 'abc':
        context.file('root-%s/who' % name, name.encode())
        context.file('root-%s/big' % name, content(BIG))
        ports.append(our_server(context, '--root', context.path('root-' + name), *tls).port)
    return started(context, 'glue_router', *['%s=127.0.0.1:%d' % rule for rule in
                                             zip(('a.example', 'h2', 'http/1.1'), ports)])


@test('glue/router: cleartext goes by what is spoken', 'curl', 'make')
def router_cleartext(context):
    child = routed(context)
    equal(curl(child, ['--http1.1'], '/who'), (b'c', '1.1', 200))
    equal(curl(child, ['--http2-prior-knowledge'], '/who'), (b'b', '2', 200))
    for way, version in WAYS:
        got = curl(child, way, '/big')
        check(got == (content(BIG), version, 200), got[1:])
        got = curl(child, way, '/echo', '--data-binary', '@' + context.path('root-a/big'))
        check(got == (content(BIG), version, 200), got[1:])
    s = socket.create_connection(('127.0.0.1', child.port), 10)
    for octet in b'GET /who HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n':
        s.sendall(bytes([octet]))
        time.sleep(0.002)
    got = b''
    while not got.endswith(b'\r\n\r\nc'):
        part = s.recv(4096)
        check(part, got)
        got += part
    s.close()
    ended(child)


@test('glue/router: TLS goes by SNI, then ALPN', 'curl', 'openssl', 'tls', 'make')
def router_tls(context):
    child = routed(context)
    secure = {'scheme': 'https', 'host': 'localhost'}
    for name, answer in (('a.example', b'a'), ('A.EXAMPLE', b'a'), ('b.example', b'b')):
        to = '%s:%d:127.0.0.1' % (name, child.port)
        equal(curl(child, ['-k', '--resolve', to], '/who', scheme='https', host=name), (answer, '2', 200))
    equal(curl(child, ['-k', '--http1.1'], '/who', **secure), (b'c', '1.1', 200))
    _, said, _ = run(['openssl', 's_client', '-connect', '127.0.0.1:%d' % child.port, '-servername', 'a.example',
                      '-alpn', 'http/1.1'], expect=0)
    check(b'ALPN protocol: http/1.1' in said, said[-500:])
    status, _, _ = run(['curl', '-sk', '--max-time', '20', '--no-alpn', 'https://localhost:%d/' % child.port])
    check(status != 0, 'without a rule somebody answered')
    child.wait_for('no rule for localhost (TLS)', 5)
    ended(child)


@test('glue/router: a ClientHello in pieces', 'tls', 'make')
def router_pieces(context):
    child = routed(context)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    tls.set_alpn_protocols(['h2'])
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = tls.wrap_bio(incoming, outgoing, server_hostname='b.example')
    s = socket.create_connection(('127.0.0.1', child.port), 10)
    for _ in range(20):
        try:
            session.do_handshake()
            break
        except ssl.SSLWantReadError:
            octets = outgoing.read()
            for at in range(0, len(octets), 60):
                s.sendall(octets[at:at + 60])
                time.sleep(0.02)
            incoming.write(s.recv(65536))
    equal(session.selected_alpn_protocol(), 'h2')
    check('h2=127.0.0.1' in child.said(), child.said())
    s.close()
    ended(child)


@test('glue/a command line that is wrong gets a sentence', 'make')
def wrong_lines(context):
    for name, options in (('glue_epoll', []), ('glue_router', []), ('glue_router', ['0', 'h2']),
                          ('glue_epoll', ['0', context.path('none')])):
        _, said, wrong = run([built(context, name)] + options, expect=2, limit=10)
        check(said == b'' and re.fullmatch(rb'glue_\w+: [^\n]+\.\n', wrong), wrong)
