/* Tries every way into a port and says what happened: HTTP/1.1, HTTP/1.0, HTTP/2 by Upgrade, by
   prior knowledge and by ALPN, WebSocket over each of them; for every no, why.

   What to look at: main() is the whole course; probe_way.h is what is tried, probe_talk.h how,
   probe_why.h why not, probe_say.h what is made of it. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "../examples/net.h"
#include "probe_way.h"
#include "probe_why.h"
#include "probe_talk.h"
#include "probe_say.h"
#include <arpa/inet.h>
#include <signal.h>

enum { EXIT_WORKED = 0, EXIT_NONE = 1, EXIT_USAGE = 2, EXIT_UNREACHABLE = 3 };

static const char usage[] =
    "usage: probe [--json] [--path PATH] [--timeout SECONDS] [--tls-only | --cleartext-only]\n"
    "             [--sni NAME] HOST:PORT\n"
    "Tries every way into a port and prints what happened, and why not.\n"
    "HOST:PORT may be a name, 127.0.0.1:8080, [::1]:8080, or an http, https, ws or wss URL.\n"
    "  --json             the same in JSON\n"
    "  --path PATH        what is asked for (/, and /ws for WebSockets)\n"
    "  --timeout SECONDS  for each way, 1 to 60 (5)\n"
    "  --tls-only         leaves out the ways in cleartext\n"
    "  --cleartext-only   leaves out the ways over TLS\n"
    "  --sni NAME         the host's name in TLS, in its certificate and in Host\n"
    "  --insecure         go on when the certificate does not verify: always so, it is only told\n"
    "Nothing is changed on the server: it is asked with GET, OPTIONS and handshakes of WebSocket.\n"
    "Exit status: 0 one way in worked at least; 1 none did; 2 a wrong command line; 3 the name is\n"
    "not known, or nothing accepts connections there.\n";

typedef struct options {
    int json, tls_only, cleartext_only, insecure, help;
    const char *path, *timeout, *sni, *where;
} options;

static options opt;
static int terminal; /* standard error is one */
static char target_path[1024];

static int complain(int status, const char *format, ...)
{
    char text[600], plain[600];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    copy_plain(plain, sizeof plain, text, strlen(text));
    fprintf(stderr, "probe: %s.\n", plain);
    if (opt.json && status == EXIT_UNREACHABLE) {
        printf("{\n  ");
        json_head();
        json_text("error", plain, ",\n  ");
        printf("\"ways\": [], \"verdict\": [],\n  \"exit\": %d\n}\n", status);
    }
    return status;
}

/* ---- the command line ---- */

/* One argument; `value` is the one behind it. How many were used, or -1 and a sentence. */
static int read_option(const char *name, const char *value)
{
    const struct {
        const char *name;
        int *flag;
        const char **text;
    } table[] = {{"--json", &opt.json, NULL},
                 {"--tls-only", &opt.tls_only, NULL},
                 {"--cleartext-only", &opt.cleartext_only, NULL},
                 {"--insecure", &opt.insecure, NULL},
                 {"--help", &opt.help, NULL},
                 {"--path", NULL, &opt.path},
                 {"--timeout", NULL, &opt.timeout},
                 {"--sni", NULL, &opt.sni}};
    size_t i = 0;
    while (i < sizeof table / sizeof table[0] && strcmp(name, table[i].name))
        i++;
    if (i == sizeof table / sizeof table[0])
        return complain(-1, "%s is not an option; probe --help tells those that there are", name);
    if (table[i].flag)
        return *table[i].flag = 1;
    if (!value)
        return complain(-1, "%s wants a value behind it; see probe --help", name);
    *table[i].text = value;
    return 2;
}

static int read_options(int argc, char **argv)
{
    int i = 1, used;
    while (i < argc) {
        if (argv[i][0] == '-') {
            used = read_option(argv[i], i + 1 < argc ? argv[i + 1] : NULL);
            if (used < 0)
                return EXIT_USAGE;
            i += used;
        } else if (opt.where) {
            return complain(EXIT_USAGE, "%s: one HOST:PORT at a time, and %s was given already",
                            argv[i], opt.where);
        } else {
            opt.where = argv[i++];
        }
    }
    return 0;
}

