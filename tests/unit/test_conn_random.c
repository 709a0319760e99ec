/* Conversations made at random from good and bad pieces, with some octets changed: played whole,
   octet by octet and at random cuts, they give the same events and the same octets, and hold no
   more memory than the bound. CONN_ROUNDS in the environment plays more of them; CONN_SEED begins
   at another one. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "conn.h"

static const char *pick(const char *const *texts, size_t n)
{
    return texts[check_random((unsigned)n)];
}
#define PICK(array) pick(array, sizeof array / sizeof array[0])

static const char *const paths[] = {
    "/now",   "/end",     "/stream/3000", "/body/2500", "/later", "/trailers", "/status/204",
    "/hints", "/reset/8", "/hold",        "/accept",    "/keep",  "/last",     "/none"};
static const char *const more_fields[] = {"",
                                          "",
                                          "",
                                          "content-length: 5\n",
                                          "content-length: 10\n",
                                          "expect: 100-continue\n",
                                          "cookie: a=b\ncookie: c=d\n",
                                          "X-Bad: a\n",
                                          "te: trailers\n",
                                          "priority: u=1\n",
                                          "x-long: "
                                          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"};

/* ---- HTTP/2 frames ------------------------------------------------------- */

/* Mostly one of those that are open. */
static uint32_t some_stream(uint32_t last)
{
    if (check_random(60) == 0)
        return check_random(14);
    return 1 + 2 * check_random(last / 2 + 1);
}

static void put_some_headers(buf *b, uint32_t *next, int client)
{
    uint32_t id = check_random(12) ? (*next += 2) : some_stream(*next);
    int end = check_random(2) ? END : 0;
    if (client)
        id = some_stream(*next = 5);
    if (check_random(10) == 0) {
        put_headers(b, id, HEADS | END, "x-trailer: 1\n");
    } else if (client) {
        static const int statuses[] = {200, 200, 204, 304, 100, 103, 101, 404};
        put_response(b, id, end, statuses[check_random(8)], PICK(more_fields));
    } else if (check_random(12) == 0) {
        put_headers(b, id, HEADS, ":method: CONNECT\n:authority: yes.example:80\n");
    } else if (check_random(12) == 0) {
        put_headers(
            b, id, HEADS,
            ":method: CONNECT\n:protocol: foo\n:scheme: http\n:authority: a\n:path: /accept\n");
    } else {
        put_request(b, id, end, end ? "GET" : "POST", PICK(paths), PICK(more_fields));
    }
}

static void put_split_headers(buf *b, uint32_t *next)
{
    buf block = {0, 0, 0};
    size_t at;
    *next += 2;
    put_block(&block, REQ("GET", "/now") "x-a: some value\n");
    at = check_random((unsigned)block.len);
    put_frame(b, 1, END, *next, block.p, at);
    if (check_random(8) == 0)
        put_ping(b, 0, "in block");
    put_frame(b, 9, HEADS, *next, block.p + at, block.len - at);
    buf_free(&block);
}

static void put_some_data(buf *b, uint32_t id)
{
    static const size_t sizes[] = {0, 1, 5, 10, 100, 1000, 5000, 16384};
    size_t n = sizes[check_random(8)];
    int end = check_random(3) ? 0 : END;
    if (check_random(4)) {
        put_bulk(b, id, end, n);
        return;
    }
    put_head(b, n + 4, 0, PADDED | end, id);
    buf_octet(b, check_random(20) ? 3 : 255);
    buf_fill(b, 'p', n + 3);
}

static void put_some_settings(buf *b)
{
    static const char *const rows[] = {"",        "4=0", "4=10",   "4=100000",
                                       "4=65535", "1=0", "1=4096", "3=1",
                                       "5=16384", "2=0", "8=1",    "99=7 98=8"};
    if (check_random(20))
        put_settings(b, PICK(rows));
    else
        put_ack(b);
}

