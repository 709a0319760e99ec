/* >>upgrade: RFC 9110 7.8, RFC 7540 3.2 and 3.2.1. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"

/* Fields out of pairs of texts, in memory of their own; the last name is NULL. */
typedef struct fields {
    h2neg_field f[24];
    unsigned char *own[48];
    size_t count;
} fields;

static h2neg_str tight(fields *s, size_t i, const char *text)
{
    h2neg_str r;
    r.len = strlen(text);
    s->own[i] = check_tight(text, r.len);
    r.ptr = (const char *)s->own[i];
    return r;
}

static fields make(const char *const *pairs)
{
    fields s;
    for (s.count = 0; pairs[2 * s.count]; s.count++) {
        s.f[s.count].name = tight(&s, 2 * s.count, pairs[2 * s.count]);
        s.f[s.count].value = tight(&s, 2 * s.count + 1, pairs[2 * s.count + 1]);
        s.f[s.count].flags = 0;
    }
    return s;
}

static void drop(fields *s)
{
    size_t i;
    for (i = 0; i < 2 * s->count; i++)
        free(s->own[i]);
}

/* Everything that is offered, with a blank behind each. */
static const char *offers(int minor, const char *const *pairs)
{
    static char text[512];
    fields s = make(pairs);
    h2neg_list list = {0, 0};
    h2neg_str p;
    size_t n = 0;
    while (h2neg_upgrade_offers(&list, minor, s.f, s.count, &p) == 1) {
        memcpy(text + n, p.ptr, p.len);
        n += p.len;
        text[n++] = ' ';
    }
    text[n] = 0;
    CHECK_INT(p.len, 0);
    CHECK_INT(h2neg_upgrade_offers(&list, minor, s.f, s.count, &p), 0); /* the end stays the end */
    drop(&s);
    return text;
}

#define OFFERS(minor, expected, ...)                                                               \
    do {                                                                                           \
        static const char *const pairs[] = {__VA_ARGS__, NULL};                                    \
        const char *found = offers(minor, pairs);                                                  \
        CHECK_OCTETS(found, strlen(found), expected, strlen(expected));                            \
    } while (0)

static void test_offers(void)
{
    OFFERS(1, "websocket IRC/6.9 RTA/x11 ", "Host", "www.example.com", "Connection", "upgrade",
           "Upgrade", "websocket, IRC/6.9, RTA/x11"); /* RFC 9110 7.8's example */
    OFFERS(1, "h2c ", "connection", "keep-alive, UPGRADE", "UPGRADE", "h2c");
    OFFERS(1, "h2c ", "connection", "keep-alive", "connection", "Upgrade", "upgrade", ",, h2c ,");
    OFFERS(1, "a b c ", "Upgrade", "a", "Connection", "upgrade", "X", "y", "Upgrade", "b,c");
    OFFERS(1, "", "Upgrade", "h2c");                                  /* Connection is missing */
    OFFERS(1, "", "Upgrade", "h2c", "Connection", "upgraded, x");     /* or says something else */
    OFFERS(1, "", "Upgrade", "h2c", "Connection", "\"upgrade\"");
    OFFERS(0, "", "Upgrade", "h2c", "Connection", "upgrade");         /* HTTP/1.0 */
    OFFERS(1, "", "Connection", "upgrade");
    OFFERS(1, "", "Connection", "upgrade", "Upgrade", "");
}

static void test_offers_malformed(void)
{
    OFFERS(1, "b ", "Connection", "upgrade", "Upgrade", "a b, b");
    OFFERS(1, "b ", "Connection", "upgrade", "Upgrade", "a/, /a, a/b/c, \"a,x\", a;q=1, b");
    OFFERS(1, "a/1 ", "Connection", "upgrade", "Upgrade", "a /1, a/ 1, a/1");
}

