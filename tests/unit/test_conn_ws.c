/* WebSockets on a connection, both roles, over HTTP/1.1 (RFC 6455) and over HTTP/2 (RFC 8441):
   messages, control frames, every fault of a peer, the closing handshake and other ends. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"
#include "ws.h"

/* A test for each of the four ways. */
#define EACH_WAY(way)                                                                              \
    int way;                                                                                       \
    for (way = 0; way < WS_WAYS; way++)

/* ---- messages (RFC 6455 5.4, 5.6) ---------------------------------------- */

static void messages(int way)
{
    script sc;
    ws_script(&sc, "messages", way);
    ws_put_text(&sc, way, "hello");
    ws_put(&sc, way, 0x82, "\x00\xff\x80", 3);
    ws_put_text(&sc, way, "");
    ws_put(&sc, way, 0x82, "", 0);
    ws_put_words(&sc, way, "01:4865 00:6c 80:6c6f");
    ws_put_words(&sc, way, "01: 00: 80:");
    ws_put_words(&sc, way, "02: 00:ff 80:");
    ws_put_words(&sc, way, "01:e2 00:82 80:ac"); /* a character in three frames */
    ws_play(&sc, way,
            "WS_MESSAGE 1 text \"hello\"\nWS_MESSAGE 1 binary \"\\x00\\xff\\x80\"\n"
            "WS_MESSAGE 1 text \"\"\nWS_MESSAGE 1 binary \"\"\nWS_MESSAGE 1 text \"Hello\"\n"
            "WS_MESSAGE 1 text \"\"\nWS_MESSAGE 1 binary \"\\xff\"\n"
            "WS_MESSAGE 1 text \"\\xe2\\x82\\xac\"\n",
            "s:WS text \"hello\"\ns:WS binary \"\\x00\\xff\\x80\"\ns:WS text \"\"\n"
            "s:WS binary \"\"\ns:WS text \"Hello\"\ns:WS text \"\"\ns:WS binary \"\\xff\"\n"
            "s:WS text \"\\xe2\\x82\\xac\"\n");
}

static void test_messages(void)
{
    EACH_WAY(way) messages(way);
    for (ws_data_size = 1; ws_data_size < 8; ws_data_size++) /* cut by DATA frames, too */
        messages(WS_SERVER | WS_H2), messages(WS_CLIENT | WS_H2);
    ws_data_size = 16384;
}

/* RFC 6455 5.5: "Control frames MAY be injected in the middle of a fragmented message"; 5.5.2: a
   Pong is sent in response to a Ping; 5.5.3: with its application data. */
static void controls(int way)
{
    char most[125];
    script sc;
    memset(most, 'p', sizeof most);
    ws_script(&sc, "control frames", way);
    ws_put_words(&sc, way, "89: 01:4865 89:6f6e65 00:6c 8a:74776f 89:74776f 80:6c6f");
    ws_put(&sc, way, 0x89, most, sizeof most);
    ws_put(&sc, way, 0x8a, most, sizeof most);
    ws_play(&sc, way,
            "WS_PING 1 \"\"\nWS_PING 1 \"one\"\nWS_PONG 1 \"two\"\nWS_PING 1 \"two\"\n"
            "WS_MESSAGE 1 text \"Hello\"\nWS_PING 1 <125:*\nWS_PONG 1 <125:*\n",
            "WS pong \"\"\nWS pong \"one\"\nWS pong \"two\"\ns:WS text \"Hello\"\n"
            "WS pong <125:*\n");
    ws_script(&sc, "no_auto_pong", way);
    sc.config.no_auto_pong = 1;
    ws_put_words(&sc, way, "89:6f6e65 01:4865 89:74776f 80:6c6c6f");
    ws_play(&sc, way, "WS_PING 1 \"one\"\nWS_PING 1 \"two\"\nWS_MESSAGE 1 text \"Hello\"\n",
            "s:WS text \"Hello\"\n");
}

static void test_controls(void)
{
    EACH_WAY(way) controls(way);
}

/* Messages in pieces: their octets are the same, and so is what stood between them. */
static void pieces(int way)
{
    script sc;
    ws_script(&sc, "pieces", way);
    sc.config.ws_pieces = 1;
    sc.loose = sc.ws_join = 1;
    ws_put_text(&sc, way, "hello");
    ws_put_words(&sc, way, "01:4865 89:31 00: 00:6c 80:6c6f 82: 01:e2 89:32 00:82 80:ac 01:78 80:");
    ws_play(&sc, way,
            "WS_MESSAGE 1 text \"hello\"\nWS_MESSAGE 1 text \"He\" more\nWS_PING 1 \"1\"\n"
            "WS_MESSAGE 1 text \"llo\"\nWS_MESSAGE 1 binary \"\"\n"
            "WS_MESSAGE 1 text \"\\xe2\" more\nWS_PING 1 \"2\"\nWS_MESSAGE 1 text \"\\x82\\xac\"\n"
            "WS_MESSAGE 1 text \"x\"\n",
            way & WS_CLIENT ? "WS pong \"1\"\nWS pong \"2\"\n" : NULL);
    ws_script(&sc, "pieces have no limit", way);
    sc.config.ws_pieces = 1;
    sc.config.max_message = 100;
    sc.loose = sc.ws_join = sc.quick = 1;
    {
        char run[3000];
        memset(run, 'x', sizeof run);
        ws_put(&sc, way, 0x02, run, 3000);
        ws_put(&sc, way, 0x80, run, 2000);
    }
    ws_play(&sc, way, "WS_MESSAGE 1 binary <5000:*\n", "s:WS binary <5000:*\n");
}

