"""Our server, and the clients of others: curl, nghttp, h2load, openssl, Node, Python's http.client."""
import concurrent.futures
import hashlib
import http.client
import json
import os
import signal
import socket
import threading
import time

from harness import (ALPHABET, check, content, digest, ended_well, equal, free_port, our_server,
                     pattern, run, test)

TEN_MB = 10 * 1000 * 1000


def shared(context):
    """The server that most tests talk to, with files below its root and a secret beside it."""
    def make():
        context.file('root/file.txt', b'a file\n')
        context.file('root/big.bin', content(TEN_MB))
        context.file('root/below/index.html', b'<p>below</p>\n')
        context.file('root-secret', b'SECRET\n')
        context.file('secret', b'SECRET\n')
        os.symlink(context.path('secret'), context.path('root/link'))
        return our_server(context, '--root', context.path('root'), *(['--tls'] if context.tls else []))
    return context.once('server', make)


# ---- curl --------------------------------------------------------------------------------------------

# name, curl's options, scheme, protocol and via that must come out, curl's %{http_version} (the answer's)
WAYS = [
    ('http1.0', ['--http1.0'], 'http', 'http/1.0', 'default', '1.1'),
    ('http1.1', ['--http1.1'], 'http', 'http/1.1', 'default', '1.1'),
    ('upgrade', ['--http2'], 'http', 'h2c', 'upgrade', '2'),
    ('prior', ['--http2-prior-knowledge'], 'http', 'h2c', 'prior-knowledge', '2'),
    ('tls', [], 'https', 'h2', 'alpn', '2'),
    ('tls http1.1', ['--http1.1'], 'https', 'http/1.1', 'alpn', '1.1'),
    ('tls no-alpn', ['--no-alpn'], 'https', 'http/1.1', 'default', '1.1'),
]


def curl(context, way, path, *options, server=None):
    """(octets, HTTP version, status)"""
    server = server or shared(context)
    base = server.http if way[2] == 'http' else server.https
    out = context.path('curl.%d' % threading.get_ident())
    _, said, _ = run(['curl', '-sS', '-k', '--max-time', '30', '-o', out, '-w',
                      '%{http_version} %{http_code}'] + way[1] + list(options) + [base + path], expect=0)
    version, status = said.decode().split()
    octets = b''
    if os.path.exists(out):
        with open(out, 'rb') as f:
            octets = f.read()
        os.unlink(out)
    return octets, version, int(status)


