/* h2neg_utf8_check: octets behind any others, from each state that those leave (RFC 3629). */
#define LENGTH 16
#include "prove.h"

void main(void)
{
    unsigned len;
    EACH_LENGTH(len)
    {
        h2neg_utf8 u;
        memset(&u, 0, sizeof u);
        u.need = (unsigned char)Frama_C_interval(0, 3);
        u.low = (unsigned char)Frama_C_interval(0x80, 0xa0);
        u.high = (unsigned char)Frama_C_interval(0x80, 0xbf);
        h2neg_utf8_check(&u, any_input(len), len);
        h2neg_utf8_whole(&u);
    }
}
