/* differ.h: differential targets, against libraries that others wrote: picohttpparser (in libh2o),
   libnghttp2, libwslay. What this header takes they take, and say the same of it; what it refuses
   and they take is on a list with its reason. Include it behind conns.h. */
#ifndef FUZZ_DIFFER_H
#define FUZZ_DIFFER_H

#if defined(FUZZ_PICO) || defined(FUZZ_NGHTTP2) || defined(FUZZ_WSLAY)

/* A difference that was looked at: whether `code` stands in a list that ends in 0. */
static int explained(int code, const int *list)
{
    for (; *list; list++)
        if (*list == code)
            return 1;
    return 0;
}

#endif

/* ---- picohttpparser ------------------------------------------------------ */

#ifdef FUZZ_PICO
#include <sys/types.h>

/* libh2o has it and does not install its header. */
struct phr_header {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
};
struct phr_chunked_decoder {
    size_t bytes_left_in_chunk;
    char consume_trailer;
    char hex_count;
    char state;
};
int phr_parse_request(const char *buf, size_t len, const char **method, size_t *method_len,
                      const char **path, size_t *path_len, int *minor_version,
                      struct phr_header *headers, size_t *num_headers, size_t last_len);
int phr_parse_response(const char *buf, size_t len, int *minor_version, int *status,
                       const char **msg, size_t *msg_len, struct phr_header *headers,
                       size_t *num_headers, size_t last_len);
ssize_t phr_decode_chunked(struct phr_chunked_decoder *decoder, char *buf, size_t *bufsz);

/* Heads that picohttpparser takes and we do not:
   BARE_LF        it ends lines at LF alone
   BARE_CR        it passes a CR over before some line ends
   FOLD           it gives a folded line as a field without a name
   HOST           it does not look at Host
   TARGET         it takes any printable octets as a target
   METHOD         it takes any length, and any printable octets
   FIELD_*        it takes a space before the colon, and obs-text in odd places
   EMPTY_LINES    it skips one empty line and begins its fields elsewhere
   FIELDS_MANY, FIELD_LONG, LINE_LONG, HEAD_LARGE: limits of ours
   STATUS_LINE    it takes any three digits, and "HTTP/1.1 200OK"
   VERSION        it takes HTTP/1. and any digit
   CTL            it lets some controls pass in a reason or a target */
static const int pico_lenient[] = {
    H2NEG_ERR_H1_BARE_LF,      H2NEG_ERR_H1_BARE_CR,     H2NEG_ERR_H1_FOLD,
    H2NEG_ERR_H1_HOST,         H2NEG_ERR_H1_TARGET,      H2NEG_ERR_H1_METHOD,
    H2NEG_ERR_H1_FIELD_NAME,   H2NEG_ERR_H1_FIELD_SPACE, H2NEG_ERR_H1_EMPTY_LINES,
    H2NEG_ERR_H1_FIELDS_MANY,  H2NEG_ERR_H1_FIELD_LONG,  H2NEG_ERR_H1_LINE_LONG,
    H2NEG_ERR_H1_HEAD_LARGE,   H2NEG_ERR_H1_STATUS_LINE, H2NEG_ERR_H1_VERSION,
    H2NEG_ERR_H1_REQUEST_LINE, H2NEG_ERR_H1_CTL,         0};

static void differ_h1(const unsigned char *data, size_t size)
{
    static head_case h;
    struct phr_header fields[64];
    const char *method = NULL, *path = NULL, *reason = NULL;
    size_t method_len = 0, path_len = 0, reason_len = 0, count = 64, i, skip = 0;
    int minor = -1, status = 0, theirs, response;
    ptrdiff_t ours;
    feed f;
    char *p;
    f.p = data;
    f.len = size;
    response = (int)feed_octet(&f) & 1;
    p = tight(f.p, f.len);
    head_case_init(&h, response ? HEAD_RESPONSE : HEAD_REQUEST, 0);
    ours = head_parse(&h, p, f.len, 0);
    /* both pass over empty lines; it over one */
    while (!response && ours > 0 && skip + 1 < f.len && p[skip] == '\r')
        skip += 2;
    if (response)
        theirs =
            phr_parse_response(p, f.len, &minor, &status, &reason, &reason_len, fields, &count, 0);
    else
        theirs = phr_parse_request(p + skip, f.len - skip, &method, &method_len, &path, &path_len,
                                   &minor, fields, &count, 0);
    if (ours > 0) {
        MUST(theirs == (int)(ours - (ptrdiff_t)skip));
        MUST((minor > 0) == h.head.minor && count == h.head.count);
        for (i = 0; i < count; i++) {
            h2neg_str name, value;
            name.ptr = fields[i].name;
            name.len = fields[i].name_len;
            value.ptr = fields[i].value;
            value.len = fields[i].value_len;
            while (value.len &&
                   (value.ptr[value.len - 1] == ' ' || value.ptr[value.len - 1] == '\t'))
                value.len--; /* it leaves white space at the end */
            MUST(same(name, h.fields[i].name) && same(value, h.fields[i].value));
        }
        if (response)
            MUST(status == h.head.status && reason_len >= h.head.reason.len);
        else
            MUST(method_len == h.head.method.len && path_len == h.head.target.len &&
                 path == h.head.target.ptr);
    } else if (ours == 0) {
        MUST(theirs < 0); /* it may see sooner that it will refuse */
    } else if (theirs > 0) {
        MUST(explained((int)ours, pico_lenient));
    }
    free(p);
}

