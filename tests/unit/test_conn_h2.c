/* HTTP/2 on a connection: the states of RFC 9113 5.1 (Figure 2), every frame rule of 6 with its
   scope and code, malformed messages of 8, settings, windows, PING, GOAWAY, refusals, tunnels. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"

/* ---- verdicts ------------------------------------------------------------ */

/* "conn CODE" when the connection said GOAWAY with a code, "stream CODE" for a RST_STREAM behind
   the first `skip` of them, else "ok". */
static void verdict_of(const char *text, int skip, char out[64])
{
    const char *at = text;
    strcpy(out, "ok");
    while (*at) {
        size_t n = strcspn(at, "\n");
        char word[52];
        if (sscanf(at, "GOAWAY %*u %50s", word) == 1 && strcmp(word, "NO_ERROR") != 0) {
            snprintf(out, 64, "conn %s", word);
            return;
        }
        if (sscanf(at, "RST_STREAM %*u %50s", word) == 1 && skip-- <= 0 && strcmp(out, "ok") == 0)
            snprintf(out, 64, "stream %s", word);
        at += n + (at[n] == '\n');
    }
}

/* `allowed`: verdicts with '|' between them. */
static int verdict_allowed(const char *verdict, const char *allowed)
{
    size_t n = strlen(verdict);
    while (*allowed) {
        size_t k = strcspn(allowed, "|");
        if (k == n && memcmp(allowed, verdict, n) == 0)
            return 1;
        allowed += k + (allowed[k] == '|');
    }
    return 0;
}

/* Plays a script whole and octet by octet and compares the verdict. The script is freed. */
static void script_verdict(script *sc, int skip, const char *allowed)
{
    int cut;
    script_mark(sc);
    for (cut = 0; cut < 2; cut++) {
        char verdict[64];
        buf text = {0, 0, 0};
        played r;
        memset(&r, 0, sizeof r);
        r.cut = cut;
        run_script(sc, &r);
        script_words(sc, &r, &text);
        verdict_of(text.p, skip, verdict);
        if (!verdict_allowed(verdict, allowed)) {
            check_failures++;
            fprintf(stderr, "%s (cut %d): %s, not %s\n%s--\n%s", sc->name, cut, verdict, allowed,
                    buf_str(&r.events), text.p);
        }
        buf_free(&text);
        run_free(&r);
    }
    script_free(sc);
}

/* ---- RFC 9113 5.1: state x frame ----------------------------------------- */

enum {
    FR_DATA,
    FR_TRAILERS,
    FR_HEADERS,
    FR_PRIORITY,
    FR_RST,
    FR_WINDOW,
    FR_PUSH,
    FR_CONTINUATION,
    FR_UNKNOWN,
    FR_COUNT
};
static const char *const frame_names[] = {
    "DATA",           "HEADERS with END_STREAM", "HEADERS",      "PRIORITY",
    "RST_STREAM",     "WINDOW_UPDATE",           "PUSH_PROMISE", "CONTINUATION",
    "an unknown type"};

static void put_kind(buf *b, int kind, uint32_t id, int client)
{
    static const char push[] = "\0\0\0\2";
    switch (kind) {
    case FR_DATA: put_data(b, id, 0, "abc"); break;
    case FR_TRAILERS: put_headers(b, id, HEADS | END, "x-trailer: 1\n"); break;
    case FR_HEADERS:
        if (client)
            put_response(b, id, 0, 200, "");
        else
            put_request(b, id, 0, "POST", "/later", "");
        break;
    case FR_PRIORITY: put_priority(b, id, 0); break;
    case FR_RST: put_rst(b, id, 8); break;
    case FR_WINDOW: put_window(b, id, 10); break;
    case FR_PUSH: put_frame(b, 5, HEADS, id, push, 4); break;
    case FR_CONTINUATION: put_frame(b, 9, HEADS, id, "", 0); break;
    default: put_frame(b, 0x42, 0, id, "anything", 8);
    }
}

#define PE "conn PROTOCOL_ERROR"
#define SC_ANY "stream STREAM_CLOSED|conn STREAM_CLOSED"
#define ANY_ERROR SC_ANY "|" PE

typedef struct state_row {
    const char *name;
    void (*put)(buf *b);
    void (*call)(side *s); /* a client's, before the frames of `put` */
    void (*after)(side *s);
    uint32_t id;
    int resets; /* RST_STREAM that the state itself costs */
    const char *allowed[FR_COUNT];
} state_row;

static void put_nothing(buf *b)
{
    (void)b;
}

static void put_open(buf *b)
{
    put_request(b, 1, 0, "POST", "/later", "");
}

static void put_half(buf *b)
{
    put_request(b, 1, END, "GET", "/later", "");
}

static void put_both_ended(buf *b)
{
    put_get(b, 1, "/now");
}

static void put_peer_reset(buf *b)
{
    put_open(b);
    put_rst(b, 1, 8);
}

static void put_we_reset(buf *b)
{
    put_request(b, 1, 0, "POST", "/reset/8", "");
}

static void put_skipped(buf *b)
{
    put_request(b, 3, END, "GET", "/later", "");
}

static void put_early(buf *b) /* answered before its end: END_STREAM, then RST_STREAM NO_ERROR */
{
    put_request(b, 1, 0, "POST", "/now", "");
}

static const state_row server_states[] = {
    {"idle", put_nothing, NULL, NULL, 1, 0, {PE, NULL, "ok", "ok", PE, PE, PE, PE, "ok"}},
    {"idle, of the server",
     put_nothing,
     NULL,
     NULL,
     2,
     0,
     {PE, PE, PE, "ok", PE, PE, PE, PE, "ok"}},
    {"open",
     put_open,
     NULL,
     NULL,
     1,
     0,
     {"ok", "ok", "stream PROTOCOL_ERROR", "ok", "ok", "ok", PE, PE, "ok"}},
    {"half-closed (remote)",
     put_half,
     NULL,
     NULL,
     1,
     0,
     {"stream STREAM_CLOSED", "stream STREAM_CLOSED", "stream STREAM_CLOSED", "ok", "ok", "ok", PE,
      PE, "ok"}},
    {"closed, both ended",
     put_both_ended,
     NULL,
     NULL,
     1,
     0,
     {SC_ANY, ANY_ERROR, ANY_ERROR, "ok", "ok", "ok", PE, PE, "ok"}},
    {"closed by the peer's reset",
     put_peer_reset,
     NULL,
     NULL,
     1,
     0,
     {SC_ANY, ANY_ERROR, ANY_ERROR, "ok", "ok|" SC_ANY, "ok|" SC_ANY, PE, PE, "ok"}},
    {"closed by our reset",
     put_we_reset,
     NULL,
     NULL,
     1,
     1,
     {"ok", "ok", "ok", "ok", "ok", "ok", PE, PE, "ok"}},
    {"closed by an early answer",
     put_early,
     NULL,
     NULL,
     1,
     1,
     {"ok", "ok", "ok", "ok", "ok", "ok", PE, PE, "ok"}},
    {"closed, as it was skipped",
     put_skipped,
     NULL,
     NULL,
     1,
     0,
     {ANY_ERROR, ANY_ERROR, ANY_ERROR, "ok", "ok|" ANY_ERROR, "ok|" ANY_ERROR, PE, PE, "ok"}}};

static void test_states_server(void)
{
    size_t i;
    int kind;
    for (i = 0; i < sizeof server_states / sizeof server_states[0]; i++) {
        const state_row *row = &server_states[i];
        for (kind = 0; kind < FR_COUNT; kind++) {
            script sc;
            char name[128];
            if (!row->allowed[kind])
                continue;
            snprintf(name, sizeof name, "server, %s: %s", row->name, frame_names[kind]);
            script_h2(&sc, name, "");
            sc.unfed = 1;
            put_ack(&sc.in);
            row->put(&sc.in);
            put_kind(&sc.in, kind, row->id, 0);
            put_ping(&sc.in, 0, "12345678");
            script_verdict(&sc, row->resets, row->allowed[kind]);
        }
    }
}

static void call_none(side *s)
{
    (void)s;
}

static void call_get(side *s)
{
    side_get(s, "/a");
}

static void call_open(side *s)
{
    h2neg_message m = message_get("/a");
    m.method = h2neg_s("POST");
    side_ok(s, 0, side_request(s, &m, H2NEG_MORE, NULL), "request");
}

static void call_reset(side *s)
{
    SIDE_CHECK(s, h2neg_reset(s->c, s->stream, H2NEG_CANCEL) == 0);
}

static void put_answer(buf *b)
{
    put_response(b, 1, 0, 200, "");
}

static void put_answer_end(buf *b)
{
    put_response(b, 1, END, 200, "");
}

static void put_answer_reset(buf *b)
{
    put_rst(b, 1, 8);
}

static const state_row client_states[] = {
    {"idle", put_nothing, call_none, NULL, 1, 0, {PE, PE, PE, "ok", PE, PE, PE, PE, "ok"}},
    {"idle, above", put_nothing, call_get, NULL, 3, 0, {PE, PE, PE, "ok", PE, PE, PE, PE, "ok"}},
    {"idle, of the server",
     put_nothing,
     call_get,
     NULL,
     2,
     0,
     {PE, PE, PE, "ok", PE, PE, PE, PE, "ok"}},
    {"open, no response yet",
     put_nothing,
     call_open,
     NULL,
     1,
     0,
     {"stream PROTOCOL_ERROR", "stream PROTOCOL_ERROR", "ok", "ok", "ok", "ok", PE, PE, "ok"}},
    {"half-closed (local), no response yet",
     put_nothing,
     call_get,
     NULL,
     1,
     0,
     {"stream PROTOCOL_ERROR", "stream PROTOCOL_ERROR", "ok", "ok", "ok", "ok", PE, PE, "ok"}},
    {"half-closed (local)",
     put_answer,
     call_get,
     NULL,
     1,
     0,
     {"ok", "ok", "stream PROTOCOL_ERROR", "ok", "ok", "ok", PE, PE, "ok"}},
    {"half-closed (remote)",
     put_answer_end,
     call_open,
     NULL,
     1,
     0,
     {"stream STREAM_CLOSED", "stream STREAM_CLOSED", "stream STREAM_CLOSED", "ok", "ok", "ok", PE,
      PE, "ok"}},
    {"closed, both ended",
     put_answer_end,
     call_get,
     NULL,
     1,
     0,
     {SC_ANY, ANY_ERROR, ANY_ERROR, "ok", "ok", "ok", PE, PE, "ok"}},
    {"closed by the peer's reset",
     put_answer_reset,
     call_get,
     NULL,
     1,
     0,
     {SC_ANY, ANY_ERROR, ANY_ERROR, "ok", "ok|" SC_ANY, "ok|" SC_ANY, PE, PE, "ok"}},
    {"closed by our reset",
     put_nothing,
     call_get,
     call_reset,
     1,
     1,
     {"ok", "ok", "ok", "ok", "ok", "ok", PE, PE, "ok"}}};

