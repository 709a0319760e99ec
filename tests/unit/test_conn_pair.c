/* Two connections of ours against each other, in memory, through pipes that hold little. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"

enum { MEGA = 1000000 };

/* What one side has received, stream by stream. */
typedef struct flow {
    size_t got[64], wrong;
    int ends, dones, direction; /* of what comes */
    int left;                   /* requests still to be made */
    size_t size;
} flow;

static void flow_data(flow *f, const h2neg_event *ev)
{
    size_t *got = &f->got[ev->stream / 2 % 64], i;
    for (i = 0; i < ev->data.len; i++)
        f->wrong += (unsigned char)ev->data.ptr[i] != pattern(ev->stream, f->direction, *got + i);
    *got += ev->data.len;
}

/* 0: not now, WRITABLE 0 will come. */
static int flow_upload(side *s)
{
    flow *f = (flow *)s->arg;
    h2neg_message m = message_get("/flow");
    job *j;
    int r;
    m.method = h2neg_s("POST");
    r = side_request(s, &m, H2NEG_MORE, NULL);
    if (r == H2NEG_ERR_AGAIN || !side_ok(s, 0, r, "request"))
        return 0;
    j = side_new_job(s, s->stream, JOB_STREAM);
    j->total = f->size;
    j->direction = 1;
    h2neg_set_user(s->c, s->stream, j);
    app_pump(s, j);
    return 1;
}

static int flow_hook(side *s, const h2neg_event *ev)
{
    flow *f = (flow *)s->arg;
    job *j = side_job(s, ev->stream);
    switch (ev->type) {
    case H2NEG_EV_REQUEST:
        j = side_new_job(s, ev->stream, JOB_STREAM);
        j->total = f->size;
        j->waits = 1; /* an answer that ends early would end the request too */
        h2neg_set_user(s->c, ev->stream, j);
        app_respond(s, ev->stream, 200, H2NEG_MORE);
        app_pump(s, j);
        return 1;
    case H2NEG_EV_DATA: flow_data(f, ev); return 1;
    case H2NEG_EV_WRITABLE:
        if (j)
            app_pump(s, j);
        if (!ev->stream && f->left && flow_upload(s))
            f->left--;
        return 1;
    case H2NEG_EV_END:
        f->ends++;
        if (j && (j->ended = 1))
            app_pump(s, j);
        return 1;
    case H2NEG_EV_DONE:
        if (ev->retry) { /* refused, as the server's limit was not known yet */
            f->left++;
        } else {
            CHECK_INT(ev->code, H2NEG_NO_ERROR);
            f->dones++;
        }
        if (j)
            j->used = 0;
        if (s->client && f->left && flow_upload(s))
            f->left--;
        return 1;
    default: return 1;
    }
}

static void flow_check(const flow *f, const char *name)
{
    int i;
    size_t sum = 0;
    for (i = 0; i < 64; i++)
        sum += f->got[i];
    if (f->wrong || f->ends != 10 || f->dones != 10 || sum != 10 * f->size) {
        check_failures++;
        fprintf(stderr, "%s: %zu octets of %zu, %zu wrong, %d ends, %d dones of 10\n", name, sum,
                10 * f->size, f->wrong, f->ends, f->dones);
    }
}

static void flow_run(const h2neg_config *client, const h2neg_config *server, int at_once,
                     size_t pipe, size_t size)
{
    flow up, down;
    pair *p = (pair *)calloc(1, sizeof *p);
    int i;
    memset(&up, 0, sizeof up);
    memset(&down, 0, sizeof down);
    pair_init(p, client, server, pipe);
    p->client.max_input = client->max_input;
    p->server.max_input = server->max_input;
    up.direction = 1;
    up.size = down.size = size;
    p->client.hook = p->server.hook = flow_hook;
    p->client.arg = &down;
    p->server.arg = &up;
    down.left = 10;
    for (i = 0; i < (at_once ? 10 : 1) && flow_upload(&p->client); i++)
        down.left--;
    pair_run(p);
    flow_check(&up, "to the server");
    flow_check(&down, "to the client");
    pair_free(p);
    free(p);
}