/* What we decode it decodes. It takes more: anything behind a size, several CR, LF alone. */
static void differ_chunked(const unsigned char *data, size_t size)
{
    chunks k;
    struct phr_chunked_decoder d;
    char *p = tight(data, size), *in_place = tight(data, size);
    size_t n = size;
    ssize_t r;
    memset(&k, 0, sizeof k);
    memset(&d, 0, sizeof d);
    chunks_run(&k, p, size);
    r = phr_decode_chunked(&d, in_place, &n);
    if (!k.error) {
        if (k.d.done) { /* it wants the empty line too, unless told to leave trailers */
            MUST(r >= 0 || r == -2);
            MUST(n >= k.data.len);
        } else {
            MUST(r == -2 && n == k.data.len);
        }
        MUST(k.data.len == 0 || memcmp(k.data.p, in_place, k.data.len) == 0);
    }
    if (r == -1)
        MUST(k.error);
    pile_free(&k.data);
    free(p);
    free(in_place);
}
#endif

/* ---- libnghttp2 ---------------------------------------------------------- */

#ifdef FUZZ_NGHTTP2
#include <nghttp2/nghttp2.h>

/* Field blocks that nghttp2 takes and we do not:
   INTEGER   we take five octets of an integer, it counts another way
   UPDATE    we take two size updates in a block, it takes any number */
static const int hpack_stricter[] = {H2NEG_ERR_HPACK_INTEGER, H2NEG_ERR_HPACK_UPDATE, 0};

/* One block through nghttp2: 0 and fields, or its error. */
static int ng_inflate(nghttp2_hd_inflater *d, const char *p, size_t n, pile *out, size_t *count)
{
    const unsigned char *in = (const unsigned char *)p;
    *count = 0;
    out->len = 0;
    for (;;) {
        nghttp2_nv nv;
        int flags = 0;
        ssize_t k = nghttp2_hd_inflate_hd2(d, &nv, &flags, in, n, 1);
        if (k < 0)
            return (int)k;
        in += k;
        n -= (size_t)k;
        if (flags & NGHTTP2_HD_INFLATE_EMIT) {
            uint32_t lens[2];
            lens[0] = (uint32_t)nv.namelen;
            lens[1] = (uint32_t)nv.valuelen;
            pile_add(out, lens, sizeof lens);
            pile_add(out, nv.name, nv.namelen);
            pile_add(out, nv.value, nv.valuelen);
            ++*count;
        }
        if (flags & NGHTTP2_HD_INFLATE_FINAL) {
            nghttp2_hd_inflate_end_headers(d);
            return 0;
        }
        if (!(flags & NGHTTP2_HD_INFLATE_EMIT) && n == 0)
            return 0;
    }
}

static void ng_same(const pile *theirs, size_t count, const h2neg_field *fields, size_t n)
{
    size_t i, at = 0;
    MUST(count == n);
    for (i = 0; i < n; i++) {
        uint32_t lens[2];
        memcpy(lens, theirs->p + at, sizeof lens);
        at += sizeof lens;
        MUST(lens[0] == fields[i].name.len && lens[1] == fields[i].value.len);
        MUST(memcmp(theirs->p + at, fields[i].name.ptr, lens[0]) == 0);
        MUST(lens[1] == 0 || memcmp(theirs->p + at + lens[0], fields[i].value.ptr, lens[1]) == 0);
        at += (size_t)lens[0] + lens[1];
    }
}

