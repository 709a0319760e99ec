/* >>alpn: RFC 7301, ClientHello (RFC 8446 4.1.2, 5.1), detection, PROXY headers. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"

/* ---- lists ---- */

static h2neg_str lit(const char *p, size_t n)
{
    return h2neg__str(p, n);
}
#define LIST(text) lit(text, sizeof(text) - 1)

static void test_list_write(void)
{
    static const char *const names[] = {"h2", "http/1.1"};
    static const char *const empty[] = {"h2", ""};
    static char name255[256], name256[257];
    static const char *many[256];
    static unsigned char out[65535];
    const char *one = name255;
    size_t i;
    CHECK_INT(h2neg_alpn_write(out, 12, names, 2), 12);
    CHECK_OCTETS(out, 12, "\2h2\10http/1.1", 12);
    CHECK_INT(h2neg_alpn_write(out, 11, names, 2), H2NEG_ERR_TOO_SMALL);
    CHECK_INT(h2neg_alpn_write(out, 99, names, 0), H2NEG_ERR_ALPN_LIST);
    CHECK_INT(h2neg_alpn_write(out, 99, empty, 2), H2NEG_ERR_ALPN_LIST);
    memset(name255, 'a', 255);
    memset(name256, 'a', 256);
    CHECK_INT(h2neg_alpn_write(out, 256, &one, 1), 256);
    one = name256;
    CHECK_INT(h2neg_alpn_write(out, 999, &one, 1), H2NEG_ERR_ALPN_LIST);
    for (i = 0; i < 256; i++)
        many[i] = name255;
    CHECK_INT(h2neg_alpn_write(out, sizeof out, many, 256), H2NEG_ERR_ALPN_LIST); /* 65,536 */
    many[255] = name255 + 1;
    CHECK_INT(h2neg_alpn_write(out, sizeof out, many, 256), 65535);
}

static void test_list_check(void)
{
    static char large[65536];
    size_t i;
    CHECK_INT(h2neg_alpn_list_check(LIST("\2h2\10http/1.1")), 0);
    CHECK_INT(h2neg_alpn_list_check(LIST("")), H2NEG_ERR_ALPN_LIST);
    CHECK_INT(h2neg_alpn_list_check(LIST("\0")), H2NEG_ERR_ALPN_LIST);
    CHECK_INT(h2neg_alpn_list_check(LIST("\2h2\0")), H2NEG_ERR_ALPN_LIST);
    CHECK_INT(h2neg_alpn_list_check(LIST("\3h2")), H2NEG_ERR_ALPN_LIST);
    CHECK_INT(h2neg_alpn_list_check(LIST("\2h2\1")), H2NEG_ERR_ALPN_LIST);
    for (i = 0; i < sizeof large; i++)
        large[i] = (char)(i % 2 == 0);
    CHECK_INT(h2neg_alpn_list_check(lit(large, 65534)), 0);
    CHECK_INT(h2neg_alpn_list_check(lit(large, 65536)), H2NEG_ERR_ALPN_LIST);
}

static void test_list_walk(void)
{
    h2neg_str rest = LIST("\2h2\10http/1.1"), name;
    CHECK_INT(h2neg_alpn_next(&rest, &name), 1);
    CHECK_TEXT(name, "h2");
    CHECK_INT(h2neg_alpn_next(&rest, &name), 1);
    CHECK_TEXT(name, "http/1.1");
    CHECK_INT(h2neg_alpn_next(&rest, &name), 0);
    CHECK(h2neg_alpn_has(LIST("\2h2\10http/1.1"), h2neg_s("http/1.1")));
    CHECK(!h2neg_alpn_has(LIST("\2h2\10http/1.1"), h2neg_s("H2")));
    CHECK(!h2neg_alpn_has(LIST("\2h2\10http/1.1"), h2neg_s("")));
    CHECK(!h2neg_alpn_has(LIST("\2h2\0"), h2neg_s("h2")));
    CHECK(!h2neg_alpn_has(LIST(""), h2neg_s("h2")));
}

/* A list's names by a reading of its own: their count, or -1 where it is malformed. */
static int names_of(const unsigned char *p, int len, int at[8], int size[8])
{
    int i = 0, n = 0;
    if (len == 0)
        return -1;
    while (i < len) {
        if (p[i] == 0 || i + p[i] >= len)
            return -1;
        at[n] = i + 1;
        size[n++] = p[i];
        i += 1 + p[i];
    }
    return n;
}

static void one_select(const unsigned char *s, int sn, const unsigned char *c, int cn)
{
    int sa[8], ss[8], ca[8], cs[8], i, k, expected = H2NEG_ERR_ALPN_NO_OVERLAP, at = -1, size = 0;
    int ns = names_of(s, sn, sa, ss), nc = names_of(c, cn, ca, cs);
    unsigned char *tight_s = check_tight(s, (size_t)sn), *tight_c = check_tight(c, (size_t)cn);
    h2neg_str chosen;
    for (i = 0; i < ns && at < 0; i++)
        for (k = 0; k < nc; k++)
            if (ss[i] == cs[k] && memcmp(s + sa[i], c + ca[k], (size_t)ss[i]) == 0 && at < 0) {
                at = sa[i];
                size = ss[i];
                expected = 0;
            }
    if (ns < 0 || nc < 0) {
        expected = H2NEG_ERR_ALPN_LIST;
        at = -1;
    }
    if (h2neg_alpn_select(h2neg__str(tight_s, (size_t)sn), h2neg__str(tight_c, (size_t)cn),
                          &chosen) != expected)
        CHECK_INT(0, 1);
    if (at < 0 ? chosen.len != 0
               : chosen.ptr != (const char *)tight_s + at || (int)chosen.len != size)
        CHECK_INT(1, 0);
    free(tight_s);
    free(tight_c);
}