static void test_pieces(void)
{
    EACH_WAY(way) pieces(way);
}

/* ---- every fault of a peer ----------------------------------------------- */

typedef struct fault {
    const char *name, *frames; /* as ws_put_words has them */
    const char *error;
    int code;
    const char *before; /* events in front, or NULL */
} fault;

/* RFC 6455 5.2: reserved bits and opcodes; 5.1: masks; 5.5: control frames; 5.4: fragments; 5.2:
   lengths; 5.5.1 and 7.4: Close; 8.1: UTF-8. */
static const fault faults[] = {
    {"RSV1 in a text", "c1:68", "WS_RESERVED", 1002, NULL},
    {"RSV2 in a text", "a1:68", "WS_RESERVED", 1002, NULL},
    {"RSV3 in binary", "92:68", "WS_RESERVED", 1002, NULL},
    {"RSV1 in a ping", "c9:", "WS_RESERVED", 1002, NULL},
    {"RSV1 in a Close", "c8:03e8", "WS_RESERVED", 1002, NULL},
    {"RSV1 in a continuation", "01:68 c0:69", "WS_RESERVED", 1002, NULL},
    {"opcode 3", "83:", "WS_RESERVED", 1002, NULL},
    {"opcode 7", "87:68", "WS_RESERVED", 1002, NULL},
    {"opcode 11", "8b:", "WS_RESERVED", 1002, NULL},
    {"opcode 15", "8f:68", "WS_RESERVED", 1002, NULL},
    {"a reserved opcode in a message", "01:68 83:", "WS_RESERVED", 1002, NULL},
    {"the wrong mask", "!81:68", "WS_MASK", 1002, NULL},
    {"the wrong mask, empty", "!81:", "WS_MASK", 1002, NULL},
    {"the wrong mask in a ping", "!89:68", "WS_MASK", 1002, NULL},
    {"the wrong mask in a Close", "!88:03e8", "WS_MASK", 1002, NULL},
    {"the wrong mask behind good frames", "81:68 01:68 !80:69", "WS_MASK", 1002,
     "WS_MESSAGE 1 text \"h\"\n"},
    {"a ping of 126 octets", "=897e007e", "WS_CONTROL", 1002, NULL},
    {"a pong of 2^32 octets", "=8a7f0000000100000000", "WS_CONTROL", 1002, NULL},
    {"a Close of 126 octets", "=887e007e", "WS_CONTROL", 1002, NULL},
    {"a ping in fragments", "09:68", "WS_CONTROL", 1002, NULL},
    {"a pong in fragments", "0a:", "WS_CONTROL", 1002, NULL},
    {"a Close in fragments", "08:03e8", "WS_CONTROL", 1002, NULL},
    {"a continuation of nothing", "80:68", "WS_SEQUENCE", 1002, NULL},
    {"a first continuation of nothing", "00:", "WS_SEQUENCE", 1002, NULL},
    {"a continuation behind a message", "81:68 80:69", "WS_SEQUENCE", 1002,
     "WS_MESSAGE 1 text \"h\"\n"},
    {"a continuation behind a ping", "89:68 80:69", "WS_SEQUENCE", 1002, "WS_PING 1 \"h\"\n"},
    {"a text inside a text", "01:68 81:69", "WS_SEQUENCE", 1002, NULL},
    {"a fragment inside a message", "02:68 01:", "WS_SEQUENCE", 1002, NULL},
    {"binary inside an empty text", "01: 82:", "WS_SEQUENCE", 1002, NULL},
    {"0 octets in two", "82/2:", "WS_LENGTH", 1002, NULL},
    {"125 octets in two", "=827e007d", "WS_LENGTH", 1002, NULL},
    {"1 octet in eight", "81/8:68", "WS_LENGTH", 1002, NULL},
    {"65,535 octets in eight", "=827f000000000000ffff", "WS_LENGTH", 1002, NULL},
    {"the top bit of a length", "=827f8000000000000000", "WS_LENGTH", 1002, NULL},
    {"all bits of a length", "=817fffffffffffffffff", "WS_LENGTH", 1002, NULL},
    {"a Close of 1 octet", "88:03", "WS_CLOSE_CODE", 1002, NULL},
    {"Close code 0", "88:0000", "WS_CLOSE_CODE", 1002, NULL},
    {"Close code 999", "88:03e7", "WS_CLOSE_CODE", 1002, NULL},
    {"Close code 1004", "88:03ec", "WS_CLOSE_CODE", 1002, NULL},
    {"Close code 1005", "88:03ed", "WS_CLOSE_CODE", 1002, NULL},
    {"Close code 1006", "88:03ee6869", "WS_CLOSE_CODE", 1002, NULL},
    {"Close code 1015", "88:03f7", "WS_CLOSE_CODE", 1002, NULL},
    {"Close code 1016", "88:03f8", "WS_CLOSE_CODE", 1002, NULL},
    {"Close code 1100", "88:044c", "WS_CLOSE_CODE", 1002, NULL},
    {"Close code 2999", "88:0bb7", "WS_CLOSE_CODE", 1002, NULL},
    {"Close code 5000", "88:1388", "WS_CLOSE_CODE", 1002, NULL},
    {"Close code 65535", "88:ffff", "WS_CLOSE_CODE", 1002, NULL},
    {"a reason that is not UTF-8", "88:03e86869ff", "WS_UTF8", 1007, NULL},
    {"a reason that ends in a character", "88:03e8e282", "WS_UTF8", 1007, NULL},
    {"a text that is not UTF-8", "81:80", "WS_UTF8", 1007, NULL},
    {"a surrogate in a text", "81:cebae1bdb9cf83cebcceb5eda080656469746564", "WS_UTF8", 1007, NULL},
    {"a text that ends in a character", "81:68e282", "WS_UTF8", 1007, NULL},
    {"a bad octet in a fragment", "01:6868 00:68ff", "WS_UTF8", 1007, NULL},
    {"a bad octet across fragments", "01:e2 00:28", "WS_UTF8", 1007, NULL},
    {"fragments that end in a character", "01:e2 80:82", "WS_UTF8", 1007, NULL},
    {"a character cut by the end", "01:e282 80:", "WS_UTF8", 1007, NULL},
    {"a bad text behind a ping", "89:70 81:ff", "WS_UTF8", 1007, "WS_PING 1 \"p\"\n"},
};

