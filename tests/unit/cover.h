/* cover.h: one side led by hand, for the covering tests. Include it behind conn.h.

   A side of conn.h whose small application does nothing: the test itself calls, and looks at what
   was told and written since. */
#ifndef COVER_H
#define COVER_H

static inline int silent(side *s, const h2neg_event *ev)
{
    (void)s;
    (void)ev;
    return 1; /* the small application of conn.h does nothing */
}

static inline side *side_of(const h2neg_config *config)
{
    side *s = side_new(config);
    s->hook = silent;
    s->tell_writable = 1;
    return s;
}

static inline h2neg_config config_of(int role, unsigned protocols)
{
    h2neg_config g;
    memset(&g, 0, sizeof g);
    g.role = role;
    g.protocols = protocols;
    return g;
}

static inline void say(side *s, buf *b)
{
    side_give(s, b->p, b->len);
    side_drain(s);
    b->len = 0;
}

static inline void say_text(side *s, const char *text)
{
    side_give(s, text, strlen(text));
    side_drain(s);
}

/* What was told since the last time. */
static inline void told(side *s, const char *want, const char *file, int line)
{
    side_data_end(s);
    side_ws_end(s, 1);
    if (!lines_fit(buf_str(&s->events), want)) {
        check_failures++;
        fprintf(stderr, "%s:%d: events differ\n--- is\n%s--- should be\n%s---\n", file, line,
                buf_str(&s->events), want);
    }
    s->events.len = 0;
    if (s->events.p)
        s->events.p[0] = 0;
}
#define TOLD(s, want) told(s, want, __FILE__, __LINE__)

/* All that was written so far, in words. */
static inline void wrote(side *s, const char *want, unsigned ws, const char *file, int line)
{
    buf text = {0, 0, 0};
    taker t;
    memset(&t, 0, sizeof t);
    t.text = &text;
    t.ws = ws;
    buf_text(&text, "");
    side_drain(s);
    take_more(&t, &s->out);
    if (!lines_fit(text.p, want)) {
        check_failures++;
        fprintf(stderr, "%s:%d: output differs\n--- is\n%s--- should be\n%s---\n", file, line,
                text.p, want);
    }
    buf_free(&text);
}
#define WROTE(s, want) wrote(s, want, 0, __FILE__, __LINE__)
#define WROTE_WS(s, want, ws) wrote(s, want, ws, __FILE__, __LINE__)

#endif