static void test_states_client(void)
{
    size_t i;
    int kind;
    for (i = 0; i < sizeof client_states / sizeof client_states[0]; i++) {
        const state_row *row = &client_states[i];
        for (kind = 0; kind < FR_COUNT; kind++) {
            script sc;
            char name[128];
            snprintf(name, sizeof name, "client, %s: %s", row->name, frame_names[kind]);
            script_h2_client(&sc, name, row->call, "");
            sc.unfed = 1;
            row->put(&sc.in);
            if (row->after)
                script_call(&sc, row->after);
            put_kind(&sc.in, kind, row->id, 1);
            put_ping(&sc.in, 0, "12345678");
            script_verdict(&sc, row->resets, row->allowed[kind]);
        }
    }
}

/* Both ends answer in half-closed (remote) what the peer's second error would be: one RST_STREAM
 * only. */
static void test_one_reset_a_stream(void)
{
    script sc;
    script_h2(&sc, "two errors on one stream", "");
    put_half(&sc.in);
    put_data(&sc.in, 1, 0, "a");
    put_data(&sc.in, 1, 0, "b");
    put_ping(&sc.in, 0, "12345678");
    script_play(&sc,
                "NEGOTIATED h2c\nREQUEST 1\nEND 1\nDONE 1 STREAM_CLOSED err=H2_CLOSED !by-peer\n",
                "SETTINGS\nSETTINGS ACK\nRST_STREAM 1 STREAM_CLOSED\nPING ACK \"12345678\"\n");
}

/* ---- RFC 9113 6: the rules of each frame --------------------------------- */

typedef struct frame_row {
    const char *name;
    int type, flags;
    uint32_t stream; /* 1 is open, 3 idle */
    const char *hex;
    const char *allowed;
} frame_row;

#define FSE "conn FRAME_SIZE_ERROR"
#define FCE "conn FLOW_CONTROL_ERROR"

static const frame_row frame_rows[] = {
    {"DATA on stream 0", 0, 0, 0, "61", PE},
    {"DATA whose padding is its payload", 0, PADDED, 1, "01", PE},
    {"DATA whose padding is longer", 0, PADDED, 1, "05 61 62", PE},
    {"DATA, padded, with no octet for the pad length", 0, PADDED, 1, "",
     "stream FRAME_SIZE_ERROR|" FSE "|" PE},
    {"DATA of padding alone", 0, PADDED, 1, "02 00 00", "ok"},
    {"DATA with padding", 0, PADDED, 1, "02 61 00 00", "ok"},
    {"DATA with unknown flags", 0, 0xf6, 1, "61", "ok"},
    {"HEADERS on stream 0", 1, HEADS | END, 0, "82 84 86", PE},
    {"HEADERS whose padding is longer", 1, PADDED | HEADS | END, 3, "09 82 84", PE},
    {"HEADERS, too short for its priority", 1, PRIO | HEADS | END, 3, "00 00 00 00", FSE},
    {"HEADERS that depend on themselves", 1, PRIO | HEADS | END, 3,
     "00 00 00 03 0f 82 84 86 41 01 61", "stream PROTOCOL_ERROR|" PE},
    {"HEADERS with priority and padding", 1, PRIO | PADDED | HEADS | END, 3,
     "02 80 00 00 01 0f 82 84 86 41 01 61 00 00", "ok"},
    {"HEADERS on a stream of ours", 1, HEADS | END, 4, "82 84 86 41 01 61", PE},
    {"HEADERS of a broken block", 1, HEADS | END, 3, "80", "conn COMPRESSION_ERROR"},
    {"HEADERS of a cut block", 1, HEADS | END, 3, "82 84 86 41 05 61", "conn COMPRESSION_ERROR"},
    {"HEADERS with an index outside the tables", 1, HEADS | END, 3, "82 be",
     "conn COMPRESSION_ERROR"},
    {"HEADERS with a table above the limit", 1, HEADS | END, 3, "3f e2 1f 82",
     "conn COMPRESSION_ERROR"},
    {"PRIORITY on stream 0", 2, 0, 0, "00 00 00 01 0f", PE},
    {"PRIORITY of 4 octets", 2, 0, 1, "00 00 00 03", "stream FRAME_SIZE_ERROR"},
    {"PRIORITY of 6 octets", 2, 0, 1, "00 00 00 03 0f 00", "stream FRAME_SIZE_ERROR"},
    {"PRIORITY of 4 octets on an idle stream", 2, 0, 3, "00 00 00 05", FSE},
    {"PRIORITY that depends on itself", 2, 0, 1, "00 00 00 01 0f", "stream PROTOCOL_ERROR"},
    {"PRIORITY that depends on itself, idle", 2, 0, 3, "00 00 00 03 0f", PE},
    {"PRIORITY", 2, 0, 3, "80 00 00 01 ff", "ok"},
    {"RST_STREAM on stream 0", 3, 0, 0, "00 00 00 08", PE},
    {"RST_STREAM of 3 octets", 3, 0, 1, "00 00 08", FSE},
    {"RST_STREAM of 5 octets", 3, 0, 1, "00 00 00 08 00", FSE},
    {"RST_STREAM with an unknown code", 3, 0, 1, "ff ff ff ff", "ok"},
    {"RST_STREAM on an idle stream", 3, 0, 3, "00 00 00 08", PE},
    {"SETTINGS on a stream", 4, 0, 1, "", PE},
    {"SETTINGS of 5 octets", 4, 0, 0, "00 03 00 00 00", FSE},
    {"SETTINGS ACK with content", 4, ACK, 0, "00 03 00 00 00 01", FSE},
    {"SETTINGS ACK that nobody awaits", 4, ACK, 0, "", PE},
    {"ENABLE_PUSH 2", 4, 0, 0, "00 02 00 00 00 02", PE},
    {"ENABLE_PUSH 1", 4, 0, 0, "00 02 00 00 00 01", "ok"},
    {"INITIAL_WINDOW_SIZE 2^31", 4, 0, 0, "00 04 80 00 00 00", FCE},
    {"INITIAL_WINDOW_SIZE 2^31-1", 4, 0, 0, "00 04 7f ff ff ff", "ok"},
    {"MAX_FRAME_SIZE 16383", 4, 0, 0, "00 05 00 00 3f ff", PE},
    {"MAX_FRAME_SIZE 2^24", 4, 0, 0, "00 05 01 00 00 00", PE},
    {"MAX_FRAME_SIZE 2^24-1", 4, 0, 0, "00 05 00 ff ff ff", "ok"},
    {"ENABLE_CONNECT_PROTOCOL 2", 4, 0, 0, "00 08 00 00 00 02", PE},
    {"NO_RFC7540_PRIORITIES 2", 4, 0, 0, "00 09 00 00 00 02", PE},
    {"HEADER_TABLE_SIZE 0, an unknown setting", 4, 0, 0, "00 01 00 00 00 00 ff 00 12 34 56 78",
     "ok"},
    {"PUSH_PROMISE", 5, HEADS, 1, "00 00 00 02 82 84 86", PE},
    {"PUSH_PROMISE on stream 0", 5, HEADS, 0, "00 00 00 02", PE},
    {"PING of 7 octets", 6, 0, 0, "01 02 03 04 05 06 07", FSE},
    {"PING of 9 octets", 6, 0, 0, "01 02 03 04 05 06 07 08 09", FSE},
    {"PING on a stream", 6, 0, 1, "01 02 03 04 05 06 07 08", PE},
    {"PING ACK that nobody awaits", 6, ACK, 0, "01 02 03 04 05 06 07 08", "ok"},
    {"GOAWAY on a stream", 7, 0, 1, "00 00 00 00 00 00 00 00", PE},
    {"GOAWAY of 7 octets", 7, 0, 0, "00 00 00 00 00 00 00", FSE},
    {"WINDOW_UPDATE of 3 octets", 8, 0, 1, "00 00 01", FSE},
    {"WINDOW_UPDATE by 0", 8, 0, 1, "00 00 00 00", "stream PROTOCOL_ERROR"},
    {"WINDOW_UPDATE by 0 with the reserved bit", 8, 0, 1, "80 00 00 00", "stream PROTOCOL_ERROR"},
    {"WINDOW_UPDATE of the connection by 0", 8, 0, 0, "00 00 00 00", PE},
    {"WINDOW_UPDATE by 0 on an idle stream", 8, 0, 3, "00 00 00 00", PE},
    {"WINDOW_UPDATE above 2^31-1", 8, 0, 1, "7f ff ff ff", "stream FLOW_CONTROL_ERROR"},
    {"WINDOW_UPDATE of the connection above 2^31-1", 8, 0, 0, "7f ff ff ff", FCE},
    {"WINDOW_UPDATE to 2^31-1", 8, 0, 1, "7f ff 00 00", "ok"},
    {"CONTINUATION on stream 0", 9, HEADS, 0, "", PE},
    {"CONTINUATION without HEADERS", 9, HEADS, 1, "", PE},
    {"ALTSVC", 10, 0, 0, "00 01 61", "ok"},
    {"ORIGIN", 12, 0, 0, "00 01 61", "ok"},
    {"an unknown type", 0x7f, 0xff, 3, "00 01 61", "ok"},
    {"an unknown type on stream 0", 0xfe, 0xff, 0, "", "ok"}};

static void test_frames(void)
{
    size_t i;
    for (i = 0; i < sizeof frame_rows / sizeof frame_rows[0]; i++) {
        const frame_row *row = &frame_rows[i];
        unsigned char payload[64];
        script sc;
        size_t n = check_hex(payload, row->hex);
        script_h2(&sc, row->name, "");
        sc.unfed = 1;
        put_ack(&sc.in);
        put_open(&sc.in);
        put_frame(&sc.in, row->type, row->flags, row->stream, payload, n);
        put_ping(&sc.in, 0, "12345678");
        script_verdict(&sc, 0, row->allowed);
    }
}

/* PRIORITY_UPDATE (RFC 9218 7.1): on stream 0 alone, and of a stream. */
static void test_priority_update(void)
{
    static const frame_row rows[] = {
        {"PRIORITY_UPDATE of an open stream", 16, 0, 0, "00 00 00 01 75 3d 30", "ok"},
        {"PRIORITY_UPDATE of an idle stream", 16, 0, 0, "00 00 00 09 75 3d 30", "ok"},
        {"PRIORITY_UPDATE on a stream", 16, 0, 1, "00 00 00 01 75 3d 30", PE},
        {"PRIORITY_UPDATE of stream 0", 16, 0, 0, "00 00 00 00 75 3d 30", PE},
        {"PRIORITY_UPDATE of 3 octets", 16, 0, 0, "00 00 00", FSE}};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned char payload[64];
        script sc;
        script_h2(&sc, rows[i].name, "");
        sc.unfed = 1;
        put_open(&sc.in);
        put_frame(&sc.in, 16, 0, rows[i].stream, payload, check_hex(payload, rows[i].hex));
        script_verdict(&sc, 0, rows[i].allowed);
    }
}

