/* websocket.c: frames beside libwslay, UTF-8 beside a plain automaton, the accept key beside
   OpenSSL. */
#include "bench.h"
#include <string.h>
#ifdef WITH_WSLAY
#include <wslay/wslay.h>
#endif
#ifdef WITH_OPENSSL
#define OPENSSL_API_COMPAT 0x10100000L
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>
#endif

/* ---- frames ------------------------------------------------------------------- */

enum { PAYLOAD = 1024, FRAMES = 16, FRAME = 8 + PAYLOAD };

static unsigned char wire[FRAMES * FRAME];

static void make_frames(void)
{
    size_t i, k;
    for (i = 0; i < FRAMES; i++) {
        unsigned char *p = wire + i * FRAME;
        h2neg_ws_frame f = {1, 0, H2NEG_WS_BINARY, 1, {0, 0, 0, 0}, PAYLOAD};
        for (k = 0; k < 4; k++)
            f.key[k] = (unsigned char)corpus_random(256);
        bench_must(h2neg_ws_frame_write(p, FRAME, &f) == 8, "the frame is written");
        for (k = 0; k < PAYLOAD; k++)
            p[8 + k] = (unsigned char)corpus_random(256);
    }
}

/* In place: every round unmasks what the round before it has masked again. */
static void frames_ours(const void *with)
{
    unsigned char *p = wire, *end = wire + sizeof wire;
    (void)with;
    while (p < end) {
        h2neg_ws_frame f;
        ptrdiff_t n = h2neg_ws_frame_read(&f, p, (size_t)(end - p), 1, 0);
        if (n <= 0)
            bench_must(0, "the frame is read");
        p += n;
        h2neg_ws_mask(p, p, (size_t)f.length, f.key, 0);
        p += f.length;
    }
    bench_sink += wire[FRAME - 1];
}

#ifdef WITH_WSLAY
static size_t wire_at;

static ssize_t frames_recv(uint8_t *out, size_t len, int flags, void *user)
{
    size_t left = sizeof wire - wire_at, n = left < len ? left : len;
    (void)flags, (void)user;
    if (n == 0)
        return -1;
    memcpy(out, wire + wire_at, n);
    wire_at += n;
    return (ssize_t)n;
}

/* Whole rounds, so that one reader serves them all. */
static void frames_theirs(const void *with)
{
    static wslay_frame_context_ptr reader;
    static const struct wslay_frame_callbacks calls = {NULL, frames_recv, NULL};
    uint64_t got = 0;
    (void)with;
    if (!reader)
        bench_must(wslay_frame_context_init(&reader, &calls, NULL) == 0, "wslay has a reader");
    wire_at = 0;
    while (got < FRAMES * PAYLOAD) {
        struct wslay_frame_iocb f;
        ssize_t n = wslay_frame_recv(reader, &f);
        if (n < 0)
            bench_must(0, "wslay reads the frames");
        got += (uint64_t)n;
        bench_sink += n ? f.data[n - 1] : 0;
    }
}

static void frames_agree(void)
{
    wslay_frame_context_ptr reader;
    static const struct wslay_frame_callbacks calls = {NULL, frames_recv, NULL};
    unsigned char plain[PAYLOAD];
    size_t got = 0;
    bench_must(wslay_frame_context_init(&reader, &calls, NULL) == 0, "wslay has a reader");
    wire_at = 0;
    while (got < PAYLOAD) {
        struct wslay_frame_iocb f;
        ssize_t n = wslay_frame_recv(reader, &f);
        bench_must(n >= 0, "wslay reads the frame");
        memcpy(plain + got, f.data, (size_t)n);
        got += (size_t)n;
    }
    wslay_frame_context_free(reader);
    frames_ours(NULL);
    bench_must(memcmp(plain, wire + 8, PAYLOAD) == 0, "wslay unmasks the same");
}
#endif

/* ---- UTF-8 ---------------------------------------------------------------------- */

/* The automaton: RFC 3629's grammar, a row for each state, a column for each class of octet. */
enum { GOOD, ONE, TWO, THREE, E0, ED, F0, F4, BAD, STATES };
enum { C_ASCII, C_80, C_90, C_A0, C_C2, C_E0, C_E1, C_ED, C_F0, C_F1, C_F4, C_BAD, CLASSES };

static unsigned char dfa_class[256];
static const unsigned char dfa[STATES][CLASSES] = {
    {GOOD, BAD, BAD, BAD, ONE, E0, TWO, ED, F0, THREE, F4, BAD},
    {BAD, GOOD, GOOD, GOOD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD},
    {BAD, ONE, ONE, ONE, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD},
    {BAD, TWO, TWO, TWO, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD},
    {BAD, BAD, BAD, ONE, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD},
    {BAD, ONE, ONE, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD},
    {BAD, BAD, TWO, TWO, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD},
    {BAD, TWO, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD},
    {BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD},
};

