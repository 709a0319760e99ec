/* Loops over whole domains, where these are small, each against an oracle that stands here: HPACK
   integers of up to three octets at every prefix, frames of every type, flags, state and class of
   length, every octet in every place of a head, a chunk's line, a field section, an ALPN list. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "attack.h"

/* ---- HPACK integers (RFC 7541 5.1) --------------------------------------- */

enum { ENTRIES = 16700, TEXT = 70000 };

typedef struct coder {
    h2neg_hpack_decoder d;
    h2neg_hpack_list list;
    h2neg_field fields[4];
    char *text;
    void *memory;
    size_t size;
    unsigned newest; /* entries so far */
} coder;

static void coder_init(coder *k, uint32_t limit)
{
    memset(k, 0, sizeof *k);
    k->size = h2neg_hpack_memory(limit);
    k->memory = malloc(k->size ? k->size : 1);
    k->text = (char *)malloc(limit + TEXT);
    h2neg_hpack_decoder_init(&k->d, k->memory, k->size, limit);
}

static void coder_free(coder *k)
{
    free(k->memory);
    free(k->text);
}

static ptrdiff_t coder_decode(coder *k, const unsigned char *in, size_t n, size_t text_room)
{
    memset(&k->list, 0, sizeof k->list);
    k->list.fields = k->fields;
    k->list.room = 4;
    k->list.text = k->text;
    k->list.text_room = text_room;
    return h2neg_hpack_decode(&k->d, &k->list, in, n, 1);
}

/* One more entry, whose name and value are its number. */
static void coder_insert(coder *k, size_t text_room)
{
    unsigned char in[32];
    char digits[12];
    size_t n = (size_t)snprintf(digits, sizeof digits, "%u", k->newest);
    in[0] = 0x40;
    in[1] = (unsigned char)n;
    memcpy(in + 2, digits, n);
    in[2 + n] = 0;
    CHECK_INT(coder_decode(k, in, n + 3, text_room), n + 3);
    k->newest++;
}

/* Every integer of up to three octets whose prefix is full, and all that do not fill it: its octets
   (0: it goes on behind the third) and its value. `at` runs from 0. */
enum { INTEGERS = 128 + 128 * 128 + 128 * 128 };

static size_t integer_at(unsigned at, unsigned first, unsigned bits, unsigned char out[4],
                         size_t *value)
{
    unsigned full = (1u << bits) - 1, a, b;
    if (at < 128) {
        out[0] = (unsigned char)(first | (at < full ? at : full));
        out[1] = (unsigned char)at;
        *value = at < full ? at : full + at;
        return at < full ? 1 : 2;
    }
    at -= 128;
    a = at % 128, b = at / 128; /* b of 128 and more: it has no end */
    out[0] = (unsigned char)(first | full);
    out[1] = (unsigned char)(128 | a);
    out[2] = (unsigned char)b;
    *value = full + a + (size_t)(b & 127) * 128;
    return b < 128 ? 3 : 0;
}

/* What index `v` is: its name, in the static table or one of ours; NULL: none. */
static const char *index_name(const coder *k, size_t v, char digits[12])
{
    if (v >= 1 && v <= 61)
        return "";
    if (v < 62 || v - 62 >= k->newest)
        return NULL;
    snprintf(digits, 12, "%u", k->newest - 1 - (unsigned)(v - 62));
    return digits;
}

static void check_index(const coder *k, const char *name, size_t v)
{
    int good = k->list.count == 1 && (!*name || h2neg_is(k->fields[0].name, name));
    if (!good)
        fprintf(stderr, "index %lu\n", (unsigned long)v);
    CHECK(good);
}

/* The indexed field (7 bits), literals without indexing and never indexed (4), with indexing (6):
   the entry is the one that the integer names. */
static void index_kind(unsigned first, unsigned bits)
{
    enum { LIMIT = 1 << 21 };
    coder k;
    h2neg_hpack_decoder was;
    unsigned at;
    coder_init(&k, LIMIT);
    while (k.newest < ENTRIES)
        coder_insert(&k, LIMIT);
    for (at = 0; at < INTEGERS && !check_failures; at++) {
        unsigned char in[8];
        char digits[12];
        size_t v, n = integer_at(at, first, bits, in, &v);
        const char *name = n ? index_name(&k, v, digits) : NULL;
        ptrdiff_t r;
        if (first != 0x80 && n && v == 0)
            continue; /* a name of its own follows */
        if (first != 0x80 && n) {
            in[n] = 0; /* an empty value */
            n++;
        }
        was = k.d;
        r = coder_decode(&k, in, n ? n : 3, LIMIT);
        if (n && name) {
            CHECK_INT(r, n);
            check_index(&k, name, v);
        } else {
            CHECK_INT(r, n ? H2NEG_ERR_HPACK_INDEX : H2NEG_ERR_HPACK_CUT);
            k.d = was; /* it broke; nothing of its table was touched */
        }
    }
    coder_free(&k);
}