/* RFC 9113 4.2: above our SETTINGS_MAX_FRAME_SIZE; just at it is taken. */
static void test_frame_size(void)
{
    static const int types[] = {0, 1, 4, 6, 9, 0x42};
    size_t i;
    for (i = 0; i < sizeof types / sizeof types[0]; i++) {
        script sc;
        script_h2(&sc, "a frame of 16,385 octets", "");
        sc.unfed = 1;
        put_open(&sc.in);
        put_head(&sc.in, 16385, types[i], 0, types[i] == 0 || types[i] == 1 ? 1 : 0);
        buf_fill(&sc.in, 0, 16385);
        script_verdict(&sc, 0, types[i] == 9 ? FSE "|" PE : FSE);
    }
    {
        script sc;
        script_h2(&sc, "a frame of 16,384 octets", "");
        put_request(&sc.in, 1, 0, "POST", "/end", "");
        put_bulk(&sc.in, 1, END, 16384);
        script_play(&sc, "NEGOTIATED\nREQUEST 1\nDATA 1\nEND 1\nDONE 1 NO_ERROR\n", NULL);
    }
}

/* RFC 9113 4.3, 6.10: nothing may stand between HEADERS and its CONTINUATIONs. */
static void test_continuation(void)
{
    static const frame_row rows[] = {
        {"PING inside a field block", 6, 0, 0, "01 02 03 04 05 06 07 08", PE},
        {"DATA inside a field block", 0, 0, 1, "61", PE},
        {"WINDOW_UPDATE inside a field block", 8, 0, 0, "00 00 00 01", PE},
        {"an unknown type inside a field block", 0x42, 0, 0, "61", PE},
        {"SETTINGS inside a field block", 4, 0, 0, "", PE},
        {"CONTINUATION of another stream", 9, HEADS, 3, "84 86 41 01 61", PE},
        {"HEADERS inside a field block", 1, HEADS | END, 3, "82 84 86 41 01 61", PE},
        {"CONTINUATION", 9, HEADS, 1, "84 86 41 01 61", "ok"}};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned char payload[64];
        script sc;
        size_t n = check_hex(payload, rows[i].hex);
        script_h2(&sc, rows[i].name, "");
        sc.unfed = 1;
        put_frame(&sc.in, 1, END, 1, "\x82", 1);
        put_frame(&sc.in, rows[i].type, rows[i].flags, rows[i].stream, payload, n);
        put_frame(&sc.in, 6, 0, 0, "12345678", 8);
        script_verdict(&sc, 0, rows[i].allowed);
    }
}

/* A block in many pieces, cut inside its strings. */
static void test_continuation_pieces(void)
{
    script sc;
    buf block = {0, 0, 0};
    size_t i, piece;
    script_h2(&sc, "a field block in pieces", "");
    put_block(&block, REQ("POST", "/end") "x-name: some value here\ncookie: a=1\ncookie: b=2\n");
    piece = block.len / 6 + 1;
    put_frame(&sc.in, 1, 0, 1, block.p, piece);
    for (i = piece; i < block.len; i += piece)
        put_frame(&sc.in, 9, i + piece >= block.len ? HEADS : 0, 1, block.p + i,
                  i + piece >= block.len ? block.len - i : piece);
    put_data(&sc.in, 1, END, "body");
    script_play(
        &sc,
        "NEGOTIATED\nREQUEST 1 method=POST path=/end more x-name=some_value_here cookie=a=1;_b=2\n"
        "DATA 1 \"body\"\nEND 1\nDONE 1 NO_ERROR\n",
        "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200\nDATA 1 \"hello\" end\n");
    buf_free(&block);
}

/* ---- RFC 9113 8: messages ------------------------------------------------ */

#define TOP ":method: GET\n:scheme: http\n:authority: a\n:path: /later\n"

/* Each is a malformed request: a stream error PROTOCOL_ERROR, and never a REQUEST (8.1.1). */
static const char *const bad_requests[] = {
    "",
    ":scheme: http\n:authority: a\n:path: /\n",
    ":method: GET\n:authority: a\n:path: /\n",
    ":method: GET\n:scheme: http\n:authority: a\n",
    TOP ":path: /again\n",
    ":method: GET\n:method: GET\n:scheme: http\n:authority: a\n:path: /\n",
    ":method: GET\n:scheme: http\n:authority: a\n:path: \n",
    ":method: GET\n:scheme: http\n:authority: a\n:path: later\n",
    ":method: GET\n:scheme: http\n:authority: a\n:path: /a b\n",
    ":method: GET\n:scheme: http\n:authority: u@a\n:path: /\n",
    ":method: G T\n:scheme: http\n:authority: a\n:path: /\n",
    ":method: GET\n:scheme: http\nx-y: z\n:authority: a\n:path: /\n",
    TOP ":unknown: a\n",
    TOP ":status: 200\n",
    ":method: GET\n:scheme: http\n:authority: a\n:path: /\n:protocol: foo\n",
    TOP "X-Upper: a\n",
    TOP "x y: a\n",
    TOP "x\x01y: a\n",
    TOP "x:y: a\n",
    TOP "connection: close\n",
    TOP "keep-alive: 5\n",
    TOP "proxy-connection: close\n",
    TOP "transfer-encoding: chunked\n",
    TOP "upgrade: h2c\n",
    TOP "te: gzip\n",
    TOP "host: b\n",
    TOP "x-y:  a\n",
    TOP "x-y: a \n",
    TOP "x-y: a\rb\n",
    TOP "content-length: a\n",
    TOP "content-length: -1\n",
    TOP "content-length: +1\n",
    TOP "content-length: 1, 1\n",
    TOP "content-length: 99999999999999999999\n",
    TOP "content-length: 5\ncontent-length: 6\n",
    TOP "content-length: 5\n", /* and END_STREAM */
    ":method: CONNECT\n:scheme: http\n:authority: a:1\n:path: /\n",
    ":method: CONNECT\n",
    ":method: CONNECT\n:authority: a\n:path: /\n"};

static void test_malformed_requests(void)
{
    size_t i;
    for (i = 0; i < sizeof bad_requests / sizeof bad_requests[0]; i++) {
        script sc;
        script_h2(&sc, bad_requests[i], "");
        put_headers(&sc.in, 1, HEADS | END, bad_requests[i]);
        put_get(&sc.in, 3, "/now"); /* the connection goes on */
        sc.quick = 1;
        script_play(&sc, "NEGOTIATED\nREQUEST 3\nEND 3\nDONE 3 NO_ERROR\n",
                    "SETTINGS\nSETTINGS ACK\nRST_STREAM 1 PROTOCOL_ERROR\nHEADERS 3\nDATA 3 "
                    "\"hello\" end\n");
    }
}

/* A NUL or LF in a value, and an empty name, cannot stand in lines. */
static void test_malformed_octets(void)
{
    static const struct {
        const char *name;
        size_t name_len;
        const char *value;
        size_t value_len;
    } rows[] = {{"x-y", 3, "a\0b", 3}, {"x-y", 3, "a\nb", 3}, {"", 0, "a", 1}, {"x\0y", 3, "a", 1}};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        script sc;
        buf block = {0, 0, 0};
        script_h2(&sc, "a forbidden octet", "");
        put_block(&block, TOP);
        put_field(&block, rows[i].name, rows[i].name_len, rows[i].value, rows[i].value_len);
        put_frame(&sc.in, 1, HEADS | END, 1, block.p, block.len);
        sc.quick = 1;
        script_play(&sc, "NEGOTIATED\n", "SETTINGS\nSETTINGS ACK\nRST_STREAM 1 PROTOCOL_ERROR\n");
        buf_free(&block);
    }
}

/* Near to the above, and good. */
static void test_wellformed_requests(void)
{
    static const char *const rows[] = {
        TOP "te: trailers\n",
        TOP "host: a\n",
        ":method: GET\n:scheme: http\n:path: /later\nhost: a\n",
        TOP "content-length: 0\n",
        TOP "x-y: \n",
        TOP "x-y: a\xff b\n",
        ":method: OPTIONS\n:scheme: http\n:authority: a\n:path: *\n",
        ":method: m-search\n:scheme: foo\n:authority: a\n:path: /later\n",
        ":path: /later\n:authority: [::1]:80\n:scheme: http\n:method: GET\n"};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        script sc;
        script_h2(&sc, rows[i], "");
        put_headers(&sc.in, 1, HEADS | END, rows[i]);
        sc.quick = 1;
        script_play(&sc, "NEGOTIATED\nREQUEST 1 !more\nEND 1\n", "SETTINGS\nSETTINGS ACK\n");
    }
}

/* RFC 9113 8.1.1: the sum of DATA is the content-length. */
static void test_content_length(void)
{
    script sc;
    script_h2(&sc, "content-length met", "");
    put_request(&sc.in, 1, 0, "POST", "/end", "content-length: 5\n");
    put_data(&sc.in, 1, 0, "he");
    put_data(&sc.in, 1, END, "llo");
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1 more length=5\nDATA 1 \"hello\"\nEND 1\nDONE 1 NO_ERROR\n",
                NULL);
    script_h2(&sc, "content-length not met", "");
    put_request(&sc.in, 1, 0, "POST", "/end", "content-length: 6\n");
    put_data(&sc.in, 1, END, "hello");
    script_play(
        &sc,
        "NEGOTIATED\nREQUEST 1\nDATA 1 \"hello\"\nDONE 1 PROTOCOL_ERROR err=H2_CONTENT_LENGTH\n",
        "SETTINGS\nSETTINGS ACK\nRST_STREAM 1 PROTOCOL_ERROR\n");
    script_h2(&sc, "content-length passed", "");
    put_request(&sc.in, 1, 0, "POST", "/end", "content-length: 4\n");
    put_data(&sc.in, 1, END, "hello");
    script_play(&sc, "NEGOTIATED\nREQUEST 1\n...\nDONE 1 PROTOCOL_ERROR err=H2_CONTENT_LENGTH\n",
                "SETTINGS\nSETTINGS ACK\nRST_STREAM 1 PROTOCOL_ERROR\n");
}

