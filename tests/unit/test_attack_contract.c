/* Sentences of the connection's contract that other tests do not prove; which test proves which one
   stands in test_attack_all.c. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "attack.h"

static side *make(const h2neg_config *config)
{
    side *s = side_new(config);
    side_drain(s);
    return s;
}

/* ---- calls --------------------------------------------------------------- */

/* "The config is copied": what becomes of it later is nobody's business. */
static void test_config_copied(void)
{
    h2neg_config config;
    side *s;
    memset(&config, 0, sizeof config);
    config.max_header_fields = 2;
    s = make(&config);
    memset(&config, 0xff, sizeof config);
    side_give(s, "GET / HTTP/1.1\r\n" HOST "a: b\r\nc: d\r\n\r\n", 39);
    CHECK_INT(s->errors, 1);
    CHECK(h2neg_is(h2neg_s(h2neg_event_name(H2NEG_EV_ERROR)), "ERROR"));
    side_end(s);
}

/* ---- input --------------------------------------------------------------- */

/* "A head or frame that lies whole in the lent octets is not copied." */
static void test_not_copied(void)
{
    static const char post[] =
        "POST /a?b HTTP/1.1\r\n" HOST "X-Y: z\r\nContent-Length: 5\r\n\r\nhello";
    h2neg_conn *c = h2neg_conn_new(NULL);
    h2neg_event ev;
    buf in = {0, 0, 0};
    int seen = 0;
#define LENT(s, p, n) ((s).ptr >= (p) && (s).ptr + (s).len <= (p) + (n))
    CHECK_INT(h2neg_feed(c, post, sizeof post - 1), sizeof post - 1);
    while (h2neg_next(c, &ev)) {
        if (ev.type == H2NEG_EV_REQUEST) {
            seen++;
            CHECK(LENT(ev.method, post, sizeof post) && LENT(ev.target, post, sizeof post));
            CHECK(LENT(ev.path, post, sizeof post) && LENT(ev.query, post, sizeof post));
            CHECK(ev.field_count == 2 && LENT(ev.fields[0].name, post, sizeof post) &&
                  LENT(ev.fields[0].value, post, sizeof post));
        }
        if (ev.type == H2NEG_EV_DATA) {
            seen++;
            CHECK(LENT(ev.data, post, sizeof post) && ev.data.len == 5);
        }
    }
    CHECK_INT(seen, 2);
    h2neg_conn_free(c);
    c = h2neg_conn_new(NULL);
    put_preface(&in, "");
    put_request(&in, 1, 0, "POST", "/", "");
    put_data(&in, 1, 0, "hello");
    CHECK_INT(h2neg_feed(c, in.p, in.len), in.len);
    while (h2neg_next(c, &ev))
        if (ev.type == H2NEG_EV_DATA) {
            seen++;
            CHECK(LENT(ev.data, in.p, in.len) && ev.data.len == 5);
        }
    CHECK_INT(seen, 3);
    h2neg_conn_free(c);
    buf_free(&in);
}

/* "next answering 0 ends the loan: what could not be used yet has been copied into the connection
   and goes on by itself on a later next; while it holds such a rest it does not want to read." */
static void test_rest(void)
{
    static const char two[] =
        "GET /later HTTP/1.1\r\n" HOST "\r\nGET /now HTTP/1.1\r\n" HOST "\r\n";
    char lent[sizeof two];
    side *s = make(NULL);
    memcpy(lent, two, sizeof two);
    CHECK_INT(h2neg_feed(s->c, lent, sizeof two - 1), sizeof two - 1);
    side_events(s);
    memset(lent, '!', sizeof lent); /* ours again */
    CHECK(!(h2neg_wants(s->c) & H2NEG_WANT_READ));
    CHECK_INT(h2neg_feed(s->c, "x", 1), 0);
    app_reply(s, 1, 200, "late");
    side_drain(s);
    CHECK_INT(s->done, 2);
    CHECK(h2neg_wants(s->c) & H2NEG_WANT_READ);
    side_end(s);
}

/* "Nothing behind an event is examined before the event has been taken": an error in the same read
   comes behind the answer, whatever the protocol. */
