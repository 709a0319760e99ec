/* Time, exact: every timer ends at its millisecond and not at the one before, tells that moment as
   the next deadline, and is off where it is said to be; every rate holds at its figure and not one
   octet below. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"

#define HOST "Host: a\r\n"

/* ---- one timer at a time ------------------------------------------------- */

/* A config without times. */
static h2neg_config timeless(int role, unsigned protocols)
{
    h2neg_config g;
    memset(&g, 0, sizeof g);
    g.role = role;
    g.protocols = protocols;
    g.head_timeout = g.rate_grace = g.write_stall = g.idle_timeout = g.preface_timeout = H2NEG_OFF;
    g.settings_timeout = g.drain_timeout = g.early_drain_timeout = g.close_timeout = H2NEG_OFF;
    g.body_min_rate = g.write_min_rate = H2NEG_OFF;
    g.random_fn = test_random;
    return g;
}

static void feed(side *s, buf *in)
{
    side_give(s, in->p, in->len);
    buf_free(in);
}

static void feed_text(side *s, const char *text)
{
    side_give(s, text, strlen(text));
}

typedef struct timer {
    const char *name;
    size_t limit; /* where in the config */
    int role;
    unsigned protocols;
    void (*begin)(side *s);
    const char *events, *output; /* of what happens then */
} timer;

/* What changes when something happens. */
typedef struct state {
    size_t events, out;
    unsigned wants;
} state;

static state state_of(side *s)
{
    state is;
    side_drain(s);
    side_data_end(s);
    is.events = s->events.len;
    is.out = s->out.len;
    is.wants = h2neg_wants(s->c);
    return is;
}

static int same_state(state a, state b)
{
    return a.events == b.events && a.out == b.out && a.wants == b.wants;
}

static void timer_is(const timer *t, uint64_t begin, uint32_t limit)
{
    h2neg_config g = timeless(t->role, t->protocols);
    buf text = {0, 0, 0}, since;
    unsigned calls = 0;
    side *s;
    state before;
    uint64_t next;
    int failed = check_failures;
    g.random_user = &calls;
    memcpy((char *)&g + t->limit, &limit, sizeof limit);
    s = side_new(&g);
    side_drain(s);
    t->begin(s);
    before = state_of(s);
    next = h2neg_tick(s->c, begin);
    if (limit == H2NEG_OFF) {
        CHECK(next == H2NEG_NEVER);
        CHECK(h2neg_tick(s->c, begin + UINT64_C(0x100000000)) == H2NEG_NEVER);
        CHECK(same_state(before, state_of(s)));
    } else {
        CHECK_INT(next, begin + limit);
        if (limit > 1)
            CHECK_INT(h2neg_tick(s->c, begin + limit - 1), begin + limit);
        CHECK(same_state(before, state_of(s)));
        h2neg_tick(s->c, begin + limit);
        CHECK(!same_state(before, state_of(s)));
        since = s->out;
        since.p = before.out ? since.p + before.out : since.p; /* NULL: nothing was sent */
        since.len -= before.out;
        buf_add(&text, "", 0);
        take_all(&text, &since, 0, 0, 0);
        CHECK(lines_fit(buf_str(&s->events) + before.events, t->events));
        CHECK(lines_fit(text.p, t->output));
    }
    if (check_failures != failed)
        fprintf(stderr, "    timer %s of %lu from %llu\n%s--\n%s", t->name, (unsigned long)limit,
                (unsigned long long)begin, buf_str(&s->events) + before.events, buf_str(&text));
    buf_free(&text);
    side_end(s);
}

static void begin_nothing(side *s)
{
    (void)s;
}

static void begin_half_head(side *s)
{
    feed_text(s, "GET /now HT");
}

static void begin_answered(side *s)
{
    feed_text(s, "GET /now HTTP/1.1\r\n" HOST "\r\n");
}

static void begin_h2(side *s)
{
    buf in = {0, 0, 0};
    put_preface(&in, "4=0");
    put_ack(&in);
    feed(s, &in);
}

static void begin_block(side *s)
{
    buf in = {0, 0, 0};
    begin_h2(s);
    put_headers(&in, 1, END, REQ("GET", "/now"));
    feed(s, &in);
}