static void call_get(side *s)
{
    side_get(s, "/now");
}

/* Behind the fault: the same frames again and a Close, which nobody looks at; then the end. Over
   HTTP/1.1 the connection is over; over HTTP/2 another stream still gets its answer. */
static void fault_end(script *sc, int way)
{
    ws_put_words(sc, way, "81:6c617465 88:03e8 80:");
    ws_put_fin(sc, way);
    if (!(way & WS_H2)) {
        sc->wants = H2NEG_WANT_CLOSE;
    } else if (way & WS_CLIENT) {
        script_call(sc, call_get);
        put_response(&sc->in, 3, END, 200, "");
    } else {
        put_get(&sc->in, 3, "/now");
    }
}

static const char *sentence(const char *error)
{
#define ONE(name, h2, status, section, text)                                                       \
    if (strcmp(#name, error) == 0)                                                                 \
        return text;
    H2NEG_ERROR_LIST(ONE)
#undef ONE
    return "?";
}

/* What was told and sent before the fault goes in front; the Close's reason is the error's
   sentence. */
static void fault_play(script *sc, int way, int code, const char *error, const char *events,
                       const char *output)
{
    buf e = {0, 0, 0}, o = {0, 0, 0};
    const char *reason = sentence(error);
    fault_end(sc, way);
    buf_fmt(&e,
            "%sWS_CLOSE 1 code=%d err=%s !by-peer !reason\nDONE 1 !NO_ERROR err=%s\n"
            "2:s:REQUEST 3\n2:s:END 3\n2:s:DONE 3 NO_ERROR\n"
            "2:c:RESPONSE 3 status=200\n2:c:END 3\n2:c:DONE 3 NO_ERROR\n",
            events ? events : "", code, error, error);
    buf_fmt(&o, "%sWS close code=%d ", output ? output : "", code);
    word_body(&o, reason, strlen(reason));
    buf_text(&o, "\n2:WS end\n...\n2:s:HEADERS 3\n2:s:DATA 3 \"hello\" end\n2:c:HEADERS 3 end\n");
    ws_play(sc, way, e.p, o.p);
    buf_free(&e);
    buf_free(&o);
}

static void fault_one(const fault *f, int way)
{
    script sc;
    int text = f->before && strstr(f->before, "MESSAGE"), ping = f->before && !text;
    ws_script(&sc, f->name, way);
    ws_put_words(&sc, way, f->frames);
    fault_play(&sc, way, f->code, f->error, f->before,
               text   ? "s:WS text \"h\"\n"
               : ping ? "WS pong *\n"
                      : NULL);
}

static void test_faults(void)
{
    size_t i;
    EACH_WAY(way)
    for (i = 0; i < sizeof faults / sizeof faults[0]; i++)
        fault_one(&faults[i], way);
}

/* The same cut into DATA of one octet each. */
static void test_faults_data(void)
{
    size_t i;
    ws_data_size = 1;
    for (i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        fault_one(&faults[i], WS_H2);
        fault_one(&faults[i], WS_H2 | WS_CLIENT);
    }
    ws_data_size = 16384;
}

/* ---- limits -------------------------------------------------------------- */

static void max_message(int way)
{
    script sc;
    ws_script(&sc, "messages of max_message", way);
    sc.config.max_message = 10;
    ws_put_text(&sc, way, "ten octets");
    ws_put_words(&sc, way, "02:3031323334 89: 80:3536373839");
    ws_play(&sc, way,
            "WS_MESSAGE 1 text \"ten_octets\"\nWS_PING 1\nWS_MESSAGE 1 binary \"0123456789\"\n",
            "s:WS text \"ten_octets\"\nWS pong \"\"\ns:WS binary \"0123456789\"\n");
    ws_script(&sc, "a message above max_message", way);
    sc.config.max_message = 10;
    ws_put_text(&sc, way, "an octet more than ten");
    fault_play(&sc, way, 1009, "LIMIT_MESSAGE", NULL, NULL);
    ws_script(&sc, "one octet above, in fragments", way);
    sc.config.max_message = 10;
    ws_put_words(&sc, way, "02:3031323334 80:353637383930");
    fault_play(&sc, way, 1009, "LIMIT_MESSAGE", NULL, NULL);
    ws_script(&sc, "a header that announces too much", way);
    sc.config.max_message = 10;
    ws_put_words(&sc, way, "=827f7fffffffffffffff");
    ws_put_raw(&sc, way, WS_KEY, way & WS_CLIENT ? 0 : 4);
    fault_play(&sc, way, 1009, "LIMIT_MESSAGE", NULL, NULL);
}

static void test_max_message(void)
{
    EACH_WAY(way) max_message(way);
}

static void put_empties(script *sc, int way, unsigned first, int n)
{
    ws_put(sc, way, first, "", 0);
    while (--n > 0)
        ws_put(sc, way, 0x00, "", 0);
}

static void max_empty(int way)
{
    script sc;
    ws_script(&sc, "16 empty fragments", way);
    put_empties(&sc, way, 0x01, 16);
    ws_put(&sc, way, 0x00, "a", 1);
    put_empties(&sc, way, 0x00, 16);
    ws_put(&sc, way, 0x80, "b", 1);
    put_empties(&sc, way, 0x02, 16);
    ws_put(&sc, way, 0x80, "", 0);
    ws_play(&sc, way, "WS_MESSAGE 1 text \"ab\"\nWS_MESSAGE 1 binary \"\"\n",
            "s:WS text \"ab\"\ns:WS binary \"\"\n");
    ws_script(&sc, "17 empty fragments", way);
    put_empties(&sc, way, 0x01, 17);
    fault_play(&sc, way, 1008, "LIMIT_EMPTY", NULL, NULL);
    ws_script(&sc, "3 empty fragments where 2 are let in", way);
    sc.config.max_ws_empty = 2;
    ws_put(&sc, way, 0x01, "a", 1);
    put_empties(&sc, way, 0x00, 3);
    fault_play(&sc, way, 1008, "LIMIT_EMPTY", NULL, NULL);
}

static void test_max_empty(void)
{
    EACH_WAY(way) max_empty(way);
}

/* Pings are overhead; what was useful pays for it. */
static void flood(int way)
{
    script sc;
    int i;
    ws_script(&sc, "a flood of pings", way);
    sc.config.overhead_slack = 3000;
    sc.config.overhead_ratio = 1;
    for (i = 0; i < 200; i++)
        ws_put_words(&sc, way, "89:666c6f6f64666c6f6f64666c6f6f64666c6f6f64666c6f6f64");
    fault_play(&sc, way, 1008, "LIMIT_OVERHEAD", "...\n", "...\n");
    ws_script_at(&sc, "pings between messages", way, "/ws-quiet");
    sc.config.overhead_slack = 1000;
    sc.config.overhead_ratio = 1;
    sc.quick = 1;
    for (i = 0; i < 300; i++)
        ws_put_words(&sc, way,
                     "89:66 81:666c6f6f64666c6f6f64666c6f6f64666c6f6f64666c6f6f64666c6f6f64");
    ws_play(&sc, way, "...\nWS_PING 1\nWS_MESSAGE 1 text \"floodfloodfloodfloodfloodflood\"\n",
            NULL);
}

static void test_flood(void)
{
    EACH_WAY(way) flood(way);
}

/* Memory follows octets and not their fragments: small ones are no fault. */
static void fragments(int way)
{
    char run[64];
    script sc;
    int i;
    memset(run, 'f', sizeof run);
    ws_script(&sc, "a message in many fragments", way);
    sc.quick = sc.loose = sc.ws_join = 1;
    sc.config.max_message = 64 * 1500;
    for (i = 0; i < 1500; i++)
        ws_put(&sc, way, i == 0 ? 0x01 : i == 1499 ? 0x80 : 0x00, run, sizeof run);
    ws_play(&sc, way, "WS_MESSAGE 1 text <96000:*\n", "s:WS text <96000:*\n");
}

static void test_fragments(void)
{
    EACH_WAY(way) fragments(way);
}

/* ---- the closing handshake (RFC 6455 5.5.1, 7.1) ------------------------- */

/* "When sending a Close frame in response, the endpoint typically echos the status code it
   received." What follows a Close is nothing. */
static void closed_by_peer(int way)
{
    script sc;
    ws_script(&sc, "the peer closes", way);
    ws_put_words(&sc, way, "81:6869 88:0fa0627965 81:6c617465 88:03e8 83:");
    ws_put_fin(&sc, way);
    ws_play(&sc, way,
            "WS_MESSAGE 1\nWS_CLOSE 1 code=4000 reason=bye by-peer !err\nDONE 1 NO_ERROR\n",
            "s:WS text \"hi\"\nWS close code=4000\n2:WS end\n");
    ws_script(&sc, "the peer closes without a code", way);
    ws_put_words(&sc, way, "88:");
    ws_put_fin(&sc, way);
    if (!(way & WS_H2))
        sc.wants = H2NEG_WANT_CLOSE;
    ws_play(&sc, way, "WS_CLOSE 1 code=1005 by-peer !reason !err\nDONE 1 NO_ERROR\n",
            "WS close \"\" !code=\n2:WS end\n");
    ws_script(&sc, "the peer closes inside a message", way);
    ws_put_words(&sc, way, "01:6869 88:03e9");
    ws_put_fin(&sc, way);
    ws_play(&sc, way, "WS_CLOSE 1 code=1001 by-peer !err\nDONE 1 NO_ERROR\n",
            "WS close code=1001\n2:WS end\n");
}

static void test_closed_by_peer(void)
{
    EACH_WAY(way) closed_by_peer(way);
}

static void call_close(side *s)
{
    side_ok(s, 0, h2neg_ws_close(s->c, 1, 1000, "bye"), "ws_close");
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_TEXT, "late", 4, 0) == H2NEG_ERR_CLOSED);
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_PING, "late", 4, 0) == H2NEG_ERR_CLOSED);
    SIDE_CHECK(s, h2neg_ws_close(s->c, 1, 1000, "bye") == H2NEG_ERR_CLOSED);
}