static void test_not_examined(void)
{
    h2neg_conn *c = h2neg_conn_new(NULL);
    h2neg_event ev;
    h2neg_info info;
    buf in = {0, 0, 0};
    put_preface(&in, "");
    put_get(&in, 1, "/now");
    put_data(&in, 0, 0, "bad");
    CHECK_INT(h2neg_feed(c, in.p, in.len), in.len);
    while (h2neg_next(c, &ev) && ev.type != H2NEG_EV_REQUEST)
        continue;
    h2neg_conn_info(c, &info);
    CHECK_INT(info.error.code, 0);
    CHECK_INT(h2neg_reply(c, 1, 200, NULL, "x", 1), 0);
    while (h2neg_next(c, &ev))
        continue;
    h2neg_conn_info(c, &info);
    CHECK_INT(info.error.code, H2NEG_ERR_H2_STREAM_ID);
    h2neg_conn_free(c);
    buf_free(&in);
}

/* ---- output -------------------------------------------------------------- */

/* "Application data fills at most three quarters of max_output_pending": the rest is the engine's,
   who can still answer 32 PINGs. */
static void test_three_quarters(void)
{
    static const uint32_t sizes[] = {8192, 20000, 65536};
    size_t i;
    for (i = 0; i < 3; i++) {
        h2neg_config config;
        side *s;
        buf in = {0, 0, 0};
        const void *run;
        size_t n;
        int k;
        memset(&config, 0, sizeof config);
        config.max_output_pending = sizes[i];
        s = make(&config);
        put_preface(&in, "4=1000000"), put_ack(&in), put_window(&in, 0, 1000000);
        put_get(&in, 1, "/body/200000");
        s->no_write = 1;
        side_give(s, in.p, in.len);
        n = h2neg_output(s->c, &run);
        CHECK(n <= sizes[i] / 4 * 3 + 64 && n > sizes[i] / 2);
        in.len = 0;
        for (k = 0; k < 32; k++)
            put_ping(&in, 0, "12345678");
        side_give(s, in.p, in.len);
        CHECK_INT(s->backlog.len, 0);
        CHECK(h2neg_output(s->c, &run) == n + 32 * 17 && n + 32 * 17 <= sizes[i]);
        buf_free(&in);
        side_end(s);
    }
}

/* "1xx goes through respond; 101 only through accept." */
static int hook_101(side *s, const h2neg_event *ev)
{
    h2neg_message m = message_status(101);
    if (ev->type != H2NEG_EV_REQUEST)
        return 0;
    CHECK_INT(h2neg_respond(s->c, ev->stream, &m, 0), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_reply(s->c, ev->stream, 101, NULL, "", 0), H2NEG_ERR_INVALID);
    m.status = 99;
    CHECK_INT(h2neg_respond(s->c, ev->stream, &m, 0), H2NEG_ERR_INVALID);
    m.status = 1000;
    CHECK_INT(h2neg_respond(s->c, ev->stream, &m, 0), H2NEG_ERR_INVALID);
    app_hints(s, ev->stream);
    return 1;
}

static void test_101(void)
{
    script sc;
    script_h1(&sc, "101 by respond", "GET / HTTP/1.1\r\n" HOST "\r\n");
    sc.hook = hook_101;
    script_play(&sc, NULL, "HTTP/1.1 103\n" HELLO);
    script_h2(&sc, "101 by respond, HTTP/2", "");
    put_get(&sc.in, 1, "/");
    sc.hook = hook_101;
    script_play(
        &sc, NULL,
        "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=103 !end\nHEADERS 1 :status=200\nDATA 1\n");
}

/* "Names that the library adds are lower case", on the wire, whoever writes them. */
static void lower_case(const char *in, int client)
{
    h2neg_config config;
    side *s;
    size_t i, line = 0;
    int name = 0;
    memset(&config, 0, sizeof config);
    config.role = client ? H2NEG_CLIENT : H2NEG_SERVER;
    config.protocols = H2NEG_PROTOCOLS_DEFAULT | H2NEG_H2C;
    config.random_fn = test_random;
    config.random_user = &line;
    s = make(&config);
    if (client) {
        h2neg_message m = message_get("/a");
        if (client == 2)
            m.upgrade = h2neg_s("websocket"), m.subprotocols = h2neg_s("chat");
        side_ok(s, 0, side_request(s, &m, 0, NULL), "request");
        side_drain(s);
    } else {
        side_give(s, in, strlen(in));
    }
    CHECK(s->out.len > 0);
    for (i = 0; i + 1 < s->out.len && memcmp(s->out.p + i, "\r\n\r\n", 4) != 0; i++) {
        if (s->out.p[i] == '\n')
            name = 1;
        if (s->out.p[i] == ':')
            name = 0;
        CHECK(!name || !(s->out.p[i] >= 'A' && s->out.p[i] <= 'Z'));
    }
    side_end(s);
}

