/* h2neg_ws_close_read: a Close frame with its code and reason (RFC 6455 5.5.1). */
#define LENGTH 16
#include "prove.h"

void main(void)
{
    unsigned len;
    EACH_LENGTH(len)
    {
        int code;
        h2neg_str reason;
        h2neg_ws_close_read(any_input(len), len, &code, &reason);
    }
}
