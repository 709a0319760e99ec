/* attack.h: what the tests of hostile peers share. Include it behind h2neg.h and check.h.

   A row is one hostile scenario and one honest one. It is played whole and octet by octet, and of
   each is asked: what is told and written (the protocol's own answer), where it was decided (the
   octet at which the first thing happened behind the mark, and the error's offset), that no more
   memory was held than h2neg_memory_bound, that nothing leaks, that the other streams of the
   connection and a second connection go on. */
#ifndef ATTACK_H
#define ATTACK_H

#include "conn.h"
#include "ws.h"

#define HOST "Host: a\r\n"
#define HELLO "HTTP/1.1 200 content-length=5\nBODY \"hello\"\n"
#define ANY (-1)

enum { ON_H1, ON_H2, ON_H1_CLIENT, ON_H2_CLIENT };

typedef struct attack {
    script sc;
    int kind;
    size_t here;        /* where what decides begins */
    long decided;       /* octets from there until something happens; ANY: not looked at */
    long at;            /* the error's offset from there; ANY */
    uint32_t companion; /* a stream that must come to a good end */
    uint32_t next;      /* and one that is opened behind the attack */
    int whole_only;     /* not octet by octet: too long for that */
    int chunk;          /* in the second run: octets of a feed; 0: 1 */
    int opens_ws;       /* WebSockets are opened, whose messages may be held */
    const char *never;  /* a text that must not stand in what is written: input is not echoed */
    int ends;           /* HALF_CLOSE or, much having been thrown away, CLOSE */
    int fine;           /* no ERROR, no GOAWAY but NO_ERROR */
    /* of the run under way */
    int error;
    uint32_t error_stream;
    uint64_t error_at;
    size_t fed, first_at;
    size_t peak;
    size_t octets_in;
} attack;

/* ---- the run ------------------------------------------------------------- */

static inline int attack_hook(side *s, const h2neg_event *ev)
{
    attack *a = (attack *)s->arg;
    if (ev->error.code &&
        (ev->type == H2NEG_EV_ERROR ||
         (!a->error && (ev->type == H2NEG_EV_DONE || ev->type == H2NEG_EV_WS_CLOSE)))) {
        a->error = ev->error.code;
        a->error_stream = ev->error.stream;
        a->error_at = ev->error.offset;
    }
    return a->sc.hook ? a->sc.hook(s, ev) : 0;
}

static inline void attack_give(attack *a, side *s, size_t from, size_t to)
{
    size_t most = s->cut ? (size_t)(a->chunk ? a->chunk : 1) : to - from;
    while (from < to) {
        size_t n = to - from < most ? to - from : most;
        size_t events = s->events.len + s->data.len, out = s->out.len;
        side_give(s, a->sc.in.p + from, n);
        from += n;
        a->fed = from;
        if (!a->first_at && from > a->here &&
            (events != s->events.len + s->data.len || out != s->out.len))
            a->first_at = from;
    }
}

/* The second connection: half of a request before the attack, the rest behind it. */
static inline h2neg_conn *bystander_begin(const h2neg_config *config, int *h2)
{
    h2neg_config g = *config;
    h2neg_conn *c;
    buf in = {0, 0, 0};
    h2neg_event ev;
    const void *run;
    g.role = H2NEG_SERVER;
    g.tls = 0;
    g.alloc_fn = NULL;
    g.overhead_slack = 0; /* without any there is no HTTP/2 */
    if (g.protocols && !(g.protocols & (H2NEG_HTTP1 | H2NEG_PRIOR)))
        g.protocols = 0;
    *h2 = !g.protocols || g.protocols & H2NEG_PRIOR;
    c = h2neg_conn_new(&g);
    if (*h2)
        put_preface(&in, "");
    else
        buf_text(&in, "GET /now HT");
    CHECK_INT(h2neg_feed(c, in.p, in.len), in.len);
    while (h2neg_next(c, &ev))
        continue;
    h2neg_output_done(c, h2neg_output(c, &run));
    buf_free(&in);
    return c;
}

static inline void bystander_end(h2neg_conn *c, int h2)
{
    buf in = {0, 0, 0};
    h2neg_event ev;
    int answered = 0, done = 0;
    if (h2)
        put_get(&in, 1, "/now");
    else
        buf_text(&in, "TP/1.1\r\n" HOST "\r\n");
    CHECK_INT(h2neg_feed(c, in.p, in.len), in.len);
    while (h2neg_next(c, &ev)) {
        if (ev.type == H2NEG_EV_REQUEST)
            answered = h2neg_reply(c, ev.stream, 200, NULL, "hello", 5) == 0;
        done += ev.type == H2NEG_EV_DONE && ev.code == 0;
    }
    CHECK(answered && done == 1);
    buf_free(&in);
    h2neg_conn_free(c);
}

