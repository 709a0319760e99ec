#!/usr/bin/env python3
"""docs.py [HEADER]: what the public face of h2neg.h declares is documented where it is declared, the manual
names what there is, its whole programs build and talk to each other, and the tools that make parts of the README
do so. A line for each test (see lib.sh).
"""
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

from ports import free_port

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
CC = os.environ.get('CC', 'cc')
WARN = (os.environ.get('WARN') or '-Werror -pedantic -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow '
        '-Wcast-qual -Wundef -Wstrict-prototypes').split()

# Public functions whose documentation names no section of an RFC, and why none applies.
NO_SECTION = {
    'words and numbers of our own lists': 'error_text error_name error_section error_h2 error_status '
                                          'protocol_name via_name event_name',
    'slices and copies, of any octets': 's f is is_nocase fields_size fields_copy',
    'only the memory that a table stands in': 'hpack_decoder_move hpack_decoder_needs hpack_encoder_move '
                                              'hpack_encoder_needs hpack_encode_bound',
    'its constants, above it, have the sections': 'detect',
    'PROXY headers stand in no RFC': 'proxy_read',
    'each line of the trace names its own': 'trace_memory trace_place trace_octets trace_rests trace_end',
    "the connection's own promises, whatever it speaks": 'conn_new conn_place memory_bound config_check conn_free '
                                                          'config_share conn_info wants feed next output '
                                                          'output_done',
}
# Errors without a section: calls that nobody's octets can cause, a time that no RFC sets, and PROXY.
NO_ERROR_SECTION = 'AGAIN NOMEM INVALID TOO_SMALL STREAM_GONE CLOSED NOT_SUPPORTED TIMEOUT_RESPONSE PROXY_HEADER ' \
                   'PROXY'.split()


class Failure(Exception):
    pass


def check(condition, why):
    if not condition:
        raise Failure(why)


def attempt(name, function, *args):
    try:
        function(*args)
        print('ok docs/' + name, flush=True)
        return True
    except (Failure, OSError, subprocess.TimeoutExpired) as e:
        print('FAILED docs/%s\n    %s' % (name, str(e)[-3000:].replace('\n', '\n    ')), flush=True)
        return False


def skipped(name, needs):
    if os.environ.get('STRICT') == '1':
        print('FAILED docs/%s: needs %s, and nothing may be skipped' % (name, needs), flush=True)
    else:
        print('skipped docs/%s: needs %s' % (name, needs), flush=True)


def run(args, limit=120, status=0, **more):
    """Runs a program to its end: what it printed."""
    done = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=limit, **more)
    said = done.stdout.decode('latin-1')
    check(done.returncode == status, '%s ended with %d\n%s' % (' '.join(args)[:300], done.returncode, said))
    return said


# ---- the interface, read ---------------------------------------------------------------------------------


class Comment:
    """`first` and `last`: its lines; `behind`: code stands before it on its first line."""

    def __init__(self, first, last, text, behind):
        self.first, self.last, self.text, self.behind = first, last, text, behind

    @property
    def counts(self):
        """Whether it tells something of a declaration: a room's banner and marks for tools do not."""
        return '>>' not in self.text and 'clang-format' not in self.text


class Declaration:
    def __init__(self, first, last, text):
        self.first, self.last, self.text = first, last, re.sub(r'\s+', ' ', text).strip()


