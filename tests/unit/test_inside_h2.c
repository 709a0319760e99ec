/* HTTP/2 where only the inside shows what must come of it: octets that the peer may send, numbers
   of streams that no test could use up. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"
#include "rules.h"

/* What the peer may send on the whole connection, and what is given back to it soon. */
static int64_t credit(const h2neg_conn *c)
{
    return (int64_t)c->h2->recv + c->h2->unreturned;
}

/* What an event points at lives until the next call of next, whatever is called meanwhile: a stream
   that is reset, or another one, leaves early octets where they are. */
static void test_early_lifetime(void)
{
    uint32_t victim;
    for (victim = 1; victim <= 3; victim += 2) {
        h2neg_conn *c = h2neg_conn_new(NULL);
        buf in = {0, 0, 0};
        h2neg_event ev;
        int seen = 0;
        put_preface(&in, "");
        put_ack(&in);
        put_headers(&in, 1, HEADS, ":method: CONNECT\n:authority: b:80\n");
        put_headers(&in, 3, HEADS, ":method: CONNECT\n:authority: b:80\n");
        put_data(&in, 1, 0, "hello");
        put_data(&in, 3, 0, "world");
        CHECK_INT(h2neg_feed(c, in.p, in.len), in.len);
        while (h2neg_next(c, &ev))
            continue;
        CHECK_INT(h2neg_accept(c, 3, NULL, NULL, 0), 0);
        while (h2neg_next(c, &ev)) {
            if (ev.type != H2NEG_EV_DATA)
                continue;
            seen++;
            CHECK_INT(h2neg_reset(c, victim, H2NEG_CANCEL), 0);
            CHECK_TEXT(ev.data, "world");
            CHECK_INT(credit(c), (1 << 20) - 10);
        }
        CHECK_INT(seen, 1);
        CHECK_INT(credit(c), (1 << 20) - (victim == 3 ? 5 : 0));
        h2neg_conn_free(c);
        buf_free(&in);
    }
}

/* The peer does not answer the PING behind GOAWAY in time and opens a stream: its frames are passed
   over, credit for its DATA returns, and the other streams go on (RFC 9113 6.8). */
static void test_above_goaway(void)
{
    int kind;
    for (kind = 0; kind < 4; kind++) {
        buf in = {0, 0, 0}, ev = {0, 0, 0};
        h2neg_conn *c = server(0, &in);
        h2neg_info info;
        put_get(&in, 1, "/");
        turn(c, &in, &ev);
        h2neg_tick(c, 1000);
        h2neg_shutdown(c);
        h2neg_tick(c, 2000);
        h2neg_tick(c, 5500);
        put_request(&in, 3, 0, "POST", "/", "");
        if (kind == 0)
            put_data(&in, 3, 0, "body");
        else if (kind == 1)
            put_window(&in, 3, 10);
        else if (kind == 2)
            put_rst(&in, 3, H2NEG_CANCEL);
        else
            put_headers(&in, 3, HEADS | END, "a: b\n");
        turn(c, &in, &ev);
        CHECK(strcmp(ev.p, "NEGOTIATED0 REQUEST1 END1 ") == 0);
        h2neg_conn_info(c, &info);
        CHECK_INT(info.error.code, 0);
        CHECK_INT(credit(c), 1 << 20);
        CHECK_INT(h2neg_reply(c, 1, 200, NULL, "x", 1), 0);
        h2neg_conn_free(c);
        buf_free(&in);
        buf_free(&ev);
    }
}

/* RFC 9113 5.1.1: a client whose stream numbers ran out opens no stream any more. */
static void test_numbers_out(void)
{
    h2neg_config g;
    h2neg_conn *c;
    h2neg_message m = message_get("/");
    uint32_t stream;
    h2neg_info info;
    buf in = {0, 0, 0}, ev = {0, 0, 0};
    memset(&g, 0, sizeof g);
    g.role = H2NEG_CLIENT;
    g.protocols = H2NEG_PRIOR;
    c = h2neg_conn_new(&g);
    c->next_stream = 0x7fffffff;
    CHECK_INT(h2neg_request(c, &m, 0, &stream), 0);
    CHECK_INT(stream, 0x7fffffff);
    CHECK_INT(h2neg_request(c, &m, 0, NULL), H2NEG_ERR_CLOSED);
    put_settings(&in, "");
    put_headers(&in, stream, HEADS | END, ":status: 200\n");
    turn(c, &in, &ev);
    CHECK(strcmp(ev.p, "NEGOTIATED0 RESPONSE2147483647 END2147483647 DONE2147483647 ") == 0);
    h2neg_conn_info(c, &info);
    CHECK_INT(info.error.code, 0);
    h2neg_conn_free(c);
    buf_free(&in);
    buf_free(&ev);
}

CHECK_MAIN(test_early_lifetime, test_above_goaway, test_numbers_out)
