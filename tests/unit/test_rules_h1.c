/* HTTP/1.1: answers that end a connection, refuse, or come early: RFC 9112 6, 9.6; RFC 9110 9.3.2,
   10.1.1, 15, 15.3.6. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include <string.h>

#define HOST "Host: a\r\n"
#define OFFER "Connection: upgrade\r\nUpgrade: "

/* A connection and all that it has written. */
typedef struct talk {
    h2neg_conn *c;
    char out[4096];
    size_t len;
    int error;
    void (*answer)(h2neg_conn *c, uint32_t stream);
} talk;

static void events(talk *t)
{
    h2neg_event ev;
    const void *run;
    size_t n;
    while (h2neg_next(t->c, &ev)) {
        if (ev.type == H2NEG_EV_REQUEST && t->answer)
            t->answer(t->c, ev.stream);
        if (ev.type == H2NEG_EV_ERROR)
            t->error = ev.error.code;
    }
    while ((n = h2neg_output(t->c, &run)) != 0) {
        memcpy(t->out + t->len, run, n);
        t->len += n;
        t->out[t->len] = '\0';
        h2neg_output_done(t->c, n);
    }
}

static void feed(talk *t, const char *text)
{
    CHECK_INT(h2neg_feed(t->c, text, strlen(text)), strlen(text));
    events(t);
}

static void begin(talk *t, unsigned protocols, void (*answer)(h2neg_conn *c, uint32_t stream))
{
    h2neg_config g;
    memset(&g, 0, sizeof g);
    memset(t, 0, sizeof *t);
    g.protocols = protocols;
    t->answer = answer;
    t->c = h2neg_conn_new(&g);
}

static void answer_pieces(h2neg_conn *c, uint32_t stream)
{
    h2neg_message m;
    memset(&m, 0, sizeof m);
    m.status = 403;
    CHECK_INT(h2neg_respond(c, stream, &m, H2NEG_MORE), 0);
    CHECK_INT(h2neg_send(c, stream, "no", 2, 0), 2);
}

static void answer_at_once(h2neg_conn *c, uint32_t stream)
{
    CHECK_INT(h2neg_reply(c, stream, 200, NULL, "ok", 2), 0);
}

/* A refused Upgrade or CONNECT is answered as any request: the body's end is told (RFC 9112 6). */
static void test_refused_in_pieces(void)
{
    static const char *const rows[] = {
        "GET / HTTP/1.1\r\n" HOST "\r\n", "GET / HTTP/1.1\r\n" HOST OFFER "TLS/1.2\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST OFFER "websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        talk t;
        begin(&t, 0, answer_pieces);
        feed(&t, rows[i]);
        CHECK(strstr(t.out, "\r\ntransfer-encoding: chunked\r\n") != NULL);
        CHECK(strstr(t.out, "\r\n\r\n2\r\nno\r\n0\r\n\r\n") != NULL);
        h2neg_conn_free(t.c);
    }
}

/* The last answer under Connection: close has the time of every other: a peer that takes it slowly
   is no reason to cut it. Behind it the peer's input has 5 seconds. */
static void test_last_answer_whole(void)
{
    static char body[40000];
    talk t;
    h2neg_event ev;
    h2neg_message m;
    size_t total = 0, n;
    uint64_t now = 1000;
    const void *run;
    const char *get = "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n";
    begin(&t, 0, NULL);
    memset(&m, 0, sizeof m);
    m.status = 200;
    m.body = body;
    m.body_len = sizeof body;
    h2neg_tick(t.c, now);
    h2neg_feed(t.c, get, strlen(get));
    while (h2neg_next(t.c, &ev))
        if (ev.type == H2NEG_EV_REQUEST)
            CHECK_INT(h2neg_respond(t.c, ev.stream, &m, 0), 0);
    while (!(h2neg_wants(t.c) & H2NEG_WANT_CLOSE) && (n = h2neg_output(t.c, &run)) != 0) {
        n = n < 4000 ? n : 4000;
        h2neg_output_done(t.c, n);
        total += n;
        h2neg_tick(t.c, now += 1000);
        while (h2neg_next(t.c, &ev))
            ;
    }
    CHECK(total > sizeof body);
    CHECK_INT(h2neg_wants(t.c), H2NEG_WANT_READ | H2NEG_WANT_HALF_CLOSE);
    h2neg_tick(t.c, now += 4999);
    CHECK_INT(h2neg_wants(t.c), H2NEG_WANT_READ | H2NEG_WANT_HALF_CLOSE);
    h2neg_tick(t.c, now += 2);
    CHECK_INT(h2neg_wants(t.c), H2NEG_WANT_CLOSE);
    h2neg_conn_free(t.c);
}

