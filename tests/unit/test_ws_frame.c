/* >>ws-frame: RFC 6455 5, 7.4; RFC 3629; and what goes with it: error_ws, alpn_for_websocket. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"

/* ---- headers in (RFC 6455 5.2) ------------------------------------------- */

enum { RESERVED = 1, CONTROL = 2, MASK = 4, LENGTH = 8 };

static int fault_bit(ptrdiff_t r)
{
    switch (r) {
    case H2NEG_ERR_WS_RESERVED: return RESERVED;
    case H2NEG_ERR_WS_CONTROL: return CONTROL;
    case H2NEG_ERR_WS_MASK: return MASK;
    case H2NEG_ERR_WS_LENGTH: return LENGTH;
    default: return 0;
    }
}

/* What is wrong with a first octet. 5.2: RSV "MUST be 0 unless an extension is negotiated that
   defines meanings", %x3-7 and %xB-F are reserved; RFC 7692 6.1: the bit stands on a message's
   first frame alone; 5.5: control frames "MUST NOT be fragmented". */
static int faults_of_first(unsigned first, unsigned rsv)
{
    static const char kinds[] = "cddrrrrrkkkrrrrr"; /* by opcode: data, continuation, kontrol */
    char kind = kinds[first & 15];
    int faults = 0;
    if (kind == 'r' || (first >> 4 & 7 & ~(kind == 'd' ? rsv : 0u)))
        faults |= RESERVED;
    if (kind == 'k' && first < 0x80)
        faults |= CONTROL;
    return faults;
}

/* And with a second one. 5.1: a client masks all frames, a server none; 5.5: a control frame has "a
   payload length of 125 bytes or less". */
static int faults_of_second(unsigned first, unsigned second, int from_client)
{
    int faults = 0;
    if ((second >= 0x80) != from_client)
        faults |= MASK;
    if ((first & 8) && (second & 0x7f) > 125)
        faults |= CONTROL;
    return faults;
}

/* A header with these two octets, the shortest length that they can announce, and a key. */
static size_t complete(unsigned char out[14], unsigned first, unsigned second)
{
    static const unsigned char lengths[2][8] = {{0, 126}, {0, 0, 0, 0, 0, 1, 0, 0}};
    size_t n = 2, extended = (second & 127) == 126 ? 2 : (second & 127) == 127 ? 8 : 0;
    memset(out, 0, 14);
    out[0] = (unsigned char)first;
    out[1] = (unsigned char)second;
    if (extended)
        memcpy(out + n, lengths[extended == 8], extended);
    n += extended;
    if (second & 0x80) {
        memcpy(out + n, "\xde\xad\xbe\xef", 4);
        n += 4;
    }
    return n;
}

static int fields_right(const h2neg_ws_frame *f, const unsigned char *in, size_t n)
{
    unsigned low = in[1] & 127;
    uint64_t length = low == 126 ? 126 : low == 127 ? 65536 : low;
    return f->fin == in[0] >> 7 && f->rsv == (in[0] >> 4 & 7) && f->opcode == (in[0] & 15) &&
           f->masked == in[1] >> 7 && f->length == length &&
           (!f->masked || memcmp(f->key, in + n - 4, 4) == 0);
}

/* One header in one reader: every beginning of it says 0, the size, or the one error. */
static int header_right(unsigned first, unsigned second, int from_client, unsigned rsv)
{
    unsigned char in[14];
    size_t n = complete(in, first, second), len;
    int faults = faults_of_first(first, rsv), at = faults ? 1 : 2;
    h2neg_ws_frame f;
    ptrdiff_t whole;
    if (!faults)
        faults = faults_of_second(first, second, from_client);
    memset(&f, 0, sizeof f);
    whole = h2neg_ws_frame_read(&f, in, 14, from_client, (int)rsv);
    if (faults ? !(fault_bit(whole) & faults) : whole != (ptrdiff_t)n || !fields_right(&f, in, n))
        return 0;
    for (len = 0; len < 14; len++) {
        ptrdiff_t r = h2neg_ws_frame_read(&f, in, len, from_client, (int)rsv);
        if (r != (faults ? len >= (size_t)at ? whole : 0 : len >= n ? whole : 0))
            return 0;
    }
    return 1;
}