/* Every pair of lists of 0 to 4 octets out of {0, 1, 2, 3}: what is chosen is the server's
   first that the client has, or nothing. */
static void test_select_exhaustive(void)
{
    unsigned char s[4], c[4];
    unsigned i, k, n, m, b;
    for (n = 0; n <= 4; n++)
        for (i = 0; i < 1u << 2 * n; i++) {
            for (b = 0; b < 4; b++)
                s[b] = (unsigned char)(i >> 2 * b & 3);
            for (m = 0; m <= 4; m++)
                for (k = 0; k < 1u << 2 * m; k++) {
                    for (b = 0; b < 4; b++)
                        c[b] = (unsigned char)(k >> 2 * b & 3);
                    one_select(s, (int)n, c, (int)m);
                }
        }
}

static void test_select(void)
{
    h2neg_str chosen, ours = LIST("\2h2\10http/1.1");
    CHECK_INT(h2neg_alpn_select(ours, LIST("\10http/1.1\2h2"), &chosen), 0);
    CHECK_TEXT(chosen, "h2"); /* the server's preference */
    CHECK_INT(h2neg_alpn_select(ours, LIST("\2\x1a\x1a\10http/1.1"), &chosen), 0); /* GREASE */
    CHECK_TEXT(chosen, "http/1.1");
    CHECK_INT(h2neg_alpn_select(ours, LIST("\2h3\3h2c\1h"), &chosen), H2NEG_ERR_ALPN_NO_OVERLAP);
    CHECK_INT(chosen.len, 0);
    CHECK_INT(h2neg_alpn_select(ours, LIST("\2h2\0"), &chosen), H2NEG_ERR_ALPN_LIST);
    CHECK_INT(chosen.len, 0);
    CHECK_INT(h2neg_alpn_select(LIST(""), LIST("\2h2"), &chosen), H2NEG_ERR_ALPN_LIST);
}

static void test_answer(void)
{
    h2neg_str offered = LIST("\2h2\10http/1.1"), none = {NULL, 0};
    CHECK_INT(h2neg_alpn_check(offered, none), H2NEG_ALPN_ABSENT);
    CHECK_INT(h2neg_alpn_check(offered, LIST("")), H2NEG_ERR_ALPN_LIST);
    CHECK_INT(h2neg_alpn_check(offered, LIST("h2")), H2NEG_ALPN_CHOSEN);
    CHECK_INT(h2neg_alpn_check(offered, LIST("http/1.1")), H2NEG_ALPN_CHOSEN);
    CHECK_INT(h2neg_alpn_check(offered, LIST("h3")), H2NEG_ERR_ALPN_NOT_OFFERED);
    CHECK_INT(h2neg_alpn_check(offered, LIST("\2h2")), H2NEG_ERR_ALPN_NOT_OFFERED);
    CHECK_INT(h2neg_alpn_check(none, LIST("h2")), H2NEG_ERR_ALPN_NOT_OFFERED);
}

/* ---- ClientHello ---- */

/* Made by OpenSSL 3.0: SNI www.example.org, ALPN h2 and http/1.1, TLS 1.2 and 1.3. The padding
   extension's 204 zeros follow. */
static const char hello13[] =
    "1603010200010001fc0303dc3a912755ae54dbffe9c600d76631c0e0aff0584680e350cbea1f7831"
    "617d212024624edb942e33c49d7ac0f3816fd9e267169ce4fbfea3992775792bc51f6ddb00241302"
    "13031301c02cc030c02bc02fcca9cca8c024c028c023c027009f009e006b006700ff0100018f0000"
    "0014001200000f7777772e6578616d706c652e6f7267000b000403000102000a00160014001d0017"
    "001e0019001801000101010201030104002300000010000e000c02683208687474702f312e310016"
    "000000170000000d002a0028040305030603080708080809080a080b080408050806040105010601"
    "030303010302040205020602002b00050403040303002d00020101003300260024001d0020d00554"
    "60fb53bace2864ac651d76c7a0ac358c9543feffc2cc2d38d76d136b30001500cc";
/* OpenSSL again: TLS 1.2 at most, no SNI, no ALPN. */
static const char hello12[] =
    "160301009d010000990303df2fb4f1c987c01c4d34c00ca464516257b76daa733cd811a0ffec5887"
    "813bac00001ec02cc030c02bc02fcca9cca8c024c028c023c027009f009e006b006700ff01000052"
    "000b000403000102000a000c000a001d0017001e00190018002300000016000000170000000d002a"
    "0028040305030603080708080809080a080b08040805080604010501060103030301030204020502"
    "0602";

static size_t real13(unsigned char out[517])
{
    size_t n = check_hex(out, hello13);
    memset(out + n, 0, 517 - n);
    return 517;
}

static h2neg_client_hello_info hello;
static unsigned char scratch[16384];

/* The answer for the whole is the answer for every prefix that is answered at all; `*first` is the
   shortest of those. Each prefix stands in memory of its own. */
