/* HTTP/1.1 and HTTP/1.0 on a connection, both roles: RFC 9112, RFC 9110 7.8, 9.3.6, 10.1.1, 15.2.
 */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"

#define HOST "Host: a\r\n"
#define HELLO "HTTP/1.1 200 content-length=5\nBODY \"hello\"\n"
#define ONE "NEGOTIATED http/1.1 default\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\n"

/* ---- bodies in ----------------------------------------------------------- */

static void test_bodies_in(void)
{
    script sc;
    script_h1(&sc, "a body with a length",
              "POST /end HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello");
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1 method=POST more length=5\nDATA 1 \"hello\"\nEND 1\n"
                "DONE 1 NO_ERROR\n",
                HELLO);
    script_h1(&sc, "a length of 0", "POST /end HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
    script_play(&sc, "NEGOTIATED\nREQUEST 1 !more length=0\nEND 1\nDONE 1 NO_ERROR\n", HELLO);
    script_h1(&sc, "a chunked body with trailers",
              "POST /end HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n"
              "3\r\nhel\r\n002;a=\"b;c\"\r\nlo\r\n0\r\nX-Sum: 5\r\n\r\n");
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1 more !length !transfer-encoding\nDATA 1 \"hello\"\n"
                "TRAILERS 1 x-sum=5\nEND 1\nDONE 1 NO_ERROR\n",
                HELLO);
    script_h1(&sc, "a chunked body of nothing",
              "POST /end HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    script_play(&sc, "NEGOTIATED\nREQUEST 1 more\nEND 1\nDONE 1 NO_ERROR\n", HELLO);
}

static void test_large_body_in(void)
{
    script sc;
    int i;
    script_h1(&sc, "100,000 octets",
              "POST /end HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n");
    buf_fill(&sc.in, 'x', 100000);
    sc.quick = 1;
    script_play(&sc, "NEGOTIATED\nREQUEST 1 length=100000\nDATA 1\nEND 1\nDONE 1 NO_ERROR\n",
                HELLO);
    script_h1(&sc, "1,000 chunks",
              "POST /end HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    for (i = 0; i < 1000; i++)
        buf_fmt(&sc.in, "%x\r\n%.*s\r\n", i % 7 + 1, i % 7 + 1, "abcdefg");
    buf_text(&sc.in, "0\r\n\r\n");
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nDATA 1\nEND 1\nDONE 1 NO_ERROR\n", HELLO);
}

/* RFC 9112 9.3.2: answers stand in the order of the requests, and one request is dealt with at a
 * time. */
static void test_pipeline(void)
{
    script sc;
    script_h1(&sc, "pipelined requests",
              "GET /now HTTP/1.1\r\n" HOST "\r\nPOST /end HTTP/1.1\r\n" HOST
              "Content-Length: 2\r\n\r\nhi"
              "GET /trailers HTTP/1.1\r\n" HOST "\r\n\r\nGET /now HTTP/1.1\r\n" HOST "\r\n");
    script_play(
        &sc,
        "NEGOTIATED http/1.1 default\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\n"
        "REQUEST 3\nDATA 3 \"hi\"\nEND 3\nDONE 3 NO_ERROR\nREQUEST 5\nEND 5\nDONE 5 NO_ERROR\n"
        "REQUEST 7\nEND 7\nDONE 7 NO_ERROR\n",
        HELLO HELLO
        "HTTP/1.1 200 transfer-encoding=chunked\nBODY \"hello\"\nTRAILER x-sum=5\n" HELLO);
}

static void call_answer_1(side *s)
{
    app_reply(s, 1, 200, "late");
}

static void test_pipeline_waits(void)
{
    script sc;
    script_h1(&sc, "a request behind one that is not answered",
              "GET /later HTTP/1.1\r\n" HOST "\r\nGET /now HTTP/1.1\r\n" HOST "\r\n");
    script_call(&sc, call_answer_1);
    script_play(
        &sc, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\nREQUEST 3\nEND 3\nDONE 3 NO_ERROR\n",
        "HTTP/1.1 200\nBODY \"late\"\n" HELLO);
}

/* An error further on never overtakes the answer to what came before it. */
static void test_error_waits(void)
{
    script sc;
    script_h1(&sc, "an error behind a request that is not answered",
              "GET /later HTTP/1.1\r\n" HOST "\r\nG@T /now HTTP/1.1\r\n" HOST "\r\n");
    script_call(&sc, call_answer_1);
    sc.unfed = 1;
    sc.wants = H2NEG_WANT_HALF_CLOSE;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\nERROR H1_METHOD\n",
                "HTTP/1.1 200\nBODY \"late\"\nHTTP/1.1 400 connection=close\n...");
}

/* ---- answers ------------------------------------------------------------- */

static void test_no_content(void)
{
    script sc;
    script_h1(&sc, "HEAD, 204, 304",
              "HEAD /now HTTP/1.1\r\n" HOST "\r\nHEAD /stream/5000 HTTP/1.1\r\n" HOST "\r\n"
              "GET /status/204 HTTP/1.1\r\n" HOST "\r\nGET /status/304 HTTP/1.1\r\n" HOST "\r\n"
              "GET /now HTTP/1.1\r\n" HOST "\r\n");
    sc.heads = 3;
    script_play(
        &sc, NULL,
        "HTTP/1.1 200 content-length=5\nHTTP/1.1 200\n"
        "HTTP/1.1 204 !content-length !transfer-encoding\nHTTP/1.1 304 !transfer-encoding\n" HELLO);
}

static void test_empty_answer(void)
{
    script sc;
    script_h1(&sc, "an answer without a body", "GET /status/404 HTTP/1.1\r\n" HOST "\r\n");
    script_play(&sc, ONE, "HTTP/1.1 404 content-length=0 Not Found\n");
}

