/* Every way into a protocol, both roles: RFC 9113 3, RFC 7540 3.2, RFC 9110 7.8, RFC 7301, and what
   the connection says to octets that are none of these. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"

#define ALL (H2NEG_PROTOCOLS_DEFAULT | H2NEG_H2C)
#define SETTINGS_100                                                                               \
    "AAMAAABkAAQAAP__" /* MAX_CONCURRENT_STREAMS 100, INITIAL_WINDOW_SIZE 65535                    \
                        */
#define OFFER                                                                                      \
    "Host: example.com\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"                 \
    "HTTP2-Settings: " SETTINGS_100 "\r\n"

static const char hello_h1[] =
    "HTTP/1.1 200 content-type=text/plain content-length=5\nBODY \"hello\"\n";
static const char hello_h2[] =
    "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200 content-type=text/plain\nDATA 1 \"hello\" end\n";

/* ---- the server ---------------------------------------------------------- */

static void test_http11(void)
{
    script sc;
    script_h1(&sc, "http/1.1", "GET /now?a=b HTTP/1.1\r\nHost: example.com\r\nX-A: 1\r\n\r\n");
    script_play(&sc,
                "NEGOTIATED http/1.1 default\n"
                "REQUEST 1 method=GET scheme=http authority=example.com target=/now?a=b path=/now "
                "query=a=b "
                "x-a=1 !more !host\n"
                "END 1\n"
                "DONE 1 NO_ERROR !err\n",
                hello_h1);
}

static void test_http10(void)
{
    script sc;
    script_h1(&sc, "http/1.0", "GET /now HTTP/1.0\r\n\r\n");
    sc.wants = H2NEG_WANT_HALF_CLOSE;
    script_play(&sc,
                "NEGOTIATED http/1.0 default\nREQUEST 1 method=GET path=/now !authority\nEND 1\n"
                "DONE 1 NO_ERROR\n",
                hello_h1);
}

static void test_prior_knowledge(void)
{
    script sc;
    script_h2(&sc, "prior knowledge", "3=100");
    put_request(&sc.in, 1, END, "GET", "/now?a=b", "x-a: 1\n");
    script_play(&sc,
                "NEGOTIATED h2c prior-knowledge\n"
                "REQUEST 1 method=GET scheme=http authority=example.com target=/now?a=b path=/now "
                "query=a=b "
                "x-a=1 !more\n"
                "END 1\n"
                "DONE 1 NO_ERROR\n",
                hello_h2);
}

/* RFC 9113 3.4: the server's preface is a SETTINGS frame; RFC 8441 3 and the limits stand in it. */
static void test_server_settings(void)
{
    script sc;
    script_h2(&sc, "a server's SETTINGS", "");
    sc.quick = 1;
    script_play(&sc, NULL, "SETTINGS 3=100 8=1 !2=1\nSETTINGS ACK\n");
    script_h2(&sc, "a server's SETTINGS without extended CONNECT", "");
    sc.config.protocols = H2NEG_PRIOR;
    sc.config.max_concurrent_streams = 7;
    sc.quick = 1;
    script_play(&sc, NULL, "SETTINGS 3=7 !8=1\nSETTINGS ACK\n");
}

/* The connection's window is opened beyond 65,535 by a WINDOW_UPDATE (RFC 9113 6.9.2). */
static void test_server_window(void)
{
    script sc;
    script_h2(&sc, "the connection's window", "");
    sc.windows = sc.quick = 1;
    script_play(&sc, NULL, "SETTINGS\nWINDOW_UPDATE 0 +983041\nSETTINGS ACK\n");
}

static void upgrade_script(script *sc, const char *name, const char *octets)
{
    script_h1(sc, name, octets);
    sc->config.protocols = ALL;
}

/* The dialogue of RFC 7540 3.2. */
static void test_upgrade(void)
{
    script sc;
    upgrade_script(&sc, "h2c upgrade", "GET /now HTTP/1.1\r\n" OFFER "\r\n");
    put_preface(&sc.in, "");
    put_ack(&sc.in);
    put_get(&sc.in, 3, "/now");
    script_play(&sc,
                "NEGOTIATED h2c upgrade\n"
                "REQUEST 1 method=GET scheme=http authority=example.com path=/now !more "
                "!http2-settings\n"
                "END 1\nDONE 1 NO_ERROR\n"
                "REQUEST 3 method=GET path=/now\nEND 3\nDONE 3 NO_ERROR\n",
                "HTTP/1.1 101 upgrade=h2c connection=*\nSETTINGS\n"
                "HEADERS 1 :status=200\nDATA 1 \"hello\" end\nSETTINGS ACK\n"
                "HEADERS 3 :status=200\nDATA 3 \"hello\" end\n");
}