static int read_timeout(void)
{
    char *end = NULL;
    long n = 5;
    if (opt.timeout && *opt.timeout)
        n = strtol(opt.timeout, &end, 10);
    if (opt.timeout && (!*opt.timeout || *end || n < 1 || n > 60))
        return complain(EXIT_USAGE, "--timeout %s: give whole seconds from 1 to 60", opt.timeout);
    to.timeout = (int)n * 1000;
    return 0;
}

/* A path that may stand in a request as it is. */
static int read_path(const char *path)
{
    char line[1100];
    if (*path != '/' || strlen(path) >= sizeof target_path ||
        h2neg_h1_write_request_line(line, sizeof line, h2neg_s("GET"), h2neg_s(path)) < 0)
        return complain(EXIT_USAGE,
                        "--path %.80s: give a path that begins with / and has neither spaces nor #",
                        path);
    snprintf(target_path, sizeof target_path, "%s", path);
    to.path = to.socket_path = target_path;
    return 0;
}

/* A URL's default port, and its path unless --path gives one. */
static int read_url(h2neg_authority *out)
{
    h2neg_url url;
    char path[1024];
    int secure;
    if (h2neg_url_parse(&url, h2neg_s(opt.where)) != 0)
        return -1;
    secure = h2neg_is_nocase(url.scheme, "https") || h2neg_is_nocase(url.scheme, "wss");
    if (!secure && !h2neg_is_nocase(url.scheme, "http") && !h2neg_is_nocase(url.scheme, "ws"))
        return -1;
    out->host = url.host;
    out->port = url.port >= 0 ? url.port : secure ? 443 : 80;
    if (opt.path || url.target.len < 2 || url.target.len >= sizeof path)
        return 0;
    snprintf(path, sizeof path, "%s%.*s", url.target.ptr[0] == '/' ? "" : "/", (int)url.target.len,
             url.target.ptr);
    return read_path(path) ? -2 : 0;
}

static int read_where(void)
{
    h2neg_authority where;
    int url = strstr(opt.where, "://") != NULL, bracket, failed;
    failed = url ? read_url(&where) : h2neg_authority_parse(&where, h2neg_s(opt.where));
    if (failed == -2)
        return EXIT_USAGE;
    if (failed)
        return complain(EXIT_USAGE,
                        "%.200s: give HOST:PORT, like localhost:8080 or [::1]:8080, or "
                        "an http, https, ws or wss URL",
                        opt.where);
    if (where.port < 1)
        return complain(EXIT_USAGE,
                        "%.200s: a port from 1 to 65535 is missing; give HOST:PORT, "
                        "like %.200s:8080",
                        opt.where, url || strchr(opt.where, ':') ? "localhost" : opt.where);
    bracket = where.host.ptr[0] == '[';
    if (where.host.len >= sizeof to.host)
        return complain(EXIT_USAGE, "the host's name is too long; a name has up to 253 octets");
    snprintf(to.host, sizeof to.host, "%.*s", (int)where.host.len - 2 * bracket,
             where.host.ptr + bracket);
    snprintf(to.port, sizeof to.port, "%d", where.port);
    return 0;
}

static void authority(char *out, size_t room, const char *default_port)
{
    const char *host = opt.sni ? opt.sni : to.host;
    int bare = strchr(host, ':') != NULL;
    snprintf(out, room, "%s%s%s%s%s", bare ? "[" : "", host, bare ? "]" : "",
             strcmp(to.port, default_port) ? ":" : "",
             strcmp(to.port, default_port) ? to.port : "");
}

static int read_names(void)
{
    h2neg_authority name;
    if (opt.sni && (strlen(opt.sni) >= sizeof to.name ||
                    h2neg_authority_parse(&name, h2neg_s(opt.sni)) != 0 || name.port >= 0))
        return complain(EXIT_USAGE, "--sni %.200s: give a host's name alone, like example.org",
                        opt.sni);
    snprintf(to.name, sizeof to.name, "%s", opt.sni ? opt.sni : to.host);
    authority(to.authority, sizeof to.authority, "80");
    authority(to.secure, sizeof to.secure, "443");
    return 0;
}

