/* HPACK (RFC 7541): the decoder, the encoder, and both in step. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"

enum { FIELDS = 400, TEXT = 20000 };

/* A decoder with memory of its own that grows as it asks, and what the last block came to. */
typedef struct peer {
    h2neg_hpack_decoder d;
    h2neg_hpack_list list;
    h2neg_field fields[FIELDS];
    char text[TEXT];
    void *memory;
    size_t memory_size;
    int moves;
} peer;

static void peer_init(peer *p, size_t memory, uint32_t limit)
{
    memset(p, 0, sizeof *p);
    p->memory = memory ? malloc(memory) : NULL;
    p->memory_size = memory;
    h2neg_hpack_decoder_init(&p->d, p->memory, memory, limit);
}

static void peer_move(peer *p, size_t size)
{
    void *memory = size ? malloc(size) : NULL;
    h2neg_hpack_decoder_move(&p->d, memory, size);
    free(p->memory);
    p->memory = memory;
    p->memory_size = size;
    p->moves++;
}

static void peer_end(peer *p)
{
    free(p->memory);
}

static void peer_block(peer *p)
{
    memset(&p->list, 0, sizeof p->list);
    p->list.fields = p->fields;
    p->list.room = FIELDS;
    p->list.text = p->text;
    p->list.text_room = TEXT;
}

/* One fragment, with more memory whenever it is wanted. 0 or the error. */
static int peer_fragment(peer *p, const unsigned char *in, size_t len, int end)
{
    size_t at = 0;
    unsigned char *tight = check_tight(in, len);
    for (;;) {
        ptrdiff_t n = h2neg_hpack_decode(&p->d, &p->list, tight + at, len - at, end);
        if (n < 0) {
            free(tight);
            return (int)n;
        }
        at += (size_t)n;
        if (!p->d.wants)
            break;
        CHECK(p->d.wants > p->memory_size);
        peer_move(p, p->d.wants);
    }
    CHECK_INT(at, len);
    free(tight);
    return 0;
}

/* A block in pieces of `piece` octets; 0: whole. */
static int peer_decode(peer *p, const unsigned char *in, size_t len, size_t piece)
{
    size_t at = 0;
    peer_block(p);
    while (piece && len - at > piece) {
        int rc = peer_fragment(p, in + at, piece, 0);
        if (rc)
            return rc;
        at += piece;
    }
    return peer_fragment(p, in + at, len - at, 1);
}

static int peer_hex(peer *p, const char *hex, size_t piece)
{
    unsigned char in[4096];
    size_t n = check_hex(in, hex);
    return peer_decode(p, in, n, piece);
}

/* "name: value\n" for each. */
static void print_fields(char *out, const h2neg_field *fields, size_t count)
{
    size_t i;
    *out = 0;
    for (i = 0; i < count; i++)
        out += sprintf(out, "%.*s: %.*s\n", (int)fields[i].name.len, fields[i].name.ptr,
                       (int)fields[i].value.len, fields[i].value.ptr);
}

static void print_table(char *out, const h2neg_hpack_table *t)
{
    uint32_t age;
    *out = 0;
    for (age = 1; age <= t->count; age++) {
        h2neg_str name, value;
        h2neg__hpack_dynamic(t, age, &name, &value);
        out += sprintf(out, "%.*s: %.*s\n", (int)name.len, name.ptr, (int)value.len, value.ptr);
    }
}

static int same_tables(const h2neg_hpack_table *a, const h2neg_hpack_table *b)
{
    uint32_t age;
    if (a->count != b->count || a->size != b->size || a->max != b->max)
        return 0;
    for (age = 1; age <= a->count; age++) {
        h2neg_str an, av, bn, bv;
        h2neg__hpack_dynamic(a, age, &an, &av);
        h2neg__hpack_dynamic(b, age, &bn, &bv);
        if (!h2neg__same(an, bn) || !h2neg__same(av, bv))
            return 0;
    }
    return 1;
}

static h2neg_field field(const char *name, const char *value)
{
    h2neg_field f;
    f.name = h2neg__str(name, strlen(name));
    f.value = h2neg__str(value, strlen(value));
    f.flags = 0;
    return f;
}

/* RFC 7541 C.2 to C.6. `fresh`: a new connection; a table of `limit`. */
typedef struct vector {
    const char *section;
    uint32_t limit;
    int fresh;
    const char *hex, *list, *table;
    uint32_t size;
} vector;

static const vector vectors[] = {
    {"C.2.1", 4096, 1,
     "400a637573746f6d2d6b65790d637573746f6d2d686561646572",
     "custom-key: custom-header\n",
     "custom-key: custom-header\n", 55},
    {"C.2.2", 4096, 1,
     "040c2f73616d706c652f70617468",
     ":path: /sample/path\n",
     "", 0},
    {"C.2.3", 4096, 1,
     "100870617373776f726406736563726574",
     "password: secret\n",
     "", 0},
    {"C.2.4", 4096, 1,
     "82",
     ":method: GET\n",
     "", 0},
    {"C.3.1", 4096, 1,
     "828684410f7777772e6578616d706c652e636f6d",
     ":method: GET\n"
     ":scheme: http\n"
     ":path: /\n"
     ":authority: www.example.com\n",
     ":authority: www.example.com\n", 57},
    {"C.3.2", 4096, 0,
     "828684be58086e6f2d6361636865",
     ":method: GET\n"
     ":scheme: http\n"
     ":path: /\n"
     ":authority: www.example.com\n"
     "cache-control: no-cache\n",
     "cache-control: no-cache\n"
     ":authority: www.example.com\n", 110},
    {"C.3.3", 4096, 0,
     "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
     ":method: GET\n"
     ":scheme: https\n"
     ":path: /index.html\n"
     ":authority: www.example.com\n"
     "custom-key: custom-value\n",
     "custom-key: custom-value\n"
     "cache-control: no-cache\n"
     ":authority: www.example.com\n", 164},
    {"C.4.1", 4096, 1,
     "828684418cf1e3c2e5f23a6ba0ab90f4ff",
     ":method: GET\n"
     ":scheme: http\n"
     ":path: /\n"
     ":authority: www.example.com\n",
     ":authority: www.example.com\n", 57},
    {"C.4.2", 4096, 0,
     "828684be5886a8eb10649cbf",
     ":method: GET\n"
     ":scheme: http\n"
     ":path: /\n"
     ":authority: www.example.com\n"
     "cache-control: no-cache\n",
     "cache-control: no-cache\n"
     ":authority: www.example.com\n", 110},
    {"C.4.3", 4096, 0,
     "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
     ":method: GET\n"
     ":scheme: https\n"
     ":path: /index.html\n"
     ":authority: www.example.com\n"
     "custom-key: custom-value\n",
     "custom-key: custom-value\n"
     "cache-control: no-cache\n"
     ":authority: www.example.com\n", 164},
    {"C.5.1", 256, 1,
     "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d"
     "546e1768747470733a2f2f7777772e6578616d706c652e636f6d",
     ":status: 302\n"
     "cache-control: private\n"
     "date: Mon, 21 Oct 2013 20:13:21 GMT\n"
     "location: https://www.example.com\n",
     "location: https://www.example.com\n"
     "date: Mon, 21 Oct 2013 20:13:21 GMT\n"
     "cache-control: private\n"
     ":status: 302\n", 222},
    {"C.5.2", 256, 0,
     "4803333037c1c0bf",
     ":status: 307\n"
     "cache-control: private\n"
     "date: Mon, 21 Oct 2013 20:13:21 GMT\n"
     "location: https://www.example.com\n",
     ":status: 307\n"
     "location: https://www.example.com\n"
     "date: Mon, 21 Oct 2013 20:13:21 GMT\n"
     "cache-control: private\n", 222},
    {"C.5.3", 256, 0,
     "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f"
     "6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b"
     "2076657273696f6e3d31",
     ":status: 200\n"
     "cache-control: private\n"
     "date: Mon, 21 Oct 2013 20:13:22 GMT\n"
     "location: https://www.example.com\n"
     "content-encoding: gzip\n"
     "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n",
     "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n"
     "content-encoding: gzip\n"
     "date: Mon, 21 Oct 2013 20:13:22 GMT\n", 215},
    {"C.6.1", 256, 1,
     "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c7"
     "8f0b97c8e9ae82ae43d3",
     ":status: 302\n"
     "cache-control: private\n"
     "date: Mon, 21 Oct 2013 20:13:21 GMT\n"
     "location: https://www.example.com\n",
     "location: https://www.example.com\n"
     "date: Mon, 21 Oct 2013 20:13:21 GMT\n"
     "cache-control: private\n"
     ":status: 302\n", 222},
    {"C.6.2", 256, 0,
     "4883640effc1c0bf",
     ":status: 307\n"
     "cache-control: private\n"
     "date: Mon, 21 Oct 2013 20:13:21 GMT\n"
     "location: https://www.example.com\n",
     ":status: 307\n"
     "location: https://www.example.com\n"
     "date: Mon, 21 Oct 2013 20:13:21 GMT\n"
     "cache-control: private\n", 222},
    {"C.6.3", 256, 0,
     "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335"
     "dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
     ":status: 200\n"
     "cache-control: private\n"
     "date: Mon, 21 Oct 2013 20:13:22 GMT\n"
     "location: https://www.example.com\n"
     "content-encoding: gzip\n"
     "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n",
     "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n"
     "content-encoding: gzip\n"
     "date: Mon, 21 Oct 2013 20:13:22 GMT\n", 215}
};
enum { VECTORS = sizeof vectors / sizeof vectors[0] };