/* RFC 7540 3.2: the request's content is read whole before HTTP/2 frames. */
static void test_upgrade_body(void)
{
    script sc;
    upgrade_script(&sc, "h2c upgrade with a body",
                   "POST /end HTTP/1.1\r\n" OFFER "Content-Length: 5\r\n\r\nhello");
    put_preface(&sc.in, "");
    script_play(
        &sc,
        "NEGOTIATED h2c upgrade\nREQUEST 1 method=POST more length=5\nDATA 1 \"hello\"\nEND 1\n"
        "DONE 1 NO_ERROR\n",
        "HTTP/1.1 101 upgrade=h2c\nSETTINGS\nHEADERS 1 :status=200\nDATA 1 \"hello\" end\n"
        "SETTINGS ACK\n");
}

static void test_upgrade_body_limit(void)
{
    script sc;
    upgrade_script(&sc, "h2c upgrade, a body of just max_upgrade_body",
                   "POST /end HTTP/1.1\r\n" OFFER "Content-Length: 16384\r\n\r\n");
    buf_fill(&sc.in, 'x', 16384);
    put_preface(&sc.in, "");
    script_play(&sc, "NEGOTIATED h2c upgrade\nREQUEST 1\nDATA 1\nEND 1\nDONE 1 NO_ERROR\n",
                "HTTP/1.1 101\n...\nDATA 1 \"hello\" end\nSETTINGS ACK\n");
    upgrade_script(&sc, "h2c upgrade, a body above max_upgrade_body",
                   "POST /end HTTP/1.1\r\n" OFFER "Content-Length: 16385\r\n\r\n");
    buf_fill(&sc.in, 'x', 16385);
    sc.must_in_info = "h2c";
    script_play(&sc, "NEGOTIATED http/1.1 default\nREQUEST 1\nDATA 1\nEND 1\nDONE 1 NO_ERROR\n",
                hello_h1);
}

static void test_upgrade_expect(void)
{
    script sc;
    upgrade_script(&sc, "h2c upgrade with 100-continue",
                   "POST /end HTTP/1.1\r\n" OFFER
                   "Content-Length: 5\r\nExpect: 100-continue\r\n\r\nhello");
    put_preface(&sc.in, "");
    script_play(
        &sc, "NEGOTIATED h2c upgrade\nREQUEST 1\nDATA 1 \"hello\"\nEND 1\nDONE 1 NO_ERROR\n",
        "HTTP/1.1 100\nHTTP/1.1 101\nSETTINGS\nHEADERS 1 :status=200\nDATA 1 \"hello\" end\n"
        "SETTINGS ACK\n");
}