static void test_every_header(void)
{
    unsigned first, second, way;
    int wrong = 0;
    for (first = 0; first < 256; first++)
        for (second = 0; second < 256; second++)
            for (way = 0; way < 4; way++)
                if (!header_right(first, second, way & 1, way & 2 ? H2NEG_WS_RSV1 : 0) &&
                    wrong++ < 5)
                    fprintf(stderr, "%02x %02x, from_client %u, rsv %u\n", first, second, way & 1,
                            way & 2 ? H2NEG_WS_RSV1 : 0);
    CHECK_INT(wrong, 0);
}

/* 5.2: "the minimal number of bytes MUST be used to encode the length"; "the most significant bit
   MUST be 0". */
static ptrdiff_t read_length(int form, uint64_t length, int from_client, uint64_t *got)
{
    unsigned char in[14] = {0x82};
    size_t n = 2, octets = form == 126 ? 2 : form == 127 ? 8 : 0, i, len;
    h2neg_ws_frame f;
    ptrdiff_t r = 0, before = 0;
    in[1] = (unsigned char)((from_client ? 0x80 : 0) | (octets ? form : (int)length));
    for (i = octets; i--;)
        in[n++] = (unsigned char)(length >> (8 * i) & 255);
    for (len = 0; len <= n + (from_client ? 4 : 0); len++) {
        unsigned char *tight = check_tight(in, len);
        r = h2neg_ws_frame_read(&f, tight, len, from_client, 0);
        free(tight);
        CHECK(before == 0 || r == before);
        before = r;
    }
    *got = f.length;
    return r;
}

static void test_lengths(void)
{
    static const struct {
        int form;
        uint64_t length;
        int good;
    } table[] = {{0, 0, 1},
                 {0, 1, 1},
                 {0, 125, 1},
                 {126, 0, 0},
                 {126, 125, 0},
                 {126, 126, 1},
                 {126, 127, 1},
                 {126, 255, 1},
                 {126, 256, 1},
                 {126, 65535, 1},
                 {127, 0, 0},
                 {127, 125, 0},
                 {127, 126, 0},
                 {127, 127, 0},
                 {127, 65535, 0},
                 {127, 65536, 1},
                 {127, UINT32_MAX, 1},
                 {127, (uint64_t)1 << 32, 1},
                 {127, UINT64_C(0x7fffffffffffffff), 1},
                 {127, UINT64_C(0x8000000000000000), 0},
                 {127, UINT64_MAX, 0}};
    size_t i, role;
    for (i = 0; i < sizeof table / sizeof table[0]; i++)
        for (role = 0; role < 2; role++) {
            uint64_t got;
            ptrdiff_t r = read_length(table[i].form, table[i].length, (int)role, &got);
            if (!table[i].good) {
                CHECK_INT(r, H2NEG_ERR_WS_LENGTH);
                continue;
            }
            CHECK_INT(r, 2 + (table[i].form ? table[i].form == 126 ? 2 : 8 : 0) + (role ? 4 : 0));
            CHECK(got == table[i].length);
        }
}

/* "Each octet is judged when it is there": at which one an error comes. */
static void test_earliest(void)
{
    static const struct {
        const char *hex;
        int from_client;
        size_t at; /* so many octets are enough */
        int error;
    } table[] = {{"83", 0, 1, H2NEG_ERR_WS_RESERVED},
                 {"8b", 0, 1, H2NEG_ERR_WS_RESERVED},
                 {"c1", 0, 1, H2NEG_ERR_WS_RESERVED},
                 {"09", 0, 1, H2NEG_ERR_WS_CONTROL},
                 {"81 05", 1, 2, H2NEG_ERR_WS_MASK},
                 {"81 85", 0, 2, H2NEG_ERR_WS_MASK},
                 {"89 7e", 0, 2, H2NEG_ERR_WS_CONTROL},
                 {"88 ff", 1, 2, H2NEG_ERR_WS_CONTROL},
                 {"81 7f 80", 0, 3, H2NEG_ERR_WS_LENGTH},
                 {"81 ff 80", 1, 3, H2NEG_ERR_WS_LENGTH},
                 {"81 7e 00 7d", 0, 4, H2NEG_ERR_WS_LENGTH},
                 {"81 fe 00 7d", 1, 4, H2NEG_ERR_WS_LENGTH},
                 {"81 7f 00 00 00 00 00 00", 0, 8, H2NEG_ERR_WS_LENGTH},
                 {"81 ff 00 00 00 00 00 00", 1, 8, H2NEG_ERR_WS_LENGTH}};
    unsigned char in[14];
    h2neg_ws_frame f;
    size_t i, n;
    for (i = 0; i < sizeof table / sizeof table[0]; i++) {
        check_hex(in, table[i].hex);
        for (n = 0; n <= table[i].at; n++)
            CHECK_INT(h2neg_ws_frame_read(&f, in, n, table[i].from_client, 0),
                      n < table[i].at ? 0 : table[i].error);
    }
}

