/* Hostile peers over a WebSocket: every row of the attacks and of the limits, in each of the four
   ways (server or client, over HTTP/1.1 or HTTP/2). Of each: the Close code, the octet that
   decides, the memory held, and that over HTTP/2 another stream goes on (attack.h). */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "attack.h"

/* ---- scenarios ----------------------------------------------------------- */

static void call_get(side *s)
{
    side_get(s, "/now");
}

/* An open WebSocket; over HTTP/2 stream 3 is an echo (a response) under way. The mark is behind. */
static void ws_attack(attack *a, const char *name, int way)
{
    attack_init(a, name, way & WS_H2 ? ON_H2 : ON_H1);
    ws_script(&a->sc, name, way);
    if (way & WS_H2) { /* windows that nothing here fills */
        put_window(&a->sc.in, 0, 1000000000);
        put_window(&a->sc.in, 1, 1000000000);
    }
    if (way == WS_H2) {
        put_request(&a->sc.in, 3, 0, "POST", "/echo", "");
        put_data(&a->sc.in, 3, 0, "before");
    }
    if (way == (WS_H2 | WS_CLIENT)) {
        script_call(&a->sc, call_get);
        put_response(&a->sc.in, 3, 0, 200, "");
        put_data(&a->sc.in, 3, 0, "before");
    }
    attack_here(a);
}

/* What goes on beside it. */
static void ws_others(attack *a, int way)
{
    if (!(way & WS_H2))
        return;
    put_data(&a->sc.in, 3, END, "after");
    a->companion = 3;
    if (way & WS_CLIENT) {
        script_call(&a->sc, call_get);
        put_response(&a->sc.in, 5, END, 200, "");
    } else {
        put_get(&a->sc.in, 5, "/now");
    }
    a->next = 5;
}

/* It fails with this code, once `decided` octets of the last frame are there (ANY). */
static void ws_fails(attack *a, int way, int error, int code, long decided)
{
    char events[160], output[160];
    snprintf(events, sizeof events,
             "...\nWS_CLOSE 1 code=%d err=%s !by-peer\n...\nDONE 1 !NO_ERROR err=%s\n...", code,
             h2neg_error_name(error), h2neg_error_name(error));
    snprintf(output, sizeof output, "...\nWS close code=%d\n%s...", code,
             way & WS_H2 ? "WS end s1\n" : "");
    a->at = decided == ANY ? ANY : way & WS_H2 ? 9 : 0;
    a->decided = decided == ANY ? ANY : decided + (way & WS_H2 ? 9 : 0);
    if (way & WS_H2) {
        ws_put_fin(&a->sc, way);
        ws_others(a, way);
    } else {
        a->ends = 1;
    }
    a->sc.unfed = 1;
    a->fine = (way & WS_H2) != 0;
    attack_play(a, error, events, output);
}

/* Nothing is wrong: a message behind it is given (and echoed by a server). */
static void ws_passes(attack *a, int way, const char *events)
{
    char all[400];
    ws_put_text(&a->sc, way, "fine");
    ws_others(a, way);
    a->fine = 1;
    snprintf(all, sizeof all, "...\n%sWS_MESSAGE 1 text \"fine\"\n%s", events ? events : "",
             way & WS_H2 ? "...\n" : "");
    attack_play(a, ANY, all,
                way & WS_CLIENT || a->sc.config.ws_codec ? NULL : "...\nWS text \"fine\"\n...");
}

#define EACH_WAY(way) for (way = 0; way < WS_WAYS; way++)

/* ---- frames that break the rules ----------------------------------------- */

typedef struct fault {
    const char *name;
    const char *before; /* frames before it, as ws_put_words has them */
    const char *frame;
    int error, code;
    int decided; /* octets of its header that decide, */
    int payload; /* or of its payload; -1: its header */
} fault;

