/* Slices, fields, lists, errors, dates, authorities, URLs. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"

static void slices(void)
{
    CHECK_INT(h2neg_s(NULL).len, 0);
    CHECK_TEXT(h2neg_s("abc"), "abc");
    CHECK(h2neg_is(h2neg_s("abc"), "abc"));
    CHECK(!h2neg_is(h2neg_s("abc"), "abC"));
    CHECK(!h2neg_is(h2neg_s("abc"), "abcd"));
    CHECK(!h2neg_is(h2neg_s("abc"), "ab"));
    CHECK(h2neg_is(h2neg_s(NULL), ""));
    CHECK(h2neg_is_nocase(h2neg_s("Content-Length"), "cONTENT-lENGTH"));
    CHECK(!h2neg_is_nocase(h2neg_s("a@"), "a`")); /* letters only: 0x40 and 0x60 */
    CHECK(!h2neg_is_nocase(h2neg_s("a"), "ab"));
    CHECK_TEXT(h2neg_f("a", "b").name, "a");
    CHECK_TEXT(h2neg_f("a", "b").value, "b");
    CHECK_INT(h2neg_f("a", "b").flags, 0);
}

static void find(void)
{
    h2neg_field f[4];
    size_t at = 0;
    f[0] = h2neg_f("Host", "a");
    f[1] = h2neg_f("x", "1");
    f[2] = h2neg_f("host", "b");
    f[3] = h2neg_f("hostt", "c");
    CHECK(h2neg_find(f, 4, "HOST", NULL) == &f[0]);
    CHECK(h2neg_find(f, 4, "host", &at) == &f[0]);
    CHECK_INT(at, 1);
    CHECK(h2neg_find(f, 4, "host", &at) == &f[2]);
    CHECK_INT(at, 3);
    CHECK(h2neg_find(f, 4, "host", &at) == NULL);
    CHECK(h2neg_find(f, 4, "host", &at) == NULL);
    CHECK(h2neg_find(NULL, 0, "host", NULL) == NULL);
    at = 99;
    CHECK(h2neg_find(f, 4, "host", &at) == NULL);
}

/* The items of up to three fields "l", joined with '|'. */
static void list_is(const char *a, const char *b, const char *c, const char *expected)
{
    char joined[128] = "";
    const char *const texts[3] = {a, b, c};
    unsigned char *tight[3];
    h2neg_field f[4];
    h2neg_list list = {0, 0};
    h2neg_str item;
    int i;
    for (i = 0; i < 3; i++) {
        tight[i] = check_tight(texts[i], strlen(texts[i]));
        f[i < 2 ? i : 3] = h2neg_f(i == 1 ? "L" : "l", "");
        f[i < 2 ? i : 3].value = h2neg__str(tight[i], strlen(texts[i]));
    }
    f[2] = h2neg_f("other", "no");
    while (h2neg_list_next(&list, f, 4, "l", &item) == 1)
        snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%.*s|", (int)item.len,
                 item.ptr);
    CHECK_TEXT(h2neg_s(joined), expected);
    CHECK_INT(h2neg_list_next(&list, f, 4, "l", &item), 0);
    CHECK_INT(item.len, 0);
    for (i = 0; i < 3; i++)
        free(tight[i]);
}

/* RFC 9110 5.6.1: a recipient parses and ignores empty elements; 5.6.4: quoted-strings. */
static void lists(void)
{
    list_is("foo , ,bar,charlie", "", "", "foo|bar|charlie|");
    list_is(",", ", ,", "\t,\t ", "");
    list_is("a", "b , c", ",d,", "a|b|c|d|");
    list_is("\ta b \t,c", "", "", "a b|c|");
    list_is("\"a,b\", c", "", "", "\"a,b\"|c|");
    list_is("x=\"a\\\",b\";q=1,c", "", "", "x=\"a\\\",b\";q=1|c|");
    list_is("\"\\\\\",b", "", "", "\"\\\\\"|b|");
    list_is("\"open, b", "c", "", "\"open, b|c|");
    list_is("\"open\\", "c", "", "\"open\\|c|");
    list_is("a\\,b", "", "", "a\\|b|"); /* outside quotes a backslash is an octet like others */
}

