/* Field sections as messages: RFC 9113 8.2 and 8.3, RFC 8441 4; and the Priority field. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"

enum { REQUEST, RESPONSE, TRAILERS, EXTENDED /* a request where :protocol was allowed */ };

static h2neg_h2_head head;
static h2neg_field fields[32];
static char text[256];

/* "name: value" lines, parted by '\n', into `fields`. The name ends at the first ": ". */
static size_t section(const char *lines)
{
    size_t n = 0;
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        const char *colon = strstr(lines, ": ");
        fields[n].name = h2neg__str(lines, (size_t)(colon - lines));
        fields[n].value = h2neg__str(colon + 2, len - (size_t)(colon + 2 - lines));
        fields[n++].flags = 0;
        lines += len + (lines[len] == '\n');
    }
    return n;
}

static int read_fields(int kind, size_t count)
{
    memset(&head, 0xa5, sizeof head);
    if (kind == RESPONSE)
        return h2neg_h2_read_response(&head, fields, count, text, sizeof text);
    if (kind == TRAILERS)
        return h2neg_h2_read_trailers(&head, fields, count);
    return h2neg_h2_read_request(&head, fields, count, text, sizeof text, kind == EXTENDED);
}

static int read_lines(int kind, const char *lines)
{
    return read_fields(kind, section(lines));
}

#define GET ":method: GET\n:scheme: https\n:path: /\n:authority: a.example\n"

static void request(void)
{
    CHECK_INT(read_lines(REQUEST,
                         ":method: POST\n:scheme: https\n:path: /a?b\n:authority: a.example:8443\n"
                         "x: 1\ncontent-length: 12\ny: 2"),
              0);
    CHECK_TEXT(head.method, "POST");
    CHECK_TEXT(head.scheme, "https");
    CHECK_TEXT(head.path, "/a?b");
    CHECK_TEXT(head.authority, "a.example:8443");
    CHECK_INT(head.protocol.len, 0);
    CHECK_INT(head.content_length, 12);
    CHECK_INT(head.count, 3);
    CHECK_INT(head.crumbs, 0);
    CHECK(head.fields == fields);
    CHECK_TEXT(head.fields[0].name, "x");
    CHECK_TEXT(head.fields[1].name, "content-length");
    CHECK_TEXT(head.fields[2].value, "2");
    CHECK_INT(read_lines(REQUEST, GET), 0);
    CHECK(head.content_length == UINT64_MAX && head.count == 0);
    CHECK_INT(read_lines(REQUEST, ":authority: a.example\n:path: /\n:scheme: http\n:method: x-y"),
              0);
}

/* 8.3: pseudo-fields come first, once each, from a closed list, where they belong. */
static void pseudo_fields(void)
{
    static const char *const names[] = {":method", ":scheme",   ":authority",
                                        ":path",   ":protocol", ":status"};
    size_t i;
    CHECK_INT(read_lines(REQUEST, ":method: GET\nx: 1\n:scheme: https\n:path: /\n:authority: a"),
              H2NEG_ERR_H2_PSEUDO);
    CHECK_INT(head.count, 0);
    CHECK_INT(read_lines(REQUEST, GET ":unknown: 1"), H2NEG_ERR_H2_PSEUDO);
    CHECK_INT(read_lines(REQUEST, GET ":Method: GET"), H2NEG_ERR_H2_PSEUDO);
    CHECK_INT(read_lines(REQUEST, GET ":: GET"), H2NEG_ERR_H2_PSEUDO);
    CHECK_INT(read_lines(REQUEST, GET ":path2: GET"), H2NEG_ERR_H2_PSEUDO);
    CHECK_INT(read_lines(REQUEST, GET ":status: 200"), H2NEG_ERR_H2_PSEUDO);
    CHECK_INT(read_lines(REQUEST, GET ":protocol: x"), H2NEG_ERR_H2_PSEUDO);
    CHECK_INT(read_lines(RESPONSE, ":status: 200\nx: 1\n:status: 200"), H2NEG_ERR_H2_PSEUDO);
    for (i = 0; i < 6; i++) {
        char lines[200];
        snprintf(lines, sizeof lines,
                 ":method: CONNECT\n:scheme: https\n:path: /\n:authority: a\n"
                 ":protocol: p\n%s: 1",
                 names[i]);
        CHECK_INT(read_lines(EXTENDED, lines),
                  H2NEG_ERR_H2_PSEUDO); /* repeated, or the response's */
        snprintf(lines, sizeof lines, ":status: 200\n%s: 200", names[i]);
        CHECK_INT(read_lines(RESPONSE, lines), H2NEG_ERR_H2_PSEUDO);
        snprintf(lines, sizeof lines, "%s: 200", names[i]);
        CHECK_INT(read_lines(TRAILERS, lines), H2NEG_ERR_H2_PSEUDO);
    }
}

