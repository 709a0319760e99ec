/* files.h: from a request's path to a file below a root. */
#ifndef FILES_H
#define FILES_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef PATH_MAX
#define PATH_MAX 4096
#endif

static inline int files_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Percent-decodes (RFC 3986 2.1). Octets written, or -1: a broken escape, a NUL, or no room for the
   result and its end. */
static inline ptrdiff_t files_decode(char *out, size_t room, h2neg_str path)
{
    size_t i, n = 0;
    for (i = 0; i < path.len; i++) {
        int c = (unsigned char)path.ptr[i];
        if (c == '%') {
            int high = path.len - i > 2 ? files_hex(path.ptr[i + 1]) : -1;
            int low = high < 0 ? -1 : files_hex(path.ptr[i + 2]);
            if (low < 0)
                return -1;
            c = high * 16 + low;
            i += 2;
        }
        if (c == 0 || n + 1 >= room)
            return -1;
        out[n++] = (char)c;
    }
    out[n] = '\0';
    return (ptrdiff_t)n;
}

/* 1 when a segment of a decoded path is "..": nobody needs it, and whatever it would lead to is
   refused before the file system is asked. */
static inline int files_climbs(const char *path)
{
    while (*path) {
        size_t len = strcspn(path, "/");
        if (len == 2 && path[0] == '.' && path[1] == '.')
            return 1;
        path += len + (path[len] == '/');
    }
    return 0;
}

/* The file that a path names below `root`, itself a result of realpath. 0, the name that was asked
   for in `asked` and its real name in `out`; or the status to answer with: 400, the path is
   malformed; 404, there is none, or it lies outside, also by way of a symbolic link. */
static inline int files_resolve(char asked[PATH_MAX], char out[PATH_MAX], const char *root,
                                h2neg_str path)
{
    char *real;
    size_t len = strlen(root), used = strcmp(root, "/") ? len : 0;
    int inside;
    if (len >= PATH_MAX || path.len == 0 || path.ptr[0] != '/' ||
        files_decode(asked + used, PATH_MAX - used, path) < 0)
        return 400;
    if (files_climbs(asked + used))
        return 404;
    memcpy(asked, root, used);
    real = realpath(asked, NULL);
    if (!real)
        return 404;
    inside = strlen(real) < PATH_MAX && strncmp(real, root, used) == 0 && real[used] == '/';
    if (inside)
        strcpy(out, real);
    free(real);
    return inside ? 0 : 404;
}

/* Opens what files_resolve found. Its descriptor, or < 0: the negative status to answer with. A
   FIFO or a device is not even opened, because that can be felt at its other end. */
static inline int files_open(const char *name, struct stat *st)
{
    int fd;
    if (lstat(name, st) || !S_ISREG(st->st_mode))
        return -404;
    do
        fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -503 : -404;
    if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
        return fd;
    close(fd);
    return -404;
}

/* Octets of a file from `at` on; 0: there are none, or they cannot be read. */
static inline size_t files_read(int fd, char *out, size_t len, uint64_t at)
{
    ssize_t n;
    do
        n = pread(fd, out, len, (off_t)at);
    while (n < 0 && errno == EINTR);
    return n > 0 ? (size_t)n : 0;
}

