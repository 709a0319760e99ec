#!/usr/bin/env python3
"""Our server and client against the sentences of RFC 6455 and RFC 7692.

Every case says which frames go out, which messages and pongs come back, and how it ends: with the exact
code in a Close frame, and a clean end behind it. Cases run against our server over HTTP/1.1 (sent at once,
together with the handshake, and octet by octet) and as streams of one HTTP/2 connection, each behind the
faults of the others; and, from the server's side, against `client --echo` over both. Whatever comes back
is held against every rule of framing on the way (ws_octets.End).

interop.py runs these groups among the others; alone:
usage: ws_conformance.py [--tls 0|1] [--programs DIRECTORY] [PART OF A NAME...]
"""
import codecs
import collections
import json
import os
import random
import socket
import struct
import subprocess
import sys
import zlib

import harness
from harness import check, content, ended_well, equal, free_port, our_server, pattern, run, short, test
from broken import one_sentence
from ws_octets import (BINARY, CLOSE, CONTINUATION, KEY, PING, PONG, TEXT, End, Frame, Http2, Listener, Tcp,
                       accept_key, close, connect, fragments, h2, open_h1, open_h2, parameters, read_head,
                       split_head)

LARGEST = 1 << 24  # octets of a message here
NORMAL, PROTOCOL, DATA, POLICY, TOO_BIG = 1000, 1002, 1007, 1008, 1009


class Case:
    """`frames`: to send; or a function of the End that gives them. `back`: what comes back. `code`: None,
    and the case closes with 1000 itself; or of the Close that the other end sends. `reply`: that is the
    answer to a Close among the frames. `offer`: of permessage-deflate; `agreed`: the answer to a client.
    `size`: of the pieces that it is sent in. `long`: it is not sent octet by octet. `loose`: a pong may come
    before messages that wait for room."""

    def __init__(self, name, frames, back=(), code=None, reply=False, offer=None, agreed=None, size=None,
                 long=False, loose=False):
        self.name, self.frames, self.back, self.code, self.reply = name, frames, list(back), code, reply
        self.offer, self.agreed, self.size, self.long, self.loose = offer, agreed, size, long, loose

    def run(self, end, size=None, behind=False):
        """`behind`: the frames are on their way already."""
        frames = self.frames(end) if callable(self.frames) else self.frames
        if not behind:
            end.send(*frames, size=size or self.size or 1 << 18)
        back = self.back
        items = (end.item() for _ in back)
        if self.loose:
            back = sorted(back, key=lambda item: item[0])
            items = sorted(items, key=lambda item: item[0])
        for i, (actual, expected) in enumerate(zip(items, back)):
            if actual != expected:
                raise AssertionError('answer %d is %s, not %s' % (i, short(actual), short(expected)))
        if self.code is None and not self.reply:
            end.good_bye()
            return
        said = end.item()
        equal(said[:2], ('close', self.code), 'the Close')
        if self.reply:
            equal(said[2], '', 'the reason')
        end.ending()


def text(payload):
    return 'text', payload if isinstance(payload, str) else payload.decode()


def binary(payload):
    return 'binary', payload


def pong(payload=b''):
    return 'pong', payload


def T(payload=b'', **more):
    return Frame(TEXT, payload, **more)


def B(payload=b'', **more):
    return Frame(BINARY, payload, **more)


def C(payload=b'', **more):
    return Frame(CONTINUATION, payload, **more)


def ping(payload=b'', **more):
    return Frame(PING, payload, **more)


# ---- the cases ---------------------------------------------------------------------------------------

SIZES = [0, 1, 125, 126, 127, 128, 65535, 65536]


def framing():
    for n in SIZES:
        yield Case('text of %d' % n, [T(b'*' * n)], [text(b'*' * n)], long=n > 128)
        yield Case('binary of %d' % n, [B(content(n))], [binary(content(n))], long=n > 128)
    for n in (65535, 65536):
        yield Case('text of %d in pieces of 997' % n, [T(pattern(n))], [text(pattern(n))], size=997,
                   long=True)
        yield Case('binary of %d in pieces of 997' % n, [B(content(n))], [binary(content(n))], size=997,
                   long=True)
    yield Case('all of them on one connection', [T(b'*' * n) for n in SIZES] + [B(content(n)) for n in SIZES],
               [text(b'*' * n) for n in SIZES] + [binary(content(n)) for n in SIZES], long=True)
    yield Case('every octet', [B(bytes(range(256)))], [binary(bytes(range(256)))])
    for form, n in ((3, 0), (3, 125), (9, 0), (9, 125), (9, 126), (9, 65535)):
        yield Case('a length of %d in %d octets' % (n, form), [T(b'*' * n, form=form)], code=PROTOCOL,
                   long=n > 126)
        yield Case('a length of %d in %d octets, nothing behind it' % (n, form),
                   [T(b'', length=n, form=form)], code=PROTOCOL)
    for length in (1 << 63, (1 << 64) - 1):
        yield Case('a length of %d' % length, [B(b'', length=length)], code=PROTOCOL)
    for opcode in (TEXT, BINARY, PING, PONG, CLOSE):
        yield Case('the wrong mask bit, opcode %d' % opcode, [wrong_mask(opcode)], code=PROTOCOL)
        yield Case('the wrong mask bit behind a message, opcode %d' % opcode, [T('a'), wrong_mask(opcode)],
                   [text('a')], code=PROTOCOL)


class wrong_mask(Frame):
    def octets(self, by_client):
        self.mask = not by_client
        return Frame.octets(self, by_client)


def pings():
    yield Case('without payload', [ping()], [pong()])
    yield Case('with text', [ping('Hello, world!')], [pong(b'Hello, world!')])
    octets = bytes([0, 255, 254, 253, 252, 251, 0, 255])
    yield Case('with octets that are no text', [ping(octets)], [pong(octets)])
    yield Case('of 125', [ping(b'\xfe' * 125)], [pong(b'\xfe' * 125)])
    yield Case('of 126', [ping(b'\xfe' * 126)], code=PROTOCOL)
    yield Case('of 126, the header alone', [ping(b'', length=126)], code=PROTOCOL)
    yield Case('a length of 5 in three octets', [ping(b'abcde', form=3)], code=PROTOCOL)
    yield Case('of 65536', [ping(b'\xfe' * 65536)], code=PROTOCOL, long=True)
    yield Case('a pong of 126', [Frame(PONG, b'\xfe' * 126)], code=PROTOCOL)
    yield Case('a pong nobody asked for', [Frame(PONG)])
    yield Case('a pong with payload nobody asked for', [Frame(PONG, 'unsolicited')])
    yield Case('a pong, then a ping', [Frame(PONG, 'unsolicited'), ping('ping')], [pong(b'ping')])
    ten = [b'payload-%d' % i for i in range(10)]
    yield Case('ten', [ping(p) for p in ten], [pong(p) for p in ten])
    yield Case('ten and a message between each', [f for p in ten for f in (ping(p), T(p))],
               [i for p in ten for i in (pong(p), text(p))])
    yield Case('ten pongs', [Frame(PONG, p) for p in ten] + [T('a')], [text('a')])


def reserved_bits():
    for rsv in range(1, 8):
        for opcode in (TEXT, BINARY, PING, PONG, CLOSE):
            payload = struct.pack('>H', 1000) if opcode == CLOSE else b'abc'
            yield Case('%d on opcode %d' % (rsv, opcode), [Frame(opcode, payload, rsv=rsv)], code=PROTOCOL)
        yield Case('%d on a continuation' % rsv, [T('a', fin=False), C('b', rsv=rsv)], code=PROTOCOL)
        yield Case('%d behind a message, a ping behind that' % rsv, [T('a'), T('b', rsv=rsv), ping()],
                   [text('a')], code=PROTOCOL)


def opcodes():
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        yield Case('%d' % opcode, [Frame(opcode)], code=PROTOCOL)
        yield Case('%d with payload' % opcode, [Frame(opcode, 'reserved')], code=PROTOCOL)
        yield Case('%d behind a message, a ping behind that' % opcode, [T('a'), Frame(opcode, 'b'), ping()],
                   [text('a')], code=PROTOCOL)
        yield Case('%d inside a message' % opcode, [T('a', fin=False), Frame(opcode), C('b')], code=PROTOCOL)


