/* permessage-deflate on a connection (RFC 7692), with a codec of stored blocks. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"
#include "ws.h"

#define EACH_WAY(way)                                                                              \
    int way;                                                                                       \
    for (way = 0; way < WS_WAYS; way++)

static toy counts;
static h2neg_ws_codec codec;
static const char *deflate_path = "/ws"; /* a server's */

/* A script where permessage-deflate is agreed; `terms`: of the offer, or of the answer. */
static void deflate_script(script *sc, const char *name, int way, const char *terms)
{
    static char text[200];
    snprintf(text, sizeof text, "permessage-deflate%s", terms);
    ws_extensions = text;
    ws_script_at(sc, name, way, deflate_path);
    ws_extensions = NULL;
    codec = toy_codec(&counts);
    sc->config.ws_codec = &codec;
}

static void deflate_play(script *sc, int way, const char *events, const char *output)
{
    ws_play(sc, way, events, output);
    toy_check(&counts);
}

static void put_deflated(script *sc, int way, unsigned first, int final, const char *text)
{
    buf b = {0, 0, 0};
    toy_payload(&b, final, text, strlen(text));
    ws_put(sc, way, first, b.p, b.len);
    buf_free(&b);
}

#define HELLO_DEFLATED "\"\\x00\\x05\\x00\\xfa\\xffhello\\x00\""

/* ---- messages (RFC 7692 7.2.1, 7.2.2) ------------------------------------- */

/* "Per-Message Compressed" is RSV1 of the first frame; the tail 00 00 FF FF is not on the wire. */
static void messages(int way)
{
    script sc;
    deflate_script(&sc, "compressed messages", way, "");
    put_deflated(&sc, way, 0xc1, 0, "hello");
    put_deflated(&sc, way, 0xc2, 0, "hello");
    ws_put_words(&sc, way, "c1:00"); /* an empty one: 7.2.3.6 */
    deflate_play(&sc, way,
                 "WS_MESSAGE 1 text \"hello\"\nWS_MESSAGE 1 binary \"hello\"\n"
                 "WS_MESSAGE 1 text \"\"\n",
                 "s:WS text " HELLO_DEFLATED " rsv=4 !more\n"
                 "s:WS binary " HELLO_DEFLATED " rsv=4 !more\ns:WS text *\n");
}

/* 7.2.3.4, 7.2.3.5: a final block, and two blocks in one message. 6.1: a message may come as it
   is. */
static void other_messages(int way)
{
    script sc;
    buf b = {0, 0, 0};
    deflate_script(&sc, "final blocks, two blocks, none", way, "");
    put_deflated(&sc, way, 0xc1, 1, "final");
    put_deflated(&sc, way, 0xc1, 1, "again");
    toy_payload(&b, 0, "two ", 4);
    b.len--;
    toy_payload(&b, 0, "blocks", 6);
    ws_put(&sc, way, 0xc1, b.p, b.len);
    ws_put_text(&sc, way, "plain");
    ws_put_words(&sc, way, "01:70 80:71");
    deflate_play(&sc, way,
                 "WS_MESSAGE 1 text \"final\"\nWS_MESSAGE 1 text \"again\"\n"
                 "WS_MESSAGE 1 text \"two_blocks\"\nWS_MESSAGE 1 text \"plain\"\n"
                 "WS_MESSAGE 1 text \"pq\"\n",
                 NULL);
    buf_free(&b);
}

/* 6.1: "An endpoint MUST NOT set the Per-Message Compressed bit of control frames and non-first
   fragments"; control frames between them are as ever. */
static void fragments(int way)
{
    script sc;
    deflate_script(&sc, "compressed fragments", way, "");
    ws_put_words(&sc, way, "41:000500 89:70 00: 00:faff6865 8a:71 00:6c6c6f 80:00 41: 80:00");
    deflate_play(&sc, way,
                 "WS_PING 1 \"p\"\nWS_PONG 1 \"q\"\nWS_MESSAGE 1 text \"hello\"\n"
                 "WS_MESSAGE 1 text \"\"\n",
                 "WS pong \"p\" !rsv\ns:WS text " HELLO_DEFLATED " rsv=4\ns:WS text *\n");
}