static void check_vector(peer *p, const vector *v, size_t piece)
{
    char text[2048];
    CHECK_INT(peer_hex(p, v->hex, piece), 0);
    print_fields(text, p->list.fields, p->list.count);
    CHECK_OCTETS(text, strlen(text), v->list, strlen(v->list));
    print_table(text, &p->d.table);
    CHECK_OCTETS(text, strlen(text), v->table, strlen(v->table));
    CHECK_INT(p->d.table.size, v->size);
    CHECK_INT(p->list.total, p->list.count);
    CHECK_INT(p->list.over, 0);
}

static void test_examples(void) /* in every regular split */
{
    size_t i, piece;
    for (piece = 0; piece < 40; piece++) {
        peer p;
        memset(&p, 0, sizeof p);
        for (i = 0; i < VECTORS; i++) {
            if (vectors[i].fresh) {
                peer_end(&p);
                peer_init(&p, piece % 2 ? 0 : h2neg_hpack_memory(vectors[i].limit), vectors[i].limit);
            }
            check_vector(&p, &vectors[i], piece);
        }
        peer_end(&p);
    }
}

static void test_examples_cut_in_two(void)
{
    size_t i, cut;
    for (i = 0; i < VECTORS; i++) {
        unsigned char in[512];
        size_t n = check_hex(in, vectors[i].hex);
        if (!vectors[i].fresh)
            continue;
        for (cut = 0; cut <= n; cut++) {
            peer p;
            char text[2048];
            peer_init(&p, 0, vectors[i].limit);
            peer_block(&p);
            CHECK_INT(peer_fragment(&p, in, cut, 0), 0);
            CHECK_INT(peer_fragment(&p, in + cut, n - cut, 1), 0);
            print_fields(text, p.list.fields, p.list.count);
            CHECK_OCTETS(text, strlen(text), vectors[i].list, strlen(vectors[i].list));
            peer_end(&p);
        }
    }
}

static void test_never_index_flag(void) /* C.2.3 and 6.2.3 */
{
    peer p;
    peer_init(&p, 0, 4096);
    CHECK_INT(peer_hex(&p, "10 08 70617373776f7264 06 736563726574 04 01 2f 84 41 01 61", 0), 0);
    CHECK_INT(p.list.count, 4);
    CHECK_INT(p.fields[0].flags, H2NEG_NEVER_INDEX);
    CHECK_INT(p.fields[1].flags, 0);
    CHECK_INT(p.fields[2].flags, 0);
    CHECK_INT(p.fields[3].flags, 0);
    peer_end(&p);
}

static void test_static_table(void) /* every index by reference; all names are found again */
{
    unsigned i;
    peer p;
    peer_init(&p, 0, 4096);
    for (i = 1; i <= 61; i++) {
        unsigned char in = (unsigned char)(0x80 | i);
        h2neg_str name, value;
        unsigned first;
        CHECK_INT(peer_decode(&p, &in, 1, 0), 0);
        h2neg__hpack_static(i, &name, &value);
        CHECK(p.list.count == 1 && h2neg__same(p.fields[0].name, name));
        CHECK(h2neg__same(p.fields[0].value, value));
        first = h2neg__hpack_static_find(h2neg__hpack_hash(name), name);
        CHECK(first && first <= i);
        CHECK_INT(h2neg__hpack_static_exact(first, value), i);
    }
    peer_end(&p);
}

static void test_static_rows(void) /* Appendix A, read off the RFC */
{
    static const struct {
        unsigned index;
        const char *name, *value;
    } rows[] = {{1, ":authority", ""},      {2, ":method", "GET"},    {5, ":path", "/index.html"},
                {7, ":scheme", "https"},    {8, ":status", "200"},    {14, ":status", "500"},
                {16, "accept-encoding", "gzip, deflate"},             {23, "authorization", ""},
                {28, "content-length", ""}, {32, "cookie", ""},       {34, "etag", ""},
                {49, "proxy-authorization", ""},                      {55, "set-cookie", ""},
                {61, "www-authenticate", ""}};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        h2neg_str name, value;
        h2neg__hpack_static(rows[i].index, &name, &value);
        CHECK_TEXT(name, rows[i].name);
        CHECK_TEXT(value, rows[i].value);
    }
    CHECK_INT(H2NEG__HPACK_STATICS, 61);
}

/* ---- integers (5.1) ---- */

static void test_integers_written(void)
{
    static const struct {
        uint64_t value;
        unsigned bits;
        const char *hex;
    } rows[] = {{10, 5, "0a"}, {1337, 5, "1f9a0a"}, {42, 8, "2a"}, /* C.1 */
                {30, 5, "1e"}, {31, 5, "1f00"}, {158, 5, "1f7f"}, {159, 5, "1f8001"},
                {UINT32_MAX, 8, "ff80feffff0f"}};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned char out[16], wanted[16];
        size_t n = check_hex(wanted, rows[i].hex);
        unsigned char *end = h2neg__hpack_put_number(out, 0, rows[i].bits, rows[i].value);
        CHECK_OCTETS(out, (size_t)(end - out), wanted, n);
    }
}