/* 8.3.1: each of the four, left out in turn, and every combination of them. */
static void mandatory(void)
{
    static const char *const lines[] = {":method: GET\n", ":scheme: https\n", ":path: /\n",
                                        ":authority: a\n"};
    unsigned set, i;
    for (set = 0; set < 16; set++) {
        char all[128] = "";
        for (i = 0; i < 4; i++)
            if (set & 1u << i)
                strcat(all, lines[i]);
        CHECK_INT(read_lines(REQUEST, all), set == 15  ? 0
                                            : set == 7 ? H2NEG_ERR_H2_HOST
                                                       : H2NEG_ERR_H2_REQUEST);
    }
    CHECK_INT(read_lines(REQUEST, ""), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(read_lines(REQUEST, "x: 1"), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(read_lines(REQUEST, ":method: GET\n:scheme: https\n:path: /\nhost: a.example"), 0);
    CHECK_TEXT(head.authority, "a.example");
    CHECK_INT(head.count, 0);
    CHECK_INT(read_lines(REQUEST, ":method: GET\n:scheme: coap\n:path: x"), 0);
    CHECK_INT(read_lines(REQUEST, ":method: GET\n:scheme: httpq\n:path: x"), 0);
    CHECK_INT(read_lines(REQUEST, ":method: GET\n:scheme: HTTPS\n:path: x\n:authority: a"),
              H2NEG_ERR_H2_REQUEST);
    CHECK_INT(head.authority.len, 0);
    CHECK_INT(read_lines(REQUEST, ":method: GET\n:scheme: HTTP\n:path: x\n:authority: a"),
              H2NEG_ERR_H2_REQUEST);
}

static int with(const char *method, const char *scheme, const char *path, const char *authority)
{
    char lines[256];
    snprintf(lines, sizeof lines, ":method: %s\n:scheme: %s\n:path: %s\n:authority: %s", method,
             scheme, path, authority);
    return read_lines(REQUEST, lines);
}

static void request_values(void)
{
    CHECK_INT(with("GET", "https", "", "a"), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(with("GET", "https", "x", "a"), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(with("GET", "https", "http://a/", "a"), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(with("GET", "https", "*", "a"), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(with("OPTIONS", "https", "*", "a"), 0);
    CHECK_INT(with("OPTIONS", "https", "*x", "a"), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(with("OPTIONS", "https", "/x", "a"), 0);
    CHECK_INT(with("GET", "https", "/a b", "a"), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(with("GET", "https", "/a\tb", "a"), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(with("GET", "https", "/a#b", "a"), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(with("GET", "https", "/a\rb", "a"), H2NEG_ERR_H2_FIELD_VALUE);
    CHECK_INT(with("GET", "https", "/a ", "a"), H2NEG_ERR_H2_FIELD_VALUE);
    CHECK_INT(with("GET", "https", "//", "a"), 0);
    CHECK_INT(with("", "https", "/", "a"), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(with("GE T", "https", "/", "a"), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(with("G/", "https", "/", "a"), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(with("GET ", "https", "/", "a"), H2NEG_ERR_H2_FIELD_VALUE);
    CHECK_INT(with("GET", "", "/", "a"), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(with("GET", "1x", "/", "a"), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(with("GET", "a_b", "/", "a"), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(with("GET", "https://x", "/", "a"), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(with("GET", "a+b-c.1", "/", "a"), 0);
    CHECK_INT(with("GET", "https", "/", "user@a"), H2NEG_ERR_H2_HOST);
    CHECK_INT(with("GET", "https", "/", ""), H2NEG_ERR_H2_HOST);
    CHECK_INT(with("GET", "https", "/", ":80"), H2NEG_ERR_H2_HOST);
    CHECK_INT(with("GET", "https", "/", "a/b"), H2NEG_ERR_H2_HOST);
    CHECK_INT(with("GET", "https", "/", "a:99999"), H2NEG_ERR_H2_HOST);
    CHECK_INT(with("GET", "https", "/", "[::1]:443"), 0);
    CHECK_INT(with("GET", "x", "/", ""), 0);
}

static void host(void)
{
    CHECK_INT(read_lines(REQUEST, GET "host: A.Example\nx: 1"), 0);
    CHECK_TEXT(head.authority, "a.example"); /* :authority counts (8.3.1) */
    CHECK_INT(head.count, 1);
    CHECK_TEXT(head.fields[0].name, "x");
    CHECK_INT(read_lines(REQUEST, GET "host: b.example"), H2NEG_ERR_H2_HOST);
    CHECK_INT(read_lines(REQUEST, GET "host: a.example:443"), 0); /* https' own (RFC 3986 6.2.3) */
    CHECK_INT(read_lines(REQUEST, GET "host: A.example:"), 0);
    CHECK_INT(read_lines(REQUEST, GET "host: a.example:80"), H2NEG_ERR_H2_HOST);
    CHECK_INT(read_lines(REQUEST, GET "host: b.example:443"), H2NEG_ERR_H2_HOST);
    CHECK_INT(read_lines(REQUEST, GET "host: a.example:44b"), H2NEG_ERR_H2_HOST);
    CHECK_INT(read_lines(REQUEST, GET "host: "), H2NEG_ERR_H2_HOST);
    CHECK_INT(read_lines(REQUEST, GET "host: a.example\nhost: a.example"), H2NEG_ERR_H2_HOST);
    CHECK_INT(read_lines(REQUEST, ":method: GET\n:scheme: https\n:path: /\nhost: "),
              H2NEG_ERR_H2_HOST);
    CHECK_INT(read_lines(REQUEST, ":method: GET\n:scheme: https\n:path: /\nhost: u@a"),
              H2NEG_ERR_H2_HOST);
    CHECK_INT(read_lines(REQUEST, ":method: GET\n:scheme: coap\n:path: /\nhost: a b"),
              H2NEG_ERR_H2_HOST);
    CHECK_INT(read_lines(RESPONSE, ":status: 200\nhost: a\nx: 1\nhost: b"), 0);
    CHECK_INT(head.count, 1); /* a response has no authority: Host says nothing there */
    CHECK_TEXT(head.fields[0].name, "x");
}

/* 8.5 and RFC 8441 4: every combination of pseudo-fields beside :method CONNECT. */
static void connect(void)
{
    static const char *const lines[] = {":scheme: https\n", ":path: /\n", ":authority: a:443\n",
                                        ":protocol: websocket\n"};
    unsigned set, i;
    for (set = 0; set < 16; set++) {
        char all[128] = ":method: CONNECT\n";
        for (i = 0; i < 4; i++)
            if (set & 1u << i)
                strcat(all, lines[i]);
        CHECK_INT(read_lines(EXTENDED, all), set == 4 || set == 15 ? 0 : H2NEG_ERR_H2_REQUEST);
        CHECK_INT(read_lines(REQUEST, all), set & 8    ? H2NEG_ERR_H2_PSEUDO
                                            : set == 4 ? 0
                                                       : H2NEG_ERR_H2_REQUEST);
    }
    CHECK_INT(
        read_lines(
            EXTENDED,
            ":method: CONNECT\n:scheme: https\n:path: /c\n:authority: a\n:protocol: websocket"),
        0);
    CHECK_TEXT(head.protocol, "websocket");
    CHECK_TEXT(head.path, "/c");
    CHECK_INT(read_lines(EXTENDED, GET ":protocol: websocket"), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(read_lines(EXTENDED,
                         ":method: CONNECT\n:scheme: https\n:path: *\n:authority: a\n:protocol: x"),
              H2NEG_ERR_H2_REQUEST);
    CHECK_INT(read_lines(EXTENDED,
                         ":method: CONNECT\n:scheme: https\n:path: /\n:authority: a\n:protocol: "),
              H2NEG_ERR_H2_REQUEST);
    CHECK_INT(read_lines(EXTENDED,
                         ":method: CONNECT\n:scheme: https\n:path: /\n:authority: \n:protocol: x"),
              H2NEG_ERR_H2_HOST);
    CHECK_INT(
        read_lines(EXTENDED, ":method: CONNECT\n:scheme: https\n:path: /\nhost: a\n:protocol: x"),
        H2NEG_ERR_H2_PSEUDO);
    CHECK_INT(read_lines(REQUEST, ":method: CONNECT\n:authority: a"),
              H2NEG_ERR_H2_HOST); /* no port */
    CHECK_INT(read_lines(REQUEST, ":method: CONNECT\n:authority: a:"), H2NEG_ERR_H2_HOST);
    CHECK_INT(read_lines(REQUEST, ":method: CONNECT\n:authority: a:0"), H2NEG_ERR_H2_HOST);
    CHECK_INT(read_lines(REQUEST, ":method: CONNECT\nhost: a:1"), H2NEG_ERR_H2_REQUEST);
    CHECK_INT(read_lines(REQUEST, ":method: CONNECT\n:authority: a:1\nhost: A:1"), 0);
    CHECK_INT(read_lines(REQUEST, ":method: connect\n:authority: a:1"),
              H2NEG_ERR_H2_REQUEST); /* case */
}

/* 8.3.2: all three-octet texts of digits and neighbours, and others. */
static void response(void)
{
    char line[32];
    int n;
    for (n = 0; n < 1000; n++) {
        snprintf(line, sizeof line, ":status: %03d", n);
        CHECK_INT(read_lines(RESPONSE, line), n < 100 || n == 101 ? H2NEG_ERR_H2_STATUS : 0);
        if (n >= 100 && n != 101)
            CHECK_INT(head.status, n);
    }
    CHECK_INT(read_lines(RESPONSE, ":status: "), H2NEG_ERR_H2_STATUS);
    CHECK_INT(read_lines(RESPONSE, ":status: 20"), H2NEG_ERR_H2_STATUS);
    CHECK_INT(read_lines(RESPONSE, ":status: 2000"), H2NEG_ERR_H2_STATUS);
    CHECK_INT(read_lines(RESPONSE, ":status: 2x0"), H2NEG_ERR_H2_STATUS);
    CHECK_INT(read_lines(RESPONSE, ":status: +20"), H2NEG_ERR_H2_STATUS);
    CHECK_INT(read_lines(RESPONSE, ":status: 200 OK"), H2NEG_ERR_H2_STATUS);
    CHECK_INT(read_lines(RESPONSE, ":status: 200 "), H2NEG_ERR_H2_FIELD_VALUE);
    CHECK_INT(read_lines(RESPONSE, ""), H2NEG_ERR_H2_STATUS);
    CHECK_INT(read_lines(RESPONSE, "x: 1"), H2NEG_ERR_H2_STATUS);
    CHECK_INT(read_lines(RESPONSE, ":status: 204\nserver: x\nset-cookie: a\nset-cookie: b"), 0);
    CHECK_INT(head.count, 3); /* Set-Cookie is not joined (RFC 9110 5.3) */
}

/* 8.2.1: all octets in a name (alone, first, last) and in a value (alone, first, middle, last). */
static void octets(void)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz";
    int octet, place, kind;
    for (octet = 0; octet < 256; octet++)
        for (place = 0; place < 4; place++)
            for (kind = REQUEST; kind <= TRAILERS; kind++) {
                size_t n = section(kind == REQUEST    ? GET
                                   : kind == RESPONSE ? ":status: 200\n"
                                                      : "");
                char name[3] = {'x', 'x', 'x'}, value[3] = {'v', 'v', 'v'};
                int good = octet && strchr(token, octet);
                int ctl = (octet < 0x20 && octet != '\t') || octet == 0x7f;
                int edge = (octet == ' ' || octet == '\t') && place != 1;
                size_t len = place == 3 ? 1 : 3, at = place == 3 ? 0 : (size_t)place;
                name[at] = (char)octet;
                fields[n].name = h2neg__str(name, len);
                fields[n].value = h2neg_s("v");
                CHECK_INT(read_fields(kind, n + 1), good ? 0
                                                    : octet == ':' && at == 0
                                                        ? H2NEG_ERR_H2_PSEUDO
                                                        : H2NEG_ERR_H2_FIELD_NAME);
                n = section(kind == REQUEST ? GET : kind == RESPONSE ? ":status: 200\n" : "");
                value[at] = (char)octet;
                fields[n].name = h2neg_s("x");
                fields[n].value = h2neg__str(value, len);
                CHECK_INT(read_fields(kind, n + 1), ctl || edge ? H2NEG_ERR_H2_FIELD_VALUE : 0);
            }
    CHECK_INT(read_lines(REQUEST, GET ": empty"), H2NEG_ERR_H2_FIELD_NAME);
    CHECK_INT(read_lines(REQUEST, GET "x: "), 0);
    CHECK_INT(read_lines(REQUEST, GET "Connection: x"), H2NEG_ERR_H2_FIELD_NAME);
}

static void connection_fields(void)
{
    static const char *const names[] = {"connection", "proxy-connection", "keep-alive",
                                        "transfer-encoding", "upgrade"};
    size_t i;
    for (i = 0; i < 5; i++) {
        char lines[200];
        snprintf(lines, sizeof lines, GET "%s: x", names[i]);
        CHECK_INT(read_lines(REQUEST, lines), H2NEG_ERR_H2_FIELD_CONNECTION);
        snprintf(lines, sizeof lines, ":status: 200\n%s: ", names[i]);
        CHECK_INT(read_lines(RESPONSE, lines), H2NEG_ERR_H2_FIELD_CONNECTION);
        snprintf(lines, sizeof lines, "%s: x", names[i]);
        CHECK_INT(read_lines(TRAILERS, lines), H2NEG_ERR_H2_FIELD_CONNECTION);
    }
    CHECK_INT(read_lines(REQUEST, GET "te: trailers\nhttp2-settings: AAMAAABk\nx: 1"), 0);
    CHECK_INT(head.count, 1); /* what concerns the hop alone is left out */
    CHECK_TEXT(head.fields[0].name, "x");
    CHECK_INT(read_lines(REQUEST, GET "te: Trailers"), 0);
    CHECK_INT(read_lines(REQUEST, GET "te: trailers, gzip"), H2NEG_ERR_H2_FIELD_CONNECTION);
    CHECK_INT(read_lines(REQUEST, GET "te: gzip"), H2NEG_ERR_H2_FIELD_CONNECTION);
    CHECK_INT(read_lines(REQUEST, GET "te: "), H2NEG_ERR_H2_FIELD_CONNECTION);
    CHECK_INT(read_lines(RESPONSE, ":status: 200\nte: trailers"), H2NEG_ERR_H2_FIELD_CONNECTION);
    CHECK_INT(read_lines(REQUEST, GET "connections: x\nupgrade-insecure-requests: 1"), 0);
}

static void trailers(void)
{
    static const char *const bad[] = {"content-length: 1", "host: a",         "trailer: x",
                                      "authorization: x",  "content-type: x", "content-encoding: x",
                                      "cookie: a=b",       "set-cookie: a"};
    size_t i;
    CHECK_INT(read_lines(TRAILERS, "grpc-status: 0\nx: 1"), 0);
    CHECK_INT(head.count, 2);
    CHECK(head.content_length == UINT64_MAX);
    CHECK_TEXT(head.fields[0].name, "grpc-status");
    CHECK_INT(read_fields(TRAILERS, 0), 0);
    CHECK_INT(head.count, 0);
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_INT(read_lines(TRAILERS, bad[i]), H2NEG_ERR_TRAILER_FIELD);
    CHECK_INT(read_lines(TRAILERS, "te: trailers"), H2NEG_ERR_H2_FIELD_CONNECTION);
}

static void content_length(void)
{
    static const char *const bad[] = {"",
                                      "+5",
                                      "-0",
                                      "0x5",
                                      "5_0",
                                      "5, 5",
                                      "5,",
                                      "5 5",
                                      "1e3",
                                      "5.0",
                                      "9223372036854775808",
                                      "18446744073709551616",
                                      "00000000000000000005"};
    char lines[256];
    size_t i;
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(lines, sizeof lines, GET "content-length: %s", bad[i]);
        CHECK_INT(read_lines(REQUEST, lines), H2NEG_ERR_H2_CONTENT_LENGTH);
        snprintf(lines, sizeof lines, ":status: 200\ncontent-length: %s", bad[i]);
        CHECK_INT(read_lines(RESPONSE, lines), H2NEG_ERR_H2_CONTENT_LENGTH);
    }
    CHECK_INT(read_lines(REQUEST, GET "content-length: 5\ncontent-length: 5"),
              H2NEG_ERR_H2_CONTENT_LENGTH);
    CHECK_INT(read_lines(REQUEST, GET "content-length: 5\ncontent-length: 6"),
              H2NEG_ERR_H2_CONTENT_LENGTH);
    CHECK_INT(read_lines(RESPONSE, ":status: 200\ncontent-length: 9223372036854775807"), 0);
    CHECK(head.content_length == 9223372036854775807u);
    CHECK_INT(read_lines(RESPONSE, ":status: 200\ncontent-length: 0"), 0);
    CHECK_INT(head.content_length, 0);
}

/* 8.2.3: crumbs are joined where the first stood; the room it takes, to the octet. */
static void cookies(void)
{
    static const char three[] = GET "x: 1\ncookie: a=b\ny: 2\ncookie: c=d\ncookie: e=f\nz: 3";
    char *room;
    size_t n, size;
    CHECK_INT(read_lines(REQUEST, three), 0);
    CHECK_INT(head.crumbs, 3);
    CHECK_INT(head.count, 4);
    CHECK_TEXT(head.fields[0].name, "x");
    CHECK_TEXT(head.fields[1].name, "cookie");
    CHECK_TEXT(head.fields[1].value, "a=b; c=d; e=f");
    CHECK_TEXT(head.fields[2].name, "y");
    CHECK_TEXT(head.fields[3].name, "z");
    CHECK_INT(read_lines(REQUEST, GET "cookie: a=b"), 0);
    CHECK_INT(head.crumbs, 1);
    CHECK(head.fields[0].value.ptr < text || head.fields[0].value.ptr >= text + sizeof text);
    n = section(GET "cookie: a=b\ncookie: c");
    fields[n - 1].flags = H2NEG_NEVER_INDEX;
    CHECK_INT(read_fields(REQUEST, n), 0);
    CHECK_INT(head.fields[0].flags, H2NEG_NEVER_INDEX);
    CHECK_INT(read_lines(REQUEST, GET "cookie: \ncookie: \ncookie: a"), 0);
    CHECK_TEXT(head.fields[0].value, "; ; a");
    for (size = 0; size <= 13; size++) {
        room = (char *)malloc(size ? size : 1);
        n = section(three);
        CHECK_INT(h2neg_h2_read_request(&head, fields, n, room, size, 0),
                  size < 13 ? H2NEG_ERR_TOO_SMALL : 0);
        CHECK_INT(head.count, size < 13 ? 0 : 4);
        free(room);
    }
    n = section(GET "cookie: a");
    CHECK_INT(h2neg_h2_read_request(&head, fields, n, NULL, 0, 0), 0); /* one needs no room */
}

static void priority_is(const char *value, int urgency, int incremental)
{
    unsigned char *tight = check_tight(value, strlen(value));
    int u = -1, i = -1;
    h2neg_priority_parse(h2neg__str(tight, strlen(value)), &u, &i);
    if (u != urgency || i != incremental) {
        CHECK_INT(u, urgency);
        CHECK_INT(i, incremental);
        fprintf(stderr, "    \"%s\"\n", value);
    }
    free(tight);
}

/* RFC 9218 4 */
static void priority(void)
{
    char line[16];
    int n;
    priority_is("", 3, 0);
    priority_is("u=0", 0, 0);
    priority_is("u=5, i", 5, 1);
    priority_is("i", 3, 1);
    priority_is("i=?1", 3, 1);
    priority_is("i=?0", 3, 0);
    priority_is("i,u=1", 1, 1);
    for (n = -20; n < 20; n++) {
        snprintf(line, sizeof line, "u=%d,i", n);
        priority_is(line, n >= 0 && n <= 7 ? n : 3, 1); /* out of range is ignored */
    }
    priority_is("u=007", 7, 0);
    priority_is("u=-0", 0, 0);
    priority_is("u=999999999999999, i", 3, 1);
    priority_is("u=1.0, i", 3, 1); /* values of unexpected types are ignored */
    priority_is("u, i", 3, 1);
    priority_is("u=?1, i=1", 3, 0);
    priority_is("u=\"1\", i=\"?1\"", 3, 0);
    priority_is("u=(1), i", 3, 1);
    priority_is("u=1, u=2", 2, 0); /* the last one counts (RFC 8941 3.2) */
    priority_is("u=1, u=9", 3, 0);
    priority_is("i, i=?0", 3, 0);
    priority_is("u=2;a=b;c, i;q=?0", 2, 1);
    priority_is("u=2; a, i;b=\"x,y\"", 2, 1);
    priority_is("  u=2 \t,\t i  ", 2, 1);
    priority_is("u=2,x=\"a, u=5\\\"\\\\\",i", 2, 1);
    priority_is("x=a:/b*, u=2", 2, 0);
    priority_is("x=:aGk=:, u=2", 2, 0);
    priority_is("x=::, u=2", 2, 0);
    priority_is("x=(), y=( a  \"b\" 1;q=1 );z, u=2", 2, 0);
    priority_is("x=-1.5, *a-b_c.d=1, u=2", 2, 0);
    priority_is("x=*a, u=2", 2, 0);
    priority_is("U=2", 3, 0);
}

/* A Dictionary that is not one leaves the defaults, whatever it said before. */
static void priority_malformed(void)
{
    static const char *const bad[] = {",",
                                      "u=1,",
                                      "u=1, ",
                                      ",u=1",
                                      "u=1,,i",
                                      "u=1 i",
                                      "u=1;",
                                      "u=1; ",
                                      "u=",
                                      "u=1,i=",
                                      "u=1, I",
                                      "u=1, 1a",
                                      "u=1, -a",
                                      "u=1, {",
                                      "u=1, ",
                                      "u=1, x=.5",
                                      "u=1, x=1..2",
                                      "u=1, x=\"",
                                      "u=1, x=\"a",
                                      "u=1, x=\"a\\",
                                      "u=1, x=\"a\\b\"",
                                      "u=1, x=\"\x7f\"",
                                      "u=1, x=\"\x80\"",
                                      "u=1, x=:a",
                                      "u=1, x=:a b:",
                                      "u=1, x=?",
                                      "u=1, x=?2",
                                      "u=1, x=-",
                                      "u=1, x=1.",
                                      "u=1, x=1.2345",
                                      "u=1, x=1234567890123.1",
                                      "u=1, x=1234567890123456",
                                      "u=1, x=--1",
                                      "u=1, x=(",
                                      "u=1, x=(a",
                                      "u=1, x=(a,b)",
                                      "u=1, x=(a\"b\")",
                                      "u=1, x=(\ta)",
                                      "u=1, x=)",
                                      "u=1, x=@1",
                                      "u=1, x=%\"a\"",
                                      "u=1;A",
                                      "u=1;a=",
                                      "\tu=1",
                                      "u =1",
                                      "u= 1",
                                      "u=1 ;a",
                                      "u=1\n",
                                      "u=1, x=a\"b"};
    size_t i;
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
        priority_is(bad[i], 3, 0);
}

/* All octets behind a good member, and cuts of a long value: never read beyond, never anything but
   3, 0 or what is said. */
static void priority_octets(void)
{
    static const char long_value[] = "x=(a \"b\\\"\";c=:aa: 1.5);d, y=\"z\", u=2, i;e=?1";
    char value[8];
    int octet, u, i;
    size_t n;
    for (octet = 0; octet < 256; octet++) {
        memcpy(value, "u=1", 3);
        value[3] = (char)octet;
        h2neg_priority_parse(h2neg__str(value, 4), &u, &i);
        CHECK_INT(u, octet == ' ' || octet == '\t' ? 1 : 3); /* "u=1" and a digit is out of range */
        CHECK_INT(i, 0);
    }
    for (n = 0; n <= strlen(long_value); n++) {
        unsigned char *tight = check_tight(long_value, n);
        h2neg_priority_parse(h2neg__str(tight, n), &u, &i);
        CHECK((u == 3 && i == 0) ||
              (u == 2 && n >= (size_t)(strstr(long_value, "u=2") + 3 - long_value)));
        free(tight);
    }
    CHECK(u == 2 && i == 1);
}

/* ---- marks: rules that a field in the dynamic table was seen to keep to ---- */

enum { MARK_TABLE = 4096 };
static h2neg_hpack_decoder marker;
static char marked_text[MARK_TABLE * 2];

/* Decodes a block into `fields`; how many there are. */
static size_t decode_marked(const unsigned char *block, size_t len)
{
    static h2neg_hpack_list list;
    memset(&list, 0, sizeof list);
    list.fields = fields;
    list.room = H2NEG__COUNT(fields);
    list.text = marked_text;
    list.text_room = sizeof marked_text;
    CHECK_INT(h2neg_hpack_decode(&marker, &list, block, len, 1), len);
    return list.count;
}

static int read_marked(int kind, size_t count)
{
    static const unsigned allowed[] = {H2NEG__PSEUDO_REQUEST & ~H2NEG__PSEUDO_PROTOCOL,
                                       H2NEG__PSEUDO_STATUS, 0, H2NEG__PSEUDO_REQUEST};
    memset(&head, 0xa5, sizeof head);
    return h2neg__section_whole(&head, fields, count, h2neg__write(text, sizeof text),
                                allowed[kind], H2NEG__MARKS);
}

/* The section that starts with `lines` and ends with the field: out of the dynamic table of a
   decoder that marks, moved on the way or not, it is judged as if it came without marks. */
static void mark_like(int kind, const char *lines, h2neg_str name, h2neg_str value)
{
    static unsigned char memory[2][MARK_TABLE * 3];
    unsigned char block[1024], again[32];
    size_t n = section(lines), count, at = 0, i;
    int verdict, move;
    fields[n].name = name;
    fields[n].value = value;
    fields[n++].flags = 0;
    for (i = 0; i < n; i++) {
        block[at++] = 0x40; /* a literal that enters the table */
        block[at++] = (unsigned char)fields[i].name.len;
        h2neg__copy(block + at, fields[i].name.ptr, fields[i].name.len);
        block[at += fields[i].name.len] = (unsigned char)fields[i].value.len;
        h2neg__copy(block + ++at, fields[i].value.ptr, fields[i].value.len);
        at += fields[i].value.len;
        again[i] = (unsigned char)(0x80 + 61 + n - i);
    }
    verdict = read_fields(kind, n);
    count = head.count;
    for (move = 0; move < 2; move++) {
        h2neg_hpack_decoder_init(&marker, memory[0], sizeof memory[0], MARK_TABLE);
        marker.marks = 1;
        CHECK_INT(decode_marked(block, at), n);
        CHECK_INT(read_marked(kind, n), verdict);
        if (move)
            h2neg_hpack_decoder_move(&marker, memory[1], sizeof memory[1]);
        CHECK_INT(decode_marked(again, n), n);
        CHECK_INT(fields[n - 1].flags, h2neg__field_marks(name, value));
        CHECK_INT(read_marked(kind, n), verdict);
        CHECK_INT(head.count, count);
        for (i = 0; i < head.count; i++)
            CHECK_INT(head.fields[i].flags, 0);
    }
}

#define BEFORE(kind) ((kind) == REQUEST ? GET : (kind) == RESPONSE ? ":status: 200\n" : "")

static void marks(void)
{
    static const char *const names[] = {"x",          "",
                                        "Name",       "x:y",
                                        "x_y.z",      "cookie",
                                        "te",         "host",
                                        "connection", "content-length",
                                        "upgrade",    "transfer-encoding",
                                        "set-cookie", "keep-alive",
                                        ":status",    ":path",
                                        ":x",         "http2-settings",
                                        "trailer",    "accept-ranges", ":authority"};
    static const char *const values[] = {"", "1", "trailers", "a.example", " a", "a\r\nb", "a=b"};
    char name[] = "a-name", value[] = "a value";
    int kind, octet;
    size_t i, k;
    for (kind = REQUEST; kind <= EXTENDED; kind++) {
        for (i = 0; i < H2NEG__COUNT(names); i++)
            for (k = 0; k < H2NEG__COUNT(values); k++)
                mark_like(kind, BEFORE(kind), h2neg_s(names[i]), h2neg_s(values[k]));
        mark_like(kind, kind == REQUEST ? GET "cookie: a=b\n" : "", h2neg_s("cookie"),
                  h2neg_s("c=d"));
        for (octet = 0; octet < 256; octet++)
            for (i = 0; i < 3; i++) {
                name[i * 2] = value[i * 3] = (char)octet;
                mark_like(kind, BEFORE(kind), h2neg_s("x"), h2neg__str(value, 7));
                mark_like(kind, BEFORE(kind), h2neg__str(name, 6), h2neg_s("x"));
                name[i * 2] = 'n';
                value[i * 3] = 'v';
            }
    }
}

/* Nothing that a caller puts into flags is a mark, and a decoder of a caller's gives none. */
static void no_marks(void)
{
    static unsigned char memory[MARK_TABLE * 3];
    static const unsigned char block[] = {0x82, 0x40, 1, 'x', 1, 'y', 0xbe};
    size_t n = section(GET "X: y");
    fields[n - 1].flags = H2NEG__MARKS;
    CHECK_INT(read_fields(REQUEST, n), H2NEG_ERR_H2_FIELD_NAME);
    n = section(GET "x: \001");
    fields[n - 1].flags = H2NEG__MARKS;
    CHECK_INT(read_fields(REQUEST, n), H2NEG_ERR_H2_FIELD_VALUE);
    n = section(":method: GET\n:scheme: https\n:path: / \n:authority: a.example");
    fields[2].flags = H2NEG__MARKS;
    CHECK_INT(read_fields(REQUEST, n), H2NEG_ERR_H2_FIELD_VALUE);
    h2neg_hpack_decoder_init(&marker, memory, sizeof memory, MARK_TABLE);
    CHECK_INT(decode_marked(block, sizeof block), 3);
    CHECK_INT(fields[0].flags | fields[1].flags | fields[2].flags, 0);
}

/* What the static table holds is marked without a look. */
static void marks_static(void)
{
    unsigned char block = 0x80;
    while (++block <= 0x80 + H2NEG__HPACK_STATICS) {
        h2neg_hpack_decoder_init(&marker, NULL, 0, 0);
        marker.marks = 1;
        marker.table.max = 0;
        CHECK_INT(decode_marked(&block, 1), 1);
        CHECK_INT(fields[0].flags, H2NEG__MARK_VALUE);
        CHECK(h2neg__is_value(fields[0].value));
    }
}

CHECK_MAIN(request, pseudo_fields, mandatory, request_values, host, connect, response, octets,
           connection_fields, trailers, content_length, cookies, priority, priority_malformed,
           priority_octets, marks, no_marks, marks_static)