static void test_trailers(void)
{
    script sc;
    script_h2(&sc, "trailers in", "");
    put_request(&sc.in, 1, 0, "POST", "/end", "");
    put_data(&sc.in, 1, 0, "hello");
    put_headers(&sc.in, 1, HEADS | END, "x-sum: 5\n");
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1 more !length\nDATA 1 \"hello\"\nTRAILERS 1 x-sum=5\nEND 1\n"
                "DONE 1 NO_ERROR\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200\nDATA 1 \"hello\" end\n");
    script_h2(&sc, "trailers out", "");
    put_get(&sc.in, 1, "/trailers");
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200 !end\nDATA 1 \"hello\" !end\n"
                "HEADERS 1 end x-sum=5 !:status\n");
    script_h2(&sc, "trailers with a pseudo-field", "");
    put_request(&sc.in, 1, 0, "POST", "/end", "");
    put_headers(&sc.in, 1, HEADS | END, ":path: /\n");
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nDONE 1 PROTOCOL_ERROR err=*\n",
                "SETTINGS\nSETTINGS ACK\nRST_STREAM 1 PROTOCOL_ERROR\n");
    script_h2(&sc, "trailers that do not end", "");
    put_request(&sc.in, 1, 0, "POST", "/end", "");
    put_headers(&sc.in, 1, HEADS, "x-sum: 5\n");
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nDONE 1 PROTOCOL_ERROR err=*\n",
                "SETTINGS\nSETTINGS ACK\nRST_STREAM 1 PROTOCOL_ERROR\n");
}

/* ---- answers ------------------------------------------------------------- */

static void test_no_content(void)
{
    script sc;
    script_h2(&sc, "HEAD, 204, 304", "");
    put_request(&sc.in, 1, END, "HEAD", "/now", "");
    put_request(&sc.in, 3, END, "HEAD", "/stream/5000", "");
    put_get(&sc.in, 5, "/status/204");
    put_get(&sc.in, 7, "/status/304");
    script_play(&sc, NULL,
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 end :status=200\nHEADERS 3 :status=200\n...\n"
                "HEADERS 5 end :status=204 !content-length\nHEADERS 7 end :status=304\n");
}

static void test_informational(void)
{
    script sc;
    script_h2(&sc, "early hints", "");
    put_get(&sc.in, 1, "/hints");
    script_play(
        &sc, NULL,
        "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=103 link=</a> !end\nHEADERS 1 :status=200\n"
        "DATA 1 \"hello\" end\n");
}

static void test_expect(void)
{
    script sc;
    script_h2(&sc, "100-continue", "");
    put_request(&sc.in, 1, 0, "POST", "/end", "expect: 100-continue\ncontent-length: 2\n");
    put_data(&sc.in, 1, END, "hi");
    script_play(&sc, "NEGOTIATED\nREQUEST 1 more length=2\nDATA 1 \"hi\"\nEND 1\nDONE 1 NO_ERROR\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=100 !end\nHEADERS 1 :status=200\n"
                "DATA 1 \"hello\" end\n");
    script_h2(&sc, "100-continue without a body", "");
    put_request(&sc.in, 1, END, "GET", "/end", "expect: 100-continue\n");
    script_play(&sc, NULL, "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200\nDATA 1 \"hello\" end\n");
    script_h2(&sc, "100-continue, answered at once", "");
    put_request(&sc.in, 1, 0, "POST", "/status/403", "expect: 100-continue\n");
    script_play(&sc, NULL,
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 end :status=403\nRST_STREAM 1 NO_ERROR\n");
    script_h2(&sc, "an unknown expectation", "");
    put_request(&sc.in, 1, 0, "POST", "/end", "expect: a-miracle\n");
    put_get(&sc.in, 3, "/now");
    script_play(&sc, NULL,
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=417\n...\nHEADERS 3 :status=200\n"
                "DATA 3 \"hello\" end\n");
}

static int hook_manual_continue(side *s, const h2neg_event *ev)
{
    if (ev->type == H2NEG_EV_REQUEST) {
        app_respond(s, ev->stream, 100, 0);
        return 0;
    }
    return 0;
}

static void test_expect_manual(void)
{
    script sc;
    script_h2(&sc, "100-continue by the application", "");
    sc.config.no_auto_continue = 1;
    sc.hook = hook_manual_continue;
    put_request(&sc.in, 1, 0, "POST", "/end", "expect: 100-continue\n");
    put_data(&sc.in, 1, END, "hi");
    script_play(&sc, NULL,
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=100\nHEADERS 1 :status=200\nDATA 1 "
                "\"hello\" end\n");
    script_h2(&sc, "no 100-continue by the engine", "");
    sc.config.no_auto_continue = 1;
    put_request(&sc.in, 1, 0, "POST", "/end", "expect: 100-continue\n");
    put_data(&sc.in, 1, END, "hi");
    script_play(&sc, NULL, "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200\nDATA 1 \"hello\" end\n");
}

/* An answer that ends before the request does: END_STREAM, then RST_STREAM NO_ERROR (RFC 9113 8.1).
   What still comes is dropped, and its connection credit returned. */
static void test_early_answer(void)
{
    script sc;
    int i;
    script_h2(&sc, "an early answer", "");
    put_request(&sc.in, 1, 0, "POST", "/now", "");
    put_data(&sc.in, 1, 0, "dropped");
    put_headers(&sc.in, 1, HEADS | END, "x-sum: 5\n");
    put_get(&sc.in, 3, "/now");
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1\nDONE 1 NO_ERROR !err\nREQUEST 3\nEND 3\nDONE 3 NO_ERROR\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200\nDATA 1 \"hello\" end\nRST_STREAM 1 "
                "NO_ERROR\n"
                "HEADERS 3\nDATA 3 \"hello\" end\n");
    script_h2(&sc, "2 MB behind early answers", "");
    for (i = 0; i < 40; i++) {
        int k;
        put_request(&sc.in, (uint32_t)i * 2 + 1, 0, "POST", "/now", "");
        for (k = 0; k < 3; k++)
            put_bulk(&sc.in, (uint32_t)i * 2 + 1, k == 2 ? END : 0, 16384);
    }
    put_get(&sc.in, 81, "/now");
    sc.quick = 1;
    script_play(&sc, NULL, "...\nHEADERS 81\nDATA 81 \"hello\" end\n");
}

static void test_echo(void)
{
    script sc;
    script_h2(&sc, "an echo", "");
    put_request(&sc.in, 1, 0, "POST", "/echo", "");
    put_data(&sc.in, 1, 0, "one");
    put_data(&sc.in, 1, 0, "two");
    put_frame(&sc.in, 0, PADDED, 1, "\3three\0\0\0", 9);
    put_data(&sc.in, 1, END, "");
    sc.loose = 1;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nDATA 1 \"onetwothree\"\nEND 1\nDONE 1 NO_ERROR\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200\nDATA 1 \"onetwothree\" end\n");
}

/* Fields that every final response gets unless it has them. */
static void test_common_fields(void)
{
    h2neg_field common[2];
    script sc;
    common[0] = h2neg_f("server", "test");
    common[1] = h2neg_f("content-type", "never/seen");
    script_h2(&sc, "common fields", "");
    sc.config.common_fields = common;
    sc.config.common_field_count = 2;
    put_get(&sc.in, 1, "/now");
    put_get(&sc.in, 3, "/hints");
    script_play(&sc, NULL,
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200 server=test content-type=text/plain "
                "!content-type=never/seen\nDATA 1 end\n"
                "HEADERS 3 :status=103 !server\nHEADERS 3 :status=200 server=test\nDATA 3 end\n");
}

/* ---- settings, PING ------------------------------------------------------ */

/* An acknowledgement each, before what was made under the new settings; PINGs in their order. */
static void test_acks(void)
{
    script sc;
    script_h2(&sc, "acknowledgements", "4=0");
    put_get(&sc.in, 1, "/now");
    put_ping(&sc.in, 0, "aaaaaaaa");
    put_settings(&sc.in, "4=2");
    put_ping(&sc.in, 0, "bbbbbbbb");
    put_settings(&sc.in, "4=5");
    put_ping(&sc.in, 0, "cccccccc");
    script_play(&sc, NULL,
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 !end\nPING ACK \"aaaaaaaa\"\nSETTINGS ACK\n"
                "DATA 1 \"he\" !end\nPING ACK \"bbbbbbbb\"\nSETTINGS ACK\nDATA 1 \"llo\" end\n"
                "PING ACK \"cccccccc\"\n");
}

static void call_ping(side *s)
{
    SIDE_CHECK(s, h2neg_ping(s->c, "pingpong") == 0);
    SIDE_CHECK(s, h2neg_ping(s->c, "pingpong") == H2NEG_ERR_AGAIN);
}

static void test_ping(void)
{
    script sc;
    script_h2(&sc, "a ping of ours", "");
    put_ack(&sc.in);
    script_call(&sc, call_ping);
    put_ping(&sc.in, ACK, "xxxxxxxx");
    put_ping(&sc.in, ACK, "pingpong");
    script_call(&sc, call_ping);
    script_play(&sc, "NEGOTIATED\nPONG \"pingpong\"\n",
                "SETTINGS\nSETTINGS ACK\nPING \"pingpong\"\nPING \"pingpong\"\n");
}

/* HEADER_TABLE_SIZE 0: the encoder says so and indexes nothing (RFC 7541 4.2). */
static void test_table_size(void)
{
    script sc;
    script_h2(&sc, "HEADER_TABLE_SIZE 0", "1=0");
    put_get(&sc.in, 1, "/now");
    put_get(&sc.in, 3, "/now");
    put_settings(&sc.in, "1=4294967295");
    put_get(&sc.in, 5, "/now");
    put_get(&sc.in, 7, "/now");
    script_play(
        &sc, NULL,
        "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200 content-type=text/plain\nDATA 1 end\n"
        "HEADERS 3 :status=200 content-type=text/plain\nDATA 3 end\nSETTINGS ACK\n"
        "HEADERS 5 :status=200 content-type=text/plain\nDATA 5 end\n"
        "HEADERS 7 :status=200 content-type=text/plain\nDATA 7 end\n");
}

/* Two before the first block: it tells the smallest one, and then the last (RFC 7541 4.2). */
static void test_table_sizes_before(void)
{
    script sc;
    h2neg_conn *c = h2neg_conn_new(NULL);
    h2neg_message m;
    h2neg_event ev;
    const unsigned char *out;
    const void *run;
    size_t len, at = 0;
    memset(&m, 0, sizeof m);
    m.status = 200;
    script_h2(&sc, "HEADER_TABLE_SIZE 0 and 4,096", "1=0");
    put_settings(&sc.in, "1=4096");
    put_get(&sc.in, 1, "/now");
    h2neg_feed(c, sc.in.p, sc.in.len);
    while (h2neg_next(c, &ev))
        if (ev.type == H2NEG_EV_END)
            CHECK_INT(h2neg_respond(c, ev.stream, &m, 0), 0);
    len = h2neg_output(c, &run);
    for (out = run; at < len && out[at + 3] != 1; at += 9 + out[at + 2]) /* to the HEADERS */
        ;
    CHECK(at < len);
    CHECK_OCTETS(out + at + 9, 5, "\x20\x3f\xe1\x1f\x88", 5);
    h2neg_conn_free(c);
    free(sc.in.p);
}

