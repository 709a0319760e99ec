"""What the interoperation tests share: tests, programs that run beside them, ports, files, certificates.

A test prints one line: `ok NAME`, `FAILED NAME` with what was seen, or `skipped NAME: needs X`. Every
program takes a free port on 127.0.0.1, is ended by its own process id, and every wait has a limit.
"""
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from ports import free_port  # noqa: E402,F401

STRICT = os.environ.get('STRICT') == '1'
TESTS = []
# where npm has installed what Node's peers need
NPM = os.path.abspath(os.environ.get('NPM_DIR') or os.path.join(os.path.dirname(__file__), '..', 'build', 'npm'))
LEFT_OUT = 'left out'  # not missing: a longer form of a test, or one that a sanitizer would mislead
ALPHABET = b'abcdefghijklmnopqrstuvwxyz'


class Skip(Exception):
    pass


class TooLong(BaseException):
    pass


class Context:
    """What the command line gave: paths of our programs, whether TLS is built in; and what was started."""

    def __init__(self, server, client, hello, tls, soak, sanitized=False):
        self.server, self.client, self.hello = server, client, hello
        self.tls, self.soak, self.sanitized = tls, soak, sanitized
        self.dir = tempfile.mkdtemp(prefix='interop-')
        self.running = []
        self.shared = {}
        self._certificate = None

    def path(self, name):
        return os.path.join(self.dir, name)

    @property
    def zlib(self):
        """Whether our programs compress WebSocket messages."""
        def look():
            with open(self.server, 'rb') as f:
                return b'inflateInit2_' in f.read()
        return self.once('zlib', look)

    def file(self, name, octets):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as f:
            f.write(octets)
        return path

    def certificate(self):
        """A certificate for localhost and 127.0.0.1, and its key."""
        if not self._certificate:
            cert, key = self.path('cert.pem'), self.path('key.pem')
            run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
                 '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost',
                 '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'], expect=0)
            self._certificate = cert, key
        return self._certificate

    def start(self, args, **more):
        program = Program(self, args, **more)
        self.running.append(program)
        return program

    def once(self, name, make):
        """What several tests use is started by the first of them."""
        if name not in self.shared:
            self.shared[name] = make()
        return self.shared[name]

    def close(self):
        for program in self.running:
            program.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


