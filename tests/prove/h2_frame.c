/* h2neg_h2_frame_header_read of any octets, and h2neg_h2_frame_read of a whole frame of any type,
   with any flags and payload (RFC 9113 4.1, 6). */
/* prove: -eva-interprocedural-splits -eva-slevel 3000 */
#define LENGTH 24
#include "prove.h"

void main(void)
{
    unsigned len, type;
    h2neg_h2_frame f;
    EACH_LENGTH(len)
    h2neg_h2_frame_header_read(&f, any_input(len), len, 16384);
    for (len = 9; len <= LENGTH; len++) {
        //@ loop unroll 20;
        for (type = 0; type <= 17; type++) {
            unsigned char *p;
            if (type == H2NEG_H2_ORIGIN)
                continue;
            p = (unsigned char *)any_input(len);
            p[0] = p[1] = 0;
            p[2] = (unsigned char)(len - 9);
            p[3] = (unsigned char)type;
            h2neg_h2_frame_read(&f, p, len, 16384);
        }
    }
}