/* A NUL is an octet like others: no empty item. */
static void list_nul(void)
{
    h2neg_field f = h2neg_f("l", NULL);
    h2neg_list list = {0, 0};
    h2neg_str item;
    f.value = h2neg__str(" \0,", 3);
    CHECK_INT(h2neg_list_next(&list, &f, 1, "l", &item), 1);
    CHECK_OCTETS(item.ptr, item.len, "", 1);
    CHECK_INT(h2neg_list_next(&list, &f, 1, "l", &item), 0);
}

static void copies(void)
{
    h2neg_field f[2], *copy;
    size_t size;
    char *block;
    f[0] = h2neg_f("name", "value");
    f[0].flags = H2NEG_NEVER_INDEX;
    f[1] = h2neg_f("empty", NULL);
    size = h2neg_fields_size(f, 2);
    CHECK_INT(size, 2 * sizeof f[0] + 14);
    block = (char *)malloc(size);
    CHECK(h2neg_fields_copy(block, size - 1, f, 2) == NULL);
    CHECK(h2neg_fields_copy(NULL, size, f, 2) == NULL);
    copy = h2neg_fields_copy(block, size, f, 2);
    CHECK((void *)copy == (void *)block);
    CHECK_TEXT(copy[0].name, "name");
    CHECK_TEXT(copy[0].value, "value");
    CHECK_INT(copy[0].flags, H2NEG_NEVER_INDEX);
    CHECK_TEXT(copy[1].name, "empty");
    CHECK_INT(copy[1].value.len, 0);
    CHECK(copy[0].name.ptr > block && copy[0].name.ptr < block + size);
    free(block);
    f[0].name.len = f[1].name.len = SIZE_MAX / 2 + 1;
    CHECK(h2neg_fields_size(f, 2) == SIZE_MAX);
    f[0].name.len = 0;
    f[0].value.len = SIZE_MAX;
    CHECK(h2neg_fields_size(f, 1) == SIZE_MAX);
}

/* All codes of the list, and around it. */
static void errors(void)
{
    int code, other;
    CHECK_TEXT(h2neg_s(h2neg_error_name(H2NEG_ERR_H2_FLOW)), "H2_FLOW");
    CHECK_TEXT(h2neg_s(h2neg_error_section(H2NEG_ERR_H2_FLOW)), "RFC 9113 6.9");
    CHECK_INT(h2neg_error_h2(H2NEG_ERR_H2_FLOW), H2NEG_FLOW_CONTROL_ERROR);
    CHECK_INT(h2neg_error_status(H2NEG_ERR_H1_HEAD_LARGE), 431);
    CHECK_INT(h2neg_error_h2(H2NEG_ERR_AGAIN), H2NEG_NO_ERROR);
    CHECK_TEXT(h2neg_s(h2neg_error_name(H2NEG_ERR_URL)), "URL");
    CHECK_TEXT(h2neg_s(h2neg_error_name(0)), "OK");
    CHECK_INT(h2neg_error_h2(0), H2NEG_NO_ERROR);
    for (code = -1; code > H2NEG__ERR_LAST; code--) {
        int status = h2neg_error_status(code);
        CHECK(strlen(h2neg_error_text(code)) > 5 && strlen(h2neg_error_name(code)) > 1);
        CHECK(strcmp(h2neg_error_name(code), "UNKNOWN") != 0);
        CHECK(h2neg_error_h2(code) <= H2NEG_HTTP_1_1_REQUIRED);
        CHECK(status == 0 || (status >= 400 && h2neg_status_text(status)[0]));
        CHECK(!h2neg_error_section(code)[0] || strncmp(h2neg_error_section(code), "RFC ", 4) == 0);
        for (other = code - 1; other > H2NEG__ERR_LAST; other--)
            CHECK(strcmp(h2neg_error_text(code), h2neg_error_text(other)) != 0);
    }
    for (code = -2000; code < 2000; code++)
        if (code > 0 || code <= H2NEG__ERR_LAST) {
            CHECK_TEXT(h2neg_s(h2neg_error_text(code)), "unknown error");
            CHECK_TEXT(h2neg_s(h2neg_error_name(code)), "UNKNOWN");
            CHECK_TEXT(h2neg_s(h2neg_error_section(code)), "");
            CHECK_INT(h2neg_error_h2(code), H2NEG_INTERNAL_ERROR);
            CHECK_INT(h2neg_error_status(code), 0);
        }
    CHECK_TEXT(h2neg_s(h2neg_error_text(-2147483647 - 1)), "unknown error");
}