static ptrdiff_t read_all(const unsigned char *in, size_t len, size_t step, size_t *first)
{
    size_t n, at = 0, whole_at;
    ptrdiff_t r, whole;
    whole = h2neg_client_hello(&hello, in, len, scratch, sizeof scratch);
    whole_at = hello.error_at;
    for (n = 0; n <= len; n += step) {
        unsigned char *p = check_tight(in, n);
        r = h2neg_client_hello(&hello, p, n, scratch, sizeof scratch);
        if (r != 0 && (r != whole || hello.error_at != whole_at))
            CHECK_INT(r, whole);
        if (r == 0)
            at = n + step;
        else if (at > n)
            CHECK_INT(at, n); /* once decided, decided */
        free(p);
    }
    if (first)
        *first = at;
    r = h2neg_client_hello(&hello, in, len, scratch, sizeof scratch);
    CHECK_INT(r, whole);
    return r;
}

static void test_hello_real(void)
{
    unsigned char in[600];
    size_t n = real13(in), first;
    in[n] = 0x17; /* whatever comes behind is not looked at */
    CHECK_INT(read_all(in, n + 1, 1, &first), 517);
    CHECK_INT(first, 517);
    CHECK_TEXT(hello.server_name, "www.example.org");
    CHECK_OCTETS(hello.alpn.ptr, hello.alpn.len, "\2h2\10http/1.1", 12);
    CHECK_INT(hello.legacy_version, 0x0303);
    CHECK_INT(hello.max_version, 0x0304);
    CHECK_INT(hello.has_versions, 1);
    CHECK_OCTETS(hello.versions.ptr, hello.versions.len, "\3\4\3\3", 4);
    CHECK_INT(hello.ciphers.len, 36);
    CHECK_INT((unsigned char)hello.ciphers.ptr[0], 0x13);
    n = check_hex(in, hello12);
    CHECK_INT(read_all(in, n, 1, &first), 162);
    CHECK(hello.server_name.ptr == NULL);
    CHECK(hello.alpn.ptr == NULL);
    CHECK_INT(hello.max_version, 0x0303);
    CHECK_INT(hello.has_versions, 0);
    CHECK_INT(h2neg_client_hello(&hello, NULL, 0, NULL, 0), 0);
}

/* A message (with its header) into records of `size` payload octets. */
static size_t cut(unsigned char *out, const unsigned char *message, size_t len, size_t size)
{
    size_t at = 0, n = 0;
    while (at < len) {
        size_t part = len - at < size ? len - at : size;
        out[n] = 22;
        out[n + 1] = 3;
        out[n + 2] = 1;
        out[n + 3] = (unsigned char)(part >> 8);
        out[n + 4] = (unsigned char)part;
        memcpy(out + n + 5, message + at, part);
        n += 5 + part;
        at += part;
    }
    return n;
}

static void test_hello_records(void)
{
    static unsigned char in[600], out[4000];
    size_t size, n;
    real13(in);
    for (size = 1; size <= 512; size += size < 8 ? 1 : 63) {
        n = cut(out, in + 5, 512, size);
        CHECK_INT(read_all(out, n, size < 8 ? 13 : 1, NULL), (ptrdiff_t)n);
        CHECK_TEXT(hello.server_name, "www.example.org");
        CHECK_OCTETS(hello.alpn.ptr, hello.alpn.len, "\2h2\10http/1.1", 12);
    }
    n = cut(out, in + 5, 512, 300);
    CHECK_INT(h2neg_client_hello(&hello, out, n, NULL, 0), H2NEG_ERR_TOO_SMALL);
    CHECK_INT(h2neg_client_hello(&hello, out, n, scratch, 507), H2NEG_ERR_TOO_SMALL);
    CHECK_INT(h2neg_client_hello(&hello, out, n, scratch, 508), (ptrdiff_t)n);
    /* the first record holds the header alone, or a part of it */
    n = cut(out, in + 5, 4, 4);
    n += cut(out + n, in + 9, 508, 508);
    CHECK_INT(read_all(out, n, 1, NULL), (ptrdiff_t)n);
    CHECK_INT(h2neg_client_hello(&hello, in, 517, NULL, 0), 517); /* one record needs no scratch */
}

/* A hello of these extensions: its message's length (4 + body). */
static size_t build(unsigned char *m, const void *extensions, size_t len)
{
    size_t n = 4 + 2 + 32;
    memset(m, 0, n);
    m[0] = 1;
    m[4] = m[5] = 3;
    n += check_hex(m + n, "00 0002 1301 01 00");
    m[n++] = (unsigned char)(len >> 8);
    m[n++] = (unsigned char)len;
    memcpy(m + n, extensions, len);
    n += len;
    m[1] = (unsigned char)((n - 4) >> 16);
    m[2] = (unsigned char)((n - 4) >> 8);
    m[3] = (unsigned char)(n - 4);
    return n;
}
enum { EXTENSIONS_AT = 5 + 4 + 2 + 32 + 7 + 2 };

/* Extensions in hex, in one record and cut into small ones: the same answer, and `at` (of the
   error, counted from the first extension). */
static int with(const char *hex, size_t at)
{
    static unsigned char e[4096], m[8192], out[50000];
    size_t len = check_hex(e, hex), n = build(m, e, len), records;
    ptrdiff_t r, cut_r;
    records = cut(out, m, n, n);
    r = read_all(out, records, 1, NULL);
    if (r < 0)
        CHECK_INT(hello.error_at, EXTENSIONS_AT + at);
    records = cut(out, m, n, 7);
    cut_r = read_all(out, records, 1, NULL);
    CHECK_INT(cut_r < 0, r < 0);
    if (r < 0) {
        size_t message_at = EXTENSIONS_AT - 5 + at;
        CHECK_INT(cut_r, r);
        CHECK_INT(hello.error_at, message_at / 7 * 12 + 5 + message_at % 7);
    }
    return r > 0 ? 0 : (int)r;
}

