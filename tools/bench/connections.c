/* connections.c: whole connections in memory, and what an idle one holds. */
#include "bench.h"
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#ifdef WITH_NGHTTP2
#include <nghttp2/nghttp2.h>
#endif
#ifdef WITH_WSLAY
#include <wslay/wslay.h>
#endif

#define BODY "hello world\n"
enum { BODY_LEN = 12, BATCH = 10, ROUNDS = 4, REQUESTS = ROUNDS * SESSION };

/* What a peer sends, read by read. */
typedef struct octets {
    unsigned char *p;
    size_t len;
    size_t ends[REQUESTS / BATCH + 8];
    size_t reads;
} octets;

static size_t answers, out_octets;

/* ---- our server, which answers everything with a small body --------------------- */

static void drain(h2neg_conn *c)
{
    const void *run;
    size_t n;
    while ((n = h2neg_output(c, &run)) != 0) {
        out_octets += n;
        h2neg_output_done(c, n);
    }
}

static void serve(h2neg_conn *c)
{
    h2neg_event ev;
    while (h2neg_next(c, &ev))
        switch (ev.type) {
        case H2NEG_EV_REQUEST:
            if (ev.websocket)
                bench_must(h2neg_accept(c, ev.stream, NULL, NULL, 0) == 0, "it is accepted");
            else if (h2neg_reply(c, ev.stream, 200, "text/plain", BODY, BODY_LEN) == 0)
                answers++;
            break;
        case H2NEG_EV_WS_MESSAGE:
            if (h2neg_ws_send(c, ev.stream, ev.opcode, ev.data.ptr, ev.data.len, 0) >= 0)
                answers++;
            break;
        case H2NEG_EV_ERROR: bench_must(0, ev.error.text); break;
        default: break;
        }
    drain(c);
}

static void serve_reads(h2neg_conn *c, const octets *o, size_t from, size_t to)
{
    size_t i, at = from ? o->ends[from - 1] : 0;
    for (i = from; i < to; at = o->ends[i++]) {
        if (h2neg_feed(c, o->p + at, o->ends[i] - at) == 0)
            bench_must(0, "the octets are taken");
        serve(c);
    }
}

/* ---- HTTP/2: requests through a server ------------------------------------------- */

static octets h2_octets;

static void h2_put(octets *o, const void *p, size_t n)
{
    memcpy(o->p + o->len, p, n);
    o->len += n;
}

static void h2_frame(octets *o, int type, int flags, uint32_t stream, const void *p, size_t n)
{
    unsigned char head[9];
    h2neg_h2_frame_write_header(head, sizeof head, (uint32_t)n, type, flags, stream);
    h2_put(o, head, sizeof head);
    if (n)
        h2_put(o, p, n);
}

static void h2_read_ends(octets *o)
{
    o->ends[o->reads++] = o->len;
}

/* A client's octets: its preface; the acknowledgement of the server's SETTINGS; requests, BATCH to
   a read. Those with a body are asked with GET here: it is the heads that are measured. */
static void h2_make(octets *o)
{
    static unsigned char table[16384], block[16384];
    h2neg_hpack_encoder e;
    uint32_t i;
    o->p = (unsigned char *)bench_memory(REQUESTS * 1024);
    h2_put(o, H2NEG_PREFACE, H2NEG_PREFACE_LEN);
    h2_frame(o, H2NEG_H2_SETTINGS, 0, 0, NULL, 0);
    h2_read_ends(o);
    h2_frame(o, H2NEG_H2_SETTINGS, H2NEG_H2_ACK, 0, NULL, 0);
    h2neg_hpack_encoder_init(&e, table, h2neg_hpack_memory(4096), 4096);
    for (i = 0; i < REQUESTS; i++) {
        field_list l = corpus_requests[i % SESSION];
        ptrdiff_t n;
        l.fields[0].value = h2neg_s("GET");
        while (l.count > 4 && h2neg_is(l.fields[l.count - 1].name, "content-length"))
            l.count--;
        n = h2neg_hpack_encode(&e, block, sizeof block, l.fields, l.count);
        h2_frame(o, H2NEG_H2_HEADERS, H2NEG_H2_END_HEADERS | H2NEG_H2_END_STREAM, 2 * i + 1, block,
                 (size_t)n);
        if (i % BATCH == BATCH - 1 || i + 1 == REQUESTS)
            h2_read_ends(o);
    }
}

