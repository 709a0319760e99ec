/* The hot loops with wide instructions against those without: masks, ASCII, UTF-8, SHA-1. Where the
   header has no such loops, the same tests hold the portable ones to what is plain. */
extern int h2neg_test_level;
int h2neg_test_level = 2;
#define H2NEG__SIMD_HOOK h2neg_test_level
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"

enum { LEVELS = 3, LONGEST = 300 };

/* Octets that stand at the very end of their memory, `lead` octets into it: other alignments, and a
   sanitizer sees what is read or written behind. */
static unsigned char *at_the_end(const void *octets, size_t len, size_t lead)
{
    unsigned char *p = (unsigned char *)malloc(lead + len ? lead + len : 1);
    if (!p)
        abort();
    memset(p, 0x80, lead);
    if (len)
        memcpy(p + lead, octets, len);
    return p;
}

static void random_octets(unsigned char *p, size_t len)
{
    while (len--)
        *p++ = (unsigned char)check_random(256);
}

/* ---- masks ---- */

static int mask_right(const unsigned char *in, size_t len, size_t lead, uint64_t offset)
{
    static const unsigned char key[4] = {0x37, 0xfa, 0x21, 0x3d};
    unsigned char *from = at_the_end(in, len, lead), *to = at_the_end(in, len, 16 - lead);
    unsigned char *other = to + 16 - lead;
    size_t i;
    int wrong = 0;
    h2neg_ws_mask(other, from + lead, len, key, offset);
    h2neg_ws_mask(from + lead, from + lead, len, key, offset);
    for (i = 0; i < len; i++) {
        unsigned char right = (unsigned char)(in[i] ^ key[(offset + i) & 3]);
        wrong |= other[i] != right || from[lead + i] != right;
    }
    for (i = 0; i < 16; i++)
        wrong |= (i < lead && from[i] != 0x80) || (i < 16 - lead && to[i] != 0x80);
    free(from);
    free(to);
    return !wrong;
}

static void masks(void)
{
    unsigned char in[LONGEST];
    size_t len, lead;
    random_octets(in, sizeof in);
    for (h2neg_test_level = 0; h2neg_test_level < LEVELS; h2neg_test_level++)
        for (len = 0; len <= sizeof in; len++)
            for (lead = 0; lead <= 16; lead++)
                CHECK(mask_right(in, len, lead, lead + len));
    h2neg_test_level = 2;
}

/* ---- ASCII: none, or one other octet, anywhere ---- */

static void ascii(void)
{
    unsigned char in[LONGEST];
    size_t len, other;
    for (h2neg_test_level = 0; h2neg_test_level < LEVELS; h2neg_test_level++)
        for (len = 0; len <= 150; len++)
            for (other = 0; other <= len; other++) {
                unsigned char *p;
                size_t lead = (len + other) % 17;
                random_octets(in, len);
                for (p = in; p < in + other; p++)
                    *p &= 0x7f;
                if (other < len)
                    in[other] |= 0x80;
                p = at_the_end(in, len, lead);
                CHECK_INT(h2neg__scan_ascii(p + lead, len), other);
                free(p);
            }
    h2neg_test_level = 2;
}

/* ---- UTF-8 ---- */

/* RFC 3629 4, an octet at a time and nothing else: how many octets are good, and what waits behind
 * them. */
static size_t utf8_obvious(h2neg_utf8 *u, const unsigned char *p, size_t len)
{
    size_t i;
    for (i = 0; i < len; i++) {
        int good = p[i] < 0x80;
        if (u->need)
            good = h2neg__utf8_tail(u, p[i]);
        else if (!good)
            good = h2neg__utf8_lead(u, p[i]);
        if (!good) {
            u->bad = 1;
            break;
        }
    }
    return i;
}

static int same_state(const h2neg_utf8 *a, const h2neg_utf8 *b)
{
    return a->need == b->need && a->bad == b->bad &&
           (!a->need || (a->low == b->low && a->high == b->high));
}