static void call_close_bare(side *s)
{
    side_ok(s, 0, h2neg_ws_close(s->c, 1, 0, NULL), "ws_close");
}

/* 5.5.1: after a Close nothing is sent any more; what comes before the peer's is still given. */
static void closed_by_us(int way)
{
    script sc;
    ws_script_at(&sc, "we close", way, "/ws-quiet");
    script_call(&sc, call_close);
    ws_put_words(&sc, way, "81:6869 01:68 80:6f 88:03e86f6b");
    ws_put_fin(&sc, way);
    if (!(way & WS_H2))
        sc.wants = H2NEG_WANT_CLOSE;
    ws_play(&sc, way,
            "WS_MESSAGE 1 text \"hi\"\nWS_MESSAGE 1 text \"ho\"\n"
            "WS_CLOSE 1 code=1000 reason=ok !by-peer !err\nDONE 1 NO_ERROR\n",
            "WS close code=1000 \"bye\"\n2:WS end\n");
    ws_script(&sc, "we close without a code", way);
    script_call(&sc, call_close_bare);
    ws_put_words(&sc, way, "88:");
    ws_put_fin(&sc, way);
    ws_play(&sc, way, "WS_CLOSE 1 code=1005 !by-peer !err\nDONE 1 NO_ERROR\n",
            "WS close \"\" !code=\n2:WS end\n");
    ws_script_at(&sc, "we close, and the peer breaks the rules", way, "/ws-quiet");
    script_call(&sc, call_close);
    ws_put_words(&sc, way, "81:6869 83: 88:03e8");
    ws_put_fin(&sc, way);
    ws_play(&sc, way, "WS_MESSAGE 1 text \"hi\"\nWS_CLOSE 1 err=WS_RESERVED code=1002\nDONE 1\n",
            "WS close code=1000 \"bye\"\n2:WS end\n");
}

