/* h2neg_base64_decode, and HTTP2-Settings (RFC 4648 4 and 5; RFC 7540 3.2.1). */
#define LENGTH 12
#include "prove.h"

void main(void)
{
    unsigned len;
    EACH_LENGTH(len)
    {
        unsigned char out[LENGTH];
        size_t room = Frama_C_interval(0, LENGTH);
        h2neg_base64_decode(out + LENGTH - room, room, h2neg__str(any_input(len), len));
        h2neg_h2_settings_decode(out + LENGTH - room, room, h2neg__str(any_input(len), len));
    }
}
