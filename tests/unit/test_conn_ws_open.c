/* How a WebSocket on a connection begins, or does not: RFC 6455 4, RFC 8441 4 and 5, both roles. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"
#include "ws.h"

#define HELLO "HTTP/1.1 200 content-length=5\nBODY \"hello\"\n"
#define NEXT "GET /now HTTP/1.1\r\nHost: a\r\n\r\n"

/* ---- a server refuses by itself (RFC 6455 4.2.1, 4.2.2, 4.4, 10.2) -------- */

#define UP "Host: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
#define V13 "Sec-WebSocket-Version: 13\r\n"
#define K "Sec-WebSocket-Key: " WS_ASKED "\r\n"

typedef struct refusal {
    const char *name, *octets; /* of a request over HTTP/1.1, without its last line */
    int status;
} refusal;

static const refusal refusals[] = {
    {"no version", "GET /ws HTTP/1.1\r\n" UP K, 426},
    {"version 12", "GET /ws HTTP/1.1\r\n" UP K "Sec-WebSocket-Version: 12\r\n", 426},
    {"version 8", "GET /ws HTTP/1.1\r\n" UP K "Sec-WebSocket-Version: 8\r\n", 426},
    {"version 013", "GET /ws HTTP/1.1\r\n" UP K "Sec-WebSocket-Version: 013\r\n", 426},
    {"two versions", "GET /ws HTTP/1.1\r\n" UP K V13 V13, 426},
    {"no key", "GET /ws HTTP/1.1\r\n" UP V13, 400},
    {"two keys", "GET /ws HTTP/1.1\r\n" UP V13 K K, 400},
    {"a key of 15 octets",
     "GET /ws HTTP/1.1\r\n" UP V13 "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4P\r\n", 400},
    {"a key that is not base64",
     "GET /ws HTTP/1.1\r\n" UP V13 "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4P*A==\r\n", 400},
    {"POST", "POST /ws HTTP/1.1\r\n" UP V13 K "Content-Length: 0\r\n", 400},
    {"CONNECT", "CONNECT a:80 HTTP/1.1\r\n" UP V13 K, 400},
    {"CONNECT without a key", "CONNECT a:80 HTTP/1.1\r\n" UP V13, 400},
    {"a foreign Origin", "GET /ws HTTP/1.1\r\n" UP V13 K "Origin: http://b\r\n", 403},
    {"Origin null", "GET /ws HTTP/1.1\r\n" UP V13 K "Origin: null\r\n", 403},
    {"two Origins", "GET /ws HTTP/1.1\r\n" UP V13 K "Origin: http://a\r\nOrigin: http://a\r\n",
     403},
    {"a malformed subprotocol", "GET /ws HTTP/1.1\r\n" UP V13 K "Sec-WebSocket-Protocol: a b\r\n",
     400},
    {"a subprotocol twice", "GET /ws HTTP/1.1\r\n" UP V13 K "Sec-WebSocket-Protocol: a, a\r\n",
     400},
    {"a malformed extension", "GET /ws HTTP/1.1\r\n" UP V13 K "Sec-WebSocket-Extensions: a;\r\n",
     400}};

/* "Sec-WebSocket-Version |13|" tells what is understood (4.2.2); RFC 9110 15.5.22: 426 "MUST send
   an Upgrade header field". Nothing is shown, and the next request has its answer. */
static void test_refusals(void)
{
    size_t i;
    for (i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        script sc;
        char output[200];
        script_h1(&sc, refusals[i].name, refusals[i].octets);
        buf_text(&sc.in, "\r\n" NEXT);
        snprintf(
            output, sizeof output, "HTTP/1.1 %d content-length=0 %s\n" HELLO, refusals[i].status,
            refusals[i].status == 426 ? "upgrade=websocket connection=* sec-websocket-version=13"
                                      : "!upgrade !sec-websocket !connection=close");
        script_play(&sc, "NEGOTIATED http/1.1\nREQUEST path=/now\nEND\nDONE NO_ERROR\n", output);
    }
}

static void test_refusals_with_body(void)
{
    script sc;
    script_h1(&sc, "a POST with a body",
              "POST /ws HTTP/1.1\r\n" UP V13 K "Content-Length: 5\r\n\r\nhello" NEXT);
    script_play(&sc, "NEGOTIATED http/1.1\nREQUEST path=/now\nEND\nDONE NO_ERROR\n",
                "HTTP/1.1 400\n" HELLO);
}

static const refusal refusals_h2[] = {
    {"no version", "", 426},
    {"version 12", "sec-websocket-version: 12\n", 426},
    {"two versions", "sec-websocket-version: 13\nsec-websocket-version: 13\n", 426},
    {"a foreign Origin", "sec-websocket-version: 13\norigin: http://b\n", 403},
    {"a malformed subprotocol", "sec-websocket-version: 13\nsec-websocket-protocol: a b\n", 400},
    {"a malformed extension", "sec-websocket-version: 13\nsec-websocket-extensions: a;\n", 400}};

/* Over HTTP/2 there is no Upgrade (RFC 9113 8.2.2). */
static void test_refusals_h2(void)
{
    size_t i;
    for (i = 0; i < sizeof refusals_h2 / sizeof refusals_h2[0]; i++) {
        script sc;
        char lines[300], output[200];
        script_h2(&sc, refusals_h2[i].name, "");
        snprintf(lines, sizeof lines, WS_CONNECT "/ws\n%s", refusals_h2[i].octets);
        put_headers(&sc.in, 1, HEADS, lines);
        put_data(&sc.in, 1, 0, "early");
        put_data(&sc.in, 1, END, "");
        put_get(&sc.in, 3, "/now");
        snprintf(output, sizeof output,
                 "SETTINGS 8=1\nSETTINGS ACK\nHEADERS 1 end :status=%d !upgrade !connection %s\n"
                 "...\nHEADERS 3\nDATA 3 \"hello\" end\n",
                 refusals_h2[i].status,
                 refusals_h2[i].status == 426 ? "sec-websocket-version=13" : "!sec-websocket");
        script_play(&sc, "NEGOTIATED h2c\nREQUEST 3\nEND 3\nDONE 3 NO_ERROR\n", output);
    }
}