static const fault faults[] = {
    {"RSV1, not negotiated", "", "=c168", H2NEG_ERR_WS_RESERVED, 1002, 1, -1},
    {"RSV2", "", "=a100", H2NEG_ERR_WS_RESERVED, 1002, 1, -1},
    {"RSV3 in a ping", "", "=9900", H2NEG_ERR_WS_RESERVED, 1002, 1, -1},
    {"RSV1 in a continuation", "01:68", "=c000", H2NEG_ERR_WS_RESERVED, 1002, 1, -1},
    {"opcode 3", "", "=8300", H2NEG_ERR_WS_RESERVED, 1002, 1, -1},
    {"opcode 7", "", "=8700", H2NEG_ERR_WS_RESERVED, 1002, 1, -1},
    {"opcode 11", "", "=8b00", H2NEG_ERR_WS_RESERVED, 1002, 1, -1},
    {"opcode 15", "", "=8f00", H2NEG_ERR_WS_RESERVED, 1002, 1, -1},
    {"the wrong mask", "", "!81:68", H2NEG_ERR_WS_MASK, 1002, 2, -1},
    {"the wrong mask in a Close", "81:68", "!88:", H2NEG_ERR_WS_MASK, 1002, 2, -1},
    {"a ping of 126 octets", "", "=897e007e", H2NEG_ERR_WS_CONTROL, 1002, 2, -1},
    {"a Close of 2^32 octets", "", "=887f0000000100000000", H2NEG_ERR_WS_CONTROL, 1002, 2, -1},
    {"a ping in fragments", "", "=0900", H2NEG_ERR_WS_CONTROL, 1002, 1, -1},
    {"a Close in fragments", "", "=0800", H2NEG_ERR_WS_CONTROL, 1002, 1, -1},
    {"125 octets in two", "", "=827e007d", H2NEG_ERR_WS_LENGTH, 1002, 4, -1},
    {"65,535 octets in eight", "", "=827f000000000000ffff", H2NEG_ERR_WS_LENGTH, 1002, 8, -1},
    {"a length of 2^63", "", "=827f8000000000000000", H2NEG_ERR_WS_LENGTH, 1002, 3, -1},
    {"a length of 2^64-1", "", "=827fffffffffffffffff", H2NEG_ERR_WS_LENGTH, 1002, 3, -1},
    {"a Close of 1 octet", "", "88:03", H2NEG_ERR_WS_CLOSE_CODE, 1002, 0, 1},
    {"Close code 999", "", "88:03e7", H2NEG_ERR_WS_CLOSE_CODE, 1002, 0, 2},
    {"Close code 1004", "", "88:03ec", H2NEG_ERR_WS_CLOSE_CODE, 1002, 0, 2},
    {"Close code 1005", "", "88:03ed", H2NEG_ERR_WS_CLOSE_CODE, 1002, 0, 2},
    {"Close code 1006", "", "88:03ee", H2NEG_ERR_WS_CLOSE_CODE, 1002, 0, 2},
    {"Close code 1015", "", "88:03f7", H2NEG_ERR_WS_CLOSE_CODE, 1002, 0, 2},
    {"Close code 2999", "", "88:0bb7", H2NEG_ERR_WS_CLOSE_CODE, 1002, 0, 2},
    {"Close code 5000", "", "88:1388", H2NEG_ERR_WS_CLOSE_CODE, 1002, 0, 2},
    {"a reason that is not UTF-8", "", "88:03e86869ff", H2NEG_ERR_WS_UTF8, 1007, 0, 5},
    {"a reason cut in a character", "", "88:03e8e282", H2NEG_ERR_WS_UTF8, 1007, 0, 4},
    {"a bad octet, first", "", "81:ff6868686868", H2NEG_ERR_WS_UTF8, 1007, 0, 1},
    {"a bad octet, late", "", "81:68686868686868ff6868", H2NEG_ERR_WS_UTF8, 1007, 0, 8},
    {"a surrogate", "", "81:68eda08068", H2NEG_ERR_WS_UTF8, 1007, 0, 3},
    {"a form that is too long", "", "81:c080", H2NEG_ERR_WS_UTF8, 1007, 0, 1},
    {"above U+10FFFF", "", "81:f4908080", H2NEG_ERR_WS_UTF8, 1007, 0, 2},
    {"a character split over fragments, badly", "01:e2", "00:28", H2NEG_ERR_WS_UTF8, 1007, 0, 1},
    {"a text that ends in a character", "", "81:68e282", H2NEG_ERR_WS_UTF8, 1007, 0, 3},
    {"a continuation of nothing", "", "80:68", H2NEG_ERR_WS_SEQUENCE, 1002, 2, -1},
    {"a text inside a text", "01:68", "81:69", H2NEG_ERR_WS_SEQUENCE, 1002, 2, -1}};

