/* The header as a program has it. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
