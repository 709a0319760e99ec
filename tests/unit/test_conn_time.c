/* Time: every timeout with a clock of the test's own. An interval begins at the first tick after
   its cause; a timer may be late and is never early; without tick there are none. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"

#define HOST "Host: a\r\n"

static side *timed(const h2neg_config *config, const char *octets, size_t n)
{
    side *s = side_new(config);
    if (n)
        side_feed(s, octets, n);
    else
        side_drain(s);
    return s;
}

/* Goes from deadline to deadline, from `now`, until something happens: when. 0: nothing does up to
 * `limit`. */
static uint64_t timed_next(side *s, uint64_t now, uint64_t limit)
{
    size_t events = s->events.len, out = s->out.len;
    unsigned wants = h2neg_wants(s->c);
    int turns = 0;
    while (now <= limit && turns++ < 10000) {
        uint64_t next = h2neg_tick(s->c, now);
        side_drain(s);
        if (s->events.len != events || s->out.len != out || h2neg_wants(s->c) != wants)
            return now;
        CHECK(next > now);
        if (next <= now || next == H2NEG_NEVER)
            return 0;
        now = next;
    }
    return 0;
}

/* It happens at `at`, give or take nothing before and a second behind; a tick just before finds
 * nothing. */
static void timed_at(side *s, uint64_t begin, uint64_t at)
{
    uint64_t when;
    size_t events, out;
    unsigned wants = h2neg_wants(s->c);
    h2neg_tick(s->c, begin);
    side_drain(s);
    events = s->events.len;
    out = s->out.len;
    h2neg_tick(s->c, at - 1);
    side_drain(s);
    CHECK(s->events.len == events && s->out.len == out && h2neg_wants(s->c) == wants);
    when = timed_next(s, at - 1, at + 5000);
    if (when < at || when > at + 1000) {
        check_failures++;
        fprintf(stderr, "happens at %llu, not at %llu\n%s", (unsigned long long)when,
                (unsigned long long)at, buf_str(&s->events));
    }
}

static void says(side *s, const char *events, const char *output)
{
    buf text = {0, 0, 0};
    side_data_end(s);
    buf_add(&text, "", 0);
    take_all(&text, &s->out, 0, 0, 0);
    if (events && !lines_fit(buf_str(&s->events), events)) {
        check_failures++;
        fprintf(stderr, "events are\n%s--- should be\n%s---\n", buf_str(&s->events), events);
    }
    if (output && !lines_fit(text.p, output)) {
        check_failures++;
        fprintf(stderr, "output is\n%s--- should be\n%s---\n", text.p, output);
    }
    buf_free(&text);
}

static side *timed_config(const h2neg_config *config, const char *octets)
{
    return timed(config, octets, strlen(octets));
}

static side *timed_text(const char *octets)
{
    return timed_config(NULL, octets);
}

/* A server's connection over HTTP/2, the peer's SETTINGS and ACK behind it. */
static side *timed_h2(const h2neg_config *config, buf *in)
{
    buf all = {0, 0, 0};
    side *s;
    put_preface(&all, "");
    put_ack(&all);
    buf_add(&all, in->p, in->len);
    s = timed(config, all.p, all.len);
    buf_free(&all);
    buf_free(in);
    return s;
}

/* ---- heads, idleness ----------------------------------------------------- */

static void test_head(void)
{
    side *s = timed_text("GET /now HT");
    timed_at(s, 1000, 21000);
    says(s, "ERROR TIMEOUT_HEAD\n", "HTTP/1.1 408 connection=close\n...");
    CHECK(h2neg_wants(s->c) & H2NEG_WANT_HALF_CLOSE);
    side_end(s);
}

/* From the first octet: a drip does not put it off. */
static void test_head_drip(void)
{
    side *s = timed_text("G");
    uint64_t now;
    for (now = 5000; now < 25000; now += 1000) {
        h2neg_tick(s->c, now);
        side_feed(s, now == 5000 ? "ET /aaaaaaaa" : "a", now == 5000 ? 12 : 1);
    }
    CHECK_INT(s->errors, 0);
    h2neg_tick(s->c, 25000);
    side_drain(s);
    says(s, "ERROR TIMEOUT_HEAD\n", "HTTP/1.1 408\n...");
    side_end(s);
}