static void test_lower_case(void)
{
    lower_case("GET /now HTTP/1.1\r\n" HOST "\r\n", 0);
    lower_case("GET /trailers HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", 0);
    lower_case("GET /now HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 0);
    lower_case("G@T /now HTTP/1.1\r\n" HOST "\r\n", 0);
    lower_case("GET /ws HTTP/1.1\r\n" WS_UPGRADE_FIELDS "\r\n", 0);
    lower_case("GET /ws HTTP/1.1\r\n" HOST "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n", 0);
    lower_case("GET /accept HTTP/1.1\r\n" HOST "Connection: upgrade\r\nUpgrade: foo\r\n\r\n", 0);
    lower_case("GET /now HTTP/1.1\r\n" HOST
               "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
               "HTTP2-Settings: AAMAAABk\r\n\r\n",
               0);
    lower_case("", 1);
    lower_case("", 2);
}

/* "A response that only begins early changes nothing": more than is ever drained goes on. */
static void test_begins_early(void)
{
    script sc;
    script_h1(&sc, "an echo of 200,000 octets keeps its connection",
              "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 200000\r\n\r\n");
    buf_fill(&sc.in, 'x', 200000);
    buf_text(&sc.in, "GET /now HTTP/1.1\r\n" HOST "\r\n");
    sc.loose = sc.quick = 1;
    script_play(
        &sc, "NEGOTIATED\nREQUEST 1\nDATA 1 <200000:*\nEND 1\nDONE 1\nREQUEST 3\nEND 3\nDONE 3\n",
        "HTTP/1.1 200 !connection\nBODY <200000:*\n" HELLO);
}

/* ---- slots --------------------------------------------------------------- */

/* "A ring remembers the last 128 closed streams and how each closed." DATA on the oldest of 128
   that we reset is dropped; one further back is not remembered, and is a stream that is closed. */
static void closed_ring(int n, int dropped)
{
    attack a;
    int i;
    attack_h2(&a, dropped ? "the oldest of 128" : "the one before", "");
    for (i = 0; i < n; i++)
        put_request(&a.sc.in, (uint32_t)i * 2 + 3, 0, "POST", "/reset/8", "");
    attack_here(&a);
    put_data(&a.sc.in, 3, 0, "late");
    if (dropped)
        passes(&a, 1001, NULL);
    else
        conn_ends(&a, H2NEG_ERR_H2_CLOSED, "STREAM_CLOSED", 0, 9);
}

static void test_ring(void)
{
    closed_ring(128, 1);
    closed_ring(129, 0);
}

/* ---- field blocks -------------------------------------------------------- */

static int kind_of_block;

static void put_indexing(buf *b, uint32_t id, int flags, const char *lines)
{
    buf block = {0, 0, 0};
    put_block(&block, lines);
    buf_add(&block, "\x40\x03x-y\x01z", 7);
    put_frame(b, 1, HEADS | flags, id, block.p, block.len);
    buf_free(&block);
}

static void call_drain(side *s)
{
    h2neg_shutdown(s->c);
}

/* "Every field block is decoded: of refused, reset and unknown streams and those above our GOAWAY
   too": what each put into the table is found there. */
static void test_every_block(void)
{
    static const char *const names[] = {"of a refused stream",
                                        "trailers of a stream that we reset",
                                        "of a malformed request",
                                        "above our GOAWAY",
                                        "of a 431",
                                        "of a 417"};
    for (kind_of_block = 0; kind_of_block < 6; kind_of_block++) {
        attack a;
        buf block = {0, 0, 0};
        attack_h2(&a, names[kind_of_block], "");
        if (kind_of_block == 0)
            a.sc.config.max_concurrent_streams = 2;
        if (kind_of_block == 0) {
            put_request(&a.sc.in, 3, 0, "POST", "/end", "");
            put_indexing(&a.sc.in, 5, END, REQ("GET", "/now"));
            put_data(&a.sc.in, 3, END, "");
        } else if (kind_of_block == 1) {
            put_request(&a.sc.in, 3, 0, "POST", "/reset/8", "");
            put_indexing(&a.sc.in, 3, END, "a: b\n");
        } else if (kind_of_block == 2) {
            put_indexing(&a.sc.in, 3, END, REQ("GET", "/now") "Bad: b\n");
        } else if (kind_of_block == 3) {
            put_request(&a.sc.in, 3, 0, "POST", "/end", "");
            script_call(&a.sc, call_drain);
            put_ping(&a.sc.in, ACK, "h2neg:\0\1");
            put_indexing(&a.sc.in, 5, END, REQ("GET", "/now"));
        } else if (kind_of_block == 4) {
            a.sc.config.max_field_line = 100;
            put_indexing(
                &a.sc.in, 3, END,
                REQ("GET",
                    "/now") "x: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n");
        } else {
            put_indexing(&a.sc.in, 3, 0, REQ("POST", "/now") "expect: foo\n");
        }
        if (kind_of_block == 3) { /* nothing new is taken: trailers of the one under way use it */
            put_frame(&a.sc.in, 1, HEADS | END, 3, "\xbe", 1);
            put_data(&a.sc.in, 1, END, "after");
            a.sc.unfed = 1;
            attack_play(&a, 0, "...\nTRAILERS 3 x-y=z\nEND 3\n...", NULL);
            continue;
        }
        put_block(&block, REQ("GET", "/now"));
        buf_octet(&block, 0xbe);
        put_frame(&a.sc.in, 1, HEADS | END, 7, block.p, block.len);
        buf_free(&block);
        put_data(&a.sc.in, 1, END, "after");
        a.companion = 1, a.next = 7;
        attack_play(&a, ANY, "...\nREQUEST 7 x-y=z\n...", NULL);
    }
}

/* ---- no memory ----------------------------------------------------------- */

/* "NOMEM while a block is decoded or the decoder's table grows: GOAWAY COMPRESSION_ERROR, local
   error NOMEM. Stream table: REFUSED_STREAM. Encoder table: a smaller one. Message buffer: Close
   1011." Each allocation fails in turn; what came of it is counted. */
static void no_memory(buf *in, int ws, int *compression, int *refused, int *internal, int *whole)
{
    long n;
    for (n = 2; n < 60; n++) {
        meter m;
        h2neg_config config;
        side *s = (side *)calloc(1, sizeof *s);
        buf text = {0, 0, 0};
        taker t;
        h2neg_info info;
        memset(&m, 0, sizeof m);
        memset(&config, 0, sizeof config);
        memset(&t, 0, sizeof t);
        m.fail_at = n;
        config.alloc_fn = meter_fn;
        config.alloc_user = &m;
        s->lenient = 1;
        s->c = h2neg_conn_new(&config);
        side_give(s, in->p, in->len);
        buf_add(&text, "", 0);
        t.text = &text;
        t.ws = ws ? 1 : 0;
        take_more(&t, &s->out);
        h2neg_conn_info(s->c, &info);
        if (strstr(text.p, "COMPRESSION_ERROR")) {
            ++*compression;
            CHECK_INT(info.error.code, H2NEG_ERR_NOMEM);
            CHECK(has_line(text.p, "GOAWAY"));
        }
        *refused += strstr(text.p, "REFUSED_STREAM") != NULL;
        *internal += strstr(text.p, "WS close code=1011") != NULL;
        *whole += s->errors == 0 && s->done >= 2;
        h2neg_lost(s->c);
        side_drain(s);
        side_free(s);
        free(s);
        buf_free(&text);
        CHECK_INT(m.live, 0);
        if (m.calls < n)
            break;
    }
}

static void test_no_memory(void)
{
    int compression = 0, refused = 0, internal = 0, whole = 0, i;
    buf in = {0, 0, 0}, block = {0, 0, 0};
    put_preface(&in, "");
    put_ack(&in);
    for (i = 0; i < 12; i++) { /* tables and slots grow */
        block.len = 0;
        put_block(&block, REQ("GET", "/trailers"));
        buf_text(&block, "\x40\x05x-yyy");
        put_integer(&block, 0, 7, 200);
        buf_fill(&block, 'a' + i, 200);
        put_frame(&in, 1, HEADS | END, (uint32_t)i * 2 + 1, block.p, block.len);
    }
    for (i = 12; i < 30; i++)
        put_request(&in, (uint32_t)i * 2 + 1, 0, "POST", "/end", "");
    no_memory(&in, 0, &compression, &refused, &internal, &whole);
    CHECK(compression > 0);
    CHECK(refused > 0);
    CHECK(whole > 0); /* a smaller encoder's table */
    in.len = 0;
    buf_text(&in, "GET /ws HTTP/1.1\r\n" WS_UPGRADE_FIELDS "\r\n");
    for (i = 0; i < 10; i++) {
        char run[1000];
        memset(run, 'm', sizeof run);
        put_ws(&in, i ? 0x00 : 0x02, 1, run, sizeof run);
    }
    no_memory(&in, 1, &compression, &refused, &internal, &whole);
    CHECK(internal > 0);
    buf_free(&in);
    buf_free(&block);
}

/* ---- what the engine writes by itself -------------------------------------- */

/* "Output made by the engine itself: at most 64 KiB + 2 x input." What peers can make it say with
   the least octets; nothing here is the application's. */
static int hook_mute(side *s, const h2neg_event *ev)
{
    if (ev->type == H2NEG_EV_REQUEST && s->client == 0 && ev->websocket)
        side_ok(s, ev->stream, h2neg_accept(s->c, ev->stream, NULL, NULL, 0), "accept");
    return 1;
}

static void engine_output(const char *name, h2neg_config *config, buf *in, void (*call)(side *s))
{
    side *s = make(config);
    size_t before;
    s->quiet = 1;
    s->hook = hook_mute;
    if (call)
        call(s);
    side_drain(s);
    before = s->out.len;
    side_give(s, in->p, in->len);
    if (s->out.len - before > 65536 + 2 * in->len) {
        check_failures++;
        fprintf(stderr, "%s: %lu octets for %lu\n", name, (unsigned long)(s->out.len - before),
                (unsigned long)in->len);
    }
    side_end(s);
    buf_free(in);
}

static void put_http2(buf *in)
{
    put_preface(in, "");
    put_ack(in);
}

static void test_engine_output(void)
{
    h2neg_config config;
    buf in = {0, 0, 0};
    int i;
    memset(&config, 0, sizeof config);
    config.reset_budget = 1u << 30;
    config.overhead_slack = 1u << 30;
    config.window_update_slack = 1u << 30;
    put_http2(&in);
    for (i = 0; i < 60000; i++)
        put_ping(&in, 0, "12345678");
    engine_output("PINGs", &config, &in, NULL);
    put_http2(&in);
    for (i = 0; i < 60000; i++)
        put_settings(&in, "");
    engine_output("SETTINGS", &config, &in, NULL);
    put_http2(&in);
    for (i = 0; i < 60000; i++)
        put_head(&in, 0, 1, HEADS | END, (uint32_t)i * 2 + 1);
    engine_output("requests of no fields", &config, &in, NULL);
    put_http2(&in);
    put_headers(&in, 1, HEADS, REQ("POST", "/"));
    for (i = 0; i < 60000; i++)
        put_frame(&in, 0, 0, 1, "x", 1);
    engine_output("DATA of one octet", &config, &in, NULL);
    for (i = 0; i < 20000; i++)
        buf_text(&in, "GET / HTTP/1.1\r\nHost:\r\nExpect:x\r\n\r\n");
    engine_output("unknown expectations", &config, &in, NULL);
    for (i = 0; i < 20000; i++)
        buf_text(&in, "GET / HTTP/1.1\r\nHost:\r\nConnection:upgrade\r\nUpgrade:websocket\r\n\r\n");
    engine_output("bad handshakes", &config, &in, NULL);
    put_http2(&in);
    for (i = 0; i < 20000; i++) { /* all of their fields are indexed behind the first */
        static const char first[] = "\x42\x07"
                                    "CONNECT"
                                    "\x40\x09:protocol\x09websocket"
                                    "\x41\x01"
                                    "a\x86\x84";
        static const char rest[] = "\xc0\xbf\xbe\x86\x84";
        put_frame(&in, 1, HEADS | (i % 2 ? END : 0), (uint32_t)i * 2 + 1, i ? rest : first,
                  i ? 5 : sizeof first - 1);
    }
    engine_output("bad handshakes, HTTP/2", &config, &in, NULL);
    buf_text(&in, "GET /ws HTTP/1.1\r\n" WS_UPGRADE_FIELDS "\r\n");
    for (i = 0; i < 100000; i++)
        put_ws(&in, 0x89, 1, "", 0);
    engine_output("pings to a server", &config, &in, NULL);
}

/* ---- how it ends --------------------------------------------------------- */

static int hook_status_line(side *s, const h2neg_event *ev)
{
    (void)s;
    if (ev->type == H2NEG_EV_ERROR) {
        CHECK_TEXT(ev->data, "HTTP/1.1 505 Not Here");
        kind_of_block = -1;
    }
    return 0;
}

/* "A client that waits for the server's preface and reads HTTP/1. ends with PEER_IS_HTTP1": the
   status line is the event's data. */
static void test_peer_is_http1(void)
{
    h2neg_config config;
    side *s;
    h2neg_info info;
    memset(&config, 0, sizeof config);
    config.role = H2NEG_CLIENT;
    config.protocols = H2NEG_PRIOR;
    s = make(&config);
    s->hook = hook_status_line;
    side_get(s, "/a");
    side_drain(s);
    side_give(s, "HTTP/1.1 505 Not Here\r\nContent-Length: 0\r\n\r\n", 44);
    side_data_end(s);
    CHECK(lines_fit(buf_str(&s->events), "ERROR PEER_IS_HTTP1\nDONE 1 retry !NO_ERROR\n"));
    CHECK_INT(kind_of_block, -1);
    h2neg_conn_info(s->c, &info);
    CHECK_INT(info.error.code, H2NEG_ERR_PEER_IS_HTTP1);
    side_end(s);
}

/* "The connection never accepts a PROXY header: its error says to strip it first." */
static void test_proxy(void)
{
    attack a;
    attack_init(&a, "PROXY", ON_H1);
    buf_text(&a.sc.in, "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET /now HTTP/1.1\r\n" HOST "\r\n");
    a.sc.unfed = 1;
    a.at = 0;
    a.decided = 6;
    attack_play(&a, H2NEG_ERR_PROXY_HEADER, "ERROR PROXY_HEADER\n",
                "HTTP/1.1 400 connection=close\n...");
    CHECK(strstr(h2neg_error_text(H2NEG_ERR_PROXY_HEADER), "strip it first") != NULL);
}

/* "Closing with unread input loses the last answer": 64 KiB behind the last answer, too, are taken
   and thrown away until eof. */
static void test_linger(void)
{
    side *s = make(NULL);
    char run[1000];
    int i;
    memset(run, 'x', sizeof run);
    side_give(s, "GET /now HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", 49);
    CHECK(h2neg_wants(s->c) & H2NEG_WANT_HALF_CLOSE);
    for (i = 0; i < 60; i++)
        side_give(s, run, sizeof run);
    CHECK(h2neg_wants(s->c) & H2NEG_WANT_READ);
    CHECK(!(h2neg_wants(s->c) & H2NEG_WANT_CLOSE));
    for (i = 0; i < 10; i++)
        side_give(s, run, sizeof run);
    CHECK(h2neg_wants(s->c) & H2NEG_WANT_CLOSE);
    side_end(s);
    s = make(NULL);
    side_give(s, "GET /now HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", 49);
    h2neg_eof(s->c);
    side_drain(s);
    CHECK(h2neg_wants(s->c) & H2NEG_WANT_CLOSE);
    side_end(s);
}

/* ---- the same whatever the split ----------------------------------------- */

/* Two settings in one frame whose ACK and effect do not depend on a cut in the middle (a value was
   lost so in nginx). Every cut into two. */
static void test_two_cuts(void)
{
    buf in = {0, 0, 0}, first = {0, 0, 0};
    size_t cut;
    put_preface(&in, "4=10 1=0");
    put_get(&in, 1, "/body/100");
    put_settings(&in, "4=50 5=20000");
    put_window(&in, 1, 60);
    for (cut = 0; cut <= in.len; cut++) {
        side *s = make(NULL);
        buf text = {0, 0, 0};
        side_give(s, in.p, cut);
        side_give(s, in.p + cut, in.len - cut);
        take_all(&text, &s->out, 0, 0, 0);
        if (!cut)
            buf_add(&first, text.p, text.len);
        CHECK_OCTETS(text.p, text.len, first.p, first.len);
        CHECK(has_line(text.p, "DATA 1 <100:") || strstr(text.p, "DATA 1") != NULL);
        buf_free(&text);
        side_end(s);
    }
    buf_free(&first);
    buf_free(&in);
}

CHECK_MAIN(test_config_copied, test_not_copied, test_rest, test_not_examined, test_three_quarters,
           test_101, test_lower_case, test_begins_early, test_ring, test_every_block,
           test_no_memory, test_peer_is_http1, test_proxy, test_linger, test_two_cuts,
           test_engine_output)
