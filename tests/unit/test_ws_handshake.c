/* >>ws-handshake: RFC 6455 4, 9.1, 10.2; RFC 7692 7.1; RFC 8441 5. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="            /* RFC 6455 1.3 */
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define MAX_FIELDS 16

/* "Name: value" lines to fields; what is lent stays good until the next call. */
static h2neg_field lent[MAX_FIELDS];
static char lent_text[4096];
static size_t parse(const char *lines)
{
    size_t count = 0;
    char *p = lent_text;
    strcpy(lent_text, lines);
    while (*p) {
        size_t n = strcspn(p, "\n"), colon = strcspn(p, ":");
        h2neg_field *f = &lent[count++];
        f->name = h2neg__str(p, colon);
        f->value = h2neg__trim(h2neg__str(p + colon + 1, n - colon - 1));
        f->flags = 0;
        p += n + (p[n] == '\n');
    }
    return count;
}

static h2neg_ws_request request;
static int ask(const char *method, int minor, const char *lines, const h2neg_ws_policy *policy)
{
    memset(&request, 0, sizeof request);
    request.method = h2neg_s(method);
    request.authority = h2neg_s("server.example.com");
    request.fields = lent;
    request.count = parse(lines);
    request.minor = minor;
    return h2neg_ws_check_request(&request, policy);
}

#define UP "Upgrade: websocket\nConnection: Upgrade\n"
#define V13 "Sec-WebSocket-Version: 13\n"
#define K "Sec-WebSocket-Key: " KEY "\n"
#define GOOD UP V13 K

static void test_accept_key(void)
{
    char out[29], key[25];
    static const unsigned char nonce[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    h2neg_ws_accept_key(out, h2neg_s(KEY));
    CHECK_OCTETS(out, 29, ACCEPT "\0", 29);
    h2neg_ws_make_key(key, (const unsigned char *)"the sample nonce");
    CHECK_OCTETS(key, 25, KEY "\0", 25);
    h2neg_ws_make_key(key, nonce);
    CHECK_OCTETS(key, 25, "AQIDBAUGBwgJCgsMDQ4PEA==\0", 25);
}

static void test_request(void)
{
    /* RFC 6455 1.2's example, but for its Origin, which is another site's */
    CHECK_INT(ask("GET", 1, "Host: server.example.com\n" UP K
                  "Sec-WebSocket-Protocol: chat, superchat\n" V13, NULL), 0);
    CHECK_TEXT(request.key, KEY);
    CHECK(request.origin.ptr == NULL);
    CHECK_INT(ask("POST", 1, GOOD, NULL), H2NEG_ERR_WS_METHOD);
    CHECK_INT(ask("get", 1, GOOD, NULL), H2NEG_ERR_WS_METHOD);
    CHECK_INT(ask("", 1, GOOD, NULL), H2NEG_ERR_WS_METHOD);
    CHECK_INT(ask("GET", 0, GOOD, NULL), H2NEG_ERR_WS_METHOD);
    CHECK_INT(h2neg_error_status(H2NEG_ERR_WS_METHOD), 400);
}

static void test_request_upgrade(void)
{
    CHECK_INT(ask("GET", 1, "Upgrade: WebSocket\nConnection: keep-alive, Upgrade\n" V13 K, NULL),
              0);
    CHECK_INT(ask("GET", 1, "Upgrade: h2c, websocket\nConnection: upgrade\n" V13 K, NULL), 0);
    CHECK_INT(ask("GET", 1, "Upgrade: websockets\nConnection: upgrade\n" V13 K, NULL),
              H2NEG_ERR_WS_UPGRADE);
    CHECK_INT(ask("GET", 1, "Upgrade: websocket\nConnection: keep-alive\n" V13 K, NULL),
              H2NEG_ERR_WS_UPGRADE);
    CHECK_INT(ask("GET", 1, "Connection: upgrade\n" V13 K, NULL), H2NEG_ERR_WS_UPGRADE);
    CHECK_INT(ask("GET", 1, "Upgrade: websocket\n" V13 K, NULL), H2NEG_ERR_WS_UPGRADE);
    CHECK_INT(h2neg_error_status(H2NEG_ERR_WS_UPGRADE), 400);
}

static void test_request_version(void)
{
    static const char *const bad[] = {"", "12", "8", "013", "13,13", "13, 8", "1 3", "130", "+13",
                                      "13.0", "0x0d", "\"13\""};
    char lines[256];
    size_t i;
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(lines, sizeof lines, UP K "Sec-WebSocket-Version: %s\n", bad[i]);
        CHECK_INT(ask("GET", 1, lines, NULL), H2NEG_ERR_WS_VERSION);
    }
    CHECK_INT(ask("GET", 1, UP K, NULL), H2NEG_ERR_WS_VERSION);
    CHECK_INT(ask("GET", 1, UP K V13 V13, NULL), H2NEG_ERR_WS_VERSION);
    CHECK_INT(ask("GET", 1, UP "Sec-WebSocket-Version: 25\n", NULL), H2NEG_ERR_WS_VERSION);
    CHECK_INT(h2neg_error_status(H2NEG_ERR_WS_VERSION), 426);
}

