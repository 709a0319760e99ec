/* What the writers of HTTP/1.1 write, and what they refuse (RFC 9112 3 to 5, 7.1; RFC 9110 5.5). */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"

#include "check.h"

static h2neg_str slice(const char *ptr, size_t len)
{
    h2neg_str s;
    s.ptr = ptr;
    s.len = len;
    return s;
}

/* With every smaller room the answer is TOO_SMALL, and nothing is written outside (the room is tight). */
#define CHECK_WRITES(call, expected)                                          \
    do {                                                                      \
        size_t room_, full_ = strlen(expected);                               \
        for (room_ = 0; room_ <= full_; room_++) {                            \
            unsigned char *out = check_tight(expected, room_);                \
            size_t room = room_;                                              \
            ptrdiff_t n_ = (call);                                            \
            CHECK_INT(n_, room_ < full_ ? (ptrdiff_t)H2NEG_ERR_TOO_SMALL : (ptrdiff_t)full_); \
            if (n_ > 0)                                                       \
                CHECK_OCTETS(out, (size_t)n_, expected, full_);               \
            free(out);                                                        \
        }                                                                     \
    } while (0)

static void first_lines(void)
{
    CHECK_WRITES(h2neg_h1_write_request_line(out, room, h2neg_s("GET"), h2neg_s("/where?q=now")),
                 "GET /where?q=now HTTP/1.1\r\n");
    CHECK_WRITES(h2neg_h1_write_status_line(out, room, 404, h2neg_s("No\tsuch \xff")),
                 "HTTP/1.1 404 No\tsuch \xff\r\n");
    /* RFC 9112 4: the space stands there even without a reason */
    CHECK_WRITES(h2neg_h1_write_status_line(out, room, 200, slice(NULL, 0)), "HTTP/1.1 200 \r\n");
    CHECK_INT(h2neg_h1_write_request_line(NULL, 0, h2neg_s("GET"), h2neg_s("/")), H2NEG_ERR_TOO_SMALL);
}

static void fields(void)
{
    h2neg_field f[2];
    f[0] = h2neg_f("Host", "a");
    f[1] = h2neg_f("X", "");
    CHECK_WRITES(h2neg_h1_write_fields(out, room, f, 2), "Host: a\r\nX: \r\n");
    CHECK_INT(h2neg_h1_write_fields(NULL, 0, NULL, 0), 0);
    CHECK_WRITES(h2neg_h1_write_request(out, room, h2neg_s("OPTIONS"), h2neg_s("*"), f, 2),
                 "OPTIONS * HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n");
    CHECK_WRITES(h2neg_h1_write_response(out, room, 404, slice(NULL, 0), f, 1),
                 "HTTP/1.1 404 Not Found\r\nHost: a\r\n\r\n");
    CHECK_WRITES(h2neg_h1_write_response(out, room, 404, h2neg_s("x"), NULL, 0), "HTTP/1.1 404 x\r\n\r\n");
    CHECK_WRITES(h2neg_h1_write_response(out, room, 799, slice(NULL, 0), NULL, 0), "HTTP/1.1 799 \r\n\r\n");
}

static void refused_lines(void)
{
    char out[256];
    const char *method = "A23456789012345678901234567890bcd"; /* 33 octets */
    CHECK_INT(h2neg_h1_write_request_line(out, 256, slice(method, 32), h2neg_s("/")), 46 - 1);
    CHECK_INT(h2neg_h1_write_request_line(out, 256, slice(method, 33), h2neg_s("/")), H2NEG_ERR_H1_METHOD);
    CHECK_INT(h2neg_h1_write_request_line(out, 256, slice(NULL, 0), h2neg_s("/")), H2NEG_ERR_H1_METHOD);
    CHECK_INT(h2neg_h1_write_request_line(out, 256, h2neg_s("GET"), slice(NULL, 0)), H2NEG_ERR_H1_TARGET);
    CHECK_INT(h2neg_h1_write_request_line(out, 256, h2neg_s("GET"), h2neg_s("/ HTTP/1.1\r\nA: b")),
              H2NEG_ERR_H1_TARGET);
    CHECK_INT(h2neg_h1_write_request(out, 256, h2neg_s("G T"), h2neg_s("/"), NULL, 0), H2NEG_ERR_H1_METHOD);
    CHECK_INT(h2neg_h1_write_status_line(out, 256, 99, h2neg_s("x")), H2NEG_ERR_H1_STATUS_LINE);
    CHECK_INT(h2neg_h1_write_status_line(out, 256, 1000, h2neg_s("x")), H2NEG_ERR_H1_STATUS_LINE);
    CHECK_INT(h2neg_h1_write_status_line(out, 256, -200, h2neg_s("x")), H2NEG_ERR_H1_STATUS_LINE);
    CHECK_INT(h2neg_h1_write_response(out, 256, 200, h2neg_s("x\r\nA: b"), NULL, 0), H2NEG_ERR_H1_STATUS_LINE);
    CHECK_INT(h2neg_h1_write_status_line(out, 0, 99, h2neg_s("x")), H2NEG_ERR_H1_STATUS_LINE);
}

