"""tools/probe against every kind of port: each row of its table, its reasons, its verdict, its exit status."""
import json
import os
import pty
import re
import select
import shutil
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

from as_client import NGINX, h2o, nghttpd, nginx, node, s_server
from harness import check, equal, free_port, our_server, program, run, test

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, '..', '..')
WARN = os.environ.get('WARN', '-Werror -pedantic -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow '
                      '-Wcast-qual -Wundef -Wstrict-prototypes').split()
SANITIZERS = ['-g', '-fno-omit-frame-pointer', '-fno-sanitize-recover=all', '-fsanitize=address,undefined']

CLEAR = ['http/1.1', 'http/1.0', 'h2c-upgrade', 'h2c-upgrade-body', 'prior-knowledge', 'websocket-http/1.1',
         'websocket-h2']
TLS = ['tls-h2', 'tls-http/1.1', 'tls-both', 'tls-no-alpn', 'tls-nonsense', 'tls-websocket-http/1.1',
       'tls-websocket-h2']
NAMES = dict(zip(CLEAR + TLS, (
    'HTTP/1.1', 'HTTP/1.0', 'HTTP/2 by Upgrade', 'HTTP/2 by Upgrade, with a body', 'HTTP/2 by prior knowledge',
    'WebSocket over HTTP/1.1', 'WebSocket over HTTP/2', 'TLS, ALPN h2', 'TLS, ALPN http/1.1',
    'TLS, ALPN h2, http/1.1', 'TLS without ALPN', 'TLS, ALPN nonsense', 'TLS, WebSocket over HTTP/1.1',
    'TLS, WebSocket over HTTP/2')))

# how rows end, by what has to be found in them
NO_H2C = 'in HTTP/1.1 without 101: it does not do h2c, which RFC 9113 dropped'
NO_CONNECT = 'SETTINGS lack SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441 3)'
NO_PRIOR = 'it does not know HTTP/2 in cleartext'
ONLY_H2 = "answered with HTTP/2's SETTINGS: it speaks HTTP/2 alone, by prior knowledge"
NO_OVERLAP = 'TLS alert no_application_protocol'
ONLY_TLS = "this port speaks TLS: cleartext got 400 'plain HTTP request was sent to HTTPS port'"
CLOSED = 'the connection without an octet'
NO_TLS = 'no TLS here'


def built(context, tls):
    """The probe, built by its Makefile in a copy of what it needs."""
    def make():
        tree = context.path('probe-%d' % tls)
        os.makedirs(os.path.join(tree, 'tools'))
        os.makedirs(os.path.join(tree, 'examples'))
        shutil.copy(os.path.join(TOP, 'h2neg.h'), tree)
        for name in ('net.h', 'tls.h'):
            shutil.copy(os.path.join(TOP, 'examples', name), os.path.join(tree, 'examples'))
        for name in os.listdir(os.path.join(TOP, 'tools')):
            if name == 'Makefile' or re.match(r'probe.*\.[ch]$', name):
                shutil.copy(os.path.join(TOP, 'tools', name), os.path.join(tree, 'tools'))
        more = ['-O1', '-DH2NEG_CHECK'] + SANITIZERS if context.sanitized else ['-O1']
        _, said, wrong = run(['make', '-C', os.path.join(tree, 'tools'), 'probe', 'TLS=%d' % tls, 'OPTIMISE=',
                              'CFLAGS=' + ' '.join(more + WARN)], expect=0, limit=120)
        check(b'warning' not in said + wrong, wrong)
        return os.path.join(tree, 'tools', 'probe')
    return context.once('probe %d' % tls, make)


def sentence(said, *words):
    """One line on standard error, which ends in a full stop and says what to do."""
    check(said.startswith('probe: ') and said.endswith('.\n') and said.count('\n') == 1, 'on stderr: %r' % said)
    for word in words:
        check(word in said, '%r is not in %r' % (word, said))


