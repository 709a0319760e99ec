/* HTTP/2 frames: every rule of RFC 9113 4 and 6, and the writers against the reader. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"

enum { MAX = 16384 };

static unsigned char buffer[9 + MAX + 16];

/* A header in `buffer`. */
static void header(unsigned length, unsigned type, unsigned flags, unsigned stream)
{
    unsigned char *p = buffer;
    *p++ = (unsigned char)(length >> 16);
    *p++ = (unsigned char)(length >> 8);
    *p++ = (unsigned char)length;
    *p++ = (unsigned char)type;
    *p++ = (unsigned char)flags;
    *p++ = (unsigned char)(stream >> 24);
    *p++ = (unsigned char)(stream >> 16);
    *p++ = (unsigned char)(stream >> 8);
    *p++ = (unsigned char)stream;
}

/* What the RFCs' sentences say of a header: 9 or an error, and whether that is the stream's. */
static int expected(unsigned length, unsigned type, unsigned flags, unsigned stream, int *scope)
{
    unsigned least = 0, most = MAX, prefix = flags & 8 ? 1 : 0;
    *scope = 0;
    switch (type) {
    case 0x0: /* 6.1 */
    case 0x1: /* 6.2 */
    case 0x5: /* 6.6 */
    case 0x9: /* 6.10 */
    case 0x2: /* 6.3 */
    case 0x3: /* 6.4 */
        if (stream == 0)
            return H2NEG_ERR_H2_STREAM_ID;
        break;
    case 0x4:  /* 6.5 */
    case 0x6:  /* 6.7 */
    case 0x7:  /* 6.8 */
    case 0x10: /* RFC 9218 7.1 */
        if (stream != 0)
            return H2NEG_ERR_H2_STREAM_ID;
        break;
    default: break;
    }
    if (type == 0x0)
        least = prefix;
    if (type == 0x1)
        least = prefix + (flags & 0x20 ? 5 : 0);
    if (type == 0x5)
        least = prefix + 4;
    if (type == 0x2)
        least = most = 5;
    if (type == 0x3 || type == 0x8)
        least = most = 4;
    if (type == 0x6)
        least = most = 8;
    if (type == 0x7)
        least = 8;
    if (type == 0x10)
        least = 4;
    if (type == 0x4 && (flags & 1))
        most = 0;
    if (length >= least && length <= most && (type != 0x4 || length % 6 == 0))
        return 9;
    /* 4.2 and 6.3: of the frames with bounds, only these two leave the connection as it was */
    *scope = (type == 0x2 || type == 0x0) && length <= MAX;
    return H2NEG_ERR_H2_FRAME_SIZE;
}

/* Every type and some behind, every flag, lengths around every bound, streams. */
static void headers_exhaustive(void)
{
    static const unsigned streams[] = {0, 1, 2, 0x7fffffff};
    static const unsigned lengths[] = {
        0,  1,  2,  3,  4,       5,       6,   7,       8,       9,        10,
        11, 12, 13, 18, MAX - 4, MAX - 1, MAX, MAX + 1, MAX + 2, 0xfffffe, 0xffffff};
    unsigned type, flags, s, l, reserved;
    for (type = 0; type <= 0x12; type++)
        for (flags = 0; flags < 256; flags++)
            for (s = 0; s < 4; s++)
                for (l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
                    h2neg_h2_frame f;
                    int scope, e = expected(lengths[l], type, flags, streams[s], &scope);
                    reserved = check_random(2) ? 0x80000000u : 0; /* 4.1: ignored */
                    header(lengths[l], type, flags, streams[s] | reserved);
                    if (h2neg_h2_frame_header_read(&f, buffer, 9, MAX) != e) {
                        CHECK_INT(h2neg_h2_frame_header_read(&f, buffer, 9, MAX), e);
                        fprintf(stderr, "    type %u flags %u stream %u length %u\n", type, flags,
                                streams[s], lengths[l]);
                        return;
                    }
                    CHECK(f.length == lengths[l] && f.type == type && f.flags == flags);
                    CHECK(f.stream == streams[s] && f.oversize == (lengths[l] > MAX));
                    if (e < 0)
                        CHECK_INT(h2neg_h2_error_is_stream(&f, e), scope);
                }
}

