/* WebSocket on a connection, exact: what a handshake's octets are, what is refused, what fails and
   what of it, memory that does not move. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"
#include "ws.h"

/* A side of a way whose WebSocket is open. */
static side *opened(int way, const h2neg_config *more)
{
    script sc;
    side *s;
    size_t i;
    ws_script(&sc, "opened", way);
    script_mark(&sc);
    sc.config.ws_codec = more ? more->ws_codec : NULL;
    s = (side *)calloc(1, sizeof *s);
    if (!s)
        abort();
    s->client = (way & WS_CLIENT) != 0;
    if (sc.config.random_fn)
        sc.config.random_user = &s->random;
    if (more && more->random_fn) {
        sc.config.random_fn = more->random_fn;
        sc.config.random_user = more->random_user;
    }
    s->c = h2neg_conn_new(&sc.config);
    side_drain(s);
    for (i = 0; i < sc.step_count; i++)
        run_step(&sc, s, &sc.steps[i]);
    script_free(&sc);
    return s;
}

static void feed(side *s, buf *in)
{
    side_give(s, in->p, in->len);
    buf_free(in);
}

/* What came behind the handshake. */
static void says(side *s, int way, const char *events, const char *output)
{
    buf text = {0, 0, 0}, e = {0, 0, 0}, o = {0, 0, 0};
    script sc;
    played r;
    script_init(&sc, "exact");
    memset(&r, 0, sizeof r);
    sc.ws = 1;
    side_data_end(s);
    side_ws_end(s, 1);
    r.out = s->out;
    script_words(&sc, &r, &text);
    buf_text(&e, ws_open_events(way));
    buf_text(&o, ws_open_output(way));
    ws_lines(&e, way, events);
    ws_lines(&o, way, output);
    if (!lines_fit(buf_str(&s->events), e.p) || !lines_fit(text.p, o.p)) {
        check_failures++;
        fprintf(stderr, "way %d\n%s--\n%s--- should be\n%s--\n%s---\n", way, buf_str(&s->events),
                text.p, e.p, o.p);
    }
    buf_free(&text);
    buf_free(&e);
    buf_free(&o);
}

/* ---- no random octets: nothing can be masked (RFC 6455 10.3) ------------- */

static int random_left;
static int random_ends(void *user, void *out, size_t len)
{
    if (random_left-- <= 0)
        return 0;
    return test_random(user, out, len);
}

/* A message, a control frame, an answer to a ping: over HTTP/2 the stream is reset, over HTTP/1.1
   the connection is over. */
static void no_random(int way, int what)
{
    h2neg_config more;
    buf in = {0, 0, 0};
    unsigned calls = 0;
    side *s;
    memset(&more, 0, sizeof more);
    more.random_fn = random_ends;
    more.random_user = &calls;
    random_left = 1;
    s = opened(way, &more);
    if (what == 0)
        CHECK_INT(h2neg_ws_send(s->c, 1, H2NEG_WS_TEXT, "a", 1, 0), H2NEG_ERR_NO_RANDOM);
    if (what == 1)
        CHECK_INT(h2neg_ws_send(s->c, 1, H2NEG_WS_PING, "a", 1, 0), H2NEG_ERR_NO_RANDOM);
    if (what == 2) {
        script sc;
        script_init(&sc, "");
        ws_put(&sc, way, 0x89, "p", 1);
        in = sc.in;
        feed(s, &in);
    }
    if (what == 3)
        CHECK_INT(h2neg_ws_close(s->c, 1, 1000, NULL), 0);
    side_drain(s);
    if (what == 1) { /* it was not sent, and that is all */
        says(s, way, "", "");
        CHECK_INT(h2neg_ws_send(s->c, 1, H2NEG_WS_PING, "a", 1, 0), H2NEG_ERR_NO_RANDOM);
    } else {
        says(s, way,
             what == 2 ? "WS_PING 1\nWS_CLOSE 1 code=1006 err=NO_RANDOM !by-peer\n"
                         "DONE 1 INTERNAL_ERROR err=NO_RANDOM\n"
                       : "WS_CLOSE 1 code=1006 err=NO_RANDOM !by-peer\n"
                         "DONE 1 INTERNAL_ERROR err=NO_RANDOM\n",
             "2:RST_STREAM 1 INTERNAL_ERROR\n");
        CHECK_INT(h2neg_ws_send(s->c, 1, H2NEG_WS_TEXT, "a", 1, 0), H2NEG_ERR_STREAM_GONE);
        CHECK_INT(!(h2neg_wants(s->c) & H2NEG_WANT_CLOSE), (way & WS_H2) != 0);
    }
    side_end(s);
}

static void test_no_random(void)
{
    int what;
    for (what = 0; what < 4; what++) {
        no_random(WS_CLIENT, what);
        no_random(WS_CLIENT | WS_H2, what);
    }
}

/* ---- the handshake's fields ---------------------------------------------- */

