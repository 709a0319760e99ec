/* HTTP/2, exact: budgets at one below, at and one above their value, room to the octet, what is
   remembered of closed streams, what comes behind a fault. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"

/* ---- servers and clients that have begun --------------------------------- */

static void give(side *s, buf *in)
{
    side_give(s, in->p, in->len);
    buf_free(in);
}

/* A server, the peer's preface with these settings and its ACK behind it; our output taken. */
static side *server_of(const h2neg_config *config, const char *settings)
{
    side *s = side_new(config);
    buf in = {0, 0, 0};
    put_preface(&in, settings);
    put_ack(&in);
    give(s, &in);
    return s;
}

/* ... and requests 1 to `last` that wait for their answers. */
static side *server_with(const h2neg_config *config, const char *settings, uint32_t last)
{
    side *s = server_of(config, settings);
    buf in = {0, 0, 0};
    uint32_t id;
    for (id = 1; id <= last; id += 2)
        put_get(&in, id, "/later");
    give(s, &in);
    return s;
}

static h2neg_config client_config(void)
{
    h2neg_config config;
    memset(&config, 0, sizeof config);
    config.role = H2NEG_CLIENT;
    config.protocols = H2NEG_PRIOR;
    return config;
}

/* A client by prior knowledge with GETs 1 to `last`. */
static side *client_with(const h2neg_config *config, const char *settings, uint32_t last)
{
    side *s = side_new(config);
    buf in = {0, 0, 0};
    put_settings(&in, settings);
    put_ack(&in);
    give(s, &in);
    for (; last; last = last > 2 ? last - 2 : 0)
        side_get(s, "/");
    side_drain(s);
    return s;
}

static void head_more(side *s, uint32_t id)
{
    h2neg_message m = message_status(200);
    CHECK_INT(h2neg_respond(s->c, id, &m, H2NEG_MORE), 0);
    side_drain(s);
}

/* The connection's error so far. */
static int error_of(const side *s)
{
    h2neg_info info;
    h2neg_conn_info(s->c, &info);
    return info.error.code;
}

static void says(side *s, const char *output)
{
    buf text = {0, 0, 0};
    buf_add(&text, "", 0);
    take_all(&text, &s->out, 0, 0, 1);
    if (!lines_fit(text.p, output)) {
        check_failures++;
        fprintf(stderr, "output is\n%s--- should be\n%s---\n", text.p, output);
    }
    buf_free(&text);
}

/* ---- WINDOW_UPDATE: 5 + 2 x (streams + 10 x DATA sent) ------------------- */

/* So many pass, and one more does not. */
static void updates_pass(side *s, int count, int line)
{
    int i;
    for (i = 0; i <= count; i++) {
        buf in = {0, 0, 0};
        int is;
        put_window(&in, 0, 1);
        give(s, &in);
        is = error_of(s);
        if (is != (i < count ? 0 : H2NEG_ERR_LIMIT_WINDOW_UPDATES)) {
            check_failures++;
            fprintf(stderr, "line %d: update %d of %d: %s\n", line, i + 1, count,
                    h2neg_error_name(is));
            break;
        }
    }
    side_end(s);
}
#define UPDATES_PASS(s, count) updates_pass(s, count, __LINE__)

static void test_updates(void)
{
    h2neg_config config = client_config();
    side *s;
    UPDATES_PASS(server_of(NULL, ""), 5);
    UPDATES_PASS(server_with(NULL, "", 1), 7);
    UPDATES_PASS(server_with(NULL, "", 5), 11);
    UPDATES_PASS(client_with(&config, "", 0), 5);
    UPDATES_PASS(client_with(&config, "", 3), 9);
    s = server_with(NULL, "", 1);
    app_reply(s, 1, 200, "one DATA frame");
    side_drain(s);
    UPDATES_PASS(s, 5 + 2 * (1 + 10));
    s = server_with(NULL, "", 1);
    app_body(s, 1, 40000, 0); /* three */
    side_drain(s);
    UPDATES_PASS(s, 5 + 2 * (1 + 30));
    config.window_update_slack = 2;
    UPDATES_PASS(client_with(&config, "", 1), 4);
    config.window_update_slack = H2NEG_OFF;
    UPDATES_PASS(client_with(&config, "", 1), 2);
}

#define H2C_OFFER                                                                                  \
    "Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: \r\n\r\n"
#define H2C_OFFER_OF(settings)                                                                     \
    "Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: " settings  \
    "\r\n\r\n"
#define H2C_SWITCH "HTTP/1.1 101 \r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"