static void header_cut(void)
{
    size_t n;
    h2neg_h2_frame f;
    header(5, 0, 0, 1);
    for (n = 0; n < 9; n++) {
        unsigned char *tight = check_tight(buffer, n);
        CHECK_INT(h2neg_h2_frame_header_read(&f, tight, n, MAX), 0);
        CHECK_INT(h2neg_h2_frame_read(&f, tight, n, MAX), 0);
        free(tight);
    }
    CHECK_INT(h2neg_h2_frame_header_read(&f, NULL, 0, MAX), 0);
    header(MAX + 1, 0, 0, 1); /* a receiver that allows more (RFC 9113 4.2) */
    CHECK_INT(h2neg_h2_frame_header_read(&f, buffer, 9, MAX + 1), 9);
}

/* A frame of this header and hex payload, read whole, and cut at every octet before (nothing may be
   said then but what the header says), and through the streaming reader. */
static int read_hex(h2neg_h2_frame *f, unsigned type, unsigned flags, unsigned stream,
                    const char *hex)
{
    size_t length = check_hex(buffer + 9, hex), n;
    unsigned char *tight;
    h2neg_h2_frame part;
    ptrdiff_t r, h;
    header((unsigned)length, type, flags, stream);
    tight = check_tight(buffer, 9 + length);
    r = h2neg_h2_frame_read(f, tight, 9 + length, MAX);
    h = h2neg_h2_frame_header_read(&part, tight, 9, MAX);
    for (n = 9; n < 9 + length; n++) {
        unsigned char *less = check_tight(tight, n);
        CHECK_INT(h2neg_h2_frame_read(&part, less, n, MAX), h < 0 ? h : 0);
        free(less);
    }
    if (h == 9) {
        int p = 0, whole = 0;
        h2neg_h2_frame_header_read(&part, tight, 9, MAX);
        for (n = 0; n <= length && p == 0; n++) {
            unsigned char *less = check_tight(tight + 9, n);
            p = h2neg_h2_frame_prefix_read(&part, less, n);
            CHECK_INT(p != 0, n >= part.prefix);
            free(less);
        }
        whole = type <= 1 || type == 5;
        CHECK_INT(p == 1 ? 0 : p, whole && r < 0 ? r : 0);
        CHECK_INT(part.padding, f->padding);
        CHECK_INT(part.dependency, whole ? f->dependency : 0);
    }
    free(tight); /* slices in `f` now dangle: reread from the static buffer */
    return (int)h2neg_h2_frame_read(f, buffer, 9 + length, MAX);
}

/* 6.1: padding as long as the payload, or longer, is PROTOCOL_ERROR. Every length and pad length.
 */
static void padding_exhaustive(void)
{
    static const struct {
        unsigned type, flags, prefix;
    } kinds[] = {{0, 8, 1}, {1, 8, 1}, {1, 0x28, 6}, {5, 8, 5}};
    unsigned k, length, pad;
    for (k = 0; k < 4; k++)
        for (length = kinds[k].prefix; length < 40; length++)
            for (pad = 0; pad < 256; pad++) {
                h2neg_h2_frame f;
                unsigned char *tight;
                ptrdiff_t r;
                unsigned good = pad <= length - kinds[k].prefix;
                h2neg_str data;
                header(length, kinds[k].type, kinds[k].flags, 1);
                memset(buffer + 9, 7, 64);
                buffer[9] = (unsigned char)pad;
                tight = check_tight(buffer, 9 + length);
                r = h2neg_h2_frame_read(&f, tight, 9 + length, MAX);
                CHECK_INT(r, good ? (int)(9 + length) : H2NEG_ERR_H2_PADDING);
                CHECK_INT(h2neg_h2_error_is_stream(&f, H2NEG_ERR_H2_PADDING), 0);
                data = kinds[k].type == 5 ? f.u.push.fragment : f.u.data;
                if (good) {
                    CHECK_INT(data.len, length - kinds[k].prefix - pad);
                    CHECK(data.ptr == (char *)tight + 9 + kinds[k].prefix);
                    CHECK(f.padding == pad && f.prefix == kinds[k].prefix);
                }
                CHECK_INT(h2neg_h2_frame_header_read(&f, tight, 9, MAX), 9);
                CHECK_INT(h2neg_h2_frame_prefix_read(&f, tight + 9, kinds[k].prefix - 1), 0);
                CHECK_INT(h2neg_h2_frame_prefix_read(&f, tight + 9, kinds[k].prefix),
                          good ? 1 : H2NEG_ERR_H2_PADDING);
                free(tight);
            }
}