class Program:
    """A program that runs beside a test; what it says goes to a file."""

    def __init__(self, context, args, stdin=None):
        self.args = args
        self.log = context.path('log.%d' % len(context.running))
        with open(self.log, 'wb') as out:
            self.process = subprocess.Popen(args, stdin=stdin or subprocess.DEVNULL, stdout=out,
                                            stderr=subprocess.STDOUT, cwd=context.dir)

    def said(self):
        with open(self.log, 'rb') as f:
            return f.read().decode('latin-1')

    def wait_for(self, text, limit=10):
        end = time.monotonic() + limit
        while text not in self.said():
            check(self.process.poll() is None, '%s ended: %s' % (self.args[0], self.said()[-500:]))
            check(time.monotonic() < end, '%s never said %r: %s' % (self.args[0], text, self.said()[-500:]))
            time.sleep(0.01)
        return self.said()

    def wait_listening(self, port, limit=10):
        end = time.monotonic() + limit
        while True:
            try:
                socket.create_connection(('127.0.0.1', port), 1).close()
                return self
            except OSError:
                check(self.process.poll() is None, '%s ended: %s' % (self.args[0], self.said()[-500:]))
                check(time.monotonic() < end, '%s does not listen: %s' % (self.args[0], self.said()[-500:]))
                time.sleep(0.02)

    def stop(self, number=signal.SIGTERM, limit=15):
        """The exit status after a signal."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(limit)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def memory(self):
        """Resident octets."""
        with open('/proc/%d/status' % self.process.pid) as f:
            for line in f:
                if line.startswith('VmRSS:'):
                    return int(line.split()[1]) * 1024
        raise AssertionError('no VmRSS')


class Server(Program):
    """Our server, ready."""

    def __init__(self, context, *options):
        Program.__init__(self, context, [context.server, '-p', '0'] + list(options))
        said = self.wait_for('listening on http://')
        self.port = int(said.split('listening on http://127.0.0.1:')[1].split()[0])
        self.http = 'http://127.0.0.1:%d' % self.port
        self.https = 'https://localhost:%d' % self.port


def our_server(context, *options):
    server = Server(context, *options)
    context.running.append(server)
    return server


def ended_well(server):
    status = server.stop()
    said = server.said()
    check(status == 0, 'the server ended with %r: %s' % (status, said[-1500:]))
    check('Sanitizer' not in said and 'runtime error' not in said, said[-3000:])


def test(name, *needs, limit=60):
    """Declares a test. `needs`: programs, `tls`, `zlib`, modules of Python as `module:h2`, packages of npm
    as `npm:ws`. A text that the test returns stands behind its name."""
    def declare(function):
        TESTS.append((name, needs, limit, function))
        return function
    return declare


def missing(context, need):
    if need == 'tls':
        return None if context.tls else 'OpenSSL, left out here'
    if need == 'zlib':
        return None if context.zlib else 'zlib, left out here'
    if need == 'soak':
        return None if context.soak else LEFT_OUT
    if need == 'plain':
        return LEFT_OUT if context.sanitized else None
    if need.startswith('npm:'):
        return None if os.path.isdir(os.path.join(NPM, 'node_modules', need[4:])) else "npm's " + need[4:]
    if need.startswith('module:'):
        try:
            __import__(need[7:])
            return None
        except ImportError:
            return "Python's " + need[7:]
    return None if shutil.which(need) or shutil.which(need, path='/usr/sbin') else need


def npm_environment():
    return dict(os.environ, NODE_PATH=os.path.join(NPM, 'node_modules'))


def program(name):
    return shutil.which(name) or shutil.which(name, path='/usr/sbin')


def run_tests(context, only):
    failures = 0
    for name, needs, limit, function in TESTS:
        if only and not any(part in name for part in only):
            continue
        lacks = [m for m in (missing(context, need) for need in needs) if m]
        if LEFT_OUT in lacks:
            continue
        failures += run_test(context, name, lacks, limit, function)
    return failures


def run_test(context, name, lacks, limit, function):
    name = 'interop/' + name
    if lacks:
        needs = ', '.join(lacks)
        print('FAILED %s: needs %s, and nothing may be skipped' % (name, needs) if STRICT
              else 'skipped %s: needs %s' % (name, needs), flush=True)
        return STRICT
    signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(limit)
    try:
        told = function(context)
        signal.alarm(0)
        print('ok ' + name + (': ' + told if isinstance(told, str) else ''), flush=True)
        return 0
    except (Exception, TooLong) as e:
        signal.alarm(0)
        print('FAILED ' + name)
        print('    ' + (str(e) or type(e).__name__)[:3000].replace('\n', '\n    '))
        where = traceback.extract_tb(e.__traceback__)
        print('    at ' + ' < '.join('%s:%d' % (os.path.basename(f.filename), f.lineno)
                                     for f in reversed(where[-4:])), flush=True)
        return 1


def on_alarm(number, frame):
    raise TooLong('took longer than its limit')


def check(condition, why='not so'):
    if not condition:
        raise AssertionError(why)


def equal(actual, expected, what=''):
    if actual != expected:
        raise AssertionError('%s is %s, not %s' % (what or 'it', short(actual), short(expected)))


def short(value):
    text = repr(value)
    return text if len(text) < 600 else '%s... (%d)' % (text[:600], len(text))


def run(args, expect=None, stdin=b'', limit=40, **more):
    """Runs a program to its end: (status, stdout, stderr)."""
    done = subprocess.run(args, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=limit,
                          **more)
    if expect is not None and done.returncode != expect:
        raise AssertionError('%s ended with %d: %s %s' % (
            ' '.join(args)[:300], done.returncode, done.stdout[-500:].decode('latin-1'),
            done.stderr[-1500:].decode('latin-1')))
    return done.returncode, done.stdout, done.stderr


def pattern(length):
    """What GET /bytes/N answers."""
    return (ALPHABET * (length // 26 + 1))[:length]


_known = {}


def content(length, seed=1):
    """Octets without a pattern, always the same for a seed."""
    if (length, seed) not in _known:
        out = bytearray()
        block = b'%d' % seed
        while len(out) < length:
            block = hashlib.sha512(block).digest()
            out += block * 16
        _known[length, seed] = bytes(out[:length])
    return _known[length, seed]


def digest(octets):
    return hashlib.sha256(octets).hexdigest()


def file_digest(path):
    h = hashlib.sha256()
    with open(path, 'rb') as f:
        for part in iter(lambda: f.read(1 << 20), b''):
            h.update(part)
    return h.hexdigest()