/* Our settings bind the peer once it has acknowledged them, and not before. */
static void test_own_settings(void)
{
    int acked;
    for (acked = 0; acked < 2; acked++) {
        script sc;
        script_h2(&sc, "our window of 1,000", "");
        sc.config.initial_window = 1000;
        sc.unfed = 1;
        if (acked)
            put_ack(&sc.in);
        put_request(&sc.in, 1, 0, "POST", "/hold", "");
        put_bulk(&sc.in, 1, 0, 1001);
        script_verdict(&sc, 0, acked ? "stream FLOW_CONTROL_ERROR|conn FLOW_CONTROL_ERROR" : "ok");
        script_h2(&sc, "our decoder's table of 0", "");
        sc.config.hpack_decoder_table = H2NEG_OFF;
        sc.unfed = 1;
        put_frame(&sc.in, 1, HEADS | END, 1,
                  "\x82\x84\x86\x41\x01"
                  "a\x40\x01x\x01y",
                  11); /* x: y is indexed */
        if (acked)
            put_ack(&sc.in);
        put_frame(&sc.in, 1, HEADS | END, 3, "\x82\x84\x86\xbe", 4);
        script_verdict(&sc, 0, acked ? "conn COMPRESSION_ERROR" : "ok|stream PROTOCOL_ERROR");
    }
}

/* A change of INITIAL_WINDOW_SIZE moves windows that are open when it is acknowledged (RFC
 * 9113 6.9.2). */
static void test_own_window_shrinks(void)
{
    script sc;
    script_h2(&sc, "our window shrinks under an open stream", "");
    sc.config.initial_window = 1000;
    put_request(&sc.in, 1, 0, "POST", "/hold", "");
    put_bulk(&sc.in, 1, 0, 900);
    put_ack(&sc.in);
    put_bulk(&sc.in, 1, END, 100);
    sc.quick = 1;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nDATA 1 <1000:*\nEND 1\nDONE 1 NO_ERROR\n", NULL);
}

/* The last identifier there is. */
static void test_last_identifier(void)
{
    script sc;
    script_h2(&sc, "stream 2^31-1", "");
    put_get(&sc.in, 0x7fffffff, "/now");
    sc.quick = 1;
    script_play(&sc, "NEGOTIATED\nREQUEST 2147483647\nEND 2147483647\nDONE 2147483647 NO_ERROR\n",
                "SETTINGS\nSETTINGS ACK\n...\nHEADERS 2147483647\nDATA 2147483647 end\n"
                "GOAWAY 2147483647 NO_ERROR\n...");
}

/* ... and near to it the server drains: the client goes on with another connection. */
static void test_near_last_identifier(void)
{
    script sc;
    script_h2(&sc, "streams near 2^31-1", "");
    put_get(&sc.in, 0x7ffffbff, "/now");
    put_get(&sc.in, 0x7ffffc01, "/now");
    put_get(&sc.in, 0x7ffffc03, "/now");
    sc.quick = 1;
    script_play(&sc, NULL,
                "SETTINGS\nSETTINGS ACK\nHEADERS *\nDATA * end\nHEADERS *\nDATA * end\n"
                "GOAWAY 2147483647 NO_ERROR\nPING *\nHEADERS *\nDATA * end\n");
    script_h2(&sc, "a stream near 2^31-1 that an error ends", "");
    put_get(&sc.in, 0x7ffffc01, "/later");
    put_frame(&sc.in, 6, 0, 0, "short", 5);
    sc.quick = 1;
    script_play(&sc, NULL, "SETTINGS\nSETTINGS ACK\nGOAWAY 2147482625 FRAME_SIZE_ERROR *\n");
}

static void test_last(void)
{
    script sc;
    script_h2(&sc, "the application says last", "");
    put_ack(&sc.in);
    put_get(&sc.in, 1, "/last");
    script_play(
        &sc, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\n",
        "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200 content-length=5\n...\nGOAWAY *\n...");
}

/* ---- windows ------------------------------------------------------------- */

static void test_windows(void)
{
    script sc;
    script_h2(&sc, "a window that opens slowly", "4=0");
    put_get(&sc.in, 1, "/now");
    put_window(&sc.in, 1, 1);
    put_ping(&sc.in, 0, "aaaaaaaa");
    put_window(&sc.in, 1, 3);
    put_ping(&sc.in, 0, "bbbbbbbb");
    put_window(&sc.in, 1, 3);
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 1\nDATA 1 \"h\" !end\nPING ACK \"aaaaaaaa\"\n"
                "DATA 1 \"ell\" !end\nPING ACK \"bbbbbbbb\"\nDATA 1 \"o\" end\n");
    script_h2(&sc, "an empty end needs no window", "4=5");
    put_get(&sc.in, 1, "/stream/0");
    put_get(&sc.in, 3, "/now");
    script_play(&sc, NULL,
                "SETTINGS\nSETTINGS ACK\nHEADERS 1\n...\nHEADERS 3\nDATA 3 \"hello\" end\n");
}

/* RFC 9113 6.9.2: a change of INITIAL_WINDOW_SIZE moves open windows, also below zero. */
static void test_negative_window(void)
{
    script sc;
    script_h2(&sc, "a negative window", "4=10");
    put_window(&sc.in, 0, 1000);
    put_get(&sc.in, 1, "/body/100");
    put_settings(&sc.in, "4=0");
    put_window(&sc.in, 1, 10);
    put_ping(&sc.in, 0, "aaaaaaaa");
    put_window(&sc.in, 1, 3);
    put_ping(&sc.in, 0, "bbbbbbbb");
    put_settings(&sc.in, "4=87");
    script_play(
        &sc, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\n",
        "SETTINGS\nSETTINGS ACK\nHEADERS 1 content-length=100\nDATA 1 !end\nSETTINGS ACK\n"
        "PING ACK \"aaaaaaaa\"\nDATA 1 !end\nPING ACK \"bbbbbbbb\"\nSETTINGS ACK\nDATA 1 end\n");
    script_h2(&sc, "a setting that takes a window above its bound", "4=65535");
    put_request(&sc.in, 1, 0, "POST", "/later", "");
    put_window(&sc.in, 1, 0x7fff0000);
    put_settings(&sc.in, "4=65536");
    sc.unfed = 1;
    script_play(&sc, NULL, "SETTINGS\nSETTINGS ACK\nGOAWAY 1 FLOW_CONTROL_ERROR\n");
}

/* The connection's window holds for all streams. */
static void test_connection_window(void)
{
    script sc;
    script_h2(&sc, "the connection's window", "4=1000000");
    sc.loose = 1;
    sc.config.max_output_pending = 131072;
    put_get(&sc.in, 1, "/body/65530");
    put_get(&sc.in, 3, "/now");
    put_get(&sc.in, 5, "/now");
    put_window(&sc.in, 0, 100);
    script_play(&sc, NULL,
                "SETTINGS\nSETTINGS ACK\nHEADERS 1\nDATA 1 end\nHEADERS 3\nDATA 3 \"hello\" end\n"
                "HEADERS 5\nDATA 5 \"hello\" end\n");
}

/* A body that is borrowed, its windows opening a little at a time. */
static void test_borrowed_body(void)
{
    script sc;
    int i;
    script_h2(&sc, "a borrowed body of 200,000 octets", "4=4000");
    sc.loose = 1;
    put_get(&sc.in, 1, "/body/200000");
    for (i = 0; i < 56; i++) {
        put_window(&sc.in, 1, 3500 + (uint32_t)i);
        put_window(&sc.in, 0, 3000);
    }
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 content-length=200000\nDATA 1 end\n");
}

static void test_streamed_body(void)
{
    script sc;
    int i;
    script_h2(&sc, "a streamed body of 100,000 octets", "");
    put_get(&sc.in, 1, "/stream/100000");
    for (i = 0; i < 10; i++) {
        put_window(&sc.in, 1, 4000);
        put_window(&sc.in, 0, 5000);
    }
    sc.loose = 1;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 !content-length\nDATA 1 end\n");
}

/* More than our window: `hold` keeps credit back, so one window may come and no octet more. */
static void test_flow_violation(void)
{
    script sc;
    int i;
    script_h2(&sc, "one window on a held stream", "");
    put_request(&sc.in, 1, 0, "POST", "/hold", "");
    for (i = 0; i < 3; i++)
        put_bulk(&sc.in, 1, 0, 16384);
    put_bulk(&sc.in, 1, END, 16383);
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nDATA 1\nEND 1\nDONE 1 NO_ERROR\n", NULL);
    script_h2(&sc, "more than the window of a held stream", "");
    put_request(&sc.in, 1, 0, "POST", "/hold", "");
    for (i = 0; i < 4; i++)
        put_bulk(&sc.in, 1, 0, 16384);
    sc.unfed = 1;
    script_verdict(&sc, 0, "stream FLOW_CONTROL_ERROR|conn FLOW_CONTROL_ERROR");
}

/* A held stream never stops others: the connection's credit returns. */
static void test_hold(void)
{
    script sc;
    int i, k;
    script_h2(&sc, "held streams beside a busy one", "");
    for (i = 0; i < 8; i++) {
        put_request(&sc.in, (uint32_t)i * 2 + 1, 0, "POST", "/hold", "");
        for (k = 0; k < 3; k++)
            put_bulk(&sc.in, (uint32_t)i * 2 + 1, 0, 16384);
    }
    put_request(&sc.in, 21, 0, "POST", "/end", "");
    for (k = 0; k < 60; k++)
        put_bulk(&sc.in, 21, k == 59 ? END : 0, 16384);
    sc.quick = 1;
    script_play(&sc, NULL,
                "SETTINGS\nSETTINGS ACK\nHEADERS 21 :status=200\nDATA 21 \"hello\" end\n");
}

static void call_unhold(side *s)
{
    SIDE_CHECK(s, h2neg_hold(s->c, 1, 0) == 0);
}