/* The stream that came by Upgrade counts like any other. */
static void test_updates_upgraded(void)
{
    h2neg_config config;
    side *s;
    buf in = {0, 0, 0};
    memset(&config, 0, sizeof config);
    config.protocols = H2NEG_HTTP1 | H2NEG_H2C;
    s = side_new(&config);
    buf_text(&in, "GET /later HTTP/1.1\r\n" H2C_OFFER_OF("AAMAAABk"));
    put_preface(&in, "");
    put_ack(&in);
    give(s, &in);
    UPDATES_PASS(s, 7);
    config.role = H2NEG_CLIENT;
    s = side_new(&config);
    side_get(s, "/");
    side_drain(s);
    buf_text(&in, H2C_SWITCH);
    put_settings(&in, "");
    put_ack(&in);
    give(s, &in);
    UPDATES_PASS(s, 7);
}

/* ---- an h2c offer and its body ------------------------------------------------- */

/* The body is read before the 101, up to max_upgrade_body, behind a head as large as it may be, in
   whatever pieces; a larger one leaves the offer aside. */
static void offer_of(size_t filler, size_t body, size_t most, int taken)
{
    h2neg_config config;
    buf in = {0, 0, 0};
    size_t at, i;
    side *s;
    memset(&config, 0, sizeof config);
    config.protocols = H2NEG_HTTP1 | H2NEG_H2C;
    s = side_new(&config);
    buf_text(&in, "POST /end HTTP/1.1\r\n");
    for (i = 0; i < filler; i++) {
        buf_text(&in, "x: ");
        buf_fill(&in, 'y', 7000);
        buf_text(&in, "\r\n");
    }
    buf_fmt(&in, "Content-Length: %zu\r\n" H2C_OFFER_OF("AAMAAABk"), body);
    buf_fill(&in, 'b', body);
    for (at = 0; at < in.len; at += most)
        side_give(s, in.p + at, in.len - at < most ? in.len - at : most);
    CHECK_INT(error_of(s), 0);
    CHECK(strstr(buf_str(&s->events),
                 taken ? "NEGOTIATED h2c upgrade\n" : "NEGOTIATED http/1.1 default\n") != NULL);
    CHECK(strstr(buf_str(&s->events), "\nEND 1\n") != NULL);
    buf_free(&in);
    side_end(s);
}

static void test_offer(void)
{
    static const size_t steps[] = {16384, 5000, 777};
    size_t i;
    for (i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        offer_of(0, 0, steps[i], 1);
        offer_of(0, 16384, steps[i], 1);
        offer_of(0, 16385, steps[i], 0);
        offer_of(4, 16384, steps[i], 1);
        offer_of(4, 16385, steps[i], 0);
    }
}

/* ---- room ---------------------------------------------------------------- */

/* What h2neg_room tells is what a send takes, to the octet; behind it there is none. */
static void room_is(side *s, size_t room, int line)
{
    size_t told = h2neg_room(s->c, 1);
    ptrdiff_t k = h2neg_send(s->c, 1, side_big(s), 200000, H2NEG_MORE);
    if (told != room || k != (ptrdiff_t)room || h2neg_room(s->c, 1) != 0) {
        check_failures++;
        fprintf(stderr, "line %d: room %zu, taken %ld, then %zu; should be %zu\n", line, told,
                (long)k, h2neg_room(s->c, 1), room);
    }
    CHECK_INT(h2neg_send(s->c, 1, "x", 1, H2NEG_MORE), 0);
    side_end(s);
}
#define ROOM_IS(s, room) room_is(s, room, __LINE__)

/* A response under way, the windows of its stream and of the connection so large. */
static side *sending(const h2neg_config *config, size_t stream, uint32_t connection,
                     const char *settings)
{
    char all[128];
    side *s;
    snprintf(all, sizeof all, "4=%zu%s", stream, settings);
    s = server_with(config, all, 1);
    if (connection > 65535) {
        buf in = {0, 0, 0};
        put_window(&in, 0, connection - 65535);
        give(s, &in);
    }
    head_more(s, 1);
    return s;
}

/* The application's part of the output is three quarters of it, and what an answer takes is left
   free, 4,608 octets; each frame takes nine. */
