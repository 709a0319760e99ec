/* The last edges of rules: the condition that the other tests never meet on this side, each from
   the sentence that asks for what must come of it. What blocks or lies is in test_cover_blocked.c.
 */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"
#include "ws.h"
#include "cover.h"

#define HOST "Host: a\r\n"

/* ---- pieces -------------------------------------------------------------- */

/* Octets that changed between the calls for one head are the caller's fault; the first line is read
   again where it stands now, and what it may not say (RFC 9112 3) is an error all the same. */
static void test_changed_line(void)
{
    static const char *const now[] = {" ET / HTTP/1.1\r\nHost: a\r\n\r\n",
                                      "G@T / HTTP/1.1\r\nHost: a\r\n\r\n"};
    static h2neg_field fields[4];
    char text[64];
    size_t i, len = strlen(now[0]);
    for (i = 0; i < 2; i++) {
        h2neg_h1_head head;
        memset(&head, 0, sizeof head);
        head.fields = fields;
        head.room = 4;
        snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        CHECK_INT(h2neg_h1_parse_request(&head, text, 20, 0), 0);
        snprintf(text, sizeof text, "%s", now[i]);
        CHECK_INT(h2neg_h1_parse_request(&head, text, len, 20), H2NEG_ERR_H1_METHOD);
        CHECK_INT(head.error_at, i);
    }
}

/* RFC 8446 4.1.2: version and random are 34 octets; a body that ends in them is malformed, and
   "error_at: the offset of the octet" is that of the body, 9 octets behind the record's first. */
static void test_hello_short(void)
{
    unsigned char wire[64];
    h2neg_client_hello_info info;
    size_t n;
    for (n = 2; n < 34; n++) {
        memset(wire, 3, sizeof wire);
        memcpy(wire, "\x16\x03\x01\x00", 4);
        wire[4] = (unsigned char)(n + 4);
        memcpy(wire + 5, "\x01\x00\x00", 3);
        wire[8] = (unsigned char)n;
        CHECK_INT(h2neg_client_hello(&info, wire, 9 + n, NULL, 0), H2NEG_ERR_TLS_HELLO);
        CHECK_INT(info.error_at, 9);
    }
}

/* ---- sides, led by hand (cover.h) ---------------------------------------- */

static side *server_h1(const char *octets)
{
    side *s = side_of(NULL);
    say_text(s, octets);
    return s;
}

static side *server_h2(const char *method, int end)
{
    side *s = side_of(NULL);
    buf in = {0, 0, 0};
    put_preface(&in, "");
    put_ack(&in);
    put_request(&in, 1, end, method, "/", "");
    say(s, &in);
    buf_free(&in);
    return s;
}

/* A client that has written its preface and has heard the server's SETTINGS. */
static side *client_h2(const char *settings)
{
    h2neg_config g = config_of(H2NEG_CLIENT, H2NEG_PRIOR | H2NEG_WEBSOCKET);
    static unsigned calls;
    side *s;
    buf in = {0, 0, 0};
    calls = 0;
    g.random_fn = test_random;
    g.random_user = &calls;
    s = side_of(&g);
    put_settings(&in, settings);
    put_ack(&in);
    say(s, &in);
    buf_free(&in);
    return s;
}

static side *client_h1(void)
{
    h2neg_config g = config_of(H2NEG_CLIENT, H2NEG_HTTP1 | H2NEG_WEBSOCKET);
    static unsigned calls;
    calls = 0;
    g.random_fn = test_random;
    g.random_user = &calls;
    return side_of(&g);
}

/* ---- what calls are given ------------------------------------------------ */