class Probe:
    """What the probe says of a port, in its table and in JSON."""

    def __init__(self, context, where, *options, expect=0, tls=None, env=None, both=True):
        self.program = built(context, context.tls if tls is None else tls)
        self.rows, self.verdict = self.table(where, options, expect, env)
        self.json = None
        if both:
            self.agree(self.read_json(where, options, expect, env))

    def table(self, where, options, expect, env):
        began = time.monotonic()
        _, out, err = run([self.program] + list(options) + [where], expect=expect, env=env)
        self.seconds = time.monotonic() - began
        self.text = out.decode('ascii')
        equal(err, b'', 'standard error')
        parts = self.text.split('\n\n')
        equal(len(parts), 3, 'the parts of %r' % self.text)
        self.head = parts[0]
        lines = parts[1].split('\n')
        equal(lines[0].split(), ['way', 'in', 'spoken', '(how)', 'trips', 'ms'])
        ways = [] if '--tls-only' in options else CLEAR
        ways = ways + ([] if '--cleartext-only' in options else TLS)
        equal([line[5:37].strip() for line in lines[1:]], [NAMES[way] for way in ways], 'the ways of the table')
        rows = {way: (line[:3].strip(), line[37:]) for way, line in zip(ways, lines[1:])}
        return rows, parts[2].split('\n')[:-1]

    def read_json(self, where, options, expect, env):
        _, out, err = run([self.program, '--json'] + list(options) + [where], expect=expect, env=env)
        equal(err, b'', 'standard error')
        self.json = json.loads(out.decode('ascii'))
        equal(self.json['exit'], expect, 'the exit status in JSON')
        return self.json

    def agree(self, told):
        equal([(w['way'], w['name']) for w in told['ways']], list(NAMES.items()))
        for w in told['ways']:
            equal(w['tls'], w['way'] in TLS)
            if w['result'] == 'left out':
                check(w['way'] not in self.rows, w)
                continue
            result, rest = self.rows[w['way']]
            equal(w['result'], {'-': 'not tried'}.get(result, result), w['way'])
            if result == 'yes':
                check(rest.startswith(self.spoken(w) + ' '), (w, rest))
                check(rest.split('  ')[-1].strip() == w['note'] and w['ms'] > 0 and 'reason' not in w, (w, rest))
                equal(int(rest[21:].split()[0]), w['round_trips'])
            else:  # how a connection ends is a race now and then
                equal(re.sub('^(closed|reset) ', '', w['reason']), re.sub('^(closed|reset) ', '', rest))
        equal(told['verdict'], self.verdict)

    @staticmethod
    def spoken(w):
        if 'websocket' in w['way']:
            return 'WebSocket on ' + w['protocol']
        return '%s (%s)' % (w['protocol'], w['via'].replace('-', ' '))

    def expect(self, wanted):
        """{way: what}: '+' and the start of a row that is yes, '-' and a part of one that was not tried, a part of
        the reason for a no."""
        for way, what in wanted.items():
            result, rest = self.rows[way]
            rest = re.sub(' +', ' ', rest)
            sign, what = (what[0], what[1:]) if what[0] in '+-' else ('', what)
            good = rest.startswith(what) if sign == '+' else what in rest
            check(good and result == {'+': 'yes', '-': '-', '': 'no'}[sign],
                  '%s is %r %r, not %r' % (way, result, rest, sign + what))

    def concludes(self, *parts):
        for part in parts:
            check(any(part in line for line in self.verdict), '%r is not in %r' % (part, self.verdict))

    def never(self, *parts):
        for part in parts:
            check(not any(part in line for line in self.verdict), '%r is in %r' % (part, self.verdict))


def every(ways, what):
    return {way: what for way in ways}


def where(port):
    return '127.0.0.1:%d' % port


# ---- our server ----------------------------------------------------------------------------------------

OURS_CLEAR = {'http/1.1': '+http/1.1 (default) 1 ', 'http/1.0': '+http/1.1 (default) 1 ',
              'h2c-upgrade': '+h2c (upgrade) 1 ', 'h2c-upgrade-body': '+h2c (upgrade) 1 ',
              'prior-knowledge': '+h2c (prior knowledge) 1 ', 'websocket-http/1.1': '+WebSocket on http/1.1 1 ',
              'websocket-h2': '+WebSocket on h2c 2 '}
OURS_TLS = {'tls-h2': '+h2 (alpn) 2 ', 'tls-http/1.1': '+http/1.1 (alpn) 2 ', 'tls-both': '+h2 (alpn) 2 ',
            'tls-no-alpn': '+http/1.1 (default) 2 ', 'tls-nonsense': NO_OVERLAP,
            'tls-websocket-http/1.1': '+WebSocket on http/1.1 2 ', 'tls-websocket-h2': '+WebSocket on h2 3 '}


@test('probe/our server: every way', 'tls', 'make')
def ours_tls(context):
    p = Probe(context, 'localhost:%d' % our_server(context, '--tls').port)
    p.expect(dict(OURS_CLEAR, **OURS_TLS))
    p.concludes('This port speaks cleartext and TLS', 'HTTP/2: by ALPN, Upgrade and prior knowledge.',
                'A browser gets HTTP/2 here.', 'WebSocket at /ws: over HTTP/1.1 and HTTP/2.',
                'The certificate does not verify for localhost: self')
    p.never('removed')
    check('(127.0.0.1)' in p.head, p.head)
    for way, row in p.rows.items():
        if 'websocket' in way:
            check(row[1].endswith(', a ping came back'), row)
    ways = {w['way']: w for w in p.json['ways']}
    equal([ways[w]['alpn'] for w in TLS], ['h2', 'http/1.1', 'h2', '', '', 'http/1.1', 'h2'])
    equal({ways[w]['tls_version'] for w in TLS if w != 'tls-nonsense'}, {'TLSv1.3'})
    equal((p.json['certificate']['verifies'], p.json['certificate']['name']), (False, 'localhost'))
    equal((p.json['path'], p.json['websocket_path'], p.json['address']), ('/', '/ws', '127.0.0.1'))


@test('probe/our server in cleartext', 'make')
def ours_clear(context):
    p = Probe(context, where(our_server(context).port))
    p.expect(OURS_CLEAR)
    p.expect(every(TLS, NO_TLS if context.tls else "-not tried: OpenSSL's headers were missing"))
    p.concludes('HTTP/2: by Upgrade and prior knowledge.',
                'A browser gets HTTP/1.1 here: none does HTTP/2 in cleartext.')
    if context.tls:
        p.concludes('This port speaks cleartext alone: use http: and ws: URLs.')
    equal(p.json['certificate'], None)


@test('probe/our server, HTTP/1.1 alone: the fields arrived', 'make')
def ours_http1(context):
    p = Probe(context, where(our_server(context, '--protocols', 'http/1.1').port))
    p.expect({'http/1.1': '+http/1.1', 'h2c-upgrade': 'answered 200 ' + NO_H2C,
              'h2c-upgrade-body': 'answered 204 ' + NO_H2C,
              'prior-knowledge': "with 'HTTP/1.1 505 HTTP Version Not Supported': " + NO_PRIOR,
              'websocket-http/1.1': '/ws answered 404; --path PATH says where there is a WebSocket',
              'websocket-h2': NO_PRIOR})
    p.concludes('HTTP/2: no.', 'WebSocket at /ws: no.', 'Upgrade was not removed: requests for h2c in cleartext '
                'and WebSocket in cleartext arrived with every field')
    equal([(a['request'], a['known'], a['missing']) for a in p.json['arrivals']],
          [('h2c', True, []), ('WebSocket', True, [])])


