/* h2neg__huffman_symbol and h2neg__huffman_look: one step, from each 12 bits with any 52 behind
   them, of which any number are there (RFC 7541 5.2). That covers a string of any length, but for
   the room it is written to. */
/* prove: -eva-interprocedural-splits -eva-slevel 3000 */
#define LENGTH 8
#include "prove.h"

static void step(uint64_t first, uint64_t last)
{
    unsigned count;
    h2neg_huffman_state h;
    unsigned char out[2];
    int symbol;
    h.bad = 0;
    for (count = 0; count <= 64; count++) {
        h.bits =
            Frama_C_unsigned_long_interval(first << 52, (last << 52) + (((uint64_t)1 << 52) - 1));
        h.count = count;
        symbol = h2neg__huffman_symbol(&h);
        /*@ assert -1 <= symbol <= 256; */
        /*@ assert h.count <= 64; */
    }
    h.bits = Frama_C_unsigned_long_interval(first << 52, (last << 52) + (((uint64_t)1 << 52) - 1));
    h.count = (unsigned)Frama_C_interval(12, 64);
    h2neg__huffman_look(&h, out);
    /*@ assert h.count <= 64; */
}

/* The first 12 bits of a code that is longer are 0xffc and above. */
void main(void)
{
    uint64_t at;
    step(0, 0xffb);
    for (at = 0xffc; at <= 0xfff; at++)
        step(at, at);
}