/* An integer as a size update, an index or a length gives it; what it is used for must accept it. */
static void test_integers_read(void) /* all of up to 3 octets, at every prefix that HPACK has */
{
    static const unsigned prefixes[] = {4, 5, 6, 7};
    size_t k;
    for (k = 0; k < 4; k++) {
        unsigned bits = prefixes[k], full = (1u << bits) - 1, value;
        for (value = 0; value < full + 128 + 16384; value += value < 700 ? 1 : 61) {
            unsigned char in[8];
            h2neg_hpack_decoder d;
            h2neg_hpack_list list;
            ptrdiff_t rc;
            size_t piece, n;
            for (piece = 0; piece < 2; piece++) {
                n = (size_t)(h2neg__hpack_put_number(in, 0, bits, value) - in);
                memset(&list, 0, sizeof list);
                h2neg_hpack_decoder_init(&d, NULL, 0, 0);
                d.state = H2NEG__HPACK_VALUE_LENGTH; /* then the number is stored as a length */
                d.kind = H2NEG__HPACK_STRING;
                rc = h2neg__hpack_prefix(&d, &list, in[0], bits, H2NEG__HPACK_STRING);
                CHECK_INT(rc, H2NEG__HPACK_GO);
                if (n > 1 && piece == 0) {
                    rc = h2neg_hpack_decode(&d, &list, in + 1, n - 1, 0);
                } else if (n > 1) {
                    size_t i;
                    for (i = 1; i < n; i++)
                        rc = h2neg_hpack_decode(&d, &list, in + i, 1, 0);
                }
                CHECK(rc >= 0);
                CHECK_INT(d.left, value);
            }
        }
    }
}

static void test_integer_limits(void) /* 5 octets behind the prefix, 2^32-1 */
{
    static const struct {
        const char *hex;
        int rc;
    } rows[] = {
        {"7f 80 80 80 80 00", H2NEG_ERR_HPACK_INDEX},     /* 63: a correct number, of no entry */
        {"7f 80 80 80 80 80 00", H2NEG_ERR_HPACK_INTEGER}, /* six octets */
        {"7f 80 80 80 80 80", H2NEG_ERR_HPACK_INTEGER},    /* known at the fifth */
        {"7f c0 ff ff ff 0f", H2NEG_ERR_HPACK_INDEX},     /* 2^32-1 */
        {"7f c1 ff ff ff 0f", H2NEG_ERR_HPACK_INTEGER},   /* 2^32 */
        {"7f ff ff ff ff 7f", H2NEG_ERR_HPACK_INTEGER},
        {"ff 80 ff ff ff 0f", H2NEG_ERR_HPACK_INDEX},
        {"ff 81 ff ff ff 0f", H2NEG_ERR_HPACK_INTEGER},
        {"00 01 61 7f 80 ff ff ff 0f", H2NEG_ERR_HPACK_CUT}, /* a string that long, and not there */
        {"00 01 61 7f 81 ff ff ff 0f", H2NEG_ERR_HPACK_INTEGER},
        {"3f e1 1f", 0},                                  /* 4096 */
        {"3f e2 1f", H2NEG_ERR_HPACK_UPDATE},             /* 4097 */
        {"3f 80 80 80 80 80", H2NEG_ERR_HPACK_INTEGER}};
    size_t i, piece;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (piece = 0; piece < 4; piece++) {
            peer p;
            peer_init(&p, 0, 4096);
            CHECK_INT(peer_hex(&p, rows[i].hex, piece), rows[i].rc);
            if (rows[i].rc)
                CHECK_INT(peer_hex(&p, "82", 0), H2NEG_ERR_HPACK_BROKEN);
            peer_end(&p);
        }
    }
}

/* ---- what is refused ---- */

static void test_refusals(void)
{
    static const struct {
        const char *hex;
        int rc;
    } rows[] = {
        {"80", H2NEG_ERR_HPACK_INDEX},             /* 6.1: index 0 */
        {"be", H2NEG_ERR_HPACK_INDEX},             /* 62, and nothing there */
        {"bd", 0},                                 /* 61 */
        {"7e 01 61", H2NEG_ERR_HPACK_INDEX},       /* a name that is not there */
        {"0f 2f 01 61", H2NEG_ERR_HPACK_INDEX},
        {"0f 2e 01 61", 0},
        {"41 01 61 be", 0},                        /* the entry that was just added */
        {"41 01 61 bf", H2NEG_ERR_HPACK_INDEX},
        {"00 01 61 01 62", 0},
        {"00 00 00", 0},                           /* empty is for the layer above to judge */
        {"40 80 80", 0},                           /* Huffman strings of no octets */
        {"00 01 61 81 1f", 0},                     /* "a" and its padding */
        {"00 01 61 81 1e", H2NEG_ERR_HPACK_HUFFMAN},
        {"00 01 61 81 ff", H2NEG_ERR_HPACK_HUFFMAN}, /* padding of 8 bits */
        {"00 01 61 82 1f ff", H2NEG_ERR_HPACK_HUFFMAN},
        {"00 01 61 84 ff ff ff ff", H2NEG_ERR_HPACK_HUFFMAN}, /* EOS */
        {"00 81 1e 01 61", H2NEG_ERR_HPACK_HUFFMAN},          /* in a name */
        {"40 84 ff ff ff fc 00", H2NEG_ERR_HPACK_HUFFMAN},    /* EOS and two bits */
        {"20", 0},
        {"20 20", 0},
        {"20 3f e1 1f 82", 0},
        {"20 20 20", H2NEG_ERR_HPACK_UPDATE},      /* a third */
        {"82 20", H2NEG_ERR_HPACK_UPDATE},         /* not at the start */
        {"20 82 20", H2NEG_ERR_HPACK_UPDATE},
        {"", 0},
        {"40", H2NEG_ERR_HPACK_CUT},
        {"00 01", H2NEG_ERR_HPACK_CUT},
        {"00 01 61", H2NEG_ERR_HPACK_CUT},
        {"00 01 61 02 61", H2NEG_ERR_HPACK_CUT},
        {"00 01 61 82 1f", H2NEG_ERR_HPACK_CUT},
        {"82 ff", H2NEG_ERR_HPACK_CUT},
        {"3f", H2NEG_ERR_HPACK_CUT},
        {"41", H2NEG_ERR_HPACK_CUT}};
    size_t i, piece;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (piece = 0; piece < 4; piece++) {
            peer p;
            peer_init(&p, 0, 4096);
            if (!CHECK_INT(peer_hex(&p, rows[i].hex, piece), rows[i].rc))
                fprintf(stderr, "    in %s\n", rows[i].hex);
            CHECK_INT(peer_hex(&p, "82", 0), rows[i].rc ? H2NEG_ERR_HPACK_BROKEN : 0);
            peer_end(&p);
        }
    }
}

/* A block, cut off at each octet, is either whole up to there or CUT. */
static void test_truncations(void)
{
    size_t i, n, len;
    for (i = 0; i < VECTORS; i++) {
        unsigned char in[512];
        if (!vectors[i].fresh)
            continue;
        len = check_hex(in, vectors[i].hex);
        for (n = 0; n < len; n++) {
            peer p;
            int rc, other;
            peer_init(&p, 0, vectors[i].limit);
            rc = peer_decode(&p, in, n, 0);
            peer_end(&p);
            peer_init(&p, 0, vectors[i].limit);
            other = peer_decode(&p, in, n, 1);
            peer_end(&p);
            CHECK_INT(rc, other);
            CHECK(rc == 0 || rc == H2NEG_ERR_HPACK_CUT);
        }
    }
}

