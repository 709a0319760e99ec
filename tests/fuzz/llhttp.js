// llhttp.js PROGRAM: HTTP/1 messages through h2neg's pieces (llhttp.c) and through llhttp, the parser of Node.js,
// which is made strict. What both take must be the same message: method, target, version, status, fields, trailers,
// body. Where one takes what the other refuses, or they differ in what they take, the difference is on the list
// below, with what the RFC says; each entry must have been met. The messages are a table, mutations of it, and the
// packed inputs of the fuzz targets that are HTTP/1. The last line is counts.
'use strict';
const fs = require('fs');
const path = require('path');
const { spawnSync } = require('child_process');
const { HTTPParser, methods } = require('_http_common');

// ---- messages ---------------------------------------------------------------------------------------------------

const requestHeads = [
    'GET / HTTP/1.1', 'GET / HTTP/1.0', 'HEAD /a?b=c&d HTTP/1.1', 'POST /a HTTP/1.1', 'PUT /%41 HTTP/1.1',
    'OPTIONS * HTTP/1.1', 'CONNECT a:443 HTTP/1.1', 'CONNECT a HTTP/1.1', 'GET http://a/b?c HTTP/1.1',
    'GET http://u@a/ HTTP/1.1', 'GET https://[::1]:8/ HTTP/1.1', 'GET a HTTP/1.1', 'GET * HTTP/1.1',
    'GET /a#b HTTP/1.1', 'GET /a b HTTP/1.1', 'GET  / HTTP/1.1', 'GET /  HTTP/1.1', 'GET\t/ HTTP/1.1', ' GET / HTTP/1.1',
    'get / HTTP/1.1', 'G@T / HTTP/1.1', 'XYZZY / HTTP/1.1', 'GET / HTTP/1.2', 'GET / HTTP/2.0', 'GET / HTTP/0.9',
    'GET / HTTP/1.10', 'GET / http/1.1', 'GET / HTTP/01.1', 'GET / HTTP/1', 'GET /', 'GET', 'GET / HTTP/1.1 ',
    'GET /\x80 HTTP/1.1', 'GET /\x01 HTTP/1.1', 'GET /\x7f HTTP/1.1', 'GET /"<>\\^`{|} HTTP/1.1', 'GET /%zz HTTP/1.1',
    'PRI * HTTP/2.0', 'SOURCE / ICE/1.0', 'ANNOUNCE rtsp://a/ RTSP/1.0', 'GET ? HTTP/1.1', 'GET //a HTTP/1.1',
];
const responseHeads = [
    'HTTP/1.1 200 OK', 'HTTP/1.0 200 OK', 'HTTP/1.1 200 ', 'HTTP/1.1 200', 'HTTP/1.1 204 No Content',
    'HTTP/1.1 304 Not Modified', 'HTTP/1.1 100 Continue', 'HTTP/1.1 999 What', 'HTTP/1.1 099 What', 'HTTP/1.1 20 OK',
    'HTTP/1.1 2000 OK', 'HTTP/1.1 2x0 OK', 'HTTP/1.1  200 OK', 'HTTP/1.1\t200 OK', 'HTTP/1.1 200\tOK', 'HTTP/1.1 200  OK',
    'HTTP/1.1 200 \x80', 'HTTP/1.1 200 \x01', 'HTTP/1.1 200 a\tb', 'HTTP/1.2 200 OK', 'HTTP/2.0 200 OK', 'HTTP/2 200',
    'http/1.1 200 OK', 'ICY 200 OK', 'HTTP/1.1 200OK', 'HTTP/1.1 101 Switching Protocols', ' HTTP/1.1 200 OK',
    'HTTP/1.1 +20 OK', 'HTTP/1.1 205 Reset Content',
];
const fieldLines = [
    '', 'X: y', 'X:y', 'X:', 'X: ', 'X:\t y \t', 'X: a, b', 'X : y', ' X: y', 'X\t: y', ': y', 'X', 'X Y: z', 'X(: y', 'X\x80: y',
    'X: \x80', 'X: \x01', 'X: \x7f', 'X: a\tb', 'X: a\x00b', 'X: y\r\n z', 'X: y\r\n\tz', 'X: y\r\n ', 'X: y\rZ: w', 'X: y\nZ: w',
    'X: y\r\r\nZ: w', 'X: y\n\r\nZ: w', 'Content-Length: 3', 'Content-Length: 0', 'Content-Length: +3',
    'Content-Length: -3', 'Content-Length: 3 ', 'Content-Length: 3, 3', 'Content-Length: 3\r\nContent-Length: 3',
    'Content-Length: 3\r\nContent-Length: 4', 'Content-Length: 0x3', 'Content-Length: 3 3', 'Content-Length:',
    'Content-Length: 00000000000000000000003', 'Content-Length: 18446744073709551616',
    'Content-Length: 9223372036854775808', 'Content-Length : 3', 'Transfer-Encoding: chunked',
    'Transfer-Encoding: Chunked', 'Transfer-Encoding: chunked, chunked', 'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: chunked, gzip', 'Transfer-Encoding: gzip', 'Transfer-Encoding: identity',
    'Transfer-Encoding: xchunked', 'Transfer-Encoding: chunked;a=b', 'Transfer-Encoding: "chunked"', 'Transfer-Encoding:',
    'Transfer-Encoding: ,chunked', 'Transfer-Encoding: chunked,', 'Transfer-Encoding:\tchunked',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', 'Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: chunked\r\nContent-Length: 3', 'Content-Length: 3\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: gzip\r\nContent-Length: 3', 'Connection: close', 'Connection: keep-alive',
    'Connection: Upgrade\r\nUpgrade: websocket', 'Upgrade: h2c', 'Host: b', 'Host: a b', 'Host: [::1', 'Host: a:x', 'Host:',
    'Expect: 100-continue',
];
const chunkeds = [
    '0\r\n\r\n', '3\r\nabc\r\n0\r\n\r\n', '3\r\nabc\r\n', '3\r\nab', '003\r\nabc\r\n0\r\n\r\n', '000\r\n\r\n', 'A\r\n0123456789\r\n0\r\n\r\n',
    'a\r\n0123456789\r\n0\r\n\r\n', 'g\r\n', '\r\n', '3 \r\nabc\r\n0\r\n\r\n', '3\t\r\nabc\r\n0\r\n\r\n', ' 3\r\nabc\r\n0\r\n\r\n',
    '3;\r\nabc\r\n0\r\n\r\n', '3;a\r\nabc\r\n0\r\n\r\n', '3;a=b\r\nabc\r\n0\r\n\r\n', '3;a="b;\\"c"\r\nabc\r\n0\r\n\r\n',
    '3 ;a\r\nabc\r\n0\r\n\r\n', '3; a = b\r\nabc\r\n0\r\n\r\n', '3;a="b\r\nabc\r\n0\r\n\r\n', '3;a=b c\r\nabc\r\n0\r\n\r\n', '3;=b\r\nabc\r\n0\r\n\r\n',
    '3;a=\r\nabc\r\n0\r\n\r\n', '3;a=b;c\r\nabc\r\n0\r\n\r\n', '3;a\x01\r\nabc\r\n0\r\n\r\n', '3;a\x80\r\nabc\r\n0\r\n\r\n', '3\nabc\r\n0\r\n\r\n', '3\rabc\r\n0\r\n\r\n',
    '3\r\nabc\n0\r\n\r\n', '3\r\nabcd\r\n0\r\n\r\n', '3\r\nabc0\r\n\r\n', '3\r\nabc\r\n0\n\r\n', '3\r\nabc\r\n0\r\n\n', '3\r\nabc\r\n\r\n0\r\n\r\n',
    '0x3\r\nabc\r\n0\r\n\r\n', '-3\r\nabc\r\n0\r\n\r\n', '+3\r\nabc\r\n0\r\n\r\n', '3.0\r\nabc\r\n0\r\n\r\n', '1000000000000000000000\r\n',
    'ffffffffffffffff\r\n', 'fffffffffffffff\r\n', '0\r\nX: y\r\n\r\n', '0\r\nX : y\r\n\r\n', '0\r\nX: y\r\n z\r\n\r\n', '0\r\nContent-Length: 3\r\n\r\n',
    '0\r\nTransfer-Encoding: chunked\r\n\r\n', '0\r\nX\r\n\r\n', '0\r\nX: \x01\r\n\r\n', '0;a=b\r\n\r\n', '3\r\nabc\r\n00000\r\n\r\n',
];