static void fault_one(const fault *f, int way)
{
    attack a;
    int mask = way & WS_CLIENT ? 0 : 4;
    long decided = f->payload < 0 ? f->decided : 2 + mask + f->payload;
    ws_attack(&a, f->name, way);
    ws_put_words(&a.sc, way, f->before);
    attack_here(&a);
    ws_put_words(&a.sc, way, f->frame);
    if (f->error == H2NEG_ERR_WS_SEQUENCE)
        decided = ANY; /* when the header is whole, at the latest */
    ws_fails(&a, way, f->error, f->code, decided);
}

static void test_faults(void)
{
    size_t i;
    int way;
    EACH_WAY(way)
    for (i = 0; i < sizeof faults / sizeof faults[0]; i++)
        fault_one(&faults[i], way);
}

/* Near to those, and good. */
static void test_near(void)
{
    int way;
    EACH_WAY(way)
    {
        static const int codes[] = {1000, 1003, 1007, 1014, 3000, 4999};
        char most[126];
        attack a;
        size_t i;
        memset(most, 'p', sizeof most);
        ws_attack(&a, "125 octets in control frames, lengths at their bounds", way);
        ws_put(&a.sc, way, 0x89, most, 125);
        ws_put(&a.sc, way, 0x8a, most, 125);
        ws_put(&a.sc, way, 0x82, most, 125);
        ws_put(&a.sc, way, 0x82, most, 126);
        ws_put_words(&a.sc, way, "01:e2 89: 00:82 00: 80:ac 81:f48fbfbf 81:ed9fbf");
        ws_passes(&a, way, NULL);
        for (i = 0; i < sizeof codes / sizeof codes[0]; i++) {
            char events[80];
            ws_attack(&a, "a Close code that may be", way);
            memset(most, 'r', sizeof most);
            most[123] = 0;
            ws_put_close(&a.sc, way, codes[i], most);
            ws_put_fin(&a.sc, way);
            snprintf(events, sizeof events, "...\nWS_CLOSE 1 code=%d by-peer\n...", codes[i]);
            a.sc.unfed = 1;
            attack_play(&a, ANY, events, NULL);
        }
    }
}

/* ---- sizes --------------------------------------------------------------- */

/* A length of 2^63-1, or of 100 MiB: refused when the header is there (CVE-2018-1000518), nothing
   is allocated for it. */
static void test_oversized(void)
{
    static const char *const heads[] = {"827f7fffffffffffffff", "827f0000000006400000",
                                        "827f0000000000100001"};
    size_t i;
    int way;
    EACH_WAY(way)
    for (i = 0; i < 3; i++) {
        unsigned char octets[16];
        attack a;
        size_t n = check_hex(octets, heads[i]), peak;
        ws_attack(&a, "the least", way);
        ws_passes(&a, way, NULL);
        peak = a.peak;
        ws_attack(&a, heads[i], way);
        if (!(way & WS_CLIENT)) {
            octets[1] |= 0x80;
            memcpy(octets + n, WS_KEY, 4);
            n += 4;
        }
        ws_put_raw(&a.sc, way, octets, n);
        ws_fails(&a, way, H2NEG_ERR_LIMIT_MESSAGE, 1009, (long)n);
        CHECK(a.peak <= peak + 1024);
    }
}

/* max_message to the octet: whole, in fragments, by default 1 MiB. */
static void test_max_message(void)
{
    int way, n;
    EACH_WAY(way)
    for (n = 1000; n < 1002; n++) {
        char run[1001];
        attack a;
        memset(run, 'x', sizeof run);
        ws_attack(&a, n == 1000 ? "1,000 octets" : "1,001 octets", way);
        a.sc.config.max_message = 1000;
        a.sc.config.max_ws_streams = 1;
        ws_put(&a.sc, way, 0x82, run, (size_t)n);
        if (n == 1000)
            ws_passes(&a, way, "WS_MESSAGE 1 binary <1000:*\n");
        else
            ws_fails(&a, way, H2NEG_ERR_LIMIT_MESSAGE, 1009, 4 + (way & WS_CLIENT ? 0 : 4));
        ws_attack(&a, n == 1000 ? "1,000 octets in fragments" : "1,001 octets in fragments", way);
        a.sc.config.max_message = 1000;
        a.sc.config.max_ws_streams = 1;
        ws_put(&a.sc, way, 0x01, run, 500);
        ws_put(&a.sc, way, 0x00, run, 400);
        attack_here(&a);
        ws_put(&a.sc, way, 0x80, run, (size_t)n - 900);
        if (n == 1000)
            ws_passes(&a, way, "WS_MESSAGE 1 text <1000:*\n");
        else
            ws_fails(&a, way, H2NEG_ERR_LIMIT_MESSAGE, 1009, 2 + (way & WS_CLIENT ? 0 : 4));
    }
}

