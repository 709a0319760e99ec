/* net.h: one socket, TLS on it where that is spoken, and one h2neg connection above them. The
   server, the client and the demo share it. Non-blocking; it knows nothing of HTTP. Include h2neg.h
   first. */
#ifndef NET_H
#define NET_H

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__) && !defined(NET_NO_EPOLL) /* with it: as where there is none */
#include <sys/epoll.h>
#endif

#define NET_BUFFER 16384 /* octets of one read: what h2neg_feed takes at once */

/* What reading and writing say when no octet moved: try again later, the peer closed cleanly, or
   the transport broke. */
enum { NET_WAIT = 0, NET_END = -1, NET_BROKEN = -2 };

/* How often octets came in behind octets that went out: the round trips of a transport. Twice
   their number, and one more while octets went out since the last ones that came in. */
typedef unsigned net_turns;

static inline void net_turn(net_turns *t, int out)
{
    if (out)
        *t |= 1;
    else
        *t += *t & 1;
}

static inline int net_trips(net_turns t)
{
    return (int)(t / 2);
}

#include "tls.h"

/* A link. Zero it, then set fd, conn and, for TLS, ssl and handshaking. An idle connection holds
   one: where each flag was an int or a short it took 24 octets more. */
typedef struct net_link {
    h2neg_conn *conn; /* owned */
    SSL *ssl;         /* owned; NULL: cleartext */
    const char *why;  /* static: why TLS failed, or NULL */
    int fd;
    net_turns turns; /* of cleartext; TLS's are counted where tls_count_turns is asked to */
    short read_on;   /* what poll has to say before a read can go on; TLS may want to write first */
    short write_on;  /* the same for a write */
    unsigned handshaking : 1; /* TLS has not agreed yet */
    unsigned drained : 1;     /* the last read emptied the socket */
    unsigned unseen : 1;      /* TLS has taken octets from it that no read has given yet */
    unsigned half_closed : 1; /* our FIN is out */
    unsigned write_lost : 1;  /* writing failed; what the peer sent before is still read */
    unsigned read_ended : 1;  /* FIN, close_notify or a failure was read */
} net_link;

/* Where standard input, output or error is closed, the next socket would take its number, and be
   read and printed to. What is opened there can neither be read nor written. */
static inline void net_keep_standard(void)
{
    int fd;
    for (fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)!open("/dev/null", fd ? O_RDONLY : O_WRONLY);
}

static inline uint64_t net_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* poll's timeout for a deadline in milliseconds (H2NEG_NEVER: none). */
static inline int net_timeout(uint64_t deadline, uint64_t now)
{
    if (deadline == H2NEG_NEVER)
        return -1;
    if (deadline <= now)
        return 0;
    return deadline - now > 60000 ? 60000 : (int)(deadline - now);
}

static inline void net_start(net_link *l, int fd)
{
    memset(l, 0, sizeof *l);
    l->fd = fd;
    l->read_on = POLLIN;
    l->write_on = POLLOUT;
}

static inline void net_free(net_link *l)
{
    h2neg_conn_free(l->conn);
    tls_free(l->ssl);
    if (l->fd >= 0)
        close(l->fd);
    net_start(l, -1);
}

static inline ptrdiff_t net_read_tls(net_link *l, void *in, size_t room)
{
    ptrdiff_t n = tls_read(l->ssl, in, room, &l->read_on);
    l->unseen = n > 0 && tls_pending(l->ssl);
    l->drained = n > 0 && !l->unseen && tls_reads_ahead(l->ssl);
    return n;
}

/* > 0: octets; NET_WAIT, NET_END or NET_BROKEN. A short read has emptied the socket, so the next
   one may wait for poll. recv and send take 2 % less time than read and write, which have to find
   out that it is a socket. */
static inline ptrdiff_t net_read(net_link *l, void *in, size_t room)
{
    ssize_t n;
    if (l->ssl)
        return net_read_tls(l, in, room);
    n = recv(l->fd, in, room, 0);
    l->drained = n > 0 && (size_t)n < room;
    if (n > 0) {
        net_turn(&l->turns, 0);
        return n;
    }
    if (n == 0)
        return NET_END;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? NET_WAIT : NET_BROKEN;
}