static void test_hello_server_name(void)
{
    int bad = H2NEG_ERR_TLS_HELLO;
    CHECK_INT(with("0000 0006 0004 00 0001 61", 0), 0);
    CHECK_TEXT(hello.server_name, "a");
    CHECK_INT(with("0000 000a 0008 05 0001 62 00 0001 61", 0), 0); /* another type is passed over */
    CHECK_TEXT(hello.server_name, "a");
    CHECK_INT(with("0000 0005 0003 00 0000", 0), bad);             /* empty name */
    CHECK_INT(with("0000 0006 0004 00 0001 00", 0), bad);          /* NUL */
    CHECK_INT(with("0000 0008 0006 00 0003 61 00 62", 0), bad);
    CHECK_INT(with("0000 0002 0000", 0), bad);                     /* empty list */
    CHECK_INT(with("0000 0006 0004 01 0001 61", 0), bad);          /* no host name */
    CHECK_INT(with("0000 000a 0008 00 0001 61 00 0001 62", 0), bad); /* two */
    CHECK_INT(with("0000 0006 0004 00 0002 61", 0), bad);          /* lengths that do not add up */
    CHECK_INT(with("0000 0006 0003 00 0001 61", 0), bad);
    CHECK_INT(with("0000 0007 0004 00 0001 61 00", 0), bad);
    CHECK_INT(with("0000 0000", 0), bad);
    CHECK_INT(with("0000 0001 00", 0), bad);
}

static void test_hello_alpn(void)
{
    int bad = H2NEG_ERR_ALPN_LIST;
    CHECK_INT(with("0010 0005 0003 02 6832", 0), 0);
    CHECK_OCTETS(hello.alpn.ptr, hello.alpn.len, "\2h2", 3);
    CHECK_INT(with("0010 0002 0000", 0), bad);
    CHECK_INT(with("0010 0000", 0), bad);
    CHECK_INT(with("0010 0006 0003 02 6832 00", 0), bad);
    CHECK_INT(with("0010 0006 0004 02 6832 00", 0), bad);
    CHECK_INT(with("0010 0005 0003 03 6832", 0), bad);
    CHECK_INT(with("ff01 0001 00 0010 0005 0004 02 6832", 5), bad);
}

static void test_hello_versions(void)
{
    int bad = H2NEG_ERR_TLS_HELLO;
    CHECK_INT(with("002b 0007 06 3a3a 0303 0304", 0), 0); /* GREASE first, as browsers do */
    CHECK_INT(hello.max_version, 0x0304);
    CHECK_INT(hello.versions.len, 6);
    CHECK_INT(with("002b 0003 02 fafa", 0), 0);
    CHECK_INT(hello.max_version, 0x0303);
    CHECK_INT(hello.has_versions, 1);
    CHECK_INT(with("002b 0001 00", 0), bad);
    CHECK_INT(with("002b 0004 03 030403", 0), bad);
    CHECK_INT(with("002b 0004 02 0304 00", 0), bad);
    CHECK_INT(with("002b 0002 02 03", 0), bad);
}

static void test_hello_extensions(void)
{
    static unsigned char e[4 * 129], m[1024], out[1100];
    size_t i, n;
    int bad = H2NEG_ERR_TLS_HELLO;
    CHECK_INT(with("", 0), 0); /* an empty list of them */
    CHECK_INT(with("0a0a 0000 1a1a 0001 00 ff01 0001 00", 0), 0);
    CHECK_INT(with("ff01 0001 00 0a0a 0000 ff01 0001 00", 9), bad); /* twice */
    CHECK_INT(with("0a0a 0000 ff", 4), bad);                        /* cut */
    CHECK_INT(with("0a0a 0000 ff01 0002 00", 4), bad);
    for (i = 0; i < 129; i++)
        e[4 * i] = 1, e[4 * i + 1] = (unsigned char)i, e[4 * i + 2] = e[4 * i + 3] = 0;
    n = cut(out, m, build(m, e, 4 * 128), 1000);
    CHECK(h2neg_client_hello(&hello, out, n, NULL, 0) > 0);
    n = cut(out, m, build(m, e, 4 * 129), 1000);
    CHECK_INT(h2neg_client_hello(&hello, out, n, NULL, 0), bad);
}

/* One octet of a good hello changed: the code, and where. */
static void spoil(size_t i, unsigned char value, int code, size_t at)
{
    unsigned char in[200];
    size_t n = check_hex(in, hello12);
    in[i] = value;
    CHECK_INT(read_all(in, n, 1, NULL), code);
    if (code < 0)
        CHECK_INT(hello.error_at, at);
}