static void test_head_second(void)
{
    side *s = timed_text("GET /now HTTP/1.1\r\n" HOST "\r\n");
    h2neg_tick(s->c, 1000);
    side_feed(s, "GET", 3);
    timed_at(s, 30000, 50000);
    says(s, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1\nERROR TIMEOUT_HEAD\n",
         "HTTP/1.1 200\nBODY\nHTTP/1.1 408\n...");
    side_end(s);
}

/* A field block that does not end (RFC 9113 6.2). */
static void test_head_h2(void)
{
    buf in = {0, 0, 0};
    side *s;
    put_frame(&in, 1, END, 1, "\x82", 1);
    s = timed_h2(NULL, &in);
    timed_at(s, 1000, 21000);
    says(s, "NEGOTIATED\nERROR TIMEOUT_HEAD\n",
         "SETTINGS\nSETTINGS ACK\nGOAWAY * ENHANCE_YOUR_CALM\n");
    side_end(s);
}

static void test_idle_h1(void)
{
    side *s = timed_text("GET /now HTTP/1.1\r\n" HOST "\r\n");
    timed_at(s, 1000, 61000);
    says(s, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1\n...", "HTTP/1.1 200\nBODY\n");
    CHECK(h2neg_wants(s->c) & (H2NEG_WANT_HALF_CLOSE | H2NEG_WANT_CLOSE));
    side_end(s);
}

static void test_idle_fresh(void)
{
    side *s = timed(NULL, NULL, 0);
    uint64_t when = timed_next(s, 1000, 100000);
    CHECK(when >= 11000 && when <= 62000); /* preface or idle */
    CHECK(h2neg_wants(s->c) & (H2NEG_WANT_HALF_CLOSE | H2NEG_WANT_CLOSE));
    side_end(s);
}

static void test_idle_h2(void)
{
    buf in = {0, 0, 0};
    side *s;
    put_get(&in, 1, "/now");
    s = timed_h2(NULL, &in);
    timed_at(s, 1000, 61000);
    says(s, NULL, "SETTINGS\nSETTINGS ACK\nHEADERS 1\nDATA 1\n...\nGOAWAY 1 NO_ERROR\n");
    side_end(s);
}

/* A part of a frame and nothing behind it: the connection is as idle. */
static void test_idle_part(void)
{
    static const char *const part[] = {"\0", "\0\0\10\6\0\0\0\0\0abc", "\0\0\144\7\0\0\0\0\0\0\0"};
    static const size_t len[] = {1, 12, 11};
    size_t i;
    for (i = 0; i < 3; i++) {
        buf in = {0, 0, 0};
        side *s;
        put_get(&in, 1, "/now");
        buf_add(&in, part[i], len[i]);
        s = timed_h2(NULL, &in);
        timed_at(s, 1000, 61000);
        says(s, NULL, "SETTINGS\nSETTINGS ACK\nHEADERS 1\nDATA 1\n...\nGOAWAY 1 NO_ERROR\n");
        side_end(s);
    }
}

/* A stream that is not answered: the connection is not idle, and no timer runs against the peer. */
static void test_not_idle(void)
{
    buf in = {0, 0, 0};
    side *s = timed_text("GET /later HTTP/1.1\r\n" HOST "\r\n");
    CHECK_INT(timed_next(s, 1000, 3600000), 0);
    app_reply(s, 1, 200, "late");
    side_drain(s);
    says(s, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\n", "HTTP/1.1 200\nBODY\n");
    side_end(s);
    put_get(&in, 1, "/later");
    s = timed_h2(NULL, &in);
    CHECK_INT(timed_next(s, 1000, 3600000), 0);
    side_end(s);
}

/* Without tick there are no timeouts, and H2NEG_OFF turns one off. */
static void test_off(void)
{
    h2neg_config config;
    side *s;
    memset(&config, 0, sizeof config);
    config.head_timeout = config.idle_timeout = config.preface_timeout = H2NEG_OFF;
    s = timed(&config, "GET", 3);
    CHECK_INT(timed_next(s, 1000, 3600000), 0);
    side_end(s);
    memset(&config, 0, sizeof config);
    config.head_timeout = 777;
    s = timed(&config, "GET", 3);
    timed_at(s, 50, 827);
    side_end(s);
}

/* ---- bodies -------------------------------------------------------------- */

/* 500 octets a second behind 20 s of grace. */
static void test_body_rate(void)
{
    buf in = {0, 0, 0};
    side *s = timed_text("POST /end HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\nabc");
    uint64_t when = timed_next(s, 1000, 100000);
    CHECK(when >= 21000 && when <= 42000);
    says(s, "NEGOTIATED\nREQUEST 1\nDATA 1\nERROR TIMEOUT_BODY\nDONE 1 !NO_ERROR\n",
         "HTTP/1.1 408\n...");
    side_end(s);
    put_request(&in, 1, 0, "POST", "/end", "");
    put_data(&in, 1, 0, "abc");
    s = timed_h2(NULL, &in);
    when = timed_next(s, 1000, 100000);
    CHECK(when >= 21000 && when <= 42000);
    says(s, "NEGOTIATED\nREQUEST 1\nDATA 1\nDONE 1 CANCEL err=TIMEOUT_BODY !by-peer\n",
         "SETTINGS\nSETTINGS ACK\nRST_STREAM 1 CANCEL\n");
    CHECK_INT(s->errors, 0);
    side_end(s);
}

/* A body of 600 octets a second is slow and honest. */
static void test_body_honest(void)
{
    static char run[600];
    side *s = timed_text("POST /end HTTP/1.1\r\n" HOST "Content-Length: 60000\r\n\r\n");
    uint64_t now;
    memset(run, 'x', sizeof run);
    for (now = 1000; now <= 100000; now += 1000) {
        h2neg_tick(s->c, now);
        side_feed(s, run, sizeof run);
    }
    says(s, "NEGOTIATED\nREQUEST 1\nDATA 1\nEND 1\nDONE 1 NO_ERROR\n", "HTTP/1.1 200\nBODY\n");
    side_end(s);
}

/* The rate holds only while the peer owes octets. */
static void test_body_excused(void)
{
    buf in = {0, 0, 0};
    h2neg_config config;
    side *s = timed_text("POST /hold HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\nabc");
    CHECK_INT(timed_next(s, 1000, 600000), 0); /* held */
    side_end(s);
    memset(&config, 0, sizeof config);
    config.no_auto_continue = 1;
    s = timed_config(&config, "POST /later HTTP/1.1\r\n" HOST
                              "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n");
    CHECK_INT(timed_next(s, 1000, 600000), 0); /* an expectation is unanswered */
    side_end(s);
    put_request(&in, 1, 0, "POST", "/echo", ""); /* a final response has begun */
    s = timed_h2(NULL, &in);
    CHECK_INT(timed_next(s, 1000, 600000), 0);
    side_end(s);
    s = timed_text("GET /accept HTTP/1.1\r\n" HOST "Connection: upgrade\r\nUpgrade: foo\r\n\r\n");
    CHECK_INT(timed_next(s, 1000, 600000), 0); /* a tunnel */
    side_end(s);
    s = timed_text("CONNECT no.x:80 HTTP/1.1\r\nHost: no.x:80\r\n\r\n");
    CHECK_INT(timed_next(s, 1000, 600000), 0); /* input waits for our answer */
    side_end(s);
}

/* ---- writing ------------------------------------------------------------- */

/* A body that waits for its window: 60 s without an octet. One-octet WINDOW_UPDATEs are slower than
   the rate. */
static void test_write_stall(void)
{
    h2neg_config config;
    buf in = {0, 0, 0};
    side *s;
    memset(&config, 0, sizeof config);
    config.write_min_rate = H2NEG_OFF;
    put_settings(&in, "4=0");
    put_get(&in, 1, "/body/5000");
    s = timed_h2(&config, &in);
    timed_at(s, 1000, 61000);
    says(s, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 CANCEL err=TIMEOUT_WRITE !by-peer\n",
         "SETTINGS\nSETTINGS ACK\nSETTINGS ACK\nHEADERS 1\nRST_STREAM 1 CANCEL\n");
    CHECK_INT(s->errors, 0);
    side_end(s);
}

static void test_write_rate(void)
{
    buf in = {0, 0, 0}, update = {0, 0, 0};
    uint64_t now;
    side *s;
    put_settings(&in, "4=1");
    put_get(&in, 1, "/body/5000");
    s = timed_h2(NULL, &in);
    put_window(&update, 1, 1);
    for (now = 1000; now < 60000 && !s->done; now += 5000) {
        h2neg_tick(s->c, now);
        side_drain(s);
        if (!s->done)
            side_feed(s, update.p, update.len);
    }
    CHECK_INT(s->done, 1);
    CHECK(now >= 21000);
    says(s, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 CANCEL err=TIMEOUT_WRITE\n",
         "...\nRST_STREAM 1 CANCEL\n");
    buf_free(&update);
    side_end(s);
}

/* The transport takes nothing: the connection ends. */
static void test_write_nothing(void)
{
    static const char get[] = "GET /body/200000 HTTP/1.1\r\n" HOST "\r\n";
    side *s = timed(NULL, NULL, 0);
    uint64_t when;
    s->no_write = 1;
    side_feed(s, get, sizeof get - 1);
    when = timed_next(s, 1000, 200000);
    CHECK(when >= 21000 && when <= 62000);
    CHECK_INT(s->done, 1);
    side_end(s);
}

/* Octets that the application has not given yet are not the peer's fault. */
static void test_write_slow_application(void)
{
    side *s = timed_text("GET /later HTTP/1.1\r\n" HOST "\r\n");
    app_respond(s, 1, 200, H2NEG_MORE);
    side_drain(s);
    CHECK_INT(timed_next(s, 1000, 600000), 0);
    CHECK_INT(s->done, 0);
    side_end(s);
}

/* ---- HTTP/2's own -------------------------------------------------------- */

static void test_settings(void)
{
    buf in = {0, 0, 0};
    side *s;
    put_preface(&in, "");
    put_get(&in, 1, "/later");
    s = timed(NULL, in.p, in.len);
    timed_at(s, 1000, 11000);
    says(s, "NEGOTIATED\nREQUEST 1\nEND 1\nERROR TIMEOUT_SETTINGS\nDONE 1 SETTINGS_TIMEOUT\n",
         "SETTINGS\nSETTINGS ACK\nGOAWAY 1 SETTINGS_TIMEOUT\n");
    buf_free(&in);
    side_end(s);
}

static void test_preface(void)
{
    h2neg_config config;
    side *s;
    memset(&config, 0, sizeof config);
    config.tls = 1;
    s = timed(&config, NULL, 0);
    CHECK_INT(h2neg_tls_agreed(s->c, "h2", 2), 0);
    side_drain(s);
    side_feed(s, PREFACE, 20);
    timed_at(s, 1000, 11000);
    CHECK(h2neg_wants(s->c) & (H2NEG_WANT_HALF_CLOSE | H2NEG_WANT_CLOSE));
    CHECK_INT(s->errors, 1);
    side_end(s);
    config.role = H2NEG_CLIENT;
    config.tls = 0;
    config.protocols = H2NEG_PRIOR;
    s = timed(&config, NULL, 0);
    side_get(s, "/a");
    side_drain(s);
    timed_at(s, 1000, 11000);
    CHECK_INT(s->errors, 1);
    CHECK_INT(s->done, 1);
    side_end(s);
}

/* Drain: 30 s for what is under way. */
static void test_drain(void)
{
    buf in = {0, 0, 0};
    side *s;
    uint64_t when;
    put_get(&in, 1, "/later");
    s = timed_h2(NULL, &in);
    h2neg_shutdown(s->c);
    side_drain(s);
    h2neg_tick(s->c, 1000);
    side_drain(s);
    when = timed_next(s, 1001, 31001);
    if (when) /* the second GOAWAY may come by a timer, the PING having no ACK */
        CHECK_INT(s->done, when >= 31000);
    h2neg_tick(s->c, 32500);
    side_drain(s);
    CHECK_INT(s->done, 1);
    says(s, "NEGOTIATED\nREQUEST 1\nEND 1\n...\nDONE 1 !NO_ERROR\n",
         "SETTINGS\nSETTINGS ACK\nGOAWAY 2147483647 NO_ERROR\nPING\n...\nGOAWAY 1 NO_ERROR\n...");
    CHECK(h2neg_wants(s->c) & (H2NEG_WANT_HALF_CLOSE | H2NEG_WANT_CLOSE));
    side_end(s);
}

/* ---- lingering ----------------------------------------------------------- */

/* Behind a fatal error input is thrown away for 5 s. */
static void test_linger(void)
{
    side *s = timed_text("G@T / HTTP/1.1\r\n" HOST "\r\n");
    CHECK_INT(s->errors, 1);
    timed_at(s, 1000, 6000);
    CHECK_INT(h2neg_wants(s->c), H2NEG_WANT_CLOSE);
    side_end(s);
}

/* The rest of a body behind an early answer: 5 s, while octets are owed. */
static void test_early(void)
{
    side *s = timed_text("POST /now HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nabc");
    uint64_t when = timed_next(s, 1000, 100000);
    CHECK(when >= 6000 && when <= 7000);
    CHECK_INT(s->done, 1);
    CHECK(h2neg_wants(s->c) & (H2NEG_WANT_HALF_CLOSE | H2NEG_WANT_CLOSE));
    says(s, NULL, "HTTP/1.1 200\nBODY \"hello\"\n");
    side_end(s);
}

/* ... and each body has its own time. */
static void test_early_each(void)
{
    static const char turn[] = "abcPOST /now HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\n";
    side *s = timed(NULL, turn + 3, sizeof turn - 4);
    uint64_t now;
    for (now = 1000; now <= 20000; now += 1000) {
        h2neg_tick(s->c, now);
        side_feed(s, turn, sizeof turn - 1);
    }
    CHECK_INT(s->done, 21);
    CHECK(!(h2neg_wants(s->c) & H2NEG_WANT_HALF_CLOSE));
    side_end(s);
}

/* ---- a client ------------------------------------------------------------ */

static void test_response(void)
{
    h2neg_config config;
    side *s;
    buf in = {0, 0, 0};
    memset(&config, 0, sizeof config);
    config.role = H2NEG_CLIENT;
    config.protocols = H2NEG_HTTP1;
    s = timed(&config, NULL, 0);
    side_get(s, "/a");
    side_drain(s);
    CHECK_INT(timed_next(s, 1000, 3600000), 0); /* off by default */
    side_end(s);
    config.response_timeout = 3000;
    s = timed(&config, NULL, 0);
    side_get(s, "/a");
    side_drain(s);
    timed_at(s, 1000, 4000);
    CHECK_INT(s->done, 1);
    says(s, "...\nDONE 1 err=TIMEOUT_RESPONSE\n", "GET /a HTTP/1.1\n");
    side_end(s);
    config.protocols = H2NEG_PRIOR;
    s = timed(&config, NULL, 0);
    side_get(s, "/a");
    put_settings(&in, "");
    put_ack(&in);
    side_feed(s, in.p, in.len);
    timed_at(s, 1000, 4000);
    CHECK_INT(s->done, 1);
    CHECK_INT(s->errors, 0);
    says(s, "NEGOTIATED\nDONE 1 CANCEL err=TIMEOUT_RESPONSE\n", "...\nRST_STREAM 1 CANCEL\n");
    buf_free(&in);
    side_end(s);
}

/* The timer of one head is not that of the next, whenever ticks come: each turn brings the end of a
   request and the beginning of another. */
static void test_head_each(void)
{
    static const char text[] = "GET /now HTTP/1.1\r\n" HOST "\r\n";
    const size_t half = 10, len = sizeof text - 1;
    char turn[sizeof text];
    side *s = timed(NULL, text, half);
    uint64_t now;
    memcpy(turn, text + half, len - half);
    memcpy(turn + len - half, text, half);
    for (now = 1000; now <= 60000; now += 1000) {
        h2neg_tick(s->c, now);
        side_feed(s, turn, len);
    }
    CHECK_INT(s->errors, 0);
    CHECK_INT(s->done, 60);
    side_end(s);
}

/* ... nor is that of one block the next one's. */
static void test_head_each_block(void)
{
    side *s;
    uint64_t now;
    uint32_t id = 1;
    buf in = {0, 0, 0};
    s = timed_h2(NULL, &in);
    for (now = 1000; now <= 60000; now += 1000, id += 2) {
        static const unsigned char begin[] = {0x82, 0x86}, end[] = {0x84, 0x41, 1, 'a'};
        in.len = 0;
        if (id > 1)
            put_frame(&in, 9, 4, id, end, sizeof end);
        put_frame(&in, 1, 1, id + 2, begin, sizeof begin);
        h2neg_tick(s->c, now);
        side_feed(s, in.p, in.len);
    }
    CHECK_INT(s->errors, 0);
    buf_free(&in);
    side_end(s);
}

/* A tunnel behind a 101 waits for no response, also when our side of it has ended. */
static void test_response_tunnel(void)
{
    static const char answer[] = "HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n";
    const void *run;
    h2neg_config config;
    h2neg_message m;
    h2neg_event ev;
    h2neg_conn *c;
    uint32_t stream;
    memset(&config, 0, sizeof config);
    memset(&m, 0, sizeof m);
    config.role = H2NEG_CLIENT;
    config.response_timeout = 3000;
    m.authority = h2neg_s("a");
    m.target = h2neg_s("/");
    m.upgrade = h2neg_s("foo");
    c = h2neg_conn_new(&config);
    CHECK_INT(h2neg_request(c, &m, 0, &stream), 0);
    h2neg_output_done(c, h2neg_output(c, &run));
    CHECK_INT(h2neg_tick(c, 1000), 4000);
    h2neg_feed(c, answer, sizeof answer - 1);
    while (h2neg_next(c, &ev))
        continue;
    CHECK_INT(h2neg_send(c, stream, "bye", 3, 0), 3);
    h2neg_output_done(c, h2neg_output(c, &run));
    CHECK(h2neg_tick(c, 1000) == H2NEG_NEVER);
    h2neg_tick(c, 100000);
    CHECK_INT(h2neg_next(c, &ev), 0);
    h2neg_conn_free(c);
}

/* A tick that ends a connection knows when its rest runs out. */
static void test_linger_deadline(void)
{
    static const char post[] = "POST /hold HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n";
    h2neg_event ev;
    h2neg_conn *c = h2neg_conn_new(NULL);
    h2neg_feed(c, post, sizeof post - 1);
    while (h2neg_next(c, &ev))
        continue;
    CHECK_INT(h2neg_tick(c, 1000), 21000);
    CHECK_INT(h2neg_tick(c, 21000), 26000); /* 408; the connection ends 5 s later */
    h2neg_conn_free(c);
}

/* The last answer comes whole to a peer that reads it slowly, under Connection: close too. */
static void test_linger_slow(void)
{
    static const char get[] = "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n";
    static char body[100000];
    const void *run;
    size_t got = 0, n = 1;
    uint64_t now;
    h2neg_message m;
    h2neg_event ev;
    h2neg_conn *c = h2neg_conn_new(NULL);
    memset(&m, 0, sizeof m);
    m.status = 200;
    m.body = body;
    m.body_len = sizeof body;
    h2neg_feed(c, get, sizeof get - 1);
    for (now = 1000; n; now += 1000) {
        h2neg_tick(c, now);
        while (h2neg_next(c, &ev))
            if (ev.type == H2NEG_EV_REQUEST)
                CHECK_INT(h2neg_respond(c, ev.stream, &m, 0), 0);
        CHECK(!(h2neg_wants(c) & H2NEG_WANT_CLOSE));
        n = h2neg_output(c, &run);
        n = n < 1000 ? n : 1000;
        h2neg_output_done(c, n);
        got += n;
    }
    CHECK(got > sizeof body);
    h2neg_conn_free(c);
}

/* Any times, also falling ones, are safe; a deadline lies ahead. */
static void test_random_times(void)
{
    int round, k;
    for (round = 0; round < 200; round++) {
        buf in = {0, 0, 0};
        uint64_t now = check_random(1000);
        side *s;
        put_request(&in, 1, 0, "POST", "/echo", "");
        put_get(&in, 3, "/body/100000");
        s = timed_h2(NULL, &in);
        for (k = 0; k < 30; k++) {
            uint64_t next;
            now += check_random(9000);
            if (check_random(20) == 0)
                now /= 2;
            next = h2neg_tick(s->c, now);
            CHECK(next > now || next == H2NEG_NEVER);
            side_drain(s);
        }
        side_end(s);
    }
}

CHECK_MAIN(test_head, test_head_drip, test_head_second, test_head_h2, test_idle_h1, test_idle_fresh,
           test_idle_h2, test_idle_part, test_not_idle, test_off, test_body_rate, test_body_honest,
           test_body_excused, test_write_stall, test_write_rate, test_write_nothing,
           test_write_slow_application, test_settings, test_preface, test_drain, test_linger,
           test_early, test_response, test_early_each, test_head_each, test_head_each_block,
           test_response_tunnel, test_linger_deadline, test_linger_slow, test_random_times)
