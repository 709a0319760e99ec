/* The smallest useful server: HTTP/1.1, h2c by Upgrade and by prior knowledge, all on one port.
   cc -O2 -I. examples/hello.c -o hello && ./hello 8080 */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static void answer(h2neg_conn *c)
{
    h2neg_event ev;
    while (h2neg_next(c, &ev)) {
        if (ev.type == H2NEG_EV_NEGOTIATED)
            printf("%s (%s)\n", h2neg_protocol_name(ev.protocol),
                   ev.via == H2NEG_VIA_PRIOR ? "prior knowledge" : h2neg_via_name(ev.via));
        if (ev.type == H2NEG_EV_REQUEST)
            h2neg_reply(c, ev.stream, 200, "text/plain", "hello, world\n", 13);
    }
}

static int serve(int fd)
{
    static char in[16384];
    h2neg_config config = {.protocols = H2NEG_HTTP1 | H2NEG_H2C | H2NEG_PRIOR};
    h2neg_conn *c = h2neg_conn_new(&config);
    while (!(h2neg_wants(c) & H2NEG_WANT_CLOSE)) {
        const void *out;
        size_t len = h2neg_output(c, &out);
        alarm(60); /* a minute of silence ends the process */
        ssize_t n = len ? write(fd, out, len) : read(fd, in, sizeof in);
        if (n > 0 && len)
            h2neg_output_done(c, (size_t)n);
        else if (n > 0)
            h2neg_feed(c, in, (size_t)n);
        else
            (n == 0 ? h2neg_eof : h2neg_lost)(c);
        answer(c);
        if (h2neg_wants(c) & H2NEG_WANT_HALF_CLOSE)
            shutdown(fd, SHUT_WR);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int port, on = 1, fd, listener = socket(AF_INET, SOCK_STREAM, 0);
    at.sin_port = htons((uint16_t)(argc > 1 && sscanf(argv[1], "%d", &port) == 1 ? port : 8080));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    signal(SIGCHLD, SIG_IGN), signal(SIGPIPE, SIG_IGN);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 128))
        return perror("hello"), 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (; (fd = accept(listener, NULL, NULL)) >= 0; close(fd))
        if (fork() == 0)
            return serve(fd);
    return 0;
}
