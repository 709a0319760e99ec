/* A complete server on poll: HTTP/1.1, HTTP/2 by Upgrade, by prior knowledge and by ALPN, WebSocket
   over both, cleartext and TLS on one port, thousands of connections in one process and one thread.

   What to look at: serve() is the whole loop of one connection; on_event() is all that a request
   is; push() sends a body of any size as the peer takes it. WebSockets are in websocket.h. */
#if !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700 /* realpath */
#endif
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "net.h"
#include "options.h"
#include "trace.h"
#include "files.h"
#include "deflate.h"
#include "page.h"
#include "websocket.h"
#include <arpa/inet.h>
#include <signal.h>
#include <sys/resource.h>

#define PATTERN "abcdefghijklmnopqrstuvwxyz" /* /bytes/N: octet i is PATTERN[i % 26] */
#define CHUNK 65520                          /* a multiple of 26 */
#define HANDSHAKE_LIMIT 10000                /* milliseconds for the first octet, and for TLS */
#define DRAIN_LIMIT 5000                     /* milliseconds from a signal to the end */
#define ACCEPT_PAUSE 200                     /* milliseconds without accept when files run out */

/* A connection. Its h2neg_conn is made once the first octet says whether TLS stands between. */
typedef struct peer {
    net_link link;
    tracer *tracer;        /* --trace, or NULL */
    uint64_t limit;        /* when the handshake must be over; H2NEG_NEVER afterwards */
    struct exchange *late; /* an echo that begins once all that came with its head was read */
    uint32_t at;           /* its place in the tables */
    uint32_t websockets;   /* that were opened */
    net_address from;
} peer;

typedef struct server {
    struct pollfd *fds;  /* 0: the listener, 1: signals, 2: the set, from FIRST on: peers */
    peer **peers;        /* beside fds */
    uint64_t *deadlines; /* beside fds */
    size_t count, room;
    int set, crowded; /* the set of the peers' sockets or -1; 1: poll asks it, not them */
    uint64_t now, accept_at, end_at; /* end_at: H2NEG_NEVER until a signal came */
    SSL_CTX *tls;
    tls_alpn alpn;
    unsigned protocols;
    uint32_t max_message;
    const char *root; /* real path, or NULL */
    files_cache files;
    int echo, quiet, trace;
    unsigned traced; /* connections with a trace, so far */
    char date[30];
    h2neg_field common[2];
    unsigned char in[NET_BUFFER];
} server;

enum { FIRST = 3 };

/* How a request is answered; what stands behind WHOLE is sent piece by piece. */
enum { WHOLE = 0, SEND_PATTERN, SEND_FILE, SEND_TRAILERS, ECHO_BODY };

typedef struct exchange exchange;
typedef struct route {
    const char *path;
    size_t path_len;
    int prefix;        /* it is longer and begins so */
    const char *allow; /* NULL: every method */
    void (*answer)(exchange *x);
} route;

/* Counted once, not for every request. */
#define PATH(text) text, sizeof text - 1, 0
#define PREFIX(text) text, sizeof text - 1, 1

/* A request and its answer, from REQUEST to DONE. What the connection cannot take now stands here
   until WRITABLE. */
struct exchange {
    peer *from;
    uint32_t stream;
    const route *route;
    int protocol, via;
    int head;           /* the method is HEAD */
    int expects;        /* the peer keeps its body until it is told to go on */
    int refusal;        /* 0, or the status that the request gets here */
    int last;           /* the connection ends behind the answer */
    int unless;         /* 0, or the status that a precondition has in place of the answer */
    h2neg_str path;     /* of the request */
    int status, kind;   /* of the answer; status 0: none is chosen yet */
    h2neg_str type;     /* of an echoed request's body, then of the answer's; so are these two */
    int more;           /* a body comes in pieces */
    uint64_t total;     /* its octets, or H2NEG_UNKNOWN */
    uint64_t at;        /* octets of our body that are sent */
    uint64_t received;  /* octets of the request's body */
    int begun, ended;   /* the head of our answer is taken; all of it is */
    int heard_all;      /* the peer's END came */
    int fd;             /* SEND_FILE */
    h2neg_str body;     /* WHOLE */
    files_octets *file; /* that the body stands in, or NULL */
    char *kept;         /* WHOLE: a body of ours; ECHO_BODY: what had no room, from kept_at on */
    size_t kept_at, kept_len, kept_room;
    h2neg_sha1 sha1; /* /upload */
    ws_socket *ws;   /* what the request became, or NULL */
    exchange *next;  /* among those that are to be used again */
    size_t room;     /* octets of `words` */
    char words[];    /* copies of what path and type name */
};

/* Exchanges of most requests are used again: a tiny answer takes 3 % less than through malloc and
   free. */
enum { SPARE_ROOM = 64, SPARE_MOST = 128 };
static struct {
    exchange *first;
    size_t count;
} exchanges_kept;

static server self; /* one process, one server; it is large, so not on the stack */
static int signal_pipe[2];

/* ---- sending bodies ---- */

static const char *pattern_at(uint64_t offset)
{
    static char octets[CHUNK + 26];
    size_t i;
    if (!octets[0])
        for (i = 0; i < sizeof octets; i++)
            octets[i] = PATTERN[i % 26];
    return octets + offset % 26;
}

static size_t file_at(const exchange *x, size_t len, const char **out)
{
    static char octets[CHUNK]; /* with 16380, 1 MB takes 7 % more CPU time */
    *out = octets;
    return files_read(x->fd, octets, len, x->at);
}

/* The next octets of a body: how many there are now. */
static size_t next_octets(const exchange *x, const char **out)
{
    uint64_t left = x->total - x->at;
    size_t len = left < CHUNK ? (size_t)left : CHUNK;
    switch (x->kind) {
    case SEND_FILE: return file_at(x, len, out);
    case ECHO_BODY: *out = x->kept ? x->kept + x->kept_at : ""; return x->kept_len - x->kept_at;
    default: *out = pattern_at(x->at); return len;
    }
}