/* Any octets: the same answer, fields and table whole, octet by octet and with other first memory. */
static void test_random_blocks(void)
{
    size_t round, i;
    static peer a, b;
    for (round = 0; round < 4000; round++) {
        size_t blocks;
        uint32_t limit = check_random(3) ? 4096 : check_random(300);
        peer_init(&a, 0, limit);
        peer_init(&b, h2neg_hpack_memory(limit), limit);
        for (blocks = 0; blocks < 4; blocks++) {
            unsigned char in[60];
            size_t len = check_random(60);
            int ra, rb;
            for (i = 0; i < len; i++)
                in[i] = (unsigned char)(check_random(2) ? check_random(256)
                                                        : (unsigned char)"\x40\x41\x01\x02\xbe\x7e\x82\x00\xbf\x81"[check_random(10)]);
            ra = peer_decode(&a, in, len, 0);
            rb = peer_decode(&b, in, len, 1 + check_random(5));
            CHECK_INT(ra, rb);
            if (ra || rb)
                break;
            CHECK(same_tables(&a.d.table, &b.d.table));
            CHECK_INT(a.list.count, b.list.count);
            CHECK_INT(a.list.size, b.list.size);
            for (i = 0; i < a.list.count && i < b.list.count; i++)
                CHECK(h2neg__same(a.fields[i].name, b.fields[i].name) &&
                      h2neg__same(a.fields[i].value, b.fields[i].value) &&
                      a.fields[i].flags == b.fields[i].flags);
        }
        peer_end(&a);
        peer_end(&b);
    }
}

/* ---- the dynamic table ---- */

static void check_table(const peer *p, const char *expected)
{
    char text[8192];
    print_table(text, &p->d.table);
    CHECK_OCTETS(text, strlen(text), expected, strlen(expected));
}

static void test_eviction(void)
{
    peer p;
    peer_init(&p, 0, 100);
    CHECK_INT(peer_hex(&p, "40 01 61 01 31 40 01 62 01 32", 0), 0); /* 34 each */
    check_table(&p, "b: 2\na: 1\n");
    CHECK_INT(peer_hex(&p, "40 01 63 01 33", 0), 0); /* 102 do not fit in 100 */
    check_table(&p, "c: 3\nb: 2\n");
    CHECK_INT(peer_hex(&p, "7f 00 01 34", 0), 0); /* 4.4: the name of the entry that goes: 63 */
    check_table(&p, "b: 4\nc: 3\n");
    CHECK_TEXT(p.fields[0].name, "b");
    CHECK_INT(peer_hex(&p, "3f 09", 0), 0); /* 40: room for one */
    check_table(&p, "b: 4\n");
    CHECK_INT(peer_hex(&p, "3f 45", 0), 0); /* 100 again */
    check_table(&p, "b: 4\n");
    CHECK_INT(peer_hex(&p, "20 3f 45", 0), 0); /* 4.2: down to nothing and up again */
    check_table(&p, "");
    peer_end(&p);
}

static void test_large_entries(void) /* 4.4: not an error, and leaves nothing */
{
    size_t n;
    for (n = 60; n < 75; n++) {
        unsigned char in[200];
        peer p;
        peer_init(&p, 0, 100);
        CHECK_INT(peer_hex(&p, "40 01 61 01 31", 0), 0);
        memset(in, 'v', sizeof in);
        in[0] = 0x40;
        in[1] = 1;
        in[2] = 'n';
        in[3] = (unsigned char)n;
        CHECK_INT(peer_decode(&p, in, 4 + n, n % 4), 0);
        CHECK_INT(p.list.count, 1);
        CHECK_INT(p.fields[0].value.len, n);
        CHECK_INT(p.d.table.count, 33 + n <= 100);
        CHECK_INT(p.d.table.size, 33 + n <= 100 ? 33 + n : 0);
        peer_end(&p);
    }
}

static void test_self_reference(void) /* 4.4 with a name from the entry that fills the whole table */
{
    unsigned char in[200];
    peer p;
    peer_init(&p, 0, 100);
    memset(in, 'n', sizeof in);
    in[0] = 0x40;
    in[1] = 60;
    in[62] = 8;
    CHECK_INT(peer_decode(&p, in, 71, 0), 0);
    CHECK_INT(p.d.table.size, 100);
    CHECK_INT(peer_hex(&p, "7e 08 7676767676767676", 1), 0);
    CHECK_INT(p.d.table.count, 1);
    CHECK_INT(p.fields[0].name.len, 60);
    CHECK_TEXT(p.fields[0].value, "vvvvvvvv");
    CHECK_INT(peer_hex(&p, "be", 0), 0);
    CHECK_TEXT(p.fields[0].value, "vvvvvvvv");
    CHECK_INT(peer_hex(&p, "7e 09 767676767676767676", 1), 0);
    CHECK_INT(p.d.table.count, 0);
    CHECK_INT(p.fields[0].name.len, 60);
    peer_end(&p);
}

static void test_decoder_limit(void) /* 4.2, 6.3 */
{
    static const struct {
        uint32_t limits[3]; /* between the first block and this one; 9: no more */
        const char *hex;
        int rc;
    } rows[] = {{{9, 9, 9}, "82", 0},
                {{100, 9, 9}, "82", H2NEG_ERR_HPACK_UPDATE},         /* an update is due */
                {{100, 9, 9}, "3f 45 82", 0},                        /* 100 */
                {{100, 9, 9}, "3f 46 82", H2NEG_ERR_HPACK_UPDATE},   /* 101 */
                {{100, 9, 9}, "20 82", 0},
                {{100, 9, 9}, "20 3f 45 82", 0},
                {{100, 9, 9}, "20 3f 46 82", H2NEG_ERR_HPACK_UPDATE},
                {{100, 9, 9}, "", 0},
                {{8192, 9, 9}, "82", 0},
                {{8192, 9, 9}, "3f e1 3f 82", 0},                    /* 8192 */
                {{8192, 9, 9}, "3f e2 3f 82", H2NEG_ERR_HPACK_UPDATE},
                {{0, 4096, 9}, "82", H2NEG_ERR_HPACK_UPDATE},        /* the smallest must be seen */
                {{0, 4096, 9}, "3f e1 1f 82", H2NEG_ERR_HPACK_UPDATE},
                {{0, 4096, 9}, "20 3f e1 1f 82", 0},
                {{0, 4096, 9}, "20 82", 0},
                {{0, 4096, 100}, "20 3f 45 82", 0},
                {{0, 4096, 100}, "20 3f 46 82", H2NEG_ERR_HPACK_UPDATE},
                {{8192, 4096, 9}, "82", 0},
                {{8192, 5000, 9}, "3f e1 3f", H2NEG_ERR_HPACK_UPDATE}};
    size_t i, k;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        peer p;
        peer_init(&p, 0, 4096);
        CHECK_INT(peer_hex(&p, "41 01 61", 0), 0);
        for (k = 0; k < 3 && rows[i].limits[k] != 9; k++)
            h2neg_hpack_decoder_limit(&p.d, rows[i].limits[k]);
        if (!CHECK_INT(peer_hex(&p, rows[i].hex, i % 3), rows[i].rc))
            fprintf(stderr, "    in %s\n", rows[i].hex);
        if (rows[i].rc == 0 && rows[i].hex[0] == '2')
            CHECK_INT(peer_hex(&p, "82", 0), 0); /* and with that it is settled */
        peer_end(&p);
    }
}

