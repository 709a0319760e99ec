/* conn.h: what the tests of the connection share. Include it behind h2neg.h and check.h.

   1. A script: octets in steps, played to one connection with a small application behind it. It is
   played whole, octet by octet, at random cuts, in a placed block between guards, and with every
   allocation made to fail in turn. What came out, put into words, must be what the test says; and
   the same for every cut.
   2. A pair: a client and a server of ours with a pipe of a given size each way.
   3. An allocator that counts, moves every block, checks old sizes and can fail.
   ws.h has what scripts of WebSockets need besides.

   What the peer says is built here by hand, and what the connection says is taken apart here, both
   without the header's own readers and writers; only HPACK is decoded by its pieces. */
#ifndef CONN_H
#define CONN_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- octets that grow ---------------------------------------------------- */

typedef struct buf {
    char *p;
    size_t len, cap;
} buf;

static inline void buf_add(buf *b, const void *p, size_t n)
{
    if (n + 1 > b->cap - b->len) {
        b->cap = (b->len + n + 64) * 2;
        b->p = (char *)realloc(b->p, b->cap);
        if (!b->p)
            abort();
    }
    if (n)
        memcpy(b->p + b->len, p, n);
    b->len += n;
    b->p[b->len] = 0;
}

static inline void buf_text(buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

static inline void buf_octet(buf *b, unsigned v)
{
    char c = (char)(unsigned char)v;
    buf_add(b, &c, 1);
}

static inline void buf_fmt(buf *b, const char *format, ...)
{
    char line[1024];
    va_list ap;
    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    buf_text(b, line);
}

static inline void buf_fill(buf *b, int octet, size_t n)
{
    char run[256];
    memset(run, octet, sizeof run);
    while (n) {
        size_t k = n < sizeof run ? n : sizeof run;
        buf_add(b, run, k);
        n -= k;
    }
}

static inline void buf_free(buf *b)
{
    free(b->p);
    memset(b, 0, sizeof *b);
}

static inline const char *buf_str(const buf *b)
{
    return b->p ? b->p : "";
}

/* The octet at an offset of a stream's body in one direction. */
static inline unsigned char pattern(uint32_t stream, int direction, size_t at)
{
    return (unsigned char)(at * 31 + (at >> 8) * 7 + (at >> 16) + stream * 13 +
                           (size_t)direction * 101);
}

/* ---- the peer's octets, by hand ------------------------------------------ */

static inline void put_u16(buf *b, unsigned v)
{
    buf_octet(b, v >> 8);
    buf_octet(b, v & 255);
}

static inline void put_u32(buf *b, uint32_t v)
{
    put_u16(b, v >> 16);
    put_u16(b, v & 0xffff);
}

static inline void put_head(buf *b, size_t length, int type, int flags, uint32_t stream)
{
    buf_octet(b, (unsigned)(length >> 16) & 255);
    put_u16(b, (unsigned)length & 0xffff);
    buf_octet(b, (unsigned)type);
    buf_octet(b, (unsigned)flags);
    put_u32(b, stream);
}

static inline void put_frame(buf *b, int type, int flags, uint32_t stream, const void *payload,
                             size_t len)
{
    put_head(b, len, type, flags, stream);
    buf_add(b, payload, len);
}

/* An HPACK integer behind the given first bits (RFC 7541 5.1). */
static inline void put_integer(buf *b, unsigned first, int bits, size_t v)
{
    size_t most = ((size_t)1 << bits) - 1;
    if (v < most) {
        buf_octet(b, first | (unsigned)v);
        return;
    }
    buf_octet(b, first | (unsigned)most);
    for (v -= most; v >= 128; v >>= 7)
        buf_octet(b, (unsigned)(v & 127) | 128);
    buf_octet(b, (unsigned)v);
}

static inline void put_field(buf *b, const char *name, size_t name_len, const char *value,
                             size_t value_len)
{
    buf_octet(b, 0); /* literal, not indexed, new name (RFC 7541 6.2.2) */
    put_integer(b, 0, 7, name_len);
    buf_add(b, name, name_len);
    put_integer(b, 0, 7, value_len);
    buf_add(b, value, value_len);
}

/* A field block out of lines "name: value\n". */
static inline void put_block(buf *b, const char *lines)
{
    while (*lines) {
        const char *end = lines + strcspn(lines, "\n");
        const char *colon = strstr(lines + 1, ": ");
        if (!colon || colon > end)
            abort();
        put_field(b, lines, (size_t)(colon - lines), colon + 2, (size_t)(end - colon - 2));
        lines = end + (*end == '\n');
    }
}

enum { END = 1, ACK = 1, HEADS = 4, PADDED = 8, PRIO = 32 };

static inline void put_headers(buf *b, uint32_t stream, int flags, const char *lines)
{
    buf block = {0, 0, 0};
    put_block(&block, lines);
    put_frame(b, 1, flags, stream, block.p, block.len);
    buf_free(&block);
}

#define REQ(method, path)                                                                          \
    ":method: " method "\n:scheme: http\n:authority: example.com\n:path: " path "\n"

/* A whole head of a request; `end`: END or 0. */
static inline void put_request(buf *b, uint32_t stream, int end, const char *method,
                               const char *path, const char *lines)
{
    buf text = {0, 0, 0};
    buf_fmt(&text, ":method: %s\n:scheme: http\n:authority: example.com\n:path: %s\n", method,
            path);
    buf_text(&text, lines);
    put_headers(b, stream, HEADS | end, text.p);
    buf_free(&text);
}

static inline void put_get(buf *b, uint32_t stream, const char *path)
{
    put_request(b, stream, END, "GET", path, "");
}

static inline void put_response(buf *b, uint32_t stream, int end, int status, const char *lines)
{
    buf text = {0, 0, 0};
    buf_fmt(&text, ":status: %d\n", status);
    buf_text(&text, lines);
    put_headers(b, stream, HEADS | end, text.p);
    buf_free(&text);
}

static inline void put_data(buf *b, uint32_t stream, int flags, const char *text)
{
    put_frame(b, 0, flags, stream, text, strlen(text));
}

/* DATA of `n` octets of a fill. */
static inline void put_bulk(buf *b, uint32_t stream, int flags, size_t n)
{
    put_head(b, n, 0, flags, stream);
    buf_fill(b, 'x', n);
}

/* SETTINGS from pairs "4=100 3=1". */
static inline void put_settings(buf *b, const char *pairs)
{
    buf payload = {0, 0, 0};
    while (*pairs) {
        char *end;
        put_u16(&payload, (unsigned)strtoul(pairs, &end, 10));
        put_u32(&payload, (uint32_t)strtoul(end + 1, &end, 10));
        pairs = end + (*end == ' ');
    }
    put_frame(b, 4, 0, 0, payload.p, payload.len);
    buf_free(&payload);
}

static inline void put_ack(buf *b)
{
    put_head(b, 0, 4, ACK, 0);
}

static inline void put_ping(buf *b, int flags, const char *eight)
{
    put_frame(b, 6, flags, 0, eight, 8);
}

static inline void put_rst(buf *b, uint32_t stream, uint32_t code)
{
    put_head(b, 4, 3, 0, stream);
    put_u32(b, code);
}

static inline void put_window(buf *b, uint32_t stream, uint32_t increment)
{
    put_head(b, 4, 8, 0, stream);
    put_u32(b, increment);
}

static inline void put_priority(buf *b, uint32_t stream, uint32_t dependency)
{
    put_head(b, 5, 2, 0, stream);
    put_u32(b, dependency);
    buf_octet(b, 15);
}

static inline void put_goaway(buf *b, uint32_t last, uint32_t code, const char *debug)
{
    put_head(b, 8 + strlen(debug), 7, 0, 0);
    put_u32(b, last);
    put_u32(b, code);
    buf_text(b, debug);
}

/* A WebSocket frame (RFC 6455 5.2). `first`: its first octet; `key`: NULL, or the mask; `form`:
   octets of the extended length (0, 2, 8), or -1: the shortest. */
static inline void put_ws_form(buf *b, unsigned first, const char *key, const void *payload,
                               size_t len, int form)
{
    size_t i;
    if (form < 0)
        form = len < 126 ? 0 : len < 65536 ? 2 : 8;
    buf_octet(b, first);
    buf_octet(b, (key ? 128u : 0u) | (form == 0 ? (unsigned)len : form == 2 ? 126u : 127u));
    if (form == 8)
        put_u32(b, (uint32_t)((uint64_t)len >> 32));
    if (form == 8)
        put_u32(b, (uint32_t)len);
    if (form == 2)
        put_u16(b, (unsigned)len);
    if (key)
        buf_add(b, key, 4);
    buf_add(b, payload, len);
    for (i = 0; key && i < len; i++)
        b->p[b->len - len + i] ^= key[i & 3];
}

#define WS_KEY "\x37\xfa\x21\x3d"
static inline void put_ws(buf *b, unsigned first, int masked, const void *payload, size_t len)
{
    put_ws_form(b, first, masked ? WS_KEY : NULL, payload, len, -1);
}

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

/* A client's preface with these settings. */
static inline void put_preface(buf *b, const char *settings)
{
    buf_text(b, PREFACE);
    put_settings(b, settings);
}

/* ---- octets and fields in words ------------------------------------------ */

/* Printable, and without spaces: a word. */
static inline void word_add(buf *b, const char *p, size_t n)
{
    size_t i;
    for (i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c > 32 && c < 127)
            buf_octet(b, c);
        else if (c == ' ')
            buf_octet(b, '_');
        else
            buf_fmt(b, "\\x%02x", c);
    }
}

static inline void word_body(buf *b, const char *p, size_t n)
{
    uint32_t hash = 2166136261u;
    size_t i;
    if (n <= 40) {
        buf_octet(b, '"');
        word_add(b, p, n);
        buf_octet(b, '"');
        return;
    }
    for (i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)p[i]) * 16777619u;
    buf_fmt(b, "<%zu:%08lx>", n, (unsigned long)hash);
}

