/* Every timeout, to the millisecond, with a clock of the test's own: one millisecond before it
   nothing happens and nothing is asked for earlier, at it comes the exact end; and an honest peer
   that is just quick enough. Memory is counted; streams that are not slow go on. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "attack.h"

enum { BEGIN = 1000 };

static meter memory;
static h2neg_config given;

/* A connection of `given`, the octets fed, everything written. */
static side *begin(const void *octets, size_t n)
{
    side *s = (side *)calloc(1, sizeof *s);
    if (!s)
        abort();
    memset(&memory, 0, sizeof memory);
    given.alloc_fn = meter_fn;
    given.alloc_user = &memory;
    if (given.random_fn)
        given.random_user = &s->random;
    s->client = given.role == H2NEG_CLIENT;
    s->c = h2neg_conn_new(&given);
    side_drain(s);
    if (n)
        side_give(s, (const char *)octets, n);
    return s;
}

static side *begin_text(const char *octets)
{
    return begin(octets, strlen(octets));
}

static side *begin_buf(buf *in)
{
    side *s = begin(in->p, in->len);
    buf_free(in);
    return s;
}

static void end(side *s)
{
    CHECK(memory.peak <= h2neg_memory_bound(&given));
    side_end(s);
    CHECK_INT(memory.live, 0);
    memset(&given, 0, sizeof given);
}

typedef struct moment {
    size_t events, out;
    unsigned wants;
} moment;

static moment now_of(const side *s)
{
    moment m;
    m.events = s->events.len + s->data.len;
    m.out = s->out.len;
    m.wants = h2neg_wants(s->c);
    return m;
}

/* Nothing happens at `now`. */
static uint64_t quiet(side *s, uint64_t now)
{
    moment before = now_of(s), after;
    uint64_t next = h2neg_tick(s->c, now);
    side_drain(s);
    after = now_of(s);
    if (before.events != after.events || before.out != after.out || before.wants != after.wants) {
        check_failures++;
        fprintf(stderr, "something happens at %llu\n%s", (unsigned long long)now,
                buf_str(&s->events));
    }
    CHECK(next > now);
    return next;
}

/* From BEGIN nothing happens up to `after` - 1 milliseconds; then it does, and tick had asked for
   no later moment. */
static void ends_after(side *s, uint64_t after)
{
    moment before, then;
    uint64_t next;
    quiet(s, BEGIN);
    quiet(s, BEGIN + after / 2);
    next = quiet(s, BEGIN + after - 1);
    CHECK(next <= BEGIN + after + 999);
    before = now_of(s);
    h2neg_tick(s->c, BEGIN + after);
    side_drain(s);
    then = now_of(s);
    if (before.events == then.events && before.out == then.out && before.wants == then.wants) {
        check_failures++;
        fprintf(stderr, "nothing happens after %llu\n%s", (unsigned long long)after,
                buf_str(&s->events));
    }
}

/* An hour passes, from deadline to deadline, and nothing happens. */
static void nothing_ever(side *s)
{
    uint64_t now = BEGIN;
    int turns;
    for (turns = 0; turns < 5000 && now < BEGIN + 3600000; turns++) {
        uint64_t next = quiet(s, now);
        if (next == H2NEG_NEVER)
            return;
        now = next;
    }
}

