/* calls.h: fuzz targets of the calls: any of them, in any order, with any arguments, between octets
   of the peer; on a connection in any state, after it failed, and on none. */
#ifndef FUZZ_CALLS_H
#define FUZZ_CALLS_H

typedef struct caller {
    feed f;
    h2neg_conn *c;
    side s; /* for its rules */
    meter m;
    h2neg_event ev;
    int has_event;
    uint32_t sum;        /* of what it points at */
    uint32_t streams[4]; /* seen lately */
    unsigned next_stream;
    uint64_t now;
    const void *run;
    size_t run_len;
    pile lent; /* what is on loan */
    char body[4000];
} caller;

static uint32_t call_stream(caller *k)
{
    unsigned v = feed_octet(&k->f);
    return v < 200 ? k->streams[v & 3] : v < 240 ? (v & 15) : v * 16777259u;
}

static size_t call_fields(caller *k, h2neg_field *fields, size_t room)
{
    static const char *const rows[] = {"x-a",
                                       "b",
                                       "Cookie",
                                       "a=b",
                                       "content-length",
                                       "5",
                                       "x bad",
                                       "c",
                                       "x-v",
                                       "a\nb",
                                       ":path",
                                       "/",
                                       "connection",
                                       "foo",
                                       "te",
                                       "x",
                                       "Sec-WebSocket-Key",
                                       "x"};
    size_t n = feed_octet(&k->f) % (room + 1), i;
    if (feed_octet(&k->f) & 3)
        n = n > 1 ? 1 : n;
    for (i = 0; i < n; i++) {
        unsigned v = feed_octet(&k->f);
        v = v < 200 ? v % 3 : v % 9;
        fields[i] = h2neg_f(rows[2 * v], rows[2 * v + 1]);
        fields[i].flags = v & 1;
    }
    return n;
}

static h2neg_str call_text(caller *k)
{
    static const char *const texts[] = {
        "",     "GET",       "HEAD", "POST", "CONNECT", "OPTIONS", "/",   "/a?b",
        "a:80", "websocket", "foo",  "http", "chat, b", "*",       "h2c", "bad text"};
    unsigned v = feed_octet(&k->f);
    if (v >= 240)
        return feed_run(&k->f, v & 15);
    return h2neg_s(texts[v & 15]);
}

static h2neg_message call_message(caller *k, h2neg_field *fields)
{
    static const int statuses[] = {200, 204, 304, 100, 103, 101, 404, 99};
    h2neg_message m;
    unsigned v = feed_octet(&k->f);
    memset(&m, 0, sizeof m);
    m.status = v & 8 ? statuses[v & 7] : 200;
    m.field_count = call_fields(k, fields, 4);
    m.fields = fields;
    if (v & 16) {
        m.body_len = (size_t)feed_octet(&k->f) * 15;
        m.body = m.body_len == 77 * 15 ? NULL : k->body;
    }
    if (v & 32)
        m.method = call_text(k);
    if (v & 64)
        m.upgrade = call_text(k);
    if (v & 128)
        m.subprotocols = call_text(k);
    m.authority = h2neg_s("example.com");
    if (v & 4)
        m.authority = call_text(k);
    if (v & 2)
        m.target = call_text(k);
    if (v & 1)
        m.scheme = call_text(k);
    return m;
}

static uint32_t sum_str(uint32_t sum, h2neg_str s)
{
    size_t i;
    for (i = 0; i < s.len; i++)
        sum = (sum ^ (unsigned char)s.ptr[i]) * 16777619u;
    return sum;
}

/* Over every octet that an event points at. */
static uint32_t sum_event(const h2neg_event *ev)
{
    size_t i;
    uint32_t sum = sum_str(sum_str(2166136261u, ev->data), ev->reason);
    sum = sum_str(sum_str(sum_str(sum, ev->method), ev->target), ev->authority);
    sum = sum_str(sum_str(sum_str(sum, ev->path), ev->query), ev->upgrade);
    sum = sum_str(sum, ev->subprotocol);
    for (i = 0; i < ev->field_count; i++)
        sum = sum_str(sum_str(sum, ev->fields[i].name), ev->fields[i].value);
    return sum;
}

