/* h2neg_alpn_next, list by list: from a list of each length, any first octet; what is left is the
   end of it, and so the next list (RFC 7301 3.1). */
#define LENGTH 40
#include "prove.h"

void main(void)
{
    unsigned len, first;
    EACH_LENGTH(len)
    {
        //@ loop unroll 64;
        for (first = 0; first <= LENGTH + 2; first++) {
            const unsigned char *p = any_input(len);
            h2neg_str rest = h2neg__str(p, len), name;
            if (len)
                ((unsigned char *)p)[0] = any_number(first);
            if (h2neg_alpn_next(&rest, &name) == 1) {
                /*@ assert (unsigned char *)name.ptr == p + 1 && name.len == first; */
                /*@ assert rest.len == len - 1 - first; */
                /*@ assert (unsigned char *)rest.ptr == p + 1 + first; */
            }
        }
    }
}
