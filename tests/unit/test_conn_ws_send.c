/* Sending on a WebSocket: fragments, what does not fit, pongs under pressure; and memory. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"
#include "ws.h"

static ptrdiff_t send_text(side *s, const char *text, unsigned flags)
{
    return h2neg_ws_send(s->c, 1, H2NEG_WS_TEXT, text, strlen(text), flags);
}

/* ---- fragments (RFC 6455 5.4) -------------------------------------------- */

static void call_fragments(side *s)
{
    char most[126];
    static const int bad[] = {-1, 0, 3, 7, 8, 11, 15, 16, 0x81};
    size_t i;
    memset(most, 'm', sizeof most);
    SIDE_CHECK(s, send_text(s, "He", H2NEG_MORE) == 2);
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_PING, "p", 1, 0) == 0);
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_BINARY, "x", 1, 0) == H2NEG_ERR_INVALID);
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_PING, most, 126, 0) == H2NEG_ERR_INVALID);
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_PONG, most, 126, 0) == H2NEG_ERR_INVALID);
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
        SIDE_CHECK(s, h2neg_ws_send(s->c, 1, bad[i], "x", 1, 0) == H2NEG_ERR_INVALID);
    SIDE_CHECK(s, send_text(s, "l", H2NEG_MORE) == 1);
    SIDE_CHECK(s, send_text(s, "lo", 0) == 2);
    SIDE_CHECK(s, send_text(s, "", 0) == 0);
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_PONG, most, 125, 0) == 0);
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_PING, NULL, 0, 0) == 0);
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_BINARY, "\xff", 1, H2NEG_MORE) == 1);
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_BINARY, "", 0, 0) == 0);
    SIDE_CHECK(s, send_text(s, "again", 0) == 5);
}

static void call_close_inside(side *s)
{
    SIDE_CHECK(s, send_text(s, "be", H2NEG_MORE) == 2);
    SIDE_CHECK(s, h2neg_ws_close(s->c, 1, 1001, NULL) == 0);
    SIDE_CHECK(s, send_text(s, "gun", 0) == H2NEG_ERR_CLOSED);
}

static void fragments(int way)
{
    script sc;
    ws_script_at(&sc, "fragments out", way, "/ws-quiet");
    script_call(&sc, call_fragments);
    ws_play(&sc, way, "",
            "WS text \"He\" more\nWS ping \"p\" !more\nWS cont \"l\" more\nWS cont \"lo\" !more\n"
            "WS text \"\" !more\nWS pong <125:*\nWS ping \"\"\nWS binary \"\\xff\" more\n"
            "WS cont \"\" !more\nWS text \"again\" !more\n");
    ws_script_at(&sc, "a Close inside a message", way, "/ws-quiet");
    script_call(&sc, call_close_inside);
    ws_put_words(&sc, way, "88:03e9");
    ws_put_fin(&sc, way);
    ws_play(&sc, way, "WS_CLOSE 1 code=1001 !by-peer\nDONE 1 NO_ERROR\n",
            "WS text \"be\" more\nWS close code=1001\n2:WS end\n");
}

static void test_fragments(void)
{
    int way;
    for (way = 0; way < WS_WAYS; way++)
        fragments(way);
}

/* An echo is one call, with the event's own octets. */
static int hook_echo(side *s, const h2neg_event *ev)
{
    ptrdiff_t k;
    if (ev->type != H2NEG_EV_WS_MESSAGE)
        return 0;
    k = h2neg_ws_send(s->c, ev->stream, ev->opcode, ev->data.ptr, ev->data.len, 0);
    SIDE_CHECK(s, k == (ptrdiff_t)ev->data.len);
    return 1;
}