/* ---- the examples of RFC 6455 5.7 ---------------------------------------- */

typedef struct example {
    const char *hex; /* the header */
    int fin, opcode, masked;
    uint64_t length;
} example;

static const example examples[] = {{"81 05", 1, H2NEG_WS_TEXT, 0, 5},
                                   {"81 85 37 fa 21 3d", 1, H2NEG_WS_TEXT, 1, 5},
                                   {"01 03", 0, H2NEG_WS_TEXT, 0, 3},
                                   {"80 02", 1, H2NEG_WS_CONTINUATION, 0, 2},
                                   {"89 05", 1, H2NEG_WS_PING, 0, 5},
                                   {"8a 85 37 fa 21 3d", 1, H2NEG_WS_PONG, 1, 5},
                                   {"82 7e 01 00", 1, H2NEG_WS_BINARY, 0, 256},
                                   {"82 7f 00 00 00 00 00 01 00 00", 1, H2NEG_WS_BINARY, 0, 65536}};

static void test_examples(void)
{
    static const unsigned char key[4] = {0x37, 0xfa, 0x21, 0x3d};
    size_t i;
    for (i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        const example *e = &examples[i];
        unsigned char in[14], out[14];
        size_t n = check_hex(in, e->hex);
        h2neg_ws_frame f;
        CHECK_INT(h2neg_ws_frame_read(&f, in, n, e->masked, 0), n);
        CHECK(f.fin == e->fin && f.opcode == e->opcode && f.masked == e->masked && f.rsv == 0);
        CHECK(f.length == e->length);
        if (e->masked)
            CHECK_OCTETS(f.key, 4, key, 4);
        CHECK_INT(h2neg_ws_frame_write(out, sizeof out, &f), n);
        CHECK_OCTETS(out, n, in, n);
    }
}

/* "Hello" under the mask 37 fa 21 3d is 7f 9f 4d 51 58. */
static void test_example_mask(void)
{
    static const unsigned char key[4] = {0x37, 0xfa, 0x21, 0x3d};
    unsigned char out[5];
    h2neg_ws_mask(out, "Hello", 5, key, 0);
    CHECK_OCTETS(out, 5, "\x7f\x9f\x4d\x51\x58", 5);
    h2neg_ws_mask(out, out, 5, key, 0);
    CHECK_OCTETS(out, 5, "Hello", 5);
}

/* ---- headers out --------------------------------------------------------- */

/* The same header by hand. */
static size_t by_hand(unsigned char out[14], const h2neg_ws_frame *f)
{
    size_t n = 2, octets = f->length > 65535 ? 8 : f->length > 125 ? 2 : 0;
    out[0] = (unsigned char)((f->fin ? 128 : 0) + f->rsv * 16 + f->opcode);
    out[1] = (unsigned char)((f->masked ? 128 : 0) + (octets == 8   ? 127
                                                      : octets == 2 ? 126
                                                                    : (int)f->length));
    while (octets--)
        out[n++] = (unsigned char)(f->length >> (8 * octets) & 255);
    if (f->masked)
        memcpy(out + n, f->key, 4);
    return n + (f->masked ? 4 : 0);
}