/* A request has one final response (RFC 9110 15), also when its rest turns out malformed. */
static void test_one_answer(void)
{
    static const char *const rows[] = {"zz\r\n", "3\r\nabcd\r\n", "0\r\nHost: x\r\n\r\n"};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        talk t;
        begin(&t, 0, answer_at_once);
        feed(&t, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
        feed(&t, rows[i]);
        CHECK(t.error != 0);
        CHECK(strstr(t.out, "HTTP/1.1 200 ") == t.out);
        CHECK(strstr(t.out + 1, "HTTP/1.1 ") == NULL);
        CHECK_INT(h2neg_wants(t.c), H2NEG_WANT_READ | H2NEG_WANT_HALF_CLOSE);
        h2neg_conn_free(t.c);
    }
}

/* HEAD has no content in its answer (RFC 9110 9.3.2), also where the rest of its head is wrong. */
static void test_bad_head_of_head(void)
{
    static const char *const rows[] = {"HEAD / HTTP/1.1\r\n\r\n",
                                       "HEAD / HTTP/1.1\r\nX : 1\r\n\r\n", "HEAD /#a HTTP/1.1\r\n",
                                       "\r\nHEAD / HTTP/3.0\r\n"};
    size_t i, cut;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (cut = 0; cut < 2; cut++) {
            talk t;
            const char *p = rows[i];
            begin(&t, 0, NULL);
            for (; cut && *p && !t.error; p++) {
                char one[2] = {0, 0};
                one[0] = *p;
                feed(&t, one);
            }
            if (!cut)
                feed(&t, p);
            CHECK(t.error != 0);
            CHECK(strstr(t.out, "\r\nconnection: close\r\n\r\n") != NULL);
            CHECK(t.len > 4 && memcmp(t.out + t.len - 4, "\r\n\r\n", 4) == 0);
            h2neg_conn_free(t.c);
        }
}

/* A handshake that is refused by itself says close where an early answer does. */
static void test_refusal_says_close(void)
{
    static const char *const rows[] = {"Content-Length: 5\r\nExpect: 100-continue\r\n",
                                       "Content-Length: 4000000\r\n"};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        talk t;
        char text[512] = "GET / HTTP/1.1\r\n" HOST OFFER "websocket\r\nSec-WebSocket-Version: 8\r\n"
                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        strcat(text, rows[i]);
        strcat(text, "\r\n");
        begin(&t, 0, NULL);
        feed(&t, text);
        CHECK(strstr(t.out, "HTTP/1.1 426 ") == t.out);
        CHECK(strstr(t.out, "\r\nconnection: upgrade, close\r\n") != NULL);
        h2neg_conn_free(t.c);
    }
}

/* An unknown expectation is 417, with an h2c offer, too. */
static void test_h2c_expectation(void)
{
    talk t;
    begin(&t, H2NEG_PROTOCOLS_DEFAULT | H2NEG_H2C, answer_at_once);
    feed(&t, "GET / HTTP/1.1\r\n" HOST "Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\n"
             "HTTP2-Settings: AAMAAABk\r\nExpect: more\r\n\r\n");
    CHECK(strstr(t.out, "HTTP/1.1 417 ") == t.out);
    h2neg_conn_free(t.c);
}

static void answer_205(h2neg_conn *c, uint32_t stream)
{
    h2neg_field length = h2neg_f("content-length", "1");
    h2neg_message m;
    memset(&m, 0, sizeof m);
    m.status = 205;
    m.fields = &length;
    m.field_count = 1;
    CHECK_INT(h2neg_respond(c, stream, &m, 0), H2NEG_ERR_INVALID);
    m.field_count = 0;
    CHECK_INT(h2neg_reply(c, stream, 205, NULL, "x", 1), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_respond(c, stream, &m, H2NEG_MORE), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_respond(c, stream, &m, 0), 0);
}

/* 205 has no content, and says so (RFC 9110 15.3.6). */
static void test_205(void)
{
    talk t;
    begin(&t, 0, answer_205);
    feed(&t, "GET / HTTP/1.1\r\n" HOST "\r\n");
    CHECK(strstr(t.out, "\r\ncontent-length: 0\r\n\r\n") != NULL);
    h2neg_conn_free(t.c);
}

static void answer_tunnel(h2neg_conn *c, uint32_t stream)
{
    CHECK_INT(h2neg_keep(c, stream, 1), 0);
    CHECK_INT(h2neg_accept(c, stream, NULL, NULL, 0), 0);
}

/* A stream that is kept behind DONE does not keep its connection, a tunnel's no more than others'.
 */
static void test_tunnel_kept(void)
{
    talk t;
    begin(&t, 0, answer_tunnel);
    feed(&t, "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n");
    h2neg_eof(t.c);
    events(&t);
    CHECK_INT(h2neg_send(t.c, 1, "bye", 3, 0), 3);
    events(&t);
    CHECK_INT(h2neg_wants(t.c), H2NEG_WANT_CLOSE);
    CHECK_INT(h2neg_set_user(t.c, 1, NULL), 0);
    h2neg_conn_free(t.c);
}

CHECK_MAIN(test_refused_in_pieces, test_last_answer_whole, test_one_answer, test_bad_head_of_head,
           test_refusal_says_close, test_h2c_expectation, test_205, test_tunnel_kept)