static void test_closed_by_us(void)
{
    EACH_WAY(way) closed_by_us(way);
}

/* 7.1.1: a server closes TCP at once, a client waits for that. */
static int closing_wants(int way, int first, unsigned *wants)
{
    script sc;
    played r;
    int close_seen;
    ws_script(&sc, "who closes first", way);
    if (first)
        script_call(&sc, call_close);
    ws_put_words(&sc, way, "88:03e8");
    script_mark(&sc);
    memset(&r, 0, sizeof r);
    run_script(&sc, &r);
    *wants = r.wants;
    close_seen = strstr(buf_str(&r.events), "WS_CLOSE 1 code=1000") != NULL;
    run_free(&r);
    script_free(&sc);
    return close_seen;
}

static void test_who_closes(void)
{
    unsigned wants;
    int first;
    for (first = 0; first < 2; first++) {
        CHECK(closing_wants(WS_SERVER, first, &wants));
        CHECK(wants & H2NEG_WANT_HALF_CLOSE);
        CHECK(closing_wants(WS_CLIENT, first, &wants));
        CHECK_INT(wants, H2NEG_WANT_READ);
        CHECK(closing_wants(WS_SERVER | WS_H2, first, &wants));
        CHECK_INT(wants, H2NEG_WANT_READ);
        CHECK(closing_wants(WS_CLIENT | WS_H2, first, &wants));
        CHECK_INT(wants, H2NEG_WANT_READ);
    }
}

/* Calls of ws_close that are refused, and then one that is not. */
static void call_close_bad(side *s)
{
    static const int codes[] = {-1, 1, 999, 1004, 1005, 1006, 1015, 2000, 5000, 66536};
    char reason[130];
    size_t i;
    memset(reason, 'r', sizeof reason);
    for (i = 0; i < sizeof codes / sizeof codes[0]; i++)
        SIDE_CHECK(s, h2neg_ws_close(s->c, 1, codes[i], NULL) == H2NEG_ERR_INVALID);
    SIDE_CHECK(s, h2neg_ws_close(s->c, 1, 0, "why") == H2NEG_ERR_INVALID);
    SIDE_CHECK(s, h2neg_ws_close(s->c, 1, 1000, "\xff") == H2NEG_ERR_INVALID);
    reason[124] = 0;
    SIDE_CHECK(s, h2neg_ws_close(s->c, 1, 1000, reason) == H2NEG_ERR_INVALID);
    SIDE_CHECK(s, h2neg_ws_close(s->c, 3, 1000, NULL) < 0);
    reason[123] = 0;
    side_ok(s, 0, h2neg_ws_close(s->c, 1, 4999, reason), "ws_close");
}

static void test_close_calls(void)
{
    script sc;
    EACH_WAY(way)
    {
        ws_script(&sc, "codes and reasons of ours", way);
        script_call(&sc, call_close_bad);
        ws_play(&sc, way, "", "WS close code=4999 <123:*\n");
    }
}

/* From our Close to the peer's: close_timeout, 10 s. */
static void close_timer(int way)
{
    script sc;
    ws_script_at(&sc, "the peer does not answer our Close yet", way, "/ws-quiet");
    script_call(&sc, call_close);
    script_tick(&sc, 1000);
    ws_put_words(&sc, way, "81:6869");
    script_tick(&sc, 10999);
    ws_play(&sc, way, "WS_MESSAGE 1 text \"hi\"\n", "WS close code=1000 \"bye\"\n");
    ws_script_at(&sc, "the peer does not answer our Close", way, "/ws-quiet");
    script_call(&sc, call_close);
    script_tick(&sc, 1000);
    ws_put_words(&sc, way, "81:6869");
    script_tick(&sc, 10999);
    script_tick(&sc, 12000);
    ws_play(&sc, way, "WS_MESSAGE 1 text \"hi\"\nWS_CLOSE 1 code=1006 err=TIMEOUT_CLOSE\nDONE 1\n",
            "WS close code=1000 \"bye\"\n2:...\n");
    ws_script(&sc, "no close_timeout", way);
    sc.config.close_timeout = H2NEG_OFF;
    script_call(&sc, call_close);
    script_tick(&sc, 1000);
    script_tick(&sc, 50000);
    ws_put_words(&sc, way, "88:03e8");
    ws_play(&sc, way, "WS_CLOSE 1 code=1000 !err\n...\n", "WS close code=1000 \"bye\"\n2:...\n");
}

