/* h1.h: fuzz targets of HTTP/1's pieces: heads, framing of bodies, the chunked coding, writers, and
   what stands in fields for Upgrade. Include it behind base.h. */
#ifndef FUZZ_H1_H
#define FUZZ_H1_H

/* ---- heads --------------------------------------------------------------- */

enum { HEAD_REQUEST, HEAD_RESPONSE, HEAD_TRAILERS, HEAD_KINDS };

typedef struct head_case {
    int kind;
    h2neg_h1_head head;
    h2neg_field fields[64];
    char text[512];
} head_case;

static void head_case_init(head_case *h, unsigned how, unsigned limits)
{
    memset(h, 0, sizeof *h);
    h->kind = (int)(how & 3) % HEAD_KINDS;
    h->head.lenient = how >> 2 & 7;
    h->head.fields = h->fields;
    h->head.room = limits & 1 ? 4 : sizeof h->fields / sizeof h->fields[0];
    if (how & 32) {
        h->head.text = h->text;
        h->head.text_room = how & 64 ? 16 : sizeof h->text;
    }
    if (limits & 2)
        h->head.max_line = 40;
    if (limits & 4)
        h->head.max_field_line = 24;
    if (limits & 8)
        h->head.max_list = 128;
    if (limits & 16)
        h->head.max_empty = 1;
}

static ptrdiff_t head_parse(head_case *h, const char *in, size_t len, size_t seen)
{
    if (h->kind == HEAD_REQUEST)
        return h2neg_h1_parse_request(&h->head, in, len, seen);
    if (h->kind == HEAD_RESPONSE)
        return h2neg_h1_parse_response(&h->head, in, len, seen);
    return h2neg_h1_parse_trailers(&h->head, in, len, seen);
}

static void head_check_slices(const head_case *h, const char *in, size_t len)
{
    size_t i;
    MUST(inside(h->head.method, in, len) && inside(h->head.target, in, len));
    MUST(inside(h->head.path, in, len) || h2neg_is(h->head.path, "*"));
    MUST(inside(h->head.scheme, in, len));
    MUST(inside(h->head.authority, in, len) || inside(h->head.authority, h->text, sizeof h->text));
    MUST(inside(h->head.query, in, len) && inside(h->head.reason, in, len));
    MUST(h->head.count <= h->head.room);
    for (i = 0; i < h->head.count; i++) {
        const h2neg_field *f = &h->fields[i];
        MUST(f->name.len > 0 && inside(f->name, in, len));
        MUST(inside(f->value, in, len) || inside(f->value, h->text, sizeof h->text));
        MUST(!memchr(f->value.len ? f->value.ptr : "", '\n', f->value.len));
        MUST(!memchr(f->value.len ? f->value.ptr : "", '\r', f->value.len));
        MUST(!memchr(f->value.len ? f->value.ptr : "", 0, f->value.len));
    }
}

static void head_same(const head_case *a, const head_case *b)
{
    MUST(same(a->head.method, b->head.method) && same(a->head.target, b->head.target));
    MUST(same(a->head.path, b->head.path) && same(a->head.query, b->head.query));
    MUST((a->head.query.ptr == NULL) == (b->head.query.ptr == NULL));
    MUST(same(a->head.scheme, b->head.scheme) && same(a->head.authority, b->head.authority));
    MUST(a->head.form == b->head.form && a->head.minor == b->head.minor);
    MUST(a->head.status == b->head.status && same(a->head.reason, b->head.reason));
    MUST(same_fields(a->fields, a->head.count, b->fields, b->head.count));
}

/* What was read, written again, reads the same (the version written is always 1.1). */
static void head_write_back(const head_case *h)
{
    head_case again;
    static char out[80000];
    char *p;
    ptrdiff_t n, r;
    if (h->kind == HEAD_REQUEST)
        n = h2neg_h1_write_request(out, sizeof out, h->head.method, h->head.target, h->fields,
                                   h->head.count);
    else
        n = h2neg_h1_write_response(out, sizeof out, h->head.status, h->head.reason, h->fields,
                                    h->head.count);
    MUST(n > 0);
    p = tight(out, (size_t)n);
    head_case_init(&again, (unsigned)h->kind, 0);
    r = head_parse(&again, p, (size_t)n, 0);
    if (r == H2NEG_ERR_H1_HOST && h->head.minor == 0) {
        free(p); /* HTTP/1.1 must have one */
        return;
    }
    MUST(r == n);
    MUST(same_fields(h->fields, h->head.count, again.fields, again.head.count));
    MUST(same(h->head.method, again.head.method) && same(h->head.target, again.head.target));
    MUST(same(h->head.path, again.head.path) && same(h->head.query, again.head.query));
    MUST(h->head.status == again.head.status);
    free(p);
}

