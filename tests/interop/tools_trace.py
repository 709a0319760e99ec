"""tools/trace: what it prints for octets in each form, where it stops, and what it says of bad input."""
import os
import shutil

from harness import check, equal, run, test

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, '..', '..')
WARN = os.environ.get('WARN', '-Werror -pedantic -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow '
                      '-Wcast-qual -Wundef -Wstrict-prototypes')
SANITIZERS = '-g -fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize=address,undefined'

GET = b'GET /a HTTP/1.1\r\nHost: a\r\nCookie: k=secret\r\n\r\n'
OK = b'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n'
PREFACE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
SETTINGS = b'\0\0\0\4\0\0\0\0\0'
SAID_GET = (
    b'> 00000000  47 45 54 20 2f 61 20 48 ..  request: GET /a HTTP/1.1  RFC 9112 3\n'
    b'> 00000011  48 6f 73 74 3a 20 61 0d ..    Host: a  RFC 9110 7.2\n'
    b'> 0000001a  43 6f 6f 6b 69 65 3a          Cookie: <8 octets masked>  RFC 6265 4.2\n'
    b'> 0000002c  0d 0a                         the end of the head: no body  RFC 9112 6.3\n')
SAID_OK = (
    b'< 00000000  48 54 54 50 2f 31 2e 31 ..  response: HTTP/1.1 200 OK  RFC 9112 4\n'
    b'< 00000011  43 6f 6e 74 65 6e 74 2d ..    Content-Length: 6  RFC 9110 8.6\n'
    b'< 00000024  0d 0a                         the end of the head: a body of 6 octets  RFC 9112 6.3\n'
    b'< 00000026  68 65 6c 6c 6f 0a             "hello\\n"  RFC 9112 6\n')


def program(context):
    """The tool, built by its own Makefile in a copy of what it needs."""
    def build():
        tree = context.path('trace')
        for name in ('tools/trace.c', 'tools/Makefile', 'examples/options.h', 'h2neg.h'):
            os.makedirs(os.path.dirname(os.path.join(tree, name)), exist_ok=True)
            shutil.copy(os.path.join(ROOT, name), os.path.join(tree, name))
        flags = WARN + (' -O1 ' + SANITIZERS if context.sanitized else ' -O0')
        run(['make', '-C', os.path.join(tree, 'tools'), 'CFLAGS=' + flags, 'OPTIMISE=', 'trace'], expect=0,
            limit=120)
        return os.path.join(tree, 'tools', 'trace')
    return context.once('tools/trace', build)


def trace(context, *args, status=0, stdin=b''):
    """What it prints; nothing is said on standard error."""
    _, said, wrong = run([program(context)] + list(args), expect=status, stdin=stdin)
    equal(wrong, b'', 'standard error')
    return said


def spaced(octets):
    return ' '.join('%02x' % octet for octet in octets)


def xxd(octets):
    lines = []
    for at in range(0, len(octets), 16):
        row = octets[at:at + 16]
        groups = ' '.join(row[i:i + 2].hex() for i in range(0, len(row), 2))
        text = ''.join(chr(octet) if 32 <= octet < 127 else '.' for octet in row)
        lines.append('%08x: %-39s  %s\n' % (at, groups, text))
    return ''.join(lines).encode()


def hexdump(octets):
    lines = []
    for at in range(0, len(octets), 16):
        row = octets[at:at + 16]
        text = ''.join(chr(octet) if 32 <= octet < 127 else '.' for octet in row)
        lines.append('%08x  %-23s  %-23s  |%s|\n' % (at, spaced(row[:8]), spaced(row[8:]), text))
    return (''.join(lines) + '%08x\n' % len(octets)).encode()


@test('trace/each form of a capture tells the same')
def forms(context):
    plain = '# what a client sent\n' + spaced(GET[:20]) + '\n' + GET[20:].hex() + '\n'
    for name, octets in [('raw', GET), ('xxd', xxd(GET)), ('hexdump', hexdump(GET)), ('hex', plain.encode()),
                         ('crlf', plain.replace('\n', '\r\n').encode()), ('upper', plain.upper().encode())]:
        equal(trace(context, context.file('trace-' + name, octets)), SAID_GET, name)
        equal(trace(context, '-', stdin=octets), SAID_GET, name + ' from the standard input')
    equal(trace(context, '--hex', context.path('trace-xxd')), SAID_GET)
    equal(trace(context, '--raw', context.path('trace-raw')), SAID_GET)
    for tool, args in (('xxd', []), ('hexdump', ['-C', '-v'])):
        if shutil.which(tool):
            equal(trace(context, '-', stdin=run([tool] + args, stdin=GET, expect=0)[1]), SAID_GET, tool)


@test('trace/both sides in one file, in two, and one side alone')
def sides(context):
    marked = '> %s\n  %s\n< %s\n' % (spaced(GET[:9]), spaced(GET[9:]), OK.hex())
    client, server = context.file('trace-client', GET), context.file('trace-server', OK)
    equal(trace(context, context.file('trace-marked', marked.encode())), SAID_GET + SAID_OK)
    equal(trace(context, '--client', client, '--server', server), SAID_GET + SAID_OK)
    equal(trace(context, '--server', '-', '--client', client, stdin=OK), SAID_GET + SAID_OK)
    equal(trace(context, '--server', server), SAID_OK)
    equal(trace(context, server), SAID_OK, 'a server by its first octets')
    equal(trace(context, '-', stdin=b''), b'', 'nothing')
    server = context.file('trace-twice', OK + OK)
    client = context.file('trace-gets', GET + GET)
    lines = trace(context, '--no-hex', '--client', client, '--server', server).split(b'\n')
    starts = [line[:1] + line[12:20] for line in lines if line[12:20] in (b'request:', b'response')]
    equal(starts, [b'>request:', b'<response', b'>request:', b'<response'], 'they take turns')


