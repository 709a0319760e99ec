/* Hostile peers over HTTP/2: every row of the attacks and of the limits, one scenario that trips
   the bound and one honest one that comes close. Of each: the exact answer, the octet that decides,
   the memory held, and that other streams and connections go on (attack.h). EYC: ENHANCE_YOUR_CALM.
 */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "attack.h"

#define EYC "ENHANCE_YOUR_CALM"
#define PE "PROTOCOL_ERROR"
#define LEN(a) ((long)((a).sc.in.len - (a).here))

/* ---- resets: Rapid Reset, MadeYouReset ----------------------------------- */

enum {
    BY_PEER,
    BY_DATA_PAST_END,
    BY_WINDOW_ZERO,
    BY_WINDOW_OVER,
    BY_PRIORITY_SELF,
    BY_PRIORITY_LENGTH,
    BY_HEADERS_PAST_END,
    BY_HEADERS_SELF,
    BY_TRAILERS_OPEN,
    BY_CONTENT_LENGTH,
    BY_MALFORMED,
    BY_PAD_ONLY_FLOW,
    RESET_KINDS
};

static void put_self(buf *b, uint32_t id)
{
    buf block = {0, 0, 0};
    put_u32(&block, id);
    buf_octet(&block, 15);
    put_block(&block, REQ("GET", "/later"));
    put_frame(b, 1, HEADS | END | PRIO, id, block.p, block.len);
    buf_free(&block);
}

/* A request, and what makes somebody reset it; the mark is there. */
static void put_reset(attack *a, uint32_t id, int kind)
{
    buf *b = &a->sc.in;
    int get = kind == BY_DATA_PAST_END || kind == BY_HEADERS_PAST_END;
    attack_here(a);
    if (kind == BY_HEADERS_SELF) {
        put_self(b, id);
        return;
    }
    if (kind == BY_MALFORMED) {
        put_headers(b, id, HEADS | END, ":method: GET\n");
        return;
    }
    put_request(b, id, get ? END : 0, get ? "GET" : "POST", "/later",
                kind == BY_CONTENT_LENGTH ? "content-length: 5\n" : "");
    attack_here(a);
    switch (kind) {
    case BY_PEER: put_rst(b, id, 8); break;
    case BY_DATA_PAST_END: put_data(b, id, 0, "past the end"); break;
    case BY_WINDOW_ZERO: put_window(b, id, 0); break;
    case BY_WINDOW_OVER: put_window(b, id, 0x7fffffff); break;
    case BY_PRIORITY_SELF: put_priority(b, id, id); break;
    case BY_PRIORITY_LENGTH: put_frame(b, 2, 0, id, "\0\0\0\0", 4); break;
    case BY_HEADERS_PAST_END: put_headers(b, id, HEADS | END, "x-a: b\n"); break;
    case BY_TRAILERS_OPEN: put_headers(b, id, HEADS, "x-a: b\n"); break;
    case BY_PAD_ONLY_FLOW: put_data(b, id, END | PADDED, "\0"); break;
    default: put_data(b, id, END, "four");
    }
}

static void resets(attack *a, const char *name, int kind, int n, uint32_t budget)
{
    int i;
    attack_h2(a, name, "");
    a->sc.config.reset_budget = budget;
    a->sc.config.window_update_slack = 10000;
    for (i = 0; i < n; i++) {
        put_reset(a, (uint32_t)i * 2 + 3, kind);
    }
}

/* The budget holds whoever sends the RST_STREAM (CVE-2023-44487, CVE-2025-8671), for every thing
   that a peer can do to its own stream. */
static void test_resets(void)
{
    static const char *const names[] = {
        "RST_STREAM of the peer",      "DATA past END_STREAM",
        "WINDOW_UPDATE of zero",       "WINDOW_UPDATE that overflows",
        "PRIORITY on itself",          "PRIORITY of 4 octets",
        "HEADERS past END_STREAM",     "HEADERS that depend on themselves",
        "trailers without END_STREAM", "a content-length that is not met",
        "malformed requests"};
    /* the octet of the last frame that decides; DATA of a length come as they come */
    static const long decided[] = {13, 9, 13, 13, 14, 9, 16, 79, 16, ANY, 22};
    int kind;
    for (kind = 0; kind < BY_PAD_ONLY_FLOW; kind++) {
        attack a;
        resets(&a, names[kind], kind, 10, 10);
        conn_ends(&a, H2NEG_ERR_LIMIT_RESETS, EYC, ANY, decided[kind]);
        resets(&a, names[kind], kind, 9, 10);
        passes(&a, 101, NULL);
    }
}

/* The default is 1,000; slots are free when DONE was taken, so that memory does not follow. */
static void test_resets_default(void)
{
    attack a;
    resets(&a, "1,000 resets", BY_PEER, 1000, 0);
    a.whole_only = 1;
    conn_ends(&a, H2NEG_ERR_LIMIT_RESETS, EYC, LEN(a), ANY);
    resets(&a, "999 resets", BY_PEER, 999, 0);
    a.whole_only = 1;
    passes(&a, 4001, NULL);
    resets(&a, "1,000 resets of ours", BY_DATA_PAST_END, 1000, 0);
    a.whole_only = 1;
    conn_ends(&a, H2NEG_ERR_LIMIT_RESETS, EYC, ANY, ANY);
}

/* A second of the clock gives 33 back; a stream that completes one. */
static void resets_refill(int given, int spent, int ends)
{
    attack a;
    int i;
    attack_h2(
        &a, ends ? "resets above what the clock gave back" : "resets that the clock gave back", "");
    a.sc.config.reset_budget = 40;
    a.sc.config.idle_timeout = a.sc.config.body_min_rate = H2NEG_OFF;
    script_tick(&a.sc, 1000);
    for (i = 0; i < 39; i++)
        put_reset(&a, (uint32_t)i * 2 + 3, BY_PEER);
    script_tick(&a.sc, 1000 + (uint64_t)given);
    for (i = 39; i < 39 + spent; i++) {
        put_reset(&a, (uint32_t)i * 2 + 3, BY_PEER);
    }
    if (ends)
        conn_ends(&a, H2NEG_ERR_LIMIT_RESETS, EYC, LEN(a), LEN(a));
    else
        passes(&a, 1001, NULL);
}

static void test_resets_refill(void)
{
    attack a;
    int i;
    resets_refill(1000, 33, 0);
    resets_refill(1000, 34, 1);
    resets_refill(500, 16, 0);
    resets_refill(500, 17, 1);
    for (i = 0; i < 2; i++) { /* and no more than it was at first */
        int k;
        attack_h2(&a, "streams that complete give back", "");
        a.sc.config.reset_budget = 10;
        for (k = 0; k < 9; k++)
            put_reset(&a, (uint32_t)k * 2 + 3, BY_PEER);
        for (k = 9; k < 19; k++)
            put_get(&a.sc.in, (uint32_t)k * 2 + 3, "/now");
        for (k = 19; k < 28 + i; k++) {
            put_reset(&a, (uint32_t)k * 2 + 3, BY_PEER);
        }
        if (i)
            conn_ends(&a, H2NEG_ERR_LIMIT_RESETS, EYC, LEN(a), LEN(a));
        else
            passes(&a, 101, NULL);
    }
}

/* What costs nothing: RST_STREAM behind a whole answer, RST_STREAM NO_ERROR of ours, frames on
   streams that we reset, refusals before our SETTINGS are acknowledged and for a kept slot. */
static void test_resets_free(void)
{
    attack a;
    int i;
    attack_h2(&a, "resets that cost nothing", "");
    a.sc.config.reset_budget = 2;
    for (i = 1; i < 40; i++) {
        uint32_t id = (uint32_t)i * 2 + 1;
        put_request(&a.sc.in, id, 0, "POST", "/now", "");
        put_data(&a.sc.in, id, 0, "late");
        put_headers(&a.sc.in, id, HEADS, "x-a: late\n");
        put_window(&a.sc.in, id, 0);
        put_rst(&a.sc.in, id, 8);
        put_rst(&a.sc.in, id, 8);
    }
    passes(&a, 101, NULL);
    attack_h2(&a, "a reset of ours by the application", "");
    a.sc.config.reset_budget = 2;
    for (i = 1; i < 40; i++)
        put_get(&a.sc.in, (uint32_t)i * 2 + 1, "/reset/8");
    passes(&a, 101, NULL);
}

/* max_concurrent_streams, kept slots included: REFUSED_STREAM, which costs once our SETTINGS are
   acknowledged. */
static void test_concurrent(void)
{
    attack a;
    int i;
    attack_h2(&a, "100 streams at once, and one more", "");
    for (i = 1; i < 100; i++)
        put_request(&a.sc.in, (uint32_t)i * 2 + 1, 0, "POST", "/end", "");
    attack_here(&a);
    put_request(&a.sc.in, 201, 0, "POST", "/end", "");
    put_data(&a.sc.in, 3, END, "x");
    a.decided = LEN(a) - 10;
    others_go_on(&a, 203);
    attack_play(&a, ANY, "NEGOTIATED\n...\nDONE 203 NO_ERROR\n",
                "...\nRST_STREAM 201 REFUSED_STREAM\n...\nDATA 203 \"hello\" end\n");
    for (i = 0; i < 2; i++) {
        int k;
        attack_h2(&a, "refusals above the budget", "");
        a.sc.config.max_concurrent_streams = 1;
        a.sc.config.reset_budget = 10;
        for (k = 0; k < 9 + i; k++) {
            attack_here(&a);
            put_get(&a.sc.in, (uint32_t)k * 2 + 3, "/now");
        }
        if (i) {
            conn_ends(&a, H2NEG_ERR_LIMIT_RESETS, EYC, ANY, LEN(a));
        } else {
            put_data(&a.sc.in, 1, END, "after");
            put_get(&a.sc.in, 101, "/now");
            a.next = 101;
            attack_play(&a, 0, NULL, "...\nRST_STREAM 19 REFUSED_STREAM\n...");
        }
    }
}

/* ---- field blocks -------------------------------------------------------- */

/* A block cut into HEADERS and `n` CONTINUATIONs; `empty`: the first so many carry nothing. The
   mark is the last of them. */
static void put_pieces(attack *a, uint32_t id, const buf *block, int n, int empty)
{
    size_t piece = block->len / (size_t)(n - empty + 1), at = piece;
    int i;
    put_frame(&a->sc.in, 1, END | (n ? 0 : HEADS), id, block->p, n ? piece : block->len);
    for (i = 1; i <= n; i++) {
        size_t k = i == n ? block->len - at : piece;
        attack_here(a);
        put_frame(&a->sc.in, 9, i == n ? HEADS : 0, id, block->p + at, i <= empty ? 0 : k);
        at += i <= empty ? 0 : k;
    }
}