static void pieces(int way)
{
    script sc;
    deflate_script(&sc, "compressed, in pieces", way, "");
    sc.config.ws_pieces = 1;
    sc.loose = 1;
    ws_put_words(&sc, way, "41:000500 89:70 00: 00:faff6865 8a:71 00:6c6c6f 80:00");
    put_deflated(&sc, way, 0xc2, 0, "whole");
    deflate_play(&sc, way,
                 "WS_PING 1 \"p\"\nWS_MESSAGE 1 text \"he\" more\nWS_PONG 1 \"q\"\n"
                 "WS_MESSAGE 1 text \"llo\"\nWS_MESSAGE 1 binary \"whole\"\n",
                 way & WS_CLIENT ? "WS pong \"p\"\n" : NULL);
}

static void test_messages(void)
{
    EACH_WAY(way)
    {
        messages(way);
        other_messages(way);
        fragments(way);
        if (way & WS_CLIENT) /* an echo in pieces depends on the cut, once it is compressed */
            pieces(way);
    }
}

/* ---- faults -------------------------------------------------------------- */

typedef struct fault {
    const char *name, *frames, *error;
    int code;
} fault;

static const fault faults[] = {
    {"RSV1 in a continuation", "41:0005 c0:00", "WS_RESERVED", 1002},
    {"RSV1 in a ping", "c9:", "WS_RESERVED", 1002},
    {"RSV1 in a Close", "c8:03e8", "WS_RESERVED", 1002},
    {"RSV2", "a1:68", "WS_RESERVED", 1002},
    {"RSV1 and RSV3", "d1:00", "WS_RESERVED", 1002},
    {"a block of type 3", "c1:06", "WS_DEFLATE", 1007},
    {"a length that does not fit its complement", "c1:0005000000", "WS_DEFLATE", 1007},
    {"malformed in a later fragment", "41:000100feff 00:6806 80:00", "WS_DEFLATE", 1007},
    {"not UTF-8, inflated", "c1:000100feffff00", "WS_UTF8", 1007},
    {"a character cut by the end, inflated", "c1:000200fdffe28200", "WS_UTF8", 1007}};

static void fault_play(script *sc, int way, int code, const char *error)
{
    char events[200], output[200];
    ws_put_text(sc, way, "late");
    ws_put_fin(sc, way);
    snprintf(events, sizeof events, "WS_CLOSE 1 code=%d err=%s !by-peer\nDONE 1\n", code, error);
    snprintf(output, sizeof output, "WS close code=%d !rsv\n2:WS end\n", code);
    deflate_play(sc, way, events, output);
}

static void test_faults(void)
{
    size_t i;
    EACH_WAY(way)
    for (i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        script sc;
        deflate_script(&sc, faults[i].name, way, "");
        ws_put_words(&sc, way, faults[i].frames);
        fault_play(&sc, way, faults[i].code, faults[i].error);
    }
}

/* The limit is on what comes of it, and holds while it comes. */
static void limit(int way)
{
    char text[102];
    script sc;
    memset(text, 'l', sizeof text);
    text[101] = 0;
    deflate_script(&sc, "one octet above max_message, inflated", way, "");
    sc.config.max_message = 100;
    put_deflated(&sc, way, 0xc2, 0, text);
    fault_play(&sc, way, 1009, "LIMIT_MESSAGE");
    text[100] = 0;
    deflate_script(&sc, "max_message, inflated", way, "");
    sc.config.max_message = 100;
    put_deflated(&sc, way, 0xc2, 0, text);
    ws_put_words(&sc, way, "41:046300 00:0000 80:00"); /* 99 more, of fewer octets */
    deflate_play(&sc, way, "WS_MESSAGE 1 binary <100:*\nWS_MESSAGE 1 text <99:*\n", NULL);
    deflate_script(&sc, "max_message by one block, one octet by the next", way, "");
    sc.config.max_message = 100;
    ws_put_words(&sc, way, "42:0464000000 00:000100feff 80:7800");
    fault_play(&sc, way, 1009, "LIMIT_MESSAGE");
}

static void bomb(int way)
{
    script sc;
    deflate_script(&sc, "a bomb of 4 GiB", way, "");
    sc.config.max_message = 50000;
    sc.quick = 1;
    ws_put_words(&sc, way, "c2:04ffffffff00");
    fault_play(&sc, way, 1009, "LIMIT_MESSAGE");
    CHECK(counts.inflated <= 3 * 2 * 50001); /* in three ways of playing, at most twice the limit */
}

