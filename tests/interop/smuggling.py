"""Our server and HTTP/1.1 that would smuggle: what it may not take, and what is rare and has to be taken.

Rows of raw.py and conformance.py are played again here, each with another request behind it; what is named
here is not there. A row says which statuses a strict server may answer with; sections are RFC 9112's, and
RFC 9110's where `9110` stands before them. Every row is sent whole, and octet by octet: the rows take turns,
an octet each, so that the server does read them one by one. Each answer is read by the grammar, too.
"""
import calendar
import random
import re
import socket
import time

from harness import check, ended_well, equal, our_server, pattern, test
import broken
import conformance
import raw

AT = b'Host: localhost'
INNER = b'GET /status/418 HTTP/1.1\r\nHost: localhost\r\n\r\n'  # never to be answered behind a bad row
LIMIT = 5  # seconds for the answers to what is sent together
SIZE = b'%x' % len(INNER)
LAST = b'GET /status/299 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
TE = b'Transfer-Encoding: '
CHUNKED = TE + b'chunked'


def h1(line, *fields, body=b''):
    return b'\r\n'.join((line,) + fields) + b'\r\n\r\n' + body


def get(*fields, path=b'/hello'):
    return h1(b'GET ' + path + b' HTTP/1.1', AT, *fields)


def line(octets):
    """A request with this request line."""
    return h1(octets, AT)


def host(value):
    return h1(b'GET /hello HTTP/1.1', b'Host: ' + value)


def post(*fields, body=b'', path=b'/upload'):
    return h1(b'POST ' + path + b' HTTP/1.1', AT, *fields, body=body)


def length(value, body=b'abcde'):
    return post(b'Content-Length: ' + value, body=body)


def coding(*values):
    """Transfer-Encoding as it stands, before a body that is empty when it counts."""
    return post(*[TE + value for value in values], body=b'0\r\n\r\n')


def chunks(body, path=b'/upload'):
    return post(CHUNKED, body=body, path=path)


def extension(octets):
    return chunks(b'5' + octets + b'\r\nabcde\r\n0\r\n\r\n')


def trailer(octets):
    return chunks(b'5\r\nabcde\r\n0\r\n' + octets + b'\r\n\r\n')


# ---- what is refused: name, section, statuses, octets ------------------------------------------------

LINES = [  # name, section, request line, statuses where it is not 400
    ('no target', '3', b'GET HTTP/1.1'),
    ('no target between two spaces', '3', b'GET  HTTP/1.1'),
    ('a method alone', '3', b'GET'),
    ('a method and a space', '3', b'GET '),
    ('four words', '3', b'GET /hello x HTTP/1.1'),
    ('two versions', '3', b'GET /hello HTTP/1.1 HTTP/1.1'),
    ('many spaces behind the method', '3', b'GET      /hello HTTP/1.1'),
    ('many spaces behind the target', '3', b'GET /hello      HTTP/1.1'),
    ('a space before the method', '3', b' GET /hello HTTP/1.1'),
    ('a tab before the method', '3', b'\tGET /hello HTTP/1.1'),
    ('tabs for spaces', '3', b'GET\t/hello\tHTTP/1.1'),
    ('a tab behind the target', '3', b'GET /hello\tHTTP/1.1'),
    ('a space and a tab', '3', b'GET \t/hello HTTP/1.1'),
    ('a vertical tab for a space', '3', b'GET\x0b/hello HTTP/1.1'),
    ('a form feed for a space', '3', b'GET /hello\x0cHTTP/1.1'),
    ('CR for a space', '2.2', b'GET /hello\rHTTP/1.1'),
    ('NUL for a space', '3', b'GET\0/hello\0HTTP/1.1'),
    ('a no-break space', '3', b'GET\xc2\xa0/hello HTTP/1.1'),
    ('a tab behind the version', '3', b'GET /hello HTTP/1.1\t'),
    ('NUL behind the version', '3', b'GET /hello HTTP/1.1\0'),
    ('a line of spaces', '2.2', b'    '),
    ('a method that holds a colon', '9110 9.1', b'GET: /hello HTTP/1.1'),
    ('a method in quotes', '9110 9.1', b'"GET" /hello HTTP/1.1'),
    ('a method with NUL', '9110 9.1', b'GE\0T /hello HTTP/1.1'),
    ('a method above ASCII', '9110 9.1', b'G\xc3\x89T /hello HTTP/1.1'),
    ('a method with a slash', '9110 9.1', b'GET/ /hello HTTP/1.1'),
    ('a method with braces', '9110 9.1', b'{GET} /hello HTTP/1.1'),
    ('a method behind a byte order mark', '9110 9.1', b'\xef\xbb\xbfGET /hello HTTP/1.1'),
    ('a method of 100 octets', '3.1', b'M' * 100 + b' /hello HTTP/1.1', (400, 501)),
    ('HTTP/0.9 by name', '2.3', b'GET /hello HTTP/0.9', (400, 505)),
    ('HTTP/2.1', '2.3', b'GET /hello HTTP/2.1', (400, 505)),
    ('HTTP/9.9', '2.3', b'GET /hello HTTP/9.9', (400, 505)),
    ('HTTP/1.1x', '2.3', b'GET /hello HTTP/1.1x'),
    ('HTTP/01.1', '2.3', b'GET /hello HTTP/01.1'),
    ('HTTP/1.01', '2.3', b'GET /hello HTTP/1.01'),
    ('HTTP/1.', '2.3', b'GET /hello HTTP/1.'),
    ('HTTP/.1', '2.3', b'GET /hello HTTP/.1'),
    ('HTTP/1', '2.3', b'GET /hello HTTP/1'),
    ('HTTP/', '2.3', b'GET /hello HTTP/'),
    ('HTTP/11', '2.3', b'GET /hello HTTP/11'),
    ('HTTP/1.1.1', '2.3', b'GET /hello HTTP/1.1.1'),
    ('HTTP/1,1', '2.3', b'GET /hello HTTP/1,1'),
    ('HTTP/-1.1', '2.3', b'GET /hello HTTP/-1.1'),
    ('HTTP/+1.1', '2.3', b'GET /hello HTTP/+1.1'),
    ('HTTP/0x1.1', '2.3', b'GET /hello HTTP/0x1.1'),
    ('HTTP/1.a', '2.3', b'GET /hello HTTP/1.a'),
    ('HTTP/ 1.1', '2.3', b'GET /hello HTTP/ 1.1'),
    ('HTTP /1.1', '2.3', b'GET /hello HTTP /1.1'),
    ('HTTP\\1.1', '2.3', b'GET /hello HTTP\\1.1'),
    ('Http/1.1', '2.3', b'GET /hello Http/1.1'),
    ('HTTPS/1.1', '2.3', b'GET /hello HTTPS/1.1'),
    ('HTP/1.1', '2.3', b'GET /hello HTP/1.1'),
    ('a digit above ASCII in the version', '2.3', b'GET /hello HTTP/1.\xc2\xb9'),
    ('a status line', '3', b'HTTP/1.1 200 OK'),
    ('a target in UTF-8', '3.2', b'GET /\xc3\xa9 HTTP/1.1'),
    ('a target with 0xff', '3.2', b'GET /\xff HTTP/1.1'),
    ('a target with DEL', '3.2', b'GET /hello\x7f HTTP/1.1'),
    ('a target with a backspace', '3.2', b'GET /hello\x08 HTTP/1.1'),
    ('a target with a tab', '3.2', b'GET /hel\tlo HTTP/1.1'),
    ('a target that is a backslash', '3.2.1', b'GET \\hello HTTP/1.1'),
    ('a target without its first slash', '3.2.1', b'GET hello HTTP/1.1'),
    ('a target of a host and a path', '3.2.1', b'GET localhost/hello HTTP/1.1'),
    ('a target that is a query', '3.2.1', b'GET ?x HTTP/1.1'),
    ('a target that is a fragment', '3.2', b'GET # HTTP/1.1'),
    ('a fragment behind a query', '3.2', b'GET /hello?x#y HTTP/1.1'),
    ('http: and one slash', '3.2.2', b'GET http:/hello HTTP/1.1'),
    ('http: without a host', '9110 4.2.1', b'GET http:///hello HTTP/1.1'),
    ('http: and a port alone', '9110 4.2.1', b'GET http://:80/hello HTTP/1.1'),
    ('https: without a host', '9110 4.2.2', b'GET https:///hello HTTP/1.1'),
    ('http: and a port above 65535', '3.2.2', b'GET http://localhost:65536/hello HTTP/1.1'),
    ('http: and a port that is none', '3.2.2', b'GET http://localhost:http/hello HTTP/1.1'),
    ('http: and two ports', '3.2.2', b'GET http://localhost:80:80/hello HTTP/1.1'),
    ('http: and a password', '9110 4.2.4', b'GET http://user:password@localhost/hello HTTP/1.1'),
    ('http: and an empty userinfo', '9110 4.2.4', b'GET http://@localhost/hello HTTP/1.1'),
    ('http: and a space', '3.2.2', b'GET http://local host/hello HTTP/1.1'),
    ('http: and an open bracket', '3.2.2', b'GET http://[::1/hello HTTP/1.1'),
    ('http: and a backslash', '3.2.2', b'GET http://localhost\\@evil/hello HTTP/1.1'),
    ('http: and a fragment', '3.2.2', b'GET http://localhost/hello#x HTTP/1.1'),
    ('no scheme before ://', '3.2.2', b'GET ://localhost/hello HTTP/1.1'),
    ('a scheme that is none', '3.2.2', b'GET 1http://localhost/hello HTTP/1.1'),
    ('javascript:', '3.2', b'GET javascript:alert(1) HTTP/1.1'),
    ('authority-form with GET', '3.2.3', b'GET localhost:80 HTTP/1.1'),
    ('asterisk-form with HEAD', '3.2.4', b'HEAD * HTTP/1.1'),
    ('asterisk-form with POST', '3.2.4', b'POST * HTTP/1.1'),
    ('asterisk-form with options', '3.2.4', b'options * HTTP/1.1', (400, 501)),
    ('two asterisks', '3.2.4', b'OPTIONS ** HTTP/1.1'),
    ('an asterisk and a path', '3.2.4', b'OPTIONS */hello HTTP/1.1'),
    ('an asterisk and a query', '3.2.4', b'OPTIONS *?x HTTP/1.1'),
    ('CONNECT without a port', '9110 9.3.6', b'CONNECT localhost HTTP/1.1'),
    ('CONNECT to an empty port', '9110 9.3.6', b'CONNECT localhost: HTTP/1.1'),
    ('CONNECT to port 0', '9110 9.3.6', b'CONNECT localhost:0 HTTP/1.1'),
    ('CONNECT to port 65536', '9110 9.3.6', b'CONNECT localhost:65536 HTTP/1.1'),
    ('CONNECT to port +80', '9110 9.3.6', b'CONNECT localhost:+80 HTTP/1.1'),
    ('CONNECT to nobody', '9110 9.3.6', b'CONNECT :80 HTTP/1.1'),
    ('CONNECT with userinfo', '9110 9.3.6', b'CONNECT user@localhost:80 HTTP/1.1'),
    ('CONNECT and a path behind the port', '9110 9.3.6', b'CONNECT localhost:80/ HTTP/1.1'),
    ('CONNECT in origin-form', '9110 9.3.6', b'CONNECT /hello HTTP/1.1'),
    ('CONNECT in absolute-form', '9110 9.3.6', b'CONNECT http://localhost:80/ HTTP/1.1'),
    ('CONNECT in asterisk-form', '9110 9.3.6', b'CONNECT * HTTP/1.1'),
    ('CONNECT to an IPv6 address without brackets', '9110 9.3.6', b'CONNECT ::1:80 HTTP/1.1'),
]

