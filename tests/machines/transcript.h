/* transcript.h: what a script of conn.h comes to, told instead of checked: a line for each way to
   play it, with what came out as events and as octets. machines.sh puts this behind conn.h, so that
   the scripts of the unit tests are one transcript, which must be the same on every machine.
   TRANSCRIPT names the file to write; TRANSCRIPT_WORDS=1 puts the events and the octets in words
   there too. */
#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

static inline FILE *transcript_file(void)
{
    static FILE *f;
    if (!f)
        f = fopen(getenv("TRANSCRIPT"), "w");
    if (!f)
        abort();
    return f;
}

static inline unsigned long transcript_hash(const buf *b)
{
    uint32_t hash = 2166136261u;
    size_t i;
    for (i = 0; i < b->len; i++)
        hash = (hash ^ (unsigned char)b->p[i]) * 16777619u;
    return (unsigned long)hash;
}

/* Under clang's memory sanitizer: every octet of it was written by somebody. */
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define TRANSCRIPT_WRITTEN(b) __msan_check_mem_is_initialized((b)->p, (b)->len)
#endif
#endif
#ifndef TRANSCRIPT_WRITTEN
#define TRANSCRIPT_WRITTEN(b) ((void)(b))
#endif

static inline void transcript_tell(const script *sc, int cut)
{
    FILE *f = transcript_file();
    played r;
    memset(&r, 0, sizeof r);
    r.cut = cut;
    run_script(sc, &r);
    TRANSCRIPT_WRITTEN(&r.events);
    TRANSCRIPT_WRITTEN(&r.out);
    fprintf(f, "%s (%s): events %lu %08lx, octets %lu %08lx, streams %ld, wants %u, %s %s %s\n",
            sc->name, cut ? "octet by octet" : "whole", (unsigned long)r.events.len,
            transcript_hash(&r.events), (unsigned long)r.out.len, transcript_hash(&r.out), r.done,
            r.wants, h2neg_protocol_name(r.info.protocol), h2neg_via_name(r.info.via), r.info.why);
    if (getenv("TRANSCRIPT_WORDS")) {
        buf words = {0, 0, 0};
        script_words(sc, &r, &words);
        fprintf(f, "%s--- octets\n%s", buf_str(&r.events), buf_str(&words));
        buf_free(&words);
    }
    run_free(&r);
}

static inline void transcript_play(script *sc, const char *events, const char *output)
{
    (void)events;
    (void)output;
    script_mark(sc);
    transcript_tell(sc, 0);
    transcript_tell(sc, 1);
    script_free(sc);
}

#define script_play transcript_play

#endif
