/* gen_tables: prints the tables that are embedded in h2neg.h, as they stand there between the lines that
   say >gen NAME and <gen. `gen_tables huffman`, `static` or `class` prints one, no argument prints all.
   tests/gen_tables.sh compares. C99, nothing but the standard library. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* ---- numbers in rows of at most 100 columns ---- */

static int column;

static void open_table(const char *declaration)
{
    printf("static const %s = {\n", declaration);
    column = 0;
}

static void put(const char *item, int last)
{
    int width = (int)strlen(item) + (last ? 0 : 1);
    if (column && column + 1 + width > 100) {
        printf("\n");
        column = 0;
    }
    printf(column ? " %s%s" : "    %s%s", item, last ? "" : ",");
    column += width + (column ? 1 : 4);
}

static void put_number(unsigned long number, int last)
{
    char item[24];
    snprintf(item, sizeof item, "%lu", number);
    put(item, last);
}

static void close_table(void)
{
    printf("\n};\n");
}

/* ---- the Huffman code of RFC 7541 Appendix B ---- */

enum { EOS = 256, LOOK = 12, LONGEST = 30 };

/* Bits of each symbol's code. The code is canonical: codes of one length are consecutive numbers in the
   order of their symbols, and each length goes on where the shorter one ended. */
static const unsigned char code_bits[257] = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30,
    28, 28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5,
    5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6,
    6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
    22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23,
    24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22,
    23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27,
    26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21,
    22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27,
    27, 27, 27, 27, 26, 30
};

static uint32_t codes[257];
static uint32_t code_end[LONGEST + 1]; /* one past the last code of each length */

static void make_codes(void)
{
    uint32_t next = 0;
    unsigned bits, symbol;
    for (bits = 1; bits <= LONGEST; bits++) {
        next <<= 1;
        for (symbol = 0; symbol <= EOS; symbol++)
            if (code_bits[symbol] == bits)
                codes[symbol] = next++;
        code_end[bits] = next;
    }
}

/* The symbol whose whole code stands at the front of the top `have` bits of the LOOK-bit number, or -1. */
static int front_symbol(unsigned number, unsigned have)
{
    unsigned symbol;
    for (symbol = 0; symbol < EOS; symbol++) {
        unsigned bits = code_bits[symbol];
        if (bits <= have && number >> (LOOK - bits) == codes[symbol])
            return (int)symbol;
    }
    return -1;
}

static void print_encoding(void)
{
    unsigned symbol;
    char item[32];
    printf("/* For each octet its code from the top down, and the code's bits in the lowest 8. */\n");
    open_table("uint64_t h2neg__huffman_codes[256]");
    for (symbol = 0; symbol < EOS; symbol++) {
        snprintf(item, sizeof item, "0x%08lx%08lx",
                 (unsigned long)((uint64_t)codes[symbol] << (64 - code_bits[symbol]) >> 32),
                 (unsigned long)code_bits[symbol]);
        put(item, symbol == EOS - 1);
    }
    close_table();
}

/* What the next LOOK bits hold: how many whole symbols (0 to 2), in how many bits, and which. */
static void print_decoding(void)
{
    static unsigned step[1 << LOOK], pair[1 << LOOK];
    unsigned i, mask = (1u << LOOK) - 1;
    for (i = 0; i <= mask; i++) {
        int one = front_symbol(i, LOOK), two;
        unsigned bits;
        if (one < 0)
            continue;
        bits = code_bits[one];
        two = front_symbol(i << bits & mask, LOOK - bits);
        pair[i] = (unsigned)one | (two < 0 ? 0 : (unsigned)two << 8);
        step[i] = two < 0 ? bits | 1 << 6 : (bits + code_bits[two]) | 2 << 6;
    }
    printf("\n/* For the next 12 bits: the bits that whole symbols take, and 64 times the symbols' count (0 to\n"
           "   2; 0: the code is longer). */\n");
    open_table("unsigned char h2neg__huffman_step[4096]");
    for (i = 0; i <= mask; i++)
        put_number(step[i], i == mask);
    close_table();
    printf("\n/* For the same 12 bits: the first symbol, and 256 times the second. */\n");
    open_table("uint16_t h2neg__huffman_pair[4096]");
    for (i = 0; i <= mask; i++)
        put_number(pair[i], i == mask);
    close_table();
}

