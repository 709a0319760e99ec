/* HTTP/1 on a connection, exact: what calls answer, what is written to the octet and in whatever
   pieces the transport takes it. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"

#define HOST "Host: a\r\n"

static void feed_text(side *s, const char *text)
{
    side_give(s, text, strlen(text));
}

/* ---- answers of calls ------------------------------------------------------ */

/* Trailers that have no place (a length was said; HTTP/1.0) end the message all the same, and the
   call answers 0. */
static void trailers_of(const char *version, const char *length, const char *output)
{
    h2neg_field trailer = h2neg_f("x-sum", "5"), f = h2neg_f("content-length", length);
    h2neg_message m = message_status(200);
    buf in = {0, 0, 0};
    side *s = side_new(NULL);
    buf_fmt(&in, "GET /later %s\r\n" HOST "\r\n", version);
    feed_text(s, in.p);
    m.fields = &f;
    m.field_count = length != NULL;
    CHECK_INT(h2neg_respond(s->c, 1, &m, H2NEG_MORE), 0);
    CHECK_INT(h2neg_send(s->c, 1, "hello", 5, H2NEG_MORE), 5);
    CHECK_INT(h2neg_trailers(s->c, 1, &trailer, 1), 0);
    side_drain(s);
    CHECK_OCTETS(s->out.p, s->out.len, output, strlen(output));
    CHECK_INT(h2neg_trailers(s->c, 1, &trailer, 1), H2NEG_ERR_STREAM_GONE);
    buf_free(&in);
    side_end(s);
}