static void end_message(exchange *x)
{
    h2neg_field trailers[2];
    int sent;
    trailers[0] = h2neg_f("x-octets", "26");
    trailers[1] = h2neg_f("x-checksum", "none");
    if (x->kind == SEND_TRAILERS)
        sent = h2neg_trailers(x->from->link.conn, x->stream, trailers, 2);
    else
        sent = h2neg_send(x->from->link.conn, x->stream, NULL, 0, 0) < 0;
    x->ended = sent == 0;
}

/* Everything that was kept has left: the peer may send more. */
static void echo_emptied(exchange *x)
{
    if (!x->kept_len)
        return;
    x->kept_at = x->kept_len = 0;
    h2neg_hold(x->from->link.conn, x->stream, 0);
}

/* One call of send: how much of it was taken. What is known to be the last carries the end. */
static size_t send_some(exchange *x, const char *octets, size_t len)
{
    int last = x->kind != SEND_TRAILERS && x->total - x->at == len;
    ptrdiff_t n = h2neg_send(x->from->link.conn, x->stream, octets, len, last ? 0 : H2NEG_MORE);
    if (n < 0)
        return 0;
    x->at += (uint64_t)n;
    x->ended = last && (size_t)n == len;
    return (size_t)n;
}

/* Sends until the connection takes no more; WRITABLE comes when it does again. */
static void push(exchange *x)
{
    const char *octets;
    size_t len;
    while (!x->ended && (len = next_octets(x, &octets)) != 0) {
        size_t n = send_some(x, octets, len);
        x->kept_at += x->kind == ECHO_BODY ? n : 0;
        if (n < len)
            return;
    }
    if (x->kind == ECHO_BODY)
        echo_emptied(x);
    else if (x->at < x->total) /* the file has shrunk under us */
        h2neg_reset(x->from->link.conn, x->stream, H2NEG_INTERNAL_ERROR);
    if (!x->ended && (x->kind == ECHO_BODY ? x->heard_all : x->at == x->total))
        end_message(x);
}

/* The head, and all of a WHOLE body, which the connection borrows until DONE. */
static int begin(exchange *x)
{
    static const struct {
        int status;
        const char *name, *value;
    } more[] = {{206, "content-range", "bytes 0-19/20"}, /* of its own sentence */
                {401, "www-authenticate", "Basic realm=\"h2neg\""},
                {407, "proxy-authenticate", "Basic realm=\"h2neg\""},
                {426, "sec-websocket-version", "13"}};
    static h2neg_message m; /* what is never set stays zero: to zero it here is a sixtieth of all */
    char digits[24];
    h2neg_field fields[4];
    size_t i;
    m.status = x->status;
    m.fields = fields;
    m.field_count = 0;
    m.body = x->kind == WHOLE ? x->body.ptr : NULL;
    m.body_len = x->kind == WHOLE ? x->body.len : 0;
    if (x->type.len) {
        fields[m.field_count] = h2neg_f("content-type", "");
        fields[m.field_count++].value = x->type;
    }
    if (x->route->allow && (x->status == 405 || x->refusal == 204))
        fields[m.field_count++] = h2neg_f("allow", x->route->allow);
    for (i = 0; x->status > 205 && i < sizeof more / sizeof more[0]; i++)
        if (x->status == more[i].status)
            fields[m.field_count++] = h2neg_f(more[i].name, more[i].value);
    if (x->kind != WHOLE && x->total != H2NEG_UNKNOWN && x->kind != SEND_TRAILERS) {
        snprintf(digits, sizeof digits, "%llu", (unsigned long long)x->total);
        fields[m.field_count++] = h2neg_f("content-length", digits);
    }
    return h2neg_respond(x->from->link.conn, x->stream, &m,
                         (x->more ? H2NEG_MORE : 0) | (x->last ? H2NEG_LAST : 0));
}

/* Sends what can be sent now, once an answer is chosen and again at each WRITABLE. */
static void proceed(exchange *x)
{
    if (x->status && !x->begun) {
        int failed = begin(x);
        x->begun = !failed;
        x->ended = x->begun && !x->more;
        if (failed && failed != H2NEG_ERR_AGAIN)
            h2neg_reset(x->from->link.conn, x->stream, H2NEG_INTERNAL_ERROR);
    }
    if (x->begun && !x->ended)
        push(x);
}

static h2neg_str copy(char **to, h2neg_str from)
{
    h2neg_str out = {*to, from.len};
    if (from.len)
        memcpy(*to, from.ptr, from.len);
    *to += from.len;
    return out;
}

/* Zeroed, with at least `need` octets of `words`. */
static exchange *exchange_alloc(size_t need)
{
    size_t room = need < SPARE_ROOM ? SPARE_ROOM : need;
    exchange *x = room == SPARE_ROOM ? exchanges_kept.first : NULL;
    if (x) {
        exchanges_kept.first = x->next;
        exchanges_kept.count--;
        room = x->room; /* the same; but what gcc knows it zeroes by rep stos, which takes longer */
    } else {
        x = malloc(sizeof *x + room);
    }
    if (x) {
        memset(x, 0, sizeof *x + room);
        x->room = room;
    }
    return x;
}

static void exchange_drop(exchange *x)
{
    if (!x || x->room != SPARE_ROOM || exchanges_kept.count == SPARE_MOST) {
        free(x);
        return;
    }
    x->next = exchanges_kept.first;
    exchanges_kept.first = x;
    exchanges_kept.count++;
}

/* Limits of the request's head bound what is copied of it. */
static exchange *exchange_new(peer *p, const h2neg_event *ev, const route *r, h2neg_str type)
{
    exchange *x = exchange_alloc(ev->path.len + type.len);
    char *to = x ? x->words : NULL;
    if (!x || h2neg_set_user(p->link.conn, ev->stream, x) != 0) {
        exchange_drop(x);
        h2neg_reset(p->link.conn, ev->stream, H2NEG_INTERNAL_ERROR);
        return NULL;
    }
    x->from = p;
    x->stream = ev->stream;
    x->route = r;
    x->protocol = ev->protocol;
    x->via = ev->via;
    x->head = h2neg_is(ev->method, "HEAD");
    x->more = ev->more;
    x->total = ev->length;
    x->path = copy(&to, ev->path);
    x->type = copy(&to, type);
    x->fd = -1;
    h2neg_sha1_init(&x->sha1);
    return x;
}