/* Framing follows from Content-Length and Transfer-Encoding alone. */
static void head_body(const head_case *h)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "CONNECT"};
    size_t i, lengths = 0, codings = 0, at;
    for (at = 0; h2neg_find(h->fields, h->head.count, "content-length", &at);)
        lengths++;
    for (at = 0; h2neg_find(h->fields, h->head.count, "transfer-encoding", &at);)
        codings++;
    for (i = 0; i < 4; i++) {
        uint64_t length = 7;
        h2neg_str method = h->kind == HEAD_REQUEST ? h->head.method : h2neg_s(methods[i]);
        int kind = h2neg_body_kind(&h->head, method, &length);
        MUST(kind < 0 || (kind >= H2NEG_BODY_NONE && kind <= H2NEG_BODY_TUNNEL));
        MUST(kind != H2NEG_BODY_LENGTH || (lengths == 1 && length > 0 && length <= INT64_MAX));
        MUST(kind != H2NEG_BODY_CHUNKED || (codings > 0 && lengths == 0 && h->head.minor == 1));
        MUST(kind != H2NEG_BODY_CLOSE || h->kind == HEAD_RESPONSE);
        MUST(kind != H2NEG_BODY_NONE || h->kind == HEAD_RESPONSE || codings == 0);
        if (kind > 0 && lengths == 0)
            MUST(length == UINT64_MAX);
        if (h->kind == HEAD_REQUEST && kind > 0)
            MUST(kind != H2NEG_BODY_LENGTH || codings == 0);
    }
    MUST(h2neg_h1_persists(&h->head) == 0 || h2neg_h1_persists(&h->head) == 1);
}

/* Two octets choose kind, leniency and limits; the rest is a head, and maybe more behind it. It is
   read whole, with the CPU's wide instructions and without; and growing octet by octet (large ones
   by steps), with `seen` and without: the same result, and as soon as it can be. */
static void fuzz_h1_head(const unsigned char *data, size_t size)
{
    static head_case whole, grown, fresh;
    feed f;
    unsigned how, limits;
    h2neg_str in;
    char *p;
    ptrdiff_t r, g = 0;
    size_t n = 0, seen = 0, stride;
    f.p = data;
    f.len = size;
    how = feed_octet(&f);
    limits = feed_octet(&f);
    in = feed_rest(&f);
    head_case_init(&whole, how, limits);
    p = tight(in.ptr, in.len);
    r = head_parse(&whole, p, in.len, 0);
    MUST(r <= (ptrdiff_t)in.len && r > H2NEG__ERR_LAST);
    if (r > 0)
        head_check_slices(&whole, p, in.len);
    if (r < 0)
        MUST(whole.head.error_at <= in.len);
    for (fuzz_simd = 0; fuzz_simd < 2; fuzz_simd++) {
        head_case_init(&fresh, how, limits);
        MUST(head_parse(&fresh, p, in.len, 0) == r);
        if (r > 0)
            head_same(&fresh, &whole);
        if (r < 0)
            MUST(fresh.head.error_at == whole.head.error_at);
    }
    head_case_init(&grown, how, limits);
    stride = in.len > 1024 ? in.len / 256 : 1;
    while (g == 0 && n < in.len) {
        char *part;
        size_t next = n + stride < in.len ? n + stride : in.len;
        if (r > 0 && n < (size_t)r && next > (size_t)r)
            next = (size_t)r;
        part = tight(in.ptr, next);
        g = head_parse(&grown, part, next, seen);
        if (next % 7 == 0 || g) {
            head_case_init(&fresh, how, limits);
            MUST(head_parse(&fresh, part, next, 0) == g);
            if (g > 0)
                head_same(&fresh, &grown);
            if (g < 0)
                MUST(fresh.head.error_at == grown.head.error_at);
        }
        if (g > 0) {
            head_check_slices(&grown, part, next);
            head_same(&whole, &grown);
        }
        free(part);
        seen = n = next;
    }
    MUST(g == r);
    if (r > 0)
        MUST(n == (size_t)r);
    if (r < 0)
        MUST(grown.head.error_at == whole.head.error_at && grown.head.error_at <= n);
    if (r > 0 && whole.kind != HEAD_TRAILERS) {
        head_body(&whole);
        head_write_back(&whole);
    }
    free(p);
}