/* RFC 9110 8.6: a Content-Length that is given and right goes out once, and the body behind it. */
static void test_right_length(void)
{
    h2neg_field length = h2neg_f("content-length", "5");
    h2neg_message m = message_status(200);
    side *s = server_h1("GET / HTTP/1.1\r\n" HOST "\r\n");
    m.body = "hello";
    m.body_len = 5;
    m.fields = &length;
    m.field_count = 1;
    CHECK_INT(h2neg_respond(s->c, 1, &m, 0), 0);
    WROTE(s, "HTTP/1.1 200 content-length=5\nBODY \"hello\"\n");
    CHECK_OCTETS(buf_str(&s->out), s->out.len, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
                 43);
    side_end(s);
    s = server_h2("GET", END);
    CHECK_INT(h2neg_respond(s->c, 1, &m, 0), 0);
    WROTE(s, "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200 content-length=5 !end\n"
             "DATA 1 \"hello\" end\n");
    side_end(s);
    m.status = 0;
    m.method = h2neg_s("POST");
    m.authority = h2neg_s("a");
    s = client_h1();
    CHECK_INT(side_request(s, &m, 0, NULL), 0);
    CHECK_INT(side_write(s), 1);
    CHECK_OCTETS(buf_str(&s->out), s->out.len,
                 "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello", 52);
    side_end(s);
    s = client_h2("");
    CHECK_INT(side_request(s, &m, 0, NULL), 0);
    WROTE(s, "PREFACE\nSETTINGS\nSETTINGS ACK\nHEADERS 1 :method=POST content-length=5 !end\n"
             "DATA 1 \"hello\" end\n");
    side_end(s);
}

/* RFC 9110 8.6: a request says Content-Length: 0 where its method has a meaning for a body; PATCH
   (RFC 5789) is such a method, GET is none. */
static void test_patch(void)
{
    h2neg_message m = message_get("/a");
    side *s = client_h1();
    m.method = h2neg_s("PATCH");
    CHECK_INT(side_request(s, &m, 0, NULL), 0);
    WROTE(s, "PATCH /a HTTP/1.1 host=example.com content-length=0\n");
    side_end(s);
    s = client_h1();
    side_get(s, "/a");
    WROTE(s, "GET /a HTTP/1.1 host=example.com !content-length\n");
    side_end(s);
}

/* RFC 9113 8.3.1: :authority may be left out, :scheme is the message's. */
static void test_bare_request(void)
{
    h2neg_message m;
    side *s = client_h2("");
    memset(&m, 0, sizeof m);
    m.target = h2neg_s("/a");
    m.scheme = h2neg_s("ftp");
    CHECK_INT(side_request(s, &m, 0, NULL), 0);
    WROTE(s, "PREFACE\nSETTINGS\nSETTINGS ACK\n"
             "HEADERS 1 end :method=GET :scheme=ftp :path=/a !:authority\n");
    side_end(s);
}

/* RFC 8441 4: extended CONNECT has the method CONNECT, :scheme, :path and :protocol, whichever
   method the application names. */
static void test_extended_connect(void)
{
    static const char *const methods[] = {"", "GET", "CONNECT"};
    size_t i;
    for (i = 0; i < 3; i++) {
        h2neg_message m = message_get("/a");
        side *s = client_h2("8=1");
        m.method = h2neg_s(methods[i]);
        m.upgrade = h2neg_s("foo");
        CHECK_INT(side_request(s, &m, 0, NULL), 0);
        WROTE(s, "PREFACE\nSETTINGS\nSETTINGS ACK\nHEADERS 1 !end :method=CONNECT :protocol=foo "
                 ":scheme=http :path=/a :authority=example.com\n");
        side_end(s);
    }
}

/* RFC 6455 4.1: the handshake's method is GET: named or not, it is the same; another is refused. */
static void test_handshake_method(void)
{
    h2neg_message m = message_get("/ws");
    side *s = client_h1();
    m.upgrade = h2neg_s("websocket");
    m.method = h2neg_s("PUT");
    CHECK_INT(h2neg_request(s->c, &m, 0, NULL), H2NEG_ERR_INVALID);
    m.method = h2neg_s("GET");
    CHECK_INT(side_request(s, &m, 0, NULL), 0);
    WROTE(s, "GET /ws HTTP/1.1 upgrade=websocket sec-websocket-version=13\n");
    side_end(s);
}

