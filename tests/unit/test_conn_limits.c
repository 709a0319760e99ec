/* What hostile peers send, row by row of the limits: one scenario that trips the bound, one honest
   one that comes close and passes. EYC is ENHANCE_YOUR_CALM. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"

#define HOST "Host: a\r\n"
#define HELLO "HTTP/1.1 200 content-length=5\nBODY \"hello\"\n"
#define H2_HELLO "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200\nDATA 1 \"hello\" end\n"
#define FINE "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\n"

/* The connection ends with this error; whole and octet by octet. */
static void trips(script *sc, const char *error, const char *code)
{
    char events[128], output[128];
    snprintf(events, sizeof events, "...\nERROR %s\n...", error);
    snprintf(output, sizeof output, "...\nGOAWAY %s\n", code);
    sc->unfed = 1;
    sc->quick = 1;
    sc->wants = H2NEG_WANT_HALF_CLOSE;
    script_play(sc, events, output);
}

/* And so with a bare HTTP/1.1 status. */
static void trips_h1(script *sc, const char *error, int status)
{
    char events[128], output[128];
    snprintf(events, sizeof events, "...\nERROR %s\n...", error);
    snprintf(output, sizeof output, "HTTP/1.1 %d connection=close\n...", status);
    sc->unfed = 1;
    sc->quick = 1;
    sc->wants = H2NEG_WANT_HALF_CLOSE;
    script_play(sc, events, output);
}

static void passes(script *sc, const char *output)
{
    sc->quick = 1;
    script_play(sc, "NEGOTIATED\n...", output);
}

#define EYC "ENHANCE_YOUR_CALM"

/* ---- resets -------------------------------------------------------------- */

static void resets(script *sc, const char *name, int n, int kind)
{
    int i;
    script_h2(sc, name, "");
    sc->config.reset_budget = 10;
    put_ack(&sc->in);
    for (i = 0; i < n; i++) {
        uint32_t id = (uint32_t)i * 2 + 1;
        put_request(&sc->in, id, kind == 1 ? END : 0, kind == 1 ? "GET" : "POST", "/later", "");
        if (kind == 0)
            put_rst(&sc->in, id, 8);
        else if (kind == 1)
            put_data(&sc->in, id, 0, "past the end");
        else if (kind == 2)
            put_window(&sc->in, id, 0);
        else if (kind == 3)
            put_window(&sc->in, id, 0x7fffffff);
        else
            put_priority(&sc->in, id, id);
    }
}

/* Rapid Reset (the peer resets) and MadeYouReset (it makes us reset). */
static void test_resets(void)
{
    int kind;
    for (kind = 0; kind < 5; kind++) {
        script sc;
        resets(&sc, "resets above the budget", 12, kind);
        trips(&sc, "LIMIT_RESETS", "* " EYC);
        resets(&sc, "resets within the budget", 9, kind);
        put_get(&sc.in, 101, "/now");
        passes(&sc, "...\nHEADERS 101\nDATA 101 end\n");
    }
}

/* A stream that completes earns one back. */
static void test_resets_honest(void)
{
    script sc;
    int i;
    script_h2(&sc, "every other stream is cancelled", "");
    sc.config.reset_budget = 10;
    put_ack(&sc.in);
    for (i = 0; i < 200; i++) {
        uint32_t id = (uint32_t)i * 2 + 1;
        put_get(&sc.in, id, i % 2 ? "/later" : "/now");
        if (i % 2)
            put_rst(&sc.in, id, 8);
    }
    passes(&sc, "...\nHEADERS 397\nDATA 397 end\n");
    script_h2(&sc, "malformed requests", "");
    sc.config.reset_budget = 10;
    for (i = 0; i < 12; i++)
        put_headers(&sc.in, (uint32_t)i * 2 + 1, HEADS | END, ":method: GET\n");
    trips(&sc, "LIMIT_RESETS", "* " EYC);
}

/* A reset costs only if the response had not ended; RST_STREAM NO_ERROR, and frames on a stream
   that we reset, cost nothing. */
static void test_resets_free(void)
{
    script sc;
    int i;
    script_h2(&sc, "early answers, and what comes behind them", "");
    sc.config.reset_budget = 10;
    put_ack(&sc.in);
    for (i = 0; i < 50; i++) {
        uint32_t id = (uint32_t)i * 2 + 1;
        put_request(&sc.in, id, 0, "POST", "/now", "");
        put_data(&sc.in, id, 0, "late");
        put_rst(&sc.in, id, 8);
    }
    passes(&sc, "...\nHEADERS 99\nDATA 99 end\nRST_STREAM 99 NO_ERROR\n");
}