@test('trace/what detect knows, it tells')
def protocols(context):
    def tells(octets, *words, status=0):
        said = trace(context, '-', stdin=octets, status=status)
        for word in words:
            check(word in said, said)
    tells(PREFACE + SETTINGS + b'\0\0\3\1\5\0\0\0\1\x82\x84\x86', b'the HTTP/2 preface',
          b'indexed 2 (static): :method: GET  RFC 7541 6.1', b'stream 1: idle -> open  RFC 9113 5.1')
    tells(SETTINGS + b'\0\0\1\1\5\0\0\0\1\x88', b'< 00000000', b':status: 200')
    tells(b'PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n' + GET, b'PROXY, version 1: 1.2.3.4:9 to 5.6.7.8:10',
          b'request: GET /a')
    tells(b'\r\n\r\n\0\r\nQUIT\n\x20\0\0\0' + GET, b'PROXY, version 2: ', b'request: GET /a')
    hello = bytes.fromhex('160301002f0100002b0302') + b'x' * 32 + bytes.fromhex('00000413011302 0100')
    tells(hello, b'TLS ClientHello', b'versions: up to TLS 1.1', b'no ALPN')
    tells(b'\x16\3\3\0\x2c\2\0\0\x28\3\3' + b'x' * 32 + b'\0\xc0\x2f\0\0\0', b'< 00000000',
          b'TLS ServerHello: TLS 1.2')
    upgrade = (b'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
               b'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
    tells(upgrade + b'\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58', b'offers websocket', b'"Hello"  RFC 6455 5.6')


@test('trace/--secrets, --no-hex and --colour')
def options(context):
    client = context.file('trace-client', GET)
    check(b'secret' not in trace(context, client))
    check(b'Cookie: k=secret' in trace(context, '--secrets', client))
    check(b'> 0000001a    Cookie: <8 octets masked>  RFC' in trace(context, '--no-hex', client))
    check(b'\x1b[' not in trace(context, client), 'colour where it is no terminal')
    check(b'\x1b[' in trace(context, '--colour', 'always', client))
    check(b'\x1b[' not in trace(context, '--colour', 'never', client))


@test('trace/it says where octets are malformed or cut, and exits with 1')
def malformed(context):
    said = trace(context, '-', stdin=GET + b'G@T / HTTP/1.1\r\n\r\n', status=1)
    check(said.startswith(SAID_GET), said)
    check(b'> 0000002f                              stopped here: H1_METHOD: ' in said, said)
    said = trace(context, '-', stdin=PREFACE + b'\0\0\1\4\0\0\0\0\0x', status=1)
    check(b'> 00000018                              stopped here: H2_FRAME_SIZE: ' in said, said)
    said = trace(context, '-', stdin=PREFACE + SETTINGS + b'\0\0\1\1\5\0\0\0\1\xbe', status=1)
    check(b'> 0000002a                              stopped here: HPACK_INDEX: ' in said, said)
    said = trace(context, '-', stdin=GET[:20], status=1)
    check(b'> 00000000                              cut short: ' in said, said)
    check(b'stopped here: PEER_IS_OTHER' in trace(context, '-', stdin=b'\x05\x01\x00', status=1))


def refused(context, args, *words, stdin=b''):
    """Exit status 2 and one sentence on standard error that has these words."""
    _, said, wrong = run([program(context)] + args, expect=2, stdin=stdin)
    equal(said, b'', 'standard output')
    check(wrong.startswith(b'trace: ') and wrong.endswith(b'.\n') and wrong.count(b'\n') == 1, wrong)
    for word in words:
        check(word in wrong, wrong)


@test('trace/bad input gets one sentence and exits with 2')
def bad_input(context):
    client = context.file('trace-client', GET)
    both = context.file('trace-both', b'> 47\n< 48\n')
    refused(context, [], b'there is no FILE')
    refused(context, ['--nonsense'], b'is not an option')
    refused(context, ['--client'], b'wants a value')
    refused(context, [client, client], b'give one FILE')
    refused(context, [client, '--server', client], b'give one FILE')
    refused(context, ['--hex', '--raw', client], b'do not go together')
    refused(context, ['--colour', 'blue', client], b'always, never or auto')
    refused(context, [context.path('no/such/file')], b'cannot be read')
    refused(context, [context.dir], b'cannot be read')
    refused(context, ['--hex', client], b'line 1')
    refused(context, ['--hex', '-'], b'line 2', stdin=b'47 45\n4x\n')
    refused(context, ['--hex', '-'], b'line 1', stdin=b'474\n')
    refused(context, ['--client', both], b'has both sides')
    said = trace(context, '--help')
    check(said.startswith(b'usage: trace ') and b'Exit status: 0' in said, said)