/* Ten streams of a megabyte each way, at once (HTTP/2) or one after the other (HTTP/1.1). */
static void flow_both_ways(unsigned protocols, int at_once, size_t pipe, size_t size)
{
    h2neg_config client, server;
    memset(&client, 0, sizeof client);
    memset(&server, 0, sizeof server);
    client.role = H2NEG_CLIENT;
    client.protocols = server.protocols = protocols;
    flow_run(&client, &server, at_once, pipe, size);
}

/* Limits of every size, on both sides: nothing stops, nothing is lost. */
static void flow_config(h2neg_config *config, unsigned protocols)
{
    /* Below 2,048 a sender that fears a dribble may wait for 1,024 that a receiver which gives
       half a window at a time never gives. */
    static const uint32_t windows[] = {0, 2048, 2049, 5000, 16384, 1000000};
    static const uint32_t connection[] = {0, 65535, 65536, 10000000};
    static const uint32_t frames[] = {0, 16384, 20000, 1000000};
    static const uint32_t tables[] = {0, H2NEG_OFF, 64, 65536};
    static const uint32_t streams[] = {0, 1, 3, 10};
    static const uint32_t pending[] = {0, 8192, 9000, 200000};
    memset(config, 0, sizeof *config);
    config->protocols = protocols;
    config->initial_window = windows[check_random(6)];
    config->connection_window = connection[check_random(4)];
    config->max_frame_size = frames[check_random(4)];
    config->hpack_decoder_table = tables[check_random(4)];
    config->hpack_encoder_table = tables[check_random(4)];
    config->max_concurrent_streams = streams[check_random(4)];
    config->max_output_pending = pending[check_random(4)];
    config->max_input = check_random(2) ? 0 : 1 + check_random(5000);
    config->overhead_slack = 100000000; /* tiny windows are dear */
    config->window_update_slack = 100000000;
}

static void test_flow_random(void)
{
    static const unsigned protocols[] = {H2NEG_HTTP1, H2NEG_PRIOR, H2NEG_PRIOR,
                                         H2NEG_HTTP1 | H2NEG_H2C};
    int round;
    for (round = 0; round < 100; round++) {
        h2neg_config client, server;
        unsigned long long seed = check_seed;
        int before = check_failures;
        unsigned protocol = protocols[check_random(4)];
        flow_config(&client, protocol);
        flow_config(&server, protocol);
        client.role = H2NEG_CLIENT;
        flow_run(&client, &server, (int)check_random(2), 1 + check_random(9000),
                 check_random(30000));
        if (check_failures != before) {
            fprintf(stderr,
                    "    protocols %u, seed %llu: windows %u %u connection %u %u streams %u %u "
                    "pending %u %u\n",
                    protocol, seed, client.initial_window, server.initial_window,
                    client.connection_window, server.connection_window,
                    client.max_concurrent_streams, server.max_concurrent_streams,
                    client.max_output_pending, server.max_output_pending);
            return;
        }
    }
}

static void test_flow_h2(void)
{
    flow_both_ways(H2NEG_PRIOR, 1, 4096, MEGA);
}

static void test_flow_h1(void)
{
    flow_both_ways(H2NEG_HTTP1, 0, 4096, MEGA);
}

static void test_flow_upgrade(void)
{
    flow_both_ways(H2NEG_HTTP1 | H2NEG_H2C, 0, 4096, MEGA / 10);
}

/* Pipes of odd and tiny sizes. */
static void test_flow_narrow(void)
{
    flow_both_ways(H2NEG_PRIOR, 1, 1, 3000);
    flow_both_ways(H2NEG_PRIOR, 1, 17, 20000);
    flow_both_ways(H2NEG_HTTP1, 0, 1, 3000);
    flow_both_ways(H2NEG_PRIOR, 1, 65536, 200000);
}

/* ---- many requests on one connection ------------------------------------- */

typedef struct many {
    int to_make, made, answered, concurrent, protocol, via;
    const char *path;
} many;

