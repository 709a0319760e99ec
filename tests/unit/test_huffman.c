/* The Huffman code of RFC 7541 5.2 and Appendix B. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"

/* What the table says of an octet. */
static uint32_t code_of(size_t octet)
{
    return (uint32_t)(h2neg__huffman_codes[octet] >> (64 - (h2neg__huffman_codes[octet] & 255)));
}

static unsigned bits_of(size_t octet)
{
    return (unsigned)(h2neg__huffman_codes[octet] & 255);
}

/* Decodes in pieces of at most `piece` octets: octets written, or -1 where the string is malformed. */
static long decode(unsigned char *out, const unsigned char *in, size_t len, size_t piece)
{
    h2neg_huffman_state h;
    size_t at = 0, used = 0;
    h2neg__huffman_start(&h);
    while (at < len && !h.bad) {
        size_t n = len - at < piece ? len - at : piece;
        unsigned char *tight = check_tight(in + at, n);
        used += h2neg__huffman_decode(&h, out + used, tight, n);
        free(tight);
        at += n;
    }
    return h2neg__huffman_ends(&h) ? (long)used : -1;
}

/* Encodes with much room, then with just enough, then with one octet too few. */
static size_t encode(unsigned char *out, const void *s, size_t len)
{
    static unsigned char wide[8192];
    size_t n = h2neg__huffman_encode(wide, sizeof wide, h2neg__str(s, len), 0);
    unsigned char *tight = (unsigned char *)malloc(n ? n : 1);
    CHECK(n > 0 || len == 0);
    CHECK_INT(h2neg__huffman_encode(tight, n, h2neg__str(s, len), 0), n);
    CHECK(memcmp(tight, wide, n) == 0);
    memcpy(out, tight, n);
    free(tight);
    if (n) {
        tight = (unsigned char *)malloc(n > 1 ? n - 1 : 1);
        CHECK_INT(h2neg__huffman_encode(tight, n - 1, h2neg__str(s, len), 0), 0);
        free(tight);
    }
    return n;
}

/* Bits, most significant first; what is left of the last octet is filled with `fill`. */
typedef struct bit_writer {
    unsigned char octets[64];
    size_t bits;
} bit_writer;

static void put_bits(bit_writer *w, uint32_t value, unsigned bits)
{
    while (bits--) {
        if (w->bits % 8 == 0)
            w->octets[w->bits / 8] = 0;
        w->octets[w->bits / 8] |= (unsigned char)((value >> bits & 1) << (7 - w->bits % 8));
        w->bits++;
    }
}

static void test_literal_codes(void) /* Appendix B, read off the RFC */
{
    static const struct {
        unsigned symbol;
        uint32_t code;
        unsigned bits;
    } rows[] = {{0, 0x1ff8, 13},      {1, 0x7fffd8, 23},    {9, 0xffffea, 24},   {10, 0x3ffffffc, 30},
                {13, 0x3ffffffd, 30}, {22, 0x3ffffffe, 30}, {' ', 0x14, 6},      {'!', 0x3f8, 10},
                {'#', 0xffa, 12},     {'\'', 0x7fa, 11},    {'/', 0x18, 6},      {'0', 0, 5},
                {'9', 0x1f, 6},       {':', 0x5c, 7},       {'<', 0x7ffc, 15},   {'X', 0xfc, 8},
                {'\\', 0x7fff0, 19},  {'^', 0x3ffc, 14},    {'a', 3, 5},         {'t', 9, 5},
                {'z', 0x7b, 7},       {127, 0xffffffc, 28}, {128, 0xfffe6, 20},  {153, 0x1fffdc, 21},
                {199, 0x1ffffec, 25}, {203, 0x7ffffde, 27}, {228, 0x3fffe9, 22}, {249, 0xffffffe, 28},
                {255, 0x3ffffee, 26}};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(code_of(rows[i].symbol), rows[i].code);
        CHECK_INT(bits_of(rows[i].symbol), rows[i].bits);
    }
}

static void test_complete(void) /* with EOS the code leaves nothing over: Kraft's sum is one */
{
    uint64_t sum = 1;
    size_t i;
    for (i = 0; i < 256; i++)
        sum += (uint64_t)1 << (30 - bits_of(i));
    CHECK_INT(sum, (uint64_t)1 << 30);
}