def curl_way(way):
    name, _, scheme, protocol, via, version = way
    needs = ('curl',) if scheme == 'http' else ('curl', 'tls')

    @test('server/curl %s: what was negotiated' % name, *needs)
    def negotiated(context):
        octets, said, status = curl(context, way, '/negotiated')
        equal((said, status), (version, 200))
        equal(json.loads(octets), {'protocol': protocol, 'via': via, 'tls': scheme == 'https', 'stream': 1})

    @test('server/curl %s: GET, HEAD, statuses, files' % name, *needs)
    def get(context):
        equal(curl(context, way, '/hello'), (b'hello, world\n', version, 200))
        equal(curl(context, way, '/file.txt'), (b'a file\n', version, 200))
        equal(curl(context, way, '/below/index.html')[0], b'<p>below</p>\n')
        equal(curl(context, way, '/bytes/100000')[0], pattern(100000))
        equal(curl(context, way, '/bytes/0'), (b'', version, 200))
        for status in (204, 304, 404, 500):
            equal(curl(context, way, '/status/%d' % status)[2], status)
        equal(curl(context, way, '/none')[2], 404)
        equal(curl(context, way, '/hello', '-X', 'DELETE')[2], 405)
        octets, said, status = curl(context, way, '/bytes/5000', '-I')
        check(b'content-length: 5000' in octets.lower(), octets)
        equal((said, status), (version, 200))

    @test('server/curl %s: POST with and without 100-continue' % name, *needs)
    def post(context):
        equal(curl(context, way, '/echo', '-d', 'abc'), (b'abc', version, 200))
        equal(curl(context, way, '/echo', '-d', ''), (b'', version, 200))
        equal(curl(context, way, '/echo', '-d', 'abc', '-H', 'Expect: 100-continue')[0], b'abc')
        body = context.file('body', content(12345))
        said = json.loads(curl(context, way, '/upload', '--data-binary', '@' + body)[0])
        equal(said, {'octets': 12345, 'sha1': hashlib.sha1(content(12345)).hexdigest()})

    @test('server/curl %s: 10 MB both ways at once' % name, *needs)
    def both_ways(context):
        body = context.file('ten', content(TEN_MB))
        octets, _, status = curl(context, way, '/echo', '-X', 'POST', '-T', body)
        equal((status, len(octets), digest(octets)), (200, TEN_MB, digest(content(TEN_MB))))
        equal(digest(curl(context, way, '/big.bin')[0]), digest(content(TEN_MB)))

    if protocol != 'http/1.0':
        @test('server/curl %s: a body without a length' % name, *needs)
        def chunked(context):
            more = [] if version == '2' else ['-H', 'Transfer-Encoding: chunked']
            base = shared(context).http if scheme == 'http' else shared(context).https
            _, octets, _ = run(['curl', '-sS', '-k', '--max-time', '30', '-X', 'POST', '-T', '-'] + way[1] +
                               more + [base + '/echo'], expect=0, stdin=content(300000))
            equal(digest(octets), digest(content(300000)))

    @test('server/curl %s: ten at once' % name, *needs)
    def ten(context):
        body = context.file('ten', content(TEN_MB))
        shared(context)
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            for n in pool.map(lambda _: digest(curl(context, way, '/echo', '-X', 'POST', '-T', body)[0]),
                              range(10)):
                equal(n, digest(content(TEN_MB)))

    if name != 'prior':  # curl 7.88 ends with 16 when it uses such a connection again, with any server
        @test('server/curl %s: several requests on a connection' % name, *needs)
        def several(context):
            base = shared(context).http if scheme == 'http' else shared(context).https
            args = ['curl', '-sS', '-k', '--max-time', '30', '-w', '%{num_connects}\n'] + way[1]
            for i in range(5):
                args += ['-o', '/dev/null', base + '/bytes/%d' % (20000 * i)]
            _, said, _ = run(args, expect=0)
            connects = [int(n) for n in said.split()]
            equal(connects, [1] * 5 if protocol == 'http/1.0' else [1, 0, 0, 0, 0])


for _way in WAYS:
    curl_way(_way)


@test('server/curl upgrade: a body of more than max_upgrade_body stays with HTTP/1.1', 'curl')
def upgrade_large(context):
    body = context.file('body', content(20000))
    octets, version, status = curl(context, WAYS[2], '/echo', '--data-binary', '@' + body)
    equal((version, status, digest(octets)), ('1.1', 200, digest(content(20000))))
    body = context.file('body', content(16000))
    octets, version, status = curl(context, WAYS[2], '/echo', '--data-binary', '@' + body)
    equal((version, status, digest(octets)), ('2', 200, digest(content(16000))))


@test('server/curl: trailers', 'curl')
def trailers(context):
    base = shared(context).http
    for way in WAYS[2:4]:
        _, octets, said = run(['curl', '-sSv', '--max-time', '10'] + way[1] + [base + '/trailers'], expect=0)
        equal(octets, ALPHABET, way[0])
        check(b'x-octets: 26' in said.lower(), said.decode('latin-1')[-800:])
    _, octets, _ = run(['curl', '-sS', '--raw', '--max-time', '10', '--http1.1', base + '/trailers'], expect=0)
    check(octets.lower().endswith(b'\r\n0\r\nx-octets: 26\r\nx-checksum: none\r\n\r\n'), octets)


@test('server/no way out of the root', 'curl')
def traversal(context):
    for path in ('/../secret', '/../root-secret', '/%2e%2e/secret', '/..%2fsecret', '/below/../../secret',
                 '/below/%2e%2e/%2e%2e/secret', '/%2e%2e%2fsecret', '/..%5csecret', '/.%00./secret',
                 '/file.txt%00', '/link', '//etc/passwd', '/%2fetc/passwd', '/.', '/..', '/%', '/%zz',
                 '/below/', '/%c0%ae%c0%ae/secret'):
        for way in (WAYS[1], WAYS[3]):
            octets, _, status = curl(context, way, path, '--path-as-is')
            check(b'SECRET' not in octets and b'root:' not in octets, path + ' gave a secret')
            check(status in (400, 403, 404), '%s answered %d' % (path, status))


