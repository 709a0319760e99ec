/* probe_talk.h: one way, from its connection to its end. Included by probe.c, behind probe_why.h.

   What to look at: try_way() is the whole; converse() is the loop of a connection. */
#ifndef PROBE_TALK_H
#define PROBE_TALK_H

/* ---- the transport ---- */

static void remember(attempt *a, const void *octets, size_t len)
{
    size_t room = sizeof a->first - a->first_len;
    memcpy(a->first + a->first_len, octets, len < room ? len : room);
    a->first_len += len < room ? len : room;
}

/* Waits until the socket is ready, or the attempt's time is over. */
static void wait_for(attempt *a, short events)
{
    uint64_t now = net_now(), limit = a->limit;
    struct pollfd p;
    if (a->link.conn) {
        uint64_t next = h2neg_tick(a->link.conn, now);
        limit = next < limit ? next : limit;
    }
    p.fd = a->link.fd;
    p.events = events;
    p.revents = 0;
    poll(&p, 1, net_timeout(limit, now));
    if (a->link.conn)
        net_polled(&a->link, p.revents);
}

#ifdef H2NEG_OPENSSL

static void note_tls_error(attempt *a)
{
    unsigned long e = ERR_peek_error();
    const char *text = e ? ERR_reason_error_string(e) : NULL;
    int reason = ERR_GET_REASON(e);
    if (ERR_GET_LIB(e) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET &&
        reason < SSL_AD_REASON_OFFSET + 256)
        a->alert = reason - SSL_AD_REASON_OFFSET;
    snprintf(a->tls_error, sizeof a->tls_error, "%s", text ? text : "the connection ended");
    ERR_clear_error();
}

/* What the certificate is worth: "" or why it does not verify. */
static char certificate_said[160];
static int certificate_seen;

static void note_certificate(const SSL *ssl)
{
    long said = SSL_get_verify_result(ssl);
    certificate_seen = 1;
    snprintf(certificate_said, sizeof certificate_said, "%s",
             said == X509_V_OK ? "" : X509_verify_cert_error_string(said));
}

/* Sees every octet between TLS and the socket: counts round trips, keeps the first ones. */
static long on_octets(BIO *bio, int what, const char *octets, size_t len, int argi, long argl,
                      int done, size_t *moved)
{
    attempt *a = (attempt *)(void *)BIO_get_callback_arg(bio);
    int in = what == (BIO_CB_READ | BIO_CB_RETURN), out = what == (BIO_CB_WRITE | BIO_CB_RETURN);
    (void)len, (void)argi, (void)argl;
    if ((in || out) && done > 0 && moved && *moved)
        net_turn(&a->link.turns, out);
    if (in && done > 0 && moved)
        remember(a, octets, *moved);
    return done;
}

static int start_tls(attempt *a)
{
    tls_alpn list;
    tls_alpn_read(&list, a->way->alpn);
    a->link.ssl = tls_connect(to.tls, a->link.fd, to.name, TLS_BITS, &list);
    if (!a->link.ssl)
        return -1;
    SSL_set_verify(a->link.ssl, SSL_VERIFY_NONE, NULL);
    BIO_set_callback_arg(SSL_get_rbio(a->link.ssl), (char *)a);
    BIO_set_callback_ex(SSL_get_rbio(a->link.ssl), on_octets);
    a->link.handshaking = 1;
    return 0;
}

#else

static const char certificate_said[] = "";
static const int certificate_seen = 0;

static void note_tls_error(attempt *a)
{
    (void)a;
}

static void note_certificate(const SSL *ssl)
{
    (void)ssl;
}

static int start_tls(attempt *a)
{
    (void)a;
    return -1;
}

#endif

/* Octets, or a wait that is over; `ended` tells a transport that is. */
static size_t receive(attempt *a, void *in, size_t room)
{
    ptrdiff_t n = net_read(&a->link, in, room);
    a->got += n > 0 ? (size_t)n : 0;
    if (n > 0 && !a->link.ssl)
        remember(a, in, (size_t)n);
    if (n < 0) {
        a->ended = (int)n;
        if (a->link.ssl && n == NET_BROKEN)
            note_tls_error(a);
    }
    return n > 0 ? (size_t)n : 0;
}

static int in_time(const attempt *a)
{
    return net_now() < a->limit;
}

