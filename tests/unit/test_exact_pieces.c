/* The pieces, exact: what is left in the caller's memory, limits at their values, every octet. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"

/* ---- heads --------------------------------------------------------------- */

static h2neg_field fields[8];

static h2neg_h1_head lent(void)
{
    h2neg_h1_head head;
    memset(&head, 0, sizeof head);
    head.fields = fields;
    head.room = 8;
    return head;
}

/* "It may be used for the next head without zeroing": nothing of the last one is left. */
static void test_head_again(void)
{
    static const char first[] = "GET http://b.example/p?q HTTP/1.1\r\nHost: a\r\nx: 1\r\n\r\n";
    static const char second[] = "GET / HTTP/1.0\r\n\r\n";
    static const char third[] = "HTTP/1.1 204 No\r\n\r\n";
    static const char fourth[] = "x: y\r\n\r\n";
    h2neg_h1_head head = lent();
    CHECK_INT(h2neg_h1_parse_request(&head, first, strlen(first), 0), strlen(first));
    CHECK_TEXT(head.scheme, "http");
    CHECK_INT(head.count, 2);
    CHECK_INT(h2neg_h1_parse_request(&head, second, strlen(second), 0), strlen(second));
    CHECK_TEXT(head.method, "GET");
    CHECK_TEXT(head.scheme, "");
    CHECK_TEXT(head.authority, "");
    CHECK_TEXT(head.path, "/");
    CHECK(head.query.ptr == NULL && head.query.len == 0);
    CHECK_INT(head.form, H2NEG_FORM_ORIGIN);
    CHECK_INT(head.minor, 0);
    CHECK_INT(head.count, 0);
    CHECK_INT(h2neg_h1_parse_response(&head, third, strlen(third), 0), strlen(third));
    CHECK_TEXT(head.method, "");
    CHECK_TEXT(head.target, "");
    CHECK_TEXT(head.path, "");
    CHECK_TEXT(head.reason, "No");
    CHECK_INT(head.status, 204);
    CHECK_INT(head.form, 0);
    CHECK_INT(h2neg_h1_parse_trailers(&head, fourth, strlen(fourth), 0), strlen(fourth));
    CHECK_TEXT(head.reason, "");
    CHECK_INT(head.status, 0);
    CHECK_INT(head.minor, 0);
    CHECK_INT(head.count, 1);
}

/* ---- HTTP/2's field sections --------------------------------------------- */

/* "count: 0 after an error". */
static void test_section_errors(void)
{
    h2neg_field f[3];
    h2neg_h2_head head;
    char text[64];
    f[0] = h2neg_f("a", "1");
    f[1] = h2neg_f("B", "2");
    CHECK_INT(h2neg_h2_read_trailers(&head, f, 2), H2NEG_ERR_H2_FIELD_NAME);
    CHECK_INT(head.count, 0);
    f[0] = h2neg_f(":status", "200");
    f[1] = h2neg_f("a", "1");
    f[2] = h2neg_f("te", "trailers");
    CHECK_INT(h2neg_h2_read_response(&head, f, 3, text, sizeof text),
              H2NEG_ERR_H2_FIELD_CONNECTION);
    CHECK_INT(head.count, 0);
    f[0] = h2neg_f(":method", "GET");
    f[1] = h2neg_f("a", "1");
    CHECK_INT(h2neg_h2_read_request(&head, f, 2, text, sizeof text, 0), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(head.count, 0);
}

/* ---- writers -------------------------------------------------------------- */

/* Every writer of heads refuses what a reader would refuse, wherever it stands, and writes nothing
   where the room is one octet short. */
static void test_writers_refuse(void)
{
    static const struct {
        const char *name, *value;
        int error;
    } bad[] = {
        {"", "v", H2NEG_ERR_H1_FIELD_NAME},           {"a b", "v", H2NEG_ERR_H1_FIELD_NAME},
        {"a:", "v", H2NEG_ERR_H1_FIELD_NAME},         {"a\r\nb", "v", H2NEG_ERR_H1_FIELD_NAME},
        {"a", "v\r\nb: c", H2NEG_ERR_H1_FIELD_VALUE}, {"a", " v", H2NEG_ERR_H1_FIELD_VALUE},
        {"a", "v\t", H2NEG_ERR_H1_FIELD_VALUE},       {"a", "v\x7f", H2NEG_ERR_H1_FIELD_VALUE}};
    char out[256];
    size_t i, at;
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        for (at = 0; at < 2; at++) {
            h2neg_field f[2];
            f[0] = f[1] = h2neg_f("good", "value");
            f[at] = h2neg_f(bad[i].name, bad[i].value);
            CHECK_INT(h2neg_h1_write_fields(out, sizeof out, f, 2), bad[i].error);
            CHECK_INT(h2neg_h1_write_request(out, sizeof out, h2neg_s("GET"), h2neg_s("/"), f, 2),
                      bad[i].error);
            CHECK_INT(h2neg_h1_write_response(out, sizeof out, 200, h2neg_s(""), f, 2),
                      bad[i].error);
        }
    }
}

