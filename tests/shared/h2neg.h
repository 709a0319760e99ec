/* What a unit test includes when the implementation is compiled once and linked to many (Makefile):
   the header without it, though the unit asks for it. A unit that looks inside, or asks for what
   that object does not have, does not compile or link so, and gets an implementation of its own. */
#undef H2NEG_IMPLEMENTATION
#include "../../h2neg.h"
