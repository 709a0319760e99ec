/* Hostile peers over HTTP/1 and at its Upgrade: every row of the attacks and of the limits (see
   attack.h). In the tables a ` stands in front of the octet that the error names. What frames lines
   and chunks, and controls, are judged at that octet, a request line at its end, field lines at the
   end of the head; or where a ~ stands. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "attack.h"

#define CHUNKED "POST /end HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"

typedef struct bad_head {
    int error, status;
    const char *octets;
} bad_head;

/* Octets behind the mark that decide: 0, the one that is named; 1, its line; 2, the head. */
static int decided_by(int error)
{
    switch (error) {
    case H2NEG_ERR_H1_REQUEST_LINE:
    case H2NEG_ERR_H1_METHOD:
    case H2NEG_ERR_H1_TARGET:
    case H2NEG_ERR_H1_VERSION:
    case H2NEG_ERR_H1_EMPTY_LINES: return 1;
    case H2NEG_ERR_H1_FIELD_SPACE:
    case H2NEG_ERR_H1_FIELD_COLON:
    case H2NEG_ERR_H1_FIELD_NAME:
    case H2NEG_ERR_H1_FOLD: return 2;
    default: return 0;
    }
}

/* The octets without the marks; what they marked. */
static void put_marked(attack *a, int error, const char *octets, long *at, long *decided)
{
    int by = decided_by(error);
    *at = *decided = ANY;
    for (; *octets; octets++) {
        if (*octets == '`') {
            *at = (long)(a->sc.in.len - a->here);
        } else if (*octets == '~') {
            *decided = (long)(a->sc.in.len - a->here);
        } else {
            buf_octet(&a->sc.in, (unsigned char)*octets);
            if (*at != ANY && *decided == ANY &&
                (by == 0 || (*octets == '\n' && (by == 1 || !strncmp(octets - 3, "\r\n\r", 3)))))
                *decided = (long)(a->sc.in.len - a->here);
        }
    }
}

static void refuse_head(const bad_head *row)
{
    attack a;
    long at, decided;
    attack_h1(&a, row->octets, "");
    put_marked(&a, row->error, row->octets, &at, &decided);
    buf_text(&a.sc.in, "GET /now HTTP/1.1\r\n" HOST "\r\n");
    refused(&a, row->error, row->status, at, decided);
}

/* ---- lines and fields ---------------------------------------------------- */

static const bad_head bad_lines[] = {
    {H2NEG_ERR_H1_REQUEST_LINE, 400, "GET /now`\r\n\r\n"},
    {H2NEG_ERR_H1_REQUEST_LINE, 400, "GET ` /now HTTP/1.1\r\n" HOST "\r\n"},
    {H2NEG_ERR_H1_REQUEST_LINE, 400, "GET /now HTTP/1.1` \r\n" HOST "\r\n"},
    {H2NEG_ERR_H1_REQUEST_LINE, 400, "GET /now `x HTTP/1.1\r\n" HOST "\r\n"},
    {H2NEG_ERR_H1_METHOD, 400, "GET`\t/now HTTP/1.1\r\n" HOST "\r\n"},
    {H2NEG_ERR_H1_METHOD, 400, "G`@T /now HTTP/1.1\r\n" HOST "\r\n"},
    {H2NEG_ERR_H1_METHOD, 400, "` ~GET /now HTTP/1.1\r\n" HOST "\r\n"},
    {H2NEG_ERR_H1_METHOD, 400, "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF`G /now HTTP/1.1\r\n" HOST "\r\n"},
    {H2NEG_ERR_H1_VERSION, 505, "GET /now HTTP/`2.0\r\n" HOST "\r\n"},
    {H2NEG_ERR_H1_VERSION, 505, "GET /now HTTP/`3.1\r\n" HOST "\r\n"},
    {H2NEG_ERR_H1_VERSION, 505, "GET /now HTTP/`0.9\r\n" HOST "\r\n"},
    {H2NEG_ERR_H1_REQUEST_LINE, 400, "GET /now `http/1.1\r\n" HOST "\r\n"},
    {H2NEG_ERR_H1_BARE_LF, 400, "GET /now HTTP/1.1`\n" HOST "\r\n"},
    {H2NEG_ERR_H1_BARE_LF, 400, "GET /now HTTP/1.1\r\n" HOST "X: a`\n\r\n"},
    {H2NEG_ERR_H1_BARE_LF, 400, "GET /now HTTP/1.1\r\n" HOST "`\n"},
    {H2NEG_ERR_H1_BARE_CR, 400, "GET /now HTTP/1.1`\rX~\r\n" HOST "\r\n"},
    {H2NEG_ERR_H1_BARE_CR, 400, "GET /now HTTP/1.1\r\n" HOST "X: a`\rb~\r\n\r\n"},
    {H2NEG_ERR_H1_BARE_CR, 400, "GET /now HTTP/1.1\r\n" HOST "X: a`\r\r~\n\r\n"},
    {H2NEG_ERR_H1_CTL, 400, "GET /now HTTP/1.1\r\n" HOST "X: a`\x01\r\n\r\n"},
    {H2NEG_ERR_H1_CTL, 400, "GET /now HTTP/1.1\r\n" HOST "X: a`\x7f\r\n\r\n"},
    {H2NEG_ERR_H1_CTL, 400, "GET /no`\x0bw HTTP/1.1\r\n" HOST "\r\n"},
    {H2NEG_ERR_H1_TARGET, 400, "GET /now`#x HTTP/1.1\r\n" HOST "\r\n"},
    {H2NEG_ERR_H1_TARGET, 400, "GET `now HTTP/1.1\r\n" HOST "\r\n"},
    {H2NEG_ERR_H1_FIELD_SPACE, 400, "GET /now HTTP/1.1\r\n" HOST "X` : a\r\n\r\n"},
    {H2NEG_ERR_H1_FIELD_SPACE, 400, "GET /now HTTP/1.1\r\n" HOST "X`\t: a\r\n\r\n"},
    {H2NEG_ERR_H1_FIELD_COLON, 400, "GET /now HTTP/1.1\r\n" HOST "X`\r\n\r\n"},
    {H2NEG_ERR_H1_FIELD_NAME, 400, "GET /now HTTP/1.1\r\n" HOST "`: a\r\n\r\n"},
    {H2NEG_ERR_H1_FIELD_NAME, 400, "GET /now HTTP/1.1\r\n" HOST "X`(y: a\r\n\r\n"},
    {H2NEG_ERR_H1_FIELD_NAME, 400, "GET /now HTTP/1.1\r\n" HOST "X`\xe9: a\r\n\r\n"},
    {H2NEG_ERR_H1_FOLD, 400, "GET /now HTTP/1.1\r\n` X: a\r\n" HOST "\r\n"},
    {H2NEG_ERR_H1_FOLD, 400, "GET /now HTTP/1.1\r\n" HOST "X: a\r\n` b\r\n\r\n"},
    {H2NEG_ERR_H1_FOLD, 400, "GET /now HTTP/1.1\r\n" HOST "X: a\r\n`\tb\r\n\r\n"},
    {H2NEG_ERR_H1_HOST, 400, "GET /now HTTP/1.1\r\n\r\n"},
    {H2NEG_ERR_H1_HOST, 400, "GET /now HTTP/1.1\r\n" HOST HOST "\r\n"},
    {H2NEG_ERR_H1_HOST, 400, "GET /now HTTP/1.1\r\nHost: a b\r\n\r\n"},
    {H2NEG_ERR_H1_HOST, 400, "GET /now HTTP/1.1\r\nHost: u@a\r\n\r\n"},
    {H2NEG_ERR_H1_HOST, 400, "GET /now HTTP/1.1\r\nHost: a:b\r\n\r\n"},
    {H2NEG_ERR_H1_EMPTY_LINES, 400, "\r\n\r\n`\r\nGET /now HTTP/1.1\r\n" HOST "\r\n"}};

