/* prove.h: what the drivers share. Each driver runs one decoder over every input of every length up
   to LENGTH, and Frama-C's Eva shows that no such input reads or writes out of bounds, overflows a
   signed number, uses what nobody set, or compares pointers that may not be compared (prove.sh).
   The input ends where its array ends, so that a read behind it is a fault. */
#ifndef PROVE_H
#define PROVE_H

#define H2NEG_IMPLEMENTATION
#define H2NEG_STATIC
#define H2NEG_NO_CONN
#include "h2neg.h"
#include "__fc_builtin.h"

#ifndef LENGTH
#error "LENGTH: the longest input"
#endif

static unsigned char input[LENGTH];

static const unsigned char *any_input(unsigned len)
{
    Frama_C_make_unknown((char *)input, sizeof input);
    return input + (LENGTH - len);
}

/* `n`; LENGTH + 1 and 2 stand for all greater octets (in two halves: as a char one is negative). */
static unsigned char any_number(unsigned n)
{
    if (n <= LENGTH)
        return (unsigned char)n;
    return (unsigned char)(n == LENGTH + 1 ? Frama_C_interval(LENGTH + 1, 127)
                                           : Frama_C_interval(128, 255));
}

#define EACH_LENGTH(len) for (len = 0; len <= LENGTH; len++)

#endif