/* RFC 9110 7.8: in HTTP/1.0, or where Connection does not say it, Upgrade is nobody's business. */
static void test_no_offer(void)
{
    script sc;
    script_h1(&sc, "HTTP/1.0", "GET /ws HTTP/1.0\r\n" UP V13 K "\r\n");
    script_play(&sc, "NEGOTIATED http/1.0\nREQUEST 1 !websocket !upgrade\nEND 1\nDONE 1 NO_ERROR\n",
                "HTTP/1.1 200\nBODY \"plain\"\n");
    script_h1(&sc, "Connection does not say Upgrade",
              "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n" V13 K "\r\n" NEXT);
    script_play(&sc,
                "NEGOTIATED http/1.1\nREQUEST 1 !websocket !upgrade\nEND 1\nDONE 1 NO_ERROR\n"
                "REQUEST 3\nEND 3\nDONE 3\n",
                "HTTP/1.1 200\nBODY \"plain\"\n" HELLO);
    script_h1(&sc, "a GET", "GET /ws HTTP/1.1\r\nHost: a\r\n" V13 K "\r\n" NEXT);
    script_play(&sc, "...\n", "HTTP/1.1 200\nBODY \"plain\"\n" HELLO);
}

/* What a server takes: case, lists, other tokens beside it (RFC 6455 4.2.1: "treated as an ASCII
   case-insensitive value"). */
static void test_good_requests(void)
{
    static const char *const heads[] = {
        "Host: a\r\nConnection: UPGRADE\r\nUpgrade: WebSocket\r\n" V13 K,
        "Host: a\r\nConnection: keep-alive\r\nConnection: upgrade\r\nUpgrade: foo, "
        "websocket\r\n" V13 K,
        "Host: a:80\r\nConnection: upgrade\r\nUpgrade: websocket\r\nOrigin: http://a\r\n" V13 K,
        "Host: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nsec-websocket-extensions: x; a=1, "
        "y\r\n" V13 K,
        "Host: a\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n" V13 K};
    size_t i;
    for (i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        script sc;
        script_h1(&sc, "a good handshake", "GET /ws HTTP/1.1\r\n");
        sc.ws = 1;
        buf_fmt(&sc.in, "%s\r\n", heads[i]);
        ws_put_text(&sc, WS_SERVER, "hello");
        script_play(&sc, "NEGOTIATED\nREQUEST 1 websocket\nOPEN 1 websocket\nWS_MESSAGE 1\n",
                    "HTTP/1.1 101 upgrade=websocket sec-websocket-accept=" WS_ACCEPTED
                    " !sec-websocket-extensions !sec-websocket-protocol\nWS text \"hello\"\n");
    }
}

/* ---- who may (RFC 6455 10.2) --------------------------------------------- */

static void origin(int policy, const char *list, const char *from, int good)
{
    script sc;
    script_h1(&sc, from, "GET /ws HTTP/1.1\r\n" UP V13 K "Origin: ");
    sc.config.ws_origin.origin = policy;
    sc.config.ws_origin.origins = &list;
    sc.config.ws_origin.origin_count = list ? 1 : 0;
    buf_fmt(&sc.in, "%s\r\n\r\n", from);
    script_play(&sc, good ? "NEGOTIATED\nREQUEST 1 websocket\nOPEN 1\n" : "NEGOTIATED\n",
                good ? "HTTP/1.1 101\n" : "HTTP/1.1 403\n");
}

static void test_origin(void)
{
    origin(H2NEG_ORIGIN_SAME, NULL, "http://a", 1);
    origin(H2NEG_ORIGIN_SAME, NULL, "http://a:81", 0);
    origin(H2NEG_ORIGIN_SAME, NULL, "http://b", 0);
    origin(H2NEG_ORIGIN_ANY, NULL, "http://b", 1);
    origin(H2NEG_ORIGIN_ANY, NULL, "null", 1);
    origin(H2NEG_ORIGIN_LIST, "https://b", "https://b", 1);
    origin(H2NEG_ORIGIN_LIST, "https://b", "http://a", 0);
}

/* ---- the application's answer -------------------------------------------- */

static void test_app_refuses(void)
{
    script sc;
    script_h1(&sc, "the application refuses", "GET /ws-no HTTP/1.1\r\n" UP V13 K "\r\n" NEXT);
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1 websocket\nEND 1\nDONE 1 NO_ERROR\nREQUEST 3\nEND 3\n"
                "DONE 3 NO_ERROR\n",
                "HTTP/1.1 403 !upgrade !connection\nBODY \"no\"\n" HELLO);
    ws_script_at(&sc, "the application refuses, HTTP/2", WS_H2, "/ws-no");
    sc.ws = 0;
    ws_put_text(&sc, WS_H2, "early");
    put_get(&sc.in, 3, "/now");
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1 websocket\nDONE 1 NO_ERROR\nREQUEST 3\nEND 3\n"
                "DONE 3 NO_ERROR\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=403\nDATA 1 \"no\" end\n...\n"
                "HEADERS 3\nDATA 3 \"hello\" end\n");
}

static void call_accept(side *s)
{
    side_ok(s, 1, h2neg_accept(s->c, 1, NULL, NULL, 0), "accept");
}

static void call_refuse(side *s)
{
    app_reply(s, 1, 403, "no");
}

