"""Our client, and the servers of others: nghttpd, nginx, h2o, Node, openssl s_server; and our own."""
import os
import re

from harness import (check, content, digest, ended_well, equal, file_digest, free_port, our_server,
                     pattern, program, run, test)
from as_server import shared
from broken import one_sentence

TEN_MB = 10 * 1000 * 1000


def root(context):
    """Files of known content for any server."""
    if not os.path.exists(context.path('www/big')):
        context.file('www/hello', b'hello, world\n')
        context.file('www/empty', b'')
        context.file('www/big', content(TEN_MB))
        context.file('ten', content(TEN_MB))
    return context.path('www')


def ask(context, url, *options, expect=0, negotiated=None, limit=40):
    """The body's octets; `negotiated` is what -v has to say: 'h2 by alpn'."""
    status, out, said = run([context.client, '-v', '-k'] + list(options) + [url], limit=limit)
    equal(status, expect, 'the exit status (%s)' % said[-600:].decode('latin-1'))
    if negotiated:
        lines = re.findall(rb'^\* negotiated (.*)$', said, re.M)
        equal(lines[:1], [negotiated.encode()], 'what was negotiated')
    return out


def gets_all(context, base, *options, negotiated):
    """What every server has to manage: small, empty, 10 MB, missing, and many on one connection."""
    equal(ask(context, base + '/hello', *options, negotiated=negotiated), b'hello, world\n')
    equal(ask(context, base + '/empty', *options, negotiated=negotiated), b'')
    equal(digest(ask(context, base + '/big', *options, negotiated=negotiated)), digest(content(TEN_MB)))
    out = context.path('out')
    ask(context, base + '/big', '-o', out, *options, negotiated=negotiated)
    equal(file_digest(out), digest(content(TEN_MB)))
    ask(context, base + '/none', *options, negotiated=negotiated)
    ask(context, base + '/none', '--fail', *options, expect=22, negotiated=negotiated)
    equal(ask(context, base + '/hello', '-X', 'HEAD', *options), b'')
    equal(ask(context, base + '/hello', '-n', '100', '-m', '10', *options), b'hello, world\n' * 100)
    equal(len(ask(context, base + '/big', '-n', '4', '-m', '4', *options)), 4 * TEN_MB)


def fails(context, url, *options, status=1):
    """A refusal is one sentence."""
    got, _, said = run([context.client, '-k'] + list(options) + [url], limit=20)
    equal(got, status, 'the exit status (%r)' % said)
    one_sentence(said)
    return said.decode()


# ---- our own server ----------------------------------------------------------------------------------

OUR_WAYS = [
    ('http/1.1', 'http', ['--http1.1'], 'http/1.1 by default'),
    ('upgrade', 'http', [], 'h2c by upgrade'),
    ('--upgrade', 'http', ['--upgrade'], 'h2c by upgrade'),
    ('prior knowledge', 'http', ['--prior-knowledge'], 'h2c by prior-knowledge'),
    ('alpn', 'https', [], 'h2 by alpn'),
    ('alpn http/1.1', 'https', ['--alpn', 'http/1.1'], 'http/1.1 by alpn'),
    ('tls http/1.1', 'https', ['--http1.1'], 'http/1.1 by alpn'),
    ('no alpn', 'https', ['--alpn', ''], 'http/1.1 by default'),
]