static void error_struct(void)
{
    h2neg_error e = h2neg__error(H2NEG_ERR_H2_PADDING, 7, 1234567890123);
    CHECK_INT(e.code, H2NEG_ERR_H2_PADDING);
    CHECK_INT(e.h2_code, H2NEG_PROTOCOL_ERROR);
    CHECK_INT(e.stream, 7);
    CHECK_INT(e.offset, 1234567890123);
    CHECK_TEXT(h2neg_s(e.section), "RFC 9113 6.1");
    CHECK_TEXT(h2neg_s(e.text), h2neg_error_text(H2NEG_ERR_H2_PADDING));
}

static void statuses(void)
{
    static const int known[] = {100, 101, 102, 103, 200, 201, 202, 203, 204, 205, 206, 207, 208,
                                226, 300, 301, 302, 303, 304, 305, 307, 308, 400, 401, 402, 403,
                                404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416,
                                417, 421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 500, 501,
                                502, 503, 504, 505, 506, 507, 508, 510, 511};
    size_t n = 0;
    int status;
    CHECK_TEXT(h2neg_s(h2neg_status_text(404)), "Not Found");
    CHECK_TEXT(h2neg_s(h2neg_status_text(100)), "Continue");
    CHECK_TEXT(h2neg_s(h2neg_status_text(511)), "Network Authentication Required");
    CHECK_TEXT(h2neg_s(h2neg_status_text(421)), "Misdirected Request");
    for (status = -5; status < 1005; status++) {
        int is_known = n < sizeof known / sizeof known[0] && known[n] == status;
        n += is_known ? 1 : 0;
        CHECK_INT(h2neg_status_text(status)[0] != 0, is_known);
    }
    CHECK_INT(n, sizeof known / sizeof known[0]);
}

static void date_is(long long t, const char *expected)
{
    char out[30];
    memset(out, 'x', sizeof out);
    h2neg_http_date(out, t);
    CHECK_OCTETS(out, 30, expected, 30);
}

static void dates(void)
{
    date_is(784111777, "Sun, 06 Nov 1994 08:49:37 GMT"); /* RFC 9110 5.6.7 */
    date_is(0, "Thu, 01 Jan 1970 00:00:00 GMT");
    date_is(-1, "Wed, 31 Dec 1969 23:59:59 GMT");
    date_is(951782400, "Tue, 29 Feb 2000 00:00:00 GMT");
    date_is(951868800, "Wed, 01 Mar 2000 00:00:00 GMT");
    date_is(4107542399, "Sun, 28 Feb 2100 23:59:59 GMT");
    date_is(4107542400, "Mon, 01 Mar 2100 00:00:00 GMT");
    date_is(1709164800, "Thu, 29 Feb 2024 00:00:00 GMT");
    date_is(2147483648, "Tue, 19 Jan 2038 03:14:08 GMT");
    date_is(253402300799, "Fri, 31 Dec 9999 23:59:59 GMT");
    date_is(253402300800, "Fri, 31 Dec 9999 23:59:59 GMT");
    date_is(9223372036854775807, "Fri, 31 Dec 9999 23:59:59 GMT");
    date_is(-62167219200, "Sat, 01 Jan 0000 00:00:00 GMT");
    date_is(-62167219201, "Sat, 01 Jan 0000 00:00:00 GMT");
    date_is(-9223372036854775807 - 1, "Sat, 01 Jan 0000 00:00:00 GMT");
}

