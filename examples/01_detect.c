/* Lesson 1: what the first octets of a connection say.

   One port may be spoken to in many ways, so a server looks before it reads. Three pieces do that;
   like all pieces they are functions over your memory that allocate nothing:
     h2neg_detect         names what it sees, or says that it needs more, and never takes an octet
     h2neg_client_hello   reads on where it is TLS: which server is wanted, which protocols are
   offered h2neg_proxy_read     takes off the header that a load balancer puts in front

   HTTP/1.1: RFC 9112 3. HTTP/2's preface: RFC 9113 3.4. ClientHello: RFC 8446 4.1.2, with the name
   of RFC 6066 3 and the list of RFC 7301 3.1. PROXY: haproxy.org, proxy-protocol.txt.

   cc -I. examples/01_detect.c -o 01_detect && ./01_detect */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- six connections, each with what its client sends first ---- */

#define GET "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"

/* As small as TLS 1.3 lets it be. A real one has more ciphers, and keys. */
/* clang-format off */
#define CLIENT_HELLO                                                                               \
    "\x16\x03\x01\x00\x5c"                           /* record: a handshake, 92 octets */          \
    "\x01\x00\x00\x58\x03\x03"                       /* ClientHello, 88 octets, as of TLS 1.2 */   \
    "(here stand 32 octets of random)"                                                             \
    "\x00" "\x00\x02\x13\x01" "\x01\x00" "\x00\x2d"  /* session, ciphers, compression, 45 octets:*/\
    "\x00\x00\x00\x10\x00\x0e\x00\x00\x0b" "example.org"      /* server_name */                    \
    "\x00\x10\x00\x0e\x00\x0c" "\x02" "h2" "\x08" "http/1.1"  /* ALPN */                           \
    "\x00\x2b\x00\x03\x02\x03\x04"                            /* supported_versions: TLS 1.3 */
/* clang-format on */

#define PROXY1 "PROXY TCP4 192.0.2.1 198.51.100.7 51234 80\r\n"
#define PROXY2 "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x07\xc8\x22\0\x50"

typedef struct opening {
    const char *what, *octets;
    size_t len;
} opening;
#define OCTETS(text) text, sizeof(text) - 1

static const opening openings[] = {
    {"a browser, https", OCTETS(CLIENT_HELLO)},
    {"a client that knows HTTP/2", OCTETS(H2NEG_PREFACE)},
    {"a browser, http", OCTETS(GET)},
    {"a load balancer that says for whom it calls", OCTETS(PROXY1 GET)},
    {"the same in binary, and HTTP/2 behind it", OCTETS(PROXY2 H2NEG_PREFACE)},
    {"something else: SOCKS", OCTETS("\x05\x01\x00")},
};

/* ---- the trace: the octets in words ---- */

static void print_line(void *user, const h2neg_trace_line *line)
{
    char text[2048];
    (void)user;
    printf("%.*s\n", (int)h2neg_trace_write(text, sizeof text, line, 0), text);
}

static void print_trace(const char *octets, size_t len)
{
    h2neg_trace_options options = {.line_fn = print_line};
    void *block = malloc(h2neg_trace_memory());
    h2neg_trace *trace = h2neg_trace_place(block, h2neg_trace_memory(), &options);
    h2neg_trace_end(trace, H2NEG_SERVER); /* which never answers here */
    h2neg_trace_octets(trace, H2NEG_CLIENT, octets, len);
    h2neg_trace_end(trace, H2NEG_CLIENT);
    free(block);
}

/* ---- what a ClientHello says ---- */

static void read_client_hello(const char *in, size_t len)
{
    static unsigned char scratch[16384]; /* for a ClientHello that is cut into records */
    h2neg_client_hello_info hello;
    h2neg_str ours = {"\2h2\10http/1.1", 12}, rest, name, chosen;
    ptrdiff_t got = 0;
    size_t n;
    for (n = 0; n < len && got == 0; n++) /* the worst network: octet by octet */
        got = h2neg_client_hello(&hello, in, n + 1, scratch, sizeof scratch);
    if (got <= 0) { /* from a socket: 0 means that more has to be read */
        printf("%s.\n", got ? h2neg_error_text((int)got) : "It is cut");
        return;
    }
    printf("The ClientHello is whole after %d octets. It is for %.*s and offers", (int)got,
           (int)hello.server_name.len, hello.server_name.ptr);
    for (rest = hello.alpn; h2neg_alpn_next(&rest, &name) == 1;)
        printf(" %.*s", (int)name.len, name.ptr);
    h2neg_alpn_select(ours, hello.alpn, &chosen); /* by the server's preference */
    printf(".\nA server that likes h2 best chooses %.*s.\n", (int)chosen.len, chosen.ptr);
}

/* ---- the look ---- */

static int detect(const char *in, size_t len)
{
    static const char *const names[] = {
        [H2NEG_DETECT_MORE] = "too few to tell",   [H2NEG_DETECT_HTTP1] = "HTTP/1",
        [H2NEG_DETECT_HTTP2] = "HTTP/2",           [H2NEG_DETECT_TLS] = "TLS",
        [H2NEG_DETECT_PROXY1] = "PROXY version 1", [H2NEG_DETECT_PROXY2] = "PROXY version 2",
        [H2NEG_DETECT_OTHER] = "none of ours"};
    int kind = H2NEG_DETECT_MORE;
    size_t n = 0;
    while (kind == H2NEG_DETECT_MORE && n < len)
        kind = h2neg_detect(in, ++n); /* all from the first one on, each time */
    printf("After %d octet%s: %s.\n", (int)n, n > 1 ? "s" : "", names[kind]);
    return kind;
}

/* Returns how many octets the header takes: what is behind it is the connection itself. */
static size_t read_proxy(const char *in, size_t len)
{
    h2neg_proxy p;
    ptrdiff_t got = h2neg_proxy_read(&p, in, len);
    if (got <= 0)
        return len;
    printf("The header takes %d octets. The client is %d.%d.%d.%d, port %d. Behind it:\n", (int)got,
           p.source[0], p.source[1], p.source[2], p.source[3], p.source_port);
    return (size_t)got;
}

int main(void)
{
    size_t i, skip;
    for (i = 0; i < sizeof openings / sizeof *openings; i++) {
        const opening *o = &openings[i];
        int kind;
        printf("%s%d. %s\n", i ? "\n" : "", (int)i + 1, o->what);
        print_trace(o->octets, o->len);
        kind = detect(o->octets, o->len);
        if (kind == H2NEG_DETECT_TLS)
            read_client_hello(o->octets, o->len);
        if (kind == H2NEG_DETECT_PROXY1 || kind == H2NEG_DETECT_PROXY2) {
            skip = read_proxy(o->octets, o->len);
            detect(o->octets + skip, o->len - skip);
        }
    }
    return 0;
}