static void test_hello_malformed(void)
{
    int bad = H2NEG_ERR_TLS_HELLO, c;
    for (c = 0; c < 256; c++) {
        unsigned char v = (unsigned char)c;
        spoil(0, v, c == 22 ? 162 : bad, 0);                    /* record type */
        spoil(1, v, c == 3 ? 162 : bad, 1);                     /* record version */
        spoil(2, v, c >= 1 && c <= 4 ? 162 : bad, 2);
        spoil(5, v, c == 1 ? 162 : bad, 5);                     /* handshake type */
        spoil(9, v, c == 3 ? 162 : bad, 9);                     /* legacy version */
    }
    spoil(4, 0, bad, 3);                                        /* an empty record */
    spoil(3, 0x40, bad, 3);                                     /* 16,541 octets */
    spoil(3, 0x40 - 1, 0, 0);                                   /* its end is not there */
    spoil(8, 0x98, bad, 161); /* a record longer than the message */
    spoil(6, 1, H2NEG_ERR_TLS_HELLO_LARGE, 8);
    spoil(43, 33, bad, 43);                                     /* session id of 33 octets */
    spoil(45, 0, bad, 44);                                      /* no ciphers */
    spoil(45, 0x1d, bad, 44);                                   /* an odd length */
    spoil(44, 0xff, bad, 44);                                   /* runs off */
    spoil(76, 0, bad, 76);                                      /* no compression methods */
    spoil(79, 0x51, bad, 78);                                   /* octets behind the extensions */
    spoil(79, 0x53, bad, 78);
    spoil(8, 0x9a, 0, 0);                                       /* the message goes on */
}

/* A large hello: 16,384 octets of body is the most, cut anywhere. */
static void test_hello_large(void)
{
    static unsigned char e[20000], m[20000], out[21000];
    size_t len = 16384 - (2 + 32 + 7 + 2), n, records, size;
    memset(e, 0, sizeof e);
    e[1] = 21; /* padding */
    e[2] = (unsigned char)((len - 4 - 9) >> 8);
    e[3] = (unsigned char)(len - 4 - 9);
    check_hex(e + len - 9, "0010 0005 0003 02 6832");
    n = build(m, e, len);
    CHECK_INT(n, 16388);
    for (size = 16384; size > 200; size = size * 2 / 3) {
        records = cut(out, m, n, size);
        CHECK_INT(read_all(out, records, 997, NULL), (ptrdiff_t)records);
        CHECK_OCTETS(hello.alpn.ptr, hello.alpn.len, "\2h2", 3);
    }
    records = cut(out, m, n, 16384);
    CHECK_INT(h2neg_client_hello(&hello, out, records, scratch, 16383), H2NEG_ERR_TOO_SMALL);
    out[8] += 1;
    CHECK_INT(h2neg_client_hello(&hello, out, 9, scratch, 16384), H2NEG_ERR_TLS_HELLO_LARGE);
    CHECK_INT(h2neg_client_hello(&hello, out, 8, scratch, 16384), 0);
    CHECK_INT(hello.error_at, 0);
}

/* Octets changed at random: no read outside, and one answer for all prefixes. */
static void test_hello_random(void)
{
    unsigned char in[162];
    int round, k;
    for (round = 0; round < 2000; round++) {
        check_hex(in, hello12);
        for (k = 0; k < 3; k++)
            in[check_random(162)] = (unsigned char)check_random(256);
        read_all(in, 162, 7 + check_random(40), NULL);
    }
}

/* ---- detection ---- */

/* The answer for the whole; for every shorter prefix that, or MORE, and MORE only before it. */
static int detect(const char *text, size_t len)
{
    int whole = h2neg_detect(text, len), decided = 0;
    size_t n;
    for (n = 0; n <= len; n++) {
        unsigned char *p = check_tight(text, n);
        int r = h2neg_detect(p, n);
        if (r != H2NEG_DETECT_MORE)
            decided = 1;
        if (r != (decided ? whole : H2NEG_DETECT_MORE))
            CHECK_INT(r, whole);
        if (n >= H2NEG_DETECT_OCTETS && !decided)
            CHECK_INT(n, 0);
        free(p);
    }
    return whole;
}
#define DETECT(text, expected) CHECK_INT(detect(text, sizeof(text) - 1), H2NEG_DETECT_##expected)
#define M32 "abcdefghijklmnopqrstuvwxyzABCDEF"

static void test_detect_http1(void)
{
    DETECT("", MORE);
    DETECT("GET", MORE);
    DETECT("GET ", HTTP1);
    DETECT("GET / HTTP/1.1\r\n\r\n", HTTP1);
    DETECT("\r\nGET ", HTTP1);
    DETECT("\r\n\r\nGET ", HTTP1);
    DETECT("\r\n\r\n" M32 " ", HTTP1);
    DETECT("\r\n\r\n" M32, MORE);
    DETECT("\r\n\r\n" M32 "x", OTHER);
    DETECT("\r\n\r\n\r\nGET ", OTHER);
    DETECT("\n", OTHER);
    DETECT("\r\r", OTHER);
    DETECT("\r", MORE);
    DETECT(" GET", OTHER);
    DETECT("GET\t", OTHER);
    DETECT("GET\r\n", OTHER);
    DETECT("GET:", OTHER);
    DETECT(M32 " ", HTTP1);
    DETECT(M32 "x", OTHER);
    DETECT("HTTP/1.1 200 OK\r\n", HTTP1);
    DETECT("HTTP/", MORE);
    DETECT("HTTP/2", OTHER);
    DETECT("HTTP ", HTTP1);
    DETECT("PUT ", HTTP1);
    DETECT("SSH-2.0-OpenSSH", MORE);
    DETECT("SSH-2.0-OpenSSH\r\n", OTHER);
}