/* Refusals cost once our SETTINGS are acknowledged. */
static void test_refusals(void)
{
    script sc;
    int i, acked;
    for (acked = 0; acked < 2; acked++) {
        script_h2(&sc, acked ? "refusals behind the ACK" : "refusals before the ACK", "");
        sc.config.reset_budget = 10;
        sc.config.max_concurrent_streams = 1;
        put_get(&sc.in, 1, "/later");
        if (acked)
            put_ack(&sc.in);
        for (i = 1; i < 20; i++)
            put_get(&sc.in, (uint32_t)i * 2 + 1, "/now");
        if (acked)
            trips(&sc, "LIMIT_RESETS", "* " EYC);
        else
            passes(&sc, "...\nRST_STREAM 39 REFUSED_STREAM\n");
    }
    script_h2(&sc, "refusals because of a kept slot", "");
    sc.config.reset_budget = 10;
    sc.config.max_concurrent_streams = 1;
    put_ack(&sc.in);
    put_get(&sc.in, 1, "/keep");
    for (i = 1; i < 20; i++)
        put_get(&sc.in, (uint32_t)i * 2 + 1, "/now");
    passes(&sc, "...\nRST_STREAM 39 REFUSED_STREAM\n");
}

/* ---- field blocks -------------------------------------------------------- */

/* HEADERS, `n` CONTINUATIONs, the last of which carries the fields; `empty` of them are empty. */
static void put_continued(buf *b, int n, int empty, size_t filler)
{
    buf block = {0, 0, 0};
    int i;
    put_block(&block, REQ("GET", "/now"));
    put_frame(b, 1, END, 1, NULL, 0);
    for (i = 0; i < n; i++) {
        buf piece = {0, 0, 0};
        if (i == n - 1)
            buf_add(&piece, block.p, block.len);
        else if (i >= empty)
            while (piece.len < filler + 1)
                buf_octet(
                    &piece,
                    0x20); /* HEADER_TABLE_SIZE 0: two of these at most, so the block is bad */
        put_frame(b, 9, i == n - 1 ? HEADS : 0, 1, piece.p, piece.len);
        buf_free(&piece);
    }
    buf_free(&block);
}

static void put_split_block(buf *b, const buf *block, int continuations)
{
    size_t piece = block->len / (size_t)(continuations + 1), at = piece;
    int i;
    put_frame(b, 1, END, 1, block->p, piece);
    for (i = 1; i <= continuations; i++) {
        size_t k = i == continuations ? block->len - at : piece;
        put_frame(b, 9, i == continuations ? HEADS : 0, 1, block->p + at, k);
        at += k;
    }
}

/* CONTINUATION floods: a count of frames, empty ones double. */
static void test_continuations(void)
{
    script sc;
    buf block = {0, 0, 0};
    put_block(&block, REQ("GET", "/now") "x-filler: some octets to cut\n");
    script_h2(&sc, "9 CONTINUATIONs", "");
    put_split_block(&sc.in, &block, 9);
    trips(&sc, "LIMIT_CONTINUATION", "* " EYC);
    script_h2(&sc, "8 CONTINUATIONs", "");
    put_split_block(&sc.in, &block, 8);
    passes(&sc, H2_HELLO);
    script_h2(&sc, "2 empty CONTINUATIONs", "");
    put_continued(&sc.in, 3, 2, 0);
    trips(&sc, "LIMIT_CONTINUATION", "* " EYC);
    script_h2(&sc, "1 empty CONTINUATION", "");
    put_continued(&sc.in, 2, 1, 0);
    passes(&sc, H2_HELLO);
    buf_free(&block);
}

/* Octets of a block on the wire: 4 x max_header_list. */
static void test_block_wire(void)
{
    script sc;
    int i;
    script_h2(&sc, "a block above 128 KiB on the wire", "");
    put_head(&sc.in, 16384, 1, END, 1);
    put_integer(&sc.in, 0, 4, 0);
    buf_text(&sc.in, "\x01x");
    put_integer(&sc.in, 0, 7, 16384 * 9);
    buf_fill(&sc.in, 'a', 16384 - (sc.in.len - 24 - 9 - 9));
    for (i = 0; i < 8; i++) {
        put_head(&sc.in, 16384, 9, 0, 1);
        buf_fill(&sc.in, 'a', 16384);
    }
    trips(&sc, "*", "* " EYC);
}