static void h2_ours(const void *with)
{
    const octets *o = (const octets *)with;
    h2neg_conn *c = h2neg_conn_new(NULL);
    serve_reads(c, o, 0, o->reads);
    h2neg_conn_free(c);
}

#ifdef WITH_NGHTTP2
static ssize_t ng_body(nghttp2_session *s, int32_t id, uint8_t *out, size_t room, uint32_t *flags,
                       nghttp2_data_source *source, void *user)
{
    (void)s, (void)id, (void)room, (void)source, (void)user;
    memcpy(out, BODY, BODY_LEN);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    return BODY_LEN;
}

static nghttp2_nv ng_pair(const char *name, const char *value)
{
    nghttp2_nv nv;
    nv.name = (uint8_t *)(uintptr_t)name;
    nv.namelen = strlen(name);
    nv.value = (uint8_t *)(uintptr_t)value;
    nv.valuelen = strlen(value);
    nv.flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
    return nv;
}

static int ng_header(nghttp2_session *s, const nghttp2_frame *f, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t len, uint8_t flags, void *user)
{
    (void)s, (void)f, (void)name, (void)value, (void)flags, (void)user;
    bench_sink += name_len + len;
    return 0;
}

static int ng_frame(nghttp2_session *s, const nghttp2_frame *f, void *user)
{
    nghttp2_nv nv[3];
    nghttp2_data_provider body;
    (void)user;
    if (f->hd.type != NGHTTP2_HEADERS || !(f->hd.flags & NGHTTP2_FLAG_END_STREAM))
        return 0;
    nv[0] = ng_pair(":status", "200");
    nv[1] = ng_pair("content-type", "text/plain");
    nv[2] = ng_pair("content-length", "12");
    body.read_callback = ng_body;
    if (nghttp2_submit_response(s, f->hd.stream_id, nv, 3, &body) == 0)
        answers++;
    return 0;
}

static nghttp2_session *ng_new(void)
{
    static nghttp2_session_callbacks *calls;
    nghttp2_settings_entry entry = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100};
    nghttp2_session *s;
    if (!calls) {
        nghttp2_session_callbacks_new(&calls);
        nghttp2_session_callbacks_set_on_header_callback(calls, ng_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(calls, ng_frame);
    }
    bench_must(nghttp2_session_server_new(&s, calls, NULL) == 0, "nghttp2 has a session");
    nghttp2_submit_settings(s, 0, &entry, 1);
    return s;
}

/* Each run that it gives goes nowhere; a program would gather them for one write. */
static void ng_reads(nghttp2_session *s, const octets *o, size_t from, size_t to)
{
    size_t i, at = from ? o->ends[from - 1] : 0;
    const uint8_t *run;
    ssize_t n;
    for (i = from; i < to; at = o->ends[i++]) {
        if (nghttp2_session_mem_recv(s, o->p + at, o->ends[i] - at) != (ssize_t)(o->ends[i] - at))
            bench_must(0, "nghttp2 takes the octets");
        while ((n = nghttp2_session_mem_send(s, &run)) > 0)
            out_octets += (size_t)n;
    }
}

static void h2_theirs(const void *with)
{
    const octets *o = (const octets *)with;
    nghttp2_session *s = ng_new();
    ng_reads(s, o, 0, o->reads);
    nghttp2_session_del(s);
}
#endif

static void must_answer(bench_run run, const void *with, size_t count)
{
    answers = 0;
    run(with);
    bench_must(answers == count, "every request is answered");
}

/* A row of two servers that are fed the same octets; `theirs` NULL: the peer is not there. */
static void add_servers(bench_row *r, const octets *o, bench_run ours, bench_run theirs,
                        size_t count)
{
    r->with = o;
    r->ours = ours;
    must_answer(ours, o, count);
    r->theirs = theirs;
    if (theirs)
        must_answer(theirs, o, count);
}

static void add_h2(void)
{
    bench_row *r = bench_add("HTTP/2 server, a request", "nghttp2", 2, UNIT_NS, REQUESTS);
    bench_run theirs = NULL;
#ifdef WITH_NGHTTP2
    theirs = h2_theirs;
#endif
    h2_make(&h2_octets);
    add_servers(r, &h2_octets, h2_ours, theirs, REQUESTS);
}

