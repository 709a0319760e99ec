/* The table of who negotiates what: every kind of client against every kind of server, each row a
   real connection on loopback. Ends with 1 when a row is not what the RFCs say. usage: demo-table
   PATH-OF-SERVER */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "net.h"
#include <signal.h>
#include <sys/wait.h>

#define LIMIT 5000 /* milliseconds for each row, and for a server to start or end */

typedef struct kind {
    const char *name;
    int tls;
    unsigned protocols;
    const char *alpn; /* what is offered; "": no ALPN */
} kind;

enum { PLAIN, UPGRADE, PRIOR, TLS_BOTH, TLS_OLD, TLS_SILENT, TLS_STRANGE, KINDS };
static const kind kinds[KINDS] = {
    {"HTTP/1.1 only", 0, H2NEG_HTTP1, ""},
    {"h2c Upgrade", 0, H2NEG_HTTP1 | H2NEG_H2C, ""},
    {"prior knowledge", 0, H2NEG_PRIOR, ""},
    {"ALPN h2, http/1.1", 1, H2NEG_HTTP1 | H2NEG_H2, "h2,http/1.1"},
    {"ALPN http/1.1", 1, H2NEG_HTTP1, "http/1.1"},
    {"TLS without ALPN", 1, H2NEG_HTTP1 | H2NEG_H2, ""},
    {"ALPN spdy/3.1", 1, H2NEG_HTTP1 | H2NEG_H2, "spdy/3.1"},
};

enum { EVERYTHING, HTTP1_ONLY, SERVERS };
static const char *const servers[SERVERS][2] = {
    {"everything", "http/1.1,h2c,prior,h2,websocket"},
    {"HTTP/1.1 only", "http/1.1"},
};

/* What has to come out. Status 0: a refusal whose sentence holds `how`. */
typedef struct row {
    int kind, server;
    const char *protocol, *how;
    int trips, status;
    const char *matrix; /* a row of the classic matrix, or NULL */
} row;

#define OLD_OLD "client without HTTP/2, server without: no negotiation -> HTTP/1.1"
#define OLD_NEW "client without HTTP/2, server with: no negotiation -> HTTP/1.1"
#define NEW_OLD "client with HTTP/2, server without: negotiated -> HTTP/1.1"
#define NEW_NEW "client with HTTP/2, server with: negotiated -> HTTP/2"

static const row rows[] = {
    {PLAIN, HTTP1_ONLY, "http/1.1", "default", 1, 200, OLD_OLD},
    {PLAIN, EVERYTHING, "http/1.1", "default", 1, 200, OLD_NEW},
    {UPGRADE, HTTP1_ONLY, "http/1.1", "default", 1, 200, TLS_BUILT ? NULL : NEW_OLD},
    {UPGRADE, EVERYTHING, "h2c", "upgrade", 1, 200, TLS_BUILT ? NULL : NEW_NEW},
    {PRIOR, HTTP1_ONLY, "", "the peer speaks HTTP/1", 1, 0, NULL},
    {PRIOR, EVERYTHING, "h2c", "prior-knowledge", 1, 200, NULL},
    {TLS_BOTH, HTTP1_ONLY, "http/1.1", "alpn", 2, 200, NEW_OLD},
    {TLS_BOTH, EVERYTHING, "h2", "alpn", 2, 200, NEW_NEW},
    {TLS_OLD, HTTP1_ONLY, "http/1.1", "alpn", 2, 200, NULL},
    {TLS_OLD, EVERYTHING, "http/1.1", "alpn", 2, 200, NULL},
    {TLS_SILENT, HTTP1_ONLY, "http/1.1", "default", 2, 200, NULL},
    {TLS_SILENT, EVERYTHING, "http/1.1", "default", 2, 200, NULL},
    {TLS_STRANGE, HTTP1_ONLY, "", "no application protocol", 1, 0, NULL},
    {TLS_STRANGE, EVERYTHING, "", "no application protocol", 1, 0, NULL},
};

/* What came out. */
typedef struct outcome {
    const char *protocol, *how, *transport;
    int trips, status, whole;
    char refusal[160], body[256];
    size_t body_len;
} outcome;

/* ---- servers ---- */

typedef struct child {
    pid_t id;
    int out;
    char port[8];
} child;

static void child_exec(const char *path, const char *protocols, int out)
{
    const char *tls = TLS_BUILT ? "--tls" : "--quiet";
    dup2(out, 1);
    execl(path, path, "-p", "0", "--quiet", tls, "--protocols", protocols, (char *)NULL);
    perror(path);
    _exit(127);
}