@test('probe/our server, HTTP/1.1 alone over TLS', 'tls', 'make')
def ours_http1_tls(context):
    p = Probe(context, where(our_server(context, '--tls', '--protocols', 'http/1.1').port), '--tls-only')
    p.expect({
        'tls-h2': NO_OVERLAP + ': it does not know h2 (RFC 7301 3.2)', 'tls-http/1.1': '+http/1.1 (alpn)',
        'tls-both': '+http/1.1 (alpn)', 'tls-no-alpn': '+http/1.1 (default)',
        'tls-nonsense': NO_OVERLAP + ': rightly so', 'tls-websocket-http/1.1': '/ws answered 404',
        'tls-websocket-h2': NO_OVERLAP})
    p.concludes('A browser gets HTTP/1.1 here.', 'requests for WebSocket over TLS arrived with every field')


@test('probe/our server, HTTP/2 alone', 'make')
def ours_http2(context):
    p = Probe(context, where(our_server(context, '--protocols', 'prior').port), '--cleartext-only')
    p.expect(dict(every(CLEAR, ONLY_H2), **{'prior-knowledge': '+h2c (prior knowledge)',
                                            'websocket-h2': NO_CONNECT}))
    equal([w['result'] for w in p.json['ways'] if w['tls']], ['left out'] * 7)
    p.concludes('A browser gets nothing here', 'HTTP/2: by prior knowledge.')


@test('probe/our server, HTTP/2 alone over TLS', 'tls', 'make')
def ours_http2_tls(context):
    p = Probe(context, where(our_server(context, '--tls', '--protocols', 'h2').port))
    p.expect(dict(every(CLEAR, CLOSED), **{
        'tls-h2': '+h2 (alpn)', 'tls-http/1.1': NO_OVERLAP, 'tls-both': '+h2 (alpn)',
        'tls-no-alpn': 'behind the TLS handshake without an answer: it may speak HTTP/2 alone',
        'tls-nonsense': NO_OVERLAP, 'tls-websocket-http/1.1': NO_OVERLAP, 'tls-websocket-h2': NO_CONNECT}))
    p.concludes('This port speaks TLS alone: use https: and wss: URLs.', 'HTTP/2: by ALPN.')


@test('probe/a certificate that verifies, --sni', 'tls', 'openssl', 'make')
def certificate(context):
    cert, key = context.certificate()
    port = our_server(context, '--tls', '--cert', cert, '--key', key).port
    env = dict(os.environ, SSL_CERT_FILE=cert)
    Probe(context, 'localhost:%d' % port, '--tls-only', env=env).concludes('The certificate verifies for localhost.')
    Probe(context, where(port), '--tls-only', env=env).concludes('The certificate verifies for 127.0.0.1.')
    p = Probe(context, where(port), '--tls-only', '--sni', 'example.org', env=env)
    p.concludes('The certificate does not verify for example.org: ')
    p = Probe(context, where(port), '--tls-only', '--sni', 'localhost', '--insecure', env=env)
    p.concludes('The certificate verifies for localhost.')


@test('probe/URLs and --path', 'make')
def urls(context):
    port = our_server(context).port
    for url, path, socket_path in (('http://127.0.0.1:%d/hello?a=b', '/hello?a=b', '/hello?a=b'),
                                   ('ws://127.0.0.1:%d', '/', '/ws'), ('wss://127.0.0.1:%d/chat', '/chat', '/chat'),
                                   ('https://127.0.0.1:%d/', '/', '/ws')):
        p = Probe(context, url % port, '--cleartext-only')
        equal((p.json['path'], p.json['websocket_path']), (path, socket_path), url)
    p = Probe(context, 'http://127.0.0.1:%d/hello' % port, '--path', '/chat', '--cleartext-only')
    equal(p.json['path'], '/chat')
    p.expect({'http/1.1': '+http/1.1', 'websocket-http/1.1': '+WebSocket on http/1.1'})
    check('426' in p.rows['http/1.1'][1], p.rows['http/1.1'])


@test('probe/IPv6', 'make')
def ipv6(context):
    try:
        socket.socket(socket.AF_INET6).bind(('::1', 0))
    except OSError:
        return 'not here: this machine has no ::1'
    server = context.start([context.server, '-p', '0', '-b', '::1'])
    port = int(re.search(r'http://.*:(\d+)', server.wait_for('listening on http://')).group(1))
    for target in ('[::1]:%d', 'http://[::1]:%d/'):
        p = Probe(context, target % port, '--cleartext-only')
        p.expect({'http/1.1': '+http/1.1', 'prior-knowledge': '+h2c'})
        equal(p.json['address'], '::1')
    return None


@test('probe/built without TLS', 'make')
def without_tls(context):
    p = Probe(context, where(our_server(context).port), tls=0)
    p.expect(dict(OURS_CLEAR, **every(TLS, "-not tried: OpenSSL's headers were missing when this probe was built")))
    _, out, err = run([built(context, 0), '--tls-only', where(1)], expect=2)
    sentence(err.decode(), 'OpenSSL', 'build it')