static void test_request_key(void)
{
    static const char *const bad[] = {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZQA=", "dGhlIHNhbXBsZSBub25jZQAA",
        "dGhlIHNhbXBsZSBub25jZ===", "dGhlIHNhbXBsZSBub25-ZQ==", "dGhlIHNhbXBsZS Bub25jZQ=",
        "dGhlIHNhbXBsZSBub25jZQ==, x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    char lines[256];
    size_t i;
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(lines, sizeof lines, UP V13 "Sec-WebSocket-Key: %s\n", bad[i]);
        CHECK_INT(ask("GET", 1, lines, NULL), H2NEG_ERR_WS_KEY);
        CHECK_INT(request.key.len, 0);
    }
    CHECK_INT(ask("GET", 1, UP V13, NULL), H2NEG_ERR_WS_KEY);
    CHECK_INT(ask("GET", 1, UP V13 K K, NULL), H2NEG_ERR_WS_KEY);
    /* RFC 6455 4.1's own example of a key has stray bits at its end */
    CHECK_INT(ask("GET", 1, UP V13 "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==\n", NULL), 0);
    CHECK_INT(h2neg_error_status(H2NEG_ERR_WS_KEY), 400);
}

static void test_request_key_octets(void)
{
    char key[25] = KEY;
    int c;
    for (c = 0; c < 256; c++) {
        int good =
            c && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", c);
        key[7] = (char)c;
        CHECK_INT(h2neg__ws_is_key(h2neg__str(key, 24)), good != 0);
    }
}

static void test_request_subprotocols(void)
{
    char lines[1024] = GOOD "Sec-WebSocket-Protocol: ";
    int i;
    CHECK_INT(ask("GET", 1, GOOD "Sec-WebSocket-Protocol: a\nSec-WebSocket-Protocol: b,,A\n", NULL),
              0);
    CHECK_INT(ask("GET", 1, GOOD "Sec-WebSocket-Protocol: \n", NULL), H2NEG_ERR_WS_SUBPROTOCOL);
    CHECK_INT(ask("GET", 1, GOOD "Sec-WebSocket-Protocol: a b\n", NULL), H2NEG_ERR_WS_SUBPROTOCOL);
    CHECK_INT(ask("GET", 1, GOOD "Sec-WebSocket-Protocol: \"a\"\n", NULL),
              H2NEG_ERR_WS_SUBPROTOCOL);
    CHECK_INT(ask("GET", 1, GOOD "Sec-WebSocket-Protocol: a, b, a\n", NULL),
              H2NEG_ERR_WS_SUBPROTOCOL);
    CHECK_INT(ask("GET", 1, GOOD "Sec-WebSocket-Protocol: a\nSec-WebSocket-Protocol: a\n", NULL),
              H2NEG_ERR_WS_SUBPROTOCOL);
    for (i = 0; i < 65; i++) {
        snprintf(lines + strlen(lines), 16, "p%d,", i);
        CHECK_INT(ask("GET", 1, lines, NULL), i < 64 ? 0 : H2NEG_ERR_WS_SUBPROTOCOL);
    }
    CHECK_INT(ask("GET", 1, GOOD "Sec-WebSocket-Extensions: a;;b\n", NULL), H2NEG_ERR_WS_EXTENSION);
}

static int origin(const char *text, const char *authority, const h2neg_ws_policy *policy)
{
    h2neg_ws_request r;
    char lines[512];
    snprintf(lines, sizeof lines, GOOD "Origin: %s\n", text);
    memset(&r, 0, sizeof r);
    r.method = h2neg_s("GET");
    r.authority = h2neg_s(authority);
    r.fields = lent;
    r.count = parse(lines);
    r.minor = 1;
    return h2neg_ws_check_request(&r, policy);
}