static int start_tls_library(void)
{
    const char *why = "";
    if (opt.cleartext_only)
        return 0;
    to.tls = tls_client(0, NULL, &why);
    if (!to.tls && opt.tls_only)
        return complain(EXIT_USAGE, "--tls-only: %s; build it with OpenSSL's headers installed",
                        why);
    return 0;
}

static int start(int argc, char **argv)
{
    int failed = read_options(argc, argv);
    if (failed || opt.help)
        return failed;
    if (!opt.where)
        return complain(EXIT_USAGE, "nothing to probe; give HOST:PORT, like localhost:8080");
    if (opt.tls_only && opt.cleartext_only)
        return complain(EXIT_USAGE, "--tls-only and --cleartext-only: leave one of them out");
    to.path = "/";
    to.socket_path = "/ws";
    if ((failed = read_timeout()) != 0 || (opt.path && (failed = read_path(opt.path)) != 0) ||
        (failed = read_where()) != 0 || (failed = read_names()) != 0)
        return failed;
    return start_tls_library();
}

/* ---- the address ---- */

static void remember_address(const struct addrinfo *a)
{
    memcpy(&to.address, a->ai_addr, a->ai_addrlen);
    to.address_len = a->ai_addrlen;
    to.family = a->ai_family;
    getnameinfo(a->ai_addr, a->ai_addrlen, to.shown, sizeof to.shown, NULL, 0, NI_NUMERICHOST);
}

static const char *advice(int error)
{
    switch (error) {
    case ECONNREFUSED: return "nothing listens there; start the server, or check the port";
    case ETIMEDOUT: return "a firewall drops it, or the host is down; check host and port";
    default: return "check the network and the address";
    }
}

/* The first address that accepts a connection is the one that everything is tried with. */
static int reach(void)
{
    struct addrinfo *list, *at;
    int fd = -1, error = 0, failed = net_resolve(to.host, to.port, AI_NUMERICSERV, &list);
    if (failed)
        return complain(EXIT_UNREACHABLE, "%s: %s; check how the name is spelt, or give an address",
                        to.host, gai_strerror(failed));
    for (at = list; at && fd < 0; at = at->ai_next) {
        fd = net_connect_one(at, to.timeout);
        error = fd < 0 ? errno : 0;
        remember_address(at);
    }
    freeaddrinfo(list);
    if (fd < 0)
        return complain(EXIT_UNREACHABLE, "%s:%s: %s: %s", to.host, to.port, strerror(error),
                        advice(error));
    close(fd);
    return 0;
}

/* ---- the ways ---- */

static void progress(const char *what, size_t number)
{
    if (terminal && what)
        fprintf(stderr, "\r\033[K%lu of %d: %s ...", (unsigned long)number + 1, WAYS, what);
    else if (terminal)
        fprintf(stderr, "\r\033[K");
}

/* The first way that was tried of each beginning. */
static const result *first[BEGINNINGS];

/* NULL, or why a way that was asked for is not tried. */
static const char *reason_to_skip(const way *w)
{
    static const char *const beginnings[BEGINNINGS] = {"HTTP/1.1", "HTTP/2's preface",
                                                       "a ClientHello"};
    static char text[80];
    if (w->alpn && !TLS_BUILT)
        return "not tried: OpenSSL's headers were missing when this probe was built";
    if (w->alpn && !to.tls)
        return "not tried: the TLS library could not be started";
    if (!first[w->beginning] || !first[w->beginning]->slow)
        return NULL;
    snprintf(text, sizeof text, "not tried: %s got no answer", beginnings[w->beginning]);
    return text;
}

static void try_one(const way *w, result *r)
{
    const char *skip = reason_to_skip(w);
    if (skip) {
        snprintf(r->why, sizeof r->why, "%s", skip);
        return;
    }
    try_way(w, r);
    if (!first[w->beginning])
        first[w->beginning] = r;
}

