/* Where a body ends (RFC 9112 6 and 7), and what persists (RFC 9112 9.3). */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"

#include "check.h"

/* ---- framing */

enum { NONE = H2NEG_BODY_NONE, LENGTH, CHUNKED, CLOSE, TUNNEL };

/* The answer for a head of these field lines. `status` 0: a request. */
static int kind_of(int status, int minor, const char *method, const char *lines, uint64_t *length)
{
    char in[512];
    h2neg_field fields[8];
    h2neg_h1_head head;
    ptrdiff_t r;
    memset(&head, 0, sizeof head);
    head.fields = fields;
    head.room = 8;
    if (status)
        snprintf(in, sizeof in, "HTTP/1.%d %d x\r\n%s\r\n", minor, status, lines);
    else
        snprintf(in, sizeof in, "%s %s HTTP/1.%d\r\nHost:\r\n%s\r\n", method,
                 strcmp(method, "CONNECT") == 0 ? "a:1" : "/", minor, lines);
    r = status ? h2neg_h1_parse_response(&head, in, strlen(in), 0)
               : h2neg_h1_parse_request(&head, in, strlen(in), 0);
    CHECK_INT(r, strlen(in));
    *length = 1234567;
    return h2neg_body_kind(&head, h2neg_s(method), length);
}

#define NO_LENGTH UINT64_MAX

static void check_kind(int status, int minor, const char *method, const char *lines, int kind, uint64_t expected)
{
    uint64_t length;
    int actual = kind_of(status, minor, method, lines, &length);
    if (actual == kind && (kind < 0 || length == expected))
        return;
    check_failures++;
    fprintf(stderr, "%d 1.%d %s \"%s\": %d, not %d; length %llu\n", status, minor, method, lines, actual, kind,
            (unsigned long long)length);
}

static void bodiless_responses(void)
{
    static const char *const framings[] = {"", "Transfer-Encoding: chunked\r\n",
                                           "Transfer-Encoding: gzip, chunked\r\nContent-Length: 5\r\n",
                                           "Content-Length: x\r\n", "Content-Length: 5\r\nContent-Length: 5\r\n"};
    size_t i;
    for (i = 0; i < sizeof framings / sizeof framings[0]; i++) {
        check_kind(100, 1, "GET", framings[i], NONE, NO_LENGTH); /* rule 1 */
        check_kind(103, 1, "GET", framings[i], NONE, NO_LENGTH);
        check_kind(204, 1, "GET", framings[i], NONE, NO_LENGTH);
        check_kind(304, 1, "GET", framings[i], NONE, NO_LENGTH);
        check_kind(200, 1, "HEAD", framings[i], NONE, NO_LENGTH);
        check_kind(404, 0, "HEAD", framings[i], NONE, NO_LENGTH);
        check_kind(200, 1, "CONNECT", framings[i], TUNNEL, NO_LENGTH); /* rule 2 */
        check_kind(299, 1, "CONNECT", framings[i], TUNNEL, NO_LENGTH);
        check_kind(204, 1, "CONNECT", framings[i], TUNNEL, NO_LENGTH);
        check_kind(101, 1, "GET", framings[i], TUNNEL, NO_LENGTH);
    }
    check_kind(200, 1, "HEAD", "Content-Length: 5\r\n", NONE, 5);
    check_kind(304, 1, "GET", "Content-Length: 5\r\n", NONE, 5);
    check_kind(200, 1, "CONNECT", "Content-Length: 5\r\n", TUNNEL, NO_LENGTH);
    check_kind(200, 1, "head", "Content-Length: 5\r\n", LENGTH, 5); /* methods are case-sensitive */
    check_kind(400, 1, "CONNECT", "Content-Length: 5\r\n", LENGTH, 5);
    check_kind(305, 1, "GET", "Content-Length: 5\r\n", LENGTH, 5);
}

