/* Calls, room and timers: every refusal is followed by one WRITABLE that is worth it; what the
 * bound says. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"

#define HOST "Host: a\r\n"

static char zeros[100000];

static h2neg_conn *conn_of(const h2neg_config *g)
{
    h2neg_conn *c = h2neg_conn_new(g);
    CHECK(c != NULL);
    h2neg_tick(c, 1);
    return c;
}

static size_t written(h2neg_conn *c)
{
    const void *run;
    size_t n, all = 0;
    while ((n = h2neg_output(c, &run)) != 0) {
        h2neg_output_done(c, n);
        all += n;
    }
    return all;
}

/* Takes every event, 1,000 at most: how many were `type` of `stream`. */
static int count(h2neg_conn *c, int type, uint32_t stream)
{
    h2neg_event ev;
    int n = 0, all = 0;
    while (all++ < 1000 && h2neg_next(c, &ev))
        n += ev.type == type && ev.stream == stream;
    CHECK(all < 1000);
    return n;
}

static void give(h2neg_conn *c, buf *b)
{
    CHECK_INT(h2neg_feed(c, b->p, b->len), b->len);
    b->len = 0;
}

static h2neg_message ok(void)
{
    h2neg_message m;
    memset(&m, 0, sizeof m);
    m.status = 200;
    return m;
}

/* A reply looks for room behind what is owed: acknowledgements that could not go out before. */
static void test_reply_behind_owed(void)
{
    size_t len;
    for (len = 15000; len < 31000; len += 1000) {
        h2neg_conn *c = conn_of(NULL);
        h2neg_message m = ok();
        buf b = {0, 0, 0};
        const void *run;
        int i, err;
        put_preface(&b, "4=1000000");
        put_window(&b, 0, 1000000);
        put_get(&b, 1, "/");
        put_get(&b, 3, "/");
        give(c, &b);
        CHECK_INT(count(c, H2NEG_EV_END, 3), 1);
        written(c);
        CHECK_INT(h2neg_respond(c, 1, &m, H2NEG_MORE), 0);
        h2neg_send(c, 1, zeros, 60000, H2NEG_MORE);
        for (i = 0; i < 3600; i++) {
            put_settings(&b, "");
            if (b.len > 9000) {
                give(c, &b);
                CHECK_INT(count(c, H2NEG_EV_ERROR, 0), 0);
            }
        }
        h2neg_output_done(c, h2neg_output(c, &run) / 4 * 3);
        err = h2neg_reply(c, 3, 200, NULL, zeros, len);
        written(c);
        if (err == H2NEG_ERR_AGAIN) {
            CHECK_INT(count(c, H2NEG_EV_WRITABLE, 3), 1);
            err = h2neg_reply(c, 3, 200, NULL, zeros, len);
            written(c);
        }
        CHECK_INT(err, 0);
        CHECK_INT(count(c, H2NEG_EV_DONE, 3), 1);
        h2neg_conn_free(c);
        buf_free(&b);
    }
}

/* The output is filled by a body, over HTTP/2 of another stream: h2neg_send leaves room there. */
static void fill(h2neg_conn *c, uint32_t stream)
{
    h2neg_message m = ok();
    m.body = zeros;
    m.body_len = sizeof zeros;
    CHECK_INT(h2neg_respond(c, stream, &m, 0), 0);
}

/* WRITABLE comes once for a refused call, not for ever: trailers need more room than one octet. */
static void test_trailers_again(void)
{
    int h2;
    for (h2 = 0; h2 < 2; h2++) {
        h2neg_conn *c = conn_of(NULL);
        h2neg_message m = ok();
        h2neg_field f = {{"x-sum", 5}, {"12345678901234567890", 20}, 0};
        h2neg_event ev;
        buf b = {0, 0, 0};
        int n = 0, err;
        if (h2) {
            put_preface(&b, "4=1000000");
            put_window(&b, 0, 1000000);
            put_get(&b, 1, "/");
            put_get(&b, 3, "/");
        } else {
            buf_text(&b, "GET / HTTP/1.1\r\n" HOST "\r\n");
        }
        give(c, &b);
        count(c, 0, 0);
        CHECK_INT(h2neg_respond(c, 1, &m, H2NEG_MORE), 0);
        written(c);
        if (h2)
            fill(c, 3);
        else
            h2neg_send(c, 1, zeros, h2neg_room(c, 1) - 40, H2NEG_MORE);
        err = h2neg_trailers(c, 1, &f, 1);
        CHECK_INT(err, H2NEG_ERR_AGAIN);
        for (; n < 100 && h2neg_next(c, &ev); n++)
            err = h2neg_trailers(c, 1, &f, 1);
        CHECK_INT(n, 0);
        written(c);
        CHECK_INT(count(c, H2NEG_EV_WRITABLE, 1), 1);
        CHECK_INT(h2neg_trailers(c, 1, &f, 1), 0);
        h2neg_conn_free(c);
        buf_free(&b);
    }
}