static void test_origin_same(void)
{
    static const char *const good[][2] = {
        {"http://a.example", "a.example"}, {"https://a.example", "a.example"},
        {"http://A.EXAMPLE", "a.example"}, {"http://a.example:80", "a.example"},
        {"http://a.example", "a.example:80"}, {"https://a.example", "a.example:443"},
        {"https://a.example:443", "a.example"}, {"http://a.example:8080", "a.example:8080"},
        {"http://[::1]:8080", "[::1]:8080"}, {"http://127.0.0.1", "127.0.0.1"},
        {"app://a.example", "a.example"}};
    static const char *const bad[][2] = {
        {"null", "a.example"}, {"null", "null"}, {"", "a.example"}, {"", ""},
        {"http://b.example", "a.example"}, {"http://a.example.b", "a.example"},
        {"http://xa.example", "a.example"}, {"http://a.example:8080", "a.example"},
        {"http://a.example", "a.example:8080"}, {"http://a.example", "a.example:443"},
        {"https://a.example", "a.example:80"}, {"http://a.example:81", "a.example:80"},
        {"http://a.example/", "a.example"}, {"http://a.example/x", "a.example"},
        {"http://a.example?x", "a.example"}, {"http://a.example#x", "a.example"},
        {"a.example", "a.example"}, {"//a.example", "a.example"},
        {"http://u@a.example", "a.example"}, {"http://a.example http://b.example", "a.example"},
        {"http://a.example, http://b.example", "a.example"}, {"http://", ""},
        {"app://a.example", "a.example:80"}, {"http://a.example", ""}};
    size_t i;
    for (i = 0; i < sizeof good / sizeof good[0]; i++)
        if (origin(good[i][0], good[i][1], NULL) != 0)
            CHECK_TEXT(h2neg_s(good[i][0]), "let in");
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (origin(bad[i][0], bad[i][1], NULL) != H2NEG_ERR_WS_ORIGIN)
            CHECK_TEXT(h2neg_s(bad[i][0]), "refused");
    CHECK_INT(h2neg_error_status(H2NEG_ERR_WS_ORIGIN), 403);
}

static void test_origin_policies(void)
{
    static const char *const listed[] = {"https://a.example", "null"};
    h2neg_ws_policy policy = {H2NEG_ORIGIN_LIST, listed, 2};
    CHECK_INT(origin("https://a.example", "x", &policy), 0);
    CHECK_INT(origin("https://A.example", "x", &policy), 0);
    CHECK_INT(origin("null", "x", &policy), 0);
    CHECK_INT(origin("http://a.example", "a.example", &policy), H2NEG_ERR_WS_ORIGIN);
    CHECK_INT(origin("https://a.example.b", "x", &policy), H2NEG_ERR_WS_ORIGIN);
    CHECK_INT(ask("GET", 1, GOOD, &policy), 0);
    policy.origin = H2NEG_ORIGIN_ANY;
    CHECK_INT(origin("http://b.example", "a.example", &policy), 0);
    CHECK_INT(origin("null", "a.example", &policy), 0);
    CHECK_INT(ask("GET", 1, GOOD "Origin: http://a\nOrigin: http://a\n", &policy),
              H2NEG_ERR_WS_ORIGIN);
    policy.origin = 7;
    CHECK_INT(origin("http://a.example", "a.example", &policy), H2NEG_ERR_WS_ORIGIN);
    CHECK_INT(ask("GET", 1, GOOD "Origin: http://server.example.com\n", NULL), 0);
    CHECK_TEXT(request.origin, "http://server.example.com");
}

static void test_request_connect(void)
{
    /* RFC 8441 5.1's example */
    CHECK_INT(ask("CONNECT", 0, "sec-websocket-protocol: chat, superchat\n"
                  "sec-websocket-extensions: permessage-deflate\nsec-websocket-version: 13\n"
                  "origin: http://server.example.com\n", NULL), 0);
    CHECK_INT(request.key.len, 0);
    CHECK_INT(ask("CONNECT", 0, "", NULL), H2NEG_ERR_WS_VERSION);
    CHECK_INT(ask("CONNECT", 0, V13 "origin: http://www.example.com\n", NULL), H2NEG_ERR_WS_ORIGIN);
}

static int answer(int status, const char *lines, const char *asked, h2neg_str *chosen)
{
    size_t count = parse(lines);
    return h2neg_ws_check_response(status, lent, count, h2neg_s(KEY), h2neg_s(asked), chosen);
}

#define A "Sec-WebSocket-Accept: " ACCEPT "\n"

