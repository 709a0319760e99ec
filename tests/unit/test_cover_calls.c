/* What the other tests of the connection leave out of its calls: each argument that a call refuses,
   and that nothing has changed behind a refusal. The sentence is the one at the call's declaration.
 */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"

#define HOST "Host: a\r\n"

/* A server that has been given these octets, and stands at its last event. */
static h2neg_conn *server_at(const h2neg_config *config, const char *octets, size_t len,
                             uint32_t *stream)
{
    h2neg_conn *c = h2neg_conn_new(config);
    h2neg_event ev;
    *stream = 0;
    CHECK(c != NULL);
    if (config && config->tls)
        CHECK_INT(h2neg_tls_agreed(c, "http/1.1", 8), 0);
    CHECK_INT(h2neg_feed(c, octets, len), len);
    while (h2neg_next(c, &ev))
        if (ev.type == H2NEG_EV_REQUEST)
            *stream = ev.stream;
    CHECK(*stream != 0);
    return c;
}

static h2neg_conn *server_h1(const char *octets, uint32_t *stream)
{
    return server_at(NULL, octets, strlen(octets), stream);
}

static h2neg_conn *server_h2(const char *method, uint32_t *stream)
{
    buf in = {0, 0, 0};
    h2neg_conn *c;
    put_preface(&in, "");
    if (strcmp(method, "CONNECT") == 0)
        put_headers(&in, 1, HEADS, ":method: CONNECT\n:authority: example.com:80\n");
    else
        put_request(&in, 1, END, method, "/", "");
    c = server_at(NULL, in.p, in.len, stream);
    buf_free(&in);
    return c;
}

/* What it has written so far, as a text. */
static const char *written(h2neg_conn *c)
{
    static char text[8192];
    const void *run;
    size_t n, at = 0;
    while ((n = h2neg_output(c, &run)) > 0) { /* what the text has no room for is let go */
        size_t k = n < sizeof text - 1 - at ? n : sizeof text - 1 - at;
        memcpy(text + at, run, k);
        h2neg_output_done(c, n);
        at += k;
    }
    text[at] = 0;
    return text;
}

#define CHECK_WRITTEN(c, expected)                                                                 \
    do {                                                                                           \
        h2neg_str is_ = h2neg_s(written(c));                                                       \
        CHECK_TEXT(is_, expected);                                                                 \
    } while (0)

/* ---- responses ----------------------------------------------------------- */

static void respond_refuses(h2neg_conn *c, uint32_t s)
{
    static const char body[] = "hello";
    h2neg_field length = h2neg_f("content-length", "4"), split = h2neg_f("x", "a\r\nb");
    h2neg_message m = message_status(200);
    CHECK_INT(h2neg_respond(c, s, NULL, 0), H2NEG_ERR_INVALID);
    m.status = 99;
    CHECK_INT(h2neg_respond(c, s, &m, 0), H2NEG_ERR_INVALID);
    m.status = 1000;
    CHECK_INT(h2neg_respond(c, s, &m, 0), H2NEG_ERR_INVALID);
    m.status = 101;
    CHECK_INT(h2neg_respond(c, s, &m, 0), H2NEG_ERR_INVALID);
    m.status = 200;
    m.body_len = 5; /* and no body */
    CHECK_INT(h2neg_respond(c, s, &m, 0), H2NEG_ERR_INVALID);
    m.body = body;
    CHECK_INT(h2neg_respond(c, s, &m, H2NEG_MORE), H2NEG_ERR_INVALID);
    m.status = 103;
    CHECK_INT(h2neg_respond(c, s, &m, 0), H2NEG_ERR_INVALID);
    m.status = 200;
    m.fields = &length; /* a Content-Length that is given is checked */
    m.field_count = 1;
    CHECK_INT(h2neg_respond(c, s, &m, 0), H2NEG_ERR_LENGTH_MISMATCH);
    m.body = NULL;
    m.body_len = 0;
    CHECK_INT(h2neg_respond(c, s, &m, 0), H2NEG_ERR_LENGTH_MISMATCH);
    m.status = 204; /* RFC 9110 8.6: no Content-Length in 1xx and 204 */
    CHECK_INT(h2neg_respond(c, s, &m, 0), H2NEG_ERR_INVALID);
    m.status = 103;
    CHECK_INT(h2neg_respond(c, s, &m, 0), H2NEG_ERR_INVALID);
    m.status = 200;
    m.fields = &split;
    CHECK_INT(h2neg_respond(c, s, &m, 0), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_reply(c, s, 103, "text/plain", "", 0), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_respond(c, s + 2, &m, 0), H2NEG_ERR_STREAM_GONE);
    CHECK_INT(h2neg_send(c, s, "x", 1, 0), H2NEG_ERR_INVALID); /* no head yet */
    CHECK_INT(h2neg_trailers(c, s, &length, 1), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_ws_send(c, s, H2NEG_WS_TEXT, "x", 1, 0), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_ws_close(c, s, 1000, NULL), H2NEG_ERR_INVALID);
}