/* ---- our client and our server ---------------------------------------------------- */

typedef struct pair {
    h2neg_conn *client, *server;
    const char *body; /* what the server answers */
    size_t body_len;
    size_t done, octets;
} pair;

static void pair_server(pair *p)
{
    h2neg_event ev;
    while (h2neg_next(p->server, &ev)) {
        h2neg_message m;
        if (ev.type == H2NEG_EV_ERROR)
            bench_must(0, ev.error.text);
        if (ev.type != H2NEG_EV_REQUEST)
            continue;
        memset(&m, 0, sizeof m);
        m.status = 200;
        m.body = p->body;
        m.body_len = p->body_len;
        if (h2neg_respond(p->server, ev.stream, &m, 0) != 0)
            bench_must(0, "the answer is taken");
    }
}

static void pair_client(pair *p)
{
    h2neg_event ev;
    while (h2neg_next(p->client, &ev)) {
        if (ev.type == H2NEG_EV_ERROR)
            bench_must(0, ev.error.text);
        if (ev.type == H2NEG_EV_DATA)
            p->octets += ev.data.len;
        if (ev.type == H2NEG_EV_DONE)
            p->done++;
    }
}

/* What one has to say goes to the other, 16 KiB at a time: 1 when there was anything. */
static int pair_carry(h2neg_conn *from, h2neg_conn *to)
{
    const void *run;
    size_t n = h2neg_output(from, &run);
    if (n > 16384)
        n = 16384;
    if (n == 0 || h2neg_feed(to, run, n) == 0)
        return 0;
    return 1 + (int)n;
}

static void pair_turn(pair *p)
{
    int n;
    for (;;) {
        int any = 0;
        if ((n = pair_carry(p->client, p->server)) > 0) {
            pair_server(p);
            h2neg_output_done(p->client, (size_t)n - 1);
            any = 1;
        }
        if ((n = pair_carry(p->server, p->client)) > 0) {
            pair_client(p);
            h2neg_output_done(p->server, (size_t)n - 1);
            pair_server(p);
            any = 1;
        }
        pair_client(p);
        if (!any)
            return;
    }
}

static void pair_open(pair *p, const char *body, size_t len)
{
    h2neg_config config;
    memset(p, 0, sizeof *p);
    memset(&config, 0, sizeof config);
    config.role = H2NEG_CLIENT;
    config.protocols = H2NEG_PRIOR;
    p->client = h2neg_conn_new(&config);
    p->server = h2neg_conn_new(NULL);
    bench_must(p->client && p->server, "there are connections");
    p->body = body;
    p->body_len = len;
}

static void pair_close(pair *p)
{
    h2neg_conn_free(p->client);
    h2neg_conn_free(p->server);
}

static void pair_ask(pair *p, const field_list *l)
{
    h2neg_message m;
    uint32_t stream;
    memset(&m, 0, sizeof m);
    m.scheme = h2neg_s("http");
    m.authority = l->fields[2].value;
    m.target = l->fields[3].value;
    m.fields = l->fields + 4;
    m.field_count = l->count - 4;
    while (m.field_count && h2neg_is(m.fields[m.field_count - 1].name, "content-length"))
        m.field_count--;
    if (h2neg_request(p->client, &m, 0, &stream) != 0)
        bench_must(0, "the request is taken");
}

static void pair_requests(const void *with)
{
    pair p;
    size_t i;
    (void)with;
    pair_open(&p, BODY, BODY_LEN);
    for (i = 0; i < SESSION; i++) {
        pair_ask(&p, &corpus_requests[i]);
        if (i % BATCH == BATCH - 1 || i + 1 == SESSION)
            pair_turn(&p);
    }
    answers += p.done;
    pair_close(&p);
}

enum { STREAM_LEN = 4 << 20 };
static char *stream_body;

static void pair_octets(const void *with)
{
    pair p;
    (void)with;
    pair_open(&p, stream_body, STREAM_LEN);
    pair_ask(&p, &corpus_requests[0]);
    pair_turn(&p);
    answers += p.octets == STREAM_LEN && p.done == 1;
    pair_close(&p);
}