static void test_response(void)
{
    h2neg_str s;
    CHECK_INT(answer(101, UP A, "", &s), 0);
    CHECK_INT(s.len, 0);
    CHECK_INT(answer(101, "upgrade: WebSocket\nconnection: x, UPGRADE\n" A, "", &s), 0);
    CHECK_INT(answer(200, UP A, "", &s), H2NEG_ERR_WS_STATUS);
    CHECK_INT(answer(100, UP A, "", &s), H2NEG_ERR_WS_STATUS);
    CHECK_INT(answer(401, UP A, "", &s), H2NEG_ERR_WS_STATUS);
    CHECK_INT(answer(101, "Connection: upgrade\n" A, "", &s), H2NEG_ERR_WS_UPGRADE);
    CHECK_INT(answer(101, "Upgrade: websocket\n" A, "", &s), H2NEG_ERR_WS_UPGRADE);
    CHECK_INT(answer(101, "Upgrade: h2c\nConnection: upgrade\n" A, "", &s), H2NEG_ERR_WS_UPGRADE);
    CHECK_INT(answer(101, "Upgrade: websocket, x\nConnection: upgrade\n" A, "", &s),
              H2NEG_ERR_WS_UPGRADE);
    CHECK_INT(answer(101, UP, "", &s), H2NEG_ERR_WS_ACCEPT);
    CHECK_INT(answer(101, UP A A, "", &s), H2NEG_ERR_WS_ACCEPT);
    CHECK_INT(answer(101, UP "Sec-WebSocket-Accept: s3pplmBiTxaQ9kYGzzhZRbK+xOo=\n", "", &s),
              H2NEG_ERR_WS_ACCEPT);
    CHECK_INT(answer(101, UP "Sec-WebSocket-Accept: " KEY "\n", "", &s), H2NEG_ERR_WS_ACCEPT);
    CHECK_INT(answer(101, UP "Sec-WebSocket-Accept: \n", "", &s), H2NEG_ERR_WS_ACCEPT);
}

static void test_response_subprotocol(void)
{
    h2neg_str s;
    CHECK_INT(answer(101, UP A "Sec-WebSocket-Protocol: chat\n", "superchat, chat", &s), 0);
    CHECK_TEXT(s, "chat");
    CHECK_INT(answer(101, UP A, "chat", &s), 0); /* the server takes none: the caller's to judge */
    CHECK_INT(s.len, 0);
    CHECK_INT(answer(101, UP A "Sec-WebSocket-Protocol: chat\n", "", &s), H2NEG_ERR_WS_SUBPROTOCOL);
    CHECK_INT(answer(101, UP A "Sec-WebSocket-Protocol: Chat\n", "chat", &s),
              H2NEG_ERR_WS_SUBPROTOCOL);
    CHECK_INT(answer(101, UP A "Sec-WebSocket-Protocol: \n", "chat", &s), H2NEG_ERR_WS_SUBPROTOCOL);
    CHECK_INT(answer(101, UP A "Sec-WebSocket-Protocol: a, b\n", "a, b", &s),
              H2NEG_ERR_WS_SUBPROTOCOL);
    CHECK_INT(answer(101, UP A "Sec-WebSocket-Protocol: a\nSec-WebSocket-Protocol: a\n", "a", &s),
              H2NEG_ERR_WS_SUBPROTOCOL);
    CHECK_INT(s.len, 0);
    /* RFC 8441: any 2xx, no accept key */
    CHECK_INT(h2neg_ws_check_response(200, NULL, 0, h2neg_s(""), h2neg_s(""), &s), 0);
    CHECK_INT(h2neg_ws_check_response(299, NULL, 0, h2neg_s(""), h2neg_s(""), &s), 0);
    CHECK_INT(h2neg_ws_check_response(300, NULL, 0, h2neg_s(""), h2neg_s(""), &s),
              H2NEG_ERR_WS_STATUS);
    CHECK_INT(h2neg_ws_check_response(101, NULL, 0, h2neg_s(""), h2neg_s(""), &s),
              H2NEG_ERR_WS_STATUS);
}