static void test_room(void)
{
    static const size_t windows[] = {1, 9, 10, 1023, 1024, 16383, 16384, 16385, 44516, 44517};
    h2neg_config config;
    size_t i;
    for (i = 0; i < sizeof windows / sizeof windows[0]; i++)
        ROOM_IS(sending(NULL, windows[i], 0, ""), windows[i]);
    ROOM_IS(sending(NULL, 44518, 0, ""), 44544 - 27);
    ROOM_IS(sending(NULL, 1000000, 0, ""), 44544 - 27);
    ROOM_IS(sending(NULL, 1000000, 1000000, ""), 44544 - 27);
    ROOM_IS(sending(NULL, 1000000, 1000000, " 5=44535"), 44544 - 9);
    ROOM_IS(sending(NULL, 1000000, 1000000, " 5=1000000"), 44544 - 9);
    memset(&config, 0, sizeof config);
    config.max_output_pending = 71716; /* three frames to the octet */
    ROOM_IS(sending(&config, 1000000, 1000000, ""), 49179 - 27);
    config.max_output_pending = 262144;
    ROOM_IS(sending(&config, 1000000, 0, ""), 65535);
    ROOM_IS(sending(&config, 70000, 65536, ""), 65536);
    ROOM_IS(sending(&config, 65534, 65536, ""), 65534);
    ROOM_IS(sending(&config, 1000000, 1000000, ""), 192000 - 9 * 12);
}

/* Behind a 101 stream 1 gets 16 KiB, or less where its window is less, until the client's preface
   is there; then its windows count. */
static void upgraded_room(const char *offer, size_t before, size_t behind)
{
    h2neg_config config;
    buf in = {0, 0, 0};
    side *s;
    ptrdiff_t k;
    memset(&config, 0, sizeof config);
    config.protocols = H2NEG_HTTP1 | H2NEG_H2C;
    config.max_output_pending = 262144;
    s = side_new(&config);
    buf_fmt(&in, "GET /later HTTP/1.1\r\n%s", offer);
    give(s, &in);
    head_more(s, 1);
    CHECK_INT(h2neg_room(s->c, 1), before);
    k = h2neg_send(s->c, 1, side_big(s), 200000, H2NEG_MORE);
    CHECK_INT(k, before);
    CHECK_INT(h2neg_room(s->c, 1), 0);
    side_drain(s);
    put_preface(&in, "4=1000000");
    put_ack(&in);
    give(s, &in);
    ROOM_IS(s, behind);
}

static void test_room_upgraded(void)
{
    upgraded_room(H2C_OFFER_OF("AAMAAABk"), 16384, 65535 - 16384);
    upgraded_room(H2C_OFFER_OF("AAQAAABk"), 100, 65535 - 100); /* INITIAL_WINDOW_SIZE 100 */
    upgraded_room(H2C_OFFER_OF("AAQAAEAB"), 16384, 65535 - 16384);
    upgraded_room(H2C_OFFER_OF("AAQAAD__"), 16383, 65535 - 16383);
}

/* ---- short frames ----------------------------------------------------------- */

static int writable_hook(side *s, const h2neg_event *ev)
{
    if (ev->type == H2NEG_EV_WRITABLE)
        ++*(int *)s->arg;
    return ev->type == H2NEG_EV_WRITABLE;
}

/* When short frames are used up, a stream waits for min(what is left, 1,024) octets of window: of
   `len` octets ten go out, and WRITABLE comes with the `needed`th octet behind them. */
static void short_waits(size_t len, uint32_t needed)
{
    h2neg_config config;
    side *s;
    buf in = {0, 0, 0};
    int writable = 0;
    memset(&config, 0, sizeof config);
    config.max_short_data = 1;
    s = server_with(&config, "4=2000", 1);
    s->hook = writable_hook;
    s->arg = &writable;
    head_more(s, 1);
    CHECK_INT(h2neg_send(s->c, 1, side_big(s), 1990, H2NEG_MORE), 1990);
    CHECK_INT(h2neg_send(s->c, 1, side_big(s), len, H2NEG_MORE), 10);
    side_drain(s);
    if (needed > 1)
        put_window(&in, 1, needed - 1);
    give(s, &in);
    CHECK_INT(writable, 0);
    put_window(&in, 1, 1);
    give(s, &in);
    CHECK_INT(writable, 1);
    CHECK_INT(h2neg_send(s->c, 1, side_big(s), len - 10, H2NEG_MORE), needed);
    side_end(s);
}

static void test_short(void)
{
    short_waits(11, 1);
    short_waits(15, 5);
    short_waits(10 + 1023, 1023);
    short_waits(10 + 1024, 1024);
    short_waits(10 + 1025, 1024);
    short_waits(100000, 1024);
}

/* Behind a whole body there is nothing to send, however much of it still waits. */
static void test_behind_a_body(void)
{
    side *s = server_with(NULL, "4=10", 1);
    h2neg_field f = h2neg_f("x-sum", "5");
    app_body(s, 1, 100, 0);
    CHECK_INT(h2neg_send(s->c, 1, "x", 1, 0), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_send(s->c, 1, NULL, 0, 0), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_trailers(s->c, 1, &f, 1), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_room(s->c, 1), 0);
    side_end(s);
}