static inline void attack_steps(attack *a, side *s)
{
    size_t i;
    for (i = 0; i < a->sc.step_count; i++) {
        const step *st = &a->sc.steps[i];
        if (st->kind == STEP_FEED) {
            attack_give(a, s, st->from, st->to);
            continue;
        }
        run_step(&a->sc, s, st);
    }
    side_drain(s);
    side_give(s, NULL, 0);
    side_data_end(s);
    side_ws_end(s, 1);
}

/* What the scenario may hold: where no WebSocket is opened, nothing for their messages. */
static inline size_t attack_bound(const attack *a)
{
    h2neg_config config = a->sc.config;
    if (!config.protocols)
        config.protocols = H2NEG_PROTOCOLS_DEFAULT;
    if (!a->sc.ws && !a->opens_ws)
        config.protocols &= ~H2NEG_WEBSOCKET;
    return h2neg_memory_bound(&config);
}

static inline int has_octets(const buf *b, const char *text)
{
    size_t i, n = strlen(text);
    for (i = 0; i + n <= b->len; i++)
        if (memcmp(b->p + i, text, n) == 0)
            return 1;
    return 0;
}

static inline void attack_run(attack *a, int cut, played *r)
{
    side *s = (side *)calloc(1, sizeof *s);
    h2neg_config config = a->sc.config;
    meter m;
    h2neg_conn *other;
    int other_h2;
    if (!s)
        abort();
    memset(&m, 0, sizeof m);
    memset(r, 0, sizeof *r);
    a->error = 0, a->error_stream = 0, a->error_at = 0, a->fed = a->first_at = 0;
    config.alloc_fn = meter_fn;
    config.alloc_user = &m;
    if (config.random_fn == test_random)
        config.random_user = &s->random;
    s->client = config.role == H2NEG_CLIENT;
    s->cut = cut;
    s->max_input = config.max_input;
    s->lenient = a->sc.forgiving;
    s->hook = attack_hook;
    s->arg = a;
    other = bystander_begin(&config, &other_h2);
    s->c = h2neg_conn_new(&config);
    SIDE_CHECK(s, s->c != NULL);
    if (config.tls && s->c)
        h2neg_tls_agreed(s->c, a->sc.alpn, a->sc.alpn ? strlen(a->sc.alpn) : 0);
    attack_steps(a, s);
    r->drained = s->backlog.len == 0;
    buf_add(&r->events, s->events.p, s->events.len);
    buf_add(&r->out, s->out.p, s->out.len);
    r->wants = h2neg_wants(s->c);
    h2neg_conn_info(s->c, &r->info);
    CHECK_INT(r->info.memory, m.live);
    run_finish(r, s);
    a->peak = m.peak;
    a->octets_in = (size_t)r->info.octets_in;
    side_free(s);
    free(s);
    CHECK_INT(m.live, 0);
    CHECK_INT(m.faults, 0);
    CHECK(a->peak <= attack_bound(a));
    bystander_end(other, other_h2);
}

static inline void attack_show(const attack *a, int cut, const played *r, const buf *text)
{
    fprintf(
        stderr,
        "    attack \"%s\" (%s); error %s stream %lu, offset mark%+ld, first %+ld\n%s--\n%.4000s",
        a->sc.name, cut ? "octet by octet" : "whole", h2neg_error_name(a->error),
        (unsigned long)a->error_stream, (long)a->error_at - (long)a->here,
        (long)a->first_at - (long)a->here, buf_str(&r->events), buf_str(text));
}

