/* >>openssl: ALPN between two SSL objects in memory, with a throw-away certificate. Build with
   -DH2NEG_OPENSSL -lssl -lcrypto. */
#ifndef H2NEG_OPENSSL
#define H2NEG_OPENSSL
#endif
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

static EVP_PKEY *new_key(void)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, NULL);
    EVP_PKEY *key = NULL;
    if (!ctx || EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_keygen(ctx, &key) != 1)
        abort();
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* A server's context with a certificate that nobody has signed but itself. */
static SSL_CTX *server_context(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = new_key();
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                               0);
    X509_set_issuer_name(cert, name);
    X509_set_pubkey(cert, key);
    if (!ctx || !X509_sign(cert, key, NULL) || SSL_CTX_use_certificate(ctx, cert) != 1 ||
        SSL_CTX_use_PrivateKey(ctx, key) != 1)
        abort();
    X509_free(cert);
    EVP_PKEY_free(key);
    return ctx;
}

typedef struct pair {
    SSL_CTX *server_ctx, *client_ctx;
    SSL *server, *client;
    int alert; /* the fatal alert that the client received, 0: none */
} pair;

static void note_alert(const SSL *ssl, int where, int value)
{
    if (where == SSL_CB_READ_ALERT && value >> 8 == 2)
        *(int *)SSL_get_app_data(ssl) = value & 255;
}

static void pair_open(pair *p, int version)
{
    BIO *a = NULL, *b = NULL;
    p->alert = 0;
    p->server_ctx = server_context();
    p->client_ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(p->client_ctx, version);
    p->client = SSL_new(p->client_ctx);
    SSL_set_app_data(p->client, &p->alert);
    SSL_set_info_callback(p->client, note_alert);
    if (BIO_new_bio_pair(&a, 0, &b, 0) != 1)
        abort();
    SSL_set_bio(p->client, a, a);
    SSL_set_connect_state(p->client);
    p->server = SSL_new(p->server_ctx);
    SSL_set_bio(p->server, b, b);
    SSL_set_accept_state(p->server);
}

/* 1 when both sides are through. */
static int pair_shake(pair *p)
{
    int round, c = 0, s = 0;
    for (round = 0; round < 20 && (c != 1 || s != 1); round++) {
        c = SSL_do_handshake(p->client);
        s = SSL_do_handshake(p->server);
    }
    ERR_clear_error();
    return c == 1 && s == 1;
}

static void pair_close(pair *p)
{
    SSL_free(p->client);
    SSL_free(p->server);
    SSL_CTX_free(p->client_ctx);
    SSL_CTX_free(p->server_ctx);
}

/* What both sides agree on, or NULL; "!" and the alert in `*alert` when the handshake fails.
   `offer`: the client's list on the wire, NULL: no ALPN. */
static const char *agree(unsigned protocols, const char *offer, int version, int *alert)
{
    static char text[256];
    pair p;
    h2neg_str server, client;
    int through;
    pair_open(&p, version);
    CHECK_INT(h2neg_openssl_server(p.server_ctx, protocols), 0);
    if (offer)
        CHECK_INT(
            SSL_set_alpn_protos(p.client, (const unsigned char *)offer, (unsigned)strlen(offer)),
            0);
    through = pair_shake(&p);
    *alert = p.alert;
    h2neg_openssl_agreed(p.server, &server);
    h2neg_openssl_agreed(p.client, &client);
    CHECK(through == 0 || h2neg__same(server, client));
    memcpy(text, client.ptr ? client.ptr : "", client.len);
    text[client.len] = 0;
    through = through ? client.ptr ? 2 : 1 : 0;
    pair_close(&p);
    return through == 2 ? text : through == 1 ? NULL : "!";
}

static void expect(unsigned protocols, const char *offer, const char *expected, int alert)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    int i, got;
    for (i = 0; i < 2; i++) {
        const char *found = agree(protocols, offer, versions[i], &got);
        CHECK(expected ? found && strcmp(found, expected) == 0 : found == NULL);
        CHECK_INT(got, alert);
    }
}

#define BOTH (H2NEG_H2 | H2NEG_HTTP1)

static void test_selects(void)
{
    expect(BOTH, "\2h2\10http/1.1", "h2", 0);
    expect(BOTH, "\10http/1.1\2h2", "h2", 0); /* the server's preference */
    expect(BOTH, "\10http/1.1", "http/1.1", 0);
    expect(BOTH, "\2\x1a\x1a\2h3\2h2", "h2", 0);
    expect(H2NEG_HTTP1, "\2h2\10http/1.1", "http/1.1", 0);
    expect(H2NEG_H2, "\10http/1.1\2h2", "h2", 0);
    expect(0, "\2h2\10http/1.1", "h2", 0);
    expect(0, "\10http/1.1", "http/1.1", 0);
    expect(H2NEG_HTTP1 | 4u | 8u | 16u, "\2h2\10http/1.1", "http/1.1", 0);
}

static void test_no_overlap(void)
{
    expect(BOTH, "\2h3", "!", 120); /* no_application_protocol */
    expect(BOTH, "\3h2c\10http/1.0", "!", 120);
    expect(H2NEG_HTTP1, "\2h2", "!", 120);
    expect(H2NEG_H2, "\10http/1.1", "!", 120);
    expect(0, "\6acme-x", "!", 120);
}