/* The same of a reply whose head is large. */
static void test_reply_again(void)
{
    char long_value[1800];
    h2neg_field common = {{"content-security-policy", 23}, {NULL, sizeof long_value}, 0};
    size_t len;
    memset(long_value, 'x', sizeof long_value);
    common.value.ptr = long_value;
    for (len = 500; len < 3000; len += 53) {
        h2neg_config g = {0};
        h2neg_conn *c;
        h2neg_event ev;
        buf b = {0, 0, 0};
        uint32_t id;
        int n = 0;
        g.common_fields = &common;
        g.common_field_count = 1;
        c = conn_of(&g);
        put_preface(&b, "");
        for (id = 1; id < 120; id += 2)
            put_get(&b, id, "/");
        give(c, &b);
        count(c, 0, 0);
        written(c);
        for (id = 1; id < 120 && h2neg_reply(c, id, 200, NULL, zeros, len) == 0; id += 2)
            continue;
        for (; n < 1000 && h2neg_next(c, &ev); n++)
            if (ev.type == H2NEG_EV_WRITABLE)
                h2neg_reply(c, ev.stream, 200, NULL, zeros, len);
        CHECK(n < 1000);
        h2neg_conn_free(c);
        buf_free(&b);
    }
}

/* An end and trailers need no window, and WRITABLE for them does not wait for one. */
static void test_end_without_window(void)
{
    int trailers;
    for (trailers = 0; trailers < 2; trailers++) {
        h2neg_conn *c = conn_of(NULL);
        h2neg_message m = ok();
        h2neg_field f = {{"x-sum", 5}, {"1", 1}, 0};
        buf b = {0, 0, 0};
        put_preface(&b, "4=1000");
        put_window(&b, 0, 1000000);
        put_get(&b, 1, "/");
        put_get(&b, 3, "/");
        put_window(&b, 3, 1000000);
        give(c, &b);
        count(c, 0, 0);
        CHECK_INT(h2neg_respond(c, 1, &m, H2NEG_MORE), 0);
        CHECK_INT(h2neg_send(c, 1, zeros, 1000, H2NEG_MORE), 1000);
        fill(c, 3);
        CHECK_INT(trailers ? h2neg_trailers(c, 1, &f, 1) : h2neg_send(c, 1, NULL, 0, 0),
                  H2NEG_ERR_AGAIN);
        written(c);
        CHECK_INT(count(c, H2NEG_EV_WRITABLE, 1), 1);
        h2neg_conn_free(c);
        buf_free(&b);
    }
}

/* What one stream was refused does not lengthen another one's wait. */
static void test_again_of_another(void)
{
    h2neg_conn *c = conn_of(NULL);
    h2neg_message m = ok();
    buf b = {0, 0, 0};
    put_preface(&b, "4=100");
    put_window(&b, 0, 1000000);
    put_get(&b, 1, "/");
    put_get(&b, 3, "/");
    put_get(&b, 5, "/");
    put_window(&b, 5, 100000);
    give(c, &b);
    count(c, 0, 0);
    written(c);
    h2neg_respond(c, 3, &m, H2NEG_MORE);
    CHECK_INT(h2neg_send(c, 3, zeros, 100, H2NEG_MORE), 100);
    fill(c, 5);
    CHECK_INT(h2neg_respond(c, 1, &m, 0), H2NEG_ERR_AGAIN);
    written(c);
    CHECK_INT(h2neg_send(c, 3, zeros, 100, H2NEG_MORE), 0);
    CHECK_INT(count(c, H2NEG_EV_WRITABLE, 1), 1);
    h2neg_conn_free(c);
    buf_free(&b);
}

