/* HTTP/2: streams that are gone, drained, refused, incremental: RFC 9113 5.1, 6.8, 8.1; RFC 9218
   10. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"
#include "rules.h"

static h2neg_conn *client(uint32_t pending, buf *in, const char *settings)
{
    h2neg_config g;
    memset(&g, 0, sizeof g);
    g.role = H2NEG_CLIENT;
    g.protocols = H2NEG_PRIOR;
    g.max_output_pending = pending;
    g.max_concurrent_streams = 200;
    g.max_informational = 255;
    put_settings(in, settings);
    put_ack(in);
    return h2neg_conn_new(&g);
}

static uint32_t ask(h2neg_conn *c, const char *method, unsigned flags)
{
    h2neg_message m;
    uint32_t s = 0;
    memset(&m, 0, sizeof m);
    m.method = h2neg_s(method);
    m.authority = h2neg_s("a:1");
    CHECK_INT(h2neg_request(c, &m, flags, &s), 0);
    return s;
}

/* A stream that ends, and whose DONE is taken, inside its field block. */
static void test_gone_inside_block(void)
{
    buf in = {0, 0, 0}, ev = {0, 0, 0}, out = {0, 0, 0};
    h2neg_conn *c = server(0, &in);
    put_request(&in, 1, 0, "POST", "/", "");
    put_headers(&in, 1, END, "");
    turn(c, &in, &ev);
    CHECK_INT(h2neg_reply(c, 1, 200, NULL, "x", 1), 0);
    turn(c, &in, &ev);
    put_frame(&in, 9, HEADS, 1, "\0\1a\1b", 5);
    put_get(&in, 3, "/");
    turn(c, &in, &ev);
    CHECK(strcmp(ev.p, "NEGOTIATED0 REQUEST1 DONE1 REQUEST3 END3 ") == 0);
    h2neg_conn_free(c);
    c = client(0, &in, "");
    ev.len = 0;
    ask(c, "GET", 0);
    put_headers(&in, 1, 0, "");
    turn(c, &in, &ev);
    CHECK_INT(h2neg_reset(c, 1, H2NEG_CANCEL), 0);
    written(c, &out);
    turn(c, &in, &ev);
    put_frame(&in, 9, HEADS, 1, "\x88", 1);
    turn(c, &in, &ev);
    CHECK(strcmp(ev.p, "NEGOTIATED0 DONE1 ") == 0);
    h2neg_conn_free(c);
    buf_free(&in);
    buf_free(&ev);
    buf_free(&out);
}

/* A limit of exactly what is assumed before the peer's SETTINGS (RFC 9113 5.1.2). */
static void test_limit_as_assumed(void)
{
    static const struct {
        const char *settings;
        int streams;
    } rows[] = {{"", 200}, {"3=99", 99}, {"3=100", 100}, {"3=101", 101}};
    size_t i;
    for (i = 0; i < 4; i++) {
        buf in = {0, 0, 0}, ev = {0, 0, 0}, out = {0, 0, 0};
        h2neg_conn *c = client(0, &in, rows[i].settings);
        h2neg_message m;
        int n = 0;
        memset(&m, 0, sizeof m);
        m.authority = h2neg_s("a");
        turn(c, &in, &ev);
        while (h2neg_request(c, &m, 0, NULL) == 0) {
            n++;
            written(c, &out);
        }
        CHECK_INT(n, rows[i].streams);
        h2neg_conn_free(c);
        buf_free(&in);
        buf_free(&ev);
        buf_free(&out);
    }
}

/* A refused CONNECT ends our side, also while the application has filled the output. */
static void test_connect_refused_full(void)
{
    static char big[20000];
    buf in = {0, 0, 0}, ev = {0, 0, 0}, out = {0, 0, 0};
    h2neg_conn *c = client(8192, &in, "4=1000000");
    put_window(&in, 0, 1000000);
    turn(c, &in, &ev);
    ask(c, "CONNECT", 0);
    written(c, &out);
    CHECK_INT(ask(c, "POST", H2NEG_MORE), 3);
    h2neg_send(c, 3, big, sizeof big, H2NEG_MORE);
    put_response(&in, 1, END, 404, "");
    ev.len = out.len = 0;
    turn(c, &in, &ev);
    CHECK(strcmp(ev.p, "RESPONSE1 END1 DONE1 ") == 0);
    written(c, &out);
    CHECK(strstr(out.p, "0.1.1 ") != NULL);
    h2neg_conn_free(c);
    buf_free(&in);
    buf_free(&ev);
    buf_free(&out);
}

