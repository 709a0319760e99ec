/* A head that is read at once is the head that is read octet by octet, in every way that the CPU
   has: the result, the error and its octet, and all that was found (RFC 9112 2 to 5). */
extern int simd_level; /* 0 portable, 1 SSE2, 2 all */
int simd_level = 2;
#define H2NEG__SIMD_HOOK simd_level
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"

#include "check.h"

enum { ROOM = 40, MOST = 1500 };

typedef struct parsed {
    h2neg_h1_head head;
    h2neg_field fields[ROOM];
    ptrdiff_t result;
} parsed;

/* `first` octets, and then all: 0 gives all at once. */
static void parse(parsed *p, const h2neg_h1_head *limits, int response, const void *in, size_t len,
                  size_t first)
{
    ptrdiff_t (*call)(h2neg_h1_head *, const void *, size_t, size_t) =
        response ? h2neg_h1_parse_response : h2neg_h1_parse_request;
    memset(p, 0, sizeof *p);
    p->head = *limits;
    p->head.fields = p->fields;
    p->head.room = limits->room ? limits->room : ROOM;
    p->result = first ? call(&p->head, in, first, 0) : 0;
    if (p->result == 0)
        p->result = call(&p->head, in, len, first);
}

static int same_str(h2neg_str a, h2neg_str b)
{
    return a.len == b.len && (a.ptr == NULL) == (b.ptr == NULL) && (a.len == 0 || a.ptr == b.ptr);
}

static int same_head(const parsed *a, const parsed *b)
{
    const h2neg_h1_head *x = &a->head, *y = &b->head;
    size_t i;
    if (a->result != b->result)
        return 0;
    if (a->result <= 0)
        return x->error_at == y->error_at;
    if (!same_str(x->method, y->method) || !same_str(x->target, y->target) ||
        !same_str(x->scheme, y->scheme) || !same_str(x->authority, y->authority) ||
        !same_str(x->path, y->path) || !same_str(x->query, y->query) ||
        !same_str(x->reason, y->reason) || x->form != y->form || x->status != y->status ||
        x->minor != y->minor || x->count != y->count || x->scan.seen != y->scan.seen)
        return 0;
    for (i = 0; i < x->count; i++)
        if (!same_str(x->fields[i].name, y->fields[i].name) ||
            !same_str(x->fields[i].value, y->fields[i].value) ||
            x->fields[i].flags != y->fields[i].flags)
            return 0;
    return 1;
}

static long taken[3]; /* heads that each way has read */

/* One input in memory of its own, at once in each way, against octet by octet. */
static void compare(const h2neg_h1_head *limits, int response, const void *octets, size_t len)
{
    static parsed whole, split;
    unsigned char *in = check_tight(octets, len);
    parse(&split, limits, response, in, len, len ? 1 : 0);
    for (simd_level = 0; simd_level < 3; simd_level++) {
        parse(&whole, limits, response, in, len, 0);
        taken[simd_level] += whole.result > 0;
        if (!same_head(&whole, &split)) {
            CHECK(same_head(&whole, &split));
            CHECK_INT(whole.result, split.result);
            CHECK_INT(whole.head.error_at, split.head.error_at);
            fprintf(stderr, "    way %d, response %d\n", simd_level, response);
            check_print("of", in, len);
        }
    }
    free(in);
}

static const char *const lines[] = {
    "GET / HTTP/1.1",
    "GET /a?b=c HTTP/1.1",
    "OPTIONS * HTTP/1.1",
    "GET http://h/p?q HTTP/1.1",
    "CONNECT h:1 HTTP/1.1",
    "CONNECT /h:1 HTTP/1.1",
    "GET / HTTP/1.0",
    "GET / HTTP/2.0",
    "GET  HTTP/1.1",
    "GET /#a HTTP/1.1",
    "GET /\t HTTP/1.1",
    "/ HTTP/1.1",
    "GET /a b HTTP/1.1",
    "GET / HTTP/1.1 ",
    "G(T / HTTP/1.1",
    "GET",
    "GET /\xc3\xa4 HTTP/1.1",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF /?? HTTP/1.1",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1",
    "GET /0123456789012345678901234567890123456789012345678901234567890123456789?x HTTP/1.1",
    "HTTP/1.1 200 OK",
    "HTTP/1.1 204 ",
    "HTTP/1.0 404 Not\tFound \xff",
    "HTTP/1.1 20 OK",
    "HTTP/1.1 200",
    ""};