HOSTS = [  # name, the value of Host (9112 3.2; 9110 7.2)
    ('a path', b'localhost/hello'),
    ('a URI', b'http://localhost'),
    ('a query', b'localhost?x'),
    ('a fragment', b'localhost#x'),
    ('a backslash', b'localhost\\evil'),
    ('a space', b'local host'),
    ('a tab', b'local\thost'),
    ('two hosts and a space', b'localhost evil'),
    ('two hosts, a comma and a space', b'localhost, evil'),
    ('two ports', b'localhost:80:80'),
    ('a port below 0', b'localhost:-1'),
    ('a port with +', b'localhost:+80'),
    ('a space before the port', b'localhost: 80'),
    ('a space behind the host', b'localhost :80'),
    ('a port above 65535', b'localhost:65536'),
    ('a port of 2^32 + 80', b'localhost:4294967376'),
    ('a port in hexadecimal', b'localhost:0x50'),
    ('a port alone', b':80'),
    ('userinfo behind a port', b'localhost:80@evil'),
    ('an open bracket', b'[::1'),
    ('two brackets at the end', b'[::1]]'),
    ('an IPv6 address without brackets', b'::1'),
    ('octets behind a bracket', b'[::1]evil'),
    ('an empty bracket', b'[]'),
    ('a name in brackets', b'[localhost]'),
    ('quotes', b'"localhost"'),
    ('angles', b'<localhost>'),
    ('octets above ASCII', b'l\xc3\xb6calhost'),
    ('0xff', b'localhost\xff'),
    ('NUL', b'localhost\0.evil'),
    ('DEL', b'localhost\x7f'),
    ('CR', b'localhost\revil'),
    ('LF', b'localhost\nevil'),
    ('a caret', b'local^host'),
    ('braces', b'{localhost}'),
    ('a percent sign that encodes nothing', b'local%zzhost'),
    ('a percent sign at the end', b'localhost%'),
]

LENGTHS = [  # name, the value of Content-Length (6.2, 6.3 rule 5; 9110 8.6)
    ('a trailing comma', b'5,'),
    ('a leading comma', b',5'),
    ('a comma alone', b','),
    ('a list without a space', b'5,5'),
    ('a list of two lengths', b'5,0'),
    ('a list of three', b'0, 0, 5'),
    ('a semicolon', b'5;a=b'),
    ('quotes', b'"5"'),
    ('an exponent', b'5e0'),
    ('a point at the end', b'5.'),
    ('a slash', b'5/5'),
    ('two signs', b'++5'),
    ('a sign at the end', b'5-'),
    ('minus five', b'-5'),
    ('0X', b'0X5'),
    ('hexadecimal without a prefix', b'a'),
    ('0b', b'0b101'),
    ('0o', b'0o5'),
    ('a suffix', b'5L'),
    ('a unit', b'5 octets'),
    ('letters', b'five'),
    ('a tab inside', b'5\t5'),
    ('an apostrophe inside', b"1'000"),
    ('digits in Arabic', b'\xd9\xa5'),
    ('digits of full width', b'\xef\xbc\x95'),
    ('a superscript', b'\xc2\xb5'),
    ('a no-break space before', b'\xc2\xa05'),
    ('a no-break space of one octet', b'\xa05'),
    ('a vertical tab before', b'\x0b5'),
    ('a vertical tab behind', b'5\x0b'),
    ('a form feed before', b'\x0c5'),
    ('NUL before', b'\x005'),
    ('NUL behind', b'5\0'),
    ('CR behind', b'5\r'),
    ('DEL behind', b'5\x7f'),
    ('2^63 + 5', b'9223372036854775813'),
    ('2^64 + 5', b'18446744073709551621'),
    ('2^65 + 5', b'36893488147419103237'),
    ('2^128 + 5', b'340282366920938463463374607431768211461'),
    ('300 digits', b'9' * 300),
    ('the name again', b'Content-Length: 5'),
]

CODINGS = [  # name, the values of Transfer-Encoding, statuses where it is not 400 (6.1, 6.3 rule 4, 7)
    ('a trailing comma', [b'chunked,']),
    ('a comma and a space behind', [b'chunked, ']),
    ('a comma alone', [b',']),
    ('a parameter', [b'chunked;q=1']),
    ('a parameter behind a space', [b'chunked ;a']),
    ('a semicolon at the end', [b'chunked;']),
    ('a semicolon before', [b';chunked']),
    ('three times chunked', [b'chunked, chunked, chunked']),
    ('chunked twice without a comma', [b'chunked chunked']),
    ('a word before', [b'x chunked']),
    ('a word behind', [b'chunked x']),
    ('a word behind a tab', [b'chunked\tx']),
    ('a colon before', [b': chunked']),
    ('chunke', [b'chunke']),
    ('chunkedd', [b'chunkedd']),
    ('chunked-', [b'chunked-']),
    ('apostrophes', [b"'chunked'"]),
    ('brackets', [b'[chunked]']),
    ('quotes around one letter', [b'c"h"unked']),
    ('a backslash', [b'\\chunked']),
    ('an equals sign', [b'=chunked']),
    ('a form feed before', [b'\x0cchunked']),
    ('a form feed behind', [b'chunked\x0c']),
    ('a vertical tab behind', [b'chunked\x0b']),
    ('NUL before', [b'\0chunked']),
    ('DEL behind', [b'chunked\x7f']),
    ('CR behind', [b'chunked\r']),
    ('a no-break space behind', [b'chunked\xa0']),
    ('a Kelvin sign for k', [b'chun\xe2\x84\xaaed']),
    ('a dotted letter', [b'ch\xc3\xbcnked']),
    ('a byte order mark', [b'\xef\xbb\xbfchunked']),
    ('0xff before', [b'\xffchunked']),
    ('chunked in URI escapes', [b'%63hunked']),
    ('identity before', [b'identity, chunked'], (400, 501)),
    ('a comma between, then identity', [b'chunked,identity']),
    ('deflate before', [b'deflate, chunked'], (400, 501)),
    ('compress before', [b'compress,chunked'], (400, 501)),
    ('gzip with a parameter before', [b'gzip;a=b, chunked'], (400, 501)),
    ('an unknown coding before', [b'cow, chunked'], (400, 501)),
    ('gzip on both sides', [b'gzip, chunked, gzip']),
    ('x-gzip', [b'x-gzip'], (400, 501)),
    ('an unknown coding', [b'cow'], (400, 501)),
    ('a number', [b'1'], (400, 501)),
    ('trailers', [b'trailers'], (400, 501)),
    ('gzip on a line before', [b'gzip', b'chunked'], (400, 501)),
    ('gzip on a line behind', [b'chunked', b'gzip']),
    ('identity on a line before', [b'identity', b'chunked'], (400, 501)),
    ('identity on a line behind', [b'chunked', b'identity']),
    ('an unknown coding on a line behind', [b'chunked', b'cow']),
    ('an empty line behind', [b'chunked', b'']),
    ('an empty line before', [b'', b'chunked']),
    ('three lines', [b'chunked', b'chunked', b'chunked']),
]

SIZES = [  # name, what stands where a chunk's size does (7.1)
    ('0X', b'0X5'),
    ('0x and zero', b'0x0'),
    ('minus', b'-5'),
    ('minus zero', b'-0'),
    ('plus zero', b'+0'),
    ('a point', b'5.0'),
    ('a comma', b'5,5'),
    ('a space inside', b'0 5'),
    ('a tab before', b'\t5'),
    ('a tab behind', b'5\t'),
    ('three spaces behind', b'5   '),
    ('a vertical tab behind', b'5\x0b'),
    ('a form feed before', b'\x0c5'),
    ('NUL behind', b'5\0'),
    ('NUL before', b'\x005'),
    ('CR behind', b'5\r'),
    ('DEL behind', b'5\x7f'),
    ('h for hexadecimal', b'5h'),
    ('a suffix', b'5L'),
    ('an underscore inside', b'0_5'),
    ('an underscore before', b'_5'),
    ('quotes', b'"5"'),
    ('digits of full width', b'\xef\xbc\x95'),
    ('digits in Arabic', b'\xd9\xa5'),
    ('a no-break space', b'5\xa0'),
    ('a colon', b'5:'),
    ('the letter after f', b'5g'),
    ('the character before 0', b'/5'),
    ('the character behind 9', b':5'),
    ('2^60', b'1000000000000000'),
    ('2^63', b'8000000000000000'),
    ('2^64 - 5', b'fffffffffffffffb'),
    ('2^64 + 5', b'10000000000000005'),
    ('2^128 + 5', b'1' + b'0' * 31 + b'5'),
    ('1,000 digits', b'0' * 999 + b'5'),
]

EXTENSIONS = [  # name, what stands behind a chunk's size (7.1.1)
    ('a semicolon alone', b';'),
    ('two semicolons', b';;a'),
    ('a semicolon at the end', b';a;'),
    ('a name that is missing', b';=b'),
    ('a value that is missing', b';a='),
    ('two equals signs', b';a==b'),
    ('two words', b';a b'),
    ('a value of two words', b';a=b c'),
    ('a word without a semicolon', b' a'),
    ('quotes that stay open', b';a="b'),
    ('quotes that stay open behind a backslash', b';a="b\\"'),
    ('quotes in a value', b';a=b"c"'),
    ('octets behind quotes', b';a="b"c'),
    ('a name in quotes', b';"a"'),
    ('a name that is no token', b';a@b'),
    ('a name above ASCII', b';\xc3\xa9'),
    ('a comma', b',a'),
    ('NUL', b';a\0'),
    ('NUL in quotes', b';a="\0"'),
    ('a control octet in quotes', b';a="\x01"'),
    ('DEL in quotes', b';a="\x7f"'),
    ('CR', b';a\rb'),
    ('CR in quotes', b';a="\rb"'),
    ('LF', b';a\nb'),
    ('LF in quotes behind a backslash', b';a="\\\nb"'),
    ('CR LF in quotes', b';a="b\r\nc"'),
    ('CR LF in quotes behind a backslash', b';a="\\\r\nb"'),
    ('LF right behind the semicolon', b';\n'),
    ('CR CR LF', b';a\r'),
    ('a space and LF', b' \n'),
    ('a vertical tab', b';\x0ba'),
]

TRAILERS = [  # name, what stands as a trailer (7.1.2; 9110 6.5.1)
    ('no colon', b'nonsense'),
    ('an empty name', b': a'),
    ('a space in the name', b'X Y: a'),
    ('a space before the colon', b'X : a'),
    ('NUL in a value', b'X: a\0b'),
    ('CR in a value', b'X: a\rb'),
    ('LF in a value', b'X: a\nb'),
    ('a line that begins with a space', b' X: a'),
    ('a fold', b'X: a\r\n\tb'),
    ('Content-Length: 0', b'content-length: 0'),
    ('Content-Length behind another', b'X: a\r\nContent-Length: %d' % len(INNER)),
    ('Transfer-Encoding: identity', b'Transfer-Encoding: identity'),
    ('another Host', b'host: evil'),
]

