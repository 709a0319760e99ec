/* Lesson 4: ALPN. Over TLS the handshake itself settles what is spoken.

   The client lists what it speaks in its ClientHello, the server picks one, and the first octets
   inside TLS are of that protocol. With or without HTTP/2 on each side this makes the classic four
   rows; two more show a client without ALPN, and one that has nothing in common with the server.
   OpenSSL 3 does TLS, over memory in place of sockets; H2NEG_OPENSSL is the glue for the choice.

   RFC 7301 (ALPN; 3.2: the server's preference, or alert 120), RFC 9113 3.2 (HTTP/2 over TLS).

   cc -DH2NEG_OPENSSL -I. examples/04_alpn.c -lssl -lcrypto -o 04_alpn && ./04_alpn */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- the handshake ---- */

/* A certificate that lives as long as its context: P-256, signed by itself. */
static void certify(SSL_CTX *ctx)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_sign(cert, key, EVP_sha256());
    SSL_CTX_use_certificate(ctx, cert);
    SSL_CTX_use_PrivateKey(ctx, key);
    X509_free(cert);
    EVP_PKEY_free(key);
}

/* What the client offers stands in the clear; so does an alert in place of an answer. */
static void print_first(BIO *wire)
{
    h2neg_client_hello_info hello; /* OpenSSL sends it in one record: no scratch is needed */
    h2neg_str name;
    char *octets;
    size_t len = (size_t)BIO_get_mem_data(wire, &octets);
    if (h2neg_client_hello(&hello, octets, len, NULL, 0) > 0) {
        printf("The ClientHello offers%s", hello.alpn.ptr ? "" : " nothing");
        while (h2neg_alpn_next(&hello.alpn, &name) == 1)
            printf(" %.*s", (int)name.len, name.ptr);
        printf(".\n");
    } else if (len == 7 && octets[0] == 0x15) {
        printf("The server answers with alert %d: they have no protocol in common.\n", octets[6]);
    }
}

/* Two buffers are the network. 1: TLS stands. */
static int handshake(SSL *client, SSL *server)
{
    BIO *up = BIO_new(BIO_s_mem()), *down = BIO_new(BIO_s_mem());
    BIO_up_ref(up), BIO_up_ref(down); /* each of them belongs to both sides */
    SSL_set_bio(client, down, up);
    SSL_set_bio(server, up, down);
    SSL_connect(client); /* ClientHello */
    print_first(up);
    SSL_accept(server); /* the answer */
    print_first(down);
    return SSL_connect(client) == 1 && SSL_accept(server) == 1;
}

/* ---- inside TLS ---- */

/* As with sockets, with SSL_write and SSL_read between the connections. 1: something moved. */
static int carry(h2neg_conn *from, SSL *out, h2neg_conn *to, SSL *in)
{
    static char octets[16384];
    h2neg_event ev;
    const void *run;
    size_t len = h2neg_output(from, &run);
    int wrote = len ? SSL_write(out, run, (int)len) : 0, got = 0;
    h2neg_output_done(from, wrote > 0 ? (size_t)wrote : 0);
    if (h2neg_wants(to) & H2NEG_WANT_READ)
        got = SSL_read(in, octets, (int)sizeof octets);
    h2neg_feed(to, octets, got > 0 ? (size_t)got : 0);
    while (h2neg_next(to, &ev)) {
        if (ev.type == H2NEG_EV_REQUEST || ev.type == H2NEG_EV_RESPONSE)
            printf("The %s speaks %s, by %s.\n", ev.type == H2NEG_EV_REQUEST ? "server" : "client",
                   h2neg_protocol_name(ev.protocol), h2neg_via_name(ev.via));
        if (ev.type == H2NEG_EV_REQUEST)
            h2neg_reply(to, ev.stream, 200, "text/plain", "hello\n", 6);
    }
    return wrote > 0 || got > 0;
}

/* Frames and start lines alone: the other lessons show what is in them. */
static void print_line(void *user, const h2neg_trace_line *line)
{
    char text[2048];
    (void)user;
    if (line->depth == 0)
        printf("%.*s\n", (int)h2neg_trace_write(text, sizeof text, line, 0), text);
}

/* What the handshake agreed on is told to the connection before its first octet. */
static h2neg_conn *connection(SSL *ssl, int role, unsigned protocols, h2neg_trace *trace)
{
    h2neg_config config = {.role = role,
                           .protocols = protocols,
                           .tls = 1,
                           .trace_fn = h2neg_trace_octets,
                           .trace_user = trace};
    h2neg_conn *c = h2neg_conn_new(&config);
    h2neg_str agreed;
    h2neg_openssl_agreed(ssl, &agreed); /* ptr NULL: there is no ALPN, which means HTTP/1.1 */
    h2neg_tls_agreed(c, agreed.ptr, agreed.len);
    return c;
}

static void row(const char *title, unsigned ours, unsigned theirs, const char *alpn)
{
    h2neg_trace_options options = {.line_fn = print_line};
    void *block = malloc(h2neg_trace_memory());
    h2neg_trace *trace = h2neg_trace_place(block, h2neg_trace_memory(), &options);
    SSL_CTX *client = SSL_CTX_new(TLS_client_method()), *server = SSL_CTX_new(TLS_server_method());
    SSL *c_tls = SSL_new(client), *s_tls;
    h2neg_message get = {.authority = {"localhost", 9}};
    uint32_t stream;
    certify(server);
    h2neg_openssl_server(server, theirs);
    s_tls = SSL_new(server);
    alpn ? SSL_set_alpn_protos(c_tls, (const unsigned char *)alpn, (unsigned)strlen(alpn))
         : h2neg_openssl_client(c_tls, ours);
    printf("%s\n", title);
    if (handshake(c_tls, s_tls)) {
        h2neg_conn *c = connection(c_tls, H2NEG_CLIENT, ours, NULL);
        h2neg_conn *s = connection(s_tls, H2NEG_SERVER, theirs, trace);
        h2neg_request(c, &get, 0, &stream);
        while (carry(c, c_tls, s, s_tls) | carry(s, s_tls, c, c_tls))
            ;
        h2neg_conn_free(c), h2neg_conn_free(s);
    }
    SSL_free(c_tls), SSL_free(s_tls);
    SSL_CTX_free(client), SSL_CTX_free(server);
    free(block);
}

int main(void)
{
    const unsigned h1 = H2NEG_HTTP1, both = H2NEG_HTTP1 | H2NEG_H2;
    row("1. Both speak HTTP/2", both, both, NULL);
    row("\n2. Only the client does", both, h1, NULL);
    row("\n3. Only the server does", h1, both, NULL);
    row("\n4. Neither does", h1, h1, NULL);
    row("\n5. A client without ALPN", h1, both, "");
    row("\n6. A client that came for something else", h1, both, "\12acme-tls/1");
    return 0;
}
