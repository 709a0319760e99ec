/* The smallest useful server: HTTP/1.1, h2c, prior knowledge and WebSocket, all on one port.
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
            ev.websocket ? h2neg_accept(c, ev.stream, NULL, NULL, 0)
                         : h2neg_reply(c, ev.stream, h2neg_is(ev.method, "CONNECT") ? 501 : 200,
                                       "text/plain", "hello, world\n", 13);
        if (ev.type == H2NEG_EV_WS_MESSAGE &&
            h2neg_ws_send(c, ev.stream, ev.opcode, ev.data.ptr, ev.data.len, 0) < (int)ev.data.len)
            h2neg_ws_close(c, ev.stream, 1013, "try again"); /* it sends more than it reads */
    }
}

static void serve(int fd)
{
    static char in[16384];
    h2neg_config config = {.protocols = H2NEG_PROTOCOLS_DEFAULT | H2NEG_H2C, .max_message = 32768};
    h2neg_conn *c = h2neg_conn_new(&config); /* a silent minute ends it */
    while (alarm(60), h2neg_wants(c) & (H2NEG_WANT_READ | H2NEG_WANT_WRITE)) {
        const void *out;
        size_t len = h2neg_output(c, &out);
        ssize_t n = len ? write(fd, out, len) : read(fd, in, sizeof in);
        if (n > 0)
            len ? h2neg_output_done(c, (size_t)n) : (void)h2neg_feed(c, in, (size_t)n);
        else
            (n == 0 ? h2neg_eof : h2neg_lost)(c);
        answer(c);
        if (h2neg_wants(c) & H2NEG_WANT_HALF_CLOSE)
            shutdown(fd, SHUT_WR);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int port, on = 1, fd, listener = socket(AF_INET, SOCK_STREAM, 0);
    at.sin_port = htons((uint16_t)(argc > 1 && sscanf(argv[1], "%d", &port) == 1 ? port : 8080));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    signal(SIGCHLD, SIG_IGN), signal(SIGPIPE, SIG_IGN), setvbuf(stdout, NULL, _IOLBF, 0);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 128))
        return perror("hello"), 1;
    for (;; close(fd)) /* without files or memory, a little later */
        if ((fd = accept(listener, NULL, NULL)) < 0 ? sleep(1), 0 : fork() == 0)
            return serve(fd), 0;
}
