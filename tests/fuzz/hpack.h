/* hpack.h: fuzz targets of HPACK. Include it behind base.h. */
#ifndef FUZZ_HPACK_H
#define FUZZ_HPACK_H

enum { HPACK_FIELDS = 256, HPACK_TEXT = 65536 };

/* A decoder with what it decodes into, and memory of its own. */
typedef struct unpacker {
    h2neg_hpack_decoder d;
    h2neg_hpack_list list;
    h2neg_field fields[HPACK_FIELDS];
    char *text;
    void *memory;
    size_t memory_size;
    size_t room, text_room;
} unpacker;

static void unpacker_init(unpacker *u, size_t memory, uint32_t limit)
{
    u->memory_size = memory;
    u->memory = memory ? must_alloc(memory) : NULL;
    u->room = HPACK_FIELDS;
    u->text_room = HPACK_TEXT;
    u->text = NULL;
    h2neg_hpack_decoder_init(&u->d, u->memory, memory, limit);
}

static void unpacker_move(unpacker *u, size_t size)
{
    void *fresh = size ? must_alloc(size) : NULL;
    h2neg_hpack_decoder_move(&u->d, fresh, size);
    if (u->memory_size)
        memset(u->memory, 0xdd, u->memory_size);
    free(u->memory);
    u->memory = fresh;
    u->memory_size = size;
}

static void unpacker_begin(unpacker *u)
{
    if (!u->text)
        u->text = (char *)must_alloc(u->text_room);
    memset(&u->list, 0, sizeof u->list);
    u->list.fields = u->fields;
    u->list.room = u->room;
    u->list.text = u->text;
    u->list.text_room = u->text_room;
}

/* One run of a block, with memory as it is asked for: 0, or the error. */
static ptrdiff_t unpacker_run(unpacker *u, const char *p, size_t n, int end)
{
    for (;;) {
        char *lent = tight(p, n);
        ptrdiff_t r = h2neg_hpack_decode(&u->d, &u->list, lent, n, end);
        free(lent);
        MUST(r <= (ptrdiff_t)n);
        if (r < 0)
            return r;
        if (u->d.wants == 0) {
            MUST((size_t)r == n);
            return 0;
        }
        MUST(u->d.wants > u->memory_size);
        MUST(u->d.wants <= h2neg_hpack_memory(u->d.limit > 4096 ? u->d.limit : 4096) * 2);
        unpacker_move(u, u->d.wants);
        p += r;
        n -= (size_t)r;
    }
}

static void unpacker_free(unpacker *u)
{
    free(u->memory);
    free(u->text);
}

static void unpacker_check(const unpacker *u)
{
    size_t i;
    uint64_t size = 0;
    MUST(u->d.table.size <= u->d.table.max);
    MUST(h2neg_hpack_decoder_needs(&u->d) <= u->memory_size);
    if (u->list.over) {
        MUST(u->list.count == 0);
        return;
    }
    MUST(u->list.count == u->list.total && u->list.text_used <= u->text_room);
    for (i = 0; i < u->list.count; i++) {
        MUST(inside(u->fields[i].name, u->text, u->text_room));
        MUST(inside(u->fields[i].value, u->text, u->text_room));
        size += u->fields[i].name.len + u->fields[i].value.len + 32;
    }
    MUST(size == u->list.size);
}

/* Blocks, each behind two octets of length and one that says what is done before it. Decoder `a`
   has all its memory and gets each block whole; `b` starts with none, gets it in cuts and is moved;
   `c` stores nothing. They agree on everything. */
