/* Calls on nothing, configs, memory and its bounds, pressure: what is promised about room, AGAIN,
   WRITABLE, runs of output and borrowed bodies. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"

#define HOST "Host: a\r\n"

/* ---- NULL, configs ------------------------------------------------------- */

static void test_null(void)
{
    h2neg_message m = message_status(200);
    h2neg_event ev;
    h2neg_info info;
    const void *run;
    uint32_t id;
    CHECK_INT(h2neg_wants(NULL), H2NEG_WANT_CLOSE);
    CHECK_INT(h2neg_feed(NULL, "x", 1), 0);
    CHECK_INT(h2neg_next(NULL, &ev), 0);
    CHECK_INT(h2neg_output(NULL, &run), 0);
    h2neg_output_done(NULL, 5);
    h2neg_eof(NULL);
    h2neg_lost(NULL);
    CHECK(h2neg_tick(NULL, 1) == H2NEG_NEVER);
    CHECK(h2neg_request(NULL, &m, 0, &id) < 0);
    CHECK(h2neg_respond(NULL, 1, &m, 0) < 0);
    CHECK(h2neg_reply(NULL, 1, 200, NULL, NULL, 0) < 0);
    CHECK(h2neg_send(NULL, 1, "x", 1, 0) < 0);
    CHECK_INT(h2neg_room(NULL, 1), 0);
    CHECK(h2neg_trailers(NULL, 1, NULL, 0) < 0);
    CHECK(h2neg_reset(NULL, 1, 0) < 0);
    CHECK(h2neg_hold(NULL, 1, 1) < 0);
    CHECK(h2neg_keep(NULL, 1, 1) < 0);
    CHECK(h2neg_set_user(NULL, 1, NULL) < 0);
    CHECK(h2neg_accept(NULL, 1, NULL, NULL, 0) < 0);
    CHECK(h2neg_ping(NULL, "12345678") < 0);
    CHECK(h2neg_tls_agreed(NULL, "h2", 2) < 0);
    h2neg_shutdown(NULL);
    h2neg_goaway(NULL, 0);
    h2neg_conn_info(NULL, &info);
    CHECK(info.why != NULL);
    h2neg_conn_free(NULL);
}

static void config_refused(const h2neg_config *config)
{
    h2neg_conn *c = h2neg_conn_new(config);
    CHECK_INT(h2neg_config_check(config), H2NEG_ERR_INVALID);
    CHECK(c == NULL);
    h2neg_conn_free(c);
}

#define REFUSED(field, value)                                                                      \
    do {                                                                                           \
        h2neg_config config;                                                                       \
        memset(&config, 0, sizeof config);                                                         \
        config.field = (value);                                                                    \
        config_refused(&config);                                                                   \
    } while (0)

#define TAKEN(field, value)                                                                        \
    do {                                                                                           \
        h2neg_config config;                                                                       \
        memset(&config, 0, sizeof config);                                                         \
        config.field = (value);                                                                    \
        CHECK_INT(h2neg_config_check(&config), 0);                                                 \
    } while (0)

static void test_configs(void)
{
    CHECK_INT(h2neg_config_check(NULL), 0);
    TAKEN(max_output_pending, 8192);
    REFUSED(max_output_pending, 8191);
    TAKEN(max_frame_size, 16384);
    TAKEN(max_frame_size, 16777215);
    REFUSED(max_frame_size, 16383);
    REFUSED(max_frame_size, 16777216);
    TAKEN(initial_window, 0x7fffffff);
    REFUSED(initial_window, 0x80000000);
    TAKEN(connection_window, 65535);
    REFUSED(connection_window, 65534);
    TAKEN(protocols, H2NEG_HTTP1);
    REFUSED(role, 2);
    REFUSED(role, -1);
    REFUSED(protocols, 0x80000000u);
}

