/* tls.h: OpenSSL under a link of net.h. Without H2NEG_OPENSSL every function here says that TLS was
   left out, so that the programs have no #if of their own. */
#ifndef TLS_H
#define TLS_H

/* A list for ALPN that differs from what the protocols say, in the wire's form (RFC 7301 3.1);
   empty: no ALPN at all. */
typedef struct tls_alpn {
    unsigned char wire[256];
    size_t len;
} tls_alpn;

/* Reads "h2,http/1.1". 0, or -1: malformed or too long. */
static inline int tls_alpn_read(tls_alpn *out, const char *list)
{
    char text[256];
    const char *names[64];
    size_t count = 0;
    char *at = text;
    ptrdiff_t len;
    out->len = 0;
    if (*list == '\0')
        return 0;
    if (strlen(list) >= sizeof text)
        return -1;
    strcpy(text, list);
    while (at && count < 64) {
        names[count++] = at;
        at = strchr(at, ',');
        if (at)
            *at++ = '\0';
    }
    len = h2neg_alpn_write(out->wire, sizeof out->wire, names, count);
    out->len = len > 0 ? (size_t)len : 0;
    return len > 0 && !at ? 0 : -1;
}

#ifdef H2NEG_OPENSSL

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#define TLS_BUILT 1

/* What an operation that moved nothing is waiting for. A transport that ends without close_notify
   was truncated: that is broken, not an end (RFC 8446 6.1). */
static inline int tls_waits(SSL *ssl, int result, short *on)
{
    switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ: *on = POLLIN; return NET_WAIT;
    case SSL_ERROR_WANT_WRITE: *on = POLLOUT; return NET_WAIT;
    case SSL_ERROR_ZERO_RETURN: return NET_END;
    default: return NET_BROKEN;
    }
}

static inline ptrdiff_t tls_read(SSL *ssl, void *in, size_t room, short *on)
{
    int n;
    ERR_clear_error();
    *on = POLLIN;
    n = SSL_read(ssl, in, (int)room);
    return n > 0 ? n : tls_waits(ssl, n, on);
}

/* 1: octets were taken from the socket that no read has given yet: no poll tells of them. */
static inline int tls_pending(const SSL *ssl)
{
    return SSL_has_pending(ssl);
}

static inline int tls_reads_ahead(const SSL *ssl)
{
    return SSL_get_read_ahead(ssl);
}

static inline ptrdiff_t tls_write(SSL *ssl, const void *out, size_t len, short *on)
{
    int n;
    ERR_clear_error();
    *on = POLLOUT;
    n = SSL_write(ssl, out, (int)len);
    return n > 0 ? n : tls_waits(ssl, n, on);
}

/* 1: TLS stands. NET_WAIT, or < 0: see tls_why. */
static inline int tls_handshake(SSL *ssl, short *on)
{
    int n;
    ERR_clear_error();
    n = SSL_do_handshake(ssl);
    if (n == 1)
        return 1;
    n = tls_waits(ssl, n, on);
    return n == NET_END ? NET_BROKEN : n;
}

/* Says close_notify. NET_WAIT: call again when `*on` is ready. */
static inline int tls_bye(SSL *ssl, short *on)
{
    int n;
    ERR_clear_error();
    n = SSL_shutdown(ssl);
    return n < 0 ? tls_waits(ssl, n, on) : 1;
}

/* Behind a handshake that failed: why, static. */
static inline const char *tls_why(SSL *ssl)
{
    unsigned long e = ERR_peek_error();
    long verified = SSL_get_verify_result(ssl);
    const char *text = e ? ERR_reason_error_string(e) : NULL;
    ERR_clear_error();
    if (verified != X509_V_OK && (SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER))
        return X509_verify_cert_error_string(verified);
    return text ? text : "the peer closed the connection";
}

static inline h2neg_str tls_agreed(const SSL *ssl)
{
    h2neg_str agreed;
    h2neg_openssl_agreed(ssl, &agreed);
    return agreed;
}

static inline const char *tls_version(const SSL *ssl)
{
    return SSL_get_version(ssl);
}

/* Counts at the socket, below TLS: a whole handshake may pass inside one call. */
static inline long tls_on_turn(BIO *bio, int what, const char *octets, size_t len, int argi,
                               long argl, int result, size_t *moved)
{
    (void)octets, (void)len, (void)argi, (void)argl;
    if (result > 0 && moved && *moved && what == (BIO_CB_READ | BIO_CB_RETURN))
        net_turn((net_turns *)(void *)BIO_get_callback_arg(bio), 0);
    if (result > 0 && moved && *moved && what == (BIO_CB_WRITE | BIO_CB_RETURN))
        net_turn((net_turns *)(void *)BIO_get_callback_arg(bio), 1);
    return result;
}

