/* hpack.c: field blocks and Huffman strings beside libnghttp2's hd. */
#include "bench.h"
#include "bench_h2o.h"
#include <string.h>
#ifdef WITH_NGHTTP2
#include <nghttp2/nghttp2.h>
#endif

enum { TABLE = 4096, TEXT = 65536, BLOCK = 65536 };

/* Lists that go through one coder for each `each` of them, and the blocks that came of them. */
typedef struct blocks {
    const field_list *lists;
    size_t count, each;
    h2neg_str *coded;
#ifdef WITH_NGHTTP2
    nghttp2_nv (*pairs)[LIST_FIELDS]; /* the same fields as nghttp2 wants them */
#endif
} blocks;

static unsigned char table[65536], block[BLOCK];
static h2neg_field fields[128];
static char room[TEXT];
static size_t written;

static void ours_encode(const void *with)
{
    const blocks *b = (const blocks *)with;
    h2neg_hpack_encoder e;
    size_t i;
    written = 0;
    for (i = 0; i < b->count; i++) {
        if (i % b->each == 0)
            h2neg_hpack_encoder_init(&e, table, h2neg_hpack_memory(TABLE), TABLE);
        written += (size_t)h2neg_hpack_encode(&e, block, sizeof block, b->lists[i].fields,
                                              b->lists[i].count);
    }
    bench_sink += written;
}

static size_t decoded; /* octets of names and values */

static void ours_decode(const void *with)
{
    const blocks *b = (const blocks *)with;
    h2neg_hpack_decoder d;
    h2neg_hpack_list list;
    size_t i;
    decoded = 0;
    for (i = 0; i < b->count; i++) {
        if (i % b->each == 0)
            h2neg_hpack_decoder_init(&d, table, h2neg_hpack_memory(TABLE), TABLE);
        memset(&list, 0, sizeof list);
        list.fields = fields;
        list.room = sizeof fields / sizeof fields[0];
        list.text = room;
        list.text_room = sizeof room;
        if (h2neg_hpack_decode(&d, &list, b->coded[i].ptr, b->coded[i].len, 1) < 0)
            bench_must(0, "the block decodes");
        decoded += (size_t)list.size - 32 * list.count;
    }
    bench_sink += decoded;
}

#ifdef WITH_NGHTTP2
/* Another coder in the place of this one, which may be NULL. */
static nghttp2_hd_deflater *new_deflater(nghttp2_hd_deflater *old)
{
    nghttp2_hd_deflater *e;
    if (old)
        nghttp2_hd_deflate_del(old);
    bench_must(nghttp2_hd_deflate_new(&e, TABLE) == 0, "nghttp2 has an encoder");
    return e;
}

static nghttp2_hd_inflater *new_inflater(nghttp2_hd_inflater *old)
{
    nghttp2_hd_inflater *d;
    if (old)
        nghttp2_hd_inflate_del(old);
    bench_must(nghttp2_hd_inflate_new(&d) == 0, "nghttp2 has a decoder");
    return d;
}

static void their_encode(const void *with)
{
    const blocks *b = (const blocks *)with;
    nghttp2_hd_deflater *e = NULL;
    size_t i;
    written = 0;
    for (i = 0; i < b->count; i++) {
        if (i % b->each == 0)
            e = new_deflater(e);
        written +=
            (size_t)nghttp2_hd_deflate_hd(e, block, sizeof block, b->pairs[i], b->lists[i].count);
    }
    nghttp2_hd_deflate_del(e);
    bench_sink += written;
}

static void inflate(nghttp2_hd_inflater *d, h2neg_str in)
{
    const uint8_t *p = (const uint8_t *)in.ptr, *end = p + in.len;
    int flags = 0;
    while (!(flags & NGHTTP2_HD_INFLATE_FINAL)) {
        nghttp2_nv nv;
        ssize_t n = nghttp2_hd_inflate_hd2(d, &nv, &flags, p, (size_t)(end - p), 1);
        if (n < 0)
            bench_must(0, "nghttp2 decodes the block");
        p += n;
        if (flags & NGHTTP2_HD_INFLATE_EMIT)
            decoded += nv.namelen + nv.valuelen;
    }
    nghttp2_hd_inflate_end_headers(d);
}

