/* Whole conversations that the other tests of the connection leave out, each from the sentence that
   asks for what must come of it. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"

#define HOST "Host: a\r\n"

/* RFC 9218 10: of equal urgency, incremental ones share, and others go one behind the other. */
static void bodies(const char *name, const char *priority, const char *output)
{
    script sc;
    script_h2(&sc, name, "4=0");
    put_ack(&sc.in);
    put_request(&sc.in, 1, END, "GET", "/body/20000", priority);
    put_request(&sc.in, 3, END, "GET", "/body/20000", priority);
    put_settings(&sc.in, "4=40000"); /* both may begin at once */
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nEND 1\nREQUEST 3\nEND 3\n...", output);
}

static void test_incremental(void)
{
    bodies("bodies that share", "priority: u=2, i\n",
           "...\nSETTINGS ACK\nDATA 1\nDATA 3\nDATA 1 end\nDATA 3 end\n");
    bodies("bodies that do not", "priority: u=2\n", "...\nSETTINGS ACK\nDATA 1 end\nDATA 3 end\n");
}

/* The same by PRIORITY_UPDATE (RFC 9218 7.1), which comes behind the request. */
static void test_incremental_update(void)
{
    script sc;
    script_h2(&sc, "bodies that come to share", "4=0");
    put_ack(&sc.in);
    put_request(&sc.in, 1, END, "GET", "/body/20000", "");
    put_request(&sc.in, 3, END, "GET", "/body/20000", "");
    put_frame(&sc.in, 16, 0, 0, "\0\0\0\1i", 5);
    put_frame(&sc.in, 16, 0, 0, "\0\0\0\3i", 5);
    put_settings(&sc.in, "4=40000");
    script_play(&sc, "NEGOTIATED\n...",
                "...\nSETTINGS ACK\nDATA 1\nDATA 3\nDATA 1 end\nDATA 3 end\n");
}

static void call_get(side *s)
{
    side_get(s, "/a");
}

/* RFC 9218 7.1: a client that receives PRIORITY_UPDATE ends the connection with PROTOCOL_ERROR. */
static void test_update_at_client(void)
{
    script sc;
    script_h2_client(&sc, "PRIORITY_UPDATE at a client", call_get, "");
    put_frame(&sc.in, 16, 0, 0, "\0\0\0\1u=1", 7);
    sc.unfed = 1;
    script_play(&sc, "NEGOTIATED\nERROR h2=PROTOCOL_ERROR\nDONE 1\n",
                "...\nGOAWAY 0 PROTOCOL_ERROR\n");
}

/* RFC 8441 3: a sender must not take back ENABLE_CONNECT_PROTOCOL once it has sent 1. */
static void test_connect_setting(void)
{
    script sc;
    script_h2_client(&sc, "extended CONNECT taken back", call_get, "8=1");
    put_settings(&sc.in, "8=1");
    put_settings(&sc.in, "8=0");
    sc.unfed = 1;
    script_play(&sc, "NEGOTIATED\nERROR H2_SETTING\n...", "...\nGOAWAY 0 PROTOCOL_ERROR\n");
    script_h2_client(&sc, "extended CONNECT never given", call_get, "8=0");
    put_settings(&sc.in, "8=0");
    put_response(&sc.in, 1, END, 200, "");
    script_play(&sc, "NEGOTIATED\nRESPONSE 1\nEND 1\nDONE 1 NO_ERROR\n", NULL);
}

/* RFC 9113 8.1.1: a Content-Length that is not the sum of DATA is malformed, also with trailers. */
static void test_length_before_trailers(void)
{
    script sc;
    script_h2(&sc, "trailers behind too little", "");
    put_ack(&sc.in);
    put_request(&sc.in, 1, 0, "POST", "/later", "content-length: 5\n");
    put_data(&sc.in, 1, 0, "1234");
    put_headers(&sc.in, 1, HEADS | END, "x-sum: 5\n");
    put_get(&sc.in, 3, "/now");
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nDATA 1\nDONE 1 PROTOCOL_ERROR\nREQUEST 3\n...",
                "...\nRST_STREAM 1 PROTOCOL_ERROR\nHEADERS 3 :status=200\n...");
}

/* TLS where none is spoken is told as such, in whichever protocol the octets were read. */
static void test_tls_at_prior(void)
{
    static const char hello[] = "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00";
    script sc;
    script_init(&sc, "TLS on a port of HTTP/2 alone");
    sc.config.protocols = H2NEG_PRIOR;
    buf_add(&sc.in, hello, sizeof hello - 1);
    sc.unfed = 1;
    script_play(&sc, "ERROR PEER_IS_TLS\n", NULL);
}

/* ---- the h2c Upgrade ----------------------------------------------------- */