static void test_integers_index(void)
{
    index_kind(0x80, 7);
    index_kind(0x00, 4);
    index_kind(0x10, 4);
}

/* With indexing: the new entry is the newest one, so that every one is then found at 62. */
static void test_integers_insert(void)
{
    enum { LIMIT = 1 << 22 };
    coder k;
    unsigned at;
    coder_init(&k, LIMIT);
    while (k.newest < ENTRIES)
        coder_insert(&k, LIMIT);
    for (at = 0; at < 128 + 128 * 128 && !check_failures; at++) {
        unsigned char in[8];
        size_t v, n = integer_at(at, 0x40, 6, in, &v);
        h2neg_hpack_decoder was = k.d;
        ptrdiff_t r;
        h2neg_str name;
        char copy[64];
        if (v == 0)
            continue;
        in[n] = 1;
        in[n + 1] = 'v';
        r = coder_decode(&k, in, n + 2, LIMIT);
        if (v >= 62 && v - 62 >= k.newest) {
            CHECK_INT(r, H2NEG_ERR_HPACK_INDEX);
            k.d = was;
            continue;
        }
        CHECK_INT(r, n + 2);
        name = k.fields[0].name;
        CHECK(name.len < sizeof copy);
        memcpy(copy, name.ptr, name.len);
        copy[name.len] = 0;
        k.newest++;
        in[0] = 0xbe; /* 62 */
        CHECK_INT(coder_decode(&k, in, 1, LIMIT), 1);
        CHECK(h2neg_is(k.fields[0].name, copy) && h2neg_is(k.fields[0].value, "v"));
    }
    coder_free(&k);
}

/* Size updates (5 bits): up to the limit. */
static void test_integers_update(void)
{
    enum { LIMIT = 9000 };
    unsigned at;
    for (at = 0; at < INTEGERS && !check_failures; at++) {
        unsigned char in[8];
        coder k;
        size_t v, n = integer_at(at, 0x20, 5, in, &v);
        ptrdiff_t r;
        memset(&k, 0, sizeof k);
        h2neg_hpack_decoder_init(&k.d, NULL, 0, LIMIT);
        k.text = (char *)malloc(LIMIT);
        in[n ? n : 3] = 0x82;
        r = coder_decode(&k, in, n ? n + 1 : 3, LIMIT);
        if (!n) {
            CHECK(r == H2NEG_ERR_HPACK_CUT || r == H2NEG_ERR_HPACK_UPDATE);
        } else if (v > LIMIT) {
            CHECK_INT(r, H2NEG_ERR_HPACK_UPDATE);
        } else {
            CHECK_INT(r, n + 1);
            CHECK_INT(k.d.table.max, v);
        }
        free(k.text);
    }
}

/* Lengths (7 bits) of names and of values, plain and Huffman: so many octets are the string. */
static void test_integers_length(void)
{
    unsigned char *in = (unsigned char *)malloc(40000);
    coder k;
    unsigned at;
    int kind; /* bit 0: the name's; bit 1: Huffman */
    coder_init(&k, 4096);
    for (kind = 0; kind < 4; kind++)
        for (at = 0; at < 128 + 128 * 128 && !check_failures; at++) {
            unsigned char integer[4];
            size_t v, n = integer_at(at, kind & 2 ? 0x80 : 0, 7, integer, &v), used = 0, len = v;
            int huffman = kind & 2;
            if (huffman && v % 5)
                continue; /* padding of zeros */
            in[used++] = 0;
            if (!(kind & 1))
                in[used++] = 1, in[used++] = 'n';
            memcpy(in + used, integer, n);
            used += n;
            memset(in + used, huffman ? 0 : 's', v);
            used += v;
            if (kind & 1)
                in[used++] = 0;
            if (huffman)
                len = v / 5 * 8;
            CHECK_INT(coder_decode(&k, in, used, TEXT), used);
            CHECK_INT(k.list.count, 1);
            CHECK_INT(kind & 1 ? k.fields[0].name.len : k.fields[0].value.len, len);
            CHECK_INT(kind & 1 ? k.fields[0].value.len : k.fields[0].name.len, kind & 1 ? 0 : 1);
            if (v) { /* one octet fewer is not enough */
                h2neg_hpack_decoder was = k.d;
                CHECK_INT(coder_decode(&k, in, used - 1 - (kind & 1), TEXT), H2NEG_ERR_HPACK_CUT);
                k.d = was;
            }
        }
    coder_free(&k);
    free(in);
}

/* ---- frames: type x flags x state x length ------------------------------- */