static void test_subprotocol(void)
{
    static const char *const ours[] = {"v2.chat", "v1.chat", "CHAT"};
    size_t n = parse("Sec-WebSocket-Protocol: v1.chat\nSec-WebSocket-Protocol: x, v2.chat\n");
    CHECK(h2neg_ws_subprotocol(ours, 3, lent, n) == ours[0]);
    CHECK(h2neg_ws_subprotocol(ours + 1, 2, lent, n) == ours[1]);
    CHECK(h2neg_ws_subprotocol(ours, 0, lent, n) == NULL);
    n = parse("Sec-WebSocket-Protocol: chat\n"); /* to the octet */
    CHECK(h2neg_ws_subprotocol(ours, 3, lent, n) == NULL);
    n = parse("Sec-WebSocket-Protocol: v2.chat, v2.chat\n");
    CHECK(h2neg_ws_subprotocol(ours, 3, lent, n) == NULL);
    n = parse("Sec-WebSocket-Protocol: v2.chat, a b\n");
    CHECK(h2neg_ws_subprotocol(ours, 3, lent, n) == NULL);
    CHECK(h2neg_ws_subprotocol(ours, 3, NULL, 0) == NULL);
}

/* "name[parameters]..." of every extension, then what ended the walk. */
static const char *extensions(const char *lines)
{
    static char text[512];
    size_t count = parse(lines), n = 0;
    h2neg_list list = {0, 0};
    h2neg_str name, parameters;
    int r;
    while ((r = h2neg_ws_extension_next(&list, lent, count, &name, &parameters)) == 1)
        n += (size_t)snprintf(text + n, sizeof text - n, "%.*s[%.*s]", (int)name.len, name.ptr,
                              (int)parameters.len, parameters.ptr ? parameters.ptr : "");
    snprintf(text + n, sizeof text - n, "%s",
             r == 0                        ? "."
             : r == H2NEG_ERR_WS_EXTENSION ? "!"
                                           : "?");
    return text;
}
#define E "Sec-WebSocket-Extensions: "
#define WALK(lines, expected) CHECK_TEXT(h2neg_s(extensions(lines)), expected)

static void test_extensions(void)
{
    WALK(E "foo\n" E "bar; baz=2\n", "foo[]bar[baz=2]."); /* RFC 6455 9.1 */
    WALK(E "foo, bar; baz=2\n", "foo[]bar[baz=2].");
    WALK(E "deflate-stream\n", "deflate-stream[].");
    WALK(E "mux; max-channels=4; flow-control, deflate-stream\n",
         "mux[max-channels=4; flow-control]deflate-stream[].");
    WALK(E "private-extension\n", "private-extension[].");
    WALK(E "a ; b = 1 ;c=\"d\"\n", "a[b = 1 ;c=\"d\"].");
    WALK(E ",,a,,b,\n", "a[]b[].");
    WALK("X: y\n", ".");
    WALK(E "a;b=\"x\\y\"\n", "a[b=\"x\\y\"].");
}

static void test_extensions_malformed(void)
{
    WALK(E "\n", "!");
    WALK(E ", ,\n", "!");
    WALK(E "a;\n", "!");
    WALK(E "a; b;\n", "!");
    WALK(E "a;;b\n", "!");
    WALK(E ";b\n", "!");
    WALK(E "a b\n", "!");
    WALK(E "a=b\n", "!");
    WALK(E "ok, a;b=\n", "ok[]!");
    WALK(E "a;=b\n", "!");
    WALK(E "a;b=c=d\n", "!");
    WALK(E "a;b c\n", "!");
    WALK(E "a;b=c d\n", "!");
    WALK(E "a;b=\"\"\n", "!");
    WALK(E "a;b=\"c d\"\n", "!");
    WALK(E "a;b=\"c,d\"\n", "!");
    WALK(E "a;b=\"c\\,d\"\n", "!");
    WALK(E "a;b=\"c\n", "!");
    WALK(E "a;b=\"c\\\n", "!");
    WALK(E "a;b=\"c\\\"\n", "!");
    WALK(E "a;b=\"c\"d\n", "!");
    WALK(E "a;b=c\"d\"\n", "!");
    WALK(E "a/b\n", "!");
}

static void test_parameters(void)
{
    h2neg_str rest = h2neg_s("a; b=1 ; c = \"x\\y\""), name, value;
    int has;
    CHECK_INT(h2neg_ws_parameter_next(&rest, &name, &value, &has), 1);
    CHECK_TEXT(name, "a");
    CHECK_INT(has, 0);
    CHECK_INT(h2neg_ws_parameter_next(&rest, &name, &value, &has), 1);
    CHECK_TEXT(name, "b");
    CHECK_INT(has, 1);
    CHECK_TEXT(value, "1");
    CHECK_INT(h2neg_ws_parameter_next(&rest, &name, &value, &has), 1);
    CHECK_TEXT(name, "c");
    CHECK_TEXT(value, "x\\y");
    CHECK_INT(h2neg_ws_parameter_next(&rest, &name, &value, &has), 0);
    rest = h2neg__str(NULL, 0);
    CHECK_INT(h2neg_ws_parameter_next(&rest, &name, &value, &has), 0);
}