/* ---- responses that have no body -------------------------------------------- */

/* A client's look at status and Content-Length, and DATA behind them (RFC 9110 6.4.1, 9.3.2): what
   has no content may tell a length, and has none all the same. */
static void response_of(const char *method, int status, const char *length, int data, int good)
{
    h2neg_config config = client_config();
    h2neg_message m = message_get("/");
    buf in = {0, 0, 0}, lines = {0, 0, 0}, want = {0, 0, 0};
    side *s = client_with(&config, "", 0);
    int failed = check_failures;
    m.method = h2neg_s(method);
    side_ok(s, 0, side_request(s, &m, 0, NULL), "request");
    side_drain(s);
    buf_fmt(&lines, "content-length: %s\n", length);
    put_response(&in, 1, data < 0 ? END : 0, status, lines.p);
    if (data >= 0)
        put_bulk(&in, 1, END, (size_t)data);
    give(s, &in);
    side_data_end(s);
    buf_fmt(&want, good ? "...\nDONE 1 NO_ERROR\n" : "...\nDONE 1 PROTOCOL_ERROR !by-peer *\n");
    CHECK(lines_fit(buf_str(&s->events), want.p));
    if (check_failures != failed)
        fprintf(stderr, "    %s %d length %s data %d\n%s", method, status, length, data,
                buf_str(&s->events));
    buf_free(&lines);
    buf_free(&want);
    side_end(s);
}

static void test_bodiless(void)
{
    static const struct {
        const char *method;
        int status, none;
    } rows[] = {{"GET", 200, 0}, {"GET", 204, 1},  {"GET", 304, 1}, {"GET", 305, 0},
                {"GET", 303, 0}, {"HEAD", 200, 1}, {"GET", 205, 0}, {"HEAD", 304, 1}};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *method = rows[i].method;
        int status = rows[i].status, none = rows[i].none;
        response_of(method, status, "0", -1, 1);
        response_of(method, status, "0", 0, 1);
        response_of(method, status, "0", 1, 0);
        response_of(method, status, "5", 0, none);
        response_of(method, status, "5", 4, 0);
        response_of(method, status, "5", 5, !none);
        response_of(method, status, "5", 6, 0);
        if (status != 204)
            response_of(method, status, "5", -1, none);
    }
}

/* ---- the reset budget --------------------------------------------------------- */

/* 'r': a stream that the peer resets; 'g': one that comes to a good end; the last one of `steps` is
   the one that is too much. */
static void budget_of(uint32_t budget, const char *steps)
{
    h2neg_config config;
    side *s;
    uint32_t id = 1;
    size_t i;
    memset(&config, 0, sizeof config);
    config.reset_budget = budget;
    s = server_of(&config, "");
    for (i = 0; steps[i]; i++, id += 2) {
        buf in = {0, 0, 0};
        put_get(&in, id, steps[i] == 'g' ? "/now" : "/later");
        if (steps[i] == 'r')
            put_rst(&in, id, H2NEG_CANCEL);
        give(s, &in);
        CHECK_INT(error_of(s), steps[i + 1] ? 0 : H2NEG_ERR_LIMIT_RESETS);
    }
    side_end(s);
}

static void test_reset_budget(void)
{
    budget_of(1, "r");
    budget_of(5, "rrrrr");
    budget_of(5, "gggrrrrr"); /* not above the budget */
    budget_of(5, "rrgrrrr");
    budget_of(5, "rrggrrrrr");
    budget_of(5, "rrgggrrrrr");
    budget_of(5, "rrrrgrgrgrr");
}

/* ---- a field's length ------------------------------------------------------------ */

/* Name and value of 8,192 octets pass and one more does not, also in a section's first field. */
static void test_first_field(void)
{
    size_t over;
    for (over = 0; over < 2; over++) {
        buf in = {0, 0, 0}, lines = {0, 0, 0};
        side *s = server_of(NULL, "");
        buf_text(&lines, ":path: /");
        buf_fill(&lines, 'p', 8192 - 5 - 1 + over);
        buf_text(&lines, "\n:method: GET\n:scheme: http\n:authority: a\n");
        put_headers(&in, 1, HEADS | END, lines.p);
        give(s, &in);
        CHECK_INT(strstr(buf_str(&s->events), "REQUEST 1") != NULL, !over);
        if (over)
            says(s, "...\nHEADERS 1 :status=431 end\n");
        buf_free(&lines);
        side_end(s);
    }
}

/* ---- limits of a body --------------------------------------------------------- */

