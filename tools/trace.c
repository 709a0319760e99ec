/* Puts captured octets into words: what the two sides of one connection sent each other, line by
   line, and where it is malformed.

   What to look at: main() reads the files and play() feeds them to the trace, a side at a time;
   read_hex() takes the forms in which people keep octets as text. */
#define H2NEG_IMPLEMENTATION
#define H2NEG_NO_CONN
#include "h2neg.h"
#include "../examples/options.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define STANDARD_INPUT "the standard input"

enum { EXIT_WHOLE = 0, EXIT_MALFORMED = 1, EXIT_USAGE = 2 };

static const char usage[] =
    "usage: trace [--secrets] [--no-hex] [--colour WHEN] [--hex | --raw] FILE\n"
    "       trace [...] [--client FILE] [--server FILE]\n"
    "Puts octets that were captured from one connection into words: HTTP/1.1, HTTP/2, WebSocket,\n"
    "the beginning of TLS, PROXY headers. FILE - is the standard input.\n"
    "  FILE            in hex, with > before what the client sent and < before what the server\n"
    "                  sent; or without them, what one side sent: which, its first octets tell\n"
    "  --client FILE   what the client sent\n"
    "  --server FILE   what the server sent\n"
    "  --hex           the files are hex digits: plain, from xxd, or from hexdump -C -v\n"
    "  --raw           the files are the octets themselves; else what looks like hex is hex\n"
    "  --secrets       show the values of authorization, cookie and their like\n"
    "  --no-hex        leave out the octets\n"
    "  --colour WHEN   always, never, or auto: on a terminal (auto)\n"
    "Exit status: 0 the octets are whole and well-formed; 1 they are malformed or cut short, and "
    "the\n"
    "last lines tell where and why; 2 a wrong command line, or a file that cannot be read.\n";

/* What was read. */
typedef struct octets {
    unsigned char *p;
    size_t len, room;
} octets;
typedef struct capture {
    octets sides[2]; /* by H2NEG_SERVER, H2NEG_CLIENT */
    octets order;    /* one octet for each: H2NEG_SERVER or H2NEG_CLIENT; empty: not known */
} capture;

typedef struct show { /* what a line's hook is given */
    unsigned flags;   /* of h2neg_trace_write */
    int wrong;        /* 1: a line had an error */
} show;

static void *must(void *p)
{
    if (!p) {
        fprintf(stderr, "trace: there is not enough memory.\n");
        exit(EXIT_USAGE);
    }
    return p;
}

static void add(octets *o, int c)
{
    if (o->len == o->room) {
        o->room = o->room ? 2 * o->room : 4096;
        o->p = (unsigned char *)must(realloc(o->p, o->room));
    }
    o->p[o->len++] = (unsigned char)c;
}

/* ---- files ---- */

static int read_file(const char *name, octets *out)
{
    FILE *f = strcmp(name, STANDARD_INPUT) == 0 ? stdin : fopen(name, "rb");
    int c, bad;
    if (!f) {
        fprintf(stderr, "trace: %s cannot be read: %s.\n", name, strerror(errno));
        return 0;
    }
    while ((c = getc(f)) != EOF)
        add(out, c);
    bad = ferror(f);
    if (bad)
        fprintf(stderr, "trace: %s cannot be read: %s.\n", name, strerror(errno));
    if (f != stdin)
        fclose(f);
    return !bad;
}