static inline void tls_count_turns(SSL *ssl, net_turns *turns)
{
    BIO_set_callback_arg(SSL_get_rbio(ssl), (char *)turns);
    BIO_set_callback_ex(SSL_get_rbio(ssl), tls_on_turn);
}

static inline void tls_free(SSL *ssl)
{
    SSL_free(ssl);
}

static inline void tls_context_free(SSL_CTX *ctx)
{
    SSL_CTX_free(ctx);
}

/* ---- a server's context ---- */

static inline int tls_alpn_choose(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                                  const unsigned char *in, unsigned in_len, void *arg)
{
    const tls_alpn *ours = (const tls_alpn *)arg;
    h2neg_str server, client, chosen;
    (void)ssl;
    server.ptr = (const char *)ours->wire;
    server.len = ours->len;
    client.ptr = (const char *)in;
    client.len = in_len;
    if (h2neg_alpn_select(server, client, &chosen) != 0)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = (const unsigned char *)chosen.ptr;
    *out_len = (unsigned char)chosen.len;
    return SSL_TLSEXT_ERR_OK;
}

static inline int tls_name_certificate(X509 *cert)
{
    static const unsigned char name[] = "localhost";
    X509_NAME *subject = X509_get_subject_name(cert);
    X509_EXTENSION *names =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
    int good = names && X509_add_ext(cert, names, -1) &&
               X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0) &&
               X509_set_issuer_name(cert, subject);
    X509_EXTENSION_free(names);
    return good;
}

static inline EVP_PKEY *tls_new_key(void)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
    if (maker && EVP_PKEY_keygen_init(maker) == 1 &&
        EVP_PKEY_CTX_set_ec_paramgen_curve_nid(maker, NID_X9_62_prime256v1) == 1)
        EVP_PKEY_keygen(maker, &key);
    EVP_PKEY_CTX_free(maker);
    return key;
}

/* A certificate of this process alone: P-256, signed by itself, for localhost, a month long. */
static inline int tls_throw_away(SSL_CTX *ctx)
{
    EVP_PKEY *key = tls_new_key();
    X509 *cert = X509_new();
    int good = key && cert && X509_set_version(cert, 2) && X509_set_pubkey(cert, key) &&
               ASN1_INTEGER_set(X509_get_serialNumber(cert), (long)getpid()) &&
               X509_gmtime_adj(X509_getm_notBefore(cert), -86400L) &&
               X509_gmtime_adj(X509_getm_notAfter(cert), 30 * 86400L) &&
               tls_name_certificate(cert) && X509_sign(cert, key, EVP_sha256()) &&
               SSL_CTX_use_certificate(ctx, cert) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1;
    X509_free(cert);
    EVP_PKEY_free(key);
    return good;
}

static inline int tls_certify(SSL_CTX *ctx, const char *cert, const char *key, const char **why)
{
    *why = "no throw-away certificate could be made";
    if (!cert)
        return tls_throw_away(ctx);
    *why = "the certificate cannot be read";
    if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
        return 0;
    *why = "the key cannot be read, or is not the certificate's";
    return SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1;
}

/* A server's context: `protocols` says what ALPN selects unless `alpn` is a list of its own, in
   which an empty one leaves ALPN unanswered. `cert` NULL: a throw-away one. NULL and a sentence in
   `*why`. */
static inline SSL_CTX *tls_server(const char *cert, const char *key, unsigned protocols,
                                  tls_alpn *alpn, const char **why)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx || !tls_certify(ctx, cert, key, why)) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION); /* RFC 9113 9.2 */
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    /* One read for what came, not two for each record: 2.5 to 4 % less CPU time; see net_unseen. */
    SSL_CTX_set_read_ahead(ctx, 1);
    if (h2neg_openssl_server(ctx, protocols) != 0)
        SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (alpn)
        SSL_CTX_set_alpn_select_cb(ctx, alpn->len ? tls_alpn_choose : NULL, alpn);
    return ctx;
}

static inline SSL *tls_accept(SSL_CTX *ctx, int fd)
{
    SSL *ssl = SSL_new(ctx);
    if (ssl && SSL_set_fd(ssl, fd) == 1) {
        SSL_set_accept_state(ssl);
        return ssl;
    }
    SSL_free(ssl);
    return NULL;
}