static void test_names(void)
{
    int i;
    CHECK(strcmp(h2neg_protocol_name(H2NEG_PROTO_HTTP10), "http/1.0") == 0);
    CHECK(strcmp(h2neg_protocol_name(H2NEG_PROTO_HTTP11), "http/1.1") == 0);
    CHECK(strcmp(h2neg_protocol_name(H2NEG_PROTO_H2C), "h2c") == 0);
    CHECK(strcmp(h2neg_protocol_name(H2NEG_PROTO_H2), "h2") == 0);
    CHECK(strcmp(h2neg_via_name(H2NEG_VIA_DEFAULT), "default") == 0);
    CHECK(strcmp(h2neg_via_name(H2NEG_VIA_ALPN), "alpn") == 0);
    CHECK(strcmp(h2neg_via_name(H2NEG_VIA_UPGRADE), "upgrade") == 0);
    CHECK(strcmp(h2neg_via_name(H2NEG_VIA_PRIOR), "prior-knowledge") == 0);
    for (i = -3; i < 100; i++)
        CHECK(h2neg_protocol_name(i) && h2neg_via_name(i) && h2neg_event_name(i));
}

/* ---- memory -------------------------------------------------------------- */

static void test_place(void)
{
    h2neg_config config;
    size_t bound;
    void *block;
    h2neg_conn *c;
    memset(&config, 0, sizeof config);
    bound = h2neg_memory_bound(&config);
    CHECK_INT(bound, h2neg_memory_bound(NULL));
    block = malloc(bound);
    c = h2neg_conn_place(block, bound, &config);
    CHECK(c != NULL);
    h2neg_conn_free(c);
    CHECK(h2neg_conn_place(block, bound - 1, &config) == NULL);
    CHECK(h2neg_conn_place(block, 0, &config) == NULL);
    CHECK(h2neg_conn_place(NULL, bound, &config) == NULL);
    config.max_output_pending = 1;
    CHECK(h2neg_conn_place(block, bound, &config) == NULL);
    free(block);
}

/* About 192 KiB with defaults but WebSocket, which adds its messages; smaller limits need less. */
static void test_bounds(void)
{
    h2neg_config config;
    size_t whole, h1;
    memset(&config, 0, sizeof config);
    config.protocols = H2NEG_PROTOCOLS_DEFAULT & ~H2NEG_WEBSOCKET;
    whole = h2neg_memory_bound(&config);
    CHECK(whole > 65536 && whole <= 289 * 1024);
    CHECK(h2neg_memory_bound(NULL) > whole + (8u << 20));
    CHECK(h2neg_memory_bound(NULL) < whole + (8u << 20) + (1u << 20) / 4 + 8192);
    config.protocols = H2NEG_HTTP1;
    h1 = h2neg_memory_bound(&config);
    CHECK(h1 < whole && h1 <= 192 * 1024);
    config.max_output_pending = 8192;
    config.max_header_list = 4096;
    config.max_header_fields = 32;
    config.max_field_line = 2048;
    config.max_request_line = 2048;
    config.max_input = 2048;
    config.max_queued = 4096;
    CHECK(h2neg_memory_bound(&config) < 48 * 1024);
}

/* What an idle connection holds; `saved`: what its config would take. */
static void idle_octets(const h2neg_config *config, meter *m, size_t saved)
{
    h2neg_info info;
    side *s;
    buf in = {0, 0, 0};
    s = side_new(config);
    buf_text(&in, "GET /now HTTP/1.1\r\n" HOST "\r\nPOST /end HTTP/1.1\r\n" HOST
                  "Content-Length: 5\r\n\r\nhello");
    side_feed(s, in.p, in.len);
    h2neg_conn_info(s->c, &info);
    CHECK_INT(info.memory, m->live);
    if (m->live > 1016 - saved)
        fprintf(stderr, "idle HTTP/1.1: %zu octets\n", m->live);
    CHECK(m->live <= 1016 - saved);
    side_end(s);
    CHECK_INT(m->live, 0);
    s = side_new(config);
    in.len = 0;
    put_preface(&in, "3=100 4=65535");
    put_ack(&in);
    side_feed(s, in.p, in.len);
    if (m->live > 1544 - saved)
        fprintf(stderr, "idle HTTP/2: %zu octets\n", m->live);
    CHECK(m->live <= 1544 - saved);
    in.len = 0;
    put_get(&in, 1, "/now");
    put_request(&in, 3, 0, "POST", "/end", "");
    put_bulk(&in, 3, END, 16000);
    side_feed(s, in.p, in.len);
    if (m->live > 3072 - saved)
        fprintf(stderr, "idle HTTP/2 after requests: %zu octets\n", m->live);
    CHECK(m->live <= 3072 - saved);
    side_end(s);
    CHECK_INT(m->live, 0);
    buf_free(&in);
}

