/* Outputs that are full, memory that is refused at one place, and codecs that lie: what is refused
   has changed nothing, goes through later, and comes in its order. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"
#include "ws.h"
#include "cover.h"

#define HOST "Host: a\r\n"

enum { SMALL = 8192, APP = SMALL / 4 * 3 }; /* output, and the application's part of it */

static h2neg_config small_config(void)
{
    h2neg_config g = config_of(H2NEG_SERVER, 0);
    g.max_output_pending = SMALL;
    return g;
}

/* A server whose peer has large windows. */
static side *server_h2(const h2neg_config *g)
{
    side *s = side_of(g);
    buf in = {0, 0, 0};
    put_preface(&in, "4=1000000");
    put_ack(&in);
    put_window(&in, 0, 1000000);
    say(s, &in);
    buf_free(&in);
    return s;
}

static void say_get(side *s, uint32_t stream)
{
    buf in = {0, 0, 0};
    put_get(&in, stream, "/");
    say(s, &in);
    buf_free(&in);
}

/* The application fills its part with this stream's body. Octets taken. */
static size_t stuff(side *s, uint32_t stream)
{
    static char much[65536];
    size_t taken = 0;
    ptrdiff_t n;
    s->no_write = 1;
    do {
        n = h2neg_send(s->c, stream, much, sizeof much, H2NEG_MORE);
        CHECK(n >= 0);
        taken += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    CHECK(taken > 0);
    return taken;
}

/* ... and over HTTP/2 with that of this one, whose answer may take what the first has to leave. */
static void stuff_whole(side *s, uint32_t stream)
{
    static char much[65536];
    h2neg_message m = message_status(200);
    s->no_write = 1;
    m.body = much;
    m.body_len = sizeof much;
    CHECK_INT(h2neg_respond(s->c, stream, &m, 0), 0);
}

/* `n` PINGs, told apart by their number. */
static void say_pings(side *s, int from, int n)
{
    buf in = {0, 0, 0};
    char eight[9];
    while (n--) {
        snprintf(eight, sizeof eight, "%08d", from++);
        put_ping(&in, 0, eight);
    }
    say(s, &in);
    buf_free(&in);
}

static int count(const char *text, const char *word)
{
    int n = 0;
    while ((text = strstr(text, word)) != NULL) {
        n++;
        text++;
    }
    return n;
}

/* Octets of the output that nobody took yet. */
static size_t waiting(side *s)
{
    const void *run;
    return h2neg_output(s->c, &run);
}

/* All that was written, in words. The caller frees. */
static buf words_of(side *s)
{
    buf text = {0, 0, 0};
    buf_text(&text, "");
    side_drain(s);
    take_all(&text, &s->out, 0, 0, 0);
    return text;
}

/* ---- heads ------------------------------------------------------------------ */

/* "AGAIN: nothing was taken, nothing changed", then WRITABLE, once; then it fits. */
static void hints(side *s, uint32_t stream)
{
    h2neg_field link = h2neg_f("link", "</a-style-that-is-needed-soon.css>; rel=preload");
    h2neg_message m = message_status(103);
    h2neg_info info;
    size_t before;
    buf text;
    int n = 0, r;
    m.fields = &link;
    m.field_count = 1;
    s->no_write = 1;
    s->out.len = 0;
    while ((r = h2neg_respond(s->c, stream, &m, 0)) == 0)
        n++;
    CHECK_INT(r, H2NEG_ERR_AGAIN);
    CHECK(n > 10);
    before = waiting(s);
    m.status = 200;
    CHECK_INT(h2neg_respond(s->c, stream, &m, 0), H2NEG_ERR_AGAIN);
    CHECK_INT(waiting(s), before);
    side_drain(s);
    TOLD(s, "");
    s->no_write = 0;
    side_drain(s);
    TOLD(s, stream == 1 ? "WRITABLE 1\n" : "WRITABLE 3\n");
    CHECK_INT(h2neg_respond(s->c, stream, &m, 0), 0);
    text = words_of(s);
    h2neg_conn_info(s->c, &info);
    CHECK_INT(count(text.p, info.protocol == H2NEG_PROTO_H2C ? ":status=103" : "HTTP/1.1 103"), n);
    CHECK_INT(count(text.p, info.protocol == H2NEG_PROTO_H2C ? ":status=200" : "HTTP/1.1 200"), 1);
    CHECK_INT(count(text.p, " link="), n + 1);
    buf_free(&text);
    TOLD(s, "DONE\n");
    side_end(s);
}

static void test_heads_again(void)
{
    h2neg_config g = small_config();
    side *s = side_of(&g);
    say_text(s, "GET / HTTP/1.1\r\n" HOST "\r\n");
    TOLD(s, "NEGOTIATED\nREQUEST 1\nEND 1\n");
    hints(s, 1);
    s = server_h2(&g);
    say_get(s, 1);
    TOLD(s, "NEGOTIATED\nREQUEST 1\nEND 1\n");
    hints(s, 1);
}

/* ---- replies ----------------------------------------------------------------- */

/* Over HTTP/1.1: `body` octets behind an output that interim responses have filled. */
static side *full_h1(const h2neg_config *g)
{
    h2neg_message m = message_status(103);
    side *s = side_of(g);
    say_text(s, "GET / HTTP/1.1\r\n" HOST "\r\n");
    TOLD(s, "NEGOTIATED\nREQUEST 1\nEND 1\n");
    s->no_write = 1;
    while (h2neg_respond(s->c, 1, &m, 0) == 0)
        continue;
    return s;
}

/* What waits is written but for `left` octets. */
static void write_but(side *s, size_t left)
{
    const void *run;
    size_t n = h2neg_output(s->c, &run), k = n > left ? n - left : 0;
    CHECK(n > left);
    buf_add(&s->out, run, k);
    h2neg_output_done(s->c, k);
}

/* "reply copies: whole or AGAIN", also where the queue would have room and its head has none. */
static void test_reply_no_head(void)
{
    static char body[3000];
    h2neg_config g = small_config();
    side *s = full_h1(&g);
    CHECK_INT(h2neg_reply(s->c, 1, 200, NULL, body, sizeof body), H2NEG_ERR_AGAIN);
    side_drain(s);
    TOLD(s, "");
    s->no_write = 0;
    side_drain(s);
    TOLD(s, "WRITABLE 1\n");
    CHECK_INT(h2neg_reply(s->c, 1, 200, NULL, body, sizeof body), 0);
    side_drain(s);
    TOLD(s, "DONE 1\n");
    side_end(s);
}

/* Without a queue a reply goes at once or not at all: WRITABLE waits until all of it has room. */
static void test_reply_no_queue(void)
{
    static char body[3000];
    h2neg_config g = small_config();
    side *s;
    g.max_queued = H2NEG_OFF;
    s = full_h1(&g);
    CHECK_INT(h2neg_reply(s->c, 1, 200, NULL, body, sizeof body), H2NEG_ERR_AGAIN);
    write_but(s, APP - 3000); /* room for a head, not for the body behind it */
    side_drain(s);
    TOLD(s, "");
    CHECK_INT(h2neg_reply(s->c, 1, 200, NULL, body, sizeof body), H2NEG_ERR_AGAIN);
    write_but(s, 100);
    side_drain(s);
    TOLD(s, "WRITABLE 1\n");
    CHECK_INT(h2neg_reply(s->c, 1, 200, NULL, body, sizeof body), 0);
    s->no_write = 0;
    side_drain(s);
    TOLD(s, "DONE 1\n");
    side_end(s);
}

/* ... and over HTTP/2 until its windows have opened far enough (RFC 9113 5.2). */
static void test_reply_windows(void)
{
    static char body[3000];
    h2neg_config g = small_config();
    side *s;
    buf in = {0, 0, 0};
    g.max_queued = H2NEG_OFF;
    s = side_of(&g);
    put_preface(&in, "4=0");
    put_ack(&in);
    put_get(&in, 1, "/");
    say(s, &in);
    TOLD(s, "NEGOTIATED\nREQUEST 1\nEND 1\n");
    CHECK_INT(h2neg_reply(s->c, 1, 200, NULL, body, sizeof body), H2NEG_ERR_AGAIN);
    put_window(&in, 1, 2999);
    say(s, &in);
    TOLD(s, "");
    CHECK_INT(h2neg_reply(s->c, 1, 200, NULL, body, sizeof body), H2NEG_ERR_AGAIN);
    put_window(&in, 1, 1);
    say(s, &in);
    TOLD(s, "WRITABLE 1\n");
    CHECK_INT(h2neg_reply(s->c, 1, 200, NULL, body, sizeof body), 0);
    side_drain(s);
    TOLD(s, "DONE 1 NO_ERROR\n");
    buf_free(&in);
    side_end(s);
}

/* ---- bodies ------------------------------------------------------------------ */

/* "send takes what fits"; an empty end that does not fit is AGAIN. RFC 9112 7.1: the chunks and the
   last one are whole all the same. */
static void test_chunks_again(void)
{
    h2neg_config g = small_config();
    h2neg_message m = message_status(200);
    side *s = side_of(&g);
    buf text;
    size_t n;
    char body[32];
    say_text(s, "GET / HTTP/1.1\r\n" HOST "\r\n");
    CHECK_INT(h2neg_respond(s->c, 1, &m, H2NEG_MORE), 0);
    TOLD(s, "NEGOTIATED\nREQUEST 1\nEND 1\n");
    n = stuff(s, 1);
    CHECK_INT(h2neg_send(s->c, 1, "x", 1, 0), 0);
    CHECK_INT(h2neg_send(s->c, 1, NULL, 0, 0), H2NEG_ERR_AGAIN);
    side_drain(s);
    TOLD(s, "");
    s->no_write = 0;
    side_drain(s);
    TOLD(s, "WRITABLE 1\n");
    CHECK_INT(h2neg_send(s->c, 1, NULL, 0, 0), 0);
    text = words_of(s);
    TOLD(s, "DONE 1\n");
    snprintf(body, sizeof body, "\nBODY <%zu:", n);
    CHECK_INT(count(text.p, body), 1);
    CHECK_INT(count(text.p, "CUT"), 0);
    buf_free(&text);
    side_end(s);
}

/* "What the engine owes is written before the application's next frame": while pongs wait for room
   nothing of a body is taken, and its end is AGAIN. */
static void test_send_behind_pongs(void)
{
    h2neg_config g = small_config();
    h2neg_message m = message_status(200);
    side *s = server_h2(&g);
    buf text;
    const char *last;
    size_t before;
    say_get(s, 1);
    say_get(s, 3);
    CHECK_INT(h2neg_respond(s->c, 1, &m, H2NEG_MORE), 0);
    stuff_whole(s, 3);
    before = waiting(s);
    say_pings(s, 0, 130); /* more than a quarter of the output has room for */
    CHECK(waiting(s) > before && waiting(s) - before < 130 * 17);
    TOLD(s, "NEGOTIATED\nREQUEST 1\nEND 1\nREQUEST 3\nEND 3\n");
    CHECK_INT(h2neg_send(s->c, 1, "the end", 7, 0), 0);
    CHECK_INT(h2neg_send(s->c, 1, NULL, 0, 0), H2NEG_ERR_AGAIN);
    s->no_write = 0;
    side_drain(s);
    TOLD(s, "WRITABLE 1\nDONE 3\n");
    CHECK_INT(h2neg_send(s->c, 1, "the end", 7, 0), 7);
    text = words_of(s);
    CHECK_INT(count(text.p, "PING ACK"), 130);
    last = strstr(text.p, "PING ACK \"00000129\"\nDATA 3 <");
    CHECK(last != NULL && strstr(last, "\nDATA 1 \"the_end\" end\n") != NULL);
    TOLD(s, "DONE 1\n");
    buf_free(&text);
    side_end(s);
}

/* "trailers: whole or AGAIN" (RFC 9113 8.1: HEADERS with END_STREAM). */
static void test_trailers_again(void)
{
    h2neg_config g = small_config();
    h2neg_field f = h2neg_f("x-sum", "5");
    h2neg_message m = message_status(200);
    side *s = server_h2(&g);
    buf text;
    say_get(s, 1);
    say_get(s, 3);
    CHECK_INT(h2neg_respond(s->c, 1, &m, H2NEG_MORE), 0);
    stuff_whole(s, 3);
    CHECK_INT(h2neg_trailers(s->c, 1, &f, 1), H2NEG_ERR_AGAIN);
    s->no_write = 0;
    side_drain(s);
    TOLD(s, "NEGOTIATED\nREQUEST 1\nEND 1\nREQUEST 3\nEND 3\nWRITABLE 1\nDONE 3\n");
    CHECK_INT(h2neg_trailers(s->c, 1, &f, 1), 0);
    text = words_of(s);
    CHECK_INT(count(text.p, "\nHEADERS 1 end x-sum=5\n"), 1);
    TOLD(s, "DONE 1\n");
    buf_free(&text);
    side_end(s);
}

/* ---- tunnels and WebSockets ---------------------------------------------------- */

/* write_min_rate: "never for WebSockets and tunnels", although octets wait. */
static void test_slow_tunnel(void)
{
    static char much[65536];
    h2neg_config g = small_config();
    side *s;
    g.write_stall = H2NEG_OFF; /* that is the transport's */
    s = side_of(&g);
    say_text(s, "CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n");
    CHECK_INT(h2neg_accept(s->c, 1, NULL, NULL, 0), 0);
    side_drain(s);
    s->no_write = 1;
    CHECK(h2neg_send(s->c, 1, much, sizeof much, H2NEG_MORE) < (int)sizeof much);
    h2neg_tick(s->c, 1);
    CHECK(h2neg_tick(s->c, 10000000) == H2NEG_NEVER);
    side_drain(s);
    TOLD(s, "NEGOTIATED\nREQUEST 1\nOPEN 1\n");
    s->no_write = 0;
    side_drain(s);
    TOLD(s, "WRITABLE 1\n");
    side_end(s);
}

/* A tunnel's end has no octets over HTTP/1.1: it is taken when nothing else is, and the transport
   is half-closed when what waits is out. */
static void test_tunnel_end_full(void)
{
    h2neg_config g = small_config();
    side *s = side_of(&g);
    size_t n;
    say_text(s, "CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n");
    CHECK_INT(h2neg_accept(s->c, 1, NULL, NULL, 0), 0);
    side_drain(s);
    n = s->out.len;
    n += stuff(s, 1);
    CHECK_INT(h2neg_send(s->c, 1, "x", 1, H2NEG_MORE), 0);
    CHECK_INT(h2neg_send(s->c, 1, NULL, 0, 0), 0);
    CHECK_INT(h2neg_wants(s->c), H2NEG_WANT_READ | H2NEG_WANT_WRITE);
    s->no_write = 0;
    side_drain(s);
    CHECK_INT(s->out.len, n);
    CHECK_INT(h2neg_wants(s->c), H2NEG_WANT_READ | H2NEG_WANT_HALF_CLOSE);
    side_end(s);
}

/* "LIMIT_STREAMS: max_ws_streams is reached, and the client has got a 503"; where that has no room,
   AGAIN, and nothing has changed. */
static void test_accept_full(void)
{
    static const char handshake[] = WS_CONNECT "/ws\nsec-websocket-version: 13\n";
    h2neg_config g = small_config();
    side *s;
    buf in = {0, 0, 0}, text;
    g.max_ws_streams = 1;
    s = server_h2(&g);
    put_headers(&in, 1, HEADS, handshake);
    say(s, &in);
    CHECK_INT(h2neg_accept(s->c, 1, NULL, NULL, 0), 0);
    put_headers(&in, 3, HEADS, handshake);
    say(s, &in);
    say_get(s, 5);
    TOLD(s, "NEGOTIATED\nREQUEST 1\nOPEN 1\nREQUEST 3 websocket\nREQUEST 5\nEND 5\n");
    stuff_whole(s, 5);
    CHECK_INT(h2neg_accept(s->c, 3, NULL, NULL, 0), H2NEG_ERR_AGAIN);
    side_drain(s);
    TOLD(s, "");
    s->no_write = 0;
    side_drain(s);
    TOLD(s, "WRITABLE 3\nDONE 5\n");
    CHECK_INT(h2neg_accept(s->c, 3, NULL, NULL, 0), H2NEG_ERR_LIMIT_STREAMS);
    text = words_of(s);
    CHECK_INT(count(text.p, "HEADERS 3"), 1);
    CHECK_INT(count(text.p, "HEADERS 3 end :status=503"), 1);
    TOLD(s, "DONE 3\n");
    buf_free(&text);
    buf_free(&in);
    side_end(s);
}

/* RFC 6455 5.5.1, 7.1.2: we began the closing handshake, although our Close waits for room when the
   peer's comes: one Close goes out, with our code, and WS_CLOSE tells the peer's. */
static void test_close_waits(void)
{
    char ping[125];
    h2neg_config g = small_config();
    side *s = side_of(&g);
    buf in = {0, 0, 0};
    int i;
    memset(ping, 'p', sizeof ping);
    say_text(s, "GET /ws HTTP/1.1\r\n" WS_UPGRADE_FIELDS "\r\n");
    CHECK_INT(h2neg_accept(s->c, 1, NULL, NULL, 0), 0);
    side_drain(s);
    s->no_write = 1;
    for (i = 0; i < 70; i++) /* pongs, to the last octet of the output */
        put_ws(&in, 0x89, 1, ping, sizeof ping);
    say(s, &in);
    for (i = 0; i < 130; i++)
        put_ws(&in, 0x89, 1, "", 0);
    say(s, &in);
    TOLD(s, "NEGOTIATED\nREQUEST 1\nOPEN 1\nWS_PING 1\n...");
    CHECK_INT(h2neg_ws_close(s->c, 1, 1001, NULL), 0);
    CHECK_INT(h2neg_ws_close(s->c, 1, 1001, NULL), H2NEG_ERR_CLOSED);
    put_ws(&in, 0x88, 1,
           "\x03\xe8"
           "bye",
           5);
    say(s, &in);
    TOLD(s, "WS_CLOSE 1 code=1000 reason=bye !by-peer !err=\n");
    s->no_write = 0;
    WROTE_WS(s, "HTTP/1.1 101\n...\nWS pong\nWS close code=1001 \"\"\n", 1);
    TOLD(s, "DONE 1 NO_ERROR\n");
    buf_free(&in);
    side_end(s);
}

/* "Calls on a stream that is gone return STREAM_GONE and change nothing": gone it is behind its
   DONE, also while its RST_STREAM still waits for room. */
static void test_gone_unwritten(void)
{
    h2neg_config g = small_config();
    side *s = server_h2(&g);
    buf in = {0, 0, 0};
    int mine = 0;
    h2neg_event ev;
    h2neg_info info;
    say_get(s, 1);
    TOLD(s, "NEGOTIATED\nREQUEST 1\nEND 1\n");
    s->no_write = 1;
    say_pings(s, 0, SMALL / 17); /* pongs and an ACK, so that a RST_STREAM does not fit */
    put_settings(&in, "");
    say(s, &in);
    CHECK_INT(h2neg_reset(s->c, 1, H2NEG_CANCEL), 0);
    CHECK_INT(h2neg_next(s->c, &ev), 1);
    CHECK_INT(ev.type, H2NEG_EV_DONE);
    s->done++;
    CHECK_INT(h2neg_set_user(s->c, 1, &mine), 0); /* it is the current event's */
    CHECK_INT(h2neg_next(s->c, &ev), 0);
    h2neg_conn_info(s->c, &info);
    CHECK_INT(info.streams, 1);
    CHECK_INT(h2neg_set_user(s->c, 1, &mine), H2NEG_ERR_STREAM_GONE);
    CHECK_INT(h2neg_keep(s->c, 1, 1), H2NEG_ERR_STREAM_GONE);
    s->no_write = 0;
    side_drain(s);
    h2neg_conn_info(s->c, &info);
    CHECK_INT(info.streams, 0);
    WROTE(s, "SETTINGS\nSETTINGS ACK\n...\nPING ACK\nSETTINGS ACK\nRST_STREAM 1 CANCEL\n");
    buf_free(&in);
    side_end(s);
}

/* ---- drain and time ------------------------------------------------------------ */

/* RFC 9113 6.8: the second GOAWAY names the last stream; while it waits for room the connection is
   not over. */
static void test_drain_blocked(void)
{
    h2neg_config g = small_config();
    side *s = server_h2(&g);
    buf in = {0, 0, 0}, text;
    h2neg_shutdown(s->c);
    side_drain(s);
    s->no_write = 1;
    say_pings(s, 0, SMALL / 17); /* pongs: less room is left than a GOAWAY asks for */
    put_ping(&in, ACK, "h2neg:\0\1");
    say(s, &in);
    TOLD(s, "NEGOTIATED\n");
    CHECK_INT(h2neg_wants(s->c), H2NEG_WANT_READ | H2NEG_WANT_WRITE);
    s->no_write = 0;
    text = words_of(s);
    CHECK_INT(count(text.p, "PING ACK"), SMALL / 17);
    CHECK_INT(count(text.p, "GOAWAY 2147483647 NO_ERROR"), 1);
    CHECK(lines_fit(text.p, "...\nPING ACK\nGOAWAY 0 NO_ERROR\n"));
    CHECK_INT(h2neg_wants(s->c), H2NEG_WANT_READ | H2NEG_WANT_HALF_CLOSE);
    buf_free(&text);
    buf_free(&in);
    side_end(s);
}

/* body_min_rate: "not while input is stopped by us": here the ring of pongs is full, and the rest
   of the body is kept behind a PING. */
static void test_body_behind_pings(void)
{
    h2neg_config g = small_config();
    side *s;
    buf in = {0, 0, 0};
    int i;
    g.write_stall = H2NEG_OFF;
    s = server_h2(&g);
    put_request(&in, 1, 0, "POST", "/", "content-length: 5\n");
    say(s, &in);
    TOLD(s, "NEGOTIATED\nREQUEST 1\n");
    s->no_write = 1;
    say_pings(s, 0, SMALL / 17);
    for (i = 0; i < 40; i++) /* 32 of them have a place */
        put_ping(&in, 0, "12345678");
    put_data(&in, 1, END, "hello");
    say(s, &in);
    CHECK(!(h2neg_wants(s->c) & H2NEG_WANT_READ));
    h2neg_tick(s->c, 1);
    h2neg_tick(s->c, 10000000);
    side_drain(s);
    TOLD(s, "");
    s->no_write = 0;
    side_drain(s);
    TOLD(s, "DATA 1 \"hello\"\nEND 1\n");
    buf_free(&in);
    side_end(s);
}

/* ---- memory -------------------------------------------------------------------- */

/* An allocator that refuses blocks of one size, or all, while it is told to. */
typedef struct picky {
    size_t size; /* 0: all */
    int on;
    long live;
} picky;

static void *picky_fn(void *user, void *old, size_t old_size, size_t new_size)
{
    picky *p = (picky *)user;
    void *fresh = NULL;
    if (new_size) {
        if (p->on && (!p->size || p->size == new_size))
            return NULL;
        fresh = malloc(new_size);
        if (!fresh)
            abort();
        p->live++;
    }
    if (old) {
        if (fresh)
            memcpy(fresh, old, old_size < new_size ? old_size : new_size);
        free(old);
        p->live--;
    }
    return fresh;
}

static h2neg_config picky_config(picky *p)
{
    h2neg_config g = small_config();
    memset(p, 0, sizeof *p);
    g.alloc_fn = picky_fn;
    g.alloc_user = p;
    return g;
}

/* A head that comes in pieces, and no memory to join them: 503. "The last words (GOAWAY, a bare
   HTTP/1.1 status, a Close) fit 64 octets inside the struct": where there is no memory for output
   either, it is a bare one. */
static void test_head_no_memory(void)
{
    int bare;
    for (bare = 0; bare < 2; bare++) {
        picky p;
        h2neg_config g = picky_config(&p);
        side *s = side_of(&g);
        buf in = {0, 0, 0};
        const char *status = bare ? "HTTP/1.1 503 \r\n" : "HTTP/1.1 503 Service Unavailable\r\n";
        buf_text(&in, "GET / HTTP/1.1\r\n" HOST "X-A: ");
        buf_fill(&in, 'a', 300);
        say(s, &in);
        p.on = 1;
        p.size = bare ? 0 : 1024; /* what was kept grows from 512 octets to so many */
        buf_fill(&in, 'a', 300);
        buf_text(&in, "\r\n\r\n");
        say(s, &in);
        TOLD(s, "ERROR NOMEM h2=INTERNAL_ERROR\n");
        CHECK(s->out.len && strncmp(s->out.p, status, strlen(status)) == 0);
        CHECK_INT(h2neg_wants(s->c), H2NEG_WANT_READ | H2NEG_WANT_HALF_CLOSE);
        buf_free(&in);
        side_end(s);
        CHECK_INT(p.live, 0);
    }
}

/* A body whose window opens when there is no memory to write it into: GOAWAY INTERNAL_ERROR. */
static void test_body_no_memory(void)
{
    picky p;
    h2neg_config g = picky_config(&p);
    h2neg_message m = message_status(200);
    side *s = side_of(&g);
    buf in = {0, 0, 0};
    put_preface(&in, "4=0");
    put_ack(&in);
    put_get(&in, 1, "/");
    say(s, &in);
    m.body = "hello";
    m.body_len = 5;
    CHECK_INT(h2neg_respond(s->c, 1, &m, 0), 0);
    side_drain(s);
    TOLD(s, "NEGOTIATED\nREQUEST 1\nEND 1\n");
    p.on = 1;
    p.size = SMALL;
    put_window(&in, 1, 5);
    say(s, &in);
    TOLD(s, "ERROR NOMEM h2=INTERNAL_ERROR\nDONE 1 INTERNAL_ERROR err=NOMEM\n");
    WROTE(s, "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200 !end\nGOAWAY 1 INTERNAL_ERROR \"\"\n");
    buf_free(&in);
    side_end(s);
    CHECK_INT(p.live, 0);
}

/* A WebSocket's handshake of a foreign page, and no memory to write its 403 into. */
static void test_refusal_no_memory(void)
{
    static const char handshake[] =
        WS_CONNECT "/ws\nsec-websocket-version: 13\norigin: http://b.example\n";
    int full;
    for (full = 0; full < 2; full++) {
        picky p;
        h2neg_config g = picky_config(&p);
        side *s = server_h2(&g);
        buf in = {0, 0, 0};
        p.on = full;
        p.size = SMALL;
        put_headers(&in, 1, HEADS | END, handshake);
        say(s, &in);
        TOLD(s, full ? "NEGOTIATED\nERROR NOMEM h2=INTERNAL_ERROR\n" : "NEGOTIATED\n");
        WROTE(s, full ? "SETTINGS\nSETTINGS ACK\nGOAWAY 1 INTERNAL_ERROR \"\"\n"
                      : "SETTINGS\nSETTINGS ACK\nHEADERS 1 end :status=403\n");
        buf_free(&in);
        side_end(s);
        CHECK_INT(p.live, 0);
    }
}

/* ---- codecs that lie ------------------------------------------------------------- */

enum { HONEST, MALFORMED, TOOK_MORE, PUT_MORE, IDLE, TOOK_LESS };

typedef struct liar {
    toy t;
    int lie[2]; /* [1]: compressing */
} liar;

static int liar_run(void *user, void *context, int compress, const void *in, size_t *in_len,
                    void *out, size_t *out_len, int end)
{
    liar *l = (liar *)user;
    size_t had = *in_len, room = *out_len;
    switch (l->lie[compress]) {
    case MALFORMED: return -1;
    case IDLE: *in_len = *out_len = 0; return 0;
    default: break;
    }
    if (toy_run(&l->t, context, compress, in, in_len, out, out_len, end) < 0)
        return -1;
    if (l->lie[compress] == TOOK_MORE)
        *in_len = had + 1;
    if (l->lie[compress] == TOOK_LESS)
        *in_len = had - 1;
    if (l->lie[compress] == PUT_MORE)
        *out_len = room + 1;
    return 0;
}

/* A server's WebSocket with the extension, over either protocol. */
static side *liar_side(liar *l, h2neg_ws_codec *codec, int h2, int pieces)
{
    h2neg_config g = config_of(H2NEG_SERVER, 0);
    side *s;
    buf in = {0, 0, 0};
    memset(l, 0, sizeof *l);
    *codec = toy_codec(&l->t);
    codec->user = l;
    codec->run_fn = liar_run;
    g.ws_codec = codec;
    g.ws_pieces = pieces;
    s = h2 ? server_h2(&g) : side_of(&g);
    if (h2)
        put_headers(&in, 1, HEADS,
                    WS_CONNECT "/ws\nsec-websocket-version: 13\n"
                               "sec-websocket-extensions: permessage-deflate\n");
    else
        buf_text(&in, "GET /ws HTTP/1.1\r\n" WS_UPGRADE_FIELDS
                      "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
    say(s, &in);
    CHECK_INT(h2neg_accept(s->c, 1, NULL, NULL, 0), 0);
    side_drain(s);
    TOLD(s, "NEGOTIATED\nREQUEST 1 websocket\nOPEN 1 websocket\n");
    buf_free(&in);
    return s;
}

static void say_frame(side *s, int h2, unsigned first, const buf *payload)
{
    buf frame = {0, 0, 0}, in = {0, 0, 0};
    put_ws(&frame, first, 1, payload->p, payload->len);
    if (h2)
        put_frame(&in, 0, 0, 1, frame.p, frame.len);
    else
        buf_add(&in, frame.p, frame.len);
    say(s, &in);
    buf_free(&frame);
    buf_free(&in);
}

/* RFC 7692 7.2.2, RFC 6455 7.4.1: what does not inflate is 1007, also where it is the codec that
   says what cannot be. (The toy's other calls are given the liar, whose first member it is.) */
static void test_inflater_lies(void)
{
    static const int lies[] = {HONEST, MALFORMED, TOOK_MORE, PUT_MORE, IDLE};
    int h2;
    size_t i;
    for (h2 = 0; h2 < 2; h2++)
        for (i = 0; i < sizeof lies / sizeof lies[0]; i++) {
            liar l;
            h2neg_ws_codec codec;
            side *s = liar_side(&l, &codec, h2, 0);
            buf payload = {0, 0, 0};
            l.lie[0] = lies[i];
            toy_payload(&payload, 0, "hello", 5);
            say_frame(s, h2, 0xc1, &payload);
            TOLD(s, lies[i] == HONEST ? "WS_MESSAGE 1 text \"hello\"\n"
                                      : "WS_CLOSE 1 code=1007 err=WS_DEFLATE !by-peer\n...");
            WROTE_WS(s,
                     lies[i] == HONEST ? h2 ? "...\nHEADERS 1 :status=200\n" : "HTTP/1.1 101\n"
                                       : "...\nWS close code=1007\n...",
                     1);
            buf_free(&payload);
            side_end(s);
            toy_check(&l.t);
        }
}

/* A message that cannot be compressed cannot be sent, and half of it may not be either: NOMEM, and
   the WebSocket is over (1006: no Close came, RFC 6455 7.1.5). */
static void test_compressor_lies(void)
{
    static const int lies[] = {MALFORMED, TOOK_LESS, TOOK_MORE, PUT_MORE};
    int h2;
    size_t i;
    for (h2 = 0; h2 < 2; h2++)
        for (i = 0; i < sizeof lies / sizeof lies[0]; i++) {
            liar l;
            h2neg_ws_codec codec;
            side *s = liar_side(&l, &codec, h2, 0);
            size_t before = s->out.len;
            l.lie[1] = lies[i];
            CHECK_INT(h2neg_ws_send(s->c, 1, H2NEG_WS_TEXT, "hello", 5, 0), H2NEG_ERR_NOMEM);
            side_drain(s);
            TOLD(s, "WS_CLOSE 1 code=1006 err=NOMEM\nDONE 1 INTERNAL_ERROR err=NOMEM\n");
            CHECK_INT(h2neg_ws_send(s->c, 1, H2NEG_WS_TEXT, "hello", 5, 0), H2NEG_ERR_STREAM_GONE);
            if (h2)
                WROTE(s, "...\nRST_STREAM 1 INTERNAL_ERROR\n");
            else
                CHECK_INT(s->out.len, before); /* nothing of the frame */
            side_end(s);
            toy_check(&l.t);
        }
}

/* ws_pieces: messages "are given in pieces, as they come": one that expands above half a buffer in
   the middle of a frame is given before the rest of the frame is looked at. */
static size_t piece[4];
static int pieces;
static int note_piece(side *s, const h2neg_event *ev)
{
    (void)s;
    if (ev->type == H2NEG_EV_WS_MESSAGE && pieces < 4)
        piece[pieces++] = ev->data.len;
    return 1;
}

static void test_pieces_expand(void)
{
    liar l;
    h2neg_ws_codec codec;
    side *s = liar_side(&l, &codec, 0, 1);
    buf payload = {0, 0, 0};
    s->hook = note_piece;
    pieces = 0;
    buf_add(&payload, "\x04\xc8\x32\0\0", 5); /* the toy's bomb: 13,000 octets 'x' */
    toy_payload(&payload, 0, "hello", 5);
    say_frame(s, 0, 0xc1, &payload);
    CHECK_INT(pieces, 2);
    CHECK_INT(piece[0], 13000);
    CHECK_INT(piece[1], 5);
    buf_free(&payload);
    side_end(s);
    toy_check(&l.t);
}

CHECK_MAIN(test_heads_again, test_reply_no_head, test_reply_no_queue, test_reply_windows,
           test_chunks_again, test_send_behind_pongs, test_trailers_again, test_slow_tunnel,
           test_tunnel_end_full, test_accept_full, test_close_waits, test_gone_unwritten,
           test_drain_blocked, test_body_behind_pings, test_head_no_memory, test_body_no_memory,
           test_refusal_no_memory, test_inflater_lies, test_compressor_lies, test_pieces_expand)