static void test_max_message_default(void)
{
    int way, n;
    char *run = (char *)malloc(1048577);
    memset(run, 'x', 1048577);
    EACH_WAY(way)
    for (n = 0; n < 2; n++) {
        attack a;
        ws_attack(&a, n ? "1 MiB and an octet" : "1 MiB", way);
        a.whole_only = 1;
        a.sc.ws_join = 1;
        if (n) {
            buf frame = {0, 0, 0}; /* its beginning: within the window that is left to it */
            put_ws(&frame, 0x82, !(way & WS_CLIENT), run, 1048577);
            ws_put_raw(&a.sc, way, frame.p, 10000);
            buf_free(&frame);
            ws_fails(&a, way, H2NEG_ERR_LIMIT_MESSAGE, 1009, ANY);
        } else {
            ws_put(&a.sc, way, 0x82, run, 1048576);
            ws_passes(&a, way, "WS_MESSAGE 1 binary <1048576:*\n");
        }
    }
    free(run);
}

/* Fragments join one buffer: memory follows octets and not their number. 4 MiB in 64-octet
   fragments pass where max_message allows them; one octet a fragment, too. */
static void test_fragments(void)
{
    char run[64];
    int way, i;
    memset(run, 'f', sizeof run);
    EACH_WAY(way)
    {
        attack a;
        size_t plain;
        ws_attack(&a, "4 MiB in 64-octet fragments", way);
        a.whole_only = 1;
        a.sc.config.max_message = 4194304;
        a.sc.config.max_ws_streams = 1;
        a.sc.ws_join = 1;
        for (i = 0; i < 65536; i++)
            ws_put(&a.sc, way, i == 0 ? 0x02 : i == 65535 ? 0x80 : 0x00, run, sizeof run);
        ws_passes(&a, way, "WS_MESSAGE 1 binary <4194304:*\n");
        ws_attack(&a, "8,000 octets in one", way);
        a.whole_only = 1;
        a.sc.ws_join = 1;
        {
            char *whole = (char *)calloc(8000, 1);
            ws_put(&a.sc, way, 0x02 | 0x80, whole, 8000);
            free(whole);
        }
        ws_passes(&a, way, "WS_MESSAGE 1 binary <8000:*\n");
        plain = a.peak;
        ws_attack(&a, "8,000 octets in 8,000 fragments", way);
        a.whole_only = 1;
        a.sc.ws_join = 1;
        for (i = 0; i < 8000; i++)
            ws_put(&a.sc, way, i == 0 ? 0x02 : i == 7999 ? 0x80 : 0x00, run, 1);
        ws_passes(&a, way, "WS_MESSAGE 1 binary <8000:*\n");
        CHECK(a.peak <= plain + 20000);
    }
}

/* Empty fragments: 16 in a row, 1008. */
static void test_empties(void)
{
    int way, i, n;
    EACH_WAY(way)
    for (n = 16; n < 18; n++) {
        attack a;
        int mask = way & WS_CLIENT ? 0 : 4;
        ws_attack(&a, n == 16 ? "16 empty fragments" : "17 empty fragments", way);
        for (i = 0; i < n; i++) {
            attack_here(&a);
            ws_put(&a.sc, way, i ? 0x00 : 0x01, "", 0);
        }
        if (n == 17) {
            ws_fails(&a, way, H2NEG_ERR_LIMIT_EMPTY, 1008, 2 + mask);
            continue;
        }
        ws_put(&a.sc, way, 0x00, "a", 1);
        for (i = 0; i < 16; i++)
            ws_put(&a.sc, way, 0x00, "", 0);
        ws_put(&a.sc, way, 0x80, "", 0);
        ws_passes(&a, way, "WS_MESSAGE 1 text \"a\"\n");
        ws_attack(&a, "one empty fragment where none is let in", way);
        a.sc.config.max_ws_empty = H2NEG_OFF;
        ws_put(&a.sc, way, 0x01, "", 0);
        ws_fails(&a, way, H2NEG_ERR_LIMIT_EMPTY, 1008, 2 + mask);
    }
}