static inline void word_field(buf *b, const char *name, size_t name_len, const char *value,
                              size_t value_len)
{
    size_t i;
    buf_octet(b, ' ');
    for (i = 0; i < name_len; i++)
        buf_octet(b, name[i] >= 'A' && name[i] <= 'Z' ? (unsigned)name[i] + 32u
                                                      : (unsigned char)name[i]);
    buf_octet(b, '=');
    word_add(b, value, value_len);
}

/* One expected line against one actual line: the first word is the same, a number as second word
   too; every further word stands somewhere ("word*": begins so), and none begins with a "!word". */
static inline int line_has(const char *line, size_t len, const char *word, size_t n, int prefix)
{
    size_t at = 0;
    while (at < len) {
        size_t k = at;
        while (k < len && line[k] != ' ')
            k++;
        if ((prefix ? k - at >= n : k - at == n) && memcmp(line + at, word, n) == 0)
            return 1;
        at = k + 1;
    }
    return 0;
}

static inline int word_fits(const char *line, size_t len, const char *word, size_t n)
{
    if (word[0] == '!')
        return !line_has(line, len, word + 1, n - 1, 1);
    if (word[n - 1] == '*')
        return line_has(line, len, word, n - 1, 1);
    return line_has(line, len, word, n, 0);
}

static inline size_t word_end(const char *line, size_t at, size_t len)
{
    while (at < len && line[at] != ' ')
        at++;
    return at;
}

static inline int line_fits(const char *line, size_t len, const char *want, size_t want_len)
{
    size_t at = 0, index = 0, first = word_end(line, 0, len);
    while (at < want_len) {
        size_t end = word_end(want, at, want_len);
        if (index == 0 && (end != first || memcmp(line, want, end) != 0))
            return 0;
        if (index == 1 && want[at] >= '0' && want[at] <= '9' &&
            strspn(want + at, "0123456789") == end - at &&
            (end - at != word_end(line, first + 1, len) - first - 1 ||
             memcmp(line + first + 1, want + at, end - at) != 0))
            return 0;
        if (index && end > at && !word_fits(line, len, want + at, end - at))
            return 0;
        at = end + 1;
        index++;
    }
    return 1;
}

/* All lines against all expected lines, one to one; "..." stands for any number of lines. */
static inline int lines_fit(const char *text, const char *want)
{
    size_t n, k;
    if (!*want)
        return !*text;
    k = strcspn(want, "\n");
    if (k == 3 && memcmp(want, "...", 3) == 0) {
        const char *rest = want + 3 + (want[3] == '\n');
        if (!*rest)
            return 1;
        for (;;) {
            if (lines_fit(text, rest))
                return 1;
            if (!*text)
                return 0;
            n = strcspn(text, "\n");
            text += n + (text[n] == '\n');
        }
    }
    if (!*text)
        return 0;
    n = strcspn(text, "\n");
    if (!line_fits(text, n, want, k))
        return 0;
    return lines_fit(text + n + (text[n] == '\n'), want + k + (want[k] == '\n'));
}

/* ---- what the connection wrote, taken apart ------------------------------ */