static void test_detect_http2(void)
{
    DETECT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HTTP2);
    DETECT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4", HTTP2);
    DETECT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r", MORE);
    DETECT("PRI * HTTP/2.0\r\n\r\n", MORE);
    DETECT("PRI * HTTP/2.0\r\n\r\nSN", OTHER);
    DETECT("PRI * HTTP/2.0\r\n\r\nX", OTHER);
    DETECT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r", OTHER);
    DETECT("PRI * HTTP/1.1\r\n", HTTP1);
    DETECT("PRI /", HTTP1);
    DETECT("PRI * HTTP/2.0\r\nHost", HTTP1);
    DETECT("PRIX /", HTTP1);
    DETECT("PR ", HTTP1);
    DETECT("\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HTTP1);
}

static void test_detect_tls(void)
{
    int c;
    char in[3] = {22, 3, 0};
    DETECT("\x16", MORE);
    DETECT("\x16\x03", MORE);
    DETECT("\x16\x02", OTHER);
    DETECT("\x15\x03\x01", OTHER);
    DETECT("\x80\x2e\x01\x00", OTHER);
    for (c = 0; c < 256; c++) {
        in[2] = (char)c;
        CHECK_INT(detect(in, 3), c <= 4 ? H2NEG_DETECT_TLS : H2NEG_DETECT_OTHER);
    }
}

static void test_detect_proxy(void)
{
    DETECT("PROXY ", PROXY1);
    DETECT("PROXY TCP4 1.2.3.4", PROXY1);
    DETECT("PROXY", MORE);
    DETECT("PROXYS ", HTTP1);
    DETECT("\r\nPROXY ", HTTP1); /* not a PROXY header: the connection's first octets are */
    DETECT("\r\n\r\n\0\r\nQUIT\n", PROXY2);
    DETECT("\r\n\r\n\0\r\nQUIT", MORE);
    DETECT("\r\n\r\n\0\r\nQUIT\r", OTHER);
    DETECT("\r\n\r\n\0x", OTHER);
}

/* Every first octet, and every second behind a few of them. */
static void test_detect_octets(void)
{
    static const char firsts[] = {'G', 'P', 'H', '\r', 22};
    char in[2];
    int c;
    size_t i;
    for (c = 0; c < 256; c++) {
        in[0] = (char)c;
        CHECK_INT(detect(in, 1), h2neg__is_class((char)c, H2NEG__TOKEN) || c == '\r' || c == 22
                                     ? H2NEG_DETECT_MORE : H2NEG_DETECT_OTHER);
        for (i = 0; i < sizeof firsts; i++) {
            in[0] = firsts[i];
            in[1] = (char)c;
            detect(in, 2);
        }
    }
}

static void test_detect_random(void)
{
    static const char *const starts[] = {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\r\n",
        "\r\n\r\nGET ", "PROXY TCP4 ", "HTTP/1.1 200", "\x16\x03\x01\x02"};
    int round;
    for (round = 0; round < 5000; round++) {
        const char *s = starts[check_random(6)];
        char in[40];
        size_t n = strlen(s), i;
        memcpy(in, s, n);
        for (i = n; i < 40; i++)
            in[i] = (char)check_random(256);
        in[check_random((unsigned)n)] = (char)check_random(256);
        CHECK(detect(in, 40) != H2NEG_DETECT_MORE);
    }
}

/* ---- PROXY ---- */

static h2neg_proxy proxy;

/* As read_all: one answer for every prefix. */
static ptrdiff_t proxy_all(const char *text, size_t len)
{
    ptrdiff_t whole = h2neg_proxy_read(&proxy, text, len), r;
    size_t at = proxy.error_at, n;
    int decided = 0;
    for (n = 0; n <= len; n++) {
        unsigned char *p = check_tight(text, n);
        r = h2neg_proxy_read(&proxy, p, n);
        if (r != 0 && (r != whole || proxy.error_at != at))
            CHECK_INT(r, whole);
        if (r == 0 && decided)
            CHECK_INT(r, whole);
        decided |= r != 0;
        free(p);
    }
    h2neg_proxy_read(&proxy, text, len);
    return whole;
}
#define PROXY_OK(text) CHECK_INT(proxy_all(text, sizeof(text) - 1), sizeof(text) - 1)
#define PROXY_BAD(text, at)                                                                        \
    do {                                                                                           \
        CHECK_INT(proxy_all(text, sizeof(text) - 1), H2NEG_ERR_PROXY);                             \
        CHECK_INT(proxy.error_at, at);                                                             \
    } while (0)

static void test_proxy1(void)
{
    static const char six[] = "PROXY TCP6 ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n";
    PROXY_OK("PROXY TCP4 255.255.255.255 192.168.0.1 65535 443\r\n");
    CHECK_INT(proxy.version, 1);
    CHECK_INT(proxy.local, 0);
    CHECK_INT(proxy.family, 4);
    CHECK_OCTETS(proxy.source, 4, "\xff\xff\xff\xff", 4);
    CHECK_OCTETS(proxy.destination, 4, "\xc0\xa8\0\1", 4);
    CHECK_INT(proxy.source_port, 65535);
    CHECK_INT(proxy.destination_port, 443);
    CHECK_INT(proxy_all("PROXY TCP4 1.2.3.4 5.6.7.8 0 1\r\nGET", 35), 32);
    CHECK_INT(proxy_all(six, sizeof six - 1), H2NEG_ERR_PROXY);
    PROXY_OK("PROXY UNKNOWN\r\n");
    CHECK_INT(proxy.local, 1);
    PROXY_OK("PROXY UNKNOWN ffff:: \n\r ::1 65535 65535\r\n");
    PROXY_OK("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
             "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n");
    CHECK_INT(proxy.family, 6);
    CHECK_INT(proxy.source[15], 0xff);
}