/* ---- floods -------------------------------------------------------------- */

/* Pings: the overhead rule, 1008; what is useful pays for them. By default 1 MiB is let in. */
static void test_ping_flood(void)
{
    char run[125];
    int way, i;
    memset(run, 'p', sizeof run);
    EACH_WAY(way)
    {
        attack a;
        int one = 125 + 2 + (way & WS_CLIENT ? 0 : 4);
        ws_attack(&a, "pings above 1 MiB", way);
        a.whole_only = 1;
        for (i = 0; i < 1048576 / one + 10; i++)
            ws_put(&a.sc, way, 0x89, run, sizeof run);
        ws_fails(&a, way, H2NEG_ERR_LIMIT_OVERHEAD, 1008, ANY);
        ws_attack(&a, "pings just below 1 MiB", way);
        a.whole_only = 1;
        for (i = 0; i < 1048576 / one - 10; i++)
            ws_put(&a.sc, way, 0x89, run, sizeof run);
        ws_passes(&a, way, NULL);
        ws_attack(&a, "no slack: one ping behind nothing", way);
        a.sc.config.overhead_slack = 100;
        ws_put(&a.sc, way, 0x89, run, sizeof run);
        ws_fails(&a, way, H2NEG_ERR_LIMIT_OVERHEAD, 1008, 2 + (way & WS_CLIENT ? 0 : 4));
        ws_attack(&a, "no slack: pings that messages pay for", way);
        a.sc.config.overhead_slack = 100;
        for (i = 0; i < 30; i++) {
            ws_put(&a.sc, way, 0x82, run, 20);
            ws_put(&a.sc, way, 0x89, run, 100);
        }
        ws_passes(&a, way, NULL);
        if (way & WS_H2) /* where DATA's own overhead is counted by the connection */
            continue;
        ws_attack(&a, "tiny fragments are overhead", way);
        a.sc.config.overhead_slack = 1000;
        a.sc.config.overhead_ratio = 1;
        for (i = 0; i < 1500; i++)
            ws_put(&a.sc, way, i ? 0x00 : 0x02, "f", 1);
        ws_fails(&a, way, H2NEG_ERR_LIMIT_OVERHEAD, 1008, ANY);
    }
}

/* A peer that pings and never reads: every ping is answered while the output has room, then only
   the latest is remembered; memory stays. */
static void test_ping_unread(void)
{
    h2neg_config config;
    meter m;
    side *s = (side *)calloc(1, sizeof *s);
    buf in = {0, 0, 0}, text = {0, 0, 0};
    taker t;
    int i;
    memset(&config, 0, sizeof config);
    memset(&m, 0, sizeof m);
    config.max_message = 1000;
    config.alloc_fn = meter_fn;
    config.alloc_user = &m;
    s->c = h2neg_conn_new(&config);
    buf_text(&in, "GET /ws HTTP/1.1\r\n" WS_UPGRADE_FIELDS "\r\n");
    side_give(s, in.p, in.len);
    in.len = 0;
    for (i = 0; i < 5000; i++) {
        char run[100];
        memset(run, 'p', sizeof run);
        snprintf(run, 9, "%08d", i);
        run[8] = 'p';
        put_ws(&in, 0x89, 1, run, sizeof run);
    }
    s->no_write = 1;
    side_give(s, in.p, in.len);
    CHECK_INT(s->backlog.len, 0); /* all were read */
    CHECK(m.peak <= h2neg_memory_bound(&config));
    CHECK(m.live <= 80000);
    s->no_write = 0;
    side_drain(s);
    memset(&t, 0, sizeof t);
    t.text = &text;
    t.ws = 1;
    take_more(&t, &s->out);
    { /* in their order, and the last of all is the last */
        const char *p = text.p;
        int count = 0;
        for (; (p = strstr(p, "WS pong")) != NULL; p++)
            count++;
        CHECK(count > 300 && count < 5000);
    }
    CHECK(s->out.len > 100 && memcmp(s->out.p + s->out.len - 100, "00004999", 8) == 0);
    side_free(s);
    free(s);
    buf_free(&in);
    buf_free(&text);
    CHECK_INT(m.live, 0);
}