static void test_parameters_octets(void)
{
    int c;
    for (c = 0; c < 256; c++) {
        char quoted[8] = "a=\"x\"", bare[8] = "a=xy";
        h2neg_str name, value, rest = h2neg__str(quoted, 5);
        int has, token = h2neg__is_class((char)c, H2NEG__TOKEN);
        quoted[3] = (char)c;
        CHECK_INT(h2neg_ws_parameter_next(&rest, &name, &value, &has),
                  token ? 1 : H2NEG_ERR_WS_EXTENSION);
        bare[2] = (char)c;
        rest = h2neg__str(bare, 4);
        CHECK_INT(h2neg_ws_parameter_next(&rest, &name, &value, &has),
                  token || c == ' ' || c == '\t' ? 1 : H2NEG_ERR_WS_EXTENSION);
    }
}

/* What a server answers, or "-" for none and "!" for an error. */
static const char *accept_text(const char *lines, const h2neg_ws_deflate *want)
{
    static char text[160];
    h2neg_ws_deflate agreed;
    size_t count = parse(lines);
    int r = h2neg_ws_deflate_accept(&agreed, want, lent, count);
    ptrdiff_t n;
    if (r != 1)
        return r == 0 ? "-" : "!";
    n = h2neg_ws_deflate_write(text, sizeof text - 1, &agreed);
    text[n] = 0;
    return text;
}
#define PMD "permessage-deflate"
#define TAKE(lines, want, expected) CHECK_TEXT(h2neg_s(accept_text(lines, want)), expected)

static void test_deflate_accept(void)
{
    h2neg_ws_deflate want = {0, 0, 0, 0};
    TAKE(E PMD "\n", NULL, PMD);
    TAKE(E PMD "; client_max_window_bits\n", &want, PMD); /* what browsers offer */
    TAKE(E PMD "; client_max_window_bits; server_max_window_bits=10\n", &want,
         PMD "; server_max_window_bits=10");
    TAKE(E PMD "; server_max_window_bits=15\n", &want, PMD "; server_max_window_bits=15");
    TAKE(E PMD "; server_max_window_bits=\"1\\0\"\n", &want, PMD "; server_max_window_bits=10");
    TAKE(E PMD "; client_max_window_bits=12\n", &want, PMD "; client_max_window_bits=12");
    TAKE(E PMD "; server_no_context_takeover; client_no_context_takeover\n", &want,
         PMD "; server_no_context_takeover; client_no_context_takeover");
    want.client_max_window_bits = 10;
    TAKE(E PMD "; client_max_window_bits\n", &want, PMD "; client_max_window_bits=10");
    TAKE(E PMD "\n", &want, "-"); /* this client cannot be told */
    TAKE(E PMD ", " PMD "; client_max_window_bits\n", &want, PMD "; client_max_window_bits=10");
    want.client_max_window_bits = 0;
    want.server_max_window_bits = 9;
    want.server_no_context_takeover = want.client_no_context_takeover = 1;
    TAKE(E PMD "; server_max_window_bits=10\n", &want, PMD "; server_no_context_takeover; "
         "client_no_context_takeover; server_max_window_bits=9");
    TAKE("X: y\n", &want, "-");
}

static void test_deflate_declined(void)
{
    TAKE(E PMD "; foo\n", NULL, "-");
    TAKE(E PMD "; foo, x-other, " PMD "\n", NULL, PMD);
    TAKE(E "Permessage-Deflate\n", NULL, "-");
    TAKE(E PMD "; server_no_context_takeover; server_no_context_takeover\n", NULL, "-");
    TAKE(E PMD "; server_no_context_takeover=1\n", NULL, "-");
    TAKE(E PMD "; server_max_window_bits\n", NULL, "-");
    TAKE(E PMD "; client_max_window_bits; client_max_window_bits=10\n", NULL, "-");
    TAKE(E PMD "; foo,; bad\n", NULL, "!");
    TAKE(E PMD ", a;;b\n", NULL, "!"); /* malformed behind a good one too */
    TAKE(E "\n", NULL, "!");
}