static const char request[] = "GET / HTTP/1.1\r\na: b\r\n\r\n";
static const char response[] = "HTTP/1.1 200 OK\r\na: b\r\n\r\n";

static void test_writers_exact(void)
{
    h2neg_field f = h2neg_f("a", "b");
    char out[64];
    size_t n;
    for (n = 0; n < sizeof out; n++) {
        ptrdiff_t r, want;
        memset(out, '#', sizeof out);
        want = n < strlen(request) ? (ptrdiff_t)H2NEG_ERR_TOO_SMALL : (ptrdiff_t)strlen(request);
        r = h2neg_h1_write_request(out, n, h2neg_s("GET"), h2neg_s("/"), &f, 1);
        CHECK_INT(r, want);
        if (r > 0)
            CHECK_OCTETS(out, (size_t)r, request, strlen(request));
        CHECK(n == sizeof out || out[n] == '#');
        want = n < strlen(response) ? (ptrdiff_t)H2NEG_ERR_TOO_SMALL : (ptrdiff_t)strlen(response);
        r = h2neg_h1_write_response(out, n, 200, h2neg_s(""), &f, 1);
        CHECK_INT(r, want);
        if (r > 0)
            CHECK_OCTETS(out, (size_t)r, response, strlen(response));
    }
}

/* ---- PROXY, version 2: which octet is wrong --------------------------------- */

#define PROXY2 "0d0a0d0a000d0a515549540a"

static void proxy_of(int command, int family, unsigned length, ptrdiff_t result, size_t error_at)
{
    unsigned char in[400];
    h2neg_proxy proxy;
    size_t n = check_hex(in, PROXY2), k;
    ptrdiff_t r = 0;
    memset(in + n, 0, sizeof in - n);
    in[12] = (unsigned char)command;
    in[13] = (unsigned char)family;
    in[14] = (unsigned char)(length >> 8);
    in[15] = (unsigned char)(length & 255);
    for (k = 0; k <= 16 + length && r == 0; k++)
        r = h2neg_proxy_read(&proxy, in, k);
    if (!CHECK_INT(r, result) || (r < 0 && !CHECK_INT(proxy.error_at, error_at)))
        fprintf(stderr, "    %02x %02x %u\n", (unsigned)command, (unsigned)family, length);
    if (r < 0)
        CHECK_INT(k - 1, error_at == 14 ? 16 : error_at + 1); /* as soon as it is there */
}

static void test_proxy2(void)
{
    static const struct {
        int family;
        unsigned least;
    } families[] = {{0x00, 0},  {0x11, 12},  {0x12, 12}, {0x21, 36},
                    {0x22, 36}, {0x31, 216}, {0x32, 216}};
    int octet;
    size_t i, known;
    for (octet = 0; octet < 256; octet++) {
        if (octet != 0x20 && octet != 0x21)
            proxy_of(octet, 0x11, 12, H2NEG_ERR_PROXY, 12);
        for (known = i = 0; i < sizeof families / sizeof families[0]; i++)
            known += families[i].family == octet;
        if (!known)
            proxy_of(0x21, octet, 216, H2NEG_ERR_PROXY, 13);
        proxy_of(0x20, octet, 0, 16, 0);
        proxy_of(0x20, octet, 5, 21, 0);
    }
    for (i = 0; i < sizeof families / sizeof families[0]; i++) {
        unsigned least = families[i].least;
        if (least)
            proxy_of(0x21, families[i].family, least - 1, H2NEG_ERR_PROXY, 14);
        proxy_of(0x21, families[i].family, least, (ptrdiff_t)(16 + least), 0);
    }
}

CHECK_MAIN(test_head_again, test_section_errors, test_writers_refuse, test_writers_exact,
           test_proxy2)