static void test_echo(void)
{
    int way;
    for (way = 0; way < WS_WAYS; way++) {
        script sc;
        char run[3000];
        memset(run, 'e', sizeof run);
        ws_script_at(&sc, "an echo", way, "/ws-quiet");
        sc.hook = hook_echo;
        ws_put_words(&sc, way, "81:6869 01:68 80:6f 82:");
        ws_put(&sc, way, 0x82, run, 3000);
        ws_play(&sc, way, "WS_MESSAGE 1\nWS_MESSAGE 1\nWS_MESSAGE 1\nWS_MESSAGE 1\n",
                "WS text \"hi\"\nWS text \"ho\"\nWS binary \"\"\nWS binary <3000:*\n");
    }
}

/* ---- what does not fit --------------------------------------------------- */

/* A message of the pattern, as a job of the small application. */
static void call_big(side *s)
{
    job *j = side_job(s, 1);
    if (!j) {
        j = side_new_job(s, 1, JOB_WS);
        h2neg_set_user(s->c, 1, j);
    }
    buf_octet(&j->rest, H2NEG_WS_BINARY);
    buf_octet(&j->rest, 0);
    put_u32(&j->rest, 100000);
    buf_add(&j->rest, side_big(s), 100000);
    j->kind = JOB_WS;
    app_ws_pump(s, j);
}

static int hook_pump(side *s, const h2neg_event *ev)
{
    job *j = side_job(s, ev->stream);
    if (s->client && ev->type == H2NEG_EV_WRITABLE && j)
        app_ws_pump(s, j);
    return 0;
}

static const char *big_word(void)
{
    static char word[40];
    side s;
    buf b = {0, 0, 0};
    memset(&s, 0, sizeof s);
    word_body(&b, side_big(&s), 100000);
    snprintf(word, sizeof word, "WS binary %s\n", b.p);
    buf_free(&b);
    free(s.big);
    return word;
}

static void test_small_output(void)
{
    int way;
    for (way = 0; way < WS_WAYS; way++) {
        script sc;
        ws_script_at(&sc, "a message larger than the output", way, "/ws-quiet");
        sc.config.max_output_pending = 8192;
        sc.hook = hook_pump;
        sc.loose = sc.ws_join = 1;
        script_call(&sc, call_big);
        ws_play(&sc, way, "", big_word());
    }
}

/* RFC 9113 5.2: a message needs no window of its own size, it goes on as windows open. */
static void test_small_window(void)
{
    script sc;
    int i, way;
    for (way = WS_H2; way < WS_WAYS; way++) {
        buf output = {0, 0, 0};
        ws_script_at(&sc, "a message larger than the window", way, "/ws-quiet");
        sc.hook = hook_pump;
        sc.loose = sc.ws_join = sc.quick = 1;
        put_settings(&sc.in, "4=2000");
        script_call(&sc, call_big);
        for (i = 0; i < 60; i++)
            put_window(&sc.in, 1, 2100);
        buf_fmt(&output, "SETTINGS ACK\n%s", big_word());
        ws_play(&sc, way, "", output.p);
        buf_free(&output);
    }
}

/* ---- pongs under pressure ------------------------------------------------ */

static void call_stop_writing(side *s)
{
    s->no_write = 1;
}

static void call_write(side *s)
{
    s->no_write = 0;
}

enum { PINGS = 400 };

static void put_pings(script *sc, int way)
{
    int i;
    script_call(sc, call_stop_writing);
    for (i = 0; i < PINGS; i++) {
        char payload[125];
        memset(payload, '.', sizeof payload);
        snprintf(payload, sizeof payload, "%d", i);
        ws_put(sc, way, 0x89, payload, i % 2 ? 40 : 100);
    }
    ws_put(sc, way, 0x89, "the last", 8);
    script_call(sc, call_write);
}

static size_t count_text(const char *text, const char *what)
{
    size_t n = 0;
    while ((text = strstr(text, what)) != NULL) {
        n++;
        text++;
    }
    return n;
}

/* RFC 6455 5.5.3: "If an endpoint receives a Ping frame and has not yet sent Pong frame(s) in
   response to previous Ping frame(s), the endpoint MAY elect to send a Pong frame for only the most
   recently processed Ping frame." Reading goes on all the while. */