static void test_respond_h1(void)
{
    uint32_t s;
    h2neg_conn *c = server_h1("GET / HTTP/1.1\r\n" HOST "\r\n", &s);
    respond_refuses(c, s);
    CHECK_WRITTEN(c, "");
    CHECK_INT(h2neg_reply(c, s, 200, NULL, "hello", 5), 0);
    CHECK_WRITTEN(c, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    h2neg_conn_free(c);
}

static void test_respond_h2(void)
{
    uint32_t s;
    h2neg_conn *c = server_h2("GET", &s);
    h2neg_message m = message_status(200);
    written(c);
    respond_refuses(c, s);
    CHECK_WRITTEN(c, "");
    CHECK_INT(h2neg_respond(c, s, &m, H2NEG_MORE), 0);
    CHECK_INT(h2neg_respond(c, s, &m, H2NEG_MORE), H2NEG_ERR_INVALID); /* one head */
    CHECK_INT(h2neg_reply(c, s, 200, NULL, "", 0), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_accept(c, s, NULL, NULL, 0), H2NEG_ERR_INVALID);
    h2neg_conn_free(c);
}

/* A 2xx to CONNECT is h2neg_accept's; a refusal is an answer as any (RFC 9110 9.3.6). */
static void connect_refuses(h2neg_conn *c, uint32_t s)
{
    h2neg_message m = message_status(200);
    h2neg_field f = h2neg_f("content-length", "0");
    h2neg_field split = h2neg_f("x", "a\nb");
    CHECK_INT(h2neg_respond(c, s, &m, 0), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_respond(c, s, &m, H2NEG_MORE), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_reply(c, s, 204, NULL, "", 0), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_accept(c, s, NULL, &f, 1), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_accept(c, s, NULL, &split, 1), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_reply(c, s, 403, NULL, "no", 2), 0);
}

static void test_connect(void)
{
    uint32_t s;
    h2neg_conn *c = server_h1("CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n", &s);
    connect_refuses(c, s);
    CHECK(strncmp(written(c), "HTTP/1.1 403 ", 13) == 0);
    h2neg_conn_free(c);
    c = server_h2("CONNECT", &s);
    connect_refuses(c, s);
    h2neg_conn_free(c);
}

/* reply copies: what could never fit is TOO_SMALL, what does not fit now is AGAIN; nothing is sent.
 */
static void test_reply_large(void)
{
    static char body[65536];
    uint32_t s;
    h2neg_conn *c = server_h2("GET", &s);
    CHECK_INT(h2neg_reply(c, s, 200, NULL, body, sizeof body), H2NEG_ERR_TOO_SMALL);
    CHECK_INT(h2neg_reply(c, s, 200, NULL, NULL, 5), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_reply(c, s, 200, NULL, body, 30000), 0);
    h2neg_conn_free(c);
    c = server_h1("GET / HTTP/1.1\r\n" HOST "\r\n", &s);
    CHECK(h2neg_reply(c, s, 200, NULL, body, sizeof body) < 0);
    CHECK_INT(h2neg_reply(c, s, 200, NULL, body, 30000), 0);
    h2neg_conn_free(c);
}

/* RFC 9113 6.10: a field block above the peer's frame size goes on in CONTINUATION, and ends there.
 */
static void test_long_head(void)
{
    static char value[8000];
    h2neg_field fields[7];
    h2neg_message m = message_status(200);
    uint32_t s;
    size_t i, n, frames = 0, at = 0, len;
    const void *run;
    buf out = {0, 0, 0}, text = {0, 0, 0};
    h2neg_conn *c = server_h2("GET", &s);
    memset(value, '~', sizeof value); /* a code of 13 bits: it is sent as it is */
    for (i = 0; i < 7; i++) {
        fields[i] = h2neg_f("x-long", "");
        fields[i].value.ptr = value;
        fields[i].value.len = sizeof value;
        fields[i].flags = H2NEG_NEVER_INDEX;
    }
    m.fields = fields;
    m.field_count = 7;
    CHECK_INT(h2neg_respond(c, s, &m, 0), H2NEG_ERR_TOO_SMALL); /* 56,000 octets never fit */
    m.field_count = 5;
    CHECK_INT(h2neg_respond(c, s, &m, 0), 0);
    while ((n = h2neg_output(c, &run)) > 0) {
        buf_add(&out, run, n);
        h2neg_output_done(c, n);
    }
    for (at = 0; at + 9 <= out.len; at += 9 + len) {
        const unsigned char *p = (const unsigned char *)out.p + at;
        len = (size_t)p[0] << 16 | (size_t)p[1] << 8 | p[2];
        if (p[3] != 1 && p[3] != 9)
            continue;
        CHECK_INT(p[3], frames ? 9 : 1);
        CHECK_INT(len, frames < 2 ? 16384 : len);
        frames++;
        CHECK_INT((p[4] & HEADS) != 0, frames == 3);
        CHECK_INT((p[4] & END) != 0, frames == 1);
    }
    CHECK_INT(frames, 3);
    take_all(&text, &out, 0, 0, 0);
    CHECK(strstr(buf_str(&text), "HPACK-ERROR") == NULL);
    CHECK(strstr(buf_str(&text), "HEADERS 1 end :status=200") != NULL);
    buf_free(&out);
    buf_free(&text);
    h2neg_conn_free(c);
    c = server_h1("GET / HTTP/1.1\r\n" HOST "\r\n", &s);
    m.field_count = 7;
    CHECK_INT(h2neg_respond(c, s, &m, 0), H2NEG_ERR_TOO_SMALL);
    CHECK_WRITTEN(c, "");
    h2neg_conn_free(c);
}

/* RFC 9110 15.5.22: "The server MUST send an Upgrade header field in a 426 response to indicate the
   required protocol(s)", which 7.8 lists in Connection. */
static void test_426(void)
{
    static const struct {
        unsigned protocols;
        int tls;
        const char *given, *upgrade; /* NULL: nothing to upgrade to */
    } rows[] = {
        {H2NEG_PROTOCOLS_DEFAULT, 0, "", "websocket"},
        {H2NEG_PROTOCOLS_DEFAULT | H2NEG_H2C, 0, "", "websocket"},
        {H2NEG_PROTOCOLS_DEFAULT, 0, "TLS/1.0", "TLS/1.0"},
        {H2NEG_HTTP1 | H2NEG_H2C, 0, "", "h2c"},
        {H2NEG_HTTP1 | H2NEG_H2C, 1, "", NULL},
        {H2NEG_HTTP1, 0, "", NULL},
        {H2NEG_HTTP1, 0, "HTTP/2.0", "HTTP/2.0"},
        {H2NEG_HTTP1, 0, "two words", NULL},
        {H2NEG_HTTP1, 0, "none/", NULL},
        {H2NEG_HTTP1, 0, "a\r\nb: c", NULL},
    };
    const char *octets = "GET / HTTP/1.1\r\n" HOST "\r\n", *text;
    h2neg_message over_h2 = message_status(426);
    char want[64];
    uint32_t s;
    size_t i;
    h2neg_conn *c = server_h2("GET", &s);
    over_h2.upgrade = h2neg_s("websocket"); /* HTTP/2 has no such field (RFC 9113 8.6) */
    CHECK_INT(h2neg_respond(c, s, &over_h2, 0), 0);
    h2neg_conn_free(c);
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        h2neg_config config;
        h2neg_message m = message_status(426);
        memset(&config, 0, sizeof config);
        config.protocols = rows[i].protocols;
        config.tls = rows[i].tls;
        c = server_at(&config, octets, strlen(octets), &s);
        m.upgrade = h2neg_s(rows[i].given);
        CHECK_INT(h2neg_respond(c, s, &m, i % 2 ? H2NEG_LAST : 0),
                  rows[i].upgrade ? 0 : H2NEG_ERR_INVALID);
        text = written(c);
        snprintf(want, sizeof want, "upgrade: %s\r\nconnection: upgrade%s\r\n",
                 rows[i].upgrade ? rows[i].upgrade : "", i % 2 ? ", close" : "");
        CHECK((strstr(text, want) != NULL) == (rows[i].upgrade != NULL));
        m.status = 200; /* another status requires nothing */
        if (!rows[i].upgrade)
            CHECK_INT(h2neg_respond(c, s, &m, 0), rows[i].given[0] ? H2NEG_ERR_INVALID : 0);
        h2neg_conn_free(c);
    }
}

