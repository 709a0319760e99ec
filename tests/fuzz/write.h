/* write.h: fuzz targets of what writes: whatever the arguments, a writer writes what its reader
   takes, within its room, or says that it cannot; and of the config: whatever it holds, it is
   refused whole or a connection within its bound comes of it. */
#ifndef FUZZ_WRITE_H
#define FUZZ_WRITE_H

typedef struct writing {
    feed f;
    char *out; /* of exactly `room` octets */
    size_t room;
} writing;

static uint32_t write_u32(writing *w)
{
    uint32_t high = feed_u16(&w->f);
    return high < 0x100 ? high : high << 16 | feed_u16(&w->f);
}

/* Text, of a length that may be absurd; nothing is read of it then. */
static h2neg_str write_text(writing *w)
{
    unsigned n = feed_octet(&w->f);
    h2neg_str s = feed_run(&w->f, n & 31);
    if (n == 255)
        s.len = (size_t)0x1000000;
    return s;
}

/* What a frame's writer has written is read again as it was meant; or it does not fit, or is
 * refused.
 */
static void write_read_back(const writing *w, ptrdiff_t n, int type, uint32_t stream)
{
    h2neg_h2_frame f;
    MUST(n <= (ptrdiff_t)w->room && n != 0);
    if (n < 0) {
        MUST(n == H2NEG_ERR_TOO_SMALL || n == H2NEG_ERR_INVALID);
        return;
    }
    MUST(h2neg_h2_frame_header_read(&f, w->out, (size_t)n, 0xffffff) == 9);
    MUST(f.type == type && f.stream == stream && f.length == (uint32_t)n - 9);
    MUST(h2neg_h2_frame_payload_read(&f, w->out + 9) == 0);
}

static ptrdiff_t write_settings(writing *w)
{
    h2neg_h2_setting s[4];
    size_t i, n = feed_octet(&w->f) % 5;
    for (i = 0; i < n; i++) {
        s[i].id = (uint16_t)feed_u16(&w->f);
        s[i].value = write_u32(w);
    }
    return h2neg_h2_frame_write_settings(w->out, w->room, s, n);
}

static ptrdiff_t write_origins(writing *w)
{
    h2neg_str origins[3];
    size_t i, n = feed_octet(&w->f) % 4;
    for (i = 0; i < n; i++)
        origins[i] = write_text(w);
    return h2neg_h2_frame_write_origin(w->out, w->room, origins, n);
}