static void begin_preface(side *s)
{
    feed_text(s, PREFACE);
}

static void begin_settings(side *s)
{
    buf in = {0, 0, 0};
    put_preface(&in, "");
    feed(s, &in);
}

static void begin_client_settings(side *s)
{
    buf in = {0, 0, 0};
    put_settings(&in, "");
    feed(s, &in);
}

static void begin_client(side *s)
{
    begin_client_settings(s);
    {
        buf in = {0, 0, 0};
        put_ack(&in);
        feed(s, &in);
    }
}

static void begin_drain_h1(side *s)
{
    feed_text(s, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    h2neg_shutdown(s->c);
}

static void begin_drain_h2(side *s)
{
    buf in = {0, 0, 0};
    begin_h2(s);
    put_get(&in, 1, "/later");
    feed(s, &in);
    h2neg_shutdown(s->c);
    side_drain(s);
    put_ping(&in, ACK, "h2neg:\0\1");
    feed(s, &in);
}

static void begin_error(side *s)
{
    feed_text(s, "G@T / HTTP/1.1\r\n\r\n");
}

static void begin_early(side *s)
{
    feed_text(s, "POST /now HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\n");
}

static void begin_full(side *s)
{
    s->no_write = 1;
    begin_answered(s);
}

static void begin_body_waits(side *s)
{
    buf in = {0, 0, 0};
    begin_h2(s);
    put_get(&in, 1, "/body/100");
    feed(s, &in);
}

static void begin_call_waits(side *s)
{
    buf in = {0, 0, 0};
    begin_h2(s);
    put_get(&in, 1, "/stream/100");
    feed(s, &in);
}

static void begin_get(side *s)
{
    side_get(s, "/");
    side_drain(s);
}

static void begin_get_h2(side *s)
{
    begin_client(s);
    begin_get(s);
}

static void begin_half_response(side *s)
{
    begin_get(s);
    feed_text(s, "HTTP/1.1 103 \r\n\r\nHTTP/1.1 200 O");
}

static void begin_response_block(side *s)
{
    buf in = {0, 0, 0};
    begin_get_h2(s);
    put_headers(&in, 1, END, ":status: 200\n");
    feed(s, &in);
}

#define WS_ASK                                                                                     \
    "GET /ws HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n"                    \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " WS_ASKED "\r\n\r\n"

static void begin_close(side *s)
{
    feed_text(s, WS_ASK);
    CHECK_INT(h2neg_ws_close(s->c, 1, 1000, NULL), 0);
}

static void begin_close_h2(side *s)
{
    buf in = {0, 0, 0};
    begin_h2(s);
    put_window(&in, 0, 1000);
    put_headers(&in, 1, HEADS,
                ":method: CONNECT\n:protocol: websocket\n:scheme: http\n:authority: a\n"
                ":path: /ws\nsec-websocket-version: 13\n");
    put_window(&in, 1, 1000);
    feed(s, &in);
    CHECK_INT(h2neg_ws_close(s->c, 1, 1000, NULL), 0);
}

#define LIMIT(name) #name, offsetof(h2neg_config, name)
#define SERVER H2NEG_SERVER, 0
#define CLIENT H2NEG_CLIENT, H2NEG_PRIOR
#define CLIENT1 H2NEG_CLIENT, H2NEG_HTTP1
static const timer timers[] = {
    {LIMIT(head_timeout), SERVER, begin_half_head, "ERROR TIMEOUT_HEAD\n",
     "HTTP/1.1 408 connection=close\n..."},
    {LIMIT(head_timeout), SERVER, begin_block, "ERROR TIMEOUT_HEAD h2=ENHANCE_YOUR_CALM\n",
     "GOAWAY * ENHANCE_YOUR_CALM *\n"},
    {LIMIT(head_timeout), CLIENT1, begin_half_response,
     "ERROR TIMEOUT_HEAD\nDONE 1 ENHANCE_YOUR_CALM !by-peer !retry err=TIMEOUT_HEAD\n", ""},
    {LIMIT(head_timeout), CLIENT, begin_response_block,
     "ERROR TIMEOUT_HEAD h2=ENHANCE_YOUR_CALM\n"
     "DONE 1 ENHANCE_YOUR_CALM !by-peer !retry err=TIMEOUT_HEAD\n",
     "GOAWAY 0 ENHANCE_YOUR_CALM *\n"},
    {LIMIT(idle_timeout), SERVER, begin_nothing, "ERROR TIMEOUT_IDLE\n", ""},
    {LIMIT(idle_timeout), SERVER, begin_answered, "ERROR TIMEOUT_IDLE\n", ""},
    {LIMIT(idle_timeout), SERVER, begin_h2, "ERROR TIMEOUT_IDLE h2=NO_ERROR\n",
     "GOAWAY 0 NO_ERROR *\n"},
    {LIMIT(idle_timeout), CLIENT, begin_client, "ERROR TIMEOUT_IDLE h2=NO_ERROR\n",
     "GOAWAY 0 NO_ERROR *\n"},
    {LIMIT(preface_timeout), SERVER, begin_preface, "ERROR TIMEOUT_PREFACE\n",
     "GOAWAY 0 PROTOCOL_ERROR *\n"},
    {LIMIT(preface_timeout), CLIENT, begin_nothing, "ERROR TIMEOUT_PREFACE\n",
     "GOAWAY 0 PROTOCOL_ERROR *\n"},
    {LIMIT(settings_timeout), SERVER, begin_settings, "ERROR TIMEOUT_SETTINGS\n",
     "GOAWAY 0 SETTINGS_TIMEOUT *\n"},
    {LIMIT(settings_timeout), CLIENT, begin_client_settings, "ERROR TIMEOUT_SETTINGS\n",
     "GOAWAY 0 SETTINGS_TIMEOUT *\n"},
    {LIMIT(drain_timeout), SERVER, begin_drain_h1, "DONE 1 CANCEL !by-peer !retry !err\n", ""},
    {LIMIT(drain_timeout), SERVER, begin_drain_h2, "DONE 1 CANCEL !by-peer !retry !err\n",
     "GOAWAY 1 NO_ERROR *\n"},
    {LIMIT(early_drain_timeout), SERVER, begin_error, "", ""},
    {LIMIT(early_drain_timeout), SERVER, begin_early, "", ""},
    {LIMIT(write_stall), SERVER, begin_full, "", ""},
    {LIMIT(write_stall), SERVER, begin_body_waits,
     "DONE 1 CANCEL !by-peer !retry err=TIMEOUT_WRITE\n", "RST_STREAM 1 CANCEL\n"},
    {LIMIT(write_stall), SERVER, begin_call_waits,
     "DONE 1 CANCEL !by-peer !retry err=TIMEOUT_WRITE\n", "RST_STREAM 1 CANCEL\n"},
    {LIMIT(response_timeout), CLIENT1, begin_get,
     "ERROR TIMEOUT_RESPONSE\nDONE 1 CANCEL !by-peer !retry err=TIMEOUT_RESPONSE\n", ""},
    {LIMIT(response_timeout), CLIENT, begin_get_h2,
     "DONE 1 CANCEL !by-peer !retry err=TIMEOUT_RESPONSE\n", "RST_STREAM 1 CANCEL\n"},
    {LIMIT(close_timeout), SERVER, begin_close,
     "WS_CLOSE 1 code=1006 err=TIMEOUT_CLOSE\nDONE 1 CANCEL !by-peer !retry err=TIMEOUT_CLOSE\n",
     ""},
    {LIMIT(close_timeout), SERVER, begin_close_h2,
     "WS_CLOSE 1 code=1006 err=TIMEOUT_CLOSE\nDONE 1 CANCEL !by-peer !retry err=TIMEOUT_CLOSE\n",
     "RST_STREAM 1 CANCEL\n"},
};

static void test_timers(void)
{
    size_t i;
    for (i = 0; i < sizeof timers / sizeof timers[0]; i++) {
        timer_is(&timers[i], 1000, 777);
        timer_is(&timers[i], 0, 1);
        timer_is(&timers[i], UINT64_C(0x100000000), 60000);
        timer_is(&timers[i], 5, UINT32_MAX - 1);
        if (timers[i].begin != begin_get && timers[i].begin != begin_get_h2)
            timer_is(&timers[i], 7, H2NEG_OFF);
    }
}

/* While the PING behind the first GOAWAY is not answered, a tenth of the time is for that; then the
   second GOAWAY names the last stream (connection.md, How it ends). */
static void test_drain_ping(void)
{
    h2neg_config g = timeless(H2NEG_SERVER, 0);
    side *s;
    buf in = {0, 0, 0}, text = {0, 0, 0};
    state before;
    g.drain_timeout = 30000;
    s = side_new(&g);
    begin_h2(s);
    put_get(&in, 1, "/later");
    feed(s, &in);
    h2neg_shutdown(s->c);
    before = state_of(s);
    CHECK_INT(h2neg_tick(s->c, 100), 3100);
    CHECK_INT(h2neg_tick(s->c, 3099), 3100);
    CHECK(same_state(before, state_of(s)));
    h2neg_tick(s->c, 3100);
    CHECK(!same_state(before, state_of(s)));
    CHECK_INT(h2neg_tick(s->c, 3101), 30100);
    take_all(&text, &s->out, 0, 0, 0);
    CHECK(lines_fit(buf_str(&text), "...\nGOAWAY 2147483647 NO_ERROR *\nPING *\n"
                                    "GOAWAY 1 NO_ERROR *\n"));
    before = state_of(s);
    CHECK_INT(h2neg_tick(s->c, 30099), 30100);
    CHECK(same_state(before, state_of(s)));
    h2neg_tick(s->c, 30100);
    CHECK(!same_state(before, state_of(s)));
    buf_free(&text);
    side_end(s);
}

/* What begins a timer anew: octets that come or go, for idleness; octets written, for a stall. */
static void test_anew(void)
{
    h2neg_config g = timeless(H2NEG_SERVER, 0);
    side *s;
    const void *run;
    buf in = {0, 0, 0};
    g.idle_timeout = 1000;
    s = side_new(&g);
    begin_h2(s);
    CHECK_INT(h2neg_tick(s->c, 1), 1001);
    put_ping(&in, ACK, "nobody's");
    feed(s, &in); /* it has no answer */
    CHECK_INT(h2neg_tick(s->c, 900), 1900);
    CHECK_INT(h2neg_tick(s->c, 1899), 1900);
    h2neg_ping(s->c, "12345678");
    side_drain(s);
    CHECK_INT(h2neg_tick(s->c, 1899), 2899);
    CHECK_INT(s->errors, 0);
    h2neg_tick(s->c, 2899);
    side_drain(s);
    CHECK_INT(s->errors, 1);
    side_end(s);
    g = timeless(H2NEG_SERVER, 0);
    g.write_stall = 1000;
    s = side_new(&g);
    begin_full(s);
    CHECK_INT(h2neg_tick(s->c, 1), 1001);
    CHECK(h2neg_output(s->c, &run) > 2);
    h2neg_output_done(s->c, 1);
    CHECK_INT(h2neg_tick(s->c, 1000), 2000);
    CHECK(h2neg_tick(s->c, 1999) == 2000);
    CHECK(!(h2neg_wants(s->c) & H2NEG_WANT_CLOSE));
    h2neg_tick(s->c, 2000);
    CHECK_INT(h2neg_wants(s->c) & H2NEG_WANT_CLOSE, H2NEG_WANT_CLOSE);
    side_end(s);
}

/* A connection that is over has one timer left, whatever else was running. */
static void test_inert(void)
{
    static const struct {
        int role;
        unsigned protocols;
        void (*begin)(side *s);
    } rows[] = {{SERVER, begin_error},     {SERVER, begin_drain_h1}, {SERVER, begin_drain_h2},
                {SERVER, begin_block},     {SERVER, begin_settings}, {SERVER, begin_preface},
                {SERVER, begin_half_head}, {SERVER, begin_early},    {SERVER, begin_h2},
                {CLIENT, begin_get_h2},    {CLIENT1, begin_get},     {SERVER, begin_body_waits},
                {SERVER, begin_close_h2},  {SERVER, begin_close}};
    size_t i;
    int left;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (left = 0; left < 2; left++) {
            h2neg_config g = timeless(rows[i].role, rows[i].protocols);
            unsigned calls = 0;
            side *s;
            state before;
            g.head_timeout = g.idle_timeout = g.preface_timeout = g.settings_timeout = 100;
            g.drain_timeout = g.write_stall = g.response_timeout = g.close_timeout = 100;
            g.body_min_rate = g.write_min_rate = 500;
            g.rate_grace = 100;
            g.early_drain_timeout = left ? 1000 : H2NEG_OFF;
            g.random_user = &calls;
            s = side_new(&g);
            side_drain(s);
            rows[i].begin(s);
            h2neg_tick(s->c, 1);
            side_drain(s);
            h2neg_goaway(s->c, H2NEG_NO_ERROR);
            before = state_of(s);
            if (left) {
                CHECK_INT(h2neg_tick(s->c, 10), rows[i].begin == begin_error ? 1001 : 1010);
                CHECK_INT(h2neg_tick(s->c, 999), rows[i].begin == begin_error ? 1001 : 1010);
            } else {
                CHECK(h2neg_tick(s->c, 10) == H2NEG_NEVER);
                CHECK(h2neg_tick(s->c, 1000000) == H2NEG_NEVER);
            }
            CHECK(same_state(before, state_of(s)));
            h2neg_tick(s->c, 2000000);
            CHECK_INT(h2neg_wants(s->c) == H2NEG_WANT_CLOSE,
                      left || before.wants == H2NEG_WANT_CLOSE);
            side_end(s);
        }
    }
}