static void pongs(int way)
{
    script sc;
    played r;
    buf words = {0, 0, 0};
    size_t sent;
    ws_script(&sc, "pongs under pressure", way);
    sc.config.max_output_pending = 8192;
    put_pings(&sc, way);
    memset(&r, 0, sizeof r);
    run_script(&sc, &r);
    script_words(&sc, &r, &words);
    sent = count_text(words.p, "WS pong");
    CHECK(r.drained);
    CHECK_INT(count_text(r.events.p, "WS_PING"), PINGS + 1);
    CHECK(sent > 10 && sent < PINGS);
    CHECK_INT(count_text(words.p, "\"the_last\""), 1);
    run_free(&r);
    script_free(&sc);
    buf_free(&words);
    ws_script(&sc, "pongs under pressure, any cut", way);
    sc.config.max_output_pending = 8192;
    sc.no_memory_runs = 1;
    put_pings(&sc, way);
    ws_play(&sc, way, "...\nWS_PING 1 \"the_last\"\n", "...\nWS pong \"the_last\"\n");
}

static void test_pongs(void)
{
    int way;
    for (way = 0; way < WS_WAYS; way++)
        pongs(way);
}

/* A Close of ours, and the answer to the peer's, find room as soon as there is some. */
static void call_fill(side *s)
{
    char run[1000];
    ptrdiff_t k;
    memset(run, 'f', sizeof run);
    do
        k = h2neg_ws_send(s->c, 1, H2NEG_WS_BINARY, run, sizeof run, 0);
    while (k == (ptrdiff_t)sizeof run);
    SIDE_CHECK(s, k >= 0 || k == H2NEG_ERR_AGAIN);
}

static void call_fill_and_close(side *s)
{
    s->no_write = 1;
    call_fill(s);
    SIDE_CHECK(s, h2neg_ws_close(s->c, 1, 1000, "bye") == 0);
}

static void call_stop_and_fill(side *s)
{
    s->no_write = 1;
    call_fill(s);
}

static void test_close_under_pressure(void)
{
    int way;
    for (way = 0; way < WS_WAYS; way++) {
        script sc;
        ws_script_at(&sc, "our Close waits for room", way, "/ws-quiet");
        sc.config.max_output_pending = 8192;
        script_call(&sc, call_fill_and_close);
        ws_put_words(&sc, way, "81:6869");
        script_call(&sc, call_write);
        ws_put_words(&sc, way, "88:03e8");
        ws_put_fin(&sc, way);
        ws_play(&sc, way, "WS_MESSAGE 1\nWS_CLOSE 1 code=1000\nDONE 1 NO_ERROR\n",
                "...\nWS close code=1000 \"bye\"\n2:WS end\n");
        ws_script_at(&sc, "the answer to a Close waits for room", way, "/ws-quiet");
        sc.config.max_output_pending = 8192;
        script_call(&sc, call_stop_and_fill);
        ws_put_words(&sc, way, "88:03e9");
        script_call(&sc, call_write);
        ws_put_fin(&sc, way);
        ws_play(&sc, way, "WS_CLOSE 1 code=1001 by-peer\nDONE 1 NO_ERROR\n",
                "...\nWS close code=1001\n2:WS end\n");
    }
}

/* Calls on streams that are no WebSocket. */
static int hook_wrong_stream(side *s, const h2neg_event *ev)
{
    if (ev->type != H2NEG_EV_REQUEST)
        return 0;
    SIDE_CHECK(s, h2neg_ws_send(s->c, ev->stream, H2NEG_WS_TEXT, "x", 1, 0) == H2NEG_ERR_INVALID);
    SIDE_CHECK(s, h2neg_ws_close(s->c, ev->stream, 1000, NULL) == H2NEG_ERR_INVALID);
    SIDE_CHECK(s, h2neg_ws_send(s->c, 99, H2NEG_WS_TEXT, "x", 1, 0) == H2NEG_ERR_STREAM_GONE);
    SIDE_CHECK(s, h2neg_ws_close(s->c, 99, 1000, NULL) == H2NEG_ERR_STREAM_GONE);
    CHECK(h2neg_ws_send(NULL, 1, H2NEG_WS_TEXT, "x", 1, 0) < 0);
    CHECK(h2neg_ws_close(NULL, 1, 1000, NULL) < 0);
    CHECK(h2neg_accept(NULL, 1, NULL, NULL, 0) < 0);
    return 0;
}