static void test_lines(void)
{
    size_t i;
    for (i = 0; i < sizeof bad_lines / sizeof bad_lines[0]; i++)
        refuse_head(&bad_lines[i]);
}

static const char *const good_heads[] = {
    "\r\n\r\nGET /now HTTP/1.1\r\n" HOST "\r\n",
    "GET /now HTTP/1.1\r\nHost:\r\n\r\n",
    "GET /now HTTP/1.1\r\nhOsT:   [::1]:80 \t\r\n\r\n",
    "GET /now HTTP/1.1\r\n" HOST "X: \r\nX:\ta\xff\tb\r\n\r\n",
    "GET /now HTTP/1.1\r\n" HOST "!#$%&'*+-.^_|~: a\r\n\r\n",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF /now HTTP/1.1\r\n" HOST "\r\n",
    "GET http://a/now HTTP/1.1\r\n" HOST "\r\n",
    "GET /now?a=%20&b=[] HTTP/1.1\r\n" HOST "\r\n",
    "GET /now HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n",
    "GET /now HTTP/1.1\r\n" HOST "Content-Length: 00000\r\n\r\n",
    "POST /end HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
    "POST /end HTTP/1.1\r\n" HOST "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n",
    "GET /end HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", /* body on GET */
    "DELETE /end HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"};

static void test_good_heads(void)
{
    size_t i;
    for (i = 0; i < sizeof good_heads / sizeof good_heads[0]; i++) {
        attack a;
        attack_h1(&a, good_heads[i], good_heads[i]);
        accepted(&a, NULL);
    }
}

/* A NUL cannot stand in a text: in the method, the target, a name, a value, the end of a line. */
static void test_nul(void)
{
    static const char head[] = "GET /now HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";
    size_t i;
    for (i = 0; i < sizeof head - 1; i++) {
        attack a;
        attack_h1(&a, "a NUL", head);
        a.sc.in.p[a.here + i] = 0;
        a.sc.unfed = 1;
        a.sc.wants = H2NEG_WANT_HALF_CLOSE;
        attack_play(&a, ANY, "...\nERROR *\n", HELLO "HTTP/1.1 *\n...");
    }
}

/* ---- framing: the classics of request smuggling -------------------------- */

#define POST_ "POST /end HTTP/1.1\r\n" HOST
#define SMUGGLED "0\r\n\r\nGET /smuggled HTTP/1.1\r\n" HOST "\r\n"

/* What frames a body is judged when the head is whole. */
static const bad_head bad_framing[] = {
    {H2NEG_ERR_BODY_CONFLICT, 400,
     POST_ "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" SMUGGLED},
    {H2NEG_ERR_BODY_CONFLICT, 400,
     POST_ "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" SMUGGLED},
    {H2NEG_ERR_BODY_TRANSFER, 400,
     "POST /end HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" SMUGGLED},
    {H2NEG_ERR_BODY_TRANSFER, 400,
     POST_ "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" SMUGGLED},
    {H2NEG_ERR_BODY_TRANSFER, 400, POST_ "Transfer-Encoding: chunked, chunked\r\n\r\n" SMUGGLED},
    {H2NEG_ERR_BODY_CODING, 501, POST_ "Transfer-Encoding: gzip, chunked\r\n\r\n" SMUGGLED},
    {H2NEG_ERR_BODY_TRANSFER, 400, POST_ "Transfer-Encoding: chunked, gzip\r\n\r\n" SMUGGLED},
    {H2NEG_ERR_BODY_TRANSFER, 400, POST_ "Transfer-Encoding: xchunked\r\n\r\n" SMUGGLED},
    {H2NEG_ERR_BODY_TRANSFER, 400, POST_ "Transfer-Encoding: chunked;x\r\n\r\n" SMUGGLED},
    {H2NEG_ERR_BODY_TRANSFER, 400, POST_ "Transfer-Encoding: identity\r\n\r\n" SMUGGLED},
    {H2NEG_ERR_BODY_TRANSFER, 400, POST_ "Transfer-Encoding:\r\n\r\n" SMUGGLED},
    {H2NEG_ERR_BODY_TRANSFER, 400, POST_ "Transfer-Encoding: \"chunked\"\r\n\r\n" SMUGGLED},
    {H2NEG_ERR_H1_CTL, 400,
     POST_ "Transfer-Encoding: `\x0b"
           "chunked\r\n\r\n" SMUGGLED},
    {H2NEG_ERR_BODY_REPEATED, 400, POST_ "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"},
    {H2NEG_ERR_BODY_REPEATED, 400, POST_ "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"},
    {H2NEG_ERR_BODY_REPEATED, 400, POST_ "Content-Length: 5, 5\r\n\r\nhello"},
    {H2NEG_ERR_BODY_LENGTH, 400, POST_ "Content-Length: +5\r\n\r\nhello"},
    {H2NEG_ERR_BODY_LENGTH, 400, POST_ "Content-Length: 0x5\r\n\r\nhello"},
    {H2NEG_ERR_BODY_LENGTH, 400, POST_ "Content-Length: 5_0\r\n\r\nhello"},
    {H2NEG_ERR_BODY_LENGTH, 400, POST_ "Content-Length: -0\r\n\r\nhello"},
    {H2NEG_ERR_BODY_LENGTH, 400, POST_ "Content-Length: \r\n\r\nhello"},
    {H2NEG_ERR_BODY_LENGTH, 400, POST_ "Content-Length: 5 5\r\n\r\nhello"},
    {H2NEG_ERR_BODY_LENGTH, 400, POST_ "Content-Length: 5.0\r\n\r\nhello"},
    {H2NEG_ERR_BODY_LENGTH, 400, POST_ "Content-Length: 99999999999999999999\r\n\r\n"},
    {H2NEG_ERR_BODY_LENGTH, 400, POST_ "Content-Length: 9223372036854775808\r\n\r\n"}};

static void test_framing(void)
{
    size_t i;
    for (i = 0; i < sizeof bad_framing / sizeof bad_framing[0]; i++) {
        const bad_head *row = &bad_framing[i];
        attack a;
        long at, decided;
        attack_h1(&a, row->octets, "");
        put_marked(&a, row->error, row->octets, &at, &decided);
        if (at == ANY)
            decided = (long)(strstr(row->octets, "\r\n\r\n") + 4 - row->octets);
        refused(&a, row->error, row->status, at, decided);
    }
}

/* The largest length that there is: taken, and nothing is allocated for it. */
static void test_largest_length(void)
{
    attack a;
    size_t peak;
    attack_h1(&a, "Content-Length 5", POST_ "Content-Length: 5\r\n\r\nx");
    attack_play(&a, ANY, NULL, NULL);
    peak = a.peak;
    attack_h1(&a, "Content-Length 2^63-1", POST_ "Content-Length: 9223372036854775807\r\n\r\nx");
    attack_play(&a, ANY, "...\nREQUEST 3 content-length=9223372036854775807\nDATA 3 \"x\"\n",
                HELLO);
    CHECK(a.peak <= peak + 1024);
}

