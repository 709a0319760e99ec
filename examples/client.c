/* A complete client on poll: HTTP/1.1, HTTP/2 by Upgrade, by prior knowledge and by ALPN; one
   connection for each origin, as many requests at once on it as it lets us. WebSockets too.

   What to look at: drive() is the whole loop of a connection; start_requests() fills it with
   requests; on_event() is all that a response is. WebSockets are in ws_client.h. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "net.h"
#include "options.h"
#include "trace.h"
#include <signal.h>
#include <sys/stat.h>

#define MAX_TRIES 3           /* of one request, where sending it again is safe */
#define BYE_LIMIT 1000        /* milliseconds that a clean end may take */
#define HANDSHAKE_LIMIT 10000 /* milliseconds for TLS */

/* A URL of the command line, and how many of its requests are to be begun yet. */
typedef struct job {
    h2neg_url url;
    char host[256], port[12]; /* what to connect to */
    char *target;             /* owned */
    long long left;
    int tls, websocket;
} job;

/* One request, from its start to DONE; there are as many as may run at once. */
enum { IDLE = 0, WAITING, RUNNING };
typedef struct transfer {
    int state, tries;
    job *job;
    uint32_t stream;
    int status, whole; /* whole: the response came to its END */
    int fd;            /* --data-file */
    uint64_t length;   /* its octets, or H2NEG_UNKNOWN */
    char body[NET_BUFFER];
    size_t body_at, body_len;
    int body_ended; /* the last of it was read */
} transfer;

typedef struct client {
    net_link link;
    tracer *tracer;
    const job *origin; /* any job of the origin that is spoken to */
    job *jobs;
    size_t job_count;
    transfer *transfers;
    size_t transfer_count;
    size_t running, answered; /* of this connection */
    int failed;               /* the exit status so far */
    int complained;           /* this origin has had its sentence */
    int out_failed;           /* the output cannot be written */
    int hopeless;             /* another connection would end like this one */
    int no_more;              /* this connection takes no further request */
    h2neg_error error;
    FILE *out;
    SSL_CTX *tls;
    tls_alpn alpn;
    h2neg_field *fields;
    size_t field_count;
    h2neg_str authority; /* from -H 'Host: ...', or "" */
    unsigned char in[NET_BUFFER];
    /* options */
    int http1, upgrade, prior, over_h2, echo, insecure, fail, verbose, trace, help;
    const char *subprotocols, *max_message_text;
    long long max_message;
    const char *alpn_list, *method, *data, *data_file, *out_name, *trusted, *count, *concurrent;
    const char **lines;
    size_t line_count;
} client;

static client self;

/* The octets of a control character (C0, DEL, C1 in UTF-8) that begins here; 0: none does. */
static size_t control_at(const char *at, size_t left)
{
    unsigned char c = (unsigned char)at[0], next = left > 1 ? (unsigned char)at[1] : 0;
    if (c < 32 || c == 127)
        return 1;
    return c == 0xc2 && next >= 0x80 && next < 0xa0 ? 2 : 0;
}

/* What a peer or a command line brought is printed without control characters: it neither looks
   like a line of ours nor commands a terminal. */
static void make_plain(char *at)
{
    for (; *at; at++)
        memset(at, '?', control_at(at, 2));
}

static void print_plain(h2neg_str s)
{
    size_t i;
    for (i = 0; i < s.len; i++) {
        size_t n = s.ptr[i] == '\t' ? 0 : control_at(s.ptr + i, s.len - i);
        putc(n ? '?' : s.ptr[i], stderr);
        i += n > 1;
    }
}

static void say(const char *what, const char *why)
{
    char line[1200];
    snprintf(line, sizeof line, "client: %s: %s", what, why);
    make_plain(line);
    fprintf(stderr, "%s.\n", line);
}

/* One sentence to standard error for each origin that fails, however many requests failed with it.
 */
static void complain(const char *what, const char *why)
{
    if (!self.complained)
        say(what, why);
    self.complained = 1;
    self.failed = 1;
}

/* What to do about it. */
static const char *hint(const job *j, int code)
{
    switch (code) {
    case H2NEG_ERR_PEER_IS_HTTP1: return "; leave out --prior-knowledge";
    case H2NEG_ERR_PEER_ONLY_HTTP2: return j->websocket ? "; --over-h2" : "; --prior-knowledge";
    case H2NEG_ERR_PEER_IS_TLS: return "; use an https: or wss: URL";
    default: return "";
    }
}