/* ---- memory ---- */

static void test_memory(void)
{
    size_t n, last = 0;
    CHECK_INT(h2neg_hpack_memory(0), 0);
    CHECK_INT(h2neg_hpack_memory(31), 0);
    for (n = 32; n < 20000; n += n < 3000 ? 1 : 37) {
        size_t memory = h2neg_hpack_memory(n);
        CHECK(memory >= last && memory <= 2 * n + 64);
        CHECK(h2neg__hpack_capacity(memory) >= n);
        CHECK(h2neg__hpack_capacity(memory - 1) < n);
        last = memory;
    }
    CHECK_INT(h2neg_hpack_memory((size_t)-1), h2neg_hpack_memory((size_t)1 << 30));
}

/* `wants`, from every size of memory: asked at most once for each entry, and the answer is the same. */
static void test_growth(void)
{
    static const char block[] = "40 03 616161 10 62626262626262626262626262626262 40 01 61 00 7e 02 7878"
                                "bf be 40 01 63 03 646464";
    size_t size, piece;
    for (size = 0; size < 700; size += 3) {
        for (piece = 0; piece < 3; piece++) {
            peer p;
            peer_init(&p, size, 4096);
            CHECK_INT(peer_hex(&p, block, piece), 0);
            check_table(&p, "c: ddd\na: xx\na: \naaa: bbbbbbbbbbbbbbbb\n");
            CHECK(p.moves <= 1);
            peer_end(&p);
        }
    }
}

static void test_refused_growth(void) /* less than wanted: it asks again, and nothing is lost */
{
    unsigned char in[64];
    size_t n = check_hex(in, "82 40 01 61 01 62 be"), memory;
    peer p;
    peer_init(&p, 0, 4096);
    peer_block(&p);
    CHECK_INT(h2neg_hpack_decode(&p.d, &p.list, in, n, 1), n - 1);
    for (memory = 0; memory < h2neg_hpack_memory(34); memory++) {
        peer_move(&p, memory);
        CHECK_INT(h2neg_hpack_decode(&p.d, &p.list, in, 0, 0), 0);
        CHECK(p.d.wants > 0);
    }
    peer_move(&p, h2neg_hpack_memory(34));
    CHECK_INT(h2neg_hpack_decode(&p.d, &p.list, in + n - 1, 1, 1), 1);
    CHECK_INT(p.d.wants, 0);
    CHECK_INT(p.list.count, 3);
    CHECK_INT(h2neg_hpack_decoder_needs(&p.d), h2neg_hpack_memory(34));
    peer_move(&p, h2neg_hpack_memory(34) - 1);
    CHECK_INT(peer_hex(&p, "82", 0), H2NEG_ERR_HPACK_BROKEN);
    peer_end(&p);
}

static void test_growth_at_the_end(void) /* a block that ends in an entry for which memory is wanted */
{
    unsigned char in[64];
    size_t n = check_hex(in, "40 01 61 01 62");
    peer p;
    peer_init(&p, 0, 4096);
    peer_block(&p);
    CHECK_INT(h2neg_hpack_decode(&p.d, &p.list, in, n, 1), n);
    CHECK(p.d.wants > 0);
    CHECK_INT(p.list.count, 0);
    peer_move(&p, p.d.wants);
    CHECK_INT(h2neg_hpack_decode(&p.d, &p.list, NULL, 0, 1), 0);
    CHECK_INT(p.d.wants, 0);
    CHECK_INT(p.list.count, 1);
    CHECK_INT(peer_hex(&p, "20 82", 0), 0); /* and the block was over */
    peer_end(&p);
}

/* ---- lists ---- */

static void test_text_room_is_checked(void)
{
    peer p;
    peer_init(&p, 0, 4096);
    peer_block(&p);
    p.list.text_room = 4095;
    CHECK_INT(h2neg_hpack_decode(&p.d, &p.list, "\x82", 1, 1), H2NEG_ERR_TOO_SMALL);
    CHECK_INT(peer_hex(&p, "82", 0), 0);
    peer_end(&p);
}

/* Lists that are spent at every place by each of their three limits: the size and the table go on. */
static void test_over(void)
{
    static const char block[] = "82 41 03 616161 40 85 25a849e95b 0a 76767676767676767676 be 00 01 78 14 "
                                "3132333435363738393031323334353637383930 bf 86 7e 01 39";
    unsigned char in[128];
    size_t n = check_hex(in, block), room, text, piece;
    uint64_t most;
    peer whole;
    peer_init(&whole, 0, 200);
    CHECK_INT(peer_decode(&whole, in, n, 0), 0);
    for (room = 0; room <= whole.list.count; room++) {
        for (text = 200; text < 330; text += room == whole.list.count ? 1 : 50) {
            for (most = 0; most <= whole.list.size + 1; most += text == 300 ? 1 : whole.list.size + 2) {
                for (piece = 0; piece < 3; piece++) {
                    peer p;
                    char *tight = (char *)malloc(text);
                    size_t at, step = piece ? piece * 2 - 1 : n;
                    int over;
                    peer_init(&p, 0, 200);
                    peer_block(&p);
                    p.list.room = room;
                    p.list.text = tight;
                    p.list.text_room = text;
                    p.list.max_size = most;
                    for (at = 0; at < n; at += step)
                        CHECK_INT(peer_fragment(&p, in + at, n - at < step ? n - at : step,
                                                n - at <= step), 0);
                    over = room < whole.list.count || text < whole.list.text_used ||
                           (most && most < whole.list.size);
                    CHECK_INT(p.list.over, over);
                    CHECK_INT(p.list.count, over ? 0 : whole.list.count);
                    CHECK_INT(p.list.size, whole.list.size);
                    CHECK_INT(p.list.total, whole.list.total);
                    CHECK(same_tables(&p.d.table, &whole.d.table));
                    free(tight);
                    peer_end(&p);
                }
            }
        }
    }
    peer_end(&whole);
}

/* Strings longer than all the text, raw and coded, in name and value: counted, and the table is right. */
static void test_huge_strings(void)
{
    unsigned kind, first;
    for (kind = 0; kind < 8; kind++) {
        for (first = 0; first < 2; first++) {
            static unsigned char in[3000];
            size_t n = 0, i, len = 1000;
            char text[256];
            peer p;
            peer_init(&p, 0, 256);
            peer_block(&p);
            p.list.text = text;
            p.list.text_room = sizeof text;
            if (first)
                n += check_hex(in, "40 01 61 01 62");
            in[n++] = kind & 1 ? 0x40 : 0x00;
            if (kind & 4)
                n += check_hex(in + n, "01 78");
            n += check_hex(in + n, kind & 2 ? "ff e9 06" : "7f e9 06"); /* 1000 */
            for (i = 0; i < len; i++)
                in[n++] = kind & 2 ? 0 : 'z';
            if (!(kind & 4))
                n += check_hex(in + n, "01 79");
            n += check_hex(in + n, "40 01 63 01 64");
            for (i = 0; i < n; i += 7)
                CHECK_INT(peer_fragment(&p, in + i, n - i < 7 ? n - i : 7, n - i <= 7), 0);
            CHECK_INT(p.list.over, 1);
            CHECK_INT(p.list.count, 0);
            CHECK_INT(p.list.total, first + 2);
            CHECK_INT(p.list.size, 34 * (first + 1) + 33 + (kind & 2 ? 1600 : 1000));
            check_table(&p, kind & 1 || !first ? "c: d\n" : "c: d\na: b\n");
            peer_end(&p);
        }
    }
}