static void write_frame(writing *w)
{
    unsigned type = feed_octet(&w->f) % 13;
    uint32_t stream = write_u32(w), v = write_u32(w);
    int flags = (int)feed_octet(&w->f);
    h2neg_str s = write_text(w), origin = write_text(w);
    static const unsigned char eight[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const int types[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16};
    ptrdiff_t n = 0;
    switch (types[type]) {
    case 0: n = h2neg_h2_frame_write_data(w->out, w->room, stream, flags & 1, s.ptr, s.len); break;
    case 1:
        n = h2neg_h2_frame_write_headers(w->out, w->room, stream, flags & 5, s.ptr, s.len);
        break;
    case 2:
        n = h2neg_h2_frame_write_priority(w->out, w->room, stream, v, flags & 1, flags * 2);
        break;
    case 3: n = h2neg_h2_frame_write_rst_stream(w->out, w->room, stream, v); break;
    case 4: n = write_settings(w); break;
    case 5:
        n = h2neg_h2_frame_write_push_promise(w->out, w->room, stream, flags & 4, v, s.ptr, s.len);
        break;
    case 6: n = h2neg_h2_frame_write_ping(w->out, w->room, flags & 1, eight); break;
    case 7: n = h2neg_h2_frame_write_goaway(w->out, w->room, stream, v, s.ptr, s.len); break;
    case 8: n = h2neg_h2_frame_write_window_update(w->out, w->room, stream, v); break;
    case 9:
        n = h2neg_h2_frame_write_continuation(w->out, w->room, stream, flags & 4, s.ptr, s.len);
        break;
    case 10: n = h2neg_h2_frame_write_altsvc(w->out, w->room, stream, origin, s); break;
    case 12: n = write_origins(w); break;
    default: n = h2neg_h2_frame_write_priority_update(w->out, w->room, stream, s); break;
    }
    if (types[type] == 4 || types[type] == 6 || types[type] == 7 || types[type] >= 12)
        stream = 0;
    write_read_back(w, n, types[type], stream);
}

/* A frame's header alone, with any field out of its range. */
static void write_header(writing *w)
{
    uint32_t length = write_u32(w), stream = write_u32(w);
    int type = (int)feed_u16(&w->f) - 100, flags = (int)feed_u16(&w->f) - 100;
    ptrdiff_t n = h2neg_h2_frame_write_header(w->out, w->room, length, type, flags, stream);
    h2neg_h2_frame f;
    if (length > 0xffffff || stream > 0x7fffffff || type < 0 || type > 255 || flags < 0 ||
        flags > 255) {
        MUST(n == H2NEG_ERR_INVALID);
        return;
    }
    MUST(n == (w->room < 9 ? (ptrdiff_t)H2NEG_ERR_TOO_SMALL : 9));
    if (n < 0 || h2neg_h2_frame_header_read(&f, w->out, 9, 0xffffff) != 9)
        return; /* a type may ask for another stream or length */
    MUST(f.length == length && f.type == type && f.flags == flags && f.stream == stream);
}

static void write_ws(writing *w)
{
    h2neg_ws_frame f, g;
    ptrdiff_t n;
    memset(&f, 0, sizeof f);
    f.fin = (int)feed_octet(&w->f) % 3;
    f.rsv = (int)feed_octet(&w->f) % 9;
    f.opcode = (int)feed_octet(&w->f) % 18;
    f.masked = (int)feed_octet(&w->f) & 1;
    f.length = write_u32(w);
    if (feed_octet(&w->f) > 200)
        f.length = f.length << 32 | 5;
    memcpy(f.key, "abcd", 4);
    n = h2neg_ws_frame_write(w->out, w->room, &f);
    MUST(n <= (ptrdiff_t)w->room && n <= 14);
    if (n < 0)
        return;
    n = h2neg_ws_frame_read(&g, w->out, (size_t)n, f.masked, 7);
    MUST(n > 0 ? g.opcode == f.opcode && g.length == f.length && !g.fin == !f.fin : n < 0);
}

static void write_ws_words(writing *w)
{
    unsigned v = feed_octet(&w->f);
    int code = (int)feed_u16(&w->f), read;
    h2neg_str s = write_text(w), reason;
    h2neg_ws_deflate d;
    ptrdiff_t n = h2neg_ws_close_write(w->out, w->room, code, s);
    MUST(n <= (ptrdiff_t)w->room && n <= 125);
    if (n > 0)
        MUST(h2neg_ws_close_read(w->out, (size_t)n, &read, &reason) == 0 && read == code &&
             reason.len == s.len);
    memset(&d, 0, sizeof d);
    d.server_no_context_takeover = v & 1;
    d.client_no_context_takeover = v >> 1 & 1;
    d.server_max_window_bits = (int)feed_octet(&w->f) % 18;
    d.client_max_window_bits = (int)feed_octet(&w->f) % 18;
    MUST(h2neg_ws_deflate_write(w->out, w->room, &d) <= (ptrdiff_t)w->room);
    MUST(h2neg_ws_write_refuse(w->out, w->room, code) <= (ptrdiff_t)w->room);
    MUST(h2neg_ws_write_accept(w->out, w->room, s,
                               v & 4   ? "chat"
                               : v & 8 ? "a b"
                                       : NULL,
                               NULL, 0) <= (ptrdiff_t)w->room);
}

static void write_alpn(writing *w)
{
    char names[4][33];
    const char *list[4];
    size_t i, count = feed_octet(&w->f) % 5, at = 0;
    h2neg_str rest, name;
    ptrdiff_t n;
    for (i = 0; i < count; i++) {
        h2neg_str s = feed_run(&w->f, feed_octet(&w->f) & 31);
        memcpy(names[i], s.ptr ? s.ptr : "", s.len);
        names[i][s.len] = 0;
        list[i] = names[i];
    }
    n = h2neg_alpn_write(w->out, w->room, list, count);
    MUST(n <= (ptrdiff_t)w->room);
    if (n <= 0)
        return;
    rest.ptr = w->out;
    rest.len = (size_t)n;
    while (h2neg_alpn_next(&rest, &name)) {
        MUST(at < count && name.len == strlen(list[at]) && !memcmp(name.ptr, list[at], name.len));
        at++;
    }
    MUST(at == count);
}

static void fuzz_writers(const unsigned char *data, size_t size)
{
    static void (*const kinds[])(writing *) = {write_frame, write_header, write_ws, write_ws_words,
                                               write_alpn};
    writing w;
    unsigned room;
    w.f.p = data;
    w.f.len = size;
    while (w.f.len) {
        unsigned kind = feed_octet(&w.f) % 5;
        room = feed_octet(&w.f);
        w.room = room < 250 ? room : 4096;
        w.out = (char *)must_alloc(w.room);
        kinds[kind](&w);
        free(w.out);
    }
}

/* ---- the config ---------------------------------------------------------- */

static const h2neg_field config_rows[][1] = {{{{"date", 4}, {"now", 3}, 0}},
                                             {{{"content-length", 14}, {"5", 1}, 0}},
                                             {{{"bad name", 8}, {"x", 1}, 0}},
                                             {{{"connection", 10}, {"x", 1}, 0}}};

/* The numbers from max_input on, in runs that keep what is between them. */
static void config_numbers(feed *f, h2neg_config *g)
{
    static const uint32_t values[] = {1,     2,        100,       1024,     8191,     8192,
                                      16384, 65535,    1u << 20,  1u << 24, 1u << 30, 0x7fffffff,
                                      16383, 1u << 31, H2NEG_OFF, 3};
    uint32_t *first = &g->max_input, *second = &g->drain_octets;
    size_t firsts = (size_t)((char *)&g->max_content_length - (char *)first) / sizeof *first;
    size_t seconds = (size_t)((char *)(g + 1) - (char *)second) / sizeof *second;
    unsigned n = feed_octet(f) % 6;
    while (n--) {
        size_t which = feed_octet(f) % (firsts + seconds);
        uint32_t value = values[feed_octet(f) & 15];
        *(which < firsts ? first + which : second + (which - firsts)) = value;
    }
}

static void config_websocket(feed *f, h2neg_config *g, h2neg_ws_codec *codec)
{
    unsigned v = feed_octet(f);
    if (v & 1)
        g->ws_codec = codec;
    if (v & 2)
        codec->run_fn = NULL;
    g->ws_deflate.server_max_window_bits = v & 4 ? (int)feed_octet(f) % 18 : 0;
    g->ws_deflate.client_max_window_bits = v & 8 ? (int)feed_octet(f) % 18 : 0;
    g->ws_pieces = v >> 4 & 1;
    g->ws_origin.origin_count = v >> 5 & 1;
}

static void fuzz_config(const unsigned char *data, size_t size)
{
    h2neg_config g;
    meter m;
    h2neg_ws_codec codec = toy_codec;
    feed f;
    unsigned v;
    size_t bound, room;
    void *block;
    h2neg_conn *c;
    memset(&g, 0, sizeof g);
    memset(&m, 0, sizeof m);
    f.p = data;
    f.len = size;
    v = feed_octet(&f);
    g.role = v & 7 ? (int)(v & 1) : (int)(v % 5) - 1;
    g.protocols = feed_octet(&f);
    g.tls = v >> 3 & 1;
    g.lenient = feed_octet(&f);
    v = feed_octet(&f);
    if (v & 8) {
        g.common_fields = v & 16 ? NULL : config_rows[v & 3];
        g.common_field_count = v & 4 ? 0 : 1;
    }
    config_websocket(&f, &g, &codec);
    config_numbers(&f, &g);
    g.alloc_fn = meter_fn;
    g.alloc_user = &m;
    bound = h2neg_memory_bound(&g);
    c = h2neg_conn_new(&g);
    MUST(!c == (h2neg_config_check(&g) != 0));
    MUST(!c || bound);
    if (c) {
        h2neg_str in = feed_rest(&f);
        h2neg_event ev;
        h2neg_tls_agreed(c,
                         v & 32   ? "h2"
                         : v & 64 ? "http/1.1"
                                  : NULL,
                         v & 32   ? 2
                         : v & 64 ? 8
                                  : 0);
        h2neg_feed(c, in.ptr, in.len);
        while (h2neg_next(c, &ev))
            continue;
        MUST(m.peak <= bound);
    }
    h2neg_conn_free(c);
    MUST(m.live == 0 && m.faults == 0);
    if (!c || bound > 1u << 22)
        return;
    room = v & 128 ? bound : bound - 1;
    block = must_alloc(room);
    MUST(!h2neg_conn_place(block, room, &g) == (room < bound));
    free(block);
}

#endif
