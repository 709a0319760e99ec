/* options.h: command lines of the programs. One table says what there is. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdio.h>
#include <string.h>

/* One option: exactly one of the three is set. A list takes each occurrence. */
typedef struct option {
    const char *name;
    int *flag;         /* becomes 1 */
    const char **text; /* becomes the next argument */
    const char **list; /* the next argument is appended: room for as many as there are arguments */
    size_t *list_count;
} option;

static inline const option *option_named(const option *table, size_t count, const char *name)
{
    size_t i;
    for (i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

/* Reads a command line. What is no option is moved to the front of argv[1...]; the number of these,
   or -1 when a sentence went to standard error. */
static inline int options_read(const option *table, size_t count, int argc, char **argv)
{
    int i, rest = 0;
    for (i = 1; i < argc; i++) {
        const option *o = argv[i][0] == '-' ? option_named(table, count, argv[i]) : NULL;
        if (argv[i][0] != '-') {
            argv[1 + rest++] = argv[i];
        } else if (!o) {
            fprintf(stderr, "%s: %s is not an option.\n", argv[0], argv[i]);
            return -1;
        } else if (o->flag) {
            *o->flag = 1;
        } else if (i + 1 == argc) {
            fprintf(stderr, "%s: %s wants a value behind it.\n", argv[0], argv[i]);
            return -1;
        } else if (o->text) {
            *o->text = argv[++i];
        } else {
            o->list[(*o->list_count)++] = argv[++i];
        }
    }
    return rest;
}

/* A decimal number up to `most`; -1: it is none. */
static inline long long options_number(const char *text, long long most)
{
    long long n = 0;
    if (!*text)
        return -1;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        n = n * 10 + (*text - '0');
        if (n > most)
            return -1;
    }
    return n;
}

#endif