/* ---- rates ---------------------------------------------------------------- */

static int error_of(const side *s)
{
    h2neg_info info;
    h2neg_conn_info(s->c, &info);
    return info.error.code;
}

/* A body of which `n` octets came at once: alive at `alive`, failed at `dead`. */
static void body_rate(uint32_t rate, uint32_t grace, size_t n, uint64_t alive, uint64_t dead)
{
    h2neg_config g = timeless(H2NEG_SERVER, 0);
    side *s;
    buf in = {0, 0, 0};
    int failed = check_failures;
    g.body_min_rate = rate;
    g.rate_grace = grace;
    s = side_new(&g);
    buf_text(&in, "POST /later HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n");
    feed(s, &in);
    CHECK_INT(h2neg_tick(s->c, 50), 50 + grace);
    buf_fill(&in, 'b', n);
    feed(s, &in);
    h2neg_tick(s->c, 50 + alive);
    CHECK_INT(error_of(s), 0);
    h2neg_tick(s->c, 50 + dead);
    CHECK_INT(error_of(s), H2NEG_ERR_TIMEOUT_BODY);
    if (check_failures != failed)
        fprintf(stderr, "    %zu octets, %lu a second\n", n, (unsigned long)rate);
    side_end(s);
}

/* "500 octets a second after rate_grace": the average since the body began. */
static void test_body_rate(void)
{
    body_rate(500, 20000, 0, 19999, 20000);
    body_rate(500, 20000, 9999, 19999, 20000);
    body_rate(500, 20000, 10000, 20000, 20001);
    body_rate(500, 20000, 10001, 20002, 20003);
    body_rate(1, 1000, 0, 999, 1000);
    body_rate(1, 1000, 1, 1000, 1001);
    body_rate(1000, 1, 1, 1, 2);
    body_rate(1u << 30, 1000, 90000, 999, 1000);
}

