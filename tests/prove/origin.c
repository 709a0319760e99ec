/* h2neg_h2_origin_next, origin by origin: from a payload of each length, any length in front; what
   is left is the end of it, and so the next payload (RFC 8336 2.1). */
#define LENGTH 40
#include "prove.h"

void main(void)
{
    unsigned len, first;
    EACH_LENGTH(len)
    {
        //@ loop unroll 64;
        for (first = 0; first <= LENGTH + 2; first++) {
            unsigned char *p = (unsigned char *)any_input(len);
            h2neg_str rest = h2neg__str(p, len), origin;
            if (len > 0 && first <= LENGTH)
                p[0] = 0;
            if (len > 1)
                p[1] = any_number(first);
            if (h2neg_h2_origin_next(&rest, &origin) == 1) {
                /*@ assert (unsigned char *)origin.ptr == p + 2 && origin.len == first; */
                /*@ assert (unsigned char *)rest.ptr == p + 2 + first; */
                /*@ assert rest.len == len - 2 - first; */
            }
        }
    }
}