/* ---- compression --------------------------------------------------------- */

/* 1000:1 (a message of few octets that inflates to more than max_message): 1009, and no more than
   the bound was held. */
static void test_bomb(void)
{
    int way, n;
    EACH_WAY(way)
    for (n = 10000; n < 10002; n++) {
        attack a;
        toy t;
        h2neg_ws_codec codec = toy_codec(&t);
        buf payload = {0, 0, 0};
        ws_extensions = "permessage-deflate";
        ws_attack(&a, n == 10000 ? "5 octets that inflate to 10,000" : "... to 10,001", way);
        ws_extensions = NULL;
        a.sc.config.ws_codec = &codec;
        a.sc.config.max_message = 10000;
        a.sc.config.max_ws_streams = 1;
        buf_octet(&payload, 4);
        buf_octet(&payload, (unsigned)n & 255), buf_octet(&payload, (unsigned)n >> 8);
        buf_octet(&payload, 0), buf_octet(&payload, 0);
        buf_octet(&payload, 0);
        ws_put(&a.sc, way, 0xc2, payload.p, payload.len);
        buf_free(&payload);
        if (n == 10001)
            ws_fails(&a, way, H2NEG_ERR_LIMIT_MESSAGE, 1009, ANY);
        else
            ws_passes(&a, way, "WS_MESSAGE 1 binary <10000:*\n");
        toy_check(&t);
    }
    EACH_WAY(way)
    { /* 4 GiB: inflated no further than the cap */
        attack a;
        toy t;
        h2neg_ws_codec codec = toy_codec(&t);
        ws_extensions = "permessage-deflate";
        ws_attack(&a, "a bomb of 4 GiB", way);
        ws_extensions = NULL;
        a.sc.config.ws_codec = &codec;
        a.sc.config.max_message = 10000;
        a.sc.config.max_ws_streams = 1;
        ws_put(&a.sc, way, 0xc2, "\4\xff\xff\xff\xff\0", 6);
        ws_fails(&a, way, H2NEG_ERR_LIMIT_MESSAGE, 1009, ANY);
        CHECK(t.inflated <= 2 * 3 * 10001);
        toy_check(&t);
        codec = toy_codec(&t);
        ws_extensions = "permessage-deflate";
        ws_attack(&a, "malformed", way);
        ws_extensions = NULL;
        a.sc.config.ws_codec = &codec;
        ws_put(&a.sc, way, 0xc2, "\7\xff", 2);
        ws_fails(&a, way, H2NEG_ERR_WS_DEFLATE, 1007, ANY);
        toy_check(&t);
    }
}

/* ---- the handshake ------------------------------------------------------- */

#define UP "Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
#define V13 "Sec-WebSocket-Version: 13\r\n"
#define K "Sec-WebSocket-Key: " WS_ASKED "\r\n"

typedef struct handshake {
    const char *name, *octets;
    int status; /* 101: good */
} handshake;

static const handshake handshakes[] = {
    {"good", "GET /ws HTTP/1.1\r\n" UP V13 K, 101},
    {"the same origin", "GET /ws HTTP/1.1\r\n" UP V13 K "Origin: https://a\r\n", 101},
    {"a foreign Origin", "GET /ws HTTP/1.1\r\n" UP V13 K "Origin: http://evil\r\n", 403},
    {"an Origin that begins alike", "GET /ws HTTP/1.1\r\n" UP V13 K "Origin: http://a.evil\r\n",
     403},
    {"another port", "GET /ws HTTP/1.1\r\n" UP V13 K "Origin: http://a:8080\r\n", 403},
    {"Origin null", "GET /ws HTTP/1.1\r\n" UP V13 K "Origin: null\r\n", 403},
    {"version 8", "GET /ws HTTP/1.1\r\n" UP K "Sec-WebSocket-Version: 8\r\n", 426},
    {"versions 13, 8", "GET /ws HTTP/1.1\r\n" UP K "Sec-WebSocket-Version: 13, 8\r\n", 426},
    {"no version", "GET /ws HTTP/1.1\r\n" UP K, 426},
    {"no key", "GET /ws HTTP/1.1\r\n" UP V13, 400},
    {"two keys", "GET /ws HTTP/1.1\r\n" UP V13 K K, 400},
    {"a key of 15 octets",
     "GET /ws HTTP/1.1\r\n" UP V13 "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4P\r\n", 400},
    {"a key of 17 octets",
     "GET /ws HTTP/1.1\r\n" UP V13 "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEBE=\r\n", 400},
    {"POST", "POST /ws HTTP/1.1\r\n" UP V13 K "Content-Length: 0\r\n", 400},
    {"a malformed subprotocol", "GET /ws HTTP/1.1\r\n" UP V13 K "Sec-WebSocket-Protocol: a b\r\n",
     400},
    {"a malformed extension", "GET /ws HTTP/1.1\r\n" UP V13 K "Sec-WebSocket-Extensions: a;\r\n",
     400}};