static void call_feed(caller *k)
{
    size_t n = feed_octet(&k->f);
    h2neg_str in;
    int wants;
    n = n < 250 ? n : n * 16;
    in = feed_run(&k->f, n);
    wants = (h2neg_wants(k->c) & H2NEG_WANT_READ) != 0;
    if (!wants || !in.len) {
        MUST(h2neg_feed(k->c, in.ptr, in.len) == 0);
        return;
    }
    k->lent.len = 0;
    pile_free(&k->lent); /* a loan of exactly its size */
    k->lent.p = tight(in.ptr, in.len);
    MUST(h2neg_feed(k->c, k->lent.p, in.len) == in.len || in.len > 512);
    k->s.fed += in.len;
    k->has_event = 0;
}

static void call_next(caller *k)
{
    unsigned n = 1 + feed_octet(&k->f) % 40;
    while (n--) {
        k->has_event = h2neg_next(k->c, &k->ev);
        h2neg__balance(k->c);
        if (!k->has_event)
            return;
        k->sum = sum_event(&k->ev);
        side_rules(&k->s, &k->ev);
        if (k->ev.type == H2NEG_EV_REQUEST || k->ev.type == H2NEG_EV_OPEN)
            k->streams[k->next_stream++ & 3] = k->ev.stream;
    }
}

static void call_request(caller *k)
{
    h2neg_field fields[4];
    h2neg_message m = call_message(k, fields);
    uint32_t id = 0;
    int r;
    if (m.status != 99) /* else it stays: a request has none */
        m.status = 0;
    r = h2neg_request(k->c, &m, feed_octet(&k->f) & 3, &id);
    MUST(r <= 0);
    if (r == 0) {
        MUST(id % 2 == 1);
        *side_track(&k->s, id) |= SAW_OPEN;
        k->s.opened++;
        k->streams[k->next_stream++ & 3] = id;
    }
}

static void call_output(caller *k)
{
    unsigned v = feed_octet(&k->f);
    const void *again = NULL;
    size_t n = h2neg_output(k->c, &k->run);
    size_t m = h2neg_output(k->c, &again);
    MUST(m >= n && (n == 0 || again == k->run));
    if (v < 200)
        h2neg_output_done(k->c, v < 100 ? m : v - 100u);
}

static void call_sending(caller *k, unsigned op)
{
    h2neg_field fields[4];
    h2neg_message m;
    uint32_t id = call_stream(k);
    unsigned v = feed_octet(&k->f);
    size_t n, before = k->c ? k->c->out : 0;
    ptrdiff_t r = 0;
    switch (op) {
    case 0:
        r = h2neg_reply(k->c, id, 200 + (int)v % 5, v & 8 ? "a/b" : NULL, k->body, v * 8u);
        break;
    case 1:
        m = call_message(k, fields);
        r = h2neg_respond(k->c, id, &m, v & 3);
        break;
    case 2:
        r = h2neg_send(k->c, id, k->body, v * 15u, v & 1 ? H2NEG_MORE : 0);
        MUST(r <= (ptrdiff_t)(v * 15u));
        break;
    case 3:
        n = call_fields(k, fields, 4);
        r = h2neg_trailers(k->c, id, fields, n);
        break;
    case 4:
        n = call_fields(k, fields, 4);
        r = h2neg_accept(k->c, id, v & 1 ? "chat" : v & 2 ? "foo" : NULL, fields, n);
        break;
    case 5:
        r = h2neg_ws_send(k->c, id, (int)v % 16, k->body, (size_t)feed_octet(&k->f) * 15,
                          v & 16 ? H2NEG_MORE : 0);
        MUST(r <= 255 * 15);
        break;
    case 6:
        r = h2neg_ws_close(k->c, id, v & 1 ? 1000 : v & 2 ? 0 : (int)v * 20, v & 4 ? "why" : NULL);
        break;
    default:
        if (k->has_event && k->ev.stream && k->ev.data.len) /* an echo is one call */
            r = k->ev.type == H2NEG_EV_WS_MESSAGE
                    ? h2neg_ws_send(k->c, k->ev.stream, k->ev.opcode, k->ev.data.ptr,
                                    k->ev.data.len, k->ev.more ? H2NEG_MORE : 0)
                    : h2neg_send(k->c, k->ev.stream, k->ev.data.ptr, k->ev.data.len, H2NEG_MORE);
        break;
    }
    if (k->c && r == H2NEG_ERR_STREAM_GONE)
        MUST(k->c->out == before);
    if (!k->c)
        MUST(r <= 0);
}