/* Frames that wait behind the handshake are there after it, however much later. */
static void accept_later(int way)
{
    script sc;
    ws_script_at(&sc, "accepted later", way, "/ws-later");
    ws_put_words(&sc, way, "81:6f6e65 89:70 01:74 80:776f");
    script_tick(&sc, 1000);
    script_tick(&sc, 20000); /* no timer runs against the peer meanwhile */
    script_tick(&sc, 500000);
    script_call(&sc, call_accept);
    ws_put_text(&sc, way, "three");
    ws_play(&sc, way,
            "WS_MESSAGE 1 text \"one\"\nWS_PING 1 \"p\"\nWS_MESSAGE 1 text \"two\"\n"
            "WS_MESSAGE 1 text \"three\"\n",
            "WS text \"one\"\nWS pong \"p\"\nWS text \"two\"\nWS text \"three\"\n");
    ws_script_at(&sc, "accepted later, a fault waits", way, "/ws-later");
    ws_put_words(&sc, way, "81:6f6e65 83:");
    script_call(&sc, call_accept);
    ws_play(&sc, way, "WS_MESSAGE 1 text \"one\"\nWS_CLOSE 1 code=1002 err=WS_RESERVED\n...\n",
            "WS text \"one\"\nWS close code=1002 *\n2:WS end\n");
}

static void test_accept_later(void)
{
    script sc;
    accept_later(WS_SERVER);
    accept_later(WS_SERVER | WS_H2);
    ws_script_at(&sc, "many octets wait", WS_H2, "/ws-later");
    {
        char run[12000];
        memset(run, 'x', sizeof run);
        ws_put(&sc, WS_H2, 0x82, run, sizeof run);
    }
    sc.loose = sc.ws_join = sc.quick = 1;
    script_call(&sc, call_accept);
    put_get(&sc.in, 3, "/now");
    ws_play(&sc, WS_H2, "...\nWS_MESSAGE 1 binary <12000:*\n...\n",
            "...\nWS binary <12000:*\n...\n");
}

/* A refusal much later: over HTTP/2 what was sent is dropped and nothing else suffers. */
static void test_refuse_later(void)
{
    script sc;
    ws_script_at(&sc, "refused later, HTTP/2", WS_H2, "/ws-later");
    sc.ws = 0;
    ws_put_text(&sc, WS_H2, "early");
    script_call(&sc, call_refuse);
    ws_put_text(&sc, WS_H2, "late");
    put_get(&sc.in, 3, "/now");
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nDONE 1 NO_ERROR\nREQUEST 3\nEND 3\nDONE 3\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=403\nDATA 1 \"no\" end\n...\n"
                "HEADERS 3\nDATA 3 \"hello\" end\n");
    script_h1(&sc, "refused later", "GET /ws-later HTTP/1.1\r\n" UP V13 K "\r\n");
    script_call(&sc, call_refuse);
    buf_text(&sc.in, NEXT);
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\nREQUEST 3\nEND 3\nDONE 3\n",
                "HTTP/1.1 403\nBODY \"no\"\n" HELLO);
}

/* The peer goes away before the answer. */
static void test_gone_before_accept(void)
{
    script sc;
    ws_script_at(&sc, "reset before the answer", WS_H2, "/ws-later");
    put_rst(&sc.in, 1, H2NEG_CANCEL);
    put_get(&sc.in, 3, "/now");
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nDONE 1 CANCEL by-peer\nREQUEST 3\nEND 3\nDONE 3\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 3\nDATA 3 end\n");
    ws_script_at(&sc, "lost before the answer", WS_SERVER, "/ws-later");
    script_end(&sc, STEP_LOST);
    script_play(&sc, "NEGOTIATED\nREQUEST 1\n...\nDONE 1 !NO_ERROR\n", NULL);
    ws_script_at(&sc, "a Close waits with END_STREAM", WS_H2, "/ws-later");
    ws_put_words(&sc, WS_H2, "81:6869 88:03e8");
    ws_put_fin(&sc, WS_H2);
    script_call(&sc, call_accept);
    ws_play(&sc, WS_H2, "WS_MESSAGE 1 text \"hi\"\nWS_CLOSE 1 code=1000 by-peer\nDONE 1 NO_ERROR\n",
            "WS text \"hi\"\nWS close code=1000\nWS end\n");
}

/* ---- subprotocols (RFC 6455 4.2.2, 11.3.4) -------------------------------- */

static void test_subprotocol_server(void)
{
    script sc;
    script_h1(&sc, "a subprotocol",
              "GET /ws HTTP/1.1\r\n" UP V13 K "Sec-WebSocket-Protocol: mqtt, superchat\r\n"
              "Sec-WebSocket-Protocol: chat\r\n\r\n");
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nOPEN 1 websocket\n",
                "HTTP/1.1 101 sec-websocket-protocol=chat\n");
    script_h2(&sc, "a subprotocol, HTTP/2", "");
    put_headers(&sc.in, 1, HEADS,
                WS_CONNECT "/ws\nsec-websocket-version: 13\nsec-websocket-protocol: superchat\n");
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nOPEN 1 websocket\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200 sec-websocket-protocol=superchat\n");
    script_h1(&sc, "none that is known",
              "GET /ws HTTP/1.1\r\n" UP V13 K "Sec-WebSocket-Protocol: mqtt\r\n\r\n");
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nOPEN 1 websocket\n",
                "HTTP/1.1 101 !sec-websocket-protocol\n");
}