static void test_sizes(void)
{
    size_t n = sizeof h2neg__huffman_codes + sizeof h2neg__huffman_step + sizeof h2neg__huffman_pair +
               sizeof h2neg__huffman_end + sizeof h2neg__huffman_base + sizeof h2neg__huffman_long;
    CHECK(n <= 16384);
}

static void test_examples(void) /* RFC 7541 C.4, C.6 */
{
    static const char *const rows[][2] = {
        {"www.example.com", "f1e3c2e5f23a6ba0ab90f4ff"},
        {"no-cache", "a8eb10649cbf"},
        {"custom-key", "25a849e95ba97d7f"},
        {"custom-value", "25a849e95bb8e8b4bf"},
        {"302", "6402"},
        {"private", "aec3771a4b"},
        {"Mon, 21 Oct 2013 20:13:21 GMT", "d07abe941054d444a8200595040b8166e082a62d1bff"},
        {"https://www.example.com", "9d29ad171863c78f0b97c8e9ae82ae43d3"},
        {"307", "640eff"},
        {"gzip", "9bd9ab"},
        {"foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
         "94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"},
        {"", ""}};
    size_t i, piece;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned char coded[128], wanted[128], out[512];
        size_t n = check_hex(wanted, rows[i][1]);
        CHECK_INT(encode(coded, rows[i][0], strlen(rows[i][0])), n);
        CHECK_OCTETS(coded, n, wanted, n);
        for (piece = 1; piece <= 20; piece++) {
            long got = decode(out, wanted, n, piece);
            CHECK_INT(got, strlen(rows[i][0]));
            CHECK_OCTETS(out, (size_t)got, rows[i][0], strlen(rows[i][0]));
        }
    }
}

static void test_lower(void)
{
    unsigned char a[64], b[64];
    h2neg_str up = h2neg__str("X-Upper-Case", 12), low = h2neg__str("x-upper-case", 12);
    size_t n = h2neg__huffman_encode(a, sizeof a, up, 1);
    CHECK_INT(h2neg__huffman_encode(b, sizeof b, low, 0), n);
    CHECK_OCTETS(a, n, b, n);
}

static void test_every_symbol(void) /* alone, after each other symbol, and in runs */
{
    unsigned a, b;
    for (a = 0; a < 256; a++) {
        for (b = 0; b < 256; b++) {
            unsigned char s[20], coded[128], out[256];
            size_t n, len = 2 + (a + b) % 18;
            memset(s, (int)b, sizeof s);
            s[0] = (unsigned char)a;
            n = encode(coded, s, len);
            CHECK(decode(out, coded, n, 1000) == (long)len && memcmp(out, s, len) == 0);
            CHECK(decode(out, coded, n, 1 + b % 9) == (long)len && memcmp(out, s, len) == 0);
        }
    }
}

static void test_random_strings(void)
{
    size_t round, i;
    for (round = 0; round < 3000; round++) {
        unsigned char s[300], coded[1300], out[2600];
        size_t n, len = check_random(300), piece = 1 + check_random(40);
        unsigned kind = check_random(3);
        for (i = 0; i < len; i++)
            s[i] = (unsigned char)(kind == 0 ? check_random(256)
                                             : kind == 1 ? (unsigned char)"0123abceost"[check_random(11)]
                                                         : 32 + check_random(95));
        n = encode(coded, s, len);
        CHECK(n <= (len * 30 + 7) / 8);
        CHECK(decode(out, coded, n, piece) == (long)len && memcmp(out, s, len) == 0);
        CHECK(decode(out, coded, n, 5000) == (long)len && memcmp(out, s, len) == 0);
    }
}