static void test_handshakes(void)
{
    size_t i;
    for (i = 0; i < sizeof handshakes / sizeof handshakes[0]; i++) {
        const handshake *h = &handshakes[i];
        attack a;
        char output[160];
        attack_h1(&a, h->name, h->octets);
        buf_text(&a.sc.in, "\r\n");
        a.decided = (long)(a.sc.in.len - a.here);
        if (h->status == 101) {
            a.sc.ws = 1;
            put_ws(&a.sc.in, 0x81, 1, "hi", 2);
            attack_play(&a, ANY, "...\nREQUEST 3 websocket\nOPEN 3\nWS_MESSAGE 3 text \"hi\"\n",
                        HELLO "HTTP/1.1 101\nWS text \"hi\"\n");
            continue;
        }
        snprintf(output, sizeof output, HELLO "HTTP/1.1 %d !connection=close %s\n" HELLO, h->status,
                 h->status == 426 ? "upgrade=websocket sec-websocket-version=13" : "!upgrade");
        buf_text(&a.sc.in, "GET /now HTTP/1.1\r\n" HOST "\r\n");
        attack_play(&a, 0,
                    "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1\nREQUEST path=/now\nEND\nDONE NO_ERROR\n",
                    output);
    }
}

static void test_handshakes_h2(void)
{
    static const handshake rows[] = {
        {"no version", "", 426},
        {"version 8", "sec-websocket-version: 8\n", 426},
        {"a foreign Origin", "sec-websocket-version: 13\norigin: http://evil\n", 403},
        {"a malformed subprotocol", "sec-websocket-version: 13\nsec-websocket-protocol: a b\n",
         400},
        {"a malformed extension", "sec-websocket-version: 13\nsec-websocket-extensions: a;\n",
         400}};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        attack a;
        char lines[300];
        attack_h2(&a, rows[i].name, "");
        snprintf(lines, sizeof lines, WS_CONNECT "/ws\n%s", rows[i].octets);
        put_headers(&a.sc.in, 3, HEADS, lines);
        answered(&a, 3, rows[i].status, (long)(a.sc.in.len - a.here));
    }
}

/* Long Sec-WebSocket-Extensions and -Protocol (ws 2017, 2021, 2024): linear, and 8 KiB at most. */
static void test_long_fields(void)
{
    static const char *const names[] = {"Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"};
    static const char *const units[] = {"a;b=\"\\c\", ", "a;b , ", "\"", "a=\"\\", ";", ",", "a"};
    size_t i, k;
    for (i = 0; i < 2; i++)
        for (k = 0; k < sizeof units / sizeof units[0]; k++) {
            attack a;
            size_t unit = strlen(units[k]);
            attack_h1(&a, units[k], "GET /ws HTTP/1.1\r\n" UP V13 K);
            buf_fmt(&a.sc.in, "%s: ", names[i]);
            while (a.sc.in.len - a.here < 8000)
                buf_add(&a.sc.in, units[k], unit);
            buf_text(&a.sc.in, "x\r\n\r\n");
            a.sc.unfed = 1;
            attack_play(&a, ANY, NULL, HELLO "HTTP/1.1 *\n...");
        }
}

static int hook_accept_all(side *s, const h2neg_event *ev)
{
    if (ev->type != H2NEG_EV_REQUEST || !ev->websocket)
        return 0;
    CHECK_INT(h2neg_accept(s->c, ev->stream, NULL, NULL, 0),
              ev->stream == 19 ? H2NEG_ERR_LIMIT_STREAMS : 0);
    return 1;
}