static void offer(const char *name, const char *before, const char *settings, const char *why)
{
    script sc;
    script_init(&sc, name);
    sc.config.protocols = H2NEG_HTTP1 | H2NEG_H2C;
    buf_text(&sc.in, before);
    buf_text(&sc.in, "GET /now HTTP/1.1\r\n" HOST "Connection: Upgrade, HTTP2-Settings\r\n"
                     "Upgrade: h2c\r\nHTTP2-Settings: ");
    buf_text(&sc.in, settings);
    buf_text(&sc.in, "\r\n\r\n");
    sc.must_in_info = why;
    script_play(&sc, "NEGOTIATED http/1.1\n...", "HTTP/1.1 200 OK\n...");
}

/* An offer that is not taken is answered as HTTP/1.1, and info says why. */
static void test_offers(void)
{
    offer("an offer with the second request", "GET /now HTTP/1.1\r\n" HOST "\r\n", "AAMAAABk",
          NULL);
    offer("an offer with ENABLE_PUSH 2", "", "AAIAAAAC", "out of range"); /* RFC 9113 6.5.2 */
    offer("an offer with a window of 2^31", "", "AASAAAAA", "out of range");
    offer("an offer that is no base64url", "", "AAMAAAB*", "exactly one valid");
    offer("an offer cut inside a setting", "", "AAMA", "exactly one valid");
}

/* ---- a client over HTTP/1.1 ---------------------------------------------- */

static void call_post_open(side *s)
{
    h2neg_message m = message_get("/a");
    m.method = h2neg_s("POST");
    side_ok(s, 0, side_request(s, &m, H2NEG_MORE, NULL), "request");
}

/* RFC 9112 9.5: a server may answer before the request has ended. Its answer is told, and what has
   not been sent makes the connection's end. */
static void test_early_answer(void)
{
    script sc;
    script_h1_client(&sc, "an answer before the end of the request", call_post_open);
    buf_text(&sc.in, "HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno");
    script_play(&sc, "NEGOTIATED\nRESPONSE 1 status=413\nDATA 1 \"no\"\nEND 1\nDONE 1\n",
                "POST\n...");
}

static void call_get_last(side *s)
{
    h2neg_message m = message_get("/a");
    side_ok(s, 0, side_request(s, &m, H2NEG_LAST, NULL), "request");
}

/* H2NEG_LAST: nothing after it on this connection, whatever the server would allow (RFC 9112 9.6).
 */
static void test_last_request(void)
{
    script sc;
    script_h1_client(&sc, "the last request", call_get_last);
    buf_text(&sc.in, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    sc.wants = H2NEG_WANT_CLOSE;
    script_play(&sc, "NEGOTIATED\nRESPONSE 1\nDATA 1 \"ok\"\nEND 1\nDONE 1 NO_ERROR\n",
                "GET /a HTTP/1.1 connection=close\n");
}

/* ---- a server over HTTP/1.1 ---------------------------------------------- */

/* RFC 9110 7.6.1: what Connection names is for this hop alone, wherever it stands in the head. */
static void test_named_first(void)
{
    script sc;
    script_h1(&sc, "Connection names the first field",
              "GET /now HTTP/1.1\r\nX-A: 1\r\nX-B: 2\r\nConnection: x-a, x-c\r\n" HOST
              "X-C: 3\r\n\r\n");
    script_play(&sc, "NEGOTIATED\nREQUEST 1 x-b=2 !x-a !x-c\nEND 1\nDONE 1 NO_ERROR\n",
                "HTTP/1.1 200 OK\n...");
}

/* An error's offset is the octet where it was known: behind the line of the chunk that is too much.
 */
static void test_chunk_offset(void)
{
    static const char head[] = "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n";
    static const char body[] = "2\r\nab\r\n5\r\nhello\r\n";
    size_t cut;
    for (cut = 1; cut < 16; cut += 14) {
        h2neg_config config;
        h2neg_event ev;
        h2neg_conn *c;
        buf in = {0, 0, 0};
        size_t at = 0;
        long found = -1;
        memset(&config, 0, sizeof config);
        config.max_content_length = 4;
        c = h2neg_conn_new(&config);
        buf_text(&in, head);
        buf_text(&in, body);
        while (at < in.len && h2neg_wants(c) & H2NEG_WANT_READ) {
            size_t n = in.len - at < cut ? in.len - at : cut;
            at += h2neg_feed(c, in.p + at, n);
            while (h2neg_next(c, &ev))
                if (ev.type == H2NEG_EV_ERROR) {
                    CHECK_INT(ev.error.code, H2NEG_ERR_LIMIT_BODY);
                    found = (long)ev.error.offset;
                }
        }
        CHECK_INT(found, (long)(sizeof head - 1 + 10)); /* "2 CRLF ab CRLF 5 CRLF" */
        buf_free(&in);
        h2neg_conn_free(c);
    }
}

CHECK_MAIN(test_incremental, test_incremental_update, test_update_at_client, test_connect_setting,
           test_length_before_trailers, test_tls_at_prior, test_offers, test_early_answer,
           test_last_request, test_named_first, test_chunk_offset)
