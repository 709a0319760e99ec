/* >>trace: octets put into words. What is expected are lines as they are printed, without the
   octets; each connection is fed whole, octet by octet and at other cuts, and tells the same. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"

/* ---- a connection to be told, and what it tells ---- */

enum { ROOM = 1 << 17 };

typedef struct part {
    int from; /* H2NEG_CLIENT, H2NEG_SERVER; or those below */
    const char *text;
    size_t len; /* 0: text is hex digits */
} part;
enum { ENDS = 2 }; /* with from: that side ends */
#define C(text)                                                                                    \
    {                                                                                              \
        H2NEG_CLIENT, text, sizeof(text) - 1                                                       \
    }
#define S(text)                                                                                    \
    {                                                                                              \
        H2NEG_SERVER, text, sizeof(text) - 1                                                       \
    }
#define CX(hex)                                                                                    \
    {                                                                                              \
        H2NEG_CLIENT, hex, 0                                                                       \
    }
#define SX(hex)                                                                                    \
    {                                                                                              \
        H2NEG_SERVER, hex, 0                                                                       \
    }
#define C_ENDS                                                                                     \
    {                                                                                              \
        H2NEG_CLIENT + ENDS, "", 0                                                                 \
    }
#define S_ENDS                                                                                     \
    {                                                                                              \
        H2NEG_SERVER + ENDS, "", 0                                                                 \
    }

static char said[ROOM];
static size_t said_len;
static unsigned how_written = H2NEG_TRACE_NO_HEX;
static int last_code;

static void on_line(void *user, const h2neg_trace_line *line)
{
    size_t n = h2neg_trace_write(said + said_len, ROOM - said_len - 1, line, how_written);
    CHECK(n > 0);
    CHECK(user == said);
    said_len += n;
    said[said_len++] = '\n';
    last_code = line->code ? line->code : last_code;
}

/* One side's next octets, by so many. */
static void feed(h2neg_trace *t, int from, const char *p, size_t len, size_t step)
{
    size_t n;
    for (; len; p += n, len -= n) {
        unsigned char *tight;
        n = step < len ? step : len;
        tight = check_tight(p, n);
        h2neg_trace_octets(t, from, tight, n);
        free(tight);
    }
}

static void play(const part *parts, size_t count, size_t step, unsigned flags)
{
    static char octets[ROOM];
    h2neg_trace_options options;
    void *block = malloc(h2neg_trace_memory());
    h2neg_trace *t;
    size_t i;
    memset(&options, 0, sizeof options);
    options.line_fn = on_line;
    options.user = said;
    options.flags = flags;
    said_len = 0;
    last_code = 0;
    t = h2neg_trace_place(block, h2neg_trace_memory(), &options);
    CHECK(t != NULL);
    for (i = 0; i < count; i++) {
        size_t len = parts[i].len;
        const char *p = parts[i].text;
        if (parts[i].from >= ENDS) {
            h2neg_trace_end(t, parts[i].from - ENDS);
            continue;
        }
        if (len == 0) {
            len = check_hex((unsigned char *)octets, p);
            p = octets;
        }
        feed(t, parts[i].from, p, len, step);
    }
    h2neg_trace_end(t, H2NEG_CLIENT);
    h2neg_trace_end(t, H2NEG_SERVER);
    said[said_len] = 0;
    free(block);
}

/* The first line that differs. */
static void differ(const char *expected, size_t step, int line)
{
    const char *p = said;
    while (*p && *p == *expected) {
        p++;
        expected++;
    }
    if (*p == *expected)
        return;
    while (p > said && p[-1] != '\n') {
        p--;
        expected--;
    }
    check_failures++;
    fprintf(stderr, "%s:%d: by %zu octets it says\n  %.*s\nand not\n  %.*s\n", __FILE__, line, step,
            (int)strcspn(p, "\n"), p, (int)strcspn(expected, "\n"), expected);
}

static void tells(const part *parts, size_t count, unsigned flags, const char *expected, int line)
{
    static const size_t steps[] = {ROOM, 1, 2, 3, 7, 33};
    size_t i;
    if (getenv("SAY")) { /* to look at, and to put here once it is right */
        play(parts, count, ROOM, flags);
        printf("@%d\n%s", line, said);
        return;
    }
    for (i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        play(parts, count, steps[i], flags);
        differ(expected, steps[i], line);
    }
}
#define TELLS(parts, flags, expected)                                                              \
    tells(parts, sizeof(parts) / sizeof((parts)[0]), flags, expected, __LINE__)

/* That these octets end in this error, at this offset, and how it is put. */
static void stops(const part *parts, size_t count, int code, unsigned long offset, int line)
{
    char expected[200];
    size_t step;
    snprintf(expected, sizeof expected, " %08lx  ", offset);
    for (step = 1; step <= ROOM; step *= 512) {
        char *stop;
        play(parts, count, step, 0);
        stop = strstr(said, "stopped here: ");
        while (stop && stop > said && stop[-1] != '\n')
            stop--;
        if (last_code != code || !stop || strncmp(stop + 1, expected, strlen(expected)) != 0) {
            check_failures++;
            fprintf(stderr, "%s:%d: by %zu octets it is %s, and tells\n%s", __FILE__, line, step,
                    h2neg_error_name(last_code), said);
        }
    }
}
#define STOPS(parts, code, offset)                                                                 \
    stops(parts, sizeof(parts) / sizeof((parts)[0]), code, offset, __LINE__)

/* That these octets tell this somewhere. */
static void holds(const part *parts, size_t count, const char *text, int line)
{
    size_t step;
    for (step = 1; step <= ROOM; step *= 512) {
        play(parts, count, step, 0);
        if (!strstr(said, text)) {
            check_failures++;
            fprintf(stderr, "%s:%d: nowhere: %s\n%s", __FILE__, line, text, said);
        }
    }
}
#define HOLDS(parts, text) holds(parts, sizeof(parts) / sizeof((parts)[0]), text, __LINE__)

/* ---- HTTP/1 ---- */

#define GET_A "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

static void test_request_and_response(void)
{
    static const part parts[] = {
        C("\r\nPOST /a?b HTTP/1.1\r\nHost: example.org\r\nContent-Length: 6\r\n"
          "Expect: 100-continue\r\nConnection: close\r\n\r\n"),
        S("HTTP/1.1 100 Continue\r\n\r\n"), C("hello\n"),
        S("HTTP/1.1 200 OK\r\nDate: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
          "5;a=b\r\nh\0llo\r\n3\r\n\r\t\xe4\r\n2\r\n\r\t\r\n0\r\nX-Sum: 1\r\n\r\n")};
    TELLS(parts, 0,
          "> 00000000  request: POST /a?b HTTP/1.1  RFC 9112 3\n"
          "> 00000016    Host: example.org  RFC 9110 7.2\n"
          "> 00000029    Content-Length: 6  RFC 9110 8.6\n"
          "> 0000003c    Expect: 100-continue  RFC 9110 10.1.1\n"
          ">               the body may wait for a response 100, or for a final one  RFC 9110 "
          "10.1.1\n"
          "> 00000052    Connection: close  RFC 9110 7.6.1\n"
          ">               close: this message is the last one  RFC 9110 7.6.1\n"
          "> 00000065    the end of the head: a body of 6 octets  RFC 9112 6.3\n"
          "< 00000000  response: HTTP/1.1 100 Continue  RFC 9112 4\n"
          "< 00000017    the end of the head: the response comes later  RFC 9110 15.2\n"
          "> 00000067    \"hello\\n\"  RFC 9112 6\n"
          "< 00000019  response: HTTP/1.1 200 OK  RFC 9112 4\n"
          "< 0000002a    Date: x  RFC 9110 5\n"
          "< 00000033    Transfer-Encoding: chunked  RFC 9112 6.1\n"
          "< 0000004f    Trailer: X-Sum  RFC 9110 6.6.2\n"
          "< 0000005f    the end of the head: a body in chunks  RFC 9112 6.3\n"
          "< 00000061    a chunk of 5 octets: 5;a=b  RFC 9112 7.1\n"
          "< 00000068    5 octets  RFC 9112 7.1\n"
          "< 0000006d    the end of the chunk  RFC 9112 7.1\n"
          "< 0000006f    a chunk of 3 octets: 3  RFC 9112 7.1\n"
          "< 00000072    3 octets  RFC 9112 7.1\n"
          "< 00000075    the end of the chunk  RFC 9112 7.1\n"
          "< 00000077    a chunk of 2 octets: 2  RFC 9112 7.1\n"
          "< 0000007a    \"\\r\\t\"  RFC 9112 7.1\n"
          "< 0000007c    the end of the chunk  RFC 9112 7.1\n"
          "< 0000007e    the last chunk  RFC 9112 7.1\n"
          "< 00000081    X-Sum: 1  RFC 9110 5\n"
          "< 0000008b    the end of the trailers and of the message  RFC 9112 7.1.2\n");
}

static void test_fields(void)
{
    static const part parts[] = {
        C("GET http://a/ HTTP/1.0\r\nUpgrade: websocket, h2c\r\nConnection: keep-alive, x\r\n"
          "Expect: more\r\nHTTP2-Settings: AAMA\r\nTE: trailers\r\nX: \xe4\\\r\n\r\n"),
        S("HTTP/1.0 426 \r\nUpgrade: h2c\r\nConnection: upgrade\r\nAlt-Svc: h2=\":1\"\r\n"
          "Content-Length: 0\r\nFolded: a\r\n b\r\n\r\n"),
        C("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        S("HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n"
          "HTTP/1.1 304 Not Modified\r\n\r\n")};
    TELLS(parts, 0,
          "> 00000000  request: GET http://a/ HTTP/1.0  RFC 9112 3\n"
          "> 00000018    Upgrade: websocket, h2c  RFC 9110 7.8\n"
          ">               offers nothing: websocket counts only in HTTP/1.1, and with Connection: "
          "Upgrade  RFC 9110 7.8\n"
          ">               offers nothing: h2c counts only in HTTP/1.1, and with Connection: "
          "Upgrade  RFC 9110 7.8\n"
          "> 00000031    Connection: keep-alive, x  RFC 9110 7.6.1\n"
          ">               keep-alive: more messages may follow  RFC 9110 7.6.1\n"
          ">               names x as meant for this hop alone  RFC 9110 7.6.1\n"
          "> 0000004c    Expect: more  RFC 9110 10.1.1\n"
          "> 0000005a    HTTP2-Settings: AAMA  RFC 7540 3.2.1\n"
          "> 0000005a      UPGRADE_SETTINGS: HTTP2-Settings is not usable  RFC 7540 3.2.1\n"
          "> 00000070    TE: trailers  RFC 9110 10.1.4\n"
          "> 0000007e    X: \\xe4\\\\  RFC 9110 5\n"
          "> 00000085    the end of the head: no body  RFC 9112 6.3\n"
          "< 00000000  response: HTTP/1.0 426  RFC 9112 4\n"
          "< 0000000f    Upgrade: h2c  RFC 9110 7.8\n"
          "<               offers nothing: h2c counts only in HTTP/1.1, and with Connection: "
          "Upgrade  RFC 9110 7.8\n"
          "< 0000001d    Connection: upgrade  RFC 9110 7.6.1\n"
          "<               names upgrade as meant for this hop alone  RFC 9110 7.6.1\n"
          "< 00000032    Alt-Svc: h2=\":1\"  RFC 7838 3\n"
          "< 00000044    Content-Length: 0  RFC 9110 8.6\n"
          "< 00000057    Folded: a b  RFC 9110 5\n"
          "< 00000066    the end of the head: no body  RFC 9112 6.3\n"
          "> 00000087  request: HEAD / HTTP/1.1  RFC 9112 3\n"
          "> 00000098    Host: a  RFC 9110 7.2\n"
          "> 000000a1    the end of the head: no body  RFC 9112 6.3\n"
          "> 000000a3  request: GET / HTTP/1.1  RFC 9112 3\n"
          "> 000000b3    Host: a  RFC 9110 7.2\n"
          "> 000000bc    the end of the head: no body  RFC 9112 6.3\n"
          "< 00000068  response: HTTP/1.1 200 OK  RFC 9112 4\n"
          "< 00000079    Content-Length: 70  RFC 9110 8.6\n"
          "< 0000008d    the end of the head: no body  RFC 9112 6.3\n"
          "< 0000008f  response: HTTP/1.1 304 Not Modified  RFC 9112 4\n"
          "< 000000aa    the end of the head: no body  RFC 9112 6.3\n");
}