/* The list's size: 431 on the stream, and the connection goes on; above 4 times that it does not.
 */
static void put_sized(buf *b, uint32_t id, size_t fields, size_t value)
{
    buf block = {0, 0, 0}, text = {0, 0, 0};
    size_t i;
    put_block(&block, REQ("GET", "/now"));
    buf_fill(&text, 'v', value);
    for (i = 0; i < fields; i++)
        put_field(&block, "x-long-name", 11, text.p, text.len);
    put_head(b, block.len < 16384 ? block.len : 16384, 1, END | (block.len <= 16384 ? HEADS : 0),
             id);
    buf_add(b, block.p, block.len < 16384 ? block.len : 16384);
    for (i = 16384; i < block.len; i += 16384) {
        size_t k = block.len - i < 16384 ? block.len - i : 16384;
        put_frame(b, 9, i + k == block.len ? HEADS : 0, id, block.p + i, k);
    }
    buf_free(&block);
    buf_free(&text);
}

static void test_header_list(void)
{
    script sc;
    script_h2(&sc, "a list of a little over 32 KiB", "");
    put_sized(&sc.in, 1, 17, 1900);
    put_get(&sc.in, 3, "/now");
    sc.quick = 1;
    script_play(&sc, "NEGOTIATED\nREQUEST 3\nEND 3\nDONE 3 NO_ERROR\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=431\n...\nHEADERS 3\nDATA 3 end\n");
    script_h2(&sc, "a list of a little under 32 KiB", "");
    put_sized(&sc.in, 1, 16, 1950);
    passes(&sc, H2_HELLO);
    script_h2(&sc, "a list of more than 128 KiB", "");
    put_sized(&sc.in, 1, 70, 1900);
    trips(&sc, "*", "* " EYC);
}

/* The HPACK bomb: one entry, thousands of references. */
static void test_bomb(void)
{
    script sc;
    buf block = {0, 0, 0};
    script_h2(&sc, "an HPACK bomb", "");
    put_block(&block, REQ("GET", "/now"));
    buf_octet(&block, 0x40); /* literal, indexed */
    put_integer(&block, 0, 7, 1);
    buf_octet(&block, 'x');
    put_integer(&block, 0, 7, 3900);
    buf_fill(&block, 'b', 3900);
    buf_fill(&block, 0xbe, 10000); /* and again */
    put_frame(&sc.in, 1, HEADS | END, 1, block.p, block.len);
    trips(&sc, "*", "* " EYC);
    buf_free(&block);
}

/* The HTTP/2 Bomb: near-empty entries, and crumbs; the count holds too. */
static void put_counted(buf *b, size_t fields, const char *name)
{
    buf block = {0, 0, 0};
    size_t i;
    put_block(&block, REQ("GET", "/now"));
    for (i = 0; i < fields; i++)
        put_field(&block, name, strlen(name), "v", 1);
    put_frame(b, 1, HEADS | END, 1, block.p, block.len);
    buf_free(&block);
}

static void test_field_count(void)
{
    script sc;
    script_h2(&sc, "128 fields", "");
    put_counted(&sc.in, 124, "x-y");
    passes(&sc, H2_HELLO);
    script_h2(&sc, "129 fields", "");
    put_counted(&sc.in, 125, "x-y");
    sc.quick = 1;
    script_play(&sc, "NEGOTIATED\n", "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=431\n...");
    script_h2(&sc, "256 cookie crumbs", "");
    put_counted(&sc.in, 256, "cookie");
    passes(&sc, H2_HELLO);
    script_h2(&sc, "257 cookie crumbs", "");
    put_counted(&sc.in, 257, "cookie");
    sc.quick = 1;
    script_play(&sc, "NEGOTIATED\n", "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=431\n...");
}

/* One field line, and its 8 KiB. */
static void test_field_line(void)
{
    script sc;
    script_h2(&sc, "a field line of 8,300 octets", "");
    put_sized(&sc.in, 1, 1, 8289);
    sc.quick = 1;
    script_play(&sc, "NEGOTIATED\n", "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=431\n...");
    script_h2(&sc, "a field line of 8,100 octets", "");
    put_sized(&sc.in, 1, 1, 8089);
    passes(&sc, H2_HELLO);
}

