/* tls.h: fuzz targets of what stands before a protocol: ALPN, ClientHello, PROXY, the first octets.
 */
#ifndef FUZZ_TLS_H
#define FUZZ_TLS_H

/* Whether a list is well-formed, and whether it holds a name, by the plainest reading. */
static int plain_alpn(h2neg_str list, h2neg_str name, int *has)
{
    size_t at = 0;
    *has = 0;
    if (list.len == 0 || list.len > 65535)
        return 0;
    while (at < list.len) {
        size_t n = (unsigned char)list.ptr[at];
        h2neg_str one;
        if (n == 0 || n > list.len - at - 1)
            return 0;
        one.ptr = list.ptr + at + 1;
        one.len = n;
        *has = *has || same(one, name);
        at += 1 + n;
    }
    return 1;
}

static void fuzz_alpn(const unsigned char *data, size_t size)
{
    feed f;
    h2neg_str server, client, chosen = {"x", 1}, rest, name = {NULL, 0};
    char *p, *q;
    int r, good_server, good_client, has = 0, walk, expect = 0;
    size_t at;
    f.p = data;
    f.len = size < 70000 ? size : 70000;
    server = feed_run(&f, feed_octet(&f));
    p = tight(server.ptr, server.len);
    server.ptr = p;
    q = tight(f.p, f.len);
    client.ptr = q;
    client.len = f.len;
    good_server = plain_alpn(server, h2neg_s("h2"), &has);
    MUST(h2neg_alpn_has(server, h2neg_s("h2")) == (good_server && has));
    good_client = plain_alpn(client, h2neg_s("h2"), &has);
    MUST(h2neg_alpn_has(client, h2neg_s("h2")) == (good_client && has));
    MUST((h2neg_alpn_list_check(server) == 0) == good_server);
    MUST((h2neg_alpn_list_check(client) == 0) == good_client);
    r = h2neg_alpn_select(server, client, &chosen);
    MUST(inside(chosen, p, server.len));
    if (good_server && good_client) {
        for (at = 0; at < server.len && !expect; at += 1 + (size_t)(unsigned char)server.ptr[at]) {
            name.ptr = server.ptr + at + 1;
            name.len = (unsigned char)server.ptr[at];
            plain_alpn(client, name, &expect);
        }
        MUST(expect ? r == 0 && same(chosen, name) : r == H2NEG_ERR_ALPN_NO_OVERLAP);
        MUST(!expect || h2neg_alpn_check(client, chosen) == H2NEG_ALPN_CHOSEN);
    } else {
        MUST(r == H2NEG_ERR_ALPN_LIST);
    }
    MUST(r == 0 || chosen.len == 0);
    rest = client;
    while ((walk = h2neg_alpn_next(&rest, &name)) == 1)
        MUST(name.len > 0 && inside(name, q, client.len));
    MUST(walk == (good_client || client.len == 0 ? 0 : H2NEG_ERR_ALPN_LIST));
    r = h2neg_alpn_check(server, client);
    MUST(r == H2NEG_ALPN_CHOSEN || r == H2NEG_ERR_ALPN_LIST || r == H2NEG_ERR_ALPN_NOT_OFFERED);
    client.ptr = NULL;
    client.len = 0;
    r = h2neg_alpn_check(server, client);
    MUST(r == (good_server ? H2NEG_ALPN_ABSENT : H2NEG_ERR_ALPN_LIST) || r == H2NEG_ALPN_ABSENT);
    if (good_server) { /* written again from its names */
        static char texts[260][256], out[300];
        const char *names[260];
        size_t n = 0;
        rest = server;
        while (h2neg_alpn_next(&rest, &name) == 1) {
            if (memchr(name.ptr, 0, name.len)) {
                n = 0; /* no terminated text */
                break;
            }
            memcpy(texts[n], name.ptr, name.len);
            texts[n][name.len] = 0;
            names[n] = texts[n];
            n++;
        }
        if (n) {
            MUST(h2neg_alpn_write(out, sizeof out, names, n) == (ptrdiff_t)server.len);
            MUST(memcmp(out, server.ptr, server.len) == 0);
            MUST(h2neg_alpn_write(out, server.len - 1, names, n) == H2NEG_ERR_TOO_SMALL);
        }
    }
    free(p);
    free(q);
}

