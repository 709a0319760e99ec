/* h2neg_ws_frame_read: a frame header, for either role (RFC 6455 5.2). */
#define LENGTH 14
#include "prove.h"

void main(void)
{
    unsigned len;
    EACH_LENGTH(len)
    {
        h2neg_ws_frame f;
        h2neg_ws_frame_read(&f, any_input(len), len, Frama_C_interval(0, 1),
                            Frama_C_interval(0, 7));
    }
}