/* Chunked for HTTP/1.1, until close for HTTP/1.0 (RFC 9112 6.1, 6.3). */
static void test_streams_out(void)
{
    script sc;
    script_h1(&sc, "a streamed answer",
              "GET /stream/5000 HTTP/1.1\r\n" HOST "\r\nGET /now HTTP/1.1\r\n" HOST "\r\n");
    sc.loose = 1;
    script_play(&sc, NULL, "HTTP/1.1 200 transfer-encoding=chunked !content-length\nBODY\n" HELLO);
    script_h1(&sc, "a streamed answer to HTTP/1.0",
              "GET /stream/5000 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    sc.loose = 1;
    sc.wants = H2NEG_WANT_HALF_CLOSE;
    script_play(&sc, NULL,
                "HTTP/1.1 200 connection=close !transfer-encoding !content-length\nBODY <5000:*\n");
    script_h1(&sc, "trailers to HTTP/1.0 are dropped", "GET /trailers HTTP/1.0\r\n\r\n");
    script_play(&sc, NULL, "HTTP/1.1 200 !transfer-encoding\nBODY \"hello\"\n");
    script_h1(&sc, "a borrowed answer", "GET /body/200000 HTTP/1.1\r\n" HOST "\r\n");
    script_play(&sc, ONE, "HTTP/1.1 200 content-length=200000\nBODY <200000:*\n");
}

static void test_chunks_raw(void)
{
    script sc;
    played r;
    script_h1(&sc, "chunks on the wire", "GET /trailers HTTP/1.1\r\n" HOST "\r\n");
    script_mark(&sc);
    memset(&r, 0, sizeof r);
    run_script(&sc, &r);
    CHECK(strstr(r.out.p, "\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 5\r\n\r\n") != NULL);
    run_free(&r);
    script_free(&sc);
}

static int hook_length(side *s, const h2neg_event *ev)
{
    h2neg_message m = message_status(200);
    h2neg_field f = h2neg_f("content-length", "5");
    if (ev->type != H2NEG_EV_REQUEST)
        return 0;
    m.fields = &f;
    m.field_count = 1;
    side_ok(s, ev->stream, h2neg_respond(s->c, ev->stream, &m, H2NEG_MORE), "respond");
    SIDE_CHECK(s, h2neg_send(s->c, ev->stream, "sixsix", 6, 0) == H2NEG_ERR_LENGTH_MISMATCH);
    SIDE_CHECK(s, h2neg_send(s->c, ev->stream, "four", 4, 0) == H2NEG_ERR_LENGTH_MISMATCH);
    side_ok(s, ev->stream, (long)h2neg_send(s->c, ev->stream, "he", 2, H2NEG_MORE), "send");
    side_ok(s, ev->stream, (long)h2neg_send(s->c, ev->stream, "llo", 3, 0), "send");
    return 1;
}

/* A Content-Length that is given is checked. */
static void test_length_checked(void)
{
    script sc;
    script_h1(&sc, "a given length, HTTP/1.1", "GET / HTTP/1.1\r\n" HOST "\r\n");
    sc.hook = hook_length;
    script_play(&sc, ONE, "HTTP/1.1 200 content-length=5 !transfer-encoding\nBODY \"hello\"\n");
    script_h2(&sc, "a given length, HTTP/2", "");
    put_get(&sc.in, 1, "/");
    sc.hook = hook_length;
    script_play(&sc, NULL,
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 content-length=5\nDATA 1 \"hello\" end\n");
}

static void test_echo(void)
{
    script sc;
    script_h1(&sc, "an echo keeps its connection",
              "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 11\r\n\r\nhello,world"
              "POST /echo HTTP/1.1\r\n" HOST
              "Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
    sc.loose = 1;
    script_play(&sc, NULL,
                "HTTP/1.1 200 transfer-encoding=chunked !connection\nBODY \"hello,world\"\n"
                "HTTP/1.1 200 transfer-encoding=chunked !connection\nBODY \"onetwo\"\n");
}

static void call_unhold(side *s)
{
    SIDE_CHECK(s, h2neg_hold(s->c, 1, 0) == 0);
}

/* A held stream: what is on loan may still come, then input stops until it is let go. */
static void test_hold(void)
{
    script sc;
    script_h1(&sc, "a held body", "POST /hold HTTP/1.1\r\n" HOST "Content-Length: 60000\r\n\r\n");
    buf_fill(&sc.in, 'x', 60000);
    script_call(&sc, call_unhold);
    sc.quick = 1;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nDATA 1 <60000:*\nEND 1\nDONE 1 NO_ERROR\n", HELLO);
}

static void test_hold_stops(void)
{
    static const char head[] = "POST /hold HTTP/1.1\r\n" HOST "Content-Length: 60000\r\n\r\n";
    side *s = (side *)calloc(1, sizeof *s);
    buf in = {0, 0, 0};
    s->c = h2neg_conn_new(NULL);
    buf_text(&in, head);
    buf_fill(&in, 'x', 60000);
    CHECK(side_feed(s, in.p, in.len) <= 2 * 16384);
    CHECK(!(h2neg_wants(s->c) & H2NEG_WANT_READ));
    CHECK_INT(h2neg_hold(s->c, 1, 0), 0);
    side_drain(s);
    CHECK(h2neg_wants(s->c) & H2NEG_WANT_READ);
    h2neg_lost(s->c);
    side_drain(s);
    CHECK_INT(s->done, 1);
    buf_free(&in);
    side_free(s);
    free(s);
}

static int hook_bad_trailers(side *s, const h2neg_event *ev)
{
    static const char *const names[] = {
        "content-length", "transfer-encoding", "host", "connection", ":path", "a b"};
    h2neg_field f;
    size_t i;
    if (ev->type != H2NEG_EV_REQUEST)
        return 0;
    app_respond(s, ev->stream, 200, H2NEG_MORE);
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        f = h2neg_f(names[i], "x");
        SIDE_CHECK(s, h2neg_trailers(s->c, ev->stream, &f, 1) < 0);
    }
    f = h2neg_f("x-good", "1");
    side_ok(s, ev->stream, h2neg_trailers(s->c, ev->stream, &f, 1), "trailers");
    SIDE_CHECK(s, h2neg_trailers(s->c, ev->stream, &f, 1) < 0);
    return 1;
}

static void test_bad_trailers(void)
{
    script sc;
    script_h1(&sc, "trailers that may not be sent, HTTP/1.1", "GET / HTTP/1.1\r\n" HOST "\r\n");
    sc.hook = hook_bad_trailers;
    script_play(&sc, ONE, "HTTP/1.1 200\nTRAILER x-good=1\n");
    script_h2(&sc, "trailers that may not be sent, HTTP/2", "");
    put_get(&sc.in, 1, "/");
    sc.hook = hook_bad_trailers;
    script_play(&sc, NULL,
                "SETTINGS\nSETTINGS ACK\nHEADERS 1 :status=200 !end\nHEADERS 1 end x-good=1\n");
}

static void test_common_fields(void)
{
    h2neg_field common[2];
    script sc;
    common[0] = h2neg_f("server", "test");
    common[1] = h2neg_f("content-type", "never/seen");
    script_h1(&sc, "common fields",
              "GET /now HTTP/1.1\r\n" HOST "\r\nGET /hints HTTP/1.1\r\n" HOST "\r\n");
    sc.config.common_fields = common;
    sc.config.common_field_count = 2;
    script_play(&sc, NULL,
                "HTTP/1.1 200 server=test content-type=text/plain !content-type=never/seen\nBODY\n"
                "HTTP/1.1 103 link=</a> !server !content-length\nHTTP/1.1 200 server=test\nBODY\n");
}

/* RFC 9110 15.2: HTTP/1.0 knows no interim responses. */
static void test_informational(void)
{
    script sc;
    script_h1(&sc, "hints to HTTP/1.0", "GET /hints HTTP/1.0\r\n\r\n");
    script_play(&sc, NULL, HELLO);
}

/* ---- persistence (RFC 9112 9.3) ------------------------------------------ */

static void test_persistence(void)
{
    script sc;
    script_h1(&sc, "Connection: close",
              "GET /now HTTP/1.1\r\n" HOST
              "Connection: foo, close\r\n\r\nGET /now HTTP/1.1\r\n" HOST "\r\n");
    sc.wants = H2NEG_WANT_HALF_CLOSE;
    sc.unfed = 1;
    script_play(&sc, ONE, "HTTP/1.1 200 connection=close\nBODY \"hello\"\n");
    script_h1(&sc, "HTTP/1.0 with keep-alive",
              "GET /now HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /now HTTP/1.0\r\n\r\n");
    sc.wants = H2NEG_WANT_HALF_CLOSE;
    script_play(&sc,
                "NEGOTIATED http/1.0 default\nREQUEST 1\nEND 1\nDONE 1\nREQUEST 3\nEND 3\nDONE 3\n",
                "HTTP/1.1 200 connection=keep-alive\nBODY \"hello\"\nHTTP/1.1 200 "
                "connection=close\nBODY\n");
    script_h1(&sc, "the application says last", "GET /last HTTP/1.1\r\n" HOST "\r\n");
    sc.wants = H2NEG_WANT_HALF_CLOSE;
    script_play(&sc, ONE, "HTTP/1.1 200 connection=close content-length=5\nBODY\n");
    script_h1(&sc, "max_requests",
              "GET /now HTTP/1.1\r\n" HOST "\r\nGET /now HTTP/1.1\r\n" HOST
              "\r\nGET /now HTTP/1.1\r\n" HOST "\r\n");
    sc.config.max_requests = 2;
    sc.wants = H2NEG_WANT_HALF_CLOSE;
    sc.unfed = 1;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1\nREQUEST 3\nEND 3\nDONE 3\n",
                "HTTP/1.1 200 !connection\nBODY\nHTTP/1.1 200 connection=close\nBODY\n");
}

