"""The numbered lessons: each is short, is built at the tests' level of warnings, and prints the file beside it."""
import difflib
import os
import re
import shutil

from harness import check, equal, run, test

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.join(HERE, '..', '..', 'examples')
WARN = os.environ.get('WARN', '-Werror -pedantic -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow '
                      '-Wcast-qual -Wundef -Wstrict-prototypes').split()
SANITIZERS = ['-g', '-fno-omit-frame-pointer', '-fno-sanitize-recover=all', '-fsanitize=address,undefined']
LESSONS = '01_detect', '02_upgrade', '03_one_port', '04_alpn', '05_ws_over_h2', '06_foreign'
MOST_LINES, MOST_COLUMNS = 150, 100


def text(name):
    with open(os.path.join(EXAMPLES, name), encoding='ascii') as f:
        return f.read()


def tree(context):
    """A copy of the header, the lessons and their Makefile, and nothing else."""
    def copy():
        path = context.path('lessons')
        os.makedirs(os.path.join(path, 'examples'))
        shutil.copy(os.path.join(EXAMPLES, '..', 'h2neg.h'), path)
        for file in ['Makefile'] + [name + '.c' for name in LESSONS]:
            shutil.copy(os.path.join(EXAMPLES, file), os.path.join(path, 'examples'))
        return os.path.join(path, 'examples')
    return context.once('lessons', copy)


def make(context, *goals):
    flags = ' '.join((['-O1', '-DH2NEG_CHECK'] + SANITIZERS if context.sanitized else ['-O0']) + WARN)
    _, said, wrong = run(['make', '-C', tree(context), 'CFLAGS=' + flags, 'TLS=%d' % context.tls] + list(goals),
                         expect=0, limit=170)
    check(b'warning' not in said + wrong, wrong)
    return said.decode()


def declare(name, *needs):
    @test('lessons/%s: prints what stands beside it' % name, 'make', *needs, limit=180)
    def prints(context):
        make(context, name)
        _, said, wrong = run([os.path.join(tree(context), name)], expect=0, limit=20)
        equal(wrong, b'')
        expected, said = text(name + '.txt'), said.decode('ascii')
        difference = difflib.unified_diff(expected.splitlines(), said.splitlines(), name + '.txt', 'printed', n=1)
        check(said == expected, '\n'.join(difference))


for lesson in LESSONS:
    declare(lesson, *(['tls'] if lesson == '04_alpn' else []))


@test('lessons: all there are, short, and each says how to build it')
def shape(_):
    equal(tuple(sorted(f[:-2] for f in os.listdir(EXAMPLES) if re.match(r'\d\d_\w+\.c$', f))), LESSONS)
    for name in LESSONS:
        lines = text(name + '.c').splitlines()
        check(len(lines) <= MOST_LINES, '%s.c has %d lines' % (name, len(lines)))
        check(max(map(len, lines)) <= MOST_COLUMNS, name + '.c is too wide')
        head = '\n'.join(lines[:lines.index('#define H2NEG_IMPLEMENTATION')])
        check(head.startswith('/* Lesson %d: ' % int(name[:2])), head)
        check(re.search(r'^   cc .*-I\. examples/%s\.c .*-o %s && \./%s \*/$' % (name, name, name), head, re.M), head)
        check(re.search(r'RFC \d{4}', head), head)
        used = set(re.findall(r'\bh2neg__\w+|\bH2NEG__\w+', '\n'.join(lines)))
        check(not used, '%s.c uses what is not public: %s' % (name, used))
        own = re.findall(r'^#include "(.*)"', '\n'.join(lines), re.M)
        equal(own, ['h2neg.h'])


@test('lessons: without TLS the fourth is left out by name', 'make', 'plain')
def without_tls(context):
    _, said, _ = run(['make', '-n', '-C', tree(context), 'TLS=0', 'lessons'], expect=0)
    said = said.decode()
    check('04_alpn is left out: it needs TLS.' in said, said)
    check('04_alpn.c' not in said and all(n + '.c' in said for n in LESSONS if n != '04_alpn'), said)