/* RFC 9110 10.1.1: who holds a stream has not asked for its body yet; who lets go asks. */
static void test_hold_continue(void)
{
    uint32_t s;
    h2neg_event ev;
    h2neg_conn *c = h2neg_conn_new(NULL);
    static const char octets[] =
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    CHECK_INT(h2neg_feed(c, octets, sizeof octets - 1), sizeof octets - 1);
    do
        CHECK_INT(h2neg_next(c, &ev), 1);
    while (ev.type != H2NEG_EV_REQUEST);
    s = ev.stream;
    CHECK_INT(h2neg_hold(c, s, 1), 0);
    CHECK_INT(h2neg_next(c, &ev), 0);
    CHECK_WRITTEN(c, "");
    CHECK_INT(h2neg_hold(c, s, 0), 0);
    CHECK_INT(h2neg_next(c, &ev), 0);
    CHECK_WRITTEN(c, "HTTP/1.1 100 Continue\r\n\r\n");
    h2neg_conn_free(c);
}

/* ---- bodies and trailers ------------------------------------------------- */

static void trailers_refuse(h2neg_conn *c, uint32_t s)
{
    h2neg_field ours = h2neg_f("x-sum", "5"), framing = h2neg_f("content-length", "5"),
                routing = h2neg_f("host", "a"), bad = h2neg_f("x sum", "5");
    h2neg_message m = message_status(200);
    CHECK_INT(h2neg_respond(c, s, &m, H2NEG_MORE), 0);
    CHECK_INT(h2neg_send(c, s, NULL, 4, H2NEG_MORE), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_send(c, s, "", 0, H2NEG_MORE), 0);
    CHECK_INT(h2neg_trailers(c, s, &framing, 1), H2NEG_ERR_INVALID); /* RFC 9110 6.5.1 */
    CHECK_INT(h2neg_trailers(c, s, &routing, 1), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_trailers(c, s, &bad, 1), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_trailers(c, s, &ours, 1), 0);
    CHECK(h2neg_trailers(c, s, &ours, 1) < 0);
    CHECK(h2neg_send(c, s, "x", 1, 0) < 0);
}