/* CONTINUATION floods (CVE-2024-27316 and so on; CVE-2026-33871): 8 of them, of which one empty. */
static void test_continuations(void)
{
    buf block = {0, 0, 0};
    attack a;
    put_block(&block, REQ("GET", "/now") "x-filler: octets to cut\n");
    attack_h2(&a, "9 CONTINUATIONs", "");
    put_pieces(&a, 3, &block, 9, 0);
    conn_ends(&a, H2NEG_ERR_LIMIT_CONTINUATION, EYC, 0, 9);
    attack_h2(&a, "8 CONTINUATIONs", "");
    put_pieces(&a, 3, &block, 8, 0);
    passes(&a, 5, NULL);
    attack_h2(&a, "2 empty CONTINUATIONs", "");
    put_pieces(&a, 3, &block, 3, 2);
    a.here -= 9;
    conn_ends(&a, H2NEG_ERR_LIMIT_CONTINUATION, EYC, 0, 9);
    attack_h2(&a, "1 empty CONTINUATION", "");
    put_pieces(&a, 3, &block, 2, 1);
    passes(&a, 5, NULL);
    attack_h2(&a, "3 CONTINUATIONs where 2 are let in", "");
    a.sc.config.max_continuations = 2;
    put_pieces(&a, 3, &block, 3, 0);
    conn_ends(&a, H2NEG_ERR_LIMIT_CONTINUATION, EYC, 0, 9);
    attack_h2(&a, "any where none is let in", "");
    a.sc.config.max_continuations = H2NEG_OFF;
    put_pieces(&a, 3, &block, 1, 0);
    conn_ends(&a, H2NEG_ERR_LIMIT_CONTINUATION, EYC, 0, 9);
    buf_free(&block);
}

/* The same toward a client. */
static void test_continuations_client(void)
{
    attack a;
    int i;
    attack_h2_client(&a, "9 CONTINUATIONs from a server", "");
    put_frame(&a.sc.in, 1, 0, 3, "\x88", 1);
    for (i = 0; i < 9; i++) {
        attack_here(&a);
        put_frame(&a.sc.in, 9, 0, 3, "\x88", 0 + (i > 0));
    }
    conn_ends(&a, H2NEG_ERR_LIMIT_CONTINUATION, EYC, 0, 9);
}

/* Octets of a block on the wire: 4 x max_header_list, however little they decode to: here a Huffman
   string of 30-bit codes (of LF), 4 octets out of 15. The header's own length decides. */
static void put_wire(attack *a, size_t total)
{
    size_t put = 0, first = 1, bits;
    buf block = {0, 0, 0};
    put_block(&block, REQ("GET", "/now"));
    buf_octet(&block, 0);
    put_integer(&block, 0, 7, 1);
    buf_octet(&block, 'x');
    put_integer(&block, 0x80, 7, total - block.len - (total > 16600 ? 4 : 3));
    bits = (total - block.len) * 8;
    while (block.len < total) { /* 30 bits of 0x3ffffffc at a time; at the end '0', 00000 */
        unsigned octet = 0, i;
        for (i = 0; i < 8; i++) {
            size_t at = (total - block.len) * 8 - i, nth = bits - at;
            unsigned one = nth / 30 == bits / 30 ? nth % 30 >= bits % 30 / 5 * 5 : nth % 30 < 28;
            octet = octet << 1 | one;
        }
        buf_octet(&block, octet);
    }
    while (put < total) {
        size_t n = total - put < 16384 ? total - put : 16384;
        attack_here(a);
        put_frame(&a->sc.in, first ? 1 : 9, (first ? END : 0) | (put + n == total ? HEADS : 0), 3,
                  block.p + put, n);
        first = 0;
        put += n;
    }
    buf_free(&block);
}

static void test_block_wire(void)
{
    attack a;
    attack_h2(&a, "a block of 4 x 32 KiB and some octets on the wire", "");
    a.chunk = 1000;
    put_wire(&a, 131080);
    conn_ends(&a, H2NEG_ERR_LIMIT_FIELDS, EYC, 0, ANY);
    attack_h2(&a, "a block of 4 x 4 KiB and one octet on the wire", "");
    a.sc.config.max_header_list = 4096;
    put_wire(&a, 16385);
    conn_ends(&a, H2NEG_ERR_LIMIT_FIELDS, EYC, 0, 9);
    attack_h2(&a, "a block of 4 x 4 KiB on the wire", "");
    a.sc.config.max_header_list = 4096;
    put_wire(&a, 16384);
    answered(&a, 3, 431, LEN(a));
}

/* One request with `fields` fields of this size beside the four pseudo-fields. */
static void put_sized(attack *a, uint32_t id, size_t fields, size_t value, const char *name)
{
    buf block = {0, 0, 0}, text = {0, 0, 0};
    size_t i, first = 1;
    put_block(&block, REQ("GET", "/now"));
    buf_fill(&text, 'v', value + 1);
    for (i = 0; i < fields; i++)
        put_field(&block, name, strlen(name), text.p, value);
    for (i = 0; i < block.len; i += 16384) {
        size_t n = block.len - i < 16384 ? block.len - i : 16384;
        attack_here(a);
        put_frame(&a->sc.in, first ? 1 : 9, (first ? END : 0) | (i + n == block.len ? HEADS : 0),
                  id, block.p + i, n);
        first = 0;
    }
    buf_free(&block);
    buf_free(&text);
}

/* The list's size is name + value + 32 for each field, pseudo-fields too. Above: 431 on the stream
   and decoding goes on; above 4 times: the connection. Pseudo-fields of REQ: 7+3, 7+4, 10+11, 5+4
   and 4 x 32: 179. */
static void test_header_list(void)
{
    attack a;
    attack_h2(&a, "a list of 2,048 and one octet", "");
    a.sc.config.max_header_list = 2048;
    put_sized(&a, 3, 1, 2048 - 179 - 32 - 3 + 1, "x-y");
    answered(&a, 3, 431, LEN(a));
    attack_h2(&a, "a list of 2,048", "");
    a.sc.config.max_header_list = 2048;
    put_sized(&a, 3, 1, 2048 - 179 - 32 - 3, "x-y");
    passes(&a, 5, NULL);
    attack_h2(&a, "a list of 32,768 and one octet", "");
    a.chunk = 999;
    put_sized(&a, 3, 4, (32768 - 179) / 4 - 35 + 1, "x-y");
    answered(&a, 3, 431, ANY);
    attack_h2(&a, "a list just below 32,768", "");
    a.chunk = 999;
    put_sized(&a, 3, 4, (32768 - 179) / 4 - 35, "x-y");
    passes(&a, 5, NULL);
    attack_h2(&a, "trailers are in the same budget", "");
    a.sc.config.max_header_list = 2048;
    put_request(&a.sc.in, 3, 0, "POST", "/end", "");
    attack_here(&a);
    {
        buf block = {0, 0, 0}, text = {0, 0, 0};
        buf_fill(&text, 'v', 2048 - 34);
        put_field(&block, "x-y", 3, text.p, text.len);
        put_frame(&a.sc.in, 1, HEADS | END, 3, block.p, block.len);
        buf_free(&block);
        buf_free(&text);
    }
    stream_ends(&a, 3, H2NEG_ERR_LIMIT_FIELDS, EYC, 1, LEN(a));
}

/* The HPACK bomb (CVE-2016-6581): one entry, thousands of one-octet references. The size that is
   compared is the decoded one, before anything is copied. */
static void put_bomb(attack *a, size_t entry, size_t references)
{
    buf block = {0, 0, 0}, text = {0, 0, 0};
    buf_fill(&text, 'b', entry);
    put_block(&block, REQ("GET", "/now"));
    buf_octet(&block, 0x40);
    put_integer(&block, 0, 7, 1);
    buf_octet(&block, 'x');
    put_integer(&block, 0, 7, entry);
    buf_add(&block, text.p, entry);
    buf_fill(&block, 0xbe, references);
    attack_here(a);
    put_frame(&a->sc.in, 1, HEADS | END, 3, block.p, block.len);
    buf_free(&block);
    buf_free(&text);
}

static void test_bomb(void)
{
    attack a;
    attack_h2(&a, "an HPACK bomb", "");
    put_bomb(&a, 4000, 10000);
    conn_ends(&a, H2NEG_ERR_LIMIT_FIELDS, EYC, 0, ANY);
    attack_h2(&a, "a small HPACK bomb: 40 KiB decoded", "");
    put_bomb(&a, 4000, 9);
    answered(&a, 3, 431, LEN(a));
    attack_h2(&a, "near-empty entries, referenced 10,000 times", ""); /* CVE-2026-49975 */
    put_bomb(&a, 0, 10000);
    conn_ends(&a, H2NEG_ERR_LIMIT_FIELDS, EYC, 0, ANY);
    attack_h2(&a, "near-empty entries, referenced 123 times", "");
    put_bomb(&a, 0, 123);
    passes(&a, 5, NULL);
    attack_h2(&a, "near-empty entries, referenced 124 times", "");
    put_bomb(&a, 0, 124);
    answered(&a, 3, 431, LEN(a));
}

/* The HTTP/2 Bomb's other halves: cookie crumbs, counted singly; and a stream that is then held
   open by one-octet windows (its end: test_attack_time.c, write_stall). */
static void test_counts(void)
{
    attack a;
    attack_h2(&a, "256 crumbs", "");
    put_sized(&a, 3, 256, 1, "cookie");
    passes(&a, 5, NULL);
    attack_h2(&a, "257 crumbs", "");
    put_sized(&a, 3, 257, 1, "cookie");
    answered(&a, 3, 431, LEN(a));
    attack_h2(&a, "128 fields and 256 crumbs", "");
    {
        buf block = {0, 0, 0};
        int i;
        put_block(&block, REQ("GET", "/now"));
        for (i = 0; i < 380; i++)
            put_field(&block, i < 124 ? "x-y" : "cookie", i < 124 ? 3 : 6, "v", 1);
        put_frame(&a.sc.in, 1, HEADS | END, 3, block.p, block.len);
        buf_free(&block);
    }
    passes(&a, 5, NULL);
    attack_h2(&a, "129 fields", "");
    put_sized(&a, 3, 125, 1, "x-y");
    answered(&a, 3, 431, LEN(a));
    attack_h2(&a, "5 fields where 4 are let in", "");
    a.sc.config.max_header_fields = 4;
    put_sized(&a, 3, 1, 1, "x-name");
    answered(&a, 3, 431, LEN(a));
    attack_h2(&a, "129 trailers", "");
    put_request(&a.sc.in, 3, 0, "POST", "/end", "");
    attack_here(&a);
    {
        buf block = {0, 0, 0};
        int i;
        for (i = 0; i < 129; i++)
            put_field(&block, "x-y", 3, "v", 1);
        put_frame(&a.sc.in, 1, HEADS | END, 3, block.p, block.len);
        buf_free(&block);
    }
    stream_ends(&a, 3, H2NEG_ERR_LIMIT_FIELDS, EYC, 1, LEN(a));
}

static void test_field_line(void)
{
    attack a;
    attack_h2(&a, "a field of 8,193 octets", "");
    put_sized(&a, 3, 1, 8193 - 3, "x-y");
    answered(&a, 3, 431, LEN(a));
    attack_h2(&a, "a field of 8,192 octets", "");
    put_sized(&a, 3, 1, 8192 - 3, "x-y");
    passes(&a, 5, NULL);
}