NAMES = [  # name, a field line that is malformed (5, 5.1, 5.2)
    ('NUL behind Content-Length', b'Content-Length\0: 5'),
    ('a no-break space behind Content-Length', b'Content-Length\xa0: 5'),
    ('a tab behind Content-Length', b'Content-Length\t: 5'),
    ('a vertical tab behind Transfer-Encoding', b'Transfer-Encoding\x0b: chunked'),
    ('a tab behind Transfer-Encoding', b'Transfer-Encoding\t: chunked'),
    ('CR behind Transfer-Encoding', b'Transfer-Encoding\r: chunked'),
    ('a space inside Transfer Encoding', b'Transfer Encoding: chunked'),
    ('0xff behind Transfer-Encoding', b'Transfer-Encoding\xff: chunked'),
    ('NUL before Transfer-Encoding', b'\0Transfer-Encoding: chunked'),
    ('a vertical tab before Transfer-Encoding', b'\x0bTransfer-Encoding: chunked'),
    ('a space before Transfer-Encoding', b' Transfer-Encoding: chunked'),
    ('a tab before Content-Length', b'\tContent-Length: 5'),
    ('a colon before Transfer-Encoding', b':Transfer-Encoding: chunked'),
    ('a semicolon for the colon', b'Transfer-Encoding; chunked'),
    ('an equals sign for the colon', b'Transfer-Encoding=chunked'),
    ('no colon behind Transfer-Encoding', b'Transfer-Encoding chunked'),
    ('quotes around a name', b'"Transfer-Encoding": chunked'),
    ('brackets behind a name', b'Transfer-Encoding[]: chunked'),
    ('a name in UTF-8', b'X-\xc3\xa9: a'),
    ('a Kelvin sign in a name', b'Transfer-Encoding-\xe2\x84\xaa: a'),
    ('a byte order mark before a name', b'\xef\xbb\xbfContent-Length: 5'),
    ('a colon alone', b':'),
    ('spaces alone', b'   '),
    ('a tab alone', b'\t'),
    ('a slash in a name', b'X/Y: a'),
    ('CR LF CR in a row', b'X: y\r\n\rTransfer-Encoding: chunked'),
    ('LF CR', b'X: y\n\rTransfer-Encoding: chunked'),
    ('LF LF', b'X: y\n\n' + INNER.rstrip()),
    ('CR CR', b'X: y\r\rGET / HTTP/1.1'),
    ('LF for a fold', b'Transfer-Encoding:\n chunked'),
    ('CR for a fold', b'Transfer-Encoding:\r chunked'),
    ('a fold by a tab', b'Transfer-Encoding:\r\n\tchunked'),
    ('a fold of a word', b'Transfer-Encoding: chun\r\n ked'),
    ('a fold of Content-Length', b'Content-Length:\r\n 5'),
    ('a fold of a number', b'Content-Length: 1\r\n 0'),
    ('a fold that is empty', b'X: y\r\n '),
    ('a fold that hides Content-Length', b'X: y\r\n Content-Length: 5'),
    ('NUL in a value before CR LF', b'X: y\0'),
    ('a value that is NUL', b'X: \0'),
    ('an escape sequence in a value', b'X: \x1b[31m'),
    ('a backspace in a value', b'X: y\x08'),
]

HEADS = [  # name, section, octets, statuses where it is not 400
    ('CR before the request', '2.2', b'\r' + get()),
    ('LF before the request', '2.2', b'\n' + get()),
    ('LF LF before the request', '2.2', b'\n\n' + get()),
    ('CR LF LF before the request', '2.2', b'\r\n\n' + get()),
    ('CR LF and a space before the request', '2.2', b'\r\n ' + get()),
    ('NUL before the request', '2.2', b'\0' + get()),
    ('line ends of LF CR', '2.2', get().replace(b'\r\n', b'\n\r')),
    ('line ends of LF', '2.2', get().replace(b'\r\n', b'\n')),
    ('line ends of NEL', '2.2', get().replace(b'\r\n', b'\xc2\x85') + b'\r\n\r\n'),
    ('an empty line of CR CR LF', '2.2', get()[:-2] + b'\r\r\n'),
    ('an empty line of CR and a space', '2.2', get()[:-2] + b'\r \n'),
    ('an empty line of a space', '2.2', get()[:-2] + b' \r\n\r\n'),
    ('spaces between request line and Host', '2.2', b'GET /hello HTTP/1.1\r\n \r\nHost: localhost\r\n\r\n'),
    ('a request line alone', '3.2', b'GET /hello HTTP/1.1\r\n\r\n'),
    ('two Hosts that differ', '3.2', get(b'Host: evil')),
    ('two Hosts, the second one empty', '3.2', get(b'Host:')),
    ('two Hosts in other letters', '3.2', get(b'hOST: localhost')),
    ('two Hosts in HTTP/1.0', '3.2', h1(b'GET /hello HTTP/1.0', AT, AT)),
    ('a Host that is none in HTTP/1.0', '3.2', h1(b'GET /hello HTTP/1.0', b'Host: a b')),
    ('no Host in absolute-form', '3.2', h1(b'GET http://localhost/hello HTTP/1.1')),
    ('two Hosts in absolute-form', '3.2', h1(b'GET http://localhost/hello HTTP/1.1', AT, AT)),
    ('a Host that is none in absolute-form', '3.2', h1(b'GET http://localhost/hello HTTP/1.1', b'Host: a/b')),
    ('no Host with OPTIONS *', '3.2', h1(b'OPTIONS * HTTP/1.1')),
    ('no Host with CONNECT', '3.2', h1(b'CONNECT localhost:80 HTTP/1.1')),
    ('a folded Host', '5.2', h1(b'GET /hello HTTP/1.1', b'Host:', b' localhost')),
    ('a Host with a space before its colon', '5.1', h1(b'GET /hello HTTP/1.1', b'Host : localhost')),
    ('an X-Host for the Host', '3.2', h1(b'GET /hello HTTP/1.1', b'X-Host: localhost')),
    ('CL.TE', '6.3 rule 3', post(b'Content-Length: 6', CHUNKED, body=b'0\r\n\r\nG')),
    ('TE.CL', '6.3 rule 3', post(CHUNKED, b'Content-Length: 4',
                                 body=SIZE + b'\r\n' + INNER + b'\r\n0\r\n\r\n')),
    ('CL.TE with an empty length', '6.3', post(b'Content-Length:', CHUNKED, body=b'0\r\n\r\n')),
    ('CL.TE with Content-Length: 0', '6.3', post(b'Content-Length: 0', CHUNKED, body=b'0\r\n\r\n')),
    ('CL.TE with a bad length', '6.3', post(b'Content-Length: x', CHUNKED, body=b'0\r\n\r\n')),
    ('TE.CL with GET', '6.3', get(CHUNKED, b'Content-Length: 5') + b'0\r\n\r\n'),
    ('TE.CL with HEAD', '6.3', h1(b'HEAD /hello HTTP/1.1', AT, CHUNKED, b'Content-Length: 5')),
    ('CL.TE, and TE named by Connection', '6.3',
     post(b'Connection: Transfer-Encoding', b'Content-Length: 5', CHUNKED, body=b'0\r\n\r\n')),
    ('TE.CL with identity', '6.1', post(TE + b'identity', b'Content-Length: 5', body=b'abcde')),
    ('TE.CL with an unknown coding', '6.1', post(TE + b'cow', b'Content-Length: 5', body=b'abcde'),
     (400, 501)),
    ('TE.CL with an empty coding', '6.1', post(TE, b'Content-Length: 5', body=b'abcde')),
    ('TE.TE in other letters', '6.1', post(CHUNKED, b'transfer-encoding: cow', body=b'0\r\n\r\n')),
    ('TE.TE in other letters, the other way', '6.1', post(TE + b'cow', b'TRANSFER-ENCODING: chunked',
                                                          body=b'0\r\n\r\n'), (400, 501)),
    ('TE in HTTP/1.0 that keeps alive', '6.1',
     h1(b'POST /upload HTTP/1.0', b'Connection: keep-alive', CHUNKED,
                                                  body=b'0\r\n\r\n')),
    ('TE and CL in HTTP/1.0', '6.1', h1(b'POST /upload HTTP/1.0', b'Content-Length: 5', CHUNKED,
                                        body=b'0\r\n\r\n')),
    ('TE in HTTP/1.0 with GET', '6.1', h1(b'GET /hello HTTP/1.0', CHUNKED, body=b'0\r\n\r\n')),
    ('three lengths that agree', '6.3 rule 5', post(*[b'Content-Length: 5'] * 3, body=b'abcde')),
    ('two lengths, 5 and 0', '6.3', post(b'Content-Length: 5', b'Content-Length: 0', body=b'abcde')),
    ('two lengths, 0 and 46', '6.3', post(b'Content-Length: 0', b'Content-Length: %d' % len(INNER))),
    ('two lengths in other letters', '6.3', post(b'Content-Length: 5', b'content-length: 6', body=b'abcdef')),
    ('two lengths, 5 and 05', '6.3', post(b'Content-Length: 5', b'Content-Length: 05', body=b'abcde')),
    ('a length and an empty one', '6.3', post(b'Content-Length: 5', b'Content-Length:', body=b'abcde')),
    ('two lengths in HTTP/1.0', '6.3', h1(b'POST /upload HTTP/1.0', b'Content-Length: 5',
                                          b'Content-Length: 6',
                                          body=b'abcdef')),
    ('a length that is none with GET', '6.3', get(b'Content-Length: x')),
    ('a length that is none with HEAD', '6.3', h1(b'HEAD /hello HTTP/1.1', AT, b'Content-Length: x')),
    ('a length that is none with DELETE', '6.3', h1(b'DELETE /hello HTTP/1.1', AT, b'Content-Length: -1')),
    ('a length that is none with OPTIONS *', '6.3', h1(b'OPTIONS * HTTP/1.1', AT, b'Content-Length: +1')),
    ('a length that is none with CONNECT', '6.3',
     h1(b'CONNECT localhost:80 HTTP/1.1', AT, b'Content-Length: x'), (400, 501)),
    ('a length that is none in HTTP/1.0', '6.3', h1(b'POST /upload HTTP/1.0', b'Content-Length: 5 5')),
    ('a length that is none with an Upgrade', '6.3',
     post(b'Connection: Upgrade', b'Upgrade: h2c', b'Content-Length: +5', body=b'abcde')),
    ('chunked, and the chunks are missing', '7.1', post(CHUNKED)),
    ('a chunk whose data go two octets too far', '7.1', chunks(b'5\r\nabcdeXY0\r\n\r\n')),
    ('a chunk whose data go on', '7.1', chunks(b'5\r\nabcdefgh\r\n0\r\n\r\n')),
    ('a chunk that ends in CR CR LF', '7.1', chunks(b'5\r\nabcde\r\r\n0\r\n\r\n')),
    ('a chunk that ends in LF CR', '7.1', chunks(b'5\r\nabcde\n\r0\r\n\r\n')),
    ('a chunk that ends in a space', '7.1', chunks(b'5\r\nabcde \r\n0\r\n\r\n')),
    ('a chunk that ends in LF LF', '7.1', chunks(b'5\r\nabcde\n\n0\r\n\r\n')),
    ('a chunk size that ends in LF CR', '7.1', chunks(b'5\n\rabcde\r\n0\r\n\r\n')),
    ('a chunk size that ends in CR and a letter', '7.1', chunks(b'5\rXabcde\r\n0\r\n\r\n')),
    ('an empty line between chunks', '7.1', chunks(b'5\r\nabcde\r\n\r\n0\r\n\r\n')),
    ('an empty line before the chunks', '7.1', chunks(b'\r\n5\r\nabcde\r\n0\r\n\r\n')),
    ('a last chunk of +0', '7.1', chunks(b'5\r\nabcde\r\n+0\r\n\r\n')),
    ('a last chunk of 0x0', '7.1', chunks(b'5\r\nabcde\r\n0x0\r\n\r\n')),
    ('a last chunk of -0', '7.1', chunks(b'5\r\nabcde\r\n-0\r\n\r\n')),
    ('a last chunk and a space', '7.1', chunks(b'5\r\nabcde\r\n0 \r\n\r\n')),
    ('a last chunk and a semicolon', '7.1', chunks(b'5\r\nabcde\r\n0;\r\n\r\n')),
    ('a last chunk and CR', '7.1', chunks(b'5\r\nabcde\r\n0\r\r\n\r\n')),
    ('a last chunk, LF and LF', '7.1', chunks(b'5\r\nabcde\r\n0\n\n')),
    ('a last chunk, CR LF and CR', '7.1', chunks(b'5\r\nabcde\r\n0\r\n\rX')),
    ('a last chunk, and the next request behind it', '7.1', chunks(b'5\r\nabcde\r\n0\r\n')),
    ('a trailer, and the next request behind it', '7.1.2', chunks(b'5\r\nabcde\r\n0\r\nX: y\r\n')),
    ('TERM.EXT', '7.1.1', chunks(b'5\n;a\r\nabcde\r\n0\r\n\r\n')),
    ('EXT.TERM', '7.1.1', chunks(b'2;\nxx\r\n' + SIZE + b'\r\n0\r\n\r\n' + INNER + b'\r\n0\r\n\r\n')),
    ('TERM.SPILL', '7.1', chunks(b'5\r\nabcde\n' + SIZE + b'\r\n' + INNER + b'\r\n0\r\n\r\n')),
    ('SPILL.TERM', '7.1', chunks(b'5\r\nabcdeX\n' + SIZE + b'\r\n' + INNER + b'\r\n0\r\n\r\n')),
    ('ONE.TWO', '7.1', chunks(b'1\r\nA\r0\r\n\r\n')),
    ('TWO.ONE', '7.1', chunks(b'1\r\nAX0\r\n\r\n')),
    ('extensions of 70 KiB', '7.1.1', chunks(b'5;a=' + b'b' * 70000 + b'\r\nabcde\r\n0\r\n\r\n')),
    ('trailers of 40 KiB', '7.1.2', trailer(b'\r\n'.join([b'X: ' + b'y' * 4000] * 10)), (400, 431)),
    ('1,000 trailers', '7.1.2', trailer(b'\r\n'.join([b'X: y'] * 1000)), (400, 431)),
    ('a target of 64 KiB', '3', get(path=b'/' + b'a' * 65536), 414),
    ('a query of 64 KiB', '3', get(path=b'/hello?' + b'a' * 65536), 414),
    ('a method of 64 KiB', '3.1', line(b'M' * 65536 + b' / HTTP/1.1'), (400, 414, 501)),
    ('a version of 64 KiB', '2.3', line(b'GET / HTTP/1.' + b'1' * 65536), (400, 414, 505)),
    ('a name of 64 KiB', '9110 5.4', get(b'X' * 65536 + b': y'), (400, 431)),
    ('a value of 64 KiB', '9110 5.4', get(b'X: ' + b'y' * 65536), (400, 431)),
    ('10,000 fields', '9110 5.4', get(*[b'X: y'] * 10000), (400, 431)),
    ('64 KiB of spaces in a value', '9110 5.4', get(b'X:' + b' ' * 65536 + b'y'), (400, 431)),
    ('1,000 empty lines', '2.2', b'\r\n' * 1000 + get()),
    ('64 KiB of NUL', '2.2', bytes(65536)),
    ('an unknown expectation with GET', '9110 10.1.1', get(b'Expect: miracle'), (400, 417)),
    ('an unknown expectation beside 100-continue', '9110 10.1.1',
     post(b'Content-Length: 5', b'Expect: 100-continue, miracle', body=b'abcde'), (400, 417)),
    ('an unknown expectation on a second line', '9110 10.1.1',
     post(b'Content-Length: 5', b'Expect: 100-continue', b'Expect: miracle', body=b'abcde'), (400, 417)),
    ('an expectation with a value', '9110 10.1.1',
     post(b'Content-Length: 5', b'Expect: 100-continue=yes', body=b'abcde'), (400, 417)),
    ('an expectation and chunks', '9110 10.1.1', post(CHUNKED, b'Expect: 101', body=b'0\r\n\r\n'),
     (400, 417)),
    ('100-continue and a length that is none', '9110 10.1.1',
     post(b'Content-Length: +5', b'Expect: 100-continue', body=b'abcde')),
    ('100-continue, CL.TE', '9110 10.1.1',
     post(b'Content-Length: 5', CHUNKED, b'Expect: 100-continue', body=b'0\r\n\r\n')),
]