/* Over HTTP/2 they are fields like others: none is marked as a secret. */
static void test_fields_are_no_secrets(void)
{
    int way;
    for (way = WS_H2; way <= (WS_H2 | WS_CLIENT); way++) {
        h2neg_field out[32];
        char text[8192], memory[16384];
        h2neg_hpack_decoder d;
        h2neg_hpack_list list;
        side *s;
        size_t at, i, n;
        toy t;
        h2neg_ws_codec codec = toy_codec(&t);
        h2neg_config more;
        memset(&more, 0, sizeof more);
        more.ws_codec = &codec;
        ws_subprotocols = "chat";
        ws_extensions = "permessage-deflate";
        s = opened(way, &more);
        ws_subprotocols = ws_extensions = NULL;
        at = way & WS_CLIENT ? 24 : 0;
        while (s->out.p[at + 3] != 1)
            at += 9 + (size_t)(get_u32(s->out.p + at) >> 8);
        n = (size_t)(get_u32(s->out.p + at) >> 8);
        h2neg_hpack_decoder_init(&d, memory, sizeof memory, 4096);
        memset(&list, 0, sizeof list);
        list.fields = out;
        list.room = 32;
        list.text = text;
        list.text_room = sizeof text;
        CHECK_INT(h2neg_hpack_decode(&d, &list, s->out.p + at + 9, n, 1), n);
        CHECK(h2neg_find(out, list.count, "sec-websocket-extensions", NULL) != NULL);
        for (i = 0; i < list.count; i++)
            CHECK_INT(out[i].flags, 0);
        side_end(s);
    }
}

/* A subprotocol that the client did not list is not chosen. What is kept of the list are a few
   bits, so that one in a thousand may slip through, not one in a hundred. */
static void test_unlisted(void)
{
    int i, slipped = 0;
    for (i = 0; i < 2000; i++) {
        char name[16];
        static side *s;
        if (!s) {
            buf in = {0, 0, 0};
            s = side_new(NULL);
            buf_text(&in,
                     "GET /ws-later HTTP/1.1\r\nSec-WebSocket-Protocol: chat\r\n" WS_UPGRADE_FIELDS
                     "\r\n");
            feed(s, &in);
            if (i == 0) {
                CHECK_INT(h2neg_accept(s->c, 1, "chat", NULL, 0), 0);
                side_end(s);
                s = NULL;
                continue;
            }
        }
        snprintf(name, sizeof name, "p%d", i);
        if (h2neg_accept(s->c, 1, name, NULL, 0) != H2NEG_ERR_INVALID || i == 1999) {
            slipped += i != 1999;
            side_end(s);
            s = NULL;
        }
    }
    CHECK(slipped <= 6);
}

/* ---- memory --------------------------------------------------------------- */

/* A placed connection holds the same from beginning to end, its messages' buffers counted. */
static void test_placed_memory(void)
{
    h2neg_config config;
    size_t size, i;
    void *block;
    side *s = (side *)calloc(1, sizeof *s);
    h2neg_info before, now;
    buf in = {0, 0, 0};
    memset(&config, 0, sizeof config);
    config.max_message = 100000;
    size = h2neg_memory_bound(&config);
    block = malloc(size);
    if (!s || !block)
        abort();
    s->c = h2neg_conn_place(block, size, &config);
    CHECK(s->c != NULL);
    h2neg_conn_info(s->c, &before);
    CHECK(before.memory > 8 * 100000 && before.memory <= size);
    buf_text(&in, "GET /ws HTTP/1.1\r\n" WS_UPGRADE_FIELDS "\r\n");
    feed(s, &in);
    put_ws_form(&in, 1, WS_KEY, "0123456789", 10, -1);
    for (i = 0; i < 3; i++) {
        h2neg_conn_info(s->c, &now);
        CHECK_INT(now.memory, before.memory);
        if (i == 0)
            feed(s, &in);
    }
    side_end(s);
    free(block);
}

/* ---- the end waits for room ------------------------------------------------ */

static size_t pending(const side *s)
{
    const void *run;
    return h2neg_output(s->c, &run);
}

/* Over HTTP/2: fills the output to less than a frame's header. */
static void fill(side *s)
{
    buf in = {0, 0, 0};
    s->no_write = 1;
    while (pending(s) <= 65536 - 17) {
        put_ping(&in, 0, "xxxxxxxx");
        feed(s, &in);
    }
    while (pending(s) <= 65536 - 9) {
        put_settings(&in, "");
        feed(s, &in);
    }
}

/* Our Close is out, the peer's comes while nothing can be written: END_STREAM goes out when there
   is room, and the stream is over then. Where the peer closes first, so does our Close. */
static void end_waits(int way, int ours_first)
{
    side *s = opened(way, NULL);
    script sc;
    buf in = {0, 0, 0};
    if (ours_first)
        CHECK_INT(h2neg_ws_close(s->c, 1, 1000, "ours"), 0);
    side_drain(s);
    fill(s);
    script_init(&sc, "");
    ws_put_close(&sc, way, 1001, "theirs");
    in = sc.in;
    feed(s, &in);
    side_drain(s);
    CHECK(strstr(buf_str(&s->events), "DONE") == NULL);
    s->no_write = 0;
    side_drain(s);
    says(s, way, "WS_CLOSE 1\n",
         ours_first ? "WS close code=1000 \"ours\"\n...\nWS end s1\n...\n"
                    : "...\nWS close code=1001 \"\"\nWS end s1\n...\n");
    put_head(&in, 0, 0, END, 1);
    feed(s, &in);
    CHECK(strstr(buf_str(&s->events), "DONE 1 NO_ERROR\n") != NULL);
    side_end(s);
}

static void test_end_waits(void)
{
    int way;
    for (way = WS_H2; way <= (WS_H2 | WS_CLIENT); way++) {
        end_waits(way, 1);
        end_waits(way, 0);
    }
}

CHECK_MAIN(test_no_random, test_fields_are_no_secrets, test_unlisted, test_placed_memory,
           test_end_waits)
