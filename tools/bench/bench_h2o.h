/* bench_h2o.h: what h2o.c, which alone includes h2o's header, gives to the rows. */
#ifndef BENCH_H2O_H
#define BENCH_H2O_H

#include <stddef.h>

void h2o_decoder_new(void);
size_t h2o_decode(const void *in, size_t len);

#endif