/* max_content_length 10: 413 where the length says more, a reset with the frame that goes above it.
 */
static void body_of(const char *length, size_t first, size_t second, const char *output)
{
    h2neg_config config;
    buf in = {0, 0, 0}, lines = {0, 0, 0};
    side *s;
    memset(&config, 0, sizeof config);
    config.max_content_length = 10;
    s = server_of(&config, "");
    if (length)
        buf_fmt(&lines, "content-length: %s\n", length);
    put_request(&in, 1, 0, "POST", "/end", buf_str(&lines));
    put_bulk(&in, 1, 0, first);
    put_bulk(&in, 1, END, second);
    give(s, &in);
    says(s, output);
    buf_free(&lines);
    side_end(s);
}

#define BEGUN "SETTINGS\nWINDOW_UPDATE 0\nSETTINGS ACK\n"
static void test_content_length(void)
{
    body_of(NULL, 10, 0, BEGUN "HEADERS 1 :status=200\nDATA 1 \"hello\" end\n");
    body_of(NULL, 4, 6, BEGUN "HEADERS 1 :status=200\nDATA 1 \"hello\" end\n");
    body_of(NULL, 11, 0, BEGUN "RST_STREAM 1 CANCEL\n");
    body_of(NULL, 4, 7, BEGUN "RST_STREAM 1 CANCEL\n");
    body_of("10", 4, 6, BEGUN "HEADERS 1 :status=200\nDATA 1 \"hello\" end\n");
    body_of("11", 4, 7, BEGUN "HEADERS 1 :status=413 end\nRST_STREAM 1 NO_ERROR\n");
}

/* ---- PRIORITY_UPDATE: how long it may be -------------------------------------- */

/* Two bodies wait for the connection's window. Stream 3 says that it is more urgent, in a value of
   so many octets. */
static void update_of(size_t len, int honoured)
{
    side *s = server_with(NULL, "4=100000", 5);
    buf in = {0, 0, 0};
    app_body(s, 1, 65535, 0); /* the whole window */
    side_drain(s);
    app_body(s, 3, 10, 0);
    app_body(s, 5, 10, 0);
    side_drain(s);
    s->out.len = 0;
    put_head(&in, 4 + len, 16, 0, 0);
    put_u32(&in, 5);
    buf_text(&in, "u=0");
    buf_fill(&in, ' ', len - 3);
    put_window(&in, 0, 10);
    give(s, &in);
    says(s, honoured ? "DATA 5 * end\n" : "DATA 3 * end\n");
    side_end(s);
}

static void test_priority_update(void)
{
    update_of(3, 1);
    update_of(256, 1);
    update_of(260, 1);
    update_of(261, 0);
    update_of(1000, 0);
}

/* ---- closed streams: the last 128 are remembered ------------------------- */

/* `count` streams that both sides ended; then HEADERS on the one that closed `back` before the
   last. */
static void closed_back(uint32_t count, uint32_t back, const char *code)
{
    side *s = server_of(NULL, "");
    buf in = {0, 0, 0}, line = {0, 0, 0};
    uint32_t i;
    for (i = 0; i < count; i++)
        put_get(&in, 2 * i + 1, "/now");
    give(s, &in);
    CHECK_INT(error_of(s), 0);
    put_get(&in, 2 * (count - back) - 1, "/now");
    give(s, &in);
    buf_fmt(&line, "...\nGOAWAY %lu %s\n", (unsigned long)(2 * count - 1), code);
    says(s, line.p);
    buf_free(&line);
    side_end(s);
}

static void test_closed(void)
{
    static const uint32_t counts[] = {1, 8, 9, 128, 129, 255, 256, 257, 384, 600};
    size_t i;
    for (i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        uint32_t n = counts[i];
        closed_back(n, 0, "STREAM_CLOSED");
        closed_back(n, (n < 128 ? n : 128) - 1, "STREAM_CLOSED");
        if (n > 128)
            closed_back(n, 128, "PROTOCOL_ERROR"); /* RFC 9113 5.1.1: a number used before */
    }
}

/* ---- what comes behind a fault ------------------------------------------- */

/* SETTINGS open a window and are wrong behind that: GOAWAY is the last that is written. */
static void test_nothing_behind_goaway(void)
{
    side *s = server_with(NULL, "4=0", 1);
    buf in = {0, 0, 0};
    app_body(s, 1, 5000, 0);
    side_drain(s);
    put_settings(&in, "4=1000 2=7");
    give(s, &in);
    says(s, "SETTINGS\nWINDOW_UPDATE 0\nSETTINGS ACK\nHEADERS 1 !end\nGOAWAY 1 PROTOCOL_ERROR\n");
    side_end(s);
}