/* ---- chunks -------------------------------------------------------------- */

static const bad_head bad_chunks[] = {
    {H2NEG_ERR_CHUNK_SIZE, 400, "0`x5\r\nhello\r\n0\r\n\r\n"},
    {H2NEG_ERR_CHUNK_SIZE, 400, "`_5\r\n"},
    {H2NEG_ERR_CHUNK_SIZE, 400, "5`_0\r\n"},
    {H2NEG_ERR_CHUNK_SIZE, 400, "`+5\r\n"},
    {H2NEG_ERR_CHUNK_SIZE, 400, "`-5\r\n"},
    {H2NEG_ERR_CHUNK_SIZE, 400, "` 5\r\n"},
    {H2NEG_ERR_CHUNK_SIZE, 400, "`g\r\n"},
    {H2NEG_ERR_CHUNK_SIZE, 400, "`:\r\n"},
    {H2NEG_ERR_CHUNK_SIZE, 400, "`\r\n"},
    {H2NEG_ERR_CHUNK_SIZE, 400, "`;a\r\n"},
    {ANY, 400, "5 `\r\nhello\r\n"},
    {H2NEG_ERR_CHUNK_SIZE, 400, "1000000000000`0\r\n"},
    {H2NEG_ERR_CHUNK_SIZE, 400, "0000000000000000`0\r\n"},
    {H2NEG_ERR_CHUNK_SIZE, 400, "fffffffffffff`f\r\n"},
    {H2NEG_ERR_CHUNK_END, 400, "5\r\nhello`0\r\n\r\n"},
    {H2NEG_ERR_CHUNK_END, 400, "5\r\nhello`XX0\r\n\r\n"},
    {H2NEG_ERR_CHUNK_END, 400, "5\r\nhello\r`X0\r\n\r\n"},
    {H2NEG_ERR_CHUNK_END, 400, "5\r\nhello`\n0\r\n\r\n"},
    {ANY, 400, "5`\nhello\r\n0\r\n\r\n"},
    {ANY, 400, "5\r`Xhello\r\n0\r\n\r\n"},
    {H2NEG_ERR_CHUNK_EXTENSION, 400, "5;a`\nb\r\nhello\r\n"},
    {H2NEG_ERR_CHUNK_EXTENSION, 400, "5;a=\"`\r\n\"\r\nhello\r\n"},
    {H2NEG_ERR_CHUNK_EXTENSION, 400, "5;a=\"`\n\"\r\nhello\r\n"},
    {H2NEG_ERR_CHUNK_EXTENSION, 400, "5;a=\"\\`\r\n\r\nhello\r\n"},
    {H2NEG_ERR_CHUNK_EXTENSION, 400, "5;a=\x01\r\nhello\r\n"},
    {H2NEG_ERR_CHUNK_EXTENSION, 400, "5;a=\x7f\r\nhello\r\n"},
    {H2NEG_ERR_CHUNK_EXTENSION, 400, "5;a=\"b\"c\r\nhello\r\n"},
    {H2NEG_ERR_CHUNK_EXTENSION, 400, "0;a`\n\r\n"},
    {H2NEG_ERR_TRAILER_FIELD, 400, "0\r\nContent-Length: 5\r\n\r\n"},
    {H2NEG_ERR_TRAILER_FIELD, 400, "0\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {H2NEG_ERR_TRAILER_FIELD, 400, "0\r\nHost: b\r\n\r\n"},
    {H2NEG_ERR_TRAILER_FIELD, 400, "0\r\nAuthorization: b\r\n\r\n"},
    {H2NEG_ERR_TRAILER_FIELD, 400, "0\r\nx-a: b\r\ncontent-length: 5\r\n\r\n"},
    {H2NEG_ERR_H1_FIELD_SPACE, 400, "0\r\nX` : a\r\n\r\n"},
    {H2NEG_ERR_H1_BARE_LF, 400, "0\r\nX: a`\n\r\n"},
    {H2NEG_ERR_H1_FOLD, 400, "0\r\nX: a\r\n` b\r\n\r\n"}};

static void test_chunks(void)
{
    size_t i;
    for (i = 0; i < sizeof bad_chunks / sizeof bad_chunks[0]; i++) {
        const bad_head *row = &bad_chunks[i];
        attack a;
        char output[160];
        long at, decided;
        attack_h1(&a, row->octets, CHUNKED);
        attack_here(&a);
        put_marked(&a, row->error, row->octets, &at, &decided);
        a.at = at;
        if (strstr(row->octets, "hello`") == NULL && strstr(row->octets, "hello\r`") == NULL)
            a.decided = decided; /* DATA come first where there are any */
        a.sc.unfed = 1;
        a.sc.wants = H2NEG_WANT_HALF_CLOSE;
        snprintf(output, sizeof output, HELLO "HTTP/1.1 %d connection=close\n...", row->status);
        attack_play(&a, row->error, "...\nREQUEST 3\n...\nERROR *\nDONE 3 !NO_ERROR\n", output);
    }
}

static const char *const good_chunks[] = {
    "5\r\nhello\r\n0\r\n\r\n",
    "005\r\nhello\r\n0\r\n\r\n",
    "0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n",
    "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
    "5;a\r\nhello\r\n0;b=c\r\n\r\n",
    "5 ; a = \"b;\\\"c\xff\" ;d\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n",
    "5\r\nhello\r\n0\r\nX-A: b\r\nX-B:\r\n\r\n"};

static void test_good_chunks(void)
{
    size_t i;
    for (i = 0; i < sizeof good_chunks / sizeof good_chunks[0]; i++) {
        attack a;
        attack_h1(&a, good_chunks[i], CHUNKED);
        buf_text(&a.sc.in, good_chunks[i]);
        accepted(&a, NULL);
    }
}

/* A chunk of 13 significant digits is taken: 2^52-1 octets are announced, nothing is allocated. */
static void test_largest_chunk(void)
{
    attack a;
    size_t peak;
    attack_h1(&a, "5", CHUNKED "0000000000000005\r\nx");
    attack_play(&a, ANY, NULL, NULL);
    peak = a.peak;
    attack_h1(&a, "fffffffffffff", CHUNKED "000fffffffffffff\r\nx");
    attack_play(&a, ANY, "...\nREQUEST 3\nDATA 3 \"x\"\n", HELLO);
    CHECK(a.peak <= peak + 1024);
}

/* A chunk's line: 1 KiB. The chunks' lines against their data: 16 KiB after 16 + 2 x data each. */
static void test_chunk_lines(void)
{
    attack a;
    int i, n;
    for (n = 1024; n < 1026; n++) {
        attack_h1(&a, n == 1024 ? "a chunk's line of 1,024" : "a chunk's line of 1,025", CHUNKED);
        attack_here(&a);
        buf_text(&a.sc.in, "5;a=");
        buf_fill(&a.sc.in, 'e', (size_t)n - 4);
        if (n == 1025)
            refused(&a, H2NEG_ERR_CHUNK_LINE_LONG, 400, 1024, 1025);
        else {
            buf_text(&a.sc.in, "\r\nhello\r\n0\r\n\r\n");
            accepted(&a, NULL);
        }
    }
    attack_h1(&a, "a chunk's line of 17 where 16 are let in", CHUNKED);
    a.sc.config.max_chunk_line = 16;
    attack_here(&a);
    buf_text(&a.sc.in, "5;aaaaaaaaaaaaaaaaa\r\n");
    refused(&a, H2NEG_ERR_CHUNK_LINE_LONG, 400, 16, 17);
    for (n = 0; n < 2; n++) { /* lines of 100 octets and CR LF for one octet of data */
        int count = 16384 / (100 - 16 - 2) + n;
        attack_h1(&a, n ? "lines that outweigh their data" : "heavy lines", CHUNKED);
        for (i = 0; i < count; i++) {
            attack_here(&a);
            buf_text(&a.sc.in, "1;a=");
            buf_fill(&a.sc.in, 'e', 96);
            buf_text(&a.sc.in, "\r\nh\r\n");
        }
        if (n) {
            refused(&a, H2NEG_ERR_CHUNK_OVERHEAD, 400, ANY, ANY);
        } else {
            buf_text(&a.sc.in, "0\r\n\r\n");
            accepted(&a, NULL);
        }
    }
    attack_h1(&a, "lines that their data outweigh", CHUNKED);
    a.chunk = 50;
    for (i = 0; i < 1000; i++) {
        buf_text(&a.sc.in, "32;a=");
        buf_fill(&a.sc.in, 'e', 90);
        buf_text(&a.sc.in, "\r\n");
        buf_fill(&a.sc.in, 'h', 50);
        buf_text(&a.sc.in, "\r\n");
    }
    buf_text(&a.sc.in, "0\r\n\r\n");
    accepted(&a, NULL);
    attack_h1(&a, "no excess at all", CHUNKED);
    a.sc.config.chunk_overhead = H2NEG_OFF;
    buf_text(&a.sc.in, "1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nh\r\n");
    refused(&a, H2NEG_ERR_CHUNK_OVERHEAD, 400, ANY, ANY);
}

/* ---- the head's size ----------------------------------------------------- */

static void test_request_line(void)
{
    attack a;
    int n;
    for (n = 8192; n < 8194; n++) {
        attack_h1(&a, n == 8192 ? "a line of 8,192" : "a line of 8,193", "GET /now?");
        buf_fill(&a.sc.in, 't', (size_t)n - 18);
        buf_text(&a.sc.in, " HTTP/1.1");
        if (n == 8193) {
            buf_text(&a.sc.in, "\r\n" HOST "\r\n");
            refused(&a, H2NEG_ERR_H1_LINE_LONG, 414, 8192, 8193);
        } else {
            buf_text(&a.sc.in, "\r\n" HOST "\r\n");
            accepted(&a, NULL);
        }
    }
    attack_h1(&a, "a target without end", "GET /");
    buf_fill(&a.sc.in, 't', 20000);
    refused(&a, H2NEG_ERR_H1_LINE_LONG, 414, 8192, 8193);
    attack_h1(&a, "a method without end", "");
    buf_fill(&a.sc.in, 'M', 20000);
    refused(&a, H2NEG_ERR_H1_METHOD, 400, 32, 8193); /* the line has no end */
    attack_h1(&a, "a line of 65 where 64 are let in", "GET /");
    a.sc.config.max_request_line = 64;
    buf_fill(&a.sc.in, 't', 100);
    refused(&a, H2NEG_ERR_H1_LINE_LONG, 414, 64, 65);
}

static void test_fields(void)
{
    attack a;
    int i, n;
    for (n = 128; n < 130; n++) {
        attack_h1(&a, n == 128 ? "128 fields" : "129 fields", "GET /now HTTP/1.1\r\n" HOST);
        for (i = 1; i < n; i++)
            buf_text(&a.sc.in, "x-y: z\r\n");
        buf_text(&a.sc.in, "\r\n");
        if (n == 129)
            refused(&a, H2NEG_ERR_H1_FIELDS_MANY, 431, ANY, ANY);
        else
            accepted(&a, NULL);
    }
    attack_h1(&a, "10^5 fields", "GET /now HTTP/1.1\r\n" HOST);
    a.chunk = 4000;
    for (i = 0; i < 100000; i++)
        buf_text(&a.sc.in, "x-y: z\r\n");
    refused(&a, H2NEG_ERR_H1_HEAD_LARGE, 431, 8192 + 32768 + 4096, ANY);
    for (n = 8192; n < 8194; n++) {
        attack_h1(&a, n == 8192 ? "a field line of 8,192" : "a field line of 8,193",
                  "GET /now HTTP/1.1\r\n" HOST);
        attack_here(&a);
        buf_text(&a.sc.in, "x-y: ");
        buf_fill(&a.sc.in, 'v', (size_t)n - 5);
        buf_text(&a.sc.in, "\r\n\r\n");
        if (n == 8193)
            refused(&a, H2NEG_ERR_H1_FIELD_LONG, 431, 8192, 8193);
        else
            accepted(&a, NULL);
    }
    for (n = 0; n < 2; n++) { /* Host: 4 + 1 + 32; four of 3 + v + 32 */
        int v = (32768 - 37) / 4 - 35;
        attack_h1(&a, n ? "a list above 32,768" : "a list just below 32,768",
                  "GET /now HTTP/1.1\r\n" HOST);
        for (i = 0; i < 4; i++) {
            attack_here(&a);
            buf_text(&a.sc.in, "x-y: ");
            buf_fill(&a.sc.in, 'v', (size_t)(v + (n && i == 3 ? 4 : 0)));
            buf_text(&a.sc.in, "\r\n");
        }
        buf_text(&a.sc.in, "\r\n");
        if (n)
            refused(&a, H2NEG_ERR_H1_HEAD_LARGE, 431, ANY, ANY);
        else
            accepted(&a, NULL);
    }
    attack_h1(&a, "129 trailers", CHUNKED "0\r\n");
    for (i = 0; i < 129; i++)
        buf_text(&a.sc.in, "x-y: z\r\n");
    buf_text(&a.sc.in, "\r\n");
    refused(&a, H2NEG_ERR_H1_FIELDS_MANY, 431, ANY, ANY);
    attack_h1(&a, "a trailer of 8,193", CHUNKED "0\r\n");
    attack_here(&a);
    buf_fill(&a.sc.in, 'x', 9000);
    refused(&a, H2NEG_ERR_H1_FIELD_LONG, 431, 8192, 8193);
}

/* Many empty lines before a request. */
static void test_empty_lines(void)
{
    attack a;
    attack_h1(&a, "an empty line where none is let in", "\r\nGET /now HTTP/1.1\r\n" HOST "\r\n");
    a.sc.config.max_empty_lines = H2NEG_OFF;
    refused(&a, H2NEG_ERR_H1_EMPTY_LINES, 400, 0, ANY);
    attack_h1(&a, "5 where 5 are let in", "\r\n\r\n\r\n\r\n\r\nGET /now HTTP/1.1\r\n" HOST "\r\n");
    a.sc.config.max_empty_lines = 5;
    accepted(&a, NULL);
}

/* Quadratic re-parse: a head of 30 KiB, octet by octet, is linear work. Time is not measured here
   but the parser's own memory of what it saw: one that scanned again from the front would need
   4.5 x 10^8 steps for each of these and not end in time. */
static void test_drip(void)
{
    attack a;
    int i, k;
    attack_h1(&a, "heads of 30 KiB in drips", "");
    for (k = 0; k < 5; k++) {
        buf_text(&a.sc.in, "GET /now HTTP/1.1\r\n" HOST);
        for (i = 0; i < 100; i++) {
            buf_text(&a.sc.in, "x-y: ");
            buf_fill(&a.sc.in, 'v', 280);
            buf_text(&a.sc.in, "\r\n");
        }
        buf_text(&a.sc.in, "\r\n");
    }
    accepted(&a, HELLO HELLO HELLO HELLO HELLO);
}

/* ---- bodies -------------------------------------------------------------- */

static void test_content_limit(void)
{
    attack a;
    attack_h1(&a, "Content-Length 1,001 where 1,000 are let in",
              POST_ "Content-Length: 1001\r\n\r\nhello");
    a.sc.config.max_content_length = 1000;
    refused(&a, H2NEG_ERR_LIMIT_BODY, 413, ANY, (long)strlen(POST_ "Content-Length: 1001\r\n\r\n"));
    attack_h1(&a, "1,001 octets in chunks", CHUNKED "3e8\r\n");
    a.sc.config.max_content_length = 1000;
    buf_fill(&a.sc.in, 'x', 1000);
    buf_text(&a.sc.in, "\r\n");
    attack_here(&a);
    buf_text(&a.sc.in, "1\r\nx");
    refused(&a, H2NEG_ERR_LIMIT_BODY, 413, 3, 3);
    attack_h1(&a, "1,000 octets", POST_ "Content-Length: 1000\r\n\r\n");
    a.sc.config.max_content_length = 1000;
    buf_fill(&a.sc.in, 'x', 1000);
    accepted(&a, NULL);
}

/* Expect in odd forms (RFC 9110 10.1.1): 417 and the connection goes on, or closes when a body may
   be under way; HTTP/1.0's is ignored. */
static void test_expect(void)
{
    static const char *const odd[] = {"100-continues", "200-ok",       "100-continue, foo",
                                      "foo=bar",       "100 continue", "\"100-continue\""};
    attack a;
    size_t i;
    for (i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        attack_h1(&a, odd[i], "");
        buf_fmt(&a.sc.in, POST_ "Expect: %s\r\nContent-Length: 5\r\n\r\nhello", odd[i]);
        a.sc.unfed = 1;
        attack_play(&a, ANY, NULL, HELLO "HTTP/1.1 417\n...");
    }
    attack_h1(&a, "100-Continue", POST_ "Expect: 100-Continue\r\nContent-Length: 5\r\n\r\nhello");
    accepted(&a, "HTTP/1.1 100\n" HELLO);
    attack_h1(&a, "without a body", "GET /now HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n\r\n");
    accepted(&a, NULL);
}

/* A final answer that ends before the body does: 64 KiB more are thrown away, and no octet more. */
static void test_early(void)
{
    attack a;
    attack_h1(&a, "65,536 octets behind an early answer",
              "POST /now HTTP/1.1\r\n" HOST "Content-Length: 65536\r\n\r\n");
    a.chunk = 1000;
    buf_fill(&a.sc.in, 'x', 65536);
    accepted(&a, "HTTP/1.1 200 !connection\nBODY \"hello\"\n");
    attack_h1(&a, "65,537 octets behind an early answer",
              "POST /now HTTP/1.1\r\n" HOST "Content-Length: 65537\r\n\r\n");
    a.chunk = 1000;
    buf_fill(&a.sc.in, 'x', 65537);
    buf_text(&a.sc.in, "GET /now HTTP/1.1\r\n" HOST "\r\n");
    a.sc.unfed = 1;
    attack_play(&a, 0, NULL, HELLO "HTTP/1.1 200 connection=close\nBODY \"hello\"\n");
    attack_h1(&a, "11 octets where 10 are thrown away",
              "POST /now HTTP/1.1\r\n" HOST "Content-Length: 11\r\n\r\n0123456789aGET /now ");
    a.sc.config.drain_octets = 10;
    a.sc.unfed = 1;
    attack_play(&a, 0, NULL, HELLO "HTTP/1.1 200 connection=close\nBODY \"hello\"\n");
    attack_h1(&a, "10 octets where 10 are thrown away",
              "POST /now HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n0123456789");
    a.sc.config.drain_octets = 10;
    accepted(&a, NULL);
}

/* Pipelining: one is dealt with at a time; input stops behind it and memory stays where it is. */
static void test_pipelining(void)
{
    h2neg_config config;
    meter m;
    side *s = (side *)calloc(1, sizeof *s);
    buf in = {0, 0, 0};
    size_t fed;
    int i;
    memset(&config, 0, sizeof config);
    memset(&m, 0, sizeof m);
    config.alloc_fn = meter_fn;
    config.alloc_user = &m;
    s->c = h2neg_conn_new(&config);
    buf_text(&in, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    for (i = 0; i < 5000; i++)
        buf_text(&in, "GET /now HTTP/1.1\r\n" HOST "\r\n");
    fed = side_feed(s, in.p, in.len);
    CHECK(fed <= 16384 && !(h2neg_wants(s->c) & H2NEG_WANT_READ));
    CHECK_INT(s->opened, 1);
    CHECK(m.live < 65536);
    app_reply(s, 1, 200, "late");
    side_drain(s);
    CHECK_INT(side_feed(s, in.p + fed, in.len - fed), in.len - fed);
    CHECK_INT(s->done, 5001);
    CHECK(m.peak <= h2neg_memory_bound(&config));
    side_free(s);
    free(s);
    buf_free(&in);
    CHECK_INT(m.live, 0);
}

/* max_requests: off by default; the last answer says close. */
static void test_max_requests(void)
{
    attack a;
    int n;
    for (n = 2; n < 4; n++) {
        attack_h1(&a, "3 requests",
                  "GET /now HTTP/1.1\r\n" HOST "\r\nGET /now HTTP/1.1\r\n" HOST "\r\n");
        a.sc.config.max_requests = (uint32_t)n;
        a.sc.unfed = 1;
        attack_play(&a, 0, NULL,
                    n == 2 ? HELLO "HTTP/1.1 200 connection=close\nBODY \"hello\"\n"
                           : HELLO HELLO "HTTP/1.1 200 connection=close\nBODY \"hello\"\n");
    }
}

/* Overhead over HTTP/1: what frames a body against the body. */
static void test_overhead(void)
{
    attack a;
    int i, n;
    for (n = 0; n < 2; n++) {
        attack_h1(&a, n ? "one-octet chunks with extensions" : "one-octet chunks", CHUNKED);
        a.sc.config.overhead_slack = 5000;
        for (i = 0; i < 1000; i++)
            buf_text(&a.sc.in, n ? "1;a=0123456\r\nx\r\n" : "1\r\nx\r\n");
        if (n) {
            refused(&a, H2NEG_ERR_LIMIT_OVERHEAD, 400, ANY, ANY);
        } else {
            buf_text(&a.sc.in, "0\r\n\r\n");
            accepted(&a, NULL);
        }
    }
}

/* ---- a client ------------------------------------------------------------ */

static void test_unasked(void)
{
    attack a;
    attack_init(&a, "a response before a request", ON_H1_CLIENT);
    a.sc.config.role = H2NEG_CLIENT;
    a.sc.config.protocols = H2NEG_HTTP1;
    buf_text(&a.sc.in, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    a.sc.unfed = 1;
    a.at = 0;
    attack_play(&a, H2NEG_ERR_UNASKED, "ERROR UNASKED\n", "");
    attack_h1_client(&a, "octets behind the last response",
                     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    attack_here(&a);
    buf_text(&a.sc.in, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    a.sc.unfed = 1;
    a.companion = 1;
    a.at = 0;
    a.decided = 1;
    attack_play(&a, H2NEG_ERR_UNASKED,
                "NEGOTIATED\nRESPONSE 1\nDATA 1 \"hello\"\nEND 1\nDONE 1 NO_ERROR\nERROR UNASKED\n",
                NULL);
}

static void test_responses(void)
{
    static const bad_head rows[] = {
        {H2NEG_ERR_H1_STATUS_LINE, 0, "HTTP/1.1 20 OK\r\n\r\n"},
        {H2NEG_ERR_H1_STATUS_LINE, 0, "HTTP/1.1 2000 OK\r\n\r\n"},
        {H2NEG_ERR_H1_STATUS_LINE, 0, "HTTP/1.1 099 OK\r\n\r\n"},
        {ANY, 0, "HTTP/2.0 200 OK\r\n\r\n"},
        {ANY, 0, "ICY 200 OK\r\n\r\n"},
        {ANY, 0, "\r\nHTTP/1.1 200 OK\r\n\r\n"},
        {H2NEG_ERR_H1_BARE_LF, 0, "HTTP/1.1 200 OK`\n\r\n"},
        {H2NEG_ERR_H1_FIELD_SPACE, 0, "HTTP/1.1 200 OK\r\nX` : a\r\n\r\n"},
        {H2NEG_ERR_BODY_CONFLICT, 0,
         "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {H2NEG_ERR_BODY_REPEATED, 0,
         "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"},
        {H2NEG_ERR_BODY_CODING, 0, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
        {H2NEG_ERR_UPGRADE_ANSWER, 0,
         "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n"}};
    attack a;
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        long at, decided;
        attack_h1_client(&a, rows[i].octets, "");
        put_marked(&a, rows[i].error, rows[i].octets, &at, &decided);
        a.at = at;
        a.sc.unfed = 1;
        attack_play(&a, rows[i].error, "...\nERROR *\nDONE 1 !NO_ERROR\n", "GET /a HTTP/1.1\n");
    }
    attack_h1_client(&a, "a folded field is one line",
                     "HTTP/1.1 200 OK\r\nX-A: b\r\n  c\r\nContent-Length: 0\r\n\r\n");
    a.companion = 1;
    attack_play(&a, 0, "NEGOTIATED\nRESPONSE 1 status=200 x-a=b_c\nEND 1\nDONE 1 NO_ERROR\n", NULL);
}

static void test_informational(void)
{
    attack a;
    int i, n;
    for (n = 16; n < 18; n++) {
        attack_h1_client(&a, n == 16 ? "16 interim responses" : "17 interim responses", "");
        for (i = 0; i < n; i++) {
            attack_here(&a);
            buf_text(&a.sc.in, "HTTP/1.1 103 Early Hints\r\n\r\n");
        }
        if (n == 16)
            buf_text(&a.sc.in, "HTTP/1.1 204 No Content\r\n\r\n");
        a.sc.unfed = 1;
        if (n == 17)
            a.decided = 28;
        attack_play(&a, n == 16 ? 0 : H2NEG_ERR_LIMIT_INFORMATIONAL,
                    n == 16 ? "...\nRESPONSE 1\nEND 1\nDONE 1 NO_ERROR\n"
                            : "...\nERROR LIMIT_INFORMATIONAL\nDONE 1 !NO_ERROR\n",
                    NULL);
    }
}

/* A client's limits of a head: 128 fields, lines of 8 KiB, a list of 64 KiB; and its chunks. */
static void client_head(const char *name, int fields, int value, int error)
{
    attack a;
    int i;
    attack_h1_client(&a, name, "HTTP/1.1 204 No Content\r\n");
    a.chunk = 333;
    for (i = 0; i < fields; i++) {
        buf_text(&a.sc.in, "x-y: ");
        buf_fill(&a.sc.in, 'v', (size_t)value);
        buf_text(&a.sc.in, "\r\n");
    }
    buf_text(&a.sc.in, "\r\n");
    a.sc.unfed = 1;
    if (!error)
        a.companion = 1;
    attack_play(&a, error,
                error ? "...\nERROR *\nDONE 1 !NO_ERROR\n"
                      : "NEGOTIATED\nRESPONSE 1 status=204\nEND 1\nDONE 1 NO_ERROR\n",
                NULL);
}

static void test_client_limits(void)
{
    static const char *const bad[] = {"5\nhello\r\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n",
                                      "5;a\nb\r\nhello\r\n", "0x5\r\nhello\r\n",
                                      "0\r\nContent-Length: 5\r\n\r\n"};
    attack a;
    size_t i;
    client_head("128 fields", 128, 1, 0);
    client_head("129 fields", 129, 1, H2NEG_ERR_H1_FIELDS_MANY);
    client_head("a line of 8,192", 1, 8187, 0);
    client_head("a line of 8,193", 1, 8188, H2NEG_ERR_H1_FIELD_LONG);
    client_head("a list just below 65,536", 8, 65536 / 8 - 35, 0);
    client_head("a list above 65,536", 9, 65536 / 9 - 34, H2NEG_ERR_H1_HEAD_LARGE);
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        attack_h1_client(&a, bad[i], "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        buf_text(&a.sc.in, bad[i]);
        a.sc.unfed = 1;
        attack_play(&a, ANY, "...\nRESPONSE 1\n...\nERROR *\nDONE 1 !NO_ERROR\n", NULL);
    }
}

/* ---- Upgrade ------------------------------------------------------------- */

#define H2C_FIELDS                                                                                 \
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"

/* h2c: switched off by default, over TLS never, and each way in which an offer does not count: it
   is answered as HTTP/1.1, and so is what stands behind it. */
static void test_h2c_ignored(void)
{
    static const char *const rows[] = {
        "GET /now HTTP/1.0\r\n" HOST "Connection: keep-alive, Upgrade, HTTP2-Settings\r\n"
        "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
        "GET /now HTTP/1.1\r\n" HOST "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
        "GET /now HTTP/1.1\r\n" HOST
        "Connection: HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
        "GET /now HTTP/1.1\r\n" HOST
        "Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
        "GET /now HTTP/1.1\r\n" HOST "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2\r\n"
        "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
        "GET /now HTTP/1.1\r\n" HOST "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
        "GET /now HTTP/1.1\r\n" HOST
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA!\r\n\r\n",
        "GET /now HTTP/1.1\r\n" HOST H2C_FIELDS "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
        "POST /end HTTP/1.1\r\n" HOST H2C_FIELDS "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /now HTTP/1.1\r\n" HOST
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: a,b,c,d,e,f,g,h,h2c\r\n"
        "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"};
    attack a;
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        attack_init(&a, rows[i], ON_H1);
        a.sc.config.protocols = H2NEG_PROTOCOLS_DEFAULT | H2NEG_H2C;
        buf_text(&a.sc.in, rows[i]);
        buf_text(&a.sc.in, "GET /now HTTP/1.1\r\n" HOST "\r\n");
        attack_play(&a, 0, "NEGOTIATED http/1.* default\n...", HELLO HELLO);
    }
    attack_init(&a, "off by default", ON_H1);
    buf_text(&a.sc.in, "GET /now HTTP/1.1\r\n" HOST H2C_FIELDS "\r\n");
    attack_play(&a, 0, "NEGOTIATED http/1.1 default\n...", HELLO);
    attack_init(&a, "never over TLS", ON_H1);
    a.sc.config.protocols = H2NEG_PROTOCOLS_DEFAULT | H2NEG_H2C;
    a.sc.config.tls = 1;
    a.sc.alpn = "http/1.1";
    buf_text(&a.sc.in, "GET /now HTTP/1.1\r\n" HOST H2C_FIELDS "\r\n");
    attack_play(&a, 0, "NEGOTIATED http/1.1 alpn\n...", HELLO);
    attack_init(&a, "as the second request", ON_H1);
    a.sc.config.protocols = H2NEG_PROTOCOLS_DEFAULT | H2NEG_H2C;
    buf_text(&a.sc.in, "GET /now HTTP/1.1\r\n" HOST "\r\n");
    buf_text(&a.sc.in, "GET /now HTTP/1.1\r\n" HOST H2C_FIELDS "\r\n");
    attack_play(&a, 0, "NEGOTIATED http/1.1 default\n...", HELLO HELLO);
}

/* HTTP2-Settings hold as many entries as SETTINGS may; with more the offer is ignored, so that none
   of its values is lost behind a 101. */
static void h2c_settings(uint32_t most, int entries)
{
    attack a;
    int i, good = entries <= (int)most;
    attack_init(&a, good ? "as many entries as may be" : "an entry too many", ON_H1);
    a.sc.config.protocols = H2NEG_PROTOCOLS_DEFAULT | H2NEG_H2C;
    a.sc.config.max_settings_entries = most;
    buf_text(&a.sc.in, "GET /now HTTP/1.1\r\n" HOST "Connection: Upgrade, HTTP2-Settings\r\n"
                       "Upgrade: h2c\r\nHTTP2-Settings: ");
    for (i = 0; i < entries; i++)
        buf_text(&a.sc.in, i == entries - 1 ? "AAQAAAAD" : "EAAAAAAA"); /* 4=3, 0x1000=0 */
    buf_text(&a.sc.in, "\r\n\r\n");
    if (good)
        put_preface(&a.sc.in, "4=3");
    attack_play(&a, ANY, good ? "NEGOTIATED h2c upgrade\n..." : "NEGOTIATED http/1.1 default\n...",
                good ? "HTTP/1.1 101\nSETTINGS\nHEADERS 1\nDATA 1 \"hel\" !end\n..." : HELLO);
}

static void test_h2c_settings(void)
{
    h2c_settings(32, 32);
    h2c_settings(32, 33);
    h2c_settings(1, 1);
    h2c_settings(1, 2);
}

/* max_upgrade_body: 16 KiB are read first; one octet more and the offer is ignored. */
static void test_h2c_body(void)
{
    attack a;
    int n;
    for (n = 16384; n < 16386; n++) {
        attack_init(&a, n == 16384 ? "16,384 octets with an offer" : "16,385 octets with an offer",
                    ON_H1);
        a.chunk = 100;
        a.sc.config.protocols = H2NEG_PROTOCOLS_DEFAULT | H2NEG_H2C;
        buf_fmt(&a.sc.in, "POST /end HTTP/1.1\r\n" HOST H2C_FIELDS "Content-Length: %d\r\n\r\n", n);
        buf_fill(&a.sc.in, 'x', (size_t)n);
        if (n == 16384)
            put_preface(&a.sc.in, "");
        a.companion = 1;
        attack_play(&a, 0,
                    n == 16384 ? "NEGOTIATED h2c upgrade\nREQUEST 1\nDATA 1 <16384:*\nEND 1\n..."
                               : "NEGOTIATED http/1.1\nREQUEST 1\nDATA 1 <16385:*\nEND 1\n...",
                    n == 16384 ? "HTTP/1.1 101 upgrade=h2c\nSETTINGS\n..." : HELLO);
    }
}

/* Premature Upgrade (CVE-2026-2833): what stands behind the offer belongs to nobody until the
   application accepts or declines; then it is the tunnel's, or the next request. */
static void call_accept_1(side *s)
{
    job *j = side_job(s, 1);
    side_ok(s, 1, h2neg_accept(s->c, 1, NULL, NULL, 0), "accept");
    if (j)
        j->kind = JOB_TUNNEL;
}

static void call_decline_1(side *s)
{
    app_reply(s, 1, 403, "no");
}

static void test_premature(void)
{
    static const char offer[] =
        "GET /later HTTP/1.1\r\n" HOST "Connection: upgrade\r\nUpgrade: foo\r\n\r\n";
    attack a;
    attack_init(&a, "accepted", ON_H1);
    buf_text(&a.sc.in, offer);
    buf_text(&a.sc.in, "GET /now HTTP/1.1\r\n" HOST "\r\n");
    script_call(&a.sc, call_accept_1);
    attack_play(&a, ANY, "NEGOTIATED\nREQUEST 1 upgrade=foo\nOPEN 1\nDATA 1\n",
                "HTTP/1.1 101 upgrade=foo\nRAW *\n");
    attack_init(&a, "declined", ON_H1);
    buf_text(&a.sc.in, offer);
    buf_text(&a.sc.in, "GET /now HTTP/1.1\r\n" HOST "\r\n");
    script_call(&a.sc, call_decline_1);
    attack_play(&a, 0, "NEGOTIATED\nREQUEST 1\nEND 1\nDONE 1\nREQUEST 3\nEND 3\nDONE 3 NO_ERROR\n",
                "HTTP/1.1 403\nBODY \"no\"\n" HELLO);
    attack_init(&a, "not yet", ON_H1);
    buf_text(&a.sc.in, offer);
    buf_text(&a.sc.in, "G@T /now HTTP/1.1\r\n" HOST "\r\n"); /* not even looked at */
    a.sc.unfed = 1;
    attack_play(&a, ANY, "NEGOTIATED\nREQUEST 1 upgrade=foo\n", "");
}

/* A client switches only on 101, with a token that it offered (CVE-2024-23326). */
static void call_upgrade(side *s)
{
    h2neg_message m = message_get("/");
    m.upgrade = h2neg_s("foo");
    side_ok(s, 0, side_request(s, &m, 0, NULL), "request");
}

static void test_client_upgrade(void)
{
    static const struct {
        const char *answer, *events;
        int error;
    } rows[] = {
        {"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\nraw",
         "NEGOTIATED\nOPEN 1 upgrade=foo\nDATA 1 \"raw\"\n", ANY},
        {"HTTP/1.1 200 OK\r\nConnection: upgrade\r\nUpgrade: foo\r\nContent-Length: 3\r\n\r\nraw",
         "NEGOTIATED\nRESPONSE 1\nDATA 1 \"raw\"\nEND 1\nDONE 1 NO_ERROR\n", 0},
        {"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: bar\r\n\r\nraw",
         "...\nERROR UPGRADE_ANSWER\nDONE 1 !NO_ERROR\n", H2NEG_ERR_UPGRADE_ANSWER},
        {"HTTP/1.1 101 X\r\nUpgrade: foo\r\n\r\nraw",
         "...\nERROR UPGRADE_ANSWER\nDONE 1 !NO_ERROR\n", H2NEG_ERR_UPGRADE_ANSWER},
        {"HTTP/1.1 101 X\r\nConnection: upgrade\r\n\r\nraw",
         "...\nERROR UPGRADE_ANSWER\nDONE 1 !NO_ERROR\n", H2NEG_ERR_UPGRADE_ANSWER},
        {"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: foo, bar\r\n\r\nraw",
         "...\nERROR UPGRADE_ANSWER\nDONE 1 !NO_ERROR\n", H2NEG_ERR_UPGRADE_ANSWER}};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        attack a;
        attack_init(&a, rows[i].answer, ON_H1_CLIENT);
        a.sc.config.role = H2NEG_CLIENT;
        a.sc.config.protocols = H2NEG_HTTP1;
        script_call(&a.sc, call_upgrade);
        buf_text(&a.sc.in, rows[i].answer);
        a.sc.unfed = 1;
        attack_play(&a, rows[i].error, rows[i].events, NULL);
    }
}

/* max_upgrade_tokens: 8 are looked at, and no ninth can be chosen. */
static int hook_ninth(side *s, const h2neg_event *ev)
{
    if (ev->type != H2NEG_EV_REQUEST)
        return 0;
    CHECK(h2neg_accept(s->c, ev->stream, "i", NULL, 0) < 0);
    CHECK_INT(h2neg_accept(s->c, ev->stream, "h", NULL, 0), 0);
    return 1;
}

static void test_tokens(void)
{
    attack a;
    attack_init(&a, "nine tokens", ON_H1);
    a.sc.hook = hook_ninth;
    buf_text(&a.sc.in,
             "GET / HTTP/1.1\r\n" HOST "Connection: upgrade\r\nUpgrade: a,b,c,d,e,f,g,h,i\r\n\r\n");
    attack_play(&a, ANY, NULL, "HTTP/1.1 101 upgrade=h\n");
}

/* ---- what is not HTTP ---------------------------------------------------- */

/* Cross-protocol: the first line must parse; nothing that came is echoed; close at once. */
static void test_cross_protocol(void)
{
    static const struct {
        const char *octets;
        int status;
    } rows[] = {{"EHLO evil.example\r\nMAIL FROM:<x>\r\n", 400},
                {"USER anonymous\r\nPASS x\r\n", 400},
                {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400},
                {"SSH-2.0-OpenSSH_9.6\r\n", 400},
                {"\x05\x01", 400},
                {"*1\r\n$4\r\nPING\r\n", 400},
                {"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", 400},
                {"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n", 400}};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        attack a;
        char output[80];
        attack_init(&a, rows[i].octets, ON_H1);
        a.sc.config.protocols = H2NEG_HTTP1;
        buf_add(&a.sc.in, rows[i].octets, i == 2 ? 11 : strlen(rows[i].octets));
        buf_text(&a.sc.in, "<script>alert(1)</script>\r\n\r\n");
        a.never = "script";
        a.sc.unfed = 1;
        a.sc.wants = H2NEG_WANT_HALF_CLOSE;
        snprintf(output, sizeof output, "HTTP/1.1 %d connection=close\n...",
                 i == 6 ? 505 : rows[i].status);
        attack_play(&a, ANY, "ERROR *\n", output);
    }
}

/* Prior knowledge switched off: 505, a plain sentence, a close. */
static void test_prior_off(void)
{
    attack a;
    attack_init(&a, "the preface where prior knowledge is off", ON_H1);
    a.sc.config.protocols = H2NEG_HTTP1;
    put_preface(&a.sc.in, "");
    a.sc.unfed = 1;
    a.sc.wants = H2NEG_WANT_HALF_CLOSE;
    attack_play(&a, H2NEG_ERR_PEER_IS_HTTP2, "ERROR PEER_IS_HTTP2\n",
                "HTTP/1.1 505 connection=close\nBODY *\n");
    attack_init(&a, "and where it is on", ON_H2);
    put_preface(&a.sc.in, "");
    put_get(&a.sc.in, 1, "/now");
    a.companion = 1;
    attack_play(&a, 0, NULL, NULL);
}

/* ---- what we send -------------------------------------------------------- */

static const char *split_text;
static int split_where;

/* Response splitting: CR, LF, NUL in a name, a value, a type, a method, a target, an authority, an
   upgrade token: H2NEG_ERR_INVALID, and nothing was written. */
static int hook_split(side *s, const h2neg_event *ev)
{
    h2neg_message m = message_status(200);
    h2neg_field f = h2neg_f("x-a", "b");
    char text[64];
    size_t n = strlen(split_text);
    if (ev->type != H2NEG_EV_REQUEST)
        return 0;
    memcpy(text, split_text, n + 1);
    if (split_where == 0)
        f.value = h2neg_s(text);
    if (split_where == 1)
        f.name = h2neg_s(text);
    if (strcmp(split_text, "0") == 0) /* a NUL */
        f.value.ptr = "a\0b", f.value.len = 3;
    m.fields = &f;
    m.field_count = 1;
    if (split_where == 2)
        CHECK(h2neg_reply(s->c, ev->stream, 200, text, "x", 1) == H2NEG_ERR_INVALID);
    else
        CHECK(h2neg_respond(s->c, ev->stream, &m, 0) == H2NEG_ERR_INVALID);
    app_reply(s, ev->stream, 200, "hello");
    return 1;
}

static void test_splitting(void)
{
    static const char *const rows[] = {"a\r\nSet-Cookie: b", "a\rb", "a\nb", "0", " a", "a "};
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (split_where = 0; split_where < 3; split_where++) {
            attack a;
            split_text = rows[i];
            if ((i == 3 && split_where) || (i > 3 && split_where == 2))
                continue;
            attack_init(&a, "a response that would be split", ON_H1);
            a.sc.hook = hook_split;
            buf_text(&a.sc.in, "GET /now HTTP/1.1\r\n" HOST "\r\n");
            attack_play(&a, 0, NULL, HELLO);
            attack_init(&a, "a response that would be split, HTTP/2", ON_H2);
            a.sc.hook = hook_split;
            put_preface(&a.sc.in, "");
            put_get(&a.sc.in, 1, "/now");
            attack_play(&a, 0, NULL, "SETTINGS\nSETTINGS ACK\nHEADERS 1\nDATA 1 \"hello\" end\n");
        }
}

CHECK_MAIN(test_lines, test_good_heads, test_nul, test_framing, test_largest_length, test_chunks,
           test_good_chunks, test_largest_chunk, test_chunk_lines, test_request_line, test_fields,
           test_empty_lines, test_drip, test_content_limit, test_expect, test_early,
           test_pipelining, test_max_requests, test_overhead, test_unasked, test_responses,
           test_informational, test_client_limits, test_h2c_ignored, test_h2c_settings,
           test_h2c_body, test_premature, test_client_upgrade, test_tokens, test_cross_protocol,
           test_prior_off, test_splitting)
