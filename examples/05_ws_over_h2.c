/* Lesson 5: a WebSocket over HTTP/2, one stream among others.

   HTTP/2 has no Upgrade: a whole connection cannot change its protocol when others' streams are on
   it. So the server says in its SETTINGS that it knows extended CONNECT; only then may the client
   send CONNECT with :protocol websocket; 200 takes the place of 101, and there is no key. From then
   on DATA of that stream carries the same frames as over HTTP/1.1. The calls are the same, too:
   h2neg_request with upgrade "websocket", h2neg_accept, h2neg_ws_send.

   RFC 8441 3 (the setting), 4 and 5 (the CONNECT); RFC 6455 5 (the frames).

   cc -I. examples/05_ws_over_h2.c -o 05_ws_over_h2 && ./05_ws_over_h2 */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the server takes every WebSocket and echoes its messages ---- */

static void serve(h2neg_conn *c, const h2neg_event *ev)
{
    if (ev->type == H2NEG_EV_REQUEST && ev->websocket) {
        printf("The server: a WebSocket is asked for on %.*s, stream %u, %s by %s.\n",
               (int)ev->path.len, ev->path.ptr, (unsigned)ev->stream,
               h2neg_protocol_name(ev->protocol), h2neg_via_name(ev->via));
        h2neg_accept(c, ev->stream, NULL, NULL, 0);
    }
    if (ev->type == H2NEG_EV_WS_MESSAGE)
        h2neg_ws_send(c, ev->stream, ev->opcode, ev->data.ptr, ev->data.len, 0);
    if (ev->type == H2NEG_EV_WS_CLOSE)
        printf("The server: closed with %u.\n", (unsigned)ev->code);
}

/* ---- the client ---- */

/* Before the server's SETTINGS are there, nobody knows whether this is allowed: H2NEG_AGAIN, and
   WRITABLE says when it is worth another try. NOT_SUPPORTED: it is known, and it is not. */
static void ask(h2neg_conn *c)
{
    h2neg_message m = {
        .authority = {"example.org", 11}, .target = {"/ws", 3}, .upgrade = {"websocket", 9}};
    uint32_t stream;
    int result = h2neg_request(c, &m, 0, &stream);
    printf("The client asks: %s.\n", h2neg_error_text(result));
}

static void receive(h2neg_conn *c, const h2neg_event *ev)
{
    if (ev->type == H2NEG_EV_WRITABLE && ev->stream == 0)
        ask(c);
    if (ev->type == H2NEG_EV_OPEN) {
        printf("The client: it is open, with %d.\n", ev->status);
        h2neg_ws_send(c, ev->stream, H2NEG_WS_TEXT, "Hello", 5, 0);
    }
    if (ev->type == H2NEG_EV_WS_MESSAGE) {
        printf("The client: \"%.*s\" came back.\n", (int)ev->data.len, ev->data.ptr);
        h2neg_ws_close(c, ev->stream, H2NEG_WS_NORMAL, "bye");
    }
    if (ev->type == H2NEG_EV_WS_CLOSE)
        printf("The client: closed with %u.\n", (unsigned)ev->code);
    if (ev->type == H2NEG_EV_DONE)
        printf("The client: stream %u is over, the connection goes on.\n", (unsigned)ev->stream);
}

/* The masking keys of a client. THE SAME ONE EACH TIME IS FOR THIS LESSON ALONE, whose trace is to
   be the same each time: yours come from getrandom() or the like (RFC 6455 10.3). */
static int same_key(void *user, void *out, size_t len)
{
    static const unsigned char key[4] = {0x37, 0xfa, 0x21, 0x3d};
    size_t i;
    (void)user;
    for (i = 0; i < len; i++)
        ((unsigned char *)out)[i] = key[i % 4];
    return 1;
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

int main(void)
{
    h2neg_trace_options options = {.line_fn = print_line};
    void *block = malloc(h2neg_trace_memory());
    h2neg_config client = {.role = H2NEG_CLIENT, .protocols = H2NEG_PRIOR | H2NEG_WEBSOCKET};
    h2neg_config server = {.role = H2NEG_SERVER}; /* with every default */
    h2neg_conn *c, *s;

    client.random_fn = same_key;
    server.trace_fn = h2neg_trace_octets;
    server.trace_user = h2neg_trace_place(block, h2neg_trace_memory(), &options);
    c = h2neg_conn_new(&client);
    s = h2neg_conn_new(&server);

    ask(c);
    while (carry(c, s, serve) | carry(s, c, receive))
        ;

    h2neg_conn_free(c);
    h2neg_conn_free(s);
    free(block);
    return 0;
}