/* Behind a handshake that failed: TLS has taken five octets, the others say what it is instead. */
static void look_behind(attempt *a)
{
    char more[sizeof a->first];
    ssize_t n = recv(a->link.fd, more, sizeof more, MSG_DONTWAIT);
    a->ended = n == 0 ? NET_END : NET_BROKEN;
    if (n > 0)
        remember(a, more, (size_t)n);
}

/* A step of the handshake after another, until it is over. 0, or -1. */
static int handshake(attempt *a)
{
    int step = NET_WAIT;
    while (in_time(a) && (step = tls_handshake(a->link.ssl, &a->link.read_on)) == NET_WAIT)
        wait_for(a, a->link.read_on);
    if (step < 0) {
        note_tls_error(a);
        look_behind(a);
    }
    if (step <= 0)
        return -1;
    a->link.handshaking = 0;
    a->link.read_on = POLLIN;
    note_certificate(a->link.ssl);
    snprintf(a->r->tls, sizeof a->r->tls, "%s", tls_version(a->link.ssl));
    copy_plain(a->r->alpn, sizeof a->r->alpn, tls_agreed(a->link.ssl).ptr,
               tls_agreed(a->link.ssl).len);
    return 0;
}

static void attempt_start(attempt *a, const way *w, result *r)
{
    memset(a, 0, sizeof *a);
    a->way = w;
    a->r = r;
    a->alert = -1;
    a->begun = clock_ms();
    a->limit = net_now() + (uint64_t)to.timeout;
    net_start(&a->link, -1);
}

/* The transport, with TLS where the way asks for it. 0, or -1. */
static int dial(attempt *a)
{
    struct addrinfo one;
    memset(&one, 0, sizeof one);
    one.ai_family = to.family;
    one.ai_addr = (struct sockaddr *)&to.address;
    one.ai_addrlen = to.address_len;
    a->link.fd = net_connect_one(&one, to.timeout);
    if (a->link.fd < 0) {
        a->refused = errno;
        return -1;
    }
    return a->way->alpn ? (start_tls(a) < 0 ? -1 : handshake(a)) : 0;
}

/* ---- a question over a connection ---- */

static int random_octets(void *user, void *out, size_t len)
{
    FILE *f = fopen("/dev/urandom", "rb");
    int good = f && fread(out, 1, len, f) == len;
    (void)user;
    if (f)
        fclose(f);
    return good;
}

static int conn_start(attempt *a)
{
    h2neg_config config;
    h2neg_str agreed;
    memset(&config, 0, sizeof config);
    config.role = H2NEG_CLIENT;
    config.protocols = a->way->protocols;
    config.tls = a->way->alpn != NULL;
    config.random_fn = random_octets;
    a->link.conn = h2neg_conn_new(&config);
    if (config.tls) {
        agreed = tls_agreed(a->link.ssl);
        h2neg_tls_agreed(a->link.conn, agreed.ptr, agreed.len);
    }
    return a->link.conn ? 0 : -1;
}

/* OPTIONS is the one safe method that is sent with content (RFC 9110 9.3.7). */
static void ask(attempt *a)
{
    h2neg_field fields[2];
    h2neg_message m;
    int said, socket = a->way->ask == ASK_SOCKET;
    memset(&m, 0, sizeof m);
    fields[0] = h2neg_f("user-agent", "h2neg-probe/" H2NEG_VERSION);
    fields[1] = h2neg_f("content-type", "text/plain");
    m.fields = fields;
    m.field_count = 1;
    m.authority = h2neg_s(a->way->alpn ? to.secure : to.authority);
    m.target = h2neg_s(socket ? to.socket_path : to.path);
    if (socket)
        m.upgrade = h2neg_s("websocket");
    if (a->way->ask == ASK_BODY) {
        m.method = h2neg_s("OPTIONS");
        m.body = "probe";
        m.body_len = 5;
        m.field_count = 2;
    }
    said = h2neg_request(a->link.conn, &m, 0, &a->stream);
    a->asked = said == 0;
    a->refusal = said == H2NEG_ERR_AGAIN ? 0 : said;
    a->over = a->refusal != 0;
}

static void answered(attempt *a)
{
    a->r->ms = clock_ms() - a->begun;
    a->r->trips = a->trips;
}

/* At most one more second, for what is not the answer itself. */
static void linger(attempt *a)
{
    uint64_t soon = net_now() + 1000;
    a->limit = soon < a->limit ? soon : a->limit;
}