@test('server/log lines say what was negotiated and how', 'curl')
def log_lines(context):
    server = our_server(context)
    for way, line in ((WAYS[1], 'http/1.1 (default), 1 request'), (WAYS[2], 'h2c (upgrade), 1 request'),
                      (WAYS[3], 'h2c (prior knowledge), 1 request')):
        curl(context, way, '/hello', server=server)
        server.wait_for(line, 5)
    ended_well(server)
    server = our_server(context, '--protocols', 'http/1.1')
    octets, version, _ = curl(context, WAYS[2], '/negotiated', server=server)
    equal((version, json.loads(octets)['via']), ('1.1', 'default'))
    check('h2c' in server.wait_for('1 request', 5).split('1 request', 1)[1], server.said())
    ended_well(server)


@test('server/--echo answers everything with its body', 'curl')
def echo(context):
    server = our_server(context, '--echo')
    for way in WAYS[1:4]:
        equal(curl(context, way, '/any/where?x', '-X', 'PUT', '-d', 'body', server=server)[0], b'body')
        equal(curl(context, way, '/hello', server=server)[0], b'')
    ended_well(server)


@test('server/--protocols leaves out what it does not name', 'curl', 'tls')
def protocols(context):
    server = our_server(context, '--tls', '--protocols', 'http/1.1')
    equal(curl(context, WAYS[4], '/hello', server=server)[1], '1.1')
    equal(curl(context, WAYS[2], '/hello', server=server)[1], '1.1')
    check(run(['curl', '-sS', '--max-time', '10', '--http2-prior-knowledge', server.http + '/'])[0] != 0)
    ended_well(server)
    server = our_server(context, '--tls', '--protocols', 'h2')
    equal(curl(context, WAYS[4], '/hello', server=server)[1], '2')
    equal(run(['curl', '-sSk', '--max-time', '10', '--http1.1', server.https + '/'])[0], 35, 'curl without h2')
    ended_well(server)


@test('server/--cert and --key are used', 'curl', 'tls', 'openssl')
def certificate(context):
    cert, key = context.certificate()
    server = our_server(context, '--tls', '--cert', cert, '--key', key)
    _, said, _ = run(['curl', '-sS', '--max-time', '10', '--cacert', cert, server.https + '/hello'], expect=0)
    equal(said, b'hello, world\n')
    ended_well(server)


# ---- the smallest server -----------------------------------------------------------------------------

@test('server/hello: curl in three ways, and its lines', 'curl')
def hello(context):
    port = free_port()
    child = context.start([context.hello, str(port)]).wait_listening(port)
    for way, line in ((WAYS[1], 'http/1.1 (default)'), (WAYS[2], 'h2c (upgrade)'),
                      (WAYS[3], 'h2c (prior knowledge)')):
        _, said, _ = run(['curl', '-sS', '--max-time', '10'] + way[1] + ['http://127.0.0.1:%d/' % port],
                         expect=0)
        equal(said, b'hello, world\n', way[0])
        child.wait_for(line, 5)
    with socket.create_connection(('127.0.0.1', port), 10) as s:
        s.sendall(b'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n')
        check(s.recv(4096).startswith(b'HTTP/1.1 501 '), 'it has no tunnels')
    child.kill()


