/* The heads of HTTP/1.1 (RFC 9112 2 to 5). */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"

#include "check.h"

enum { REQUEST, RESPONSE, TRAILERS };
enum { ROOM = 64, TEXT = 512 };

/* A head, the memory that it lends, and the octets that its slices point into. */
typedef struct parsed {
    h2neg_h1_head head;
    h2neg_field fields[ROOM];
    char text[TEXT];
    unsigned char *octets;
    ptrdiff_t result;
} parsed;

static h2neg_h1_head lend(void)
{
    h2neg_h1_head limits;
    memset(&limits, 0, sizeof limits);
    limits.room = ROOM;
    limits.text_room = TEXT;
    return limits;
}

static ptrdiff_t call(int kind, h2neg_h1_head *head, const void *in, size_t len, size_t seen)
{
    if (kind == REQUEST)
        return h2neg_h1_parse_request(head, in, len, seen);
    if (kind == RESPONSE)
        return h2neg_h1_parse_response(head, in, len, seen);
    return h2neg_h1_parse_trailers(head, in, len, seen);
}

/* Gives the octets in steps of 1 to `step` (0: all at once), each time in memory of their own. */
static void parse(parsed *p, int kind, const h2neg_h1_head *limits, const void *in, size_t len, unsigned step)
{
    size_t seen = 0, n = step ? 0 : len;
    memset(p, 0, sizeof *p);
    p->head = *limits;
    p->head.fields = p->fields;
    p->head.text = limits->text_room ? p->text : NULL;
    do {
        if (step)
            n += 1 + (step > 1 ? check_random(step) : 0);
        if (n > len)
            n = len;
        free(p->octets);
        p->octets = check_tight(in, n);
        p->result = call(kind, &p->head, p->octets, n, seen);
        seen = n;
    } while (p->result == 0 && n < len);
}

static void drop(parsed *p)
{
    free(p->octets);
}