/* Codes longer than LOOK bits, canonically: where each length ends, and the symbols in the codes' order. */
static void print_long(void)
{
    unsigned bits, symbol, count = 0, shown = 0;
    char item[32];
    for (symbol = 0; symbol < EOS; symbol++)
        count += code_bits[symbol] > LOOK;
    printf("\n/* Codes of 13 to 30 bits. In 32 bits: one past the last code of 12, 13, ... 30 bits, EOS left out;\n"
           "   for 13 to 30 the place of the length's first symbol below; the symbols in their codes' order. */\n");
    open_table("uint32_t h2neg__huffman_end[19]");
    for (bits = LOOK; bits <= LONGEST; bits++) {
        uint32_t end = code_end[bits] - (bits == LONGEST);
        snprintf(item, sizeof item, "0x%lx", (unsigned long)end << (32 - bits));
        put(item, bits == LONGEST);
    }
    close_table();
    open_table("unsigned char h2neg__huffman_base[18]");
    for (bits = LOOK + 1; bits <= LONGEST; bits++) {
        put_number(shown, bits == LONGEST);
        for (symbol = 0; symbol < EOS; symbol++)
            shown += code_bits[symbol] == bits;
    }
    close_table();
    snprintf(item, sizeof item, "[%u]", count);
    printf("static const unsigned char h2neg__huffman_long%s = {\n", item);
    column = 0;
    for (bits = LOOK + 1; bits <= LONGEST; bits++)
        for (symbol = 0; symbol < EOS; symbol++)
            if (code_bits[symbol] == bits)
                put_number(symbol, --count == 0);
    close_table();
}

static void print_huffman(void)
{
    make_codes();
    print_encoding();
    print_decoding();
    print_long();
}

/* ---- the static table of RFC 7541 Appendix A ---- */

static const char *const entries[61][2] = {
    {":authority", ""},
    {":method", "GET"},
    {":method", "POST"},
    {":path", "/"},
    {":path", "/index.html"},
    {":scheme", "http"},
    {":scheme", "https"},
    {":status", "200"},
    {":status", "204"},
    {":status", "206"},
    {":status", "304"},
    {":status", "400"},
    {":status", "404"},
    {":status", "500"},
    {"accept-charset", ""},
    {"accept-encoding", "gzip, deflate"},
    {"accept-language", ""},
    {"accept-ranges", ""},
    {"accept", ""},
    {"access-control-allow-origin", ""},
    {"age", ""},
    {"allow", ""},
    {"authorization", ""},
    {"cache-control", ""},
    {"content-disposition", ""},
    {"content-encoding", ""},
    {"content-language", ""},
    {"content-length", ""},
    {"content-location", ""},
    {"content-range", ""},
    {"content-type", ""},
    {"cookie", ""},
    {"date", ""},
    {"etag", ""},
    {"expect", ""},
    {"expires", ""},
    {"from", ""},
    {"host", ""},
    {"if-match", ""},
    {"if-modified-since", ""},
    {"if-none-match", ""},
    {"if-range", ""},
    {"if-unmodified-since", ""},
    {"last-modified", ""},
    {"link", ""},
    {"location", ""},
    {"max-forwards", ""},
    {"proxy-authenticate", ""},
    {"proxy-authorization", ""},
    {"range", ""},
    {"referer", ""},
    {"refresh", ""},
    {"retry-after", ""},
    {"server", ""},
    {"set-cookie", ""},
    {"strict-transport-security", ""},
    {"transfer-encoding", ""},
    {"user-agent", ""},
    {"vary", ""},
    {"via", ""},
    {"www-authenticate", ""}
};

/* The place in the table, as h2neg__hpack_hash and h2neg__hpack_static_find compute it. */
static uint64_t eight(const char *p, size_t len)
{
    uint64_t number = 0;
    size_t i;
    for (i = 0; i < 8; i++)
        number = number << 8 | ((i < len ? (unsigned char)p[i] : 0u) & 0xdf);
    return number;
}

