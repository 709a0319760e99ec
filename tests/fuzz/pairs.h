/* pairs.h: a fuzz target of two connections of ours with a pipe each way. The input chooses the
   protocol, the limits, the pipe's size, what the client asks for and in what portions octets move;
   whatever it chooses, every exchange ends, and each octet that was sent arrives. Include it behind
   conn.h and conns.h. */
#ifndef FUZZ_PAIRS_H
#define FUZZ_PAIRS_H

enum { TALKS = 12 };
enum {              /* what one is */
       TALK_STREAM, /* GET of a body that the server sends in runs */
       TALK_BODY,   /* ... that it lends */
       TALK_ECHO,   /* POST, echoed as it comes */
       TALK_UPLOAD, /* POST of a lent body, answered at its end */
       TALK_HEAD,
       TALK_WS, /* messages, echoed */
       TALK_KINDS
};

typedef struct talk {
    int kind, asked, ended, done;
    uint32_t id;
    size_t size, got, messages, back;
    job up; /* TALK_ECHO: what is sent */
} talk;

typedef struct pairing {
    pair p;
    talk talks[TALKS];
    size_t count, next;
    int resets; /* the input may end streams */
    const char *lent;
} pairing;

static talk *talk_of(pairing *g, uint32_t id)
{
    size_t i;
    for (i = 0; i < g->count; i++)
        if (g->talks[i].asked && g->talks[i].id == id)
            return &g->talks[i];
    return NULL;
}

/* Messages of a WebSocket: `size` octets each but the last ones, which are shorter. */
static void talk_ws_send(side *s, talk *t)
{
    static char text[4096];
    memset(text, 'w', sizeof text);
    while (t->messages < 3) {
        size_t n = t->size % sizeof text / (t->messages + 1), left = n - t->up.sent;
        ptrdiff_t k = h2neg_ws_send(s->c, t->id, H2NEG_WS_TEXT, text, left, 0);
        if (k < 0) {
            MUST(k == H2NEG_ERR_AGAIN);
            return;
        }
        MUST((size_t)k <= left);
        t->up.sent += (size_t)k;
        if ((size_t)k < left)
            return;
        t->up.sent = 0;
        t->messages++;
    }
}

static void talk_start(side *s, pairing *g)
{
    while (g->next < g->count) {
        talk *t = &g->talks[g->next];
        char path[32];
        h2neg_message m;
        int r;
        snprintf(path, sizeof path, t->kind == TALK_BODY ? "/body/%lu" : "/stream/%lu",
                 (unsigned long)t->size);
        m = message_get(t->kind == TALK_ECHO     ? "/echo"
                        : t->kind == TALK_UPLOAD ? "/end"
                        : t->kind == TALK_WS     ? "/ws"
                                                 : path);
        if (t->kind == TALK_ECHO || t->kind == TALK_UPLOAD)
            m.method = h2neg_s("POST");
        if (t->kind == TALK_HEAD)
            m.method = h2neg_s("HEAD");
        if (t->kind == TALK_WS)
            m.upgrade = h2neg_s("websocket");
        if (t->kind == TALK_UPLOAD && t->size) {
            m.body = g->lent;
            m.body_len = t->size;
        }
        r = side_request(s, &m, t->kind == TALK_ECHO ? H2NEG_MORE : 0, &t->id);
        if (r == H2NEG_ERR_AGAIN)
            return;
        g->next++;
        if (r < 0) { /* a connection that takes no more: the other talks were had */
            t->ended = t->done = 1;
            MUST(r == H2NEG_ERR_CLOSED || r == H2NEG_ERR_NOT_SUPPORTED || g->resets);
            continue;
        }
        t->asked = 1;
        if (t->kind == TALK_ECHO) {
            t->up.stream = t->id;
            t->up.kind = JOB_STREAM;
            t->up.direction = 1;
            t->up.total = t->size;
            app_pump(s, &t->up);
        }
    }
}