enum {
    AT_ZERO,       /* stream 0 */
    AT_IDLE,       /* one that a client may open next */
    AT_EVEN,       /* a server's, which opens none */
    AT_OPEN,       /* a request whose body is under way; a client: a response whose body is */
    AT_HALF,       /* half-closed (remote); a client: asked, no response yet */
    AT_BOTH,       /* closed, both ended */
    AT_PEER_RESET, /* closed by the peer's RST_STREAM */
    AT_OUR_RESET,
    AT_SKIPPED, /* below the highest, never used */
    AT_BLOCK,   /* its field block is under way */
    STATES
};

static const char *const state_names[] = {"stream 0", "idle",       "even",         "open",
                                          "half",     "both ended", "peer's reset", "our reset",
                                          "skipped",  "in a block"};
static const uint32_t state_ids[] = {0, 9, 2, 1, 1, 1, 1, 1, 1, 1};

/* Sets of verdicts. */
enum {
    V_NONE = 1,
    V_CONN_PROTOCOL = 2,
    V_CONN_SIZE = 4,
    V_CONN_CLOSED = 8,
    V_CONN_COMPRESSION = 16,
    V_CONN_CALM = 32,
    V_CONN_FLOW = 64,
    V_STREAM_PROTOCOL = 128,
    V_STREAM_SIZE = 256,
    V_STREAM_CLOSED = 512,
    V_OTHER = 1024
};

/* What there is on a stream with an error of the stream: on an idle one it is the connection's
   (RFC 9113 5.4.1 allows that of any), and on a closed one it may be nothing. */
static unsigned on_stream(int state, unsigned stream, unsigned conn)
{
    if (state == AT_ZERO || state == AT_IDLE || state == AT_EVEN)
        return conn;
    if (state == AT_OUR_RESET)
        return V_NONE;
    if (state == AT_BOTH || state == AT_PEER_RESET || state == AT_SKIPPED)
        return V_NONE | stream | conn;
    return stream | conn;
}

/* RFC 9113 6.1, 5.1. The payload is `len` zeros: padding is none, and nothing but a dependency on
   stream 0 is said. */
static unsigned of_data(int state, int flags, size_t len, int client)
{
    unsigned v = 0;
    if (state == AT_ZERO || state == AT_IDLE || state == AT_EVEN)
        v |= V_CONN_PROTOCOL;
    if (flags & PADDED && len == 0)
        v |= V_CONN_PROTOCOL | on_stream(state, V_STREAM_SIZE, V_CONN_SIZE);
    if (state == AT_SKIPPED)
        v |= V_CONN_PROTOCOL | V_CONN_CLOSED | V_STREAM_CLOSED;
    if (state == AT_BOTH || state == AT_PEER_RESET)
        v |= V_CONN_CLOSED | V_STREAM_CLOSED;
    if (state == AT_HALF)
        v |= client ? V_STREAM_PROTOCOL /* no head yet */ : V_STREAM_CLOSED | V_CONN_CLOSED;
    return v ? v : V_NONE;
}

/* A field block of `n` zeros: three octets are a field without name and value. */
static unsigned of_block(int state, size_t n, int flags, int client)
{
    unsigned malformed = V_STREAM_PROTOCOL;
    unsigned large = n > 3000 ? V_CONN_CALM : 0; /* five times what is let in */
    if (!(flags & HEADS))
        return V_NONE | large;
    if (n % 3)
        return V_CONN_COMPRESSION | large;
    if (large)
        return large;
    if (state == AT_OUR_RESET)
        return V_NONE;
    if (state == AT_OPEN && n == 0 && flags & END)
        return V_NONE; /* trailers of nothing */
    (void)client;
    return malformed;
}

static unsigned of_headers(int state, int flags, size_t len, int client)
{
    size_t front = (flags & PADDED ? 1u : 0u) + (flags & PRIO ? 5u : 0u);
    unsigned v = 0;
    if (state == AT_ZERO || state == AT_EVEN ||
        (client && (state == AT_IDLE || state == AT_SKIPPED)))
        v |= V_CONN_PROTOCOL;
    if (len < front)
        return v | V_CONN_SIZE | V_CONN_PROTOCOL;
    if (v)
        return v;
    v = of_block(state, len - front, flags, client);
    if (state == AT_SKIPPED)
        return v | V_CONN_PROTOCOL | V_CONN_CLOSED;
    if (state == AT_BOTH || state == AT_PEER_RESET)
        return (v & ~(unsigned)V_STREAM_PROTOCOL) | V_CONN_CLOSED | V_STREAM_CLOSED |
               V_CONN_PROTOCOL;
    if (state == AT_HALF && !client)
        return (v & ~(unsigned)V_STREAM_PROTOCOL) | V_STREAM_CLOSED | V_CONN_CLOSED;
    return v;
}

