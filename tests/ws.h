/* ws.h: what the tests of WebSockets on a connection share. Include it behind conn.h.

   A way is one of four: server or client, over HTTP/1.1 or over HTTP/2. A script of a way begins
   with the opening handshake, answered; frames are then put as the peer would, masked by a client
   and not by a server, in DATA of stream 1 over HTTP/2; and what should come of it is said once for
   all. */
#ifndef WS_H
#define WS_H

enum { WS_SERVER = 0, WS_CLIENT = 1, WS_H2 = 2, WS_WAYS = 4 };

#define WS_UPGRADE_FIELDS                                                                          \
    "Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"        \
    "Sec-WebSocket-Key: " WS_ASKED "\r\n"
#define WS_SWITCHED                                                                                \
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"            \
    "Sec-WebSocket-Accept: " WS_ACCEPTED "\r\n"
#define WS_CONNECT ":method: CONNECT\n:protocol: websocket\n:scheme: http\n:authority: a\n:path: "

static inline void ws_nothing(side *s)
{
    (void)s;
}

static const char *ws_path = "/ws", *ws_subprotocols, *ws_extra_name, *ws_extra_value;
static const char *ws_extensions; /* what a peer's handshake says of them, or NULL */

/* A client's request for a WebSocket: what h2neg_request answers. */
static inline int ws_ask(side *s)
{
    h2neg_message m = message_get(ws_path);
    h2neg_field f = h2neg_f(ws_extra_name, ws_extra_value);
    m.authority = h2neg_s("a");
    m.upgrade = h2neg_s("websocket");
    m.subprotocols = h2neg_s(ws_subprotocols);
    if (ws_extra_name) {
        m.fields = &f;
        m.field_count = 1;
    }
    return side_request(s, &m, 0, NULL);
}

static inline void ws_call_open(side *s)
{
    side_ok(s, 0, ws_ask(s), "request");
}

/* ---- the peer's side ----------------------------------------------------- */

/* Octets of one DATA frame, at most. */
static size_t ws_data_size = 16384;

/* Octets of the WebSocket, in whatever carries it. */
static inline void ws_put_raw(script *sc, int way, const void *p, size_t n)
{
    const char *at = (const char *)p;
    if (!(way & WS_H2)) {
        buf_add(&sc->in, p, n);
        return;
    }
    do {
        size_t k = n < ws_data_size ? n : ws_data_size;
        put_frame(&sc->in, 0, 0, 1, at, k);
        at += k;
        n -= k;
    } while (n);
}

static inline void ws_put(script *sc, int way, unsigned first, const void *payload, size_t len)
{
    buf b = {0, 0, 0};
    put_ws(&b, first, !(way & WS_CLIENT), payload, len);
    ws_put_raw(sc, way, b.p, b.len);
    buf_free(&b);
}

static inline void ws_put_text(script *sc, int way, const char *text)
{
    ws_put(sc, way, 0x81, text, strlen(text));
}

static inline void ws_put_close(script *sc, int way, int code, const char *reason)
{
    buf b = {0, 0, 0};
    put_u16(&b, (unsigned)code);
    buf_text(&b, reason);
    ws_put(sc, way, 0x88, b.p, b.len);
    buf_free(&b);
}

/* One frame in words: first octet in hex, "/2" or "/8" for a form that is not the shortest, ":",
   the payload in hex. '!' in front: masked where it must not be and the other way round. '=': the
   octets as they are, but for the mask bit of the second. */
static inline const char *ws_add_word(buf *b, int way, const char *word)
{
    unsigned char payload[400];
    char hex[800];
    size_t n = strcspn(word, " "), len;
    int masked = !(way & WS_CLIENT), form = -1;
    unsigned first;
    const char *colon;
    if (*word == '=') {
        snprintf(hex, sizeof hex, "%.*s", (int)n - 1, word + 1);
        len = check_hex(payload, hex);
        payload[1] |= (unsigned char)(masked ? 0x80 : 0);
        buf_add(b, payload, len);
        return word + n;
    }
    if (*word == '!')
        masked = !masked;
    first = (unsigned)strtoul(word + (*word == '!'), NULL, 16);
    colon = strchr(word, ':');
    if (colon[-2] == '/')
        form = colon[-1] - '0';
    snprintf(hex, sizeof hex, "%.*s", (int)(n - (size_t)(colon + 1 - word)), colon + 1);
    len = check_hex(payload, hex);
    put_ws_form(b, first, masked ? WS_KEY : NULL, payload, len, form);
    return word + n;
}