static void talk_data(pairing *g, talk *t, const h2neg_event *ev)
{
    size_t i;
    for (i = 0; i < ev->data.len; i++) {
        unsigned char is = (unsigned char)ev->data.ptr[i];
        if (t->kind == TALK_STREAM)
            MUST(is == pattern(t->id, 0, t->got + i));
        if (t->kind == TALK_BODY)
            MUST(is == pattern(1, 0, t->got + i));
        if (t->kind == TALK_ECHO)
            MUST(is == pattern(t->id, 1, t->got + i));
    }
    (void)g;
    t->got += ev->data.len;
}

static void talk_done(pairing *g, talk *t, const h2neg_event *ev)
{
    t->done = 1;
    if (g->resets || (ev->retry && ev->code == H2NEG_REFUSED_STREAM))
        return; /* more than the server takes, asked for before it said so */
    if (ev->code)
        fprintf(stderr, "stream %u ended with %u %s\n", (unsigned)ev->stream, (unsigned)ev->code,
                h2neg_error_name(ev->error.code));
    MUST(ev->code == 0 && t->ended);
    if (t->kind == TALK_STREAM || t->kind == TALK_BODY || t->kind == TALK_ECHO)
        MUST(t->got == t->size);
    if (t->kind == TALK_WS)
        MUST(t->messages == 3 && t->back == 3);
}

static int talk_hook(side *s, const h2neg_event *ev)
{
    pairing *g = (pairing *)s->arg;
    talk *t = talk_of(g, ev->stream);
    h2neg__balance(s->c);
    switch (ev->type) {
    case H2NEG_EV_OPEN:
        if (t)
            talk_ws_send(s, t);
        break;
    case H2NEG_EV_DATA:
        if (t)
            talk_data(g, t, ev);
        break;
    case H2NEG_EV_WS_MESSAGE:
        if (t && !ev->more && ++t->back == 3)
            h2neg_ws_close(s->c, ev->stream, 1000, "");
        break;
    case H2NEG_EV_WS_CLOSE:
        if (t) {
            MUST(g->resets || ev->code == 1000);
            t->ended = 1;
        }
        break;
    case H2NEG_EV_END:
        if (t)
            t->ended = 1;
        break;
    case H2NEG_EV_WRITABLE:
        if (t && t->kind == TALK_ECHO)
            app_pump(s, &t->up);
        if (t && t->kind == TALK_WS)
            talk_ws_send(s, t);
        break;
    case H2NEG_EV_DONE:
        if (t)
            talk_done(g, t, ev);
        break;
    default: break;
    }
    talk_start(s, g);
    return 1;
}

static int talk_balance(side *s, const h2neg_event *ev)
{
    (void)ev;
    h2neg__balance(s->c);
    return 0; /* the small application of conn.h answers */
}

/* At most `n` octets into the pipe, or out of it. */
static void duct_some(side *s, duct *d, size_t n, int out)
{
    size_t len = d->len, cap = d->cap;
    if (out) {
        d->cap = cap - len < n ? cap : len + n;
        duct_write(s, d);
        d->cap = cap;
    } else {
        size_t most = s->max_input;
        s->max_input = n && n < most ? n : most;
        duct_read(s, d);
        s->max_input = most;
    }
    side_events(s);
    h2neg__balance(s->c);
}

static void pair_config(h2neg_config *g, unsigned v, unsigned w, int client)
{
    memset(g, 0, sizeof *g);
    g->role = client ? H2NEG_CLIENT : H2NEG_SERVER;
    g->protocols = (v & 3) == 0   ? H2NEG_HTTP1 | H2NEG_WEBSOCKET
                   : (v & 3) == 1 ? H2NEG_HTTP1 | H2NEG_H2C
                                  : H2NEG_PRIOR | H2NEG_WEBSOCKET;
    g->max_output_pending = w & 1 ? 8192 : 16384;
    g->max_input = w & 2 ? 100 : 4096;
    if (w & 4)
        g->initial_window = 16 + (w >> 4) * 97;
    if (w & 8)
        g->max_concurrent_streams = 2;
    g->random_fn = test_random;
    g->max_message = 8192;
    g->overhead_slack = UINT32_MAX - 1; /* windows of one octet are a waste, and asked for */
    g->window_update_slack = 1u << 29;
    g->max_consecutive_empty = 1000;
}