/* ---- the chunked coding -------------------------------------------------- */

typedef struct chunks {
    h2neg_chunked d;
    pile data;
    size_t used;
    ptrdiff_t error;
    size_t error_at;
} chunks;

/* Decodes one lent run as far as it goes. */
static void chunks_run(chunks *k, const char *p, size_t n)
{
    size_t at = 0;
    while (at < n && !k->d.done && !k->error) {
        h2neg_str data = {NULL, 0};
        ptrdiff_t r = h2neg_chunked_decode(&k->d, p + at, n - at, &data);
        MUST(r <= (ptrdiff_t)(n - at));
        if (r < 0) {
            k->error = r;
            k->error_at = k->used + k->d.error_at;
            MUST(k->d.error_at <= n - at);
            MUST(data.len == 0);
            MUST(h2neg_chunked_decode(&k->d, p + at, n - at, &data) == r);
            return;
        }
        MUST(r > 0 || k->d.done);
        MUST(inside(data, p + at, (size_t)r));
        pile_add(&k->data, data.ptr, data.len);
        at += (size_t)r;
        k->used += (size_t)r;
    }
}

static void fuzz_chunked(const unsigned char *data, size_t size)
{
    chunks whole, cut, ones;
    feed f;
    unsigned limits;
    dice d;
    h2neg_str in;
    size_t at;
    f.p = data;
    f.len = size;
    limits = feed_octet(&f);
    d.state = feed_octet(&f);
    in = feed_rest(&f);
    memset(&whole, 0, sizeof whole);
    if (limits & 1)
        whole.d.max_line = 20;
    if (limits & 2)
        whole.d.max_overhead = 40;
    cut = ones = whole;
    {
        char *p = tight(in.ptr, in.len);
        chunks_run(&whole, p, in.len);
        free(p);
    }
    for (at = 0; at < in.len;) {
        size_t n = 1 + dice_below(&d, 40);
        char *p;
        if (n > in.len - at)
            n = in.len - at;
        p = tight(in.ptr + at, n);
        chunks_run(&cut, p, n);
        free(p);
        at += n;
    }
    for (at = 0; at < in.len; at++)
        chunks_run(&ones, in.ptr + at, 1);
    MUST(cut.error == whole.error && ones.error == whole.error);
    MUST(whole.error || (cut.used == whole.used && ones.used == whole.used));
    MUST(cut.d.done == whole.d.done && ones.d.done == whole.d.done);
    MUST(!whole.error || (cut.error_at == whole.error_at && ones.error_at == whole.error_at));
    MUST(cut.data.len == whole.data.len && ones.data.len == whole.data.len);
    MUST(whole.data.len == 0 || (memcmp(cut.data.p, whole.data.p, whole.data.len) == 0 &&
                                 memcmp(ones.data.p, whole.data.p, whole.data.len) == 0));
    pile_free(&whole.data);
    pile_free(&cut.data);
    pile_free(&ones.data);
}

/* ---- writers ------------------------------------------------------------- */

/* Fields that anybody may have made up: they are refused, or the head reads back as it was meant.
 */
