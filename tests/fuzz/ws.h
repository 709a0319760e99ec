/* ws.h: fuzz targets of the WebSocket pieces: handshake, parameters, frames, masks, UTF-8, Close.
   Include it behind h1.h. */
#ifndef FUZZ_WS_H
#define FUZZ_WS_H

/* ---- the handshake ------------------------------------------------------- */

static void walk_extensions(const h2neg_field *fields, size_t count, const char *p, size_t size)
{
    h2neg_list list;
    h2neg_str name = {NULL, 0}, parameters = {NULL, 0};
    size_t n = 0;
    int r;
    memset(&list, 0, sizeof list);
    while ((r = h2neg_ws_extension_next(&list, fields, count, &name, &parameters)) == 1) {
        h2neg_str rest = parameters, key = {NULL, 0}, value = {NULL, 0};
        int has_value = 0, q;
        size_t m = 0;
        MUST(name.len > 0 && inside(name, p, size) && inside(parameters, p, size));
        while ((q = h2neg_ws_parameter_next(&rest, &key, &value, &has_value)) == 1) {
            MUST(key.len > 0 && inside(key, p, size));
            MUST(!has_value || inside(value, p, size));
            MUST(++m <= size);
        }
        MUST(q == 0); /* its grammar was good */
        MUST(++n <= size);
    }
    MUST(r == 0 || r == H2NEG_ERR_WS_EXTENSION);
}

static int bits_ok(int bits)
{
    return bits == 0 || (bits >= 8 && bits <= 15);
}

/* A server's answer to an offer is within it, and the client agrees. */
static void negotiate_deflate(h2neg_ws_deflate want, h2neg_ws_deflate offer)
{
    char text[128];
    h2neg_ws_deflate agreed, seen;
    h2neg_field f;
    ptrdiff_t n = h2neg_ws_deflate_write(text, sizeof text, &offer);
    int r;
    MUST(n > 0);
    memset(&f, 0, sizeof f);
    f.name = h2neg_s("Sec-WebSocket-Extensions");
    f.value.ptr = text;
    f.value.len = (size_t)n;
    r = h2neg_ws_deflate_accept(&agreed, &want, &f, 1);
    MUST(r == 0 || r == 1);
    if (!r)
        return;
    MUST(bits_ok(agreed.server_max_window_bits) && bits_ok(agreed.client_max_window_bits));
    n = h2neg_ws_deflate_write(text, sizeof text, &agreed);
    MUST(n > 0);
    f.value.len = (size_t)n;
    MUST(h2neg_ws_deflate_check(&seen, &offer, &f, 1) == 1);
    MUST(seen.server_no_context_takeover >= agreed.server_no_context_takeover);
    MUST(bits_ok(seen.server_max_window_bits) && seen.client_max_window_bits <= 15);
    if (want.client_no_context_takeover)
        MUST(seen.client_no_context_takeover);
    if (want.server_no_context_takeover)
        MUST(seen.server_no_context_takeover);
}

static h2neg_ws_deflate deflate_from(unsigned v, int client)
{
    static const int bits[] = {0, 0, 8, 9, 12, 15, 14, 0};
    h2neg_ws_deflate d;
    d.server_no_context_takeover = v & 1;
    d.client_no_context_takeover = v >> 1 & 1;
    d.server_max_window_bits = bits[v >> 2 & 7];
    d.client_max_window_bits = bits[v >> 5 & 7];
    if (client && (v >> 5 & 7) == 7)
        d.client_max_window_bits = -1;
    return d;
}

/* A 101 of ours is one that a client of ours takes. */
static void accept_round(h2neg_str key, const h2neg_field *fields, size_t count, const char *sub)
{
    static char out[20000];
    static head_case h;
    h2neg_str chosen = {NULL, 0};
    ptrdiff_t n = h2neg_ws_write_accept(out, sizeof out, key, sub, fields, count);
    MUST(n != 0 && n > H2NEG__ERR_LAST);
    if (n < 0 || h2neg_find(fields, count, "http2-settings", NULL))
        return; /* which a server must not send: RFC 7540 3.2.1 */
    head_case_init(&h, HEAD_RESPONSE, 0);
    MUST(head_parse(&h, out, (size_t)n, 0) == n || count > 50);
    if (count <= 50) {
        MUST(h2neg_ws_check_response(h.head.status, h.fields, h.head.count, key, h2neg_s(sub),
                                     &chosen) == 0);
        MUST(h2neg_is(chosen, sub ? sub : ""));
    }
}