class Interface:
    """The lines of the header from one mark to another: their comments, and their code with the comments and
    strings taken out, so that a line of code is a line of code."""

    def __init__(self, lines, offset):
        self.offset = offset  # the number of the first line in the file
        self.comments, self.code = [], []
        self.read('\n'.join(lines))
        self.at, self.tail = {}, set()  # by line: the comment that has it to itself; where others go on
        for c in self.comments:
            if c.behind:
                self.tail.update(range(c.first, c.last + 1))
            else:
                self.at.update((n, c) for n in range(c.first, c.last + 1))

    def read(self, text):
        code, line, at = [], 0, 0
        pattern = re.compile(r'/\*.*?\*/|"(?:[^"\\\n]|\\.)*"', re.S)
        while at < len(text):
            m = pattern.search(text, at)
            stop = m.start() if m else len(text)
            code.append(text[at:stop])
            if not m:
                break
            line += text.count('\n', at, stop)
            found, lines = m.group(), m.group().count('\n')
            if found[0] == '"':
                code.append('""')
            else:
                before = ''.join(code).rsplit('\n', 1)[-1].strip()
                self.comments.append(Comment(line, line + lines, found[2:-2], bool(before)))
                code.append('\n' * lines)
            line, at = line + lines, m.end()
        self.code = ''.join(code).split('\n')

    def declarations(self, first=0, last=None, separator=';'):
        """What ends in a separator outside of all braces; lines of the preprocessor are passed over."""
        text, start, depth, macro = '', None, 0, False
        for n in range(first, len(self.code) if last is None else last + 1):
            line = self.code[n]
            if macro or (line.startswith('#') and depth == 0):
                macro = line.endswith('\\')
                continue
            if re.match(r'extern "" \{$|\}$', line) and depth == 0:  # extern "C"
                continue
            for ch in line + '\n':
                if start is None and not ch.isspace():
                    start = n
                depth += (ch in '{(') - (ch in '})')
                if ch == separator and depth == 0:
                    yield Declaration(start, n, text)
                    text, start = '', None
                elif start is not None:
                    text += ch
        if separator == ',' and text.strip():
            yield Declaration(start, n, text)

    def above(self, n):
        """The comment that ends directly above line n and has its lines to itself, or None."""
        while self.at.get(n - 1) and not self.at[n - 1].counts and '>>' not in self.at[n - 1].text:
            n = self.at[n - 1].first
        c = self.at.get(n - 1)
        return c if c and c.counts else None

    def group(self, n):
        """The comments above line n with no empty line between, nearest first."""
        found = []
        while n > 0:
            n -= 1
            c = self.at.get(n)
            if c:
                if c.counts:
                    found.append(c)
                elif '>>' in c.text:
                    break
                n = c.first
            elif not self.code[n].strip() and n not in self.tail:
                break
        return found

    def behind(self, first, last):
        return ' '.join(c.text for c in self.comments if c.behind and first <= c.first <= last)




def flat(comments):
    return re.sub(r'\s+', ' ', ' '.join(c.text for c in comments))


def names_of(field):
    """The names that a struct's line declares: "int a, *b[4]", "void *(*run_fn)(void *user)"."""
    pointer = re.search(r'\( ?\*(\w+)\)', field)
    if pointer:
        return [pointer.group(1)]
    return [re.findall(r'\w+', re.sub(r'\[.*', '', part))[-1] for part in re.sub(r'\{.*\}', '', field).split(',')]


