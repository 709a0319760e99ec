/* libwslay as the peer of a connection of ours, in memory, both roles: random messages, fragments
   and pings both ways, and a closing handshake. What each says, the other one understands. */
#include <wslay/wslay.h>
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"
#include "ws.h"

enum { MESSAGES = 24 };

typedef struct saying {
    int opcode;
    size_t len;
    unsigned seed;
} saying;

/* One direction: what is said and how much of it has come. */
typedef struct line {
    saying all[MESSAGES];
    size_t count, sent, at, got;
    size_t pings, pongs;
    long wrong;
    int closes, code;
    char reason[124];
} line;

typedef struct meeting {
    side ours;
    uint32_t stream;
    wslay_event_context_ptr peer;
    buf to_peer, from_peer; /* octets under way */
    line up, down;          /* by us; by the peer */
    int handshake;          /* done */
    int whole;              /* the peer reads all that is there */
    unsigned masks;
} meeting;

static char letter(const saying *m, size_t i)
{
    size_t v = i * 31 + (i >> 7) * 17 + m->seed;
    return (char)(m->opcode == H2NEG_WS_TEXT ? 'a' + v % 26 : v);
}

static void say(char *out, const saying *m, size_t at, size_t n)
{
    size_t i;
    for (i = 0; i < n; i++)
        out[i] = letter(m, at + i);
}

static void line_make(line *l)
{
    size_t i;
    l->count = check_random(MESSAGES + 1);
    for (i = 0; i < l->count; i++) {
        static const unsigned sizes[] = {1, 126, 130, 1000, 70000};
        l->all[i].opcode = check_random(2) ? H2NEG_WS_TEXT : H2NEG_WS_BINARY;
        l->all[i].len = check_random(sizes[check_random(5)] + 1);
        l->all[i].seed = check_random(100000);
    }
}

static void line_got(line *l, int opcode, const char *p, size_t n)
{
    const saying *m = &l->all[l->got];
    size_t i;
    if (l->got == l->count || m->opcode != opcode || m->len != n) {
        l->wrong++;
        return;
    }
    for (i = 0; i < n; i++)
        l->wrong += p[i] != letter(m, i);
    l->got++;
}

static void line_close(line *l, int code, const char *reason, size_t n)
{
    l->closes++;
    l->code = code;
    snprintf(l->reason, sizeof l->reason, "%.*s", (int)n, n ? reason : "");
}

/* ---- libwslay ------------------------------------------------------------ */