static void says(side *s, const char *events, const char *output)
{
    buf text = {0, 0, 0};
    taker t;
    side_data_end(s);
    buf_add(&text, "", 0);
    memset(&t, 0, sizeof t);
    t.text = &text;
    t.ws = s->track[0] & SAW_WS ? 1 : 0; /* stream 1 */
    take_more(&t, &s->out);
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

/* A server's connection over HTTP/2 with an echo under way, its SETTINGS acknowledged. */
static void put_start(buf *in, const char *settings)
{
    put_preface(in, settings);
    put_ack(in);
    put_request(in, 1, 0, "POST", "/echo", "");
    put_data(in, 1, 0, "before");
}

/* The echo goes on, and a new stream. */
static void goes_on(side *s, uint32_t next)
{
    buf in = {0, 0, 0};
    char line[64];
    put_data(&in, 1, 1, "after");
    put_get(&in, next, "/now");
    side_give(s, in.p, in.len);
    side_data_end(s);
    snprintf(line, sizeof line, "DONE %lu NO_ERROR\n", (unsigned long)next);
    CHECK(has_line(buf_str(&s->events), "DONE 1 NO_ERROR\n"));
    CHECK(has_line(buf_str(&s->events), line));
    CHECK_INT(s->errors, 0);
    buf_free(&in);
}

/* ---- head_timeout -------------------------------------------------------- */

static void test_head(void)
{
    side *s = begin_text("GET /now HT");
    ends_after(s, 20000);
    says(s, "ERROR TIMEOUT_HEAD\n", "HTTP/1.1 408 connection=close\n...");
    CHECK(h2neg_wants(s->c) & H2NEG_WANT_HALF_CLOSE);
    end(s);
    s = begin_text("PRI * HTTP/2.0\r\n\r\nSM\r\n");
    ends_after(s, 20000);
    CHECK_INT(s->errors, 1);
    end(s);
    given.head_timeout = 777;
    s = begin_text("G");
    ends_after(s, 777);
    end(s);
    given.head_timeout = given.idle_timeout = H2NEG_OFF;
    s = begin_text("G");
    nothing_ever(s);
    end(s);
}

/* One octet a second, whole one millisecond before the end. */
static void test_head_honest(void)
{
    side *s = begin_text("GET /now");
    int i;
    quiet(s, BEGIN);
    for (i = 1; i < 20; i++) {
        side_give(s, i == 1 ? "?" : "a", 1);
        quiet(s, BEGIN + (uint64_t)i * 1000);
    }
    quiet(s, BEGIN + 19999);
    side_give(s, " HTTP/1.1\r\n" HOST "\r\n", 22);
    says(s, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\n", HELLO);
    quiet(s, BEGIN + 20000);
    end(s);
}

/* Slowloris over HTTP/2: a field block that does not end; CONTINUATIONs do not put it off. */
static void test_head_h2(void)
{
    buf in = {0, 0, 0}, drip = {0, 0, 0};
    side *s;
    int i;
    put_start(&in, "");
    put_frame(&in, 1, 1, 3, "\x82", 1);
    s = begin_buf(&in);
    put_frame(&drip, 9, 0, 3, "\x84", 1);
    quiet(s, BEGIN);
    for (i = 1; i < 5; i++) {
        side_give(s, drip.p, drip.len);
        quiet(s, BEGIN + (uint64_t)i * 4000);
    }
    quiet(s, BEGIN + 19999);
    h2neg_tick(s->c, BEGIN + 20000);
    side_drain(s);
    says(s, "NEGOTIATED\nREQUEST 1\nDATA 1\nERROR TIMEOUT_HEAD\nDONE 1 ENHANCE_YOUR_CALM\n",
         "...\nGOAWAY * ENHANCE_YOUR_CALM\n");
    buf_free(&drip);
    end(s);
    put_start(&in, "");
    put_frame(&in, 1, 1, 3, "\x82\x86\x84", 3);
    s = begin_buf(&in);
    quiet(s, BEGIN);
    quiet(s, BEGIN + 19999);
    put_frame(&in, 9, 4, 3,
              "\x41\x01"
              "a",
              3);
    side_give(s, in.p, in.len);
    buf_free(&in);
    quiet(s, BEGIN + 20000);
    goes_on(s, 5);
    end(s);
}

/* ---- idle_timeout -------------------------------------------------------- */

static void test_idle(void)
{
    buf in = {0, 0, 0};
    side *s = begin_text("GET /now HTTP/1.1\r\n" HOST "\r\n");
    ends_after(s, 60000);
    CHECK(h2neg_wants(s->c) & (H2NEG_WANT_HALF_CLOSE | H2NEG_WANT_CLOSE));
    says(s, NULL, HELLO);
    end(s);
    put_preface(&in, ""), put_ack(&in), put_get(&in, 1, "/now");
    s = begin_buf(&in);
    ends_after(s, 60000);
    says(s, NULL, "SETTINGS\nSETTINGS ACK\nHEADERS 1\nDATA 1\nGOAWAY 1 NO_ERROR\n");
    end(s);
    s = begin(NULL, 0);
    ends_after(s, 60000); /* nothing ever came */
    end(s);
    given.idle_timeout = 1;
    s = begin(NULL, 0);
    ends_after(s, 1);
    end(s);
    given.idle_timeout = H2NEG_OFF;
    s = begin(NULL, 0);
    nothing_ever(s);
    end(s);
}

/* Octets put it off; a stream that is open or kept is not idleness. */
static void test_idle_honest(void)
{
    buf in = {0, 0, 0};
    side *s = begin_text("GET /now HTTP/1.1\r\n" HOST "\r\n");
    quiet(s, BEGIN);
    quiet(s, BEGIN + 59999);
    side_give(s, "GET /now HTTP/1.1\r\n" HOST "\r\n", 30);
    quiet(s, BEGIN + 60000);
    quiet(s, BEGIN + 60000 + 59999);
    CHECK_INT(s->done, 2);
    end(s);
    put_preface(&in, ""), put_ack(&in);
    s = begin_buf(&in);
    quiet(s, BEGIN);
    quiet(s, BEGIN + 59999);
    put_ping(&in, 0, "12345678");
    side_give(s, in.p, in.len);
    buf_free(&in);
    quiet(s, BEGIN + 60000);
    quiet(s, BEGIN + 119999);
    end(s);
    s = begin_text("GET /later HTTP/1.1\r\n" HOST "\r\n");
    nothing_ever(s);
    end(s);
}

/* ---- body_min_rate ------------------------------------------------------- */

/* 500 octets a second, as an average, once 20 s of grace are over: 10,000 octets by then. */
static void body_h1(size_t octets, int honest)
{
    static char run[16000];
    side *s = begin_text("POST /end HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n");
    memset(run, 'x', sizeof run);
    quiet(s, BEGIN);
    side_give(s, run, octets);
    quiet(s, BEGIN + 19999);
    if (honest) {
        quiet(s, BEGIN + 20000);
        h2neg_tick(s->c, BEGIN + 20001); /* 10,000 octets are too few for 20.001 s */
    } else {
        h2neg_tick(s->c, BEGIN + 20000);
    }
    side_drain(s);
    says(s, "NEGOTIATED\nREQUEST 1\nDATA 1\nERROR TIMEOUT_BODY\nDONE 1 CANCEL err=TIMEOUT_BODY\n",
         "HTTP/1.1 408 connection=close\n...");
    CHECK(h2neg_wants(s->c) & H2NEG_WANT_HALF_CLOSE);
    end(s);
}

static void body_h2(size_t octets, int honest)
{
    buf in = {0, 0, 0};
    side *s;
    put_start(&in, "");
    put_request(&in, 3, 0, "POST", "/end", "");
    s = begin_buf(&in);
    quiet(s, BEGIN);
    put_bulk(&in, 3, 0, octets);
    side_give(s, in.p, in.len);
    buf_free(&in);
    quiet(s, BEGIN + 19999);
    if (honest) {
        quiet(s, BEGIN + 20000);
        h2neg_tick(s->c, BEGIN + 20001);
    } else {
        h2neg_tick(s->c, BEGIN + 20000);
    }
    side_drain(s);
    says(s, "...\nDATA 3\nDONE 3 CANCEL err=TIMEOUT_BODY !by-peer\n", "...\nRST_STREAM 3 CANCEL\n");
    goes_on(s, 5);
    end(s);
}

static void test_body(void)
{
    side *s;
    body_h1(9999, 0);
    body_h1(10000, 1);
    body_h2(9999, 0);
    body_h2(10000, 1);
    given.rate_grace = 1500, given.body_min_rate = 1;
    s = begin_text("POST /end HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n");
    ends_after(s, 1500);
    end(s);
    given.body_min_rate = H2NEG_OFF;
    s = begin_text("POST /end HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n");
    nothing_ever(s);
    end(s);
}

/* 500 octets every second, for minutes. */
static void test_body_honest(void)
{
    static char run[500];
    side *s = begin_text("POST /end HTTP/1.1\r\n" HOST "Content-Length: 90000\r\n\r\n");
    int i;
    memset(run, 'x', sizeof run);
    quiet(s, BEGIN);
    for (i = 1; i <= 180; i++) {
        side_give(s, run, sizeof run);
        quiet(s, BEGIN + (uint64_t)i * 1000);
    }
    says(s, "NEGOTIATED\nREQUEST 1\nDATA 1\nEND 1\nDONE 1 NO_ERROR\n", HELLO);
    end(s);
}

/* It holds only while the peer owes octets: not while the stream is held, an expectation is
   unanswered, input is stopped by us, or a final response has begun; never for WebSockets and
   tunnels. */
static void test_body_excused(void)
{
    static const char *const rows[] = {
        "POST /hold HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\nabc",
        "GET /accept HTTP/1.1\r\n" HOST "Connection: upgrade\r\nUpgrade: foo\r\n\r\n",
        "GET /later HTTP/1.1\r\n" HOST "Connection: upgrade\r\nUpgrade: foo\r\n\r\n",
        "CONNECT yes.x:80 HTTP/1.1\r\nHost: yes.x:80\r\n\r\n",
        "CONNECT no.x:80 HTTP/1.1\r\nHost: no.x:80\r\n\r\n",
        "GET /ws HTTP/1.1\r\n" WS_UPGRADE_FIELDS "\r\n",
        "GET /ws-later HTTP/1.1\r\n" WS_UPGRADE_FIELDS "\r\n"};
    size_t i;
    side *s;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        s = begin_text(rows[i]);
        nothing_ever(s);
        CHECK_INT(s->done, 0);
        end(s);
    }
    given.no_auto_continue = 1;
    s = begin_text("POST /later HTTP/1.1\r\n" HOST
                   "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n");
    nothing_ever(s);
    end(s);
}

/* ---- write_min_rate, write_stall ----------------------------------------- */

static void test_write_stall(void)
{
    buf in = {0, 0, 0};
    side *s;
    int k;
    for (k = 0; k < 2; k++) { /* 1: the connection's window opens, which changes nothing */
        given.write_min_rate = H2NEG_OFF;
        put_start(&in, "4=6"); /* the echo has used its window and sends no more */
        put_get(&in, 3, "/body/5000");
        s = begin_buf(&in);
        quiet(s, BEGIN);
        if (k) {
            put_window(&in, 0, 1);
            side_give(s, in.p, in.len);
            buf_free(&in);
        }
        quiet(s, BEGIN + 30000);
        quiet(s, BEGIN + 59999);
        h2neg_tick(s->c, BEGIN + 60000);
        side_drain(s);
        says(s, "...\nDONE 3 CANCEL err=TIMEOUT_WRITE !by-peer\n", "...\nRST_STREAM 3 CANCEL\n");
        put_window(&in, 1, 100);
        put_settings(&in, "4=100");
        side_give(s, in.p, in.len);
        buf_free(&in);
        goes_on(s, 5);
        end(s);
    }
    given.write_min_rate = given.write_stall = H2NEG_OFF;
    put_start(&in, "4=6");
    put_get(&in, 3, "/body/5000");
    s = begin_buf(&in);
    nothing_ever(s);
    end(s);
}

/* An octet that leaves is progress: 60 s begin anew; but the rate goes on. */
static void test_write_drip(void)
{
    buf in = {0, 0, 0};
    side *s;
    given.write_min_rate = H2NEG_OFF;
    put_start(&in, "4=6");
    put_get(&in, 3, "/body/5000");
    s = begin_buf(&in);
    quiet(s, BEGIN);
    quiet(s, BEGIN + 59000);
    put_window(&in, 3, 1);
    side_give(s, in.p, in.len);
    buf_free(&in);
    quiet(s, BEGIN + 59500);
    quiet(s, BEGIN + 59500 + 59999);
    h2neg_tick(s->c, BEGIN + 59500 + 60000);
    side_drain(s);
    says(s, "...\nDONE 3 CANCEL err=TIMEOUT_WRITE\n", "...\nRST_STREAM 3 CANCEL\n");
    end(s);
    put_start(&in, "4=6");
    put_get(&in, 3, "/body/5000");
    s = begin_buf(&in);
    quiet(s, BEGIN);
    quiet(s, BEGIN + 19999);
    h2neg_tick(s->c, BEGIN + 20000); /* 6 octets in 20 s */
    side_drain(s);
    says(s, "...\nDONE 3 CANCEL err=TIMEOUT_WRITE\n", "...\nRST_STREAM 3 CANCEL\n");
    end(s);
}

/* 500 octets a second are enough. */
static void test_write_honest(void)
{
    buf in = {0, 0, 0}, update = {0, 0, 0};
    side *s;
    uint64_t now;
    given.window_update_slack = 1000;
    put_start(&in, "4=600");
    put_get(&in, 3, "/body/20000");
    s = begin_buf(&in);
    put_window(&update, 3, 500);
    for (now = BEGIN; now < BEGIN + 39000; now += 1000) {
        h2neg_tick(s->c, now);
        side_drain(s);
        side_give(s, update.p, update.len);
    }
    buf_free(&update);
    CHECK(has_line(buf_str(&s->events), "DONE 3 NO_ERROR"));
    goes_on(s, 5);
    end(s);
}

/* Each such reset costs one of the budget. */
static void test_write_budget(void)
{
    buf in = {0, 0, 0};
    side *s;
    int i;
    given.reset_budget = 10;
    put_start(&in, "4=6");
    for (i = 0; i < 12; i++)
        put_get(&in, (uint32_t)i * 2 + 3, "/body/5000");
    s = begin_buf(&in);
    h2neg_tick(s->c, BEGIN);
    h2neg_tick(s->c, BEGIN + 20000);
    side_drain(s);
    CHECK_INT(s->errors, 1);
    says(s, NULL, "...\nGOAWAY * ENHANCE_YOUR_CALM\n");
    end(s);
}

/* HTTP/1, and a transport that takes nothing: the connection closes. */
static void test_write_nothing(void)
{
    static const char get[] = "GET /body/200000 HTTP/1.1\r\n" HOST "\r\n";
    buf in = {0, 0, 0};
    side *s = begin(NULL, 0);
    s->no_write = 1;
    side_give(s, get, sizeof get - 1);
    ends_after(s, 60000);
    CHECK_INT(s->done, 1);
    CHECK(h2neg_wants(s->c) & H2NEG_WANT_CLOSE);
    end(s);
    put_preface(&in, ""); /* not even our SETTINGS are taken */
    s = begin(NULL, 0);
    s->no_write = 1;
    side_give(s, in.p, in.len);
    buf_free(&in);
    quiet(s, BEGIN);
    quiet(s, BEGIN + 9999);
    h2neg_tick(s->c, BEGIN + 10000); /* and so they are not acknowledged either */
    side_drain(s);
    CHECK_INT(s->errors, 1);
    end(s);
}

/* ---- HTTP/2's own -------------------------------------------------------- */

static void test_settings(void)
{
    buf in = {0, 0, 0};
    side *s;
    int k;
    for (k = 0; k < 2; k++) {
        given.settings_timeout = k ? 123 : 0;
        put_preface(&in, "");
        put_get(&in, 1, "/later");
        s = begin_buf(&in);
        ends_after(s, k ? 123 : 10000);
        says(s, "NEGOTIATED\nREQUEST 1\nEND 1\nERROR TIMEOUT_SETTINGS\nDONE 1 SETTINGS_TIMEOUT\n",
             "SETTINGS\nSETTINGS ACK\nGOAWAY 1 SETTINGS_TIMEOUT\n");
        end(s);
    }
    put_preface(&in, "");
    put_get(&in, 1, "/later");
    s = begin_buf(&in);
    quiet(s, BEGIN);
    quiet(s, BEGIN + 9999);
    put_ack(&in);
    side_give(s, in.p, in.len);
    buf_free(&in);
    quiet(s, BEGIN + 10000);
    nothing_ever(s);
    end(s);
    given.settings_timeout = H2NEG_OFF;
    put_preface(&in, "");
    put_get(&in, 1, "/later");
    s = begin_buf(&in);
    nothing_ever(s);
    end(s);
}

static void test_preface(void)
{
    side *s;
    int k;
    for (k = 0; k < 3; k++) {
        given.tls = 1;
        given.preface_timeout = k == 1 ? 55 : k == 2 ? H2NEG_OFF : 0;
        given.idle_timeout = given.head_timeout = H2NEG_OFF;
        s = begin(NULL, 0);
        CHECK_INT(h2neg_tls_agreed(s->c, "h2", 2), 0);
        side_drain(s);
        side_give(s, PREFACE, 20);
        if (k == 2) {
            nothing_ever(s);
        } else {
            ends_after(s, k ? 55 : 10000);
            CHECK_INT(s->errors, 1);
            CHECK(h2neg_wants(s->c) & (H2NEG_WANT_HALF_CLOSE | H2NEG_WANT_CLOSE));
        }
        end(s);
    }
    given.role = H2NEG_CLIENT; /* the server's SETTINGS do not come: safe to send again elsewhere */
    given.protocols = H2NEG_PRIOR;
    s = begin(NULL, 0);
    side_get(s, "/a");
    side_drain(s);
    ends_after(s, 10000);
    CHECK_INT(s->errors, 1);
    CHECK_INT(s->done, 1);
    end(s);
}

/* Drain: 30 s for what is under way, 3 s for the PING's answer. */
static void test_drain(void)
{
    buf in = {0, 0, 0};
    side *s;
    put_start(&in, "");
    put_get(&in, 3, "/later");
    s = begin_buf(&in);
    h2neg_shutdown(s->c);
    side_drain(s);
    quiet(s, BEGIN);
    quiet(s, BEGIN + 2999);
    h2neg_tick(s->c, BEGIN + 3000);
    side_drain(s);
    says(s, NULL, "...\nGOAWAY 2147483647 NO_ERROR\nPING\nGOAWAY 3 NO_ERROR\n");
    quiet(s, BEGIN + 29999);
    h2neg_tick(s->c, BEGIN + 30000);
    side_drain(s);
    CHECK_INT(s->done, 2);
    CHECK(h2neg_wants(s->c) & (H2NEG_WANT_HALF_CLOSE | H2NEG_WANT_CLOSE));
    end(s);
    put_start(&in, "");
    s = begin_buf(&in);
    h2neg_shutdown(s->c);
    side_drain(s);
    quiet(s, BEGIN);
    put_ping(&in, ACK, "h2neg:\0\1");
    side_give(s, in.p, in.len);
    buf_free(&in);
    quiet(s, BEGIN + 29999);
    put_data(&in, 1, 1, "after");
    side_give(s, in.p, in.len);
    buf_free(&in);
    CHECK(has_line(buf_str(&s->events), "DONE 1 NO_ERROR\n"));
    end(s);
    s = begin_text("GET /later HTTP/1.1\r\n" HOST "\r\n");
    h2neg_shutdown(s->c);
    side_drain(s);
    ends_after(s, 30000);
    CHECK_INT(s->done, 1);
    end(s);
}

/* ---- early_drain_timeout ------------------------------------------------- */

/* Behind a fatal error input is thrown away for 5 s; the body behind an early answer, too. */
static void test_early_drain(void)
{
    side *s = begin_text("G@T / HTTP/1.1\r\n" HOST "\r\n");
    ends_after(s, 5000);
    CHECK_INT(h2neg_wants(s->c), H2NEG_WANT_CLOSE);
    end(s);
    s = begin_text("POST /now HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nabc");
    quiet(s, BEGIN);
    side_give(s, "d", 1); /* octets do not put it off */
    quiet(s, BEGIN + 4999);
    h2neg_tick(s->c, BEGIN + 5000);
    side_drain(s);
    CHECK_INT(s->done, 1);
    CHECK(h2neg_wants(s->c) & (H2NEG_WANT_HALF_CLOSE | H2NEG_WANT_CLOSE));
    says(s, NULL, HELLO);
    end(s);
    s = begin_text("POST /now HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nabc");
    quiet(s, BEGIN);
    quiet(s, BEGIN + 4999);
    side_give(s, "dGET /now HTTP/1.1\r\n" HOST "\r\n", 31);
    quiet(s, BEGIN + 5000);
    says(s, NULL, HELLO HELLO);
    end(s);
}

/* ---- response_timeout ---------------------------------------------------- */

static void test_response(void)
{
    buf in = {0, 0, 0};
    side *s;
    given.role = H2NEG_CLIENT;
    given.protocols = H2NEG_HTTP1;
    given.response_timeout = 3000;
    s = begin(NULL, 0);
    side_get(s, "/a");
    side_drain(s);
    ends_after(s, 3000);
    says(s, "...\nDONE 1 CANCEL err=TIMEOUT_RESPONSE\n", NULL);
    CHECK(h2neg_wants(s->c) & (H2NEG_WANT_HALF_CLOSE | H2NEG_WANT_CLOSE));
    end(s);
    given.role = H2NEG_CLIENT;
    given.protocols = H2NEG_HTTP1;
    given.response_timeout = 3000;
    s = begin(NULL, 0);
    side_get(s, "/a");
    side_drain(s);
    quiet(s, BEGIN);
    quiet(s, BEGIN + 2999);
    side_give(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 38);
    quiet(s, BEGIN + 3000);
    CHECK(has_line(buf_str(&s->events), "DONE 1 NO_ERROR\n"));
    end(s);
    given.role = H2NEG_CLIENT; /* over HTTP/2 the stream alone */
    given.protocols = H2NEG_PRIOR;
    given.response_timeout = 3000;
    s = begin(NULL, 0);
    side_get(s, "/a");
    side_get(s, "/b");
    put_settings(&in, ""), put_ack(&in);
    put_response(&in, 1, 0, 200, "");
    side_give(s, in.p, in.len);
    buf_free(&in);
    ends_after(s, 3000);
    says(s, "NEGOTIATED\nRESPONSE 1\nDONE 3 CANCEL err=TIMEOUT_RESPONSE\n",
         "...\nRST_STREAM 3 CANCEL\n");
    put_data(&in, 1, 1, "whole");
    side_give(s, in.p, in.len);
    buf_free(&in);
    CHECK(has_line(buf_str(&s->events), "DONE 1 NO_ERROR\n"));
    end(s);
    given.role = H2NEG_CLIENT; /* off */
    given.protocols = H2NEG_HTTP1;
    s = begin(NULL, 0);
    side_get(s, "/a");
    side_drain(s);
    nothing_ever(s);
    end(s);
}

/* ---- close_timeout ------------------------------------------------------- */

/* The peer never answers our Close: 10 s, then 1006. Over HTTP/2 the stream alone ends. */
static void close_way(int way, uint32_t limit, int answer)
{
    script sc;
    side *s;
    buf frame = {0, 0, 0};
    size_t i;
    uint64_t after = limit ? limit : 10000;
    ws_script(&sc, "close_timeout", way);
    script_mark(&sc);
    given = sc.config;
    given.close_timeout = limit;
    s = begin(NULL, 0);
    for (i = 0; i < sc.step_count; i++)
        run_step(&sc, s, &sc.steps[i]);
    CHECK_INT(h2neg_ws_close(s->c, 1, 1000, "bye"), 0);
    side_drain(s);
    if (answer) {
        quiet(s, BEGIN);
        quiet(s, BEGIN + after - 1);
        put_ws(&frame, 0x88, !(way & WS_CLIENT), "\x03\xe8", 2);
        sc.in.len = sc.marked = 0;
        ws_put_raw(&sc, way, frame.p, frame.len);
        side_give(s, sc.in.p, sc.in.len);
        CHECK(has_line(buf_str(&s->events), "WS_CLOSE 1 code=1000"));
    } else {
        ends_after(s, after);
        CHECK(has_line(buf_str(&s->events), "WS_CLOSE 1 code=1006"));
        CHECK_INT(s->done, 1);
        if (way & WS_H2)
            CHECK_INT(s->errors, 0);
        else
            CHECK(h2neg_wants(s->c) & H2NEG_WANT_CLOSE);
    }
    buf_free(&frame);
    script_free(&sc);
    end(s);
}

static void test_close(void)
{
    int way;
    for (way = 0; way < WS_WAYS; way++) {
        close_way(way, 0, 0);
        close_way(way, 500, 0);
        close_way(way, 0, 1);
    }
}

/* ---- the clock ----------------------------------------------------------- */

/* No interval begins before the first tick after its cause: a late first tick makes it late. */
static void test_first_tick(void)
{
    side *s = begin_text("GET /now HT");
    quiet(s, 5000000);
    quiet(s, 5000000 + 19999);
    h2neg_tick(s->c, 5000000 + 20000);
    side_drain(s);
    CHECK_INT(s->errors, 1);
    end(s);
    s = begin_text("GET"); /* a clock that begins at 0, and one that falls */
    quiet(s, 0);
    quiet(s, 19999);
    h2neg_tick(s->c, 20000);
    side_drain(s);
    CHECK_INT(s->errors, 1);
    end(s);
    s = begin_text("GET");
    quiet(s, 30000);
    quiet(s, 10);
    quiet(s, 49999);
    h2neg_tick(s->c, 50000);
    side_drain(s);
    CHECK_INT(s->errors, 1);
    end(s);
    s = begin_text("GET"); /* the end of time */
    quiet(s, H2NEG_NEVER - 30000);
    h2neg_tick(s->c, H2NEG_NEVER - 1);
    side_drain(s);
    CHECK_INT(s->errors, 1);
    end(s);
}

/* The same octets at the same times give the same result. */
static void test_same_times(void)
{
    buf events[2] = {{0, 0, 0}, {0, 0, 0}};
    int k, i;
    for (k = 0; k < 2; k++) {
        buf in = {0, 0, 0};
        side *s;
        put_start(&in, "");
        put_request(&in, 3, 0, "POST", "/end", "");
        put_get(&in, 5, "/body/100000");
        s = begin_buf(&in);
        for (i = 0; i < 100; i++) {
            h2neg_tick(s->c, BEGIN + (uint64_t)i * 777);
            side_drain(s);
            buf_fmt(&s->events, "at %d\n", i);
        }
        buf_add(&events[k], s->events.p, s->events.len);
        buf_add(&events[k], s->out.p, s->out.len);
        end(s);
    }
    CHECK_OCTETS(events[0].p, events[0].len, events[1].p, events[1].len);
    buf_free(&events[0]);
    buf_free(&events[1]);
}

CHECK_MAIN(test_head, test_head_honest, test_head_h2, test_idle, test_idle_honest, test_body,
           test_body_honest, test_body_excused, test_write_stall, test_write_drip,
           test_write_honest, test_write_budget, test_write_nothing, test_settings, test_preface,
           test_drain, test_early_drain, test_response, test_close, test_first_tick,
           test_same_times)
