/* h2neg__tls_body: a ClientHello (RFC 8446 4.1.2) whose session, cipher suites, compression and
   extensions have each of a few lengths, cut behind each of its octets; the extension is of any
   type, and the lengths inside it are each small value, and any larger. Eva keeps no relation
   between a pointer and what is left behind it, so lengths are told one by one; all other octets
   are any. */
/* prove: -eva-interprocedural-splits -eva-slevel 3000 */
#define LENGTH 64
#include "prove.h"

static unsigned char length_of(unsigned choice)
{
    return (unsigned char)(choice < 4 ? choice : Frama_C_interval(4, 255));
}

static void one(unsigned session, unsigned suites, unsigned compression, unsigned data,
                unsigned type, unsigned inner)
{
    unsigned behind = 34 + 1 + session + 2 + suites + 1 + compression + 2, at, len, cut;
    //@ loop unroll 16;
    for (cut = 0; cut <= 7; cut++) {
        h2neg_client_hello_info hello;
        h2neg__reader r;
        unsigned char *p;
        len = behind + 4 + data;
        if (cut > len)
            return;
        len -= cut == 7 ? 34 : cut;
        p = (unsigned char *)any_input(LENGTH);
        p += LENGTH - (behind + 4 + data);
        p[34] = (unsigned char)session;
        at = 35 + session;
        p[at] = 0;
        p[at + 1] = (unsigned char)suites;
        at += 2 + suites;
        p[at] = (unsigned char)compression;
        at += 1 + compression;
        p[at] = 0;
        p[at + 1] = (unsigned char)(4 + data);
        if (type < 3) {
            p[at + 2] = 0;
            p[at + 3] = type == 0 ? 0 : type == 1 ? 16 : 43;
        }
        p[at + 4] = 0;
        p[at + 5] = (unsigned char)data;
        at += 6;
        if (data > 2)
            p[at + 2] = length_of(inner);
        memset(&hello, 0, sizeof hello);
        r = h2neg__read(p, len);
        h2neg__tls_body(&hello, &r);
    }
}

void main(void)
{
    unsigned data, type, inner;
    one(0, 2, 1, 0, 3, 0);
    one(3, 0, 0, 0, 3, 0);
    one(1, 3, 2, 1, 3, 0);
    //@ loop unroll 8;
    for (data = 0; data <= 2; data++) {
        //@ loop unroll 8;
        for (type = 0; type <= 3; type++)
            one(0, 2, 1, data, type, 0);
    }
    for (inner = 0; inner <= 4; inner++)
        one(0, 2, 1, 3, 1, inner);
}
