/* fuzz.c: every fuzz target in one program; the environment variable FUZZ names the one to run.
   With libFuzzer (clang -fsanitize=fuzzer -DFUZZ_LIBFUZZER) or AFL++ (afl-clang-fast) it searches;
   else it replays. fuzz.sh builds and runs it; README.md beside this tells how to add to it. */
extern int fuzz_simd;
int fuzz_simd = 2; /* the widest instructions that this machine has; 0 and 1: fewer */
#define H2NEG__SIMD_HOOK fuzz_simd
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "../check.h"
#include "../conn.h"
#include "base.h"
#include "h1.h"
#include "ws.h"
#include "hpack.h"
#include "h2.h"
#include "tls.h"
#include "conns.h"
#include "calls.h"
#include "pairs.h"
#include "write.h"
#include "trace.h"
#include "mutate.h"
#include "differ.h"

typedef struct target {
    const char *name;
    void (*run)(const unsigned char *data, size_t size);
    int shape;
    size_t head; /* octets that choose */
    size_t most; /* longest input that is searched for */
} target;

static const target targets[] = {
    {"h1_head", fuzz_h1_head, SHAPE_LINES, 2, 1500},
    {"chunked", fuzz_chunked, SHAPE_LINES, 2, 1000},
    {"h1_write", fuzz_h1_write, SHAPE_LINES, 6, 1000},
    {"upgrade", fuzz_upgrade, SHAPE_LINES, 1, 1000},
    {"url", fuzz_url, SHAPE_OCTETS, 0, 200},
    {"ws_handshake", fuzz_ws_handshake, SHAPE_LINES, 4, 1000},
    {"ws_frame", fuzz_ws_frame, SHAPE_OCTETS, 6, 400},
    {"hpack_decode", fuzz_hpack_decode, SHAPE_BLOCKS, 2, 1500},
    {"hpack_round", fuzz_hpack_round, SHAPE_LINES, 3, 1500},
    {"h2_frame", fuzz_h2_frame, SHAPE_FRAMES, 1, 1000},
    {"h2_fields", fuzz_h2_fields, SHAPE_LINES, 1, 1000},
    {"alpn", fuzz_alpn, SHAPE_OCTETS, 1, 400},
    {"client_hello", fuzz_client_hello, SHAPE_OCTETS, 1, 1000},
    {"proxy", fuzz_proxy, SHAPE_OCTETS, 0, 400},
    {"detect", fuzz_detect, SHAPE_OCTETS, 0, 64},
    {"conn_h1", fuzz_conn_h1, SHAPE_HTTP, CONN_HEAD, 1500},
    {"conn_h1_client", fuzz_conn_h1_client, SHAPE_HTTP, CONN_HEAD, 1500},
    {"conn_h2", fuzz_conn_h2, SHAPE_FRAMES, CONN_HEAD, 2000},
    {"conn_h2_client", fuzz_conn_h2_client, SHAPE_FRAMES, CONN_HEAD, 2000},
    {"conn_alpn", fuzz_conn_alpn, SHAPE_FRAMES, CONN_HEAD, 2000},
    {"conn_alpn_client", fuzz_conn_alpn_client, SHAPE_FRAMES, CONN_HEAD, 2000},
    {"conn_h2c", fuzz_conn_h2c, SHAPE_FRAMES, CONN_HEAD, 2000},
    {"conn_h2c_client", fuzz_conn_h2c_client, SHAPE_FRAMES, CONN_HEAD, 2000},
    {"conn_ws", fuzz_conn_ws, SHAPE_WS, CONN_HEAD, 1500},
    {"conn_ws_client", fuzz_conn_ws_client, SHAPE_WS_UNMASKED, CONN_HEAD, 1500},
    {"conn_ws_h2", fuzz_conn_ws_h2, SHAPE_WS, CONN_HEAD, 1500},
    {"conn_ws_h2_client", fuzz_conn_ws_h2_client, SHAPE_WS_UNMASKED, CONN_HEAD, 1500},
    {"calls", fuzz_calls, SHAPE_OCTETS, 9, 1500},
    {"pair", fuzz_pair, SHAPE_OCTETS, 6, 300},
    {"writers", fuzz_writers, SHAPE_OCTETS, 0, 400},
    {"config", fuzz_config, SHAPE_OCTETS, 6, 300},
    {"trace", fuzz_trace, SHAPE_FRAMES, TRACE_HEAD, 1500},
#ifdef FUZZ_PICO
    {"differ_h1", differ_h1, SHAPE_LINES, 1, 1000},
    {"differ_chunked", differ_chunked, SHAPE_LINES, 0, 600},
#endif
#ifdef FUZZ_NGHTTP2
    {"differ_hpack", differ_hpack, SHAPE_BLOCKS, 2, 1000},
    {"differ_frames", differ_frames, SHAPE_FRAMES, 0, 600},
#endif
#ifdef FUZZ_WSLAY
    {"differ_ws", differ_ws, SHAPE_WS, 1, 600},
#endif
};
enum { TARGETS = sizeof targets / sizeof targets[0] };

