/* WebSockets between two connections of ours, in memory, through small pipes: every octet of many
   messages and of large ones, both ways at once, over both carriers. H2NEG_TEST_SHORT: fewer. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"
#include "ws.h"

#ifndef H2NEG_TEST_SHORT
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define H2NEG_TEST_SHORT 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define H2NEG_TEST_SHORT 1
#endif
#endif
#endif
#ifdef H2NEG_TEST_SHORT
enum { DIVIDE = 20 };
#else
enum { DIVIDE = 1 };
#endif

/* What one side sends and has seen. Octets are a pattern of the message's number. */
typedef struct talk {
    uint32_t stream;
    int direction;
    size_t size, to_send, sent, at; /* octets of each; messages; octets of the one under way */
    size_t to_get, got, got_at;
    size_t most; /* octets of one call, 0: all */
    int vary;    /* sizes vary, and pings stand between */
    size_t pings, pongs;
    long wrong;
    int closes, dones;
} talk;

static char *talk_run; /* the pattern, twice its period and a megabyte */
enum { PERIOD = 4093, RUN = 1048576 + 2 * PERIOD };

static void talk_make(void)
{
    size_t i;
    if (talk_run)
        return;
    talk_run = (char *)malloc(RUN);
    if (!talk_run)
        abort();
    for (i = 0; i < RUN; i++)
        talk_run[i] = (char)(i % PERIOD * 31 + i % PERIOD / 256 * 7);
}

static size_t talk_size(const talk *t, size_t number)
{
    return t->vary ? number * 123457 % (2 * t->size) : t->size;
}

static const char *talk_octets(size_t number, int direction)
{
    return talk_run + (number * 97 + (size_t)direction * 1009) % PERIOD;
}

static int talk_one(side *s, talk *t)
{
    size_t left = talk_size(t, t->sent) - t->at, n = left;
    const char *p = talk_octets(t->sent, t->direction) + t->at;
    ptrdiff_t k;
    if (t->most && n > t->most)
        n = t->most;
    k = h2neg_ws_send(s->c, t->stream, H2NEG_WS_BINARY, p, n, n < left ? H2NEG_MORE : 0);
    if (k < 0) {
        CHECK(k == H2NEG_ERR_AGAIN);
        return 0;
    }
    t->at += (size_t)k;
    if ((size_t)k == left) {
        t->sent++;
        t->at = 0;
    }
    return (size_t)k == n;
}

static void talk_more(side *s, talk *t)
{
    while (t->stream && t->sent < t->to_send) {
        if (t->vary && t->sent % 5 == 0 && t->pings == t->sent / 5) {
            ptrdiff_t k = h2neg_ws_send(s->c, t->stream, H2NEG_WS_PING, &t->sent, 4, 0);
            CHECK(k >= 0 || k == H2NEG_ERR_AGAIN);
            t->pings += k >= 0;
        }
        if (!talk_one(s, t))
            return;
    }
}

static void talk_got(talk *t, const h2neg_event *ev)
{
    const char *p = talk_octets(t->got, !t->direction);
    size_t size = talk_size(t, t->got), left = size - t->got_at;
    if (ev->data.len > left || memcmp(p + t->got_at, ev->data.ptr, ev->data.len) != 0) {
        t->wrong++;
        return;
    }
    t->got_at += ev->data.len;
    if (ev->more)
        return;
    t->wrong += t->got_at != size || ev->opcode != H2NEG_WS_BINARY;
    t->got_at = 0;
    t->got++;
}

static void talk_open(side *s, talk *t, uint32_t stream)
{
    t->stream = stream;
    talk_more(s, t);
}