static unsigned slot_of(const char *name)
{
    const uint64_t prime = (uint64_t)0x9e3779b9 << 32 | 0x7f4a7c15;
    size_t len = strlen(name);
    uint64_t hash = eight(name, len);
    if (len >= 8)
        hash = hash * prime ^ eight(name + len - 8, 8);
    return (unsigned)((hash ^ len) * prime >> 32) & 127;
}

static void print_static_text(void)
{
    char item[160];
    unsigned i;
    printf("/* Names and values, one behind the other. */\n");
    printf("static const char h2neg__hpack_static_text[] =\n");
    column = 0;
    for (i = 0; i < 61; i++) {
        int width = snprintf(item, sizeof item, "\"%s%s\"", entries[i][0], entries[i][1]);
        if (column && column + 1 + width > 99) {
            printf("\n");
            column = 0;
        }
        printf(column ? " %s" : "    %s", item);
        column += width + (column ? 1 : 4);
    }
    printf(";\n");
}

static void print_static(void)
{
    unsigned slots[128] = {0}, i, at = 0;
    char item[48];
    print_static_text();
    printf("\n");
    open_table("h2neg__hpack_static_entry h2neg__hpack_statics[61]");
    for (i = 0; i < 61; i++) {
        unsigned name = (unsigned)strlen(entries[i][0]), value = (unsigned)strlen(entries[i][1]);
        unsigned last = i;
        while (last < 60 && strcmp(entries[last + 1][0], entries[i][0]) == 0)
            last++;
        snprintf(item, sizeof item, "{%u, %u, %u, %u}", at, name, value, last + 1);
        put(item, i == 60);
        at += name + value;
    }
    close_table();
    for (i = 0; i < 61; i++) {
        unsigned slot = slot_of(entries[i][0]);
        if (i && strcmp(entries[i][0], entries[i - 1][0]) == 0)
            continue;
        while (slots[slot])
            slot = (slot + 1) & 127;
        slots[slot] = i + 1;
    }
    printf("\n/* The first index that has a name, by the name's hash, or the next slot. 0: none. */\n");
    open_table("unsigned char h2neg__hpack_static_slots[128]");
    for (i = 0; i < 128; i++)
        put_number(slots[i], i == 127);
    close_table();
}

/* ---- the classes of octets (>>chars) ---- */

static int is_one_of(int c, const char *set)
{
    return c != 0 && strchr(set, c) != NULL;
}

static unsigned class_of(int c)
{
    int digit = c >= '0' && c <= '9', upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
    int alpha = upper || lower;
    int hex = digit || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
    int token = alpha || digit || is_one_of(c, "!#$%&'*+-.^_`|~");           /* RFC 9110 5.6.2 */
    int visible = (c > 0x20 && c < 0x7f) || c >= 0x80;                       /* VCHAR, obs-text */
    int host = alpha || digit || is_one_of(c, "-._~") || is_one_of(c, "!$&'()*+,;=") || c == '%';
    return (token ? 1u : 0) | (visible || c == ' ' || c == '\t' ? 2u : 0) | (visible ? 4u : 0) |
           (digit ? 8u : 0) | (hex ? 16u : 0) | (host ? 32u : 0) | (alpha ? 64u : 0) |
           (token && !upper ? 128u : 0);
}

static void print_class(void)
{
    int c;
    open_table("unsigned char h2neg__class[256]");
    for (c = 0; c < 256; c++)
        printf("%s%u%s", c % 16 ? " " : "    ", class_of(c), c == 255 ? "" : c % 16 == 15 ? ",\n" : ",");
    close_table();
}

int main(int argc, char **argv)
{
    const char *which = argc > 1 ? argv[1] : "";
    int known = 0;
    if (!*which || strcmp(which, "class") == 0)
        print_class(), known = 1;
    if (!*which || strcmp(which, "huffman") == 0)
        print_huffman(), known = 1;
    if (!*which || strcmp(which, "static") == 0)
        print_static(), known = 1;
    if (!known)
        fprintf(stderr, "usage: gen_tables [class | huffman | static]\n");
    return known ? 0 : 2;
}