static void lengths(void)
{
    static const char *const bad[] = {"+5", "-0", "-5", "0x5", "5_0", "", "5a", "5 5", "5;", "\"5\"", "5.0", "1e3",
                                      "9223372036854775808", "18446744073709551615", "18446744073709551616",
                                      "00000000000000000005", "\xd9\xa5"};
    static const char *const many[] = {"Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5, 5\r\n",
                                       "Content-Length: 5\r\ncontent-length: 6\r\n", "Content-Length: 5,6\r\n",
                                       "Content-Length: 5,\r\n"};
    char line[128];
    size_t i;
    int status;
    for (status = 0; status <= 200; status += 200) {
        check_kind(status, 1, "GET", "Content-Length: 5\r\n", LENGTH, 5);
        check_kind(status, 0, "GET", "CONTENT-LENGTH:\t007 \r\n", LENGTH, 7);
        check_kind(status, 1, "POST", "Content-Length: 0\r\n", NONE, 0);
        check_kind(status, 1, "PUT", "Content-Length: 9223372036854775807\r\n", LENGTH, INT64_MAX);
        for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            snprintf(line, sizeof line, "Content-Length: %s\r\n", bad[i]);
            check_kind(status, 1, "POST", line, H2NEG_ERR_BODY_LENGTH, 0);
        }
        for (i = 0; i < sizeof many / sizeof many[0]; i++)
            check_kind(status, 1, "POST", many[i], H2NEG_ERR_BODY_REPEATED, 0);
    }
    check_kind(0, 1, "POST", "", NONE, NO_LENGTH);         /* rule 7 */
    check_kind(0, 1, "HEAD", "Content-Length: 5\r\n", LENGTH, 5); /* a request's length has no exceptions */
    check_kind(0, 1, "CONNECT", "Content-Length: 5\r\n", LENGTH, 5);
    check_kind(200, 1, "GET", "", CLOSE, NO_LENGTH); /* rule 8 */
    check_kind(200, 0, "GET", "", CLOSE, NO_LENGTH);
}

/* Only a digit is a digit, of all 256 octets. */
static void length_octets(void)
{
    int c;
    for (c = 33; c < 256; c++) {
        char line[] = "Content-Length: 1?2\r\n";
        uint64_t length;
        int r;
        if (c == 127 || c == ',')
            continue;
        line[17] = (char)c;
        r = kind_of(0, 1, "POST", line, &length);
        CHECK_INT(r, c >= '0' && c <= '9' ? (int)LENGTH : (int)H2NEG_ERR_BODY_LENGTH);
    }
}

static void transfer_codings(void)
{
    static const char *const refused[] = {"", ",chunked", "chunked,", "chunked;x", "chunked;x=y", "chunked, gzip",
                                          "chunked, chunked", "gzip, chunked, chunked", "gz ip, chunked",
                                          "\"chunked\"", "chunked ;", "gzip, chunked;q=1", "@"};
    static const char *const others[] = {"xchunked", "gzip", "identity", "gzip, deflate", "chunked-x"};
    static const char *const below[] = {"gzip, chunked", "gzip,CHUNKED", "identity, chunked", "x;a=b, chunked"};
    char line[128];
    size_t i;
    int status;
    for (status = 0; status <= 200; status += 200) {
        check_kind(status, 1, "GET", "Transfer-Encoding: chunked\r\n", CHUNKED, NO_LENGTH);
        check_kind(status, 1, "GET", "transfer-encoding:\tCHunkED \r\n", CHUNKED, NO_LENGTH);
        check_kind(status, 1, "GET", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", H2NEG_ERR_BODY_CONFLICT,
                   0);
        check_kind(status, 1, "GET", "Content-Length: 0\r\nTransfer-Encoding: x\r\n", H2NEG_ERR_BODY_CONFLICT, 0);
        check_kind(status, 0, "GET", "Transfer-Encoding: chunked\r\n", H2NEG_ERR_BODY_TRANSFER, 0);
        check_kind(status, 0, "GET", "Transfer-Encoding: gzip, chunked\r\n", H2NEG_ERR_BODY_TRANSFER, 0);
        check_kind(status, 1, "GET", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                   H2NEG_ERR_BODY_TRANSFER, 0);
        check_kind(status, 1, "GET", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
                   H2NEG_ERR_BODY_TRANSFER, 0);
        for (i = 0; i < sizeof refused / sizeof refused[0]; i++) {
            int kind = H2NEG_ERR_BODY_TRANSFER;
            snprintf(line, sizeof line, "Transfer-Encoding: %s\r\n", refused[i]);
            check_kind(status, 1, "GET", line, kind, 0);
        }
        for (i = 0; i < sizeof below / sizeof below[0]; i++) {
            snprintf(line, sizeof line, "Transfer-Encoding: %s\r\n", below[i]);
            check_kind(status, 1, "GET", line, H2NEG_ERR_BODY_CODING, 0);
        }
        for (i = 0; i < sizeof others / sizeof others[0]; i++) {
            snprintf(line, sizeof line, "Transfer-Encoding: %s\r\n", others[i]);
            check_kind(status, 1, "GET", line, status ? (int)CLOSE : (int)H2NEG_ERR_BODY_TRANSFER, NO_LENGTH);
        }
    }
}