/* Every day of 2,000 years, counted the slow way. */
static void dates_counted(void)
{
    static const char days[][4] = {"Sat", "Sun", "Mon", "Tue", "Wed", "Thu", "Fri"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    long long t = -62167219200;
    int year, month, day, weekday = 0;
    for (year = 0; year < 2000; year++) {
        lengths[1] = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
        for (month = 0; month < 12; month++)
            for (day = 1; day <= lengths[month]; day++, t += 86400, weekday++) {
                char out[30], expected[64];
                snprintf(expected, sizeof expected, "%s, %02d %s %04d 23:59:58 GMT",
                         days[weekday % 7], day, months[month], year);
                h2neg_http_date(out, t + 86398);
                if (strcmp(out, expected) != 0) {
                    CHECK_TEXT(h2neg_s(out), expected);
                    return;
                }
            }
    }
    CHECK_INT(t, 946684800);
}

/* host "|" port of an authority, or "refused" */
static void authority_is(const char *text, const char *expected)
{
    unsigned char *tight = check_tight(text, strlen(text));
    char got[128] = "refused";
    h2neg_authority a;
    int r = h2neg_authority_parse(&a, h2neg__str(tight, strlen(text)));
    if (r == 0)
        snprintf(got, sizeof got, "%.*s|%d", (int)a.host.len, a.host.ptr, a.port);
    else
        CHECK_INT(r, H2NEG_ERR_URL);
    CHECK_TEXT(h2neg_s(got), expected);
    free(tight);
}

static void authorities(void)
{
    authority_is("example.org", "example.org|-1");
    authority_is("example.org:80", "example.org|80");
    authority_is("example.org:", "example.org|-1"); /* RFC 3986 3.2.3: port = *DIGIT */
    authority_is("example.org:0", "example.org|0");
    authority_is("example.org:00080", "example.org|80");
    authority_is("example.org:65535", "example.org|65535");
    authority_is("example.org:65536", "refused");
    authority_is("example.org:000080", "refused");
    authority_is("example.org:8a", "refused");
    authority_is("example.org:-1", "refused");
    authority_is("example.org:+1", "refused");
    authority_is("example.org: 1", "refused");
    authority_is("a:1:2", "refused");
    authority_is("", "refused");
    authority_is(":80", "refused");
    authority_is("user@example.org", "refused");
    authority_is("user:pw@example.org", "refused");
    authority_is("a/b", "refused");
    authority_is("a b", "refused");
    authority_is("a%41b", "a%41b|-1");
    authority_is("a%4", "refused");
    authority_is("a%", "refused");
    authority_is("a%4g", "refused");
    authority_is("127.0.0.1:8080", "127.0.0.1|8080");
    authority_is("256.1.1.1", "256.1.1.1|-1"); /* by the grammar, a name */
    authority_is("a_b-c.d~!$&'()*+,;=", "a_b-c.d~!$&'()*+,;=|-1");
    authority_is("[::1]:443", "[::1]|443");
    authority_is("[::1]", "[::1]|-1");
    authority_is("[::1]:", "[::1]|-1");
    authority_is("[::1]x", "refused");
    authority_is("[::1]80", "refused");
    authority_is("[::1", "refused");
    authority_is("::1", "refused");
    authority_is("[]", "refused");
    authority_is("[", "refused");
    authority_is("]", "refused");
    authority_is("a[::1]", "refused");
    authority_is("[[::1]]", "refused");
    authority_is("[127.0.0.1]", "refused");
    authority_is("[v1.a:b]", "[v1.a:b]|-1");
    authority_is("[V1f.~]:1", "[V1f.~]|1");
    authority_is("[v.a]", "refused");
    authority_is("[v1.]", "refused");
    authority_is("[v1]", "refused");
    authority_is("[vg.a]", "refused");
    authority_is("[v1.%41]", "refused");
    authority_is("[fe80::1%25eth0]", "refused");
}

/* RFC 3986 3.2.2 and RFC 4291 2.2 */
static void ipv6(void)
{
    static const char *const good[] = {"::",
                                       "::1",
                                       "1::",
                                       "1:2:3:4:5:6:7:8",
                                       "::2:3:4:5:6:7:8",
                                       "1:2:3:4:5:6:7::",
                                       "1::8",
                                       "1:2:3::6:7:8",
                                       "2001:db8::8:800:200c:417a",
                                       "ABCD:EF01:2345:6789:abcd:ef01:2345:6789",
                                       "ff01::101",
                                       "::13.1.68.3",
                                       "::ffff:129.144.52.38",
                                       "1:2:3:4:5:6:1.2.3.4",
                                       "1:2:3:4:5::1.2.3.4",
                                       "::255.255.255.255",
                                       "::0.0.0.0",
                                       "0000::"};
    static const char *const bad[] = {"",
                                      ":",
                                      ":::",
                                      "1",
                                      "1:",
                                      ":1",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "1:2:3:4:5:6:7:8:",
                                      "::1::2",
                                      "1:::2",
                                      "12345::",
                                      "g::",
                                      "1::2:3:4:5:6:7:8",
                                      "::1:2:3:4:5:6:7:8",
                                      "1.2.3.4",
                                      "1:2:3:4:5:6:7:1.2.3.4",
                                      "1:2:3:4:5:1.2.3.4",
                                      "1:2:3:4:5:6::1.2.3.4",
                                      "::1.2.3.4:5",
                                      "::256.1.1.1",
                                      "::01.1.1.1",
                                      "::1.2.3",
                                      "::1.2.3.4.5",
                                      "::1.2.3.",
                                      "::.1.2.3",
                                      "1.2.3.4::",
                                      "::-1",
                                      "::1 ",
                                      "::%41",
                                      "::1/64"};
    size_t i;
    for (i = 0; i < sizeof good / sizeof good[0]; i++) {
        char expected[64], text[64];
        snprintf(text, sizeof text, "[%s]", good[i]);
        snprintf(expected, sizeof expected, "[%s]|-1", good[i]);
        authority_is(text, expected);
    }
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "[%s]", bad[i]);
        authority_is(text, "refused");
    }
}

