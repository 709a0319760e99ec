/* h2.h: fuzz targets of HTTP/2's frames, the rules for field sections, and priority. */
#ifndef FUZZ_H2_H
#define FUZZ_H2_H

/* ---- frames -------------------------------------------------------------- */

/* Writes a frame that was read, without its padding: octets, or 0: there is no writer for that. */
static ptrdiff_t frame_write(char *out, size_t room, const h2neg_h2_frame *f)
{
    h2neg_h2_setting settings[64];
    h2neg_str origins[64], rest, one = {NULL, 0};
    size_t n = 0;
    int end = f->flags & H2NEG_H2_END_STREAM, heads = f->flags & H2NEG_H2_END_HEADERS;
    switch (f->type) {
    case H2NEG_H2_DATA:
        return h2neg_h2_frame_write_data(out, room, f->stream, end, f->u.data.ptr, f->u.data.len);
    case H2NEG_H2_HEADERS:
        return h2neg_h2_frame_write_headers(out, room, f->stream, end | heads, f->u.data.ptr,
                                            f->u.data.len);
    case H2NEG_H2_CONTINUATION:
        return h2neg_h2_frame_write_continuation(out, room, f->stream, heads, f->u.data.ptr,
                                                 f->u.data.len);
    case H2NEG_H2_PRIORITY:
        return h2neg_h2_frame_write_priority(out, room, f->stream, f->dependency, f->exclusive,
                                             f->weight);
    case H2NEG_H2_RST_STREAM:
        return h2neg_h2_frame_write_rst_stream(out, room, f->stream, f->u.code);
    case H2NEG_H2_SETTINGS:
        if (f->flags & H2NEG_H2_ACK)
            return h2neg_h2_frame_write_settings_ack(out, room);
        for (n = 0; n < f->u.settings.count && n < 64; n++)
            settings[n] = h2neg_h2_setting_at(f->u.settings.entries, n);
        return n < f->u.settings.count ? 0 : h2neg_h2_frame_write_settings(out, room, settings, n);
    case H2NEG_H2_PUSH_PROMISE:
        return h2neg_h2_frame_write_push_promise(out, room, f->stream, heads, f->u.push.promised,
                                                 f->u.push.fragment.ptr, f->u.push.fragment.len);
    case H2NEG_H2_PING:
        return h2neg_h2_frame_write_ping(out, room, f->flags & H2NEG_H2_ACK, f->u.ping);
    case H2NEG_H2_GOAWAY:
        return h2neg_h2_frame_write_goaway(out, room, f->u.goaway.last, f->u.goaway.code,
                                           f->u.goaway.debug.ptr, f->u.goaway.debug.len);
    case H2NEG_H2_WINDOW_UPDATE:
        return h2neg_h2_frame_write_window_update(out, room, f->stream, f->u.increment);
    case H2NEG_H2_ALTSVC:
        if (f->ignored)
            return 0;
        return h2neg_h2_frame_write_altsvc(out, room, f->stream, f->u.altsvc.origin,
                                           f->u.altsvc.value);
    case H2NEG_H2_ORIGIN:
        if (f->ignored)
            return 0;
        rest = f->u.origins;
        while (n < 64 && h2neg_h2_origin_next(&rest, &one) == 1)
            origins[n++] = one;
        return rest.len ? 0 : h2neg_h2_frame_write_origin(out, room, origins, n);
    case H2NEG_H2_PRIORITY_UPDATE:
        return h2neg_h2_frame_write_priority_update(out, room, f->u.priority_update.stream,
                                                    f->u.priority_update.value);
    default: return 0;
    }
}