static void test_close_timer(void)
{
    EACH_WAY(way) close_timer(way);
}

/* ---- ends without a Close: 1006 (RFC 6455 7.1.5) ------------------------- */

static void ends(int way)
{
    script sc;
    ws_script(&sc, "the transport breaks", way);
    ws_put_words(&sc, way, "81:6869 01:68");
    script_end(&sc, STEP_LOST);
    sc.wants = H2NEG_WANT_CLOSE;
    ws_play(&sc, way,
            "WS_MESSAGE 1 text \"hi\"\n...\nWS_CLOSE 1 code=1006 !reason err=*\n"
            "DONE 1 !NO_ERROR\n",
            "s:WS text \"hi\"\n");
    ws_script(&sc, "the peer ends without a Close", way);
    ws_put_words(&sc, way, "81:6869 01:68");
    ws_put_fin(&sc, way);
    ws_play(&sc, way,
            "WS_MESSAGE 1 text \"hi\"\nWS_CLOSE 1 code=1006 !reason err=WS_ABNORMAL\nDONE 1\n",
            "s:WS text \"hi\"\n2:...\n");
    ws_script(&sc, "the peer ends inside a header", way);
    ws_put_raw(&sc, way, "\x81", 1);
    ws_put_fin(&sc, way);
    ws_play(&sc, way, "WS_CLOSE 1 code=1006 err=WS_ABNORMAL\nDONE 1\n", "2:...\n");
    if (!(way & WS_H2))
        return;
    ws_script(&sc, "the peer resets", way);
    ws_put_words(&sc, way, "81:6869 01:68");
    put_rst(&sc.in, 1, H2NEG_CANCEL);
    ws_play(&sc, way,
            "WS_MESSAGE 1 text \"hi\"\nWS_CLOSE 1 code=1006 !reason\nDONE 1 by-peer CANCEL\n",
            "s:WS text \"hi\"\n");
    ws_script(&sc, "the connection's eof", way);
    ws_put_words(&sc, way, "81:6869");
    script_end(&sc, STEP_EOF);
    ws_play(&sc, way, "WS_MESSAGE 1 text \"hi\"\n...\nWS_CLOSE 1 code=1006\nDONE 1\n", NULL);
}

static void test_ends(void)
{
    EACH_WAY(way) ends(way);
}

static void call_reset(side *s)
{
    SIDE_CHECK(s, h2neg_reset(s->c, 1, H2NEG_CANCEL) == 0);
}

/* RFC 8441 5: an RST of TCP is RST_STREAM with CANCEL. */
static void test_our_reset(void)
{
    script sc;
    EACH_WAY(way)
    {
        ws_script(&sc, "we reset", way);
        script_call(&sc, call_reset);
        ws_put_words(&sc, way, "81:6869");
        sc.unfed = 1;
        ws_play(&sc, way, "...\nWS_CLOSE 1 code=1006\nDONE 1\n", "2:RST_STREAM 1 CANCEL\n");
    }
}

/* ---- time ---------------------------------------------------------------- */

/* An open WebSocket is not idle, and a message may come as slowly as it likes. */
static void test_no_timers(void)
{
    script sc;
    EACH_WAY(way)
    {
        ws_script(&sc, "nothing for days", way);
        ws_put_words(&sc, way, "81:6869 01:68");
        script_tick(&sc, 1000);
        script_tick(&sc, 100000);
        script_tick(&sc, 100000000);
        ws_put_words(&sc, way, "80:6f 89:70");
        script_tick(&sc, 300000000);
        ws_play(&sc, way, "WS_MESSAGE 1 text \"hi\"\nWS_MESSAGE 1 text \"ho\"\nWS_PING 1\n",
                "s:WS text \"hi\"\ns:WS text \"ho\"\nWS pong \"p\"\n");
    }
}

/* ---- HTTP/2's own (RFC 8441 5, RFC 9113 8.5) ------------------------------ */

/* The octets of DATA are what counts, and not its padding. */
static void test_padded_data(void)
{
    script sc;
    ws_script(&sc, "padded DATA", WS_H2);
    {
        buf b = {0, 0, 0}, payload = {0, 0, 0};
        put_ws(&b, 0x81, 1, "hello", 5);
        buf_octet(&payload, 20);
        buf_add(&payload, b.p, 4);
        buf_fill(&payload, 0, 20);
        put_frame(&sc.in, 0, PADDED, 1, payload.p, payload.len);
        put_frame(&sc.in, 0, 0, 1, "", 0);
        put_frame(&sc.in, 0, 0, 1, b.p + 4, b.len - 4);
        buf_free(&b);
        buf_free(&payload);
    }
    ws_play(&sc, WS_H2, "WS_MESSAGE 1 text \"hello\"\n", "WS text \"hello\"\n");
}

/* 8.5: "Frame types other than DATA or stream management frames ... MUST be treated as a stream
   error". */