/* Behind a 431 the table is as it should be: what was indexed in the refused block is there. */
static void test_refused_block_is_decoded(void)
{
    static const char indexed[] = "\x40\x03x-y\x01z"; /* 62: x-y: z */
    attack a;
    buf block = {0, 0, 0};
    int i;
    attack_h2(&a, "a 431's entries are in the table", "");
    put_block(&block, REQ("GET", "/now"));
    for (i = 0; i < 200; i++)
        put_field(&block, "x-y", 3, "v", 1);
    buf_add(&block, indexed, sizeof indexed - 1);
    put_frame(&a.sc.in, 1, HEADS | END, 3, block.p, block.len);
    buf_free(&block);
    put_block(&block, REQ("GET", "/now"));
    buf_octet(&block, 0xbe);
    put_frame(&a.sc.in, 1, HEADS | END, 5, block.p, block.len);
    buf_free(&block);
    others_go_on(&a, 7);
    attack_play(&a, 0, "...\nREQUEST 5 x-y=z\n...", "...\nHEADERS 3 :status=431\n...");
}

/* Table size updates: at the start of a block, two at most, and not above what was acknowledged. */
static void put_raw_block(attack *a, uint32_t id, const char *hex_in_front, const char *lines,
                          const char *hex_behind)
{
    unsigned char octets[400];
    buf block = {0, 0, 0};
    buf_add(&block, octets, check_hex(octets, hex_in_front));
    put_block(&block, lines);
    buf_add(&block, octets, check_hex(octets, hex_behind));
    attack_here(a);
    put_frame(&a->sc.in, 1, HEADS | END, id, block.p, block.len);
    buf_free(&block);
}

typedef struct raw_block {
    const char *name, *front, *behind;
    int error; /* 0: it passes */
    long decided;
} raw_block;

static const raw_block raw_blocks[] = {
    {"2 table updates", "20 3fe11f", "", 0, 0},
    {"3 table updates", "20 3fe11f 20", "", H2NEG_ERR_HPACK_UPDATE, 9 + 5},
    {"flapping 0/4096", "20 3fe11f 20 3fe11f", "", H2NEG_ERR_HPACK_UPDATE, 9 + 5},
    {"an update behind a field", "", "20", H2NEG_ERR_HPACK_UPDATE, ANY},
    {"an update to 4,096", "3fe11f", "", 0, 0},
    {"an update to 4,097", "3fe21f", "", H2NEG_ERR_HPACK_UPDATE, 9 + 3},
    {"an update to 2^32-1", "3fe0ffffff0f", "", H2NEG_ERR_HPACK_UPDATE, 9 + 6},
    {"index 0", "80", "", H2NEG_ERR_HPACK_INDEX, 9 + 1},
    {"index 62, the table is empty", "", "be", H2NEG_ERR_HPACK_INDEX, ANY},
    {"a name's index 62", "7e0161", "", H2NEG_ERR_HPACK_INDEX, 9 + 1},
    {"an index of 5 octets", "ff80808000", "", H2NEG_ERR_HPACK_INDEX, 9 + 5},
    {"an index of 2^31", "ff81ffffff07", "", H2NEG_ERR_HPACK_INDEX, ANY},
    {"an integer without end", "ffffffffffffff", "", H2NEG_ERR_HPACK_INTEGER, 9 + 6},
    {"an integer padded with zeros", "ff808080808000", "", H2NEG_ERR_HPACK_INTEGER, 9 + 6},
    {"a name's length of 2^32", "007f81ffffff0f", "", H2NEG_ERR_HPACK_INTEGER, ANY},
    {"Huffman padding of 8 bits", "", "0001 61 82 1fff", H2NEG_ERR_HPACK_HUFFMAN, ANY},
    {"Huffman padding of zeros", "", "0001 61 81 18", H2NEG_ERR_HPACK_HUFFMAN, ANY},
    {"Huffman EOS", "", "0001 61 84 ffffffff", H2NEG_ERR_HPACK_HUFFMAN, ANY},
    {"a value that the block does not hold", "", "0001 61 05 61", H2NEG_ERR_HPACK_CUT, ANY},
    {"a length above the block", "", "0001 61 7fffff07", H2NEG_ERR_HPACK_CUT, ANY},
    {"Huffman padding of ones", "", "0001 61 81 1f", 0, 0}};

static void test_hpack(void)
{
    size_t i;
    for (i = 0; i < sizeof raw_blocks / sizeof raw_blocks[0]; i++) {
        const raw_block *row = &raw_blocks[i];
        attack a;
        attack_h2(&a, row->name, "");
        put_raw_block(&a, 3, row->front, REQ("GET", "/now"), row->behind);
        if (row->error)
            conn_ends(&a, row->error, "COMPRESSION_ERROR", ANY, row->decided);
        else
            passes(&a, 5, NULL);
    }
}

/* Our decoder allows 4,096 until the peer acknowledged a smaller table; behind that no more. */
static void test_decoder_table(void)
{
    attack a;
    int acked;
    for (acked = 0; acked < 2; acked++) {
        attack_init(&a, acked ? "4,096 behind the ACK" : "4,096 before the ACK", ON_H2);
        a.sc.config.hpack_decoder_table = 100;
        put_preface(&a.sc.in, "");
        put_request(&a.sc.in, 1, 0, "POST", "/echo", "");
        put_data(&a.sc.in, 1, 0, "before");
        if (acked)
            put_ack(&a.sc.in);
        a.companion = 1;
        put_raw_block(&a, 3, "3fe11f", REQ("GET", "/now"), "");
        if (acked) {
            conn_ends(&a, H2NEG_ERR_HPACK_UPDATE, "COMPRESSION_ERROR", ANY, 12);
        } else {
            put_ack(&a.sc.in);
            put_raw_block(&a, 5, "3f45", REQ("GET", "/now"), "");
            passes(&a, 7, NULL);
        }
    }
}

/* The peer's SETTINGS_HEADER_TABLE_SIZE of 2^32-1 does not make our encoder's table grow. */
static void test_encoder_table(void)
{
    static const char *const settings[] = {"1=4096", "1=4294967295"};
    size_t peaks[2];
    attack a;
    int i, k;
    for (k = 0; k < 2; k++) {
        attack_h2(&a, "HEADER_TABLE_SIZE", settings[k]);
        for (i = 0; i < 60; i++)
            put_get(&a.sc.in, (uint32_t)i * 2 + 3, "/trailers");
        passes(&a, 1001, NULL);
        peaks[k] = a.peak;
    }
    CHECK_INT(peaks[0], peaks[1]);
    attack_h2(&a, "an encoder's table of none", "");
    a.sc.config.hpack_encoder_table = H2NEG_OFF;
    passes(&a, 3, NULL);
}

/* Huffman strings grow 8/5 at most: a header of 10,000 octets of 5-bit codes. */
static void test_huffman_growth(void)
{
    attack a;
    buf block = {0, 0, 0};
    attack_h2(&a, "8/5: a Huffman string of 5,000 octets is a value of 8,000", "");
    put_block(&block, REQ("GET", "/now"));
    buf_octet(&block, 0);
    put_integer(&block, 0, 7, 1);
    buf_octet(&block, 'x');
    put_integer(&block, 0x80, 7, 5000);
    buf_fill(&block, 0, 5000); /* '0' is 00000 */
    put_frame(&a.sc.in, 1, HEADS | END, 3, block.p, block.len);
    passes(&a, 5, NULL);
    attack_h2(&a, "8/5 above max_field_line", "");
    block.len = 0;
    put_block(&block, REQ("GET", "/now"));
    buf_octet(&block, 0);
    put_integer(&block, 0, 7, 1);
    buf_octet(&block, 'x');
    put_integer(&block, 0x80, 7, 5125);
    buf_fill(&block, 0, 5125); /* 8,200 */
    put_frame(&a.sc.in, 1, HEADS | END, 3, block.p, block.len);
    answered(&a, 3, 431, LEN(a));
    buf_free(&block);
}

/* ---- malformed messages -------------------------------------------------- */

typedef struct bad_block {
    const char *name, *lines;
} bad_block;

/* Each is a stream error PROTOCOL_ERROR, decided at the block's last octet, and costs a reset. */
static const bad_block bad_blocks[] = {
    {"an upper case name", REQ("GET", "/now") "X-A: b\n"},
    {"a colon in a name", REQ("GET", "/now") "a:b: c\n"},
    {"a space in a name", REQ("GET", "/now") "a b: c\n"},
    {"a space before a value", REQ("GET", "/now") "a:  c\n"},
    {"a space behind a value", REQ("GET", "/now") "a: c \n"},
    {"a tab behind a value", REQ("GET", "/now") "a: c\t\n"},
    {"a CR in a value", REQ("GET", "/now") "a: c\rd\n"},
    {"transfer-encoding", REQ("GET", "/now") "transfer-encoding: chunked\n"},
    {"connection", REQ("GET", "/now") "connection: close\n"},
    {"keep-alive", REQ("GET", "/now") "keep-alive: 5\n"},
    {"proxy-connection", REQ("GET", "/now") "proxy-connection: close\n"},
    {"upgrade", REQ("GET", "/now") "upgrade: h2c\n"},
    {"te: gzip", REQ("GET", "/now") "te: gzip\n"},
    {"no :method", ":scheme: http\n:authority: a\n:path: /now\n"},
    {"no :scheme", ":method: GET\n:authority: a\n:path: /now\n"},
    {"no :path", ":method: GET\n:scheme: http\n:authority: a\n"},
    {"two :path", REQ("GET", "/now") ":path: /now\n"},
    {"two :method", REQ("GET", "/now") ":method: GET\n"},
    {"a pseudo-field behind a field", "a: b\n" REQ("GET", "/now")},
    {"an unknown pseudo-field", REQ("GET", "/now") ":foo: b\n"},
    {":status in a request", REQ("GET", "/now") ":status: 200\n"},
    {"an empty :path", REQ("GET", "")},
    {"a :path with a space", REQ("GET", "/a b")},
    {"a :path that is no path", REQ("GET", "now")},
    {"two hosts that differ", REQ("GET", "/now") "host: b\n"},
    {"host twice", REQ("GET", "/now") "host: example.com\nhost: example.com\n"},
    {"userinfo", ":method: GET\n:scheme: http\n:authority: u@a\n:path: /now\n"},
    {"CONNECT with :path", ":method: CONNECT\n:authority: a:1\n:path: /\n"},
    {"CONNECT with :scheme", ":method: CONNECT\n:authority: a:1\n:scheme: http\n"},
    {"CONNECT without :authority", ":method: CONNECT\n"},
    {":protocol without CONNECT", REQ("GET", "/now") ":protocol: websocket\n"},
    {"extended CONNECT without :path",
     ":method: CONNECT\n:protocol: foo\n:scheme: http\n:authority: a\n"},
    {"extended CONNECT without :scheme",
     ":method: CONNECT\n:protocol: foo\n:path: /\n:authority: a\n"},
    {"content-length: +5", REQ("GET", "/now") "content-length: +5\n"},
    {"content-length: -0", REQ("GET", "/now") "content-length: -0\n"},
    {"content-length of 20 digits", REQ("GET", "/now") "content-length: 00000000000000000000\n"},
    {"content-length above 2^63-1", REQ("GET", "/now") "content-length: 9223372036854775808\n"},
    {"two content-lengths", REQ("GET", "/now") "content-length: 0\ncontent-length: 1\n"},
    {"the same content-length twice", REQ("GET", "/now") "content-length: 0\ncontent-length: 0\n"},
    {"a list of content-lengths", REQ("GET", "/now") "content-length: 0, 0\n"},
    {"a content-length that END_STREAM does not meet", REQ("GET", "/now") "content-length: 5\n"}};