/* What stood behind the fault is thrown away: no memory is held for it. */
static void test_nothing_kept_behind_fault(void)
{
    h2neg_info with, without;
    int i;
    for (i = 0; i < 2; i++) {
        side *s = server_of(NULL, "");
        buf in = {0, 0, 0};
        put_frame(&in, 0, 0, 0, "x", 1); /* DATA on stream 0 */
        if (i)
            buf_fill(&in, 0, 16000);
        give(s, &in);
        CHECK_INT(error_of(s), H2NEG_ERR_H2_STREAM_ID);
        h2neg_conn_info(s->c, i ? &with : &without);
        side_end(s);
    }
    CHECK_INT(with.memory, without.memory);
}

/* ---- a client that drains ------------------------------------------------------ */

/* What is under way comes to its end; then GOAWAY, and the client, which has what it came for,
   closes (connection.md, How it ends). */
static void test_client_drains(void)
{
    int streams;
    for (streams = 0; streams < 2; streams++) {
        h2neg_config config = client_config();
        h2neg_message m = message_get("/");
        side *s = client_with(&config, "", streams ? 1 : 0);
        buf in = {0, 0, 0};
        s->out.len = 0;
        h2neg_shutdown(s->c);
        side_drain(s);
        CHECK_INT(side_request(s, &m, 0, NULL), H2NEG_ERR_CLOSED);
        if (streams) {
            CHECK_INT(s->out.len, 0);
            CHECK(!(h2neg_wants(s->c) & H2NEG_WANT_CLOSE));
            put_response(&in, 1, END, 200, "");
            give(s, &in);
        }
        says(s, "GOAWAY 0 NO_ERROR \"\"\n");
        CHECK_INT(h2neg_wants(s->c), H2NEG_WANT_CLOSE);
        side_end(s);
    }
}

/* The server's GOAWAY alone ends it likewise, when nothing is under way any more. */
static void test_client_told_to_go(void)
{
    int streams;
    for (streams = 0; streams < 2; streams++) {
        h2neg_config config = client_config();
        side *s = client_with(&config, "", streams ? 1 : 0);
        buf in = {0, 0, 0};
        put_goaway(&in, 1, 0, "");
        give(s, &in);
        CHECK_INT((h2neg_wants(s->c) & H2NEG_WANT_CLOSE) != 0, !streams);
        put_response(&in, 1, END, 200, "");
        if (streams)
            give(s, &in);
        CHECK_INT(h2neg_wants(s->c), H2NEG_WANT_CLOSE);
        buf_free(&in);
        side_end(s);
    }
}

/* ---- what is owed while the output is full ------------------------------- */

static size_t pending(const side *s)
{
    h2neg_info info;
    const void *run;
    h2neg_conn_info(s->c, &info);
    return h2neg_output(s->c, &run);
}

/* Fills the output to less than a SETTINGS ACK: a body, PINGs to answer, SETTINGS. */
static void fill(side *s, uint32_t id)
{
    buf in = {0, 0, 0};
    s->no_write = 1;
    app_body(s, id, 200000, 0);
    while (pending(s) <= 65536 - 17) {
        put_ping(&in, 0, "xxxxxxxx");
        give(s, &in);
    }
    while (pending(s) <= 65536 - 9) {
        put_settings(&in, "");
        give(s, &in);
    }
}

