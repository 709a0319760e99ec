/* SHA-1 and base64. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"

static void sha1_of(const char *text, size_t times, const char *hex)
{
    h2neg_sha1 s;
    unsigned char digest[20], expected[20];
    h2neg_sha1_init(&s);
    while (times--)
        h2neg_sha1_update(&s, text, strlen(text));
    h2neg_sha1_final(&s, digest);
    check_hex(expected, hex);
    CHECK_OCTETS(digest, 20, expected, 20);
}

/* The examples that FIPS 180 has always had. */
static void sha1_examples(void)
{
    sha1_of("", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    sha1_of("abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d");
    sha1_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    sha1_of("aaaaaaaaaa", 100000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

/* Around every block boundary: in one piece, octet by octet, and cut at random. */
static void sha1_splits(void)
{
    unsigned char text[200], whole[20], cut[20];
    size_t len, at, n, i;
    for (i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)check_random(256);
    for (len = 0; len <= sizeof text; len++) {
        unsigned char *tight = check_tight(text, len);
        h2neg_sha1 s;
        h2neg_sha1_init(&s);
        h2neg_sha1_update(&s, tight, len);
        h2neg_sha1_final(&s, whole);
        h2neg_sha1_init(&s);
        for (at = 0; at < len; at++)
            h2neg_sha1_update(&s, tight + at, 1);
        h2neg_sha1_final(&s, cut);
        CHECK_OCTETS(cut, 20, whole, 20);
        h2neg_sha1_init(&s);
        for (at = 0; at < len; at += n) {
            n = check_random(70);
            n = n < len - at ? n : len - at;
            h2neg_sha1_update(&s, tight + at, n);
        }
        h2neg_sha1_update(&s, NULL, 0);
        h2neg_sha1_final(&s, cut);
        CHECK_OCTETS(cut, 20, whole, 20);
        free(tight);
    }
}

/* RFC 6455 1.3: the key of its example and what is accepted for it. */
static void sha1_accept(void)
{
    static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[20];
    char text[28];
    h2neg_sha1 s;
    h2neg_sha1_init(&s);
    h2neg_sha1_update(&s, key, strlen(key));
    h2neg_sha1_final(&s, digest);
    CHECK_INT(h2neg_base64_encode(text, sizeof text, digest, 20), 28);
    CHECK_OCTETS(text, 28, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 28);
}

/* RFC 4648 10 */
static void base64_examples(void)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    char out[16];
    size_t i;
    for (i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        size_t plain = strlen(pairs[i][0]), coded = strlen(pairs[i][1]);
        CHECK_INT(h2neg_base64_encode(out, coded, pairs[i][0], plain), coded);
        CHECK_OCTETS(out, coded, pairs[i][1], coded);
        CHECK_INT(h2neg_base64_decode(out, plain, h2neg_s(pairs[i][1])), plain);
        CHECK_OCTETS(out, plain, pairs[i][0], plain);
        if (plain) {
            CHECK_INT(h2neg_base64_encode(out, coded - 1, pairs[i][0], plain), H2NEG_ERR_TOO_SMALL);
            CHECK_INT(h2neg_base64_decode(out, plain - 1, h2neg_s(pairs[i][1])),
                      H2NEG_ERR_TOO_SMALL);
        }
    }
}

static void base64_refused(void)
{
    char out[8];
    CHECK_INT(h2neg_base64_decode(out, sizeof out, h2neg_s("Zg=")), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_base64_decode(out, 0, h2neg_s("Zh==")), H2NEG_ERR_INVALID); /* before room */
}

static int reads(const char *text, size_t len, int url)
{
    unsigned char out[64];
    unsigned char *tight = check_tight(text, len);
    h2neg__writer w = h2neg__write(out, sizeof out);
    int good = h2neg__base64_read(&w, h2neg__str(tight, len), url);
    free(tight);
    return good;
}

/* Everything that is not the one text an encoder makes. */
static void base64_malformed(void)
{
    static const char *const bad[] = {
        "Z",        "Zg",    "Zg=",    "Zg===", "=",    "==",   "====", "Zg==Zg==", "Z===", "Zm9v=",
        "Zm9v====", " Zg==", "Zg==\n", "Zh==",  "Zm9=", "Zm=v", "=Zm9", "Zm-v",     "Zm_v"};
    static const char *const bad_url[] = {"Z",     "Zg==", "Zm8=", "Zh",    "Zm9",
                                          "Zm9vY", "Zm+v", "Zm/v", "Zm9v ", "Zm9v\n"};
    static const char *const good_url[] = {"", "Zg", "Zm8", "Zm9v", "-_-_", "__8"};
    size_t i;
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_INT(reads(bad[i], strlen(bad[i]), 0), 0);
    for (i = 0; i < sizeof bad_url / sizeof bad_url[0]; i++)
        CHECK_INT(reads(bad_url[i], strlen(bad_url[i]), 1), 0);
    for (i = 0; i < sizeof good_url / sizeof good_url[0]; i++)
        CHECK_INT(reads(good_url[i], strlen(good_url[i]), 1), 1);
}

/* All 256 octets at all four places of a group, in both alphabets. */
static void base64_octets(void)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    int octet, place, url;
    for (octet = 0; octet < 256; octet++)
        for (place = 0; place < 4; place++)
            for (url = 0; url < 2; url++) {
                char text[4] = {'A', 'A', 'A', 'A'};
                int digit = octet && (strchr(digits, octet) || strchr(url ? "-_" : "+/", octet));
                text[place] = (char)octet;
                if (!url && octet == '=' && place == 3)
                    digit = 1; /* padding, and no stray bits before it */
                CHECK_INT(reads(text, 4, url), digit);
            }
}

/* Random octets there and back, and the lengths of both alphabets. */
static void base64_round_trip(void)
{
    unsigned char in[48], back[48];
    size_t len, i;
    int url;
    for (len = 0; len <= sizeof in; len++)
        for (url = 0; url < 2; url++) {
            unsigned char text[64];
            h2neg__writer w = h2neg__write(text, sizeof text), r = h2neg__write(back, sizeof back);
            for (i = 0; i < len; i++)
                in[i] = (unsigned char)check_random(256);
            h2neg__base64_write(&w, in, len, url);
            CHECK_INT(w.used, url ? (len * 8 + 5) / 6 : (len + 2) / 3 * 4);
            CHECK_INT(h2neg__base64_read(&r, h2neg__str(text, w.used), url), 1);
            CHECK_OCTETS(back, r.used, in, len);
        }
}

CHECK_MAIN(sha1_examples, sha1_splits, sha1_accept, base64_examples, base64_refused,
           base64_malformed, base64_octets, base64_round_trip)
