/* A router on one port: looks at the first octets of a connection without taking them, and passes
   the whole connection, TLS and all, to the backend of the first rule that fits. It needs no key
   and no certificate: what it goes by is what a ClientHello says in the clear.

   cc -O2 -I. examples/glue_router.c -o glue_router
   ./glue_router 8080 a.example=127.0.0.1:8443 h2=127.0.0.1:8444 http/1.1=127.0.0.1:8081

   A rule is a server name (SNI), h2 (offered by ALPN; in cleartext the preface), http/1.1 (the
   same) or tls (any). Copy look() and fits(): they use the pieces of h2neg.h alone. A process for
   each connection keeps the rest short, and net.h has the sockets. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "net.h"
#include <signal.h>

enum { LOOK = 20480, HELLO_LIMIT = 10000, SILENCE_LIMIT = 600000 };

static unsigned char first[LOOK]; /* octets, so many a ClientHello and its records have at most */

/* What a connection opens with: H2NEG_DETECT_*, `*hello` where it is TLS; MORE: it never told. */
static int what_is(size_t len, h2neg_client_hello_info *hello)
{
    static unsigned char scratch[16384]; /* for a ClientHello that records cut */
    int kind = h2neg_detect(first, len);
    ptrdiff_t got = 1;
    if (kind == H2NEG_DETECT_TLS)
        got = h2neg_client_hello(hello, first, len, scratch, sizeof scratch);
    return got > 0 ? kind : got == 0 ? H2NEG_DETECT_MORE : H2NEG_DETECT_OTHER;
}

/* Looks until it is told. MSG_PEEK leaves the octets for the backend; SO_RCVLOWAT keeps poll from
   waking for those that were seen already. */
static int look(int fd, h2neg_client_hello_info *hello)
{
    uint64_t limit = net_now() + HELLO_LIMIT;
    struct pollfd p = {fd, POLLIN, 0};
    int kind = H2NEG_DETECT_MORE, seen = 0, enough = 1;
    while (kind == H2NEG_DETECT_MORE && poll(&p, 1, net_timeout(limit, net_now())) > 0) {
        ssize_t n = recv(fd, first, sizeof first, MSG_PEEK);
        if (n <= seen) /* the end came first */
            break;
        seen = (int)n;
        enough = seen + 1;
        kind = what_is((size_t)n, hello);
        setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &enough, sizeof enough);
    }
    enough = 1;
    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &enough, sizeof enough);
    return kind;
}

static int fits(h2neg_str rule, int kind, const h2neg_client_hello_info *hello)
{
    char name[256] = "";
    if (rule.len < sizeof name)
        memcpy(name, rule.ptr, rule.len);
    if (kind == H2NEG_DETECT_TLS)
        return h2neg_is_nocase(hello->server_name, name) || h2neg_alpn_has(hello->alpn, rule) ||
               h2neg_is(rule, "tls");
    return (kind == H2NEG_DETECT_HTTP2 && h2neg_is(rule, "h2")) ||
           (kind == H2NEG_DETECT_HTTP1 && h2neg_is(rule, "http/1.1"));
}

/* The backend, connected: the text behind '=' of the first rule that fits. -1: none. */
static int connect_by_rule(char **rules, int kind, const h2neg_client_hello_info *hello)
{
    for (; *rules; rules++) {
        h2neg_str rule = {*rules, strcspn(*rules, "=")};
        const char *why = "", *colon = strrchr(*rules, ':');
        char host[256] = "";
        int fd;
        if (!fits(rule, kind, hello))
            continue;
        snprintf(host, sizeof host, "%.*s", (int)(colon - rule.ptr - (ptrdiff_t)rule.len) - 1,
                 rule.ptr + rule.len + 1);
        fd = net_connect(host, colon + 1, &why);
        printf("%s%s%s\n", *rules, fd < 0 ? ": " : "", why);
        return fd;
    }
    printf("no rule for %.*s (%s)\n", (int)hello->server_name.len,
           hello->server_name.len ? hello->server_name.ptr : "",
           kind == H2NEG_DETECT_TLS ? "TLS" : "cleartext");
    return -1;
}

/* ---- octets both ways ---- */

typedef struct way {
    int from, to, ended;
    size_t at, len; /* octets from at to len wait to be written */
    unsigned char octets[16384];
} way;

/* Reads when nothing waits, else writes: once. < 0: the connection is broken. */
static int move(way *w)
{
    ssize_t n;
    if (w->at < w->len) {
        n = send(w->to, w->octets + w->at, w->len - w->at, MSG_NOSIGNAL);
        w->at += n > 0 ? (size_t)n : 0;
    } else {
        n = recv(w->from, w->octets, sizeof w->octets, 0);
        w->at = 0;
        w->len = n > 0 ? (size_t)n : 0;
        w->ended = n == 0;
        if (n == 0)
            shutdown(w->to, SHUT_WR); /* the other way goes on */
    }
    return n < 0 && errno != EAGAIN && errno != EINTR ? -1 : 0;
}

static void relay(int client, int backend)
{
    static way ways[2];
    int i;
    ways[0].from = ways[1].to = client;
    ways[0].to = ways[1].from = backend;
    while (!ways[0].ended || !ways[1].ended) {
        struct pollfd p[2]; /* one for each way: what it waits for now */
        for (i = 0; i < 2; i++) {
            int writes = ways[i].at < ways[i].len;
            p[i].fd = ways[i].ended ? -1 : writes ? ways[i].to : ways[i].from;
            p[i].events = writes ? POLLOUT : POLLIN;
        }
        if (poll(p, 2, SILENCE_LIMIT) < 1)
            return;
        for (i = 0; i < 2; i++)
            if (p[i].fd >= 0 && p[i].revents && move(&ways[i]) < 0)
                return;
    }
}

static void serve(int client, char **rules)
{
    h2neg_client_hello_info hello = {.max_version = 0};
    int kind = net_nonblocking(client) ? H2NEG_DETECT_OTHER : look(client, &hello);
    int backend = connect_by_rule(rules, kind, &hello);
    if (backend >= 0)
        relay(client, backend);
}

int main(int argc, char **argv)
{
    const char *why = "usage: glue_router PORT RULE=HOST:PORT...";
    int i, fd, listener = -1;
    for (i = 2; i < argc && strchr(argv[i], '=') && strchr(strchr(argv[i], '='), ':'); i++)
        ;
    if (argc > 2 && i == argc)
        listener = net_listen("127.0.0.1", argv[1], &why);
    if (listener < 0)
        return fprintf(stderr, "glue_router: %s.\n", why), 2;
    fcntl(listener, F_SETFL, 0);
    signal(SIGCHLD, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (;; close(fd))
        if ((fd = accept(listener, NULL, NULL)) < 0 ? sleep(1), 0 : fork() == 0)
            return serve(fd, argv + 2), 0;
}