/* The writer refuses just what a reader with every bit allowed refuses; else they agree. */
static void write_one(const h2neg_ws_frame *f)
{
    unsigned char hand[14], out[16];
    size_t n = by_hand(hand, f), room;
    h2neg_ws_frame back;
    ptrdiff_t reads, r;
    memset(out, 0xee, sizeof out);
    reads = h2neg_ws_frame_read(&back, hand, n, f->masked, 7);
    r = h2neg_ws_frame_write(out, 14, f);
    if (reads < 0) {
        CHECK_INT(r, H2NEG_ERR_INVALID);
        CHECK(out[0] == 0xee);
        return;
    }
    CHECK_INT(r, n);
    CHECK_OCTETS(out, n, hand, n);
    CHECK(out[n] == 0xee);
    for (room = 0; room < n; room++) {
        memset(out, 0xee, sizeof out);
        CHECK_INT(h2neg_ws_frame_write(out, room, f), H2NEG_ERR_TOO_SMALL);
        CHECK(out[0] == 0xee && out[room] == 0xee);
    }
}

static void test_write(void)
{
    static const uint64_t lengths[] = {0,
                                       1,
                                       125,
                                       126,
                                       127,
                                       128,
                                       65535,
                                       65536,
                                       UINT64_C(0x7fffffffffffffff),
                                       UINT64_C(0x8000000000000000),
                                       UINT64_MAX};
    h2neg_ws_frame f;
    size_t i;
    int way;
    memcpy(f.key, "\x01\x80\x00\xff", 4);
    for (way = 0; way < 512; way++)
        for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            f.fin = way & 1;
            f.masked = way >> 1 & 1;
            f.rsv = way >> 2 & 7;
            f.opcode = way >> 5;
            f.length = lengths[i];
            write_one(&f);
        }
}

/* Members that no header can say. */
static void test_write_invalid(void)
{
    static const h2neg_ws_frame table[] = {{1, 8, H2NEG_WS_TEXT, 0, {0}, 1},
                                           {1, -1, H2NEG_WS_TEXT, 0, {0}, 1},
                                           {1, 0, 16, 0, {0}, 1},
                                           {1, 0, 17, 0, {0}, 1},
                                           {1, 0, -1, 0, {0}, 1},
                                           {1, 0, -15, 0, {0}, 1}};
    unsigned char out[14];
    size_t i;
    for (i = 0; i < sizeof table / sizeof table[0]; i++)
        CHECK_INT(h2neg_ws_frame_write(out, sizeof out, &table[i]), H2NEG_ERR_INVALID);
}

/* ---- masking (RFC 6455 5.3) ---------------------------------------------- */

/* "transformed-octet-i = original-octet-i XOR masking-key-octet-(i MOD 4)". */
static void mask_obvious(unsigned char *out, const unsigned char *in, size_t len,
                         const unsigned char key[4], uint64_t offset)
{
    size_t i;
    for (i = 0; i < len; i++)
        out[i] = in[i] ^ key[(offset + i) % 4];
}

static void fill_random(unsigned char *p, size_t n)
{
    while (n--)
        *p++ = (unsigned char)check_random(256);
}

static int mask_right(size_t len, size_t align, uint64_t offset, const unsigned char key[4])
{
    unsigned char in[96], want[96], out[96], was[96];
    fill_random(in, sizeof in);
    memcpy(was, in, sizeof in);
    memset(out, 0x77, sizeof out);
    memset(want, 0x77, sizeof want);
    mask_obvious(want + align, in + 3, len, key, offset);
    h2neg_ws_mask(out + align, in + 3, len, key, offset);
    if (memcmp(out, want, sizeof out) != 0 || memcmp(in, was, sizeof in) != 0)
        return 0;
    mask_obvious(was + align, in + align, len, key, offset);
    h2neg_ws_mask(in + align, in + align, len, key, offset);
    return memcmp(in, was, sizeof in) == 0;
}

static void test_mask(void)
{
    static const uint64_t far_off[] = {UINT32_MAX, (uint64_t)1 << 32, UINT64_C(0x7ffffffffffffffd)};
    unsigned char key[4];
    size_t len, align;
    uint64_t offset;
    int wrong = 0;
    for (len = 0; len <= 70; len++)
        for (align = 0; align < 16; align++)
            for (offset = 0; offset < 12; offset++) {
                fill_random(key, 4);
                wrong += !mask_right(len, align, offset < 9 ? offset : far_off[offset - 9], key);
            }
    CHECK_INT(wrong, 0);
    h2neg_ws_mask(NULL, NULL, 0, key, 0);
}

