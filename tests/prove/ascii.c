/* h2neg__scan_ascii: what leads a text, eight octets at a time (RFC 3629). */
/* prove: -eva-interprocedural-splits -eva-slevel 3000 */
#define LENGTH 40
#include "prove.h"

void main(void)
{
    unsigned len;
    EACH_LENGTH(len)
    {
        size_t n = h2neg__scan_ascii(any_input(len), len);
        /*@ assert n <= len; */
    }
}