static const char *const fields[] = {"Host: a.example",
                                     "Host: a.example",
                                     "host:",
                                     "HOST:h:80",
                                     "Host: h:99999",
                                     "Host: [::1]:8080",
                                     "Host: a/b",
                                     "Host: %41",
                                     "Host: 0123456789012345678901234567890123456789.example",
                                     "Most: x",
                                     "a:b",
                                     "A:",
                                     "A: \t ",
                                     "A:  b\t",
                                     "A:\tb c ",
                                     "Upgrade-Insecure-Requests: 1",
                                     "x_y.z~!#$%&'*+^`|09: v",
                                     "Sixteen-Letters-: v",
                                     "Accept: \xc3\xa4\xff\t;",
                                     " folded",
                                     "\tfolded",
                                     "no colon",
                                     ": no name",
                                     "Space : v",
                                     "\x80: v",
                                     "N\x7f: v",
                                     "V: \x7f",
                                     "V: \x01",
                                     "V: a\rb",
                                     "V: a\nb",
                                     "A-name-of-thirty-two-octets-0123: v",
                                     "A-name-of-more-than-thirty-two-octets-0123: v",
                                     "Cookie: "
                                     "0123456789012345678901234567890123456789012345678901234567890"
                                     "1234567890123456789012345678901234567890"
                                     "1234567890123456789012345678901234567890123456789012345678901"
                                     "234567890123456789012345678901234567890123456789"};

static size_t put(char *out, size_t at, const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    if (at + n + m > MOST)
        return at;
    memcpy(out + at, text, n);
    memcpy(out + at + n, end, m);
    return at + n + m;
}

/* Each first line and each field line that is listed, at every place up to 130 octets on, and
   behind each of them nothing, or a body. */
static void test_places(void)
{
    static const char pad[] = "X: "
                              "01234567890123456789012345678901234567890123456789012345678901234567"
                              "89012345678901234567890123456789012"
                              "34567890123456789012345678901234567890123456789";
    h2neg_h1_head none;
    char in[MOST], filler[sizeof pad];
    size_t i, n, k, head;
    memset(&none, 0, sizeof none);
    for (i = 0; i < sizeof lines / sizeof *lines + sizeof fields / sizeof *fields; i++)
        for (k = 0; k < 131; k++) {
            int is_first = i < sizeof lines / sizeof *lines;
            n = put(in, 0, is_first ? lines[i] : "GET /x HTTP/1.1", "\r\n");
            memcpy(filler, pad, 3 + k);
            filler[3 + k] = 0;
            n = put(in, n, filler, "\r\n");
            if (!is_first)
                n = put(in, n, fields[i - sizeof lines / sizeof *lines], "\r\n");
            if (is_first || i % 2)
                n = put(in, n, "Host: h", "\r\n");
            head = n = put(in, n, "", "\r\n");
            n = put(in, n, "body\r\n\r\n\x01\x7f", "");
            compare(&none, 0, in, head);
            compare(&none, 0, in, head - 1);
            compare(&none, 0, in, n);
            compare(&none, 1, in, head);
        }
}

/* Heads of random lines, and what a random octet makes of them; with limits that some of them pass.
 */
static void test_random(void)
{
    char in[MOST];
    int round, i;
    for (round = 0; round < 60000; round++) {
        h2neg_h1_head limits;
        size_t n =
            put(in, 0, lines[check_random(round % 3 ? 2 : sizeof lines / sizeof *lines)], "\r\n");
        int count = (int)check_random(8), response = check_random(6) == 0;
        if (response)
            n = put(in, 0, lines[20 + check_random(5)], "\r\n");
        n = put(in, n, "Host: h.example:80", "\r\n");
        for (i = 0; i < count; i++)
            n = put(in, n,
                    fields[(round % 2 ? 9 : 0) +
                           check_random(round % 2 ? 9 : sizeof fields / sizeof *fields)],
                    check_random(40) ? "\r\n" : "\n");
        n = put(in, n, "", "\r\n");
        for (i = (int)check_random(4); i > 2; i--)
            in[check_random((unsigned)n)] = "\r\n\t \x7f\x00:\xff#?"[check_random(10)];
        memset(&limits, 0, sizeof limits);
        if (check_random(8) == 0)
            limits.max_field_line = 20 + check_random(40);
        if (check_random(8) == 0)
            limits.max_list = 60 + check_random(500);
        if (check_random(8) == 0)
            limits.max_line = 10 + check_random(30);
        if (check_random(8) == 0)
            limits.room = 1 + check_random(6);
        limits.lenient = check_random(8) == 0 ? check_random(8) : 0;
        compare(&limits, response, in, n);
    }
    CHECK(taken[0] > 10000 && taken[0] == taken[1] && taken[0] == taken[2]);
}

