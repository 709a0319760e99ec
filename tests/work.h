/* work.h: counts what a connection does. Every call on a connection goes through a counter of basic
   blocks (clang's trace-pc), which is held against the bound of the manual: at most 64 blocks for
   each octet that was handed in, and 4,096 for each call, whatever the octets are and however they
   are cut. work.sh puts this behind h2neg.h, so that any program of the tests is measured
   unchanged.

   A turn lasts from one time that next answered 0 to the following. What a turn runs beyond its
   calls' share is paid by octets that came and have not paid yet, so that a head that came octet by
   octet may be read as a whole in the end; a connection that owes is a fault. Octets are those of
   feed, those that the program gives (bodies, names, values), and those that HPACK makes of a
   shorter field block: one octet may name an entry of 4,000, which is looked through again each
   time. WORK_STRICT leaves these out. */
#ifndef WORK_H
#define WORK_H

#include <stdio.h>
#include <stdlib.h>

enum { WORK_OCTET = 64, WORK_CALL = 4096 };

typedef struct work_sum {
    unsigned long long octets, calls, blocks;
} work_sum;

typedef struct work_conn {
    const h2neg_conn *c;
    work_sum turn;
    unsigned long long unpaid; /* what octets may still pay for, in blocks */
} work_conn;

static unsigned long long work_blocks;
static unsigned long long work_connections, work_faults;
static work_conn *work_conns;
static size_t work_count, work_room;
static double work_worst_share;
static work_sum work_worst_turn;  /* nearest to the bound */
static work_sum work_worst_octet; /* most blocks for each octet, 1,024 of them or more */
static work_sum work_worst_call;  /* most blocks in one call */
static const char *work_worst_name = "";
static size_t work_decoded; /* octets that field blocks became, in this call */

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
    work_blocks++;
}

static void work_report(void)
{
    const work_sum *t = &work_worst_turn, *o = &work_worst_octet;
    const char *name = getenv("WORK");
    FILE *f = name ? fopen(name, "w") : NULL;
    if (f) {
        fprintf(f, "connections %llu\n", work_connections);
        fprintf(f, "share %.1f: %llu blocks, %llu octets that could pay, %llu calls\n",
                100 * work_worst_share, t->blocks, t->octets, t->calls);
        fprintf(f, "octet %.1f: %llu blocks, %llu octets, %llu calls\n",
                o->octets ? (double)o->blocks / (double)o->octets : 0.0, o->blocks, o->octets,
                o->calls);
        fprintf(f, "call %llu: %s with %llu octets\n", work_worst_call.blocks, work_worst_name,
                work_worst_call.octets);
        fclose(f);
    }
    fflush(stdout);
    fflush(stderr);
    if (work_faults)
        _Exit(3);
}

static work_conn *work_of(const h2neg_conn *c)
{
    size_t i;
    for (i = work_count; i-- > 0;)
        if (work_conns[i].c == c)
            return &work_conns[i];
    if (work_count == work_room) {
        work_room = work_room * 2 + 16;
        work_conns = (work_conn *)realloc(work_conns, work_room * sizeof *work_conns);
        if (!work_conns)
            abort();
    }
    if (!work_connections++)
        atexit(work_report);
    memset(&work_conns[work_count], 0, sizeof *work_conns);
    work_conns[work_count].c = c;
    return &work_conns[work_count++];
}

static void work_add(work_sum *s, const work_sum *call)
{
    s->octets += call->octets;
    s->calls += call->calls;
    s->blocks += call->blocks;
}

/* A turn is over: 1, or 0 and it ran more than it may. */
static int work_pay(work_conn *w, const char *name)
{
    const work_sum *t = &w->turn;
    unsigned long long calls = WORK_CALL * t->calls, octets = w->unpaid + WORK_OCTET * t->octets;
    unsigned long long over = t->blocks > calls ? t->blocks - calls : 0;
    double share = (double)t->blocks / (double)(calls + octets);
    if (share > work_worst_share) {
        work_worst_share = share;
        work_worst_turn = *t;
        work_worst_turn.octets = octets / WORK_OCTET;
    }
    w->unpaid = over < octets ? octets - over : 0;
    if (over <= octets)
        return 1;
    if (work_faults++ < 10)
        fprintf(stderr, "work: %s: %llu blocks for %llu calls and %llu octets that could pay\n",
                name, t->blocks, t->calls, octets / WORK_OCTET);
    return 0;
}

static void work_call(const h2neg_conn *c, const char *name, size_t octets,
                      unsigned long long before, int turn_ends)
{
    work_sum call;
    work_conn *w;
    if (!c)
        return;
    call.octets = octets + (getenv("WORK_STRICT") ? 0 : work_decoded);
    work_decoded = 0;
    call.calls = 1;
    call.blocks = work_blocks - before;
    w = work_of(c);
    work_add(&w->turn, &call);
    if (call.blocks > work_worst_call.blocks) {
        work_worst_call = call;
        work_worst_name = name;
    }
    if (!turn_ends)
        return;
    work_pay(w, name);
    if (w->turn.octets >= 1024 &&
        (!work_worst_octet.octets ||
         (double)w->turn.blocks / (double)w->turn.octets >
             (double)work_worst_octet.blocks / (double)work_worst_octet.octets))
        work_worst_octet = w->turn;
    memset(&w->turn, 0, sizeof w->turn);
}

static size_t work_fields(const h2neg_field *f, size_t n)
{
    size_t i, sum = 0;
    for (i = 0; f && i < n; i++)
        sum += f[i].name.len + f[i].value.len;
    return sum;
}