static void test_limits(void)
{
    EACH_WAY(way)
    {
        limit(way);
        bomb(way);
    }
}

/* ---- context takeover (RFC 7692 7.1.1) ------------------------------------ */

/* How often windows were emptied in two messages each way, played once. */
static void resets(int way, const char *terms, long inflater, long compressor)
{
    script sc;
    played r;
    deflate_script(&sc, "context takeover", way, terms);
    if (way & WS_CLIENT) { /* what is answered was offered */
        sc.config.ws_deflate.server_no_context_takeover = 1;
        sc.config.ws_deflate.client_no_context_takeover = 1;
    }
    put_deflated(&sc, way, 0xc1, 0, "one");
    put_deflated(&sc, way, 0xc1, 0, "two");
    ws_put_words(&sc, way, "89:");
    script_mark(&sc);
    memset(&r, 0, sizeof r);
    run_script(&sc, &r);
    CHECK(strstr(buf_str(&r.events), "WS_MESSAGE 1 text \"two\"") != NULL);
    CHECK_INT(counts.opened[0], 1);
    CHECK_INT(counts.opened[1], !(way & WS_CLIENT));
    /* before a message or behind it is the engine's affair */
    CHECK(inflater ? counts.resets[0] >= 1 && counts.resets[0] <= 2 : !counts.resets[0]);
    CHECK(compressor ? counts.resets[1] >= 1 && counts.resets[1] <= 2 : !counts.resets[1]);
    toy_check(&counts);
    run_free(&r);
    script_free(&sc);
}

static void test_takeover(void)
{
    int h2;
    for (h2 = 0; h2 <= WS_H2; h2 += WS_H2) {
        resets(h2 | WS_SERVER, "", 0, 0);
        resets(h2 | WS_SERVER, "; client_no_context_takeover", 1, 0);
        resets(h2 | WS_SERVER, "; server_no_context_takeover", 0, 1);
        resets(h2 | WS_SERVER, "; server_no_context_takeover; client_no_context_takeover", 1, 1);
        resets(h2 | WS_CLIENT, "; server_no_context_takeover", 1, 0);
        resets(h2 | WS_CLIENT, "; server_no_context_takeover; client_no_context_takeover", 1, 0);
    }
}

/* ---- parameters (RFC 7692 7.1) -------------------------------------------- */

/* A server's answer to an offer, and the windows that it works with; 0: not looked at. */
static void agreed(const char *terms, const h2neg_ws_deflate *ready, const char *answer,
                   int inflate_bits, int compress_bits)
{
    int way;
    for (way = WS_SERVER; way <= WS_H2; way += WS_H2) {
        script sc;
        char output[300];
        buf want = {0, 0, 0};
        deflate_script(&sc, terms, way, terms);
        sc.config.ws_deflate = *ready;
        put_deflated(&sc, way, 0xc1, 0, "hello");
        snprintf(output, sizeof output, "%s sec-websocket-extensions=%s\nWS text rsv=4\n",
                 way ? "SETTINGS\nSETTINGS ACK\nHEADERS 1" : "HTTP/1.1 101", answer);
        script_play(&sc, "NEGOTIATED\nREQUEST 1\nOPEN 1\nWS_MESSAGE 1 text \"hello\"\n", output);
        toy_check(&counts);
        CHECK(!inflate_bits || counts.bits[0] == inflate_bits);
        CHECK(!compress_bits || counts.bits[1] == compress_bits);
        buf_free(&want);
    }
}

static void test_parameters(void)
{
    h2neg_ws_deflate any, some;
    memset(&any, 0, sizeof any);
    memset(&some, 0, sizeof some);
    some.client_no_context_takeover = 1;
    some.client_max_window_bits = 9;
    some.server_max_window_bits = 12;
    agreed("", &any, "permessage-deflate", 15, 15);
    /* 7.1.2.1: accepted "by including" it, also where it asks for nothing */
    agreed("; server_max_window_bits=15", &any, "permessage-deflate;_server_max_window_bits=15", 15,
           15);
    agreed("; server_max_window_bits=10", &any, "permessage-deflate;_server_max_window_bits=10", 15,
           10);
    agreed("; client_max_window_bits; server_max_window_bits=10", &some, "permessage-deflate;*", 9,
           10);
    agreed("; unknown=1, permessage-deflate; server_no_context_takeover", &any,
           "permessage-deflate;_server_no_context_takeover", 15, 15);
}