static void many_more(side *s)
{
    many *m = (many *)s->arg;
    while (m->made < m->to_make) {
        h2neg_message msg = message_get(m->path);
        h2neg_field f = h2neg_f("x-number", "12345");
        int r;
        if (m->made - m->answered >= m->concurrent)
            return;
        msg.fields = &f;
        msg.field_count = 1;
        r = side_request(s, &msg, 0, NULL);
        if (r == H2NEG_ERR_AGAIN)
            return;
        if (!side_ok(s, 0, r, "request"))
            return;
        m->made++;
    }
}

static int many_hook(side *s, const h2neg_event *ev)
{
    many *m = (many *)s->arg;
    if (ev->type == H2NEG_EV_NEGOTIATED) {
        CHECK_INT(ev->protocol, m->protocol);
        CHECK_INT(ev->via, m->via);
    }
    if (ev->type == H2NEG_EV_RESPONSE)
        CHECK_INT(ev->status, 200);
    if (ev->type == H2NEG_EV_DONE) {
        CHECK_INT(ev->code, H2NEG_NO_ERROR);
        m->answered++;
    }
    if (ev->type == H2NEG_EV_DONE || ev->type == H2NEG_EV_WRITABLE)
        many_more(s);
    return 1;
}

static void many_requests(unsigned protocols, const char *alpn, int concurrent, int protocol,
                          int via)
{
    h2neg_config client, server;
    pair *p = (pair *)calloc(1, sizeof *p);
    many m;
    memset(&m, 0, sizeof m);
    memset(&client, 0, sizeof client);
    memset(&server, 0, sizeof server);
    client.role = H2NEG_CLIENT;
    client.protocols = server.protocols = protocols;
    client.tls = server.tls = alpn != NULL;
    pair_init(p, &client, &server, 16384);
    if (alpn) {
        CHECK_INT(h2neg_tls_agreed(p->client.c, alpn, strlen(alpn)), 0);
        CHECK_INT(h2neg_tls_agreed(p->server.c, alpn, strlen(alpn)), 0);
    }
    m.to_make = 10000;
    m.concurrent = concurrent;
    m.protocol = protocol;
    m.via = via;
    m.path = "/now";
    p->client.hook = many_hook;
    p->client.arg = &m;
    many_more(&p->client);
    pair_run(p);
    CHECK_INT(m.answered, 10000);
    CHECK_INT(p->server.done, 10000);
    pair_free(p);
    free(p);
}

static void test_many_h1(void)
{
    many_requests(H2NEG_HTTP1, NULL, 1, H2NEG_PROTO_HTTP11, H2NEG_VIA_DEFAULT);
    many_requests(0, "http/1.1", 1, H2NEG_PROTO_HTTP11, H2NEG_VIA_ALPN);
}

static void test_many_h2(void)
{
    many_requests(H2NEG_PRIOR, NULL, 1, H2NEG_PROTO_H2C, H2NEG_VIA_PRIOR);
    many_requests(H2NEG_PRIOR, NULL, 50, H2NEG_PROTO_H2C, H2NEG_VIA_PRIOR);
    many_requests(0, "h2", 50, H2NEG_PROTO_H2, H2NEG_VIA_ALPN);
}

static void test_many_upgraded(void)
{
    many_requests(H2NEG_HTTP1 | H2NEG_H2C, NULL, 20, H2NEG_PROTO_H2C, H2NEG_VIA_UPGRADE);
}

/* HTTP/1.0 with keep-alive, by hand. */
static void test_many_h10(void)
{
    static const char get[] = "GET /now HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    side *s = (side *)calloc(1, sizeof *s);
    int i;
    s->c = h2neg_conn_new(NULL);
    s->quiet = 1;
    for (i = 0; i < 10000; i++) {
        CHECK_INT(side_feed(s, get, sizeof get - 1), sizeof get - 1);
        s->out.len = 0;
    }
    CHECK_INT(s->done, 10000);
    side_free(s);
    free(s);
}

/* ---- a tunnel, from both ends -------------------------------------------- */