/* HEADERS on a stream whose CONNECT waits (RFC 9113 8.5). */
static void test_connect_trailers_early(void)
{
    buf in = {0, 0, 0}, ev = {0, 0, 0};
    h2neg_conn *c = server(0, &in);
    put_headers(&in, 1, HEADS, ":method: CONNECT\n:authority: b:80\n");
    put_data(&in, 1, 0, "early");
    put_headers(&in, 1, HEADS | END, "a: b\n");
    turn(c, &in, &ev);
    CHECK(strcmp(ev.p, "NEGOTIATED0 REQUEST1 DONE1 ") == 0);
    h2neg_conn_free(c);
    buf_free(&in);
    buf_free(&ev);
}

/* Responses that never have content say a length if they like (RFC 9113 8.1.1, RFC 9110 9.3.6). */
static void test_length_without_content(void)
{
    static const struct {
        const char *method;
        int status;
        const char *events;
    } rows[] = {{"GET", 204, "NEGOTIATED0 RESPONSE1 END1 DONE1 "},
                {"GET", 304, "NEGOTIATED0 RESPONSE1 END1 DONE1 "},
                {"GET", 200, "NEGOTIATED0 DONE1 "},
                {"CONNECT", 404, "NEGOTIATED0 DONE1 "},
                {"CONNECT", 200, "NEGOTIATED0 OPEN1 END1 "}};
    size_t i;
    for (i = 0; i < 5; i++) {
        buf in = {0, 0, 0}, ev = {0, 0, 0};
        h2neg_conn *c = client(0, &in, "");
        ask(c, rows[i].method, 0);
        put_response(&in, 1, END, rows[i].status, "content-length: 5\n");
        turn(c, &in, &ev);
        CHECK(strcmp(ev.p, rows[i].events) == 0);
        h2neg_conn_free(c);
        buf_free(&in);
        buf_free(&ev);
    }
}

/* HEADERS that depend on themselves, on a stream that the peer has ended (RFC 9113 5.1). */
static void test_self_dependency_closed(void)
{
    buf in = {0, 0, 0}, ev = {0, 0, 0}, out = {0, 0, 0};
    h2neg_conn *c = server(0, &in);
    put_get(&in, 1, "/");
    put_frame(&in, 1, HEADS | PRIO | END, 1, "\0\0\0\1\0\0\1a\1b", 10);
    turn(c, &in, &ev);
    CHECK(strcmp(ev.p, "NEGOTIATED0 REQUEST1 END1 DONE1 ") == 0);
    written(c, &out);
    CHECK(strstr(out.p, "3.1.0 ") != NULL);
    h2neg_conn_free(c);
    buf_free(&in);
    buf_free(&ev);
    buf_free(&out);
}

static void test_informational_most(void)
{
    buf in = {0, 0, 0}, ev = {0, 0, 0};
    h2neg_conn *c = client(0, &in, "");
    h2neg_info info;
    int n = 0;
    ask(c, "GET", 0);
    do {
        put_response(&in, 1, 0, 103, "");
        turn(c, &in, &ev);
        h2neg_conn_info(c, &info);
    } while (info.streams && ++n < 1000);
    CHECK_INT(n, 255);
    h2neg_conn_free(c);
    buf_free(&in);
    buf_free(&ev);
}

/* A block that began while there was room, and ends when the application has filled it: the request
   waits until an answer fits, and the engine's own answers are never lost. */