static void persistence(void)
{
    static const struct {
        int minor;
        const char *connection;
        int persists;
    } rows[] = {
        {1, NULL, 1},          {0, NULL, 0},         {1, "close", 0},        {1, "CLOSE", 0},
        {0, "keep-alive", 1},  {0, "Keep-Alive", 1}, {1, "keep-alive", 1},   {1, "closed", 1},
        {1, "a, close", 0},    {0, "a,keep-alive", 1}, {0, "keep-alive, close", 0}, {1, "", 1},
        {0, "upgrade", 0},     {0, "keep-aliwe", 0}, {1, "cloze", 1},
    };
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        h2neg_h1_head head;
        h2neg_field f[2];
        f[0] = h2neg_f("user-agent", "close"); /* a name of the same length */
        f[1] = h2neg_f("connection", rows[i].connection);
        memset(&head, 0, sizeof head);
        head.fields = f;
        head.count = rows[i].connection ? 2 : 1;
        head.minor = rows[i].minor;
        CHECK_INT(h2neg_h1_persists(&head), rows[i].persists);
    }
}

/* ---- chunks */

typedef struct decoded {
    char data[4096];
    size_t len;
    int result; /* 0 or the error */
    size_t at;  /* octets consumed, or where the error is */
    int done;
} decoded;

/* Gives the octets in steps of 1 to `step` (0: all at once). */
static decoded decode(uint32_t max_line, uint32_t max_overhead, const void *in, size_t len, unsigned step)
{
    decoded r;
    h2neg_chunked d;
    size_t given = 0;
    memset(&r, 0, sizeof r);
    memset(&d, 0, sizeof d);
    d.max_line = max_line;
    d.max_overhead = max_overhead;
    while (r.at < len && !d.done && r.result == 0) {
        unsigned char *octets;
        h2neg_str data;
        ptrdiff_t n;
        given = step ? 1 + (step > 1 ? check_random(step) : 0) : len;
        if (given > len - r.at)
            given = len - r.at;
        octets = check_tight((const char *)in + r.at, given);
        n = h2neg_chunked_decode(&d, octets, given, &data);
        CHECK(data.len == 0 || (data.ptr >= (char *)octets && data.len <= given));
        if (data.len && r.len + data.len <= sizeof r.data) {
            memcpy(r.data + r.len, data.ptr, data.len);
            r.len += data.len;
        }
        if (n <= 0) {
            CHECK(n < 0); /* it always goes on */
            r.result = (int)n;
            r.at += d.error_at;
            CHECK_INT(h2neg_chunked_decode(&d, "0", 1, &data), n); /* and stays in error */
            CHECK_INT(data.len, 0);
        } else {
            r.at += (size_t)n;
        }
        free(octets);
        if (n <= 0)
            break;
    }
    r.done = d.done;
    return r;
}

static int same_decoded(const decoded *a, const decoded *b)
{
    return a->result == b->result && a->at == b->at && a->done == b->done && a->len == b->len &&
           memcmp(a->data, b->data, a->len) == 0;
}

