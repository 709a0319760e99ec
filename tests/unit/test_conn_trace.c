/* The trace hook: every octet of a connection, in order, each side's; and what an error says to the
   peer, or does not where the config asks for that. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"

/* What a hook was told, and what really went in and out. */
typedef struct told {
    char heard[2][4096], real[2][4096];
    size_t heard_len[2], real_len[2];
    unsigned calls;
} told;

static void hear(void *user, int from, const void *octets, size_t len)
{
    told *t = (told *)user;
    CHECK(len > 0);
    memcpy(t->heard[from] + t->heard_len[from], octets, len);
    t->heard_len[from] += len;
    t->calls++;
}

static void keep(told *t, int from, const void *octets, size_t len)
{
    memcpy(t->real[from] + t->real_len[from], octets, len);
    t->real_len[from] += len;
}

/* Writes what waits, at most `step` octets at a time. */
static void write_out(h2neg_conn *c, told *t, int role, size_t step)
{
    const void *run;
    size_t n;
    while ((n = h2neg_output(c, &run)) != 0) {
        n = n < step ? n : step;
        keep(t, role, run, n);
        h2neg_output_done(c, n);
    }
}

static void answer(h2neg_conn *c)
{
    h2neg_event ev;
    while (h2neg_next(c, &ev))
        if (ev.type == H2NEG_EV_REQUEST)
            CHECK_INT(h2neg_reply(c, ev.stream, 200, NULL, "hello", 5), 0);
}

/* A server is fed `text` by `step` octets. */
static void serve(const char *text, size_t len, size_t step, h2neg_config *config, told *t)
{
    h2neg_conn *c;
    size_t at = 0, n;
    memset(t, 0, sizeof *t);
    config->trace_fn = hear;
    config->trace_user = t;
    c = h2neg_conn_new(config);
    CHECK(c != NULL);
    while (c && at < len) {
        n = h2neg_feed(c, text + at, len - at < step ? len - at : step);
        keep(t, H2NEG_CLIENT, text + at, n);
        at += n;
        answer(c);
        write_out(c, t, H2NEG_SERVER, step);
        if (n == 0)
            break;
    }
    h2neg_conn_free(c);
}

static void same(const told *t)
{
    CHECK_OCTETS(t->heard[0], t->heard_len[0], t->real[0], t->real_len[0]);
    CHECK_OCTETS(t->heard[1], t->heard_len[1], t->real[1], t->real_len[1]);
}

static const char get[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

static void whole_and_cut(void)
{
    size_t step;
    for (step = 1; step < 200; step += 33) {
        h2neg_config config;
        told t;
        memset(&config, 0, sizeof config);
        serve(get, sizeof get - 1, step, &config, &t);
        same(&t);
        CHECK_INT(t.heard_len[H2NEG_CLIENT], sizeof get - 1);
        CHECK(t.heard_len[H2NEG_SERVER] > 40);
    }
}

/* RFC 9113 3.4: the preface, and SETTINGS without entries. */
static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";

/* What is swallowed behind an error was heard, too: a frame of PING on stream 1, then more. */
static void behind_an_error(void)
{
    char in[128];
    size_t len = sizeof preface - 1;
    h2neg_config config;
    told t;
    memcpy(in, preface, len);
    memcpy(in + len, "\0\0\10\6\0\0\0\0\1abcdefgh\0\0\0\0\0\0\0\0\0", 26);
    memset(&config, 0, sizeof config);
    serve(in, len + 26, 9, &config, &t);
    same(&t);
    CHECK_INT(t.heard_len[H2NEG_CLIENT], len + 26);
}

/* A client's own octets come from the client. */
static void client(void)
{
    h2neg_config config;
    h2neg_message m;
    h2neg_conn *c;
    uint32_t stream;
    told t;
    memset(&t, 0, sizeof t);
    memset(&config, 0, sizeof config);
    memset(&m, 0, sizeof m);
    config.role = H2NEG_CLIENT;
    config.trace_fn = hear;
    config.trace_user = &t;
    m.authority = h2neg_s("a");
    c = h2neg_conn_new(&config);
    CHECK_INT(h2neg_request(c, &m, 0, &stream), 0);
    write_out(c, &t, H2NEG_CLIENT, 7);
    CHECK_INT(h2neg_feed(c, "HTTP/1.1 204 No Content\r\n\r\n", 27), 27);
    keep(&t, H2NEG_SERVER, "HTTP/1.1 204 No Content\r\n\r\n", 27);
    same(&t);
    CHECK(t.heard_len[H2NEG_CLIENT] > 20);
    h2neg_output_done(c, 0); /* nothing is no octet */
    same(&t);
    h2neg_conn_free(c);
}

static int said(const told *t, const char *text)
{
    size_t i, n = strlen(text);
    for (i = 0; i + n <= t->heard_len[H2NEG_SERVER]; i++)
        if (memcmp(t->heard[H2NEG_SERVER] + i, text, n) == 0)
            return 1;
    return 0;
}

/* The sentence of the error is GOAWAY's debug data and the content of an error answer (RFC
   9113 6.8; RFC 9110 15.5); config.no_error_text leaves both out. */
static void error_text(void)
{
    static const char bad[] = "GET / HTTP/1.1\r\nHost : a\r\n\r\n";
    char in[64];
    size_t len = sizeof preface - 1;
    int off;
    memcpy(in, preface, len);
    memcpy(in + len, "\0\0\10\6\0\0\0\0\1abcdefgh", 17); /* PING on a stream */
    for (off = 0; off < 2; off++) {
        h2neg_config config;
        told t;
        memset(&config, 0, sizeof config);
        config.no_error_text = off;
        serve(bad, sizeof bad - 1, 4096, &config, &t);
        CHECK(said(&t, "HTTP/1.1 400 Bad Request\r\n"));
        CHECK_INT(said(&t, "white space stands before the colon\n"), !off);
        CHECK_INT(said(&t, "content-length: 0\r\n"), off);
        CHECK(!off || memcmp(t.heard[0] + t.heard_len[0] - 4, "\r\n\r\n", 4) == 0);
        serve(in, len + 17, 4096, &config, &t);
        CHECK_INT(said(&t, "the frame's stream identifier is not allowed"), !off);
        if (off) /* GOAWAY, of stream 0 and PROTOCOL_ERROR, and nothing more */
            CHECK_OCTETS(t.heard[0] + t.heard_len[0] - 17, 17,
                         "\0\0\10\7\0\0\0\0\0\0\0\0\0\0\0\0\1", 17);
    }
}

CHECK_MAIN(whole_and_cut, behind_an_error, client, error_text)
