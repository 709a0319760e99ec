/* simd.c: a copy of the header whose bodies can be held below what the CPU has, for the rows that
   show SSE2 alone and the portable body: it looks at a variable of ours before it asks the CPU. */
extern int bench_simd_level;
int bench_simd_level = 2;
#define H2NEG__SIMD_HOOK bench_simd_level
#define H2NEG_STATIC
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "bench.h"

ptrdiff_t simd_parse_request(int level, h2neg_h1_head *head, const void *in, size_t len)
{
    bench_simd_level = level;
    return h2neg_h1_parse_request(head, in, len, 0);
}