static void add_pair(void)
{
    bench_row *r;
    stream_body = (char *)calloc(1, STREAM_LEN);
    bench_must(stream_body != NULL, "there is memory");
    r = bench_add("HTTP/2 client and server, a request", NULL, 0, UNIT_NS, SESSION);
    r->ours = pair_requests;
    must_answer(pair_requests, NULL, SESSION);
    r = bench_add("HTTP/2 client and server, octets", NULL, 0, UNIT_GBPS, STREAM_LEN);
    r->ours = pair_octets;
    must_answer(pair_octets, NULL, 1);
}

/* ---- HTTP/1.1, kept alive ----------------------------------------------------------- */

static void h1_ours(const void *with)
{
    h2neg_conn *c = h2neg_conn_new(NULL);
    size_t i;
    (void)with;
    for (i = 0; i < SESSION; i++) {
        if (corpus_heads[i].ptr[0] != 'G')
            continue;
        if (h2neg_feed(c, corpus_heads[i].ptr, corpus_heads[i].len) == 0)
            bench_must(0, "the head is taken");
        serve(c);
    }
    h2neg_conn_free(c);
}

static void add_h1(void)
{
    size_t i, gets = 0;
    bench_row *r;
    for (i = 0; i < SESSION; i++)
        gets += corpus_heads[i].ptr[0] == 'G';
    r = bench_add("HTTP/1.1 server, a request", NULL, 0, UNIT_NS, (double)gets);
    r->ours = h1_ours;
    must_answer(h1_ours, NULL, gets);
}

/* ---- WebSocket messages, echoed ------------------------------------------------------ */

enum { MESSAGES = 64, MESSAGE = 120, TOGETHER = 8 };
static octets ws_octets;
static const char ws_handshake[] =
    "GET /ws HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

static void ws_make(octets *o)
{
    size_t i, k;
    o->p = (unsigned char *)bench_memory(MESSAGES * (MESSAGE + 14));
    for (i = 0; i < MESSAGES; i++) {
        h2neg_ws_frame f = {1, 0, H2NEG_WS_TEXT, 1, {0, 0, 0, 0}, MESSAGE};
        for (k = 0; k < 4; k++)
            f.key[k] = (unsigned char)corpus_random(256);
        o->len += (size_t)h2neg_ws_frame_write(o->p + o->len, 14, &f);
        h2neg_ws_mask(o->p + o->len, corpus_texts[TEXT_ASCII].ptr + i * MESSAGE, MESSAGE, f.key, 0);
        o->len += MESSAGE;
        if (i % TOGETHER == TOGETHER - 1)
            o->ends[o->reads++] = o->len;
    }
}

static h2neg_conn *ws_open(void)
{
    h2neg_conn *c = h2neg_conn_new(NULL);
    h2neg_feed(c, ws_handshake, sizeof ws_handshake - 1);
    serve(c);
    return c;
}

static void ws_ours(const void *with)
{
    const octets *o = (const octets *)with;
    static h2neg_conn *c;
    if (!c)
        c = ws_open();
    serve_reads(c, o, 0, o->reads);
}

#ifdef WITH_WSLAY
static size_t ws_at, ws_end;