static void fuzz_h1_write(const unsigned char *data, size_t size)
{
    static char out[8192];
    static head_case h;
    h2neg_field fields[16];
    size_t count, room;
    feed f;
    h2neg_str word;
    char *text;
    int response, status;
    ptrdiff_t n, short_of;
    f.p = data;
    f.len = size < 4000 ? size : 4000;
    response = (int)feed_octet(&f) & 1;
    status = (int)(feed_u16(&f) % 1100);
    room = feed_u16(&f) % sizeof out;
    word = feed_run(&f, feed_octet(&f) % 40);
    text = tight(f.p, f.len);
    {
        h2neg_str rest;
        rest.ptr = text;
        rest.len = f.len;
        count = fields_of(rest, fields, 16);
    }
    if (response)
        n = h2neg_h1_write_response(out, sizeof out, status, word, fields, count);
    else
        n = h2neg_h1_write_request(out, sizeof out, h2neg_s("GET"), word, fields, count);
    MUST(n != 0 && n > H2NEG__ERR_LAST);
    if (n > 0) {
        ptrdiff_t r;
        head_case_init(&h, response ? HEAD_RESPONSE : HEAD_REQUEST, 0);
        r = head_parse(&h, out, (size_t)n, 0);
        MUST(r == n || (!response && (r == H2NEG_ERR_H1_HOST || r == H2NEG_ERR_H1_TARGET)) ||
             r == H2NEG_ERR_H1_FIELD_LONG);
        if (r > 0) {
            MUST(h.head.count == count);
            MUST(same_fields(h.fields, h.head.count, fields, count));
            MUST(!response || h.head.status == status);
            MUST(response || same(h.head.target, word));
        }
        if (room < (size_t)n) { /* never past the room that was lent */
            char *lent = (char *)must_alloc(room);
            short_of =
                response ? h2neg_h1_write_response(lent, room, status, word, fields, count)
                         : h2neg_h1_write_request(lent, room, h2neg_s("GET"), word, fields, count);
            MUST(short_of == H2NEG_ERR_TOO_SMALL);
            free(lent);
        }
    }
    {
        char line[20];
        h2neg_chunked d;
        h2neg_str none = {NULL, 0};
        uint64_t chunk = (uint64_t)status << (room % 42);
        n = h2neg_h1_write_chunk(line, sizeof line, chunk);
        memset(&d, 0, sizeof d);
        MUST(n > 2 && n <= 18);
        MUST(h2neg_chunked_decode(&d, line, (size_t)n, &none) == n && none.len == 0);
        MUST(chunk ? d.left == chunk : d.done);
    }
    free(text);
}

/* ---- Upgrade, base64 ----------------------------------------------------- */

static void base64_both_ways(h2neg_str in, int settings)
{
    size_t room = in.len * 2 + 8;
    char *text = (char *)must_alloc(room), *back = (char *)must_alloc(room);
    ptrdiff_t n, m;
    h2neg_str s;
    /* octets, to text and back */
    n = settings ? h2neg_h2_settings_encode(text, room, in.ptr, in.len)
                 : h2neg_base64_encode(text, room, in.ptr, in.len);
    if (settings && in.len % 6)
        MUST(n == H2NEG_ERR_INVALID);
    else
        MUST(n >= 0);
    if (n >= 0) {
        s.ptr = text;
        s.len = (size_t)n;
        m = settings ? h2neg_h2_settings_decode(back, room, s) : h2neg_base64_decode(back, room, s);
        MUST(m == (ptrdiff_t)in.len && (m == 0 || memcmp(back, in.ptr, in.len) == 0));
        if (n > 0) {
            char *lent = (char *)must_alloc((size_t)n - 1);
            MUST((settings ? h2neg_h2_settings_encode(lent, (size_t)n - 1, in.ptr, in.len)
                           : h2neg_base64_encode(lent, (size_t)n - 1, in.ptr, in.len)) ==
                 H2NEG_ERR_TOO_SMALL);
            free(lent);
        }
    }
    /* text, to octets and back: there is one text for any octets */
    m = settings ? h2neg_h2_settings_decode(back, room, in) : h2neg_base64_decode(back, room, in);
    if (m >= 0) {
        MUST(!settings || m % 6 == 0);
        n = settings ? h2neg_h2_settings_encode(text, room, back, (size_t)m)
                     : h2neg_base64_encode(text, room, back, (size_t)m);
        MUST(n == (ptrdiff_t)in.len && (n == 0 || memcmp(text, in.ptr, in.len) == 0));
    }
    free(text);
    free(back);
}