/* A message that is whole takes no more octets; a CONNECT takes none before it is answered (RFC
   9110 9.3.6): INVALID, and nothing goes out. */
static void test_send_behind_end(void)
{
    h2neg_message m = message_get("/");
    side *s = client_h1();
    side_get(s, "/");
    CHECK_INT(h2neg_send(s->c, 1, "x", 1, 0), H2NEG_ERR_INVALID);
    side_end(s);
    s = client_h2("");
    side_get(s, "/");
    CHECK_INT(h2neg_send(s->c, 1, "x", 1, 0), H2NEG_ERR_INVALID);
    m.method = h2neg_s("CONNECT");
    m.authority = h2neg_s("a.example:80");
    CHECK_INT(side_request(s, &m, 0, NULL), 0);
    CHECK_INT(h2neg_send(s->c, 3, "x", 1, 0), H2NEG_ERR_INVALID);
    WROTE(s, "PREFACE\nSETTINGS\nSETTINGS ACK\nHEADERS 1 end\nHEADERS 3 !end\n");
    side_end(s);
}

/* ws_send: `data` of `len` octets. */
static void test_ws_send_null(void)
{
    side *s = server_h1("GET /ws HTTP/1.1\r\n" WS_UPGRADE_FIELDS "\r\n");
    CHECK_INT(h2neg_accept(s->c, 1, NULL, NULL, 0), 0);
    CHECK_INT(h2neg_ws_send(s->c, 1, H2NEG_WS_TEXT, NULL, 1, 0), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_ws_send(s->c, 1, H2NEG_WS_PING, NULL, 1, 0), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_ws_send(s->c, 1, H2NEG_WS_TEXT, NULL, 0, 0), 0);
    WROTE_WS(s, "HTTP/1.1 101\nWS text \"\"\n", 1);
    side_end(s);
}

/* H2NEG_H2C: "never over TLS whatever this bit says" (RFC 7540 3.2: "h2c" is for cleartext); the
   offer's request has no body, or one with a Content-Length of at most max_upgrade_body. */
static void test_no_offer(void)
{
    static char body[16385];
    h2neg_config g = config_of(H2NEG_CLIENT, H2NEG_HTTP1 | H2NEG_H2C);
    int i;
    for (i = 0; i < 4; i++) {
        h2neg_message m = message_get("/");
        side *s;
        g.tls = i == 0;
        s = side_of(&g);
        if (i == 0)
            CHECK_INT(h2neg_tls_agreed(s->c, NULL, 0), 0);
        m.method = h2neg_s(i ? "POST" : "GET");
        m.body = i >= 2 ? body : NULL;
        m.body_len = i == 3 ? sizeof body : i == 2 ? sizeof body - 1 : 0;
        CHECK_INT(side_request(s, &m, i == 1 ? H2NEG_MORE : 0, NULL), 0);
        WROTE(s, i == 2 ? "POST / HTTP/1.1 upgrade=h2c connection=* http2-settings=*\nBODY\n"
                 : i    ? "POST / HTTP/1.1 !upgrade !connection !http2-settings\n..."
                        : "GET / HTTP/1.1 !upgrade !connection !http2-settings\n");
        side_end(s);
    }
}

/* ---- HTTP/1 heads -------------------------------------------------------- */

/* RFC 9110 7.6.1: what Connection names is left out, itself among it; h2neg.h's comment: as far as
   100 names. */