/* hold 0 gives the stream's credit back. */
static void test_unhold(void)
{
    script sc;
    int k;
    script_h2(&sc, "a stream is held and let go", "");
    put_request(&sc.in, 1, 0, "POST", "/hold", "");
    for (k = 0; k < 3; k++)
        put_bulk(&sc.in, 1, 0, 16384);
    put_ping(&sc.in, 0, "heldheld");
    script_call(&sc, call_unhold);
    put_ping(&sc.in, 0, "freefree");
    sc.windows = 1;
    script_play(&sc, NULL,
                "SETTINGS\nWINDOW_UPDATE 0\nSETTINGS ACK\n...\nPING ACK "
                "\"heldheld\"\nWINDOW_UPDATE 1 +49152\n"
                "PING ACK \"freefree\"\n");
}

/* Credit is conserved: what came is what is given back, padding and dropped DATA too. */
static void test_credit(void)
{
    script sc;
    played r;
    const char *at;
    buf text = {0, 0, 0};
    unsigned long back = 0;
    int i;
    script_h2(&sc, "credit", "");
    put_request(&sc.in, 1, 0, "POST", "/now", ""); /* reset: its DATA is dropped */
    put_request(&sc.in, 3, 0, "POST", "/end", "");
    for (i = 0; i < 100; i++) {
        put_bulk(&sc.in, 1, 0, 10000);
        put_head(&sc.in, 10000, 0, PADDED, 3);
        buf_octet(&sc.in, 200);
        buf_fill(&sc.in, 0, 9999);
    }
    script_mark(&sc);
    memset(&r, 0, sizeof r);
    run_script(&sc, &r);
    CHECK(r.drained);
    sc.windows = 1;
    script_words(&sc, &r, &text);
    for (at = text.p; (at = strstr(at, "WINDOW_UPDATE 0 +")) != NULL; at++)
        back += strtoul(at + 17, NULL, 10);
    CHECK(back >= 983041 + 2000000 - 1048576 && back <= 983041 + 2000000);
    CHECK(!strstr(text.p, "GOAWAY") && !strstr(text.p, "FLOW_CONTROL"));
    buf_free(&text);
    run_free(&r);
    script_free(&sc);
}

/* ---- endings ------------------------------------------------------------- */

static void test_peer_reset(void)
{
    script sc;
    script_h2(&sc, "the peer resets", "");
    put_request(&sc.in, 1, END, "GET", "/later", "");
    put_request(&sc.in, 3, 0, "POST", "/later", "");
    put_rst(&sc.in, 3, 2);
    put_rst(&sc.in, 1, 8);
    put_get(&sc.in, 5, "/now");
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1\nEND 1\nREQUEST 3\nDONE 3 INTERNAL_ERROR by-peer "
                "err=PEER_RESET !retry\n"
                "DONE 1 CANCEL by-peer err=PEER_RESET\nREQUEST 5\nEND 5\nDONE 5 NO_ERROR\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 5\nDATA 5 end\n");
}

/* Whatever its code, a reset in the middle of an answer is not a good end. */
static void test_peer_reset_no_error(void)
{
    script sc;
    script_h2(&sc, "the peer resets with NO_ERROR", "4=100");
    put_get(&sc.in, 1, "/body/2500");
    put_rst(&sc.in, 1, 0);
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 !NO_ERROR by-peer err=PEER_RESET\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 1\nDATA 1 <100:* !end\n");
}

static void test_our_reset(void)
{
    script sc;
    script_h2(&sc, "we reset", "");
    put_get(&sc.in, 1, "/reset/11");
    put_get(&sc.in, 3, "/now");
    script_play(
        &sc,
        "NEGOTIATED\nREQUEST 1\n...\nDONE 1 ENHANCE_YOUR_CALM !by-peer !retry\nREQUEST 3\nEND 3\n"
        "DONE 3 NO_ERROR\n",
        "SETTINGS\nSETTINGS ACK\nRST_STREAM 1 ENHANCE_YOUR_CALM\nHEADERS 3\nDATA 3 end\n");
}

static void call_gone(side *s)
{
    h2neg_message m = message_status(200);
    h2neg_field f = h2neg_f("a", "b");
    uint32_t id;
    for (id = 1; id <= 9; id += 2) { /* 1 is over; 3 was never seen */
        SIDE_CHECK(s, h2neg_reply(s->c, id, 200, NULL, "x", 1) == H2NEG_ERR_STREAM_GONE);
        SIDE_CHECK(s, h2neg_respond(s->c, id, &m, 0) == H2NEG_ERR_STREAM_GONE);
        SIDE_CHECK(s, h2neg_send(s->c, id, "x", 1, 0) == H2NEG_ERR_STREAM_GONE);
        SIDE_CHECK(s, h2neg_trailers(s->c, id, &f, 1) == H2NEG_ERR_STREAM_GONE);
        SIDE_CHECK(s, h2neg_reset(s->c, id, 8) == H2NEG_ERR_STREAM_GONE);
        SIDE_CHECK(s, h2neg_hold(s->c, id, 1) == H2NEG_ERR_STREAM_GONE);
        SIDE_CHECK(s, h2neg_keep(s->c, id, 1) == H2NEG_ERR_STREAM_GONE);
        SIDE_CHECK(s, h2neg_set_user(s->c, id, s) == H2NEG_ERR_STREAM_GONE);
        SIDE_CHECK(s, h2neg_accept(s->c, id, NULL, NULL, 0) == H2NEG_ERR_STREAM_GONE);
        SIDE_CHECK(s, h2neg_room(s->c, id) == 0);
    }
}

static void test_gone(void)
{
    script sc;
    script_h2(&sc, "calls on streams that are gone", "");
    put_get(&sc.in, 1, "/now");
    script_call(&sc, call_gone);
    script_play(&sc, NULL, "SETTINGS\nSETTINGS ACK\nHEADERS 1\nDATA 1 \"hello\" end\n");
}

static void call_second_answer(side *s)
{
    h2neg_message m = message_status(200);
    SIDE_CHECK(s, h2neg_respond(s->c, 1, &m, 0) == 0);
    SIDE_CHECK(s, h2neg_respond(s->c, 1, &m, 0) < 0);
    SIDE_CHECK(s, h2neg_reply(s->c, 1, 200, NULL, "x", 1) < 0);
    SIDE_CHECK(s, h2neg_send(s->c, 1, "x", 1, 0) < 0);
}

static void test_second_answer(void)
{
    script sc;
    script_h2(&sc, "a second answer", "");
    put_get(&sc.in, 1, "/later");
    script_call(&sc, call_second_answer);
    script_play(&sc, NULL, "SETTINGS\nSETTINGS ACK\nHEADERS 1 end :status=200\n");
}

static void call_bad_messages(side *s)
{
    static const char *const names[] = {
        "connection",       "transfer-encoding", "keep-alive", "upgrade",
        "proxy-connection", ":status",           "bad name",   ""};
    static const int statuses[] = {0, 99, 101, 1000, -1};
    size_t i;
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        h2neg_message m = message_status(200);
        h2neg_field f = h2neg_f(names[i], "x");
        m.fields = &f;
        m.field_count = 1;
        SIDE_CHECK(s, h2neg_respond(s->c, 1, &m, 0) < 0);
    }
    for (i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        h2neg_message m = message_status(statuses[i]);
        SIDE_CHECK(s, h2neg_respond(s->c, 1, &m, 0) == H2NEG_ERR_INVALID);
    }
    {
        h2neg_message m = message_status(200);
        h2neg_field f = h2neg_f("x", "a\r\nb: c");
        m.fields = &f;
        m.field_count = 1;
        SIDE_CHECK(s, h2neg_respond(s->c, 1, &m, 0) < 0);
    }
    app_reply(s, 1, 200, "fine");
}

/* Hop-by-hop names and what is malformed: refused, and nothing changed. */
static void test_bad_messages(void)
{
    script sc;
    script_h2(&sc, "messages that may not be sent, HTTP/2", "");
    put_get(&sc.in, 1, "/later");
    script_call(&sc, call_bad_messages);
    script_play(&sc, NULL, "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200\nDATA 1 \"fine\" end\n");
    script_h1(&sc, "messages that may not be sent, HTTP/1.1",
              "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    script_call(&sc, call_bad_messages);
    script_play(&sc, NULL, "HTTP/1.1 200\nBODY \"fine\"\n");
}

static void test_even_and_falling(void)
{
    script sc;
    script_h2(&sc, "a falling stream identifier", "");
    put_get(&sc.in, 5, "/now");
    put_get(&sc.in, 3, "/now");
    sc.unfed = 1;
    script_play(&sc, "NEGOTIATED\nREQUEST 5\nEND 5\nDONE 5 NO_ERROR\nERROR *\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 5\nDATA 5 \"hello\" end\nGOAWAY 5 *\n");
}

/* Past max_concurrent_streams: REFUSED_STREAM, and room again behind a DONE. */
static void test_refused(void)
{
    script sc;
    script_h2(&sc, "too many streams", "");
    sc.config.max_concurrent_streams = 2;
    put_get(&sc.in, 1, "/later");
    put_get(&sc.in, 3, "/later");
    put_get(&sc.in, 5, "/now");
    put_rst(&sc.in, 3, 8);
    put_get(&sc.in, 7, "/now");
    script_play(
        &sc,
        "NEGOTIATED\nREQUEST 1\nEND 1\nREQUEST 3\nEND 3\nDONE 3 CANCEL by-peer\nREQUEST 7\nEND 7\n"
        "DONE 7 NO_ERROR\n",
        "SETTINGS\nSETTINGS ACK\nRST_STREAM 5 REFUSED_STREAM\nHEADERS 7\nDATA 7 end\n");
}

static void call_let_go(side *s)
{
    SIDE_CHECK(s, h2neg_keep(s->c, 1, 0) == 0);
    SIDE_CHECK(s, h2neg_keep(s->c, 1, 0) == H2NEG_ERR_STREAM_GONE);
}

/* A kept slot counts until it is let go. */
static void test_keep(void)
{
    script sc;
    script_h2(&sc, "a kept slot", "");
    sc.config.max_concurrent_streams = 1;
    put_get(&sc.in, 1, "/keep");
    put_get(&sc.in, 3, "/now");
    script_call(&sc, call_let_go);
    put_get(&sc.in, 5, "/now");
    script_play(
        &sc, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\nREQUEST 5\nEND 5\nDONE 5 NO_ERROR\n",
        "SETTINGS\nSETTINGS ACK\nHEADERS 1\nDATA 1 end\nRST_STREAM 3 REFUSED_STREAM\nHEADERS 5\n"
        "DATA 5 end\n");
}

/* ---- GOAWAY -------------------------------------------------------------- */

static void call_shutdown(side *s)
{
    h2neg_shutdown(s->c);
}

/* Two steps: the highest identifier and a PING; behind its ACK the last stream. What is under way
 * ends. */
static void test_shutdown(void)
{
    side *s = (side *)calloc(1, sizeof *s);
    buf in = {0, 0, 0}, text = {0, 0, 0};
    const char *ping;
    s->c = h2neg_conn_new(NULL);
    put_preface(&in, "");
    put_ack(&in);
    put_get(&in, 1, "/later");
    side_feed(s, in.p, in.len);
    call_shutdown(s);
    side_drain(s);
    in.len = 0;
    put_get(&in, 3, "/later"); /* under way before the client saw the first GOAWAY */
    side_feed(s, in.p, in.len);
    take_all(&text, &s->out, 0, 0, 0);
    CHECK(lines_fit(text.p, "SETTINGS\nSETTINGS ACK\nGOAWAY 2147483647 NO_ERROR\nPING\n"));
    ping = s->out.p + s->out.len - 8;
    in.len = 0;
    put_frame(&in, 6, ACK, 0, ping, 8);
    put_get(&in, 5, "/now"); /* above the last stream: ignored */
    side_feed(s, in.p, in.len);
    app_reply(s, 3, 200, "three");
    app_reply(s, 1, 200, "one");
    side_drain(s);
    text.len = 0;
    take_all(&text, &s->out, 0, 0, 0);
    CHECK(lines_fit(text.p,
                    "SETTINGS\nSETTINGS ACK\nGOAWAY 2147483647 NO_ERROR\nPING\nGOAWAY 3 NO_ERROR\n"
                    "HEADERS 3\nDATA 3 \"three\" end\nHEADERS 1\nDATA 1 \"one\" end\n"));
    CHECK(h2neg_wants(s->c) & H2NEG_WANT_HALF_CLOSE);
    h2neg_eof(s->c);
    side_drain(s);
    CHECK_INT(h2neg_wants(s->c), H2NEG_WANT_CLOSE);
    CHECK_INT(s->done, 2);
    buf_free(&in);
    buf_free(&text);
    side_free(s);
    free(s);
}

static void call_goaway(side *s)
{
    h2neg_goaway(s->c, H2NEG_ENHANCE_YOUR_CALM);
}

static void test_goaway_now(void)
{
    script sc;
    script_h2(&sc, "end now", "");
    put_get(&sc.in, 1, "/later");
    script_call(&sc, call_goaway);
    sc.wants = H2NEG_WANT_HALF_CLOSE;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nEND 1\n...\nDONE 1 !NO_ERROR\n",
                "SETTINGS\nSETTINGS ACK\nGOAWAY 1 ENHANCE_YOUR_CALM\n");
}