/* Every octet in a name and in a version. */
static void test_offers_octets(void)
{
    int c;
    for (c = 0; c < 256; c++) {
        h2neg_field f[2];
        char value[4] = "axx";
        h2neg_list list = {0, 0};
        h2neg_str p;
        int token = c && (strchr("!#$%&'*+-.^_`|~", c) || (c >= '0' && c <= '9') ||
                          (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'));
        value[1] = (char)c;
        f[0] = h2neg_f("Connection", "upgrade");
        f[1] = h2neg_f("Upgrade", "");
        f[1].value.ptr = value;
        f[1].value.len = 3;
        if (c == ',') {
            CHECK_INT(h2neg_upgrade_offers(&list, 1, f, 2, &p), 1);
            CHECK_TEXT(p, "a");
        } else {
            CHECK_INT(h2neg_upgrade_offers(&list, 1, f, 2, &p), token || c == '/');
        }
    }
}

static void test_offers_at_most_8(void)
{
    OFFERS(1, "1 2 3 4 5 6 7 8 ", "Connection", "upgrade", "Upgrade", "1,2,3,4,5,6,7,8,9,10");
    OFFERS(1, "1 2 3 4 5 6 7 8 ", "Connection", "upgrade", "Upgrade", "1,2,3,4", "Upgrade", "5",
           "Upgrade", "6,,,7,8", "Upgrade", "9");
    OFFERS(1, "8 ", "Connection", "upgrade", "Upgrade", "a b,a b,a b,a b,a b,a b,a b,8,9");
    OFFERS(1, "", "Connection", "upgrade", "Upgrade", "a b,a b,a b,a b,a b,a b,a b,a b,9");
}

static void test_choose(void)
{
    static const char *const ours[] = {"websocket", "h2c", "HTTP/2.0"};
    static const char *const a[] = {"Connection", "Upgrade", "Upgrade", "H2C, WebSocket", NULL};
    static const char *const b[] = {"Connection", "Upgrade", "Upgrade", "x", "upgrade", "http/2.0",
                                    NULL};
    static const char *const c[] = {"Connection", "Upgrade", "Upgrade", "h2, websocket/13, h2c2",
                                    NULL};
    fields s = make(a);
    CHECK_INT(h2neg_upgrade_choose(ours, 3, 1, s.f, s.count), 0);
    CHECK_INT(h2neg_upgrade_choose(ours + 1, 2, 1, s.f, s.count), 0);
    CHECK_INT(h2neg_upgrade_choose(ours, 3, 0, s.f, s.count), -1);
    CHECK_INT(h2neg_upgrade_choose(ours, 0, 1, s.f, s.count), -1);
    CHECK_INT(h2neg_upgrade_choose(NULL, 0, 1, NULL, 0), -1);
    drop(&s);
    s = make(b);
    CHECK_INT(h2neg_upgrade_choose(ours, 3, 1, s.f, s.count), 2);
    drop(&s);
    s = make(c); /* RFC 7540 3.2: "h2" is nothing here */
    CHECK_INT(h2neg_upgrade_choose(ours, 3, 1, s.f, s.count), -1);
    drop(&s);
}

#define ANSWER(minor, expected, ...)                                                               \
    do {                                                                                           \
        static const char *const pairs[] = {__VA_ARGS__, NULL};                                    \
        static const char *const offered[] = {"h2c", "websocket"};                                 \
        fields s_ = make(pairs);                                                                   \
        CHECK_INT(h2neg_upgrade_check(offered, 2, minor, s_.f, s_.count), expected);               \
        drop(&s_);                                                                                 \
    } while (0)

static void test_check(void)
{
    int bad = H2NEG_ERR_UPGRADE_ANSWER;
    ANSWER(1, 0, "Connection", "Upgrade", "Upgrade", "h2c"); /* RFC 7540 3.2 */
    ANSWER(1, 1, "Connection", "x, upgrade", "Upgrade", "WebSocket");
    ANSWER(0, bad, "Connection", "Upgrade", "Upgrade", "h2c");
    ANSWER(1, bad, "Connection", "x", "Upgrade", "h2c");
    ANSWER(1, bad, "Upgrade", "h2c");
    ANSWER(1, bad, "Connection", "Upgrade");
    ANSWER(1, bad, "Connection", "Upgrade", "Upgrade", "");
    ANSWER(1, bad, "Connection", "Upgrade", "Upgrade", "h2");
    ANSWER(1, bad, "Connection", "Upgrade", "Upgrade", "h2c, websocket");
    ANSWER(1, bad, "Connection", "Upgrade", "Upgrade", "h2c", "Upgrade", "h2c");
    ANSWER(1, bad, "Connection", "Upgrade", "Upgrade", "h2c", "HTTP2-Settings", "");
    CHECK_INT(h2neg_upgrade_check(NULL, 0, 1, NULL, 0), bad);
}

static void test_settings_vectors(void)
{
    unsigned char octets[64], expected[64];
    char text[64];
    size_t n;
    ptrdiff_t r;
    /* what curl and nghttp send */
    n = check_hex(expected, "0003 00000064 0004 02000000 0002 00000000");
    r = h2neg_h2_settings_decode(octets, sizeof octets, h2neg_s("AAMAAABkAAQCAAAAAAIAAAAA"));
    CHECK_INT(r, 18);
    CHECK_OCTETS(octets, (size_t)r, expected, n);
    r = h2neg_h2_settings_encode(text, sizeof text, expected, n);
    CHECK_OCTETS(text, (size_t)r, "AAMAAABkAAQCAAAAAAIAAAAA", 24);
    n = check_hex(expected, "0003 00000064 0004 0000ffff");
    r = h2neg_h2_settings_decode(octets, 12, h2neg_s("AAMAAABkAAQAAP__"));
    CHECK_OCTETS(octets, (size_t)r, expected, n);
    r = h2neg_h2_settings_encode(text, 16, expected, n);
    CHECK_OCTETS(text, (size_t)r, "AAMAAABkAAQAAP__", 16);
    CHECK_INT(h2neg_h2_settings_decode(octets, 11, h2neg_s("AAMAAABkAAQAAP__")),
              H2NEG_ERR_TOO_SMALL);
    CHECK_INT(h2neg_h2_settings_encode(text, 15, expected, n), H2NEG_ERR_TOO_SMALL);
    /* no entries at all are a legal payload */
    CHECK_INT(h2neg_h2_settings_decode(NULL, 0, h2neg__str(NULL, 0)), 0);
    CHECK_INT(h2neg_h2_settings_encode(NULL, 0, NULL, 0), 0);
}

static void test_settings_lengths(void)
{
    unsigned char octets[64], back[64];
    char text[96];
    size_t n;
    memset(octets, 0xa5, sizeof octets);
    memset(text, 'A', sizeof text);
    for (n = 0; n <= 48; n++) {
        ptrdiff_t r = h2neg_h2_settings_encode(text, sizeof text, octets, n);
        CHECK_INT(r, n % 6 ? H2NEG_ERR_INVALID : (int)(n / 6 * 8));
        if (r > 0) {
            CHECK_INT(h2neg_h2_settings_decode(back, sizeof back, h2neg__str(text, (size_t)r)), n);
            CHECK_OCTETS(back, n, octets, n);
        }
    }
    memset(text, 'A', sizeof text);
    for (n = 0; n <= 64; n++)
        CHECK_INT(h2neg_h2_settings_decode(back, sizeof back, h2neg__str(text, n)),
                  n % 8 ? H2NEG_ERR_UPGRADE_SETTINGS : (int)(n / 8 * 6));
    CHECK_INT(h2neg_h2_settings_decode(back, sizeof back, h2neg_s("AAMAAAB=")),
              H2NEG_ERR_UPGRADE_SETTINGS);
}

/* Every octet at every place of a group: the alphabet of RFC 4648 5 and nothing else. */
static void test_settings_octets(void)
{
    char text[8];
    unsigned char back[6];
    int c, i;
    for (c = 0; c < 256; c++) {
        int good =
            c && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", c);
        for (i = 0; i < 8; i++) {
            memset(text, 'A', sizeof text);
            text[i] = (char)c;
            CHECK_INT(h2neg_h2_settings_decode(back, 6, h2neg__str(text, 8)),
                      good ? 6 : H2NEG_ERR_UPGRADE_SETTINGS);
            CHECK_INT(h2neg_h2_settings_decode(back, 5, h2neg__str(text, 8)),
                      good ? H2NEG_ERR_TOO_SMALL : H2NEG_ERR_UPGRADE_SETTINGS);
        }
    }
}

#define H2C(minor, expected, ...)                                                                  \
    do {                                                                                           \
        static const char *const pairs[] = {__VA_ARGS__, NULL};                                    \
        fields s_ = make(pairs);                                                                   \
        h2neg_str v_;                                                                              \
        CHECK_INT(h2neg_upgrade_h2c(minor, s_.f, s_.count, &v_), expected);                        \
        CHECK_TEXT(v_, (expected) ? "AAMAAABk" : "");                                              \
        drop(&s_);                                                                                 \
    } while (0)

static void test_h2c(void)
{
    H2C(1, 1, "Host", "x", "Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c",
        "HTTP2-Settings", "AAMAAABk");
    H2C(1, 1, "connection", "http2-settings", "connection", "upgrade", "upgrade", "foo, H2C",
        "http2-settings", "AAMAAABk");
    H2C(0, 0, "Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c", "HTTP2-Settings",
        "AAMAAABk");
    H2C(1, 0, "Connection", "Upgrade", "Upgrade", "h2c", "HTTP2-Settings", "AAMAAABk");
    H2C(1, 0, "Connection", "HTTP2-Settings", "Upgrade", "h2c", "HTTP2-Settings", "AAMAAABk");
    H2C(1, 0, "Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2", "HTTP2-Settings",
        "AAMAAABk");
    H2C(1, 0, "Connection", "Upgrade, HTTP2-Settings", "HTTP2-Settings", "AAMAAABk");
    H2C(1, 0, "Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c");
    H2C(1, 0, "Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c", "HTTP2-Settings",
        "AAMAAABk", "HTTP2-Settings", "AAMAAABk");
    H2C(1, 0, "Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c", "HTTP2-Settings", "");
    H2C(1, 0, "Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c", "HTTP2-Settings", "AAMA");
    H2C(1, 0, "Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c", "HTTP2-Settings",
        "AAMAAAB=");
    H2C(1, 0, "Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c", "HTTP2-Settings",
        "AAMAAAB+");
    H2C(1, 0, "Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c", "HTTP2-Settings",
        "AAMAAABk, AAMAAABk");
}

CHECK_MAIN(test_offers, test_offers_malformed, test_offers_octets, test_offers_at_most_8,
           test_choose, test_check, test_settings_vectors, test_settings_lengths,
           test_settings_octets, test_h2c)
