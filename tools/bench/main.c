/* main.c: each piece of h2neg.h beside the libraries that others wrote, on the same input, in one
   process. `bench [--quick] [--only TEXT] [--once] [DIRECTORY]`: prints a table and writes
   bench.json and bench.svg there.

   How it is measured: a shot is as many rounds of a row's work as take a few milliseconds of this
   thread's CPU time. Passes go over all rows, one shot of ours and one of theirs behind one
   another, in turns first, until the time is up. A row's ratio is the median of its pairs' ratios,
   so what slows the machine for longer than two shots slows both. */
#include "bench.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROWS = 64 };
static bench_row *rows[ROWS];
static size_t row_count;
static const char *only = "";
volatile size_t bench_sink;

void bench_must(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "bench: not so: %s.\n", what);
    exit(1);
}

void *bench_memory(size_t len)
{
    void *p = NULL;
    bench_must(posix_memalign(&p, 64, len) == 0, "there is memory");
    return p;
}

/* A row that --only leaves out is made all the same, and then forgotten. */
static bench_row *new_row(const char *name, const char *peer, double goal, int unit)
{
    bench_row *r = (bench_row *)calloc(1, sizeof *r);
    bench_must(r != NULL && row_count < ROWS, "there is room for the row");
    r->name = name;
    r->peer = peer;
    r->goal = goal;
    r->unit = unit;
    if (strstr(name, only))
        rows[row_count++] = r;
    return r;
}

bench_row *bench_add(const char *name, const char *peer, double goal, int unit, double items)
{
    bench_row *r = new_row(name, peer, goal, unit);
    r->items = items;
    return r;
}

void bench_add_octets(const char *name, const char *peer, double ours, double theirs)
{
    bench_row *r = new_row(name, peer, 0, UNIT_OCTETS);
    r->figure_ours = ours;
    r->figure_theirs = theirs;
    r->ratio = theirs / ours;
}

/* ---- measuring --------------------------------------------------------------- */

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Nanoseconds of CPU time for each round. */
static double shot(bench_run run, const void *with, unsigned long rounds)
{
    double start = now(CLOCK_THREAD_CPUTIME_ID);
    unsigned long i;
    for (i = 0; i < rounds; i++)
        run(with);
    return (now(CLOCK_THREAD_CPUTIME_ID) - start) / (double)rounds;
}

/* How many rounds take that long; it also fills the caches. */
static unsigned long rounds_for(bench_run run, const void *with, double ns)
{
    unsigned long rounds = 1;
    double each;
    while ((each = shot(run, with, rounds)) * (double)rounds < ns / 4)
        rounds *= 2;
    return each < ns ? (unsigned long)(ns / each) : 1;
}