static void call_shutdown(side *s)
{
    h2neg_shutdown(s->c);
}

static void test_shutdown(void)
{
    script sc;
    script_h1(&sc, "drain while a request is under way", "GET /later HTTP/1.1\r\n" HOST "\r\n");
    script_call(&sc, call_shutdown);
    script_call(&sc, call_answer_1);
    sc.wants = H2NEG_WANT_HALF_CLOSE;
    script_play(&sc, ONE, "HTTP/1.1 200 connection=close\nBODY \"late\"\n");
    script_h1(&sc, "drain an idle connection", "GET /now HTTP/1.1\r\n" HOST "\r\n");
    script_call(&sc, call_shutdown);
    sc.wants = H2NEG_WANT_HALF_CLOSE;
    script_play(&sc, ONE, HELLO);
}

/* ---- an answer before the body has come ---------------------------------- */

static void test_early_answer(void)
{
    script sc;
    script_h1(&sc, "an early answer, a short rest is drained",
              "POST /now HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n0123456789"
              "GET /now HTTP/1.1\r\n" HOST "\r\n");
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1\n...\nDONE 1 NO_ERROR\nREQUEST 3\nEND 3\nDONE 3 NO_ERROR\n",
                "HTTP/1.1 200 !connection\nBODY \"hello\"\n" HELLO);
    script_h1(&sc, "an early answer, a chunked rest is drained",
              "POST /now HTTP/1.1\r\n" HOST
              "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
              "GET /now HTTP/1.1\r\n" HOST "\r\n");
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1\n...\nDONE 1 NO_ERROR\nREQUEST 3\nEND 3\nDONE 3 NO_ERROR\n",
                HELLO HELLO);
    script_h1(&sc, "an early answer, more than is drained",
              "POST /now HTTP/1.1\r\n" HOST "Content-Length: 65537\r\n\r\n0123456789");
    sc.wants = H2NEG_WANT_HALF_CLOSE;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\n...\nDONE 1\n",
                "HTTP/1.1 200 connection=close\nBODY \"hello\"\n");
    script_h1(&sc, "an early answer, just as much as is drained",
              "POST /now HTTP/1.1\r\n" HOST "Content-Length: 65536\r\n\r\n");
    buf_fill(&sc.in, 'x', 65536);
    buf_text(&sc.in, "GET /now HTTP/1.1\r\n" HOST "\r\n");
    sc.quick = 1;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\n...\nDONE 1\nREQUEST 3\nEND 3\nDONE 3 NO_ERROR\n",
                HELLO HELLO);
    script_h1(&sc, "an early answer in place of 100 Continue",
              "POST /now HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    sc.wants = H2NEG_WANT_HALF_CLOSE;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\n...\nDONE 1\n",
                "HTTP/1.1 200 connection=close\nBODY \"hello\"\n");
}

static void test_early_answer_overrun(void)
{
    script sc;
    int i;
    script_h1(&sc, "an early answer, then chunks without end",
              "POST /now HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    for (i = 0; i < 20; i++) {
        buf_text(&sc.in, "1000\r\n");
        buf_fill(&sc.in, 'x', 4096);
        buf_text(&sc.in, "\r\n");
    }
    sc.unfed = 1;
    sc.quick = 1;
    sc.wants = H2NEG_WANT_HALF_CLOSE;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\n...\nDONE 1\n", "HTTP/1.1 200\nBODY \"hello\"\n");
}

/* ---- expectations (RFC 9110 10.1.1) -------------------------------------- */

static int hook_manual_continue(side *s, const h2neg_event *ev)
{
    if (ev->type == H2NEG_EV_REQUEST)
        app_respond(s, ev->stream, 100, 0);
    return 0;
}

static void test_expect(void)
{
    static const char post[] =
        "POST /end HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi";
    script sc;
    script_h1(&sc, "100-continue", post);
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nDATA 1 \"hi\"\nEND 1\nDONE 1 NO_ERROR\n",
                "HTTP/1.1 100 Continue !content-length\n" HELLO);
    script_h1(&sc, "100-continue by the application", post);
    sc.config.no_auto_continue = 1;
    sc.hook = hook_manual_continue;
    script_play(&sc, NULL, "HTTP/1.1 100\n" HELLO);
    script_h1(&sc, "no 100-continue at all", post);
    sc.config.no_auto_continue = 1;
    script_play(&sc, NULL, HELLO);
    script_h1(&sc, "100-continue without a body",
              "GET /end HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n\r\n");
    script_play(&sc, ONE, HELLO);
    script_h1(&sc, "100-continue in HTTP/1.0",
              "POST /end HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi");
    script_play(&sc, NULL, HELLO);
    script_h1(&sc, "an unknown expectation",
              "POST /end HTTP/1.1\r\n" HOST "Expect: a-miracle\r\nContent-Length: 2\r\n\r\nhi");
    sc.unfed = 1;
    script_play(&sc, NULL, "HTTP/1.1 417\n...");
    script_h1(&sc, "an unknown expectation beside 100-continue",
              "POST /end HTTP/1.1\r\n" HOST
              "Expect: 100-continue, a-miracle\r\nContent-Length: 2\r\n\r\nhi");
    sc.unfed = 1;
    script_play(&sc, NULL, "HTTP/1.1 417\n...");
}

/* Expect = #expectation (RFC 9110 10.1.1): a list, whose empty members are passed over (5.6.1.2).
 */
static void test_expect_lists(void)
{
    static const struct {
        const char *expect, *answer;
    } rows[] = {{"100-continue, 100-Continue", "HTTP/1.1 100\n" HELLO},
                {",100-continue,", "HTTP/1.1 100\n" HELLO},
                {"100-continue\r\nExpect: 100-continue", "HTTP/1.1 100\n" HELLO},
                {"", HELLO},
                {" , ,", HELLO}};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        script sc;
        char in[200];
        snprintf(in, sizeof in,
                 "POST /end HTTP/1.1\r\n" HOST "Expect: %s\r\nContent-Length: 2\r\n\r\nhi",
                 rows[i].expect);
        script_h1(&sc, rows[i].expect, in);
        script_play(&sc, NULL, rows[i].answer);
    }
}

