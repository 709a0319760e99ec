/* deflate.h: permessage-deflate (RFC 7692) for a connection, by zlib. `config.ws_codec =
   deflate_codec()` is all that a program does with it. Without WITH_ZLIB that is NULL: then
   compression is neither offered nor accepted, and everything else is as before. */
#ifndef DEFLATE_H
#define DEFLATE_H

#include <stdlib.h>
#include <string.h>

#ifdef WITH_ZLIB

#define ZLIB_CONST /* what zlib reads is const */
#include <zlib.h>

/* Octets that zlib is given at once: its counters are unsigned int. */
static inline uInt deflate_cut(size_t len)
{
    return len < 1u << 30 ? (uInt)len : 1u << 30;
}

/* Raw DEFLATE is asked for with negative window bits. zlib cannot compress into a window of 2^8
   octets (it inflates it well): without a context the messages are sent as they are. The quick
   level is taken because somebody waits for each message. */
static inline void *deflate_open(void *user, int compress, int bits)
{
    z_stream *z = (z_stream *)calloc(1, sizeof *z);
    int failed = !z || (compress && bits < 9);
    (void)user;
    if (!failed && compress)
        failed = deflateInit2(z, Z_BEST_SPEED, Z_DEFLATED, -bits, 8, Z_DEFAULT_STRATEGY) != Z_OK;
    else if (!failed)
        failed = inflateInit2(z, -bits) != Z_OK;
    if (!failed)
        return z;
    free(z);
    return NULL;
}

/* A sync flush ends what was given at an octet's edge with an empty stored block, 00 00 FF FF. zlib
   leaves out the second of two flushes with nothing between them and calls that Z_BUF_ERROR, but an
   empty message needs its block: three zero bits, filled up to an octet, in front of these four. */
static inline int deflate_compress(z_stream *z, int end)
{
    static const unsigned char empty[] = {0, 0, 0, 0xff, 0xff};
    uInt given = z->avail_in;
    int said = deflate(z, end ? Z_SYNC_FLUSH : Z_NO_FLUSH);
    if (said == Z_BUF_ERROR && end && given == 0 && z->avail_out >= sizeof empty) {
        memcpy(z->next_out, empty, sizeof empty);
        z->avail_out -= (uInt)sizeof empty;
        return 0;
    }
    return said == Z_OK || said == Z_BUF_ERROR ? 0 : -1;
}

/* A peer may end a message with a final block, and refers back across it in the next one (RFC 7692
   7.2.3.4, 7.2.3.5). zlib stops there, so it is made to expect a block again with its window kept.
   inflateReset would drop the window; carrying it over by inflateGetDictionary and
   inflateSetDictionary copies up to 64 KiB for each final block, of which two octets are one. */
static inline int deflate_inflate(z_stream *z)
{
    int said;
    do {
        said = inflate(z, Z_SYNC_FLUSH);
        if (said == Z_STREAM_END && inflateResetKeep(z) != Z_OK)
            return -1;
    } while (said == Z_STREAM_END && z->avail_in && z->avail_out);
    return said == Z_OK || said == Z_STREAM_END || said == Z_BUF_ERROR ? 0 : -1;
}

/* Z_BUF_ERROR says no more than that nothing could move, which the two lengths say as well. */
static inline int deflate_run(void *user, void *context, int compress, const void *in,
                              size_t *in_len, void *out, size_t *out_len, int end)
{
    z_stream *z = (z_stream *)context;
    uInt given = deflate_cut(*in_len), room = deflate_cut(*out_len);
    int whole = given == *in_len, failed;
    (void)user;
    z->next_in = (const Bytef *)in;
    z->avail_in = given;
    z->next_out = (Bytef *)out;
    z->avail_out = room;
    failed = compress ? deflate_compress(z, end && whole) : deflate_inflate(z);
    *in_len = given - z->avail_in;
    *out_len = room - z->avail_out;
    return failed;
}

static inline void deflate_reset(void *user, void *context, int compress)
{
    z_stream *z = (z_stream *)context;
    (void)user;
    if (compress)
        deflateReset(z);
    else
        inflateReset(z);
}

static inline void deflate_close(void *user, void *context, int compress)
{
    z_stream *z = (z_stream *)context;
    (void)user;
    if (compress)
        deflateEnd(z);
    else
        inflateEnd(z);
    free(z);
}

static inline const h2neg_ws_codec *deflate_codec(void)
{
    static const h2neg_ws_codec codec = {NULL, deflate_open, deflate_run, deflate_reset,
                                         deflate_close};
    return &codec;
}

#else /* no zlib */

static inline const h2neg_ws_codec *deflate_codec(void)
{
    return NULL;
}

#endif
#endif