static const char *const good_blocks[] = {
    REQ("GET", "/now") "te: trailers\n",
    REQ("GET", "/now") "host: example.com\n",
    ":method: GET\n:scheme: http\n:path: /now\nhost: a\n",
    REQ("GET", "/now") "a: \n",
    REQ("GET", "/now") "a: b\tc d\n",
    REQ("GET", "/now?a=b%20") "content-length: 0\n",
    REQ("GET", "/now") "proxy-authenticate: x\ncookie: a\ncookie: b\n",
    ":path: /now\n:authority: a\n:scheme: http\n:method: GET\n"};

static void test_malformed(void)
{
    attack a;
    size_t i;
    for (i = 0; i < sizeof bad_blocks / sizeof bad_blocks[0]; i++) {
        attack_h2(&a, bad_blocks[i].name, "");
        put_headers(&a.sc.in, 3, HEADS | END, bad_blocks[i].lines);
        stream_ends(&a, 3, 0, PE, 0, LEN(a));
    }
    for (i = 0; i < sizeof good_blocks / sizeof good_blocks[0]; i++) {
        attack_h2(&a, good_blocks[i], "");
        put_headers(&a.sc.in, 3, HEADS | END, good_blocks[i]);
        passes(&a, 5, NULL);
    }
}

/* Octets that lines cannot hold: NUL, LF, and an empty name (CVE-2019-9516). */
static void test_malformed_octets(void)
{
    static const struct {
        const char *name;
        size_t name_len;
        const char *value;
        size_t value_len;
    } rows[] = {{"a", 1, "b\0c", 3}, {"a", 1, "\nb", 2},   {"a", 1, "b\n", 2},
                {"", 0, "b", 1},     {"", 0, "", 0},       {"a\0", 2, "b", 1},
                {"a\n", 2, "b", 1},  {"a\x7f", 2, "b", 1}, {"a\x80", 2, "b", 1}};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        attack a;
        buf block = {0, 0, 0};
        attack_h2(&a, "an octet that does not belong", "");
        put_block(&block, REQ("GET", "/now"));
        put_field(&block, rows[i].name, rows[i].name_len, rows[i].value, rows[i].value_len);
        put_frame(&a.sc.in, 1, HEADS | END, 3, block.p, block.len);
        stream_ends(&a, 3, 0, PE, 0, LEN(a));
        buf_free(&block);
    }
}

/* The sum of DATA is the content-length (RFC 9113 8.1.1). */
static void test_content_length(void)
{
    attack a;
    attack_h2(&a, "more DATA than content-length", "");
    put_request(&a.sc.in, 3, 0, "POST", "/end", "content-length: 5\n");
    put_data(&a.sc.in, 3, 0, "hel");
    attack_here(&a);
    put_data(&a.sc.in, 3, 0, "lo!");
    stream_ends(&a, 3, H2NEG_ERR_H2_CONTENT_LENGTH, PE, 1, ANY);
    attack_h2(&a, "less DATA than content-length", "");
    put_request(&a.sc.in, 3, 0, "POST", "/end", "content-length: 5\n");
    attack_here(&a);
    put_data(&a.sc.in, 3, END, "");
    stream_ends(&a, 3, H2NEG_ERR_H2_CONTENT_LENGTH, PE, 1, 9);
    attack_h2(&a, "trailers before content-length is met", "");
    put_request(&a.sc.in, 3, 0, "POST", "/end", "content-length: 5\n");
    put_data(&a.sc.in, 3, 0, "hell");
    attack_here(&a);
    put_headers(&a.sc.in, 3, HEADS | END, "x-sum: 5\n");
    stream_ends(&a, 3, H2NEG_ERR_H2_CONTENT_LENGTH, PE, 1, ANY);
    attack_h2(&a, "content-length met, padding apart", "");
    put_request(&a.sc.in, 3, 0, "POST", "/end", "content-length: 5\n");
    put_data(&a.sc.in, 3, 0, "hel");
    put_frame(&a.sc.in, 0, END | PADDED, 3, "\3lo\0\0\0", 6);
    passes(&a, 5, NULL);
}

static void test_bad_trailers(void)
{
    static const char *const rows[] = {":path: /\n", "connection: close\n", "A: b\n", "a: b \n"};
    attack a;
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        attack_h2(&a, rows[i], "");
        put_request(&a.sc.in, 3, 0, "POST", "/end", "");
        attack_here(&a);
        put_headers(&a.sc.in, 3, HEADS | END, rows[i]);
        a.decided = LEN(a);
        others_go_on(&a, 5);
        attack_play(&a, ANY, "...\nDONE 3 PROTOCOL_ERROR err=* !by-peer\n...\nDONE 5 NO_ERROR\n",
                    "...\nRST_STREAM 3 " PE "\n...");
    }
}

/* A client: a response that is malformed ends its stream alone. */
static void test_malformed_responses(void)
{
    static const char *const rows[] = {"a: b\n",
                                       ":status: 20\n",
                                       ":status: 2000\n",
                                       ":status: abc\n",
                                       ":status: 200\n:status: 200\n",
                                       ":status: 200\n:path: /\n",
                                       "a: b\n:status: 200\n",
                                       ":status: 200\nA: b\n",
                                       ":status: 101\n",
                                       ":status: 200\ntransfer-encoding: chunked\n",
                                       ":status: 200\ncontent-length: 5, 5\n"};
    attack a;
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        attack_h2_client(&a, rows[i], "");
        put_headers(&a.sc.in, 3, HEADS | END, rows[i]);
        a.decided = LEN(a);
        others_go_on(&a, 5);
        attack_play(&a, ANY, "...\nDONE 3 PROTOCOL_ERROR err=* !by-peer\n...\nDONE 5 NO_ERROR\n",
                    "...\nRST_STREAM 3 " PE "\n...");
    }
}

/* ---- frames -------------------------------------------------------------- */

typedef struct bad_frame {
    const char *name;
    int type, flags;
    uint32_t stream;
    const char *payload; /* hex */
    int error;
    const char *code;
    long decided;
} bad_frame;

/* Frames that end the connection, on one whose stream 1 is open. */
static const bad_frame bad_frames[] = {
    {"DATA on stream 0", 0, 0, 0, "61", H2NEG_ERR_H2_STREAM_ID, PE, 9},
    {"DATA on an idle stream", 0, 0, 9, "61", H2NEG_ERR_H2_IDLE, PE, 9},
    {"DATA with too much padding", 0, PADDED, 1, "0161", 0, NULL, 0},
    {"DATA of padding above its length", 0, PADDED, 1, "0261", H2NEG_ERR_H2_PADDING, PE, ANY},
    {"HEADERS on stream 0", 1, HEADS | END, 0, "82", H2NEG_ERR_H2_STREAM_ID, PE, 9},
    {"HEADERS on an even stream", 1, HEADS | END, 2, "82", H2NEG_ERR_H2_STREAM_ID, PE, 9},
    {"HEADERS of padding above their length", 1, HEADS | END | PADDED, 3, "0282",
     H2NEG_ERR_H2_PADDING, PE, ANY},
    {"PRIORITY on stream 0", 2, 0, 0, "0000000000", H2NEG_ERR_H2_STREAM_ID, PE, 9},
    {"PRIORITY on itself, idle", 2, 0, 9, "000000090f", H2NEG_ERR_H2_SELF_DEPENDENCY, PE, 14},
    {"PRIORITY of 6 octets, idle", 2, 0, 9, "000000000000", H2NEG_ERR_H2_FRAME_SIZE,
     "FRAME_SIZE_ERROR", ANY},
    {"RST_STREAM on stream 0", 3, 0, 0, "00000008", H2NEG_ERR_H2_STREAM_ID, PE, 9},
    {"RST_STREAM on an idle stream", 3, 0, 9, "00000008", H2NEG_ERR_H2_IDLE, PE, 13},
    {"RST_STREAM of 3 octets", 3, 0, 1, "000008", H2NEG_ERR_H2_FRAME_SIZE, "FRAME_SIZE_ERROR", 9},
    {"RST_STREAM of 5 octets", 3, 0, 1, "0000000800", H2NEG_ERR_H2_FRAME_SIZE, "FRAME_SIZE_ERROR",
     9},
    {"SETTINGS on a stream", 4, 0, 1, "", H2NEG_ERR_H2_STREAM_ID, PE, 9},
    {"SETTINGS of 5 octets", 4, 0, 0, "0003000000", H2NEG_ERR_H2_FRAME_SIZE, "FRAME_SIZE_ERROR", 9},
    {"SETTINGS ACK with a payload", 4, ACK, 0, "000300000001", H2NEG_ERR_H2_FRAME_SIZE,
     "FRAME_SIZE_ERROR", 9},
    {"SETTINGS ACK that nobody awaits", 4, ACK, 0, "", H2NEG_ERR_H2_SETTINGS_ACK, PE, 9},
    {"ENABLE_PUSH 2", 4, 0, 0, "000200000002", H2NEG_ERR_H2_SETTING, PE, 15},
    {"INITIAL_WINDOW_SIZE 2^31", 4, 0, 0, "000480000000", H2NEG_ERR_H2_SETTING_WINDOW,
     "FLOW_CONTROL_ERROR", 15},
    {"MAX_FRAME_SIZE 0", 4, 0, 0, "000500000000", H2NEG_ERR_H2_SETTING, PE, 15},
    {"MAX_FRAME_SIZE 16,383", 4, 0, 0, "000500003fff", H2NEG_ERR_H2_SETTING, PE, 15},
    {"MAX_FRAME_SIZE 2^24", 4, 0, 0, "000501000000", H2NEG_ERR_H2_SETTING, PE, 15},
    {"ENABLE_CONNECT_PROTOCOL 2", 4, 0, 0, "000800000002", H2NEG_ERR_H2_SETTING, PE, 15},
    {"a good entry, then a bad one", 4, 0, 0, "000300000001000500000000", H2NEG_ERR_H2_SETTING, PE,
     21},
    {"PUSH_PROMISE from a client", 5, HEADS, 1, "0000000282", H2NEG_ERR_H2_PUSH, PE, 9},
    {"PING on a stream", 6, 0, 1, "3132333435363738", H2NEG_ERR_H2_STREAM_ID, PE, 9},
    {"PING of 7 octets", 6, 0, 0, "31323334353637", H2NEG_ERR_H2_FRAME_SIZE, "FRAME_SIZE_ERROR", 9},
    {"PING of 9 octets", 6, 0, 0, "313233343536373839", H2NEG_ERR_H2_FRAME_SIZE, "FRAME_SIZE_ERROR",
     9},
    {"GOAWAY on a stream", 7, 0, 1, "0000000000000000", H2NEG_ERR_H2_STREAM_ID, PE, 9},
    {"GOAWAY of 7 octets", 7, 0, 0, "00000000000000", H2NEG_ERR_H2_FRAME_SIZE, "FRAME_SIZE_ERROR",
     9},
    {"WINDOW_UPDATE of 0 on stream 0", 8, 0, 0, "00000000", H2NEG_ERR_H2_WINDOW_ZERO, PE, 13},
    {"WINDOW_UPDATE above 2^31-1 on stream 0", 8, 0, 0, "7fffffff", H2NEG_ERR_H2_WINDOW_OVER,
     "FLOW_CONTROL_ERROR", 13},
    {"WINDOW_UPDATE on an idle stream", 8, 0, 9, "00000001", H2NEG_ERR_H2_IDLE, PE, 13},
    {"WINDOW_UPDATE of 3 octets", 8, 0, 1, "000001", H2NEG_ERR_H2_FRAME_SIZE, "FRAME_SIZE_ERROR",
     9},
    {"CONTINUATION of nothing", 9, HEADS, 1, "82", H2NEG_ERR_H2_CONTINUATION, PE, 9},
    {"PRIORITY_UPDATE on a stream", 16, 0, 1, "00000001753d30", H2NEG_ERR_H2_STREAM_ID, PE, 9},
    {"PRIORITY_UPDATE of stream 0", 16, 0, 0, "00000000753d30", H2NEG_ERR_H2_STREAM_ID, PE, ANY},
    {"PRIORITY_UPDATE of 3 octets", 16, 0, 0, "000001", H2NEG_ERR_H2_FRAME_SIZE, "FRAME_SIZE_ERROR",
     9}};