static void test_block_waits_for_room(void)
{
    static char big[40000];
    int large;
    for (large = 0; large < 2; large++) {
        buf in = {0, 0, 0}, ev = {0, 0, 0}, out = {0, 0, 0}, block = {0, 0, 0};
        h2neg_conn *c = server(16384, &in);
        h2neg_message m;
        memset(&m, 0, sizeof m);
        m.status = 200;
        put_get(&in, 1, "/");
        put_headers(&in, 3, END, REQ("GET", "/"));
        turn(c, &in, &ev);
        written(c, &out);
        m.body = big;
        m.body_len = sizeof big;
        CHECK_INT(h2neg_respond(c, 1, &m, 0), 0);
        if (large)
            put_field(&block, "a", 1, big, 0);
        if (large) {
            memset(big, 'a', 9000);
            put_field(&block, "b", 1, big, 9000);
        }
        put_frame(&in, 9, HEADS, 3, block.p, block.len);
        ev.len = 0;
        buf_text(&ev, "");
        turn(c, &in, &ev);
        CHECK(strstr(ev.p, "REQUEST3") == NULL);
        written(c, &out);
        out.len = 0;
        turn(c, &in, &ev);
        CHECK((strstr(ev.p, "REQUEST3") != NULL) == !large);
        if (!large)
            CHECK_INT(h2neg_reply(c, 3, 200, "text/plain", big, 4000), 0);
        written(c, &out);
        CHECK(strstr(out.p, large ? "1.3.5 " : "1.3.4 ") != NULL);
        h2neg_conn_free(c);
        buf_free(&in);
        buf_free(&ev);
        buf_free(&out);
        buf_free(&block);
    }
}

/* A body that fills the output again as fast as it drains stops neither the requests that come, nor
   what comes behind them: a PING, the end of that body (RFC 9113 5.2.2). */
static void test_body_stops_no_input(void)
{
    static char much[1000000];
    int sends;
    for (sends = 0; sends < 2; sends++) {
        buf in = {0, 0, 0}, ev = {0, 0, 0}, out = {0, 0, 0};
        h2neg_conn *c = server(65536, &in);
        h2neg_message m;
        int k;
        memset(&m, 0, sizeof m);
        m.status = 200;
        m.body = sends ? NULL : much;
        m.body_len = sends ? 0 : sizeof much;
        put_get(&in, 1, "/");
        turn(c, &in, &ev);
        CHECK_INT(h2neg_respond(c, 1, &m, sends ? H2NEG_MORE : 0), 0);
        put_get(&in, 3, "/");
        put_ping(&in, 0, "12345678");
        put_rst(&in, 1, H2NEG_CANCEL);
        for (k = 0; k < 5; k++) {
            if (sends)
                h2neg_send(c, 1, much, sizeof much, H2NEG_MORE);
            turn(c, &in, &ev);
            written(c, &out);
        }
        CHECK(strstr(ev.p, "REQUEST3 END3 ") != NULL && strstr(ev.p, "DONE1 ") != NULL);
        CHECK(strstr(out.p, "6.0.1 ") != NULL);
        h2neg_conn_free(c);
        buf_free(&in);
        buf_free(&ev);
        buf_free(&out);
    }
}

/* ... nor what goes out by h2neg_send, where that is more urgent, or takes turns (RFC 9218 10).
   Lines of the field count as one (RFC 8941 4.2). */
static void test_body_and_send_take_turns(void)
{
    static const char *const rows[][3] = {{"u=7", "u=0", "yes"},
                                          {"i", "i", "yes"},
                                          {"u=0", "u=7", NULL},
                                          {"u=2", "u=7\na: b\npriorita: u=7\npriority: u=1", "yes"},
                                          {"u=2", "u=1\npriority: u=7", NULL},
                                          {"i", "i\npriority: u=3\npriority: x=(a b)", "yes"},
                                          {"u=2", "u=1\npriority: ]", NULL}};
    static char much[500000];
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf in = {0, 0, 0}, ev = {0, 0, 0}, out = {0, 0, 0};
        h2neg_conn *c = server(65536, &in);
        h2neg_message m;
        char field[64];
        int k;
        for (k = 0; k < 2; k++) {
            snprintf(field, sizeof field, "priority: %s\n", rows[i][k]);
            put_request(&in, (uint32_t)k * 2 + 1, END, "GET", "/", field);
        }
        turn(c, &in, &ev);
        memset(&m, 0, sizeof m);
        m.status = 200;
        CHECK_INT(h2neg_respond(c, 3, &m, H2NEG_MORE), 0);
        m.body = much;
        m.body_len = sizeof much;
        CHECK_INT(h2neg_respond(c, 1, &m, 0), 0);
        CHECK_INT(h2neg_send(c, 3, "x", 1, 0), 0); /* no room now: WRITABLE follows */
        for (k = 0; k < 5; k++) {
            written(c, &out);
            turn(c, &in, &ev);
        }
        CHECK((strstr(ev.p, "WRITABLE3 ") != NULL) == (rows[i][2] != NULL));
        CHECK(strstr(ev.p, "DONE1 ") == NULL);
        for (; k < 30; k++) { /* who does not use it holds nobody */
            written(c, &out);
            turn(c, &in, &ev);
        }
        CHECK(strstr(ev.p, "DONE1 ") != NULL && strstr(ev.p, "WRITABLE3 ") != NULL);
        h2neg_conn_free(c);
        buf_free(&in);
        buf_free(&ev);
        buf_free(&out);
    }
}