static void test_table_updates(void)
{
    script sc;
    int n;
    for (n = 2; n < 4; n++) {
        buf block = {0, 0, 0};
        script_h2(&sc, n == 2 ? "2 table updates" : "3 table updates", "");
        buf_fill(&block, 0x20, (size_t)n);
        put_block(&block, REQ("GET", "/now"));
        put_frame(&sc.in, 1, HEADS | END, 1, block.p, block.len);
        buf_free(&block);
        if (n == 2)
            passes(&sc, H2_HELLO);
        else
            trips(&sc, "HPACK_UPDATE", "* COMPRESSION_ERROR");
    }
}

/* A client resets such a response. */
static void call_get(side *s)
{
    side_get(s, "/a");
}

static void test_client_list(void)
{
    script sc;
    buf block = {0, 0, 0};
    int i;
    put_block(&block, ":status: 200\n");
    for (i = 0; i < 128; i++)
        put_field(&block, "x-y", 3, "v", 1);
    script_h2_client(&sc, "a response of 129 fields", call_get, "");
    put_frame(&sc.in, 1, HEADS | END, 1, block.p, block.len);
    sc.quick = 1;
    script_play(&sc, "NEGOTIATED\nDONE 1 " EYC " err=LIMIT_FIELDS\n",
                "...\nRST_STREAM 1 " EYC "\n");
    buf_free(&block);
}

/* ---- frames that cost ---------------------------------------------------- */

static void test_empty_frames(void)
{
    script sc;
    int i;
    script_h2(&sc, "11 empty DATA", "");
    put_request(&sc.in, 1, 0, "POST", "/end", "");
    for (i = 0; i < 11; i++)
        put_data(&sc.in, 1, 0, "");
    trips(&sc, "LIMIT_EMPTY", "* " EYC);
    script_h2(&sc, "11 DATA of padding", "");
    put_request(&sc.in, 1, 0, "POST", "/end", "");
    for (i = 0; i < 11; i++)
        put_frame(&sc.in, 0, PADDED, 1, "\2\0\0", 3);
    trips(&sc, "LIMIT_EMPTY", "* " EYC);
    script_h2(&sc, "10 empty DATA, again and again", "");
    put_request(&sc.in, 1, 0, "POST", "/end", "");
    for (i = 0; i < 55; i++)
        put_data(&sc.in, 1, 0, i % 11 == 10 ? "x" : "");
    put_data(&sc.in, 1, END, "");
    passes(&sc, H2_HELLO);
}

static void test_settings_entries(void)
{
    script sc;
    buf entries = {0, 0, 0};
    int i;
    for (i = 0; i < 33; i++) {
        put_u16(&entries, 0x1000);
        put_u32(&entries, 1);
    }
    script_h2(&sc, "33 entries", "");
    put_frame(&sc.in, 4, 0, 0, entries.p, 33 * 6);
    trips(&sc, "LIMIT_SETTINGS", "* " EYC);
    script_h2(&sc, "32 entries", "");
    put_frame(&sc.in, 4, 0, 0, entries.p, 32 * 6);
    passes(&sc, "SETTINGS\nSETTINGS ACK\nSETTINGS ACK\n");
    buf_free(&entries);
}

/* Floods of PING, SETTINGS, PRIORITY, unknown frames: the overhead rule. */
static void put_cheap(buf *b, int kind)
{
    switch (kind) {
    case 0: put_ping(b, 0, "12345678"); break;
    case 1: put_settings(b, "3=1"); break;
    case 2: put_priority(b, 101, 0); break;
    default: put_frame(b, 0x42, 0, 0, "12345678", 8);
    }
}

static void test_overhead(void)
{
    int kind, i;
    for (kind = 0; kind < 4; kind++) {
        script sc;
        script_h2(&sc, "a flood of cheap frames", "");
        sc.config.overhead_slack = 5000;
        for (i = 0; i < 500; i++)
            put_cheap(&sc.in, kind);
        trips(&sc, "LIMIT_OVERHEAD", "* " EYC);
        script_h2(&sc, "some cheap frames", "");
        sc.config.overhead_slack = 5000;
        for (i = 0; i < 200; i++)
            put_cheap(&sc.in, kind);
        put_get(&sc.in, 1, "/now");
        passes(&sc, "...\nHEADERS 1\nDATA 1 end\n");
    }
}