/* HTTP2-Settings are the client's settings (RFC 7540 3.2.1): here a window of 3. */
static void test_upgrade_settings(void)
{
    script sc;
    upgrade_script(&sc, "h2c upgrade, HTTP2-Settings count",
                   "GET /now HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                   "Upgrade: h2c\r\nHTTP2-Settings: AAQAAAAD\r\n\r\n");
    put_preface(&sc.in, "");
    put_window(&sc.in, 1, 10);
    script_play(&sc, "NEGOTIATED h2c upgrade\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\n",
                "HTTP/1.1 101\nSETTINGS\nHEADERS 1 :status=200\nDATA 1 \"hel\" !end\nSETTINGS ACK\n"
                "DATA 1 \"lo\" end\n");
}

/* An HTTP2-Settings that is none of SETTINGS: the offer is ignored or the values are refused. */
static void test_upgrade_declined(void)
{
    static const struct {
        const char *name, *octets;
    } rows[] = {
        {"Connection does not say Upgrade",
         "GET /now HTTP/1.1\r\nHost: a\r\nConnection: HTTP2-Settings\r\nUpgrade: h2c\r\n"
         "HTTP2-Settings: " SETTINGS_100 "\r\n\r\n"},
        {"Connection does not name HTTP2-Settings",
         "GET /now HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
         "HTTP2-Settings: " SETTINGS_100 "\r\n\r\n"},
        {"two HTTP2-Settings",
         "GET /now HTTP/1.1\r\n" OFFER "HTTP2-Settings: " SETTINGS_100 "\r\n\r\n"},
        {"no HTTP2-Settings", "GET /now HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, "
                              "HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"},
        {"HTTP2-Settings is not base64url",
         "GET /now HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
         "HTTP2-Settings: AAMAAABk!AQAAP__\r\n\r\n"},
        {"HTTP2-Settings is cut",
         "GET /now HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
         "HTTP2-Settings: AAMAAA\r\n\r\n"},
        {"another token", "GET /now HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                          "Upgrade: h2\r\nHTTP2-Settings: " SETTINGS_100 "\r\n\r\n"}};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        script sc;
        upgrade_script(&sc, rows[i].name, rows[i].octets);
        script_play(&sc, "NEGOTIATED http/1.1 default\nREQUEST 1 path=/now !http2-settings\n...",
                    NULL);
    }
}

static void test_upgrade_ignored(void)
{
    script sc;
    upgrade_script(&sc, "h2c in HTTP/1.0", "GET /now HTTP/1.0\r\n" OFFER "\r\n");
    script_play(&sc, "NEGOTIATED http/1.0 default\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\n", hello_h1);
    upgrade_script(&sc, "h2c with Connection: close",
                   "GET /now HTTP/1.1\r\nConnection: close\r\n" OFFER "\r\n");
    sc.wants = H2NEG_WANT_HALF_CLOSE;
    script_play(&sc, "NEGOTIATED http/1.1 default\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\n", hello_h1);
    upgrade_script(&sc, "h2c with a chunked body",
                   "POST /end HTTP/1.1\r\n" OFFER "Transfer-Encoding: chunked\r\n\r\n"
                   "5\r\nhello\r\n0\r\n\r\n");
    sc.must_in_info = "h2c";
    script_play(&sc,
                "NEGOTIATED http/1.1 default\nREQUEST 1 more !length\nDATA 1 \"hello\"\nEND 1\n"
                "DONE 1 NO_ERROR\n",
                hello_h1);
}

static void test_upgrade_off(void)
{
    script sc;
    script_h1(&sc, "h2c switched off", "GET /now HTTP/1.1\r\n" OFFER "\r\n");
    sc.must_in_info = "h2c offered, switched off";
    script_play(&sc,
                "NEGOTIATED http/1.1 default\nREQUEST 1 !http2-settings\nEND 1\nDONE 1 NO_ERROR\n",
                hello_h1);
}

/* An offer counts on the first request only. */
static void test_upgrade_second(void)
{
    script sc;
    upgrade_script(&sc, "h2c on the second request", "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
    buf_text(&sc.in, "GET /now HTTP/1.1\r\n" OFFER "\r\n");
    sc.must_in_info = "h2c offered, not with the first request";
    script_play(&sc,
                "NEGOTIATED http/1.1 default\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\nREQUEST 3\nEND 3\n"
                "DONE 3 NO_ERROR\n",
                "HTTP/1.1 200\nBODY \"hello\"\nHTTP/1.1 200\nBODY \"hello\"\n");
}

/* Over TLS the h2c Upgrade is never done, whatever the bit says. */
static void test_upgrade_tls(void)
{
    script sc;
    upgrade_script(&sc, "h2c over TLS", "GET /now HTTP/1.1\r\n" OFFER "\r\n");
    sc.config.tls = 1;
    script_play(&sc,
                "NEGOTIATED http/1.1 default\nREQUEST 1 scheme=https\nEND 1\nDONE 1 NO_ERROR\n",
                hello_h1);
}

/* Behind the 101 the client's connection preface must come (RFC 7540 3.2). */
static void test_upgrade_bad_preface(void)
{
    script sc;
    upgrade_script(&sc, "h2c, then no preface", "GET /later HTTP/1.1\r\n" OFFER "\r\n");
    buf_text(&sc.in, "GET / HTTP/1.1\r\n\r\n");
    sc.unfed = 1;
    script_play(&sc, "NEGOTIATED h2c upgrade\nREQUEST 1\nEND 1\nERROR *\nDONE 1 !NO_ERROR\n",
                "HTTP/1.1 101\nSETTINGS\n...\nGOAWAY 1 PROTOCOL_ERROR\n");
}

static void test_alpn(void)
{
    script sc;
    script_h2(&sc, "alpn h2", "");
    sc.config.tls = 1;
    sc.alpn = "h2";
    put_headers(&sc.in, 1, HEADS | END,
                ":method: GET\n:scheme: https\n:authority: a\n:path: /now\n");
    script_play(&sc, "NEGOTIATED h2 alpn\nREQUEST 1 scheme=https\nEND 1\nDONE 1 NO_ERROR\n",
                hello_h2);
    script_h1(&sc, "alpn http/1.1", "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
    sc.config.tls = 1;
    sc.alpn = "http/1.1";
    script_play(&sc,
                "NEGOTIATED http/1.1 alpn\nREQUEST 1 scheme=https authority=a\nEND 1\n"
                "DONE 1 NO_ERROR\n",
                hello_h1);
    script_h1(&sc, "no alpn", "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
    sc.config.tls = 1;
    script_play(&sc,
                "NEGOTIATED http/1.1 default\nREQUEST 1 scheme=https\nEND 1\nDONE 1 NO_ERROR\n",
                hello_h1);
}

/* What was agreed and what then comes must fit. */
static void test_alpn_crossed(void)
{
    script sc;
    script_h2(&sc, "alpn http/1.1, then the preface", "");
    sc.config.tls = 1;
    sc.alpn = "http/1.1";
    sc.unfed = 1;
    script_play(&sc, "...\nERROR *\n", "HTTP/1.1 505\n...");
    script_h1(&sc, "alpn h2, then HTTP/1.1", "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
    sc.config.tls = 1;
    sc.alpn = "h2";
    sc.unfed = 1;
    script_play(&sc, "...\nERROR *\n", "SETTINGS\nGOAWAY 0 !NO_ERROR !\"\"\n");
    script_h2(&sc, "no alpn, then the preface", "");
    sc.config.tls = 1;
    sc.unfed = 1;
    script_play(&sc, "...\nERROR *\n", "HTTP/1.1 505\n...");
}

static void alpn_refused(int role, unsigned protocols, const char *alpn)
{
    h2neg_config config;
    h2neg_conn *c;
    h2neg_event ev;
    h2neg_info info;
    int saw = 0;
    memset(&config, 0, sizeof config);
    config.role = role;
    config.protocols = protocols;
    config.tls = 1;
    c = h2neg_conn_new(&config);
    CHECK_INT(h2neg_tls_agreed(c, alpn, strlen(alpn)), H2NEG_ERR_ALPN_NOT_OFFERED);
    while (h2neg_next(c, &ev)) {
        CHECK_INT(ev.type, H2NEG_EV_ERROR);
        CHECK_INT(ev.error.code, H2NEG_ERR_ALPN_NOT_OFFERED);
        saw++;
    }
    CHECK_INT(saw, 1);
    h2neg_conn_info(c, &info);
    CHECK_INT(info.error.code, H2NEG_ERR_ALPN_NOT_OFFERED);
    h2neg_eof(c);
    CHECK_INT(h2neg_next(c, &ev), 0);
    CHECK(h2neg_wants(c) & H2NEG_WANT_CLOSE);
    h2neg_conn_free(c);
}

static void test_alpn_not_offered(void)
{
    alpn_refused(H2NEG_SERVER, 0, "spdy/3");
    alpn_refused(H2NEG_SERVER, H2NEG_HTTP1, "h2");
    alpn_refused(H2NEG_SERVER, H2NEG_H2, "http/1.1");
    alpn_refused(H2NEG_SERVER, 0, "h2c");
    alpn_refused(H2NEG_CLIENT, 0, "spdy/3");
    alpn_refused(H2NEG_CLIENT, H2NEG_HTTP1, "h2");
    alpn_refused(H2NEG_CLIENT, 0, "H2");
}

/* config.tls makes a connection wait. */
static void test_tls_waits(void)
{
    h2neg_config config;
    h2neg_conn *c;
    h2neg_event ev;
    const void *run;
    memset(&config, 0, sizeof config);
    config.tls = 1;
    c = h2neg_conn_new(&config);
    CHECK(!(h2neg_wants(c) & H2NEG_WANT_READ));
    CHECK_INT(h2neg_feed(c, "GET", 3), 0);
    CHECK_INT(h2neg_next(c, &ev), 0);
    CHECK_INT(h2neg_output(c, &run), 0);
    CHECK_INT(h2neg_tls_agreed(c, NULL, 0), 0);
    CHECK(h2neg_wants(c) & H2NEG_WANT_READ);
    CHECK(h2neg_tls_agreed(c, "h2", 2) < 0); /* only once */
    h2neg_conn_free(c);
}

static void test_no_http2(void)
{
    script sc;
    script_h2(&sc, "the preface where HTTP/2 is off", "");
    sc.config.protocols = H2NEG_HTTP1;
    sc.unfed = 1;
    script_play(&sc, "...\nERROR PEER_IS_HTTP2\n", "HTTP/1.1 505 !content-length=0\nBODY\n");
    script_h2(&sc, "the preface where only the Upgrade is on", "");
    sc.config.protocols = H2NEG_HTTP1 | H2NEG_H2C;
    sc.unfed = 1;
    script_play(&sc, "...\nERROR PEER_IS_HTTP2\n", "HTTP/1.1 505\nBODY\n");
}

static void test_only_http2(void)
{
    script sc;
    script_h1(&sc, "HTTP/1.1 where only HTTP/2 is spoken", "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    sc.config.protocols = H2NEG_PRIOR;
    sc.unfed = 1;
    script_play(&sc, "...\nERROR PEER_IS_HTTP1\n", "SETTINGS\nGOAWAY 0 !NO_ERROR !\"\"\n");
    script_h1(&sc, "noise where only HTTP/2 is spoken", "\x7f\x7f\x7f\x7f");
    sc.config.protocols = H2NEG_PRIOR;
    sc.unfed = 1;
    script_play(&sc, "...\nERROR *\n", "SETTINGS\nGOAWAY 0 !NO_ERROR\n");
}

/* Octets that are not HTTP. Answers never echo input. */
static void test_not_http(void)
{
    static const struct {
        const char *name;
        const char *octets;
        size_t len;
        const char *events;
    } rows[] = {{"TLS on a cleartext port", "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10,
                 "ERROR PEER_IS_TLS\n"},
                {"PROXY v1", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\n", 52,
                 "ERROR PROXY_HEADER\n"},
                {"PROXY v2", "\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c", 16, "ERROR PROXY_HEADER\n"},
                {"noise", "\x01\x02\x03\x04", 4, "ERROR PEER_IS_OTHER\n"}};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        script sc;
        script_init(&sc, rows[i].name);
        buf_add(&sc.in, rows[i].octets, rows[i].len);
        sc.unfed = 1;
        script_play(&sc, rows[i].events, "HTTP/1.1 400\n...");
    }
}

static void test_smtp(void)
{
    script sc;
    script_h1(&sc, "SMTP", "EHLO example.com\r\nMAIL FROM:<a@b>\r\n");
    sc.unfed = 1;
    script_play(&sc, "...\nERROR H1_REQUEST_LINE\n", "HTTP/1.1 400\n...");
}

/* RFC 9113 3.4: the preface's second half, and the SETTINGS that must follow it. */
static void test_bad_preface(void)
{
    script sc;
    script_h1(&sc, "a preface that goes wrong late", "PRI * HTTP/2.0\r\n\r\nSM\r\n\rX");
    sc.unfed = 1;
    script_play(&sc, "...\nERROR *\n", NULL);
    script_h1(&sc, "no SETTINGS behind the preface", PREFACE);
    put_ping(&sc.in, 0, "12345678");
    sc.unfed = 1;
    script_play(&sc, "...\nERROR *\n", "SETTINGS\nGOAWAY 0 PROTOCOL_ERROR\n");
    script_h1(&sc, "an acknowledgement behind the preface", PREFACE);
    put_ack(&sc.in);
    sc.unfed = 1;
    script_play(&sc, "...\nERROR *\n", "SETTINGS\nGOAWAY 0 PROTOCOL_ERROR\n");
}

static void test_nothing_at_all(void)
{
    script sc;
    script_init(&sc, "an empty connection");
    script_end(&sc, STEP_EOF);
    sc.wants = H2NEG_WANT_CLOSE;
    script_play(&sc, "", "");
    script_init(&sc, "an empty connection that breaks");
    script_end(&sc, STEP_LOST);
    sc.wants = H2NEG_WANT_CLOSE;
    script_play(&sc, NULL, "");
}

/* ---- the client ---------------------------------------------------------- */

static void call_get(side *s)
{
    side_get(s, "/a?b=c");
}

static void call_get_second(side *s)
{
    side_get(s, "/second");
}

static void test_client_http11(void)
{
    script sc;
    script_init(&sc, "a client opens with HTTP/1.1");
    sc.config.role = H2NEG_CLIENT;
    script_call(&sc, call_get);
    buf_text(&sc.in, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nhi");
    script_play(
        &sc,
        "NEGOTIATED http/1.1 default\nRESPONSE 1 status=200 more length=2 x-a=b\nDATA 1 \"hi\"\n"
        "END 1\nDONE 1 NO_ERROR\n",
        "GET /a?b=c HTTP/1.1 host=example.com !upgrade !connection !transfer-encoding\n");
}

static void test_client_prior(void)
{
    script sc;
    script_h2_client(&sc, "a client with prior knowledge", call_get, "3=100");
    put_response(&sc.in, 1, 0, 200, "content-length: 2\nx-a: b\n");
    put_data(&sc.in, 1, END, "hi");
    script_play(&sc,
                "NEGOTIATED h2c prior-knowledge\nRESPONSE 1 status=200 more length=2 x-a=b\n"
                "DATA 1 \"hi\"\nEND 1\nDONE 1 NO_ERROR\n",
                "PREFACE\nSETTINGS 2=0\n"
                "HEADERS 1 end :method=GET :scheme=http :authority=example.com :path=/a?b=c !host\n"
                "SETTINGS ACK\n");
}

static void test_client_alpn(void)
{
    script sc;
    script_h2_client(&sc, "a client, alpn h2", call_get, "");
    sc.config.protocols = 0;
    sc.config.tls = 1;
    sc.alpn = "h2";
    put_response(&sc.in, 1, END, 204, "");
    script_play(&sc, "NEGOTIATED h2 alpn\nRESPONSE 1 status=204 !more\nEND 1\nDONE 1 NO_ERROR\n",
                "PREFACE\nSETTINGS\nHEADERS 1 end :scheme=https\nSETTINGS ACK\n");
    script_h1_client(&sc, "a client, alpn http/1.1", call_get);
    sc.config.protocols = 0;
    sc.config.tls = 1;
    sc.alpn = "http/1.1";
    buf_text(&sc.in, "HTTP/1.1 204 No Content\r\n\r\n");
    script_play(&sc,
                "NEGOTIATED http/1.1 alpn\nRESPONSE 1 status=204 !more\nEND 1\nDONE 1 NO_ERROR\n",
                "GET /a?b=c HTTP/1.1 host=example.com !upgrade\n");
    script_h1_client(&sc, "a client, no alpn", call_get);
    sc.config.protocols = ALL;
    sc.config.tls = 1;
    buf_text(&sc.in, "HTTP/1.1 204 No Content\r\n\r\n");
    script_play(&sc, "NEGOTIATED http/1.1 default\nRESPONSE 1\nEND 1\nDONE 1 NO_ERROR\n",
                "GET /a?b=c HTTP/1.1 host=example.com !upgrade\n");
}

/* Before TLS has agreed on anything a request is AGAIN, and WRITABLE 0 follows once it has. */
static int hook_early_request(side *s, const h2neg_event *ev)
{
    if (ev->type == H2NEG_EV_WRITABLE && !ev->stream)
        side_get(s, "/early");
    return 1;
}

static void early_request(const char *alpn, const char *expected)
{
    h2neg_config config;
    h2neg_message m = message_get("/early");
    side *s = (side *)calloc(1, sizeof *s);
    buf text = {0, 0, 0};
    memset(&config, 0, sizeof config);
    config.role = H2NEG_CLIENT;
    config.tls = 1;
    s->client = 1;
    s->hook = hook_early_request;
    s->c = h2neg_conn_new(&config);
    CHECK_INT(side_request(s, &m, 0, NULL), H2NEG_ERR_AGAIN);
    side_drain(s);
    CHECK_INT(s->out.len, 0);
    CHECK_INT(h2neg_tls_agreed(s->c, alpn, strlen(alpn)), 0);
    side_drain(s);
    take_all(&text, &s->out, 0, 0, 0);
    CHECK(lines_fit(buf_str(&text), expected));
    h2neg_lost(s->c);
    side_drain(s);
    CHECK_INT(s->done, 1);
    buf_free(&text);
    side_free(s);
    free(s);
}

static void test_client_early_request(void)
{
    early_request("h2", "PREFACE\nSETTINGS\nHEADERS 1 end :path=/early :scheme=https\n");
    early_request("http/1.1", "GET /early HTTP/1.1 host=example.com\n");
}

static void upgrade_client(script *sc, const char *name, void (*call)(side *s))
{
    script_h1_client(sc, name, call);
    sc->config.protocols = H2NEG_HTTP1 | H2NEG_H2C;
}

static void call_second_waits(side *s)
{
    h2neg_message m = message_get("/second");
    SIDE_CHECK(s, side_request(s, &m, 0, NULL) == H2NEG_ERR_AGAIN);
}

static void test_client_upgrade(void)
{
    script sc;
    upgrade_client(&sc, "a client's h2c upgrade", call_get);
    script_call(&sc, call_second_waits); /* not before 101 or a final response */
    buf_text(&sc.in,
             "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
    put_settings(&sc.in, "");
    put_response(&sc.in, 1, END, 200, "");
    script_call(&sc, call_get_second);
    put_ack(&sc.in);
    put_response(&sc.in, 3, END, 204, "");
    script_play(&sc,
                "NEGOTIATED h2c upgrade\nRESPONSE 1 status=200\nEND 1\nDONE 1 NO_ERROR\n"
                "RESPONSE 3 status=204\nEND 3\nDONE 3 NO_ERROR\n",
                "GET /a?b=c HTTP/1.1 host=example.com upgrade=h2c connection=* http2-settings=*\n"
                "PREFACE\nSETTINGS\nSETTINGS ACK\nHEADERS 3 end :method=GET :path=/second\n");
}

static void test_client_upgrade_declined(void)
{
    script sc;
    upgrade_client(&sc, "a client's h2c offer is not taken", call_get);
    buf_text(&sc.in, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    script_call(&sc, call_get_second);
    buf_text(&sc.in, "HTTP/1.1 204 No Content\r\n\r\n");
    script_play(&sc,
                "NEGOTIATED http/1.1 default\nRESPONSE 1 status=200\nDATA 1 \"hi\"\nEND 1\nDONE 1 "
                "NO_ERROR\n"
                "RESPONSE 3 status=204\nEND 3\nDONE 3 NO_ERROR\n",
                "GET /a?b=c HTTP/1.1 upgrade=h2c\nGET /second HTTP/1.1 !upgrade !http2-settings\n");
}

static void call_post_more(side *s)
{
    h2neg_message m = message_get("/up");
    h2neg_field f = h2neg_f("content-length", "10");
    m.method = h2neg_s("POST");
    m.fields = &f;
    m.field_count = 1;
    side_ok(s, 0, side_request(s, &m, H2NEG_MORE, NULL), "request");
    side_ok(s, s->stream, (long)h2neg_send(s->c, s->stream, "hello", 5, H2NEG_MORE), "send");
}

static void call_post_rest(side *s)
{
    side_ok(s, s->stream, (long)h2neg_send(s->c, s->stream, "world", 5, 0), "send");
}

/* The preface follows the last octet of the body, also when the 101 comes earlier. */
static void test_client_upgrade_body(void)
{
    script sc;
    upgrade_client(&sc, "a 101 in the middle of a request's body", call_post_more);
    buf_text(&sc.in,
             "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
    put_settings(&sc.in, "");
    script_call(&sc, call_post_rest);
    put_response(&sc.in, 1, END, 200, "");
    script_play(&sc, "NEGOTIATED h2c upgrade\nRESPONSE 1 status=200\nEND 1\nDONE 1 NO_ERROR\n",
                "POST /up HTTP/1.1 upgrade=h2c content-length=10\nBODY \"helloworld\"\n"
                "PREFACE\nSETTINGS\nSETTINGS ACK\n");
}

static void test_client_bad_101(void)
{
    script sc;
    script_h1_client(&sc, "a 101 that nobody asked for", call_get);
    buf_text(&sc.in,
             "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
    sc.unfed = 1;
    script_play(&sc, "...\nERROR *\nDONE 1 !NO_ERROR\n", NULL);
    upgrade_client(&sc, "a 101 to what was not offered", call_get);
    buf_text(&sc.in,
             "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n");
    sc.unfed = 1;
    script_play(&sc, "...\nERROR UPGRADE_ANSWER\nDONE 1 !NO_ERROR\n", NULL);
}

/* The peer of a client with prior knowledge is something else: every request is safe to send again.
 */
static void test_client_wrong_peer(void)
{
    script sc;
    script_init(&sc, "HTTP/1 in answer to the preface");
    sc.config.role = H2NEG_CLIENT;
    sc.config.protocols = H2NEG_PRIOR;
    script_call(&sc, call_get);
    buf_text(&sc.in, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    sc.unfed = 1;
    script_play(&sc, "ERROR PEER_IS_HTTP1\nDONE 1 retry !NO_ERROR\n",
                "PREFACE\nSETTINGS\nHEADERS 1\n...");
    script_init(&sc, "a TLS alert in answer to the preface");
    sc.config.role = H2NEG_CLIENT;
    sc.config.protocols = H2NEG_PRIOR;
    script_call(&sc, call_get);
    buf_add(&sc.in, "\x15\x03\x01\x00\x02\x02\x0a", 7);
    sc.unfed = 1;
    script_play(&sc, "ERROR PEER_IS_TLS\nDONE 1 retry !NO_ERROR\n",
                "PREFACE\nSETTINGS\nHEADERS 1\n...");
}

static void test_client_wrong_preface(void)
{
    script sc;
    script_init(&sc, "a server that begins without SETTINGS");
    sc.config.role = H2NEG_CLIENT;
    sc.config.protocols = H2NEG_PRIOR;
    script_call(&sc, call_get);
    put_ping(&sc.in, 0, "12345678");
    sc.unfed = 1;
    script_play(&sc, "...\nERROR *\nDONE 1 !NO_ERROR\n",
                "PREFACE\nSETTINGS\nHEADERS 1\nGOAWAY 0 PROTOCOL_ERROR\n");
}

/* ---- the same view over every protocol ----------------------------------- */

static void view_expect(script *sc, const char *negotiated)
{
    buf want = {0, 0, 0};
    buf_text(&want, negotiated);
    buf_text(
        &want,
        "REQUEST 1 method=GET scheme=http authority=example.com:81 target=/now?q path=/now query=q "
        "cookie=a=1;_b=2 x-y=z !host !connection !keep-alive !te !foo !more\nEND 1\nDONE 1 "
        "NO_ERROR\n");
    script_play(sc, want.p, NULL);
    buf_free(&want);
}

static void test_same_view(void)
{
    script sc;
    script_h1(&sc, "the view over HTTP/1.1",
              "GET /now?q HTTP/1.1\r\nHost: example.com:81\r\nConnection: keep-alive, foo, TE\r\n"
              "Keep-Alive: 5\r\nTE: trailers\r\nFoo: bar\r\nCookie: a=1; b=2\r\nX-Y: z\r\n\r\n");
    view_expect(&sc, "NEGOTIATED http/1.1 default\n");
    script_h1(&sc, "the view over HTTP/1.1 with an absolute target",
              "GET http://example.com:81/now?q HTTP/1.1\r\nHost: example.com:81\r\n"
              "Cookie: a=1; b=2\r\nX-Y: z\r\n\r\n");
    script_play(&sc,
                "NEGOTIATED http/1.1 default\nREQUEST 1 method=GET scheme=http "
                "authority=example.com:81 path=/now query=q cookie=a=1;_b=2 x-y=z !host !more\n"
                "END 1\nDONE 1 NO_ERROR\n",
                NULL);
    script_h2(&sc, "the view over HTTP/2", "");
    put_headers(
        &sc.in, 1, HEADS | END,
        ":method: GET\n:scheme: http\n:authority: example.com:81\n:path: /now?q\ncookie: a=1\n"
        "x-y: z\nte: trailers\ncookie: b=2\nhost: example.com:81\n");
    view_expect(&sc, "NEGOTIATED h2c prior-knowledge\n");
    script_h2(&sc, "the view over HTTP/2 with Host only", "");
    put_headers(&sc.in, 1, HEADS | END,
                ":method: GET\n:scheme: http\n:path: /now?q\ncookie: a=1\nx-y: z\ncookie: b=2\n"
                "host: example.com:81\n");
    view_expect(&sc, "NEGOTIATED h2c prior-knowledge\n");
}

CHECK_MAIN(test_http11, test_http10, test_prior_knowledge, test_server_settings, test_server_window,
           test_upgrade, test_upgrade_body, test_upgrade_body_limit, test_upgrade_expect,
           test_upgrade_settings, test_upgrade_declined, test_upgrade_ignored, test_upgrade_off,
           test_upgrade_second, test_upgrade_tls, test_upgrade_bad_preface, test_alpn,
           test_alpn_crossed, test_alpn_not_offered, test_tls_waits, test_no_http2, test_only_http2,
           test_not_http, test_smtp, test_bad_preface, test_nothing_at_all, test_client_http11,
           test_client_prior, test_client_alpn, test_client_early_request, test_client_upgrade,
           test_client_upgrade_declined, test_client_upgrade_body, test_client_bad_101,
           test_client_wrong_peer, test_client_wrong_preface, test_same_view)
