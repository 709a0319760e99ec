/* mutate.h: mutations that know what HTTP/2 frames, WebSocket frames, HTTP/1 lines and
   length-prefixed blocks look like, so that most of what they make goes past the first check. Seeds
   are made from the same templates. Include it behind base.h and conn.h. */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

enum {
    SHAPE_OCTETS,
    SHAPE_LINES,
    SHAPE_HTTP,
    SHAPE_FRAMES,
    SHAPE_WS,
    SHAPE_WS_UNMASKED,
    SHAPE_BLOCKS
};

/* ---- units: where the input can be taken apart --------------------------- */

typedef struct unit {
    size_t at, len;
} unit;
enum { UNITS = 400 };

/* One unit's length at `p`: 0 at the end; whatever is cut or odd is one unit to the end. */
static size_t unit_len(int shape, const unsigned char *p, size_t n)
{
    size_t len;
    const void *end;
    if (n == 0)
        return 0;
    switch (shape) {
    case SHAPE_FRAMES:
        len = n < 9 ? n : 9 + ((size_t)p[0] << 16 | (size_t)p[1] << 8 | p[2]);
        return len < n ? len : n;
    case SHAPE_WS:
    case SHAPE_WS_UNMASKED:
        if (n < 2)
            return n;
        len = p[1] & 127;
        if (len == 126 && n >= 4)
            len = 4 + ((size_t)p[2] << 8 | p[3]);
        else if (len == 127 && n >= 10)
            len = 10 + ((size_t)p[8] << 8 | p[9]);
        else
            len += 2;
        len += p[1] & 128 ? 4 : 0;
        return len < n ? len : n;
    case SHAPE_BLOCKS: /* one octet, two of length (14 bits), a block */
        len = n < 3 ? n : 3 + ((size_t)(p[1] & 0x3f) << 8 | p[2]);
        return len < n ? len : n;
    case SHAPE_LINES:
    case SHAPE_HTTP:
        end = memchr(p, '\n', n);
        return end ? (size_t)((const unsigned char *)end - p) + 1 : n;
    default: return n < 4 ? n : 4;
    }
}

static size_t units_of(int shape, const unsigned char *p, size_t n, unit *units)
{
    size_t at = 0, count = 0;
    while (at < n && count < UNITS) {
        units[count].at = at;
        units[count].len = count + 1 < UNITS ? unit_len(shape, p + at, n - at) : n - at;
        at += units[count].len;
        count++;
    }
    return count;
}

/* ---- templates ----------------------------------------------------------- */

#define PICK_ONE(d, array) ((array)[dice_below(d, (unsigned)(sizeof(array) / sizeof(array)[0]))])

static const char *const line_rows[] = {
    "GET / HTTP/1.1\r\n",
    "POST /0 HTTP/1.1\r\n",
    "HEAD /3 HTTP/1.0\r\n",
    "CONNECT b:80 HTTP/1.1\r\n",
    "OPTIONS * HTTP/1.1\r\n",
    "GET http://a/4?q HTTP/1.1\r\n",
    "PRI * HTTP/2.0\r\n",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.0 404 \r\n",
    "HTTP/1.1 100 Continue\r\n",
    "HTTP/1.1 101 Switching Protocols\r\n",
    "HTTP/1.1 204 No Content\r\n",
    "HTTP/1.1 304 Not Modified\r\n",
    "Host: a\r\n",
    "Content-Length: 5\r\n",
    "Content-Length: 0\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive, upgrade\r\n",
    "Connection: Upgrade, HTTP2-Settings\r\n",
    "Upgrade: h2c\r\n",
    "Upgrade: websocket\r\n",
    "Upgrade: foo\r\n",
    "HTTP2-Settings: AAMAAABkAAQAAP__\r\n",
    "Sec-WebSocket-Key: " WS_ASKED "\r\n",
    "Sec-WebSocket-Accept: " WS_ACCEPTED "\r\n",
    "Sec-WebSocket-Version: 13\r\n",
    "Sec-WebSocket-Protocol: chat, superchat\r\n",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
    "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=\"9\"\r\n",
    "Origin: http://a\r\n",
    "Expect: 100-continue\r\n",
    "Cookie: a=b\r\n",
    " folded\r\n",
    "X-A: b\n",
    "X-A : b\r\n",
    "TE: trailers\r\n",
    "\r\n",
    "\r\n",
    "hello",
    "5\r\nhello\r\n",
    "3;a=\"b\"\r\nabc\r\n",
    "0\r\n\r\n",
    "0\r\nX-T: 1\r\n\r\n",
    "fffffffffffff\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ":method: GET\n",
    ":path: /\n",
    ":scheme: https\n",
    ":authority: a\n",
    ":status: 200\n",
    ":protocol: websocket\n",
    "cookie: a=b\n",
    "content-length: 5\n",
    "te: trailers\n",
    "host: a\n",
    "priority: u=1, i\n",
};