def statuses_of(status):
    return status if isinstance(status, tuple) else (status,)


def own_rows():
    """(name, statuses, octets) of every row above."""
    yield from ((name, more[0] if more else 400, line(octets)) for name, _, octets, *more in LINES)
    yield from (('Host: ' + name, 400, host(value)) for name, value in HOSTS)
    yield from (('Content-Length: ' + name, 400, length(value)) for name, value in LENGTHS)
    yield from (('Transfer-Encoding: ' + name, more[0] if more else 400, coding(*values))
                for name, values, *more in CODINGS)
    yield from (('a chunk size with ' + name, 400, chunks(octets + b'\r\nabcde\r\n0\r\n\r\n'))
                for name, octets in SIZES)
    yield from (('a chunk extension with ' + name, 400, extension(octets)) for name, octets in EXTENSIONS)
    yield from (('a trailer with ' + name, 400, trailer(octets)) for name, octets in TRAILERS)
    yield from (('a field line with ' + name, 400, post(octets, body=b'0\r\n\r\n')) for name, octets in NAMES)
    yield from ((name, more[0] if more else 400, octets) for name, _, octets, *more in HEADS)


def known_rows():
    """The rows of raw.py and conformance.py that end with a refusal."""
    yield from ((name, status, octets) for name, octets, status in raw.REFUSED)
    yield from ((name, status, octets) for name, octets, status in conformance.SMUGGLED
                if 200 not in statuses_of(status))


# ---- talking -----------------------------------------------------------------------------------------

def whole(s, octets):
    try:
        s.sendall(octets)
    except OSError:  # the server has had enough; its answer can be read all the same
        pass


