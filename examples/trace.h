/* trace.h: --trace of the programs: every octet of a connection in words, on standard error, in
   colour on a terminal. */
#ifndef TRACE_H
#define TRACE_H

#include "h2neg.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct tracer {
    unsigned number; /* of the connection, before each line; 0: there is one alone */
    unsigned flags;  /* H2NEG_TRACE_COLOUR */
    h2neg_trace *trace;
} tracer; /* its memory stands behind it */

static inline void tracer_line(void *user, const h2neg_trace_line *line)
{
    const tracer *t = (const tracer *)user;
    char text[4096];
    size_t n = h2neg_trace_write(text, sizeof text, line, t->flags);
    if (t->number)
        fprintf(stderr, "[%u] ", t->number);
    fwrite(text, 1, n, stderr);
    putc('\n', stderr);
}

/* A trace of the connection that `config` is for; NULL: no memory. */
static inline tracer *tracer_new(h2neg_config *config, unsigned number)
{
    tracer *t = (tracer *)malloc(sizeof *t + h2neg_trace_memory());
    h2neg_trace_options options;
    if (!t)
        return NULL;
    memset(&options, 0, sizeof options);
    options.line_fn = tracer_line;
    options.user = t;
    t->number = number;
    t->flags = isatty(STDERR_FILENO) ? H2NEG_TRACE_COLOUR : 0;
    t->trace = h2neg_trace_place(t + 1, h2neg_trace_memory(), &options);
    config->trace_fn = h2neg_trace_octets;
    config->trace_user = t->trace;
    return t;
}

/* Behind the connection's end. NULL is fine. */
static inline void tracer_free(tracer *t)
{
    if (!t)
        return;
    h2neg_trace_end(t->trace, H2NEG_CLIENT);
    h2neg_trace_end(t->trace, H2NEG_SERVER);
    free(t);
}

#endif
