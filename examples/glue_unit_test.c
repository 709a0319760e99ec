/* A unit test of a request handler without sockets, time or threads: a client and a server
   connection in memory, over HTTP/1.1 and HTTP/2, and octets in and out.

   cc -g -I. examples/glue_unit_test.c -o glue_unit_test && ./glue_unit_test

   Copy ask() to test what a handler answers, whatever the protocol; say() to test octets. handle()
   stands for your own handler, which a program calls for each event, too. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- what is tested: GET /hello, and /count, which tells the length of its body ---- */

static int living; /* requests that hold memory */

static void handle(h2neg_conn *c, const h2neg_event *ev)
{
    size_t *count = (size_t *)ev->user;
    char text[24];
    if (ev->type == H2NEG_EV_REQUEST && h2neg_is(ev->path, "/hello")) {
        h2neg_reply(c, ev->stream, 200, "text/plain", "hello\n", 6);
    } else if (ev->type == H2NEG_EV_REQUEST && !h2neg_is(ev->path, "/count")) {
        h2neg_reply(c, ev->stream, 404, "text/plain", "not here\n", 9);
    } else if (ev->type == H2NEG_EV_REQUEST) {
        count = (size_t *)calloc(1, sizeof *count);
        living += count != NULL;
        h2neg_set_user(c, ev->stream, count);
    } else if (ev->type == H2NEG_EV_DATA && count) {
        *count += ev->data.len;
    } else if (ev->type == H2NEG_EV_END && count) {
        int len = snprintf(text, sizeof text, "%lu\n", (unsigned long)*count);
        h2neg_reply(c, ev->stream, 200, "text/plain", text, (size_t)len);
    } else if (ev->type == H2NEG_EV_DONE && count) {
        living--;
        free(count);
    }
}

/* ---- the test's tools ---- */

typedef struct answer {
    int status, protocol, done;
    char body[256];
    size_t len;
} answer;

static void take(answer *a, const h2neg_event *ev)
{
    if (ev->type == H2NEG_EV_RESPONSE) {
        a->status = ev->status;
        a->protocol = ev->protocol;
    } else if (ev->type == H2NEG_EV_DATA && ev->data.len < sizeof a->body - a->len) {
        memcpy(a->body + a->len, ev->data.ptr, ev->data.len);
        a->len += ev->data.len; /* behind it stands the zero that was there */
    } else if (ev->type == H2NEG_EV_DONE) {
        a->done = 1;
    }
}

/* Octets from one to the other, which is a client where there is an answer; and its events, before
   output_done takes back the run that feed was lent. 1: something moved. */
static int carry(h2neg_conn *from, h2neg_conn *to, answer *a)
{
    h2neg_event ev;
    const void *run;
    size_t len = h2neg_wants(to) & H2NEG_WANT_READ ? h2neg_output(from, &run) : 0;
    len = len > 16384 ? 16384 : len;
    len = len ? h2neg_feed(to, run, len) : 0;
    while (h2neg_next(to, &ev))
        a ? take(a, &ev) : handle(to, &ev);
    h2neg_output_done(from, len);
    return len != 0;
}

/* A request, both sides played until nothing moves. */
static answer ask(unsigned protocols, const char *method, const char *path, const char *body)
{
    h2neg_config client = {.role = H2NEG_CLIENT, .protocols = protocols};
    h2neg_conn *c = h2neg_conn_new(&client), *s = h2neg_conn_new(NULL);
    h2neg_message m = {.method = h2neg_s(method), .authority = h2neg_s("test")};
    answer a = {0, 0, 0, "", 0};
    uint32_t stream;
    m.target = h2neg_s(path);
    m.body = body;
    m.body_len = strlen(body);
    h2neg_request(c, &m, 0, &stream);
    while (carry(c, s, NULL) + carry(s, c, &a))
        ;
    h2neg_conn_free(c);
    h2neg_conn_free(s);
    return a;
}

/* Octets in, one at a time, as the worst network brings them; octets out. */
static void say(const char *in, char *out, size_t room)
{
    h2neg_conn *s = h2neg_conn_new(NULL);
    h2neg_event ev;
    const void *run;
    size_t len, at = 0;
    for (; *in; in++) {
        h2neg_feed(s, in, 1);
        while (h2neg_next(s, &ev))
            handle(s, &ev);
    }
    while ((len = h2neg_output(s, &run)) != 0 && len < room - at) {
        memcpy(out + at, run, len);
        at += len;
        h2neg_output_done(s, len);
    }
    out[at] = 0;
    h2neg_conn_free(s);
}

/* ---- the tests ---- */
static int passed, failed;
static void check(int so, const char *what, const char *how)
{
    so ? passed++ : failed++;
    if (!so)
        printf("FAILED %s %s\n", what, how);
}

static void test_answers(unsigned protocols, int expected, const char *how)
{
    static char large[100001]; /* more than HTTP/2's first window */
    answer hello = ask(protocols, "GET", "/hello", ""), head = ask(protocols, "HEAD", "/hello", "");
    answer none = ask(protocols, "GET", "/none", "");
    answer count = ask(protocols, "POST", "/count", "12345"), many;
    memset(large, 'x', sizeof large - 1);
    many = ask(protocols, "POST", "/count", large);
    check(hello.done && hello.protocol == expected, "the protocol", how);
    check(hello.status == 200 && strcmp(hello.body, "hello\n") == 0, "GET /hello", how);
    check(head.status == 200 && head.len == 0, "HEAD /hello", how);
    check(none.status == 404, "GET /none", how);
    check(count.status == 200 && strcmp(count.body, "5\n") == 0, "POST /count", how);
    check(many.status == 200 && strcmp(many.body, "100000\n") == 0, "POST a large body", how);
    check(living == 0, "every request's memory is given back", how);
}

static void test_octets(void)
{
    char out[512];
    say("GET /hello HTTP/1.1\r\nHost: test\r\n\r\n", out, sizeof out);
    check(strstr(out, "HTTP/1.1 200 OK\r\n") == out && strstr(out, "\r\n\r\nhello\n") != NULL,
          "octets of a request", "");
    say("GET /hello HTTP/1.1\r\n\r\n", out, sizeof out);
    check(strstr(out, "HTTP/1.1 400 Bad Request\r\n") == out, "octets without a Host", "");
}

int main(void)
{
    test_answers(H2NEG_HTTP1, H2NEG_PROTO_HTTP11, "over HTTP/1.1");
    test_answers(H2NEG_PRIOR, H2NEG_PROTO_H2C, "over HTTP/2");
    test_octets();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