/* No offer, none that can be taken, or no codec: messages go as they are, and RSV1 is a fault. */
static void plain(const char *extensions, int with_codec)
{
    script sc;
    int way;
    for (way = WS_SERVER; way <= WS_H2; way += WS_H2) {
        ws_extensions = extensions;
        ws_script(&sc, "without permessage-deflate", way);
        ws_extensions = NULL;
        codec = toy_codec(&counts);
        sc.config.ws_codec = with_codec ? &codec : NULL;
        ws_put_text(&sc, way, "hello");
        put_deflated(&sc, way, 0xc1, 0, "hello");
        ws_put_fin(&sc, way);
        deflate_play(&sc, way, "WS_MESSAGE 1\nWS_CLOSE 1 code=1002 err=WS_RESERVED\nDONE 1\n",
                     "WS text \"hello\" !rsv\nWS close code=1002\n2:WS end\n");
        CHECK_INT(counts.opened[0] + counts.opened[1], 0);
    }
}

static void test_plain(void)
{
    plain(NULL, 1);
    plain("permessage-deflate", 0);
    plain("permessage-deflate; unknown=1", 1);
    plain("x-webkit-deflate-frame", 1);
}

/* A client offers what its config says, and only where there is a codec. */
static void test_offer(void)
{
    script sc;
    int way;
    for (way = WS_CLIENT; way < WS_WAYS; way += 2) {
        deflate_script(&sc, "the answer takes the offer", way, "; server_max_window_bits=10");
        sc.config.ws_deflate.server_max_window_bits = 11;
        sc.config.ws_deflate.client_no_context_takeover = 1;
        put_deflated(&sc, way, 0xc1, 0, "hello");
        script_play(&sc, "NEGOTIATED\nOPEN 1 websocket\nWS_MESSAGE 1 text \"hello\"\n",
                    way & WS_H2 ? "...\nHEADERS 1 sec-websocket-extensions=permessage-deflate;*\n"
                                : "GET /ws HTTP/1.1 "
                                  "sec-websocket-extensions=permessage-deflate;*\n");
        toy_check(&counts);
        CHECK_INT(counts.bits[0], 10);
        deflate_script(&sc, "the answer goes beyond the offer", way, "; server_max_window_bits=12");
        sc.config.ws_deflate.server_max_window_bits = 11;
        sc.unfed = 1;
        script_play(&sc, "NEGOTIATED\n...\nDONE 1 err=WS_EXTENSION\n", NULL);
        deflate_script(&sc, "no answer to the offer", way, "");
        script_free(&sc);
        ws_script(&sc, "no answer to the offer", way);
        sc.config.ws_codec = &codec;
        ws_put_text(&sc, way, "hello");
        deflate_play(&sc, way, "WS_MESSAGE 1 text \"hello\"\n", "");
    }
}

/* ---- a codec that has no context ------------------------------------------ */

static void test_no_context(void)
{
    script sc;
    EACH_WAY(way)
    {
        deflate_script(&sc, "no compressor", way, "");
        counts.deny[1] = 1;
        put_deflated(&sc, way, 0xc1, 0, "hello");
        deflate_play(&sc, way, "WS_MESSAGE 1 text \"hello\"\n", "s:WS text \"hello\" !rsv\n");
        deflate_script(&sc, "no inflater", way, "");
        counts.deny[0] = 1;
        ws_put_text(&sc, way, "plain");
        put_deflated(&sc, way, 0xc1, 0, "hello");
        ws_put_fin(&sc, way);
        deflate_play(&sc, way,
                     "WS_MESSAGE 1 text \"plain\"\nWS_CLOSE 1 code=1011 err=NOMEM\nDONE 1\n",
                     "s:WS text rsv=4\nWS close code=1011\n2:WS end\n");
    }
}

/* ---- sending ------------------------------------------------------------- */