static void test_bomb(void) /* one large entry, many references: nothing is stored past the limits */
{
    static unsigned char in[3000 + 2000];
    size_t n = check_hex(in, "40 01 61 7f 81 16"); /* 2944 */
    peer p;
    memset(in + n, 'v', 2944);
    n += 2944;
    memset(in + n, 0xbe, 2000);
    peer_init(&p, 0, 4096);
    CHECK_INT(peer_decode(&p, in, n + 2000, 0), 0);
    CHECK_INT(p.list.over, 1);
    CHECK_INT(p.list.total, 2001);
    CHECK_INT(p.list.size, 2001 * (2944 + 1 + 32));
    CHECK_INT(p.list.text_used, 0);
    peer_end(&p);
}

/* A block for which the list has so much room, whole and octet by octet: the same comes of it. */
static void check_room(const unsigned char *in, size_t len, size_t fields, size_t text)
{
    static peer p[2];
    int i, rc[2];
    for (i = 0; i < 2; i++) {
        size_t at = 0, piece = i ? 1 : len;
        peer_init(&p[i], 0, 0);
        peer_block(&p[i]);
        p[i].list.room = fields;
        p[i].list.text_room = text;
        do
            rc[i] = peer_fragment(&p[i], in + at, piece, at + piece == len);
        while (rc[i] == 0 && (at += piece) < len);
        peer_end(&p[i]);
    }
    CHECK_INT(rc[0], rc[1]);
    CHECK_INT(p[0].list.over, p[1].list.over);
    CHECK_INT(p[0].list.total, p[1].list.total);
    CHECK_INT(p[0].list.size, p[1].list.size);
    CHECK_INT(p[0].list.count, p[1].list.count);
    for (i = 0; i < (int)p[0].list.count; i++) {
        CHECK(h2neg__same(p[0].fields[i].name, p[1].fields[i].name));
        CHECK(h2neg__same(p[0].fields[i].value, p[1].fields[i].value));
        CHECK_INT(p[0].fields[i].flags & H2NEG_NEVER_INDEX, p[1].fields[i].flags & H2NEG_NEVER_INDEX);
    }
}

/* Literals with a name's index and a coded value, that are read at once where they can be. */
static void test_coded_literals(void)
{
    unsigned index, never, bad;
    for (index = 1; index <= 15; index++) {
        for (never = 0; never < 2; never++) {
            for (bad = 0; bad < 2; bad++) {
                unsigned char in[32];
                size_t n = 0, len, room;
                in[n++] = (unsigned char)(never << 4 | index);
                if (index == 15)
                    in[n++] = 0;
                len = h2neg__huffman_encode(in + n + 1, 20, h2neg_s("/a/path?b=c"), 0);
                if (bad)
                    memset(in + n + 1, 0xff, len); /* EOS */
                in[n] = (unsigned char)(0x80 | len);
                n += 1 + len;
                in[n++] = 0x82;
                for (room = 0; room < 80; room++) {
                    check_room(in, n, 2, room);
                    check_room(in, n, 1, room);
                    check_room(in, n, 0, room);
                }
                memmove(in + 1, in, n); /* behind a field for which there may be no room */
                in[0] = 0x82;
                for (room = 0; room < 80; room++)
                    check_room(in, n + 1, 0, room);
            }
        }
    }
}

/* ---- the encoder ---- */

typedef struct ends {
    h2neg_hpack_encoder e;
    void *memory;
    peer p;
} ends;

static void ends_init(ends *x, size_t memory, uint32_t cap, uint32_t decoder_limit)
{
    x->memory = memory ? malloc(memory) : NULL;
    h2neg_hpack_encoder_init(&x->e, x->memory, memory, cap);
    peer_init(&x->p, 0, decoder_limit);
}

static void ends_move(ends *x, size_t size)
{
    void *memory = size ? malloc(size) : NULL;
    h2neg_hpack_encoder_move(&x->e, memory, size);
    free(x->memory);
    x->memory = memory;
}

static void ends_end(ends *x)
{
    free(x->memory);
    peer_end(&x->p);
}

/* Encodes with exactly the bound, decodes, compares fields (names in lower case) and tables: octets. */
static size_t ends_pass(ends *x, const h2neg_field *fields, size_t count, size_t piece)
{
    size_t bound = h2neg_hpack_encode_bound(fields, count), i;
    unsigned char *out = (unsigned char *)malloc(bound);
    ptrdiff_t n = h2neg_hpack_encode(&x->e, out, bound, fields, count);
    CHECK(n >= 0 && (size_t)n <= bound);
    CHECK_INT(peer_decode(&x->p, out, (size_t)n, piece), 0);
    CHECK_INT(x->p.list.count, count);
    for (i = 0; i < count && i < x->p.list.count; i++) {
        CHECK(h2neg__same_nocase(x->p.fields[i].name, fields[i].name));
        CHECK(h2neg__same(x->p.fields[i].value, fields[i].value));
        CHECK(!(fields[i].flags && !x->p.fields[i].flags));
    }
    CHECK(same_tables(&x->e.table, &x->p.d.table));
    free(out);
    return (size_t)n;
}

static void check_encoded(h2neg_hpack_encoder *e, const h2neg_field *fields, size_t count, const char *hex)
{
    unsigned char out[1024], wanted[1024];
    size_t n = check_hex(wanted, hex);
    ptrdiff_t got = h2neg_hpack_encode(e, out, sizeof out, fields, count);
    CHECK(got >= 0);
    CHECK_OCTETS(out, (size_t)got, wanted, n);
}

static void test_encoder_examples(void) /* RFC 7541 C.4, octet by octet what the RFC shows */
{
    char memory[9000], text[512];
    h2neg_hpack_encoder e;
    h2neg_field f[5];
    h2neg_hpack_encoder_init(&e, memory, sizeof memory, 4096);
    f[0] = field(":method", "GET");
    f[1] = field(":scheme", "http");
    f[2] = field(":path", "/");
    f[3] = field(":authority", "www.example.com");
    check_encoded(&e, f, 4, "828684418cf1e3c2e5f23a6ba0ab90f4ff");
    f[4] = field("Cache-Control", "no-cache");
    check_encoded(&e, f, 5, "828684be5886a8eb10649cbf");
    f[1] = field(":scheme", "https");
    f[2] = field(":path", "/index.html");
    f[4] = field("custom-key", "custom-value");
    check_encoded(&e, f, 5, "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf");
    print_table(text, &e.table);
    CHECK_OCTETS(text, strlen(text), vectors[9].table, strlen(vectors[9].table));
    CHECK_INT(e.table.size, 164);
}