static int tunnel_hook(side *s, const h2neg_event *ev)
{
    flow *f = (flow *)s->arg;
    job *j = side_job(s, ev->stream);
    switch (ev->type) {
    case H2NEG_EV_REQUEST:
        side_ok(s, ev->stream, h2neg_accept(s->c, ev->stream, NULL, NULL, 0), "accept");
        return 1;
    case H2NEG_EV_OPEN:
        j = side_new_job(s, ev->stream, JOB_STREAM);
        j->total = f->size;
        j->direction = s->client;
        h2neg_set_user(s->c, ev->stream, j);
        app_pump(s, j);
        return 1;
    default: return flow_hook(s, ev);
    }
}

static void tunnel(unsigned protocols, const char *upgrade, size_t size)
{
    h2neg_config client, server;
    flow up, down;
    pair *p = (pair *)calloc(1, sizeof *p);
    h2neg_message m = message_get("/");
    m.authority = h2neg_s("example.com:80");
    memset(&client, 0, sizeof client);
    memset(&server, 0, sizeof server);
    memset(&up, 0, sizeof up);
    memset(&down, 0, sizeof down);
    client.role = H2NEG_CLIENT;
    client.protocols = server.protocols = protocols;
    pair_init(p, &client, &server, 4096);
    up.direction = 1;
    up.size = down.size = size;
    p->client.hook = p->server.hook = tunnel_hook;
    p->client.arg = &down;
    p->server.arg = &up;
    if (upgrade)
        m.upgrade = h2neg_s(upgrade);
    else
        m.method = h2neg_s("CONNECT");
    pair_run(p); /* SETTINGS come first, for extended CONNECT */
    side_ok(&p->client, 0, side_request(&p->client, &m, 0, NULL), "request");
    pair_run(p);
    CHECK_INT(up.wrong + down.wrong, 0);
    CHECK_INT(up.got[0], size);
    CHECK_INT(down.got[0], size);
    CHECK_INT(up.ends, 1);
    CHECK_INT(down.ends, 1);
    CHECK_INT(up.dones, 1);
    CHECK_INT(down.dones, 1);
    pair_free(p);
    free(p);
}

static void test_tunnels(void)
{
    tunnel(H2NEG_HTTP1, "foo", 300000);
    tunnel(H2NEG_HTTP1, NULL, 300000);
    tunnel(H2NEG_PRIOR, NULL, 300000);
    tunnel(H2NEG_PRIOR | H2NEG_WEBSOCKET, "foo", 300000);
}

/* ---- drain --------------------------------------------------------------- */

/* A server drains while a client keeps asking: every request is either answered or safe to send
   again. (Over HTTP/1.1 one request may cross the close: RFC 9112 9.5.) */
static int drain_hook(side *s, const h2neg_event *ev)
{
    many *m = (many *)s->arg;
    if (ev->type == H2NEG_EV_DONE) {
        if (ev->code != H2NEG_NO_ERROR && !ev->retry && ev->protocol != H2NEG_PROTO_HTTP11) {
            check_failures++;
            fprintf(stderr, "stream %u of %ld: %s %s by-peer=%d\n", (unsigned)ev->stream, s->opened,
                    h2neg_h2_error_name(ev->code), h2neg_error_name(ev->error.code), ev->by_peer);
        }
        m->answered++;
        if (m->answered == 20)
            h2neg_shutdown((h2neg_conn *)s->big);
    }
    return 1;
}

static void drain(unsigned protocols, int concurrent)
{
    h2neg_config client, server;
    pair *p = (pair *)calloc(1, sizeof *p);
    many m;
    int turns = 0, never = 0;
    memset(&m, 0, sizeof m);
    memset(&client, 0, sizeof client);
    memset(&server, 0, sizeof server);
    client.role = H2NEG_CLIENT;
    client.protocols = server.protocols = protocols;
    pair_init(p, &client, &server, 512);
    p->client.hook = drain_hook;
    p->client.arg = &m;
    p->client.big = (char *)p->server.c; /* where the hook finds the server */
    while (turns++ < 10000 && !never) {
        while (p->client.opened - p->client.done < concurrent) {
            h2neg_message msg = message_get("/now");
            int r = side_request(&p->client, &msg, 0, NULL);
            never = r < 0 && r != H2NEG_ERR_AGAIN;
            if (r < 0)
                break;
        }
        pair_turn(p);
    }
    pair_run(p);
    CHECK(never);
    CHECK(m.answered >= 20);
    CHECK_INT(p->client.opened, p->client.done);
    CHECK(h2neg_wants(p->client.c) & H2NEG_WANT_CLOSE);
    CHECK(h2neg_wants(p->server.c) & H2NEG_WANT_CLOSE);
    p->client.big = NULL;
    pair_free(p);
    free(p);
}

