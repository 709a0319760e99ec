/* Lesson 3: HTTP/1.1 and HTTP/2 on one cleartext port.

   Without TLS there are two ways into HTTP/2. A client that knows the server begins with HTTP/2's
   preface: prior knowledge. One that does not know sends a request of HTTP/1.1 and offers `Upgrade:
   h2c` in it; a server that takes the offer says 101 and answers the request as HTTP/2's stream 1,
   one that does not simply answers it. The same server, with the same handler, serves all of them:
   h2neg_conn detects, negotiates, and says what it did and why.

   RFC 9113 3.3 (prior knowledge), RFC 7540 3.2 (h2c; RFC 9113 3.1 dropped it: it is off unless
   H2NEG_H2C is set, and must stay off behind a proxy that forwards Upgrade).

   cc -I. examples/03_one_port.c -o 03_one_port && ./03_one_port */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the server: one handler, whatever is spoken ---- */

static void serve(h2neg_conn *c, const h2neg_event *ev)
{
    if (ev->type == H2NEG_EV_NEGOTIATED)
        printf("The server: this is %s, by %s.\n", h2neg_protocol_name(ev->protocol),
               h2neg_via_name(ev->via));
    if (ev->type == H2NEG_EV_REQUEST) {
        printf("The server: request %u is %.*s %.*s.\n", (unsigned)ev->stream, (int)ev->method.len,
               ev->method.ptr, (int)ev->target.len, ev->target.ptr);
        h2neg_reply(c, ev->stream, 200, "text/plain", "hello\n", 6);
    }
}

/* ---- the client ---- */

static void receive(h2neg_conn *c, const h2neg_event *ev)
{
    (void)c;
    if (ev->type == H2NEG_EV_NEGOTIATED)
        printf("The client: this is %s, by %s.\n", h2neg_protocol_name(ev->protocol),
               h2neg_via_name(ev->via));
    if (ev->type == H2NEG_EV_RESPONSE)
        printf("The client: %d.\n", ev->status);
    if (ev->type == H2NEG_EV_DATA)
        printf("The client: \"%.*s\".\n", (int)ev->data.len - 1, ev->data.ptr);
}

/* ---- the network: octets from one to the other. 1: some moved ---- */

static int carry(h2neg_conn *from, h2neg_conn *to, void (*on)(h2neg_conn *, const h2neg_event *))
{
    static char wire[16384];
    h2neg_event ev;
    const void *run;
    size_t len = h2neg_wants(to) & H2NEG_WANT_READ ? h2neg_output(from, &run) : 0;
    len = len < sizeof wire ? len : sizeof wire;
    if (len)
        memcpy(wire, run, len);
    h2neg_output_done(from, len);
    h2neg_feed(to, wire, len);
    while (h2neg_next(to, &ev))
        on(to, &ev);
    return len != 0;
}

static void print_line(void *user, const h2neg_trace_line *line)
{
    char text[2048];
    (void)user;
    printf("%.*s\n", (int)h2neg_trace_write(text, sizeof text, line, 0), text);
}

/* ---- one client calls one server ---- */

static void call(const char *title, unsigned clients, unsigned servers)
{
    h2neg_trace_options options = {.line_fn = print_line};
    void *block = malloc(h2neg_trace_memory());
    h2neg_config client = {.role = H2NEG_CLIENT, .protocols = clients};
    h2neg_config server = {.role = H2NEG_SERVER, .protocols = servers};
    h2neg_message get = {.authority = {"example.org", 11}, .target = {"/", 1}};
    h2neg_conn *c, *s;
    h2neg_info info;
    uint32_t stream;

    server.trace_fn = h2neg_trace_octets; /* hears what comes in and what goes out */
    server.trace_user = h2neg_trace_place(block, h2neg_trace_memory(), &options);
    c = h2neg_conn_new(&client);
    s = h2neg_conn_new(&server);

    printf("%s\n", title);
    h2neg_request(c, &get, 0, &stream); /* at once: what is spoken shows later */
    while (carry(c, s, serve) | carry(s, c, receive))
        ;
    h2neg_conn_info(s, &info);
    printf("%s%s%s\n", *info.why ? "The server's log: " : "", info.why, *info.why ? ".\n" : "");

    h2neg_conn_free(c);
    h2neg_conn_free(s);
    free(block);
}

int main(void)
{
    const unsigned port = H2NEG_PROTOCOLS_DEFAULT | H2NEG_H2C;
    call("1. A client that hopes: HTTP/1.1 with an offer of h2c.", H2NEG_HTTP1 | H2NEG_H2C, port);
    call("2. A client that knows: HTTP/2 from the first octet.", H2NEG_PRIOR, port);
    call("3. The hopeful client again, at a server where h2c is off.", H2NEG_HTTP1 | H2NEG_H2C,
         H2NEG_PROTOCOLS_DEFAULT);
    return 0;
}