static inline void ws_put_words(script *sc, int way, const char *words)
{
    while (*words) {
        buf b = {0, 0, 0};
        words = ws_add_word(&b, way, words);
        ws_put_raw(sc, way, b.p, b.len);
        buf_free(&b);
        words += *words == ' ';
    }
}

/* The peer half-closes: FIN, or END_STREAM. */
static inline void ws_put_fin(script *sc, int way)
{
    if (way & WS_H2)
        put_head(&sc->in, 0, 0, END, 1);
    else
        script_end(sc, STEP_EOF);
}

/* ---- scripts ------------------------------------------------------------- */

static inline void ws_begin(script *sc, const char *name, int way)
{
    if (way == (WS_CLIENT | WS_H2))
        script_h2_client(sc, name, ws_nothing, "8=1 4=1000000");
    else if (way == WS_CLIENT)
        script_h1_client(sc, name, ws_call_open);
    else if (way == WS_H2)
        script_h2(sc, name, "4=1000000");
    else
        script_init(sc, name);
    if (way == WS_H2)
        put_ack(&sc->in);
    if (way & WS_H2)
        put_window(&sc->in, 0, 1000000);
    if (way & WS_CLIENT) {
        sc->config.protocols |= H2NEG_WEBSOCKET;
        sc->config.random_fn = test_random;
    }
    sc->ws = 1;
}

/* With its handshake; `path` is for a server's application. */
static inline void ws_script_at(script *sc, const char *name, int way, const char *path)
{
    buf lines = {0, 0, 0};
    const char *end = way & WS_H2 ? "\n" : "\r\n";
    ws_begin(sc, name, way);
    if (way == (WS_CLIENT | WS_H2))
        script_call(sc, ws_call_open);
    else if (way == WS_CLIENT)
        buf_text(&lines, WS_SWITCHED);
    else if (way == WS_H2)
        buf_fmt(&lines, WS_CONNECT "%s\nsec-websocket-version: 13\n", path);
    else
        buf_fmt(&lines, "GET %s HTTP/1.1\r\n" WS_UPGRADE_FIELDS, path);
    if (ws_extensions)
        buf_fmt(&lines, "sec-websocket-extensions: %s%s", ws_extensions, end);
    if (way == (WS_CLIENT | WS_H2))
        put_response(&sc->in, 1, 0, 200, buf_str(&lines));
    else if (way == WS_H2)
        put_headers(&sc->in, 1, HEADS, lines.p);
    else
        buf_fmt(&sc->in, "%s\r\n", lines.p);
    buf_free(&lines);
}

static inline void ws_script(script *sc, const char *name, int way)
{
    ws_script_at(sc, name, way, "/ws");
}

/* What the handshake gives, by way. */
static inline const char *ws_open_events(int way)
{
    switch (way) {
    case WS_SERVER:
        return "NEGOTIATED http/1.1 default\nREQUEST 1 websocket upgrade=websocket method=GET\n"
               "OPEN 1 websocket upgrade=websocket !status\n";
    case WS_CLIENT: return "NEGOTIATED http/1.1 default\nOPEN 1 websocket status=101\n";
    case WS_H2:
        return "NEGOTIATED h2c\nREQUEST 1 websocket upgrade=websocket method=CONNECT\n"
               "OPEN 1 websocket !status\n";
    default: return "NEGOTIATED h2c\nOPEN 1 websocket status=200\n";
    }
}