@test("probe/our server's /fields: names as they came, or 404")
def fields_route(context):
    port = our_server(context).port
    head = (b'GET /fields HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nconnection: Upgrade, X-One\r\nUpgrade: none\r\n'
            b'X-One: 2\r\n\r\n')

    def ask(*parts):
        s = socket.create_connection(('127.0.0.1', port), 10)
        for part in parts:
            s.sendall(part)
            time.sleep(0.2 if part is not parts[-1] else 0)
        got = b''
        while got.count(b'\r\n\r\n') == 0 or not got.endswith(b'\n'):
            part = s.recv(65536)
            check(part, got)
            got += part
        s.close()
        return got
    got = ask(head)
    check(got.startswith(b'HTTP/1.1 200 '), got)
    equal(got.split(b'\r\n\r\n')[1], b'Host\nX-One\nconnection\nUpgrade\nX-One\n')
    check(ask(head[:30], head[30:]).startswith(b'HTTP/1.1 404 '), 'a head in two reads is not told')
    other = ask(b'GET /fields HTTP/1.1\r\nHost: b\r\n\r\n')  # nothing of an earlier one
    equal(other.split(b'\r\n\r\n')[1], b'Host\n')


# ---- the world's ---------------------------------------------------------------------------------------

@test('probe/nginx', 'nginx', 'make')
def on_nginx(context):
    ports = nginx(context)
    p = Probe(context, where(ports['plain']), '--path', '/hello')
    p.expect({'http/1.1': '+http/1.1 (default) 1 ', 'http/1.0': '+http/1.1 (default)',
              'h2c-upgrade': 'answered 200 ' + NO_H2C, 'h2c-upgrade-body': 'answered 405 ' + NO_H2C,
              'prior-knowledge': "answered HTTP/2's preface with 'HTTP/1.1 400 Bad Request': " + NO_PRIOR,
              'websocket-http/1.1': '/hello answered 200 without 101: no WebSocket there',
              'websocket-h2': NO_PRIOR})
    if context.tls:
        p.expect(every(TLS, "no TLS here: the ClientHello was answered with 'HTTP/1.1 400 Bad Request'"))
    p.never('removed')
    ways = {w['way']: w for w in p.json['ways']}
    equal([(ways[way]['protocol'], ways[way]['status']) for way in ('h2c-upgrade', 'prior-knowledge')],
          [('http/1.1', 200), ('', 0)], 'what is told of a no')
    equal([a['known'] for a in p.json['arrivals']], [False, False])
    p = Probe(context, where(ports['h2c']), '--path', '/hello', '--cleartext-only')
    p.expect(dict(every(CLEAR, ONLY_H2), **{'prior-knowledge': '+h2c (prior knowledge)', 'websocket-h2': NO_CONNECT}))


@test('probe/nginx over TLS', 'nginx', 'tls', 'openssl', 'make')
def on_nginx_tls(context):
    ports = nginx(context)
    p = Probe(context, where(ports['h2']), '--path', '/hello')
    clear = dict(every(CLEAR, ONLY_TLS), **{'prior-knowledge': NO_PRIOR, 'websocket-h2': NO_PRIOR})
    p.expect(dict(clear, **{
        'tls-h2': '+h2 (alpn)', 'tls-http/1.1': '+http/1.1 (alpn)', 'tls-both': '+h2 (alpn)',
        'tls-no-alpn': '+http/1.1 (default)', 'tls-nonsense': NO_OVERLAP,
        'tls-websocket-http/1.1': '/hello answered 200', 'tls-websocket-h2': NO_CONNECT}))
    p.concludes('This port speaks TLS alone: use https: and wss: URLs.')
    p = Probe(context, where(ports['https']), '--path', '/hello')
    p.expect(dict(clear, **{
        'tls-h2': NO_OVERLAP, 'tls-http/1.1': '+http/1.1 (alpn)', 'tls-both': '+http/1.1 (alpn)',
        'tls-no-alpn': '+http/1.1 (default)', 'tls-nonsense': NO_OVERLAP, 'tls-websocket-h2': NO_OVERLAP}))
    p.concludes('HTTP/2: no.', 'A browser gets HTTP/1.1 here.')


@test('probe/nginx as proxy in front of our server: Upgrade was removed', 'nginx', 'make')
def through_nginx(context):
    ours = our_server(context)  # and an nginx that nobody else uses
    ports = {name: free_port() for name in ('plain', 'h2c', 'proxy', 'proxy2')}
    where_it_is = context.path('alone')
    os.makedirs(where_it_is, exist_ok=True)
    conf = context.file('alone/nginx.conf', (NGINX % dict(
        ports, dir=where_it_is, root=where_it_is, ours=ours.port, tls_servers='')).encode())
    context.start([program('nginx'), '-c', conf, '-p', where_it_is]).wait_listening(ports['proxy'])
    p = Probe(context, where(ports['proxy']), '--cleartext-only')
    try:
        p.expect({'http/1.1': '+http/1.1', 'h2c-upgrade': 'answered 200 ' + NO_H2C,
                  'websocket-http/1.1': '/ws answered 426: it saw no Upgrade'})
    except Exception as e:
        with open(os.path.join(where_it_is, 'nginx.log'), errors='replace') as log:
            raise type(e)('%s; nginx says: %s' % (e, log.read()[-800:])) from None
    p.concludes('Upgrade was removed between you and the server: of a request for h2c in cleartext, Upgrade and '
                'Connection did not arrive',
                'of a request for WebSocket in cleartext, Upgrade and Connection did not arrive')