static void complain_url(const job *j, const h2neg_error *e)
{
    char what[512], why[512];
    const char *text = e->text ? e->text : h2neg_error_text(e->code);
    const char *section = e->section ? e->section : "";
    snprintf(what, sizeof what, "%.*s://%.*s%s", (int)j->url.scheme.len, j->url.scheme.ptr,
             (int)j->url.authority.len, j->url.authority.ptr, j->target);
    snprintf(why, sizeof why, "%s at octet %llu: %s%s%s%s%s", h2neg_error_name(e->code),
             (unsigned long long)e->offset, text, *section ? " (" : "", section,
             *section ? ")" : "", hint(j, e->code));
    complain(what, why);
}

/* ---- requests ---- */

static int same_origin(const job *a, const job *b)
{
    return a->tls == b->tls && a->websocket == b->websocket && strcmp(a->host, b->host) == 0 &&
           strcmp(a->port, b->port) == 0;
}

/* The next request of this origin that was not begun; NULL: none. */
static job *next_job(void)
{
    size_t i;
    for (i = 0; i < self.job_count; i++)
        if (self.jobs[i].left > 0 && same_origin(&self.jobs[i], self.origin))
            return &self.jobs[i];
    return NULL;
}

static int body_open(transfer *t)
{
    struct stat st;
    while (t->fd < 0) {
        t->fd = strcmp(self.data_file, "-") ? open(self.data_file, O_RDONLY | O_CLOEXEC) : dup(0);
        if (t->fd < 0 && errno != EINTR)
            return -1;
    }
    if (fstat(t->fd, &st) || (t->tries && lseek(t->fd, 0, SEEK_SET) < 0))
        return -1;
    t->length = S_ISREG(st.st_mode) && st.st_size > 0 ? (uint64_t)st.st_size : H2NEG_UNKNOWN;
    t->body_at = t->body_len = 0;
    t->body_ended = 0;
    return 0;
}

/* The next octets of the file; none: its end. 0, or -1 and errno. */
static int body_read(transfer *t)
{
    struct pollfd p;
    ssize_t n;
    p.fd = t->fd;
    p.events = POLLIN;
    while ((n = read(t->fd, t->body, sizeof t->body)) < 0 && (errno == EINTR || errno == EAGAIN))
        poll(&p, 1, -1);
    t->body_at = 0;
    t->body_len = n > 0 ? (size_t)n : 0;
    t->body_ended = n == 0;
    return n < 0 ? -1 : 0;
}

/* A body that is cut must not look whole to the server. */
static void body_broken(transfer *t, const char *why)
{
    complain(self.data_file, why);
    h2neg_reset(self.link.conn, t->stream, H2NEG_CANCEL);
    t->body_ended = 1;
}

/* Sends the file until the connection takes no more; WRITABLE comes when it does again. */
static void push(transfer *t)
{
    ptrdiff_t n;
    while (t->fd >= 0 && !t->body_ended) {
        if (t->body_at == t->body_len && body_read(t) < 0) {
            body_broken(t, strerror(errno));
            return;
        }
        n = h2neg_send(self.link.conn, t->stream, t->body + t->body_at, t->body_len - t->body_at,
                       t->body_ended ? 0 : H2NEG_MORE);
        if (n == H2NEG_ERR_LENGTH_MISMATCH)
            body_broken(t, "it changed while it was sent");
        else if (n < 0)
            t->body_ended = 0; /* also an end that must come again */
        else
            t->body_at += (size_t)n;
        if (n < 0 || t->body_at < t->body_len)
            return;
    }
}

/* 0: it is on its way; otherwise what h2neg_request said. */
static int send_request(transfer *t)
{
    char digits[24];
    h2neg_message m;
    int said;
    memset(&m, 0, sizeof m);
    m.method = h2neg_s(self.method);
    m.authority = self.authority.len ? self.authority : t->job->url.authority;
    m.target = h2neg_s(t->job->target);
    m.fields = self.fields;
    m.field_count = self.field_count;
    if (self.data) {
        m.body = self.data;
        m.body_len = strlen(self.data);
    }
    if (t->fd >= 0 && t->length != H2NEG_UNKNOWN) { /* the last field is kept free for it */
        snprintf(digits, sizeof digits, "%llu", (unsigned long long)t->length);
        self.fields[m.field_count++] = h2neg_f("content-length", digits);
    }
    said = h2neg_request(self.link.conn, &m, t->fd >= 0 ? H2NEG_MORE : 0, &t->stream);
    if (said == 0) {
        h2neg_set_user(self.link.conn, t->stream, t);
        t->state = RUNNING;
        t->status = t->whole = 0;
        self.running++;
        push(t);
    }
    return said;
}