static inline const char *ws_open_output(int way)
{
    switch (way) {
    case WS_SERVER:
        return "HTTP/1.1 101 upgrade=websocket connection=* sec-websocket-accept=" WS_ACCEPTED
               " !content-length\n";
    case WS_CLIENT:
        return "GET /ws HTTP/1.1 host=a upgrade=websocket connection=* sec-websocket-version=13 "
               "sec-websocket-key=" WS_ASKED "\n";
    case WS_H2:
        return "SETTINGS 8=1\nSETTINGS ACK\n"
               "HEADERS 1 :status=200 !end !sec-websocket-accept !upgrade\n";
    default:
        return "PREFACE\nSETTINGS !8=\nSETTINGS ACK\n"
               "HEADERS 1 !end :method=CONNECT :protocol=websocket :path=/ws :authority=a "
               ":scheme=http sec-websocket-version=13 !sec-websocket-key !upgrade\n";
    }
}

/* Lines for one way out of lines for all: a "1:" in front is for HTTP/1.1 alone, "2:" for HTTP/2,
   "s:" for a server, "c:" for a client; frames are masked at a client and not at a server. */
static inline void ws_lines(buf *out, int way, const char *lines)
{
    while (*lines) {
        size_t n = strcspn(lines, "\n");
        int wanted = 1;
        while (n > 2 && lines[1] == ':') {
            wanted = wanted && (lines[0] == '1'   ? !(way & WS_H2)
                                : lines[0] == '2' ? way & WS_H2
                                : lines[0] == 's' ? !(way & WS_CLIENT)
                                                  : way & WS_CLIENT);
            lines += 2;
            n -= 2;
        }
        if (wanted) {
            buf_add(out, lines, n);
            if (n > 3 && memcmp(lines, "WS ", 3) == 0 && memcmp(lines, "WS end", 6) != 0)
                buf_text(out, way & WS_CLIENT ? " masked" : " !masked");
            buf_octet(out, '\n');
        }
        lines += n + (lines[n] == '\n');
    }
}

/* Plays it in every way of playing; what is expected goes on behind the handshake. NULL: anything.
 */
static inline void ws_play(script *sc, int way, const char *events, const char *output)
{
    buf e = {0, 0, 0}, o = {0, 0, 0};
    int before = check_failures;
    buf_text(&e, ws_open_events(way));
    buf_text(&o, ws_open_output(way));
    ws_lines(&e, way, events ? events : "...\n");
    ws_lines(&o, way, output ? output : "...\n");
    script_play(sc, e.p, o.p);
    if (check_failures != before)
        fprintf(stderr, "    way: %s over %s\n", way & WS_CLIENT ? "client" : "server",
                way & WS_H2 ? "HTTP/2" : "HTTP/1.1");
    buf_free(&e);
    buf_free(&o);
}

/* ---- a codec of stored blocks (RFC 1951 3.2.4) --------------------------- */

/* It compresses nothing, but what it makes and takes is DEFLATE as it stands on the wire. One block
   of its own invention stands for a bomb: 0x04 and 32 bits, so many octets 'x'. It counts. */
typedef struct toy {
    long opened[2], closed[2], resets[2], faults; /* [1]: compressing */
    int bits[2];                                  /* of the last one opened */
    int deny[2];                                  /* open_fn has none */
    size_t inflated;                              /* octets */
} toy;

typedef struct toy_context {
    int compress, state, bomb; /* state: octets of a block's head so far, or 5: in it */
    unsigned char head[5];
    uint32_t left;
} toy_context;

static inline void *toy_open(void *user, int compress, int bits)
{
    toy *t = (toy *)user;
    toy_context *x = t->deny[compress] ? NULL : (toy_context *)calloc(1, sizeof *x);
    if (x) {
        x->compress = compress;
        t->opened[compress]++;
        t->bits[compress] = bits;
        t->faults += bits < 8 || bits > 15;
    }
    return x;
}

static inline void toy_close(void *user, void *context, int compress)
{
    toy *t = (toy *)user;
    t->faults += ((toy_context *)context)->compress != compress;
    t->closed[compress]++;
    free(context);
}

static inline void toy_reset(void *user, void *context, int compress)
{
    toy *t = (toy *)user;
    t->faults += ((toy_context *)context)->compress != compress;
    t->resets[compress]++;
}