static int has_done(const side *s)
{
    return strstr(buf_str(&s->events), "\nDONE 1 CANCEL err=TIMEOUT_WRITE\n") != NULL;
}

/* The same for what we send: of a body, as windows let it out. */
static void write_rate(size_t n, uint64_t alive, uint64_t dead)
{
    h2neg_config g = timeless(H2NEG_SERVER, 0);
    side *s;
    buf in = {0, 0, 0};
    int failed = check_failures;
    g.write_min_rate = 500;
    g.rate_grace = 20000;
    s = side_new(&g);
    begin_h2(s);
    put_get(&in, 1, "/body/100000");
    feed(s, &in);
    CHECK_INT(h2neg_tick(s->c, 50), 20050);
    if (n) {
        put_window(&in, 1, (uint32_t)n);
        feed(s, &in);
    }
    CHECK_INT(h2neg_tick(s->c, 50 + alive), alive < 20000 ? 20050 : 50 + alive + 1000);
    side_drain(s);
    CHECK(!has_done(s));
    h2neg_tick(s->c, 50 + dead);
    side_drain(s);
    CHECK(has_done(s));
    if (check_failures != failed)
        fprintf(stderr, "    %zu octets\n%s", n, buf_str(&s->events));
    side_end(s);
}

static void test_write_rate(void)
{
    write_rate(0, 19999, 20000);
    write_rate(9999, 19999, 20000);
    write_rate(10000, 20000, 20001);
    write_rate(10001, 20002, 20003);
}

