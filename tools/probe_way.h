/* probe_way.h: the ways into a port, and what is known of one while it is tried. Included by
   probe.c, behind h2neg.h and net.h.

   What to look at: `ways` is everything that is tried. */
#ifndef PROBE_WAY_H
#define PROBE_WAY_H

#include <stdarg.h>

enum { ASK, ASK_OLD, ASK_BODY, ASK_SOCKET }; /* GET; GET in HTTP/1.0; OPTIONS; a WebSocket */

/* Ways that begin alike: where the first of them gets no answer, the others would wait in vain. */
enum { BY_HTTP1, BY_HTTP2, BY_TLS, BEGINNINGS };

#define BIT(protocol) (1u << (protocol))
#define OF_HTTP1 (BIT(H2NEG_PROTO_HTTP10) | BIT(H2NEG_PROTO_HTTP11))
#define OF_H2C BIT(H2NEG_PROTO_H2C)
#define OF_H2 BIT(H2NEG_PROTO_H2)
#define NONSENSE "h2neg-nonsense"

typedef struct way {
    const char *id, *name;
    const char *alpn; /* NULL: cleartext; "": TLS without ALPN */
    int beginning, ask;
    unsigned protocols; /* of the connection */
    unsigned good;      /* what has to be spoken for a yes */
} way;

enum {
    HTTP1,
    HTTP10,
    UPGRADE,
    UPGRADE_BODY,
    PRIOR,
    WS_HTTP1,
    WS_HTTP2,
    TLS_H2,
    TLS_HTTP1,
    TLS_BOTH,
    TLS_NONE,
    TLS_NONSENSE,
    TLS_WS_HTTP1,
    TLS_WS_HTTP2,
    WAYS
};

#define WS H2NEG_WEBSOCKET
#define TLS_BITS (H2NEG_HTTP1 | H2NEG_H2)
/* clang-format off */
static const way ways[WAYS] = {
    {"http/1.1", "HTTP/1.1", NULL, BY_HTTP1, ASK, H2NEG_HTTP1, OF_HTTP1},
    {"http/1.0", "HTTP/1.0", NULL, BY_HTTP1, ASK_OLD, H2NEG_HTTP1, OF_HTTP1},
    {"h2c-upgrade", "HTTP/2 by Upgrade", NULL, BY_HTTP1, ASK, H2NEG_HTTP1 | H2NEG_H2C, OF_H2C},
    {"h2c-upgrade-body", "HTTP/2 by Upgrade, with a body", NULL, BY_HTTP1, ASK_BODY,
     H2NEG_HTTP1 | H2NEG_H2C, OF_H2C},
    {"prior-knowledge", "HTTP/2 by prior knowledge", NULL, BY_HTTP2, ASK, H2NEG_PRIOR, OF_H2C},
    {"websocket-http/1.1", "WebSocket over HTTP/1.1", NULL, BY_HTTP1, ASK_SOCKET,
     H2NEG_HTTP1 | WS, OF_HTTP1},
    {"websocket-h2", "WebSocket over HTTP/2", NULL, BY_HTTP2, ASK_SOCKET,
     H2NEG_PRIOR | WS, OF_H2C},
    {"tls-h2", "TLS, ALPN h2", "h2", BY_TLS, ASK, TLS_BITS, OF_H2},
    {"tls-http/1.1", "TLS, ALPN http/1.1", "http/1.1", BY_TLS, ASK, TLS_BITS, OF_HTTP1},
    {"tls-both", "TLS, ALPN h2, http/1.1", "h2,http/1.1", BY_TLS, ASK, TLS_BITS, OF_H2 | OF_HTTP1},
    {"tls-no-alpn", "TLS without ALPN", "", BY_TLS, ASK, TLS_BITS, OF_HTTP1},
    {"tls-nonsense", "TLS, ALPN nonsense", NONSENSE, BY_TLS, ASK, TLS_BITS, OF_HTTP1},
    {"tls-websocket-http/1.1", "TLS, WebSocket over HTTP/1.1", "http/1.1", BY_TLS, ASK_SOCKET,
     TLS_BITS | WS, OF_HTTP1},
    {"tls-websocket-h2", "TLS, WebSocket over HTTP/2", "h2", BY_TLS, ASK_SOCKET,
     TLS_BITS | WS, OF_H2},
};
/* clang-format on */