/* An idle connection is small: targets of limits.md, Memory and work. */
static void test_idle(void)
{
    h2neg_config config;
    meter m;
    memset(&config, 0, sizeof config);
    memset(&m, 0, sizeof m);
    config.alloc_fn = meter_fn;
    config.alloc_user = &m;
    idle_octets(&config, &m, 0);
    CHECK_INT(h2neg_config_share(&config), 0);
    idle_octets(&config, &m, sizeof config - sizeof(void *));
}

/* A shared config has its defaults; it is taken where it stands, and nowhere else. */
static void test_share(void)
{
    h2neg_config config, copy;
    h2neg_conn *c;
    size_t bound, shared;
    void *block;
    memset(&config, 0, sizeof config);
    config.max_queued = H2NEG_OFF;
    bound = h2neg_memory_bound(&config);
    CHECK_INT(h2neg_config_share(NULL), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_config_share(&config), 0);
    CHECK_INT(config.max_input, 16384);
    CHECK_INT(config.max_queued, 0);
    CHECK_INT(h2neg_config_check(&config), 0);
    CHECK_INT(h2neg_config_share(&config), 0); /* once more does nothing */
    CHECK_INT(config.max_queued, 0);
    shared = h2neg_memory_bound(&config);
    CHECK(shared + sizeof config + 16 > bound && shared + sizeof config < bound + 16);
    block = malloc(shared);
    c = h2neg_conn_place(block, shared, &config);
    CHECK(c != NULL);
    h2neg_conn_free(c);
    free(block);
    copy = config;
    CHECK_INT(h2neg_config_check(&copy), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_config_share(&copy), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_memory_bound(&copy), 0);
    CHECK(h2neg_conn_new(&copy) == NULL);
    c = h2neg_conn_new(&config);
    CHECK(c != NULL);
    h2neg_conn_free(c);
    memset(&copy, 0, sizeof copy);
    copy.max_output_pending = 1;
    CHECK_INT(h2neg_config_share(&copy), H2NEG_ERR_INVALID);
    CHECK(copy.shared == NULL);
}

/* The smallest config that is taken works. */
static void test_small(void)
{
    script sc;
    int h2;
    for (h2 = 0; h2 < 2; h2++) {
        if (h2) {
            script_h2(&sc, "a small config, HTTP/2", "");
            put_request(&sc.in, 1, 0, "POST", "/echo", "");
            put_data(&sc.in, 1, END, "echo");
            put_get(&sc.in, 3, "/body/50000");
        } else {
            script_h1(&sc, "a small config, HTTP/1.1",
                      "GET /body/50000 HTTP/1.1\r\n" HOST "\r\nPOST /echo HTTP/1.1\r\n" HOST
                      "Content-Length: 4\r\n\r\necho");
        }
        sc.config.max_output_pending = 8192;
        sc.config.max_input = 512;
        sc.config.max_queued = H2NEG_OFF;
        sc.config.max_header_list = 2048;
        sc.config.max_header_fields = 16;
        sc.config.max_field_line = 512;
        sc.config.max_request_line = 512;
        sc.config.max_concurrent_streams = 2;
        sc.config.hpack_encoder_table = H2NEG_OFF;
        sc.loose = 1;
        sc.quick = 1;
        script_play(
            &sc, NULL,
            h2 ? "SETTINGS\nSETTINGS ACK\nHEADERS 1\nDATA 1 \"echo\" end\nHEADERS 3\nDATA 3 "
                 "<50000:* end\n"
               : "HTTP/1.1 200 content-length=50000\nBODY <50000:*\nHTTP/1.1 200\nBODY \"echo\"\n");
    }
}