static void close_transfer(transfer *t)
{
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
    t->state = IDLE;
}

/* Gives an idle transfer something to do. 1: it has. */
static int take_job(transfer *t)
{
    job *j = next_job();
    if (!j)
        return 0;
    j->left--;
    t->job = j;
    t->tries = 0;
    t->fd = -1;
    t->state = WAITING;
    if (self.data_file && body_open(t) < 0) {
        complain(self.data_file, strerror(errno));
        t->state = IDLE;
        j->left = 0;
        return 0;
    }
    return 1;
}

/* As many requests as there are and as the connection lets in. */
static void start_requests(void)
{
    size_t i;
    for (i = 0; i < self.transfer_count && !self.no_more; i++) {
        transfer *t = &self.transfers[i];
        int said;
        if (t->state == RUNNING || (t->state == IDLE && !take_job(t)))
            continue;
        said = send_request(t);
        if (said == H2NEG_ERR_AGAIN)
            return;
        if (said == H2NEG_ERR_INVALID || said == H2NEG_ERR_LENGTH_MISMATCH) {
            complain("the request", said == H2NEG_ERR_INVALID
                                        ? "a method, a field or the URL may not be sent like this"
                                        : h2neg_error_text(said));
            t->job->left = 0;
            close_transfer(t);
        } else if (said < 0) {
            self.no_more = 1;
        }
    }
}

static int work_left(void)
{
    size_t i;
    for (i = 0; i < self.transfer_count; i++)
        if (self.transfers[i].state != IDLE)
            return 1;
    return next_job() != NULL;
}

/* ---- responses ---- */

static void print_head(const h2neg_event *ev)
{
    static const char *const versions[] = {"HTTP/1.1", "HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/2"};
    size_t i;
    if (!self.verbose)
        return;
    fprintf(stderr, "< %s %d %s\n", versions[ev->protocol], ev->status,
            h2neg_status_text(ev->status));
    for (i = 0; i < ev->field_count; i++) {
        fprintf(stderr, "< %.*s: ", (int)ev->fields[i].name.len, ev->fields[i].name.ptr);
        print_plain(ev->fields[i].value);
        putc('\n', stderr);
    }
    fputs("<\n", stderr);
}

static void print_negotiated(const h2neg_event *ev)
{
    if (self.verbose)
        fprintf(stderr, "* negotiated %s by %s\n", h2neg_protocol_name(ev->protocol),
                h2neg_via_name(ev->via));
}

static void take_data(h2neg_str data)
{
    if (self.out_failed || fwrite(data.ptr, 1, data.len, self.out) == data.len)
        return;
    self.out_failed = self.hopeless = 1;
    complain(self.out_name ? self.out_name : "standard output", strerror(errno));
}

static void on_done(transfer *t, const h2neg_event *ev)
{
    self.running--;
    if (t->whole) {
        self.answered++;
        if (t->status >= 400 && self.fail)
            self.failed = self.failed ? self.failed : 22;
        close_transfer(t);
    } else if (ev->retry && !self.hopeless && ++t->tries < MAX_TRIES &&
               (t->fd < 0 || body_open(t) == 0)) {
        t->state = WAITING;
    } else {
        complain_url(t->job, self.error.code ? &self.error : &ev->error);
        close_transfer(t);
    }
}

/* What ended a connection and would end the next one. */
static void on_error(const h2neg_event *ev)
{
    self.error = ev->error;
    self.no_more = 1;
    self.hopeless = ev->error.code != H2NEG_ERR_LOST && ev->error.code != H2NEG_ERR_PEER_GOAWAY &&
                    ev->error.code != H2NEG_ERR_TIMEOUT_IDLE;
}