static void put_some_frame(buf *b, uint32_t *next, int client)
{
    uint32_t id = some_stream(*next);
    switch (check_random(14)) {
    case 0:
    case 1:
    case 2:
    case 3: put_some_headers(b, next, client); break;
    case 4:
    case 5:
    case 6: put_some_data(b, id); break;
    case 7: put_some_settings(b); break;
    case 8: put_ping(b, check_random(4) ? 0 : ACK, "12345678"); break;
    case 9:
        put_window(b, check_random(2) ? id : 0, check_random(30) ? 1 + check_random(5000) : 0);
        break;
    case 10: put_rst(b, id, check_random(9)); break;
    case 11: put_priority(b, id, check_random(10)); break;
    case 12:
        if (client)
            put_goaway(b, check_random(10), 0, "bye");
        else
            put_split_headers(b, next);
        break;
    default:
        put_frame(b, (int)check_random(20), (int)check_random(64), id, "12345678", check_random(9));
    }
}

static void put_conversation(buf *b, int client)
{
    uint32_t next = client ? 5 : (uint32_t)-1;
    unsigned n = 2 + check_random(25), i;
    put_some_headers(b, &next, client);
    for (i = 0; i < n; i++)
        put_some_frame(b, &next, client);
}

/* ---- HTTP/1 messages ----------------------------------------------------- */

#define H2C_OFFER                                                                                  \
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
static const char *const h1_fields[] = {"",
                                        "",
                                        "X-A: b\r\n",
                                        "Connection: close\r\n",
                                        "Connection: keep-alive\r\n",
                                        "Expect: 100-continue\r\n",
                                        "Connection: upgrade\r\nUpgrade: foo\r\n",
                                        H2C_OFFER,
                                        "X-A : b\r\n",
                                        "X-A: b\n",
                                        "TE: trailers\r\n",
                                        "Host: b\r\n"};