/* The forms of a target (RFC 9112 3.2), each where it may stand. */
static void forms(void)
{
    static const struct {
        const char *method, *target;
        int good;
    } lines[] = {{"GET", "/", 1},        {"GET", "//a?b", 1},  {"GET", "http://a/b", 1},
                 {"OPTIONS", "*", 1},    {"GET", "*", 0},      {"GET", "a", 0},
                 {"GET", "?a", 0},       {"GET", "a:1", 0},    {"CONNECT", "a:1", 1},
                 {"CONNECT", "a", 0},    {"CONNECT", "/", 0},  {"CONNECT", "a:x", 0},
                 {"CONNECT", "u@a:1", 0}};
    char out[256];
    size_t i;
    for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        int n = (int)strlen(lines[i].method) + 1 + (int)strlen(lines[i].target) + 11;
        CHECK_INT(h2neg_h1_write_request_line(out, 256, h2neg_s(lines[i].method), h2neg_s(lines[i].target)),
                  lines[i].good ? n : (int)H2NEG_ERR_H1_TARGET);
    }
}

/* All 256 octets in a method, a target, a reason, a name, and at the three places of a value. */
static void octets(void)
{
    char out[256];
    int c;
    for (c = 0; c < 256; c++) {
        char text[] = "a?b", target[] = "/?b";
        int token = (c && strchr("!#$%&'*+-.^_`|~", c) != NULL) || (c >= '0' && c <= '9') ||
                    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        int value = c == '\t' || (c >= 32 && c != 127), space = c == '\t' || c == ' ';
        h2neg_field f = h2neg_f("n", "v");
        text[1] = (char)c;
        CHECK_INT(h2neg_h1_write_request_line(out, 256, slice(text, 3), h2neg_s("/")),
                  token ? 16 : (int)H2NEG_ERR_H1_METHOD);
        target[1] = (char)c;
        CHECK_INT(h2neg_h1_write_request_line(out, 256, h2neg_s("GET"), slice(target, 3)),
                  c > 32 && c < 127 && c != '#' ? 18 : (int)H2NEG_ERR_H1_TARGET);
        CHECK_INT(h2neg_h1_write_status_line(out, 256, 200, slice(text, 3)),
                  value ? 18 : (int)H2NEG_ERR_H1_STATUS_LINE);
        f.name = slice(text, 3);
        CHECK_INT(h2neg_h1_write_fields(out, 256, &f, 1), token ? 8 : (int)H2NEG_ERR_H1_FIELD_NAME);
        f.name = slice("n", 1);
        f.value = slice(text, 3);
        CHECK_INT(h2neg_h1_write_fields(out, 256, &f, 1), value ? 8 : (int)H2NEG_ERR_H1_FIELD_VALUE);
        f.value = slice(text, 2);
        CHECK_INT(h2neg_h1_write_fields(out, 256, &f, 1), value && !space ? 7 : (int)H2NEG_ERR_H1_FIELD_VALUE);
        f.value = slice(text + 1, 2);
        CHECK_INT(h2neg_h1_write_fields(out, 256, &f, 1), value && !space ? 7 : (int)H2NEG_ERR_H1_FIELD_VALUE);
        f.value = slice(text + 1, 1);
        CHECK_INT(h2neg_h1_write_response(out, 256, 200, h2neg_s("x"), &f, 1),
                  value && !space ? 24 : (int)H2NEG_ERR_H1_FIELD_VALUE);
    }
}

static void empty_name(void)
{
    char out[64];
    h2neg_field f = h2neg_f("", "v");
    CHECK_INT(h2neg_h1_write_fields(out, 64, &f, 1), H2NEG_ERR_H1_FIELD_NAME);
}

static void chunk_lines(void)
{
    unsigned i;
    CHECK_WRITES(h2neg_h1_write_chunk(out, room, 26), "1a\r\n");
    CHECK_WRITES(h2neg_h1_write_chunk(out, room, 0), "0\r\n");
    CHECK_WRITES(h2neg_h1_write_chunk(out, room, 16), "10\r\n");
    CHECK_WRITES(h2neg_h1_write_chunk(out, room, UINT64_MAX), "ffffffffffffffff\r\n");
    for (i = 0; i < 52; i++) {
        uint64_t size = ((uint64_t)1 << i) | check_random(2);
        char line[18];
        h2neg_chunked d;
        h2neg_str data;
        ptrdiff_t n = h2neg_h1_write_chunk(line, sizeof line, size);
        memset(&d, 0, sizeof d);
        CHECK_INT(h2neg_chunked_decode(&d, line, (size_t)n, &data), n);
        CHECK_INT(d.left, size);
    }
}

/* What is written is read back as it was. */
static void round_trip(void)
{
    char out[256];
    h2neg_field f[2], back[2];
    h2neg_h1_head head;
    ptrdiff_t n;
    f[0] = h2neg_f("host", "example.org:8080");
    f[1] = h2neg_f("a", "b \t c");
    memset(&head, 0, sizeof head);
    head.fields = back;
    head.room = 2;
    n = h2neg_h1_write_request(out, sizeof out, h2neg_s("POST"), h2neg_s("/a?b"), f, 2);
    CHECK_INT(h2neg_h1_parse_request(&head, out, (size_t)n, 0), n);
    CHECK_TEXT(head.method, "POST");
    CHECK_TEXT(head.target, "/a?b");
    CHECK_TEXT(back[0].value, "example.org:8080");
    CHECK_TEXT(back[1].value, "b \t c");
    n = h2neg_h1_write_response(out, sizeof out, 404, slice(NULL, 0), f, 2);
    CHECK_INT(h2neg_h1_parse_response(&head, out, (size_t)n, 0), n);
    CHECK_INT(head.status, 404);
    CHECK_TEXT(head.reason, "Not Found");
    CHECK_INT(head.count, 2);
}

CHECK_MAIN(first_lines, fields, refused_lines, octets, forms, empty_name, chunk_lines, round_trip)