static void test_bodies(void)
{
    static char long_body[700];
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 289\r\n\r\n";
    static const char last[] = "HTTP/1.1 200 OK\r\n\r\n";
    part parts[] = {C("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                    {H2NEG_SERVER, NULL, 0}};
    size_t n = sizeof head - 1;
    memset(long_body, 'x', sizeof long_body);
    memcpy(long_body, head, n);
    memcpy(long_body + n + 289, last, sizeof last - 1);
    memset(long_body + n + 289 + sizeof last - 1, '\x80', 259);
    parts[1].text = long_body;
    parts[1].len = n + 289 + sizeof last - 1 + 259;
    TELLS(parts, 0,
          "> 00000000  request: GET / HTTP/1.1  RFC 9112 3\n"
          "> 00000010    Host: a  RFC 9110 7.2\n"
          "> 00000019    the end of the head: no body  RFC 9112 6.3\n"
          "> 0000001b  request: GET / HTTP/1.1  RFC 9112 3\n"
          "> 0000002b    Host: a  RFC 9110 7.2\n"
          "> 00000034    the end of the head: no body  RFC 9112 6.3\n"
          "< 00000000  response: HTTP/1.1 200 OK  RFC 9112 4\n"
          "< 00000011    Content-Length: 289  RFC 9110 8.6\n"
          "< 00000026    the end of the head: a body of 289 octets  RFC 9112 6.3\n"
          "< 00000028    \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"  RFC 9112 6\n"
          "< 00000048    \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"  RFC 9112 6\n"
          "< 00000068    \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"  RFC 9112 6\n"
          "< 00000088    \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"  RFC 9112 6\n"
          "< 000000a8    \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"  RFC 9112 6\n"
          "< 000000c8    \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"  RFC 9112 6\n"
          "< 000000e8    \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"  RFC 9112 6\n"
          "< 00000108    \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"  RFC 9112 6\n"
          "< 00000128    and 33 octets more  RFC 9112 6\n"
          "< 00000149  response: HTTP/1.1 200 OK  RFC 9112 4\n"
          "< 0000015a    the end of the head: a body that ends with the connection  RFC 9112 6.3\n"
          "< 0000015c    32 octets  RFC 9112 6\n"
          "< 0000017c    32 octets  RFC 9112 6\n"
          "< 0000019c    32 octets  RFC 9112 6\n"
          "< 000001bc    32 octets  RFC 9112 6\n"
          "< 000001dc    32 octets  RFC 9112 6\n"
          "< 000001fc    32 octets  RFC 9112 6\n"
          "< 0000021c    32 octets  RFC 9112 6\n"
          "< 0000023c    32 octets  RFC 9112 6\n"
          "< 0000025c    and 3 octets more, to the end of the connection  RFC 9112 6.3\n");
    parts[1].len--; /* 258 octets */
    HOLDS(parts, "< 0000025c    and 2 octets more, to the end of the connection  RFC 9112 6.3\n");
    parts[1].len -= 250;
    HOLDS(parts, "< 0000015c    8 octets  RFC 9112 6\n");
    parts[1].len = n + 20; /* cut in the first */
    HOLDS(parts,
          "< 00000028    \"xxxxxxxxxxxxxxxxxxxx\"  RFC 9112 6\n< 0000003c  cut short: BODY_SHORT");
    parts[1].len = 20; /* in the head */
    HOLDS(parts, "< 00000000  cut short: BODY_SHORT: the connection ended before the message did  "
                 "RFC 9112 8\n");
}

static void test_masked(void)
{
    static const part parts[] = {
        C("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic abc\r\nPROXY-authorization: x\r\n"
          "Cookie:a=b\r\nSec-WebSocket-Key: k\r\n\r\n"),
        S("HTTP/1.1 204 OK\r\nSet-Cookie: a=b; Path=/\r\n\r\n")};
    TELLS(parts, 0,
          "> 00000000  request: GET / HTTP/1.1  RFC 9112 3\n"
          "> 00000010    Host: a  RFC 9110 7.2\n"
          "> 00000019    Authorization: <9 octets masked>  RFC 9110 11.6.2\n"
          "> 00000033    PROXY-authorization: <1 octet masked>  RFC 9110 11.7.2\n"
          "> 0000004b    Cookie: <3 octets masked>  RFC 6265 4.2\n"
          "> 00000057    Sec-WebSocket-Key: <1 octet masked>  RFC 6455 11.3.1\n"
          "> 0000006d    the end of the head: no body  RFC 9112 6.3\n"
          "< 00000000  response: HTTP/1.1 204 OK  RFC 9112 4\n"
          "< 00000011    Set-Cookie: <11 octets masked>  RFC 6265 4.1\n"
          "< 0000002a    the end of the head: no body  RFC 9112 6.3\n");
    TELLS(parts, H2NEG_TRACE_SECRETS,
          "> 00000000  request: GET / HTTP/1.1  RFC 9112 3\n"
          "> 00000010    Host: a  RFC 9110 7.2\n"
          "> 00000019    Authorization: Basic abc  RFC 9110 11.6.2\n"
          "> 00000033    PROXY-authorization: x  RFC 9110 11.7.2\n"
          "> 0000004b    Cookie: a=b  RFC 6265 4.2\n"
          "> 00000057    Sec-WebSocket-Key: k  RFC 6455 11.3.1\n"
          "> 0000006d    the end of the head: no body  RFC 9112 6.3\n"
          "< 00000000  response: HTTP/1.1 204 OK  RFC 9112 4\n"
          "< 00000011    Set-Cookie: a=b; Path=/  RFC 6265 4.1\n"
          "< 0000002a    the end of the head: no body  RFC 9112 6.3\n");
    how_written = 0;
    TELLS(
        parts, 0,
        "> 00000000  47 45 54 20 2f 20 48 54 ..  request: GET / HTTP/1.1  RFC 9112 3\n"
        "> 00000010  48 6f 73 74 3a 20 61 0d ..    Host: a  RFC 9110 7.2\n"
        "> 00000019  41 75 74 68 6f 72 69 7a ..    Authorization: <9 octets masked>  RFC 9110 "
        "11.6.2\n"
        "> 00000033  50 52 4f 58 59 2d 61 75 ..    PROXY-authorization: <1 octet masked>  RFC 9110 "
        "11.7.2\n"
        "> 0000004b  43 6f 6f 6b 69 65 3a          Cookie: <3 octets masked>  RFC 6265 4.2\n"
        "> 00000057  53 65 63 2d 57 65 62 53 ..    Sec-WebSocket-Key: <1 octet masked>  RFC 6455 "
        "11.3.1\n"
        "> 0000006d  0d 0a                         the end of the head: no body  RFC 9112 6.3\n"
        "< 00000000  48 54 54 50 2f 31 2e 31 ..  response: HTTP/1.1 204 OK  RFC 9112 4\n"
        "< 00000011  53 65 74 2d 43 6f 6f 6b ..    Set-Cookie: <11 octets masked>  RFC 6265 4.1\n"
        "< 0000002a  0d 0a                         the end of the head: no body  RFC 9112 6.3\n");
    how_written = H2NEG_TRACE_NO_HEX;
}

static void test_malformed_h1(void)
{
    static const part method[] = {C(GET_A "G@T / HTTP/1.1\r\n\r\nxyz")};
    static const part field[] = {C("GET / HTTP/1.1\r\nHost: a\r\nCookie : secret\r\n\r\n")};
    static const part length[] = {C("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n")};
    static const part status[] = {C("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                                  S("HTTP/1.1 20 x\r\n\r\n")};
    static const part chunk[] = {
        C("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n")};
    static const part chunk_end[] = {
        C("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc")};
    static const part trailer[] = {
        C("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: a\r\n\r\n")};
    static const part other[] = {C("\x01\x02\x03"), S("what")};
    static char text[2000] = "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;";
    part line[] = {{H2NEG_CLIENT, text, sizeof text}};
    memset(text + 57, 'a', sizeof text - 57);
    HOLDS(method, "> 0000001b  21 octets behind the error\n");
    STOPS(method, H2NEG_ERR_H1_METHOD, 28);
    STOPS(field, H2NEG_ERR_H1_FIELD_SPACE, 31);
    STOPS(length, H2NEG_ERR_BODY_LENGTH, 44);
    STOPS(status, H2NEG_ERR_H1_STATUS_LINE, 9);
    STOPS(chunk, H2NEG_ERR_CHUNK_SIZE, 55);
    STOPS(chunk_end, H2NEG_ERR_CHUNK_END, 59);
    STOPS(trailer, H2NEG_ERR_TRAILER_FIELD, 58);
    STOPS(line, H2NEG_ERR_CHUNK_LINE_LONG, 55 + 1024);
    STOPS(other, H2NEG_ERR_PEER_IS_OTHER, 0);
}

/* ---- Upgrade and CONNECT ---- */

#define UPGRADE_H2C                                                                                \
    "Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"                           \
    "HTTP2-Settings: AAEAAAAAAAQAAABkAAUAAEAA\r\n"
#define ANSWER(protocol) "HTTP/1.1 101 \r\nConnection: Upgrade\r\nUpgrade: " protocol "\r\n\r\n"
#define UPGRADE_WS                                                                                 \
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"                   \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define ANSWER_WS                                                                                  \
    "HTTP/1.1 101 \r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"                               \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define NO_SETTINGS "\0\0\0\4\0\0\0\0\0"

static void test_h2c(void)
{
    static const part parts[] = {
        /* what is behind the request waits for the answer, and the answer for the request */
        S(ANSWER("h2c") NO_SETTINGS "\0\0\2\1\4\0\0\0\1\x20\x88\0\0\5\0\1\0\0\0\1hello"),
        C("POST / HTTP/1.1\r\n" UPGRADE_H2C
          "Content-Length: 2\r\n\r\nab" H2NEG_PREFACE NO_SETTINGS)};
    static const part refused[] = {C("GET / HTTP/1.1\r\n" UPGRADE_H2C "\r\n" GET_A),
                                   S("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")};
    static const part preface[] = {C("GET / HTTP/1.1\r\n" UPGRADE_H2C "\r\n"), S(ANSWER("h2c")),
                                   C("PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n")};
    static const part large[] = {
        C("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
          "HTTP2-Settings: AAUAAIAA\r\n\r\n"), /* MAX_FRAME_SIZE 32768 */
        S(ANSWER("h2c") NO_SETTINGS "\0\x40\1\0\0\0\0\0\1x")};
    static const part first[] = {C("GET / HTTP/1.1\r\n" UPGRADE_H2C "\r\n"), S(ANSWER("h2c")),
                                 C("QRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")};
    static const part settings[] = {
        C("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
          "HTTP2-Settings: AAE\r\n\r\n"),
        S(ANSWER("h2c"))};
    TELLS(parts, 0,
          "> 00000000  request: POST / HTTP/1.1  RFC 9112 3\n"
          "> 00000011    Host: a  RFC 9110 7.2\n"
          "> 0000001a    Connection: Upgrade, HTTP2-Settings  RFC 9110 7.6.1\n"
          ">               names Upgrade as meant for this hop alone  RFC 9110 7.6.1\n"
          ">               names HTTP2-Settings as meant for this hop alone  RFC 9110 7.6.1\n"
          "> 0000003f    Upgrade: h2c  RFC 9110 7.8\n"
          ">               offers h2c  RFC 9110 7.8\n"
          "> 0000004d    HTTP2-Settings: AAEAAAAAAAQAAABkAAUAAEAA  RFC 7540 3.2.1\n"
          ">               HEADER_TABLE_SIZE = 0  RFC 9113 6.5.2\n"
          ">               INITIAL_WINDOW_SIZE = 100  RFC 9113 6.5.2\n"
          ">               MAX_FRAME_SIZE = 16384  RFC 9113 6.5.2\n"
          "> 00000077    Content-Length: 2  RFC 9110 8.6\n"
          "> 0000008a    the end of the head: a body of 2 octets  RFC 9112 6.3\n"
          "< 00000000  response: HTTP/1.1 101  RFC 9112 4\n"
          "< 0000000f    Connection: Upgrade  RFC 9110 7.6.1\n"
          "<               names Upgrade as meant for this hop alone  RFC 9110 7.6.1\n"
          "< 00000024    Upgrade: h2c  RFC 9110 7.8\n"
          "< 00000032    the end of the head: no body: another protocol begins here  RFC 9112 6.3\n"
          "<               from here h2c; the client's side from its offset 0x8c  RFC 9110 7.8\n"
          "<               the server's field blocks may have a dynamic table of 0 octets  RFC "
          "7541 4.2\n"
          "<               the windows of streams for the server's DATA begin at 100  RFC 9113 "
          "6.9.2\n"
          "<               stream 1: idle -> half-closed (remote)  RFC 9113 5.1\n"
          "< 00000034  SETTINGS, 0 octets  RFC 9113 6.5\n"
          "< 0000003d  HEADERS, 2 octets, stream 1, END_HEADERS  RFC 9113 6.2\n"
          "< 00000046    the dynamic table's size becomes 0  RFC 7541 6.3\n"
          "<               0 entries, 0 of 0 octets  RFC 7541 4\n"
          "< 00000047    indexed 8 (static): :status: 200  RFC 7541 6.1\n"
          "< 00000048  DATA, 5 octets, stream 1, END_STREAM  RFC 9113 6.1\n"
          "< 00000051    \"hello\"  RFC 9113 6.1\n"
          "<               the server may send: connection 65530, stream 1: 95  RFC 9113 6.9.1\n"
          "<               stream 1: half-closed (remote) -> closed  RFC 9113 5.1\n"
          "> 0000008c    \"ab\"  RFC 9112 6\n"
          "> 0000008e  the HTTP/2 preface: what follows are frames  RFC 9113 3.4\n"
          "> 000000a6  SETTINGS, 0 octets  RFC 9113 6.5\n");
    HOLDS(refused, "> 00000078  request: GET / HTTP/1.1  RFC 9112 3\n");
    STOPS(preface, H2NEG_ERR_H2_PREFACE, 120 + 19);
    STOPS(first, H2NEG_ERR_H2_PREFACE, 120);
    HOLDS(settings, "UPGRADE_SETTINGS: ");
    HOLDS(large, "DATA, 16385 octets, stream 1");
    CHECK_INT(last_code, H2NEG_ERR_BODY_SHORT); /* the capture ends there */
}

static void test_websocket(void)
{
    static const part parts[] = {
        C(UPGRADE_WS "\r\n\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
                     "\x01\x82\1\1\1\1\xc2\xa5\x89\x82\1\2\3\4qk\x80\x81\0\0\0\0!"
                     "\x88\x85\0\0\0\0\3\xe8"
                     "bye"),
        S(ANSWER_WS "\r\n\x82\3\0\1\2\x8a\2pi\x81\3\0\x1f\x7f\x88\2\3\xe8\x88\0")};
    static const part compressed[] = {
        C(UPGRADE_WS "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
        S(ANSWER_WS
          "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n\x41\2\xff\0\x80\1c\x81\1d")};
    static const part accept[] = {C(UPGRADE_WS "\r\n"),
                                  S("HTTP/1.1 101 \r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                    "Sec-WebSocket-Accept: t3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")};
    static const part unasked[] = {
        C("GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Accept: x\r\n\r\n"),
        S("HTTP/1.1 200 OK\r\nSec-WebSocket-Accept: x\r\n\r\n")};
    TELLS(parts, 0,
          "> 00000000  request: GET / HTTP/1.1  RFC 9112 3\n"
          "> 00000010    Host: a  RFC 9110 7.2\n"
          "> 00000019    Connection: Upgrade  RFC 9110 7.6.1\n"
          ">               names Upgrade as meant for this hop alone  RFC 9110 7.6.1\n"
          "> 0000002e    Upgrade: websocket  RFC 9110 7.8\n"
          ">               offers websocket  RFC 9110 7.8\n"
          "> 00000042    Sec-WebSocket-Key: <24 octets masked>  RFC 6455 11.3.1\n"
          "> 0000006f    the end of the head: no body  RFC 9112 6.3\n"
          "< 00000000  response: HTTP/1.1 101  RFC 9112 4\n"
          "< 0000000f    Connection: Upgrade  RFC 9110 7.6.1\n"
          "<               names Upgrade as meant for this hop alone  RFC 9110 7.6.1\n"
          "< 00000024    Upgrade: websocket  RFC 9110 7.8\n"
          "< 00000038    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=  RFC 6455 11.3.3\n"
          "<               is what the client's key asks for  RFC 6455 4.2.2\n"
          "< 0000006c    the end of the head: no body: another protocol begins here  RFC 9112 6.3\n"
          "<               from here websocket; the client's side from its offset 0x71  RFC 9110 "
          "7.8\n"
          "> 00000071  WebSocket TEXT, 5 octets, FIN, masked with 37fa213d  RFC 6455 5.2\n"
          "> 00000077    \"Hello\"  RFC 6455 5.6\n"
          "> 0000007c  WebSocket TEXT, 2 octets, masked with 01010101  RFC 6455 5.2\n"
          "> 00000082    \"\\xc3\\xa4\"  RFC 6455 5.6\n"
          "> 00000084  WebSocket PING, 2 octets, FIN, masked with 01020304  RFC 6455 5.2\n"
          "> 0000008a    \"pi\"  RFC 6455 5.6\n"
          "> 0000008c  WebSocket CONTINUATION, 1 octet, FIN, masked with 00000000  RFC 6455 5.2\n"
          "> 00000092    \"!\"  RFC 6455 5.6\n"
          "> 00000093  WebSocket CLOSE, 5 octets, FIN, masked with 00000000  RFC 6455 5.2\n"
          "> 00000099    code 1000, reason \"bye\"  RFC 6455 5.5.1\n"
          "< 0000006e  WebSocket BINARY, 3 octets, FIN  RFC 6455 5.2\n"
          "< 00000070    3 octets  RFC 6455 5.6\n"
          "< 00000073  WebSocket PONG, 2 octets, FIN  RFC 6455 5.2\n"
          "< 00000075    \"pi\"  RFC 6455 5.6\n"
          "< 00000077  WebSocket TEXT, 3 octets, FIN  RFC 6455 5.2\n"
          "< 00000079    \"\\x00\\x1f\\x7f\"  RFC 6455 5.6\n"
          "< 0000007c  WebSocket CLOSE, 2 octets, FIN  RFC 6455 5.2\n"
          "< 0000007e    code 1000  RFC 6455 5.5.1\n"
          "< 00000080  WebSocket CLOSE, 0 octets, FIN  RFC 6455 5.2\n");
    TELLS(compressed, 0,
          "> 00000000  request: GET / HTTP/1.1  RFC 9112 3\n"
          "> 00000010    Host: a  RFC 9110 7.2\n"
          "> 00000019    Connection: Upgrade  RFC 9110 7.6.1\n"
          ">               names Upgrade as meant for this hop alone  RFC 9110 7.6.1\n"
          "> 0000002e    Upgrade: websocket  RFC 9110 7.8\n"
          ">               offers websocket  RFC 9110 7.8\n"
          "> 00000042    Sec-WebSocket-Key: <24 octets masked>  RFC 6455 11.3.1\n"
          "> 0000006f    Sec-WebSocket-Extensions: permessage-deflate  RFC 6455 11.3.2\n"
          "> 0000009d    the end of the head: no body  RFC 9112 6.3\n"
          "< 00000000  response: HTTP/1.1 101  RFC 9112 4\n"
          "< 0000000f    Connection: Upgrade  RFC 9110 7.6.1\n"
          "<               names Upgrade as meant for this hop alone  RFC 9110 7.6.1\n"
          "< 00000024    Upgrade: websocket  RFC 9110 7.8\n"
          "< 00000038    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=  RFC 6455 11.3.3\n"
          "<               is what the client's key asks for  RFC 6455 4.2.2\n"
          "< 0000006c    Sec-WebSocket-Extensions: permessage-deflate  RFC 6455 11.3.2\n"
          "< 0000009a    the end of the head: no body: another protocol begins here  RFC 9112 6.3\n"
          "<               from here websocket; the client's side from its offset 0x9f  RFC 9110 "
          "7.8\n"
          "< 0000009c  WebSocket TEXT, 2 octets, RSV1: compressed  RFC 6455 5.2\n"
          "< 0000009e    2 octets  RFC 6455 5.6\n"
          "< 000000a0  WebSocket CONTINUATION, 1 octet, FIN  RFC 6455 5.2\n"
          "< 000000a2    \"c\"  RFC 6455 5.6\n"
          "< 000000a3  WebSocket TEXT, 1 octet, FIN  RFC 6455 5.2\n"
          "< 000000a5    \"d\"  RFC 6455 5.6\n");
    HOLDS(accept, "WS_ACCEPT: ");
    TELLS(
        unasked, 0,
        "> 00000000  request: GET / HTTP/1.1  RFC 9112 3\n"
        "> 00000010    Host: a  RFC 9110 7.2\n"
        "> 00000019    Sec-WebSocket-Accept: x  RFC 6455 11.3.3\n"
        "> 00000032    the end of the head: no body  RFC 9112 6.3\n"
        "< 00000000  response: HTTP/1.1 200 OK  RFC 9112 4\n"
        "< 00000011    Sec-WebSocket-Accept: x  RFC 6455 11.3.3\n"
        "< 0000002a    the end of the head: a body that ends with the connection  RFC 9112 6.3\n");
}

static void test_websocket_long(void)
{
    static char frames[2 * (4 + 300)];
    part parts[] = {C(UPGRADE_WS "\r\n"), S(ANSWER_WS "\r\n"), {H2NEG_SERVER, frames, 304}};
    memset(frames, 'x', sizeof frames);
    memcpy(frames, "\x81\x7e\1\x2c", 4);
    TELLS(parts, 0,
          "> 00000000  request: GET / HTTP/1.1  RFC 9112 3\n"
          "> 00000010    Host: a  RFC 9110 7.2\n"
          "> 00000019    Connection: Upgrade  RFC 9110 7.6.1\n"
          ">               names Upgrade as meant for this hop alone  RFC 9110 7.6.1\n"
          "> 0000002e    Upgrade: websocket  RFC 9110 7.8\n"
          ">               offers websocket  RFC 9110 7.8\n"
          "> 00000042    Sec-WebSocket-Key: <24 octets masked>  RFC 6455 11.3.1\n"
          "> 0000006f    the end of the head: no body  RFC 9112 6.3\n"
          "< 00000000  response: HTTP/1.1 101  RFC 9112 4\n"
          "< 0000000f    Connection: Upgrade  RFC 9110 7.6.1\n"
          "<               names Upgrade as meant for this hop alone  RFC 9110 7.6.1\n"
          "< 00000024    Upgrade: websocket  RFC 9110 7.8\n"
          "< 00000038    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=  RFC 6455 11.3.3\n"
          "<               is what the client's key asks for  RFC 6455 4.2.2\n"
          "< 0000006c    the end of the head: no body: another protocol begins here  RFC 9112 6.3\n"
          "<               from here websocket; the client's side from its offset 0x71  RFC 9110 "
          "7.8\n"
          "< 0000006e  WebSocket TEXT, 300 octets, FIN  RFC 6455 5.2\n"
          "< 00000072    \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"  RFC 6455 5.6\n"
          "< 00000092    \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"  RFC 6455 5.6\n"
          "< 000000b2    \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"  RFC 6455 5.6\n"
          "< 000000d2    \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"  RFC 6455 5.6\n"
          "< 000000f2    \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"  RFC 6455 5.6\n"
          "< 00000112    \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"  RFC 6455 5.6\n"
          "< 00000132    \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"  RFC 6455 5.6\n"
          "< 00000152    \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"  RFC 6455 5.6\n"
          "< 00000172    and 44 octets more  RFC 6455 5.6\n");
    parts[2].len = 200; /* cut in the payload */
    HOLDS(parts, "cut short: BODY_SHORT: ");
    parts[2].len = 4; /* behind the header */
    HOLDS(parts, "cut short: BODY_SHORT: ");
    parts[2].len = 1; /* in the header */
    HOLDS(parts, "cut short: BODY_SHORT: ");
}

/* What is wrong in a server's frames: the code, and how far behind the 101. */
static void ws_stops(const char *frames, size_t len, int code, unsigned long at, int line)
{
    part parts[] = {C(UPGRADE_WS "\r\n"), S(ANSWER_WS "\r\n"), {H2NEG_SERVER, NULL, 0}};
    parts[2].text = frames;
    parts[2].len = len;
    stops(parts, 3, code, sizeof(ANSWER_WS "\r\n") - 1 + at, line);
}
#define WS_STOPS(frames, code, at) ws_stops(frames, sizeof(frames) - 1, code, at, __LINE__)

static void test_websocket_malformed(void)
{
    static const part counted[] = {C(UPGRADE_WS "\r\n"), S(ANSWER_WS "\r\n\x83\1abcdef")};
    WS_STOPS("\x83\1a", H2NEG_ERR_WS_RESERVED, 0);
    WS_STOPS("\xc1\1a", H2NEG_ERR_WS_RESERVED, 0); /* no extension was agreed */
    WS_STOPS("\x81\x81\0\0\0\0a", H2NEG_ERR_WS_MASK, 1);
    WS_STOPS("\x89\x7e", H2NEG_ERR_WS_CONTROL, 1);
    WS_STOPS("\x81\x7e\0\1a", H2NEG_ERR_WS_LENGTH, 3);
    WS_STOPS("\x80\1a", H2NEG_ERR_WS_SEQUENCE, 0);
    WS_STOPS("\1\1a\x81\1b", H2NEG_ERR_WS_SEQUENCE, 3);
    WS_STOPS("\x81\3a\x80z", H2NEG_ERR_WS_UTF8, 3);
    WS_STOPS("\x81\2a\xc3", H2NEG_ERR_WS_UTF8, 2);
    WS_STOPS("\x88\1a", H2NEG_ERR_WS_CLOSE_CODE, 2);
    WS_STOPS("\x88\2\3\xed", H2NEG_ERR_WS_CLOSE_CODE, 2);
    HOLDS(counted, "7 octets behind the error");
}

static void test_tunnels(void)
{
    static const part connect[] = {C("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nto"),
                                   S("HTTP/1.1 200 OK\r\n\r\nfrom it")};
    static const part refused[] = {C("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n" GET_A),
                                   S("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")};
    static const part foreign[] = {
        C("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: foo/2\r\n\r\nabc"),
        S(ANSWER("foo/2") "defg")};
    static const part not_offered[] = {
        C("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: foo/2\r\n\r\n"),
        S(ANSWER("h2c"))};
    static const part no_key[] = {
        C("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
        S(ANSWER("websocket"))};
    static const part unasked[] = {C(GET_A), S(ANSWER("h2c"))};
    static const part not_the_last[] = {C(GET_A UPGRADE_WS "\r\n"), S(ANSWER("websocket"))};
    static const part for_connect[] = {C("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"),
                                       S(ANSWER("h2c"))};
    TELLS(connect, 0,
          "> 00000000  request: CONNECT a:1 HTTP/1.1  RFC 9112 3\n"
          "> 00000016    Host: a:1  RFC 9110 7.2\n"
          "> 00000021    the end of the head: no body  RFC 9112 6.3\n"
          "< 00000000  response: HTTP/1.1 200 OK  RFC 9112 4\n"
          "< 00000011    the end of the head: no body: another protocol begins here  RFC 9112 6.3\n"
          "<               from here the tunnel; the client's side from its offset 0x23  RFC 9110 "
          "7.8\n"
          "> 00000023    \"to\"  RFC 9110 7.8\n"
          "< 00000013    \"from it\"  RFC 9110 7.8\n");
    TELLS(refused, 0,
          "> 00000000  request: CONNECT a:1 HTTP/1.1  RFC 9112 3\n"
          "> 00000016    Host: a:1  RFC 9110 7.2\n"
          "> 00000021    the end of the head: no body  RFC 9112 6.3\n"
          "< 00000000  response: HTTP/1.1 407 No  RFC 9112 4\n"
          "< 00000011    Content-Length: 0  RFC 9110 8.6\n"
          "< 00000024    the end of the head: no body  RFC 9112 6.3\n"
          "> 00000023  request: GET / HTTP/1.1  RFC 9112 3\n"
          "> 00000033    Host: a  RFC 9110 7.2\n"
          "> 0000003c    the end of the head: no body  RFC 9112 6.3\n");
    TELLS(foreign, 0,
          "> 00000000  request: GET / HTTP/1.1  RFC 9112 3\n"
          "> 00000010    Host: a  RFC 9110 7.2\n"
          "> 00000019    Connection: upgrade  RFC 9110 7.6.1\n"
          ">               names upgrade as meant for this hop alone  RFC 9110 7.6.1\n"
          "> 0000002e    Upgrade: foo/2  RFC 9110 7.8\n"
          ">               offers foo/2  RFC 9110 7.8\n"
          "> 0000003e    the end of the head: no body  RFC 9112 6.3\n"
          "< 00000000  response: HTTP/1.1 101  RFC 9112 4\n"
          "< 0000000f    Connection: Upgrade  RFC 9110 7.6.1\n"
          "<               names Upgrade as meant for this hop alone  RFC 9110 7.6.1\n"
          "< 00000024    Upgrade: foo/2  RFC 9110 7.8\n"
          "< 00000034    the end of the head: no body: another protocol begins here  RFC 9112 6.3\n"
          "<               from here foo/2; the client's side from its offset 0x40  RFC 9110 7.8\n"
          "> 00000040    \"abc\"  RFC 9110 7.8\n"
          "< 00000036    \"defg\"  RFC 9110 7.8\n");
    HOLDS(not_offered, "UPGRADE_ANSWER: ");
    HOLDS(no_key, "UPGRADE_ANSWER: ");
    STOPS(unasked, H2NEG_ERR_UPGRADE_ANSWER, 50);
    STOPS(not_the_last, H2NEG_ERR_UPGRADE_ANSWER, 56);
    STOPS(for_connect, H2NEG_ERR_UPGRADE_ANSWER, 50);
}

/* One side alone, or the other one too late. */
static void test_alone(void)
{
    static const part h1[] = {S_ENDS, C("GET / HTTP/1.1\r\n" UPGRADE_H2C "\r\n" GET_A)};
    static const part h2c[] = {
        S_ENDS, C("GET / HTTP/1.1\r\n" UPGRADE_H2C "\r\n" H2NEG_PREFACE NO_SETTINGS)};
    static const part ws[] = {S_ENDS, C(UPGRADE_WS "\r\n\x81\x81\0\0\0\0a")};
    static const part deflated[] = {S_ENDS, C(UPGRADE_WS "\r\n\xc1\x81\0\0\0\0a")};
    static const part foreign[] = {S_ENDS, C("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n\1\2\3")};
    static const part cut[] = {S_ENDS, C(UPGRADE_WS "\r\nPO")};
    static const part server[] = {
        C_ENDS, S("HTTP/1.1 101 \r\nUpgrade: h2c\r\n\r\n" NO_SETTINGS "\0\0\1\1\5\0\0\0\1\x88")};
    static const part server_h2[] = {
        C_ENDS, SX("00000c04 0000000000 000100000100 000500004001 000000040100000000"
                   "0000040800000000 05 00000001  00000401 0400000003 3fe17f 88")};
    static const part server_tls[] = {C_ENDS, S("\x15\3\3\0\2\2\x28zzz")};
    static const part other[] = {C_ENDS, S("220-ready\r\n")};
    static const part other_short[] = {C_ENDS, S("220\r\n")};
    static const part not_settings[] = {C_ENDS, SX("000000040100000000")};
    static const part not_stream_0[] = {C_ENDS, SX("000000040000000001")};
    static const part later[] = {C(UPGRADE_WS "\r\n" GET_A), S_ENDS};
    static const part ended[] = {C("GET / HTTP/1.1\r\n" UPGRADE_H2C "\r\n"), C_ENDS,
                                 S(ANSWER("h2c") NO_SETTINGS)};
    static const part nobody[] = {C_ENDS, S_ENDS};
    static const part both_wait[] = {C(UPGRADE_WS "\r\n" GET_A), S("HTTP/1.1 200 OK\r\n\r\n"),
                                     C_ENDS};
    HOLDS(h1, "> 00000078  request: GET / HTTP/1.1  RFC 9112 3\n");
    TELLS(h2c, 0,
          "> 00000000  request: GET / HTTP/1.1  RFC 9112 3\n"
          "> 00000010    Host: a  RFC 9110 7.2\n"
          "> 00000019    Connection: Upgrade, HTTP2-Settings  RFC 9110 7.6.1\n"
          ">               names Upgrade as meant for this hop alone  RFC 9110 7.6.1\n"
          ">               names HTTP2-Settings as meant for this hop alone  RFC 9110 7.6.1\n"
          "> 0000003e    Upgrade: h2c  RFC 9110 7.8\n"
          ">               offers h2c  RFC 9110 7.8\n"
          "> 0000004c    HTTP2-Settings: AAEAAAAAAAQAAABkAAUAAEAA  RFC 7540 3.2.1\n"
          ">               HEADER_TABLE_SIZE = 0  RFC 9113 6.5.2\n"
          ">               INITIAL_WINDOW_SIZE = 100  RFC 9113 6.5.2\n"
          ">               MAX_FRAME_SIZE = 16384  RFC 9113 6.5.2\n"
          "> 00000076    the end of the head: no body  RFC 9112 6.3\n"
          "> 00000078  another protocol, though no answer is seen\n"
          ">               the server's field blocks may have a dynamic table of 0 octets  RFC "
          "7541 4.2\n"
          ">               the windows of streams for the server's DATA begin at 100  RFC 9113 "
          "6.9.2\n"
          ">               stream 1: idle -> half-closed (remote)  RFC 9113 5.1\n"
          "> 00000078  the HTTP/2 preface: what follows are frames  RFC 9113 3.4\n"
          "> 00000090  SETTINGS, 0 octets  RFC 9113 6.5\n");
    HOLDS(ws, "> 00000071  another protocol, though no answer is seen\n> 00000071  WebSocket TEXT, "
              "1 octet, FIN");
    HOLDS(deflated, "RSV1: compressed"); /* whether that was agreed is not seen */
    HOLDS(foreign, "> 00000023  another protocol, though no answer is seen\n"
                   "> 00000023    3 octets  RFC 9110 7.8\n");
    HOLDS(cut, "> 00000071  cut short: BODY_SHORT");
    TELLS(server, 0,
          "< 00000000  response: HTTP/1.1 101  RFC 9112 4\n"
          "< 0000000f    Upgrade: h2c  RFC 9110 7.8\n"
          "< 0000001d    the end of the head: no body: another protocol begins here  RFC 9112 6.3\n"
          "<               from here h2c; the client's side from its offset 0x00  RFC 9110 7.8\n"
          "<               stream 1: idle -> half-closed (remote)  RFC 9113 5.1\n"
          "< 0000001f  SETTINGS, 0 octets  RFC 9113 6.5\n"
          "< 00000028  HEADERS, 1 octet, stream 1, END_STREAM, END_HEADERS  RFC 9113 6.2\n"
          "< 00000031    indexed 8 (static): :status: 200  RFC 7541 6.1\n"
          "<               stream 1: half-closed (remote) -> closed  RFC 9113 5.1\n");
    TELLS(server_h2, 0,
          "< 00000000  SETTINGS, 12 octets  RFC 9113 6.5\n"
          "< 00000009    HEADER_TABLE_SIZE = 256  RFC 9113 6.5.2\n"
          "< 0000000f    MAX_FRAME_SIZE = 16385  RFC 9113 6.5.2\n"
          "< 00000015  SETTINGS, 0 octets, ACK  RFC 9113 6.5\n"
          "< 0000001e  WINDOW_UPDATE, 4 octets, stream 5  RFC 9113 6.9\n"
          "< 00000027    1 octet more  RFC 9113 6.9\n"
          "< 0000002b  HEADERS, 4 octets, stream 3, END_HEADERS  RFC 9113 6.2\n"
          "< 00000034    the dynamic table's size becomes 16384  RFC 7541 6.3\n"
          "<               0 entries, 0 of 16384 octets  RFC 7541 4\n"
          "< 00000037    indexed 8 (static): :status: 200  RFC 7541 6.1\n"
          "<               stream 3: idle -> open  RFC 9113 5.1\n");
    TELLS(server_tls, 0,
          "< 00000000  stopped here: PEER_IS_OTHER: the first octets are not HTTP  RFC 9112 2.2\n"
          "< 00000000  10 octets behind the error\n");
    STOPS(other, H2NEG_ERR_PEER_IS_OTHER, 0);
    STOPS(other_short, H2NEG_ERR_PEER_IS_OTHER, 0);
    STOPS(not_settings, H2NEG_ERR_PEER_IS_OTHER, 0);
    STOPS(not_stream_0, H2NEG_ERR_PEER_IS_OTHER, 0);
    HOLDS(later, "> 00000071  request: GET / HTTP/1.1");
    HOLDS(ended, "SETTINGS, 0 octets");
    CHECK_INT(last_code, 0);
    TELLS(nobody, 0, "");
    TELLS(both_wait, 0,
          "> 00000000  request: GET / HTTP/1.1  RFC 9112 3\n"
          "> 00000010    Host: a  RFC 9110 7.2\n"
          "> 00000019    Connection: Upgrade  RFC 9110 7.6.1\n"
          ">               names Upgrade as meant for this hop alone  RFC 9110 7.6.1\n"
          "> 0000002e    Upgrade: websocket  RFC 9110 7.8\n"
          ">               offers websocket  RFC 9110 7.8\n"
          "> 00000042    Sec-WebSocket-Key: <24 octets masked>  RFC 6455 11.3.1\n"
          "> 0000006f    the end of the head: no body  RFC 9112 6.3\n"
          "< 00000000  response: HTTP/1.1 200 OK  RFC 9112 4\n"
          "< 00000011    the end of the head: a body that ends with the connection  RFC 9112 6.3\n"
          "> 00000071  request: GET / HTTP/1.1  RFC 9112 3\n"
          "> 00000081    Host: a  RFC 9110 7.2\n"
          "> 0000008a    the end of the head: no body  RFC 9112 6.3\n");
}

/* What is kept for the other side has a bound. */
static void test_held(void)
{
    static char text[60000], many[40 * 30];
    part late[] = {
        C(UPGRADE_WS "\r\n"), {H2NEG_CLIENT, text, sizeof text}, S(ANSWER("websocket") "\x89\0")};
    part parts[] = {C("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"),
                    {H2NEG_CLIENT, text, sizeof text},
                    S("HTTP/1.1 200 OK\r\n\r\nabc")};
    part twice[] = {C("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"),
                    {H2NEG_CLIENT, text, 39000},
                    {H2NEG_CLIENT, text, sizeof text}};
    part server[] = {{H2NEG_SERVER, text, sizeof text}, C(H2NEG_PREFACE)};
    part pipeline[] = {{H2NEG_CLIENT, many, 0}, S("HTTP/1.1 204 OK\r\n\r\n")};
    size_t i;
    memset(text, '\1', sizeof text);
    TELLS(parts, 0,
          "> 00000000  request: CONNECT a:1 HTTP/1.1  RFC 9112 3\n"
          "> 00000016    Host: a:1  RFC 9110 7.2\n"
          "> 00000021    the end of the head: no body  RFC 9112 6.3\n"
          "> 00000023  another protocol, though no answer is seen\n"
          "> 00000023    32 octets  RFC 9110 7.8\n"
          "> 00000043    32 octets  RFC 9110 7.8\n"
          "> 00000063    32 octets  RFC 9110 7.8\n"
          "> 00000083    32 octets  RFC 9110 7.8\n"
          "> 000000a3    32 octets  RFC 9110 7.8\n"
          "> 000000c3    32 octets  RFC 9110 7.8\n"
          "> 000000e3    32 octets  RFC 9110 7.8\n"
          "> 00000103    32 octets  RFC 9110 7.8\n"
          "> 00000123    and 59744 octets more, to the end of the connection  RFC 9112 6.3\n"
          "< 00000000  response: HTTP/1.1 200 OK  RFC 9112 4\n"
          "< 00000011    the end of the head: a body that ends with the connection  RFC 9112 6.3\n"
          "< 00000013    \"abc\"  RFC 9112 6\n");
    HOLDS(late, "WebSocket PING");
    HOLDS(twice, "and 98744 octets more, to the end of the connection");
    memcpy(text, "\0\0\0\4\0\0\0\0\0\0\0\0\xff\0\0\0\0\0", 18);
    HOLDS(server, "unknown frame 0xff");
    for (i = 0; i < 40; i++)
        memcpy(many + i * (sizeof GET_A - 1), GET_A, sizeof GET_A - 1);
    pipeline[0].len = 40 * (sizeof GET_A - 1);
    play(pipeline, 2, 1, 0);
    CHECK(strstr(said, "< 00000000  response") >
          strstr(said, "> 00000345  request")); /* behind 32 */
    CHECK(strstr(said, "< 00000000  response") < strstr(said, "> 00000360  request"));
    CHECK(strstr(said, "> 0000041d  request") != NULL);
}

/* ---- PROXY and TLS ---- */

static void test_proxy(void)
{
    static const part v1[] = {C("PROXY TCP4 1.2.3.4 5.6.7.8 9 65535\r\n" GET_A)};
    static const part v6[] = {
        C("PROXY TCP6 ::1 2001:db8::2 1 2\r\nPROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n")};
    static const part unknown[] = {C("PROXY UNKNOWN\r\n" GET_A)};
    static const part bad[] = {C("PROXY TCP5 \r\n")};
    static const part v2[] = {
        CX("0d0a0d0a000d0a515549540a 22110011 7f0000017f000002 04d20050 0100026832")};
    static const part good[] = {
        CX("0d0a0d0a000d0a515549540a 21120011 7f0000017f000002 04d20050 0100026832")};
    static const part local[] = {CX("0d0a0d0a000d0a515549540a 20000000")};
    static const part none[] = {CX("0d0a0d0a000d0a515549540a 21000000")};
    static char socket[16 + 216] = "\r\n\r\n\0\r\nQUIT\n\x21\x31\0\xd8/run/a";
    static const part cut[] = {C("PROXY TCP4 1.2")};
    static char large[50000] = "\r\n\r\n\0\r\nQUIT\n\x20\0\xf0";
    part path[] = {{H2NEG_CLIENT, socket, sizeof socket}};
    part too_large[] = {{H2NEG_CLIENT, large, sizeof large}};
    memset(socket + 16 + 108, 'b', 108);
    TELLS(v1, 0,
          "> 00000000  PROXY, version 1: 1.2.3.4:9 to 5.6.7.8:65535\n"
          "> 00000024  request: GET / HTTP/1.1  RFC 9112 3\n"
          "> 00000034    Host: a  RFC 9110 7.2\n"
          "> 0000003d    the end of the head: no body  RFC 9112 6.3\n");
    TELLS(v6, 0,
          "> 00000000  PROXY, version 1: [0000:0000:0000:0000:0000:0000:0000:0001]:1 to "
          "[2001:0db8:0000:0000:0000:0000:0000:0002]:2\n"
          "> 00000020  stopped here: PEER_IS_OTHER: the first octets are not HTTP  RFC 9112 2.2\n"
          "> 00000020  32 octets behind the error\n");
    TELLS(unknown, 0,
          "> 00000000  PROXY, version 1: of the proxy itself, or unknown\n"
          "> 0000000f  request: GET / HTTP/1.1  RFC 9112 3\n"
          "> 0000001f    Host: a  RFC 9110 7.2\n"
          "> 00000028    the end of the head: no body  RFC 9112 6.3\n");
    STOPS(bad, H2NEG_ERR_PROXY, 6);
    STOPS(v2, H2NEG_ERR_PROXY, 12);
    TELLS(good, 0,
          "> 00000000  PROXY, version 2: 127.0.0.1:1234 by datagrams to 127.0.0.2:80\n"
          "> 00000000    ALPN agreed: h2\n");
    TELLS(local, 0, "> 00000000  PROXY, version 2: of the proxy itself, or unknown\n");
    TELLS(none, 0, "> 00000000  PROXY, version 2: unspecified\n");
    HOLDS(path, "> 00000000  PROXY, version 2: \"/run/a\" to \"bbbb");
    HOLDS(cut, "> 00000000  cut short: BODY_SHORT");
    STOPS(too_large, H2NEG_ERR_TOO_SMALL, 0);
}

#define HELLO                                                                                      \
    "16 0301 005e 01 00005a 0303 6162636465666768696a6b6c6d6e6f707172737475767778797a303132333435" \
    "00 0004 13011302 0100 002d 0000 000e 000c 00 0009 6c6f63616c686f7374"                         \
    "0010 000e 000c 02 6832 08 687474702f312e31 002b 0005 04 0304 0303"
#define SERVER_HELLO(len, more)                                                                    \
    "16 0303 00" len "02 0000" more                                                                \
    "0303 6162636465666768696a6b6c6d6e6f707172737475767778797a30313233"                            \
    "3435 00 c02f 00"

static void test_tls(void)
{
    static const part old[] = {CX(HELLO),
                               SX(SERVER_HELLO("39", "35") "000d 0010 0005 0003 02 6832"
                                                           "ff01 0000"),
                               C("\x17\3\3\0\1x")};
    static const part present[] = {CX(HELLO), SX(SERVER_HELLO("32", "2e") "0006 002b 0002 0304")};
    static const part without[] = {CX(HELLO), SX(SERVER_HELLO("2c", "28") "0000")};
    static const part cut_hello[] = {CX(HELLO), SX(SERVER_HELLO("30", "2c") "0004 0010 0005")};
    static const part odd[] = {CX(HELLO),
                               SX(SERVER_HELLO("37", "33") "000b 0010 0002 0000 002b 0001 00")};
    static const part bad[] = {CX(HELLO), SX(SERVER_HELLO("32", "2e") "0006 0010 0005 0000")};
    static const part short_one[] = {CX(HELLO), SX("16 0303 0004 0e000000")};
    static const part other_one[] = {CX(HELLO), SX("16 0303 0005 0e000001 00")};
    static const part alert_large[] = {CX(HELLO), SX("15 0303 0003 010203")};
    static const part refused[] = {CX(HELLO), SX("15 0301 0002 02 78")};
    static const part alert[] = {CX(HELLO), SX("15 0301 0002 02 28")};
    static const part data[] = {CX(HELLO), SX("17 0301 0002 02 28")};
    static const part other[] = {CX(HELLO), SX("48 5454502f312e31")};
    static const part large[] = {CX(HELLO), SX("16 0303 4200")};
    static const part cut[] = {CX(HELLO), SX("16 0303 0010 02")};
    static const part records[] = {CX("16 0301 0010 01 00005a 0303 6162636465666768696a"
                                      "16 0301 004e 6b6c6d6e6f707172737475767778797a303132333435"
                                      "00 0004 13011302 0100 002d 002b 0005 04 0304 7a7a "
                                      "0000 000e 000c 00 0009 6c6f63616c686f7374"
                                      "0010 000e 000c 02 6832 08 687474702f312e31")};
    static const part bare[] = {
        CX("16 0301 002f 01 00002b 0302 "
           "6162636465666768696a6b6c6d6e6f707172737475767778797a303132333435"
           "00 0004 13011302 0100")};
    static const part malformed[] = {CX("16 0301 0004 02 000000")};
    static char crumbs[70 * 6];
    part in_crumbs[] = {{H2NEG_CLIENT, crumbs, sizeof crumbs}};
    size_t i;
    for (i = 0; i < 70; i++)
        memcpy(crumbs + 6 * i, "\x16\3\1\0\1\0", 6);
    memcpy(crumbs + 5, "\1", 1);
    memcpy(crumbs + 17, "\1", 1);
    TELLS(old, 0,
          "> 00000000  TLS ClientHello, 99 octets  RFC 8446 4.1.2\n"
          "> 0000003f    server name: localhost  RFC 6066 3\n"
          "> 0000004e    ALPN offers h2, http/1.1  RFC 7301 3.1\n"
          "> 0000005f    versions: TLS 1.3, TLS 1.2  RFC 8446 4.2.1\n"
          "> 00000063    what follows is encrypted, and only counted  RFC 8446 2\n"
          "< 00000000  TLS ServerHello: TLS 1.2  RFC 8446 4.1.3\n"
          "< 00000038    ALPN chooses h2  RFC 7301 3.1\n"
          "> 00000063  6 octets encrypted\n");
    HOLDS(present, "< 00000000  TLS ServerHello: TLS 1.3  RFC 8446 4.1.3\n< 00000000    the ALPN "
                   "answer is encrypted  RFC 7301 3.1\n");
    HOLDS(without, "< 00000000    no ALPN answer  RFC 7301 3.1\n");
    HOLDS(cut_hello, "TLS ServerHello: TLS 1.2");
    CHECK_INT(last_code, H2NEG_ERR_TLS_HELLO);
    HOLDS(bad, "TLS ServerHello: TLS 1.2");
    CHECK_INT(last_code, H2NEG_ERR_TLS_HELLO);
    HOLDS(odd, "no ALPN answer");
    HOLDS(short_one, "TLS record of type 22");
    HOLDS(other_one, "TLS record of type 22");
    HOLDS(alert_large, "TLS record of type 21");
    HOLDS(refused, "< 00000000  TLS alert 120: no_application_protocol, none of the ALPN offers  "
                   "RFC 8446 6\n");
    HOLDS(alert, "< 00000000  TLS alert 40  RFC 8446 6\n");
    HOLDS(data, "< 00000000  TLS record of type 23  RFC 8446 5.1\n");
    STOPS(other, H2NEG_ERR_PEER_IS_OTHER, 0);
    STOPS(large, H2NEG_ERR_PEER_IS_OTHER, 0);
    HOLDS(cut, "cut short: BODY_SHORT");
    TELLS(records, 0,
          "> 00000000  TLS ClientHello, 104 octets  RFC 8446 4.1.2\n"
          "> 00000000    versions: TLS 1.3, 0x7a7a  RFC 8446 4.2.1\n"
          "> 00000000    server name: localhost  RFC 6066 3\n"
          "> 00000000    ALPN offers h2, http/1.1  RFC 7301 3.1\n"
          "> 00000068    what follows is encrypted, and only counted  RFC 8446 2\n");
    TELLS(bare, 0,
          "> 00000000  TLS ClientHello, 52 octets  RFC 8446 4.1.2\n"
          "> 00000000    no server name  RFC 6066 3\n"
          "> 00000000    no ALPN  RFC 7301 3.1\n"
          "> 00000000    versions: up to TLS 1.1  RFC 8446 4.2.1\n"
          "> 00000034    what follows is encrypted, and only counted  RFC 8446 2\n");
    STOPS(malformed, H2NEG_ERR_TLS_HELLO, 5);
    STOPS(in_crumbs, H2NEG_ERR_TLS_HELLO_LARGE, 64 * 6);
}

/* A line holds 1,024 octets of text: 100 protocols do not fit. */
static void test_long_line(void)
{
    static char hello[4000];
    static const unsigned char start[] = {0x16, 3, 1, 0, 0, 1, 0, 0, 0, 3, 3};
    part parts[] = {{H2NEG_CLIENT, hello, 0}};
    size_t at = 11 + 32, i, list = 100 * 21, n;
    const char *line;
    memcpy(hello, start, sizeof start);
    memcpy(hello + at, "\0\0\2\x13\1\1\0\0\0\0\x10\0\0\0\0", 15);
    at += 15;
    for (i = 0; i < 100; i++, at += 21) {
        memset(hello + at, 'a', 21);
        hello[at] = 20;
    }
    n = at;
    hello[3] = (char)((n - 5) >> 8), hello[4] = (char)((n - 5) & 255);
    hello[7] = (char)((n - 9) >> 8), hello[8] = (char)((n - 9) & 255);
    hello[50] = (char)((list + 6) >> 8), hello[51] = (char)((list + 6) & 255);
    hello[54] = (char)((list + 2) >> 8), hello[55] = (char)((list + 2) & 255);
    hello[56] = (char)(list >> 8), hello[57] = (char)(list & 255);
    parts[0].len = n;
    play(parts, 1, ROOM, 0);
    line = strstr(said, "ALPN offers");
    CHECK(line && strcspn(line, " .") < 1024 && strstr(line, "...  RFC 7301 3.1\n"));
    CHECK(line && strcspn(line, "\n") <= 1024 + 14);
}

/* ---- HTTP/2 ---- */

static char arena[1 << 17];
static size_t arena_used;

/* A frame in hex. */
static const char *frame(int type, int flags, uint32_t stream, const char *hex)
{
    static unsigned char payload[1 << 16];
    char *at = arena + arena_used;
    int n = snprintf(at, sizeof arena - arena_used, "%06lx%02x%02x%08lx%s",
                     (unsigned long)check_hex(payload, hex), (unsigned)type, (unsigned)flags,
                     (unsigned long)stream, hex);
    arena_used += (size_t)n + 1;
    CHECK(arena_used <= sizeof arena);
    return at;
}
static part client_frame(int type, int flags, uint32_t stream, const char *hex)
{
    part p = CX(NULL);
    p.text = frame(type, flags, stream, hex);
    return p;
}
#define CF(type, flags, stream, hex) CX(frame(H2NEG_H2_##type, flags, stream, hex))
#define SF(type, flags, stream, hex) SX(frame(H2NEG_H2_##type, flags, stream, hex))
#define PREFACE C(H2NEG_PREFACE), CX("000000040000000000"), SX("000000040000000000")

enum { END = H2NEG_H2_END_STREAM, HEAD = H2NEG_H2_END_HEADERS, PADDED = H2NEG_H2_PADDED };

static void test_prior_knowledge(void)
{
    part parts[] = {
        C(H2NEG_PREFACE),
        SF(SETTINGS, 0, 0, "000100000100 000400000064"),
        SF(SETTINGS, H2NEG_H2_ACK, 0, ""), /* told when there is something to acknowledge */
        CF(SETTINGS, 0, 0,
           "000100002000 0004000003e8 000500008000 006300000007 000800000001 000900000001"),
        CF(HEADERS, HEAD, 1, "828684"),
        CF(SETTINGS, H2NEG_H2_ACK, 0, ""),
        CF(DATA, PADDED, 1, "02 68656c6c6f 0000"),
        SF(WINDOW_UPDATE, 0, 0, "000003e8"),
        SF(WINDOW_UPDATE, 0, 1, "80000001"),
        CF(DATA, END, 1, ""),
        SF(HEADERS, HEAD, 1, "88"),
        SF(DATA, 0, 1, "ff00"),
        SF(PING, 0, 0, "0001020304050607"),
        CF(PING, H2NEG_H2_ACK, 0, "0001020304050607"),
        SF(HEADERS, HEAD | END, 1, "40 01 61 01 62"),
        SF(GOAWAY, 0, 0, "80000001 0000000b 746f6f206d756368"),
        CF(GOAWAY, 0, 0, "00000000 000000ff")};
    TELLS(parts, 0,
          "> 00000000  the HTTP/2 preface: what follows are frames  RFC 9113 3.4\n"
          "< 00000000  SETTINGS, 12 octets  RFC 9113 6.5\n"
          "< 00000009    HEADER_TABLE_SIZE = 256  RFC 9113 6.5.2\n"
          "< 0000000f    INITIAL_WINDOW_SIZE = 100  RFC 9113 6.5.2\n"
          "> 00000018  SETTINGS, 36 octets  RFC 9113 6.5\n"
          "> 00000021    HEADER_TABLE_SIZE = 8192  RFC 9113 6.5.2\n"
          "> 00000027    INITIAL_WINDOW_SIZE = 1000  RFC 9113 6.5.2\n"
          "> 0000002d    MAX_FRAME_SIZE = 32768  RFC 9113 6.5.2\n"
          "> 00000033    unknown setting 0x63 = 7  RFC 9113 6.5.2\n"
          "> 00000039    ENABLE_CONNECT_PROTOCOL = 1  RFC 8441 3\n"
          "> 0000003f    NO_RFC7540_PRIORITIES = 1  RFC 9218 2.1\n"
          "< 00000015  SETTINGS, 0 octets, ACK  RFC 9113 6.5\n"
          "<               the server's field blocks may have a dynamic table of 8192 octets  RFC "
          "7541 4.2\n"
          "<               the windows of streams for the server's DATA begin at 1000  RFC 9113 "
          "6.9.2\n"
          "> 00000045  HEADERS, 3 octets, stream 1, END_HEADERS  RFC 9113 6.2\n"
          "> 0000004e    indexed 2 (static): :method: GET  RFC 7541 6.1\n"
          "> 0000004f    indexed 6 (static): :scheme: http  RFC 7541 6.1\n"
          "> 00000050    indexed 4 (static): :path: /  RFC 7541 6.1\n"
          ">               stream 1: idle -> open  RFC 9113 5.1\n"
          "> 00000051  SETTINGS, 0 octets, ACK  RFC 9113 6.5\n"
          ">               the client's field blocks may have a dynamic table of 256 octets  RFC "
          "7541 4.2\n"
          ">               the windows of streams for the client's DATA begin at 100  RFC 9113 "
          "6.9.2\n"
          "> 0000005a  DATA, 8 octets, stream 1, PADDED  RFC 9113 6.1\n"
          "> 00000063    pad length 2  RFC 9113 6.1\n"
          "> 00000064    \"hello\"  RFC 9113 6.1\n"
          "> 00000069    padding, 2 octets  RFC 9113 6.1\n"
          ">               the client may send: connection 65527, stream 1: 92  RFC 9113 6.9.1\n"
          "< 0000001e  WINDOW_UPDATE, 4 octets  RFC 9113 6.9\n"
          "< 00000027    1000 octets more  RFC 9113 6.9\n"
          "<               the client may send: connection 66527  RFC 9113 6.9.1\n"
          "< 0000002b  WINDOW_UPDATE, 4 octets, stream 1  RFC 9113 6.9\n"
          "< 00000034    1 octet more  RFC 9113 6.9\n"
          "<               the client may send: connection 66527, stream 1: 93  RFC 9113 6.9.1\n"
          "> 0000006b  DATA, 0 octets, stream 1, END_STREAM  RFC 9113 6.1\n"
          ">               stream 1: open -> half-closed (remote)  RFC 9113 5.1\n"
          "< 00000038  HEADERS, 1 octet, stream 1, END_HEADERS  RFC 9113 6.2\n"
          "< 00000041    indexed 8 (static): :status: 200  RFC 7541 6.1\n"
          "< 00000042  DATA, 2 octets, stream 1  RFC 9113 6.1\n"
          "< 0000004b    2 octets  RFC 9113 6.1\n"
          "<               the server may send: connection 65533, stream 1: 998  RFC 9113 6.9.1\n"
          "< 0000004d  PING, 8 octets  RFC 9113 6.7\n"
          "< 00000056    0001020304050607  RFC 9113 6.7\n"
          "> 00000074  PING, 8 octets, ACK  RFC 9113 6.7\n"
          "> 0000007d    0001020304050607  RFC 9113 6.7\n"
          "< 0000005e  HEADERS, 5 octets, stream 1, END_STREAM, END_HEADERS  RFC 9113 6.2\n"
          "< 00000067    literal, to be indexed, name, value: a: b  RFC 7541 6.2.1\n"
          "<               enters the dynamic table as 62; 1 entry, 34 of 4096 octets  RFC 7541 4\n"
          "<               stream 1: half-closed (remote) -> closed  RFC 9113 5.1\n"
          "< 0000006c  GOAWAY, 16 octets  RFC 9113 6.8\n"
          "< 00000075    the last stream that counts is 1: ENHANCE_YOUR_CALM, debug data \"too "
          "much\"  RFC 9113 6.8\n"
          "> 00000085  GOAWAY, 8 octets  RFC 9113 6.8\n"
          "> 0000008e    the last stream that counts is 0: unknown error 0xff  RFC 9113 6.8\n");
    arena_used = 0;
}

static void test_frames(void)
{
    part parts[] = {PREFACE,
                    CF(HEADERS, 0x20 | PADDED | END, 3, "01 80000001 0f 8286 00"),
                    CF(CONTINUATION, 0, 3, ""),
                    CF(CONTINUATION, HEAD, 3, "84"),
                    CF(PRIORITY, 0, 5, "00000003 ff"),
                    SF(PUSH_PROMISE, HEAD | PADDED, 3, "01 00000002 82 00"),
                    SF(HEADERS, HEAD, 2, "88"),
                    SF(DATA, END, 2, "61"),
                    SF(PUSH_PROMISE, HEAD, 3, "00000004 82"),
                    SF(PUSH_PROMISE, HEAD, 3, "00000009 82"), /* a client's stream */
                    SF(PUSH_PROMISE, HEAD, 3, "00000004 82"), /* promised before */
                    CF(RST_STREAM, 0, 4, "00000008"),
                    SF(RST_STREAM, 0, 3, "00000007"),
                    SF(ALTSVC, 0, 0, "0005 612e636f6d 68323d223a22"),
                    SF(ALTSVC, 0, 0, "0000 68323d223a22"),
                    SF(ORIGIN, 0, 0, "0003 612e62 0000"),
                    SF(ORIGIN, 0, 3, ""),
                    CF(PRIORITY_UPDATE, 0, 0, "00000005 753d312c2069"),
                    CF(PRIORITY_UPDATE, 0, 0, "00000007 "),
                    CX(frame(0xb, 0x41, 0, "78797a")),
                    CX(frame(0xff, 0, 1, "")),
                    CF(HEADERS, HEAD, 7, "82"),
                    CF(RST_STREAM, 0, 7, "000000aa"),
                    CF(RST_STREAM, 0, 7, "00000000"),
                    CF(HEADERS, HEAD, 7, "82")}; /* closed, and forgotten */
    TELLS(parts, 0,
          "> 00000000  the HTTP/2 preface: what follows are frames  RFC 9113 3.4\n"
          "> 00000018  SETTINGS, 0 octets  RFC 9113 6.5\n"
          "< 00000000  SETTINGS, 0 octets  RFC 9113 6.5\n"
          "> 00000021  HEADERS, 9 octets, stream 3, END_STREAM, PADDED, PRIORITY  RFC 9113 6.2\n"
          "> 0000002a    pad length 1  RFC 9113 6.1\n"
          "> 0000002b    depends on stream 1, exclusively, weight 16  RFC 7540 5.3\n"
          "> 00000030    indexed 2 (static): :method: GET  RFC 7541 6.1\n"
          "> 00000031    indexed 6 (static): :scheme: http  RFC 7541 6.1\n"
          "> 00000032    padding, 1 octet  RFC 9113 6.1\n"
          ">               stream 3: idle -> open  RFC 9113 5.1\n"
          "> 00000033  CONTINUATION, 0 octets, stream 3  RFC 9113 6.10\n"
          "> 0000003c  CONTINUATION, 1 octet, stream 3, END_HEADERS  RFC 9113 6.10\n"
          "> 00000045    indexed 4 (static): :path: /  RFC 7541 6.1\n"
          ">               stream 3: open -> half-closed (remote)  RFC 9113 5.1\n"
          "> 00000046  PRIORITY, 5 octets, stream 5  RFC 9113 6.3\n"
          "> 0000004f    depends on stream 3, weight 256  RFC 7540 5.3\n"
          "< 00000009  PUSH_PROMISE, 7 octets, stream 3, END_HEADERS, PADDED  RFC 9113 6.6\n"
          "< 00000012    pad length 1  RFC 9113 6.1\n"
          "< 00000013    promises stream 2  RFC 9113 6.6\n"
          "< 00000017    indexed 2 (static): :method: GET  RFC 7541 6.1\n"
          "< 00000018    padding, 1 octet  RFC 9113 6.1\n"
          "<               stream 2: idle -> reserved (local)  RFC 9113 5.1\n"
          "< 00000019  HEADERS, 1 octet, stream 2, END_HEADERS  RFC 9113 6.2\n"
          "< 00000022    indexed 8 (static): :status: 200  RFC 7541 6.1\n"
          "<               stream 2: reserved (local) -> half-closed (remote)  RFC 9113 5.1\n"
          "< 00000023  DATA, 1 octet, stream 2, END_STREAM  RFC 9113 6.1\n"
          "< 0000002c    \"a\"  RFC 9113 6.1\n"
          "<               the server may send: connection 65534, stream 2: 65534  RFC 9113 6.9.1\n"
          "<               stream 2: half-closed (remote) -> closed  RFC 9113 5.1\n"
          "< 0000002d  PUSH_PROMISE, 5 octets, stream 3, END_HEADERS  RFC 9113 6.6\n"
          "< 00000036    promises stream 4  RFC 9113 6.6\n"
          "< 0000003a    indexed 2 (static): :method: GET  RFC 7541 6.1\n"
          "<               stream 4: idle -> reserved (local)  RFC 9113 5.1\n"
          "< 0000003b  PUSH_PROMISE, 5 octets, stream 3, END_HEADERS  RFC 9113 6.6\n"
          "< 00000044    promises stream 9  RFC 9113 6.6\n"
          "< 00000048    indexed 2 (static): :method: GET  RFC 7541 6.1\n"
          "< 00000049  PUSH_PROMISE, 5 octets, stream 3, END_HEADERS  RFC 9113 6.6\n"
          "< 00000052    promises stream 4  RFC 9113 6.6\n"
          "< 00000056    indexed 2 (static): :method: GET  RFC 7541 6.1\n"
          "> 00000054  RST_STREAM, 4 octets, stream 4  RFC 9113 6.4\n"
          "> 0000005d    CANCEL  RFC 9113 7\n"
          ">               stream 4: reserved (local) -> closed  RFC 9113 5.1\n"
          "< 00000057  RST_STREAM, 4 octets, stream 3  RFC 9113 6.4\n"
          "< 00000060    REFUSED_STREAM  RFC 9113 7\n"
          "<               stream 3: half-closed (remote) -> closed  RFC 9113 5.1\n"
          "< 00000064  ALTSVC, 13 octets  RFC 7838 4\n"
          "< 0000006d    origin \"a.com\", h2=\":\"  RFC 7838 4\n"
          "< 0000007a  ALTSVC, 8 octets  RFC 7838 4\n"
          "< 00000083    to be ignored: origin \"\", h2=\":\"  RFC 7838 4\n"
          "< 0000008b  ORIGIN, 7 octets  RFC 8336 2\n"
          "< 00000094    \"a.b\"  RFC 8336 2.1\n"
          "< 00000099    \"\"  RFC 8336 2.1\n"
          "< 0000009b  ORIGIN, 0 octets, stream 3  RFC 8336 2\n"
          "< 000000a4    to be ignored  RFC 8336 2.2\n"
          "> 00000061  PRIORITY_UPDATE, 10 octets  RFC 9218 7.1\n"
          "> 0000006a    stream 5: \"u=1, i\", urgency 1, incremental  RFC 9218 4\n"
          "> 00000074  PRIORITY_UPDATE, 4 octets  RFC 9218 7.1\n"
          "> 0000007d    stream 7: \"\", urgency 3  RFC 9218 4\n"
          "> 00000081  unknown frame 0x0b, 3 octets, unknown flags 0x41  RFC 9113 5.5\n"
          "> 0000008a    \"xyz\"  RFC 9113 5.5\n"
          "> 0000008d  unknown frame 0xff, 0 octets, stream 1  RFC 9113 5.5\n"
          "> 00000096  HEADERS, 1 octet, stream 7, END_HEADERS  RFC 9113 6.2\n"
          "> 0000009f    indexed 2 (static): :method: GET  RFC 7541 6.1\n"
          ">               stream 7: idle -> open  RFC 9113 5.1\n"
          "> 000000a0  RST_STREAM, 4 octets, stream 7  RFC 9113 6.4\n"
          "> 000000a9    unknown error 0xaa  RFC 9113 7\n"
          ">               stream 7: open -> closed  RFC 9113 5.1\n"
          "> 000000ad  RST_STREAM, 4 octets, stream 7  RFC 9113 6.4\n"
          "> 000000b6    NO_ERROR  RFC 9113 7\n"
          "> 000000ba  HEADERS, 1 octet, stream 7, END_HEADERS  RFC 9113 6.2\n"
          "> 000000c3    indexed 2 (static): :method: GET  RFC 7541 6.1\n");
    arena_used = 0;
}

/* What is wrong of a stream alone is told, and the side goes on. */
static void test_stream_errors(void)
{
    part parts[] = {PREFACE,
                    CF(HEADERS, HEAD | 0x20, 1, "00000001 00 82"), /* depends on itself */
                    CF(PRIORITY, 0, 1, "00000001 00"),
                    CF(PRIORITY, 0, 1, "00000003"),
                    CF(WINDOW_UPDATE, 0, 1, "00000000"),
                    CF(WINDOW_UPDATE, 0, 1, "7fffffff"),
                    CF(DATA, END, 1, "61"),
                    CF(DATA, 0, 1, "61"),
                    CF(DATA, END, 1, "61"),
                    CF(DATA, 0, 9, "61"),
                    CF(SETTINGS, 0, 0, "000200000002 000480000000"),
                    CF(SETTINGS, H2NEG_H2_ACK, 0, ""),
                    CF(SETTINGS, H2NEG_H2_ACK, 0, ""),
                    SF(SETTINGS, 0, 0, "000400000001"),
                    CF(SETTINGS, H2NEG_H2_ACK, 0, ""),
                    CF(HEADERS, HEAD, 3, "82"),
                    CF(DATA, 0, 3, "6162"),
                    CF(DATA, PADDED, 3, "")};
    TELLS(
        parts, 0,
        "> 00000000  the HTTP/2 preface: what follows are frames  RFC 9113 3.4\n"
        "> 00000018  SETTINGS, 0 octets  RFC 9113 6.5\n"
        "< 00000000  SETTINGS, 0 octets  RFC 9113 6.5\n"
        "> 00000021  HEADERS, 6 octets, stream 1, END_HEADERS, PRIORITY  RFC 9113 6.2\n"
        "> 0000002a    depends on stream 1, weight 1  RFC 7540 5.3\n"
        "> 0000002a    H2_SELF_DEPENDENCY: a stream depends on itself  RFC 7540 5.3.1\n"
        "> 0000002f    indexed 2 (static): :method: GET  RFC 7541 6.1\n"
        ">               stream 1: idle -> open  RFC 9113 5.1\n"
        "> 00000030  PRIORITY, 5 octets, stream 1  RFC 9113 6.3\n"
        "> 00000039    H2_SELF_DEPENDENCY: a stream depends on itself  RFC 7540 5.3.1\n"
        "> 0000003e  PRIORITY, 4 octets, stream 1  RFC 9113 6.3\n"
        "> 0000003e    H2_FRAME_SIZE: the frame's length is not allowed  RFC 9113 4.2\n"
        "> 00000047    4 octets  RFC 9113 5.5\n"
        "> 0000004b  WINDOW_UPDATE, 4 octets, stream 1  RFC 9113 6.9\n"
        "> 00000054    H2_WINDOW_ZERO: a window is increased by zero  RFC 9113 6.9\n"
        "> 00000058  WINDOW_UPDATE, 4 octets, stream 1  RFC 9113 6.9\n"
        "> 00000061    2147483647 octets more  RFC 9113 6.9\n"
        ">               the server may send: connection 65535, stream 1: 2147549182  RFC 9113 "
        "6.9.1\n"
        "> 00000061      H2_WINDOW_OVER: a window grows above 2^31-1  RFC 9113 6.9.1\n"
        "> 00000065  DATA, 1 octet, stream 1, END_STREAM  RFC 9113 6.1\n"
        "> 0000006e    \"a\"  RFC 9113 6.1\n"
        ">               the client may send: connection 65534, stream 1: 65534  RFC 9113 6.9.1\n"
        ">               stream 1: open -> half-closed (remote)  RFC 9113 5.1\n"
        "> 0000006f  DATA, 1 octet, stream 1  RFC 9113 6.1\n"
        "> 0000006f    H2_CLOSED: the frame's stream is closed on the peer's side  RFC 9113 5.1\n"
        "> 00000078    \"a\"  RFC 9113 6.1\n"
        ">               the client may send: connection 65533, stream 1: 65533  RFC 9113 6.9.1\n"
        "> 00000079  DATA, 1 octet, stream 1, END_STREAM  RFC 9113 6.1\n"
        "> 00000079    H2_CLOSED: the frame's stream is closed on the peer's side  RFC 9113 5.1\n"
        "> 00000082    \"a\"  RFC 9113 6.1\n"
        ">               the client may send: connection 65532, stream 1: 65532  RFC 9113 6.9.1\n"
        "> 00000083  DATA, 1 octet, stream 9  RFC 9113 6.1\n"
        "> 00000083    H2_IDLE: the frame's stream was never opened  RFC 9113 5.1\n"
        "> 0000008c    \"a\"  RFC 9113 6.1\n"
        ">               the client may send: connection 65531  RFC 9113 6.9.1\n"
        "> 0000008d  SETTINGS, 12 octets  RFC 9113 6.5\n"
        "> 00000096    ENABLE_PUSH = 2  RFC 9113 6.5.2\n"
        "> 00000096      H2_SETTING: a setting's value is out of its range  RFC 9113 6.5.2\n"
        "> 0000009c    INITIAL_WINDOW_SIZE = 2147483648  RFC 9113 6.5.2\n"
        "> 0000009c      H2_SETTING_WINDOW: an initial window above 2^31-1  RFC 9113 6.5.2\n"
        "> 000000a2  SETTINGS, 0 octets, ACK  RFC 9113 6.5\n"
        "< 00000009  SETTINGS, 6 octets  RFC 9113 6.5\n"
        "< 00000012    INITIAL_WINDOW_SIZE = 1  RFC 9113 6.5.2\n"
        "> 000000ab  SETTINGS, 0 octets, ACK  RFC 9113 6.5\n"
        ">               the windows of streams for the client's DATA begin at 1  RFC 9113 6.9.2\n"
        "> 000000b4  SETTINGS, 0 octets, ACK  RFC 9113 6.5\n"
        "> 000000bd      H2_SETTINGS_ACK: an acknowledgement that nobody awaits  RFC 9113 6.5.3\n"
        "> 000000bd  HEADERS, 1 octet, stream 3, END_HEADERS  RFC 9113 6.2\n"
        "> 000000c6    indexed 2 (static): :method: GET  RFC 7541 6.1\n"
        ">               stream 3: idle -> open  RFC 9113 5.1\n"
        "> 000000c7  DATA, 2 octets, stream 3  RFC 9113 6.1\n"
        "> 000000d0    \"ab\"  RFC 9113 6.1\n"
        ">               the client may send: connection 65529, stream 3: -1  RFC 9113 6.9.1\n"
        "> 000000d0      H2_FLOW: more DATA than the window allows  RFC 9113 6.9\n"
        "> 000000d2  DATA, 0 octets, stream 3, PADDED  RFC 9113 6.1\n"
        "> 000000d2    H2_FRAME_SIZE: the frame's length is not allowed  RFC 9113 4.2\n");
    arena_used = 0;
}

/* Behind the preface and SETTINGS of the client: the error that stops it, and where. */
#define H2_STOPS(a, b, code, at)                                                                   \
    do {                                                                                           \
        const part h2_parts[] = {PREFACE, a, b};                                                   \
        stops(h2_parts, 5, code, 33 + (at), __LINE__);                                             \
        arena_used = 0;                                                                            \
    } while (0)

static void test_malformed_h2(void)
{
    H2_STOPS(CF(HEADERS, HEAD, 0, "82"), S_ENDS, H2NEG_ERR_H2_STREAM_ID, 0);
    H2_STOPS(C("\1\0\0\0\0\0\0\0\1"), S_ENDS, H2NEG_ERR_H2_FRAME_SIZE, 0);
    H2_STOPS(CF(PING, 0, 0, "01"), S_ENDS, H2NEG_ERR_H2_FRAME_SIZE, 0);
    H2_STOPS(CF(HEADERS, HEAD | PADDED, 1, "05 82"), S_ENDS, H2NEG_ERR_H2_PADDING, 9);
    H2_STOPS(CF(PUSH_PROMISE, HEAD, 1, "00000000 82"), S_ENDS, H2NEG_ERR_H2_STREAM_ID, 9);
    H2_STOPS(CF(WINDOW_UPDATE, 0, 0, "00000000"), S_ENDS, H2NEG_ERR_H2_WINDOW_ZERO, 9);
    H2_STOPS(CF(CONTINUATION, 0, 1, ""), S_ENDS, H2NEG_ERR_H2_CONTINUATION, 0);
    H2_STOPS(CF(HEADERS, 0, 1, "82"), CF(DATA, 0, 1, ""), H2NEG_ERR_H2_CONTINUATION, 10);
    H2_STOPS(CF(HEADERS, 0, 1, "82"), CF(CONTINUATION, 0, 3, ""), H2NEG_ERR_H2_CONTINUATION, 10);
    H2_STOPS(CF(HEADERS, HEAD, 1, "82 be"), S_ENDS, H2NEG_ERR_HPACK_INDEX, 10);
    H2_STOPS(CF(HEADERS, HEAD, 1, "80"), S_ENDS, H2NEG_ERR_HPACK_INDEX, 9);
    H2_STOPS(CF(HEADERS, HEAD, 1, "ff8080808080"), S_ENDS, H2NEG_ERR_HPACK_INTEGER, 9);
    H2_STOPS(CF(HEADERS, HEAD, 1, "3f819c01"), S_ENDS, H2NEG_ERR_HPACK_UPDATE, 9);
    H2_STOPS(CF(HEADERS, HEAD, 1, "ffffffffff7f"), S_ENDS, H2NEG_ERR_HPACK_INTEGER, 9);
    H2_STOPS(CF(HEADERS, HEAD, 1, "ffffffffffff00"), S_ENDS, H2NEG_ERR_HPACK_INTEGER, 9);
    H2_STOPS(CF(HEADERS, HEAD, 1, "0001617fffffffff7f"), S_ENDS, H2NEG_ERR_HPACK_INTEGER, 9);
    H2_STOPS(CF(HEADERS, HEAD, 1, "0001618100"), S_ENDS, H2NEG_ERR_HPACK_HUFFMAN, 9);
    H2_STOPS(CF(HEADERS, HEAD, 1, "3f"), S_ENDS, H2NEG_ERR_HPACK_CUT, 9);
    H2_STOPS(CF(HEADERS, HEAD, 1, "82 3f"), S_ENDS, H2NEG_ERR_HPACK_UPDATE, 10);
    H2_STOPS(CF(HEADERS, HEAD, 1, "82 20"), S_ENDS, H2NEG_ERR_HPACK_UPDATE, 10);
    H2_STOPS(CF(HEADERS, HEAD, 1, "3fe21f"), S_ENDS, H2NEG_ERR_HPACK_UPDATE, 9);
    H2_STOPS(CF(HEADERS, HEAD, 1, "0001610262"), S_ENDS, H2NEG_ERR_HPACK_CUT, 9);
}

static void test_cut_h2(void)
{
    part header[] = {PREFACE, C("\0\0")};
    part payload[] = {PREFACE, C("\0\0\4\x8\0\0\0\0\0\0")};
    part prefix[] = {PREFACE, C("\0\0\7\1\x28\0\0\0\1\0")};
    part padding[] = {PREFACE, C("\0\0\4\1\x0c\0\0\0\1\2\x82\0")};
    part body[] = {PREFACE, C("\0\0\4\1\4\0\0\0\1\x82")};
    part data[] = {PREFACE, C("\0\0\1\1\4\0\0\0\1\x82\0\0\4\0\0\0\0\0\1ab")};
    part block[] = {PREFACE, C("\0\0\1\1\0\0\0\0\1\x82")};
    part preface[] = {C(H2NEG_PREFACE), C_ENDS}, less[] = {C("PRI * HTTP/2.0\r\n"), C_ENDS};
    HOLDS(header, "cut short: ");
    HOLDS(payload, "cut short: ");
    HOLDS(prefix, "cut short: ");
    HOLDS(padding, "cut short: ");
    HOLDS(body, "cut short: ");
    TELLS(data, 0,
          "> 00000000  the HTTP/2 preface: what follows are frames  RFC 9113 3.4\n"
          "> 00000018  SETTINGS, 0 octets  RFC 9113 6.5\n"
          "< 00000000  SETTINGS, 0 octets  RFC 9113 6.5\n"
          "> 00000021  HEADERS, 1 octet, stream 1, END_HEADERS  RFC 9113 6.2\n"
          "> 0000002a    indexed 2 (static): :method: GET  RFC 7541 6.1\n"
          ">               stream 1: idle -> open  RFC 9113 5.1\n"
          "> 0000002b  DATA, 4 octets, stream 1  RFC 9113 6.1\n"
          "> 00000034    \"ab\"  RFC 9113 6.1\n"
          "> 00000036  cut short: BODY_SHORT: the connection ended before the message did  RFC "
          "9112 8\n");
    HOLDS(block, "cut short: ");
    TELLS(preface, 0, "> 00000000  the HTTP/2 preface: what follows are frames  RFC 9113 3.4\n");
    TELLS(less, 0,
          "> 00000000  cut short: BODY_SHORT: the connection ended before the message did  RFC "
          "9112 8\n");
}

/* RFC 7541 C.4: requests, with Huffman strings. */
static void test_hpack_requests(void)
{
    part parts[] = {PREFACE, CF(HEADERS, HEAD | END, 1, "828684418cf1e3c2e5f23a6ba0ab90f4ff"),
                    CF(HEADERS, HEAD | END, 3, "828684be5886a8eb10649cbf"),
                    CF(HEADERS, HEAD | END, 5, "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf")};
    TELLS(parts, 0,
          "> 00000000  the HTTP/2 preface: what follows are frames  RFC 9113 3.4\n"
          "> 00000018  SETTINGS, 0 octets  RFC 9113 6.5\n"
          "< 00000000  SETTINGS, 0 octets  RFC 9113 6.5\n"
          "> 00000021  HEADERS, 17 octets, stream 1, END_STREAM, END_HEADERS  RFC 9113 6.2\n"
          "> 0000002a    indexed 2 (static): :method: GET  RFC 7541 6.1\n"
          "> 0000002b    indexed 6 (static): :scheme: http  RFC 7541 6.1\n"
          "> 0000002c    indexed 4 (static): :path: /  RFC 7541 6.1\n"
          "> 0000002d    literal, to be indexed, name 1 (static), value in Huffman: :authority: "
          "www.example.com  RFC 7541 6.2.1\n"
          ">               enters the dynamic table as 62; 1 entry, 57 of 4096 octets  RFC 7541 4\n"
          ">               stream 1: idle -> open  RFC 9113 5.1\n"
          ">               stream 1: open -> half-closed (remote)  RFC 9113 5.1\n"
          "> 0000003b  HEADERS, 12 octets, stream 3, END_STREAM, END_HEADERS  RFC 9113 6.2\n"
          "> 00000044    indexed 2 (static): :method: GET  RFC 7541 6.1\n"
          "> 00000045    indexed 6 (static): :scheme: http  RFC 7541 6.1\n"
          "> 00000046    indexed 4 (static): :path: /  RFC 7541 6.1\n"
          "> 00000047    indexed 62 (dynamic): :authority: www.example.com  RFC 7541 6.1\n"
          "> 00000048    literal, to be indexed, name 24 (static), value in Huffman: "
          "cache-control: no-cache  RFC 7541 6.2.1\n"
          ">               enters the dynamic table as 62; 2 entries, 110 of 4096 octets  RFC 7541 "
          "4\n"
          ">               stream 3: idle -> open  RFC 9113 5.1\n"
          ">               stream 3: open -> half-closed (remote)  RFC 9113 5.1\n"
          "> 00000050  HEADERS, 24 octets, stream 5, END_STREAM, END_HEADERS  RFC 9113 6.2\n"
          "> 00000059    indexed 2 (static): :method: GET  RFC 7541 6.1\n"
          "> 0000005a    indexed 7 (static): :scheme: https  RFC 7541 6.1\n"
          "> 0000005b    indexed 5 (static): :path: /index.html  RFC 7541 6.1\n"
          "> 0000005c    indexed 63 (dynamic): :authority: www.example.com  RFC 7541 6.1\n"
          "> 0000005d    literal, to be indexed, name in Huffman, value in Huffman: custom-key: "
          "custom-value  RFC 7541 6.2.1\n"
          ">               enters the dynamic table as 62; 3 entries, 164 of 4096 octets  RFC 7541 "
          "4\n"
          ">               stream 5: idle -> open  RFC 9113 5.1\n"
          ">               stream 5: open -> half-closed (remote)  RFC 9113 5.1\n");
    arena_used = 0;
}

#define TABLE_256                                                                                  \
    C(H2NEG_PREFACE), CX("000006040000000000 000100000100"), SX("000000040000000000"),             \
        SX("000000040100000000"), CF(HEADERS, HEAD | END, 1, "828784"),                            \
        CF(HEADERS, HEAD | END, 3, "828784"), CF(HEADERS, HEAD | END, 5, "828784")

/* RFC 7541 C.5 and C.6: responses, in a table of 256 octets, without and with Huffman strings. */
static void test_hpack_responses(void)
{
    part raw[] = {
        TABLE_256,
        SF(HEADERS, HEAD | END, 1,
           "3fe1014803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323"
           "1"
           "20474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d"),
        SF(HEADERS, HEAD | END, 3, "4803333037c1c0bf"),
        SF(HEADERS, HEAD | END, 5,
           "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666"
           "f"
           "6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d33363030"
           "3b2076657273696f6e3d31")};
    part coded[] = {TABLE_256,
                    SF(HEADERS, HEAD | END, 1,
                       "3fe101488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bf"
                       "f6e919d29ad17"
                       "1863c78f0b97c8e9ae82ae43d3"),
                    SF(HEADERS, HEAD | END, 3, "4883640effc1c0bf"),
                    SF(HEADERS, HEAD | END, 5,
                       "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821"
                       "dd7f2e6c7b335"
                       "dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007")};
    HOLDS(
        raw,
        "< 00000012  HEADERS, 73 octets, stream 1, END_STREAM, END_HEADERS  RFC 9113 6.2\n"
        "< 0000001b    the dynamic table's size becomes 256  RFC 7541 6.3\n"
        "<               0 entries, 0 of 256 octets  RFC 7541 4\n"
        "< 0000001e    literal, to be indexed, name 8 (static), value: :status: 302  RFC 7541 "
        "6.2.1\n"
        "<               enters the dynamic table as 62; 1 entry, 42 of 256 octets  RFC 7541 4\n"
        "< 00000023    literal, to be indexed, name 24 (static), value: cache-control: private  "
        "RFC 7541 6.2.1\n"
        "<               enters the dynamic table as 62; 2 entries, 94 of 256 octets  RFC 7541 4\n"
        "< 0000002c    literal, to be indexed, name 33 (static), value: date: Mon, 21 Oct 2013 "
        "20:13:21 GMT  RFC 7541 6.2.1\n"
        "<               enters the dynamic table as 62; 3 entries, 159 of 256 octets  RFC 7541 4\n"
        "< 0000004b    literal, to be indexed, name 46 (static), value: location: "
        "https://www.example.com  RFC 7541 6.2.1\n"
        "<               enters the dynamic table as 62; 4 entries, 222 of 256 octets  RFC 7541 4\n"
        "<               stream 1: half-closed (remote) -> closed  RFC 9113 5.1\n"
        "< 00000064  HEADERS, 8 octets, stream 3, END_STREAM, END_HEADERS  RFC 9113 6.2\n"
        "< 0000006d    literal, to be indexed, name 8 (static), value: :status: 307  RFC 7541 "
        "6.2.1\n"
        "<               enters the dynamic table as 62; 1 evicted; 4 entries, 222 of 256 octets  "
        "RFC 7541 4\n"
        "< 00000072    indexed 65 (dynamic): cache-control: private  RFC 7541 6.1\n"
        "< 00000073    indexed 64 (dynamic): date: Mon, 21 Oct 2013 20:13:21 GMT  RFC 7541 6.1\n"
        "< 00000074    indexed 63 (dynamic): location: https://www.example.com  RFC 7541 6.1\n"
        "<               stream 3: half-closed (remote) -> closed  RFC 9113 5.1\n"
        "< 00000075  HEADERS, 98 octets, stream 5, END_STREAM, END_HEADERS  RFC 9113 6.2\n"
        "< 0000007e    indexed 8 (static): :status: 200  RFC 7541 6.1\n"
        "< 0000007f    indexed 65 (dynamic): cache-control: private  RFC 7541 6.1\n"
        "< 00000080    literal, to be indexed, name 33 (static), value: date: Mon, 21 Oct 2013 "
        "20:13:22 GMT  RFC 7541 6.2.1\n"
        "<               enters the dynamic table as 62; 1 evicted; 4 entries, 235 of 256 octets  "
        "RFC 7541 4\n"
        "< 0000009f    indexed 64 (dynamic): location: https://www.example.com  RFC 7541 6.1\n"
        "< 000000a0    literal, to be indexed, name 26 (static), value: content-encoding: gzip  "
        "RFC 7541 6.2.1\n"
        "<               enters the dynamic table as 62; 1 evicted; 4 entries, 222 of 256 octets  "
        "RFC 7541 4\n"
        "< 000000a6    literal, to be indexed, name 55 (static), value: set-cookie: <56 octets "
        "masked>  RFC 7541 6.2.1\n"
        "<               enters the dynamic table as 62; 2 evicted; 3 entries, 215 of 256 octets  "
        "RFC 7541 4\n"
        "<               stream 5: half-closed (remote) -> closed  RFC 9113 5.1\n");
    HOLDS(
        coded,
        "< 00000012  HEADERS, 57 octets, stream 1, END_STREAM, END_HEADERS  RFC 9113 6.2\n"
        "< 0000001b    the dynamic table's size becomes 256  RFC 7541 6.3\n"
        "<               0 entries, 0 of 256 octets  RFC 7541 4\n"
        "< 0000001e    literal, to be indexed, name 8 (static), value in Huffman: :status: 302  "
        "RFC 7541 6.2.1\n"
        "<               enters the dynamic table as 62; 1 entry, 42 of 256 octets  RFC 7541 4\n"
        "< 00000022    literal, to be indexed, name 24 (static), value in Huffman: cache-control: "
        "private  RFC 7541 6.2.1\n"
        "<               enters the dynamic table as 62; 2 entries, 94 of 256 octets  RFC 7541 4\n"
        "< 00000029    literal, to be indexed, name 33 (static), value in Huffman: date: Mon, 21 "
        "Oct 2013 20:13:21 GMT  RFC 7541 6.2.1\n"
        "<               enters the dynamic table as 62; 3 entries, 159 of 256 octets  RFC 7541 4\n"
        "< 00000041    literal, to be indexed, name 46 (static), value in Huffman: location: "
        "https://www.example.com  RFC 7541 6.2.1\n"
        "<               enters the dynamic table as 62; 4 entries, 222 of 256 octets  RFC 7541 4\n"
        "<               stream 1: half-closed (remote) -> closed  RFC 9113 5.1\n"
        "< 00000054  HEADERS, 8 octets, stream 3, END_STREAM, END_HEADERS  RFC 9113 6.2\n"
        "< 0000005d    literal, to be indexed, name 8 (static), value in Huffman: :status: 307  "
        "RFC 7541 6.2.1\n"
        "<               enters the dynamic table as 62; 1 evicted; 4 entries, 222 of 256 octets  "
        "RFC 7541 4\n"
        "< 00000062    indexed 65 (dynamic): cache-control: private  RFC 7541 6.1\n"
        "< 00000063    indexed 64 (dynamic): date: Mon, 21 Oct 2013 20:13:21 GMT  RFC 7541 6.1\n"
        "< 00000064    indexed 63 (dynamic): location: https://www.example.com  RFC 7541 6.1\n"
        "<               stream 3: half-closed (remote) -> closed  RFC 9113 5.1\n"
        "< 00000065  HEADERS, 79 octets, stream 5, END_STREAM, END_HEADERS  RFC 9113 6.2\n"
        "< 0000006e    indexed 8 (static): :status: 200  RFC 7541 6.1\n"
        "< 0000006f    indexed 65 (dynamic): cache-control: private  RFC 7541 6.1\n"
        "< 00000070    literal, to be indexed, name 33 (static), value in Huffman: date: Mon, 21 "
        "Oct 2013 20:13:22 GMT  RFC 7541 6.2.1\n"
        "<               enters the dynamic table as 62; 1 evicted; 4 entries, 235 of 256 octets  "
        "RFC 7541 4\n"
        "< 00000088    indexed 64 (dynamic): location: https://www.example.com  RFC 7541 6.1\n"
        "< 00000089    literal, to be indexed, name 26 (static), value in Huffman: "
        "content-encoding: gzip  RFC 7541 6.2.1\n"
        "<               enters the dynamic table as 62; 1 evicted; 4 entries, 222 of 256 octets  "
        "RFC 7541 4\n"
        "< 0000008e    literal, to be indexed, name 55 (static), value in Huffman: set-cookie: <56 "
        "octets masked>  RFC 7541 6.2.1\n"
        "<               enters the dynamic table as 62; 2 evicted; 3 entries, 215 of 256 octets  "
        "RFC 7541 4\n"
        "<               stream 5: half-closed (remote) -> closed  RFC 9113 5.1\n");
    arena_used = 0;
}

/* Each form, with secrets: their octets are not given. */
static void test_hpack_forms(void)
{
    part parts[] = {PREFACE, CF(HEADERS, HEAD | END, 1,
                                "20 3fe11f 82 0401 61 00 0178 0179 1001 7a01 63 1f08 03 616263"
                                "6001 64 0006 636f6f6b6965 8294e7 be 8f 40 0161 00")};
    how_written = 0;
    TELLS(
        parts, 0,
        "> 00000000  50 52 49 20 2a 20 48 54 ..  the HTTP/2 preface: what follows are frames  RFC "
        "9113 3.4\n"
        "> 00000018  00 00 00 04 00 00 00 00 ..  SETTINGS, 0 octets  RFC 9113 6.5\n"
        "< 00000000  00 00 00 04 00 00 00 00 ..  SETTINGS, 0 octets  RFC 9113 6.5\n"
        "> 00000021  00 00 2c 01 05 00 00 00 ..  HEADERS, 44 octets, stream 1, END_STREAM, "
        "END_HEADERS  RFC 9113 6.2\n"
        "> 0000002a  20                            the dynamic table's size becomes 0  RFC 7541 "
        "6.3\n"
        ">                                           0 entries, 0 of 0 octets  RFC 7541 4\n"
        "> 0000002b  3f e1 1f                      the dynamic table's size becomes 4096  RFC 7541 "
        "6.3\n"
        ">                                           0 entries, 0 of 4096 octets  RFC 7541 4\n"
        "> 0000002e  82                            indexed 2 (static): :method: GET  RFC 7541 6.1\n"
        "> 0000002f  04 01 61                      literal, name 4 (static), value: :path: a  RFC "
        "7541 6.2.2\n"
        "> 00000032  00 01 78 01 79                literal, name, value: x: y  RFC 7541 6.2.2\n"
        "> 00000037  10 01 7a 01                   literal, never to be indexed, name, value: z: "
        "<1 octet masked>  RFC 7541 6.2.3\n"
        "> 0000003c  1f 08 03                      literal, never to be indexed, name 23 (static), "
        "value: authorization: <3 octets masked>  RFC 7541 6.2.3\n"
        "> 00000042  60 01                         literal, to be indexed, name 32 (static), "
        "value: cookie: <1 octet masked>  RFC 7541 6.2.1\n"
        ">                                           enters the dynamic table as 62; 1 entry, 39 "
        "of 4096 octets  RFC 7541 4\n"
        "> 00000045  00 06 63 6f 6f 6b 69 65 ..    literal, name, value in Huffman: cookie: <3 "
        "octets masked>  RFC 7541 6.2.2\n"
        "> 00000050  be                            indexed 62 (dynamic): cookie: <1 octet masked>  "
        "RFC 7541 6.1\n"
        "> 00000051  8f                            indexed 15 (static): accept-charset:   RFC 7541 "
        "6.1\n"
        "> 00000052  40 01 61 00                   literal, to be indexed, name, value: a:   RFC "
        "7541 6.2.1\n"
        ">                                           enters the dynamic table as 62; 2 entries, 72 "
        "of 4096 octets  RFC 7541 4\n"
        ">                                           stream 1: idle -> open  RFC 9113 5.1\n"
        ">                                           stream 1: open -> half-closed (remote)  RFC "
        "9113 5.1\n");
    how_written = H2NEG_TRACE_NO_HEX;
    TELLS(
        parts, H2NEG_TRACE_SECRETS,
        "> 00000000  the HTTP/2 preface: what follows are frames  RFC 9113 3.4\n"
        "> 00000018  SETTINGS, 0 octets  RFC 9113 6.5\n"
        "< 00000000  SETTINGS, 0 octets  RFC 9113 6.5\n"
        "> 00000021  HEADERS, 44 octets, stream 1, END_STREAM, END_HEADERS  RFC 9113 6.2\n"
        "> 0000002a    the dynamic table's size becomes 0  RFC 7541 6.3\n"
        ">               0 entries, 0 of 0 octets  RFC 7541 4\n"
        "> 0000002b    the dynamic table's size becomes 4096  RFC 7541 6.3\n"
        ">               0 entries, 0 of 4096 octets  RFC 7541 4\n"
        "> 0000002e    indexed 2 (static): :method: GET  RFC 7541 6.1\n"
        "> 0000002f    literal, name 4 (static), value: :path: a  RFC 7541 6.2.2\n"
        "> 00000032    literal, name, value: x: y  RFC 7541 6.2.2\n"
        "> 00000037    literal, never to be indexed, name, value: z: c  RFC 7541 6.2.3\n"
        "> 0000003c    literal, never to be indexed, name 23 (static), value: authorization: abc  "
        "RFC 7541 6.2.3\n"
        "> 00000042    literal, to be indexed, name 32 (static), value: cookie: d  RFC 7541 6.2.1\n"
        ">               enters the dynamic table as 62; 1 entry, 39 of 4096 octets  RFC 7541 4\n"
        "> 00000045    literal, name, value in Huffman: cookie: foo  RFC 7541 6.2.2\n"
        "> 00000050    indexed 62 (dynamic): cookie: d  RFC 7541 6.1\n"
        "> 00000051    indexed 15 (static): accept-charset:   RFC 7541 6.1\n"
        "> 00000052    literal, to be indexed, name, value: a:   RFC 7541 6.2.1\n"
        ">               enters the dynamic table as 62; 2 entries, 72 of 4096 octets  RFC 7541 4\n"
        ">               stream 1: idle -> open  RFC 9113 5.1\n"
        ">               stream 1: open -> half-closed (remote)  RFC 9113 5.1\n");
    arena_used = 0;
}

/* A client's HEADERS with all of a block: hex, so many octets 'v', hex. */
static const char *long_block(uint32_t stream, const char *hex, size_t fill, const char *more)
{
    static char all[1 << 15];
    size_t i, n = strlen(hex);
    memcpy(all, hex, n);
    for (i = 0; i < fill; i++) {
        all[n++] = '7';
        all[n++] = '6';
    }
    memcpy(all + n, more, strlen(more) + 1);
    return frame(H2NEG_H2_HEADERS, HEAD | END, stream, all);
}
#define LONG(stream, hex, fill, more) CX(long_block(stream, hex, fill, more))
#define TABLE_64K                                                                                  \
    C(H2NEG_PREFACE), CX("000000040000000000"), SX("000006040000000000 000100010000"),             \
        CX("000000040100000000")

/* Instructions that are longer than what is shown, fields that are, and tables. */
static void test_hpack_large(void)
{
    part shown[] = {PREFACE, LONG(1, "82 00 0161 7fed3f", 8300, "")};
    part empties[] = {PREFACE, LONG(1, "40 0161 0162 40 0161 7fc11f", 4160, "")};
    part lost[] = {TABLE_64K, CF(HEADERS, HEAD, 1, "82 3f819c01 40"),
                   CF(HEADERS, HEAD | END, 3, "ff")};
    how_written = 0;
    HOLDS(shown, "> 0000002b                                literal, name, value: a: vvvv");
    how_written = H2NEG_TRACE_NO_HEX;
    TELLS(empties, 0,
          "> 00000000  the HTTP/2 preface: what follows are frames  RFC 9113 3.4\n"
          "> 00000018  SETTINGS, 0 octets  RFC 9113 6.5\n"
          "< 00000000  SETTINGS, 0 octets  RFC 9113 6.5\n"
          "> 00000021  HEADERS, 4171 octets, stream 1, END_STREAM, END_HEADERS  RFC 9113 6.2\n"
          "> 0000002a    literal, to be indexed, name, value: a: b  RFC 7541 6.2.1\n"
          ">               enters the dynamic table as 62; 1 entry, 34 of 4096 octets  RFC 7541 4\n"
          "> 0000002f    literal, to be indexed, name, value: a: "
          "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"
          "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv... (4160 "
          "octets)  RFC 7541 6.2.1\n"
          ">               is larger than the dynamic table, which is emptied; 1 evicted; 0 "
          "entries, 0 of 4096 octets  RFC 7541 4\n"
          ">               stream 1: idle -> open  RFC 9113 5.1\n"
          ">               stream 1: open -> half-closed (remote)  RFC 9113 5.1\n");
    TELLS(lost, 0,
          "> 00000000  the HTTP/2 preface: what follows are frames  RFC 9113 3.4\n"
          "> 00000018  SETTINGS, 0 octets  RFC 9113 6.5\n"
          "< 00000000  SETTINGS, 6 octets  RFC 9113 6.5\n"
          "< 00000009    HEADER_TABLE_SIZE = 65536  RFC 9113 6.5.2\n"
          "> 00000021  SETTINGS, 0 octets, ACK  RFC 9113 6.5\n"
          ">               the client's field blocks may have a dynamic table of 65536 octets  RFC "
          "7541 4.2\n"
          "> 0000002a  HEADERS, 6 octets, stream 1, END_HEADERS  RFC 9113 6.2\n"
          "> 00000033    indexed 2 (static): :method: GET  RFC 7541 6.1\n"
          "> 00000034    the dynamic table's size becomes 20000, which is not followed here: field "
          "blocks are only counted  RFC 7541 6.3\n"
          ">               stream 1: idle -> open  RFC 9113 5.1\n"
          "> 00000039  HEADERS, 1 octet, stream 3, END_STREAM, END_HEADERS  RFC 9113 6.2\n"
          ">               stream 3: idle -> open  RFC 9113 5.1\n"
          ">               stream 3: open -> half-closed (remote)  RFC 9113 5.1\n");
    {
        /* a name of 8,200 octets enters the table; with a value of 8,300 the field is too large */
        part too_large[] = {TABLE_64K, LONG(1, "3fe17f 40 7f893f", 8200, "00"),
                            LONG(3, "0f2f 7fed3f", 8300, "")};
        TELLS(too_large, 0,
              "> 00000000  the HTTP/2 preface: what follows are frames  RFC 9113 3.4\n"
              "> 00000018  SETTINGS, 0 octets  RFC 9113 6.5\n"
              "< 00000000  SETTINGS, 6 octets  RFC 9113 6.5\n"
              "< 00000009    HEADER_TABLE_SIZE = 65536  RFC 9113 6.5.2\n"
              "> 00000021  SETTINGS, 0 octets, ACK  RFC 9113 6.5\n"
              ">               the client's field blocks may have a dynamic table of 65536 octets  "
              "RFC 7541 4.2\n"
              "> 0000002a  HEADERS, 8208 octets, stream 1, END_STREAM, END_HEADERS  RFC 9113 6.2\n"
              "> 00000033    the dynamic table's size becomes 16384  RFC 7541 6.3\n"
              ">               0 entries, 0 of 16384 octets  RFC 7541 4\n"
              "> 00000036    literal, to be indexed, name, value: "
              "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"
              "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv... "
              "(8200 octets):   RFC 7541 6.2.1\n"
              ">               enters the dynamic table as 62; 1 entry, 8232 of 16384 octets  RFC "
              "7541 4\n"
              ">               stream 1: idle -> open  RFC 9113 5.1\n"
              ">               stream 1: open -> half-closed (remote)  RFC 9113 5.1\n"
              "> 00002043  HEADERS, 8305 octets, stream 3, END_STREAM, END_HEADERS  RFC 9113 6.2\n"
              "> 0000204c    literal, name 62 (dynamic), value: a field of 16532 octets  RFC 7541 "
              "6.2.2\n"
              ">               stream 3: idle -> open  RFC 9113 5.1\n"
              ">               stream 3: open -> half-closed (remote)  RFC 9113 5.1\n");
    }
    arena_used = 0;
}

/* More than is followed: streams, SETTINGS without an answer, a frame that is not kept whole. */
static void test_h2_bounds(void)
{
    static char settings[9 + 60000] = "\0\xea\x60\4\0\0\0\0\0";
    static char data[5 * (9 + 16384)];
    part spends[] = {PREFACE,
                     CF(HEADERS, HEAD, 1, "82"),
                     {H2NEG_CLIENT, data, sizeof data},
                     CF(WINDOW_UPDATE, 0, 0, "7fffffff")};
    part large[] = {C(H2NEG_PREFACE),
                    SX("000006040000000000 00050000ffff"),
                    {H2NEG_CLIENT, settings, sizeof settings}};
    part many[3 + 66] = {PREFACE}, unanswered[3 + 9] = {PREFACE};
    uint32_t i;
    for (i = 0; i < 66; i++)
        many[3 + i] = client_frame(H2NEG_H2_HEADERS, HEAD | (i > 63 ? END : 0), 2 * i + 1, "82");
    HOLDS(many, "stream 129 is not followed: too many are open");
    arena_used = 0;
    for (i = 0; i < 9; i++)
        unanswered[3 + i] = client_frame(H2NEG_H2_SETTINGS, 0, 0, "");
    HOLDS(unanswered, "SETTINGS");
    arena_used = 0;
    spends[3] = client_frame(H2NEG_H2_HEADERS, HEAD, 1, "82");
    spends[5] = client_frame(H2NEG_H2_WINDOW_UPDATE, 0, 0, "7fffffff");
    for (i = 0; i < 5; i++)
        memcpy(data + i * (9 + 16384), "\0\x40\0\0\0\0\0\0\1", 9);
    HOLDS(spends, "connection -16385, stream 1: -16385");
    HOLDS(spends, "H2_FLOW: ");
    arena_used = 0;
    HOLDS(large, "> 00000121    and 59744 octets more  RFC 9113 5.5\n");
}

#define EXTENDED "82 04012f 87 42 07 434f4e4e454354 00 09 3a70726f746f636f6c 09 776562736f636b6574"

static void test_websocket_h2(void)
{
    part parts[] = {
        PREFACE,
        CF(HEADERS, HEAD, 1, EXTENDED "00187365632d776562736f636b65742d657874656e73696f6e73 00"),
        CF(DATA, 0, 1, "8185 37fa213d 7f9f"),
        CF(DATA, 0, 1, "4d5158 81"),
        CF(HEADERS, HEAD, 1, EXTENDED), /* no more than a second section */
        SF(HEADERS, HEAD, 1, "48 03 313033"),
        SF(HEADERS, HEAD, 1, "88"),
        SF(DATA, PADDED, 1, "01 810161 00"),
        SF(DATA, 0, 1, "8300 0102"),
        SF(DATA, END, 1, "61"),
        CF(DATA, END, 1, "80 00000000")};
    part refused[] = {
        PREFACE,
        CF(HEADERS, HEAD, 1, EXTENDED),
        SF(HEADERS, HEAD, 1, "8d"),
        SF(DATA, END, 1, "6f68"),
        CF(HEADERS, HEAD, 3, "0009 3a70726f746f636f6c 01 78"),
        SF(HEADERS, HEAD, 3, "48 02 3230 0009 3a70726f746f636f6c 09 776562736f636b6574"),
        CF(HEADERS, HEAD, 3, "88")};
    part extension[] = {
        PREFACE, CF(HEADERS, HEAD, 1, EXTENDED),
        SF(HEADERS, HEAD, 1, "88 00 18 7365632d776562736f636b65742d657874656e73696f6e73 01 78"),
        SF(DATA, 0, 1, "c10161"), CF(DATA, 0, 1, "c18100000000 61")};
    part many[3 + 9] = {PREFACE};
    uint32_t i;
    TELLS(
        parts, 0,
        "> 00000000  the HTTP/2 preface: what follows are frames  RFC 9113 3.4\n"
        "> 00000018  SETTINGS, 0 octets  RFC 9113 6.5\n"
        "< 00000000  SETTINGS, 0 octets  RFC 9113 6.5\n"
        "> 00000021  HEADERS, 62 octets, stream 1, END_HEADERS  RFC 9113 6.2\n"
        "> 0000002a    indexed 2 (static): :method: GET  RFC 7541 6.1\n"
        "> 0000002b    literal, name 4 (static), value: :path: /  RFC 7541 6.2.2\n"
        "> 0000002e    indexed 7 (static): :scheme: https  RFC 7541 6.1\n"
        "> 0000002f    literal, to be indexed, name 2 (static), value: :method: CONNECT  RFC 7541 "
        "6.2.1\n"
        ">               enters the dynamic table as 62; 1 entry, 46 of 4096 octets  RFC 7541 4\n"
        "> 00000038    literal, name, value: :protocol: websocket  RFC 7541 6.2.2\n"
        "> 0000004d    literal, name, value: sec-websocket-extensions:   RFC 7541 6.2.2\n"
        ">               stream 1: idle -> open  RFC 9113 5.1\n"
        "> 00000068  DATA, 8 octets, stream 1  RFC 9113 6.1\n"
        "> 00000071    WebSocket TEXT, 5 octets, FIN, masked with 37fa213d  RFC 6455 5.2\n"
        ">               the client may send: connection 65527, stream 1: 65527  RFC 9113 6.9.1\n"
        "> 00000079  DATA, 4 octets, stream 1  RFC 9113 6.1\n"
        "> 00000077    \"Hello\"  RFC 6455 5.6\n"
        ">               the client may send: connection 65523, stream 1: 65523  RFC 9113 6.9.1\n"
        "> 00000086  HEADERS, 35 octets, stream 1, END_HEADERS  RFC 9113 6.2\n"
        "> 0000008f    indexed 2 (static): :method: GET  RFC 7541 6.1\n"
        "> 00000090    literal, name 4 (static), value: :path: /  RFC 7541 6.2.2\n"
        "> 00000093    indexed 7 (static): :scheme: https  RFC 7541 6.1\n"
        "> 00000094    literal, to be indexed, name 2 (static), value: :method: CONNECT  RFC 7541 "
        "6.2.1\n"
        ">               enters the dynamic table as 62; 2 entries, 92 of 4096 octets  RFC 7541 4\n"
        "> 0000009d    literal, name, value: :protocol: websocket  RFC 7541 6.2.2\n"
        "< 00000009  HEADERS, 5 octets, stream 1, END_HEADERS  RFC 9113 6.2\n"
        "< 00000012    literal, to be indexed, name 8 (static), value: :status: 103  RFC 7541 "
        "6.2.1\n"
        "<               enters the dynamic table as 62; 1 entry, 42 of 4096 octets  RFC 7541 4\n"
        "< 00000017  HEADERS, 1 octet, stream 1, END_HEADERS  RFC 9113 6.2\n"
        "< 00000020    indexed 8 (static): :status: 200  RFC 7541 6.1\n"
        "<               a WebSocket: DATA has its frames  RFC 8441 5\n"
        "< 00000021  DATA, 5 octets, stream 1, PADDED  RFC 9113 6.1\n"
        "< 0000002a    pad length 1  RFC 9113 6.1\n"
        "< 0000002b    WebSocket TEXT, 1 octet, FIN  RFC 6455 5.2\n"
        "< 0000002d    \"a\"  RFC 6455 5.6\n"
        "< 0000002e    padding, 1 octet  RFC 9113 6.1\n"
        "<               the server may send: connection 65530, stream 1: 65530  RFC 9113 6.9.1\n"
        "< 0000002f  DATA, 4 octets, stream 1  RFC 9113 6.1\n"
        "< 00000038    stopped here: WS_RESERVED: a reserved bit or opcode is set  RFC 6455 5.2\n"
        "<               the server may send: connection 65526, stream 1: 65526  RFC 9113 6.9.1\n"
        "< 0000003c  DATA, 1 octet, stream 1, END_STREAM  RFC 9113 6.1\n"
        "<               the server may send: connection 65525, stream 1: 65525  RFC 9113 6.9.1\n"
        "<               stream 1: open -> half-closed (local)  RFC 9113 5.1\n"
        "> 000000b2  DATA, 5 octets, stream 1, END_STREAM  RFC 9113 6.1\n"
        "> 00000085    WebSocket TEXT, 0 octets, FIN, masked with 00000000  RFC 6455 5.2\n"
        ">               the client may send: connection 65518, stream 1: 65518  RFC 9113 6.9.1\n"
        ">               stream 1: half-closed (local) -> closed  RFC 9113 5.1\n");
    HOLDS(
        refused,
        "<               the server may send: connection 65533, stream 1: 65533  RFC 9113 6.9.1\n");
    HOLDS(extension, "RSV1: compressed");
    CHECK_INT(last_code, 0);
    arena_used = 0;
    for (i = 0; i < 8; i++)
        many[3 + i] = client_frame(H2NEG_H2_HEADERS, HEAD, 2 * i + 1, EXTENDED);
    many[3 + 8] = client_frame(H2NEG_H2_DATA, 0, 15, "6162");
    HOLDS(many, "\"ab\""); /* seven are followed at once */
    arena_used = 0;
}

/* Each side waits for the other: when one has ended, the other goes on. */
static void test_both_wait(void)
{
    part parts[] = {PREFACE,
                    CF(SETTINGS, 0, 0, "00040000ffff"),
                    SF(SETTINGS, H2NEG_H2_ACK, 0, ""),
                    SF(SETTINGS, H2NEG_H2_ACK, 0, ""),
                    CF(RST_STREAM, 0, 2, "00000000"),
                    SF(HEADERS, HEAD, 1, "88"),
                    C_ENDS};
    static const part trailer[] = {C(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n0\r\nSec-WebSocket-Accept: x\r\n\r\n")};
    TELLS(parts, 0,
          "> 00000000  the HTTP/2 preface: what follows are frames  RFC 9113 3.4\n"
          "> 00000018  SETTINGS, 0 octets  RFC 9113 6.5\n"
          "< 00000000  SETTINGS, 0 octets  RFC 9113 6.5\n"
          "> 00000021  SETTINGS, 6 octets  RFC 9113 6.5\n"
          "> 0000002a    INITIAL_WINDOW_SIZE = 65535  RFC 9113 6.5.2\n"
          "< 00000009  SETTINGS, 0 octets, ACK  RFC 9113 6.5\n"
          "< 00000012  SETTINGS, 0 octets, ACK  RFC 9113 6.5\n"
          "< 0000001b  HEADERS, 1 octet, stream 1, END_HEADERS  RFC 9113 6.2\n"
          "< 00000024    indexed 8 (static): :status: 200  RFC 7541 6.1\n"
          "<               stream 1: idle -> open  RFC 9113 5.1\n"
          "> 00000030  RST_STREAM, 4 octets, stream 2  RFC 9113 6.4\n"
          "> 00000030    H2_IDLE: the frame's stream was never opened  RFC 9113 5.1\n"
          "> 00000039    NO_ERROR  RFC 9113 7\n");
    arena_used = 0;
    HOLDS(trailer, "> 00000093    the end of the trailers");
    CHECK_INT(last_code, 0);
}

/* ---- the calls ---- */

static unsigned lines;
static void count_line(void *user, const h2neg_trace_line *line)
{
    (void)user;
    (void)line;
    lines++;
}

static void test_calls(void)
{
    size_t size = h2neg_trace_memory();
    unsigned char *block = (unsigned char *)malloc(size + 16);
    h2neg_trace_options options;
    h2neg_trace *t;
    size_t i;
    CHECK(h2neg_trace_place(NULL, size, NULL) == NULL);
    CHECK(h2neg_trace_place(block, size - 1, NULL) == NULL);
    memset(&options, 0, sizeof options);
    options.line_fn = count_line;
    for (i = 0; i < 16; i++) { /* any alignment; what is behind stays as it is */
        block[i + size - (i == 16)] = 0xa5;
        t = h2neg_trace_place(block + i, size, i == 15 ? NULL : &options);
        CHECK(t != NULL);
        h2neg_trace_octets(t, H2NEG_CLIENT, GET_A, sizeof GET_A - 1);
        h2neg_trace_end(t, H2NEG_CLIENT);
        CHECK_INT(lines, i == 15 ? 3 * 15 : 3 * (i + 1));
    }
    h2neg_trace_octets(t, H2NEG_CLIENT, GET_A, 5); /* it has ended */
    h2neg_trace_end(t, H2NEG_CLIENT);
    h2neg_trace_octets(t, H2NEG_SERVER, NULL, 0);
    h2neg_trace_octets(t, 2, GET_A, 5);
    h2neg_trace_octets(t, -1, GET_A, 5);
    h2neg_trace_octets(NULL, H2NEG_SERVER, GET_A, 5);
    h2neg_trace_end(NULL, H2NEG_SERVER);
    h2neg_trace_end(t, 2);
    CHECK_INT(h2neg_trace_rests(NULL, H2NEG_SERVER), 0);
    CHECK_INT(h2neg_trace_rests(t, 2), 0);
    free(block);
}

/* Whose turn it is: at the end of a message, of a frame, and where the other side has to speak. */
static void test_rests(void)
{
    void *block = malloc(h2neg_trace_memory());
    h2neg_trace *t = h2neg_trace_place(block, h2neg_trace_memory(), NULL);
    CHECK_INT(h2neg_trace_rests(t, H2NEG_CLIENT), 1);
    h2neg_trace_octets(t, H2NEG_SERVER, "HTTP", 4);
    CHECK_INT(h2neg_trace_rests(t, H2NEG_SERVER), 1); /* waits for the request */
    h2neg_trace_octets(t, H2NEG_CLIENT, "G", 1);
    CHECK_INT(h2neg_trace_rests(t, H2NEG_CLIENT), 0);
    h2neg_trace_octets(t, H2NEG_CLIENT, "ET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n",
                       45);
    CHECK_INT(h2neg_trace_rests(t, H2NEG_CLIENT), 0);
    h2neg_trace_octets(t, H2NEG_CLIENT, "x", 1);
    CHECK_INT(h2neg_trace_rests(t, H2NEG_CLIENT), 1);
    CHECK_INT(h2neg_trace_rests(t, H2NEG_SERVER), 0);
    h2neg_trace_octets(t, H2NEG_SERVER, "/1.1 200 OK\r\n\r\n", 15);
    CHECK_INT(h2neg_trace_rests(t, H2NEG_SERVER), 1); /* its body ends when it will */
    free(block);
}

static void test_write(void)
{
    char out[200];
    h2neg_trace_line line;
    const char *text;
    memset(&line, 0, sizeof line);
    line.from = H2NEG_CLIENT;
    line.offset = 0x12c;
    line.octets = (const uint8_t *)"\0\0\6\4\0\0\0\0\0";
    line.len = 9;
    line.section = "RFC 9113 6.5";
    line.text = h2neg_s("SETTINGS");
    text = "> 0000012c  00 00 06 04 00 00 00 00 ..  SETTINGS  RFC 9113 6.5";
    CHECK_OCTETS(out, h2neg_trace_write(out, sizeof out, &line, 0), text, strlen(text));
    CHECK_INT(h2neg_trace_write(out, strlen(text), &line, 0), strlen(text));
    CHECK_INT(h2neg_trace_write(out, strlen(text) - 1, &line, 0), 0);
    CHECK_INT(h2neg_trace_write(out, 20, &line, 0), 0);
    CHECK_INT(h2neg_trace_write(out, 0, &line, 0), 0);
    text = "\033[36m> 0000012c  \033[0;2m\033[0;1mSETTINGS\033[0;2m  RFC 9113 6.5\033[0m";
    CHECK_OCTETS(out,
                 h2neg_trace_write(out, sizeof out, &line, H2NEG_TRACE_COLOUR | H2NEG_TRACE_NO_HEX),
                 text, strlen(text));
    line.from = H2NEG_SERVER;
    line.code = H2NEG_ERR_H2_FLOW;
    line.depth = 1;
    line.len = 8;
    line.section = "";
    text = "\033[33m< 0000012c  \033[0;2m00 00 06 04 00 00 00 00     \033[0;31m  "
           "SETTINGS\033[0;2m\033[0m";
    CHECK_OCTETS(out, h2neg_trace_write(out, sizeof out, &line, H2NEG_TRACE_COLOUR), text,
                 strlen(text));
    line.code = 0;
    line.depth = 2;
    line.offset = (uint64_t)1 << 32;
    text = "< 0000000100000000      SETTINGS";
    CHECK_OCTETS(out, h2neg_trace_write(out, sizeof out, &line, H2NEG_TRACE_NO_HEX), text,
                 strlen(text));
    line.len = 0;
    text = "<                       SETTINGS";
    CHECK_OCTETS(out, h2neg_trace_write(out, sizeof out, &line, H2NEG_TRACE_NO_HEX), text,
                 strlen(text));
    line.offset = 1;
    text = "\033[33m<           \033[0;2m\033[0m    SETTINGS\033[0;2m\033[0m";
    CHECK_OCTETS(out,
                 h2neg_trace_write(out, sizeof out, &line, H2NEG_TRACE_NO_HEX | H2NEG_TRACE_COLOUR),
                 text, strlen(text));
}

CHECK_MAIN(test_request_and_response, test_fields, test_bodies, test_masked, test_malformed_h1,
           test_h2c, test_websocket, test_websocket_long, test_websocket_malformed, test_tunnels,
           test_alone, test_held, test_proxy, test_tls, test_long_line, test_prior_knowledge,
           test_frames, test_stream_errors, test_malformed_h2, test_cut_h2, test_hpack_requests,
           test_hpack_responses, test_hpack_forms, test_hpack_large, test_h2_bounds,
           test_websocket_h2, test_both_wait, test_calls, test_rests, test_write)