static const target *target_find(const char *name)
{
    size_t i;
    for (i = 0; name && i < TARGETS; i++)
        if (strcmp(targets[i].name, name) == 0)
            return &targets[i];
    fprintf(stderr, "FUZZ in the environment is to be one of:");
    for (i = 0; i < TARGETS; i++)
        fprintf(stderr, " %s", targets[i].name);
    fprintf(stderr, "\n");
    exit(2);
}

static const target *chosen;

#ifdef FUZZ_LIBFUZZER

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    chosen = target_find(getenv("FUZZ"));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    chosen->run(data, size);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    return mutate(data, size, most, seed, chosen->shape, chosen->head, LLVMFuzzerMutate);
}

#else

#include "seeds.h"

/* ---- files --------------------------------------------------------------- */

static size_t read_file(const char *name, pile *b)
{
    char run[4096];
    size_t n;
    FILE *f = fopen(name, "rb");
    if (!f) {
        perror(name);
        exit(2);
    }
    b->len = 0;
    while ((n = fread(run, 1, sizeof run, f)) > 0)
        pile_add(b, run, n);
    fclose(f);
    return b->len;
}

static void write_file(const char *name, const void *p, size_t n)
{
    FILE *f = fopen(name, "wb");
    if (!f || fwrite(p, 1, n, f) != n || fclose(f) != 0) {
        perror(name);
        exit(2);
    }
}

/* A pack is inputs one behind the other, each behind three octets of length. The next one's size.
 */
static size_t pack_next(const pile *b, size_t at)
{
    const unsigned char *p = (const unsigned char *)b->p + at;
    size_t n = b->len - at < 3 ? b->len : (size_t)p[0] << 16 | (size_t)p[1] << 8 | p[2];
    if (b->len - at < 3 || n > b->len - at - 3) {
        fprintf(stderr, "the pack is cut\n");
        exit(2);
    }
    return n;
}

/* Runs every input of a pack, from memory of its exact size. */
static int replay(const char *name)
{
    pile b = {0, 0, 0};
    size_t at = 0, n = 0;
    read_file(name, &b);
    while (at < b.len) {
        size_t size = pack_next(&b, at);
        char *p = tight(b.p + at + 3, size);
        if (getenv("FUZZ_LAST"))
            write_file(getenv("FUZZ_LAST"), p, size);
        chosen->run((const unsigned char *)p, size);
        free(p);
        at += 3 + size;
        n++;
    }
    pile_free(&b);
    printf("%zu inputs\n", n);
    return n == 0;
}

static int pack(const char *name, char **files, int count)
{
    pile b = {0, 0, 0}, all = {0, 0, 0};
    int i;
    for (i = 0; i < count; i++) {
        unsigned char size[3];
        read_file(files[i], &b);
        size[0] = (unsigned char)(b.len >> 16 & 255);
        size[1] = (unsigned char)(b.len >> 8 & 255);
        size[2] = (unsigned char)(b.len & 255);
        pile_add(&all, size, 3);
        pile_add(&all, b.p, b.len);
    }
    write_file(name, all.p, all.len);
    pile_free(&b);
    pile_free(&all);
    return 0;
}

static int unpack(const char *name, const char *folder)
{
    pile b = {0, 0, 0};
    size_t at = 0, n = 0;
    read_file(name, &b);
    while (at < b.len) {
        size_t size = pack_next(&b, at);
        char file[512];
        snprintf(file, sizeof file, "%s/%05zu", folder, n++);
        write_file(file, b.p + at + 3, size);
        at += 3 + size;
    }
    pile_free(&b);
    return 0;
}