// The inputs of a pack: one behind the other, each behind three octets of length.
function* pack(name) {
    const file = path.join(__dirname, 'corpus', name + '.pack');
    const octets = fs.readFileSync(file);
    for (let at = 0; at + 3 <= octets.length;) {
        const n = octets.readUIntBE(at, 3);
        yield octets.subarray(at + 3, at + 3 + n);
        at += 3 + n;
    }
}

const chunkedRequest = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
const chunkedResponse = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

// An octet taken away, added or changed at each place.
function* mutations(text) {
    for (let i = 0; i <= text.length; i++) {
        yield text.slice(0, i) + text.slice(i + 1);
        for (const octet of '\r\n\t :;,\0\x7f\x80a0"')
            yield text.slice(0, i) + octet + text.slice(i), yield text.slice(0, i) + octet + text.slice(i + 1);
    }
}

function* messages() {
    const one = (kind, from, octets) => ({ kind, from, octets: Buffer.from(octets, 'latin1') });
    for (const head of requestHeads)
        yield one('request', 'table', head + '\r\nHost: a\r\n\r\n'), yield one('request', 'table', head + '\r\n\r\n');
    for (const head of responseHeads)
        yield one('response', 'table', head + '\r\nContent-Length: 0\r\n\r\n');
    for (const line of fieldLines)
        for (const end of ['abc', '3\r\nabc\r\n0\r\n\r\n'])
            for (const minor of [0, 1]) {
                const fields = (line && line + '\r\n') + '\r\n' + end;
                yield one('request', 'table', `POST / HTTP/1.${minor}\r\nHost: a\r\n${fields}`);
                yield one('request', 'table', `GET / HTTP/1.${minor}\r\n${fields}`);
                for (const status of [200, 204, 304])
                    yield one('response', 'table', `HTTP/1.${minor} ${status} OK\r\n${fields}`);
            }
    for (const body of chunkeds)
        yield one('request', 'table', chunkedRequest + body), yield one('response', 'table', chunkedResponse + body);
    for (const text of mutations('\r\nPOST /a?b HTTP/1.1\r\nHost: a\r\nX: y z\r\nContent-Length: 3\r\n\r\nabc'))
        yield one('request', 'mutation', text);
    for (const text of mutations(chunkedRequest + '2;a=b\r\nab\r\n0\r\nX: y\r\n\r\n'))
        yield one('request', 'mutation', text);
    for (const text of mutations('HTTP/1.1 200 OK\r\nX: y z\r\nContent-Length: 3\r\n\r\nabc'))
        yield one('response', 'mutation', text);
    for (const input of pack('h1_head'))
        if (input[0] % 4 % 3 < 2)
            yield { kind: input[0] % 4 % 3 ? 'response' : 'request', from: 'h1_head', octets: input.subarray(2) };
    for (const input of pack('differ_h1'))
        yield { kind: input[0] & 1 ? 'response' : 'request', from: 'differ_h1', octets: input.subarray(1) };
    for (const [name, head] of [['chunked', 2], ['differ_chunked', 0]])
        for (const input of pack(name))
            for (const [kind, start] of [['request', chunkedRequest], ['response', chunkedResponse]])
                yield { kind, from: name, octets: Buffer.concat([Buffer.from(start), input.subarray(head)]) };
    for (const name of ['conn_h1', 'conn_h1_client'])
        for (const input of pack(name))
            yield { kind: name === 'conn_h1' ? 'request' : 'response', from: name, octets: input.subarray(8) };
}

