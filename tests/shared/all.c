/* The implementation alone, for the unit tests that link it. */
#define H2NEG_IMPLEMENTATION
#include "../../h2neg.h"