def fragmentation():
    yield Case('a ping in two', [ping('a', fin=False), C('b')], code=PROTOCOL)
    yield Case('a pong in two', [Frame(PONG, 'a', fin=False), C('b')], code=PROTOCOL)
    yield Case('a Close in two', [Frame(CLOSE, b'\x03', fin=False), C(b'\xe8')], code=PROTOCOL)
    yield Case('a ping without FIN inside a message', [T('a', fin=False), ping('b', fin=False)], code=PROTOCOL)
    yield Case('text in two', [T('fragment1', fin=False), C('fragment2')], [text('fragment1fragment2')])
    yield Case('binary in two', [B(b'\xff\x80', fin=False), C(b'\xfe')], [binary(b'\xff\x80\xfe')])
    yield Case('a ping between', [T('fragment1', fin=False), ping('ping'), C('fragment2')],
               [pong(b'ping'), text('fragment1fragment2')])
    yield Case('a pong between', [T('fragment1', fin=False), Frame(PONG, 'x'), C('fragment2')],
               [text('fragment1fragment2')])
    yield Case('pings between five', [T('1', fin=False), C('2', fin=False), ping('a'), C('3', fin=False),
                                      C('4', fin=False), ping('b'), C('5')],
               [pong(b'a'), pong(b'b'), text('12345')])
    yield Case('pings between each of twenty', [f for i in range(20) for f in (
        ping(b'%d' % i), Frame(0 if i else TEXT, b'%d,' % i, i == 19))],
        [pong(b'%d' % i) for i in range(20)] + [text(b''.join(b'%d,' % i for i in range(20)))])
    yield Case('octet by octet', fragments(TEXT, 'Hello, world!', 1), [text('Hello, world!')])
    yield Case('two messages in pieces', fragments(TEXT, 'abcdef', 2) + fragments(BINARY, b'ghijk', 2),
               [text('abcdef'), binary(b'ghijk')])
    yield Case('empty ones around', [T('', fin=False), C('a', fin=False), C('', fin=False), C('b', fin=False),
                                     C('')], [text('ab')])
    yield Case('empty alone', [T('', fin=False), C('', fin=False), C('')], [text('')])
    yield Case('16 empty in a row', [T('', fin=False)] + [C('', fin=False)] * 15 + [C('a')], [text('a')])
    yield Case('17 empty in a row', [T('', fin=False)] + [C('', fin=False)] * 16, code=POLICY)
    for fin in (True, False):
        yield Case('a continuation of nothing, FIN %d' % fin, [C('a', fin=fin), T('b')], code=PROTOCOL)
        yield Case('an empty continuation of nothing, FIN %d' % fin, [C(fin=fin)], code=PROTOCOL)
        yield Case('a continuation behind a message, FIN %d' % fin, [T('a'), C('b', fin=fin), T('c')],
                   [text('a')], code=PROTOCOL)
        yield Case('a continuation behind a message in pieces, FIN %d' % fin,
                   [T('a', fin=False), C('b'), C('c', fin=fin), T('d')], [text('ab')], code=PROTOCOL)
        for opcode in (TEXT, BINARY):
            yield Case('opcode %d inside a message, FIN %d' % (opcode, fin),
                       [T('a', fin=False), Frame(opcode, 'b', fin)], code=PROTOCOL)
            yield Case('opcode %d behind two pieces and a ping, FIN %d' % (opcode, fin),
                       [B('a', fin=False), C('b', fin=False), ping('p'), Frame(opcode, 'c', fin)],
                       [pong(b'p')], code=PROTOCOL)


KOSME = 'κόσμε'
VALID = [
    'Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!', KOSME, '\0', '\x7f', '\x80', '\u07ff',
    '\u0800', '\ud7ff', '\ue000', '\ufffd', '\ufffe', '\uffff', '\U00010000', '\U0010ffff', '\ufeff',
    '\ufdd0', '\ufdef', '\u2028', 'a\u0300\u0316', '\u1000', '\u0fff', '\U0003ffff', '\U00040000', '\U000fffff',
    '\U00100000'
] + [chr(plane << 16 | low) for plane in range(1, 17) for low in (0xfffe, 0xffff)]
# RFC 3629 and Markus Kuhn's classes: octets that come too early, too late or not at all, forms that are too
# long, surrogates, what is above U+10FFFF, and octets that never stand.
INVALID = [bytes([n]) for n in (0x80, 0xbf, 0xc0, 0xc1, 0xf5, 0xf8, 0xfb, 0xfc, 0xfd, 0xfe, 0xff)] + [
    bytes.fromhex(h) for h in '''80bf 80bf80 c220 c3c3 dfdf e020 e08020 e0a020 e0a0c0 ef20 efbf20 f020 f09020
    f0908020 f0908041 f48fbf20 c0af e080af f08080af f8808080af fc80808080af c1bf e09fbf f08fbfbf f887bfbfbf
    fc83bfbfbfbf c080 e08080 f0808080 eda080 edadbf edae80 edafbf edb080 edbe80 edbfbf eda080edb080
    edafbfedbfbf f4908080 f4bfbfbf f5808080 f7bfbfbf fbbfbfbfbf fdbfbfbfbfbf f0805f e2825f e228a1 f0288cbc
    f09028bc f0908c28 c328 a0a1'''.split()]
CUT = [bytes.fromhex(h) for h in 'c2 df e0 e0a0 ed ed9f ef efbf f0 f090 f09080 f1 f4 f48f f48fbf'.split()]


def first_bad(octets):
    """The offset of the first octet that cannot stand where it stands, or None."""
    decoder = codecs.getincrementaldecoder('utf-8')()
    for i in range(len(octets)):
        try:
            decoder.decode(octets[i:i + 1])
        except UnicodeDecodeError:
            return i


def utf8():
    yield Case('every valid one', [T(s.encode()) for s in VALID], [text(s) for s in VALID], long=True)
    every = ''.join(VALID)
    yield Case('every valid one in one message', [T(every)], [text(every)])
    for size in (1, 2, 3, 5):
        yield Case('every valid one in frames of %d' % size, fragments(TEXT, every, size), [text(every)],
                   long=size > 1)
    yield Case('a ping inside a character', [T(b'\xce', fin=False), ping('p'), C(b'\xba')],
               [pong(b'p'), text('κ')])
    yield Case('an empty frame inside a character', [T(b'\xce', fin=False), C(fin=False), C(b'\xba')],
               [text('κ')])
    yield Case('binary may be anything', [B(b''.join(INVALID)), B(CUT[0], fin=False), C(b'\xff')],
               [binary(b''.join(INVALID)), binary(CUT[0] + b'\xff')])
    for s in INVALID:
        name = s.hex(' ')
        yield Case(name, [T(s)], code=DATA)
        yield Case(name + ' behind text', [T(KOSME.encode() + s + b'edited')], code=DATA)
        yield Case(name + ' in frames of 1', fragments(TEXT, KOSME.encode() + s + b'edited', 1), code=DATA)
        bad = first_bad(s)
        # nothing may be awaited behind the octet that decides it
        yield Case(name + ' at its first bad octet, in a longer frame', [T(s + b'*' * 60000, cut=bad + 1)],
                   code=DATA)
        yield Case(name + ' at its first bad octet, in a message that goes on',
                   [T(b'abc', fin=False), C(s[:bad + 1], fin=False)], code=DATA)
        yield Case(name + ' at its first bad octet, in a frame of its own',
                   [T(b'abc' + s[:bad], fin=False), C(s[bad:bad + 1], fin=False)], code=DATA)
    for s in CUT:
        name = s.hex(' ') + ' and no more'
        yield Case(name, [T(s)], code=DATA)
        yield Case(name + ', behind text', [T(b'abc', fin=False), C(s)], code=DATA)
        yield Case(name + ', an empty end', [T(s, fin=False), C()], code=DATA)
        yield Case(name + ', then a message', [T(s), T('abc')], code=DATA)
    yield Case('a good message, then a bad one', [T('a'), T(b'\xff')], [text('a')], code=DATA)


GOOD_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
BAD_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 9999, 65535]