/* Any cut gives the same. */
static void test_mask_large(void)
{
    enum { SIZE = 1000003 };
    unsigned char *in = (unsigned char *)malloc(3 * SIZE), *want = in + SIZE, *out = want + SIZE;
    static const unsigned char key[4] = {0xa5, 0, 0xff, 0x11};
    size_t at = 0, k;
    fill_random(in, SIZE);
    mask_obvious(want, in, SIZE, key, 0);
    h2neg_ws_mask(out, in, SIZE, key, 0);
    CHECK(memcmp(out, want, SIZE) == 0);
    for (; at < SIZE; at += k) {
        k = 1 + check_random(at % 2 ? 20 : 5000);
        k = k < SIZE - at ? k : SIZE - at;
        h2neg_ws_mask(out + at, out + at, k, key, at);
    }
    CHECK(memcmp(out, in, SIZE) == 0);
    free(in);
}

/* ---- UTF-8 (RFC 3629 3) -------------------------------------------------- */

/* Octets of a number by the scheme of RFC 3629 3's table, in a form of `n` octets, whether it is
   the one for it or not. */
static void utf8_form(unsigned char *out, uint32_t v, size_t n)
{
    static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t i;
    for (i = n; --i > 0; v >>= 6)
        out[i] = (unsigned char)(0x80 | (v & 0x3f));
    out[0] = (unsigned char)(marks[n] | v);
}

static size_t utf8_size(uint32_t v)
{
    return v < 0x80 ? 1 : v < 0x800 ? 2 : v < 0x10000 ? 3 : 4;
}

/* Which beginnings characters have: every code point is written down, and what was never written
   cannot be. Of a fourth octet nothing needs to be kept: behind three good ones it is any of 80 to
   BF. */
static unsigned char sizes[256];       /* of the character that begins so; 0: none does */
static unsigned char pairs[65536];     /* 1: a character begins so */
static unsigned char triples[1 << 21]; /* a bit each */

static void oracle_make(void)
{
    uint32_t v;
    unsigned char c[4] = {0, 0, 0, 0};
    if (sizes['a'])
        return;
    for (v = 0; v <= 0x10ffff; v++) {
        size_t n = utf8_size(v);
        uint32_t triple;
        if (v >= 0xd800 && v <= 0xdfff)
            continue;
        utf8_form(c, v, n);
        triple = (uint32_t)c[0] << 16 | (uint32_t)c[1] << 8 | c[2];
        sizes[c[0]] = (unsigned char)n;
        if (n > 1)
            pairs[c[0] << 8 | c[1]] = 1;
        if (n > 2)
            triples[triple >> 3] |= (unsigned char)(1 << (triple & 7));
    }
}

/* How many octets are good, and whether the last character is whole. */
static size_t oracle(const unsigned char *p, size_t len, int *whole)
{
    size_t i = 0;
    *whole = 0;
    while (i < len) {
        size_t n = sizes[p[i]], left = len - i;
        uint32_t triple;
        if (n == 0)
            return i;
        if (n > 1 && left > 1 && !pairs[p[i] << 8 | p[i + 1]])
            return i + 1;
        triple = n > 2 && left > 2 ? (uint32_t)p[i] << 16 | (uint32_t)p[i + 1] << 8 | p[i + 2] : 0;
        if (triple && !(triples[triple >> 3] >> (triple & 7) & 1))
            return i + 2;
        if (n > 3 && left > 3 && (p[i + 3] < 0x80 || p[i + 3] > 0xbf))
            return i + 3;
        if (n > left)
            return len;
        i += n;
    }
    *whole = 1;
    return len;
}

static int utf8_right(const unsigned char *p, size_t len)
{
    h2neg_utf8 u;
    int whole;
    size_t want = oracle(p, len, &whole);
    memset(&u, 0, sizeof u);
    return h2neg_utf8_check(&u, p, len) == want && h2neg_utf8_whole(&u) == (whole && want == len);
}