/* What comes out, whole and in pieces. */
static decoded check_chunks_len(uint32_t max_line, uint32_t max_overhead, const void *in, size_t len, int result,
                                size_t at)
{
    decoded whole = decode(max_line, max_overhead, in, len, 0);
    unsigned i;
    if (whole.result != result || whole.at != at) {
        fprintf(stderr, "%d at %zu, not %d at %zu\n", whole.result, whole.at, result, at);
        check_print("chunks", (const unsigned char *)in, len);
        check_failures++;
    }
    for (i = 1; i < 8; i++) {
        decoded cut = decode(max_line, max_overhead, in, len, i == 1 ? 1 : i * 3);
        CHECK(same_decoded(&whole, &cut));
    }
    return whole;
}

static decoded check_chunks(const char *in, int result, size_t at)
{
    return check_chunks_len(0, 0, in, strlen(in), result, at);
}

static void good_chunks(const char *in, const char *data)
{
    decoded r = check_chunks(in, 0, strlen(in));
    CHECK_OCTETS(r.data, r.len, data, strlen(data));
    CHECK_INT(r.done, 1);
}

static void chunks(void)
{
    decoded r;
    good_chunks("4\r\nWiki\r\n7\r\npedia i\r\nB\r\nn \r\nchunks.\r\n0\r\n", "Wikipedia in \r\nchunks.");
    good_chunks("0\r\n", "");
    good_chunks("000\r\n", "");
    good_chunks("a\r\n0123456789\r\n00A\r\n0123456789\r\n0\r\n", "01234567890123456789");
    r = check_chunks("5\r\nab", 0, 5);
    CHECK_INT(r.done, 0);
    CHECK_OCTETS(r.data, r.len, "ab", 2);
    r = check_chunks("1\r\na\r\n0\r\nA: b\r\n\r\n", 0, 9); /* trailers are not its business */
    CHECK_INT(r.done, 1);
}

static void chunk_sizes(void)
{
    check_chunks("\r\n", H2NEG_ERR_CHUNK_SIZE, 0);
    check_chunks(" 5\r\n", H2NEG_ERR_CHUNK_SIZE, 0);
    check_chunks(";a\r\n", H2NEG_ERR_CHUNK_SIZE, 0);
    check_chunks("+5\r\n", H2NEG_ERR_CHUNK_SIZE, 0);
    check_chunks("-5\r\n", H2NEG_ERR_CHUNK_SIZE, 0);
    check_chunks("0x5\r\n", H2NEG_ERR_CHUNK_SIZE, 1);
    check_chunks("5_0\r\n", H2NEG_ERR_CHUNK_SIZE, 1);
    check_chunks("5\n", H2NEG_ERR_CHUNK_SIZE, 1);
    check_chunks("5\rx", H2NEG_ERR_CHUNK_SIZE, 2);
    check_chunks("5\r\r\n", H2NEG_ERR_CHUNK_SIZE, 2);
    check_chunks("5 \r\n", H2NEG_ERR_CHUNK_EXTENSION, 2); /* BWS only before ";" */
    check_chunks("5 5\r\n", H2NEG_ERR_CHUNK_EXTENSION, 2);
    check_chunks("fffffffffffff\r\n", 0, 15); /* 13 digits */
    check_chunks("000fffffffffffff\r\n", 0, 18);
    check_chunks("10000000000000\r\n", H2NEG_ERR_CHUNK_SIZE, 13);
    check_chunks("0000000000000000\r\n", 0, 18); /* 16 in all */
    check_chunks("00000000000000000\r\n", H2NEG_ERR_CHUNK_SIZE, 16);
    check_chunks("0000000000000005;a=b\r\n", 0, 22);
    check_chunks("fffffffffffffffff\r\n", H2NEG_ERR_CHUNK_SIZE, 13);
}