static int same_slice(h2neg_str a, h2neg_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static int same_heads(const h2neg_h1_head *a, const h2neg_h1_head *b)
{
    size_t i;
    for (i = 0; i < a->count && i < b->count; i++)
        if (!same_slice(a->fields[i].name, b->fields[i].name) ||
            !same_slice(a->fields[i].value, b->fields[i].value))
            return 0;
    return a->count == b->count && a->form == b->form && a->status == b->status &&
           a->minor == b->minor && same_slice(a->method, b->method) &&
           same_slice(a->target, b->target) && same_slice(a->scheme, b->scheme) &&
           same_slice(a->authority, b->authority) && same_slice(a->path, b->path) &&
           same_slice(a->query, b->query) && same_slice(a->reason, b->reason);
}

static void check_steps(int kind, const h2neg_h1_head *limits, const void *in, size_t len, unsigned step)
{
    parsed whole, cut;
    parse(&whole, kind, limits, in, len, 0);
    parse(&cut, kind, limits, in, len, step);
    if (cut.result != whole.result || (whole.result < 0 && cut.head.error_at != whole.head.error_at) ||
        (whole.result > 0 && !same_heads(&whole.head, &cut.head))) {
        fprintf(stderr, "step %u: %ld at %zu, whole %ld at %zu\n", step, (long)cut.result,
                cut.head.error_at, (long)whole.result, whole.head.error_at);
        check_print("head", (const unsigned char *)in, len);
        check_failures++;
    }
    drop(&whole);
    drop(&cut);
}

/* Whole, octet by octet and in random pieces the answer is the same. */
static void check_splits(int kind, const h2neg_h1_head *limits, const void *in, size_t len)
{
    unsigned i;
    if (len < 1200)
        check_steps(kind, limits, in, len, 1);
    for (i = 0; i < 8; i++)
        check_steps(kind, limits, in, len, len < 1200 ? 2 + i * 4 : 500 + 100 * i);
}

/* The answer to a whole head: its octets, 0 or an error and where. */
static int check_answer_len(int kind, const h2neg_h1_head *limits, const void *in, size_t len,
                            ptrdiff_t result, size_t at)
{
    parsed p;
    int ok;
    parse(&p, kind, limits, in, len, 0);
    ok = p.result == result && (result >= 0 || p.head.error_at == at);
    if (!ok) {
        fprintf(stderr, "%ld at %zu, not %ld at %zu\n", (long)p.result, p.head.error_at, (long)result, at);
        check_print("head", (const unsigned char *)in, len);
        check_failures++;
    }
    drop(&p);
    check_splits(kind, limits, in, len);
    return ok;
}

static int check_answer(int kind, const char *in, ptrdiff_t result, size_t at)
{
    h2neg_h1_head limits = lend();
    return check_answer_len(kind, &limits, in, strlen(in), result, at);
}

static void check_good(int kind, const char *in)
{
    check_answer(kind, in, (ptrdiff_t)strlen(in), 0);
}

/* ---- requests */

static void rfc_examples(void)
{
    h2neg_h1_head limits = lend();
    parsed p;
    const char *in = "GET /where?q=now HTTP/1.1\r\nHost: www.example.org\r\n\r\nbody";
    parse(&p, REQUEST, &limits, in, strlen(in), 0);
    CHECK_INT(p.result, strlen(in) - 4);
    CHECK_TEXT(p.head.method, "GET");
    CHECK_TEXT(p.head.target, "/where?q=now");
    CHECK_TEXT(p.head.path, "/where");
    CHECK_TEXT(p.head.query, "q=now");
    CHECK_TEXT(p.head.scheme, "");
    CHECK_TEXT(p.head.authority, "www.example.org");
    CHECK_INT(p.head.form, H2NEG_FORM_ORIGIN);
    CHECK_INT(p.head.minor, 1);
    CHECK_INT(p.head.status, 0);
    CHECK_INT(p.head.count, 1);
    CHECK_TEXT(p.fields[0].name, "Host");
    CHECK_TEXT(p.fields[0].value, "www.example.org");
    drop(&p);

    in = "GET http://www.example.org/pub/WWW/TheProject.html HTTP/1.1\r\nHost: other\r\n\r\n";
    parse(&p, REQUEST, &limits, in, strlen(in), 0);
    CHECK_INT(p.result, strlen(in));
    CHECK_INT(p.head.form, H2NEG_FORM_ABSOLUTE);
    CHECK_TEXT(p.head.scheme, "http");
    CHECK_TEXT(p.head.authority, "www.example.org"); /* RFC 9112 3.2.2: Host is ignored */
    CHECK_TEXT(p.head.path, "/pub/WWW/TheProject.html");
    CHECK(p.head.query.ptr == NULL);
    drop(&p);

    in = "CONNECT www.example.com:80 HTTP/1.1\r\nHost: www.example.com\r\n\r\n";
    parse(&p, REQUEST, &limits, in, strlen(in), 0);
    CHECK_INT(p.result, strlen(in));
    CHECK_INT(p.head.form, H2NEG_FORM_AUTHORITY);
    CHECK_TEXT(p.head.authority, "www.example.com:80");
    CHECK_TEXT(p.head.path, "");
    drop(&p);

    in = "OPTIONS * HTTP/1.1\r\nHost: www.example.org:8001\r\n\r\n";
    parse(&p, REQUEST, &limits, in, strlen(in), 0);
    CHECK_INT(p.result, strlen(in));
    CHECK_INT(p.head.form, H2NEG_FORM_ASTERISK);
    CHECK_TEXT(p.head.authority, "www.example.org:8001");
    CHECK_TEXT(p.head.path, "*");
    drop(&p);
    check_good(REQUEST, "OPTIONS http://www.example.org:8001 HTTP/1.1\r\nHost: www.example.org:8001\r\n\r\n");
}

static void request_lines(void)
{
    check_good(REQUEST, "GET / HTTP/1.0\r\n\r\n");
    check_good(REQUEST, "get / HTTP/1.0\r\n\r\n"); /* case-sensitive, but a token */
    check_good(REQUEST, "!#$%&'*+-.^_`|~09azAZ / HTTP/1.0\r\n\r\n");
    check_answer(REQUEST, "", 0, 0);
    check_answer(REQUEST, "GET / HTTP/1.0\r\n\r", 0, 0);
    check_answer(REQUEST, "GET  / HTTP/1.1\r\n", H2NEG_ERR_H1_REQUEST_LINE, 4);
    check_answer(REQUEST, "GET /  HTTP/1.1\r\n", H2NEG_ERR_H1_REQUEST_LINE, 6);
    check_answer(REQUEST, "GET / HTTP/1.1 \r\n", H2NEG_ERR_H1_REQUEST_LINE, 14);
    check_answer(REQUEST, "GET / \r\n", H2NEG_ERR_H1_REQUEST_LINE, 6);
    check_answer(REQUEST, "GET /\r\n", H2NEG_ERR_H1_REQUEST_LINE, 5);
    check_answer(REQUEST, "GET\r\n", H2NEG_ERR_H1_REQUEST_LINE, 3);
    check_answer(REQUEST, "GET \r\n", H2NEG_ERR_H1_REQUEST_LINE, 4);
    check_answer(REQUEST, "GET\t/\tHTTP/1.1\r\n", H2NEG_ERR_H1_METHOD, 3);
    check_answer(REQUEST, " GET / HTTP/1.1\r\n", H2NEG_ERR_H1_METHOD, 0);
    check_answer(REQUEST, "G@T / HTTP/1.1\r\n", H2NEG_ERR_H1_METHOD, 1);
    check_answer(REQUEST, "G\xc3\xa9T / HTTP/1.1\r\n", H2NEG_ERR_H1_METHOD, 1);
    check_answer(REQUEST, "GET /a b HTTP/1.1\r\n", H2NEG_ERR_H1_REQUEST_LINE, 7);
    check_answer(REQUEST, "EHLO x\r\n", H2NEG_ERR_H1_REQUEST_LINE, 6);
    check_answer(REQUEST, "SSH-2.0-x\r\n", H2NEG_ERR_H1_REQUEST_LINE, 9);
    check_answer(REQUEST, "HTTP/1.1 200 OK\r\n", H2NEG_ERR_H1_METHOD, 4);
    check_answer(REQUEST, "\x16\x03\x01\x02", H2NEG_ERR_H1_METHOD, 0);
    check_answer(REQUEST, "A23456789012345678901234567890bc / HTTP/1.0\r\n\r\n", 47, 0);
    check_answer(REQUEST, "A23456789012345678901234567890bcd / HTTP/1.0\r\n\r\n", H2NEG_ERR_H1_METHOD, 32);
}

static void versions(void)
{
    char in[64];
    int major, minor;
    for (major = 0; major <= 9; major++)
        for (minor = 0; minor <= 9; minor++) {
            snprintf(in, sizeof in, "GET / HTTP/%d.%d\r\nHost:\r\n\r\n", major, minor);
            if (major == 1) /* a later minor is read as 1.1 (RFC 9110 6.2) */
                check_good(REQUEST, in);
            else
                check_answer(REQUEST, in, H2NEG_ERR_H1_VERSION, 11);
            snprintf(in, sizeof in, "HTTP/%d.%d 200 OK\r\n\r\n", major, minor);
            if (major == 1) /* a later minor is read as 1.1 (RFC 9110 6.2) */
                check_good(RESPONSE, in);
            else
                check_answer(RESPONSE, in, H2NEG_ERR_H1_VERSION, 5);
        }
    check_answer(REQUEST, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", H2NEG_ERR_H1_VERSION, 11);
    check_answer(REQUEST, "GET / http/1.1\r\n", H2NEG_ERR_H1_REQUEST_LINE, 6);
    check_answer(REQUEST, "GET / HTTP/1.10\r\n", H2NEG_ERR_H1_REQUEST_LINE, 14);
    check_answer(REQUEST, "GET / HTTP/2.00\r\n", H2NEG_ERR_H1_REQUEST_LINE, 14);
    check_answer(REQUEST, "GET / HTTP/1\r\n", H2NEG_ERR_H1_REQUEST_LINE, 12);
    check_answer(REQUEST, "GET / HTTP/2\r\n", H2NEG_ERR_H1_REQUEST_LINE, 12);
    check_answer(REQUEST, "GET / HTTP/+1.1\r\n", H2NEG_ERR_H1_REQUEST_LINE, 11);
    check_answer(REQUEST, "GET / HTTP/1,1\r\n", H2NEG_ERR_H1_REQUEST_LINE, 12);
    check_answer(REQUEST, "GET / XTTP/1.1\r\n", H2NEG_ERR_H1_REQUEST_LINE, 6);
}

/* Every octet in every place of the request line. */
static void request_octets(void)
{
    int c;
    for (c = 0; c < 256; c++) {
        char first[] = "?ET / HTTP/1.0\r\n\r\n", method[] = "G?T / HTTP/1.0\r\n\r\n";
        char target[] = "GET /? HTTP/1.0\r\n\r\n";
        int token = strchr("!#$%&'*+-.^_`|~", c) != NULL && c != 0;
        h2neg_h1_head limits = lend();
        parsed p;
        token |= (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        first[0] = method[1] = target[5] = (char)c;
        parse(&p, REQUEST, &limits, first, sizeof first - 1, 0);
        CHECK_INT(p.result > 0, token);
        if (!token && c != '\r' && c != '\n')
            CHECK_INT(p.result, H2NEG_ERR_H1_METHOD);
        drop(&p);
        parse(&p, REQUEST, &limits, method, sizeof method - 1, 0);
        CHECK_INT(p.result > 0, token);
        drop(&p);
        parse(&p, REQUEST, &limits, target, sizeof target - 1, 0);
        CHECK_INT(p.result > 0, c > 32 && c < 127 && c != '#');
        drop(&p);
        check_splits(REQUEST, &limits, first, sizeof first - 1);
        check_splits(REQUEST, &limits, method, sizeof method - 1);
        check_splits(REQUEST, &limits, target, sizeof target - 1);
    }
}

static void targets(void)
{
    static const struct {
        const char *method, *target;
        int form; /* 0: refused */
    } rows[] = {
        {"GET", "/", H2NEG_FORM_ORIGIN},
        {"GET", "//a//b", H2NEG_FORM_ORIGIN},
        {"GET", "/?", H2NEG_FORM_ORIGIN},
        {"GET", "/a?b?c", H2NEG_FORM_ORIGIN},
        {"OPTIONS", "/", H2NEG_FORM_ORIGIN},
        {"OPTIONS", "*", H2NEG_FORM_ASTERISK},
        {"OPTIONS", "**", 0},
        {"GET", "*", 0},
        {"options", "*", 0},
        {"GET", "http://a", H2NEG_FORM_ABSOLUTE},
        {"GET", "HTTPS://a:443/b?c", H2NEG_FORM_ABSOLUTE},
        {"GET", "coap+tcp://[::1]:5/", H2NEG_FORM_ABSOLUTE},
        {"GET", "http://u@a/", 0},
        {"GET", "http://u:p@a/", 0},
        {"GET", "http:///x", 0},
        {"GET", "http://:80/x", 0},
        {"GET", "http://a:65536/", 0},
        {"GET", "http:/a", 0},
        {"GET", "urn:a", 0},
        {"GET", "1http://a/", 0},
        {"GET", "://a/", 0},
        {"GET", "a/b", 0},
        {"GET", "a:80", 0},
        {"GET", "?q", 0},
        {"CONNECT", "a:80", H2NEG_FORM_AUTHORITY},
        {"CONNECT", "[::1]:443", H2NEG_FORM_AUTHORITY},
        {"CONNECT", "a:65535", H2NEG_FORM_AUTHORITY},
        {"CONNECT", "a:65536", 0},
        {"CONNECT", "a:0", 0},
        {"CONNECT", "a:", 0},
        {"CONNECT", "a", 0},
        {"CONNECT", ":80", 0},
        {"CONNECT", "u@a:80", 0},
        {"CONNECT", "/", 0},
        {"CONNECT", "*", 0},
        {"CONNECT", "http://a:80/", 0},
        {"connect", "a:80", 0},
    };
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char in[128];
        h2neg_h1_head limits = lend();
        parsed p;
        snprintf(in, sizeof in, "%s %s HTTP/1.1\r\nHost: h\r\n\r\n", rows[i].method, rows[i].target);
        if (!rows[i].form) {
            check_answer(REQUEST, in, H2NEG_ERR_H1_TARGET, strlen(rows[i].method) + 1);
            continue;
        }
        check_good(REQUEST, in);
        parse(&p, REQUEST, &limits, in, strlen(in), 0);
        CHECK_INT(p.head.form, rows[i].form);
        drop(&p);
    }
    check_answer(REQUEST, "GET /a#b HTTP/1.1\r\n", H2NEG_ERR_H1_TARGET, 6);
    check_answer(REQUEST, "GET /a\tb HTTP/1.1\r\n", H2NEG_ERR_H1_TARGET, 6);
}

static void target_parts(void)
{
    h2neg_h1_head limits = lend();
    parsed p;
    const char *in = "GET https://[::1]:8443?a/b HTTP/1.1\r\nHost: x\r\n\r\n";
    parse(&p, REQUEST, &limits, in, strlen(in), 1);
    CHECK_TEXT(p.head.scheme, "https");
    CHECK_TEXT(p.head.authority, "[::1]:8443");
    CHECK_TEXT(p.head.path, "");
    CHECK_TEXT(p.head.query, "a/b");
    drop(&p);
    in = "GET /? HTTP/1.1\r\nHost:\r\n\r\n";
    parse(&p, REQUEST, &limits, in, strlen(in), 1);
    CHECK_TEXT(p.head.path, "/");
    CHECK(p.head.query.ptr != NULL && p.head.query.len == 0);
    CHECK_TEXT(p.head.authority, "");
    drop(&p);
}

static void hosts(void)
{
    static const char *const good[] = {"",      "a",       "a:80",          "A.example", "a:0", "a:65535", "a:",
                                       "[::1]", "[::1]:1", "192.0.2.1:080", "a%20b",     "_x"};
    static const char *const bad[] = {"a:x", "a:80:80", "[::1",  "a b",  "a/b", "u@a", "a:65536", ":80",
                                      "a,b", "a\"b",    "::1",   "a?b",  "a#b", "a:-1", "[::1]x", "a:8 0",
                                      "\xc3\xa9"};
    size_t i;
    for (i = 0; i < sizeof good / sizeof good[0]; i++) {
        char in[128];
        snprintf(in, sizeof in, "GET / HTTP/1.1\r\nhOsT: %s \r\n\r\n", good[i]);
        check_good(REQUEST, in);
    }
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char in[128];
        snprintf(in, sizeof in, "GET / HTTP/1.1\r\nA: b\r\nHost: %s\r\n\r\n", bad[i]);
        if (strcmp(bad[i], "a,b") != 0) /* a sub-delim may stand in a reg-name (RFC 3986 3.2.2) */
            check_answer(REQUEST, in, H2NEG_ERR_H1_HOST, 22);
        snprintf(in, sizeof in, "GET / HTTP/1.0\r\nHost: %s\r\n\r\n", bad[i]);
        if (strcmp(bad[i], "a,b") != 0)
            check_answer(REQUEST, in, H2NEG_ERR_H1_HOST, 16);
    }
    check_answer(REQUEST, "GET / HTTP/1.1\r\n\r\n", H2NEG_ERR_H1_HOST, 16);
    check_answer(REQUEST, "GET http://a/ HTTP/1.1\r\n\r\n", H2NEG_ERR_H1_HOST, 24);
    check_answer(REQUEST, "GET http://a/ HTTP/1.1\r\nHost: a/b\r\n\r\n", H2NEG_ERR_H1_HOST, 24);
    check_answer(REQUEST, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", H2NEG_ERR_H1_HOST, 25);
    check_answer(REQUEST, "GET / HTTP/1.0\r\nHost: a\r\nHOST: a\r\n\r\n", H2NEG_ERR_H1_HOST, 25);
    check_good(REQUEST, "GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    check_good(RESPONSE, "HTTP/1.1 200 OK\r\nHost: a/b\r\nHost: c d\r\n\r\n");
}

static void empty_lines(void)
{
    h2neg_h1_head limits = lend();
    const char *in = "\r\n\r\nGET / HTTP/1.0\r\n\r\n";
    check_good(REQUEST, in);
    check_answer(REQUEST, "\r\n\r\n", 0, 0);
    check_answer(REQUEST, "\r\n\r\n\r\n", H2NEG_ERR_H1_EMPTY_LINES, 4);
    check_answer(REQUEST, "\r\n GET / HTTP/1.0\r\n\r\n", H2NEG_ERR_H1_METHOD, 2);
    check_answer(REQUEST, "\rGET / HTTP/1.0\r\n\r\n", H2NEG_ERR_H1_BARE_CR, 0);
    check_answer(REQUEST, "\nGET / HTTP/1.0\r\n\r\n", H2NEG_ERR_H1_BARE_LF, 0);
    check_answer(RESPONSE, "\r\nHTTP/1.1 200 OK\r\n\r\n", H2NEG_ERR_H1_STATUS_LINE, 0);
    limits.max_empty = 1;
    check_answer_len(REQUEST, &limits, in, strlen(in), H2NEG_ERR_H1_EMPTY_LINES, 2);
}

/* ---- responses */

static void responses(void)
{
    h2neg_h1_head limits = lend();
    parsed p;
    const char *in = "HTTP/1.1 404 Not\tFound \xff\r\nA:b\r\n\r\n";
    parse(&p, RESPONSE, &limits, in, strlen(in), 1);
    CHECK_INT(p.result, strlen(in));
    CHECK_INT(p.head.status, 404);
    CHECK_TEXT(p.head.reason, "Not\tFound \xff");
    CHECK_INT(p.head.form, 0);
    CHECK_INT(p.head.method.len, 0);
    drop(&p);
    check_good(RESPONSE, "HTTP/1.0 200 \r\n\r\n");
    check_good(RESPONSE, "HTTP/1.1 999 x\r\n\r\n");
    check_good(RESPONSE, "HTTP/1.1 100  x \r\n\r\n");
    check_answer(RESPONSE, "HTTP/1.1 200\r\n", H2NEG_ERR_H1_STATUS_LINE, 12);
    check_answer(RESPONSE, "HTTP/1.1 099 x\r\n", H2NEG_ERR_H1_STATUS_LINE, 9);
    check_answer(RESPONSE, "HTTP/1.1 20 x\r\n", H2NEG_ERR_H1_STATUS_LINE, 9);
    check_answer(RESPONSE, "HTTP/1.1 2000 x\r\n", H2NEG_ERR_H1_STATUS_LINE, 12);
    check_answer(RESPONSE, "HTTP/1.1 2x0 x\r\n", H2NEG_ERR_H1_STATUS_LINE, 9);
    check_answer(RESPONSE, "HTTP/1.1 -20 x\r\n", H2NEG_ERR_H1_STATUS_LINE, 9);
    check_answer(RESPONSE, "HTTP/1.1  200 x\r\n", H2NEG_ERR_H1_STATUS_LINE, 9);
    check_answer(RESPONSE, "HTTP/1.1\t200 x\r\n", H2NEG_ERR_H1_STATUS_LINE, 8);
    check_answer(RESPONSE, "HTTP/1.1\r\n", H2NEG_ERR_H1_STATUS_LINE, 8);
    check_answer(RESPONSE, "HTTP/1.1 \r\n", H2NEG_ERR_H1_STATUS_LINE, 9);
    check_answer(RESPONSE, "HTTP/1.1 200\tOK\r\n", H2NEG_ERR_H1_STATUS_LINE, 12);
    check_answer(RESPONSE, "HTTP/1.10 200 OK\r\n", H2NEG_ERR_H1_STATUS_LINE, 8);
    check_answer(RESPONSE, "HTTP/2 200\r\n", H2NEG_ERR_H1_STATUS_LINE, 6);
    check_answer(RESPONSE, "http/1.1 200 OK\r\n", H2NEG_ERR_H1_STATUS_LINE, 0);
    check_answer(RESPONSE, "HTTX", H2NEG_ERR_H1_STATUS_LINE, 3);
    check_answer(RESPONSE, "ICY 200 OK\r\n", H2NEG_ERR_H1_STATUS_LINE, 0);
    check_answer(RESPONSE, "HTTP", 0, 0);
    limits.lenient = H2NEG_ALLOW_NO_REASON;
    in = "HTTP/1.1 200\r\n\r\n";
    check_answer_len(RESPONSE, &limits, in, strlen(in), (ptrdiff_t)strlen(in), 0);
    in = "HTTP/1.1 200OK\r\n\r\n";
    check_answer_len(RESPONSE, &limits, in, strlen(in), H2NEG_ERR_H1_STATUS_LINE, 12);
}

/* ---- field lines */

#define LINE "HTTP/1.1 200 OK\r\n" /* 17 octets */

static void fields(void)
{
    h2neg_h1_head limits = lend();
    parsed p;
    const char *in = LINE "A:b\r\nc-D: \t e\tf g \t\r\nE:\r\nF: \r\n!x:\xff:\r\n\r\n";
    parse(&p, RESPONSE, &limits, in, strlen(in), 1);
    CHECK_INT(p.result, strlen(in));
    CHECK_INT(p.head.count, 5);
    CHECK_TEXT(p.fields[0].name, "A");
    CHECK_TEXT(p.fields[0].value, "b");
    CHECK_TEXT(p.fields[1].name, "c-D");
    CHECK_TEXT(p.fields[1].value, "e\tf g");
    CHECK_TEXT(p.fields[2].value, "");
    CHECK_TEXT(p.fields[3].value, "");
    CHECK_TEXT(p.fields[4].name, "!x");
    CHECK_TEXT(p.fields[4].value, "\xff:");
    CHECK_INT(p.fields[4].flags, 0);
    drop(&p);
    check_answer(RESPONSE, LINE ": x\r\n\r\n", H2NEG_ERR_H1_FIELD_NAME, 17);
    check_answer(RESPONSE, LINE "A b: x\r\n\r\n", H2NEG_ERR_H1_FIELD_NAME, 18);
    check_answer(RESPONSE, LINE "A : x\r\n\r\n", H2NEG_ERR_H1_FIELD_SPACE, 18);
    check_answer(RESPONSE, LINE "A\t: x\r\n\r\n", H2NEG_ERR_H1_FIELD_SPACE, 18);
    check_answer(RESPONSE, LINE "A(: x\r\n\r\n", H2NEG_ERR_H1_FIELD_NAME, 18);
    check_answer(RESPONSE, LINE "\xc3\xa9: x\r\n\r\n", H2NEG_ERR_H1_FIELD_NAME, 17);
    check_answer(RESPONSE, LINE "A\r\n\r\n", H2NEG_ERR_H1_FIELD_COLON, 18);
    check_answer(RESPONSE, LINE "A b\r\n\r\n", H2NEG_ERR_H1_FIELD_COLON, 20);
    check_answer(RESPONSE, LINE "@\r\n\r\n", H2NEG_ERR_H1_FIELD_COLON, 18);
    check_answer(RESPONSE, LINE "A: x\n\r\n", H2NEG_ERR_H1_BARE_LF, 21);
    check_answer(RESPONSE, LINE "A: x\r\n\n", H2NEG_ERR_H1_BARE_LF, 23);
    check_answer(RESPONSE, LINE "A: x\ry\r\n\r\n", H2NEG_ERR_H1_BARE_CR, 21);
    check_answer(RESPONSE, LINE "A: x\r\r\n\r\n", H2NEG_ERR_H1_BARE_CR, 21);
    check_answer(RESPONSE, "HTTP/1.1 200 OK\n", H2NEG_ERR_H1_BARE_LF, 15);
    check_answer(RESPONSE, "HTTP/1.1 200 O\rK\r\n", H2NEG_ERR_H1_BARE_CR, 14);
    check_answer(RESPONSE, LINE "A: \x7f\r\n", H2NEG_ERR_H1_CTL, 20);
}

/* RFC 9110 5.5 and 5.6.2, all 256 octets in a name and in a value. */
static void field_octets(void)
{
    int c;
    for (c = 0; c < 256; c++) {
        char name[] = LINE "A?b: c\r\n\r\n", value[] = LINE "A: b?c\r\n\r\n";
        h2neg_h1_head limits = lend();
        parsed p;
        int token = (c && strchr("!#$%&'*+-.^_`|~", c) != NULL) || (c >= '0' && c <= '9') ||
                    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        name[18] = value[21] = (char)c;
        parse(&p, RESPONSE, &limits, name, sizeof name - 1, 0);
        CHECK_INT(p.result > 0, token || c == ':');
        drop(&p);
        parse(&p, RESPONSE, &limits, value, sizeof value - 1, 0);
        CHECK_INT(p.result > 0, c == '\t' || (c >= 32 && c != 127));
        if (c != '\t' && (c < 32 || c == 127) && c != '\r' && c != '\n')
            CHECK_INT(p.result, H2NEG_ERR_H1_CTL);
        drop(&p);
        check_splits(RESPONSE, &limits, name, sizeof name - 1);
        check_splits(RESPONSE, &limits, value, sizeof value - 1);
    }
}

static void folds(void)
{
    h2neg_h1_head limits = lend();
    parsed p;
    const char *in = LINE "A: b \r\n \t c d\t\r\n\te\r\nX: y\r\nB:\r\n  \r\n f\r\n\r\n";
    parse(&p, RESPONSE, &limits, in, strlen(in), 1);
    CHECK_INT(p.result, strlen(in));
    CHECK_INT(p.head.count, 3);
    CHECK_TEXT(p.fields[0].value, "b c d e");
    CHECK_TEXT(p.fields[1].value, "y");
    CHECK_TEXT(p.fields[2].value, "f");
    drop(&p);
    check_splits(RESPONSE, &limits, in, strlen(in));

    check_answer(RESPONSE, LINE " A: b\r\n\r\n", H2NEG_ERR_H1_FOLD, 17);
    check_answer(RESPONSE, LINE "\tA: b\r\n\r\n", H2NEG_ERR_H1_FOLD, 17);
    check_answer(RESPONSE, LINE " \r\n\r\n", H2NEG_ERR_H1_FOLD, 17);
    check_answer(REQUEST, "GET / HTTP/1.0\r\nA: b\r\n c\r\n\r\n", H2NEG_ERR_H1_FOLD, 22);
    check_answer(TRAILERS, "A: b\r\n c\r\n\r\n", H2NEG_ERR_H1_FOLD, 6);

    limits.text_room = 0;
    in = LINE "A: b\r\n c\r\n\r\n";
    check_answer_len(RESPONSE, &limits, in, strlen(in), H2NEG_ERR_H1_FOLD, 23);
    limits.text_room = 2;
    check_answer_len(RESPONSE, &limits, in, strlen(in), H2NEG_ERR_H1_HEAD_LARGE, 23);
    limits.text_room = 3;
    check_answer_len(RESPONSE, &limits, in, strlen(in), (ptrdiff_t)strlen(in), 0);
    limits.lenient = H2NEG_ALLOW_FOLD;
    in = "GET / HTTP/1.0\r\nA: b\r\n c\r\n\r\n";
    check_answer_len(REQUEST, &limits, in, strlen(in), (ptrdiff_t)strlen(in), 0);
    in = "GET / HTTP/1.0\r\n A: b\r\n\r\n";
    check_answer_len(REQUEST, &limits, in, strlen(in), H2NEG_ERR_H1_FOLD, 16);
    in = "A: b\r\n c\r\n\r\n";
    check_answer_len(TRAILERS, &limits, in, strlen(in), (ptrdiff_t)strlen(in), 0);
    limits.text_room = TEXT;
    limits.max_field_line = 8; /* the lines are short enough, what they make up is not */
    in = LINE "A: bcde\r\n fgh\r\n\r\n";
    check_answer_len(RESPONSE, &limits, in, strlen(in), H2NEG_ERR_H1_FIELD_LONG, 17);
    in = LINE "A: bcd\r\n fgh\r\n\r\n";
    check_answer_len(RESPONSE, &limits, in, strlen(in), (ptrdiff_t)strlen(in), 0);
}

static void bare_lf(void)
{
    h2neg_h1_head limits = lend();
    const char *in = "\n\r\nGET / HTTP/1.1\nHost: a\r\nB: c\n\n";
    parsed p;
    limits.lenient = H2NEG_ALLOW_BARE_LF;
    check_answer_len(REQUEST, &limits, in, strlen(in), (ptrdiff_t)strlen(in), 0);
    parse(&p, REQUEST, &limits, in, strlen(in), 1);
    CHECK_TEXT(p.fields[1].value, "c");
    drop(&p);
    in = "GET / HTTP/1.1\rHost: a\n\n";
    check_answer_len(REQUEST, &limits, in, strlen(in), H2NEG_ERR_H1_BARE_CR, 14);
}

/* The first error wins, and which that is does not depend on the cut. */
static void error_order(void)
{
    check_answer(REQUEST, "G\x01T / HTTP/2.0\r\n", H2NEG_ERR_H1_CTL, 1);
    check_answer(REQUEST, "GET / HTTP/2.0\r\nA\x01: b\r\n\r\n", H2NEG_ERR_H1_VERSION, 11);
    check_answer(REQUEST, "GET # HTTP/2.0\r\n", H2NEG_ERR_H1_VERSION, 11);
    check_answer(REQUEST, "GET / HTTP/1.1\r\nA b: c\r\nD: \x01\r\n\r\n", H2NEG_ERR_H1_CTL, 27);
    check_answer(REQUEST, "GET / HTTP/1.1\r\nA b: c\r\nD: x\n", H2NEG_ERR_H1_BARE_LF, 28);
    check_answer(REQUEST, "GET / HTTP/1.1\r\nA b: c\r\n: x\r\n", 0, 0);
    check_answer(REQUEST, "GET / HTTP/1.1\r\nA b: c\r\n: x\r\n\r\n", H2NEG_ERR_H1_FIELD_NAME, 17);
    check_answer(REQUEST, "GET / HTTP/1.1\r\nHost: a/b\r\n: x\r\n\r\n", H2NEG_ERR_H1_FIELD_NAME, 27);
    check_answer(REQUEST, "GET / HTTP/1.1\r\n\tA: b\r\n\x01", H2NEG_ERR_H1_CTL, 23);
}

/* ---- limits */

/* `n` times `c` between two texts. */
static char *stretch(const char *before, size_t n, const char *after)
{
    size_t b = strlen(before), a = strlen(after);
    char *s = (char *)malloc(b + n + a + 1);
    if (!s)
        abort();
    memcpy(s, before, b);
    memset(s + b, 'x', n);
    memcpy(s + b + n, after, a + 1);
    return s;
}

static void line_limits(void)
{
    h2neg_h1_head limits = lend();
    char *s = stretch("GET /", 8192 - 14, " HTTP/1.0\r\n\r\n");
    check_good(REQUEST, s);
    free(s);
    s = stretch("GET /", 8192 - 13, " HTTP/1.0\r\n\r\n");
    check_answer(REQUEST, s, H2NEG_ERR_H1_LINE_LONG, 8192);
    free(s);
    s = stretch("", 8193, "");
    check_answer(REQUEST, s, H2NEG_ERR_H1_METHOD, 32);
    s[8192] = 0;
    check_answer(REQUEST, s, 0, 0);
    free(s);
    s = stretch("HTTP/1.1 200 ", 8192 - 13, "\r\n\r\n");
    check_good(RESPONSE, s);
    free(s);
    s = stretch("HTTP/1.1 200 ", 8192 - 12, "\r\n\r\n");
    check_answer(RESPONSE, s, H2NEG_ERR_H1_LINE_LONG, 8192);
    free(s);
    s = stretch(LINE "A:", 8192 - 2, "\r\n\r\n");
    check_good(RESPONSE, s);
    free(s);
    s = stretch(LINE "A:", 8192 - 1, "\r\n\r\n");
    check_answer(RESPONSE, s, H2NEG_ERR_H1_FIELD_LONG, 17 + 8192);
    free(s);
    limits.max_line = 14;
    limits.max_field_line = 5;
    check_answer_len(REQUEST, &limits, "GET / HTTP/1.0\r\nA:bcd\r\n\r\n", 25, 25, 0);
    check_answer_len(REQUEST, &limits, "GET / HTTP/1.0\r\nA:bcde\r\n\r\n", 26, H2NEG_ERR_H1_FIELD_LONG, 21);
    check_answer_len(REQUEST, &limits, "GET /x HTTP/1.0\r\n", 17, H2NEG_ERR_H1_LINE_LONG, 14);
    check_answer_len(REQUEST, &limits, "GET / HTTP/1.0\x01\r\n", 17, H2NEG_ERR_H1_CTL, 14);
    limits.max_line = 1; /* what is behind one octet too many is not looked at */
    check_answer_len(RESPONSE, &limits, "HTTPx", 5, H2NEG_ERR_H1_LINE_LONG, 1);
    check_answer_len(RESPONSE, &limits, "Hx", 2, H2NEG_ERR_H1_STATUS_LINE, 1);
}

static void field_limits(void)
{
    h2neg_h1_head limits = lend();
    const char *in = LINE "A: b\r\nC: d\r\n\r\n";
    ptrdiff_t len = (ptrdiff_t)strlen(in);
    limits.room = 2;
    check_answer_len(RESPONSE, &limits, in, strlen(in), len, 0);
    limits.room = 1;
    check_answer_len(RESPONSE, &limits, in, strlen(in), H2NEG_ERR_H1_FIELDS_MANY, 23);
    limits.room = 0;
    check_answer_len(RESPONSE, &limits, in, strlen(in), H2NEG_ERR_H1_FIELDS_MANY, 17);
    check_answer_len(RESPONSE, &limits, LINE "\r\n", 19, 19, 0);
    limits.room = 2;
    limits.max_list = 68;
    check_answer_len(RESPONSE, &limits, in, strlen(in), len, 0);
    limits.max_list = 67;
    check_answer_len(RESPONSE, &limits, in, strlen(in), H2NEG_ERR_H1_HEAD_LARGE, 23);
    limits.max_list = 1;
    check_answer_len(RESPONSE, &limits, in, strlen(in), H2NEG_ERR_H1_HEAD_LARGE, 17);
    limits.max_list = SIZE_MAX;
    limits.max_line = SIZE_MAX;
    check_answer_len(RESPONSE, &limits, in, strlen(in), len, 0);
}

/* A head without an end is refused at max_line + max_list + 4096 octets. */
static void raw_limit(void)
{
    enum { MOST = 100 + 200 + 4096 };
    h2neg_h1_head limits = lend();
    char in[MOST + 8];
    size_t i;
    limits.max_line = 100;
    limits.max_list = 200;
    memcpy(in, LINE, 17);
    for (i = 17; i < sizeof in; i++)
        in[i] = "a: \r\n"[(i - 17) % 5];
    check_answer_len(RESPONSE, &limits, in, MOST, 0, 0);
    check_answer_len(RESPONSE, &limits, in, MOST + 1, H2NEG_ERR_H1_HEAD_LARGE, MOST);
    check_answer_len(RESPONSE, &limits, in, MOST + 8, H2NEG_ERR_H1_HEAD_LARGE, MOST);
    memset(in + 19, ' ', sizeof in - 19); /* one field of white space, up to the last octet allowed */
    memcpy(in + 17, "a:", 2);
    memcpy(in + MOST - 4, "\r\n\r\n", 4);
    check_answer_len(RESPONSE, &limits, in, MOST, MOST, 0);
}

/* A dribbled head is looked at once: 30 KB octet by octet take no time to speak of. And what `seen` says is
   not trusted where the head does not remember it. */
static void resuming(void)
{
    h2neg_h1_head limits = lend();
    char *s = stretch(LINE "A:", 8000, "\r\nB: c\r\n\r\n");
    size_t len = strlen(s), i;
    parsed p;
    memset(&p, 0, sizeof p);
    p.head = limits;
    p.head.fields = p.fields;
    for (i = 1; i < len; i++)
        if (h2neg_h1_parse_response(&p.head, s, i, i - 1) != 0 || p.head.scan.at + 1 < i)
            break;
    CHECK_INT(i, len);
    CHECK_INT(h2neg_h1_parse_response(&p.head, s, len, len - 1), len);
    CHECK_INT(h2neg_h1_parse_response(&p.head, s, len, 0), len); /* the next head */
    CHECK_INT(h2neg_h1_parse_response(&p.head, s, len, 7), len);
    CHECK_INT(h2neg_h1_parse_response(&p.head, s, 40, 0), 0);
    memset(&p.head.scan, 0, sizeof p.head.scan);
    CHECK_INT(h2neg_h1_parse_response(&p.head, s, len, 40), len);
    CHECK_INT(h2neg_h1_parse_response(&p.head, "x", 1, 0), H2NEG_ERR_H1_STATUS_LINE);
    CHECK_INT(h2neg_h1_parse_response(&p.head, "x", 1, 1), H2NEG_ERR_H1_STATUS_LINE);
    CHECK_INT(h2neg_h1_parse_response(&p.head, NULL, 0, 0), 0);
    CHECK_INT(p.head.scan.seen, 0);
    free(s);
}

/* Small random changes to good heads: cut or whole, the answer is the same. */
static void mutations(void)
{
    static const char *const seeds[] = {
        "\r\nGET http://a:80/b?c HTTP/1.1\r\nHost: a\r\nB: c\r\n d\r\n\r\n",
        "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b \r\n\tc\r\nB:\r\n\r\n",
    };
    static const char octets[] = "\r\n \t:/@a0\x01\x80";
    unsigned i, k;
    for (i = 0; i < 6000; i++) {
        char in[80];
        const char *seed = seeds[i % 3];
        size_t len = strlen(seed);
        h2neg_h1_head limits = lend();
        memcpy(in, seed, len);
        for (k = 0; k <= i % 4; k++)
            in[check_random((unsigned)len)] = octets[check_random(sizeof octets - 1)];
        limits.lenient = check_random(8);
        check_steps(i % 3 == 2 ? RESPONSE : REQUEST, &limits, in, len, 1);
        check_steps(i % 3 == 2 ? RESPONSE : REQUEST, &limits, in, len, 9);
    }
}

CHECK_MAIN(rfc_examples, request_lines, versions, request_octets, targets, target_parts, hosts, empty_lines,
           responses, fields, field_octets, folds, bare_lf, error_order, line_limits, field_limits, raw_limit,
           resuming, mutations)