@test('probe/h2o', 'h2o', 'make')
def on_h2o(context):
    ports = h2o(context)
    p = Probe(context, where(ports['plain']), '--path', '/hello', '--cleartext-only')
    p.expect({'http/1.1': '+http/1.1 (default) 1 ', 'http/1.0': '+http/1.1', 'h2c-upgrade': '+h2c (upgrade) 1 ',
              'h2c-upgrade-body': '+h2c (upgrade) 1 ', 'prior-knowledge': '+h2c (prior knowledge) 1 ',
              'websocket-http/1.1': '/hello answered 200', 'websocket-h2': NO_CONNECT})
    p.concludes('HTTP/2: by Upgrade and prior knowledge.')
    p.never('removed')


@test('probe/h2o over TLS', 'h2o', 'tls', 'openssl', 'make')
def on_h2o_tls(context):
    p = Probe(context, where(h2o(context)['tls']), '--path', '/hello')
    p.expect(dict(every(CLEAR, CLOSED), **{
        'tls-h2': '+h2 (alpn) 2 ', 'tls-http/1.1': '+http/1.1 (alpn) 2 ', 'tls-both': '+h2 (alpn) 2 ',
        'tls-no-alpn': '+http/1.1 (default) 2 ', 'tls-nonsense': '+http/1.1 (default) 2 ',
        'tls-websocket-http/1.1': '/hello answered 200', 'tls-websocket-h2': NO_CONNECT}))
    check('ignored the list, where RFC 7301 3.2 asks for an alert' in p.rows['tls-nonsense'][1],
          p.rows['tls-nonsense'])


@test('probe/nghttpd', 'nghttpd', 'make')
def on_nghttpd(context):
    p = Probe(context, nghttpd(context, 0) + '/hello')
    p.expect(dict(every(CLEAR, ONLY_H2), **{'prior-knowledge': '+h2c (prior knowledge) 1 ',
                                            'websocket-h2': NO_CONNECT}))
    if context.tls:
        p.expect(every(TLS, NO_TLS))


@test('probe/nghttpd over TLS', 'nghttpd', 'tls', 'openssl', 'make')
def on_nghttpd_tls(context):
    p = Probe(context, nghttpd(context, 1) + '/hello')
    silent = 'the connection behind the TLS handshake without an answer: it may speak HTTP/2 alone'
    p.expect(dict(every(CLEAR, CLOSED), **{
        'tls-h2': '+h2 (alpn)', 'tls-http/1.1': silent, 'tls-both': '+h2 (alpn)', 'tls-no-alpn': silent,
        'tls-nonsense': silent, 'tls-websocket-http/1.1': silent, 'tls-websocket-h2': NO_CONNECT}))


@test('probe/Node: http and http2', 'node', 'make')
def on_node(context):
    p = Probe(context, node(context, 'http') + '/hello', '--cleartext-only')
    p.expect({'http/1.1': '+http/1.1 (default)', 'http/1.0': '+http/1.1 (default)', 'h2c-upgrade': NO_H2C,
              'h2c-upgrade-body': NO_H2C, 'prior-knowledge': 'it does not know HTTP/2 in cleartext',
              'websocket-http/1.1': '/hello answered 200', 'websocket-h2': NO_PRIOR})
    p = Probe(context, node(context, 'http2') + '/hello', '--cleartext-only')
    p.expect(dict(every(CLEAR, ONLY_H2), **{'prior-knowledge': '+h2c (prior knowledge)', 'websocket-h2': NO_CONNECT}))


@test('probe/Node over TLS', 'node', 'tls', 'openssl', 'make')
def on_node_tls(context):
    p = Probe(context, node(context, 'tls') + '/hello', '--tls-only')
    p.expect({'tls-h2': '+h2 (alpn)', 'tls-http/1.1': '+http/1.1 (alpn)', 'tls-both': '+h2 (alpn)',
              'tls-no-alpn': '+http/1.1 (default)', 'tls-websocket-http/1.1': '/hello answered 200',
              'tls-websocket-h2': NO_CONNECT})


@test('probe/openssl s_server', 'openssl', 'tls', 'make')
def on_s_server(context):
    unanswered = 'left ALPN unanswered, which means HTTP/1.1: no HTTP/2 here'
    p = Probe(context, s_server(context))
    p.expect(dict(every(CLEAR, CLOSED), **{
        'tls-h2': unanswered, 'tls-http/1.1': '+http/1.0 (default) 2 ', 'tls-both': '+http/1.0 (default) 2 ',
        'tls-no-alpn': '+http/1.0 (default) 2 ', 'tls-nonsense': '+http/1.0 (default) 2 ',
        'tls-websocket-http/1.1': '/ws answered 200', 'tls-websocket-h2': unanswered}))
    check(p.rows['tls-both'][1].endswith('; ALPN was not answered'), p.rows['tls-both'])
    p.concludes('HTTP/2: no.', 'The certificate does not verify')
    # one that agrees on h2 and does not speak it
    p = Probe(context, s_server(context, '-alpn', 'h2,http/1.1'), '--tls-only', '--timeout', '1')
    p.expect({'tls-h2': 'TLS stands, ALPN agreed on h2, but no answer came in 1 s',
              'tls-http/1.1': '+http/1.0 (alpn)', 'tls-nonsense': NO_OVERLAP})
    p.concludes('A browser gets nothing here: ALPN agrees on h2, and then nobody speaks it.')
    # versions of TLS
    p = Probe(context, s_server(context, '-tls1_2'), '--tls-only')
    check('TLSv1.2' in p.rows['tls-no-alpn'][1], p.rows['tls-no-alpn'])


@test('probe/a server that wants a certificate from the client', 'openssl', 'tls', 'make')
def client_certificate(context):
    p = Probe(context, s_server(context, '-Verify', '1', '-verify_return_error'), '--tls-only', expect=1)
    p.expect({'tls-no-alpn': 'TLS alert certificate_required: it wants a certificate from the client'})
    p.concludes('No way in works')