static void test_encoder_policy(void)
{
    static const struct {
        const char *name, *value;
        unsigned flags, first; /* the first octet's upper four bits: 4 indexed, 0 not, 1 never */
    } rows[] = {{"x-any", "value", 0, 4},
                {"x-any", "value", H2NEG_NEVER_INDEX, 1},
                {":method", "GET", H2NEG_NEVER_INDEX, 1},
                {":method", "GET", 0, 8},
                {":method", "PUT", 0, 4},
                {":path", "/x", 0, 0},
                {"Authorization", "Basic abcdefghijklmnopqrstuvwxyz", 0, 1},
                {"proxy-authorization", "Basic abcdefghijklmnopqrstuvwxyz", 0, 1},
                {"cookie", "1234567890123456789", 0, 1},
                {"cookie", "12345678901234567890", 0, 6},
                {"set-cookie", "1234567890123456789", 0, 1},
                {"set-cookie", "12345678901234567890", 0, 0},
                {"content-length", "1", 0, 0},
                {"age", "1", 0, 0},
                {"etag", "1", 0, 0},
                {"if-modified-since", "1", 0, 0},
                {"if-none-match", "1", 0, 0},
                {"location", "1", 0, 0},
                {"date", "1", 0, 6}};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ends x;
        unsigned char out[256];
        h2neg_field f = field(rows[i].name, rows[i].value);
        f.flags = rows[i].flags;
        ends_init(&x, h2neg_hpack_memory(4096), 4096, 4096);
        CHECK(h2neg_hpack_encode(&x.e, out, sizeof out, &f, 1) > 0);
        if (!CHECK_INT(out[0] >> 4, rows[i].first))
            fprintf(stderr, "    %s: %s\n", rows[i].name, rows[i].value);
        CHECK_INT(x.e.table.count, rows[i].first == 4 || rows[i].first == 6);
        ends_end(&x);
    }
}

/* One field by its name's index: the same octets, updates and entries as through the list. */
static void test_encoder_known(void)
{
    static const unsigned indexes[] = {H2NEG__HPACK_METHOD, H2NEG__HPACK_SCHEME, H2NEG__HPACK_PATH,
                                       H2NEG__HPACK_AUTHORITY, H2NEG__HPACK_STATUS,
                                       H2NEG__HPACK_CONTENT_LENGTH};
    static const char *const values[] = {"", "GET", "http", "https", "/", "/a/path?and=more",
                                         "200", "500", "302", "7", "12", "123", "1234567", "PUT"};
    char memory[2][9000];
    unsigned char out[2][128];
    h2neg_hpack_encoder a, b;
    size_t i, k;
    int round;
    h2neg_hpack_encoder_init(&a, memory[0], sizeof memory[0], 4096);
    h2neg_hpack_encoder_init(&b, memory[1], sizeof memory[1], 4096);
    for (round = 0; round < 3; round++)
        for (i = 0; i < sizeof indexes / sizeof indexes[0]; i++)
            for (k = 0; k < sizeof values / sizeof values[0]; k++) {
                h2neg_field f;
                unsigned char *p;
                ptrdiff_t n;
                h2neg__hpack_static(indexes[i], &f.name, &f.value);
                f.value = h2neg_s(values[k]);
                f.flags = 0;
                if (round) { /* two updates are due */
                    h2neg_hpack_encoder_limit(&a, 100);
                    h2neg_hpack_encoder_limit(&b, 100);
                    h2neg_hpack_encoder_limit(&a, 4096);
                    h2neg_hpack_encoder_limit(&b, 4096);
                }
                n = h2neg_hpack_encode(&a, out[0], sizeof out[0], &f, 1);
                CHECK(n > 0);
                p = h2neg__hpack_put_updates(&b, out[1]);
                p = h2neg__hpack_put_known(&b, p, out[1] + sizeof out[1], indexes[i], f.value);
                CHECK_OCTETS(out[1], (size_t)(p - out[1]), out[0], (size_t)n);
                CHECK(same_tables(&a.table, &b.table));
            }
}

static void test_encoder_large(void) /* above 3/4 of the table nothing is added */
{
    char value[4096];
    size_t n;
    memset(value, 'v', sizeof value);
    for (n = 3036; n < 3044; n++) {
        ends x;
        h2neg_field f = field("n", "");
        f.value = h2neg__str(value, n);
        ends_init(&x, h2neg_hpack_memory(4096), 4096, 4096);
        ends_pass(&x, &f, 1, 0);
        CHECK_INT(x.e.table.count, 33 + n <= 3072);
        ends_end(&x);
    }
}

static void test_encoder_updates(void) /* 4.2 */
{
    h2neg_hpack_encoder e;
    char memory[20000];
    h2neg_field f = field(":method", "GET");
    h2neg_hpack_encoder_init(&e, memory, sizeof memory, 8192);
    check_encoded(&e, &f, 1, "82");
    h2neg_hpack_encoder_limit(&e, 4096);
    check_encoded(&e, &f, 1, "82");
    h2neg_hpack_encoder_limit(&e, 100);
    check_encoded(&e, &f, 1, "3f45 82");
    check_encoded(&e, &f, 1, "82");
    h2neg_hpack_encoder_limit(&e, 0);
    h2neg_hpack_encoder_limit(&e, 4096);
    check_encoded(&e, &f, 1, "20 3fe11f 82"); /* the smallest and the last */
    h2neg_hpack_encoder_limit(&e, 5);
    h2neg_hpack_encoder_limit(&e, 4);
    h2neg_hpack_encoder_limit(&e, 7);
    check_encoded(&e, &f, 1, "24 27 82");
    h2neg_hpack_encoder_limit(&e, UINT32_MAX); /* never above its own limit */
    check_encoded(&e, &f, 1, "3fe13f 82");
    h2neg_hpack_encoder_init(&e, memory, sizeof memory, 100); /* a limit below 4,096 is told */
    check_encoded(&e, &f, 1, "3f45 82");
    h2neg_hpack_encoder_init(&e, NULL, 0, 0);
    check_encoded(&e, &f, 1, "20 82");
    check_encoded(&e, NULL, 0, "");
    CHECK_INT(e.wants, 0);
}

static void test_encoder_room(void) /* TOO_SMALL, and nothing has changed */
{
    unsigned char out[64];
    char memory[9000];
    h2neg_hpack_encoder e;
    h2neg_field f[2];
    size_t bound, room;
    f[0] = field("x-name", "value");
    f[1] = field("\x01", "\x01\x02");
    bound = h2neg_hpack_encode_bound(f, 2);
    h2neg_hpack_encoder_init(&e, memory, sizeof memory, 0);
    for (room = 0; room < bound; room++)
        CHECK_INT(h2neg_hpack_encode(&e, out, room, f, 2), H2NEG_ERR_TOO_SMALL);
    CHECK(h2neg_hpack_encode(&e, out, bound, f, 2) > 0);
    CHECK_INT(out[0], 0x20);
}

