/* seeds.h: inputs to begin with, so that a search does not start at nothing. Include it behind
   mutate.h. */
#ifndef FUZZ_SEEDS_H
#define FUZZ_SEEDS_H

typedef struct seed {
    const char *target, *octets;
    size_t len;
} seed;
#define SEED(target, octets)                                                                       \
    {                                                                                              \
        target, octets, sizeof(octets) - 1                                                         \
    }

#define SEED_GET "GET /a?b HTTP/1.1\r\nHost: a\r\n"
#define SEED_CLIENT_HELLO                                                                          \
    "\x16\x03\x01\x00\x5e\x01\x00\x00\x5a\x03\x03"                                                 \
    "abcdefghijklmnopqrstuvwxyz012345\x00\x00\x04\x13\x01\x13\x02\x01\x00\x00\x2d"                 \
    "\x00\x00\x00\x0e\x00\x0c\x00\x00\x09localhost\x00\x10\x00\x0e\x00\x0c\x02h2\x08http/1.1"      \
    "\x00\x2b\x00\x05\x04\x03\x04\x03\x03"

static const seed fixed_seeds[] = {
    SEED("client_hello",
         "\1\x16\x03\x01\x00\x10\x01\x00\x00\x5a\x03\x03"
         "abcdefghij"
         "\x16\x03\x01\x00\x4e"
         "klmnopqrstuvwxyz012345\x00\x00\x04\x13\x01\x13\x02\x01\x00\x00\x2d"
         "\x00\x00\x00\x0e\x00\x0c\x00\x00\x09localhost\x00\x10\x00\x0e\x00\x0c\x02h2\x08http/1.1"
         "\x00\x2b\x00\x05\x04\x03\x04\x03\x03"),
    SEED("conn_h2_client", "\2\0\0\1\0\0\0\x30HTTP/1.1 400 Bad Request\r\n\r\n"),
    SEED("conn_h2_client", "\2\0\0\1\0\0\0\x30\x15\x03\x01\0\2\2\x28"),
    SEED("conn_h2", "\2\0\0\1\0\0\0\0GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    SEED("conn_alpn",
         "\2\0\0\1\0\0\x41\0GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings"
         "\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"),
    SEED("conn_alpn", "\2\0\0\1\0\0\x42\0GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    SEED("conn_alpn", "\2\0\0\1\0\0\x43\0"),
    SEED("conn_alpn_client", "\2\0\0\1\0\0\x41\0HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    SEED("conn_alpn_client", "\2\0\0\1\0\0\x43\0"),
    SEED("conn_h1", "\0\0\0\1\0\0\0\0\x16\x03\x01\0\2\2\x28"),
    SEED("conn_h1", "\0\0\0\1\0\0\0\0PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\nGET / HTTP/1.1\r\n\r\n"),
    SEED("h1_head", "\0\0" SEED_GET "X-A: b\r\n\r\nrest"),
    SEED("h1_head", "\0\0\r\nPOST http://a:80/b HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello"),
    SEED("h1_head", "\0\0CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"),
    SEED("h1_head",
         "\0\0OPTIONS * HTTP/1.1\r\nhost: [::1]:80\r\nTransfer-Encoding: chunked\r\n\r\n"),
    SEED("h1_head", "\x3d\0HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"),
    SEED("h1_head", "\x01\0HTTP/1.0 404 \r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"),
    SEED("h1_head", "\x02\0X-T: 1\r\n\r\n"),
    SEED("h1_head", "\x04\0GET / HTTP/1.1\nHost: a\n\n"),
    SEED("h1_head", "\x68\0GET / HTTP/1.1\r\nHost: a\r\nF: a\r\n b\r\n\r\n"),
    SEED("chunked", "\0\0"
                    "5\r\nhello\r\n1a;x=y;z=\"a\\\"b\"\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n"),
    SEED("chunked", "\3\1"
                    "0001\r\na\r\n0;\r\n"),
    SEED("h1_write", "\0\0\0\1\0\5/path"
                     "Host: a\nX: y"),
    SEED("h1_write", "\1\0\xc8\0\5\2OK"
                     "Content-Length: 5\nX: y"),
    SEED("upgrade", "\1"
                    "Connection: Upgrade, HTTP2-Settings\nUpgrade: h2c, foo/2\n"
                    "HTTP2-Settings: AAMAAABkAAQAAP__"),
    SEED("upgrade", "\1"
                    "dGhlIHNhbXBsZSBub25jZQ=="),
    SEED("upgrade", "\3"
                    "AAMAAABkAAQAAP__"),
    SEED("url", "https://example.org:8443/a/b?c=d#e"),
    SEED("url", "[2001:db8::1]:80"),
    SEED("url", "example.org:"),
    SEED("ws_handshake",
         "\0\1\0\0"
         "Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\n"
         "Sec-WebSocket-Key: " WS_ASKED "\nOrigin: http://a\n"
         "Sec-WebSocket-Protocol: superchat, chat\n"
         "Sec-WebSocket-Extensions: foo, permessage-deflate; client_max_window_bits; "
         "server_max_window_bits=\"10\""),
    SEED("ws_handshake", "\1\2\x55\xaa"
                         "Sec-WebSocket-Version: 13\nOrigin: https://example.org"),
    SEED("ws_handshake", "\0\x0e\xff\x0f"
                         "Connection: upgrade\nUpgrade: WebSocket\n"
                         "Sec-WebSocket-Accept: " WS_ACCEPTED "\nSec-WebSocket-Protocol: chat\n"
                         "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9"),
    SEED("ws_frame", "\4\0\0\0\0\0\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
    SEED("ws_frame", "\0\0\0\0\0\0\x82\x7e\x01\x00"),
    SEED("ws_frame", "\0\0\0\0\0\0\x82\x7f\0\0\0\0\0\1\0\0"),
    SEED("ws_frame", "\1\3\0\0\0\0k\xc3\xb6\xe2\x82\xac\xf0\x9f\x98\x80"),
    SEED("ws_frame", "\2\3\1\2\3\4some octets to be masked, more than thirty-two of them in all"),
    SEED("ws_frame", "\3\3\0\0\0\0\x03\xe8k\xc3\xb6"),
    SEED("alpn", "\x0c\x02h2\x08http/1.1\x02h2\x08http/1.1"),
    SEED("alpn", "\x03\x02h2\x08http/1.1"),
    SEED("client_hello", "\1" SEED_CLIENT_HELLO),
    SEED("proxy", "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\nGET"),
    SEED("proxy", "PROXY TCP6 2001:db8::1 ::1 56324 443\r\n"),
    SEED("proxy", "PROXY UNKNOWN\r\n"),
    SEED("proxy", "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x11\1\2\3\4\5\6\7\x08\0\x50\1\xbb\1\0\2h2"),
    SEED("proxy", "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"),
    SEED("detect", H2NEG_PREFACE),
    SEED("detect", "\r\nGET / HTTP/1.1"),
    SEED("detect", "\x16\x03\x01"),
    SEED("detect", "PROXY "),
    SEED("detect", "\r\n\r\n\0\r\nQUIT\n"),
    SEED("conn_h1", "\0\0\0\1\0\0\0\0" SEED_GET "\r\n" SEED_GET "Connection: close\r\n\r\n"),
    SEED("conn_h1",
         "\0\0\0\1\0\0\0\0POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" SEED_GET
         "\r\n"),
    SEED("conn_h1", "\0\0\0\1\0\0\0\0POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                    "Expect: 100-continue\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n"),
    SEED("conn_h1",
         "\x80\0\0\1\0\0\0\0" SEED_GET "Upgrade: h2c\r\nConnection: upgrade, http2-settings"
         "\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n" H2NEG_PREFACE "\0\0\0\4\0\0\0\0\0"),
    SEED("conn_h1",
         "\0\0\0\1\0\0\0\0" SEED_GET "Upgrade: foo\r\nConnection: upgrade\r\n\r\ntunnel"),
    SEED("conn_h1", "\0\0\0\1\0\1\0\0CONNECT b:80 HTTP/1.1\r\nHost: b:80\r\n\r\ntunnel"),
    SEED("conn_h1", "\0\0\0\1\0\0\0\0" H2NEG_PREFACE "\0\0\0\4\0\0\0\0\0"),
    SEED("conn_h1", "\x20\0\0\1\0\0\0\0GET /3 HTTP/1.0\n\n"),
    SEED("conn_h1_client", "\0\0\0\1\0\0\0\x30HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
                           "HTTP/1.1 204 \r\n\r\n"),
    SEED("conn_h1_client",
         "\0\0\0\1\0\1\0\2HTTP/1.1 103 \r\nLink: a\r\n\r\nHTTP/1.0 200 OK\r\n\r\nrest"),
    SEED("conn_h1_client",
         "\0\0\0\1\0\0\0\3HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
         "5\r\nhello\r\n0\r\nX: y\r\n\r\nHTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"),
    SEED("conn_h1_client", "\0\0\0\1\0\0\0\4HTTP/1.1 200 OK\r\n\r\ntunnel"),
    SEED("conn_h1_client",
         "\0\0\0\1\0\0\0\5HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: foo\r\n"
         "\r\ntunnel"),
    SEED("conn_h1_client", "\0\0\0\1\0\0\0\6"
                           "HTTP/1.1 101 S\r\nConnection: upgrade\r\n"
                           "Upgrade: websocket\r\nSec-WebSocket-Accept: " WS_ACCEPTED "\r\n\r\n"
                           "\x81\5hello\x88\2\3\xe8"),
};

/* Calls between templates that are fed: a feed is an octet below 10, a length, and octets. */
static int seed_calls(const unsigned char *head, unsigned which, dice *d, buf *b)
{
    static const int shapes[WAYS] = {SHAPE_HTTP,   SHAPE_HTTP,   SHAPE_FRAMES, SHAPE_FRAMES,
                                     SHAPE_FRAMES, SHAPE_FRAMES, SHAPE_FRAMES, SHAPE_FRAMES,
                                     SHAPE_WS,     SHAPE_LINES,  SHAPE_FRAMES, SHAPE_FRAMES};
    unsigned i, k;
    buf one = {0, 0, 0};
    buf_octet(b, which % WAYS);
    for (i = 0; i < CONN_HEAD; i++)
        buf_octet(b, i == 4 || i == 6 || i == 7 ? 1 : head[i]);
    for (i = 0; i < 12; i++) {
        one.len = 0;
        put_template(&one, shapes[which % WAYS], d);
        if (one.len < 250) {
            buf_octet(b, 0);
            buf_octet(b, (unsigned)one.len);
            buf_add(b, one.p, one.len);
        }
        buf_octet(b, 10);
        buf_octet(b, 39);
        for (k = 0; k < 2; k++) {
            buf_octet(b, 16 + dice_below(d, 12));
            buf_octet(b, dice_below(d, 4));
            buf_octet(b, dice_below(d, 256));
            buf_octet(b, dice_below(d, 256));
        }
    }
    buf_free(&one);
    return 1;
}

/* Seed `n` of a target, 1; or 0: there is none. The fixed ones, then some out of templates. */
static int seed_make(const char *name, int shape, size_t head, size_t n, buf *b)
{
    static const unsigned char heads[][CONN_HEAD] = {
        {0, 0, 1, 1, 0, 0, 0, 0},       {1, 0, 2, 2, 3, 1, 0, 0x30},   {0, 4, 3, 3, 5, 0, 1, 0x12},
        {64, 8, 4, 4, 1, 5, 21, 0x23},  {65, 16, 5, 5, 9, 2, 1, 0x34}, {4, 1, 6, 7, 2, 3, 0, 0x35},
        {8, 20, 7, 8, 130, 4, 1, 0x36}, {16, 2, 8, 9, 4, 0, 0, 0x10}};
    size_t i, skip = n;
    dice d;
    for (i = 0; i < sizeof fixed_seeds / sizeof fixed_seeds[0]; i++) {
        if (strcmp(fixed_seeds[i].target, name) != 0)
            continue;
        if (skip-- == 0) {
            buf_add(b, fixed_seeds[i].octets, fixed_seeds[i].len);
            return 1;
        }
    }
    d.state = skip;
    if (strcmp(name, "pair") == 0) { /* each protocol, several sizes, octets that move */
        for (i = 0; i < 60 && skip < 40; i++)
            buf_octet(b, i == 0 ? (unsigned)skip : i == 3 ? 14u : dice_below(&d, 256));
        return skip < 40;
    }
    if (strcmp(name, "calls") == 0)
        return skip < 60 ? seed_calls(heads[skip % 8], (unsigned)skip, &d, b) : 0;
    if (shape == SHAPE_OCTETS || skip >= 24)
        return 0;
    for (i = 0; i < head; i++)
        buf_octet(b, i < CONN_HEAD ? heads[skip % 8][i] : 0);
    for (i = 0; i < 1 + skip % 7; i++)
        put_template(b, shape, &d);
    return 1;
}

#endif