static inline ptrdiff_t net_write(net_link *l, const void *out, size_t len)
{
    ssize_t n;
    if (l->ssl)
        return tls_write(l->ssl, out, len, &l->write_on);
    n = send(l->fd, out, len, 0);
    if (n >= 0) {
        net_turn(&l->turns, 1);
        return n;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? NET_WAIT : NET_BROKEN;
}

/* 1: until it is called with 0, what TLS writes record by record goes out together, where the
   system can: 1 MB files take 0.92 of the CPU time. */
static inline void net_cork(const net_link *l, int on)
{
#ifdef TCP_CORK
    setsockopt(l->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
#else
    (void)l, (void)on;
#endif
}

/* Writes what waits. 1: something moved. When writing fails the peer may still have said why, so
   reading goes on to its end, which the peer's sight of ours brings about. */
static inline int net_flush(net_link *l)
{
    const void *run;
    size_t len;
    int moved = 0, corked = 0;
    while (!l->write_lost && (len = h2neg_output(l->conn, &run)) != 0) {
        ptrdiff_t n;
        if (l->ssl && len > 16384 && !corked) /* RFC 8446 5.1: more than one record */
            net_cork(l, corked = 1);
        n = net_write(l, run, len);
        h2neg_output_done(l->conn, n > 0 ? (size_t)n : 0);
        if (n == NET_WAIT)
            break;
        moved = 1;
        l->write_lost = n < 0;
        if (n < 0)
            shutdown(l->fd, SHUT_WR);
    }
    if (corked)
        net_cork(l, 0);
    if (l->write_lost && !(h2neg_wants(l->conn) & H2NEG_WANT_READ))
        h2neg_lost(l->conn);
    return moved;
}

/* Reads once and feeds it. 1: something moved. Behind what was read stands a NUL where there is
   room, so that nobody takes what another connection left there for it. */
static inline int net_fill(net_link *l, void *in, size_t room)
{
    ptrdiff_t n;
    if (l->drained || l->read_ended || !(h2neg_wants(l->conn) & H2NEG_WANT_READ))
        return 0;
    n = net_read(l, in, room);
    if (n == NET_WAIT)
        return 0;
    l->read_ended = n < 0;
    if (n > 0 && (size_t)n < room)
        ((char *)in)[n] = '\0';
    if (n > 0)
        h2neg_feed(l->conn, in, (size_t)n);
    else if (n == NET_END && !l->write_lost)
        h2neg_eof(l->conn);
    else
        h2neg_lost(l->conn);
    return 1;
}

/* Once all output is out: close_notify and FIN. The other direction stays open until CLOSE, because
   closing with unread input takes the last answer away from the peer (RFC 9112 9.6). */
static inline void net_half_close(net_link *l)
{
    if (l->half_closed || !(h2neg_wants(l->conn) & H2NEG_WANT_HALF_CLOSE))
        return;
    if (l->ssl && tls_bye(l->ssl, &l->write_on) == NET_WAIT)
        return;
    shutdown(l->fd, SHUT_WR);
    l->half_closed = 1;
}

/* A step of the TLS handshake; when it is over the connection is told what ALPN agreed on. 1: over,
   well or badly. */
static inline int net_handshake(net_link *l)
{
    h2neg_str agreed;
    int step = tls_handshake(l->ssl, &l->read_on);
    if (step == NET_WAIT)
        return 0;
    l->handshaking = 0;
    l->read_on = POLLIN;
    if (step < 0) {
        l->why = tls_why(l->ssl);
        h2neg_lost(l->conn);
        return 1;
    }
    agreed = tls_agreed(l->ssl);
    h2neg_tls_agreed(l->conn, agreed.ptr, agreed.len);
    return 1;
}

/* Moves octets both ways, one read at most. 1: something moved, so there may be events; take them
   all before the next call. */
static inline int net_move(net_link *l, void *in, size_t room)
{
    int moved;
    if (l->handshaking)
        return net_handshake(l);
    moved = net_flush(l);
    net_half_close(l);
    return net_fill(l, in, room) || moved;
}

/* What poll said: a broken socket that nobody reads from would be told again and again. */
static inline void net_polled(net_link *l, short revents)
{
    l->drained = 0;
    if ((revents & (POLLERR | POLLHUP | POLLNVAL)) && !l->handshaking &&
        (l->read_ended || !(h2neg_wants(l->conn) & H2NEG_WANT_READ)))
        h2neg_lost(l->conn);
}

/* 1: there is something to read that poll cannot see. */
static inline int net_unseen(const net_link *l)
{
    return l->unseen && !l->read_ended && (h2neg_wants(l->conn) & H2NEG_WANT_READ);
}

/* What to poll for. */
static inline short net_events(const net_link *l)
{
    unsigned wants = h2neg_wants(l->conn);
    int out = !l->write_lost && (wants & H2NEG_WANT_WRITE);
    short events = 0;
    if (l->handshaking)
        return l->read_on;
    if (!l->read_ended && (wants & H2NEG_WANT_READ))
        events = l->read_on;
    if (out || (!l->half_closed && (wants & H2NEG_WANT_HALF_CLOSE)))
        events = (short)(events | l->write_on);
    return events;
}

/* ---- a set of sockets that one descriptor stands for ----

   poll looks at each descriptor that it is given, so idle connections make each turn of a busy one
   dear. On Linux they can be given to epoll once, and poll has to look at epoll's descriptor alone.
   Elsewhere there is no set (-1), and poll is given all of them. */

enum { NET_AT_ONCE = 64 };

#if defined(__linux__) && !defined(NET_NO_EPOLL)

static inline int net_set_new(void)
{
    return epoll_create1(EPOLL_CLOEXEC);
}

static inline int net_set_do(int set, int what, int fd, short events, void *user)
{
    struct epoll_event ev;
    ev.events = (uint32_t)events; /* poll's bits and epoll's are the same ones */
    ev.data.ptr = user;
    return epoll_ctl(set, what, fd, &ev);
}

/* 0, or -1. A socket leaves the set when it is closed. */
static inline int net_set_add(int set, int fd, short events, void *user)
{
    return net_set_do(set, EPOLL_CTL_ADD, fd, events, user);
}

static inline void net_set_change(int set, int fd, short events, void *user)
{
    net_set_do(set, EPOLL_CTL_MOD, fd, events, user);
}

/* Those that are ready now: how many, and poll's `revents` of each. */
static inline int net_set_ready(int set, void *users[NET_AT_ONCE], short revents[NET_AT_ONCE])
{
    struct epoll_event ready[NET_AT_ONCE];
    int i, n = epoll_wait(set, ready, NET_AT_ONCE, 0);
    for (i = 0; i < n; i++) {
        users[i] = ready[i].data.ptr;
        revents[i] = (short)ready[i].events;
    }
    return n;
}

#else

static inline int net_set_new(void)
{
    return -1;
}

static inline int net_set_add(int set, int fd, short events, void *user)
{
    (void)set, (void)fd, (void)events, (void)user;
    return -1;
}

static inline void net_set_change(int set, int fd, short events, void *user)
{
    (void)set, (void)fd, (void)events, (void)user;
}

static inline int net_set_ready(int set, void *users[NET_AT_ONCE], short revents[NET_AT_ONCE])
{
    (void)set, (void)users, (void)revents;
    return 0;
}

#endif

typedef union net_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} net_address;

static inline void net_print_address(const net_address *a)
{
    int v6 = a->any.sa_family == AF_INET6;
    char host[INET6_ADDRSTRLEN] = "?", port[8] = "?";
    getnameinfo(&a->any, v6 ? sizeof a->v6 : sizeof a->v4, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    printf(v6 ? "[%s]:%s" : "%s:%s", host, port);
}

static inline int net_nonblocking(int fd)
{
    int on = 1, flags = fcntl(fd, F_GETFL);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) || fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static inline int net_resolve(const char *host, const char *port, int flags, struct addrinfo **list)
{
    struct addrinfo hints;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    return getaddrinfo(host, port, &hints, list);
}

/* A listening socket, non-blocking; -1 and a sentence's end in `*why`. */
static inline int net_listen(const char *address, const char *port, const char **why)
{
    struct addrinfo *list;
    int on = 1, fd, failed = net_resolve(address, port, AI_PASSIVE | AI_NUMERICSERV, &list);
    if (failed) {
        *why = gai_strerror(failed);
        return -1;
    }
    fd = socket(list->ai_family, SOCK_STREAM, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd >= 0 && (bind(fd, list->ai_addr, list->ai_addrlen) || listen(fd, SOMAXCONN) ||
                    net_nonblocking(fd))) {
        *why = strerror(errno);
        close(fd);
        fd = -1;
    } else if (fd < 0) {
        *why = strerror(errno);
    }
    freeaddrinfo(list);
    return fd;
}

/* Waits for the end of a connect, which a signal does not end. 0, or an errno. */
static inline int net_connected(int fd, uint64_t deadline)
{
    struct pollfd p;
    int n, error = 0;
    socklen_t size = sizeof error;
    p.fd = fd;
    p.events = POLLOUT;
    do
        n = poll(&p, 1, net_timeout(deadline, net_now()));
    while (n < 0 && errno == EINTR);
    if (n < 1)
        return n < 0 ? errno : ETIMEDOUT;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) ? errno : error;
}

/* One address, within `limit` milliseconds: a connected, non-blocking socket, or -1 and errno. */
static inline int net_connect_one(const struct addrinfo *to, int limit)
{
    int error, fd = socket(to->ai_family, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    error = net_nonblocking(fd) || connect(fd, to->ai_addr, to->ai_addrlen) ? errno : 0;
    if (error == EINPROGRESS || error == EINTR)
        error = net_connected(fd, net_now() + (uint64_t)limit);
    if (error == 0)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

/* The first address of a host that answers; -1 and a sentence's end in `*why`. */
static inline int net_connect(const char *host, const char *port, const char **why)
{
    struct addrinfo *list, *to;
    int fd = -1, failed = net_resolve(host, port, AI_NUMERICSERV, &list);
    if (failed) {
        *why = gai_strerror(failed);
        return -1;
    }
    for (to = list; to && fd < 0; to = to->ai_next)
        fd = net_connect_one(to, 10000);
    if (fd < 0)
        *why = strerror(errno);
    freeaddrinfo(list);
    return fd;
}

#endif