/* ---- what time gives back ------------------------------------------------- */

/* 33 resets a second, up to the budget. Ticks may be close together, or far apart. */
static void resets_back(const uint64_t *ticks, size_t count, unsigned good)
{
    h2neg_config g = timeless(H2NEG_SERVER, 0);
    side *s;
    buf in = {0, 0, 0};
    uint32_t id = 1;
    unsigned i;
    int failed = check_failures;
    g.reset_budget = 100;
    s = side_new(&g);
    begin_h2(s);
    h2neg_tick(s->c, ticks[0]);
    for (i = 0; i < 99; i++, id += 2) {
        put_get(&in, id, "/later");
        put_rst(&in, id, 8);
    }
    feed(s, &in);
    CHECK_INT(error_of(s), 0);
    for (i = 1; i < count; i++)
        h2neg_tick(s->c, ticks[i]);
    for (i = 0; i <= good; i++, id += 2) {
        put_get(&in, id, "/later");
        put_rst(&in, id, 8);
        feed(s, &in);
        CHECK_INT(error_of(s), i < good ? 0 : H2NEG_ERR_LIMIT_RESETS);
    }
    if (check_failures != failed)
        fprintf(stderr, "    of %zu ticks up to %llu\n", count,
                (unsigned long long)ticks[count - 1]);
    side_end(s);
}