static void test_trailers(void)
{
    uint32_t s;
    h2neg_conn *c = server_h1("GET / HTTP/1.1\r\n" HOST "\r\n", &s);
    trailers_refuse(c, s);
    CHECK(strstr(written(c), "\r\n\r\n0\r\nx-sum: 5\r\n\r\n") != NULL);
    h2neg_conn_free(c);
    c = server_h2("GET", &s);
    trailers_refuse(c, s);
    h2neg_conn_free(c);
}

/* A body that was announced longer does not end in trailers (RFC 9112 8, RFC 9113 8.1.1). */
static void test_trailers_short(void)
{
    uint32_t s;
    h2neg_field length = h2neg_f("content-length", "5"), f = h2neg_f("x-sum", "5");
    h2neg_message m = message_status(200);
    h2neg_conn *c = server_h2("GET", &s);
    m.fields = &length;
    m.field_count = 1;
    CHECK_INT(h2neg_respond(c, s, &m, H2NEG_MORE), 0);
    CHECK_INT(h2neg_send(c, s, "1234", 4, H2NEG_MORE), 4);
    CHECK_INT(h2neg_trailers(c, s, &f, 1), H2NEG_ERR_LENGTH_MISMATCH);
    CHECK_INT(h2neg_send(c, s, "567", 3, 0), H2NEG_ERR_LENGTH_MISMATCH);
    CHECK_INT(h2neg_send(c, s, "5", 1, H2NEG_MORE), 1);
    CHECK_INT(h2neg_trailers(c, s, &f, 1), 0);
    h2neg_conn_free(c);
}

