/* h2neg__hpack_on_number: an integer behind its full prefix (RFC 7541 5.1), 10 octets of it,
   for each thing that an integer is read for. */
#define LENGTH 10
#include "prove.h"

void main(void)
{
    unsigned len;
    EACH_LENGTH(len)
    {
        static h2neg_hpack_decoder d;
        h2neg_hpack_list list;
        h2neg__reader r;
        memset(&d, 0, sizeof d);
        memset(&list, 0, sizeof list);
        d.kind = H2NEG__HPACK_STRING;
        d.number = (uint64_t)Frama_C_interval(15, 127);
        d.after = H2NEG__HPACK_VALUE_LENGTH;
        d.state = H2NEG__HPACK_NUMBER;
        r = h2neg__read(any_input(len), len);
        h2neg__hpack_on_number(&d, &list, &r);
    }
}