/* All 256 octets: as a digit, with its value; behind a digit; at the end of the data. */
static void chunk_octets(void)
{
    int c;
    for (c = 0; c < 256; c++) {
        char digit[] = "?\r\n", second[] = "0?\r\n", cr[] = "1\r\na?\n0\r\n", lf[] = "1\r\na\r?0\r\n";
        const char *hex = "0123456789abcdefABCDEF";
        const char *found = c ? strchr(hex, c) : NULL;
        h2neg_chunked d;
        h2neg_str data;
        digit[0] = second[1] = cr[4] = lf[5] = (char)c;
        memset(&d, 0, sizeof d);
        if (found) {
            unsigned value = (unsigned)(found - hex) > 15 ? (unsigned)(found - hex) - 6 : (unsigned)(found - hex);
            CHECK_INT(h2neg_chunked_decode(&d, digit, 3, &data), 3);
            CHECK_INT(d.left, value);
            CHECK_INT(d.done, value == 0);
        } else {
            CHECK_INT(h2neg_chunked_decode(&d, digit, 3, &data), H2NEG_ERR_CHUNK_SIZE);
        }
        memset(&d, 0, sizeof d);
        if (!found && c != ' ' && c != '\t' && c != ';' && c != '\r') {
            CHECK_INT(h2neg_chunked_decode(&d, second, 4, &data), H2NEG_ERR_CHUNK_SIZE);
            CHECK_INT(d.error_at, 1);
        }
        check_chunks_len(0, 0, cr, sizeof cr - 1, c == '\r' ? 0 : (int)H2NEG_ERR_CHUNK_END, c == '\r' ? 9 : 4);
        check_chunks_len(0, 0, lf, sizeof lf - 1, c == '\n' ? 0 : (int)H2NEG_ERR_CHUNK_END, c == '\n' ? 9 : 5);
    }
}

static void extensions(void)
{
    good_chunks("0;a\r\n", "");
    good_chunks("0;a=b\r\n", "");
    good_chunks("0 \t; \ta \t= \tb ;c\r\n", "");
    good_chunks("0;a=\"b\"\r\n", "");
    good_chunks("0;a=\"\"\r\n", "");
    good_chunks("0;a=\" ;=\t\\\"\\\\\\ \xff@\";c;d=1\r\n", "");
}

static void bad_extensions(void)
{
    static const struct {
        const char *line;
        size_t at;
    } rows[] = {
        {"0;\r\n", 2},        {"0;;a\r\n", 2},      {"0;=b\r\n", 2},       {"0;a=\r\n", 4},
        {"0;a=;b\r\n", 4},    {"0;a==b\r\n", 4},    {"0;a=b=c\r\n", 5},    {"0;a=b c\r\n", 6},
        {"0;a b\r\n", 4},     {"0;a \r\n", 4},      {"0;a=b \r\n", 6},     {"0;a=\"b\" \r\n", 8},
        {"0;\"a\"\r\n", 2},   {"0;a=\"b\"c\r\n", 7}, {"0;a=b\"c\"\r\n", 5}, {"0;a\n", 3},
        {"0;a=b\n", 5},       {"0;a=\"b\n", 6},     {"0;a=\"b\r\n", 6},    {"0;a=\"\\\r\n", 6},
        {"0;a=\"b\"\n", 7},   {"0;a\x01\r\n", 3},   {"0;a=\"\x7f\"\r\n", 5}, {"0;a=\"\\\x01\"", 6},
        {"0;a=(\r\n", 4},     {"0;a@\r\n", 3},      {"0;a\r;", 4},         {"0;a=\"b\"\r\r\n", 8},
        {"0;\xc3\xa9\r\n", 2},
    };
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_chunks(rows[i].line, H2NEG_ERR_CHUNK_EXTENSION, rows[i].at);
}

/* RFC 9110 5.6.4, all 256 octets inside quotes and behind a backslash. */
static void quoted_octets(void)
{
    int c;
    for (c = 0; c < 256; c++) {
        char quoted[] = "0;a=\"?\"\r\n", escaped[] = "0;a=\"\\?\"\r\n";
        int text = c == '\t' || (c >= 32 && c != 127);
        h2neg_chunked d;
        h2neg_str data;
        quoted[5] = escaped[6] = (char)c;
        memset(&d, 0, sizeof d);
        CHECK_INT(h2neg_chunked_decode(&d, escaped, sizeof escaped - 1, &data) > 0, text);
        CHECK_INT(d.done, text);
        if (c == '"' || c == '\\')
            continue;
        memset(&d, 0, sizeof d);
        CHECK_INT(h2neg_chunked_decode(&d, quoted, sizeof quoted - 1, &data) > 0, text);
        CHECK_INT(d.done, text);
    }
}

