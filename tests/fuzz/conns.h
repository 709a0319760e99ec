/* conns.h: fuzz targets of connections, both roles, each way that leads to a protocol. Include it
   behind base.h and the tests' check.h and conn.h.

   Eight octets choose limits, what the application does, cuts, a failing allocation and how it
   ends; the rest is what the peer says behind a good opening. It is played whole, octet by octet
   and at cuts, and must give the same events and the same octets; with one allocation failing, in a
   placed block and to a slow reader, where the rules of events and the balance must hold. */
#ifndef FUZZ_CONNS_H
#define FUZZ_CONNS_H

enum { CONN_HEAD = 8 };

/* What the first octets choose. */
enum {                 /* [0] */
       WITH_SMALL = 1, /* small limits */
       WITH_RAW = 2,   /* no opening: the input is everything that the peer says */
       WITH_PIECES = 4,
       WITH_NO_PONG = 8,
       WITH_NO_CONTINUE = 16,
       WITH_LENIENT = 32,
       WITH_CODEC = 64,
       WITH_ALL = 128, /* every protocol bit */
       /* [5], whose low three bits say how it ends */
       WITH_COMMON = 8,    /* common fields */
       WITH_WINDOW = 16,   /* the codec has small windows and no context takeover */
       WITH_NO_RANDOM = 32 /* random_fn gives nothing behind the first key */
};

/* Frames of these types are shorthand in the input, so that little of it can say much. */
enum {
    SHORT_DATA = 0xfb, /* payload N (2 octets): DATA of N octets */
    SHORT_AGAIN = 0xfc /* payload N (1 octet): the frame behind it, N times */
};

/* How one target comes to its protocol. */
typedef struct way {
    int client;
    unsigned protocols;
    const char *alpn;                 /* NULL: cleartext */
    void (*open)(buf *b, int frames); /* what the peer says first */
    int ws;                           /* a WebSocket is opened first; 2: over HTTP/2 */
    int h2c;                          /* client: its first request offers h2c */
    int frames;                       /* the input is HTTP/2 frames */
} way;

/* ---- openings ------------------------------------------------------------ */

#define WAY_ACCEPTED                                                                               \
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"            \
    "Sec-WebSocket-Accept: " WS_ACCEPTED "\r\n"

static void open_nothing(buf *b, int codec)
{
    (void)b;
    (void)codec;
}

static void open_preface(buf *b, int codec)
{
    (void)codec;
    put_preface(b, "4=100000");
    put_ack(b);
}

static void open_settings(buf *b, int codec)
{
    (void)codec;
    put_settings(b, "8=1 3=20");
    put_ack(b);
}

static void open_h2c(buf *b, int codec)
{
    (void)codec;
    buf_text(b, "GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");
    put_preface(b, "");
}