/* Reads the ready line, in which the port stands. */
static int child_ready(child *c)
{
    char line[256];
    size_t used = 0;
    uint64_t limit = net_now() + LIMIT;
    struct pollfd p = {.fd = c->out, .events = POLLIN};
    while (used < sizeof line - 1 && poll(&p, 1, net_timeout(limit, net_now())) == 1) {
        ssize_t n = read(c->out, line + used, sizeof line - 1 - used);
        if (n <= 0)
            return -1;
        line[used += (size_t)n] = '\0';
        if (strchr(line, '\n'))
            return sscanf(line, "listening on http://127.0.0.1:%7[0-9]", c->port) == 1 ? 0 : -1;
    }
    return -1;
}

static int child_start(child *c, const char *path, const char *protocols)
{
    int ends[2];
    if (pipe(ends))
        return -1;
    c->id = fork();
    if (c->id == 0)
        child_exec(path, protocols, ends[1]);
    close(ends[1]);
    c->out = ends[0];
    return c->id < 0 ? -1 : child_ready(c);
}

/* Asks it to drain. 0: it ended by itself and well. */
static int child_stop(child *c)
{
    uint64_t limit = net_now() + LIMIT + 2000;
    int status = -1;
    if (c->id <= 0)
        return -1;
    kill(c->id, SIGTERM);
    while (waitpid(c->id, &status, WNOHANG) == 0) {
        if (net_now() > limit) {
            kill(c->id, SIGKILL);
            waitpid(c->id, &status, 0);
            return -1;
        }
        poll(NULL, 0, 10);
    }
    close(c->out);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* ---- one connection ---- */

static void on_event(const h2neg_event *ev, outcome *out)
{
    size_t room = sizeof out->body - 1 - out->body_len;
    if (ev->type == H2NEG_EV_NEGOTIATED) {
        out->protocol = h2neg_protocol_name(ev->protocol);
        out->how = h2neg_via_name(ev->via);
    } else if (ev->type == H2NEG_EV_RESPONSE) {
        out->status = ev->status;
    } else if (ev->type == H2NEG_EV_DATA && ev->data.len <= room) {
        memcpy(out->body + out->body_len, ev->data.ptr, ev->data.len);
        out->body_len += ev->data.len;
    } else if (ev->type == H2NEG_EV_END) {
        out->whole = 1;
    } else if (ev->type == H2NEG_EV_ERROR && !out->refusal[0]) {
        snprintf(out->refusal, sizeof out->refusal, "%s", ev->error.text);
    }
}

static int ask(h2neg_conn *c)
{
    h2neg_message m = {.authority = h2neg_s("localhost"), .target = h2neg_s("/negotiated")};
    uint32_t stream;
    return h2neg_request(c, &m, 0, &stream) == 0;
}

/* Round trips up to the response's first octet: those before the request had left, and one more.
   TLS's are counted, TCP's are not. What else is sent later (an acknowledgement) is nothing that
   the response waits for. */
typedef struct trips {
    int asked, request_left, count;
} trips;

static void count_trips(trips *t, const net_link *l)
{
    if (t->request_left)
        return;
    t->request_left = t->asked && !(h2neg_wants(l->conn) & H2NEG_WANT_WRITE);
    t->count = net_trips(l->turns) + t->request_left;
}

/* Sends, waits, reads once. Until TLS stands a request is refused for now. */
static void step(net_link *l, trips *t, uint64_t limit)
{
    static unsigned char in[NET_BUFFER];
    struct pollfd p = {.fd = l->fd};
    if (l->handshaking && net_handshake(l))
        return;
    if (!t->asked)
        t->asked = ask(l->conn);
    net_flush(l);
    net_half_close(l);
    count_trips(t, l);
    p.events = net_events(l);
    poll(&p, 1, net_timeout(limit, net_now()));
    net_polled(l, p.revents);
    if (!l->handshaking && p.revents)
        net_fill(l, in, sizeof in);
}

static void converse(net_link *l, outcome *out)
{
    uint64_t limit = net_now() + LIMIT;
    trips t = {0, 0, 0};
    h2neg_event ev;
    do {
        step(l, &t, limit);
        h2neg_tick(l->conn, net_now());
        while (h2neg_next(l->conn, &ev))
            on_event(&ev, out);
    } while (!out->whole && !(h2neg_wants(l->conn) & H2NEG_WANT_CLOSE) && net_now() < limit);
    count_trips(&t, l);
    out->trips = t.count;
}

static int open_link(net_link *l, const kind *k, const char *port, SSL_CTX *tls)
{
    h2neg_config config = {.role = H2NEG_CLIENT};
    const char *why;
    tls_alpn alpn;
    config.tls = k->tls;
    config.protocols = k->protocols;
    net_start(l, net_connect("127.0.0.1", port, &why));
    if (l->fd < 0 || tls_alpn_read(&alpn, k->alpn) != 0)
        return -1;
    l->conn = h2neg_conn_new(&config);
    if (k->tls) {
        l->ssl = tls_connect(tls, l->fd, "localhost", k->protocols, &alpn);
        l->handshaking = 1;
        if (l->ssl)
            tls_count_turns(l->ssl, &l->turns);
    }
    return l->conn && (l->ssl || !k->tls) ? 0 : -1;
}

static void run_row(const row *r, const char *port, SSL_CTX *tls, outcome *out)
{
    net_link l;
    memset(out, 0, sizeof *out);
    out->protocol = out->how = "";
    out->transport = kinds[r->kind].tls ? "TLS" : "cleartext";
    if (open_link(&l, &kinds[r->kind], port, tls) == 0)
        converse(&l, out);
    else
        snprintf(out->refusal, sizeof out->refusal, "no connection could be made");
    if (l.ssl && out->whole)
        out->transport = tls_version(l.ssl);
    if (l.why)
        snprintf(out->refusal, sizeof out->refusal, "%s", l.why);
    net_free(&l);
}

/* ---- the table ---- */

/* The two ends have to agree on what was agreed. */
static int server_agrees(const outcome *out)
{
    char said[96];
    snprintf(said, sizeof said, "{\"protocol\":\"%s\",\"via\":\"%s\"", out->protocol, out->how);
    return strncmp(out->body, said, strlen(said)) == 0;
}

static int as_expected(const row *r, const outcome *out)
{
    if (out->trips != r->trips || out->status != r->status)
        return 0;
    if (!r->status)
        return !out->whole && strstr(out->refusal, r->how) != NULL;
    return out->whole && !strcmp(out->protocol, r->protocol) && !strcmp(out->how, r->how) &&
           server_agrees(out);
}

static void print_row(const row *r, const outcome *out, int good)
{
    printf("%-18s %-14s %-10s ", kinds[r->kind].name, servers[r->server][0], out->transport);
    if (out->status)
        printf("%-9s %-16s %5d  %d", out->protocol, out->how, out->trips, out->status);
    else
        printf("%-9s %-16s %5d  %s", "-", "-", out->trips, out->refusal);
    if (r->matrix)
        printf("   <- %s", r->matrix);
    puts(good ? "" : "   NOT AS EXPECTED");
}

static int run_table(const child *children, SSL_CTX *tls)
{
    size_t i;
    int bad = 0;
    printf("%-18s %-14s %-10s %-9s %-16s %5s  %s\n", "client", "server", "transport", "spoken",
           "how", "trips", "answer");
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        outcome out;
        if (kinds[rows[i].kind].tls && !TLS_BUILT)
            continue;
        run_row(&rows[i], children[rows[i].server].port, tls, &out);
        bad += !as_expected(&rows[i], &out);
        print_row(&rows[i], &out, as_expected(&rows[i], &out));
    }
    puts("trips: round trips up to the response's first octet, TLS's counted, TCP's not.");
    if (!TLS_BUILT)
        puts("The rows of TLS are left out: this was built without OpenSSL.");
    return bad;
}

int main(int argc, char **argv)
{
    child children[SERVERS];
    const char *why = "";
    int i, bad = 0;
    SSL_CTX *tls = TLS_BUILT ? tls_client(1, NULL, &why) : NULL;
    const char *path = argc > 1 ? argv[1] : "./server";
    setvbuf(stdout, NULL, _IOLBF, 0); /* nothing of it is left for a child to print again */
    signal(SIGPIPE, SIG_IGN);
    memset(children, 0, sizeof children);
    for (i = 0; i < SERVERS && !bad; i++)
        if (child_start(&children[i], path, servers[i][1]) < 0)
            bad = fprintf(stderr, "demo: %s did not start.\n", path);
    if (!bad)
        bad = run_table(children, tls);
    for (i = 0; i < SERVERS; i++)
        if (children[i].id > 0 && child_stop(&children[i]) < 0)
            bad += fprintf(stderr, "demo: a server did not end well.\n");
    tls_context_free(tls);
    return bad != 0;
}