/* A chunk's line of `n` octets with an extension: "1;xxxx", its data and CRLF. */
static size_t put_chunk(char *out, size_t n, char size)
{
    out[0] = size;
    out[1] = ';';
    memset(out + 2, 'x', n - 2);
    memcpy(out + n, "\r\n", 2);
    if (size == '0')
        return n + 2;
    memcpy(out + n + 2, "d\r\n", 3);
    return n + 5;
}

static void chunk_limits(void)
{
    static char in[40000];
    size_t n = put_chunk(in, 1024, '0'), i;
    check_chunks_len(0, 0, in, n, 0, n);
    n = put_chunk(in, 1025, '0');
    check_chunks_len(0, 0, in, n, H2NEG_ERR_CHUNK_LINE_LONG, 1024);
    check_chunks_len(1025, 0, in, n, 0, n);
    check_chunks_len(4, 0, "0;ab\r\n", 6, 0, 6);
    check_chunks_len(4, 0, "0;abc\r\n", 7, H2NEG_ERR_CHUNK_LINE_LONG, 4);
    check_chunks_len(4, 0, "0;ab@\r\n", 7, H2NEG_ERR_CHUNK_EXTENSION, 4);

    /* 16 + 2 x 1 octets of each line are free; the rest may be 16,384 in all: 16 times 1,024. */
    for (n = 0, i = 0; i < 16; i++)
        n += put_chunk(in + n, 1042, '1');
    check_chunks_len(2000, 0, in, n, 0, n);
    check_chunks_len(2000, 16383, in, n, H2NEG_ERR_CHUNK_OVERHEAD, n - 4);
    n += put_chunk(in + n, 18, '1'); /* one that costs nothing */
    check_chunks_len(2000, 0, in, n, 0, n);
    n += put_chunk(in + n, 19, '1');
    check_chunks_len(2000, 0, in, n, H2NEG_ERR_CHUNK_OVERHEAD, n - 4);

    check_chunks_len(0, 1, "0;a=345678901234\r\n", 18, 0, 18); /* 16 octets for no data */
    check_chunks_len(0, 1, "0;a=3456789012345\r\n", 19, 0, 19);
    check_chunks_len(0, 1, "0;a=34567890123456\r\n", 20, H2NEG_ERR_CHUNK_OVERHEAD, 19);
}

static void chunk_mutations(void)
{
    static const char seed[] = "5;a=\"b\\\"c\"; d = e\r\nhello\r\n00b\r\nhello world\r\n0;x\r\n";
    static const char octets[] = "\r\n \t;=\"\\0aF@x\x01\x80";
    unsigned i, k;
    for (i = 0; i < 4000; i++) {
        char in[sizeof seed];
        decoded whole, cut;
        memcpy(in, seed, sizeof seed);
        for (k = 0; k <= i % 3; k++)
            in[check_random(sizeof seed - 1)] = octets[check_random(sizeof octets - 1)];
        whole = decode(0, 0, in, sizeof seed - 1, 0);
        cut = decode(0, 0, in, sizeof seed - 1, 1);
        CHECK(same_decoded(&whole, &cut));
        cut = decode(0, 0, in, sizeof seed - 1, 7);
        CHECK(same_decoded(&whole, &cut));
    }
}

static void chunk_edges(void)
{
    h2neg_chunked d;
    h2neg_str data;
    memset(&d, 0, sizeof d);
    CHECK_INT(h2neg_chunked_decode(&d, NULL, 0, &data), 0);
    CHECK_INT(h2neg_chunked_decode(&d, "3\r\nabc\r\n0\r\nrest", 15, &data), 6);
    CHECK_OCTETS(data.ptr, data.len, "abc", 3);
    CHECK_INT(h2neg_chunked_decode(&d, "\r\n0\r\nrest", 9, &data), 5);
    CHECK_INT(data.len, 0);
    CHECK_INT(d.done, 1);
    CHECK_INT(h2neg_chunked_decode(&d, "rest", 4, &data), 0); /* nothing behind the last chunk */
    CHECK_INT(data.len, 0);
}

