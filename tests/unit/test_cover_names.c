/* Names and words that have the length of one that is known, and are not it: methods, schemes,
   protocols, field names. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"

/* What a server says to `text`, its connection made of `config`. */
static const char *answer(const h2neg_config *config, const char *text, char out[2048])
{
    h2neg_conn *c = h2neg_conn_new(config);
    h2neg_event ev;
    const void *run;
    size_t n, used = 0;
    CHECK_INT(h2neg_feed(c, text, strlen(text)), strlen(text));
    while (h2neg_next(c, &ev))
        if (ev.type == H2NEG_EV_REQUEST) {
            char body[64];
            snprintf(body, sizeof body, "%.*s|%.*s", (int)ev.method.len, ev.method.ptr,
                     (int)ev.path.len, ev.path.ptr);
            h2neg_reply(c, ev.stream, 200, NULL, body, strlen(body));
        }
    while ((n = h2neg_output(c, &run)) != 0) {
        memcpy(out + used, run, n);
        used += n;
        h2neg_output_done(c, n);
    }
    out[used] = 0;
    h2neg_conn_free(c);
    return out;
}

#define KEY                                                                                        \
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"                   \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

/* RFC 6455 4.1: a handshake is a GET, whatever other method it might be. */
static void test_methods(void)
{
    h2neg_config config;
    char out[2048];
    memset(&config, 0, sizeof config);
    CHECK(strstr(answer(&config, "OPTIONS / HTTP/1.1\r\nHost: a\r\n" KEY "\r\n", out), " 400 "));
    CHECK(strstr(answer(&config, "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n" KEY "\r\n", out), " 400 "));
    /* an empty path is "/" but for OPTIONS (RFC 9112 3.2.4) */
    CHECK(
        strstr(answer(&config, "PROPPAT http://a HTTP/1.1\r\nHost: a\r\n\r\n", out), "PROPPAT|/"));
    CHECK(
        strstr(answer(&config, "OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n", out), "OPTIONS|*"));
    /* a list of nothing (RFC 9110 5.6.1.2) expects nothing */
    CHECK(strstr(answer(&config,
                        "PUT / HTTP/1.1\r\nHost: a\r\nExpect: ,,,,,,,,,,,,\r\n"
                        "Content-Length: 1\r\n\r\n",
                        out),
                 " 200 "));
    CHECK(!strstr(out, " 100 "));
    config.protocols = H2NEG_HTTP1 | H2NEG_H2C; /* and where an offer waits for its body */
    answer(&config,
           "PUT / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
           "HTTP2-Settings: AAMAAABk\r\nExpect: ,,,,,,,,,,,,\r\nContent-Length: 5\r\n\r\n",
           out);
    CHECK_INT(strlen(out), 0);
    answer(&config,
           "PUT / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
           "HTTP2-Settings: AAMAAABk\r\nExpect: ,\r\nContent-Length: 5\r\n\r\n",
           out);
    CHECK_INT(strlen(out), 0);
}

/* Only http, https, ws and wss have default ports (RFC 6454 4): with another scheme no port is
   none, and 80 is another origin. */
static void test_origins(void)
{
    static const char *const schemes[] = {"abcd", "xs", "abcde", "abc"};
    size_t i;
    for (i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        char request[512], out[2048];
        h2neg_config config;
        memset(&config, 0, sizeof config);
        snprintf(request, sizeof request,
                 "GET / HTTP/1.1\r\nHost: a\r\nOrigin: %s://a\r\n" KEY "\r\n", schemes[i]);
        CHECK(strstr(answer(&config, request, out), " 200 "));
        snprintf(request, sizeof request,
                 "GET / HTTP/1.1\r\nHost: a\r\nOrigin: %s://a:80\r\n" KEY "\r\n", schemes[i]);
        CHECK(strstr(answer(&config, request, out), " 403 "));
    }
}

/* An error answer has the common fields but a Content-Type; another one of its length stays. */
static void test_common(void)
{
    h2neg_field common[2];
    h2neg_config config;
    char out[2048];
    memset(&config, 0, sizeof config);
    common[0] = h2neg_f("x-powered-by", "it");
    common[1] = h2neg_f("content-type", "text/x");
    config.common_fields = common;
    config.common_field_count = 2;
    answer(&config, "GET / HTTP/1.1\r\n\r\n", out);
    CHECK(strstr(out, "x-powered-by: it\r\n"));
    CHECK(!strstr(out, "text/x"));
}