/* A held stream is not asked for its body yet. */
static void test_expect_held(void)
{
    script sc;
    script_h1(&sc, "an expectation on a held stream",
              "POST /hold HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    script_play(&sc, "NEGOTIATED\nREQUEST 1\n", "");
}

/* ---- heads that are refused ---------------------------------------------- */

static const struct {
    int status;
    const char *octets;
} bad_heads[] = {
    {400, "GET /\r\n"},
    {400, "GET  / HTTP/1.1\r\n" HOST "\r\n"},
    {400, "GET / HTTP/1.1 \r\n" HOST "\r\n"},
    {400, "GET / x HTTP/1.1\r\n" HOST "\r\n"},
    {400, "GET\t/ HTTP/1.1\r\n" HOST "\r\n"},
    {400, "G@T / HTTP/1.1\r\n" HOST "\r\n"},
    {400, "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1\r\n" HOST "\r\n"},
    {505, "GET / HTTP/2.0\r\n" HOST "\r\n"},
    {505, "GET / HTTP/2.1\r\n" HOST "\r\n"},
    {400, "GET / HTTP/1.1\n" HOST "\r\n"},
    {400, "GET / HTTP/1.1\r\n" HOST "X: a\n\r\n"},
    {400, "GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n"},
    {400, "GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n"},
    {400, "GET / HTTP/1.1\r\n" HOST "X : a\r\n\r\n"},
    {400, "GET / HTTP/1.1\r\n" HOST "X\r\n\r\n"},
    {400, "GET / HTTP/1.1\r\n" HOST ": a\r\n\r\n"},
    {400, "GET / HTTP/1.1\r\n X: a\r\n" HOST "\r\n"},
    {400, "GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n"},
    {400, "GET / HTTP/1.1\r\n\r\n"},
    {400, "GET / HTTP/1.1\r\n" HOST HOST "\r\n"},
    {400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
    {400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {400,
     "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {501, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, gzip\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \x0b"
          "chunked\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5_0\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: -0\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: \r\n\r\n"},
    {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 9223372036854775808\r\n\r\n"},
    {400, "\r\n\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n"}};

/* A bare status, connection: close, and no REQUEST. */
static void test_bad_heads(void)
{
    size_t i;
    for (i = 0; i < sizeof bad_heads / sizeof bad_heads[0]; i++) {
        script sc;
        char want[64];
        snprintf(want, sizeof want, "HTTP/1.1 %d connection=close\n...", bad_heads[i].status);
        script_h1(&sc, bad_heads[i].octets, bad_heads[i].octets);
        sc.unfed = 1;
        sc.quick = 1;
        sc.wants = H2NEG_WANT_HALF_CLOSE;
        script_play(&sc, "ERROR *\n", want);
    }
}

/* The same as the second thing on a connection that has been negotiated. */
static void test_bad_heads_second(void)
{
    size_t i;
    for (i = 0; i < sizeof bad_heads / sizeof bad_heads[0]; i++) {
        script sc;
        char want[128];
        snprintf(want, sizeof want, HELLO "HTTP/1.1 %d connection=close\n...", bad_heads[i].status);
        script_h1(&sc, bad_heads[i].octets, "GET /now HTTP/1.1\r\n" HOST "\r\n");
        buf_text(&sc.in, bad_heads[i].octets);
        sc.unfed = 1;
        sc.quick = 1;
        script_play(&sc, ONE "ERROR *\n", want);
    }
}

static void test_good_heads(void)
{
    static const char *const rows[] = {"\r\n\r\nGET /now HTTP/1.1\r\n" HOST "\r\n",
                                       "GET /now HTTP/1.1\r\nHost:\r\n\r\n",
                                       "GET /now HTTP/1.1\r\nhOsT:   [::1]:80 \t\r\n\r\n",
                                       "GET /now HTTP/1.1\r\n" HOST "X: \r\nX:\ta\xff\r\n\r\n",
                                       "GET /now HTTP/1.1\r\n" HOST "Content-Length: 00000\r\n\r\n",
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF /now HTTP/1.1\r\n" HOST
                                       "\r\n",
                                       "GET http://a/now HTTP/1.1\r\n" HOST "\r\n"};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        script sc;
        script_h1(&sc, rows[i], rows[i]);
        sc.quick = 1;
        script_play(&sc, ONE, HELLO);
    }
}

static void test_targets(void)
{
    script sc;
    script_h1(&sc, "OPTIONS *", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n");
    script_play(&sc, "NEGOTIATED\nREQUEST 1 method=OPTIONS target=*\nEND 1\n", "");
    script_h1(&sc, "an absolute target wins over Host",
              "GET http://b:81/now?x HTTP/1.1\r\nHost: b:81\r\n\r\n");
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1 authority=b:81 scheme=http path=/now query=x "
                "target=http://b:81/now?x\nEND 1\nDONE 1\n",
                HELLO);
    script_h1(&sc, "an absolute target without a path means / (RFC 9110 4.2.3)",
              "GET http://b?x HTTP/1.1\r\nHost: b\r\n\r\n");
    script_play(&sc, "NEGOTIATED\nREQUEST 1 authority=b path=/ query=x target=http://b?x\n...", "");
    script_h1(&sc, "of OPTIONS it means * (RFC 9112 3.2.4)",
              "OPTIONS http://b:81 HTTP/1.1\r\nHost: b:81\r\n\r\n");
    script_play(&sc, "NEGOTIATED\nREQUEST 1 path=* target=http://b:81\n...", "");
    script_h1(&sc, "but not with a query", "OPTIONS http://b?x HTTP/1.1\r\nHost: b\r\n\r\n");
    script_play(&sc, "NEGOTIATED\nREQUEST 1 path=/ query=x\n...", "");
}

/* A later minor version is read as HTTP/1.1 (RFC 9110 6.2). */
static void test_minor_version(void)
{
    script sc;
    script_h1(&sc, "HTTP/1.2",
              "GET /now HTTP/1.2\r\n" HOST "\r\nGET /now HTTP/1.9\r\n" HOST "\r\n");
    script_play(&sc,
                "NEGOTIATED http/1.1 default\nREQUEST 1\nEND 1\nDONE 1\nREQUEST 3\nEND 3\n"
                "DONE 3\n",
                HELLO HELLO);
}

/* "common_fields are added to every final response that lacks them": to those that the engine makes
   as well (RFC 9110 6.6.1: Date in every 4xx). HEAD has no content (9.3.2). */
static void test_refusal_fields(void)
{
    const h2neg_field fields[2] = {h2neg_f("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
                                   h2neg_f("content-type", "text/other")};
    h2neg_config config;
    side *s;
    memset(&config, 0, sizeof config);
    config.common_fields = fields;
    config.common_field_count = 2;
    s = side_new(&config);
    side_give(s, "GET /\r\n", 7);
    CHECK(strstr(buf_str(&s->out), "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\n"));
    CHECK(strstr(buf_str(&s->out), "\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"));
    CHECK(!strstr(buf_str(&s->out), "text/other"));
    side_end(s);
    s = side_new(&config);
    side_give(s, "HEAD / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 62);
    CHECK(strstr(buf_str(&s->out), "HTTP/1.1 501 Not Implemented\r\n"));
    CHECK(s->out.len > 4 && memcmp(s->out.p + s->out.len - 4, "\r\n\r\n", 4) == 0);
    side_end(s);
    s = side_new(&config); /* a HEAD that went well says nothing of the next request */
    side_give(s, "HEAD /now HTTP/1.1\r\n" HOST "\r\nGET /\r\n", 38);
    CHECK(strstr(buf_str(&s->out), "HTTP/1.1 400"));
    CHECK(s->out.len && s->out.p[s->out.len - 1] == '\n' && s->out.p[s->out.len - 2] != '\r');
    side_end(s);
}

/* What no response could hold is no config. */
static void test_common_fields_bound(void)
{
    static char text[4096];
    h2neg_field field = h2neg_f("server", text);
    h2neg_config config;
    memset(&config, 0, sizeof config);
    memset(text, 'x', sizeof text - 1);
    config.max_output_pending = 8192;
    config.common_fields = &field;
    config.common_field_count = 1;
    field.value = h2neg_s(text);
    field.value.len = 4096 - 6 - 16; /* an octet counts for itself, a field for 16 more */
    CHECK_INT(h2neg_config_check(&config), 0);
    field.value.len++;
    CHECK_INT(h2neg_config_check(&config), H2NEG_ERR_INVALID);
}

/* Chunked coding that is malformed: 400 and close, with what came before delivered. */
static void test_bad_chunks(void)
{
    static const char *const rows[] = {"5\r\nhello0\r\n\r\n",
                                       "5\nhello\r\n0\r\n\r\n",
                                       "0x5\r\nhello\r\n",
                                       "g\r\n",
                                       "-5\r\n",
                                       "+5\r\n",
                                       " 5\r\n",
                                       "\r\n",
                                       "5 \r\nhello\r\n",
                                       "12345678901234567\r\n",
                                       "5;a=\"\r\n",
                                       "5;a\nb\r\nhello\r\n",
                                       "5\r\nhelloXX0\r\n\r\n",
                                       "0\r\nContent-Length: 5\r\n\r\n",
                                       "0\r\nTransfer-Encoding: chunked\r\n\r\n",
                                       "0\r\nHost: b\r\n\r\n",
                                       "0\r\nAuthorization: b\r\n\r\n",
                                       "0\r\nX : a\r\n\r\n",
                                       "0\r\nX: a\n\r\n"};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        script sc;
        script_h1(&sc, rows[i], "POST /end HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
        buf_text(&sc.in, rows[i]);
        sc.unfed = 1;
        sc.quick = 1;
        script_play(&sc, "NEGOTIATED\nREQUEST 1\n...\nERROR *\nDONE 1 !NO_ERROR\n",
                    "HTTP/1.1 400 connection=close\n...");
    }
}

/* ---- tunnels ------------------------------------------------------------- */

static void test_upgrade(void)
{
    script sc;
    script_h1(&sc, "an Upgrade to a foreign token, octets right behind it",
              "GET /accept HTTP/1.1\r\n" HOST
              "Connection: upgrade\r\nUpgrade: foo, bar/2\r\n\r\nearly");
    script_mark(&sc);
    buf_text(&sc.in, ",late");
    script_end(&sc, STEP_EOF);
    sc.wants = H2NEG_WANT_CLOSE;
    sc.loose = 1;
    script_play(&sc,
                "NEGOTIATED http/1.1 default\nREQUEST 1 upgrade=foo,_bar/2 !connection\nOPEN 1 "
                "upgrade=foo\n"
                "DATA 1 \"early,late\"\nEND 1\nDONE 1 NO_ERROR\n",
                "HTTP/1.1 101 upgrade=foo connection=* !content-length\nRAW \"early,late\"\n");
}

static void call_accept_bar(side *s)
{
    h2neg_field f = h2neg_f("x-a", "b");
    SIDE_CHECK(s, h2neg_accept(s->c, 1, "baz", NULL, 0) < 0);
    if (side_ok(s, 1, h2neg_accept(s->c, 1, "bar/2", &f, 1), "accept"))
        side_job(s, 1)->kind = JOB_TUNNEL;
}

/* What accept needs is kept, however much later it comes; meanwhile octets wait. */
static void test_upgrade_late(void)
{
    script sc;
    script_h1(&sc, "an Upgrade accepted later",
              "GET /later HTTP/1.1\r\n" HOST "Connection: upgrade\r\nUpgrade: foo, bar/2\r\n\r\n");
    script_mark(&sc);
    buf_text(&sc.in, "GET /now HTTP/1.1\r\n" HOST "\r\n");
    script_call(&sc, call_accept_bar);
    sc.loose = 1;
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1\nOPEN 1 upgrade=bar/2\nDATA 1 "
                "\"GET_/now_HTTP/1.1\\x0d\\x0aHost:_a*\n",
                "HTTP/1.1 101 upgrade=bar/2 x-a=b\nRAW\n");
}

/* Declined: what comes behind is the next HTTP request. */
static void test_upgrade_declined(void)
{
    script sc;
    script_h1(&sc, "an Upgrade that is declined",
              "GET /now HTTP/1.1\r\n" HOST "Connection: upgrade\r\nUpgrade: foo\r\n\r\n"
              "GET /now HTTP/1.1\r\n" HOST "\r\n");
    script_play(
        &sc,
        "NEGOTIATED\nREQUEST 1 upgrade=foo\nEND 1\nDONE 1 NO_ERROR\nREQUEST 3 !upgrade\nEND 3\n"
        "DONE 3 NO_ERROR\n",
        HELLO HELLO);
    script_h1(&sc, "an Upgrade in HTTP/1.0",
              "GET /now HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n");
    script_play(&sc, "NEGOTIATED http/1.0\nREQUEST 1 !upgrade\nEND 1\nDONE 1 NO_ERROR\n", HELLO);
}

static int hook_accept_refused(side *s, const h2neg_event *ev)
{
    if (ev->type == H2NEG_EV_REQUEST)
        SIDE_CHECK(s, h2neg_accept(s->c, ev->stream, NULL, NULL, 0) < 0);
    return 0;
}

static void test_accept_without_offer(void)
{
    script sc;
    script_h1(&sc, "accept where nothing was offered",
              "GET /now HTTP/1.1\r\n" HOST "Upgrade: foo\r\n\r\n");
    sc.hook = hook_accept_refused;
    script_play(&sc, "NEGOTIATED\nREQUEST 1 !upgrade\nEND 1\nDONE 1 NO_ERROR\n", HELLO);
}

/* RFC 9110 9.3.6 */
static void test_connect(void)
{
    script sc;
    script_h1(&sc, "CONNECT, octets right behind it",
              "CONNECT yes.example:80 HTTP/1.1\r\nHost: yes.example:80\r\n\r\nearly");
    script_end(&sc, STEP_EOF);
    sc.tunnel = 1;
    sc.loose = 1;
    sc.wants = H2NEG_WANT_CLOSE;
    script_play(&sc,
                "NEGOTIATED\nREQUEST 1 method=CONNECT authority=yes.example:80\nOPEN 1\nDATA 1 "
                "\"early\"\nEND 1\n"
                "DONE 1 NO_ERROR\n",
                "HTTP/1.1 200 !content-length !transfer-encoding\nRAW \"early\"\n");
}

static void call_refuse(side *s)
{
    app_reply(s, 1, 403, "no");
}

static void test_connect_refused(void)
{
    script sc;
    script_h1(&sc, "CONNECT is refused",
              "CONNECT no.example:80 HTTP/1.1\r\nHost: no.example:80\r\n\r\n");
    script_call(&sc, call_refuse);
    buf_text(&sc.in, "GET /now HTTP/1.1\r\n" HOST "\r\n");
    script_play(
        &sc, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\nREQUEST 3\nEND 3\nDONE 3 NO_ERROR\n",
        "HTTP/1.1 403\nBODY \"no\"\n" HELLO);
}

/* A tunnel half-closes: our end goes out while the peer still sends. */
static int hook_half_close(side *s, const h2neg_event *ev)
{
    if (ev->type == H2NEG_EV_OPEN)
        side_ok(s, 1, (long)h2neg_send(s->c, 1, "bye", 3, 0), "send");
    return ev->type == H2NEG_EV_DATA || ev->type == H2NEG_EV_END;
}

static void test_half_close(void)
{
    script sc;
    script_h1(&sc, "our half of a tunnel closes first",
              "CONNECT yes.example:80 HTTP/1.1\r\nHost: yes.example:80\r\n\r\n");
    script_mark(&sc);
    buf_text(&sc.in, "more and more");
    sc.hook = hook_half_close;
    sc.tunnel = 1;
    sc.wants = H2NEG_WANT_HALF_CLOSE;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nOPEN 1\nDATA 1 \"more_and_more\"\n",
                "HTTP/1.1 200\nRAW \"bye\"\n");
    script_h1(&sc, "a tunnel closes on both sides",
              "CONNECT yes.example:80 HTTP/1.1\r\nHost: yes.example:80\r\n\r\n");
    buf_text(&sc.in, "more and more");
    script_end(&sc, STEP_EOF);
    sc.hook = hook_half_close;
    sc.tunnel = 1;
    sc.wants = H2NEG_WANT_CLOSE;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nOPEN 1\nDATA 1\nEND 1\nDONE 1 NO_ERROR\n",
                "HTTP/1.1 200\nRAW \"bye\"\n");
}

static void test_tunnel_lost(void)
{
    script sc;
    script_h1(&sc, "a tunnel breaks",
              "CONNECT yes.example:80 HTTP/1.1\r\nHost: yes.example:80\r\n\r\nabc");
    script_end(&sc, STEP_LOST);
    sc.tunnel = 1;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nOPEN 1\nDATA 1 \"abc\"\n...\nDONE 1 !NO_ERROR\n",
                NULL);
}

/* ---- the transport ends -------------------------------------------------- */

static void test_eof(void)
{
    script sc;
    script_h1(&sc, "eof inside a head", "GET /now HTTP/1.1\r\nHo");
    script_end(&sc, STEP_EOF);
    sc.wants = H2NEG_WANT_CLOSE;
    script_play(&sc, NULL, "...");
    script_h1(&sc, "eof inside a body",
              "POST /end HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhel");
    script_end(&sc, STEP_EOF);
    sc.wants = H2NEG_WANT_CLOSE;
    script_play(
        &sc, "NEGOTIATED\nREQUEST 1\nDATA 1 \"hel\"\n...\nDONE 1 !NO_ERROR err=BODY_SHORT\n", NULL);
    script_h1(&sc, "eof inside a chunked body",
              "POST /end HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n0\r\n");
    script_end(&sc, STEP_EOF);
    script_play(
        &sc, "NEGOTIATED\nREQUEST 1\nDATA 1 \"hel\"\n...\nDONE 1 !NO_ERROR err=BODY_SHORT\n", NULL);
    script_h1(&sc, "eof behind a request that is answered later",
              "GET /later HTTP/1.1\r\n" HOST "\r\n");
    script_end(&sc, STEP_EOF);
    script_call(&sc, call_answer_1);
    sc.wants = H2NEG_WANT_CLOSE;
    script_play(&sc, ONE, "HTTP/1.1 200\nBODY \"late\"\n");
    script_h1(&sc, "eof on an idle connection", "GET /now HTTP/1.1\r\n" HOST "\r\n");
    script_end(&sc, STEP_EOF);
    sc.wants = H2NEG_WANT_CLOSE;
    script_play(&sc, ONE, HELLO);
}

static void test_lost(void)
{
    script sc;
    script_h1(&sc, "lost inside a body",
              "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhel");
    script_end(&sc, STEP_LOST);
    sc.loose = 1;
    sc.wants = H2NEG_WANT_CLOSE;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nDATA 1 \"hel\"\n...\nDONE 1 !NO_ERROR err=*\n", NULL);
    script_h1(&sc, "lost while a request is not answered", "GET /later HTTP/1.1\r\n" HOST "\r\n");
    script_end(&sc, STEP_LOST);
    sc.wants = H2NEG_WANT_CLOSE;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nEND 1\n...\nDONE 1 !NO_ERROR\n", "");
}