/* What came of it. */
typedef struct result {
    int left_out; /* by an option */
    int tried, worked;
    int protocol, via, status; /* what was spoken, as far as it went */
    int trips;                 /* to the answer, TLS's counted and TCP's not */
    double ms;                 /* from the start of connect to the answer, or to the end */
    int silent;                /* connected, and not an octet came */
    int slow;                  /* the same, or no whole answer in time */
    int refused;               /* connect failed */
    int ponged;                /* the WebSocket's ping came back */
    char alpn[64];             /* what the server chose */
    char tls[16];              /* TLS's version */
    char why[400];             /* of a no, or a note beside a yes */
} result;

/* What is probed. */
typedef struct target {
    char host[256], port[12];
    char authority[272]; /* Host, in cleartext and over TLS, where a default port is left out */
    char secure[272];
    char name[256]; /* SNI's, and what the certificate must hold */
    const char *path, *socket_path;
    struct sockaddr_storage address; /* the one that answered */
    socklen_t address_len;
    int family;
    char shown[64]; /* the same in digits */
    int timeout;    /* milliseconds for each way */
    SSL_CTX *tls;   /* NULL: no TLS */
} target;

static target to;

typedef struct attempt {
    net_link link;
    const way *way;
    result *r;
    uint64_t limit;  /* when it is over, whatever comes; of net_now */
    double begun;    /* of clock_ms */
    char first[128]; /* the first octets that came, below TLS */
    size_t first_len;
    size_t got;      /* octets that came, above TLS */
    int asked, left; /* the request is taken; it is out */
    uint32_t stream;
    int trips;
    int over;
    int ended;           /* NET_END or NET_BROKEN: how the transport ended */
    int alert;           /* of TLS, or -1 */
    char tls_error[120]; /* what the TLS library says */
    int refused;         /* connect's errno */
    int refusal;         /* h2neg_request: never */
    uint32_t gone;       /* 1 + GOAWAY's or RST_STREAM's code */
    int gone_stream;     /* it was RST_STREAM */
    char words[128];     /* GOAWAY's debug data */
    h2neg_error error;
    char body[2048]; /* of an answer 400: what it says */
    size_t body_len;
} attempt;

/* Whole milliseconds are too coarse for loopback. */
static double clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

/* What a peer sent is printed as ASCII without controls. */
static void copy_plain(char *out, size_t room, const char *in, size_t len)
{
    size_t i;
    for (i = 0; i < len && i + 1 < room; i++)
        out[i] = (unsigned char)in[i] < 32 || (unsigned char)in[i] > 126 ? '.' : in[i];
    out[i] = '\0';
}

static int says(attempt *a, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(a->r->why, sizeof a->r->why, format, values);
    va_end(values);
    return 1;
}

/* HTTP/2's SETTINGS on stream 0 (RFC 9113 6.5). */
static int first_is_settings(const attempt *a)
{
    return a->first_len >= 9 && !a->first[0] && memcmp(a->first + 3, "\4\0\0\0\0", 6) == 0;
}

/* What came: the first line, or octets. */
static const char *first_words(const attempt *a)
{
    static char line[88];
    unsigned char octet = (unsigned char)a->first[0];
    size_t n = 0;
    if (first_is_settings(a))
        return "HTTP/2's SETTINGS";
    while (n < a->first_len && n < 72 && a->first[n] != '\r' && a->first[n] != '\n')
        n++;
    if (octet >= 32 && octet < 127) {
        copy_plain(line + 1, sizeof line - 2, a->first, n);
        line[0] = '\'';
        strcat(line, "'");
    } else {
        snprintf(line, sizeof line, "octets that are no text, %02x first", octet);
    }
    return line;
}

static int first_is_http1(const attempt *a)
{
    return a->first_len >= 7 && memcmp(a->first, "HTTP/1.", 7) == 0;
}

/* A TLS record in front: its type, or 0. */
static int first_record(const attempt *a)
{
    int type = a->first_len >= 3 ? (unsigned char)a->first[0] : 0;
    return type >= 20 && type <= 23 && a->first[1] == 3 ? type : 0;
}

#endif
