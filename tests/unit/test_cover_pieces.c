/* What the other tests of the pieces leave out: the last condition of a rule, the argument that
   nobody sends, each from the sentence that asks for it. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"

static h2neg_field lent[16];

static int request(h2neg_h1_head *head, const char *text)
{
    memset(head, 0, sizeof *head);
    head->fields = lent;
    head->room = sizeof lent / sizeof lent[0];
    return (int)h2neg_h1_parse_request(head, text, strlen(text), 0);
}

/* RFC 3986 3.2.2: IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ) */
static void test_ip_future(void)
{
    static const char *const bad[] = {"[v1.a/b]", "[v1.a%20]", "[v.a]", "[v1.]", "[vg.a]", "[v1a]"};
    h2neg_authority a;
    size_t i;
    CHECK_INT(h2neg_authority_parse(&a, h2neg_s("[v1F.a:b!]:80")), 0);
    CHECK_INT(a.port, 80);
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(h2neg_authority_parse(&a, h2neg_s(bad[i])) != 0);
}

/* RFC 9110 4.2.1: a http URI with an empty host is invalid, in every form of target (RFC 9112 3.2).
 */
static void test_no_host(void)
{
    h2neg_h1_head head;
    CHECK_INT(request(&head, "CONNECT :80 HTTP/1.1\r\nHost: a\r\n\r\n"), H2NEG_ERR_H1_TARGET);
    CHECK_INT(request(&head, "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"), H2NEG_ERR_H1_TARGET);
    CHECK_INT(request(&head, "GET http://:80/x HTTP/1.1\r\nHost: a\r\n\r\n"), H2NEG_ERR_H1_TARGET);
    CHECK(request(&head, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n") > 0);
}

/* RFC 9112 3.2.2: what is behind the "?" of an absolute target is its query; a "?" alone, an empty
 * one. */
static void test_absolute_query(void)
{
    h2neg_h1_head head;
    CHECK(request(&head, "GET http://a/p HTTP/1.1\r\nHost: a\r\n\r\n") > 0);
    CHECK(head.query.ptr == NULL);
    CHECK(request(&head, "GET http://a/p? HTTP/1.1\r\nHost: a\r\n\r\n") > 0);
    CHECK(head.query.ptr != NULL && head.query.len == 0);
    CHECK(request(&head, "GET http://a/p?q=1 HTTP/1.1\r\nHost: a\r\n\r\n") > 0);
    CHECK_TEXT(head.query, "q=1");
    CHECK_TEXT(head.path, "/p");
}

/* RFC 9112 3: the method is a token, and one SP is behind it. */
static void test_method(void)
{
    h2neg_h1_head head;
    CHECK(request(&head, " / HTTP/1.1\r\nHost: a\r\n\r\n") < 0);
    CHECK_INT(request(&head, "GE@T / HTTP/1.1\r\nHost: a\r\n\r\n"), H2NEG_ERR_H1_METHOD);
    CHECK_INT(request(&head, "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"), H2NEG_ERR_H1_METHOD);
}

/* `seen` that is no longer true begins anew: the same answer as from the beginning. */
static void test_seen(void)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    h2neg_h1_head head;
    memset(&head, 0, sizeof head);
    head.fields = lent;
    head.room = 16;
    CHECK_INT(h2neg_h1_parse_request(&head, text, 20, 0), 0);
    CHECK_INT(h2neg_h1_parse_request(&head, text, 10, 20), 0);
    CHECK_INT(h2neg_h1_parse_request(&head, text, sizeof text - 1, 7), (int)sizeof text - 1);
    CHECK_INT(head.count, 1);
    CHECK_TEXT(lent[0].value, "a");
}

/* RFC 9112 7.1: the line's bound counts every octet of it but CR LF. */
static void test_chunk_line(void)
{
    h2neg_chunked d;
    h2neg_str data;
    memset(&d, 0, sizeof d);
    d.max_line = 4;
    CHECK_INT(h2neg_chunked_decode(&d, "1;ab\r\n", 6, &data), 6);
    memset(&d, 0, sizeof d);
    d.max_line = 4;
    CHECK_INT(h2neg_chunked_decode(&d, "1;abc\r\n", 7, &data), H2NEG_ERR_CHUNK_LINE_LONG);
    CHECK_INT(d.error_at, 4);
}

/* h2neg_h2_settings_decode: what does not fit is TOO_SMALL, and nothing else is. */
static void test_settings_room(void)
{
    unsigned char out[12];
    CHECK_INT(h2neg_h2_settings_decode(out, 6, h2neg_s("AAMAAABk")), 6);
    CHECK_INT(h2neg_h2_settings_decode(out, 5, h2neg_s("AAMAAABk")), H2NEG_ERR_TOO_SMALL);
    CHECK_INT(h2neg_h2_settings_decode(out, 12, h2neg_s("AAMAAABkAAQAAP__")), 12);
    CHECK(h2neg_h2_settings_decode(out, 12, h2neg_s("AAMAAAB+")) < 0);
}

/* ---- WebSocket ----------------------------------------------------------- */

static int handshake(const char *key, const char *origin, const char *authority)
{
    static h2neg_field fields[5];
    h2neg_ws_request r;
    memset(&r, 0, sizeof r);
    fields[0] = h2neg_f("upgrade", "websocket");
    fields[1] = h2neg_f("connection", "upgrade");
    fields[2] = h2neg_f("sec-websocket-version", "13");
    fields[3] = h2neg_f("sec-websocket-key", key);
    fields[4] = h2neg_f("origin", origin);
    r.method = h2neg_s("GET");
    r.authority = h2neg_s(authority);
    r.minor = 1;
    r.fields = fields;
    r.count = origin ? 5 : 4;
    return h2neg_ws_check_request(&r, NULL);
}

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

/* RFC 6455 4.2.1: the key is base64 of 16 octets: 22 digits and two "=". */
static void test_key(void)
{
    CHECK_INT(handshake(KEY, NULL, "a"), 0);
    CHECK_INT(handshake("dGhlIHNhbXBsZSBub25jZQ=A", NULL, "a"), H2NEG_ERR_WS_KEY);
    CHECK_INT(handshake("dGhlIHNhbXBsZSBub25jZQA=", NULL, "a"), H2NEG_ERR_WS_KEY);
    CHECK_INT(handshake("dGhlIHNhbXBsZSBub25jZQ=", NULL, "a"), H2NEG_ERR_WS_KEY);
    CHECK_INT(handshake("dGhlIHNhbXBs!SBub25jZQ==", NULL, "a"), H2NEG_ERR_WS_KEY);
}

/* RFC 6454 4: the port that a scheme means is the same as if it were written. */
static void test_origin_ports(void)
{
    CHECK_INT(handshake(KEY, "http://a.example", "a.example:80"), 0);
    CHECK_INT(handshake(KEY, "ws://a.example", "a.example:80"), 0);
    CHECK_INT(handshake(KEY, "wss://a.example", "a.example:443"), 0);
    CHECK_INT(handshake(KEY, "https://A.EXAMPLE:443", "a.example"), 0);
    CHECK_INT(handshake(KEY, "wss://a.example", "a.example:80"), H2NEG_ERR_WS_ORIGIN);
    CHECK_INT(handshake(KEY, "ftp://a.example", "a.example:80"), H2NEG_ERR_WS_ORIGIN);
    CHECK_INT(handshake(KEY, "http://b.example", "a.example"), H2NEG_ERR_WS_ORIGIN);
    CHECK_INT(handshake(KEY, "http://:80", "a.example"), H2NEG_ERR_WS_ORIGIN);
    CHECK_INT(handshake(KEY, "http://:80", ":80"), H2NEG_ERR_WS_ORIGIN);
    CHECK_INT(handshake(KEY, "null", "a.example"), H2NEG_ERR_WS_ORIGIN);
}

/* RFC 7692 7.1.2.1: a server may say server_max_window_bits also when the offer does not. */
static void test_window_bits(void)
{
    h2neg_ws_deflate want, agreed;
    h2neg_field f = h2neg_f("sec-websocket-extensions", "permessage-deflate");
    memset(&want, 0, sizeof want);
    want.server_max_window_bits = 10;
    CHECK_INT(h2neg_ws_deflate_accept(&agreed, &want, &f, 1), 1);
    CHECK_INT(agreed.server_max_window_bits, 10);
    want.server_max_window_bits = 0;
    CHECK_INT(h2neg_ws_deflate_accept(&agreed, &want, &f, 1), 1);
    CHECK_INT(agreed.server_max_window_bits, 0);
    f = h2neg_f("sec-websocket-extensions", "permessage-deflate; server_max_window_bits=9");
    CHECK_INT(h2neg_ws_deflate_accept(&agreed, &want, &f, 1), 1);
    CHECK_INT(agreed.server_max_window_bits, 9);
}

/* "what a reader would refuse": FIN is one bit. */
static void test_frame_write(void)
{
    unsigned char out[14];
    h2neg_ws_frame f;
    memset(&f, 0, sizeof f);
    f.opcode = H2NEG_WS_TEXT;
    f.fin = 1;
    CHECK_INT(h2neg_ws_frame_write(out, sizeof out, &f), 2);
    CHECK_INT(h2neg_ws_frame_write(out, 1, &f), H2NEG_ERR_TOO_SMALL);
    f.fin = 2;
    CHECK_INT(h2neg_ws_frame_write(out, sizeof out, &f), H2NEG_ERR_INVALID);
    f.fin = -1;
    CHECK_INT(h2neg_ws_frame_write(out, sizeof out, &f), H2NEG_ERR_INVALID);
    f.fin = 1;
    f.rsv = 8;
    CHECK_INT(h2neg_ws_frame_write(out, sizeof out, &f), H2NEG_ERR_INVALID);
}

/* ---- priority ------------------------------------------------------------ */

/* RFC 8941 3.1.2, 3.3.1, 3.3.2: a field that is no dictionary is ignored as a whole (RFC 9218 4).
 */
static void test_priority(void)
{
    static const char *const ignored[] = {"1=2, u=1",  "u=1, -=1", "u=1, x=-.5",   "u=1, x=1.",
                                          "u=1, x=.5", "u=1, _=1", "u=1, x=1.2345"};
    int urgency, incremental;
    size_t i;
    for (i = 0; i < sizeof ignored / sizeof ignored[0]; i++) {
        urgency = 9;
        h2neg_priority_parse(h2neg_s(ignored[i]), &urgency, &incremental);
        if (!CHECK_INT(urgency, 3))
            fprintf(stderr, "    \"%s\"\n", ignored[i]);
    }
    h2neg_priority_parse(h2neg_s("u=1, *x=-0.125, i"), &urgency, &incremental);
    CHECK_INT(urgency, 1);
    CHECK_INT(incremental, 1);
}

/* ---- ClientHello --------------------------------------------------------- */

/* A ClientHello in one record: version, random, and what the test puts behind. */
static int hello(h2neg_client_hello_info *info, const char *rest)
{
    static unsigned char wire[256], scratch[256];
    size_t n = 9;
    wire[n++] = 3;
    wire[n++] = 3;
    memset(wire + n, 'r', 32);
    n += 32;
    n += check_hex(wire + n, rest);
    memcpy(wire, "\x16\x03\x01\x00", 4);
    wire[4] = (unsigned char)(n - 5);
    memcpy(wire + 5, "\x01\x00\x00", 3);
    wire[8] = (unsigned char)(n - 9);
    return (int)h2neg_client_hello(info, wire, n, scratch, sizeof scratch) > 0
               ? 1
               : (int)h2neg_client_hello(info, wire, n, scratch, sizeof scratch);
}

#define BEFORE "00 0002 1301 01 00 " /* no session, one cipher suite, no compression */
static void test_hello(void)
{
    h2neg_client_hello_info info;
    CHECK_INT(hello(&info, BEFORE), 1); /* RFC 8446 4.1.2: older ones have no extensions */
    CHECK_INT(info.alpn.len, 0);
    CHECK_INT(hello(&info, BEFORE "0000"), 1);
    CHECK_INT(hello(&info, BEFORE "0009 0010 0005 0003 026832"), 1);
    CHECK_OCTETS(info.alpn.ptr, info.alpn.len, "\2h2", 3);
    /* an ALPN extension without a list, with half a length, with a length of something else */
    CHECK_INT(hello(&info, BEFORE "0004 0010 0000"), H2NEG_ERR_ALPN_LIST);
    CHECK_INT(hello(&info, BEFORE "0005 0010 0001 00"), H2NEG_ERR_ALPN_LIST);
    CHECK_INT(hello(&info, BEFORE "0009 0010 0005 0002 026832"), H2NEG_ERR_ALPN_LIST);
    CHECK_INT(hello(&info, BEFORE "0009 0010 0005 0004 026832"), H2NEG_ERR_ALPN_LIST);
    /* cut in each of the parts before the extensions, and octets behind them */
    CHECK_INT(hello(&info, ""), H2NEG_ERR_TLS_HELLO);
    CHECK_INT(hello(&info, "05 11"), H2NEG_ERR_TLS_HELLO);
    CHECK_INT(hello(&info, "00 0002 13"), H2NEG_ERR_TLS_HELLO);
    CHECK_INT(hello(&info, "00 0002 1301"), H2NEG_ERR_TLS_HELLO);
    CHECK_INT(hello(&info, "00 0002 1301 02 00"), H2NEG_ERR_TLS_HELLO);
    CHECK_INT(hello(&info, BEFORE "00"), H2NEG_ERR_TLS_HELLO);
    CHECK_INT(hello(&info, BEFORE "0000 00"), H2NEG_ERR_TLS_HELLO);
    CHECK_INT(hello(&info, BEFORE "0003 0010 00"), H2NEG_ERR_TLS_HELLO);
}

/* ---- the first octets ---------------------------------------------------- */

/* RFC 9112 2.2: a server ignores an empty line or two before the request line. */
static void test_detect_lines(void)
{
    CHECK_INT(h2neg_detect("\r", 1), H2NEG_DETECT_MORE);
    CHECK_INT(h2neg_detect("\r\n", 2), H2NEG_DETECT_MORE);
    CHECK_INT(h2neg_detect("\r\n\r", 3), H2NEG_DETECT_MORE);
    CHECK_INT(h2neg_detect("\r\n\r\nGET / HTTP/1.1\r\n", 20), H2NEG_DETECT_HTTP1);
    CHECK_INT(h2neg_detect("\rGET / HTTP/1.1\r\n", 17), H2NEG_DETECT_OTHER);
    CHECK_INT(h2neg_detect("\r\n\r\n\r\nGET / HTTP/1.1\r\n", 22), H2NEG_DETECT_OTHER);
}

/* The PROXY protocol 2.2: the 13th octet's high half is the version, and must be 2. */
static void test_proxy_version(void)
{
    static const char head[] = "\r\n\r\n\0\r\nQUIT\n\x31\x11\0\0";
    h2neg_proxy proxy;
    CHECK_INT(h2neg_proxy_read(&proxy, head, 12), 0);
    CHECK_INT(h2neg_proxy_read(&proxy, head, 13), H2NEG_ERR_PROXY);
    CHECK_INT(proxy.error_at, 12);
}

/* ---- HPACK --------------------------------------------------------------- */

/* RFC 7541 Appendix A ends at 61, www-authenticate; RFC 7541 2.3.3: a search stops there. */
static void test_last_static(void)
{
    static unsigned char memory[16384], out[256];
    h2neg_hpack_encoder e;
    h2neg_field f = h2neg_f("www-authenticate", "Basic");
    ptrdiff_t n;
    h2neg_hpack_encoder_init(&e, memory, h2neg_hpack_memory(0), 0);
    n = h2neg_hpack_encode(&e, out, sizeof out, &f, 1);
    CHECK(n > 2);
    while (n > 0 && (out[0] & 0xe0) == 0x20) { /* a table size update */
        memmove(out, out + 1, (size_t)--n);
    }
    CHECK_INT(out[0] & 15, 15); /* literal, with the name's index 61 = 15 + 46 */
    CHECK_INT(out[1], 46);
}

/* "room": octets that suffice do, whatever the encoder's bound says; one less is TOO_SMALL. */
static void test_exact_room(void)
{
    static unsigned char memory[16384], out[256];
    h2neg_field f[2];
    size_t room;
    ptrdiff_t n = 0;
    f[0] = h2neg_f(":method", "GET");
    f[1] = h2neg_f("x-a", "~~~~~~~~"); /* codes of 13 bits: it is sent as it is */
    for (room = 0; room < 64; room++) {
        h2neg_hpack_encoder e;
        unsigned char *tight = check_tight(out, room);
        h2neg_hpack_encoder_init(&e, memory, h2neg_hpack_memory(0), 0);
        n = h2neg_hpack_encode(&e, tight, room, f, 2);
        if (n > 0)
            memcpy(out, tight, (size_t)n);
        free(tight);
        if (n != H2NEG_ERR_TOO_SMALL)
            break;
    }
    CHECK(n > 0 && n <= (ptrdiff_t)room);
    CHECK(n > 0 && memcmp(out + n - 8, "~~~~~~~~", 8) == 0);
}

/* RFC 8336 2.1: an origin's length has 16 bits, all of which may be used. */
static void test_long_origin(void)
{
    static char origin[65536], out[70000];
    h2neg_str o = {origin, 65535};
    memset(origin, 'o', sizeof origin);
    CHECK_INT(h2neg_h2_frame_write_origin(out, sizeof out, &o, 1), 9 + 2 + 65535);
    CHECK_OCTETS(out + 9, 3, "\xff\xffo", 3);
    o.len = 65536;
    CHECK_INT(h2neg_h2_frame_write_origin(out, sizeof out, &o, 1), H2NEG_ERR_INVALID);
}

/* "text_room: at least the decoder's limit", for the whole block: a list whose room shrinks inside
   one, with the limit or without, is an error, and no octet behind the room is touched. */
static void room_shrank(int limit_too)
{
    static unsigned char memory[16384];
    char text[4096];
    static h2neg_field fields[8];
    static const char block[] = "\x40\x01"
                                "a\x7f\x49"; /* literal, indexed: "a", and a value of 200 octets */
    unsigned char value[200];
    h2neg_hpack_decoder d;
    h2neg_hpack_list list;
    memset(value, 'v', sizeof value);
    memset(text, 0, sizeof text);
    memset(&list, 0, sizeof list);
    h2neg_hpack_decoder_init(&d, memory, h2neg_hpack_memory(4096), 4096);
    list.fields = fields;
    list.room = 8;
    list.text = text;
    list.text_room = sizeof text;
    CHECK_INT(h2neg_hpack_decode(&d, &list, block, sizeof block - 1, 0), (int)sizeof block - 1);
    if (limit_too)
        h2neg_hpack_decoder_limit(&d, 0); /* "between blocks" */
    list.text_room = 32;
    CHECK_INT(h2neg_hpack_decode(&d, &list, value, sizeof value, 1), H2NEG_ERR_TOO_SMALL);
    CHECK_INT(text[32], 0);
    CHECK_INT(h2neg_hpack_decode(&d, &list, value, 1, 1),
              limit_too ? H2NEG_ERR_HPACK_BROKEN : H2NEG_ERR_TOO_SMALL);
}

static void test_room_shrank(void)
{
    room_shrank(0);
    room_shrank(1);
}

CHECK_MAIN(test_ip_future, test_no_host, test_absolute_query, test_method, test_seen,
           test_chunk_line, test_settings_room, test_key, test_origin_ports, test_window_bits,
           test_frame_write, test_priority, test_hello, test_detect_lines, test_proxy_version,
           test_last_static, test_exact_room, test_long_origin, test_room_shrank)
