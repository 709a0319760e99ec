/* corpus.c: the inputs, made by a fixed recipe: a browsing session and texts. */
#include "bench.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

field_list corpus_requests[SESSION], corpus_responses[SESSION];
h2neg_str corpus_heads[SESSION];
h2neg_str corpus_head_703, corpus_head_4k, corpus_head_35, corpus_head_upgrade;
h2neg_str corpus_texts[TEXT_KINDS];

#define FIREFOX "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0"
#define CHROME                                                                                     \
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "            \
    "Chrome/120.0.0.0 Safari/537.36"

unsigned corpus_random(unsigned below)
{
    static uint32_t state = 2463534242u;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % below;
}

/* ---- slices that live as long as the program ------------------------------- */

static h2neg_str text(const char *format, ...)
{
    char line[8192];
    va_list list;
    h2neg_str s;
    char *copy;
    va_start(list, format);
    s.len = (size_t)vsnprintf(line, sizeof line, format, list);
    va_end(list);
    bench_must(s.len < sizeof line, "a text of the corpus fits its line");
    copy = (char *)bench_memory(s.len + 1);
    memcpy(copy, line, s.len + 1);
    s.ptr = copy;
    return s;
}

static void filled(char *out, size_t len, const char *letters)
{
    size_t i, n = strlen(letters);
    for (i = 0; i < len; i++)
        out[i] = letters[corpus_random((unsigned)n)];
    out[len] = 0;
}

static const char hex[] = "0123456789abcdef";
static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static const char *word(void)
{
    static const char *const words[] = {
        "assets", "img",     "product", "summer", "article", "review", "thumb",   "main",
        "vendor", "account", "search",  "health", "weather", "sport",  "culture", "header",
        "logo",   "runtime", "gallery", "teaser", "video",   "fonts",  "list",    "cart"};
    return words[corpus_random(sizeof words / sizeof words[0])];
}

/* ---- the session ------------------------------------------------------------ */

/* Where one browses: a site, or where it keeps its files. */
static const struct {
    const char *host, *page, *agent, *server;
    int cookies; /* kinds of cookies that it sets */
    int fetch;   /* its browser says what it fetches for */
} sites[SITES] = {
    {"www.shop.example", "https://www.shop.example/", FIREFOX, "nginx", 3, 0},
    {"cdn.shop-static.example", "https://www.shop.example/", FIREFOX, "AmazonS3", 0, 0},
    {"news.example", "https://news.example/", FIREFOX, "Apache", 1, 1},
    {"img.news.example", "https://news.example/", FIREFOX, "ECS (dcb/7F83)", 0, 0},
    {"en.encyclopedia.example", "https://en.encyclopedia.example/wiki/", FIREFOX, "mw1401", 1, 0},
    {"api.mail.example", "https://mail.example/inbox", CHROME, "gunicorn", 2, 0},
};

enum { DOCUMENT, STYLE, SCRIPT, IMAGE, FONT, CALL, KINDS };
static const struct {
    const char *accept, *type, *mode, *dest, *suffix;
} kinds[KINDS] = {
    {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
     "text/html; charset=UTF-8", "navigate", "document", ""},
    {"text/css,*/*;q=0.1", "text/css", "no-cors", "style", ".css"},
    {"*/*", "application/javascript; charset=utf-8", "no-cors", "script", ".js"},
    {"image/avif,image/webp,*/*", "image/webp", "no-cors", "image", ".webp"},
    {"*/*", "font/woff2", "cors", "font", ".woff2"},
    {"application/json", "application/json", "cors", "empty", ""},
};

static h2neg_str session_cookies[SITES];

static void add(field_list *l, const char *name, h2neg_str value)
{
    h2neg_field *f = &l->fields[l->count++];
    bench_must(l->count <= LIST_FIELDS, "a list of the corpus fits");
    f->name = h2neg_s(name);
    f->value = value;
    f->flags = 0;
}

static h2neg_str a_path(int site, int kind, unsigned n)
{
    char tag[33];
    filled(tag, 8 + corpus_random(12), hex);
    switch (kind) {
    case DOCUMENT: return n == 0 ? h2neg_s("/") : text("/%s/%s-%u", word(), word(), n * 37);
    case STYLE:
    case SCRIPT: return text("/%s/%s.%s%s", word(), word(), tag, kinds[kind].suffix);
    case FONT: return text("/%s/%s-latin-%u00%s", word(), word(), 3 + n % 5, kinds[kind].suffix);
    case CALL:
        return text("/v2/%s?q=%s&page=%u&per_page=50&t=17%u", word(), word(), n % 7,
                    10000000 + corpus_random(89999999));
    default:
        return site % 2 ? text("/%s/%s/%u/%s_%ux%u%s", word(), tag, n, word(), 320 + 160 * (n % 5),
                               240 + 120 * (n % 5), kinds[kind].suffix)
                        : text("/%s/%s%u%s?w=%u", word(), word(), n, kinds[kind].suffix, 64 * n);
    }
}