static void try_all(void)
{
    size_t i;
    for (i = 0; i < WAYS; i++) {
        result *r = &results[i];
        r->left_out = ways[i].alpn ? opt.cleartext_only : opt.tls_only;
        if (r->left_out)
            continue;
        progress(ways[i].name, i);
        try_one(&ways[i], r);
        progress(NULL, i);
        if (!opt.json)
            print_row(i);
    }
    gave_up = 1;
    for (i = 0; i < BEGINNINGS; i++)
        gave_up &= !first[i] || first[i]->silent;
}

/* ---- which fields arrive ---- */

static const char *const h2c_names[] = {"Upgrade", "Connection", "HTTP2-Settings", NULL};
static const char *const ws_names[] = {"Upgrade", "Connection", "Sec-WebSocket-Key",
                                       "Sec-WebSocket-Version", NULL};

/* 1: a line of `text` is this name. */
static int has_line(h2neg_str text, const char *name)
{
    while (text.len) {
        const char *end = memchr(text.ptr, '\n', text.len);
        h2neg_str line;
        line.ptr = text.ptr;
        line.len = end ? (size_t)(end - text.ptr) : text.len;
        if (h2neg_is_nocase(line, name))
            return 1;
        text.ptr += line.len + (end != NULL);
        text.len -= line.len + (end != NULL);
    }
    return 0;
}

/* What the reply to such a request says: 101, everything arrived; or a list of names, which holds
   one that nobody else would send. */
static void read_arrival(arrival *v, const reply *y)
{
    size_t i;
    v->known = y->head.status == 101 || (y->head.status == 200 && has_line(y->body, "h2neg-probe"));
    for (i = 0; y->head.status == 200 && v->known && v->names[i]; i++)
        if (!has_line(y->body, v->names[i]))
            v->missing |= 1 << i;
}

static void ask_fields(const char *what, const char *const *names, const char *alpn)
{
    static const char *const upgrades[] = {
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"};
    static reply y;
    static attempt a;
    static result r;
    way w = ways[HTTP1];
    char request[1024];
    arrival *v = &arrivals[arrival_count++];
    v->what = what;
    v->names = names;
    v->tls = alpn != NULL;
    w.alpn = alpn;
    snprintf(request, sizeof request,
             "GET /fields HTTP/1.1\r\nHost: %s\r\nH2neg-Probe: 1\r\n%s\r\n",
             alpn ? to.secure : to.authority, upgrades[names == ws_names]);
    attempt_start(&a, &w, &r);
    if (dial(&a) == 0) {
        ask_raw(&a, request, &y, 200);
        read_arrival(v, &y);
    }
    leave(&a);
}

/* Where HTTP/1.1 works and an Upgrade does not, the server is asked what it got. */
static void ask_arrivals(void)
{
    if (results[HTTP1].worked && !results[UPGRADE].worked)
        ask_fields("h2c", h2c_names, NULL);
    if (results[HTTP1].worked && !results[WS_HTTP1].worked)
        ask_fields("WebSocket", ws_names, NULL);
    if (results[TLS_HTTP1].worked && !results[TLS_WS_HTTP1].worked)
        ask_fields("WebSocket", ws_names, "http/1.1");
}

int main(int argc, char **argv)
{
    int status;
    signal(SIGPIPE, SIG_IGN);
    net_keep_standard();
    terminal = isatty(2);
    colour = isatty(1) && !getenv("NO_COLOR");
    status = start(argc, argv);
    if (!status && opt.help)
        fputs(usage, stdout);
    if (status || opt.help)
        return status;
    status = reach();
    if (status)
        return status;
    if (!opt.json)
        print_head();
    try_all();
    ask_arrivals();
    judge();
    status = anything_worked() ? EXIT_WORKED : EXIT_NONE;
    if (opt.json)
        print_json(status);
    else
        print_verdicts();
    tls_context_free(to.tls);
    if (fflush(stdout) || ferror(stdout))
        return complain(EXIT_USAGE, "standard output: %s", strerror(errno));
    return status;
}
