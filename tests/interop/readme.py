#!/usr/bin/env python3
"""The README's command blocks, typed as printed in a fresh copy of the tree, one after the other.

usage: readme.py [--tls 0|1] [--readme FILE]

A block of code without a language, or of sh or console, holds commands, each at the start of a line (or behind
"$ "), and below a command what it prints, where that is printed. A line `...` stands for any lines. A comment
behind a command is held to what it says: `it says: X` is a line of the server that runs, `HTTP/2` and `101` are
what was answered, `an echo` is what -d gave. A command that serves runs on until another takes its port. 8080
is a free port in its place; dates and keys of a handshake may differ.
"""
import argparse
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time

import harness
from harness import check, equal

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
COMMAND = re.compile(r'(?:\$ )?((?:cc|curl|make|git|cd|cp|printf|echo|openssl|\./[\w.]+|\.ci/\w+'
                     r'|(?:examples|tools|tests)/[\w./-]+)(?: .*|$))')
SERVES = re.compile(r'(\./hello|\./server|examples/hello|examples/server)( |$)')
# What is not typed, and why; the target or the program has to be there all the same.
NOT_TYPED = {
    r'make -C tests': 'these are the tests',
    r'\.ci/': 'these are the tests',
    r'make -C tools bench': 'it measures for minutes',
    r'git clone ': 'the copy stands for it',
    r'cd ': 'the copy stands for it',
}
# Blocks without a command, by the start of their first line: another test compares them with what is there.
SHOWN = {'client   ': "the demo's table: programs.sh"}
FREE = [(re.compile(r'^((?:yes|no )  .+? \d) +\d+\.\d  '), r'\1 MS  '),  # tools/probe
        (re.compile(r'\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT'), 'DATE'),
        (re.compile(r'(?i)(sec-websocket-(?:accept|key): )\S+'), r'\1KEY')]
FIRST_ANSWER = 60  # seconds from the copy on


class Command:
    def __init__(self, line, text):
        self.line = line
        self.text, _, self.comment = (part.strip() for part in re.split(r'(\s# ?|$)', text + ' ', maxsplit=1))
        self.output = []

    @property
    def last(self):
        return self.text.split('&&')[-1].strip()


def read(text):
    """The commands of all blocks, and the blocks without one, as (line, first line)."""
    commands, others, block, language = [], [], None, ''
    for n, line in enumerate(text.split('\n'), 1):
        if line.startswith('```'):
            if block is None:
                block, language = [], line[3:].strip()
                continue
            found = block_commands(block) if language in ('', 'sh', 'console') else []
            commands += found
            if not found and language in ('', 'sh', 'console'):
                others.append(block[0])
            block = None
        elif block is not None:
            block.append((n, line))
    return commands, others


def block_commands(block):
    commands, goes_on = [], False
    for n, line in block:
        m = COMMAND.match(line)
        if goes_on:
            commands[-1] = Command(commands[-1].line, commands[-1].text[:-1] + line.strip())
        elif m:
            commands.append(Command(n, m.group(1)))
        elif commands:
            commands[-1].output.append(line)
        goes_on = bool(commands) and commands[-1].text.endswith('\\') and not commands[-1].output
    for c in commands:
        while c.output and not c.output[-1].strip():
            c.output.pop()
    return commands


def same(lines):
    for pattern, word in FREE:
        lines = [pattern.sub(word, line) for line in lines]
    return [line.rstrip() for line in lines]


def matches(printed, shown):
    """Whether what was printed is what is shown, where `...` is any lines."""
    if not shown:
        return not printed
    if shown[0].strip() == '...':
        return any(matches(printed[i:], shown[1:]) for i in range(len(printed) + 1))
    return bool(printed) and printed[0] == shown[0] and matches(printed[1:], shown[1:])