static void fuzz_pair(const unsigned char *data, size_t size)
{
    static char lent[20000];
    pairing *g = (pairing *)calloc(1, sizeof *g);
    h2neg_config client, server;
    feed f;
    unsigned v, w, x, i, how;
    size_t cap, rounds = 0;
    if (!g)
        abort();
    f.p = data;
    f.len = size < 600 ? size : 600;
    v = feed_octet(&f);
    w = feed_octet(&f);
    x = feed_octet(&f);
    how = feed_octet(&f);
    cap = 1 + feed_u16(&f) % 5000;
    pair_config(&client, v, w, 1);
    pair_config(&server, v, x, 0);
    check_failures = 0;
    pair_init(&g->p, &client, &server, cap);
    h2neg_conn_free(g->p.client.c); /* once more, with the counter of its own random octets */
    client.random_user = &g->p.client.random;
    g->p.client.c = h2neg_conn_new(&client);
    g->p.client.max_input = client.max_input;
    g->p.server.max_input = server.max_input;
    g->lent = lent;
    g->resets = how & 1;
    g->p.client.hook = talk_hook;
    g->p.client.arg = g;
    g->p.server.hook = talk_balance;
    g->p.client.lenient = g->p.server.lenient = g->resets;
    g->count = how >> 1 & 7;
    g->count = g->count ? g->count : 1;
    for (i = 0; i < g->count; i++) {
        unsigned kind = feed_octet(&f);
        g->talks[i].kind = (int)(kind % TALK_KINDS);
        /* through a narrow pipe a long body takes too many turns to search with */
        g->talks[i].size = feed_u16(&f) % (kind & 128 && cap >= 64 ? 20000 : 2000);
        if ((v & 3) == 1 && g->talks[i].kind == TALK_WS)
            g->talks[i].kind = TALK_BODY;
        if ((v & 3) == 0 && i + 1 < g->count && g->talks[i].kind == TALK_WS)
            g->talks[i].kind = TALK_ECHO; /* over HTTP/1 it is the last */
    }
    talk_start(&g->p.client, g);
    while (f.len) {
        unsigned op = feed_octet(&f);
        size_t n = (size_t)feed_octet(&f) * (op & 64 ? 16 : 1);
        switch (op & 7) {
        case 0:
        case 1: duct_some(&g->p.client, &g->p.up, n, 1); break;
        case 2: duct_some(&g->p.server, &g->p.up, n, 0); break;
        case 3:
        case 4: duct_some(&g->p.server, &g->p.down, n, 1); break;
        case 5: duct_some(&g->p.client, &g->p.down, n, 0); break;
        case 6: h2neg_hold(op & 8 ? g->p.client.c : g->p.server.c, n & 15, op >> 4 & 1); break;
        default:
            if (g->resets)
                h2neg_reset(op & 8 ? g->p.client.c : g->p.server.c, n & 15, H2NEG_CANCEL);
            else
                h2neg_ping(op & 8 ? g->p.client.c : g->p.server.c, "abcdefgh");
        }
        h2neg__balance(g->p.client.c);
        h2neg__balance(g->p.server.c);
    }
    for (i = 1; i < 2 * TALKS + 2; i += 2) { /* nothing is held for good */
        h2neg_hold(g->p.client.c, i, 0);
        h2neg_hold(g->p.server.c, i, 0);
    }
    do {
        talk_start(&g->p.client, g);
        MUST(++rounds < 2000000); /* pipes of one octet and windows of 16 took 530,000 */
    } while (pair_turn(&g->p));
    for (i = 0; i < g->count && !g->resets; i++)
        MUST(g->talks[i].done);
    MUST(g->p.client.opened == g->p.client.done);
    h2neg_shutdown(g->p.client.c);
    pair_run(&g->p);
    if (!g->resets)
        MUST(g->p.server.opened == g->p.server.done);
    MUST(check_failures == 0);
    pair_free(&g->p);
    free(g);
}

#endif