static void test_headers_inside(void)
{
    script sc;
    int way;
    for (way = WS_H2; way < WS_WAYS; way++) {
        ws_script(&sc, "HEADERS in a WebSocket", way);
        ws_put_text(&sc, way, "hi");
        put_headers(&sc.in, 1, HEADS | END, "x-trailer: 1\n");
        if (way & WS_CLIENT)
            script_call(&sc, call_get);
        else
            put_get(&sc.in, 3, "/now");
        ws_play(&sc, way, "WS_MESSAGE 1\nWS_CLOSE 1 code=1006 err=*\nDONE 1 PROTOCOL_ERROR\n...\n",
                "s:WS text \"hi\"\nRST_STREAM 1 PROTOCOL_ERROR\nHEADERS 3\n...\n");
    }
}

static void test_connect_ended(void)
{
    script sc;
    script_h2(&sc, "an extended CONNECT that ends at once", "");
    put_headers(&sc.in, 1, HEADS | END, WS_CONNECT "/ws\nsec-websocket-version: 13\n");
    put_get(&sc.in, 3, "/now");
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1 websocket\nOPEN 1 websocket\nWS_CLOSE 1 code=1006 "
                "err=WS_ABNORMAL\nDONE 1\nREQUEST 3\nEND 3\nDONE 3 NO_ERROR\n",
                NULL);
}

/* A window of nothing: what the engine owes waits, and goes out with the window. */
static void test_no_window(void)
{
    script sc;
    int way;
    for (way = WS_H2; way < WS_WAYS; way++) {
        ws_script(&sc, "a fault without a window", way);
        put_settings(&sc.in, "4=0");
        ws_put_words(&sc, way, "89:6f6e65 89:74776f 83:");
        put_window(&sc.in, 1, 1000);
        ws_put_fin(&sc, way);
        ws_play(&sc, way,
                "WS_PING 1 \"one\"\nWS_PING 1 \"two\"\nWS_CLOSE 1 code=1002 err=WS_RESERVED\n"
                "DONE 1\n",
                "SETTINGS ACK\n...\nWS close code=1002 *\nWS end\n");
        ws_script(&sc, "a Close without a window", way);
        put_settings(&sc.in, "4=0");
        ws_put_words(&sc, way, "89:6f6e65 89:74776f 88:03e8");
        put_window(&sc.in, 1, 1000);
        ws_put_fin(&sc, way);
        ws_play(&sc, way,
                "WS_PING 1 \"one\"\nWS_PING 1 \"two\"\nWS_CLOSE 1 code=1000\nDONE 1 NO_ERROR\n",
                "SETTINGS ACK\n...\nWS close code=1000\nWS end\n");
        ws_script(&sc, "our Close without a window", way);
        put_settings(&sc.in, "4=0");
        script_call(&sc, call_close);
        script_tick(&sc, 1000);
        ws_put_words(&sc, way, "89:70");
        put_window(&sc.in, 1, 1000);
        ws_put_words(&sc, way, "88:03e8");
        ws_put_fin(&sc, way);
        ws_play(&sc, way, "WS_PING 1 \"p\"\nWS_CLOSE 1 code=1000\nDONE 1 NO_ERROR\n",
                "SETTINGS ACK\n...\nWS close code=1000 \"bye\"\n...\nWS end\n");
    }
}

/* A window of one octet at a time: frames are cut by DATA, and are whole in the end. */
static void test_dripping_window(void)
{
    script sc;
    int i, way;
    for (way = WS_H2; way < WS_WAYS; way++) {
        ws_script(&sc, "a window that drips", way);
        sc.config.window_update_slack = 1000;
        put_settings(&sc.in, "4=0");
        ws_put_words(&sc, way, "89:6f6e65");
        for (i = 0; i < 10; i++)
            put_window(&sc.in, 1, 1);
        ws_put_words(&sc, way, "88:03e9");
        for (i = 0; i < 10; i++)
            put_window(&sc.in, 1, 1);
        ws_put_fin(&sc, way);
        ws_play(&sc, way, "WS_PING 1 \"one\"\nWS_CLOSE 1 code=1001\nDONE 1\n",
                "SETTINGS ACK\nWS pong \"one\"\nWS close code=1001\nWS end\n");
    }
}

/* Another WebSocket of the connection is not touched by one that fails. */
static void test_two(void)
{
    script sc;
    buf b = {0, 0, 0};
    ws_script(&sc, "two WebSockets", WS_H2);
    sc.ws = 3;
    put_headers(&sc.in, 3, HEADS, WS_CONNECT "/ws\nsec-websocket-version: 13\n");
    put_ws(&b, 0x01, 1, "be", 2);
    put_frame(&sc.in, 0, 0, 3, b.p, b.len);
    ws_put_words(&sc, WS_H2, "01:6162 80:63 83:");
    b.len = 0;
    put_ws(&b, 0x80, 1, "gun", 3);
    put_frame(&sc.in, 0, 0, 3, b.p, b.len);
    buf_free(&b);
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1\nOPEN 1\nREQUEST 3\nOPEN 3\nWS_MESSAGE 1 text \"abc\"\n"
                "WS_CLOSE 1 code=1002\nWS_MESSAGE 3 text \"begun\"\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 1\nHEADERS 3\nWS text \"abc\" s1\n"
                "WS close code=1002 s1 *\nWS end s1\nWS text \"begun\" s3\n");
}