static ssize_t ws_recv(wslay_event_context_ptr ctx, uint8_t *out, size_t len, int flags, void *user)
{
    size_t left = ws_end - ws_at, n = left < len ? left : len;
    (void)flags, (void)user;
    if (n == 0) {
        wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    memcpy(out, ws_octets.p + ws_at, n);
    ws_at += n;
    return (ssize_t)n;
}

static ssize_t ws_send(wslay_event_context_ptr ctx, const uint8_t *p, size_t len, int flags,
                       void *user)
{
    (void)ctx, (void)flags, (void)user;
    bench_sink += p[0];
    out_octets += len;
    return (ssize_t)len;
}

static void ws_message(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *arg,
                       void *user)
{
    struct wslay_event_msg m;
    (void)user;
    m.opcode = arg->opcode;
    m.msg = arg->msg;
    m.msg_length = arg->msg_length;
    if (wslay_event_queue_msg(ctx, &m) == 0)
        answers++;
}

static wslay_event_context_ptr ws_wslay(void)
{
    static const struct wslay_event_callbacks calls = {ws_recv, ws_send, NULL,      NULL,
                                                       NULL,    NULL,    ws_message};
    wslay_event_context_ptr ctx;
    bench_must(wslay_event_context_server_init(&ctx, &calls, NULL) == 0, "wslay has a context");
    return ctx;
}

static void ws_theirs(const void *with)
{
    const octets *o = (const octets *)with;
    static wslay_event_context_ptr ctx;
    size_t i;
    if (!ctx)
        ctx = ws_wslay();
    for (i = 0; i < o->reads; i++) {
        ws_at = i ? o->ends[i - 1] : 0;
        ws_end = o->ends[i];
        if (wslay_event_recv(ctx) != 0 || wslay_event_send(ctx) != 0)
            bench_must(0, "wslay takes the messages");
    }
}
#endif

static void add_ws(void)
{
    bench_row *r = bench_add("WebSocket server, a message of 120", "wslay", 0, UNIT_NS, MESSAGES);
    bench_run theirs = NULL;
#ifdef WITH_WSLAY
    theirs = ws_theirs;
#endif
    ws_make(&ws_octets);
    add_servers(r, &ws_octets, ws_ours, theirs, MESSAGES);
}

/* ---- what an idle connection holds ---------------------------------------------------- */

#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
enum { IDLE = 200 };

enum { IDLE_H1, IDLE_H2_NEW, IDLE_H2, IDLE_WS };

static void *idle_ours(int kind)
{
    h2neg_conn *c = kind == IDLE_WS ? ws_open() : h2neg_conn_new(NULL);
    if (kind == IDLE_H1) {
        h2neg_feed(c, corpus_heads[0].ptr, corpus_heads[0].len);
        serve(c);
    }
    if (kind == IDLE_H2_NEW || kind == IDLE_H2)
        serve_reads(c, &h2_octets, 0, kind == IDLE_H2 ? 2 : 1);
    return c;
}

static void idle_ours_end(void *c)
{
    h2neg_conn_free((h2neg_conn *)c);
}

#ifdef WITH_NGHTTP2
static void *idle_nghttp2(int kind)
{
    nghttp2_session *s = ng_new();
    ng_reads(s, &h2_octets, 0, kind == IDLE_H2 ? 2 : 1);
    return s;
}

static void idle_nghttp2_end(void *s)
{
    nghttp2_session_del((nghttp2_session *)s);
}
#endif

#ifdef WITH_WSLAY
static void *idle_wslay(int kind)
{
    (void)kind;
    return ws_wslay();
}

static void idle_wslay_end(void *ctx)
{
    wslay_event_context_free((wslay_event_context_ptr)ctx);
}
#endif

/* Octets of heap for each, malloc's own counted. */
static double idle_octets(void *(*make)(int kind), void (*end)(void *), int kind)
{
    static void *all[IDLE];
    double before, after;
    size_t i;
    before = (double)mallinfo2().uordblks;
    for (i = 0; i < IDLE; i++)
        all[i] = make(kind);
    after = (double)mallinfo2().uordblks;
    for (i = 0; i < IDLE; i++)
        end(all[i]);
    return (after - before) / IDLE;
}

/* The second read of h2_octets holds BATCH requests; one connection has answered that many. */
static void add_idle(void)
{
    double ng_new_octets = 0, ng_octets = 0, wslay_octets = 0;
#ifdef WITH_NGHTTP2
    ng_new_octets = idle_octets(idle_nghttp2, idle_nghttp2_end, IDLE_H2_NEW);
    ng_octets = idle_octets(idle_nghttp2, idle_nghttp2_end, IDLE_H2);
#endif
#ifdef WITH_WSLAY
    wslay_octets = idle_octets(idle_wslay, idle_wslay_end, IDLE_WS);
#endif
    bench_add_octets("idle HTTP/1.1 connection", NULL,
                     idle_octets(idle_ours, idle_ours_end, IDLE_H1), 0);
    bench_add_octets("idle HTTP/2 connection, no request", "nghttp2",
                     idle_octets(idle_ours, idle_ours_end, IDLE_H2_NEW), ng_new_octets);
    bench_add_octets("idle HTTP/2 connection, after 10", "nghttp2",
                     idle_octets(idle_ours, idle_ours_end, IDLE_H2), ng_octets);
    bench_add_octets("idle WebSocket", "wslay", idle_octets(idle_ours, idle_ours_end, IDLE_WS),
                     wslay_octets);
}
#else
static void add_idle(void)
{
}
#endif

void rows_connections(void)
{
    add_h2();
    add_pair();
    add_h1();
    add_ws();
    add_idle();
}