static void test_drain(void)
{
    drain(H2NEG_PRIOR, 10);
    drain(H2NEG_PRIOR, 1);
    drain(H2NEG_HTTP1, 1);
}

/* ---- no memory ----------------------------------------------------------- */

static int poor_hook(side *s, const h2neg_event *ev)
{
    static const char *const paths[] = {"/now", "/stream/3000", "/body/70000", "/trailers",
                                        "/echo"};
    int *made = (int *)s->arg;
    while (*made < 15 && (ev->type == H2NEG_EV_DONE || ev->type == H2NEG_EV_WRITABLE || !*made)) {
        h2neg_message m = message_get(paths[*made % 5]);
        m.method = h2neg_s("POST");
        m.body = paths;
        m.body_len = 20;
        if (side_request(s, &m, 0, NULL) < 0)
            return 1;
        ++*made;
    }
    return 1;
}

/* One side's allocation n fails, and maybe all behind it: how many calls it made. */
static long poor(unsigned protocols, int at_client, long n, int on)
{
    h2neg_config client, server;
    pair *p = (pair *)calloc(1, sizeof *p);
    h2neg_event none;
    meter m;
    int made = 0, turns = 0;
    memset(&m, 0, sizeof m);
    memset(&client, 0, sizeof client);
    memset(&server, 0, sizeof server);
    memset(&none, 0, sizeof none);
    client.role = H2NEG_CLIENT;
    client.protocols = server.protocols = protocols;
    *(at_client ? &client.alloc_user : &server.alloc_user) = &m;
    *(at_client ? &client.alloc_fn : &server.alloc_fn) = meter_fn;
    pair_init(p, &client, &server, 1000);
    m.fail_at = n > m.calls ? n : 0; /* the first ones are the connection itself */
    m.fail_on = on;
    p->client.lenient = p->server.lenient = n > 1;
    p->client.hook = poor_hook;
    p->client.arg = &made;
    poor_hook(&p->client, &none);
    while (pair_turn(p) && turns++ < 100000)
        ;
    CHECK(turns < 100000);
    if (!m.fail_at)
        CHECK_INT(p->client.done, 15);
    h2neg_lost(p->client.c);
    h2neg_lost(p->server.c);
    side_drain(&p->client);
    side_drain(&p->server);
    CHECK_INT(p->client.opened, p->client.done);
    CHECK_INT(p->server.opened, p->server.done);
    pair_free(p);
    free(p);
    CHECK_INT(m.live, 0);
    CHECK_INT(m.faults, 0);
    return m.calls;
}

static void test_no_memory(void)
{
    static const unsigned protocols[] = {H2NEG_HTTP1, H2NEG_PRIOR, H2NEG_HTTP1 | H2NEG_H2C};
    int i, at_client;
    long n, calls;
    for (i = 0; i < 3; i++)
        for (at_client = 0; at_client < 2; at_client++) {
            calls = poor(protocols[i], at_client, 0, 0);
            for (n = 2; n <= calls; n++) {
                int before = check_failures;
                poor(protocols[i], at_client, n, 0);
                poor(protocols[i], at_client, n, 1);
                if (check_failures != before) {
                    fprintf(stderr, "    protocols %u, %s, allocation %ld\n", protocols[i],
                            at_client ? "client" : "server", n);
                    return;
                }
            }
        }
}

CHECK_MAIN(test_no_memory, test_flow_h2, test_flow_h1, test_flow_upgrade, test_flow_narrow,
           test_flow_random, test_many_h1, test_many_h2, test_many_upgraded, test_many_h10,
           test_tunnels, test_drain)