/* ---- a client's ---- */

/* `insecure`: certificates are not checked. `trusted`: a file of certificates, NULL: the system's.
 */
static inline SSL_CTX *tls_client(int insecure, const char *trusted, const char **why)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    *why = "the trusted certificates cannot be read";
    if (!ctx || (trusted    ? SSL_CTX_load_verify_locations(ctx, trusted, NULL)
                 : insecure ? 1 /* the system's are many, and nobody would ask them */
                            : SSL_CTX_set_default_verify_paths(ctx)) != 1) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_verify(ctx, insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    return ctx;
}

/* The name that the certificate has to hold, and SNI, which is never an address (RFC 6066 3). */
static inline int tls_expect(SSL *ssl, const char *host)
{
    unsigned char address[16];
    char name[256];
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(param, host);
    snprintf(name, sizeof name, "%s", host);
    return SSL_set_tlsext_host_name(ssl, name) == 1 && X509_VERIFY_PARAM_set1_host(param, name, 0);
}

/* `alpn` NULL: what `protocols` says; otherwise this list, of which an empty one means no ALPN. */
static inline SSL *tls_connect(SSL_CTX *ctx, int fd, const char *host, unsigned protocols,
                               const tls_alpn *alpn)
{
    SSL *ssl = SSL_new(ctx);
    int good = ssl && SSL_set_fd(ssl, fd) == 1 && tls_expect(ssl, host) == 1 &&
               h2neg_openssl_client(ssl, protocols) == 0;
    if (good && alpn)
        good = SSL_set_alpn_protos(ssl, alpn->len ? alpn->wire : NULL, (unsigned)alpn->len) == 0;
    if (!good) {
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_connect_state(ssl);
    return ssl;
}

#else /* no OpenSSL */

#define TLS_BUILT 0

typedef struct tls_none SSL;
typedef struct tls_none SSL_CTX;
static inline ptrdiff_t tls_read(SSL *ssl, void *in, size_t room, short *on)
{
    (void)ssl, (void)in, (void)room, (void)on;
    return NET_BROKEN;
}

static inline ptrdiff_t tls_write(SSL *ssl, const void *out, size_t len, short *on)
{
    (void)ssl, (void)out, (void)len, (void)on;
    return NET_BROKEN;
}

static inline int tls_pending(const SSL *ssl)
{
    (void)ssl;
    return 0;
}

static inline int tls_reads_ahead(const SSL *ssl)
{
    (void)ssl;
    return 0;
}

static inline int tls_handshake(SSL *ssl, short *on)
{
    (void)ssl, (void)on;
    return NET_BROKEN;
}

static inline int tls_bye(SSL *ssl, short *on)
{
    (void)ssl, (void)on;
    return NET_BROKEN;
}

static inline const char *tls_why(SSL *ssl)
{
    (void)ssl;
    return "TLS was left out of this build";
}

static inline h2neg_str tls_agreed(const SSL *ssl)
{
    (void)ssl;
    return h2neg_s(NULL);
}

static inline const char *tls_version(const SSL *ssl)
{
    (void)ssl;
    return "";
}

static inline void tls_count_turns(SSL *ssl, net_turns *turns)
{
    (void)ssl, (void)turns;
}

static inline void tls_free(SSL *ssl)
{
    (void)ssl;
}

static inline void tls_context_free(SSL_CTX *ctx)
{
    (void)ctx;
}

static inline SSL_CTX *tls_server(const char *cert, const char *key, unsigned protocols,
                                  tls_alpn *alpn, const char **why)
{
    (void)cert, (void)key, (void)protocols, (void)alpn;
    *why = "TLS was left out of this build: OpenSSL's headers were missing";
    return NULL;
}

static inline SSL *tls_accept(SSL_CTX *ctx, int fd)
{
    (void)ctx, (void)fd;
    return NULL;
}

static inline SSL_CTX *tls_client(int insecure, const char *trusted, const char **why)
{
    (void)insecure, (void)trusted;
    *why = "TLS was left out of this build: OpenSSL's headers were missing";
    return NULL;
}

static inline SSL *tls_connect(SSL_CTX *ctx, int fd, const char *host, unsigned protocols,
                               const tls_alpn *alpn)
{
    (void)ctx, (void)fd, (void)host, (void)protocols, (void)alpn;
    return NULL;
}

#endif
#endif