static void test_frames(void)
{
    size_t i;
    for (i = 0; i < sizeof bad_frames / sizeof bad_frames[0]; i++) {
        const bad_frame *f = &bad_frames[i];
        unsigned char payload[64];
        attack a;
        attack_h2(&a, f->name, "");
        put_frame(&a.sc.in, f->type, f->flags, f->stream, payload, check_hex(payload, f->payload));
        if (f->error)
            conn_ends(&a, f->error, f->code, 0, f->decided);
        else
            passes(&a, 3, NULL);
    }
}

/* A frame above max_frame_size is decided at its header. */
static void test_frame_size(void)
{
    attack a;
    int type;
    for (type = 0; type < 12; type++) {
        attack_h2(&a, "a frame of 16,385 octets", "");
        put_head(&a.sc.in, 16385, type, 0, type == 4 || type == 6 || type == 7 ? 0 : 1);
        conn_ends(&a,
                  type == 5   ? H2NEG_ERR_H2_PUSH
                  : type == 9 ? H2NEG_ERR_H2_CONTINUATION
                              : H2NEG_ERR_H2_FRAME_SIZE,
                  type == 5 || type == 9 ? PE : "FRAME_SIZE_ERROR", 0, 9);
    }
    attack_h2(&a, "DATA of 16,384 octets", "");
    a.chunk = 100;
    put_request(&a.sc.in, 3, 0, "POST", "/end", "");
    put_bulk(&a.sc.in, 3, END, 16384);
    passes(&a, 5, NULL);
    attack_h2(&a, "DATA of 20,000 octets where that is let in", "");
    a.chunk = 100;
    a.sc.config.max_frame_size = 20000;
    put_request(&a.sc.in, 3, 0, "POST", "/end", "");
    put_bulk(&a.sc.in, 3, END, 20000);
    passes(&a, 5, NULL);
    attack_h2(&a, "DATA of 20,001 octets where 20,000 are let in", "");
    a.sc.config.max_frame_size = 20000;
    put_request(&a.sc.in, 3, 0, "POST", "/end", "");
    attack_here(&a);
    put_head(&a.sc.in, 20001, 0, END, 3);
    conn_ends(&a, H2NEG_ERR_H2_FRAME_SIZE, "FRAME_SIZE_ERROR", 0, 9);
}

/* Stream identifiers: falling, reused, even, the last. */
static void test_identifiers(void)
{
    attack a;
    attack_h2(&a, "a falling identifier", "");
    put_get(&a.sc.in, 7, "/now");
    attack_here(&a);
    put_get(&a.sc.in, 5, "/now");
    conn_ends(&a, H2NEG_ERR_H2_STREAM_ID, PE, 0, 9);
    attack_h2(&a, "an identifier used again", "");
    put_get(&a.sc.in, 7, "/now");
    attack_here(&a);
    put_get(&a.sc.in, 7, "/now");
    conn_ends(&a, H2NEG_ERR_H2_CLOSED, "STREAM_CLOSED", 0, 9);
    attack_h2(&a, "stream 2^31-1", "");
    put_get(&a.sc.in, 0x7fffffff, "/now");
    put_data(&a.sc.in, 1, END, "after");
    a.next = 0x7fffffff;
    attack_play(&a, 0, NULL, NULL);
    attack_h2(&a, "behind stream 2^31-1", "");
    put_get(&a.sc.in, 0x7fffffff, "/now");
    attack_here(&a);
    put_get(&a.sc.in, 5, "/now");
    conn_ends(&a, H2NEG_ERR_H2_STREAM_ID, PE, 0, 9);
}

/* Between HEADERS and the block's end nothing else may stand. */
static void test_interleaved(void)
{
    attack a;
    int kind;
    for (kind = 0; kind < 11; kind++) {
        attack_h2(&a, "a frame inside a field block", "");
        put_frame(&a.sc.in, 1, END, 3, "\x82", 1);
        attack_here(&a);
        put_head(&a.sc.in, 0, kind == 10 ? 0x42 : kind, HEADS, kind == 9 ? 1 : 3);
        conn_ends(&a, H2NEG_ERR_H2_CONTINUATION, PE, 0, 9);
    }
}

/* ---- floods of cheap frames ---------------------------------------------- */

static void put_cheap(buf *b, int kind)
{
    switch (kind) {
    case 0: put_ping(b, 0, "12345678"); break;
    case 1: put_settings(b, "3=1"); break;
    case 2: put_priority(b, 101, 0); break;
    case 3: put_frame(b, 0x42, 0, 0, "12345678", 8); break;
    case 4: put_frame(b, 16, 0, 0, "\0\0\0\1u=0,i", 9); break;
    case 5: put_ping(b, ACK, "12345678"); break;
    case 6: put_goaway(b, 0x7fffffff, 0, "debug"); break;
    case 7: put_frame(b, 10, 0, 0, "\0\1ah2=", 6); break;
    default: put_frame(b, 0, 0, 1, "\1", 0); break;
    }
}

/* Overhead: 5,000 octets + 8 x useful. The companion's "before", its block's "useful" and what
   follows are small; so the flood's own octets are what trips it, give or take 300. */
static void test_overhead(void)
{
    attack a;
    int kind, i;
    for (kind = 0; kind < 8; kind++) {
        size_t one, n;
        attack_h2(&a, "a flood of cheap frames", "");
        a.sc.config.overhead_slack = 5000;
        one = a.sc.in.len;
        put_cheap(&a.sc.in, kind);
        one = a.sc.in.len - one;
        n = 7000 / one + 1;
        for (i = 1; i < (int)n; i++)
            put_cheap(&a.sc.in, kind);
        conn_ends(&a, H2NEG_ERR_LIMIT_OVERHEAD, EYC, ANY, ANY);
        attack_h2(&a, "some cheap frames", "");
        a.sc.config.overhead_slack = 5000;
        n = 4900 / one;
        for (i = 0; i < (int)n; i++)
            put_cheap(&a.sc.in, kind);
        passes(&a, 3, NULL);
    }
}

/* Ping floods at the default slack: 1 MiB. Played in feeds of 16 KiB. */
static void test_overhead_default(void)
{
    attack a;
    int i;
    attack_h2(&a, "1 MiB of PING and a little", "");
    a.whole_only = 1;
    for (i = 0; i < 61800; i++)
        put_ping(&a.sc.in, 0, "12345678");
    conn_ends(&a, H2NEG_ERR_LIMIT_OVERHEAD, EYC, ANY, ANY);
    attack_h2(&a, "just below 1 MiB of PING", "");
    a.whole_only = 1;
    for (i = 0; i < 61650; i++)
        put_ping(&a.sc.in, 0, "12345678");
    passes(&a, 3, NULL);
}

/* Useful octets pay for it: 8 to 1. Padding is not useful. */
static void test_overhead_ratio(void)
{
    attack a;
    int i, k, padded;
    for (padded = 0; padded < 2; padded++) {
        attack_h2(&a, padded ? "PINGs beside padding" : "PINGs beside a body", "");
        a.sc.config.overhead_slack = 5000;
        put_request(&a.sc.in, 3, 0, "POST", "/end", "");
        for (i = 0; i < 40; i++) {
            buf run = {0, 0, 0};
            if (padded)
                buf_octet(&run, 200);
            buf_fill(&run, padded ? 0 : 'x', 201);
            if (padded)
                run.p[1] = 'x'; /* one octet of data, so that it is not empty */
            put_frame(&a.sc.in, 0, padded ? PADDED : 0, 3, run.p, run.len);
            buf_free(&run);
            for (k = 0; k < 50; k++)
                put_ping(&a.sc.in, 0, "12345678");
        }
        if (padded)
            conn_ends(&a, H2NEG_ERR_LIMIT_OVERHEAD, EYC, ANY, ANY);
        else
            passes(&a, 5, NULL);
    }
}

/* To the octet, with nothing that pays: four frames of the beginning, `n` PINGs, two of the end. */
static void test_overhead_exact(void)
{
    attack a;
    int i, less;
    for (less = 0; less < 2; less++) {
        attack_h2(&a, less ? "an octet of overhead too much" : "all the overhead there may be", "");
        a.sc.config.overhead_ratio = H2NEG_OFF;
        a.sc.config.overhead_slack = (uint32_t)(4 * 9 + 10 * 17 + (less ? -1 : 2 * 9));
        for (i = 0; i < 10; i++) {
            attack_here(&a);
            put_ping(&a.sc.in, 0, "12345678");
        }
        if (less)
            conn_ends(&a, H2NEG_ERR_LIMIT_OVERHEAD, EYC, 0, 9);
        else
            passes(&a, 3, NULL);
    }
}

/* The slow refill of the clock: what a minute may cost does not end the connection. */
static void test_overhead_refill(void)
{
    attack a;
    int i, k;
    attack_h2(&a, "a PING every second, for an hour", "");
    a.sc.config.overhead_slack = 20000;
    a.sc.config.body_min_rate = a.sc.config.idle_timeout = H2NEG_OFF;
    a.whole_only = 1;
    for (i = 0; i < 30; i++) {
        script_tick(&a.sc, 1000 + (uint64_t)i * 120000);
        for (k = 0; k < 120; k++)
            put_ping(&a.sc.in, 0, "12345678");
    }
    passes(&a, 3, NULL);
}