static int talk_hook(side *s, const h2neg_event *ev)
{
    talk *t = (talk *)s->arg;
    switch (ev->type) {
    case H2NEG_EV_REQUEST:
        CHECK(ev->websocket);
        CHECK_INT(h2neg_accept(s->c, ev->stream, NULL, NULL, 0), 0);
        break;
    case H2NEG_EV_OPEN: talk_open(s, t, ev->stream); break;
    case H2NEG_EV_WRITABLE:
        if (!ev->stream && s->client && !t->stream && !s->opened)
            CHECK_INT(ws_ask(s), 0);
        else
            talk_more(s, t);
        break;
    case H2NEG_EV_WS_MESSAGE: talk_got(t, ev); break;
    case H2NEG_EV_WS_PONG: t->pongs++; break;
    case H2NEG_EV_WS_CLOSE:
        CHECK_INT(ev->code, 1000);
        t->closes++;
        break;
    case H2NEG_EV_DONE:
        CHECK_INT(ev->code, H2NEG_NO_ERROR);
        t->dones++;
        break;
    default: break;
    }
    return 1;
}

typedef struct conversation {
    const char *name;
    int h2;
    size_t size, count, pipe;
    unsigned calls; /* octets of one call of ws_send; 0: all */
    int pieces, vary;
    uint32_t window, pending, input; /* of the config; 0: the default */
    int deflate;
} conversation;

static void conversation_config(const conversation *v, h2neg_config *config, int role)
{
    memset(config, 0, sizeof *config);
    config->role = role;
    config->protocols = (v->h2 ? H2NEG_PRIOR : H2NEG_HTTP1) | H2NEG_WEBSOCKET;
    config->ws_pieces = v->pieces;
    config->initial_window = v->window;
    config->max_output_pending = v->pending;
    config->max_input = v->input;
    config->alloc_fn = meter_fn;
}

static void talk_init(talk *t, const conversation *v, int direction)
{
    memset(t, 0, sizeof *t);
    t->direction = direction;
    t->size = v->size;
    t->to_send = t->to_get = v->count;
    t->most = v->calls;
    t->vary = v->vary;
}

static void talk_check(const conversation *v, const talk *t)
{
    if (t->wrong || t->got != t->to_get || t->sent != t->to_send || t->closes != 1 ||
        t->dones != 1 || t->pongs > t->pings || (t->pings && !t->pongs)) {
        check_failures++;
        fprintf(
            stderr,
            "%s, %s: sent %zu, got %zu of %zu, wrong %ld, pings %zu, pongs %zu, closes %d, dones "
            "%d\n",
            v->name, t->direction ? "client" : "server", t->sent, t->got, t->to_get, t->wrong,
            t->pings, t->pongs, t->closes, t->dones);
    }
}

/* Both sides talk until all is said; then the client closes. */
static void conversation_run(const conversation *v)
{
    pair *p = (pair *)calloc(1, sizeof *p);
    h2neg_config client, server;
    talk up, down;
    meter m[2];
    toy toys[2];
    h2neg_ws_codec codecs[2];
    unsigned random = 0;
    talk_make();
    memset(m, 0, sizeof m);
    codecs[0] = toy_codec(&toys[0]);
    codecs[1] = toy_codec(&toys[1]);
    conversation_config(v, &client, H2NEG_CLIENT);
    conversation_config(v, &server, H2NEG_SERVER);
    client.random_fn = test_random;
    client.random_user = &random;
    client.alloc_user = &m[0];
    server.alloc_user = &m[1];
    if (v->deflate) {
        client.ws_codec = &codecs[0];
        server.ws_codec = &codecs[1];
    }
    talk_init(&up, v, 1);
    talk_init(&down, v, 0);
    pair_init(p, &client, &server, v->pipe);
    p->client.max_input = p->server.max_input = v->input;
    p->client.hook = p->server.hook = talk_hook;
    p->client.arg = &up;
    p->server.arg = &down;
    if (ws_ask(&p->client) != 0)
        CHECK(v->h2); /* the server's SETTINGS are to come */
    pair_run(p);
    CHECK_INT(h2neg_ws_close(p->client.c, up.stream, 1000, "done"), 0);
    pair_run(p);
    talk_check(v, &up);
    talk_check(v, &down);
    CHECK(m[0].peak <= h2neg_memory_bound(&client));
    CHECK(m[1].peak <= h2neg_memory_bound(&server));
    pair_free(p);
    free(p);
    CHECK(!m[0].live && !m[1].live && !m[0].faults && !m[1].faults);
    toy_check(&toys[0]);
    toy_check(&toys[1]);
}