static int seeds(const char *folder)
{
    size_t n = 0;
    buf b = {0, 0, 0};
    for (n = 0; seed_make(chosen->name, chosen->shape, chosen->head, n, &b); n++) {
        char file[512];
        snprintf(file, sizeof file, "%s/seed%03zu", folder, n);
        write_file(file, b.p, b.len);
        b.len = 0;
    }
    buf_free(&b);
    return 0;
}

/* Without libFuzzer: so many mutations of the seeds, blindly. */
static dice blind_dice;
static size_t blind_octets(unsigned char *p, size_t size, size_t most)
{
    unsigned n = 1 + dice_below(&blind_dice, 3);
    while (n--) {
        unsigned op = dice_below(&blind_dice, 4);
        size_t at = size ? dice_below(&blind_dice, (unsigned)size) : 0;
        if (op == 0 && size < most) {
            memmove(p + at + 1, p + at, size - at);
            p[at] = (unsigned char)dice_below(&blind_dice, 256);
            size++;
        } else if (op == 1 && size) {
            memmove(p + at, p + at + 1, size - at - 1);
            size--;
        } else if (size) {
            p[at] = (unsigned char)(op == 2 ? p[at] ^ 1u << dice_below(&blind_dice, 8)
                                            : dice_below(&blind_dice, 256));
        }
    }
    return size;
}

static int blind(long count, unsigned first)
{
    static unsigned char room[8192];
    buf b = {0, 0, 0};
    long i;
    size_t n = 0, size;
    blind_dice.state = first;
    for (i = 0; i < count; i++) {
        unsigned rounds = 1 + dice_below(&blind_dice, 6);
        char *p;
        b.len = 0;
        if (!seed_make(chosen->name, chosen->shape, chosen->head, n++, &b)) {
            n = 0;
            seed_make(chosen->name, chosen->shape, chosen->head, n++, &b);
        }
        size = b.len < sizeof room ? b.len : sizeof room;
        memcpy(room, b.p, size);
        while (rounds--)
            size = mutate(room, size, chosen->most < sizeof room ? chosen->most : sizeof room,
                          dice_below(&blind_dice, 1u << 30), chosen->shape, chosen->head,
                          blind_octets);
        p = tight(room, size);
        if (getenv("FUZZ_LAST"))
            write_file(getenv("FUZZ_LAST"), p, size);
        chosen->run((const unsigned char *)p, size);
        free(p);
    }
    buf_free(&b);
    return 0;
}

static int list_names(void)
{
    size_t i;
    for (i = 0; i < TARGETS; i++)
        printf("%s %zu\n", targets[i].name, targets[i].most);
    return 0;
}

#ifdef __AFL_FUZZ_TESTCASE_LEN
__AFL_FUZZ_INIT()
static int search(void)
{
    const unsigned char *data;
    __AFL_INIT();
    data = __AFL_FUZZ_TESTCASE_BUF;
    while (__AFL_LOOP(10000)) {
        int n = __AFL_FUZZ_TESTCASE_LEN;
        char *p = tight(data, (size_t)n);
        chosen->run((const unsigned char *)p, (size_t)n);
        free(p);
    }
    return 0;
}
#endif

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    pile b = {0, 0, 0};
    int i;
    if (!strcmp(what, "list"))
        return list_names();
    if (!strcmp(what, "pack") && argc > 3)
        return pack(argv[2], argv + 3, argc - 3);
    if (!strcmp(what, "unpack") && argc == 4)
        return unpack(argv[2], argv[3]);
    chosen = target_find(getenv("FUZZ"));
    if (!strcmp(what, "replay") && argc == 3)
        return replay(argv[2]);
    if (!strcmp(what, "seeds") && argc == 3)
        return seeds(argv[2]);
    if (!strcmp(what, "blind") && argc == 4)
        return blind(atol(argv[2]), (unsigned)atoi(argv[3]));
#ifdef __AFL_FUZZ_TESTCASE_LEN
    if (argc == 1)
        return search();
#endif
    for (i = 1; i < argc; i++) { /* files, one input each */
        char *p;
        if (getenv("FUZZ_VERBOSE"))
            fprintf(stderr, "%s\n", argv[i]);
        read_file(argv[i], &b);
        p = tight(b.p, b.len);
        chosen->run((const unsigned char *)p, b.len);
        free(p);
    }
    pile_free(&b);
    return 0;
}

#endif