/* ---- input --------------------------------------------------------------- */

static void test_feed(void)
{
    static const char get[] = "GET /later HTTP/1.1\r\n" HOST "\r\n";
    static char run[16385];
    const size_t n = sizeof get - 1;
    side *s = side_new(NULL);
    h2neg_event ev;
    memcpy(run, get, n);
    CHECK(h2neg_wants(s->c) == H2NEG_WANT_READ);
    CHECK_INT(h2neg_feed(s->c, run, 16385), 0); /* above max_input: nothing is taken */
    CHECK_INT(h2neg_next(s->c, &ev), 0);
    CHECK_INT(h2neg_feed(s->c, NULL, 0), 0);
    CHECK_INT(h2neg_feed(s->c, run, n), n);
    CHECK(!(h2neg_wants(s->c) & H2NEG_WANT_READ)); /* while that is lent */
    CHECK_INT(h2neg_feed(s->c, run, n), 0);
    side_drain(s);
    CHECK_INT(s->opened, 1);
    side_end(s);
}

/* ---- pressure ------------------------------------------------------------ */

enum { BIG = 4000 };

static int hook_big_reply(side *s, const h2neg_event *ev)
{
    if (ev->type == H2NEG_EV_REQUEST && h2neg_is(ev->path, "/at-request"))
        side_ok(s, ev->stream, h2neg_reply(s->c, ev->stream, 200, "text/plain", side_big(s), BIG),
                "reply");
    if (ev->type == H2NEG_EV_END && s->stream == 2)
        side_ok(s, ev->stream, h2neg_reply(s->c, ev->stream, 200, "text/plain", side_big(s), BIG),
                "reply");
    return 1;
}

/* A reply of up to 4 KiB while its REQUEST or END is the current event is never refused for lack of
   room, though nothing is written; input stops, and goes on. */
static void reply_pressure(int h2, int at_end, uint32_t pending)
{
    h2neg_config config;
    side *s;
    buf in = {0, 0, 0};
    size_t fed;
    int i;
    memset(&config, 0, sizeof config);
    config.max_output_pending = pending;
    s = side_new(&config);
    s->hook = hook_big_reply;
    s->stream = at_end ? 2 : 0;
    if (h2) {
        put_preface(&in, "");
        put_window(&in, 0, 1000000);
    }
    for (i = 0; i < 80; i++) {
        const char *path = at_end ? "/at-end" : "/at-request";
        if (h2) {
            put_get(&in, (uint32_t)i * 2 + 1, path);
            put_ping(&in, 0, "12345678");
            put_settings(&in, "3=1");
        } else {
            buf_fmt(&in, "GET %s HTTP/1.1\r\n" HOST "\r\n", path);
        }
    }
    s->no_write = 1;
    fed = side_feed(s, in.p, in.len);
    CHECK(s->opened > 0 && s->opened < 80);
    CHECK(!(h2neg_wants(s->c) & H2NEG_WANT_READ));
    CHECK(h2neg_wants(s->c) & H2NEG_WANT_WRITE);
    s->no_write = 0;
    side_drain(s);
    side_feed(s, in.p + fed, in.len - fed);
    CHECK_INT(s->opened, 80);
    CHECK_INT(s->done, 80);
    buf_free(&in);
    side_end(s);
}

static void test_reply_pressure(void)
{
    int at_end;
    for (at_end = 0; at_end < 2; at_end++) {
        reply_pressure(0, at_end, 0);
        reply_pressure(1, at_end, 0);
        reply_pressure(0, at_end, 8192);
        reply_pressure(1, at_end, 8192);
    }
}

typedef struct queue_state {
    int taken, again, writable;
} queue_state;