static unsigned of_frame(int type, int flags, int state, size_t len, int client)
{
    int id = state != AT_ZERO;
    unsigned v = 0;
    if (state == AT_BLOCK && type != 9)
        v |= V_CONN_PROTOCOL;
    if (len > 16384)
        v |= V_CONN_SIZE | on_stream(state, V_STREAM_SIZE, V_CONN_SIZE);
    if (type == 5)
        v |= V_CONN_PROTOCOL;
    if (type == 9 && state != AT_BLOCK)
        v |= V_CONN_PROTOCOL;
    if (type == 9 && state == AT_BLOCK && len <= 16384)
        return of_block(AT_IDLE, len + 1, flags, client) | (client ? V_STREAM_PROTOCOL : 0u);
    switch (type) {
    case 2:
        if (!id)
            v |= V_CONN_PROTOCOL;
        if (len != 5)
            v |= on_stream(state, V_STREAM_SIZE, V_CONN_SIZE | V_CONN_PROTOCOL);
        break;
    case 3:
        if (!id || state == AT_IDLE || state == AT_EVEN)
            v |= V_CONN_PROTOCOL;
        if (len != 4)
            v |= V_CONN_SIZE;
        if (state >= AT_BOTH && state != AT_BLOCK && len == 4)
            v |= V_NONE | V_STREAM_CLOSED;
        break;
    case 4:
        if (id)
            v |= V_CONN_PROTOCOL;
        if (len % 6 || (flags & ACK && len))
            v |= V_CONN_SIZE;
        if (len > 6 * 32)
            v |= V_CONN_CALM;
        if (flags & ACK && len == 0)
            v |= V_CONN_PROTOCOL | V_NONE; /* nobody awaits it */
        break;
    case 6:
        if (id)
            v |= V_CONN_PROTOCOL;
        if (len != 8)
            v |= V_CONN_SIZE;
        break;
    case 7:
        if (id)
            v |= V_CONN_PROTOCOL;
        if (len < 8)
            v |= V_CONN_SIZE;
        break;
    case 8:
        if (len != 4)
            return v | V_CONN_SIZE;
        if (state == AT_ZERO || state == AT_IDLE || state == AT_EVEN)
            v |= V_CONN_PROTOCOL;
        else
            v |= on_stream(state, V_STREAM_PROTOCOL, V_CONN_PROTOCOL) |
                 (state >= AT_BOTH ? (unsigned)V_STREAM_CLOSED : 0u);
        break;
    case 16:
        if (id || client)
            v |= V_CONN_PROTOCOL;
        if (len < 4)
            v |= V_CONN_SIZE;
        else
            v |= len > 260 ? V_CONN_PROTOCOL | V_NONE : V_CONN_PROTOCOL; /* of stream 0 */
        break;
    default: break;
    }
    if (type < 2) {
        unsigned w =
            type ? of_headers(state, flags, len, client) : of_data(state, flags, len, client);
        v |= v ? w & ~(unsigned)V_NONE : w;
    }
    return v ? v : V_NONE;
}

/* A connection at a state, in a block of its own, so that it can be put back to it. */
typedef struct frozen {
    h2neg_config config;
    size_t size;
    unsigned char *block, *copy;
    h2neg_conn *c;
    buf out;
} frozen;

static void frozen_events(frozen *z)
{
    h2neg_event ev;
    const void *run;
    size_t n;
    do {
        while (h2neg_next(z->c, &ev))
            if (ev.type == H2NEG_EV_REQUEST && h2neg_is(ev.path, "/now"))
                h2neg_reply(z->c, ev.stream, 200, NULL, "x", 1);
            else if (ev.type == H2NEG_EV_REQUEST && h2neg_is(ev.path, "/reset"))
                h2neg_reset(z->c, ev.stream, 8);
        n = h2neg_output(z->c, &run);
        buf_add(&z->out, run, n);
        h2neg_output_done(z->c, n);
    } while (n);
}

static void frozen_feed(frozen *z, const char *p, size_t n)
{
    while (n && h2neg_wants(z->c) & H2NEG_WANT_READ) {
        size_t k = n < 16384 ? n : 16384;
        CHECK_INT(h2neg_feed(z->c, p, k), k);
        frozen_events(z);
        p += k;
        n -= k;
    }
}

static void frozen_ask(frozen *z)
{
    h2neg_message m = message_get("/a");
    uint32_t stream;
    CHECK_INT(h2neg_request(z->c, &m, 0, &stream), 0);
    frozen_events(z);
}