/* ---- requests ------------------------------------------------------------ */

static h2neg_message get(const char *target)
{
    h2neg_message m;
    memset(&m, 0, sizeof m);
    m.authority = h2neg_s("a");
    m.target = h2neg_s(target);
    return m;
}

static h2neg_conn *client(unsigned protocols)
{
    h2neg_config config;
    memset(&config, 0, sizeof config);
    config.role = H2NEG_CLIENT;
    config.protocols = protocols;
    return h2neg_conn_new(&config);
}

#define REFUSED(m, flags) CHECK_INT(h2neg_request(c, &(m), flags, &s), H2NEG_ERR_INVALID)

static void request_refuses(h2neg_conn *c, int h2)
{
    uint32_t s;
    h2neg_message m = get("/");
    h2neg_field length = h2neg_f("content-length", "4");
    CHECK_INT(h2neg_request(c, NULL, 0, &s), H2NEG_ERR_INVALID);
    m.status = 200;
    REFUSED(m, 0);
    m = get("/");
    m.body_len = 5;
    REFUSED(m, 0);
    m.body = "hello";
    REFUSED(m, H2NEG_MORE);
    m.fields = &length;
    m.field_count = 1;
    CHECK_INT(h2neg_request(c, &m, 0, &s), H2NEG_ERR_LENGTH_MISMATCH);
    m = get("/");
    m.method = h2neg_s("GE T");
    REFUSED(m, 0);
    m.method = h2neg_s("A-METHOD-OF-MORE-THAN-THIRTY-TWO-O");
    REFUSED(m, 0);
    m = get("/a b");
    REFUSED(m, 0);
    m = get("/");
    m.authority = h2neg_s("a b");
    REFUSED(m, 0);
    m = get("/");
    m.scheme = h2neg_s("ht tp");
    REFUSED(m, 0);
    m = get("/");
    m.method = h2neg_s("CONNECT");
    m.authority.len = 0;
    REFUSED(m, 0);
    m = get("/");
    m.upgrade = h2neg_s("a token");
    REFUSED(m, 0);
    m.upgrade = h2neg_s("foo");
    m.body = "hello";
    m.body_len = 5;
    REFUSED(m, 0);
    m.body_len = 0;
    REFUSED(m, H2NEG_MORE);
    m.method = h2neg_s(h2 ? "PUT" : "CONNECT"); /* RFC 8441 4 makes it CONNECT */
    REFUSED(m, 0);
}

/* What no server takes for authority and target (RFC 9112 3.2, RFC 9113 8.3.1, 8.5), and what it
   takes; over HTTP/2 another scheme than http and https has paths of its own. */
static void test_request_target(void)
{
    static const struct {
        const char *method, *scheme, *authority, *target;
        int h1, h2;
    } asked[] = {{"GET", "", "a", "/", 1, 1},        {"GET", "", "a", "//a?b", 1, 1},
                 {"GET", "", "u@a", "/", 0, 0},      {"GET", "", "a/b", "/", 0, 0},
                 {"GET", "", "a:x", "/", 0, 0},      {"GET", "", "[::1]:80", "/", 1, 1},
                 {"GET", "", "a", "?x", 0, 0},       {"GET", "", "a", "x", 0, 0},
                 {"", "", "a", "*", 0, 0},           {"OPTIONS", "", "a", "*", 1, 1},
                 {"OPTIONS", "", "a", "**", 0, 0},   {"OPTIONX", "", "a", "*", 0, 0},   {"GET", "", "a", "http://a/", 1, 0},
                 {"GET", "http", "a", "x", 0, 0},    {"GET", "https", "a", "x", 0, 0},
                 {"GET", "foo", "a", "x", 0, 1},     {"CONNECT", "", "a", "", 0, 0},
                 {"CONNECT", "", "a:", "", 0, 0},    {"CONNECT", "", "a:0", "", 0, 0},
                 {"CONNECT", "", "", "", 0, 0},      {"CONNECT", "", "a:80", "", 1, 1},
                 {"CONNECT", "", "u@a:80", "", 0, 0}};
    size_t i;
    int h2;
    for (i = 0; i < sizeof asked / sizeof asked[0]; i++)
        for (h2 = 0; h2 < 2; h2++) {
            h2neg_conn *c = client(h2 ? H2NEG_PRIOR : H2NEG_HTTP1);
            h2neg_message m = get(asked[i].target);
            int right = h2 ? asked[i].h2 : asked[i].h1;
            m.method = h2neg_s(asked[i].method);
            m.scheme = h2neg_s(asked[i].scheme);
            m.authority = h2neg_s(asked[i].authority);
            CHECK_INT(h2neg_request(c, &m, 0, NULL), right ? 0 : H2NEG_ERR_INVALID);
            h2neg_conn_free(c);
        }
}