// ---- llhttp -----------------------------------------------------------------------------------------------------

// What it says of the first message: { error } or { more } or what the message is.
function llhttp(kind, octets, closed) {
    const parser = new HTTPParser();
    const seen = { done: false, fields: [], body: [] };
    parser.initialize(kind === 'request' ? HTTPParser.REQUEST : HTTPParser.RESPONSE, {}, 1 << 20, HTTPParser.kLenientNone);
    parser[HTTPParser.kOnHeaders] = (list, url) => {
        if (seen.done) return;
        seen.fields.push(...list);
        if (!seen.head) seen.target = (seen.target || '') + url; // of more than 32 fields it tells a part sooner
    };
    parser[HTTPParser.kOnHeadersComplete] = (major, minor, list, method, url, status, reason, upgrade, keep) => {
        if (seen.done) return 0;
        if (list) seen.fields.push(...list);
        Object.assign(seen, { head: true, major, minor, status: status || 0, reason: reason || '', keep,
            method: kind === 'request' ? methods[method] : '', target: url || seen.target || '' });
        return 0;
    };
    parser[HTTPParser.kOnBody] = (part) => { if (!seen.done) seen.body.push(Buffer.from(part)); };
    parser[HTTPParser.kOnMessageComplete] = () => { seen.done = true; };
    let result = parser.execute(octets);
    if (!(result instanceof Error) && !seen.done && closed)
        result = parser.finish() || result;
    if (!seen.done && result instanceof Error)
        return { error: `${result.code}: ${result.reason}` };
    if (!seen.done)
        return { more: true };
    return seen;
}

