/* check.h: what the unit tests share. A test is a function; it passes when no CHECK in it fails. Each test
   file is a program of its own: CHECK_MAIN(test_a, test_b) at its end. `program NAME` runs one test. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_failures; /* in the test that runs */

#define CHECK(condition)                                                                           \
    ((condition) ? (void)0                                                                         \
                 : (void)(check_failures++,                                                        \
                          fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition)))

#define CHECK_INT(actual, expected) \
    check_int((long long)(actual), (long long)(expected), #actual, __FILE__, __LINE__)

/* A slice (pointer and length) against a terminated text. */
#define CHECK_TEXT(slice, expected) \
    check_octets((slice).ptr, (slice).len, expected, strlen(expected), #slice, __FILE__, __LINE__)

#define CHECK_OCTETS(ptr, len, expected, expected_len) \
    check_octets(ptr, len, expected, expected_len, #ptr, __FILE__, __LINE__)

static inline int check_int(long long actual, long long expected, const char *what, const char *file, int line)
{
    if (actual == expected)
        return 1;
    check_failures++;
    fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", file, line, what, actual, expected);
    return 0;
}

static inline void check_print(const char *label, const unsigned char *p, size_t len)
{
    size_t i;
    fprintf(stderr, "    %s (%zu):", label, len);
    for (i = 0; i < len && i < 96; i++)
        fprintf(stderr, p[i] >= 32 && p[i] < 127 ? "%c" : "\\x%02x", p[i]);
    fprintf(stderr, "%s\n", len > 96 ? "..." : "");
}

static inline int check_octets(const void *actual, size_t len, const void *expected, size_t expected_len,
                               const char *what, const char *file, int line)
{
    if (len == expected_len && (len == 0 || memcmp(actual, expected, len) == 0))
        return 1;
    check_failures++;
    fprintf(stderr, "%s:%d: %s differs\n", file, line, what);
    check_print("is", (const unsigned char *)actual, len);
    check_print("should be", (const unsigned char *)expected, expected_len);
    return 0;
}

/* Octets out of hex digits ("82 86 84"; white space is skipped): their count. */
static inline size_t check_hex(unsigned char *out, const char *hex)
{
    size_t n = 0;
    unsigned v;
    while (*hex) {
        if (*hex == ' ' || *hex == '\n') {
            hex++;
            continue;
        }
        if (sscanf(hex, "%2x", &v) != 1)
            abort();
        out[n++] = (unsigned char)v;
        hex += 2;
    }
    return n;
}

/* Octets in memory of their own, so that a sanitizer sees a read past their end. The caller frees. */
static inline unsigned char *check_tight(const void *octets, size_t len)
{
    unsigned char *p = (unsigned char *)calloc(len ? len : 1, 1);
    if (!p)
        abort();
    if (len)
        memcpy(p, octets, len);
    return p;
}

/* A small generator with a seed that is printed (splitmix64). */
static unsigned long long check_seed = 20240229;
static inline unsigned check_random(unsigned below)
{
    unsigned long long z = (check_seed += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (unsigned)((z ^ (z >> 31)) >> 33) % below;
}

typedef void (*check_test)(void);
static inline int check_run(const check_test *tests, const char *names, size_t count, const char *only)
{
    size_t i;
    int passed = 0, failed = 0;
    for (i = 0; i < count; i++) {
        char name[128];
        size_t n = strcspn(names, ",");
        snprintf(name, sizeof name, "%.*s", (int)n, names);
        names += n + (names[n] == ',');
        names += strspn(names, " ");
        if (only && strcmp(only, name) != 0)
            continue;
        check_failures = 0;
        tests[i]();
        if (check_failures)
            fprintf(stderr, "FAILED %s\n", name);
        *(check_failures ? &failed : &passed) += 1;
    }
    printf("%d passed, %d failed, 0 skipped\n", passed, failed);
    return failed != 0;
}

#define CHECK_MAIN(...)                                                                            \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        static const check_test tests[] = {__VA_ARGS__};                                           \
        return check_run(tests, #__VA_ARGS__, sizeof tests / sizeof tests[0],                      \
                         argc > 1 ? argv[1] : NULL);                                               \
    }

#endif