static void data_and_headers(void)
{
    h2neg_h2_frame f;
    CHECK_INT(read_hex(&f, 0, 0xf7, 1, "61 62 63"), 12); /* without PADDED no other flag matters */
    CHECK_TEXT(f.u.data, "abc");
    CHECK_INT(read_hex(&f, 0, 0, 1, ""), 9);
    CHECK_INT(f.u.data.len, 0);
    CHECK_INT(read_hex(&f, 0, 8, 1, ""), H2NEG_ERR_H2_FRAME_SIZE);
    CHECK_INT(read_hex(&f, 0, 0x20, 1, "61"), 10); /* 0x20 is no flag of DATA */
    CHECK_INT(f.has_priority, 0);
    CHECK_TEXT(f.u.data, "a");
    CHECK_INT(read_hex(&f, 1, 0x24, 3, "80 00 00 05 ff 61"), 15);
    CHECK(f.has_priority && f.exclusive == 1 && f.dependency == 5 && f.weight == 256);
    CHECK_TEXT(f.u.data, "a");
    CHECK_INT(read_hex(&f, 1, 0x2c, 3, "01 00 00 00 05 00 61 00"), 17);
    CHECK(f.exclusive == 0 && f.weight == 1 && f.padding == 1 && f.prefix == 6);
    CHECK_TEXT(f.u.data, "a");
    CHECK_INT(read_hex(&f, 1, 0x24, 3, "00 00 00 03 00 61"), H2NEG_ERR_H2_SELF_DEPENDENCY);
    CHECK_TEXT(f.u.data, "a"); /* so that its block can be decoded all the same */
    CHECK_INT(h2neg_h2_error_is_stream(&f, H2NEG_ERR_H2_SELF_DEPENDENCY), 1);
    CHECK_INT(read_hex(&f, 1, 0x2c, 3, "09 80 00 00 03 00 61 00"), H2NEG_ERR_H2_PADDING);
    CHECK_INT(read_hex(&f, 9, 0xff, 3, "61 62"), 11);
    CHECK_TEXT(f.u.data, "ab");
    CHECK_INT(read_hex(&f, 0xb, 0xff, 0, "61 62"), 11);
    CHECK_TEXT(f.u.data, "ab");
    CHECK_INT(read_hex(&f, 0xff, 8, 9, ""), 9);
    CHECK_INT(f.u.data.len, 0);
}

