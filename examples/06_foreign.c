/* Lesson 6: a foreign protocol by Upgrade.

   Upgrade is not for WebSocket alone: a client may offer any protocol, several even, best first,
   and the server takes one with 101 or answers as if nothing had been offered. Behind the 101 the
   connection carries octets both ways (OPEN, DATA, h2neg_send, END), and what they mean is yours.
   The trap is the border: the first octets of the new protocol may come in the same read as the
   head before them, on either side. They must not be lost, nor read as HTTP.

   RFC 9110 7.8 (Upgrade and 101), 7.6.1 (Connection).

   cc -I. examples/06_foreign.c -o 06_foreign && ./06_foreign */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the server speaks "shout/1": it says hello, and what it is told in capitals ---- */

static void serve(h2neg_conn *c, const h2neg_event *ev)
{
    char words[256]; /* here it is enough; in earnest, look at what h2neg_send took */
    size_t i;
    if (ev->type == H2NEG_EV_REQUEST) {
        printf("The server: offered is %.*s.\n", (int)ev->upgrade.len, ev->upgrade.ptr);
        if (h2neg_accept(c, ev->stream, "shout/1", NULL, 0) != 0) /* not one of them */
            h2neg_reply(c, ev->stream, 200, "text/plain", "plain HTTP, then\n", 17);
    }
    if (ev->type == H2NEG_EV_OPEN) /* these leave in the same write as the 101 */
        h2neg_send(c, ev->stream, "HELLO\n", 6, H2NEG_MORE);
    if (ev->type == H2NEG_EV_DATA) {
        printf("The server: %d octets.\n", (int)ev->data.len);
        for (i = 0; i < ev->data.len && i < sizeof words; i++)
            words[i] = (char)toupper((unsigned char)ev->data.ptr[i]);
        h2neg_send(c, ev->stream, words, i, H2NEG_MORE);
    }
    if (ev->type == H2NEG_EV_END) /* the client has said all: so have we */
        h2neg_send(c, ev->stream, NULL, 0, 0);
}

/* ---- the client ---- */

static void receive(h2neg_conn *c, const h2neg_event *ev)
{
    if (ev->type == H2NEG_EV_OPEN) {
        printf("The client: from here on it is %.*s.\n", (int)ev->upgrade.len, ev->upgrade.ptr);
        h2neg_send(c, ev->stream, "what?\n", 6, 0); /* without H2NEG_MORE: and nothing more */
    }
    if (ev->type == H2NEG_EV_RESPONSE)
        printf("The client: %d, the offer was not taken.\n", ev->status);
    if (ev->type == H2NEG_EV_DATA)
        printf("The client: \"%.*s\".\n", (int)ev->data.len - 1, ev->data.ptr);
    if (ev->type == H2NEG_EV_DONE)
        printf("The client: done.\n");
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
    if (h2neg_wants(from) & (H2NEG_WANT_HALF_CLOSE | H2NEG_WANT_CLOSE))
        h2neg_eof(to); /* which is what shutdown() and close() come to */
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

/* ---- three clients ---- */

static h2neg_conn *server_of(h2neg_trace *trace)
{
    h2neg_config config = {.trace_fn = h2neg_trace_octets};
    config.trace_user = trace;
    return h2neg_conn_new(&config);
}

/* Waits for the 101: until then the server may still go on in HTTP. */
static void patient(h2neg_conn *s, const char *token)
{
    h2neg_config config = {.role = H2NEG_CLIENT, .protocols = H2NEG_HTTP1};
    h2neg_conn *c = h2neg_conn_new(&config);
    h2neg_message m = {.authority = {"example.org", 11}};
    uint32_t stream;
    m.upgrade = h2neg_s(token);
    h2neg_request(c, &m, 0, &stream);
    while (carry(c, s, serve) | carry(s, c, receive))
        ;
    h2neg_conn_free(c);
}

/* Does not wait: its first words come in the same read as its request. It may (RFC 9110 7.8), but a
   server that does not switch takes them for the next request. */
static void hasty(h2neg_conn *s)
{
    static const char octets[] = "GET / HTTP/1.1\r\nHost: example.org\r\nConnection: upgrade\r\n"
                                 "Upgrade: whisper/1, shout/1\r\n\r\nhurry!\n";
    h2neg_event ev;
    const void *run;
    h2neg_feed(s, octets, sizeof octets - 1);
    while (h2neg_next(s, &ev))
        serve(s, &ev);
    h2neg_output_done(s, h2neg_output(s, &run));
}

int main(void)
{
    static const char *const titles[] = {"1. A patient client", "\n2. A hasty client",
                                         "\n3. A client with another protocol"};
    h2neg_trace_options options = {.line_fn = print_line};
    void *block = malloc(h2neg_trace_memory());
    int i;
    for (i = 0; i < 3; i++) {
        h2neg_trace *trace = h2neg_trace_place(block, h2neg_trace_memory(), &options);
        h2neg_conn *s = server_of(trace);
        printf("%s\n", titles[i]);
        i == 1 ? hasty(s) : patient(s, i ? "whisper/1" : "shout/1");
        h2neg_trace_end(trace, H2NEG_CLIENT); /* slices of 32 octets: the last one comes now */
        h2neg_trace_end(trace, H2NEG_SERVER);
        h2neg_conn_free(s);
    }
    free(block);
    return 0;
}