static void on_event(const h2neg_event *ev)
{
    transfer *t = ev->stream ? (transfer *)ev->user : NULL;
    switch (ev->type) {
    case H2NEG_EV_NEGOTIATED: print_negotiated(ev); break;
    case H2NEG_EV_INFORMATIONAL: print_head(ev); break;
    case H2NEG_EV_RESPONSE:
        print_head(ev);
        if (t)
            t->status = ev->status;
        break;
    case H2NEG_EV_DATA: take_data(ev->data); break;
    case H2NEG_EV_END:
        if (t)
            t->whole = 1;
        break;
    case H2NEG_EV_WRITABLE:
        if (t)
            push(t);
        break;
    case H2NEG_EV_DONE:
        if (t)
            on_done(t, ev);
        break;
    case H2NEG_EV_GOAWAY: self.no_more = 1; break;
    case H2NEG_EV_ERROR: on_error(ev); break;
    default: break;
    }
}

/* ---- one connection ---- */

/* Moves octets and events until nothing moves. */
static void turn(void)
{
    h2neg_event ev;
    h2neg_tick(self.link.conn, net_now());
    do {
        while (h2neg_next(self.link.conn, &ev))
            on_event(&ev);
        start_requests();
    } while (net_move(&self.link, self.in, sizeof self.in));
}

static void wait_for(uint64_t limit)
{
    uint64_t now = net_now(), next = h2neg_tick(self.link.conn, now);
    struct pollfd p;
    p.fd = self.link.fd;
    p.events = net_events(&self.link);
    p.revents = 0;
    poll(&p, 1, net_timeout(next < limit ? next : limit, now));
    net_polled(&self.link, p.revents);
}

/* Until the work of this origin is done or the connection is over; then a clean end. */
static void drive(void)
{
    uint64_t limit = self.link.ssl ? net_now() + HANDSHAKE_LIMIT : H2NEG_NEVER;
    int leaving = 0;
    while (turn(), !(h2neg_wants(self.link.conn) & H2NEG_WANT_CLOSE)) {
        if (!leaving && !self.running && (self.no_more || !work_left())) {
            h2neg_shutdown(self.link.conn);
            leaving = 1;
            limit = net_now() + BYE_LIMIT;
            continue;
        }
        if (!leaving && !self.link.handshaking)
            limit = H2NEG_NEVER;
        if (self.out_failed || net_now() >= limit)
            break;
        wait_for(limit);
    }
    self.link.why = self.link.handshaking ? "the TLS handshake did not end in time" : self.link.why;
}

static void complain_tls(void)
{
    char what[320], why[320];
    const char *next = "";
    if (strstr(self.link.why, "certificate") || strstr(self.link.why, "mismatch"))
        next = "; --cacert FILE says whom to trust, -k trusts anyone";
    else if (strstr(self.link.why, "no application protocol"))
        next = "; the server knows nothing of what --alpn offers";
    else if (strstr(self.link.why, "wrong version number"))
        next = "; the port may be one for http: URLs";
    snprintf(what, sizeof what, "TLS with %s:%s", self.origin->host, self.origin->port);
    snprintf(why, sizeof why, "%s%s", self.link.why, next);
    complain(what, why);
}

static void drop_link(void)
{
    net_free(&self.link);
    tracer_free(self.tracer);
    self.tracer = NULL;
}

/* What of a connection was never said by an event: requests that it did not take with it. */
static void hang_up(void)
{
    h2neg_event ev;
    if (self.link.why) {
        complain_tls();
        self.hopeless = 1;
    }
    h2neg_lost(self.link.conn);
    while (h2neg_next(self.link.conn, &ev))
        on_event(&ev);
    drop_link();
}

static unsigned protocols_of(const job *j)
{
    if (j->tls)
        return self.http1 ? H2NEG_HTTP1 : H2NEG_HTTP1 | H2NEG_H2;
    if (self.http1)
        return H2NEG_HTTP1;
    return self.prior ? H2NEG_PRIOR : H2NEG_HTTP1 | H2NEG_H2C;
}

/* A connection; `config` says what it may speak and `alpn` what it offers, NULL: what follows from
   the config. 0, or -1 and a sentence. */