class Findings:
    """What the interface declares and what of it lacks its documentation, as `line: name: what is missing`."""

    def __init__(self, interface):
        self.i, self.missing, self.uncited = interface, [], {}
        self.functions, self.structs, self.fields, self.constants = {}, [], {}, []
        leader = {}  # by comment: the first function below it
        for d in interface.declarations():
            if 'H2NEG_API' in d.text:
                self.function(d, leader)
            elif re.match(r'typedef struct \w+ \{', d.text):
                self.struct(d)
            elif re.match(r'typedef struct \w+ \w+$', d.text):
                self.structs.append(d.text.split()[-1])
                self.want(interface.group(d.first), d.first, d.text.split()[-1], 'no comment above the struct')
            elif d.text.startswith('enum {'):
                self.enum(d)
        self.macros()

    def want(self, condition, line, name, what):
        if not condition:
            self.missing.append('%d: %s: %s' % (self.i.offset + line + 1, name, what))

    def function(self, d, leader):
        """A comment stands directly above it or its group. In a group the comment says which is which: it names
        the function, or the name shares a word with the first one's (h2neg_eof and h2neg_lost share none)."""
        name = re.search(r'(h2neg_\w+) ?\(', d.text).group(1)
        comments = self.i.group(d.first)
        self.functions[name] = d
        self.want(comments, d.first, name, 'no comment above the function')
        if not comments:
            return
        first = leader.setdefault(comments[0], name)
        words = name[6:].split('_')
        named = re.search(r'\b(\w*_)?(%s|%s)\b' % (name[6:], words[-1]), flat(comments))
        self.want(first == name or named or set(words) & set(first[6:].split('_')), d.first, name,
                  'the comment above its group does not tell what it is for')
        if not re.search(r'RFC \d{4} \d|FIPS \d', flat(comments + self.chapter(d.first))):
            self.uncited[name] = self.i.offset + d.first + 1

    def chapter(self, n):
        """The nearest comment above that stands alone, between empty lines, for all that follows it."""
        while n > 0:
            n -= 1
            c = self.i.at.get(n)
            if c and '>>' in c.text:
                break
            if c and c.counts and not (self.i.code[c.last + 1].strip() or self.i.at.get(c.last + 1)):
                return [c]
        return []

    def struct(self, d):
        name = d.text.split()[2]
        comments = self.i.group(d.first)
        self.structs.append(name)
        self.want(comments, d.first, name, 'no comment above the struct')
        self.members(name, d, flat(comments))

    def members(self, name, d, about):
        """A comment stands behind a member or above it; or the struct's own comment names it, or says that
        the rest is internal. A count, a length and a hook's user go with the member before them."""
        internal = re.search(r'\b(Internal|are its own|the function.s own|parser.s own|Only `\w+` is for reading)\b',
                             about)
        told = False
        for m in self.i.declarations(d.first + 1, d.last - 1):
            behind = self.i.behind(m.first, m.last) or self.i.above(m.first)
            for member in names_of(m.text):
                self.fields.setdefault(name, []).append(member)
                pair = told and re.search(r'(^|_)(count|len|room|user)$', member)
                told = bool(behind or internal or pair or re.search(r'\b%s\b' % member, about))
                self.want(told, m.first, '%s.%s' % (name, member), 'no comment at the member')
            if '{' in m.text:
                self.members(name, m, about)

    def enum(self, d):
        """A comment stands above the enum, or behind the constant."""
        above = self.i.group(d.first)
        parts = self.i.declarations(d.first + 1, d.last - 1, ',')
        if d.first == d.last:
            parts = [Declaration(d.first, d.last, part) for part in d.text[len('enum {'):-1].split(',')]
        for part in parts:
            constant = re.match(r'H2NEG_(?!_)\w+$', part.text.split('=')[0].strip())
            if constant:
                self.constants.append(constant.group())
                self.want(above or self.i.behind(part.first, part.last), part.first, constant.group(),
                          'no comment at the constant')

    def macros(self):
        for n, line in enumerate(self.i.code):
            m = re.match(r'#define (H2NEG_(?!_)\w+)', line)
            if not m or m.group(1) in ('H2NEG_H', 'H2NEG_API'):  # the guard; the manual's own
                continue
            last = n
            while self.i.code[last].endswith('\\'):
                last += 1
            again = m.group(1) in self.constants
            self.constants.append(m.group(1))
            self.want(again or self.i.behind(n, last) or self.i.group(n), n, m.group(1), 'no comment at the constant')



# ---- the header's tests ----------------------------------------------------------------------------------