static void frame_check_slices(const h2neg_h2_frame *f, const char *p, size_t n)
{
    MUST(n >= 9 && f->length == n - 9);
    MUST((size_t)f->prefix + f->padding <= f->length);
    switch (f->type) {
    case H2NEG_H2_HEADERS:
    case H2NEG_H2_DATA:
    case H2NEG_H2_CONTINUATION:
        MUST(inside(f->u.data, p, n) &&
             f->u.data.len == f->length - f->prefix - (size_t)f->padding);
        break;
    case H2NEG_H2_SETTINGS: MUST(f->u.settings.count == f->length / 6); break;
    case H2NEG_H2_GOAWAY: MUST(inside(f->u.goaway.debug, p, n)); break;
    case H2NEG_H2_PUSH_PROMISE:
        MUST(inside(f->u.push.fragment, p, n) && f->u.push.promised != 0);
        break;
    case H2NEG_H2_ALTSVC:
        MUST(f->ignored || (inside(f->u.altsvc.origin, p, n) && inside(f->u.altsvc.value, p, n)));
        break;
    case H2NEG_H2_ORIGIN: MUST(f->ignored || inside(f->u.origins, p, n)); break;
    case H2NEG_H2_PRIORITY_UPDATE: MUST(inside(f->u.priority_update.value, p, n)); break;
    case H2NEG_H2_WINDOW_UPDATE: MUST(f->u.increment > 0 && f->u.increment <= 0x7fffffff); break;
    default: break;
    }
}

/* The reader that does not wait for the payload, on growing octets. */
static void frame_in_steps(const char *p, size_t len, uint32_t most, ptrdiff_t whole)
{
    h2neg_h2_frame f;
    size_t n;
    ptrdiff_t r = 0;
    int k = 0;
    for (n = 0; n <= 9 && n <= len && r == 0; n++) {
        char *q = tight(p, n);
        memset(&f, 0, sizeof f);
        r = h2neg_h2_frame_header_read(&f, q, n, most);
        free(q);
        MUST(r == 0 ? n < 9 : n == 9);
    }
    if (r <= 0) {
        MUST(r == whole);
        return;
    }
    for (n = 0; n <= len - 9 && n <= f.length && k == 0; n++) {
        char *q = tight(p + 9, n);
        k = h2neg_h2_frame_prefix_read(&f, q, n);
        free(q);
        if (k == 1)
            MUST(n == f.prefix);
    }
    if (k < 0 && whole)
        MUST(k == whole);
    if (k == 1 && len - 9 >= f.length) {
        char *q = tight(p + 9, f.length);
        int e = h2neg_h2_frame_payload_read(&f, q);
        MUST(e ? e == whole : whole == (ptrdiff_t)f.length + 9);
        if (e == 0)
            frame_check_slices(&f, q - 9, f.length + (size_t)9);
        free(q);
    }
}

static void fuzz_h2_frame(const unsigned char *data, size_t size)
{
    static char out[70000];
    feed in;
    uint32_t most;
    h2neg_h2_frame f, g;
    in.p = data;
    in.len = size < 60000 ? size : 60000;
    most = feed_octet(&in) & 1 ? 16384 : 16777215;
    while (in.len) {
        char *p = tight(in.p, in.len);
        ptrdiff_t r, n, m;
        memset(&f, 0, sizeof f);
        r = h2neg_h2_frame_read(&f, p, in.len, most);
        MUST(r <= (ptrdiff_t)in.len && r > H2NEG__ERR_LAST);
        if (in.len < 600)
            frame_in_steps(p, in.len, most, r);
        if (r < 0)
            MUST(h2neg_h2_error_is_stream(&f, (int)r) == 0 || f.stream != 0);
        if (r > 0) {
            frame_check_slices(&f, p, (size_t)r);
            n = frame_write(out, sizeof out, &f);
            MUST(n >= 0);
            if (n > 0) {
                memset(&g, 0, sizeof g);
                MUST(h2neg_h2_frame_read(&g, out, (size_t)n, most) == n);
                MUST(g.type == f.type && g.stream == f.stream);
                m = frame_write(out + n, sizeof out - (size_t)n, &g);
                MUST(m == n && memcmp(out, out + n, (size_t)n) == 0);
                MUST(h2neg_h2_frame_read(&g, out, (size_t)n, most) == n);
                MUST(frame_write(out + n, (size_t)n - 1, &g) == H2NEG_ERR_TOO_SMALL);
            }
            if (f.type == H2NEG_H2_SETTINGS) {
                size_t i;
                for (i = 0; i < f.u.settings.count; i++) {
                    int e = h2neg_h2_setting_check(h2neg_h2_setting_at(f.u.settings.entries, i), 1);
                    MUST(e == 0 || e == H2NEG_ERR_H2_SETTING || e == H2NEG_ERR_H2_SETTING_WINDOW);
                }
            }
        }
        free(p);
        if (r <= 0 && in.len < 9)
            break;
        {
            size_t skip = r > 0 ? (size_t)r : 9 + (size_t)f.length;
            feed_run(&in, skip);
        }
    }
}

