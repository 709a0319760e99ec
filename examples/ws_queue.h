/* ws_queue.h: what waits to be sent on one WebSocket, in order. h2neg_ws_send takes what fits; the
   rest stands here until WRITABLE. Server and client share it. Include h2neg.h first. */
#ifndef WS_QUEUE_H
#define WS_QUEUE_H

#include <stdlib.h>
#include <string.h>

/* A message, shared by all the queues that it stands in. */
typedef struct ws_message {
    size_t references, len;
    int opcode;
    char octets[];
} ws_message;

typedef struct ws_item {
    ws_message *message;
    struct ws_item *next;
} ws_item;

typedef struct ws_queue {
    ws_item *first, *last;
    size_t at;     /* octets of the first one that are sent */
    size_t queued; /* octets that wait, and WS_ITEM_COST for each message */
} ws_queue;

#define WS_ITEM_COST 64 /* so that a bound on `queued` holds for empty messages too */

/* What became of a queue: all is sent, some of it waits for WRITABLE, or nothing can be sent any
   more and the queue is empty for that reason. */
enum { WS_SENT = 0, WS_WAITS = 1, WS_GONE = -1 };

static inline ws_message *ws_message_new(int opcode, const char *octets, size_t len)
{
    ws_message *m = (ws_message *)malloc(sizeof *m + len);
    if (!m)
        return NULL;
    m->references = 1;
    m->len = len;
    m->opcode = opcode;
    if (len)
        memcpy(m->octets, octets, len);
    return m;
}

static inline void ws_message_drop(ws_message *m)
{
    if (m && --m->references == 0)
        free(m);
}

static inline void ws_queue_pop(ws_queue *q)
{
    ws_item *i = q->first;
    q->queued -= i->message->len - q->at + WS_ITEM_COST;
    q->at = 0;
    q->first = i->next;
    if (!q->first)
        q->last = NULL;
    ws_message_drop(i->message);
    free(i);
}

static inline void ws_queue_clear(ws_queue *q)
{
    while (q->first)
        ws_queue_pop(q);
}

/* Puts a message behind the others and keeps a reference to it. 0, or -1: no memory. */
static inline int ws_queue_add(ws_queue *q, ws_message *m)
{
    ws_item *i = m ? (ws_item *)malloc(sizeof *i) : NULL;
    if (!i)
        return -1;
    i->message = m;
    i->next = NULL;
    m->references++;
    q->queued += m->len + WS_ITEM_COST;
    if (q->last)
        q->last->next = i;
    else
        q->first = i;
    q->last = i;
    return 0;
}

/* Sends as much as can be sent now. */
static inline int ws_queue_push(ws_queue *q, h2neg_conn *c, uint32_t stream)
{
    while (q->first) {
        const ws_message *m = q->first->message;
        size_t left = m->len - q->at;
        ptrdiff_t n = h2neg_ws_send(c, stream, m->opcode, m->octets + q->at, left, 0);
        if (n == H2NEG_ERR_AGAIN)
            return WS_WAITS;
        if (n < 0) {
            ws_queue_clear(q);
            return WS_GONE;
        }
        q->at += (size_t)n;
        q->queued -= (size_t)n;
        if ((size_t)n < left)
            return WS_WAITS;
        ws_queue_pop(q);
    }
    return WS_SENT;
}

/* Sends a message, or what there is room for, and copies the rest only. */
static inline int ws_queue_send(ws_queue *q, h2neg_conn *c, uint32_t stream, int opcode,
                                h2neg_str data)
{
    ptrdiff_t n = q->first ? 0 : h2neg_ws_send(c, stream, opcode, data.ptr, data.len, 0);
    size_t sent = n > 0 ? (size_t)n : 0;
    ws_message *rest;
    int failed;
    if (n < 0 && n != H2NEG_ERR_AGAIN)
        return WS_GONE;
    if (!q->first && n >= 0 && sent == data.len)
        return WS_SENT;
    rest = ws_message_new(opcode, data.ptr + sent, data.len - sent);
    failed = ws_queue_add(q, rest);
    ws_message_drop(rest);
    if (failed)
        h2neg_ws_close(c, stream, H2NEG_WS_INTERNAL_ERROR, "no memory");
    return failed ? WS_GONE : WS_WAITS;
}

#endif