/* The text in two pieces, by every level. */
static int utf8_cut_right(const unsigned char *in, size_t len, size_t cut, size_t lead)
{
    h2neg_utf8 right;
    unsigned char *first = at_the_end(in, cut, lead),
                  *second = at_the_end(in + cut, len - cut, 16 - lead);
    size_t want;
    int wrong = 0;
    memset(&right, 0, sizeof right);
    want = utf8_obvious(&right, in, len);
    for (h2neg_test_level = 0; h2neg_test_level < LEVELS; h2neg_test_level++) {
        h2neg_utf8 u;
        size_t got;
        memset(&u, 0, sizeof u);
        got = h2neg_utf8_check(&u, first + lead, cut);
        if (got == cut)
            got += h2neg_utf8_check(&u, second + 16 - lead, len - cut);
        wrong |= got != want || !same_state(&u, &right);
    }
    h2neg_test_level = 2;
    free(first);
    free(second);
    return !wrong;
}

/* Characters of all kinds (kind 4), of one, or ASCII with few others (kind 5). */
static void utf8_text(unsigned char *p, size_t len, unsigned kind)
{
    static const unsigned from[4] = {0, 0x80, 0x800, 0x10000},
                          to[4] = {0x80, 0x800, 0xd800, 0x110000};
    static const unsigned edges[] = {0x80,   0x7ff,   0x800,   0xfff,   0xcfff,   0xd7ff,  0xe000,
                                     0xffff, 0x10000, 0x3ffff, 0xfffff, 0x100000, 0x10ffff};
    size_t i = 0;
    while (i < len) {
        unsigned n = kind < 4           ? kind
                     : kind == 4        ? check_random(4)
                     : check_random(30) ? 0
                                        : check_random(4);
        unsigned v = from[n] + check_random(to[n] - from[n]), k;
        if (n && check_random(4) == 0) {
            v = edges[check_random(sizeof edges / sizeof edges[0])];
            n = v < 0x800 ? 1 : v < 0x10000 ? 2 : 3;
        }
        if (i + n >= len) {
            p[i++] = 'x';
            continue;
        }
        for (k = n; k > 0; k--, v >>= 6)
            p[i + k] = (unsigned char)(0x80 | (v & 63));
        p[i] = (unsigned char)(n == 0 ? v : n == 1 ? 0xc0 | v : n == 2 ? 0xe0 | v : 0xf0 | v);
        i += n + 1;
    }
}

static void utf8_good(void)
{
    unsigned char in[LONGEST];
    unsigned kind;
    size_t len;
    for (kind = 0; kind < 6; kind++)
        for (len = 0; len <= 150; len++) {
            h2neg_utf8 u;
            utf8_text(in, len, kind);
            memset(&u, 0, sizeof u);
            CHECK_INT(utf8_obvious(&u, in, len), len);
            CHECK(h2neg_utf8_whole(&u));
            CHECK(utf8_cut_right(in, len, len, len % 17));
            CHECK(utf8_cut_right(in, len, check_random((unsigned)len + 1), check_random(17)));
        }
}

/* One octet is another, or the text ends early. */
static void utf8_spoilt(void)
{
    unsigned char in[LONGEST];
    unsigned round;
    for (round = 0; round < 60000; round++) {
        size_t len = 1 + check_random(160);
        utf8_text(in, len, round % 6);
        in[check_random((unsigned)len)] = (unsigned char)check_random(256);
        len -= check_random(4) ? 0 : check_random((unsigned)len);
        CHECK(utf8_cut_right(in, len, check_random(2) ? len : check_random((unsigned)len + 1),
                             check_random(17)));
    }
}

/* Every two octets at every place of a step, between good characters of each kind. */
static void utf8_pairs(void)
{
    static const char *const around[] = {"abcdefgh", "\xc3\xa9", "\xe4\xb8\xad",
                                         "\xf0\x9f\x98\x80"};
    unsigned char in[100];
    unsigned pair, kind;
    size_t i, n;
    for (kind = 0; kind < 4; kind++)
        for (pair = 0; pair < 65536; pair++) {
            n = strlen(around[kind]);
            for (i = 0; i + n <= 96; i += n)
                memcpy(in + i, around[kind], n);
            i = 3 + (pair * 7 + pair / 256) % 70;
            in[i] = (unsigned char)(pair >> 8);
            in[i + 1] = (unsigned char)pair;
            CHECK(utf8_cut_right(in, 90, 90, 0));
        }
}