/* A block, and an empty one behind it. */
static inline int toy_deflate(toy *t, const char *in, size_t *in_len, char *out, size_t *out_len,
                              int end)
{
    buf b = {0, 0, 0};
    size_t at = 0;
    t->faults += !end || *out_len < *in_len + *in_len / 7 + 64;
    while (at < *in_len) {
        size_t k = *in_len - at < 65535 ? *in_len - at : 65535;
        buf_octet(&b, 0);
        buf_octet(&b, k & 255), buf_octet(&b, (unsigned)k >> 8);
        buf_octet(&b, ~k & 255), buf_octet(&b, ~(unsigned)k >> 8 & 255);
        buf_add(&b, in + at, k);
        at += k;
    }
    buf_add(&b, "\0\0\0\xff\xff", 5);
    if (b.len > *out_len) {
        t->faults++;
        b.len = *out_len;
    }
    memcpy(out, b.p, b.len);
    *out_len = b.len;
    buf_free(&b);
    return 0;
}

/* One octet of a block's head: 0, or it is malformed. */
static inline int toy_head(toy_context *x, unsigned char octet)
{
    x->head[x->state++] = octet;
    x->bomb = x->head[0] == 4;
    if (!x->bomb && x->head[0] > 1)
        return -1;
    if (x->state < 5)
        return 0;
    x->left = x->head[1] | (uint32_t)x->head[2] << 8;
    if (x->bomb)
        x->left |= (uint32_t)x->head[3] << 16 | (uint32_t)x->head[4] << 24;
    else if ((x->head[1] ^ x->head[3]) != 255 || (x->head[2] ^ x->head[4]) != 255)
        return -1;
    if (x->left == 0)
        x->state = 0;
    return 0;
}

static inline int toy_inflate(toy *t, toy_context *x, const char *in, size_t *in_len, char *out,
                              size_t *out_len)
{
    size_t at = 0, put = 0;
    int bad = 0;
    while (!bad && (at < *in_len || (x->bomb && x->state == 5))) {
        if (x->state < 5) {
            bad = toy_head(x, (unsigned char)in[at++]);
            continue;
        }
        if (put == *out_len)
            break;
        out[put++] = x->bomb ? 'x' : in[at++];
        if (--x->left == 0)
            x->state = x->bomb = 0;
    }
    *in_len = at;
    *out_len = put;
    t->inflated += put;
    return bad;
}

static inline int toy_run(void *user, void *context, int compress, const void *in, size_t *in_len,
                          void *out, size_t *out_len, int end)
{
    toy *t = (toy *)user;
    toy_context *x = (toy_context *)context;
    t->faults += x->compress != compress;
    if (compress)
        return toy_deflate(t, (const char *)in, in_len, (char *)out, out_len, end);
    return toy_inflate(t, x, (const char *)in, in_len, (char *)out, out_len);
}

static inline h2neg_ws_codec toy_codec(toy *t)
{
    h2neg_ws_codec codec;
    memset(t, 0, sizeof *t);
    codec.user = t;
    codec.open_fn = toy_open;
    codec.run_fn = toy_run;
    codec.reset_fn = toy_reset;
    codec.close_fn = toy_close;
    return codec;
}

/* Every context was closed, and every call was right. */
static inline void toy_check(const toy *t)
{
    int i;
    CHECK_INT(t->faults, 0);
    for (i = 0; i < 2; i++)
        CHECK_INT(t->closed[i], t->opened[i]);
}

/* A message's payload, compressed: one block, and the first octet of the empty one (RFC 7692
   7.2.1). */
static inline void toy_payload(buf *b, int final, const void *p, size_t n)
{
    buf_octet(b, final ? 1 : 0);
    buf_octet(b, n & 255), buf_octet(b, (unsigned)n >> 8);
    buf_octet(b, ~(unsigned)n & 255), buf_octet(b, ~(unsigned)n >> 8 & 255);
    buf_add(b, p, n);
    buf_octet(b, 0);
}

#endif