static int hook_accept_bad(side *s, const h2neg_event *ev)
{
    static const char *const names[] = {"upgrade",
                                        "sec-websocket-accept",
                                        "connection",
                                        "content-length",
                                        "sec-websocket-protocol",
                                        "sec-websocket-extensions",
                                        ":status",
                                        "a b"};
    size_t i;
    h2neg_field f;
    if (ev->type != H2NEG_EV_REQUEST || !ev->websocket)
        return 0;
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        f = h2neg_f(names[i], "x");
        if (h2neg_accept(s->c, ev->stream, NULL, &f, 1) >= 0)
            side_fault(s, names[i], __LINE__);
    }
    SIDE_CHECK(s, h2neg_accept(s->c, ev->stream, "unasked", NULL, 0) < 0);
    SIDE_CHECK(s, h2neg_accept(s->c, ev->stream, "a b", NULL, 0) < 0);
    SIDE_CHECK(s, h2neg_ws_send(s->c, ev->stream, H2NEG_WS_TEXT, "x", 1, 0) < 0);
    SIDE_CHECK(s, h2neg_ws_close(s->c, ev->stream, 1000, NULL) < 0);
    f = h2neg_f("x-mine", "1");
    side_ok(s, ev->stream, h2neg_accept(s->c, ev->stream, "superchat", &f, 1), "accept");
    SIDE_CHECK(s, h2neg_accept(s->c, ev->stream, NULL, NULL, 0) < 0);
    side_ok(s, ev->stream, (long)h2neg_ws_send(s->c, ev->stream, H2NEG_WS_TEXT, "at once", 7, 0),
            "ws_send");
    SIDE_CHECK(s, h2neg_send(s->c, ev->stream, "x", 1, 0) < 0);
    SIDE_CHECK(s, h2neg_ws_send(s->c, 3, H2NEG_WS_TEXT, "x", 1, 0) < 0);
    return 1;
}

/* What accept refuses has changed nothing; and what is sent before OPEN is taken goes behind it. */
static void test_accept_calls(void)
{
    script sc;
    script_h1(&sc, "calls of accept",
              "GET /ws HTTP/1.1\r\n" UP V13 K "Sec-WebSocket-Protocol: superchat\r\n\r\n");
    sc.hook = hook_accept_bad;
    sc.ws = 1;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nOPEN 1 websocket\n",
                "HTTP/1.1 101 sec-websocket-protocol=superchat x-mine=1\nWS text \"at_once\"\n");
    script_h2(&sc, "calls of accept, HTTP/2", "");
    put_headers(&sc.in, 1, HEADS,
                WS_CONNECT "/ws\nsec-websocket-version: 13\nsec-websocket-protocol: superchat\n");
    sc.hook = hook_accept_bad;
    sc.ws = 1;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nOPEN 1 websocket\n",
                "SETTINGS\nSETTINGS ACK\n"
                "HEADERS 1 :status=200 sec-websocket-protocol=superchat x-mine=1\n"
                "WS text \"at_once\"\n");
}

/* ---- max_ws_streams ------------------------------------------------------ */

static int hook_many(side *s, const h2neg_event *ev)
{
    int r;
    if (ev->type != H2NEG_EV_REQUEST || !ev->websocket)
        return 0;
    r = h2neg_accept(s->c, ev->stream, NULL, NULL, 0);
    SIDE_CHECK(s, r == (ev->stream == 5 ? H2NEG_ERR_LIMIT_STREAMS : 0));
    return 1;
}

static void put_connect(script *sc, uint32_t stream)
{
    put_headers(&sc->in, stream, HEADS, WS_CONNECT "/ws\nsec-websocket-version: 13\n");
}

static void test_max_streams(void)
{
    script sc;
    script_h2(&sc, "more WebSockets than max_ws_streams", "");
    sc.config.max_ws_streams = 2;
    sc.hook = hook_many;
    sc.ws = 1 | 2 | 16;
    put_connect(&sc, 1);
    put_connect(&sc, 3);
    put_connect(&sc, 5);
    put_get(&sc.in, 7, "/now");
    ws_put_words(&sc, WS_H2, "88:03e8");
    ws_put_fin(&sc, WS_H2);
    put_connect(&sc, 9);
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1\nOPEN 1\nREQUEST 3\nOPEN 3\nREQUEST 5 websocket\n"
                "DONE 5\nREQUEST 7\nEND 7\nDONE 7 NO_ERROR\nWS_CLOSE 1\nDONE 1\n"
                "REQUEST 9\nOPEN 9\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200\nHEADERS 3 :status=200\n"
                "HEADERS 5 :status=503 end\n...\nHEADERS 7 :status=200\nDATA 7 \"hello\" end\n"
                "WS close code=1000\nWS end s1\nHEADERS 9 :status=200\n");
}

/* The token's case does not matter over HTTP/2 either (RFC 9110 7.8). */
static void test_case_h2(void)
{
    script sc;
    script_h2(&sc, "WebSocket in other letters", "");
    sc.hook = hook_many;
    sc.ws = 1;
    put_headers(&sc.in, 1, HEADS,
                ":method: CONNECT\n:protocol: WebSocket\n:scheme: http\n:authority: a\n"
                ":path: /ws\nsec-websocket-version: 13\n");
    script_play(&sc, "NEGOTIATED\nREQUEST 1 websocket\nOPEN 1\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200\n");
}

/* ---- without H2NEG_WEBSOCKET --------------------------------------------- */

static void test_switched_off(void)
{
    script sc;
    script_h1(&sc, "websocket as a foreign token", "GET /accept HTTP/1.1\r\n" UP "\r\nany octets");
    sc.config.protocols = H2NEG_HTTP1 | H2NEG_PRIOR;
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1 upgrade=websocket !websocket\nOPEN 1 !websocket\n"
                "DATA 1 \"any_octets\"\n",
                "HTTP/1.1 101 upgrade=websocket !sec-websocket-accept\nRAW \"any_octets\"\n");
    script_h2(&sc, "no extended CONNECT", "");
    sc.config.protocols = H2NEG_HTTP1 | H2NEG_PRIOR;
    put_connect(&sc, 1);
    put_get(&sc.in, 3, "/now");
    script_play(&sc, "NEGOTIATED\nREQUEST 3\nEND 3\nDONE 3\n",
                "SETTINGS !8=1\nSETTINGS ACK\nRST_STREAM 1 PROTOCOL_ERROR\nHEADERS 3\nDATA 3\n");
}

/* ---- a client ------------------------------------------------------------ */