class Header:
    def __init__(self, path):
        with open(path, encoding='ascii') as f:
            self.text = f.read()
        self.lines = self.text.split('\n')
        start = self.lines.index('#define H2NEG_H')
        self.interface_lines = self.lines[start:self.lines.index('#endif /* H2NEG_H */')]
        self.interface = Interface(self.interface_lines, start)
        self.found = Findings(self.interface)
        self.manual = self.text[:self.text.index('*/')]
        self.errors = re.findall(r'X\(([A-Z0-9_]+), (\w+), (\d+), "([^"]*)",\s*"([^"]*)"\)',
                                 self.text.replace('\\\n', '\n'))

    def paragraph(self, word):
        """The lines of the manual from the one that begins with the word to the next empty one."""
        m = re.search(r'^   %s\b.*?(?=\n\s*\n)' % word, self.manual, re.S | re.M)
        check(m, 'the manual has no paragraph that begins with ' + word)
        return m.group()

    def programs(self):
        """name: text, of what stands between the lines `PROGRAM name.c` and `END`."""
        found = {}
        for name, text in re.findall(r'^   PROGRAM (\w+\.c)\n(.*?)^   END$', self.manual, re.S | re.M):
            found[name] = ''.join(re.sub(r'^   ', '', line) + '\n' for line in text.splitlines())
        return found


def kinds(h, kind):
    """What lacks its documentation among functions, structs, members or constants."""
    f = h.found
    return {'function': set(f.functions), 'struct': set(f.structs), 'constant': set(f.constants),
            'member': {s + '.' + m for s in f.fields for m in f.fields[s]}}[kind]


def documented(h, kind, least):
    there = kinds(h, kind)
    check(len(there) >= least, 'only %d found' % len(there))
    missing = [m for m in h.found.missing if m.split(': ')[1] in there]
    check(not missing, '\n'.join(missing))


def notices(h):
    """Without its comments nothing of the interface is documented, and all of it is found missing."""
    text = re.sub(r'/\*.*?\*/', lambda m: re.sub(r'[^\n]', ' ', m.group()), '\n'.join(h.interface_lines), flags=re.S)
    bare = Findings(Interface([line.rstrip() for line in text.split('\n')], 0))
    missing = {m.split(': ')[1] for m in bare.missing}
    for kind in 'function', 'struct', 'constant', 'member':
        left = kinds(h, kind) - missing
        check(not left, 'not found missing: ' + ' '.join(sorted(left)))


def sections(h):
    listed = {'h2neg_' + name: why for why, names in NO_SECTION.items() for name in names.split()}
    bad = ['%d: %s names no section of an RFC' % (n, name) for name, n in h.found.uncited.items() if name not in listed]
    bad += [name + ' is listed as without a section and has one, or is not there' for name in listed
            if name not in h.found.uncited]
    check(not bad, '\n'.join(bad))


def errors(h):
    listed = re.search(r'#define H2NEG_ERROR_LIST\(X\)(.*?[^\\])\n', h.text, re.S).group(1)
    check(len(h.errors) == len(re.findall(r'\bX\(', listed)) > 100, 'the list could not be read whole')
    texts = [e[4] for e in h.errors]
    for name, h2, status, section, text in h.errors:
        check('H2NEG_' + h2 in h.found.constants, '%s: %s is no HTTP/2 error code' % (name, h2))
        check(len(text.split()) > 2 and not text.endswith('.') and texts.count(text) == 1,
              '%s: "%s" is no sentence of its own' % (name, text))
        check(re.match(r'RFC \d{4} \d+(\.\d+)*$', section) or (section == '' and name in NO_ERROR_SECTION),
              '%s: "%s" is no section of an RFC' % (name, section))
    for name in NO_ERROR_SECTION:
        check(any(e[0] == name and not e[3] for e in h.errors), name + ' is listed as without a section')


def user_macros(h):
    """What conditionals of the header ask for is what the manual's list of macros names."""
    asked = set(re.findall(r'\bH2NEG_(?!_)[A-Z_]+', '\n'.join(re.findall(r'^#\s*(?:el)?if.*', h.text, re.M))))
    told = set(re.findall(r'\bH2NEG_(?!_)[A-Z_]+', h.paragraph('MACROS')))
    asked -= {'H2NEG_H'}
    check(len(asked) > 5 and asked == told, 'asked and not told: %s; told and not asked: %s' % (
        ' '.join(sorted(asked - told)), ' '.join(sorted(told - asked))))