static void test_padding(void) /* at most 7 bits, all ones */
{
    unsigned extra, symbols, value;
    for (symbols = 0; symbols < 16; symbols++) {
        for (extra = 0; extra <= 24; extra++) {
            bit_writer w;
            unsigned char out[256];
            unsigned i;
            w.bits = 0;
            for (i = 0; i < symbols; i++)
                put_bits(&w, code_of('a'), bits_of('a'));
            put_bits(&w, (1u << extra) - 1, extra);
            if (w.bits % 8)
                continue;
            CHECK_INT(decode(out, w.octets, w.bits / 8, 100), extra <= 7 ? (long)symbols : -1);
            CHECK_INT(decode(out, w.octets, w.bits / 8, 1), extra <= 7 ? (long)symbols : -1);
        }
    }
    for (symbols = 1; symbols < 16; symbols++) {
        unsigned pad = (8 - symbols * 5 % 8) % 8;
        for (value = 0; value + 1 < 1u << pad; value++) { /* every padding with a zero in it */
            bit_writer w;
            unsigned char out[256];
            unsigned i;
            long got;
            w.bits = 0;
            for (i = 0; i < symbols; i++)
                put_bits(&w, code_of('a'), bits_of('a'));
            put_bits(&w, value, pad);
            got = decode(out, w.octets, w.bits / 8, 100);
            CHECK_INT(got, decode(out, w.octets, w.bits / 8, 1));
            /* five bits or more may be one more symbol, with or without padding of its own */
            CHECK(got == -1 || (pad >= 5 && got == (long)symbols + 1));
        }
    }
}

static void test_eos(void) /* refused wherever it stands */
{
    unsigned before, after;
    for (before = 0; before < 24; before++) {
        for (after = 0; after < 10; after++) {
            bit_writer w;
            unsigned char out[256];
            unsigned i;
            w.bits = 0;
            for (i = 0; i < before; i++)
                put_bits(&w, code_of(i % 2 ? 'a' : 'Z'), bits_of(i % 2 ? 'a' : 'Z'));
            put_bits(&w, 0x3fffffff, 30);
            for (i = 0; i < after; i++)
                put_bits(&w, code_of('a'), 5);
            while (w.bits % 8)
                put_bits(&w, 1, 1);
            CHECK_INT(decode(out, w.octets, w.bits / 8, 100), -1);
            CHECK_INT(decode(out, w.octets, w.bits / 8, 1), -1);
            CHECK_INT(decode(out, w.octets, w.bits / 8, 3), -1);
        }
    }
}

static void test_truncated(void) /* a string cut off: refused unless what is left is padding */
{
    unsigned a;
    for (a = 0; a < 256; a++) {
        unsigned char s[3] = {0, 0, 0}, coded[16], out[64];
        size_t n, cut;
        s[1] = (unsigned char)a;
        n = encode(coded, s, 3);
        for (cut = 1; cut < n; cut++) {
            long whole = decode(out, coded, cut, 100);
            CHECK_INT(whole, decode(out, coded, cut, 1));
            CHECK(whole < 3);
        }
    }
}

/* Whatever the octets are, the cut does not matter, and what decodes is what encodes to them. */
static void test_random_octets(void)
{
    size_t round, i;
    for (round = 0; round < 20000; round++) {
        unsigned char in[40], out[128], again[128], coded[160];
        size_t len = check_random(40);
        long got;
        for (i = 0; i < len; i++)
            in[i] = (unsigned char)(check_random(3) ? check_random(256) : 255);
        got = decode(out, in, len, 100);
        CHECK_INT(decode(again, in, len, 1 + check_random(12)), got);
        if (got >= 0) {
            CHECK(memcmp(out, again, (size_t)got) == 0);
            CHECK(encode(coded, out, (size_t)got) == len && memcmp(coded, in, len) == 0);
        }
    }
}

/* The promise of H2NEG__HUFFMAN_ROOM: nothing is written behind it. */
static void test_room(void)
{
    size_t len;
    for (len = 0; len < 80; len++) {
        unsigned char in[80];
        h2neg_huffman_state h;
        unsigned char *out = (unsigned char *)malloc(len / 5 * 8 + 24);
        memset(in, 0, sizeof in); /* code 00000: the shortest */
        h2neg__huffman_start(&h);
        h.bits = 0;
        h.count = 4; /* what can wait of it */
        CHECK_INT(h2neg__huffman_decode(&h, out, in, len), (4 + 8 * len) / 5);
        free(out);
    }
}

CHECK_MAIN(test_literal_codes, test_complete, test_sizes, test_examples, test_lower, test_every_symbol,
           test_random_strings, test_padding, test_eos, test_truncated, test_random_octets, test_room)