@test('server/preconditions where there are no entity tags', 'curl')
def preconditions(context):
    for way in WAYS[1:4]:
        for field, path, status in (('If-Match: "x"', '/file.txt', 412), ('If-Match: *', '/file.txt', 200),
                                    ('If-None-Match: *', '/file.txt', 304), ('If-None-Match: "x"', '/file.txt', 200),
                                    ('If-Match: "x"', '/none.txt', 404), ('If-None-Match: *', '/none.txt', 404),
                                    ('If-None-Match: *', '/big.bin', 304), ('If-None-Match: *', '/hello', 304),
                                    ('If-Match: "x"', '/hello', 412), ('If-Match: *', '/hello', 200),
                                    ('If-Match: "x"', '/status/201', 201)):
            equal(curl(context, way, path, '-H', field)[2], status, way[0] + ' ' + field + ' ' + path)
        for field, status in (('If-Match: "x"', 412), ('If-None-Match: *', 412), ('If-None-Match: "x"', 200)):
            equal(curl(context, way, '/upload', '-d', '', '-H', field)[2], status, way[0] + ' ' + field)


@test('client/a standard stream that is closed takes nothing of the connection')
def closed_streams(context):
    base = shared(context).http
    for options, status in (('"$1/bytes/100000" >&-', 1), ('-v -n 2 "$1/hello" 2>&-', 0),
                            ('--data-file - "$1/upload" <&-', None)):
        code, said, _ = run(['sh', '-c', 'exec "$0" --http1.1 ' + options, context.client, base])
        check(status is None or code == status, '%s: exit status %d' % (options, code))
        check(b'error' not in said and b'Bad Request' not in said, said[-300:])


# ---- nghttp and h2load -------------------------------------------------------------------------------

@test('server/nghttp: Upgrade', 'nghttp')
def nghttp_upgrade(context):
    _, said, _ = run(['nghttp', '-nvu', shared(context).http + '/hello'], expect=0)
    check(b'HTTP Upgrade success' in said and b':status: 200' in said, said[-1500:])
    equal(run(['nghttp', '-u', shared(context).http + '/bytes/300000'], expect=0)[1], pattern(300000))


@test('server/nghttp: Upgrade with a body (OPTIONS *, then POST)', 'nghttp')
def nghttp_upgrade_post(context):
    body = context.file('body', content(200000))
    _, said, _ = run(['nghttp', '-u', '-d', body, shared(context).http + '/echo'], expect=0)
    check(said.endswith(content(200000)), 'the body did not come back: %r' % said[-200:])


@test('server/nghttp: prior knowledge', 'nghttp')
def nghttp_prior(context):
    base = shared(context).http
    equal(run(['nghttp', base + '/bytes/3000000'], expect=0)[1], pattern(3000000))
    body = context.file('body', content(3000000))
    equal(digest(run(['nghttp', '-d', body, base + '/echo'], expect=0)[1]), digest(content(3000000)))
    _, said, _ = run(['nghttp', '-nv', '-m', '50', base + '/hello'], expect=0)
    equal(said.count(b':status: 200'), 50)
    run(['nghttp', '-n', '-w', '30', '-W', '30', base + '/bytes/3000000'], expect=0)
    run(['nghttp', '-n', '-w', '1', base + '/bytes/100'], expect=0)
    _, said, _ = run(['nghttp', '-nv', '-b', '200', '-d', body, base + '/upload'], expect=0)  # padded
    check(b':status: 200' in said, said[-1500:])
    _, said, _ = run(['nghttp', '-nv', '--hexdump', '-c', '0', base + '/hello'], expect=0)
    check(b':status: 200' in said, 'a header table of size 0')
    _, said, _ = run(['nghttp', '-nv', '--trailer', 'x-a: b', '-d', body, base + '/echo'], expect=0)
    check(b':status: 200' in said, 'trailers')
    run(['nghttp', '-nv', '--continuation', base + '/hello'], expect=0)


@test('server/nghttp: TLS', 'nghttp', 'tls')
def nghttp_tls(context):
    _, said, _ = run(['nghttp', '-nvy', shared(context).https + '/hello'], expect=0)
    check(b'The negotiated protocol: h2' in said and b':status: 200' in said, said[-1500:])
    equal(run(['nghttp', '-y', shared(context).https + '/bytes/3000000'], expect=0)[1], pattern(3000000))


def h2load(url, number, *options, limit=120):
    _, said, _ = run(['h2load', '-n', str(number)] + list(options) + [url], expect=0, limit=limit)
    said = said.decode()
    check('%d succeeded, 0 failed, 0 errored, 0 timeout' % number in said, said[-1500:])
    return said