/* How often a line stands in a text. */
static int lines_of(const char *text, const char *line)
{
    int n = 0;
    size_t len = strlen(line);
    while (text && *text) {
        n += strncmp(text, line, len) == 0 && text[len] == '\n';
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    return n;
}

/* A server with a full output, and a debt of every kind: each goes out, once, when there is room.
 */
static void test_owed(void)
{
    static const char *const lines[] = {"SETTINGS ACK",
                                        "PING ACK \"aaaaaaaa\"",
                                        "PING ACK \"bbbbbbbb\"",
                                        "RST_STREAM 5 STREAM_CLOSED",
                                        "RST_STREAM 3 STREAM_CLOSED",
                                        "WINDOW_UPDATE 7 +40000",
                                        "WINDOW_UPDATE 0 +40002", /* what was dropped, too */
                                        "GOAWAY 2147483647 NO_ERROR \"\"",
                                        "PING \"h2neg:\\x00\\x01\"",
                                        "PING \"ourselve\""};
    h2neg_config config;
    buf in = {0, 0, 0}, text = {0, 0, 0}, rest = {0, 0, 0};
    side *s;
    size_t i, full;
    const void *run;
    memset(&config, 0, sizeof config);
    config.connection_window = 65535;
    s = server_with(&config, "4=1000000", 5);
    put_request(&in, 7, 0, "POST", "/later", "");
    put_window(&in, 0, 1000000);
    put_rst(&in, 5, 8);
    give(s, &in);
    fill(s, 1);
    full = pending(s);
    put_settings(&in, "");
    put_ping(&in, 0, "aaaaaaaa");
    put_ping(&in, 0, "bbbbbbbb");
    put_data(&in, 5, 0, "a");
    put_data(&in, 3, 0, "b");
    put_bulk(&in, 7, 0, 16384);
    put_bulk(&in, 7, 0, 16384);
    put_bulk(&in, 7, 0, 40000 - 32768 - 2);
    put_data(&in, 7, 0, "cc");
    give(s, &in);
    CHECK_INT(h2neg_ping(s->c, "ourselve"), 0);
    h2neg_shutdown(s->c);
    side_drain(s);
    CHECK_INT(pending(s), full);
    CHECK_INT(h2neg_output(s->c, &run), full);
    h2neg_output_done(s->c, full);
    CHECK_INT(h2neg_reset(s->c, 1, 8), 0); /* so that no body follows */
    s->no_write = 0;
    s->out.len = 0;
    side_drain(s);
    buf_add(&rest, s->out.p, s->out.len);
    take_all(&text, &rest, 0, 0, 1);
    for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        int n = lines_of(buf_str(&text), lines[i]);
        if (n != 1) {
            check_failures++;
            fprintf(stderr, "%d times %s\n%s", n, lines[i], buf_str(&text));
        }
    }
    buf_free(&text);
    buf_free(&rest);
    side_end(s);
}

/* Each debt alone, while there is no room for any frame: nothing is written then, and it is paid
   once when there is. */
static void owed_alone(int what, const char *line)
{
    h2neg_config config;
    buf in = {0, 0, 0}, text = {0, 0, 0};
    side *s;
    size_t full;
    const void *run;
    memset(&config, 0, sizeof config);
    config.connection_window = what == 5 ? 65535 : 1000000;
    config.initial_window = what == 4 ? 65535 : 1000000;
    s = server_with(&config, "4=1000000", 5);
    put_request(&in, 7, 0, "POST", "/later", "");
    put_window(&in, 0, 1000000);
    put_rst(&in, 5, 8);
    give(s, &in);
    fill(s, 1);
    full = pending(s);
    if (what == 0)
        put_settings(&in, "");
    if (what == 1)
        put_ping(&in, 0, "aaaaaaaa");
    if (what == 2)
        put_data(&in, 5, 0, "a");
    if (what == 3)
        put_data(&in, 3, 0, "b");
    if (what == 4 || what == 5) {
        put_bulk(&in, 7, 0, 16384);
        put_bulk(&in, 7, 0, 16384);
    }
    if (what == 6)
        h2neg_shutdown(s->c);
    if (what == 7)
        CHECK_INT(h2neg_ping(s->c, "ourselve"), 0);
    give(s, &in);
    side_drain(s);
    CHECK_INT(h2neg_output(s->c, &run), full);
    h2neg_output_done(s->c, full);
    CHECK_INT(h2neg_reset(s->c, 1, 8), 0);
    s->no_write = 0;
    s->out.len = 0;
    side_drain(s);
    take_all(&text, &s->out, 0, 0, 1);
    if (lines_of(buf_str(&text), line) != 1) {
        check_failures++;
        fprintf(stderr, "not once: %s\n%s", line, buf_str(&text));
    }
    buf_free(&text);
    side_end(s);
}

static void test_owed_alone(void)
{
    owed_alone(0, "SETTINGS ACK");
    owed_alone(1, "PING ACK \"aaaaaaaa\"");
    owed_alone(2, "RST_STREAM 5 STREAM_CLOSED");
    owed_alone(3, "RST_STREAM 3 STREAM_CLOSED");
    owed_alone(4, "WINDOW_UPDATE 7 +32768");
    owed_alone(5, "WINDOW_UPDATE 0 +32768");
    owed_alone(6, "GOAWAY 2147483647 NO_ERROR \"\"");
    owed_alone(6, "PING \"h2neg:\\x00\\x01\"");
    owed_alone(7, "PING \"ourselve\"");
}

/* A part of the output is written: what was owed goes out with the next call, which is not refused
   for it. */