def our_way(name, scheme, options, negotiated):
    @test('client/our server: ' + name, *(['tls'] if scheme == 'https' else []))
    def one(context):
        server = shared(context)
        base = server.http if scheme == 'http' else server.https
        root(context)
        equal(ask(context, base + '/hello', *options, negotiated=negotiated), b'hello, world\n')
        equal(ask(context, base + '/echo', '-d', 'abc', *options, negotiated=negotiated), b'abc')
        equal(ask(context, base + '/bytes/0', *options), b'')
        equal(ask(context, base + '/trailers', *options), b'abcdefghijklmnopqrstuvwxyz')
        equal(digest(ask(context, base + '/bytes/10000000', *options)), digest(pattern(TEN_MB)))
        equal(ask(context, base + '/status/404', '--fail', *options, expect=22), b'404 Not Found\n')
        equal(ask(context, base + '/status/204', *options), b'')
        equal(ask(context, base + '/hello', '-n', '500', '-m', '50', *options), b'hello, world\n' * 500)
        equal(ask(context, base + '/bytes/99999', '-X', 'HEAD', *options), b'')
        for number in (1, 4):  # 10 MB up and down at once
            out = ask(context, base + '/echo', '--data-file', context.path('ten'), '-n', str(number), '-m',
                      str(number), *options)
            equal(len(out), number * TEN_MB)
            if number == 1:
                equal(digest(out), digest(content(TEN_MB)))

    @test('client/our server, a body from a pipe: ' + name, *(['tls'] if scheme == 'https' else []))
    def piped(context):
        server = shared(context)
        base = server.http if scheme == 'http' else server.https
        _, out, _ = run([context.client, '-k', '--data-file', '-', base + '/echo'] + options,
                        expect=0, stdin=content(700000))
        equal(digest(out), digest(content(700000)))


for _row in OUR_WAYS:
    our_way(*_row)


@test('client/several URLs, several origins')
def several(context):
    server, other = shared(context), our_server(context, '--protocols', 'http/1.1')
    out = run([context.client, server.http + '/hello', other.http + '/bytes/5', server.http + '/bytes/3'],
              expect=0)[1]
    equal(out, b'hello, world\nabcabcde')


@test('client/-H and -X reach the server')
def fields(context):
    server = shared(context)
    for options in (['--http1.1'], ['--prior-knowledge']):
        out = run([context.client, '-v', '-H', 'Content-Type: text/x-odd', '-X', 'PATCH', '-d', 'abc',
                   server.http + '/echo'] + options, expect=0)
        equal(out[1], b'abc')
        check(b'< content-type: text/x-odd' in out[2].lower(), out[2])


@test('client/a port of HTTP/1.1 alone: prior knowledge fails with a sentence')
def prior_refused(context):
    server = our_server(context, '--protocols', 'http/1.1')
    check('PEER_IS_HTTP1' in fails(context, server.http + '/', '--prior-knowledge'))
    ask(context, server.http + '/hello', negotiated='http/1.1 by default')


@test('client/a certificate that nobody signed', 'tls', 'openssl')
def certificates(context):
    cert, key = context.certificate()
    server = our_server(context, '--tls', '--cert', cert, '--key', key)
    status, _, said = run([context.client, server.https + '/hello'])
    equal(status, 1)
    one_sentence(said)
    equal(run([context.client, '--cacert', cert, server.https + '/hello'], expect=0)[1], b'hello, world\n')


@test('client/TLS to a cleartext port, cleartext to a TLS port: a sentence', 'tls')
def wrong_port(context):
    server = our_server(context)
    fails(context, 'https://127.0.0.1:%d/' % server.port)


@test('client/no overlap in ALPN: a sentence', 'tls')
def no_overlap(context):
    fails(context, shared(context).https + '/', '--alpn', 'nonsense')


# ---- nghttpd -----------------------------------------------------------------------------------------

def nghttpd(context, tls):
    def make():
        port = free_port()
        args = [program('nghttpd'), '-n1', '-a', '127.0.0.1', '-d', root(context)]
        args += [str(port)] + list(reversed(context.certificate())) if tls else ['--no-tls', str(port)]
        context.start(args).wait_listening(port)
        return ('https://127.0.0.1:%d' if tls else 'http://127.0.0.1:%d') % port
    return context.once('nghttpd %d' % tls, make)


@test('client/nghttpd: prior knowledge', 'nghttpd')
def nghttpd_prior(context):
    gets_all(context, nghttpd(context, 0), '--prior-knowledge', negotiated='h2c by prior-knowledge')


@test('client/nghttpd: a body', 'nghttpd')
def nghttpd_post(context):
    port = free_port()
    context.start([program('nghttpd'), '-n1', '-a', '127.0.0.1', '--echo-upload', '--no-tls',
                   str(port)]).wait_listening(port)
    root(context)
    out = ask(context, 'http://127.0.0.1:%d/x' % port, '--prior-knowledge', '--data-file', context.path('ten'))
    equal(digest(out), digest(content(TEN_MB)))


