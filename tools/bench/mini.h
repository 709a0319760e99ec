/* mini.h: the least that a server on epoll can do, for the peers that bench-server builds itself:
   one thread, one listener, cleartext or TLS. A protocol is the four functions that stand first.

   `program PORT [CERT KEY ALPN]` listens on 127.0.0.1 and ends by a signal. */
#ifndef MINI_H
#define MINI_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MINI_IN = 16384, MINI_OUT = 65536 };

typedef struct mini_link {
    int fd;
    SSL *ssl;
    void *state;
    unsigned char *left; /* what the socket did not take; nothing is read until it has */
    size_t left_len;
    int shaking, asked_out;
} mini_link;

static void *speak_new(mini_link *l);
static int speak_read(mini_link *l, const unsigned char *in, size_t len); /* < 0: close */
static size_t speak_write(mini_link *l, unsigned char *out, size_t room); /* 0: nothing now */
static void speak_free(void *state);

static int mini_epoll, mini_listener;
static SSL_CTX *mini_tls;
static const char *mini_alpn;

static void mini_must(int holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    exit(1);
}

static void mini_close(mini_link *l)
{
    if (l->state)
        speak_free(l->state);
    SSL_free(l->ssl);
    close(l->fd);
    free(l->left);
    free(l);
}

static void mini_want(mini_link *l, int out)
{
    struct epoll_event ev;
    if (l->asked_out == out)
        return;
    l->asked_out = out;
    ev.events = out ? EPOLLOUT : EPOLLIN;
    ev.data.ptr = l;
    epoll_ctl(mini_epoll, EPOLL_CTL_MOD, l->fd, &ev);
}

/* Octets, 0: not now, < 0: it is over. */
static ssize_t mini_result(mini_link *l, ssize_t n)
{
    if (n > 0)
        return n;
    if (l->ssl) {
        int error = SSL_get_error(l->ssl, (int)n);
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static ssize_t mini_send(mini_link *l, const unsigned char *p, size_t n)
{
    return mini_result(l, l->ssl ? SSL_write(l->ssl, p, (int)n) : send(l->fd, p, n, MSG_NOSIGNAL));
}

/* Writes all there is to write, or keeps what does not go. */
static int mini_flush(mini_link *l)
{
    static unsigned char out[MINI_OUT];
    size_t len, at;
    ssize_t n;
    while (l->left_len) {
        n = mini_send(l, l->left, l->left_len);
        if (n <= 0)
            return (int)n;
        l->left_len -= (size_t)n;
        memmove(l->left, l->left + n, l->left_len);
    }
    mini_want(l, 0);
    while ((len = speak_write(l, out, sizeof out)) != 0)
        for (at = 0; at < len; at += (size_t)n) {
            n = mini_send(l, out + at, len - at);
            if (n < 0)
                return -1;
            if (n == 0) {
                l->left = realloc(l->left, MINI_OUT);
                mini_must(l->left != NULL, "memory");
                l->left_len = len - at;
                memcpy(l->left, out + at, l->left_len);
                mini_want(l, 1);
                return 0;
            }
        }
    free(l->left);
    l->left = NULL;
    return 0;
}

static int mini_read(mini_link *l)
{
    static unsigned char in[MINI_IN];
    ssize_t n;
    do {
        n = mini_result(l,
                        l->ssl ? SSL_read(l->ssl, in, sizeof in) : recv(l->fd, in, sizeof in, 0));
        if (n < 0 || (n > 0 && speak_read(l, in, (size_t)n) < 0) || mini_flush(l) < 0)
            return -1;
    } while (l->ssl && SSL_pending(l->ssl) && !l->left_len);
    return 0;
}

static int mini_turn(mini_link *l)
{
    if (l->shaking) {
        int n = SSL_accept(l->ssl);
        if (n <= 0)
            return (int)mini_result(l, n);
        l->shaking = 0;
    }
    if (!l->state) {
        l->state = speak_new(l);
        if (mini_flush(l) < 0)
            return -1;
    }
    if (l->left_len && mini_flush(l) < 0)
        return -1;
    if (l->left_len)
        return 0;
    return mini_read(l); /* also behind a flush: TLS may hold octets that no event tells of */
}

static void mini_accept(void)
{
    struct epoll_event ev;
    mini_link *l;
    int one = 1, fd = accept4(mini_listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    l = calloc(1, sizeof *l);
    mini_must(l != NULL, "memory");
    l->fd = fd;
    if (mini_tls) {
        l->ssl = SSL_new(mini_tls);
        mini_must(l->ssl != NULL, "TLS");
        SSL_set_fd(l->ssl, fd);
        l->shaking = 1;
    }
    ev.events = EPOLLIN;
    ev.data.ptr = l;
    epoll_ctl(mini_epoll, EPOLL_CTL_ADD, fd, &ev);
}

static int mini_select(SSL *ssl, const unsigned char **out, unsigned char *len,
                       const unsigned char *in, unsigned in_len, void *user)
{
    unsigned char *chosen;
    size_t n = strlen(mini_alpn);
    unsigned char ours[64];
    (void)ssl, (void)user;
    ours[0] = (unsigned char)n;
    memcpy(ours + 1, mini_alpn, n);
    if (SSL_select_next_proto(&chosen, len, ours, (unsigned)n + 1, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static void mini_start(int argc, char **argv)
{
    struct sockaddr_in at;
    struct epoll_event ev;
    int one = 1;
    if (argc == 5) {
        mini_tls = SSL_CTX_new(TLS_server_method());
        mini_must(mini_tls && SSL_CTX_use_certificate_chain_file(mini_tls, argv[2]) == 1 &&
                      SSL_CTX_use_PrivateKey_file(mini_tls, argv[3], SSL_FILETYPE_PEM) == 1,
                  "the certificate");
        SSL_CTX_set_mode(mini_tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS |
                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        mini_alpn = argv[4];
        SSL_CTX_set_alpn_select_cb(mini_tls, mini_select, NULL);
    }
    mini_listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(mini_listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    memset(&at, 0, sizeof at);
    at.sin_family = AF_INET;
    at.sin_port = htons((uint16_t)atoi(argv[1]));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    mini_must(bind(mini_listener, (struct sockaddr *)&at, sizeof at) == 0 &&
                  listen(mini_listener, 4096) == 0,
              "listen");
    mini_epoll = epoll_create1(0);
    ev.events = EPOLLIN;
    ev.data.ptr = NULL;
    epoll_ctl(mini_epoll, EPOLL_CTL_ADD, mini_listener, &ev);
}

int main(int argc, char **argv)
{
    struct epoll_event events[256];
    if (argc != 2 && argc != 5) {
        fprintf(stderr, "usage: %s PORT [CERT KEY ALPN]\n", argv[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* SSL_write has no MSG_NOSIGNAL */
    mini_start(argc, argv);
    for (;;) {
        int i, n = epoll_wait(mini_epoll, events, 256, -1);
        for (i = 0; i < n; i++) {
            mini_link *l = events[i].data.ptr;
            if (!l)
                mini_accept();
            else if (mini_turn(l) < 0)
                mini_close(l);
        }
    }
}

#endif