static void small_frames(void)
{
    h2neg_h2_frame f;
    CHECK_INT(read_hex(&f, 2, 0xff, 3, "80 00 00 01 0f"), 14);
    CHECK(f.exclusive == 1 && f.dependency == 1 && f.weight == 16);
    CHECK_INT(read_hex(&f, 2, 0, 3, "80 00 00 03 0f"), H2NEG_ERR_H2_SELF_DEPENDENCY);
    CHECK_INT(h2neg_h2_error_is_stream(&f, H2NEG_ERR_H2_SELF_DEPENDENCY), 1);
    CHECK_INT(read_hex(&f, 3, 0xff, 3, "ff ff ff fe"), 13);
    CHECK(f.u.code == 0xfffffffe);
    CHECK_INT(read_hex(&f, 6, 0xfe, 0, "01 02 03 04 05 06 07 08"), 17);
    CHECK_OCTETS(f.u.ping, 8, "\1\2\3\4\5\6\7\10", 8);
    CHECK_INT(read_hex(&f, 7, 0, 0, "ff ff ff ff 00 00 00 0b 6e 6f"), 19);
    CHECK(f.u.goaway.last == 0x7fffffff && f.u.goaway.code == 11);
    CHECK_TEXT(f.u.goaway.debug, "no");
    CHECK_INT(read_hex(&f, 7, 0, 0, "00 00 00 00 00 00 00 00"), 17);
    CHECK_INT(f.u.goaway.debug.len, 0);
    CHECK_INT(read_hex(&f, 8, 0, 0, "80 00 00 01"), 13);
    CHECK_INT(f.u.increment, 1);
    CHECK_INT(read_hex(&f, 8, 0, 5, "ff ff ff ff"), 13);
    CHECK(f.u.increment == 0x7fffffff);
    CHECK_INT(read_hex(&f, 8, 0, 5, "80 00 00 00"), H2NEG_ERR_H2_WINDOW_ZERO);
    CHECK_INT(h2neg_h2_error_is_stream(&f, H2NEG_ERR_H2_WINDOW_ZERO), 1);
    CHECK_INT(read_hex(&f, 8, 0, 0, "00 00 00 00"), H2NEG_ERR_H2_WINDOW_ZERO);
    CHECK_INT(h2neg_h2_error_is_stream(&f, H2NEG_ERR_H2_WINDOW_ZERO), 0);
    CHECK_INT(read_hex(&f, 5, 4, 1, "80 00 00 02 61"), 14);
    CHECK_INT(f.u.push.promised, 2);
    CHECK_TEXT(f.u.push.fragment, "a");
    CHECK_INT(read_hex(&f, 5, 0x2c, 1, "01 00 00 00 02 61 00"), 16); /* 0x20 means nothing here */
    CHECK_TEXT(f.u.push.fragment, "a");
    CHECK_INT(read_hex(&f, 5, 4, 1, "80 00 00 00 61"), H2NEG_ERR_H2_STREAM_ID);
    CHECK_INT(h2neg_h2_error_is_stream(&f, H2NEG_ERR_H2_STREAM_ID), 0);
}