/* An answer 400 in cleartext may say that the port speaks TLS: its body is read first. */
static void on_response(attempt *a, const h2neg_event *ev)
{
    a->r->status = ev->status;
    answered(a);
    a->r->worked = a->way->ask != ASK_SOCKET && a->way->good & BIT(ev->protocol) ? 1 : 0;
    if (ev->status == 400 && !a->way->alpn && ev->protocol != H2NEG_PROTO_H2C)
        linger(a);
    else
        a->over = 1;
}

static void on_open(attempt *a, const h2neg_event *ev)
{
    a->r->status = ev->status;
    a->r->worked = a->way->good & BIT(ev->protocol) ? 1 : 0;
    answered(a);
    linger(a);
    if (h2neg_ws_send(a->link.conn, a->stream, H2NEG_WS_PING, "probe", 5, 0) < 0)
        a->over = 1;
}

static void on_pong(attempt *a)
{
    a->r->ponged = 1;
    a->over = 1;
    h2neg_ws_close(a->link.conn, a->stream, 1000, NULL);
}

static void on_data(attempt *a, h2neg_str data)
{
    size_t room = sizeof a->body - 1 - a->body_len;
    size_t n = data.len < room ? data.len : room;
    memcpy(a->body + a->body_len, data.ptr, n);
    a->body_len += n;
}

static void on_goaway(attempt *a, const h2neg_event *ev)
{
    a->gone = ev->code + 1;
    copy_plain(a->words, sizeof a->words, ev->data.ptr, ev->data.len);
}

static void on_done(attempt *a, const h2neg_event *ev)
{
    if (ev->code && ev->by_peer && !a->gone) {
        a->gone = ev->code + 1;
        a->gone_stream = 1;
    }
    if (ev->code && !a->error.code)
        a->error = ev->error;
    a->over = 1;
}

static void on_event(attempt *a, const h2neg_event *ev)
{
    if (ev->type == H2NEG_EV_NEGOTIATED || ev->type == H2NEG_EV_RESPONSE) {
        a->r->protocol = ev->protocol;
        a->r->via = ev->via;
    }
    switch (ev->type) {
    case H2NEG_EV_RESPONSE: on_response(a, ev); break;
    case H2NEG_EV_OPEN: on_open(a, ev); break;
    case H2NEG_EV_WS_PONG: on_pong(a); break;
    case H2NEG_EV_DATA: on_data(a, ev->data); break;
    case H2NEG_EV_GOAWAY: on_goaway(a, ev); break;
    case H2NEG_EV_ERROR: a->error = ev->error; break;
    case H2NEG_EV_END: a->over = a->r->status != 0 && a->way->ask != ASK_SOCKET; break;
    case H2NEG_EV_WS_CLOSE: a->over = 1; break;
    case H2NEG_EV_DONE: on_done(a, ev); break;
    default: break;
    }
}

/* Round trips up to the answer's first octet: those before the request had left, and one more. */
static void count_trips(attempt *a)
{
    if (a->left)
        return;
    a->left = a->asked && !(h2neg_wants(a->link.conn) & H2NEG_WANT_WRITE);
    a->trips = net_trips(a->link.turns) + a->left;
}

static void feed(attempt *a)
{
    static unsigned char in[NET_BUFFER];
    size_t n;
    if (a->link.read_ended || !(h2neg_wants(a->link.conn) & H2NEG_WANT_READ))
        return;
    n = receive(a, in, sizeof in);
    if (n) {
        h2neg_feed(a->link.conn, in, n);
    } else if (a->ended) {
        a->link.read_ended = 1;
        if (a->ended == NET_END)
            h2neg_eof(a->link.conn);
        else
            h2neg_lost(a->link.conn);
    }
}

static void take_events(attempt *a)
{
    h2neg_event ev;
    while (h2neg_next(a->link.conn, &ev))
        if (!a->over)
            on_event(a, &ev);
}

static void converse(attempt *a)
{
    if (conn_start(a) < 0)
        return;
    while (in_time(a)) {
        take_events(a);
        if (!a->over && !a->asked && !a->error.code)
            ask(a);
        net_flush(&a->link);
        net_half_close(&a->link);
        count_trips(a);
        if (a->over || h2neg_wants(a->link.conn) & H2NEG_WANT_CLOSE)
            return;
        wait_for(a, net_events(&a->link));
        feed(a);
    }
}