@test('server/h2load: 20,000 requests', 'h2load', limit=150)
def load(context):
    said = h2load(shared(context).http + '/hello', 20000, '-c', '10', '-m', '50')
    check('Application protocol: h2c' in said, said)
    h2load(shared(context).http + '/bytes/20000', 2000, '-c', '4', '-m', '20')


@test('server/h2load: HTTP/1.1', 'h2load', limit=150)
def load_h1(context):
    said = h2load(shared(context).http + '/hello', 10000, '-c', '10', '--h1')
    check('Application protocol: http/1.1' in said, said)


@test('server/h2load: TLS', 'h2load', 'tls', limit=150)
def load_tls(context):
    said = h2load(shared(context).https + '/hello', 10000, '-c', '4', '-m', '20')
    check('Application protocol: h2' in said, said)
    said = h2load(shared(context).https + '/hello', 5000, '-c', '4', '--h1')
    check('Application protocol: http/1.1' in said, said)


def memory_after_load(context, rounds, number):
    server = our_server(context, '--quiet')
    seen = []
    for _ in range(rounds):
        h2load(server.http + '/hello', number, '-c', '10', '-m', '100')
        time.sleep(0.1)
        seen.append(server.memory())
    check(seen[-1] <= seen[0] + 128 * 1024, 'it grew: %s' % seen)
    ended_well(server)


@test('server/h2load: memory does not grow', 'h2load', 'plain', limit=200)
def load_memory(context):
    memory_after_load(context, 5, 4000)


@test('server/h2load: memory does not grow in 100,000 requests', 'h2load', 'soak', 'plain', limit=600)
def soak_memory(context):
    memory_after_load(context, 10, 10000)


@test('server/h2load: ten large bodies each', 'h2load', 'soak', limit=600)
def soak_bodies(context):
    h2load(shared(context).http + '/bytes/1000000', 2000, '-c', '10', '-m', '100', limit=500)


# ---- openssl s_client --------------------------------------------------------------------------------

REQUEST = b'GET /negotiated HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'


def s_client(context, server, *options):
    _, said, more = run(['openssl', 's_client', '-connect', '127.0.0.1:%d' % server.port, '-ign_eof'] +
                        list(options), stdin=REQUEST, limit=20)
    return said + more


@test('server/openssl s_client: every ALPN list', 'openssl', 'tls')
def alpn(context):
    server = shared(context)
    for listed, protocol in (('http/1.1', b'http/1.1'), ('http/1.1,spdy/3', b'http/1.1')):
        said = s_client(context, server, '-alpn', listed)
        check(b'ALPN protocol: ' + protocol in said, said[-1500:])
        check(b'"via":"alpn"' in said, said[-500:])
    for listed in ('h2', 'h2,http/1.1', 'http/1.1,h2', 'nonsense,h2'):  # the server's order counts
        check(b'ALPN protocol: h2' in s_client(context, server, '-alpn', listed), listed)
    for listed in ('nonsense', 'h2c', 'H2', 'http/1.0', 'h2-14,http/1.2'):
        said = s_client(context, server, '-alpn', listed)
        check(b'SSL alert number 120' in said, '%s: %r' % (listed, said[-500:]))
    said = s_client(context, server)
    check(b'No ALPN negotiated' in said and b'"via":"default"' in said, said[-500:])


@test('server/openssl s_client: versions of TLS', 'openssl', 'tls')
def tls_versions(context):
    for version in ('-tls1_2', '-tls1_3'):
        said = s_client(context, shared(context), '-alpn', 'http/1.1', version)
        check(b'"via":"alpn"' in said, '%s: %r' % (version, said[-500:]))


@test('server/openssl s_client: HTTP/1.1 spoken where ALPN chose h2 is refused', 'openssl', 'tls')
def alpn_lies(context):
    said = s_client(context, shared(context), '-alpn', 'h2', '-quiet')
    check(b'"via"' not in said and b'HTTP/1.1 200' not in said, said[-500:])
    equal(curl(context, WAYS[4], '/hello')[0], b'hello, world\n')