static int connect_to(const job *j, const h2neg_config *config, const tls_alpn *alpn)
{
    h2neg_config traced = *config;
    const char *why = "";
    net_start(&self.link, net_connect(j->host, j->port, &why));
    if (self.link.fd < 0) {
        char where[280];
        snprintf(where, sizeof where, "%s:%s", j->host, j->port);
        complain(where, why);
        return -1;
    }
    if (self.trace)
        self.tracer = tracer_new(&traced, 0);
    self.link.conn = h2neg_conn_new(&traced);
    if (j->tls) {
        self.link.ssl = tls_connect(self.tls, self.link.fd, j->host, config->protocols, alpn);
        self.link.handshaking = 1;
    }
    if (!self.link.conn || (j->tls && !self.link.ssl)) {
        complain(j->host, "no connection could be made ready");
        drop_link();
        return -1;
    }
    return 0;
}

static int connect_origin(void)
{
    h2neg_config config;
    memset(&config, 0, sizeof config);
    config.role = H2NEG_CLIENT;
    config.protocols = protocols_of(self.origin);
    config.tls = self.origin->tls;
    return connect_to(self.origin, &config, self.alpn_list ? &self.alpn : NULL);
}

/* What is left undone of an origin, and why. */
static void give_up(void)
{
    size_t i;
    if (work_left() && self.error.code)
        complain_url(self.origin, &self.error);
    else if (work_left())
        complain(self.origin->host, "the server takes no requests");
    for (i = 0; i < self.job_count; i++)
        if (same_origin(&self.jobs[i], self.origin))
            self.jobs[i].left = 0;
    for (i = 0; i < self.transfer_count; i++)
        if (self.transfers[i].state != IDLE)
            close_transfer(&self.transfers[i]);
}

/* All that is asked of one origin. A connection that brought something may be followed by another
   one; one that brought nothing only if nothing was lost by it, and not for ever. */
static void run_origin(void)
{
    int barren = 0;
    self.hopeless = self.complained = 0;
    while (work_left() && !self.hopeless && barren < MAX_TRIES) {
        self.answered = 0;
        self.no_more = 0;
        memset(&self.error, 0, sizeof self.error);
        if (connect_origin() < 0)
            break;
        drive();
        hang_up();
        barren = self.answered ? 0 : barren + 1;
    }
    give_up();
}

#include "ws_client.h"

/* ---- starting ---- */

static const char usage[] =
    "usage: client [--http1.1 | --upgrade | --prior-knowledge | --over-h2] [--alpn LIST]\n"
    "              [-X METHOD] [-H 'Name: value']... [-d DATA | --data-file FILE] [-o FILE] [-k]\n"
    "              [--cacert FILE] [-n COUNT] [-m CONCURRENT] [--fail] [--subprotocol LIST]\n"
    "              [--max-message N] [--echo] [--trace] [-v] URL...\n"
    "  --http1.1          HTTP/1.1 alone\n"
    "  --upgrade          offer h2c by Upgrade: what http: URLs do unless told otherwise\n"
    "  --prior-knowledge  HTTP/2 at once, for http: URLs\n"
    "  --alpn LIST        what to offer by ALPN (h2,http/1.1); '' leaves ALPN out\n"
    "  -k, --cacert FILE  do not check certificates; trust those in FILE\n"
    "  -n COUNT           requests for each URL (1)\n"
    "  -m CONCURRENT      requests at once on one connection (1)\n"
    "  --fail             exit with 22 when a status is 400 or more\n"
    "  --trace            every octet of the connection in words, on standard error\n"
    "URLs of one origin go over one connection, one origin after another.\n"
    "ws: and wss: URLs: each line of standard input is sent as a message, each message that comes\n"
    "is printed, and the end of input closes.\n"
    "  --over-h2          WebSocket over HTTP/2 where the server knows it, else over HTTP/1.1\n"
    "  --subprotocol LIST what to ask for, most wanted first\n"
    "  -d DATA            sends this COUNT times, CONCURRENT at once, and prints the first answer\n"
    "  --echo             sends every message back until the other side closes\n"
    "  --max-message N    octets of a message (1048576)\n";

static int wrong(const char *what, const char *why)
{
    say(what, why);
    return 2;
}

static int read_target(job *j)
{
    int slash = j->url.target.len == 0 || j->url.target.ptr[0] != '/';
    j->target = malloc(j->url.target.len + 2);
    if (!j->target)
        return -1;
    snprintf(j->target, j->url.target.len + 2, "%s%.*s", slash ? "/" : "", (int)j->url.target.len,
             j->url.target.len ? j->url.target.ptr : "");
    return 0;
}