/* All octets as a host. */
static void host_octets(void)
{
    static const char more[] = "-._~!$&'()*+,;=";
    int octet;
    for (octet = 0; octet < 256; octet++) {
        char text[1];
        h2neg_authority a;
        int good = (octet >= '0' && octet <= '9') || (octet >= 'a' && octet <= 'z') ||
                   (octet >= 'A' && octet <= 'Z') || (octet && strchr(more, octet));
        text[0] = (char)octet;
        CHECK_INT(h2neg_authority_parse(&a, h2neg__str(text, 1)), good ? 0 : H2NEG_ERR_URL);
    }
}

/* scheme, host, port, target, path, query between bars, or "refused" */
static void url_is(const char *text, const char *expected)
{
    unsigned char *tight = check_tight(text, strlen(text));
    char got[256] = "refused";
    h2neg_url u;
    int r = h2neg_url_parse(&u, h2neg__str(tight, strlen(text)));
    if (r == 0)
        snprintf(got, sizeof got, "%.*s|%.*s|%.*s|%d|%.*s|%.*s|%.*s", (int)u.scheme.len,
                 u.scheme.ptr, (int)u.authority.len, u.authority.ptr, (int)u.host.len, u.host.ptr,
                 u.port, (int)u.target.len, u.target.ptr, (int)u.path.len, u.path.ptr,
                 (int)u.query.len, u.query.ptr);
    else
        CHECK_INT(r, H2NEG_ERR_URL);
    CHECK_TEXT(h2neg_s(got), expected);
    free(tight);
}

static void urls(void)
{
    url_is("https://example.org:8443/a?b", "https|example.org:8443|example.org|8443|/a?b|/a|b");
    url_is("http://a", "http|a|a|-1|||");
    url_is("http://a/", "http|a|a|-1|/|/|");
    url_is("http://a?", "http|a|a|-1|?||");
    url_is("http://a?q/r?s", "http|a|a|-1|?q/r?s||q/r?s");
    url_is("http://a#f", "http|a|a|-1|||");
    url_is("http://a/b#f?g/h", "http|a|a|-1|/b|/b|");
    url_is("http://a/b?c#d", "http|a|a|-1|/b?c|/b|c");
    url_is("WS://[::1]:80/x", "WS|[::1]:80|[::1]|80|/x|/x|");
    url_is("a+b-c.9://h//x:@", "a+b-c.9|h|h|-1|//x:@|//x:@|");
    url_is("http://a/%41%zz", "refused");
    url_is("http://a/%4", "refused");
    url_is("http://a/b c", "refused");
    url_is("http://a/b\"c", "refused");
    url_is("http://a/\x80", "refused");
    url_is("http://a/?b[]=c", "refused");
    url_is("http://a/b#c#d", "refused");
    url_is("http://a/b\r\n", "refused");
    url_is("http:///b", "refused");
    url_is("http://", "refused");
    url_is("http:/a", "refused");
    url_is("http:a", "refused");
    url_is("http", "refused");
    url_is("", "refused");
    url_is("://a", "refused");
    url_is("1http://a", "refused");
    url_is("h_p://a", "refused");
    url_is("/a", "refused");
    url_is("a:80", "refused");
    url_is("http://u@a/", "refused");
    url_is("http://u:p@a/", "refused");
    url_is("http://a:65536/", "refused");
}

CHECK_MAIN(slices, find, lists, list_nul, copies, errors, error_struct, statuses, dates,
           dates_counted, authorities, ipv6, host_octets, urls)