static void test_connection_names(void)
{
    buf in = {0, 0, 0};
    side *s = side_of(NULL);
    int i;
    buf_text(&in,
             "GET / HTTP/1.1\r\n" HOST "Connection: connection, x-a\r\nX-A: 1\r\nX-B: 2\r\n\r\n");
    say(s, &in);
    TOLD(s, "NEGOTIATED\nREQUEST 1 !connection !x-a x-b=2\nEND 1\n");
    side_end(s);
    s = side_of(NULL);
    buf_text(&in, "GET / HTTP/1.1\r\n" HOST "Connection: x-0");
    for (i = 1; i < 99; i++)
        buf_text(&in, ",x-1");
    buf_text(&in, ",x-99,x-100\r\nX-0: 0\r\nX-99: 99\r\nX-100: 100\r\n\r\n");
    say(s, &in);
    TOLD(s, "NEGOTIATED\nREQUEST 1 !x-0 !x-99 x-100=100\nEND 1\n");
    buf_free(&in);
    side_end(s);
}

/* "those that an accept may choose from stay, as far as 64 octets hold them": REQUEST tells all. */
static void test_many_tokens(void)
{
    static const char offer[] = "GET / HTTP/1.1\r\n" HOST "Connection: upgrade\r\n"
                                "Upgrade: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, "
                                "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, c\r\n\r\n";
    side *s = server_h1(offer);
    TOLD(s, "NEGOTIATED\nREQUEST 1 upgrade=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,_"
            "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,_c\n");
    CHECK_INT(h2neg_accept(s->c, 1, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", NULL, 0),
              H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_accept(s->c, 1, "c", NULL, 0), 0);
    WROTE(s, "HTTP/1.1 101 upgrade=c\n");
    side_end(s);
}

/* "keep: the stream's number and user stay behind DONE until keep 0"; of `max_concurrent_streams`
   (and of four over HTTP/1.1 alone) none is left then, and the next request waits. */
static void keeps(const h2neg_config *g, uint32_t most)
{
    side *s = side_of(g);
    uint32_t i;
    for (i = 0; i < most; i++) {
        say_text(s, "GET / HTTP/1.1\r\n" HOST "\r\n");
        TOLD(s, i ? "REQUEST\nEND\n" : "NEGOTIATED\nREQUEST 1\nEND 1\n");
        CHECK_INT(h2neg_keep(s->c, 2 * i + 1, 1), 0);
        CHECK_INT(h2neg_reply(s->c, 2 * i + 1, 200, NULL, "hello", 5), 0);
        side_drain(s);
        TOLD(s, "DONE\n");
    }
    say_text(s, "GET / HTTP/1.1\r\n" HOST "\r\n");
    TOLD(s, "");
    CHECK(!(h2neg_wants(s->c) & H2NEG_WANT_READ));
    CHECK_INT(h2neg_keep(s->c, 1, 0), 0);
    side_drain(s);
    TOLD(s, "REQUEST\nEND\n");
    side_end(s);
}

static void test_keeps(void)
{
    h2neg_config g = config_of(H2NEG_SERVER, H2NEG_HTTP1);
    keeps(&g, 4);
    g.max_concurrent_streams = 1;
    keeps(&g, 1);
}

/* ---- an h2c offer whose stream is over before its body is read ----------- */

#define OFFER                                                                                      \
    "POST / HTTP/1.1\r\n" HOST "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"           \
    "HTTP2-Settings: AAMAAABk\r\nContent-Length: 5\r\n\r\nhello"

static int reset_at_once(side *s, const h2neg_event *ev)
{
    if (ev->type == H2NEG_EV_REQUEST && ev->stream == 1) {
        SIDE_CHECK(s, h2neg_keep(s->c, 1, 1) == 0);
        SIDE_CHECK(s, h2neg_reset(s->c, 1, H2NEG_CANCEL) == 0);
    }
    return 1;
}

static int answered_at_once(side *s, const h2neg_event *ev)
{
    if (ev->type == H2NEG_EV_REQUEST && ev->stream == 1)
        SIDE_CHECK(s, h2neg_reply(s->c, 1, 200, NULL, "hello", 5) == 0);
    return 1;
}

/* "DONE is the last event of every stream": the body that was there is dropped, and HTTP/2 goes on
   behind it. */
static void test_offer_over_early(void)
{
    static int (*const hooks[])(side *, const h2neg_event *) = {reset_at_once, answered_at_once};
    static const char *const outputs[] = {
        "HTTP/1.1 101\nSETTINGS\nRST_STREAM 1 CANCEL\nSETTINGS ACK\n",
        "HTTP/1.1 101\nSETTINGS\nHEADERS 1 :status=200\nDATA 1 \"hello\" end\n"
        "RST_STREAM 1 NO_ERROR\nSETTINGS ACK\n"};
    int i;
    for (i = 0; i < 2; i++) {
        script sc;
        script_init(&sc, i ? "an offer that is answered at once" : "an offer that is reset");
        sc.config.protocols = H2NEG_HTTP1 | H2NEG_H2C;
        sc.hook = hooks[i];
        buf_text(&sc.in, OFFER);
        put_preface(&sc.in, "");
        put_ack(&sc.in);
        put_get(&sc.in, 3, "/now");
        script_play(&sc,
                    i ? "NEGOTIATED h2c upgrade\nREQUEST 1\nDONE 1\nREQUEST 3\nEND 3\n"
                      : "NEGOTIATED h2c upgrade\nREQUEST 1\nDONE 1 CANCEL\nREQUEST 3\nEND 3\n",
                    outputs[i]);
    }
}

/* ---- ends ---------------------------------------------------------------- */

/* RFC 9112 8, 9.3: the answer was given before the request ended, so a body that is cut is no
   error of a request any more; the connection ends. */
static void test_eof_while_drained(void)
{
    side *s = server_h1("POST / HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nhello");
    CHECK_INT(h2neg_reply(s->c, 1, 200, NULL, "ok", 2), 0);
    side_drain(s);
    TOLD(s, "NEGOTIATED\nREQUEST 1\nDATA 1 \"hello\"\nDONE 1 NO_ERROR !err=\n");
    say_text(s, "wo");
    h2neg_eof(s->c);
    side_drain(s);
    TOLD(s, "");
    WROTE(s, "HTTP/1.1 200\nBODY \"ok\"\n");
    CHECK_INT(h2neg_wants(s->c), H2NEG_WANT_CLOSE);
    side_end(s);
}

/* A tunnel whose both sides have ended, asked between its DONE and the next h2neg_next: nothing is
   half-closed any more, for the stream is gone. */
static void test_tunnel_gone(void)
{
    h2neg_event ev;
    side *s = server_h1("CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n");
    int seen = 0;
    CHECK_INT(h2neg_accept(s->c, 1, NULL, NULL, 0), 0);
    side_drain(s);
    CHECK_INT(h2neg_send(s->c, 1, NULL, 0, 0), 0);
    side_drain(s);
    CHECK(h2neg_wants(s->c) & H2NEG_WANT_HALF_CLOSE);
    h2neg_eof(s->c);
    while (!seen && h2neg_next(s->c, &ev))
        seen = ev.type == H2NEG_EV_DONE;
    CHECK(seen);
    s->done++;
    h2neg_tick(s->c, 1); /* the event is over, and with it the stream */
    CHECK(!(h2neg_wants(s->c) & (H2NEG_WANT_HALF_CLOSE | H2NEG_WANT_READ)));
    CHECK_INT(h2neg_next(s->c, &ev), 0);
    CHECK_INT(h2neg_wants(s->c), H2NEG_WANT_CLOSE);
    side_end(s);
}

/* RFC 9112 9.6, connection.md: input behind the last answer is thrown away "until eof, 64 KiB or
   5 s", also where one feed has more than that. */
static void test_swallow(void)
{
    static char much[100000];
    h2neg_config g = config_of(H2NEG_SERVER, 0);
    side *s;
    g.max_input = sizeof much;
    memset(much, 'x', sizeof much);
    s = side_of(&g);
    say_text(s, "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    CHECK_INT(h2neg_reply(s->c, 1, 200, NULL, "ok", 2), 0);
    side_drain(s);
    CHECK_INT(h2neg_wants(s->c), H2NEG_WANT_READ | H2NEG_WANT_HALF_CLOSE);
    CHECK_INT(h2neg_feed(s->c, much, 60000), 60000);
    CHECK_INT(h2neg_wants(s->c), H2NEG_WANT_READ | H2NEG_WANT_HALF_CLOSE);
    CHECK_INT(h2neg_feed(s->c, much, sizeof much), sizeof much);
    CHECK_INT(h2neg_wants(s->c), H2NEG_WANT_CLOSE);
    side_end(s);
}

/* A client that hears HTTP/1 where SETTINGS should be tells the status line, as far as 128 octets
   of it (RFC 9113 3.4); the line may end in LF alone (RFC 9112 2.2), or with the connection. */
static void hears(const char *octets, size_t len, size_t line, int eof)
{
    h2neg_config g = config_of(H2NEG_CLIENT, H2NEG_PRIOR);
    side *s = side_of(&g);
    h2neg_event ev;
    int errors = 0;
    side_get(s, "/");
    side_drain(s);
    CHECK_INT(h2neg_feed(s->c, octets, len), len);
    if (eof) { /* until then more of the line may come */
        CHECK_INT(h2neg_next(s->c, &ev), 0);
        h2neg_eof(s->c);
    }
    while (h2neg_next(s->c, &ev)) {
        s->done += ev.type == H2NEG_EV_DONE;
        if (ev.type == H2NEG_EV_DONE)
            CHECK_INT(ev.retry, 1);
        if (ev.type != H2NEG_EV_ERROR)
            continue;
        errors++;
        CHECK_INT(ev.error.code, H2NEG_ERR_PEER_IS_HTTP1);
        CHECK_OCTETS(ev.data.ptr, ev.data.len, octets, line);
    }
    CHECK_INT(errors, 1);
    side_end(s);
}

static void test_status_line(void)
{
    char line[200];
    memset(line, 'x', sizeof line);
    memcpy(line, "HTTP/1.0 400 Bad\n", 17);
    hears(line, 17, 16, 0);
    hears(line, 16, 16, 1);
    line[16] = 'x';
    hears(line, 128, 128, 0);
    hears(line, 129, 128, 0);
    line[127] = '\n';
    hears(line, 128, 127, 0);
}

/* ---- time ---------------------------------------------------------------- */

/* "body_min_rate: octets a second after rate_grace", and "H2NEG_OFF: none": without grace's end
   there is no rate. */
static void test_no_grace(void)
{
    h2neg_config g = config_of(H2NEG_SERVER, 0);
    side *s;
    g.rate_grace = H2NEG_OFF;
    s = side_of(&g);
    say_text(s, "POST / HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nhello");
    h2neg_tick(s->c, 1);
    CHECK(h2neg_tick(s->c, 10000000) == H2NEG_NEVER);
    side_drain(s);
    TOLD(s, "NEGOTIATED\nREQUEST 1\nDATA 1\n");
    side_end(s);
}

/* body_min_rate: "only while the peer owes octets": what is on loan it has sent. */
static void test_body_on_loan(void)
{
    static const char all[] = "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello";
    side *s = side_of(NULL);
    h2neg_event ev;
    CHECK_INT(h2neg_feed(s->c, all, sizeof all - 1), sizeof all - 1);
    do {
        CHECK_INT(h2neg_next(s->c, &ev), 1);
    } while (ev.type && ev.type != H2NEG_EV_REQUEST);
    s->opened++;
    *side_track(s, 1) |= SAW_OPEN | SAW_HEAD;
    s->negotiated = 1;
    h2neg_tick(s->c, 1);
    h2neg_tick(s->c, 100000);
    side_drain(s);
    TOLD(s, "DATA 1 \"hello\"\nEND 1\n");
    side_end(s);
}
/* "head_timeout" is a head's; of a trailer section that does not come on the body's rate speaks. */
static void test_slow_trailers(void)
{
    h2neg_config g = config_of(H2NEG_SERVER, 0);
    int rate;
    for (rate = 0; rate < 2; rate++) {
        side *s;
        g.body_min_rate = rate ? 0 : H2NEG_OFF;
        s = side_of(&g);
        say_text(s, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\nx-a: ");
        h2neg_tick(s->c, 1);
        h2neg_tick(s->c, 1000000);
        side_drain(s);
        TOLD(s, rate ? "NEGOTIATED\nREQUEST 1\nERROR TIMEOUT_BODY\nDONE 1 err=TIMEOUT_BODY\n"
                     : "NEGOTIATED\nREQUEST 1\n");
        side_end(s);
    }
}

/* "preface_timeout": nobody waits for the preface while the body of the offer is still being read;
   from there on it runs, and it is never early. */
static void test_preface_behind_offer(void)
{
    h2neg_config g = config_of(H2NEG_SERVER, H2NEG_HTTP1 | H2NEG_H2C);
    h2neg_event ev;
    side *s;
    g.body_min_rate = H2NEG_OFF;
    s = side_of(&g);
    CHECK_INT(h2neg_feed(s->c, OFFER, sizeof OFFER - 1), sizeof OFFER - 1);
    do {
        CHECK_INT(h2neg_next(s->c, &ev), 1);
    } while (ev.type != H2NEG_EV_REQUEST && ev.type);
    s->opened++;
    *side_track(s, 1) |= SAW_OPEN | SAW_HEAD;
    s->negotiated = 1;
    CHECK_INT(side_write(s), 1);
    h2neg_tick(s->c, 1);
    h2neg_tick(s->c, 100000);
    side_drain(s);
    TOLD(s, "DATA 1 \"hello\"\nEND 1\n");
    h2neg_tick(s->c, 200000);
    h2neg_tick(s->c, 209999);
    side_drain(s);
    TOLD(s, "");
    h2neg_tick(s->c, 210000);
    side_drain(s);
    TOLD(s, "ERROR TIMEOUT_PREFACE\nDONE 1 err=TIMEOUT_PREFACE\n");
    side_end(s);
}

/* "early_drain_timeout: body behind an early response": it ends with the body, also where the
   stream is kept. */
static void test_early_is_over(void)
{
    h2neg_config g = config_of(H2NEG_SERVER, H2NEG_HTTP1);
    side *s;
    g.idle_timeout = H2NEG_OFF;
    s = side_of(&g);
    say_text(s, "POST / HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nhello");
    CHECK_INT(h2neg_keep(s->c, 1, 1), 0);
    CHECK_INT(h2neg_reply(s->c, 1, 200, NULL, "ok", 2), 0);
    side_drain(s);
    say_text(s, "world");
    TOLD(s, "NEGOTIATED\nREQUEST 1\nDATA 1 \"hello\"\nDONE 1\n");
    h2neg_tick(s->c, 1);
    h2neg_tick(s->c, 1000000);
    side_drain(s);
    TOLD(s, "");
    CHECK_INT(h2neg_keep(s->c, 1, 0), 0);
    say_text(s, "GET / HTTP/1.1\r\n" HOST "\r\n");
    TOLD(s, "REQUEST 3\nEND 3\n");
    side_end(s);
}

CHECK_MAIN(test_changed_line, test_hello_short, test_right_length, test_patch, test_bare_request,
           test_extended_connect, test_handshake_method, test_send_behind_end, test_ws_send_null,
           test_no_offer, test_connection_names, test_many_tokens, test_keeps,
           test_offer_over_early, test_eof_while_drained, test_tunnel_gone, test_swallow,
           test_status_line, test_no_grace, test_body_on_loan, test_slow_trailers,
           test_preface_behind_offer, test_early_is_over)
