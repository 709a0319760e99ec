/* mini_nghttp2.c: an HTTP/2 server on libnghttp2 as tight as one can: every request is answered
   from memory, with 1 MiB where the path ends in m, else with 12 octets. */
#include "mini.h"
#include <nghttp2/nghttp2.h>

static unsigned char big[1 << 20];
static const unsigned char tiny[] = "hello world\n";

/* source.ptr is how much of the body is left to send: nothing is allocated for a stream. */
static ssize_t on_body(nghttp2_session *s, int32_t id, uint8_t *out, size_t room, uint32_t *flags,
                       nghttp2_data_source *source, void *user)
{
    size_t left = (uintptr_t)source->ptr, n = left < room ? left : room;
    (void)s, (void)id, (void)user;
    memcpy(out, left <= 12 ? tiny : big, n);
    source->ptr = (void *)(left - n);
    if (n == left)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

static int on_header(nghttp2_session *s, const nghttp2_frame *f, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t len, uint8_t flags, void *user)
{
    (void)flags, (void)user;
    if (name_len == 5 && memcmp(name, ":path", 5) == 0 && len && value[len - 1] == 'm')
        nghttp2_session_set_stream_user_data(s, f->hd.stream_id, big);
    return 0;
}

#define PAIR(name, value)                                                                          \
    {                                                                                              \
        (uint8_t *)name, (uint8_t *)value, sizeof name - 1, sizeof value - 1,                      \
            NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE                           \
    }

static int on_frame(nghttp2_session *s, const nghttp2_frame *f, void *user)
{
    static const nghttp2_nv answers[2][3] = {
        {PAIR(":status", "200"), PAIR("content-type", "text/plain"), PAIR("content-length", "12")},
        {PAIR(":status", "200"), PAIR("content-type", "text/plain"),
         PAIR("content-length", "1048576")}};
    nghttp2_data_provider body;
    int large;
    (void)user;
    if (f->hd.type != NGHTTP2_HEADERS || !(f->hd.flags & NGHTTP2_FLAG_END_STREAM))
        return 0;
    large = nghttp2_session_get_stream_user_data(s, f->hd.stream_id) != NULL;
    body.source.ptr = (void *)(uintptr_t)(large ? sizeof big : sizeof tiny - 1);
    body.read_callback = on_body;
    return nghttp2_submit_response(s, f->hd.stream_id, answers[large], 3, &body);
}

static void *speak_new(mini_link *l)
{
    static nghttp2_session_callbacks *calls;
    nghttp2_settings_entry entry = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100};
    nghttp2_session *s;
    (void)l;
    if (!calls) {
        nghttp2_session_callbacks_new(&calls);
        nghttp2_session_callbacks_set_on_header_callback(calls, on_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(calls, on_frame);
    }
    mini_must(nghttp2_session_server_new(&s, calls, NULL) == 0, "session");
    nghttp2_submit_settings(s, 0, &entry, 1);
    return s;
}

static int speak_read(mini_link *l, const unsigned char *in, size_t len)
{
    return nghttp2_session_mem_recv(l->state, in, len) == (ssize_t)len ? 0 : -1;
}

/* Frames are gathered, so that one write takes many of them. */
static size_t speak_write(mini_link *l, unsigned char *out, size_t room)
{
    const uint8_t *run;
    size_t used = 0;
    while (room - used >= 16384 + 9) {
        ssize_t n = nghttp2_session_mem_send(l->state, &run);
        if (n <= 0)
            break;
        memcpy(out + used, run, (size_t)n);
        used += (size_t)n;
    }
    return used;
}

static void speak_free(void *state)
{
    nghttp2_session_del(state);
}