static void test_request_h1(void)
{
    h2neg_conn *c = client(H2NEG_HTTP1);
    h2neg_message m = get("");
    request_refuses(c, 0);
    CHECK_WRITTEN(c, "");
    CHECK_INT(h2neg_request(c, &m, 0, NULL), 0); /* whoever does not want to know the number */
    CHECK_WRITTEN(c, "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    h2neg_conn_free(c);
}

static void test_request_h2(void)
{
    h2neg_conn *c = client(H2NEG_PRIOR);
    h2neg_message m = get("");
    buf out = {0, 0, 0}, text = {0, 0, 0};
    const void *run;
    size_t n;
    request_refuses(c, 1);
    CHECK_INT(h2neg_request(c, &m, 0, NULL), 0);
    while ((n = h2neg_output(c, &run)) > 0) {
        buf_add(&out, run, n);
        h2neg_output_done(c, n);
    }
    take_all(&text, &out, 0, 0, 0);
    CHECK(lines_fit(buf_str(&text),
                    "PREFACE\nSETTINGS\n"
                    "HEADERS 1 end :method=GET :scheme=http :authority=a :path=/\n"));
    buf_free(&out);
    buf_free(&text);
    h2neg_conn_free(c);
}

/* An h2c offer is for a first request that could become stream 1 (RFC 7540 3.2): not one that ends
   the connection, nor CONNECT, nor one whose body's end is not known. */
static void test_no_offer(void)
{
    static char body[20000];
    uint32_t s;
    int i;
    for (i = 0; i < 5; i++) {
        h2neg_conn *c = client(H2NEG_HTTP1 | H2NEG_H2C);
        h2neg_message m = get("/");
        if (i == 1) {
            m.method = h2neg_s("CONNECT");
            m.authority = h2neg_s("a.example:80");
        }
        if (i == 2 || i == 3)
            m.method = h2neg_s("POST");
        if (i == 3) {
            m.body = body;
            m.body_len = sizeof body;
        }
        CHECK_INT(h2neg_request(c, &m, i == 0 ? H2NEG_LAST : i == 2 ? H2NEG_MORE : 0, &s), 0);
        CHECK_INT(strstr(written(c), "h2c") != NULL, i == 4);
        h2neg_conn_free(c);
    }
}

/* A server makes no request, a client gives no answer. */
static void test_roles(void)
{
    uint32_t s;
    h2neg_message m = get("/"), r = message_status(200);
    h2neg_conn *c = server_h1("GET / HTTP/1.1\r\n" HOST "\r\n", &s);
    CHECK_INT(h2neg_request(c, &m, 0, &s), H2NEG_ERR_INVALID);
    h2neg_conn_free(c);
    c = client(H2NEG_HTTP1);
    CHECK_INT(h2neg_request(c, &m, 0, &s), 0);
    CHECK_INT(h2neg_respond(c, s, &r, 0), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_reply(c, s, 200, NULL, "", 0), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_accept(c, s, NULL, NULL, 0), H2NEG_ERR_INVALID);
    h2neg_conn_free(c);
}

/* ---- the rest of the calls ----------------------------------------------- */

static void test_null(void)
{
    uint32_t s;
    const void *run;
    h2neg_conn *c = server_h1("GET / HTTP/1.1\r\n" HOST "\r\n", &s);
    CHECK_INT(h2neg_next(c, NULL), 0);
    CHECK_INT(h2neg_output(c, NULL), 0);
    CHECK_INT(h2neg_output(NULL, &run), 0);
    CHECK_INT(h2neg_feed(c, NULL, 5), 0);
    CHECK_INT(h2neg_feed(c, "GET ", 0), 0);
    h2neg_conn_info(c, NULL);
    CHECK_INT(h2neg_ping(c, NULL), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_ping(NULL, "12345678"), H2NEG_ERR_CLOSED);
    CHECK_INT(h2neg_ping(c, "12345678"), H2NEG_ERR_NOT_SUPPORTED);
    CHECK(h2neg_reply(NULL, s, 200, NULL, "", 0) < 0);
    CHECK(h2neg_send(NULL, s, "", 0, 0) < 0);
    CHECK(h2neg_ws_send(NULL, s, 1, "", 0, 0) < 0);
    CHECK_INT(h2neg_wants(NULL), H2NEG_WANT_CLOSE);
    h2neg_shutdown(NULL);
    h2neg_goaway(NULL, 0);
    h2neg_eof(NULL);
    h2neg_lost(NULL);
    h2neg_output_done(NULL, 1);
    h2neg_conn_free(NULL);
    CHECK_INT(h2neg_reply(c, s, 200, NULL, "hello", 5), 0);
    CHECK(h2neg_output(c, &run) > 0);
    h2neg_output_done(c, 1u << 30); /* more than there is: all of it */
    CHECK_INT(h2neg_output(c, &run), 0);
    h2neg_conn_free(c);
}

/* The octets that send would take: what room says (RFC 9113 5.2 for the windows). */
static void test_room(void)
{
    static char body[70000];
    uint32_t s;
    size_t room;
    h2neg_message m = message_status(200);
    h2neg_conn *c = server_h2("GET", &s);
    CHECK_INT(h2neg_room(c, s), 0); /* no head */
    CHECK_INT(h2neg_respond(c, s, &m, H2NEG_MORE), 0);
    room = h2neg_room(c, s);
    CHECK(room > 0 && room <= 65535);
    CHECK_INT(h2neg_send(c, s, body, sizeof body, H2NEG_MORE), (ptrdiff_t)room);
    CHECK_INT(h2neg_room(c, s), 0);
    CHECK_INT(h2neg_room(c, s + 2), 0);
    CHECK_INT(h2neg_room(NULL, s), 0);
    h2neg_conn_free(c);
    c = server_h2("GET", &s);
    m.body = body;
    m.body_len = sizeof body;
    CHECK_INT(h2neg_respond(c, s, &m, 0), 0);
    CHECK_INT(h2neg_room(c, s), 0); /* a whole body is under way */
    h2neg_conn_free(c);
}

/* Short pieces are the application's choice: only windows that cut them are counted (limits, short
 * DATA). */
static void test_short_sends(void)
{
    uint32_t s;
    int i;
    h2neg_message m = message_status(200);
    h2neg_conn *c = server_h2("GET", &s);
    CHECK_INT(h2neg_respond(c, s, &m, H2NEG_MORE), 0);
    for (i = 0; i < 200; i++)
        if (!CHECK_INT(h2neg_send(c, s, "0123456789", 10, H2NEG_MORE), 10))
            break;
    CHECK_INT(h2neg_send(c, s, NULL, 0, 0), 0);
    h2neg_conn_free(c);
}

/* tls_agreed comes once, before the first octet; a name that was not offered is an error. */
static void test_tls_agreed(void)
{
    h2neg_config config;
    h2neg_conn *c;
    uint32_t s;
    memset(&config, 0, sizeof config);
    c = h2neg_conn_new(&config);
    CHECK_INT(h2neg_tls_agreed(c, "h2", 2), H2NEG_ERR_INVALID); /* no TLS */
    CHECK_INT(h2neg_tls_agreed(NULL, "h2", 2), H2NEG_ERR_INVALID);
    h2neg_conn_free(c);
    config.tls = 1;
    c = h2neg_conn_new(&config);
    CHECK_INT(h2neg_tls_agreed(c, "h2", 2), 0);
    CHECK_INT(h2neg_tls_agreed(c, "h2", 2), H2NEG_ERR_INVALID);
    h2neg_conn_free(c);
    config.protocols = H2NEG_H2;
    c = h2neg_conn_new(&config);
    CHECK_INT(h2neg_tls_agreed(c, NULL, 0), H2NEG_ERR_ALPN_NO_OVERLAP);
    h2neg_conn_free(c);
    c = h2neg_conn_new(&config);
    CHECK_INT(h2neg_tls_agreed(c, "spdy/3", 6), H2NEG_ERR_ALPN_NOT_OFFERED);
    h2neg_conn_free(c);
    (void)s;
}

/* ---- the config ---------------------------------------------------------- */

static void *codec_open(void *user, int compress, int bits)
{
    (void)compress;
    (void)bits;
    return user;
}

static int codec_run(void *user, void *context, int compress, const void *in, size_t *in_len,
                     void *out, size_t *out_len, int end)
{
    (void)user, (void)context, (void)compress, (void)in, (void)in_len, (void)out, (void)out_len;
    return end ? -1 : -1;
}

static void codec_end(void *user, void *context, int compress)
{
    (void)user, (void)context, (void)compress;
}

static int config_ok(const h2neg_config *config)
{
    h2neg_conn *c = h2neg_conn_new(config);
    int ok = h2neg_config_check(config) == 0;
    CHECK_INT(c != NULL, ok); /* new, the bound and the check say the same */
    CHECK_INT(h2neg_memory_bound(config) != 0, ok);
    h2neg_conn_free(c);
    return ok;
}

static void test_config_codec(void)
{
    static int something;
    h2neg_ws_codec codec;
    h2neg_config config;
    memset(&config, 0, sizeof config);
    codec.user = &something;
    codec.open_fn = codec_open;
    codec.run_fn = codec_run;
    codec.reset_fn = codec_end;
    codec.close_fn = codec_end;
    config.ws_codec = &codec;
    CHECK_INT(config_ok(&config), 1);
    codec.open_fn = NULL;
    CHECK_INT(config_ok(&config), 0);
    codec.open_fn = codec_open;
    codec.run_fn = NULL;
    CHECK_INT(config_ok(&config), 0);
    codec.run_fn = codec_run;
    codec.reset_fn = NULL;
    CHECK_INT(config_ok(&config), 0);
    codec.reset_fn = codec_end;
    codec.close_fn = NULL;
    CHECK_INT(config_ok(&config), 0);
}

/* RFC 7692 7.1.2: windows of 8 to 15 bits; a client's window without a value only in an offer. */
static void test_config_deflate(void)
{
    static const int bits[] = {0, 8, 15, 7, 16, -2};
    h2neg_config config;
    size_t i;
    memset(&config, 0, sizeof config);
    for (i = 0; i < 6; i++) {
        config.ws_deflate.server_max_window_bits = bits[i];
        CHECK_INT(config_ok(&config), i < 3);
        config.ws_deflate.server_max_window_bits = 0;
        config.ws_deflate.client_max_window_bits = bits[i];
        CHECK_INT(config_ok(&config), i < 3);
        config.ws_deflate.client_max_window_bits = 0;
    }
    config.ws_deflate.client_max_window_bits = -1;
    CHECK_INT(config_ok(&config), 0);
    config.role = H2NEG_CLIENT;
    CHECK_INT(config_ok(&config), 1);
    config.ws_deflate.server_max_window_bits = -1;
    CHECK_INT(config_ok(&config), 0);
}

static void test_config_fields(void)
{
    static h2neg_field f;
    h2neg_config config;
    memset(&config, 0, sizeof config);
    config.common_field_count = 1;
    CHECK_INT(config_ok(&config), 0);
    config.common_fields = &f;
    f = h2neg_f("server", "a");
    CHECK_INT(config_ok(&config), 1);
    f = h2neg_f("server", "a\r\nb");
    CHECK_INT(h2neg_config_check(&config) != 0, 1);
    CHECK(h2neg_conn_new(&config) == NULL);
}

CHECK_MAIN(test_respond_h1, test_respond_h2, test_connect, test_reply_large, test_long_head,
           test_426, test_hold_continue, test_trailers, test_trailers_short, test_request_target,
           test_request_h1, test_request_h2, test_no_offer, test_roles, test_null, test_room,
           test_short_sends, test_tls_agreed, test_config_codec, test_config_deflate,
           test_config_fields)
