/* heads.c: request heads beside picohttpparser, which comes with libh2o. */
#include "bench.h"
#include <string.h>

#ifdef WITH_PICO
/* libh2o has it and does not install its header. */
struct phr_header {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
};
int phr_parse_request(const char *buf, size_t len, const char **method, size_t *method_len,
                      const char **path, size_t *path_len, int *minor_version,
                      struct phr_header *headers, size_t *num_headers, size_t last_len);
#endif

enum { FIELDS = 64 };

typedef struct heads {
    const h2neg_str *list;
    size_t count;
    int level; /* SIMD_* */
} heads;

static h2neg_h1_head head;
static h2neg_field fields[FIELDS];

static void ours(const void *with)
{
    const heads *h = (const heads *)with;
    size_t i;
    for (i = 0; i < h->count; i++) {
        head.fields = fields;
        head.room = FIELDS;
        bench_sink += (size_t)h2neg_h1_parse_request(&head, h->list[i].ptr, h->list[i].len, 0);
    }
}

static void ours_at(const void *with)
{
    const heads *h = (const heads *)with;
    size_t i;
    for (i = 0; i < h->count; i++) {
        head.fields = fields;
        head.room = FIELDS;
        bench_sink += (size_t)simd_parse_request(h->level, &head, h->list[i].ptr, h->list[i].len);
    }
}

#ifdef WITH_PICO
static int pico(h2neg_str in, size_t *count)
{
    static struct phr_header theirs[FIELDS];
    const char *method, *path;
    size_t method_len, path_len;
    int minor;
    *count = FIELDS;
    return phr_parse_request(in.ptr, in.len, &method, &method_len, &path, &path_len, &minor, theirs,
                             count, 0);
}

static void theirs_run(const void *with)
{
    const heads *h = (const heads *)with;
    size_t i, count;
    for (i = 0; i < h->count; i++)
        bench_sink += (size_t)pico(h->list[i], &count);
}
#endif

static void agree(const heads *h)
{
    size_t i, count = 0;
    for (i = 0; i < h->count; i++) {
        memset(&head, 0, sizeof head);
        head.fields = fields;
        head.room = FIELDS;
        bench_must(h2neg_h1_parse_request(&head, h->list[i].ptr, h->list[i].len, 0) ==
                       (ptrdiff_t)h->list[i].len,
                   "the head is taken");
#ifdef WITH_PICO
        bench_must(pico(h->list[i], &count) == (int)h->list[i].len && count == head.count,
                   "picohttpparser reads the same head");
#else
        (void)count;
#endif
    }
}

static void add(const char *name, double goal, const heads *h)
{
    bench_row *r = bench_add(name, "picohttpparser", goal, UNIT_NS, (double)h->count);
    agree(h);
    r->with = h;
    r->ours = h->level == SIMD_ALL ? ours : ours_at;
#ifdef WITH_PICO
    r->theirs = theirs_run;
#endif
}

void rows_heads(void)
{
    static heads h[] = {{&corpus_head_703, 1, SIMD_ALL},      {corpus_heads, SESSION, SIMD_ALL},
                        {&corpus_head_4k, 1, SIMD_ALL},       {&corpus_head_35, 1, SIMD_ALL},
                        {&corpus_head_upgrade, 1, SIMD_ALL},  {&corpus_head_703, 1, SIMD_SSE2},
                        {corpus_heads, SESSION, SIMD_SSE2},   {&corpus_head_4k, 1, SIMD_SSE2},
                        {&corpus_head_35, 1, SIMD_SSE2},      {&corpus_head_703, 1, SIMD_SCALAR},
                        {corpus_heads, SESSION, SIMD_SCALAR}, {&corpus_head_4k, 1, SIMD_SCALAR},
                        {&corpus_head_35, 1, SIMD_SCALAR}};
    static const struct {
        const char *name;
        double goal;
    } names[] = {{"request head, 703 octets", 3.2},
                 {"request heads, 348 different", 2.5},
                 {"request head, 4 KB", 4.5},
                 {"request head, 35 octets", 1.05},
                 {"request head, Upgrade", 0},
                 {"request head, 703 octets, SSE2", 2.0},
                 {"request heads, 348 different, SSE2", 1.8},
                 {"request head, 4 KB, SSE2", 2.2},
                 {"request head, 35 octets, SSE2", 0.9},
                 {"request head, 703 octets, scalar", 0},
                 {"request heads, 348 different, scalar", 0},
                 {"request head, 4 KB, scalar", 0},
                 {"request head, 35 octets, scalar", 0}};
    size_t i;
    for (i = 0; i < sizeof h / sizeof h[0]; i++)
        add(names[i].name, names[i].goal, &h[i]);
}