static void fuzz_ws_handshake(const unsigned char *data, size_t size)
{
    static const char *const ours[] = {"chat", "superchat", "v1.x"};
    static const char *const origins[] = {"https://example.org", "http://a:80"};
    static const char *const methods[] = {"GET", "CONNECT", "POST", "get"};
    static const char *const authorities[] = {"a", "example.org", "example.org:8080", "[::1]:80"};
    h2neg_field fields[32];
    feed f;
    unsigned how, more, x, y;
    size_t count;
    char *p;
    h2neg_str text, chosen = {NULL, 0};
    h2neg_ws_request request;
    h2neg_ws_policy policy;
    h2neg_ws_deflate agreed, offer, want;
    const char *sub;
    int r;
    f.p = data;
    f.len = size < 4096 ? size : 4096;
    how = feed_octet(&f);
    more = feed_octet(&f);
    x = feed_octet(&f);
    y = feed_octet(&f);
    p = tight(f.p, f.len);
    text.ptr = p;
    text.len = f.len;
    count = fields_of(text, fields, 32);
    memset(&request, 0, sizeof request);
    request.method = h2neg_s(methods[how & 3]);
    request.authority = h2neg_s(authorities[how >> 2 & 3]);
    request.minor = how >> 4 & 1 ? 0 : 1;
    request.fields = fields;
    request.count = count;
    memset(&policy, 0, sizeof policy);
    policy.origin = (int)(how >> 5) % 3;
    policy.origins = origins;
    policy.origin_count = 2;
    r = h2neg_ws_check_request(&request, how & 128 ? NULL : &policy);
    MUST(r <= 0 && r > H2NEG__ERR_LAST);
    MUST(r == 0 || h2neg_error_status(r) == 400 || h2neg_error_status(r) == 403 ||
         h2neg_error_status(r) == 426);
    if (r == 0) {
        int h1 = !h2neg_is(request.method, "CONNECT");
        MUST(request.key.len == (h1 ? 24u : 0u) && inside(request.key, p, text.len));
        MUST(inside(request.origin, p, text.len));
        if (h1)
            accept_round(request.key, NULL, 0, more & 1 ? "chat" : NULL);
    }
    sub = h2neg_ws_subprotocol(ours, 3, fields, count);
    MUST(!sub || sub == ours[0] || sub == ours[1] || sub == ours[2]);
    r = h2neg_ws_check_response(more & 2 ? 101 : 200, fields, count,
                                h2neg_s(more & 4 ? "dGhlIHNhbXBsZSBub25jZQ==" : ""),
                                h2neg_s(more & 8 ? "chat, superchat" : ""), &chosen);
    MUST(r <= 0 && inside(chosen, p, text.len));
    walk_extensions(fields, count, p, text.len);
    offer = deflate_from(x, 1);
    want = deflate_from(y, 0);
    r = h2neg_ws_deflate_accept(&agreed, more & 16 ? NULL : &want, fields, count);
    MUST(r == 0 || r == 1 || r == H2NEG_ERR_WS_EXTENSION);
    if (r == 1)
        MUST(bits_ok(agreed.server_max_window_bits) && bits_ok(agreed.client_max_window_bits));
    r = h2neg_ws_deflate_check(&agreed, more & 32 ? NULL : &offer, fields, count);
    MUST(r == 0 || r == 1 || r == H2NEG_ERR_WS_EXTENSION);
    MUST(r != 1 || !(more & 32));
    negotiate_deflate(want, offer);
    accept_round(h2neg_s("dGhlIHNhbXBsZSBub25jZQ=="), fields, count, NULL);
    {
        char out[256];
        ptrdiff_t n = h2neg_ws_write_refuse(out, sizeof out, 200 + (int)(how + more) % 500);
        MUST(n > 0 || n == H2NEG_ERR_INVALID);
    }
    free(p);
}

/* ---- frames -------------------------------------------------------------- */

/* A header, whole and cut: the same, and as early as it can be. What was read is written alike. */
static void frame_header(h2neg_str in, int from_client, int rsv)
{
    h2neg_ws_frame whole, cut;
    size_t n;
    ptrdiff_t r, k = 0;
    char out[14];
    char *p = tight(in.ptr, in.len);
    memset(&whole, 0, sizeof whole);
    r = h2neg_ws_frame_read(&whole, p, in.len, from_client, rsv);
    MUST(r <= 14 && r <= (ptrdiff_t)in.len);
    for (n = 0; n <= in.len && n <= 14 && k == 0; n++) {
        char *q = tight(in.ptr, n);
        memset(&cut, 0, sizeof cut);
        k = h2neg_ws_frame_read(&cut, q, n, from_client, rsv);
        MUST(k <= 0 || (size_t)k == n);
        free(q);
    }
    MUST(k == r);
    if (r > 0) {
        MUST(whole.fin == cut.fin && whole.rsv == cut.rsv && whole.opcode == cut.opcode);
        MUST(whole.masked == cut.masked && whole.length == cut.length);
        MUST(whole.masked == from_client && whole.length <= INT64_MAX);
        MUST(!whole.masked || memcmp(whole.key, cut.key, 4) == 0);
        MUST(whole.opcode < 8 || (whole.fin && whole.length <= 125));
        MUST(h2neg_ws_frame_write(out, sizeof out, &whole) == r && memcmp(out, p, (size_t)r) == 0);
        MUST(h2neg_ws_frame_write(out, (size_t)r - 1, &whole) == H2NEG_ERR_TOO_SMALL);
    }
    free(p);
}