static void sample(bench_row *r, size_t pass)
{
    double ours, theirs = 0;
    if (r->theirs && pass % 2)
        theirs = shot(r->theirs, r->with, r->rounds_theirs);
    ours = shot(r->ours, r->with, r->rounds_ours);
    if (r->theirs && pass % 2 == 0)
        theirs = shot(r->theirs, r->with, r->rounds_theirs);
    r->sample_ours[r->samples] = ours;
    r->sample_theirs[r->samples] = theirs;
    r->sample_ratio[r->samples] = theirs / ours;
    r->samples++;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The value that `part` of the samples are below, 0.5 for the median; sorts them. */
static double quantile(double *samples, size_t count, double part)
{
    qsort(samples, count, sizeof *samples, by_size);
    return samples[(size_t)(part * (double)(count - 1) + 0.5)];
}

static double figure(const bench_row *r, double ns)
{
    if (ns == 0)
        return 0;
    return r->unit == UNIT_GBPS ? r->items / ns : ns / r->items;
}

static void sum_up(bench_row *r)
{
    if (r->samples == 0)
        return;
    r->ratio_low = quantile(r->sample_ratio, r->samples, 0.25);
    r->ratio_high = quantile(r->sample_ratio, r->samples, 0.75);
    r->ratio = quantile(r->sample_ratio, r->samples, 0.5);
    r->figure_ours = figure(r, quantile(r->sample_ours, r->samples, 0.5));
    r->figure_theirs = figure(r, quantile(r->sample_theirs, r->samples, 0.5));
}

/* At least three passes, at most SAMPLES, and no new one when `seconds` are over. */
static void measure(double seconds, double shot_ns)
{
    double end = now(CLOCK_MONOTONIC) + seconds * 1e9;
    size_t i, pass;
    for (i = 0; i < row_count; i++) {
        if (!rows[i]->ours)
            continue;
        rows[i]->rounds_ours = rounds_for(rows[i]->ours, rows[i]->with, shot_ns);
        if (rows[i]->theirs)
            rows[i]->rounds_theirs = rounds_for(rows[i]->theirs, rows[i]->with, shot_ns);
    }
    for (pass = 0; pass < SAMPLES && (pass < 3 || now(CLOCK_MONOTONIC) < end); pass++)
        for (i = 0; i < row_count; i++)
            if (rows[i]->ours)
                sample(rows[i], pass);
    for (i = 0; i < row_count; i++)
        sum_up(rows[i]);
}

/* ---- what is told --------------------------------------------------------------- */

static int reached(const bench_row *r)
{
    return r->ratio >= r->goal && (!r->at_no_more || r->size_ours <= r->size_theirs);
}

static const char *verdict(const bench_row *r)
{
    return r->goal == 0 ? "" : r->ratio == 0 ? "no peer" : reached(r) ? "reached" : "not reached";
}

static const char *unit_name(const bench_row *r)
{
    return r->unit == UNIT_NS ? "ns" : r->unit == UNIT_GBPS ? "GB/s" : "octets";
}

static const char *said(char *out, size_t room, const bench_row *r, double value)
{
    if (value == 0)
        snprintf(out, room, "-");
    else
        snprintf(out, room, "%.*f %s",
                 r->unit == UNIT_GBPS ? 2 : value < 1000 && r->unit == UNIT_NS, value,
                 unit_name(r));
    return out;
}

static void print_table(void)
{
    char ours[40], theirs[40], ratio[20], goal[20];
    size_t i;
    printf("%-46s %13s %13s %-21s %7s %5s\n", "row", "ours", "peer", "", "ratio", "goal");
    for (i = 0; i < row_count; i++) {
        const bench_row *r = rows[i];
        snprintf(ratio, sizeof ratio, r->ratio > 0 ? "%.2f" : "-", r->ratio);
        snprintf(goal, sizeof goal, r->goal > 0 ? "%.4g" : " ", r->goal);
        printf("%-46s %13s %13s %-21s %7s %5s %s\n", r->name,
               said(ours, sizeof ours, r, r->figure_ours),
               said(theirs, sizeof theirs, r, r->figure_theirs), r->peer ? r->peer : "", ratio,
               goal, verdict(r));
        if (r->size_theirs > 0)
            printf("    octets written: ours %.0f, theirs %.0f\n", r->size_ours, r->size_theirs);
    }
}

static FILE *create(const char *directory, const char *name)
{
    char path[4096];
    FILE *f;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    f = fopen(path, "w");
    if (!f)
        perror(path);
    bench_must(f != NULL, "the results can be written");
    return f;
}

static void json_row(FILE *f, const bench_row *r, int last)
{
    fprintf(f, "    {\"row\": \"%s\", \"unit\": \"%s\", \"ours\": %.6g", r->name, unit_name(r),
            r->figure_ours);
    if (r->peer)
        fprintf(f, ", \"peer\": \"%s\"", r->peer);
    if (r->ratio > 0)
        fprintf(f, ", \"theirs\": %.6g, \"ratio\": %.4g", r->figure_theirs, r->ratio);
    if (r->ratio_low > 0)
        fprintf(f, ", \"quartiles\": [%.4g, %.4g]", r->ratio_low, r->ratio_high);
    if (r->goal > 0)
        fprintf(f, ", \"goal\": %.4g, \"reached\": %s", r->goal,
                r->ratio == 0 ? "null"
                : reached(r)  ? "true"
                              : "false");
    if (r->size_theirs > 0)
        fprintf(f, ", \"octets\": [%.0f, %.0f]", r->size_ours, r->size_theirs);
    if (r->samples)
        fprintf(f, ", \"samples\": %lu", (unsigned long)r->samples);
    fprintf(f, "}%s\n", last ? "" : ",");
}

static void write_json(const char *directory, double load_before, double load_after)
{
    FILE *f = create(directory, "bench.json");
    size_t i;
    fprintf(f, "{\n  \"compiler\": \"%s\", \"processors\": %ld, \"load\": [%.2f, %.2f],\n",
            BENCH_COMPILER, sysconf(_SC_NPROCESSORS_ONLN), load_before, load_after);
    fprintf(f, "  \"rows\": [\n");
    for (i = 0; i < row_count; i++)
        json_row(f, rows[i], i + 1 == row_count);
    fprintf(f, "  ]\n}\n");
    fclose(f);
}

/* ---- the picture: ratios on a logarithmic scale, one bar a row -------------------- */

enum { LEFT = 330, WIDTH = 480, STEP = 20, TOP = 34 };

/* 0.25 stands at the left edge, 256 at the right one. */
static double place(double ratio)
{
    double x = log2(ratio) + 2;
    return LEFT + (x < 0 ? 0 : x > 10 ? 10 : x) * WIDTH / 10;
}

static void svg_grid(FILE *f, double bottom)
{
    static const double lines[] = {0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256};
    size_t i;
    for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        fprintf(f, "<path class=\"%s\" d=\"M%.1f %dV%.0f\"/>\n", lines[i] == 1.0 ? "one" : "grid",
                place(lines[i]), TOP - 6, bottom);
        fprintf(f, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g</text>\n", place(lines[i]),
                TOP - 12, lines[i]);
    }
}