/* What was decoded, coded by each and decoded by the other. */
static void ng_round(h2neg_hpack_encoder *e, nghttp2_hd_inflater *inflater,
                     nghttp2_hd_deflater *deflater, unpacker *u, const h2neg_field *fields,
                     size_t count)
{
    static char out[200000];
    static nghttp2_nv nv[HPACK_FIELDS];
    pile theirs = {0, 0, 0};
    size_t i, n;
    ptrdiff_t r;
    ssize_t k;
    if (h2neg_hpack_encode_bound(fields, count) > sizeof out)
        return;
    for (i = 0; i < count; i++) {
        size_t j;
        if (!fields[i].name.len)
            return;
        for (j = 0; j < fields[i].name.len; j++)
            if (fields[i].name.ptr[j] >= 'A' && fields[i].name.ptr[j] <= 'Z')
                return; /* names are written in lower case */
        nv[i].name = (uint8_t *)(uintptr_t)fields[i].name.ptr;
        nv[i].namelen = fields[i].name.len;
        nv[i].value = (uint8_t *)(uintptr_t)fields[i].value.ptr;
        nv[i].valuelen = fields[i].value.len;
        nv[i].flags = NGHTTP2_NV_FLAG_NONE;
    }
    r = h2neg_hpack_encode(e, out, sizeof out, fields, count);
    MUST(r >= 0);
    MUST(ng_inflate(inflater, out, (size_t)r, &theirs, &n) == 0);
    ng_same(&theirs, n, fields, count);
    k = nghttp2_hd_deflate_hd(deflater, (uint8_t *)out, sizeof out, nv, count);
    MUST(k >= 0);
    unpacker_begin(u);
    MUST(unpacker_run(u, out, (size_t)k, 1) == 0);
    MUST(same_fields(u->fields, u->list.count, fields, count));
    pile_free(&theirs);
}

static void differ_hpack(const unsigned char *data, size_t size)
{
    static unpacker ours, back;
    nghttp2_hd_inflater *theirs = NULL, *inflater = NULL;
    nghttp2_hd_deflater *deflater = NULL;
    h2neg_hpack_encoder e;
    static char memory[20000];
    pile fields = {0, 0, 0};
    feed f;
    f.p = data;
    f.len = size;
    feed_u16(&f);
    unpacker_init(&ours, 0, 4096);
    unpacker_init(&back, 0, 4096);
    h2neg_hpack_encoder_init(&e, memory, sizeof memory, 4096);
    MUST(nghttp2_hd_inflate_new(&theirs) == 0 && nghttp2_hd_inflate_new(&inflater) == 0);
    MUST(nghttp2_hd_deflate_new(&deflater, 4096) == 0);
    while (f.len) {
        h2neg_str block;
        size_t count = 0;
        ptrdiff_t r;
        int t;
        feed_octet(&f);
        block = feed_run(&f, feed_u16(&f) & 0x3fff);
        unpacker_begin(&ours);
        r = unpacker_run(&ours, block.ptr, block.len, 1);
        t = ng_inflate(theirs, block.ptr, block.len, &fields, &count);
        if (r == 0 && !ours.list.over) {
            MUST(t == 0);
            ng_same(&fields, count, ours.fields, ours.list.count);
            MUST(nghttp2_hd_inflate_get_dynamic_table_size(theirs) == ours.d.table.size);
            ng_round(&e, inflater, deflater, &back, ours.fields, ours.list.count);
        } else if (r < 0 && t == 0) {
            MUST(explained((int)r, hpack_stricter));
        }
        if (r < 0 || t < 0)
            break;
    }
    nghttp2_hd_inflate_del(theirs);
    nghttp2_hd_inflate_del(inflater);
    nghttp2_hd_deflate_del(deflater);
    unpacker_free(&ours);
    unpacker_free(&back);
    pile_free(&fields);
}

/* One frame to a server's session that has had its SETTINGS: whether it was let through, and what
   of it. */
typedef struct ng_seen {
    int frames;
    nghttp2_frame frame;
    uint32_t last_stream;
    uint32_t settings;
} ng_seen;

static int ng_on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    ng_seen *seen = (ng_seen *)user;
    (void)session;
    if (seen->frames++ == 0)
        return 0; /* the SETTINGS in front */
    seen->frame = *frame;
    if (frame->hd.type == NGHTTP2_SETTINGS)
        seen->settings = (uint32_t)frame->settings.niv;
    return 0;
}