static void call_reset_1(side *s)
{
    SIDE_CHECK(s, h2neg_reset(s->c, 1, H2NEG_CANCEL) == 0);
}

/* Over HTTP/1 a reset ends the connection. */
static void test_reset(void)
{
    script sc;
    script_h1(&sc, "a reset", "GET /later HTTP/1.1\r\n" HOST "\r\n");
    script_call(&sc, call_reset_1);
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 CANCEL !by-peer\n", NULL);
}

static void call_gone(side *s)
{
    SIDE_CHECK(s, h2neg_reply(s->c, 1, 200, NULL, "x", 1) == H2NEG_ERR_STREAM_GONE);
    SIDE_CHECK(s, h2neg_reset(s->c, 1, 8) == H2NEG_ERR_STREAM_GONE);
    SIDE_CHECK(s, h2neg_reply(s->c, 3, 200, NULL, "x", 1) == H2NEG_ERR_STREAM_GONE);
    SIDE_CHECK(s, h2neg_send(s->c, 0, "x", 1, 0) == H2NEG_ERR_STREAM_GONE);
    SIDE_CHECK(s, h2neg_ping(s->c, "12345678") == H2NEG_ERR_NOT_SUPPORTED);
}

static void test_gone(void)
{
    script sc;
    script_h1(&sc, "calls on a stream that is gone", "GET /now HTTP/1.1\r\n" HOST "\r\n");
    script_call(&sc, call_gone);
    buf_text(&sc.in, "GET /now HTTP/1.1\r\n" HOST "\r\n");
    script_play(&sc, ONE "REQUEST 3\nEND 3\nDONE 3 NO_ERROR\n", HELLO HELLO);
}