static void make_classes(void)
{
    static const struct {
        unsigned from;
        unsigned char is;
    } runs[] = {{0, C_ASCII}, {0x80, C_80}, {0x90, C_90}, {0xa0, C_A0}, {0xc0, C_BAD},
                {0xc2, C_C2}, {0xe0, C_E0}, {0xe1, C_E1}, {0xed, C_ED}, {0xee, C_E1},
                {0xf0, C_F0}, {0xf1, C_F1}, {0xf4, C_F4}, {0xf5, C_BAD}};
    size_t i = 0;
    unsigned c;
    for (c = 0; c < 256; c++) {
        while (i + 1 < sizeof runs / sizeof runs[0] && c >= runs[i + 1].from)
            i++;
        dfa_class[c] = runs[i].is;
    }
}

static int plain_check(const char *in, size_t len)
{
    const unsigned char *p = (const unsigned char *)in;
    unsigned state = GOOD;
    size_t i;
    for (i = 0; i < len; i++)
        state = dfa[state][dfa_class[p[i]]];
    return state == GOOD;
}

static void utf8_theirs(const void *with)
{
    const h2neg_str *s = (const h2neg_str *)with;
    bench_sink += (size_t)plain_check(s->ptr, s->len);
}

static void utf8_ours(const void *with)
{
    const h2neg_str *s = (const h2neg_str *)with;
    h2neg_utf8 u;
    memset(&u, 0, sizeof u);
    bench_sink += h2neg_utf8_check(&u, s->ptr, s->len);
}

static void utf8_agree(h2neg_str s)
{
    static char broken[TEXT_ROOM];
    h2neg_utf8 u;
    int i;
    memset(&u, 0, sizeof u);
    bench_must(plain_check(s.ptr, s.len), "the automaton takes the text");
    bench_must(h2neg_utf8_check(&u, s.ptr, s.len) == s.len && h2neg_utf8_whole(&u),
               "the text is UTF-8");
    for (i = 0; i < 200; i++) { /* any octet changed: both find it, or it does no harm */
        memcpy(broken, s.ptr, s.len);
        broken[corpus_random((unsigned)s.len)] = (char)corpus_random(256);
        memset(&u, 0, sizeof u);
        bench_must((h2neg_utf8_check(&u, broken, s.len) == s.len && h2neg_utf8_whole(&u)) ==
                       plain_check(broken, s.len),
                   "both say the same of a broken text");
    }
}

static void add_utf8(const char *name, double goal, const h2neg_str *s)
{
    bench_row *r = bench_add(name, "plain automaton", goal, UNIT_GBPS, (double)s->len);
    utf8_agree(*s);
    r->with = s;
    r->ours = utf8_ours;
    r->theirs = utf8_theirs;
}

/* ---- the accept key ------------------------------------------------------------- */

static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";
static char accept_key[32];

static void key_ours(const void *with)
{
    (void)with;
    h2neg_ws_accept_key(accept_key, h2neg_s(key));
    bench_sink += (unsigned char)accept_key[0];
}

#ifdef WITH_OPENSSL
static void key_theirs(const void *with)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[SHA_DIGEST_LENGTH];
    SHA_CTX s;
    (void)with;
    SHA1_Init(&s);
    SHA1_Update(&s, key, sizeof key - 1);
    SHA1_Update(&s, guid, sizeof guid - 1);
    SHA1_Final(digest, &s);
    EVP_EncodeBlock((unsigned char *)accept_key, digest, sizeof digest);
    bench_sink += (unsigned char)accept_key[0];
}
#endif

void rows_websocket(void)
{
    static h2neg_str ascii_64;
    bench_row *r;
    make_frames();
    make_classes();
    r = bench_add("WebSocket frames of 1 KiB, unmasked", "wslay (a frame)", 14, UNIT_NS, FRAMES);
    r->ours = frames_ours;
#ifdef WITH_WSLAY
    frames_agree();
    r->theirs = frames_theirs;
#endif
    ascii_64 = corpus_texts[TEXT_ASCII];
    ascii_64.len = 64;
    add_utf8("UTF-8 check, mixed", 10, &corpus_texts[TEXT_MIXED]);
    add_utf8("UTF-8 check, Latin", 0, &corpus_texts[TEXT_LATIN]);
    add_utf8("UTF-8 check, CJK", 0, &corpus_texts[TEXT_CJK]);
    add_utf8("UTF-8 check, 64 octets of ASCII", 12, &ascii_64);
    add_utf8("UTF-8 check, 16 KB of ASCII", 100, &corpus_texts[TEXT_ASCII]);
    r = bench_add("WebSocket accept key", "OpenSSL", 1.0, UNIT_NS, 1);
    r->ours = key_ours;
    key_ours(NULL);
    bench_must(strcmp(accept_key, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == 0, "RFC 6455 1.3's key");
#ifdef WITH_OPENSSL
    r->theirs = key_theirs;
    key_theirs(NULL);
    bench_must(strcmp(accept_key, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == 0, "OpenSSL's key");
#endif
}