#define SWITCH "HTTP/1.1 101 Switching Protocols\r\n"
#define GOES_UP "Connection: Upgrade\r\nUpgrade: websocket\r\n"
#define RIGHT "Sec-WebSocket-Accept: " WS_ACCEPTED "\r\n"

typedef struct answer {
    const char *name, *octets, *error;
} answer;

/* RFC 6455 4.1: six things that a client MUST check of the answer. */
static const answer answers[] = {
    {"no Upgrade", SWITCH "Connection: Upgrade\r\n" RIGHT "\r\n", "*"},
    {"another Upgrade", SWITCH "Connection: Upgrade\r\nUpgrade: foo\r\n" RIGHT "\r\n", "*"},
    {"no Connection", SWITCH "Upgrade: websocket\r\n" RIGHT "\r\n", "*"},
    {"no accept key", SWITCH GOES_UP "\r\n", "WS_ACCEPT"},
    {"the wrong accept key",
     SWITCH GOES_UP "Sec-WebSocket-Accept: AAAALMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", "WS_ACCEPT"},
    {"the accept key in lower case",
     SWITCH GOES_UP "Sec-WebSocket-Accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n\r\n", "WS_ACCEPT"},
    {"two accept keys", SWITCH GOES_UP RIGHT RIGHT "\r\n", "WS_ACCEPT"},
    {"an extension that was not asked for",
     SWITCH GOES_UP RIGHT "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", "WS_EXTENSION"},
    {"a subprotocol that was not asked for",
     SWITCH GOES_UP RIGHT "Sec-WebSocket-Protocol: chat\r\n\r\n", "WS_SUBPROTOCOL"}};

static void test_wrong_answers(void)
{
    size_t i;
    for (i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        script sc;
        char events[200];
        ws_begin(&sc, answers[i].name, WS_CLIENT);
        buf_text(&sc.in, answers[i].octets);
        ws_put_text(&sc, WS_CLIENT, "frame");
        script_end(&sc, STEP_EOF);
        sc.unfed = 1;
        sc.wants = H2NEG_WANT_CLOSE;
        snprintf(events, sizeof events, "NEGOTIATED http/1.1\nERROR %s\nDONE 1 !NO_ERROR err=%s\n",
                 answers[i].error, answers[i].error);
        script_play(&sc, events, "GET /ws HTTP/1.1 upgrade=websocket\n");
    }
}

static void call_get(side *s)
{
    side_get(s, "/now");
}

/* Over HTTP/2 the stream alone ends. */
static void test_wrong_answers_h2(void)
{
    static const answer table[] = {
        {"an extension", "sec-websocket-extensions: permessage-deflate\n", "WS_EXTENSION"},
        {"a subprotocol", "sec-websocket-protocol: chat\n", "WS_SUBPROTOCOL"},
        {"two subprotocols", "sec-websocket-protocol: a\nsec-websocket-protocol: a\n",
         "WS_SUBPROTOCOL"}};
    size_t i;
    for (i = 0; i < sizeof table / sizeof table[0]; i++) {
        script sc;
        char events[200];
        ws_begin(&sc, table[i].name, WS_CLIENT | WS_H2);
        script_call(&sc, ws_call_open);
        put_response(&sc.in, 1, 0, 200, table[i].octets);
        ws_put_text(&sc, WS_CLIENT | WS_H2, "frame");
        script_call(&sc, call_get);
        put_response(&sc.in, 3, END, 200, "");
        snprintf(events, sizeof events,
                 "NEGOTIATED h2c\nDONE 1 !NO_ERROR err=%s\nRESPONSE 3\nEND 3\nDONE 3 NO_ERROR\n",
                 table[i].error);
        script_play(&sc, events,
                    "PREFACE\nSETTINGS\nSETTINGS ACK\nHEADERS 1 :protocol=websocket\n"
                    "RST_STREAM 1\nHEADERS 3 end\n");
    }
}