/* Octet by octet, and in two at every place: the same offset; behind an error always 0. */
static int utf8_cut_right(const unsigned char *p, size_t len)
{
    h2neg_utf8 u;
    int whole, right = 1;
    size_t want = oracle(p, len, &whole), cut, first;
    for (cut = 0; cut <= len; cut++) {
        memset(&u, 0, sizeof u);
        first = h2neg_utf8_check(&u, p, cut);
        if (first < cut)
            right = right && first == want && h2neg_utf8_check(&u, "a", 1) == 0;
        else
            right = right && first + h2neg_utf8_check(&u, p + cut, len - cut) == want;
        right = right && h2neg_utf8_whole(&u) == (whole && want == len);
    }
    memset(&u, 0, sizeof u);
    for (cut = 0; cut < len; cut++)
        right = right && h2neg_utf8_check(&u, p + cut, 1) == (cut < want);
    return right && (want == len || !h2neg_utf8_whole(&u));
}

static void utf8_report(const unsigned char *p, size_t len, int *wrong)
{
    if ((*wrong)++ < 5)
        check_print("not judged right", p, len);
    check_failures++;
}

/* Octets on both sides of every border that RFC 3629 4 knows. */
static const unsigned char borders[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0,
                                        0xc2, 0xdf, 0xe0, 0xed, 0xf0, 0xf4, 0xf5, 0xff};
enum { BORDERS = sizeof borders };

static void test_utf8_sequences(void)
{
    unsigned char p[4];
    unsigned pair, third, fourth;
    int wrong = 0;
    oracle_make();
    for (pair = 0; pair < 65536; pair++) {
        p[0] = (unsigned char)(pair >> 8);
        p[1] = (unsigned char)(pair & 255);
        if (!utf8_right(p, 1) || !utf8_cut_right(p, 2))
            utf8_report(p, 2, &wrong);
        for (third = 0; third < BORDERS; third++) {
            p[2] = borders[third];
            if (!utf8_right(p, 3))
                utf8_report(p, 3, &wrong);
            for (fourth = 0; p[0] >= 0xe0 && p[0] < 0xf8 && fourth < BORDERS; fourth++) {
                p[3] = borders[fourth];
                if (!utf8_right(p, 4))
                    utf8_report(p, 4, &wrong);
            }
        }
    }
}

static void test_utf8_code_points(void)
{
    uint32_t v;
    int wrong = 0;
    oracle_make();
    for (v = 0; v <= 0x10ffff; v++) {
        unsigned char p[4];
        size_t n = utf8_size(v), good;
        h2neg_utf8 u;
        utf8_form(p, v, n);
        memset(&u, 0, sizeof u);
        good = h2neg_utf8_check(&u, p, n);
        if (v >= 0xd800 && v <= 0xdfff) {
            if (good != 1 || h2neg_utf8_whole(&u))
                utf8_report(p, n, &wrong);
        } else if (good != n || !h2neg_utf8_whole(&u)) {
            utf8_report(p, n, &wrong);
        }
    }
}

/* Forms that are too long and what is above U+10FFFF: the octet that cannot stand there. */
static void test_utf8_overlong(void)
{
    uint32_t v;
    int wrong = 0;
    for (v = 0; v <= 0x1fffff; v++) {
        unsigned char p[4];
        size_t n;
        for (n = 2; n <= 4; n++) {
            h2neg_utf8 u;
            size_t at = n == 2 ? 0 : 1;
            if (n <= (v > 0x10ffff ? 3 : utf8_size(v)))
                continue;
            utf8_form(p, v, n);
            if (p[0] > 0xf4) /* no character begins so */
                at = 0;
            memset(&u, 0, sizeof u);
            if (h2neg_utf8_check(&u, p, n) != at || h2neg_utf8_whole(&u))
                utf8_report(p, n, &wrong);
        }
    }
}

/* Longer texts, ASCII beside everything else, with one octet changed: cut at every place. */
static void test_utf8_texts(void)
{
    static const char text[] = "plain ascii, eight and more \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 "
                               "ascii \xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf the end";
    unsigned char p[sizeof text];
    size_t i, k, len = sizeof text - 1;
    int wrong = 0;
    oracle_make();
    CHECK(utf8_cut_right((const unsigned char *)text, len));
    for (i = 0; i < len; i++)
        for (k = 0; k < BORDERS; k++) {
            unsigned char *tight;
            memcpy(p, text, sizeof text);
            p[i] = borders[k];
            tight = check_tight(p, len);
            if (!utf8_cut_right(tight, len))
                utf8_report(p, len, &wrong);
            free(tight);
        }
}