static void test_small_messages(void)
{
    static const conversation table[] = {
        {"small, HTTP/1.1", 0, 64, 100000 / DIVIDE, 4096, 0, 0, 0, 0, 0, 0, 0},
        {"small, HTTP/2", 1, 64, 100000 / DIVIDE, 4096, 0, 0, 0, 0, 0, 0, 0}};
    conversation_run(&table[0]);
    conversation_run(&table[1]);
}

static void test_large_messages(void)
{
    static const conversation table[] = {
        {"large, HTTP/1.1", 0, 1048576, 100 / DIVIDE, 16384, 0, 0, 0, 0, 0, 0, 0},
        {"large, HTTP/2", 1, 1048576, 100 / DIVIDE, 16384, 0, 0, 0, 0, 0, 0, 0}};
    conversation_run(&table[0]);
    conversation_run(&table[1]);
}

/* Sizes, pipes, windows and calls of every kind, with pings between. */
static void test_odd(void)
{
    static const conversation table[] = {
        {"a pipe of one octet", 0, 50, 40, 1, 0, 0, 1, 0, 0, 0, 0},
        {"a pipe of one octet", 1, 50, 40, 1, 0, 0, 1, 0, 0, 0, 0},
        {"a pipe of 17 octets, pieces", 0, 3000, 40, 17, 0, 1, 1, 0, 0, 0, 0},
        {"a pipe of 17 octets, pieces", 1, 3000, 40, 17, 0, 1, 1, 0, 0, 0, 0},
        {"calls of 7 octets", 0, 200, 60, 999, 7, 0, 1, 0, 0, 0, 0},
        {"calls of 7 octets", 1, 200, 60, 999, 7, 0, 1, 0, 0, 0, 0},
        {"small buffers", 0, 100000, 10, 4096, 3000, 0, 1, 0, 8192, 500, 0},
        {"a small window", 1, 100000, 10, 4096, 0, 0, 1, 2048, 8192, 0, 0},
        {"a small window, pieces", 1, 100000, 10, 4096, 0, 1, 1, 4096, 8192, 700, 0}};
    size_t i;
    for (i = 0; i < sizeof table / sizeof table[0]; i++)
        conversation_run(&table[i]);
}

/* The same with permessage-deflate between. */
static void test_deflate(void)
{
    static const conversation table[] = {
        {"deflate, HTTP/1.1", 0, 5000, 500 / DIVIDE, 4096, 0, 0, 1, 0, 0, 0, 1},
        {"deflate, HTTP/2", 1, 5000, 500 / DIVIDE, 4096, 0, 0, 1, 0, 0, 0, 1},
        {"deflate, large", 0, 400000, 5, 4096, 0, 0, 1, 0, 8192, 0, 1},
        {"deflate, large, HTTP/2", 1, 400000, 5, 4096, 0, 0, 1, 4096, 8192, 0, 1},
        {"deflate, pieces", 0, 100000, 10, 1000, 3000, 1, 1, 0, 8192, 500, 1},
        {"deflate, pieces, HTTP/2", 1, 100000, 10, 1000, 3000, 1, 1, 5000, 8192, 500, 1}};
    size_t i;
    for (i = 0; i < sizeof table / sizeof table[0]; i++)
        conversation_run(&table[i]);
}

/* A connection that was upgraded to h2c carries WebSockets by extended CONNECT (RFC 8441), as soon
   as the server's SETTINGS have come. */