static void extension_frames(void)
{
    h2neg_h2_frame f;
    h2neg_str origin;
    CHECK_INT(read_hex(&f, 0xa, 0, 0, "00 03 61 62 63 64"), 15);
    CHECK(!f.ignored);
    CHECK_TEXT(f.u.altsvc.origin, "abc");
    CHECK_TEXT(f.u.altsvc.value, "d");
    CHECK_INT(read_hex(&f, 0xa, 0, 1, "00 00 64"), 12);
    CHECK(!f.ignored);
    CHECK_TEXT(f.u.altsvc.value, "d");
    CHECK_INT(read_hex(&f, 0xa, 0, 0, "00 00 64"), 12); /* RFC 7838 4: invalid, MUST be ignored */
    CHECK(f.ignored);
    CHECK_INT(read_hex(&f, 0xa, 0, 1, "00 01 61 64"), 13);
    CHECK(f.ignored);
    CHECK_INT(read_hex(&f, 0xa, 0, 0, "00"), H2NEG_ERR_H2_FRAME_SIZE);
    CHECK_INT(read_hex(&f, 0xa, 0, 0, "00 02 61"), H2NEG_ERR_H2_FRAME_SIZE);
    CHECK_INT(h2neg_h2_error_is_stream(&f, H2NEG_ERR_H2_FRAME_SIZE), 0);
    CHECK_INT(read_hex(&f, 0xc, 0xf0, 0, "00 01 61 00 00 00 02 62 63"), 18);
    CHECK(!f.ignored);
    CHECK_INT(h2neg_h2_origin_next(&f.u.origins, &origin), 1);
    CHECK_TEXT(origin, "a");
    CHECK_INT(h2neg_h2_origin_next(&f.u.origins, &origin), 1);
    CHECK_TEXT(origin, "");
    CHECK_INT(h2neg_h2_origin_next(&f.u.origins, &origin), 1);
    CHECK_TEXT(origin, "bc");
    CHECK_INT(h2neg_h2_origin_next(&f.u.origins, &origin), 0);
    CHECK_INT(read_hex(&f, 0xc, 0, 0, ""), 9);
    CHECK_INT(h2neg_h2_origin_next(&f.u.origins, &origin), 0);
    CHECK_INT(read_hex(&f, 0xc, 0, 0, "00 01 61 00"), H2NEG_ERR_H2_FRAME_SIZE);
    CHECK_INT(read_hex(&f, 0xc, 0, 0, "00 01 61 00 02 62"), H2NEG_ERR_H2_FRAME_SIZE);
    CHECK_INT(read_hex(&f, 0xc, 0, 1, "00 01 61"), 12); /* RFC 8336 2.2: MUST be ignored */
    CHECK(f.ignored);
    CHECK_INT(read_hex(&f, 0xc, 8, 0, "00 01 61"), 12);
    CHECK(f.ignored);
    CHECK_INT(read_hex(&f, 0xc, 8, 0, "00 09 61"), 12);
    CHECK(f.ignored);
    CHECK_INT(h2neg_h2_origin_next(&f.u.origins, &origin), H2NEG_ERR_H2_FRAME_SIZE);
    CHECK_INT(read_hex(&f, 0x10, 0, 0, "80 00 00 07 75 3d 31"), 16);
    CHECK_INT(f.u.priority_update.stream, 7);
    CHECK_TEXT(f.u.priority_update.value, "u=1");
    CHECK_INT(read_hex(&f, 0x10, 0, 0, "80 00 00 00 75 3d 31"), H2NEG_ERR_H2_STREAM_ID);
    CHECK_INT(h2neg_h2_error_is_stream(&f, H2NEG_ERR_H2_STREAM_ID), 0);
}

static int setting_error(unsigned id, unsigned value, int from_server)
{
    h2neg_h2_setting s;
    s.id = (uint16_t)id;
    s.value = value;
    return h2neg_h2_setting_check(s, from_server);
}

/* RFC 9113 6.5.2, RFC 8441 3, RFC 9218 2.1 */
static void settings(void)
{
    h2neg_h2_frame f;
    unsigned id;
    CHECK_INT(read_hex(&f, 4, 0xfe, 0, "00 03 ff ff ff ff 00 04 00 00 00 01"), 21);
    CHECK_INT(f.u.settings.count, 2);
    CHECK_INT(h2neg_h2_setting_at(f.u.settings.entries, 0).id, 3);
    CHECK(h2neg_h2_setting_at(f.u.settings.entries, 0).value == 0xffffffff);
    CHECK_INT(h2neg_h2_setting_at(f.u.settings.entries, 1).id, 4);
    CHECK_INT(h2neg_h2_setting_at(f.u.settings.entries, 1).value, 1);
    CHECK_INT(read_hex(&f, 4, 1, 0, ""), 9);
    CHECK_INT(f.u.settings.count, 0);
    CHECK_INT(setting_error(2, 0, 0), 0);
    CHECK_INT(setting_error(2, 1, 0), 0);
    CHECK_INT(setting_error(2, 2, 0), H2NEG_ERR_H2_SETTING);
    CHECK_INT(setting_error(2, 0, 1), 0);
    CHECK_INT(setting_error(2, 1, 1), H2NEG_ERR_H2_SETTING);
    CHECK_INT(setting_error(4, 0, 0), 0);
    CHECK_INT(setting_error(4, 0x7fffffff, 0), 0);
    CHECK_INT(setting_error(4, 0x80000000, 0), H2NEG_ERR_H2_SETTING_WINDOW);
    CHECK_INT(setting_error(5, 16383, 0), H2NEG_ERR_H2_SETTING);
    CHECK_INT(setting_error(5, 16384, 0), 0);
    CHECK_INT(setting_error(5, 16777215, 0), 0);
    CHECK_INT(setting_error(5, 16777216, 0), H2NEG_ERR_H2_SETTING);
    CHECK_INT(setting_error(8, 1, 1), 0);
    CHECK_INT(setting_error(8, 2, 1), H2NEG_ERR_H2_SETTING);
    CHECK_INT(setting_error(9, 1, 1), 0);
    CHECK_INT(setting_error(9, 2, 1), H2NEG_ERR_H2_SETTING);
    for (id = 0; id < 70000; id += id < 20 ? 1 : 997)
        if ((id < 2 || id > 5) && id != 8 && id != 9)
            CHECK(setting_error(id, 0, 0) == 0 && setting_error(id, 0xffffffff, 1) == 0);
}