/* The narrower step runs only on a CPU without the wider one, so it is called itself. */
static void utf8_16(void)
{
#ifdef H2NEG__V16
    unsigned char in[LONGEST];
    unsigned round;
    if (!H2NEG__HAS_LOOK())
        return;
    for (round = 0; round < 60000; round++) {
        size_t len = 19 + check_random(120), want, got;
        unsigned char *p;
        h2neg_utf8 right;
        utf8_text(in, len, round % 6);
        memcpy(in, "abc", 3);
        if (check_random(3))
            in[3 + check_random((unsigned)len - 3)] = (unsigned char)check_random(256);
        p = at_the_end(in, len, 0);
        memset(&right, 0, sizeof right);
        want = utf8_obvious(&right, in, len);
        got = h2neg__utf8_v16(p, 3, len);
        memset(&right, 0, sizeof right);
        CHECK(got <= want && got >= 3); /* nothing bad is passed */
        CHECK_INT(utf8_obvious(&right, in, got), got);
        CHECK(right.need == 0);     /* and no half of a character */
        CHECK(want - got < 16 + 3); /* and no step that is good is left */
        free(p);
    }
#endif
}

/* ---- SHA-1: FIPS 180-4 6.1.2 as it stands there, word by word ---- */

static uint32_t left(uint32_t v, unsigned n)
{
    return v << n | v >> (32 - n);
}

static void sha1_obvious(uint32_t h[5], const unsigned char *p)
{
    static const uint32_t k[4] = {0x5a827999u, 0x6ed9eba1u, 0x8f1bbcdcu, 0xca62c1d6u};
    uint32_t w[80], v[5], f;
    unsigned t;
    memcpy(v, h, sizeof v);
    for (t = 0; t < 80; t++) {
        w[t] = t < 16 ? (uint32_t)p[4 * t] << 24 | (uint32_t)p[4 * t + 1] << 16 |
                            (uint32_t)p[4 * t + 2] << 8 | p[4 * t + 3]
                      : left(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
        f = t < 20              ? (v[1] & v[2]) ^ (~v[1] & v[3])
            : t >= 40 && t < 60 ? (v[1] & v[2]) ^ (v[1] & v[3]) ^ (v[2] & v[3])
                                : v[1] ^ v[2] ^ v[3];
        f += left(v[0], 5) + v[4] + k[t / 20] + w[t];
        v[4] = v[3];
        v[3] = v[2];
        v[2] = left(v[1], 30);
        v[1] = v[0];
        v[0] = f;
    }
    for (t = 0; t < 5; t++)
        h[t] += v[t];
}

static void sha1_blocks(void)
{
    unsigned char in[64];
    uint32_t start[5], want[5], got[5];
    unsigned round;
    for (round = 0; round < 2000; round++)
        for (h2neg_test_level = 0; h2neg_test_level < LEVELS; h2neg_test_level++) {
            unsigned char *p;
            size_t lead = round % 17;
            random_octets((unsigned char *)start, sizeof start);
            random_octets(in, sizeof in);
            if (round % 10 == 0)
                memset(in, round % 20 ? 0xff : 0, sizeof in);
            p = at_the_end(in, sizeof in, lead);
            memcpy(want, start, sizeof want);
            memcpy(got, start, sizeof got);
            sha1_obvious(want, in);
            h2neg__sha1_block(got, p + lead);
            CHECK_OCTETS((unsigned char *)got, sizeof got, (unsigned char *)want, sizeof want);
            free(p);
        }
    h2neg_test_level = 2;
}

/* RFC 6455 1.3's key, by every level. */
static void accept_key(void)
{
    char out[29];
    for (h2neg_test_level = 0; h2neg_test_level < LEVELS; h2neg_test_level++) {
        h2neg_ws_accept_key(out, h2neg_s("dGhlIHNhbXBsZSBub25jZQ=="));
        CHECK_OCTETS(out, 29, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 29);
    }
    h2neg_test_level = 2;
}

/* Exactly the room that is there, and one octet less; the text before is not touched. */
static void base64_room(void)
{
    unsigned char in[40];
    char out[64];
    size_t len, need;
    random_octets(in, sizeof in);
    for (len = 0; len <= sizeof in; len++) {
        need = (len + 2) / 3 * 4;
        memset(out, '!', sizeof out);
        CHECK_INT(h2neg_base64_encode(out, need, in, len), need);
        CHECK(out[need] == '!');
        if (need)
            CHECK_INT(h2neg_base64_encode(out, need - 1, in, len), H2NEG_ERR_TOO_SMALL);
        CHECK(out[need] == '!');
    }
}

CHECK_MAIN(masks, ascii, utf8_good, utf8_spoilt, utf8_pairs, utf8_16, sha1_blocks, accept_key,
           base64_room)