static void test_owed_and_respond(void)
{
    side *s = server_with(NULL, "4=1000000", 3);
    buf in = {0, 0, 0};
    h2neg_message m = message_status(200);
    const void *run;
    put_window(&in, 0, 1000000);
    give(s, &in);
    fill(s, 1);
    h2neg_shutdown(s->c);
    CHECK_INT(h2neg_ping(s->c, "12345678"), 0);
    CHECK_INT(h2neg_respond(s->c, 3, &m, 0), H2NEG_ERR_AGAIN);
    CHECK(h2neg_output(s->c, &run) > 60000);
    h2neg_output_done(s->c, 60000);
    CHECK_INT(h2neg_respond(s->c, 3, &m, 0), 0);
    CHECK_INT(h2neg_reset(s->c, 1, 8), 0);
    side_end(s);
}

/* Each call that is refused with AGAIN is told by WRITABLE, once, when it is worth another try. */
static void again_of(int what)
{
    side *s = server_with(NULL, "4=1000000 8=1", 3);
    buf in = {0, 0, 0};
    h2neg_message m = message_status(200);
    h2neg_field f = h2neg_f("x-sum", "5");
    const void *run;
    int writable = 0, i;
    long r = 0;
    put_window(&in, 0, 1000000);
    put_headers(&in, 5, HEADS, ":method: CONNECT\n:authority: no.example:1\n");
    give(s, &in);
    if (what == 3)
        head_more(s, 3);
    s->hook = writable_hook;
    s->arg = &writable;
    fill(s, 1);
    CHECK_INT(h2neg_reset(s->c, 1, 8), 0); /* so that its body does not fill what is freed */
    for (i = 0; i < 2; i++) {
        if (what == 0)
            r = h2neg_respond(s->c, 3, &m, 0);
        if (what == 1)
            r = h2neg_reply(s->c, 3, 200, NULL, "hello", 5);
        if (what == 2)
            r = h2neg_accept(s->c, 5, NULL, NULL, 0);
        if (what == 3)
            r = h2neg_trailers(s->c, 3, &f, 1);
        if (i == 0) {
            CHECK_INT(r, H2NEG_ERR_AGAIN);
            side_events(s);
            CHECK_INT(writable, 0);
            h2neg_output_done(s->c, h2neg_output(s->c, &run));
            side_events(s);
            CHECK_INT(writable, 1);
            side_events(s);
            CHECK_INT(writable, 1);
        }
    }
    CHECK_INT(r, 0);
    s->no_write = 0;
    side_drain(s);
    CHECK_INT(writable, 1);
    side_end(s);
}

static void test_again(void)
{
    int what;
    for (what = 0; what < 4; what++)
        again_of(what);
}

/* ---- a message of many fields ---------------------------------------------- */

enum { MANY = 120 };
static char many_names[MANY][8];
static h2neg_field many_fields[MANY];

static h2neg_message many(int status)
{
    h2neg_message m = message_status(status);
    int i;
    for (i = 0; i < MANY; i++) {
        snprintf(many_names[i], sizeof many_names[i], "x%03d", i);
        many_fields[i] = h2neg_f(many_names[i], "");
    }
    m.fields = many_fields;
    m.field_count = MANY;
    return m;
}

/* Fields without a value take more on the wire than their octets: there is room for them all. */
static void test_many_fields(void)
{
    h2neg_message m = many(200);
    h2neg_config config = client_config(), common;
    side *s = server_with(NULL, "", 1);
    buf text = {0, 0, 0};
    int i;
    CHECK_INT(h2neg_respond(s->c, 1, &m, H2NEG_MORE), 0);
    CHECK_INT(h2neg_trailers(s->c, 1, many_fields, MANY), 0);
    side_drain(s);
    take_all(&text, &s->out, 0, 0, 0);
    for (i = 0; i < MANY; i++) {
        const char *at = strstr(buf_str(&text), many_names[i]);
        CHECK(at && strstr(at + 1, many_names[i]));
    }
    buf_free(&text);
    side_end(s);
    memset(&common, 0, sizeof common);
    common.common_fields = many_fields;
    common.common_field_count = MANY;
    s = server_with(&common, "", 1);
    app_reply(s, 1, 200, "hello");
    side_end(s);
    m = many(0);
    s = client_with(&config, "", 0);
    m.authority = h2neg_s("a");
    CHECK_INT(side_request(s, &m, 0, NULL), 0);
    side_end(s);
}

CHECK_MAIN(test_first_field, test_offer, test_client_drains, test_client_told_to_go,
           test_reset_budget, test_content_length, test_priority_update, test_short,
           test_behind_a_body, test_bodiless, test_updates, test_updates_upgraded, test_room,
           test_room_upgraded, test_closed, test_nothing_behind_goaway,
           test_nothing_kept_behind_fault, test_owed, test_owed_alone, test_owed_and_respond,
           test_many_fields, test_again)