def in_turns(sockets, all_octets):
    """An octet of each in turn; what is long goes in pieces."""
    steps = [1 if len(octets) < 1500 else 997 for octets in all_octets]
    for i in range(max(-(-len(octets) // step) for octets, step in zip(all_octets, steps))):
        for s, octets, step in zip(sockets, all_octets, steps):
            if i * step < len(octets):
                whole(s, octets[i * step:(i + 1) * step])


def until_end(s, deadline):
    """(what came, whether the server closed)"""
    out = bytearray()
    try:
        while True:
            s.settimeout(max(deadline - time.monotonic(), 0.001))
            part = s.recv(65536)
            if not part:
                return bytes(out), True
            out += part
    except ConnectionResetError:
        return bytes(out), True
    except socket.timeout:
        return bytes(out), False


def converse(port, all_octets, cut=False, half_close=False):
    """What a server answers to each, on connections that are open at the same time."""
    sockets = [socket.create_connection(('127.0.0.1', port), 5) for _ in all_octets]
    for s in sockets:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if cut:
        in_turns(sockets, all_octets)
    for s, octets in zip(sockets, all_octets):
        if not cut:
            whole(s, octets)
        if half_close:
            s.shutdown(socket.SHUT_WR)
    deadline = time.monotonic() + LIMIT
    answers = [until_end(s, deadline) for s in sockets]
    for s in sockets:
        s.close()
    return answers


def answers_to(port, all_octets, **how):
    """The same, some at a time."""
    out = []
    for i in range(0, len(all_octets), 100):
        out += converse(port, all_octets[i:i + 100], **how)
    return out


# ---- reading answers ---------------------------------------------------------------------------------

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
VALUE = re.compile(rb'([!-~\x80-\xff]([\t -~\x80-\xff]*[!-~\x80-\xff])?)?')
DATE = re.compile(rb'(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT')
HEAD = 'HEAD'


class Response:
    """One answer at the front of `octets`, by the grammar of RFC 9112; `rest` is what stands behind it."""

    def __init__(self, octets, head=False):
        start, _, rest = octets.partition(b'\r\n\r\n')
        first, *lines = start.split(b'\r\n')
        status = re.fullmatch(rb'HTTP/1\.1 (\d{3}) ([\t -~\x80-\xff]*)', first)
        check(_ and status, 'no status line, or no end of the head: %r' % octets[:300])
        self.status, self.fields = int(status[1]), []
        for one in lines:
            name, colon, value = one.partition(b':')
            value = value.strip(b' \t')
            check(colon and TOKEN.fullmatch(name) and VALUE.fullmatch(value), 'a field line: %r' % one)
            self.fields.append((name.lower(), value))
        self.read_body(rest, head or self.status < 200 or self.status in (204, 304))
        self.keep_rules()

    def all(self, name):
        return [value for each, value in self.fields if each == name]

    def one(self, name):
        values = self.all(name)
        check(len(values) < 2, 'more than one %s: %r' % (name, values))
        return values[0] if values else None

    def tokens(self, name):
        return [one.strip().lower() for value in self.all(name) for one in value.split(b',') if one.strip()]

    def read_body(self, rest, none):
        """`whole`: the body is there to its end."""
        coding, length = self.one(b'transfer-encoding'), self.one(b'content-length')
        check(coding is None or length is None, 'a length and a coding: %r' % self.fields)
        check(coding in (None, b'chunked') and (length is None or length.isdigit()), self.fields)
        self.body, self.rest, self.whole, self.framed = b'', rest, True, True
        if none:
            return
        if coding:
            self.read_chunks(rest)
        elif length is not None:
            self.body, self.rest = rest[:int(length)], rest[int(length):]
            self.whole = len(self.body) == int(length)
        else:
            self.body, self.rest, self.framed = rest, b'', False

    def read_chunks(self, rest):
        size = None
        while size != 0:
            line_, _, rest = rest.partition(b'\r\n')
            if not _ or not re.fullmatch(rb'[0-9a-fA-F]+', line_):
                self.rest, self.whole = line_ + rest, False
                return
            size = int(line_, 16)
            if size:
                self.body += rest[:size]
                self.whole = rest[size:size + 2] == b'\r\n'
                rest = rest[size + 2:]
        self.trailers, _, self.rest = (b'\r\n' + rest).partition(b'\r\n\r\n')
        self.whole = self.whole and bool(_)

    def keep_rules(self):
        """What RFC 9110 asks of every answer of an origin server."""
        final, date = self.status >= 200, self.one(b'date')
        if 200 <= self.status < 500:  # 6.6.1
            check(date, 'no Date in %d %r' % (self.status, self.fields))
        if date:
            check(DATE.fullmatch(date), date)
            then = calendar.timegm(time.strptime(date.decode(), '%a, %d %b %Y %H:%M:%S GMT'))
            check(abs(then - time.time()) < 30, date)
        if self.status < 200 or self.status == 204:  # 9110 8.6, 9112 6.1
            check(not self.all(b'content-length') and not self.all(b'transfer-encoding'), self.fields)
        if self.status == 405:  # 15.5.6
            check(self.all(b'allow'), 'no Allow')
        if self.status == 426:  # 15.5.22, 7.8
            check(self.all(b'upgrade') and b'upgrade' in self.tokens(b'connection'), self.fields)
        check(final or not self.all(b'server') or self.status == 101, self.fields)

    @property
    def closes(self):
        return b'close' in self.tokens(b'connection')


def responses(octets, heads=()):
    """Every answer in `octets`; `heads`: which of the final ones answer HEAD."""
    out, final = [], 0
    while octets:
        out.append(Response(octets, final in heads))
        final += out[-1].status >= 200
        octets = out[-1].rest
        if not out[-1].whole:
            break
    return out


# ---- what is refused ---------------------------------------------------------------------------------

def is_refused(sent, octets, closed, statuses, begun=False):
    """One answer of these, a close that it announces, and nothing behind it. `begun`: the answer may have
    begun before the body was at fault; it is then cut short, and that can be told."""
    check(closed, 'the connection stays open after %r' % octets[:300])
    got = responses(octets, (0,) if sent.startswith(b'HEAD ') else ())
    equal(len(got), 1, 'how many answers are in %r' % octets[:600])
    one = got[0]
    if begun and one.status == 200:
        check(not one.whole and not re.search(rb'HTTP/1', one.rest), 'accepted: %r' % octets[:600])
        return
    check(one.status in statuses_of(statuses), '%d, not %r: %r' % (one.status, statuses, octets[:300]))
    check(one.closes and one.whole and not one.rest,
          'a close unannounced, or octets behind: %r' % octets[:600])
    check(b'418' not in octets and b'smuggled' not in octets, octets[:600])


def played(context, name, server, rows, **how):
    """The answers to all rows, each with another request behind it: played once, judged one by one."""
    def play():
        return answers_to(server(context).port, [octets + INNER for _, _, octets in rows], **how)
    return context.once('smuggling ' + name, play)


def plain_server(context):
    return context.once('smuggling server', lambda: our_server(context))


def echo_server(context):
    return context.once('smuggling echo', lambda: our_server(context, '--echo'))


def refused(i, rows):
    name, statuses, sent = rows[i]

    @test('smuggling/refused: ' + name)
    def one(context):
        is_refused(sent, *played(context, 'whole', plain_server, rows)[i], statuses)
        is_refused(sent, *played(context, 'cut', plain_server, rows, cut=True)[i], statuses)
        is_refused(sent, *played(context, 'to an echo', echo_server, rows)[i], statuses, begun=True)


_rows = list(own_rows())
for _i in range(len(_rows)):
    refused(_i, _rows)


@test('smuggling/refused: no echo is begun before a fault that came with its head')
def not_begun(context):
    """What reads status lines would take a 200 that is cut short for an acceptance."""
    for row, answer in zip(_rows, played(context, 'to an echo', echo_server, _rows)):
        if len(row[2]) < 8000:  # more than that may come in pieces
            check(not answer[0].startswith(b'HTTP/1.1 200'), '%s: %r' % (row[0], answer[0][:300]))


@test('smuggling/refused, with a request behind it: the rows of raw.py and conformance.py')
def refused_again(context):
    rows = list(known_rows())
    for how in ({}, {'cut': True}):
        answers = played(context, 'known %r' % how, plain_server, rows, **how)
        for (name, statuses, sent), answer in zip(rows, answers):
            try:
                is_refused(sent, *answer, statuses)
            except AssertionError as e:
                raise AssertionError('%s: %s' % (name, e))


# ---- what is taken: name, octets, the answers before LAST's ------------------------------------------

HELLO, NOT_HERE = (200, b'hello, world\n'), ((405, 501), None)
EVERY = bytes(range(256))
ECHO = b'POST /echo HTTP/1.1'
BODY = b'Content-Length: %d' % len(INNER)
H2C = [b'Connection: Upgrade, HTTP2-Settings', b'Upgrade: h2c', b'HTTP2-Settings: AAMAAABkAAQAAP__']


def echo(*fields, body=b''):
    return post(*fields, body=body, path=b'/echo')


def echo_chunks(body):
    return chunks(body, b'/echo')


def with_body(method, path):
    """A request whose body is another one."""
    return h1(method + b' ' + path + b' HTTP/1.1', AT, BODY, body=INNER)


TAKEN_LINES = [  # name, request line, answer
    ('a method of every kind of character', b"!#$%&'*+-.^_`|~09azAZ /echo HTTP/1.1", (200, b'')),
    ('get in lower case', b'get /hello HTTP/1.1', NOT_HERE),
    ('a method that nobody knows', b'FROB /hello HTTP/1.1', NOT_HERE),
    ('TRACE', b'TRACE /hello HTTP/1.1', NOT_HERE),
    ('HTTP/1.2', b'GET /hello HTTP/1.2', HELLO),  # 9110 6.2: as HTTP/1.1
    ('HTTP/1.9', b'GET /hello HTTP/1.9', HELLO),
    ('OPTIONS', b'OPTIONS /hello HTTP/1.1', ((200, 204, 405, 501), None)),
    ('OPTIONS *', b'OPTIONS * HTTP/1.1', ((200, 204, 405, 501), None)),
    ('OPTIONS in absolute-form without a path', b'OPTIONS http://localhost HTTP/1.1',
     ((200, 204, 405, 501), None)),
    ('HEAD', b'HEAD /hello HTTP/1.1', (200, HEAD)),
    ('HEAD of what is not there', b'HEAD /nowhere HTTP/1.1', (404, HEAD)),
    ('an empty query', b'GET /hello? HTTP/1.1', HELLO),
    ('question marks and slashes in a query', b'GET /hello?a?/?b//c HTTP/1.1', HELLO),
    ('sub-delims in a query', b"GET /hello?!$&'()*+,;=:@-._~ HTTP/1.1", HELLO),
    ('escapes in a query', b'GET /hello?%00%0d%0a%20%ff HTTP/1.1', HELLO),
    ('an escaped line in a path', b'GET /hello%0d%0aX: HTTP/1.1', (404, None)),
    ('an escaped NUL in a path', b'GET /%00 HTTP/1.1', ((400, 404), None)),
    ('two slashes', b'GET //hello HTTP/1.1', (404, None)),
    ('dots that climb', b'GET /../../hello HTTP/1.1', ((400, 404), None)),
    ('a URI in a path', b'GET /http://localhost/hello HTTP/1.1', (404, None)),
    ('a colon in a path', b'GET /a:b HTTP/1.1', (404, None)),
    ('absolute-form', b'GET http://localhost/hello HTTP/1.1', HELLO),
    ('absolute-form in upper case', b'GET HTTP://LOCALHOST/hello HTTP/1.1', HELLO),
    ('absolute-form with a port', b'GET http://localhost:8080/hello HTTP/1.1', HELLO),
    ('absolute-form with an empty port', b'GET http://localhost:/hello HTTP/1.1', HELLO),
    ('absolute-form with an address', b'GET http://127.0.0.1/hello HTTP/1.1', HELLO),
    ('absolute-form with an IPv6 address', b'GET http://[::1]:80/hello HTTP/1.1', HELLO),
    ('absolute-form with another host', b'GET http://elsewhere/hello HTTP/1.1', ((200, 421), None)),
    ('absolute-form without a path', b'GET http://localhost HTTP/1.1', (200, None)),  # 9110 4.2.3
    ('absolute-form without a path, with a query', b'GET http://localhost?x HTTP/1.1', (200, None)),
    ('https in cleartext', b'GET https://localhost/hello HTTP/1.1', ((400, 403, 421), None)),  # 9110 7.4
    ('a scheme that is not ours', b'GET ftp://localhost/hello HTTP/1.1', ((400, 403, 404, 421, 501), None)),
    ('absolute-form with a query', b'GET http://localhost/hello?http://x/ HTTP/1.1', HELLO),
    ('absolute-form with POST', b'POST http://localhost/upload HTTP/1.1', (200, None)),
]

TAKEN_HOSTS = [b'', b'localhost', b'LOCALHOST', b'localhost.', b'localhost:', b'localhost:0', b'localhost:80',
               b'localhost:65535', b'127.0.0.1:00080', b'[::1]', b'[::ffff:127.0.0.1]:80',
               b'xn--bcher-kva.test', b'a_b', b'a%20b', b"a!$&'()*+;=b", b' \tlocalhost\t ']

TAKEN_FIELDS = [  # a request with this is answered as ever
    b'X:y', b'X:', b'X: ', b'X:\t', b'X:  \t y \t  ', b'x' * 200 + b': y', b"!#$%&'*+-.^_`|~09azAZ: y",
    b'X: \x80\xa0\xff', b'X: y\r\nX: y\r\nx: y', b'X: "a\\"b\\\\"', b'X: ()<>@,;:\\"/[]?={}', b'X: a,,b, ,',
    b'X: GET /status/418 HTTP/1.1', b'X: Transfer-Encoding: chunked', b'X: ' + b'\xff' * 4000,
    b'Connection:', b'Connection: , ,', b'Connection: ,keep-alive ,', b'Connection: KEEP-ALIVE',
    b'Connection: x-foo\r\nX-Foo: y', b'Connection: closed', b'Connection: not-close', b'Connection: host',
    b'Connection: connection', b'Connection: "close"', b'Close: close', b'Keep-Alive: timeout=5, max=2',
    b'Proxy-Connection: close', b'TE: trailers, deflate;q=0.5\r\nConnection: TE', b'TE:', b'TE: chunked',
    b'Trailer: X, Y', b'Trailer: Content-Length', b'Upgrade: x/1', b'Upgrade:', b'Upgrade: h2c',
    b'Upgrade: websocket', b'Connection: upgrade', b'Connection: upgrade\r\nUpgrade: x/1, y',
    b'HTTP2-Settings: AAMAAABkAAQAAP__', b'HTTP2-Settings: !', b'Content-Length: 0',
    b'Content-Length: 00000', b'Content-Length:\t 0 \t', b'Content-Length:0', b'content-LENGTH: 0',
    b'Transfer_Encoding: chunked', b'Content_Length: 45', b'X-Transfer-Encoding: chunked',
    b'Transfer-Encoding-X: chunked', b'Transfer-Encodin: chunked', b'TransferEncoding: chunked',
    b'Content-Lengths: 45', b'Max-Forwards: 0', b'Via: 1.1 a, 1.0 b', b'Forwarded: for=127.0.0.1;host=evil',
    b'X-Forwarded-Host: evil', b'X-HTTP-Method: PUT', b'X-HTTP-Method-Override: DELETE',
    b'Content-Type: text/plain\r\nContent-Type: text/html', b'Content-Type:', b'Content-Encoding: gzip',
    b'Accept: nonsense', b'Accept: */*;q=0.001,,', b'Accept-Encoding: identity;q=0', b'Range: bytes=5-0',
    b'Range: nonsense', b'If-Modified-Since: yesterday', b'If-Unmodified-Since: 1', b'If-Range: "x"',
    b'If-None-Match: "x"', b'Date: yesterday', b'Cookie: a=b; c="d"\r\nCookie: e', b'Authorization: Basic !',
    b'Referer: \xff', b'User-Agent:', b'Origin: null', b'Expect: 100-continue', b'Host2: evil',
    b'Sec-WebSocket-Key: x', b'Content-Length-: 45', b'0: 1',
]

TAKEN_SIZES = [  # a chunk's size and extension, in front of ten octets
    b'a', b'A', b'0a', b'000000000000000A', b'A;a', b'A;a=b', b'A;a="b c"', b'A ;a', b'A; a', b'A;a =b',
    b'A;a= b', b'A\t;\ta\t=\tb', b'A  ;  a  =  "b"', b'A;a=""', b'A;a="\\""', b'A;a="\\\\"',
    b'A;a="\xff\t\x80"', b'A;a;b;c', b'A;a=b;a=b', b'A;0=0', b'A;a="' + b'b' * 900 + b'"',
    b"A;!#$%&'*+-.^_`|~=1", b'A;a=";\\;x"', b'A;chunked',
]

TAKEN = [  # name, octets, answers
    ('an empty line before', b'\r\n' + get(), [HELLO]),
    ('two empty lines before', b'\r\n\r\n' + get(), [HELLO]),
    ('an empty line between requests', get() + b'\r\n' + get(), [HELLO, HELLO]),
    ('CR LF behind a body', echo(b'Content-Length: 3', body=b'abc\r\n') + get(), [(200, b'abc'), HELLO]),
    ('20 in a row', get() * 20, [HELLO] * 20),
    ('one of each kind in a row', get() + with_body(b'POST', b'/echo') + h1(b'HEAD /bytes/9 HTTP/1.1', AT) +
     get(path=b'/bytes/9') + echo_chunks(b'1\r\na\r\n0\r\n\r\n') + get(path=b'/nowhere') +
     get(path=b'/trailers'),
     [HELLO, (200, INNER), (200, HEAD), (200, pattern(9)), (200, b'a'), (404, None), (200, pattern(26))]),
    ('128 fields', get(*[b'X: y'] * 127), [HELLO]),
    ('a target of 8,000 octets', get(path=b'/hello?' + b'a' * 7990), [HELLO]),
    ('no Host in HTTP/1.0 that keeps alive', h1(b'GET /hello HTTP/1.0', b'Connection: keep-alive'), [HELLO]),
    ('Keep-Alive in other letters', h1(b'GET /hello HTTP/1.0', b'Connection: x, KEEP-alive'), [HELLO]),
    ('a body in HTTP/1.0', h1(b'POST /echo HTTP/1.0', b'Connection: keep-alive', BODY, body=INNER),
     [(200, INNER)]),
    ('GET with a body in HTTP/1.0', h1(b'GET /hello HTTP/1.0', b'Connection: keep-alive', BODY, body=INNER),
     [HELLO]),
    ('no 100 for HTTP/1.0',
     h1(b'POST /echo HTTP/1.0', b'Connection: keep-alive', b'Expect: 100-continue', BODY, body=INNER),
     [(200, INNER)]),
    ('no 417 for HTTP/1.0', h1(b'GET /hello HTTP/1.0', b'Connection: keep-alive', b'Expect: 100-continue'),
     [HELLO]),
    ('POST without a body', h1(ECHO, AT) + INNER, [(200, b''), (418, None)]),
    ('a length of 0', h1(ECHO, AT, b'Content-Length: 0') + INNER, [(200, b''), (418, None)]),
    ('GET without a body', get() + INNER, [HELLO, (418, None)]),
    ('a request as a body', with_body(b'POST', b'/echo'), [(200, INNER)]),
    ('zeros before a length', echo(b'Content-Length: 0000000000000045', body=INNER), [(200, INNER)]),
    ('spaces and tabs around a length', echo(b'Content-Length: \t 45 \t', body=INNER), [(200, INNER)]),
    ('every octet in a body', echo(b'Content-Length: 256', body=EVERY), [(200, EVERY)]),
    ('every octet in a chunk', echo_chunks(b'100\r\n' + EVERY + b'\r\n0\r\n\r\n'), [(200, EVERY)]),
    ('chunks as a body of known length', echo(b'Content-Length: 9', body=b'5\r\nabc\r\n0'),
     [(200, b'5\r\nabc\r\n0')]),
    ('a last chunk as a chunk', echo_chunks(b'5\r\n0\r\n\r\n\r\n0\r\n\r\n'), [(200, b'0\r\n\r\n')]),
    ('a request in a chunk', echo_chunks(SIZE + b'\r\n' + INNER + b'\r\n0\r\n\r\n'), [(200, INNER)]),
    ('300 chunks', echo_chunks(b'1\r\na\r\n' * 300 + b'0\r\n\r\n'), [(200, b'a' * 300)]),
    ('no chunk', echo_chunks(b'0\r\n\r\n') + INNER, [(200, b''), (418, None)]),
    ('a last chunk of zeros', echo_chunks(b'1\r\na\r\n0000000000\r\n\r\n') + INNER,
     [(200, b'a'), (418, None)]),
    ('a last chunk with extensions', echo_chunks(b'1\r\na\r\n0;a;b="c"\r\n\r\n') + INNER,
     [(200, b'a'), (418, None)]),
    ('trailers', echo_chunks(b'1\r\na\r\n0\r\nX: y\r\nZ:\r\n\r\n') + INNER, [(200, b'a'), (418, None)]),
    ('trailers that were announced', echo(CHUNKED, b'Trailer: X', body=b'0\r\nX: y\r\n\r\n'), [(200, b'')]),
    ('no space before chunked', echo(b'Transfer-Encoding:chunked', body=b'0\r\n\r\n'), [(200, b'')]),
    ('tabs around chunked', echo(b'Transfer-Encoding:\tchunked\t ', body=b'0\r\n\r\n'), [(200, b'')]),
    ('CHUNKED', echo(TE + b'CHUNKED', body=b'1\r\na\r\n0\r\n\r\n'), [(200, b'a')]),
    ('tRANSFER-eNCODING', echo(b'tRANSFER-eNCODING: cHUNKED', body=b'1\r\na\r\n0\r\n\r\n'), [(200, b'a')]),
    ('300 KB', echo(b'Content-Length: 300000', body=pattern(300000)), [(200, pattern(300000))]),
    ('100-continue, the body at once', echo(b'Expect: 100-continue', BODY, body=INNER),
     [(100, None), (200, INNER)]),
    ('100-CONTINUE', echo(b'Expect: 100-CONTINUE', BODY, body=INNER), [(100, None), (200, INNER)]),
    ('100-continue twice, and empty elements', echo(b'Expect: ,100-continue,,100-continue', BODY, body=INNER),
     [(100, None), (200, INNER)]),
    ('no expectation', echo(b'Expect:', BODY, body=INNER), [(200, INNER)]),
    ('100-continue and chunks', echo(b'Expect: 100-continue', CHUNKED, body=b'1\r\na\r\n0\r\n\r\n'),
     [(100, None), (200, b'a')]),
    ('100-continue with Content-Length: 0', echo(b'Expect: 100-continue', b'Content-Length: 0'),
     [(200, b'')]),
    ('CL.0 of what is not there', with_body(b'POST', b'/nowhere'), [NOT_HERE]),
    ('CL.0 of GET that is not there', with_body(b'GET', b'/nowhere'), [(404, None)]),
    ('CL.0 of HEAD', with_body(b'HEAD', b'/hello'), [(200, HEAD)]),
    ('CL.0 of DELETE', with_body(b'DELETE', b'/hello'), [NOT_HERE]),
    ('CL.0 of TRACE', with_body(b'TRACE', b'/hello'), [((400, 405, 501), None)]),
    ('CL.0 of OPTIONS *', with_body(b'OPTIONS', b'*'), [((200, 204, 405, 501), None)]),
    ('CL.0 of a method that nobody knows', with_body(b'FROB', b'/hello'), [NOT_HERE]),
    ('CL.0 of 204', with_body(b'GET', b'/status/204'), [(204, HEAD)]),
    ('CL.0 of 304', with_body(b'GET', b'/status/304'), [(304, HEAD)]),
    ('CL.0 of a redirection', with_body(b'GET', b'/status/301'), [(301, None)]),
    ('CL.0 of the page', with_body(b'GET', b'/'), [(200, None)]),
    ('CL.0 of a WebSocket', with_body(b'GET', b'/ws'), [(426, None)]),
    ('CL.0 with an Upgrade', h1(b'GET /hello HTTP/1.1', AT, b'Connection: upgrade', b'Upgrade: x', BODY,
                                body=INNER),
     [HELLO]),
    ('a body named by Connection', h1(ECHO, AT, b'Connection: content-length', BODY, body=INNER),
     [(200, INNER)]),
    ('TE.0 of GET', get(CHUNKED) + SIZE + b'\r\n' + INNER + b'\r\n0\r\n\r\n', [HELLO]),
    ('TE.0 of HEAD', h1(b'HEAD /hello HTTP/1.1', AT, CHUNKED, body=SIZE + b'\r\n' + INNER + b'\r\n0\r\n\r\n'),
     [(200, HEAD)]),
    ('TE.0 of OPTIONS', h1(b'OPTIONS /echo HTTP/1.1', AT, CHUNKED,
                           body=SIZE + b'\r\n' + INNER + b'\r\n0\r\n\r\n'),
     [(200, INNER)]),
    ('h2c with a chunked body', echo(*H2C, CHUNKED, body=SIZE + b'\r\n' + INNER + b'\r\n0\r\n\r\n'),
     [(200, INNER)]),
    ('h2c in HTTP/1.0', h1(b'GET /hello HTTP/1.0', b'Connection: keep-alive, Upgrade, HTTP2-Settings',
                           *H2C[1:]),
     [HELLO]),
    ('h2c as the second request', get() + get(*H2C), [HELLO, HELLO]),
    ('h2c with an empty HTTP2-Settings and a body',
     h1(ECHO, AT, *H2C[:2], b'HTTP2-Settings: !', BODY, body=INNER),
     [(200, INNER)]),
    ('h2c beside a body that is too long', echo(*H2C, b'Content-Length: 16385', body=b'a' * 16385),
     [(200, b'a' * 16385)]),
]

# what ends the connection: nothing behind it is served
ENDING = [
    ('Connection: close', get(b'Connection: close'), [HELLO]),
    ('Connection: CLOSE', get(b'Connection: CLOSE'), [HELLO]),
    ('close in a list', get(b'Connection: x ,, close,keep-alive'), [HELLO]),
    ('close on a second line', get(b'Connection: keep-alive', b'Connection: close'), [HELLO]),
    ('close behind tabs', get(b'Connection:\tclose\t'), [HELLO]),
    ('close and a body', h1(ECHO, AT, b'Connection: close', BODY, body=INNER), [(200, INNER)]),
    ('close and chunks', h1(ECHO, AT, b'Connection: close', CHUNKED, body=b'1\r\na\r\n0\r\n\r\n'),
     [(200, b'a')]),
    ('close and HEAD', h1(b'HEAD /hello HTTP/1.1', AT, b'Connection: close'), [(200, HEAD)]),
    ('close and 404', get(b'Connection: close', path=b'/nowhere'), [(404, None)]),
    ('close and 405', h1(b'DELETE /hello HTTP/1.1', AT, b'Connection: close', BODY, body=INNER), [NOT_HERE]),
    ('close and 204', get(b'Connection: close', path=b'/status/204'), [(204, HEAD)]),
    ('close and an h2c offer', get(b'Connection: close', *H2C), [HELLO]),
    ('HTTP/1.0', h1(b'GET /hello HTTP/1.0'), [HELLO]),
    ('HTTP/1.0 with a Host', h1(b'GET /hello HTTP/1.0', AT), [HELLO]),
    ('HTTP/1.0 that says close', h1(b'GET /hello HTTP/1.0', b'Connection: close'), [HELLO]),
    ('HTTP/1.0 that says both', h1(b'GET /hello HTTP/1.0', b'Connection: keep-alive, close'), [HELLO]),
    ('HTTP/1.0 with another option', h1(b'GET /hello HTTP/1.0', b'Connection: x'), [HELLO]),
    ('HTTP/1.0 with Keep-Alive alone', h1(b'GET /hello HTTP/1.0', b'Keep-Alive: timeout=5'), [HELLO]),
    ('HTTP/1.0 with Proxy-Connection', h1(b'GET /hello HTTP/1.0', b'Proxy-Connection: keep-alive'), [HELLO]),
    ('HTTP/1.0 and HEAD', h1(b'HEAD /hello HTTP/1.0'), [(200, HEAD)]),
    ('HTTP/1.0 and a body', h1(b'POST /echo HTTP/1.0', BODY, body=INNER), [(200, INNER)]),
    ('HTTP/1.0 and a body without a length', h1(b'POST /echo HTTP/1.0', body=INNER), [(200, b'')]),
    ('HTTP/1.0 and an answer without a length', h1(b'GET /trailers HTTP/1.0', b'Connection: keep-alive'),
     [(200, pattern(26))]),
    ('HTTP/1.0 and 404', h1(b'GET /nowhere HTTP/1.0'), [(404, None)]),
]


def taken_rows():
    yield from (('the line: ' + name, line(octets), [answer]) for name, octets, answer in TAKEN_LINES)
    yield from (('Host: %r' % value, host(value), [HELLO]) for value in TAKEN_HOSTS)
    yield from (('the field %r' % octets[:60], get(octets), [HELLO]) for octets in TAKEN_FIELDS)
    yield from (('the chunk size %r' % octets[:60],
                 echo_chunks(octets + b'\r\n0123456789\r\n0\r\n\r\n'), [(200, b'0123456789')])
                for octets in TAKEN_SIZES)
    yield from TAKEN


def is_answered(octets, closed, expected):
    """Just these answers, each as it should be; a close at the end, announced by the last of them alone."""
    heads = [i for i, (_, body) in enumerate(want for want in expected if want[0] != 100) if body is HEAD]
    got = responses(octets, heads)
    equal([one.status for one in got], [one.status if one.status in statuses_of(want[0]) else want[0]
                                        for one, want in zip(got, expected)] +
          [want[0] for want in expected[len(got):]], 'the statuses of %r' % octets[:600])
    equal(len(got), len(expected), 'how many answers')
    for one, (_, body) in zip(got, expected):
        check(one.whole, 'cut short: %r' % octets[:600])
        if isinstance(body, bytes):
            equal(one.body, body, 'the body')
    check(closed, 'the connection stays open')
    equal([one.closes for one in got], [False] * (len(got) - 1) + [True], 'which answers announce a close')


def taken(i, rows, kind, behind, more):
    name, _, expected = rows[i]

    @test('smuggling/%s: %s' % (kind, name))
    def one(context):
        for how in ({}, {'cut': True}):
            def play():
                return answers_to(plain_server(context).port, [octets + behind for _, octets, _ in rows],
                                  **how)
            is_answered(*context.once('smuggling %s %r' % (kind, how), play)[i], expected + more)


def declare_taken():
    for kind, rows, behind, more in (('taken', list(taken_rows()), LAST, [(299, None)]),
                                     ('ends the connection', ENDING, INNER, [])):
        for i in range(len(rows)):
            taken(i, rows, kind, behind, more)


declare_taken()


@test('smuggling/taken: rows in any order on one connection, and one at the end that is refused')
def pipelines(context):
    chance = random.Random(9112)
    good, bad = list(taken_rows()), [row for row in _rows if len(row[2]) < 20000]
    for how in ({}, {'cut': True}):
        plans = [(chance.sample(good, 8), chance.choice(bad)) for _ in range(100)]
        octets = [b''.join(each for _, each, _ in some) + last[2] + INNER for some, last in plans]
        answers = answers_to(plain_server(context).port, octets, **how)
        for (some, (name, statuses, sent)), answer in zip(plans, answers):
            expected = [want for _, _, all_ in some for want in all_]
            try:
                is_answered(*answer, expected + [(statuses, HEAD if sent.startswith(b'HEAD ') else None)])
            except AssertionError as e:
                raise AssertionError('%r, then %s: %s' % ([row[0] for row in some], name, e))


# ---- what no table holds -----------------------------------------------------------------------------

CUT = [  # what ends too early is never applied: the octets before the end
    b'', b'\r\n', b'G', b'GET', b'GET /hello HTTP/1.1', get()[:-2], get()[:-1], get(b'X: y')[:-4],
    echo(b'Content-Length: 46', body=INNER), echo(b'Content-Length: 1'),
    echo(b'Content-Length: 4294967341', body=INNER),  # 2^32 + 45
    echo(b'Content-Length: 2147483693', body=INNER), echo(b'Content-Length: 9223372036854775807', body=INNER),
    echo_chunks(b''), echo_chunks(b'5'), echo_chunks(b'5\r\n'), echo_chunks(b'5\r\nabcd'),
    echo_chunks(b'5\r\nabcde'), echo_chunks(b'5\r\nabcde\r\n'), echo_chunks(b'5\r\nabcde\r\n0'),
    echo_chunks(b'5\r\nabcde\r\n0\r\n'), echo_chunks(b'5\r\nabcde\r\n0\r\nX: y\r\n'),
    echo_chunks(b'80000005\r\nabcde\r\n0\r\n\r\n'), echo_chunks(b'100000005\r\nabcde\r\n0\r\n\r\n'),
    echo_chunks(b'fffffffffffff\r\nabcde\r\n0\r\n\r\n'),
]


@test('smuggling/what the end of the connection cuts is not taken')
def cut_short(context):
    for server, path in ((plain_server, b'/upload'), (echo_server, b'/echo')):
        rows = [octets.replace(b'/echo', path) for octets in CUT]
        for octets, (answer, closed) in zip(rows, answers_to(server(context).port, rows, half_close=True)):
            check(closed, 'the connection stays open behind %r' % octets[:200])
            for one in responses(answer):
                check(one.status in (400, 408) or not one.whole,
                      'accepted: %r: %r' % (octets[:200], answer[:300]))


FORBIDDEN = [  # 9110 6.5.1: framing, routing, modifiers, authentication, content format
    b'Content-Length: 5', b'Transfer-Encoding: chunked', b'Host: evil', b'Content-Type: text/evil',
    b'Content-Encoding: evil', b'Content-Range: bytes 0-1/2', b'Trailer: X', b'Authorization: Basic x',
    b'Set-Cookie: a=evil', b'Cookie: a=b', b'Expect: 100-continue', b'Cache-Control: no-cache',
             b'TE: trailers',
    b'Max-Forwards: 0', b'Range: bytes=0-0', b'If-Match: *', b'Connection: close', b'Upgrade: h2c',
    b'Keep-Alive: timeout=1', b'Proxy-Authorization: x', b'Content-Location: /evil', b'Date: x',
]


@test('smuggling/trailers that may not be any are refused, or come to nothing')
def forbidden(context):
    rows = [echo_chunks(b'5\r\nabcde\r\n0\r\nX: y\r\n' + one + b'\r\n\r\n') + LAST for one in FORBIDDEN]
    for one, (answer, closed) in zip(FORBIDDEN, answers_to(plain_server(context).port, rows)):
        check(closed and b'evil' not in answer, answer)
        got = responses(answer)
        if got[-1].status == 299:
            equal([(each.status, each.whole, each.closes) for each in got],
                  [(200, True, False), (299, True, True)])
        else:
            check(len(got) == 1 and (got[0].closes or not got[0].whole), answer)


PATHS = [b'/', b'/hello', b'/negotiated', b'/bytes/0', b'/bytes/1000', b'/trailers', b'/nowhere',
         b'/status/404',
         b'/ws', b'/echo', b'/status/299', b'/status/500']


@test('smuggling/HEAD answers as GET does, without content')
def head_is_get(context):
    leave = (b'date', b'content-length', b'transfer-encoding')  # 9110 9.3.2: may be left out
    rows = [h1(method + b' ' + path + b' HTTP/1.1', AT, b'Connection: close')
            for path in PATHS for method in (b'GET', b'HEAD')]
    answers = [answer for answer, _ in answers_to(plain_server(context).port, rows)]
    for path, a, b in zip(PATHS, answers[::2], answers[1::2]):
        a, b = responses(a)[0], Response(b, head=True)
        check(not b.rest, 'content behind HEAD %r' % path)
        if path == b'/ws':
            continue  # 405: a WebSocket begins with GET
        equal(b.status, a.status, 'the status of HEAD %r' % path)
        equal([f for f in b.fields if f[0] not in leave], [f for f in a.fields if f[0] not in leave])
        if b.all(b'content-length'):
            equal(b.one(b'content-length'), a.one(b'content-length'))


STATUS_FIELDS = {401: b'www-authenticate', 405: b'allow', 407: b'proxy-authenticate', 426: b'upgrade'}


@test('smuggling/each status comes with what it must have and without what it may not')
def every_status(context):
    numbers = list(range(200, 600))
    rows = [get(b'Connection: close', path=b'/status/%d' % number) for number in numbers]
    for number, (answer, _) in zip(numbers, answers_to(plain_server(context).port, rows)):
        one = responses(answer)[0]
        check(not one.rest, answer)
        if number in (204, 205, 304):
            check(not one.body, 'content in %d: %r' % (number, answer))
        if one.status == number and number in STATUS_FIELDS:
            check(one.all(STATUS_FIELDS[number]), 'no %s in %r' % (STATUS_FIELDS[number], answer))


@test('smuggling/Allow says what is allowed')
def allow(context):
    for path in (b'/hello', b'/upload', b'/bytes/1', b'/nowhere', b'/chat'):
        said = converse(plain_server(context).port,
                        [h1(b'PATCH ' + path + b' HTTP/1.1', AT, b'Connection: close')])
        one = responses(said[0][0])[0]
        equal(one.status, 405)
        for method in one.tokens(b'allow'):
            octets = h1(method.upper() + b' ' + path + b' HTTP/1.1', AT, b'Connection: close')
            again = Response(converse(plain_server(context).port, [octets])[0][0], method == b'head')
            check(again.status not in (405, 501), '%r %r: %d' % (method, path, again.status))


@test('smuggling/CONNECT is not offered, and its body is nothing else')
def connect(context):
    octets = [h1(b'CONNECT localhost:80 HTTP/1.1', AT) + LAST, with_body(b'CONNECT', b'localhost:80') + LAST]
    for answer, closed in answers_to(plain_server(context).port, octets):
        got = responses(answer)  # what was sent in the hope of a tunnel may be thrown away
        check(closed and got[0].status in (400, 403, 405, 501), answer)
        equal([one.status for one in got[1:]], [] if got[0].closes else [299])


KEY = b'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
SWITCHES = [
    ('h2c', get(*H2C)),
    ('h2c with a body', echo(*H2C, BODY, body=INNER)),
    ('a WebSocket', get(b'Connection: Upgrade', b'Upgrade: websocket', b'Sec-WebSocket-Version: 13', KEY,
                        path=b'/ws')),
]


@test('smuggling/behind 101 nothing is read as HTTP/1.1')
def switched(context):
    for how in ({}, {'cut': True}):
        rows = [octets + INNER * 3 for _, octets in SWITCHES]
        for answer, closed in answers_to(plain_server(context).port, rows, **how):
            one = responses(answer[:answer.index(b'\r\n\r\n') + 4])[0]
            equal(one.status, 101)
            check(closed and not re.search(rb'HTTP/1.1 [1-5]', answer[12:]), answer)


@test('smuggling/an offer of a WebSocket that is none is refused, and its body is no request')
def no_websocket(context):
    def offer(*fields, method=b'GET', version=b'1.1', body=b''):
        fields = (b'Upgrade: websocket',) + fields
        return h1(method + b' /ws HTTP/' + version, AT, *fields, body=body)
    up, key, thirteen = b'Connection: Upgrade', KEY, b'Sec-WebSocket-Version: 13'
    rows = [(offer(up, key, b'Sec-WebSocket-Version: 99'), (400, 426)), (offer(up, key), (400, 426)),
            (offer(up, thirteen), (400,)), (offer(up, thirteen, b'Sec-WebSocket-Key: x'), (400,)),
            (offer(up, thirteen, key, key), (400,)), (offer(thirteen, key), (400, 426)),
            (offer(up, thirteen, key, method=b'POST'), (400, 405)),
            (offer(up, thirteen, key, BODY, body=INNER), (400, 426)),
            (offer(up, thirteen, key, BODY, method=b'POST', body=INNER), (400, 405)),
            (offer(b'Connection: keep-alive, Upgrade', thirteen, key, version=b'1.0'), (400, 426))]
    answers = answers_to(plain_server(context).port, [octets + LAST for octets, _ in rows])
    for (octets, statuses), (answer, closed) in zip(rows, answers):
        got = responses(answer)
        check(closed and got[0].status in statuses, '%r: %r' % (octets, answer))
        equal([one.status for one in got[1:]], [] if got[0].closes else [299],
              'what comes behind %r' % octets)


@test('smuggling/a server that is all echo frames bodies alike')
def all_echo(context):
    rows = [(octets.replace(b'/echo', b'/'), expected) for _, octets, expected in taken_rows()
            if octets.startswith(ECHO) and all(one[0] in (100, 200) and one != HELLO for one in expected)]
    check(len(rows) > 30)
    answers = answers_to(echo_server(context).port,
                         [octets + h1(ECHO, AT, b'Connection: close') for octets, _ in rows])
    for (_, expected), answer in zip(rows, answers):
        is_answered(*answer, expected + [(200, b'')])


@test('smuggling/a refusal by the head comes at once, in place of 100')
def no_continue(context):
    """RFC 9110 10.1.1: a final status that the head decides, or 100, and neither waits for the body."""
    for octets, status in ((h1(b'PUT /hello HTTP/1.1', AT, b'Expect: 100-continue', BODY), 405),
                           (post(b'Expect: 100-continue', b'Content-Length: +5'), 400),
                           (post(b'Expect: 100-continue', BODY), 100),
                           (echo(b'Expect: 100-continue', CHUNKED), 100)):
        s = socket.create_connection(('127.0.0.1', plain_server(context).port), 5)
        s.sendall(octets)
        got = b''
        while b'\r\n\r\n' not in got:
            part = s.recv(65536)
            check(part, got)
            got += part
        s.close()
        equal(Response(got).status, status)
        check(status == 100 or Response(got).closes,
              'the body is not awaited, and no close is announced: %r' % got)


# ---- our client, and responses that would smuggle ----------------------------------------------------

OK = b'HTTP/1.1 200 OK\r\n'
GOOD = b'Content-Length: 4\r\n\r\nGOOD'
EVIL = b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL'  # behind each answer: the next request's it is not


def coded(body):
    return OK + CHUNKED + b'\r\n\r\n' + body


BAD_ANSWERS = [  # name, octets; the client asks twice, and gives the first of them up or the connection
    ('an empty line before', b'\r\n' + OK + GOOD),
    ('LF before', b'\n' + OK + GOOD),
    ('a space before', b' ' + OK + GOOD),
    ('two spaces behind the version', b'HTTP/1.1  200 OK\r\n' + GOOD),
    ('a tab behind the version', b'HTTP/1.1\t200 OK\r\n' + GOOD),
    ('a tab behind the status', b'HTTP/1.1 200\tOK\r\n' + GOOD),
    ('no space behind the status', b'HTTP/1.1 200OK\r\n' + GOOD),
    ('a sign before the status', b'HTTP/1.1 +200 OK\r\n' + GOOD),
    ('a status in hexadecimal', b'HTTP/1.1 0xC8 OK\r\n' + GOOD),
    ('a status with a letter', b'HTTP/1.1 20O OK\r\n' + GOOD),
    ('a status of full width', b'HTTP/1.1 \xef\xbc\x9200 OK\r\n' + GOOD),
    ('a status with a point', b'HTTP/1.1 200.1 OK\r\n' + GOOD),
    ('status 000', b'HTTP/1.1 000 OK\r\n' + GOOD),
    ('no status', b'HTTP/1.1\r\n' + GOOD),
    ('HTTP/0.9 by name', b'HTTP/0.9 200 OK\r\n' + GOOD),
    ('HTTP/2', b'HTTP/2 200 OK\r\n' + GOOD),
    ('HTTP/1.10', b'HTTP/1.10 200 OK\r\n' + GOOD),
    ('HTTP/01.1', b'HTTP/01.1 200 OK\r\n' + GOOD),
    ('http/1.1', b'http/1.1 200 OK\r\n' + GOOD),
    ('HTTP without a version', b'HTTP 200 OK\r\n' + GOOD),
    ('ICY', b'ICY 200 OK\r\n' + GOOD),
    ('RTSP', b'RTSP/1.0 200 OK\r\n' + GOOD),
    ('a request', get()),
    ('NUL in the reason', b'HTTP/1.1 200 O\0K\r\n' + GOOD),
    ('CR in the reason', b'HTTP/1.1 200 O\rK\r\n' + GOOD),
    ('LF in the reason', b'HTTP/1.1 200 O\nX: y\r\n' + GOOD),
    ('DEL in the reason', b'HTTP/1.1 200 O\x7fK\r\n' + GOOD),
    ('a reason of 64 KiB', b'HTTP/1.1 200 ' + b'x' * 65536 + b'\r\n' + GOOD),
    ('a space before the first field', OK + b' X: y\r\n' + GOOD),
    ('a fold of two numbers', OK + b'Content-Length: 4\r\n 4\r\n\r\nGOOD'),
    ('CR LF CR', OK + b'X: y\r\n\rX: z\r\n' + GOOD),
    ('LF LF for the end of the head', OK + b'Content-Length: 4\n\nGOOD'),
    ('two lengths that differ, in a list', OK + b'Content-Length: 4, 5\r\n\r\nGOOD'),
    ('two lengths, 4 and 0', OK + b'Content-Length: 4\r\nContent-Length: 0\r\n\r\nGOOD'),
    ('CL.TE', OK + b'Content-Length: 4\r\n' + CHUNKED + b'\r\n\r\n0\r\n\r\n'),
    ('CL.TE with gzip', OK + b'Content-Length: 4\r\n' + TE + b'gzip\r\n\r\nGOOD'),
    ('TE twice', OK + CHUNKED + b'\r\n' + CHUNKED + b'\r\n\r\n0\r\n\r\n'),
    ('TE in HTTP/1.0', b'HTTP/1.0 200 OK\r\n' + CHUNKED + b'\r\n\r\n0\r\n\r\n'),
    ('TE in HTTP/1.0 that keeps alive', b'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n' + CHUNKED +
     b'\r\n\r\n0\r\n\r\n'),
    ('gzip, chunked', OK + TE + b'gzip, chunked\r\n\r\n0\r\n\r\n'),
    ('chunked, chunked', OK + TE + b'chunked, chunked\r\n\r\n0\r\n\r\n'),
    ('a space before the colon of TE', OK + b'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'),
    ('a vertical tab before chunked', OK + TE + b'\x0bchunked\r\n\r\n0\r\n\r\n'),
    ('a body behind 100', b'HTTP/1.1 100 X\r\nContent-Length: 4\r\n\r\nEVIL' + OK + GOOD),
    ('chunks behind 103', b'HTTP/1.1 103 X\r\n' + CHUNKED + b'\r\n\r\n4\r\nEVIL\r\n0\r\n\r\n' + OK + GOOD),
    ('101 that nobody asked for', b'HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n' + OK + GOOD),
    ('1,000 interim answers', b'HTTP/1.1 102 X\r\n\r\n' * 1000 + OK + GOOD),
    ('an interim answer that is malformed', b'HTTP/1.1 103 X\r\nX : y\r\n\r\n' + OK + GOOD),
    ('a body behind 204', b'HTTP/1.1 204 X\r\n' + GOOD),
    ('chunks behind 204', b'HTTP/1.1 204 X\r\n' + CHUNKED + b'\r\n\r\n4\r\nEVIL\r\n0\r\n\r\n'),
    ('a body behind 304', b'HTTP/1.1 304 X\r\n' + GOOD),
    ('two answers for one request', OK + GOOD + OK + GOOD),
    ('an answer, and an interim one behind it', OK + GOOD + b'HTTP/1.1 100 X\r\n\r\n'),
    ('an answer, and CR LF behind it', OK + GOOD + b'\r\n'),
    ('an answer, and one octet behind it', OK + GOOD + b'x'),
]


def bad_answers():
    yield from BAD_ANSWERS
    yield from (('Content-Length: ' + name, OK + b'Content-Length: ' + value + b'\r\n\r\nGOODx')
                for name, value in LENGTHS)
    yield from (('a chunk size with ' + name, coded(size + b'\r\nabcde\r\n0\r\n\r\n')) for name,
                size in SIZES)
    yield from (('a chunk extension with ' + name, coded(b'5' + octets + b'\r\nabcde\r\n0\r\n\r\n'))
                for name, octets in EXTENSIONS)
    yield from (('a trailer with ' + name, coded(b'0\r\n' + octets + b'\r\n\r\n'))
                for name, octets in TRAILERS if 'fold' not in name)


def bad_answer(name, octets):
    @test('smuggling/client refuses: ' + name)
    def one(context):
        status, out, said = broken.ask(context, octets + EVIL, '--http1.1', '-n', '2')
        equal(status, 1, 'the exit status (%r, %r)' % (out, said))
        check(b'EVIL' not in out and out.count(b'GOOD') < 2, 'what came out: %r' % out)
        broken.one_sentence(said)


for _row in bad_answers():
    bad_answer(*_row)

CLOSE = b'Connection: close\r\n'
GOOD_ANSWERS = [  # name, octets, what comes out of two requests; whatever stands behind belongs to nobody
    ('Connection: close', OK + CLOSE + GOOD, b'GOODGOOD'),
    ('CLOSE in a list', OK + b'Connection: x,, CLOSE\r\n' + GOOD, b'GOODGOOD'),
    ('HTTP/1.0', b'HTTP/1.0 200 OK\r\n' + GOOD, b'GOODGOOD'),
    ('a reason above ASCII', b'HTTP/1.1 200 \xc3\xb6\xff\t!\r\n' + CLOSE + GOOD, b'GOODGOOD'),
    ('an empty reason', b'HTTP/1.1 200 \r\n' + CLOSE + GOOD, b'GOODGOOD'),
    ('a status that nobody knows', b'HTTP/1.1 299 X\r\n' + CLOSE + GOOD, b'GOODGOOD'),
    ('status 599', b'HTTP/1.1 599 X\r\n' + CLOSE + GOOD, b'GOODGOOD'),
    ('names in other letters', OK + CLOSE + b'cONTENT-lENGTH: 4\r\n\r\nGOOD', b'GOODGOOD'),
    ('a folded Transfer-Encoding',
     OK + CLOSE + b'Transfer-Encoding:\r\n chunked\r\n\r\n4\r\nGOOD\r\n0\r\n\r\n',
     b'GOODGOOD'),
    ('chunks, then Connection: close', OK + CLOSE + CHUNKED + b'\r\n\r\n4\r\nGOOD\r\n0\r\n\r\n', b'GOODGOOD'),
    ('16 interim answers', b'HTTP/1.1 103 X\r\nLink: y\r\n\r\n' * 16 + OK + CLOSE + GOOD, b'GOODGOOD'),
    ('204 with a length', b'HTTP/1.1 204 X\r\n' + CLOSE + b'Content-Length: 4\r\n\r\n', b''),
    ('204 with a coding', b'HTTP/1.1 204 X\r\n' + CLOSE + CHUNKED + b'\r\n\r\n', b''),
    ('304 with a length', b'HTTP/1.1 304 X\r\n' + CLOSE + b'Content-Length: 4\r\n\r\n', b''),
    ('zeros before a length', OK + CLOSE + b'Content-Length: 00000004\r\n\r\nGOOD', b'GOODGOOD'),
]


def good_answer(name, octets, expected):
    @test('smuggling/client takes: ' + name)
    def one(context):
        equal(broken.ask(context, octets + EVIL, '--http1.1', '-n', '2'), (0, expected, b''))


for _row in GOOD_ANSWERS:
    good_answer(*_row)


@test('smuggling/client: a body until the close is all that comes, and nothing is asked behind it')
def until_close(context):
    equal(broken.ask(context, OK + b'\r\nGOOD' + EVIL, '--http1.1'), (0, b'GOOD' + EVIL, b''))


@test('smuggling/client: HEAD has no body, whatever is said of one')
def no_body(context):
    for fields in (b'Content-Length: 4\r\n', CHUNKED + b'\r\n', b''):
        octets = OK + CLOSE + fields + b'\r\n'
        equal(broken.ask(context, octets + EVIL, '--http1.1', '-X', 'HEAD', '-n', '2'), (0, b'', b''))
        status, out, _ = broken.ask(context, OK + fields + b'\r\n' + EVIL, '--http1.1', '-X', 'HEAD', '-n',
                                    '2')
        equal((status, out), (1, b''))


class Dribble(broken.OneAnswer):
    """Sends its answer octet by octet."""

    def answer(self, peer):
        peer.settimeout(5)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.recv(65536)
        for i in range(len(self.octets)):
            peer.sendall(self.octets[i:i + 1])
            time.sleep(0.0001)
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(65536):
            pass


@test('smuggling/client: octet by octet the answers are the same')
def dribbled(context):
    behind = ('two answers', 'an answer', 'a body behind 2', 'a body behind 3', 'chunks behind 2')
    rows = [(octets, 1, None) for name, octets in BAD_ANSWERS  # `behind`: one request is answered well
            if len(octets) < 300 and not name.startswith(behind)]
    rows += [(octets, 0, expected[:len(expected) // 2]) for _, octets, expected in GOOD_ANSWERS]
    servers = [Dribble(octets) for octets, _, _ in rows]
    clients = [context.start([context.client, '--http1.1',
                              'http://127.0.0.1:%d/' % each.port]) for each in servers]
    for (octets, status, expected), client, server in zip(rows, clients, servers):
        equal(client.process.wait(20), status, 'the exit status for %r (%s)' % (octets, client.said()))
        check(expected is None or client.said() == expected.decode(), client.said())
        server.close()


@test('smuggling/the servers end well')
def end_well(context):
    for name in ('smuggling server', 'smuggling echo'):
        if name in context.shared:
            ended_well(context.shared.pop(name))