@test('server/--alpn changes what is selected', 'openssl', 'tls')
def alpn_option(context):
    server = our_server(context, '--tls', '--alpn', 'http/1.1,h2')
    check(b'ALPN protocol: http/1.1' in s_client(context, server, '-alpn', 'h2,http/1.1'))
    ended_well(server)
    server = our_server(context, '--tls', '--alpn', '')
    check(b'No ALPN negotiated' in s_client(context, server, '-alpn', 'h2,http/1.1'))
    ended_well(server)


# ---- Node --------------------------------------------------------------------------------------------

NODE_HTTP = '''
const http = require(process.argv[2].startsWith('https') ? 'https' : 'http');
const agent = new http.Agent({keepAlive: true, maxSockets: 3, rejectUnauthorized: false});
const base = process.argv[2];
let left = 30;
const body = Buffer.alloc(200000, 'node');
function one(i) {
  const request = http.request(base + (i % 2 ? '/echo' : '/bytes/50000'),
                               {agent, method: i % 2 ? 'POST' : 'GET'}, (response) => {
    const parts = [];
    response.on('data', (part) => parts.push(part));
    response.on('end', () => {
      const all = Buffer.concat(parts);
      if (response.statusCode !== 200 || (i % 2 ? !all.equals(body) : all.length !== 50000))
        throw new Error('answer ' + i + ': ' + response.statusCode + ' ' + all.length);
      if (--left === 0) { agent.destroy(); console.log('all well'); }
    });
  });
  if (i % 2) for (let k = 0; k < 10; k++) request.write(body.subarray(k * 20000, (k + 1) * 20000));
  request.end();
}
for (let i = 0; i < 30; i++) one(i);
'''

NODE_HTTP2 = '''
const http2 = require('http2');
const session = http2.connect(process.argv[2], {rejectUnauthorized: false});
const body = Buffer.alloc(300000, 'node');
let left = 61;
session.on('error', (e) => { throw e; });
session.on('goaway', (code) => { throw new Error('GOAWAY ' + code); });
function done() { if (--left === 0) { console.log('all well', session.alpnProtocol); session.close(); } }
session.on('connect', () => session.ping(Buffer.from('12345678'), (error, time, payload) => {
  if (error || payload.toString() !== '12345678') throw new Error('ping ' + error + ' ' + payload);
  done();
}));
for (let i = 0; i < 60; i++) {
  const post = i % 2;
  const stream = session.request({':method': post ? 'POST' : 'GET',
                                  ':path': post ? '/echo' : i % 4 ? '/trailers' : '/bytes/100000'});
  const parts = [];
  let status = 0, trailers = null;
  stream.on('response', (head) => { status = head[':status']; });
  stream.on('trailers', (fields) => { trailers = fields; });
  stream.on('data', (part) => parts.push(part));
  stream.on('end', () => {
    const all = Buffer.concat(parts);
    const good = post ? all.equals(body) : i % 4 ? trailers['x-octets'] === '26' : all.length === 100000;
    if (status !== 200 || !good) throw new Error('answer ' + i + ': ' + status + ' ' + all.length);
    done();
  });
  if (post) stream.end(body); else stream.end();
}
'''


def node(context, script, *args):
    path = context.file('script.js', script.encode())
    _, said, _ = run(['node', path] + list(args), expect=0)
    check(b'all well' in said, said[-500:])
    return said


@test('server/node http', 'node')
def node_http(context):
    node(context, NODE_HTTP, shared(context).http)


@test('server/node https', 'node', 'tls')
def node_https(context):
    node(context, NODE_HTTP, shared(context).https)


@test('server/node http2: prior knowledge', 'node')
def node_http2(context):
    node(context, NODE_HTTP2, shared(context).http)


@test('server/node http2: TLS', 'node', 'tls')
def node_http2_tls(context):
    check(b'all well h2' in node(context, NODE_HTTP2, shared(context).https))


# ---- Python's http.client ----------------------------------------------------------------------------