def closing():
    def case(name, *frames, back=(), **more):
        more.setdefault('code', NORMAL)
        return Case(name, list(frames), back, reply=True, **more)
    yield case('a message, then a Close', T('a'), close(1000), back=[text('a')])
    yield case('two', close(1000), close(1000))
    yield case('a ping behind it', close(1000), ping())
    yield case('a message behind it', close(1000), T('a'))
    yield case('a malformed frame behind it', close(1000), T('a', rsv=7))
    yield case('octets behind it', close(1000), B(content(5000)), long=True)
    yield case('inside a message', T('a', fin=False), close(1000), C('b'))
    yield case('16 KiB, then a Close, then a ping', T(pattern(1 << 14)), close(1000), ping(),
               back=[text(pattern(1 << 14))], long=True)
    yield case('no code', close(), code=None)
    yield Case('one octet', [Frame(CLOSE, b'\x03')], code=PROTOCOL)
    yield case('a code', close(1000))
    yield case('a reason', close(1000, 'Hello, world!'))
    yield case('a reason of 123', close(1000, '*' * 123))
    yield case('a reason in Greek', close(1000, KOSME))
    yield Case('a reason of 124', [close(1000, '*' * 124)], code=PROTOCOL)
    yield Case('a length of 126, the header alone', [Frame(CLOSE, b'', length=126)], code=PROTOCOL)
    for s in (b'\xff', KOSME.encode() + b'\xed\xa0\x80edited', CUT[3], b'\xc0\xaf', b'*' * 122 + b'\xc2'):
        yield Case('a reason %r' % s[-12:], [close(1000, s)], code=DATA)
    for code in GOOD_CODES:
        yield case('code %d' % code, close(code), code=code)
        yield case('code %d with a reason' % code, close(code, 'reason'), code=code)
    for code in BAD_CODES:
        yield Case('code %d' % code, [close(code)], code=PROTOCOL)
        yield Case('code %d with a reason' % code, [close(code, 'reason')], code=PROTOCOL)


def large():
    words = (pattern(LARGEST - 4).decode() + '\U0001f600').encode()
    for n in (1 << 16, 1 << 18, 1 << 20, 1 << 22, LARGEST):
        yield Case('text of %d' % n, lambda end, n=n: [T(words[-n:])], [text(words[-n:])], long=True)
        yield Case('binary of %d' % n, lambda end, n=n: [B(content(n))], [binary(content(n))], long=True)
    for size in (64, 256, 4096, 65536, 1 << 20):
        yield Case('text of 4 MiB in frames of %d' % size, fragments(TEXT, words[-(1 << 22):], size),
                   [text(words[-(1 << 22):])], long=True)
    yield Case('binary of 4 MiB in frames of 1000', fragments(BINARY, content(1 << 22), 1000),
               [binary(content(1 << 22))], long=True)
    for size in (64, 512, 1024):
        yield Case('text of 1 MiB in pieces of %d' % size, [T(words[-(1 << 20):])], [text(words[-(1 << 20):])],
                   size=size, long=True)
    for n in (0, 16, 64, 256, 1024, 4096):
        yield Case('1000 texts of %d' % n, lambda end, n=n: [T(pattern(n))] * 1000, [text(pattern(n))] * 1000,
                   long=True)
        yield Case('1000 binaries of %d' % n, lambda end, n=n: [B(content(n))] * 1000,
                   [binary(content(n))] * 1000, long=True)
    yield Case('1000 pings and messages by turns', lambda end: [ping(b'p'), T('t')] * 1000,
               [pong(b'p'), text('t')] * 1000, long=True, loose=True)
    yield Case('text of 65536 in frames of 1300', fragments(TEXT, pattern(65536), 1300), [text(pattern(65536))],
               long=True)


# ---- permessage-deflate ------------------------------------------------------------------------------

DEFLATE = 'permessage-deflate'
LENGTHS = [0, 1, 2, 16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072]


_prose = []