/* A field block that was refused waits for its room, not for the end of a body of less urgency that
   would fill the room again, however little the output drains at once (RFC 9218 10). */
static void test_block_before_body(void)
{
    static char much[1000000], value[20001];
    int row;
    memset(value, 'v', 20000);
    for (row = 0; row < 4; row++) { /* a response, trailers, a request, a long one */
        const int client_side = row >= 2;
        buf in = {0, 0, 0}, ev = {0, 0, 0};
        h2neg_field field = {h2neg_s("a"), h2neg_s(""), 0};
        h2neg_message m;
        h2neg_conn *c;
        int k, err = H2NEG_ERR_AGAIN;
        field.value = h2neg_s(value + (row == 2 ? 19000 : 0));
        memset(&m, 0, sizeof m);
        m.body = much;
        m.body_len = sizeof much;
        if (client_side) {
            c = client(65536, &in, "4=10000000");
            m.method = h2neg_s("PUT");
            m.authority = h2neg_s("a:1");
        } else {
            c = server(0, &in);
            put_request(&in, 1, END, "GET", "/", "priority: u=5\n");
            put_get(&in, 3, "/");
            m.status = 200;
        }
        put_window(&in, 0, 100000000);
        turn(c, &in, &ev);
        if (row == 1) {
            m.body_len = 0;
            CHECK_INT(h2neg_respond(c, 3, &m, H2NEG_MORE), 0);
            m.body_len = sizeof much;
        }
        CHECK_INT(client_side ? h2neg_request(c, &m, 0, NULL) : h2neg_respond(c, 1, &m, 0), 0);
        m.body_len = 0;
        m.fields = &field;
        m.field_count = 1;
        if (client_side)
            m.method = h2neg_s("GET");
        for (k = 0; err == H2NEG_ERR_AGAIN && k < 1000;) {
            err = row == 1      ? h2neg_trailers(c, 3, &field, 1)
                  : client_side ? h2neg_request(c, &m, 0, NULL)
                                : h2neg_respond(c, 3, &m, 0);
            ev.len = 0;
            do {
                const void *run;
                size_t n;
                turn(c, &in, &ev);
                n = h2neg_output(c, &run);
                h2neg_output_done(c, n < 200 ? n : 200);
            } while (err && k++ < 1000 && !(ev.len && strstr(ev.p, "WRITABLE")));
        }
        CHECK_INT(err, 0);
        CHECK(k > 1 && k < 300);
        h2neg_conn_free(c);
        buf_free(&in);
        buf_free(&ev);
    }
}