static void test_encoder_memory(void) /* too little: less is indexed, `wants` says so, nothing breaks */
{
    h2neg_field f[3];
    ends x;
    f[0] = field("x-one", "1");
    f[1] = field("x-two", "2");
    f[2] = field("x-one", "1");
    ends_init(&x, 0, 4096, 4096);
    ends_pass(&x, f, 3, 0);
    CHECK_INT(x.e.table.count, 0);
    CHECK(x.e.wants > 0);
    ends_move(&x, h2neg_hpack_memory(40));
    ends_pass(&x, f, 3, 0);
    CHECK_INT(x.e.table.count, 1);
    CHECK(x.e.wants > 0);
    ends_move(&x, x.e.wants);
    ends_pass(&x, f, 3, 0);
    CHECK_INT(x.e.table.count, 2);
    CHECK_INT(x.e.wants, 0);
    CHECK_INT(ends_pass(&x, f, 3, 0), 3);
    ends_move(&x, h2neg_hpack_encoder_needs(&x.e));
    CHECK_INT(ends_pass(&x, f, 3, 0), 3);
    ends_move(&x, h2neg_hpack_memory(40)); /* less than the content: the older entry goes */
    CHECK_INT(x.e.table.count, 1);
    ends_pass(&x, f, 3, 0);
    CHECK_INT(x.e.table.max, 4096);
    ends_move(&x, 0);
    ends_pass(&x, f, 3, 0);
    CHECK_INT(x.e.table.count, 0);
    ends_end(&x);
}

static void test_ids_wrap(void) /* after 2^32 insertions the chains are still right */
{
    h2neg_field f[2];
    ends x;
    unsigned i;
    char value[16];
    ends_init(&x, h2neg_hpack_memory(300), 300, 4096);
    x.e.table.next_id = UINT32_MAX - 20;
    for (i = 0; i < 60; i++) {
        sprintf(value, "%u", i);
        f[0] = field("x-turn", value);
        f[1] = field("x-turn", value);
        ends_pass(&x, f, 2, 0);
        CHECK(x.p.list.count == 2);
    }
    ends_end(&x);
}

static h2neg_field random_field(char *space)
{
    static const char *const names[] = {":path", "cookie", "x-a", "X-B", "accept", "date", "x-long-name-of-a-field",
                                        "server", "set-cookie", "authorization", ":status", "etag"};
    h2neg_field f;
    unsigned kind = check_random(20);
    size_t i, len = check_random(12);
    if (kind == 0)
        len = check_random(900);
    for (i = 0; i < len; i++)
        space[i] = (char)(kind == 1 ? (char)check_random(256) : "ab0"[check_random(3)]);
    if (kind > 8 && len > 2)
        len = 2;
    f = field(names[check_random(12)], "");
    f.value = h2neg__str(space, len);
    f.flags = check_random(12) == 0 ? H2NEG_NEVER_INDEX : 0;
    return f;
}

/* Random fields, limits and memory on both sides: fields and tables stay equal, block for block. */
static void test_in_step(void)
{
    static char space[12][1000];
    static ends x;
    unsigned round, block;
    for (round = 0; round < 150; round++) {
        uint32_t cap = check_random(3) ? 4096 : check_random(9000);
        ends_init(&x, check_random(2) ? 0 : h2neg_hpack_memory(cap), cap, 4096);
        for (block = 0; block < 40; block++) {
            h2neg_field fields[12];
            size_t count = check_random(12), i;
            unsigned changes = check_random(8) ? 0 : 1 + check_random(3);
            while (changes--) {
                uint32_t limit = check_random(3) ? check_random(600) : check_random(9000);
                h2neg_hpack_decoder_limit(&x.p.d, limit);
                h2neg_hpack_encoder_limit(&x.e, limit);
            }
            if (x.e.wants && check_random(2))
                ends_move(&x, x.e.wants);
            else if (check_random(12) == 0)
                ends_move(&x, check_random(2) ? h2neg_hpack_encoder_needs(&x.e) : check_random(3000));
            if (check_random(10) == 0)
                peer_move(&x.p, h2neg_hpack_decoder_needs(&x.p.d));
            for (i = 0; i < count; i++)
                fields[i] = random_field(space[i]);
            ends_pass(&x, fields, count, check_random(2) ? 0 : 1 + check_random(9));
        }
        ends_end(&x);
    }
}

/* Fields that are told apart by one octet of the name or of the value alone, in one bucket and in many. */
static void test_encoder_near(void)
{
    static const uint32_t caps[] = {120, 4096};
    size_t cap, len, at;
    for (cap = 0; cap < 2; cap++) {
        for (len = 1; len <= 20; len++) {
            for (at = 0; at < len; at++) {
                char value[] = "abcdefghijklmnopqrst", near[] = "abcdefghijklmnopqrst";
                h2neg_field f[6];
                ends x;
                f[0] = f[3] = f[5] = field("x-k", value);
                f[2] = field("y-k", value);
                f[1] = f[4] = field("x-k", near);
                f[0].value.len = f[1].value.len = f[2].value.len = f[3].value.len = f[4].value.len =
                    f[5].value.len = len;
                near[at] = '!';
                ends_init(&x, h2neg_hpack_memory(caps[cap]), caps[cap], 4096);
                ends_pass(&x, f, 6, 0);
                ends_end(&x);
            }
        }
    }
}

/* One block from several calls is the block from one. */
static void test_block_in_parts(void)
{
    char a[9000], b[9000];
    unsigned char whole[600], parts[600];
    h2neg_hpack_encoder e, g;
    h2neg_field f[4];
    ptrdiff_t n, at = 0;
    size_t i;
    f[0] = field(":status", "200");
    f[1] = field("x-one", "1");
    f[2] = field("x-one", "1");
    f[3] = field("server", "h2neg");
    h2neg_hpack_encoder_init(&e, a, sizeof a, 2000);
    h2neg_hpack_encoder_init(&g, b, sizeof b, 2000);
    n = h2neg_hpack_encode(&e, whole, sizeof whole, f, 4);
    for (i = 0; i < 4; i++)
        at += h2neg_hpack_encode(&g, parts + at, sizeof parts - (size_t)at, &f[i], 1);
    CHECK_OCTETS(parts, (size_t)at, whole, (size_t)n);
}

/* RFC 7541 2.3.3: what is looked up is in the table or is not. Numbers wrap after 2^32 insertions,
   and an entry that is left of an older round must not send the search in a circle. */
static void test_circle(void)
{
    static unsigned char memory[65536], out[256];
    h2neg_hpack_encoder e;
    h2neg_field f = h2neg_f("x-a", "1");
    uint32_t hash;
    h2neg_hpack_encoder_init(&e, memory, sizeof memory, 4096);
    CHECK(h2neg_hpack_encode(&e, out, sizeof out, &f, 1) > 0);
    CHECK_INT(e.table.count, 1);
    e.table.entries[0].next[0] = e.table.next_id - 1; /* in the chain of names: itself */
    for (hash = 0; hash < e.table.bucket_count; hash++)
        CHECK_INT(h2neg__hpack_find(&e.table, 0, hash, h2neg_s("y-b"), h2neg_s("")), 0);
}

CHECK_MAIN(test_circle, test_examples, test_examples_cut_in_two, test_never_index_flag, test_static_table,
           test_static_rows, test_integers_written, test_integers_read, test_integer_limits,
           test_refusals, test_truncations, test_random_blocks, test_eviction, test_large_entries,
           test_self_reference, test_decoder_limit, test_memory, test_growth, test_refused_growth,
           test_growth_at_the_end, test_text_room_is_checked, test_over, test_huge_strings, test_bomb,
           test_coded_literals,
           test_encoder_examples, test_encoder_policy, test_encoder_known,
           test_encoder_large, test_encoder_updates,
           test_encoder_room, test_encoder_memory, test_ids_wrap, test_in_step, test_encoder_near,
           test_block_in_parts)
