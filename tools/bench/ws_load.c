/* ws_load.c: echoes in a time. `ws_load PORT CONNECTIONS TOGETHER OCTETS MILLISECONDS`: each
   connection opens a WebSocket on 127.0.0.1, keeps TOGETHER messages of so many octets (up to 125)
   under way, and what comes back is counted. Prints how many, and how long it took in seconds. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 4096, FRAME = 6 + 125 };

static size_t octets;      /* of a message */
static char frames[65536]; /* masked messages, one behind the other */
static size_t together;
static size_t got[MOST]; /* octets of an echo that is not whole, by connection */
static int fds[MOST];

static void must(int holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void make_frames(void)
{
    size_t i, k;
    must(octets <= 125 && together * (6 + octets) <= sizeof frames, "too much together");
    for (i = 0; i < together; i++) {
        char *p = frames + i * (6 + octets);
        static const char key[] = "\x37\xfa\x21\x3d";
        p[0] = (char)0x81;
        p[1] = (char)(0x80 | octets);
        memcpy(p + 2, key, 4);
        for (k = 0; k < octets; k++)
            p[6 + k] = (char)((int)('a' + (i + k) % 26) ^ key[k % 4]);
    }
}

static void send_messages(int fd, size_t count)
{
    size_t len = count * (6 + octets), at = 0;
    while (at < len) { /* the peer reads as it writes: this is short */
        ssize_t n = send(fd, frames + at, len - at, MSG_NOSIGNAL);
        struct pollfd p = {fd, POLLOUT, 0};
        must(n > 0 || errno == EAGAIN, "send");
        if (n > 0)
            at += (size_t)n;
        else
            must(poll(&p, 1, 5000) == 1, "the server stands still");
    }
}

static int open_websocket(int port)
{
    static const char head[] =
        "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    struct sockaddr_in at;
    struct timeval limit = {5, 0};
    char in[4096];
    size_t n = 0;
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    memset(&at, 0, sizeof at);
    at.sin_family = AF_INET;
    at.sin_port = htons((unsigned short)port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    must(connect(fd, (struct sockaddr *)&at, sizeof at) == 0, "connect");
    must(send(fd, head, sizeof head - 1, MSG_NOSIGNAL) == (ssize_t)sizeof head - 1, "send");
    do {
        ssize_t k = recv(fd, in + n, sizeof in - n, 0);
        must(k > 0, "the handshake");
        n += (size_t)k;
    } while (n < 4 || memcmp(in + n - 4, "\r\n\r\n", 4) != 0);
    must(memcmp(in, "HTTP/1.1 101", 12) == 0, "the server did not switch");
    return fd;
}

int main(int argc, char **argv)
{
    struct epoll_event ev, events[256];
    static char in[65536];
    size_t i, count;
    unsigned long echoes = 0;
    double start, end;
    int poller = epoll_create1(0);
    must(argc == 6, "usage: ws_load PORT CONNECTIONS TOGETHER OCTETS MILLISECONDS");
    count = strtoul(argv[2], NULL, 10);
    together = strtoul(argv[3], NULL, 10);
    octets = strtoul(argv[4], NULL, 10);
    must(count <= MOST, "too many connections");
    make_frames();
    for (i = 0; i < count; i++) {
        fds[i] = open_websocket(atoi(argv[1]));
        ev.events = EPOLLIN;
        ev.data.u64 = i;
        epoll_ctl(poller, EPOLL_CTL_ADD, fds[i], &ev);
    }
    start = now();
    end = start + atof(argv[5]) / 1000;
    for (i = 0; i < count; i++)
        send_messages(fds[i], together);
    while (now() < end) {
        int n = epoll_wait(poller, events, 256, 5000), k;
        must(n > 0, "the server stands still");
        for (k = 0; k < n; k++) {
            size_t at = (size_t)events[k].data.u64;
            ssize_t len = recv(fds[at], in, sizeof in, 0);
            must(len > 0, "recv");
            got[at] += (size_t)len;
            send_messages(fds[at], got[at] / (2 + octets));
            echoes += got[at] / (2 + octets);
            got[at] %= 2 + octets;
        }
    }
    printf("%lu %.6f\n", echoes, now() - start);
    return 0;
}