/* Whole messages of HTTP/1. */
#define ROW_H2C                                                                                    \
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
#define ROW_WS                                                                                     \
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"                   \
    "Sec-WebSocket-Key: " WS_ASKED "\r\n"
static const char *const message_rows[] = {
    "GET /0 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /c HTTP/1.1\r\nHost: a\r\n\r\n",
    "HEAD /3 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /b HTTP/1.0\r\n\r\n",
    "POST /f HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
    "PUT /7 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: "
    "y\r\n\r\n",
    "GET /2 HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: foo, bar\r\n\r\noctets",
    "POST /2 HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: foo\r\nContent-Length: "
    "2\r\n\r\nxxyy",
    "CONNECT b:80 HTTP/1.1\r\nHost: b:80\r\n\r\noctets",
    "GET /0 HTTP/1.1\r\nHost: a\r\n" ROW_H2C "\r\n" H2NEG_PREFACE "\0",
    "POST /3 HTTP/1.1\r\nHost: a\r\n" ROW_H2C "Content-Length: 5\r\n\r\nhello" H2NEG_PREFACE,
    "POST /c HTTP/1.1\r\nHost: a\r\n" ROW_H2C
    "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello" H2NEG_PREFACE,
    "GET /2 HTTP/1.1\r\nHost: a\r\n" ROW_WS "\r\n\x81\x85\x01\x01\x01\x01hello",
    "GET /1 HTTP/1.1\r\nHost: a\r\n" ROW_WS "Sec-WebSocket-Protocol: chat\r\n\r\n",
    "GET /1 HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\n" ROW_WS "\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end",
    "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
    "HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\noctets",
    "HTTP/1.1 426 U\r\nUpgrade: h2c\r\nConnection: upgrade\r\nContent-Length: 0\r\n\r\n",
    WAY_ACCEPTED "\r\n\x81\5hello\x88\2\3\xe8",
};

static const char *const head_rows[] = {
    REQ("GET", "/0"),
    REQ("GET", "/3") "cookie: a=b\ncookie: c=d\n",
    REQ("POST", "/c") "content-length: 5\n",
    REQ("POST", "/b") "expect: 100-continue\n",
    REQ("HEAD", "/6") "te: trailers\n",
    REQ("GET", "/8") "priority: u=1, i\n",
    REQ("GET", "/4") "connection: x\n",
    ":method: CONNECT\n:authority: b:80\n",
    (":method: CONNECT\n:protocol: websocket\n:scheme: http\n:authority: a\n:path: /ws\n"
     "sec-websocket-version: 13\n"),
    ":method: CONNECT\n:protocol: foo\n:scheme: http\n:authority: a\n:path: /\n",
    ":status: 200\n",
    ":status: 200\ncontent-length: 5\n",
    ":status: 103\nlink: a\n",
    ":status: 404\n",
    ":status: 204\n",
    "x-trailer: 1\n",
    ":status: 101\n",
};

