/* A server on libuv: small answers over HTTP/1.1 and HTTP/2, a WebSocket echo over both, and every
   timeout of the connection kept by one uv_timer_t (here: five silent seconds end a connection).

   cc -O2 -I. examples/glue_libuv.c -luv -o glue_libuv && ./glue_libuv 8080
   curl --http2-prior-knowledge http://localhost:8080/

   Copy what stands below "the glue". It is short because a run that h2neg_output has shown stays
   where it is until h2neg_output_done, as uv_write wants it. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

static void on_event(h2neg_conn *c, const h2neg_event *ev)
{
    if (ev->type == H2NEG_EV_REQUEST && ev->websocket)
        h2neg_accept(c, ev->stream, NULL, NULL, 0);
    else if (ev->type == H2NEG_EV_REQUEST &&
             h2neg_reply(c, ev->stream, 200, "text/plain", "hello from libuv\n", 17) < 0)
        h2neg_reset(c, ev->stream, H2NEG_CANCEL); /* CONNECT asks for a tunnel: not here */
    if (ev->type == H2NEG_EV_WS_MESSAGE &&
        h2neg_ws_send(c, ev->stream, ev->opcode, ev->data.ptr, ev->data.len, 0) < (int)ev->data.len)
        h2neg_ws_close(c, ev->stream, 1013, "try again"); /* it sends more than it reads */
}

/* ---- the glue ----------------------------------------------------------------------- */

typedef struct peer {
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_write_t write;
    uv_shutdown_t shutdown;
    h2neg_conn *conn;
    size_t writing; /* octets of the write under way */
    int half_closed, closing;
} peer;

static void turn(peer *p);

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    static char in[16384]; /* one for all: Unix reads at once. On Windows give each peer its own. */
    (void)handle, (void)suggested;
    *buf = uv_buf_init(in, sizeof in);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    peer *p = (peer *)stream->data;
    if (n > 0)
        h2neg_feed(p->conn, buf->base, (size_t)n);
    else if (n < 0)
        (n == UV_EOF ? h2neg_eof : h2neg_lost)(p->conn);
    turn(p);
}

static void on_written(uv_write_t *write, int status)
{
    peer *p = (peer *)write->handle->data;
    h2neg_output_done(p->conn, status == 0 ? p->writing : 0);
    p->writing = 0;
    if (status != 0)
        h2neg_lost(p->conn);
    turn(p);
}

/* Begins a write where none is under way. 1: that failed, and there are events of it. */
static int begin_write(peer *p)
{
    const void *run;
    uv_buf_t buf = uv_buf_init(NULL, 0);
    if (p->writing || (p->writing = h2neg_output(p->conn, &run)) == 0)
        return 0;
    buf.base = (char *)(uintptr_t)run; /* libuv's buffers are not const; it only reads them */
    buf.len = p->writing;
    if (uv_write(&p->write, (uv_stream_t *)&p->tcp, &buf, 1, on_written) == 0)
        return 0;
    p->writing = 0;
    h2neg_lost(p->conn);
    return 1;
}

static void on_time(uv_timer_t *timer)
{
    turn((peer *)timer->data);
}

/* Two handles, one block of memory: freed behind the second. */
static void on_tcp_closed(uv_handle_t *handle)
{
    peer *p = (peer *)handle->data;
    h2neg_conn_free(p->conn);
    free(p);
}

static void on_timer_closed(uv_handle_t *handle)
{
    uv_close((uv_handle_t *)&((peer *)handle->data)->tcp, on_tcp_closed);
}

static void follow(peer *p)
{
    unsigned wants = h2neg_wants(p->conn);
    uint64_t now = uv_now(p->tcp.loop), next = h2neg_tick(p->conn, now);
    if (wants & H2NEG_WANT_READ)
        uv_read_start((uv_stream_t *)&p->tcp, on_alloc, on_read); /* again is no harm */
    else
        uv_read_stop((uv_stream_t *)&p->tcp);
    if (wants & H2NEG_WANT_HALF_CLOSE && !p->half_closed)
        p->half_closed = uv_shutdown(&p->shutdown, (uv_stream_t *)&p->tcp, NULL) == 0;
    uv_timer_start(&p->timer, on_time, next > now ? next - now : 0, 0); /* NEVER is far off */
    if ((p->closing = (wants & H2NEG_WANT_CLOSE) != 0))
        uv_close((uv_handle_t *)&p->timer, on_timer_closed);
}

/* Something happened: octets came or went, or time has passed. */
static void turn(peer *p)
{
    h2neg_event ev;
    if (p->closing)
        return;
    h2neg_tick(p->conn, uv_now(p->tcp.loop));
    do
        while (h2neg_next(p->conn, &ev))
            on_event(p->conn, &ev);
    while (begin_write(p));
    follow(p);
}

static void on_connection(uv_stream_t *listener, int status)
{
    h2neg_config config = {.idle_timeout = 5000, .max_message = 32768};
    peer *p = status == 0 ? (peer *)calloc(1, sizeof *p) : NULL;
    if (!p)
        return;
    uv_tcp_init(listener->loop, &p->tcp);
    uv_timer_init(listener->loop, &p->timer);
    p->tcp.data = p->timer.data = p;
    p->conn = h2neg_conn_new(&config); /* without memory NULL, which wants CLOSE at once */
    if (uv_accept(listener, (uv_stream_t *)&p->tcp) != 0)
        h2neg_lost(p->conn);
    turn(p);
}

int main(int argc, char **argv)
{
    struct sockaddr_in at;
    uv_tcp_t listener;
    int failed;
    signal(SIGPIPE, SIG_IGN);
    uv_ip4_addr("127.0.0.1", argc > 1 ? atoi(argv[1]) : 8080, &at);
    uv_tcp_init(uv_default_loop(), &listener);
    if ((failed = uv_tcp_bind(&listener, (struct sockaddr *)&at, 0)) != 0 ||
        (failed = uv_listen((uv_stream_t *)&listener, 128, on_connection)) != 0)
        return fprintf(stderr, "glue_libuv: %s.\n", uv_strerror(failed)), 2;
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