static void exchange_free(exchange *x)
{
    if (!x)
        return;
    if (x->from->late == x)
        x->from->late = NULL;
    if (x->fd >= 0)
        close(x->fd);
    ws_free(x->ws);
    files_release(x->file);
    free(x->kept);
    exchange_drop(x);
}

/* ---- answers ---- */

static int is_http1(const exchange *x)
{
    return x->protocol == H2NEG_PROTO_HTTP10 || x->protocol == H2NEG_PROTO_HTTP11;
}

/* A whole answer. The connection may need its octets until DONE. */
static void reply_whole(exchange *x, int status, const char *type, const char *body, size_t len)
{
    x->status = status;
    x->more = 0;
    x->type = h2neg_s(type);
    x->body.ptr = body;
    x->body.len = len;
    proceed(x);
}

/* One that stands in `kept`. */
static void reply_kept(exchange *x, int status, const char *type)
{
    if (x->kept)
        reply_whole(x, status, type, x->kept, x->kept_len);
    else
        h2neg_reset(x->from->link.conn, x->stream, H2NEG_INTERNAL_ERROR);
}

static void reply(exchange *x, int status, const char *type, const char *text, int len)
{
    x->kept = malloc((size_t)len + 1);
    x->kept_len = (size_t)len;
    if (x->kept)
        memcpy(x->kept, text, (size_t)len);
    reply_kept(x, status, type);
}

static void reply_status(exchange *x, int status)
{
    char text[80];
    int len = snprintf(text, sizeof text, "%d %s\n", status, h2neg_status_text(status));
    int none = status == 204 || status == 205 || status == 304; /* RFC 9110 15.3.6, 15.4.5 */
    reply(x, status, none ? "" : "text/plain", text, none ? 0 : len);
}

/* An answer whose body push() sends; for HEAD there is none. */
static void reply_stream(exchange *x, int kind, uint64_t total, const char *type)
{
    x->status = 200;
    x->kind = kind;
    x->more = !x->head;
    x->total = total;
    x->type = h2neg_s(type);
    proceed(x);
}

static const char *via_text(int via)
{
    return via == H2NEG_VIA_PRIOR ? "prior knowledge" : h2neg_via_name(via);
}

/* The row of the page's table that a request came by. */
static int way_of(const exchange *x)
{
    int h2 = x->protocol == H2NEG_PROTO_H2;
    switch (x->via) {
    case H2NEG_VIA_ALPN: return h2 ? WAY_ALPN_H2 : WAY_ALPN_HTTP1;
    case H2NEG_VIA_PRIOR: return WAY_PRIOR;
    case H2NEG_VIA_UPGRADE: return WAY_UPGRADE;
    default: return x->from->link.ssl ? WAY_TLS_SILENT : WAY_PLAIN;
    }
}

static void answer_page(exchange *x)
{
    char stream[16];
    page_values v = {h2neg_protocol_name(x->protocol), via_text(x->via),
                     x->from->link.ssl ? "yes" : "no", stream, way_of(x)};
    snprintf(stream, sizeof stream, "%lu", (unsigned long)x->stream);
    x->kept_len = page_write(NULL, 0, &v);
    x->kept = malloc(x->kept_len);
    if (x->kept)
        page_write(x->kept, x->kept_len, &v);
    reply_kept(x, 200, "text/html; charset=utf-8");
}

static void answer_hello(exchange *x)
{
    reply_whole(x, 200, "text/plain", "hello, world\n", 13);
}

static void answer_negotiated(exchange *x)
{
    char json[128];
    int len = snprintf(json, sizeof json,
                       "{\"protocol\":\"%s\",\"via\":\"%s\",\"tls\":%s,\"stream\":%lu}",
                       h2neg_protocol_name(x->protocol), h2neg_via_name(x->via),
                       x->from->link.ssl ? "true" : "false", (unsigned long)x->stream);
    reply(x, 200, "application/json", json, len);
}

/* Type, length and body are the request's own. Over HTTP/1 the answer begins once everything that
   came with the head was read, so that a body that is malformed from the start is refused. Where
   the peer waits to be told to go on, so does the answer: the connection tells it. */
static void answer_echo(exchange *x)
{
    x->status = 200;
    x->kind = ECHO_BODY;
    if (x->more && is_http1(x))
        x->from->late = x->expects ? NULL : x;
    else if (!x->expects)
        proceed(x);
}