/* HPACK of other forms than put_block's. */
static const char *const block_rows[] = {
    "828684418cf1e3c2e5f23a6ba0ab90f4ff",
    "828684be58086e6f2d6361636865",
    "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
    "8287854187",
    "3fe11f8286844101618284",
    "20828684",
    "203fe11f82868441016120",
    "88",
    "8840017801790f",
    "100470617468012f",
    "7fffffffff0f",
    "88c0c1c2bfbe",
    "400161ff",
    "82868441018f7a8bffffff",
};

static void put_hpack_template(buf *b, dice *d)
{
    if (dice_below(d, 3)) {
        put_block(b, PICK_ONE(d, head_rows));
    } else {
        unsigned char raw[64];
        buf_add(b, raw, check_hex(raw, PICK_ONE(d, block_rows)));
    }
}

static void put_frame_template(buf *b, dice *d)
{
    static const char *const settings[] = {"",        "4=0",      "4=10",   "4=2147483647",
                                           "1=0",     "1=64",     "3=1",    "8=1",
                                           "5=16385", "2=0 99=1", "4=65535"};
    uint32_t id = 1 + 2 * dice_below(d, 6);
    buf block = {0, 0, 0};
    size_t cut;
    switch (dice_below(d, 20)) {
    case 0:
    case 1:
    case 2:
        put_hpack_template(&block, d);
        put_frame(b, 1, HEADS | (int)dice_below(d, 2), id, block.p, block.len);
        break;
    case 3: /* cut in two, with the priority of RFC 7540 in front */
        put_hpack_template(&block, d);
        cut = dice_below(d, (unsigned)block.len + 1);
        put_head(b, cut + 5, 1, PRIO | (int)dice_below(d, 2), id);
        put_u32(b, dice_below(d, 9));
        buf_octet(b, 7);
        buf_add(b, block.p, cut);
        put_frame(b, 9, dice_below(d, 4) ? HEADS : 0, id, block.p + cut, block.len - cut);
        break;
    case 4:
    case 5: put_data(b, id, (int)dice_below(d, 2), "hello"); break;
    case 6: put_bulk(b, id, (int)dice_below(d, 2), dice_below(d, 3000)); break;
    case 7: /* padded */
        put_head(b, 10, 0, PADDED | (int)dice_below(d, 2), id);
        buf_octet(b, dice_below(d, 11));
        buf_fill(b, 'p', 9);
        break;
    case 8: put_settings(b, PICK_ONE(d, settings)); break;
    case 9: put_ack(b); break;
    case 10:
        put_ping(b, (int)dice_below(d, 2), dice_below(d, 2) ? "12345678" : "h2neg:\0\1");
        break;
    case 11: put_rst(b, id, dice_below(d, 14)); break;
    case 12: put_window(b, dice_below(d, 2) ? id : 0, dice_below(d, 3) ? 5000 : 0x7fffffff); break;
    case 13: put_goaway(b, dice_below(d, 9), dice_below(d, 3), "bye"); break;
    case 14: put_priority(b, id, dice_below(d, 9)); break;
    case 15:
        put_head(b, 8, 16, 0, 0);
        put_u32(b, id);
        buf_text(b, "u=1,");
        break;
    case 16: put_data(b, id, END, ""); break;
    case 17:
        put_head(b, 2, SHORT_DATA, (int)dice_below(d, 2), id);
        put_u16(b, dice_below(d, 0x4001));
        break;
    case 18:
        put_head(b, 1, SHORT_AGAIN, 0, 0);
        buf_octet(b, dice_below(d, dice_below(d, 2) ? 256 : 16));
        break;
    default:
        put_frame(b, (int)dice_below(d, 18), (int)dice_below(d, 64), dice_below(d, 3) ? id : 0,
                  "\0\0\0\1abcdefgh", dice_below(d, 13));
    }
    buf_free(&block);
}