static int hook_queue(side *s, const h2neg_event *ev)
{
    queue_state *q = (queue_state *)s->arg;
    h2neg_info before, after;
    int r;
    if (ev->type == H2NEG_EV_WRITABLE && ev->stream)
        q->writable++;
    if (ev->type != H2NEG_EV_END && (ev->type != H2NEG_EV_WRITABLE || !ev->stream))
        return 1;
    h2neg_conn_info(s->c, &before);
    r = h2neg_reply(s->c, ev->stream, 200, "text/plain", side_big(s), BIG);
    h2neg_conn_info(s->c, &after);
    if (r == 0) {
        q->taken++;
        return 1;
    }
    q->again++;
    CHECK_INT(r, H2NEG_ERR_AGAIN);
    CHECK_INT(before.memory, after.memory); /* nothing was taken, nothing changed */
    CHECK_INT(before.streams, after.streams);
    return 1;
}

/* Copied replies that windows keep back: max_queued in all, then AGAIN, and WRITABLE when there is
 * room. */
static void test_queue(void)
{
    queue_state q;
    side *s = side_new(NULL);
    buf in = {0, 0, 0}, text = {0, 0, 0};
    const char *at;
    int i, ends = 0;
    memset(&q, 0, sizeof q);
    s->hook = hook_queue;
    s->arg = &q;
    put_preface(&in, "4=0");
    put_ack(&in);
    for (i = 0; i < 20; i++)
        put_get(&in, (uint32_t)i * 2 + 1, "/");
    side_feed(s, in.p, in.len);
    CHECK_INT(q.taken, 8); /* 8 x 4,000 is all that 32 KiB hold */
    CHECK_INT(q.again, 12);
    CHECK_INT(s->done, 0);
    CHECK_INT(q.writable, 0);
    in.len = 0;
    put_window(&in, 0, 1000000);
    put_settings(&in, "4=4000");
    side_feed(s, in.p, in.len);
    CHECK_INT(q.taken, 20);
    CHECK_INT(s->done, 20);
    take_all(&text, &s->out, 0, 0, 0);
    for (at = text.p; (at = strstr(at, "<4000:")) != NULL; at++)
        ends++;
    CHECK_INT(ends, 20);
    CHECK(!strstr(text.p, "HPACK-ERROR"));
    buf_free(&in);
    buf_free(&text);
    side_end(s);
}

static int hook_silent(side *s, const h2neg_event *ev)
{
    int *writable = (int *)s->arg;
    if (ev->type == H2NEG_EV_WRITABLE && ev->stream)
        ++*writable;
    return 1;
}

/* send takes what fits: three quarters of max_output_pending are the application's. WRITABLE once.
 */
static void send_pressure(const char *in, size_t len)
{
    side *s = side_new(NULL);
    h2neg_message m = message_status(200);
    h2neg_info info;
    const void *run;
    size_t room;
    ptrdiff_t k;
    int writable = 0;
    s->hook = hook_silent;
    s->arg = &writable;
    side_feed(s, in, len);
    s->no_write = 1;
    CHECK_INT(h2neg_respond(s->c, 1, &m, H2NEG_MORE), 0);
    room = h2neg_room(s->c, 1);
    k = h2neg_send(s->c, 1, side_big(s), 200000, H2NEG_MORE);
    CHECK(k >= 32768 && k <= 49152);
    CHECK(room <= (size_t)k && room + 64 >= (size_t)k); /* less what frames their octets */
    CHECK(h2neg_room(s->c, 1) < 64);
    CHECK(h2neg_send(s->c, 1, side_big(s), 1000, H2NEG_MORE) <= 0);
    CHECK(h2neg_output(s->c, &run) <= 65536);
    side_drain(s);
    CHECK_INT(writable, 0);
    s->no_write = 0;
    side_drain(s);
    CHECK_INT(writable, 1);
    side_drain(s);
    CHECK_INT(writable, 1);
    CHECK(h2neg_send(s->c, 1, side_big(s) + k, 1000, 0) == 1000);
    side_drain(s);
    CHECK_INT(writable, 1);
    h2neg_conn_info(s->c, &info);
    CHECK_INT(s->done, 1);
    side_end(s);
}