/* Overhead is paid from useful octets: what is above would be fine beside a body. */
static void test_overhead_paid(void)
{
    script sc;
    int i;
    script_h2(&sc, "cheap frames beside a body", "");
    sc.config.overhead_slack = 5000;
    put_request(&sc.in, 1, 0, "POST", "/end", "");
    for (i = 0; i < 40; i++) {
        int k;
        put_bulk(&sc.in, 1, 0, 1000);
        for (k = 0; k < 50; k++)
            put_ping(&sc.in, 0, "12345678");
    }
    put_data(&sc.in, 1, END, "");
    passes(&sc, "...\nHEADERS 1 :status=200\nDATA 1 \"hello\" end\n");
}

/* PINGs of a peer that does not read: input stops, and goes on when it reads. */
static void test_ping_flood(void)
{
    h2neg_config config;
    meter m;
    side *s = (side *)calloc(1, sizeof *s);
    buf in = {0, 0, 0}, text = {0, 0, 0};
    const char *at;
    size_t fed;
    int i, acks = 0;
    memset(&config, 0, sizeof config);
    memset(&m, 0, sizeof m);
    config.alloc_fn = meter_fn;
    config.alloc_user = &m;
    config.max_output_pending = 8192;
    s->c = h2neg_conn_new(&config);
    put_preface(&in, "");
    for (i = 0; i < 2000; i++)
        put_ping(&in, 0, "12345678");
    s->no_write = 1;
    s->cut = 1;
    fed = side_feed(s, in.p, in.len);
    CHECK(fed < in.len);
    CHECK(!(h2neg_wants(s->c) & H2NEG_WANT_READ));
    CHECK(m.live <= h2neg_memory_bound(&config));
    s->no_write = 0;
    CHECK_INT(side_feed(s, in.p + fed, in.len - fed), in.len - fed);
    take_all(&text, &s->out, 0, 0, 0);
    for (at = text.p; (at = strstr(at, "PING ACK")) != NULL; at++)
        acks++;
    CHECK_INT(acks, 2000);
    buf_free(&in);
    buf_free(&text);
    side_free(s);
    free(s);
    CHECK_INT(m.live, 0);
}

static void test_window_updates(void)
{
    script sc;
    int i;
    script_h2(&sc, "a flood of WINDOW_UPDATEs", "");
    put_get(&sc.in, 1, "/now");
    for (i = 0; i < 60; i++)
        put_window(&sc.in, 0, 1);
    trips(&sc, "LIMIT_WINDOW_UPDATES", "* " EYC);
    script_h2(&sc, "5 WINDOW_UPDATEs before anything else", "");
    for (i = 0; i < 5; i++)
        put_window(&sc.in, 0, 1);
    put_get(&sc.in, 1, "/now");
    passes(&sc, H2_HELLO);
}

/* DATA that small windows cut: 64 short frames in a row, then it waits for min(left, 1024). */
static void test_short_data(void)
{
    script sc;
    int i;
    script_h2(&sc, "a window that grows by one octet at a time", "4=2000");
    put_get(&sc.in, 1, "/body/4000");
    for (i = 0; i < 100; i++)
        put_window(&sc.in, 1, 1);
    put_ping(&sc.in, 0, "12345678");
    put_window(&sc.in, 1, 2000);
    sc.quick = 1;
    sc.loose = 1;
    script_play(
        &sc, NULL,
        "SETTINGS\nSETTINGS ACK\nHEADERS 1\nDATA 1 <2064:* !end\nPING ACK\nDATA 1 <1936:* end\n");
}

static void test_goaway_debug(void)
{
    script sc;
    buf debug = {0, 0, 0};
    buf_fill(&debug, 'd', 1000);
    script_h2(&sc, "GOAWAY with much to say", "");
    put_goaway(&sc.in, 0, 0, debug.p);
    put_get(&sc.in, 1, "/now");
    sc.quick = 1;
    script_play(&sc, "NEGOTIATED\nGOAWAY NO_ERROR <256:*\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\n",
                H2_HELLO);
    buf_free(&debug);
}