/* Any other answer is a response (RFC 6455 4.1: "the client handles the response per HTTP"). */
static void test_declined(void)
{
    script sc;
    ws_begin(&sc, "401", WS_CLIENT);
    buf_text(&sc.in, "HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno");
    script_call(&sc, call_get);
    buf_text(&sc.in, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    sc.ws = 0;
    script_play(&sc,
                "NEGOTIATED http/1.1\nRESPONSE 1 status=401 !websocket\nDATA 1 \"no\"\nEND 1\n"
                "DONE 1 NO_ERROR\nRESPONSE 3 status=200\nEND 3\nDONE 3 NO_ERROR\n",
                "GET /ws HTTP/1.1 upgrade=websocket\nGET /now HTTP/1.1 !upgrade\n");
    ws_begin(&sc, "200", WS_CLIENT);
    buf_text(&sc.in, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
    script_play(&sc, "NEGOTIATED\nRESPONSE 1 status=200\nDATA 1 \"no\"\nEND 1\nDONE 1 NO_ERROR\n",
                "GET /ws HTTP/1.1\n");
    ws_begin(&sc, "426", WS_CLIENT);
    buf_text(&sc.in, "HTTP/1.1 426 No\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                     "Sec-WebSocket-Version: 8\r\nContent-Length: 0\r\n\r\n");
    script_play(&sc, "NEGOTIATED\nRESPONSE 1 status=426 sec-websocket-version=8\nEND 1\nDONE 1\n",
                "GET /ws HTTP/1.1\n");
    ws_begin(&sc, "403 over HTTP/2", WS_CLIENT | WS_H2);
    script_call(&sc, ws_call_open);
    put_response(&sc.in, 1, 0, 403, "");
    put_data(&sc.in, 1, END, "no");
    sc.ws = 0;
    script_play(&sc,
                "NEGOTIATED h2c\nRESPONSE 1 status=403\nDATA 1 \"no\"\nEND 1\nDONE 1 NO_ERROR\n",
                "PREFACE\nSETTINGS\nSETTINGS ACK\nHEADERS 1\n...\n");
    ws_begin(&sc, "a 1xx before it", WS_CLIENT);
    buf_text(&sc.in, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" WS_SWITCHED "\r\n");
    ws_put_text(&sc, WS_CLIENT, "hello");
    script_play(&sc,
                "NEGOTIATED\nINFORMATIONAL 1 status=103\nOPEN 1 websocket\n"
                "WS_MESSAGE 1 text \"hello\"\n",
                NULL);
}

static void test_subprotocol_client(void)
{
    script sc;
    ws_subprotocols = "mqtt, chat";
    ws_extra_name = "origin";
    ws_extra_value = "http://a";
    ws_begin(&sc, "a subprotocol that was asked for", WS_CLIENT);
    buf_text(&sc.in, WS_SWITCHED "Sec-WebSocket-Protocol: chat\r\nX-A: b\r\n\r\n");
    script_play(&sc, "NEGOTIATED\nOPEN 1 websocket subprotocol=chat x-a=b status=101\n",
                "GET /ws HTTP/1.1 sec-websocket-protocol=mqtt,_chat origin=http://a\n");
    ws_begin(&sc, "none of those that were asked for", WS_CLIENT);
    buf_text(&sc.in, WS_SWITCHED "\r\n");
    script_play(&sc, "NEGOTIATED\nOPEN 1 websocket !subprotocol\n", "GET /ws HTTP/1.1\n");
    ws_begin(&sc, "half of a name", WS_CLIENT);
    buf_text(&sc.in, WS_SWITCHED "Sec-WebSocket-Protocol: cha\r\n\r\n");
    script_play(&sc, "NEGOTIATED\nERROR WS_SUBPROTOCOL\nDONE 1 err=WS_SUBPROTOCOL\n", NULL);
    ws_begin(&sc, "a subprotocol, HTTP/2", WS_CLIENT | WS_H2);
    script_call(&sc, ws_call_open);
    put_response(&sc.in, 1, 0, 200, "sec-websocket-protocol: mqtt\n");
    script_play(&sc, "NEGOTIATED\nOPEN 1 websocket subprotocol=mqtt status=200\n",
                "PREFACE\nSETTINGS\nSETTINGS ACK\n"
                "HEADERS 1 sec-websocket-protocol=mqtt,_chat origin=http://a\n");
    ws_subprotocols = ws_extra_name = ws_extra_value = NULL;
}

/* RFC 6455 10.3: masks must be unpredictable, so without a source there is no client. */
static void call_no_random(side *s)
{
    SIDE_CHECK(s, ws_ask(s) == H2NEG_ERR_NO_RANDOM);
    side_get(s, "/now");
}

static int no_random(void *user, void *out, size_t len)
{
    (void)user, (void)out, (void)len;
    return 0;
}

static void test_no_random(void)
{
    script sc;
    int i;
    for (i = 0; i < 2; i++) {
        script_h1_client(&sc, "no random octets", call_no_random);
        sc.config.protocols |= H2NEG_WEBSOCKET;
        sc.config.random_fn = i ? no_random : NULL;
        buf_text(&sc.in, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        script_play(&sc, "NEGOTIATED\nRESPONSE\nEND\nDONE NO_ERROR\n",
                    "GET /now HTTP/1.1 !upgrade\n");
    }
    script_h2_client(&sc, "no random octets, HTTP/2", ws_nothing, "8=1");
    sc.config.protocols |= H2NEG_WEBSOCKET;
    script_call(&sc, call_no_random);
    put_response(&sc.in, 1, END, 200, "");
    script_play(&sc, "NEGOTIATED\nRESPONSE\nEND\nDONE NO_ERROR\n", NULL);
}

/* A source that dries up: nothing is sent unmasked or with an old mask. */
static int drying_random(void *user, void *out, size_t len)
{
    (void)user;
    if (len != 16)
        return 0;
    memcpy(out, "the sample nonce", 16);
    return 1;
}

static void call_send_dry(side *s)
{
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_TEXT, "hi", 2, 0) == H2NEG_ERR_NO_RANDOM);
}

static void test_random_dries(void)
{
    script sc;
    ws_begin(&sc, "the source dries up", WS_CLIENT);
    sc.config.random_fn = drying_random;
    buf_text(&sc.in, WS_SWITCHED "\r\n");
    script_call(&sc, call_send_dry);
    ws_put_words(&sc, WS_CLIENT, "89:70");
    script_end(&sc, STEP_EOF);
    sc.unfed = 1;
    script_play(&sc, "NEGOTIATED\nOPEN 1\n...\nWS_CLOSE 1 code=1006 err=*\nDONE 1\n",
                "GET /ws HTTP/1.1\n");
}

/* ---- extended CONNECT before and without the peer's setting (RFC 8441 3, 4) */

static void call_too_early(side *s)
{
    SIDE_CHECK(s, ws_ask(s) == H2NEG_ERR_AGAIN);
}

static void call_never(side *s)
{
    SIDE_CHECK(s, ws_ask(s) == H2NEG_ERR_NOT_SUPPORTED);
    side_get(s, "/now");
}

/* "A client MUST NOT send a SETTINGS_ENABLE_CONNECT_PROTOCOL ..."; "Using a SETTINGS parameter ...
   the :protocol pseudo-header field ... only after" the peer's 1. */
static void test_setting(void)
{
    script sc;
    script_h2_client(&sc, "SETTINGS without ENABLE_CONNECT_PROTOCOL", call_too_early, "3=100");
    sc.config.protocols |= H2NEG_WEBSOCKET;
    sc.config.random_fn = test_random;
    script_call(&sc, call_never);
    put_response(&sc.in, 1, END, 200, "");
    script_play(&sc, "NEGOTIATED\nRESPONSE 1\nEND 1\nDONE 1 NO_ERROR\n",
                "PREFACE\nSETTINGS !8=1\nSETTINGS ACK\nHEADERS 1 :method=GET !:protocol\n");
    script_h2_client(&sc, "ENABLE_CONNECT_PROTOCOL of 0", call_too_early, "8=0");
    sc.config.protocols |= H2NEG_WEBSOCKET;
    sc.config.random_fn = test_random;
    script_call(&sc, call_never);
    put_response(&sc.in, 1, END, 200, "");
    script_play(&sc, "NEGOTIATED\nRESPONSE 1\nEND 1\nDONE 1 NO_ERROR\n", NULL);
    script_h2_client(&sc, "asked again behind WRITABLE", call_too_early, "8=1");
    sc.config.protocols |= H2NEG_WEBSOCKET;
    sc.config.random_fn = test_random;
    sc.tell_writable = 1;
    sc.ws = 1;
    script_call(&sc, ws_call_open);
    put_response(&sc.in, 1, 0, 200, "");
    script_play(&sc, "...\nWRITABLE 0\n...\nOPEN 1 websocket\n", NULL);
}

static int hook_open_twice(side *s, const h2neg_event *ev)
{
    (void)ev;
    if (s->stream)
        SIDE_CHECK(s, ws_ask(s) < 0); /* one at a time over HTTP/1.1 */
    return 0;
}

/* What cannot be asked; and nothing goes out before the answer (RFC 6455 4.1: "the client MUST wait
   for a response from the server before sending any further data"). */
static void call_bad_asks(side *s)
{
    static const char *const fields[] = {
        "sec-websocket-key", "sec-websocket-version",    "upgrade",
        "connection",        "sec-websocket-extensions", "sec-websocket-protocol"};
    static const char *const lists[] = {"a b", "a, a", ",,", "a,\r\nb"};
    size_t i;
    for (i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        ws_extra_name = fields[i];
        ws_extra_value = "x";
        if (ws_ask(s) >= 0)
            side_fault(s, fields[i], __LINE__);
    }
    ws_extra_name = ws_extra_value = NULL;
    for (i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        ws_subprotocols = lists[i];
        if (ws_ask(s) >= 0)
            side_fault(s, lists[i], __LINE__);
    }
    ws_subprotocols = NULL;
    ws_call_open(s);
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_TEXT, "early", 5, 0) < 0);
    SIDE_CHECK(s, h2neg_ws_close(s->c, 1, 1000, NULL) < 0);
}

static void test_bad_asks(void)
{
    script sc;
    script_h1_client(&sc, "handshakes that cannot be asked for", call_bad_asks);
    sc.config.protocols |= H2NEG_WEBSOCKET;
    sc.config.random_fn = test_random;
    sc.hook = hook_open_twice;
    sc.ws = 1;
    script_end(&sc, STEP_LOST);
    script_play(&sc, "...\nDONE 1\n", "GET /ws HTTP/1.1 upgrade=websocket\n");
}

/* ---- bodies and other offers --------------------------------------------- */

/* RFC 9110 7.8: a server does not switch before it has the whole request; what is body and what is
   frame must not be in doubt. */
static void test_bodies(void)
{
    script sc;
    script_h1(&sc, "a handshake with a length of 0",
              "GET /ws HTTP/1.1\r\n" UP V13 K "Content-Length: 0\r\n\r\n");
    sc.ws = 1;
    ws_put_text(&sc, WS_SERVER, "hi");
    script_play(&sc, "NEGOTIATED\nREQUEST 1 websocket\nOPEN 1 websocket\nWS_MESSAGE 1\n",
                "HTTP/1.1 101\nWS text \"hi\"\n");
    script_h1(&sc, "a handshake with a body is none",
              "GET /ws HTTP/1.1\r\n" UP V13 K "Content-Length: 5\r\n\r\nhello" NEXT);
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1 !websocket length=5\nDONE 1 NO_ERROR\n"
                "REQUEST 3\nEND 3\nDONE 3 NO_ERROR\n",
                "HTTP/1.1 200\nBODY \"plain\"\n" HELLO);
}

