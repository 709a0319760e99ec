/* ws_client.h: ws: and wss: URLs, the part of client.c that speaks WebSocket; it is included there
   once, behind what both parts use.

   What to look at: ws_drive() is the whole loop; ws_talk() is what goes out, ws_on_event() what
   comes in; ws_run() falls back from HTTP/2 to HTTP/1.1. */
#ifndef WS_CLIENT_H
#define WS_CLIENT_H

#include "deflate.h"
#include "ws_queue.h"

/* Standard input, cut into lines of any length. */
typedef struct ws_lines {
    char *octets;         /* owned */
    size_t start, looked; /* of the next line; where its end is looked for */
    size_t len, room;
    unsigned long number; /* of the line that was taken last */
    int ended;            /* there is no more to be read */
} ws_lines;

/* One WebSocket, from its connection to the end. */
typedef struct ws_session {
    const job *job;
    uint32_t stream;
    int over_h2;           /* HTTP/2 is tried */
    int negotiated, asked; /* what is spoken is known; the request is taken */
    int open, over;        /* OPEN came; no more is to be done on this connection */
    int not_supported;     /* the peer speaks HTTP/2 without extended CONNECT (RFC 8441) */
    int leaving;           /* our Close is out */
    int held;              /* --echo: input waits until its answer is out */
    int status;            /* of a refusal */
    uint32_t code;         /* of WS_CLOSE; 0: it did not come */
    char reason[124];
    h2neg_error error;
    ws_queue out;
    ws_message *text; /* -d */
    size_t to_send, to_hear, heard, in_flight;
    ws_lines lines;
} ws_session;

static ws_session ws;

/* More octets from the system, all of them or none. */
static int ws_random_read(unsigned char *out, size_t len)
{
    static int fd = -1;
    ssize_t n = 1;
    while (fd < 0 && (fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC)) < 0 && errno == EINTR)
        ;
    while (fd >= 0 && len && n) {
        n = read(fd, out, len);
        if (n < 0 && errno != EINTR)
            return 0;
        out += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return len == 0;
}

/* Random octets for keys and masks, from the system by the page: every frame takes four. */
static int ws_random(void *user, void *out, size_t len)
{
    static unsigned char pool[4096];
    static size_t left;
    (void)user;
    if (left < len)
        left = ws_random_read(pool, sizeof pool) ? sizeof pool : 0;
    if (left < len)
        return 0;
    left -= len;
    memcpy(out, pool + left, len);
    return 1;
}

static int ws_is_text(const char *octets, size_t len)
{
    h2neg_utf8 u;
    memset(&u, 0, sizeof u);
    return h2neg_utf8_check(&u, octets, len) == len && h2neg_utf8_whole(&u);
}

static void ws_hold(int on)
{
    if (ws.held != on)
        h2neg_hold(self.link.conn, ws.stream, on);
    ws.held = on;
}

static void ws_leave(int code, const char *reason)
{
    if (!ws.leaving)
        h2neg_ws_close(self.link.conn, ws.stream, code, reason);
    ws.leaving = 1;
}

/* ---- what goes out ---- */

/* -d: as many at once as -m allows. */
static void ws_send_text(void)
{
    while (ws.to_send && ws.in_flight < self.transfer_count && !ws.out.first) {
        if (ws_queue_add(&ws.out, ws.text) < 0)
            return;
        ws.to_send--;
        ws.in_flight++;
        ws_queue_push(&ws.out, self.link.conn, ws.stream);
    }
}

/* More room behind what is there, or in front of it. 0, or -1. */
static int ws_lines_make_room(ws_lines *l)
{
    size_t room = l->room ? l->room * 2 : 65536;
    char *bigger;
    if (l->start) {
        memmove(l->octets, l->octets + l->start, l->len - l->start);
        l->len -= l->start;
        l->looked -= l->start;
        l->start = 0;
    }
    if (l->len < l->room)
        return 0;
    bigger = (char *)realloc(l->octets, room);
    if (!bigger)
        return -1;
    l->octets = bigger;
    l->room = room;
    return 0;
}

/* Reads once; poll has said that there is something. */
static void ws_lines_read(ws_lines *l)
{
    ssize_t n = ws_lines_make_room(l) < 0 ? 0 : read(0, l->octets + l->len, l->room - l->len);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    l->ended = n <= 0;
    l->len += n > 0 ? (size_t)n : 0;
}