static int hex_digit(int c)
{
    return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* How many hex digits stand at `p`. */
static size_t digits(const char *p)
{
    size_t n = 0;
    while (isxdigit((unsigned char)p[n]))
        n++;
    return n;
}

/* What the lines before told: whose octets come, -1: nobody says; whether hexdump wrote them. */
typedef struct hex {
    int from, dump;
} hex;

/* Passes over an offset: "00000010:" (xxd), or digits before two spaces and an ASCII column, and
   behind such lines alone (hexdump -C). `*stop` becomes what ends the octets. */
static const char *skip_offset(const char *p, hex *h, const char **stop)
{
    size_t n = digits(p);
    *stop = "#";
    if (n >= 4 && p[n] == ':') {
        *stop = "  ";
        return p + n + 1 + (p[n + 1] == ' ');
    }
    if (n >= 7 && strncmp(p + n, "  ", 2) == 0 && strchr(p, '|')) {
        *stop = "|";
        h->dump = 1;
        return p + n;
    }
    return h->dump && n >= 7 && p[n + strspn(p + n, " \r")] == 0 ? p + n : p;
}

/* The octets of a line, without its end. 1, or 0: it is none of hex. */
static int read_line(const char *p, capture *to, hex *h)
{
    const char *stop;
    octets *out;
    p += strspn(p, " \t");
    if (*p == '>' || *p == '<') {
        h->from = *p++ == '>' ? H2NEG_CLIENT : H2NEG_SERVER;
        p += strspn(p, " \t");
    }
    out = &to->sides[h->from < 0 ? H2NEG_CLIENT : h->from];
    for (p = skip_offset(p, h, &stop); *p && strncmp(p, stop, strlen(stop)) != 0; p++) {
        if (*p == ' ' || *p == '\t' || *p == '\r')
            continue;
        if (hex_digit((unsigned char)p[0]) < 0 || hex_digit((unsigned char)p[1]) < 0)
            return 0;
        add(out, hex_digit((unsigned char)p[0]) << 4 | hex_digit((unsigned char)p[1]));
        if (h->from >= 0)
            add(&to->order, h->from);
        p++;
    }
    return 1;
}

/* 0, or the number of the line that is no hex. */
static size_t read_hex(const octets *text, capture *to, hex *h)
{
    size_t at = 0, line = 0;
    while (at < text->len) {
        const char *p = (const char *)text->p + at;
        const char *end = (const char *)memchr(p, '\n', text->len - at);
        size_t n = end ? (size_t)(end - p) : text->len - at;
        char *copy = (char *)must(malloc(n + 1));
        int good;
        memcpy(copy, p, n);
        copy[n] = 0;
        good = memchr(copy, 0, n) == NULL && read_line(copy, to, h);
        free(copy);
        line++;
        if (!good)
            return line;
        at += n + 1;
    }
    return 0;
}

static void empty(octets *o)
{
    free(o->p);
    memset(o, 0, sizeof *o);
}

/* Whether these are a server's first octets. */
static int is_server(const octets *o)
{
    static const unsigned char zero[5] = {0, 0, 0, 0, 0};
    if (o->len >= 5 && memcmp(o->p, "HTTP/", 5) == 0)
        return 1;
    if (o->len >= 9 && o->p[3] == H2NEG_H2_SETTINGS && memcmp(o->p + 4, zero, 5) == 0)
        return 1;
    return o->len >= 6 && o->p[0] == 0x16 && o->p[1] == 3 && o->p[5] == 2;
}

typedef struct options {
    int help, hex, raw, secrets, no_hex;
    const char *client, *server, *colour;
} options;

static void discard(capture *c)
{
    empty(&c->sides[H2NEG_CLIENT]);
    empty(&c->sides[H2NEG_SERVER]);
    empty(&c->order);
}

/* What a file's text says: the octets in hex or, where it is none, those of the file, as the
   client's. 1, or 0 and a sentence was said. */
static int understand(const char *name, const options *opt, octets *text, capture *to, hex *h)
{
    size_t line = opt->raw ? 1 : read_hex(text, to, h);
    if (opt->hex && line) {
        fprintf(stderr, "trace: %s has something else than hex digits in line %zu.\n", name, line);
        return 0;
    }
    if (line) {
        discard(to);
        to->sides[H2NEG_CLIENT] = *text;
        memset(text, 0, sizeof *text);
        h->from = -1;
    }
    return 1;
}

/* Reads a file for one side, or for both (`from` -1). 1, or 0 and a sentence was said. */
static int load(const char *name, const options *opt, capture *to, int from)
{
    octets text = {NULL, 0, 0};
    hex h = {-1, 0};
    capture got;
    int good;
    memset(&got, 0, sizeof got);
    good = read_file(name, &text) && understand(name, opt, &text, &got, &h);
    if (good && from >= 0 && h.from >= 0) {
        fprintf(stderr, "trace: %s has both sides: give it without --client and --server.\n", name);
        good = 0;
    }
    if (from < 0)
        from = is_server(&got.sides[H2NEG_CLIENT]) ? H2NEG_SERVER : H2NEG_CLIENT;
    if (!good)
        discard(&got);
    else if (h.from >= 0)
        *to = got;
    else
        to->sides[from] = got.sides[H2NEG_CLIENT];
    empty(&text);
    return good;
}

/* ---- the trace ---- */

static void on_line(void *user, const h2neg_trace_line *line)
{
    show *s = (show *)user;
    char text[2048];
    fwrite(text, 1, h2neg_trace_write(text, sizeof text, line, s->flags), stdout);
    putchar('\n');
    s->wrong |= line->code != 0;
}

/* Feeds the sides in the order of the file, or in turns: each until it comes to the end of a
   message or a frame, or has to wait for the other. */
static void play(h2neg_trace *t, const capture *c)
{
    size_t at[2] = {0, 0}, i;
    int from = c->sides[H2NEG_CLIENT].len ? H2NEG_CLIENT : H2NEG_SERVER;
    for (i = 0; i < c->order.len; i++) {
        from = c->order.p[i];
        h2neg_trace_octets(t, from, c->sides[from].p + at[from]++, 1);
    }
    for (i = 0; i < 2 && c->order.len == 0; i++)
        if (c->sides[i].len == 0)
            h2neg_trace_end(t, (int)i);
    while (at[0] < c->sides[0].len || at[1] < c->sides[1].len) {
        if (at[from] < c->sides[from].len) {
            h2neg_trace_octets(t, from, c->sides[from].p + at[from]++, 1);
            if (!h2neg_trace_rests(t, from))
                continue;
        }
        from = !from;
    }
    h2neg_trace_end(t, H2NEG_CLIENT);
    h2neg_trace_end(t, H2NEG_SERVER);
}

static int run(const options *opt, const capture *c)
{
    h2neg_trace_options to;
    show s = {0, 0};
    void *block = must(malloc(h2neg_trace_memory()));
    memset(&to, 0, sizeof to);
    if (strcmp(opt->colour, "always") == 0 ||
        (strcmp(opt->colour, "auto") == 0 && isatty(STDOUT_FILENO) && !getenv("NO_COLOR")))
        s.flags |= H2NEG_TRACE_COLOUR;
    if (opt->no_hex)
        s.flags |= H2NEG_TRACE_NO_HEX;
    to.line_fn = on_line;
    to.user = &s;
    to.flags = opt->secrets ? H2NEG_TRACE_SECRETS : 0;
    play(h2neg_trace_place(block, h2neg_trace_memory(), &to), c);
    free(block);
    if (fflush(stdout) != 0) {
        fprintf(stderr, "trace: the output cannot be written: %s.\n", strerror(errno));
        return EXIT_USAGE;
    }
    return s.wrong ? EXIT_MALFORMED : EXIT_WHOLE;
}

static int complain(const char *sentence)
{
    fprintf(stderr, "trace: %s; trace --help tells more.\n", sentence);
    return EXIT_USAGE;
}

static int is_colour(const char *when)
{
    return strcmp(when, "auto") == 0 || strcmp(when, "always") == 0 || strcmp(when, "never") == 0;
}

int main(int argc, char **argv)
{
    options opt;
    capture c;
    static char name[] = "trace", standard_input[] = STANDARD_INPUT;
    int i, files, good = 1, status = EXIT_USAGE;
    const option table[] = {
        {"--help", &opt.help, NULL, NULL, NULL},       {"-h", &opt.help, NULL, NULL, NULL},
        {"--hex", &opt.hex, NULL, NULL, NULL},         {"--raw", &opt.raw, NULL, NULL, NULL},
        {"--secrets", &opt.secrets, NULL, NULL, NULL}, {"--no-hex", &opt.no_hex, NULL, NULL, NULL},
        {"--client", NULL, &opt.client, NULL, NULL},   {"--server", NULL, &opt.server, NULL, NULL},
        {"--colour", NULL, &opt.colour, NULL, NULL}};
    memset(&opt, 0, sizeof opt);
    memset(&c, 0, sizeof c);
    opt.colour = "auto";
    argv[0] = name;
    for (i = 1; i < argc; i++)
        if (strcmp(argv[i], "-") == 0)
            argv[i] = standard_input; /* else it looks like an option */
    files = options_read(table, sizeof table / sizeof table[0], argc, argv);
    if (files < 0)
        return EXIT_USAGE;
    if (opt.help)
        return fputs(usage, stdout), EXIT_WHOLE;
    if (opt.hex && opt.raw)
        return complain("--hex and --raw do not go together");
    if (!is_colour(opt.colour))
        return complain("--colour is always, never or auto");
    if (files > 1 || (files == 1 && (opt.client || opt.server)))
        return complain("give one FILE, or --client FILE and --server FILE");
    if (files == 0 && !opt.client && !opt.server)
        return complain("there is no FILE, and - is the standard input");
    if (files == 1)
        good = load(argv[1], &opt, &c, -1);
    if (good && opt.client)
        good = load(opt.client, &opt, &c, H2NEG_CLIENT);
    if (good && opt.server)
        good = load(opt.server, &opt, &c, H2NEG_SERVER);
    if (good)
        status = run(&opt, &c);
    discard(&c);
    return status;
}