static void test_deflate_bits(void)
{
    char lines[128];
    int bits;
    for (bits = 0; bits < 300; bits++) {
        snprintf(lines, sizeof lines, E PMD "; server_max_window_bits=%d\n", bits);
        if (bits >= 8 && bits <= 15)
            CHECK(strcmp(accept_text(lines, NULL), "-") != 0);
        else
            TAKE(lines, NULL, "-");
    }
    TAKE(E PMD "; server_max_window_bits=08\n", NULL, "-");
    TAKE(E PMD "; server_max_window_bits=010\n", NULL, "-");
    TAKE(E PMD "; server_max_window_bits=+9\n", NULL, "-");
    TAKE(E PMD "; server_max_window_bits=4294967304\n", NULL, "-");
}

static int answered(const char *lines, const h2neg_ws_deflate *offered, h2neg_ws_deflate *agreed)
{
    size_t count = parse(lines);
    return h2neg_ws_deflate_check(agreed, offered, lent, count);
}

static void test_deflate_check(void)
{
    h2neg_ws_deflate plain = {0, 0, 0, 0}, full = {1, 0, 10, -1}, agreed, hint = {0, 1, 0, 12};
    int bad = H2NEG_ERR_WS_EXTENSION;
    CHECK_INT(answered("X: y\n", &plain, &agreed), 0);
    CHECK_INT(answered("X: y\n", NULL, &agreed), 0);
    CHECK_INT(answered(E PMD "\n", &plain, &agreed), 1);
    CHECK_INT(answered(E PMD "\n", NULL, &agreed), bad);
    CHECK_INT(answered(E "other\n", &plain, &agreed), bad);
    CHECK_INT(answered(E PMD "," PMD "\n", &plain, &agreed), bad);
    CHECK_INT(answered(E PMD "\n" E "other\n", &plain, &agreed), bad);
    CHECK_INT(answered(E "\n", &plain, &agreed), bad);
    CHECK_INT(answered(E PMD "; foo\n", &plain, &agreed), bad);
    CHECK_INT(answered(E PMD "; client_max_window_bits=10\n", &plain, &agreed), bad);
    CHECK_INT(answered(E PMD "; server_max_window_bits=10\n", &plain, &agreed), 1);
    CHECK_INT(agreed.server_max_window_bits, 10);
    CHECK_INT(answered(E PMD "; server_no_context_takeover; server_max_window_bits=10\n", &full,
                       &agreed), 1);
    CHECK_INT(agreed.client_max_window_bits, 0);
    CHECK_INT(answered(E PMD "; server_no_context_takeover; server_max_window_bits=11\n", &full,
                       &agreed), bad);
    CHECK_INT(answered(E PMD "; server_no_context_takeover\n", &full, &agreed), bad);
    CHECK_INT(answered(E PMD "; server_max_window_bits=9\n", &full, &agreed), bad);
    CHECK_INT(answered(E PMD "; server_no_context_takeover; server_max_window_bits=8; "
                             "client_max_window_bits=9; client_no_context_takeover\n",
                       &full, &agreed),
              1);
    CHECK_INT(agreed.client_max_window_bits, 9);
    CHECK_INT(agreed.client_no_context_takeover, 1);
    CHECK_INT(answered(E PMD "; client_max_window_bits\n", &hint, &agreed), bad);
    CHECK_INT(answered(E PMD "\n", &hint, &agreed), 1);
    CHECK_INT(agreed.client_max_window_bits, 12);
    CHECK_INT(agreed.client_no_context_takeover, 1);
    CHECK_INT(answered(E PMD "; client_max_window_bits=15\n", &hint, &agreed), 1);
    CHECK_INT(agreed.client_max_window_bits, 12);
}

static void test_deflate_write(void)
{
    h2neg_ws_deflate d = {1, 1, 15, -1};
    char out[128];
    size_t room;
    ptrdiff_t n;
    const char *expected = PMD "; server_no_context_takeover; client_no_context_takeover; "
                               "server_max_window_bits=15; client_max_window_bits";
    for (room = 0; room <= 128; room++) {
        n = h2neg_ws_deflate_write(out, room, &d);
        CHECK_INT(n, room < strlen(expected) ? H2NEG_ERR_TOO_SMALL : (int)strlen(expected));
    }
    CHECK_OCTETS(out, strlen(expected), expected, strlen(expected));
    d.client_max_window_bits = 15;
    CHECK_INT(h2neg_ws_deflate_write(out, 128, &d), 128);
    d.client_max_window_bits = 7;
    CHECK_INT(h2neg_ws_deflate_write(out, 128, &d), H2NEG_ERR_INVALID);
    d.client_max_window_bits = 0;
    d.server_max_window_bits = -1;
    CHECK_INT(h2neg_ws_deflate_write(out, 128, &d), H2NEG_ERR_INVALID);
    d.server_max_window_bits = 16;
    CHECK_INT(h2neg_ws_deflate_write(out, 128, &d), H2NEG_ERR_INVALID);
}