static int read_scheme(job *j)
{
    static const char *const schemes[] = {"http", "https", "ws", "wss"};
    int i;
    for (i = 0; i < 4; i++)
        if (h2neg_is_nocase(j->url.scheme, schemes[i])) {
            j->tls = i & 1;
            j->websocket = i >= 2;
            return 0;
        }
    return -1;
}

/* 0, or 2 and a sentence. */
static int read_url(job *j, const char *text)
{
    size_t ip6; /* [::1] is connected to without its brackets */
    if (h2neg_url_parse(&j->url, h2neg_s(text)) != 0)
        return wrong(text, "not a URL like http://localhost:8080/");
    if (read_scheme(j) < 0)
        return wrong(text, "only http:, https:, ws: and wss: URLs are known");
    if ((j->tls || j->websocket) && (self.prior || self.upgrade))
        return wrong(text, "--upgrade and --prior-knowledge are for http: URLs");
    if (j->websocket && self.data_file)
        return wrong(text, "--data-file is for http: and https: URLs");
    if (j->websocket && self.data && !ws_is_text(self.data, strlen(self.data)))
        return wrong(text, "what -d gives is not UTF-8, and so no text message");
    if (!j->websocket && (self.over_h2 || self.echo || *self.subprotocols))
        return wrong(text, "--over-h2, --echo and --subprotocol are for ws: and wss: URLs");
    ip6 = j->url.host.len > 1 && j->url.host.ptr[0] == '[';
    if (j->url.host.len == 0 || j->url.host.len - 2 * ip6 >= sizeof j->host)
        return wrong(text, "its host is empty or too long");
    memcpy(j->host, j->url.host.ptr + ip6, j->url.host.len - 2 * ip6);
    snprintf(j->port, sizeof j->port, "%d", j->url.port >= 0 ? j->url.port : j->tls ? 443 : 80);
    return read_target(j) < 0 ? wrong(text, "no memory could be had") : 0;
}

static int read_urls(char **texts, int count)
{
    long long n = options_number(self.count, 1000000000);
    int i;
    self.jobs = calloc((size_t)count, sizeof *self.jobs);
    if (n < 1)
        return wrong(self.count, "-n takes a number from 1 to 1000000000");
    for (i = 0; i < count; i++) {
        int failed = self.jobs ? read_url(&self.jobs[i], texts[i]) : 2;
        if (failed)
            return failed;
        self.jobs[i].left = n;
        self.job_count++;
    }
    return 0;
}

static int read_transfers(void)
{
    long long n = options_number(self.concurrent, 1000);
    if (n < 1)
        return wrong(self.concurrent, "-m takes a number from 1 to 1000");
    self.transfer_count = (size_t)n;
    self.transfers = calloc(self.transfer_count, sizeof *self.transfers);
    return self.transfers ? 0 : wrong("-m", "no memory could be had");
}

static h2neg_str trimmed(const char *from, size_t len)
{
    h2neg_str s;
    while (len && (*from == ' ' || *from == '\t'))
        from++, len--;
    while (len && (from[len - 1] == ' ' || from[len - 1] == '\t'))
        len--;
    s.ptr = from;
    s.len = len;
    return s;
}

/* The fields of -H, and two of our own unless they are among them. One more place is kept free. */
static int read_fields(void)
{
    size_t i;
    self.fields = calloc(self.line_count + 3, sizeof *self.fields);
    for (i = 0; self.fields && i < self.line_count; i++) {
        const char *colon = strchr(self.lines[i], ':');
        h2neg_field *f = &self.fields[self.field_count];
        if (!colon)
            return wrong(self.lines[i], "-H takes 'Name: value'");
        f->name = trimmed(self.lines[i], (size_t)(colon - self.lines[i]));
        f->value = trimmed(colon + 1, strlen(colon + 1));
        if (h2neg_is_nocase(f->name, "host"))
            self.authority = f->value;
        else
            self.field_count++;
    }
    if (!self.fields)
        return wrong("-H", "no memory could be had");
    if (!h2neg_find(self.fields, self.field_count, "user-agent", NULL))
        self.fields[self.field_count++] = h2neg_f("user-agent", "h2neg/" H2NEG_VERSION);
    if (!h2neg_find(self.fields, self.field_count, "accept", NULL))
        self.fields[self.field_count++] = h2neg_f("accept", "*/*");
    return 0;
}