static void fuzz_upgrade(const unsigned char *data, size_t size)
{
    static const char *const ours[] = {"h2c", "websocket", "foo/2", "HTTP/2.0"};
    h2neg_field fields[32];
    size_t count, n = 0;
    feed f;
    unsigned how;
    h2neg_str text, item = {NULL, 0};
    h2neg_list list;
    char *p;
    int choice, minor;
    f.p = data;
    f.len = size < 4096 ? size : 4096;
    how = feed_octet(&f);
    minor = how & 1;
    p = tight(f.p, f.len);
    text.ptr = p;
    text.len = f.len;
    base64_both_ways(text, how >> 1 & 1);
    count = fields_of(text, fields, 32);
    memset(&list, 0, sizeof list);
    while (h2neg_upgrade_offers(&list, minor, fields, count, &item)) {
        MUST(item.len > 0 && inside(item, p, text.len));
        MUST(++n <= 8 && minor == 1);
    }
    choice = h2neg_upgrade_choose(ours, 4, minor, fields, count);
    MUST(choice >= -1 && choice < 4 && (n > 0 || choice == -1));
    choice = h2neg_upgrade_check(ours, 4, minor, fields, count);
    MUST((choice >= 0 && choice < 4) || choice == H2NEG_ERR_UPGRADE_ANSWER);
    MUST(choice < 0 || n == 1);
    if (h2neg_upgrade_h2c(minor, fields, count, &item)) {
        char out[4096];
        MUST(inside(item, p, text.len) && item.len > 0);
        MUST(h2neg_h2_settings_decode(out, sizeof out, item) >= 0);
        MUST(n > 0);
    }
    memset(&list, 0, sizeof list);
    n = 0;
    while (h2neg_list_next(&list, fields, count, "connection", &item)) {
        MUST(item.len > 0 && inside(item, p, text.len));
        MUST(++n <= text.len);
    }
    MUST(item.len == 0);
    {
        size_t need = h2neg_fields_size(fields, count), i;
        void *block = must_alloc(need);
        h2neg_field *copy = h2neg_fields_copy(block, need, fields, count);
        MUST(copy && same_fields(copy, count, fields, count));
        for (i = 0; i < count; i++)
            MUST(inside(copy[i].name, block, need) && inside(copy[i].value, block, need));
        MUST(need == 0 || !h2neg_fields_copy(block, need - 1, fields, count));
        free(block);
    }
    free(p);
}

/* ---- URLs ---------------------------------------------------------------- */

static void fuzz_url(const unsigned char *data, size_t size)
{
    char *p = tight(data, size);
    h2neg_str text;
    h2neg_url u;
    h2neg_authority a;
    char date[30];
    int64_t seconds = 0;
    text.ptr = p;
    text.len = size;
    if (h2neg_url_parse(&u, text) == 0) {
        size_t at = u.scheme.len + 3;
        MUST(u.scheme.ptr == p && u.scheme.len > 0);
        MUST(at <= size && memcmp(p + u.scheme.len, "://", 3) == 0);
        MUST(u.authority.ptr == p + at && u.host.len > 0);
        at += u.authority.len;
        MUST(u.target.len == 0 || u.target.ptr == p + at);
        at += u.target.len;
        MUST(at == size || p[at] == '#');
        MUST(inside(u.host, u.authority.ptr, u.authority.len));
        MUST(u.port >= -1 && u.port <= 65535);
        MUST(inside(u.path, u.target.ptr, u.target.len) && inside(u.query, p, size));
        MUST(h2neg_authority_parse(&a, u.authority) == 0);
        MUST(same(a.host, u.host) && a.port == u.port);
    } else {
        MUST(h2neg_url_parse(&u, text) == H2NEG_ERR_URL);
    }
    if (h2neg_authority_parse(&a, text) == 0) {
        MUST(a.host.len > 0 && a.host.ptr == p && a.port >= -1 && a.port <= 65535);
        MUST(a.host.len == size || p[a.host.len] == ':');
        MUST(!memchr(p, '@', size) && !memchr(p, '/', size));
    } else {
        MUST(a.host.len == 0);
    }
    memcpy(&seconds, data, size < sizeof seconds ? size : sizeof seconds);
    h2neg_http_date(date, seconds);
    MUST(strlen(date) == 29 && strcmp(date + 25, " GMT") == 0);
    free(p);
}

#endif
