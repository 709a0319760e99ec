/* Turns, drains, rates and answers that come late: RFC 9113 5.1, 6.8; RFC 9110 9.3.2, 10.1.1. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"
#include "rules.h"

static char big[8000000];

/* Two incremental bodies that take turns under a connection window of 1,024 octets in 15 s: 68 a
   second, and both are told (write_min_rate, write_stall). A stream whose turn it is and that has
   no timer, a tunnel's, excuses nobody. */
static void test_turns_keep_the_rate(void)
{
    int tunnel;
    for (tunnel = 0; tunnel < 2; tunnel++) {
        buf in = {0, 0, 0}, events = {0, 0, 0}, out = {0, 0, 0};
        h2neg_conn *c = h2neg_conn_new(NULL);
        h2neg_message m;
        int k;
        put_preface(&in, "4=1000000000");
        put_ack(&in);
        if (tunnel)
            put_headers(&in, 1, HEADS, ":method: CONNECT\n:authority: b:80\n");
        else
            put_request(&in, 1, END, "GET", "/", "priority: i\n");
        put_request(&in, 3, END, "GET", "/", "priority: i\n");
        turn(c, &in, &events);
        memset(&m, 0, sizeof m);
        m.status = 200;
        m.body = big;
        m.body_len = sizeof big;
        CHECK_INT(tunnel ? h2neg_accept(c, 1, NULL, NULL, 0) : h2neg_respond(c, 1, &m, 0), 0);
        turn(c, &in, &events);
        for (k = 0; k < 3; k++) {
            if (tunnel)
                h2neg_send(c, 1, big, 65535, H2NEG_MORE);
            written(c, &out);
        }
        CHECK_INT(h2neg_respond(c, 3, &m, 0), 0);
        for (k = 1; k < 100; k++) { /* 25 minutes */
            h2neg_tick(c, 15000 * (uint64_t)k);
            if (!tunnel)
                put_window(&in, 0, 1024);
            turn(c, &in, &events);
            written(c, &out);
        }
        CHECK(strstr(events.p, "DONE3 ") != NULL);
        CHECK((strstr(events.p, "DONE1 ") != NULL) == !tunnel);
        h2neg_conn_free(c);
        buf_free(&in);
        buf_free(&events);
        buf_free(&out);
    }
}

/* Turns are those of one urgency: a small urgent response between them is none. */
static void test_turns_of_one_urgency(void)
{
    buf in = {0, 0, 0}, events = {0, 0, 0}, out = {0, 0, 0};
    h2neg_conn *c = h2neg_conn_new(NULL);
    h2neg_message m;
    h2neg_event ev;
    uint32_t s;
    int k;
    put_preface(&in, "4=1000000000");
    put_ack(&in);
    for (s = 1; s < 6; s += 2)
        put_request(&in, s, END, "GET", "/", "priority: i\n");
    turn(c, &in, &events);
    memset(&m, 0, sizeof m);
    m.status = 200;
    m.body = big;
    m.body_len = sizeof big;
    for (s = 1; s < 6; s += 2) {
        CHECK_INT(h2neg_respond(c, s, &m, 0), 0);
        written(c, &out);
        written(c, &out);
    }
    for (k = 0; k < 12; k++, s += 2) {
        put_request(&in, s, END, "GET", "/", "priority: u=0\n");
        put_window(&in, 0, 8010);
        CHECK_INT(h2neg_feed(c, in.p, in.len), in.len);
        in.len = 0;
        while (h2neg_next(c, &ev))
            if (ev.type == H2NEG_EV_END)
                CHECK_INT(h2neg_reply(c, ev.stream, 200, NULL, "0123456789", 10), 0);
        written(c, &out);
    }
    CHECK(strstr(out.p, "0.3.0 ") != NULL && strstr(out.p, "0.5.0 ") != NULL);
    h2neg_conn_free(c);
    buf_free(&in);
    buf_free(&events);
    buf_free(&out);
}

/* GOAWAY counts a request whose block is open: the drain waits for it, for drain_timeout at most.
 */
static void test_drain_waits_for_block(void)
{
    buf in = {0, 0, 0}, events = {0, 0, 0}, out = {0, 0, 0};
    h2neg_conn *c = server(16384, &in);
    h2neg_message m;
    memset(&m, 0, sizeof m);
    m.status = 200;
    m.body = big;
    m.body_len = 11500;
    put_get(&in, 1, "/");
    put_headers(&in, 3, END, REQ("POST", "/"));
    turn(c, &in, &events);
    written(c, &out);
    h2neg_tick(c, 1000);
    CHECK_INT(h2neg_respond(c, 1, &m, 0), 0);
    put_frame(&in, 9, HEADS, 3, "", 0);
    turn(c, &in, &events); /* whole, and there is no room for an answer */
    h2neg_shutdown(c);
    h2neg_tick(c, 2000);
    turn(c, &in, &events);
    h2neg_tick(c, 5500); /* no ACK: the second GOAWAY, of stream 3 */
    turn(c, &in, &events);
    written(c, &out);
    turn(c, &in, &events);
    CHECK(strstr(events.p, "REQUEST3 END3 ") != NULL);
    h2neg_conn_free(c);
    buf_free(&in);
    buf_free(&events);
    buf_free(&out);
}