@test('client/nghttpd: ALPN', 'nghttpd', 'tls', 'openssl')
def nghttpd_tls(context):
    gets_all(context, nghttpd(context, 1), negotiated='h2 by alpn')


@test('client/nghttpd does not speak HTTP/1: a sentence', 'nghttpd')
def nghttpd_upgrade(context):
    fails(context, nghttpd(context, 0) + '/hello')


@test('client/nghttpd with trailers', 'nghttpd')
def nghttpd_trailers(context):
    port = free_port()
    context.start([program('nghttpd'), '-n1', '-a', '127.0.0.1', '-d', root(context), '--trailer', 'x-a: b',
                   '--no-tls', str(port)]).wait_listening(port)
    equal(ask(context, 'http://127.0.0.1:%d/hello' % port, '--prior-knowledge'), b'hello, world\n')


# ---- nginx -------------------------------------------------------------------------------------------

NGINX = '''
daemon off; master_process off; worker_processes 1; pid %(dir)s/nginx.pid; error_log %(dir)s/nginx.log;
events { worker_connections 256; }
http {
    access_log off; client_max_body_size 100m; keepalive_requests 10000;
    client_body_temp_path %(dir)s/nginx-body; proxy_temp_path %(dir)s/nginx-proxy;
    fastcgi_temp_path %(dir)s/nginx-fastcgi; uwsgi_temp_path %(dir)s/nginx-uwsgi;
    scgi_temp_path %(dir)s/nginx-scgi;
    server { listen 127.0.0.1:%(plain)d; root %(root)s; }
    server { listen 127.0.0.1:%(h2c)d http2; root %(root)s; }
    server { listen 127.0.0.1:%(proxy)d; location / { proxy_pass http://127.0.0.1:%(ours)d;
             proxy_http_version 1.1; proxy_set_header Connection ""; } }
    server { listen 127.0.0.1:%(proxy2)d http2; location / { proxy_pass http://127.0.0.1:%(ours)d; } }
    %(tls_servers)s
}
'''
NGINX_TLS = '''
    server { listen 127.0.0.1:%(h2)d ssl http2; root %(root)s; ssl_certificate %(cert)s;
             ssl_certificate_key %(key)s; }
    server { listen 127.0.0.1:%(https)d ssl; root %(root)s; ssl_certificate %(cert)s;
             ssl_certificate_key %(key)s; }
'''


def nginx(context):
    def make():
        names = ('plain', 'h2c', 'proxy', 'proxy2', 'h2', 'https')
        ports = {name: free_port() for name in names}
        known = dict(ports, dir=context.dir, root=root(context), ours=shared(context).port, tls_servers='')
        if context.tls:
            known['cert'], known['key'] = context.certificate()
            known['tls_servers'] = NGINX_TLS % known
        conf = context.file('nginx.conf', (NGINX % known).encode())
        os.chmod(context.dir, 0o755)
        context.start([program('nginx'), '-c', conf, '-p', context.dir]).wait_listening(ports['plain'])
        return ports
    return context.once('nginx', make)


@test('client/nginx: HTTP/1.1', 'nginx')
def nginx_plain(context):
    base = 'http://127.0.0.1:%d' % nginx(context)['plain']
    gets_all(context, base, '--http1.1', negotiated='http/1.1 by default')


@test('client/nginx: an Upgrade that is passed over', 'nginx')
def nginx_upgrade(context):
    base = 'http://127.0.0.1:%d' % nginx(context)['plain']
    gets_all(context, base, negotiated='http/1.1 by default')


@test('client/nginx: prior knowledge', 'nginx')
def nginx_prior(context):
    base = 'http://127.0.0.1:%d' % nginx(context)['h2c']
    gets_all(context, base, '--prior-knowledge', negotiated='h2c by prior-knowledge')


@test('client/nginx: prior knowledge on a port of HTTP/1.1: a sentence', 'nginx')
def nginx_wrong(context):
    said = fails(context, 'http://127.0.0.1:%d/' % nginx(context)['plain'], '--prior-knowledge')
    check('HTTP1' in said or 'HTTP/1' in said, said)