/* ---- field sections ------------------------------------------------------ */

static int is_plain_name(h2neg_str name)
{
    size_t i;
    for (i = 0; i < name.len; i++)
        if ((name.ptr[i] >= 'A' && name.ptr[i] <= 'Z') || name.ptr[i] == ':' ||
            (unsigned char)name.ptr[i] <= 32 || (unsigned char)name.ptr[i] >= 127)
            return 0;
    return name.len > 0;
}

static void fuzz_h2_fields(const unsigned char *data, size_t size)
{
    h2neg_field fields[48], rest[48];
    h2neg_h2_head head;
    feed f;
    unsigned how;
    size_t count, i, room, crumbs = 0;
    char *p, *text;
    int r, urgency = -1, incremental = -1;
    h2neg_str in;
    f.p = data;
    f.len = size < 4096 ? size : 4096;
    how = feed_octet(&f);
    p = tight(f.p, f.len);
    in.ptr = p;
    in.len = f.len;
    count = fields_of(in, fields, 48);
    memcpy(rest, fields, sizeof rest);
    room = how & 16 ? how : in.len + 2 * count;
    text = (char *)must_alloc(room);
    memset(&head, 0, sizeof head);
    if (how % 3 == 0)
        r = h2neg_h2_read_request(&head, rest, count, text, room, how >> 3 & 1);
    else if (how % 3 == 1)
        r = h2neg_h2_read_response(&head, rest, count, text, room);
    else
        r = h2neg_h2_read_trailers(&head, rest, count);
    MUST(r <= 0 && r > H2NEG__ERR_LAST);
    for (i = 0; i < count; i++)
        crumbs += (size_t)h2neg_is(fields[i].name, "cookie");
    if (r == 0) {
        MUST(head.count <= count && head.crumbs == crumbs);
        for (i = 0; i < head.count; i++) {
            h2neg_str value = head.fields[i].value;
            MUST(is_plain_name(head.fields[i].name));
            MUST(!h2neg_is(head.fields[i].name, "connection"));
            MUST(!h2neg_is(head.fields[i].name, "transfer-encoding"));
            MUST(how % 3 || !h2neg_is(head.fields[i].name, "host"));
            MUST(inside(value, p, in.len) || inside(value, text, room));
            MUST(!value.len ||
                 (!memchr(value.ptr, '\r', value.len) && !memchr(value.ptr, 0, value.len)));
        }
        if (how % 3 == 0)
            MUST(head.method.len > 0 && (head.protocol.len == 0 || how >> 3 & 1));
        if (how % 3 == 1)
            MUST(head.status >= 100 && head.status <= 999 && head.status != 101);
        MUST(head.content_length == UINT64_MAX || head.content_length <= INT64_MAX);
    } else {
        MUST(head.count == 0);
        MUST(r != H2NEG_ERR_TOO_SMALL || how & 16);
    }
    h2neg_priority_parse(in, &urgency, &incremental);
    MUST(urgency >= 0 && urgency <= 7 && (incremental == 0 || incremental == 1));
    free(text);
    free(p);
}

#endif