/* A message that is out is not timed any more, though a call for it was refused once. */
static void test_upload_is_over(void)
{
    int h2;
    for (h2 = 0; h2 < 2; h2++) {
        h2neg_config g = {0};
        h2neg_conn *c;
        h2neg_message m = ok();
        buf b = {0, 0, 0};
        uint32_t s;
        uint64_t t;
        ptrdiff_t n;
        g.role = H2NEG_CLIENT;
        g.protocols = h2 ? H2NEG_PRIOR : H2NEG_HTTP1;
        c = conn_of(&g);
        if (h2) {
            put_settings(&b, "");
            put_ack(&b);
            put_window(&b, 0, 100000);
            give(c, &b);
            count(c, 0, 0);
            written(c);
        }
        m.status = 0;
        m.method = h2neg_s("POST");
        m.authority = h2neg_s("a");
        CHECK_INT(h2neg_request(c, &m, H2NEG_MORE, &s), 0);
        n = h2neg_send(c, s, zeros, 60000, 0);
        CHECK(n > 40000 && n < 60000);
        written(c);
        CHECK_INT(h2neg_send(c, s, zeros + n, 60000 - (size_t)n, 0), 60000 - n);
        for (t = 1000; t < 300000; t += 1000) {
            written(c);
            h2neg_tick(c, t);
            CHECK_INT(count(c, H2NEG_EV_DONE, s), 0);
        }
        h2neg_conn_free(c);
        buf_free(&b);
    }
}

/* Every stream that is let go gets its 100 Continue (RFC 9110 10.1.1). */
static void test_two_expect(void)
{
    h2neg_conn *c = conn_of(NULL);
    h2neg_event ev;
    buf b = {0, 0, 0};
    put_preface(&b, "");
    put_request(&b, 1, 0, "POST", "/", "expect: 100-continue\ncontent-length: 3");
    put_request(&b, 3, 0, "POST", "/", "expect: 100-continue\ncontent-length: 3");
    give(c, &b);
    while (h2neg_next(c, &ev))
        if (ev.type == H2NEG_EV_REQUEST)
            h2neg_hold(c, ev.stream, 1);
    written(c);
    h2neg_hold(c, 1, 0);
    h2neg_hold(c, 3, 0);
    count(c, 0, 0);
    CHECK_INT(written(c), 13 + 10); /* the second one is an index of the table */
    h2neg_conn_free(c);
    buf_free(&b);
}

/* A piece of a frame is no reason to stay. */
static void test_idle_in_frame(void)
{
    h2neg_conn *c = conn_of(NULL);
    buf b = {0, 0, 0};
    put_preface(&b, "");
    put_ack(&b);
    buf_fill(&b, 0, 5);
    give(c, &b);
    count(c, 0, 0);
    written(c);
    CHECK_INT(h2neg_tick(c, 1000), 61000);
    h2neg_tick(c, 61000);
    CHECK_INT(count(c, H2NEG_EV_ERROR, 0), 1);
    h2neg_conn_free(c);
    buf_free(&b);
}

/* A slow body is one also where the time is told between feed and next. */
static void test_slow_body_on_loan(void)
{
    h2neg_conn *c = conn_of(NULL);
    buf b = {0, 0, 0};
    uint64_t t = 1;
    int errors = 0;
    buf_text(&b, "POST / HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n");
    give(c, &b);
    count(c, 0, 0);
    for (; t < 100000 && !errors; t += 15000) {
        buf_text(&b, "x");
        give(c, &b);
        h2neg_tick(c, t);
        errors = count(c, H2NEG_EV_ERROR, 0);
    }
    CHECK_INT(errors, 1);
    h2neg_conn_free(c);
    buf_free(&b);
}

/* A tunnel, which nobody times, does not keep others from being timed. */
static void test_turn_of_tunnel(void)
{
    h2neg_conn *c = conn_of(NULL);
    h2neg_message m = ok();
    buf b = {0, 0, 0};
    uint64_t t;
    int done = 0;
    put_preface(&b, "4=1000");
    put_ack(&b);
    put_get(&b, 1, "/");
    put_headers(&b, 3, 4, ":method: CONNECT\n:authority: a:1");
    put_window(&b, 3, 100000);
    give(c, &b);
    count(c, 0, 0);
    written(c);
    m.body = zeros;
    m.body_len = sizeof zeros;
    CHECK_INT(h2neg_respond(c, 1, &m, 0), 0);
    CHECK_INT(h2neg_accept(c, 3, NULL, NULL, 0), 0);
    while (h2neg_send(c, 3, zeros, 60000, H2NEG_MORE) > 0)
        written(c);
    put_window(&b, 1, 100000);
    give(c, &b);
    for (t = 1000; t < 100000; t += 1000) {
        h2neg_tick(c, t);
        done += count(c, H2NEG_EV_DONE, 1);
        written(c);
    }
    CHECK_INT(done, 1);
    h2neg_conn_free(c);
    buf_free(&b);
}

