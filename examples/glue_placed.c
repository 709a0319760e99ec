/* A server without malloc: four connections, each inside a static block, with the config of the
   smallest useful server that the manual of h2neg.h names. A fifth client waits in the listener's
   queue.

   cc -O2 -I. examples/glue_placed.c -o glue_placed && ./glue_placed 8080
   curl --http2-prior-knowledge http://localhost:8080/

   Copy the two macros, `small`, and the look at h2neg_memory_bound in main(). */
#define H2NEG_REALLOC(old, size) ((void)(old), (void)(size), NULL) /* never called */
#define H2NEG_FREE(old) ((void)(old))
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 4, BLOCK = 55296, INPUT = 1024 };

static const h2neg_config small = {.protocols = H2NEG_HTTP1 | H2NEG_PRIOR,
                                   .max_input = INPUT,
                                   .max_output_pending = 8192,
                                   .max_header_list = 2048,
                                   .max_request_line = 1024,
                                   .max_field_line = 1024,
                                   .max_header_fields = 32,
                                   .max_cookie_crumbs = 8,
                                   .max_concurrent_streams = 7,
                                   .max_queued = 1024,
                                   .idle_timeout = 10000};

typedef struct place {
    int fd; /* -1: free */
    h2neg_conn *conn;
    union { /* aligned as malloc's would be */
        long double aligned;
        void *pointer;
        unsigned char octets[BLOCK];
    } block;
} place;
static place places[CONNECTIONS];

static int fail(const char *sentence)
{
    return write(STDERR_FILENO, sentence, strlen(sentence)) < 0 ? 1 : 2; /* stdio may allocate */
}

static uint64_t milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void take_events(h2neg_conn *c)
{
    static const char body[] = "no malloc here\n";
    h2neg_event ev;
    while (h2neg_next(c, &ev))
        if (ev.type == H2NEG_EV_REQUEST &&
            h2neg_reply(c, ev.stream, 200, "text/plain", body, sizeof body - 1) < 0)
            h2neg_reset(c, ev.stream, H2NEG_CANCEL); /* CONNECT asks for a tunnel: not here */
}

static int broken(ssize_t n)
{
    return n < 0 && errno != EAGAIN && errno != EINTR;
}

static void fill(place *p)
{
    static unsigned char in[INPUT]; /* one for all: it is lent until h2neg_next answers 0 */
    ssize_t n = read(p->fd, in, sizeof in);
    if (n > 0)
        h2neg_feed(p->conn, in, (size_t)n);
    else if (n == 0)
        h2neg_eof(p->conn);
    else if (broken(n))
        h2neg_lost(p->conn);
}

static void flush(place *p)
{
    const void *run;
    size_t len = h2neg_output(p->conn, &run);
    ssize_t n = len ? send(p->fd, run, len, MSG_NOSIGNAL) : 0;
    h2neg_output_done(p->conn, n > 0 ? (size_t)n : 0);
    if (broken(n))
        h2neg_lost(p->conn);
    if (h2neg_wants(p->conn) & H2NEG_WANT_HALF_CLOSE)
        shutdown(p->fd, SHUT_WR);
}

static void turn(place *p, short ready)
{
    h2neg_tick(p->conn, milliseconds());
    if (ready && (h2neg_wants(p->conn) & H2NEG_WANT_READ))
        fill(p);
    else if (ready & (POLLERR | POLLHUP))
        h2neg_lost(p->conn);
    take_events(p->conn);
    flush(p);
    take_events(p->conn);
    if (!(h2neg_wants(p->conn) & H2NEG_WANT_CLOSE))
        return;
    close(p->fd);
    p->fd = -1; /* the block is free for the next one: nothing else has to be given back */
}

static void start(place *p, int listener)
{
    p->fd = accept(listener, NULL, NULL);
    if (p->fd >= 0 && fcntl(p->fd, F_SETFL, O_NONBLOCK) == 0)
        p->conn = h2neg_conn_place(p->block.octets, sizeof p->block, &small);
}

static int listen_on(const char *digits)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    unsigned port = 0;
    while (*digits >= '0' && *digits <= '9')
        port = port * 10 + (unsigned)(*digits++ - '0');
    at.sin_port = htons((uint16_t)port);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 16) ? -1 : fd;
}

int main(int argc, char **argv)
{
    struct pollfd fds[CONNECTIONS + 1];
    int i, listener = listen_on(argc > 1 ? argv[1] : "8080");
    if (listener < 0)
        return fail("glue_placed: give it a free port.\n");
    if (h2neg_memory_bound(&small) > BLOCK)
        return fail("glue_placed: BLOCK is too small for this config.\n");
    for (i = 0; i < CONNECTIONS; i++)
        places[i].fd = -1;
    for (;;) {
        place *empty = NULL;
        for (i = 0; i < CONNECTIONS; i++) {
            unsigned wants = h2neg_wants(places[i].conn);
            int events =
                (wants & H2NEG_WANT_READ ? POLLIN : 0) | (wants & H2NEG_WANT_WRITE ? POLLOUT : 0);
            fds[i] = (struct pollfd){places[i].fd, (short)events, 0}; /* poll passes over -1 */
            empty = places[i].fd < 0 ? &places[i] : empty;
        }
        fds[CONNECTIONS] = (struct pollfd){empty ? listener : -1, POLLIN, 0};
        poll(fds, CONNECTIONS + 1, 1000);
        if (fds[CONNECTIONS].revents)
            start(empty, listener);
        for (i = 0; i < CONNECTIONS; i++)
            if (places[i].fd >= 0)
                turn(&places[i], fds[i].revents);
    }
}