/* max_ws_streams: 8 on a connection, 503 to the ninth; the slot of one that is over can be had. */
static void test_max_streams(void)
{
    attack a;
    uint32_t i;
    attack_h2(&a, "nine WebSockets", "");
    a.sc.config.max_message = 1000;
    a.opens_ws = 1;
    for (i = 0; i < 9; i++) {
        attack_here(&a);
        put_headers(&a.sc.in, 3 + 2 * i, HEADS,
                    WS_CONNECT "/ws-later\nsec-websocket-version: 13\n");
    }
    a.sc.hook = hook_accept_all;
    others_go_on(&a, 21);
    attack_play(&a, ANY, "...\nOPEN 17\nREQUEST 19 websocket\nDONE 19\n...\nDONE 21 NO_ERROR\n",
                "...\nHEADERS 17 :status=200\nHEADERS 19 :status=503 end\n...");
}

/* A subprotocol that nobody asked for is not sent, and not taken. */
static int hook_unknown(side *s, const h2neg_event *ev)
{
    if (ev->type != H2NEG_EV_REQUEST)
        return 0;
    CHECK_INT(h2neg_accept(s->c, ev->stream, "other", NULL, 0), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_accept(s->c, ev->stream, "a\r\nX: y", NULL, 0), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_accept(s->c, ev->stream, "chat", NULL, 0), 0);
    return 1;
}

static void test_subprotocol(void)
{
    static const char *const bad[] = {"Sec-WebSocket-Protocol: other\r\n",
                                      "Sec-WebSocket-Protocol: chat\r\n"
                                      "Sec-WebSocket-Protocol: chat\r\n"};
    attack a;
    size_t i;
    attack_init(&a, "a subprotocol that was not listed", ON_H1);
    a.sc.hook = hook_unknown;
    buf_text(&a.sc.in, "GET /ws HTTP/1.1\r\n" UP V13 K "Sec-WebSocket-Protocol: chat\r\n\r\n");
    attack_play(&a, ANY, NULL, "HTTP/1.1 101 sec-websocket-protocol=chat\n");
    for (i = 0; i < 2; i++) {
        attack_init(&a, "a server chooses what was not asked for", ON_H1_CLIENT);
        ws_subprotocols = "chat";
        ws_begin(&a.sc, "a server chooses", WS_CLIENT);
        buf_text(&a.sc.in, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                           "Upgrade: websocket\r\nSec-WebSocket-Accept: " WS_ACCEPTED "\r\n");
        buf_text(&a.sc.in, bad[i]);
        buf_text(&a.sc.in, "\r\n");
        a.sc.unfed = 1;
        attack_play(&a, H2NEG_ERR_WS_SUBPROTOCOL, "...\nDONE 1 !NO_ERROR err=WS_SUBPROTOCOL\n",
                    NULL);
        ws_subprotocols = NULL;
    }
}

/* A client without entropy says so, and nothing goes out; every frame has a mask of its own (the
   test's taker tells one that came before). */
static void test_masks(void)
{
    h2neg_config config;
    h2neg_message m = message_get("/ws");
    h2neg_conn *c;
    const void *run;
    uint32_t stream;
    attack a;
    int way, i;
    memset(&config, 0, sizeof config);
    config.role = H2NEG_CLIENT;
    config.protocols = H2NEG_HTTP1 | H2NEG_WEBSOCKET;
    m.upgrade = h2neg_s("websocket");
    c = h2neg_conn_new(&config);
    CHECK_INT(h2neg_request(c, &m, 0, &stream), H2NEG_ERR_NO_RANDOM);
    CHECK_INT(h2neg_output(c, &run), 0);
    h2neg_conn_free(c);
    for (way = WS_CLIENT; way < WS_WAYS; way += 2) {
        ws_attack(&a, "a hundred pongs", way);
        for (i = 0; i < 100; i++)
            ws_put_words(&a.sc, way, "89:66");
        a.fine = 1;
        attack_play(&a, ANY, NULL, "...\nWS pong \"f\" masked\n...\nWS pong \"f\" masked\n");
    }
}

CHECK_MAIN(test_faults, test_near, test_oversized, test_max_message, test_max_message_default,
           test_fragments, test_empties, test_ping_flood, test_ping_unread, test_bomb,
           test_handshakes, test_handshakes_h2, test_long_fields, test_max_streams,
           test_subprotocol, test_masks)