static void test_write_accept(void)
{
    static const char expected[] =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " ACCEPT "\r\nSec-WebSocket-Protocol: chat\r\nX-A: b\r\n\r\n";
    h2neg_field more = h2neg_f("X-A", "b");
    unsigned char *out;
    size_t room;
    for (room = 0; room < sizeof expected + 3; room++) {
        ptrdiff_t n;
        out = check_tight(expected, room > sizeof expected ? sizeof expected : room);
        n = h2neg_ws_write_accept(out, room > sizeof expected ? sizeof expected : room,
                                  h2neg_s(KEY), "chat", &more, 1);
        if (room < sizeof expected - 1)
            CHECK_INT(n, H2NEG_ERR_TOO_SMALL);
        else
            CHECK_OCTETS(out, (size_t)n, expected, sizeof expected - 1);
        free(out);
    }
}

static void test_write_accept_refuses(void)
{
    static const char *const own[] = {"Upgrade", "connection", "Sec-WebSocket-Accept",
        "sec-websocket-protocol", "Content-Length", "Transfer-Encoding"};
    char out[512];
    size_t i;
    h2neg_str s;
    ptrdiff_t n = h2neg_ws_write_accept(out, sizeof out, h2neg_s(KEY), NULL, NULL, 0);
    CHECK(n > 0 && memcmp(out + n - 4, "\r\n\r\n", 4) == 0);
    for (i = 0; i < sizeof own / sizeof own[0]; i++) {
        h2neg_field f = h2neg_f(own[i], "1");
        CHECK_INT(h2neg_ws_write_accept(out, sizeof out, h2neg_s(KEY), NULL, &f, 1),
                  H2NEG_ERR_INVALID);
    }
    CHECK_INT(h2neg_ws_write_accept(out, sizeof out, h2neg_s("x"), NULL, NULL, 0),
              H2NEG_ERR_WS_KEY);
    CHECK_INT(h2neg_ws_write_accept(out, sizeof out, h2neg_s(KEY), "", NULL, 0),
              H2NEG_ERR_WS_SUBPROTOCOL);
    CHECK_INT(h2neg_ws_write_accept(out, sizeof out, h2neg_s(KEY), "a\r\nb", NULL, 0),
              H2NEG_ERR_WS_SUBPROTOCOL);
    {
        h2neg_field f = h2neg_f("X", "a\r\nY: b");
        CHECK(h2neg_ws_write_accept(out, sizeof out, h2neg_s(KEY), NULL, &f, 1) < 0);
    }
    /* what was written passes a client's look */
    n = (ptrdiff_t)parse(UP A);
    CHECK_INT(h2neg_ws_check_response(101, lent, (size_t)n, h2neg_s(KEY), h2neg_s(""), &s), 0);
}

static void test_write_refuse(void)
{
    char out[256];
    ptrdiff_t n = h2neg_ws_write_refuse(out, sizeof out, 426);
    const char *expected = "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n";
    CHECK_OCTETS(out, (size_t)n, expected, strlen(expected));
    CHECK_INT(h2neg_ws_write_refuse(out, strlen(expected) - 1, 426), H2NEG_ERR_TOO_SMALL);
    n = h2neg_ws_write_refuse(out, sizeof out, 403);
    expected = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    CHECK_OCTETS(out, (size_t)n, expected, strlen(expected));
    n = h2neg_ws_write_refuse(out, sizeof out, 499); /* not registered: an empty reason */
    expected = "HTTP/1.1 499 \r\nContent-Length: 0\r\n\r\n";
    CHECK_OCTETS(out, (size_t)n, expected, strlen(expected));
    CHECK_INT(h2neg_ws_write_refuse(out, sizeof out, 299), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_ws_write_refuse(out, sizeof out, 600), H2NEG_ERR_INVALID);
}

CHECK_MAIN(test_accept_key, test_request, test_request_upgrade, test_request_version,
           test_request_key, test_request_key_octets, test_request_subprotocols, test_origin_same,
           test_origin_policies, test_request_connect, test_response, test_response_subprotocol,
           test_subprotocol, test_extensions, test_extensions_malformed, test_parameters,
           test_parameters_octets, test_deflate_accept, test_deflate_declined, test_deflate_bits,
           test_deflate_check, test_deflate_write, test_write_accept, test_write_accept_refuses,
           test_write_refuse)