/* Frames that nghttp2 lets through and the reader does not, or the other way round:
   self-dependency: it ignores the priority tree's rules where RFC 9218 is on;
   SETTINGS: it judges values too, which is h2neg_h2_setting_check's work here, and it does not let
     NO_RFC7540_PRIORITIES change behind the first SETTINGS, which RFC 9218 2.1 leaves open; of
     a setting that stands twice it judges the last alone;
   HEADERS, PUSH_PROMISE, CONTINUATION, DATA: it judges the stream's state and the field block;
   unknown types, ALTSVC, ORIGIN, PRIORITY_UPDATE: nothing is told of them. */
static void differ_frames(const unsigned char *data, size_t size)
{
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    nghttp2_session *session = NULL;
    ng_seen seen;
    h2neg_h2_frame f;
    ptrdiff_t r;
    char *p = tight(data, size);
    size_t i, n;
    memset(&seen, 0, sizeof seen);
    memset(&f, 0, sizeof f);
    r = h2neg_h2_frame_read(&f, p, size, 16384);
    if (r == 0) {
        free(p);
        return;
    }
    nghttp2_option_new(&option);
    nghttp2_option_set_no_recv_client_magic(option, 1);
    nghttp2_option_set_no_http_messaging(option, 1);
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, ng_on_frame);
    MUST(nghttp2_session_server_new2(&session, callbacks, &seen, option) == 0);
    nghttp2_session_mem_recv(session, (const uint8_t *)"\0\0\0\4\0\0\0\0\0", 9);
    n = r > 0 ? (size_t)r : size;
    nghttp2_session_mem_recv(session, (const uint8_t *)p, n);
    if (r > 0) {
        int through = seen.frames > 1;
        switch (f.type) {
        case H2NEG_H2_PING:
            MUST(through && memcmp(seen.frame.ping.opaque_data, f.u.ping, 8) == 0);
            break;
        case H2NEG_H2_GOAWAY:
            MUST(!through || (seen.frame.goaway.last_stream_id == (int32_t)f.u.goaway.last &&
                              seen.frame.goaway.error_code == f.u.goaway.code));
            break;
        case H2NEG_H2_WINDOW_UPDATE:
            if (f.stream == 0 && f.u.increment < 0x7fffffff - 65535)
                MUST(through &&
                     seen.frame.window_update.window_size_increment == (int32_t)f.u.increment);
            break;
        case H2NEG_H2_SETTINGS: {
            int bad = 0;
            for (i = 0; i < f.u.settings.count; i++) {
                h2neg_h2_setting e = h2neg_h2_setting_at(f.u.settings.entries, i);
                bad |= h2neg_h2_setting_check(e, 0) || e.id == H2NEG_SETTING_NO_RFC7540_PRIORITIES;
            }
            if (!(f.flags & H2NEG_H2_ACK) && f.u.settings.count <= 32)
                MUST(bad ? 1 : through);
            break;
        }
        case H2NEG_H2_PRIORITY:
            if (through)
                MUST(seen.frame.priority.pri_spec.stream_id == (int32_t)f.dependency &&
                     seen.frame.priority.pri_spec.weight == f.weight);
            break;
        default: break;
        }
    } else if (seen.frames > 1) {
        MUST(r == H2NEG_ERR_H2_SELF_DEPENDENCY || f.type > H2NEG_H2_CONTINUATION);
    }
    nghttp2_session_del(session);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
    free(p);
}
#endif

/* ---- libwslay ------------------------------------------------------------ */

#ifdef FUZZ_WSLAY
#include <sys/types.h>
#include <wslay/wslay.h>

typedef struct slay {
    feed f;
    buf told;
    int closed;
} slay;

static void slay_tell(buf *b, int opcode, const void *p, size_t n)
{
    buf_fmt(b, "%d ", opcode);
    word_body(b, (const char *)p, n);
    buf_octet(b, '\n');
}