/* What a writer made: exactly this, also in the least room, and nothing in less. */
#define WRITES(call, hex)                                                                          \
    do {                                                                                           \
        unsigned char out[128], want[128];                                                         \
        size_t n = check_hex(want, hex), room = sizeof out;                                        \
        CHECK_INT(call, n);                                                                        \
        CHECK_OCTETS(out, n, want, n);                                                             \
        room = n;                                                                                  \
        CHECK_INT(call, n);                                                                        \
        for (room = 0; room < n; room++)                                                           \
            CHECK_INT(call, H2NEG_ERR_TOO_SMALL);                                                  \
    } while (0)

#define REFUSES(call)                                                                              \
    do {                                                                                           \
        unsigned char out[64];                                                                     \
        size_t room = sizeof out;                                                                  \
        CHECK_INT(call, H2NEG_ERR_INVALID);                                                        \
    } while (0)

static void writers(void)
{
    h2neg_h2_setting s[2];
    h2neg_str origins[2];
    s[0].id = 3, s[0].value = 100, s[1].id = 4, s[1].value = 0x7fffffff;
    origins[0] = h2neg_s("a"), origins[1] = h2neg_s("");
    WRITES(h2neg_h2_frame_write_header(out, room, 0xffffff, 0xff, 0xff, 0x7fffffff),
           "ffffff ff ff 7fffffff");
    WRITES(h2neg_h2_frame_write_data(out, room, 1, H2NEG_H2_END_STREAM, "ab", 2),
           "000002 00 01 00000001 6162");
    WRITES(h2neg_h2_frame_write_data(out, room, 1, 0, NULL, 0), "000000 00 00 00000001");
    WRITES(h2neg_h2_frame_write_headers(out, room, 3, 5, "a", 1), "000001 01 05 00000003 61");
    WRITES(h2neg_h2_frame_write_continuation(out, room, 3, 4, "a", 1), "000001 09 04 00000003 61");
    WRITES(h2neg_h2_frame_write_priority(out, room, 3, 1, 1, 256),
           "000005 02 00 00000003 80000001 ff");
    WRITES(h2neg_h2_frame_write_rst_stream(out, room, 3, 0xb), "000004 03 00 00000003 0000000b");
    WRITES(h2neg_h2_frame_write_settings(out, room, s, 2),
           "00000c 04 00 00000000 0003 00000064 0004 7fffffff");
    WRITES(h2neg_h2_frame_write_settings(out, room, NULL, 0), "000000 04 00 00000000");
    WRITES(h2neg_h2_frame_write_settings_ack(out, room), "000000 04 01 00000000");
    WRITES(h2neg_h2_frame_write_push_promise(out, room, 1, 4, 2, "a", 1),
           "000005 05 04 00000001 00000002 61");
    WRITES(h2neg_h2_frame_write_ping(out, room, 1, "12345678"),
           "000008 06 01 00000000 3132333435363738");
    WRITES(h2neg_h2_frame_write_goaway(out, room, 5, 1, "no", 2),
           "00000a 07 00 00000000 00000005 00000001 6e6f");
    WRITES(h2neg_h2_frame_write_window_update(out, room, 0, 1), "000004 08 00 00000000 00000001");
    WRITES(h2neg_h2_frame_write_window_update(out, room, 9, 0x7fffffff),
           "000004 08 00 00000009 7fffffff");
    WRITES(h2neg_h2_frame_write_altsvc(out, room, 0, h2neg_s("a"), h2neg_s("b")),
           "000004 0a 00 00000000 0001 61 62");
    WRITES(h2neg_h2_frame_write_altsvc(out, room, 1, h2neg_s(""), h2neg_s("b")),
           "000003 0a 00 00000001 0000 62");
    WRITES(h2neg_h2_frame_write_origin(out, room, origins, 2),
           "000005 0c 00 00000000 0001 61 0000");
    WRITES(h2neg_h2_frame_write_priority_update(out, room, 7, h2neg_s("u=1")),
           "000007 10 00 00000000 00000007 753d31");
}