static void test_empty(void)
{
    attack a;
    int i, kind;
    for (kind = 0; kind < 3; kind++) { /* empty, padding alone, in turns over two streams */
        attack_h2(&a, "11 empty DATA", "");
        for (i = 0; i < 11; i++) {
            attack_here(&a);
            put_frame(&a.sc.in, 0, kind == 1 ? PADDED : 0, 1, "\2\0\0", kind == 1 ? 3 : 0);
        }
        conn_ends(&a, H2NEG_ERR_LIMIT_EMPTY, EYC, 0, kind == 1 ? 10 : 9);
        attack_h2(&a, "10 empty DATA, again and again", "");
        for (i = 0; i < 55; i++)
            put_frame(&a.sc.in, 0, kind == 1 && i % 11 < 10 ? PADDED : 0, 1, "\2\0\0",
                      i % 11 == 10 ? 1
                      : kind == 1  ? 3
                                   : 0);
        passes(&a, 3, NULL);
    }
    attack_h2(&a, "empty DATA on a stream that we reset", ""); /* a zombie stream */
    put_request(&a.sc.in, 3, 0, "POST", "/reset/8", "");
    for (i = 0; i < 11; i++) {
        attack_here(&a);
        put_data(&a.sc.in, 3, 0, "");
    }
    conn_ends(&a, H2NEG_ERR_LIMIT_EMPTY, EYC, 0, 9);
    attack_h2(&a, "empty DATA where none is let in", "");
    a.sc.config.max_consecutive_empty = H2NEG_OFF;
    put_data(&a.sc.in, 1, 0, "");
    conn_ends(&a, H2NEG_ERR_LIMIT_EMPTY, EYC, 0, 9);
    attack_h2(&a, "empty ends are no matter", "");
    for (i = 0; i < 50; i++) {
        put_request(&a.sc.in, (uint32_t)i * 2 + 3, 0, "POST", "/end", "");
        put_data(&a.sc.in, (uint32_t)i * 2 + 3, END, "");
    }
    passes(&a, 1001, NULL);
}

static void test_settings_entries(void)
{
    attack a;
    buf entries = {0, 0, 0};
    int i, n;
    for (i = 0; i < 33; i++) {
        put_u16(&entries, i % 2 ? 4 : 0x1000);
        put_u32(&entries, (uint32_t)i);
    }
    for (n = 32; n < 34; n++) {
        attack_h2(&a, n == 32 ? "32 entries" : "33 entries", "");
        put_frame(&a.sc.in, 4, 0, 0, entries.p, (size_t)n * 6);
        put_settings(&a.sc.in, "4=65535");
        if (n == 33)
            conn_ends(&a, H2NEG_ERR_LIMIT_SETTINGS, EYC, 0, 9);
        else
            passes(&a, 3, "...\nSETTINGS ACK\nSETTINGS ACK\n...");
    }
    attack_h2(&a, "2 entries where 1 is let in", "");
    a.sc.config.max_settings_entries = 1;
    put_settings(&a.sc.in, "3=1 3=1");
    conn_ends(&a, H2NEG_ERR_LIMIT_SETTINGS, EYC, 0, 9);
    buf_free(&entries);
}

/* window_updates: 5 + 2 x (streams + 10 x DATA frames sent). */
static void updates(attack *a, const char *name, int n)
{
    int i;
    attack_init(a, name, ON_H2);
    put_preface(&a->sc.in, "");
    put_ack(&a->sc.in);
    put_get(&a->sc.in, 1, "/later");
    for (i = 0; i < n; i++) {
        attack_here(a);
        put_window(&a->sc.in, i % 2 ? 1 : 0, 1);
    }
}

static void call_answer_later(side *s)
{
    app_reply(s, 1, 200, "late");
}

static void test_window_updates(void)
{
    attack a;
    updates(&a, "8 WINDOW_UPDATEs for 1 stream and no DATA", 8);
    a.sc.unfed = 1;
    a.at = 0;
    a.decided = 13;
    attack_play(&a, H2NEG_ERR_LIMIT_WINDOW_UPDATES, "...\nERROR *\nDONE 1 " EYC "\n",
                "...\nGOAWAY * " EYC "\n");
    updates(&a, "7 WINDOW_UPDATEs for 1 stream and no DATA", 7);
    script_call(&a.sc, call_answer_later);
    a.companion = 1;
    attack_play(&a, 0, NULL, "...\nDATA 1 \"late\" end\n");
    updates(&a, "20 more when DATA was sent", 7);
    script_call(&a.sc, call_answer_later);
    {
        int i;
        for (i = 0; i < 20; i++)
            put_window(&a.sc.in, 0, 1);
    }
    put_get(&a.sc.in, 3, "/now");
    a.companion = 1, a.next = 3;
    attack_play(&a, 0, NULL, NULL);
}

/* WINDOW_UPDATE past 2^31-1 on a stream ends that alone; just at it passes. */
static void test_window_overflow(void)
{
    attack a;
    attack_h2(&a, "a stream's window above 2^31-1", "");
    put_request(&a.sc.in, 3, 0, "POST", "/end", "");
    put_window(&a.sc.in, 3, 0x7fffffff - 65535);
    attack_here(&a);
    put_window(&a.sc.in, 3, 1);
    stream_ends(&a, 3, H2NEG_ERR_H2_WINDOW_OVER, "FLOW_CONTROL_ERROR", 1, 13);
    attack_h2(&a, "windows of 2^31-1", "");
    put_window(&a.sc.in, 0, 0x7fffffff - 65535);
    put_window(&a.sc.in, 1, 0x7fffffff - 65535);
    passes(&a, 3, NULL);
    attack_h2(&a, "a stream's window of zero", "");
    put_request(&a.sc.in, 3, 0, "POST", "/end", "");
    attack_here(&a);
    put_window(&a.sc.in, 3, 0);
    stream_ends(&a, 3, H2NEG_ERR_H2_WINDOW_ZERO, PE, 1, 13);
}

/* SETTINGS in mid-flight: windows go below zero and come back; a raise above 2^31-1. */
static void test_settings_midflight(void)
{
    attack a;
    attack_h2(&a, "INITIAL_WINDOW_SIZE lowered under an answer", "4=100");
    put_get(&a.sc.in, 3, "/body/5000");
    put_settings(&a.sc.in, "4=0");
    put_settings(&a.sc.in, "4=10");
    put_window(&a.sc.in, 3, 100); /* -90 + 100: 10 */
    put_window(&a.sc.in, 3, 5000);
    put_window(&a.sc.in, 1, 100);
    passes(&a, 5, NULL);
    attack_h2(&a, "INITIAL_WINDOW_SIZE that takes a stream above 2^31-1", "");
    put_window(&a.sc.in, 1, 0x7fffffff - 65535);
    attack_here(&a);
    put_settings(&a.sc.in, "4=65542"); /* six octets went out */
    conn_ends(&a, H2NEG_ERR_H2_WINDOW_OVER, "FLOW_CONTROL_ERROR", 0, 15);
    attack_h2(&a, "INITIAL_WINDOW_SIZE that takes a stream to 2^31-1", "");
    put_window(&a.sc.in, 1, 0x7fffffff - 65535);
    put_settings(&a.sc.in, "4=65541");
    passes(&a, 3, NULL);
    attack_h2(&a, "a stream that is over has no window", "");
    put_request(&a.sc.in, 3, END, "GET", "/keep", "");
    put_window(&a.sc.in, 3, 0x7fffffff - 65535);
    put_settings(&a.sc.in, "4=65536");
    passes(&a, 5, NULL);
}

/* More than a window: a stream's, the connection's. */
static void test_flow(void)
{
    attack a;
    int i;
    attack_h2(&a, "more DATA than a held stream's window", "");
    a.sc.config.initial_window = 1000;
    put_request(&a.sc.in, 3, 0, "POST", "/hold", "");
    put_bulk(&a.sc.in, 3, 0, 1000);
    attack_here(&a);
    put_bulk(&a.sc.in, 3, 0, 1);
    stream_ends(&a, 3, H2NEG_ERR_H2_FLOW, "FLOW_CONTROL_ERROR", 1, 9);
    attack_h2(&a, "more DATA than the connection's window", "");
    a.chunk = 500;
    a.sc.config.connection_window = 65535;
    for (i = 0; i < 3; i++) /* held, so no credit of theirs; the connection's returns */
        put_request(&a.sc.in, (uint32_t)i * 2 + 3, 0, "POST", "/hold", "");
    attack_here(&a);
    for (i = 0; i < 4; i++)
        put_bulk(&a.sc.in, 3, 0, i == 3 ? 16383 : 16384);
    put_bulk(&a.sc.in, 5, 0, 16384);
    put_bulk(&a.sc.in, 7, 0, 16384);
    put_rst(&a.sc.in, 3, 8), put_rst(&a.sc.in, 5, 8), put_rst(&a.sc.in, 7, 8);
    passes(&a, 9, NULL); /* credit of the connection is never held */
}

/* More than the connection's window: its credit is owed while the output is full of answers that
   nobody takes, so that a window more may come and no octet more. */
static void test_connection_flow(void)
{
    int over;
    for (over = 0; over < 2; over++) {
        h2neg_config config;
        side *s = (side *)calloc(1, sizeof *s);
        buf in = {0, 0, 0}, text = {0, 0, 0};
        int i;
        memset(&config, 0, sizeof config);
        config.max_output_pending = 8192;
        config.connection_window = 65535;
        s->c = h2neg_conn_new(&config);
        put_preface(&in, "");
        put_ack(&in);
        put_request(&in, 1, 0, "POST", "/hold", "");
        put_request(&in, 3, 0, "POST", "/hold", "");
        side_give(s, in.p, in.len);
        s->no_write = 1;
        in.len = 0;
        for (i = 0; i < 500; i++)
            put_ping(&in, 0, "12345678");
        side_give(s, in.p, in.len);
        CHECK_INT(s->backlog.len, 0);
        in.len = 0;
        put_bulk(&in, 1, 0, 16384);
        put_bulk(&in, 1, 0, 16384);
        put_bulk(&in, 3, 0, 16384);
        put_bulk(&in, 3, 0, (size_t)(16383 + over));
        side_give(s, in.p, in.len);
        CHECK_INT(s->errors, over);
        s->no_write = 0;
        side_drain(s);
        side_give(s, NULL, 0);
        take_all(&text, &s->out, 0, 0, 0);
        CHECK(has_line(text.p, "GOAWAY") == over);
        if (over)
            CHECK(has_line(text.p, "GOAWAY 3 FLOW_CONTROL_ERROR"));
        h2neg_lost(s->c);
        side_drain(s);
        CHECK_INT(s->opened, s->done);
        buf_free(&in);
        buf_free(&text);
        side_free(s);
        free(s);
    }
}

/* Data dribble (CVE-2019-9511): 64 frames that a window cuts below 1,024 in a row, then it waits
   for min(left, 1,024); a larger frame begins the count anew. A peer whose windows are smaller than
   that by its SETTINGS gets what it grants, and pays for it as overhead. */