static ssize_t slay_recv(wslay_event_context_ptr ctx, uint8_t *out, size_t len, int flags,
                         void *user)
{
    slay *s = (slay *)user;
    h2neg_str run = feed_run(&s->f, len);
    (void)flags;
    if (!run.len) {
        wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    memcpy(out, run.ptr, run.len);
    return (ssize_t)run.len;
}

static ssize_t slay_send(wslay_event_context_ptr ctx, const uint8_t *p, size_t n, int flags,
                         void *user)
{
    (void)ctx;
    (void)p;
    (void)flags;
    (void)user;
    return (ssize_t)n;
}

static void slay_message(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *arg,
                         void *user)
{
    slay *s = (slay *)user;
    (void)ctx;
    if (s->closed)
        return;
    if (arg->opcode == WSLAY_CONNECTION_CLOSE) {
        buf_fmt(&s->told, "close %d ", arg->status_code ? arg->status_code : 1005);
        if (arg->msg_length > 2)
            word_body(&s->told, (const char *)arg->msg + 2, arg->msg_length - 2);
        else
            word_body(&s->told, "", 0);
        buf_octet(&s->told, '\n');
        s->closed = 1;
    } else {
        slay_tell(&s->told, arg->opcode, arg->msg, arg->msg_length);
    }
}

/* What a server of ours makes of the same octets. `*error`: why it failed the WebSocket. */
static void our_messages(const unsigned char *p, size_t n, buf *told, int *error)
{
    h2neg_config g;
    h2neg_conn *c;
    h2neg_event ev;
    buf open = {0, 0, 0};
    size_t at = 0;
    memset(&g, 0, sizeof g);
    g.no_auto_pong = 1;
    g.max_message = 1 << 20;
    c = h2neg_conn_new(&g);
    open_ws(&open, 0);
    buf_add(&open, p, n);
    while (at < open.len && h2neg_wants(c) & H2NEG_WANT_READ) {
        size_t k = open.len - at < 16384 ? open.len - at : 16384;
        h2neg_feed(c, open.p + at, k);
        at += k;
        while (h2neg_next(c, &ev)) {
            if (ev.type == H2NEG_EV_REQUEST)
                MUST(h2neg_accept(c, ev.stream, NULL, NULL, 0) == 0);
            else if (ev.type == H2NEG_EV_WS_MESSAGE)
                slay_tell(told, ev.opcode, ev.data.ptr, ev.data.len);
            else if (ev.type == H2NEG_EV_WS_PING || ev.type == H2NEG_EV_WS_PONG)
                slay_tell(told, ev.type == H2NEG_EV_WS_PING ? 9 : 10, ev.data.ptr, ev.data.len);
            else if (ev.type == H2NEG_EV_WS_CLOSE && ev.error.code)
                *error = ev.error.code;
            else if (ev.type == H2NEG_EV_WS_CLOSE && (ev.code < 1012 || ev.code > 1014)) {
                buf_fmt(told, "close %u ", (unsigned)ev.code);
                word_body(told, ev.reason.ptr, ev.reason.len);
                buf_octet(told, '\n');
            }
        }
    }
    h2neg_conn_free(c);
    buf_free(&open);
}

/* Errors of ours behind which wslay goes on:
   MASK          it does not ask whether a client masks
   LIMIT_EMPTY, LIMIT_OVERHEAD: limits of ours
   CLOSE_CODE    it takes codes that IANA has not registered, and 1004 to 1006 by other rules;
                 1012 to 1014, which IANA has, it does not tell
   RESERVED      a reserved bit on a continuation is judged by it at the message's end
   and it tells a text that is not UTF-8 at the same place. */
static const int wslay_lenient[] = {H2NEG_ERR_WS_MASK, H2NEG_ERR_LIMIT_EMPTY,
                                    H2NEG_ERR_LIMIT_OVERHEAD, H2NEG_ERR_WS_CLOSE_CODE, 0};

static void differ_ws(const unsigned char *data, size_t size)
{
    struct wslay_event_callbacks callbacks;
    wslay_event_context_ptr ctx = NULL;
    slay s;
    buf ours = {0, 0, 0};
    int error = 0;
    feed f;
    f.p = data;
    f.len = size;
    feed_octet(&f);
    memset(&s, 0, sizeof s);
    memset(&callbacks, 0, sizeof callbacks);
    s.f = f;
    callbacks.recv_callback = slay_recv;
    callbacks.send_callback = slay_send;
    callbacks.on_msg_recv_callback = slay_message;
    MUST(wslay_event_context_server_init(&ctx, &callbacks, &s) == 0);
    wslay_event_config_set_max_recv_msg_length(ctx, 1 << 20);
    wslay_event_recv(ctx);
    buf_add(&s.told, "", 0);
    our_messages(f.p, f.len, &ours, &error);
    buf_add(&ours, "", 0);
    if (error == 0 || !explained(error, wslay_lenient))
        MUST(ours.len == s.told.len && memcmp(ours.p, s.told.p, ours.len) == 0);
    else
        MUST(ours.len <= s.told.len && memcmp(ours.p, s.told.p, ours.len) == 0);
    wslay_event_context_free(ctx);
    buf_free(&s.told);
    buf_free(&ours);
}
#endif

#endif