/* Every alignment and length around the eight octets that a fast loop may take at once. */
static void test_utf8_runs(void)
{
    unsigned char p[80];
    size_t align, len, bad;
    h2neg_utf8 u;
    int wrong = 0;
    memset(p, 'x', sizeof p);
    for (align = 0; align < 8; align++)
        for (len = 0; len < 40; len++)
            for (bad = 0; bad < len; bad++) {
                p[align + bad] = 0xff;
                memset(&u, 0, sizeof u);
                wrong += h2neg_utf8_check(&u, p + align, len) != bad;
                p[align + bad] = 'x';
            }
    CHECK_INT(wrong, 0);
    memset(&u, 0, sizeof u);
    CHECK_INT(h2neg_utf8_check(&u, NULL, 0), 0);
    CHECK_INT(h2neg_utf8_whole(&u), 1);
}

/* ---- Close (RFC 6455 5.5.1, 7.4) ----------------------------------------- */

/* 7.4.1: 1004 is reserved; 1005, 1006 and 1015 "MUST NOT be set as a status code in a Close control
   frame"; 7.4.2: 0-999 are not used, 1000-2999 are the protocol's own, 3000-4999 for libraries and
   applications. IANA has registered 1007 to 1014. */
static int code_good(long code)
{
    if (code == 1004 || code == 1005 || code == 1006 || code == 1015)
        return 0;
    return (code >= 1000 && code <= 1014) || (code >= 3000 && code <= 4999);
}

static void test_close_codes(void)
{
    long code;
    for (code = 0; code < 65536; code++) {
        unsigned char p[4], out[125];
        h2neg_str reason;
        int got = -1, r;
        p[0] = (unsigned char)(code >> 8);
        p[1] = (unsigned char)(code & 255);
        p[2] = 'h';
        p[3] = 'i';
        CHECK_INT(h2neg_ws_code_ok((int)code), code_good(code));
        r = h2neg_ws_close_read(p, 4, &got, &reason);
        CHECK_INT(r, code_good(code) ? 0 : H2NEG_ERR_WS_CLOSE_CODE);
        if (r == 0)
            CHECK(got == code && reason.len == 2 && reason.ptr == (char *)p + 2);
        if (code == 0)
            continue;
        CHECK_INT(h2neg_ws_close_write(out, sizeof out, (int)code, h2neg_s("hi")),
                  code_good(code) ? 4 : H2NEG_ERR_INVALID);
        if (r == 0)
            CHECK_OCTETS(out, 4, p, 4);
    }
    CHECK_INT(h2neg_ws_code_ok(-1), 0);
    CHECK_INT(h2neg_ws_code_ok(65536 + 1000), 0);
    CHECK_INT(h2neg_ws_code_ok(-64536), 0);
}

/* 5.5.1: "If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer";
   7.1.5: without a code it is 1005. */
static void test_close_read(void)
{
    unsigned char p[125];
    h2neg_str reason;
    int code = 0;
    CHECK_INT(h2neg_ws_close_read(NULL, 0, &code, &reason), 0);
    CHECK_INT(code, 1005);
    CHECK_INT(reason.len, 0);
    CHECK_INT(h2neg_ws_close_read("\x03", 1, &code, &reason), H2NEG_ERR_WS_CLOSE_CODE);
    CHECK_INT(h2neg_ws_close_read("\x03\xe8", 2, &code, &reason), 0);
    CHECK_INT(code, 1000);
    CHECK_INT(reason.len, 0);
    memset(p, 'r', sizeof p);
    memcpy(p, "\x0f\xa0", 2);
    CHECK_INT(h2neg_ws_close_read(p, 125, &code, &reason), 0);
    CHECK_INT(code, 4000);
    CHECK_INT(reason.len, 123);
}