/* A line of `text` that begins so. */
static inline int has_line(const char *text, const char *begins)
{
    size_t n = strlen(begins);
    while (text && *text) {
        if (strncmp(text, begins, n) == 0)
            return 1;
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    return 0;
}

static inline void attack_others(const attack *a, const played *r)
{
    char line[64];
    if (a->companion) {
        snprintf(line, sizeof line, "DONE %lu NO_ERROR\n", (unsigned long)a->companion);
        CHECK(has_line(buf_str(&r->events), line));
    }
    if (a->next) {
        snprintf(line, sizeof line, "DONE %lu NO_ERROR\n", (unsigned long)a->next);
        CHECK(has_line(buf_str(&r->events), line));
    }
}

/* Plays it both ways. `error` 0: none; ANY: whatever. NULL: not looked at. */
static inline void attack_play(attack *a, int error, const char *events, const char *output)
{
    int cut, runs = a->whole_only ? 1 : 2, before = check_failures;
    check_step(a->sc.name);
    script_mark(&a->sc);
    for (cut = 0; cut < runs && check_failures == before; cut++) {
        buf text = {0, 0, 0};
        played r;
        attack_run(a, cut, &r);
        script_words(&a->sc, &r, &text);
        CHECK(!events || lines_fit(buf_str(&r.events), events));
        CHECK(!output || lines_fit(buf_str(&text), output));
        CHECK((r.wants & a->sc.wants) == a->sc.wants);
        CHECK(!a->ends || r.wants & (H2NEG_WANT_HALF_CLOSE | H2NEG_WANT_CLOSE));
        CHECK(r.drained || a->sc.unfed);
        CHECK(!a->never || !has_octets(&r.out, a->never));
        if (error != ANY)
            CHECK_INT(a->error, error);
        if (a->fine)
            CHECK(!has_line(buf_str(&r.events), "ERROR") && r.info.error.code == 0);
        if (a->at != ANY)
            CHECK_INT((long)a->error_at - (long)a->here, a->at);
        if (a->decided != ANY && cut && !a->chunk)
            CHECK_INT((long)a->first_at - (long)a->here, a->decided);
        attack_others(a, &r);
        if (check_failures != before)
            attack_show(a, cut, &r, &text);
        buf_free(&text);
        run_free(&r);
    }
    script_free(&a->sc);
}

/* ---- how rows begin ------------------------------------------------------ */

static inline void attack_init(attack *a, const char *name, int kind)
{
    memset(a, 0, sizeof *a);
    script_init(&a->sc, name);
    a->kind = kind;
    a->decided = a->at = ANY;
}

/* A server over HTTP/1, one request answered already. */
static inline void attack_h1(attack *a, const char *name, const char *octets)
{
    attack_init(a, name, ON_H1);
    buf_text(&a->sc.in, "GET /now HTTP/1.1\r\n" HOST "\r\n");
    a->here = a->sc.in.len;
    buf_text(&a->sc.in, octets);
}

static inline void attack_here(attack *a)
{
    a->here = a->sc.in.len;
}

/* A server over HTTP/2, whose stream 1 is an echo under way. */
static inline void attack_h2(attack *a, const char *name, const char *settings)
{
    attack_init(a, name, ON_H2);
    put_preface(&a->sc.in, settings);
    put_ack(&a->sc.in);
    put_request(&a->sc.in, 1, 0, "POST", "/echo", "");
    put_data(&a->sc.in, 1, 0, "before");
    a->companion = 1;
    attack_here(a);
}

static inline void attack_call_a(side *s)
{
    h2neg_message m;
    memset(&m, 0, sizeof m);
    m.target = h2neg_s("/a");
    m.authority = h2neg_s("a");
    side_ok(s, 0, side_request(s, &m, 0, NULL), "request");
}

static inline void attack_call_nothing(side *s)
{
    (void)s;
}

/* A client over HTTP/2: stream 1's response is under way, stream 3 was asked. */
static inline void attack_h2_client(attack *a, const char *name, const char *settings)
{
    attack_init(a, name, ON_H2_CLIENT);
    a->sc.config.role = H2NEG_CLIENT;
    a->sc.config.protocols = H2NEG_PRIOR;
    put_settings(&a->sc.in, settings);
    put_ack(&a->sc.in);
    script_call(&a->sc, attack_call_a);
    script_call(&a->sc, attack_call_a);
    put_response(&a->sc.in, 1, 0, 200, "");
    put_data(&a->sc.in, 1, 0, "before");
    a->companion = 1;
    attack_here(a);
}

static inline void attack_h1_client(attack *a, const char *name, const char *octets)
{
    attack_init(a, name, ON_H1_CLIENT);
    a->sc.config.role = H2NEG_CLIENT;
    a->sc.config.protocols = H2NEG_HTTP1;
    script_call(&a->sc, attack_call_a);
    buf_text(&a->sc.in, octets);
}

/* ---- how rows end -------------------------------------------------------- */

/* The connection ends: GOAWAY with this code, and what was decoded before was told. `decided`:
   octets behind the mark, of which the error's offset names the `at`th. */
static inline void conn_ends(attack *a, int error, const char *code, long at, long decided)
{
    char output[128], events[160];
    snprintf(output, sizeof output, "...\nGOAWAY * %s\n", code);
    snprintf(events, sizeof events, "...\nERROR %s h2=%s\n%s...", h2neg_error_name(error), code,
             a->companion ? "...\nDONE 1 !NO_ERROR\n" : "");
    a->companion = 0;
    a->sc.unfed = 1;
    a->ends = 1;
    a->at = at;
    a->decided = decided;
    put_get(&a->sc.in, 9999, "/now"); /* nobody looks at it */
    attack_play(a, error, events, output);
}

/* The other streams go on: the echo comes to its end, and a new one is answered. */
static inline void others_go_on(attack *a, uint32_t next)
{
    put_data(&a->sc.in, 1, END, "after");
    if (a->kind == ON_H2)
        put_get(&a->sc.in, next, "/now");
    if (a->kind == ON_H2_CLIENT) {
        script_call(&a->sc, attack_call_a);
        put_response(&a->sc.in, next, END, 200, "");
    }
    a->next = next;
}

/* The stream alone ends in RST_STREAM. `told`: DONE comes with the error (a request that was
   shown); else nothing is told of it. */
static inline void stream_ends(attack *a, uint32_t id, int error, const char *code, int told,
                               long decided)
{
    char output[160], events[160];
    uint32_t next = id + 2;
    snprintf(output, sizeof output, "...\nRST_STREAM %lu %s\n...\nDATA 1 end\n%s...",
             (unsigned long)id, code, a->kind == ON_H2 ? "HEADERS *\n" : "");
    if (a->kind == ON_H2_CLIENT)
        snprintf(output, sizeof output, "...\nRST_STREAM %lu %s\n...", (unsigned long)id, code);
    if (told)
        snprintf(events, sizeof events, "...\nDONE %lu %s err=%s\n...\nDONE %lu NO_ERROR\n",
                 (unsigned long)id, code, h2neg_error_name(error), (unsigned long)next);
    else
        snprintf(events, sizeof events,
                 "NEGOTIATED\nREQUEST 1\nDATA 1 *before*\nEND 1\nDONE 1\nREQUEST %lu\nEND %lu\n"
                 "DONE %lu NO_ERROR\n",
                 (unsigned long)next, (unsigned long)next, (unsigned long)next);
    a->decided = decided;
    others_go_on(a, next);
    attack_play(a, told ? error : 0, told ? events : NULL, output);
}

/* An answer of the engine's own to a request that is not shown; the connection goes on. */
static inline void answered(attack *a, uint32_t id, int status, long decided)
{
    char output[160];
    snprintf(output, sizeof output, "...\nHEADERS %lu :status=%d\n...\nDATA 1 end\n...",
             (unsigned long)id, status);
    a->decided = decided;
    others_go_on(a, id + 2);
    a->fine = 1;
    attack_play(a, 0, NULL, output);
}

/* Nothing is wrong with it: the connection has no error, and every other stream comes to its end.
 */
static inline void passes(attack *a, uint32_t next, const char *output)
{
    others_go_on(a, next);
    a->fine = 1;
    attack_play(a, ANY, "NEGOTIATED\n...", output);
}

/* HTTP/1: a bare status and a close; the request behind is not looked at. */
static inline void refused(attack *a, int error, int status, long at, long decided)
{
    char output[160], events[160];
    snprintf(output, sizeof output, "%s...\nHTTP/1.1 %d connection=close\n...",
             a->here ? HELLO : "", status);
    snprintf(events, sizeof events, "...\nERROR %s\n...", h2neg_error_name(error));
    a->sc.unfed = 1;
    a->ends = 1;
    a->at = at;
    a->decided = decided;
    attack_play(a, error, events, output);
}

/* HTTP/1: it is answered, and so is the request behind it. */
static inline void accepted(attack *a, const char *output)
{
    char all[512];
    snprintf(all, sizeof all, HELLO "%s" HELLO, output ? output : HELLO);
    buf_text(&a->sc.in, "GET /now HTTP/1.1\r\n" HOST "\r\n");
    attack_play(a, 0, "NEGOTIATED\n...\nREQUEST *\nEND *\nDONE * NO_ERROR\n", all);
}

#endif