static void test_send_pressure(void)
{
    static const char h1[] = "GET / HTTP/1.1\r\n" HOST "\r\n";
    buf in = {0, 0, 0};
    send_pressure(h1, sizeof h1 - 1);
    put_preface(&in, "4=1000000");
    put_window(&in, 0, 1000000);
    put_get(&in, 1, "/");
    send_pressure(in.p, in.len);
    buf_free(&in);
}

/* The run that output showed does not move until output_done; later calls only lengthen it. */
static void test_run_stays(void)
{
    side *s = side_new(NULL);
    buf in = {0, 0, 0}, copy = {0, 0, 0};
    const void *run, *again;
    size_t n, more;
    s->no_write = 1;
    put_preface(&in, "");
    put_get(&in, 1, "/later");
    put_get(&in, 3, "/later");
    put_get(&in, 5, "/later");
    side_feed(s, in.p, in.len);
    CHECK_INT(h2neg_reply(s->c, 1, 200, NULL, "one", 3), 0);
    n = h2neg_output(s->c, &run);
    buf_add(&copy, run, n);
    CHECK_INT(h2neg_reply(s->c, 3, 200, NULL, side_big(s), 8000), 0);
    in.len = 0;
    put_ping(&in, 0, "12345678");
    side_feed(s, in.p, in.len);
    CHECK_INT(h2neg_reset(s->c, 5, 8), 0);
    side_drain(s);
    more = h2neg_output(s->c, &again);
    CHECK(more >= n && again == run);
    CHECK(memcmp(run, copy.p, n) == 0);
    h2neg_output_done(s->c, 0);
    CHECK_INT(h2neg_output(s->c, &again), more);
    h2neg_output_done(s->c, 5);
    n = h2neg_output(s->c, &run);
    CHECK_INT(n, more - 5);
    buf_free(&in);
    buf_free(&copy);
    side_end(s);
}

/* ---- a borrowed body ----------------------------------------------------- */

static int hook_borrow(side *s, const h2neg_event *ev)
{
    h2neg_message m = message_status(200);
    if (ev->type == H2NEG_EV_REQUEST) {
        s->arg = check_tight(side_big(s), 100000);
        m.body = s->arg;
        m.body_len = 100000;
        CHECK_INT(h2neg_respond(s->c, ev->stream, &m, 0), 0);
    }
    if (ev->type == H2NEG_EV_DONE) { /* not used any more: a sanitizer sees it */
        memset(s->arg, 0, 100000);
        free(s->arg);
        s->arg = NULL;
    }
    return 1;
}

static void borrow(int h2, int lost)
{
    side *s = side_new(NULL);
    buf in = {0, 0, 0}, text = {0, 0, 0};
    int i;
    s->hook = hook_borrow;
    if (h2) {
        put_preface(&in, "4=100");
        put_get(&in, 1, "/");
    } else {
        buf_text(&in, "GET / HTTP/1.1\r\n" HOST "\r\n");
    }
    s->cut = 2;
    side_feed(s, in.p, in.len);
    in.len = 0;
    for (i = 0; h2 && i < 50; i++) {
        put_window(&in, 1, 2000);
        put_window(&in, 0, 2000);
    }
    if (h2)
        side_feed(s, in.p, lost ? in.len / 3 : in.len);
    if (lost)
        h2neg_lost(s->c);
    side_drain(s);
    CHECK_INT(s->done, 1);
    CHECK(s->arg == NULL);
    take_all(&text, &s->out, 0, 0, 0);
    if (!lost)
        CHECK(strstr(text.p, "<100000:") != NULL);
    buf_free(&in);
    buf_free(&text);
    side_end(s);
}

static void test_borrow(void)
{
    borrow(0, 0);
    borrow(1, 0);
    borrow(1, 1);
}

/* ---- who goes first (RFC 9218) ------------------------------------------- */