static void test_wrong_stream(void)
{
    script sc;
    script_h1(&sc, "calls on an HTTP stream", "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
    sc.hook = hook_wrong_stream;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\n", "HTTP/1.1 200\nBODY\n");
    script_h2(&sc, "calls on an HTTP/2 stream", "");
    put_get(&sc.in, 1, "/now");
    sc.hook = hook_wrong_stream;
    script_play(&sc, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1 NO_ERROR\n", NULL);
}

/* What is under way goes on to its end. */
static void call_shutdown(side *s)
{
    h2neg_shutdown(s->c);
}

static void test_shutdown(void)
{
    int way;
    for (way = 0; way < WS_WAYS; way++) {
        script sc;
        ws_script(&sc, "drain", way);
        script_call(&sc, call_shutdown);
        ws_put_words(&sc, way, "81:6869 89:70 88:03e8");
        ws_put_fin(&sc, way);
        ws_play(&sc, way,
                "WS_MESSAGE 1 text \"hi\"\nWS_PING 1\nWS_CLOSE 1 code=1000\nDONE 1 NO_ERROR\n",
                "...\ns:WS text \"hi\"\nWS pong \"p\"\nWS close code=1000\n...\n");
    }
}

/* ---- memory -------------------------------------------------------------- */

static size_t held(const side *s)
{
    h2neg_info info;
    h2neg_conn_info(s->c, &info);
    return info.memory;
}

static void play_steps(const script *sc, side *s)
{
    size_t i;
    for (i = 0; i < sc->step_count; i++)
        run_step(sc, s, &sc->steps[i]);
}

/* An idle WebSocket over HTTP/1.1 holds at most 2,048 octets, also after large messages. */
static void idle(int way, size_t most)
{
    script sc;
    char run[60000];
    side *s = (side *)calloc(1, sizeof *s);
    size_t fresh;
    memset(run, 'm', sizeof run);
    ws_script(&sc, "idle", way);
    script_mark(&sc);
    sc.config.random_user = &s->random;
    s->client = way & WS_CLIENT;
    s->quiet = 1;
    s->c = h2neg_conn_new(&sc.config);
    play_steps(&sc, s);
    fresh = held(s);
    sc.step_count = 0;
    ws_put(&sc, way, 0x02, run, sizeof run);
    ws_put(&sc, way, 0x80, run, sizeof run);
    ws_put_words(&sc, way, "89:70 81:6869");
    script_mark(&sc);
    play_steps(&sc, s);
    CHECK(s->out.len > (way & WS_CLIENT ? 3 : 120000));
    if (fresh > most || held(s) > most)
        fprintf(stderr, "way %d: %zu octets, and %zu behind a message\n", way, fresh, held(s));
    CHECK(fresh <= most && held(s) <= most);
    script_free(&sc);
    side_free(s);
    free(s);
}

static void test_idle(void)
{
    idle(WS_SERVER, 2048);
    idle(WS_CLIENT, 2048);
    idle(WS_SERVER | WS_H2, 8192);
    idle(WS_CLIENT | WS_H2, 8192);
}

/* What h2neg_conn_info tells is what the allocator gave, also while a message is under way. */
static void test_under_way(void)
{
    int way;
    for (way = 0; way < WS_WAYS; way++) {
        script sc;
        char run[5000];
        memset(run, 'u', sizeof run);
        ws_script(&sc, "a message under way", way);
        ws_put(&sc, way, 0x02, run, sizeof run);
        ws_play(&sc, way, "", "");
    }
}

/* Every WebSocket of a connection with a message of max_message under way: within the bound. (The
   counting allocator is one of the ways of playing.) */
static void test_bound(void)
{
    script sc;
    char run[10000];
    uint32_t id;
    int round;
    memset(run, 'b', sizeof run);
    script_h2(&sc, "three WebSockets, all full", "4=1000000");
    put_ack(&sc.in);
    put_window(&sc.in, 0, 1000000);
    sc.config.max_message = 20000;
    sc.config.max_ws_streams = 3;
    sc.ws = 7;
    sc.loose = sc.ws_join = 1;
    for (id = 1; id < 7; id += 2)
        put_headers(&sc.in, id, HEADS, WS_CONNECT "/ws\nsec-websocket-version: 13\n");
    for (round = 0; round < 2; round++)
        for (id = 1; id < 7; id += 2) {
            buf b = {0, 0, 0};
            put_ws(&b, round ? 0x80 : 0x02, 1, run, sizeof run);
            put_frame(&sc.in, 0, 0, id, b.p, b.len);
            buf_free(&b);
        }
    script_play(&sc, NULL,
                "...\nWS binary <20000:* s1\nWS binary <20000:* s3\nWS binary <20000:* s5\n");
}

/* What cannot go at all now says so; what can go in part takes nothing. */
static void call_full(side *s)
{
    ptrdiff_t k;
    int n = 0;
    s->no_write = 1;
    call_fill(s);
    do
        k = send_text(s, "", 0);
    while (k == 0 && ++n < 10000);
    SIDE_CHECK(s, k == H2NEG_ERR_AGAIN);
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_BINARY, "x", 1, 0) == 0);
}