static void answer_upload(exchange *x)
{
    unsigned char digest[20];
    char hex[41], json[128];
    int i, len;
    h2neg_sha1_final(&x->sha1, digest);
    for (i = 0; i < 20; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    len = snprintf(json, sizeof json, "{\"octets\":%llu,\"sha1\":\"%s\"}",
                   (unsigned long long)x->received, hex);
    reply(x, 200, "application/json", json, len);
}

/* What stands behind a route's prefix. */
static uint64_t route_number(const exchange *x, const char *prefix, uint64_t most)
{
    char digits[20] = "";
    size_t skip = strlen(prefix), len = x->path.len - skip;
    long long n = -1;
    if (len < sizeof digits) {
        memcpy(digits, x->path.ptr + skip, len);
        n = options_number(digits, (long long)most);
    }
    return n < 0 ? H2NEG_UNKNOWN : (uint64_t)n;
}

/* The names of the request's fields as they came, a line each: what is missing was taken away on
   the way, which tools/probe asks for. REQUEST does not show what is hop-by-hop, so the head is
   read once more from the octets that the connection has just taken; where they are not HTTP/1, or
   not the whole head, nothing is known. */
static void answer_fields(exchange *x)
{
    h2neg_field fields[64];
    h2neg_h1_head head = {.fields = fields, .room = 64};
    char *at;
    size_t i;
    if (h2neg_h1_parse_request(&head, self.in, sizeof self.in, 0) <= 0 ||
        !h2neg_is(head.path, "/fields") || !(x->kept = malloc(sizeof self.in))) {
        reply_status(x, 404);
        return;
    }
    at = x->kept;
    for (i = 0; i < head.count; i++) {
        copy(&at, head.fields[i].name);
        *at++ = '\n';
    }
    x->kept_len = (size_t)(at - x->kept);
    reply_kept(x, 200, "text/plain");
}

static void answer_bytes(exchange *x)
{
    uint64_t total = route_number(x, "/bytes/", (uint64_t)1 << 40);
    if (total == H2NEG_UNKNOWN)
        reply_status(x, 400);
    else
        reply_stream(x, SEND_PATTERN, total, "text/plain");
}

static void answer_trailers(exchange *x)
{
    reply_stream(x, SEND_TRAILERS, 26, "text/plain");
}

static void answer_status(exchange *x)
{
    uint64_t status = route_number(x, "/status/", 599);
    reply_status(x, status == H2NEG_UNKNOWN || status < 200 ? 400 : (int)status);
}

/* A request for a WebSocket's path that asks for no WebSocket. */
static void answer_websocket(exchange *x)
{
    reply_status(x, self.protocols & H2NEG_WEBSOCKET ? 426 : 404);
}

static void reply_file(exchange *x, const files_kept *file)
{
    x->file = files_hold(file->octets);
    reply_whole(x, 200, file->type, x->file->at, x->file->len);
}

static void answer_file(exchange *x)
{
    char name[PATH_MAX], real[PATH_MAX];
    struct stat st;
    const files_kept *file = files_find(&self.files, x->path);
    int status = 404;
    if (file && !x->unless) {
        reply_file(x, file);
        return;
    }
    if (self.root)
        status = files_resolve(name, real, self.root, x->path);
    if (!status) {
        x->fd = files_open(real, &st);
        status = x->fd < 0 ? -x->fd : 0;
    }
    status = status ? status : x->unless;
    if (!status)
        file = files_keep(&self.files, x->path, name, files_type(real), x->fd, &st);
    if (status)
        reply_status(x, status);
    else if (file)
        reply_file(x, file);
    else
        reply_stream(x, SEND_FILE, (uint64_t)st.st_size, files_type(real));
}

/* ---- routes ---- */

static const route routes[] = {
    {PATH("/"), "GET, HEAD", answer_page},
    {PATH("/hello"), "GET, HEAD", answer_hello},
    {PATH("/negotiated"), "GET, HEAD", answer_negotiated},
    {PATH("/fields"), "GET, HEAD", answer_fields},
    {PATH("/echo"), NULL, answer_echo},
    {PATH("/upload"), "POST", answer_upload},
    {PREFIX("/bytes/"), "GET, HEAD", answer_bytes},
    {PATH("/trailers"), "GET, HEAD", answer_trailers},
    {PREFIX("/status/"), "GET, HEAD", answer_status},
    {PATH("/ws"), "GET", answer_websocket},
    {PATH("/chat"), "GET", answer_websocket},
};
static const route route_files = {PATH(""), "GET, HEAD", answer_file};
static const route route_echo = {PATH(""), NULL, answer_echo};

/* Looks at the last octet before all of them: most routes of the same length differ there, and a
   call of memcmp for each is 2 % of a tiny answer. */
static int route_fits(const route *r, h2neg_str path)
{
    size_t len = r->path_len;
    return (r->prefix ? path.len > len : path.len == len) &&
           path.ptr[len - 1] == r->path[len - 1] && memcmp(path.ptr, r->path, len) == 0;
}

static const route *route_of(h2neg_str path)
{
    size_t i;
    if (self.echo)
        return &route_echo;
    for (i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (route_fits(&routes[i], path))
            return &routes[i];
    return &route_files;
}

static int begins(const char *text, h2neg_str with)
{
    size_t i = 0;
    while (i < with.len && text[i] == with.ptr[i])
        i++;
    return i == with.len && (text[i] == ',' || text[i] == '\0');
}

static int route_allows(const route *r, h2neg_str method)
{
    const char *at = r->allow;
    while (at && !begins(at, method)) {
        at = strchr(at, ' ');
        at += at != NULL;
    }
    return at || !r->allow;
}

static void answer(exchange *x)
{
    if (x->refusal)
        reply_status(x, x->refusal);
    else if (x->unless && x->route != &route_files) /* a file may not be there */
        reply_status(x, x->unless);
    else
        x->route->answer(x);
}

/* ---- events ---- */

/* A handshake that is good. */
static void on_websocket(exchange *x, const h2neg_event *ev)
{
    int kind = self.echo ? WS_ECHO : ws_kind_of(ev->path);
    if (kind < 0) {
        reply_status(x, 404);
        return;
    }
    x->ws = ws_accept(x->from->link.conn, x->from, kind, ev);
    x->status = x->ws ? 101 : 503;
    x->begun = x->ended = 1;
    x->from->websockets += x->ws != NULL;
}

/* The status that refuses a request: a target of a scheme that this connection does not speak for
   (RFC 9110 7.4; HTTP/2's :scheme may be that of a gateway's peer), or a method. OPTIONS is told
   what is allowed. */
static int refusal_of(const exchange *x, const h2neg_event *ev)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE"};
    int secure = x->from->link.ssl && h2neg_is_nocase(ev->scheme, "https");
    size_t i;
    if (is_http1(x) && !secure && !h2neg_is_nocase(ev->scheme, "http"))
        return 421;
    if (x->route->allow && h2neg_is(ev->method, "OPTIONS"))
        return 204;
    if (ev->websocket || route_allows(x->route, ev->method))
        return 0;
    for (i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (h2neg_is(ev->method, methods[i]))
            return 405;
    return 501; /* RFC 9110 9.1: nobody knows it */
}

static h2neg_str type_of(const h2neg_event *ev)
{
    const h2neg_field *f = h2neg_find(ev->fields, ev->field_count, "content-type", NULL);
    return f ? f->value : h2neg_s("");
}

/* What preconditions come to: nothing here has an entity tag that one of theirs could match (RFC
   9110 13.1.1, 13.1.2). What only repeats the request, or has any status, has none of its own. */
static int unless_of(const route *r, const h2neg_event *ev)
{
    const h2neg_field *match = h2neg_find(ev->fields, ev->field_count, "if-match", NULL);
    const h2neg_field *none = h2neg_find(ev->fields, ev->field_count, "if-none-match", NULL);
    if (r->answer == answer_echo || r->answer == answer_fields || r->answer == answer_status)
        return 0;
    if (match && !h2neg_is(match->value, "*"))
        return 412;
    if (!none || !h2neg_is(none->value, "*"))
        return 0;
    return h2neg_is(ev->method, "GET") || h2neg_is(ev->method, "HEAD") ? 304 : 412;
}

/* The answer waits for the END, because the rest of the request may still be malformed. At once go
   an echo, a refusal that saves the peer its body, and the answer to CONNECT, whose END waits for
   it. */
static void on_request(peer *p, const h2neg_event *ev)
{
    const route *r = route_of(ev->path);
    exchange *x = exchange_new(p, ev, r, r->answer == answer_echo ? type_of(ev) : h2neg_s(""));
    int connect = h2neg_is(ev->method, "CONNECT");
    if (!x)
        return;
    x->refusal = connect && !ev->websocket ? 501 : refusal_of(x, ev);
    x->unless = unless_of(r, ev);
    if (ev->websocket && !x->refusal && x->route->answer != answer_fields) {
        on_websocket(x, ev);
        return;
    }
    x->last = connect && is_http1(x); /* what was sent in the hope of a tunnel is no request */
    x->expects = ev->more && h2neg_find(ev->fields, ev->field_count, "expect", NULL);
    if (!ev->more || connect || x->route->answer == answer_echo || (x->refusal && x->expects))
        answer(x);
}

/* Keeps what the peer sent and cannot be sent back yet; hold() bounds it to one window. */
static int echo_keep(exchange *x, const char *octets, size_t len)
{
    size_t room = x->kept_room ? x->kept_room : 4096;
    char *bigger;
    while (room - x->kept_len < len)
        room *= 2;
    if (room > x->kept_room) {
        bigger = realloc(x->kept, room);
        if (!bigger)
            return -1;
        x->kept = bigger;
        x->kept_room = room;
    }
    memcpy(x->kept + x->kept_len, octets, len);
    x->kept_len += len;
    return 0;
}

static void on_echo_data(exchange *x, h2neg_str data)
{
    size_t n;
    if (!x->begun && is_http1(x))
        x->from->late = x;
    else
        proceed(x);
    n = x->begun && !x->kept_len ? send_some(x, data.ptr, data.len) : 0;
    if (n == data.len)
        return;
    if (x->from->late != x)
        h2neg_hold(x->from->link.conn, x->stream, 1);
    if (echo_keep(x, data.ptr + n, data.len - n) < 0)
        h2neg_reset(x->from->link.conn, x->stream, H2NEG_INTERNAL_ERROR);
}

/* All that came was read, and it was good. */
static void begin_late(peer *p)
{
    exchange *x = p->late;
    p->late = NULL;
    if (!x)
        return;
    proceed(x);
    if (x->kept_len)
        h2neg_hold(p->link.conn, x->stream, 1);
}

/* Only /echo and /upload look at a body. */
static void on_data(exchange *x, h2neg_str data)
{
    if (x->kind == ECHO_BODY)
        on_echo_data(x, data);
    else if (x->route->answer == answer_upload)
        h2neg_sha1_update(&x->sha1, data.ptr, data.len);
    x->received += data.len;
}

static void on_end(exchange *x)
{
    x->heard_all = 1;
    if (x->status)
        proceed(x);
    else
        answer(x);
}

static void on_event(peer *p, const h2neg_event *ev)
{
    exchange *x = ev->stream ? (exchange *)ev->user : NULL;
    if (ev->type == H2NEG_EV_REQUEST)
        on_request(p, ev);
    if (!x)
        return;
    if (x->ws)
        ws_on_event(x->ws, ev);
    switch (ev->type) {
    case H2NEG_EV_DATA: on_data(x, ev->data); break;
    case H2NEG_EV_END: on_end(x); break;
    case H2NEG_EV_WRITABLE: proceed(x); break;
    case H2NEG_EV_DONE: exchange_free(x); break;
    default: break;
    }
}

/* ---- connections ---- */

/* What became of a connection, in one line. */
static void log_peer(const peer *p)
{
    h2neg_info info;
    if (self.quiet)
        return;
    memset(&info, 0, sizeof info);
    if (p->link.conn)
        h2neg_conn_info(p->link.conn, &info);
    net_print_address(&p->from);
    if (info.protocol)
        printf(" %s (%s), %lu request%s", h2neg_protocol_name(info.protocol), via_text(info.via),
               (unsigned long)info.requests, info.requests == 1 ? "" : "s");
    else
        printf(" nothing negotiated");
    if (p->websockets)
        printf(", %lu WebSocket%s", (unsigned long)p->websockets, p->websockets == 1 ? "" : "s");
    if (info.why && *info.why)
        printf("; %s", info.why);
    if (p->link.why)
        printf("; TLS: %s", p->link.why);
    else if (info.error.code)
        printf("; %s at octet %llu: %s", h2neg_error_name(info.error.code),
               (unsigned long long)info.error.offset, info.error.text);
    putchar('\n');
    fflush(stdout);
}

/* The last peer takes the place. Events left behind would hold exchanges, so they are taken first.
 */
static void peer_close(size_t i)
{
    peer *p = self.peers[i];
    h2neg_event ev;
    h2neg_lost(p->link.conn);
    while (h2neg_next(p->link.conn, &ev))
        on_event(p, &ev);
    net_free(&p->link);
    tracer_free(p->tracer);
    free(p);
    self.count--;
    self.fds[i] = self.fds[self.count];
    self.peers[i] = self.peers[self.count];
    if (i < self.count)
        self.peers[i]->at = (uint32_t)i;
    self.deadlines[i] = self.deadlines[self.count];
    self.accept_at = 0;
}

/* The large parts of a connection are taken when it has something to do and given back when it has
   not: what one gives back the next one takes a moment later. A ring of a few saves malloc from
   splitting and joining 64 KiB and more at each turn, and the system from growing and cutting the
   heap for it, which TLS, with buffers of its own, had it do: a tiny answer over HTTP/1.1 and TLS
   takes 2.6 times less CPU time, one over HTTP/2 in cleartext 1.1. */
static void *part_alloc(void *user, void *old, size_t old_size, size_t new_size)
{
    static struct {
        void *block;
        size_t size;
    } spare[4], *at = spare;
    size_t i;
    (void)user;
    if (old && new_size)
        return realloc(old, new_size);
    if (old && old_size >= 16384) {
        at = at == spare ? spare + 3 : at - 1;
        free(at->block);
        at->block = old;
        at->size = old_size;
        return NULL;
    }
    for (i = 0; i < 4 && new_size; i++)
        if (spare[i].size == new_size) {
            void *block = spare[i].block;
            spare[i].block = NULL;
            spare[i].size = 0;
            return block;
        }
    return old ? free(old), NULL : malloc(new_size);
}

/* Every connection borrows one of two configs, without TLS and with it, where a copy of its own
   would be a third of what an idle one holds; with --trace each has a hook of its own, and so a
   copy. */
static h2neg_conn *peer_conn(peer *p, int tls)
{
    static h2neg_config shared[2];
    h2neg_config config = {.role = H2NEG_SERVER};
    if (!self.trace && shared[tls].shared)
        return h2neg_conn_new(&shared[tls]);
    config.alloc_fn = part_alloc;
    config.tls = tls;
    config.protocols = self.protocols;
    config.common_fields = self.common;
    config.common_field_count = 2;
    config.max_message = self.max_message;
    config.ws_codec = deflate_codec();
    if (self.trace) {
        p->tracer = tracer_new(&config, ++self.traced);
        return h2neg_conn_new(&config);
    }
    shared[tls] = config;
    return h2neg_config_share(&shared[tls]) == 0 ? h2neg_conn_new(&shared[tls]) : NULL;
}

static int peer_speak(peer *p, int tls)
{
    p->link.conn = peer_conn(p, tls);
    if (p->link.conn && tls) {
        p->link.ssl = tls_accept(self.tls, p->link.fd);
        p->link.handshaking = 1;
    }
    if (!tls)
        p->limit = H2NEG_NEVER;
    return p->link.conn && (!tls || p->link.ssl) ? 0 : -1;
}

/* Looks at the first octet without taking it: only a TLS handshake record begins with 22 (RFC
   8446 5.1). 1: known; 0: nothing there yet; -1: close. */
static int peer_look(peer *p)
{
    unsigned char first;
    ssize_t n = recv(p->link.fd, &first, 1, MSG_PEEK);
    if (n == 1)
        return peer_speak(p, first == 22) < 0 ? -1 : 1;
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) ? 0 : -1;
}

/* One turn of one connection: whatever moved, all events are taken before anything moves again. The
   number of rounds is bounded, so that a fast peer cannot keep the others waiting. */
static void serve(peer *p, short revents)
{
    h2neg_conn *c = p->link.conn;
    h2neg_event ev;
    int rounds = 16;
    h2neg_tick(c, self.now);
    net_polled(&p->link, revents);
    do {
        while (h2neg_next(c, &ev))
            on_event(p, &ev);
        begin_late(p);
        self.in[0] = '\0'; /* /fields looks there, and only for what this connection brings */
    } while (rounds-- && net_move(&p->link, self.in, sizeof self.in));
}

static void await(size_t i, short events)
{
    if (events == self.fds[i].events)
        return;
    self.fds[i].events = events;
    if (self.crowded)
        net_set_change(self.set, self.fds[i].fd, events, self.peers[i]);
}

/* Serves a connection that was touched or whose time has come. */
static void turn(size_t i)
{
    peer *p = self.peers[i];
    int known = p->link.conn ? 1 : peer_look(p);
    if (known == 1)
        serve(p, self.fds[i].revents);
    self.fds[i].revents = 0;
    if (known == 1 && !p->link.handshaking)
        p->limit = H2NEG_NEVER;
    if (known < 0 || p->limit <= self.now ||
        (known && h2neg_wants(p->link.conn) & H2NEG_WANT_CLOSE)) {
        log_peer(p);
        peer_close(i);
        return;
    }
    self.deadlines[i] = p->limit;
    if (known) {
        uint64_t next = h2neg_tick(p->link.conn, self.now);
        self.deadlines[i] = net_unseen(&p->link) ? 0 : next < p->limit ? next : p->limit;
        await(i, net_events(&p->link));
    }
}

/* ---- the loop ---- */

/* Once there are many, the sockets are given to a set: beside 1,000 idle ones a request on a single
   busy connection then takes 5 times less CPU time. With few of them poll alone takes 3 % less. */
static void use_set(void)
{
    size_t i = FIRST;
    while (i < self.count &&
           net_set_add(self.set, self.fds[i].fd, self.fds[i].events, self.peers[i]) == 0)
        i++;
    self.crowded = i == self.count;
    self.fds[2].fd = self.crowded ? self.set : -1;
}

static int grow(void)
{
    size_t room = self.room ? self.room * 2 : 64;
    struct pollfd *fds = realloc(self.fds, room * sizeof *fds);
    peer **peers;
    uint64_t *deadlines;
    if (!fds)
        return -1;
    self.fds = fds;
    peers = realloc(self.peers, room * sizeof *peers);
    if (!peers)
        return -1;
    self.peers = peers;
    deadlines = realloc(self.deadlines, room * sizeof *deadlines);
    if (!deadlines)
        return -1;
    self.deadlines = deadlines;
    if (self.room && !self.crowded)
        use_set();
    self.room = room;
    return 0;
}

static void watch(int fd, peer *p, uint64_t deadline)
{
    self.fds[self.count].fd = fd;
    self.fds[self.count].events = POLLIN;
    self.fds[self.count].revents = 0;
    self.peers[self.count] = p;
    self.deadlines[self.count] = deadline;
    if (p)
        p->at = (uint32_t)self.count;
    self.count++;
}

/* Something was sent to a WebSocket of another connection, whose turn comes with the next round. */
static void wake(void *owner)
{
    const peer *p = (const peer *)owner;
    self.deadlines[p->at] = 0;
}

static int peer_new(int fd, const net_address *from)
{
    peer *p = self.count < self.room || grow() == 0 ? calloc(1, sizeof *p) : NULL;
    if (!p)
        return -1;
    net_start(&p->link, fd);
    p->limit = self.now + HANDSHAKE_LIMIT;
    p->from = *from;
    if (net_nonblocking(fd) || (self.crowded && net_set_add(self.set, fd, POLLIN, p)) ||
        (!self.tls && peer_speak(p, 0) < 0)) {
        h2neg_conn_free(p->link.conn);
        tracer_free(p->tracer);
        free(p);
        return -1;
    }
    watch(fd, p, self.now); /* its first turn is the next one */
    return 0;
}

/* When files or memory run out, the queue of the listener has to wait: accepting goes on when a
   connection has ended, or a little later. */
static void accept_peers(void)
{
    net_address from;
    int i, fd;
    for (i = 0; i < 64; i++) {
        socklen_t len = sizeof from;
        fd = accept(self.fds[0].fd, &from.any, &len);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                self.accept_at = self.now + ACCEPT_PAUSE;
            return;
        }
        if (peer_new(fd, &from) < 0)
            close(fd);
    }
}