/* The next whole line, without its end. 1, or 0: it is not there yet. */
static int ws_lines_next(ws_lines *l, h2neg_str *line)
{
    const char *end = NULL;
    if (l->looked < l->len)
        end = (const char *)memchr(l->octets + l->looked, '\n', l->len - l->looked);
    l->looked = l->len;
    if (!end && (!l->ended || l->start == l->len))
        return 0;
    line->ptr = l->octets + l->start;
    line->len = end ? (size_t)(end - line->ptr) : l->len - l->start;
    l->start += line->len + (end != NULL);
    l->looked = l->start;
    l->number++;
    return 1;
}

/* Every line is a message, the end of input is the end. */
static void ws_send_lines(void)
{
    h2neg_str line;
    char where[64];
    while (!ws.leaving && !ws.out.first && ws_lines_next(&ws.lines, &line)) {
        if (ws_is_text(line.ptr, line.len)) {
            ws_queue_send(&ws.out, self.link.conn, ws.stream, H2NEG_WS_TEXT, line);
            continue;
        }
        snprintf(where, sizeof where, "standard input, line %lu", ws.lines.number);
        complain(where, "it is not UTF-8, and so no text message");
        ws_leave(H2NEG_WS_NORMAL, NULL);
    }
    if (ws.lines.ended && !ws.out.first && ws.lines.start == ws.lines.len)
        ws_leave(H2NEG_WS_NORMAL, NULL);
}

/* Sends what can be sent now. What waits comes first; --echo has nothing of its own to say. */
static void ws_talk(void)
{
    if (!ws.open || ws.over || ws_queue_push(&ws.out, self.link.conn, ws.stream) != WS_SENT)
        return;
    if (self.echo)
        ws_hold(0);
    else if (ws.text)
        ws_send_text();
    else
        ws_send_lines();
}

/* Asks for the WebSocket, as soon as the connection takes the request. */
static void ws_ask(void)
{
    h2neg_message m;
    int said;
    if (ws.asked || ws.over || self.link.handshaking)
        return;
    memset(&m, 0, sizeof m);
    m.authority = self.authority.len ? self.authority : ws.job->url.authority;
    m.target = h2neg_s(ws.job->target);
    m.fields = self.fields;
    m.field_count = self.field_count;
    m.upgrade = h2neg_s("websocket");
    m.subprotocols = h2neg_s(self.subprotocols);
    said = h2neg_request(self.link.conn, &m, 0, &ws.stream);
    ws.asked = said == 0;
    ws.not_supported = said == H2NEG_ERR_NOT_SUPPORTED;
    ws.over = said < 0 && said != H2NEG_ERR_AGAIN;
    if (said == H2NEG_ERR_INVALID || said == H2NEG_ERR_NO_RANDOM)
        ws.error.code = said;
}

/* ---- what comes in ---- */

static void ws_print(const h2neg_event *ev)
{
    static const h2neg_str end = {"\n", 1};
    take_data(ev->data);
    take_data(end);
}

/* Each message is seen as soon as it came. Where nobody takes them there is no reason to go on. */
static void ws_flush(void)
{
    if (!self.out_failed && fflush(self.out)) {
        self.out_failed = 1;
        complain(self.out_name ? self.out_name : "standard output", strerror(errno));
    }
    if (self.out_failed && ws.open)
        ws_leave(H2NEG_WS_GOING_AWAY, NULL);
}

/* The first answer of -d is printed; behind the last one the WebSocket closes. */
static void ws_on_answer(const h2neg_event *ev)
{
    if (ws.heard == ws.to_hear)
        return;
    if (ws.heard++ == 0)
        ws_print(ev);
    ws.in_flight -= ws.in_flight > 0;
    if (ws.heard == ws.to_hear)
        ws_leave(H2NEG_WS_NORMAL, NULL);
}

static void ws_on_message(const h2neg_event *ev)
{
    if (self.echo) {
        int state = ws_queue_send(&ws.out, self.link.conn, ws.stream, ev->opcode, ev->data);
        ws_hold(state == WS_WAITS);
    } else if (ws.text) {
        ws_on_answer(ev);
    } else {
        ws_print(ev);
    }
}

static void ws_on_negotiated(const h2neg_event *ev)
{
    int h2 = ev->protocol == H2NEG_PROTO_H2 || ev->protocol == H2NEG_PROTO_H2C;
    ws.negotiated = 1;
    print_negotiated(ev);
    if (self.verbose && ws.over_h2 && !h2)
        fputs("* no WebSocket over HTTP/2 there: HTTP/1.1 on this connection\n", stderr);
}