static void fuzz_hpack_decode(const unsigned char *data, size_t size)
{
    static unpacker a, b, c, e; /* e: little room, so that it spends it in the middle */
    feed f;
    uint32_t limits[4] = {4096, 0, 100, 65536};
    uint32_t limit;
    dice d;
    unsigned how;
    f.p = data;
    f.len = size;
    how = feed_octet(&f);
    d.state = feed_octet(&f);
    limit = limits[how & 3];
    unpacker_init(&a, h2neg_hpack_memory(65536), limit);
    unpacker_init(&b, 0, limit);
    unpacker_init(&c, h2neg_hpack_memory(65536), limit);
    unpacker_init(&e, h2neg_hpack_memory(65536), limit);
    c.room = 0;
    e.room = 4;
    while (f.len) {
        unsigned before = feed_octet(&f);
        h2neg_str block = feed_run(&f, feed_u16(&f) & 0x3fff);
        ptrdiff_t ra, rb = 0, rc;
        size_t at = 0;
        if (before & 1) {
            limit = limits[before >> 1 & 3];
            h2neg_hpack_decoder_limit(&a.d, limit);
            h2neg_hpack_decoder_limit(&b.d, limit);
            h2neg_hpack_decoder_limit(&c.d, limit);
            h2neg_hpack_decoder_limit(&e.d, limit);
        }
        unpacker_begin(&a);
        unpacker_begin(&b);
        unpacker_begin(&c);
        ra = unpacker_run(&a, block.ptr, block.len, 1);
        rc = unpacker_run(&c, block.ptr, block.len, 1);
        unpacker_begin(&e);
        if (before & 64) { /* text for the largest string that may enter the table, and no more */
            e.list.text_room = limit > 4096 ? limit : 4096;
            e.list.max_size = before & 128 ? 200 : 0;
            e.list.room = HPACK_FIELDS;
        }
        MUST(unpacker_run(&e, block.ptr, block.len, 1) == ra);
        if (block.len == 0)
            rb = unpacker_run(&b, block.ptr, 0, 1);
        while (at < block.len && rb == 0) {
            size_t n = before & 8 ? 1 : 1 + dice_below(&d, 60);
            if (n > block.len - at)
                n = block.len - at;
            if (before & 16 && dice_below(&d, 4) == 0)
                unpacker_move(&b, h2neg_hpack_decoder_needs(&b.d) + dice_below(&d, 64));
            /* the end may be told with the last octets, or behind them */
            rb = unpacker_run(&b, block.ptr + at, n, at + n == block.len && !(before & 32));
            at += n;
        }
        if (rb == 0 && before & 32 && block.len)
            rb = unpacker_run(&b, block.ptr, 0, 1);
        MUST(ra == rb && ra == rc);
        if (ra < 0) {
            MUST(h2neg_hpack_decode(&a.d, &a.list, "", 0, 1) == H2NEG_ERR_HPACK_BROKEN);
            break;
        }
        unpacker_check(&a);
        unpacker_check(&b);
        unpacker_check(&c);
        MUST(a.list.size == b.list.size && a.list.size == c.list.size);
        MUST(a.list.total == b.list.total && a.list.total == c.list.total);
        MUST(a.list.over == b.list.over);
        unpacker_check(&e);
        MUST(e.list.size == a.list.size && e.list.total == a.list.total);
        MUST(e.d.table.size == a.d.table.size && e.d.table.count == a.d.table.count);
        if (!e.list.over)
            MUST(same_fields(a.fields, a.list.count, e.fields, e.list.count));
        MUST(same_fields(a.fields, a.list.count, b.fields, b.list.count));
        MUST(a.d.table.size == b.d.table.size && a.d.table.size == c.d.table.size);
        MUST(a.d.table.max == b.d.table.max && a.d.table.count == b.d.table.count);
    }
    if (!c.d.broken && h2neg_hpack_decoder_needs(&c.d)) { /* less than it needs breaks it */
        unpacker_move(&c, h2neg_hpack_decoder_needs(&c.d) - 1);
        unpacker_begin(&c);
        MUST(h2neg_hpack_decode(&c.d, &c.list, "\x82", 1, 1) == H2NEG_ERR_HPACK_BROKEN);
    }
    unpacker_free(&a);
    unpacker_free(&b);
    unpacker_free(&c);
    unpacker_free(&e);
}