/* The first signal drains: what is under way goes on to its end. The second one does not wait. */
static void drain(void)
{
    char octets[16];
    size_t i;
    if (read(signal_pipe[0], octets, sizeof octets) < 1)
        return;
    self.end_at = self.end_at == H2NEG_NEVER ? self.now + DRAIN_LIMIT : self.now;
    if (self.fds[0].fd >= 0)
        close(self.fds[0].fd);
    self.fds[0].fd = -1; /* poll passes over it */
    ws_go_away();
    for (i = FIRST; i < self.count; i++) {
        h2neg_shutdown(self.peers[i]->link.conn);
        self.deadlines[i] = 0;
        if (self.peers[i]->limit != H2NEG_NEVER)
            self.peers[i]->limit = 0; /* nothing has begun there */
    }
}

/* Date changes in place: the fields that every connection was lent point here. */
static void tell_date(void)
{
    static time_t told;
    time_t t = time(NULL);
    if (t != told)
        h2neg_http_date(self.date, (int64_t)t);
    told = t;
}

/* The earliest deadline, looked for where poll has just looked anyway. */
static uint64_t run_turns(void)
{
    uint64_t next = self.end_at;
    size_t i;
    for (i = self.count; i-- > FIRST;)
        if (self.fds[i].revents || self.deadlines[i] <= self.now)
            turn(i);
    if (self.fds[1].revents)
        drain();
    if (self.fds[0].revents && self.fds[0].fd >= 0)
        accept_peers();
    self.deadlines[0] = self.accept_at ? self.accept_at : H2NEG_NEVER;
    for (i = 0; i < self.count; i++)
        if (self.deadlines[i] < next)
            next = self.deadlines[i];
    return next;
}