static void test_dribble(void)
{
    attack a;
    int i, k;
    attack_h2(&a, "one octet at a time", "4=2000");
    put_get(&a.sc.in, 3, "/body/8000");
    for (k = 0; k < 2; k++) {
        for (i = 0; i < 100; i++)
            put_window(&a.sc.in, 3, 1);
        put_window(&a.sc.in, 3, 987); /* 36 + 987: one too few */
        put_ping(&a.sc.in, 0, "12345678");
        put_window(&a.sc.in, 3, 1);
        put_ping(&a.sc.in, 0, "23456789");
    }
    put_window(&a.sc.in, 3, 8000);
    a.companion = 3;
    others_go_on(&a, 5);
    attack_play(&a, ANY, NULL,
                "...\nDATA 3 <2064:* !end\nPING ACK \"12345678\"\nDATA 3 <1024:* !end\n"
                "PING ACK\nDATA 3 <64:* !end\nPING ACK\nDATA 3 <1024:* !end\nPING ACK\n"
                "DATA 3 <3824:* end\n...");
    attack_h2(&a, "the last 100 octets", "4=2000");
    put_get(&a.sc.in, 3, "/body/2164");
    for (i = 0; i < 163; i++)
        put_window(&a.sc.in, 3, 1);
    put_ping(&a.sc.in, 0, "12345678");
    put_window(&a.sc.in, 3, 1);
    passes(&a, 5, "...\nDATA 3 <2064:* !end\nPING ACK\nDATA 3 <100:* end\n...");
    attack_h2(&a, "INITIAL_WINDOW_SIZE 1, one octet at a time", "4=1");
    a.sc.config.overhead_slack = 2000;
    put_get(&a.sc.in, 3, "/body/5000");
    for (i = 0; i < 4000; i++)
        put_window(&a.sc.in, 3, 1);
    conn_ends(&a, H2NEG_ERR_LIMIT_OVERHEAD, EYC, ANY, ANY);
    attack_h2(&a, "INITIAL_WINDOW_SIZE 292, used and granted again", "4=292");
    put_get(&a.sc.in, 3, "/body/40000");
    for (i = 0; i < 140; i++)
        put_window(&a.sc.in, 3, 292);
    passes(&a, 5, NULL);
}

/* GOAWAY: the identifier may only fall; debug data are cut at 256; a client's streams above it can
   be sent again. */
static void test_goaway(void)
{
    attack a;
    buf debug = {0, 0, 0};
    buf_fill(&debug, 'd', 16000);
    attack_h2_client(&a, "a GOAWAY that rises", "");
    put_goaway(&a.sc.in, 1, 0, "");
    attack_here(&a);
    put_goaway(&a.sc.in, 3, 0, "");
    conn_ends(&a, H2NEG_ERR_H2_GOAWAY, PE, 0, 17);
    attack_h2_client(&a, "a GOAWAY that falls, with 16,000 octets of debug data", "");
    put_goaway(&a.sc.in, 0x7fffffff, 0, "");
    put_goaway(&a.sc.in, 1, 0, debug.p);
    put_data(&a.sc.in, 1, END, "after");
    attack_play(&a, ANY,
                "...\nGOAWAY NO_ERROR \"\"\nGOAWAY NO_ERROR <256:*\n"
                "DONE 3 REFUSED_STREAM retry by-peer\nDATA 1\nEND 1\nDONE 1 NO_ERROR\n...",
                NULL);
    attack_h2_client(&a, "many GOAWAYs (CVE-2023-35945)", "");
    a.sc.config.overhead_slack = 5000;
    {
        int i;
        for (i = 0; i < 400; i++)
            put_goaway(&a.sc.in, 1, 0, "");
    }
    conn_ends(&a, H2NEG_ERR_LIMIT_OVERHEAD, EYC, ANY, ANY);
    buf_free(&debug);
}

/* Push toward a client: none was allowed (RFC 9113 8.4). */
static void test_push(void)
{
    attack a;
    attack_h2_client(&a, "PUSH_PROMISE", "");
    put_frame(&a.sc.in, 5, HEADS, 1, "\0\0\0\2\x82", 5);
    conn_ends(&a, H2NEG_ERR_H2_PUSH, PE, 0, 9);
    attack_h2_client(&a, "HEADERS on an even stream", "");
    put_response(&a.sc.in, 2, END, 200, "");
    conn_ends(&a, H2NEG_ERR_H2_STREAM_ID, PE, 0, 9);
    attack_h2_client(&a, "HEADERS on a stream that nobody asked for", "");
    put_response(&a.sc.in, 9, END, 200, "");
    conn_ends(&a, H2NEG_ERR_H2_IDLE, PE, 0, 9);
    attack_h2_client(&a, "a server's ENABLE_PUSH 1", "");
    put_settings(&a.sc.in, "2=1");
    conn_ends(&a, H2NEG_ERR_H2_SETTING, PE, 0, 15);
    attack_h2_client(&a, "extended CONNECT is taken back (RFC 8441 3)", "8=1");
    put_settings(&a.sc.in, "8=0");
    conn_ends(&a, H2NEG_ERR_H2_SETTING, PE, 0, 15);
    attack_h2_client(&a, "extended CONNECT, said twice", "8=1");
    put_settings(&a.sc.in, "8=1");
    passes(&a, 5, NULL);
    attack_h2_client(&a, "a server's ENABLE_PUSH 0", "2=0");
    passes(&a, 5, NULL);
}

/* 1xx floods toward a client. */
static void test_informational(void)
{
    attack a;
    int i, n;
    for (n = 16; n < 18; n++) {
        attack_h2_client(&a, n == 16 ? "16 interim responses" : "17 interim responses", "");
        for (i = 0; i < n; i++) {
            attack_here(&a);
            put_response(&a.sc.in, 3, 0, 103, "");
        }
        if (n == 17) {
            stream_ends(&a, 3, H2NEG_ERR_LIMIT_INFORMATIONAL, EYC, 1, LEN(a));
            continue;
        }
        put_response(&a.sc.in, 3, END, 200, "");
        passes(&a, 5, NULL);
    }
    attack_h2_client(&a, "one where none is let in", "");
    a.sc.config.max_informational = H2NEG_OFF;
    put_response(&a.sc.in, 3, 0, 103, "");
    stream_ends(&a, 3, H2NEG_ERR_LIMIT_INFORMATIONAL, EYC, 1, LEN(a));
    attack_h2_client(&a, "an interim response that ends the stream", "");
    put_response(&a.sc.in, 3, END, 103, "");
    a.decided = LEN(a);
    others_go_on(&a, 5);
    attack_play(&a, ANY, "...\nDONE 3 " PE "\n...", "...\nRST_STREAM 3 " PE "\n...");
}

/* A client's limit of a response's list: 64 KiB, 128 fields; ENHANCE_YOUR_CALM on the stream. */
static void test_client_list(void)
{
    attack a;
    int n;
    for (n = 0; n < 2; n++) {
        buf block = {0, 0, 0}, text = {0, 0, 0};
        size_t i;
        attack_h2_client(&a, n ? "a response above 64 KiB" : "a response just below 64 KiB", "");
        a.chunk = 777;
        put_block(&block, ":status: 200\n"); /* 42 */
        buf_fill(&text, 'v', (65536 - 42) / 8 - 35 + (size_t)n);
        for (i = 0; i < 8; i++)
            put_field(&block, "x-y", 3, text.p, text.len);
        for (i = 0; i < block.len; i += 16384) {
            size_t k = block.len - i < 16384 ? block.len - i : 16384;
            put_frame(&a.sc.in, i ? 9 : 1, (i ? 0 : END) | (i + k == block.len ? HEADS : 0), 3,
                      block.p + i, k);
        }
        if (n)
            stream_ends(&a, 3, H2NEG_ERR_LIMIT_FIELDS, EYC, 1, ANY);
        else
            passes(&a, 5, NULL);
        buf_free(&block);
        buf_free(&text);
    }
}

/* max_content_length: 413 where the length says so, a reset where the octets do. */
static void test_content_limit(void)
{
    attack a;
    attack_h2(&a, "a content-length of 1,001", "");
    a.sc.config.max_content_length = 1000;
    put_request(&a.sc.in, 3, 0, "POST", "/end", "content-length: 1001\n");
    answered(&a, 3, 413, LEN(a));
    attack_h2(&a, "1,001 octets", "");
    a.sc.config.max_content_length = 1000;
    put_request(&a.sc.in, 3, 0, "POST", "/end", "");
    put_bulk(&a.sc.in, 3, 0, 600);
    attack_here(&a);
    put_bulk(&a.sc.in, 3, END, 401);
    stream_ends(&a, 3, H2NEG_ERR_LIMIT_BODY, "CANCEL", 1, ANY);
    attack_h2(&a, "1,000 octets", "");
    a.sc.config.max_content_length = 1000;
    put_request(&a.sc.in, 3, 0, "POST", "/end", "content-length: 1000\n");
    put_bulk(&a.sc.in, 3, 0, 600);
    put_bulk(&a.sc.in, 3, END, 400);
    passes(&a, 5, NULL);
}

/* A peer that makes us reset and never reads (CVE-2019-9514), and that never reads answers to PING
   and SETTINGS (CVE-2019-9512, -9515): input stops at 32 of them, and memory stays in its bound.
   Nothing is lost when it reads. */
static void flood_unread(int kind, int n, const char *answer)
{
    h2neg_config config;
    meter m;
    side *s = (side *)calloc(1, sizeof *s);
    buf in = {0, 0, 0}, text = {0, 0, 0};
    const char *at;
    size_t fed;
    int i, count = 0;
    memset(&config, 0, sizeof config);
    memset(&m, 0, sizeof m);
    config.alloc_fn = meter_fn;
    config.alloc_user = &m;
    config.max_output_pending = 8192;
    config.reset_budget = 100000;
    config.window_update_slack = 100000;
    s->c = h2neg_conn_new(&config);
    put_preface(&in, "");
    put_ack(&in);
    for (i = 0; i < n; i++) {
        if (kind == 0)
            put_ping(&in, 0, "12345678");
        else if (kind == 1)
            put_settings(&in, "3=5");
        else if (kind == 2)
            put_request(&in, (uint32_t)i * 2 + 1, 0, "POST", "/later", ""),
                put_window(&in, (uint32_t)i * 2 + 1, 0);
        else
            put_headers(&in, (uint32_t)i * 2 + 1, HEADS | END, ":method: GET\n");
    }
    s->no_write = 1;
    s->cut = 1;
    fed = side_feed(s, in.p, in.len);
    if (kind != 1) { /* ACKs are a counter: they need no room */
        CHECK(fed < in.len);
        CHECK(!(h2neg_wants(s->c) & H2NEG_WANT_READ));
    }
    CHECK(m.peak <= h2neg_memory_bound(&config));
    CHECK(m.live <= 60000);
    s->no_write = 0;
    CHECK_INT(side_feed(s, in.p + fed, in.len - fed), in.len - fed);
    CHECK_INT(s->errors, 0);
    take_all(&text, &s->out, 0, 0, 0);
    for (at = text.p; (at = strstr(at, answer)) != NULL; at++)
        count++;
    CHECK_INT(count, n + (kind == 1));
    buf_free(&in);
    buf_free(&text);
    side_free(s);
    free(s);
    CHECK_INT(m.live, 0);
}