/* ---- the client ---------------------------------------------------------- */

static void call_get(side *s)
{
    side_get(s, "/a");
}

static void call_second(side *s)
{
    side_get(s, "/b");
}

static void call_head(side *s)
{
    h2neg_message m = message_get("/h");
    m.method = h2neg_s("HEAD");
    side_ok(s, 0, side_request(s, &m, 0, NULL), "request");
}

#define GOT "GET /a HTTP/1.1 host=example.com\n"

static void test_responses(void)
{
    static const struct {
        const char *name, *octets, *events;
    } rows[] = {
        {"a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
         "RESPONSE 1 status=200 more length=5\nDATA 1 \"hello\"\nEND 1\nDONE 1 NO_ERROR\n"},
        {"an empty body", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
         "RESPONSE 1 status=404 !more length=0\nEND 1\nDONE 1 NO_ERROR\n"},
        {"chunks and trailers",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n",
         "RESPONSE 1 more !length !transfer-encoding\nDATA 1 \"hello\"\nTRAILERS 1 x-sum=5\nEND 1\n"
         "DONE 1 NO_ERROR\n"},
        {"interim responses",
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 204 "
         "No Content\r\n\r\n",
         "...\nRESPONSE 1 status=204 !more\n"
         "END 1\nDONE 1 NO_ERROR\n"},
        {"304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
         "RESPONSE 1 status=304 !more\nEND 1\nDONE 1 NO_ERROR\n"},
        {"no reason, odd case", "HTTP/1.1 200 \r\ncOnTeNt-LeNgTh: 0\r\n\r\n",
         "RESPONSE 1 status=200 length=0\nEND 1\nDONE 1 NO_ERROR\n"},
        {"a folded field (RFC 9112 5.2)",
         "HTTP/1.1 200 OK\r\nX-A: b\r\n  c\r\nContent-Length: 0\r\n\r\n",
         "RESPONSE 1 x-a=b_*\nEND 1\nDONE 1 NO_ERROR\n"},
        {"an unknown status", "HTTP/1.1 799 What\r\nContent-Length: 0\r\n\r\n",
         "RESPONSE 1 status=799\nEND 1\nDONE 1 NO_ERROR\n"}};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        script sc;
        buf want = {0, 0, 0};
        script_h1_client(&sc, rows[i].name, call_get);
        buf_text(&sc.in, rows[i].octets);
        script_call(&sc, call_second); /* the connection goes on */
        buf_text(&sc.in, "HTTP/1.1 204 No Content\r\n\r\n");
        buf_fmt(&want,
                "NEGOTIATED http/1.1 default\n%sRESPONSE 3 status=204\nEND 3\nDONE 3 NO_ERROR\n",
                rows[i].events);
        script_play(&sc, want.p, GOT "GET /b HTTP/1.1\n");
        buf_free(&want);
    }
}