/* With a websocket token in the list WebSocket wins over h2c. */
static void test_beside_h2c(void)
{
    script sc;
    script_h1(&sc, "h2c and websocket",
              "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
              "Upgrade: h2c, websocket\r\nHTTP2-Settings: AAMAAABk\r\n" V13 K "\r\n");
    sc.config.protocols = H2NEG_PROTOCOLS_DEFAULT | H2NEG_H2C;
    sc.ws = 1;
    ws_put_text(&sc, WS_SERVER, "hi");
    script_play(&sc, "NEGOTIATED http/1.1\nREQUEST 1 websocket\nOPEN 1 websocket\nWS_MESSAGE 1\n",
                "HTTP/1.1 101 upgrade=websocket\nWS text \"hi\"\n");
}

/* ---- masks come from random_fn, and from nowhere else (RFC 6455 5.3, 10.3) - */

static buf logged;
static int logging_random(void *user, void *out, size_t len)
{
    int r = test_random(user, out, len);
    buf_add(&logged, out, len);
    return r;
}

static void call_send_many(side *s)
{
    int i;
    for (i = 0; i < 20; i++)
        SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_TEXT, "same", 4, 0) == 4);
    SIDE_CHECK(s, h2neg_ws_close(s->c, 1, 1000, NULL) == 0);
}

static int was_drawn(const char *key)
{
    size_t i;
    for (i = 0; i + 4 <= logged.len; i++)
        if (memcmp(logged.p + i, key, 4) == 0)
            return 1;
    return 0;
}