/* 5.5.1: the reason is "UTF-8-encoded data". */
static void test_close_reason(void)
{
    static const struct {
        const char *reason;
        int good;
    } table[] = {{"\xc3\xa9", 1},      {"\xf0\x9f\x98\x80", 1}, {"\xff", 0},     {"\xc3", 0},
                 {"a\xc3\xa9\x80", 0}, {"\xed\xa0\x80", 0},     {"\xc0\x80", 0}, {"ok\xe2\x82", 0}};
    unsigned char p[125], out[125];
    h2neg_str reason;
    size_t i;
    int code;
    for (i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t n = strlen(table[i].reason);
        memcpy(p, "\x03\xe9", 2);
        memcpy(p + 2, table[i].reason, n);
        CHECK_INT(h2neg_ws_close_read(p, 2 + n, &code, &reason),
                  table[i].good ? 0 : H2NEG_ERR_WS_UTF8);
        CHECK_INT(h2neg_ws_close_write(out, sizeof out, 1001, h2neg_s(table[i].reason)),
                  table[i].good ? (int)(2 + n) : H2NEG_ERR_INVALID);
    }
}

static void test_close_write(void)
{
    char text[125];
    unsigned char out[126];
    h2neg_str none = {NULL, 0}, reason;
    memset(text, 'r', sizeof text);
    reason.ptr = text;
    reason.len = 123;
    CHECK_INT(h2neg_ws_close_write(out, 0, 0, none), 0);
    CHECK_INT(h2neg_ws_close_write(out, 125, 0, h2neg_s("why")), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_ws_close_write(out, 2, 1000, none), 2);
    CHECK_OCTETS(out, 2, "\x03\xe8", 2);
    CHECK_INT(h2neg_ws_close_write(out, 1, 1000, none), H2NEG_ERR_TOO_SMALL);
    memset(out, 0xee, sizeof out);
    CHECK_INT(h2neg_ws_close_write(out, 124, 1000, reason), H2NEG_ERR_TOO_SMALL);
    CHECK(out[124] == 0xee);
    CHECK_INT(h2neg_ws_close_write(out, 125, 1000, reason), 125);
    CHECK(out[125] == 0xee);
    reason.len = 124;
    CHECK_INT(h2neg_ws_close_write(out, 126, 1000, reason), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_ws_close_write(out, 125, -1, none), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_ws_close_write(out, 125, 66536, none), H2NEG_ERR_INVALID);
}

/* ---- what errors are closed with (RFC 6455 7.4.1) ------------------------ */

static int close_code(const char *name)
{
    static const struct {
        const char *name;
        int code;
    } table[] = {{"WS_UTF8", 1007},     {"WS_DEFLATE", 1007}, {"LIMIT_OVERHEAD", 1008},
                 {"LIMIT_EMPTY", 1008}, {"NOMEM", 1011},      {"LIMIT_MESSAGE", 1009},
                 {"WS_ABNORMAL", 1006}, {"LOST", 1006},       {"TIMEOUT_CLOSE", 1006}};
    size_t i;
    for (i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].name, name) == 0)
            return table[i].code;
    return 1002;
}

static void test_error_ws(void)
{
#define ONE(name, h2, status, section, text)                                                       \
    if (strcmp(#name, "NO_RANDOM") != 0) /* a client's own lack; nothing is sent of it */          \
        CHECK_INT(h2neg_error_ws(H2NEG_ERR_##name), close_code(#name));
    H2NEG_ERROR_LIST(ONE)
#undef ONE
    CHECK_INT(h2neg_error_ws(0), 1000);
}

/* RFC 8441 3: a client does not know before SETTINGS whether h2 will do. */
static void test_alpn(void)
{
    h2neg_str one = h2neg_alpn_for_websocket(0), both = h2neg_alpn_for_websocket(1);
    CHECK_OCTETS(one.ptr, one.len, "\x08http/1.1", 9);
    CHECK_OCTETS(both.ptr, both.len, "\x02h2\x08http/1.1", 12);
    CHECK_INT(h2neg_alpn_list_check(one), 0);
    CHECK_INT(h2neg_alpn_list_check(both), 0);
}

CHECK_MAIN(test_every_header, test_lengths, test_earliest, test_examples, test_example_mask,
           test_write, test_write_invalid, test_mask, test_mask_large, test_utf8_sequences,
           test_utf8_code_points, test_utf8_overlong, test_utf8_texts, test_utf8_runs,
           test_close_codes, test_close_read, test_close_reason, test_close_write, test_error_ws,
           test_alpn)