static void test_resets_given_back(void)
{
    static const uint64_t none[] = {1000, 1030}, one[] = {1000, 1031}, second[] = {1000, 2000};
    static const uint64_t late[] = {1000, 1000000};
    uint64_t often[101], odd[101];
    size_t i;
    for (i = 0; i <= 100; i++) {
        often[i] = 1000 + 10 * i;
        odd[i] = 1000 + 7 * i + (i & 1);
    }
    resets_back(none, 2, 0);
    resets_back(one, 2, 1);
    resets_back(second, 2, 33);
    resets_back(late, 2, 99);
    resets_back(often, 101, 33);
    resets_back(odd, 101, 23); /* 700 ms: 23.1 */
}

/* So many PINGs of 17 octets pass. */
static unsigned pings_pass(side *s, unsigned most)
{
    unsigned n = 0;
    while (n < most && !error_of(s)) {
        buf in = {0, 0, 0};
        put_ping(&in, 0, "12345678");
        feed(s, &in);
        n += !error_of(s);
    }
    return n;
}

/* Overhead is forgiven at four octets a millisecond, all of it at most. */
static void test_overhead_forgiven(void)
{
    static const unsigned later[] = {0, 4, 5, 8, 9, 43, 44, 45, 1000};
    size_t i;
    for (i = 0; i < sizeof later / sizeof later[0]; i++) {
        h2neg_config g = timeless(H2NEG_SERVER, 0);
        unsigned begun = 15 + 9; /* SETTINGS and an ACK */
        unsigned spent = begun + 17 * 9, back = 4 * later[i] < spent ? 4 * later[i] : spent;
        side *s;
        g.overhead_slack = begun + 17 * 10;
        g.overhead_ratio = H2NEG_OFF;
        s = side_new(&g);
        begin_h2(s);
        h2neg_tick(s->c, 1000);
        CHECK_INT(pings_pass(s, 9), 9);
        h2neg_tick(s->c, 1000 + later[i]);
        CHECK_INT(pings_pass(s, 100), (17 + back) / 17);
        CHECK_INT(error_of(s), H2NEG_ERR_LIMIT_OVERHEAD);
        side_end(s);
    }
}

CHECK_MAIN(test_timers, test_drain_ping, test_anew, test_inert, test_body_rate, test_write_rate,
           test_resets_given_back, test_overhead_forgiven)