static void open_switched(buf *b, int codec)
{
    (void)codec;
    buf_text(b, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
    put_settings(b, "3=20");
}

#define WAY_DEFLATE "permessage-deflate"
static void open_ws(buf *b, int codec)
{
    buf_text(b, "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " WS_ASKED "\r\n");
    buf_text(b, codec ? "Sec-WebSocket-Extensions: " WAY_DEFLATE "\r\n\r\n" : "\r\n");
}

static void open_ws_answer(buf *b, int codec)
{
    buf_text(b, WAY_ACCEPTED);
    buf_text(b, codec ? "Sec-WebSocket-Extensions: " WAY_DEFLATE "\r\n\r\n" : "\r\n");
}

static void open_ws_h2(buf *b, int codec)
{
    put_preface(b, "4=1000000");
    put_ack(b);
    put_headers(b, 1, HEADS,
                codec ? ":method: CONNECT\n:protocol: websocket\n:scheme: http\n:authority: a\n"
                        ":path: /ws\nsec-websocket-version: 13\n"
                        "sec-websocket-extensions: " WAY_DEFLATE "\n"
                      : ":method: CONNECT\n:protocol: websocket\n:scheme: http\n:authority: a\n"
                        ":path: /ws\nsec-websocket-version: 13\n");
}

static void open_ws_h2_answer(buf *b, int codec)
{
    put_settings(b, "8=1 4=1000000");
    put_ack(b);
    put_response(b, 1, 0, 200, codec ? "sec-websocket-extensions: " WAY_DEFLATE "\n" : "");
}

enum {
    WAY_H1,
    WAY_H1_CLIENT,
    WAY_H2,
    WAY_H2_CLIENT,
    WAY_ALPN,
    WAY_ALPN_CLIENT,
    WAY_H2C,
    WAY_H2C_CLIENT,
    WAY_WS,
    WAY_WS_CLIENT,
    WAY_WS_H2,
    WAY_WS_H2_CLIENT,
    WAYS
};
#define WAY_ALL (H2NEG_PROTOCOLS_DEFAULT | H2NEG_H2C)
static const way ways[WAYS] = {
    {0, WAY_ALL, NULL, open_nothing, 0, 0, 0},
    {1, H2NEG_HTTP1 | H2NEG_WEBSOCKET, NULL, open_nothing, 0, 0, 0},
    {0, H2NEG_PRIOR | H2NEG_WEBSOCKET, NULL, open_preface, 0, 0, 1},
    {1, H2NEG_PRIOR | H2NEG_WEBSOCKET, NULL, open_settings, 0, 0, 1},
    {0, WAY_ALL, "h2", open_preface, 0, 0, 1},
    {1, WAY_ALL, "h2", open_settings, 0, 0, 1},
    {0, WAY_ALL, NULL, open_h2c, 0, 0, 1},
    {1, H2NEG_HTTP1 | H2NEG_H2C, NULL, open_switched, 0, 1, 1},
    {0, H2NEG_HTTP1 | H2NEG_WEBSOCKET, NULL, open_ws, 1, 0, 0},
    {1, H2NEG_HTTP1 | H2NEG_WEBSOCKET, NULL, open_ws_answer, 1, 0, 0},
    {0, H2NEG_PRIOR | H2NEG_WEBSOCKET, NULL, open_ws_h2, 2, 0, 1},
    {1, H2NEG_PRIOR | H2NEG_WEBSOCKET, NULL, open_ws_h2_answer, 2, 0, 1}};

/* ---- a codec that stands in for DEFLATE ---------------------------------- */

/* Octets are themselves; 0x80 to 0xfd become up to 126 * 4 others, 0xfe is malformed, 0 and 0xff
   (an empty stored block has them) are nothing. Contexts are counted. */
typedef struct toy {
    long open;
    size_t left; /* of a run that goes on */
} toy;

static long toy_contexts;

static void *toy_open(void *user, int compress, int bits)
{
    toy *t = (toy *)calloc(1, sizeof *t);
    (void)user;
    (void)compress;
    MUST(bits >= 8 && bits <= 15);
    if (!t)
        abort();
    toy_contexts++;
    return t;
}

static int toy_run(void *user, void *context, int compress, const void *in, size_t *in_len,
                   void *out, size_t *out_len, int end)
{
    const unsigned char *p = (const unsigned char *)in;
    unsigned char *w = (unsigned char *)out;
    toy *t = (toy *)context;
    size_t at = 0, put = 0;
    (void)user;
    MUST(t && (in || *in_len == 0));
    if (compress) {
        MUST(end);
        MUST(*out_len >= *in_len + *in_len / 7 + 64);
        for (; at < *in_len; at++)
            if (p[at] && p[at] < 0x80)
                w[put++] = p[at];
        memcpy(w + put, "\0\0\xff\xff", 4);
        *out_len = put + 4;
        return 0;
    }
    for (;;) {
        while (t->left && put < *out_len) {
            w[put++] = 'r';
            t->left--;
        }
        if (t->left || at == *in_len)
            break;
        if (p[at] == 0xfe)
            return -1;
        if (p[at] >= 0x80 && p[at] != 0xff)
            t->left = (size_t)(p[at] - 0x7f) * 4;
        else if (p[at] && p[at] < 0x80 && put == *out_len)
            break;
        else if (p[at] && p[at] < 0x80)
            w[put++] = p[at];
        at++;
    }
    *in_len = at;
    *out_len = put;
    return 0;
}

static void toy_reset(void *user, void *context, int compress)
{
    (void)user;
    (void)compress;
    ((toy *)context)->left = 0;
}

static void toy_close(void *user, void *context, int compress)
{
    (void)user;
    (void)compress;
    free(context);
    toy_contexts--;
}

static const h2neg_ws_codec toy_codec = {NULL, toy_open, toy_run, toy_reset, toy_close};

/* ---- the application ----------------------------------------------------- */

typedef struct app {
    const unsigned char *head; /* the eight octets */
    const way *w;
    unsigned events, requests, messages;
    size_t said; /* octets that it gave to the connection, at most */
    uint32_t waits;
    int finishing;
} app;

/* Octets to send: a pattern that is made once. */
static const char *app_octets(void)
{
    static char octets[4096];
    size_t i;
    for (i = 0; !octets[0] && i < sizeof octets; i++)
        octets[sizeof octets - 1 - i] = (char)('a' + i % 26);
    return octets;
}

static unsigned app_choice(const app *a, uint32_t stream)
{
    uint32_t v = (stream * 2654435761u) ^ ((uint32_t)a->head[2] * 40503u);
    return (v >> 7 ^ v >> 17) & 0xffff;
}

static void app_say(app *a, size_t n)
{
    a->said += n + 700;
}

/* A path may say what it wants: /0 to /f, like the choices below; or the seed does. */
static unsigned app_kind(const app *a, const h2neg_event *ev)
{
    if (ev->path.len == 2 && ev->path.ptr[1] >= '0' && ev->path.ptr[1] <= '9')
        return (unsigned)ev->path.ptr[1] - '0';
    if (ev->path.len == 2 && ev->path.ptr[1] >= 'a' && ev->path.ptr[1] <= 'f')
        return (unsigned)ev->path.ptr[1] - 'a' + 10;
    return app_choice(a, ev->stream) % 16;
}

static void app_whole(side *s, app *a, uint32_t stream, int status, size_t n, unsigned flags)
{
    h2neg_message m = message_status(status);
    m.body = app_octets();
    m.body_len = n;
    app_say(a, n);
    h2neg_respond(s->c, stream, &m, flags);
}

static void app_on_request(side *s, app *a, const h2neg_event *ev)
{
    uint32_t id = ev->stream;
    h2neg_field f = h2neg_f("x-sum", "5");
    app_say(a, 0);
    h2neg_set_user(s->c, id, a);
    if (ev->upgrade.len || h2neg_is(ev->method, "CONNECT")) {
        static const char *const ours[] = {"superchat", "chat"};
        const char *choice =
            ev->websocket ? h2neg_ws_subprotocol(ours, 2, ev->fields, ev->field_count) : NULL;
        unsigned kind = app_kind(a, ev) % 4;
        app_say(a, 300);
        if (ev->websocket && !(a->head[1] & 3))
            h2neg_accept(s->c, id, choice, NULL, 0);
        else if (kind == 0)
            a->waits = id;
        else if (kind == 1)
            h2neg_reply(s->c, id, 403, NULL, "no", 2);
        else if (h2neg_accept(s->c, id, choice, &f, 1) < 0)
            h2neg_reply(s->c, id, 200, NULL, "plain", 5);
        return;
    }
    switch (app_kind(a, ev)) {
    case 0:
    case 1:
    case 2: h2neg_reply(s->c, id, 200, "text/plain", "hello", 5); break;
    case 3: app_whole(s, a, id, 200, 3000, 0); break;
    case 4:
        app_whole(s, a, id, 200, 0, H2NEG_MORE);
        h2neg_send(s->c, id, "hello", 5, H2NEG_MORE);
        h2neg_trailers(s->c, id, &f, 1);
        break;
    case 5: h2neg_reset(s->c, id, H2NEG_CANCEL); break;
    case 6:
        app_whole(s, a, id, 103, 0, 0);
        app_whole(s, a, id, 200, 9, 0);
        break;
    case 7: h2neg_hold(s->c, id, 1); break;
    case 8:
        h2neg_keep(s->c, id, 1);
        h2neg_reply(s->c, id, 404, NULL, NULL, 0);
        break;
    case 9: app_whole(s, a, id, 204, 0, 0); break;
    case 12:
        h2neg_ping(s->c, "12345678");
        app_say(a, 3000);
        h2neg_reply(s->c, id, 200, NULL, app_octets(), 3000);
        break;
    case 13:
        h2neg_shutdown(s->c);
        h2neg_reply(s->c, id, 200, NULL, NULL, 0);
        break;
    case 10: app_whole(s, a, id, 200, 10, H2NEG_LAST); break;
    case 11: app_whole(s, a, id, 200, 0, H2NEG_MORE); break; /* ends at END */
    default: break;                                          /* answered at END */
    }
}

static void app_on_end(side *s, app *a, const h2neg_event *ev)
{
    app_say(a, 10);
    h2neg_hold(s->c, ev->stream, 0);
    if (h2neg_send(s->c, ev->stream, "bye", 3, 0) >= 0)
        return;
    if (!s->client && app_choice(a, ev->stream) % 8)
        h2neg_reply(s->c, ev->stream, 200, NULL, "at end", 6);
}

/* A client's next request: GET, HEAD, POST with a body, a tunnel, a WebSocket. */
static int app_ask(side *s, app *a)
{
    static const char *const uploads[] = {"POST", "PUT"};
    h2neg_message m = message_get("/a");
    unsigned kind = a->head[7] ^ (a->requests * 5);
    unsigned flags = 0;
    uint32_t id = 0;
    int r;
    if (a->w->ws && a->requests == 0) {
        m.authority = h2neg_s("a");
        m.upgrade = h2neg_s("websocket");
        m.subprotocols = h2neg_s(a->head[7] & 1 ? "chat, superchat" : "");
    } else if ((kind & 7) == 1) {
        m.method = h2neg_s("HEAD");
    } else if ((kind & 7) == 2) {
        m.method = h2neg_s(uploads[kind >> 3 & 1]);
        m.body = app_octets();
        m.body_len = 2000;
    } else if ((kind & 7) == 3) {
        m.method = h2neg_s("POST");
        flags = H2NEG_MORE;
    } else if ((kind & 7) == 4 && !a->w->h2c) {
        m.method = h2neg_s("CONNECT");
        m.authority = h2neg_s("b:80");
    } else if ((kind & 7) == 5 && !a->w->h2c) {
        m.upgrade = h2neg_s("foo");
    } else if ((kind & 7) == 6 && !a->w->h2c) {
        m.upgrade = h2neg_s("websocket");
    }
    app_say(a, m.body_len);
    r = side_request(s, &m, flags, &id);
    if (r < 0)
        return 0;
    a->requests++;
    h2neg_set_user(s->c, id, a);
    if (flags)
        h2neg_send(s->c, id, "hello", 5, kind & 8 ? H2NEG_MORE : 0);
    return 1;
}

static void app_on_message(side *s, app *a, const h2neg_event *ev)
{
    unsigned n = ++a->messages, kind = a->head[1] >> 2 & 7;
    if (a->head[0] & WITH_PIECES || a->messages > 200)
        return; /* what is sent would follow the cuts */
    app_say(a, 1000);
    if (kind == 1 || kind == 2)
        h2neg_ws_send(s->c, ev->stream, ev->opcode, ev->data.ptr,
                      ev->data.len < 600 ? ev->data.len : 600, kind == 2 ? H2NEG_MORE : 0);
    if (kind == 3)
        h2neg_ws_send(s->c, ev->stream, H2NEG_WS_PING, "p", 1, 0);
    if (kind == 4 && n == 2)
        h2neg_ws_close(s->c, ev->stream, 1000, "enough");
    if (kind == 5 && n == 1)
        h2neg_ws_close(s->c, ev->stream, 0, NULL);
    if (kind == 6 && n == 3)
        h2neg_reset(s->c, ev->stream, H2NEG_CANCEL);
}

/* What was left waiting is taken up with a later event. */
static void app_later(side *s, app *a)
{
    uint32_t id = a->waits;
    a->waits = 0;
    if (id) {
        app_say(a, 300);
        if (h2neg_accept(s->c, id, NULL, NULL, 0) < 0)
            h2neg_reply(s->c, id, 200, NULL, NULL, 0);
    }
}

static int app_hook(side *s, const h2neg_event *ev)
{
    app *a = (app *)s->arg;
    h2neg__balance(s->c);
    a->events++;
    MUST(ev->user == NULL || ev->user == a);
    MUST(a->events <=
         200 + 16 * (a->requests + (size_t)s->opened + s->c->in_total + a->said / 100));
    if (a->finishing)
        return 1;
    if (ev->type != H2NEG_EV_REQUEST && ev->type != H2NEG_EV_WRITABLE && ev->type != H2NEG_EV_DATA)
        app_later(s, a);
    switch (ev->type) {
    case H2NEG_EV_REQUEST: app_on_request(s, a, ev); break;
    case H2NEG_EV_END: app_on_end(s, a, ev); break;
    case H2NEG_EV_WS_MESSAGE: app_on_message(s, a, ev); break;
    case H2NEG_EV_DONE:
        if (!s->client && ev->stream % 3 == 0)
            h2neg_keep(s->c, ev->stream, 0);
        if (s->client && a->requests < 6 && !a->w->ws)
            app_ask(s, a);
        break;
    default: break;
    }
    h2neg__balance(s->c);
    return 1;
}

/* ---- one way to play it -------------------------------------------------- */

enum { PLAY_WHOLE, PLAY_ONES, PLAY_CUTS, PLAY_FAIL, PLAY_PLACED, PLAY_SLOW };

typedef struct play {
    buf events, out;
    long allocations;
} play;

/* The tests' octets for the first key, and then nothing. */
static int random_once(void *user, void *out, size_t len)
{
    return *(unsigned *)user < 1 && test_random(user, out, len);
}

static void conn_config(h2neg_config *g, const way *w, const unsigned char *head)
{
    memset(g, 0, sizeof *g);
    g->role = w->client ? H2NEG_CLIENT : H2NEG_SERVER;
    g->protocols = head[0] & WITH_ALL && !w->client ? (unsigned)WAY_ALL : w->protocols;
    g->tls = w->alpn != NULL;
    g->ws_pieces = (head[0] & WITH_PIECES) != 0;
    g->no_auto_pong = (head[0] & WITH_NO_PONG) != 0;
    g->no_auto_continue = (head[0] & WITH_NO_CONTINUE) != 0;
    g->lenient = head[0] & WITH_LENIENT ? 7 : 0;
    g->ws_codec = head[0] & WITH_CODEC ? &toy_codec : NULL;
    g->random_fn = head[5] & WITH_NO_RANDOM ? random_once : test_random;
    if (head[5] & WITH_COMMON) {
        static h2neg_field common[2];
        common[0] = h2neg_f("date", "today");
        common[1] = h2neg_f("x-sum", "common");
        g->common_fields = common;
        g->common_field_count = 2;
    }
    if (head[5] & WITH_WINDOW) {
        g->ws_deflate.server_no_context_takeover = 1;
        g->ws_deflate.client_no_context_takeover = 1;
        g->ws_deflate.server_max_window_bits = 9;
        g->ws_deflate.client_max_window_bits = 10;
    }
    g->max_output_pending = 16384; /* parts of no more than is needed: it is quicker */
    g->max_header_list = 8192;
    g->max_message = 65536;
    if (head[0] & WITH_SMALL) {
        g->max_header_list = 600;
        g->max_header_fields = 8;
        g->max_cookie_crumbs = 4;
        g->max_field_line = 100;
        g->max_request_line = 100;
        g->max_concurrent_streams = 4;
        g->max_queued = 1024;
        g->max_output_pending = 8192;
        g->max_input = 512;
        g->max_chunk_line = 32;
        g->chunk_overhead = 64;
        g->drain_octets = 100;
        g->max_upgrade_body = 100;
        g->max_content_length = 5000;
        g->initial_window = 2000;
        g->reset_budget = 4;
        g->max_continuations = 3;
        g->max_consecutive_empty = 3;
        g->max_settings_entries = 4;
        g->window_update_slack = 2;
        g->max_message = 1000;
        g->max_ws_streams = 2;
        g->max_ws_empty = 3;
        g->overhead_slack = 500;
        g->overhead_ratio = 2;
        g->max_informational = 2;
        g->max_requests = 5;
        g->hpack_decoder_table = 256;
        g->hpack_encoder_table = 256;
    }
    g->ws_origin.origin = H2NEG_ORIGIN_SAME;
}

/* Frames, with the shorthand written out. */
static void conn_frames(buf *b, const unsigned char *p, size_t n)
{
    size_t repeat = 1;
    while (n) {
        size_t len = n < 9 ? n : 9 + ((size_t)p[0] << 16 | (size_t)p[1] << 8 | p[2]);
        if (len > n)
            len = n;
        if (len >= 11 && p[3] == SHORT_DATA) {
            size_t size = ((size_t)p[9] << 8 | p[10]) & 0x7fff;
            for (; repeat; repeat--)
                put_bulk(b, get_u32((const char *)p + 5), p[4], size);
        } else if (len >= 10 && p[3] == SHORT_AGAIN) {
            repeat = p[9] + (size_t)1;
            p += len;
            n -= len;
            continue;
        } else {
            for (; repeat && b->len < 200000; repeat--)
                buf_add(b, p, len);
        }
        repeat = 1;
        p += len;
        n -= len;
        if (b->len > 200000)
            return;
    }
}

/* The WebSocket's octets, in DATA frames over HTTP/2 where the input says so. */
static void conn_input(buf *b, const way *w, const unsigned char *head, const unsigned char *p,
                       size_t n)
{
    size_t size = head[6] >> 1 ? head[6] >> 1 : 1000;
    if (w->ws == 2 && head[6] & 1 && !(head[0] & WITH_RAW)) {
        while (n) {
            size_t k = n < size ? n : size;
            put_frame(b, 0, 0, 1, p, k);
            p += k;
            n -= k;
        }
        return;
    }
    if (w->frames && !(head[0] & WITH_RAW))
        conn_frames(b, p, n);
    else
        buf_add(b, p, n);
}

static void conn_ending(side *s, const unsigned char *head)
{
    static const uint64_t times[] = {1, 6000, 11000, 21000, 45000, 61000, 130000, 300000};
    size_t i;
    switch (head[5] & 7) {
    case 1: h2neg_eof(s->c); break;
    case 2: h2neg_lost(s->c); break;
    case 3: h2neg_shutdown(s->c); break;
    case 4: h2neg_goaway(s->c, 2); break;
    case 5:
        for (i = 0; i < sizeof times / sizeof times[0]; i++) {
            h2neg_tick(s->c, times[i]);
            h2neg__balance(s->c);
            side_drain(s);
        }
        break;
    default: break;
    }
    h2neg__balance(s->c);
    side_drain(s);
}

/* Behind everything: the transport breaks, every stream has had its DONE, nothing is held. */
static void conn_finish(side *s, app *a, meter *m)
{
    h2neg_event ev;
    a->finishing = 1;
    h2neg_lost(s->c);
    s->no_write = 0;
    side_drain(s);
    h2neg__balance(s->c);
    MUST(h2neg_wants(s->c) == H2NEG_WANT_CLOSE);
    MUST(s->opened == s->done);
    MUST(h2neg_feed(s->c, "x", 1) == 0 && h2neg_next(s->c, &ev) == 0);
    h2neg_conn_free(s->c);
    s->c = NULL;
    MUST(m->live == 0 && m->faults == 0 && toy_contexts == 0);
}

static void conn_play(const way *w, const unsigned char *head, const buf *in, int how, play *r,
                      long fail_at)
{
    side *s = (side *)calloc(1, sizeof *s);
    h2neg_config g;
    app a;
    meter m;
    void *block = NULL;
    size_t bound, at = 0;
    h2neg_info info;
    conn_config(&g, w, head);
    memset(&a, 0, sizeof a);
    memset(&m, 0, sizeof m);
    a.head = head;
    a.w = w;
    if (!s)
        abort();
    g.random_user = &s->random;
    if (how != PLAY_PLACED) {
        g.alloc_fn = meter_fn;
        g.alloc_user = &m;
    }
    m.fail_at = fail_at;
    m.fail_on = head[4] >> 7;
    check_seed = head[3];
    check_failures = 0;
    s->client = w->client;
    s->cut = how == PLAY_ONES ? 1 : how == PLAY_CUTS || how == PLAY_SLOW ? 2 : 0;
    s->max_input = g.max_input;
    s->lenient = 1;
    s->hook = app_hook;
    s->arg = &a;
    s->no_write = how == PLAY_SLOW;
    bound = h2neg_memory_bound(&g);
    if (how == PLAY_PLACED) {
        block = must_alloc(bound);
        s->c = h2neg_conn_place(block, bound, &g);
        MUST(s->c != NULL);
    } else {
        s->c = h2neg_conn_new(&g);
        MUST(s->c || fail_at);
    }
    if (w->alpn && s->c) {
        static const char *const names[] = {"http/1.1", NULL, "spdy/3", "h2c"};
        const char *alpn = head[6] & 3 && head[6] & 64 ? names[head[6] & 3] : w->alpn;
        h2neg_tls_agreed(s->c, alpn, alpn ? strlen(alpn) : 0);
    }
    if (w->client && s->c) {
        unsigned n = w->ws ? 1 : 1 + (head[7] >> 4 & 3);
        while (n-- && app_ask(s, &a))
            ;
    }
    side_drain(s);
    if (w->ws == 2 && w->client && s->c) { /* extended CONNECT waits for SETTINGS */
        buf first = {0, 0, 0};
        if (!(head[0] & WITH_RAW)) {
            put_settings(&first, "8=1 4=1000000");
            side_give(s, first.p, first.len);
        }
        at = first.len;
        app_ask(s, &a);
        side_drain(s);
        buf_free(&first);
    }
    if (how == PLAY_SLOW) { /* in three parts, with a little written in between */
        size_t third = (in->len - at) / 3, i;
        for (i = 0; i < 3; i++) {
            side_give(s, in->p + at, i < 2 ? third : in->len - at);
            at += third;
            s->no_write = 0;
            side_write(s);
            s->no_write = 1;
            h2neg__balance(s->c);
        }
        s->no_write = 0;
    } else {
        side_give(s, in->p + at, in->len - at);
    }
    h2neg__balance(s->c);
    side_drain(s);
    side_give(s, NULL, 0);
    conn_ending(s, head);
    side_give(s, NULL, 0);
    side_data_end(s);
    side_ws_end(s, 1);
    if (s->c) {
        h2neg_conn_info(s->c, &info);
        MUST(how == PLAY_PLACED || info.memory == m.live);
        MUST(m.peak <= bound);
        MUST(info.octets_in <= s->fed && info.octets_out >= s->out.len);
        MUST(s->out.len <= 65536 + 2 * s->fed + a.said);
    }
    r->events = s->events;
    r->out = s->out;
    r->allocations = m.calls;
    memset(&s->events, 0, sizeof s->events);
    memset(&s->out, 0, sizeof s->out);
    conn_finish(s, &a, &m);
    MUST(check_failures == 0);
    side_free(s);
    free(s);
    free(block);
}

static void play_free(play *r)
{
    buf_free(&r->events);
    buf_free(&r->out);
}

static void conn_print(const char *label, const buf *b)
{
    size_t i;
    fprintf(stderr, "--- %s\n", label);
    for (i = 0; i < b->len && i < 6000; i++)
        fprintf(stderr, (b->p[i] >= 32 && b->p[i] < 127) || b->p[i] == '\n' ? "%c" : "\\x%02x",
                (unsigned char)b->p[i]);
    fprintf(stderr, "\n");
}

static void conn_same(const char *what, const buf *a, const buf *b, const char *how)
{
    if (a->len == b->len && (a->len == 0 || memcmp(a->p, b->p, a->len) == 0))
        return;
    fprintf(stderr, "%s differ (%s)\n", what, how);
    conn_print("whole", a);
    conn_print(how, b);
    abort();
}

static void fuzz_conn(const way *w, const unsigned char *data, size_t size)
{
    unsigned char head[CONN_HEAD] = {0};
    buf in = {0, 0, 0};
    play whole, other;
    size_t n = size < CONN_HEAD ? size : CONN_HEAD;
    if (n)
        memcpy(head, data, n);
    if (!(head[0] & WITH_RAW))
        w->open(&in, head[0] & WITH_CODEC);
    if (size - n > 20000)
        size = n + 20000;
    conn_input(&in, w, head, data + n, size - n);
    buf_add(&in, "", 0);
    conn_play(w, head, &in, PLAY_WHOLE, &whole, 0);
    if (in.len <= 6000) {
        conn_play(w, head, &in, PLAY_ONES, &other, 0);
        conn_same("events", &whole.events, &other.events, "octet by octet");
        conn_same("octets", &whole.out, &other.out, "octet by octet");
        play_free(&other);
    }
    conn_play(w, head, &in, PLAY_CUTS, &other, 0);
    conn_same("events", &whole.events, &other.events, "at cuts");
    conn_same("octets", &whole.out, &other.out, "at cuts");
    play_free(&other);
    if (whole.allocations) {
        conn_play(w, head, &in, PLAY_FAIL, &other, 1 + (head[4] & 127) % whole.allocations);
        play_free(&other);
    }
    if (head[0] & WITH_SMALL) {
        conn_play(w, head, &in, PLAY_PLACED, &other, 0);
        conn_same("events", &whole.events, &other.events, "placed");
        play_free(&other);
    }
    if (head[3] & 1) {
        conn_play(w, head, &in, PLAY_SLOW, &other, 0);
        play_free(&other);
    }
    play_free(&whole);
    buf_free(&in);
}

#define CONN_TARGET(name, number)                                                                  \
    static void fuzz_conn_##name(const unsigned char *data, size_t size)                           \
    {                                                                                              \
        fuzz_conn(&ways[number], data, size);                                                      \
    }
CONN_TARGET(h1, WAY_H1)
CONN_TARGET(h1_client, WAY_H1_CLIENT)
CONN_TARGET(h2, WAY_H2)
CONN_TARGET(h2_client, WAY_H2_CLIENT)
CONN_TARGET(alpn, WAY_ALPN)
CONN_TARGET(alpn_client, WAY_ALPN_CLIENT)
CONN_TARGET(h2c, WAY_H2C)
CONN_TARGET(h2c_client, WAY_H2C_CLIENT)
CONN_TARGET(ws, WAY_WS)
CONN_TARGET(ws_client, WAY_WS_CLIENT)
CONN_TARGET(ws_h2, WAY_WS_H2)
CONN_TARGET(ws_h2_client, WAY_WS_H2_CLIENT)
#undef CONN_TARGET

#endif