/* ---- HTTP/1 ---- */

static size_t said(const char *text, char *answer, unsigned protocols, uint64_t wait)
{
    h2neg_config g;
    h2neg_event ev;
    h2neg_conn *c;
    const void *run;
    size_t n;
    memset(&g, 0, sizeof g);
    g.protocols = protocols;
    c = h2neg_conn_new(&g);
    h2neg_tick(c, 1000);
    CHECK_INT(h2neg_feed(c, text, strlen(text)), strlen(text));
    while (h2neg_next(c, &ev))
        continue;
    h2neg_tick(c, 2000);
    h2neg_tick(c, 2000 + wait);
    while (h2neg_next(c, &ev))
        continue;
    n = h2neg_output(c, &run);
    memcpy(answer, run, n);
    answer[n] = '\0';
    h2neg_conn_free(c);
    return n;
}

/* HEAD has no content in its answer, also where its line is not whole (RFC 9110 9.3.2). */
static void test_bad_line_of_head(void)
{
    static char longest[9000];
    const char *rows[] = {"HEAD /\x01 HTTP/1.1\r\n", "HEAD / HTTP/1.1\nHost: a\n\n",
                          "HEAD / HTTP/1.1", "\r\nHEAD /\r", longest};
    char answer[2000];
    size_t i, n;
    memset(longest, 'a', sizeof longest - 1);
    memcpy(longest, "HEAD /", 6);
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        n = said(rows[i], answer, 0, 30000);
        CHECK(n > 4 && strcmp(answer + n - 4, "\r\n\r\n") == 0);
    }
}

/* An h2c offer that expects 100-continue in a list (RFC 9110 5.6.1.2, 10.1.1). */
static void test_h2c_expects_in_a_list(void)
{
    static const char *const rows[] = {"100-continue", "100-continue,", ", 100-continue",
                                       "100-continue, 100-continue", "\r\nExpect: 100-continue"};
    char text[400], answer[2000];
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(
            text, sizeof text,
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, http2-settings\r\nUpgrade: h2c\r\n"
            "HTTP2-Settings: AAMAAABk\r\nContent-Length: 3\r\nExpect: %s\r\n\r\n",
            rows[i]);
        said(text, answer, H2NEG_PROTOCOLS_DEFAULT | H2NEG_H2C, 0);
        CHECK(strncmp(answer, "HTTP/1.1 100 ", 13) == 0);
    }
}

/* The last answer keeps to write_min_rate: an octet a minute does not keep the connection. */
static void test_last_answer_has_a_rate(void)
{
    static const char get[] = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    h2neg_conn *c;
    h2neg_config g;
    h2neg_event ev;
    h2neg_message m;
    uint64_t now;
    int off;
    for (off = 0; off < 2; off++) {
        memset(&g, 0, sizeof g);
        g.write_stall = off ? H2NEG_OFF : 0;
        c = h2neg_conn_new(&g);
        memset(&m, 0, sizeof m);
        m.status = 200;
        m.body = big;
        m.body_len = 45000;
        h2neg_tick(c, 1000);
        h2neg_feed(c, get, sizeof get - 1);
        while (h2neg_next(c, &ev))
            if (ev.type == H2NEG_EV_REQUEST)
                CHECK_INT(h2neg_respond(c, ev.stream, &m, 0), 0);
        for (now = 1000; now < 600000 && !(h2neg_wants(c) & H2NEG_WANT_CLOSE); now += 10000) {
            const void *run;
            size_t n = h2neg_output(c, &run);
            h2neg_output_done(c, n ? 1 : 0);
            h2neg_tick(c, now);
            while (h2neg_next(c, &ev))
                continue;
        }
        CHECK(now < (off ? 30000 : 100000)); /* without a stall early_drain_timeout ends it */
        h2neg_conn_free(c);
    }
}

/* HTTP/1.1 has no turns, whatever a request's priority says. */
static void test_no_turns_h1(void)
{
    static const char get[] = "GET / HTTP/1.1\r\nHost: a\r\npriority: i\r\n\r\n";
    h2neg_conn *c = h2neg_conn_new(NULL);
    h2neg_event ev;
    h2neg_message m;
    const void *run;
    ptrdiff_t n = 0;
    int told = 0;
    memset(&m, 0, sizeof m);
    m.status = 200;
    h2neg_feed(c, get, sizeof get - 1);
    while (h2neg_next(c, &ev))
        if (ev.type == H2NEG_EV_REQUEST) {
            CHECK_INT(h2neg_respond(c, ev.stream, &m, H2NEG_MORE), 0);
            n = h2neg_send(c, ev.stream, big, sizeof big, 0);
        }
    CHECK(n > 0 && n < (ptrdiff_t)sizeof big);
    h2neg_output_done(c, h2neg_output(c, &run));
    while (h2neg_next(c, &ev))
        told += ev.type == H2NEG_EV_WRITABLE;
    CHECK_INT(told, 1);
    h2neg_conn_free(c);
}

CHECK_MAIN(test_turns_keep_the_rate, test_turns_of_one_urgency, test_drain_waits_for_block,
           test_bad_line_of_head, test_h2c_expects_in_a_list, test_no_turns_h1,
           test_last_answer_has_a_rate)