static void make_cookies(int site)
{
    char id[64], token[64];
    filled(id, 26, hex);
    filled(token, 22, base64);
    switch (sites[site].cookies) {
    case 0: session_cookies[site] = h2neg_s(""); break;
    case 1: session_cookies[site] = text("sid=%s", id); break;
    case 2: session_cookies[site] = text("session=%s; lang=en", token); break;
    default: session_cookies[site] = text("sid=%s; cart=%u", id, corpus_random(100000));
    }
}

static void make_request(field_list *l, int site, int kind, unsigned n, h2neg_str page)
{
    int post = kind == CALL && n % 4 == 3;
    add(l, ":method", h2neg_s(post ? "POST" : "GET"));
    add(l, ":scheme", h2neg_s("https"));
    add(l, ":authority", h2neg_s(sites[site].host));
    add(l, ":path", a_path(site, kind, n));
    add(l, "user-agent", h2neg_s(sites[site].agent));
    add(l, "accept", h2neg_s(kinds[kind].accept));
    add(l, "accept-language", h2neg_s("en-US,en;q=0.5"));
    add(l, "accept-encoding", h2neg_s("gzip, deflate, br"));
    if (n)
        add(l, "referer", page);
    if (session_cookies[site].len)
        add(l, "cookie", session_cookies[site]);
    if (sites[site].fetch) {
        add(l, "sec-fetch-dest", h2neg_s(kinds[kind].dest));
        add(l, "sec-fetch-mode", h2neg_s(kinds[kind].mode));
        add(l, "sec-fetch-site", h2neg_s("same-origin"));
    }
    if (post) {
        add(l, "content-type", h2neg_s("application/json"));
        add(l, "content-length", text("%u", 20 + corpus_random(900)));
    }
    if (kind != CALL && n % 9 == 5)
        add(l, "if-none-match", text("\"%x-%x\"", corpus_random(1u << 24), n * 7919));
}

static void make_response(field_list *l, int site, int kind, unsigned n)
{
    char date[30];
    int unchanged = kind != CALL && n % 9 == 5;
    int64_t now = 1700000000 + (int64_t)site * 900 + n / 3;
    add(l, ":status", h2neg_s(unchanged ? "304" : n % 31 == 17 ? "404" : "200"));
    h2neg_http_date(date, now);
    add(l, "date", text("%s", date));
    add(l, "server", h2neg_s(sites[site].server));
    add(l, "content-type", h2neg_s(kinds[kind].type));
    if (!unchanged && kind != DOCUMENT)
        add(l, "content-length", text("%u", 100 + corpus_random(kind == IMAGE ? 200000 : 40000)));
    if (kind == DOCUMENT || kind == CALL) {
        add(l, "cache-control", h2neg_s("private, no-cache, no-store, must-revalidate"));
        add(l, "vary", h2neg_s("Accept-Encoding, Cookie"));
    } else {
        h2neg_http_date(date, now - 86400 - (int64_t)corpus_random(8000000));
        add(l, "last-modified", text("%s", date));
        add(l, "etag", text("\"%x-%x\"", corpus_random(1u << 24), n * 7919));
        add(l, "cache-control", h2neg_s("public, max-age=31536000, immutable"));
        add(l, "accept-ranges", h2neg_s("bytes"));
    }
    if (kind == STYLE || kind == SCRIPT || kind == CALL)
        add(l, "content-encoding", h2neg_s("br"));
    if (n == 0 && session_cookies[site].len)
        add(l, "set-cookie", text("%s; Path=/; Secure; HttpOnly", session_cookies[site].ptr));
    add(l, "strict-transport-security", h2neg_s("max-age=31536000; includeSubDomains"));
    if (site % 2) {
        add(l, "age", text("%u", corpus_random(80000)));
        add(l, "x-cache", h2neg_s(n % 5 ? "HIT" : "MISS"));
        add(l, "x-request-id", text("%08x%08x", corpus_random(~0u), corpus_random(~0u)));
    }
}

/* ---- heads ------------------------------------------------------------------ */

static void titled(char *out, h2neg_str name)
{
    size_t i;
    for (i = 0; i < name.len; i++)
        out[i] = (char)((i == 0 || name.ptr[i - 1] == '-') && name.ptr[i] >= 'a' ? name.ptr[i] - 32
                                                                                 : name.ptr[i]);
    out[name.len] = 0;
}

static h2neg_str make_head(const field_list *l)
{
    char head[4096], name[64];
    size_t i, n;
    n = (size_t)snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: %s\r\n",
                         l->fields[0].value.ptr, l->fields[3].value.ptr, l->fields[2].value.ptr);
    for (i = 4; i < l->count; i++) {
        titled(name, l->fields[i].name);
        n +=
            (size_t)snprintf(head + n, sizeof head - n, "%s: %s\r\n", name, l->fields[i].value.ptr);
        if (i == 7)
            n += (size_t)snprintf(head + n, sizeof head - n, "Connection: keep-alive\r\n");
    }
    return text("%s\r\n", head);
}