/* A GOAWAY that a server receives does not forbid the client new streams. */
static void test_goaway_at_server(void)
{
    script sc;
    script_h2(&sc, "GOAWAY from a client", "");
    put_get(&sc.in, 1, "/later");
    put_goaway(&sc.in, 0, 0, "bye");
    put_get(&sc.in, 3, "/now");
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1\nEND 1\nGOAWAY NO_ERROR \"bye\"\nREQUEST 3\nEND 3\nDONE 3 "
                "NO_ERROR\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 3\nDATA 3 end\n");
}

static void call_three(side *s)
{
    side_get(s, "/a");
    side_get(s, "/b");
    side_get(s, "/c");
}

static void call_refused_request(side *s)
{
    h2neg_message m = message_get("/d");
    int r = side_request(s, &m, 0, NULL);
    SIDE_CHECK(s, r < 0 && r != H2NEG_ERR_AGAIN);
}

static void test_goaway_at_client(void)
{
    script sc;
    script_h2_client(&sc, "GOAWAY from a server", call_three, "");
    put_goaway(&sc.in, 3, 0, "");
    script_call(&sc, call_refused_request);
    put_response(&sc.in, 1, END, 204, "");
    put_response(&sc.in, 3, END, 204, "");
    script_play(&sc,
                "NEGOTIATED\nGOAWAY NO_ERROR\nDONE 5 retry\nRESPONSE 1\nEND 1\nDONE 1 NO_ERROR\n"
                "RESPONSE 3\nEND 3\nDONE 3 NO_ERROR\n",
                "PREFACE\nSETTINGS\nHEADERS 1\nHEADERS 3\nHEADERS 5\nSETTINGS ACK\n");
    script_h2_client(&sc, "GOAWAY in two steps", call_three, "");
    put_goaway(&sc.in, 0x7fffffff, 0, "");
    put_goaway(&sc.in, 1, 0, "");
    put_response(&sc.in, 1, END, 204, "");
    script_play(
        &sc,
        "NEGOTIATED\nGOAWAY NO_ERROR\nGOAWAY NO_ERROR\nDONE * retry\nDONE * retry\nRESPONSE 1\n"
        "END 1\nDONE 1 NO_ERROR\n",
        NULL);
    script_h2_client(&sc, "a GOAWAY that raises its identifier", call_three, "");
    put_goaway(&sc.in, 1, 0, "");
    put_goaway(&sc.in, 3, 0, "");
    sc.unfed = 1;
    script_play(&sc, "NEGOTIATED\nGOAWAY NO_ERROR\n...\nERROR H2_GOAWAY\n...",
                "...\nGOAWAY 0 PROTOCOL_ERROR\n");
}

static void test_refused_at_client(void)
{
    script sc;
    script_h2_client(&sc, "the server refuses", call_three, "");
    put_rst(&sc.in, 3, 7);
    put_rst(&sc.in, 5, 8);
    put_response(&sc.in, 1, END, 204, "");
    script_play(&sc,
                "NEGOTIATED\nDONE 3 REFUSED_STREAM by-peer retry\nDONE 5 CANCEL by-peer "
                "!retry\nRESPONSE 1\n"
                "END 1\nDONE 1 NO_ERROR\n",
                NULL);
}

/* Who has begun to answer has acted on the request: what says otherwise later makes no retry safe
   (RFC 9113 6.8, 8.7). */
static void test_no_retry_of_answered(void)
{
    script sc;
    script_h2_client(&sc, "REFUSED_STREAM and GOAWAY behind responses", call_three, "");
    put_response(&sc.in, 1, 0, 200, "");
    put_response(&sc.in, 3, 0, 200, "");
    put_rst(&sc.in, 1, 7);
    put_goaway(&sc.in, 0, 0, "");
    script_play(&sc,
                "NEGOTIATED\nRESPONSE 1\nRESPONSE 3\nDONE 1 REFUSED_STREAM by-peer !retry\nGOAWAY "
                "NO_ERROR\nDONE 3 REFUSED_STREAM !retry\nDONE 5 REFUSED_STREAM retry\n",
                NULL);
}

/* RFC 9113 8.1: a whole response, then RST_STREAM NO_ERROR: the request's rest is not wanted. */
static void test_early_response_at_client(void)
{
    script sc;
    script_h2_client(&sc, "a response before the request has ended", call_open, "");
    put_response(&sc.in, 1, 0, 200, "");
    put_data(&sc.in, 1, END, "early");
    put_rst(&sc.in, 1, 0);
    script_play(&sc, "NEGOTIATED\nRESPONSE 1\nDATA 1 \"early\"\nEND 1\nDONE 1 NO_ERROR\n",
                "PREFACE\nSETTINGS\nHEADERS 1 !end\nSETTINGS ACK\n");
}

/* ---- a client's messages ------------------------------------------------- */

static void test_client_messages(void)
{
    script sc;
    script_h2_client(&sc, "interim responses, a body, trailers", call_get, "");
    put_response(&sc.in, 1, 0, 103, "link: </x>\n");
    put_response(&sc.in, 1, 0, 100, "");
    put_response(&sc.in, 1, 0, 200, "x-a: b\n");
    put_data(&sc.in, 1, 0, "body");
    put_headers(&sc.in, 1, HEADS | END, "x-sum: 4\n");
    script_play(
        &sc,
        "NEGOTIATED\nINFORMATIONAL 1 status=103 link=</x>\nINFORMATIONAL 1 status=100\n"
        "RESPONSE 1 status=200 x-a=b more !length\nDATA 1 \"body\"\nTRAILERS 1 x-sum=4\nEND 1\n"
        "DONE 1 NO_ERROR\n",
        NULL);
}

static void test_malformed_responses(void)
{
    static const char *const rows[] = {"x-a: b\n",
                                       ":status: 200\n:status: 200\n",
                                       "x-a: b\n:status: 200\n",
                                       ":status: 20\n",
                                       ":status: 2000\n",
                                       ":status: abc\n",
                                       ":status: 101\n",
                                       ":status: 200\n:path: /\n",
                                       ":status: 200\nconnection: close\n",
                                       ":status: 200\nX-A: b\n",
                                       ":status: 200\ncontent-length: 5\n",
                                       ":status: 103\n",
                                       ":status: 200\ncontent-length: x\n"};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        script sc;
        script_h2_client(&sc, rows[i], call_get, "");
        put_headers(&sc.in, 1, HEADS | END, rows[i]);
        sc.quick = 1;
        script_play(&sc, "NEGOTIATED\nDONE 1 PROTOCOL_ERROR err=* !by-peer\n",
                    "PREFACE\nSETTINGS\nHEADERS 1\nSETTINGS ACK\nRST_STREAM 1 PROTOCOL_ERROR\n");
    }
}

static void call_head(side *s)
{
    h2neg_message m = message_get("/a");
    m.method = h2neg_s("HEAD");
    side_ok(s, 0, side_request(s, &m, 0, NULL), "request");
}

static void test_client_head(void)
{
    script sc;
    script_h2_client(&sc, "the answer to HEAD has a length and no body", call_head, "");
    put_response(&sc.in, 1, END, 200, "content-length: 500\n");
    script_play(&sc, "NEGOTIATED\nRESPONSE 1 status=200 length=500 !more\nEND 1\nDONE 1 NO_ERROR\n",
                NULL);
}

static void call_over_limit(side *s)
{
    h2neg_message m = message_get("/c");
    side_get(s, "/a");
    SIDE_CHECK(s, side_request(s, &m, 0, NULL) == H2NEG_ERR_AGAIN);
}

/* The server's MAX_CONCURRENT_STREAMS: AGAIN, and WRITABLE 0 when a stream has ended. */
static void test_client_limit(void)
{
    script sc;
    script_h2_client(&sc, "the server's limit of streams", call_none, "3=1");
    script_call(&sc, call_over_limit);
    put_response(&sc.in, 1, END, 204, "");
    script_call(&sc, call_over_limit);
    put_response(&sc.in, 3, END, 204, "");
    sc.tell_writable = 1;
    script_play(&sc,
                "NEGOTIATED\nRESPONSE 1\nEND 1\nDONE 1 NO_ERROR\nWRITABLE 0\nRESPONSE 3\nEND "
                "3\nDONE 3 NO_ERROR\n"
                "WRITABLE 0\n",
                "PREFACE\nSETTINGS\nSETTINGS ACK\nHEADERS 1\nHEADERS 3\n");
}