class Terminal:
    """The copy of the tree, the port that stands for 8080, and the servers that run."""

    def __init__(self, context, readme):
        self.began, self.answered = time.monotonic(), None
        self.context, self.tree = context, context.path('clone')
        self.port, self.servers = str(harness.free_port()), {}
        listed = subprocess.run(['git', '-C', ROOT, 'ls-files', '-coz', '--exclude-standard'],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if listed.returncode == 0 and listed.stdout:
            for name in listed.stdout.decode().split('\0'):
                if name and os.path.isfile(os.path.join(ROOT, name)):
                    os.makedirs(os.path.dirname(os.path.join(self.tree, name)), exist_ok=True)
                    shutil.copy(os.path.join(ROOT, name), os.path.join(self.tree, name))
        else:  # no clone: what git would ignore is left out
            with open(os.path.join(ROOT, '.gitignore')) as f:
                ignored = {line.strip().strip('/') for line in f} | {'.git'}
            shutil.copytree(ROOT, self.tree, ignore=lambda directory, names: [
                n for n in names if n in ignored or os.path.relpath(os.path.join(directory, n), ROOT) in ignored])
        shutil.copy(readme, os.path.join(self.tree, 'README.md'))

    def here(self, text):
        return text.replace('8080', self.port)

    def type(self, c):
        if any(re.match(pattern, c.text) for pattern in NOT_TYPED):
            return self.look(c)
        if SERVES.match(c.last):
            return self.serve(c)
        server = self.servers.get(self.port) if 'localhost' in c.text or '127.0.0.1' in c.text else None
        before = server.said() if server else ''
        status, out, _ = self.run(c.text, 300)
        said = out.decode('latin-1')
        check(status == 0, 'it ended with %d: %s' % (status, said[-2000:]))
        if c.output:
            printed, shown = same(said.rstrip('\n').split('\n')), same([self.here(line) for line in c.output])
            check(matches(printed, shown), 'it printed\n%s\nand the README shows\n%s' % (
                '\n'.join(printed[:60]), '\n'.join(shown)))
        self.hold_to(c, said, server, before)
        if self.answered is None and re.match('curl ', c.text):
            self.answered = time.monotonic() - self.began

    def run(self, text, limit):
        return harness.run(['sh', '-c', self.here(text) + ' 2>&1'], cwd=self.tree, limit=limit)

    def hold_to(self, c, said, server, before):
        line = re.search(r"(?:says|line): ([^;]+)$", c.comment)
        if line:
            check(server, 'no server runs that could say a line')
            wanted, end = '\n%s\n' % line.group(1).strip(), time.monotonic() + 5
            while wanted not in '\n' + server.said()[len(before):] and time.monotonic() < end:
                time.sleep(0.02)
            equal(server.said()[len(before):].strip('\n'), wanted.strip('\n'), 'what the server said')
        claims = c.comment[:line.start()] if line else c.comment
        if 'curl -v' in c.text:
            for claim, answer in (r'\bHTTP/2\b', '< HTTP/2 200'), (r'\bHTTP/1\.1\b', '< HTTP/1.1 200'), \
                    (r'\b101\b', '< HTTP/1.1 101 '):
                check(not re.search(claim, claims) or answer in said,
                      '"%s" says the comment, and no %s came: %s' % (c.comment, answer, said[-1500:]))
            check('hello, world\n' in said, 'no "hello, world" came: ' + said[-1500:])
        words = shlex.split(c.text)
        if re.search(r'\b(echo|the same)\b', claims) and '-d' in words:
            equal(said, words[words.index('-d') + 1] + '\n', 'the echo')

    def look(self, c):
        """What is not typed is there: the Makefile has the target, the file can be run."""
        words = shlex.split(c.text)
        if words[0] == 'make':
            with open(os.path.join(self.tree, words[words.index('-C') + 1], 'Makefile')) as f:
                rules = ' '.join(re.findall(r'^([\w -]+):', f.read(), re.M)).split()
            for word in words[3:]:
                check('=' in word or word in rules, 'there is no target ' + word)
        elif words[0].startswith('.'):
            check(os.access(os.path.join(self.tree, words[0]), os.X_OK), 'it is not there')

    def serve(self, c):
        asked = re.search(r'(?:-p |hello |server )(\d+)', c.last)
        port = self.here(asked.group(1)) if asked else self.port
        self.end(port)
        text = c.text if c.last != c.text else 'exec ' + c.text  # a shell of its own would hide its status
        program = Group(self.context, c, self.tree, self.here(text))
        self.servers[port] = program
        program.wait_listening(int(port), 120)
        if c.output:
            time.sleep(0.2)
            printed = same(program.said().rstrip('\n').split('\n'))
            shown = same([self.here(line) for line in c.output])
            check(matches(printed[:len(shown)], shown), 'it printed %r' % printed)

    def end(self, port):
        """Ctrl-C; our complete server drains and ends with 0."""
        program = self.servers.pop(port, None)
        if program:
            status = program.interrupt()
            check(not program.drains or status == 0, 'behind Ctrl-C the server ended with %r: %s' % (
                status, program.said()[-1500:]))


class Group(harness.Program):
    """What a line of the README starts: a shell and what runs in it, ended together."""

    def __init__(self, context, c, tree, text):
        self.args, self.drains = [c.text], 'examples/server' in c.last
        self.log = context.path('served.%d' % c.line)
        with open(self.log, 'wb') as out:
            self.process = subprocess.Popen(['sh', '-c', text], stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=subprocess.STDOUT, cwd=tree, start_new_session=True)
        context.running.append(self)

    def signal(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def interrupt(self):
        self.signal(signal.SIGINT)
        try:
            return self.process.wait(15)
        finally:
            self.kill()

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait(10)


def needs(c):
    """What a command needs beside a compiler and make."""
    found = [word for word in ('curl', 'git', 'openssl') if c.text.startswith(word + ' ') and
             not any(re.match(pattern, c.text) for pattern in NOT_TYPED)]
    if re.search(r'--tls\b|https:|wss:|examples demo', c.text):
        found.append('tls')
    if any('permessage-deflate' in line for line in c.output):
        found.append('zlib')
    return found


def declare(readme, terminal):
    with open(readme, encoding='utf-8') as f:
        commands, others = read(f.read())

    @harness.test('readme/has commands, and every other block is compared elsewhere')
    def blocks(context):
        check(len(commands) >= 8, 'only %d commands were found' % len(commands))
        for n, line in others:
            check(any(line.startswith(start) for start in SHOWN),
                  'line %d: the block that begins "%s" is no command and nothing compares it' % (n, line))

    def one(c):
        harness.test('readme/%s' % c.text, *needs(c), limit=320)(lambda context: terminal.type(c))
    for c in commands:
        one(c)

    @harness.test('readme/the servers end at Ctrl-C')
    def ends(context):
        for port in list(terminal.servers):
            terminal.end(port)

    @harness.test('readme/from the clone to the first answer', 'curl')
    def first(context):
        check(terminal.answered is not None, 'nothing was answered')
        check(terminal.answered < FIRST_ANSWER, 'it took %.1f s' % terminal.answered)
        return '%.1f s' % terminal.answered


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--tls', type=int, default=1)
    parser.add_argument('--readme', default=os.path.join(ROOT, 'README.md'))
    args = parser.parse_args()
    context = harness.Context(None, None, None, tls=args.tls, soak=False)
    context.shared['zlib'] = subprocess.run(
        [os.environ.get('CC', 'cc'), '-fsyntax-only', '-x', 'c', '-'], input=b'#include <zlib.h>\n',
        stderr=subprocess.DEVNULL).returncode == 0
    try:
        declare(args.readme, Terminal(context, args.readme))
        return 1 if harness.run_tests(context, []) else 0
    finally:
        context.close()


if __name__ == '__main__':
    sys.exit(main())