/* ... and one of more than half of the output, which is not tried again, stops no body. */
static void test_body_behind_block(void)
{
    static char much[1000000], value[30001];
    buf in = {0, 0, 0}, ev = {0, 0, 0};
    h2neg_field field = {h2neg_s("a"), h2neg_s(""), 0};
    h2neg_conn *c = server(65536, &in);
    h2neg_message m;
    int k;
    memset(value, 'v', 30000);
    field.value = h2neg_s(value);
    put_get(&in, 1, "/");
    put_get(&in, 3, "/");
    turn(c, &in, &ev);
    memset(&m, 0, sizeof m);
    m.status = 200;
    m.body = much;
    m.body_len = sizeof much;
    CHECK_INT(h2neg_respond(c, 1, &m, 0), 0);
    m.body_len = 0;
    m.fields = &field;
    m.field_count = 1;
    CHECK_INT(h2neg_respond(c, 3, &m, 0), H2NEG_ERR_AGAIN);
    for (k = 0; k < 60 && !strstr(ev.p, "DONE1 "); k++) {
        const void *run;
        size_t n = h2neg_output(c, &run);
        CHECK(k == 0 || n <= 65536 / 8 * 3);
        h2neg_output_done(c, n);
        turn(c, &in, &ev);
    }
    CHECK(k > 30 && k < 60);
    CHECK(strstr(ev.p, "DONE1 ") && strstr(ev.p, "WRITABLE3 "));
    h2neg_conn_free(c);
    buf_free(&in);
    buf_free(&ev);
}

/* A WebSocket goes on through the smallest output, whose room is short, and a window that is
   shorter (RFC 8441 5; RFC 9113 6.9). */
static void test_ws_through_small_window(void)
{
    static const char text[2000];
    h2neg_config g;
    h2neg_conn *c;
    buf in = {0, 0, 0}, ev = {0, 0, 0}, out = {0, 0, 0};
    ptrdiff_t taken = 0, n;
    int k;
    memset(&g, 0, sizeof g);
    g.max_output_pending = 8192;
    c = h2neg_conn_new(&g);
    put_preface(&in, "4=16");
    put_ack(&in);
    put_headers(&in, 1, HEADS,
                ":method: CONNECT\n:protocol: websocket\n:scheme: http\n:authority: a\n"
                ":path: /ws\nsec-websocket-version: 13\n");
    turn(c, &in, &ev);
    CHECK_INT(h2neg_accept(c, 1, NULL, NULL, 0), 0);
    for (k = 0; k < 300 && taken < 2000; k++) {
        n = h2neg_ws_send(c, 1, H2NEG_WS_TEXT, text + taken, (size_t)(2000 - taken), 0);
        CHECK(n >= 0 || n == H2NEG_ERR_AGAIN);
        taken += n > 0 ? n : 0;
        written(c, &out);
        put_window(&in, 1, 16);
        put_window(&in, 0, 16);
        turn(c, &in, &ev);
    }
    CHECK_INT(taken, 2000);
    h2neg_conn_free(c);
    buf_free(&in);
    buf_free(&ev);
    buf_free(&out);
}

/* TE may say "trailers" over HTTP/2, and nothing else (RFC 9113 8.2.2); over HTTP/1 it would need a
   Connection, which is not the caller's (RFC 9110 10.1.4). */
static void test_te(void)
{
    static const char *const values[] = {"trailers", "Trailers", "trailery", "trailers, gzip", ""};
    size_t i;
    int h2;
    for (h2 = 0; h2 < 2; h2++)
        for (i = 0; i < sizeof values / sizeof values[0]; i++) {
            h2neg_config g;
            h2neg_field te = h2neg_f("TE", values[i]);
            h2neg_message m;
            h2neg_conn *c;
            uint32_t s;
            memset(&g, 0, sizeof g);
            g.role = H2NEG_CLIENT;
            g.protocols = h2 ? H2NEG_PRIOR : H2NEG_HTTP1;
            c = h2neg_conn_new(&g);
            memset(&m, 0, sizeof m);
            m.authority = h2neg_s("a");
            m.fields = &te;
            m.field_count = 1;
            CHECK_INT(h2neg_request(c, &m, 0, &s), h2 && i < 2 ? 0 : H2NEG_ERR_INVALID);
            h2neg_conn_free(c);
        }
}

/* A push, which is idle for ever here (RFC 9218 7.1). */
static void test_priority_update_push(void)
{
    buf in = {0, 0, 0}, ev = {0, 0, 0};
    h2neg_conn *c = server(0, &in);
    put_frame(&in, 16, 0, 0, "\0\0\0\2u=1", 7);
    turn(c, &in, &ev);
    CHECK(strcmp(ev.p, "NEGOTIATED0 ERROR0 ") == 0);
    h2neg_conn_free(c);
    buf_free(&in);
    buf_free(&ev);
}