/* More lines than are read at once, and a head of more octets than that. */
static void test_large(void)
{
    static char in[80000];
    h2neg_h1_head limits;
    size_t n, i;
    memset(&limits, 0, sizeof limits);
    limits.max_field_line = 70000;
    limits.max_list = 100000;
    for (i = 0; i < 300; i++) {
        n = put(in, 0, "GET / HTTP/1.1\r\nHost: h", "\r\n");
        while (n < 23 + 4 * i)
            n = put(in, n, "a:", "\r\n");
        n = put(in, n, "", "\r\n");
        compare(&limits, 0, in, n);
    }
    for (i = 65000; i < 66000; i += 7) {
        n = put(in, 0, "GET / HTTP/1.1\r\nHost: h\r\nA: ", "");
        memset(in + n, 'x', i);
        memcpy(in + n + i, "\r\n\r\n", 4);
        compare(&limits, 0, in, n + i + 4);
    }
}

/* Each limit alone, from none to more than the head has, and a head about as large as the greatest
   one that is not looked at field by field. */
static void test_each_limit(void)
{
    static char in[9000];
    h2neg_h1_head limits;
    size_t n = put(in, 0, "GET /a HTTP/1.1\r\nHost: a.example\r\nX: y\r\nCookie: c=d\r\n\r\n", "");
    size_t at;
    memset(&limits, 0, sizeof limits);
    for (at = 0; at < n + 120; at++) {
        limits.max_line = at;
        compare(&limits, 0, in, n);
        limits.max_line = 0;
        limits.max_field_line = at;
        compare(&limits, 0, in, n);
        limits.max_field_line = 0;
        limits.max_list = at;
        compare(&limits, 0, in, n);
        limits.max_list = 0;
    }
    for (at = 8000; at < 8400; at++) {
        n = put(in, 0, "GET / HTTP/1.1\r\nHost: h\r\nA: ", "");
        memset(in + n, 'x', at);
        memcpy(in + n + at, "\r\n\r\n", 4);
        compare(&limits, 0, in, n + at + 4);
    }
}

/* Each way alone finds the same ends and names. */
/* Constant, so that a compiler that believed in loads that are never made would say so here. */
static const char way[] = "GET /some/path?q HTTP/1.1\r\nHost: a.example\r\nX-Y_z: v\r\n\r\n";
enum { WAY = sizeof way - 1 };

static void check_way(h2neg__ends e, h2neg__looks look, int whole)
{
    static h2neg_field room[ROOM];
    const char *query;
    h2neg__whole w;
    memset(&w, 0, sizeof w);
    w.fields = room;
    w.room = ROOM;
    CHECK_INT(h2neg__whole_lines(&w, &e, look), whole);
    if (!whole)
        return;
    CHECK_INT(w.first, 25);
    CHECK_INT(w.end, WAY);
    CHECK_INT(w.count, 2);
    CHECK_INT(w.hosts, 1);
    CHECK_TEXT(room[1].name, "X-Y_z");
    CHECK_INT(look.target(&e, way + 4, &query) - way, 16);
    CHECK_INT(query - way, 14);
    CHECK_INT(look.plain(&e, w.host, w.host_len), 1);
}

#ifdef H2NEG__X86
H2NEG__TARGET_AVX2 static void check_avx2(void)
{
    const h2neg__kept k = h2neg__keep();
    check_way(h2neg__ends_avx2(way, WAY, &k), h2neg__looks_avx2, 1);
    check_way(h2neg__ends_avx2(way, WAY - 1, &k), h2neg__looks_avx2, 0);
}
#endif