static void ws_on_open(const h2neg_event *ev)
{
    h2neg_str name, parameters;
    h2neg_list list = {0, 0};
    ws.open = 1;
    print_head(ev);
    if (!self.verbose)
        return;
    fputs("* websocket open", stderr);
    if (ev->subprotocol.len)
        fprintf(stderr, ", subprotocol %.*s", (int)ev->subprotocol.len, ev->subprotocol.ptr);
    while (h2neg_ws_extension_next(&list, ev->fields, ev->field_count, &name, &parameters) == 1)
        fprintf(stderr, ", %.*s", (int)name.len, name.ptr);
    fputc('\n', stderr);
}

static void ws_on_close(const h2neg_event *ev)
{
    ws.code = ev->code;
    snprintf(ws.reason, sizeof ws.reason, "%.*s", (int)ev->reason.len,
             ev->reason.len ? ev->reason.ptr : "");
    make_plain(ws.reason);
    if (ev->error.code)
        ws.error = ev->error;
    ws_queue_clear(&ws.out);
    if (self.verbose)
        fprintf(stderr, "* websocket closed with %lu%s%s\n", (unsigned long)ws.code,
                *ws.reason ? ": " : "", ws.reason);
}

static void ws_on_refusal(const h2neg_event *ev)
{
    print_head(ev);
    ws.status = ev->status;
    ws.over = 1;
}

static void ws_on_event(const h2neg_event *ev)
{
    switch (ev->type) {
    case H2NEG_EV_NEGOTIATED: ws_on_negotiated(ev); break;
    case H2NEG_EV_INFORMATIONAL: print_head(ev); break;
    case H2NEG_EV_RESPONSE: ws_on_refusal(ev); break;
    case H2NEG_EV_OPEN: ws_on_open(ev); break;
    case H2NEG_EV_WS_MESSAGE: ws_on_message(ev); break;
    case H2NEG_EV_WS_CLOSE: ws_on_close(ev); break;
    case H2NEG_EV_GOAWAY: ws.over = ws.over || !ws.asked; break;
    case H2NEG_EV_DONE:
    case H2NEG_EV_ERROR:
        ws.over = 1;
        if (ev->error.code && !ws.error.code)
            ws.error = ev->error;
        break;
    default: break;
    }
}

/* ---- one connection ---- */

static void ws_turn(void)
{
    h2neg_event ev;
    h2neg_tick(self.link.conn, net_now());
    do {
        while (h2neg_next(self.link.conn, &ev))
            ws_on_event(&ev);
        ws_ask();
        ws_talk();
        ws_flush();
    } while (net_move(&self.link, self.in, sizeof self.in));
}

/* Standard input is looked at when its next line could be sent. */
static void ws_wait(uint64_t limit)
{
    uint64_t now = net_now(), next = h2neg_tick(self.link.conn, now);
    int listens = ws.open && !ws.over && !ws.leaving && !self.echo && !ws.text;
    struct pollfd p[2];
    memset(p, 0, sizeof p);
    p[0].fd = self.link.fd;
    p[0].events = net_events(&self.link);
    p[1].fd = listens && !ws.lines.ended && !ws.out.first ? 0 : -1;
    p[1].events = POLLIN;
    poll(p, 2, net_timeout(next < limit ? next : limit, now));
    net_polled(&self.link, p[0].revents);
    if (p[1].revents)
        ws_lines_read(&ws.lines);
}

/* Until the WebSocket is over. It has to open in time; then it may last. */
static void ws_drive(void)
{
    uint64_t limit = net_now() + HANDSHAKE_LIMIT;
    int leaving = 0;
    while (ws_turn(), !(h2neg_wants(self.link.conn) & H2NEG_WANT_CLOSE)) {
        if (!leaving && ws.over) {
            h2neg_shutdown(self.link.conn);
            leaving = 1;
            limit = net_now() + BYE_LIMIT;
            continue;
        }
        if (!leaving && ws.open)
            limit = H2NEG_NEVER;
        if (net_now() >= limit)
            break;
        ws_wait(limit);
    }
    if (self.link.handshaking)
        self.link.why = "the TLS handshake did not end in time";
}

