/* base.h: what every fuzz target stands on. A target is a function of octets: it checks what must
   hold of them whatever they are, and aborts when it does not. The same octets always do the same.

   The first octets of an input choose how the rest is used, so that one file says everything. */
#ifndef FUZZ_BASE_H
#define FUZZ_BASE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fuzz_fault(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    abort();
}

/* Always there, also where assert is not. */
#define MUST(condition) ((condition) ? (void)0 : fuzz_fault(#condition, __FILE__, __LINE__))

/* ---- the input, taken from the front ------------------------------------- */

typedef struct feed {
    const unsigned char *p;
    size_t len;
} feed;

static unsigned feed_octet(feed *f)
{
    if (!f->len)
        return 0;
    f->len--;
    return *f->p++;
}

static unsigned feed_u16(feed *f)
{
    unsigned high = feed_octet(f);
    return high << 8 | feed_octet(f);
}

/* A run of at most `n` octets. */
static h2neg_str feed_run(feed *f, size_t n)
{
    h2neg_str s;
    s.len = n < f->len ? n : f->len;
    s.ptr = (const char *)f->p;
    f->p += s.len;
    f->len -= s.len;
    return s;
}

static h2neg_str feed_rest(feed *f)
{
    return feed_run(f, f->len);
}

/* A small generator, for cuts: the input gives its seed (splitmix64). */
typedef struct dice {
    uint64_t state;
} dice;

static unsigned dice_below(dice *d, unsigned below)
{
    uint64_t z = (d->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (unsigned)((z ^ (z >> 31)) >> 33) % below;
}

/* ---- memory -------------------------------------------------------------- */

static void *must_alloc(size_t n)
{
    void *p = malloc(n ? n : 1);
    if (!p)
        abort();
    return p;
}

/* Octets in memory of exactly their size, so that a sanitizer sees a read past either end. The
   caller frees. */
static char *tight(const void *octets, size_t len)
{
    char *p = (char *)must_alloc(len);
    if (len)
        memcpy(p, octets, len);
    return p;
}

typedef struct pile {
    char *p;
    size_t len, cap;
} pile;

static void pile_add(pile *b, const void *p, size_t n)
{
    if (n > b->cap - b->len) {
        b->cap = (b->len + n + 64) * 2;
        b->p = (char *)realloc(b->p, b->cap);
        if (!b->p)
            abort();
    }
    if (n)
        memcpy(b->p + b->len, p, n);
    b->len += n;
}

static void pile_free(pile *b)
{
    free(b->p);
    memset(b, 0, sizeof *b);
}

/* ---- slices -------------------------------------------------------------- */

static int same(h2neg_str a, h2neg_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static int same_nocase(h2neg_str a, h2neg_str b)
{
    size_t i;
    for (i = 0; a.len == b.len && i < a.len; i++) {
        int x = (unsigned char)a.ptr[i], y = (unsigned char)b.ptr[i];
        x = x >= 'A' && x <= 'Z' ? x + 32 : x;
        y = y >= 'A' && y <= 'Z' ? y + 32 : y;
        if (x != y)
            return 0;
    }
    return a.len == b.len;
}

static int same_fields(const h2neg_field *a, size_t n, const h2neg_field *b, size_t m)
{
    size_t i;
    for (i = 0; n == m && i < n; i++)
        if (!same(a[i].name, b[i].name) || !same(a[i].value, b[i].value))
            return 0;
    return n == m;
}

/* Whether a slice lies in [p, p + n]. */
static int inside(h2neg_str s, const void *p, size_t n)
{
    const char *from = (const char *)p;
    return s.len == 0 ||
           (s.ptr >= from && s.ptr <= from + n && s.len <= (size_t)(from + n - s.ptr));
}

/* Lines "name: value\n" as fields: at most `room`. A colon in front belongs to the name; white
   space around the value is its own but for one space behind the colon. Their count. */
static size_t fields_of(h2neg_str text, h2neg_field *fields, size_t room)
{
    size_t n = 0, at = 0;
    while (at < text.len && n < room) {
        size_t end = at, colon;
        while (end < text.len && text.ptr[end] != '\n')
            end++;
        colon = at + (text.ptr[at] == ':');
        while (colon < end && text.ptr[colon] != ':')
            colon++;
        memset(&fields[n], 0, sizeof fields[n]);
        fields[n].name.ptr = text.ptr + at;
        fields[n].name.len = colon - at;
        if (colon < end)
            colon++;
        if (colon < end && text.ptr[colon] == ' ')
            colon++;
        fields[n].value.ptr = text.ptr + colon;
        fields[n].value.len = end - colon;
        n++;
        at = end + 1;
    }
    return n;
}

#endif