static void test_unread(void)
{
    flood_unread(0, 2000, "PING ACK");
    flood_unread(1, 2000, "SETTINGS ACK");
    flood_unread(2, 1500, "RST_STREAM");
    flood_unread(3, 1500, "RST_STREAM");
}

/* RST_STREAM for streams that have no slot any more wait in a ring of 32: behind that input stops,
   and none is lost. */
static void test_reset_ring(void)
{
    h2neg_config config;
    side *s = (side *)calloc(1, sizeof *s);
    buf in = {0, 0, 0}, text = {0, 0, 0};
    const char *at;
    int i, count = 0;
    memset(&config, 0, sizeof config);
    config.max_output_pending = 8192;
    s->c = h2neg_conn_new(&config);
    put_preface(&in, "");
    put_ack(&in);
    for (i = 0; i < 100; i++)
        put_get(&in, (uint32_t)i * 2 + 1, "/now");
    side_give(s, in.p, in.len);
    CHECK_INT(s->done, 100);
    s->no_write = 1;
    in.len = 0;
    for (i = 0; i < 490; i++)
        put_ping(&in, 0, "12345678");
    side_give(s, in.p, in.len);
    CHECK_INT(s->backlog.len, 0);
    in.len = 0;
    for (i = 0; i < 100; i++)
        put_frame(&in, 2, 0, (uint32_t)i * 2 + 1, "four", 4);
    side_give(s, in.p, in.len);
    CHECK(!(h2neg_wants(s->c) & H2NEG_WANT_READ));
    s->no_write = 0;
    side_drain(s);
    side_give(s, NULL, 0);
    CHECK_INT(s->errors, 0);
    take_all(&text, &s->out, 0, 0, 0);
    for (at = text.p; (at = strstr(at, "FRAME_SIZE_ERROR")) != NULL; at++)
        count++;
    CHECK_INT(count, 100);
    buf_free(&in);
    buf_free(&text);
    side_free(s);
    free(s);
}

/* Internal data buffering (CVE-2019-9517): h2 windows open, the TCP window closed, 100 big answers
   asked for. Output holds max_output_pending and no octet more. */
static void test_internal_buffering(void)
{
    h2neg_config config;
    meter m;
    side *s = (side *)calloc(1, sizeof *s);
    buf in = {0, 0, 0};
    h2neg_info info;
    const void *run;
    int i;
    memset(&config, 0, sizeof config);
    memset(&m, 0, sizeof m);
    config.alloc_fn = meter_fn;
    config.alloc_user = &m;
    s->c = h2neg_conn_new(&config);
    put_preface(&in, "4=2147483647");
    put_ack(&in);
    put_window(&in, 0, 0x7fffffff - 65535);
    for (i = 0; i < 100; i++)
        put_get(&in, (uint32_t)i * 2 + 1, i % 2 ? "/body/200000" : "/stream/200000");
    s->no_write = 1;
    side_give(s, in.p, in.len);
    CHECK(h2neg_output(s->c, &run) <= 65536);
    CHECK(m.peak <= h2neg_memory_bound(&config));
    h2neg_conn_info(s->c, &info);
    CHECK_INT(info.memory, m.live);
    s->no_write = 0;
    side_drain(s);
    side_give(s, NULL, 0);
    CHECK_INT(s->done, 100);
    CHECK_INT(s->opened, 100);
    CHECK(m.peak <= h2neg_memory_bound(&config));
    side_free(s);
    free(s);
    buf_free(&in);
    CHECK_INT(m.live, 0);
}

/* PRIORITY_UPDATE: stored for open streams alone; a long one is passed over (256 octets). */
static void test_priority_update(void)
{
    attack a;
    buf long_one = {0, 0, 0};
    put_u32(&long_one, 1);
    buf_text(&long_one, "u=0");
    buf_fill(&long_one, ' ', 300);
    attack_h2(&a, "a circle of dependencies, PRIORITY_UPDATEs of streams that are not there", "");
    put_priority(&a.sc.in, 1, 3), put_priority(&a.sc.in, 3, 5), put_priority(&a.sc.in, 5, 1);
    put_frame(&a.sc.in, 16, 0, 0, "\0\0\0\x09u=0", 7);
    put_frame(&a.sc.in, 16, 0, 0, "\0\0\0\1\xff\xff\xff", 7);
    put_frame(&a.sc.in, 16, 0, 0, "\0\0\0\1u=99", 8);
    put_frame(&a.sc.in, 16, 0, 0, long_one.p, long_one.len);
    passes(&a, 3, NULL);
    attack_h2_client(&a, "PRIORITY_UPDATE from a server", "");
    put_frame(&a.sc.in, 16, 0, 0, "\0\0\0\1u=0", 7);
    conn_ends(&a, H2NEG_ERR_H2_STREAM_ID, PE, 0, 16);
    buf_free(&long_one);
}

/* Cross-protocol: HTTP/1 octets where HTTP/2 is spoken, in the place of a frame. */
static void test_cross_protocol(void)
{
    attack a;
    attack_h2(&a, "an HTTP/1 request on HTTP/2", "");
    buf_text(&a.sc.in, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    conn_ends(&a, H2NEG_ERR_H2_FRAME_SIZE, "FRAME_SIZE_ERROR", 0, 9);
    attack_h2(&a, "a second preface", "");
    buf_text(&a.sc.in, PREFACE);
    conn_ends(&a, H2NEG_ERR_H2_FRAME_SIZE, "FRAME_SIZE_ERROR", 0, 9);
    attack_init(&a, "HTTP/1 where HTTP/2 alone is spoken", ON_H2);
    a.sc.config.protocols = H2NEG_PRIOR;
    buf_text(&a.sc.in, "GET / HTTP/1.1\r\n" HOST "\r\n");
    a.sc.unfed = 1;
    a.at = 0;
    attack_play(&a, H2NEG_ERR_PEER_IS_HTTP1, "ERROR PEER_IS_HTTP1 h2=" PE "\n",
                "SETTINGS\n...\nGOAWAY 0 " PE " \"the_peer*\n");
    attack_init(&a, "a PROXY header where HTTP/2 alone is spoken", ON_H2);
    a.sc.config.protocols = H2NEG_PRIOR;
    buf_text(&a.sc.in, "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n");
    a.sc.unfed = 1;
    a.at = 0;
    attack_play(&a, H2NEG_ERR_PROXY_HEADER, "ERROR PROXY_HEADER h2=" PE "\n",
                "SETTINGS\n...\nGOAWAY 0 " PE " <*\n");
}

/* Frames behind the fatal error, or on a stream that was reset in the same read (CVE-2026-27135,
   CVE-2026-26311): nothing more is told or written. */
static void test_zombies(void)
{
    attack a;
    int i;
    attack_h2(&a, "frames behind a fatal error", "");
    put_data(&a.sc.in, 0, 0, "x");
    for (i = 0; i < 50; i++) {
        put_data(&a.sc.in, 1, 0, "late");
        put_get(&a.sc.in, (uint32_t)i * 2 + 3, "/now");
        put_ping(&a.sc.in, 0, "12345678");
    }
    conn_ends(&a, H2NEG_ERR_H2_STREAM_ID, PE, 0, 9);
    attack_h2(&a, "DATA behind a reset in the same read", "");
    put_request(&a.sc.in, 3, 0, "POST", "/echo", "");
    put_data(&a.sc.in, 3, 0, "x");
    put_window(&a.sc.in, 3, 0);
    for (i = 0; i < 50; i++)
        put_data(&a.sc.in, 3, 0, "zombie");
    put_data(&a.sc.in, 3, END, "");
    others_go_on(&a, 5);
    attack_play(&a, H2NEG_ERR_H2_WINDOW_ZERO,
                "NEGOTIATED\nREQUEST 1\nDATA 1\nREQUEST 3\nDATA 3 \"x\"\n"
                "DONE 3 " PE " err=H2_WINDOW_ZERO\nDATA 1 \"after\"\nEND 1\nDONE 1 NO_ERROR\n"
                "REQUEST 5\nEND 5\nDONE 5 NO_ERROR\n",
                NULL);
}

/* Compression oracles: what is secret is never put into the encoder's table (RFC 7541 7.1.3). */
static const char *oracle_name, *oracle_value;
static unsigned oracle_flags;

static int hook_oracle(side *s, const h2neg_event *ev)
{
    h2neg_message m = message_status(200);
    h2neg_field f = h2neg_f(oracle_name, oracle_value);
    if (ev->type != H2NEG_EV_REQUEST)
        return 0;
    f.flags = oracle_flags;
    m.fields = &f;
    m.field_count = 1;
    side_ok(s, ev->stream, h2neg_respond(s->c, ev->stream, &m, 0), "respond");
    return 1;
}

/* Octets of the second of two equal answers' block: small when the field was indexed. */
static size_t oracle_size(const char *name, const char *value, unsigned flags)
{
    side *s = (side *)calloc(1, sizeof *s);
    buf in = {0, 0, 0};
    size_t before;
    oracle_name = name, oracle_value = value, oracle_flags = flags;
    s->c = h2neg_conn_new(NULL);
    s->hook = hook_oracle;
    put_preface(&in, "");
    put_ack(&in);
    put_get(&in, 1, "/");
    side_feed(s, in.p, in.len);
    before = s->out.len;
    in.len = 0;
    put_get(&in, 3, "/");
    side_feed(s, in.p, in.len);
    before = s->out.len - before;
    if (getenv("CONN_VERBOSE"))
        check_print("block", (const unsigned char *)s->out.p + s->out.len - before, before);
    side_free(s);
    free(s);
    buf_free(&in);
    return before;
}

static void test_oracle(void)
{
    CHECK(oracle_size("x-public", "a-value-of-20-octets", 0) <= 9 + 6);
    CHECK(oracle_size("x-public", "a-value-of-20-octets", H2NEG_NEVER_INDEX) > 9 + 20);
    CHECK(oracle_size("authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", 0) > 9 + 20);
    CHECK(oracle_size("cookie", "short=secret", 0) > 9 + 9);
    CHECK(oracle_size("cookie", "a-cookie-of-twenty-one", 0) <= 9 + 6);
}

CHECK_MAIN(test_resets, test_resets_default, test_resets_refill, test_resets_free, test_concurrent,
           test_continuations, test_continuations_client, test_block_wire, test_header_list,
           test_bomb, test_counts, test_field_line, test_refused_block_is_decoded, test_hpack,
           test_decoder_table, test_encoder_table, test_huffman_growth, test_malformed,
           test_malformed_octets, test_content_length, test_bad_trailers, test_malformed_responses,
           test_frames, test_frame_size, test_identifiers, test_interleaved, test_overhead,
           test_overhead_default, test_overhead_ratio, test_overhead_exact, test_overhead_refill,
           test_empty, test_settings_entries, test_window_updates, test_window_overflow,
           test_settings_midflight, test_flow, test_connection_flow, test_dribble, test_goaway,
           test_push, test_informational, test_client_list, test_content_limit, test_unread,
           test_reset_ring, test_internal_buffering, test_priority_update, test_cross_protocol,
           test_zombies, test_oracle)