static size_t lower_text(char *p, size_t n)
{
    size_t i;
    for (i = 0; i < n; i++)
        if (p[i] >= 'A' && p[i] <= 'Z')
            p[i] = (char)(p[i] + 32);
    return n;
}

/* Encoded and decoded again, with the table's size and memory changing in between. */
static void fuzz_hpack_round(const unsigned char *data, size_t size)
{
    static unpacker u;
    static char out[70000];
    static char names[20000];
    static const uint32_t limits[8] = {4096, 0, 64, 100, 200, 1000, 8192, 65536};
    h2neg_hpack_encoder e;
    h2neg_field fields[40];
    void *memory;
    size_t memory_size;
    feed f;
    uint32_t cap, peer;
    dice d;
    f.p = data;
    f.len = size < 8192 ? size : 8192;
    cap = limits[feed_octet(&f) & 7];
    d.state = feed_octet(&f);
    memory_size = feed_octet(&f) & 1 ? h2neg_hpack_memory(cap) : dice_below(&d, 2000);
    memory = must_alloc(memory_size);
    h2neg_hpack_encoder_init(&e, memory, memory_size, cap);
    peer = 4096;
    unpacker_init(&u, 0, peer);
    while (f.len) {
        unsigned before = feed_octet(&f);
        h2neg_str text = feed_run(&f, feed_octet(&f) * 4u);
        size_t count = fields_of(text, fields, 40), i, at = 0, used = 0, parts;
        ptrdiff_t n;
        if (before & 1) { /* the peer's SETTINGS */
            peer = limits[before >> 4 & 7];
            h2neg_hpack_encoder_limit(&e, peer);
            h2neg_hpack_decoder_limit(&u.d, peer);
        }
        if (before & 2) {
            size_t fresh = before & 4 ? e.wants : dice_below(&d, 3000);
            void *p = must_alloc(fresh);
            h2neg_hpack_encoder_move(&e, p, fresh);
            free(memory);
            memory = p;
        }
        for (i = 0; i < count; i++)
            if (i % 5 == (before >> 4 & 7))
                fields[i].flags = H2NEG_NEVER_INDEX;
        parts = before & 8 && count > 1 ? 2 : 1;
        for (i = 0; i < parts; i++) {
            size_t from = i ? count / 2 : 0, to = i + 1 < parts ? count / 2 : count;
            size_t bound = h2neg_hpack_encode_bound(fields + from, to - from);
            char *lent;
            MUST(bound <= sizeof out - at);
            MUST(bound == 0 || h2neg_hpack_encode(&e, out + at, bound - 1, fields + from,
                                                  to - from) == H2NEG_ERR_TOO_SMALL);
            lent = (char *)must_alloc(bound);
            n = h2neg_hpack_encode(&e, lent, bound, fields + from, to - from);
            MUST(n >= 0 && (size_t)n <= bound);
            memcpy(out + at, lent, (size_t)n);
            free(lent);
            at += (size_t)n;
        }
        unpacker_begin(&u);
        MUST(unpacker_run(&u, out, at, 1) == 0);
        unpacker_check(&u);
        MUST(u.list.count == count);
        for (i = 0; i < count; i++) {
            h2neg_str name;
            MUST(same_nocase(u.fields[i].name, fields[i].name));
            MUST(same(u.fields[i].value, fields[i].value));
            memcpy(names, fields[i].name.ptr, fields[i].name.len);
            name.ptr = names;
            name.len = lower_text(names, fields[i].name.len);
            MUST(same(u.fields[i].name, name));
            if (fields[i].flags & H2NEG_NEVER_INDEX)
                MUST(u.fields[i].flags & H2NEG_NEVER_INDEX);
        }
        (void)used;
        MUST(e.table.size == u.d.table.size && e.table.count == u.d.table.count);
        MUST(e.table.max <= peer && e.table.max <= cap);
    }
    unpacker_free(&u);
    free(memory);
}

#endif