/* A polite end, as far as it costs no time. */
static void leave(attempt *a)
{
    h2neg_event ev;
    h2neg_shutdown(a->link.conn);
    while (a->link.conn && h2neg_next(a->link.conn, &ev))
        ;
    if (a->link.conn && a->link.fd >= 0)
        net_flush(&a->link);
    if (a->link.ssl && !a->link.handshaking && !a->ended)
        tls_bye(a->link.ssl, &a->link.write_on);
    net_free(&a->link);
}

/* ---- a question in octets of our own: HTTP/1.0, and /fields ---- */

typedef struct reply {
    char octets[8192];
    size_t len;
    h2neg_field fields[64];
    h2neg_h1_head head;
    h2neg_str body;
} reply;

/* 1: all of it is there; the body counts where the status is `with_body`. */
static int reply_whole(reply *y, int with_body)
{
    uint64_t length;
    ptrdiff_t n;
    memset(&y->head, 0, sizeof y->head);
    y->head.fields = y->fields;
    y->head.room = sizeof y->fields / sizeof y->fields[0];
    n = h2neg_h1_parse_response(&y->head, y->octets, y->len, 0);
    if (n <= 0) {
        y->head.status = 0;
        return n < 0;
    }
    y->body.ptr = y->octets + n;
    y->body.len = y->len - (size_t)n;
    return y->head.status != with_body ||
           h2neg_body_kind(&y->head, h2neg_s("GET"), &length) != H2NEG_BODY_LENGTH ||
           y->body.len >= length;
}

/* Sends, and reads until the answer is there (its status is 0 where none came). */
static void ask_raw(attempt *a, const char *request, reply *y, int with_body)
{
    size_t sent = 0, len = strlen(request);
    y->len = 0;
    memset(&y->head, 0, sizeof y->head);
    while (in_time(a) && sent < len) {
        ptrdiff_t n = net_write(&a->link, request + sent, len - sent);
        if (n < 0)
            break;
        sent += (size_t)n;
        if (n == 0)
            wait_for(a, a->link.write_on);
    }
    while (in_time(a) && !a->ended && y->len < sizeof y->octets && !reply_whole(y, with_body)) {
        size_t n = receive(a, y->octets + y->len, sizeof y->octets - y->len);
        y->len += n;
        if (n == 0 && !a->ended)
            wait_for(a, a->link.read_on);
    }
    reply_whole(y, 0);
}

static void converse_old(attempt *a)
{
    static reply y;
    char request[1024];
    snprintf(request, sizeof request, "GET %.500s HTTP/1.0\r\nHost: %s\r\n\r\n", to.path,
             to.authority);
    ask_raw(a, request, &y, 400);
    if (y.head.status < 200) /* an interim one is for nobody who asks in HTTP/1.0 */
        return;
    a->r->status = y.head.status;
    a->r->protocol = y.head.minor ? H2NEG_PROTO_HTTP11 : H2NEG_PROTO_HTTP10;
    a->r->via = H2NEG_VIA_DEFAULT;
    a->r->worked = 1;
    a->trips = net_trips(a->link.turns);
    on_data(a, y.body);
}

/* ---- a way ---- */

static void note_yes(attempt *a)
{
    result *r = a->r;
    const char *text = h2neg_status_text(r->status);
    const char *more = "";
    if (a->way->alpn && *a->way->alpn && !r->alpn[0])
        more = strcmp(a->way->alpn, NONSENSE)
                   ? "; ALPN was not answered"
                   : "; ignored the list, where RFC 7301 3.2 asks for an "
                     "alert";
    if (a->way->ask == ASK_SOCKET)
        says(a, "%s%s%s%s", to.socket_path, *r->tls ? ", " : "", r->tls,
             r->ponged ? ", a ping came back" : ", but no pong in 1 s: do frames get through?");
    else
        says(a, "%d%s%s%s%s%s", r->status, *text ? " " : "", text, *r->tls ? ", " : "", r->tls,
             more);
}

static void try_way(const way *w, result *r)
{
    static attempt a;
    attempt_start(&a, w, r);
    r->tried = 1;
    if (dial(&a) == 0)
        (w->ask == ASK_OLD ? converse_old : converse)(&a);
    if (r->ms == 0)
        answered(&a);
    if (says_https(&a))
        r->worked = 0;
    if (r->worked)
        note_yes(&a);
    else
        explain(&a);
    leave(&a);
}

#endif