/* ---- trailers */

static ptrdiff_t trailers(const char *in, h2neg_h1_head *head, h2neg_field *fields)
{
    memset(head, 0, sizeof *head);
    head->fields = fields;
    head->room = 4;
    return h2neg_h1_parse_trailers(head, in, strlen(in), 0);
}

static void trailer_sections(void)
{
    h2neg_field fields[4];
    h2neg_h1_head head;
    const char *in = "Digest: x\r\nETag: \"y\"\r\n\r\nGET";
    size_t i;
    CHECK_INT(trailers("\r\n", &head, fields), 2);
    CHECK_INT(head.count, 0);
    CHECK_INT(trailers("\r", &head, fields), 0);
    CHECK_INT(trailers("A: b\r\n", &head, fields), 0);
    CHECK_INT(trailers("\n", &head, fields), H2NEG_ERR_H1_BARE_LF);
    CHECK_INT(trailers("\r\r\n", &head, fields), H2NEG_ERR_H1_BARE_CR);
    CHECK_INT(trailers(" a: b\r\n\r\n", &head, fields), H2NEG_ERR_H1_FOLD);
    CHECK_INT(trailers("A b: c\r\n\r\n", &head, fields), H2NEG_ERR_H1_FIELD_NAME);
    CHECK_INT(trailers("A:\r\nA:\r\nA:\r\nA:\r\n\r\n", &head, fields), 18);
    CHECK_INT(trailers("A:\r\nA:\r\nA:\r\nA:\r\nA:\r\n\r\n", &head, fields), H2NEG_ERR_H1_FIELDS_MANY);
    CHECK_INT(head.error_at, 16);
    CHECK_INT(trailers(in, &head, fields), strlen(in) - 3);
    CHECK_INT(head.count, 2);
    CHECK_TEXT(fields[1].name, "ETag");
    CHECK_TEXT(fields[1].value, "\"y\"");
    memset(&head, 0, sizeof head);
    head.fields = fields;
    head.room = 4;
    for (i = 0; i < strlen(in) - 3; i++) {
        unsigned char *octets = check_tight(in, i + 1);
        CHECK_INT(h2neg_h1_parse_trailers(&head, octets, i + 1, i), i + 4 == strlen(in) ? i + 1 : 0);
        free(octets);
    }
}

static void forbidden_trailers(void)
{
    static const char *const bad[] = {
        "Content-Length", "TRANSFER-ENCODING", "Trailer", "TE", "Connection", "Keep-Alive", "Proxy-Connection",
        "Upgrade", "HTTP2-Settings", "Host", "Cache-Control", "Expect", "Max-Forwards", "Pragma", "Range",
        "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Authorization",
        "Proxy-Authorization", "WWW-Authenticate", "Proxy-Authenticate", "Cookie", "Set-Cookie", "Age", "Date",
        "Expires", "Location", "Retry-After", "Vary", "Content-Encoding", "Content-Type", "Content-Range"};
    static const char *const good[] = {"Digest", "ETag", "Server-Timing", "grpc-status", "Authentication-Info",
                                       "Accept-Ranges", "x", "Hos", "Hostx"};
    h2neg_field fields[4];
    h2neg_h1_head head;
    char in[128];
    size_t i;
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(in, sizeof in, "A: b\r\n%s: 1\r\n\r\n", bad[i]);
        CHECK_INT(trailers(in, &head, fields), H2NEG_ERR_TRAILER_FIELD);
        CHECK_INT(head.error_at, 6);
    }
    for (i = 0; i < sizeof good / sizeof good[0]; i++) {
        snprintf(in, sizeof in, "A: b\r\n%s: 1\r\n\r\n", good[i]);
        CHECK_INT(trailers(in, &head, fields), strlen(in));
    }
}

CHECK_MAIN(bodiless_responses, lengths, length_octets, transfer_codings, persistence, chunks, chunk_sizes,
           chunk_octets, extensions, bad_extensions, quoted_octets, chunk_limits, chunk_mutations, chunk_edges,
           trailer_sections, forbidden_trailers)