@test('client/nginx: ALPN', 'nginx', 'tls', 'openssl')
def nginx_tls(context):
    base = 'https://127.0.0.1:%d' % nginx(context)['h2']
    gets_all(context, base, negotiated='h2 by alpn')
    gets_all(context, base, '--alpn', 'http/1.1', negotiated='http/1.1 by alpn')
    gets_all(context, base, '--alpn', '', negotiated='http/1.1 by default')
    fails(context, base + '/', '--alpn', 'nonsense')


@test('client/nginx: TLS without HTTP/2', 'nginx', 'tls', 'openssl')
def nginx_https(context):
    base = 'https://127.0.0.1:%d' % nginx(context)['https']
    gets_all(context, base, negotiated='http/1.1 by alpn')


@test('client/cleartext on a port of TLS: the answer, or a sentence', 'nginx', 'tls', 'openssl')
def nginx_cleartext(context):
    status, out, said = run([context.client, 'http://127.0.0.1:%d/' % nginx(context)['https']])
    check((status == 0 and b'plain HTTP request' in out) or status == 1, said)


@test('both/nginx as proxy between our client and our server', 'nginx')
def nginx_proxy(context):
    ports = nginx(context)
    for name, options, negotiated in (('proxy', [], 'http/1.1 by default'),
                                      ('proxy2', ['--prior-knowledge'], 'h2c by prior-knowledge')):
        base = 'http://127.0.0.1:%d' % ports[name]
        equal(ask(context, base + '/hello', *options, negotiated=negotiated), b'hello, world\n')
        check(b'"via":"default"' in ask(context, base + '/negotiated', *options), 'the Upgrade went through')
        # an echo of 10 MB is more than nginx can do: it forgets to read on when answers come early
        equal(ask(context, base + '/echo', '-d', 'abc', *options), b'abc')
        out = ask(context, base + '/upload', '--data-file', context.path('ten'), *options)
        check(b'"octets":10000000' in out, out)
        equal(ask(context, base + '/hello', '-n', '200', '-m', '20', *options), b'hello, world\n' * 200)
        equal(digest(ask(context, base + '/bytes/10000000', *options)), digest(pattern(TEN_MB)))


# ---- h2o ---------------------------------------------------------------------------------------------

H2O = '''
num-threads: 1
%(user)s
pid-file: %(dir)s/h2o.pid
error-log: %(dir)s/h2o.log
listen: {host: 127.0.0.1, port: %(plain)d}
%(tls)s
hosts:
  default:
    paths:
      /: {file.dir: %(root)s}
'''


def h2o(context):
    def make():
        ports = {'plain': free_port(), 'tls': free_port()}
        user = 'user: root' if os.getuid() == 0 else ''  # it would become nobody otherwise
        known = dict(ports, dir=context.dir, root=root(context), tls='', user=user)
        if context.tls:
            known['tls'] = ('listen: {host: 127.0.0.1, port: %d, ssl: {certificate-file: %s, key-file: %s}}' %
                            ((ports['tls'],) + context.certificate()))
        conf = context.file('h2o.conf', (H2O % known).encode())
        context.start([program('h2o'), '-m', 'worker', '-c', conf]).wait_listening(ports['plain'])
        return ports
    return context.once('h2o', make)


@test('client/h2o: Upgrade', 'h2o')
def h2o_upgrade(context):
    base = 'http://127.0.0.1:%d' % h2o(context)['plain']
    gets_all(context, base, negotiated='h2c by upgrade')


@test('client/h2o: prior knowledge and HTTP/1.1', 'h2o')
def h2o_prior(context):
    base = 'http://127.0.0.1:%d' % h2o(context)['plain']
    gets_all(context, base, '--prior-knowledge', negotiated='h2c by prior-knowledge')
    gets_all(context, base, '--http1.1', negotiated='http/1.1 by default')


@test('client/h2o: ALPN', 'h2o', 'tls', 'openssl')
def h2o_tls(context):
    base = 'https://127.0.0.1:%d' % h2o(context)['tls']
    gets_all(context, base, negotiated='h2 by alpn')
    gets_all(context, base, '--http1.1', negotiated='http/1.1 by alpn')


# ---- Node --------------------------------------------------------------------------------------------