static void put_ws_template(buf *b, dice *d, int masked)
{
    static const unsigned char firsts[] = {0x81, 0x81, 0x82, 0x01, 0x02, 0x00, 0x80,
                                           0x89, 0x8a, 0x88, 0xc1, 0x41, 0x09};
    static const char *const texts[] = {
        "",         "hello",    "\x03\xe8",     "\x03\xe8why", "\xe2\x82", "\xac",
        "\xf0\x9f", "\x03\xed", "\xe2\x82\xac", "aaaaaaaaaa",  "\x90",     "\xfe"};
    unsigned first = PICK_ONE(d, firsts);
    const char *text = PICK_ONE(d, texts);
    if (dice_below(d, 6) == 0) {
        char run[700];
        size_t n = dice_below(d, 3) ? dice_below(d, 200) : dice_below(d, sizeof run);
        memset(run, 'a', sizeof run);
        put_ws_form(b, first, masked ? "\0\0\0\0" : NULL, run, n, -1);
        return;
    }
    put_ws_form(b, first, masked ? dice_below(d, 2) ? WS_KEY : "\0\0\0\0" : NULL, text,
                strlen(text), dice_below(d, 20) ? -1 : 2);
}

static void put_template(buf *b, int shape, dice *d)
{
    switch (shape) {
    case SHAPE_HTTP:
        if (dice_below(d, 3)) {
            buf_text(b, PICK_ONE(d, message_rows));
            break;
        }
        buf_text(b, PICK_ONE(d, line_rows));
        break;
    case SHAPE_LINES: buf_text(b, PICK_ONE(d, line_rows)); break;
    case SHAPE_FRAMES: put_frame_template(b, d); break;
    case SHAPE_WS: put_ws_template(b, d, 1); break;
    case SHAPE_WS_UNMASKED: put_ws_template(b, d, 0); break;
    case SHAPE_BLOCKS: {
        buf block = {0, 0, 0};
        put_hpack_template(&block, d);
        buf_octet(b, dice_below(d, 256));
        put_u16(b, (unsigned)block.len);
        buf_add(b, block.p, block.len);
        buf_free(&block);
        break;
    }
    default: buf_octet(b, dice_below(d, 256));
    }
}

/* ---- one mutation -------------------------------------------------------- */

/* Mutates octets without regard to their shape: libFuzzer's, or a small one where that is not. */
typedef size_t (*octet_mutator)(unsigned char *p, size_t size, size_t most);

/* A payload that was changed gets a header that fits it. */
static void unit_resize(int shape, buf *b, size_t at, size_t len)
{
    unsigned char *p = (unsigned char *)b->p + at;
    if (shape == SHAPE_FRAMES && len >= 9) {
        p[0] = (unsigned char)((len - 9) >> 16);
        p[1] = (unsigned char)((len - 9) >> 8);
        p[2] = (unsigned char)(len - 9);
    } else if (shape == SHAPE_BLOCKS && len >= 3) {
        p[1] = (unsigned char)((len - 3) >> 8 & 0x3f);
        p[2] = (unsigned char)(len - 3);
    } else if ((shape == SHAPE_WS || shape == SHAPE_WS_UNMASKED) && len >= 2) {
        size_t head = p[1] & 128 ? 6 : 2;
        if (len >= head && len - head < 126)
            p[1] = (unsigned char)((p[1] & 128) | (len - head));
    }
}

/* Changes the header of a unit. */
static void unit_poke(int shape, unsigned char *p, size_t len, dice *d)
{
    static const unsigned char types[] = {0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16};
    if (shape == SHAPE_FRAMES && len >= 9) {
        switch (dice_below(d, 5)) {
        case 0: p[3] = PICK_ONE(d, types); break;
        case 1: p[4] ^= (unsigned char)(1u << dice_below(d, 6)); break;
        case 2:
        case 3: p[8] = (unsigned char)(dice_below(d, 4) ? 1 + 2 * dice_below(d, 6) : 0); break;
        default: p[2] = (unsigned char)(p[2] + dice_below(d, 7) - 3);
        }
    } else if ((shape == SHAPE_WS || shape == SHAPE_WS_UNMASKED) && len >= 2) {
        static const unsigned char opcodes[] = {0, 1, 2, 8, 9, 10, 3, 11};
        if (dice_below(d, 3) == 0)
            p[0] ^= 0x80;
        else if (dice_below(d, 8) == 0)
            p[0] ^= (unsigned char)(0x10 << dice_below(d, 3));
        else if (dice_below(d, 16) == 0)
            p[1] ^= 0x80;
        else
            p[0] = (unsigned char)((p[0] & 0xf0) | PICK_ONE(d, opcodes));
    } else if (shape == SHAPE_BLOCKS && len >= 1) {
        p[0] = (unsigned char)dice_below(d, 256);
    } else {
        p[dice_below(d, (unsigned)len)] ^= (unsigned char)(1u << dice_below(d, 8));
    }
}