static void their_decode(const void *with)
{
    const blocks *b = (const blocks *)with;
    nghttp2_hd_inflater *d = NULL;
    size_t i;
    decoded = 0;
    for (i = 0; i < b->count; i++) {
        if (i % b->each == 0)
            d = new_inflater(d);
        inflate(d, b->coded[i]);
    }
    nghttp2_hd_inflate_del(d);
    bench_sink += decoded;
}

static void make_pairs(blocks *b)
{
    size_t i, k;
    b->pairs = (nghttp2_nv(*)[LIST_FIELDS])bench_memory(b->count * sizeof *b->pairs);
    for (i = 0; i < b->count; i++)
        for (k = 0; k < b->lists[i].count; k++) {
            const h2neg_field *f = &b->lists[i].fields[k];
            nghttp2_nv *nv = &b->pairs[i][k];
            nv->name = (uint8_t *)(uintptr_t)f->name.ptr;
            nv->namelen = f->name.len;
            nv->value = (uint8_t *)(uintptr_t)f->value.ptr;
            nv->valuelen = f->value.len;
            nv->flags = f->flags ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
        }
}
#endif

static h2neg_str kept(const void *p, size_t len)
{
    h2neg_str s;
    char *copy = (char *)bench_memory(len);
    memcpy(copy, p, len);
    s.ptr = copy;
    s.len = len;
    return s;
}

/* The blocks that are decoded: nghttp2's where it is there, else our own. */
static void make_blocks(blocks *b)
{
    size_t i;
    b->coded = (h2neg_str *)bench_memory(b->count * sizeof *b->coded);
#ifdef WITH_NGHTTP2
    nghttp2_hd_deflater *e = NULL;
    make_pairs(b);
    for (i = 0; i < b->count; i++) {
        ssize_t n;
        if (i % b->each == 0)
            e = new_deflater(e);
        n = nghttp2_hd_deflate_hd(e, block, sizeof block, b->pairs[i], b->lists[i].count);
        b->coded[i] = kept(block, (size_t)n);
    }
    nghttp2_hd_deflate_del(e);
#else
    h2neg_hpack_encoder e;
    for (i = 0; i < b->count; i++) {
        ptrdiff_t n;
        if (i % b->each == 0)
            h2neg_hpack_encoder_init(&e, table, h2neg_hpack_memory(TABLE), TABLE);
        n = h2neg_hpack_encode(&e, block, sizeof block, b->lists[i].fields, b->lists[i].count);
        b->coded[i] = kept(block, (size_t)n);
    }
#endif
}

static double octets_of(const blocks *b)
{
    double sum = 0;
    size_t i, k;
    for (i = 0; i < b->count; i++)
        for (k = 0; k < b->lists[i].count; k++)
            sum += (double)(b->lists[i].fields[k].name.len + b->lists[i].fields[k].value.len);
    return sum;
}

static double fields_of(const blocks *b)
{
    double sum = 0;
    size_t i;
    for (i = 0; i < b->count; i++)
        sum += (double)b->lists[i].count;
    return sum;
}

/* A row tells the time for each field, or octets of strings in a time. */
static bench_row *add(const char *name, double goal, const blocks *b, int unit)
{
    bench_row *r = bench_add(name, unit == UNIT_NS ? "nghttp2 (a field)" : "nghttp2", goal, unit,
                             unit == UNIT_NS ? fields_of(b) : octets_of(b));
    r->with = b;
    return r;
}

static void add_decode(const char *name, double goal, const blocks *b, int unit)
{
    bench_row *r = add(name, goal, b, unit);
    r->ours = ours_decode;
    ours_decode(b);
    bench_must((double)decoded == octets_of(b), "what was encoded is decoded");
#ifdef WITH_NGHTTP2
    r->theirs = their_decode;
    their_decode(b);
    bench_must((double)decoded == octets_of(b), "nghttp2 decodes the same");
#endif
}

#ifdef WITH_H2O
static void h2o_run(const void *with)
{
    const blocks *b = (const blocks *)with;
    size_t i;
    decoded = 0;
    for (i = 0; i < b->count; i++) {
        if (i % b->each == 0)
            h2o_decoder_new();
        decoded += h2o_decode(b->coded[i].ptr, b->coded[i].len);
    }
    bench_sink += decoded;
}