static void writers_refuse(void)
{
    h2neg_str origins[300], large = h2neg_s("x");
    int i;
    large.len = 0x1000000; /* never looked at */
    for (i = 0; i < 300; i++) {
        origins[i] = h2neg_s("x");
        origins[i].len = 0xffff;
    }
    REFUSES(h2neg_h2_frame_write_header(out, room, 0x1000000, 0, 0, 1));
    REFUSES(h2neg_h2_frame_write_header(out, room, 0, 256, 0, 1));
    REFUSES(h2neg_h2_frame_write_header(out, room, 0, -1, 0, 1));
    REFUSES(h2neg_h2_frame_write_header(out, room, 0, 0, 256, 1));
    REFUSES(h2neg_h2_frame_write_header(out, room, 0, 0, -1, 1));
    REFUSES(h2neg_h2_frame_write_header(out, room, 0, 0, 0, 0x80000000));
    REFUSES(h2neg_h2_frame_write_data(out, room, 0, 0, "", 0));
    REFUSES(h2neg_h2_frame_write_data(out, room, 0x80000001, 0, "", 0));
    REFUSES(h2neg_h2_frame_write_data(out, room, 1, H2NEG_H2_PADDED, "", 0));
    REFUSES(h2neg_h2_frame_write_data(out, room, 1, 0, large.ptr, large.len));
    REFUSES(h2neg_h2_frame_write_data(out, room, 1, 0, large.ptr, SIZE_MAX));
    REFUSES(h2neg_h2_frame_write_headers(out, room, 0, 0, "", 0));
    REFUSES(h2neg_h2_frame_write_headers(out, room, 1, H2NEG_H2_PRIORITY_FLAG, "", 0));
    REFUSES(h2neg_h2_frame_write_continuation(out, room, 1, H2NEG_H2_END_STREAM, "", 0));
    REFUSES(h2neg_h2_frame_write_priority(out, room, 1, 1, 0, 16));
    REFUSES(h2neg_h2_frame_write_priority(out, room, 1, 0, 0, 0));
    REFUSES(h2neg_h2_frame_write_priority(out, room, 1, 0, 0, 257));
    REFUSES(h2neg_h2_frame_write_priority(out, room, 1, 0x80000000, 0, 16));
    REFUSES(h2neg_h2_frame_write_priority(out, room, 0, 1, 0, 16));
    REFUSES(h2neg_h2_frame_write_rst_stream(out, room, 0, 1));
    REFUSES(h2neg_h2_frame_write_settings(out, room, NULL, 0xffffff / 6 + 1));
    REFUSES(h2neg_h2_frame_write_push_promise(out, room, 1, 4, 0, "", 0));
    REFUSES(h2neg_h2_frame_write_push_promise(out, room, 1, 4, 0x80000002, "", 0));
    REFUSES(h2neg_h2_frame_write_push_promise(out, room, 1, 4, 2, large.ptr, 0xffffff - 3));
    REFUSES(h2neg_h2_frame_write_ping(out, room, 2, "12345678"));
    REFUSES(h2neg_h2_frame_write_goaway(out, room, 0x80000000, 0, NULL, 0));
    REFUSES(h2neg_h2_frame_write_goaway(out, room, 0, 0, large.ptr, 0xffffff - 7));
    REFUSES(h2neg_h2_frame_write_window_update(out, room, 1, 0));
    REFUSES(h2neg_h2_frame_write_window_update(out, room, 1, 0x80000000));
    REFUSES(h2neg_h2_frame_write_altsvc(out, room, 0, h2neg_s(""), h2neg_s("b")));
    REFUSES(h2neg_h2_frame_write_altsvc(out, room, 1, h2neg_s("a"), h2neg_s("b")));
    REFUSES(h2neg_h2_frame_write_altsvc(out, room, 1, h2neg_s(""), large));
    REFUSES(h2neg_h2_frame_write_altsvc(out, room, 0, large, h2neg_s("")));
    REFUSES(h2neg_h2_frame_write_origin(out, room, &large, 1));
    REFUSES(h2neg_h2_frame_write_origin(out, room, origins, 300));
    REFUSES(h2neg_h2_frame_write_priority_update(out, room, 0, h2neg_s("")));
    REFUSES(h2neg_h2_frame_write_priority_update(out, room, 0x80000001, h2neg_s("")));
    REFUSES(h2neg_h2_frame_write_priority_update(out, room, 1, large));
}

