/* h2neg__decimal: a Content-Length's digits (RFC 9110 8.6). */
#define LENGTH 20
#include "prove.h"

void main(void)
{
    unsigned len;
    EACH_LENGTH(len)
    {
        uint64_t value;
        h2neg__decimal(h2neg__str(any_input(len), len), &value);
    }
}