static void test_interim_responses(void)
{
    script sc;
    script_h1_client(&sc, "interim responses first", call_get);
    buf_text(&sc.in, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
    buf_text(&sc.in, "HTTP/1.1 204 No Content\r\n\r\n");
    script_play(&sc,
                "...\nINFORMATIONAL 1 status=100\nINFORMATIONAL 1 status=103 link=</x>\n...\n"
                "RESPONSE 1 status=204\nEND 1\nDONE 1 NO_ERROR\n",
                GOT);
}

static void test_head(void)
{
    script sc;
    script_h1_client(&sc, "the answer to HEAD has no body", call_head);
    buf_text(&sc.in, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
    script_call(&sc, call_second);
    buf_text(&sc.in, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    script_play(&sc,
                "NEGOTIATED\nRESPONSE 1 length=500 !more\nEND 1\nDONE 1 NO_ERROR\nRESPONSE 3\nDATA "
                "3 \"hi\"\n"
                "END 3\nDONE 3 NO_ERROR\n",
                "HEAD /h HTTP/1.1\nGET /b HTTP/1.1\n");
}

/* RFC 9112 6.3, 8: a body until close is whole at a clean end only. */
static void test_until_close(void)
{
    script sc;
    script_h1_client(&sc, "a body until close", call_get);
    buf_text(&sc.in, "HTTP/1.1 200 OK\r\n\r\nhello");
    script_end(&sc, STEP_EOF);
    sc.wants = H2NEG_WANT_CLOSE;
    script_play(&sc,
                "NEGOTIATED\nRESPONSE 1 more !length\nDATA 1 \"hello\"\nEND 1\nDONE 1 NO_ERROR\n",
                GOT);
    script_h1_client(&sc, "a body until the transport breaks", call_get);
    buf_text(&sc.in, "HTTP/1.1 200 OK\r\n\r\nhello");
    script_end(&sc, STEP_LOST);
    script_play(&sc, "NEGOTIATED\nRESPONSE 1\nDATA 1 \"hello\"\n...\nDONE 1 !NO_ERROR err=*\n",
                GOT);
    script_h1_client(&sc, "a coding that is not known", call_get); /* RFC 9112 6.3, rule 4 */
    buf_text(&sc.in, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nxyz");
    sc.unfed = 1;
    script_play(&sc, "ERROR BODY_CODING\nDONE 1 err=BODY_CODING\n", NULL);
    script_h1_client(&sc, "an HTTP/1.0 response", call_get);
    buf_text(&sc.in, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    sc.wants = H2NEG_WANT_CLOSE;
    script_play(&sc, "NEGOTIATED\nRESPONSE 1\nDATA 1\nEND 1\nDONE 1 NO_ERROR\n", GOT);
    script_h1_client(&sc, "a body that is too short", call_get);
    buf_text(&sc.in, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello");
    script_end(&sc, STEP_EOF);
    script_play(&sc, "NEGOTIATED\nRESPONSE 1\nDATA 1\n...\nDONE 1 !NO_ERROR err=BODY_SHORT\n", GOT);
    script_h1_client(&sc, "no answer at all", call_get);
    script_end(&sc, STEP_EOF);
    script_play(&sc, "...\nDONE 1 !NO_ERROR\n", GOT);
}

static void call_closed(side *s)
{
    h2neg_message m = message_get("/b");
    int r = side_request(s, &m, 0, NULL);
    SIDE_CHECK(s, r < 0 && r != H2NEG_ERR_AGAIN);
}

static void test_close_at_client(void)
{
    script sc;
    script_h1_client(&sc, "Connection: close in a response", call_get);
    buf_text(&sc.in, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
    script_call(&sc, call_closed);
    sc.wants = H2NEG_WANT_CLOSE;
    script_play(&sc, "NEGOTIATED\nRESPONSE 1 !connection\nDATA 1\nEND 1\nDONE 1 NO_ERROR\n", GOT);
}

static void call_busy(side *s)
{
    h2neg_message m = message_get("/b");
    side_get(s, "/a");
    SIDE_CHECK(s, side_request(s, &m, 0, NULL) == H2NEG_ERR_AGAIN);
}

static void test_busy(void)
{
    script sc;
    script_h1_client(&sc, "one request at a time", call_busy);
    buf_text(&sc.in, "HTTP/1.1 204 No Content\r\n\r\n");
    script_call(&sc, call_second);
    sc.tell_writable = 1;
    script_play(&sc, "NEGOTIATED\nRESPONSE 1\nEND 1\nDONE 1 NO_ERROR\nWRITABLE 0\n",
                GOT "GET /b HTTP/1.1\n");
}

static void test_bad_responses(void)
{
    static const char *const rows[] = {
        "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 99 Low\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "\r\nHTTP/1.1 204 No\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX : a\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n"};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        script sc;
        script_h1_client(&sc, rows[i], call_get);
        buf_text(&sc.in, rows[i]);
        sc.unfed = 1;
        sc.quick = 1;
        script_play(&sc, "...\nERROR *\nDONE 1 !NO_ERROR\n", GOT);
    }
}

/* RFC 9112 9.2: octets of a response that nobody asked for are never the answer to the next
 * request. */
static void test_unasked(void)
{
    script sc;
    script_h1_client(&sc, "octets behind the last response", call_get);
    buf_text(&sc.in, "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
    script_call(&sc, call_closed);
    sc.unfed = 1;
    script_play(&sc, "NEGOTIATED\nRESPONSE 1\nEND 1\nDONE 1 NO_ERROR\nERROR UNASKED\n", GOT);
    script_init(&sc, "a response before any request");
    sc.config.role = H2NEG_CLIENT;
    sc.config.protocols = H2NEG_HTTP1;
    buf_text(&sc.in, "HTTP/1.1 408 Request Timeout\r\n\r\n");
    sc.unfed = 1;
    script_play(&sc, "ERROR UNASKED\n", "");
}

static void call_upload(side *s)
{
    h2neg_message m = message_get("/up");
    m.method = h2neg_s("POST");
    side_ok(s, 0, side_request(s, &m, H2NEG_MORE, NULL), "request");
    side_ok(s, s->stream, (long)h2neg_send(s->c, s->stream, "hello", 5, H2NEG_MORE), "send");
}

static void call_upload_trailers(side *s)
{
    h2neg_field f = h2neg_f("X-Sum", "5");
    side_ok(s, s->stream, h2neg_trailers(s->c, s->stream, &f, 1), "trailers");
}

static void call_post(side *s)
{
    side_post(s, "/up", "hello");
}

static void test_uploads(void)
{
    script sc;
    script_h1_client(&sc, "a body of unknown length", call_upload);
    script_call(&sc, call_upload_trailers);
    buf_text(&sc.in, "HTTP/1.1 204 No Content\r\n\r\n");
    script_play(&sc, "NEGOTIATED\nRESPONSE 1\nEND 1\nDONE 1 NO_ERROR\n",
                "POST /up HTTP/1.1 transfer-encoding=chunked !content-length\nBODY "
                "\"hello\"\nTRAILER x-sum=5\n");
    script_h1_client(&sc, "a whole body", call_post);
    buf_text(&sc.in, "HTTP/1.1 204 No Content\r\n\r\n");
    script_play(&sc, "NEGOTIATED\nRESPONSE 1\nEND 1\nDONE 1 NO_ERROR\n",
                "POST /up HTTP/1.1 content-length=5\nBODY \"hello\"\n");
}

static void call_last(side *s)
{
    h2neg_message m = message_get("/a");
    side_ok(s, 0, side_request(s, &m, H2NEG_LAST, NULL), "request");
}

static void test_client_last(void)
{
    script sc;
    script_h1_client(&sc, "a client's last request", call_last);
    buf_text(&sc.in, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    script_call(&sc, call_closed);
    sc.wants = H2NEG_WANT_CLOSE;
    script_play(&sc, "NEGOTIATED\nRESPONSE 1\nDATA 1\nEND 1\nDONE 1 NO_ERROR\n",
                "GET /a HTTP/1.1 connection=close\n");
}

static void call_bad_requests(side *s)
{
    static const char *const names[] = {"connection", "transfer-encoding", "host",
                                        "keep-alive", "upgrade",           "a b"};
    h2neg_message m = message_get("/a"), wrong;
    h2neg_field f;
    size_t i;
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        f = h2neg_f(names[i], "x");
        wrong = m;
        wrong.fields = &f;
        wrong.field_count = 1;
        SIDE_CHECK(s, side_request(s, &wrong, 0, NULL) < 0);
    }
    f = h2neg_f("x-a", "b\r\nc: d");
    wrong = m;
    wrong.fields = &f;
    wrong.field_count = 1;
    SIDE_CHECK(s, side_request(s, &wrong, 0, NULL) < 0);
    wrong = m;
    wrong.method = h2neg_s("G T");
    SIDE_CHECK(s, side_request(s, &wrong, 0, NULL) < 0);
    wrong = m;
    wrong.target = h2neg_s("/a b");
    SIDE_CHECK(s, side_request(s, &wrong, 0, NULL) < 0);
    wrong = m;
    wrong.target = h2neg_s("/a\r\nX: y");
    SIDE_CHECK(s, side_request(s, &wrong, 0, NULL) < 0);
    wrong = m;
    wrong.authority = h2neg_s("a\r\nX: y");
    SIDE_CHECK(s, side_request(s, &wrong, 0, NULL) < 0);
    side_get(s, "/fine");
}

/* Nothing goes out that could be taken for something else; and nothing changed. */
static void test_bad_requests(void)
{
    script sc;
    script_h1_client(&sc, "requests that may not be sent, HTTP/1.1", call_bad_requests);
    buf_text(&sc.in, "HTTP/1.1 204 No Content\r\n\r\n");
    script_play(&sc, "NEGOTIATED\nRESPONSE 1\nEND 1\nDONE 1 NO_ERROR\n", "GET /fine HTTP/1.1 !x\n");
    script_h2_client(&sc, "requests that may not be sent, HTTP/2", call_bad_requests, "");
    put_response(&sc.in, 1, END, 204, "");
    script_play(&sc, "NEGOTIATED\nRESPONSE 1\nEND 1\nDONE 1 NO_ERROR\n",
                "PREFACE\nSETTINGS\nHEADERS 1 end :path=/fine\nSETTINGS ACK\n");
}

static void call_wrong_role(side *s)
{
    h2neg_message m = message_status(200), get = message_get("/x");
    if (s->client) {
        side_get(s, "/a");
        SIDE_CHECK(s, h2neg_respond(s->c, s->stream, &m, 0) < 0);
        SIDE_CHECK(s, h2neg_reply(s->c, s->stream, 200, NULL, NULL, 0) < 0);
        SIDE_CHECK(s, h2neg_accept(s->c, s->stream, NULL, NULL, 0) < 0);
    } else {
        SIDE_CHECK(s, side_request(s, &get, 0, NULL) < 0);
    }
}

static void test_wrong_role(void)
{
    script sc;
    script_h1_client(&sc, "a server's calls at a client", call_wrong_role);
    script_play(&sc, "", GOT);
    script_h1(&sc, "a client's calls at a server", "GET /now HTTP/1.1\r\n" HOST "\r\n");
    script_call(&sc, call_wrong_role);
    script_play(&sc, ONE, HELLO);
}

/* ---- a client's tunnels -------------------------------------------------- */

static void call_upgrade(side *s)
{
    h2neg_message m = message_get("/x");
    m.upgrade = h2neg_s("foo");
    side_ok(s, 0, side_request(s, &m, 0, NULL), "request");
}

static void call_tunnel_send(side *s)
{
    side_ok(s, s->stream, (long)h2neg_send(s->c, s->stream, "up", 2, H2NEG_MORE), "send");
}

static void call_connect(side *s)
{
    h2neg_message m = message_get("/");
    m.method = h2neg_s("CONNECT");
    m.authority = h2neg_s("host:80");
    side_ok(s, 0, side_request(s, &m, 0, NULL), "request");
}

static void test_client_upgrade(void)
{
    script sc;
    script_h1_client(&sc, "a client's Upgrade", call_upgrade);
    buf_text(&sc.in,
             "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\ndown");
    script_call(&sc, call_tunnel_send);
    script_end(&sc, STEP_EOF);
    script_play(
        &sc,
        "NEGOTIATED http/1.1 default\nOPEN 1 status=101 upgrade=foo\nDATA 1 \"down\"\nEND 1\n...",
        "GET /x HTTP/1.1 upgrade=foo connection=*\nRAW \"up\"\n");
    script_h1_client(&sc, "a client's Upgrade is declined", call_upgrade);
    buf_text(&sc.in, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
    script_play(&sc, "NEGOTIATED\nRESPONSE 1 status=200\nDATA 1 \"no\"\nEND 1\nDONE 1 NO_ERROR\n",
                NULL);
    script_h1_client(&sc, "a 101 without Connection", call_upgrade);
    buf_text(&sc.in, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\n\r\ndown");
    sc.unfed = 1;
    script_play(&sc, "...\nERROR UPGRADE_ANSWER\nDONE 1 !NO_ERROR\n", NULL);
}

static void test_client_connect(void)
{
    script sc;
    script_h1_client(&sc, "a client's CONNECT", call_connect);
    buf_text(&sc.in,
             "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ndown"); /* the length means nothing */
    script_call(&sc, call_tunnel_send);
    script_play(&sc, "NEGOTIATED\nOPEN 1 status=200\nDATA 1 \"down\"\n",
                "CONNECT host:80 HTTP/1.1 host=host:80 !content-length\nRAW \"up\"\n");
    script_h1_client(&sc, "a client's CONNECT is refused", call_connect);
    buf_text(&sc.in, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    script_play(&sc, "NEGOTIATED\nRESPONSE 1 status=403\nDATA 1 \"no\"\nEND 1\nDONE 1 NO_ERROR\n",
                NULL);
}

CHECK_MAIN(test_bodies_in, test_large_body_in, test_pipeline, test_pipeline_waits, test_error_waits,
           test_no_content, test_empty_answer, test_streams_out, test_chunks_raw,
           test_length_checked, test_echo, test_hold, test_hold_stops, test_bad_trailers,
           test_common_fields, test_informational, test_persistence, test_shutdown,
           test_early_answer, test_early_answer_overrun, test_expect, test_expect_lists,
           test_expect_held, test_minor_version, test_refusal_fields, test_common_fields_bound,
           test_bad_heads, test_bad_heads_second, test_good_heads, test_targets, test_bad_chunks,
           test_upgrade, test_upgrade_late, test_upgrade_declined, test_accept_without_offer,
           test_connect, test_connect_refused, test_half_close, test_tunnel_lost, test_eof,
           test_lost, test_reset, test_gone, test_responses, test_interim_responses, test_head,
           test_until_close, test_close_at_client, test_busy, test_bad_responses, test_unasked,
           test_uploads, test_client_last, test_bad_requests, test_wrong_role, test_client_upgrade,
           test_client_connect)