NODE_SERVER = '''
const fs = require('fs');
const [kind, port, cert, key] = process.argv.slice(2);
function answer(request, response) {
  if (request.url === '/echo') {
    response.writeHead(200, {'content-type': request.headers['content-type'] || 'text/plain'});
    request.pipe(response);
  } else if (request.url === '/trailers') {
    response.writeHead(200, kind === 'http' ? {'trailer': 'x-a'} : {});
    response.write('abc');
    response.addTrailers({'x-a': 'b'});
    response.end();
  } else if (request.url === '/early') {
    response.writeHead(413);
    response.end('too large');
  } else {
    const file = process.env.ROOT + request.url;
    if (!fs.existsSync(file)) { response.writeHead(404); response.end('none'); return; }
    response.writeHead(200);
    if (request.method === 'HEAD') response.end(); else fs.createReadStream(file).pipe(response);
  }
}
const made = {
  http: () => require('http').createServer(answer),
  http2: () => require('http2').createServer(answer),
  tls: () => require('http2').createSecureServer({allowHTTP1: true, cert: fs.readFileSync(cert),
                                                  key: fs.readFileSync(key)}, answer),
}[kind]();
made.listen(+port, '127.0.0.1');
'''


def node(context, kind):
    def make():
        port = free_port()
        os.environ['ROOT'] = root(context)
        script = context.file('server.js', NODE_SERVER.encode())
        more = list(context.certificate()) if kind == 'tls' else []
        context.start(['node', script, kind, str(port)] + more).wait_listening(port)
        return ('https://127.0.0.1:%d' if kind == 'tls' else 'http://127.0.0.1:%d') % port
    return context.once('node ' + kind, make)


def node_way(kind, name, options, negotiated):
    @test('client/node %s: %s' % (kind, name), 'node', *(['tls', 'openssl'] if kind == 'tls' else []))
    def one(context):
        base = node(context, kind)
        gets_all(context, base, *options, negotiated=negotiated)
        out = ask(context, base + '/echo', '--data-file', context.path('ten'), *options)
        equal(digest(out), digest(content(TEN_MB)))
        equal(ask(context, base + '/trailers', *options), b'abc')
        equal(ask(context, base + '/early', '-d', 'abc', '--fail', *options, expect=22), b'too large')


for _row in (('http', 'HTTP/1.1', ['--http1.1'], 'http/1.1 by default'),
             ('http2', 'prior knowledge', ['--prior-knowledge'], 'h2c by prior-knowledge'),
             ('tls', 'ALPN h2', [], 'h2 by alpn'),
             ('tls', 'ALPN http/1.1', ['--http1.1'], 'http/1.1 by alpn')):
    node_way(*_row)


# ---- openssl s_server --------------------------------------------------------------------------------

def s_server(context, *options):
    port = free_port()
    cert, key = context.certificate()
    context.start(['openssl', 's_server', '-accept', '127.0.0.1:%d' % port, '-cert', cert, '-key', key,
                   '-www', '-quiet'] + list(options)).wait_listening(port)
    return 'https://127.0.0.1:%d' % port


@test('client/openssl s_server: ALPN lists', 'openssl', 'tls')
def s_server_alpn(context):
    base = s_server(context, '-alpn', 'http/1.1')
    out = ask(context, base + '/', negotiated='http/1.0 by alpn')
    check(b's_server' in out, out[:200])
    ask(context, base + '/', '--http1.1', negotiated='http/1.0 by alpn')
    base = s_server(context)
    ask(context, base + '/', negotiated='http/1.0 by default')


@test('client/openssl s_server: h2 chosen and not spoken: a sentence', 'openssl', 'tls')
def s_server_lies(context):
    fails(context, s_server(context, '-alpn', 'h2') + '/')


@test('client/openssl s_server: versions of TLS', 'openssl', 'tls')
def s_server_versions(context):
    for version in ('-tls1_2', '-tls1_3'):
        ask(context, s_server(context, '-alpn', 'http/1.1', version) + '/', negotiated='http/1.0 by alpn')


# ---- the end -----------------------------------------------------------------------------------------

@test('server/all of this left it well')
def the_end(context):
    for name in ('server', 'cleartext'):
        if name in context.shared:
            ended_well(context.shared[name])
    check('server' in context.shared or 'cleartext' in context.shared, 'no server was asked')