/* Waits, and says in each `revents` what is ready. */
static void wait_until(uint64_t deadline)
{
    void *ready[NET_AT_ONCE];
    short revents[NET_AT_ONCE];
    size_t i, count = self.crowded ? FIRST : self.count;
    int n;
    if (poll(self.fds, (nfds_t)count, net_timeout(deadline, self.now)) < 0)
        for (i = 0; i < count; i++)
            self.fds[i].revents = 0;
    n = self.fds[2].revents ? net_set_ready(self.set, ready, revents) : 0;
    while (n-- > 0)
        self.fds[((peer *)ready[n])->at].revents = revents[n];
}

static void run(void)
{
    uint64_t next = H2NEG_NEVER;
    while (self.now < self.end_at && (self.end_at == H2NEG_NEVER || self.count > FIRST)) {
        if (self.accept_at <= self.now)
            self.accept_at = 0;
        self.fds[0].events = self.accept_at ? 0 : POLLIN;
        wait_until(next);
        self.now = net_now();
        self.files.now = self.now;
        tell_date();
        next = run_turns();
    }
    while (self.count > FIRST) {
        log_peer(self.peers[FIRST]);
        peer_close(FIRST);
    }
}

/* ---- starting ---- */

typedef struct settings {
    const char *port, *address, *cert, *key, *root, *protocols, *alpn, *max_message;
    int tls, echo, quiet, trace, help;
} settings;