static void frozen_make(frozen *z, int state, int client)
{
    buf in = {0, 0, 0};
    memset(z, 0, sizeof *z);
    z->config.role = client ? H2NEG_CLIENT : H2NEG_SERVER;
    z->config.protocols = H2NEG_PRIOR;
    z->config.max_input = 16384;
    z->config.max_header_list = 4096;
    z->config.max_output_pending = 8192;
    z->config.max_concurrent_streams = 7;
    z->config.max_queued = 1024;
    z->size = h2neg_memory_bound(&z->config);
    z->block = (unsigned char *)malloc(z->size);
    z->copy = (unsigned char *)malloc(z->size);
    memset(z->block, 0, z->size);
    z->c = h2neg_conn_place(z->block, z->size, &z->config);
    frozen_events(z);
    if (client)
        put_settings(&in, "");
    else
        put_preface(&in, "");
    put_ack(&in);
    frozen_feed(z, in.p, in.len);
    in.len = 0;
    if (client) {
        frozen_ask(z); /* 1 */
        frozen_ask(z); /* 3 */
        if (state == AT_OPEN)
            put_response(&in, 1, 0, 200, "");
        if (state == AT_BOTH)
            put_response(&in, 1, END, 200, "");
        if (state == AT_PEER_RESET)
            put_rst(&in, 1, 8);
        if (state == AT_OUR_RESET)
            CHECK_INT(h2neg_reset(z->c, 1, 8), 0);
        if (state == AT_BLOCK)
            put_frame(&in, 1, 0, 1, "\0", 1);
    } else if (state == AT_SKIPPED) {
        put_get(&in, 3, "/later");
    } else if (state == AT_BLOCK) {
        put_frame(&in, 1, 0, 1, "\0", 1);
    } else if (state >= AT_OPEN) {
        put_request(&in, 1,
                    state == AT_OPEN || state == AT_PEER_RESET || state == AT_OUR_RESET ? 0 : END,
                    "POST",
                    state == AT_BOTH        ? "/now"
                    : state == AT_OUR_RESET ? "/reset"
                                            : "/later",
                    "");
        if (state == AT_PEER_RESET)
            put_rst(&in, 1, 8);
    }
    frozen_events(z);
    frozen_feed(z, in.p, in.len);
    memcpy(z->copy, z->block, z->size);
    buf_free(&in);
}

static void frozen_end(frozen *z)
{
    h2neg_conn_free(z->c);
    free(z->block);
    free(z->copy);
    buf_free(&z->out);
}

/* The verdict that stands in the output; `pong`: it answers the PING that follows. */
static unsigned verdict_of(const buf *out, int *pong)
{
    size_t at = 0;
    unsigned v = 0;
    *pong = 0;
    while (out->len - at >= 9) {
        const unsigned char *u = (const unsigned char *)out->p + at;
        size_t len = (size_t)u[0] << 16 | (size_t)u[1] << 8 | u[2];
        if (u[3] == 7) {
            uint32_t code = get_u32((const char *)u + 13);
            v |= code == 1    ? V_CONN_PROTOCOL
                 : code == 6  ? V_CONN_SIZE
                 : code == 5  ? V_CONN_CLOSED
                 : code == 9  ? V_CONN_COMPRESSION
                 : code == 11 ? V_CONN_CALM
                 : code == 3  ? V_CONN_FLOW
                              : V_OTHER;
        } else if (u[3] == 3 && get_u32((const char *)u + 9) != 0) {
            uint32_t code = get_u32((const char *)u + 9);
            v |= code == 1    ? V_STREAM_PROTOCOL
                 : code == 6  ? V_STREAM_SIZE
                 : code == 5  ? V_STREAM_CLOSED
                 : code == 11 ? V_CONN_CALM
                              : V_OTHER;
        } else if (u[3] == 6 && u[4] & 1) {
            *pong = 1;
        }
        at += 9 + len;
    }
    return v ? v : V_NONE;
}

static int one_bit(unsigned v)
{
    return (v & (v - 1)) == 0;
}

static const size_t lengths[] = {0, 1, 3, 4, 5, 6, 8, 9, 198, 16384, 16385};

/* One frame, and a PING behind it, which is answered unless the connection ended (or a block is
   open). */
static void frame_one(frozen *z, int type, int flags, int state, size_t len, int client)
{
    static char zeros[16384];
    buf in = {0, 0, 0};
    unsigned allowed = of_frame(type, flags, state, len, client), is;
    int pong, open_block, deaf = 0;
    memcpy(z->block, z->copy, z->size);
    z->out.len = 0;
    put_head(&in, len, type, flags, state_ids[state]);
    frozen_feed(z, in.p, in.len);
    if (len <= 16384)
        frozen_feed(z, zeros, len);
    is = verdict_of(&z->out, &pong);
    open_block = (type == 1 || type == 9) && !(flags & HEADS);
    if (!open_block && len <= 16384 &&
        is & (V_NONE | V_STREAM_PROTOCOL | V_STREAM_SIZE | V_STREAM_CLOSED)) {
        z->out.len = 0;
        in.len = 0;
        put_ping(&in, 0, "12345678");
        frozen_feed(z, in.p, in.len);
        verdict_of(&z->out, &pong);
        deaf = !pong && !(h2neg_wants(z->c) & (H2NEG_WANT_HALF_CLOSE | H2NEG_WANT_CLOSE));
    }
    if (!one_bit(is) || !(is & allowed) || deaf) {
        check_failures++;
        fprintf(stderr, "%s: type %d flags %02x length %lu, %s: %x%s, not one of %x\n",
                client ? "client" : "server", type, (unsigned)flags, (unsigned long)len,
                state_names[state], is, deaf ? " and PING is not answered" : "", allowed);
    }
    buf_free(&in);
}