/* Interim responses without end. */
static void test_informational_h2(void)
{
    script sc;
    int i;
    script_h2_client(&sc, "17 interim responses, HTTP/2", call_get, "");
    for (i = 0; i < 17; i++)
        put_response(&sc.in, 1, 0, 103, "");
    sc.quick = 1;
    script_play(&sc, "NEGOTIATED\n...\nDONE 1 err=LIMIT_INFORMATIONAL\n", "...\nRST_STREAM 1 *\n");
    script_h2_client(&sc, "16 interim responses, HTTP/2", call_get, "");
    for (i = 0; i < 16; i++)
        put_response(&sc.in, 1, 0, 103, "");
    put_response(&sc.in, 1, END, 204, "");
    sc.quick = 1;
    script_play(&sc, "NEGOTIATED\n...\nRESPONSE 1\nEND 1\nDONE 1 NO_ERROR\n", NULL);
}

/* ---- bodies -------------------------------------------------------------- */

static void test_content(void)
{
    script sc;
    script_h2(&sc, "a content-length above the limit, HTTP/2", "");
    sc.config.max_content_length = 1000;
    put_request(&sc.in, 1, 0, "POST", "/end", "content-length: 1001\n");
    put_get(&sc.in, 3, "/now");
    sc.quick = 1;
    script_play(&sc, "NEGOTIATED\n...\nREQUEST 3\nEND 3\nDONE 3 NO_ERROR\n",
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=413\n...\nHEADERS 3\nDATA 3 end\n");
    script_h2(&sc, "a body above the limit, HTTP/2", "");
    sc.config.max_content_length = 1000;
    put_request(&sc.in, 1, 0, "POST", "/end", "");
    put_bulk(&sc.in, 1, 0, 600);
    put_bulk(&sc.in, 1, END, 600);
    sc.quick = 1;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\n...\nDONE 1 !NO_ERROR err=LIMIT_BODY\n", NULL);
    script_h1(&sc, "a Content-Length above the limit",
              "POST / HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n");
    sc.config.max_content_length = 1000;
    trips_h1(&sc, "LIMIT_BODY", 413);
    script_h1(&sc, "a chunked body above the limit",
              "POST /end HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3e9\r\n");
    buf_fill(&sc.in, 'x', 1001);
    sc.config.max_content_length = 1000;
    trips_h1(&sc, "LIMIT_BODY", 413);
    script_h1(&sc, "a body of just the limit",
              "POST /end HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\n");
    buf_fill(&sc.in, 'x', 1000);
    sc.config.max_content_length = 1000;
    passes(&sc, HELLO);
}

/* ---- HTTP/1 -------------------------------------------------------------- */

static void h1_target(script *sc, size_t n)
{
    script_h1(sc, "a long target", "GET /now?");
    buf_fill(&sc->in, 't', n - 18); /* GET /now? + HTTP/1.1 + a space */
    buf_text(&sc->in, " HTTP/1.1\r\n" HOST "\r\n");
}

static void test_request_line(void)
{
    script sc;
    h1_target(&sc, 8193);
    trips_h1(&sc, "H1_LINE_LONG", 414);
    h1_target(&sc, 8192);
    passes(&sc, HELLO);
    script_h1(&sc, "a target without end", "GET /");
    buf_fill(&sc.in, 't', 20000);
    trips_h1(&sc, "H1_LINE_LONG", 414);
    script_h1(&sc, "a method without end", "");
    buf_fill(&sc.in, 'M', 20000);
    trips_h1(&sc, "*", 400);
}

static void test_h1_fields(void)
{
    script sc;
    int i, n;
    for (n = 128; n < 130; n++) {
        script_h1(&sc, n == 128 ? "128 fields" : "129 fields", "GET /now HTTP/1.1\r\n" HOST);
        for (i = 1; i < n; i++)
            buf_text(&sc.in, "x-y: z\r\n");
        buf_text(&sc.in, "\r\n");
        if (n == 128)
            passes(&sc, HELLO);
        else
            trips_h1(&sc, "H1_FIELDS_MANY", 431);
    }
    for (n = 8192; n < 8194; n++) {
        script_h1(&sc, n == 8192 ? "a line of 8 KiB" : "a line above 8 KiB",
                  "GET /now HTTP/1.1\r\n" HOST "x-y: ");
        buf_fill(&sc.in, 'v', (size_t)n - 5);
        buf_text(&sc.in, "\r\n\r\n");
        if (n == 8192)
            passes(&sc, HELLO);
        else
            trips_h1(&sc, "H1_FIELD_LONG", 431);
    }
    for (n = 0; n < 2; n++) {
        script_h1(&sc, n ? "a list above 32 KiB" : "a list just below 32 KiB",
                  "GET /now HTTP/1.1\r\n" HOST);
        for (i = 0; i < 4; i++) {
            buf_text(&sc.in, "x-y: ");
            buf_fill(&sc.in, 'v', n ? 8187 : 8100);
            buf_text(&sc.in, "\r\n");
        }
        buf_text(&sc.in, "\r\n");
        if (n)
            trips_h1(&sc, "H1_HEAD_LARGE", 431);
        else
            passes(&sc, HELLO);
    }
}

static void test_chunk_lines(void)
{
    static const char head[] = "POST /end HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n";
    script sc;
    int i, n;
    for (n = 1024; n < 1026; n++) {
        script_h1(&sc, n == 1024 ? "a chunk's line of 1 KiB" : "a chunk's line above 1 KiB", head);
        buf_text(&sc.in, "5;a=");
        buf_fill(&sc.in, 'e', (size_t)n - 4);
        buf_text(&sc.in, "\r\nhello\r\n0\r\n\r\n");
        if (n == 1024)
            passes(&sc, HELLO);
        else
            trips_h1(&sc, "CHUNK_LINE_LONG", 400);
    }
    for (n = 0; n < 2; n++) {
        script_h1(&sc, n ? "chunk lines that outweigh their data" : "some heavy chunk lines", head);
        for (i = 0; i < (n ? 40 : 10); i++) {
            buf_text(&sc.in, "1;a=");
            buf_fill(&sc.in, 'e', 1000);
            buf_text(&sc.in, "\r\nh\r\n");
        }
        buf_text(&sc.in, "0\r\n\r\n");
        if (n)
            trips_h1(&sc, "CHUNK_OVERHEAD", 400);
        else
            passes(&sc, HELLO);
    }
    for (n = 16; n < 18; n++) {
        script_h1(&sc, n == 16 ? "16 chunk digits" : "17 chunk digits", head);
        buf_fill(&sc.in, '0', (size_t)n - 1);
        buf_text(&sc.in, "5\r\nhello\r\n0\r\n\r\n");
        if (n == 16)
            passes(&sc, HELLO);
        else
            trips_h1(&sc, "CHUNK_SIZE", 400);
    }
    script_h1(&sc, "14 significant chunk digits", head);
    buf_text(&sc.in, "10000000000000\r\n");
    trips_h1(&sc, "CHUNK_SIZE", 400);
}

/* Trailers count in the head's limits. */
static void test_trailer_limits(void)
{
    script sc;
    int i;
    script_h1(&sc, "129 trailers",
              "POST /end HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n");
    for (i = 0; i < 129; i++)
        buf_text(&sc.in, "x-y: z\r\n");
    buf_text(&sc.in, "\r\n");
    trips_h1(&sc, "H1_FIELDS_MANY", 431);
}

static void test_informational_h1(void)
{
    script sc;
    int i;
    script_h1_client(&sc, "17 interim responses, HTTP/1.1", call_get);
    for (i = 0; i < 17; i++)
        buf_text(&sc.in, "HTTP/1.1 103 Early Hints\r\n\r\n");
    sc.unfed = 1;
    sc.quick = 1;
    script_play(&sc, "...\nERROR LIMIT_INFORMATIONAL\nDONE 1 !NO_ERROR\n", NULL);
    script_h1_client(&sc, "16 interim responses, HTTP/1.1", call_get);
    for (i = 0; i < 16; i++)
        buf_text(&sc.in, "HTTP/1.1 103 Early Hints\r\n\r\n");
    buf_text(&sc.in, "HTTP/1.1 204 No Content\r\n\r\n");
    sc.quick = 1;
    script_play(&sc, "...\nRESPONSE 1\nEND 1\nDONE 1 NO_ERROR\n", NULL);
}

/* The overhead rule over HTTP/1.1: tiny chunks. */
static void test_h1_overhead(void)
{
    script sc;
    int i, n;
    for (n = 0; n < 2; n++) {
        script_h1(&sc, n ? "a body of one-octet chunks with extensions" : "one-octet chunks",
                  "POST /end HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
        sc.config.overhead_slack = 5000;
        for (i = 0; i < 1000; i++)
            buf_text(&sc.in, n ? "1;a=0123456\r\nx\r\n" : "1\r\nx\r\n");
        buf_text(&sc.in, "0\r\n\r\n");
        if (n)
            trips_h1(&sc, "*", 400);
        else
            passes(&sc, HELLO);
    }
}

/* ---- behind a fatal error ------------------------------------------------ */

/* Inert: 64 KiB are swallowed, then it closes; every call is safe. */
static void test_inert(void)
{
    side *s = (side *)calloc(1, sizeof *s);
    buf in = {0, 0, 0};
    size_t out;
    s->c = h2neg_conn_new(NULL);
    put_preface(&in, "");
    put_get(&in, 1, "/later");
    put_data(&in, 0, 0, "x");
    side_feed(s, in.p, in.len);
    CHECK_INT(s->errors, 1);
    CHECK_INT(s->done, 1);
    CHECK(h2neg_wants(s->c) & H2NEG_WANT_HALF_CLOSE);
    CHECK(h2neg_wants(s->c) & H2NEG_WANT_READ);
    out = s->out.len;
    buf_fill(&in, 0, 100000);
    CHECK(side_feed(s, in.p, in.len) <= 65536 + 16384);
    CHECK(h2neg_wants(s->c) & H2NEG_WANT_CLOSE);
    CHECK_INT(s->out.len, out);
    CHECK_INT(h2neg_reply(s->c, 1, 200, NULL, "x", 1), H2NEG_ERR_STREAM_GONE);
    h2neg_shutdown(s->c);
    h2neg_goaway(s->c, 1);
    CHECK(h2neg_ping(s->c, "12345678") < 0);
    h2neg_tick(s->c, 5);
    h2neg_eof(s->c);
    h2neg_lost(s->c);
    side_drain(s);
    CHECK_INT(s->out.len, out);
    CHECK_INT(s->errors, 1);
    buf_free(&in);
    side_free(s);
    free(s);
}

/* Any calls in any order behind an error: nothing is written, nothing crashes. */
static void test_inert_random(void)
{
    int round, k;
    for (round = 0; round < 300; round++) {
        side *s = (side *)calloc(1, sizeof *s);
        buf in = {0, 0, 0};
        h2neg_message m = message_status(200);
        s->c = h2neg_conn_new(NULL);
        put_preface(&in, "");
        put_get(&in, 1, "/later");
        put_get(&in, 3, "/stream/100000");
        put_data(&in, 0, 0, "x");
        side_feed(s, in.p, in.len);
        for (k = 0; k < 20; k++) {
            uint32_t id = check_random(3) * 2 + 1, other;
            switch (check_random(14)) {
            case 0: side_feed(s, in.p, check_random((unsigned)in.len)); break;
            case 1: h2neg_eof(s->c); break;
            case 2: h2neg_lost(s->c); break;
            case 3: h2neg_tick(s->c, check_random(100000)); break;
            case 4: CHECK(h2neg_respond(s->c, id, &m, 0) < 0); break;
            case 5: CHECK(h2neg_send(s->c, id, "x", 1, 0) < 0); break;
            case 6: CHECK(h2neg_reset(s->c, id, 8) < 0); break;
            case 7: h2neg_shutdown(s->c); break;
            case 8: h2neg_goaway(s->c, 2); break;
            case 9: CHECK(h2neg_accept(s->c, id, NULL, NULL, 0) < 0); break;
            case 10: CHECK(h2neg_request(s->c, &m, 0, &other) < 0); break;
            case 11: CHECK_INT(h2neg_room(s->c, id), 0); break;
            case 12: CHECK(h2neg_hold(s->c, id, 1) < 0); break;
            default: CHECK(h2neg_keep(s->c, id, 1) < 0);
            }
            side_drain(s);
        }
        CHECK_INT(s->errors, 1);
        CHECK_INT(s->opened, s->done);
        buf_free(&in);
        side_free(s);
        free(s);
    }
}

CHECK_MAIN(test_resets, test_resets_honest, test_resets_free, test_refusals, test_continuations,
           test_block_wire, test_header_list, test_bomb, test_field_count, test_field_line,
           test_table_updates, test_client_list, test_empty_frames, test_settings_entries,
           test_overhead, test_overhead_paid, test_ping_flood, test_window_updates, test_short_data,
           test_goaway_debug, test_informational_h2, test_content, test_request_line,
           test_h1_fields, test_chunk_lines, test_trailer_limits, test_informational_h1,
           test_h1_overhead, test_inert, test_inert_random)