static void test_lenient(void)
{
    expect(BOTH | H2NEG_ALPN_LENIENT, "\2h3", NULL, 0);
    expect(H2NEG_ALPN_LENIENT, "\2h3", NULL, 0);
    expect(H2NEG_HTTP1 | H2NEG_ALPN_LENIENT, "\2h2", NULL, 0);
    expect(BOTH | H2NEG_ALPN_LENIENT, "\2h2", "h2", 0);
}

static void test_no_alpn(void)
{
    expect(BOTH, NULL, NULL, 0);
    expect(H2NEG_H2, NULL, NULL, 0);
}

/* The callback by itself, with what no OpenSSL would hand it. */
static void test_malformed_list(void)
{
    static const char *const bad[] = {"", "\3h2", "\2h2\2"};
    const unsigned char *out = NULL;
    unsigned char out_len = 0;
    size_t i;
    for (i = 0; i < 3; i++) {
        int r = h2neg__openssl_select(NULL, &out, &out_len, (const unsigned char *)bad[i],
                                      (unsigned)strlen(bad[i]),
                                      (void *)(uintptr_t)(BOTH | H2NEG_ALPN_LENIENT));
        CHECK_INT(r, SSL_TLSEXT_ERR_ALERT_FATAL);
        CHECK(out == NULL);
    }
}

static void client_offers(unsigned protocols, const char *expected)
{
    pair p;
    h2neg_str agreed;
    pair_open(&p, TLS1_3_VERSION);
    CHECK_INT(h2neg_openssl_server(p.server_ctx, BOTH), 0);
    CHECK_INT(h2neg_openssl_client(p.client, protocols), 0);
    h2neg_openssl_agreed(p.client, &agreed);
    CHECK(agreed.ptr == NULL); /* nothing before the handshake */
    CHECK_INT(pair_shake(&p), 1);
    h2neg_openssl_agreed(p.client, &agreed);
    CHECK_TEXT(agreed, expected);
    pair_close(&p);
}

static void test_client(void)
{
    client_offers(BOTH, "h2");
    client_offers(0, "h2");
    client_offers(H2NEG_HTTP1, "http/1.1");
    client_offers(H2NEG_H2, "h2");
}

/* A client's hello, read by the room above as OpenSSL writes it. */
static void test_client_hello(void)
{
    pair p;
    unsigned char in[4096];
    h2neg_client_hello_info hello;
    int n;
    pair_open(&p, TLS1_3_VERSION);
    CHECK_INT(h2neg_openssl_client(p.client, 0), 0);
    SSL_set_tlsext_host_name(p.client, "host.example");
    SSL_do_handshake(p.client);
    n = BIO_read(SSL_get_rbio(p.server), in, sizeof in);
    CHECK(n > 0);
    CHECK_INT(h2neg_client_hello(&hello, in, n > 0 ? (size_t)n : 0, NULL, 0), n);
    CHECK_TEXT(hello.server_name, "host.example");
    CHECK_OCTETS(hello.alpn.ptr, hello.alpn.len, "\2h2\10http/1.1", 12);
    CHECK_INT(hello.max_version, 0x0304);
    ERR_clear_error();
    pair_close(&p);
}

static void test_modes_and_arguments(void)
{
    pair p;
    long both = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER;
    pair_open(&p, TLS1_3_VERSION);
    CHECK_INT(h2neg_openssl_server(p.server_ctx, 4u), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_openssl_client(p.client, 4u | H2NEG_ALPN_LENIENT), H2NEG_ERR_INVALID);
    CHECK_INT(h2neg_openssl_server(p.server_ctx, 0), 0);
    CHECK_INT(SSL_CTX_get_mode(p.server_ctx) & both, both);
    CHECK_INT(h2neg_openssl_client(p.client, 0), 0);
    CHECK_INT(SSL_get_mode(p.client) & both, both);
    pair_close(&p);
}

/* OpenSSL's memory, as far as it is given. It takes these calls only before it has taken any. */
static int refusing;

static void *may_malloc(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return refusing ? NULL : malloc(n);
}

static void *may_realloc(void *p, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return refusing ? NULL : realloc(p, n);
}

static void may_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

/* SSL_set_alpn_protos copies the list; without memory for it there is no ALPN, and that is told. */
static void test_no_memory(void)
{
    pair p;
    if (!CHECK_INT(CRYPTO_set_mem_functions(may_malloc, may_realloc, may_free), 1))
        return;
    pair_open(&p, TLS1_3_VERSION);
    refusing = 1;
    CHECK_INT(h2neg_openssl_client(p.client, 0), H2NEG_ERR_NOMEM);
    refusing = 0;
    CHECK_INT(h2neg_openssl_client(p.client, 0), 0);
    ERR_clear_error();
    pair_close(&p);
}

/* test_no_memory stands first: see there. */
CHECK_MAIN(test_no_memory, test_selects, test_no_overlap, test_lenient, test_no_alpn,
           test_malformed_list, test_client, test_client_hello, test_modes_and_arguments)