def limits(h):
    """Each name in the left column of the manual's limits is a field of the config."""
    fields = h.found.fields['h2neg_config']
    rows = [re.match(r'     [ ]{0,4}(\S.*?)(  |$)', line) for line in h.paragraph('LIMITS').splitlines()]
    names = [n for row in rows if row for n in re.findall(r'[a-z_]+\*?', row.group(1))]
    check(len(names) > 30, 'only %d names were read' % len(names))
    for name in names:
        there = any(f.endswith(name) if name[0] == '_' else f.startswith(name[:-1]) if name[-1] == '*' else f == name
                    for f in fields)
        check(there, name + ' stands among the limits and is no field of h2neg_config')


def manual_names(h):
    """What the manual calls is there, and a field that it names of the config, an event or a message, too."""
    f = h.found
    known = set(f.functions) | set(f.structs) | set(f.constants) | {'H2NEG_ERR_' + e[0] for e in h.errors}
    known |= set(re.findall(r'\bH2NEG_[A-Z_]+', h.paragraph('MACROS'))) | {'H2NEG_ERROR_LIST'}
    text = re.sub(r'>>[a-z0-9-]+|H2NEG_\w+\*|h2neg\.[hc]', '', h.manual)
    for name in re.findall(r'\b(?:h2neg|H2NEG)_\w+', text):
        check(name in known, 'the manual names %s, which is not there' % name)
    for variable, struct in ('config', 'h2neg_config'), ('ev', 'h2neg_event'), ('message', 'h2neg_message'):
        for field in re.findall(r'\b%s\.([a-z_0-9]+)' % variable, text):
            check(field in f.fields[struct], 'the manual names %s.%s, which is not there' % (variable, field))


# ---- the manual's programs -------------------------------------------------------------------------------


def the_programs(h):
    found = h.programs()
    roles = {'client' if 'H2NEG_CLIENT' in text else 'server': name for name, text in found.items()}
    check(len(found) == 2 and len(roles) == 2, 'the manual has no server and client between PROGRAM and END: found ' +
          (' '.join(found) or 'none'))
    for role, most in ('server', 60), ('client', 40):
        lines = found[roles[role]].count('\n')
        check(lines <= most, '%s has %d lines, and %d is the most' % (roles[role], lines, most))
    return roles['server'], roles['client'], found


def formatted(h, directory):
    """As clang-format has them, three columns being the comment's."""
    with open(os.path.join(ROOT, '.clang-format')) as f:
        style = f.read().replace('ColumnLimit: 100', 'ColumnLimit: 97')
    check('ColumnLimit: 97' in style, 'the style has no limit of 100 columns')
    write(directory, '.clang-format', style)
    for name in the_programs(h)[2]:
        told = run(['clang-format', '--style=file', os.path.join(directory, name)])
        check(told == h.programs()[name], '%s is to be formatted so:\n%s' % (name, told))


def write(directory, name, text):
    with open(os.path.join(directory, name), 'w') as f:
        f.write(text)


def built(h, directory):
    for name in the_programs(h)[2]:
        source, program = os.path.join(directory, name), os.path.join(directory, name[:-2])
        run([CC, '-O2', '-I', directory, source, '-o', program] + ['-Wall', '-Wextra', '-Werror'])
        run([CC, '-std=c99', '-D_XOPEN_SOURCE=700', '-O1', '-I', directory, source, '-o', program] + WARN)


def answered(h, directory):
    server, client, _ = the_programs(h)
    port = str(free_port())
    with open(os.path.join(directory, 'said'), 'w+') as out:
        beside = subprocess.Popen([os.path.join(directory, server[:-2]), port], stdin=subprocess.DEVNULL, stdout=out,
                                  stderr=subprocess.STDOUT)
        try:
            wait_listening(beside, int(port))
            program = os.path.join(directory, client[:-2])
            said = run([program, 'http://127.0.0.1:%s/' % port], 20)
            check(said == 'h2c (upgrade)\nhello, world\n', 'the client printed %r' % said)
            check(run([program], 20, 2).count('\n') == 1, 'without a URL the client does not say one sentence')
            said = run([program, 'http://127.0.0.1:%d/' % free_port()], 20, 1)
            check(said.count('\n') == 1, 'where nobody listens the client does not say one sentence: ' + said)
        finally:
            beside.kill()
            beside.wait(10)
        out.seek(0)
        check('h2c (upgrade)\n' in out.read(), 'the server did not print what was spoken')