static void masks(int way)
{
    script sc;
    played r;
    const char *p;
    unsigned calls = 0;
    int frames = 0, drawn = 0;
    ws_script(&sc, "masks", way);
    sc.config.random_fn = logging_random;
    sc.config.random_user = &calls;
    ws_put_words(&sc, way, "89:");
    script_call(&sc, call_send_many);
    memset(&r, 0, sizeof r);
    run_script(&sc, &r);
    for (p = r.out.p; p + 10 <= r.out.p + r.out.len; p++)
        if (memcmp(p, "\x81\x84", 2) == 0) {
            frames++;
            drawn += was_drawn(p + 2);
        }
    CHECK_INT(frames, 20);
    CHECK_INT(drawn, 20);
    run_free(&r);
    script_free(&sc);
    buf_free(&logged);
}

static void test_masks(void)
{
    masks(WS_CLIENT);
    masks(WS_CLIENT | WS_H2);
}

/* RFC 6455 4.1: "The method of the request MUST be GET", and frames follow its head at once. */
static void call_odd_asks(side *s)
{
    h2neg_message m = message_get("/ws");
    uint32_t id;
    m.upgrade = h2neg_s("websocket");
    m.method = h2neg_s("POST");
    SIDE_CHECK(s, h2neg_request(s->c, &m, 0, &id) == H2NEG_ERR_INVALID);
    m.method = h2neg_s("GET");
    SIDE_CHECK(s, h2neg_request(s->c, &m, H2NEG_MORE, &id) == H2NEG_ERR_INVALID);
    m.body = "body";
    m.body_len = 4;
    SIDE_CHECK(s, h2neg_request(s->c, &m, 0, &id) == H2NEG_ERR_INVALID);
    side_get(s, "/now");
}

static void test_odd_asks(void)
{
    script sc;
    script_h1_client(&sc, "a handshake that is no GET", call_odd_asks);
    sc.config.protocols |= H2NEG_WEBSOCKET;
    sc.config.random_fn = test_random;
    buf_text(&sc.in, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    script_play(&sc, "NEGOTIATED\nRESPONSE\nEND\nDONE NO_ERROR\n", "GET /now HTTP/1.1\n");
    script_h2_client(&sc, "a handshake that is no GET, HTTP/2", ws_nothing, "8=1");
    sc.config.protocols |= H2NEG_WEBSOCKET;
    sc.config.random_fn = test_random;
    script_call(&sc, call_odd_asks);
    put_response(&sc.in, 1, END, 200, "");
    script_play(&sc, "NEGOTIATED\nRESPONSE\nEND\nDONE NO_ERROR\n", NULL);
}

/* A client's own max_ws_streams: not now, and WRITABLE 0 when one is over. */
static void call_one_too_many(side *s)
{
    SIDE_CHECK(s, ws_ask(s) == H2NEG_ERR_AGAIN);
}

static void test_max_streams_client(void)
{
    script sc;
    ws_script(&sc, "a client's max_ws_streams", WS_CLIENT | WS_H2);
    sc.config.max_ws_streams = 1;
    sc.tell_writable = 1;
    sc.ws = 3;
    script_call(&sc, call_one_too_many);
    ws_put_words(&sc, WS_CLIENT | WS_H2, "88:03e8");
    ws_put_fin(&sc, WS_CLIENT | WS_H2);
    script_call(&sc, ws_call_open);
    put_response(&sc.in, 3, 0, 200, "");
    script_play(&sc, "NEGOTIATED\nOPEN 1\nWS_CLOSE 1\nDONE 1\nWRITABLE 0\nOPEN 3 websocket\n",
                "...\nWS close code=1000 s1\nWS end s1\nHEADERS 3 :protocol=websocket\n");
}

/* Octets that waited give their credit back when they are taken: more than a window in all. */
static void test_early_credit(void)
{
    script sc;
    char run[12000];
    buf b = {0, 0, 0};
    memset(run, 'x', sizeof run);
    ws_script_at(&sc, "more than a window, some of it early", WS_H2, "/ws-later");
    sc.config.initial_window = 16384;
    sc.quick = sc.loose = sc.ws_join = 1;
    ws_put(&sc, WS_H2, 0x82, run, sizeof run);
    script_call(&sc, call_accept);
    ws_put(&sc, WS_H2, 0x82, run, sizeof run);
    ws_put(&sc, WS_H2, 0x82, run, sizeof run);
    ws_play(&sc, WS_H2,
            "WS_MESSAGE 1 binary <12000:*\nWS_MESSAGE 1 binary <12000:*\n"
            "WS_MESSAGE 1 binary <12000:*\n",
            "WS binary <12000:*\nWS binary <12000:*\nWS binary <12000:*\n");
    ws_script_at(&sc, "several frames in one DATA, early", WS_H2, "/ws-later");
    put_ws(&b, 0x81, 1, "one", 3);
    put_ws(&b, 0x01, 1, "tw", 2);
    put_ws(&b, 0x89, 1, "p", 1);
    put_ws(&b, 0x80, 1, "o", 1);
    put_ws(&b, 0x82, 1, "three", 5);
    put_frame(&sc.in, 0, 0, 1, b.p, b.len);
    script_call(&sc, call_accept);
    ws_play(&sc, WS_H2,
            "WS_MESSAGE 1 text \"one\"\nWS_PING 1 \"p\"\nWS_MESSAGE 1 text \"two\"\n"
            "WS_MESSAGE 1 binary \"three\"\n",
            "WS text \"one\"\nWS pong \"p\"\nWS text \"two\"\nWS binary \"three\"\n");
    buf_free(&b);
}

CHECK_MAIN(test_refusals, test_refusals_with_body, test_refusals_h2, test_no_offer,
           test_good_requests, test_origin, test_app_refuses, test_accept_later, test_refuse_later,
           test_gone_before_accept, test_subprotocol_server, test_accept_calls, test_max_streams,
           test_case_h2, test_switched_off, test_wrong_answers, test_wrong_answers_h2, test_declined,
           test_subprotocol_client, test_no_random, test_random_dries, test_setting, test_bad_asks,
           test_bodies, test_beside_h2c, test_masks, test_odd_asks, test_max_streams_client,
           test_early_credit)