static void test_behind_h2c(void)
{
    pair *p = (pair *)calloc(1, sizeof *p);
    h2neg_config client, server;
    h2neg_info info;
    unsigned random = 0;
    talk up, down;
    conversation v = {"behind h2c", 1, 2000, 30, 4096, 0, 0, 1, 0, 0, 0, 0};
    talk_make();
    memset(&client, 0, sizeof client);
    client.protocols = H2NEG_HTTP1 | H2NEG_H2C | H2NEG_WEBSOCKET;
    server = client;
    client.role = H2NEG_CLIENT;
    client.random_fn = test_random;
    client.random_user = &random;
    talk_init(&up, &v, 1);
    talk_init(&down, &v, 0);
    pair_init(p, &client, &server, v.pipe);
    side_get(&p->client, "/now");
    pair_run(p);
    h2neg_conn_info(p->client.c, &info);
    CHECK_INT(info.protocol, H2NEG_PROTO_H2C);
    CHECK_INT(info.via, H2NEG_VIA_UPGRADE);
    CHECK_INT(info.peer_connect_protocol, 1);
    CHECK_INT(p->client.done, 1);
    p->client.hook = p->server.hook = talk_hook;
    p->client.arg = &up;
    p->server.arg = &down;
    CHECK_INT(ws_ask(&p->client), 0);
    pair_run(p);
    CHECK_INT(up.stream, 3);
    CHECK_INT(h2neg_ws_close(p->client.c, up.stream, 1000, "done"), 0);
    pair_run(p);
    talk_check(&v, &up);
    talk_check(&v, &down);
    pair_free(p);
    free(p);
}

/* A WebSocket that is held over HTTP/1.1 gives nothing of what comes; over HTTP/2 no more than the
   stream's window lets through. Let go, everything comes. */
static void test_held(int h2)
{
    pair *p = (pair *)calloc(1, sizeof *p);
    h2neg_config client, server;
    unsigned random = 0;
    talk up, down;
    size_t before;
    conversation v = {"held", 0, 1000, 300, 4096, 0, 0, 0, 0, 0, 0, 0};
    v.h2 = h2;
    talk_make();
    conversation_config(&v, &client, H2NEG_CLIENT);
    conversation_config(&v, &server, H2NEG_SERVER);
    client.alloc_fn = server.alloc_fn = NULL;
    client.random_fn = test_random;
    client.random_user = &random;
    talk_init(&up, &v, 1);
    talk_init(&down, &v, 0);
    up.to_send = down.to_get = 0;
    pair_init(p, &client, &server, v.pipe);
    p->client.hook = p->server.hook = talk_hook;
    p->client.arg = &up;
    p->server.arg = &down;
    if (ws_ask(&p->client) != 0)
        CHECK(h2);
    while (down.stream == 0 && pair_turn(p))
        ;
    pair_run(p);
    CHECK_INT(up.got, up.to_get);
    up.got = down.sent = 0; /* and once more, held at the client */
    CHECK_INT(h2neg_hold(p->client.c, up.stream, 1), 0);
    talk_more(&p->server, &down);
    pair_run(p);
    before = up.got;
    if (h2)
        CHECK(before * 1000 < 70000); /* what the stream's window lets through, at most */
    else
        CHECK_INT(before, 0);
    CHECK(down.sent < down.to_send);
    CHECK_INT(h2neg_hold(p->client.c, up.stream, 0), 0);
    pair_run(p);
    CHECK_INT(up.got, up.to_get);
    CHECK_INT(h2neg_ws_close(p->client.c, up.stream, 1000, "done"), 0);
    pair_run(p);
    talk_check(&v, &up);
    talk_check(&v, &down);
    pair_free(p);
    free(p);
}

static void test_held_h1(void)
{
    test_held(0);
}

static void test_held_h2(void)
{
    test_held(1);
}

static void test_end(void)
{
    free(talk_run);
    talk_run = NULL;
}

CHECK_MAIN(test_small_messages, test_large_messages, test_odd, test_deflate, test_behind_h2c,
           test_held_h1, test_held_h2, test_end)
