/* rules.h: an HTTP/2 connection by hand, for the test_rules_* that need one; behind conn.h. */
#ifndef RULES_H
#define RULES_H

/* Feeds what was put and takes events: their names, one behind the other. */
static inline void turn(h2neg_conn *c, buf *in, buf *events)
{
    h2neg_event ev;
    if (in->len)
        CHECK_INT(h2neg_feed(c, in->p, in->len), in->len);
    while (h2neg_next(c, &ev))
        buf_fmt(events, "%s%u ", h2neg_event_name(ev.type), (unsigned)ev.stream);
    in->len = 0;
}

/* Takes the output: what each frame is, "type.stream.flags ". */
static inline void written(h2neg_conn *c, buf *out)
{
    const void *run;
    size_t n = h2neg_output(c, &run), at = 0;
    const unsigned char *p = (const unsigned char *)run;
    if (n >= 24 && memcmp(p, "PRI ", 4) == 0)
        at = 24;
    while (n - at >= 9) {
        size_t len = (size_t)p[at] << 16 | (size_t)p[at + 1] << 8 | p[at + 2];
        buf_fmt(out, "%u.%u.%u ", p[at + 3], p[at + 8], p[at + 4]);
        at += 9 + len;
    }
    h2neg_output_done(c, n);
}

static inline h2neg_conn *server(uint32_t pending, buf *in)
{
    h2neg_config g;
    memset(&g, 0, sizeof g);
    g.max_output_pending = pending;
    put_preface(in, "4=1000000");
    put_window(in, 0, 1000000);
    put_ack(in);
    return h2neg_conn_new(&g);
}

#endif