/* `before`, cookies up to exactly `len` octets in all, and the empty line. */
static h2neg_str with_cookies(const char *before, size_t len)
{
    static char cookies[4096];
    size_t at = 0, left = len - strlen(before) - 4;
    while (left) {
        size_t n = left < 90 ? left : 40 + corpus_random(30);
        filled(cookies + at, n, base64);
        if (n > 12)
            cookies[at + 5] = '=';
        if (n < left) {
            cookies[at + n - 2] = ';';
            cookies[at + n - 1] = ' ';
        }
        at += n;
        left -= n;
    }
    return text("%s%s\r\n\r\n", before, cookies);
}

static void make_single_heads(void)
{
    corpus_head_703 = with_cookies(
        "GET /assets/uploads/2023/11/summer-gallery-pink-hat.jpg HTTP/1.1\r\n"
        "Host: www.shop.example\r\nUser-Agent: " FIREFOX "\r\n"
        "Accept: image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5\r\n"
        "Accept-Language: en-GB,en;q=0.7,de;q=0.3\r\nAccept-Encoding: gzip, deflate\r\n"
        "Connection: keep-alive\r\nReferer: http://www.shop.example/gallery/hats/\r\n"
        "Cache-Control: max-age=0\r\nCookie: ",
        703);
    corpus_head_4k =
        with_cookies("GET /account/orders?status=open&page=2 HTTP/1.1\r\n"
                     "Host: www.shop.example\r\nUser-Agent: " CHROME "\r\n"
                     "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
                     "Accept-Language: en-GB,en;q=0.7\r\nAccept-Encoding: gzip, deflate, br\r\n"
                     "Connection: keep-alive\r\nReferer: http://www.shop.example/account/\r\n"
                     "Upgrade-Insecure-Requests: 1\r\nCache-Control: max-age=0\r\nCookie: ",
                     4096);
    corpus_head_35 = h2neg_s("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
    corpus_head_upgrade = with_cookies(
        "GET /chat HTTP/1.1\r\nHost: chat.example\r\nUser-Agent: " FIREFOX "\r\n"
        "Accept: */*\r\nAccept-Language: en-GB,en;q=0.7\r\nAccept-Encoding: gzip, deflate\r\n"
        "Sec-WebSocket-Version: 13\r\nOrigin: http://chat.example\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nConnection: keep-alive, Upgrade\r\n"
        "Pragma: no-cache\r\nCache-Control: no-cache\r\nUpgrade: websocket\r\nCookie: ",
        550);
    bench_must(corpus_head_703.len == 703 && corpus_head_4k.len == 4096 &&
                   corpus_head_35.len == 35 && corpus_head_upgrade.len == 550,
               "the single heads have their lengths");
}

static void make_session(void)
{
    static const int mix[] = {STYLE, SCRIPT, IMAGE, IMAGE, SCRIPT, IMAGE, FONT, CALL, IMAGE, CALL};
    int i, site;
    unsigned n;
    for (i = 0; i < SESSION; i++) {
        static h2neg_str page;
        int kind;
        site = i * SITES / SESSION;
        n = (unsigned)(i - site * (SESSION / SITES));
        kind = n % 19 == 0 && site % 2 == 0 ? DOCUMENT : site == 5 ? CALL : mix[n % 10];
        if (site % 2 && kind == CALL && site != 5)
            kind = IMAGE;
        if (n == 0)
            make_cookies(site);
        if (n % 19 == 0)
            page = text("%s%s", sites[site].page, n ? word() : "");
        make_request(&corpus_requests[i], site, kind, n, page);
        make_response(&corpus_responses[i], site, kind, n);
        corpus_heads[i] = make_head(&corpus_requests[i]);
    }
}

/* ---- texts ------------------------------------------------------------------- */

static size_t put_utf8(char *out, unsigned c)
{
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;
    for (i = n; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(n == 1 ? c : first[n] | c);
    return n;
}

static unsigned a_letter(int kind)
{
    unsigned die = corpus_random(100);
    if (kind == TEXT_ASCII)
        return die < 16 ? ' ' : 'a' + corpus_random(26);
    if (kind == TEXT_LATIN)
        return die < 15 ? ' ' : die < 25 ? 0xc0 + corpus_random(0x80) : 'a' + corpus_random(26);
    if (kind == TEXT_CJK)
        return die < 6 ? 0x3002 : 0x4e00 + corpus_random(0x5000);
    return die < 50   ? a_letter(TEXT_ASCII)
           : die < 70 ? a_letter(TEXT_LATIN)
           : die < 80 ? 0x410 + corpus_random(0x40)
           : die < 96 ? a_letter(TEXT_CJK)
                      : 0x1f600 + corpus_random(0x40);
}

/* Runs of one kind behind one another, as in real texts, up to TEXT_ROOM octets. */
static void make_text(int kind)
{
    char *out = (char *)bench_memory(TEXT_ROOM);
    size_t n = 0;
    while (n + 4 <= TEXT_ROOM)
        n += put_utf8(out + n, a_letter(kind));
    while (kind == TEXT_ASCII && n < TEXT_ROOM)
        out[n++] = '.';
    corpus_texts[kind].ptr = out;
    corpus_texts[kind].len = n;
}

void corpus_make(void)
{
    int i;
    make_session();
    make_single_heads();
    for (i = 0; i < TEXT_KINDS; i++)
        make_text(i);
}