// ---- what differs, and why --------------------------------------------------------------------------------------

const bodiless = (m, ours) => m.kind === 'response' && (ours.status === 204 || ours.status === 304);
const noBody = [bodiless, 'RFC 9112 6.3, rule 1: a 204 or 304 ends at its empty line, whatever its fields say'];
const any = () => true;

// Ours refuses, by our error; llhttp takes the message or waits for more of it.
const stricter = {
    H1_BARE_LF: 'RFC 9112 2.2: lines end in CRLF; LF alone may be taken, and is where it is asked for',
    H1_BARE_CR: 'RFC 9112 2.2: a CR that LF does not follow is invalid, before a request and behind a status line too',
    H1_EMPTY_LINES: 'RFC 9112 2.2: at least one empty line before a request is passed over; ours passes two over',
    H1_CTL: 'RFC 9112 4: a reason is HTAB, SP, VCHAR and obs-text',
    H1_HOST: 'RFC 9112 3.2: 400 where Host is missing, repeated or invalid; llhttp leaves it to who uses it',
    H1_REQUEST_LINE: 'RFC 9112 3: method SP target SP version; not HTTP/0.9, RTSP, ICE, or more spaces',
    H1_TARGET: 'RFC 9112 3.2: the asterisk is of OPTIONS, CONNECT has a port; RFC 9110 4.2.4: no userinfo; no fragment',
    H1_VERSION: 'RFC 9112 2.3: version 1 is what both sides speak here; llhttp takes 0.9 and 2.0 in this syntax',
    H1_STATUS_LINE: 'RFC 9112 4: the space behind the status is there without a reason too; RFC 9110 15: 100 to 999',
    BODY_CODING: 'RFC 9112 6.1: 501 to a coding that is not understood; llhttp leaves codings to who uses it',
    BODY_LENGTH: 'RFC 9110 8.6: numbers that are too large are an error; above 2^63-1 and more than 19 digits here',
    BODY_TRANSFER: 'RFC 9112 6.1: not in HTTP/1.0, chunked once; one field line, without empty elements, by our choice',
    CHUNK_EXTENSION: 'RFC 9112 7.1.1: a name, and a value behind "="',
    CHUNK_SIZE: 'RFC 9112 7.1: sizes that are too large are an error; 16 digits, 13 behind leading zeros here',
    TRAILER_FIELD: 'RFC 9110 6.5.1: what frames, routes or controls is no trailer; llhttp gives them all',
};

// llhttp refuses, by its error, what ours takes: each with when that is right.
const wider = {
    'HPE_INVALID_METHOD: Invalid method encountered': [any, 'RFC 9110 9.1: any token is a method; llhttp has a list'],
    'HPE_INVALID_METHOD: Expected space after method': [any, 'RFC 9110 9.1: any token is a method; llhttp has a list'],
    'HPE_INVALID_VERSION: Invalid HTTP version': [(m, ours) => ours.minor === 1,
        'RFC 9110 2.5: a higher minor version is read as the highest that is known'],
    'HPE_INVALID_URL: Unexpected char in url schema': [any, 'RFC 3986 3.1: a scheme may have digits, "+", "-", "."'],
    'HPE_INVALID_CHUNK_SIZE: Invalid character in chunk size': [(m) => /[0-9a-f][ \t]+;/i.test(m.text),
        'RFC 9112 7.1.1: white space may stand before the ";" of an extension (BWS)'],
    'HPE_STRICT: Invalid character in chunk extensions': [(m) => /;[ \t]/.test(m.text), 'RFC 9112 7.1.1: BWS'],
    'HPE_STRICT: Invalid character in chunk extensions name': [(m) => /[;=][ \t]|[ \t]=/.test(m.text),
        'RFC 9112 7.1.1: BWS'],
    'HPE_STRICT: Invalid character in chunk extensions value': [(m) => /=[ \t]/.test(m.text), 'RFC 9112 7.1.1: BWS'],
    'HPE_INVALID_TRANSFER_ENCODING: Request has invalid `Transfer-Encoding`': [(m) => /chunked\t/i.test(m.text),
        'RFC 9112 5: HTAB behind a value is white space (OWS) too'],
    'HPE_INVALID_HEADER_TOKEN: Unexpected whitespace after header value': [(m) => m.kind === 'response',
        'RFC 9112 5.2: a folded line of a response is read as spaces'],
    'HPE_INVALID_HEADER_TOKEN: Invalid header value char': [(m) => m.kind === 'response',
        'RFC 9112 5.2: a folded line of a response is read as spaces'],
    'HPE_INVALID_CONTENT_LENGTH: Invalid character in Content-Length': [
        (m, ours) => /Content-Length: *3\t/i.test(m.text) || bodiless(m, ours),
        'RFC 9112 5: HTAB behind a value is white space (OWS) too; and rule 1 of 6.3'],
    "HPE_INVALID_CONTENT_LENGTH: Content-Length can't be present with Transfer-Encoding": noBody,
    'HPE_INVALID_CONTENT_LENGTH: Content-Length overflow': noBody,
    'HPE_INVALID_CONTENT_LENGTH: Empty Content-Length': noBody,
    "HPE_INVALID_TRANSFER_ENCODING: Transfer-Encoding can't be present with Content-Length": noBody,
    'HPE_UNEXPECTED_CONTENT_LENGTH: Duplicate Content-Length': noBody,
};