static void test_ways(void)
{
    check_way(h2neg__ends_portable(way, WAY), h2neg__looks_portable, 1);
    check_way(h2neg__ends_portable(way, WAY - 1), h2neg__looks_portable, 0);
#ifdef H2NEG__V16
    check_way(h2neg__ends_v16(way, WAY), h2neg__looks_v16, 1);
    check_way(h2neg__ends_v16(way, WAY - 1), h2neg__looks_v16, 0);
#endif
#ifdef H2NEG__X86
    simd_level = 2;
    if (H2NEG__HAS_AVX2())
        check_avx2();
#endif
}

/* Short heads: all that one other octet makes of them, cut off behind each of theirs, and with
   room for one field, two, three. */
static void test_short(void)
{
    static const char *const heads[] = {
        "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:a\r\nA:b\r\nb:\r\n\r\n",
        "POST /a?b?c/d HTTP/1.1\r\nhost: a\r\n\r\n",
        "OPTIONS / HTTP/1.1\r\nHost: hh\r\n\r\n",
        "GET /012345678901234567890123?x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "GET /0123?56789012345678901234567?x HTTP/1.1\r\nHost: [::1]\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: 0123456789.0123456789.example\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: 0123456789.0123456789.0123456789.ex\r\n\r\n"};
    char in[65];
    size_t i, n, k;
    unsigned octet;
    h2neg_h1_head limits;
    memset(&limits, 0, sizeof limits);
    for (i = 0; i < sizeof heads / sizeof *heads; i++) {
        n = put(in, 0, heads[i], "");
        for (k = 0; k < n; k++) {
            for (octet = 0; octet < 256; octet++) {
                in[k] = (char)octet;
                compare(&limits, 0, in, n);
            }
            in[k] = heads[i][k];
            compare(&limits, 0, in, k);
        }
        for (limits.room = 1; limits.room < 4; limits.room++)
            compare(&limits, 0, in, n);
        limits.room = 0;
    }
}

/* A long value with something rare in it that may be there, and something that may not: RFC 9110
   5.5 refuses the control wherever it stands, and whatever stands around it. */
static void test_controls(void)
{
    static const char rare[] = "\t\xff", bad[] = "\x01\x7f\r\n";
    static const char head[] = "GET / HTTP/1.1\r\nHost: a\r\nV: ", end[] = "x\r\n\r\n";
    const size_t value = 200, len = sizeof head - 1 + value + sizeof end - 1;
    h2neg_h1_head limits;
    char in[MOST];
    size_t i, j;
    unsigned k;
    memset(&limits, 0, sizeof limits);
    for (i = 0; i < value; i += 7)
        for (j = 0; j < value; j += 3)
            for (k = 0; k < 8 && i != j; k++) {
                memcpy(in, head, sizeof head - 1);
                memset(in + sizeof head - 1, 'v', value);
                memcpy(in + sizeof head - 1 + value, end, sizeof end - 1);
                in[sizeof head - 1 + i] = rare[k & 1];
                in[sizeof head - 1 + j] = bad[k >> 1];
                compare(&limits, 0, in, len);
            }
}

/* Without room for a field, and a head that white space makes longer than its limits add up to. */
static void test_limits(void)
{
    static const char bare[] = "GET /0123456789012345 HTTP/1.0\r\n\r\n";
    static char in[6000];
    h2neg_h1_head limits, head;
    size_t n = put(in, 0, "GET /0123456789012345 HTTP/1.1\r\nHost: h\r\nA:", "");
    for (simd_level = 0; simd_level < 3; simd_level++) {
        memset(&head, 0, sizeof head);
        CHECK_INT(h2neg_h1_parse_request(&head, bare, sizeof bare - 1, 0), sizeof bare - 1);
        CHECK_INT(head.count, 0);
    }
    memset(&limits, 0, sizeof limits);
    limits.max_line = 50;
    limits.max_list = 100;
    memset(in + n, ' ', 5000);
    memcpy(in + n + 5000, "b\r\n\r\n", 5);
    compare(&limits, 0, in, n + 5005);
}

CHECK_MAIN(test_ways, test_places, test_random, test_large, test_each_limit, test_limits, test_short,
           test_controls)