static ssize_t peer_recv(wslay_event_context_ptr ctx, uint8_t *out, size_t len, int flags,
                         void *user)
{
    meeting *m = (meeting *)user;
    size_t k = m->to_peer.len < len ? m->to_peer.len : len;
    (void)flags;
    if (k == 0) {
        wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    if (!m->whole)
        k = 1 + check_random((unsigned)k);
    memcpy(out, m->to_peer.p, k);
    m->to_peer.len -= k;
    memmove(m->to_peer.p, m->to_peer.p + k, m->to_peer.len);
    return (ssize_t)k;
}

static ssize_t peer_send(wslay_event_context_ptr ctx, const uint8_t *p, size_t len, int flags,
                         void *user)
{
    meeting *m = (meeting *)user;
    size_t k = len > 1 ? 1 + check_random((unsigned)len) : len;
    (void)ctx, (void)flags;
    buf_add(&m->from_peer, p, k);
    return (ssize_t)k;
}

static int peer_mask(wslay_event_context_ptr ctx, uint8_t *out, size_t len, void *user)
{
    (void)ctx;
    return test_random(&((meeting *)user)->masks, out, len) ? 0 : -1;
}

static void peer_message(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *arg,
                         void *user)
{
    meeting *m = (meeting *)user;
    const char *p = (const char *)arg->msg;
    (void)ctx;
    if (arg->opcode == WSLAY_CONNECTION_CLOSE)
        line_close(&m->up, arg->status_code ? arg->status_code : H2NEG_WS_NO_STATUS,
                   arg->msg_length > 2 ? p + 2 : "", arg->msg_length > 2 ? arg->msg_length - 2 : 0);
    else if (arg->opcode == WSLAY_PONG)
        m->down.pongs++;
    else if (arg->opcode != WSLAY_PING)
        line_got(&m->up, arg->opcode, p, arg->msg_length);
}

/* A message in fragments of any size. */
static ssize_t peer_fragment(wslay_event_context_ptr ctx, uint8_t *out, size_t len,
                             const union wslay_event_msg_source *source, int *eof, void *user)
{
    meeting *m = (meeting *)user;
    const saying *s = (const saying *)source->data;
    size_t left = s->len - m->down.at, k = left < len ? left : len;
    (void)ctx;
    if (k > 1)
        k = 1 + check_random((unsigned)k);
    say((char *)out, s, m->down.at, k);
    m->down.at += k;
    *eof = m->down.at == s->len;
    if (*eof)
        m->down.at = 0;
    return (ssize_t)k;
}

static void peer_say(meeting *m, const saying *s)
{
    if (check_random(2)) {
        struct wslay_event_fragmented_msg arg;
        memset(&arg, 0, sizeof arg);
        arg.opcode = (uint8_t)s->opcode;
        arg.source.data = (void *)(uintptr_t)s;
        arg.read_callback = peer_fragment;
        CHECK_INT(wslay_event_queue_fragmented_msg(m->peer, &arg), 0);
    } else {
        struct wslay_event_msg arg;
        char *p = (char *)malloc(s->len + 1);
        say(p, s, 0, s->len);
        arg.opcode = (uint8_t)s->opcode;
        arg.msg = (const uint8_t *)p;
        arg.msg_length = s->len;
        CHECK_INT(wslay_event_queue_msg(m->peer, &arg), 0);
        free(p);
    }
}

static void peer_ping(meeting *m)
{
    struct wslay_event_msg arg;
    arg.opcode = WSLAY_PING;
    arg.msg = (const uint8_t *)"ping";
    arg.msg_length = 4;
    m->down.pings += wslay_event_queue_msg(m->peer, &arg) == 0;
}

static void peer_begin(meeting *m)
{
    struct wslay_event_callbacks calls;
    memset(&calls, 0, sizeof calls);
    calls.recv_callback = peer_recv;
    calls.send_callback = peer_send;
    calls.genmask_callback = peer_mask;
    calls.on_msg_recv_callback = peer_message;
    if (m->ours.client)
        CHECK_INT(wslay_event_context_server_init(&m->peer, &calls, m), 0);
    else
        CHECK_INT(wslay_event_context_client_init(&m->peer, &calls, m), 0);
}

/* ---- ours ---------------------------------------------------------------- */

static void our_more(meeting *m)
{
    line *l = &m->up;
    while (m->stream && l->sent < l->count) {
        const saying *s = &l->all[l->sent];
        char run[3000];
        size_t left = s->len - l->at, n = check_random(sizeof run);
        ptrdiff_t k;
        if (n > left)
            n = left;
        if (check_random(8) == 0 &&
            h2neg_ws_send(m->ours.c, m->stream, H2NEG_WS_PING, "ping", 4, 0) == 0)
            l->pings++;
        say(run, s, l->at, n);
        k = h2neg_ws_send(m->ours.c, m->stream, s->opcode, run, n, n < left ? H2NEG_MORE : 0);
        CHECK(k >= 0 || k == H2NEG_ERR_AGAIN);
        if (k < 0)
            return;
        l->at += (size_t)k;
        if ((size_t)k < n)
            return;
        if (n == left) {
            l->sent++;
            l->at = 0;
        }
    }
}

static int our_hook(side *s, const h2neg_event *ev)
{
    meeting *m = (meeting *)s->arg;
    switch (ev->type) {
    case H2NEG_EV_REQUEST: CHECK_INT(h2neg_accept(s->c, ev->stream, NULL, NULL, 0), 0); break;
    case H2NEG_EV_OPEN: m->stream = ev->stream; break;
    case H2NEG_EV_WS_MESSAGE: line_got(&m->down, ev->opcode, ev->data.ptr, ev->data.len); break;
    case H2NEG_EV_WS_PONG: m->up.pongs++; break;
    case H2NEG_EV_WS_CLOSE:
        line_close(&m->down, (int)ev->code, ev->reason.ptr, ev->reason.len);
        break;
    default: break;
    }
    return 1;
}

/* What we wrote: our handshake is the test's to answer, frames are the peer's. */
static void our_output(meeting *m)
{
    buf *out = &m->ours.out;
    if (!m->handshake) {
        const char *end = out->len ? strstr(out->p, "\r\n\r\n") : NULL;
        size_t n;
        if (!end)
            return;
        n = (size_t)(end + 4 - out->p);
        buf_add(&m->to_peer, out->p + n, out->len - n);
        if (m->ours.client)
            buf_text(&m->from_peer, WS_SWITCHED "\r\n");
        else
            CHECK(strstr(out->p, "HTTP/1.1 101") == out->p && strstr(out->p, WS_ACCEPTED));
        m->handshake = 1;
        peer_begin(m);
    } else {
        buf_add(&m->to_peer, out->p, out->len);
    }
    out->len = 0;
}

static int turn(meeting *m)
{
    size_t before = m->to_peer.len + m->from_peer.len, n, fed;
    long got = (long)(m->up.got + m->down.got + m->up.sent);
    our_more(m);
    side_drain(&m->ours);
    our_output(m);
    if (m->peer) {
        CHECK_INT(wslay_event_recv(m->peer), 0);
        CHECK_INT(wslay_event_send(m->peer), 0);
    }
    n = m->from_peer.len;
    fed = side_feed(&m->ours, m->from_peer.p, n);
    m->from_peer.len -= fed;
    if (m->from_peer.len)
        memmove(m->from_peer.p, m->from_peer.p + fed, m->from_peer.len);
    our_output(m);
    return fed || m->to_peer.len || before != m->to_peer.len + m->from_peer.len ||
           got != (long)(m->up.got + m->down.got + m->up.sent);
}

static void turns(meeting *m)
{
    int n = 0;
    while (turn(m) && ++n < 100000)
        ;
    CHECK(n < 100000);
}

/* ---- meetings ------------------------------------------------------------ */

static void begin(meeting *m, int client)
{
    h2neg_config config;
    memset(m, 0, sizeof *m);
    memset(&config, 0, sizeof config);
    config.protocols = H2NEG_HTTP1 | H2NEG_WEBSOCKET;
    config.role = client ? H2NEG_CLIENT : H2NEG_SERVER;
    config.random_fn = test_random;
    config.random_user = &m->ours.random;
    m->ours.client = client;
    m->ours.quiet = 1;
    m->ours.cut = (int)check_random(3);
    m->ours.hook = our_hook;
    m->ours.arg = m;
    m->ours.c = h2neg_conn_new(&config);
    if (client)
        CHECK_INT(ws_ask(&m->ours), 0);
    else
        buf_text(&m->from_peer, "GET /ws HTTP/1.1\r\n" WS_UPGRADE_FIELDS "\r\n");
    turns(m);
    CHECK(m->stream == 1 && m->peer);
}

static void end(meeting *m)
{
    wslay_event_context_free(m->peer);
    h2neg_lost(m->ours.c);
    side_drain(&m->ours);
    CHECK_INT(m->ours.opened, m->ours.done);
    buf_free(&m->to_peer);
    buf_free(&m->from_peer);
    side_free(&m->ours);
}

static void talk(meeting *m)
{
    size_t i;
    line_make(&m->up);
    line_make(&m->down);
    for (i = 0; i < m->down.count; i++) {
        peer_say(m, &m->down.all[i]);
        if (check_random(3) == 0)
            peer_ping(m);
        if (check_random(3) == 0)
            turn(m);
    }
    turns(m);
    CHECK_INT(m->up.got, m->up.count);
    CHECK_INT(m->down.got, m->down.count);
    CHECK_INT(m->up.wrong + m->down.wrong, 0);
    CHECK_INT(m->up.pongs, m->up.pings);
    CHECK_INT(m->down.pongs, m->down.pings);
}

static void close_it(meeting *m)
{
    static const int codes[] = {0, 1000, 1001, 1011, 3000, 4999};
    int code = codes[check_random(6)], seen = code ? code : H2NEG_WS_NO_STATUS;
    int by_us = (int)check_random(2);
    const char *reason = code && check_random(2) ? "enough \xe2\x82\xac" : NULL;
    m->whole =
        1; /* libwslay 1.1.1 takes a Close that is cut behind its first octet for bad UTF-8 */
    if (by_us)
        CHECK_INT(h2neg_ws_close(m->ours.c, 1, code, reason), 0);
    else
        CHECK_INT(wslay_event_queue_close(m->peer, (uint16_t)code, (const uint8_t *)reason,
                                          reason ? strlen(reason) : 0),
                  0);
    turns(m);
    CHECK_INT(m->up.closes, 1);
    CHECK_INT(m->down.closes, 1);
    CHECK_INT(m->down.code, seen);
    CHECK_INT(m->up.code, seen);
    if (!by_us || reason) /* an answer's reason is its writer's affair */
        CHECK(strcmp(by_us ? m->up.reason : m->down.reason, reason ? reason : "") == 0);
    CHECK_INT(m->ours.done, 1);
    /* a client waits for the server's FIN (7.1.1) */
    CHECK_INT(h2neg_wants(m->ours.c),
              m->ours.client ? H2NEG_WANT_READ : H2NEG_WANT_READ | H2NEG_WANT_HALF_CLOSE);
    CHECK(wslay_event_get_close_received(m->peer) && wslay_event_get_close_sent(m->peer));
}

static void meetings(int client)
{
    int round;
    for (round = 0; round < 16 && !check_failures; round++) {
        unsigned long long seed = check_seed;
        meeting *m = (meeting *)malloc(sizeof *m);
        begin(m, client);
        talk(m);
        close_it(m);
        end(m);
        free(m);
        if (check_failures)
            fprintf(stderr, "    round %d, seed %llu\n", round, seed);
    }
}

static void test_server(void)
{
    meetings(0);
}

static void test_client(void)
{
    meetings(1);
}

/* libwslay reads the Close that a fault of a peer ends in. */
static void test_faults(void)
{
    static const char *const frames[] = {"83:",   "80:61", "01:61 81:62", "09:61",     "c1:61",
                                         "88:03", "81:ff", "01:e2 00:28", "88:03e8ff", "88:03ec"};
    size_t i;
    for (i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        meeting *m = (meeting *)malloc(sizeof *m);
        buf b = {0, 0, 0};
        const char *word = frames[i];
        begin(m, 0);
        m->whole = 1;
        while (*word) {
            word = ws_add_word(&b, WS_SERVER, word);
            word += *word == ' ';
        }
        side_feed(&m->ours, b.p, b.len);
        our_output(m);
        wslay_event_recv(m->peer);
        CHECK_INT(m->up.closes, 1);
        CHECK_INT(m->up.code, strstr(frames[i], "ff") || strstr(frames[i], "e2") ? 1007 : 1002);
        buf_free(&b);
        end(m);
        free(m);
    }
}

CHECK_MAIN(test_server, test_client, test_faults)