static void test_proxy1_malformed(void)
{
    PROXY_BAD("PROXZ", 4);
    PROXY_BAD("GET ", 0);
    PROXY_BAD("PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n", 6);
    PROXY_BAD("PROXY tcp4 1.2.3.4 5.6.7.8 1 2\r\n", 6);
    PROXY_BAD("PROXY \r\n", 6);
    PROXY_BAD("PROXY  TCP4 1.2.3.4 5.6.7.8 1 2\r\n", 6);
    PROXY_BAD("PROXY UNKNOWNS\r\n", 6);
    PROXY_BAD("PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n", 11);
    PROXY_BAD("PROXY TCP4 1.2.3.4\t5.6.7.8 1 2\r\n", 11);
    PROXY_BAD("PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n", 28);
    PROXY_BAD("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n", 29);
    PROXY_BAD("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n", 29);
    PROXY_BAD("PROXY TCP4 1.2.3.4 5.6.7.8 1 02\r\n", 29);
    PROXY_BAD("PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n", 29);
    PROXY_BAD("PROXY TCP4 1.2.3.4 5.6.7.8 +1 2\r\n", 27);
    PROXY_BAD("PROXY TCP4 1.2.3.4 ::1 1 2\r\n", 19);
    PROXY_BAD("PROXY TCP6 1.2.3.4 ::1 1 2\r\n", 11);
    PROXY_BAD("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\r\n", 29);
    PROXY_BAD("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n\r\n", 29);
}

static void test_proxy1_lengths(void)
{
    char in[120] = "PROXY UNKNOWN ";
    size_t n;
    memset(in + 14, 'x', sizeof in - 14);
    CHECK_INT(h2neg_proxy_read(&proxy, in, 106), 0);
    CHECK_INT(proxy_all(in, 120), H2NEG_ERR_PROXY);
    CHECK_INT(proxy.error_at, 106);
    for (n = 14; n < 118; n++) {
        memset(in + 14, 'x', sizeof in - 14);
        in[n] = '\r';
        in[n + 1] = '\n';
        CHECK_INT(proxy_all(in, 120), n + 2 <= 107 ? (int)n + 2 : H2NEG_ERR_PROXY);
    }
}

static void test_proxy_ipv4(void)
{
    static const char *const good[] = {"0.0.0.0", "1.2.3.4", "255.255.255.255", "10.0.0.10"};
    static const char *const bad[] = {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3",
        "256.1.1.1", "01.2.3.4", "1.2.3.04", "1.2.3.00", "1.2.3.4 ", "0x1.2.3.4", "-1.2.3.4",
        "1.2.3.4.", "1.2.3.1000"};
    unsigned char out[4];
    size_t i;
    for (i = 0; i < 4; i++)
        CHECK(h2neg__proxy_ipv4(out, h2neg_s(good[i])));
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (h2neg__proxy_ipv4(out, h2neg_s(bad[i])))
            CHECK_TEXT(h2neg_s(bad[i]), "refused");
}

static void test_proxy_ipv6(void)
{
    static const char *const good[][2] = {
        {"::", "00000000000000000000000000000000"}, {"::1", "00000000000000000000000000000001"},
        {"1::", "00010000000000000000000000000000"},
        {"2001:DB8::8:800:200C:417A", "20010db80000000000080800200c417a"},
        {"1:2:3:4:5:6:7:8", "00010002000300040005000600070008"},
        {"1:2:3:4:5:6:7::", "00010002000300040005000600070000"},
        {"::2:3:4:5:6:7:8", "00000002000300040005000600070008"},
        {"1::8", "00010000000000000000000000000008"},
        {"::ffff:129.144.52.38", "00000000000000000000ffff81903426"},
        {"1:2:3:4:5:6:1.2.3.4", "00010002000300040005000601020304"},
        {"::1.2.3.4", "00000000000000000000000001020304"}};
    static const char *const bad[] = {"", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "1::2::3", "::1::", "1:2:3:4:5:6:7:8::", "1:2:3:4::5:6:7:8", "12345::", "g::", ":1::",
        "1:", "1::2:", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "[::1]",
        "::1%eth0", "1.2.3.4", "1:1.2.3.4::"};
    unsigned char out[16], expected[16];
    size_t i;
    for (i = 0; i < sizeof good / sizeof good[0]; i++) {
        unsigned char *p = check_tight(good[i][0], strlen(good[i][0]));
        CHECK(h2neg__proxy_ipv6(out, h2neg__str(p, strlen(good[i][0]))));
        check_hex(expected, good[i][1]);
        CHECK_OCTETS(out, 16, expected, 16);
        free(p);
    }
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (h2neg__proxy_ipv6(out, h2neg_s(bad[i])))
            CHECK_TEXT(h2neg_s(bad[i]), "refused");
}

#define SIGNATURE "0d0a0d0a000d0a515549540a"
static ptrdiff_t proxy2(const char *hex)
{
    static unsigned char in[1024];
    size_t n = check_hex(in, SIGNATURE);
    n += check_hex(in + n, hex);
    return proxy_all((const char *)in, n);
}

