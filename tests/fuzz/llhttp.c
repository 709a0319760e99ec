/* llhttp.c: what h2neg's pieces say of HTTP/1 messages, for llhttp.js to hold against llhttp.
   Each message on standard input: a line "request N" or "response N", then N octets. For each, a
   line of JSON: {"error": name}, {"more": octets taken}, or what the message is; octets in hex. */
#include "h2neg.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 200 };
static h2neg_field fields[FIELDS], trailers[FIELDS];
static char text[40000];

/* What takes the octets of one message in turn. */
typedef struct message {
    const char *in;
    size_t len, at;
    h2neg_h1_head head, trailer;
    int kind;
    h2neg_str body[4096];
    size_t runs;
} message;

static void tell_hex(const char *name, h2neg_str s)
{
    size_t i;
    printf("\"%s\": \"", name);
    for (i = 0; i < s.len; i++)
        printf("%02x", (unsigned char)s.ptr[i]);
    printf("\"");
}

static void tell_fields(const char *name, const h2neg_h1_head *h)
{
    size_t i;
    printf(", \"%s\": [", name);
    for (i = 0; i < h->count; i++) {
        printf("%s{", i ? ", " : "");
        tell_hex("name", h->fields[i].name);
        printf(", ");
        tell_hex("value", h->fields[i].value);
        printf("}");
    }
    printf("]");
}

/* The chunks and the trailers: 1 at the end, 0 for more, or an error. */
static ptrdiff_t read_chunks(message *m)
{
    h2neg_chunked d;
    ptrdiff_t r;
    memset(&d, 0, sizeof d);
    while (!d.done) {
        h2neg_str data = {NULL, 0};
        if (m->at == m->len)
            return 0;
        r = h2neg_chunked_decode(&d, m->in + m->at, m->len - m->at, &data);
        if (r < 0)
            return r;
        m->at += (size_t)r;
        if (data.len && m->runs < sizeof m->body / sizeof m->body[0])
            m->body[m->runs++] = data;
    }
    m->trailer.fields = trailers;
    m->trailer.room = FIELDS;
    r = h2neg_h1_parse_trailers(&m->trailer, m->in + m->at, m->len - m->at, 0);
    m->at += r > 0 ? (size_t)r : 0;
    return r;
}

static ptrdiff_t read_message(message *m, int response)
{
    uint64_t length = 0;
    ptrdiff_t r;
    m->head.fields = fields;
    m->head.room = FIELDS;
    m->head.text = text;
    m->head.text_room = sizeof text;
    r = response ? h2neg_h1_parse_response(&m->head, m->in, m->len, 0)
                 : h2neg_h1_parse_request(&m->head, m->in, m->len, 0);
    if (r <= 0)
        return r;
    m->at = (size_t)r;
    m->kind = h2neg_body_kind(&m->head, response ? h2neg_s("GET") : m->head.method, &length);
    if (m->kind < 0)
        return m->kind;
    if (m->kind == H2NEG_BODY_CHUNKED)
        return read_chunks(m);
    if (m->kind == H2NEG_BODY_CLOSE)
        length = m->len - m->at;
    if (m->kind != H2NEG_BODY_LENGTH && m->kind != H2NEG_BODY_CLOSE)
        return 1;
    if (length > m->len - m->at)
        return 0;
    m->body[0].ptr = m->in + m->at;
    m->body[0].len = (size_t)length;
    m->runs = 1;
    m->at += (size_t)length;
    return 1;
}

static void tell(const message *m, ptrdiff_t r)
{
    static const char *const kinds[] = {"", "none", "length", "chunked", "close", "tunnel"};
    size_t i, n;
    if (r < 0) {
        printf("{\"error\": \"%s\"}\n", h2neg_error_name((int)r));
        return;
    }
    if (r == 0) {
        printf("{\"more\": %lu}\n", (unsigned long)m->at);
        return;
    }
    printf("{\"used\": %lu, \"minor\": %d, \"status\": %d, \"frame\": \"%s\", \"persists\": %d, ",
           (unsigned long)m->at, m->head.minor, m->head.status, kinds[m->kind],
           h2neg_h1_persists(&m->head));
    tell_hex("method", m->head.method);
    printf(", ");
    tell_hex("target", m->head.target);
    printf(", ");
    tell_hex("reason", m->head.reason);
    tell_fields("fields", &m->head);
    tell_fields("trailers", &m->trailer);
    printf(", \"body\": \"");
    for (i = 0; i < m->runs; i++)
        for (n = 0; n < m->body[i].len; n++)
            printf("%02x", (unsigned char)m->body[i].ptr[n]);
    printf("\"}\n");
}

int main(void)
{
    static message m;
    static char in[1 << 17];
    char kind[16];
    unsigned long n;
    while (scanf("%15s %lu", kind, &n) == 2 && getchar() == '\n') {
        if (n > sizeof in || fread(in, 1, n, stdin) != n)
            return 2;
        memset(&m, 0, sizeof m);
        m.in = in;
        m.len = n;
        tell(&m, read_message(&m, strcmp(kind, "response") == 0));
    }
    return 0;
}