static void call_other(caller *k, unsigned op)
{
    uint32_t id = call_stream(k);
    unsigned v = feed_octet(&k->f);
    h2neg_info info;
    switch (op) {
    case 0: h2neg_reset(k->c, id, v); break;
    case 1: h2neg_hold(k->c, id, (int)v & 1); break;
    case 2: h2neg_keep(k->c, id, (int)v & 1); break;
    case 3:
        h2neg_set_user(k->c, id, k);
        h2neg_room(k->c, id);
        break;
    case 4: h2neg_ping(k->c, "12345678"); break;
    case 5:
        if (v < 40)
            h2neg_shutdown(k->c);
        break;
    case 6:
        if (v < 20)
            h2neg_goaway(k->c, v);
        break;
    case 7:
        k->now += (uint64_t)v * v;
        h2neg_tick(k->c, k->now);
        k->has_event = 0;
        break;
    case 8:
        if (v < 60)
            h2neg_eof(k->c);
        k->has_event = v >= 60 && k->has_event;
        break;
    case 9:
        if (v < 20) {
            h2neg_lost(k->c);
            k->has_event = 0;
        }
        break;
    case 10:
        h2neg_conn_info(k->c, &info);
        MUST(!k->c || info.memory == k->m.live);
        break;
    default: h2neg_tls_agreed(k->c, v & 1 ? "h2" : v & 2 ? "http/1.1" : NULL, v & 1 ? 2 : 8);
    }
}

static void fuzz_calls(const unsigned char *data, size_t size)
{
    caller *k = (caller *)calloc(1, sizeof *k);
    unsigned char head[CONN_HEAD];
    h2neg_config g;
    buf open = {0, 0, 0};
    unsigned i, kind;
    size_t bound;
    if (!k)
        abort();
    k->f.p = data;
    k->f.len = size < 8192 ? size : 8192;
    kind = feed_octet(&k->f);
    for (i = 0; i < CONN_HEAD; i++)
        head[i] = (unsigned char)feed_octet(&k->f);
    conn_config(&g, &ways[kind % WAYS], head);
    g.random_user = &k->s.random;
    g.alloc_fn = meter_fn;
    g.alloc_user = &k->m;
    k->m.fail_at = head[4] & 127;
    k->m.fail_on = head[4] >> 7;
    check_failures = 0;
    k->s.client = g.role == H2NEG_CLIENT;
    k->s.lenient = 1;
    bound = h2neg_memory_bound(&g);
    k->c = kind == 255 ? NULL : h2neg_conn_new(&g);
    k->s.c = k->c;
    if (g.tls && head[7] & 1)
        h2neg_tls_agreed(k->c, "h2", 2);
    if (!(head[0] & WITH_RAW) && !k->s.client) {
        size_t n;
        h2neg_event ev;
        ways[kind % WAYS].open(&open, head[0] & WITH_CODEC);
        n = open.len < 512 ? open.len : 512;
        if (n && h2neg_feed(k->c, open.p, n) == n) {
            k->s.fed += n;
            while (h2neg_next(k->c, &ev)) {
                side_rules(&k->s, &ev);
                if (ev.type == H2NEG_EV_REQUEST)
                    k->streams[k->next_stream++ & 3] = ev.stream;
                if (ev.type == H2NEG_EV_REQUEST && ev.websocket && head[6] & 1)
                    h2neg_accept(k->c, ev.stream, NULL, NULL, 0);
            }
        }
    }
    while (k->f.len) {
        unsigned op = feed_octet(&k->f) % 40;
        if (op < 10)
            call_feed(k);
        else if (op < 16)
            call_next(k);
        else if (op < 19)
            call_output(k);
        else if (op < 20 || (op < 22 && k->s.client))
            call_request(k);
        else if (op < 28)
            call_sending(k, op - 20);
        else
            call_other(k, op - 28);
        h2neg__balance(k->c);
        MUST(!k->has_event || sum_event(&k->ev) == k->sum); /* it lives until the next next */
        MUST(k->m.peak <= bound && k->m.faults == 0);
    }
    h2neg_lost(k->c);
    while (k->c && h2neg_next(k->c, &k->ev)) {
        side_rules(&k->s, &k->ev);
        h2neg__balance(k->c);
    }
    MUST(h2neg_wants(k->c) == H2NEG_WANT_CLOSE);
    MUST(!k->c || k->s.opened == k->s.done);
    h2neg_conn_free(k->c);
    MUST(k->m.live == 0 && toy_contexts == 0 && check_failures == 0);
    pile_free(&k->lent);
    buf_free(&open);
    free(k);
}

#endif