/* A ClientHello that grows: nothing until it is whole, then the same as whole; errors stay. */
static void fuzz_client_hello(const unsigned char *data, size_t size)
{
    h2neg_client_hello_info whole, cut;
    static char scratch[16384], scratch_cut[16384];
    size_t n, room, stride;
    ptrdiff_t r, k = 0;
    feed f;
    char *p;
    f.p = data;
    f.len = size < 20000 ? size : 20000;
    room = feed_octet(&f) & 1 ? 16384 : 64;
    p = tight(f.p, f.len);
    memset(&whole, 0, sizeof whole);
    r = h2neg_client_hello(&whole, p, f.len, scratch, room);
    MUST(r <= (ptrdiff_t)f.len && r > H2NEG__ERR_LAST);
    stride = f.len > 512 ? f.len / 128 : 1;
    for (n = 1; n <= f.len && k == 0; n += n + stride > f.len && n < f.len ? f.len - n : stride) {
        char *q = tight(f.p, n);
        memset(&cut, 0, sizeof cut);
        k = h2neg_client_hello(&cut, q, n, scratch_cut, room);
        if (k > 0) {
            MUST(k == r && same(cut.server_name, whole.server_name) && same(cut.alpn, whole.alpn));
            MUST(cut.max_version == whole.max_version && same(cut.ciphers, whole.ciphers));
            MUST(cut.legacy_version == whole.legacy_version && same(cut.versions, whole.versions));
            MUST(inside(cut.server_name, q, n) || inside(cut.server_name, scratch_cut, room));
            MUST(inside(cut.alpn, q, n) || inside(cut.alpn, scratch_cut, room));
            MUST(cut.alpn.ptr == NULL || h2neg_alpn_list_check(cut.alpn) == 0);
            MUST(!cut.server_name.len || !memchr(cut.server_name.ptr, 0, cut.server_name.len));
        }
        free(q);
    }
    MUST(k == r);
    MUST(r >= 0 || whole.error_at < 70000); /* it may name an octet that is one too many to come */
    free(p);
}

static void fuzz_proxy(const unsigned char *data, size_t size)
{
    h2neg_proxy whole, cut;
    size_t n, stride;
    ptrdiff_t r, k = 0;
    char *p;
    size = size < 4096 ? size : 4096;
    p = tight(data, size);
    memset(&whole, 0, sizeof whole);
    r = h2neg_proxy_read(&whole, p, size);
    MUST(r <= (ptrdiff_t)size && (r >= 0 || r == H2NEG_ERR_PROXY));
    if (r > 0) {
        MUST(whole.version == 1 || whole.version == 2);
        MUST(whole.family == 0 || whole.family == 1 || whole.family == 4 || whole.family == 6);
        MUST(inside(whole.tlvs, p, size) && inside(whole.alpn, p, size));
        MUST(whole.version == 2 || r <= 107);
    }
    stride = size > 400 ? size / 100 : 1;
    for (n = 1; n <= size && k == 0; n += n + stride > size && n < size ? size - n : stride) {
        char *q = tight(data, n);
        memset(&cut, 0, sizeof cut);
        k = h2neg_proxy_read(&cut, q, n);
        if (k > 0) {
            MUST(cut.version == whole.version && cut.local == whole.local);
            MUST(cut.family == whole.family && cut.source_port == whole.source_port);
            MUST(memcmp(cut.source, whole.source, sizeof cut.source) == 0);
            MUST(same(cut.alpn, whole.alpn) && same(cut.tlvs, whole.tlvs));
        }
        if (k < 0)
            MUST(cut.error_at == whole.error_at);
        free(q);
    }
    MUST(k == r);
    free(p);
}

static void fuzz_detect(const unsigned char *data, size_t size)
{
    size_t n;
    int said = H2NEG_DETECT_MORE;
    for (n = 0; n <= size && n <= 64; n++) {
        char *p = tight(data, n);
        int now = h2neg_detect(p, n);
        MUST(now >= H2NEG_DETECT_MORE && now <= H2NEG_DETECT_OTHER);
        MUST(said == H2NEG_DETECT_MORE || now == said);
        MUST(now != H2NEG_DETECT_MORE || n < H2NEG_DETECT_OCTETS);
        said = now;
        free(p);
    }
    MUST(said == h2neg_detect(data, size) || size <= 64);
    if (said == H2NEG_DETECT_HTTP2)
        MUST(size >= 24 && memcmp(data, H2NEG_PREFACE, 24) == 0);
}

#endif