static void svg_row(FILE *f, const bench_row *r, double y)
{
    double from = place(1), to = place(r->ratio), x = from < to ? from : to;
    fprintf(f, "<text x=\"%d\" y=\"%.0f\" text-anchor=\"end\">%s</text>\n", LEFT - 8, y + 12,
            r->name);
    fprintf(f, "<rect class=\"%s\" x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"%d\"/>\n",
            r->ratio >= 1 ? "more" : "less", x, y + 2, from < to ? to - from : from - to, STEP - 7);
    if (r->goal > 0)
        fprintf(f, "<path class=\"goal\" d=\"M%.1f %.0fv%d\"/>\n", place(r->goal), y, STEP - 3);
    fprintf(f, "<text x=\"%d\" y=\"%.0f\">%.2f x %s</text>\n", LEFT + WIDTH + 8, y + 12, r->ratio,
            r->peer);
}

static void write_svg(const char *directory)
{
    FILE *f = create(directory, "bench.svg");
    size_t i, drawn = 0;
    double bottom;
    for (i = 0; i < row_count; i++)
        drawn += rows[i]->ratio > 0;
    bottom = TOP + (double)drawn * STEP;
    fprintf(
        f,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1020\" height=\"%.0f\" "
        "font-family=\"sans-serif\" font-size=\"12\">\n<style>\n"
        "text { fill: #24292f } .grid { stroke: #8886 } .one { stroke: #888; stroke-width: 2 }\n"
        ".more { fill: #2f81c7 } .less { fill: #d4762c } "
        ".goal { stroke: #24292f; stroke-width: 2 }\n"
        "@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } "
        ".goal { stroke: #e6edf3 } }\n</style>\n"
        "<text x=\"8\" y=\"%d\">h2neg.h: times as fast, or as small, as</text>\n",
        bottom + 28, TOP - 12);
    svg_grid(f, bottom);
    for (i = 0, drawn = 0; i < row_count; i++)
        if (rows[i]->ratio > 0)
            svg_row(f, rows[i], TOP + (double)drawn++ * STEP);
    fprintf(f, "<text x=\"8\" y=\"%.0f\">the strokes are the goals; %s</text>\n</svg>\n",
            bottom + 20, BENCH_COMPILER);
    fclose(f);
}

/* ---- the whole --------------------------------------------------------------- */

static double load(void)
{
    double one = 0;
    return getloadavg(&one, 1) == 1 ? one : 0;
}

static double mean_head(void)
{
    double sum = 0;
    size_t i;
    for (i = 0; i < SESSION; i++)
        sum += (double)corpus_heads[i].len;
    return sum / SESSION;
}

/* For a profiler: each row of ours a few times, nothing measured. */
static int run_once(unsigned long times)
{
    size_t i;
    unsigned long k;
    for (i = 0; i < row_count; i++)
        for (k = 0; rows[i]->ours && k < times; k++)
            rows[i]->ours(rows[i]->with);
    return 0;
}

int main(int argc, char **argv)
{
    const char *directory = ".";
    double before = load(), seconds = 80, shot_ns = 3e6;
    unsigned long once = 0;
    int i;
    for (i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0)
            seconds = 8, shot_ns = 1e6;
        else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
            only = argv[++i];
        else if (strcmp(argv[i], "--once") == 0 && i + 1 < argc)
            once = strtoul(argv[++i], NULL, 10);
        else
            directory = argv[i];
    }
    corpus_make();
    rows_heads();
    rows_hpack();
    rows_websocket();
    rows_connections();
    if (once)
        return run_once(once);
    measure(seconds, shot_ns);
    print_table();
    printf("the %d request heads have %.0f octets on average\n", SESSION, mean_head());
    printf("load %.1f before, %.1f after; %s, %ld processors\n", before, load(), BENCH_COMPILER,
           sysconf(_SC_NPROCESSORS_ONLN));
    write_json(directory, before, load());
    write_svg(directory);
    return 0;
}