static void test_proxy(void)
{
    h2neg_proxy proxy;
    static const char other[] = "PROXY UNKNOWX 1.2.3.4 1.2.3.4 1 2\r\n";
    CHECK_INT(h2neg_proxy_read(&proxy, other, sizeof other - 1), H2NEG_ERR_PROXY);
}

static void test_alpn(void)
{
    h2neg_config config;
    h2neg_conn *c;
    memset(&config, 0, sizeof config);
    config.tls = 1;
    c = h2neg_conn_new(&config);
    CHECK(h2neg_tls_agreed(c, "http/1.0", 8) < 0);
    h2neg_conn_free(c);
}

/* A client's request with a method, or an upgrade, of a known length. */
static void test_client(void)
{
    h2neg_config config;
    h2neg_message m;
    h2neg_conn *c;
    uint32_t stream;
    const void *run;
    memset(&config, 0, sizeof config);
    memset(&m, 0, sizeof m);
    config.role = H2NEG_CLIENT;
    config.protocols = H2NEG_HTTP1 | H2NEG_H2C | H2NEG_WEBSOCKET;
    m.authority = h2neg_s("a");
    m.method = h2neg_s("OPTIONS");
    c = h2neg_conn_new(&config);
    CHECK_INT(h2neg_request(c, &m, 0, &stream), 0);
    CHECK(h2neg_output(c, &run) > 20 && memcmp(run, "OPTIONS ", 8) == 0);
    h2neg_conn_free(c);
    m.method = h2neg_s("GET");
    m.upgrade = h2neg_s("websockex");
    c = h2neg_conn_new(&config);
    CHECK_INT(h2neg_request(c, &m, 0, &stream), 0); /* another protocol, and no handshake */
    CHECK(h2neg_output(c, &run) > 20 && memcmp(run, "GET / ", 6) == 0);
    h2neg_conn_free(c);
}

/* Two values of six octets that begin alike, and one that is the same: found or not (RFC
 * 7541 2.3.3). */
static void test_values(void)
{
    unsigned char memory[16384], out[256];
    h2neg_hpack_encoder e;
    h2neg_field f;
    ptrdiff_t first, same, other;
    CHECK(h2neg_hpack_memory(4096) <= sizeof memory);
    h2neg_hpack_encoder_init(&e, memory, h2neg_hpack_memory(4096), 4096);
    f = h2neg_f("x-name", "abcdef");
    first = h2neg_hpack_encode(&e, out, sizeof out, &f, 1);
    same = h2neg_hpack_encode(&e, out, sizeof out, &f, 1);
    f = h2neg_f("x-name", "abcdxy");
    other = h2neg_hpack_encode(&e, out, sizeof out, &f, 1);
    CHECK(first > 1);
    f = h2neg_f(":scheme", "httpx"); /* as "https", which is the static table's, but for its end */
    CHECK(h2neg_hpack_encode(&e, out, sizeof out, &f, 1) > 1);
    f = h2neg_f(":scheme", "https");
    CHECK_INT(h2neg_hpack_encode(&e, out, sizeof out, &f, 1), 1);
    CHECK_INT(same, 1);
    CHECK(other > 1);
}

/* White space around values is no part of the list, but of what a head may take in all. */
static void test_spaces(void)
{
    static char in[8192];
    h2neg_field fields[8];
    h2neg_h1_head head;
    size_t len;
    memset(&head, 0, sizeof head);
    head.fields = fields;
    head.room = 8;
    head.max_line = 64;
    head.max_list = 300;
    len = (size_t)sprintf(in, "GET / HTTP/1.1\r\nHost: a\r\nX:%7000s\r\n\r\n", "");
    CHECK_INT(h2neg_h1_parse_request(&head, in, len, 0), H2NEG_ERR_H1_HEAD_LARGE);
}

CHECK_MAIN(test_methods, test_origins, test_common, test_proxy, test_alpn, test_client, test_values,
           test_spaces)