static const char *const h1_bodies[] = {
    "\r\n",
    "\r\n",
    "Content-Length: 5\r\n\r\nhello",
    "Content-Length: 0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n",
    "Transfer-Encoding: gzip, chunked\r\n\r\n",
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX"};

static void put_h1_requests(buf *b)
{
    static const char *const methods[] = {"GET", "GET", "POST", "HEAD", "OPTIONS", "PUT"};
    unsigned n = 1 + check_random(5), i;
    for (i = 0; i < n; i++) {
        if (check_random(15) == 0)
            buf_text(b, "CONNECT yes.example:80 HTTP/1.1\r\nHost: yes.example:80\r\n\r\ntunnelled");
        buf_fmt(b, "%s %s HTTP/1.%d\r\nHost: a\r\n", PICK(methods), PICK(paths),
                check_random(6) != 0);
        buf_text(b, PICK(h1_fields));
        buf_text(b, PICK(h1_bodies));
        if (check_random(10) == 0)
            buf_text(b, "\r\n");
    }
    if (check_random(6) == 0) {
        put_preface(b, "");
        put_get(b, 3, "/now");
    }
}

static void put_h1_responses(buf *b)
{
    static const char *const lines[] = {
        "200 OK",          "204 No Content", "304 Not Modified",        "100 Continue",
        "103 Early Hints", "404 Not Found",  "101 Switching Protocols", "20 Bad"};
    unsigned n = 1 + check_random(4), i;
    for (i = 0; i < n; i++) {
        buf_fmt(b, "HTTP/1.%d %s\r\n", check_random(8) != 0, PICK(lines));
        buf_text(b, PICK(h1_fields));
        buf_text(b, PICK(h1_bodies));
    }
    if (check_random(6) == 0) {
        put_settings(b, "");
        put_response(b, 1, END, 200, "");
    }
}

/* ---- playing them -------------------------------------------------------- */

/* No echo: its cuts follow those of the input. */
static int hook_no_echo(side *s, const h2neg_event *ev)
{
    (void)s;
    return ev->type == H2NEG_EV_DATA;
}

static void call_requests(side *s)
{
    h2neg_message m = message_get("/a");
    unsigned i, n = s->fed ? 1 : 4;
    for (i = 0; i < n; i++) {
        m.method = h2neg_s(i == 1 ? "HEAD" : i == 2 ? "POST" : "GET");
        if (side_request(s, &m, i == 2 ? H2NEG_MORE : 0, NULL) < 0)
            return;
    }
}

static void change_octets(buf *b, size_t from)
{
    unsigned n = check_random(4);
    if (check_random(2))
        return;
    while (n--)
        b->p[from + check_random((unsigned)(b->len - from))] = (char)check_random(256);
}

/* One conversation; 0: something was not the same. */
static int random_round(int kind, unsigned long long seed)
{
    script sc;
    size_t from;
    int before = check_failures;
    check_seed = seed;
    if (kind == 0) {
        script_h2(&sc, "HTTP/2, server", check_random(2) ? "" : "4=100");
        sc.config.max_concurrent_streams = check_random(2) ? 3 : 0;
    } else if (kind == 1) {
        script_h2_client(&sc, "HTTP/2, client", call_requests, "3=3");
    } else if (kind == 2) {
        script_init(&sc, "HTTP/1, server");
        sc.config.protocols = H2NEG_PROTOCOLS_DEFAULT | H2NEG_H2C;
    } else {
        script_h1_client(&sc, "HTTP/1, client", call_requests);
        sc.config.protocols |= check_random(2) ? H2NEG_H2C : 0;
    }
    sc.forgiving = 1;
    sc.hook = hook_no_echo;
    from = sc.in.len;
    if (kind == 0 || kind == 1)
        put_conversation(&sc.in, kind == 1);
    else if (kind == 2)
        put_h1_requests(&sc.in);
    else
        put_h1_responses(&sc.in);
    change_octets(&sc.in, from);
    if (kind == 1 || kind == 3)
        script_call(&sc, call_requests);
    if (check_random(3) == 0)
        script_end(&sc, check_random(2) ? STEP_EOF : STEP_LOST);
    {
        played whole;
        int cut;
        memset(&whole, 0, sizeof whole);
        script_mark(&sc);
        run_script(&sc, &whole);
        for (cut = 0; cut < 3 && check_failures == before; cut++)
            script_cut(&sc, &whole, 1 + (cut > 0));
        if (check_failures == before)
            script_metered(&sc, &whole);
        if (check_failures == before && check_random(8) == 0)
            script_placed(&sc, &whole);
        run_free(&whole);
        memset(&whole, 0, sizeof whole);
        whole.stuffed = 1;
        whole.cut = 2;
        run_script(&sc, &whole); /* the rules of events hold under pressure too */
        run_free(&whole);
    }
    script_free(&sc);
    if (check_failures != before)
        fprintf(stderr, "    kind %d, CONN_SEED=%llu\n", kind, seed);
    return check_failures == before;
}

static void random_rounds(int kind)
{
    unsigned long long seed =
        getenv("CONN_SEED") ? strtoull(getenv("CONN_SEED"), NULL, 10) : 20240229;
    long rounds = getenv("CONN_ROUNDS") ? atol(getenv("CONN_ROUNDS")) : 500;
    long i;
    for (i = 0; i < rounds; i += script_some())
        if (!random_round(kind, seed + (unsigned long long)i * 1000003))
            return;
}

static void test_h2_server(void)
{
    random_rounds(0);
}

static void test_h2_client(void)
{
    random_rounds(1);
}

static void test_h1_server(void)
{
    random_rounds(2);
}

static void test_h1_client(void)
{
    random_rounds(3);
}

/* Streams end in the order of their numbers, whichever slots they had. */
static void test_done_order(void)
{
    CHECK(random_round(0, 2935014360ULL));
    CHECK(random_round(0, 1612017108ULL));
}

CHECK_MAIN(test_done_order, test_h2_server, test_h2_client, test_h1_server, test_h1_client)