/* The tick that gives up on the PING's answer tells when the drain ends. */
static void test_drain_deadline(void)
{
    h2neg_conn *c = conn_of(NULL);
    buf b = {0, 0, 0};
    put_preface(&b, "");
    put_ack(&b);
    put_get(&b, 1, "/");
    give(c, &b);
    count(c, 0, 0);
    h2neg_shutdown(c);
    written(c);
    CHECK_INT(h2neg_tick(c, 1000), 4000);
    CHECK_INT(h2neg_tick(c, 4000), 31000);
    h2neg_conn_free(c);
    buf_free(&b);
}

/* octets_out is what was written, also of a connection that broke. */
static void test_octets_of_lost(void)
{
    h2neg_conn *c = conn_of(NULL);
    h2neg_info info;
    buf b = {0, 0, 0};
    buf_text(&b, "GET / HTTP/1.1\r\n" HOST "\r\n");
    give(c, &b);
    count(c, 0, 0);
    CHECK_INT(h2neg_reply(c, 1, 200, NULL, "hello", 5), 0);
    h2neg_lost(c);
    h2neg_conn_info(c, &info);
    CHECK_INT(info.octets_out, 0);
    h2neg_conn_free(c);
    buf_free(&b);
}

/* The bound holds while an encoder's table grows that already has more than half of its size. */
typedef struct sum {
    size_t now, most;
} sum;
static void *sum_alloc(void *user, void *old, size_t old_size, size_t new_size)
{
    sum *x = (sum *)user;
    void *p = new_size ? malloc(new_size) : NULL;
    x->now += new_size;
    if (x->now > x->most)
        x->most = x->now;
    if (p && old)
        memcpy(p, old, old_size < new_size ? old_size : new_size);
    free(old);
    x->now -= old_size;
    return p;
}

static void test_bound_of_tables(void)
{
    static char large[800000];
    h2neg_config g = {0};
    h2neg_conn *c;
    h2neg_message m = ok();
    h2neg_field f;
    buf b = {0, 0, 0};
    sum x = {0, 0};
    memset(large, 'x', sizeof large);
    g.alloc_fn = sum_alloc;
    g.alloc_user = &x;
    g.protocols = H2NEG_PRIOR;
    g.hpack_encoder_table = 1 << 20;
    g.max_output_pending = 1 << 21;
    g.max_queued = g.max_cookie_crumbs = H2NEG_OFF;
    g.max_input = g.max_header_list = 1024;
    g.max_header_fields = 8;
    g.max_concurrent_streams = 3;
    c = conn_of(&g);
    put_preface(&b, "1=1048576");
    put_get(&b, 1, "/");
    put_get(&b, 3, "/");
    give(c, &b);
    count(c, 0, 0);
    f.name = h2neg_s("x-a");
    f.value.ptr = large;
    f.value.len = 750000;
    f.flags = 0;
    m.fields = &f;
    m.field_count = 1;
    CHECK_INT(h2neg_respond(c, 1, &m, 0), 0);
    f.name = h2neg_s("x-b");
    f.value.len = 280000;
    CHECK_INT(h2neg_respond(c, 3, &m, 0), 0);
    CHECK(x.most <= h2neg_memory_bound(&g));
    h2neg_conn_free(c);
    buf_free(&b);
}

/* A bound that a size_t does not hold is not a small one. */
static void test_bound_of_all(void)
{
    h2neg_config g = {0};
    g.max_message = 1u << 29;
    CHECK(h2neg_memory_bound(&g) / 8 >= (SIZE_MAX >> 3 < 1u << 29 ? SIZE_MAX >> 3 : 1u << 29));
}

CHECK_MAIN(test_reply_behind_owed, test_trailers_again, test_reply_again, test_end_without_window,
           test_again_of_another, test_upload_is_over, test_two_expect, test_idle_in_frame,
           test_slow_body_on_loan, test_turn_of_tunnel, test_drain_deadline, test_octets_of_lost,
           test_bound_of_tables, test_bound_of_all)
