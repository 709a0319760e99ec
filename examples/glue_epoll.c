/* A server on epoll that sends a large file beside small answers, on the same HTTP/2 connection,
   and holds no more of the file than a connection may owe (config.max_output_pending).

   cc -O2 -I. examples/glue_epoll.c -o glue_epoll && ./glue_epoll 8080 FILE
   nghttp -nv http://localhost:8080/file http://localhost:8080/     (from nghttp2-client)
   Copy: push(), which sends a body of any size as the peer takes it; turn(), all that a connection
   needs when something happened. (net.h is here for a listening socket and a clock.) */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "net.h"
#include <sys/epoll.h>

enum { MOST = 1024, PIECE = 16384 };
static h2neg_conn *conns[MOST]; /* by file descriptor */
static int file, loop;
static off_t size;    /* of the file */
static uint64_t walk; /* when the timers are looked at next */

/* Sends from *at on until the connection takes no more: that offset is all that is kept of an
   answer under way. WRITABLE comes when there is room again. */
static void push(h2neg_conn *c, uint32_t stream, off_t *at)
{
    static char piece[PIECE]; /* h2neg_send copies what it takes; the rest is read again */
    ptrdiff_t taken = PIECE;
    for (; *at < size && taken == PIECE; *at += taken > 0 ? taken : 0) {
        size_t want = size - *at < PIECE ? (size_t)(size - *at) : PIECE;
        ssize_t got = pread(file, piece, want, *at);
        unsigned more = *at + got < size ? H2NEG_MORE : 0;
        if (got <= 0) /* the file has shrunk, and its length is promised */
            h2neg_reset(c, stream, H2NEG_INTERNAL_ERROR);
        taken = got > 0 ? h2neg_send(c, stream, piece, (size_t)got, more) : 0;
    }
}

static void start_download(h2neg_conn *c, const h2neg_event *ev)
{
    unsigned more = h2neg_is(ev->method, "HEAD") || size == 0 ? 0 : H2NEG_MORE;
    char length[24];
    h2neg_field field;
    h2neg_message m = {.status = 200, .fields = &field, .field_count = 1};
    off_t *at = (off_t *)calloc(1, sizeof *at);
    if (!at || h2neg_set_user(c, ev->stream, at)) {
        free(at);
        h2neg_reset(c, ev->stream, H2NEG_INTERNAL_ERROR);
        return;
    }
    snprintf(length, sizeof length, "%lld", (long long)size);
    field = h2neg_f("content-length", length);
    h2neg_respond(c, ev->stream, &m, more);
    if (more)
        push(c, ev->stream, at);
}

static void take_events(h2neg_conn *c)
{
    h2neg_event ev;
    while (h2neg_next(c, &ev)) {
        if (ev.type == H2NEG_EV_REQUEST && h2neg_is(ev.path, "/file"))
            start_download(c, &ev);
        else if (ev.type == H2NEG_EV_REQUEST &&
                 h2neg_reply(c, ev.stream, 200, "text/plain", "small\n", 6) < 0)
            h2neg_reset(c, ev.stream, H2NEG_CANCEL); /* CONNECT: a tunnel is no answer of ours */
        if (ev.type == H2NEG_EV_WRITABLE && ev.user)
            push(c, ev.stream, (off_t *)ev.user);
        if (ev.type == H2NEG_EV_DONE) /* the last of a stream, however it ended */
            free(ev.user);
    }
}

static void fill(h2neg_conn *c, int fd)
{
    static char in[16384]; /* one for all: it is lent until h2neg_next answers 0 */
    ssize_t n = read(fd, in, sizeof in);
    if (n > 0)
        h2neg_feed(c, in, (size_t)n);
    else if (n == 0)
        h2neg_eof(c);
    else if (errno != EAGAIN && errno != EINTR)
        h2neg_lost(c);
}

static int flush(h2neg_conn *c, int fd)
{
    const void *run;
    size_t len = h2neg_output(c, &run);
    ssize_t n = len ? send(fd, run, len, MSG_NOSIGNAL) : 0;
    int lost = n < 0 && errno != EAGAIN && errno != EINTR;
    h2neg_output_done(c, n > 0 ? (size_t)n : 0);
    if (lost)
        h2neg_lost(c);
    if (h2neg_wants(c) & H2NEG_WANT_HALF_CLOSE)
        shutdown(fd, SHUT_WR);
    return n > 0 || lost; /* something moved, so there may be events */
}

static void watch(int fd, int how, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.fd = fd};
    epoll_ctl(loop, how, fd, &e);
}

/* Something happened to a connection: epoll said what, or (0) time has passed. */
static void turn(int fd, uint32_t ready)
{
    h2neg_conn *c = conns[fd];
    unsigned wants = h2neg_wants(c), rounds = 16; /* a fast peer does not keep others waiting */
    h2neg_tick(c, net_now());
    if ((ready & ~(uint32_t)EPOLLOUT) && (wants & H2NEG_WANT_READ))
        fill(c, fd);
    else if (ready & (EPOLLERR | EPOLLHUP)) /* epoll would say it for ever */
        h2neg_lost(c);
    take_events(c);
    while (rounds-- && flush(c, fd))
        take_events(c);
    wants = h2neg_wants(c);
    if (wants & H2NEG_WANT_CLOSE) {
        h2neg_conn_free(c);
        conns[fd] = NULL;
        close(fd);
        return;
    }
    watch(fd, EPOLL_CTL_MOD,
          (wants & H2NEG_WANT_READ ? EPOLLIN : 0u) | (wants & H2NEG_WANT_WRITE ? EPOLLOUT : 0u));
}

static void accept_all(int listener)
{
    h2neg_config config = {.protocols = H2NEG_HTTP1 | H2NEG_PRIOR};
    int fd;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        if (fd >= MOST || net_nonblocking(fd) || !(conns[fd] = h2neg_conn_new(&config)))
            close(fd);
        else
            watch(fd, EPOLL_CTL_ADD, EPOLLIN);
    }
}

int main(int argc, char **argv)
{
    const char *why = "usage: glue_epoll PORT FILE";
    int listener = argc == 3 ? net_listen("127.0.0.1", argv[1], &why) : -1;
    if (listener < 0 || (file = open(argv[2], O_RDONLY)) < 0 ||
        (size = lseek(file, 0, SEEK_END)) < 0 || (loop = epoll_create1(0)) < 0)
        return fprintf(stderr, "glue_epoll: %s.\n", listener < 0 ? why : strerror(errno)), 2;
    watch(listener, EPOLL_CTL_ADD, EPOLLIN | EPOLLET); /* without files left it does not spin */
    for (;; accept_all(listener)) {
        struct epoll_event ready[64];
        int i, n = epoll_wait(loop, ready, 64, 1000);
        for (i = 0; i < n; i++)
            if (ready[i].data.fd != listener)
                turn(ready[i].data.fd, ready[i].events);
        if (net_now() < walk)
            continue;
        walk = net_now() + 1000;
        for (i = 0; i < MOST; i++)
            if (conns[i])
                turn(i, 0);
    }
}