static int hook_first(side *s, const h2neg_event *ev)
{
    uint32_t *order = (uint32_t *)s->arg;
    int i;
    if (ev->type != H2NEG_EV_WRITABLE || !ev->stream)
        return 1;
    for (i = 0; i < 3 && order[i]; i++)
        ;
    if (i < 3)
        order[i] = ev->stream;
    return 1;
}

static void test_urgency(void)
{
    side *s = side_new(NULL);
    h2neg_message m = message_status(200);
    uint32_t order[3] = {0, 0, 0}, id;
    buf in = {0, 0, 0};
    s->hook = hook_first;
    s->arg = order;
    s->no_write = 1;
    put_preface(&in, "4=1000000");
    put_window(&in, 0, 1000000);
    put_request(&in, 1, END, "GET", "/", "priority: u=7\n");
    put_request(&in, 3, END, "GET", "/", "");
    put_request(&in, 5, END, "GET", "/", "priority: u=0\n");
    side_feed(s, in.p, in.len);
    for (id = 1; id <= 5; id += 2)
        CHECK_INT(h2neg_respond(s->c, id, &m, H2NEG_MORE), 0);
    for (id = 1; id <= 5; id += 2)
        CHECK(h2neg_send(s->c, id, side_big(s), 200000, H2NEG_MORE) < 200000);
    s->no_write = 0;
    side_drain(s);
    CHECK_INT(order[0], 5);
    CHECK_INT(order[1], 3);
    CHECK_INT(order[2], 1);
    buf_free(&in);
    side_end(s);
}

/* What an event points at may be given to the sending calls, also when output has to grow. */
static int hook_send_event(side *s, const h2neg_event *ev)
{
    h2neg_message m = message_status(200);
    if (ev->type == H2NEG_EV_REQUEST) {
        m.fields = ev->fields;
        m.field_count = ev->field_count;
        side_ok(s, ev->stream, h2neg_respond(s->c, ev->stream, &m, H2NEG_MORE), "respond");
        side_ok(s, ev->stream,
                (long)h2neg_send(s->c, ev->stream, ev->path.ptr, ev->path.len, H2NEG_MORE), "send");
        side_ok(
            s, ev->stream,
            (long)h2neg_send(s->c, ev->stream, ev->authority.ptr, ev->authority.len, H2NEG_MORE),
            "send");
    }
    if (ev->type == H2NEG_EV_DATA)
        side_ok(s, ev->stream,
                (long)h2neg_send(s->c, ev->stream, ev->data.ptr, ev->data.len, H2NEG_MORE), "send");
    if (ev->type == H2NEG_EV_TRAILERS)
        side_ok(s, ev->stream, h2neg_trailers(s->c, ev->stream, ev->fields, ev->field_count),
                "trailers");
    return 1;
}

static void test_event_lifetime(void)
{
    script sc;
    script_h1(&sc, "what an event holds is sent back, HTTP/1.1",
              "POST /path HTTP/1.1\r\n" HOST
              "X-A: b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
              "X-Sum: 5\r\n\r\n");
    sc.hook = hook_send_event;
    sc.loose = 1;
    script_play(&sc, NULL, "HTTP/1.1 200 x-a=b\nBODY \"/pathahello\"\nTRAILER x-sum=5\n");
    script_h2(&sc, "what an event holds is sent back, HTTP/2", "");
    put_request(&sc.in, 1, 0, "POST", "/path", "x-a: b\ncookie: a=b\ncookie: c=d\n");
    put_data(&sc.in, 1, 0, "hello");
    put_headers(&sc.in, 1, HEADS | END, "x-sum: 5\n");
    sc.hook = hook_send_event;
    sc.loose = 1;
    script_play(&sc, NULL,
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 x-a=b cookie=a=b;_c=d\nDATA 1 "
                "\"/pathexample.comhello\"\n"
                "HEADERS 1 end x-sum=5\n");
}

CHECK_MAIN(test_null, test_configs, test_names, test_place, test_bounds, test_idle, test_share,
           test_small, test_feed, test_reply_pressure, test_queue, test_send_pressure,
           test_run_stays, test_borrow, test_urgency, test_event_lifetime)