static int check_options(int urls)
{
    if (urls < 0)
        return 2;
    if (urls == 0)
        return wrong("no URL", "see client --help");
    if (self.http1 + self.upgrade + self.prior + self.over_h2 > 1)
        return wrong("--http1.1, --upgrade, --prior-knowledge, --over-h2", "one of them at most");
    if ((self.data != NULL) + (self.data_file != NULL) + self.echo > 1)
        return wrong("-d, --data-file and --echo", "one of them at most");
    self.max_message = options_number(self.max_message_text, INT32_MAX);
    if (self.max_message < 1)
        return wrong(self.max_message_text,
                     "--max-message takes a number of octets, from 1 to 2147483647");
    if (self.alpn_list && tls_alpn_read(&self.alpn, self.alpn_list) != 0)
        return wrong(self.alpn_list, "not a list of protocol names for --alpn");
    if (!self.method)
        self.method = self.data || self.data_file ? "POST" : "GET";
    return 0;
}

static int read_options(int argc, char **argv)
{
    const option table[] = {
        {"--http1.1", &self.http1, NULL, NULL, NULL},
        {"--upgrade", &self.upgrade, NULL, NULL, NULL},
        {"--prior-knowledge", &self.prior, NULL, NULL, NULL},
        {"--over-h2", &self.over_h2, NULL, NULL, NULL},
        {"--echo", &self.echo, NULL, NULL, NULL},
        {"--subprotocol", NULL, &self.subprotocols, NULL, NULL},
        {"--max-message", NULL, &self.max_message_text, NULL, NULL},
        {"--alpn", NULL, &self.alpn_list, NULL, NULL},
        {"-X", NULL, &self.method, NULL, NULL},
        {"-H", NULL, NULL, self.lines, &self.line_count},
        {"-d", NULL, &self.data, NULL, NULL},
        {"--data-file", NULL, &self.data_file, NULL, NULL},
        {"-o", NULL, &self.out_name, NULL, NULL},
        {"-k", &self.insecure, NULL, NULL, NULL},
        {"--cacert", NULL, &self.trusted, NULL, NULL},
        {"-n", NULL, &self.count, NULL, NULL},
        {"-m", NULL, &self.concurrent, NULL, NULL},
        {"--fail", &self.fail, NULL, NULL, NULL},
        {"--trace", &self.trace, NULL, NULL, NULL},
        {"-v", &self.verbose, NULL, NULL, NULL},
        {"--help", &self.help, NULL, NULL, NULL},
    };
    self.count = self.concurrent = "1";
    self.subprotocols = "";
    self.max_message_text = "1048576";
    return options_read(table, sizeof table / sizeof table[0], argc, argv);
}

static int start(int argc, char **argv)
{
    const char *why = "";
    int urls, failed;
    size_t i;
    self.lines = calloc((size_t)argc, sizeof *self.lines);
    urls = self.lines ? read_options(argc, argv) : -1;
    if (self.help)
        return 0;
    if ((failed = check_options(urls)) != 0 || (failed = read_urls(argv + 1, urls)) != 0 ||
        (failed = read_transfers()) != 0 || (failed = read_fields()) != 0)
        return failed;
    for (i = 0; i < self.job_count && !self.tls; i++)
        if (self.jobs[i].tls && !(self.tls = tls_client(self.insecure, self.trusted, &why)))
            return wrong(self.trusted ? self.trusted : "https: and wss:", why);
    self.out = self.out_name ? fopen(self.out_name, "wb") : stdout;
    return self.out ? 0 : wrong(self.out_name, strerror(errno));
}

static void finish(void)
{
    size_t i;
    if (self.out && (fflush(self.out) || (self.out != stdout && fclose(self.out))))
        complain(self.out_name ? self.out_name : "standard output", strerror(errno));
    for (i = 0; i < self.job_count; i++)
        free(self.jobs[i].target);
    free(self.jobs);
    free(self.transfers);
    free(self.fields);
    free(self.lines);
    tls_context_free(self.tls);
}

int main(int argc, char **argv)
{
    size_t i;
    signal(SIGPIPE, SIG_IGN);
    net_keep_standard();
    self.failed = start(argc, argv);
    if (self.help)
        fputs(usage, stdout);
    else if (!self.failed)
        for (i = 0; i < self.job_count; i++)
            if (self.jobs[i].left > 0 && !self.out_failed) {
                self.origin = &self.jobs[i];
                (self.origin->websocket ? ws_run : run_origin)();
            }
    finish();
    return self.failed;
}
