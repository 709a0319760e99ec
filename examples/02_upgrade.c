/* Lesson 2: Upgrade to WebSocket by hand, with the pieces alone.

   A WebSocket begins as a request of HTTP/1.1 that asks to speak something else. The server says
   101, and behind its empty line the same connection carries frames. Both sides are here, each step
   a function: ask, answer, check, then frames there and back, and Close. The connection
   (h2neg_conn) does all of this by itself; here one sees what it does.

   The switch: RFC 9110 7.8. The handshake: RFC 6455 4; the key is the example of its section 1.3.
   Frames: RFC 6455 5; the masking key is the example of its section 5.7.

   cc -I. examples/02_upgrade.c -o 02_upgrade && ./02_upgrade */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 1024, FIELDS = 16 };
static const char *const ours[] = {"superchat", "chat"}; /* the server's, best first */
static char key[25];                                     /* the client's */

/* ---- the wire: octets that one side wrote and the other reads, told in words by the trace ---- */

static h2neg_trace *trace;
static char out[ROOM], wire[ROOM];

static void print_line(void *user, const h2neg_trace_line *line)
{
    char text[2048];
    (void)user;
    printf("%.*s\n", (int)h2neg_trace_write(text, sizeof text, line, 0), text);
}

static size_t sent(int from, const char *what, ptrdiff_t len)
{
    printf("\nThe %s %s:\n", from == H2NEG_CLIENT ? "client" : "server", what);
    memcpy(wire, out, (size_t)len); /* the writers answer < 0 where they cannot: not here */
    h2neg_trace_octets(trace, from, wire, (size_t)len);
    return (size_t)len;
}

/* ---- the handshake ---- */

/* The key, 16 random octets in practice, is no secret: the answer shows that it was understood. */
static size_t ask(void)
{
    h2neg_field fields[6];
    h2neg_ws_make_key(key, (const unsigned char *)"the sample nonce");
    fields[0] = h2neg_f("Host", "server.example.com");
    fields[1] = h2neg_f("Upgrade", "websocket");
    fields[2] = h2neg_f("Connection", "Upgrade");
    fields[3] = h2neg_f("Sec-WebSocket-Key", key);
    fields[4] = h2neg_f("Sec-WebSocket-Protocol", "chat, superchat");
    fields[5] = h2neg_f("Sec-WebSocket-Version", "13");
    return sent(H2NEG_CLIENT, "asks",
                h2neg_h1_write_request(out, ROOM, h2neg_s("GET"), h2neg_s("/chat"), fields, 6));
}

/* The server reads the head and checks every rule of RFC 6455 4.2.1. What does not hold has a
   status of its own: 400, 403 (the wrong Origin) or 426 (another version). */
static size_t answer(size_t len)
{
    h2neg_field fields[FIELDS];
    h2neg_h1_head head = {.fields = fields, .room = FIELDS};
    h2neg_ws_request ws = {.count = 0};
    int error;
    if (h2neg_h1_parse_request(&head, wire, len, 0) <= 0)
        return 0; /* from a socket: 0 means that more has to be read, < 0 that it is malformed */
    ws.method = head.method;
    ws.authority = head.authority;
    ws.minor = head.minor;
    ws.fields = head.fields;
    ws.count = head.count;
    error = h2neg_ws_check_request(&ws, NULL);
    if (error)
        return sent(H2NEG_SERVER, "refuses",
                    h2neg_ws_write_refuse(out, ROOM, h2neg_error_status(error)));
    return sent(H2NEG_SERVER, "accepts",
                h2neg_ws_write_accept(out, ROOM, ws.key,
                                      h2neg_ws_subprotocol(ours, 2, head.fields, head.count), NULL,
                                      0));
}

/* The client makes sure that it was its key, and that it gets nothing that it did not ask for. */
static void check(size_t len)
{
    h2neg_field fields[FIELDS];
    h2neg_h1_head head = {.fields = fields, .room = FIELDS};
    h2neg_ws_deflate none;
    h2neg_str chosen = {"", 0};
    int error = H2NEG_ERR_WS_STATUS;
    if (h2neg_h1_parse_response(&head, wire, len, 0) > 0)
        error = h2neg_ws_check_response(head.status, head.fields, head.count, h2neg_s(key),
                                        h2neg_s("chat, superchat"), &chosen);
    if (!error) /* no extension was offered, so none may be answered */
        error = h2neg_ws_deflate_check(&none, NULL, head.fields, head.count);
    printf("The client checks it: %s. They speak %.*s.\n", h2neg_error_text(error), (int)chosen.len,
           chosen.ptr);
}

/* ---- frames ---- */

/* A client masks its payload, so that a page's script cannot choose the octets that a proxy sees
   (RFC 6455 10.3): a new random key for each frame in practice. A server must not mask. */
static size_t send_frame(int from, int opcode, const char *payload, size_t len)
{
    h2neg_ws_frame f = {.fin = 1, .opcode = opcode, .key = {0x37, 0xfa, 0x21, 0x3d}};
    ptrdiff_t head;
    f.masked = from == H2NEG_CLIENT;
    f.length = len;
    head = h2neg_ws_frame_write(out, ROOM - len, &f);
    memcpy(out + head, payload, len);
    if (f.masked)
        h2neg_ws_mask(out + head, out + head, len, f.key, 0);
    return sent(from, "sends a frame", head + (ptrdiff_t)len);
}

static void read_frame(int from, size_t len)
{
    h2neg_ws_frame f;
    ptrdiff_t head = h2neg_ws_frame_read(&f, wire, len, from == H2NEG_CLIENT, 0);
    char *payload = wire + head;
    h2neg_str reason;
    int code;
    if (head <= 0 || f.length > len - (size_t)head)
        return; /* from a socket: as in answer() */
    if (f.masked)
        h2neg_ws_mask(payload, payload, (size_t)f.length, f.key, 0);
    if (f.opcode != H2NEG_WS_CLOSE)
        printf("Its reader has \"%.*s\".\n", (int)f.length, payload);
    else if (h2neg_ws_close_read(payload, (size_t)f.length, &code, &reason) == 0)
        printf("Its reader has code %d, \"%.*s\".\n", code, (int)reason.len, reason.ptr);
}

int main(void)
{
    h2neg_trace_options options = {.line_fn = print_line, .flags = H2NEG_TRACE_SECRETS};
    void *block = malloc(h2neg_trace_memory());
    char bye[125];
    ptrdiff_t len = h2neg_ws_close_write(bye, sizeof bye, H2NEG_WS_NORMAL, h2neg_s("bye"));
    trace = h2neg_trace_place(block, h2neg_trace_memory(), &options);
    check(answer(ask()));
    read_frame(H2NEG_CLIENT, send_frame(H2NEG_CLIENT, H2NEG_WS_TEXT, "Hello", 5));
    read_frame(H2NEG_SERVER, send_frame(H2NEG_SERVER, H2NEG_WS_TEXT, "Hello", 5));
    read_frame(H2NEG_CLIENT, send_frame(H2NEG_CLIENT, H2NEG_WS_CLOSE, bye, (size_t)len));
    read_frame(H2NEG_SERVER, send_frame(H2NEG_SERVER, H2NEG_WS_CLOSE, bye, (size_t)len));
    free(block);
    return 0;
}