static void mutate_units(buf *out, int shape, const unsigned char *p, size_t n, dice *d,
                         octet_mutator octets)
{
    static unit units[UNITS];
    size_t count = units_of(shape, p, n, units), i, which;
    unsigned op = dice_below(d, 10);
    which = count ? dice_below(d, (unsigned)count) : 0;
    if (count == 0)
        op = 0;
    for (i = 0; i < count || (count == 0 && i == 0); i++) {
        size_t at = out->len, len = count ? units[i].len : 0;
        if (i == which && op <= 2) /* one more in front */
            put_template(out, shape, d);
        if (i == which && op == 3) /* without it */
            continue;
        if (i == which && op == 4 && i + 1 < count) { /* changes places with the next */
            buf_add(out, p + units[i + 1].at, units[i + 1].len);
            buf_add(out, p + units[i].at, units[i].len);
            i++;
            continue;
        }
        at = out->len;
        if (count)
            buf_add(out, p + units[i].at, len);
        if (i == which && op == 5) /* once more */
            buf_add(out, p + units[i].at, len);
        if (i == which && (op == 6 || op == 7) && len)
            unit_poke(shape, (unsigned char *)out->p + at, len, d);
        if (i == which && op >= 8 && len) { /* its payload */
            size_t head = shape == SHAPE_FRAMES                         ? 9
                          : shape == SHAPE_BLOCKS                       ? 3
                          : shape == SHAPE_LINES || shape == SHAPE_HTTP ? 0
                          : (p[units[i].at + (len > 1)] & 128)          ? 6
                                                                        : 2;
            unsigned char room[4096];
            size_t k = len > head ? len - head : 0;
            if (k > sizeof room - 64)
                k = sizeof room - 64;
            if (len < head)
                continue;
            memcpy(room, out->p + at + head, k);
            k = octets(room, k, k + 40);
            out->len = at + head;
            buf_add(out, room, k);
            unit_resize(shape, out, at, head + k);
        }
    }
}

/* The whole mutation: `head` octets in front choose, the rest has a shape. */
static size_t mutate(unsigned char *data, size_t size, size_t most, unsigned seed, int shape,
                     size_t head, octet_mutator octets)
{
    dice d;
    buf out = {0, 0, 0};
    unsigned rounds;
    d.state = seed;
    if (shape == SHAPE_OCTETS || dice_below(&d, 5) == 0 || size < head)
        return octets(data, size, most);
    if (head && dice_below(&d, 6) == 0) {
        data[dice_below(&d, (unsigned)head)] = (unsigned char)dice_below(&d, 256);
        return size;
    }
    buf_add(&out, data, head);
    mutate_units(&out, shape, data + head, size - head, &d, octets);
    for (rounds = dice_below(&d, 3); rounds; rounds--) {
        buf again = {0, 0, 0};
        buf_add(&again, out.p, head);
        mutate_units(&again, shape, (unsigned char *)out.p + head, out.len - head, &d, octets);
        buf_free(&out);
        out = again;
    }
    if (out.len > most)
        out.len = most;
    if (out.len)
        memcpy(data, out.p, out.len);
    size = out.len;
    buf_free(&out);
    return size;
}

#endif