def prose(length, seed=0):
    """Text as it is sent around: some JSON, which can be compressed."""
    if not _prose:
        r, names = random.Random(1), ['Ada', 'Zo\u00eb', 'Κώστας']
        _prose.append(''.join(json.dumps({'id': r.randrange(1 << 20), 'name': r.choice(names), 'tags': [
            r.choice('abcdefgh') * 5 for _ in range(4)]}, ensure_ascii=False) + '\n' for _ in range(4000)))
    text_ = _prose[0][seed % 1000 * 97:]
    return (text_ * (length // len(text_) + 1))[:length]


# an offer, and what has to be agreed: None, no extension
OFFERS = [
    ('', {}),
    ('; client_max_window_bits', {}),
    ('; client_no_context_takeover', {'client_no_context_takeover': True}),
    ('; server_no_context_takeover', {'server_no_context_takeover': True}),
    ('; server_no_context_takeover; client_no_context_takeover',
     {'server_no_context_takeover': True, 'client_no_context_takeover': True}),
] + [('; server_max_window_bits=%d' % n, {'server_max_window_bits': n}) for n in range(8, 16)] + [
    ('; client_max_window_bits=%d' % n, {'client_max_window_bits': n} if n < 15 else {}) for n in range(8, 16)
] + [
    ('; server_max_window_bits=9; client_max_window_bits=9; server_no_context_takeover; '
     'client_no_context_takeover', {'server_max_window_bits': 9, 'client_max_window_bits': 9,
                                    'server_no_context_takeover': True, 'client_no_context_takeover': True}),
    (';server_max_window_bits="10"', {'server_max_window_bits': 10}),
    ('; server_max_window_bits=7, permessage-deflate', {}),
    ('; x, permessage-deflate; server_no_context_takeover, permessage-deflate',
     {'server_no_context_takeover': True}),
    (', x-other; a=b', {}),
] + [(refused, None) for refused in (
    '; x', '; x=1', '; server_max_window_bits=7', '; server_max_window_bits=16', '; server_max_window_bits=08',
    '; server_max_window_bits', '; server_max_window_bits=a', '; client_max_window_bits=7',
    '; client_max_window_bits=16', '; client_no_context_takeover=1', '; server_no_context_takeover=true',
    '; client_max_window_bits; client_max_window_bits=10',
    '; server_no_context_takeover; server_no_context_takeover')]
# what a server may answer to `permessage-deflate`
ANSWERS = ['', '; client_no_context_takeover', '; server_no_context_takeover',
           '; server_no_context_takeover; client_no_context_takeover'] + [
           '; server_max_window_bits=%d' % n for n in range(8, 16)] + [
           '; server_max_window_bits=9; server_no_context_takeover; client_no_context_takeover']


def conversation(end):
    """Messages of many lengths there and back; what can be compressed comes back compressed."""
    for round_ in range(2):
        for n in LENGTHS:
            words, octets = prose(n, n + round_), content(n, n)
            end.send(end.message(TEXT, words), end.message(BINARY, octets))
            end.compressed = None
            equal(end.item(), text(words))
            check(end.compressed or n < 1024 or end.deflate.in_bits == 8, 'text of %d came as it is' % n)
            equal(end.item(), binary(octets))
        end.send(end.message(TEXT, 'as it is', compressed=False), ping('p'))
        equal(end.item(), text('as it is'))
        equal(end.item(), pong(b'p'))
    for size in (1, 7, 1000):
        words = prose(3000, size)
        end.send(*fragments(TEXT, end.deflate.compress(words.encode()), size, rsv=4))
        equal(end.item(), text(words))
    end.good_bye()


def compressed(octets, wrap=None, **more):
    """Frames out of the End's compressor. `wrap`: of the compressed octets to frames."""
    def frames(end):
        packed = end.deflate.compress(octets, **more)
        return wrap(packed) if wrap else [T(packed, rsv=4)]
    return frames


def raw_deflate(octets, level=6, strategy=zlib.Z_DEFAULT_STRATEGY, flush=zlib.Z_SYNC_FLUSH):
    z = zlib.compressobj(level, zlib.DEFLATED, -15, 8, strategy)
    return z.compress(octets) + z.flush(flush)


def bits(*codes):
    """Octets of DEFLATE, the first bit lowest (RFC 1951 3.1.1)."""
    row = ''.join(codes).replace(' ', '')
    row += '0' * (-len(row) % 8)
    return bytes(int(row[i:i + 8][::-1], 2) for i in range(0, len(row), 8))


def deflate_cases():
    def case(name, frames, back=(), **more):
        return Case(name, frames, back, offer=DEFLATE, agreed=DEFLATE, **more)
    hello = raw_deflate(b'Hello')[:-4]
    yield case('the examples of RFC 7692 7.2.3.1 and 7.2.3.2',
               [T(bytes.fromhex('f248cdc9c90700'), rsv=4), T(bytes.fromhex('f200110000'), rsv=4)],
               [text('Hello'), text('Hello')])
    yield case('in two frames (7.2.3.1)', [T(b'\xf2\x48\xcd', fin=False, rsv=4), C(b'\xc9\xc9\x07\0')],
               [text('Hello')])
    yield case('a stored block (7.2.3.3)', [T(bytes.fromhex('000500faff48656c6c6f00'), rsv=4)], [text('Hello')])
    yield case('a final block (7.2.3.4), another message behind it',
               [T(bytes.fromhex('f348cdc9c9070000'), rsv=4), T(hello, rsv=4)], [text('Hello'), text('Hello')])
    yield case('two blocks (7.2.3.5)', [T(bytes.fromhex('f24805000000ffffcac9c90700'), rsv=4)],
               [text('Hello')])
    yield case('empty (7.2.3.6)', [T(b'\0', rsv=4), B(b'\0', rsv=4), T(b'\0', rsv=4)],
               [text(''), binary(b''), text('')])
    yield case('every level', lambda end: [T(raw_deflate(prose(5000).encode(), level)[:-4], rsv=4)
                                           for level in range(10)], [text(prose(5000))] * 10, long=True)
    for name, strategy in (('fixed', zlib.Z_FIXED), ('Huffman alone', zlib.Z_HUFFMAN_ONLY),
                           ('runs', zlib.Z_RLE)):
        yield case('codes: ' + name, [B(raw_deflate(content(3000) + bytes(3000), 6, strategy)[:-4], rsv=4)],
                   [binary(content(3000) + bytes(3000))], long=True)
    yield case('several flushes inside', compressed(prose(1500).encode(), flushes=20), [text(prose(1500))],
               long=True)
    yield case('a ping between its frames', compressed(b'Hello', lambda p: [
        T(p[:2], fin=False, rsv=4), ping('p'), C(p[2:])]), [pong(b'p'), text('Hello')])
    yield case('empty frames around', compressed(b'Hello', lambda p: [
        T(fin=False, rsv=4), C(p, fin=False), C()]), [text('Hello')])
    yield case('context over messages', lambda end: [end.message(TEXT, 'over and over') for _ in range(20)],
               [text('over and over')] * 20)
    yield case('compressed and plain by turns', lambda end: [end.message(TEXT, 'a' * 50, compressed=i % 2)
                                                             for i in range(10)], [text('a' * 50)] * 10)
    yield case('16 MiB', compressed(bytes(LARGEST), lambda p: [B(p, rsv=4)]), [binary(bytes(LARGEST))],
               long=True)
    yield case('4 MiB of text in frames of 500', compressed(prose(1 << 21).encode(), lambda p: fragments(
        TEXT, p, 500, rsv=4)), [text(prose(1 << 21))], long=True)
    yield case('a character cut by frames', compressed(KOSME.encode(), lambda p: fragments(TEXT, p, 1, rsv=4)),
               [text(KOSME)])
    # faults
    for opcode in (PING, PONG, CLOSE):
        yield case('RSV1 on opcode %d' % opcode, [Frame(opcode, b'', rsv=4)], code=PROTOCOL)
    yield case('RSV1 on a continuation', [T(hello[:2], fin=False, rsv=4), C(hello[2:], rsv=4)], code=PROTOCOL)
    yield case('RSV1 on a continuation of a plain message', [T('a', fin=False), C(hello, rsv=4)], code=PROTOCOL)
    for rsv in (1, 2, 3, 5, 6, 7):
        yield case('reserved bits %d' % rsv, [T(hello, rsv=rsv)], code=PROTOCOL)
    too_far = bits('0 10', '10010001', '0000001 00001', '0000000')  # an a, then three from two before
    for name, octets in (('a block of type 3', b'\x07'), ('a stored block whose length is not', b'\0\1\0\1\0a'),
                         ('a distance before the beginning', too_far), ('noise', b'\xff' * 20)):
        yield case(name, [T(octets, rsv=4)], code=DATA)
    yield case('a message cut short', [T(raw_deflate(pattern(500), strategy=zlib.Z_HUFFMAN_ONLY)[:-40], rsv=4)],
               code=DATA)
    for s in (b'\xff', b'\xed\xa0\x80', b'\xf4\x90\x80\x80', b'abc\xc2'):
        yield case('text that is not UTF-8: %s' % s.hex(' '), compressed(s), code=DATA)
        yield case('binary may be that: %s' % s.hex(' '), compressed(s, lambda p: [B(p, rsv=4)]), [binary(s)])
    yield case('text that is not UTF-8 behind 100 KB', compressed(pattern(100000) + b'\xff' + pattern(1000)),
               code=DATA, long=True)
    yield Case('RSV1 where nothing was offered', [T(hello, rsv=4)], code=PROTOCOL)
    yield Case('RSV1 where an offer was declined', [T(hello, rsv=4)], code=PROTOCOL, offer=DEFLATE + '; x')


def limited():
    """With a max_message of 1000."""
    def big(n, **more):
        return Case('compressed: %d of them' % n, compressed(b'a' * n), offer=DEFLATE, agreed=DEFLATE, **more)
    yield Case('1000', [T(pattern(1000)), B(content(1000))], [text(pattern(1000)), binary(content(1000))],
               long=True)
    yield Case('1001', [T(pattern(1001))], code=TOO_BIG, long=True)
    yield Case('1001, the header alone', [T(b'', length=1001)], code=TOO_BIG)
    yield Case('2^63 - 1, the header alone', [B(b'', length=(1 << 63) - 1)], code=TOO_BIG)
    yield Case('1000 in frames', fragments(TEXT, pattern(1000), 10), [text(pattern(1000))], long=True)
    yield Case('1001 in frames, the last header alone', fragments(TEXT, pattern(1000), 100)[:-1] +
               [C(pattern(100), fin=False), C(b'', length=1)], code=TOO_BIG, long=True)
    yield Case('a message, then one that is too long', [T('a'), B(content(5000))], [text('a')], code=TOO_BIG,
               long=True)
    yield big(1000, back=[text('a' * 1000)])
    yield big(1001, code=TOO_BIG)
    yield big(100 << 20, code=TOO_BIG, long=True)


LONG = '9 large and many'
GROUPS = [('1 framing', framing), ('2 pings', pings), ('3 reserved bits', reserved_bits),
          ('4 opcodes', opcodes), ('5 fragments', fragmentation), ('6 UTF-8', utf8),
          ('7 close', closing), (LONG, large), ('12 permessage-deflate', deflate_cases),
          ('max_message', limited)]


# ---- running them ------------------------------------------------------------------------------------

def each(cases, run):
    """Runs them all and fails with the first few that did."""
    bad, count = [], 0
    for case in cases:
        count += 1
        try:
            run(case)
        except Exception as e:
            bad.append('%s: %s' % (case.name, str(e) or type(e).__name__))
            if len(bad) > 9:
                break
    check(not bad, '%d of %d cases:\n' % (len(bad), count) + '\n'.join(bad))
    check(count, 'no case')


def long_one(case):
    """Whether it has too many octets to be sent one by one."""
    return case.long or callable(case.frames)


def echo_server(context, limit=LARGEST):
    return context.once('ws-echo-%d' % limit, lambda: our_server(
        context, '--quiet', '--max-message', str(limit), *(['--tls'] if context.tls else [])))


def chosen(context, cases, short=False):
    """Those that can be run; `short`: those that are not too long to be sent octet by octet."""
    return [c for c in cases() if not (short and long_one(c)) and (context.zlib or not c.offer)]


def needs_of(name):
    return ('zlib',) if name.startswith('12') else ()


def server_group(name, cases, limit):
    needs = needs_of(name)

    def open_one(context, case, **more):
        return open_h1(echo_server(context, limit).port, offer=case.offer, **more)

    def closing_after(end, case, *more):
        try:
            case.run(end, *more)
        finally:
            end.close()

    def over_h2(context, tls, some, size):
        h = Http2(connect(echo_server(context, limit).port, tls, ['h2'] if tls else ()), window=1 << 24)
        stays = open_h2(h)  # and is not disturbed by what happens to the others
        each(some, lambda case: case.run(open_h2(h, offer=case.offer), size))
        stays.send(T('still here'))
        equal(stays.item(), text('still here'))
        equal(h.answer(h.request('GET', '/hello')), (200, b'hello, world\n'))
        stays.good_bye()
        equal(h.end, None, 'GOAWAY')
        equal(h.resets, {}, 'streams that were reset')
        h.close()

    @test('ws-server/%s over http/1.1' % name, *needs, limit=120)
    def whole(context):
        each(chosen(context, cases), lambda case: closing_after(open_one(context, case), case))

    @test('ws-server/%s over http/2, prior knowledge' % name, 'module:h2', *needs, limit=120)
    def prior(context):
        over_h2(context, False, chosen(context, cases), None)

    if name == LONG:
        return

    @test('ws-server/%s over http/1.1, octet by octet' % name, *needs, limit=120)
    def octets(context):
        each(chosen(context, cases, short=True), lambda case: closing_after(open_one(context, case), case, 1))

    @test('ws-server/%s over http/1.1, together with the handshake' % name, *needs, limit=120)
    def behind(context):
        def run(case):
            octets = b''.join(f.octets(True) for f in case.frames)
            closing_after(open_one(context, case, behind=octets), case, None, True)
        each(chosen(context, cases, short=True), run)

    @test('ws-server/%s over https' % name, 'tls', *needs, limit=120)
    def tls(context):
        each(chosen(context, cases, short=context.sanitized), lambda case: closing_after(
            open_one(context, case, tls=True), case))

    @test('ws-server/%s over http/2, octet by octet' % name, 'module:h2', *needs, limit=120)
    def prior_octets(context):
        over_h2(context, False, [c for c in chosen(context, cases, short=True) if small(c)], 1)

    @test('ws-server/%s over http/2, alpn' % name, 'module:h2', 'tls', *needs, limit=120)
    def alpn(context):
        over_h2(context, True, chosen(context, cases, short=True), None)


def small(case):
    return sum(len(f.payload) for f in case.frames) <= 64


class Client:
    """Our client, given to a server of this test."""

    def __init__(self, context, listener, *options):
        self.process = subprocess.Popen(
            [context.client, '--echo', 'ws://127.0.0.1:%d/' % listener.port] + list(options),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def ended(self, good):
        try:
            out, said = self.process.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            raise AssertionError('the client does not end')
        equal(out, b'')
        equal(self.process.returncode, 0 if good else 1, 'the exit status (%r)' % said)
        if good:
            equal(said, b'')
        else:
            one_sentence(said)
        return said.decode()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def client_group(name, cases, limit):
    needs = needs_of(name)

    def run(context, some, h2=False, size=None):
        listener = Listener()

        def one(case):
            client = Client(context, listener, '--max-message', str(limit), *(['--over-h2'] if h2 else []))
            try:
                end = (listener.h2 if h2 else listener.h1)(case.agreed)[0]
                try:
                    case.run(end, size)
                finally:
                    end.close()
                client.ended(case.code in (None, 1000, 1001))
            finally:
                client.kill()
        try:
            each(some, one)
        finally:
            listener.close()

    @test('ws-client/%s over http/1.1' % name, *needs, limit=120)
    def whole(context):
        some = chosen(context, cases)
        run(context, some[::5] if context.sanitized and len(some) > 200 else some)  # each starts a program

    @test('ws-client/%s over http/2' % name, 'plain', 'module:h2', *needs, limit=120)
    def over_h2(context):
        run(context, chosen(context, cases), h2=True)

    if name == LONG:
        return

    @test('ws-client/%s over http/1.1, octet by octet' % name, 'plain', *needs, limit=120)
    def octets(context):
        run(context, chosen(context, cases, short=True), size=1)


def conversations(context, some):
    """`some`: triples of a name, the other end, and what it agreed to; each talks to its end."""
    bad = []
    for name, end, why in some:
        try:
            why(end)
        except Exception as e:
            bad.append('%s: %s' % (name, e))
        finally:
            end.close()
    check(not bad, '\n'.join(bad[:9]))


def agreed_on(end, expected):
    value = end.head.get('sec-websocket-extensions')
    equal(parameters(value) if value else None, expected, 'what was agreed')


def talk(end, expected):
    agreed_on(end, expected)
    if expected is not None:
        conversation(end)
    else:
        end.send(T('a'))
        equal(end.item(), text('a'))
        end.good_bye()


@test('ws-server/13 offers of permessage-deflate over http/1.1', 'zlib', limit=120)
def offers(context):
    server = echo_server(context)
    conversations(context, ((offer, open_h1(server.port, offer=DEFLATE + offer),
                             lambda end, expected=expected: talk(end, expected)) for offer, expected in OFFERS))


@test('ws-server/13 offers of permessage-deflate over http/2', 'module:h2', 'zlib', limit=120)
def offers_h2(context):
    h = Http2(connect(echo_server(context).port), window=1 << 24)
    conversations(context, ((offer, open_h2(h, offer=DEFLATE + offer),
                             lambda end, expected=expected: talk(end, expected)) for offer, expected in OFFERS))
    equal(h.end, None)
    h.close()


@test('ws-client/13 answers of permessage-deflate', 'zlib', limit=120)
def answers(context):
    listener = Listener()
    for name in ANSWERS:
        for over_h2 in (False, True) if h2 and not context.sanitized else (False,):
            client = Client(context, listener, *(['--over-h2'] if over_h2 else []))
            try:
                end = (listener.h2 if over_h2 else listener.h1)(DEFLATE + name)[0]
                try:
                    conversation(end)
                finally:
                    end.close()
                client.ended(True)
            except AssertionError as e:
                raise AssertionError('%s, over_h2 %d: %s' % (name, over_h2, e))
            finally:
                client.kill()
    listener.close()


for _name, _cases in GROUPS:
    _limit = 1000 if _name == 'max_message' else LARGEST
    server_group(_name, _cases, _limit)
    client_group(_name, _cases, _limit)


# ---- the handshake -----------------------------------------------------------------------------------

HELLO = b'GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n'


def lines(*fields, method=b'GET', path=b'/ws', version=b'HTTP/1.1', without=(), host=b'localhost'):
    """A handshake whose fields can be left out or given otherwise."""
    usual = [('Host', host), ('Upgrade', b'websocket'), ('Connection', b'Upgrade'), ('Sec-WebSocket-Key', KEY),
             ('Sec-WebSocket-Version', b'13')]
    given = {name.lower() for name, _ in fields} | {name.lower() for name in without}
    kept = [(n, v) for n, v in usual if n.lower() not in given] + list(fields)
    return b'%s %s %s\r\n' % (method, path, version) + b''.join(
        n.encode() + b': ' + v + b'\r\n' for n, v in kept) + b'\r\n'


# a name, the octets, the status
REFUSED = [
    ('POST', lines(method=b'POST'), 400),
    ('HEAD', lines(method=b'HEAD'), 400),
    ('version 12', lines(('Sec-WebSocket-Version', b'12')), 426),
    ('version 013', lines(('Sec-WebSocket-Version', b'013')), 426),
    ('version 13, 8', lines(('Sec-WebSocket-Version', b'13, 8')), 426),
    ('an empty version', lines(('Sec-WebSocket-Version', b'')), 426),
    ('no version', lines(without=['Sec-WebSocket-Version']), 426),
    ('two versions', lines(('Sec-WebSocket-Version', b'13'), ('Sec-WebSocket-Version', b'13')), 426),
    ('version before key', lines(('Sec-WebSocket-Version', b'8'), ('Sec-WebSocket-Key', b'x')), 426),
    ('no key', lines(without=['Sec-WebSocket-Key']), 400),
    ('an empty key', lines(('Sec-WebSocket-Key', b'')), 400),
    ('two keys', lines(('Sec-WebSocket-Key', KEY), ('Sec-WebSocket-Key', KEY)), 400),
    ('a key of 15 octets', lines(('Sec-WebSocket-Key', b'AAAAAAAAAAAAAAAAAAAA')), 400),
    ('a key of 17 octets', lines(('Sec-WebSocket-Key', b'AAAAAAAAAAAAAAAAAAAAAAA=')), 400),
    ('a key without its ==', lines(('Sec-WebSocket-Key', KEY[:-2])), 400),
    ('a key that is no base64', lines(('Sec-WebSocket-Key', b'dGhlIHNhbXBsZSBub25jZ_==')), 400),
    ('a key with more behind it', lines(('Sec-WebSocket-Key', KEY + b'A')), 400),
    ('a foreign origin', lines(('Origin', b'http://example.org')), 403),
    ('a null origin', lines(('Origin', b'null')), 403),
    ('an empty origin', lines(('Origin', b'')), 403),
    ('two origins', lines(('Origin', b'http://localhost'), ('Origin', b'http://localhost')), 403),
    ('another port', lines(('Origin', b'http://localhost:81')), 403),
    ('another port than that of Host', lines(('Origin', b'http://localhost'), host=b'localhost:8080'), 403),
    ('a longer host', lines(('Origin', b'http://localhost.example.org')), 403),
    ('the host as a part', lines(('Origin', b'http://xlocalhost')), 403),
    ('the host as userinfo', lines(('Origin', b'http://localhost@example.org')), 403),
    ('an origin with a path', lines(('Origin', b'http://localhost/')), 403),
    ('an origin without a scheme', lines(('Origin', b'localhost')), 403),
    ('a subprotocol that is no token', lines(('Sec-WebSocket-Protocol', b'a b')), 400),
    ('an empty subprotocol list', lines(('Sec-WebSocket-Protocol', b'')), 400),
    ('a subprotocol in quotes', lines(('Sec-WebSocket-Protocol', b'"echo"')), 400),
    ('a subprotocol twice', lines(('Sec-WebSocket-Protocol', b'echo, chat, echo')), 400),
    ('a subprotocol twice, in two fields',
     lines(('Sec-WebSocket-Protocol', b'echo'), ('Sec-WebSocket-Protocol', b'echo')), 400),
    ('65 subprotocols', lines(('Sec-WebSocket-Protocol', b', '.join(b'p%d' % i for i in range(65)))), 400),
] + [('extensions: ' + value, lines(('Sec-WebSocket-Extensions', value.encode())), 400) for value in (
    '', ';', 'a;', 'a; =b', 'a; b=', 'a; b="', 'a; b="c', 'a; b="c d"', 'a b', 'a; b c', 'a=b', '"a"',
    'a; b==c', 'permessage-deflate; server_max_window_bits=10;', 'permessage-deflate, ;')]

ACCEPTED = [
    ('as it is', lines()),
    ('Connection: keep-alive, Upgrade', lines(('Connection', b'keep-alive, Upgrade'))),
    ('Connection in two fields', lines(('Connection', b'keep-alive'), ('Connection', b'upgrade'))),
    ('Connection: UPGRADE', lines(('Connection', b'UPGRADE'))),
    ('Connection with empty elements', lines(('Connection', b', , Upgrade ,'))),
    ('Upgrade: h2c, websocket', lines(('Upgrade', b'h2c, websocket'))),
    ('Upgrade: websocket, h2c with HTTP2-Settings',
     lines(('Upgrade', b'websocket, h2c'), ('Connection', b'Upgrade, HTTP2-Settings'),
           ('HTTP2-Settings', b'AAMAAABkAAQCAAAAAAIAAAAA'))),
    ('Upgrade in two fields', lines(('Upgrade', b'foo/2'), ('Upgrade', b'websocket'))),
    ('Upgrade: WebSocket', lines(('Upgrade', b'WebSocket'))),
    ('names in lower case', lines().replace(b'Sec-WebSocket-', b'sec-websocket-')),
    ('spaces around', lines(('Sec-WebSocket-Version', b' \t13 \t'), ('Sec-WebSocket-Key', b'  ' + KEY + b' '))),
    ('no origin', lines()),
    ('the same origin', lines(('Origin', b'http://localhost'))),
    ('the same origin, https', lines(('Origin', b'https://localhost'))),
    ('the same origin, in capitals', lines(('Origin', b'HTTP://LocalHost'))),
    ('the same origin with a port', lines(('Origin', b'http://localhost:8080'), host=b'localhost:8080')),
    ('the same origin with the usual port', lines(('Origin', b'http://localhost'), host=b'localhost:80')),
    ('the same origin of https with the usual port', lines(('Origin', b'https://localhost:443'))),
    ('the same origin, an address', lines(('Origin', b'http://[::1]:99'), host=b'[::1]:99')),
    ('an unknown extension', lines(('Sec-WebSocket-Extensions', b'x-a; b; c=d; e="f", x-g'))),
    ('extensions in two fields',
     lines(('Sec-WebSocket-Extensions', b'x-a'), ('Sec-WebSocket-Extensions', b'x-b'))),
    ('a query', lines(path=b'/ws?a=b')),
    ('a target in absolute form', lines(path=b'http://localhost/ws')),
    ('64 subprotocols', lines(('Sec-WebSocket-Protocol', b', '.join(b'p%d' % i for i in range(64))))),
]
# what a client lists, what is chosen
SUBPROTOCOLS = [(b'echo', b'echo'), (b'chat', b'chat'), (b'chat, echo', b'echo'), (b'x, chat', b'chat'),
                (b'x', None), (b'Echo', None), (b' , echo,', b'echo')]


Handshake = collections.namedtuple('Handshake', 'name octets status', defaults=[101])


def says_how(fields):
    """A 426 says what would be good."""
    equal(fields.get('sec-websocket-version'), b'13', 'Sec-WebSocket-Version')
    equal(fields.get('upgrade'), b'websocket', 'Upgrade')
    check(b'upgrade' in fields.get('connection', b'').lower(), 'Connection')


def answer_of(wire, head=False):
    """(status, fields, body) of an answer with Content-Length. `head`: to HEAD."""
    octets, rest = read_head(wire)
    line, fields = split_head(octets)
    status = int(line[9:12])
    length = int(fields.get('content-length', b'0')) if not head else 0
    while len(rest) < length:
        part = wire.recv()
        check(part, 'the connection ended in a body')
        rest += part
    wire.inbox[:0] = rest[length:]
    return status, fields, rest[:length]


@test('ws-server/handshakes that are refused, and the connection goes on')
def refused(context):
    server = echo_server(context)

    def one(case):
        for size in (1 << 18, 7):
            wire = Tcp(connect(server.port))
            wire.send(case.octets + HELLO, size)
            status, fields, _ = answer_of(wire, head=case.octets.startswith(b'HEAD'))
            equal(status, case.status, 'the status')
            check('sec-websocket-accept' not in fields, 'a refusal with Sec-WebSocket-Accept')
            if case.status == 426:
                says_how(fields)
            equal(answer_of(wire)[::2], (200, b'hello, world\n'), 'what follows on the connection')
            wire.close()
    each([Handshake(*row) for row in REFUSED], one)


@test('ws-server/handshakes that end the connection')
def refused_for_good(context):
    for name, octets in (('no Host', lines(without=['Host'])), ('a malformed Host', lines(host=b'a:b')),
                         ('two Hosts', lines(('Host', b'a'), ('Host', b'a'))),
                         ('a bare LF', lines().replace(b'\r\n', b'\n')),
                         ('a space before a colon', lines().replace(b'Key:', b'Key :'))):
        wire = Tcp(connect(echo_server(context).port))
        wire.send(octets)
        status, fields, _ = answer_of(wire)
        equal(status, 400, name)
        equal(fields.get('connection'), b'close', name)
        equal(wire.recv(), b'', name)
        wire.close()


@test('ws-server/no offer at all: an answer of the resource')
def no_offer(context):
    server = echo_server(context)
    for name, octets in (('no Upgrade', lines(without=['Upgrade'])),
                         ('no Connection', lines(without=['Connection'])),
                         ('Connection: close', lines(('Connection', b'close'))),
                         ('Upgrade: websocket2', lines(('Upgrade', b'websocket2'))),
                         ('Upgrade: websocket/13', lines(('Upgrade', b'websocket/13'))),
                         ('HTTP/1.0', lines(version=b'HTTP/1.0'))):
        wire = Tcp(connect(server.port))
        wire.send(octets)
        status, fields, _ = answer_of(wire)
        equal(status, 426, name)
        says_how(fields)
        check('sec-websocket-accept' not in fields, name)
        wire.close()


@test('ws-server/handshakes that are good')
def accepted(context):
    server = echo_server(context)

    def one(case):
        for size in (1 << 18, 1):
            wire = Tcp(connect(server.port))
            wire.send(case.octets + T('early').octets(True), size)
            head, rest = read_head(wire)
            line, fields = split_head(head)
            equal(line[:13], b'HTTP/1.1 101 ')
            equal(fields.get('sec-websocket-accept'), accept_key(KEY))
            equal(fields.get('upgrade', b'').lower(), b'websocket')
            check(b'sec-websocket-extensions' not in head.lower(), 'an extension')
            end = End(wire, True, fields, rest)
            equal(end.item(), text('early'))
            end.good_bye()
            end.close()
    each([Handshake(*row) for row in ACCEPTED], one)


@test('ws-server/subprotocols')
def subprotocols(context):
    for asked, chosen_ in SUBPROTOCOLS:
        end = open_h1(echo_server(context).port, more=b'Sec-WebSocket-Protocol: ' + asked + b'\r\n')
        equal(end.head.get('sec-websocket-protocol'), chosen_, repr(asked))
        end.good_bye()
        end.close()


@test('ws-server/another path is 404, /chat greets')
def paths(context):
    wire = Tcp(connect(echo_server(context).port))
    wire.send(lines(path=b'/elsewhere') + HELLO)
    equal(answer_of(wire)[0], 404)
    equal(answer_of(wire)[::2], (200, b'hello, world\n'))
    wire.close()
    end = open_h1(echo_server(context).port, b'/chat')
    kind, said = end.item()
    equal((kind, said.rpartition(',')[0]), ('text', '* you joined over http/1.1 (default)'))
    end.send(B(b'abc'))
    equal(end.item()[:2], ('close', 1003))
    end.send(close(1003))
    end.ending()
    end.close()


@test('ws-server/--echo echoes on every path')
def echo_everywhere(context):
    server = our_server(context, '--echo', '--quiet')
    end = open_h1(server.port, b'/any/where')
    end.send(T('a'))
    equal(end.item(), text('a'))
    end.good_bye()
    ended_well(server)


@test('ws-server/hello echoes over both carriers')
def hello(context):
    port = free_port()
    program = context.start([context.hello, str(port)]).wait_listening(port)
    ends = [open_h1(port, b'/')]
    if h2:
        h = Http2(connect(port), window=1 << 24)
        ends += [open_h2(h, '/'), open_h2(h, '/any/where')]
    for end in ends:
        end.send(T('a'), ping('p'), B(content(30000)))
        equal([end.item() for _ in range(3)], [text('a'), pong(b'p'), binary(content(30000))])
    for end in ends[:-1]:
        end.good_bye()
    ends[-1].send(B(content(40000)))
    equal(ends[-1].item()[:2], ('close', TOO_BIG))
    ends[-1].ending()
    for end in ends:
        end.close()
    equal(run([context.client, '-d', 'hello', 'ws://127.0.0.1:%d/' % port], expect=0)[1], b'hello\n')
    program.kill()


@test('ws-server/--protocols without websocket: no 101, no setting')
def switched_off(context):
    server = our_server(context, '--protocols', 'http/1.1,prior')
    wire = Tcp(connect(server.port))
    wire.send(lines())
    status, fields, _ = answer_of(wire)
    check(status in (400, 404, 426), 'the status is %d' % status)
    check('sec-websocket-accept' not in fields)
    wire.close()
    if h2:
        h = Http2(connect(server.port))
        h.until(lambda: h.settled)
        equal(h.c.remote_settings.get(8, 0), 0, 'SETTINGS_ENABLE_CONNECT_PROTOCOL')
        h.close()
    ended_well(server)


@test('ws-server/no closing handshake: the server sees the end and goes on')
def no_close(context):
    server = echo_server(context)
    for how in ('fin', 'reset', 'inside a frame', 'inside a message'):
        end = open_h1(server.port)
        end.send(T('a'))
        equal(end.item(), text('a'))
        if how == 'reset':
            end.wire.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            end.close()
            continue
        if how != 'fin':
            end.send(T('abc', fin=False) if how == 'inside a message' else T('abc', cut=1))
        end.wire.finish()
        equal(end.wire.recv(), b'', how)  # a Close would be answered by nobody
        end.close()
    equal(open_h1(server.port).good_bye(), None)


# ---- the handshake of HTTP/2 -------------------------------------------------------------------------

@test('ws-server/extended CONNECT: refusals by status, everything on one connection', 'module:h2')
def connect_refused(context):
    h = Http2(connect(echo_server(context).port), window=1 << 24)
    stays = open_h2(h)

    def ask(*fields, version='13', path='/ws', **options):
        h.until(lambda: h.settled)
        more = ([('sec-websocket-version', version)] if version is not None else []) + list(fields)
        stream = h.request('CONNECT', path, *more, end=False, protocol='websocket', **options)
        h.until(lambda: stream in h.heads or stream in h.resets)
        return stream
    rows = [('version 12', dict(version='12'), (), 426), ('no version', dict(version=None), (), 426),
            ('foreign origin', {}, [('origin', 'http://example.org')], 403),
            ('null origin', {}, [('origin', 'null')], 403),
            ('a malformed list', {}, [('sec-websocket-protocol', 'a b')], 400),
            ('malformed extensions', {}, [('sec-websocket-extensions', 'a;')], 400),
            ('another path', dict(path='/elsewhere'), (), 404)]
    for name, options, fields, status in rows:
        stream = ask(*fields, **options)
        equal(int(h.heads[stream][':status']), status, name)
        head = h.heads[stream]
        if status == 426:
            equal(head.get('sec-websocket-version'), '13', name)
        check('upgrade' not in head and 'connection' not in head, name)
        h.until(lambda: stream in h.ended or stream in h.resets)
    for name, fields in (('same origin', [('origin', 'http://localhost')]),
                         ('same origin, https', [('origin', 'https://localhost')]),
                         ('a subprotocol', [('sec-websocket-protocol', 'x, echo')])):
        stream = ask(*fields)
        equal(h.heads[stream][':status'], '200', name)
        if name == 'a subprotocol':
            equal(h.heads[stream].get('sec-websocket-protocol'), 'echo')
        h.c.reset_stream(stream, 8)
        h.flush()
    h.ping()
    for name, options in (('another protocol', dict(protocol='foo')),):
        stream = h.request('CONNECT', '/ws', end=False, **options)
        h.until(lambda: stream in h.heads or stream in h.resets)
        check(stream in h.resets or int(h.heads[stream][':status']) in (400, 404, 501), name)
    stays.send(T('still here'))
    equal(stays.item(), text('still here'))
    stays.good_bye()
    h.close()


@test('ws-server/at most 8 WebSockets on an HTTP/2 connection, the 9th is 503', 'module:h2')
def too_many(context):
    h = Http2(connect(echo_server(context).port), window=1 << 24)
    ends = [open_h2(h, offer=DEFLATE if i % 2 else None) for i in range(8)]
    ninth = h.websocket()
    equal(h.heads[ninth][':status'], '503')
    for i, end in enumerate(ends):
        end.send(end.message(TEXT, 'number %d' % i))
    for i, end in enumerate(ends):
        equal(end.item(), text('number %d' % i))
    ends[0].good_bye()
    more = open_h2(h)
    more.send(T('again'))
    equal(more.item(), text('again'))
    for end in ends[1:] + [more]:
        end.good_bye()
    equal(h.end, None)
    h.close()


@test('ws-server/DATA with padding, empty DATA, frames cut anywhere', 'module:h2')
def padded(context):
    h = Http2(connect(echo_server(context).port), window=1 << 24)
    end = open_h2(h)
    octets = b''.join(f.octets(True) for f in (T('a' * 300), ping('p'), T('b', fin=False), C('c')))
    for i in range(0, len(octets), 7):
        h.c.send_data(end.wire.stream, octets[i:i + 7], pad_length=i % 100)
        h.c.send_data(end.wire.stream, b'')
    h.flush()
    equal([end.item() for _ in range(3)], [text('a' * 300), pong(b'p'), text('bc')])
    end.good_bye()
    h.close()


@test('ws-server/small windows, opened while a message is on its way', 'module:h2')
def small_windows(context):
    for size in (10, 100, 1000, 5000):
        h = Http2(connect(echo_server(context).port),
                  settings={h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: size})
        end = open_h2(h)
        n = 10 * size  # in not too many short frames (see max_short_data)
        end.send(T(pattern(n)), ping('p'))
        equal(sorted(end.item() for _ in range(2)), [pong(b'p'), text(pattern(n))])
        end.good_bye()
        equal((h.end, h.resets), (None, {}))
        h.close()


@test('ws-server/WebSocket on a connection that was upgraded to h2c', 'module:h2')
def upgraded(context):
    h = Http2(connect(echo_server(context).port), upgrade=b'/hello')
    equal(h.answer(1), (200, b'hello, world\n'))
    end = open_h2(h, '/chat')
    check(end.item()[1].startswith('* you joined over h2c (upgrade), '))
    end.send(T('a'))
    equal(end.item(), text('a'))
    end.good_bye()
    h.close()


@test('ws-server/the server ends: Close 1001 on every WebSocket')
def going_away(context):
    server = our_server(context, '--quiet')
    ends = [open_h1(server.port), open_h1(server.port, b'/chat')]
    check(ends[1].item()[1].startswith('* you joined'))
    client = context.start([context.client, '-v', '--over-h2', 'ws://127.0.0.1:%d/chat' % server.port],
                           stdin=subprocess.PIPE)  # Python's h2 takes nothing more behind GOAWAY
    client.wait_for('* you joined over h2c')
    server.process.terminate()
    for end in ends:
        equal(end.item(), ('close', 1001, 'the server ends'))
        end.send(T('crossing'), close(1001))
        end.ending()
        end.close()
    equal(client.process.wait(10), 0)
    check('closed with 1001: the server ends' in client.said(), client.said())
    client.process.stdin.close()
    ended_well(server)


def floods(name, kind, octets_each, *needs):
    # what the slack allows, and less above it than the server still reads behind its Close
    frames = [kind] * ((1 << 20) // octets_each + (48 << 10) // octets_each)

    @test('ws-server/a flood of %s: 1008' % name, *needs)
    def flood(context):
        ends = [open_h1(echo_server(context).port)]
        if h2 and not needs:
            connection = Http2(connect(echo_server(context).port), window=1 << 24)
            ends += [open_h2(connection), open_h2(connection)]
        octets = b''.join(f.octets(True) for f in frames)
        for end in ends[:2]:
            end.wire.send(octets)
            said = end.item()
            while said[0] in ('pong', 'text'):
                said = end.item()
            equal(said[:2], ('close', POLICY))
            end.ending()
            end.close()
        for end in ends[2:]:
            end.send(T('still here'))
            equal(end.item(), text('still here'))


floods('pings', ping(b'*' * 125), 131)
floods('pongs', Frame(PONG, b'*' * 125), 131)
floods('empty messages', T(), 6, 'plain')


@test('ws-server/a reset of the stream, END_STREAM without a Close, others go on', 'module:h2')
def stream_ends(context):
    h = Http2(connect(echo_server(context).port), window=1 << 24)
    stays, resets, ends = open_h2(h), open_h2(h), open_h2(h)
    resets.send(T('abc', fin=False))
    h.c.reset_stream(resets.wire.stream, 8)
    h.flush()
    ends.wire.finish()
    h.until(lambda: ends.wire.stream in h.ended or ends.wire.stream in h.resets)
    stays.send(T('still here'))
    equal(stays.item(), text('still here'))
    equal(h.answer(h.request('GET', '/hello')), (200, b'hello, world\n'))
    stays.good_bye()
    equal(h.end, None)
    h.close()


# ---- our client, and servers that answer badly -------------------------------------------------------

def good_101(key, **other):
    fields = {'Upgrade': b'websocket', 'Connection': b'Upgrade', 'Sec-WebSocket-Accept': accept_key(key)}
    fields.update({name.replace('_', '-'): value for name, value in other.items()})
    return b'HTTP/1.1 101 Switching Protocols\r\n' + b''.join(
        n.encode() + b': ' + v + b'\r\n' for n, v in fields.items() if v is not None) + b'\r\n'


BAD_ANSWERS = [
    ('a wrong accept', lambda k: good_101(k, Sec_WebSocket_Accept=ACCEPT_OF_ANOTHER)),
    ('no accept', lambda k: good_101(k, Sec_WebSocket_Accept=None)),
    ('an accept in other case', lambda k: good_101(k, Sec_WebSocket_Accept=accept_key(k).swapcase())),
    ('no Upgrade', lambda k: good_101(k, Upgrade=None)),
    ('Upgrade: h2c', lambda k: good_101(k, Upgrade=b'h2c')),
    ('no Connection', lambda k: good_101(k, Connection=None)),
    ('Connection: close', lambda k: good_101(k, Connection=b'close')),
    ('a subprotocol that was not asked for', lambda k: good_101(k, Sec_WebSocket_Protocol=b'echo')),
    ('an extension that was not offered', lambda k: good_101(k, Sec_WebSocket_Extensions=b'x-other')),
] + [(DEFLATE + p, lambda k, p=p: good_101(k, Sec_WebSocket_Extensions=(DEFLATE + p).encode())) for p in (
    ', permessage-deflate', '; x', '; client_max_window_bits=10', '; server_max_window_bits=7',
    '; server_max_window_bits', ';', '; server_no_context_takeover; server_no_context_takeover',
    '; server_no_context_takeover=1')] + [
    ('404', lambda k: b'HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nno ws'),
    ('401', lambda k: b'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'),
    ('302', lambda k: b'HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n'),
    ('200 with everything', lambda k: good_101(k).replace(b'101 Switching Protocols', b'200 OK') + b'abc'),
    ('a close', lambda k: b''),
    ('half a head', lambda k: good_101(k)[:40]),
]
ACCEPT_OF_ANOTHER = accept_key(KEY)


@test('ws-client/handshakes that a server answers badly end with a sentence', limit=120)
def bad_answers(context):
    listener = Listener()
    for name, answer in BAD_ANSWERS:
        client = Client(context, listener)
        try:
            wire = Tcp(listener.accept())
            _, fields = split_head(read_head(wire)[0])
            wire.send(answer(fields['sec-websocket-key']))
            wire.finish()
            client.ended(False)
            equal(wire.recv(), b'', name + ': what the client sent')
            wire.close()
        except AssertionError as e:
            raise AssertionError('%s: %s' % (name, e))
        finally:
            client.kill()
    listener.close()


@test('ws-client/the request: every field, a fresh key, subprotocols, -H')
def client_request(context):
    listener = Listener()
    keys = set()
    for _ in range(3):
        client = Client(context, listener, '--subprotocol', 'chat, echo', '-H', 'Origin: http://example.org')
        end, fields = listener.h1(more=b'Sec-WebSocket-Protocol: echo\r\n')
        equal(fields[':line'], b'GET / HTTP/1.1')
        equal(fields['host'], b'127.0.0.1:%d' % listener.port)
        equal(fields['upgrade'], b'websocket')
        equal(fields['connection'].lower(), b'upgrade')
        equal(fields['sec-websocket-version'], b'13')
        equal(fields['sec-websocket-protocol'].replace(b' ', b''), b'chat,echo')
        equal(fields['origin'], b'http://example.org')
        keys.add(fields['sec-websocket-key'])
        end.good_bye()
        end.close()
        client.ended(True)
    equal(len(keys), 3, 'keys')
    listener.close()


@test('ws-client/a mask of its own for every frame')
def fresh_masks(context):
    listener = Listener()
    client = Client(context, listener)
    end, _ = listener.h1()
    end.send(*[B(bytes(100))] * 50)
    seen = set()
    for _ in range(50):
        head = end._take(2)
        equal(head, bytes([0x82, 0x80 | 100]))
        seen.add(end._take(4))
        end._take(100)
    check(len(seen) > 45, '%d masks for 50 frames' % len(seen))
    end.good_bye()
    end.close()
    client.ended(True)
    listener.close()


@test('ws-client/a good handshake with the first message behind it; no Close at all')
def client_early(context):
    listener = Listener()
    for how in ('in one', 'octet by octet'):
        client = Client(context, listener)
        wire = Tcp(listener.accept())
        _, fields = split_head(read_head(wire)[0])
        answer = good_101(fields['sec-websocket-key'], Connection=b'keep-alive, Upgrade', Upgrade=b'WebSocket')
        wire.send(answer + T('early').octets(False), 1 << 18 if how == 'in one' else 1)
        end = End(wire, False, fields)
        equal(end.item(), text('early'))
        if how == 'in one':
            wire.finish()  # without a Close
            client.ended(False)
            end.close()
        else:
            end.good_bye(1001, 'going')
            end.close()
            client.ended(True)
        client.kill()
    listener.close()


@test('ws-server/and it ended well')
def at_the_end(context):
    for limit in (LARGEST, 1000):
        ended_well(echo_server(context, limit))


if __name__ == '__main__':
    import argparse
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser()
    parser.add_argument('--tls', type=int, default=1)
    parser.add_argument('--programs', default=os.path.join(here, '..', 'build', 'with-tls', 'examples'))
    parser.add_argument('--sanitized', action='store_true')
    parser.add_argument('only', nargs='*')
    args = parser.parse_args()
    programs = [os.path.join(os.path.abspath(args.programs), name) for name in ('server', 'client', 'hello')]
    context = harness.Context(*programs, tls=args.tls, soak=False, sanitized=args.sanitized)
    harness.TESTS[:] = [t for t in harness.TESTS if t[0].startswith(('ws-server/', 'ws-client/'))]
    try:
        status = harness.run_tests(context, args.only)
    finally:
        context.close()
    sys.exit(1 if status else 0)