static void test_proxy2(void)
{
    CHECK_INT(proxy2("21 11 000c 01020304 05060708 ffff 01bb"), 28);
    CHECK_INT(proxy.version, 2);
    CHECK_INT(proxy.family, 4);
    CHECK_INT(proxy.local, 0);
    CHECK_INT(proxy.datagram, 0);
    CHECK_OCTETS(proxy.source, 4, "\1\2\3\4", 4);
    CHECK_OCTETS(proxy.destination, 4, "\5\6\7\10", 4);
    CHECK_INT(proxy.source_port, 65535);
    CHECK_INT(proxy.destination_port, 443);
    CHECK(proxy.alpn.ptr == NULL);
    CHECK_INT(proxy2("21 22 0024 20010db8000000000000000000000001"
                     "20010db8000000000000000000000002 0001 0002 47"), 52);
    CHECK_INT(proxy.family, 6);
    CHECK_INT(proxy.datagram, 1);
    CHECK_INT(proxy.destination[15], 2);
    CHECK_INT(proxy2("20 00 0000"), 16); /* LOCAL */
    CHECK_INT(proxy.local, 1);
    CHECK_INT(proxy2("20 ff 0003 ffffff"), 19); /* its family and octets say nothing */
    CHECK_INT(proxy.family, 0);
    CHECK_INT(proxy2("21 00 0000"), 16);
    CHECK_INT(proxy.local, 0);
}

static void test_proxy2_unix(void)
{
    static unsigned char in[232];
    size_t n = check_hex(in, SIGNATURE "21 31 00d8");
    memset(in + n, 'a', 108);
    memset(in + n + 108, 'b', 108);
    CHECK_INT(proxy_all((const char *)in, 232), 232);
    CHECK_INT(proxy.family, 1);
    CHECK_INT(proxy.source[107], 'a');
    CHECK_INT(proxy.destination[107], 'b');
    CHECK_INT(proxy.source_port, 0);
    in[15] = 0xd7;
    CHECK_INT(proxy_all((const char *)in, 232), H2NEG_ERR_PROXY);
    CHECK_INT(proxy.error_at, 14);
}

static void test_proxy2_tlvs(void)
{
    CHECK_INT(proxy2("21 11 0011 01020304 05060708 0001 0002 01 0002 6832"), 33);
    CHECK_TEXT(proxy.alpn, "h2");
    CHECK_INT(proxy.tlvs.len, 5);
    CHECK_INT(proxy2("21 00 0009 04 0001 00 01 0002 6832"), 25);
    CHECK_TEXT(proxy.alpn, "h2");
    CHECK_INT(proxy2("21 00 0003 04 0000"), 19);
    CHECK_INT(proxy2("21 00 0003 04 0001"), H2NEG_ERR_PROXY);
    CHECK_INT(proxy.error_at, 16);
    CHECK_INT(proxy2("21 00 0005 04 0000 04 00"), H2NEG_ERR_PROXY);
    CHECK_INT(proxy.error_at, 19);
    CHECK_INT(proxy2("21 00 000a 01 0002 6832 01 0002 6832"), H2NEG_ERR_PROXY);
    CHECK_INT(proxy.error_at, 21);
}

static void test_proxy2_malformed(void)
{
    static const unsigned char families[] = {0x00, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32};
    unsigned char in[272];
    int c;
    CHECK_INT(proxy2("21 11 000b 01020304 05060708 ffff 01"), H2NEG_ERR_PROXY);
    CHECK_INT(proxy.error_at, 14);
    CHECK_INT(proxy2("21 21 0023"), H2NEG_ERR_PROXY);
    CHECK_INT(proxy_all("\r\n\r\n\0\r\nQUIX", 12), H2NEG_ERR_PROXY);
    CHECK_INT(proxy.error_at, 10);
    for (c = 0; c < 256; c++) {
        memset(in, 0, sizeof in);
        check_hex(in, SIGNATURE "21 00 00d8");
        in[12] = (unsigned char)c;
        CHECK_INT(h2neg_proxy_read(&proxy, in, 232), c == 0x20 || c == 0x21 ? 232
                                                                              : H2NEG_ERR_PROXY);
        in[12] = 0x21;
        in[13] = (unsigned char)c;
        CHECK_INT(h2neg_proxy_read(&proxy, in, 232),
                  memchr(families, c, sizeof families) ? 232 : H2NEG_ERR_PROXY);
    }
}

/* The length's 16 bits are the only bound. */
static void test_proxy2_long(void)
{
    static unsigned char in[16 + 65535];
    check_hex(in, SIGNATURE "21 00 ffff 04 fffc");
    CHECK_INT(h2neg_proxy_read(&proxy, in, sizeof in), 16 + 65535);
    CHECK_INT(h2neg_proxy_read(&proxy, in, sizeof in - 1), 0);
    CHECK_INT(h2neg_proxy_read(&proxy, NULL, 0), 0);
}

CHECK_MAIN(test_list_write, test_list_check, test_list_walk, test_select_exhaustive, test_select,
           test_answer, test_hello_real, test_hello_records, test_hello_server_name,
           test_hello_alpn, test_hello_versions, test_hello_extensions, test_hello_malformed,
           test_hello_large, test_hello_random, test_detect_http1, test_detect_http2,
           test_detect_tls, test_detect_proxy, test_detect_octets, test_detect_random, test_proxy1,
           test_proxy1_malformed, test_proxy1_lengths, test_proxy_ipv4, test_proxy_ipv6,
           test_proxy2, test_proxy2_unix, test_proxy2_tlvs, test_proxy2_malformed, test_proxy2_long)