static void test_trailers(void)
{
    trailers_of("HTTP/1.1", NULL,
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
                "x-sum: 5\r\n\r\n");
    trailers_of("HTTP/1.1", "5", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    trailers_of("HTTP/1.0", NULL, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello");
}

/* What is wrong with a reply is told before it is asked whether there is room for it. */
static void test_reply_invalid(void)
{
    static const size_t lengths[] = {0, 5, 40000, 60000, 200000};
    size_t i;
    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        side *s = side_new(NULL);
        char *body = side_big(s);
        size_t n = lengths[i];
        feed_text(s, "GET /later HTTP/1.1\r\n" HOST "\r\n");
        CHECK_INT(h2neg_reply(s->c, 1, 200, "a\r\nb", body, n), H2NEG_ERR_INVALID);
        CHECK_INT(h2neg_reply(s->c, 1, 1000, "a", body, n), H2NEG_ERR_INVALID);
        CHECK_INT(h2neg_reply(s->c, 1, 199, "a", body, n), H2NEG_ERR_INVALID);
        CHECK_INT(h2neg_reply(s->c, 1, 204, "a", body, n), 0); /* its body is dropped */
        side_end(s);
    }
}

/* ---- 100 Continue ------------------------------------------------------------ */

static int expect_what;
static int expect_hook(side *s, const h2neg_event *ev)
{
    h2neg_message m = message_status(expect_what & 1 ? 100 : 200);
    if (ev->type != H2NEG_EV_REQUEST)
        return 0;
    if (expect_what & 4)
        CHECK_INT(h2neg_hold(s->c, ev->stream, 1), 0);
    if (expect_what & 3)
        CHECK_INT(h2neg_respond(s->c, ev->stream, &m, H2NEG_MORE), 0);
    return 1;
}

/* It goes out once: not behind the application's own, nor behind a final head, nor while the stream
   is held, nor where it is switched off (RFC 9110 10.1.1; connection.md, Receiving). */
static void test_continue(void)
{
    int off;
    for (off = 0; off < 2; off++) {
        for (expect_what = 0; expect_what < 6; expect_what++) {
            h2neg_config config;
            side *s;
            int own = (expect_what & 3) == 1, final = (expect_what & 3) == 2;
            int held = expect_what & 4, wanted = own || (!final && !held && !off);
            const char *first;
            if ((expect_what & 3) == 3)
                continue;
            memset(&config, 0, sizeof config);
            config.no_auto_continue = off;
            s = side_new(&config);
            s->hook = expect_hook;
            feed_text(s, "POST / HTTP/1.1\r\n" HOST
                         "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
            buf_text(&s->out, "");
            first = strstr(buf_str(&s->out), "HTTP/1.1 100");
            CHECK_INT(first != NULL, wanted);
            CHECK(!first || !strstr(first + 1, "HTTP/1.1 100"));
            CHECK_INT(strstr(buf_str(&s->out), "HTTP/1.1 200") != NULL, final);
            if (held && !own && !final) {
                CHECK_INT(h2neg_hold(s->c, 1, 0), 0);
                side_drain(s);
                CHECK_INT(strstr(buf_str(&s->out), "HTTP/1.1 100") != NULL, !off);
            }
            side_end(s);
        }
    }
}

/* ---- limits of a body -------------------------------------------------------- */

static int error_of(const side *s)
{
    h2neg_info info;
    h2neg_conn_info(s->c, &info);
    return info.error.code;
}

/* max_content_length 10: what says more is refused before it comes, chunks with the line that goes
   above it. */
static void test_content_length(void)
{
    static const struct {
        const char *text;
        int error;
    } rows[] = {
        {"Content-Length: 10\r\n\r\n0123456789", 0},
        {"Content-Length: 11\r\n\r\n", H2NEG_ERR_LIMIT_BODY},
        {"Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n", 0},
        {"Transfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n6\r\n012345\r\n0\r\n\r\n", 0},
        {"Transfer-Encoding: chunked\r\n\r\nb\r\n", H2NEG_ERR_LIMIT_BODY},
        {"Transfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n7\r\n", H2NEG_ERR_LIMIT_BODY},
        {"Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n1\r\n", H2NEG_ERR_LIMIT_BODY}};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        h2neg_config config;
        buf in = {0, 0, 0};
        side *s;
        memset(&config, 0, sizeof config);
        config.max_content_length = 10;
        s = side_new(&config);
        buf_fmt(&in, "POST /end HTTP/1.1\r\n" HOST "%s", rows[i].text);
        feed_text(s, in.p);
        CHECK_INT(error_of(s), rows[i].error);
        CHECK_INT(strstr(buf_str(&s->out), "HTTP/1.1 413") != NULL, rows[i].error != 0);
        CHECK_INT(strstr(buf_str(&s->events), "\nEND 1\n") != NULL, rows[i].error == 0);
        buf_free(&in);
        side_end(s);
    }
}

/* Behind an early answer so many octets are drained of each body, and not of all together. */
static void test_drained(void)
{
    h2neg_config config;
    side *s;
    int i;
    memset(&config, 0, sizeof config);
    config.drain_octets = 10;
    s = side_new(&config);
    for (i = 0; i < 3; i++) {
        feed_text(s, "POST /now HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n");
        feed_text(s, "0123456789");
    }
    feed_text(s, "POST /now HTTP/1.1\r\n" HOST
                 "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n");
    CHECK_INT(s->done, 4);
    CHECK_INT(h2neg_wants(s->c), H2NEG_WANT_READ);
    feed_text(s, "POST /now HTTP/1.1\r\n" HOST
                 "Transfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n");
    CHECK_INT(h2neg_wants(s->c) & H2NEG_WANT_HALF_CLOSE, H2NEG_WANT_HALF_CLOSE);
    side_end(s);
}

/* ---- when an event is over --------------------------------------------------- */

/* DONE is the current event until the next next, feed, eof, lost or tick: then its slot is free. */
static void test_event_is_over(void)
{
    int way;
    for (way = 0; way < 5; way++) {
        h2neg_conn *c = h2neg_conn_new(NULL);
        h2neg_event ev;
        h2neg_info info;
        static const char get[] = "GET / HTTP/1.1\r\n" HOST "\r\n";
        CHECK_INT(h2neg_feed(c, get, strlen(get)), strlen(get));
        do {
            CHECK_INT(h2neg_next(c, &ev), 1);
            if (ev.type == H2NEG_EV_REQUEST)
                CHECK_INT(h2neg_reply(c, 1, 200, NULL, "a", 1), 0);
        } while (ev.type != H2NEG_EV_DONE);
        h2neg_conn_info(c, &info);
        CHECK_INT(info.streams, 1);
        if (way == 0)
            CHECK_INT(h2neg_next(c, &ev), 0);
        if (way == 1)
            CHECK_INT(h2neg_feed(c, get, strlen(get)), strlen(get));
        if (way == 2)
            h2neg_eof(c);
        if (way == 3)
            h2neg_lost(c);
        if (way == 4)
            h2neg_tick(c, 1);
        h2neg_conn_info(c, &info);
        CHECK_INT(info.streams, 0);
        CHECK_INT(h2neg_keep(c, 1, 1), H2NEG_ERR_STREAM_GONE);
        h2neg_conn_free(c);
    }
}

/* ---- chunked: what is overhead --------------------------------------------- */

/* Of "5\r\nhello\r\n" five octets are overhead, paid from the slack, or from what was useful. */
static void chunks_pass(uint32_t slack, uint32_t ratio, int count)
{
    h2neg_config config;
    h2neg_info info;
    side *s;
    int i;
    memset(&config, 0, sizeof config);
    config.overhead_slack = slack;
    config.overhead_ratio = ratio;
    s = side_new(&config);
    feed_text(s, "POST /later HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    h2neg_conn_info(s->c, &info);
    for (i = 0; i < 100 && !info.error.code; i++) {
        feed_text(s, "5\r\nhello\r\n");
        h2neg_conn_info(s->c, &info);
    }
    CHECK_INT(info.error.code, count < 100 ? H2NEG_ERR_LIMIT_OVERHEAD : 0);
    CHECK_INT(i, count < 100 ? count + 1 : 100);
    side_end(s);
}

static void test_chunk_overhead(void)
{
    chunks_pass(49, H2NEG_OFF, 9);
    chunks_pass(50, H2NEG_OFF, 10);
    chunks_pass(54, H2NEG_OFF, 10);
    chunks_pass(55, H2NEG_OFF, 11);
    chunks_pass(5, 1, 100); /* the data pay for the chunks behind them */
}

/* ---- no memory for the last words ------------------------------------------ */

#define LAST_WORDS "HTTP/1.1 503 \r\ncontent-length: 0\r\nconnection: close\r\n\r\n"

/* They go out of the connection itself, in whatever pieces. */
static void test_last_words(void)
{
    size_t most;
    for (most = 1; most < 60; most += 7) {
        h2neg_config config;
        meter m;
        side *s;
        buf out = {0, 0, 0};
        memset(&config, 0, sizeof config);
        memset(&m, 0, sizeof m);
        config.alloc_fn = meter_fn;
        config.alloc_user = &m;
        s = side_new(&config);
        s->lenient = s->no_write = 1;
        m.fail_at = m.calls + 2; /* the head's fields can be had, nothing behind them */
        m.fail_on = 1;
        feed_text(s, "GET /now HTTP/1.1\r\n" HOST "\r\n");
        for (;;) {
            const void *run;
            size_t n = h2neg_output(s->c, &run);
            if (!n)
                break;
            n = n < most ? n : most;
            buf_add(&out, run, n);
            h2neg_output_done(s->c, n);
        }
        CHECK_OCTETS(buf_str(&out), out.len, LAST_WORDS, strlen(LAST_WORDS));
        buf_free(&out);
        side_end(s);
    }
}

/* ---- a message of many fields ---------------------------------------------- */

/* Fields without a value take more on the wire than their octets: there is room for them all. */
static void test_many_fields(void)
{
    enum { MANY = 120 };
    char names[MANY][8];
    h2neg_field fields[MANY];
    h2neg_message m = message_status(200);
    h2neg_config config;
    buf want = {0, 0, 0};
    side *s = side_new(NULL);
    int i, client;
    for (i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "x%03d", i);
        fields[i] = h2neg_f(names[i], "");
        buf_fmt(&want, "%s: \r\n", names[i]);
    }
    m.fields = fields;
    m.field_count = MANY;
    feed_text(s, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    CHECK_INT(h2neg_respond(s->c, 1, &m, H2NEG_MORE), 0);
    side_drain(s);
    CHECK(strstr(s->out.p, want.p) != NULL);
    s->out.len = 0;
    CHECK_INT(h2neg_trailers(s->c, 1, fields, MANY), 0);
    side_drain(s);
    CHECK(strstr(s->out.p, want.p) != NULL);
    side_end(s);
    memset(&config, 0, sizeof config);
    config.common_fields = fields;
    config.common_field_count = MANY;
    for (client = 0; client < 2; client++) {
        config.role = client ? H2NEG_CLIENT : H2NEG_SERVER;
        config.protocols = H2NEG_HTTP1;
        s = side_new(&config);
        m.status = 0;
        if (client)
            CHECK_INT(side_request(s, &m, 0, NULL), 0);
        else
            feed_text(s, "GET /now HTTP/1.1\r\n" HOST "\r\n");
        side_drain(s);
        CHECK(strstr(s->out.p, want.p) != NULL);
        side_end(s);
    }
    buf_free(&want);
}

CHECK_MAIN(test_continue, test_content_length, test_drained, test_event_is_over, test_trailers,
           test_reply_invalid, test_chunk_overhead, test_last_words, test_many_fields)