static void test_frames(void)
{
    int client, state, type, flags;
    size_t i;
    for (client = 0; client < 2; client++)
        for (state = 0; state < STATES; state++) {
            frozen z;
            if (client && state == AT_SKIPPED)
                continue; /* a client's streams are its own */
            frozen_make(&z, state, client);
            for (type = 0; type < 256; type++)
                for (flags = 0; flags < 256;
                     flags += type < 11 || type == 16 ? (int)script_some() : 255)
                    for (i = 0; i < sizeof lengths / sizeof lengths[0] && check_failures < 20; i++)
                        if (lengths[i] < 16384 || !(flags & 0xd2)) /* long ones: defined bits */
                            frame_one(&z, type, flags, state, lengths[i], client);
            frozen_end(&z);
        }
}

/* ---- every octet in every place ------------------------------------------ */

static int is_token(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static int is_hex(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static int is_text(int c) /* of a value or a reason: RFC 9110 5.5 */
{
    return c == '\t' || (c >= 32 && c != 127);
}

static int is_target(int c)
{
    return c > 32 && c < 127 && c != '#';
}

static int is_first_hex(int c)
{
    return is_hex(c);
}

static int is_name(int c) /* a second colon is the value's first octet */
{
    return is_token(c) || c == ':';
}

static int is_extension_name(int c) /* white space may stand before "=" (RFC 9112 7.1.1) */
{
    return is_token(c) || c == ' ' || c == '\t';
}

static int is_quoted(int c) /* RFC 9110 5.6.4 */
{
    return is_text(c) && c != '"' && c != '\\';
}

static int is_escaped(int c)
{
    return is_text(c);
}

static int is_digit(int c)
{
    return c >= '0' && c <= '9';
}

/* A minor version above 1 is read as 1 (RFC 9110 6.2). */
static int is_minor(int c)
{
    return c >= '0' && c <= '9';
}

static int is_one(int c)
{
    return c == '1';
}

static int is_status(int c) /* of 1xx a final response is still to come */
{
    return c >= '1' && c <= '9';
}

static int is_host(int c) /* reg-name: RFC 3986 3.2.2; a colon before nothing is an empty port */
{
    return (is_token(c) && !strchr("#%^`|", c)) || (c && strchr("(),;=:", c)) || c == ' ' ||
           c == '\t';
}

static int is_lf(int c)
{
    return c == '\n';
}

static int is_cr(int c)
{
    return c == '\r';
}

typedef struct place {
    const char *name, *front, *behind;
    int (*good)(int c);
    int client;
} place;

#define POSTED "POST /end HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
#define OVER "\r\n0\r\n\r\n"

static const place places[] = {
    {"a method's first octet", "", "ET /now HTTP/1.1\r\nHost: a\r\n\r\n", is_token, 0},
    {"a method", "G", "T /now HTTP/1.1\r\nHost: a\r\n\r\n", is_token, 0},
    {"a method's last octet", "GE", " /now HTTP/1.1\r\nHost: a\r\n\r\n", is_token, 0},
    {"a target", "GET /no", "w HTTP/1.1\r\nHost: a\r\n\r\n", is_target, 0},
    {"a query", "GET /now?a", "b HTTP/1.1\r\nHost: a\r\n\r\n", is_target, 0},
    {"the minor version", "GET /now HTTP/1.", "\r\nHost: a\r\n\r\n", is_minor, 0},
    {"the major version", "GET /now HTTP/", ".1\r\nHost: a\r\n\r\n", is_one, 0},
    {"a line's CR", "GET /now HTTP/1.1", "\nHost: a\r\n\r\n", is_cr, 0},
    {"a line's LF", "GET /now HTTP/1.1\r", "Host: a\r\n\r\n", is_lf, 0},
    {"a field's CR", "GET /now HTTP/1.1\r\nHost: a", "\n\r\n", is_cr, 0},
    {"the empty line's LF", "GET /now HTTP/1.1\r\nHost: a\r\n\r", "", is_lf, 0},
    {"a name", "GET /now HTTP/1.1\r\nHost: a\r\nX", "y: a\r\n\r\n", is_name, 0},
    {"a name's last octet", "GET /now HTTP/1.1\r\nHost: a\r\nX", ": a\r\n\r\n", is_name, 0},
    {"a value", "GET /now HTTP/1.1\r\nHost: a\r\nX: a", "b\r\n\r\n", is_text, 0},
    {"a value's first octet", "GET /now HTTP/1.1\r\nHost: a\r\nX:", "b\r\n\r\n", is_text, 0},
    {"a host", "GET /now HTTP/1.1\r\nHost: a", "\r\n\r\n", is_host, 0},
    {"a length", "POST /end HTTP/1.1\r\nHost: a\r\nContent-Length: 0", "\r\n\r\n", NULL, 0},
    {"a chunk size's first octet", POSTED, NULL, is_first_hex, 0},
    {"a chunk size's second octet", POSTED "0", NULL, is_hex, 0},
    {"a chunk's CR", POSTED "1", "\nx" OVER, is_cr, 0},
    {"a chunk's LF", POSTED "1\r", "x" OVER, is_lf, 0},
    {"the CR behind a chunk", POSTED "1\r\nx", "\n0\r\n\r\n", is_cr, 0},
    {"the LF behind a chunk", POSTED "1\r\nx\r", "0\r\n\r\n", is_lf, 0},
    {"an extension's name", POSTED "1;a", "=b\r\nx" OVER, is_extension_name, 0},
    {"an extension's value", POSTED "1;a=b", "c\r\nx" OVER, NULL, 0},
    {"a quoted value", POSTED "1;a=\"b", "\"\r\nx" OVER, is_quoted, 0},
    {"an escaped octet", POSTED "1;a=\"\\", "\"\r\nx" OVER, is_escaped, 0},
    {"a trailer's name", POSTED "0\r\nX", "y: a\r\n\r\n", is_name, 0},
    {"a trailer's value", POSTED "0\r\nX: a", "b\r\n\r\n", is_text, 0},
    {"a status line's version", "HTTP/1.", " 204 OK\r\n\r\n", is_minor, 1},
    {"the status", "HTTP/1.1 2", "4 OK\r\n\r\n", NULL, 1},
    {"the status's first octet", "HTTP/1.1 ", "04 OK\r\n\r\n", is_status, 1},
    {"the space before it", "HTTP/1.1", "204 OK\r\n\r\n", NULL, 1},
    {"a reason", "HTTP/1.1 204 O", "K\r\n\r\n", is_text, 1},
    {"a response's name", "HTTP/1.1 204 OK\r\nX", "y: a\r\n\r\n", is_name, 1},
    {"a response's value", "HTTP/1.1 204 OK\r\nX: a", "b\r\n\r\n", is_text, 1}};

/* What is not told by a class alone. */
static int place_good(const place *p, int c)
{
    if (p->good)
        return p->good(c);
    if (!strcmp(p->name, "a length"))
        return is_digit(c) || c == ' ' || c == '\t'; /* with digits octets are still to come */
    if (!strcmp(p->name, "an extension's value"))
        return is_token(c) || c == ';'; /* another extension, c */
    if (!strcmp(p->name, "the status"))
        return is_digit(c);
    return c == ' ';
}

/* 1: answered and whole; 0: refused; a place where the message goes on may be -1: waits. */
static int place_play(const place *p, int c, int cut)
{
    h2neg_config config;
    side *s = (side *)calloc(1, sizeof *s);
    buf in = {0, 0, 0};
    int done;
    memset(&config, 0, sizeof config);
    config.role = p->client ? H2NEG_CLIENT : H2NEG_SERVER;
    config.protocols = H2NEG_HTTP1;
    s->client = p->client;
    s->cut = cut;
    s->c = h2neg_conn_new(&config);
    if (p->client)
        side_get(s, "/a");
    side_drain(s);
    buf_text(&in, p->front);
    buf_octet(&in, (unsigned)c);
    if (p->behind) {
        buf_text(&in, p->behind);
    } else if (is_hex(c)) { /* so many octets */
        int n = c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
        buf_text(&in, "\r\n");
        buf_fill(&in, 'x', (size_t)n);
        buf_text(&in, n ? "\r\n0\r\n\r\n" : "\r\n");
    } else {
        buf_text(&in, "\r\nx" OVER);
    }
    side_feed(s, in.p, in.len);
    done = s->errors ? 0 : s->done ? 1 : !p->client && s->opened ? 2 : -1;
    if (s->done && p->client && !s->errors)
        done = 1;
    buf_free(&in);
    side_free(s);
    free(s);
    return done;
}

static void test_octets(void)
{
    size_t i;
    int c, cut;
    for (i = 0; i < sizeof places / sizeof places[0]; i++)
        for (c = 0; c < 256; c++)
            for (cut = 0; cut < 2; cut++) {
                const place *p = &places[i];
                int good = place_good(p, c), is = place_play(p, c, cut);
                /* a good one may be a request that the application leaves open ("/noxw"); 1xx and
                   lengths that wait have no end here */
                if (good ? is == 0 : is != 0) {
                    check_failures++;
                    fprintf(stderr, "%s, octet %02x (cut %d): %d, not %d\n", p->name, (unsigned)c,
                            cut, is, good);
                }
            }
}

/* HTTP/2: every octet in a name, at either end and inside of a value, and in the pseudo-fields. */
static int is_h2_name(int c)
{
    return is_token(c) && !(c >= 'A' && c <= 'Z');
}

static int h2_play(int where, int c)
{
    buf in = {0, 0, 0}, block = {0, 0, 0};
    char one[4] = {'a', 0, 'b', 0};
    h2neg_config config;
    side *s = (side *)calloc(1, sizeof *s);
    int is;
    memset(&config, 0, sizeof config);
    s->c = h2neg_conn_new(&config);
    one[1] = (char)c;
    put_preface(&in, "");
    put_ack(&in);
    if (where == 4)
        put_field(&block, ":method", 7, one, 3);
    else
        put_field(&block, ":method", 7, "GET", 3);
    put_field(&block, ":scheme", 7, "http", 4);
    put_field(&block, ":authority", 10, "a", 1);
    if (where == 5) {
        put_field(&block, ":path", 5, "/?a", 2);
        block.p[block.len - 1] = (char)c;
    } else {
        put_field(&block, ":path", 5, "/later", 6);
    }
    if (where == 0)
        put_field(&block, one, 3, "v", 1);
    if (where == 1)
        put_field(&block, "n", 1, one, 3);
    if (where == 2)
        put_field(&block, "n", 1, one + 1, 2);
    if (where == 3)
        put_field(&block, "n", 1, one, 2);
    put_frame(&in, 1, HEADS | END, 1, block.p, block.len);
    side_feed(s, in.p, in.len);
    is = s->opened != 0;
    CHECK_INT(s->errors, 0); /* at most the stream */
    buf_free(&in);
    buf_free(&block);
    side_free(s);
    free(s);
    return is;
}

static void test_octets_h2(void)
{
    int where, c;
    for (where = 0; where < 6; where++)
        for (c = 0; c < 256; c++) {
            int good = where == 0   ? is_h2_name(c)
                       : where == 1 ? is_text(c)
                       : where <= 3 ? is_text(c) && c != ' ' && c != '\t'
                       : where == 4 ? is_token(c)
                                    : is_target(c);
            if (h2_play(where, c) != good) {
                check_failures++;
                fprintf(stderr, "place %d, octet %02x: %d\n", where, (unsigned)c, !good);
            }
        }
}

/* ---- ALPN ---------------------------------------------------------------- */

/* All lists of up to four octets out of {0..5, 255} as lengths and names: well-formed or not; and
   every octet as a name. */
static void test_alpn(void)
{
    static const unsigned char values[] = {0, 1, 2, 3, 4, 255};
    unsigned n, at, a, b;
    for (n = 0; n <= 4; n++) {
        unsigned total = 1, i;
        for (i = 0; i < n; i++)
            total *= 6;
        for (at = 0; at < total; at++) {
            unsigned char list[4];
            unsigned v = at, k = 0;
            int good = n > 0;
            h2neg_str s, chosen;
            for (i = 0; i < n; i++, v /= 6)
                list[i] = values[v % 6];
            while (k < n) {
                if (list[k] == 0 || list[k] > n - k - 1)
                    good = 0;
                k += 1u + list[k];
            }
            s.ptr = (const char *)list;
            s.len = n;
            CHECK_INT(h2neg_alpn_list_check(s), good ? 0 : H2NEG_ERR_ALPN_LIST);
            if (!good) {
                CHECK_INT(h2neg_alpn_select(h2neg_s("\2h2"), s, &chosen), H2NEG_ERR_ALPN_LIST);
                CHECK_INT(chosen.len, 0);
                CHECK_INT(h2neg_alpn_select(s, h2neg_s("\2h2"), &chosen), H2NEG_ERR_ALPN_LIST);
            }
        }
    }
    for (a = 0; a < 256; a++)
        for (b = 0; b < 256; b++) {
            char mine[2] = {1, 0}, yours[2] = {1, 0};
            h2neg_str x, y, chosen;
            mine[1] = (char)(unsigned char)a;
            yours[1] = (char)(unsigned char)b;
            x.ptr = mine, x.len = 2;
            y.ptr = yours, y.len = 2;
            CHECK_INT(h2neg_alpn_select(x, y, &chosen), a == b ? 0 : H2NEG_ERR_ALPN_NO_OVERLAP);
            CHECK(a == b ? chosen.ptr == mine + 1 && chosen.len == 1 : chosen.len == 0);
        }
}

CHECK_MAIN(test_integers_index, test_integers_insert, test_integers_update, test_integers_length,
           test_frames, test_octets, test_octets_h2, test_alpn)