@test('server/http.client: 2,000 requests on one connection')
def many(context):
    c = http.client.HTTPConnection('127.0.0.1', shared(context).port, timeout=10)
    for i in range(2000):
        c.request('POST' if i % 3 else 'GET', '/echo' if i % 3 else '/bytes/100', b'x' * i if i % 3 else None)
        response = c.getresponse()
        equal((response.status, len(response.read())), (200, i if i % 3 else 100), i)
    c.close()


# ---- the end of a server -----------------------------------------------------------------------------

def refused(port, limit=10):
    """Waits until nobody listens any more."""
    end = time.monotonic() + limit
    while True:
        try:
            socket.create_connection(('127.0.0.1', port), 2).close()
        except ConnectionRefusedError:
            return
        except ConnectionResetError:  # the listening socket was closed with this connection in its queue
            pass
        check(time.monotonic() < end, 'it still takes connections')
        time.sleep(0.01)


def drain(context, way, number):
    """A signal while a slow transfer is under way: it goes on to its end, and the server ends with 0."""
    server = our_server(context, *(['--tls'] if way[2] == 'https' else []))
    idle = socket.create_connection(('127.0.0.1', server.port), 5)
    begun = socket.create_connection(('127.0.0.1', server.port), 5)
    begun.sendall(b'GET /hel')
    kept = http.client.HTTPConnection('127.0.0.1', server.port, timeout=5)
    kept.request('GET', '/hello')
    kept.getresponse().read()
    # The transfer waits at a pipe that nobody empties, far from its end, until the signal has worked:
    # sockets hold less than what is left.
    out = context.path('drained')
    if os.path.exists(out):
        os.unlink(out)
    os.mkfifo(out)
    base = server.http if way[2] == 'http' else server.https
    transfer = context.start(['curl', '-sS', '-k', '--max-time', '50', '-o', out] + way[1] +
                             [base + '/bytes/24000000'])
    with open(out, 'rb') as pipe:
        body = pipe.read(100000)
        equal(len(body), 100000, 'what came before the signal (%s)' % transfer.said())
        server.process.send_signal(number)
        refused(server.port)
        body += pipe.read()
    equal(transfer.process.wait(20), 0, "curl's exit status (%s)" % transfer.said())
    equal(digest(body), digest(pattern(24000000)))
    ended_well(server)
    for s in (idle, begun):
        s.close()
    kept.close()


for _way in WAYS[1:5]:
    @test('server/SIGTERM drains: curl ' + _way[0], 'curl', *(['tls'] if _way[2] == 'https' else []))
    def drain_term(context, way=_way):
        drain(context, way, signal.SIGTERM)


@test('server/SIGINT drains', 'curl')
def drain_int(context):
    drain(context, WAYS[3], signal.SIGINT)


@test('server/SIGTERM with nothing under way ends at once')
def drain_idle(context):
    server = our_server(context)
    idle = socket.create_connection(('127.0.0.1', server.port), 5)
    kept = http.client.HTTPConnection('127.0.0.1', server.port, timeout=5)
    kept.request('GET', '/hello')
    kept.getresponse().read()
    began = time.monotonic()
    server.process.terminate()
    for s in (idle, kept.sock):
        equal(s.recv(1000), b'', 'what came before the end')
        s.close()
    ended_well(server)
    check(time.monotonic() - began < 5, 'it took %.1f s' % (time.monotonic() - began))


@test('server/a reader that does not read costs no memory and stops nobody', 'plain')
def slow_reader(context):
    server = our_server(context)
    before = None
    slow = []
    for _ in range(5):
        s = socket.create_connection(('127.0.0.1', server.port), 5)
        s.sendall(b'GET /bytes/1000000000 HTTP/1.1\r\nHost: x\r\n\r\n')
        slow.append(s)
        before = before or server.memory()
    time.sleep(0.5)
    c = http.client.HTTPConnection('127.0.0.1', server.port, timeout=5)
    for _ in range(50):
        c.request('GET', '/hello')
        equal(c.getresponse().read(), b'hello, world\n')
    check(server.memory() - before < 2 << 20, 'it holds %d octets more' % (server.memory() - before))
    for s in slow:
        s.close()
    c.close()
    ended_well(server)