static inline uint32_t get_u32(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

typedef struct taker {
    buf *text;
    h2neg_hpack_decoder hpack;
    void *hpack_memory;
    buf block; /* a field block that goes on in CONTINUATION */
    uint32_t block_stream;
    int block_end;
    buf data; /* DATA of one stream, joined */
    uint32_t data_stream;
    int data_open;
    unsigned heads; /* bit n: final response n answers a HEAD */
    int responses;
    int tunnel;  /* behind this one's 2xx, or a CONNECT, octets are nobody's */
    int windows; /* WINDOW_UPDATE is told */
    unsigned
        ws; /* bit n: stream 2n+1 carries a WebSocket; HTTP/1: not 0, what follows a 101 does */
    int ws_join; /* fragments are told as one message */
    buf ws_in[8], ws_message[8];
    int ws_opcode[8];
    buf ws_keys; /* every mask so far */
} taker;

/* ---- WebSocket frames in words: WS text "hello", and what is not usual of it -------------- */

static inline const char *ws_word(unsigned opcode)
{
    static const char *const words[] = {"cont",  "text", "binary", "3", "4", "5", "6", "7",
                                        "close", "ping", "pong",   "b", "c", "d", "e", "f"};
    return words[opcode & 15];
}

static inline void take_ws_tell(taker *t, int at, const char *word, const char *p, size_t n)
{
    buf_fmt(t->text, "WS %s ", word);
    if (!strcmp(word, "close") && n >= 2) {
        buf_fmt(t->text, "code=%u ", (unsigned)((unsigned char)p[0] << 8 | (unsigned char)p[1]));
        p += 2;
        n -= 2;
    }
    word_body(t->text, p, n);
    if (at >= 0)
        buf_fmt(t->text, " s%d", 2 * at + 1);
}

/* A mask that came before is told: RFC 6455 5.3, each frame has a fresh one. */
static inline int take_ws_key(taker *t, const char *key)
{
    size_t i;
    for (i = 0; i < t->ws_keys.len; i += 4)
        if (memcmp(t->ws_keys.p + i, key, 4) == 0)
            return 0;
    if (t->ws_keys.len < 4000)
        buf_add(&t->ws_keys, key, 4);
    return 1;
}

static inline void take_ws_frame(taker *t, int at, const unsigned char *head, const char *key,
                                 const char *p, size_t n)
{
    int slot = at < 0 ? 0 : at;
    unsigned opcode = head[0] & 15;
    if (opcode < 8 && t->ws_join) {
        buf_add(&t->ws_message[slot], p, n);
        if (opcode)
            t->ws_opcode[slot] = (int)opcode;
        if (!(head[0] & 128))
            return;
        take_ws_tell(t, at, ws_word((unsigned)t->ws_opcode[slot]), buf_str(&t->ws_message[slot]),
                     t->ws_message[slot].len);
        t->ws_message[slot].len = 0;
    } else {
        take_ws_tell(t, at, ws_word(opcode), p, n);
    }
    if (!(head[0] & 128))
        buf_text(t->text, " more");
    if (head[0] & 0x70)
        buf_fmt(t->text, " rsv=%d", head[0] >> 4 & 7);
    if (key)
        buf_text(t->text, take_ws_key(t, key) ? " masked" : " masked-as-before");
    buf_octet(t->text, '\n');
}

/* One frame, unmasked where it stands: its octets, or 0: it is cut. */
static inline size_t take_ws_one(taker *t, int at, char *p, size_t n)
{
    unsigned char *u = (unsigned char *)p;
    char *key = NULL;
    size_t head = 2, len, i;
    if (n < 2 || n < (size_t)(2 + ((u[1] & 127) == 126 ? 2 : (u[1] & 127) == 127 ? 8 : 0)))
        return 0;
    len = u[1] & 127;
    if (len == 126)
        len = (size_t)u[2] << 8 | u[3];
    else if (len == 127)
        len = get_u32(p + 6);
    head += (u[1] & 127) == 126 ? 2 : (u[1] & 127) == 127 ? 8 : 0;
    if (u[1] & 128) {
        key = p + head;
        head += 4;
    }
    if (n < head || n - head < len)
        return 0;
    for (i = 0; key && i < len; i++)
        p[head + i] ^= key[i & 3];
    take_ws_frame(t, at, u, key, p + head, len);
    return head + len;
}

/* `at`: the stream's number halved, or -1: HTTP/1. */
static inline void take_ws(taker *t, int at, const char *p, size_t n)
{
    buf *b = &t->ws_in[at < 0 ? 0 : at];
    size_t done = 0, k;
    buf_add(b, p, n);
    while ((k = take_ws_one(t, at, b->p + done, b->len - done)) != 0)
        done += k;
    memmove(b->p, b->p + done, b->len - done);
    b->len -= done;
}

static inline void take_ws_free(taker *t)
{
    int i;
    for (i = 0; i < 8; i++) {
        if (t->ws_in[i].len)
            buf_fmt(t->text, "WS-CUT %zu\n", t->ws_in[i].len);
        if (t->ws_message[i].len)
            buf_fmt(t->text, "WS-MESSAGE-CUT %zu\n", t->ws_message[i].len);
        buf_free(&t->ws_in[i]);
        buf_free(&t->ws_message[i]);
    }
    buf_free(&t->ws_keys);
}

static inline void take_data_end(taker *t, int end)
{
    if (!t->data_open)
        return;
    buf_fmt(t->text, "DATA %lu", (unsigned long)t->data_stream);
    if (t->data.len) {
        buf_octet(t->text, ' ');
        word_body(t->text, t->data.p, t->data.len);
    }
    buf_text(t->text, end ? " end\n" : "\n");
    t->data.len = 0;
    t->data_open = 0;
}

static inline void take_data(taker *t, uint32_t stream, const char *p, size_t n, int end)
{
    if (t->data_open && t->data_stream != stream)
        take_data_end(t, 0);
    t->data_open = 1;
    t->data_stream = stream;
    buf_add(&t->data, p, n);
    if (end)
        take_data_end(t, 1);
}

static inline void take_block(taker *t)
{
    static h2neg_field fields[600];
    static char text[140000];
    h2neg_hpack_list list;
    size_t i;
    ptrdiff_t r;
    memset(&list, 0, sizeof list);
    list.fields = fields;
    list.room = sizeof fields / sizeof fields[0];
    list.text = text;
    list.text_room = sizeof text;
    r = h2neg_hpack_decode(&t->hpack, &list, t->block.p, t->block.len, 1);
    buf_fmt(t->text, "HEADERS %lu%s", (unsigned long)t->block_stream, t->block_end ? " end" : "");
    if (r < 0)
        buf_text(t->text, " HPACK-ERROR");
    for (i = 0; i < list.count; i++)
        word_field(t->text, fields[i].name.ptr, fields[i].name.len, fields[i].value.ptr,
                   fields[i].value.len);
    buf_octet(t->text, '\n');
    t->block.len = 0;
}

static inline void take_settings(taker *t, const char *p, size_t n, int flags)
{
    size_t i;
    buf_text(t->text, flags & ACK ? "SETTINGS ACK" : "SETTINGS");
    for (i = 0; i + 6 <= n; i += 6)
        buf_fmt(t->text, " %u=%lu", (unsigned)((unsigned char)p[i] << 8 | (unsigned char)p[i + 1]),
                (unsigned long)get_u32(p + i + 2));
    buf_octet(t->text, '\n');
}

static inline void take_frame(taker *t, int type, int flags, uint32_t stream, const char *p,
                              size_t n)
{
    if (type == 0 && stream < 16 && (t->ws >> stream / 2 & 1)) {
        take_data_end(t, 0);
        take_ws(t, (int)stream / 2, p, n);
        if (flags & END)
            buf_fmt(t->text, "WS end s%lu\n", (unsigned long)stream);
        return;
    }
    if (type == 0) {
        take_data(t, stream, p, n, flags & END);
        return;
    }
    if (type == 8 && !t->windows)
        return;
    take_data_end(t, 0);
    if (type == 1 || type == 9) {
        buf_add(&t->block, p, n);
        if (type == 1) {
            t->block_stream = stream;
            t->block_end = flags & END;
        }
        if (flags & HEADS)
            take_block(t);
    } else if (type == 3) {
        buf_fmt(t->text, "RST_STREAM %lu %s\n", (unsigned long)stream,
                h2neg_h2_error_name(get_u32(p)));
    } else if (type == 4) {
        take_settings(t, p, n, flags);
    } else if (type == 6) {
        buf_text(t->text, flags & ACK ? "PING ACK \"" : "PING \"");
        word_add(t->text, p, n);
        buf_text(t->text, "\"\n");
    } else if (type == 7) {
        buf_fmt(t->text, "GOAWAY %lu %s ", (unsigned long)get_u32(p),
                h2neg_h2_error_name(get_u32(p + 4)));
        word_body(t->text, p + 8, n - 8);
        buf_octet(t->text, '\n');
    } else if (type == 8) {
        buf_fmt(t->text, "WINDOW_UPDATE %lu +%lu\n", (unsigned long)stream,
                (unsigned long)get_u32(p));
    } else {
        buf_fmt(t->text, "FRAME %d flags=%d stream=%lu\n", type, flags, (unsigned long)stream);
    }
}

static inline void take_frames(taker *t, const char *p, size_t n)
{
    size_t at = 0;
    while (n - at >= 9) {
        const unsigned char *u = (const unsigned char *)p + at;
        size_t len = (size_t)u[0] << 16 | (size_t)u[1] << 8 | u[2];
        if (len > 16384 || n - at - 9 < len)
            break;
        take_frame(t, u[3], u[4], get_u32(p + at + 5) & 0x7fffffff, p + at + 9, len);
        at += 9 + len;
    }
    take_data_end(t, 0);
    if (at < n)
        buf_fmt(t->text, "CUT-FRAME %zu\n", n - at);
}

static inline void take_body(taker *t, const char *p, size_t n, const char *label)
{
    if (!n)
        return;
    buf_fmt(t->text, "%s ", label);
    word_body(t->text, p, n);
    buf_octet(t->text, '\n');
}

/* A chunked body and its trailers: octets, or n when it is cut. */
static inline size_t take_chunks(taker *t, const char *p, size_t n)
{
    buf body = {0, 0, 0};
    size_t at = 0;
    int whole = 0;
    while (at < n) {
        char *end;
        size_t size = (size_t)strtoul(p + at, &end, 16);
        size_t line = (size_t)(end - p);
        if (line + 2 > n || memcmp(end, "\r\n", 2) != 0)
            break;
        at = line + 2;
        if (size == 0) {
            whole = 1;
            break;
        }
        if (n - at < size + 2 || memcmp(p + at + size, "\r\n", 2) != 0)
            break;
        buf_add(&body, p + at, size);
        at += size + 2;
    }
    take_body(t, body.p, body.len, "BODY");
    buf_free(&body);
    while (whole && at < n) {
        const char *end = strstr(p + at, "\r\n");
        const char *colon = strchr(p + at, ':');
        if (!end)
            break;
        if (end == p + at)
            return at + 2;
        buf_text(t->text, "TRAILER");
        if (colon && colon < end)
            word_field(t->text, p + at, (size_t)(colon - p) - at, colon + 2,
                       (size_t)(end - colon) - 2);
        buf_octet(t->text, '\n');
        at = (size_t)(end - p) + 2;
    }
    buf_text(t->text, "CUT-CHUNKS\n");
    return n;
}

typedef struct message_head {
    int status, chunked, has_length, minor, upgraded, connect;
    size_t length;
} message_head;

static inline void take_line(taker *t, message_head *h, const char *p, const char *end)
{
    const char *colon = (const char *)memchr(p, ':', (size_t)(end - p));
    if (!colon || colon[1] != ' ') {
        buf_text(t->text, " BAD-LINE");
        return;
    }
    word_field(t->text, p, (size_t)(colon - p), colon + 2, (size_t)(end - colon) - 2);
    if (colon - p == 14 && (p[0] | 32) == 'c' && (p[8] | 32) == 'l') {
        h->has_length = 1;
        h->length = (size_t)strtoul(colon + 2, NULL, 10);
    }
    if (colon - p == 17 && (p[0] | 32) == 't')
        h->chunked = 1;
}

static inline size_t take_content(taker *t, const message_head *h, const char *p, size_t n)
{
    int head = 0;
    if (h->status >= 200) {
        head = (t->heads >> t->responses & 1) != 0;
        t->responses++;
    }
    if (h->connect || (t->tunnel && h->status / 100 == 2)) {
        take_body(t, p, n, "RAW");
        return n;
    }
    if (head || h->status / 100 == 1 || h->status == 204 || h->status == 304)
        return 0;
    if (h->chunked)
        return take_chunks(t, p, n);
    if (h->has_length || !h->status) {
        size_t k = h->length < n ? h->length : n;
        take_body(t, p, k, k < h->length ? "CUT-BODY" : "BODY");
        return k;
    }
    take_body(t, p, n, "BODY");
    return n;
}

/* One HTTP/1 message: octets. */
static inline size_t take_h1(taker *t, const char *p, size_t n)
{
    const char *head = strstr(p, "\r\n\r\n");
    const char *line = strstr(p, "\r\n");
    message_head h;
    size_t used;
    memset(&h, 0, sizeof h);
    if (!head) {
        take_body(t, p, n, "RAW");
        return n;
    }
    if (memcmp(p, "HTTP/1.", 7) == 0 && n > 12)
        h.status = atoi(p + 9);
    h.connect = n > 8 && memcmp(p, "CONNECT ", 8) == 0;
    { /* the first line: its words as they are */
        const char *q;
        for (q = p; q < line; q++)
            buf_octet(t->text, *q == ' ' ? ' ' : (unsigned char)*q);
    }
    while (line < head) {
        const char *end = strstr(line + 2, "\r\n");
        take_line(t, &h, line + 2, end);
        line = end;
    }
    buf_octet(t->text, '\n');
    used = (size_t)(head - p) + 4;
    return used + take_content(t, &h, p + used, n - used);
}

/* A client's handshake: its frames follow. */
static inline int asks_for_ws(const char *p, size_t n)
{
    const char *found = strstr(p, "pgrade: websocket\r\n");
    return found && found < p + n && memcmp(p, "GET ", 4) == 0;
}

/* All of it, in lines. */
static inline void take(taker *t, const char *p, size_t n)
{
    size_t at = 0;
    int raw = 0;
    while (at < n) {
        if (n - at >= 24 && memcmp(p + at, PREFACE, 24) == 0) {
            buf_text(t->text, "PREFACE\n");
            at += 24;
            take_frames(t, p + at, n - at);
            return;
        }
        if (p[at] == 0 && !raw) {
            take_frames(t, p + at, n - at);
            return;
        }
        if (raw) {
            if (t->ws)
                take_ws(t, -1, p + at, n - at);
            else
                take_body(t, p + at, n - at, "RAW");
            return;
        }
        {
            size_t used = take_h1(t, p + at, n - at);
            int switched = memcmp(p + at, "HTTP/1.1 101", n - at < 12 ? n - at : 12) == 0 ||
                           (t->ws && asks_for_ws(p + at, used));
            at += used;
            raw = switched && !(at < n && p[at] == 0);
        }
    }
}

static inline void take_more(taker *from, const buf *out)
{
    taker t = *from;
    t.hpack_memory = malloc(h2neg_hpack_memory(4096));
    h2neg_hpack_decoder_init(&t.hpack, t.hpack_memory, h2neg_hpack_memory(4096), 4096);
    if (out->len)
        take(&t, out->p, out->len);
    take_ws_free(&t);
    buf_free(&t.block);
    buf_free(&t.data);
    free(t.hpack_memory);
}

static inline void take_all(buf *text, const buf *out, unsigned heads, int tunnel, int windows)
{
    taker t;
    memset(&t, 0, sizeof t);
    t.text = text;
    t.heads = heads;
    t.tunnel = tunnel;
    t.windows = windows;
    take_more(&t, out);
}

/* ---- an allocator that counts, moves and fails --------------------------- */

typedef struct meter {
    size_t live, peak; /* octets; the peak counts old and new block while one grows */
    long calls;        /* that wanted memory */
    long fail_at;      /* this one fails (1: the first); 0: none */
    int fail_on;       /* and all behind it */
    long faults;       /* wrong old sizes */
} meter;

static inline void *meter_fn(void *user, void *old, size_t old_size, size_t new_size)
{
    meter *m = (meter *)user;
    size_t *fresh = NULL;
    size_t had = 0;
    if (old) {
        had = ((size_t *)old)[-2];
        if (had != old_size)
            m->faults++;
    } else if (old_size) {
        m->faults++;
    }
    if (new_size) {
        m->calls++;
        if (m->fail_at && (m->calls == m->fail_at || (m->fail_on && m->calls > m->fail_at)))
            return NULL;
        fresh = (size_t *)malloc(new_size + 2 * sizeof(size_t));
        if (!fresh)
            abort();
        fresh[0] = new_size;
        fresh += 2;
        memset(fresh, 0xa5, new_size);
        if (old)
            memcpy(fresh, old, had < new_size ? had : new_size);
        m->live += new_size;
        if (m->live > m->peak)
            m->peak = m->live;
    }
    if (old) {
        memset(old, 0x5a, had);
        m->live -= had;
        free((size_t *)old - 2);
    }
    return fresh;
}

/* ---- one side: a connection and its small application -------------------- */

enum { JOBS = 128, TRACK = 16381 };

enum { /* what a job does */
       JOB_NONE,
       JOB_END,
       JOB_STREAM,
       JOB_ECHO,
       JOB_TUNNEL,
       JOB_WS /* echoes messages */
};

/* One stream, as the application sees it. */
typedef struct job {
    uint32_t stream;
    int used, kind, ended, finished, direction;
    int waits;          /* JOB_STREAM: the last octet waits for the peer's end */
    size_t total, sent; /* JOB_STREAM */
    buf rest;           /* JOB_ECHO: octets that could not be sent yet; JOB_WS: messages */
    size_t at;          /* JOB_WS: octets of the first of them that are out */
} job;

enum {
    SAW_OPEN = 1,
    SAW_HEAD = 2,
    SAW_END = 4,
    SAW_DONE = 8,
    SAW_TRAILERS = 16,
    SAW_WS = 32,
    SAW_CLOSE = 64
};

typedef struct side {
    h2neg_conn *c;
    int client;
    buf events, out;
    buf data; /* DATA of one stream, joined */
    uint32_t data_stream;
    buf ws; /* pieces of one message, joined */
    uint32_t ws_stream;
    int ws_opcode, ws_under_way;
    job jobs[JOBS];
    unsigned random; /* calls of test_random */
    unsigned char track[TRACK];
    long opened, done; /* streams */
    int negotiated, errors, goaways;
    int lenient; /* memory may fail: what calls answer is not checked */
    int quiet;   /* no words */
    int tell_writable;
    int cut;      /* 0: whole; 1: octet by octet; 2: random */
    int no_write; /* output is not taken */
    size_t fed;
    size_t max_input; /* of one feed; 0: 16,384 */
    buf backlog;      /* octets that the connection did not want to read yet */
    int (*hook)(struct side *s, const h2neg_event *ev); /* 1: the event is dealt with */
    void *arg;
    char *big;       /* a body of a pattern, 256 KiB, for message.body */
    uint32_t stream; /* free for the tests: a stream of the client */
} side;

#define SIDE_CHECK(s, condition)                                                                   \
    ((condition) || (s)->lenient ? (void)0 : side_fault(s, #condition, __LINE__))

static inline void side_fault(side *s, const char *what, int line)
{
    check_failures++;
    fprintf(stderr, "conn.h:%d: not so: %s (%s)\n%s", line, what, s->client ? "client" : "server",
            buf_str(&s->events));
}

/* Faults that no lack of memory excuses. */
#define SIDE_MUST(s, condition) ((condition) ? (void)0 : side_fault(s, #condition, __LINE__))

static inline job *side_job(side *s, uint32_t stream)
{
    int i;
    for (i = 0; i < JOBS; i++)
        if (s->jobs[i].used && s->jobs[i].stream == stream)
            return &s->jobs[i];
    return NULL;
}

static inline job *side_new_job(side *s, uint32_t stream, int kind)
{
    int i;
    for (i = 0; i < JOBS && s->jobs[i].used; i++)
        ;
    if (i == JOBS)
        abort();
    buf_free(&s->jobs[i].rest);
    memset(&s->jobs[i], 0, sizeof s->jobs[i]);
    s->jobs[i].used = 1;
    s->jobs[i].stream = stream;
    s->jobs[i].kind = kind;
    return &s->jobs[i];
}

static inline unsigned char *side_track(side *s, uint32_t stream)
{
    return &s->track[(stream >> 1) % TRACK];
}

static inline char *side_big(side *s)
{
    size_t i;
    if (!s->big) {
        s->big = (char *)malloc(262144);
        if (!s->big)
            abort();
        for (i = 0; i < 262144; i++)
            s->big[i] = (char)pattern(1, 0, i);
    }
    return s->big;
}

/* A call that must work, unless memory is made to fail: then the stream is given up. */
static inline int side_ok(side *s, uint32_t stream, long r, const char *what)
{
    if (r >= 0)
        return 1;
    if (!s->lenient) {
        check_failures++;
        fprintf(stderr, "conn.h: %s answered %s\n%s", what, h2neg_error_name((int)r),
                buf_str(&s->events));
    }
    if (stream)
        h2neg_reset(s->c, stream, H2NEG_INTERNAL_ERROR);
    return 0;
}

static inline h2neg_message message_status(int status)
{
    h2neg_message m;
    memset(&m, 0, sizeof m);
    m.status = status;
    return m;
}

static inline void app_reply(side *s, uint32_t stream, int status, const char *text)
{
    side_ok(s, stream, h2neg_reply(s->c, stream, status, "text/plain", text, strlen(text)),
            "reply");
}

/* JOB_STREAM: sends until it is all out or there is no room. */
static inline void app_pump(side *s, job *j)
{
    while (!j->finished) {
        unsigned char run[1024];
        size_t left = j->total - j->sent, n = left < sizeof run ? left : sizeof run, i;
        ptrdiff_t k;
        if (j->waits && !j->ended && left <= sizeof run)
            return;
        for (i = 0; i < n; i++)
            run[i] = pattern(j->stream, j->direction, j->sent + i);
        k = h2neg_send(s->c, j->stream, run, n, n < left ? H2NEG_MORE : 0);
        if (k < 0) {
            if (k != H2NEG_ERR_AGAIN)
                side_ok(s, j->stream, (long)k, "send");
            return;
        }
        SIDE_CHECK(s, (size_t)k <= n);
        j->sent += (size_t)k;
        if ((size_t)k < n)
            return;
        j->finished = n == left;
    }
}

/* JOB_ECHO, JOB_TUNNEL: what waits goes out; behind it the end. */
static inline void app_echo_rest(side *s, job *j)
{
    ptrdiff_t k;
    if (j->finished || (!j->rest.len && !j->ended))
        return;
    k = h2neg_send(s->c, j->stream, j->rest.p, j->rest.len, j->ended ? 0 : H2NEG_MORE);
    if (k < 0) {
        if (k != H2NEG_ERR_AGAIN)
            side_ok(s, j->stream, (long)k, "send");
        return;
    }
    if ((size_t)k == j->rest.len)
        j->finished = j->ended;
    if (k)
        memmove(j->rest.p, j->rest.p + k, j->rest.len - (size_t)k);
    j->rest.len -= (size_t)k;
}

static inline void app_respond(side *s, uint32_t stream, int status, unsigned flags)
{
    h2neg_message m = message_status(status);
    side_ok(s, stream, h2neg_respond(s->c, stream, &m, flags), "respond");
}

static inline void app_body(side *s, uint32_t stream, size_t n, unsigned flags)
{
    h2neg_message m = message_status(200);
    m.body = side_big(s);
    m.body_len = n;
    side_ok(s, stream, h2neg_respond(s->c, stream, &m, flags), "respond with a body");
}

static inline void app_trailers(side *s, uint32_t stream)
{
    h2neg_field f = h2neg_f("x-sum", "5");
    app_respond(s, stream, 200, H2NEG_MORE);
    side_ok(s, stream, (long)h2neg_send(s->c, stream, "hello", 5, H2NEG_MORE), "send");
    side_ok(s, stream, h2neg_trailers(s->c, stream, &f, 1), "trailers");
}

static inline void app_hints(side *s, uint32_t stream)
{
    h2neg_message m = message_status(103);
    h2neg_field f = h2neg_f("link", "</a>");
    m.fields = &f;
    m.field_count = 1;
    side_ok(s, stream, h2neg_respond(s->c, stream, &m, 0), "respond 103");
    app_reply(s, stream, 200, "hello");
}

/* JOB_WS: messages wait as opcode, more, 32 bits of length, octets. */
static inline void app_ws_pump(side *s, job *j)
{
    while (j->rest.len) {
        const char *p = j->rest.p;
        size_t len = get_u32(p + 2), left = len - j->at;
        ptrdiff_t k =
            h2neg_ws_send(s->c, j->stream, p[0], p + 6 + j->at, left, p[1] ? H2NEG_MORE : 0);
        if (k == H2NEG_ERR_CLOSED)
            j->rest.len = 0;
        if (k == H2NEG_ERR_AGAIN || k == H2NEG_ERR_CLOSED ||
            !side_ok(s, j->stream, (long)k, "ws_send"))
            return;
        SIDE_CHECK(s, (size_t)k <= left);
        j->at += (size_t)k;
        if (j->at < len)
            return;
        j->rest.len -= len + 6;
        memmove(j->rest.p, j->rest.p + len + 6, j->rest.len);
        j->at = 0;
    }
}

static inline void app_ws_message(side *s, const h2neg_event *ev)
{
    job *j = side_job(s, ev->stream);
    if (!j || j->kind != JOB_WS)
        return;
    buf_octet(&j->rest, (unsigned)ev->opcode);
    buf_octet(&j->rest, ev->more ? 1 : 0);
    put_u32(&j->rest, (uint32_t)ev->data.len);
    buf_add(&j->rest, ev->data.ptr, ev->data.len);
    app_ws_pump(s, j);
}

/* /ws echoes, /ws-quiet takes and says nothing, /ws-no refuses, /ws-later waits. */
static inline void app_ws_request(side *s, const h2neg_event *ev, const char *path, job *j)
{
    static const char *const ours[] = {"chat", "superchat"};
    const char *chosen = h2neg_ws_subprotocol(ours, 2, ev->fields, ev->field_count);
    if (!strcmp(path, "/ws-no"))
        app_reply(s, ev->stream, 403, "no");
    else if (!ev->websocket)
        app_reply(s, ev->stream, 200, "plain");
    else if (!strcmp(path, "/ws") || !strcmp(path, "/ws-quiet"))
        side_ok(s, ev->stream, h2neg_accept(s->c, ev->stream, chosen, NULL, 0), "accept");
    if (strcmp(path, "/ws-quiet") != 0)
        j->kind = JOB_WS;
}

/* What a path asks for: /now /end /echo /stream/N /body/N /status/N /trailers /later /hold /keep
   /reset/N /hints /last /accept /continue /ws /ws-quiet /ws-no /ws-later. */
static inline void app_request(side *s, const h2neg_event *ev)
{
    char path[64];
    unsigned long n = 0;
    uint32_t id = ev->stream;
    job *j = side_new_job(s, id, JOB_NONE);
    snprintf(path, sizeof path, "%.*s", (int)ev->path.len, ev->path.ptr ? ev->path.ptr : "");
    if (strrchr(path, '/') && strrchr(path, '/') != path)
        n = strtoul(strrchr(path, '/') + 1, NULL, 10);
    SIDE_CHECK(s, h2neg_set_user(s->c, id, j) == 0);
    if (!strncmp(path, "/ws", 3)) {
        app_ws_request(s, ev, path, j);
        return;
    }
    if (!strcmp(path, "/now"))
        app_reply(s, id, 200, "hello");
    else if (!strcmp(path, "/end") || !strcmp(path, "/hold"))
        j->kind = JOB_END;
    else if (!strcmp(path, "/echo"))
        j->kind = JOB_ECHO;
    else if (!strncmp(path, "/stream/", 8))
        j->kind = JOB_STREAM;
    else if (!strncmp(path, "/body/", 6))
        app_body(s, id, n, 0);
    else if (!strncmp(path, "/status/", 8))
        app_respond(s, id, (int)n, 0);
    else if (!strcmp(path, "/trailers"))
        app_trailers(s, id);
    else if (!strncmp(path, "/reset/", 7))
        SIDE_CHECK(s, h2neg_reset(s->c, id, (uint32_t)n) == 0);
    else if (!strcmp(path, "/hints"))
        app_hints(s, id);
    else if (!strcmp(path, "/last"))
        app_body(s, id, 5, H2NEG_LAST);
    else if (!strcmp(path, "/keep")) {
        SIDE_CHECK(s, h2neg_keep(s->c, id, 1) == 0);
        app_reply(s, id, 200, "hello");
    } else if (!strcmp(path, "/accept") || !h2neg_is(ev->method, "CONNECT")) {
        if (!strcmp(path, "/accept") &&
            side_ok(s, id, h2neg_accept(s->c, id, NULL, NULL, 0), "accept"))
            j->kind = JOB_TUNNEL;
    }
    if (!strcmp(path, "/hold"))
        SIDE_CHECK(s, h2neg_hold(s->c, id, 1) == 0);
    if (h2neg_is(ev->method, "CONNECT") && ev->authority.len > 4 &&
        memcmp(ev->authority.ptr, "yes.", 4) == 0 && j->kind != JOB_TUNNEL) {
        j->kind = JOB_TUNNEL;
        side_ok(s, id, h2neg_accept(s->c, id, NULL, NULL, 0), "accept");
    }
    if (j->kind == JOB_ECHO)
        app_respond(s, id, 200, H2NEG_MORE);
    if (j->kind == JOB_STREAM) {
        j->total = n;
        app_respond(s, id, 200, H2NEG_MORE);
        app_pump(s, j);
    }
}

static inline void app_data(side *s, const h2neg_event *ev)
{
    job *j = side_job(s, ev->stream);
    ptrdiff_t k = 0;
    if (!j || (j->kind != JOB_ECHO && j->kind != JOB_TUNNEL))
        return;
    if (!j->rest.len) { /* an echo is one call, with the event's own octets */
        k = h2neg_send(s->c, ev->stream, ev->data.ptr, ev->data.len, H2NEG_MORE);
        if (k < 0 && k != H2NEG_ERR_AGAIN) {
            side_ok(s, ev->stream, (long)k, "send");
            return;
        }
        if (k < 0)
            k = 0;
        SIDE_CHECK(s, (size_t)k <= ev->data.len);
    }
    buf_add(&j->rest, ev->data.ptr + k, ev->data.len - (size_t)k);
}

static inline void app_end(side *s, const h2neg_event *ev)
{
    job *j = side_job(s, ev->stream);
    if (!j)
        return;
    j->ended = 1;
    if (j->kind == JOB_END)
        app_reply(s, ev->stream, 200, "hello");
    if (j->kind == JOB_ECHO || j->kind == JOB_TUNNEL)
        app_echo_rest(s, j);
}

static inline void app_writable(side *s, const h2neg_event *ev)
{
    job *j = side_job(s, ev->stream);
    if (!j)
        return;
    if (j->kind == JOB_STREAM)
        app_pump(s, j);
    if (j->kind == JOB_ECHO || j->kind == JOB_TUNNEL)
        app_echo_rest(s, j);
    if (j->kind == JOB_WS)
        app_ws_pump(s, j);
}

/* ---- events in words ----------------------------------------------------- */

static inline void side_data_end(side *s)
{
    if (!s->data.len)
        return;
    buf_fmt(&s->events, "DATA %lu ", (unsigned long)s->data_stream);
    word_body(&s->events, s->data.p, s->data.len);
    buf_octet(&s->events, '\n');
    s->data.len = 0;
}

/* What is there of a message; `more`: something came in between. */
static inline void side_ws_end(side *s, int more)
{
    if (!s->ws_under_way)
        return;
    if (s->ws.len || !more) {
        buf_fmt(&s->events, "WS_MESSAGE %lu %s ", (unsigned long)s->ws_stream,
                ws_word((unsigned)s->ws_opcode));
        word_body(&s->events, s->ws.p, s->ws.len);
        buf_text(&s->events, more ? " more\n" : "\n");
    }
    s->ws.len = 0;
    s->ws_under_way = 0;
}

static inline void side_ws_message(side *s, const h2neg_event *ev)
{
    if (s->ws_stream != ev->stream)
        side_ws_end(s, 1);
    s->ws_under_way = 1;
    s->ws_stream = ev->stream;
    s->ws_opcode = ev->opcode;
    buf_add(&s->ws, ev->data.ptr, ev->data.len);
    if (!ev->more)
        side_ws_end(s, 0);
}

static inline void tell_str(buf *b, const char *label, h2neg_str v)
{
    if (!v.len)
        return;
    buf_fmt(b, " %s=", label);
    word_add(b, v.ptr, v.len);
}

static inline void tell_head(buf *b, const h2neg_event *ev)
{
    size_t i;
    buf_fmt(b, "%s %lu", ev->type == H2NEG_EV_TRAILERS ? "TRAILERS" : h2neg_event_name(ev->type),
            (unsigned long)ev->stream);
    if (ev->type == H2NEG_EV_REQUEST) {
        tell_str(b, "method", ev->method);
        tell_str(b, "scheme", ev->scheme);
        tell_str(b, "authority", ev->authority);
        tell_str(b, "target", ev->target);
        tell_str(b, "path", ev->path);
        tell_str(b, "query", ev->query);
        tell_str(b, "upgrade", ev->upgrade);
    }
    if (ev->status)
        buf_fmt(b, " status=%d", ev->status);
    if (ev->type == H2NEG_EV_OPEN) {
        tell_str(b, "upgrade", ev->upgrade);
        tell_str(b, "subprotocol", ev->subprotocol);
    }
    if ((ev->type == H2NEG_EV_OPEN || ev->type == H2NEG_EV_REQUEST) && ev->websocket)
        buf_text(b, " websocket");
    if (ev->type == H2NEG_EV_REQUEST || ev->type == H2NEG_EV_RESPONSE) {
        if (ev->more)
            buf_text(b, " more");
        if (ev->length != H2NEG_UNKNOWN)
            buf_fmt(b, " length=%lu", (unsigned long)ev->length);
    }
    for (i = 0; i < ev->field_count; i++)
        word_field(b, ev->fields[i].name.ptr, ev->fields[i].name.len, ev->fields[i].value.ptr,
                   ev->fields[i].value.len);
    buf_octet(b, '\n');
}

static inline void tell_error(buf *b, const h2neg_event *ev)
{
    if (ev->error.code)
        buf_fmt(b, " err=%s", h2neg_error_name(ev->error.code));
}

static inline void tell_ws_close(buf *b, const h2neg_event *ev)
{
    buf_fmt(b, "WS_CLOSE %lu code=%lu%s", (unsigned long)ev->stream, (unsigned long)ev->code,
            ev->by_peer ? " by-peer" : "");
    tell_str(b, "reason", ev->reason);
    tell_error(b, ev);
    buf_octet(b, '\n');
}

static inline void tell_ws_control(buf *b, const h2neg_event *ev)
{
    buf_fmt(b, "%s %lu ", ev->type == H2NEG_EV_WS_PING ? "WS_PING" : "WS_PONG",
            (unsigned long)ev->stream);
    word_body(b, ev->data.ptr, ev->data.len);
    buf_octet(b, '\n');
}

static inline void side_tell(side *s, const h2neg_event *ev)
{
    buf *b = &s->events;
    unsigned long id = (unsigned long)ev->stream;
    switch (ev->type) {
    case H2NEG_EV_NEGOTIATED:
        buf_fmt(b, "NEGOTIATED %s %s\n", h2neg_protocol_name(ev->protocol),
                h2neg_via_name(ev->via));
        break;
    case H2NEG_EV_END: buf_fmt(b, "END %lu\n", id); break;
    case H2NEG_EV_WRITABLE:
        if (s->tell_writable)
            buf_fmt(b, "WRITABLE %lu\n", id);
        break;
    case H2NEG_EV_DONE:
        buf_fmt(b, "DONE %lu %s%s%s", id, h2neg_h2_error_name(ev->code),
                ev->by_peer ? " by-peer" : "", ev->retry ? " retry" : "");
        tell_error(b, ev);
        buf_octet(b, '\n');
        break;
    case H2NEG_EV_PONG:
        buf_text(b, "PONG \"");
        word_add(b, ev->data.ptr, ev->data.len);
        buf_text(b, "\"\n");
        break;
    case H2NEG_EV_GOAWAY:
        buf_fmt(b, "GOAWAY %s ", h2neg_h2_error_name(ev->code));
        word_body(b, ev->data.ptr, ev->data.len);
        buf_octet(b, '\n');
        break;
    case H2NEG_EV_ERROR:
        buf_fmt(b, "ERROR %s h2=%s\n", h2neg_error_name(ev->error.code),
                h2neg_h2_error_name(ev->error.h2_code));
        break;
    case H2NEG_EV_WS_PING:
    case H2NEG_EV_WS_PONG: tell_ws_control(b, ev); break;
    case H2NEG_EV_WS_CLOSE: tell_ws_close(b, ev); break;
    default: tell_head(b, ev);
    }
}

/* ---- what every event stream keeps to ------------------------------------ */

static inline int is_hop_field(h2neg_str name)
{
    static const char *const hop[] = {
        "host",    "connection",     "keep-alive", "proxy-connection", "transfer-encoding",
        "upgrade", "http2-settings", "te"};
    size_t i;
    if (name.len && name.ptr[0] == ':')
        return 1;
    for (i = 0; i + 1 < sizeof hop / sizeof hop[0]; i++)
        if (h2neg_is_nocase(name, hop[i]))
            return 1;
    return 0;
}

static inline void rule_fields(side *s, const h2neg_event *ev)
{
    size_t i;
    for (i = 0; i < ev->field_count; i++)
        if (is_hop_field(ev->fields[i].name))
            side_fault(s, "fields hold no pseudo-field, no Host, nothing hop-by-hop", __LINE__);
}

static inline void rule_head(side *s, const h2neg_event *ev, unsigned char *t)
{
    if (ev->type != H2NEG_EV_INFORMATIONAL)
        SIDE_MUST(s, s->negotiated == 1);
    if (ev->type == H2NEG_EV_REQUEST) {
        SIDE_MUST(s, !(*t & SAW_OPEN));
        *t |= SAW_OPEN | SAW_HEAD;
        s->opened++;
    } else {
        SIDE_MUST(s, *t & SAW_OPEN);
        SIDE_MUST(s, !(*t & SAW_HEAD));
        if (ev->type == H2NEG_EV_RESPONSE)
            *t |= SAW_HEAD;
    }
    rule_fields(s, ev);
}

/* OPEN (WS_MESSAGE | WS_PING | WS_PONG)* WS_CLOSE DONE. */
static inline void rule_ws(side *s, const h2neg_event *ev, unsigned char *t)
{
    SIDE_MUST(s, (*t & SAW_WS) && !(*t & SAW_CLOSE));
    if (ev->type == H2NEG_EV_WS_MESSAGE)
        SIDE_MUST(s, ev->opcode == H2NEG_WS_TEXT || ev->opcode == H2NEG_WS_BINARY);
    else
        SIDE_MUST(s, ev->data.len <= 125 && ev->reason.len <= 123);
    if (ev->type == H2NEG_EV_WS_CLOSE) {
        *t |= SAW_CLOSE;
        SIDE_MUST(s, ev->code >= 1000 && ev->code <= 4999);
        SIDE_MUST(s, ev->error.code || h2neg_ws_code_ok((int)ev->code) || ev->code == 1005);
    }
}

static inline void rule_open(side *s, const h2neg_event *ev, unsigned char *t)
{
    *t |= SAW_HEAD;
    if (ev->websocket) {
        SIDE_MUST(s, !(*t & (SAW_WS | SAW_END)));
        *t |= SAW_WS;
    }
    *t &= (unsigned char)~SAW_END;
    rule_fields(s, ev);
}

static inline void rule_done(side *s, unsigned char *t)
{
    SIDE_MUST(s, *t & SAW_OPEN);
    SIDE_MUST(s, !(*t & SAW_WS) || (*t & SAW_CLOSE));
    *t |= SAW_DONE;
    s->done++;
}

/* DONE is the last of a stream, exactly once; REQUEST DATA* TRAILERS? END; NEGOTIATED once. */
static inline void side_rules(side *s, const h2neg_event *ev)
{
    unsigned char *t = side_track(s, ev->stream);
    if (ev->type == H2NEG_EV_NEGOTIATED)
        SIDE_MUST(s, ++s->negotiated == 1);
    if (ev->type == H2NEG_EV_ERROR)
        SIDE_MUST(s, ++s->errors == 1 && ev->error.code < 0);
    if (!ev->stream)
        return;
    SIDE_MUST(s, ev->stream % 2 == 1);
    SIDE_MUST(s, !(*t & SAW_DONE));
    switch (ev->type) {
    case H2NEG_EV_REQUEST:
    case H2NEG_EV_RESPONSE:
    case H2NEG_EV_INFORMATIONAL: rule_head(s, ev, t); break;
    case H2NEG_EV_OPEN: rule_open(s, ev, t); break;
    case H2NEG_EV_WS_MESSAGE:
    case H2NEG_EV_WS_PING:
    case H2NEG_EV_WS_PONG:
    case H2NEG_EV_WS_CLOSE: rule_ws(s, ev, t); break;
    case H2NEG_EV_DATA:
        SIDE_MUST(s, !(*t & SAW_WS));
        SIDE_MUST(s, ev->data.len > 0 && (*t & SAW_HEAD) && !(*t & (SAW_END | SAW_TRAILERS)));
        break;
    case H2NEG_EV_TRAILERS:
        SIDE_MUST(s, (*t & SAW_HEAD) && !(*t & (SAW_END | SAW_TRAILERS)));
        *t |= SAW_TRAILERS;
        rule_fields(s, ev);
        break;
    case H2NEG_EV_END:
        SIDE_MUST(s, (*t & SAW_HEAD) && !(*t & (SAW_END | SAW_WS)));
        *t |= SAW_END;
        break;
    case H2NEG_EV_DONE: rule_done(s, t); break;
    default: break;
    }
}

static inline void side_user(side *s, const h2neg_event *ev)
{
    job *j = ev->stream ? side_job(s, ev->stream) : NULL;
    if (j && ev->type != H2NEG_EV_REQUEST)
        SIDE_CHECK(s, ev->user == j);
}

static inline void side_app(side *s, const h2neg_event *ev)
{
    job *j;
    if (s->client)
        return;
    switch (ev->type) {
    case H2NEG_EV_REQUEST: app_request(s, ev); break;
    case H2NEG_EV_DATA: app_data(s, ev); break;
    case H2NEG_EV_END: app_end(s, ev); break;
    case H2NEG_EV_WS_MESSAGE: app_ws_message(s, ev); break;
    case H2NEG_EV_WRITABLE: app_writable(s, ev); break;
    case H2NEG_EV_DONE:
        j = side_job(s, ev->stream);
        if (j)
            j->used = 0;
        break;
    default: break;
    }
}

static inline void side_event(side *s, const h2neg_event *ev)
{
    if (ev->type == H2NEG_EV_DATA && !s->quiet) {
        if (s->data_stream != ev->stream)
            side_data_end(s);
        s->data_stream = ev->stream;
        buf_add(&s->data, ev->data.ptr, ev->data.len);
    } else if (ev->type == H2NEG_EV_WS_MESSAGE && !s->quiet) {
        side_data_end(s);
        side_ws_message(s, ev);
    } else if (!s->quiet && (ev->type != H2NEG_EV_WRITABLE || s->tell_writable)) {
        side_data_end(s);
        side_ws_end(s, 1);
        side_tell(s, ev);
    }
    side_rules(s, ev);
    side_user(s, ev);
    if (!s->hook || !s->hook(s, ev))
        side_app(s, ev);
}

/* ---- driving it ---------------------------------------------------------- */

static inline int side_events(side *s)
{
    h2neg_event ev;
    int n = 0;
    while (h2neg_next(s->c, &ev)) {
        side_event(s, &ev);
        if (++n > 100000) {
            side_fault(s, "events come to an end", __LINE__);
            h2neg_lost(s->c);
            s->hook = NULL;
            return 0;
        }
    }
    return n;
}

static inline int side_write(side *s)
{
    const void *run = NULL, *again = NULL;
    size_t n, k;
    if (s->no_write)
        return 0;
    n = h2neg_output(s->c, &run);
    if (!n)
        return 0;
    SIDE_MUST(s, h2neg_wants(s->c) & H2NEG_WANT_WRITE);
    SIDE_MUST(s, h2neg_output(s->c, &again) >= n && again == run);
    k = s->cut == 2 ? 1 + check_random((unsigned)n) : n;
    buf_add(&s->out, run, k);
    h2neg_output_done(s->c, k);
    return 1;
}

/* The one rule: next until 0, then output; and again, since it was written. */
static inline void side_drain(side *s)
{
    int rounds = 0;
    do {
        side_events(s);
        if (++rounds > 100000) {
            side_fault(s, "output comes to an end", __LINE__);
            return;
        }
    } while (side_write(s));
}

static inline size_t side_cut(const side *s, size_t left)
{
    size_t k = left;
    if (s->cut == 1)
        k = 1;
    if (s->cut == 2)
        k = check_random(4) ? 1 + check_random(40) : 1 + check_random(3000);
    if (k > (s->max_input ? s->max_input : 16384))
        k = s->max_input ? s->max_input : 16384;
    return k < left ? k : left;
}

/* Feeds until all was taken or the connection does not want to read: octets taken. */
static inline size_t side_feed(side *s, const char *p, size_t n)
{
    size_t at = 0, k;
    side_drain(s);
    while (at < n && (h2neg_wants(s->c) & H2NEG_WANT_READ)) {
        unsigned char *lent;
        k = side_cut(s, n - at);
        lent = check_tight(p + at, k);
        SIDE_MUST(s, h2neg_feed(s->c, lent, k) == k);
        side_events(s);
        free(lent); /* next answered 0: the loan is over */
        side_drain(s);
        at += k;
        s->fed += k;
    }
    return at;
}

/* Feeds what waited and then more; what is not wanted waits. */
static inline void side_give(side *s, const char *p, size_t n)
{
    size_t k;
    buf_add(&s->backlog, p, n);
    if (!s->backlog.len)
        return;
    k = side_feed(s, s->backlog.p, s->backlog.len);
    memmove(s->backlog.p, s->backlog.p + k, s->backlog.len - k);
    s->backlog.len -= k;
}

static inline void side_free(side *s)
{
    int i;
    buf_free(&s->backlog);
    h2neg_conn_free(s->c);
    for (i = 0; i < JOBS; i++)
        buf_free(&s->jobs[i].rest);
    buf_free(&s->events);
    buf_free(&s->out);
    buf_free(&s->data);
    buf_free(&s->ws);
    free(s->big);
    memset(s, 0, sizeof *s);
}

/* A side of its own, on the heap; and its end: the transport breaks, and every stream has had its
   DONE. */
static inline side *side_new(const h2neg_config *config)
{
    side *s = (side *)calloc(1, sizeof *s);
    if (!s)
        abort();
    s->client = config && config->role == H2NEG_CLIENT;
    s->c = h2neg_conn_new(config);
    SIDE_CHECK(s, s->c != NULL);
    return s;
}

static inline void side_end(side *s)
{
    h2neg_lost(s->c);
    s->no_write = 0;
    side_drain(s);
    SIDE_CHECK(s, s->opened == s->done);
    side_free(s);
    free(s);
}

/* A client's request; the stream is noted, so that DONE is waited for. */
static inline int side_request(side *s, const h2neg_message *m, unsigned flags, uint32_t *stream)
{
    uint32_t id = 0;
    int r = h2neg_request(s->c, m, flags, &id);
    if (r == 0) {
        unsigned char *t = side_track(s, id);
        SIDE_MUST(s, id % 2 == 1 && !(*t & SAW_OPEN));
        *t |= SAW_OPEN;
        s->opened++;
        s->stream = id;
    }
    if (stream)
        *stream = id;
    return r;
}

/* The same octets in each run. The first 16 are RFC 6455 1.3's, whose accept key is known. */
static inline int test_random(void *user, void *out, size_t len)
{
    unsigned *calls = (unsigned *)user;
    unsigned char *p = (unsigned char *)out;
    size_t i;
    uint32_t v = ++*calls * 2654435761u;
    for (i = 0; i < len; i++) {
        p[i] = (unsigned char)(v >> 24);
        v = v << 8 | v >> 24;
    }
    if (*calls == 1 && len == 16)
        memcpy(out, "the sample nonce", 16);
    return 1;
}
#define WS_ASKED "dGhlIHNhbXBsZSBub25jZQ=="
#define WS_ACCEPTED "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static inline h2neg_message message_get(const char *path)
{
    h2neg_message m;
    memset(&m, 0, sizeof m);
    m.authority = h2neg_s("example.com");
    m.target = h2neg_s(path);
    return m;
}

/* GET of a path, which must be taken. */
static inline void side_get(side *s, const char *path)
{
    h2neg_message m = message_get(path);
    side_ok(s, 0, side_request(s, &m, 0, NULL), "request");
}

static inline void side_post(side *s, const char *path, const char *body)
{
    h2neg_message m = message_get(path);
    m.method = h2neg_s("POST");
    m.body = body;
    m.body_len = strlen(body);
    side_ok(s, 0, side_request(s, &m, 0, NULL), "request");
}

/* ---- scripts ------------------------------------------------------------- */

enum { STEP_FEED, STEP_CALL, STEP_EOF, STEP_LOST, STEP_TICK };

typedef struct step {
    int kind;
    size_t from, to;
    void (*call)(side *s);
    uint64_t now;
} step;

typedef struct script {
    const char *name;
    h2neg_config config;
    const char *alpn; /* with config.tls; NULL: no ALPN */
    buf in;           /* the peer's octets */
    size_t marked;    /* of which so many stand in steps */
    step steps[64];
    size_t step_count;
    int (*hook)(side *s, const h2neg_event *ev);
    void *arg;
    unsigned heads;
    int tunnel, windows, tell_writable;
    unsigned ws; /* as the taker's */
    int ws_join;
    int loose;                /* octets may differ by the cut, words may not */
    int quick;                /* whole and octet by octet only */
    int no_memory_runs;       /* no failing allocations */
    int unfed;                /* some of the input may be left */
    int forgiving;            /* the application's calls may fail */
    const char *must_in_info; /* a text that info.why must hold */
    unsigned wants;           /* these bits stand at the end */
} script;

static inline void script_init(script *sc, const char *name)
{
    memset(sc, 0, sizeof *sc);
    sc->name = name;
}

static inline step *script_step(script *sc, int kind)
{
    step *st = &sc->steps[sc->step_count++];
    if (sc->step_count > sizeof sc->steps / sizeof sc->steps[0])
        abort();
    st->kind = kind;
    return st;
}

/* What was put since the last mark is one step. */
static inline void script_mark(script *sc)
{
    if (sc->in.len > sc->marked) {
        step *st = script_step(sc, STEP_FEED);
        st->from = sc->marked;
        st->to = sc->marked = sc->in.len;
    }
}

static inline void script_call(script *sc, void (*call)(side *s))
{
    script_mark(sc);
    script_step(sc, STEP_CALL)->call = call;
}

static inline void script_end(script *sc, int kind)
{
    script_mark(sc);
    script_step(sc, kind);
}

static inline void script_tick(script *sc, uint64_t now)
{
    script_mark(sc);
    script_step(sc, STEP_TICK)->now = now;
}

/* One way to play it. */
typedef struct played {
    int cut;
    meter *memory; /* or NULL: malloc */
    void *block;   /* or a placed block */
    size_t block_size;
    int lenient;
    int stuffed; /* nothing is written until the script is over */
    unsigned long long seed;
    int drained;     /* set: everything was fed */
    buf events, out; /* what came of it */
    long opened, done;
    unsigned wants;
    h2neg_info info;
} played;

static inline void run_info(played *r, side *s)
{
    h2neg_info info;
    h2neg_conn_info(s->c, &info);
    r->info = info;
    if (!s->c)
        return;
    if (r->memory)
        SIDE_MUST(s, info.memory == r->memory->live);
    SIDE_MUST(s,
              info.octets_out >= s->out.len); /* what was lost before it was written counts too */
    SIDE_MUST(s, info.octets_in <= s->fed);   /* an inert connection counts no more */
    SIDE_MUST(s, info.why != NULL);
}

static inline void run_step(const script *sc, side *s, const step *st)
{
    switch (st->kind) {
    case STEP_FEED: side_give(s, sc->in.p + st->from, st->to - st->from); break;
    case STEP_CALL: st->call(s); break;
    case STEP_EOF: h2neg_eof(s->c); break;
    case STEP_LOST: h2neg_lost(s->c); break;
    default: h2neg_tick(s->c, st->now);
    }
    side_drain(s);
    side_give(s, NULL, 0);
}

/* Behind the script: the transport breaks, and every stream has had its DONE. */
static inline void run_finish(played *r, side *s)
{
    h2neg_event ev;
    h2neg_lost(s->c);
    s->no_write = 0;
    side_drain(s);
    SIDE_MUST(s, h2neg_wants(s->c) == H2NEG_WANT_CLOSE);
    SIDE_MUST(s, s->opened == s->done);
    SIDE_MUST(s, h2neg_feed(s->c, "x", 1) == 0);
    SIDE_MUST(s, h2neg_next(s->c, &ev) == 0);
    r->opened = s->opened;
    r->done = s->done;
}

static inline void run_script(const script *sc, played *r)
{
    side *s = (side *)calloc(1, sizeof *s);
    h2neg_config config = sc->config;
    size_t i;
    if (!s)
        abort();
    if (r->memory) {
        config.alloc_fn = meter_fn;
        config.alloc_user = r->memory;
    }
    if (config.random_fn == test_random)
        config.random_user = &s->random;
    s->client = config.role == H2NEG_CLIENT;
    s->cut = r->cut;
    s->max_input = config.max_input;
    s->lenient = r->lenient || sc->forgiving;
    s->hook = sc->hook;
    s->arg = sc->arg;
    s->tell_writable = sc->tell_writable;
    r->seed = check_seed;
    s->c = r->block ? h2neg_conn_place(r->block, r->block_size, &config) : h2neg_conn_new(&config);
    SIDE_CHECK(s, s->c != NULL);
    if (config.tls && s->c)
        h2neg_tls_agreed(s->c, sc->alpn, sc->alpn ? strlen(sc->alpn) : 0);
    s->no_write = r->stuffed;
    for (i = 0; i < sc->step_count; i++)
        run_step(sc, s, &sc->steps[i]);
    s->no_write = 0;
    side_drain(s);
    side_give(s, NULL, 0);
    side_data_end(s);
    side_ws_end(s, 1);
    r->drained = s->backlog.len == 0;
    buf_add(&r->events, s->events.p, s->events.len);
    buf_add(&r->out, s->out.p, s->out.len);
    r->wants = h2neg_wants(s->c);
    run_info(r, s);
    run_finish(r, s);
    side_free(s);
    free(s);
}

static inline void run_free(played *r)
{
    buf_free(&r->events);
    buf_free(&r->out);
}

static inline void script_words(const script *sc, const played *r, buf *text)
{
    taker t;
    memset(&t, 0, sizeof t);
    t.text = text;
    t.heads = sc->heads;
    t.tunnel = sc->tunnel;
    t.windows = sc->windows;
    t.ws = sc->ws;
    t.ws_join = sc->ws_join;
    buf_add(text, "", 0);
    take_more(&t, &r->out);
}

static inline void script_fault(const script *sc, const char *how, const char *label,
                                const char *is, const char *should)
{
    check_failures++;
    fprintf(stderr, "script \"%s\" (%s): %s differ\n--- is\n%.6000s--- should be\n%.6000s---\n",
            sc->name, how, label, is, should);
}

/* A second way of playing it gives the same. (In a placed block HPACK's table is large from the
   start, so that there the words count.) */
static inline int script_same(const script *sc, const played *a, const played *b, const char *how)
{
    buf ta = {0, 0, 0}, tb = {0, 0, 0};
    int same = 1;
    script_words(sc, a, &ta);
    script_words(sc, b, &tb);
    if (strcmp(buf_str(&a->events), buf_str(&b->events)) != 0) {
        script_fault(sc, how, "events", buf_str(&b->events), buf_str(&a->events));
        same = 0;
    }
    if (strcmp(ta.p, tb.p) != 0) {
        script_fault(sc, how, "output", tb.p, ta.p);
        same = 0;
    } else if (!sc->loose && !b->block &&
               (a->out.len != b->out.len || memcmp(a->out.p, b->out.p, a->out.len) != 0)) {
        check_failures++;
        fprintf(stderr, "script \"%s\" (%s): octets differ\n", sc->name, how);
        check_print("is", (const unsigned char *)buf_str(&b->out), b->out.len);
        check_print("should be", (const unsigned char *)buf_str(&a->out), a->out.len);
        same = 0;
    }
    if (!same)
        fprintf(stderr, "    seed %llu\n", b->seed);
    buf_free(&ta);
    buf_free(&tb);
    return same;
}

/* CONN_SOME in the environment, where programs run slowly and others run the same in whole: of many
   runs of one kind one in so many, on the average, and no long script octet by octet. */
static inline unsigned script_one_in(void)
{
    const char *some = getenv("CONN_SOME");
    return some && *some ? (unsigned)atoi(some) : 1;
}

static inline long script_some(void)
{
    return 1 + (long)check_random(2 * script_one_in() - 1);
}

static inline void script_cut(const script *sc, const played *whole, int cut)
{
    played r;
    int same;
    memset(&r, 0, sizeof r);
    r.cut = cut;
    run_script(sc, &r);
    same = script_same(sc, whole, &r, cut == 1 ? "octet by octet" : "random cuts");
    (void)same;
    run_free(&r);
}

/* In a block of exactly the bound, between guards. What stands in it is what the scripts before
   have left: a new block of megabytes for each would take most of the time. */
static inline void script_placed(const script *sc, const played *whole)
{
    enum { GUARD = 64 };
    static unsigned char *raw;
    static size_t held;
    size_t bound = h2neg_memory_bound(&sc->config), i;
    played r;
    int intact = 1;
    if (held < bound + 2 * GUARD) {
        held = bound + 2 * GUARD;
        free(raw);
        raw = (unsigned char *)malloc(held);
        if (!raw)
            abort();
        memset(raw, 0xc3, held);
    }
    memset(raw, 0xc3, GUARD);
    memset(raw + GUARD + bound, 0xc3, GUARD);
    memset(&r, 0, sizeof r);
    r.block = raw + GUARD;
    r.block_size = bound;
    run_script(sc, &r);
    script_same(sc, whole, &r, "placed");
    for (i = 0; i < GUARD; i++)
        intact = intact && raw[i] == 0xc3 && raw[GUARD + bound + i] == 0xc3;
    if (!intact)
        script_fault(sc, "placed", "guards", "overwritten\n", "untouched\n");
    run_free(&r);
}

/* With the counting allocator: how many calls it took. */
static inline long script_metered(const script *sc, const played *whole)
{
    played r;
    meter m;
    memset(&r, 0, sizeof r);
    memset(&m, 0, sizeof m);
    r.memory = &m;
    run_script(sc, &r);
    script_same(sc, whole, &r, "metered");
    if (m.live || m.faults || m.peak > h2neg_memory_bound(&sc->config)) {
        check_failures++;
        fprintf(stderr, "script \"%s\": %zu octets leak, %ld wrong sizes, peak %zu of %zu\n",
                sc->name, m.live, m.faults, m.peak, h2neg_memory_bound(&sc->config));
    }
    run_free(&r);
    return m.calls;
}

/* Allocation n fails (and, with `on`, all behind it). The rules of the events hold all the same. */
static inline void script_fail(const script *sc, long n, int on)
{
    played r;
    meter m;
    int before = check_failures;
    memset(&r, 0, sizeof r);
    memset(&m, 0, sizeof m);
    r.memory = &m;
    r.lenient = 1;
    m.fail_at = n;
    m.fail_on = on;
    run_script(sc, &r);
    if (m.live || m.faults) {
        check_failures++;
        fprintf(stderr, "%zu octets leak, %ld wrong sizes\n", m.live, m.faults);
    }
    if (check_failures != before)
        fprintf(stderr, "    in script \"%s\" when allocation %ld%s failed\n", sc->name, n,
                on ? " and those behind it" : "");
    run_free(&r);
}

static inline void script_memory(const script *sc, const played *whole)
{
    long calls = script_metered(sc, whole), n;
    int before = check_failures;
    if (sc->no_memory_runs)
        return;
    for (n = script_some(); n <= calls && check_failures == before; n += script_some()) {
        script_fail(sc, n, 0);
        script_fail(sc, n, 1);
    }
}

static inline void script_free(script *sc)
{
    buf_free(&sc->in);
}

static inline void script_expect(const script *sc, const played *r, const char *events,
                                 const char *output)
{
    buf text = {0, 0, 0};
    script_words(sc, r, &text);
    if (events && !lines_fit(buf_str(&r->events), events))
        script_fault(sc, "whole", "events", buf_str(&r->events), events);
    if (output && !lines_fit(text.p, output))
        script_fault(sc, "whole", "output", text.p, output);
    if (!r->drained && !sc->unfed)
        script_fault(sc, "whole", "octets fed", "some left\n", "all\n");
    if ((r->wants & sc->wants) != sc->wants) {
        char is[16], should[16];
        snprintf(is, sizeof is, "%u\n", r->wants);
        snprintf(should, sizeof should, "%u\n", sc->wants);
        script_fault(sc, "whole", "wants", is, should);
    }
    if (sc->must_in_info && !strstr(r->info.why, sc->must_in_info))
        script_fault(sc, "whole", "info.why", r->info.why, sc->must_in_info);
    buf_free(&text);
}

/* With CONN_VERBOSE in the environment each script's name is told before it is played. */
static inline void check_step(const char *name)
{
    if (getenv("CONN_VERBOSE"))
        fprintf(stderr, "-- %s\n", name);
}

/* Plays it in every way; NULL: not looked at. The script is freed. */
static inline void script_play(script *sc, const char *events, const char *output)
{
    played whole;
    int before = check_failures, i;
    memset(&whole, 0, sizeof whole);
    check_step(sc->name);
    script_mark(sc);
    run_script(sc, &whole);
    script_expect(sc, &whole, events, output);
    if (check_failures == before)
        script_cut(sc, &whole, sc->in.len > 50000 && script_one_in() > 1 ? 2 : 1);
    for (i = 0; i < 6 && !sc->quick && check_failures == before; i += (int)script_some())
        script_cut(sc, &whole, 2);
    if (check_failures == before)
        script_placed(sc, &whole);
    if (!sc->quick && check_failures == before)
        script_memory(sc, &whole);
    if (check_failures != before)
        fprintf(stderr, "    so far: script \"%s\"\n", sc->name);
    run_free(&whole);
    script_free(sc);
}

/* Short: a server's script over HTTP/1 or with the peer's HTTP/2 preface in front. */
static inline void script_h1(script *sc, const char *name, const char *octets)
{
    script_init(sc, name);
    buf_text(&sc->in, octets);
}

static inline void script_h2(script *sc, const char *name, const char *settings)
{
    script_init(sc, name);
    put_preface(&sc->in, settings);
}

/* A client that speaks HTTP/2 at once (prior knowledge), a server's SETTINGS behind its first call.
 */
static inline void script_h2_client(script *sc, const char *name, void (*call)(side *s),
                                    const char *settings)
{
    script_init(sc, name);
    sc->config.role = H2NEG_CLIENT;
    sc->config.protocols = H2NEG_PRIOR;
    script_call(sc, call);
    put_settings(&sc->in, settings);
    put_ack(&sc->in);
}

static inline void script_h1_client(script *sc, const char *name, void (*call)(side *s))
{
    script_init(sc, name);
    sc->config.role = H2NEG_CLIENT;
    sc->config.protocols = H2NEG_HTTP1;
    script_call(sc, call);
}

/* ---- pairs --------------------------------------------------------------- */

typedef struct duct {
    char *p;
    size_t len, cap;
    int closed, told; /* the writer half-closed; the reader was told */
    size_t total;
} duct;

typedef struct pair {
    side client, server;
    duct up, down; /* to the server; to the client */
} pair;

static inline void pair_init(pair *p, const h2neg_config *client, const h2neg_config *server,
                             size_t cap)
{
    memset(p, 0, sizeof *p);
    p->client.c = h2neg_conn_new(client);
    p->server.c = h2neg_conn_new(server);
    p->client.client = 1;
    p->client.quiet = p->server.quiet = 1;
    p->up.cap = p->down.cap = cap;
    p->up.p = (char *)malloc(cap);
    p->down.p = (char *)malloc(cap);
    if (!p->up.p || !p->down.p || !p->client.c || !p->server.c)
        abort();
}

static inline void pair_free(pair *p)
{
    free(p->up.p);
    free(p->down.p);
    side_free(&p->client);
    side_free(&p->server);
}

static inline int duct_write(side *s, duct *d)
{
    const void *run;
    size_t n = h2neg_output(s->c, &run), k = d->cap - d->len;
    if (n < k)
        k = n;
    if (!n && (h2neg_wants(s->c) & (H2NEG_WANT_HALF_CLOSE | H2NEG_WANT_CLOSE)))
        d->closed = 1;
    if (!k)
        return 0;
    memcpy(d->p + d->len, run, k);
    d->len += k;
    d->total += k;
    h2neg_output_done(s->c, k);
    return 1;
}

static inline int duct_read(side *s, duct *d)
{
    size_t most = s->max_input ? s->max_input : 16384, k = d->len < most ? d->len : most;
    if (!d->len && d->closed && !d->told) {
        d->told = 1;
        h2neg_eof(s->c);
        side_events(s);
        return 1;
    }
    if (!k || !(h2neg_wants(s->c) & H2NEG_WANT_READ))
        return 0;
    SIDE_MUST(s, h2neg_feed(s->c, d->p, k) == k);
    side_events(s);
    memmove(d->p, d->p + k, d->len - k);
    d->len -= k;
    return 1;
}

/* One turn of both sides: 0 when nothing moved. */
static inline int pair_turn(pair *p)
{
    int moved = 0;
    moved |= side_events(&p->client) > 0;
    moved |= duct_write(&p->client, &p->up);
    moved |= side_events(&p->server) > 0; /* what stopped for want of room may want input now */
    moved |= duct_read(&p->server, &p->up);
    moved |= duct_write(&p->server, &p->down);
    moved |= side_events(&p->client) > 0;
    moved |= duct_read(&p->client, &p->down);
    return moved;
}

static inline void pair_run(pair *p)
{
    while (pair_turn(p))
        ;
}

#endif
