/* h2neg_chunked_decode, one octet from any state that it can be in, which covers a body of any
   length, cut anywhere (RFC 9112 7.1); and that the state it leaves is such a state again. */
/* prove: -eva-interprocedural-splits -eva-slevel 3000 -eva-split-return full */
#define LENGTH 1
#include "prove.h"

void main(void)
{
    unsigned state;
    //@ loop unroll 32;
    for (state = H2NEG__CHUNK_START; state <= H2NEG__CHUNK_DATA; state++) {
        h2neg_chunked d;
        h2neg_str data;
        if (state == H2NEG__CHUNK_LINE_END || state == H2NEG__CHUNK_NEXT)
            continue; /* left as soon as they are entered */
        Frama_C_make_unknown((char *)&d, sizeof d);
        d.max_line = d.max_overhead = 0;
        d.error = 0;
        d.line = (uint32_t)Frama_C_interval(0, 1024);
        d.overhead = (uint32_t)Frama_C_interval(0, 16384);
        d.digits = (unsigned char)Frama_C_interval(0, 13);
        d.state = (unsigned char)state;
        h2neg_chunked_decode(&d, any_input(1), 1, &data);
        //@ assert d.state != H2NEG__CHUNK_LINE_END || d.error != 0;
        //@ assert d.state != H2NEG__CHUNK_NEXT;
        //@ assert d.state <= H2NEG__CHUNK_DATA;
    }
}