/* Over HTTP/2, cleartext goes by prior knowledge; TLS offers both and takes what is agreed. */
static int ws_connect(void)
{
    h2neg_config config;
    h2neg_str offer = h2neg_alpn_for_websocket(ws.over_h2);
    tls_alpn alpn;
    memset(&config, 0, sizeof config);
    config.role = H2NEG_CLIENT;
    config.tls = ws.job->tls;
    config.protocols = H2NEG_WEBSOCKET | H2NEG_HTTP1;
    if (ws.over_h2)
        config.protocols = H2NEG_WEBSOCKET | (config.tls ? H2NEG_HTTP1 | H2NEG_H2 : H2NEG_PRIOR);
    config.max_message = (uint32_t)self.max_message;
    config.random_fn = ws_random;
    config.ws_codec = deflate_codec();
    memcpy(alpn.wire, offer.ptr, offer.len);
    alpn.len = offer.len;
    return connect_to(ws.job, &config, self.alpn_list ? &self.alpn : &alpn);
}

static void ws_hang_up(void)
{
    h2neg_event ev;
    h2neg_lost(self.link.conn);
    while (h2neg_next(self.link.conn, &ev))
        ws_on_event(&ev);
}

/* ---- what came of it ---- */

/* 1: this was no HTTP/2 with extended CONNECT, so HTTP/1.1 is worth a try. A server that knows
   HTTP/1 alone answers a preface as it likes, maybe with a close. */
static int ws_falls_back(void)
{
    if (!ws.over_h2 || ws.open || ws.status || self.link.why)
        return 0;
    if (ws.not_supported || ws.error.code == H2NEG_ERR_PEER_IS_HTTP1)
        return 1;
    return !ws.job->tls && !ws.negotiated && ws.over &&
           (!ws.error.code || ws.error.code == H2NEG_ERR_LOST);
}

static void ws_complain(const char *why)
{
    char what[512];
    snprintf(what, sizeof what, "%.*s://%.*s%s", (int)ws.job->url.scheme.len,
             ws.job->url.scheme.ptr, (int)ws.job->url.authority.len, ws.job->url.authority.ptr,
             ws.job->target);
    complain(what, why);
}

static void ws_complain_status(void)
{
    char why[160];
    int failed = self.failed;
    snprintf(why, sizeof why, "refused with %d %s", ws.status, h2neg_status_text(ws.status));
    ws_complain(why);
    if (self.fail && !failed)
        self.failed = 22;
}

static void ws_complain_code(void)
{
    char why[200];
    snprintf(why, sizeof why, "the WebSocket was closed with %lu%s%s", (unsigned long)ws.code,
             *ws.reason ? ": " : "", ws.reason);
    ws_complain(why);
}

static void ws_judge(void)
{
    int good = ws.code == H2NEG_WS_NORMAL || ws.code == H2NEG_WS_GOING_AWAY ||
               ws.code == H2NEG_WS_NO_STATUS;
    if (self.link.why)
        complain_tls();
    else if (ws.status)
        ws_complain_status();
    else if (good && ws.heard < ws.to_hear)
        ws_complain("the WebSocket was closed before every answer came");
    else if (good)
        return;
    else if (ws.error.code)
        complain_url(ws.job, &ws.error);
    else if (ws.code == H2NEG_WS_ABNORMAL)
        ws_complain("the connection ended without a Close");
    else if (ws.code)
        ws_complain_code();
    else
        ws_complain(ws.over ? "the server takes no requests" : "no WebSocket was opened in time");
}

/* One try. 1: another one over HTTP/1.1 should follow. */
static int ws_try(int over_h2)
{
    int again;
    memset(&ws, 0, sizeof ws);
    ws.job = self.origin;
    ws.over_h2 = over_h2;
    if (ws_connect() < 0)
        return 0;
    if (self.data) {
        ws.text = ws_message_new(H2NEG_WS_TEXT, self.data, strlen(self.data));
        ws.to_send = ws.to_hear = (size_t)ws.job->left;
    }
    ws_drive();
    ws_hang_up();
    again = ws_falls_back();
    if (!again)
        ws_judge();
    drop_link();
    ws_queue_clear(&ws.out);
    ws_message_drop(ws.text);
    free(ws.lines.octets);
    return again;
}

static void ws_run(void)
{
    self.complained = 0;
    if (!ws_try(self.over_h2))
        return;
    if (self.verbose)
        fputs("* no WebSocket over HTTP/2 there: HTTP/1.1 on a new connection\n", stderr);
    ws_try(0);
}

#endif