# ---- ports that are odd --------------------------------------------------------------------------------

class Port:
    """A listener that treats every connection the same, each in a thread of its own."""

    def __init__(self, serve):
        self.serve = serve
        self.s = socket.socket()
        self.s.bind(('127.0.0.1', 0))
        self.s.listen(16)
        self.port = self.s.getsockname()[1]
        self.count = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.s.accept()
            except OSError:
                return
            self.count += 1
            threading.Thread(target=self.one, args=(peer,), daemon=True).start()

    def one(self, peer):
        peer.settimeout(20)
        try:
            self.serve(peer)
        except OSError:
            pass
        peer.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.s.shutdown(socket.SHUT_RDWR)
        self.s.close()


def drain(peer):
    while peer.recv(65536):
        pass


def read_head(peer):
    got = b''
    while b'\r\n\r\n' not in got:
        part = peer.recv(65536)
        if not part:
            break
        got += part
    return got


def answer_once(peer):
    read_head(peer)
    peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')


@test('probe/an HTTP/1.0 server', 'make')
def http10(context):
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'hello\n')

        def log_message(self, *_):
            pass
    server = HTTPServer(('127.0.0.1', 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        p = Probe(context, where(server.server_port))
    finally:
        server.shutdown()
        server.server_close()
    p.expect({'http/1.1': '+http/1.0 (default) 1 ', 'http/1.0': '+http/1.0 (default) 1 ',
              'h2c-upgrade': 'answered 200 in HTTP/1.0 without 101: it does not do h2c',
              'prior-knowledge': NO_PRIOR, 'websocket-http/1.1': '/ws answered 200 without 101',
              'websocket-h2': NO_PRIOR})
    if context.tls:
        p.expect(every(TLS, NO_TLS))


@test('probe/a port that never answers: soon given up', 'make')
def silent(context):
    with Port(drain) as port:
        p = Probe(context, where(port.port), '--timeout', '1', expect=1)
        tried = 3 if context.tls else 2
        check(tried - 0.1 < p.seconds < tried + 3, p.seconds)
        equal(port.count, 2 * (1 + tried), 'connections of two probes')
        p.expect(dict(every(CLEAR, '-not tried: '), **{'http/1.1': 'nothing came in 1 s',
                                                        'prior-knowledge': 'nothing came in 1 s'}))
        if context.tls:
            p.expect(dict(every(TLS, '-not tried: a ClientHello got no answer'), **{'tls-h2': 'nothing came in 1 s'}))
        p.concludes('The port accepts connections and never answers: gave up early')


@test('probe/a port that drips: every way has its limit', 'make')
def drips(context):
    def drip(peer):
        peer.recv(65536)
        for octet in b'HTTP/1.1 200 OK\r\nX: ' + b'y' * 300:
            peer.sendall(bytes([octet]))
            time.sleep(0.05)
    with Port(drip) as port:
        p = Probe(context, where(port.port), '--timeout', '1', '--cleartext-only', expect=1, both=False)
        check(p.seconds < 5, p.seconds)
        p.expect(dict(every(CLEAR, '-not tried: '), **{'http/1.1': 'something came, but no whole answer in 1 s',
                                                        'prior-knowledge': NO_PRIOR, 'websocket-h2': NO_PRIOR}))
        p.never('never answers')
    with Port(lambda peer: drip(peer) if b'HTTP/1.1' not in peer.recv(65536, socket.MSG_PEEK) else
              answer_once(peer)) as port:  # HTTP/1.1 alone is well answered
        p = Probe(context, where(port.port), '--timeout', '1', '--cleartext-only', both=False)
        p.expect({'http/1.1': '+http/1.1', 'http/1.0': 'something came, but no whole answer in 1 s'})


@test('probe/a port that closes at once', 'make')
def closes(context):
    with Port(lambda peer: None) as port:
        p = Probe(context, where(port.port), expect=1)
        p.expect(every(CLEAR + (TLS if context.tls else []), CLOSED))
        p.concludes('No way in works: what listens there speaks neither HTTP nor WebSocket')
        check(p.seconds < 5, p.seconds)


@test('probe/a port that answers with what is not HTTP', 'make')
def garbage(context):
    def answers(octets):
        def serve(peer):
            peer.sendall(octets)
            peer.shutdown(socket.SHUT_WR)
            drain(peer)
        return serve
    with Port(answers(b'220 mail.example ESMTP\x07\r\n')) as port:
        p = Probe(context, where(port.port), expect=1)
        p.expect({'http/1.1': "answered with what is not HTTP: '220 mail.example ESMTP.'",
                  'http/1.0': "answered with what is not HTTP: '220 mail.example ESMTP.'",
                  'prior-knowledge': "answered HTTP/2's preface with '220 mail.example ESMTP.'"})
        if context.tls:
            p.expect(every(TLS, "no TLS here: the ClientHello was answered with '220 mail.example ESMTP.'"))
        p.concludes('No way in works')
    with Port(answers(bytes(range(128, 256)) * 10)) as port:
        p = Probe(context, where(port.port), expect=1)
        p.expect({'http/1.1': 'answered with what is not HTTP: octets that are no text, 80 first'})
        if context.tls:
            p.expect(every(TLS, 'octets that are no text, 80 first'))
    with Port(answers(b'\x15\x03\x01\x00\x02\x02\x46')) as port:
        p = Probe(context, where(port.port), expect=1)
        p.expect(every(CLEAR, 'this port speaks TLS: cleartext got a TLS alert, protocol_version'))
        if context.tls:
            p.expect(every(TLS, 'TLS alert protocol_version: it speaks older versions of TLS than 1.2'))
    with Port(answers(b'HTTP/1.1 20')) as port:
        p = Probe(context, where(port.port), '--cleartext-only', expect=1)
        check('octet' in p.rows['http/1.1'][1] or 'closed' in p.rows['http/1.1'][1], p.rows['http/1.1'])


@test('probe/a TLS handshake that does not end', 'tls', 'make')
def stalls(context):
    def serve(peer):
        peer.recv(65536)
        peer.sendall(b'\x16\x03\x03\x00\x7a\x02')
        drain(peer)
    with Port(serve) as port:
        p = Probe(context, where(port.port), '--tls-only', '--timeout', '1', expect=1)
        p.expect(dict(every(TLS, '-not tried: a ClientHello got no answer'),
                      **{'tls-h2': 'the TLS handshake did not end in 1 s'}))
        p.concludes('No way in works')
        p.never('never answers')


@test('probe/an HTTP/2 server that says why not', 'make')
def goaway(context):
    def serve(peer):
        peer.recv(65536)
        words = b'not today\x1b'
        peer.sendall(b'\0\0\0\4\0\0\0\0\0' + bytes([0, 0, 8 + len(words), 7, 0, 0, 0, 0, 0]) +
                     b'\0\0\0\0\0\0\0\x0b' + words)
        peer.shutdown(socket.SHUT_WR)
        drain(peer)
    with Port(serve) as port:
        p = Probe(context, where(port.port), '--cleartext-only', expect=1)
        p.expect({'prior-knowledge': "ended HTTP/2 with GOAWAY ENHANCE_YOUR_CALM ('not today.')"})


@test('probe/a server that dies of it', 'make')
def dies(context):
    with Port(lambda peer: None) as port:
        def serve(peer):
            read_head(peer)
            if port.count >= 3:
                port.s.shutdown(socket.SHUT_RDWR)
                port.s.close()
            else:
                peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
        port.serve = serve
        try:
            p = Probe(context, where(port.port), '--cleartext-only', both=False)
            p.expect({'http/1.1': '+http/1.1 (default)', 'prior-knowledge': 'could not connect again: '})
            p.concludes('The port stopped accepting connections at ')
        finally:
            port.s = socket.socket()
            port.s.bind(('127.0.0.1', 0))
            port.s.listen(1)


def stripping(ours, names):
    """A proxy that takes fields of these names away, and nothing else."""
    def copy(a, b):
        try:
            while True:
                part = a.recv(65536)
                if not part:
                    break
                b.sendall(part)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def serve(peer):
        got = read_head(peer)
        head, _, rest = got.partition(b'\r\n\r\n')
        lines = [line for line in head.split(b'\r\n') if line.split(b':')[0].lower() not in names]
        up = socket.create_connection(('127.0.0.1', ours), 10)
        up.sendall(b'\r\n'.join(lines) + b'\r\n\r\n' + rest)
        threading.Thread(target=copy, args=(peer, up), daemon=True).start()
        copy(up, peer)
        up.close()
    return Port(serve)


@test('probe/a proxy that strips Upgrade: the fields that it took', 'make')
def strips(context):
    ours = our_server(context).port
    with stripping(ours, []) as proxy:  # one that does not
        p = Probe(context, where(proxy.port), '--cleartext-only')
        p.expect({way: what for way, what in OURS_CLEAR.items() if 'h2' not in way or 'upgrade' in way})
        p.never('removed')
    with stripping(ours, [b'upgrade']) as proxy:
        p = Probe(context, where(proxy.port), '--cleartext-only')
        p.expect({'http/1.1': '+http/1.1', 'h2c-upgrade': 'answered 200 ' + NO_H2C,
                  'h2c-upgrade-body': 'without 101', 'prior-knowledge': '+h2c (prior knowledge)',
                  'websocket-http/1.1': '/ws answered 426: it saw no Upgrade', 'websocket-h2': '+WebSocket on h2c'})
        p.concludes('Upgrade was removed between you and the server: of a request for h2c in cleartext, Upgrade did '
                    'not arrive', 'of a request for WebSocket in cleartext, Upgrade did not arrive')
        equal([a['missing'] for a in p.json['arrivals']], [['Upgrade'], ['Upgrade']])
    with stripping(ours, [b'upgrade', b'connection', b'http2-settings', b'sec-websocket-key']) as proxy:
        p = Probe(context, where(proxy.port), '--cleartext-only')
        p.concludes('of a request for h2c in cleartext, Upgrade, Connection and HTTP2-Settings did not arrive',
                    'of a request for WebSocket in cleartext, Upgrade, Connection and Sec-WebSocket-Key did not arrive')
    with stripping(ours, [b'http2-settings']) as proxy:  # the WebSocket's Upgrade gets through
        p = Probe(context, where(proxy.port), '--cleartext-only')
        p.expect({'h2c-upgrade': NO_H2C, 'websocket-http/1.1': '+WebSocket on http/1.1'})
        p.concludes('HTTP2-Settings was removed between you and the server: of a request for h2c in cleartext, '
                    'HTTP2-Settings did not arrive')


@test('probe/what can be guessed of a server that does not tell', 'make')
def guesses(context):
    def only(status):
        def serve(peer):
            got = read_head(peer)
            line = status if b'websocket' in got else b'200 OK'
            peer.sendall(b'HTTP/1.1 ' + line + b'\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
            peer.shutdown(socket.SHUT_WR)
            drain(peer)
        return Port(serve)
    with only(b'426 Upgrade Required') as port:
        p = Probe(context, where(port.port), '--cleartext-only')
        p.concludes('426 Upgrade Required was the answer to a request with Upgrade')
        p.never('was removed')
        equal([a['known'] for a in p.json['arrivals']], [False, False])
    with only(b'403 Forbidden') as port:
        p = Probe(context, where(port.port), '--cleartext-only')
        p.expect({'websocket-http/1.1': '/ws answered 403: it does not want this client there'})
        p.never('426', 'was removed')
    # h2c is off, the WebSocket opens, and nobody knows /fields
    ours = our_server(context, '--protocols', 'http/1.1,websocket', '--echo').port
    p = Probe(context, where(ours), '--cleartext-only')
    p.concludes('Upgrade gets through, as the WebSocket\'s did')


# ---- the command line ----------------------------------------------------------------------------------

def wrong(context, *args, words=(), status=2):
    _, out, err = run([built(context, context.tls)] + list(args), expect=status)
    equal(out, b'', 'standard output')
    sentence(err.decode('ascii'), *words)


@test('probe/a wrong command line: one sentence, exit 2', 'make')
def usage(context):
    for args, words in (((), ('HOST:PORT',)), (('--nonsense', where(1)), ('--nonsense', '--help')),
                        ((where(1), '--path'), ('--path',)), ((where(1), where(2)), ('one HOST:PORT',)),
                        ((where(1), '--timeout', '0'), ('1 to 60',)), ((where(1), '--timeout', '61'), ('1 to 60',)),
                        ((where(1), '--timeout', 'x'), ('1 to 60',)), ((where(1), '--timeout', ''), ('1 to 60',)),
                        ((where(1), '--path', 'x'), ('begins with /',)),
                        ((where(1), '--path', '/a b'), ('begins with /',)),
                        ((where(1), '--path', '/a\r\nX: y'), ('begins with /',)),
                        ((where(1), '--tls-only', '--cleartext-only'), ('leave one',)),
                        ((where(1), '--sni', 'a b'), ('--sni',)), ((where(1), '--sni', 'a:1'), ('--sni',)),
                        (('localhost',), ('localhost:8080',)), (('localhost:',), ('port',)),
                        (('localhost:0',), ('1 to 65535',)), (('localhost:65536',), ('HOST:PORT',)),
                        (('localhost:x',), ('HOST:PORT',)), ((':80',), ('HOST:PORT',)), (('::1:80',), ('HOST:PORT',)),
                        (('ftp://localhost/',), ('http, https, ws or wss',)), (('http://',), ('URL',)),
                        (('http://localhost:x/',), ('URL',)), (('a' * 300 + ':80',), ('name is too long',)),
                        (('\x1b[31m:80x',), ('HOST:PORT',))):
        wrong(context, *args, words=words)


@test('probe/--help', 'make')
def told(context):
    _, out, err = run([built(context, context.tls), '--help'], expect=0)
    for word in ('usage: probe', '--json', '--path', '--timeout', '--tls-only', '--cleartext-only', '--sni',
                 '--insecure', 'Exit status: 0', '3 the name'):
        check(word in out.decode(), word)
    equal(err, b'')


@test('probe/a name or a port that is not there: one sentence, exit 3', 'make')
def unreachable(context):
    wrong(context, 'nobody.invalid:80', words=('nobody.invalid', 'check how the name is spelt'), status=3)
    s = socket.socket()
    s.bind(('127.0.0.1', 0))  # bound, and nobody listens
    port = s.getsockname()[1]
    wrong(context, where(port), words=('Connection refused', 'start the server, or check the port'), status=3)
    _, out, err = run([built(context, context.tls), '--json', where(port)], expect=3)
    sentence(err.decode(), 'refused')
    told = json.loads(out.decode())
    equal((told['exit'], told['ways'], told['port']), (3, [], port))
    check('refused' in told['error'], told)
    s.close()
    # one whose queue is full drops what comes
    s = socket.socket()
    s.bind(('127.0.0.1', 0))
    s.listen(0)
    waiting = []
    for _ in range(4):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(s.getsockname())
        waiting.append(one)
    time.sleep(0.1)
    began = time.monotonic()
    wrong(context, where(s.getsockname()[1]), '--timeout', '1', words=('a firewall drops it',), status=3)
    check(time.monotonic() - began < 4, 'it took long')


# ---- a terminal ----------------------------------------------------------------------------------------

def on_terminal(args, env):
    """What a program writes to a terminal."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(args[0], args, env)
    out, end = b'', time.monotonic() + 20
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.5)[0]:
            try:
                part = os.read(fd, 65536)
            except OSError:
                break
            if not part:
                break
            out += part
    os.close(fd)
    _, status = os.waitpid(pid, 0)
    equal(os.waitstatus_to_exitcode(status), 0, 'the exit status')
    return out.decode()


@test('probe/colours and progress on a terminal alone', 'make')
def terminal(context):
    port = our_server(context).port
    args = [built(context, context.tls), '--cleartext-only', where(port)]
    env = {key: value for key, value in os.environ.items() if key != 'NO_COLOR'}
    said = on_terminal(args, env)
    check('\x1b[32myes\x1b[0m' in said, said)
    check('\r\x1b[K1 of 14: HTTP/1.1 ...' in said and '\r\x1b[K7 of 14: WebSocket over HTTP/2 ...' in said, said)
    said = on_terminal(args, dict(env, NO_COLOR='1'))
    check('\x1b[32m' not in said and 'yes  HTTP/1.1' in said, said)
    p = Probe(context, where(port), '--cleartext-only')  # into a pipe; standard error is empty there
    check('\x1b' not in p.text and '\r' not in p.text, p.text)