def wait_listening(program, port):
    end = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(('127.0.0.1', port), 1).close()
            return
        except OSError:
            check(program.poll() is None and time.monotonic() < end, 'the server does not listen')
            time.sleep(0.02)


# ---- tools that make what the README shows ----------------------------------------------------------------

SCORECARD, PICTURE = (os.path.join(ROOT, 'tools', name) for name in ('scorecard', 'picture'))
DRAWN = os.path.join(ROOT, 'examples', 'negotiation.svg')


def scorecard(directory):
    """It prints a table, and writes the same into a README, again and again."""
    readme = os.path.join(directory, 'README.md')
    write(directory, 'README.md', 'before\n<!-- scorecard -->\nold\n<!-- /scorecard -->\nbehind\n')
    said = run([SCORECARD, '--quick', '--write', '--readme', readme], 500)
    with open(readme) as f:
        check(f.read() == 'before\n<!-- scorecard -->\n%s<!-- /scorecard -->\nbehind\n' % said,
              'what it wrote is not what it printed')
    lines = said.split('\n')
    rows = [line.strip('| ').split(' | ') for line in lines[2:] if line.startswith('| ') and '**' not in line]
    check(lines[0] == '| | | by |' and len(rows) > 15 and all(len(r) == 3 for r in rows), 'no table:\n' + said)
    figures = {what: figure for what, figure, _ in rows}
    for name, program in (('gcc', 'gcc'), ('clang', 'clang'), ('tcc', 'tcc'), ('g++, as C++11,', 'g++'),
                          ('musl-gcc', 'musl-gcc'), ('mingw-w64', 'x86_64-w64-mingw32-gcc')):
        figure = [f for what, f in figures.items() if what.startswith('compiling with %s' % name)]
        wanted = r'\d+\.\d+ s, no warning, \d+ KB of text$' if shutil.which(program) else 'not here$'
        check(len(figure) == 1 and re.match(wanted, figure[0]), '%s: %r' % (name, figure))
    for kind in 'HTTP/1.1 connection', 'HTTP/2 connection', 'WebSocket over HTTP/1.1':
        check(any('an idle ' + kind in what and re.match(r'\d+\.\d KiB$', f) for what, f in figures.items()),
              'no memory of an idle ' + kind)
    check(re.search(r'^Measured \d{4}-\d\d-\d\d by `tools/scorecard` on \w+, .*\d processors', said, re.M),
          'neither date nor machine:\n' + said)


def one_sentence(args, status):
    said = run(args, 30, status)
    check(re.match(r'[a-z]+: [^\n]*\.\n$', said), 'not one sentence: ' + said)


def scorecard_refuses(directory):
    write(directory, 'none.md', 'no marks\n')
    for args, status in (['--nonsense'], 2), (['--readme'], 2), (['more'], 2), \
            (['--write', '--readme', os.path.join(directory, 'none.md')], 1), \
            (['--write', '--readme', os.path.join(directory, 'not', 'there.md')], 1):
        one_sentence([SCORECARD] + args, status)
    check('exit status: 0 ' in run([SCORECARD, '--help']), '--help tells no exit status')