static size_t work_message(const h2neg_message *m)
{
    return m ? m->method.len + m->scheme.len + m->authority.len + m->target.len + m->upgrade.len +
                   m->body_len + work_fields(m->fields, m->field_count)
             : 0;
}

/* ---- the calls ----------------------------------------------------------- */

static inline size_t work_feed(h2neg_conn *c, const void *in, size_t len)
{
    unsigned long long before = work_blocks;
    size_t n = h2neg_feed(c, in, len);
    work_call(c, "feed", n, before, 0);
    return n;
}

static inline int work_next(h2neg_conn *c, h2neg_event *ev)
{
    unsigned long long before = work_blocks;
    int more = h2neg_next(c, ev);
    work_call(c, "next", 0, before, !more);
    return more;
}

static inline size_t work_output(h2neg_conn *c, const void **run)
{
    unsigned long long before = work_blocks;
    size_t n = h2neg_output(c, run);
    work_call(c, "output", 0, before, 0);
    return n;
}

static inline void work_output_done(h2neg_conn *c, size_t n)
{
    unsigned long long before = work_blocks;
    h2neg_output_done(c, n);
    work_call(c, "output_done", 0, before, 0);
}

static inline uint64_t work_tick(h2neg_conn *c, uint64_t now)
{
    unsigned long long before = work_blocks;
    uint64_t at = h2neg_tick(c, now);
    work_call(c, "tick", 0, before, 0);
    return at;
}

static inline void work_eof(h2neg_conn *c)
{
    unsigned long long before = work_blocks;
    h2neg_eof(c);
    work_call(c, "eof", 0, before, 0);
}

static inline void work_lost(h2neg_conn *c)
{
    unsigned long long before = work_blocks;
    h2neg_lost(c);
    work_call(c, "lost", 0, before, 0);
}

static inline int work_request(h2neg_conn *c, const h2neg_message *m, unsigned flags, uint32_t *s)
{
    unsigned long long before = work_blocks;
    int r = h2neg_request(c, m, flags, s);
    work_call(c, "request", work_message(m), before, 0);
    return r;
}

static inline int work_respond(h2neg_conn *c, uint32_t s, const h2neg_message *m, unsigned flags)
{
    unsigned long long before = work_blocks;
    int r = h2neg_respond(c, s, m, flags);
    work_call(c, "respond", work_message(m), before, 0);
    return r;
}

static inline int work_reply(h2neg_conn *c, uint32_t s, int status, const char *type,
                             const void *body, size_t len)
{
    unsigned long long before = work_blocks;
    int r = h2neg_reply(c, s, status, type, body, len);
    work_call(c, "reply", len, before, 0);
    return r;
}

static inline ptrdiff_t work_send(h2neg_conn *c, uint32_t s, const void *p, size_t len,
                                  unsigned flags)
{
    unsigned long long before = work_blocks;
    ptrdiff_t n = h2neg_send(c, s, p, len, flags);
    work_call(c, "send", n > 0 ? (size_t)n : 0, before, 0);
    return n;
}

static inline int work_trailers(h2neg_conn *c, uint32_t s, const h2neg_field *f, size_t n)
{
    unsigned long long before = work_blocks;
    int r = h2neg_trailers(c, s, f, n);
    work_call(c, "trailers", work_fields(f, n), before, 0);
    return r;
}

static inline int work_reset(h2neg_conn *c, uint32_t s, uint32_t code)
{
    unsigned long long before = work_blocks;
    int r = h2neg_reset(c, s, code);
    work_call(c, "reset", 0, before, 0);
    return r;
}

static inline int work_accept(h2neg_conn *c, uint32_t s, const char *protocol, const h2neg_field *f,
                              size_t n)
{
    unsigned long long before = work_blocks;
    int r = h2neg_accept(c, s, protocol, f, n);
    work_call(c, "accept", work_fields(f, n), before, 0);
    return r;
}

static inline ptrdiff_t work_ws_send(h2neg_conn *c, uint32_t s, int opcode, const void *p,
                                     size_t len, unsigned flags)
{
    unsigned long long before = work_blocks;
    ptrdiff_t n = h2neg_ws_send(c, s, opcode, p, len, flags);
    work_call(c, "ws_send", n > 0 ? (size_t)n : 0, before, 0);
    return n;
}

static inline int work_ws_close(h2neg_conn *c, uint32_t s, int code, const char *reason)
{
    unsigned long long before = work_blocks;
    int r = h2neg_ws_close(c, s, code, reason);
    work_call(c, "ws_close", reason ? strlen(reason) : 0, before, 0);
    return r;
}

static inline void work_free(h2neg_conn *c)
{
    size_t i;
    h2neg_conn_free(c);
    for (i = 0; i < work_count; i++)
        if (work_conns[i].c == c)
            work_conns[i--] = work_conns[--work_count];
}

#define h2neg_feed work_feed
#define h2neg_next work_next
#define h2neg_output work_output
#define h2neg_output_done work_output_done
#define h2neg_tick work_tick
#define h2neg_eof work_eof
#define h2neg_lost work_lost
#define h2neg_request work_request
#define h2neg_respond work_respond
#define h2neg_reply work_reply
#define h2neg_send work_send
#define h2neg_trailers work_trailers
#define h2neg_reset work_reset
#define h2neg_accept work_accept
#define h2neg_ws_send work_ws_send
#define h2neg_ws_close work_ws_close
#define h2neg_conn_free work_free

#endif