/* Whoever goes on behind an error of the header is told the same again. */
static void after_header_error(void)
{
    h2neg_h2_frame f;
    unsigned length;
    for (length = 0; length < 6; length++) {
        unsigned char *tight;
        header(length, H2NEG_H2_HEADERS, H2NEG_H2_PADDED | H2NEG_H2_PRIORITY_FLAG, 1);
        memset(buffer + 9, 0, 8);
        tight = check_tight(buffer + 9, length);
        CHECK_INT(h2neg_h2_frame_header_read(&f, buffer, 9, MAX), H2NEG_ERR_H2_FRAME_SIZE);
        CHECK_INT(h2neg_h2_frame_prefix_read(&f, tight, length), H2NEG_ERR_H2_FRAME_SIZE);
        CHECK_INT(h2neg_h2_frame_payload_read(&f, tight), H2NEG_ERR_H2_FRAME_SIZE);
        free(tight);
    }
}

/* Random octets as frames: nothing is read outside of them, and whole frames answer as their parts
 * do. */
static void random_frames(void)
{
    int round;
    size_t i;
    for (round = 0; round < 60000; round++) {
        unsigned char *tight;
        h2neg_h2_frame f, g;
        unsigned length = check_random(24);
        ptrdiff_t whole, parts;
        header(length, check_random(19), check_random(256), check_random(3));
        for (i = 0; i < length; i++)
            buffer[9 + i] = (unsigned char)(check_random(3) ? check_random(4) : check_random(256));
        tight = check_tight(buffer, 9 + length);
        whole = h2neg_h2_frame_read(&f, tight, 9 + length, MAX);
        parts = h2neg_h2_frame_header_read(&g, tight, 9, MAX);
        if (parts > 0)
            parts = h2neg_h2_frame_prefix_read(&g, tight + 9, length);
        if (parts > 0)
            parts = h2neg_h2_frame_payload_read(&g, tight + 9);
        CHECK_INT(whole > 0 ? 0 : whole, parts);
        if (whole > 0)
            CHECK_INT(whole, 9 + length);
        free(tight);
    }
}

CHECK_MAIN(headers_exhaustive, header_cut, padding_exhaustive, data_and_headers, small_frames,
           extension_frames, settings, writers, writers_refuse, after_header_error, random_frames)