static void call_empty(side *s)
{
    s->no_write = 0;
    side_drain(s);
    SIDE_CHECK(s, h2neg_ws_send(s->c, 1, H2NEG_WS_BINARY, "", 0, 0) == 0);
    SIDE_CHECK(s, send_text(s, "", 0) == 0);
}

static void test_full(void)
{
    int way;
    for (way = 0; way < WS_WAYS; way++) {
        script sc;
        ws_script_at(&sc, "an empty message that does not fit", way, "/ws-quiet");
        sc.config.max_output_pending = 8192;
        sc.tell_writable = 1;
        script_call(&sc, call_full);
        script_call(&sc, call_empty);
        ws_play(&sc, way, "WRITABLE 1\n", "...\nWS text \"\"\n");
    }
}

/* A peer that opens its window by a few octets at a time does not make us write tiny frames without
   end (max_short_data): behind 64 of them the next one has 1,024 octets, so of 300 openings a third
   goes without one. */
static void test_dribble(void)
{
    int way, i;
    for (way = WS_H2; way < WS_WAYS; way++) {
        script sc;
        played r;
        buf words = {0, 0, 0};
        ws_script_at(&sc, "a window that dribbles", way, "/ws-quiet");
        sc.config.window_update_slack = 10000;
        sc.hook = hook_pump;
        put_settings(&sc.in, "4=0");
        script_call(&sc, call_big);
        for (i = 0; i < 300; i++) {
            put_window(&sc.in, 1, 30);
            script_mark(&sc);
            if (sc.step_count > 60)
                sc.steps[--sc.step_count - 1].to = sc.marked; /* as one step with the last */
        }
        memset(&r, 0, sizeof r);
        r.cut = 1;
        run_script(&sc, &r);
        script_words(&sc, &r, &words);
        CHECK(r.drained);
        CHECK(count_text(words.p, "WS ") > 65 && count_text(words.p, "WS ") <= 200);
        run_free(&r);
        script_free(&sc);
        buf_free(&words);
    }
}

CHECK_MAIN(test_fragments, test_echo, test_small_output, test_small_window, test_pongs,
           test_close_under_pressure, test_wrong_stream, test_shutdown, test_idle, test_under_way,
           test_bound, test_full, test_dribble)