static void call_fragments(side *s)
{
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_TEXT, "he", 2, H2NEG_MORE) == 2);
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_PING, "p", 1, 0) == 0);
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_TEXT, "llo", 3, 0) == 3);
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_BINARY, "x", 1, H2NEG_MORE) == 1);
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_BINARY, "", 0, 0) == 0);
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_TEXT, "", 0, 0) == 0);
}

/* 7.2.1: the tail is removed from the message's end alone; RSV1 is the first frame's alone. */
static void test_send_fragments(void)
{
    EACH_WAY(way)
    {
        script sc;
        deflate_script(&sc, "compressed fragments out", way, "");
        script_call(&sc, call_fragments);
        deflate_play(
            &sc, way, "",
            "WS text \"\\x00\\x02\\x00\\xfd\\xffhe*\n"
            "WS ping \"p\" !rsv\nWS cont \"\\x00\\x03\\x00\\xfc\\xffllo\\x00\" !rsv !more\n"
            "WS binary rsv=4 more\nWS cont !rsv !more\nWS text !more\n");
    }
}

/* Contexts go with the WebSocket, however it ends, and not only with the connection. */
static int hook_closed(side *s, const h2neg_event *ev)
{
    (void)s;
    if (ev->type == H2NEG_EV_DONE && ev->stream == 1)
        CHECK(counts.opened[0] == counts.closed[0] && counts.opened[1] == counts.closed[1]);
    return 0;
}

static void test_contexts_closed(void)
{
    static const char *const ends[] = {"88:03e8", "83:", "c1:06"};
    size_t i;
    EACH_WAY(way)
    for (i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        script sc;
        deflate_script(&sc, "contexts are closed with the WebSocket", way, "");
        sc.hook = hook_closed;
        put_deflated(&sc, way, 0xc1, 0, "hello");
        ws_put_words(&sc, way, ends[i]);
        ws_put_fin(&sc, way);
        deflate_play(&sc, way, "WS_MESSAGE 1\nWS_CLOSE 1\nDONE 1\n", NULL);
        CHECK(counts.opened[0] > 0);
    }
}

/* Compressed octets pay for overhead as others do. */
static void test_useful(void)
{
    script sc;
    int i;
    EACH_WAY(way)
    {
        deflate_script(&sc, "pings between compressed messages", way, "");
        sc.config.overhead_slack = 1000;
        sc.config.overhead_ratio = 1;
        sc.config.ws_pieces = way & WS_CLIENT ? 1 : 0;
        sc.quick = 1;
        counts.deny[1] = 1;
        for (i = 0; i < 300; i++) {
            ws_put_words(&sc, way, "89:66");
            put_deflated(&sc, way, 0xc1, 0, "twenty octets, useful");
        }
        deflate_play(&sc, way, "...\nWS_PING 1\nWS_MESSAGE 1 text \"twenty_octets,_useful\"\n",
                     NULL);
    }
}

/* In pieces, what was good before a fault is given, whatever the cut. */
static void test_bad_pieces(void)
{
    static const fault table[] = {
        {"malformed in a later frame", "42:000200fdff6869 80:06", "WS_DEFLATE", 1007},
        {"not UTF-8 in a later frame", "41:000300fcff6869 80:ff00", "WS_UTF8", 1007},
        {"not UTF-8 in the same frame", "c1:000400fbff6869ff6a00", "WS_UTF8", 1007}};
    size_t i;
    EACH_WAY(way)
    for (i = 0; i < sizeof table / sizeof table[0]; i++) {
        script sc;
        char events[200];
        deflate_path = "/ws-quiet";
        deflate_script(&sc, table[i].name, way, "");
        deflate_path = "/ws";
        sc.config.ws_pieces = 1;
        ws_put_words(&sc, way, table[i].frames);
        ws_put_fin(&sc, way);
        snprintf(events, sizeof events,
                 "WS_MESSAGE 1 \"hi\" more\nWS_CLOSE 1 code=%d err=%s\nDONE 1\n", table[i].code,
                 table[i].error);
        sc.hook = hook_closed;
        deflate_play(&sc, way, events, "WS close code=1007\n2:WS end\n");
    }
}

CHECK_MAIN(test_messages, test_faults, test_limits, test_takeover, test_parameters, test_plain,
           test_offer, test_no_context, test_send_fragments, test_contexts_closed, test_useful,
           test_bad_pieces)