// Ours waits for more, llhttp has a whole message.
const longer = [(m) => m.text.startsWith('CONNECT '), 'RFC 9112 6.3: Content-Length frames what follows, in CONNECT too'];

const met = new Set();
function listed(list, key, entry, m, ours) {
    if (!entry || !entry[0](m, ours)) return false;
    met.add(list + key);
    return true;
}

const latin = (hex) => Buffer.from(hex, 'hex').toString('latin1');
function same(m, ours, theirs) {
    const fields = [...ours.fields, ...ours.trailers].flatMap((f) => [latin(f.name), latin(f.value)]);
    const persists = ours.persists === 1 && ours.frame !== 'close';
    return persists === theirs.keep && latin(ours.method) === theirs.method &&
        latin(ours.target) === theirs.target && ours.status === theirs.status &&
        theirs.major === 1 && ours.minor === Math.min(theirs.minor, 1) && latin(ours.reason) === theirs.reason &&
        ours.body === Buffer.concat(theirs.body).toString('hex') && JSON.stringify(fields) === JSON.stringify(theirs.fields);
}

// Whether a message is alike for both, or the difference on the list. What ours waits for and llhttp refuses already
// is no difference: ours tells some errors at the end of a head.
function agreed(m, ours, theirs) {
    if (ours.error)
        return Boolean(theirs.error) ||
            listed('stricter ', ours.error, stricter[ours.error] && [any, stricter[ours.error]], m, ours);
    if (ours.more !== undefined)
        return !theirs.done || listed('longer', '', longer, m, ours);
    if (theirs.error)
        return listed('wider ', theirs.error, wider[theirs.error], m, ours);
    return theirs.done ? same(m, ours, theirs) : false;
}

function main(program) {
    const all = [...messages()];
    const input = Buffer.concat(all.flatMap((m) => [Buffer.from(`${m.kind} ${m.octets.length}\n`), m.octets]));
    const run = spawnSync(program, { input, maxBuffer: 1 << 28 });
    const answers = run.stdout.toString().trim().split('\n');
    if (run.status !== 0 || answers.length !== all.length) {
        console.log(`${program}: status ${run.status}, ${answers.length} answers to ${all.length} messages`);
        process.exit(2);
    }
    let passed = 0, failed = 0, whole = 0;
    all.forEach((m, i) => {
        const ours = JSON.parse(answers[i]);
        // Of what is behind the first message llhttp is told nothing.
        const theirs = llhttp(m.kind, ours.used ? m.octets.subarray(0, ours.used) : m.octets, ours.frame === 'close');
        m.text = m.octets.toString('latin1');
        whole += ours.used > 0 && theirs.done ? 1 : 0;
        if (agreed(m, ours, theirs)) { passed++; return; }
        failed++;
        theirs.body = theirs.body && Buffer.concat(theirs.body).toString('hex');
        console.log(`${m.kind} of ${m.from}: ${JSON.stringify(m.text)}`);
        console.log(`    ours ${answers[i]}\n    llhttp ${JSON.stringify(theirs)}`);
    });
    const keys = [...Object.keys(stricter).map((k) => 'stricter ' + k),
        ...Object.keys(wider).map((k) => 'wider ' + k), 'longer'];
    for (const key of keys)
        if (met.has(key)) passed++;
        else failed++, console.log(`on the list and never met: ${key}`);
    console.log(`${whole} messages that both take alike; ${keys.length} kinds of differences`);
    console.log(`${passed} passed, ${failed} failed, 0 skipped`);
    process.exit(failed ? 1 : 0);
}

main(process.argv[2]);