static const char usage[] =
    "usage: server [-p PORT] [-b ADDR] [--tls] [--cert FILE --key FILE] [--root DIR]\n"
    "              [--protocols LIST] [--alpn LIST] [--max-message N] [--echo] [--trace]\n"
    "              [--quiet]\n"
    "  -p PORT           8080; 0 takes any free port\n"
    "  -b ADDR           127.0.0.1\n"
    "  --tls             TLS beside cleartext on the same port\n"
    "  --cert, --key     PEM files; without them TLS makes a throw-away certificate\n"
    "  --root DIR        serves the regular files below it; links that leave it are not there\n"
    "  --protocols LIST  of http/1.1,h2c,prior,h2,websocket (all)\n"
    "  --alpn LIST       what ALPN selects from, if it should differ; '' leaves ALPN unanswered\n"
    "  --max-message N   octets of a WebSocket message (1048576)\n"
    "  --trace           every octet of each connection in words, on standard error\n"
    "  --echo            every request is answered with its own body, every WebSocket is an echo\n"
    "  --quiet           no line for each connection\n";

/* The bits of a list of protocols; 0: one of them is not known. */
static unsigned read_protocols(const char *list)
{
    static const char *const names[] = {"http/1.1", "h2c", "prior", "h2", "websocket"};
    static const unsigned bits[] = {H2NEG_HTTP1, H2NEG_H2C, H2NEG_PRIOR, H2NEG_H2, H2NEG_WEBSOCKET};
    unsigned protocols = 0;
    h2neg_list at = {0, 0};
    h2neg_field field = h2neg_f("list", list);
    h2neg_str one;
    while (h2neg_list_next(&at, &field, 1, "list", &one)) {
        size_t i = 0;
        while (i < 5 && !h2neg_is(one, names[i]))
            i++;
        if (i == 5)
            return 0;
        protocols |= bits[i];
    }
    return protocols;
}

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "server: %s: %s.\n", what, why);
    return 2;
}

