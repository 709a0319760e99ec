/* websocket.h: the server's WebSockets: an echo, and a chat across all connections, whichever
   protocol carries them. Nothing here asks whether a WebSocket runs over HTTP/1.1 or over HTTP/2.

   What to look at: ws_on_event() is all that a WebSocket is; ws_flow() is what happens when a peer
   does not read. */
#ifndef WEBSOCKET_H
#define WEBSOCKET_H

#include "ws_queue.h"
#include <stdio.h>

#define WS_ECHO_LIMIT 4194304   /* octets that may wait besides two messages of the largest size */
#define WS_CHAT_LIMIT 262144    /* octets that may wait for a member before the next message */
#define WS_TRY_AGAIN_LATER 1013 /* IANA's registry of close codes */

enum { WS_ECHO = 0, WS_CHAT, WS_KINDS };

/* A WebSocket, from the accepted request to DONE. */
typedef struct ws_socket {
    h2neg_conn *conn;
    uint32_t stream;
    void *owner; /* what ws.wake is told */
    int kind;
    int held; /* its input waits until its output is read */
    ws_queue out;
    struct ws_socket *next, **link; /* among those of its kind that are open */
} ws_socket;

/* All the open ones. */
static struct ws_hall {
    ws_socket *open[WS_KINDS];
    size_t members;            /* of the chat */
    size_t max_message;        /* octets */
    void (*wake)(void *owner); /* something was sent to a WebSocket of this owner */
} ws;

/* The kind that a path asks for, or -1. */
static int ws_kind_of(h2neg_str path)
{
    return h2neg_is(path, "/ws") ? WS_ECHO : h2neg_is(path, "/chat") ? WS_CHAT : -1;
}

static void ws_leave(ws_socket *s)
{
    if (!s->link)
        return;
    *s->link = s->next;
    if (s->next)
        s->next->link = s->link;
    s->link = NULL;
    ws.members -= s->kind == WS_CHAT;
    ws_queue_clear(&s->out);
}

static void ws_enter(ws_socket *s)
{
    ws_socket **first = &ws.open[s->kind];
    s->next = *first;
    s->link = first;
    if (s->next)
        s->next->link = &s->next;
    *first = s;
    ws.members += s->kind == WS_CHAT;
}

static void ws_free(ws_socket *s)
{
    if (!s)
        return;
    ws_leave(s);
    ws_queue_clear(&s->out);
    free(s);
}

/* Accepts a request. NULL: it was answered already, by a refusal or by a reset. */
static ws_socket *ws_accept(h2neg_conn *c, void *owner, int kind, const h2neg_event *ev)
{
    static const char *const subprotocols[] = {"echo", "chat"};
    const char *chosen = h2neg_ws_subprotocol(subprotocols, 2, ev->fields, ev->field_count);
    ws_socket *s = (ws_socket *)calloc(1, sizeof *s);
    int failed = s ? h2neg_accept(c, ev->stream, chosen, NULL, 0) : H2NEG_ERR_NOMEM;
    if (failed) {
        free(s);
        if (failed != H2NEG_ERR_LIMIT_STREAMS)
            h2neg_reply(c, ev->stream, 503, "text/plain", "503 Service Unavailable\n", 24);
        return NULL;
    }
    s->conn = c;
    s->stream = ev->stream;
    s->owner = owner;
    s->kind = kind;
    return s;
}

/* ---- pressure ---- */

static void ws_hold(ws_socket *s, int on)
{
    if (s->held == on)
        return;
    s->held = on;
    h2neg_hold(s->conn, s->stream, on);
}

/* Closes from this side. What waits is dropped; the peer's Close has to be heard. */
static void ws_say_goodbye(ws_socket *s, int code, const char *reason)
{
    h2neg_ws_close(s->conn, s->stream, code, reason);
    ws_leave(s);
    ws_hold(s, 0);
    ws.wake(s->owner);
}

/* Whoever does not read is not listened to: that bounds an echo to what was under way, inflated at
   worst, and keeps a member of the chat from drowning itself. */
static void ws_flow(ws_socket *s, int state)
{
    ws_hold(s, state == WS_WAITS);
    if (s->kind == WS_ECHO && s->out.queued > WS_ECHO_LIMIT + 2 * ws.max_message)
        ws_say_goodbye(s, WS_TRY_AGAIN_LATER, "read before you send more");
}

/* ---- the chat ---- */

/* One more message for a member. One who has left too much unread is asked to come again. */
static void ws_tell(ws_socket *s, ws_message *m)
{
    int state = WS_GONE;
    if (s->out.queued > WS_CHAT_LIMIT)
        ws_say_goodbye(s, WS_TRY_AGAIN_LATER, "too much is left unread");
    else if (ws_queue_add(&s->out, m) < 0)
        ws_say_goodbye(s, H2NEG_WS_INTERNAL_ERROR, "no memory");
    else
        state = ws_queue_push(&s->out, s->conn, s->stream);
    ws_flow(s, state);
    ws.wake(s->owner);
}

/* The first message says how the newcomer's own WebSocket came about. */
static void ws_greet(ws_socket *s, const h2neg_event *ev)
{
    char text[128];
    const char *via = ev->via == H2NEG_VIA_PRIOR ? "prior knowledge" : h2neg_via_name(ev->via);
    int len = snprintf(text, sizeof text, "* you joined over %s (%s), %lu here",
                       h2neg_protocol_name(ev->protocol), via, (unsigned long)ws.members);
    ws_message *m = ws_message_new(H2NEG_WS_TEXT, text, (size_t)len);
    if (m)
        ws_tell(s, m);
    ws_message_drop(m);
}

/* To everyone, the sender too, in one copy. No event is taken meanwhile, so the list stands. */
static void ws_broadcast(const h2neg_event *ev)
{
    ws_message *m = ws_message_new(ev->opcode, ev->data.ptr, ev->data.len);
    ws_socket *s;
    for (s = m ? ws.open[WS_CHAT] : NULL; s; s = s->next)
        ws_tell(s, m);
    ws_message_drop(m);
}

/* ---- events ---- */

static void ws_on_open(ws_socket *s, const h2neg_event *ev)
{
    ws_enter(s);
    if (s->kind == WS_CHAT)
        ws_greet(s, ev);
}

/* Messages still come behind our Close, until the peer's. */
static void ws_on_message(ws_socket *s, const h2neg_event *ev)
{
    if (!s->link)
        return;
    if (s->kind == WS_ECHO)
        ws_flow(s, ws_queue_send(&s->out, s->conn, s->stream, ev->opcode, ev->data));
    else if (ev->opcode == H2NEG_WS_TEXT)
        ws_broadcast(ev);
    else
        ws_say_goodbye(s, H2NEG_WS_UNSUPPORTED, "the chat takes text");
}

static void ws_on_event(ws_socket *s, const h2neg_event *ev)
{
    switch (ev->type) {
    case H2NEG_EV_OPEN: ws_on_open(s, ev); break;
    case H2NEG_EV_WS_MESSAGE: ws_on_message(s, ev); break;
    case H2NEG_EV_WRITABLE: ws_flow(s, ws_queue_push(&s->out, s->conn, s->stream)); break;
    case H2NEG_EV_WS_CLOSE: ws_leave(s); break;
    default: break;
    }
}

/* The server ends: every WebSocket is told. */
static void ws_go_away(void)
{
    ws_socket *s;
    int kind;
    for (kind = 0; kind < WS_KINDS; kind++)
        for (s = ws.open[kind]; s; s = s->next)
            ws_say_goodbye(s, H2NEG_WS_GOING_AWAY, "the server ends");
}

#endif