/* RFC 3629 4, octet by octet, written another way: how many octets are good. */
static size_t utf8_plain(const unsigned char *p, size_t n, int *whole)
{
    size_t at = 0;
    *whole = 1;
    while (at < n) {
        unsigned c = p[at];
        size_t need = c < 0x80                ? 0
                      : c >= 0xc2 && c < 0xe0 ? 1
                      : c >= 0xe0 && c < 0xf0 ? 2
                      : c >= 0xf0 && c < 0xf5 ? 3
                                              : 9,
               i;
        if (need == 9)
            return at;
        for (i = 1; i <= need; i++) {
            unsigned low = 0x80, high = 0xbf;
            if (at + i == n) {
                *whole = 0;
                return n;
            }
            if (i == 1) {
                low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
                high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
            }
            if (p[at + i] < low || p[at + i] > high)
                return at + i;
        }
        at += need + 1;
    }
    return n;
}

static void utf8_cuts(h2neg_str in, dice *d)
{
    h2neg_utf8 u;
    size_t at = 0, plain, good = 0;
    int whole;
    char *p = tight(in.ptr, in.len);
    plain = utf8_plain((const unsigned char *)p, in.len, &whole);
    for (fuzz_simd = 2; fuzz_simd >= 0; fuzz_simd--) {
        memset(&u, 0, sizeof u);
        MUST(h2neg_utf8_check(&u, p, in.len) == plain);
        MUST(plain < in.len || h2neg_utf8_whole(&u) == whole);
    }
    fuzz_simd = 2;
    memset(&u, 0, sizeof u);
    while (at < in.len) {
        size_t n = 1 + dice_below(d, 20);
        if (n > in.len - at)
            n = in.len - at;
        good += h2neg_utf8_check(&u, p + at, n);
        at += n;
        if (good < at)
            break;
    }
    MUST(good == plain);
    if (good < in.len)
        MUST(h2neg_utf8_check(&u, "a", 1) == 0);
    free(p);
}

static void mask_cuts(h2neg_str in, const unsigned char key[4], dice *d)
{
    char *out = (char *)must_alloc(in.len), *place = tight(in.ptr, in.len);
    size_t at = 0, i;
    uint64_t offset = dice_below(d, 8);
    for (fuzz_simd = 0; fuzz_simd < 3; fuzz_simd++) {
        h2neg_ws_mask(out, in.ptr, in.len, key, offset);
        for (i = 0; i < in.len; i++)
            MUST((unsigned char)out[i] == ((unsigned char)in.ptr[i] ^ key[(offset + i) & 3]));
    }
    fuzz_simd = 2;
    while (at < in.len) {
        size_t n = 1 + dice_below(d, 50);
        if (n > in.len - at)
            n = in.len - at;
        h2neg_ws_mask(place + at, place + at, n, key, offset + at);
        at += n;
    }
    MUST(in.len == 0 || memcmp(place, out, in.len) == 0);
    free(out);
    free(place);
}

static void close_round(h2neg_str in)
{
    int code = 0, r;
    h2neg_str reason = {NULL, 0};
    char out[125], *p;
    in.len = in.len < 125 ? in.len : 125;
    p = tight(in.ptr, in.len);
    r = h2neg_ws_close_read(p, in.len, &code, &reason);
    MUST(r == 0 || r == H2NEG_ERR_WS_CLOSE_CODE || r == H2NEG_ERR_WS_UTF8);
    if (r == 0) {
        MUST(inside(reason, p, in.len) && reason.len == (in.len ? in.len - 2 : 0));
        MUST(in.len ? h2neg_ws_code_ok(code) : code == H2NEG_WS_NO_STATUS);
        MUST(h2neg_ws_close_write(out, sizeof out, in.len ? code : 0, reason) == (ptrdiff_t)in.len);
        MUST(in.len == 0 || memcmp(out, p, in.len) == 0);
    } else if (in.len >= 2) {
        int given = (unsigned char)p[0] << 8 | (unsigned char)p[1];
        reason.ptr = p + 2;
        reason.len = in.len - 2;
        MUST(h2neg_ws_close_write(out, sizeof out, given, reason) == H2NEG_ERR_INVALID ||
             (given == 0 && reason.len == 0));
    }
    free(p);
}

static void fuzz_ws_frame(const unsigned char *data, size_t size)
{
    feed f;
    unsigned how;
    dice d;
    unsigned char key[4];
    h2neg_str in;
    int i;
    f.p = data;
    f.len = size < 8192 ? size : 8192;
    how = feed_octet(&f);
    d.state = feed_octet(&f);
    for (i = 0; i < 4; i++)
        key[i] = (unsigned char)feed_octet(&f);
    in = feed_rest(&f);
    switch (how & 3) {
    case 0: frame_header(in, how >> 2 & 1, how & 8 ? H2NEG_WS_RSV1 : 0); break;
    case 1: utf8_cuts(in, &d); break;
    case 2: mask_cuts(in, key, &d); break;
    default: close_round(in); break;
    }
}

#endif
