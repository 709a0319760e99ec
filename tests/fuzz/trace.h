/* trace.h: fuzz target of the trace: the lines are the same however the octets are cut, they are
   what a line may be, and no secret is in them. */
#ifndef FUZZ_TRACE_H
#define FUZZ_TRACE_H

#define TRACE_SECRET "Zq7#vK2!pW9&xT4?"
#define TRACE_COOKIE "Cookie: a=" TRACE_SECRET "\r\nX-A: b\r\n"
#define TRACE_FRAME(len, type, flags, stream) "\0\0" len type flags "\0\0\0" stream
/* authorization and cookie, which enter the tables, and the first never indexed too */
#define TRACE_FIELDS "\x82\x84\x86\x41\1a\x57\x10" TRACE_SECRET "\x60\x10" TRACE_SECRET
#define TRACE_NEVER "\x1f\x08\x10" TRACE_SECRET

enum { TRACE_HEAD = 5 };

/* How a connection begins before the input's octets come. */
typedef struct trace_start {
    const char *client, *server;
    size_t client_len, server_len;
} trace_start;
#define TRACE_START(client, server)                                                                \
    {                                                                                              \
        client, server, sizeof(client) - 1, sizeof(server) - 1                                     \
    }
static const trace_start trace_starts[] = {
    TRACE_START("", ""),
    TRACE_START("GET / HTTP/1.1\r\nHost: a\r\n" TRACE_COOKIE "\r\n",
                "HTTP/1.1 200 OK\r\nSet-" TRACE_COOKIE),
    TRACE_START(H2NEG_PREFACE TRACE_FRAME("\0", "\4", "\0", "\0")
                    TRACE_FRAME("\x29", "\1", "\4", "\1") TRACE_FIELDS,
                TRACE_FRAME("\0", "\4", "\0", "\0") TRACE_FRAME("\0", "\4", "\1", "\0")
                    TRACE_FRAME("\x14", "\1", "\4", "\1") "\x88" TRACE_NEVER),
    TRACE_START("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Key: " TRACE_SECRET "\r\n\r\n",
                "HTTP/1.1 101 \r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
    TRACE_START("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nAuthorization: " TRACE_SECRET
                "\r\n\r\n",
                "HTTP/1.1 101 \r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"),
    TRACE_START(H2NEG_PREFACE TRACE_FRAME("\0", "\4", "\0", "\0") TRACE_FRAME(
                    "\x1f", "\1", "\4", "\1") "\x42\7CONNECT\0\x9:protocol\x9websocket\x81",
                TRACE_FRAME("\6", "\4", "\0", "\0") "\0\x8\0\0\0\1" TRACE_FRAME("\1", "\1", "\4",
                                                                                "\1") "\x88"),
    TRACE_START(
        "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nProxy-Authorization: " TRACE_SECRET "\r\n\r\n", ""),
};

typedef struct trace_heard {
    pile lines;
    uint64_t fed[2];
    int secret; /* 1: the input has it itself */
} trace_heard;

static int trace_holds(const void *in, size_t len)
{
    const char *p = (const char *)in;
    size_t i, n = sizeof TRACE_SECRET - 1;
    for (i = 0; i + n <= len; i++)
        if (p[i] == 'Z' && memcmp(p + i, TRACE_SECRET, n) == 0)
            return 1;
    return 0;
}

static void trace_line(void *user, const h2neg_trace_line *line)
{
    trace_heard *h = (trace_heard *)user;
    char out[2048];
    size_t i, n = h2neg_trace_write(out, sizeof out, line, 0);
    MUST(line->from == H2NEG_CLIENT || line->from == H2NEG_SERVER);
    MUST(line->depth >= 0 && line->depth <= 2 && line->section);
    MUST(line->code <= 0 && line->code > H2NEG__ERR_LAST);
    MUST(line->text.len > 0 && line->text.len <= 1024);
    MUST(line->offset <= h->fed[line->from] && line->len <= h->fed[line->from] - line->offset);
    for (i = 0; i < line->text.len; i++)
        MUST(line->text.ptr[i] >= 32 && line->text.ptr[i] < 127);
    MUST(n > 0 && h2neg_trace_write(out, n, line, 0) == n);
    MUST(h2neg_trace_write(out, n - 1, line, 0) == 0);
    n = h2neg_trace_write(out, sizeof out, line, H2NEG_TRACE_COLOUR | H2NEG_TRACE_NO_HEX);
    MUST(n > 0);
    n = h2neg_trace_write(out, sizeof out, line, 0);
    MUST(h->secret || !trace_holds(line->text.ptr, line->text.len));
    MUST(h->secret || !line->len || !trace_holds(line->octets, line->len));
    pile_add(&h->lines, &line->depth, sizeof line->depth);
    pile_add(&h->lines, &line->code, sizeof line->code);
    pile_add(&h->lines, &line->stream, sizeof line->stream);
    pile_add(&h->lines, line->octets, line->len);
    pile_add(&h->lines, out, n);
    pile_add(&h->lines, "\n", 1);
}

enum { TRACE_WHOLE, TRACE_OCTETS, TRACE_CUTS };

/* Octets in memory of their own. */
static void trace_feed(h2neg_trace *t, trace_heard *h, int from, const char *p, size_t n)
{
    char *q = tight(p, n);
    h->fed[from] += n;
    h2neg_trace_octets(t, from, q, n);
    free(q);
    (void)h2neg_trace_rests(t, from);
}

/* One run of octets of a side, at once or in pieces. */
static void trace_run(h2neg_trace *t, trace_heard *h, int from, h2neg_str s, int how, dice *d)
{
    while (s.len) {
        size_t n = how == TRACE_WHOLE ? s.len : how == TRACE_OCTETS ? 1 : 1 + dice_below(d, 20);
        n = n < s.len ? n : s.len;
        trace_feed(t, h, from, s.ptr, n);
        s.ptr += n;
        s.len -= n;
    }
}

/* The sides take turns; how long each of them is, is the same for every way to cut it. */
static void trace_play(trace_heard *h, const trace_start *start, h2neg_str client, h2neg_str server,
                       unsigned flags, int how)
{
    h2neg_trace_options options;
    size_t room = h2neg_trace_memory();
    char *block = tight(client.ptr, client.len); /* something that is freed */
    h2neg_str sides[2], run;
    h2neg_trace *t;
    dice turns, cuts;
    int from = H2NEG_CLIENT;
    free(block);
    block = (char *)must_alloc(room);
    memset(&options, 0, sizeof options);
    options.line_fn = trace_line;
    options.user = h;
    options.flags = 0;
    t = h2neg_trace_place(block, room, &options);
    MUST(t);
    turns.state = flags;
    cuts.state = flags;
    if (flags & 8) /* the server's octets alone */
        h2neg_trace_end(t, H2NEG_CLIENT);
    if (flags & 16)
        h2neg_trace_end(t, H2NEG_SERVER);
    run.ptr = start->client;
    run.len = start->client_len;
    trace_run(t, h, H2NEG_CLIENT, run, how, &cuts);
    run.ptr = start->server;
    run.len = start->server_len;
    trace_run(t, h, H2NEG_SERVER, run, how, &cuts);
    sides[H2NEG_CLIENT] = client;
    sides[H2NEG_SERVER] = server;
    while (client.len + server.len) {
        run = sides[from];
        run.len = 1 + dice_below(&turns, flags & 32 ? 400 : 40);
        if (run.len > sides[from].len)
            run.len = sides[from].len;
        trace_run(t, h, from, run, how, &cuts);
        sides[from].ptr += run.len;
        sides[from].len -= run.len;
        from = !from;
        if (sides[0].len + sides[1].len == 0)
            break;
    }
    h2neg_trace_end(t, flags & 64 ? H2NEG_CLIENT : H2NEG_SERVER);
    h2neg_trace_end(t, flags & 64 ? H2NEG_SERVER : H2NEG_CLIENT);
    free(block);
}

static void fuzz_trace(const unsigned char *data, size_t size)
{
    trace_heard whole, cut;
    h2neg_str client, server;
    unsigned start, flags;
    feed f;
    int how;
    f.p = data;
    f.len = size < 60000 ? size : 60000;
    start = feed_octet(&f) % (sizeof trace_starts / sizeof trace_starts[0]);
    flags = feed_u16(&f);
    client = feed_run(&f, feed_u16(&f));
    server = feed_rest(&f);
    memset(&whole, 0, sizeof whole);
    whole.secret = trace_holds(data, size);
    trace_play(&whole, &trace_starts[start], client, server, flags, TRACE_WHOLE);
    for (how = TRACE_OCTETS; how <= TRACE_CUTS; how++) {
        memset(&cut, 0, sizeof cut);
        cut.secret = whole.secret;
        trace_play(&cut, &trace_starts[start], client, server, flags, how);
        MUST(cut.lines.len == whole.lines.len);
        MUST(cut.lines.len == 0 || memcmp(cut.lines.p, whole.lines.p, cut.lines.len) == 0);
        pile_free(&cut.lines);
    }
    pile_free(&whole.lines);
}

#endif