def picture(directory):
    """What is drawn of the README's table, which another test holds against the real one, is what is there."""
    with open(os.path.join(ROOT, 'README.md'), encoding='utf-8') as f:
        shown = re.search(r'^client +server .*?^```', f.read(), re.S | re.M).group()
    rows = [re.split('  +', line) for line in shown.split('\n')[1:] if re.match(r'\S.*  (http|h2|-)', line)]
    check(len(rows) == 14, '%d rows in the README' % len(rows))
    drawn = os.path.join(directory, 'drawn.svg')
    check(run([PICTURE, '-o', drawn, os.path.join(ROOT, 'README.md')]) == '', 'it printed something')
    with open(drawn, encoding='utf-8') as f:
        text = f.read()
    root = xml.etree.ElementTree.fromstring(text)
    space = '{http://www.w3.org/2000/svg}'
    texts = [t.text for t in root.iter(space + 'text')]
    check(root.tag == space + 'svg' and len(list(root.iter(space + 'rect'))) == len(rows), 'a cell is not drawn')
    for client, server, transport, spoken, how, trips, answer in (row[:7] for row in rows):
        for word in client, server, transport, answer if spoken == '-' else spoken:
            check(word in texts, word + ' is not in the picture')
        told = '%s, %s round trip' % (how, trips)
        check(spoken == '-' or any(t.startswith(told) for t in texts), told + ' is not in the picture')
    with open(DRAWN, encoding='utf-8') as f:
        check(f.read() == text, 'examples/negotiation.svg is not of this table: tools/picture -o it')
    check('prefers-color-scheme: dark' in text and len(text) < 8192, 'not for both schemes, or not small')


def picture_refuses(directory):
    head = 'client  server  transport  spoken  how  trips  answer\n'
    for name, text in ('none', 'no table\n'), ('cut', head + 'a b c\n'), ('empty', head + '\n'):
        write(directory, name, text)
        one_sentence([PICTURE, os.path.join(directory, name)], 1)
    one_sentence([PICTURE, os.path.join(directory, 'nowhere')], 1)
    one_sentence([PICTURE, '-o', os.path.join(directory, 'no', 'file'), os.path.join(ROOT, 'README.md')], 1)
    for args in ['--nonsense'], ['-o'], ['a', 'b']:
        one_sentence([PICTURE] + args, 2)
    check('exit status: 0 ' in run([PICTURE, '--help']), '--help tells no exit status')


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, 'h2neg.h')
    h = Header(path)
    attempt('every public function is documented where it is declared', documented, h, 'function', 140)
    attempt('every struct is', documented, h, 'struct', 30)
    attempt('every member of a struct is', documented, h, 'member', 300)
    attempt('every public constant is', documented, h, 'constant', 120)
    attempt('what loses its comment is found', notices, h)
    attempt('every public function names its section of an RFC, or is listed with a reason', sections, h)
    attempt('every error has a sentence of its own, and its section', errors, h)
    attempt("the manual's macros are those that the header asks for", user_macros, h)
    attempt("the manual's limits are fields of the config", limits, h)
    attempt('what the manual names is there', manual_names, h)
    if attempt('the manual has a whole server and a whole client, short enough', the_programs, h):
        with tempfile.TemporaryDirectory(prefix='docs-') as directory:
            shutil.copy(path, os.path.join(directory, 'h2neg.h'))
            for name, text in h.programs().items():
                write(directory, name, text)
            if attempt("the manual's programs compile without a warning", built, h, directory):
                attempt("the manual's client asks the manual's server", answered, h, directory)
            if shutil.which('clang-format'):
                attempt("the manual's programs are formatted", formatted, h, directory)
            else:
                skipped("the manual's programs are formatted", 'clang-format')
    with tempfile.TemporaryDirectory(prefix='docs-') as directory:
        attempt('tools/scorecard refuses with a sentence', scorecard_refuses, directory)
        if os.environ.get('SAMPLES') != '1':  # a minute of compiling
            attempt('tools/scorecard --quick gives a table and writes it into a README', scorecard, directory)
        attempt("tools/picture draws the demo's table, and examples/negotiation.svg is it", picture, directory)
        attempt('tools/picture refuses with a sentence', picture_refuses, directory)


if __name__ == '__main__':
    main()
