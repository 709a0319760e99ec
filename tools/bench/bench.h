/* bench.h: what the rows of the bench share: inputs, the table of rows, and how one is measured. */
#ifndef BENCH_H
#define BENCH_H

#include "h2neg.h"

/* ---- inputs, made by corpus.c, the same in every run ---------------------- */

enum { SESSION = 348, SITES = 6, LIST_FIELDS = 24 };

/* A browsing session over SITES connections, SESSION / SITES requests and responses on each. */
typedef struct field_list {
    h2neg_field fields[LIST_FIELDS]; /* pseudo-fields first, names in lower case */
    size_t count;
} field_list;
extern field_list corpus_requests[SESSION], corpus_responses[SESSION];

/* The same requests as HTTP/1.1 heads, and single ones of a known length. */
extern h2neg_str corpus_heads[SESSION];
extern h2neg_str corpus_head_703, corpus_head_4k, corpus_head_35, corpus_head_upgrade;

enum { TEXT_MIXED, TEXT_ASCII, TEXT_LATIN, TEXT_CJK, TEXT_KINDS, TEXT_ROOM = 16384 };
extern h2neg_str corpus_texts[TEXT_KINDS]; /* UTF-8, TEXT_ROOM octets or up to three fewer */

void corpus_make(void);
unsigned corpus_random(unsigned below);

/* ---- rows ------------------------------------------------------------------ */

typedef void (*bench_run)(const void *with);

/* What a row's figures are: time for each of its items, octets in a time, or octets held. */
enum { UNIT_NS, UNIT_GBPS, UNIT_OCTETS };

enum { SAMPLES = 256 };

typedef struct bench_row {
    const char *name;
    const char *peer;       /* whom it stands beside; NULL: nobody */
    double goal;            /* the ratio to reach; 0: none */
    int unit;               /* UNIT_* */
    double items;           /* in one round: operations, or octets */
    bench_run ours, theirs; /* one round; `theirs` NULL: there is no such peer here */
    const void *with;       /* what both are given */
    int at_no_more;         /* 1: the goal counts only if ours wrote no more octets than theirs */
    double size_ours, size_theirs; /* octets that both wrote for the same input; 0: not asked */
    /* set by the measuring */
    unsigned long rounds_ours, rounds_theirs; /* in one shot */
    double sample_ours[SAMPLES], sample_theirs[SAMPLES], sample_ratio[SAMPLES];
    size_t samples;
    double figure_ours, figure_theirs, ratio, ratio_low, ratio_high;
} bench_row;

/* A new row, zeroed but for these; it lives as long as the program. */
bench_row *bench_add(const char *name, const char *peer, double goal, int unit, double items);

/* A row of UNIT_OCTETS needs no measuring. `theirs` 0: there is no such peer. */
void bench_add_octets(const char *name, const char *peer, double ours, double theirs);

/* Ends the bench with a sentence where both sides do not say the same. */
void bench_must(int holds, const char *what);

/* What results go into, so that no compiler leaves their making out. */
extern volatile size_t bench_sink;

/* Memory at the start of a cache line, so that a run does not depend on what malloc gives. */
void *bench_memory(size_t len);

/* Each adds its rows, having seen that both sides give the same answer. */
void rows_heads(void);
void rows_hpack(void);
void rows_websocket(void);
void rows_connections(void);

/* ---- simd.c: another copy of the header, whose CPU features can be capped --- */

enum { SIMD_SCALAR = 0, SIMD_SSE2 = 1, SIMD_ALL = 2 };
ptrdiff_t simd_parse_request(int level, h2neg_h1_head *head, const void *in, size_t len);

#endif
