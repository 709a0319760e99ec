/* h2neg_base64_decode, and HTTP2-Settings (RFC 4648 4 and 5; RFC 7540 3.2.1). */
/* prove: -eva-interprocedural-splits -eva-slevel 3000 */
#define LENGTH 8
#include "prove.h"

void main(void)
{
    unsigned len, room;
    EACH_LENGTH(len)
    {
        unsigned char out[LENGTH];
        EACH_LENGTH(room)
        h2neg_base64_decode(out + LENGTH - room, room, h2neg__str(any_input(len), len));
        EACH_LENGTH(room)
        h2neg_h2_settings_decode(out + LENGTH - room, room, h2neg__str(any_input(len), len));
    }
}