static void test_server_push_settings(void)
{
    script sc;
    script_h2_client(&sc, "a server sets ENABLE_PUSH 1", call_get, "2=1");
    sc.unfed = 1;
    script_verdict(&sc, 0, PE);
    script_h2_client(&sc, "a server sets ENABLE_PUSH 0", call_get, "2=0");
    script_verdict(&sc, 0, "ok");
}

/* ---- tunnels ------------------------------------------------------------- */

static void test_connect(void)
{
    script sc;
    script_h2(&sc, "CONNECT", "");
    sc.loose = 1;
    put_headers(&sc.in, 1, HEADS, ":method: CONNECT\n:authority: yes.example:80\n");
    put_data(&sc.in, 1, 0, "tunnel");
    put_data(&sc.in, 1, END, "led");
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1 method=CONNECT authority=yes.example:80\nOPEN 1\nDATA 1 "
                "\"tunnelled\"\n"
                "END 1\nDONE 1 NO_ERROR\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200 !end !content-length\nDATA 1 "
                "\"tunnelled\" end\n");
    script_h2(&sc, "trailers in a tunnel", "");
    put_headers(&sc.in, 1, HEADS, ":method: CONNECT\n:authority: yes.example:80\n");
    put_headers(&sc.in, 1, HEADS | END, "x-sum: 5\n");
    script_play(
        &sc, "NEGOTIATED\nREQUEST 1\nOPEN 1\nDONE 1 PROTOCOL_ERROR err=*\n",
        "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200 !end\nRST_STREAM 1 PROTOCOL_ERROR\n");
}

static void test_extended_connect(void)
{
    script sc;
    script_h2(&sc, "extended CONNECT", "");
    sc.loose = 1;
    put_headers(
        &sc.in, 1, HEADS,
        ":method: CONNECT\n:protocol: foo\n:scheme: http\n:authority: a\n:path: /accept?x\n");
    put_data(&sc.in, 1, 0, "abc");
    put_data(&sc.in, 1, END, "");
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1 method=CONNECT upgrade=foo authority=a path=/accept "
                "query=x\nOPEN 1\n"
                "DATA 1 \"abc\"\nEND 1\nDONE 1 NO_ERROR\n",
                "SETTINGS 8=1\nSETTINGS ACK\nHEADERS 1 :status=200 !end\nDATA 1 \"abc\" end\n");
    script_h2(&sc, "extended CONNECT that was not announced", "");
    sc.config.protocols = H2NEG_PRIOR;
    put_headers(&sc.in, 1, HEADS,
                ":method: CONNECT\n:protocol: foo\n:scheme: http\n:authority: a\n:path: /accept\n");
    script_play(&sc, "NEGOTIATED\n", "SETTINGS !8=1\nSETTINGS ACK\nRST_STREAM 1 PROTOCOL_ERROR\n");
}

static void test_connect_refused(void)
{
    script sc;
    script_h2(&sc, "CONNECT is answered with 403", "");
    put_headers(&sc.in, 1, HEADS, ":method: CONNECT\n:authority: no.example:80\n");
    script_call(&sc, call_none);
    script_play(&sc, "NEGOTIATED\nREQUEST 1 method=CONNECT\n", "SETTINGS\nSETTINGS ACK\n");
    script_h2(&sc, "extended CONNECT is answered with a reply", "");
    put_headers(
        &sc.in, 1, HEADS,
        ":method: CONNECT\n:protocol: foo\n:scheme: http\n:authority: a\n:path: /status/404\n");
    put_get(&sc.in, 3, "/now");
    script_play(
        &sc, NULL,
        "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=404\n...\nHEADERS 3\nDATA 3 \"hello\" end\n");
}

static void call_connect(side *s)
{
    h2neg_message m = message_get("/");
    m.method = h2neg_s("CONNECT");
    m.authority = h2neg_s("host:80");
    side_ok(s, 0, side_request(s, &m, 0, NULL), "request");
}

static void call_tunnel_send(side *s)
{
    side_ok(s, s->stream, (long)h2neg_send(s->c, s->stream, "up", 2, 0), "send");
}

static void test_client_connect(void)
{
    script sc;
    script_h2_client(&sc, "a client's CONNECT", call_connect, "");
    put_response(&sc.in, 1, 0, 200, "");
    put_data(&sc.in, 1, 0, "down");
    script_call(&sc, call_tunnel_send);
    put_data(&sc.in, 1, END, "");
    script_play(
        &sc, "NEGOTIATED\nOPEN 1 status=200\nDATA 1 \"down\"\nEND 1\nDONE 1 NO_ERROR\n",
        "PREFACE\nSETTINGS\nHEADERS 1 :method=CONNECT :authority=host:80 !:path !:scheme !end\n"
        "SETTINGS ACK\nDATA 1 \"up\" end\n");
}

static void call_extended_again(side *s)
{
    h2neg_message m = message_get("/x");
    m.upgrade = h2neg_s("foo");
    SIDE_CHECK(s, side_request(s, &m, 0, NULL) == H2NEG_ERR_AGAIN);
}

static void call_extended(side *s)
{
    h2neg_message m = message_get("/x");
    m.upgrade = h2neg_s("foo");
    side_ok(s, 0, side_request(s, &m, 0, NULL), "request");
}

static void call_extended_never(side *s)
{
    h2neg_message m = message_get("/x");
    int r;
    m.upgrade = h2neg_s("foo");
    r = side_request(s, &m, 0, NULL);
    SIDE_CHECK(s, r < 0 && r != H2NEG_ERR_AGAIN);
}

/* Before the peer's SETTINGS: AGAIN; after SETTINGS without it: never. */
static void test_client_extended(void)
{
    script sc;
    script_h2_client(&sc, "a client's extended CONNECT", call_extended_again, "8=1");
    script_call(&sc, call_extended);
    put_response(&sc.in, 1, 0, 200, "");
    put_data(&sc.in, 1, END, "down");
    script_play(&sc, "NEGOTIATED\nOPEN 1 status=200\nDATA 1 \"down\"\nEND 1\n",
                "PREFACE\nSETTINGS\nSETTINGS ACK\n"
                "HEADERS 1 :method=CONNECT :protocol=foo :path=/x :scheme=http "
                ":authority=example.com !end\n");
    script_h2_client(&sc, "a server without extended CONNECT", call_none, "");
    script_call(&sc, call_extended_never);
    script_play(&sc, "NEGOTIATED\n", "PREFACE\nSETTINGS\nSETTINGS ACK\n");
}

/* ---- the transport ends -------------------------------------------------- */

/* What was whole is answered; what was not is over. */
static void test_eof(void)
{
    script sc;
    script_h2(&sc, "eof behind a request", "");
    put_get(&sc.in, 1, "/now");
    script_end(&sc, STEP_EOF);
    sc.wants = H2NEG_WANT_CLOSE;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\n...",
                "SETTINGS\nSETTINGS ACK\nHEADERS 1\nDATA 1 end\n...");
    script_h2(&sc, "eof inside a request", "");
    put_request(&sc.in, 1, 0, "POST", "/end", "");
    put_data(&sc.in, 1, 0, "half");
    script_end(&sc, STEP_EOF);
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nDATA 1 \"half\"\n...\nDONE 1 !NO_ERROR\n", NULL);
    script_h2(&sc, "eof inside a frame", "");
    put_get(&sc.in, 1, "/later");
    put_head(&sc.in, 8, 6, 0, 0);
    script_end(&sc, STEP_EOF);
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nEND 1\n...", NULL);
}

static void test_lost(void)
{
    script sc;
    script_h2(&sc, "the transport breaks", "");
    put_get(&sc.in, 1, "/later");
    put_request(&sc.in, 3, 0, "POST", "/echo", "");
    script_end(&sc, STEP_LOST);
    sc.wants = H2NEG_WANT_CLOSE;
    script_play(
        &sc, "NEGOTIATED\nREQUEST 1\nEND 1\nREQUEST 3\n...\nDONE * !NO_ERROR\nDONE * !NO_ERROR\n",
        NULL);
    script_h2_client(&sc, "a client's transport breaks", call_three, "");
    script_end(&sc, STEP_LOST);
    script_play(&sc, "NEGOTIATED\n...\nDONE * !NO_ERROR !by-peer=\nDONE *\nDONE *\n", NULL);
}

/* Behind a fatal error: what was decoded before, ERROR, one DONE for each stream, HALF_CLOSE. */
static void test_order_of_endings(void)
{
    script sc;
    script_h2(&sc, "the order of endings", "");
    put_get(&sc.in, 1, "/later");
    put_get(&sc.in, 3, "/now");
    put_get(&sc.in, 5, "/later");
    put_data(&sc.in, 0, 0, "x");
    put_get(&sc.in, 7, "/now");
    sc.wants = H2NEG_WANT_HALF_CLOSE;
    sc.unfed = 1;
    script_play(
        &sc,
        "NEGOTIATED\nREQUEST 1\nEND 1\nREQUEST 3\nEND 3\nDONE 3 NO_ERROR\nREQUEST 5\nEND 5\n"
        "ERROR H2_STREAM_ID h2=PROTOCOL_ERROR\nDONE * PROTOCOL_ERROR\nDONE * PROTOCOL_ERROR\n",
        "SETTINGS\nSETTINGS ACK\nHEADERS 3\nDATA 3 end\nGOAWAY 5 PROTOCOL_ERROR\n");
}

CHECK_MAIN(test_states_server, test_states_client, test_one_reset_a_stream, test_frames,
           test_priority_update, test_frame_size, test_continuation, test_continuation_pieces,
           test_malformed_requests, test_malformed_octets, test_wellformed_requests,
           test_content_length, test_trailers, test_no_content, test_informational, test_expect,
           test_expect_manual, test_early_answer, test_echo, test_common_fields, test_acks,
           test_ping, test_table_size, test_table_sizes_before, test_own_settings, test_own_window_shrinks,
           test_last_identifier, test_near_last_identifier, test_last, test_windows, test_negative_window,
           test_connection_window, test_borrowed_body, test_streamed_body, test_flow_violation,
           test_hold, test_unhold, test_credit, test_peer_reset, test_peer_reset_no_error,
           test_our_reset, test_gone, test_second_answer, test_bad_messages, test_even_and_falling,
           test_refused, test_keep, test_shutdown, test_goaway_now, test_goaway_at_server,
           test_goaway_at_client, test_refused_at_client, test_no_retry_of_answered, test_early_response_at_client,
           test_client_messages, test_malformed_responses, test_client_head, test_client_limit,
           test_server_push_settings, test_connect, test_extended_connect, test_connect_refused,
           test_client_connect, test_client_extended, test_eof, test_lost, test_order_of_endings)