/* A media type by the name's ending. */
static inline const char *files_type(const char *name)
{
    static const char *const types[][2] = {{".html", "text/html; charset=utf-8"},
                                           {".css", "text/css"},
                                           {".js", "text/javascript"},
                                           {".json", "application/json"},
                                           {".txt", "text/plain; charset=utf-8"},
                                           {".md", "text/plain; charset=utf-8"},
                                           {".svg", "image/svg+xml"},
                                           {".png", "image/png"},
                                           {".jpg", "image/jpeg"},
                                           {".wasm", "application/wasm"}};
    const char *dot = strrchr(name, '.');
    size_t i;
    for (i = 0; dot && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(dot, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}

/* ---- small files that were served a moment ago ----

   To find a file, open and read it takes nine calls of the system, the rest of a small answer one
   or two; with its octets kept it takes 2.3 times less CPU time over HTTP/1.1, 7.5 times less over
   HTTP/2. They are the answer again while one stat of the name that was asked for leads to the very
   same file, unchanged. stat is asked once in a millisecond (once in each round of the caller's
   loop took 2.5 to 4 % more CPU time), and all of the way is looked at anew once a second, because
   directories can be moved and links be put in their place. */

enum { FILES_SMALL = 16384, FILES_KEPT = 64 };

/* The octets live as long as somebody has them: an answer under way does not copy them, and what
   comes to be kept in their place does not take them away from it. */
typedef struct files_octets {
    unsigned users;
    size_t len;
    char at[];
} files_octets;

typedef struct files_kept {
    char *path; /* of the request, as it came; NULL: nothing is kept here */
    size_t path_len;
    char *name; /* behind path: what stat is asked for */
    files_octets *octets;
    const char *type;
    struct stat st;
    uint64_t found; /* when all of the way was looked at, in milliseconds */
    uint64_t asked; /* when stat was */
} files_kept;

typedef struct files_cache {
    uint64_t now;                /* milliseconds */
    files_kept kept[FILES_KEPT]; /* by a hash of the path; the newest has the place */
} files_cache;

static inline files_kept *files_place(files_cache *c, h2neg_str path)
{
    uint64_t hash = path.len, word; /* by words: octet for octet it is 2 % of a tiny answer */
    size_t i = 0;
    for (; path.len - i >= sizeof word; i += sizeof word) {
        memcpy(&word, path.ptr + i, sizeof word);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    for (; i < path.len; i++)
        hash = (hash ^ (unsigned char)path.ptr[i]) * 0x9e3779b97f4a7c15u;
    return &c->kept[(hash >> 32) % FILES_KEPT];
}

static inline files_octets *files_octets_new(size_t len)
{
    files_octets *o = malloc(sizeof *o + len);
    if (o) {
        o->users = 1;
        o->len = len;
    }
    return o;
}

static inline files_octets *files_hold(files_octets *o)
{
    o->users++;
    return o;
}

static inline void files_release(files_octets *o)
{
    if (o && --o->users == 0)
        free(o);
}

static inline void files_forget(files_kept *k)
{
    free(k->path);
    files_release(k->octets);
    k->path = NULL;
    k->octets = NULL;
}

/* 1: the same file with the same content, as every change sets the ctime, and nobody sets it back.
 */
static inline int files_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_ctime == b->st_ctime;
}

/* What is kept of a path and still holds, or NULL. */
static inline const files_kept *files_find(files_cache *c, h2neg_str path)
{
    files_kept *k = files_place(c, path);
    struct stat st;
    if (!k->path || k->path_len != path.len || memcmp(k->path, path.ptr, path.len) != 0)
        return NULL;
    if (k->asked == c->now)
        return k;
    k->asked = c->now;
    if (c->now - k->found < 1000 && stat(k->name, &st) == 0 && files_same(&st, &k->st))
        return k;
    files_forget(k);
    return NULL;
}

/* Keeps a file that was just opened, if it is small and has not changed within this second or the
   last: otherwise the next change might not show in its time. NULL: it is not kept. */
static inline const files_kept *files_keep(files_cache *c, h2neg_str path, const char *name,
                                           const char *type, int fd, const struct stat *st)
{
    files_kept *k = files_place(c, path);
    size_t size = (size_t)st->st_size, at = 0, n = 1;
    if (st->st_size > FILES_SMALL || time(NULL) - st->st_ctime < 2)
        return NULL;
    files_forget(k);
    k->path = malloc(path.len + strlen(name) + 1);
    k->octets = files_octets_new(size);
    while (k->path && k->octets && n && at < size)
        at += n = files_read(fd, k->octets->at + at, size - at, at);
    if (!k->path || !k->octets || at < size) {
        files_forget(k);
        return NULL;
    }
    memcpy(k->path, path.ptr, path.len);
    k->path_len = path.len;
    k->name = strcpy(k->path + path.len, name);
    k->type = type;
    k->st = *st;
    k->found = c->now;
    k->asked = c->now;
    return k;
}

#endif
