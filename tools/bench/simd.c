/* simd.c: a copy of the header whose bodies can be held below what the CPU has, for the rows that
   show SSE2 alone and the scalar body. It needs a hook in the header: where it defines
   H2NEG__SIMD_HOOK(level), that is a statement behind which this copy uses nothing above `level`
   (SIMD_SCALAR, SIMD_SSE2, SIMD_ALL). Without it the rows are left out. */
#define H2NEG_STATIC
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "bench.h"

int simd_can_cap(void)
{
#ifdef H2NEG__SIMD_HOOK
    return 1;
#else
    return 0;
#endif
}

ptrdiff_t simd_parse_request(int level, h2neg_h1_head *head, const void *in, size_t len)
{
#ifdef H2NEG__SIMD_HOOK
    static int set = -1;
    if (level != set) {
        H2NEG__SIMD_HOOK(level);
        set = level;
    }
#else
    (void)level;
#endif
    return h2neg_h1_parse_request(head, in, len, 0);
}