/* A peer that does not end its side of the stream behind the Close loses it in time. */
static void test_half_open(void)
{
    script sc;
    int way;
    for (way = WS_H2; way < WS_WAYS; way++) {
        ws_script(&sc, "a fault, and the stream stays half open", way);
        ws_put_words(&sc, way, "83:");
        script_tick(&sc, 1000);
        ws_put_words(&sc, way, "81:6869");
        script_tick(&sc, 12000);
        script_tick(&sc, 13000);
        ws_play(&sc, way, "WS_CLOSE 1 code=1002 err=WS_RESERVED\nDONE 1 err=WS_RESERVED\n",
                "WS close code=1002 *\nWS end\nRST_STREAM 1\n");
        ws_script(&sc, "closed, and the stream stays half open", way);
        ws_put_words(&sc, way, "88:03e8");
        script_tick(&sc, 1000);
        script_tick(&sc, 12000);
        script_tick(&sc, 13000);
        ws_play(&sc, way, "WS_CLOSE 1 code=1000\nDONE 1 NO_ERROR !err\n",
                "WS close code=1000\nWS end\n...\n");
    }
}

/* RFC 9113 6.9: not an octet beyond the window, the engine's own frames neither. */
static void test_within_window(void)
{
    script sc;
    int way;
    for (way = WS_H2; way < WS_WAYS; way++) {
        ws_script(&sc, "nothing without a window", way);
        put_settings(&sc.in, "4=0");
        ws_put_words(&sc, way, "89:6f6e65 81:6869 89:74776f 83:");
        ws_play(&sc, way,
                "WS_PING 1\nWS_MESSAGE 1\nWS_PING 1\nWS_CLOSE 1 code=1002 err=WS_RESERVED\n",
                "SETTINGS ACK\n");
        ws_script(&sc, "a window of less than a frame", way);
        put_settings(&sc.in, "4=4");
        ws_put_words(&sc, way, "89:6f6e65 88:03e8");
        script_mark(&sc);
        put_window(&sc.in, 1, 5);
        ws_play(&sc, way, "WS_PING 1\nWS_CLOSE 1 code=1000 by-peer\n...\n",
                way & WS_CLIENT ? "SETTINGS ACK\nWS close code=1000\nWS end\n"
                                : "SETTINGS ACK\n...\nWS close code=1000\nWS end\n");
    }
}

/* A Close that no window lets out: the timer ends the stream, and that alone. */
static void test_no_window_ever(void)
{
    static const char *const frames[] = {"83:", "88:03e8"};
    size_t i;
    int way;
    for (way = WS_H2; way < WS_WAYS; way++)
        for (i = 0; i < 2; i++) {
            script sc;
            ws_script(&sc, "a Close that finds no window", way);
            put_settings(&sc.in, "4=0");
            ws_put_words(&sc, way, frames[i]);
            script_tick(&sc, 1000);
            script_tick(&sc, 10999);
            ws_put_words(&sc, way, "89:");
            script_tick(&sc, 12000);
            script_tick(&sc, 13000);
            ws_put_words(&sc, way, "89:");
            if (way == WS_H2)
                put_get(&sc.in, 3, "/status/204");
            ws_play(&sc, way, "WS_CLOSE 1\nDONE 1\ns:REQUEST 3\ns:END 3\ns:DONE 3 NO_ERROR\n",
                    "SETTINGS ACK\nRST_STREAM 1\ns:HEADERS 3 :status=204 end\n");
        }
}

/* Time forgives overhead: a ping now and then is none. */
static void test_slow_pings(void)
{
    script sc;
    int i, k;
    EACH_WAY(way)
    {
        ws_script(&sc, "pings for days", way);
        sc.config.overhead_slack = 3000;
        sc.config.overhead_ratio = 1;
        sc.quick = 1;
        script_tick(&sc, 1000); /* the first one begins the time */
        for (i = 0; i < 8; i++) {
            for (k = 0; k < 50; k++)
                ws_put_words(&sc, way, "89:666c6f6f64666c6f6f64666c6f6f64666c6f6f64666c6f6f64");
            script_tick(&sc, (uint64_t)(i + 1) * 10000000);
        }
        ws_put_text(&sc, way, "hi");
        ws_play(&sc, way, "...\nWS_MESSAGE 1 text \"hi\"\n", NULL);
    }
}

/* RFC 6455 8.1 in pieces: what is good in front of a bad octet is given, whatever the cut. */
static void bad_pieces(int way)
{
    static const char *const frames[] = {"81:6869ff6a", "01:6869 80:ff", "01:68 00:69e2 80:28"};
    size_t i;
    for (i = 0; i < 3; i++) {
        script sc;
        ws_script_at(&sc, "not UTF-8, in pieces", way, "/ws-quiet");
        sc.config.ws_pieces = 1;
        ws_put_words(&sc, way, frames[i]);
        fault_play(&sc, way, 1007, "WS_UTF8",
                   i < 2 ? "WS_MESSAGE 1 text \"hi\" more\n"
                         : "WS_MESSAGE 1 text \"hi\\xe2\" more\n",
                   NULL);
    }
}

static void test_bad_pieces(void)
{
    EACH_WAY(way) bad_pieces(way);
}

CHECK_MAIN(test_messages, test_controls, test_pieces, test_faults, test_faults_data,
           test_max_message, test_max_empty, test_flood, test_fragments, test_closed_by_peer,
           test_closed_by_us, test_who_closes, test_close_calls, test_close_timer, test_ends,
           test_our_reset, test_no_timers, test_padded_data, test_headers_inside,
           test_connect_ended, test_no_window, test_dripping_window, test_two, test_half_open,
           test_within_window, test_no_window_ever, test_slow_pings, test_bad_pieces)