/* h2o keeps content-length as a number and leaves it out of its fields. */
static void h2o_agrees(const blocks *b)
{
    size_t i, k, expected = 0;
    for (i = 0; i < b->count; i++)
        for (k = 0; k < b->lists[i].count; k++)
            if (!h2neg_is(b->lists[i].fields[k].name, "content-length"))
                expected += b->lists[i].fields[k].name.len + b->lists[i].fields[k].value.len;
    h2o_run(b);
    bench_must(decoded == expected, "h2o decodes the same");
}

static void add_h2o(const blocks *b)
{
    bench_row *r = bench_add("HPACK decode, requests", "h2o (a field)", 0, UNIT_NS, fields_of(b));
    h2o_agrees(b);
    r->with = b;
    r->ours = ours_decode;
    r->theirs = h2o_run;
}
#endif

static bench_row *add_encode(const char *name, double goal, const blocks *b, int unit)
{
    bench_row *r = add(name, goal, b, unit);
    r->ours = ours_encode;
    ours_encode(b);
    r->size_ours = (double)written;
#ifdef WITH_NGHTTP2
    r->theirs = their_encode;
    their_encode(b);
    r->size_theirs = (double)written;
#endif
    return r;
}

/* ---- strings -------------------------------------------------------------------- */

/* Neither library has a public call for a Huffman string. So lists are made of fields whose name
   stands in the static table and whose value is never indexed: what is left is mostly the string,
   all of it where the string is long. */
static field_list *literals(size_t count, size_t least, size_t most)
{
    static const char *const names[] = {":path", "referer", "user-agent", "etag", "location"};
    static const char letters[] =
        "etaoinshrdlucmfwypvbgkjqxz/-.=;&%0123456789_ETAOINSHRDLU:,?aeiou///--..";
    field_list *lists = (field_list *)bench_memory(count * sizeof *lists);
    size_t i, k, n, j;
    for (i = 0; i < count; i++) {
        lists[i].count = sizeof names / sizeof names[0];
        for (k = 0; k < lists[i].count; k++) {
            h2neg_field *f = &lists[i].fields[k];
            char *value;
            n = least + corpus_random((unsigned)(most - least + 1));
            value = (char *)bench_memory(n);
            for (j = 0; j < n; j++)
                value[j] = letters[corpus_random(sizeof letters - 1)];
            f->name = h2neg_s(names[k]);
            f->value.ptr = value;
            f->value.len = n;
            f->flags = H2NEG_NEVER_INDEX;
        }
    }
    return lists;
}

static void set(blocks *b, const field_list *lists, size_t count, size_t each)
{
    b->lists = lists;
    b->count = count;
    b->each = each;
    make_blocks(b);
}

/* Both kinds of list, one behind the other: on a connection each has a coder of its own. */
static const field_list *both_ways(void)
{
    field_list *all = (field_list *)bench_memory(2 * SESSION * sizeof *all);
    memcpy(all, corpus_requests, SESSION * sizeof *all);
    memcpy(all + SESSION, corpus_responses, SESSION * sizeof *all);
    return all;
}

void rows_hpack(void)
{
    static blocks session, shorts, longs;
#ifdef WITH_H2O
    static blocks requests;
#endif
    set(&session, both_ways(), 2 * SESSION, SESSION / SITES);
    set(&shorts, literals(64, 9, 45), 64, 64);
    set(&longs, literals(16, 128, 1024), 16, 16);
    add_decode("HPACK decode, the session", 2.6, &session, UNIT_NS);
#ifdef WITH_H2O
    set(&requests, corpus_requests, SESSION, SESSION / SITES);
    add_h2o(&requests);
#endif
    add_encode("HPACK encode, the session", 2.0, &session, UNIT_NS)->at_no_more = 1;
    add_decode("Huffman decode, 128 to 1024 octets", 2.6, &longs, UNIT_GBPS);
    add_encode("Huffman encode, 9 to 45 octets", 1.6, &shorts, UNIT_GBPS);
    add_encode("Huffman encode, 128 to 1024 octets", 2.3, &longs, UNIT_GBPS);
}