/* Incremental streams of one urgency take turns, also from one call to the next (RFC 9218 10). */
static void test_incremental_turns(void)
{
    static char big[400000];
    int by_send;
    for (by_send = 0; by_send < 2; by_send++) {
        buf in = {0, 0, 0}, events = {0, 0, 0}, out = {0, 0, 0};
        h2neg_conn *c = h2neg_conn_new(NULL);
        h2neg_message m;
        h2neg_event ev;
        uint32_t s;
        int k;
        put_preface(&in, by_send ? "4=10000000" : "4=0");
        put_window(&in, 0, 100000000);
        put_ack(&in);
        for (s = 1; s < 12; s += 2)
            put_request(&in, s, END, "GET", "/", "priority: i\n");
        turn(c, &in, &events);
        memset(&m, 0, sizeof m);
        m.status = 200;
        m.body = by_send ? NULL : big;
        m.body_len = by_send ? 0 : sizeof big;
        for (s = 1; s < 12; s += 2)
            CHECK_INT(h2neg_respond(c, s, &m, by_send ? H2NEG_MORE : 0), 0);
        for (s = 1; s < 12; s += 2)
            if (by_send)
                h2neg_send(c, s, big, sizeof big, H2NEG_MORE);
        put_settings(&in, "4=10000000");
        turn(c, &in, &events);
        for (k = 0; k < 12; k++) {
            written(c, &out);
            while (h2neg_next(c, &ev))
                if (ev.type == H2NEG_EV_WRITABLE)
                    h2neg_send(c, ev.stream, big, sizeof big, H2NEG_MORE);
        }
        for (s = 1; s < 12; s += 2) {
            char word[16];
            snprintf(word, sizeof word, "0.%u.0 ", (unsigned)s);
            CHECK(strstr(out.p, word) != NULL);
        }
        h2neg_conn_free(c);
        buf_free(&in);
        buf_free(&events);
        buf_free(&out);
    }
}

/* Streams that wait because another goes first are not the peer's fault; a peer that reads nothing
   to speak of is told as before, stream by stream. */
static void test_turn_is_no_stall(void)
{
    static char big[1000000];
    int slow;
    for (slow = 0; slow < 2; slow++) {
        buf in = {0, 0, 0}, events = {0, 0, 0};
        h2neg_conn *c = h2neg_conn_new(NULL);
        h2neg_message m;
        h2neg_info info;
        uint32_t s;
        int k;
        put_preface(&in, "4=0");
        put_window(&in, 0, 100000000);
        put_ack(&in);
        for (s = 1; s < 6; s += 2)
            put_get(&in, s, "/");
        turn(c, &in, &events);
        memset(&m, 0, sizeof m);
        m.status = 200;
        m.body = big;
        m.body_len = sizeof big;
        for (s = 1; s < 6; s += 2)
            CHECK_INT(h2neg_respond(c, s, &m, 0), 0);
        put_settings(&in, "4=10000000");
        turn(c, &in, &events);
        events.len = 0;
        buf_text(&events, "");
        for (k = 0; k < 150; k++) {
            const void *run;
            size_t n = h2neg_output(c, &run), most = slow ? 1 : 20000;
            h2neg_output_done(c, n < most ? n : most);
            h2neg_tick(c, 1000 + 1000 * (uint64_t)k);
            turn(c, &in, &events);
            if (k == 40)
                CHECK(strstr(events.p, "DONE") == NULL);
        }
        CHECK(strstr(events.p, "DONE1 ") && strstr(events.p, "DONE3 "));
        h2neg_conn_info(c, &info);
        CHECK(strstr(events.p, "ERROR") == NULL);
        CHECK(slow || info.octets_out > 180 * 16384);
        h2neg_conn_free(c);
        buf_free(&in);
        buf_free(&events);
    }
}

CHECK_MAIN(test_turn_is_no_stall, test_incremental_turns, test_gone_inside_block,
           test_limit_as_assumed, test_connect_refused_full, test_connect_trailers_early,
           test_length_without_content, test_self_dependency_closed, test_informational_most,
           test_block_waits_for_room, test_ws_through_small_window, test_te,
           test_body_stops_no_input, test_body_and_send_take_turns, test_block_before_body,
           test_body_behind_block, test_priority_update_push)