static int start_tls(const settings *set)
{
    const char *why = "";
    if (set->alpn && tls_alpn_read(&self.alpn, set->alpn) != 0)
        return fail(set->alpn, "not a list of protocol names for --alpn");
    if (!set->cert != !set->key)
        return fail("--cert and --key", "one is useless without the other");
    if (!set->tls)
        return set->cert ? fail("--cert and --key", "they are for --tls") : 0;
    self.tls = tls_server(set->cert, set->key, self.protocols, set->alpn ? &self.alpn : NULL, &why);
    return self.tls ? 0 : fail(set->cert ? set->cert : "--tls", why);
}

static int start_websocket(const settings *set)
{
    long long most = set->max_message ? options_number(set->max_message, INT32_MAX) : 1048576;
    if (most < 1)
        return fail(set->max_message,
                    "--max-message takes a number of octets, from 1 to 2147483647");
    self.max_message = (uint32_t)most;
    ws.max_message = self.max_message;
    ws.wake = wake;
    return 0;
}

static int start_config(const settings *set)
{
    h2neg_config config = {.role = H2NEG_SERVER};
    struct stat root;
    self.protocols = read_protocols(set->protocols);
    config.protocols = self.protocols;
    config.tls = set->tls && !(self.protocols & (H2NEG_HTTP1 | H2NEG_PRIOR)); /* TLS alone */
    if (!self.protocols)
        return fail(set->protocols,
                    "--protocols takes a list of http/1.1, h2c, prior, h2, websocket");
    if (h2neg_config_check(&config) != 0)
        return fail(set->protocols, "nothing is left to speak: h2 needs --tls, h2c needs http/1.1");
    self.set = net_set_new();
    self.echo = set->echo;
    self.quiet = set->quiet;
    self.trace = set->trace;
    self.end_at = H2NEG_NEVER;
    self.common[0] = h2neg_f("server", "h2neg");
    self.common[1] = h2neg_f("date", "");
    self.common[1].value.ptr = self.date;
    self.common[1].value.len = 29;
    self.now = net_now();
    tell_date();
    if (set->root && !(self.root = realpath(set->root, NULL)))
        return fail(set->root, strerror(errno));
    if (self.root && (stat(self.root, &root) || !S_ISDIR(root.st_mode)))
        return fail(set->root, "not a directory");
    return 0;
}

/* What it interrupts may be about to look at errno. */
static void on_signal(int number)
{
    int error = errno;
    (void)number;
    while (write(signal_pipe[1], "", 1) < 0 && errno == EINTR)
        ;
    errno = error;
}

static int start_signals(void)
{
    struct sigaction act;
    memset(&act, 0, sizeof act);
    act.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &act, NULL);
    if (pipe(signal_pipe) || fcntl(signal_pipe[0], F_SETFL, O_NONBLOCK) ||
        fcntl(signal_pipe[1], F_SETFL, O_NONBLOCK))
        return fail("pipe", strerror(errno));
    act.sa_handler = on_signal;
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    return 0;
}

/* As many files as the system lets us have: every connection is one. */
static void raise_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static int start_listening(const settings *set)
{
    net_address at;
    socklen_t len = sizeof at;
    char asked[INET6_ADDRSTRLEN + 16];
    const char *why = "";
    int fd, tls;
    if (options_number(set->port, 65535) < 0)
        return fail(set->port, "not a port");
    fd = net_listen(set->address, set->port, &why);
    if (fd < 0 || grow() < 0 || getsockname(fd, &at.any, &len)) {
        snprintf(asked, sizeof asked, "%s:%s", set->address, set->port);
        return fail(asked, why);
    }
    watch(fd, NULL, H2NEG_NEVER);
    watch(signal_pipe[0], NULL, H2NEG_NEVER);
    watch(-1, NULL, H2NEG_NEVER); /* poll passes over it */
    for (tls = 0; tls <= (self.tls != NULL); tls++) {
        printf("listening on %s://", tls ? "https" : "http");
        net_print_address(&at);
        putchar('\n');
    }
    fflush(stdout);
    return 0;
}

static int read_settings(settings *set, int argc, char **argv)
{
    const option table[] = {
        {"-p", NULL, &set->port, NULL, NULL},
        {"-b", NULL, &set->address, NULL, NULL},
        {"--tls", &set->tls, NULL, NULL, NULL},
        {"--cert", NULL, &set->cert, NULL, NULL},
        {"--key", NULL, &set->key, NULL, NULL},
        {"--root", NULL, &set->root, NULL, NULL},
        {"--protocols", NULL, &set->protocols, NULL, NULL},
        {"--alpn", NULL, &set->alpn, NULL, NULL},
        {"--max-message", NULL, &set->max_message, NULL, NULL},
        {"--echo", &set->echo, NULL, NULL, NULL},
        {"--trace", &set->trace, NULL, NULL, NULL},
        {"--quiet", &set->quiet, NULL, NULL, NULL},
        {"--help", &set->help, NULL, NULL, NULL},
    };
    int rest = options_read(table, sizeof table / sizeof table[0], argc, argv);
    if (rest > 0)
        return fail(argv[1], "not an option; see server --help");
    return rest < 0 ? 2 : 0;
}

int main(int argc, char **argv)
{
    settings set = {
        .port = "8080", .address = "127.0.0.1", .protocols = "http/1.1,h2c,prior,h2,websocket"};
    int failed = read_settings(&set, argc, argv);
    if (failed)
        return failed;
    if (set.help)
        return fputs(usage, stdout), 0;
    net_keep_standard();
    raise_limit();
    failed = start_config(&set);
    if (!failed)
        failed = start_websocket(&set);
    if (!failed)
        failed = start_tls(&set);
    if (!failed)
        failed = start_signals();
    if (!failed)
        failed = start_listening(&set);
    if (!failed)
        run();
    tls_context_free(self.tls);
    return failed;
}
