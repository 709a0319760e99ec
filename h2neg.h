/* h2neg.h - negotiates and speaks HTTP/1.1, HTTP/2 and WebSocket over whatever octets you have

   Drop in one file, hand it the first bytes of any connection, and it tells you what is spoken and
   speaks it: HTTP/1.0, HTTP/1.1, HTTP/2 by ALPN, by prior knowledge or by Upgrade (h2c), WebSocket
   over each of them, foreign protocols by Upgrade or CONNECT; as a server and as a client.

   Do this, in one C or C++ file of your project:

       #define H2NEG_IMPLEMENTATION
       #include "h2neg.h"

   and everywhere else just the #include. It needs a C99 or C++11 compiler, <stddef.h>, <stdint.h>,
   <string.h> and, unless you replace them, <stdlib.h> and <assert.h>. No sockets, no clock, no
   random numbers, no threads, no globals: you bring octets and milliseconds.

   THE LOOP, one connection, any transport:

       h2neg_conn *c = h2neg_conn_new(NULL);           (a server with every default)
       read octets       -> h2neg_feed(c, octets, n);
       take events       -> while (h2neg_next(c, &ev))
                                if (ev.type == H2NEG_EV_REQUEST)
                                    h2neg_reply(c, ev.stream, 200, "text/plain", "hello\n", 6);
       write octets      -> n = h2neg_output(c, &run); written = write(fd, run, n);
                            h2neg_output_done(c, written);
       what to poll for  -> h2neg_wants(c): READ, WRITE, HALF_CLOSE, CLOSE
       the peer's end    -> h2neg_eof(c) or h2neg_lost(c)

   One rule: after anything happened (fed, wrote, answered, time passed) call h2neg_next until it
   answers 0, then h2neg_output. examples/server.c and client.c are complete programs with poll and
   TLS; examples/01_detect.c to 06_foreign.c are lessons.

   A client: config.role = H2NEG_CLIENT, h2neg_request, then RESPONSE, DATA, END, DONE. Over TLS set
   config.tls and say with h2neg_tls_agreed what ALPN gave (H2NEG_OPENSSL has the glue).

   Two whole programs, a server and a client, for cc -O2 -std=c99 -D_GNU_SOURCE:

   PROGRAM server.c
   #define H2NEG_IMPLEMENTATION
   #include "h2neg.h"
   #include <netinet/in.h>
   #include <signal.h>
   #include <stdio.h>
   #include <sys/socket.h>
   #include <unistd.h>

   static void answer(h2neg_conn *c)
   {
       h2neg_event ev;
       while (h2neg_next(c, &ev)) {
           if (ev.type == H2NEG_EV_NEGOTIATED)
               printf("%s (%s)\n", h2neg_protocol_name(ev.protocol), h2neg_via_name(ev.via));
           int status = h2neg_is(ev.method, "CONNECT") ? 501 : 200; // no tunnels here
           if (ev.type == H2NEG_EV_REQUEST)
               ev.websocket ? h2neg_accept(c, ev.stream, NULL, NULL, 0)
                            : h2neg_reply(c, ev.stream, status, "text/plain", "hello, world\n", 13);
           ptrdiff_t len = (ptrdiff_t)ev.data.len;
           if (ev.type == H2NEG_EV_WS_MESSAGE &&
               h2neg_ws_send(c, ev.stream, ev.opcode, ev.data.ptr, ev.data.len, 0) < len)
               h2neg_ws_close(c, ev.stream, 1013, "try again"); // it sends more than it reads
       }
   }

   static void serve(int fd)
   {
       static char in[16384];
       h2neg_config config = {.protocols = H2NEG_PROTOCOLS_DEFAULT | H2NEG_H2C};
       h2neg_conn *c = h2neg_conn_new(&config);
       while (alarm(60), h2neg_wants(c) & (H2NEG_WANT_READ | H2NEG_WANT_WRITE)) {
           const void *out;
           size_t len = h2neg_output(c, &out);
           ssize_t n = len ? write(fd, out, len) : read(fd, in, sizeof in);
           if (n > 0 && len)
               h2neg_output_done(c, (size_t)n);
           else if (n > 0)
               h2neg_feed(c, in, (size_t)n);
           else
               (n == 0 ? h2neg_eof : h2neg_lost)(c);
           answer(c);
           if (h2neg_wants(c) & H2NEG_WANT_HALF_CLOSE)
               shutdown(fd, SHUT_WR);
       }
   }

   int main(int argc, char **argv)
   {
       struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
       int port, on = 1, fd, listener = socket(AF_INET, SOCK_STREAM, 0);
       at.sin_port = htons((uint16_t)(argc > 1 && sscanf(argv[1], "%d", &port) == 1 ? port : 8080));
       setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
       signal(SIGCHLD, SIG_IGN), signal(SIGPIPE, SIG_IGN), setvbuf(stdout, NULL, _IOLBF, 0);
       if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 128))
           return perror("server"), 1;
       for (;; close(fd))
           if ((fd = accept(listener, NULL, NULL)) < 0 ? sleep(1), 0 : fork() == 0)
               return serve(fd), 0;
   }
   END

   PROGRAM client.c
   #define H2NEG_IMPLEMENTATION
   #include "h2neg.h"
   #include <netdb.h>
   #include <stdio.h>
   #include <sys/socket.h>

   int main(int argc, char **argv)
   {
       h2neg_config config = {.role = H2NEG_CLIENT, .protocols = H2NEG_HTTP1 | H2NEG_H2C};
       h2neg_conn *c = h2neg_conn_new(&config);
       h2neg_url url = {.port = -1};
       h2neg_event ev;
       char in[16384], host[256], port[12];
       int bad = argc != 2 || h2neg_url_parse(&url, h2neg_s(argv[1])) != 0; // IPv4 alone
       h2neg_message get = {.authority = url.authority, .target = url.target};
       if (bad || !h2neg_is(url.scheme, "http") || h2neg_request(c, &get, 0, &ev.stream) != 0)
           return fprintf(stderr, "Give one URL: http://HOST[:PORT]/[PATH].\n"), 2;
       snprintf(host, sizeof host, "%.*s", (int)url.host.len, url.host.ptr);
       snprintf(port, sizeof port, "%d", url.port < 0 ? 80 : url.port);
       struct addrinfo ipv4 = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *to;
       int fd = socket(AF_INET, SOCK_STREAM, 0);
       if (getaddrinfo(host, port, &ipv4, &to) || connect(fd, to->ai_addr, to->ai_addrlen))
           return fprintf(stderr, "Nobody listens at %s, port %s.\n", host, port), 1;
       for (const void *out;;) {
           size_t len = h2neg_output(c, &out);
           ssize_t n = len ? send(fd, out, len, MSG_NOSIGNAL) : recv(fd, in, sizeof in, 0);
           if (n <= 0)
               (n == 0 ? h2neg_eof : h2neg_lost)(c);
           else
               len ? h2neg_output_done(c, (size_t)n) : (void)h2neg_feed(c, in, (size_t)n);
           while (h2neg_next(c, &ev)) {
               if (ev.type == H2NEG_EV_NEGOTIATED)
                   printf("%s (%s)\n", h2neg_protocol_name(ev.protocol), h2neg_via_name(ev.via));
               if (ev.type == H2NEG_EV_DATA)
                   fwrite(ev.data.ptr, 1, ev.data.len, stdout);
               if (ev.type == H2NEG_EV_DONE)
                   return ev.code ? fprintf(stderr, "%s.\n", ev.error.text), 1 : 0;
           }
       }
   }
   END

   TWO LEVELS. The pieces are functions over your memory that never allocate: parse a head, decode a
   chunk, choose a protocol, code a field block, read a frame, detect the first octets. The
   connection is built from them. You can use either.

   WHAT MAY BE NEGOTIATED is config.protocols, a set of bits:
     H2NEG_HTTP1      HTTP/1.0 and HTTP/1.1
     H2NEG_H2         HTTP/2 where ALPN says h2
     H2NEG_PRIOR      HTTP/2 where the first octets are its preface, in cleartext
     H2NEG_H2C        HTTP/2 by Upgrade, in cleartext. RFC 9113 dropped it, and it smuggles requests
                      past a proxy that forwards Upgrade: never set it behind one. Off by default.
     H2NEG_WEBSOCKET  WebSocket over HTTP/1.1 by Upgrade, over HTTP/2 by extended CONNECT (RFC 8441)
   h2neg_conn_info tells what was agreed, how, and why an offer was not taken.

   WEBSOCKET, the same calls over HTTP/1.1 and HTTP/2. A server's REQUEST with `websocket` is a good
   handshake (bad ones are answered by themselves): h2neg_accept opens it, any other answer refuses
   it, now or later. A client asks with message.upgrade "websocket" and config.random_fn. Then:

       OPEN          -> h2neg_ws_send(c, ev.stream, H2NEG_WS_TEXT, "hi", 2, 0);
       WS_MESSAGE    -> ev.opcode, ev.data: whole, or in pieces under config.ws_pieces
       WS_PING, _PONG   pings are answered by themselves
       WS_CLOSE      -> ev.code, ev.reason; then DONE. h2neg_ws_close begins it

   Compression (permessage-deflate) is a hook, config.ws_codec; examples/deflate.h is one for zlib.
   A client's ALPN list is h2neg_alpn_for_websocket.

   SEE EVERY OCTET. config.trace_fn hears what goes in and out; h2neg_trace_octets is such a hook,
   and puts each octet into words: start lines and fields, frames and settings, HPACK and what it
   did to the table, states, windows, WebSocket frames, ClientHello, with the section of the RFC.
   Secrets are masked. tools/trace does the same with captures, the programs with --trace.

   DOES NOT: HTTP/3, server push, the priority tree of RFC 7540, compression of bodies, TLS itself,
   routing, cookies as data, percent-decoding, redirects, pools, caching.

   CONTENTS (search for the tag)
     >>api-base      slices, fields, errors, helpers
     >>api-h1        heads, bodies, writers
     >>api-upgrade   Upgrade, HTTP2-Settings, base64, SHA-1
     >>api-ws        WebSocket: handshake, frames, UTF-8
     >>api-hpack     field blocks
     >>api-h2        frames, rules for fields
     >>api-alpn      ALPN, ClientHello, first octets, PROXY
     >>api-trace     octets put into words
     >>api-conn      the connection
     >>api-openssl   OpenSSL's ALPN
     >>platform  >>bytes  >>chars  >>scan  >>scan-head  >>digest  >>error  >>fields
     >>h1-head  >>h1-body  >>h1-write  >>upgrade  >>ws-handshake  >>ws-frame
     >>huffman-table  >>huffman  >>hpack-table  >>hpack  >>hpack-encode  >>h2-frame  >>h2-fields
     >>alpn  >>proxy
     >>trace-words  >>trace-parts  >>trace-h2  >>trace-h1  >>trace
     >>conn  >>conn-parts  >>ws-slot  >>h2-stream  >>conn-check
     >>conn-h2-send  >>conn-h2-blocks  >>conn-h2-recv  >>conn-h1-send  >>conn-h1-request  >>conn-h1
     >>conn-ws  >>negotiate  >>conn-next  >>conn-time  >>conn-calls  >>openssl  >>licence

   MACROS, before the #include:
     H2NEG_IMPLEMENTATION        puts the code here; in one file
     H2NEG_STATIC                everything static, for that one file
     H2NEG_API                   what stands before every public declaration
     H2NEG_ASSERT(x)             instead of assert
     H2NEG_CHECK                 asserts in every call that the connection's books balance (slow)
     H2NEG_REALLOC, H2NEG_FREE   instead of realloc and free; both or neither
     H2NEG_NO_CONN               the pieces alone
     H2NEG_NO_TRACE              without the trace
     H2NEG_OPENSSL               with the glue for OpenSSL's ALPN
     H2NEG_NO_SIMD               no CPU-specific instructions; the results are the same
   Struct layouts do not depend on them. Between 0.x versions anything may change.

   MEMORY AND LIFETIME. What an event points at lives until the next h2neg_next, _feed, _eof, _lost,
   _tick or _free on that connection; the sending calls leave it alone and may be given it. What you
   send is copied, all but h2neg_message.body, which is borrowed until DONE. DONE is the last event
   of every stream, exactly once: free what hangs on the stream there. A connection is a struct and
   parts that come and go through config.alloc_fn (malloc if it is NULL); h2neg_memory_bound(config)
   tells the most they take together: 289 KiB with the defaults but H2NEG_WEBSOCKET, 128 KiB where
   HTTP/1 alone is spoken; for each WebSocket that may be open (max_ws_streams, or one over HTTP/1
   alone) max_message more. An idle connection holds 1 KiB (HTTP/1), 1.3 to 6.5 (HTTP/2), 1.6 (a
   WebSocket over HTTP/1); with h2neg_config_share a third of a KiB less. With h2neg_conn_place
   everything stands in one block of yours, and no call fails for memory. The smallest useful server
   (max_input 1024, max_output_pending 8192, max_header_list 2048, max_request_line 1024,
   max_field_line 1024, max_header_fields 32, max_cookie_crumbs 8, max_concurrent_streams 7,
   max_queued 1024) takes 54 KiB for both protocols, 22 for HTTP/1 alone.

   ERRORS. A code (H2NEG_ERR_*), the offset of the octet, the stream, the RFC's section and a
   sentence. Bad input ends in the protocol's own answer: a status, RST_STREAM, GOAWAY, a Close
   frame (1002, 1007, 1008, 1009, 1011) that ends its WebSocket alone; for a connection ERROR, a
   DONE for each stream, HALF_CLOSE, CLOSE. The sentence goes to the peer, too, as the content of
   an HTTP/1 answer that ends the connection or as GOAWAY's debug data, unless
   config.no_error_text. A call that cannot do its work
   now answers H2NEG_AGAIN and has changed nothing; WRITABLE follows when it is worth another try.
   Every call is safe on NULL and after an error.

   LIMITS are fields of h2neg_config; zero means the default beside the field. What happens there:
     max_input, max_queued                        the call takes nothing (0, H2NEG_AGAIN)
     max_output_pending                           the application waits; no new request is read
     max_header_list, _fields, _field_line,       431 and, over HTTP/1, a close; four times the list
       max_cookie_crumbs                          ends the connection (ENHANCE_YOUR_CALM)
     max_request_line                             414 (400 for a method above 32 octets), close
     max_empty_lines, max_chunk_line,             400, close
       chunk_overhead
     max_content_length                           413
     max_informational                            the stream (HTTP/1: the connection) ends
     max_concurrent_streams                       REFUSED_STREAM
     max_continuations, max_consecutive_empty,    GOAWAY ENHANCE_YOUR_CALM
       max_settings_entries, reset_budget,
       window_update_slack, overhead_*
     initial_window, connection_window            FLOW_CONTROL_ERROR
     max_frame_size                               FRAME_SIZE_ERROR
     hpack_decoder_table, hpack_encoder_table     no larger table is announced, or used
     max_short_data                               DATA waits for a window of 1,024 octets
     max_requests (HTTP/1)                        the last response says close
     max_upgrade_body                             the h2c offer is not taken
     drain_octets, early_drain_timeout            behind an early response: a close
     head_timeout, body_min_rate (rate_grace)     408 and a close; HTTP/2: GOAWAY, RST_STREAM CANCEL
     write_min_rate, write_stall,                 RST_STREAM CANCEL; HTTP/1: the connection ends
       response_timeout
     idle_timeout, drain_timeout                  GOAWAY NO_ERROR; HTTP/1: a close
     preface_timeout, settings_timeout            a close; SETTINGS_TIMEOUT
     max_message, max_ws_empty                    WebSocket Close 1009, 1008
     max_ws_streams                               503 to a further one on an HTTP/2 connection
     close_timeout                                the WebSocket's end, WS_CLOSE with 1006
   Without h2neg_tick there are no timeouts and every other limit holds.
   Work is linear in the octets that come, those that field blocks decode to included. A WebSocket
   over HTTP/2 waits where the peer's windows never hold a whole small frame (16 octets are enough).

   STRICT BY DEFAULT: what RFC 9112 lets a recipient reject is rejected (bare LF, folded fields,
   white space before a colon, conflicting or repeated framing). Leniency is a named bit,
   H2NEG_ALLOW_*.

   TLS: give only what was agreed; ALPN that names nothing of ours is an error. A PROXY header is
   never taken by the connection: strip it first with h2neg_proxy_read, and only from peers that you
   trust.
*/
#ifndef H2NEG_H
#define H2NEG_H

#include <stddef.h>
#include <stdint.h>

/* What this file is; what may change from one version to the next stands in the manual. */
#define H2NEG_VERSION "0.1.0"

#ifndef H2NEG_API
#if defined(H2NEG_STATIC) && (defined(__GNUC__) || defined(__clang__))
#define H2NEG_API __attribute__((unused)) static
#elif defined(H2NEG_STATIC)
#define H2NEG_API static
#else
#define H2NEG_API extern
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- >>api-base ------------------------------------------------------------
   Slices, fields, errors, and small helpers that everything else uses.
   -------------------------------------------------------------------------- */

/* A run of octets that somebody else owns. `ptr` may be NULL where `len` is 0. Not terminated. */
typedef struct h2neg_str {
    const char *ptr;
    size_t len;
} h2neg_str;

/* One field line (RFC 9110 5): name and value, both borrowed. */
typedef struct h2neg_field {
    h2neg_str name;
    h2neg_str value;
    unsigned flags; /* H2NEG_NEVER_INDEX or 0 */
} h2neg_field;

/* A limit that is meant to be zero, or a timeout that is meant to be off: where 0 is the default.
 */
#define H2NEG_OFF UINT32_MAX

/* Field flag: an HPACK encoder, and every one behind it, keeps this value out of its table (RFC
   7541 6.2.3). Set by the decoder when the peer asked for it, and by the caller for secrets. */
#define H2NEG_NEVER_INDEX 1u

/* HTTP/2 error codes (RFC 9113 7); also what DONE events carry, over every protocol. */
enum {
    H2NEG_NO_ERROR = 0x0,
    H2NEG_PROTOCOL_ERROR = 0x1,
    H2NEG_INTERNAL_ERROR = 0x2,
    H2NEG_FLOW_CONTROL_ERROR = 0x3,
    H2NEG_SETTINGS_TIMEOUT = 0x4,
    H2NEG_STREAM_CLOSED = 0x5,
    H2NEG_FRAME_SIZE_ERROR = 0x6,
    H2NEG_REFUSED_STREAM = 0x7,
    H2NEG_CANCEL = 0x8,
    H2NEG_COMPRESSION_ERROR = 0x9,
    H2NEG_CONNECT_ERROR = 0xa,
    H2NEG_ENHANCE_YOUR_CALM = 0xb,
    H2NEG_INADEQUATE_SECURITY = 0xc,
    H2NEG_HTTP_1_1_REQUIRED = 0xd
};

/* Every error: X(name, HTTP/2 code it is answered with, HTTP/1 status it is answered with, section,
   sentence). The names become H2NEG_ERR_<name>, negative ints. Status 0: no answer is made. */
/* clang-format off */
#define H2NEG_ERROR_LIST(X)                                                                        \
    /* calls */                                                                                    \
    X(AGAIN, NO_ERROR, 0, "", "not now: nothing was taken, ask again after WRITABLE")              \
    X(NOMEM, INTERNAL_ERROR, 503, "", "no memory could be had")                                    \
    X(INVALID, INTERNAL_ERROR, 500, "", "the call's arguments do not fit together")                \
    X(TOO_SMALL, INTERNAL_ERROR, 500, "", "the room that was lent is too small")                   \
    X(STREAM_GONE, INTERNAL_ERROR, 0, "", "the stream is over")                                    \
    X(CLOSED, NO_ERROR, 0, "", "the connection takes no more of this")                             \
    X(NOT_SUPPORTED, INTERNAL_ERROR, 0, "", "the peer or the config does not allow this")          \
    X(LENGTH_MISMATCH, INTERNAL_ERROR, 500, "RFC 9110 8.6",                                        \
      "the body does not have the length that its Content-Length says")                            \
    /* HTTP/1 heads */                                                                             \
    X(H1_REQUEST_LINE, PROTOCOL_ERROR, 400, "RFC 9112 3", "the request line is malformed")         \
    X(H1_METHOD, PROTOCOL_ERROR, 400, "RFC 9112 3.1",                                              \
      "the method is not a token of 1 to 32 octets")                                               \
    X(H1_TARGET, PROTOCOL_ERROR, 400, "RFC 9112 3.2", "the request target is malformed")           \
    X(H1_VERSION, PROTOCOL_ERROR, 505, "RFC 9112 2.3", "the version is not HTTP/1.0 or HTTP/1.1")  \
    X(H1_STATUS_LINE, PROTOCOL_ERROR, 0, "RFC 9112 4", "the status line is malformed")             \
    X(H1_LINE_LONG, PROTOCOL_ERROR, 414, "RFC 9112 3", "the first line is longer than allowed")    \
    X(H1_EMPTY_LINES, PROTOCOL_ERROR, 400, "RFC 9112 2.2",                                         \
      "too many empty lines before a request")                                                     \
    X(H1_BARE_LF, PROTOCOL_ERROR, 400, "RFC 9112 2.2", "a line ends in LF without CR")             \
    X(H1_BARE_CR, PROTOCOL_ERROR, 400, "RFC 9112 2.2", "a CR stands without LF")                   \
    X(H1_CTL, PROTOCOL_ERROR, 400, "RFC 9110 5.5", "a control octet stands in the head")           \
    X(H1_FOLD, PROTOCOL_ERROR, 400, "RFC 9112 5.2", "a field line is folded")                      \
    X(H1_FIELD_NAME, PROTOCOL_ERROR, 400, "RFC 9110 5.1", "a field name is not a token")           \
    X(H1_FIELD_SPACE, PROTOCOL_ERROR, 400, "RFC 9112 5.1", "white space stands before the colon")  \
    X(H1_FIELD_COLON, PROTOCOL_ERROR, 400, "RFC 9112 5", "a field line has no colon")              \
    X(H1_FIELD_LONG, PROTOCOL_ERROR, 431, "RFC 9110 5.4", "a field line is longer than allowed")   \
    X(H1_FIELDS_MANY, PROTOCOL_ERROR, 431, "RFC 9110 5.4", "there are more fields than allowed")   \
    X(H1_HEAD_LARGE, PROTOCOL_ERROR, 431, "RFC 9110 5.4",                                          \
      "the field section is larger than allowed")                                                  \
    X(H1_HOST, PROTOCOL_ERROR, 400, "RFC 9112 3.2", "Host is missing, repeated or malformed")      \
    X(H1_FIELD_VALUE, PROTOCOL_ERROR, 400, "RFC 9110 5.5",                                         \
      "a field value has a control, or space at an end")                                           \
    /* HTTP/1 bodies */                                                                            \
    X(BODY_LENGTH, PROTOCOL_ERROR, 400, "RFC 9110 8.6", "Content-Length is not a decimal number")  \
    X(BODY_REPEATED, PROTOCOL_ERROR, 400, "RFC 9112 6.3", "Content-Length stands more than once")  \
    X(BODY_CONFLICT, PROTOCOL_ERROR, 400, "RFC 9112 6.3",                                          \
      "Content-Length and Transfer-Encoding stand together")                                       \
    X(BODY_CODING, PROTOCOL_ERROR, 501, "RFC 9112 6.1", "a transfer coding other than chunked")    \
    X(BODY_TRANSFER, PROTOCOL_ERROR, 400, "RFC 9112 6.1",                                          \
      "Transfer-Encoding does not frame a body")                                                   \
    X(BODY_SHORT, PROTOCOL_ERROR, 400, "RFC 9112 8",                                               \
      "the connection ended before the message did")                                               \
    X(CHUNK_SIZE, PROTOCOL_ERROR, 400, "RFC 9112 7.1", "a chunk size is malformed")                \
    X(CHUNK_EXTENSION, PROTOCOL_ERROR, 400, "RFC 9112 7.1.1", "a chunk extension is malformed")    \
    X(CHUNK_LINE_LONG, PROTOCOL_ERROR, 400, "RFC 9112 7.1.1",                                      \
      "a chunk's line is longer than allowed")                                                     \
    X(CHUNK_END, PROTOCOL_ERROR, 400, "RFC 9112 7.1", "a chunk's data does not end in CR LF")      \
    X(CHUNK_OVERHEAD, PROTOCOL_ERROR, 400, "RFC 9112 7.1.1", "chunk lines outweigh their data")    \
    X(TRAILER_FIELD, PROTOCOL_ERROR, 400, "RFC 9110 6.5.1", "a field that must not be a trailer")  \
    /* Upgrade and WebSocket handshake */                                                          \
    X(UPGRADE_SETTINGS, PROTOCOL_ERROR, 400, "RFC 7540 3.2.1", "HTTP2-Settings is not usable")     \
    X(UPGRADE_ANSWER, PROTOCOL_ERROR, 0, "RFC 9110 7.8",                                           \
      "the 101 does not choose what was offered")                                                  \
    X(EXPECTATION, PROTOCOL_ERROR, 417, "RFC 9110 10.1.1", "the expectation is not known")         \
    X(WS_METHOD, PROTOCOL_ERROR, 400, "RFC 6455 4.1",                                              \
      "a WebSocket handshake is a GET of HTTP/1.1")                                                \
    X(WS_UPGRADE, PROTOCOL_ERROR, 400, "RFC 6455 4.2.1",                                           \
      "Upgrade and Connection do not ask for it")                                                  \
    X(WS_KEY, PROTOCOL_ERROR, 400, "RFC 6455 4.2.1",                                               \
      "Sec-WebSocket-Key is not one key of 16 octets")                                             \
    X(WS_VERSION, PROTOCOL_ERROR, 426, "RFC 6455 4.2.2", "Sec-WebSocket-Version is not 13")        \
    X(WS_ORIGIN, PROTOCOL_ERROR, 403, "RFC 6455 10.2", "the Origin is not allowed here")           \
    X(WS_STATUS, PROTOCOL_ERROR, 0, "RFC 6455 4.1",                                                \
      "the handshake was not answered with 101 (200)")                                             \
    X(WS_ACCEPT, PROTOCOL_ERROR, 0, "RFC 6455 4.1",                                                \
      "Sec-WebSocket-Accept is not the one expected")                                              \
    X(WS_SUBPROTOCOL, PROTOCOL_ERROR, 400, "RFC 6455 4.1",                                         \
      "a subprotocol is malformed or unasked")                                                     \
    X(WS_EXTENSION, PROTOCOL_ERROR, 400, "RFC 6455 9.1", "an extension is malformed or unasked")   \
    X(NO_RANDOM, INTERNAL_ERROR, 0, "RFC 6455 10.3",                                               \
      "a WebSocket client needs config.random_fn, which gave nothing")                             \
    /* WebSocket frames and messages */                                                            \
    X(WS_RESERVED, PROTOCOL_ERROR, 0, "RFC 6455 5.2", "a reserved bit or opcode is set")           \
    X(WS_MASK, PROTOCOL_ERROR, 0, "RFC 6455 5.1",                                                  \
      "a client's frame is not masked, or a server's is")                                          \
    X(WS_LENGTH, PROTOCOL_ERROR, 0, "RFC 6455 5.2",                                                \
      "a frame's length is not in its shortest form, or above 2^63-1")                             \
    X(WS_CONTROL, PROTOCOL_ERROR, 0, "RFC 6455 5.5",                                               \
      "a control frame is fragmented or longer than 125 octets")                                   \
    X(WS_SEQUENCE, PROTOCOL_ERROR, 0, "RFC 6455 5.4",                                              \
      "a continuation of nothing, or a new message inside another")                                \
    X(WS_CLOSE_CODE, PROTOCOL_ERROR, 0, "RFC 6455 7.4",                                            \
      "a Close frame of one octet, or with a code that must not be sent")                          \
    X(WS_UTF8, PROTOCOL_ERROR, 0, "RFC 6455 8.1", "a text or a reason is not UTF-8")               \
    X(WS_DEFLATE, PROTOCOL_ERROR, 0, "RFC 7692 7.2.2", "a compressed message is malformed")        \
    X(WS_ABNORMAL, CANCEL, 0, "RFC 6455 7.1.5", "the WebSocket ended without a Close frame")       \
    /* HPACK */                                                                                    \
    X(HPACK_INTEGER, COMPRESSION_ERROR, 0, "RFC 7541 5.1", "an integer is too large or too long")  \
    X(HPACK_INDEX, COMPRESSION_ERROR, 0, "RFC 7541 2.3.3", "an index points outside the tables")   \
    X(HPACK_HUFFMAN, COMPRESSION_ERROR, 0, "RFC 7541 5.2", "a Huffman string is malformed")        \
    X(HPACK_UPDATE, COMPRESSION_ERROR, 0, "RFC 7541 6.3",                                          \
      "a table size update is not allowed here")                                                   \
    X(HPACK_CUT, COMPRESSION_ERROR, 0, "RFC 9113 4.3", "the field block ends inside a field")      \
    X(HPACK_BROKEN, COMPRESSION_ERROR, 0, "RFC 9113 4.3", "the coder has failed before")           \
    /* HTTP/2 frames */                                                                            \
    X(H2_PREFACE, PROTOCOL_ERROR, 400, "RFC 9113 3.4", "the connection preface is not right")      \
    X(H2_FRAME_SIZE, FRAME_SIZE_ERROR, 0, "RFC 9113 4.2", "the frame's length is not allowed")     \
    X(H2_STREAM_ID, PROTOCOL_ERROR, 0, "RFC 9113 5.1.1",                                           \
      "the frame's stream identifier is not allowed")                                              \
    X(H2_PADDING, PROTOCOL_ERROR, 0, "RFC 9113 6.1",                                               \
      "the padding is as long as the payload or longer")                                           \
    X(H2_SELF_DEPENDENCY, PROTOCOL_ERROR, 0, "RFC 7540 5.3.1", "a stream depends on itself")       \
    X(H2_SETTING, PROTOCOL_ERROR, 0, "RFC 9113 6.5.2", "a setting's value is out of its range")    \
    X(H2_SETTING_WINDOW, FLOW_CONTROL_ERROR, 0, "RFC 9113 6.5.2",                                  \
      "an initial window above 2^31-1")                                                            \
    X(H2_SETTINGS_ACK, PROTOCOL_ERROR, 0, "RFC 9113 6.5.3",                                        \
      "an acknowledgement that nobody awaits")                                                     \
    X(H2_CONTINUATION, PROTOCOL_ERROR, 0, "RFC 9113 6.10",                                         \
      "CONTINUATION missing or out of place")                                                      \
    X(H2_PUSH, PROTOCOL_ERROR, 0, "RFC 9113 8.4", "a push, which was never allowed")               \
    X(H2_WINDOW_ZERO, PROTOCOL_ERROR, 0, "RFC 9113 6.9", "a window is increased by zero")          \
    X(H2_WINDOW_OVER, FLOW_CONTROL_ERROR, 0, "RFC 9113 6.9.1", "a window grows above 2^31-1")      \
    X(H2_FLOW, FLOW_CONTROL_ERROR, 0, "RFC 9113 6.9", "more DATA than the window allows")          \
    X(H2_IDLE, PROTOCOL_ERROR, 0, "RFC 9113 5.1", "the frame's stream was never opened")           \
    X(H2_CLOSED, STREAM_CLOSED, 0, "RFC 9113 5.1",                                                 \
      "the frame's stream is closed on the peer's side")                                           \
    X(H2_GOAWAY, PROTOCOL_ERROR, 0, "RFC 9113 6.8", "GOAWAY raises its last stream identifier")    \
    /* HTTP/2 messages */                                                                          \
    X(H2_FIELD_NAME, PROTOCOL_ERROR, 400, "RFC 9113 8.2.1", "a field name has a forbidden octet")  \
    X(H2_FIELD_VALUE, PROTOCOL_ERROR, 400, "RFC 9113 8.2.1",                                       \
      "a field value has a forbidden octet")                                                       \
    X(H2_FIELD_CONNECTION, PROTOCOL_ERROR, 400, "RFC 9113 8.2.2", "a connection-specific field")   \
    X(H2_PSEUDO, PROTOCOL_ERROR, 400, "RFC 9113 8.3",                                              \
      "a pseudo-field unknown, repeated or misplaced")                                             \
    X(H2_REQUEST, PROTOCOL_ERROR, 400, "RFC 9113 8.3.1",                                           \
      "the request's pseudo-fields are not right")                                                 \
    X(H2_STATUS, PROTOCOL_ERROR, 0, "RFC 9113 8.3.2", "the response's :status is not right")       \
    X(H2_HOST, PROTOCOL_ERROR, 400, "RFC 9113 8.3.1",                                              \
      "the authority or Host is malformed or they differ")                                         \
    X(H2_CONTENT_LENGTH, PROTOCOL_ERROR, 400, "RFC 9113 8.1.1",                                    \
      "content-length is malformed or not met")                                                    \
    X(H2_MESSAGE, PROTOCOL_ERROR, 400, "RFC 9113 8.1", "the frames do not make a message")         \
    /* limits */                                                                                   \
    X(LIMIT_FIELDS, ENHANCE_YOUR_CALM, 431, "RFC 9113 10.5.1",                                     \
      "the fields are larger or more than allowed")                                                \
    X(LIMIT_INFORMATIONAL, ENHANCE_YOUR_CALM, 0, "RFC 9110 15.2",                                  \
      "too many informational responses")                                                          \
    X(LIMIT_CONTINUATION, ENHANCE_YOUR_CALM, 0, "RFC 9113 10.5", "too many CONTINUATION frames")   \
    X(LIMIT_RESETS, ENHANCE_YOUR_CALM, 0, "RFC 9113 10.5", "too many streams ended in a reset")    \
    X(LIMIT_OVERHEAD, ENHANCE_YOUR_CALM, 400, "RFC 9113 10.5",                                     \
      "too much overhead for what was useful")                                                     \
    X(LIMIT_EMPTY, ENHANCE_YOUR_CALM, 0, "RFC 9113 10.5", "too many empty frames in a row")        \
    X(LIMIT_SETTINGS, ENHANCE_YOUR_CALM, 0, "RFC 9113 10.5", "too many entries in SETTINGS")       \
    X(LIMIT_WINDOW_UPDATES, ENHANCE_YOUR_CALM, 0, "RFC 9113 10.5",                                 \
      "too many WINDOW_UPDATE frames")                                                             \
    X(LIMIT_BODY, CANCEL, 413, "RFC 9110 15.5.14", "the content is larger than allowed")           \
    X(LIMIT_MESSAGE, CANCEL, 0, "RFC 6455 10.4", "a message is larger than allowed")               \
    X(LIMIT_STREAMS, REFUSED_STREAM, 503, "RFC 9113 5.1.2", "too many streams at once")            \
    X(TIMEOUT_HEAD, ENHANCE_YOUR_CALM, 408, "RFC 9110 15.5.9", "the head did not come in time")    \
    X(TIMEOUT_BODY, CANCEL, 408, "RFC 9110 15.5.9", "the body comes too slowly")                   \
    X(TIMEOUT_WRITE, CANCEL, 0, "RFC 9113 10.5", "the peer takes the answer too slowly")           \
    X(TIMEOUT_IDLE, NO_ERROR, 0, "RFC 9112 9.5", "the connection was idle too long")               \
    X(TIMEOUT_PREFACE, PROTOCOL_ERROR, 0, "RFC 9113 3.4", "the preface did not come in time")      \
    X(TIMEOUT_SETTINGS, SETTINGS_TIMEOUT, 0, "RFC 9113 6.5.3",                                     \
      "SETTINGS were not acknowledged in time")                                                    \
    X(TIMEOUT_RESPONSE, CANCEL, 0, "", "the response did not come in time")                        \
    X(TIMEOUT_CLOSE, CANCEL, 0, "RFC 6455 7.1.1", "a Close frame was not answered in time")        \
    /* the peer */                                                                                 \
    X(PEER_IS_HTTP1, PROTOCOL_ERROR, 0, "RFC 9113 3.4", "the peer speaks HTTP/1, not HTTP/2")      \
    X(PEER_IS_HTTP2, PROTOCOL_ERROR, 505, "RFC 9113 3.4",                                          \
      "HTTP/2 is not spoken here: use HTTP/1.1")                                                   \
    X(PEER_IS_TLS, PROTOCOL_ERROR, 400, "RFC 8446 5.1",                                            \
      "the peer speaks TLS, and this port is cleartext")                                           \
    X(PEER_IS_OTHER, PROTOCOL_ERROR, 400, "RFC 9112 2.2", "the first octets are not HTTP")         \
    X(PEER_GOAWAY, NO_ERROR, 0, "RFC 9113 6.8", "the peer ended the connection with GOAWAY")       \
    X(PEER_RESET, CANCEL, 0, "RFC 9113 6.4", "the peer reset the stream")                          \
    X(PEER_ONLY_HTTP2, PROTOCOL_ERROR, 0, "RFC 9113 3.3",                                          \
      "the peer speaks HTTP/2 alone: ask it with prior knowledge")                                 \
    X(PROXY_HEADER, PROTOCOL_ERROR, 400, "",                                                       \
      "a PROXY header: strip it first with h2neg_proxy_read")                                      \
    X(UNASKED, PROTOCOL_ERROR, 0, "RFC 9112 9.2", "octets of a response that nobody asked for")    \
    X(LOST, CANCEL, 0, "RFC 9112 9.8", "the connection was lost")                                  \
    /* TLS, ALPN, PROXY */                                                                         \
    X(ALPN_LIST, PROTOCOL_ERROR, 0, "RFC 7301 3.1", "a protocol list is malformed")                \
    X(ALPN_NO_OVERLAP, PROTOCOL_ERROR, 0, "RFC 7301 3.2", "no protocol is known to both sides")    \
    X(ALPN_NOT_OFFERED, PROTOCOL_ERROR, 0, "RFC 7301 3.1",                                         \
      "a protocol was chosen that was not offered")                                                \
    X(TLS_HELLO, PROTOCOL_ERROR, 0, "RFC 8446 4.1.2", "the ClientHello is malformed")              \
    X(TLS_HELLO_LARGE, PROTOCOL_ERROR, 0, "RFC 8446 4.1.2",                                        \
      "the ClientHello is larger than 16 KiB")                                                     \
    X(PROXY, PROTOCOL_ERROR, 0, "", "the PROXY header is malformed")                               \
    X(URL, PROTOCOL_ERROR, 400, "RFC 9110 4.2", "the URL or authority is malformed")
/* clang-format on */

#define H2NEG__ERROR_NAME(name, h2, status, section, text) H2NEG__E_##name,
enum { H2NEG__E_NONE, H2NEG_ERROR_LIST(H2NEG__ERROR_NAME) H2NEG__E_COUNT };
#undef H2NEG__ERROR_NAME
#define H2NEG__ERROR_NAME(name, h2, status, section, text) H2NEG_ERR_##name = -H2NEG__E_##name,
/* H2NEG_OK, 0, is no error; all others are negative. */
enum { H2NEG_OK = 0, H2NEG_ERROR_LIST(H2NEG__ERROR_NAME) H2NEG__ERR_LAST = -H2NEG__E_COUNT };
#undef H2NEG__ERROR_NAME

/* The one that is no failure, by its short name. */
#define H2NEG_AGAIN H2NEG_ERR_AGAIN

/* What went wrong, where. The first error of a connection or piece wins. */
typedef struct h2neg_error {
    int code;            /* H2NEG_ERR_*, 0: none */
    uint32_t h2_code;    /* how HTTP/2 puts it, H2NEG_PROTOCOL_ERROR and so on */
    uint32_t stream;     /* 0: the whole connection */
    uint64_t offset;     /* of the octet, counted from the connection's first */
    const char *section; /* "RFC 9113 6.9", or ""; static */
    const char *text;    /* one sentence, static */
} h2neg_error;

/* The sentence, the name ("H2_FLOW"), the section and the wire codes of an H2NEG_ERR_*. Static,
   never NULL. 0 answers "no error", "OK", "", H2NEG_NO_ERROR and 0; an unknown code "unknown
   error", "UNKNOWN", "", H2NEG_INTERNAL_ERROR and 0. */
H2NEG_API const char *h2neg_error_text(int code);
H2NEG_API const char *h2neg_error_name(int code);
H2NEG_API const char *h2neg_error_section(int code);
H2NEG_API uint32_t h2neg_error_h2(int code);
H2NEG_API int h2neg_error_status(int code);
/* The close code that a WebSocket fails with for an H2NEG_ERR_*: 1002, 1007 (WS_UTF8, WS_DEFLATE),
   1008 (LIMIT_OVERHEAD, LIMIT_EMPTY), 1009 (LIMIT_MESSAGE), 1011 (NOMEM); 1006 where no Close frame
   can be sent (WS_ABNORMAL, LOST, TIMEOUT_CLOSE); 1000 for 0. RFC 6455 7.4.1. */
H2NEG_API int h2neg_error_ws(int code);

/* "PROTOCOL_ERROR" for 1 and so on, or "unknown" (RFC 9113 7); static. */
H2NEG_API const char *h2neg_h2_error_name(uint32_t code);

/* s: a slice of a terminated text (borrowed; NULL gives an empty slice); f: a field of two. */
H2NEG_API h2neg_str h2neg_s(const char *text);
H2NEG_API h2neg_field h2neg_f(const char *name, const char *value);

/* 1 when the slice is this terminated text, to the octet, or without regard to the case of ASCII
   letters; else 0. */
H2NEG_API int h2neg_is(h2neg_str s, const char *text);
H2NEG_API int h2neg_is_nocase(h2neg_str s, const char *text);

/* The first field of this name, without regard to case (RFC 9110 5.1), at or after index `*at`;
   `*at` becomes the index behind it, or `count`. NULL when there is none. `at` may be NULL: from
   the first. The result points into `fields`. */
H2NEG_API const h2neg_field *h2neg_find(const h2neg_field *fields, size_t count, const char *name,
                                        size_t *at);

/* Walks a comma-separated list over all fields of one name (RFC 9110 5.6.1). Start with a zeroed
   `list`. 1 and `*item`: a slice of a value, white space trimmed; empty items are skipped; a comma
   inside a quoted-string (RFC 9110 5.6.4) is part of its item. 0 and an empty item at the end. */
typedef struct h2neg_list {
    size_t field; /* the index of the field that is read */
    size_t at;    /* the offset in its value */
} h2neg_list;
H2NEG_API int h2neg_list_next(h2neg_list *list, const h2neg_field *fields, size_t count,
                              const char *name, h2neg_str *item);

/* How many octets h2neg_fields_copy needs, and the deep copy: an array of `count` fields at the
   start of `block` (aligned as malloc does), their texts behind it. NULL when `size` is too small
   or `block` is NULL. The copy lives as long as its block, which stays the caller's. */
H2NEG_API size_t h2neg_fields_size(const h2neg_field *fields, size_t count);
H2NEG_API h2neg_field *h2neg_fields_copy(void *block, size_t size, const h2neg_field *fields,
                                         size_t count);

/* "Not Found" for 404; "" for what is not registered (RFC 9110 15, 16.2). Static. */
H2NEG_API const char *h2neg_status_text(int status);

/* "Sun, 06 Nov 1994 08:49:37 GMT" and a NUL for 784111777 (RFC 9110 5.6.7): 30 octets into `out`.
   Before the year 0 it answers with that year's first second, after 9999 with that one's last. */
H2NEG_API void h2neg_http_date(char out[30], int64_t unix_seconds);

/* An authority, host [":" port] (RFC 3986 3.2; userinfo is refused, RFC 9110 4.2.4): the host is
   not empty and keeps its brackets if it is an IP literal; the port has up to five digits. 0, or
   H2NEG_ERR_URL and an empty host. Slices of the input. */
typedef struct h2neg_authority {
    h2neg_str host;
    int port; /* 0 to 65535, or -1: none, or nothing behind the colon */
} h2neg_authority;
H2NEG_API int h2neg_authority_parse(h2neg_authority *out, h2neg_str text);

/* An absolute URL with an authority (RFC 3986 3): "https://example.org:8443/a?b". 0 or
   H2NEG_ERR_URL: octets that a URL must not have are refused, not escaped. Slices of the input, in
   the case they came in: `scheme` without its colon, `host` as h2neg_authority has it. `target` is
   path and query as they stand: send "/" in front of it when it does not begin with one
   ("http://a", "http://a?b"). A fragment is left out. */
typedef struct h2neg_url {
    h2neg_str scheme, authority, host, target, path;
    h2neg_str query; /* behind the "?" */
    int port;        /* 0 to 65535, or -1: none is given */
} h2neg_url;
H2NEG_API int h2neg_url_parse(h2neg_url *out, h2neg_str text);
/* ---- >>api-h1 --------------------------------------------------------------
   HTTP/1.0 and HTTP/1.1 heads, bodies and writers (RFC 9112).
   -------------------------------------------------------------------------- */

/* Leniency, all off by default. */
#define H2NEG_ALLOW_BARE_LF 1u   /* LF ends a line; risk: a peer in front that does not think so */
#define H2NEG_ALLOW_FOLD 2u      /* a folded request field becomes one line; risk: hidden fields */
#define H2NEG_ALLOW_NO_REASON 4u /* a status line without the space behind the status */

/* The forms of a request target (RFC 9112 3.2). */
enum { H2NEG_FORM_ORIGIN = 1, H2NEG_FORM_ABSOLUTE, H2NEG_FORM_AUTHORITY, H2NEG_FORM_ASTERISK };

/* How far a head was looked at: the parser's own, kept between the calls for one head. */
typedef struct h2neg_h1_scan {
    size_t seen;             /* octets that the last call was given, if it asked for more; or 0 */
    size_t at, line;         /* the next octet to look at; the start of its line */
    size_t first, first_len; /* the first line, without its end */
    size_t fields;           /* where the field lines start */
    unsigned empty;          /* empty lines so far */
    int in_fields;           /* 1: the first line was read */
} h2neg_h1_scan;

/* A head. Zero it, lend `fields`, call; keep it as it is between the calls for one head. It may be
   used for the next head without zeroing: a call with `seen` 0 starts afresh. */
typedef struct h2neg_h1_head {
    /* Set by the caller; the same for all calls for one head. */
    h2neg_field *fields;   /* lent: room for `room` fields; may be NULL where that is 0 */
    size_t room;           /* more fields than this: H2NEG_ERR_H1_FIELDS_MANY */
    char *text;            /* lent: where unfolded values are put; NULL: a fold is an error */
    size_t text_room;      /* its size in octets */
    unsigned lenient;      /* H2NEG_ALLOW_* */
    size_t max_line;       /* octets of the first line without CR LF; 0: 8,192 */
    size_t max_field_line; /* octets of one field line without CR LF; 0: 8,192 */
    size_t max_list;       /* sum of name + value + 32 for each field; 0: 32,768 */
    unsigned max_empty;    /* empty lines before a request; 0: 2; H2NEG_OFF: none */
    /* Set by the parser, to be read when its result is > 0; slices of that call's input (or of
       `text`). */
    h2neg_str method, target;    /* requests */
    int form;                    /* requests: H2NEG_FORM_* */
    h2neg_str scheme, authority; /* requests: of the target; else "" and Host's value */
    h2neg_str path;              /* requests: of the target; "*" in asterisk-form, else maybe "" */
    h2neg_str query;             /* requests: without '?'; its ptr is NULL where there is none */
    int status;                  /* responses: 100 to 999 (RFC 9112 4); 0 in a request */
    h2neg_str reason;            /* responses: may be empty */
    int minor;                   /* 0, or 1 for HTTP/1.1 and above; 0 in trailers */
    size_t count;                /* fields that were read */
    size_t error_at;             /* on error: the offset of the octet from `in` */
    h2neg_h1_scan scan;          /* the parser's own */
} h2neg_h1_head;

/* Reads a head that starts at `in`, in `len` octets (borrowed; they may have moved since an earlier
   call). `seen`: how many of them an earlier call with this head has already looked at (its `len`;
   0 at first), so that a head that dribbles in costs linear time. Where that does not fit what
   `head` remembers it starts afresh, with the same result.
   > 0: its octets up to and with the empty line, in a request also the empty lines before it; 0:
   more is needed; < 0: H2NEG_ERR_H1_*, with `error_at`. The result does not depend on how the
   octets arrived.

   Errors come as early as they can: at the first octet that cannot begin a head (H1_METHOD,
   H1_STATUS_LINE), at an octet that may stand nowhere in one (H1_CTL, H1_BARE_CR, H1_BARE_LF) or
   that is one too many (H1_LINE_LONG, or H1_METHOD where it is the method that is long;
   H1_FIELD_LONG; H1_EMPTY_LINES), at the end of the first line (H1_REQUEST_LINE, H1_METHOD,
   H1_VERSION, H1_TARGET, H1_STATUS_LINE), and at the end of the head, field by field (H1_FOLD,
   H1_FIELD_NAME, H1_FIELD_SPACE, H1_FIELD_COLON, H1_FIELDS_MANY, H1_FIELD_LONG, H1_HEAD_LARGE),
   then H1_HOST. A head of more than max_line + max_list + 4,096 octets is H1_HEAD_LARGE before its
   end.

   A request has exactly one Host where the version is 1.1, and at most one where it is 1.0, empty
   or uri-host [":" port] (RFC 9112 3.2); the authority of an absolute-form wins over it (RFC 9112
   3.2.2). In a response a fold becomes one SP if `text` was lent, and H1_HEAD_LARGE if it does not
   fit; in a request it is H1_FOLD unless H2NEG_ALLOW_FOLD (RFC 9112 5.2). RFC 9112 2 to 5. */
H2NEG_API ptrdiff_t h2neg_h1_parse_request(h2neg_h1_head *head, const void *in, size_t len,
                                           size_t seen);
H2NEG_API ptrdiff_t h2neg_h1_parse_response(h2neg_h1_head *head, const void *in, size_t len,
                                            size_t seen);

/* Reads a trailer section (RFC 9112 7.1.2): field lines and the empty line, maybe that alone.
   Parameters, result and errors are those of a head without a first line. A fold is H1_FOLD unless
   H2NEG_ALLOW_FOLD (which a client sets here: RFC 9112 5.2). What must not be a trailer is
   H2NEG_ERR_TRAILER_FIELD, after all other errors: fields that frame, route, authenticate, modify
   the request, control the response or say what the content is (RFC 9110 6.5.1). */
H2NEG_API ptrdiff_t h2neg_h1_parse_trailers(h2neg_h1_head *head, const void *in, size_t len,
                                            size_t seen);

/* How the body of a message is framed. */
enum {
    H2NEG_BODY_NONE = 1, /* there is none */
    H2NEG_BODY_LENGTH,   /* `*length` octets, more than 0 */
    H2NEG_BODY_CHUNKED,  /* chunked coding */
    H2NEG_BODY_CLOSE,    /* until the connection closes (responses only) */
    H2NEG_BODY_TUNNEL    /* no body: behind a 2xx to CONNECT, or a 101, another protocol begins */
};

/* How the body behind `head` (a request's, or a response's with status > 0) is framed: RFC 9112
   6.3. `method`: of the request (in a request, its own). `*length`: the Content-Length, 0 to
   2^63-1, or UINT64_MAX where there is none; behind HEAD and 304 it frames nothing, and is there
   for the caller's information. H2NEG_BODY_*, or < 0: H2NEG_ERR_BODY_CONFLICT (Content-Length with
   Transfer-Encoding), BODY_TRANSFER (Transfer-Encoding in HTTP/1.0, repeated, malformed, or in a
   request not ending in chunked), BODY_CODING (another coding below chunked), BODY_REPEATED (a
   second Content-Length, even the same) or BODY_LENGTH. A response whose codings do not hold
   chunked at all is H2NEG_BODY_CLOSE (rule 4); they are the caller's to decode or refuse. */
H2NEG_API int h2neg_body_kind(const h2neg_h1_head *head, h2neg_str method, uint64_t *length);

/* 1 when the connection persists behind this message, as far as its head says (RFC 9112 9.3):
   Connection without "close", and in HTTP/1.0 with "keep-alive". A body that ends with the
   connection ends it, too. */
H2NEG_API int h2neg_h1_persists(const h2neg_h1_head *head);

/* The chunked coding's decoder (RFC 9112 7.1). Zero it; the limits may be set. It owns nothing. */
typedef struct h2neg_chunked {
    /* Set by the caller before the first call. */
    uint32_t max_line;     /* octets of a chunk's line without CR LF; 0: 1,024 */
    uint32_t max_overhead; /* excess octets of lines (above 16 + 2 x data a chunk); 0: 16,384;
                              H2NEG_OFF: none */
    /* Set by the decoder. */
    int done;             /* 1: the last chunk was read; the trailer section follows */
    uint64_t left;        /* octets of data left in this chunk */
    uint64_t chunk;       /* octets of data of this chunk */
    uint32_t line;        /* octets of the line that is read */
    uint32_t overhead;    /* excess octets so far */
    unsigned char state;  /* of the machine */
    unsigned char digits; /* of the size, behind leading zeros */
    unsigned char error;  /* the error that ended it, negated; 0: none */
    size_t error_at;      /* on error: the offset in the input of that call */
} h2neg_chunked;

/* RFC 9112 7.1. Takes octets (borrowed); gives `*data`, a slice of the input, maybe empty. Returns
   the octets consumed (0 to `len`; it stops behind a run of data and behind the last chunk's line,
   and consumes nothing behind that) or < 0, and the same error from then on: H2NEG_ERR_CHUNK_SIZE
   (not 1*HEXDIG, more than 16 digits, or 13 behind leading zeros), CHUNK_EXTENSION,
   CHUNK_LINE_LONG, CHUNK_OVERHEAD, CHUNK_END. Data before the error are given first. When `d->done`
   is set go on with h2neg_h1_parse_trailers. */
H2NEG_API ptrdiff_t h2neg_chunked_decode(h2neg_chunked *d, const void *in, size_t len,
                                         h2neg_str *data);

/* Writers: octets written to `out` (lent, `room` octets), all of version HTTP/1.1, or < 0: the
   error that names what may not be sent, else H2NEG_ERR_TOO_SMALL (nothing useful was written).
   H2NEG_ERR_H1_METHOD: no token of 1 to 32 octets; H1_TARGET: none of the forms that a target may
   have with this method (RFC 9112 3.2); H1_STATUS_LINE: a status not of 100 to 999, or a reason
   with a control; H1_FIELD_NAME: no token; H1_FIELD_VALUE: CR, LF, NUL or another control, or white
   space at an end (RFC 9110 5.5). */
H2NEG_API ptrdiff_t h2neg_h1_write_request_line(void *out, size_t room, h2neg_str method,
                                                h2neg_str target);
H2NEG_API ptrdiff_t h2neg_h1_write_status_line(void *out, size_t room, int status,
                                               h2neg_str reason);
H2NEG_API ptrdiff_t h2neg_h1_write_fields(void *out, size_t room, const h2neg_field *fields,
                                          size_t count);
/* A whole head: line, fields, empty line. `reason` empty: h2neg_status_text. */
H2NEG_API ptrdiff_t h2neg_h1_write_request(void *out, size_t room, h2neg_str method,
                                           h2neg_str target, const h2neg_field *fields,
                                           size_t count);
H2NEG_API ptrdiff_t h2neg_h1_write_response(void *out, size_t room, int status, h2neg_str reason,
                                            const h2neg_field *fields, size_t count);
/* "1a\r\n" for a chunk of 26 octets, whose data and CR LF follow; 0 gives the last chunk's line
   "0\r\n", behind which come trailer fields and an empty line. At most 18 octets. A decoder of this
   kind takes sizes below 2^52. */
H2NEG_API ptrdiff_t h2neg_h1_write_chunk(void *out, size_t room, uint64_t size);
/* ---- >>api-upgrade ---------------------------------------------------------
   HTTP/1.1 Upgrade (RFC 9110 7.8) and the h2c Upgrade (RFC 7540 3.2).
   -------------------------------------------------------------------------- */

/* Walks the protocols that a request's (or a 426's) Upgrade lists, in the client's order, over all
   fields of that name: start with a zeroed `list`. 1 and `*protocol`, a slice of a field's value
   ("websocket", "h2c", "HTTP/2.0": name and maybe version); 0 at the end. `minor` is the message's
   HTTP/1 minor version. Nothing is offered in HTTP/1.0 (minor 0), nor unless Connection lists
   "upgrade" (RFC 9110 7.8). An entry that is not token ["/" token] is skipped. The first 8 entries
   are looked at, the rest is not. */
H2NEG_API int h2neg_upgrade_offers(h2neg_list *list, int minor, const h2neg_field *fields,
                                   size_t count, h2neg_str *protocol);

/* The first of the server's protocols (`ours`: `our_count` terminated texts, borrowed, most
   preferred first) that the client offers: its index, or -1. Letters compare without regard to
   case. RFC 9110 7.8. */
H2NEG_API int h2neg_upgrade_choose(const char *const *ours, size_t our_count, int minor,
                                   const h2neg_field *fields, size_t count);

/* A client's look at the fields of a 101 (RFC 9110 7.8): Connection lists "upgrade", and Upgrade
   names one protocol alone, one of those that were offered (`offered`: `offered_count` terminated
   texts, borrowed). Its index in `offered`, or H2NEG_ERR_UPGRADE_ANSWER; that is also the answer in
   HTTP/1.0 and when the server sent HTTP2-Settings, which it must not (RFC 7540 3.2.1). */
H2NEG_API int h2neg_upgrade_check(const char *const *offered, size_t offered_count, int minor,
                                  const h2neg_field *fields, size_t count);

/* An HTTP2-Settings value (RFC 7540 3.2.1): base64url without padding of a SETTINGS payload, which
   is entries of 6 octets, maybe none.
   encode: octets written, not terminated (room: len / 3 x 4), H2NEG_ERR_INVALID when `len` is no
   multiple of 6, or H2NEG_ERR_TOO_SMALL. decode: octets written, a multiple of 6 (room:
   text.len / 4 x 3), H2NEG_ERR_UPGRADE_SETTINGS or H2NEG_ERR_TOO_SMALL. */
H2NEG_API ptrdiff_t h2neg_h2_settings_encode(char *out, size_t room, const void *payload,
                                             size_t len);
H2NEG_API ptrdiff_t h2neg_h2_settings_decode(void *out, size_t room, h2neg_str text);

/* The HTTP2-Settings value of an h2c offer that may be taken (RFC 7540 3.2, 3.2.1): HTTP/1.1,
   Upgrade lists h2c, there is exactly one HTTP2-Settings, Connection names it, it is not empty
   (token68) and h2neg_h2_settings_decode takes it. 1 and `*settings`, a slice of the field's value;
   0: no offer, or one that must be ignored. What the settings say is not judged here. */
H2NEG_API int h2neg_upgrade_h2c(int minor, const h2neg_field *fields, size_t count,
                                h2neg_str *settings);

/* Base64 (RFC 4648 4, with padding) both ways.
   encode: octets written, not terminated (room: 4 x ceil(len / 3)), or H2NEG_ERR_TOO_SMALL. decode:
   octets written (room: text.len / 4 x 3), H2NEG_ERR_INVALID (padding missing or misplaced, another
   octet, stray bits), or H2NEG_ERR_TOO_SMALL. */
H2NEG_API ptrdiff_t h2neg_base64_encode(char *out, size_t room, const void *in, size_t len);
H2NEG_API ptrdiff_t h2neg_base64_decode(void *out, size_t room, h2neg_str text);

/* SHA-1 (FIPS 180-4), for Sec-WebSocket-Accept (RFC 6455 4.2.2) and nothing that has to be secret.
   init, update as often as needed, final once: then init again. The members are the function's
   own. */
typedef struct h2neg_sha1 {
    uint32_t h[5];
    uint64_t length; /* octets so far */
    unsigned char block[64];
} h2neg_sha1;
H2NEG_API void h2neg_sha1_init(h2neg_sha1 *s);
H2NEG_API void h2neg_sha1_update(h2neg_sha1 *s, const void *in, size_t len);
H2NEG_API void h2neg_sha1_final(h2neg_sha1 *s, unsigned char digest[20]);

/* ---- >>api-ws --------------------------------------------------------------
   WebSocket: the handshake (RFC 6455 4), both roles; RFC 7692 parameters as data; frames (5),
   UTF-8.
   -------------------------------------------------------------------------- */

/* Sec-WebSocket-Accept for a key, which is taken as it is (RFC 6455 4.2.2): 28 characters and a
   NUL. */
H2NEG_API void h2neg_ws_accept_key(char out[29], h2neg_str key);

/* A client's key of 16 octets in base64 (RFC 6455 4.1): 24 characters and a NUL. The octets are to
   be fresh and random for each connection. */
H2NEG_API void h2neg_ws_make_key(char out[25], const unsigned char random[16]);

/* Who may open a WebSocket (RFC 6455 10.2). A request without Origin comes from no browser and is
   let in by every policy; one with two is let in by none. */
enum {
    H2NEG_ORIGIN_SAME = 0, /* Origin's host and port are the authority's; its scheme tells no more
                              than the default port (RFC 6454 4); "null" is refused */
    H2NEG_ORIGIN_ANY,      /* everyone */
    H2NEG_ORIGIN_LIST      /* those in `origins`, which compare without regard to case */
};
typedef struct h2neg_ws_policy {
    int origin;                 /* H2NEG_ORIGIN_* */
    const char *const *origins; /* borrowed: "https://example.org", as a browser writes it */
    size_t origin_count;
} h2neg_ws_policy;

/* What a request asks. Fill in all but the last two. */
typedef struct h2neg_ws_request {
    h2neg_str method;          /* as received; "CONNECT" means RFC 8441: :protocol is websocket */
    h2neg_str authority;       /* of the target, Host or :authority, as received */
    const h2neg_field *fields; /* borrowed */
    size_t count;
    int minor;        /* HTTP/1's minor version; ignored for CONNECT */
    h2neg_str key;    /* set by the check: a slice of the field; empty for CONNECT */
    h2neg_str origin; /* set by the check: a slice of the field; ptr NULL: none */
} h2neg_ws_request;

/* Judges an opening handshake by every rule of RFC 6455 4.2.1 (RFC 8441 5 for CONNECT). 0, or the
   first of these that does not hold: H2NEG_ERR_WS_METHOD (GET, HTTP/1.1), _UPGRADE (Upgrade lists
   websocket and Connection upgrade), _VERSION (exactly one, "13"), _KEY (exactly one, 16 octets in
   base64), _SUBPROTOCOL (tokens, none twice, at most 64), _EXTENSION (the grammar of RFC 6455 9.1),
   _ORIGIN. Its h2neg_error_status is the answer: 400, 403 or 426. `policy` NULL: same origin. */
H2NEG_API int h2neg_ws_check_request(h2neg_ws_request *request, const h2neg_ws_policy *policy);

/* A client's look at the answer (RFC 6455 4.1, RFC 8441 5). `key`: the one that was sent, and then
   the status is to be 101, Upgrade websocket alone, Connection lists upgrade and there is one
   Sec-WebSocket-Accept, the right one; empty over HTTP/2, and then the status is to be 2xx.
   `subprotocols`: the comma list that was sent, "" for none. 0 and `*subprotocol`, a slice of a
   field: what the server chose, maybe empty; or H2NEG_ERR_WS_STATUS, _UPGRADE, _ACCEPT or
   _SUBPROTOCOL (two, or one that was not asked for). Extensions are h2neg_ws_deflate_check's:
   always call that too. */
H2NEG_API int h2neg_ws_check_response(int status, const h2neg_field *fields, size_t count,
                                      h2neg_str key, h2neg_str subprotocols,
                                      h2neg_str *subprotocol);

/* The first of the server's subprotocols (`ours`: `our_count` terminated texts, borrowed, most
   preferred first) that Sec-WebSocket-Protocol lists: the server's own entry, or NULL: none, or the
   list is malformed. They compare to the octet (RFC 6455 4.2.2). */
H2NEG_API const char *h2neg_ws_subprotocol(const char *const *ours, size_t our_count,
                                           const h2neg_field *fields, size_t count);

/* Walks Sec-WebSocket-Extensions (RFC 6455 9.1): start with a zeroed `list`. 1, the extension's
   name and its parameters' text ("" or "a; b=1"), slices of a field, whose grammar is good; 0 at
   the end; H2NEG_ERR_WS_EXTENSION when the next one is malformed, or the fields are there and list
   nothing. */
H2NEG_API int h2neg_ws_extension_next(h2neg_list *list, const h2neg_field *fields, size_t count,
                                      h2neg_str *name, h2neg_str *parameters);
/* Walks an extension's parameters: `*rest` starts as their text and shrinks. 1, the name and, where
   `*has_value` is 1, the value; 0 at the end; H2NEG_ERR_WS_EXTENSION. A quoted value is given
   without its quotes, and without them and backslashes it is a token (a backslash in it is kept:
   drop it). */
H2NEG_API int h2neg_ws_parameter_next(h2neg_str *rest, h2neg_str *name, h2neg_str *value,
                                      int *has_value);

/* permessage-deflate's parameters (RFC 7692 7.1). Window bits: 8 to 15, 0 means not given. */
typedef struct h2neg_ws_deflate {
    int server_no_context_takeover, client_no_context_takeover; /* 1: each message by itself */
    int server_max_window_bits;                                 /* of what the server compresses */
    int client_max_window_bits; /* in an offer, -1: given without a value */
} h2neg_ws_deflate;

/* The text of an offer, or of an answer, for Sec-WebSocket-Extensions: octets written, not
   terminated; H2NEG_ERR_INVALID (window bits out of range) or H2NEG_ERR_TOO_SMALL; 128 octets
   suffice. RFC 7692 7.1. */
H2NEG_API ptrdiff_t h2neg_ws_deflate_write(char *out, size_t room,
                                           const h2neg_ws_deflate *parameters);
/* Server: takes the first offer that can be taken. `want`: what this server is ready for (bits: its
   most, 0: 15; takeover flags: what it insists on); NULL: anything. 1 and the answer's parameters;
   0: none can be taken, answer without; H2NEG_ERR_WS_EXTENSION: the field is malformed anywhere,
   fail the handshake with 400 (RFC 6455 9.1). */
H2NEG_API int h2neg_ws_deflate_accept(h2neg_ws_deflate *agreed, const h2neg_ws_deflate *want,
                                      const h2neg_field *fields, size_t count);
/* Client: the server's answer against the offer (NULL: no extension was offered). 1 and the agreed
   parameters (window bits: the smaller of what was offered and answered); 0: the answer has no
   extension; H2NEG_ERR_WS_EXTENSION: another one, two, malformed, or not within the offer: fail the
   connection (RFC 6455 4.1, RFC 7692 7.1). */
H2NEG_API int h2neg_ws_deflate_check(h2neg_ws_deflate *agreed, const h2neg_ws_deflate *offered,
                                     const h2neg_field *fields, size_t count);

/* Heads to send. Octets written, H2NEG_ERR_TOO_SMALL, or what is wrong.
   accept: a whole 101 (RFC 6455 4.2.2). `key`: the request's (else H2NEG_ERR_WS_KEY);
   `subprotocol`: a token (else H2NEG_ERR_WS_SUBPROTOCOL), NULL: none; `fields`: `count` more of
   them, borrowed, maybe none; what the 101 says itself, Content-Length and Transfer-Encoding are
   H2NEG_ERR_INVALID there. refuse: an answer of status 300 to 599 (else H2NEG_ERR_INVALID) with
   Content-Length: 0; 426 carries Upgrade, Connection and Sec-WebSocket-Version: 13 (RFC 6455 4.2.2,
   RFC 9110 15.5.22). */
H2NEG_API ptrdiff_t h2neg_ws_write_accept(void *out, size_t room, h2neg_str key,
                                          const char *subprotocol, const h2neg_field *fields,
                                          size_t count);
H2NEG_API ptrdiff_t h2neg_ws_write_refuse(void *out, size_t room, int status);

/* Opcodes (RFC 6455 5.2); those from 8 on are control frames. */
enum {
    H2NEG_WS_CONTINUATION = 0x0,
    H2NEG_WS_TEXT = 0x1,
    H2NEG_WS_BINARY = 0x2,
    H2NEG_WS_CLOSE = 0x8,
    H2NEG_WS_PING = 0x9,
    H2NEG_WS_PONG = 0xa
};

/* Close codes (RFC 6455 7.4.1). 1005 and 1006 never stand on the wire. */
enum {
    H2NEG_WS_NORMAL = 1000,
    H2NEG_WS_GOING_AWAY = 1001,
    H2NEG_WS_PROTOCOL_ERROR = 1002,
    H2NEG_WS_UNSUPPORTED = 1003, /* a kind of data that is not accepted */
    H2NEG_WS_NO_STATUS = 1005,   /* the peer's Close had no code */
    H2NEG_WS_ABNORMAL = 1006,    /* there was no Close */
    H2NEG_WS_INVALID_DATA = 1007,
    H2NEG_WS_POLICY = 1008,
    H2NEG_WS_TOO_BIG = 1009,
    H2NEG_WS_EXTENSION = 1010,
    H2NEG_WS_INTERNAL_ERROR = 1011
};

/* A frame's header. */
typedef struct h2neg_ws_frame {
    int fin;              /* 1: the last frame of its message */
    int rsv;              /* reserved bits: H2NEG_WS_RSV1 and the two below it */
    int opcode;           /* H2NEG_WS_TEXT and so on */
    int masked;           /* 1: the payload is masked with `key` */
    unsigned char key[4]; /* in the order of the wire (RFC 6455 5.3) */
    uint64_t length;      /* of the payload, 0 to 2^63-1 octets */
} h2neg_ws_frame;
#define H2NEG_WS_RSV1 4 /* compressed, on a message's first frame (RFC 7692 7.2.3.1) */

/* Reads a frame's header, 2 to 14 octets (RFC 6455 5.2). `from_client`: 1, frames must be masked
   (a server reads); 0, they must not be. `rsv`: bits that an extension has given a meaning; they
   may stand on a message's first frame alone. > 0: octets of the header; 0: more is needed;
   < 0: H2NEG_ERR_WS_RESERVED, _CONTROL, _MASK or _LENGTH. Each octet is judged when it is there, so
   an error comes as early as it can and does not depend on `len`. Whether a continuation continues
   something is the reader's to know. */
H2NEG_API ptrdiff_t h2neg_ws_frame_read(h2neg_ws_frame *f, const void *in, size_t len,
                                        int from_client, int rsv);
/* Writes a header; the payload is the caller's to write. Octets written (14 suffice), or
   H2NEG_ERR_INVALID (what a reader would refuse) or H2NEG_ERR_TOO_SMALL. */
H2NEG_API ptrdiff_t h2neg_ws_frame_write(void *out, size_t room, const h2neg_ws_frame *f);
/* XORs `len` octets of a payload into `out` (`len` octets; may be `in` itself, else it does not
   overlap). `offset`: of in[0] in the payload, so that any cut gives the same. RFC 6455 5.3. */
H2NEG_API void h2neg_ws_mask(void *out, const void *in, size_t len, const unsigned char key[4],
                             uint64_t offset);

/* 1 when this code may stand in a Close frame: 1000 to 1003, 1007 to 1014, 3000 to 4999 (RFC 6455
   7.4, and IANA's registry). */
H2NEG_API int h2neg_ws_code_ok(int code);
/* A Close frame's payload (RFC 6455 5.5.1). read: 0, `*code` (1005: the payload is empty) and
   `*reason`, a slice of it; H2NEG_ERR_WS_CLOSE_CODE or _WS_UTF8. write: octets written (125
   suffice); `code` 0: an empty payload; H2NEG_ERR_INVALID: a code that must not be sent, a reason
   above 123 octets, not UTF-8 or without a code; H2NEG_ERR_TOO_SMALL. */
H2NEG_API int h2neg_ws_close_read(const void *in, size_t len, int *code, h2neg_str *reason);
H2NEG_API ptrdiff_t h2neg_ws_close_write(void *out, size_t room, int code, h2neg_str reason);

/* UTF-8 (RFC 3629 4) as it comes: zero `u`, then call it with each run. Returns how many octets are
   good: `len`, or the offset of the first octet that cannot stand where it stands (surrogates,
   forms that are too long and what is above U+10FFFF among them), and every later call gives 0.
   h2neg_utf8_whole: 1 when no character is cut at the end. The members are its own. */
typedef struct h2neg_utf8 {
    unsigned char need, low, high, bad; /* octets to come; the range of the next one */
} h2neg_utf8;
H2NEG_API size_t h2neg_utf8_check(h2neg_utf8 *u, const void *in, size_t len);
H2NEG_API int h2neg_utf8_whole(const h2neg_utf8 *u);

/* ---- >>api-hpack -----------------------------------------------------------
   HPACK (RFC 7541), both directions, over memory that the caller lends.
   -------------------------------------------------------------------------- */

/* Octets of memory in which a decoder's or an encoder's dynamic table of this size (RFC 7541
   4.1, in octets) is sure to fit: about twice that, 0 below 32. Table sizes go up to 2^30; more
   is taken as 2^30. The memory may have any alignment. */
H2NEG_API size_t h2neg_hpack_memory(size_t table_size);

/* What a block decodes into. Zero it, lend `fields` and `text`, for each block; the same list
   goes into every call of one block. Names and values lie in `text`, never in the decoder's
   table: they live as long as it does. */
typedef struct h2neg_hpack_list {
    h2neg_field *fields; /* lent; NULL where room is 0 */
    size_t room;         /* fields it holds */
    char *text;          /* lent: names and values are put here */
    size_t text_room;  /* octets; at least the decoder's limit: what enters the table passes here */
    uint64_t max_size; /* most of `size` that is stored; 0: whatever fits */
    size_t count;      /* fields so far */
    size_t text_used;  /* octets */
    uint64_t size;     /* name + value + 32 of every field (RFC 7541 4.1), stored or not */
    uint64_t total;    /* fields seen, stored or not */
    int over; /* 1: room, text_room or max_size was spent: nothing is stored (count is 0) */
} h2neg_hpack_list;

/* The dynamic table of either direction. Internal; `size` and `max` may be read (octets, RFC
   7541 4.1). */
typedef struct h2neg_hpack_table {
    struct h2neg__hpack_entry *entries; /* a ring */
    uint32_t *buckets;
    unsigned char *text;
    uint32_t room, bucket_count, text_room;
    uint32_t head, count, next_id;
    uint32_t text_base, text_end;
    uint32_t size, max, capacity;
} h2neg_hpack_table;

/* A Huffman string in the middle. Internal. */
typedef struct h2neg_huffman_state {
    uint64_t bits;
    unsigned count;
    int bad;
} h2neg_huffman_state;

/* A decoder. Only `wants` is for reading. */
typedef struct h2neg_hpack_decoder {
    size_t wants; /* > 0: octets of memory without which decoding cannot go on */
    h2neg_hpack_table table;
    uint32_t limit, least, left, flags;
    uint64_t number;
    h2neg_huffman_state bits;
    uint64_t name_len, value_len;
    unsigned char state, after, kind, broken, started, updates, shift;
    unsigned char huffman, in_value, insert, drop, marks;
} h2neg_hpack_decoder;

/* An encoder. Only `wants` is for reading. */
typedef struct h2neg_hpack_encoder {
    size_t wants; /* > 0: with so many octets of memory the last call would have indexed more */
    h2neg_hpack_table table;
    uint32_t cap, peer, least;
} h2neg_hpack_encoder;

/* A decoder over `memory` (size octets, borrowed until the next init or move; NULL with 0 is
   fine). `limit`: octets, the largest table that the peer may use now, 4096 on a new HTTP/2
   connection (RFC 9113 6.5.2). Memory may be less than h2neg_hpack_memory(limit); decode then
   asks for more when it needs it. */
H2NEG_API void h2neg_hpack_decoder_init(h2neg_hpack_decoder *d, void *memory, size_t size,
                                        uint32_t limit);

/* Decodes `len` octets of a field block, whole or a fragment, into `list`; `end` is 1 when the
   block ends with them. The result does not depend on how a block is cut. Every block of a
   connection must be decoded, with room 0 where its fields are not wanted.
   Octets consumed: `len`, or fewer when table memory is short. Then d->wants says how much is
   needed: call h2neg_hpack_decoder_move with that much and decode again with the rest, even if
   the rest is empty, and with the same `end`.
   Errors: H2NEG_ERR_HPACK_INTEGER, _INDEX, _HUFFMAN, _UPDATE, _CUT, all connection errors
   COMPRESSION_ERROR (RFC 9113 4.3), after which every call gives H2NEG_ERR_HPACK_BROKEN and the
   list is void. H2NEG_ERR_TOO_SMALL: text_room is below the limit; nothing was done. */
H2NEG_API ptrdiff_t h2neg_hpack_decode(h2neg_hpack_decoder *d, h2neg_hpack_list *list,
                                       const void *in, size_t len, int end);

/* Carries the table into other memory, larger or smaller, that does not overlap the old; the old
   is not used any more afterwards. Allowed at any time, also inside a block. Less than
   h2neg_hpack_decoder_needs(d) loses the table and breaks the decoder. */
H2NEG_API void h2neg_hpack_decoder_move(h2neg_hpack_decoder *d, void *memory, size_t size);

/* Octets of memory that the table's present content needs; 0 when it is empty. */
H2NEG_API size_t h2neg_hpack_decoder_needs(const h2neg_hpack_decoder *d);

/* The peer has acknowledged another SETTINGS_HEADER_TABLE_SIZE (octets). Between blocks. When it
   is below the table's present maximum, the next block must begin with a size update to at most
   that (RFC 7541 4.2), or is refused with H2NEG_ERR_HPACK_UPDATE. */
H2NEG_API void h2neg_hpack_decoder_limit(h2neg_hpack_decoder *d, uint32_t limit);

/* An encoder over `memory` (size octets, borrowed until the next init or move; NULL with 0 is
   fine). `limit`: octets, the largest table that it will ever use; where that is not 4096, the
   first block says so (RFC 7541 4.2). With less memory than h2neg_hpack_memory(limit) it indexes
   only what fits and sets `wants`. */
H2NEG_API void h2neg_hpack_encoder_init(h2neg_hpack_encoder *e, void *memory, size_t size,
                                        uint32_t limit);

/* Most octets that h2neg_hpack_encode writes for these fields. */
H2NEG_API size_t h2neg_hpack_encode_bound(const h2neg_field *fields, size_t count);

/* Encodes fields as the start or the next part of a block; a block may take several calls. Names
   are written in lower case. Fields with H2NEG_NEVER_INDEX, authorization, proxy-authorization,
   and cookie and set-cookie with values under 20 octets are never indexed (RFC 7541 7.1.3).
   Octets written into `out`, or H2NEG_ERR_TOO_SMALL when `room` is below
   h2neg_hpack_encode_bound: then nothing has changed. */
H2NEG_API ptrdiff_t h2neg_hpack_encode(h2neg_hpack_encoder *e, void *out, size_t room,
                                       const h2neg_field *fields, size_t count);

/* Carries the table into other memory that does not overlap the old, between blocks. Less than
   h2neg_hpack_encoder_needs(e) drops old entries and tells the peer with the next block. */
H2NEG_API void h2neg_hpack_encoder_move(h2neg_hpack_encoder *e, void *memory, size_t size);

/* Octets of memory that the table's present content needs; 0 when it is empty. */
H2NEG_API size_t h2neg_hpack_encoder_needs(const h2neg_hpack_encoder *e);

/* The peer's SETTINGS_HEADER_TABLE_SIZE (octets), between blocks. The table follows it up to the
   limit given at init; the next block begins with the updates this needs (RFC 7541 4.2). */
H2NEG_API void h2neg_hpack_encoder_limit(h2neg_hpack_encoder *e, uint32_t peer_limit);

/* ---- >>api-h2 --------------------------------------------------------------
   HTTP/2 frames (RFC 9113 4, 6) and the rules for field sections (8.2, 8.3).
   -------------------------------------------------------------------------- */

/* "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": the 24 octets that open HTTP/2 (RFC 9113 3.4). */
#define H2NEG_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define H2NEG_PREFACE_LEN 24

/* Frame types (RFC 9113 6; RFC 7838 4, RFC 8336 2, RFC 9218 7.1). */
enum {
    H2NEG_H2_DATA = 0x0,
    H2NEG_H2_HEADERS = 0x1,
    H2NEG_H2_PRIORITY = 0x2,
    H2NEG_H2_RST_STREAM = 0x3,
    H2NEG_H2_SETTINGS = 0x4,
    H2NEG_H2_PUSH_PROMISE = 0x5,
    H2NEG_H2_PING = 0x6,
    H2NEG_H2_GOAWAY = 0x7,
    H2NEG_H2_WINDOW_UPDATE = 0x8,
    H2NEG_H2_CONTINUATION = 0x9,
    H2NEG_H2_ALTSVC = 0xa,
    H2NEG_H2_ORIGIN = 0xc,
    H2NEG_H2_PRIORITY_UPDATE = 0x10
};

/* Their flags. */
enum {
    H2NEG_H2_END_STREAM = 0x1,    /* DATA, HEADERS */
    H2NEG_H2_ACK = 0x1,           /* SETTINGS, PING */
    H2NEG_H2_END_HEADERS = 0x4,   /* HEADERS, PUSH_PROMISE, CONTINUATION */
    H2NEG_H2_PADDED = 0x8,        /* DATA, HEADERS, PUSH_PROMISE */
    H2NEG_H2_PRIORITY_FLAG = 0x20 /* HEADERS */
};

/* Settings (RFC 9113 6.5.2; RFC 8441 3; RFC 9218 2.1). */
enum {
    H2NEG_SETTING_HEADER_TABLE_SIZE = 0x1,
    H2NEG_SETTING_ENABLE_PUSH = 0x2,
    H2NEG_SETTING_MAX_CONCURRENT_STREAMS = 0x3,
    H2NEG_SETTING_INITIAL_WINDOW_SIZE = 0x4,
    H2NEG_SETTING_MAX_FRAME_SIZE = 0x5,
    H2NEG_SETTING_MAX_HEADER_LIST_SIZE = 0x6,
    H2NEG_SETTING_ENABLE_CONNECT_PROTOCOL = 0x8,
    H2NEG_SETTING_NO_RFC7540_PRIORITIES = 0x9
};

/* One entry of SETTINGS (RFC 9113 6.5.1). */
typedef struct h2neg_h2_setting {
    uint16_t id;    /* H2NEG_SETTING_*, or one that is not known */
    uint32_t value; /* what it may be: h2neg_h2_setting_check */
} h2neg_h2_setting;

/* A frame. `type` says which member of `u` stands. Slices and pointers are borrowed: they point
   into the octets that were read, and live as long as those. */
typedef struct h2neg_h2_frame {
    uint32_t length;      /* of the payload, 0 to 2^24-1 octets */
    uint8_t type, flags;  /* as they came; flags that the type does not define mean nothing */
    uint32_t stream;      /* 0 to 2^31-1; the reserved bit is ignored */
    uint8_t padding;      /* octets behind the data (DATA, HEADERS, PUSH_PROMISE) */
    uint8_t prefix;       /* octets before it: pad length, priority, promised stream */
    uint8_t oversize;     /* 1: longer than max_frame_size: always the connection's error */
    uint8_t ignored;      /* 1: ALTSVC, ORIGIN that MUST be ignored (RFC 7838 4, RFC 8336 2.2) */
    uint8_t has_priority; /* 1: HEADERS with the PRIORITY flag */
    uint8_t exclusive;    /* PRIORITY, HEADERS: 0 or 1 */
    uint16_t weight;      /* the same: 1 to 256 */
    uint32_t dependency;  /* the same: the stream depended on */
    union {
        h2neg_str data; /* DATA, HEADERS, CONTINUATION; unknown types: the payload */
        uint32_t code;  /* RST_STREAM */
        struct {
            const unsigned char *entries; /* read with h2neg_h2_setting_at */
            size_t count;
        } settings;
        unsigned char ping[8]; /* PING */
        struct {
            uint32_t last, code; /* the highest stream acted on; H2NEG_NO_ERROR and so on */
            h2neg_str debug;     /* for people */
        } goaway;
        uint32_t increment; /* WINDOW_UPDATE: 1 to 2^31-1 */
        struct {
            uint32_t promised;  /* the stream, not 0 */
            h2neg_str fragment; /* of the field block */
        } push;
        struct {
            h2neg_str origin, value; /* origin "" but on stream 0; RFC 7838 4 */
        } altsvc;
        h2neg_str origins; /* ORIGIN: walk with h2neg_h2_origin_next */
        struct {
            uint32_t stream; /* whose priority it is */
            h2neg_str value; /* for h2neg_priority_parse */
        } priority_update;
    } u;
} h2neg_h2_frame;

/* Reads the nine octets of a frame's header (RFC 9113 4.1) and applies the rules that they decide:
   length against `max_frame_size` (what was announced: 16384 to 2^24-1), least and most length of
   the type and its flags, stream identifier zero or not. 9: consumed; 0: more is needed;
   H2NEG_ERR_H2_FRAME_SIZE or H2NEG_ERR_H2_STREAM_ID, and `f` is filled in then too. Types that are
   not known have no rules. What a server does not read of ALTSVC and ORIGIN is not judged here. */
H2NEG_API ptrdiff_t h2neg_h2_frame_header_read(h2neg_h2_frame *f, const void *in, size_t len,
                                               uint32_t max_frame_size);

/* Behind the header, for readers that do not wait for the whole payload: reads what stands before
   the data of DATA, HEADERS and PUSH_PROMISE (pad length, priority, promised stream) from the
   payload's first `len` octets. 1: done, and f->prefix octets (none in other types) are consumed;
   then the data is the next length - prefix - padding octets. 0: more octets are needed.
   H2NEG_ERR_H2_PADDING, H2NEG_ERR_H2_FRAME_SIZE, H2NEG_ERR_H2_STREAM_ID (promised stream 0), or
   H2NEG_ERR_H2_SELF_DEPENDENCY, after which the field block still has to be read: it is the
   stream's error alone, and everything is filled in. RFC 9113 6.1, 6.2, 6.6. */
H2NEG_API int h2neg_h2_frame_prefix_read(h2neg_h2_frame *f, const void *in, size_t len);

/* Reads the whole payload, f->length octets at `in`, into `u`, and applies every rule of its type.
   0, or one of the errors above, or H2NEG_ERR_H2_WINDOW_ZERO. What a setting may say is for
   h2neg_h2_setting_check. RFC 9113 6. */
H2NEG_API int h2neg_h2_frame_payload_read(h2neg_h2_frame *f, const void *in);

/* Reads one whole frame: the three above in one. > 0: octets consumed, 9 + length; 0: more is
   needed; < 0: their errors, after which a reader that goes on skips 9 + length octets. An error of
   the header is told as soon as that is there. RFC 9113 4.1, 6. */
H2NEG_API ptrdiff_t h2neg_h2_frame_read(h2neg_h2_frame *f, const void *in, size_t len,
                                        uint32_t max_frame_size);

/* Whom an error of the readers above concerns: 1, the stream only (RST_STREAM); 0, the connection
   (GOAWAY). The stream: PRIORITY of another length, PADDED DATA without pad length, ALTSVC cut
   short on a stream; self-dependency; a zero increment on a stream (RFC 9113 4.2, 5.4, 6.3,
   6.9). */
H2NEG_API int h2neg_h2_error_is_stream(const h2neg_h2_frame *f, int error);

/* Entry `index` (below `count`) of SETTINGS (RFC 9113 6.5.1). */
H2NEG_API h2neg_h2_setting h2neg_h2_setting_at(const unsigned char *entries, size_t index);

/* The rule for a setting's value (RFC 9113 6.5.2, RFC 8441 3, RFC 9218 2.1): 0,
   H2NEG_ERR_H2_SETTING, or H2NEG_ERR_H2_SETTING_WINDOW. `from_server`: 1 where a client reads them:
   a server must not send ENABLE_PUSH 1. Settings that are not known may say anything. */
H2NEG_API int h2neg_h2_setting_check(h2neg_h2_setting setting, int from_server);

/* Walks the origins of an ORIGIN frame (RFC 8336 2.1); `rest` begins as a copy of u.origins. 1 and
   `*origin` (maybe empty; whether it is an origin is not asked); 0 at the end;
   H2NEG_ERR_H2_FRAME_SIZE where an entry is cut short, which frames not `ignored` never are. */
H2NEG_API int h2neg_h2_origin_next(h2neg_str *rest, h2neg_str *origin);

/* Writers. Each writes one whole frame into `out` (`room` octets) and returns how many octets that
   took, 9 and the payload; H2NEG_ERR_INVALID where the readers above would refuse the frame, for a
   flag that the writer has no way to honour (none of them pads), and for what does not fit into its
   place on the wire (streams and increments of 31 bits, lengths of 24); or H2NEG_ERR_TOO_SMALL, and
   nothing was written. The peer's SETTINGS_MAX_FRAME_SIZE is the caller's to keep. `data`,
   `fragment` and `debug` (`len` octets) may be NULL when `len` is 0. RFC 9113 6. */

/* A header alone: the payload, `length` octets, is the caller's to write. Any type 0 to 255, flags
   0 to 255, stream 0 to 2^31-1; here the types' own rules are not asked. */
H2NEG_API ptrdiff_t h2neg_h2_frame_write_header(void *out, size_t room, uint32_t length, int type,
                                                int flags, uint32_t stream);

/* `flags`: H2NEG_H2_END_STREAM or 0. */
H2NEG_API ptrdiff_t h2neg_h2_frame_write_data(void *out, size_t room, uint32_t stream, int flags,
                                              const void *data, size_t len);

/* A field block or its first fragment. `flags`: H2NEG_H2_END_STREAM, H2NEG_H2_END_HEADERS. */
H2NEG_API ptrdiff_t h2neg_h2_frame_write_headers(void *out, size_t room, uint32_t stream, int flags,
                                                 const void *fragment, size_t len);

/* `flags`: H2NEG_H2_END_HEADERS or 0. */
H2NEG_API ptrdiff_t h2neg_h2_frame_write_continuation(void *out, size_t room, uint32_t stream,
                                                      int flags, const void *fragment, size_t len);

/* `weight` 1 to 256; a stream does not depend on itself. */
H2NEG_API ptrdiff_t h2neg_h2_frame_write_priority(void *out, size_t room, uint32_t stream,
                                                  uint32_t dependency, int exclusive, int weight);

/* `code`: H2NEG_CANCEL and so on, or any other. */
H2NEG_API ptrdiff_t h2neg_h2_frame_write_rst_stream(void *out, size_t room, uint32_t stream,
                                                    uint32_t code);

/* `count` settings in this order; their values are not checked. */
H2NEG_API ptrdiff_t h2neg_h2_frame_write_settings(void *out, size_t room,
                                                  const h2neg_h2_setting *settings, size_t count);
H2NEG_API ptrdiff_t h2neg_h2_frame_write_settings_ack(void *out, size_t room);

/* `flags`: H2NEG_H2_END_HEADERS or 0. `promised` is not 0. */
H2NEG_API ptrdiff_t h2neg_h2_frame_write_push_promise(void *out, size_t room, uint32_t stream,
                                                      int flags, uint32_t promised,
                                                      const void *fragment, size_t len);

/* `flags`: H2NEG_H2_ACK or 0. `eight` octets. */
H2NEG_API ptrdiff_t h2neg_h2_frame_write_ping(void *out, size_t room, int flags, const void *eight);

/* `last`: the last stream that was or may be acted on, 0 for none. */
H2NEG_API ptrdiff_t h2neg_h2_frame_write_goaway(void *out, size_t room, uint32_t last,
                                                uint32_t code, const void *debug, size_t len);

/* `stream` 0: the connection's window. `increment` 1 to 2^31-1. */
H2NEG_API ptrdiff_t h2neg_h2_frame_write_window_update(void *out, size_t room, uint32_t stream,
                                                       uint32_t increment);

/* On stream 0 with an origin (up to 65535 octets), on other streams without one (RFC 7838 4). */
H2NEG_API ptrdiff_t h2neg_h2_frame_write_altsvc(void *out, size_t room, uint32_t stream,
                                                h2neg_str origin, h2neg_str value);

/* Origins of up to 65535 octets each (RFC 8336 2). */
H2NEG_API ptrdiff_t h2neg_h2_frame_write_origin(void *out, size_t room, const h2neg_str *origins,
                                                size_t count);

/* `stream`: the one whose priority `value` tells, such as "u=1, i" (RFC 9218 7.1). */
H2NEG_API ptrdiff_t h2neg_h2_frame_write_priority_update(void *out, size_t room, uint32_t stream,
                                                         h2neg_str value);

/* A field section as a message (RFC 9113 8.2, 8.3; RFC 8441 4; RFC 9110 6.5.1 for trailers). Slices
   are borrowed from the fields that were given, the joined cookie's value from `text`. */
typedef struct h2neg_h2_head {
    h2neg_str method, scheme, path; /* requests; CONNECT without :protocol has only :method */
    h2neg_str authority;            /* requests: :authority or, without one, Host; maybe empty
                                       where the scheme is neither http nor https */
    h2neg_str protocol;             /* requests: :protocol (RFC 8441), or empty */
    int status;                     /* responses: 100 to 999, not 101 */
    uint64_t content_length;        /* 0 to 2^63-1, or UINT64_MAX: none given */
    const h2neg_field *fields;      /* the rest: cookies joined, no host, te, http2-settings */
    size_t count;                   /* of `fields`; 0 after an error */
    unsigned crumbs;                /* cookie fields that came, of which at most one is left */
} h2neg_h2_head;

/* Checks a decoded field section and puts it into `head`. `fields` is rearranged in place. Several
   cookie fields are joined with "; " in `text` (`room` octets: their values' lengths and 2 for each
   are enough; one cookie or none takes nothing). `connect_protocol`: 1 where the server has
   announced SETTINGS_ENABLE_CONNECT_PROTOCOL, else :protocol is refused. 0; or, the message being
   malformed, which is a stream error PROTOCOL_ERROR (RFC 9113 8.1.1): H2NEG_ERR_H2_FIELD_NAME,
   _H2_FIELD_VALUE, _H2_FIELD_CONNECTION, _H2_PSEUDO, _H2_REQUEST (a pseudo-field missing, out of
   place or malformed), _H2_HOST, _H2_STATUS, _H2_CONTENT_LENGTH, _TRAILER_FIELD (in trailers only);
   or H2NEG_ERR_TOO_SMALL: `text`. */
H2NEG_API int h2neg_h2_read_request(h2neg_h2_head *head, h2neg_field *fields, size_t count,
                                    char *text, size_t room, int connect_protocol);
H2NEG_API int h2neg_h2_read_response(h2neg_h2_head *head, h2neg_field *fields, size_t count,
                                     char *text, size_t room);
H2NEG_API int h2neg_h2_read_trailers(h2neg_h2_head *head, h2neg_field *fields, size_t count);

/* A Priority field's or PRIORITY_UPDATE's value (RFC 9218 4): urgency 0 to 7 (default 3),
   incremental 0 or 1 (default 0). Members that are unknown, out of range or of another type are
   ignored; a value that is no Dictionary of structured fields (RFC 8941 3.2) leaves the
   defaults. */
H2NEG_API void h2neg_priority_parse(h2neg_str value, int *urgency, int *incremental);
/* ---- >>api-alpn ------------------------------------------------------------
   ALPN (RFC 7301), a look into a ClientHello, the first octets of a connection, PROXY headers.
   -------------------------------------------------------------------------- */

/* A protocol list on the wire: 1 to 65,535 octets, each name (1 to 255 octets) with a length octet
   before it; the 16-bit length of the TLS extension is not part of it.
   write: from `count` terminated texts ("h2"), borrowed; octets written, H2NEG_ERR_ALPN_LIST (no
   name, a name or a sum out of range), or H2NEG_ERR_TOO_SMALL.
   check: 0 or H2NEG_ERR_ALPN_LIST.
   next: `*rest` starts as the list and shrinks; 1 and `*name`, a slice of it; 0 at the end;
   H2NEG_ERR_ALPN_LIST where it is malformed.
   has: 1 when the list is well-formed and holds the name, to the octet; else 0. RFC 7301 3.1. */
H2NEG_API ptrdiff_t h2neg_alpn_write(void *out, size_t room, const char *const *names,
                                     size_t count);
H2NEG_API int h2neg_alpn_list_check(h2neg_str list);
H2NEG_API int h2neg_alpn_next(h2neg_str *rest, h2neg_str *name);
H2NEG_API int h2neg_alpn_has(h2neg_str list, h2neg_str name);

/* A server's choice by its own preference (RFC 7301 3.2), both lists on the wire. 0 and `*chosen`,
   a slice of `server`; H2NEG_ERR_ALPN_NO_OVERLAP (send the alert no_application_protocol, 120); or
   H2NEG_ERR_ALPN_LIST (one of them is empty or malformed). It never falls back to a first entry;
   `*chosen` is empty then. */
H2NEG_API int h2neg_alpn_select(h2neg_str server, h2neg_str client, h2neg_str *chosen);

/* A client's look at the answer: a name, without a length before it. `offered`: its own list, on
   the wire; `answer.ptr` NULL: there was none. */
enum { H2NEG_ALPN_ABSENT = 1, H2NEG_ALPN_CHOSEN = 2 };
/* H2NEG_ALPN_ABSENT, H2NEG_ALPN_CHOSEN, H2NEG_ERR_ALPN_LIST (present and empty) or
   H2NEG_ERR_ALPN_NOT_OFFERED. RFC 7301 3.1, 3.2. */
H2NEG_API int h2neg_alpn_check(h2neg_str offered, h2neg_str answer);

/* The list that a WebSocket client should offer, on the wire; static. `over_h2` 0: http/1.1 alone,
   because a server that chooses h2 need not know RFC 8441 3, and then nothing can be done with the
   connection. 1: h2 and http/1.1, for a client that waits for the server's SETTINGS and is ready to
   open another connection with http/1.1 alone when h2neg_request answers NOT_SUPPORTED. */
H2NEG_API h2neg_str h2neg_alpn_for_websocket(int over_h2);

/* What a ClientHello says. Slices of `in`, or of `scratch` where records cut the message. */
typedef struct h2neg_client_hello_info {
    h2neg_str server_name;   /* as sent, no NUL in it; ptr NULL: no SNI (RFC 6066 3) */
    h2neg_str alpn;          /* the list, checked, for h2neg_alpn_*; ptr NULL: no ALPN extension */
    uint16_t legacy_version; /* 0x03xx */
    uint16_t max_version;    /* the highest 0x03xx of supported_versions, else legacy_version */
    int has_versions;        /* 1: supported_versions stands (RFC 8446 4.2.1) */
    h2neg_str versions;      /* its body: 2 octets each */
    h2neg_str ciphers;       /* 2 octets each */
    size_t error_at;         /* on error: the offset of the octet in `in` */
} h2neg_client_hello_info;

/* Reads TLS records from the first octet of a connection until the ClientHello is whole (RFC 8446
   4.1.2, 5.1). `scratch` (room octets; 16,384 always suffice) is written only when the message
   spans records; where it is too small for that: H2NEG_ERR_TOO_SMALL.
   > 0: octets of the records that hold the message, and `*hello`; 0: more is needed;
   H2NEG_ERR_TLS_HELLO (malformed), H2NEG_ERR_TLS_HELLO_LARGE (more than 16,384 octets behind the
   message's header) or H2NEG_ERR_ALPN_LIST. Call it again with the same octets and more; it keeps
   no state, so wait for a record rather than an octet. It never consumes: give `in` to TLS
   afterwards. Unknown and GREASE values are passed over; more than 128 extensions are malformed. */
H2NEG_API ptrdiff_t h2neg_client_hello(h2neg_client_hello_info *hello, const void *in, size_t len,
                                       void *scratch, size_t room);

/* What the first octets of a connection are. */
enum {
    H2NEG_DETECT_MORE = 0, /* cannot be told yet */
    H2NEG_DETECT_HTTP1,    /* a method (1 to 32 octets) and a space, behind 0 to 2 empty lines; or
                              "HTTP/1." */
    H2NEG_DETECT_HTTP2,    /* the whole 24 octets of the preface (RFC 9113 3.4) */
    H2NEG_DETECT_TLS,      /* a TLS handshake record: 0x16 0x03, then 0 to 4 */
    H2NEG_DETECT_PROXY1,   /* "PROXY " */
    H2NEG_DETECT_PROXY2,   /* the 12 octets of its signature */
    H2NEG_DETECT_OTHER     /* none of them */
};
#define H2NEG_DETECT_OCTETS                                                                        \
    37 /* so many octets are always enough: 2 empty lines, method, space                           \
        */
/* H2NEG_DETECT_*, from the octets that are there, all from the connection's first. What it has said
   of some octets but MORE, it says of them with any others behind. Never consumes. */
H2NEG_API int h2neg_detect(const void *in, size_t len);

/* A PROXY header, v1 or v2. Only from peers that one trusts. */
typedef struct h2neg_proxy {
    int version;                                 /* 1 or 2 */
    int local;                                   /* v2 LOCAL, v1 UNKNOWN: all below says nothing */
    int family;                                  /* 4, 6, 1 (Unix), 0 (unspecified: no addresses) */
    int datagram;                                /* v2: UDP, or a Unix datagram socket */
    unsigned char source[108], destination[108]; /* network order: 4 or 16 octets; or a Unix path */
    uint16_t source_port, destination_port;      /* 0 for Unix */
    h2neg_str alpn;                              /* v2 TLV 0x01: a name; ptr NULL: none */
    h2neg_str tlvs;                              /* v2: all of them; a slice of the input */
    size_t error_at;                             /* on error: the offset of the octet */
} h2neg_proxy;
/* Reads a header from a connection's first octets: a v1 line of at most 107 octets, or v2 with up
   to 65,535 octets behind its first 16. > 0: octets of the header; 0: more is needed;
   H2NEG_ERR_PROXY. */
H2NEG_API ptrdiff_t h2neg_proxy_read(h2neg_proxy *proxy, const void *in, size_t len);

/* ---- >>api-trace -----------------------------------------------------------
   Octets put into words: what the two sides of a connection sent each other, line by line.
   -------------------------------------------------------------------------- */

/* The two roles, and the two directions of a trace. */
enum { H2NEG_SERVER = 0, H2NEG_CLIENT = 1 };
#ifndef H2NEG_NO_TRACE

enum {
    H2NEG_TRACE_SECRETS = 1, /* show what is masked else: the values of authorization, cookie,
                                set-cookie, proxy-authorization and sec-websocket-key, and what
                                HPACK says is never to be indexed (RFC 7541 7.1.3) */
    H2NEG_TRACE_COLOUR = 2,  /* h2neg_trace_write: ANSI colours */
    H2NEG_TRACE_NO_HEX = 4   /* h2neg_trace_write: leave the octets out */
};

/* One line of a trace. Borrowed until line_fn returns. */
typedef struct h2neg_trace_line {
    int from;              /* H2NEG_CLIENT or H2NEG_SERVER: who sent it */
    int depth;             /* 0: a start line, a frame, a switch; 1: what is in it; 2: what that
                              means or did */
    int code;              /* H2NEG_ERR_* where the octets are malformed, else 0 */
    uint32_t stream;       /* HTTP/2; 0: none */
    uint64_t offset;       /* of the first octet, counted from the first that this side sent */
    const uint8_t *octets; /* what the line is about, without what is masked */
    size_t len;            /* 0: what no octets say (a state, a window) */
    const char *section;   /* "RFC 9113 6.5", or ""; static */
    h2neg_str text;        /* one line of ASCII, at most 1,024 octets; others than printable ones
                              as in C: \n, \x80 */
} h2neg_trace_line;

/* Copied by h2neg_trace_place. */
typedef struct h2neg_trace_options {
    /* Called for each line; it must not call the trace. NULL: nobody listens. */
    void (*line_fn)(void *user, const h2neg_trace_line *line);
    void *user;
    unsigned flags; /* H2NEG_TRACE_SECRETS */
} h2neg_trace_options;

/* A trace of one connection, both directions. It stands in the caller's block alone. */
typedef struct h2neg_trace h2neg_trace;

/* The octets of the block that one trace needs, about 230 KiB. */
H2NEG_API size_t h2neg_trace_memory(void);

/* A trace in `block` (`size` octets, any alignment, borrowed as long as the trace is used), or
   NULL: it is too small. `options` NULL: nobody listens. Nothing is to be freed but the block. */
H2NEG_API h2neg_trace *h2neg_trace_place(void *block, size_t size,
                                         const h2neg_trace_options *options);

/* The next `len` octets that `from` sent, as they were sent or received; `trace` is a h2neg_trace,
   or NULL: nothing happens. A line comes as soon as what it tells is whole, so the lines do not
   depend on how the octets are cut. What cannot be understood before the other side has spoken (a
   request behind an Upgrade that is not answered, an answer before its request) is kept, up to
   48 KiB; then, or when the other side has ended, the octets themselves decide. Bodies, payloads
   and other protocols are told in slices of 32 octets, and what is behind the first 256 is counted.
   Malformed octets give a line with a code; from there that direction is only counted, unless the
   error is a stream's. */
H2NEG_API void h2neg_trace_octets(void *trace, int from, const void *octets, size_t len);

/* That side sends nothing more: says what was cut and how many octets were only counted. Where one
   direction alone is there, end the other one first: then nothing waits for it. */
H2NEG_API void h2neg_trace_end(h2neg_trace *t, int from);

/* 1 when this side has come to the end of a message or a frame, or waits for the other one: where
   both sides' octets are in files, the other one's turn. Else 0. */
H2NEG_API int h2neg_trace_rests(const h2neg_trace *t, int from);

/* The printed form of a line, without a line end and not terminated: "> 0000012c  00 00 06 04 00 00
   00 00 ..  SETTINGS, 6 octets  RFC 9113 6.5". `flags`: H2NEG_TRACE_COLOUR,
   H2NEG_TRACE_NO_HEX. Octets written (2,048 suffice), or 0: no room. */
H2NEG_API size_t h2neg_trace_write(char *out, size_t room, const h2neg_trace_line *line,
                                   unsigned flags);
#endif /* H2NEG_NO_TRACE */

/* ---- >>api-conn ------------------------------------------------------------
   The connection: octets in, events out, octets out.
   -------------------------------------------------------------------------- */
#ifndef H2NEG_NO_CONN

/* A connection. Its members are its own: h2neg_conn_info tells what is known of it. */
typedef struct h2neg_conn h2neg_conn;

/* What may be negotiated: bits of config.protocols. */
/* clang-format off */
#define H2NEG_HTTP1 1u      /* HTTP/1.0 and HTTP/1.1 */
#define H2NEG_H2 2u         /* HTTP/2 by ALPN (RFC 9113 3.2) */
#define H2NEG_PRIOR 4u      /* HTTP/2 in cleartext, at once (RFC 9113 3.3) */
#define H2NEG_H2C 8u        /* HTTP/2 in cleartext by Upgrade (RFC 7540 3.2); never behind a proxy
                               that forwards Upgrade; never over TLS whatever this bit says */
#define H2NEG_WEBSOCKET 16u /* WebSocket messages, over HTTP/1.1 (RFC 6455) and over HTTP/2 by
                               extended CONNECT (RFC 8441); clear: websocket is a token like any
                               other, and a tunnel carries what the caller makes of it */
/* clang-format on */
#define H2NEG_PROTOCOLS_DEFAULT (H2NEG_HTTP1 | H2NEG_H2 | H2NEG_PRIOR | H2NEG_WEBSOCKET)

/* What is spoken, and how it came about. */
enum {
    H2NEG_PROTO_NONE = 0,
    H2NEG_PROTO_HTTP10,
    H2NEG_PROTO_HTTP11,
    H2NEG_PROTO_H2C,
    H2NEG_PROTO_H2
};
enum { H2NEG_VIA_NONE = 0, H2NEG_VIA_DEFAULT, H2NEG_VIA_ALPN, H2NEG_VIA_UPGRADE, H2NEG_VIA_PRIOR };

/* No deadline: what h2neg_tick answers. */
#define H2NEG_NEVER UINT64_MAX
/* A body whose length is not known beforehand. */
#define H2NEG_UNKNOWN UINT64_MAX

/* permessage-deflate (RFC 7692) for a connection: the caller's coder, behind four calls. One
   context serves one direction of one WebSocket; it is opened when it is first needed and closed
   with the WebSocket. All of its memory is the caller's.

   open_fn: a context, its window 2^bits octets at most (8 to 15). NULL: none can be had; messages
   are then sent as they are, and one that must be inflated ends the WebSocket with 1011.

   run_fn: takes octets of raw DEFLATE or of text from `in` (`*in_len`) and puts what comes of them
   into `out` (`*out_len`); both are set to what was taken and put. A compressor is given `end` 1
   with every run and flushes it to a whole octet with an empty stored block (00 00 FF FF at the
   end); it is always lent enough room for that: 64 octets more than a seventh above the input. An
   inflater goes on behind a final block as if the next one had followed. 0, or < 0: malformed, and
   so is every later run.

   reset_fn: the window is empty again, between messages without context takeover.

   close_fn: the context is not used any more. `user` goes into every call as it stands here. */
typedef struct h2neg_ws_codec {
    void *user;
    void *(*open_fn)(void *user, int compress, int bits);
    int (*run_fn)(void *user, void *context, int compress, const void *in, size_t *in_len,
                  void *out, size_t *out_len, int end);
    void (*reset_fn)(void *user, void *context, int compress);
    void (*close_fn)(void *user, void *context, int compress);
} h2neg_ws_codec;

/* Options and limits. Zero everywhere is a server with every default; a limit of zero is the
   default that stands behind it [in brackets a client's]. Copied, unless h2neg_config_share made it
   one to borrow; what pointers name is borrowed for the connection's life. What happens at each
   limit stands in the manual. */
typedef struct h2neg_config {
    int role;             /* H2NEG_SERVER, H2NEG_CLIENT */
    unsigned protocols;   /* bits, one at least that tls allows; 0: H2NEG_PROTOCOLS_DEFAULT */
    int tls;              /* 1: the octets come out of TLS; wait for h2neg_tls_agreed */
    unsigned lenient;     /* H2NEG_ALLOW_* */
    int no_auto_continue; /* 1: 100 Continue is left to the application */
    int no_error_text; /* 1: GOAWAY and the engine's own error answers do not say what is wrong */
    /* for every final response that lacks them: Date, Server; in all half of max_output_pending */
    const h2neg_field *common_fields;
    size_t common_field_count;
    /* NULL: malloc. new_size 0 frees; NULL returned: no memory, and `old` still stands */
    void *(*alloc_fn)(void *user, void *old, size_t old_size, size_t new_size);
    void *alloc_user;
    /* every octet that was fed (`from` is the peer's role) or written (our own role), in order, in
       the call that takes it; h2neg_trace_octets is one. It must not call the connection. NULL: no
       trace and no cost */
    void (*trace_fn)(void *user, int from, const void *octets, size_t len);
    void *trace_user;
    /* WebSocket */
    h2neg_ws_policy ws_origin;      /* server: whose pages may open one; zero: the same origin's */
    const h2neg_ws_codec *ws_codec; /* borrowed; NULL: permessage-deflate is neither offered nor
                                       accepted */
    h2neg_ws_deflate ws_deflate;    /* what is offered, or the most that is accepted */
    int (*random_fn)(void *user, void *out, size_t len); /* client: fills `len` octets that nobody
                                       can foresee (RFC 6455 10.3), 1; or 0: it cannot */
    void *random_user;
    int ws_pieces;    /* 1: messages are given in pieces, as they come */
    int no_auto_pong; /* 1: pings are left to the application */
    /* shared */
    uint32_t max_input;          /* octets of one feed; 16,384 */
    uint32_t max_output_pending; /* octets; 65,536; at least 8,192 */
    uint32_t max_header_list;    /* octets, name + value + 32 for each; 32,768 [65,536] */
    uint32_t max_header_fields;  /* 128 */
    uint32_t max_cookie_crumbs;  /* 256; HTTP/2 */
    uint32_t max_field_line;     /* octets; 8,192 */
    uint32_t max_informational;  /* 1xx for each response; 16 */
    uint32_t max_queued;         /* octets of copied replies that windows keep back; 32,768 */
    uint32_t overhead_slack;     /* octets; 1,048,576 */
    uint32_t overhead_ratio;     /* 8 */
    /* HTTP/1 */
    uint32_t max_request_line;   /* octets; 8,192 */
    uint32_t max_empty_lines;    /* 2 */
    uint32_t max_chunk_line;     /* octets; 1,024 */
    uint32_t chunk_overhead;     /* octets; 16,384 */
    uint64_t max_content_length; /* octets; 0: no limit */
    uint32_t drain_octets;       /* after an early response; 65,536 */
    uint32_t max_requests;       /* on one connection; 0: no limit */
    uint32_t max_upgrade_body;   /* octets of an h2c offer's body; 16,384 */
    /* HTTP/2 */
    uint32_t max_concurrent_streams; /* 100 */
    uint32_t max_frame_size;         /* octets; 16,384 to 2^24-1 */
    uint32_t initial_window;         /* octets; 65,535; at most 2^31-1 */
    uint32_t connection_window;      /* octets; 1,048,576; at least 65,535 */
    uint32_t hpack_decoder_table;    /* octets; 4,096 */
    uint32_t hpack_encoder_table;    /* octets; 4,096 */
    uint32_t max_continuations;      /* 8 */
    uint32_t reset_budget;           /* 1,000 */
    uint32_t max_consecutive_empty;  /* 10 */
    uint32_t max_settings_entries;   /* 32 */
    uint32_t window_update_slack;    /* 5 + 2 x (streams + 10 x DATA sent) are let in; 5 */
    uint32_t max_short_data;         /* DATA cut below 1,024 octets (or the peer's initial window,
                                        where that is smaller) by a window, in a row; 64 */
    /* WebSocket */
    uint32_t max_message;    /* octets of a message that is given whole; 1,048,576 */
    uint32_t max_ws_streams; /* on one HTTP/2 connection; 8; at most 250 */
    uint32_t max_ws_empty;   /* fragments without an octet in a row; 16 */
    /* times in milliseconds; H2NEG_OFF: none */
    uint32_t head_timeout;     /* 20,000, from the first octet */
    uint32_t body_min_rate;    /* octets a second after rate_grace; 500 */
    uint32_t write_min_rate;   /* octets a second after rate_grace; 500 */
    uint32_t rate_grace;       /* 20,000 */
    uint32_t write_stall;      /* 60,000 without an octet of a body that waits for its window */
    uint32_t idle_timeout;     /* 60,000 */
    uint32_t preface_timeout;  /* 10,000 */
    uint32_t settings_timeout; /* 10,000 */
    uint32_t drain_timeout;    /* after the first GOAWAY; 30,000 */
    uint32_t
        early_drain_timeout; /* 5,000: body behind an early response; input behind a fatal error */
    uint32_t response_timeout;         /* client; 0: none */
    uint32_t close_timeout;            /* WebSocket: from our Close to the peer's; 10,000 */
    const struct h2neg_config *shared; /* NULL; h2neg_config_share alone sets it */
} h2neg_config;

/* END waits for h2neg_accept or the answer where the request is a CONNECT, or offers an Upgrade and
   has no body, and no timeout ends that wait: answer these at REQUEST. */
enum {
    H2NEG_EV_NEGOTIATED = 1, /* what is spoken, once, before the first REQUEST or RESPONSE */
    H2NEG_EV_REQUEST,        /* server: a request's head */
    H2NEG_EV_RESPONSE,       /* client: a final response's head */
    H2NEG_EV_INFORMATIONAL,  /* client: a 1xx */
    H2NEG_EV_OPEN,           /* a tunnel stands (Upgrade, CONNECT): octets both ways */
    H2NEG_EV_DATA,           /* octets of the body or tunnel, never none */
    H2NEG_EV_TRAILERS,       /* fields behind the body */
    H2NEG_EV_END,            /* the peer's message is whole */
    H2NEG_EV_WRITABLE,       /* there is room again for a stream (0: for a new request) */
    H2NEG_EV_WS_MESSAGE,     /* a message, or a piece of one under ws_pieces */
    H2NEG_EV_WS_PING,        /* a ping; it is answered already, unless no_auto_pong */
    H2NEG_EV_WS_PONG,        /* a pong */
    H2NEG_EV_WS_CLOSE,       /* the WebSocket is closed; DONE follows when the stream is over */
    H2NEG_EV_DONE,           /* the stream is over; exactly once, always the last */
    H2NEG_EV_PONG,           /* the answer to h2neg_ping */
    H2NEG_EV_GOAWAY,         /* the peer takes no more streams */
    H2NEG_EV_ERROR           /* the connection failed; DONE for every stream follows */
};

/* An event. What it points at lives until the next h2neg_next, _feed, _eof, _lost, _tick or _free.
 */
typedef struct h2neg_event {
    int type;                  /* H2NEG_EV_* */
    uint32_t stream;           /* all; 0 where it concerns the connection */
    void *user;                /* all with a stream: what h2neg_set_user said */
    int protocol, via;         /* all but WRITABLE, PONG: H2NEG_PROTO_*, H2NEG_VIA_* */
    h2neg_str method;          /* REQUEST */
    h2neg_str scheme;          /* REQUEST: "http", "https" */
    h2neg_str authority;       /* REQUEST: host[:port], maybe "" */
    h2neg_str target;          /* REQUEST: as sent */
    h2neg_str path, query;     /* REQUEST: target's parts, undecoded; query without '?' */
    int status;                /* RESPONSE, INFORMATIONAL, OPEN at a client */
    h2neg_str upgrade;         /* REQUEST: the offered tokens, or :protocol; OPEN: the chosen one */
    int websocket;             /* REQUEST: the handshake is good, h2neg_accept opens a WebSocket;
                                  OPEN: it is one */
    h2neg_str subprotocol;     /* OPEN at a client: what the server chose, or "" */
    const h2neg_field *fields; /* REQUEST, RESPONSE, INFORMATIONAL, OPEN, TRAILERS */
    size_t field_count;
    int more;        /* REQUEST, RESPONSE: a body may follow; WS_MESSAGE: another piece follows */
    uint64_t length; /* REQUEST, RESPONSE: Content-Length, or H2NEG_UNKNOWN */
    int opcode;      /* WS_MESSAGE: H2NEG_WS_TEXT (UTF-8; a piece may cut a character) or _BINARY */
    h2neg_str data;  /* DATA, WS_MESSAGE, WS_PING, WS_PONG; PONG: 8 octets; GOAWAY: debug data, at
                        most 256 octets */
    uint32_t code;   /* DONE, GOAWAY: H2NEG_NO_ERROR and so on; WS_CLOSE: 1000 and so on: the
                        peer's, 1005 (it gave none), 1006 (there was no Close), or ours where the
                        peer broke the rules, which `error` names */
    h2neg_str reason; /* WS_CLOSE: the peer's, UTF-8, maybe "" */
    int by_peer;      /* DONE with a code: 1 when the peer ended it; WS_CLOSE: the peer began it */
    int retry;        /* DONE: the peer has not acted on the request: it is safe to send it again */
    h2neg_error error; /* ERROR; DONE with a code; WS_CLOSE where the peer broke the rules */
} h2neg_event;

/* A message to send. Zero what is not used. Fields: no pseudo-fields, no Host, nothing hop-by-hop
   (Connection, Transfer-Encoding, Upgrade and so on: H2NEG_ERR_INVALID). Copied, all but `body`. */
typedef struct h2neg_message {
    int status;             /* responses: 100 to 999 but 101 */
    h2neg_str method;       /* requests; "": GET */
    h2neg_str scheme;       /* requests; "": by config.tls */
    h2neg_str authority;    /* requests: host[:port] */
    h2neg_str target;       /* requests; "": "/"; of CONNECT the authority is used */
    h2neg_str upgrade;      /* requests: a token to upgrade to (HTTP/1.1) or :protocol (HTTP/2);
                               426 over HTTP/1: what to upgrade to, "": what is spoken */
    h2neg_str subprotocols; /* with upgrade "websocket": a comma list, borrowed until the answer */
    const h2neg_field *fields;
    size_t field_count;
    const void *body; /* the whole body, BORROWED until DONE; NULL: none here (see H2NEG_MORE) */
    size_t body_len;
} h2neg_message;

/* What to poll for. */
#define H2NEG_WANT_READ 1u
#define H2NEG_WANT_WRITE 2u
#define H2NEG_WANT_HALF_CLOSE                                                                      \
    4u                      /* output is out: shutdown(SHUT_WR), close_notify; stands until eof */
#define H2NEG_WANT_CLOSE 8u /* close the transport and free */

/* Flags of the sending calls. */
#define H2NEG_MORE 1u /* more of this message follows */
#define H2NEG_LAST 2u /* nothing after it on this connection */

/* What is known of a connection. */
typedef struct h2neg_info {
    int protocol, via; /* H2NEG_PROTO_*, H2NEG_VIA_* */
    int role, tls;     /* as in the config */
    const char *why;   /* why nothing better was taken, or "": "h2c offered, switched off" */
    uint32_t streams;  /* open or kept now */
    uint32_t requests; /* so far */
    uint64_t octets_in, octets_out; /* fed; written, as h2neg_output_done was told */
    size_t memory;                  /* octets held now, the struct counted */
    int peer_connect_protocol;      /* the peer allows extended CONNECT (RFC 8441) */
    h2neg_error error;              /* code 0: none */
} h2neg_info;

/* A connection out of alloc_fn (malloc), or inside a block of h2neg_memory_bound octets, where
   every part stands at its bound and no call fails for memory afterwards; alignment as of malloc.
   NULL: no memory, the block too small, or a config that h2neg_config_check refuses. `config` NULL:
   a server with every default. conn_free frees what alloc_fn gave; DONE does not come by it. */
H2NEG_API h2neg_conn *h2neg_conn_new(const h2neg_config *config);
H2NEG_API h2neg_conn *h2neg_conn_place(void *block, size_t size, const h2neg_config *config);
H2NEG_API size_t h2neg_memory_bound(const h2neg_config *config);
/* 0, or H2NEG_ERR_INVALID. */
H2NEG_API int h2neg_config_check(const h2neg_config *config);
/* Fills in the defaults and makes a config that connections borrow in place of a copy: each holds a
   third less when it is idle. It must stay as it is, and where it is, until the last of them is
   freed; a copy of it is refused. 0, or H2NEG_ERR_INVALID. */
H2NEG_API int h2neg_config_share(h2neg_config *config);
H2NEG_API void h2neg_conn_free(h2neg_conn *c);
/* Fills in `info`, at any time; all zero and `why` "" for NULL. */
H2NEG_API void h2neg_conn_info(const h2neg_conn *c, h2neg_info *info);
/* Under config.tls: what ALPN agreed on, before the first octet; NULL: none. 0, or an error, which
   is the connection's: ALPN_NOT_OFFERED (RFC 7301 3.2). */
H2NEG_API int h2neg_tls_agreed(h2neg_conn *c, const char *alpn, size_t len);

/* Every call is safe on NULL and after an error. The one rule: after anything happened (fed, wrote,
   answered, time passed) call h2neg_next until 0, then h2neg_output. */
H2NEG_API unsigned h2neg_wants(const h2neg_conn *c);
/* Lends input until h2neg_next answers 0. Returns len, or 0: not taken (WANT_READ does not stand,
   or len is above max_input). */
H2NEG_API size_t h2neg_feed(h2neg_conn *c, const void *in, size_t len);
/* 1 and an event, or 0: none now. */
H2NEG_API int h2neg_next(h2neg_conn *c, h2neg_event *ev);
/* One run to write: its length, 0 for none. It stays where it is until output_done tells how much
   of it was written (0 is allowed). */
H2NEG_API size_t h2neg_output(h2neg_conn *c, const void **run);
H2NEG_API void h2neg_output_done(h2neg_conn *c, size_t written);
/* eof: the peer closed cleanly (FIN, close_notify). lost: the transport broke (reset, failed write,
   truncated TLS). RFC 9112 9.8. */
H2NEG_API void h2neg_eof(h2neg_conn *c);
H2NEG_API void h2neg_lost(h2neg_conn *c);
/* Tells the time, any monotonic milliseconds; the next deadline, or H2NEG_NEVER. */
H2NEG_API uint64_t h2neg_tick(h2neg_conn *c, uint64_t now_ms);

/* Sending. 0, or < 0: H2NEG_ERR_AGAIN (nothing was taken, nothing changed), H2NEG_ERR_STREAM_GONE,
   H2NEG_ERR_INVALID and the like.
   request: `*stream` is its number. H2NEG_MORE: the body follows by send; else it is m->body, or
   none; INVALID: also a target or an authority that no server takes (RFC 9112 3.2, RFC 9113 8.3.1),
   and TE, but for "trailers" over HTTP/2.
   respond: an interim (1xx) or the final response; INVALID: also a 2xx to CONNECT, which is
   h2neg_accept's, and a 426 over HTTP/1 with nothing to upgrade to (RFC 9110 15.5.22). reply: a
   whole response, copied; `type`: its Content-Type, NULL: none. send: the octets taken (0 to len),
   or < 0 (INVALID: the message was given whole); the message ends when all of a call without MORE
   was taken. room: octets that send would take now. trailers: ends the message with fields (RFC
   9110 6.5). reset: ends the stream with an HTTP/2 code (RFC 9113 6.4; over HTTP/1: ends the
   connection). hold: keeps back the stream's credit (RFC 9113 6.9). keep: the stream's number and
   user stay behind DONE until keep 0. */
H2NEG_API int h2neg_request(h2neg_conn *c, const h2neg_message *m, unsigned flags,
                            uint32_t *stream);
H2NEG_API int h2neg_respond(h2neg_conn *c, uint32_t s, const h2neg_message *m, unsigned flags);
H2NEG_API int h2neg_reply(h2neg_conn *c, uint32_t s, int status, const char *type, const void *body,
                          size_t len);
H2NEG_API ptrdiff_t h2neg_send(h2neg_conn *c, uint32_t s, const void *body, size_t len,
                               unsigned flags);
H2NEG_API size_t h2neg_room(const h2neg_conn *c, uint32_t s);
H2NEG_API int h2neg_trailers(h2neg_conn *c, uint32_t s, const h2neg_field *fields, size_t count);
H2NEG_API int h2neg_reset(h2neg_conn *c, uint32_t s, uint32_t code);
H2NEG_API int h2neg_hold(h2neg_conn *c, uint32_t s, int on);
H2NEG_API int h2neg_keep(h2neg_conn *c, uint32_t s, int on);
H2NEG_API int h2neg_set_user(h2neg_conn *c, uint32_t s, void *user);

/* Takes an Upgrade or a CONNECT (RFC 9110 7.8, 9.3.6; RFC 8441). OPEN follows.
   Of a REQUEST with `websocket`: 101, or 200 over HTTP/2, with everything that the handshake needs;
   `protocol` is the subprotocol, one of those that the client listed (h2neg_ws_subprotocol chooses
   it), or NULL: none; INVALID: it is seen not to have been listed. `fields`: what the answer's head
   has besides, or NULL with `count` 0. H2NEG_ERR_LIMIT_STREAMS: max_ws_streams is reached, and the
   client has got a 503. H2NEG_ERR_NOMEM: nothing has changed. It may come any time after the
   REQUEST. Of another one: `protocol` is one of the offered tokens, NULL the first; DATA and END
   follow. */
H2NEG_API int h2neg_accept(h2neg_conn *c, uint32_t s, const char *protocol,
                           const h2neg_field *fields, size_t count);

/* Sends on a WebSocket, over either protocol. `opcode`: H2NEG_WS_TEXT (the caller sees to it that
   it is UTF-8) or H2NEG_WS_BINARY, the same in each call for a message. Octets taken, 0 to `len`:
   what was taken is out as a fragment, so call again with the rest behind WRITABLE. The message
   ends when all of a call without H2NEG_MORE was taken. H2NEG_WS_PING and H2NEG_WS_PONG: up to 125
   octets, whole, also between a message's fragments; 0 or AGAIN. H2NEG_ERR_CLOSED: a Close is out
   or came; H2NEG_ERR_AGAIN: an empty message, or a control frame, cannot go now; INVALID: no
   WebSocket, or another opcode than the message under way has; NO_RANDOM (client). RFC 6455 5.4,
   6.1. */
H2NEG_API ptrdiff_t h2neg_ws_send(h2neg_conn *c, uint32_t s, int opcode, const void *data,
                                  size_t len, unsigned flags);
/* Starts the closing handshake (RFC 6455 7.1.2); the Close goes out as soon as there is room.
   Messages are still given until the peer's Close comes; WS_CLOSE then. `code`: one that
   h2neg_ws_code_ok lets through, or 0: none; `reason`: a text of up to 123 octets, NULL: none.
   0; CLOSED: a Close is out or came; INVALID. */
H2NEG_API int h2neg_ws_close(h2neg_conn *c, uint32_t s, int code, const char *reason);

/* HTTP/2 PING with 8 octets (RFC 9113 6.7); PONG answers it. AGAIN while one is under way;
   NOT_SUPPORTED over HTTP/1. */
H2NEG_API int h2neg_ping(h2neg_conn *c, const void *eight);
/* Drain: what is under way goes on to its end, nothing new begins. goaway: end now, with a code.
   RFC 9113 6.8. */
H2NEG_API void h2neg_shutdown(h2neg_conn *c);
H2NEG_API void h2neg_goaway(h2neg_conn *c, uint32_t code);

/* "h2c", "upgrade" and the like, for log lines. Static, never NULL. */
H2NEG_API const char *h2neg_protocol_name(int protocol);
H2NEG_API const char *h2neg_via_name(int via);
H2NEG_API const char *h2neg_event_name(int type);
#endif /* H2NEG_NO_CONN */
/* ---- >>api-openssl ---------------------------------------------------------
   ALPN with OpenSSL's libssl; only where H2NEG_OPENSSL is defined.
   -------------------------------------------------------------------------- */
#ifdef H2NEG_OPENSSL

#ifdef __cplusplus
}
#endif
#include <openssl/ssl.h>
#ifdef __cplusplus
extern "C" {
#endif

#ifdef H2NEG_NO_CONN /* the bits of h2neg_config.protocols that count here */
#define H2NEG_HTTP1 1u
#define H2NEG_H2 2u
#endif

/* One more bit for `protocols`: a client whose ALPN names nothing of ours is not refused, the
   handshake goes on without a selection (HTTP/1.1 is spoken then). Risk: what the peer meant to
   speak and what is spoken may differ, which cross-protocol attacks (ALPACA) live on. */
#define H2NEG_ALPN_LENIENT 0x100u

/* Makes a context select h2, then http/1.1, by the bits H2NEG_H2 and H2NEG_HTTP1 of `protocols`,
   which travels by value (0 means both; other bits are passed over). A client that offers neither
   gets the fatal alert no_application_protocol, 120 (RFC 7301 3.2); one without ALPN goes on
   without. Sets SSL_MODE_ENABLE_PARTIAL_WRITE and SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, which
   h2neg_output's runs need. 0, or H2NEG_ERR_INVALID when `protocols` holds neither bit. */
H2NEG_API int h2neg_openssl_server(SSL_CTX *ctx, unsigned protocols);

/* Makes a client's connection offer the same, before its handshake, and sets the same modes. 0,
   H2NEG_ERR_INVALID or H2NEG_ERR_NOMEM. RFC 7301 3.1. */
H2NEG_API int h2neg_openssl_client(SSL *ssl, unsigned protocols);

/* What this handshake selected, for h2neg_tls_agreed: a slice that lives as long as `ssl` does; ptr
   NULL: nothing. RFC 7301 3.2. */
H2NEG_API void h2neg_openssl_agreed(const SSL *ssl, h2neg_str *alpn);

#endif /* H2NEG_OPENSSL */

#ifdef __cplusplus
}
#endif
#endif /* H2NEG_H */

#if defined(H2NEG_IMPLEMENTATION) && !defined(H2NEG__IMPLEMENTED)
#define H2NEG__IMPLEMENTED

#ifdef __cplusplus
extern "C" {
#endif

/* ==== 01 >>platform ========================================================
   Compiler, asserts, the default allocator.  Uses nothing.
   Memory: the default allocator is realloc and free, or what the user's macros name.
   Nothing here depends on the machine but the CPU's instructions, never the results.
   ========================================================================== */

#include <string.h>

#ifndef H2NEG_ASSERT
#include <assert.h>
#define H2NEG_ASSERT(x) assert(x)
#endif

/* What never holds, and why stands beside it: an assert where those are on, and else nothing. */
#define H2NEG__NEVER(x) H2NEG_ASSERT(!(x))

#if defined(H2NEG_REALLOC) != defined(H2NEG_FREE)
#error "define both H2NEG_REALLOC and H2NEG_FREE, or neither"
#endif
#ifndef H2NEG_REALLOC
#include <stdlib.h>
#define H2NEG_REALLOC(ptr, size) realloc(ptr, size)
#define H2NEG_FREE(ptr) free(ptr)
#endif

/* Where the API is extern, definitions carry no storage class; where it is static, they repeat it.
 */
#if defined(H2NEG_STATIC)
#define H2NEG__DEF H2NEG_API
#else
#define H2NEG__DEF
#endif

/* Wide instructions, for gcc and clang: those on 16 octets that every x86-64 (SSE2) and every
   AArch64 (NEON) has, under one set of names (>>scan); the rest of x86-64's is asked for where it
   is used, which is a load and a test of the compiler's own record of the CPU. Tests and benchmarks
   may name a variable: 0 is the portable code alone, 1 with what is always there, 2 with all. */
#if defined(H2NEG_NO_SIMD) || !defined(__GNUC__)
#elif defined(__x86_64__) && defined(__SSE2__)
#include <immintrin.h>
#define H2NEG__V16 1
#define H2NEG__X86 1
#elif defined(__AARCH64EL__) && defined(__ARM_NEON)
#include <arm_neon.h>
#define H2NEG__V16 1
#endif
#ifdef H2NEG__V16
#ifdef H2NEG__SIMD_HOOK
extern int H2NEG__SIMD_HOOK;
#define H2NEG__SIMD_LEVEL H2NEG__SIMD_HOOK
#else
#define H2NEG__SIMD_LEVEL 2
#endif
#define H2NEG__HAS_V16() (H2NEG__SIMD_LEVEL > 0)
#endif
#ifdef H2NEG__X86
#define H2NEG__HAS_LOOK() (H2NEG__SIMD_LEVEL > 1 && __builtin_cpu_supports("ssse3"))
#define H2NEG__TARGET_LOOK __attribute__((target("ssse3")))
/* Not on Windows: there gcc aligns the stack to 16 octets, and 32 are needed (its bug 54412). */
#ifdef _WIN32
#define H2NEG__HAS_AVX2() 0
#else
#define H2NEG__HAS_AVX2()                                                                          \
    (H2NEG__SIMD_LEVEL > 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"))
#endif
#define H2NEG__TARGET_AVX2 __attribute__((target("avx2,bmi")))
#define H2NEG__TARGET_SHA __attribute__((target("sse4.1,sha")))
#if defined(__SHA__) && defined(__SSE4_1__)
#define H2NEG__HAS_SHA() (H2NEG__SIMD_LEVEL > 1)
#elif __GNUC__ >= 11 && !defined(__clang__) /* the others do not know the name */
#define H2NEG__HAS_SHA()                                                                           \
    (H2NEG__SIMD_LEVEL > 1 && __builtin_cpu_supports("sha") && __builtin_cpu_supports("sse4.1"))
#endif
#elif defined(H2NEG__V16)
#define H2NEG__HAS_LOOK() H2NEG__HAS_V16()
#define H2NEG__TARGET_LOOK
#endif

/* Never inlined: what is seldom called from many places. Those so marked save 7 KB of text. */
#if defined(__GNUC__)
#define H2NEG__APART __attribute__((noinline))
#else
#define H2NEG__APART
#endif

/* `static inline` is a function that stands in the way of every request and that gcc -O2 would
   call: those so marked save a server of tiny answers over HTTP/2 7 % of its time and more, for 16
   KB of text. */

#define H2NEG__COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define H2NEG__LIT(text) h2neg__str(text, sizeof(text) - 1)
/* h2neg_is with a literal: no call where the length says it all */
#define H2NEG__IS(s, text)                                                                         \
    ((s).len == sizeof(text) - 1 && memcmp((s).ptr, text, sizeof(text) - 1) == 0)
#define H2NEG__IS_NOCASE(s, text)                                                                  \
    ((s).len == sizeof(text) - 1 && h2neg__same_nocase(s, H2NEG__LIT(text)))

/* ==== 02 >>bytes ===========================================================
   Slices, reader and writer cursors, big-endian numbers.  Uses >>platform.
   Memory: none; cursors walk over the caller's.
   A cursor cannot run off its end and remembers that it tried.
   ========================================================================== */

static h2neg_str h2neg__str(const void *ptr, size_t len)
{
    h2neg_str s;
    s.ptr = (const char *)ptr;
    s.len = len;
    return s;
}

/* memcpy and memcmp with NULL are undefined even for no octets (C99 7.21.1); these are not. */
static void h2neg__copy(void *to, const void *from, size_t len)
{
    if (len)
        memcpy(to, from, len);
}

/* A struct of some hundred octets becomes zero. Where gcc knows the size it makes one string
   instruction of it, which takes far longer than a call: HTTP/2 requests 1.2 x. */
static void h2neg__clear(void *p, size_t size)
{
#if defined(__GNUC__)
    __asm__("" : "+r"(size)); /* it does not know */
#endif
    memset(p, 0, size);
}

static int h2neg__same(h2neg_str a, h2neg_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static unsigned char h2neg__lower(unsigned char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

H2NEG__APART static int h2neg__same_octets_nocase(const char *a, const char *b, size_t len)
{
    size_t i;
    for (i = 0; i < len; i++)
        if (a[i] != b[i] && h2neg__lower((unsigned char)a[i]) != h2neg__lower((unsigned char)b[i]))
            return 0;
    return 1;
}

/* Most names differ in length already, which is told where this is asked, without a call. */
static int h2neg__same_nocase(h2neg_str a, h2neg_str b)
{
    return a.len == b.len && h2neg__same_octets_nocase(a.ptr, b.ptr, a.len);
}

/* A reader: after the first short read every read gives zero and `bad` stays set, so a decoder
   checks once, at its end. */
typedef struct h2neg__reader {
    const unsigned char *p;
    size_t left;
    int bad;
} h2neg__reader;

static h2neg__reader h2neg__read(const void *in, size_t len)
{
    h2neg__reader r;
    r.p = (const unsigned char *)(len ? in : ""); /* never NULL: NULL + 0 is undefined */
    r.left = len;
    r.bad = 0;
    return r;
}

static h2neg_str h2neg__take(h2neg__reader *r, size_t n)
{
    h2neg_str s = h2neg__str("", 0);
    if (r->bad || n > r->left) {
        r->bad = 1;
        return s;
    }
    s = h2neg__str(r->p, n);
    r->p += n;
    r->left -= n;
    return s;
}

/* A big-endian number of `octets` (1 to 4). */
static uint32_t h2neg__take_be(h2neg__reader *r, unsigned octets)
{
    h2neg_str s = h2neg__take(r, octets);
    uint32_t v = 0;
    size_t i;
    for (i = 0; i < s.len; i++)
        v = v << 8 | (unsigned char)s.ptr[i];
    return v;
}

/* A writer: what does not fit sets `bad`, and from then on nothing is written. */
typedef struct h2neg__writer {
    unsigned char *p;
    size_t left, used;
    int bad;
} h2neg__writer;

static h2neg__writer h2neg__write(void *out, size_t room)
{
    h2neg__writer w;
    w.p = (unsigned char *)out;
    w.left = room;
    w.used = 0;
    w.bad = 0;
    return w;
}

static void h2neg__put(h2neg__writer *w, const void *in, size_t len)
{
    if (w->bad || len > w->left) {
        w->bad = 1;
        return;
    }
    h2neg__copy(w->p, in, len);
    if (len)
        w->p += len;
    w->left -= len;
    w->used += len;
}

static void h2neg__put_str(h2neg__writer *w, h2neg_str s)
{
    h2neg__put(w, s.ptr, s.len);
}

static void h2neg__put_text(h2neg__writer *w, const char *text)
{
    h2neg__put(w, text, strlen(text));
}

static void h2neg__put_be(h2neg__writer *w, uint32_t value, unsigned octets)
{
    unsigned char b[4];
    unsigned i;
    for (i = 0; i < octets; i++)
        b[i] = (unsigned char)(value >> (8 * (octets - 1 - i)));
    h2neg__put(w, b, octets);
}

H2NEG__APART static h2neg_str h2neg__decimal_text(char digits[20], uint64_t value)
{
    size_t at = 20;
    do
        digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    return h2neg__str(digits + at, 20 - at);
}

H2NEG__APART static void h2neg__put_decimal(h2neg__writer *w, uint64_t value)
{
    char digits[20];
    h2neg__put_str(w, h2neg__decimal_text(digits, value));
}

/* What a writing function returns. */
static ptrdiff_t h2neg__written(const h2neg__writer *w)
{
    return w->bad ? (ptrdiff_t)H2NEG_ERR_TOO_SMALL : (ptrdiff_t)w->used;
}

/* ==== 03 >>chars ===========================================================
   Classes of octets (RFC 9110 5.5, 5.6.2; RFC 3986 2), tokens, numbers.  Uses >>bytes.
   Memory: one constant table of 256 octets.
   Every question about an octet goes through the table, and a test asks all 256.
   ========================================================================== */

enum {
    H2NEG__TOKEN = 1, /* tchar, RFC 9110 5.6.2 */
    H2NEG__VALUE = 2, /* HTAB, SP, VCHAR, obs-text: field-content, RFC 9110 5.5 */
    H2NEG__TARGET =
        4, /* VCHAR and obs-text: what a request target may hold, RFC 9112 3.2 (leniently) */
    H2NEG__DIGIT = 8,
    H2NEG__HEX = 16,
    H2NEG__HOST = 32, /* unreserved, sub-delims, percent: reg-name, RFC 3986 3.2.2 */
    H2NEG__ALPHA = 64,
    H2NEG__LOWER = 128 /* tchar without upper case: an HTTP/2 field name, RFC 9113 8.2.1 */
};

/* Printed by tools/gen_tables. */
/* clang-format off */
/* >gen class */
static const unsigned char h2neg__class[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    2, 167, 6, 135, 167, 167, 167, 167, 38, 38, 167, 167, 38, 167, 167, 6,
    191, 191, 191, 191, 191, 191, 191, 191, 191, 191, 6, 38, 6, 38, 6, 6,
    6, 119, 119, 119, 119, 119, 119, 103, 103, 103, 103, 103, 103, 103, 103, 103,
    103, 103, 103, 103, 103, 103, 103, 103, 103, 103, 103, 6, 6, 6, 135, 167,
    135, 247, 247, 247, 247, 247, 247, 231, 231, 231, 231, 231, 231, 231, 231, 231,
    231, 231, 231, 231, 231, 231, 231, 231, 231, 231, 231, 6, 135, 6, 167, 0,
    6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
    6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
    6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
    6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
    6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
    6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
    6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
    6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6
};
/* <gen */
/* clang-format on */

static int h2neg__is_class(char c, unsigned classes)
{
    return (h2neg__class[(unsigned char)c] & classes) != 0;
}

/* 1 when every octet is of one of these classes (an empty slice is). */
static int h2neg__all(h2neg_str s, unsigned classes)
{
    size_t i;
    for (i = 0; i < s.len; i++)
        if (!h2neg__is_class(s.ptr[i], classes))
            return 0;
    return 1;
}

static int h2neg__is_token(h2neg_str s)
{
    return s.len > 0 && h2neg__all(s, H2NEG__TOKEN);
}

/* Optional white space (RFC 9110 5.6.3) off both ends. */
static h2neg_str h2neg__trim(h2neg_str s)
{
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) {
        s.ptr++;
        s.len--;
    }
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* 1*DIGIT up to 2^63-1 (what a length may be here), nothing else. 1 and `*value`, or 0. */
static int h2neg__decimal(h2neg_str s, uint64_t *value)
{
    uint64_t v = 0;
    size_t i;
    if (s.len == 0 || s.len > 19 || !h2neg__all(s, H2NEG__DIGIT))
        return 0;
    for (i = 0; i < s.len; i++)
        v = v * 10 + (uint64_t)(s.ptr[i] - '0');
    *value = v;
    return v <= (uint64_t)INT64_MAX;
}

/* The value of a HEXDIG, which the caller has made sure of. */
static unsigned h2neg__hex(char c)
{
    return h2neg__is_class(c, H2NEG__DIGIT) ? (unsigned)(c - '0')
                                            : (unsigned)(h2neg__lower((unsigned char)c) - 'a' + 10);
}

/* ==== 04 >>scan ============================================================
   The hot loops over what a peer sends.  Uses >>chars.
   Memory: none.
   Nothing outside [p, end) is read.
   ========================================================================== */

/* Sixteen octets at a time, by either machine's instructions. A comparison makes an octet all ones
   or zero; BITS makes one bit of each, the first octet's lowest, and HIGH of each octet's highest
   bit; ABOVE compares signed; BUT takes the second's bits away; LOOK looks numbers below 16 up in a
   table of as many. */
#if defined(H2NEG__X86)
typedef __m128i h2neg__v16;
#define H2NEG__V16_LOAD(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define H2NEG__V16_STORE(p, v) _mm_storeu_si128((__m128i *)(void *)(p), v)
#define H2NEG__V16_OF(octet) _mm_set1_epi8((char)(octet))
#define H2NEG__V16_FOUR(word) _mm_set1_epi32((int)(word))
#define H2NEG__V16_XOR(a, b) _mm_xor_si128(a, b)
#define H2NEG__V16_OR(a, b) _mm_or_si128(a, b)
#define H2NEG__V16_AND(a, b) _mm_and_si128(a, b)
#define H2NEG__V16_BUT(a, b) _mm_andnot_si128(b, a)
#define H2NEG__V16_ADD(a, b) _mm_add_epi8(a, b)
#define H2NEG__V16_SUB(a, b) _mm_sub_epi8(a, b)
#define H2NEG__V16_SUB_TO_0(a, b) _mm_subs_epu8(a, b)
#define H2NEG__V16_LEAST(a, b) _mm_min_epu8(a, b)
#define H2NEG__V16_SAME(a, b) _mm_cmpeq_epi8(a, b)
#define H2NEG__V16_ABOVE(a, b) _mm_cmpgt_epi8(a, b)
#define H2NEG__V16_HALF(a) _mm_and_si128(_mm_srli_epi16(a, 4), _mm_set1_epi8(15))
#define H2NEG__V16_LOOK(table, at) _mm_shuffle_epi8(table, at)
#define H2NEG__V16_BITS(v) ((unsigned)_mm_movemask_epi8(v))
#define H2NEG__V16_HIGH(v) H2NEG__V16_BITS(v)
#elif defined(H2NEG__V16)
typedef uint8x16_t h2neg__v16;
#define H2NEG__V16_LOAD(p) vld1q_u8((const unsigned char *)(p))
#define H2NEG__V16_STORE(p, v) vst1q_u8(p, v)
#define H2NEG__V16_OF(octet) vdupq_n_u8((unsigned char)(octet))
#define H2NEG__V16_FOUR(word) vreinterpretq_u8_u32(vdupq_n_u32(word))
#define H2NEG__V16_XOR(a, b) veorq_u8(a, b)
#define H2NEG__V16_OR(a, b) vorrq_u8(a, b)
#define H2NEG__V16_AND(a, b) vandq_u8(a, b)
#define H2NEG__V16_BUT(a, b) vbicq_u8(a, b)
#define H2NEG__V16_ADD(a, b) vaddq_u8(a, b)
#define H2NEG__V16_SUB(a, b) vsubq_u8(a, b)
#define H2NEG__V16_SUB_TO_0(a, b) vqsubq_u8(a, b)
#define H2NEG__V16_LEAST(a, b) vminq_u8(a, b)
#define H2NEG__V16_SAME(a, b) vceqq_u8(a, b)
#define H2NEG__V16_ABOVE(a, b) vcgtq_s8(vreinterpretq_s8_u8(a), vreinterpretq_s8_u8(b))
#define H2NEG__V16_HALF(a) vshrq_n_u8(a, 4)
#define H2NEG__V16_LOOK(table, at) vqtbl1q_u8(table, at)
#define H2NEG__V16_BITS(v) h2neg__v16_bits(v)
#define H2NEG__V16_HIGH(v) h2neg__v16_bits(vcltzq_s8(vreinterpretq_s8_u8(v)))
static unsigned h2neg__v16_bits(h2neg__v16 v)
{
    static const unsigned char bits[16] = {1, 2, 4, 8, 16, 32, 64, 128,
                                           1, 2, 4, 8, 16, 32, 64, 128};
    v = vandq_u8(v, vld1q_u8(bits));
    v = vpaddq_u8(v, v); /* sums of neighbours: three times, and the first two octets have all */
    v = vpaddq_u8(v, v);
    v = vpaddq_u8(v, v);
    return vgetq_lane_u16(vreinterpretq_u16_u8(v), 0);
}
#endif

/* The octets of a string of 4 to 7, some of them twice. */
static uint64_t h2neg__load_4_to_7(const char *p, size_t len)
{
    uint32_t first, last;
    memcpy(&first, p, 4);
    memcpy(&last, p + len - 4, 4);
    return (uint64_t)last << 32 | first;
}

static uint64_t h2neg__load_word(const char *p)
{
    uint64_t word;
    memcpy(&word, p, 8);
    return word;
}

/* 0: eight octets that are not CTL (HTAB is one); obs-text may be there. */
static uint64_t h2neg__odd_value(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t del = word ^ ones * 0x7f;
    return (((word - ones * 0x20) & ~word) | ((del - ones) & ~del)) & ones << 7;
}

/* The first octet in [p, end) that no line of a head may hold (RFC 9110 5.5: HTAB, SP, VCHAR and
   obs-text may be there), which its CR or LF is, too; or `end`. */
static const char *h2neg__scan_value(const char *p, const char *end)
{
    while (end - p >= 8 && !h2neg__odd_value(h2neg__load_word(p)))
        p += 8;
    while (p != end && h2neg__is_class(*p, H2NEG__VALUE))
        p++;
    return p;
}

#ifdef H2NEG__V16
/* All ones where an octet is above `least`, a VCHAR or SP, and not DEL: x + 1 makes that the least
   of all. */
static h2neg__v16 h2neg__v16_plain(h2neg__v16 x, int least)
{
    return H2NEG__V16_ABOVE(H2NEG__V16_ADD(x, H2NEG__V16_OF(1)), H2NEG__V16_OF(least + 1));
}

/* 1: SP and VCHAR alone, at least 16 of them (the last load overlaps); 0: who knows. */
static int h2neg__v16_all_plain(const char *p, size_t len)
{
    h2neg__v16 fine = h2neg__v16_plain(H2NEG__V16_LOAD(p + len - 16), 0x1f);
    for (; len > 16; len -= 16, p += 16)
        fine = H2NEG__V16_AND(fine, h2neg__v16_plain(H2NEG__V16_LOAD(p), 0x1f));
    return H2NEG__V16_BITS(fine) == 0xffff;
}
#endif

/* 1 when a field's value is one: field-content, or empty, and no white space at an end (RFC 9110
   5.5; RFC 9113 8.2.1). */
static int h2neg__is_value(h2neg_str s)
{
    if (s.len == 0)
        return 1;
    if ((unsigned char)s.ptr[0] <= ' ' || (unsigned char)s.ptr[s.len - 1] <= ' ')
        return 0;
#ifdef H2NEG__V16
    if (s.len >= 16 && H2NEG__HAS_V16() && h2neg__v16_all_plain(s.ptr, s.len))
        return 1;
#endif
    if (s.len >= 8 && s.len <= 16 &&
        !(h2neg__odd_value(h2neg__load_word(s.ptr)) |
          h2neg__odd_value(h2neg__load_word(s.ptr + s.len - 8))))
        return 1;
    if (s.len >= 4 && s.len < 8 && !h2neg__odd_value(h2neg__load_4_to_7(s.ptr, s.len)))
        return 1;
    return h2neg__scan_value(s.ptr, s.ptr + s.len) == s.ptr + s.len;
}

/* 0: eight octets of a-z and '-', which nearly all names are made of. */
static uint64_t h2neg__odd_lower(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t low, letter, other;
    low = word & ones * 0x7f;
    letter = (low + ones * (0x80 - 'a')) & ~(low + ones * (0x7f - 'z'));
    other = (low ^ ones * '-') + ones * 0x7f; /* its high bits are clear where a '-' is */
    return ((~letter & other) | word) & ones << 7;
}

/* 1 when a field's name is one as HTTP/2 has it, without upper case (RFC 9113 8.2.1). */
static int h2neg__is_lower(h2neg_str s)
{
    size_t i;
    uint64_t odd = 0;
    if (s.len < 4)
        return s.len > 0 && h2neg__all(s, H2NEG__LOWER);
    for (i = 0; i + 8 < s.len; i += 8)
        odd |= h2neg__odd_lower(h2neg__load_word(s.ptr + i));
    odd |= h2neg__odd_lower(s.len < 8 ? h2neg__load_4_to_7(s.ptr, s.len)
                                      : h2neg__load_word(s.ptr + s.len - 8));
    return odd == 0 || h2neg__all(s, H2NEG__LOWER);
}

/* 0: eight octets of VCHAR without '#'. */
static uint64_t h2neg__odd_target(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t low = word & ones * 0x7f;
    uint64_t mark = (low ^ ones * '#') + ones * 0x7f; /* clear where a '#' is */
    return (~((low + ones * (0x7f - ' ')) & mark) | (low + ones) | word) & ones << 7;
}

/* How many of the first octets may stand in a request target: VCHAR, and no fragment (RFC 9112
   3.2). */
static size_t h2neg__target_span(h2neg_str s)
{
    size_t n = 0;
    if (s.len >= 4 && s.len < 8 && !h2neg__odd_target(h2neg__load_4_to_7(s.ptr, s.len)))
        return s.len;
    while (s.len - n >= 8 && !h2neg__odd_target(h2neg__load_word(s.ptr + n)))
        n += 8;
    if (n && s.len - n < 8 && !h2neg__odd_target(h2neg__load_word(s.ptr + s.len - 8)))
        return s.len;
    while (n < s.len && (unsigned char)s.ptr[n] < 0x80 && s.ptr[n] != '#' &&
           h2neg__is_class(s.ptr[n], H2NEG__TARGET))
        n++;
    return n;
}

/* Reads on from in[*at] in a line that started at in[line], over the octets in[0, len). `max`: the
   most octets of the line, without its end; `bare_lf`: whether LF alone ends it (RFC 9112 2.2). 1
   or 2: so many octets end the line, from *at on; 0: more is needed, go on from *at; < 0: an
   H2NEG_ERR_*, and *at is the octet's. An octet is judged when it is there, except that a CR waits
   for the one behind it, so the answer does not depend on `len`. */
static int h2neg__scan_line(const char *in, size_t len, size_t line, size_t max, int bare_lf,
                            size_t *at)
{
    size_t i = (size_t)(h2neg__scan_value(in + *at, in + len) - in);
    *at = i;
    if (i - line > max) {
        *at = line + max;
        return H2NEG_ERR_H1_FIELD_LONG;
    }
    if (i == len)
        return 0;
    if (in[i] == '\n')
        return bare_lf ? 1 : (int)H2NEG_ERR_H1_BARE_LF;
    if (in[i] != '\r')
        return H2NEG_ERR_H1_CTL;
    if (len - i < 2)
        return 0;
    return in[i + 1] == '\n' ? 2 : (int)H2NEG_ERR_H1_BARE_CR;
}

#ifdef H2NEG__V16
/* As h2neg__scan_mask, for the whole 16s of `len`: how many octets that were. Frames of 1 KiB, with
   their heads: 1.2 x words of eight octets. */
static size_t h2neg__v16_mask(unsigned char *out, const unsigned char *in, size_t len,
                              const unsigned char key[4])
{
    size_t i = 0, k;
    uint32_t four;
    h2neg__v16 mask;
    memcpy(&four, key, 4);
    mask = H2NEG__V16_FOUR(four);
    for (; len - i >= 64; i += 64)
        for (k = i; k < i + 64; k += 16)
            H2NEG__V16_STORE(out + k, H2NEG__V16_XOR(H2NEG__V16_LOAD(in + k), mask));
    for (; len - i >= 16; i += 16)
        H2NEG__V16_STORE(out + i, H2NEG__V16_XOR(H2NEG__V16_LOAD(in + i), mask));
    return i;
}

/* As h2neg__scan_ascii, but for what stands behind the last whole 16. 64 octets in a step:
   4.4 x words of eight octets on 16 KiB. */
static size_t h2neg__v16_ascii(const unsigned char *p, size_t len)
{
    size_t i = 0;
    for (; len - i >= 64; i += 64) {
        h2neg__v16 a = H2NEG__V16_OR(H2NEG__V16_LOAD(p + i), H2NEG__V16_LOAD(p + i + 16));
        h2neg__v16 b = H2NEG__V16_OR(H2NEG__V16_LOAD(p + i + 32), H2NEG__V16_LOAD(p + i + 48));
        if (H2NEG__V16_HIGH(H2NEG__V16_OR(a, b)))
            break;
    }
    for (; len - i >= 16; i += 16) {
        unsigned high = H2NEG__V16_HIGH(H2NEG__V16_LOAD(p + i));
        if (high)
            return i + (unsigned)__builtin_ctz(high);
    }
    return i;
}
#endif

/* XORs `len` octets with a key of four, which begins at its first octet; `out` may be `in`. */
static void h2neg__scan_mask(unsigned char *out, const unsigned char *in, size_t len,
                             const unsigned char key[4])
{
    uint64_t mask, word;
    size_t i = 0;
#ifdef H2NEG__V16
    if (H2NEG__HAS_V16())
        i = h2neg__v16_mask(out, in, len, key);
#endif
    memcpy(&mask, key, 4);
    memcpy((unsigned char *)&mask + 4, key, 4);
    for (; len - i >= 8; i += 8) {
        memcpy(&word, in + i, 8);
        word ^= mask;
        memcpy(out + i, &word, 8);
    }
    for (; i < len; i++)
        out[i] = (unsigned char)(in[i] ^ key[i & 3]);
}

/* How many octets from `p` on are ASCII, at most `len`. */
static size_t h2neg__scan_ascii(const unsigned char *p, size_t len)
{
    uint64_t word;
    size_t i = 0;
#ifdef H2NEG__V16
    if (H2NEG__HAS_V16())
        i = h2neg__v16_ascii(p, len);
#endif
    for (; len - i >= 8; i += 8) {
        memcpy(&word, p + i, 8);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < len && p[i] < 0x80)
        i++;
    return i;
}

/* ==== 04a >>scan-head ======================================================
   RFC 9112.  Uses >>platform >>bytes >>chars >>scan.
   Memory: the caller lends the fields.
   A head is taken whole and simple, or not at all. Nothing outside [in, in + len) is read.
   ========================================================================== */

/* Most heads arrive whole and are right, so a head is first read for that alone, line by line. What
   of 64 octets is no SP or VCHAR is one word, whose bits are the ends of lines, so where a line
   ends does not depend on what is in it and the CPU works on several at a time. What is not so
   simple is 0 here and is read again octet by octet, which finds out what it is. */

#if defined(__GNUC__)
#define H2NEG__INLINE static inline __attribute__((always_inline))
#else
#define H2NEG__INLINE static
#endif

typedef struct h2neg__whole {
    /* Set before. */
    h2neg_field *fields;
    size_t room;
    /* What was found. */
    size_t first;     /* octets of the first line */
    size_t end;       /* behind the head */
    size_t count;     /* fields */
    size_t hosts;     /* how many of them are Host */
    const char *host; /* the value of the last of them */
    size_t host_len;
} h2neg__whole;

/* How far the ends of a head's lines are known. */
typedef struct h2neg__ends {
    const char *end;
    const char *block; /* where the 64 octets begin that were looked at last */
    const char *full;  /* a block before that is followed by one with octets behind it */
    uint64_t odd;      /* one bit for each octet of the block: no SP or VCHAR, and not yet taken */
    const char *last;  /* the last 32 octets */
    const void *kept;  /* what a body keeps in registers */
} h2neg__ends;

/* How a body looks at p[0], p[1] and so on; *e->end is not read. */
typedef struct h2neg__looks {
    /* Where CR LF is behind the line that begins at `line`, or NULL: there is none, or something
       that may be nowhere in a head. */
    const char *(*cr)(h2neg__ends *e, const char *line);
    /* The octets of token. Behind them is one that is none. */
    size_t (*name)(const h2neg__ends *e, const char *p);
    /* Where the VCHAR that are not '#' end; at `*query` the first '?' or the same. Behind them is
       one that is none. */
    const char *(*target)(const h2neg__ends *e, const char *p, const char **query);
    /* 1: n octets are unreserved or sub-delims (RFC 3986 2); 0: who knows. */
    int (*plain)(const h2neg__ends *e, const char *p, size_t n);
} h2neg__looks;

/* A field's value, from behind ':' to CR. Nearly always there is one SP at its start. What is below
   SP there is HTAB. No call: the caller's masks would not stay in registers. */
H2NEG__INLINE h2neg_str h2neg__whole_value(const char *p, const char *cr)
{
    if (*p == ' ' && (unsigned char)p[1] > ' ' && (unsigned char)cr[-1] > ' ')
        return h2neg__str(p + 1, (size_t)(cr - p) - 1);
    while (p != cr && (unsigned char)*p <= ' ')
        p++;
    while (p != cr && (unsigned char)cr[-1] <= ' ')
        cr--;
    return h2neg__str(p, (size_t)(cr - p));
}

/* One field line, from `p` to its CR. */
H2NEG__INLINE int h2neg__whole_field(h2neg__whole *w, h2neg_field *f, const char *p, const char *cr,
                                     size_t name)
{
    uint32_t four, host;
    h2neg_str value;
    if (name == 0 || p[name] != ':')
        return 0;
    value = h2neg__whole_value(p + name + 1, cr);
    f->name.ptr = p;
    f->name.len = name;
    f->value.ptr = value.ptr;
    f->value.len = value.len;
    f->flags = 0;
    memcpy(&four, p, 4); /* a line has four octets with its end */
    memcpy(&host, "host", 4);
    if (name == 4 && (four | UINT32_C(0x20202020)) == host) {
        w->host = value.ptr;
        w->host_len = value.len;
        w->hosts++;
    }
    return 1;
}

H2NEG__INLINE size_t h2neg__name_portable(const h2neg__ends *e, const char *p)
{
    size_t n = 0;
    (void)e;
    while (h2neg__is_class(p[n], H2NEG__TOKEN))
        n++;
    return n;
}

/* 1, or 0: there is something that is not simple. */
H2NEG__INLINE int h2neg__whole_lines(h2neg__whole *w, h2neg__ends *e, h2neg__looks look)
{
    const char *in = e->block, *from, *cr = look.cr(e, in);
    h2neg_field *f = w->fields;
    size_t left = w->room;
    if (!cr)
        return 0;
    w->first = (size_t)(cr - in);
    w->hosts = 0;
    w->host = in;
    w->host_len = 0;
    for (;; f++, left--) {
        from = cr + 2;
        cr = look.cr(e, from);
        if (!cr || cr - from < 2)
            break;
        if (left == 0 || !h2neg__whole_field(w, f, from, cr, look.name(e, from)))
            return 0;
    }
    w->count = w->room - left;
    w->end = (size_t)(from - in) + 2;
    return cr == from;
}

static const char *h2neg__cr_portable(h2neg__ends *e, const char *line)
{
    const char *at = h2neg__scan_value(line, e->end);
    return e->end - at < 2 || memcmp(at, "\r\n", 2) != 0 ? NULL : at;
}

static const char *h2neg__target_portable(const h2neg__ends *e, const char *p, const char **query)
{
    (void)e;
    *query = NULL;
    for (; (unsigned char)*p - 0x21u < 0x5e && *p != '#'; p++)
        if (*p == '?' && !*query)
            *query = p;
    if (!*query)
        *query = p;
    return p;
}

static int h2neg__plain_portable(const h2neg__ends *e, const char *p, size_t n)
{
    (void)e;
    for (; n && h2neg__is_class(*p, H2NEG__HOST) && *p != '%'; n--)
        p++;
    return n == 0;
}

static const h2neg__looks h2neg__looks_portable = {h2neg__cr_portable, h2neg__name_portable,
                                                   h2neg__target_portable, h2neg__plain_portable};

/* Of a longer head the rest is not looked at. */
enum { H2NEG__WHOLE_MOST = 65535 };

H2NEG__INLINE h2neg__ends h2neg__ends_portable(const char *in, size_t len)
{
    h2neg__ends e;
    if (len > H2NEG__WHOLE_MOST)
        len = H2NEG__WHOLE_MOST;
    e.end = in + len;
    e.block = in;
    e.full = len > 128 ? in + len - 128 : in;
    e.odd = 0;
    e.last = len > 32 ? in + len - 32 : in;
    e.kept = NULL;
    return e;
}

#ifdef H2NEG__V16

/* As h2neg__looks has it. What is odd and may stand in a line, HTAB and obs-text, is passed by, and
   an LF whose CR was in the block before. `odd64` tells of 64 octets which are odd. */
H2NEG__INLINE const char *h2neg__cr_by(h2neg__ends *e, const char *line,
                                       uint64_t (*odd64)(const h2neg__ends *e, const char *p))
{
    const char *cr;
    do {
        while (e->odd == 0) {
            if (e->block < e->full)
                e->odd = odd64(e, e->block + 64);
            else if (e->end - e->block > 65) /* the last: CR cannot be the last octet of all */
                e->odd = odd64(e, e->end - 64) << 1 >> (129 - (e->end - e->block));
            else
                return NULL;
            e->block += 64;
        }
        cr = e->block + (size_t)__builtin_ctzll(e->odd);
        e->odd &= e->odd - 1;
        if (memcmp(cr, "\r\n", 2) == 0) {
            e->odd &= e->odd - 1;
            return cr;
        }
    } while (cr < line || h2neg__is_class(*cr, H2NEG__VALUE));
    return NULL;
}

/* One bit for each of 32 octets: what is SP or VCHAR. */
H2NEG__INLINE uint32_t h2neg__plain32_v16(const char *p)
{
    uint32_t low = H2NEG__V16_BITS(h2neg__v16_plain(H2NEG__V16_LOAD(p), 0x1f));
    uint32_t high = H2NEG__V16_BITS(h2neg__v16_plain(H2NEG__V16_LOAD(p + 16), 0x1f));
    return low | high << 16;
}

H2NEG__INLINE uint64_t h2neg__odd64_v16(const h2neg__ends *e, const char *p)
{
    (void)e;
    return ~(h2neg__plain32_v16(p) | (uint64_t)h2neg__plain32_v16(p + 32) << 32);
}

H2NEG__INLINE const char *h2neg__cr_v16(h2neg__ends *e, const char *line)
{
    return h2neg__cr_by(e, line, h2neg__odd64_v16);
}

/* Where to load 32 octets for those from `p` on: of what lies behind the end nothing is read. */
H2NEG__INLINE const char *h2neg__look_at(const h2neg__ends *e, const char *p)
{
    return p < e->last ? p : e->last;
}

/* 32 octets from `p` on as a mask; the bits of what lies behind the end are 0. */
#define H2NEG__LOOK(mask, e, p) (mask(e, h2neg__look_at(e, p)) >> ((p)-h2neg__look_at(e, p)))

/* Letters and '-', which nearly all names are made of; else the table goes on. */
H2NEG__INLINE uint32_t h2neg__no_name16_v16(const char *p)
{
    h2neg__v16 x = H2NEG__V16_LOAD(p);
    h2neg__v16 z = H2NEG__V16_SUB(H2NEG__V16_OR(x, H2NEG__V16_OF(0x20)), H2NEG__V16_OF('a'));
    h2neg__v16 letter = H2NEG__V16_SAME(H2NEG__V16_LEAST(z, H2NEG__V16_OF(25)), z);
    return H2NEG__V16_BITS(H2NEG__V16_OR(letter, H2NEG__V16_SAME(x, H2NEG__V16_OF('-'))));
}

H2NEG__INLINE uint32_t h2neg__no_name_v16(const h2neg__ends *e, const char *p)
{
    (void)e;
    return ~(h2neg__no_name16_v16(p) | h2neg__no_name16_v16(p + 16) << 16);
}

H2NEG__INLINE size_t h2neg__name_v16(const h2neg__ends *e, const char *p)
{
    uint32_t no;
    size_t n;
    if (memcmp(p, "Host", 4) == 0 && p[4] == ':') /* it is less than to look */
        return 4;
    no = H2NEG__LOOK(h2neg__no_name_v16, e, p);
    n = no ? (size_t)__builtin_ctz(no) : 32;
    return p[n] == ':' ? n : n + h2neg__name_portable(e, p + n);
}

/* What may stand in a target, but '?', of 16 octets: DEL was not in the line. */
H2NEG__INLINE uint32_t h2neg__path16_v16(const char *p)
{
    h2neg__v16 x = H2NEG__V16_LOAD(p);
    h2neg__v16 mark = H2NEG__V16_OR(H2NEG__V16_SAME(x, H2NEG__V16_OF('#')),
                                    H2NEG__V16_SAME(x, H2NEG__V16_OF('?')));
    return H2NEG__V16_BITS(H2NEG__V16_BUT(H2NEG__V16_ABOVE(x, H2NEG__V16_OF(' ')), mark));
}

/* What may not, or '?', of 32. */
H2NEG__INLINE uint32_t h2neg__no_path_v16(const h2neg__ends *e, const char *p)
{
    (void)e;
    return ~(h2neg__path16_v16(p) | h2neg__path16_v16(p + 16) << 16);
}

#define H2NEG__TARGET_ENDS(no_path)                                                                \
    uint32_t no;                                                                                   \
    for (*query = NULL;; p += 32)                                                                  \
        for (no = H2NEG__LOOK(no_path, e, p); no; no &= no - 1) {                                  \
            const char *at = p + __builtin_ctz(no);                                                \
            if (!*query)                                                                           \
                *query = at;                                                                       \
            if (*at != '?')                                                                        \
                return at;                                                                         \
        }

H2NEG__INLINE const char *h2neg__target_v16(const h2neg__ends *e, const char *p,
                                            const char **query){
    H2NEG__TARGET_ENDS(h2neg__no_path_v16)}

/* Letters, digits, '-' and '.'. */
H2NEG__INLINE uint32_t h2neg__plain16_v16(const char *p)
{
    h2neg__v16 x = H2NEG__V16_LOAD(p);
    h2neg__v16 z = H2NEG__V16_SUB(H2NEG__V16_OR(x, H2NEG__V16_OF(0x20)), H2NEG__V16_OF('a'));
    h2neg__v16 d = H2NEG__V16_SUB(x, H2NEG__V16_OF('-'));
    z = H2NEG__V16_SAME(H2NEG__V16_LEAST(z, H2NEG__V16_OF(25)), z);
    z = H2NEG__V16_OR(z, H2NEG__V16_SAME(H2NEG__V16_LEAST(d, H2NEG__V16_OF('9' - '-')), d));
    z = H2NEG__V16_BUT(z, H2NEG__V16_SAME(x, H2NEG__V16_OF('/')));
    return H2NEG__V16_BITS(z);
}

/* The last 16 octets and, where there are more, the first: before them stands a line, and a name.
 */
H2NEG__INLINE int h2neg__plain_v16(const h2neg__ends *e, const char *p, size_t n)
{
    uint32_t no;
    (void)e;
    if (n > 32)
        return 0;
    no = h2neg__plain16_v16(p + n - 16) ^ 0xffff;
    return n <= 16 ? no >> (16 - n) == 0 : (no | (h2neg__plain16_v16(p) ^ 0xffff)) == 0;
}

/* 32 to 64 octets: the loads overlap. As above, the last is none of them. */
H2NEG__INLINE uint64_t h2neg__odd_short_v16(const char *p, size_t len)
{
    uint64_t odd = (uint64_t)(uint32_t)~h2neg__plain32_v16(p + len - 32) << (len - 32);
    return (odd | (uint32_t)~h2neg__plain32_v16(p)) & ~((uint64_t)1 << (len - 1));
}

static const h2neg__looks h2neg__looks_v16 = {h2neg__cr_v16, h2neg__name_v16, h2neg__target_v16,
                                              h2neg__plain_v16};

/* From here on the compiler does not know what a pointer points to: of octets that it knows it
   would say that loads reach beyond them, which are never made. */
#define H2NEG__FORGET(p) __asm__("" : "+r"(p))

/* At least 32 octets. */
H2NEG__INLINE h2neg__ends h2neg__ends_v16(const char *in, size_t len)
{
    h2neg__ends e;
    H2NEG__FORGET(in);
    e = h2neg__ends_portable(in, len);
    e.odd = len > 64 ? h2neg__odd64_v16(&e, in) : h2neg__odd_short_v16(in, len);
    return e;
}

#ifdef H2NEG__X86
#define H2NEG__INLINE_AVX2 H2NEG__TARGET_AVX2 static inline

/* Constants that would be made anew for each line. */
typedef struct h2neg__kept {
    __m256i one, space, half, high, name;
} h2neg__kept;

#define H2NEG__KEPT(e) ((const h2neg__kept *)(e)->kept)

/* One bit for each of 32 octets: what is SP or VCHAR. */
H2NEG__INLINE_AVX2 uint32_t h2neg__plain32_avx2(const h2neg__ends *e, const char *p)
{
    __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i y = _mm256_add_epi8(x, H2NEG__KEPT(e)->one);
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi8(y, H2NEG__KEPT(e)->space));
}

H2NEG__INLINE_AVX2 uint64_t h2neg__odd64_avx2(const h2neg__ends *e, const char *p)
{
    return ~(h2neg__plain32_avx2(e, p) | (uint64_t)h2neg__plain32_avx2(e, p + 32) << 32);
}

H2NEG__INLINE_AVX2 uint64_t h2neg__odd_short_avx2(const h2neg__ends *e, const char *p, size_t len)
{
    uint64_t odd = (uint64_t)(uint32_t)~h2neg__plain32_avx2(e, p + len - 32) << (len - 32);
    return (odd | (uint32_t)~h2neg__plain32_avx2(e, p)) & ~((uint64_t)1 << (len - 1));
}

H2NEG__INLINE_AVX2 const char *h2neg__cr_avx2(h2neg__ends *e, const char *line)
{
    return h2neg__cr_by(e, line, h2neg__odd64_avx2);
}

/* What is not of a class of ASCII: `low` has one bit for each high half, by the low half of the
   octet. */
H2NEG__INLINE_AVX2 uint32_t h2neg__none_of_avx2(const h2neg__ends *e, const char *p, __m256i low)
{
    __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i h = _mm256_and_si256(_mm256_srli_epi16(x, 4), H2NEG__KEPT(e)->half);
    x = _mm256_and_si256(_mm256_shuffle_epi8(low, x), _mm256_shuffle_epi8(H2NEG__KEPT(e)->high, h));
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, _mm256_setzero_si256()));
}

/* tchar */
H2NEG__INLINE_AVX2 uint32_t h2neg__no_name_avx2(const h2neg__ends *e, const char *p)
{
    return h2neg__none_of_avx2(e, p, H2NEG__KEPT(e)->name);
}

H2NEG__INLINE_AVX2 uint32_t h2neg__no_host_avx2(const h2neg__ends *e, const char *p)
{
    const __m128i low =
        _mm_setr_epi8(-88, -4, -8, -8, -4, -8, -4, -4, -4, -4, -12, 92, 84, 92, -44, 112);
    return h2neg__none_of_avx2(e, p, _mm256_broadcastsi128_si256(low));
}

H2NEG__INLINE_AVX2 int h2neg__plain_avx2(const h2neg__ends *e, const char *p, size_t n)
{
    return n <= _tzcnt_u32(H2NEG__LOOK(h2neg__no_host_avx2, e, p));
}

H2NEG__INLINE_AVX2 size_t h2neg__name_avx2(const h2neg__ends *e, const char *p)
{
    size_t n = _tzcnt_u32(H2NEG__LOOK(h2neg__no_name_avx2, e, p));
    return p[n] == ':' ? n : n + h2neg__name_portable(e, p + n);
}

H2NEG__INLINE_AVX2 uint32_t h2neg__no_path_avx2(const h2neg__ends *e, const char *p)
{
    const __m128i low =
        _mm_setr_epi8(-8, -4, -4, -8, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, 116);
    return h2neg__none_of_avx2(e, p, _mm256_broadcastsi128_si256(low));
}

H2NEG__INLINE_AVX2 const char *h2neg__target_avx2(const h2neg__ends *e, const char *p,
                                                  const char **query){
    H2NEG__TARGET_ENDS(h2neg__no_path_avx2)}

H2NEG__INLINE_AVX2 __m256i h2neg__twice_avx2(const signed char *p)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)p));
}

H2NEG__INLINE_AVX2 h2neg__kept h2neg__keep(void)
{
    static const signed char octets[5][16] = {
        {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
        {32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32},
        {15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15},
        {1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0},
        {-24, -4, -8, -4, -4, -4, -4, -4, -8, -8, -12, 84, -48, 84, -12, 112}};
    const signed char *p = octets[0];
    h2neg__kept k;
    H2NEG__FORGET(p); /* or they would be made anew */
    k.one = h2neg__twice_avx2(p);
    k.space = h2neg__twice_avx2(p + 16);
    k.half = h2neg__twice_avx2(p + 32);
    k.high = h2neg__twice_avx2(p + 48);
    k.name = h2neg__twice_avx2(p + 64);
    return k;
}

static const h2neg__looks h2neg__looks_avx2 = {h2neg__cr_avx2, h2neg__name_avx2, h2neg__target_avx2,
                                               h2neg__plain_avx2};

/* At least 32 octets. */
H2NEG__INLINE_AVX2 h2neg__ends h2neg__ends_avx2(const char *in, size_t len, const h2neg__kept *k)
{
    h2neg__ends e;
    H2NEG__FORGET(in);
    e = h2neg__ends_portable(in, len);
    e.kept = k;
    e.odd = len > 64 ? h2neg__odd64_avx2(&e, in) : h2neg__odd_short_avx2(&e, in, len);
    return e;
}

#undef H2NEG__INLINE_AVX2
#endif

#undef H2NEG__FORGET
#undef H2NEG__LOOK
#undef H2NEG__TARGET_ENDS
#endif

/* ==== 05 >>digest ==========================================================
   FIPS 180-4 6.1, RFC 4648 4 and 5.  Uses >>bytes.
   Memory: none; the SHA-1 state is the caller's.
   Base64 is read strictly: one text for each run of octets, everything else is malformed.
   ========================================================================== */

/* RFC 4648 4 and 5 */
static const char h2neg__base64_digits[2][65] = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"};

/* The six bits of a digit, or -1. */
static int h2neg__base64_bits(char digit, int url)
{
    const char *digits = h2neg__base64_digits[url];
    const char *at = digit ? strchr(digits, digit) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Four digits of 24 bits. */
static void h2neg__base64_four(unsigned char *out, uint32_t v, int url)
{
    const char *digits = h2neg__base64_digits[url];
    out[0] = (unsigned char)digits[v >> 18];
    out[1] = (unsigned char)digits[v >> 12 & 63];
    out[2] = (unsigned char)digits[v >> 6 & 63];
    out[3] = (unsigned char)digits[v & 63];
}

/* Base64 with padding, or, when `url`, base64url without. Whole groups are written where they
   belong (3 x). */
static void h2neg__base64_write(h2neg__writer *w, const unsigned char *in, size_t len, int url)
{
    unsigned char *out = w->p, four[4];
    size_t whole = len / 3 * 4;
    if (w->left / 4 < len / 3) {
        w->bad = 1;
        return;
    }
    for (; len >= 3; len -= 3, in += 3, out += 4)
        h2neg__base64_four(out, (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2], url);
    w->p = out;
    w->left -= whole;
    w->used += whole;
    if (len == 0)
        return;
    h2neg__base64_four(four, (uint32_t)in[0] << 16 | (len == 2 ? (uint32_t)in[1] << 8 : 0u), url);
    if (len == 1)
        four[2] = '=';
    four[3] = '=';
    h2neg__put(w, four, url ? len + 1 : 4);
}

/* One group of 2 to 4 digits. The bits behind the last octet are zero in what an encoder makes;
   others would be a second spelling of the same octets (RFC 4648 3.5). */
static int h2neg__base64_group(h2neg__writer *w, const char *digits, size_t n, int url)
{
    uint32_t v = 0;
    size_t i;
    for (i = 0; i < 4; i++) {
        int bits = i < n ? h2neg__base64_bits(digits[i], url) : 0;
        if (bits < 0)
            return 0;
        v = v << 6 | (uint32_t)bits;
    }
    if (v & (((uint32_t)1 << 8 * (4 - n)) - 1))
        return 0;
    h2neg__put_be(w, v >> 8 * (4 - n), (unsigned)n - 1);
    return 1;
}

/* The reverse: 1, or 0 when the text is malformed (a digit of neither, padding that is missing or
   not at the end, or there at all when `url`, stray bits). */
static int h2neg__base64_read(h2neg__writer *w, h2neg_str text, int url)
{
    size_t i, len = text.len, n;
    if (!url) {
        if (len % 4 != 0)
            return 0;
        for (n = 0; n < 2 && len > 0 && text.ptr[len - 1] == '='; n++)
            len--;
    }
    if (len % 4 == 1)
        return 0;
    for (i = 0; i < len; i += n) {
        n = len - i < 4 ? len - i : 4;
        if (!h2neg__base64_group(w, text.ptr + i, n, url))
            return 0;
    }
    return 1;
}

H2NEG__DEF ptrdiff_t h2neg_base64_encode(char *out, size_t room, const void *in, size_t len)
{
    h2neg__writer w = h2neg__write(out, room);
    h2neg__base64_write(&w, (const unsigned char *)in, len, 0);
    return h2neg__written(&w);
}

H2NEG__DEF ptrdiff_t h2neg_base64_decode(void *out, size_t room, h2neg_str text)
{
    h2neg__writer w = h2neg__write(out, room);
    if (!h2neg__base64_read(&w, text, 0))
        return H2NEG_ERR_INVALID;
    return h2neg__written(&w);
}

H2NEG__DEF void h2neg_sha1_init(h2neg_sha1 *s)
{
    s->h[0] = 0x67452301u;
    s->h[1] = 0xefcdab89u;
    s->h[2] = 0x98badcfeu;
    s->h[3] = 0x10325476u;
    s->h[4] = 0xc3d2e1f0u;
    s->length = 0;
}

static uint32_t h2neg__rotate(uint32_t v, unsigned bits)
{
    return v << bits | v >> (32 - bits);
}

#ifdef H2NEG__HAS_SHA
/* Four rounds of function `f` with the words `w`, which make place for those of 16 rounds later,
   and twenty. `e` is what was in `abcd` four rounds before: its first word, rotated, is the fifth
   of these rounds. Loops in place of this text cost a quarter of the speed of a whole key. */
#define H2NEG__SHA1_FOUR(f, w, x, y, z)                                                            \
    now = abcd;                                                                                    \
    abcd = _mm_sha1rnds4_epu32(abcd, _mm_sha1nexte_epu32(e, w), f);                                \
    e = now;                                                                                       \
    w = _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(w, x), y), z);
#define H2NEG__SHA1_TWENTY(f, w, x, y, z)                                                          \
    H2NEG__SHA1_FOUR(f, w, x, y, z)                                                                \
    H2NEG__SHA1_FOUR(f, x, y, z, w)                                                                \
    H2NEG__SHA1_FOUR(f, y, z, w, x)                                                                \
    H2NEG__SHA1_FOUR(f, z, w, x, y)                                                                \
    H2NEG__SHA1_FOUR(f, w, x, y, z)

/* One block with the CPU's instructions, which want the first word of four on top: 4.3 x. */
H2NEG__TARGET_SHA static void h2neg__sha1_block_sha(uint32_t h[5], const unsigned char *block)
{
    const __m128i turn = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
    __m128i abcd = _mm_shuffle_epi32(H2NEG__V16_LOAD(h), 0x1b), first = abcd, now;
    __m128i e = _mm_set_epi32((int32_t)h2neg__rotate(h[4], 2), 0, 0, 0);
    __m128i w = _mm_shuffle_epi8(H2NEG__V16_LOAD(block), turn);
    __m128i x = _mm_shuffle_epi8(H2NEG__V16_LOAD(block + 16), turn);
    __m128i y = _mm_shuffle_epi8(H2NEG__V16_LOAD(block + 32), turn);
    __m128i z = _mm_shuffle_epi8(H2NEG__V16_LOAD(block + 48), turn);
    H2NEG__SHA1_TWENTY(0, w, x, y, z)
    H2NEG__SHA1_TWENTY(1, x, y, z, w)
    H2NEG__SHA1_TWENTY(2, y, z, w, x)
    H2NEG__SHA1_TWENTY(3, z, w, x, y)
    h[4] += h2neg__rotate((uint32_t)_mm_extract_epi32(e, 3), 30);
    _mm_storeu_si128((__m128i *)(void *)h, _mm_shuffle_epi32(_mm_add_epi32(abcd, first), 0x1b));
}
#undef H2NEG__SHA1_FOUR
#undef H2NEG__SHA1_TWENTY
#endif

/* Twenty rounds with this function and constant (FIPS 180-4 4.1.1, 4.2.1). Of the words, the 16
   from `t` on stand in `w`: one that was used makes place for that of 16 rounds later (1.9 x
   the speed of 80 words made before, where gcc's vectors wait for stores). */
#define H2NEG__SHA1_TWENTY(f, constant)                                                            \
    for (end = t + 20; t < end; t++) {                                                             \
        uint32_t now = w[t & 15];                                                                  \
        uint32_t next = h2neg__rotate(a, 5) + (f) + e + now + constant;                            \
        now ^= w[(t + 13) & 15] ^ w[(t + 8) & 15] ^ w[(t + 2) & 15];                               \
        w[t & 15] = h2neg__rotate(now, 1);                                                         \
        e = d;                                                                                     \
        d = c;                                                                                     \
        c = h2neg__rotate(b, 30);                                                                  \
        b = a;                                                                                     \
        a = next;                                                                                  \
    }

/* One block of 64 octets (FIPS 180-4 6.1.2). */
static void h2neg__sha1_block_scalar(uint32_t h[5], const unsigned char *block)
{
    uint32_t w[16], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    unsigned t, end;
    for (t = 0; t < 16; t++, block += 4)
        w[t] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 |
               block[3];
    t = 0;
    H2NEG__SHA1_TWENTY(d ^ (b & (c ^ d)), 0x5a827999u)
    H2NEG__SHA1_TWENTY(b ^ c ^ d, 0x6ed9eba1u)
    H2NEG__SHA1_TWENTY((b & c) | (d & (b | c)), 0x8f1bbcdcu)
    H2NEG__SHA1_TWENTY(b ^ c ^ d, 0xca62c1d6u)
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
    h[4] += e;
}
#undef H2NEG__SHA1_TWENTY

static void h2neg__sha1_block(uint32_t h[5], const unsigned char *block)
{
#ifdef H2NEG__HAS_SHA
    if (H2NEG__HAS_SHA()) {
        h2neg__sha1_block_sha(h, block);
        return;
    }
#endif
    h2neg__sha1_block_scalar(h, block);
}

/* A word, the first octet on top: one store. */
static void h2neg__sha1_put(unsigned char *out, uint32_t v)
{
    out[0] = (unsigned char)(v >> 24);
    out[1] = (unsigned char)(v >> 16 & 255);
    out[2] = (unsigned char)(v >> 8 & 255);
    out[3] = (unsigned char)(v & 255);
}

H2NEG__DEF void h2neg_sha1_update(h2neg_sha1 *s, const void *in, size_t len)
{
    const unsigned char *p = (const unsigned char *)in;
    while (len > 0) {
        size_t at = (size_t)(s->length % 64), n = len < 64 - at ? len : 64 - at;
        h2neg__copy(s->block + at, p, n);
        s->length += n;
        p += n;
        len -= n;
        if (at + n == 64)
            h2neg__sha1_block(s->h, s->block);
    }
}

/* Padding (FIPS 180-4 5.1.1): one bit, zeros, and the length in bits as 64 bits. */
H2NEG__DEF void h2neg_sha1_final(h2neg_sha1 *s, unsigned char digest[20])
{
    size_t at = (size_t)(s->length % 64);
    unsigned i;
    s->block[at++] = 0x80;
    memset(s->block + at, 0, 64 - at);
    if (at > 56) {
        h2neg__sha1_block(s->h, s->block);
        memset(s->block, 0, 56);
    }
    h2neg__sha1_put(s->block + 56, (uint32_t)(s->length >> 29));
    h2neg__sha1_put(s->block + 60, (uint32_t)(s->length << 3 & 0xffffffffu));
    h2neg__sha1_block(s->h, s->block);
    for (i = 0; i < 5; i++)
        h2neg__sha1_put(digest + 4 * i, s->h[i]);
}

/* ==== 06 >>error ===========================================================
   What errors are called and how the protocols put them.  Uses >>bytes.
   Memory: one constant table, made of H2NEG_ERROR_LIST.
   Every question about any code has an answer that can be printed.
   ========================================================================== */

typedef struct h2neg__error_row {
    const char *name, *section, *text;
    uint32_t h2;
    int status;
} h2neg__error_row;

/* clang-format off */
/* By -code: row 0 is no error, and behind the last stands what an unknown code answers. */
#define H2NEG__ERROR_ROW(name, h2, status, section, text)                                          \
    {#name, section, text, H2NEG_##h2, status},
static const h2neg__error_row h2neg__error_rows[] = {
    {"OK", "", "no error", H2NEG_NO_ERROR, 0},
    H2NEG_ERROR_LIST(H2NEG__ERROR_ROW)
    {"UNKNOWN", "", "unknown error", H2NEG_INTERNAL_ERROR, 0}
};
/* clang-format on */
#undef H2NEG__ERROR_ROW

H2NEG__APART static const h2neg__error_row *h2neg__error_find(int code)
{
    if (code > 0 || code <= -H2NEG__E_COUNT)
        return &h2neg__error_rows[H2NEG__E_COUNT];
    return &h2neg__error_rows[-code];
}

H2NEG__DEF const char *h2neg_error_text(int code)
{
    return h2neg__error_find(code)->text;
}

H2NEG__DEF const char *h2neg_error_name(int code)
{
    return h2neg__error_find(code)->name;
}

H2NEG__DEF const char *h2neg_error_section(int code)
{
    return h2neg__error_find(code)->section;
}

H2NEG__DEF uint32_t h2neg_error_h2(int code)
{
    return h2neg__error_find(code)->h2;
}

H2NEG__DEF int h2neg_error_status(int code)
{
    return h2neg__error_find(code)->status;
}

H2NEG__DEF const char *h2neg_h2_error_name(uint32_t code)
{
    static const char *const names[] = {"NO_ERROR",
                                        "PROTOCOL_ERROR",
                                        "INTERNAL_ERROR",
                                        "FLOW_CONTROL_ERROR",
                                        "SETTINGS_TIMEOUT",
                                        "STREAM_CLOSED",
                                        "FRAME_SIZE_ERROR",
                                        "REFUSED_STREAM",
                                        "CANCEL",
                                        "COMPRESSION_ERROR",
                                        "CONNECT_ERROR",
                                        "ENHANCE_YOUR_CALM",
                                        "INADEQUATE_SECURITY",
                                        "HTTP_1_1_REQUIRED"};
    return code < H2NEG__COUNT(names) ? names[code] : "unknown";
}

H2NEG__DEF int h2neg_error_ws(int code)
{
    static const struct {
        int error, code;
    } table[] = {{0, H2NEG_WS_NORMAL},
                 {H2NEG_ERR_WS_UTF8, H2NEG_WS_INVALID_DATA},
                 {H2NEG_ERR_WS_DEFLATE, H2NEG_WS_INVALID_DATA},
                 {H2NEG_ERR_LIMIT_OVERHEAD, H2NEG_WS_POLICY},
                 {H2NEG_ERR_LIMIT_EMPTY, H2NEG_WS_POLICY},
                 {H2NEG_ERR_LIMIT_MESSAGE, H2NEG_WS_TOO_BIG},
                 {H2NEG_ERR_NOMEM, H2NEG_WS_INTERNAL_ERROR},
                 {H2NEG_ERR_NO_RANDOM, H2NEG_WS_ABNORMAL},
                 {H2NEG_ERR_WS_ABNORMAL, H2NEG_WS_ABNORMAL},
                 {H2NEG_ERR_TIMEOUT_CLOSE, H2NEG_WS_ABNORMAL},
                 {H2NEG_ERR_LOST, H2NEG_WS_ABNORMAL}};
    size_t i;
    for (i = 0; i < H2NEG__COUNT(table); i++)
        if (table[i].error == code)
            return table[i].code;
    return H2NEG_WS_PROTOCOL_ERROR;
}

/* ==== 06a >>fields =========================================================
   RFC 9110 5 and 15, RFC 3986 3.  Uses >>bytes >>chars.
   Memory: none; answers are slices of the caller's texts, copies go where the caller says.
   Small helpers; what they refuse they refuse whole, and say so.
   ========================================================================== */

H2NEG__DEF h2neg_str h2neg_s(const char *text)
{
    return h2neg__str(text, text ? strlen(text) : 0);
}

H2NEG__DEF h2neg_field h2neg_f(const char *name, const char *value)
{
    h2neg_field f;
    f.name = h2neg_s(name);
    f.value = h2neg_s(value);
    f.flags = 0;
    return f;
}

H2NEG__DEF int h2neg_is(h2neg_str s, const char *text)
{
    return h2neg__same(s, h2neg_s(text));
}

H2NEG__DEF int h2neg_is_nocase(h2neg_str s, const char *text)
{
    return h2neg__same_nocase(s, h2neg_s(text));
}

H2NEG__DEF const h2neg_field *h2neg_find(const h2neg_field *fields, size_t count, const char *name,
                                         size_t *at)
{
    h2neg_str wanted = h2neg_s(name);
    size_t i = at ? *at : 0;
    while (i < count && !h2neg__same_nocase(fields[i].name, wanted))
        i++;
    if (at)
        *at = i < count ? i + 1 : i;
    return i < count ? &fields[i] : NULL;
}

/* The offset of the comma that ends the item at `at`, or of the end. A comma in a quoted-string is
   part of it (RFC 9110 5.6.4); one that is never closed reaches to the end. */
static size_t h2neg__item_end(h2neg_str s, size_t at)
{
    int quoted = 0;
    for (; at < s.len && (quoted || s.ptr[at] != ','); at++) {
        if (s.ptr[at] == '"')
            quoted = !quoted;
        else if (quoted && s.ptr[at] == '\\' && s.len - at > 1)
            at++;
    }
    return at;
}

static int h2neg__parts_items(char c)
{
    return c == ',' || c == ' ' || c == '\t';
}

H2NEG__DEF int h2neg_list_next(h2neg_list *list, const h2neg_field *fields, size_t count,
                               const char *name, h2neg_str *item)
{
    h2neg_str wanted = h2neg_s(name);
    for (; list->field < count; list->field++, list->at = 0) {
        h2neg_str value = fields[list->field].value;
        size_t end;
        if (!h2neg__same_nocase(fields[list->field].name, wanted))
            continue;
        while (list->at < value.len && h2neg__parts_items(value.ptr[list->at]))
            list->at++;
        if (list->at >= value.len)
            continue;
        end = h2neg__item_end(value, list->at);
        *item = h2neg__trim(h2neg__str(value.ptr + list->at, end - list->at));
        list->at = end;
        return 1;
    }
    *item = h2neg__str(NULL, 0);
    return 0;
}

/* Slices may overlap, so that their sum can pass what memory there is: it stops at SIZE_MAX. */
H2NEG__DEF size_t h2neg_fields_size(const h2neg_field *fields, size_t count)
{
    size_t i, size = count * sizeof *fields;
    for (i = 0; i < count; i++) {
        size_t name = fields[i].name.len, value = fields[i].value.len;
        size = name > SIZE_MAX - size ? SIZE_MAX : size + name;
        size = value > SIZE_MAX - size ? SIZE_MAX : size + value;
    }
    return size;
}

static h2neg_str h2neg__put_copy(h2neg__writer *w, h2neg_str s)
{
    h2neg_str copy = h2neg__str(w->p, s.len);
    h2neg__put_str(w, s);
    return copy;
}

H2NEG__DEF h2neg_field *h2neg_fields_copy(void *block, size_t size, const h2neg_field *fields,
                                          size_t count)
{
    h2neg_field *copy = (h2neg_field *)block;
    h2neg__writer w;
    size_t i;
    if (!block || size < h2neg_fields_size(fields, count))
        return NULL;
    w = h2neg__write(copy + count, size - count * sizeof *fields);
    for (i = 0; i < count; i++) {
        copy[i].flags = fields[i].flags;
        copy[i].name = h2neg__put_copy(&w, fields[i].name);
        copy[i].value = h2neg__put_copy(&w, fields[i].value);
    }
    return copy;
}

typedef struct h2neg__status_row {
    int status;
    const char *text;
} h2neg__status_row;

/* The IANA registry of status codes, sorted (RFC 9110 15, 16.2.1; RFC 8297 2 for 103). */
/* clang-format off */
static const h2neg__status_row h2neg__statuses[] = {
    {100, "Continue"}, {101, "Switching Protocols"}, {102, "Processing"}, {103, "Early Hints"},
    {200, "OK"}, {201, "Created"}, {202, "Accepted"}, {203, "Non-Authoritative Information"},
    {204, "No Content"}, {205, "Reset Content"}, {206, "Partial Content"}, {207, "Multi-Status"},
    {208, "Already Reported"}, {226, "IM Used"}, {300, "Multiple Choices"},
    {301, "Moved Permanently"}, {302, "Found"}, {303, "See Other"}, {304, "Not Modified"},
    {305, "Use Proxy"}, {307, "Temporary Redirect"}, {308, "Permanent Redirect"},
    {400, "Bad Request"}, {401, "Unauthorized"}, {402, "Payment Required"}, {403, "Forbidden"},
    {404, "Not Found"}, {405, "Method Not Allowed"}, {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"}, {408, "Request Timeout"}, {409, "Conflict"},
    {410, "Gone"}, {411, "Length Required"}, {412, "Precondition Failed"},
    {413, "Content Too Large"}, {414, "URI Too Long"}, {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"}, {417, "Expectation Failed"}, {421, "Misdirected Request"},
    {422, "Unprocessable Content"}, {423, "Locked"}, {424, "Failed Dependency"},
    {425, "Too Early"}, {426, "Upgrade Required"}, {428, "Precondition Required"},
    {429, "Too Many Requests"}, {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"}, {500, "Internal Server Error"},
    {501, "Not Implemented"}, {502, "Bad Gateway"}, {503, "Service Unavailable"},
    {504, "Gateway Timeout"}, {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"}, {507, "Insufficient Storage"}, {508, "Loop Detected"},
    {510, "Not Extended"}, {511, "Network Authentication Required"}
};
/* clang-format on */

H2NEG__DEF const char *h2neg_status_text(int status)
{
    size_t low = 0, high = H2NEG__COUNT(h2neg__statuses);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (h2neg__statuses[middle].status == status)
            return h2neg__statuses[middle].text;
        if (h2neg__statuses[middle].status < status)
            low = middle + 1;
        else
            high = middle;
    }
    return "";
}

/* The Gregorian date `days` after 1 January of the year 0. Years are counted from March, so that
   the leap day is the last of its year, and from the year -400, so that cycles of 400 years begin
   there. */
static void h2neg__date(int64_t days, int *year, int *month, int *day)
{
    int d, y, m;
    days += 146097 - 60;
    y = (int)(days / 146097) * 400 - 400;
    d = (int)(days % 146097);
    m = d / 36524 < 3 ? d / 36524 : 3; /* centuries; the fourth is a day longer */
    y += 100 * m;
    d -= 36524 * m;
    y += d / 1461 * 4;
    d %= 1461;
    m = d / 365 < 3 ? d / 365 : 3; /* years; the fourth is a day longer */
    y += m;
    d -= 365 * m;
    m = (5 * d + 2) / 153; /* months of 31 30 31 30 31, 31 30 31 30 31, 31 and what is left */
    *day = d - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = m < 10 ? y : y + 1;
}

/* `digits` decimal digits with leading zeros, and what follows them. */
static void h2neg__put_padded(h2neg__writer *w, int value, unsigned digits, const char *behind)
{
    char text[4];
    unsigned i;
    for (i = digits; i > 0; i--, value /= 10)
        text[i - 1] = (char)('0' + value % 10);
    h2neg__put(w, text, digits);
    h2neg__put_text(w, behind);
}

H2NEG__DEF void h2neg_http_date(char out[30], int64_t unix_seconds)
{
    static const char days[] = "Sat, Sun, Mon, Tue, Wed, Thu, Fri, ";
    static const char months[] = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec ";
    const int64_t first = -(int64_t)62167219200, last = (int64_t)253402300799; /* years 0, 9999 */
    int64_t t = unix_seconds < first ? first : unix_seconds > last ? last : unix_seconds;
    int year, month, day, second;
    h2neg__writer w = h2neg__write(out, 30);
    t -= first;
    second = (int)(t % 86400);
    t /= 86400;
    h2neg__date(t, &year, &month, &day);
    h2neg__put(&w, days + 5 * (t % 7), 5);
    h2neg__put_padded(&w, day, 2, " ");
    h2neg__put(&w, months + 4 * (month - 1), 4);
    h2neg__put_padded(&w, year, 4, " ");
    h2neg__put_padded(&w, second / 3600, 2, ":");
    h2neg__put_padded(&w, second / 60 % 60, 2, ":");
    h2neg__put_padded(&w, second % 60, 2, " GMT");
    h2neg__put(&w, "", 1);
}

/* The octets up to (not including) the first that `stops` has; they are taken off `rest`. */
static h2neg_str h2neg__take_until(h2neg_str *rest, const char *stops)
{
    h2neg_str taken = *rest;
    size_t n = 0;
    while (n < rest->len && (rest->ptr[n] == 0 || !strchr(stops, rest->ptr[n])))
        n++;
    taken.len = n;
    if (n) /* NULL + 0 is undefined in C */
        rest->ptr += n;
    rest->len -= n;
    return taken;
}

/* 1 and taken off when `rest` begins with this octet. */
H2NEG__APART static int h2neg__eat(h2neg_str *rest, char c)
{
    if (rest->len == 0 || rest->ptr[0] != c)
        return 0;
    rest->ptr++;
    rest->len--;
    return 1;
}

/* Unreserved octets, sub-delims, pct-encoded ones, and those of `more` (RFC 3986 2, 3.3). */
static int h2neg__is_uri(h2neg_str s, const char *more)
{
    size_t i;
    for (i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!h2neg__is_class(c, H2NEG__HOST) && (c == 0 || !strchr(more, c)))
            return 0;
        if (c == '%' && (s.len - i < 3 || !h2neg__all(h2neg__str(s.ptr + i + 1, 2), H2NEG__HEX)))
            return 0;
    }
    return 1;
}

/* dec-octet: 0 to 255 without leading zeros (RFC 3986 3.2.2) */
static int h2neg__is_dec_octet(h2neg_str s)
{
    uint64_t value;
    return s.len <= 3 && h2neg__decimal(s, &value) && value <= 255 &&
           (s.len == 1 || s.ptr[0] != '0');
}

static int h2neg__is_ipv4(h2neg_str s)
{
    int i;
    for (i = 0; i < 4; i++) {
        if (i > 0 && !h2neg__eat(&s, '.'))
            return 0;
        if (!h2neg__is_dec_octet(h2neg__take_until(&s, ".")))
            return 0;
    }
    return s.len == 0;
}

/* Eight groups of 1 to 4 hex digits, the last two maybe written as IPv4; or up to seven and, once,
   a "::" for those that are missing (RFC 3986 3.2.2). */
static int h2neg__is_ipv6(h2neg_str s)
{
    int groups = 0, gap = 0;
    if (s.len >= 2 && s.ptr[0] == ':' && s.ptr[1] == ':') {
        gap = 1;
        s = h2neg__str(s.ptr + 2, s.len - 2);
    }
    while (s.len > 0 && groups < 8) {
        h2neg_str group;
        if (h2neg__is_ipv4(s)) {
            groups += 2;
            s.len = 0;
            break;
        }
        group = h2neg__take_until(&s, ":");
        if (group.len < 1 || group.len > 4 || !h2neg__all(group, H2NEG__HEX))
            return 0;
        groups++;
        if (h2neg__eat(&s, ':')) {
            if (s.len == 0 || (s.ptr[0] == ':' && gap))
                return 0;
            gap |= h2neg__eat(&s, ':');
        }
    }
    return s.len == 0 && (gap ? groups <= 7 : groups == 8);
}

/* ---- names that HTTP itself gives a meaning ---- */

enum {
    H2NEG__NAME_HOP = 1, /* connection-specific (RFC 9113 8.2.2) */
    H2NEG__NAME_TE = 2,
    H2NEG__NAME_SETTINGS = 4, /* http2-settings */
    H2NEG__NAME_HOST = 8,
    H2NEG__NAME_COOKIE = 16,
    H2NEG__NAME_LENGTH = 32, /* content-length */
    H2NEG__NAME_FRAMED = 15  /* what the connection says itself (RFC 9110 7.6.1) */
};

/* Which of these a name is, or 0, in whatever case. Most names have another length than all. */
static unsigned h2neg__name_is(h2neg_str name)
{
    static const struct {
        unsigned char what, len;
        char name[18];
    } known[] = {{H2NEG__NAME_TE, 2, "te"},
                 {H2NEG__NAME_HOST, 4, "host"},
                 {H2NEG__NAME_COOKIE, 6, "cookie"},
                 {H2NEG__NAME_HOP, 7, "upgrade"},
                 {H2NEG__NAME_HOP, 10, "connection"},
                 {H2NEG__NAME_HOP, 10, "keep-alive"},
                 {H2NEG__NAME_LENGTH, 14, "content-length"},
                 {H2NEG__NAME_SETTINGS, 14, "http2-settings"},
                 {H2NEG__NAME_HOP, 16, "proxy-connection"},
                 {H2NEG__NAME_HOP, 17, "transfer-encoding"}};
    static const unsigned char from[18] = {10, 10, 0,  10, 1,  10, 2,  3, 10,
                                           10, 4,  10, 10, 10, 6,  10, 8, 9};
    size_t i = name.len < sizeof from ? from[name.len] : H2NEG__COUNT(known);
    for (; i < H2NEG__COUNT(known) && known[i].len == name.len; i++)
        if ((name.ptr[0] | 0x20) == known[i].name[0] &&
            h2neg__same_nocase(name, h2neg__str(known[i].name, known[i].len)))
            return known[i].what;
    return 0;
}

/* What a field's flags may say besides, inside a connection: rules of HTTP/2 that it is known to
   keep to, so that nobody looks again. */
enum {
    H2NEG__MARK_NAME = 0x10000,  /* h2neg__is_lower(name), and h2neg__name_is(name) is 0 */
    H2NEG__MARK_VALUE = 0x20000, /* h2neg__is_value(value) */
    H2NEG__MARK_HOST = 0x40000,  /* :authority, and h2neg__host_right(value) */
    H2NEG__MARKS = 0x70000
};

/* Between the brackets: IPv6address / "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ) */
static int h2neg__is_ip_literal(h2neg_str s)
{
    h2neg_str version;
    if (!h2neg__eat(&s, 'v') && !h2neg__eat(&s, 'V'))
        return h2neg__is_ipv6(s);
    version = h2neg__take_until(&s, ".");
    return version.len > 0 && h2neg__all(version, H2NEG__HEX) && h2neg__eat(&s, '.') && s.len > 0 &&
           h2neg__is_uri(s, ":") && !memchr(s.ptr, '%', s.len);
}

static int h2neg__host_check(h2neg_str host)
{
    if (host.len == 0)
        return 0;
    if (host.ptr[0] != '[')
        return h2neg__is_uri(host, "");
    return host.len > 2 && host.ptr[host.len - 1] == ']' &&
           h2neg__is_ip_literal(h2neg__str(host.ptr + 1, host.len - 2));
}

H2NEG__DEF int h2neg_authority_parse(h2neg_authority *out, h2neg_str text)
{
    int literal = text.len > 0 && text.ptr[0] == '[';
    h2neg_str rest = text, host = h2neg__take_until(&rest, literal ? "]" : ":");
    uint64_t port;
    out->host = h2neg__str(NULL, 0);
    out->port = -1;
    if (h2neg__eat(&rest, ']'))
        host.len++;
    if (!h2neg__host_check(host) || (rest.len > 0 && !h2neg__eat(&rest, ':')))
        return H2NEG_ERR_URL;
    if (rest.len > 0) {
        if (rest.len > 5 || !h2neg__decimal(rest, &port) || port > 65535)
            return H2NEG_ERR_URL;
        out->port = (int)port;
    }
    out->host = host;
    return 0;
}

/* What is left behind the first `n` octets. */
static h2neg_str h2neg__behind(h2neg_str s, size_t n)
{
    return h2neg__str(s.ptr + n, s.len - n);
}

/* The port that a scheme means where none is given. */
static int h2neg__port_of(int port, h2neg_str scheme)
{
    if (port >= 0)
        return port;
    if (H2NEG__IS_NOCASE(scheme, "http") || H2NEG__IS_NOCASE(scheme, "ws"))
        return 80;
    return H2NEG__IS_NOCASE(scheme, "https") || H2NEG__IS_NOCASE(scheme, "wss") ? 443 : -1;
}

/* 1 when both name one host and port, which may be left out where it is the scheme's own (RFC 3986
   6.2.3). */
static int h2neg__same_authority(h2neg_str a, h2neg_str b, h2neg_str scheme)
{
    h2neg_authority x, y;
    return h2neg__same_nocase(a, b) ||
           (h2neg_authority_parse(&x, a) == 0 && h2neg_authority_parse(&y, b) == 0 &&
            h2neg__same_nocase(x.host, y.host) &&
            h2neg__port_of(x.port, scheme) == h2neg__port_of(y.port, scheme));
}

/* 1: uri-host [ ":" port ] or empty, as Host is (RFC 9112 3.2); a plain name with or without a port
   is seen to be right at once. */
static int h2neg__host_right(h2neg_str host)
{
    h2neg_authority a;
    uint64_t port;
    size_t n = 0;
    while (n < host.len && h2neg__is_class(host.ptr[n], H2NEG__HOST) && host.ptr[n] != '%')
        n++;
    if (n > 0 && n < host.len && host.len - n <= 6 && host.ptr[n] == ':' &&
        h2neg__decimal(h2neg__behind(host, n + 1), &port))
        return port <= 65535;
    return n == host.len || h2neg_authority_parse(&a, host) == 0;
}

static unsigned h2neg__field_marks(h2neg_str name, h2neg_str value)
{
    unsigned marks = h2neg__is_value(value) ? (unsigned)H2NEG__MARK_VALUE : 0;
    if (h2neg__is_lower(name) && !h2neg__name_is(name))
        marks |= H2NEG__MARK_NAME;
    if (H2NEG__IS(name, ":authority") && h2neg__host_right(value))
        marks |= H2NEG__MARK_HOST;
    return marks;
}

/* scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) (RFC 3986 3.1) */
static int h2neg__is_scheme(h2neg_str s)
{
    size_t i;
    if (s.len == 0 || !h2neg__is_class(s.ptr[0], H2NEG__ALPHA))
        return 0;
    for (i = 1; i < s.len; i++)
        if (!h2neg__is_class(s.ptr[i], H2NEG__ALPHA | H2NEG__DIGIT) && s.ptr[i] != '+' &&
            s.ptr[i] != '-' && s.ptr[i] != '.')
            return 0;
    return 1;
}

/* scheme "://" authority path-abempty [ "?" query ] [ "#" fragment ] (RFC 3986 3); whether the
   octets of the parts are right is asked when they have been cut. 1, or 0 when it does not look
   like that. */
static int h2neg__url_cut(h2neg_url *url, h2neg_str *fragment, h2neg_str rest)
{
    url->scheme = h2neg__take_until(&rest, ":");
    if (!h2neg__eat(&rest, ':') || !h2neg__eat(&rest, '/') || !h2neg__eat(&rest, '/'))
        return 0;
    url->authority = h2neg__take_until(&rest, "/?#");
    url->target = h2neg__str(rest.ptr, 0);
    url->path = h2neg__take_until(&rest, "?#");
    url->query = h2neg__str(rest.ptr, 0);
    if (h2neg__eat(&rest, '?'))
        url->query = h2neg__take_until(&rest, "#");
    url->target.len = (size_t)(rest.ptr - url->target.ptr);
    *fragment = rest;
    h2neg__eat(fragment, '#');
    return 1;
}

H2NEG__DEF int h2neg_url_parse(h2neg_url *out, h2neg_str text)
{
    h2neg_str fragment;
    h2neg_authority authority;
    memset(out, 0, sizeof *out);
    if (!h2neg__url_cut(out, &fragment, text) || !h2neg__is_scheme(out->scheme) ||
        h2neg_authority_parse(&authority, out->authority) != 0 ||
        !h2neg__is_uri(out->path, ":@/") || !h2neg__is_uri(out->query, ":@/?") ||
        !h2neg__is_uri(fragment, ":@/?"))
        return H2NEG_ERR_URL;
    out->host = authority.host;
    out->port = authority.port;
    return 0;
}

/* ==== 07 >>h1-head =========================================================
   RFC 9112 2 to 5.  Uses >>chars >>scan >>error.
   Memory: the caller lends the fields and the room for unfolded values; nothing is allocated.
   What a head is, or what is wrong with it and where, does not depend on how it arrived.
   ========================================================================== */

/* Two stages. The first runs over octets that no call has seen yet and stops at the first that is
   wrong: an illegal octet, a line that is too long, an empty line too many. When the first line's
   end is there it is read at once, so garbage is refused before it makes up a whole head. The
   second stage reads the field lines, once, when the empty line is there. So errors come in this
   order: the octets of the first line, the first line, the octets of the rest, its fields from
   first to last, Host. Between calls only offsets are kept (head->scan): the caller may have moved
   the octets. */

enum { H2NEG__REQUEST, H2NEG__RESPONSE, H2NEG__TRAILERS };

enum { H2NEG__METHOD_MAX = 32 };

/* One call's work, with every default filled in. */
typedef struct h2neg__h1 {
    h2neg_h1_head *head;
    const char *in;
    size_t len; /* at most what a head may have */
    int kind;
    size_t max_line, max_field_line;
    unsigned max_empty;
    /* second stage */
    const char *p;      /* the line that is next */
    size_t list_left;   /* of max_list */
    h2neg__writer text; /* unfolded values */
} h2neg__h1;

static int h2neg__h1_fail(h2neg__h1 *h, int code, const char *octet)
{
    h->head->error_at = (size_t)(octet - h->in);
    return code;
}

/* What stands before the first `c`; all of it where there is none. */
static h2neg_str h2neg__until(h2neg_str s, char c)
{
    const void *found = s.len ? memchr(s.ptr, c, s.len) : NULL;
    return found ? h2neg__str(s.ptr, (size_t)((const char *)found - s.ptr)) : s;
}

/* How many of the first octets are of the class. */
static size_t h2neg__span(h2neg_str s, unsigned classes)
{
    size_t n = 0;
    while (n < s.len && h2neg__is_class(s.ptr[n], classes))
        n++;
    return n;
}

/* ---- the first line */

/* HTTP-version = %s"HTTP" "/" DIGIT "." DIGIT (RFC 9112 2.3). `malformed`: the error where it is
   not that. */
static int h2neg__h1_version(h2neg__h1 *h, h2neg_str version, int malformed)
{
    static const char pattern[] = "HTTP/0.0";
    size_t i;
    if (version.len == 8 && memcmp(version.ptr, "HTTP/1.1", 8) == 0) {
        h->head->minor = 1;
        return 0;
    }
    for (i = 0; i < sizeof pattern - 1; i++) {
        if (i == version.len)
            return h2neg__h1_fail(h, malformed, version.ptr + i);
        if (pattern[i] == '0' ? !h2neg__is_class(version.ptr[i], H2NEG__DIGIT)
                              : version.ptr[i] != pattern[i])
            return h2neg__h1_fail(h, malformed, version.ptr + i);
    }
    if (version.len > i)
        return h2neg__h1_fail(h, malformed, version.ptr + i);
    if (version.ptr[5] != '1')
        return h2neg__h1_fail(h, H2NEG_ERR_H1_VERSION, version.ptr + 5);
    h->head->minor = version.ptr[7] > '0'; /* a later minor is read as 1.1 (RFC 9110 6.2) */
    return 0;
}

/* authority-form = uri-host ":" port (RFC 9112 3.2.3); RFC 9110 9.3.6: an empty or invalid port is
   refused. */
static int h2neg__h1_authority_form(h2neg_h1_head *head)
{
    h2neg_authority a;
    head->form = H2NEG_FORM_AUTHORITY;
    head->authority = head->target;
    return h2neg_authority_parse(&a, head->target) == 0 && a.port > 0;
}

/* origin-form = absolute-path [ "?" query ] (RFC 9112 3.2.1) */
static int h2neg__h1_origin_form(h2neg_h1_head *head)
{
    head->form = H2NEG_FORM_ORIGIN;
    head->path = h2neg__until(head->target, '?');
    if (head->path.len < head->target.len)
        head->query = h2neg__behind(head->target, head->path.len + 1);
    return 1;
}

/* absolute-form = absolute-URI (RFC 9112 3.2.2) */
static int h2neg__h1_absolute_form(h2neg_h1_head *head)
{
    h2neg_url url;
    if (h2neg_url_parse(&url, head->target) != 0)
        return 0;
    head->form = H2NEG_FORM_ABSOLUTE;
    head->scheme = url.scheme;
    head->authority = url.authority;
    head->path = url.path;
    if (head->target.ptr[head->target.len - 1] == '?' || url.query.len)
        head->query = url.query;
    return 1;
}

/* asterisk-form = "*" (RFC 9112 3.2.4) */
static int h2neg__h1_asterisk_form(h2neg_h1_head *head)
{
    head->form = H2NEG_FORM_ASTERISK;
    head->path = head->target;
    return h2neg__same(head->method, H2NEG__LIT("OPTIONS"));
}

/* request-target = origin-form / absolute-form / authority-form / asterisk-form (RFC 9112 3.2) */
static int h2neg__h1_target(h2neg__h1 *h)
{
    h2neg_h1_head *head = h->head;
    size_t n = h2neg__target_span(head->target);
    int ok;
    if (n < head->target.len)
        return h2neg__h1_fail(h, H2NEG_ERR_H1_TARGET, head->target.ptr + n);
    if (h2neg__same(head->method, H2NEG__LIT("CONNECT")))
        ok = h2neg__h1_authority_form(head);
    else if (head->target.ptr[0] == '/')
        ok = h2neg__h1_origin_form(head);
    else if (h2neg__same(head->target, H2NEG__LIT("*")))
        ok = h2neg__h1_asterisk_form(head);
    else
        ok = h2neg__h1_absolute_form(head);
    return ok ? 0 : h2neg__h1_fail(h, H2NEG_ERR_H1_TARGET, head->target.ptr);
}

/* request-line = method SP request-target SP HTTP-version (RFC 9112 3) */
static int h2neg__h1_request_line(h2neg__h1 *h, h2neg_str line)
{
    size_t n = h2neg__span(line, H2NEG__TOKEN);
    int r;
    if (n > H2NEG__METHOD_MAX)
        return h2neg__h1_fail(h, H2NEG_ERR_H1_METHOD, line.ptr + H2NEG__METHOD_MAX);
    if (n == line.len)
        return h2neg__h1_fail(h, H2NEG_ERR_H1_REQUEST_LINE, line.ptr + n);
    if (n == 0 || line.ptr[n] != ' ')
        return h2neg__h1_fail(h, H2NEG_ERR_H1_METHOD, line.ptr + n);
    h->head->method = h2neg__str(line.ptr, n);
    line = h2neg__behind(line, n + 1);
    h->head->target = h2neg__until(line, ' ');
    n = h->head->target.len;
    if (n == 0 || n == line.len)
        return h2neg__h1_fail(h, H2NEG_ERR_H1_REQUEST_LINE, line.ptr + n);
    r = h2neg__h1_version(h, h2neg__behind(line, n + 1), H2NEG_ERR_H1_REQUEST_LINE);
    return r ? r : h2neg__h1_target(h);
}

/* status-code = 3DIGIT (RFC 9112 4), from 100 on: there is no class 0. 0 where it is not that. */
static int h2neg__h1_status(h2neg_str s)
{
    int status;
    if (s.len < 3 || h2neg__span(h2neg__str(s.ptr, 3), H2NEG__DIGIT) < 3)
        return 0;
    status = (s.ptr[0] - '0') * 100 + (s.ptr[1] - '0') * 10 + (s.ptr[2] - '0');
    return status >= 100 ? status : 0;
}

/* status-line = HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112 4). The first stage has
   seen to it that the phrase's octets are HTAB, SP, VCHAR or obs-text. */
static int h2neg__h1_status_line(h2neg__h1 *h, h2neg_str line)
{
    h2neg_str version = h2neg__until(line, ' ');
    int r = h2neg__h1_version(h, version, H2NEG_ERR_H1_STATUS_LINE);
    if (r)
        return r;
    if (version.len == line.len)
        return h2neg__h1_fail(h, H2NEG_ERR_H1_STATUS_LINE, line.ptr + line.len);
    line = h2neg__behind(line, version.len + 1);
    h->head->status = h2neg__h1_status(line);
    if (!h->head->status)
        return h2neg__h1_fail(h, H2NEG_ERR_H1_STATUS_LINE, line.ptr);
    line = h2neg__behind(line, 3);
    if (line.len == 0 && (h->head->lenient & H2NEG_ALLOW_NO_REASON))
        return 0;
    if (line.len == 0 || line.ptr[0] != ' ')
        return h2neg__h1_fail(h, H2NEG_ERR_H1_STATUS_LINE, line.ptr);
    h->head->reason = h2neg__behind(line, 1);
    return 0;
}

static int h2neg__h1_first_line(h2neg__h1 *h)
{
    const h2neg_h1_scan *s = &h->head->scan;
    h2neg_str line = h2neg__str(h->in + s->first, s->first_len);
    return h->kind == H2NEG__REQUEST ? h2neg__h1_request_line(h, line)
                                     : h2neg__h1_status_line(h, line);
}

/* ---- the first stage */

/* The first octets of the first line, which nothing but HTTP may have. An empty line may begin
   here, too. */
static int h2neg__h1_opening(h2neg__h1 *h)
{
    static const char name[] = "HTTP/";
    const char *p = h->in + h->head->scan.line;
    size_t n = h->len - h->head->scan.line;
    size_t i;
    if (h->kind == H2NEG__REQUEST)
        return n == 0 || *p == '\r' || *p == '\n' || h2neg__is_class(*p, H2NEG__TOKEN)
                   ? 0
                   : h2neg__h1_fail(h, H2NEG_ERR_H1_METHOD, p);
    for (i = 0; i < n && i < sizeof name - 1 && i <= h->max_line; i++) /* behind: too long */
        if (p[i] != name[i])
            return h2neg__h1_fail(h, H2NEG_ERR_H1_STATUS_LINE, p + i);
    return 0;
}

/* The first line is too long: is it the method? */
static int h2neg__h1_first_long(h2neg__h1 *h)
{
    const h2neg_h1_scan *s = &h->head->scan;
    h2neg_str line = h2neg__str(h->in + s->line, s->at - s->line);
    if (h->kind == H2NEG__REQUEST && h2neg__span(line, H2NEG__TOKEN) > H2NEG__METHOD_MAX)
        return h2neg__h1_fail(h, H2NEG_ERR_H1_METHOD, line.ptr + H2NEG__METHOD_MAX);
    return h2neg__h1_fail(h, H2NEG_ERR_H1_LINE_LONG, h->in + s->at);
}

/* To the end of the line that is read: its octets, 0 or an error, as h2neg__scan_line says. */
static int h2neg__h1_scan_line(h2neg__h1 *h, size_t max)
{
    h2neg_h1_scan *s = &h->head->scan;
    int bare_lf = (h->head->lenient & H2NEG_ALLOW_BARE_LF) != 0;
    int r = h2neg__scan_line(h->in, h->len, s->line, max, bare_lf, &s->at);
    return r < 0 ? h2neg__h1_fail(h, r, h->in + s->at) : r;
}

/* An empty line, which a server skips before a request (RFC 9112 2.2). Its end has `end` octets. */
static int h2neg__h1_skip_empty(h2neg__h1 *h, size_t end)
{
    h2neg_h1_scan *s = &h->head->scan;
    if (s->empty == h->max_empty)
        return h2neg__h1_fail(h, H2NEG_ERR_H1_EMPTY_LINES, h->in + s->line);
    s->empty++;
    s->at += end;
    s->line = s->at;
    return 0;
}

/* 1: the first line is there and right; 0: more is needed; < 0: an error. */
static int h2neg__h1_scan_first(h2neg__h1 *h)
{
    h2neg_h1_scan *s = &h->head->scan;
    int end, r;
    for (;;) {
        r = h2neg__h1_opening(h);
        if (r < 0)
            return r;
        end = h2neg__h1_scan_line(h, h->max_line);
        if (end == H2NEG_ERR_H1_FIELD_LONG)
            return h2neg__h1_first_long(h);
        if (end <= 0)
            return end;
        if (s->at > s->line)
            break;
        r = h2neg__h1_skip_empty(h, (size_t)end);
        if (r < 0)
            return r;
    }
    s->first = s->line;
    s->first_len = s->at - s->line;
    s->at += (size_t)end;
    s->line = s->at;
    s->fields = s->at;
    r = h2neg__h1_first_line(h);
    s->in_fields = r == 0;
    return r ? r : 1;
}

/* 1: the empty line is there; 0: more is needed; < 0: an error. */
static int h2neg__h1_scan_fields(h2neg__h1 *h)
{
    h2neg_h1_scan *s = &h->head->scan;
    for (;;) {
        int end = h2neg__h1_scan_line(h, h->max_field_line);
        int empty = s->at == s->line;
        if (end <= 0)
            return end;
        s->at += (size_t)end;
        s->line = s->at;
        if (empty)
            return 1;
    }
}

/* ---- the second stage */

/* The next line, without its end. */
static h2neg_str h2neg__h1_line(h2neg__h1 *h)
{
    size_t left = h->head->scan.at - (size_t)(h->p - h->in);
    h2neg_str line = h2neg__until(h2neg__str(h->p, left), '\n');
    h->p += line.len + 1;
    H2NEG__NEVER(line.len == 0); /* the first stage stops at an empty one */
    if (line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* Why is there no colon behind the `n` octets of token that the line begins with? */
static int h2neg__h1_bad_name(h2neg__h1 *h, h2neg_str line, size_t n)
{
    h2neg_str name = h2neg__until(line, ':');
    if (name.len == line.len)
        return h2neg__h1_fail(h, H2NEG_ERR_H1_FIELD_COLON, line.ptr + line.len);
    if (n > 0 && h2neg__trim(name).len == n)
        return h2neg__h1_fail(h, H2NEG_ERR_H1_FIELD_SPACE, line.ptr + n);
    return h2neg__h1_fail(h, H2NEG_ERR_H1_FIELD_NAME, line.ptr + n);
}

/* field-line = field-name ":" OWS field-value OWS (RFC 9112 5) */
static int h2neg__h1_field_line(h2neg__h1 *h, h2neg_str line, h2neg_field *f)
{
    size_t n = h2neg__span(line, H2NEG__TOKEN);
    if (n == 0 || n == line.len || line.ptr[n] != ':')
        return h2neg__h1_bad_name(h, line, n);
    f->name = h2neg__str(line.ptr, n);
    f->value = h2neg__trim(h2neg__behind(line, n + 1));
    f->flags = 0;
    return 0;
}

static int h2neg__is_folded(const char *line)
{
    return *line == ' ' || *line == '\t';
}

/* obs-fold = OWS CRLF RWS (RFC 9112 5.2), and the rest of `line`: one SP and what stands there are
   put behind the value, which the first fold copies to the end of the lent text. */
static int h2neg__h1_fold(h2neg__h1 *h, h2neg_str line, h2neg_field *f, int first)
{
    int allowed = h->kind == H2NEG__RESPONSE || (h->head->lenient & H2NEG_ALLOW_FOLD);
    if (!allowed || !h->head->text)
        return h2neg__h1_fail(h, H2NEG_ERR_H1_FOLD, line.ptr);
    if (first) {
        const void *start = h->text.p;
        h2neg__put_str(&h->text, f->value);
        f->value.ptr = (const char *)start;
    }
    h2neg__put(&h->text, " ", 1);
    h2neg__put_str(&h->text, h2neg__trim(line));
    if (h->text.bad)
        return h2neg__h1_fail(h, H2NEG_ERR_H1_HEAD_LARGE, line.ptr);
    f->value.len = (size_t)((const char *)h->text.p - f->value.ptr);
    return 0;
}

static int h2neg__h1_add(h2neg__h1 *h, const h2neg_field *f)
{
    size_t size = f->name.len + f->value.len;
    if (h->head->count == h->head->room)
        return h2neg__h1_fail(h, H2NEG_ERR_H1_FIELDS_MANY, f->name.ptr);
    if (size > h->max_field_line) /* unfolded; a line alone was measured by the first stage */
        return h2neg__h1_fail(h, H2NEG_ERR_H1_FIELD_LONG, f->name.ptr);
    if (h->list_left < 32 || size > h->list_left - 32)
        return h2neg__h1_fail(h, H2NEG_ERR_H1_HEAD_LARGE, f->name.ptr);
    h->list_left -= size + 32;
    h->head->fields[h->head->count++] = *f;
    return 0;
}

/* One field with its folds. Behind its last line there always is one more octet, the empty
   line's. */
static int h2neg__h1_field(h2neg__h1 *h)
{
    h2neg_field f;
    int r = h2neg__is_folded(h->p) ? h2neg__h1_fail(h, H2NEG_ERR_H1_FOLD, h->p)
                                   : h2neg__h1_field_line(h, h2neg__h1_line(h), &f);
    int first = 1;
    while (r == 0 && h2neg__is_folded(h->p)) {
        r = h2neg__h1_fold(h, h2neg__h1_line(h), &f, first);
        first = 0;
    }
    if (r < 0)
        return r;
    if (!first)
        f.value = h2neg__trim(f.value);
    return h2neg__h1_add(h, &f);
}

/* The first field Host from `f` on, or NULL. */
static const h2neg_field *h2neg__h1_find_host(const h2neg_field *f, const h2neg_field *end)
{
    for (; f != end; f++)
        if (f->name.len == 4 && h2neg__same_nocase(f->name, H2NEG__LIT("host")))
            return f;
    return NULL;
}

/* Host (RFC 9112 3.2): exactly one in HTTP/1.1, at most one in HTTP/1.0; empty, or uri-host [ ":"
   port ]. */
static int h2neg__h1_host(h2neg__h1 *h)
{
    h2neg_h1_head *head = h->head;
    const h2neg_field *end = head->count ? head->fields + head->count : head->fields;
    const h2neg_field *host = h2neg__h1_find_host(head->fields, end), *second;
    if (!host)
        return head->minor == 0 ? 0 : h2neg__h1_fail(h, H2NEG_ERR_H1_HOST, h->p);
    second = h2neg__h1_find_host(host + 1, end);
    if (second)
        return h2neg__h1_fail(h, H2NEG_ERR_H1_HOST, second->name.ptr);
    if (!h2neg__host_right(host->value))
        return h2neg__h1_fail(h, H2NEG_ERR_H1_HOST, host->name.ptr);
    if (head->form == H2NEG_FORM_ORIGIN || head->form == H2NEG_FORM_ASTERISK)
        head->authority = host->value;
    return 0;
}

static int h2neg__h1_fields(h2neg__h1 *h)
{
    int r = 0;
    h->p = h->in + h->head->scan.fields;
    while (r == 0 && *h->p != '\r' && *h->p != '\n')
        r = h2neg__h1_field(h);
    if (r == 0 && h->kind == H2NEG__REQUEST)
        r = h2neg__h1_host(h);
    return r;
}

/* ---- both */

static size_t h2neg__or_default(size_t value, size_t otherwise)
{
    return value ? value : otherwise;
}

/* A head without an end: what its limits add up to, and 4,096 octets for white space and line
   ends. */
static size_t h2neg__h1_most(size_t max_line, size_t max_list)
{
    size_t most = 4096;
    most = max_line > SIZE_MAX - most ? SIZE_MAX : most + max_line;
    return max_list > SIZE_MAX - most ? SIZE_MAX : most + max_list;
}

/* A new head: nothing seen, nothing read. */
static void h2neg__h1_reset(h2neg_h1_head *head, int kind)
{
    h2neg_str empty = h2neg__str(NULL, 0);
    memset(&head->scan, 0, sizeof head->scan);
    head->scan.in_fields = kind == H2NEG__TRAILERS;
    head->method = empty; /* one by one: chained they are stored and loaded, and a load waits */
    head->target = empty;
    head->scheme = empty;
    head->authority = empty;
    head->path = empty;
    head->query = empty;
    head->reason = empty;
    head->form = head->status = head->minor = 0;
    head->count = 0;
    head->error_at = 0;
}

static void h2neg__h1_begin(h2neg__h1 *h, h2neg_h1_head *head, const void *in, size_t len, int kind)
{
    size_t most;
    h->head = head;
    h->in = (const char *)in;
    h->kind = kind;
    h->max_line = h2neg__or_default(head->max_line, 8192);
    h->max_field_line = h2neg__or_default(head->max_field_line, 8192);
    h->max_empty = head->max_empty == H2NEG_OFF ? 0 : head->max_empty ? head->max_empty : 2;
    h->list_left = h2neg__or_default(head->max_list, 32768);
    most = h2neg__h1_most(h->max_line, h->list_left);
    h->len = len < most ? len : most;
    h->p = h->in;
    h->text = h2neg__write(head->text, head->text_room);
}

/* ---- both stages at once, for a head that is whole and right

   What is not, is left to the two stages: they find the error that comes first. Beside them alone,
   703 octets with 9 fields take seven tenths of the time the portable way, a fifth with AVX2. */

/* A request as nearly all are: origin-form, HTTP/1.1, one Host. 1, or 0 and nothing is said. */
H2NEG__INLINE int h2neg__h1_whole_request(h2neg_h1_head *head, const h2neg__whole *w,
                                          const h2neg__ends *e, const char *in, h2neg__looks look)
{
    const h2neg_str empty = h2neg__str(NULL, 0);
    const char *target, *query, *end;
    size_t method = 3;
    if (w->first < 12) /* the shortest that is right */
        return 0;
    end = in + w->first - 9;
    if (memcmp(in, "GET ", 4) != 0) {
        method = h2neg__name_portable(e, in);
        if (method == 0 || method > H2NEG__METHOD_MAX || in[method] != ' ' ||
            (method == 7 && *in == 'C'))
            return 0;
    }
    target = in + method + 1;
    if (*target != '/' || look.target(e, target, &query) != end || *end != ' ' ||
        memcmp(end + 1, "HTTP/1.1", 8) != 0 || w->hosts != 1 || /* 9 octets would be a call */
        !(look.plain(e, w->host, w->host_len) ||
          h2neg__host_right(h2neg__str(w->host, w->host_len))))
        return 0;
    head->method = h2neg__str(in, method);
    head->target = h2neg__str(target, (size_t)(end - target));
    head->form = H2NEG_FORM_ORIGIN;
    head->scheme = empty;
    head->authority = h2neg__str(w->host, w->host_len);
    head->path = h2neg__str(target, (size_t)(query - target));
    head->query = empty;
    if (query < end)
        head->query = h2neg__str(query + 1, (size_t)(end - query) - 1);
    head->status = 0;
    head->reason = empty;
    head->minor = 1;
    head->count = w->count;
    head->error_at = 0;
    head->scan.seen = 0;
    return 1;
}

/* Any other head. */
static int h2neg__h1_whole_other(h2neg__h1 *h, uint64_t whole)
{
    h2neg_h1_head *head = h->head;
    head->scan.first_len = whole & UINT16_MAX;
    head->scan.at = whole >> 16 & UINT16_MAX;
    if (h2neg__h1_first_line(h) == 0) {
        head->count = (size_t)(whole >> 32);
        if (h->kind == H2NEG__RESPONSE || h2neg__h1_host(h) == 0)
            return 1;
    }
    h2neg__h1_reset(head, h->kind);
    return 0;
}

/* Both stages. 1: the head is read; 0: more is needed; < 0: an error. */
static int h2neg__h1_run(h2neg__h1 *h)
{
    h2neg_h1_scan *s = &h->head->scan;
    int again = s->in_fields && h->kind != H2NEG__TRAILERS; /* the octets may have moved since */
    int r = 1;
    if (!s->in_fields)
        r = h2neg__h1_scan_first(h);
    if (r > 0)
        r = h2neg__h1_scan_fields(h);
    if (r <= 0)
        return r;
    r = again ? h2neg__h1_first_line(h) : 0;
    if (r == 0)
        r = h2neg__h1_fields(h);
    return r < 0 ? r : 1;
}

/* `whole`: octets of the first line, of the head (16 bits each) and fields of a head that was read
   whole, or 0. */
H2NEG__APART static ptrdiff_t h2neg__h1_parse_on(h2neg_h1_head *head, const char *in, size_t len,
                                                 size_t seen, int kind, uint64_t whole)
{
    h2neg__h1 h;
    int r;
    if (len == 0)
        return 0;
    if (seen == 0 || seen != head->scan.seen || seen > len)
        h2neg__h1_reset(head, kind);
    h2neg__h1_begin(&h, head, in, len, kind);
    r = whole && h2neg__h1_whole_other(&h, whole) ? 1 : h2neg__h1_run(&h);
    if (r == 0 && h.len < len)
        r = h2neg__h1_fail(&h, H2NEG_ERR_H1_HEAD_LARGE, h.in + h.len);
    head->scan.seen = r == 0 ? len : 0;
    return r > 0 ? (ptrdiff_t)head->scan.at : r;
}

/* Whether a head that is whole keeps to its limits: of the first line, of each field, of all. */
H2NEG__APART static int h2neg__h1_fits_each(const h2neg_h1_head *head, const char *in, size_t first,
                                            size_t end, size_t count)
{
    size_t max_line = h2neg__or_default(head->max_line, 8192);
    size_t max_field_line = h2neg__or_default(head->max_field_line, 8192);
    size_t left = h2neg__or_default(head->max_list, 32768);
    const h2neg_field *f = head->fields;
    const char *next = in + end - 2; /* the line behind the field's */
    if (first > max_line || end > h2neg__h1_most(max_line, left))
        return 0;
    for (; count-- > 0; next = f[count].name.ptr) {
        size_t size = f[count].name.len + f[count].value.len + 32;
        if ((size_t)(next - f[count].name.ptr) - 2 > max_field_line || size > left)
            return 0;
        left -= size;
    }
    return 1;
}

/* Nearly always all of it is less than each limit, where 0 stands for 8,192 or more. */
H2NEG__INLINE int h2neg__h1_fits(const h2neg_h1_head *head, const char *in, size_t first,
                                 size_t end, size_t count)
{
    size_t most = end + 32 * count;
    return (most <= 8192 && most <= head->max_line - 1 && most <= head->max_field_line - 1 &&
            most <= head->max_list - 1) ||
           h2neg__h1_fits_each(head, in, first, end, count);
}

/* Whole, by the looks of a body, or else. */
H2NEG__INLINE ptrdiff_t h2neg__h1_parse_by(h2neg_h1_head *head, h2neg__ends e, size_t len, int kind,
                                           h2neg__looks look)
{
    const char *in = e.block;
    uint64_t whole = 0;
    h2neg__whole w;
    w.fields = head->fields;
    w.room = head->room;
    if (h2neg__whole_lines(&w, &e, look) && h2neg__h1_fits(head, in, w.first, w.end, w.count)) {
        if (kind == H2NEG__REQUEST && h2neg__h1_whole_request(head, &w, &e, in, look))
            return (ptrdiff_t)w.end;
        whole = (uint64_t)w.count << 32 | w.end << 16 | w.first;
    }
    return h2neg__h1_parse_on(head, in, len, 0, kind, whole);
}

static ptrdiff_t h2neg__h1_parse_portable(h2neg_h1_head *head, const char *in, size_t len, int kind)
{
    return h2neg__h1_parse_by(head, h2neg__ends_portable(in, len), len, kind,
                              h2neg__looks_portable);
}

#ifdef H2NEG__V16
static ptrdiff_t h2neg__h1_parse_v16(h2neg_h1_head *head, const char *in, size_t len, int kind)
{
    return h2neg__h1_parse_by(head, h2neg__ends_v16(in, len), len, kind, h2neg__looks_v16);
}
#endif

#ifdef H2NEG__X86
H2NEG__TARGET_AVX2 static ptrdiff_t h2neg__h1_parse_avx2(h2neg_h1_head *head, const char *in,
                                                         size_t len, int kind)
{
    const h2neg__kept k = h2neg__keep();
    return h2neg__h1_parse_by(head, h2neg__ends_avx2(in, len, &k), len, kind, h2neg__looks_avx2);
}
#endif

H2NEG__INLINE ptrdiff_t h2neg__h1_parse(h2neg_h1_head *head, const char *in, size_t len,
                                        size_t seen, int kind)
{
    if (seen || len == 0)
        return h2neg__h1_parse_on(head, in, len, seen, kind, 0);
#ifdef H2NEG__X86
    if (len >= 32 && H2NEG__HAS_AVX2())
        return h2neg__h1_parse_avx2(head, in, len, kind);
#endif
#ifdef H2NEG__V16
    if (len >= 32 && H2NEG__HAS_V16())
        return h2neg__h1_parse_v16(head, in, len, kind);
#endif
    return h2neg__h1_parse_portable(head, in, len, kind);
}

H2NEG__DEF ptrdiff_t h2neg_h1_parse_request(h2neg_h1_head *head, const void *in, size_t len,
                                            size_t seen)
{
    return h2neg__h1_parse(head, (const char *)in, len, seen, H2NEG__REQUEST);
}

H2NEG__DEF ptrdiff_t h2neg_h1_parse_response(h2neg_h1_head *head, const void *in, size_t len,
                                             size_t seen)
{
    return h2neg__h1_parse(head, (const char *)in, len, seen, H2NEG__RESPONSE);
}

#undef H2NEG__INLINE

/* ==== 08 >>h1-body =========================================================
   RFC 9112 6, 7 and 9.3; RFC 9110 6.5.1.  Uses >>chars >>error >>h1-head.
   Memory: a chunked decoder is 40 octets of the caller's; data are slices of the input.
   Where a body ends is never guessed: what two readers could take differently is refused.
   ========================================================================== */

/* ---- framing */

/* RFC 9112 6.3, rules 1 and 2: responses whose framing fields say nothing about a body. 0 for the
   rest. */
static int h2neg__bodiless(int status, h2neg_str method)
{
    if (status == 101 || (status / 100 == 2 && h2neg__same(method, H2NEG__LIT("CONNECT"))))
        return H2NEG_BODY_TUNNEL;
    if (status / 100 == 1 || status == 204 || status == 304)
        return H2NEG_BODY_NONE;
    return status && h2neg__same(method, H2NEG__LIT("HEAD")) ? (int)H2NEG_BODY_NONE : 0;
}

/* The name in a transfer coding: what stands before its parameters (RFC 9110 10.1.4). */
static h2neg_str h2neg__coding_name(h2neg_str coding)
{
    return h2neg__trim(h2neg__until(coding, ';'));
}

/* A Transfer-Encoding that is not exactly "chunked". Another coding below chunked cannot be decoded
   here; a response with other codings only ends with the connection (RFC 9112 6.3, rule 4); all
   else does not say where the body ends. */
static int h2neg__other_codings(const h2neg_h1_head *head)
{
    h2neg_list list = {0, 0};
    h2neg_str coding = h2neg__str(NULL, 0);
    size_t others = 0;
    int chunked = 0;
    while (h2neg_list_next(&list, head->fields, head->count, "transfer-encoding", &coding)) {
        h2neg_str name = h2neg__coding_name(coding);
        if (chunked || !h2neg__is_token(name))
            return H2NEG_ERR_BODY_TRANSFER;
        chunked = h2neg__same_nocase(name, H2NEG__LIT("chunked"));
        if (chunked && name.len < coding.len) /* RFC 9112 7.1: it has no parameters */
            return H2NEG_ERR_BODY_TRANSFER;
        others += (size_t)!chunked;
    }
    if (others == 0)
        return H2NEG_ERR_BODY_TRANSFER;
    if (chunked)
        return H2NEG_ERR_BODY_CODING;
    return head->status ? (int)H2NEG_BODY_CLOSE : (int)H2NEG_ERR_BODY_TRANSFER;
}

/* RFC 9112 6.1: not in HTTP/1.0, once, and exactly "chunked". `at`: behind the first of its
   fields. */
static int h2neg__transfer_kind(const h2neg_h1_head *head, const h2neg_field *te, size_t at)
{
    if (head->minor == 0 || h2neg_find(head->fields, head->count, "transfer-encoding", &at))
        return H2NEG_ERR_BODY_TRANSFER;
    if (h2neg__same_nocase(te->value, H2NEG__LIT("chunked")))
        return H2NEG_BODY_CHUNKED;
    return h2neg__other_codings(head);
}

/* Content-Length = 1*DIGIT (RFC 9110 8.6), once. `at`: behind the first of its fields. */
static int h2neg__length_kind(const h2neg_h1_head *head, const h2neg_field *cl, size_t at,
                              uint64_t *length)
{
    uint64_t value;
    if (h2neg_find(head->fields, head->count, "content-length", &at) ||
        h2neg__until(cl->value, ',').len < cl->value.len)
        return H2NEG_ERR_BODY_REPEATED;
    if (!h2neg__decimal(cl->value, &value))
        return H2NEG_ERR_BODY_LENGTH;
    *length = value;
    return value ? H2NEG_BODY_LENGTH : H2NEG_BODY_NONE;
}

H2NEG__DEF int h2neg_body_kind(const h2neg_h1_head *head, h2neg_str method, uint64_t *length)
{
    size_t te_at = 0, cl_at = 0;
    const h2neg_field *te = h2neg_find(head->fields, head->count, "transfer-encoding", &te_at);
    const h2neg_field *cl = h2neg_find(head->fields, head->count, "content-length", &cl_at);
    int bodiless = h2neg__bodiless(head->status, method);
    *length = UINT64_MAX;
    if (bodiless) {
        if (cl && !te && bodiless == H2NEG_BODY_NONE)
            h2neg__length_kind(head, cl, cl_at, length);
        return bodiless;
    }
    if (te && cl)
        return H2NEG_ERR_BODY_CONFLICT;
    if (te)
        return h2neg__transfer_kind(head, te, te_at);
    if (cl)
        return h2neg__length_kind(head, cl, cl_at, length);
    return head->status ? H2NEG_BODY_CLOSE : H2NEG_BODY_NONE;
}

enum { H2NEG__OPTION_KEEP = 1, H2NEG__OPTION_CLOSE = 2, H2NEG__OPTION_OTHER = 4 };

/* What Connection says (RFC 9110 7.6.1). Where it is said at all it is mostly one word: that the
   value is looked at whole before it is cut into items saves 4 % of the instructions of a request.
   */
static unsigned h2neg__options(const h2neg_field *fields, size_t count)
{
    h2neg_str option;
    unsigned options = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        h2neg_list list = {0, 0};
        if (!H2NEG__IS_NOCASE(fields[i].name, "connection"))
            continue;
        if (H2NEG__IS_NOCASE(fields[i].value, "keep-alive")) {
            options |= H2NEG__OPTION_KEEP;
            continue;
        }
        while (h2neg_list_next(&list, &fields[i], 1, "connection", &option))
            if (H2NEG__IS_NOCASE(option, "keep-alive"))
                options |= H2NEG__OPTION_KEEP;
            else if (H2NEG__IS_NOCASE(option, "close"))
                options |= H2NEG__OPTION_CLOSE;
            else
                options |= H2NEG__OPTION_OTHER;
    }
    return options;
}

/* RFC 9112 9.3 */
static int h2neg__options_persist(unsigned options, int minor)
{
    return !(options & H2NEG__OPTION_CLOSE) && (minor > 0 || options & H2NEG__OPTION_KEEP);
}

H2NEG__DEF int h2neg_h1_persists(const h2neg_h1_head *head)
{
    return h2neg__options_persist(h2neg__options(head->fields, head->count), head->minor);
}

/* ---- the chunked coding */

/* RFC 9112 7.1 and 7.1.1, octet by octet:
     chunk      = 1*HEXDIG [ chunk-ext ] CRLF chunk-data CRLF
     last-chunk = 1*("0") [ chunk-ext ] CRLF
     chunk-ext  = *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] )
   A row for each state, a column for each kind of octet; an empty cell is an error. */
enum {
    H2NEG__CHUNK_START, /* the first digit */
    H2NEG__CHUNK_SIZE,  /* more digits, or what may follow them */
    H2NEG__CHUNK_GAP,   /* white space; ";" must come */
    H2NEG__CHUNK_NAME0, /* behind ";": white space or a name */
    H2NEG__CHUNK_NAME,
    H2NEG__CHUNK_NAME1,  /* white space behind a name; "=" or ";" must come */
    H2NEG__CHUNK_VALUE0, /* behind "=": white space, a token or a quoted-string */
    H2NEG__CHUNK_VALUE,
    H2NEG__CHUNK_QUOTED,  /* inside the quotes (RFC 9110 5.6.4) */
    H2NEG__CHUNK_ESCAPED, /* behind a backslash inside them */
    H2NEG__CHUNK_UNQUOTE, /* behind the closing quote */
    H2NEG__CHUNK_LF,      /* of a line without extensions */
    H2NEG__CHUNK_EXT_LF,  /* of one with them */
    H2NEG__CHUNK_END_CR,  /* behind the data */
    H2NEG__CHUNK_END_LF,
    H2NEG__CHUNK_LINE_END, /* these two are left as soon as they are entered */
    H2NEG__CHUNK_NEXT,
    H2NEG__CHUNK_DATA
};

enum {
    H2NEG__CHUNK_MAX_DIGITS = 16,     /* in all */
    H2NEG__CHUNK_MAX_SIGNIFICANT = 13 /* behind leading zeros: sizes below 2^52 */
};

enum { H2NEG__IS_BAD, H2NEG__IS_HEX, H2NEG__IS_TOKEN, H2NEG__IS_BWS, H2NEG__IS_TEXT };

#define H2NEG__TO(state) H2NEG__CHUNK_##state
static const unsigned char h2neg__chunk_next[H2NEG__CHUNK_LINE_END][11] = {
    /* BAD, HEX, TOKEN, BWS, TEXT, ; = " \ CR LF */
    /* START */ {0, H2NEG__TO(SIZE), 0, 0, 0, 0, 0, 0, 0, 0, 0},
    /* SIZE */
    {0, H2NEG__TO(SIZE), 0, H2NEG__TO(GAP), 0, H2NEG__TO(NAME0), 0, 0, 0, H2NEG__TO(LF), 0},
    /* GAP */ {0, 0, 0, H2NEG__TO(GAP), 0, H2NEG__TO(NAME0), 0, 0, 0, 0, 0},
    /* NAME0 */ {0, H2NEG__TO(NAME), H2NEG__TO(NAME), H2NEG__TO(NAME0), 0, 0, 0, 0, 0, 0, 0},
    /* NAME */
    {0, H2NEG__TO(NAME), H2NEG__TO(NAME), H2NEG__TO(NAME1), 0, H2NEG__TO(NAME0), H2NEG__TO(VALUE0),
     0, 0, H2NEG__TO(EXT_LF), 0},
    /* NAME1 */ {0, 0, 0, H2NEG__TO(NAME1), 0, H2NEG__TO(NAME0), H2NEG__TO(VALUE0), 0, 0, 0, 0},
    /* VALUE0 */
    {0, H2NEG__TO(VALUE), H2NEG__TO(VALUE), H2NEG__TO(VALUE0), 0, 0, 0, H2NEG__TO(QUOTED), 0, 0, 0},
    /* VALUE */
    {0, H2NEG__TO(VALUE), H2NEG__TO(VALUE), H2NEG__TO(GAP), 0, H2NEG__TO(NAME0), 0, 0, 0,
     H2NEG__TO(EXT_LF), 0},
    /* QUOTED */
    {0, H2NEG__TO(QUOTED), H2NEG__TO(QUOTED), H2NEG__TO(QUOTED), H2NEG__TO(QUOTED),
     H2NEG__TO(QUOTED), H2NEG__TO(QUOTED), H2NEG__TO(UNQUOTE), H2NEG__TO(ESCAPED), 0, 0},
    /* ESCAPED */
    {0, H2NEG__TO(QUOTED), H2NEG__TO(QUOTED), H2NEG__TO(QUOTED), H2NEG__TO(QUOTED),
     H2NEG__TO(QUOTED), H2NEG__TO(QUOTED), H2NEG__TO(QUOTED), H2NEG__TO(QUOTED), 0, 0},
    /* UNQUOTE */ {0, 0, 0, H2NEG__TO(GAP), 0, H2NEG__TO(NAME0), 0, 0, 0, H2NEG__TO(EXT_LF), 0},
    /* LF */ {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, H2NEG__TO(LINE_END)},
    /* EXT_LF */ {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, H2NEG__TO(LINE_END)},
    /* END_CR */ {0, 0, 0, 0, 0, 0, 0, 0, 0, H2NEG__TO(END_LF), 0},
    /* END_LF */ {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, H2NEG__TO(NEXT)}};
#undef H2NEG__TO

/* The column of an octet. */
static unsigned h2neg__chunk_column(char c)
{
    static const char single[] = ";=\"\\\r\n";
    const void *found = memchr(single, c, sizeof single - 1);
    if (found)
        return (unsigned)((const char *)found - single) + 5;
    if (h2neg__is_class(c, H2NEG__HEX))
        return H2NEG__IS_HEX;
    if (h2neg__is_class(c, H2NEG__TOKEN))
        return H2NEG__IS_TOKEN;
    if (c == ' ' || c == '\t')
        return H2NEG__IS_BWS;
    return h2neg__is_class(c, H2NEG__VALUE) ? H2NEG__IS_TEXT : H2NEG__IS_BAD;
}

/* What is wrong when the cell is empty. */
static int h2neg__chunk_wrong(unsigned state)
{
    if (state == H2NEG__CHUNK_END_CR || state == H2NEG__CHUNK_END_LF)
        return H2NEG_ERR_CHUNK_END;
    if (state == H2NEG__CHUNK_START || state == H2NEG__CHUNK_SIZE || state == H2NEG__CHUNK_LF)
        return H2NEG_ERR_CHUNK_SIZE;
    return H2NEG_ERR_CHUNK_EXTENSION;
}

/* One more digit of the size. */
static int h2neg__chunk_digit(h2neg_chunked *d, char c)
{
    if (d->digits > 0 || c != '0')
        d->digits++;
    if (d->digits > H2NEG__CHUNK_MAX_SIGNIFICANT || d->line > H2NEG__CHUNK_MAX_DIGITS)
        return H2NEG_ERR_CHUNK_SIZE;
    d->chunk = d->chunk << 4 | h2neg__hex(c);
    return 0;
}

/* A chunk's line is over: was it too much for its data? */
static int h2neg__chunk_line_end(h2neg_chunked *d)
{
    uint32_t most = d->max_overhead == H2NEG_OFF ? 0 : d->max_overhead ? d->max_overhead : 16384;
    uint64_t free_octets = 16 + 2 * d->chunk;
    uint32_t excess = d->line > free_octets ? d->line - (uint32_t)free_octets : 0;
    if (excess > most - d->overhead)
        return H2NEG_ERR_CHUNK_OVERHEAD;
    d->overhead += excess;
    d->left = d->chunk;
    d->done = d->chunk == 0;
    d->state = H2NEG__CHUNK_DATA;
    return 0;
}

static void h2neg__chunk_next_chunk(h2neg_chunked *d)
{
    d->state = H2NEG__CHUNK_START;
    d->chunk = 0;
    d->line = 0;
    d->digits = 0;
}

/* One octet that is not data. 0 or an error. */
static int h2neg__chunk_octet(h2neg_chunked *d, char c)
{
    uint32_t max_line = d->max_line ? d->max_line : 1024;
    unsigned was = d->state, next = h2neg__chunk_next[was][h2neg__chunk_column(c)];
    if (!next)
        return h2neg__chunk_wrong(was);
    d->state = (unsigned char)next;
    if (next == H2NEG__CHUNK_LINE_END)
        return h2neg__chunk_line_end(d);
    if (next == H2NEG__CHUNK_NEXT)
        h2neg__chunk_next_chunk(d);
    if (next >= H2NEG__CHUNK_LF)
        return 0;
    if (d->line++ == max_line)
        return H2NEG_ERR_CHUNK_LINE_LONG;
    return next == H2NEG__CHUNK_SIZE ? h2neg__chunk_digit(d, c) : 0;
}

/* A run of data; behind its last octet comes CRLF. */
static h2neg_str h2neg__chunk_data(h2neg_chunked *d, const char *in, size_t len)
{
    size_t n = d->left < len ? (size_t)d->left : len;
    d->left -= n;
    if (d->left == 0)
        d->state = H2NEG__CHUNK_END_CR;
    return h2neg__str(in, n);
}

H2NEG__DEF ptrdiff_t h2neg_chunked_decode(h2neg_chunked *d, const void *in, size_t len,
                                          h2neg_str *data)
{
    const char *p = (const char *)in;
    size_t i;
    int r;
    *data = h2neg__str(NULL, 0);
    if (d->error)
        return -(ptrdiff_t)d->error;
    for (i = 0; i < len && !d->done && d->state != H2NEG__CHUNK_DATA; i++) {
        r = h2neg__chunk_octet(d, p[i]);
        if (r < 0) {
            d->error = (unsigned char)-r;
            d->error_at = i;
            return r;
        }
    }
    if (i < len && !d->done) {
        *data = h2neg__chunk_data(d, p + i, len - i);
        i += data->len;
    }
    return (ptrdiff_t)i;
}

/* ---- trailers */

/* Fields that frame or route the message, modify the request, authenticate, control the response or
   say what the content is must be known before the content (RFC 9110 6.5.1), so a trailer must not
   be one of them. */
static int h2neg__forbidden_trailer(h2neg_str name)
{
    static const char *const forbidden[] = {
        /* framing and the connection */
        "content-length", "transfer-encoding", "trailer", "te", "connection", "keep-alive",
        "proxy-connection", "upgrade", "http2-settings",
        /* routing */
        "host",
        /* request modifiers: controls and conditions */
        "cache-control", "expect", "max-forwards", "pragma", "range", "if-match", "if-none-match",
        "if-modified-since", "if-unmodified-since", "if-range",
        /* authentication */
        "authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate", "cookie",
        "set-cookie",
        /* response controls */
        "age", "date", "expires", "location", "retry-after", "vary",
        /* the content's format */
        "content-encoding", "content-type", "content-range"};
    size_t i;
    for (i = 0; i < H2NEG__COUNT(forbidden); i++)
        if (h2neg__same_nocase(name, h2neg__str(forbidden[i], strlen(forbidden[i]))))
            return 1;
    return 0;
}

H2NEG__DEF ptrdiff_t h2neg_h1_parse_trailers(h2neg_h1_head *head, const void *in, size_t len,
                                             size_t seen)
{
    ptrdiff_t r = h2neg__h1_parse_on(head, (const char *)in, len, seen, H2NEG__TRAILERS, 0);
    size_t i;
    if (r <= 0)
        return r;
    for (i = 0; i < head->count; i++) {
        if (!h2neg__forbidden_trailer(head->fields[i].name))
            continue;
        head->error_at = (size_t)(head->fields[i].name.ptr - (const char *)in);
        return H2NEG_ERR_TRAILER_FIELD;
    }
    return r;
}

/* ==== 09 >>h1-write ========================================================
   RFC 9112 3 to 5 and 7.1, the other way.  Uses >>chars >>error >>h1-head.
   Memory: the caller's room; nothing is allocated.
   What the parser would refuse is not written, so no caller's text can split a message.
   ========================================================================== */

static int h2neg__check_request_line(h2neg_str method, h2neg_str target)
{
    h2neg_h1_head head;
    h2neg__h1 h;
    if (!h2neg__is_token(method) || method.len > H2NEG__METHOD_MAX)
        return H2NEG_ERR_H1_METHOD;
    if (target.len == 0)
        return H2NEG_ERR_H1_TARGET;
    h2neg__clear(&head, sizeof head);
    h2neg__clear(&h, sizeof h);
    head.method = method;
    head.target = target;
    h.head = &head;
    h.in = target.ptr;
    return h2neg__h1_target(&h);
}

static int h2neg__check_status_line(int status, h2neg_str reason)
{
    return status >= 100 && status <= 999 && h2neg__all(reason, H2NEG__VALUE)
               ? 0
               : (int)H2NEG_ERR_H1_STATUS_LINE;
}

static int h2neg__check_fields(const h2neg_field *fields, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        if (!h2neg__is_token(fields[i].name))
            return H2NEG_ERR_H1_FIELD_NAME;
        if (!h2neg__all(fields[i].value, H2NEG__VALUE) ||
            h2neg__trim(fields[i].value).len < fields[i].value.len)
            return H2NEG_ERR_H1_FIELD_VALUE;
    }
    return 0;
}

static void h2neg__put_request_line(h2neg__writer *w, h2neg_str method, h2neg_str target)
{
    h2neg__put_str(w, method);
    h2neg__put(w, " ", 1);
    h2neg__put_str(w, target);
    h2neg__put_text(w, " HTTP/1.1\r\n");
}

/* The space behind the status stands there even without a reason (RFC 9112 4). */
static void h2neg__put_status_line(h2neg__writer *w, int status, h2neg_str reason)
{
    char line[] = "HTTP/1.1 000 ";
    line[9] = (char)('0' + status / 100);
    line[10] = (char)('0' + status / 10 % 10);
    line[11] = (char)('0' + status % 10);
    h2neg__put(w, line, sizeof line - 1);
    h2neg__put_str(w, reason);
    h2neg__put(w, "\r\n", 2);
}

static void h2neg__put_field(h2neg__writer *w, h2neg_str name, h2neg_str value)
{
    size_t left = w->left;
    unsigned char *p = w->p;
    if (w->bad || name.len > left || value.len > left - name.len ||
        left - name.len - value.len < 4) {
        w->bad = 1;
        return;
    }
    h2neg__copy(p, name.ptr, name.len);
    p += name.len;
    memcpy(p, ": ", 2);
    h2neg__copy(p + 2, value.ptr, value.len);
    p += 2 + value.len;
    memcpy(p, "\r\n", 2);
    w->p = p + 2;
    left = name.len + value.len + 4;
    w->left -= left;
    w->used += left;
}

static void h2neg__put_fields(h2neg__writer *w, const h2neg_field *fields, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++)
        h2neg__put_field(w, fields[i].name, fields[i].value);
}

H2NEG__DEF ptrdiff_t h2neg_h1_write_request_line(void *out, size_t room, h2neg_str method,
                                                 h2neg_str target)
{
    h2neg__writer w = h2neg__write(out, room);
    int r = h2neg__check_request_line(method, target);
    if (r < 0)
        return r;
    h2neg__put_request_line(&w, method, target);
    return h2neg__written(&w);
}

H2NEG__DEF ptrdiff_t h2neg_h1_write_status_line(void *out, size_t room, int status,
                                                h2neg_str reason)
{
    h2neg__writer w = h2neg__write(out, room);
    int r = h2neg__check_status_line(status, reason);
    if (r < 0)
        return r;
    h2neg__put_status_line(&w, status, reason);
    return h2neg__written(&w);
}

H2NEG__DEF ptrdiff_t h2neg_h1_write_fields(void *out, size_t room, const h2neg_field *fields,
                                           size_t count)
{
    h2neg__writer w = h2neg__write(out, room);
    int r = h2neg__check_fields(fields, count);
    if (r < 0)
        return r;
    h2neg__put_fields(&w, fields, count);
    return h2neg__written(&w);
}

H2NEG__DEF ptrdiff_t h2neg_h1_write_request(void *out, size_t room, h2neg_str method,
                                            h2neg_str target, const h2neg_field *fields,
                                            size_t count)
{
    h2neg__writer w = h2neg__write(out, room);
    int r = h2neg__check_request_line(method, target);
    if (r == 0)
        r = h2neg__check_fields(fields, count);
    if (r < 0)
        return r;
    h2neg__put_request_line(&w, method, target);
    h2neg__put_fields(&w, fields, count);
    h2neg__put(&w, "\r\n", 2);
    return h2neg__written(&w);
}

H2NEG__DEF ptrdiff_t h2neg_h1_write_response(void *out, size_t room, int status, h2neg_str reason,
                                             const h2neg_field *fields, size_t count)
{
    h2neg__writer w = h2neg__write(out, room);
    int r = h2neg__check_status_line(status, reason);
    if (r == 0)
        r = h2neg__check_fields(fields, count);
    if (r < 0)
        return r;
    h2neg__put_status_line(&w, status, reason.len ? reason : h2neg_s(h2neg_status_text(status)));
    h2neg__put_fields(&w, fields, count);
    h2neg__put(&w, "\r\n", 2);
    return h2neg__written(&w);
}

H2NEG__DEF ptrdiff_t h2neg_h1_write_chunk(void *out, size_t room, uint64_t size)
{
    h2neg__writer w = h2neg__write(out, room);
    char digits[16];
    size_t at = sizeof digits;
    do
        digits[--at] = "0123456789abcdef"[size & 15];
    while (size >>= 4);
    h2neg__put(&w, digits + at, sizeof digits - at);
    h2neg__put(&w, "\r\n", 2);
    return h2neg__written(&w);
}
/* ==== 10 >>upgrade =========================================================
   RFC 9110 7.8, RFC 7540 3.2.  Uses >>bytes >>chars >>digest >>error.
   Memory: none; what is found are slices of the caller's fields.
   An offer that is not right to the letter is no offer; a 101 that is not is an error.
   ========================================================================== */

enum { H2NEG__UPGRADE_TOKENS = 8 }; /* entries of Upgrade that are looked at */

/* 1 when the comma list that is spread over the fields of this name has this item; without case. */
static int h2neg__lists(const h2neg_field *fields, size_t count, const char *name, const char *text)
{
    h2neg_list list = {0, 0};
    h2neg_str item;
    while (h2neg_list_next(&list, fields, count, name, &item) == 1)
        if (h2neg_is_nocase(item, text))
            return 1;
    return 0;
}

/* How many fields have this name: 0, 1, or 2 for more. `*value`: the first one's. */
H2NEG__APART static int h2neg__single(const h2neg_field *fields, size_t count, const char *name,
                                      h2neg_str *value)
{
    size_t at = 0;
    const h2neg_field *f = h2neg_find(fields, count, name, &at);
    *value = h2neg__str(NULL, 0);
    if (!f)
        return 0;
    *value = f->value;
    return h2neg_find(fields, count, name, &at) ? 2 : 1;
}

/* protocol = protocol-name ["/" protocol-version], both tokens (RFC 9110 7.8) */
static int h2neg__is_protocol(h2neg_str s)
{
    size_t name = 0;
    while (name < s.len && s.ptr[name] != '/')
        name++;
    if (name == s.len)
        return h2neg__is_token(s);
    return h2neg__is_token(h2neg__str(s.ptr, name)) &&
           h2neg__is_token(h2neg__str(s.ptr + name + 1, s.len - name - 1));
}

/* The entries that a walk has taken so far. Its state has no room for a count, but it stands at the
   same places each time, so walking there again tells; the limit keeps that short. */
static unsigned h2neg__upgrade_taken(const h2neg_list *list, const h2neg_field *fields,
                                     size_t count)
{
    h2neg_list walk = {0, 0};
    h2neg_str item;
    unsigned taken = 0;
    while (taken < H2NEG__UPGRADE_TOKENS && (walk.field != list->field || walk.at != list->at)) {
        if (h2neg_list_next(&walk, fields, count, "upgrade", &item) != 1)
            break;
        taken++;
    }
    return taken;
}

/* The next well-formed entry, if it is one of the first 8; `*taken` counts those. */
static int h2neg__upgrade_next(h2neg_list *list, unsigned *taken, const h2neg_field *fields,
                               size_t count, h2neg_str *protocol)
{
    for (; *taken < H2NEG__UPGRADE_TOKENS; ++*taken) {
        if (h2neg_list_next(list, fields, count, "upgrade", protocol) != 1)
            break;
        if (h2neg__is_protocol(*protocol)) {
            ++*taken;
            return 1;
        }
    }
    *protocol = h2neg__str(NULL, 0);
    return 0;
}

/* 1 where Upgrade is to be heeded at all. */
static int h2neg__upgrade_counts(int minor, const h2neg_field *fields, size_t count)
{
    return minor >= 1 && h2neg__lists(fields, count, "connection", "upgrade");
}

H2NEG__DEF int h2neg_upgrade_offers(h2neg_list *list, int minor, const h2neg_field *fields,
                                    size_t count, h2neg_str *protocol)
{
    unsigned taken;
    *protocol = h2neg__str(NULL, 0);
    if (!h2neg__upgrade_counts(minor, fields, count))
        return 0;
    taken = h2neg__upgrade_taken(list, fields, count);
    return h2neg__upgrade_next(list, &taken, fields, count, protocol);
}

/* 1 when Upgrade offers this protocol. The same walk, with one look at Connection. */
static int h2neg__upgrade_has(int minor, const h2neg_field *fields, size_t count, const char *text)
{
    h2neg_list list = {0, 0};
    h2neg_str protocol;
    unsigned taken = 0;
    if (!h2neg__upgrade_counts(minor, fields, count))
        return 0;
    while (h2neg__upgrade_next(&list, &taken, fields, count, &protocol) == 1)
        if (h2neg_is_nocase(protocol, text))
            return 1;
    return 0;
}

H2NEG__DEF int h2neg_upgrade_choose(const char *const *ours, size_t our_count, int minor,
                                    const h2neg_field *fields, size_t count)
{
    size_t i;
    for (i = 0; i < our_count; i++)
        if (h2neg__upgrade_has(minor, fields, count, ours[i]))
            return (int)i;
    return -1;
}

H2NEG__DEF int h2neg_upgrade_check(const char *const *offered, size_t offered_count, int minor,
                                   const h2neg_field *fields, size_t count)
{
    h2neg_list list = {0, 0};
    h2neg_str chosen, more;
    size_t i;
    if (!h2neg__upgrade_counts(minor, fields, count) ||
        h2neg_find(fields, count, "http2-settings", NULL))
        return H2NEG_ERR_UPGRADE_ANSWER;
    if (h2neg_list_next(&list, fields, count, "upgrade", &chosen) != 1 ||
        h2neg_list_next(&list, fields, count, "upgrade", &more) == 1)
        return H2NEG_ERR_UPGRADE_ANSWER;
    for (i = 0; i < offered_count; i++)
        if (h2neg_is_nocase(chosen, offered[i]))
            return (int)i;
    return H2NEG_ERR_UPGRADE_ANSWER;
}

H2NEG__DEF ptrdiff_t h2neg_h2_settings_encode(char *out, size_t room, const void *payload,
                                              size_t len)
{
    h2neg__writer w = h2neg__write(out, room);
    if (len % 6 != 0)
        return H2NEG_ERR_INVALID;
    h2neg__base64_write(&w, (const unsigned char *)payload, len, 1);
    return h2neg__written(&w);
}

/* Entries of 6 octets are 8 characters each: with whole groups there is neither padding nor a stray
   bit, and any characters of the alphabet (RFC 4648 5) will do. */
static int h2neg__is_settings(h2neg_str text)
{
    size_t i;
    if (text.len % 8 != 0)
        return 0;
    for (i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!h2neg__is_class(c, H2NEG__ALPHA | H2NEG__DIGIT) && c != '-' && c != '_')
            return 0;
    }
    return 1;
}

H2NEG__DEF ptrdiff_t h2neg_h2_settings_decode(void *out, size_t room, h2neg_str text)
{
    h2neg__writer w = h2neg__write(out, room);
    if (!h2neg__is_settings(text))
        return H2NEG_ERR_UPGRADE_SETTINGS;
    h2neg__base64_read(&w, text, 1);
    return h2neg__written(&w);
}

H2NEG__DEF int h2neg_upgrade_h2c(int minor, const h2neg_field *fields, size_t count,
                                 h2neg_str *settings)
{
    if (h2neg__single(fields, count, "http2-settings", settings) == 1 && settings->len > 0 &&
        h2neg__is_settings(*settings) &&
        h2neg__lists(fields, count, "connection", "http2-settings") &&
        h2neg__upgrade_has(minor, fields, count, "h2c"))
        return 1;
    *settings = h2neg__str(NULL, 0);
    return 0;
}

/* ==== 11 >>ws-handshake ====================================================
   RFC 6455 4, 9.1, 10.2; RFC 7692 7.1; RFC 8441 5.  Uses >>upgrade >>digest >>error >>h1-write.
   Memory: none; what is found are slices of the caller's fields.
   A request passes by every rule or is refused with its status; so does an answer.
   ========================================================================== */

enum { H2NEG__WS_SUBPROTOCOLS = 64 }; /* an offer has no more, so that comparing stays short */

H2NEG__DEF void h2neg_ws_accept_key(char out[29], h2neg_str key)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455 1.3 */
    h2neg__writer w = h2neg__write(out, 28);
    unsigned char digest[20];
    h2neg_sha1 sha;
    h2neg_sha1_init(&sha);
    h2neg_sha1_update(&sha, key.ptr, key.len);
    h2neg_sha1_update(&sha, guid, sizeof guid - 1);
    h2neg_sha1_final(&sha, digest);
    h2neg__base64_write(&w, digest, sizeof digest, 0);
    out[28] = 0;
}

H2NEG__DEF void h2neg_ws_make_key(char out[25], const unsigned char random[16])
{
    h2neg__writer w = h2neg__write(out, 24);
    h2neg__base64_write(&w, random, 16, 0);
    out[24] = 0;
}

/* 22 characters and "==" are 16 octets whatever the last four bits say; RFC 6455 4.1 itself has an
   example where they are not zero, so they are not judged. */
static int h2neg__ws_is_key(h2neg_str key)
{
    size_t i;
    if (key.len != 24 || key.ptr[22] != '=' || key.ptr[23] != '=')
        return 0;
    for (i = 0; i < 22; i++) {
        char c = key.ptr[i];
        if (!h2neg__is_class(c, H2NEG__ALPHA | H2NEG__DIGIT) && c != '+' && c != '/')
            return 0;
    }
    return 1;
}

/* Subprotocols: 1#token, none twice (RFC 6455 4.1 item 10). 1: well-formed or absent. */
static int h2neg__ws_subprotocols_ok(const h2neg_field *fields, size_t count)
{
    h2neg_list list = {0, 0};
    h2neg_str seen[H2NEG__WS_SUBPROTOCOLS], item;
    size_t n = 0, i;
    while (h2neg_list_next(&list, fields, count, "sec-websocket-protocol", &item) == 1) {
        if (n == H2NEG__WS_SUBPROTOCOLS || !h2neg__is_token(item))
            return 0;
        for (i = 0; i < n; i++)
            if (h2neg__same(seen[i], item))
                return 0;
        seen[n++] = item;
    }
    return n > 0 || !h2neg_find(fields, count, "sec-websocket-protocol", NULL);
}

H2NEG__DEF const char *h2neg_ws_subprotocol(const char *const *ours, size_t our_count,
                                            const h2neg_field *fields, size_t count)
{
    h2neg_list list = {0, 0};
    h2neg_str item;
    size_t best = our_count, i;
    if (!h2neg__ws_subprotocols_ok(fields, count))
        return NULL;
    while (h2neg_list_next(&list, fields, count, "sec-websocket-protocol", &item) == 1)
        for (i = 0; i < best; i++)
            if (h2neg_is(item, ours[i]))
                best = i;
    return best < our_count ? ours[best] : NULL;
}

/* ---- extensions (RFC 6455 9.1) ---- */

/* The octets of a token at the start of `rest`, taken off it with the white space around, which
   RFC 2616's implied *LWS lets stand between any two parts. Empty: there is none. */
static h2neg_str h2neg__ws_token(h2neg_str *rest)
{
    h2neg_str s = h2neg__trim(*rest);
    size_t n = 0;
    while (n < s.len && h2neg__is_class(s.ptr[n], H2NEG__TOKEN))
        n++;
    *rest = h2neg__trim(h2neg__str(s.len ? s.ptr + n : NULL, s.len - n));
    return h2neg__str(s.ptr, n);
}

/* 1 and `rest` shrinks by this octet when it stands first. */
static int h2neg__ws_octet(h2neg_str *rest, char c)
{
    if (rest->len == 0 || rest->ptr[0] != c)
        return 0;
    rest->ptr++;
    rest->len--;
    return 1;
}

/* What stands between a quote, which has been taken, and the next; 0 when there is none or when it
   is not a token after unescaping. A backslash is no tchar, so each that passes here is an
   escape. */
static int h2neg__ws_quoted(h2neg_str *rest, h2neg_str *value)
{
    size_t n = 0, octets = 0;
    for (; n < rest->len && rest->ptr[n] != '"'; n++, octets++) {
        if (rest->ptr[n] == '\\' && ++n == rest->len)
            return 0;
        if (!h2neg__is_class(rest->ptr[n], H2NEG__TOKEN))
            return 0;
    }
    if (octets == 0 || n == rest->len)
        return 0;
    *value = h2neg__str(rest->ptr, n);
    *rest = h2neg__trim(h2neg__str(rest->ptr + n + 1, rest->len - n - 1));
    return 1;
}

/* extension-param = token [ "=" (token | quoted-string) ], and the ";" that another one follows */
H2NEG__DEF int h2neg_ws_parameter_next(h2neg_str *rest, h2neg_str *name, h2neg_str *value,
                                       int *has_value)
{
    *value = h2neg__str(NULL, 0);
    *has_value = 0;
    *name = h2neg__ws_token(rest);
    if (name->len == 0)
        return rest->len ? H2NEG_ERR_WS_EXTENSION : 0;
    if (h2neg__ws_octet(rest, '=')) {
        *has_value = 1;
        *rest = h2neg__trim(*rest);
        if (!h2neg__ws_octet(rest, '"'))
            *value = h2neg__ws_token(rest);
        else if (!h2neg__ws_quoted(rest, value))
            return H2NEG_ERR_WS_EXTENSION;
        if (value->len == 0)
            return H2NEG_ERR_WS_EXTENSION;
    }
    if (rest->len == 0)
        return 1;
    if (!h2neg__ws_octet(rest, ';'))
        return H2NEG_ERR_WS_EXTENSION;
    *rest = h2neg__trim(*rest);
    return rest->len ? 1 : H2NEG_ERR_WS_EXTENSION;
}

/* 1 when the text is parameters by the grammar, at least one. */
static int h2neg__ws_parameters_ok(h2neg_str rest)
{
    h2neg_str name, value;
    int has_value, r = 1;
    size_t n;
    for (n = 0; (r = h2neg_ws_parameter_next(&rest, &name, &value, &has_value)) == 1; n++)
        continue;
    return r == 0 && n > 0;
}

/* extension = extension-token *( ";" extension-param ) */
H2NEG__DEF int h2neg_ws_extension_next(h2neg_list *list, const h2neg_field *fields, size_t count,
                                       h2neg_str *name, h2neg_str *parameters)
{
    int first = list->field == 0 && list->at == 0;
    h2neg_str item;
    *name = *parameters = h2neg__str(NULL, 0);
    if (h2neg_list_next(list, fields, count, "sec-websocket-extensions", &item) != 1) {
        /* 1#extension: fields that list nothing are malformed */
        if (first && h2neg_find(fields, count, "sec-websocket-extensions", NULL))
            return H2NEG_ERR_WS_EXTENSION;
        return 0;
    }
    *name = h2neg__ws_token(&item);
    if (name->len == 0)
        return H2NEG_ERR_WS_EXTENSION;
    if (item.len == 0)
        return 1;
    if (!h2neg__ws_octet(&item, ';') || !h2neg__ws_parameters_ok(item))
        return H2NEG_ERR_WS_EXTENSION;
    *parameters = h2neg__trim(item);
    return 1;
}

static int h2neg__ws_extensions_ok(const h2neg_field *fields, size_t count)
{
    h2neg_list list = {0, 0};
    h2neg_str name, parameters;
    int r;
    do
        r = h2neg_ws_extension_next(&list, fields, count, &name, &parameters);
    while (r == 1);
    return r == 0;
}

/* ---- the request ---- */

/* 1 when the origin (scheme "://" host [ ":" port ], RFC 6454 7) has the authority's host and
   port. */
static int h2neg__ws_same_origin(h2neg_str origin, h2neg_str authority)
{
    h2neg_url url;
    if (h2neg_url_parse(&url, origin) != 0 ||
        url.authority.ptr + url.authority.len != origin.ptr + origin.len)
        return 0; /* a path, query or fragment: not an origin */
    return h2neg__same_authority(url.authority, authority, url.scheme);
}

static int h2neg__ws_origin_listed(h2neg_str origin, const h2neg_ws_policy *policy)
{
    size_t i;
    for (i = 0; i < policy->origin_count; i++)
        if (h2neg_is_nocase(origin, policy->origins[i]))
            return 1;
    return 0;
}

static int h2neg__ws_check_origin(h2neg_ws_request *request, const h2neg_ws_policy *policy)
{
    int n = h2neg__single(request->fields, request->count, "origin", &request->origin);
    int kind = policy ? policy->origin : H2NEG_ORIGIN_SAME, good = 0;
    if (n == 0)
        return 0;
    if (n == 1 && kind == H2NEG_ORIGIN_ANY)
        good = 1;
    else if (n == 1 && kind == H2NEG_ORIGIN_LIST)
        good = h2neg__ws_origin_listed(request->origin, policy);
    else if (n == 1 && kind == H2NEG_ORIGIN_SAME)
        good = h2neg__ws_same_origin(request->origin, request->authority);
    return good ? 0 : H2NEG_ERR_WS_ORIGIN;
}

/* The version is judged before the key: what a key is depends on it. */
static int h2neg__ws_check_version(const h2neg_ws_request *request)
{
    h2neg_str version;
    int n = h2neg__single(request->fields, request->count, "sec-websocket-version", &version);
    return n == 1 && H2NEG__IS(version, "13") ? 0 : H2NEG_ERR_WS_VERSION;
}

/* What RFC 8441 5 replaces: the method, Upgrade, Connection and the key. */
static int h2neg__ws_check_h1(h2neg_ws_request *request)
{
    int r;
    if (!H2NEG__IS(request->method, "GET") || request->minor < 1)
        return H2NEG_ERR_WS_METHOD;
    if (!h2neg__upgrade_has(request->minor, request->fields, request->count, "websocket"))
        return H2NEG_ERR_WS_UPGRADE;
    r = h2neg__ws_check_version(request);
    if (r != 0)
        return r;
    r = h2neg__single(request->fields, request->count, "sec-websocket-key", &request->key);
    if (r == 1 && h2neg__ws_is_key(request->key))
        return 0;
    request->key = h2neg__str(NULL, 0);
    return H2NEG_ERR_WS_KEY;
}

H2NEG__DEF int h2neg_ws_check_request(h2neg_ws_request *request, const h2neg_ws_policy *policy)
{
    int r;
    request->key = request->origin = h2neg__str(NULL, 0);
    r = H2NEG__IS(request->method, "CONNECT") ? h2neg__ws_check_version(request)
                                              : h2neg__ws_check_h1(request);
    if (r != 0)
        return r;
    if (!h2neg__ws_subprotocols_ok(request->fields, request->count))
        return H2NEG_ERR_WS_SUBPROTOCOL;
    if (!h2neg__ws_extensions_ok(request->fields, request->count))
        return H2NEG_ERR_WS_EXTENSION;
    return h2neg__ws_check_origin(request, policy);
}

/* ---- the answer ---- */

static int h2neg__ws_check_101(int status, const h2neg_field *fields, size_t count, h2neg_str key)
{
    static const char *const websocket = "websocket";
    char expected[29];
    h2neg_str accept;
    if (status != 101)
        return H2NEG_ERR_WS_STATUS;
    if (h2neg_upgrade_check(&websocket, 1, 1, fields, count) != 0)
        return H2NEG_ERR_WS_UPGRADE;
    h2neg_ws_accept_key(expected, key);
    if (h2neg__single(fields, count, "sec-websocket-accept", &accept) != 1 ||
        !h2neg_is(h2neg__trim(accept), expected))
        return H2NEG_ERR_WS_ACCEPT;
    return 0;
}

/* 1 when the server may choose this: a token that the list, as it was sent, has. */
static int h2neg__ws_was_asked(h2neg_str chosen, h2neg_str subprotocols)
{
    h2neg_list list = {0, 0};
    h2neg_field asked;
    h2neg_str item;
    asked.name = h2neg_s("sec-websocket-protocol");
    asked.value = subprotocols;
    asked.flags = 0;
    if (!h2neg__is_token(chosen))
        return 0;
    while (h2neg_list_next(&list, &asked, 1, "sec-websocket-protocol", &item) == 1)
        if (h2neg__same(item, chosen))
            return 1;
    return 0;
}

H2NEG__DEF int h2neg_ws_check_response(int status, const h2neg_field *fields, size_t count,
                                       h2neg_str key, h2neg_str subprotocols,
                                       h2neg_str *subprotocol)
{
    h2neg_str chosen;
    int r, n;
    *subprotocol = h2neg__str(NULL, 0);
    if (key.len)
        r = h2neg__ws_check_101(status, fields, count, key);
    else
        r = status >= 200 && status <= 299 ? 0 : H2NEG_ERR_WS_STATUS;
    if (r != 0)
        return r;
    n = h2neg__single(fields, count, "sec-websocket-protocol", &chosen);
    if (n == 0)
        return 0;
    chosen = h2neg__trim(chosen);
    if (n > 1 || !h2neg__ws_was_asked(chosen, subprotocols))
        return H2NEG_ERR_WS_SUBPROTOCOL;
    *subprotocol = chosen;
    return 0;
}

/* ---- permessage-deflate (RFC 7692 7.1) ---- */

static const char h2neg__ws_deflate_name[] = "permessage-deflate";

/* The four parameters by place: 0 and 1 are flags, 2 and 3 are window bits. */
static const char *const h2neg__ws_deflate_names[4] = {
    "server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits",
    "client_max_window_bits"};

static int *h2neg__ws_deflate_at(h2neg_ws_deflate *d, size_t i)
{
    if (i < 2)
        return i == 0 ? &d->server_no_context_takeover : &d->client_no_context_takeover;
    return i == 2 ? &d->server_max_window_bits : &d->client_max_window_bits;
}

/* 8 to 15 without a leading zero; 0: something else. Backslashes are escapes (see
   parameter_next). */
static int h2neg__ws_window_bits(h2neg_str value)
{
    int bits = 0;
    size_t i;
    for (i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == '\\')
            continue;
        if (!h2neg__is_class(c, H2NEG__DIGIT) || (c == '0' && bits == 0) || bits > 1)
            return 0;
        bits = bits * 10 + (c - '0');
    }
    return bits >= 8 && bits <= 15 ? bits : 0;
}

/* What one parameter's place is to hold: 1, bits, or -1 without a value; 0: not acceptable. */
static int h2neg__ws_deflate_value(size_t i, h2neg_str value, int has_value, int answer)
{
    if (i < 2)
        return !has_value;
    if (has_value)
        return h2neg__ws_window_bits(value);
    return i == 3 && !answer ? -1 : 0;
}

/* 1 when these parameters, whose grammar is good, are known, each once and with a value of its
   kind. */
static int h2neg__ws_deflate_read(h2neg_ws_deflate *d, h2neg_str rest, int answer)
{
    h2neg_str name, value;
    int has_value, *place;
    size_t i;
    memset(d, 0, sizeof *d);
    while (h2neg_ws_parameter_next(&rest, &name, &value, &has_value) == 1) {
        for (i = 0; i < 4 && !h2neg_is(name, h2neg__ws_deflate_names[i]); i++)
            continue;
        if (i == 4)
            return 0;
        place = h2neg__ws_deflate_at(d, i);
        if (*place != 0)
            return 0;
        *place = h2neg__ws_deflate_value(i, value, has_value, answer);
        if (*place == 0)
            return 0;
    }
    return 1;
}

static void h2neg__ws_deflate_put(h2neg__writer *w, const char *name, int bits)
{
    h2neg__put_text(w, "; ");
    h2neg__put_text(w, name);
    if (bits > 0) {
        h2neg__put_text(w, "=");
        h2neg__put_decimal(w, (uint64_t)bits);
    }
}

H2NEG__DEF ptrdiff_t h2neg_ws_deflate_write(char *out, size_t room,
                                            const h2neg_ws_deflate *parameters)
{
    h2neg__writer w = h2neg__write(out, room);
    h2neg_ws_deflate d = *parameters;
    size_t i;
    h2neg__put_text(&w, h2neg__ws_deflate_name);
    for (i = 0; i < 4; i++) {
        int value = *h2neg__ws_deflate_at(&d, i);
        if (value == 0)
            continue;
        if (i >= 2 && (value < 8 || value > 15) && !(i == 3 && value == -1))
            return H2NEG_ERR_INVALID;
        h2neg__ws_deflate_put(&w, h2neg__ws_deflate_names[i], i < 2 ? 0 : value);
    }
    return h2neg__written(&w);
}

/* The smaller of two windows; not given (0) and given without a value (-1) are 15. */
static int h2neg__ws_least_bits(int a, int b)
{
    if (a <= 0)
        a = 15;
    if (b <= 0)
        b = 15;
    return a < b ? a : b;
}

/* The answer to one offer; 0: it cannot be taken. The server may always lower its own window; the
   client's only where the offer says that the client can obey (RFC 7692 7.1.2). */
static int h2neg__ws_deflate_agree(h2neg_ws_deflate *agreed, const h2neg_ws_deflate *want,
                                   const h2neg_ws_deflate *offer)
{
    int server = h2neg__ws_least_bits(offer->server_max_window_bits, want->server_max_window_bits);
    int client = h2neg__ws_least_bits(offer->client_max_window_bits, want->client_max_window_bits);
    if (offer->client_max_window_bits == 0 && client < 15)
        return 0;
    agreed->server_no_context_takeover =
        offer->server_no_context_takeover || want->server_no_context_takeover;
    agreed->client_no_context_takeover =
        offer->client_no_context_takeover || want->client_no_context_takeover;
    agreed->server_max_window_bits = offer->server_max_window_bits || server < 15 ? server : 0;
    agreed->client_max_window_bits = client < 15 ? client : 0;
    return 1;
}

H2NEG__DEF int h2neg_ws_deflate_accept(h2neg_ws_deflate *agreed, const h2neg_ws_deflate *want,
                                       const h2neg_field *fields, size_t count)
{
    h2neg_list list = {0, 0};
    h2neg_ws_deflate offer, anything;
    h2neg_str name, parameters;
    int r, taken = 0;
    memset(agreed, 0, sizeof *agreed);
    memset(&anything, 0, sizeof anything);
    if (!h2neg__ws_extensions_ok(fields, count))
        return H2NEG_ERR_WS_EXTENSION;
    do {
        r = h2neg_ws_extension_next(&list, fields, count, &name, &parameters);
        if (r == 1 && h2neg_is(name, h2neg__ws_deflate_name) &&
            h2neg__ws_deflate_read(&offer, parameters, 0))
            taken = h2neg__ws_deflate_agree(agreed, want ? want : &anything, &offer);
    } while (r == 1 && !taken);
    return taken;
}

/* 1 when an answer keeps within the offer: what the offer asks of the server stands in it, and the
   client's window only if the offer spoke of it. */
static int h2neg__ws_deflate_within(const h2neg_ws_deflate *answer, const h2neg_ws_deflate *offered)
{
    if (offered->server_no_context_takeover && !answer->server_no_context_takeover)
        return 0;
    if (offered->server_max_window_bits &&
        (answer->server_max_window_bits == 0 ||
         answer->server_max_window_bits > offered->server_max_window_bits))
        return 0;
    return answer->client_max_window_bits == 0 || offered->client_max_window_bits != 0;
}

H2NEG__DEF int h2neg_ws_deflate_check(h2neg_ws_deflate *agreed, const h2neg_ws_deflate *offered,
                                      const h2neg_field *fields, size_t count)
{
    h2neg_list list = {0, 0};
    h2neg_ws_deflate answer;
    h2neg_str name, parameters, other;
    int r = h2neg_ws_extension_next(&list, fields, count, &name, &parameters);
    memset(agreed, 0, sizeof *agreed);
    if (r <= 0)
        return r;
    if (!offered || !h2neg_is(name, h2neg__ws_deflate_name) ||
        !h2neg__ws_deflate_read(&answer, parameters, 1) ||
        !h2neg__ws_deflate_within(&answer, offered) ||
        h2neg_ws_extension_next(&list, fields, count, &name, &other) != 0)
        return H2NEG_ERR_WS_EXTENSION;
    *agreed = answer;
    agreed->client_no_context_takeover |= offered->client_no_context_takeover != 0;
    if (answer.client_max_window_bits || offered->client_max_window_bits > 0)
        agreed->client_max_window_bits =
            h2neg__ws_least_bits(answer.client_max_window_bits, offered->client_max_window_bits);
    return 1;
}

/* ---- heads to send ---- */

/* 1 when the caller's fields leave alone what the 101 says itself, or must not say (RFC 9110
   8.6). */
static int h2neg__ws_fields_ok(const h2neg_field *fields, size_t count)
{
    static const char *const own[] = {
        "upgrade",        "connection",       "sec-websocket-accept", "sec-websocket-protocol",
        "content-length", "transfer-encoding"};
    size_t i;
    for (i = 0; i < H2NEG__COUNT(own); i++)
        if (h2neg_find(fields, count, own[i], NULL))
            return 0;
    return 1;
}

/* The caller's fields by the room that writes heads, which judges them; 0 or its error. */
static int h2neg__ws_put_fields(h2neg__writer *w, const h2neg_field *fields, size_t count)
{
    ptrdiff_t n;
    if (w->bad || count == 0)
        return 0;
    n = h2neg_h1_write_fields(w->p, w->left, fields, count);
    if (n < 0)
        return (int)n;
    w->p += n;
    w->left -= (size_t)n;
    w->used += (size_t)n;
    return 0;
}

H2NEG__DEF ptrdiff_t h2neg_ws_write_accept(void *out, size_t room, h2neg_str key,
                                           const char *subprotocol, const h2neg_field *fields,
                                           size_t count)
{
    h2neg__writer w = h2neg__write(out, room);
    char accept[29];
    int r;
    if (!h2neg__ws_is_key(key))
        return H2NEG_ERR_WS_KEY;
    if (subprotocol && !h2neg__is_token(h2neg_s(subprotocol)))
        return H2NEG_ERR_WS_SUBPROTOCOL;
    if (!h2neg__ws_fields_ok(fields, count))
        return H2NEG_ERR_INVALID;
    h2neg_ws_accept_key(accept, key);
    h2neg__put_text(&w, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Accept: ");
    h2neg__put_text(&w, accept);
    h2neg__put_text(&w, "\r\n");
    if (subprotocol) {
        h2neg__put_text(&w, "Sec-WebSocket-Protocol: ");
        h2neg__put_text(&w, subprotocol);
        h2neg__put_text(&w, "\r\n");
    }
    r = h2neg__ws_put_fields(&w, fields, count);
    if (r < 0)
        return r;
    h2neg__put_text(&w, "\r\n");
    return h2neg__written(&w);
}

H2NEG__DEF ptrdiff_t h2neg_ws_write_refuse(void *out, size_t room, int status)
{
    h2neg__writer w = h2neg__write(out, room);
    if (status < 300 || status > 599)
        return H2NEG_ERR_INVALID;
    h2neg__put_text(&w, "HTTP/1.1 ");
    h2neg__put_decimal(&w, (uint64_t)status);
    h2neg__put_text(&w, " ");
    h2neg__put_text(&w, h2neg_status_text(status));
    h2neg__put_text(&w, "\r\n");
    if (status == 426)
        h2neg__put_text(&w, "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Version: 13\r\n");
    h2neg__put_text(&w, "Content-Length: 0\r\n\r\n");
    return h2neg__written(&w);
}

/* ==== 12 >>ws-frame ========================================================
   RFC 6455 5, 7.4; RFC 3629.  Uses >>bytes >>scan >>error.
   Memory: none.
   Every octet is judged when it is there: an error never depends on how the input was cut.
   ========================================================================== */

static int h2neg__ws_is_control(int opcode)
{
    return opcode >= H2NEG_WS_CLOSE;
}

/* What a first octet says, as far as it can be judged alone (RFC 6455 5.2, 5.5). 0 or an error. */
static int h2neg__ws_check_first(const h2neg_ws_frame *f, int rsv)
{
    int data = f->opcode == H2NEG_WS_TEXT || f->opcode == H2NEG_WS_BINARY;
    if (f->rsv & ~(data ? rsv : 0))
        return H2NEG_ERR_WS_RESERVED;
    if (f->opcode > H2NEG_WS_PONG || (f->opcode > H2NEG_WS_BINARY && f->opcode < H2NEG_WS_CLOSE))
        return H2NEG_ERR_WS_RESERVED;
    return h2neg__ws_is_control(f->opcode) && !f->fin ? H2NEG_ERR_WS_CONTROL : 0;
}

/* The octets of an extended payload length, as far as they are there: `octets` is 0, 2 or 8. 1: it
   is whole; 0: more is needed; or H2NEG_ERR_WS_LENGTH. */
static int h2neg__ws_length(h2neg_ws_frame *f, const unsigned char *p, size_t len, size_t octets)
{
    size_t i;
    if (octets == 0)
        return 1;
    f->length = 0;
    if (octets == 8 && len && p[0] & 0x80)
        return H2NEG_ERR_WS_LENGTH;
    for (i = 0; i < octets && i < len; i++) {
        f->length = f->length << 8 | p[i];
        if (i == 5 && f->length == 0)
            return H2NEG_ERR_WS_LENGTH; /* 65,535 at most, whatever follows */
    }
    if (len < octets)
        return 0;
    return octets == 2 && f->length < 126 ? (int)H2NEG_ERR_WS_LENGTH : 1;
}

H2NEG__DEF ptrdiff_t h2neg_ws_frame_read(h2neg_ws_frame *f, const void *in, size_t len,
                                         int from_client, int rsv)
{
    const unsigned char *p = (const unsigned char *)in;
    size_t extended, head;
    int r;
    if (len < 1)
        return 0;
    f->fin = p[0] >> 7;
    f->rsv = p[0] >> 4 & 7;
    f->opcode = p[0] & 15;
    r = h2neg__ws_check_first(f, rsv);
    if (r < 0 || len < 2)
        return r;
    f->masked = p[1] >> 7;
    f->length = p[1] & 127;
    if (f->masked != (from_client != 0))
        return H2NEG_ERR_WS_MASK;
    if (h2neg__ws_is_control(f->opcode) && f->length > 125)
        return H2NEG_ERR_WS_CONTROL;
    extended = f->length == 126 ? 2 : f->length == 127 ? 8 : 0;
    r = h2neg__ws_length(f, p + 2, len - 2, extended);
    head = 2 + extended + (f->masked ? 4 : 0);
    if (r < 0 || len < head)
        return r < 0 ? r : 0;
    if (f->masked)
        memcpy(f->key, p + head - 4, 4);
    return (ptrdiff_t)head;
}

H2NEG__DEF ptrdiff_t h2neg_ws_frame_write(void *out, size_t room, const h2neg_ws_frame *f)
{
    unsigned char head[14];
    size_t n = 2, extended = f->length > 65535 ? 8 : f->length > 125 ? 2 : 0;
    if ((f->rsv | f->opcode | f->fin) < 0 || f->rsv > 7 || f->fin > 1 ||
        h2neg__ws_check_first(f, 7) || f->length >> 63 ||
        (h2neg__ws_is_control(f->opcode) && extended))
        return H2NEG_ERR_INVALID;
    head[0] = (unsigned char)(f->fin << 7 | f->rsv << 4 | f->opcode);
    head[1] = (unsigned char)((f->masked ? 0x80u : 0u) | (extended == 8   ? 127u
                                                          : extended == 2 ? 126u
                                                                          : (unsigned)f->length));
    while (extended)
        head[n++] = (unsigned char)(f->length >> 8 * --extended & 255);
    if (f->masked) {
        memcpy(head + n, f->key, 4);
        n += 4;
    }
    if (n > room)
        return H2NEG_ERR_TOO_SMALL;
    memcpy(out, head, n);
    return (ptrdiff_t)n;
}

H2NEG__DEF void h2neg_ws_mask(void *out, const void *in, size_t len, const unsigned char key[4],
                              uint64_t offset)
{
    unsigned char turned[4];
    size_t i;
    for (i = 0; i < 4; i++)
        turned[i] = key[(offset + i) & 3];
    h2neg__scan_mask((unsigned char *)out, (const unsigned char *)in, len, turned);
}

/* ---- UTF-8 (RFC 3629 4) ----
   UTF8-2 = C2-DF tail; UTF8-3 = E0 A0-BF tail / E1-EC 2tail / ED 80-9F tail / EE-EF 2tail;
   UTF8-4 = F0 90-BF 2tail / F1-F3 3tail / F4 80-8F 2tail; tail = 80-BF */

/* A first octet that is not ASCII: what must follow. 1, or 0: it begins nothing. */
static int h2neg__utf8_lead(h2neg_utf8 *u, unsigned char c)
{
    if (c < 0xc2 || c > 0xf4)
        return 0;
    u->need = (unsigned char)(c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3);
    u->low = (unsigned char)(c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80);
    u->high = (unsigned char)(c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf);
    return 1;
}

static int h2neg__utf8_tail(h2neg_utf8 *u, unsigned char c)
{
    if (c < u->low || c > u->high)
        return 0;
    u->low = 0x80;
    u->high = 0xbf;
    u->need--;
    return 1;
}

#ifdef H2NEG__V16
/* Many octets at a time: what is wrong with an octet shows in it, the high and the low half of the
   one before it, and whether a lead two or three before it claims it. Each half is looked up in a
   table of the mistakes that it may be part of; a bit that all three have is a mistake, but for
   the last, two tails in a row, which is one exactly where no lead claims the second. (The method
   is Keiser's and Lemire's, 2020.) On mixed text AVX2 is 20 x octet by octet, SSSE3 10 x. */
enum {
    H2NEG__U8_SHORT = 1,   /* a lead without its tail */
    H2NEG__U8_STRAY = 2,   /* a tail behind ASCII */
    H2NEG__U8_LONG3 = 4,   /* E0 80-9F */
    H2NEG__U8_ABOVE = 8,   /* F4 90-BF, F5-FF 90-BF */
    H2NEG__U8_HALF = 16,   /* ED A0-BF, a surrogate */
    H2NEG__U8_LONG2 = 32,  /* C0, C1 */
    H2NEG__U8_LONG4 = 64,  /* F0 80-8F, F5-FF 80-8F */
    H2NEG__U8_TAILS = 128, /* two tails */
    H2NEG__U8_ANY = H2NEG__U8_SHORT | H2NEG__U8_STRAY | H2NEG__U8_TAILS,
    H2NEG__U8_TAIL = H2NEG__U8_STRAY | H2NEG__U8_LONG2 | H2NEG__U8_TAILS
};
#define H2NEG__TWICE(x) x, x
#define H2NEG__FOUR(x) x, x, x, x
/* By the high half of the octet before, its low half, the octet's own high half. */
static const unsigned char h2neg__utf8_halves[3][16] = {
    {H2NEG__FOUR(H2NEG__U8_STRAY), H2NEG__FOUR(H2NEG__U8_STRAY), H2NEG__FOUR(H2NEG__U8_TAILS),
     H2NEG__U8_SHORT | H2NEG__U8_LONG2, H2NEG__U8_SHORT,
     H2NEG__U8_SHORT | H2NEG__U8_LONG3 | H2NEG__U8_HALF,
     H2NEG__U8_SHORT | H2NEG__U8_ABOVE | H2NEG__U8_LONG4},
    {H2NEG__U8_ANY | H2NEG__U8_LONG2 | H2NEG__U8_LONG3 | H2NEG__U8_LONG4,
     H2NEG__U8_ANY | H2NEG__U8_LONG2, H2NEG__TWICE(H2NEG__U8_ANY), H2NEG__U8_ANY | H2NEG__U8_ABOVE,
     H2NEG__FOUR(H2NEG__U8_ANY | H2NEG__U8_ABOVE | H2NEG__U8_LONG4),
     H2NEG__FOUR(H2NEG__U8_ANY | H2NEG__U8_ABOVE | H2NEG__U8_LONG4),
     H2NEG__U8_ANY | H2NEG__U8_ABOVE | H2NEG__U8_LONG4 | H2NEG__U8_HALF,
     H2NEG__TWICE(H2NEG__U8_ANY | H2NEG__U8_ABOVE | H2NEG__U8_LONG4)},
    {H2NEG__FOUR(H2NEG__U8_SHORT), H2NEG__FOUR(H2NEG__U8_SHORT),
     H2NEG__U8_TAIL | H2NEG__U8_LONG3 | H2NEG__U8_LONG4,
     H2NEG__U8_TAIL | H2NEG__U8_LONG3 | H2NEG__U8_ABOVE,
     H2NEG__TWICE(H2NEG__U8_TAIL | H2NEG__U8_HALF | H2NEG__U8_ABOVE),
     H2NEG__FOUR(H2NEG__U8_SHORT)}};
#undef H2NEG__TWICE
#undef H2NEG__FOUR

/* Whether one of the 16 octets at `p` is wrong behind the three before them, which are read. */
H2NEG__TARGET_LOOK static int h2neg__utf8_bad_v16(const unsigned char *p)
{
    h2neg__v16 before = H2NEG__V16_LOAD(p - 1);
    h2neg__v16 low = H2NEG__V16_AND(before, H2NEG__V16_OF(15));
    h2neg__v16 own = H2NEG__V16_HALF(H2NEG__V16_LOAD(p));
    h2neg__v16 third = H2NEG__V16_SUB_TO_0(H2NEG__V16_LOAD(p - 2), H2NEG__V16_OF(0xe0 - 0x80));
    h2neg__v16 fourth = H2NEG__V16_SUB_TO_0(H2NEG__V16_LOAD(p - 3), H2NEG__V16_OF(0xf0 - 0x80));
    h2neg__v16 claimed = H2NEG__V16_AND(H2NEG__V16_OR(third, fourth), H2NEG__V16_OF(0x80));
    h2neg__v16 bad =
        H2NEG__V16_LOOK(H2NEG__V16_LOAD(h2neg__utf8_halves[0]), H2NEG__V16_HALF(before));
    bad = H2NEG__V16_AND(bad, H2NEG__V16_LOOK(H2NEG__V16_LOAD(h2neg__utf8_halves[1]), low));
    bad = H2NEG__V16_AND(bad, H2NEG__V16_LOOK(H2NEG__V16_LOAD(h2neg__utf8_halves[2]), own));
    return H2NEG__V16_BITS(H2NEG__V16_SAME(bad, claimed)) != 0xffff;
}

#ifdef H2NEG__X86
H2NEG__TARGET_AVX2 static __m256i h2neg__load_avx2(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

H2NEG__TARGET_AVX2 static __m256i h2neg__utf8_look_avx2(int table, __m256i halves)
{
    __m256i both = _mm256_broadcastsi128_si256(H2NEG__V16_LOAD(h2neg__utf8_halves[table]));
    return _mm256_shuffle_epi8(both, _mm256_and_si256(halves, _mm256_set1_epi8(15)));
}

/* The same of 32. */
H2NEG__TARGET_AVX2 static int h2neg__utf8_bad_avx2(const unsigned char *p)
{
    __m256i before = h2neg__load_avx2(p - 1);
    __m256i third = _mm256_subs_epu8(h2neg__load_avx2(p - 2), _mm256_set1_epi8(0xe0 - 0x80));
    __m256i fourth = _mm256_subs_epu8(h2neg__load_avx2(p - 3), _mm256_set1_epi8(0xf0 - 0x80));
    __m256i claimed = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8(-128));
    __m256i bad =
        _mm256_and_si256(_mm256_and_si256(h2neg__utf8_look_avx2(0, _mm256_srli_epi16(before, 4)),
                                          h2neg__utf8_look_avx2(1, before)),
                         h2neg__utf8_look_avx2(2, _mm256_srli_epi16(h2neg__load_avx2(p), 4)));
    return _mm256_movemask_epi8(_mm256_cmpeq_epi8(bad, claimed)) != -1;
}
#endif

/* Where a character that is not whole before p[at] begins, or `at`. */
static size_t h2neg__utf8_begin(const unsigned char *p, size_t at)
{
    return p[at - 1] >= 0xc0   ? at - 1
           : p[at - 2] >= 0xe0 ? at - 2
           : p[at - 3] >= 0xf0 ? at - 3
                               : at;
}

/* From p[at], where a character begins, past the whole good characters that are easily seen to be
   good; at most `len`. Three octets stand before, and a step or more behind. */
H2NEG__TARGET_LOOK static size_t h2neg__utf8_v16(const unsigned char *p, size_t at, size_t len)
{
    while (at != len) {
        size_t next = len - at < 16 ? len - 16 : at;
        if (h2neg__utf8_bad_v16(p + next))
            break;
        at = next + 16;
    }
    return h2neg__utf8_begin(p, at);
}

#ifdef H2NEG__X86
H2NEG__TARGET_AVX2 static size_t h2neg__utf8_avx2(const unsigned char *p, size_t at, size_t len)
{
    while (at != len) {
        size_t next = len - at < 32 ? len - 32 : at;
        if (h2neg__utf8_bad_avx2(p + next))
            break;
        at = next + 32;
    }
    return h2neg__utf8_begin(p, at);
}
#endif
#endif

/* From p[at], where a character begins, past whole good characters; at most `len`. */
static size_t h2neg__utf8_skip(const unsigned char *p, size_t at, size_t len)
{
    if (p[at] < 0x80)
        at += h2neg__scan_ascii(p + at, len - at);
#ifdef H2NEG__X86
    if (at >= 3 && len - at >= 32 && H2NEG__HAS_AVX2())
        return h2neg__utf8_avx2(p, at, len);
#endif
#ifdef H2NEG__V16
    if (at >= 3 && len - at >= 16 && H2NEG__HAS_LOOK())
        return h2neg__utf8_v16(p, at, len);
#endif
    return at;
}

H2NEG__DEF size_t h2neg_utf8_check(h2neg_utf8 *u, const void *in, size_t len)
{
    const unsigned char *p = (const unsigned char *)in;
    h2neg_utf8 now = *u; /* a copy, which no octet of `p` can be part of: 1.3 x */
    size_t i = 0;
    while (i < len && !now.bad) {
        int good;
        if (now.need == 0)
            i = h2neg__utf8_skip(p, i, len);
        if (i >= len || (now.need == 0 && p[i] < 0x80))
            continue; /* the end, or ASCII in front of a mistake */
        good = now.need ? h2neg__utf8_tail(&now, p[i]) : h2neg__utf8_lead(&now, p[i]);
        now.bad = (unsigned char)!good;
        i += (size_t)good;
    }
    *u = now;
    return i;
}

H2NEG__DEF int h2neg_utf8_whole(const h2neg_utf8 *u)
{
    return u->need == 0 && !u->bad;
}

static int h2neg__is_utf8(h2neg_str text)
{
    h2neg_utf8 u;
    memset(&u, 0, sizeof u);
    return h2neg_utf8_check(&u, text.ptr, text.len) == text.len && h2neg_utf8_whole(&u);
}

/* ---- Close (RFC 6455 5.5.1, 7.4) ---- */

H2NEG__DEF int h2neg_ws_code_ok(int code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

H2NEG__DEF int h2neg_ws_close_read(const void *in, size_t len, int *code, h2neg_str *reason)
{
    const unsigned char *p = (const unsigned char *)in;
    *code = H2NEG_WS_NO_STATUS;
    *reason = h2neg__str(NULL, 0);
    if (len == 0)
        return 0;
    if (len == 1 || !h2neg_ws_code_ok(p[0] << 8 | p[1]))
        return H2NEG_ERR_WS_CLOSE_CODE;
    *code = p[0] << 8 | p[1];
    if (!h2neg__is_utf8(h2neg__str(p + 2, len - 2)))
        return H2NEG_ERR_WS_UTF8;
    *reason = h2neg__str(p + 2, len - 2);
    return 0;
}

H2NEG__DEF ptrdiff_t h2neg_ws_close_write(void *out, size_t room, int code, h2neg_str reason)
{
    unsigned char *p = (unsigned char *)out;
    if (code ? !h2neg_ws_code_ok(code) : reason.len != 0)
        return H2NEG_ERR_INVALID;
    if (reason.len > 123 || !h2neg__is_utf8(reason))
        return H2NEG_ERR_INVALID;
    if (code == 0)
        return 0;
    if (room < 2 + reason.len)
        return H2NEG_ERR_TOO_SMALL;
    p[0] = (unsigned char)(code >> 8);
    p[1] = (unsigned char)(code & 255);
    h2neg__copy(p + 2, reason.ptr, reason.len);
    return (ptrdiff_t)(2 + reason.len);
}

/* ==== 13 >>huffman-table ===================================================
   RFC 7541 Appendix B.  Uses >>bytes.
   Memory: 15 KB of constant tables, printed by tools/gen_tables.
   Nothing else here is a choice: the lengths of the codes alone fix it.
   ========================================================================== */

/* clang-format off */
/* >gen huffman */
/* For each octet its code from the top down, and the code's bits in the lowest 8. */
static const uint64_t h2neg__huffman_codes[256] = {
    0xffc000000000000d, 0xffffb00000000017, 0xfffffe200000001c, 0xfffffe300000001c,
    0xfffffe400000001c, 0xfffffe500000001c, 0xfffffe600000001c, 0xfffffe700000001c,
    0xfffffe800000001c, 0xffffea0000000018, 0xfffffff00000001e, 0xfffffe900000001c,
    0xfffffea00000001c, 0xfffffff40000001e, 0xfffffeb00000001c, 0xfffffec00000001c,
    0xfffffed00000001c, 0xfffffee00000001c, 0xfffffef00000001c, 0xffffff000000001c,
    0xffffff100000001c, 0xffffff200000001c, 0xfffffff80000001e, 0xffffff300000001c,
    0xffffff400000001c, 0xffffff500000001c, 0xffffff600000001c, 0xffffff700000001c,
    0xffffff800000001c, 0xffffff900000001c, 0xffffffa00000001c, 0xffffffb00000001c,
    0x5000000000000006, 0xfe0000000000000a, 0xfe4000000000000a, 0xffa000000000000c,
    0xffc800000000000d, 0x5400000000000006, 0xf800000000000008, 0xff4000000000000b,
    0xfe8000000000000a, 0xfec000000000000a, 0xf900000000000008, 0xff6000000000000b,
    0xfa00000000000008, 0x5800000000000006, 0x5c00000000000006, 0x6000000000000006,
    0x0000000000000005, 0x0800000000000005, 0x1000000000000005, 0x6400000000000006,
    0x6800000000000006, 0x6c00000000000006, 0x7000000000000006, 0x7400000000000006,
    0x7800000000000006, 0x7c00000000000006, 0xb800000000000007, 0xfb00000000000008,
    0xfff800000000000f, 0x8000000000000006, 0xffb000000000000c, 0xff0000000000000a,
    0xffd000000000000d, 0x8400000000000006, 0xba00000000000007, 0xbc00000000000007,
    0xbe00000000000007, 0xc000000000000007, 0xc200000000000007, 0xc400000000000007,
    0xc600000000000007, 0xc800000000000007, 0xca00000000000007, 0xcc00000000000007,
    0xce00000000000007, 0xd000000000000007, 0xd200000000000007, 0xd400000000000007,
    0xd600000000000007, 0xd800000000000007, 0xda00000000000007, 0xdc00000000000007,
    0xde00000000000007, 0xe000000000000007, 0xe200000000000007, 0xe400000000000007,
    0xfc00000000000008, 0xe600000000000007, 0xfd00000000000008, 0xffd800000000000d,
    0xfffe000000000013, 0xffe000000000000d, 0xfff000000000000e, 0x8800000000000006,
    0xfffa00000000000f, 0x1800000000000005, 0x8c00000000000006, 0x2000000000000005,
    0x9000000000000006, 0x2800000000000005, 0x9400000000000006, 0x9800000000000006,
    0x9c00000000000006, 0x3000000000000005, 0xe800000000000007, 0xea00000000000007,
    0xa000000000000006, 0xa400000000000006, 0xa800000000000006, 0x3800000000000005,
    0xac00000000000006, 0xec00000000000007, 0xb000000000000006, 0x4000000000000005,
    0x4800000000000005, 0xb400000000000006, 0xee00000000000007, 0xf000000000000007,
    0xf200000000000007, 0xf400000000000007, 0xf600000000000007, 0xfffc00000000000f,
    0xff8000000000000b, 0xfff400000000000e, 0xffe800000000000d, 0xffffffc00000001c,
    0xfffe600000000014, 0xffff480000000016, 0xfffe700000000014, 0xfffe800000000014,
    0xffff4c0000000016, 0xffff500000000016, 0xffff540000000016, 0xffffb20000000017,
    0xffff580000000016, 0xffffb40000000017, 0xffffb60000000017, 0xffffb80000000017,
    0xffffba0000000017, 0xffffbc0000000017, 0xffffeb0000000018, 0xffffbe0000000017,
    0xffffec0000000018, 0xffffed0000000018, 0xffff5c0000000016, 0xffffc00000000017,
    0xffffee0000000018, 0xffffc20000000017, 0xffffc40000000017, 0xffffc60000000017,
    0xffffc80000000017, 0xfffee00000000015, 0xffff600000000016, 0xffffca0000000017,
    0xffff640000000016, 0xffffcc0000000017, 0xffffce0000000017, 0xffffef0000000018,
    0xffff680000000016, 0xfffee80000000015, 0xfffe900000000014, 0xffff6c0000000016,
    0xffff700000000016, 0xffffd00000000017, 0xffffd20000000017, 0xfffef00000000015,
    0xffffd40000000017, 0xffff740000000016, 0xffff780000000016, 0xfffff00000000018,
    0xfffef80000000015, 0xffff7c0000000016, 0xffffd60000000017, 0xffffd80000000017,
    0xffff000000000015, 0xffff080000000015, 0xffff800000000016, 0xffff100000000015,
    0xffffda0000000017, 0xffff840000000016, 0xffffdc0000000017, 0xffffde0000000017,
    0xfffea00000000014, 0xffff880000000016, 0xffff8c0000000016, 0xffff900000000016,
    0xffffe00000000017, 0xffff940000000016, 0xffff980000000016, 0xffffe20000000017,
    0xfffff8000000001a, 0xfffff8400000001a, 0xfffeb00000000014, 0xfffe200000000013,
    0xffff9c0000000016, 0xffffe40000000017, 0xffffa00000000016, 0xfffff60000000019,
    0xfffff8800000001a, 0xfffff8c00000001a, 0xfffff9000000001a, 0xfffffbc00000001b,
    0xfffffbe00000001b, 0xfffff9400000001a, 0xfffff10000000018, 0xfffff68000000019,
    0xfffe400000000013, 0xffff180000000015, 0xfffff9800000001a, 0xfffffc000000001b,
    0xfffffc200000001b, 0xfffff9c00000001a, 0xfffffc400000001b, 0xfffff20000000018,
    0xffff200000000015, 0xffff280000000015, 0xfffffa000000001a, 0xfffffa400000001a,
    0xffffffd00000001c, 0xfffffc600000001b, 0xfffffc800000001b, 0xfffffca00000001b,
    0xfffec00000000014, 0xfffff30000000018, 0xfffed00000000014, 0xffff300000000015,
    0xffffa40000000016, 0xffff380000000015, 0xffff400000000015, 0xffffe60000000017,
    0xffffa80000000016, 0xffffac0000000016, 0xfffff70000000019, 0xfffff78000000019,
    0xfffff40000000018, 0xfffff50000000018, 0xfffffa800000001a, 0xffffe80000000017,
    0xfffffac00000001a, 0xfffffcc00000001b, 0xfffffb000000001a, 0xfffffb400000001a,
    0xfffffce00000001b, 0xfffffd000000001b, 0xfffffd200000001b, 0xfffffd400000001b,
    0xfffffd600000001b, 0xffffffe00000001c, 0xfffffd800000001b, 0xfffffda00000001b,
    0xfffffdc00000001b, 0xfffffde00000001b, 0xfffffe000000001b, 0xfffffb800000001a
};

/* For the next 12 bits: the bits that whole symbols take, and 64 times the symbols' count (0 to
   2; 0: the code is longer). */
static const unsigned char h2neg__huffman_step[4096] = {
    138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138,
    138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138,
    138, 138, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 69, 69, 69, 69, 138, 138, 138, 138, 138, 138,
    138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138,
    138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 69, 69, 69, 69, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138,
    138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138,
    138, 138, 138, 138, 138, 138, 138, 138, 138, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 69, 69, 69,
    69, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138,
    138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138,
    138, 138, 138, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 69, 69, 69, 69, 138, 138, 138, 138, 138,
    138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138,
    138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 69, 69, 69, 69, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138,
    138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138,
    138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 69,
    69, 69, 69, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138,
    138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138,
    138, 138, 138, 138, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 69, 69, 69, 69, 138, 138, 138, 138,
    138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138,
    138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 69, 69, 69, 69, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138,
    138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138,
    138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    69, 69, 69, 69, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138,
    138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138,
    138, 138, 138, 138, 138, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 69, 69, 69, 69, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70,
    70, 70, 70, 70, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70,
    70, 70, 70, 70, 70, 70, 70, 70, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 70, 70, 70, 70, 70, 70,
    70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 70,
    70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70,
    70, 70, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70,
    70, 70, 70, 70, 70, 70, 70, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 70, 70, 70, 70, 70, 70,
    70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 70,
    70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70,
    70, 70, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70,
    70, 70, 70, 70, 70, 70, 70, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 70, 70, 70, 70, 70, 70,
    70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 70,
    70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70,
    70, 70, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70,
    70, 70, 70, 70, 70, 70, 70, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 70, 70, 70, 70, 70, 70,
    70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 70,
    70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70,
    70, 70, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70,
    70, 70, 70, 70, 70, 70, 70, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 70, 70, 70, 70, 70, 70,
    70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 139, 139, 139, 139, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 70,
    70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 139, 139, 139, 139, 139,
    139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 139, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 71, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 71, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 71, 71, 71, 71, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 71, 71, 71, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 71, 71, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 71, 71, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 71, 71, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 71, 71, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 140,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 71, 71, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 140, 140, 140,
    140, 140, 140, 140, 140, 140, 140, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 71, 71, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 140, 140, 140, 140, 140,
    140, 140, 140, 140, 140, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 71, 71, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 140, 140, 140, 140, 140, 140, 140,
    140, 140, 140, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 140, 140, 140, 140, 140, 140, 140, 140, 140,
    140, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    140, 140, 140, 140, 140, 140, 140, 140, 140, 140, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72,
    72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72,
    72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72,
    72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72,
    72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 74, 74, 74, 74, 74, 74, 74, 74, 74, 74, 74, 74, 74,
    74, 74, 74, 74, 74, 74, 74, 75, 75, 75, 75, 75, 75, 76, 76, 0, 0, 0, 0
};

/* For the same 12 bits: the first symbol, and 256 times the second. */
static const uint16_t h2neg__huffman_pair[4096] = {
    12336, 12336, 12336, 12336, 12592, 12592, 12592, 12592, 12848, 12848, 12848, 12848, 24880,
    24880, 24880, 24880, 25392, 25392, 25392, 25392, 25904, 25904, 25904, 25904, 26928, 26928,
    26928, 26928, 28464, 28464, 28464, 28464, 29488, 29488, 29488, 29488, 29744, 29744, 29744,
    29744, 8240, 8240, 9520, 9520, 11568, 11568, 11824, 11824, 12080, 12080, 13104, 13104, 13360,
    13360, 13616, 13616, 13872, 13872, 14128, 14128, 14384, 14384, 14640, 14640, 15664, 15664,
    16688, 16688, 24368, 24368, 25136, 25136, 25648, 25648, 26160, 26160, 26416, 26416, 26672,
    26672, 27696, 27696, 27952, 27952, 28208, 28208, 28720, 28720, 29232, 29232, 30000, 30000,
    14896, 16944, 17200, 17456, 17712, 17968, 18224, 18480, 18736, 18992, 19248, 19504, 19760,
    20016, 20272, 20528, 20784, 21040, 21296, 21552, 21808, 22064, 22320, 22832, 27184, 27440,
    28976, 30256, 30512, 30768, 31024, 31280, 48, 48, 48, 48, 12337, 12337, 12337, 12337, 12593,
    12593, 12593, 12593, 12849, 12849, 12849, 12849, 24881, 24881, 24881, 24881, 25393, 25393,
    25393, 25393, 25905, 25905, 25905, 25905, 26929, 26929, 26929, 26929, 28465, 28465, 28465,
    28465, 29489, 29489, 29489, 29489, 29745, 29745, 29745, 29745, 8241, 8241, 9521, 9521, 11569,
    11569, 11825, 11825, 12081, 12081, 13105, 13105, 13361, 13361, 13617, 13617, 13873, 13873,
    14129, 14129, 14385, 14385, 14641, 14641, 15665, 15665, 16689, 16689, 24369, 24369, 25137,
    25137, 25649, 25649, 26161, 26161, 26417, 26417, 26673, 26673, 27697, 27697, 27953, 27953,
    28209, 28209, 28721, 28721, 29233, 29233, 30001, 30001, 14897, 16945, 17201, 17457, 17713,
    17969, 18225, 18481, 18737, 18993, 19249, 19505, 19761, 20017, 20273, 20529, 20785, 21041,
    21297, 21553, 21809, 22065, 22321, 22833, 27185, 27441, 28977, 30257, 30513, 30769, 31025,
    31281, 49, 49, 49, 49, 12338, 12338, 12338, 12338, 12594, 12594, 12594, 12594, 12850, 12850,
    12850, 12850, 24882, 24882, 24882, 24882, 25394, 25394, 25394, 25394, 25906, 25906, 25906,
    25906, 26930, 26930, 26930, 26930, 28466, 28466, 28466, 28466, 29490, 29490, 29490, 29490,
    29746, 29746, 29746, 29746, 8242, 8242, 9522, 9522, 11570, 11570, 11826, 11826, 12082, 12082,
    13106, 13106, 13362, 13362, 13618, 13618, 13874, 13874, 14130, 14130, 14386, 14386, 14642,
    14642, 15666, 15666, 16690, 16690, 24370, 24370, 25138, 25138, 25650, 25650, 26162, 26162,
    26418, 26418, 26674, 26674, 27698, 27698, 27954, 27954, 28210, 28210, 28722, 28722, 29234,
    29234, 30002, 30002, 14898, 16946, 17202, 17458, 17714, 17970, 18226, 18482, 18738, 18994,
    19250, 19506, 19762, 20018, 20274, 20530, 20786, 21042, 21298, 21554, 21810, 22066, 22322,
    22834, 27186, 27442, 28978, 30258, 30514, 30770, 31026, 31282, 50, 50, 50, 50, 12385, 12385,
    12385, 12385, 12641, 12641, 12641, 12641, 12897, 12897, 12897, 12897, 24929, 24929, 24929,
    24929, 25441, 25441, 25441, 25441, 25953, 25953, 25953, 25953, 26977, 26977, 26977, 26977,
    28513, 28513, 28513, 28513, 29537, 29537, 29537, 29537, 29793, 29793, 29793, 29793, 8289, 8289,
    9569, 9569, 11617, 11617, 11873, 11873, 12129, 12129, 13153, 13153, 13409, 13409, 13665, 13665,
    13921, 13921, 14177, 14177, 14433, 14433, 14689, 14689, 15713, 15713, 16737, 16737, 24417,
    24417, 25185, 25185, 25697, 25697, 26209, 26209, 26465, 26465, 26721, 26721, 27745, 27745,
    28001, 28001, 28257, 28257, 28769, 28769, 29281, 29281, 30049, 30049, 14945, 16993, 17249,
    17505, 17761, 18017, 18273, 18529, 18785, 19041, 19297, 19553, 19809, 20065, 20321, 20577,
    20833, 21089, 21345, 21601, 21857, 22113, 22369, 22881, 27233, 27489, 29025, 30305, 30561,
    30817, 31073, 31329, 97, 97, 97, 97, 12387, 12387, 12387, 12387, 12643, 12643, 12643, 12643,
    12899, 12899, 12899, 12899, 24931, 24931, 24931, 24931, 25443, 25443, 25443, 25443, 25955,
    25955, 25955, 25955, 26979, 26979, 26979, 26979, 28515, 28515, 28515, 28515, 29539, 29539,
    29539, 29539, 29795, 29795, 29795, 29795, 8291, 8291, 9571, 9571, 11619, 11619, 11875, 11875,
    12131, 12131, 13155, 13155, 13411, 13411, 13667, 13667, 13923, 13923, 14179, 14179, 14435,
    14435, 14691, 14691, 15715, 15715, 16739, 16739, 24419, 24419, 25187, 25187, 25699, 25699,
    26211, 26211, 26467, 26467, 26723, 26723, 27747, 27747, 28003, 28003, 28259, 28259, 28771,
    28771, 29283, 29283, 30051, 30051, 14947, 16995, 17251, 17507, 17763, 18019, 18275, 18531,
    18787, 19043, 19299, 19555, 19811, 20067, 20323, 20579, 20835, 21091, 21347, 21603, 21859,
    22115, 22371, 22883, 27235, 27491, 29027, 30307, 30563, 30819, 31075, 31331, 99, 99, 99, 99,
    12389, 12389, 12389, 12389, 12645, 12645, 12645, 12645, 12901, 12901, 12901, 12901, 24933,
    24933, 24933, 24933, 25445, 25445, 25445, 25445, 25957, 25957, 25957, 25957, 26981, 26981,
    26981, 26981, 28517, 28517, 28517, 28517, 29541, 29541, 29541, 29541, 29797, 29797, 29797,
    29797, 8293, 8293, 9573, 9573, 11621, 11621, 11877, 11877, 12133, 12133, 13157, 13157, 13413,
    13413, 13669, 13669, 13925, 13925, 14181, 14181, 14437, 14437, 14693, 14693, 15717, 15717,
    16741, 16741, 24421, 24421, 25189, 25189, 25701, 25701, 26213, 26213, 26469, 26469, 26725,
    26725, 27749, 27749, 28005, 28005, 28261, 28261, 28773, 28773, 29285, 29285, 30053, 30053,
    14949, 16997, 17253, 17509, 17765, 18021, 18277, 18533, 18789, 19045, 19301, 19557, 19813,
    20069, 20325, 20581, 20837, 21093, 21349, 21605, 21861, 22117, 22373, 22885, 27237, 27493,
    29029, 30309, 30565, 30821, 31077, 31333, 101, 101, 101, 101, 12393, 12393, 12393, 12393, 12649,
    12649, 12649, 12649, 12905, 12905, 12905, 12905, 24937, 24937, 24937, 24937, 25449, 25449,
    25449, 25449, 25961, 25961, 25961, 25961, 26985, 26985, 26985, 26985, 28521, 28521, 28521,
    28521, 29545, 29545, 29545, 29545, 29801, 29801, 29801, 29801, 8297, 8297, 9577, 9577, 11625,
    11625, 11881, 11881, 12137, 12137, 13161, 13161, 13417, 13417, 13673, 13673, 13929, 13929,
    14185, 14185, 14441, 14441, 14697, 14697, 15721, 15721, 16745, 16745, 24425, 24425, 25193,
    25193, 25705, 25705, 26217, 26217, 26473, 26473, 26729, 26729, 27753, 27753, 28009, 28009,
    28265, 28265, 28777, 28777, 29289, 29289, 30057, 30057, 14953, 17001, 17257, 17513, 17769,
    18025, 18281, 18537, 18793, 19049, 19305, 19561, 19817, 20073, 20329, 20585, 20841, 21097,
    21353, 21609, 21865, 22121, 22377, 22889, 27241, 27497, 29033, 30313, 30569, 30825, 31081,
    31337, 105, 105, 105, 105, 12399, 12399, 12399, 12399, 12655, 12655, 12655, 12655, 12911, 12911,
    12911, 12911, 24943, 24943, 24943, 24943, 25455, 25455, 25455, 25455, 25967, 25967, 25967,
    25967, 26991, 26991, 26991, 26991, 28527, 28527, 28527, 28527, 29551, 29551, 29551, 29551,
    29807, 29807, 29807, 29807, 8303, 8303, 9583, 9583, 11631, 11631, 11887, 11887, 12143, 12143,
    13167, 13167, 13423, 13423, 13679, 13679, 13935, 13935, 14191, 14191, 14447, 14447, 14703,
    14703, 15727, 15727, 16751, 16751, 24431, 24431, 25199, 25199, 25711, 25711, 26223, 26223,
    26479, 26479, 26735, 26735, 27759, 27759, 28015, 28015, 28271, 28271, 28783, 28783, 29295,
    29295, 30063, 30063, 14959, 17007, 17263, 17519, 17775, 18031, 18287, 18543, 18799, 19055,
    19311, 19567, 19823, 20079, 20335, 20591, 20847, 21103, 21359, 21615, 21871, 22127, 22383,
    22895, 27247, 27503, 29039, 30319, 30575, 30831, 31087, 31343, 111, 111, 111, 111, 12403, 12403,
    12403, 12403, 12659, 12659, 12659, 12659, 12915, 12915, 12915, 12915, 24947, 24947, 24947,
    24947, 25459, 25459, 25459, 25459, 25971, 25971, 25971, 25971, 26995, 26995, 26995, 26995,
    28531, 28531, 28531, 28531, 29555, 29555, 29555, 29555, 29811, 29811, 29811, 29811, 8307, 8307,
    9587, 9587, 11635, 11635, 11891, 11891, 12147, 12147, 13171, 13171, 13427, 13427, 13683, 13683,
    13939, 13939, 14195, 14195, 14451, 14451, 14707, 14707, 15731, 15731, 16755, 16755, 24435,
    24435, 25203, 25203, 25715, 25715, 26227, 26227, 26483, 26483, 26739, 26739, 27763, 27763,
    28019, 28019, 28275, 28275, 28787, 28787, 29299, 29299, 30067, 30067, 14963, 17011, 17267,
    17523, 17779, 18035, 18291, 18547, 18803, 19059, 19315, 19571, 19827, 20083, 20339, 20595,
    20851, 21107, 21363, 21619, 21875, 22131, 22387, 22899, 27251, 27507, 29043, 30323, 30579,
    30835, 31091, 31347, 115, 115, 115, 115, 12404, 12404, 12404, 12404, 12660, 12660, 12660, 12660,
    12916, 12916, 12916, 12916, 24948, 24948, 24948, 24948, 25460, 25460, 25460, 25460, 25972,
    25972, 25972, 25972, 26996, 26996, 26996, 26996, 28532, 28532, 28532, 28532, 29556, 29556,
    29556, 29556, 29812, 29812, 29812, 29812, 8308, 8308, 9588, 9588, 11636, 11636, 11892, 11892,
    12148, 12148, 13172, 13172, 13428, 13428, 13684, 13684, 13940, 13940, 14196, 14196, 14452,
    14452, 14708, 14708, 15732, 15732, 16756, 16756, 24436, 24436, 25204, 25204, 25716, 25716,
    26228, 26228, 26484, 26484, 26740, 26740, 27764, 27764, 28020, 28020, 28276, 28276, 28788,
    28788, 29300, 29300, 30068, 30068, 14964, 17012, 17268, 17524, 17780, 18036, 18292, 18548,
    18804, 19060, 19316, 19572, 19828, 20084, 20340, 20596, 20852, 21108, 21364, 21620, 21876,
    22132, 22388, 22900, 27252, 27508, 29044, 30324, 30580, 30836, 31092, 31348, 116, 116, 116, 116,
    12320, 12320, 12576, 12576, 12832, 12832, 24864, 24864, 25376, 25376, 25888, 25888, 26912,
    26912, 28448, 28448, 29472, 29472, 29728, 29728, 8224, 9504, 11552, 11808, 12064, 13088, 13344,
    13600, 13856, 14112, 14368, 14624, 15648, 16672, 24352, 25120, 25632, 26144, 26400, 26656,
    27680, 27936, 28192, 28704, 29216, 29984, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32,
    32, 32, 32, 32, 32, 12325, 12325, 12581, 12581, 12837, 12837, 24869, 24869, 25381, 25381, 25893,
    25893, 26917, 26917, 28453, 28453, 29477, 29477, 29733, 29733, 8229, 9509, 11557, 11813, 12069,
    13093, 13349, 13605, 13861, 14117, 14373, 14629, 15653, 16677, 24357, 25125, 25637, 26149,
    26405, 26661, 27685, 27941, 28197, 28709, 29221, 29989, 37, 37, 37, 37, 37, 37, 37, 37, 37, 37,
    37, 37, 37, 37, 37, 37, 37, 37, 12333, 12333, 12589, 12589, 12845, 12845, 24877, 24877, 25389,
    25389, 25901, 25901, 26925, 26925, 28461, 28461, 29485, 29485, 29741, 29741, 8237, 9517, 11565,
    11821, 12077, 13101, 13357, 13613, 13869, 14125, 14381, 14637, 15661, 16685, 24365, 25133,
    25645, 26157, 26413, 26669, 27693, 27949, 28205, 28717, 29229, 29997, 45, 45, 45, 45, 45, 45,
    45, 45, 45, 45, 45, 45, 45, 45, 45, 45, 45, 45, 12334, 12334, 12590, 12590, 12846, 12846, 24878,
    24878, 25390, 25390, 25902, 25902, 26926, 26926, 28462, 28462, 29486, 29486, 29742, 29742, 8238,
    9518, 11566, 11822, 12078, 13102, 13358, 13614, 13870, 14126, 14382, 14638, 15662, 16686, 24366,
    25134, 25646, 26158, 26414, 26670, 27694, 27950, 28206, 28718, 29230, 29998, 46, 46, 46, 46, 46,
    46, 46, 46, 46, 46, 46, 46, 46, 46, 46, 46, 46, 46, 12335, 12335, 12591, 12591, 12847, 12847,
    24879, 24879, 25391, 25391, 25903, 25903, 26927, 26927, 28463, 28463, 29487, 29487, 29743,
    29743, 8239, 9519, 11567, 11823, 12079, 13103, 13359, 13615, 13871, 14127, 14383, 14639, 15663,
    16687, 24367, 25135, 25647, 26159, 26415, 26671, 27695, 27951, 28207, 28719, 29231, 29999, 47,
    47, 47, 47, 47, 47, 47, 47, 47, 47, 47, 47, 47, 47, 47, 47, 47, 47, 12339, 12339, 12595, 12595,
    12851, 12851, 24883, 24883, 25395, 25395, 25907, 25907, 26931, 26931, 28467, 28467, 29491,
    29491, 29747, 29747, 8243, 9523, 11571, 11827, 12083, 13107, 13363, 13619, 13875, 14131, 14387,
    14643, 15667, 16691, 24371, 25139, 25651, 26163, 26419, 26675, 27699, 27955, 28211, 28723,
    29235, 30003, 51, 51, 51, 51, 51, 51, 51, 51, 51, 51, 51, 51, 51, 51, 51, 51, 51, 51, 12340,
    12340, 12596, 12596, 12852, 12852, 24884, 24884, 25396, 25396, 25908, 25908, 26932, 26932,
    28468, 28468, 29492, 29492, 29748, 29748, 8244, 9524, 11572, 11828, 12084, 13108, 13364, 13620,
    13876, 14132, 14388, 14644, 15668, 16692, 24372, 25140, 25652, 26164, 26420, 26676, 27700,
    27956, 28212, 28724, 29236, 30004, 52, 52, 52, 52, 52, 52, 52, 52, 52, 52, 52, 52, 52, 52, 52,
    52, 52, 52, 12341, 12341, 12597, 12597, 12853, 12853, 24885, 24885, 25397, 25397, 25909, 25909,
    26933, 26933, 28469, 28469, 29493, 29493, 29749, 29749, 8245, 9525, 11573, 11829, 12085, 13109,
    13365, 13621, 13877, 14133, 14389, 14645, 15669, 16693, 24373, 25141, 25653, 26165, 26421,
    26677, 27701, 27957, 28213, 28725, 29237, 30005, 53, 53, 53, 53, 53, 53, 53, 53, 53, 53, 53, 53,
    53, 53, 53, 53, 53, 53, 12342, 12342, 12598, 12598, 12854, 12854, 24886, 24886, 25398, 25398,
    25910, 25910, 26934, 26934, 28470, 28470, 29494, 29494, 29750, 29750, 8246, 9526, 11574, 11830,
    12086, 13110, 13366, 13622, 13878, 14134, 14390, 14646, 15670, 16694, 24374, 25142, 25654,
    26166, 26422, 26678, 27702, 27958, 28214, 28726, 29238, 30006, 54, 54, 54, 54, 54, 54, 54, 54,
    54, 54, 54, 54, 54, 54, 54, 54, 54, 54, 12343, 12343, 12599, 12599, 12855, 12855, 24887, 24887,
    25399, 25399, 25911, 25911, 26935, 26935, 28471, 28471, 29495, 29495, 29751, 29751, 8247, 9527,
    11575, 11831, 12087, 13111, 13367, 13623, 13879, 14135, 14391, 14647, 15671, 16695, 24375,
    25143, 25655, 26167, 26423, 26679, 27703, 27959, 28215, 28727, 29239, 30007, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 12344, 12344, 12600, 12600, 12856, 12856,
    24888, 24888, 25400, 25400, 25912, 25912, 26936, 26936, 28472, 28472, 29496, 29496, 29752,
    29752, 8248, 9528, 11576, 11832, 12088, 13112, 13368, 13624, 13880, 14136, 14392, 14648, 15672,
    16696, 24376, 25144, 25656, 26168, 26424, 26680, 27704, 27960, 28216, 28728, 29240, 30008, 56,
    56, 56, 56, 56, 56, 56, 56, 56, 56, 56, 56, 56, 56, 56, 56, 56, 56, 12345, 12345, 12601, 12601,
    12857, 12857, 24889, 24889, 25401, 25401, 25913, 25913, 26937, 26937, 28473, 28473, 29497,
    29497, 29753, 29753, 8249, 9529, 11577, 11833, 12089, 13113, 13369, 13625, 13881, 14137, 14393,
    14649, 15673, 16697, 24377, 25145, 25657, 26169, 26425, 26681, 27705, 27961, 28217, 28729,
    29241, 30009, 57, 57, 57, 57, 57, 57, 57, 57, 57, 57, 57, 57, 57, 57, 57, 57, 57, 57, 12349,
    12349, 12605, 12605, 12861, 12861, 24893, 24893, 25405, 25405, 25917, 25917, 26941, 26941,
    28477, 28477, 29501, 29501, 29757, 29757, 8253, 9533, 11581, 11837, 12093, 13117, 13373, 13629,
    13885, 14141, 14397, 14653, 15677, 16701, 24381, 25149, 25661, 26173, 26429, 26685, 27709,
    27965, 28221, 28733, 29245, 30013, 61, 61, 61, 61, 61, 61, 61, 61, 61, 61, 61, 61, 61, 61, 61,
    61, 61, 61, 12353, 12353, 12609, 12609, 12865, 12865, 24897, 24897, 25409, 25409, 25921, 25921,
    26945, 26945, 28481, 28481, 29505, 29505, 29761, 29761, 8257, 9537, 11585, 11841, 12097, 13121,
    13377, 13633, 13889, 14145, 14401, 14657, 15681, 16705, 24385, 25153, 25665, 26177, 26433,
    26689, 27713, 27969, 28225, 28737, 29249, 30017, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65,
    65, 65, 65, 65, 65, 65, 12383, 12383, 12639, 12639, 12895, 12895, 24927, 24927, 25439, 25439,
    25951, 25951, 26975, 26975, 28511, 28511, 29535, 29535, 29791, 29791, 8287, 9567, 11615, 11871,
    12127, 13151, 13407, 13663, 13919, 14175, 14431, 14687, 15711, 16735, 24415, 25183, 25695,
    26207, 26463, 26719, 27743, 27999, 28255, 28767, 29279, 30047, 95, 95, 95, 95, 95, 95, 95, 95,
    95, 95, 95, 95, 95, 95, 95, 95, 95, 95, 12386, 12386, 12642, 12642, 12898, 12898, 24930, 24930,
    25442, 25442, 25954, 25954, 26978, 26978, 28514, 28514, 29538, 29538, 29794, 29794, 8290, 9570,
    11618, 11874, 12130, 13154, 13410, 13666, 13922, 14178, 14434, 14690, 15714, 16738, 24418,
    25186, 25698, 26210, 26466, 26722, 27746, 28002, 28258, 28770, 29282, 30050, 98, 98, 98, 98, 98,
    98, 98, 98, 98, 98, 98, 98, 98, 98, 98, 98, 98, 98, 12388, 12388, 12644, 12644, 12900, 12900,
    24932, 24932, 25444, 25444, 25956, 25956, 26980, 26980, 28516, 28516, 29540, 29540, 29796,
    29796, 8292, 9572, 11620, 11876, 12132, 13156, 13412, 13668, 13924, 14180, 14436, 14692, 15716,
    16740, 24420, 25188, 25700, 26212, 26468, 26724, 27748, 28004, 28260, 28772, 29284, 30052, 100,
    100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 12390,
    12390, 12646, 12646, 12902, 12902, 24934, 24934, 25446, 25446, 25958, 25958, 26982, 26982,
    28518, 28518, 29542, 29542, 29798, 29798, 8294, 9574, 11622, 11878, 12134, 13158, 13414, 13670,
    13926, 14182, 14438, 14694, 15718, 16742, 24422, 25190, 25702, 26214, 26470, 26726, 27750,
    28006, 28262, 28774, 29286, 30054, 102, 102, 102, 102, 102, 102, 102, 102, 102, 102, 102, 102,
    102, 102, 102, 102, 102, 102, 12391, 12391, 12647, 12647, 12903, 12903, 24935, 24935, 25447,
    25447, 25959, 25959, 26983, 26983, 28519, 28519, 29543, 29543, 29799, 29799, 8295, 9575, 11623,
    11879, 12135, 13159, 13415, 13671, 13927, 14183, 14439, 14695, 15719, 16743, 24423, 25191,
    25703, 26215, 26471, 26727, 27751, 28007, 28263, 28775, 29287, 30055, 103, 103, 103, 103, 103,
    103, 103, 103, 103, 103, 103, 103, 103, 103, 103, 103, 103, 103, 12392, 12392, 12648, 12648,
    12904, 12904, 24936, 24936, 25448, 25448, 25960, 25960, 26984, 26984, 28520, 28520, 29544,
    29544, 29800, 29800, 8296, 9576, 11624, 11880, 12136, 13160, 13416, 13672, 13928, 14184, 14440,
    14696, 15720, 16744, 24424, 25192, 25704, 26216, 26472, 26728, 27752, 28008, 28264, 28776,
    29288, 30056, 104, 104, 104, 104, 104, 104, 104, 104, 104, 104, 104, 104, 104, 104, 104, 104,
    104, 104, 12396, 12396, 12652, 12652, 12908, 12908, 24940, 24940, 25452, 25452, 25964, 25964,
    26988, 26988, 28524, 28524, 29548, 29548, 29804, 29804, 8300, 9580, 11628, 11884, 12140, 13164,
    13420, 13676, 13932, 14188, 14444, 14700, 15724, 16748, 24428, 25196, 25708, 26220, 26476,
    26732, 27756, 28012, 28268, 28780, 29292, 30060, 108, 108, 108, 108, 108, 108, 108, 108, 108,
    108, 108, 108, 108, 108, 108, 108, 108, 108, 12397, 12397, 12653, 12653, 12909, 12909, 24941,
    24941, 25453, 25453, 25965, 25965, 26989, 26989, 28525, 28525, 29549, 29549, 29805, 29805, 8301,
    9581, 11629, 11885, 12141, 13165, 13421, 13677, 13933, 14189, 14445, 14701, 15725, 16749, 24429,
    25197, 25709, 26221, 26477, 26733, 27757, 28013, 28269, 28781, 29293, 30061, 109, 109, 109, 109,
    109, 109, 109, 109, 109, 109, 109, 109, 109, 109, 109, 109, 109, 109, 12398, 12398, 12654,
    12654, 12910, 12910, 24942, 24942, 25454, 25454, 25966, 25966, 26990, 26990, 28526, 28526,
    29550, 29550, 29806, 29806, 8302, 9582, 11630, 11886, 12142, 13166, 13422, 13678, 13934, 14190,
    14446, 14702, 15726, 16750, 24430, 25198, 25710, 26222, 26478, 26734, 27758, 28014, 28270,
    28782, 29294, 30062, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110,
    110, 110, 110, 12400, 12400, 12656, 12656, 12912, 12912, 24944, 24944, 25456, 25456, 25968,
    25968, 26992, 26992, 28528, 28528, 29552, 29552, 29808, 29808, 8304, 9584, 11632, 11888, 12144,
    13168, 13424, 13680, 13936, 14192, 14448, 14704, 15728, 16752, 24432, 25200, 25712, 26224,
    26480, 26736, 27760, 28016, 28272, 28784, 29296, 30064, 112, 112, 112, 112, 112, 112, 112, 112,
    112, 112, 112, 112, 112, 112, 112, 112, 112, 112, 12402, 12402, 12658, 12658, 12914, 12914,
    24946, 24946, 25458, 25458, 25970, 25970, 26994, 26994, 28530, 28530, 29554, 29554, 29810,
    29810, 8306, 9586, 11634, 11890, 12146, 13170, 13426, 13682, 13938, 14194, 14450, 14706, 15730,
    16754, 24434, 25202, 25714, 26226, 26482, 26738, 27762, 28018, 28274, 28786, 29298, 30066, 114,
    114, 114, 114, 114, 114, 114, 114, 114, 114, 114, 114, 114, 114, 114, 114, 114, 114, 12405,
    12405, 12661, 12661, 12917, 12917, 24949, 24949, 25461, 25461, 25973, 25973, 26997, 26997,
    28533, 28533, 29557, 29557, 29813, 29813, 8309, 9589, 11637, 11893, 12149, 13173, 13429, 13685,
    13941, 14197, 14453, 14709, 15733, 16757, 24437, 25205, 25717, 26229, 26485, 26741, 27765,
    28021, 28277, 28789, 29301, 30069, 117, 117, 117, 117, 117, 117, 117, 117, 117, 117, 117, 117,
    117, 117, 117, 117, 117, 117, 12346, 12602, 12858, 24890, 25402, 25914, 26938, 28474, 29498,
    29754, 58, 58, 58, 58, 58, 58, 58, 58, 58, 58, 58, 58, 58, 58, 58, 58, 58, 58, 58, 58, 58, 58,
    12354, 12610, 12866, 24898, 25410, 25922, 26946, 28482, 29506, 29762, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 12355, 12611, 12867, 24899,
    25411, 25923, 26947, 28483, 29507, 29763, 67, 67, 67, 67, 67, 67, 67, 67, 67, 67, 67, 67, 67,
    67, 67, 67, 67, 67, 67, 67, 67, 67, 12356, 12612, 12868, 24900, 25412, 25924, 26948, 28484,
    29508, 29764, 68, 68, 68, 68, 68, 68, 68, 68, 68, 68, 68, 68, 68, 68, 68, 68, 68, 68, 68, 68,
    68, 68, 12357, 12613, 12869, 24901, 25413, 25925, 26949, 28485, 29509, 29765, 69, 69, 69, 69,
    69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 12358, 12614, 12870,
    24902, 25414, 25926, 26950, 28486, 29510, 29766, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70,
    70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 12359, 12615, 12871, 24903, 25415, 25927, 26951, 28487,
    29511, 29767, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71, 71,
    71, 71, 12360, 12616, 12872, 24904, 25416, 25928, 26952, 28488, 29512, 29768, 72, 72, 72, 72,
    72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 72, 12361, 12617, 12873,
    24905, 25417, 25929, 26953, 28489, 29513, 29769, 73, 73, 73, 73, 73, 73, 73, 73, 73, 73, 73, 73,
    73, 73, 73, 73, 73, 73, 73, 73, 73, 73, 12362, 12618, 12874, 24906, 25418, 25930, 26954, 28490,
    29514, 29770, 74, 74, 74, 74, 74, 74, 74, 74, 74, 74, 74, 74, 74, 74, 74, 74, 74, 74, 74, 74,
    74, 74, 12363, 12619, 12875, 24907, 25419, 25931, 26955, 28491, 29515, 29771, 75, 75, 75, 75,
    75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 12364, 12620, 12876,
    24908, 25420, 25932, 26956, 28492, 29516, 29772, 76, 76, 76, 76, 76, 76, 76, 76, 76, 76, 76, 76,
    76, 76, 76, 76, 76, 76, 76, 76, 76, 76, 12365, 12621, 12877, 24909, 25421, 25933, 26957, 28493,
    29517, 29773, 77, 77, 77, 77, 77, 77, 77, 77, 77, 77, 77, 77, 77, 77, 77, 77, 77, 77, 77, 77,
    77, 77, 12366, 12622, 12878, 24910, 25422, 25934, 26958, 28494, 29518, 29774, 78, 78, 78, 78,
    78, 78, 78, 78, 78, 78, 78, 78, 78, 78, 78, 78, 78, 78, 78, 78, 78, 78, 12367, 12623, 12879,
    24911, 25423, 25935, 26959, 28495, 29519, 29775, 79, 79, 79, 79, 79, 79, 79, 79, 79, 79, 79, 79,
    79, 79, 79, 79, 79, 79, 79, 79, 79, 79, 12368, 12624, 12880, 24912, 25424, 25936, 26960, 28496,
    29520, 29776, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80,
    80, 80, 12369, 12625, 12881, 24913, 25425, 25937, 26961, 28497, 29521, 29777, 81, 81, 81, 81,
    81, 81, 81, 81, 81, 81, 81, 81, 81, 81, 81, 81, 81, 81, 81, 81, 81, 81, 12370, 12626, 12882,
    24914, 25426, 25938, 26962, 28498, 29522, 29778, 82, 82, 82, 82, 82, 82, 82, 82, 82, 82, 82, 82,
    82, 82, 82, 82, 82, 82, 82, 82, 82, 82, 12371, 12627, 12883, 24915, 25427, 25939, 26963, 28499,
    29523, 29779, 83, 83, 83, 83, 83, 83, 83, 83, 83, 83, 83, 83, 83, 83, 83, 83, 83, 83, 83, 83,
    83, 83, 12372, 12628, 12884, 24916, 25428, 25940, 26964, 28500, 29524, 29780, 84, 84, 84, 84,
    84, 84, 84, 84, 84, 84, 84, 84, 84, 84, 84, 84, 84, 84, 84, 84, 84, 84, 12373, 12629, 12885,
    24917, 25429, 25941, 26965, 28501, 29525, 29781, 85, 85, 85, 85, 85, 85, 85, 85, 85, 85, 85, 85,
    85, 85, 85, 85, 85, 85, 85, 85, 85, 85, 12374, 12630, 12886, 24918, 25430, 25942, 26966, 28502,
    29526, 29782, 86, 86, 86, 86, 86, 86, 86, 86, 86, 86, 86, 86, 86, 86, 86, 86, 86, 86, 86, 86,
    86, 86, 12375, 12631, 12887, 24919, 25431, 25943, 26967, 28503, 29527, 29783, 87, 87, 87, 87,
    87, 87, 87, 87, 87, 87, 87, 87, 87, 87, 87, 87, 87, 87, 87, 87, 87, 87, 12377, 12633, 12889,
    24921, 25433, 25945, 26969, 28505, 29529, 29785, 89, 89, 89, 89, 89, 89, 89, 89, 89, 89, 89, 89,
    89, 89, 89, 89, 89, 89, 89, 89, 89, 89, 12394, 12650, 12906, 24938, 25450, 25962, 26986, 28522,
    29546, 29802, 106, 106, 106, 106, 106, 106, 106, 106, 106, 106, 106, 106, 106, 106, 106, 106,
    106, 106, 106, 106, 106, 106, 12395, 12651, 12907, 24939, 25451, 25963, 26987, 28523, 29547,
    29803, 107, 107, 107, 107, 107, 107, 107, 107, 107, 107, 107, 107, 107, 107, 107, 107, 107, 107,
    107, 107, 107, 107, 12401, 12657, 12913, 24945, 25457, 25969, 26993, 28529, 29553, 29809, 113,
    113, 113, 113, 113, 113, 113, 113, 113, 113, 113, 113, 113, 113, 113, 113, 113, 113, 113, 113,
    113, 113, 12406, 12662, 12918, 24950, 25462, 25974, 26998, 28534, 29558, 29814, 118, 118, 118,
    118, 118, 118, 118, 118, 118, 118, 118, 118, 118, 118, 118, 118, 118, 118, 118, 118, 118, 118,
    12407, 12663, 12919, 24951, 25463, 25975, 26999, 28535, 29559, 29815, 119, 119, 119, 119, 119,
    119, 119, 119, 119, 119, 119, 119, 119, 119, 119, 119, 119, 119, 119, 119, 119, 119, 12408,
    12664, 12920, 24952, 25464, 25976, 27000, 28536, 29560, 29816, 120, 120, 120, 120, 120, 120,
    120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 12409, 12665,
    12921, 24953, 25465, 25977, 27001, 28537, 29561, 29817, 121, 121, 121, 121, 121, 121, 121, 121,
    121, 121, 121, 121, 121, 121, 121, 121, 121, 121, 121, 121, 121, 121, 12410, 12666, 12922,
    24954, 25466, 25978, 27002, 28538, 29562, 29818, 122, 122, 122, 122, 122, 122, 122, 122, 122,
    122, 122, 122, 122, 122, 122, 122, 122, 122, 122, 122, 122, 122, 38, 38, 38, 38, 38, 38, 38, 38,
    38, 38, 38, 38, 38, 38, 38, 38, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42,
    44, 44, 44, 44, 44, 44, 44, 44, 44, 44, 44, 44, 44, 44, 44, 44, 59, 59, 59, 59, 59, 59, 59, 59,
    59, 59, 59, 59, 59, 59, 59, 59, 88, 88, 88, 88, 88, 88, 88, 88, 88, 88, 88, 88, 88, 88, 88, 88,
    90, 90, 90, 90, 90, 90, 90, 90, 90, 90, 90, 90, 90, 90, 90, 90, 33, 33, 33, 33, 34, 34, 34, 34,
    40, 40, 40, 40, 41, 41, 41, 41, 63, 63, 63, 63, 39, 39, 43, 43, 124, 124, 35, 62, 0, 0, 0, 0
};

/* Codes of 13 to 30 bits. In 32 bits: one past the last code of 12, 13, ... 30 bits, EOS left out;
   for 13 to 30 the place of the length's first symbol below; the symbols in their codes' order. */
static const uint32_t h2neg__huffman_end[19] = {
    0xffc00000, 0xfff00000, 0xfff80000, 0xfffe0000, 0xfffe0000, 0xfffe0000, 0xfffe0000, 0xfffe6000,
    0xfffee000, 0xffff4800, 0xffffb000, 0xffffea00, 0xfffff600, 0xfffff800, 0xfffffbc0, 0xfffffe20,
    0xfffffff0, 0xfffffff0, 0xfffffffc
};
static const unsigned char h2neg__huffman_base[18] = {
    0, 6, 8, 11, 11, 11, 11, 14, 22, 35, 61, 90, 102, 106, 121, 140, 169, 169
};
static const unsigned char h2neg__huffman_long[172] = {
    0, 36, 64, 91, 93, 126, 94, 125, 60, 96, 123, 92, 195, 208, 128, 130, 131, 162, 184, 194, 224,
    226, 153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230, 129, 132, 133, 134, 136,
    146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190, 196, 198, 228,
    232, 233, 1, 135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165,
    166, 168, 174, 175, 180, 182, 183, 188, 191, 197, 231, 239, 9, 142, 144, 145, 148, 159, 171,
    206, 215, 225, 236, 237, 199, 207, 234, 235, 192, 193, 200, 201, 202, 205, 210, 213, 218, 219,
    238, 240, 242, 243, 255, 203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248,
    250, 251, 252, 253, 254, 2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24,
    25, 26, 27, 28, 29, 30, 31, 127, 220, 249, 10, 13, 22
};
/* <gen */
/* clang-format on */

/* ==== 13b >>huffman ========================================================
   RFC 7541 5.2.  Uses >>huffman-table.
   Memory: none.
   Decodes in pieces of any size; padding and EOS are checked, nothing is guessed.
   ========================================================================== */

/* Octets of room in which `len` octets decode for sure: no code is shorter than 5 bits, up to 29
   bits wait from before, and a look-up stores two octets whatever it found. */
#define H2NEG__HUFFMAN_ROOM(len) ((len) / 5 * 8 + 24)

/* 8 octets, the first on top: to compilers one load and a swap, but they count it as many; said to
   be inline, field blocks encode 1.1 times as fast. */
static inline uint64_t h2neg__load_8(const unsigned char *p)
{
    return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 |
           (uint64_t)p[3] << 32 | (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 |
           (uint64_t)p[6] << 8 | (uint64_t)p[7];
}

static inline uint64_t h2neg__load_4(const unsigned char *p)
{
    return (uint64_t)p[0] << 24 | (uint64_t)p[1] << 16 | (uint64_t)p[2] << 8 | (uint64_t)p[3];
}

/* Up to 7 octets so, zeros below: loads that overlap agree where they do. */
static inline uint64_t h2neg__load_few(const unsigned char *p, size_t len)
{
    if (len >= 4)
        return h2neg__load_4(p) << 32 | h2neg__load_4(p + len - 4) << (64 - 8 * len);
    if (len == 0)
        return 0;
    return (uint64_t)p[0] << 56 | (uint64_t)p[len / 2] << (56 - len / 2 * 8) |
           (uint64_t)p[len - 1] << (64 - 8 * len);
}

static void h2neg__store_8(unsigned char *p, uint64_t v)
{
    p[0] = (unsigned char)(v >> 56);
    p[1] = (unsigned char)(v >> 48);
    p[2] = (unsigned char)(v >> 40);
    p[3] = (unsigned char)(v >> 32);
    p[4] = (unsigned char)(v >> 24);
    p[5] = (unsigned char)(v >> 16);
    p[6] = (unsigned char)(v >> 8);
    p[7] = (unsigned char)v;
}

/* What was coded and not written: the uppermost `count` of `bits`, above zeros. */
typedef struct h2neg__huffman_out {
    unsigned char *p, *end;
    uint64_t bits;
    unsigned count;
} h2neg__huffman_out;

/* Puts an octet's code behind `count` others, and into the lowest 8 bits something of its length:
   the caller clears them, once for some codes, and looks then whether they were needed. */
static inline void h2neg__huffman_put(uint64_t *bits, unsigned *count, unsigned char octet)
{
    uint64_t code = h2neg__huffman_codes[octet];
    *bits |= code >> (*count & 63);
    *count += (uint32_t)code;
}

/* Octets in fours, while there is room for 8 and four codes take at most 56 bits: how many. Behind
   it `count` is at most 7. One store for four codes: 1.8 times as fast as octet by octet. */
static size_t h2neg__huffman_fours(h2neg__huffman_out *out, const unsigned char *p, size_t len)
{
    h2neg__huffman_out o = *out;
    const unsigned char *start = p, *stop = p + (len & ~(size_t)3);
    const unsigned char *last = o.end - o.p >= 8 ? o.end - 8 : NULL;
    for (; p != stop && last && o.p <= last; p += 4) {
        uint64_t bits = o.bits;
        unsigned count = o.count;
        h2neg__huffman_put(&bits, &count, p[0]);
        h2neg__huffman_put(&bits, &count, p[1]);
        h2neg__huffman_put(&bits, &count, p[2]);
        h2neg__huffman_put(&bits, &count, p[3]);
        if (count > 56)
            break;
        h2neg__store_8(o.p, bits);
        o.p += count >> 3;
        o.bits = (bits & ~(uint64_t)255) << (count & 56);
        o.count = count & 7;
    }
    *out = o;
    return (size_t)(p - start);
}

/* Up to 3 octets that are left and the ones that fill the last octet, the front of EOS, under the
   same conditions in one store too: 0 where they do not hold. */
static int h2neg__huffman_rest(h2neg__huffman_out *o, const unsigned char *p, size_t len)
{
    uint64_t bits = o->bits;
    unsigned count = o->count;
    if (len > 3 || o->end - o->p < 8)
        return 0;
    for (; len; len--)
        h2neg__huffman_put(&bits, &count, *p++);
    if (count > 56)
        return 0;
    h2neg__store_8(o->p, bits | ~(uint64_t)0 >> count);
    o->p += (count + 7) >> 3;
    return 1;
}

/* Octets one by one; 0 where what is whole does not fit. Apart, so that its registers are not kept
   for it beside the loop above. */
H2NEG__APART static int h2neg__huffman_slow(h2neg__huffman_out *o, const unsigned char *p,
                                            size_t len, int lower)
{
    for (; len; len--, p++) {
        h2neg__huffman_put(&o->bits, &o->count, lower ? h2neg__lower(*p) : *p);
        o->bits &= ~(uint64_t)255;
        for (; o->count >= 8; o->count -= 8) {
            if (o->p == o->end)
                return 0;
            *o->p++ = (unsigned char)(o->bits >> 56);
            o->bits <<= 8;
        }
    }
    return 1;
}

/* Octets written, or 0 where `room` is too small; with `lower`, capitals in lower case. */
static size_t h2neg__huffman_encode(unsigned char *out, size_t room, h2neg_str s, int lower)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    h2neg__huffman_out o;
    size_t left = s.len, n;
    o.p = out;
    o.end = out + room;
    o.bits = o.count = 0;
    for (; left; p += n, left -= n) {
        if (!lower) {
            n = h2neg__huffman_fours(&o, p, left);
            p += n;
            left -= n;
            if (h2neg__huffman_rest(&o, p, left))
                return (size_t)(o.p - out);
        }
        n = left < 4 ? left : 4;
        if (!h2neg__huffman_slow(&o, p, n, lower))
            return 0;
    }
    if (o.count && o.p == o.end)
        return 0;
    if (o.count)
        *o.p++ = (unsigned char)(o.bits >> 56 | 0xffu >> o.count);
    return (size_t)(o.p - out);
}

/* Decoding: `bits` holds `count` bits that are not decoded yet, at most 63, from its top down, and
   below them zeros, or bits that follow. */
static void h2neg__huffman_start(h2neg_huffman_state *h)
{
    h->bits = 0;
    h->count = 0;
    h->bad = 0;
}

/* A code of more than 12 bits at the top of `bits`: its symbol, 256 for EOS. */
static unsigned h2neg__huffman_long_symbol(uint32_t top, unsigned *bits)
{
    unsigned i;
    for (i = 0; i < 18; i++) {
        if (top < h2neg__huffman_end[i + 1]) {
            *bits = 13 + i;
            return h2neg__huffman_long[h2neg__huffman_base[i] +
                                       ((top - h2neg__huffman_end[i]) >> (32 - *bits))];
        }
    }
    *bits = 30;
    return 256;
}

/* Takes the next symbol, which may be 256 for EOS; -1 where its code is not whole yet. Codes are
   free of prefixes, so what the zeros below `count` make up takes more bits than there are. */
static int h2neg__huffman_symbol(h2neg_huffman_state *h)
{
    unsigned at = (unsigned)(h->bits >> 52), symbol, bits;
    if (h2neg__huffman_step[at]) {
        symbol = h2neg__huffman_pair[at] & 255u;
        bits = (unsigned)h2neg__huffman_codes[symbol] & 31u; /* at most 30 */
    } else {
        symbol = h2neg__huffman_long_symbol((uint32_t)(h->bits >> 32), &bits);
    }
    if (bits > h->count)
        return -1;
    h->bits <<= bits;
    h->count -= bits;
    return (int)symbol;
}

/* Up to two symbols of together 12 bits or fewer, which there must be. Where the next code is
   longer nothing happens, so a run of looks needs one check, behind the last. Shifts take the low
   6 bits of their count alone, so the mask costs nothing. */
static unsigned char *h2neg__huffman_look(h2neg_huffman_state *h, unsigned char *out)
{
    unsigned at = (unsigned)(h->bits >> 52), step = h2neg__huffman_step[at];
    unsigned pair = h2neg__huffman_pair[at];
    out[0] = (unsigned char)pair;
    out[1] = (unsigned char)(pair >> 8);
    h->bits <<= step & 63;
    h->count -= step & 63;
    return out + (step >> 6);
}

/* All that the bits hold, as long as a look finds whole codes. */
static unsigned char *h2neg__huffman_looks(h2neg_huffman_state *h, unsigned char *out)
{
    while ((h2neg__huffman_step[h->bits >> 52] & 63u) - 1 < h->count) /* 0 is a longer code */
        out = h2neg__huffman_look(h, out);
    return out;
}

/* Fills up to 56 bits or more, where there are so many: octets taken. Behind them bits may come
   that come again, and are the same. `before` octets that were taken stand in front of `in`. */
static size_t h2neg__huffman_refill(h2neg_huffman_state *h, const unsigned char *in, size_t left,
                                    size_t before)
{
    size_t taken = (63 - h->count) >> 3;
    uint64_t next = 0;
    if (left >= 8) {
        h->bits |= h2neg__load_8(in) >> h->count;
        h->count |= 56;
        return taken;
    }
    if (left && left + before >= 8)
        next = h2neg__load_8(in + left - 8) << (64 - 8 * left);
    else
        next = h2neg__load_few(in, left);
    taken = left < taken ? left : taken;
    h->bits |= next >> h->count;
    h->count += (unsigned)taken * 8;
    return taken;
}

/* At a string's end: 1 when what is left is padding, at most 7 bits, all ones (RFC 7541 5.2). */
static int h2neg__huffman_ends(const h2neg_huffman_state *h)
{
    return !h->bad && h->count <= 7 && (h->count == 0 || ~h->bits >> (64 - h->count) == 0);
}

/* Decodes every whole symbol of the next `len` octets: octets written, at most (count + 8 * len)
   / 5. `out` has H2NEG__HUFFMAN_ROOM(len). EOS sets `bad` (RFC 7541 5.2). While 8 octets are left
   there are four looks (48 of 56 bits) for each refill, and one symbol with care where they stood
   still. */
static size_t h2neg__huffman_decode(h2neg_huffman_state *state, unsigned char *out,
                                    const unsigned char *in, size_t len)
{
    h2neg_huffman_state h = *state;
    unsigned char *o = out;
    size_t before = 0;
    int symbol = 0;
    while (len || symbol >= 0) {
        size_t taken = h2neg__huffman_refill(&h, in, len, before);
        int bulk = len >= 8;
        in += taken;
        len -= taken;
        before += taken;
        if (bulk) {
            o = h2neg__huffman_look(&h, o);
            o = h2neg__huffman_look(&h, o);
            o = h2neg__huffman_look(&h, o);
            o = h2neg__huffman_look(&h, o);
            if (h2neg__huffman_step[h.bits >> 52])
                continue;
        } else {
            o = h2neg__huffman_looks(&h, o);
            if (len == 0 && h2neg__huffman_ends(&h)) /* no code is so short and all ones */
                break;
        }
        symbol = h2neg__huffman_symbol(&h);
        if (symbol == 256) {
            h.bad = 1;
            break;
        }
        if (symbol >= 0)
            *o++ = (unsigned char)symbol;
    }
    *state = h;
    return (size_t)(o - out);
}

/* ==== 14 >>hpack-table =====================================================
   RFC 7541 2.3, 4, Appendix A.  Uses >>bytes >>huffman.
   Memory: the caller lends h2neg_hpack_memory(n) octets for a table of n; nothing is allocated.
   The encoder finds what it adds; nothing found depends on how strings are hashed.
   ========================================================================== */

/* The static table (RFC 7541 Appendix A). */
enum {
    H2NEG__HPACK_AUTHORITY = 1,
    H2NEG__HPACK_METHOD = 2,
    H2NEG__HPACK_PATH = 4,
    H2NEG__HPACK_SCHEME = 6,
    H2NEG__HPACK_STATUS = 8,
    H2NEG__HPACK_AGE = 21,
    H2NEG__HPACK_AUTHORIZATION = 23,
    H2NEG__HPACK_CONTENT_LENGTH = 28,
    H2NEG__HPACK_COOKIE = 32,
    H2NEG__HPACK_ETAG = 34,
    H2NEG__HPACK_IF_MODIFIED_SINCE = 40,
    H2NEG__HPACK_IF_NONE_MATCH = 41,
    H2NEG__HPACK_LOCATION = 46,
    H2NEG__HPACK_PROXY_AUTHORIZATION = 49,
    H2NEG__HPACK_SET_COOKIE = 55,
    H2NEG__HPACK_STATICS = 61
};

#define H2NEG__HPACK_PRIME ((uint64_t)0x9e3779b9 << 32 | 0x7f4a7c15)

/* Place in the text, octets of the name and the value, the last index with the same name. */
typedef struct h2neg__hpack_static_entry {
    uint16_t at;
    unsigned char name, value, last;
} h2neg__hpack_static_entry;

/* clang-format off */
/* >gen static */
/* Names and values, one behind the other. */
static const char h2neg__hpack_static_text[] =
    ":authority" ":methodGET" ":methodPOST" ":path/" ":path/index.html" ":schemehttp"
    ":schemehttps" ":status200" ":status204" ":status206" ":status304" ":status400" ":status404"
    ":status500" "accept-charset" "accept-encodinggzip, deflate" "accept-language" "accept-ranges"
    "accept" "access-control-allow-origin" "age" "allow" "authorization" "cache-control"
    "content-disposition" "content-encoding" "content-language" "content-length" "content-location"
    "content-range" "content-type" "cookie" "date" "etag" "expect" "expires" "from" "host"
    "if-match" "if-modified-since" "if-none-match" "if-range" "if-unmodified-since" "last-modified"
    "link" "location" "max-forwards" "proxy-authenticate" "proxy-authorization" "range" "referer"
    "refresh" "retry-after" "server" "set-cookie" "strict-transport-security" "transfer-encoding"
    "user-agent" "vary" "via" "www-authenticate";

static const h2neg__hpack_static_entry h2neg__hpack_statics[61] = {
    {0, 10, 0, 1}, {10, 7, 3, 3}, {20, 7, 4, 3}, {31, 5, 1, 5}, {37, 5, 11, 5}, {53, 7, 4, 7},
    {64, 7, 5, 7}, {76, 7, 3, 14}, {86, 7, 3, 14}, {96, 7, 3, 14}, {106, 7, 3, 14}, {116, 7, 3, 14},
    {126, 7, 3, 14}, {136, 7, 3, 14}, {146, 14, 0, 15}, {160, 15, 13, 16}, {188, 15, 0, 17},
    {203, 13, 0, 18}, {216, 6, 0, 19}, {222, 27, 0, 20}, {249, 3, 0, 21}, {252, 5, 0, 22},
    {257, 13, 0, 23}, {270, 13, 0, 24}, {283, 19, 0, 25}, {302, 16, 0, 26}, {318, 16, 0, 27},
    {334, 14, 0, 28}, {348, 16, 0, 29}, {364, 13, 0, 30}, {377, 12, 0, 31}, {389, 6, 0, 32},
    {395, 4, 0, 33}, {399, 4, 0, 34}, {403, 6, 0, 35}, {409, 7, 0, 36}, {416, 4, 0, 37},
    {420, 4, 0, 38}, {424, 8, 0, 39}, {432, 17, 0, 40}, {449, 13, 0, 41}, {462, 8, 0, 42},
    {470, 19, 0, 43}, {489, 13, 0, 44}, {502, 4, 0, 45}, {506, 8, 0, 46}, {514, 12, 0, 47},
    {526, 18, 0, 48}, {544, 19, 0, 49}, {563, 5, 0, 50}, {568, 7, 0, 51}, {575, 7, 0, 52},
    {582, 11, 0, 53}, {593, 6, 0, 54}, {599, 10, 0, 55}, {609, 25, 0, 56}, {634, 17, 0, 57},
    {651, 10, 0, 58}, {661, 4, 0, 59}, {665, 3, 0, 60}, {668, 16, 0, 61}
};

/* The first index that has a name, by the name's hash, or the next slot. 0: none. */
static const unsigned char h2neg__hpack_static_slots[128] = {
    28, 0, 49, 55, 0, 0, 61, 0, 0, 0, 0, 0, 45, 0, 33, 0, 0, 0, 0, 46, 44, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 8, 24, 43, 48, 6, 0, 57, 15, 36, 0, 2, 0, 0, 0, 21, 42, 27, 60, 0, 52, 59, 0, 54, 0, 37, 0,
    34, 19, 30, 0, 0, 0, 0, 56, 0, 0, 0, 17, 0, 22, 18, 0, 0, 38, 0, 0, 31, 39, 0, 0, 0, 0, 0, 51,
    0, 0, 41, 0, 47, 20, 0, 0, 26, 1, 0, 0, 0, 0, 0, 0, 50, 0, 58, 16, 0, 4, 0, 0, 35, 0, 0, 0, 0,
    0, 25, 0, 23, 32, 0, 29, 40, 0, 0, 0, 0, 0, 0, 53
};
/* <gen */
/* clang-format on */

/* Of a name in any case: of its first and last 8 octets without the bit that tells capitals, which
   mixes up some other octets and names too: who asks compares. */
static uint32_t h2neg__hpack_hash(h2neg_str name)
{
    const unsigned char *p = (const unsigned char *)name.ptr;
    const uint64_t mask = (uint64_t)0xdfdfdfdf << 32 | 0xdfdfdfdf;
    uint64_t h;
    if (name.len < 8)
        h = h2neg__load_few(p, name.len) & mask;
    else
        h = ((h2neg__load_8(p) & mask) * H2NEG__HPACK_PRIME) ^
            (h2neg__load_8(p + name.len - 8) & mask);
    return (uint32_t)((h ^ name.len) * H2NEG__HPACK_PRIME >> 32);
}

/* Of a value, and a number that goes with it; where it is long, of its first, middle and last 8
   octets: a loop whose length changes from value to value costs more than a compare too many. The
   upper bits are the best ones. */
static uint32_t h2neg__hpack_hash_on(size_t with, h2neg_str value)
{
    const unsigned char *p = (const unsigned char *)value.ptr;
    uint64_t h = 0;
    if (value.len >= 8)
        h = (((h2neg__load_8(p) * H2NEG__HPACK_PRIME) ^ h2neg__load_8(p + value.len / 2 - 4)) *
             H2NEG__HPACK_PRIME) ^
            h2neg__load_8(p + value.len - 8);
    else if (value.len >= 4)
        h = h2neg__load_4(p) << 32 | h2neg__load_4(p + value.len - 4);
    else if (value.len)
        h = (uint64_t)p[0] << 16 | (uint64_t)p[value.len / 2] << 8 | p[value.len - 1];
    return (uint32_t)((h ^ (uint64_t)value.len << 24 ^ with) * H2NEG__HPACK_PRIME >> 32);
}

/* Of a field. Of its name only the length counts, which tells nearly all names apart that have the
   same value: so the name's own hash is made only where a field is new. */
static uint32_t h2neg__hpack_hash_pair(h2neg_str name, h2neg_str value)
{
    return h2neg__hpack_hash_on(name.len, value);
}

/* Most strings here are short, and a call of memcmp costs more than it does. */
static inline int h2neg__hpack_equal(const char *a, const char *b, size_t len)
{
    size_t i;
    if (len >= 8) {
        for (i = 8; i < len; i += 8)
            if (memcmp(a + i - 8, b + i - 8, 8) != 0)
                return 0;
        return memcmp(a + len - 8, b + len - 8, 8) == 0;
    }
    if (len >= 4)
        return memcmp(a, b, 4) == 0 && memcmp(a + len - 4, b + len - 4, 4) == 0;
    for (i = 0; i < len; i++)
        if (a[i] != b[i])
            return 0;
    return 1;
}

/* Whether a name, in any case, is one that is known in lower case, and nearly always so written. */
static int h2neg__hpack_named(const char *known, h2neg_str name)
{
    return h2neg__hpack_equal(known, name.ptr, name.len) ||
           h2neg__same_nocase(h2neg__str(known, name.len), name);
}

/* Index 1 to 61. */
static void h2neg__hpack_static(unsigned index, h2neg_str *name, h2neg_str *value)
{
    const h2neg__hpack_static_entry *s = &h2neg__hpack_statics[index - 1];
    *name = h2neg__str(h2neg__hpack_static_text + s->at, s->name);
    *value = h2neg__str(h2neg__hpack_static_text + s->at + s->name, s->value);
}

/* The first index with this name, or 0. */
static unsigned h2neg__hpack_static_find(uint32_t hash, h2neg_str name)
{
    unsigned slot = hash & 127, index;
    h2neg_str n, v;
    for (; (index = h2neg__hpack_static_slots[slot]) != 0; slot = (slot + 1) & 127) {
        h2neg__hpack_static(index, &n, &v);
        if (n.len == name.len && h2neg__hpack_named(n.ptr, name))
            return index;
    }
    return 0;
}

/* The index of a pair with the name of index `first` or, with 0, of none; or 0. */
static unsigned h2neg__hpack_static_exact(unsigned first, h2neg_str value)
{
    unsigned last = first ? h2neg__hpack_statics[first - 1].last : 0;
    h2neg_str n, v;
    for (; first && first <= last; first++) {
        h2neg__hpack_static(first, &n, &v);
        if (v.len == value.len && h2neg__hpack_equal(v.ptr, value.ptr, v.len))
            return first;
    }
    return 0;
}

/* The dynamic table (RFC 7541 2.3.2). Memory holds, in this order: a ring of entries, buckets of
   hash chains, and the text, where an entry's name and value lie in one piece in the order of
   insertion. Three numbers: size <= max, what the peer may assume; size <= capacity, what the
   memory holds; max may be larger than capacity until a table has grown. Sizes are those of RFC
   7541 4.1, with 32 for each entry. Text slides: `text_end` is where the next entry goes, and
   when that does not fit behind the others, all move to the front. A quarter of the capacity is
   spare, so that the moves cost at most four octets for each one added. Places in the text are
   counted from the beginning of time, `text_base` is what lies at the front: so a move changes
   no entry.
   An entry's age is 1 for the newest: its index is 61 + age. Its id is next_id - age. Chains (of
   names, and of names with values) link ids, newest first, and end at the first that is too old:
   eviction needs not touch them. Every step is checked by comparing texts and ages grow on the
   way, so an id that comes again after 2^32 insertions does no harm. The decoder keeps no chains:
   what it has there are the entry's marks (>>fields). */
typedef struct h2neg__hpack_entry {
    uint32_t at, name, value; /* place in the text; octets */
    uint32_t next[2];         /* ids: of the same name's hash; of the same pair's hash */
} h2neg__hpack_entry;

#define H2NEG__HPACK_MOST ((uint32_t)1 << 30)
#define H2NEG__HPACK_NAMES 0
#define H2NEG__HPACK_PAIRS 1

static uint32_t h2neg__hpack_clip(uint64_t size)
{
    return size < H2NEG__HPACK_MOST ? (uint32_t)size : H2NEG__HPACK_MOST;
}

static uint32_t h2neg__hpack_least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Buckets of each kind of chain: a power of two, one for two entries, 8 to 128. */
static uint32_t h2neg__hpack_buckets(uint32_t capacity)
{
    uint32_t n = 8;
    while (n < 128 && n * 128 <= capacity)
        n *= 2;
    return n;
}

static uint32_t h2neg__hpack_text_room(uint32_t capacity)
{
    return capacity + capacity / 4;
}

/* 3 octets are for the alignment. */
H2NEG__DEF size_t h2neg_hpack_memory(size_t table_size)
{
    uint32_t n = h2neg__hpack_clip(table_size);
    if (n < 32)
        return 0;
    return 3 + n / 32 * sizeof(h2neg__hpack_entry) +
           2 * sizeof(uint32_t) * h2neg__hpack_buckets(n) + h2neg__hpack_text_room(n);
}

/* The largest table that fits in so much memory. */
static uint32_t h2neg__hpack_capacity(size_t memory)
{
    uint32_t low = 31, high = h2neg__hpack_clip(memory); /* low fits always, and counts as 0 */
    while (low < high) {
        uint32_t middle = high - (high - low) / 2;
        if (h2neg_hpack_memory(middle) <= memory)
            low = middle;
        else
            high = middle - 1;
    }
    return low < 32 ? 0 : low;
}

/* An empty table over `memory`. */
static void h2neg__hpack_table_init(h2neg_hpack_table *t, void *memory, size_t size, uint32_t max)
{
    unsigned char *p = (unsigned char *)memory;
    memset(t, 0, sizeof *t);
    t->max = max;
    t->next_id = 1;
    t->capacity = memory ? h2neg__hpack_capacity(size) : 0;
    if (t->capacity == 0)
        return;
    p += (4 - ((uintptr_t)p & 3)) & 3;
    t->room = t->capacity / 32;
    t->entries = (h2neg__hpack_entry *)(void *)p;
    p += t->room * sizeof(h2neg__hpack_entry);
    t->bucket_count = h2neg__hpack_buckets(t->capacity);
    t->buckets = (uint32_t *)(void *)p;
    p += 2 * sizeof(uint32_t) * t->bucket_count;
    t->text = p;
    t->text_room = h2neg__hpack_text_room(t->capacity);
    memset(t->buckets, 0, 2 * sizeof(uint32_t) * t->bucket_count);
}

/* `age` is 1 to count. */
static h2neg__hpack_entry *h2neg__hpack_at(const h2neg_hpack_table *t, uint32_t age)
{
    uint32_t slot = t->head >= age ? t->head - age : t->head + t->room - age;
    return &t->entries[slot];
}

/* Name and value of an entry, borrowed until the table changes. */
static void h2neg__hpack_dynamic(const h2neg_hpack_table *t, uint32_t age, h2neg_str *name,
                                 h2neg_str *value)
{
    const h2neg__hpack_entry *entry = h2neg__hpack_at(t, age);
    const unsigned char *p = t->text + (entry->at - t->text_base);
    *name = h2neg__str(p, entry->name);
    *value = h2neg__str(p + entry->name, entry->value);
}

/* RFC 7541 4.3: out go the oldest, until the size is at most this. */
static void h2neg__hpack_evict(h2neg_hpack_table *t, uint32_t size)
{
    while (t->size > size) {
        const h2neg__hpack_entry *oldest = h2neg__hpack_at(t, t->count);
        t->size -= oldest->name + oldest->value + 32;
        t->count--;
    }
}

/* Where the next entry's text goes. */
static unsigned char *h2neg__hpack_text(h2neg_hpack_table *t, uint32_t len)
{
    uint32_t used = t->text_end - t->text_base;
    if (len > t->text_room - used) {
        uint32_t from = t->count ? h2neg__hpack_at(t, t->count)->at : t->text_end;
        memmove(t->text, t->text + (from - t->text_base), t->text_end - from);
        t->text_base = from;
    }
    return t->text + (t->text_end - t->text_base);
}

/* RFC 7541 4.4, for an entry of at most `max`; the strings lie outside the table, so it does not
   matter where the name came from. The caller has made sure that the entry fits in the memory. */
static void h2neg__hpack_insert(h2neg_hpack_table *t, h2neg_str name, h2neg_str value)
{
    uint32_t len = (uint32_t)(name.len + value.len);
    h2neg__hpack_entry *entry;
    unsigned char *p;
    h2neg__hpack_evict(t, t->max - len - 32);
    p = h2neg__hpack_text(t, len);
    h2neg__copy(p, name.ptr, name.len);
    h2neg__copy(p + name.len, value.ptr, value.len);
    entry = &t->entries[t->head];
    entry->at = t->text_end;
    entry->name = (uint32_t)name.len;
    entry->value = (uint32_t)value.len;
    t->head = t->head + 1 == t->room ? 0 : t->head + 1;
    t->text_end += len;
    t->size += len + 32;
    t->count++;
    t->next_id++;
}

/* Puts an entry, newer than all that were linked, into its chains by the hashes of its name and
   its pair. */
static void h2neg__hpack_link(h2neg_hpack_table *t, uint32_t age, uint32_t name_hash,
                              uint32_t pair_hash)
{
    h2neg__hpack_entry *entry = h2neg__hpack_at(t, age);
    uint32_t *names = t->buckets + (name_hash & (t->bucket_count - 1));
    uint32_t *pairs = t->buckets + t->bucket_count + (pair_hash >> 25 & (t->bucket_count - 1));
    entry->next[H2NEG__HPACK_NAMES] = *names;
    entry->next[H2NEG__HPACK_PAIRS] = *pairs;
    *names = *pairs = t->next_id - age;
}

/* The age of the newest entry in a chain with this name (in any case) and, among the pairs, this
   value; or 0. Inline for each kind of chain: field blocks encode with an eighth less work. */
static inline uint32_t h2neg__hpack_find(const h2neg_hpack_table *t, int chain, uint32_t hash,
                                         h2neg_str name, h2neg_str value)
{
    uint32_t id, age, last = 0, bucket;
    int pairs = chain == H2NEG__HPACK_PAIRS;
    if (t->count == 0)
        return 0;
    bucket = (pairs ? hash >> 25 : hash) & (t->bucket_count - 1);
    id = t->buckets[pairs ? t->bucket_count + bucket : bucket];
    while ((age = t->next_id - id) > last && age <= t->count) {
        const h2neg__hpack_entry *x = h2neg__hpack_at(t, age);
        const char *p = (const char *)t->text + (x->at - t->text_base);
        if (x->name == name.len && (!pairs || x->value == value.len) &&
            (!pairs || h2neg__hpack_equal(p + x->name, value.ptr, value.len)) &&
            h2neg__hpack_named(p, name))
            return age;
        id = x->next[chain];
        last = age;
    }
    return 0;
}

/* The same content over other memory, which holds it. */
static void h2neg__hpack_carry(h2neg_hpack_table *t, void *memory, size_t size)
{
    h2neg_hpack_table old = *t;
    uint32_t age;
    h2neg__hpack_table_init(t, memory, size, old.max);
    t->next_id = old.next_id - old.count;
    for (age = old.count; age > 0; age--) {
        h2neg_str name, value;
        h2neg__hpack_dynamic(&old, age, &name, &value);
        h2neg__hpack_insert(t, name, value);
        h2neg__hpack_at(t, 1)->next[0] = h2neg__hpack_at(&old, age)->next[0];
    }
}

/* What to ask for so that a table of `size` fits: more than that, so that growing in steps costs
   little. */
static size_t h2neg__hpack_grown(const h2neg_hpack_table *t, uint32_t size)
{
    uint32_t n = 256;
    while (n < size)
        n *= 2;
    return h2neg_hpack_memory(h2neg__hpack_least(n, t->max));
}

/* ==== 14b >>hpack ==========================================================
   RFC 7541.  Uses >>bytes >>fields >>huffman >>hpack-table.
   Memory: the table's, in >>hpack-table; nothing is allocated.
   A block decodes alike however it is cut; after an error the decoder stays in error.
   ========================================================================== */

/* One short function for each state. A field passes FIRST, perhaps NUMBER (the rest of an
   integer that did not fit its prefix), NAME_LENGTH and NAME where the name is a literal,
   VALUE_LENGTH, VALUE, and INSERT when it enters the table. `kind` says what an integer is for.
   The field that is being read stands in list->text behind what is stored: name_len octets of
   its name, then value_len of its value, so far. When the list is spent, all of the text is room
   for one field, which is wanted only if the field enters the table: `drop` says that its octets
   are counted and not kept, and a field that enters the table never is: it is at most as large
   as the limit, and so is the text. `marks` says which marks (>>fields) a field that comes out of
   a table shall have, none but in a connection: what is checked once, when it enters, is not
   checked with every request. That saves a tenth of what a small request takes. `least` is the
   smallest limit since the last update: while it is below the table's maximum, an update is due
   (RFC 7541 4.2). */
enum {
    H2NEG__HPACK_FIRST,
    H2NEG__HPACK_NUMBER,
    H2NEG__HPACK_NAME_LENGTH,
    H2NEG__HPACK_NAME,
    H2NEG__HPACK_VALUE_LENGTH,
    H2NEG__HPACK_VALUE,
    H2NEG__HPACK_INSERT
};
enum { H2NEG__HPACK_INDEXED, H2NEG__HPACK_LITERAL, H2NEG__HPACK_RESIZE, H2NEG__HPACK_STRING };
enum { H2NEG__HPACK_STOP = 0, H2NEG__HPACK_GO = 1 }; /* what state functions return; or an error */

/* The list holds nothing more, and nothing. The field that is being read moves to the front. */
static void h2neg__hpack_spend(h2neg_hpack_decoder *d, h2neg_hpack_list *list)
{
    if (list->text_used)
        memmove(list->text, list->text + list->text_used, (size_t)(d->name_len + d->value_len));
    list->over = 1;
    list->count = 0;
    list->text_used = 0;
    if (!d->insert)
        d->drop = 1;
}

/* Where the next octet of the present string goes. */
static size_t h2neg__hpack_tail(const h2neg_hpack_decoder *d, const h2neg_hpack_list *list)
{
    return list->text_used + (size_t)(d->name_len + d->value_len);
}

/* The next octets of the present string. */
static void h2neg__hpack_keep(h2neg_hpack_decoder *d, h2neg_hpack_list *list, const void *octets,
                              size_t len)
{
    if (!d->drop && !list->over && len > list->text_room - h2neg__hpack_tail(d, list))
        h2neg__hpack_spend(d, list);
    if (!d->drop && len > list->text_room - h2neg__hpack_tail(d, list))
        d->drop = 1;
    if (!d->drop && len)
        memcpy(list->text + h2neg__hpack_tail(d, list), octets, len);
    *(d->in_value ? &d->value_len : &d->name_len) += len;
}

static void h2neg__hpack_begin(h2neg_hpack_decoder *d, const h2neg_hpack_list *list, int insert,
                               unsigned flags)
{
    d->started = 1;
    d->insert = (unsigned char)insert;
    d->flags = flags;
    d->drop = list->over && !insert;
    d->in_value = 0;
    d->name_len = 0;
    d->value_len = 0;
}

/* The field is whole: into the list, if that has room. */
static int h2neg__hpack_finish(h2neg_hpack_decoder *d, h2neg_hpack_list *list)
{
    d->state = H2NEG__HPACK_FIRST;
    list->total++;
    list->size += d->name_len + d->value_len + 32;
    if (!list->over &&
        (list->count == list->room || (list->max_size && list->size > list->max_size)))
        h2neg__hpack_spend(d, list);
    if (!list->over) {
        h2neg_field *f = &list->fields[list->count++];
        const char *p = list->text + list->text_used;
        f->name = h2neg__str(p, (size_t)d->name_len);
        f->value = h2neg__str(p + d->name_len, (size_t)d->value_len);
        f->flags = d->flags;
        list->text_used += (size_t)(d->name_len + d->value_len);
    }
    return H2NEG__HPACK_GO;
}

/* RFC 7541 2.3.3. 0, or an error. `marks` are those of the whole entry: a static one has the name
   of a pseudo-field, or hardly comes. Inline, field blocks decode 1.1 times as fast. */
static inline int h2neg__hpack_index(const h2neg_hpack_decoder *d, uint64_t index, h2neg_str *name,
                                     h2neg_str *value, unsigned *marks)
{
    const h2neg_hpack_table *t = &d->table;
    if (index == 0 || index > (uint64_t)H2NEG__HPACK_STATICS + t->count)
        return H2NEG_ERR_HPACK_INDEX;
    if (index <= H2NEG__HPACK_STATICS) {
        h2neg__hpack_static((unsigned)index, name, value);
        *marks = d->marks * (unsigned)H2NEG__MARK_VALUE;
    } else {
        h2neg__hpack_dynamic(t, (uint32_t)index - H2NEG__HPACK_STATICS, name, value);
        *marks = h2neg__hpack_at(t, (uint32_t)index - H2NEG__HPACK_STATICS)->next[0];
    }
    return 0;
}

/* RFC 7541 6.1. */
static int h2neg__hpack_indexed(h2neg_hpack_decoder *d, h2neg_hpack_list *list)
{
    h2neg_str name, value;
    unsigned marks;
    int rc = h2neg__hpack_index(d, d->number, &name, &value, &marks);
    if (rc)
        return rc;
    h2neg__hpack_keep(d, list, name.ptr, name.len);
    d->in_value = 1;
    h2neg__hpack_keep(d, list, value.ptr, value.len);
    return h2neg__hpack_finish(d, list);
}

/* RFC 7541 6.2: 0, a literal name follows, or the index of one. */
static int h2neg__hpack_literal(h2neg_hpack_decoder *d, h2neg_hpack_list *list)
{
    h2neg_str name, value;
    unsigned marks;
    int rc;
    if (d->number == 0) {
        d->state = H2NEG__HPACK_NAME_LENGTH;
        return H2NEG__HPACK_GO;
    }
    rc = h2neg__hpack_index(d, d->number, &name, &value, &marks);
    if (rc)
        return rc;
    h2neg__hpack_keep(d, list, name.ptr, name.len);
    d->state = H2NEG__HPACK_VALUE_LENGTH;
    return H2NEG__HPACK_GO;
}

/* RFC 7541 6.3 and 4.2: the first update goes down to the smallest limit there was. */
static int h2neg__hpack_resize(h2neg_hpack_decoder *d)
{
    uint32_t most = d->least < d->table.max ? d->least : d->limit;
    if (d->number > most)
        return H2NEG_ERR_HPACK_UPDATE;
    d->table.max = (uint32_t)d->number;
    d->least = d->limit;
    h2neg__hpack_evict(&d->table, d->table.max);
    d->state = H2NEG__HPACK_FIRST;
    return H2NEG__HPACK_GO;
}

static int h2neg__hpack_string(h2neg_hpack_decoder *d)
{
    d->left = (uint32_t)d->number;
    d->in_value = d->state == H2NEG__HPACK_VALUE_LENGTH;
    d->state = d->in_value ? H2NEG__HPACK_VALUE : H2NEG__HPACK_NAME;
    h2neg__huffman_start(&d->bits);
    return H2NEG__HPACK_GO;
}

/* d->number is whole. */
static int h2neg__hpack_number(h2neg_hpack_decoder *d, h2neg_hpack_list *list)
{
    switch (d->kind) {
    case H2NEG__HPACK_INDEXED: return h2neg__hpack_indexed(d, list);
    case H2NEG__HPACK_LITERAL: return h2neg__hpack_literal(d, list);
    case H2NEG__HPACK_RESIZE: return h2neg__hpack_resize(d);
    default: return h2neg__hpack_string(d);
    }
}

/* RFC 7541 5.1, behind a full prefix: at most 5 octets, at most 2^32-1. */
static int h2neg__hpack_on_number(h2neg_hpack_decoder *d, h2neg_hpack_list *list, h2neg__reader *r)
{
    while (r->left) {
        unsigned octet = (unsigned char)*h2neg__take(r, 1).ptr;
        d->number += (uint64_t)(octet & 127) << d->shift;
        d->shift += 7;
        if (d->number > UINT32_MAX || (octet >= 128 && d->shift == 35))
            return H2NEG_ERR_HPACK_INTEGER;
        if (octet < 128) {
            d->state = d->after;
            return h2neg__hpack_number(d, list);
        }
    }
    return H2NEG__HPACK_STOP;
}

/* An integer begins in this octet, with so many bits. */
static int h2neg__hpack_prefix(h2neg_hpack_decoder *d, h2neg_hpack_list *list, unsigned octet,
                               unsigned bits, int kind)
{
    unsigned full = (1u << bits) - 1;
    d->kind = (unsigned char)kind;
    d->number = octet & full;
    if (d->number < full)
        return h2neg__hpack_number(d, list);
    d->shift = 0;
    d->after = d->state;
    d->state = H2NEG__HPACK_NUMBER;
    return H2NEG__HPACK_GO;
}

/* RFC 7541 4.2: updates stand at a block's start; two are enough for any change. */
static int h2neg__hpack_on_update(h2neg_hpack_decoder *d, h2neg_hpack_list *list, unsigned octet)
{
    if (d->started || d->updates == 2)
        return H2NEG_ERR_HPACK_UPDATE;
    d->updates++;
    return h2neg__hpack_prefix(d, list, octet, 5, H2NEG__HPACK_RESIZE);
}

/* Indexed fields of one octet, most of a block, as long as the list has room: the same as through
   the states, and faster; only here fields are marked. */
static void h2neg__hpack_run(h2neg_hpack_decoder *d, h2neg_hpack_list *list, h2neg__reader *r)
{
    while (r->left && *r->p > 0x80 && *r->p < 0xff && list->count < list->room) {
        h2neg_field *f = &list->fields[list->count];
        char *p = list->text + list->text_used;
        h2neg_str name, value;
        size_t len;
        if (h2neg__hpack_index(d, *r->p & 127u, &name, &value, &f->flags))
            return;
        len = name.len + value.len;
        if (len > list->text_room - list->text_used ||
            (list->max_size && list->size + len + 32 > list->max_size))
            return;
        memcpy(p, name.ptr, len); /* in both tables the value stands behind the name */
        f->name = h2neg__str(p, name.len);
        f->value = h2neg__str(p + name.len, value.len);
        list->text_used += len;
        list->size += len + 32;
        list->total++;
        list->count++;
        r->p++;
        r->left--;
        d->started = 1;
    }
}

/* A literal field with a short index for its name and a coded value that is here as a whole, as
   :path is in most requests: the same as through the states; a small request takes 0.97 of the
   time. 0 where it is not so. Such names have at most 10 octets, and 16 are quickly copied. */
static int h2neg__hpack_path(h2neg_hpack_decoder *d, h2neg_hpack_list *list, unsigned index,
                             h2neg__reader *r)
{
    unsigned char *p = (unsigned char *)list->text + list->text_used;
    size_t n = r->left ? (size_t)*r->p - 128 : 127;
    h2neg_str name, none;
    if (index == 0 || index == 15 || d->drop || n >= 127 || n >= r->left ||
        16 + H2NEG__HUFFMAN_ROOM(n) > list->text_room - list->text_used)
        return 0;
    h2neg__hpack_static(index, &name, &none);
    memcpy(p, name.ptr, 16);
    h2neg__huffman_start(&d->bits);
    d->name_len = name.len;
    d->value_len = h2neg__huffman_decode(&d->bits, p + name.len, r->p + 1, n);
    if (d->bits.bad || !h2neg__huffman_ends(&d->bits))
        return H2NEG_ERR_HPACK_HUFFMAN;
    h2neg__take(r, n + 1);
    return h2neg__hpack_finish(d, list);
}

/* RFC 7541 6: the first octet of a representation. */
static int h2neg__hpack_on_first(h2neg_hpack_decoder *d, h2neg_hpack_list *list, h2neg__reader *r)
{
    unsigned octet;
    int rc;
    if (!list->over && (d->started || d->least >= d->table.max))
        h2neg__hpack_run(d, list, r);
    if (r->left == 0)
        return H2NEG__HPACK_STOP;
    octet = (unsigned char)*h2neg__take(r, 1).ptr;
    if ((octet & 0xe0) == 0x20)
        return h2neg__hpack_on_update(d, list, octet);
    if (!d->started && d->least < d->table.max)
        return H2NEG_ERR_HPACK_UPDATE;
    h2neg__hpack_begin(d, list, (octet & 0xc0) == 0x40,
                       (octet & 0xf0) == 0x10 ? H2NEG_NEVER_INDEX : 0);
    if (octet < 0x20 && (rc = h2neg__hpack_path(d, list, octet & 15, r)) != 0)
        return rc;
    if (octet & 0x80)
        return h2neg__hpack_prefix(d, list, octet, 7, H2NEG__HPACK_INDEXED);
    return h2neg__hpack_prefix(d, list, octet, octet & 0x40 ? 6 : 4, H2NEG__HPACK_LITERAL);
}

/* RFC 7541 5.2. */
static int h2neg__hpack_on_length(h2neg_hpack_decoder *d, h2neg_hpack_list *list, h2neg__reader *r)
{
    unsigned octet;
    if (r->left == 0)
        return H2NEG__HPACK_STOP;
    octet = (unsigned char)*h2neg__take(r, 1).ptr;
    d->huffman = octet >= 128;
    return h2neg__hpack_prefix(d, list, octet, 7, H2NEG__HPACK_STRING);
}

/* Coded octets, at once where the text has room for whatever they may be, else in small pieces. */
static void h2neg__hpack_expand(h2neg_hpack_decoder *d, h2neg_hpack_list *list, h2neg_str s)
{
    unsigned char piece[H2NEG__HUFFMAN_ROOM(64)];
    if (!d->drop && H2NEG__HUFFMAN_ROOM(s.len) <= list->text_room - h2neg__hpack_tail(d, list)) {
        size_t n = h2neg__huffman_decode(&d->bits,
                                         (unsigned char *)list->text + h2neg__hpack_tail(d, list),
                                         (const unsigned char *)s.ptr, s.len);
        *(d->in_value ? &d->value_len : &d->name_len) += n;
        return;
    }
    while (s.len && !d->bits.bad) {
        size_t n = s.len < 64 ? s.len : 64;
        h2neg__hpack_keep(d, list, piece,
                          h2neg__huffman_decode(&d->bits, piece, (const unsigned char *)s.ptr, n));
        s = h2neg__str(s.ptr + n, s.len - n);
    }
}

static int h2neg__hpack_on_string(h2neg_hpack_decoder *d, h2neg_hpack_list *list, h2neg__reader *r)
{
    h2neg_str s = h2neg__take(r, r->left < d->left ? r->left : d->left);
    d->left -= (uint32_t)s.len;
    if (d->huffman)
        h2neg__hpack_expand(d, list, s);
    else
        h2neg__hpack_keep(d, list, s.ptr, s.len);
    if (d->huffman && (d->bits.bad || (d->left == 0 && !h2neg__huffman_ends(&d->bits))))
        return H2NEG_ERR_HPACK_HUFFMAN;
    if (d->left)
        return H2NEG__HPACK_STOP;
    if (!d->in_value)
        d->state = H2NEG__HPACK_VALUE_LENGTH;
    else if (d->insert)
        d->state = H2NEG__HPACK_INSERT;
    else
        return h2neg__hpack_finish(d, list);
    return H2NEG__HPACK_GO;
}

/* RFC 7541 4.4. Stops, and may be called again, when memory is short. */
static int h2neg__hpack_on_insert(h2neg_hpack_decoder *d, h2neg_hpack_list *list)
{
    h2neg_hpack_table *t = &d->table;
    uint64_t size = d->name_len + d->value_len + 32;
    const char *p = list->text + list->text_used;
    h2neg_str name = h2neg__str(p, (size_t)d->name_len);
    h2neg_str value = h2neg__str(p + d->name_len, (size_t)d->value_len);
    if (size > t->max) {
        h2neg__hpack_evict(t, 0);
        return h2neg__hpack_finish(d, list);
    }
    if (d->drop)
        return H2NEG_ERR_TOO_SMALL; /* text_room shrank inside the block */
    h2neg__hpack_evict(t, t->max - (uint32_t)size);
    if (size > t->capacity - t->size) {
        d->wants = h2neg__hpack_grown(t, t->size + (uint32_t)size);
        return H2NEG__HPACK_STOP;
    }
    h2neg__hpack_insert(t, name, value);
    h2neg__hpack_at(t, 1)->next[0] = d->marks ? h2neg__field_marks(name, value) : 0;
    return h2neg__hpack_finish(d, list);
}

static int h2neg__hpack_step(h2neg_hpack_decoder *d, h2neg_hpack_list *list, h2neg__reader *r)
{
    switch (d->state) {
    case H2NEG__HPACK_FIRST: return h2neg__hpack_on_first(d, list, r);
    case H2NEG__HPACK_NUMBER: return h2neg__hpack_on_number(d, list, r);
    case H2NEG__HPACK_NAME_LENGTH:
    case H2NEG__HPACK_VALUE_LENGTH: return h2neg__hpack_on_length(d, list, r);
    case H2NEG__HPACK_INSERT: return h2neg__hpack_on_insert(d, list);
    default: return h2neg__hpack_on_string(d, list, r);
    }
}

H2NEG__DEF void h2neg_hpack_decoder_init(h2neg_hpack_decoder *d, void *memory, size_t size,
                                         uint32_t limit)
{
    memset(d, 0, sizeof *d);
    d->limit = d->least = h2neg__hpack_clip(limit);
    h2neg__hpack_table_init(&d->table, memory, size, d->limit);
}

H2NEG__DEF ptrdiff_t h2neg_hpack_decode(h2neg_hpack_decoder *d, h2neg_hpack_list *list,
                                        const void *in, size_t len, int end)
{
    h2neg__reader r = h2neg__read(in, len);
    int rc;
    if (d->broken)
        return H2NEG_ERR_HPACK_BROKEN;
    if (list->text_room < d->limit)
        return H2NEG_ERR_TOO_SMALL;
    d->wants = 0;
    do
        rc = h2neg__hpack_step(d, list, &r);
    while (rc > 0);
    if (rc == 0 && end && !d->wants) {
        if (d->state != H2NEG__HPACK_FIRST)
            rc = H2NEG_ERR_HPACK_CUT;
        d->started = d->updates = 0;
    }
    if (rc < 0) {
        d->broken = 1;
        return rc;
    }
    return (ptrdiff_t)(len - r.left);
}

H2NEG__DEF size_t h2neg_hpack_decoder_needs(const h2neg_hpack_decoder *d)
{
    return h2neg_hpack_memory(d->table.size);
}

H2NEG__DEF void h2neg_hpack_decoder_move(h2neg_hpack_decoder *d, void *memory, size_t size)
{
    if ((memory ? size : 0) < h2neg_hpack_decoder_needs(d)) {
        d->broken = 1;
        h2neg__hpack_evict(&d->table, 0);
    }
    h2neg__hpack_carry(&d->table, memory, size);
    d->wants = 0;
}

H2NEG__DEF void h2neg_hpack_decoder_limit(h2neg_hpack_decoder *d, uint32_t limit)
{
    d->limit = h2neg__hpack_clip(limit);
    d->least = d->least < d->table.max ? h2neg__hpack_least(d->least, d->limit) : d->limit;
}

/* ==== 14c >>hpack-encode ===================================================
   RFC 7541 2.3, 4, 6, 7.1.  Uses >>bytes >>huffman >>hpack-table.
   Memory: the caller lends h2neg_hpack_memory(n) octets; with less, fewer fields are indexed.
   The table stays in step with the peer's: only the announced maximum decides what is evicted.
   ========================================================================== */

/* Both ends evict by the maximum that was announced last, so memory must never decide what is
   evicted. An encoder's maximum is min(its own limit, the peer's). Where memory holds less,
   entries are added only as long as they fit without evicting; then the table stays as it is
   until it may grow (`wants`). An owner that has no more memory gives a smaller limit.
   `least` is the smallest maximum since the last block. When it is below the present maximum,
   the next block first goes down to it and then up to what is allowed (RFC 7541 4.2). Losing
   memory below the content works the same way: entries go at once, and the update that makes the
   peer drop the same ones comes before anything is added. */
enum { H2NEG__HPACK_ADD = 0x40, H2NEG__HPACK_PLAIN = 0x00, H2NEG__HPACK_NEVER = 0x10 };

/* RFC 7541 5.1: what lies above the prefix, the prefix's bits, the value. Like every put here, it
   returns where the next octet goes; there is room, since that of all was checked before. */
static unsigned char *h2neg__hpack_put_number(unsigned char *p, unsigned above, unsigned bits,
                                              uint64_t value)
{
    unsigned full = (1u << bits) - 1;
    if (value < full) {
        *p++ = (unsigned char)(above | value);
        return p;
    }
    *p++ = (unsigned char)(above | full);
    for (value -= full; value >= 128; value >>= 7)
        *p++ = (unsigned char)((value & 127) | 128);
    *p++ = (unsigned char)value;
    return p;
}

/* Octets of a length before a string. */
static size_t h2neg__hpack_length_size(uint64_t value)
{
    size_t n = 1;
    if (value < 127)
        return n;
    for (value -= 127; value >= 128; value >>= 7)
        n++;
    return n + 1;
}

/* RFC 7541 5.2: coded when that is shorter. It is coded at once, behind the longest length it can
   have, and moved where its own takes less, so nothing is counted before. Two octets have ten bits
   at least, and are never shorter. */
static inline unsigned char *h2neg__hpack_put_string(unsigned char *p, const unsigned char *end,
                                                     h2neg_str s, int lower)
{
    unsigned char *text = p + h2neg__hpack_length_size(s.len);
    size_t room = (size_t)(end - text), n, i;
    n = s.len < 3 ? 0 : h2neg__huffman_encode(text, room < s.len + 7 ? room : s.len + 7, s, lower);
    if (n > 0 && n < s.len) {
        p = h2neg__hpack_put_number(p, 0x80, 7, n);
        if (p != text)
            memmove(p, text, n);
        return p + n;
    }
    p = h2neg__hpack_put_number(p, 0, 7, s.len);
    h2neg__copy(p, s.ptr, s.len);
    for (i = 0; lower && i < s.len; i++)
        p[i] = h2neg__lower(p[i]);
    return p + s.len;
}

/* What changes with every message is worth no entry, and short secrets are guessed through the
   table (RFC 7541 7.1.3); `index` is that of the name in the static table, or 0. */
static int h2neg__hpack_policy(const h2neg_field *f, unsigned index)
{
    if (f->flags & H2NEG_NEVER_INDEX)
        return H2NEG__HPACK_NEVER;
    switch (index) {
    case H2NEG__HPACK_AUTHORIZATION:
    case H2NEG__HPACK_PROXY_AUTHORIZATION: return H2NEG__HPACK_NEVER;
    case H2NEG__HPACK_COOKIE: return f->value.len < 20 ? H2NEG__HPACK_NEVER : H2NEG__HPACK_ADD;
    case H2NEG__HPACK_SET_COOKIE:
        return f->value.len < 20 ? H2NEG__HPACK_NEVER : H2NEG__HPACK_PLAIN;
    case H2NEG__HPACK_PATH:
    case H2NEG__HPACK_AGE:
    case H2NEG__HPACK_CONTENT_LENGTH:
    case H2NEG__HPACK_ETAG:
    case H2NEG__HPACK_IF_MODIFIED_SINCE:
    case H2NEG__HPACK_IF_NONE_MATCH:
    case H2NEG__HPACK_LOCATION: return H2NEG__HPACK_PLAIN;
    default: return H2NEG__HPACK_ADD;
    }
}

/* 1 when an entry of this size may be added: not one that pushes out most of the others, and not
   what the memory does not hold. */
static int h2neg__hpack_admit(h2neg_hpack_encoder *e, uint64_t size)
{
    const h2neg_hpack_table *t = &e->table;
    if (size > (uint64_t)t->max * 3 / 4)
        return 0;
    if (t->capacity >= t->max || size <= t->capacity - t->size)
        return 1;
    e->wants = h2neg__hpack_grown(t, h2neg__hpack_least(t->max, t->size + (uint32_t)size));
    return 0;
}

/* The text in the table is in lower case, like the text that the peer sees; `first` is the index
   of the name in the static table, or 0. */
static void h2neg__hpack_add(h2neg_hpack_table *t, const h2neg_field *f, unsigned first,
                             uint32_t name_hash, uint32_t pair_hash)
{
    h2neg_str name = f->name, none;
    unsigned char *p;
    size_t i;
    if (first)
        h2neg__hpack_static(first, &name, &none);
    h2neg__hpack_insert(t, name, f->value);
    h2neg__hpack_link(t, 1, name_hash, pair_hash);
    p = t->text + (h2neg__hpack_at(t, 1)->at - t->text_base);
    for (i = 0; !first && i < name.len; i++)
        p[i] = h2neg__lower(p[i]);
}

/* A field that is not in the dynamic table as a whole. */
static unsigned char *h2neg__hpack_put_new(h2neg_hpack_encoder *e, unsigned char *p,
                                           const unsigned char *end, const h2neg_field *f,
                                           uint32_t pair)
{
    const h2neg_hpack_table *t = &e->table;
    uint32_t hash = h2neg__hpack_hash(f->name), index;
    unsigned first = h2neg__hpack_static_find(hash, f->name);
    int how = h2neg__hpack_policy(f, first);
    if (how != H2NEG__HPACK_NEVER && (index = h2neg__hpack_static_exact(first, f->value)) != 0)
        return h2neg__hpack_put_number(p, 0x80, 7, index);
    if (how == H2NEG__HPACK_ADD &&
        !h2neg__hpack_admit(e, (uint64_t)f->name.len + f->value.len + 32))
        how = H2NEG__HPACK_PLAIN;
    index = first;
    if (index == 0 &&
        (index = h2neg__hpack_find(t, H2NEG__HPACK_NAMES, hash, f->name, f->value)) != 0)
        index += H2NEG__HPACK_STATICS;
    p = h2neg__hpack_put_number(p, (unsigned)how, how == H2NEG__HPACK_ADD ? 6 : 4, index);
    if (index == 0)
        p = h2neg__hpack_put_string(p, end, f->name, 1);
    p = h2neg__hpack_put_string(p, end, f->value, 0);
    if (how == H2NEG__HPACK_ADD)
        h2neg__hpack_add(&e->table, f, first, hash, pair);
    return p;
}

static unsigned char *h2neg__hpack_put_field(h2neg_hpack_encoder *e, unsigned char *p,
                                             const unsigned char *end, const h2neg_field *f)
{
    uint32_t pair = h2neg__hpack_hash_pair(f->name, f->value), age = 0;
    if (!(f->flags & H2NEG_NEVER_INDEX))
        age = h2neg__hpack_find(&e->table, H2NEG__HPACK_PAIRS, pair, f->name, f->value);
    if (age == 0)
        return h2neg__hpack_put_new(e, p, end, f, pair);
    return h2neg__hpack_put_number(p, 0x80, 7, age + H2NEG__HPACK_STATICS);
}

static unsigned char *h2neg__hpack_put_fields(h2neg_hpack_encoder *e, unsigned char *p,
                                              const unsigned char *end, const h2neg_field *fields,
                                              size_t count)
{
    for (; count > 0; count--, fields++)
        p = h2neg__hpack_put_field(e, p, end, fields);
    H2NEG_ASSERT(p <= end);
    return p;
}

static unsigned char *h2neg__hpack_put_update(h2neg_hpack_encoder *e, unsigned char *p,
                                              uint32_t max)
{
    e->table.max = max;
    h2neg__hpack_evict(&e->table, max);
    return h2neg__hpack_put_number(p, 0x20, 5, max);
}

/* The updates that are due: the smallest maximum, then the one that stays. */
static unsigned char *h2neg__hpack_put_updates(h2neg_hpack_encoder *e, unsigned char *p)
{
    uint32_t allowed = h2neg__hpack_least(e->cap, e->peer);
    e->wants = 0;
    if (e->least < e->table.max)
        p = h2neg__hpack_put_update(e, p, e->least);
    if (allowed != e->table.max)
        p = h2neg__hpack_put_update(e, p, allowed);
    e->least = allowed;
    return p;
}

/* Before an announcement, both ends are at 4,096 octets (RFC 9113 6.5.2). */
H2NEG__DEF void h2neg_hpack_encoder_init(h2neg_hpack_encoder *e, void *memory, size_t size,
                                         uint32_t limit)
{
    memset(e, 0, sizeof *e);
    e->cap = h2neg__hpack_clip(limit);
    e->peer = 4096;
    e->least = h2neg__hpack_least(e->cap, e->peer);
    h2neg__hpack_table_init(&e->table, memory, size, 4096);
}

/* Two updates of at most 6 octets; for each field 6 for the first number and its two strings as
   they are. */
H2NEG__DEF size_t h2neg_hpack_encode_bound(const h2neg_field *fields, size_t count)
{
    size_t bound = 2 * 6, i;
    for (i = 0; i < count; i++) {
        size_t name = fields[i].name.len, value = fields[i].value.len;
        bound += name + value + (6 + 2);
        if (name >= 127 || value >= 127)
            bound += h2neg__hpack_length_size(name) + h2neg__hpack_length_size(value) - 2;
    }
    return bound;
}

H2NEG__DEF ptrdiff_t h2neg_hpack_encode(h2neg_hpack_encoder *e, void *out, size_t room,
                                        const h2neg_field *fields, size_t count)
{
    unsigned char *start = (unsigned char *)out, *p;
    if (room < h2neg_hpack_encode_bound(fields, count))
        return H2NEG_ERR_TOO_SMALL;
    p = h2neg__hpack_put_updates(e, start);
    return h2neg__hpack_put_fields(e, p, start + room, fields, count) - start;
}

H2NEG__DEF size_t h2neg_hpack_encoder_needs(const h2neg_hpack_encoder *e)
{
    return h2neg_hpack_memory(e->table.size);
}

H2NEG__DEF void h2neg_hpack_encoder_move(h2neg_hpack_encoder *e, void *memory, size_t size)
{
    h2neg_hpack_table *t = &e->table;
    uint32_t age, capacity = memory ? h2neg__hpack_capacity(size) : 0;
    if (capacity < t->size) {
        e->least = h2neg__hpack_least(e->least, capacity);
        h2neg__hpack_evict(t, e->least);
    }
    h2neg__hpack_carry(t, memory, size);
    for (age = t->count; age > 0; age--) {
        h2neg_str name, value;
        h2neg__hpack_dynamic(t, age, &name, &value);
        h2neg__hpack_link(t, age, h2neg__hpack_hash(name), h2neg__hpack_hash_pair(name, value));
    }
    e->wants = 0;
}

H2NEG__DEF void h2neg_hpack_encoder_limit(h2neg_hpack_encoder *e, uint32_t peer_limit)
{
    e->peer = h2neg__hpack_clip(peer_limit);
    e->least = h2neg__hpack_least(e->least, h2neg__hpack_least(e->cap, e->peer));
}

#undef H2NEG__HPACK_MOST
#undef H2NEG__HPACK_PRIME
#undef H2NEG__HPACK_NAMES
#undef H2NEG__HPACK_PAIRS
#undef H2NEG__HUFFMAN_ROOM

/* ==== 15 >>h2-frame ========================================================
   RFC 9113 4 and 6; RFC 7838 4, RFC 8336 2, RFC 9218 7.1.  Uses >>bytes.
   Memory: none; a frame's slices are of the caller's input.
   What a frame must look like by itself is decided here; what it may do when, elsewhere.
   ========================================================================== */

enum {
    H2NEG__FRAME_HEADER = 9,
    H2NEG__FRAME_LENGTH_MOST = 0xffffff,
    H2NEG__FRAME_STREAM_MOST = 0x7fffffff,
    H2NEG__FRAME_ZERO = 1,    /* on the connection, stream 0 */
    H2NEG__FRAME_NONZERO = 2, /* on a stream */
    H2NEG__FRAME_EITHER = 3,
    H2NEG__FRAME_MINOR = 4 /* a wrong length is the stream's error, not the connection's */
};

/* The rules of a type: least and most length (most 0: no more than SETTINGS_MAX_FRAME_SIZE), what
   the length is a multiple of, where it may stand, the flags that the writers here take, and who
   reads the payload. */
typedef struct h2neg__frame_rule {
    unsigned least, most, unit, where;
    int flags;
    int (*read)(h2neg_h2_frame *f, h2neg__reader *r);
} h2neg__frame_rule;

/* A stream identifier or an increment: the first of 32 bits means nothing (RFC 9113 4.1, 6.9). */
static uint32_t h2neg__take_31(h2neg__reader *r)
{
    return h2neg__take_be(r, 4) & H2NEG__FRAME_STREAM_MOST;
}

static h2neg_str h2neg__take_rest(h2neg__reader *r)
{
    return h2neg__take(r, r->left);
}

/* [Exclusive (1)], [Stream Dependency (31)], [Weight (8)] (RFC 9113 6.2, 6.3) */
static void h2neg__frame_take_priority(h2neg_h2_frame *f, h2neg__reader *r)
{
    uint32_t v = h2neg__take_be(r, 4);
    f->exclusive = v >> 31 != 0;
    f->dependency = v & H2NEG__FRAME_STREAM_MOST;
    f->weight = (uint16_t)(h2neg__take_be(r, 1) + 1);
}

/* What stands before the data: [Pad Length (8)], then HEADERS: priority, PUSH_PROMISE: promised
   stream. The reader holds at least the first f->prefix octets of the payload. The connection's
   errors come before the stream's. */
static int h2neg__frame_take_prefix(h2neg_h2_frame *f, h2neg__reader *r)
{
    if (f->flags & H2NEG_H2_PADDED)
        f->padding = (uint8_t)h2neg__take_be(r, 1);
    if (f->has_priority)
        h2neg__frame_take_priority(f, r);
    if (f->type == H2NEG_H2_PUSH_PROMISE)
        f->u.push.promised = h2neg__take_31(r);
    if (r->bad)
        return H2NEG_ERR_H2_FRAME_SIZE;
    if (f->padding > f->length - f->prefix)
        return H2NEG_ERR_H2_PADDING;
    if (f->type == H2NEG_H2_PUSH_PROMISE && f->u.push.promised == 0)
        return H2NEG_ERR_H2_STREAM_ID;
    return f->has_priority && f->dependency == f->stream ? H2NEG_ERR_H2_SELF_DEPENDENCY : 0;
}

/* DATA, HEADERS, PUSH_PROMISE: the data stands between the prefix and the padding. */
static int h2neg__frame_take_padded(h2neg_h2_frame *f, h2neg__reader *r, h2neg_str *data)
{
    int e = 0;
    if (f->prefix > 0)
        e = h2neg__frame_take_prefix(f, r);
    if (e == 0 || e == H2NEG_ERR_H2_SELF_DEPENDENCY)
        *data = h2neg__take(r, r->left - f->padding);
    return e;
}

static int h2neg__frame_read_data(h2neg_h2_frame *f, h2neg__reader *r)
{
    return h2neg__frame_take_padded(f, r, &f->u.data);
}

static int h2neg__frame_read_push(h2neg_h2_frame *f, h2neg__reader *r)
{
    return h2neg__frame_take_padded(f, r, &f->u.push.fragment);
}

/* CONTINUATION, and what is not known (RFC 9113 4.1: ignored by who asked for it). */
static int h2neg__frame_read_whole(h2neg_h2_frame *f, h2neg__reader *r)
{
    f->u.data = h2neg__take_rest(r);
    return 0;
}

static int h2neg__frame_read_priority(h2neg_h2_frame *f, h2neg__reader *r)
{
    h2neg__frame_take_priority(f, r);
    return f->dependency == f->stream ? H2NEG_ERR_H2_SELF_DEPENDENCY : 0;
}

static int h2neg__frame_read_rst_stream(h2neg_h2_frame *f, h2neg__reader *r)
{
    f->u.code = h2neg__take_be(r, 4);
    return 0;
}

static int h2neg__frame_read_settings(h2neg_h2_frame *f, h2neg__reader *r)
{
    f->u.settings.count = r->left / 6;
    f->u.settings.entries = r->p;
    h2neg__take_rest(r);
    return 0;
}

static int h2neg__frame_read_ping(h2neg_h2_frame *f, h2neg__reader *r)
{
    h2neg_str eight = h2neg__take(r, 8);
    h2neg__copy(f->u.ping, eight.ptr, eight.len);
    return 0;
}

static int h2neg__frame_read_goaway(h2neg_h2_frame *f, h2neg__reader *r)
{
    f->u.goaway.last = h2neg__take_31(r);
    f->u.goaway.code = h2neg__take_be(r, 4);
    f->u.goaway.debug = h2neg__take_rest(r);
    return 0;
}

static int h2neg__frame_read_window_update(h2neg_h2_frame *f, h2neg__reader *r)
{
    f->u.increment = h2neg__take_31(r);
    return f->u.increment == 0 ? H2NEG_ERR_H2_WINDOW_ZERO : 0;
}

/* An origin belongs on stream 0 and nowhere else; other frames MUST be ignored (RFC 7838 4). */
static int h2neg__frame_read_altsvc(h2neg_h2_frame *f, h2neg__reader *r)
{
    f->u.altsvc.origin = h2neg__take(r, h2neg__take_be(r, 2));
    f->u.altsvc.value = h2neg__take_rest(r);
    f->ignored = (f->stream == 0) != (f->u.altsvc.origin.len > 0);
    return 0;
}

H2NEG__DEF int h2neg_h2_origin_next(h2neg_str *rest, h2neg_str *origin)
{
    h2neg__reader r = h2neg__read(rest->ptr, rest->len);
    *origin = h2neg__str(NULL, 0);
    if (rest->len == 0)
        return 0;
    *origin = h2neg__take(&r, h2neg__take_be(&r, 2));
    if (r.bad)
        return H2NEG_ERR_H2_FRAME_SIZE;
    *rest = h2neg__str(r.p, r.left);
    return 1;
}

/* On a stream, or with one of the first four flags, it MUST be ignored (RFC 8336 2.2). */
static int h2neg__frame_read_origin(h2neg_h2_frame *f, h2neg__reader *r)
{
    h2neg_str rest, origin;
    int more = 1;
    f->ignored = f->stream != 0 || (f->flags & 0xf) != 0;
    f->u.origins = rest = h2neg__take_rest(r);
    while (more == 1 && !f->ignored)
        more = h2neg_h2_origin_next(&rest, &origin);
    return more < 0 ? more : 0;
}

static int h2neg__frame_read_priority_update(h2neg_h2_frame *f, h2neg__reader *r)
{
    f->u.priority_update.stream = h2neg__take_31(r);
    f->u.priority_update.value = h2neg__take_rest(r);
    return f->u.priority_update.stream == 0 ? H2NEG_ERR_H2_STREAM_ID : 0;
}

static const h2neg__frame_rule h2neg__frame_unknown = {
    0, 0, 1, H2NEG__FRAME_EITHER, 0, h2neg__frame_read_whole};

/* By type. ALTSVC and ORIGIN have no bounds here: who ignores them (a server) never reads them. */
static const h2neg__frame_rule h2neg__frame_rules[] = {
    /* DATA */
    {0, 0, 1, H2NEG__FRAME_NONZERO | H2NEG__FRAME_MINOR, H2NEG_H2_END_STREAM,
     h2neg__frame_read_data},
    /* HEADERS */
    {0, 0, 1, H2NEG__FRAME_NONZERO, H2NEG_H2_END_STREAM | H2NEG_H2_END_HEADERS,
     h2neg__frame_read_data},
    /* PRIORITY */
    {5, 5, 1, H2NEG__FRAME_NONZERO | H2NEG__FRAME_MINOR, 0, h2neg__frame_read_priority},
    /* RST_STREAM */
    {4, 4, 1, H2NEG__FRAME_NONZERO, 0, h2neg__frame_read_rst_stream},
    /* SETTINGS */
    {0, 0, 6, H2NEG__FRAME_ZERO, H2NEG_H2_ACK, h2neg__frame_read_settings},
    /* PUSH_PROMISE */
    {4, 0, 1, H2NEG__FRAME_NONZERO, H2NEG_H2_END_HEADERS, h2neg__frame_read_push},
    /* PING */
    {8, 8, 1, H2NEG__FRAME_ZERO, H2NEG_H2_ACK, h2neg__frame_read_ping},
    /* GOAWAY */
    {8, 0, 1, H2NEG__FRAME_ZERO, 0, h2neg__frame_read_goaway},
    /* WINDOW_UPDATE */
    {4, 4, 1, H2NEG__FRAME_EITHER, 0, h2neg__frame_read_window_update},
    /* CONTINUATION */
    {0, 0, 1, H2NEG__FRAME_NONZERO, H2NEG_H2_END_HEADERS, h2neg__frame_read_whole},
    /* ALTSVC */
    {0, 0, 1, H2NEG__FRAME_EITHER | H2NEG__FRAME_MINOR, 0, h2neg__frame_read_altsvc},
    /* 0xb */
    {0, 0, 1, H2NEG__FRAME_EITHER, 0, h2neg__frame_read_whole},
    /* ORIGIN */
    {0, 0, 1, H2NEG__FRAME_EITHER, 0, h2neg__frame_read_origin},
    /* 0xd, 0xe, 0xf */
    {0, 0, 1, H2NEG__FRAME_EITHER, 0, h2neg__frame_read_whole},
    {0, 0, 1, H2NEG__FRAME_EITHER, 0, h2neg__frame_read_whole},
    {0, 0, 1, H2NEG__FRAME_EITHER, 0, h2neg__frame_read_whole},
    /* PRIORITY_UPDATE */
    {4, 0, 1, H2NEG__FRAME_ZERO, 0, h2neg__frame_read_priority_update},
};

static const h2neg__frame_rule *h2neg__frame_rule_of(int type)
{
    return type < (int)H2NEG__COUNT(h2neg__frame_rules) ? &h2neg__frame_rules[type]
                                                        : &h2neg__frame_unknown;
}

/* What the rules say of a header: 0, or the error. */
static int h2neg__frame_judge(const h2neg__frame_rule *rule, uint32_t length, uint32_t stream)
{
    if (!(rule->where & (stream ? H2NEG__FRAME_NONZERO : H2NEG__FRAME_ZERO)))
        return H2NEG_ERR_H2_STREAM_ID;
    if (length < rule->least || (rule->most && length > rule->most) || length % rule->unit != 0)
        return H2NEG_ERR_H2_FRAME_SIZE;
    return 0;
}

/* The octets that h2neg__frame_take_prefix reads. */
static unsigned h2neg__frame_prefix(const h2neg_h2_frame *f)
{
    unsigned n = f->type == H2NEG_H2_PUSH_PROMISE ? 4 : 0;
    if (f->type != H2NEG_H2_DATA && f->type != H2NEG_H2_HEADERS && f->type != H2NEG_H2_PUSH_PROMISE)
        return 0;
    return n + (f->flags & H2NEG_H2_PADDED ? 1u : 0u) + (f->has_priority ? 5u : 0u);
}

H2NEG__DEF ptrdiff_t h2neg_h2_frame_header_read(h2neg_h2_frame *f, const void *in, size_t len,
                                                uint32_t max_frame_size)
{
    const unsigned char *p = (const unsigned char *)in;
    int e;
    memset(f, 0, sizeof *f);
    if (len < H2NEG__FRAME_HEADER)
        return 0;
    f->length = (uint32_t)(h2neg__load_4(p) >> 8);
    f->type = p[3];
    f->flags = p[4];
    f->stream = (uint32_t)h2neg__load_4(p + 5) & H2NEG__FRAME_STREAM_MOST;
    f->has_priority = f->type == H2NEG_H2_HEADERS && (f->flags & H2NEG_H2_PRIORITY_FLAG) != 0;
    f->prefix = (uint8_t)h2neg__frame_prefix(f);
    f->oversize = f->length > max_frame_size;
    e = h2neg__frame_judge(h2neg__frame_rule_of(f->type), f->length, f->stream);
    if (f->oversize || f->length < f->prefix)
        e = e ? e : H2NEG_ERR_H2_FRAME_SIZE;
    if (f->type == H2NEG_H2_SETTINGS && (f->flags & H2NEG_H2_ACK) && f->length > 0)
        e = e ? e : H2NEG_ERR_H2_FRAME_SIZE;
    return e ? e : H2NEG__FRAME_HEADER;
}

H2NEG__DEF int h2neg_h2_frame_prefix_read(h2neg_h2_frame *f, const void *in, size_t len)
{
    h2neg__reader r = h2neg__read(in, f->prefix);
    int e;
    if (f->length < f->prefix)
        return H2NEG_ERR_H2_FRAME_SIZE;
    if (len < f->prefix)
        return 0;
    e = f->prefix > 0 ? h2neg__frame_take_prefix(f, &r) : 0;
    return e ? e : 1;
}

H2NEG__DEF int h2neg_h2_frame_payload_read(h2neg_h2_frame *f, const void *in)
{
    h2neg__reader r = h2neg__read(in, f->length);
    int e = h2neg__frame_rule_of(f->type)->read(f, &r);
    return r.bad ? (int)H2NEG_ERR_H2_FRAME_SIZE : e;
}

H2NEG__DEF ptrdiff_t h2neg_h2_frame_read(h2neg_h2_frame *f, const void *in, size_t len,
                                         uint32_t max_frame_size)
{
    ptrdiff_t n = h2neg_h2_frame_header_read(f, in, len, max_frame_size);
    int e;
    if (n <= 0)
        return n;
    if (len - H2NEG__FRAME_HEADER < f->length)
        return 0;
    e = h2neg_h2_frame_payload_read(f, (const unsigned char *)in + n);
    return e ? e : n + (ptrdiff_t)f->length;
}

H2NEG__DEF int h2neg_h2_error_is_stream(const h2neg_h2_frame *f, int error)
{
    if (f->stream == 0)
        return 0;
    if (error == H2NEG_ERR_H2_FRAME_SIZE)
        return !f->oversize && (h2neg__frame_rule_of(f->type)->where & H2NEG__FRAME_MINOR) != 0;
    return error == H2NEG_ERR_H2_SELF_DEPENDENCY || error == H2NEG_ERR_H2_WINDOW_ZERO;
}

H2NEG__DEF h2neg_h2_setting h2neg_h2_setting_at(const unsigned char *entries, size_t index)
{
    h2neg__reader r = h2neg__read(entries + 6 * index, 6);
    h2neg_h2_setting setting;
    setting.id = (uint16_t)h2neg__take_be(&r, 2);
    setting.value = h2neg__take_be(&r, 4);
    return setting;
}

H2NEG__DEF int h2neg_h2_setting_check(h2neg_h2_setting setting, int from_server)
{
    int good = 1;
    switch (setting.id) {
    case H2NEG_SETTING_ENABLE_PUSH: good = setting.value <= (from_server ? 0u : 1u); break;
    case H2NEG_SETTING_INITIAL_WINDOW_SIZE:
        return setting.value > 0x7fffffffu ? (int)H2NEG_ERR_H2_SETTING_WINDOW : 0;
    case H2NEG_SETTING_MAX_FRAME_SIZE:
        good = setting.value >= 16384 && setting.value <= H2NEG__FRAME_LENGTH_MOST;
        break;
    case H2NEG_SETTING_ENABLE_CONNECT_PROTOCOL:
    case H2NEG_SETTING_NO_RFC7540_PRIORITIES: good = setting.value <= 1; break;
    default: break;
    }
    return good ? 0 : H2NEG_ERR_H2_SETTING;
}

static void h2neg__frame_head(unsigned char *p, uint32_t length, int type, int flags,
                              uint32_t stream)
{
    h2neg__store_8(p, (uint64_t)length << 40 | (uint64_t)type << 32 | (uint64_t)flags << 24 |
                          stream >> 8);
    p[8] = (unsigned char)stream;
}

static void h2neg__frame_put_header(h2neg__writer *w, uint32_t length, int type, int flags,
                                    uint32_t stream)
{
    unsigned char nine[H2NEG__FRAME_HEADER];
    h2neg__frame_head(nine, length, type, flags, stream);
    h2neg__put(w, nine, sizeof nine);
}

H2NEG__DEF ptrdiff_t h2neg_h2_frame_write_header(void *out, size_t room, uint32_t length, int type,
                                                 int flags, uint32_t stream)
{
    h2neg__writer w = h2neg__write(out, room);
    if (length > H2NEG__FRAME_LENGTH_MOST || type < 0 || type > 255 || flags < 0 || flags > 255 ||
        stream > H2NEG__FRAME_STREAM_MOST)
        return H2NEG_ERR_INVALID;
    h2neg__frame_put_header(&w, length, type, flags, stream);
    return h2neg__written(&w);
}

/* Begins a frame in `w`: its header, where the reader's own rules allow it and all of it fits. 0,
   or the writer's error. A payload that is too large is never counted: no length here can wrap. */
static int h2neg__frame_begin(h2neg__writer *w, size_t length, int type, int flags, uint32_t stream)
{
    const h2neg__frame_rule *rule = h2neg__frame_rule_of(type);
    if (length > H2NEG__FRAME_LENGTH_MOST || stream > H2NEG__FRAME_STREAM_MOST ||
        (flags & ~rule->flags) || h2neg__frame_judge(rule, (uint32_t)length, stream) != 0)
        return H2NEG_ERR_INVALID;
    if (w->left < H2NEG__FRAME_HEADER || w->left - H2NEG__FRAME_HEADER < length)
        return H2NEG_ERR_TOO_SMALL;
    h2neg__frame_put_header(w, (uint32_t)length, type, flags, stream);
    return 0;
}

/* A frame whose payload is `before` (few octets) and then `data`. */
static ptrdiff_t h2neg__frame_write(void *out, size_t room, int type, int flags, uint32_t stream,
                                    const h2neg__writer *before, const void *data, size_t len)
{
    h2neg__writer w = h2neg__write(out, room);
    size_t used = before ? before->used : 0;
    int e = len > H2NEG__FRAME_LENGTH_MOST
                ? (int)H2NEG_ERR_INVALID
                : h2neg__frame_begin(&w, used + len, type, flags, stream);
    if (e)
        return e;
    if (before)
        h2neg__put(&w, before->p - used, used);
    h2neg__put(&w, data, len);
    return h2neg__written(&w);
}

H2NEG__DEF ptrdiff_t h2neg_h2_frame_write_data(void *out, size_t room, uint32_t stream, int flags,
                                               const void *data, size_t len)
{
    return h2neg__frame_write(out, room, H2NEG_H2_DATA, flags, stream, NULL, data, len);
}

H2NEG__DEF ptrdiff_t h2neg_h2_frame_write_headers(void *out, size_t room, uint32_t stream,
                                                  int flags, const void *fragment, size_t len)
{
    return h2neg__frame_write(out, room, H2NEG_H2_HEADERS, flags, stream, NULL, fragment, len);
}

H2NEG__DEF ptrdiff_t h2neg_h2_frame_write_continuation(void *out, size_t room, uint32_t stream,
                                                       int flags, const void *fragment, size_t len)
{
    return h2neg__frame_write(out, room, H2NEG_H2_CONTINUATION, flags, stream, NULL, fragment, len);
}

H2NEG__DEF ptrdiff_t h2neg_h2_frame_write_priority(void *out, size_t room, uint32_t stream,
                                                   uint32_t dependency, int exclusive, int weight)
{
    unsigned char five[5];
    h2neg__writer w = h2neg__write(five, sizeof five);
    if (dependency > H2NEG__FRAME_STREAM_MOST || dependency == stream || weight < 1 || weight > 256)
        return H2NEG_ERR_INVALID;
    h2neg__put_be(&w, dependency | (exclusive ? 0x80000000u : 0u), 4);
    h2neg__put_be(&w, (uint32_t)(weight - 1), 1);
    return h2neg__frame_write(out, room, H2NEG_H2_PRIORITY, 0, stream, NULL, five, sizeof five);
}

H2NEG__DEF ptrdiff_t h2neg_h2_frame_write_rst_stream(void *out, size_t room, uint32_t stream,
                                                     uint32_t code)
{
    unsigned char four[4];
    h2neg__writer w = h2neg__write(four, sizeof four);
    h2neg__put_be(&w, code, 4);
    return h2neg__frame_write(out, room, H2NEG_H2_RST_STREAM, 0, stream, NULL, four, sizeof four);
}

H2NEG__DEF ptrdiff_t h2neg_h2_frame_write_settings(void *out, size_t room,
                                                   const h2neg_h2_setting *settings, size_t count)
{
    h2neg__writer w = h2neg__write(out, room);
    size_t i;
    int e = count > H2NEG__FRAME_LENGTH_MOST / 6
                ? (int)H2NEG_ERR_INVALID
                : h2neg__frame_begin(&w, 6 * count, H2NEG_H2_SETTINGS, 0, 0);
    if (e)
        return e;
    for (i = 0; i < count; i++) {
        h2neg__put_be(&w, settings[i].id, 2);
        h2neg__put_be(&w, settings[i].value, 4);
    }
    return h2neg__written(&w);
}

H2NEG__DEF ptrdiff_t h2neg_h2_frame_write_settings_ack(void *out, size_t room)
{
    return h2neg__frame_write(out, room, H2NEG_H2_SETTINGS, H2NEG_H2_ACK, 0, NULL, NULL, 0);
}

H2NEG__DEF ptrdiff_t h2neg_h2_frame_write_push_promise(void *out, size_t room, uint32_t stream,
                                                       int flags, uint32_t promised,
                                                       const void *fragment, size_t len)
{
    unsigned char four[4];
    h2neg__writer w = h2neg__write(four, sizeof four);
    if (promised == 0 || promised > H2NEG__FRAME_STREAM_MOST)
        return H2NEG_ERR_INVALID;
    h2neg__put_be(&w, promised, 4);
    return h2neg__frame_write(out, room, H2NEG_H2_PUSH_PROMISE, flags, stream, &w, fragment, len);
}

H2NEG__DEF ptrdiff_t h2neg_h2_frame_write_ping(void *out, size_t room, int flags, const void *eight)
{
    return h2neg__frame_write(out, room, H2NEG_H2_PING, flags, 0, NULL, eight, 8);
}

H2NEG__DEF ptrdiff_t h2neg_h2_frame_write_goaway(void *out, size_t room, uint32_t last,
                                                 uint32_t code, const void *debug, size_t len)
{
    unsigned char eight[8];
    h2neg__writer w = h2neg__write(eight, sizeof eight);
    if (last > H2NEG__FRAME_STREAM_MOST)
        return H2NEG_ERR_INVALID;
    h2neg__put_be(&w, last, 4);
    h2neg__put_be(&w, code, 4);
    return h2neg__frame_write(out, room, H2NEG_H2_GOAWAY, 0, 0, &w, debug, len);
}

H2NEG__DEF ptrdiff_t h2neg_h2_frame_write_window_update(void *out, size_t room, uint32_t stream,
                                                        uint32_t increment)
{
    unsigned char four[4];
    h2neg__writer w = h2neg__write(four, sizeof four);
    if (increment == 0 || increment > 0x7fffffffu)
        return H2NEG_ERR_INVALID;
    h2neg__put_be(&w, increment, 4);
    return h2neg__frame_write(out, room, H2NEG_H2_WINDOW_UPDATE, 0, stream, NULL, four,
                              sizeof four);
}

H2NEG__DEF ptrdiff_t h2neg_h2_frame_write_altsvc(void *out, size_t room, uint32_t stream,
                                                 h2neg_str origin, h2neg_str value)
{
    h2neg__writer w = h2neg__write(out, room);
    int e = H2NEG_ERR_INVALID;
    if (origin.len <= 0xffff && value.len <= H2NEG__FRAME_LENGTH_MOST &&
        (stream == 0) == (origin.len > 0))
        e = h2neg__frame_begin(&w, 2 + origin.len + value.len, H2NEG_H2_ALTSVC, 0, stream);
    if (e)
        return e;
    h2neg__put_be(&w, (uint32_t)origin.len, 2);
    h2neg__put_str(&w, origin);
    h2neg__put_str(&w, value);
    return h2neg__written(&w);
}

H2NEG__DEF ptrdiff_t h2neg_h2_frame_write_origin(void *out, size_t room, const h2neg_str *origins,
                                                 size_t count)
{
    h2neg__writer w = h2neg__write(out, room);
    size_t i, length = 0;
    int e;
    for (i = 0; i < count; i++) {
        if (origins[i].len > 0xffff || length > H2NEG__FRAME_LENGTH_MOST)
            return H2NEG_ERR_INVALID;
        length += 2 + origins[i].len;
    }
    e = h2neg__frame_begin(&w, length, H2NEG_H2_ORIGIN, 0, 0);
    if (e)
        return e;
    for (i = 0; i < count; i++) {
        h2neg__put_be(&w, (uint32_t)origins[i].len, 2);
        h2neg__put_str(&w, origins[i]);
    }
    return h2neg__written(&w);
}

H2NEG__DEF ptrdiff_t h2neg_h2_frame_write_priority_update(void *out, size_t room, uint32_t stream,
                                                          h2neg_str value)
{
    unsigned char four[4];
    h2neg__writer w = h2neg__write(four, sizeof four);
    if (stream == 0 || stream > H2NEG__FRAME_STREAM_MOST)
        return H2NEG_ERR_INVALID;
    h2neg__put_be(&w, stream, 4);
    return h2neg__frame_write(out, room, H2NEG_H2_PRIORITY_UPDATE, 0, 0, &w, value.ptr, value.len);
}

/* ==== 16 >>h2-fields =======================================================
   RFC 9113 8.2, 8.3; RFC 8441 4; RFC 9218 4.  Uses >>bytes >>chars >>digest >>fields >>h1-body.
   Memory: none; fields are rearranged where they stand, cookies are joined in lent room.
   A field section is one message's, to the letter, or it is malformed.
   ========================================================================== */

enum {
    H2NEG__PSEUDO_METHOD = 1,
    H2NEG__PSEUDO_SCHEME = 2,
    H2NEG__PSEUDO_AUTHORITY = 4,
    H2NEG__PSEUDO_PATH = 8,
    H2NEG__PSEUDO_PROTOCOL = 16,
    H2NEG__PSEUDO_STATUS = 32,
    H2NEG__PSEUDO_REQUEST = 31 /* all that a request may have */
};

/* One walk over a section. Fields that stay are moved to the front: `kept` of them so far, never
   more than were read. The first cookie stays where it is; the others are joined to it. */
typedef struct h2neg__section {
    h2neg_h2_head *head;
    h2neg_field *fields;
    size_t kept;
    unsigned allowed, seen; /* pseudo-fields */
    int request;            /* 1: a request's header section */
    int regular;            /* 1: a field that is not a pseudo-field was seen */
    int hosts, lengths;     /* fields of these names */
    unsigned marks;         /* those that are to be believed */
    int host_right;         /* 1: the value of :authority is known to be one */
    h2neg_str pseudo[6];    /* in the order of the bits above */
    h2neg_str host;
    h2neg_field *cookie; /* the first one, among the kept */
    h2neg__writer text;  /* the joined cookies */
} h2neg__section;

static int h2neg__section_pseudo(h2neg__section *s, const h2neg_field *f)
{
    unsigned i = H2NEG__IS(f->name, ":method")      ? 0
                 : H2NEG__IS(f->name, ":scheme")    ? 1
                 : H2NEG__IS(f->name, ":authority") ? 2
                 : H2NEG__IS(f->name, ":path")      ? 3
                 : H2NEG__IS(f->name, ":protocol")  ? 4
                 : H2NEG__IS(f->name, ":status")    ? 5
                                                    : 6;
    unsigned bit = 1u << i;
    if (s->regular || !(s->allowed & bit) || (s->seen & bit))
        return H2NEG_ERR_H2_PSEUDO;
    if (!(f->flags & s->marks & H2NEG__MARK_VALUE) && !h2neg__is_value(f->value))
        return H2NEG_ERR_H2_FIELD_VALUE;
    if (f->flags & s->marks & H2NEG__MARK_HOST)
        s->host_right = 1;
    s->seen |= bit;
    s->pseudo[i] = f->value;
    return 0;
}

static void h2neg__section_keep(h2neg__section *s, const h2neg_field *f)
{
    h2neg_field *to = &s->fields[s->kept++];
    if (to != f)
        *to = *f;
    to->flags &= ~s->marks;
}

/* Crumbs become one cookie, "a=b; c=d" (RFC 9113 8.2.3); a single one is not copied. */
static int h2neg__section_cookie(h2neg__section *s, const h2neg_field *f)
{
    if (s->head->crumbs++ == 0) {
        s->cookie = &s->fields[s->kept];
        h2neg__section_keep(s, f);
        return 0;
    }
    if (s->head->crumbs == 2) {
        const unsigned char *start = s->text.p;
        h2neg__put_str(&s->text, s->cookie->value);
        s->cookie->value.ptr = (const char *)start;
    }
    h2neg__put(&s->text, "; ", 2);
    h2neg__put_str(&s->text, f->value);
    s->cookie->value.len = s->text.used;
    s->cookie->flags |= f->flags & ~s->marks;
    return s->text.bad ? (int)H2NEG_ERR_TOO_SMALL : 0;
}

static int h2neg__section_length(h2neg__section *s, const h2neg_field *f)
{
    if (s->lengths++ || !h2neg__decimal(f->value, &s->head->content_length))
        return H2NEG_ERR_H2_CONTENT_LENGTH;
    h2neg__section_keep(s, f);
    return 0;
}

static int h2neg__section_host(h2neg__section *s, const h2neg_field *f)
{
    s->host = f->value;
    return s->hosts++ ? (int)H2NEG_ERR_H2_HOST : 0;
}

/* Fields whose names mean something to the connection. */
static int h2neg__section_known(h2neg__section *s, const h2neg_field *f, unsigned what)
{
    int trailers = s->request && H2NEG__IS_NOCASE(f->value, "trailers"); /* all that TE may say */
    if (what == H2NEG__NAME_HOP || (what == H2NEG__NAME_TE && !trailers))
        return H2NEG_ERR_H2_FIELD_CONNECTION;
    if (what == H2NEG__NAME_TE || what == H2NEG__NAME_SETTINGS)
        return 0; /* of this hop alone, and not forbidden */
    if (s->allowed == 0)
        return H2NEG_ERR_TRAILER_FIELD;
    if (what == H2NEG__NAME_COOKIE)
        return h2neg__section_cookie(s, f);
    if (what == H2NEG__NAME_LENGTH)
        return h2neg__section_length(s, f);
    /* a response has no authority, and nothing to do with one */
    return s->request ? h2neg__section_host(s, f) : 0;
}

static int h2neg__section_field(h2neg__section *s, const h2neg_field *f)
{
    unsigned what = 0, marks = f->flags & s->marks;
    if (f->name.len > 0 && f->name.ptr[0] == ':')
        return h2neg__section_pseudo(s, f);
    s->regular = 1;
    if (!(marks & H2NEG__MARK_NAME)) {
        if (!h2neg__is_lower(f->name))
            return H2NEG_ERR_H2_FIELD_NAME;
        what = h2neg__name_is(f->name);
    }
    if (!(marks & H2NEG__MARK_VALUE) && !h2neg__is_value(f->value))
        return H2NEG_ERR_H2_FIELD_VALUE;
    if (what)
        return h2neg__section_known(s, f, what);
    if (s->allowed == 0 && h2neg__forbidden_trailer(f->name))
        return H2NEG_ERR_TRAILER_FIELD;
    h2neg__section_keep(s, f);
    return 0;
}

/* What every section has to keep to. `allowed`: the pseudo-fields, none in trailers. */
static int h2neg__section_read(h2neg__section *s, h2neg_h2_head *head, h2neg_field *fields,
                               size_t count, unsigned allowed)
{
    size_t i;
    int e = 0;
    h2neg__clear(head, sizeof *head);
    head->content_length = UINT64_MAX;
    s->head = head;
    s->fields = fields;
    s->allowed = allowed;
    s->request = (allowed & H2NEG__PSEUDO_METHOD) != 0;
    for (i = 0; i < count && e == 0; i++)
        e = h2neg__section_field(s, &fields[i]);
    head->method = s->pseudo[0];
    head->scheme = s->pseudo[1];
    head->path = s->pseudo[3];
    head->protocol = s->pseudo[4];
    head->fields = fields;
    head->count = e ? 0 : s->kept;
    return e;
}

/* "*" is for OPTIONS; what else http and https have for a path begins with "/" (RFC 9113 8.3.1). */
static int h2neg__section_path(const h2neg_h2_head *head, int web)
{
    h2neg_str path = head->path;
    if (path.len == 0 || h2neg__target_span(path) != path.len)
        return 0;
    if (H2NEG__IS(path, "*"))
        return H2NEG__IS(head->method, "OPTIONS");
    return !web || path.ptr[0] == '/';
}

/* One authority, in :authority or Host or, the same, in both. http and https must have one; a port
   must be there where a tunnel is asked for (RFC 9113 8.3.1, 8.5; RFC 9110 9.3.6). */
static int h2neg__section_authority(h2neg__section *s, int needed, int tunnel)
{
    int named = (s->seen & H2NEG__PSEUDO_AUTHORITY) != 0;
    h2neg_authority a;
    if (named && s->hosts && !h2neg__same_authority(s->pseudo[2], s->host, s->head->scheme))
        return H2NEG_ERR_H2_HOST;
    s->head->authority = named ? s->pseudo[2] : s->host;
    if (!needed && s->head->authority.len == 0)
        return 0;
    if (!tunnel && s->head->authority.len > 0)
        return s->host_right || h2neg__host_right(s->head->authority) ? 0 : H2NEG_ERR_H2_HOST;
    if (h2neg_authority_parse(&a, s->head->authority) != 0 || a.port <= 0)
        return H2NEG_ERR_H2_HOST;
    return 0;
}

/* Which pseudo-fields there must be, without :method and :authority; a tunnel has no others (RFC
   9113 8.5). With :protocol CONNECT is a request like others, but for :authority (RFC 8441 4). */
static int h2neg__section_request(h2neg__section *s)
{
    h2neg_h2_head *head = s->head;
    const unsigned target = H2NEG__PSEUDO_SCHEME | H2NEG__PSEUDO_PATH;
    int extended = (s->seen & H2NEG__PSEUDO_PROTOCOL) != 0;
    int connect = H2NEG__IS(head->method, "CONNECT"), tunnel = connect && !extended;
    int web = H2NEG__IS(head->scheme, "https") || H2NEG__IS_NOCASE(head->scheme, "https") ||
              H2NEG__IS_NOCASE(head->scheme, "http");
    if (!h2neg__is_token(head->method) || (s->seen & target) != (tunnel ? 0 : target))
        return H2NEG_ERR_H2_REQUEST;
    if ((extended && (!connect || !h2neg__is_token(head->protocol))) ||
        (connect && !(s->seen & H2NEG__PSEUDO_AUTHORITY)))
        return H2NEG_ERR_H2_REQUEST;
    if (!tunnel && (!(web || h2neg__is_scheme(head->scheme)) || !h2neg__section_path(head, web)))
        return H2NEG_ERR_H2_REQUEST;
    return h2neg__section_authority(s, web || connect, tunnel);
}

/* Three digits, the first not 0; 101 is not for HTTP/2 (RFC 9113 8.3.2, 8.6; RFC 9110 15). */
static int h2neg__section_status(h2neg__section *s)
{
    uint64_t status;
    h2neg_str text = s->pseudo[5];
    if (text.len != 3 || !h2neg__decimal(text, &status) || status < 100 || status == 101)
        return H2NEG_ERR_H2_STATUS;
    s->head->status = (int)status;
    return 0;
}

/* `allowed`: H2NEG__PSEUDO_*, which tell what it is; `marks`: those of the fields' that hold. */
static int h2neg__section_whole(h2neg_h2_head *head, h2neg_field *fields, size_t count,
                                h2neg__writer text, unsigned allowed, unsigned marks)
{
    h2neg__section s;
    int e;
    h2neg__clear(&s, sizeof s);
    s.text = text;
    s.marks = marks;
    e = h2neg__section_read(&s, head, fields, count, allowed);
    if (e == 0 && s.request)
        e = h2neg__section_request(&s);
    else if (e == 0 && allowed)
        e = h2neg__section_status(&s);
    if (e)
        head->count = 0;
    return e;
}

static unsigned h2neg__request_pseudo(int connect_protocol)
{
    return H2NEG__PSEUDO_REQUEST & ~(connect_protocol ? 0u : (unsigned)H2NEG__PSEUDO_PROTOCOL);
}

H2NEG__DEF int h2neg_h2_read_request(h2neg_h2_head *head, h2neg_field *fields, size_t count,
                                     char *text, size_t room, int connect_protocol)
{
    return h2neg__section_whole(head, fields, count, h2neg__write(text, room),
                                h2neg__request_pseudo(connect_protocol), 0);
}

H2NEG__DEF int h2neg_h2_read_response(h2neg_h2_head *head, h2neg_field *fields, size_t count,
                                      char *text, size_t room)
{
    return h2neg__section_whole(head, fields, count, h2neg__write(text, room), H2NEG__PSEUDO_STATUS,
                                0);
}

H2NEG__DEF int h2neg_h2_read_trailers(h2neg_h2_head *head, h2neg_field *fields, size_t count)
{
    return h2neg__section_whole(head, fields, count, h2neg__write(NULL, 0), 0, 0);
}

/* ---- Priority: a Dictionary of structured fields (RFC 8941 3.2, 4.2). Every reader here takes
   what it reads off `s` and answers 1, or answers 0, and then all of it is malformed. */

typedef struct h2neg__sf_value {
    char type;  /* 'i' integer, 'b' boolean, 'x' another one, of which only the form matters */
    int number; /* of an integer between -9 and 9, or 99; of a boolean 0 or 1 */
} h2neg__sf_value;

static h2neg_str h2neg__sf_run(h2neg_str *s, unsigned classes, const char *more)
{
    h2neg_str run = *s;
    size_t n = 0;
    while (n < s->len &&
           (h2neg__is_class(s->ptr[n], classes) || (s->ptr[n] && strchr(more, s->ptr[n]))))
        n++;
    run.len = n;
    if (n)
        *s = h2neg__str(s->ptr + n, s->len - n);
    return run;
}

/* key = ( lcalpha / "*" ) *( lcalpha / DIGIT / "_" / "-" / "." / "*" ) */
static int h2neg__sf_key(h2neg_str *s, h2neg_str *key)
{
    static const char lower[] = "abcdefghijklmnopqrstuvwxyz_-.*";
    *key = h2neg__sf_run(s, H2NEG__DIGIT, lower);
    return key->len > 0 && (key->ptr[0] == '*' || key->ptr[0] >= 'a');
}

/* sf-integer = ["-"] 1*15DIGIT; sf-decimal = ["-"] 1*12DIGIT "." 1*3DIGIT */
static int h2neg__sf_number(h2neg_str *s, h2neg__sf_value *v)
{
    int minus = h2neg__eat(s, '-');
    h2neg_str whole = h2neg__sf_run(s, H2NEG__DIGIT, "");
    uint64_t value = 0;
    v->type = 'i';
    if (h2neg__eat(s, '.')) {
        size_t n = h2neg__sf_run(s, H2NEG__DIGIT, "").len;
        v->type = 'x';
        return whole.len >= 1 && whole.len <= 12 && n >= 1 && n <= 3;
    }
    if (whole.len > 15 || !h2neg__decimal(whole, &value))
        return 0;
    v->number = value > 9 ? 99 : minus ? -(int)value : (int)value;
    return 1;
}

/* sf-string: printable ASCII in quotes; a backslash stands before a quote or a backslash only */
static int h2neg__sf_string(h2neg_str *s, h2neg__sf_value *v)
{
    v->type = 'x';
    h2neg__eat(s, '"');
    while (!h2neg__eat(s, '"')) {
        if (h2neg__eat(s, '\\')) {
            if (!h2neg__eat(s, '"') && !h2neg__eat(s, '\\'))
                return 0;
        } else if (s->len == 0 || s->ptr[0] < 0x20 || s->ptr[0] > 0x7e) {
            return 0;
        } else {
            h2neg__eat(s, s->ptr[0]);
        }
    }
    return 1;
}

/* sf-token = ( ALPHA / "*" ) *( tchar / ":" / "/" ) */
static int h2neg__sf_token(h2neg_str *s, h2neg__sf_value *v)
{
    v->type = 'x';
    return h2neg__sf_run(s, H2NEG__TOKEN, ":/").len > 0;
}

/* sf-binary = ":" *( base64 ) ":" */
static int h2neg__sf_binary(h2neg_str *s, h2neg__sf_value *v)
{
    v->type = 'x';
    h2neg__eat(s, ':');
    h2neg__sf_run(s, H2NEG__ALPHA | H2NEG__DIGIT, "+/=");
    return h2neg__eat(s, ':');
}

/* sf-boolean = "?" ( "0" / "1" ) */
static int h2neg__sf_boolean(h2neg_str *s, h2neg__sf_value *v)
{
    v->type = 'b';
    h2neg__eat(s, '?');
    v->number = h2neg__eat(s, '1');
    return v->number || h2neg__eat(s, '0');
}

static int h2neg__sf_bare(h2neg_str *s, h2neg__sf_value *v)
{
    char c = '\0';
    if (s->len > 0)
        c = s->ptr[0];
    if (c == '-' || h2neg__is_class(c, H2NEG__DIGIT))
        return h2neg__sf_number(s, v);
    if (c == '*' || h2neg__is_class(c, H2NEG__ALPHA))
        return h2neg__sf_token(s, v);
    if (c == '"')
        return h2neg__sf_string(s, v);
    if (c == ':')
        return h2neg__sf_binary(s, v);
    return c == '?' && h2neg__sf_boolean(s, v);
}

/* parameters = *( ";" *SP key [ "=" bare-item ] ) */
static int h2neg__sf_parameters(h2neg_str *s)
{
    h2neg_str key;
    h2neg__sf_value v;
    while (h2neg__eat(s, ';')) {
        h2neg__sf_run(s, 0, " ");
        if (!h2neg__sf_key(s, &key) || (h2neg__eat(s, '=') && !h2neg__sf_bare(s, &v)))
            return 0;
    }
    return 1;
}

/* inner-list = "(" *SP [ sf-item *( 1*SP sf-item ) *SP ] ")"; the "(" has been taken. */
static int h2neg__sf_inner_list(h2neg_str *s, h2neg__sf_value *v)
{
    h2neg__sf_value item;
    int spaces = 1;
    v->type = 'x';
    for (;;) {
        if (h2neg__sf_run(s, 0, " ").len > 0)
            spaces = 1;
        if (h2neg__eat(s, ')'))
            return 1;
        if (!spaces || !h2neg__sf_bare(s, &item) || !h2neg__sf_parameters(s))
            return 0;
        spaces = 0;
    }
}

/* dict-member = key ( parameters / "=" ( sf-item / inner-list ) ); without a value it is true */
static int h2neg__sf_member(h2neg_str *s, h2neg_str *key, h2neg__sf_value *v)
{
    v->type = 'b';
    v->number = 1;
    if (!h2neg__sf_key(s, key))
        return 0;
    if (h2neg__eat(s, '=') &&
        !(h2neg__eat(s, '(') ? h2neg__sf_inner_list(s, v) : h2neg__sf_bare(s, v)))
        return 0;
    return h2neg__sf_parameters(s);
}

/* The last member of a name counts, whatever it says: a value of another type, or out of range, is
   ignored, which leaves the default (RFC 9218 4; RFC 8941 3.2). */
static void h2neg__priority_member(h2neg_str key, const h2neg__sf_value *v, int *urgency,
                                   int *incremental)
{
    if (H2NEG__IS(key, "u"))
        *urgency = v->type == 'i' && v->number >= 0 && v->number <= 7 ? v->number : 3;
    if (H2NEG__IS(key, "i"))
        *incremental = v->type == 'b' && v->number;
}

/* One line of the field: its members stand behind those of the lines before. 0: it is malformed. */
static int h2neg__priority_line(h2neg_str s, int *urgency, int *incremental)
{
    h2neg_str key;
    h2neg__sf_value v;
    h2neg__sf_run(&s, 0, " ");
    while (s.len > 0) {
        if (!h2neg__sf_member(&s, &key, &v))
            return 0;
        h2neg__priority_member(key, &v, urgency, incremental);
        if (h2neg__trim(s).len == 0)
            break;
        h2neg__sf_run(&s, 0, " \t");
        if (!h2neg__eat(&s, ','))
            return 0;
        h2neg__sf_run(&s, 0, " \t");
        if (s.len == 0)
            return 0;
    }
    return 1;
}

/* The lines of a message's field, of which `first` is one and none stands before, count as one
   (RFC 8941 4.2). */
static void h2neg__priority_field(const h2neg_field *fields, size_t count, size_t first,
                                  int *urgency, int *incremental)
{
    size_t i;
    *urgency = 3;
    *incremental = 0;
    for (i = first; i < count; i++)
        if (H2NEG__IS_NOCASE(fields[i].name, "priority") &&
            !h2neg__priority_line(fields[i].value, urgency, incremental)) {
            *urgency = 3;
            *incremental = 0;
            return;
        }
}

H2NEG__DEF void h2neg_priority_parse(h2neg_str value, int *urgency, int *incremental)
{
    h2neg_field line = h2neg_f("priority", "");
    line.value = value;
    h2neg__priority_field(&line, 1, 0, urgency, incremental);
}

/* ==== 17 >>alpn ============================================================
   RFC 7301; RFC 8446 4.1.2, 5.1; RFC 6066 3; RFC 9113 3.4.  Uses >>chars.
   Memory: none; a ClientHello that spans records is joined in the caller's scratch.
   Nothing is consumed, nothing is kept: more octets never change what was said of fewer.
   ========================================================================== */

/* ---- protocol lists ---- */

H2NEG__DEF ptrdiff_t h2neg_alpn_write(void *out, size_t room, const char *const *names,
                                      size_t count)
{
    h2neg__writer w = h2neg__write(out, room);
    size_t i, sum = 0;
    for (i = 0; i < count; i++) {
        size_t len = strlen(names[i]);
        if (len == 0 || len > 255 || len + 1 > 65535 - sum)
            return H2NEG_ERR_ALPN_LIST;
        sum += len + 1;
    }
    if (sum == 0)
        return H2NEG_ERR_ALPN_LIST;
    for (i = 0; i < count; i++) {
        h2neg__put_be(&w, (uint32_t)strlen(names[i]), 1);
        h2neg__put_text(&w, names[i]);
    }
    return h2neg__written(&w);
}

H2NEG__DEF int h2neg_alpn_next(h2neg_str *rest, h2neg_str *name)
{
    size_t n;
    *name = h2neg__str(NULL, 0);
    if (rest->len == 0)
        return 0;
    n = (unsigned char)rest->ptr[0];
    if (n == 0 || n > rest->len - 1)
        return H2NEG_ERR_ALPN_LIST;
    *name = h2neg__str(rest->ptr + 1, n);
    rest->ptr += 1 + n;
    rest->len -= 1 + n;
    return 1;
}

H2NEG__DEF int h2neg_alpn_list_check(h2neg_str list)
{
    h2neg_str name;
    int r;
    if (list.len == 0 || list.len > 65535)
        return H2NEG_ERR_ALPN_LIST;
    do
        r = h2neg_alpn_next(&list, &name);
    while (r == 1);
    return r;
}

H2NEG__DEF int h2neg_alpn_has(h2neg_str list, h2neg_str name)
{
    h2neg_str one;
    if (h2neg_alpn_list_check(list) != 0)
        return 0;
    while (h2neg_alpn_next(&list, &one) == 1)
        if (h2neg__same(one, name))
            return 1;
    return 0;
}

H2NEG__DEF int h2neg_alpn_select(h2neg_str server, h2neg_str client, h2neg_str *chosen)
{
    h2neg_str name;
    *chosen = h2neg__str(NULL, 0);
    if (h2neg_alpn_list_check(server) != 0 || h2neg_alpn_list_check(client) != 0)
        return H2NEG_ERR_ALPN_LIST;
    while (h2neg_alpn_next(&server, &name) == 1) {
        if (h2neg_alpn_has(client, name)) {
            *chosen = name;
            return 0;
        }
    }
    return H2NEG_ERR_ALPN_NO_OVERLAP;
}

H2NEG__DEF int h2neg_alpn_check(h2neg_str offered, h2neg_str answer)
{
    if (!answer.ptr)
        return H2NEG_ALPN_ABSENT;
    if (answer.len == 0)
        return H2NEG_ERR_ALPN_LIST;
    if (h2neg_alpn_has(offered, answer))
        return H2NEG_ALPN_CHOSEN;
    return H2NEG_ERR_ALPN_NOT_OFFERED;
}

/* ---- ClientHello ----
   First the records are walked until they hold the message: that needs their headers and the
   message's own four octets, wherever those stand, and finds every fault of theirs in the order of
   the octets. Only then is the message looked into, so the answer cannot depend on how the octets
   came. */

enum {
    H2NEG__TLS_MAX = 16384,     /* of a record, and here of a message's body too */
    H2NEG__TLS_EXTENSIONS = 128 /* there are some 60 in the registry; GREASE adds a few */
};

/* A walk over records: `have` octets of the message stand in them so far, of `need`. */
typedef struct h2neg__tls_walk {
    const unsigned char *in;
    size_t len;
    size_t at;   /* of the next record */
    size_t from; /* of the payload of the record just walked */
    size_t size; /* its octets that are there */
    size_t have; /* message octets in front of that payload */
    size_t body; /* the message's length, once its four octets were there; else 0 */
} h2neg__tls_walk;

/* Octet `i` of a record's header is not what it may be. */
static int h2neg__tls_bad_header(const unsigned char *p, size_t i)
{
    if (i == 0)
        return p[0] != 22;
    if (i == 1)
        return p[1] != 3;
    if (i == 2)
        return p[2] < 1 || p[2] > 4;
    return i == 4 && ((p[3] == 0 && p[4] == 0) || p[3] > 64 || (p[3] == 64 && p[4] > 0));
}

/* Reads the next record's header. 1; 0: more is needed; < 0, and `*error_at`. */
static int h2neg__tls_record(h2neg__tls_walk *t, size_t *error_at)
{
    size_t left = t->len - t->at, length, i;
    for (i = 0; i < 5 && i < left; i++) {
        if (h2neg__tls_bad_header(t->in + t->at, i)) {
            *error_at = t->at + (i == 4 ? 3 : i);
            return H2NEG_ERR_TLS_HELLO;
        }
    }
    if (left < 5)
        return 0;
    length = (size_t)t->in[t->at + 3] << 8 | t->in[t->at + 4];
    t->have += t->size;
    t->from = t->at + 5;
    t->size = length < left - 5 ? length : left - 5;
    t->at = t->from + length; /* beyond the input where the record is not whole */
    return 1;
}

/* Octet `i` of the message's header, which stands at `p`: its type, then its length, 24 bits. */
static int h2neg__tls_head_octet(h2neg__tls_walk *t, size_t i, unsigned char c)
{
    if (i == 0)
        return c == 1 ? 0 : H2NEG_ERR_TLS_HELLO;
    t->body = t->body << 8 | c;
    return i == 3 && t->body > H2NEG__TLS_MAX ? H2NEG_ERR_TLS_HELLO_LARGE : 0;
}

/* The part of the message's header that this record holds. 0, or < 0 and `*error_at`. */
static int h2neg__tls_head(h2neg__tls_walk *t, size_t *error_at)
{
    size_t i;
    for (i = 0; i < t->size && t->have + i < 4; i++) {
        int r = h2neg__tls_head_octet(t, t->have + i, t->in[t->from + i]);
        if (r != 0) {
            *error_at = t->from + i;
            return r;
        }
    }
    return 0;
}

/* Walks on to where the message ends. > 0: the octets of its records; 0; < 0 and `*error_at`. What
   a record holds behind the message is not TLS: a ClientHello ends its record (RFC 8446 5.1). */
static ptrdiff_t h2neg__tls_whole(h2neg__tls_walk *t, size_t *error_at)
{
    for (;;) {
        size_t need;
        int r = h2neg__tls_record(t, error_at);
        if (r != 1)
            return r;
        r = h2neg__tls_head(t, error_at);
        if (r != 0)
            return r;
        need = 4 + t->body;
        if (t->have + t->size >= 4 && t->size > need - t->have) { /* that octet is there */
            *error_at = t->from + (need - t->have);
            return H2NEG_ERR_TLS_HELLO;
        }
        if (t->at > t->len)
            return 0;
        if (t->have + t->size >= 4 && t->have + t->size == need)
            return (ptrdiff_t)t->at;
    }
}

static h2neg__tls_walk h2neg__tls_start(const void *in, size_t len)
{
    h2neg__tls_walk t;
    memset(&t, 0, sizeof t);
    t.in = (const unsigned char *)in;
    t.len = len;
    return t;
}

/* Where in the input the message's octet `i` (counted from its header) stands. */
static size_t h2neg__tls_offset(const void *in, size_t len, size_t i)
{
    h2neg__tls_walk t = h2neg__tls_start(in, len);
    size_t unused;
    do
        h2neg__tls_record(&t, &unused);
    while (i - t.have >= t.size && t.at < t.len);
    return t.from + (i - t.have);
}

/* The body in one piece: a slice of the one record, or joined in the scratch. 0 or TOO_SMALL. */
static int h2neg__tls_join(const void *in, size_t len, size_t body, void *scratch, size_t room,
                           h2neg_str *out)
{
    h2neg__tls_walk t = h2neg__tls_start(in, len);
    h2neg__writer w = h2neg__write(scratch, scratch ? room : 0);
    size_t unused;
    do {
        size_t skip; /* of the message's header */
        h2neg__tls_record(&t, &unused);
        skip = t.have < 4 ? 4 - t.have : 0;
        if (t.have == 0 && t.size == 4 + body) {
            *out = h2neg__str(t.in + t.from + 4, body);
            return 0;
        }
        if (skip < t.size)
            h2neg__put(&w, t.in + t.from + skip, t.size - skip);
    } while (t.have + t.size != 4 + body);
    *out = h2neg__str(scratch, body);
    return w.bad ? H2NEG_ERR_TOO_SMALL : 0;
}

/* A vector: a length of so many octets, and that many behind it (RFC 8446 3.4). */
static h2neg_str h2neg__tls_vector(h2neg__reader *r, unsigned octets)
{
    return h2neg__take(r, h2neg__take_be(r, octets));
}

/* server_name (RFC 6066 3): entries of a type and a name; one host name, not empty, without NUL. */
static int h2neg__tls_server_name(h2neg_client_hello_info *hello, h2neg__reader *r)
{
    h2neg_str list = h2neg__tls_vector(r, 2);
    h2neg__reader names = h2neg__read(list.ptr, list.len);
    while (names.left) {
        uint32_t type = h2neg__take_be(&names, 1);
        h2neg_str name = h2neg__tls_vector(&names, 2);
        if (names.bad)
            return H2NEG_ERR_TLS_HELLO;
        if (type != 0)
            continue;
        if (hello->server_name.ptr || name.len == 0 || memchr(name.ptr, 0, name.len))
            return H2NEG_ERR_TLS_HELLO;
        hello->server_name = name;
    }
    return hello->server_name.ptr ? 0 : H2NEG_ERR_TLS_HELLO;
}

static int h2neg__tls_alpn(h2neg_client_hello_info *hello, h2neg__reader *r)
{
    hello->alpn = h2neg__tls_vector(r, 2);
    return r->bad ? H2NEG_ERR_ALPN_LIST : h2neg_alpn_list_check(hello->alpn);
}

/* supported_versions (RFC 8446 4.2.1). GREASE is 0x?A?A, so asking for 0x03 passes over it. */
static int h2neg__tls_versions(h2neg_client_hello_info *hello, h2neg__reader *r)
{
    h2neg_str s = h2neg__tls_vector(r, 1);
    h2neg__reader each = h2neg__read(s.ptr, s.len);
    uint16_t most = 0;
    if (s.len == 0 || s.len % 2 != 0)
        return H2NEG_ERR_TLS_HELLO;
    while (each.left) {
        uint16_t v = (uint16_t)h2neg__take_be(&each, 2);
        if (v >> 8 == 3 && v > most)
            most = v;
    }
    hello->has_versions = 1;
    hello->versions = s;
    if (most)
        hello->max_version = most;
    return 0;
}

/* One extension; what it holds fills it, to the octet. */
static int h2neg__tls_extension(h2neg_client_hello_info *hello, uint32_t type, h2neg_str data)
{
    h2neg__reader r = h2neg__read(data.ptr, data.len);
    int result;
    if (type == 0)
        result = h2neg__tls_server_name(hello, &r);
    else if (type == 16)
        result = h2neg__tls_alpn(hello, &r);
    else if (type == 43)
        result = h2neg__tls_versions(hello, &r);
    else
        return 0;
    if (result == 0 && r.left)
        return type == 16 ? H2NEG_ERR_ALPN_LIST : H2NEG_ERR_TLS_HELLO;
    return result;
}

/* 1 when `type` was seen before; else it is noted (RFC 8446 4.2: no extension stands twice). */
static int h2neg__tls_seen(uint16_t *seen, size_t count, uint32_t type)
{
    size_t i;
    for (i = 0; i < count; i++)
        if (seen[i] == type)
            return 1;
    seen[count] = (uint16_t)type;
    return 0;
}

/* The extensions, with nothing behind them. On an error `r` stands at the extension, or at the
   length of all. */
static int h2neg__tls_extensions(h2neg_client_hello_info *hello, h2neg__reader *r)
{
    uint16_t seen[H2NEG__TLS_EXTENSIONS];
    h2neg__reader all = *r;
    size_t count, len = h2neg__take_be(&all, 2);
    if (all.bad || len != all.left)
        return H2NEG_ERR_TLS_HELLO;
    *r = all;
    for (count = 0; r->left; count++) {
        h2neg__reader one = *r;
        uint32_t type = h2neg__take_be(&one, 2);
        h2neg_str data = h2neg__tls_vector(&one, 2);
        int result;
        if (one.bad || count == H2NEG__TLS_EXTENSIONS || h2neg__tls_seen(seen, count, type))
            return H2NEG_ERR_TLS_HELLO;
        result = h2neg__tls_extension(hello, type, data);
        if (result != 0)
            return result;
        *r = one;
    }
    return 0;
}

/* The ClientHello's body (RFC 8446 4.1.2). On an error `r` stands at what is wrong. */
static int h2neg__tls_body(h2neg_client_hello_info *hello, h2neg__reader *r)
{
    h2neg__reader next = *r;
    h2neg_str session, methods;
    hello->legacy_version = hello->max_version = (uint16_t)h2neg__take_be(&next, 2);
    if (next.bad || hello->legacy_version >> 8 != 3)
        return H2NEG_ERR_TLS_HELLO;
    h2neg__take(&next, 32); /* the random */
    if (!next.bad)
        *r = next;
    session = h2neg__tls_vector(&next, 1);
    if (next.bad || session.len > 32)
        return H2NEG_ERR_TLS_HELLO;
    *r = next;
    hello->ciphers = h2neg__tls_vector(&next, 2);
    if (next.bad || hello->ciphers.len == 0 || hello->ciphers.len % 2 != 0)
        return H2NEG_ERR_TLS_HELLO;
    *r = next;
    methods = h2neg__tls_vector(&next, 1);
    if (next.bad || methods.len == 0)
        return H2NEG_ERR_TLS_HELLO;
    *r = next;
    return r->left ? h2neg__tls_extensions(hello, r) : 0;
}

H2NEG__DEF ptrdiff_t h2neg_client_hello(h2neg_client_hello_info *hello, const void *in, size_t len,
                                        void *scratch, size_t room)
{
    h2neg__tls_walk t = h2neg__tls_start(in, len);
    h2neg__reader r;
    h2neg_str body;
    ptrdiff_t whole;
    int result;
    memset(hello, 0, sizeof *hello);
    whole = h2neg__tls_whole(&t, &hello->error_at);
    if (whole <= 0)
        return whole;
    result = h2neg__tls_join(in, len, t.body, scratch, room, &body);
    if (result != 0)
        return result;
    r = h2neg__read(body.ptr, body.len);
    result = h2neg__tls_body(hello, &r);
    if (result != 0) {
        memset(hello, 0, sizeof *hello);
        hello->error_at = h2neg__tls_offset(in, (size_t)whole, 4 + (body.len - r.left));
        return result;
    }
    return whole;
}

/* ---- the first octets ---- */

/* 1: these octets stand first; 0: they may yet; -1: they do not. */
static int h2neg__starts(h2neg_str s, h2neg_str with)
{
    size_t n = s.len < with.len ? s.len : with.len;
    if (n && memcmp(s.ptr, with.ptr, n) != 0)
        return -1;
    return n == with.len;
}

/* A record of type handshake, 3.0 to 3.4: nothing in HTTP begins with a control octet but CR. */
static int h2neg__detect_tls(h2neg_str s)
{
    if (s.len > 1 && s.ptr[1] != 3)
        return H2NEG_DETECT_OTHER;
    if (s.len > 2 && (unsigned char)s.ptr[2] > 4)
        return H2NEG_DETECT_OTHER;
    return s.len > 2 ? H2NEG_DETECT_TLS : H2NEG_DETECT_MORE;
}

/* Up to two empty lines (RFC 9112 2.2), then a method and a space. Nothing, and CR LF CR LF or a
   part of it alone, may also begin a PROXY signature, and the caller has asked for more: behind an
   empty line there is an octet. */
static int h2neg__detect_method(h2neg_str s)
{
    size_t i = 0, n, lines;
    for (lines = 0; lines < 2 && s.ptr[i] == '\r'; lines++) {
        if (s.ptr[i + 1] != '\n')
            return H2NEG_DETECT_OTHER;
        i += 2;
    }
    for (n = 0; i < s.len; i++, n++) {
        if (s.ptr[i] == ' ' && n > 0)
            return H2NEG_DETECT_HTTP1;
        if (n == 32 || !h2neg__is_class(s.ptr[i], H2NEG__TOKEN))
            return H2NEG_DETECT_OTHER;
    }
    return H2NEG_DETECT_MORE;
}

static const char h2neg__proxy2[] = "\r\n\r\n\0\r\nQUIT\n"; /* version 2's signature */

/* What begins with fixed octets, and the octets; each but the last is looked for in turn. */
H2NEG__DEF int h2neg_detect(const void *in, size_t len)
{
    h2neg_str s = h2neg__str(in, len);
    h2neg_str start[4];
    size_t i;
    static const int what[4] = {H2NEG_DETECT_HTTP2, H2NEG_DETECT_PROXY2, H2NEG_DETECT_PROXY1,
                                H2NEG_DETECT_HTTP1};
    start[0] = h2neg__str(H2NEG_PREFACE, H2NEG_PREFACE_LEN);
    start[1] = h2neg__str(h2neg__proxy2, 12);
    start[2] = H2NEG__LIT("PROXY ");
    start[3] = H2NEG__LIT("HTTP/1."); /* an answer: a client may ask too */
    if (len && s.ptr[0] == 22)
        return h2neg__detect_tls(s);
    for (i = 0; i < 4; i++) {
        int r = h2neg__starts(s, start[i]);
        if (r >= 0)
            return r ? what[i] : H2NEG_DETECT_MORE;
    }
    /* The preface's head without its "SM": neither HTTP/2 nor a request of HTTP/1. */
    if (h2neg__starts(s, h2neg__str(H2NEG_PREFACE, 18)) == 1)
        return H2NEG_DETECT_OTHER;
    return h2neg__detect_method(s);
}

H2NEG__DEF h2neg_str h2neg_alpn_for_websocket(int over_h2)
{
    return over_h2 ? H2NEG__LIT("\2h2\10http/1.1") : H2NEG__LIT("\10http/1.1");
}

/* ==== 17b >>proxy ==========================================================
   The PROXY protocol, versions 1 and 2: who is behind a proxy that one trusts.  Uses >>chars
   >>alpn. Memory: none; the caller's struct. A header is read whole or not at all.
   ========================================================================== */

/* ---- PROXY, version 1: a line of text ---- */

enum { H2NEG__PROXY_LINE = 107 };

/* The octets up to the next space or the end, and the space, off a line. */
static h2neg_str h2neg__proxy_word(h2neg_str *line)
{
    size_t n = 0;
    h2neg_str word;
    while (n < line->len && line->ptr[n] != ' ')
        n++;
    word = h2neg__str(line->ptr, n);
    n += n < line->len;
    *line = h2neg__str(line->ptr + n, line->len - n);
    return word;
}

/* 1*DIGIT up to `most` without a leading zero: 1 and `*value`, or 0. */
static int h2neg__proxy_number(h2neg_str s, uint64_t most, uint64_t *value)
{
    return h2neg__decimal(s, value) && *value <= most && (s.len == 1 || s.ptr[0] != '0');
}

/* Four numbers with dots between them. */
static int h2neg__proxy_ipv4(unsigned char out[4], h2neg_str s)
{
    uint64_t value;
    size_t i, n;
    for (i = 0; i < 4; i++) {
        for (n = 0; n < s.len && s.ptr[n] != '.'; n++)
            continue;
        if (!h2neg__proxy_number(h2neg__str(s.ptr, n), 255, &value))
            return 0;
        out[i] = (unsigned char)value;
        if ((n < s.len) != (i < 3))
            return 0;
        if (i < 3)
            s = h2neg__str(s.ptr + n + 1, s.len - n - 1);
    }
    return 1;
}

/* Groups of 1 to 4 hex digits with colons between them, up to `most` octets; the last may be an
   IPv4 address. The octets written, or -1. */
static int h2neg__proxy_groups(unsigned char *out, int most, h2neg_str s)
{
    int at = 0;
    for (;;) {
        unsigned value = 0;
        size_t n, i;
        for (n = 0; n < s.len && h2neg__is_class(s.ptr[n], H2NEG__HEX); n++)
            continue;
        if (n < s.len && s.ptr[n] == '.')
            return at + 4 <= most && h2neg__proxy_ipv4(out + at, s) ? at + 4 : -1;
        if (n == 0 || n > 4 || at + 2 > most)
            return -1;
        for (i = 0; i < n; i++)
            value = value << 4 | h2neg__hex(s.ptr[i]);
        out[at++] = (unsigned char)(value >> 8);
        out[at++] = (unsigned char)(value & 255);
        if (n == s.len)
            return at;
        if (s.ptr[n] != ':')
            return -1;
        s = h2neg__str(s.ptr + n + 1, s.len - n - 1);
    }
}

/* RFC 4291 2.2: eight groups, or "::" once for one or more of them that are zero. */
static int h2neg__proxy_ipv6(unsigned char out[16], h2neg_str s)
{
    unsigned char tail[16];
    int head = 0, rest = 0;
    size_t gap;
    for (gap = 0; gap + 1 < s.len && (s.ptr[gap] != ':' || s.ptr[gap + 1] != ':'); gap++)
        continue;
    memset(out, 0, 16);
    if (gap + 1 >= s.len)
        return h2neg__proxy_groups(out, 16, s) == 16;
    if (gap > 0 && memchr(s.ptr, '.', gap))
        return 0; /* an IPv4 part stands last */
    if (gap > 0)
        head = h2neg__proxy_groups(out, 14, h2neg__str(s.ptr, gap));
    if (gap + 2 < s.len)
        rest = h2neg__proxy_groups(tail, 14, h2neg__str(s.ptr + gap + 2, s.len - gap - 2));
    if (head < 0 || rest < 0 || head + rest > 14)
        return 0;
    h2neg__copy(out + 16 - rest, tail, (size_t)rest);
    return 1;
}

static int h2neg__proxy_port(uint16_t *out, h2neg_str s)
{
    uint64_t value;
    if (!h2neg__proxy_number(s, 65535, &value))
        return 0;
    *out = (uint16_t)value;
    return 1;
}

/* What follows "PROXY ": TCP4|TCP6 SP source SP destination SP port SP port, or UNKNOWN and
   anything. 1, or 0 with `*line` behind the word that is wrong. */
static int h2neg__proxy_line(h2neg_proxy *proxy, h2neg_str *line, h2neg_str *word)
{
    int i;
    *word = h2neg__proxy_word(line);
    proxy->local = H2NEG__IS(*word, "UNKNOWN");
    if (proxy->local)
        return 1;
    if (!H2NEG__IS(*word, "TCP4") && !H2NEG__IS(*word, "TCP6"))
        return 0;
    proxy->family = word->ptr[3] - '0';
    for (i = 0; i < 2; i++) {
        unsigned char *out = i == 0 ? proxy->source : proxy->destination;
        *word = h2neg__proxy_word(line);
        if (!(proxy->family == 4 ? h2neg__proxy_ipv4(out, *word) : h2neg__proxy_ipv6(out, *word)))
            return 0;
    }
    *word = h2neg__proxy_word(line);
    if (!h2neg__proxy_port(&proxy->source_port, *word))
        return 0;
    *word = *line; /* all that is left: a space in it is no digit */
    return h2neg__proxy_port(&proxy->destination_port, *word);
}

/* The line is judged when it is whole, so where it is wrong does not depend on how it came. */
static ptrdiff_t h2neg__proxy_read1(h2neg_proxy *proxy, h2neg_str in)
{
    h2neg_str line, word;
    size_t end;
    for (end = 0; end + 1 < in.len && end + 2 <= H2NEG__PROXY_LINE; end++)
        if (in.ptr[end] == '\r' && in.ptr[end + 1] == '\n')
            break;
    if (end + 2 > H2NEG__PROXY_LINE) {
        proxy->error_at = H2NEG__PROXY_LINE - 1;
        return H2NEG_ERR_PROXY;
    }
    if (end + 1 >= in.len)
        return 0;
    proxy->version = 1;
    line = h2neg__str(in.ptr + 6, end - 6);
    if (!h2neg__proxy_line(proxy, &line, &word)) {
        proxy->error_at = (size_t)(word.ptr - in.ptr);
        return H2NEG_ERR_PROXY;
    }
    return (ptrdiff_t)(end + 2);
}

/* ---- PROXY, version 2: binary ---- */

static ptrdiff_t h2neg__proxy_bad(h2neg_proxy *proxy, size_t at)
{
    proxy->error_at = at;
    return H2NEG_ERR_PROXY;
}

/* TLVs: an 8-bit type, a 16-bit length, that many octets. They fill what is left; ALPN stands once.
   1, or 0 with `r` at the one that is wrong. */
static int h2neg__proxy_tlvs(h2neg_proxy *proxy, h2neg__reader *r)
{
    proxy->tlvs = h2neg__str(r->p, r->left);
    while (r->left) {
        h2neg__reader one = *r;
        uint32_t type = h2neg__take_be(&one, 1);
        h2neg_str value = h2neg__take(&one, h2neg__take_be(&one, 2));
        if (one.bad || (type == 1 && proxy->alpn.ptr))
            return 0;
        if (type == 1)
            proxy->alpn = value;
        *r = one;
    }
    return 1;
}

/* 0x00, or one of three families with stream or datagram. */
static int h2neg__proxy_family_ok(unsigned family)
{
    return family == 0 ||
           (family >> 4 >= 1 && family >> 4 <= 3 && (family & 15) >= 1 && (family & 15) <= 2);
}

/* AF_INET, AF_INET6, AF_UNIX: two addresses, and two ports but for the last; or nothing. */
static void h2neg__proxy_addresses(h2neg_proxy *proxy, h2neg__reader *r, unsigned family)
{
    static const unsigned char names[4] = {0, 4, 6, 1}, sizes[4] = {0, 4, 16, 108};
    size_t size = sizes[family >> 4];
    h2neg_str s = h2neg__take(r, size), d = h2neg__take(r, size);
    h2neg__copy(proxy->source, s.ptr, s.len);
    h2neg__copy(proxy->destination, d.ptr, d.len);
    proxy->family = names[family >> 4];
    proxy->datagram = (family & 15) == 2;
    if (proxy->family == 4 || proxy->family == 6) {
        proxy->source_port = (uint16_t)h2neg__take_be(r, 2);
        proxy->destination_port = (uint16_t)h2neg__take_be(r, 2);
    }
}

/* LOCAL's octets say nothing, its family too, and are passed over. */
static ptrdiff_t h2neg__proxy_read2(h2neg_proxy *proxy, const unsigned char *p, size_t len)
{
    static const unsigned char blocks[4] = {0, 12, 36, 216}; /* both addresses and ports */
    size_t length;
    h2neg__reader r;
    if (len > 12 && p[12] != 0x20 && p[12] != 0x21)
        return h2neg__proxy_bad(proxy, 12);
    if (len > 13 && p[12] == 0x21 && !h2neg__proxy_family_ok(p[13]))
        return h2neg__proxy_bad(proxy, 13);
    if (len < 16)
        return 0;
    length = (size_t)p[14] << 8 | p[15];
    if (p[12] == 0x21 && length < blocks[p[13] >> 4])
        return h2neg__proxy_bad(proxy, 14);
    if (length > len - 16)
        return 0;
    proxy->version = 2;
    proxy->local = p[12] == 0x20;
    if (proxy->local)
        return (ptrdiff_t)(16 + length);
    r = h2neg__read(p + 16, length);
    h2neg__proxy_addresses(proxy, &r, p[13]);
    if (!h2neg__proxy_tlvs(proxy, &r))
        return h2neg__proxy_bad(proxy, 16 + length - r.left);
    return (ptrdiff_t)(16 + length);
}

H2NEG__DEF ptrdiff_t h2neg_proxy_read(h2neg_proxy *proxy, const void *in, size_t len)
{
    h2neg_str s = h2neg__str(in, len), start;
    int r;
    memset(proxy, 0, sizeof *proxy);
    start = len && s.ptr[0] == '\r' ? h2neg__str(h2neg__proxy2, 12) : H2NEG__LIT("PROXY ");
    r = h2neg__starts(s, start);
    if (r == 0)
        return 0;
    if (r == 1)
        return start.len == 12 ? h2neg__proxy_read2(proxy, (const unsigned char *)in, len)
                               : h2neg__proxy_read1(proxy, s);
    while (s.ptr[proxy->error_at] == start.ptr[proxy->error_at])
        proxy->error_at++;
    return H2NEG_ERR_PROXY;
}

#ifndef H2NEG_NO_TRACE
/* ==== 17c >>trace-words =====================================================
   What is common to all lines of a trace.  Uses >>bytes >>chars >>error >>hpack >>h2-frame
   >>ws-frame. Memory: the caller's block, h2neg_trace_memory() octets; nothing is allocated. A line
   is told when what it tells is whole, so the lines do not depend on how octets were cut.
   ========================================================================== */

enum {
    H2NEG__TRACE_ROOM = 49152,  /* octets of a side that are kept: more than any head */
    H2NEG__TRACE_TABLE = 16384, /* the largest dynamic table that is followed */
    H2NEG__TRACE_PIECE = 8192,  /* octets of one HPACK instruction that are shown */
    H2NEG__TRACE_TEXT = 1024,
    H2NEG__TRACE_FIELDS = 256,
    H2NEG__TRACE_STREAMS = 64, /* that are followed at once */
    H2NEG__TRACE_SOCKETS = 8,  /* WebSockets at once; the first is that over HTTP/1.1 */
    H2NEG__TRACE_ASKED = 32,   /* requests that wait for their answer */
    H2NEG__TRACE_RECORDS = 64, /* of TLS that a ClientHello spans */
    H2NEG__TRACE_SENT = 8,     /* SETTINGS that wait for their acknowledgement */
    H2NEG__TRACE_SLICE = 32,   /* octets of a payload in one line */
    H2NEG__TRACE_SHOWN = 256   /* octets of a payload in lines */
};

/* What a step says: octets are missing; it did something; the other side has to speak first. */
enum { H2NEG__TRACE_MORE = 0, H2NEG__TRACE_GO = 1, H2NEG__TRACE_WAIT = 2 };

/* One direction of a WebSocket. `hold` has what is not whole: a header, a slice, a control frame's
   payload. */
typedef struct h2neg__trace_socket {
    h2neg_ws_frame f;
    h2neg_utf8 utf8;
    unsigned char hold[128];
    size_t held;
    uint64_t offset; /* of hold[0] */
    uint64_t at;     /* octets of the payload that were told */
    int in_payload, stopped;
    int rsv;        /* bits that have a meaning */
    int message;    /* the opcode of the message that is open, or 0 */
    int compressed; /* this message is */
} h2neg__trace_socket;

/* A field block, cut into instructions. `piece` has the one that is being read. */
typedef struct h2neg__trace_block {
    h2neg_hpack_decoder d;
    h2neg_hpack_list list; /* of one field */
    h2neg_field field;
    char text[H2NEG__TRACE_TABLE];
    unsigned char memory[2 * H2NEG__TRACE_TABLE];
    unsigned char piece[H2NEG__TRACE_PIECE];
    size_t len;
    uint64_t size, offset; /* octets of the instruction; the offset of its first */
    size_t value_at;       /* where the value's octets stand in it */
    int phase, kind, strings;
    unsigned huffman; /* bits: name, value */
    unsigned shift;
    uint64_t number, index, left;
    int lost; /* 1: a table that is too large to be followed */
} h2neg__trace_block;

/* The settings that change what is read: HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE. */
typedef struct h2neg__trace_set {
    uint32_t table, window, frame; /* UINT32_MAX: not given */
} h2neg__trace_set;

/* What one side sent. in[start] to in[end] is not told yet, `offset` that of in[start]. */
typedef struct h2neg__trace_side {
    int from, state, after;   /* `after`: the state behind a run of data */
    int ended, closed;        /* said by the caller; the last lines were told */
    int waits, forced, stale; /* the last two: goes on alone; nothing new since it asked for more */
    int records;
    size_t start, end, seen;
    uint64_t offset;
    uint64_t left, shown; /* a run of data: octets to come (UINT64_MAX: to the end), told */
    const char *rest;     /* what octets are that are only counted */
    h2neg_h1_head head;
    h2neg_chunked chunked;
    h2neg_h2_frame f;
    uint32_t stream, block_stream; /* of the frame; of the field block that goes on, or 0 */
    int block_flags;
    int websocket, extension, status; /* seen in this field block */
    h2neg__trace_set sent[H2NEG__TRACE_SENT];
    unsigned sent_count;
    uint32_t max_frame, table; /* the most that the other side allows */
    int64_t window, initial;   /* for the DATA of this side: the connection's, a new stream's */
    uint32_t highest;          /* the last stream that it opened */
    h2neg__trace_block block;
    unsigned char in[H2NEG__TRACE_ROOM];
} h2neg__trace_side;

/* A stream: bits of its state, its windows by who sends, its WebSocket (0: none). */
enum { H2NEG__TRACE_OPEN = 4, H2NEG__TRACE_RESERVED = 8 };
typedef struct h2neg__trace_stream {
    uint32_t id;
    int state; /* bits 1 << from: this side has ended; the two above */
    int socket;
    int64_t window[2];
} h2neg__trace_stream;

struct h2neg_trace {
    h2neg_trace_options options;
    h2neg_trace_line line; /* the one that is being made */
    h2neg__writer w;
    int protocol; /* H2NEG_DETECT_* of the client's first octets; MORE: not known */
    int proxied;
    /* Requests without an answer: the first letters of their methods. An offer of Upgrade, or a
       CONNECT, is the last of them, for nothing behind it is read. */
    unsigned asked;
    char methods[H2NEG__TRACE_ASKED];
    int pending, offers_socket, offers_h2c;
    int guessed;  /* 1: the client went on before the answer was seen */
    int switched; /* the client's state behind its request, where the answer was a switch */
    char accept[29];
    h2neg__trace_set upgrade;
    int used[H2NEG__TRACE_SOCKETS];
    h2neg__trace_socket sockets[H2NEG__TRACE_SOCKETS][2];
    h2neg__trace_stream streams[H2NEG__TRACE_STREAMS];
    h2neg_field fields[H2NEG__TRACE_FIELDS];
    char text[H2NEG__TRACE_TEXT];
    h2neg__trace_side sides[2]; /* by H2NEG_SERVER, H2NEG_CLIENT */
};

/* A trace is for reading: it is kept small rather than fast, where the compiler knows how. */
#if defined(__GNUC__)
#define H2NEG__COLD __attribute__((cold))
#else
#define H2NEG__COLD
#endif

H2NEG__COLD static h2neg__trace_side *h2neg__trace_other(h2neg_trace *t, const h2neg__trace_side *s)
{
    return &t->sides[!s->from];
}

H2NEG__COLD static const char *h2neg__trace_who(int from)
{
    return from == H2NEG_CLIENT ? "client" : "server";
}

H2NEG__COLD static const unsigned char *h2neg__trace_in(const h2neg__trace_side *s)
{
    return s->in + s->start;
}

H2NEG__COLD static size_t h2neg__trace_left(const h2neg__trace_side *s)
{
    return s->end - s->start;
}

H2NEG__COLD static void h2neg__trace_take(h2neg__trace_side *s, size_t n)
{
    s->start += n;
    s->offset += n;
    s->seen = 0;
}

/* ---- a line's text ---- */

/* As in C, but for quotes: this is no string, it is only shown like one. */
H2NEG__COLD static void h2neg__trace_octet(h2neg__writer *w, unsigned char c)
{
    static const char digits[] = "0123456789abcdef", named[] = "\\\n\r\t", names[] = "\\nrt";
    const char *found = c ? strchr(named, c) : NULL;
    char out[4] = {'\\', 'x', '0', '0'};
    if (found) {
        out[1] = names[found - named];
        h2neg__put(w, out, 2);
    } else if (c >= 32 && c < 127) {
        h2neg__put(w, &c, 1);
    } else {
        out[2] = digits[c >> 4];
        out[3] = digits[c & 15];
        h2neg__put(w, out, 4);
    }
}

H2NEG__COLD static void h2neg__trace_hex(h2neg__writer *w, h2neg_str s, const char *between)
{
    static const char digits[] = "0123456789abcdef";
    size_t i;
    for (i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (i)
            h2neg__put_text(w, between);
        h2neg__put(w, &digits[c >> 4], 1);
        h2neg__put(w, &digits[c & 15], 1);
    }
}

/* At most 160 octets of a text; how many there are where it has more. */
H2NEG__COLD static void h2neg__trace_shown(h2neg__writer *w, h2neg_str s, const char *quote)
{
    size_t i, n = s.len <= 160 ? s.len : 160;
    h2neg__put_text(w, quote);
    for (i = 0; i < n; i++)
        h2neg__trace_octet(w, (unsigned char)s.ptr[i]);
    h2neg__put_text(w, quote);
    if (n == s.len)
        return;
    h2neg__put_text(w, "... (");
    h2neg__put_decimal(w, s.len);
    h2neg__put_text(w, " octets)");
}

/* How: x, hex without leading zeros; i, signed; o, octets; n. */
H2NEG__COLD static void h2neg__trace_number(h2neg__writer *w, char how, uint64_t n)
{
    unsigned char b[8];
    unsigned i;
    if (how == 'i' && n >> 63) {
        h2neg__put_text(w, "-");
        n = 0 - n;
    }
    if (how == 'x') {
        for (i = 0; i < 8; i++)
            b[i] = (unsigned char)(n >> 8 * (7 - i));
        for (i = 0; i < 7 && b[i] == 0; i++)
            continue;
        h2neg__put_text(w, "0x");
        h2neg__trace_hex(w, h2neg__str(b + i, 8 - i), "");
        return;
    }
    h2neg__put_decimal(w, n);
    if (how == 'o')
        h2neg__put_text(w, n == 1 ? " octet" : " octets");
}

/* Adds to the line's text: %s is `s`, %q that in quotes, %h in hex; %n, %x (hex), %i (signed) and
   %o
   ("1 octet") are `n`. */
H2NEG__COLD static void h2neg__trace_put(h2neg_trace *t, const char *format, h2neg_str s,
                                         uint64_t n)
{
    for (; *format; format++) {
        if (*format != '%') {
            h2neg__put(&t->w, format, 1);
            continue;
        }
        switch (*++format) {
        case 's': h2neg__trace_shown(&t->w, s, ""); break;
        case 'q': h2neg__trace_shown(&t->w, s, "\""); break;
        case 'h': h2neg__trace_hex(&t->w, s, ""); break;
        default: h2neg__trace_number(&t->w, *format, n);
        }
    }
}

H2NEG__COLD static void h2neg__trace_put_s(h2neg_trace *t, const char *format, h2neg_str s)
{
    h2neg__trace_put(t, format, s, 0);
}

H2NEG__COLD static void h2neg__trace_put_n(h2neg_trace *t, const char *format, uint64_t n)
{
    h2neg__trace_put(t, format, h2neg__str("", 0), n);
}

H2NEG__COLD static void h2neg__trace_add(h2neg_trace *t, const char *text)
{
    h2neg__put_text(&t->w, text);
}

/* ---- lines ---- */

/* The next line is about these octets of this side. */
H2NEG__COLD static void h2neg__trace_point(h2neg_trace *t, const h2neg__trace_side *s,
                                           const void *octets, size_t len, uint64_t offset)
{
    t->line.from = s->from;
    t->line.stream = s->stream;
    t->line.octets = (const unsigned char *)octets;
    t->line.len = len;
    t->line.offset = offset;
}

/* The same, of the next octets that are not told; and they are. */
H2NEG__COLD static void h2neg__trace_next(h2neg_trace *t, h2neg__trace_side *s, size_t len)
{
    h2neg__trace_point(t, s, h2neg__trace_in(s), len, s->offset);
    h2neg__trace_take(s, len);
}

H2NEG__COLD static void h2neg__trace_emit(h2neg_trace *t, int depth, const char *section, int code)
{
    if (t->w.bad)
        memcpy(t->text + t->w.used, "...", 3);
    t->line.depth = depth;
    t->line.section = section;
    t->line.code = code;
    t->line.text = h2neg__str(t->text, t->w.used + (t->w.bad ? 3 : 0));
    if (t->options.line_fn)
        t->options.line_fn(t->options.user, &t->line);
    t->line.octets = NULL;
    t->line.len = 0;
    t->w = h2neg__write(t->text, sizeof t->text - 3);
}

H2NEG__COLD static void h2neg__trace_tell(h2neg_trace *t, int depth, const char *section,
                                          const char *format, h2neg_str s, uint64_t n)
{
    h2neg__trace_put(t, format, s, n);
    h2neg__trace_emit(t, depth, section, 0);
}

H2NEG__COLD static void h2neg__trace_tell_s(h2neg_trace *t, int depth, const char *section,
                                            const char *format, h2neg_str s)
{
    h2neg__trace_tell(t, depth, section, format, s, 0);
}

H2NEG__COLD static void h2neg__trace_tell_n(h2neg_trace *t, int depth, const char *section,
                                            const char *format, uint64_t n)
{
    h2neg__trace_tell(t, depth, section, format, h2neg__str("", 0), n);
}

H2NEG__COLD static void h2neg__trace_say(h2neg_trace *t, int depth, const char *section,
                                         const char *text)
{
    h2neg__trace_add(t, text);
    h2neg__trace_emit(t, depth, section, 0);
}

/* What is wrong, by the list of errors. */
H2NEG__COLD static void h2neg__trace_wrong(h2neg_trace *t, int depth, int code)
{
    h2neg__trace_add(t, h2neg_error_name(code));
    h2neg__trace_add(t, ": ");
    h2neg__trace_add(t, h2neg_error_text(code));
    h2neg__trace_emit(t, depth, h2neg_error_section(code), code);
}

/* 1 when a field's value is not shown. */
H2NEG__COLD static int h2neg__trace_secret(const h2neg_trace *t, const h2neg_field *f)
{
    static const char *const names[] = {"authorization", "proxy-authorization", "cookie",
                                        "set-cookie", "sec-websocket-key"};
    size_t i;
    if (t->options.flags & H2NEG_TRACE_SECRETS)
        return 0;
    for (i = 0; i < H2NEG__COUNT(names); i++)
        if (h2neg_is_nocase(f->name, names[i]))
            return 1;
    return (f->flags & H2NEG_NEVER_INDEX) != 0;
}

H2NEG__COLD static void h2neg__trace_field(h2neg_trace *t, const h2neg_field *f)
{
    int secret = h2neg__trace_secret(t, f);
    h2neg__trace_put_s(t, "%s: ", f->name);
    h2neg__trace_put(t, secret ? "<%o masked>" : "%s", f->value, f->value.len);
}

/* Octets of a body or a payload: in quotes where they are text, and else counted. */
H2NEG__COLD static void h2neg__trace_data(h2neg_trace *t, const void *octets, size_t len, int text,
                                          const char *section)
{
    const unsigned char *p = (const unsigned char *)octets;
    size_t i;
    for (i = 0; i < len && !text; i++)
        if (p[i] >= 127 || (p[i] < 32 && p[i] != '\r' && p[i] != '\n' && p[i] != '\t'))
            break;
    h2neg__trace_tell(t, 1, section, i == len || text ? "%q" : "%o", h2neg__str(p, len), len);
}

/* ---- names ---- */

/* names[id], or "" where that is not known. */
H2NEG__COLD static const char *h2neg__trace_name(const char *const *names, size_t count,
                                                 uint64_t id)
{
    return id < count ? names[id] : "";
}

H2NEG__COLD static void h2neg__trace_error_name(h2neg_trace *t, uint32_t code)
{
    h2neg__trace_put(t, code > H2NEG_HTTP_1_1_REQUIRED ? "unknown error %x" : "%s",
                     h2neg_s(h2neg_h2_error_name(code)), code);
}

/* One entry of SETTINGS or HTTP2-Settings. */
H2NEG__COLD static void h2neg__trace_setting(h2neg_trace *t, h2neg_h2_setting entry, int depth,
                                             int from_server)
{
    static const char *const names[] = {"",
                                        "HEADER_TABLE_SIZE",
                                        "ENABLE_PUSH",
                                        "MAX_CONCURRENT_STREAMS",
                                        "INITIAL_WINDOW_SIZE",
                                        "MAX_FRAME_SIZE",
                                        "MAX_HEADER_LIST_SIZE",
                                        "",
                                        "ENABLE_CONNECT_PROTOCOL",
                                        "NO_RFC7540_PRIORITIES"};
    static const char *const sections[] = {"RFC 9113 6.5.2", "RFC 8441 3", "RFC 9218 2.1"};
    const char *name = h2neg__trace_name(names, H2NEG__COUNT(names), entry.id);
    int e = h2neg_h2_setting_check(entry, from_server);
    h2neg__trace_put_s(t, *name ? "%s" : "unknown setting ", h2neg_s(name));
    if (!*name)
        h2neg__trace_put_n(t, "%x", entry.id);
    h2neg__trace_put_n(t, " = %n", entry.value);
    h2neg__trace_emit(t, depth, sections[entry.id == 8 ? 1 : entry.id == 9 ? 2 : 0], 0);
    if (e)
        h2neg__trace_wrong(t, 2, e);
}

H2NEG__COLD static h2neg__trace_set h2neg__trace_no_set(void)
{
    h2neg__trace_set set;
    set.table = set.window = set.frame = UINT32_MAX;
    return set;
}

/* Tells the entries of a payload; what they say of what is read here. */
H2NEG__COLD static h2neg__trace_set h2neg__trace_settings(h2neg_trace *t,
                                                          const h2neg__trace_side *s,
                                                          const unsigned char *entries,
                                                          size_t count, int depth)
{
    h2neg__trace_set set = h2neg__trace_no_set();
    uint64_t offset = t->line.offset;
    size_t i;
    for (i = 0; i < count; i++) {
        h2neg_h2_setting entry = h2neg_h2_setting_at(entries, i);
        if (depth == 1)
            h2neg__trace_point(t, s, entries + 6 * i, 6, offset + 6 * i);
        h2neg__trace_setting(t, entry, depth, s->from == H2NEG_SERVER);
        if (entry.id == H2NEG_SETTING_HEADER_TABLE_SIZE)
            set.table = entry.value;
        if (entry.id == H2NEG_SETTING_INITIAL_WINDOW_SIZE && entry.value >> 31 == 0)
            set.window = entry.value;
        if (entry.id == H2NEG_SETTING_MAX_FRAME_SIZE)
            set.frame = entry.value;
    }
    return set;
}

/* ---- runs of data, and what is only counted ---- */

enum {
    H2NEG__TRACE_START,
    H2NEG__TRACE_HELLO,
    H2NEG__TRACE_RECORD,
    H2NEG__TRACE_COUNT,
    H2NEG__TRACE_RUN,
    H2NEG__TRACE_HEAD,
    H2NEG__TRACE_CHUNK,
    H2NEG__TRACE_CHUNK_END,
    H2NEG__TRACE_TRAILERS,
    H2NEG__TRACE_SOCKET,
    H2NEG__TRACE_PREFACE,
    H2NEG__TRACE_FRAME,
    H2NEG__TRACE_PREFIX,
    H2NEG__TRACE_PAYLOAD,
    H2NEG__TRACE_BODY,
    H2NEG__TRACE_PADDING,
    H2NEG__TRACE_DONE
};

/* From here on this side is only counted. */
H2NEG__COLD static int h2neg__trace_count(h2neg__trace_side *s, const char *rest)
{
    s->state = H2NEG__TRACE_COUNT;
    s->rest = rest;
    s->shown = 0;
    return H2NEG__TRACE_GO;
}

/* The octet that stands there is wrong. */
H2NEG__COLD static int h2neg__trace_stop(h2neg_trace *t, h2neg__trace_side *s, int code,
                                         uint64_t offset)
{
    h2neg__trace_point(t, s, NULL, 0, offset);
    h2neg__trace_add(t, "stopped here: ");
    h2neg__trace_wrong(t, 0, code);
    return h2neg__trace_count(s, "behind the error");
}

H2NEG__COLD static int h2neg__trace_run(h2neg__trace_side *s, uint64_t len, int after)
{
    s->state = H2NEG__TRACE_RUN;
    s->left = len;
    s->shown = 0;
    s->after = after;
    return H2NEG__TRACE_GO;
}

H2NEG__COLD static const char *h2neg__trace_section(const h2neg__trace_side *s)
{
    return s->after == H2NEG__TRACE_COUNT       ? "RFC 9110 7.8" /* another protocol */
           : s->after == H2NEG__TRACE_HEAD      ? "RFC 9112 6"
           : s->after == H2NEG__TRACE_CHUNK_END ? "RFC 9112 7.1"
           : s->f.type == H2NEG_H2_DATA         ? "RFC 9113 6.1"
                                                : "RFC 9113 5.5";
}

/* The next octets of the run are told, or passed over. The chunked decoder has to see them. */
H2NEG__COLD static void h2neg__trace_run_take(h2neg_trace *t, h2neg__trace_side *s, size_t n,
                                              int show)
{
    h2neg_str data;
    const unsigned char *p = h2neg__trace_in(s);
    if (s->after == H2NEG__TRACE_CHUNK_END)
        (void)h2neg_chunked_decode(&s->chunked, p, n, &data);
    if (show) {
        h2neg__trace_next(t, s, n);
        h2neg__trace_data(t, p, n, 0, h2neg__trace_section(s));
    } else {
        h2neg__trace_take(s, n);
    }
    s->shown += n;
    if (s->left != UINT64_MAX)
        s->left -= n;
}

H2NEG__COLD static int h2neg__trace_on_run(h2neg_trace *t, h2neg__trace_side *s)
{
    size_t have = h2neg__trace_left(s);
    size_t n = s->left < H2NEG__TRACE_SLICE ? (size_t)s->left : (size_t)H2NEG__TRACE_SLICE;
    if (s->left == 0) {
        s->state = s->after;
        return H2NEG__TRACE_GO;
    }
    if (have == 0 || (have < n && !s->ended && s->shown < H2NEG__TRACE_SHOWN))
        return H2NEG__TRACE_MORE;
    if (s->shown < H2NEG__TRACE_SHOWN) {
        h2neg__trace_run_take(t, s, n < have ? n : have, 1);
        return H2NEG__TRACE_GO;
    }
    if (s->shown == H2NEG__TRACE_SHOWN && s->left != UINT64_MAX) {
        h2neg__trace_point(t, s, NULL, 0, s->offset);
        h2neg__trace_tell_n(t, 1, h2neg__trace_section(s), "and %o more", s->left);
    }
    h2neg__trace_run_take(t, s, s->left < have ? (size_t)s->left : have, 0);
    return H2NEG__TRACE_GO;
}

H2NEG__COLD static int h2neg__trace_on_count(h2neg_trace *t, h2neg__trace_side *s)
{
    size_t n = h2neg__trace_left(s);
    (void)t;
    if (n == 0)
        return H2NEG__TRACE_MORE;
    s->shown += n;
    h2neg__trace_take(s, n);
    return H2NEG__TRACE_GO;
}

/* ==== 17d >>trace-parts =====================================================
   RFC 6455 5, RFC 9113 5.1 and 6.9, RFC 7541 put into words.  Uses >>trace-words and the pieces.
   Memory: the trace's block; nothing is allocated.
   States and windows are those behind the frames that were seen, as the server sees them.
   ========================================================================== */

/* ---- WebSocket frames ---- */

H2NEG__COLD static void h2neg__trace_socket_start(h2neg__trace_socket *k, int rsv)
{
    memset(k, 0, sizeof *k);
    k->rsv = rsv;
}

H2NEG__COLD static void h2neg__trace_socket_stop(h2neg_trace *t, h2neg__trace_socket *k, int code,
                                                 uint64_t offset)
{
    k->stopped = 1;
    t->line.offset = offset;
    t->line.len = 0;
    h2neg__trace_add(t, "stopped here: ");
    h2neg__trace_wrong(t, t->line.stream ? 1 : 0, code);
}

H2NEG__COLD static void h2neg__trace_close_frame(h2neg_trace *t, h2neg__trace_socket *k,
                                                 const unsigned char *payload)
{
    h2neg_str reason;
    int code, e = h2neg_ws_close_read(payload, k->held, &code, &reason);
    if (e) {
        h2neg__trace_socket_stop(t, k, e, k->offset);
        return;
    }
    h2neg__trace_put_n(t, "code %n", (uint64_t)code);
    h2neg__trace_put_s(t, reason.len ? ", reason %q" : "", reason);
    h2neg__trace_emit(t, 1, "RFC 6455 5.5.1", 0);
}

/* The octets in `hold` are a slice of the payload, or all of it. */
H2NEG__COLD static void h2neg__trace_socket_payload(h2neg_trace *t, h2neg__trace_socket *k)
{
    unsigned char plain[sizeof k->hold]; /* the line's octets are those of the wire */
    size_t good = k->held;
    int text = k->message == H2NEG_WS_TEXT && k->f.opcode < 8 && !k->compressed;
    memcpy(plain, k->hold, k->held);
    if (k->f.masked)
        h2neg_ws_mask(plain, plain, k->held, k->f.key, k->at);
    if (k->f.opcode == H2NEG_WS_CLOSE) {
        h2neg__trace_close_frame(t, k, plain);
        return;
    }
    if (text)
        good = h2neg_utf8_check(&k->utf8, plain, k->held);
    if (k->at < H2NEG__TRACE_SHOWN) {
        h2neg__trace_data(t, plain, k->held, text, "RFC 6455 5.6");
    } else if (k->at == H2NEG__TRACE_SHOWN) {
        t->line.len = 0;
        h2neg__trace_tell_n(t, 1, "RFC 6455 5.6", "and %o more", k->f.length - k->at);
    }
    if (good < k->held)
        h2neg__trace_socket_stop(t, k, H2NEG_ERR_WS_UTF8, k->offset + good);
}

/* The frame is whole. */
H2NEG__COLD static void h2neg__trace_socket_end(h2neg_trace *t, h2neg__trace_socket *k)
{
    k->in_payload = 0;
    if (!k->f.fin || k->f.opcode >= 8)
        return;
    if (k->message == H2NEG_WS_TEXT && !k->compressed && !h2neg_utf8_whole(&k->utf8))
        h2neg__trace_socket_stop(t, k, H2NEG_ERR_WS_UTF8, k->offset);
    k->message = 0;
    memset(&k->utf8, 0, sizeof k->utf8);
}

/* What the header opens or goes on with. 1, or 0: out of order (RFC 6455 5.4). */
H2NEG__COLD static int h2neg__trace_message(h2neg__trace_socket *k)
{
    if (k->f.opcode >= 8)
        return 1;
    if ((k->f.opcode == H2NEG_WS_CONTINUATION) != (k->message != 0))
        return 0;
    if (k->f.opcode) {
        k->message = k->f.opcode;
        k->compressed = (k->f.rsv & H2NEG_WS_RSV1) != 0;
    }
    return 1;
}

H2NEG__COLD static void h2neg__trace_socket_header(h2neg_trace *t, h2neg__trace_socket *k,
                                                   int depth)
{
    static const char *const names[] = {"CONTINUATION", "TEXT", "BINARY", "", "", "", "", "",
                                        "CLOSE",        "PING", "PONG"};
    h2neg__trace_put(t, "WebSocket %s, %o", h2neg_s(names[k->f.opcode]), k->f.length);
    h2neg__trace_add(t, k->f.fin ? ", FIN" : "");
    h2neg__trace_add(t, k->f.rsv & H2NEG_WS_RSV1 ? ", RSV1: compressed" : "");
    if (k->f.masked)
        h2neg__trace_put_s(t, ", masked with %h", h2neg__str(k->f.key, 4));
    h2neg__trace_emit(t, depth, "RFC 6455 5.2", 0);
    k->in_payload = 1;
    k->at = 0;
    if (!h2neg__trace_message(k))
        h2neg__trace_socket_stop(t, k, H2NEG_ERR_WS_SEQUENCE, k->offset);
}

/* How many octets `hold` is to have. */
H2NEG__COLD static size_t h2neg__trace_socket_wants(const h2neg__trace_socket *k)
{
    uint64_t left = k->f.length - k->at;
    size_t most = k->f.opcode >= 8 ? 125 : H2NEG__TRACE_SLICE;
    if (!k->in_payload)
        return k->held + 1;
    return left < most ? (size_t)left : most;
}

/* `hold` has what it was to have. */
H2NEG__COLD static void h2neg__trace_socket_step(h2neg_trace *t, h2neg__trace_side *s,
                                                 h2neg__trace_socket *k)
{
    ptrdiff_t n = 1;
    h2neg__trace_point(t, s, k->hold, k->held, k->offset);
    if (k->in_payload) {
        h2neg__trace_socket_payload(t, k);
        k->at += k->held;
    } else {
        n = h2neg_ws_frame_read(&k->f, k->hold, k->held, s->from == H2NEG_CLIENT, k->rsv);
        if (n < 0)
            h2neg__trace_socket_stop(t, k, (int)n, k->offset + k->held - 1);
        else if (n > 0)
            h2neg__trace_socket_header(t, k, s->stream ? 1 : 0);
    }
    t->line.len = 0; /* where nothing was told */
    if (n == 0)
        return;
    k->held = 0;
    if (k->in_payload && k->at == k->f.length)
        h2neg__trace_socket_end(t, k);
}

/* The next octets of a WebSocket: those of the connection, or those of a stream's DATA. How many
   are left behind an error. */
H2NEG__COLD static size_t h2neg__trace_socket_feed(h2neg_trace *t, h2neg__trace_side *s,
                                                   h2neg__trace_socket *k, size_t len)
{
    while (len && !k->stopped) {
        size_t wants = h2neg__trace_socket_wants(k) - k->held;
        size_t n = wants < len ? wants : len;
        if (k->held == 0)
            k->offset = s->offset;
        memcpy(k->hold + k->held, h2neg__trace_in(s), n);
        k->held += n;
        len -= n;
        h2neg__trace_take(s, n);
        if (n == wants)
            h2neg__trace_socket_step(t, s, k);
    }
    return len;
}

H2NEG__COLD static int h2neg__trace_on_socket(h2neg_trace *t, h2neg__trace_side *s)
{
    size_t n = h2neg__trace_left(s);
    if (t->sockets[0][s->from].stopped)
        return h2neg__trace_count(s, "behind the error");
    (void)h2neg__trace_socket_feed(t, s, &t->sockets[0][s->from], n);
    return n ? H2NEG__TRACE_GO : H2NEG__TRACE_MORE;
}

/* ---- streams and windows ---- */

H2NEG__COLD static h2neg__trace_stream *h2neg__trace_find(h2neg_trace *t, uint32_t id)
{
    size_t i;
    for (i = 0; i < H2NEG__TRACE_STREAMS; i++)
        if (t->streams[i].id == id && t->streams[i].state)
            return &t->streams[i];
    return NULL;
}

/* Whether nobody has opened it. */
H2NEG__COLD static int h2neg__trace_idle(const h2neg_trace *t, uint32_t id)
{
    return id > t->sides[id & 1 ? H2NEG_CLIENT : H2NEG_SERVER].highest;
}

H2NEG__COLD static const char *h2neg__trace_state(int state)
{
    static const char *const names[] = {"open", "half-closed (local)", "half-closed (remote)",
                                        "closed"};
    return (state & 3) == 0 && state & H2NEG__TRACE_RESERVED ? "reserved (local)"
                                                             : names[state & 3];
}

/* A closed stream is forgotten, with its WebSocket. */
H2NEG__COLD static void h2neg__trace_forget(h2neg_trace *t, h2neg__trace_stream *x)
{
    if (x->socket)
        t->used[x->socket] = 0;
    memset(x, 0, sizeof *x);
}

H2NEG__COLD static void h2neg__trace_become(h2neg_trace *t, h2neg__trace_stream *x, int state)
{
    const char *from = x->state ? h2neg__trace_state(x->state) : "idle";
    if (x->state == state)
        return;
    t->line.stream = x->id;
    h2neg__trace_put(t, "stream %n: %s", h2neg_s(from), x->id);
    x->state = state;
    h2neg__trace_put_s(t, " -> %s", h2neg_s(h2neg__trace_state(state)));
    h2neg__trace_emit(t, 2, "RFC 9113 5.1", 0);
    if ((state & 3) == 3)
        h2neg__trace_forget(t, x);
}

/* A place for a new stream, one that was idle, or NULL: too many are open. */
H2NEG__COLD static h2neg__trace_stream *h2neg__trace_open(h2neg_trace *t, h2neg__trace_side *s,
                                                          uint32_t id)
{
    size_t i;
    s->highest = id;
    for (i = 0; i < H2NEG__TRACE_STREAMS; i++) {
        h2neg__trace_stream *x = &t->streams[i];
        if (x->state)
            continue;
        x->id = id;
        x->window[H2NEG_SERVER] = t->sides[H2NEG_SERVER].initial;
        x->window[H2NEG_CLIENT] = t->sides[H2NEG_CLIENT].initial;
        return x;
    }
    h2neg__trace_tell_n(t, 2, "", "stream %n is not followed: too many are open", id);
    return NULL;
}

H2NEG__COLD static void h2neg__trace_ends(h2neg_trace *t, const h2neg__trace_side *s,
                                          h2neg__trace_stream *x)
{
    if (x)
        h2neg__trace_become(t, x, x->state | 1 << s->from);
}

/* Settings count from their acknowledgement on: `s` sends by them. */
H2NEG__COLD static void h2neg__trace_obey(h2neg_trace *t, h2neg__trace_side *s,
                                          const h2neg__trace_set *set)
{
    size_t i;
    if (set->table != UINT32_MAX) {
        s->table = set->table;
        h2neg_hpack_decoder_limit(&s->block.d, set->table < H2NEG__TRACE_TABLE
                                                   ? set->table
                                                   : (uint32_t)H2NEG__TRACE_TABLE);
        h2neg__trace_put_s(t, "the %s's field blocks", h2neg_s(h2neg__trace_who(s->from)));
        h2neg__trace_tell_n(t, 2, "RFC 7541 4.2", " may have a dynamic table of %o", set->table);
    }
    if (set->window == UINT32_MAX || (int64_t)set->window == s->initial)
        return;
    for (i = 0; i < H2NEG__TRACE_STREAMS; i++)
        t->streams[i].window[s->from] += (int64_t)set->window - s->initial;
    s->initial = set->window;
    h2neg__trace_tell(t, 2, "RFC 9113 6.9.2",
                      "the windows of streams for the %s's DATA begin at %n",
                      h2neg_s(h2neg__trace_who(s->from)), set->window);
}

H2NEG__COLD static void h2neg__trace_windows(h2neg_trace *t, const h2neg__trace_side *s,
                                             const h2neg__trace_stream *x)
{
    int over = s->window >> 31 > 0 || (x && x->window[s->from] >> 31 > 0);
    int spent = s->window < 0 || (x && x->window[s->from] < 0);
    h2neg__trace_put_s(t, "the %s may send: connection ", h2neg_s(h2neg__trace_who(s->from)));
    h2neg__trace_put_n(t, "%i", (uint64_t)s->window);
    if (x) {
        h2neg__trace_put_n(t, ", stream %n: ", x->id);
        h2neg__trace_put_n(t, "%i", (uint64_t)x->window[s->from]);
    }
    h2neg__trace_emit(t, 2, "RFC 9113 6.9.1", 0);
    if (over || spent)
        h2neg__trace_wrong(t, 2, over ? H2NEG_ERR_H2_WINDOW_OVER : H2NEG_ERR_H2_FLOW);
}

/* ---- field blocks ---- */

enum {
    H2NEG__TRACE_INDEXED,
    H2NEG__TRACE_ADDED,
    H2NEG__TRACE_PLAIN,
    H2NEG__TRACE_NEVER,
    H2NEG__TRACE_RESIZE
};
enum { H2NEG__TRACE_FIRST, H2NEG__TRACE_INTEGER, H2NEG__TRACE_LENGTH, H2NEG__TRACE_STRING };

/* A new string, or the end: 1. */
H2NEG__COLD static int h2neg__trace_string_end(h2neg__trace_block *b)
{
    b->phase = H2NEG__TRACE_LENGTH;
    return --b->strings == 0;
}

/* b->number is whole. 1: so is the instruction. */
H2NEG__COLD static int h2neg__trace_integer(h2neg__trace_block *b, int first)
{
    if (!first) {
        b->left = b->number;
        b->phase = H2NEG__TRACE_STRING;
        b->value_at = (size_t)b->size;
        return b->left == 0 ? h2neg__trace_string_end(b) : 0;
    }
    b->index = b->number;
    b->strings = b->index ? 1 : 2;
    b->phase = H2NEG__TRACE_LENGTH;
    return b->kind == H2NEG__TRACE_INDEXED || b->kind == H2NEG__TRACE_RESIZE;
}

H2NEG__COLD static int h2neg__trace_prefix(h2neg__trace_block *b, unsigned octet, unsigned bits,
                                           int first)
{
    unsigned full = (1u << bits) - 1;
    b->number = octet & full;
    b->shift = 0;
    if (b->number < full)
        return h2neg__trace_integer(b, first);
    b->phase = H2NEG__TRACE_INTEGER;
    return 0;
}

/* Not of a string: 1 when it ends the instruction, which the decoder then judges. */
H2NEG__COLD static int h2neg__trace_block_octet(h2neg__trace_block *b, unsigned octet)
{
    static const unsigned char kinds[] = {2, 3, 4, 4, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0};
    static const unsigned char bits[] = {7, 6, 4, 4, 5};
    if (b->phase == H2NEG__TRACE_FIRST) {
        b->kind = kinds[octet >> 4];
        b->strings = 0;
        return h2neg__trace_prefix(b, octet, bits[b->kind], 1);
    }
    if (b->phase == H2NEG__TRACE_LENGTH) {
        b->huffman |= (octet >> 7) << (2 - b->strings);
        return h2neg__trace_prefix(b, octet, 7, 0);
    }
    b->number += (uint64_t)(octet & 127) << b->shift;
    b->shift += 7;
    if (b->number > UINT32_MAX || (octet >= 128 && b->shift == 35))
        return 1;
    if (octet >= 128)
        return 0;
    return h2neg__trace_integer(b, b->strings == 0);
}

/* "indexed 2, static", "literal, added, name 1, static, value in Huffman". */
H2NEG__COLD static void h2neg__trace_instruction_kind(h2neg_trace *t, const h2neg__trace_block *b)
{
    static const char *const kinds[] = {"indexed", "literal, to be indexed", "literal",
                                        "literal, never to be indexed"};
    static const char *const codings[] = {" in Huffman", ""};
    h2neg__trace_add(t, kinds[b->kind]);
    if (b->index) {
        h2neg__trace_add(t, b->kind == H2NEG__TRACE_INDEXED ? " " : ", name ");
        h2neg__put_decimal(&t->w, b->index);
        h2neg__trace_add(t, b->index <= 61 ? " (static)" : " (dynamic)");
    } else {
        h2neg__trace_add(t, ", name");
        h2neg__trace_add(t, codings[!(b->huffman & 1)]);
    }
    if (b->kind != H2NEG__TRACE_INDEXED) {
        h2neg__trace_add(t, ", value");
        h2neg__trace_add(t, codings[!(b->huffman & 2)]);
    }
    h2neg__trace_add(t, ": ");
}

/* What the table became. */
H2NEG__COLD static void h2neg__trace_table(h2neg_trace *t, const h2neg__trace_block *b,
                                           uint32_t before)
{
    const h2neg_hpack_table *table = &b->d.table;
    int added = b->kind == H2NEG__TRACE_ADDED && table->count > 0;
    uint32_t gone = before + (uint32_t)added - table->count;
    if (b->kind == H2NEG__TRACE_ADDED)
        h2neg__trace_add(t, added ? "enters the dynamic table as 62; "
                                  : "is larger than the dynamic table, which is emptied; ");
    h2neg__trace_put_n(t, gone ? "%n evicted; " : "", gone);
    h2neg__trace_put_n(t, table->count == 1 ? "1 entry, " : "%n entries, ", table->count);
    h2neg__trace_put_n(t, "%n of ", table->size);
    h2neg__trace_tell_n(t, 2, "RFC 7541 4", "%o", table->max);
}

/* What the next steps have to know of a field. */
H2NEG__COLD static void h2neg__trace_note(h2neg__trace_side *s, const h2neg_field *f)
{
    if (h2neg_is(f->name, ":protocol"))
        s->websocket = s->from == H2NEG_CLIENT && h2neg_is_nocase(f->value, "websocket");
    if (h2neg_is(f->name, "sec-websocket-extensions"))
        s->extension = 1;
    if (h2neg_is(f->name, ":status") && s->from == H2NEG_SERVER)
        s->status = f->value.len == 3 ? f->value.ptr[0] - '0' : 0;
}

/* The decoder is given what `piece` has: the instruction, or as much of it as fits there. */
H2NEG__COLD static int h2neg__trace_decode(h2neg__trace_block *b, int end)
{
    ptrdiff_t n = h2neg_hpack_decode(&b->d, &b->list, b->piece, b->len, end);
    b->len = 0;
    return n < 0 ? (int)n : 0;
}

H2NEG__COLD static void h2neg__trace_instruction_start(h2neg__trace_block *b, uint64_t offset)
{
    b->phase = H2NEG__TRACE_FIRST;
    b->size = 0;
    b->offset = offset;
    b->len = b->value_at = 0;
    b->huffman = 0;
    memset(&b->list, 0, sizeof b->list);
    b->list.fields = &b->field;
    b->list.room = 1;
    b->list.text = b->text;
    b->list.text_room = sizeof b->text;
}

/* The instruction is whole: it is told, and what it did. 0, or an error. */
H2NEG__COLD static int h2neg__trace_instruction(h2neg_trace *t, h2neg__trace_side *s)
{
    static const char *const sections[] = {"RFC 7541 6.1", "RFC 7541 6.2.1", "RFC 7541 6.2.2",
                                           "RFC 7541 6.2.3", "RFC 7541 6.3"};
    h2neg__trace_block *b = &s->block;
    uint32_t before = b->d.table.count;
    int e;
    h2neg__trace_point(t, s, b->piece, b->size == b->len ? b->len : 0, b->offset);
    e = h2neg__trace_decode(b, 0);
    b->size = 0;
    if (e)
        return e;
    if (b->kind == H2NEG__TRACE_RESIZE) {
        h2neg__trace_put_n(t, "the dynamic table's size becomes %n", b->index);
    } else {
        h2neg__trace_instruction_kind(t, b);
        if (b->list.count) {
            h2neg__trace_field(t, &b->field);
            h2neg__trace_note(s, &b->field);
        } else {
            h2neg__trace_put_n(t, "a field of %o", b->list.size);
            t->line.len = 0;
        }
        if (b->value_at && t->line.len && h2neg__trace_secret(t, &b->field))
            t->line.len = b->value_at;
    }
    h2neg__trace_emit(t, 1, sections[b->kind], 0);
    if (b->kind == H2NEG__TRACE_ADDED || b->kind == H2NEG__TRACE_RESIZE)
        h2neg__trace_table(t, b, before);
    return 0;
}

/* The next octet, or the next ones of a string. 1: the instruction is whole. */
H2NEG__COLD static int h2neg__trace_block_take(h2neg__trace_side *s, size_t *len)
{
    h2neg__trace_block *b = &s->block;
    size_t n = 1;
    unsigned octet = *h2neg__trace_in(s);
    if (b->size == 0)
        h2neg__trace_instruction_start(b, s->offset);
    if (b->phase == H2NEG__TRACE_STRING) {
        n = b->left < *len ? (size_t)b->left : *len;
        n = n < sizeof b->piece - b->len ? n : sizeof b->piece - b->len;
    }
    memcpy(b->piece + b->len, h2neg__trace_in(s), n);
    b->len += n;
    b->size += n;
    *len -= n;
    h2neg__trace_take(s, n);
    if (b->phase != H2NEG__TRACE_STRING)
        return h2neg__trace_block_octet(b, octet);
    b->left -= n;
    return b->left == 0 && h2neg__trace_string_end(b);
}

/* The table that the encoder asks for is allowed, and larger than what stands here. */
H2NEG__COLD static int h2neg__trace_block_lost(h2neg_trace *t, h2neg__trace_side *s)
{
    h2neg__trace_block *b = &s->block;
    if (b->kind != H2NEG__TRACE_RESIZE || b->index <= H2NEG__TRACE_TABLE || b->index > s->table)
        return 0;
    b->lost = 1;
    h2neg__trace_point(t, s, b->piece, b->len, b->offset);
    h2neg__trace_tell_n(t, 1, "RFC 7541 6.3",
                        "the dynamic table's size becomes %n, which is not followed here: field "
                        "blocks are only counted",
                        b->index);
    return 1;
}

/* The next octets of a field block. */
H2NEG__COLD static int h2neg__trace_block_feed(h2neg_trace *t, h2neg__trace_side *s, size_t len)
{
    h2neg__trace_block *b = &s->block;
    while (len && !b->lost) {
        int e = 0;
        if (h2neg__trace_block_take(s, &len))
            e = h2neg__trace_block_lost(t, s) ? 0 : h2neg__trace_instruction(t, s);
        else if (b->len == sizeof b->piece)
            e = h2neg__trace_decode(b, 0);
        if (e)
            return h2neg__trace_stop(t, s, e, b->offset);
    }
    h2neg__trace_take(s, len);
    return H2NEG__TRACE_GO;
}

/* ==== 17e >>trace-h2 ========================================================
   RFC 9113 put into words, RFC 7838, 8336, 8441, 9218 too.  Uses >>trace-words >>trace-parts.
   Memory: the trace's block; nothing is allocated.
   A frame is told as it comes: its header, then what is in it, then what it did.
   ========================================================================== */

/* ---- frames: what a payload says ---- */

H2NEG__COLD static void h2neg__trace_tell_priority(h2neg_trace *t, h2neg__trace_side *s)
{
    h2neg__trace_put_n(t, "depends on stream %n", s->f.dependency);
    h2neg__trace_add(t, s->f.exclusive ? ", exclusively" : "");
    h2neg__trace_tell_n(t, 1, "RFC 7540 5.3", ", weight %n", (uint64_t)s->f.weight);
}

H2NEG__COLD static void h2neg__trace_tell_reset(h2neg_trace *t, h2neg__trace_side *s)
{
    h2neg__trace_stream *x = h2neg__trace_find(t, s->stream);
    h2neg__trace_error_name(t, s->f.u.code);
    h2neg__trace_emit(t, 1, "RFC 9113 7", 0);
    if (x)
        h2neg__trace_become(t, x, x->state | 3);
}

H2NEG__COLD static void h2neg__trace_tell_settings(h2neg_trace *t, h2neg__trace_side *s)
{
    h2neg__trace_side *o = h2neg__trace_other(t, s);
    if (!(s->f.flags & H2NEG_H2_ACK)) {
        if (s->sent_count == H2NEG__TRACE_SENT) /* never answered: as if the first were */
            memmove(s->sent, s->sent + 1, --s->sent_count * sizeof *s->sent);
        s->sent[s->sent_count++] =
            h2neg__trace_settings(t, s, s->f.u.settings.entries, s->f.u.settings.count, 1);
        if (s->sent[s->sent_count - 1].frame != UINT32_MAX)
            o->max_frame = s->sent[s->sent_count - 1].frame;
        return;
    }
    if (o->sent_count) {
        h2neg__trace_set set = o->sent[0];
        memmove(o->sent, o->sent + 1, --o->sent_count * sizeof *o->sent);
        h2neg__trace_obey(t, s, &set);
    } else if (o->offset) {
        h2neg__trace_wrong(t, 2, H2NEG_ERR_H2_SETTINGS_ACK);
    }
}

H2NEG__COLD static void h2neg__trace_tell_ping(h2neg_trace *t, h2neg__trace_side *s)
{
    h2neg__trace_tell_s(t, 1, "RFC 9113 6.7", "%h", h2neg__str(s->f.u.ping, 8));
}

H2NEG__COLD static void h2neg__trace_tell_goaway(h2neg_trace *t, h2neg__trace_side *s)
{
    h2neg_str debug = s->f.u.goaway.debug;
    h2neg__trace_put(t, "the last stream that counts is %n: ", debug, s->f.u.goaway.last);
    h2neg__trace_error_name(t, s->f.u.goaway.code);
    h2neg__trace_tell_s(t, 1, "RFC 9113 6.8", debug.len ? ", debug data %q" : "", debug);
}

H2NEG__COLD static void h2neg__trace_tell_window(h2neg_trace *t, h2neg__trace_side *s)
{
    h2neg__trace_side *o = h2neg__trace_other(t, s);
    h2neg__trace_stream *x = h2neg__trace_find(t, s->stream);
    h2neg__trace_tell_n(t, 1, "RFC 9113 6.9", "%o more", s->f.u.increment);
    if (x)
        x->window[o->from] += s->f.u.increment;
    else if (s->stream == 0)
        o->window += s->f.u.increment;
    if (x || s->stream == 0)
        h2neg__trace_windows(t, o, x);
}

H2NEG__COLD static void h2neg__trace_tell_altsvc(h2neg_trace *t, h2neg__trace_side *s)
{
    h2neg__trace_put_n(t, s->f.ignored ? "to be ignored: " : "", 0);
    h2neg__trace_put_s(t, "origin %q, ", s->f.u.altsvc.origin);
    h2neg__trace_tell_s(t, 1, "RFC 7838 4", "%s", s->f.u.altsvc.value);
}

H2NEG__COLD static void h2neg__trace_tell_origin(h2neg_trace *t, h2neg__trace_side *s)
{
    h2neg_str rest = s->f.u.origins, one;
    uint64_t offset = t->line.offset;
    while (!s->f.ignored && h2neg_h2_origin_next(&rest, &one) == 1) {
        h2neg__trace_point(t, s, one.ptr - 2, one.len + 2, offset);
        offset += one.len + 2;
        h2neg__trace_tell_s(t, 1, "RFC 8336 2.1", "%q", one);
    }
    if (s->f.ignored)
        h2neg__trace_say(t, 1, "RFC 8336 2.2", "to be ignored");
}

H2NEG__COLD static void h2neg__trace_tell_update(h2neg_trace *t, h2neg__trace_side *s)
{
    int urgency, incremental;
    h2neg_priority_parse(s->f.u.priority_update.value, &urgency, &incremental);
    h2neg__trace_put(t, "stream %n: %q", s->f.u.priority_update.value,
                     s->f.u.priority_update.stream);
    h2neg__trace_tell_n(t, 1, "RFC 9218 4",
                        incremental ? ", urgency %n, incremental" : ", urgency %n",
                        (uint64_t)urgency);
}

/* ---- frames ---- */

typedef struct h2neg__trace_frame_row {
    const char *name, *section;
    void (*tell)(h2neg_trace *t, h2neg__trace_side *s); /* NULL: the payload is read as it comes */
} h2neg__trace_frame_row;

static const h2neg__trace_frame_row h2neg__trace_frames[] = {
    {"DATA", "RFC 9113 6.1", NULL},
    {"HEADERS", "RFC 9113 6.2", NULL},
    {"PRIORITY", "RFC 9113 6.3", h2neg__trace_tell_priority},
    {"RST_STREAM", "RFC 9113 6.4", h2neg__trace_tell_reset},
    {"SETTINGS", "RFC 9113 6.5", h2neg__trace_tell_settings},
    {"PUSH_PROMISE", "RFC 9113 6.6", NULL},
    {"PING", "RFC 9113 6.7", h2neg__trace_tell_ping},
    {"GOAWAY", "RFC 9113 6.8", h2neg__trace_tell_goaway},
    {"WINDOW_UPDATE", "RFC 9113 6.9", h2neg__trace_tell_window},
    {"CONTINUATION", "RFC 9113 6.10", NULL},
    {"ALTSVC", "RFC 7838 4", h2neg__trace_tell_altsvc},
    {"", "RFC 9113 5.5", NULL},
    {"ORIGIN", "RFC 8336 2", h2neg__trace_tell_origin},
    {"", "RFC 9113 5.5", NULL},
    {"", "RFC 9113 5.5", NULL},
    {"", "RFC 9113 5.5", NULL},
    {"PRIORITY_UPDATE", "RFC 9218 7.1", h2neg__trace_tell_update},
    {"", "RFC 9113 5.5", NULL}};

/* The last row is for those that are not known. */
H2NEG__COLD static const h2neg__trace_frame_row *h2neg__trace_row(unsigned type)
{
    size_t last = H2NEG__COUNT(h2neg__trace_frames) - 1;
    return &h2neg__trace_frames[type < last ? type : last];
}

H2NEG__COLD static void h2neg__trace_flags(h2neg_trace *t, const h2neg_h2_frame *f)
{
    static const struct {
        unsigned types;
        int flag;
        const char *name;
    } rows[] = {{1 << H2NEG_H2_DATA | 1 << H2NEG_H2_HEADERS, H2NEG_H2_END_STREAM, ", END_STREAM"},
                {1 << H2NEG_H2_SETTINGS | 1 << H2NEG_H2_PING, H2NEG_H2_ACK, ", ACK"},
                {1 << H2NEG_H2_HEADERS | 1 << H2NEG_H2_PUSH_PROMISE | 1 << H2NEG_H2_CONTINUATION,
                 H2NEG_H2_END_HEADERS, ", END_HEADERS"},
                {1 << H2NEG_H2_DATA | 1 << H2NEG_H2_HEADERS | 1 << H2NEG_H2_PUSH_PROMISE,
                 H2NEG_H2_PADDED, ", PADDED"},
                {1 << H2NEG_H2_HEADERS, H2NEG_H2_PRIORITY_FLAG, ", PRIORITY"}};
    unsigned left = f->flags, type = f->type < 31 ? 1u << f->type : 0;
    size_t i;
    for (i = 0; i < H2NEG__COUNT(rows); i++)
        if ((rows[i].types & type) && (left & (unsigned)rows[i].flag)) {
            h2neg__trace_add(t, rows[i].name);
            left &= ~(unsigned)rows[i].flag;
        }
    h2neg__trace_put_n(t, left ? ", unknown flags %x" : "", left);
}

H2NEG__COLD static void h2neg__trace_frame_line(h2neg_trace *t, h2neg__trace_side *s)
{
    const h2neg__trace_frame_row *row = h2neg__trace_row(s->f.type);
    s->stream = s->f.stream;
    h2neg__trace_next(t, s, 9);
    h2neg__trace_put(t, *row->name ? "%s" : "unknown frame %x", h2neg_s(row->name), s->f.type);
    h2neg__trace_put_n(t, ", %o", s->f.length);
    h2neg__trace_put_n(t, s->f.stream ? ", stream %n" : "", s->f.stream);
    h2neg__trace_flags(t, &s->f);
    h2neg__trace_emit(t, 0, row->section, 0);
}

/* Whether the frame answers what the other side has not been seen to say. */
H2NEG__COLD static int h2neg__trace_early(const h2neg_trace *t, const h2neg__trace_side *s)
{
    const h2neg__trace_side *o = &t->sides[!s->from];
    if (s->f.type == H2NEG_H2_SETTINGS && (s->f.flags & H2NEG_H2_ACK))
        return o->sent_count == 0;
    return s->f.stream && s->f.type != H2NEG_H2_PRIORITY &&
           (s->f.stream & 1) == (s->from == H2NEG_SERVER) && h2neg__trace_idle(t, s->f.stream);
}

/* What RFC 9113 5.1 says of a frame on such a stream: 0, or the error. */
H2NEG__COLD static int h2neg__trace_misplaced(h2neg_trace *t, const h2neg__trace_side *s)
{
    const h2neg__trace_stream *x = h2neg__trace_find(t, s->stream);
    int type = s->f.type, content = type == H2NEG_H2_DATA || type == H2NEG_H2_HEADERS;
    if (s->stream == 0 || type == H2NEG_H2_PRIORITY || type > H2NEG_H2_CONTINUATION)
        return 0;
    if (h2neg__trace_idle(t, s->stream) && t->sides[!s->from].offset)
        return type == H2NEG_H2_HEADERS ? 0 : (int)H2NEG_ERR_H2_IDLE;
    return content && x && (x->state & 1 << s->from) ? (int)H2NEG_ERR_H2_CLOSED : 0;
}

/* The header is told. 1, or 0: its octets are not read as a frame of their type, or nothing is any
   more. */
H2NEG__COLD static int h2neg__trace_frame_right(h2neg_trace *t, h2neg__trace_side *s, int e,
                                                uint64_t at)
{
    if (s->block_stream ? s->f.type != H2NEG_H2_CONTINUATION || s->stream != s->block_stream
                        : s->f.type == H2NEG_H2_CONTINUATION)
        return h2neg__trace_stop(t, s, H2NEG_ERR_H2_CONTINUATION, at), 0;
    if (e < 0 && !h2neg_h2_error_is_stream(&s->f, e))
        return h2neg__trace_stop(t, s, e, at), 0;
    if (e < 0) {
        h2neg__trace_wrong(t, 1, e);
        h2neg__trace_run(s, s->f.length, H2NEG__TRACE_DONE);
        return 0;
    }
    e = h2neg__trace_misplaced(t, s);
    if (e)
        h2neg__trace_wrong(t, 1, e);
    return 1;
}

H2NEG__COLD static int h2neg__trace_on_frame(h2neg_trace *t, h2neg__trace_side *s)
{
    uint64_t at = s->offset;
    int e;
    if (h2neg__trace_left(s) < H2NEG__FRAME_HEADER)
        return H2NEG__TRACE_MORE;
    e = (int)h2neg_h2_frame_header_read(&s->f, h2neg__trace_in(s), H2NEG__FRAME_HEADER,
                                        s->max_frame);
    if (e > 0 && !s->forced && h2neg__trace_early(t, s))
        return H2NEG__TRACE_WAIT;
    h2neg__trace_frame_line(t, s);
    if (!h2neg__trace_frame_right(t, s, e, at))
        return H2NEG__TRACE_GO;
    s->state = h2neg__trace_row(s->f.type)->tell && s->f.length <= H2NEG__TRACE_ROOM
                   ? H2NEG__TRACE_PAYLOAD
                   : H2NEG__TRACE_PREFIX;
    return H2NEG__TRACE_GO;
}

/* Pad length, priority, promised stream. */
H2NEG__COLD static int h2neg__trace_on_prefix(h2neg_trace *t, h2neg__trace_side *s)
{
    int e;
    if (h2neg__trace_left(s) < s->f.prefix)
        return H2NEG__TRACE_MORE;
    e = h2neg_h2_frame_prefix_read(&s->f, h2neg__trace_in(s), s->f.prefix);
    if (e < 0 && !h2neg_h2_error_is_stream(&s->f, e))
        return h2neg__trace_stop(t, s, e, s->offset);
    s->left = s->f.length - s->f.prefix - s->f.padding;
    s->shown = 0;
    s->state = H2NEG__TRACE_BODY;
    if (s->f.prefix && (s->f.flags & H2NEG_H2_PADDED)) {
        h2neg__trace_next(t, s, 1);
        h2neg__trace_tell_n(t, 1, "RFC 9113 6.1", "pad length %n", s->f.padding);
    }
    if (s->f.has_priority) {
        h2neg__trace_next(t, s, 5);
        h2neg__trace_tell_priority(t, s);
    }
    if (e < 0)
        h2neg__trace_wrong(t, 1, e);
    if (s->f.type == H2NEG_H2_PUSH_PROMISE) {
        h2neg__trace_next(t, s, 4);
        h2neg__trace_tell_n(t, 1, "RFC 9113 6.6", "promises stream %n", s->f.u.push.promised);
    }
    return H2NEG__TRACE_GO;
}

/* Data, fragments of field blocks, and what is not known. */
H2NEG__COLD static int h2neg__trace_on_body(h2neg_trace *t, h2neg__trace_side *s)
{
    h2neg__trace_stream *x = h2neg__trace_find(t, s->stream);
    size_t n = h2neg__trace_left(s);
    int type = s->f.type, block = type == H2NEG_H2_HEADERS || type == H2NEG_H2_PUSH_PROMISE ||
                                  type == H2NEG_H2_CONTINUATION;
    if (!block && !(type == H2NEG_H2_DATA && x && x->socket))
        return h2neg__trace_run(s, s->left, H2NEG__TRACE_PADDING);
    if (s->left == 0) {
        s->state = H2NEG__TRACE_PADDING;
        return H2NEG__TRACE_GO;
    }
    if (n == 0)
        return H2NEG__TRACE_MORE;
    n = s->left < n ? (size_t)s->left : n;
    s->left -= n;
    if (block)
        return h2neg__trace_block_feed(t, s, n);
    h2neg__trace_take(s, h2neg__trace_socket_feed(t, s, &t->sockets[x->socket][s->from], n));
    return H2NEG__TRACE_GO;
}

H2NEG__COLD static int h2neg__trace_on_padding(h2neg_trace *t, h2neg__trace_side *s)
{
    if (h2neg__trace_left(s) < s->f.padding)
        return H2NEG__TRACE_MORE;
    s->state = H2NEG__TRACE_DONE;
    if (s->f.padding == 0)
        return H2NEG__TRACE_GO;
    h2neg__trace_next(t, s, s->f.padding);
    h2neg__trace_tell_n(t, 1, "RFC 9113 6.1", "padding, %o", s->f.padding);
    return H2NEG__TRACE_GO;
}

H2NEG__COLD static int h2neg__trace_on_payload(h2neg_trace *t, h2neg__trace_side *s)
{
    uint64_t at = s->offset;
    int e;
    if (h2neg__trace_left(s) < s->f.length)
        return H2NEG__TRACE_MORE;
    e = h2neg_h2_frame_payload_read(&s->f, h2neg__trace_in(s));
    if (e && !h2neg_h2_error_is_stream(&s->f, e))
        return h2neg__trace_stop(t, s, e, at);
    h2neg__trace_next(t, s, s->f.length);
    if (e)
        h2neg__trace_wrong(t, 1, e);
    else
        h2neg__trace_row(s->f.type)->tell(t, s);
    s->state = H2NEG__TRACE_FRAME;
    return H2NEG__TRACE_GO;
}

/* ---- frames: what they did ---- */

/* A client's extended CONNECT, or the answer to it (RFC 8441 5). Nobody waits for that answer here,
   so until it is there a client's frames may be compressed. */
H2NEG__COLD static void h2neg__trace_section_socket(h2neg_trace *t, const h2neg__trace_side *s,
                                                    h2neg__trace_stream *x)
{
    int i;
    if (s->websocket && !x->socket) {
        for (i = 1; i < H2NEG__TRACE_SOCKETS && t->used[i]; i++)
            continue;
        if (i == H2NEG__TRACE_SOCKETS)
            return;
        x->socket = t->used[i] = i;
        h2neg__trace_socket_start(&t->sockets[i][H2NEG_SERVER], 0);
        h2neg__trace_socket_start(&t->sockets[i][H2NEG_CLIENT], H2NEG_WS_RSV1);
    }
    if (!x->socket || s->status < 2) /* no response, or an interim one */
        return;
    if (s->status == 2) {
        t->sockets[x->socket][H2NEG_SERVER].rsv = s->extension ? H2NEG_WS_RSV1 : 0;
        t->sockets[x->socket][H2NEG_CLIENT].rsv = s->extension ? H2NEG_WS_RSV1 : 0;
        h2neg__trace_say(t, 2, "RFC 8441 5", "a WebSocket: DATA has its frames");
        return;
    }
    t->used[x->socket] = 0;
    x->socket = 0;
}

/* The field block is whole. */
H2NEG__COLD static int h2neg__trace_section_end(h2neg_trace *t, h2neg__trace_side *s)
{
    h2neg__trace_stream *x = h2neg__trace_find(t, s->stream);
    int e = s->block.lost ? 0 : h2neg__trace_decode(&s->block, 1);
    s->block_stream = 0;
    if (e)
        return h2neg__trace_stop(t, s, e, s->block.offset);
    if (x)
        h2neg__trace_section_socket(t, s, x);
    s->websocket = s->extension = s->status = 0;
    if (s->block_flags & H2NEG_H2_END_STREAM)
        h2neg__trace_ends(t, s, x);
    return H2NEG__TRACE_GO;
}

/* HEADERS opens a stream: its own side's, or one that the other side is not seen to have opened. */
H2NEG__COLD static void h2neg__trace_opened(h2neg_trace *t, h2neg__trace_side *s)
{
    h2neg__trace_stream *x = h2neg__trace_find(t, s->stream);
    int whose = s->stream & 1 ? H2NEG_CLIENT : H2NEG_SERVER;
    if (!x && h2neg__trace_idle(t, s->stream))
        x = h2neg__trace_open(t, &t->sides[whose], s->stream);
    if (x && (x->state == 0 || x->state & H2NEG__TRACE_RESERVED))
        h2neg__trace_become(t, x, x->state ? 1 << H2NEG_CLIENT : H2NEG__TRACE_OPEN);
}

H2NEG__COLD static void h2neg__trace_promised(h2neg_trace *t, h2neg__trace_side *s)
{
    uint32_t id = s->f.u.push.promised;
    h2neg__trace_stream *x =
        id & 1 || !h2neg__trace_idle(t, id) ? NULL : h2neg__trace_open(t, s, id);
    if (x)
        h2neg__trace_become(t, x, H2NEG__TRACE_RESERVED);
}

H2NEG__COLD static void h2neg__trace_sent(h2neg_trace *t, h2neg__trace_side *s)
{
    h2neg__trace_stream *x = h2neg__trace_find(t, s->stream);
    s->window -= s->f.length;
    if (x)
        x->window[s->from] -= s->f.length;
    if (s->f.length)
        h2neg__trace_windows(t, s, x);
    if (s->f.flags & H2NEG_H2_END_STREAM)
        h2neg__trace_ends(t, s, x);
}

H2NEG__COLD static int h2neg__trace_on_done(h2neg_trace *t, h2neg__trace_side *s)
{
    int type = s->f.type;
    s->state = H2NEG__TRACE_FRAME;
    if (type == H2NEG_H2_DATA)
        h2neg__trace_sent(t, s);
    if (type == H2NEG_H2_HEADERS || type == H2NEG_H2_PUSH_PROMISE) {
        s->block_flags = type == H2NEG_H2_HEADERS ? s->f.flags : 0;
        s->block_stream = s->stream;
    }
    if (type == H2NEG_H2_HEADERS)
        h2neg__trace_opened(t, s);
    if (type == H2NEG_H2_PUSH_PROMISE)
        h2neg__trace_promised(t, s);
    if (s->block_stream && (s->f.flags & H2NEG_H2_END_HEADERS))
        return h2neg__trace_section_end(t, s);
    return H2NEG__TRACE_GO;
}

H2NEG__COLD static int h2neg__trace_on_preface(h2neg_trace *t, h2neg__trace_side *s)
{
    size_t i;
    if (h2neg__trace_left(s) < H2NEG_PREFACE_LEN)
        return H2NEG__TRACE_MORE;
    for (i = 0; i < H2NEG_PREFACE_LEN; i++)
        if (h2neg__trace_in(s)[i] != (unsigned char)H2NEG_PREFACE[i])
            return h2neg__trace_stop(t, s, H2NEG_ERR_H2_PREFACE, s->offset + i);
    h2neg__trace_next(t, s, H2NEG_PREFACE_LEN);
    h2neg__trace_say(t, 0, "RFC 9113 3.4", "the HTTP/2 preface: what follows are frames");
    s->state = H2NEG__TRACE_FRAME;
    return H2NEG__TRACE_GO;
}

/* Both sides speak HTTP/2 from here. Where one is not there, what it allows is not known. */
H2NEG__COLD static void h2neg__trace_h2_side(h2neg_trace *t, h2neg__trace_side *s)
{
    const h2neg__trace_side *o = h2neg__trace_other(t, s);
    int alone = o->ended && o->offset == 0;
    s->window = s->initial = 65535;
    s->table = alone ? UINT32_MAX : 4096;
    s->max_frame = alone ? H2NEG__FRAME_LENGTH_MOST : 16384;
    h2neg_hpack_decoder_init(&s->block.d, s->block.memory, sizeof s->block.memory, 4096);
    if (alone)
        h2neg_hpack_decoder_limit(&s->block.d, H2NEG__TRACE_TABLE);
    h2neg__trace_instruction_start(&s->block, 0);
}

/* ==== 17f >>trace-h1 ========================================================
   RFC 9112, RFC 9110, RFC 7540 3.2 put into words.  Uses >>trace-words >>trace-parts >>trace-h2.
   Memory: the trace's block; nothing is allocated.
   What depends on the other side waits for it, up to a bound; then the octets decide.
   ========================================================================== */

/* ---- HTTP/1 field lines ---- */

H2NEG__COLD static void h2neg__trace_tell_connection(h2neg_trace *t, h2neg__trace_side *s,
                                                     const h2neg_field *f)
{
    h2neg_list list = {0, 0};
    h2neg_str item;
    (void)s;
    while (h2neg_list_next(&list, f, 1, "connection", &item)) {
        const char *what = h2neg_is_nocase(item, "close") ? "%s: this message is the last one"
                           : h2neg_is_nocase(item, "keep-alive")
                               ? "%s: more messages may follow"
                               : "names %s as meant for this hop alone";
        h2neg__trace_tell_s(t, 2, "RFC 9110 7.6.1", what, item);
    }
}

H2NEG__COLD static void h2neg__trace_tell_upgrade(h2neg_trace *t, h2neg__trace_side *s,
                                                  const h2neg_field *f)
{
    h2neg_list list = {0, 0};
    h2neg_str item;
    int heard;
    if (s->head.status == 101)
        return;
    heard = h2neg_upgrade_offers(&list, s->head.minor, s->head.fields, s->head.count, &item);
    memset(&list, 0, sizeof list);
    while (h2neg_list_next(&list, f, 1, "upgrade", &item))
        h2neg__trace_tell_s(t, 2, "RFC 9110 7.8",
                            heard ? "offers %s"
                                  : "offers nothing: %s counts only in HTTP/1.1, and with "
                                    "Connection: Upgrade",
                            item);
}

H2NEG__COLD static void h2neg__trace_tell_expect(h2neg_trace *t, h2neg__trace_side *s,
                                                 const h2neg_field *f)
{
    (void)s;
    if (h2neg_is_nocase(f->value, "100-continue"))
        h2neg__trace_say(t, 2, "RFC 9110 10.1.1",
                         "the body may wait for a response 100, or for a final one");
}

H2NEG__COLD static void h2neg__trace_tell_settings_field(h2neg_trace *t, h2neg__trace_side *s,
                                                         const h2neg_field *f)
{
    unsigned char payload[180];
    ptrdiff_t n = h2neg_h2_settings_decode(payload, sizeof payload, f->value);
    if (n < 0)
        h2neg__trace_wrong(t, 2, (int)n);
    else
        t->upgrade = h2neg__trace_settings(t, s, payload, (size_t)n / 6, 2);
}

H2NEG__COLD static void h2neg__trace_tell_accept(h2neg_trace *t, h2neg__trace_side *s,
                                                 const h2neg_field *f)
{
    if (!t->offers_socket || s->from == H2NEG_CLIENT)
        return;
    if (h2neg_is(f->value, t->accept))
        h2neg__trace_say(t, 2, "RFC 6455 4.2.2", "is what the client's key asks for");
    else
        h2neg__trace_wrong(t, 2, H2NEG_ERR_WS_ACCEPT);
}

typedef struct h2neg__trace_field_row {
    const char *name, *section;
    void (*tell)(h2neg_trace *t, h2neg__trace_side *s, const h2neg_field *f);
} h2neg__trace_field_row;

static const h2neg__trace_field_row h2neg__trace_fields[] = {
    {"host", "RFC 9110 7.2", NULL},
    {"connection", "RFC 9110 7.6.1", h2neg__trace_tell_connection},
    {"upgrade", "RFC 9110 7.8", h2neg__trace_tell_upgrade},
    {"content-length", "RFC 9110 8.6", NULL},
    {"transfer-encoding", "RFC 9112 6.1", NULL},
    {"trailer", "RFC 9110 6.6.2", NULL},
    {"te", "RFC 9110 10.1.4", NULL},
    {"expect", "RFC 9110 10.1.1", h2neg__trace_tell_expect},
    {"http2-settings", "RFC 7540 3.2.1", h2neg__trace_tell_settings_field},
    {"sec-websocket-key", "RFC 6455 11.3.1", NULL},
    {"sec-websocket-extensions", "RFC 6455 11.3.2", NULL},
    {"sec-websocket-accept", "RFC 6455 11.3.3", h2neg__trace_tell_accept},
    {"sec-websocket-protocol", "RFC 6455 11.3.4", NULL},
    {"sec-websocket-version", "RFC 6455 11.3.5", NULL},
    {"origin", "RFC 6454 7", NULL},
    {"authorization", "RFC 9110 11.6.2", NULL},
    {"proxy-authorization", "RFC 9110 11.7.2", NULL},
    {"cookie", "RFC 6265 4.2", NULL},
    {"set-cookie", "RFC 6265 4.1", NULL},
    {"alt-svc", "RFC 7838 3", NULL},
    {"priority", "RFC 9218 5", NULL}};

/* A line of a head, of `len` octets, which are the next ones. */
H2NEG__COLD static void h2neg__trace_field_line(h2neg_trace *t, h2neg__trace_side *s,
                                                const h2neg_field *f, size_t len)
{
    const h2neg__trace_field_row *row = NULL;
    size_t i, shown = h2neg__trace_secret(t, f) ? f->name.len + 1 : len;
    for (i = 0; i < H2NEG__COUNT(h2neg__trace_fields) && !row; i++)
        if (h2neg_is_nocase(f->name, h2neg__trace_fields[i].name))
            row = &h2neg__trace_fields[i];
    h2neg__trace_next(t, s, len);
    t->line.len = shown;
    h2neg__trace_field(t, f);
    h2neg__trace_emit(t, 1, row ? row->section : "RFC 9110 5", 0);
    if (row && row->tell)
        row->tell(t, s, f);
}

/* The lines of a head or a trailer section of `len` octets: the first, if there is one, is told. */
H2NEG__COLD static void h2neg__trace_head_lines(h2neg_trace *t, h2neg__trace_side *s, size_t len)
{
    const h2neg_field *f = s->head.fields;
    uint64_t end = s->offset + len - 2;
    size_t i;
    for (i = 0; i < s->head.count; i++) {
        const char *here = (const char *)h2neg__trace_in(s);
        size_t rest = (size_t)(end - s->offset);
        size_t n = i + 1 < s->head.count ? (size_t)(f[i + 1].name.ptr - here) : rest;
        h2neg__trace_field_line(t, s, &f[i], n);
    }
}

/* ---- HTTP/1 messages ---- */

/* Where the first line ends. */
H2NEG__COLD static size_t h2neg__trace_first_line(const h2neg__trace_side *s, size_t len)
{
    const char *in = (const char *)h2neg__trace_in(s);
    return s->head.count ? (size_t)(s->head.fields[0].name.ptr - in) : len - 2;
}

/* The end of a head, and how the body behind it is framed. */
H2NEG__COLD static int h2neg__trace_body(h2neg_trace *t, h2neg__trace_side *s, h2neg_str method)
{
    static const char *const words[] = {"",
                                        "no body",
                                        "a body of %o",
                                        "a body in chunks",
                                        "a body that ends with the connection",
                                        "no body: another protocol begins here"};
    uint64_t length = 0, at = s->offset;
    int kind = h2neg_body_kind(&s->head, method, &length);
    if (kind < 0)
        return h2neg__trace_stop(t, s, kind, at);
    h2neg__trace_next(t, s, 2);
    h2neg__trace_add(t, "the end of the head: ");
    h2neg__trace_tell_n(t, 1, "RFC 9112 6.3", words[kind], length);
    memset(&s->chunked, 0, sizeof s->chunked);
    s->chunked.max_overhead = H2NEG_OFF;
    if (kind == H2NEG_BODY_CHUNKED)
        s->state = H2NEG__TRACE_CHUNK;
    if (kind == H2NEG_BODY_LENGTH || kind == H2NEG_BODY_CLOSE)
        return h2neg__trace_run(s, kind == H2NEG_BODY_LENGTH ? length : UINT64_MAX,
                                H2NEG__TRACE_HEAD);
    return H2NEG__TRACE_GO;
}

/* A final response: the request that it answers is over. */
H2NEG__COLD static void h2neg__trace_answered(h2neg_trace *t)
{
    if (t->asked)
        memmove(t->methods, t->methods + 1, --t->asked);
    if (t->asked == 0)
        t->pending = t->offers_socket = t->offers_h2c = 0;
}

/* What a request asks of the connection. */
H2NEG__COLD static void h2neg__trace_ask(h2neg_trace *t, const h2neg__trace_side *s)
{
    const h2neg_h1_head *head = &s->head;
    const h2neg_field *key = h2neg_find(head->fields, head->count, "sec-websocket-key", NULL);
    h2neg_list list = {0, 0};
    h2neg_str item;
    int connect = h2neg_is(head->method, "CONNECT");
    if (t->asked == H2NEG__TRACE_ASKED)
        h2neg__trace_answered(t);
    t->methods[t->asked++] = connect ? 'C' : h2neg_is(head->method, "HEAD") ? 'H' : 'G';
    t->pending = connect;
    t->offers_socket = t->offers_h2c = 0;
    while (h2neg_upgrade_offers(&list, head->minor, head->fields, head->count, &item)) {
        t->pending = 1;
        t->offers_h2c |= h2neg_is_nocase(item, "h2c");
        t->offers_socket |= h2neg_is_nocase(item, "websocket");
    }
    if (key)
        h2neg_ws_accept_key(t->accept, key->value);
    t->offers_socket = t->offers_socket && key;
}

H2NEG__COLD static void h2neg__trace_request(h2neg_trace *t, h2neg__trace_side *s, size_t first)
{
    const h2neg_h1_head *head = &s->head;
    t->upgrade = h2neg__trace_no_set();
    h2neg__trace_next(t, s, first);
    h2neg__trace_put_s(t, "request: %s ", head->method);
    h2neg__trace_tell(t, 0, "RFC 9112 3", "%s HTTP/1.%n", head->target, (uint64_t)head->minor);
}

H2NEG__COLD static void h2neg__trace_response(h2neg_trace *t, h2neg__trace_side *s, size_t first)
{
    const h2neg_h1_head *head = &s->head;
    h2neg__trace_next(t, s, first);
    h2neg__trace_put_n(t, "response: HTTP/1.%n", (uint64_t)head->minor);
    h2neg__trace_put_n(t, " %n", (uint64_t)head->status);
    h2neg__trace_tell_s(t, 0, "RFC 9112 4", head->reason.len ? " %s" : "", head->reason);
}

/* Both sides speak HTTP/2 behind an Upgrade; the request is stream 1 (RFC 7540 3.2). */
H2NEG__COLD static void h2neg__trace_h2c(h2neg_trace *t)
{
    h2neg__trace_side *client = &t->sides[H2NEG_CLIENT], *server = &t->sides[H2NEG_SERVER];
    h2neg__trace_h2_side(t, server);
    h2neg__trace_h2_side(t, client);
    h2neg__trace_obey(t, server, &t->upgrade);
    if (t->upgrade.frame != UINT32_MAX)
        server->max_frame = t->upgrade.frame;
    h2neg__trace_become(t, h2neg__trace_open(t, client, 1), 1 << H2NEG_CLIENT);
}

H2NEG__COLD static void h2neg__trace_sockets(h2neg_trace *t, int rsv)
{
    h2neg__trace_socket_start(&t->sockets[0][H2NEG_SERVER], rsv);
    h2neg__trace_socket_start(&t->sockets[0][H2NEG_CLIENT], rsv);
}

/* A 101, or a 2xx to CONNECT: both sides go on with another protocol, the client behind the request
   that is answered. */
H2NEG__COLD static int h2neg__trace_switch(h2neg_trace *t, h2neg__trace_side *s, h2neg_str protocol)
{
    const h2neg__trace_side *client = &t->sides[H2NEG_CLIENT];
    int h2c = h2neg_is_nocase(protocol, "h2c"), socket = h2neg_is_nocase(protocol, "websocket");
    int extended =
        h2neg_find(s->head.fields, s->head.count, "sec-websocket-extensions", NULL) != NULL;
    h2neg__trace_put_s(t, "from here %s", protocol);
    h2neg__trace_tell_n(t, 2, "RFC 9110 7.8", "; the client's side from its offset %x",
                        client->offset);
    if ((h2c && t->asked && !t->offers_h2c) || (socket && t->asked && !t->offers_socket))
        h2neg__trace_wrong(t, 2, H2NEG_ERR_UPGRADE_ANSWER);
    h2neg__trace_run(s, UINT64_MAX, H2NEG__TRACE_COUNT); /* where nothing is known of it */
    s->state = h2c ? H2NEG__TRACE_FRAME : socket ? H2NEG__TRACE_SOCKET : H2NEG__TRACE_RUN;
    if (t->guessed) /* before this answer came */
        return H2NEG__TRACE_GO;
    t->switched = h2c ? (int)H2NEG__TRACE_PREFACE : s->state;
    if (h2c)
        h2neg__trace_h2c(t);
    else if (socket)
        h2neg__trace_sockets(t, extended ? H2NEG_WS_RSV1 : 0);
    return H2NEG__TRACE_GO;
}

/* The method of the request that is answered. */
H2NEG__COLD static h2neg_str h2neg__trace_method(const h2neg_trace *t)
{
    char first = t->asked ? t->methods[0] : 'G';
    return h2neg_s(first == 'C' ? "CONNECT" : first == 'H' ? "HEAD" : "GET");
}

/* Behind a response's lines. */
H2NEG__COLD static int h2neg__trace_answer(h2neg_trace *t, h2neg__trace_side *s)
{
    h2neg_list list = {0, 0};
    h2neg_str protocol = H2NEG__LIT("the tunnel"), method = h2neg__trace_method(t);
    uint64_t at = s->offset;
    int status = s->head.status, connect = method.ptr[0] == 'C';
    int r;
    if (status / 100 == 1 && status != 101) {
        h2neg__trace_next(t, s, 2);
        h2neg__trace_say(t, 1, "RFC 9110 15.2", "the end of the head: the response comes later");
        return H2NEG__TRACE_GO;
    }
    if (status == 101 && t->asked && (!t->pending || t->asked > 1 || connect))
        return h2neg__trace_stop(t, s, H2NEG_ERR_UPGRADE_ANSWER, at);
    r = h2neg__trace_body(t, s, method);
    if (status == 101)
        h2neg_list_next(&list, s->head.fields, s->head.count, "upgrade", &protocol);
    if (status == 101 || (connect && status / 100 == 2))
        r = h2neg__trace_switch(t, s, protocol);
    h2neg__trace_answered(t);
    return r;
}

/* No answer is seen: the client's octets themselves tell what they are. */
H2NEG__COLD static int h2neg__trace_guess(h2neg_trace *t, h2neg__trace_side *s)
{
    int kind = h2neg_detect(h2neg__trace_in(s), h2neg__trace_left(s));
    int socket = t->offers_socket;
    if (kind == H2NEG_DETECT_MORE && !s->ended)
        return H2NEG__TRACE_MORE;
    h2neg__trace_answered(t);
    if (kind <= H2NEG_DETECT_HTTP1)
        return H2NEG__TRACE_GO;
    h2neg__trace_point(t, s, NULL, 0, s->offset);
    h2neg__trace_say(t, 0, "", "another protocol, though no answer is seen");
    t->guessed = 1;
    if (kind == H2NEG_DETECT_HTTP2) {
        h2neg__trace_h2c(t);
        s->state = H2NEG__TRACE_PREFACE;
    } else if (socket) {
        h2neg__trace_sockets(t, H2NEG_WS_RSV1);
        s->state = H2NEG__TRACE_SOCKET;
    } else {
        return h2neg__trace_run(s, UINT64_MAX, H2NEG__TRACE_COUNT);
    }
    return H2NEG__TRACE_GO;
}

/* Whether a head has to wait for the other side. */
H2NEG__COLD static int h2neg__trace_head_waits(const h2neg_trace *t, const h2neg__trace_side *s)
{
    if (s->from == H2NEG_SERVER)
        return t->asked == 0;
    return t->pending || t->asked == H2NEG__TRACE_ASKED;
}

H2NEG__COLD static int h2neg__trace_switch_client(h2neg_trace *t, h2neg__trace_side *s)
{
    h2neg__trace_run(s, UINT64_MAX, H2NEG__TRACE_COUNT);
    s->state = t->switched;
    t->switched = 0;
    return H2NEG__TRACE_GO;
}

H2NEG__COLD static int h2neg__trace_on_head(h2neg_trace *t, h2neg__trace_side *s)
{
    size_t len = h2neg__trace_left(s), first;
    int client = s->from == H2NEG_CLIENT;
    ptrdiff_t n;
    if (client && t->switched)
        return h2neg__trace_switch_client(t, s);
    if (len == 0)
        return H2NEG__TRACE_MORE;
    if (!s->forced && h2neg__trace_head_waits(t, s))
        return H2NEG__TRACE_WAIT;
    if (client && t->pending)
        return h2neg__trace_guess(t, s);
    s->head.fields = t->fields;
    s->head.room = H2NEG__TRACE_FIELDS;
    s->head.text = s->block.text;
    s->head.text_room = client ? 0 : sizeof s->block.text;
    n = (client ? h2neg_h1_parse_request : h2neg_h1_parse_response)(&s->head, h2neg__trace_in(s),
                                                                    len, s->seen);
    s->seen = len;
    if (n < 0)
        return h2neg__trace_stop(t, s, (int)n, s->offset + s->head.error_at);
    if (n == 0)
        return H2NEG__TRACE_MORE;
    first = h2neg__trace_first_line(s, (size_t)n);
    (client ? h2neg__trace_request : h2neg__trace_response)(t, s, first);
    h2neg__trace_head_lines(t, s, (size_t)n - first);
    if (!client)
        return h2neg__trace_answer(t, s);
    h2neg__trace_ask(t, s);
    return h2neg__trace_body(t, s, s->head.method);
}

/* ---- chunks ---- */

H2NEG__COLD static int h2neg__trace_on_chunk(h2neg_trace *t, h2neg__trace_side *s)
{
    enum { MOST = 1026 }; /* a longer line is refused */
    const unsigned char *p = h2neg__trace_in(s);
    size_t have = h2neg__trace_left(s), most = have < MOST ? have : (size_t)MOST, n = s->seen;
    h2neg_str data;
    while (n < most && p[n] != '\n')
        n++;
    s->seen = n;
    if (n == have && n < MOST)
        return H2NEG__TRACE_MORE;
    n += n < most;
    if (h2neg_chunked_decode(&s->chunked, p, n, &data) < 0)
        return h2neg__trace_stop(t, s, -(int)s->chunked.error, s->offset + s->chunked.error_at);
    h2neg__trace_next(t, s, n);
    if (s->chunked.done) {
        h2neg__trace_say(t, 1, "RFC 9112 7.1", "the last chunk");
        s->state = H2NEG__TRACE_TRAILERS;
        return H2NEG__TRACE_GO;
    }
    h2neg__trace_tell(t, 1, "RFC 9112 7.1", "a chunk of %o: %s", h2neg__str(p, n - 2),
                      s->chunked.chunk);
    return h2neg__trace_run(s, s->chunked.chunk, H2NEG__TRACE_CHUNK_END);
}

H2NEG__COLD static int h2neg__trace_on_chunk_end(h2neg_trace *t, h2neg__trace_side *s)
{
    h2neg_str data;
    if (h2neg__trace_left(s) < 2)
        return H2NEG__TRACE_MORE;
    if (h2neg_chunked_decode(&s->chunked, h2neg__trace_in(s), 2, &data) < 0)
        return h2neg__trace_stop(t, s, -(int)s->chunked.error, s->offset + s->chunked.error_at);
    h2neg__trace_next(t, s, 2);
    h2neg__trace_say(t, 1, "RFC 9112 7.1", "the end of the chunk");
    s->state = H2NEG__TRACE_CHUNK;
    return H2NEG__TRACE_GO;
}

H2NEG__COLD static int h2neg__trace_on_trailers(h2neg_trace *t, h2neg__trace_side *s)
{
    size_t len = h2neg__trace_left(s);
    ptrdiff_t n = h2neg_h1_parse_trailers(&s->head, h2neg__trace_in(s), len, s->seen);
    s->seen = len;
    if (n < 0)
        return h2neg__trace_stop(t, s, (int)n, s->offset + s->head.error_at);
    if (n == 0)
        return H2NEG__TRACE_MORE;
    h2neg__trace_head_lines(t, s, (size_t)n);
    h2neg__trace_next(t, s, 2);
    h2neg__trace_say(t, 1, "RFC 9112 7.1.2", "the end of the trailers and of the message");
    s->state = H2NEG__TRACE_HEAD;
    return H2NEG__TRACE_GO;
}

/* ==== 17g >>trace ===========================================================
   PROXY, RFC 8446, RFC 7301 put into words, and the calls.  Uses >>trace-h1 >>trace-h2.
   Memory: the trace's block; nothing is allocated.
   Each side goes as far as it can whenever either one has new octets.
   ========================================================================== */

/* ---- PROXY ---- */

H2NEG__COLD static void h2neg__trace_address(h2neg_trace *t, int family, const unsigned char *p,
                                             unsigned port)
{
    size_t i;
    if (family == 1) {
        for (i = 0; i < 108 && p[i]; i++)
            continue;
        h2neg__trace_put_s(t, " %q", h2neg__str(p, i));
        return;
    }
    for (i = 0; i < 16 && family == 6; i += 2)
        h2neg__trace_put_s(t, i ? ":%h" : " [%h", h2neg__str(p + i, 2));
    for (i = 0; i < 4 && family == 4; i++)
        h2neg__trace_put_n(t, i ? ".%n" : " %n", p[i]);
    h2neg__trace_put_n(t, family == 6 ? "]:%n" : ":%n", port);
}

H2NEG__COLD static int h2neg__trace_proxy(h2neg_trace *t, h2neg__trace_side *s)
{
    h2neg_proxy proxy;
    ptrdiff_t n = h2neg_proxy_read(&proxy, h2neg__trace_in(s), h2neg__trace_left(s));
    if (n < 0)
        return h2neg__trace_stop(t, s, (int)n, s->offset + proxy.error_at);
    if (n == 0)
        return H2NEG__TRACE_MORE;
    t->proxied = 1;
    h2neg__trace_next(t, s, (size_t)n);
    h2neg__trace_put_n(t, "PROXY, version %n:", (uint64_t)proxy.version);
    if (proxy.family == 0) {
        h2neg__trace_add(t, proxy.local ? " of the proxy itself, or unknown" : " unspecified");
    } else {
        h2neg__trace_address(t, proxy.family, proxy.source, proxy.source_port);
        h2neg__trace_add(t, proxy.datagram ? " by datagrams to" : " to");
        h2neg__trace_address(t, proxy.family, proxy.destination, proxy.destination_port);
    }
    h2neg__trace_emit(t, 0, "", 0);
    if (proxy.alpn.ptr)
        h2neg__trace_tell_s(t, 1, "", "ALPN agreed: %s", proxy.alpn);
    return H2NEG__TRACE_GO;
}

/* ---- TLS ---- */

H2NEG__COLD static void h2neg__trace_version(h2neg_trace *t, uint32_t version)
{
    static const char *const names[] = {"SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"};
    const char *name = h2neg__trace_name(names, H2NEG__COUNT(names), version - 0x300);
    h2neg__trace_put(t, *name ? "%s" : "%x", h2neg_s(name), version);
}

/* The next line is about a slice of the hello: where it is the side's own octets, with them. */
H2NEG__COLD static void h2neg__trace_part(h2neg_trace *t, const h2neg__trace_side *s,
                                          h2neg_str part, uint64_t offset)
{
    const unsigned char *p = (const unsigned char *)part.ptr;
    if (p && p >= s->in) /* else it was joined in block.text, which stands before them */
        h2neg__trace_point(t, s, p, part.len, s->offset - (uint64_t)(h2neg__trace_in(s) - p));
    else
        h2neg__trace_point(t, s, NULL, 0, offset);
}

H2NEG__COLD static void h2neg__trace_hello_name(h2neg_trace *t,
                                                const h2neg_client_hello_info *hello)
{
    h2neg__trace_tell_s(t, 1, "RFC 6066 3",
                        hello->server_name.ptr ? "server name: %s" : "no server name",
                        hello->server_name);
}

H2NEG__COLD static void h2neg__trace_hello_alpn(h2neg_trace *t,
                                                const h2neg_client_hello_info *hello)
{
    h2neg_str rest = hello->alpn, name;
    size_t i;
    h2neg__trace_add(t, rest.ptr ? "ALPN offers" : "no ALPN");
    for (i = 0; h2neg_alpn_next(&rest, &name) == 1; i++)
        h2neg__trace_put_s(t, i ? ", %s" : " %s", name);
    h2neg__trace_emit(t, 1, "RFC 7301 3.1", 0);
}

H2NEG__COLD static void h2neg__trace_hello_versions(h2neg_trace *t,
                                                    const h2neg_client_hello_info *hello)
{
    size_t i;
    h2neg__trace_add(t, hello->has_versions ? "versions:" : "versions: up to ");
    for (i = 0; i + 1 < hello->versions.len; i += 2) {
        h2neg__trace_add(t, i ? ", " : " ");
        h2neg__trace_version(t, (uint32_t)(unsigned char)hello->versions.ptr[i] << 8 |
                                    (unsigned char)hello->versions.ptr[i + 1]);
    }
    if (!hello->has_versions)
        h2neg__trace_version(t, hello->legacy_version);
    h2neg__trace_emit(t, 1, "RFC 8446 4.2.1", 0);
}

/* What it says is told in the order in which it stands there, and then what it does not say. */
H2NEG__COLD static void h2neg__trace_hello(h2neg_trace *t, h2neg__trace_side *s,
                                           const h2neg_client_hello_info *hello, size_t len)
{
    static void (*const tell[3])(h2neg_trace *, const h2neg_client_hello_info *) = {
        h2neg__trace_hello_name, h2neg__trace_hello_alpn, h2neg__trace_hello_versions};
    h2neg_str part[3];
    uint64_t at = s->offset;
    unsigned i, n, next, told = 0;
    part[0] = hello->server_name;
    part[1] = hello->alpn;
    part[2] = hello->versions;
    h2neg__trace_next(t, s, len);
    h2neg__trace_tell_n(t, 0, "RFC 8446 4.1.2", "TLS ClientHello, %o", len);
    for (n = 0; n < 3; n++, told |= 1u << next) {
        for (i = 0, next = 3; i < 3; i++)
            if (!(told >> i & 1) &&
                (next == 3 || (part[i].ptr && (!part[next].ptr || part[i].ptr < part[next].ptr))))
                next = i;
        h2neg__trace_part(t, s, part[next], at);
        tell[next](t, hello);
    }
    h2neg__trace_point(t, s, NULL, 0, s->offset);
    h2neg__trace_say(t, 1, "RFC 8446 2", "what follows is encrypted, and only counted");
}

/* Asked at the end of each record, of which there are few. */
H2NEG__COLD static int h2neg__trace_on_hello(h2neg_trace *t, h2neg__trace_side *s)
{
    const unsigned char *p = h2neg__trace_in(s);
    size_t have = h2neg__trace_left(s), len;
    h2neg_client_hello_info hello;
    ptrdiff_t n;
    if (have < s->seen + 5)
        return H2NEG__TRACE_MORE;
    len = s->seen + 5 + ((size_t)p[s->seen + 3] << 8 | p[s->seen + 4]);
    memset(&hello, 0, sizeof hello);
    n = h2neg_client_hello(&hello, p, have < len ? s->seen + 5 : len, s->block.text,
                           sizeof s->block.text);
    if (n < 0)
        return h2neg__trace_stop(t, s, (int)n, s->offset + hello.error_at);
    if (have < len)
        return H2NEG__TRACE_MORE;
    if (n == 0) {
        s->seen = len;
        if (++s->records < H2NEG__TRACE_RECORDS)
            return H2NEG__TRACE_GO;
        return h2neg__trace_stop(t, s, H2NEG_ERR_TLS_HELLO_LARGE, s->offset + len);
    }
    h2neg__trace_hello(t, s, &hello, (size_t)n);
    return h2neg__trace_count(s, "encrypted");
}

/* The ALPN answer, where a ServerHello has one in the open (before TLS 1.3). */
H2NEG__COLD static void h2neg__trace_server_hello(h2neg_trace *t, h2neg__trace_side *s,
                                                  h2neg__reader r)
{
    uint32_t version = h2neg__take_be(&r, 2);
    h2neg_str alpn = H2NEG__LIT("");
    h2neg__take(&r, 32);
    h2neg__take(&r, h2neg__take_be(&r, 1));
    h2neg__take(&r, 2 + 1 + 2);
    while (r.left && !r.bad) {
        uint32_t type = h2neg__take_be(&r, 2);
        h2neg_str body = h2neg__take(&r, h2neg__take_be(&r, 2));
        if (type == 43 && body.len == 2)
            version = (uint32_t)(unsigned char)body.ptr[0] << 8 | (unsigned char)body.ptr[1];
        if (type == 16 && body.len > 3)
            alpn = h2neg__str(body.ptr + 3, body.len - 3);
    }
    h2neg__trace_add(t, "TLS ServerHello: ");
    h2neg__trace_version(t, version);
    h2neg__trace_emit(t, 0, "RFC 8446 4.1.3", r.bad ? (int)H2NEG_ERR_TLS_HELLO : 0);
    if (alpn.len)
        h2neg__trace_part(t, s, alpn, s->offset);
    h2neg__trace_tell_s(t, 1, "RFC 7301 3.1",
                        alpn.len          ? "ALPN chooses %s"
                        : version > 0x303 ? "the ALPN answer is encrypted"
                                          : "no ALPN answer",
                        alpn);
}

H2NEG__COLD static void h2neg__trace_alert(h2neg_trace *t, const unsigned char *p)
{
    h2neg__trace_tell_n(t, 0, "RFC 8446 6",
                        p[1] == 120
                            ? "TLS alert 120: no_application_protocol, none of the ALPN offers"
                            : "TLS alert %n",
                        p[1]);
}

/* The server's first record. */
H2NEG__COLD static int h2neg__trace_on_record(h2neg_trace *t, h2neg__trace_side *s)
{
    const unsigned char *p = h2neg__trace_in(s);
    size_t have = h2neg__trace_left(s), len;
    if (have < 5)
        return H2NEG__TRACE_MORE;
    len = 5 + ((size_t)p[3] << 8 | p[4]);
    if (p[1] != 3 || len > 5 + 16384 + 256)
        return h2neg__trace_stop(t, s, H2NEG_ERR_PEER_IS_OTHER, s->offset);
    if (have < len)
        return H2NEG__TRACE_MORE;
    h2neg__trace_next(t, s, len);
    if (p[0] == 22 && len > 9 && p[5] == 2)
        h2neg__trace_server_hello(t, s, h2neg__read(p + 9, len - 9));
    else if (p[0] == 21 && len == 7)
        h2neg__trace_alert(t, p + 5);
    else
        h2neg__trace_tell_n(t, 0, "RFC 8446 5.1", "TLS record of type %n", p[0]);
    return h2neg__trace_count(s, "encrypted");
}

/* ---- a connection ---- */

/* What the connection is, by its first octets. */
H2NEG__COLD static int h2neg__trace_begin(h2neg_trace *t, h2neg__trace_side *s, int kind)
{
    static const unsigned char states[] = {0, H2NEG__TRACE_HEAD, H2NEG__TRACE_FRAME,
                                           H2NEG__TRACE_RECORD};
    if (t->protocol > H2NEG_DETECT_TLS) /* so says the other side */
        return h2neg__trace_count(s, "of the other protocol");
    if (kind > H2NEG_DETECT_TLS) {
        t->protocol = kind;
        return h2neg__trace_stop(t, s, H2NEG_ERR_PEER_IS_OTHER, s->offset);
    }
    s->state = states[kind];
    if (s->from == H2NEG_CLIENT && kind == H2NEG_DETECT_HTTP2)
        s->state = H2NEG__TRACE_PREFACE;
    if (s->from == H2NEG_CLIENT && kind == H2NEG_DETECT_TLS)
        s->state = H2NEG__TRACE_HELLO;
    if (t->protocol == H2NEG_DETECT_MORE && kind == H2NEG_DETECT_HTTP2) {
        h2neg__trace_h2_side(t, &t->sides[H2NEG_SERVER]);
        h2neg__trace_h2_side(t, &t->sides[H2NEG_CLIENT]);
    }
    t->protocol = kind;
    return H2NEG__TRACE_GO;
}

/* A server that speaks HTTP/2 begins with SETTINGS. */
H2NEG__COLD static int h2neg__trace_is_settings(const unsigned char *p)
{
    static const unsigned char zero[4] = {0, 0, 0, 0};
    return p[3] == H2NEG_H2_SETTINGS && p[4] == 0 && memcmp(p + 5, zero, 4) == 0;
}

H2NEG__COLD static int h2neg__trace_on_start(h2neg_trace *t, h2neg__trace_side *s)
{
    size_t len = h2neg__trace_left(s);
    int kind = h2neg_detect(h2neg__trace_in(s), len);
    if (len == 0)
        return H2NEG__TRACE_MORE;
    if (s->from == H2NEG_SERVER && t->protocol != H2NEG_DETECT_MORE)
        return h2neg__trace_begin(t, s, t->protocol);
    if (s->from == H2NEG_SERVER && !s->forced)
        return H2NEG__TRACE_WAIT;
    if (s->from == H2NEG_SERVER && kind == H2NEG_DETECT_OTHER) {
        if (len < 9 && !s->ended)
            return H2NEG__TRACE_MORE;
        if (len >= 9 && h2neg__trace_is_settings(h2neg__trace_in(s)))
            kind = H2NEG_DETECT_HTTP2;
    }
    if (kind == H2NEG_DETECT_MORE)
        return H2NEG__TRACE_MORE;
    if (!t->proxied && (kind == H2NEG_DETECT_PROXY1 || kind == H2NEG_DETECT_PROXY2))
        return h2neg__trace_proxy(t, s);
    return h2neg__trace_begin(t, s, kind);
}

typedef int (*h2neg__trace_step)(h2neg_trace *t, h2neg__trace_side *s);
static const h2neg__trace_step h2neg__trace_steps[] = {
    h2neg__trace_on_start,   h2neg__trace_on_hello,     h2neg__trace_on_record,
    h2neg__trace_on_count,   h2neg__trace_on_run,       h2neg__trace_on_head,
    h2neg__trace_on_chunk,   h2neg__trace_on_chunk_end, h2neg__trace_on_trailers,
    h2neg__trace_on_socket,  h2neg__trace_on_preface,   h2neg__trace_on_frame,
    h2neg__trace_on_prefix,  h2neg__trace_on_payload,   h2neg__trace_on_body,
    h2neg__trace_on_padding, h2neg__trace_on_done};

/* One step, or none: 1 when something was done. */
H2NEG__COLD static int h2neg__trace_try(h2neg_trace *t, h2neg__trace_side *s, int forced)
{
    int r;
    if (s->closed || s->stale)
        return 0;
    s->forced = forced;
    r = h2neg__trace_steps[s->state](t, s);
    if (r == H2NEG__TRACE_MORE && h2neg__trace_left(s) == H2NEG__TRACE_ROOM)
        r = h2neg__trace_stop(t, s, H2NEG_ERR_TOO_SMALL, s->offset);
    s->waits = r == H2NEG__TRACE_WAIT;
    s->stale = r == H2NEG__TRACE_MORE;
    return r == H2NEG__TRACE_GO;
}

/* A side that waits in vain goes on without the other one. */
H2NEG__COLD static int h2neg__trace_force(h2neg_trace *t, h2neg__trace_side *s)
{
    const h2neg__trace_side *o = h2neg__trace_other(t, s);
    if (!s->waits ||
        (h2neg__trace_left(s) < H2NEG__TRACE_ROOM && !o->closed && !(o->ended && o->waits)))
        return 0;
    return h2neg__trace_try(t, s, 1);
}

/* Whether a side may end here. */
H2NEG__COLD static int h2neg__trace_whole(const h2neg_trace *t, const h2neg__trace_side *s)
{
    const h2neg__trace_socket *k = &t->sockets[0][s->from];
    if (h2neg__trace_left(s))
        return 0;
    switch (s->state) {
    case H2NEG__TRACE_RUN: return s->left == UINT64_MAX;
    case H2NEG__TRACE_SOCKET: return k->held == 0 && !k->in_payload;
    case H2NEG__TRACE_FRAME: return s->block_stream == 0;
    default: return s->state <= H2NEG__TRACE_HEAD;
    }
}

/* The last lines of a side that has ended. */
H2NEG__COLD static int h2neg__trace_close(h2neg_trace *t, h2neg__trace_side *s)
{
    if (!s->ended || s->closed || s->waits)
        return 0;
    s->closed = 1;
    s->stream = 0;
    h2neg__trace_point(t, s, NULL, 0, s->offset);
    if (s->state == H2NEG__TRACE_COUNT && s->shown) {
        t->line.offset -= s->shown;
        h2neg__trace_tell(t, 0, "", "%o %s", h2neg_s(s->rest), s->shown);
    } else if (s->state == H2NEG__TRACE_RUN && s->left == UINT64_MAX &&
               s->shown > H2NEG__TRACE_SHOWN) {
        t->line.offset -= s->shown - H2NEG__TRACE_SHOWN;
        h2neg__trace_tell_n(t, 1, "RFC 9112 6.3", "and %o more, to the end of the connection",
                            s->shown - H2NEG__TRACE_SHOWN);
    } else if (!h2neg__trace_whole(t, s)) {
        h2neg__put_text(&t->w, "cut short: ");
        h2neg__trace_wrong(t, 0, H2NEG_ERR_BODY_SHORT);
    }
    return 1;
}

/* Both sides go as far as they come. The one that has no new octets is asked first, after each step
   of the other, so that it does not matter how those came. */
H2NEG__COLD static void h2neg__trace_go(h2neg_trace *t, h2neg__trace_side *s)
{
    h2neg__trace_side *o = h2neg__trace_other(t, s);
    while (h2neg__trace_try(t, o, 0) || h2neg__trace_try(t, s, 0) || h2neg__trace_force(t, o) ||
           h2neg__trace_force(t, s) || h2neg__trace_close(t, o) || h2neg__trace_close(t, s))
        continue;
}

H2NEG__COLD H2NEG__DEF void h2neg_trace_octets(void *trace, int from, const void *octets,
                                               size_t len)
{
    h2neg_trace *t = (h2neg_trace *)trace;
    const unsigned char *p = (const unsigned char *)octets;
    h2neg__trace_side *s;
    if (!t || (from != H2NEG_CLIENT && from != H2NEG_SERVER) || t->sides[from].ended)
        return;
    s = &t->sides[from];
    while (len) {
        size_t n = sizeof s->in - s->end;
        if (s->start && (n < len || s->start == s->end)) {
            memmove(s->in, h2neg__trace_in(s), h2neg__trace_left(s));
            s->end -= s->start;
            s->start = 0;
            n = sizeof s->in - s->end;
        }
        n = n < len ? n : len;
        memcpy(s->in + s->end, p, n);
        s->end += n;
        s->stale = 0;
        p += n;
        len -= n;
        h2neg__trace_go(t, s);
    }
}

H2NEG__COLD H2NEG__DEF void h2neg_trace_end(h2neg_trace *t, int from)
{
    if (!t || (from != H2NEG_CLIENT && from != H2NEG_SERVER) || t->sides[from].ended)
        return;
    t->sides[from].ended = 1;
    t->sides[from].stale = 0;
    h2neg__trace_go(t, &t->sides[from]);
}

H2NEG__COLD H2NEG__DEF int h2neg_trace_rests(const h2neg_trace *t, int from)
{
    if (!t || (from != H2NEG_CLIENT && from != H2NEG_SERVER))
        return 0;
    return t->sides[from].waits || h2neg__trace_whole(t, &t->sides[from]);
}

/* As much as aligns the block. */
enum { H2NEG__TRACE_ALIGN = 16 };

H2NEG__COLD H2NEG__DEF size_t h2neg_trace_memory(void)
{
    return sizeof(h2neg_trace) + H2NEG__TRACE_ALIGN - 1;
}

H2NEG__COLD H2NEG__DEF h2neg_trace *h2neg_trace_place(void *block, size_t size,
                                                      const h2neg_trace_options *options)
{
    unsigned char *p = (unsigned char *)block;
    h2neg_trace *t;
    if (!block || size < h2neg_trace_memory())
        return NULL;
    p +=
        (H2NEG__TRACE_ALIGN - ((uintptr_t)p & (H2NEG__TRACE_ALIGN - 1))) & (H2NEG__TRACE_ALIGN - 1);
    t = (h2neg_trace *)(void *)p;
    memset(t, 0, sizeof *t);
    if (options)
        t->options = *options;
    t->w = h2neg__write(t->text, sizeof t->text - 3);
    t->upgrade = h2neg__trace_no_set();
    t->sides[H2NEG_CLIENT].from = H2NEG_CLIENT;
    t->sides[H2NEG_SERVER].from = H2NEG_SERVER;
    return t;
}

/* ---- the printed form ---- */

H2NEG__COLD static void h2neg__trace_colour(h2neg__writer *w, unsigned flags, const char *code)
{
    if (flags & H2NEG_TRACE_COLOUR) {
        h2neg__put_text(w, "\033[");
        h2neg__put_text(w, code);
        h2neg__put_text(w, "m");
    }
}

/* At most 8 octets, in a column of 26. */
H2NEG__COLD static void h2neg__trace_column(h2neg__writer *w, const h2neg_trace_line *line)
{
    size_t n = line->len < 8 ? line->len : 8;
    size_t used = w->used;
    h2neg__trace_hex(w, h2neg__str(line->octets, n), " ");
    h2neg__put_text(w, n < line->len ? " .." : "");
    while (!w->bad && w->used - used < 28)
        h2neg__put_text(w, " ");
}

H2NEG__COLD H2NEG__DEF size_t h2neg_trace_write(char *out, size_t room,
                                                const h2neg_trace_line *line, unsigned flags)
{
    h2neg__writer w = h2neg__write(out, room);
    unsigned char at[8];
    size_t i, skip = line->offset >> 32 ? 0 : 4;
    for (i = 0; i < 8; i++)
        at[i] = (unsigned char)(line->offset >> 8 * (7 - i));
    h2neg__trace_colour(&w, flags, line->from == H2NEG_CLIENT ? "36" : "33");
    h2neg__put_text(&w, line->from == H2NEG_CLIENT ? "> " : "< ");
    if (line->len == 0 && line->depth == 2 && line->code == 0) /* it stands above */
        h2neg__put_text(&w, skip ? "        " : "                ");
    else
        h2neg__trace_hex(&w, h2neg__str(at + skip, 8 - skip), "");
    h2neg__put_text(&w, "  ");
    h2neg__trace_colour(&w, flags, "0;2");
    if (!(flags & H2NEG_TRACE_NO_HEX))
        h2neg__trace_column(&w, line);
    h2neg__trace_colour(&w, flags, line->code ? "0;31" : line->depth == 0 ? "0;1" : "0");
    for (i = 0; i < (size_t)line->depth; i++)
        h2neg__put_text(&w, "  ");
    h2neg__put_str(&w, line->text);
    h2neg__trace_colour(&w, flags, "0;2");
    h2neg__put_text(&w, *line->section ? "  " : "");
    h2neg__put_text(&w, line->section);
    h2neg__trace_colour(&w, flags, "0");
    return w.bad ? 0 : w.used;
}
#undef H2NEG__COLD
#endif /* H2NEG_NO_TRACE */

#ifndef H2NEG_NO_CONN
/* ==== 18 >>conn ============================================================
   What a connection is: its struct, its streams' slots, the config with its defaults, and the bound
   of every part of its memory.  Uses >>bytes >>ws-handshake.
   Memory: none is taken here.
   After the config is resolved no code asks whether a field is zero.
   ========================================================================== */

/* The parts. A placed connection has each at its bound from the start; else they come and go. */
enum {
    H2NEG__IN,      /* input that was kept when a loan ended */
    H2NEG__WORK,    /* the field section of the current event: an array of fields and text */
    H2NEG__OUT,     /* octets to write */
    H2NEG__DECODER, /* HPACK tables */
    H2NEG__ENCODER,
    H2NEG__STREAMS, /* slots */
    H2NEG__OWED,    /* rings: PING payloads to answer, RST_STREAM for streams without a slot */
    H2NEG__SHUT,    /* ring: how the last streams closed */
    H2NEG__QUEUE,   /* bodies of replies that windows keep back */
    H2NEG__EARLY,   /* HTTP/2: octets that came before their CONNECT was answered */
    H2NEG__HTTP2,   /* HTTP/2's numbers */
    H2NEG__WS,      /* what each WebSocket needs besides its slot and its message */
    H2NEG__PARTS
};

enum { H2NEG__WINDOW = 65535 }; /* of a stream, before SETTINGS say otherwise (RFC 9113 6.9.2) */
enum { H2NEG__RING = 32, H2NEG__SHUT_COUNT = 128, H2NEG__SWALLOW = 65536 };
/* What a new request needs of the output: a reply of 4,096 octets, and what is added to its head.
 */
enum { H2NEG__ANSWER = 4096 + 512 };
/* What a GOAWAY or PRIORITY_UPDATE may need in one piece: 8 octets and 256 of text. */
enum { H2NEG__PAYLOAD = 264 };

typedef struct h2neg__owed {
    unsigned char pings[H2NEG__RING][8];
    struct {
        uint32_t stream, code;
    } resets[H2NEG__RING];
} h2neg__owed;

/* The life of a connection. */
enum {
    H2NEG__START, /* what is spoken is not known yet */
    H2NEG__LIVE,
    H2NEG__INERT, /* nothing is read any more: input is thrown away until the peer has closed */
    H2NEG__OVER
};

/* What a step of a protocol's reader answers. */
enum {
    H2NEG__STARVED, /* more octets are needed */
    H2NEG__EVENT,   /* the event was filled in */
    H2NEG__GO_ON,   /* something was done: call again */
    H2NEG__STOPPED, /* octets are there and may not be used yet */
    H2NEG__OCTETS   /* octets are there for the stream's WebSocket */
};

/* Timers. `since` 0: not running; else the tick it began at, plus 1. */
enum {
    H2NEG__T_HEAD,
    H2NEG__T_IDLE,
    H2NEG__T_PREFACE,
    H2NEG__T_SETTINGS,
    H2NEG__T_DRAIN,
    H2NEG__T_INERT,
    H2NEG__T_EARLY,
    H2NEG__T_STALL,
    H2NEG__TIMERS
};

/* What HTTP/2's reader reads next. */
enum {
    H2NEG__H2_PREFACE,
    H2NEG__H2_HEADER,
    H2NEG__H2_PREFIX,
    H2NEG__H2_DATA_RUN,
    H2NEG__H2_FRAGMENT,
    H2NEG__H2_PAYLOAD,
    H2NEG__H2_SKIP
};

/* Numbers of HTTP/2. Windows: `send` is what the peer still lets us send (signed: SETTINGS may take
   it below zero, RFC 9113 6.9.2); `recv` is what it may still send; `unreturned` was consumed here
   and has not been granted again. */
typedef struct h2neg__http2 {
    h2neg_hpack_list *list;     /* the field block that is read, in WORK */
    h2neg_h2_frame frame;       /* the frame that is read */
    uint64_t at;                /* the offset of its first octet */
    uint16_t mended;            /* thousandths of a reset that time has given back */
    unsigned char state, first; /* first: it must be SETTINGS (RFC 9113 3.4) */
    uint32_t left;              /* octets of its payload, padding not counted, still to come */
    uint32_t skip;              /* octets to pass over */
    uint32_t returned;          /* credit that the end of this frame returns */
    uint32_t data;              /* the stream that its DATA go to; 0: they are dropped */
    uint32_t block;             /* the stream whose field block is open; 0: none */
    int block_error;            /* why that block's stream fails, 0: it does not */
    unsigned char block_kind, block_end, block_frames, block_empty;
    uint64_t block_octets; /* of the block, on the wire */
    int64_t send, recv;
    uint32_t unreturned;
    /* the peer's settings */
    uint32_t peer_window, peer_frame, peer_streams;
    /* our own state */
    uint32_t window;      /* the peer's initial window: 65,535 until it acknowledged ours */
    uint32_t last_peer;   /* the highest stream the peer opened */
    uint32_t goaway_last; /* of the last GOAWAY we sent; the peer's streams above it are ignored */
    uint32_t goaway_seen; /* of the last GOAWAY we got */
    uint32_t owed_acks;
    /* from here on 8 octets that h2neg__h2_owes reads at once */
    uint8_t owed_pings, owed_resets;
    unsigned char credit_due, preface_owed, goaway_owed;
    unsigned char drain_ping, ping_state; /* 1: owed, 2: out */
    uint8_t ping_at;
    uint8_t reset_at, shut_at, shut_count;
    unsigned char settings_unacked, goaway_sent, goaway_got, ping[8];
    unsigned char peer_connect; /* its ENABLE_CONNECT_PROTOCOL */
    /* budgets */
    int32_t resets;
    uint32_t empties, shorts;
    uint32_t turn[8]; /* for each urgency, the incremental stream that went last */
    uint64_t updates, data_frames, opened;
    uint64_t sent, sent_before, sent_lately; /* octets of DATA: all, up to the last tick, since */
    uint32_t table_least, table_peer; /* the peer's table, at the least and now, until `coding` */
    uint32_t refused;                 /* octets for the longest block that was refused */
    unsigned char coding;             /* what stands below is there */
    h2neg_hpack_decoder decoder;
    h2neg_hpack_encoder encoder;
} h2neg__http2;

/* HTTP/1's own. */
typedef struct h2neg__http1 {
    h2neg_h1_head *head; /* the head or trailer section that is read, in WORK */
    unsigned char state, close, minor, body;
    unsigned char early;      /* a response ended before its request: the rest is drained */
    unsigned char offered;    /* client: h2c was offered */
    unsigned char continued;  /* server: 100 went out for an h2c offer's body */
    unsigned char asked_head; /* server: the request that was read last is a HEAD */
    size_t seen;              /* octets of the head that were looked at */
    size_t upgrade_need;      /* server: octets of an h2c offer and its body; 0: none */
    uint64_t left;            /* octets of the body still to come */
    uint64_t drained;
    union {
        h2neg_h1_scan scan;    /* heads, trailers: what their parser remembers while WORK is away */
        h2neg_chunked chunked; /* chunked bodies */
    } u;
    uint32_t stream;   /* the stream under way; 0: none */
    uint8_t offer_len; /* server: of the conn's `words`: what an accept needs */
    uint8_t options;   /* what the head's Connection says */
    uint8_t loan_seen; /* the connection's, here for room: a tick saw this loan: we are slow */
} h2neg__http1;

typedef struct h2neg__part {
    unsigned char *ptr;
    size_t size;
} h2neg__part;

/* A WebSocket, from its request (client) or its accept (server) to DONE. A message is gathered in
   `buffer`. Of control frames that are to be sent one waits at most: a Close, or the latest pong.
 */
typedef struct h2neg__ws {
    uint32_t stream;    /* 0: free */
    h2neg__part buffer; /* the message that comes, or the last one */
    size_t have;        /* octets in it */
    h2neg_ws_frame frame;
    uint64_t at;   /* offset of the frame's first octet */
    uint64_t left; /* octets of its payload still to come */
    uint64_t useful, overhead;
    void *coder[2];         /* the codec's contexts: to inflate, to compress */
    h2neg_str subprotocols; /* client: what was asked for, borrowed until the answer */
    size_t early_at;        /* octets of the first early record that were read */
    uint32_t empties;       /* empty fragments in a row */
    uint16_t code;          /* of WS_CLOSE */
    int error;              /* ... and why, where the peer broke the rules */
    h2neg_utf8 utf8;
    unsigned char flags; /* H2NEG__W_* */
    unsigned char state, head_len;
    unsigned char opcode, squeezed, given; /* of the message that comes; `given`: a piece was */
    unsigned char sending, squeezing;      /* of the message that goes out */
    unsigned char owed, owed_len, control_len;
    unsigned char head[14], control[125], owed_payload[125];
} h2neg__ws;

struct h2neg_conn {
    const h2neg_config *config; /* shared, or a copy of its own right behind this struct */
    h2neg__part part[H2NEG__PARTS];
    struct {
        int code;
        uint32_t h2_code;
        uint64_t offset;
    } error; /* the first one; see h2neg__error_of */
    const char *why;
    /* input: first what was kept, [kept_at, kept_at + kept) of its part, then what is lent */
    h2neg_str lent;
    size_t kept_at, kept;
    uint64_t offset;   /* octets consumed */
    uint64_t in_total; /* octets fed */
    /* output: [out_at, out_at + out) of its part */
    size_t out_at, out;
    uint64_t out_total;
    unsigned char phase, protocol, via, agreed;
    unsigned char tls_ready;       /* ALPN's result is known */
    unsigned char shown;           /* output was shown and not yet done */
    unsigned char starved;         /* what is kept waits for more octets */
    unsigned char eof, lost, shut; /* shut: the application drains */
    unsigned char negotiated_owed, error_owed, status_owed, want_request;
    unsigned char spoken; /* the last words are out; nothing is written behind them */
    unsigned char placed; /* the parts stand behind the struct, and behind them its WebSockets'
                             message buffers; 0: they come from alloc_fn */
    char words[64]; /* the tokens that an accept may choose from, or a WebSocket's key; at the end
                       the last words, when no memory can be had for output */
    uint32_t swallowed; /* octets thrown away, as far as they are counted */
    /* the event that was given last */
    uint32_t current, current_credit;
    uint32_t expecting; /* not 0: some stream's 100 Continue is due */
    /* streams */
    uint32_t next_stream, live, requests, slots; /* slots: how many of the table are set up */
    uint16_t free_slot, owed_first, owed_last;
    unsigned char current_done, current_early; /* of that event */
    uint32_t marked, sending,
        wanting;         /* how many slots have marks, a body to send, want WRITABLE */
    uint32_t behind;     /* slots that are kept behind their DONE */
    size_t queued;       /* octets in the part QUEUE */
    uint32_t early;      /* octets in the part EARLY */
    uint32_t early_last; /* where EARLY's last record begins, if it can go on; else `early` */
    unsigned char ws_room, ws_live; /* WebSockets that the part WS holds; that are in use */
    unsigned char ws_due;           /* one of them may have something to write, or to end */
    unsigned char linger; /* client: the server closes first; 1: ours stays open until then */
    uint32_t again_room;  /* what there was when a request was refused with AGAIN */
    uint64_t useful, overhead;
    uint64_t now, since[H2NEG__TIMERS], mark_idle, mark_stall;
    h2neg__http1 h1;
    h2neg__http2 *h2; /* NULL until HTTP/2 begins */
};

/* ---- config ---- */

/* Every number of the config with its defaults. LIMIT: H2NEG_OFF means zero; TIME: it stays, for
   never. */
enum { H2NEG__LIMIT, H2NEG__TIME };
typedef struct h2neg__default {
    size_t at;
    uint32_t server, client;
    int kind;
    uint32_t least, most;
} h2neg__default;
#define H2NEG__D(name, server, client, kind, least, most)                                          \
    {                                                                                              \
        offsetof(h2neg_config, name), server, client, kind, least, most                            \
    }
static const h2neg__default h2neg__defaults[] = {
    H2NEG__D(max_input, 16384, 16384, H2NEG__LIMIT, 1, 1u << 30),
    H2NEG__D(max_output_pending, 65536, 65536, H2NEG__LIMIT, 8192, 1u << 30),
    H2NEG__D(max_header_list, 32768, 65536, H2NEG__LIMIT, 256, 1u << 24),
    H2NEG__D(max_header_fields, 128, 128, H2NEG__LIMIT, 1, 1u << 16),
    H2NEG__D(max_cookie_crumbs, 256, 256, H2NEG__LIMIT, 0, 1u << 16),
    H2NEG__D(max_field_line, 8192, 8192, H2NEG__LIMIT, 64, 1u << 24),
    H2NEG__D(max_informational, 16, 16, H2NEG__LIMIT, 0, 255),
    H2NEG__D(max_queued, 32768, 32768, H2NEG__LIMIT, 0, 1u << 30),
    H2NEG__D(overhead_slack, 1u << 20, 1u << 20, H2NEG__LIMIT, 0, UINT32_MAX),
    H2NEG__D(overhead_ratio, 8, 8, H2NEG__LIMIT, 0, 1u << 20),
    H2NEG__D(max_request_line, 8192, 8192, H2NEG__LIMIT, 64, 1u << 24),
    H2NEG__D(max_empty_lines, 2, 2, H2NEG__LIMIT, 0, 1u << 16),
    H2NEG__D(max_chunk_line, 1024, 1024, H2NEG__LIMIT, 16, 1u << 20),
    H2NEG__D(chunk_overhead, 16384, 16384, H2NEG__LIMIT, 0, 1u << 30),
    H2NEG__D(drain_octets, 65536, 65536, H2NEG__LIMIT, 0, UINT32_MAX),
    H2NEG__D(max_upgrade_body, 16384, 16384, H2NEG__LIMIT, 0, 1u << 20),
    H2NEG__D(max_concurrent_streams, 100, 100, H2NEG__LIMIT, 1, 16384),
    H2NEG__D(max_frame_size, 16384, 16384, H2NEG__LIMIT, 16384, 16777215),
    H2NEG__D(initial_window, 65535, 65535, H2NEG__LIMIT, 1, 0x7fffffff),
    H2NEG__D(connection_window, 1u << 20, 1u << 20, H2NEG__LIMIT, 65535, 0x7fffffff),
    H2NEG__D(hpack_decoder_table, 4096, 4096, H2NEG__LIMIT, 0, 1u << 20),
    H2NEG__D(hpack_encoder_table, 4096, 4096, H2NEG__LIMIT, 0, 1u << 20),
    H2NEG__D(max_continuations, 8, 8, H2NEG__LIMIT, 0, 200),
    H2NEG__D(reset_budget, 1000, 1000, H2NEG__LIMIT, 1, 1u << 30),
    H2NEG__D(max_consecutive_empty, 10, 10, H2NEG__LIMIT, 0, 1u << 30),
    H2NEG__D(max_settings_entries, 32, 32, H2NEG__LIMIT, 1, 32),
    H2NEG__D(window_update_slack, 5, 5, H2NEG__LIMIT, 0, 1u << 30),
    H2NEG__D(max_short_data, 64, 64, H2NEG__LIMIT, 0, 1u << 30),
    H2NEG__D(max_message, 1u << 20, 1u << 20, H2NEG__LIMIT, 0, 1u << 30),
    H2NEG__D(max_ws_streams, 8, 8, H2NEG__LIMIT, 0, 250),
    H2NEG__D(max_ws_empty, 16, 16, H2NEG__LIMIT, 0, 1u << 30),
    H2NEG__D(head_timeout, 20000, 20000, H2NEG__TIME, 1, UINT32_MAX),
    H2NEG__D(body_min_rate, 500, 500, H2NEG__LIMIT, 0, 1u << 30),
    H2NEG__D(write_min_rate, 500, 500, H2NEG__LIMIT, 0, 1u << 30),
    H2NEG__D(rate_grace, 20000, 20000, H2NEG__TIME, 1, UINT32_MAX),
    H2NEG__D(write_stall, 60000, 60000, H2NEG__TIME, 1, UINT32_MAX),
    H2NEG__D(idle_timeout, 60000, 60000, H2NEG__TIME, 1, UINT32_MAX),
    H2NEG__D(preface_timeout, 10000, 10000, H2NEG__TIME, 1, UINT32_MAX),
    H2NEG__D(settings_timeout, 10000, 10000, H2NEG__TIME, 1, UINT32_MAX),
    H2NEG__D(drain_timeout, 30000, 30000, H2NEG__TIME, 1, UINT32_MAX),
    H2NEG__D(early_drain_timeout, 5000, 5000, H2NEG__TIME, 1, UINT32_MAX),
    H2NEG__D(response_timeout, H2NEG_OFF, H2NEG_OFF, H2NEG__TIME, 1, UINT32_MAX),
    H2NEG__D(close_timeout, 10000, 10000, H2NEG__TIME, 1, UINT32_MAX)};
#undef H2NEG__D

/* A codec has all its calls, and window bits are in range. */
static int h2neg__config_ws(const h2neg_config *g)
{
    const h2neg_ws_codec *codec = g->ws_codec;
    char text[128];
    return h2neg_ws_deflate_write(text, sizeof text, &g->ws_deflate) > 0 &&
           (g->ws_deflate.client_max_window_bits >= 0 || g->role == H2NEG_CLIENT) &&
           (!codec || (codec->open_fn && codec->run_fn && codec->reset_fn && codec->close_fn));
}

/* Puts the defaults in; from here on no code asks whether a field is zero. 1, or 0: out of range.
 */
static int h2neg__config_resolve(h2neg_config *out, const h2neg_config *config)
{
    size_t i;
    if (config)
        *out = *config;
    else
        memset(out, 0, sizeof *out);
    if (out->shared)
        return out->shared == config; /* nothing is left to fill in; or a copy of a shared one */
    if (out->protocols == 0)
        out->protocols = H2NEG_PROTOCOLS_DEFAULT;
    for (i = 0; i < H2NEG__COUNT(h2neg__defaults); i++) {
        const h2neg__default *d = &h2neg__defaults[i];
        uint32_t v;
        memcpy(&v, (const char *)out + d->at, sizeof v);
        if (v == 0)
            v = out->role == H2NEG_CLIENT ? d->client : d->server;
        else if (v == H2NEG_OFF && d->kind == H2NEG__LIMIT)
            v = 0;
        if (v < d->least || v > d->most)
            return 0;
        memcpy((char *)out + d->at, &v, sizeof v);
    }
    if (!(out->protocols & (H2NEG_H2 | H2NEG_PRIOR | H2NEG_H2C)))
        out->max_queued = 0; /* no windows keep anything back */
    /* something must be left to speak: in cleartext, or over TLS */
    if (!(out->protocols & (H2NEG_HTTP1 | (out->tls ? H2NEG_H2 : H2NEG_PRIOR))))
        return 0;
    return (out->role == H2NEG_SERVER || out->role == H2NEG_CLIENT) &&
           (out->common_field_count == 0 || out->common_fields) && h2neg__config_ws(out);
}

/* ---- bounds ---- */

static size_t h2neg__round(size_t n)
{
    return (n + 15) & ~(size_t)15;
}

static int h2neg__knows_h2(const h2neg_config *g)
{
    return (g->protocols & (H2NEG_H2 | H2NEG_PRIOR | H2NEG_H2C)) != 0;
}

/* Octets of one head, raw, at most: what >>h1-head lets in. */
static size_t h2neg__head_bound(const h2neg_config *g)
{
    return (size_t)g->max_request_line + g->max_header_list + 4096 + 16;
}

static size_t h2neg__work_fields(const h2neg_config *g)
{
    return (size_t)g->max_header_fields + (h2neg__knows_h2(g) ? g->max_cookie_crumbs : 0) + 8;
}

/* The text of a section, the table's strings, and the cookies joined once more behind it. HTTP/1
   alone needs some for what it joins: folded fields, or the tokens of an Upgrade. */
static size_t h2neg__work_text(const h2neg_config *g)
{
    size_t text = g->max_header_list;
    if (!h2neg__knows_h2(g))
        return g->role == H2NEG_CLIENT || g->lenient & H2NEG_ALLOW_FOLD ? text : 1024;
    if (text < g->hpack_decoder_table)
        text = g->hpack_decoder_table;
    return (text < 4096 ? 4096 : text) + g->max_header_list;
}

/* How many WebSockets there are at most: one over HTTP/1. */
static size_t h2neg__ws_bound(const h2neg_config *g)
{
    size_t h1 = g->protocols & H2NEG_HTTP1 ? 1 : 0, h2 = h2neg__knows_h2(g) ? g->max_ws_streams : 0;
    if (!(g->protocols & H2NEG_WEBSOCKET))
        return 0;
    return h1 > h2 ? h1 : h2;
}

/* Octets of one's message buffer: a message, or a piece, which holds what an octet can inflate to
   (at most 1,032 octets) behind half of it. */
static size_t h2neg__ws_buffer_bound(const h2neg_config *g)
{
    size_t piece = g->max_input < 24576 ? 24576 : g->max_input;
    return g->ws_pieces ? piece : g->max_message;
}

/* Slots are >>h2-stream's, but their size is needed for the bound. Flags say what has happened. */
enum {
    H2NEG__S_LOCAL_END = 1,  /* our message is written to its end */
    H2NEG__S_REMOTE_END = 2, /* the peer's message is whole */
    H2NEG__S_WE_RESET = 4,
    H2NEG__S_PEER_RESET = 8,
    H2NEG__S_HEAD_SENT = 0x10, /* our final head is written */
    H2NEG__S_HEAD_GOT = 0x20,  /* client: the final response's head was given */
    H2NEG__S_END_OWED = 0x40,  /* events owed, in this order: OPEN, END, DONE */
    H2NEG__S_OPEN_OWED = 0x80,
    H2NEG__S_DONE_OWED = 0x100,
    H2NEG__S_DONE = 0x200, /* DONE was given */
    H2NEG__S_KEEP = 0x400,
    H2NEG__S_HELD = 0x800,
    H2NEG__S_WRITABLE = 0x1000, /* a call took less than it was given */
    H2NEG__S_HEAD = 0x2000,     /* the request's method is HEAD */
    H2NEG__S_WAITS = 0x4000,    /* CONNECT or an Upgrade: neither accepted nor answered */
    H2NEG__S_TUNNEL = 0x8000,
    H2NEG__S_EXPECT = 0x10000,   /* a 100 Continue is due */
    H2NEG__S_RST_MARK = 0x20000, /* RST_STREAM is owed */
    H2NEG__S_WU_MARK = 0x40000,  /* WINDOW_UPDATE is owed */
    H2NEG__S_BODY = 0x80000,     /* `body` is being sent */
    H2NEG__S_QUEUED = 0x100000,  /* ... and lies in the queue */
    H2NEG__S_DROP = 0x200000,    /* HEAD, 204, 304: the body is taken and dropped */
    H2NEG__S_CHUNKED = 0x400000, /* HTTP/1: our body is chunked */
    H2NEG__S_CONNECT = 0x800000, /* the method is CONNECT */
    H2NEG__S_RETRY = 0x1000000,  /* the peer has not acted on it */
    H2NEG__S_BY_PEER = 0x2000000,
    H2NEG__S_OWED = 0x4000000, /* stands in the list of slots that owe events */
    H2NEG__S_INCREMENTAL = 0x8000000,
    H2NEG__S_EARLY = 0x10000000, /* has octets in the part of that name */
    H2NEG__S_WS = 0x20000000,    /* a WebSocket, or a request for one whose handshake is good */
    H2NEG__S_WS_CLOSE_OWED = 0x40000000 /* event owed, before END */
};

/* What a WebSocket's handshake asks for (server), or has agreed on, until it is over. */
typedef struct h2neg__ws_terms {
    uint32_t subprotocols; /* server: three bits for each one that the client listed */
    uint16_t deflate;      /* H2NEG__Z_*; 0: permessage-deflate is not used */
    uint8_t place;         /* where its other numbers stand, plus 1; 0: nowhere yet */
} h2neg__ws_terms;

typedef struct h2neg__stream {
    uint32_t id;     /* 0: the slot is free */
    uint16_t bucket; /* first slot whose number hashes to this slot's index */
    uint16_t chain;  /* next slot of a bucket, or of the free list */
    uint16_t owed;   /* next slot that owes an event */
    uint8_t urgency, informational;
    uint32_t flags;
    h2neg__ws_terms ws; /* of a WebSocket */
    void *user;
    int64_t send, recv; /* windows, see h2neg__http2 */
    uint32_t unreturned, held;
    uint32_t code;             /* of DONE and of RST_STREAM */
    int error;                 /* H2NEG_ERR_* of DONE */
    uint64_t recv_left;        /* octets of Content-Length still to come, or H2NEG_UNKNOWN */
    uint64_t send_left;        /* ... still to be sent */
    const unsigned char *body; /* borrowed, or NULL: it lies in the queue at `body_at` */
    size_t body_at, body_left; /* without S_BODY: the room that there was, and what was refused */
    uint64_t recv_since, recv_octets, recv_mark, send_since, send_octets, stall_since, stall_octets;
    uint64_t others;    /* DATA octets that others sent while this one's window was open */
    h2neg_str protocol; /* client: the token asked for, borrowed until the answer */
} h2neg__stream;

/* How many slots the table has at most: a power of two. */
static size_t h2neg__slot_bound(const h2neg_config *g)
{
    size_t n = 4; /* HTTP/1: one under way, and three that are kept */
    while (h2neg__knows_h2(g) && n < (size_t)g->max_concurrent_streams + 1)
        n *= 2;
    return n;
}

/* What is kept of the input: a head that is not whole (and the body of an h2c offer), or one feed.
 */
static size_t h2neg__in_bound(const h2neg_config *g)
{
    size_t feed = (size_t)g->max_input + H2NEG__PAYLOAD, head = h2neg__head_bound(g);
    if (g->protocols & H2NEG_H2C)
        head += g->max_upgrade_body;
    return g->protocols & H2NEG_HTTP1 && head > feed ? head : feed;
}

static size_t h2neg__part_bound(const h2neg_config *g, int part)
{
    uint32_t table = g->hpack_decoder_table > 4096 ? g->hpack_decoder_table : 4096;
    if (part >= H2NEG__DECODER && part != H2NEG__STREAMS && part != H2NEG__WS &&
        !h2neg__knows_h2(g))
        return 0;
    switch (part) {
    case H2NEG__IN: return h2neg__in_bound(g);
    case H2NEG__WORK:
        return h2neg__round(sizeof(h2neg_h1_head)) + h2neg__work_fields(g) * sizeof(h2neg_field) +
               h2neg__work_text(g);
    case H2NEG__OUT: return g->max_output_pending;
    case H2NEG__DECODER: return h2neg_hpack_memory(table);
    case H2NEG__ENCODER: return h2neg_hpack_memory(g->hpack_encoder_table);
    case H2NEG__STREAMS: return h2neg__slot_bound(g) * sizeof(h2neg__stream);
    case H2NEG__OWED: return sizeof(h2neg__owed);
    case H2NEG__SHUT: return H2NEG__SHUT_COUNT * sizeof(uint32_t);
    case H2NEG__EARLY: return g->max_input;
    case H2NEG__HTTP2: return sizeof(h2neg__http2);
    case H2NEG__WS: return h2neg__ws_bound(g) * sizeof(h2neg__ws);
    default: return g->max_queued;
    }
}

/* ==== 18a >>conn-parts =====================================================
   What every protocol of a connection shares: parts of memory, errors, input, output, the fields of
   messages, HPACK.  Uses >>conn >>chars >>error >>fields >>hpack >>hpack-encode.
   Memory: a struct and parts, each taken on first use and given back when it is idle.  Nothing else
   allocates.
   Input is consumed in one pass; output that was shown does not move.
   ========================================================================== */

/* ---- memory ---- */

static void *h2neg__alloc(const h2neg_config *g, void *old, size_t old_size, size_t new_size)
{
    if (g->alloc_fn)
        return g->alloc_fn(g->alloc_user, old, old_size, new_size);
    if (new_size)
        return H2NEG_REALLOC(old, new_size);
    H2NEG_FREE(old);
    return NULL;
}

/* Makes a part at least this large; its content stays. 1, or 0: no memory, nothing changed. */
static int h2neg__take_more(h2neg_conn *c, h2neg__part *p, size_t size)
{
    void *ptr;
    if (p->size >= size)
        return 1;
    H2NEG__NEVER(c->placed); /* a placed part stands at its bound already */
    ptr = h2neg__alloc(c->config, p->ptr, p->size, size);
    if (!ptr)
        return 0;
    p->ptr = (unsigned char *)ptr;
    p->size = size;
    return 1;
}

/* Grows it by doubling, from `first` on; above a quarter of its bound it goes there at once, so
   that the old one and the new one never stand side by side at their largest. */
static int h2neg__grow(h2neg_conn *c, h2neg__part *p, size_t bound, size_t need, size_t first)
{
    size_t size = p->size;
    if (size >= need)
        return 1;
    if (need > bound)
        return 0;
    if (size < first)
        size = first;
    while (size < need)
        size *= 2;
    return h2neg__take_more(c, p, size <= bound / 4 ? size : bound);
}

static void h2neg__drop(h2neg_conn *c, h2neg__part *p)
{
    if (c->placed || !p->ptr)
        return;
    h2neg__alloc(c->config, p->ptr, p->size, 0);
    p->ptr = NULL;
    p->size = 0;
}

static inline int h2neg__part_take(h2neg_conn *c, int part, size_t size)
{
    h2neg__part *p = &c->part[part];
    H2NEG__NEVER(p->size < size && size > h2neg__part_bound(c->config, part)); /* its meaning */
    return h2neg__take_more(c, p, size);
}

static int h2neg__part_grow(h2neg_conn *c, int part, size_t need, size_t first)
{
    h2neg__part *p = &c->part[part];
    return p->size >= need || h2neg__grow(c, p, h2neg__part_bound(c->config, part), need, first);
}

static void h2neg__part_drop(h2neg_conn *c, int part)
{
    h2neg__drop(c, &c->part[part]);
}

/* ---- errors ---- */

static h2neg_error h2neg__error(int code, uint32_t stream, uint64_t offset)
{
    const h2neg__error_row *row = h2neg__error_find(code);
    h2neg_error e;
    e.code = code;
    e.h2_code = row->h2;
    e.stream = stream;
    e.offset = offset;
    e.section = row->section;
    e.text = row->text;
    return e;
}

/* The connection's own, put into words. */
static h2neg_error h2neg__error_of(const h2neg_conn *c)
{
    h2neg_error e = h2neg__error(c->error.code, 0, c->error.offset);
    e.h2_code = c->error.h2_code;
    return e;
}

/* From here on nothing is read. What is owed goes out, then the transport is closed. */
static void h2neg__inert(h2neg_conn *c)
{
    if (c->phase >= H2NEG__INERT)
        return;
    c->phase = H2NEG__INERT;
    c->swallowed += (uint32_t)c->kept;
    c->kept = 0;
}

/* What is spoken is known. A connection that has failed meanwhile stays so. */
static void h2neg__live(h2neg_conn *c)
{
    if (c->phase == H2NEG__START)
        c->phase = H2NEG__LIVE;
}

/* The connection fails; the first error wins. `offset`: of the octet that is wrong. Always answers
   H2NEG__GO_ON, so that a reader can return it. */
static int h2neg__fail(h2neg_conn *c, int code, uint64_t offset)
{
    if (c->error.code || c->phase >= H2NEG__INERT)
        return H2NEG__GO_ON;
    c->error.code = code;
    c->error.h2_code = h2neg_error_h2(code);
    c->error.offset = offset;
    c->error_owed = 1;
    if (c->h2)
        c->h2->goaway_owed = 1;
    else if (c->config->role == H2NEG_SERVER && !c->h1.early) /* else it was answered */
        c->status_owed = 1;
    h2neg__inert(c);
    return H2NEG__GO_ON;
}

/* ---- input ---- */

/* The octets that are there in one piece. */
static h2neg_str h2neg__in(const h2neg_conn *c)
{
    if (c->kept)
        return h2neg__str(c->part[H2NEG__IN].ptr + c->kept_at, c->kept);
    return c->lent;
}

/* Appends octets of the loan to what is kept. 1, or 0 and the connection has failed. */
static int h2neg__in_keep(h2neg_conn *c, size_t n)
{
    unsigned char *p = c->part[H2NEG__IN].ptr;
    if (c->kept_at && c->kept)
        memmove(p, p + c->kept_at, c->kept);
    c->kept_at = 0;
    if (!h2neg__part_grow(c, H2NEG__IN, c->kept + n, 512)) {
        h2neg__fail(c, H2NEG_ERR_NOMEM, c->offset);
        return 0;
    }
    h2neg__copy(c->part[H2NEG__IN].ptr + c->kept, c->lent.ptr, n);
    c->kept += n;
    c->lent.ptr += n;
    c->lent.len -= n;
    return 1;
}

/* At least `n` octets in one piece, or NULL: they are not there yet (or the connection has failed).
 */
static inline const unsigned char *h2neg__in_have(h2neg_conn *c, size_t n)
{
    if (c->kept && c->kept < n && c->lent.len) {
        size_t missing = n - c->kept;
        h2neg__in_keep(c, missing < c->lent.len ? missing : c->lent.len);
    }
    return h2neg__in(c).len >= n ? (const unsigned char *)h2neg__in(c).ptr : NULL;
}

/* All that is there, in one piece, as far as it may be kept: more than any head. */
static h2neg_str h2neg__in_all(h2neg_conn *c)
{
    size_t room = h2neg__part_bound(c->config, H2NEG__IN) - c->kept;
    if (c->kept && c->lent.len && !h2neg__in_keep(c, c->lent.len < room ? c->lent.len : room))
        return h2neg__str(NULL, 0);
    return h2neg__in(c);
}

static inline void h2neg__in_take(h2neg_conn *c, size_t n)
{
    if (n == 0)
        return;
    c->offset += n;
    if (c->kept) {
        H2NEG__NEVER(n > c->kept); /* only what h2neg__in showed is taken */
        c->kept_at += n;
        c->kept -= n;
    } else {
        H2NEG__NEVER(n > c->lent.len);
        c->lent.ptr += n;
        c->lent.len -= n;
    }
}

/* ---- output ---- */

/* Octets that can be written now, in one piece. */
static size_t h2neg__out_free(const h2neg_conn *c)
{
    size_t used = c->shown ? c->out_at + c->out : c->out;
    return c->config->max_output_pending - used;
}

/* Room for `n` octets behind what waits, or NULL: not now. */
static unsigned char *h2neg__out_room(h2neg_conn *c, size_t n)
{
    h2neg__part *p = &c->part[H2NEG__OUT];
    H2NEG__NEVER(c->spoken); /* nobody writes behind the last words */
    if (n > h2neg__out_free(c))
        return NULL;
    if (!h2neg__part_take(c, H2NEG__OUT, c->config->max_output_pending)) {
        h2neg__fail(c, H2NEG_ERR_NOMEM, c->offset);
        return NULL;
    }
    if (c->config->max_output_pending - (c->out_at + c->out) < n) {
        memmove(p->ptr, p->ptr + c->out_at, c->out);
        c->out_at = 0;
    }
    return p->ptr + c->out_at + c->out;
}

static void h2neg__out_wrote(h2neg_conn *c, size_t n)
{
    c->out += n;
    c->out_total += n;
}

/* The application fills three quarters of the output; the rest is the engine's. */
static size_t h2neg__app_room(const h2neg_conn *c)
{
    size_t most = c->config->max_output_pending / 4 * 3, room = h2neg__out_free(c);
    size_t used = c->config->max_output_pending - room;
    return used < most ? most - used : 0;
}

/* What of it bodies may fill over HTTP/2. They would fill all again as fast as it drains, and
   what needs room at once would wait until they end: the next request, with all that the peer sent
   behind it, and a field block that was refused. */
static size_t h2neg__data_room(const h2neg_conn *c)
{
    size_t room = h2neg__app_room(c), keep = c->config->role == H2NEG_SERVER ? H2NEG__ANSWER : 0;
    if (keep < c->h2->refused)
        keep = c->h2->refused;
    return room > keep ? room - keep : 0;
}

/* A field block was refused for want of so many octets of room: bodies leave them from here on,
   since another may be as long, but no more than half of what there is. */
static void h2neg__h2_refused(h2neg_conn *c, size_t room)
{
    size_t most = c->config->max_output_pending / 8 * 3;
    if (room > most)
        room = most;
    if (room > c->h2->refused)
        c->h2->refused = (uint32_t)room;
}

/* ---- messages of the application ---- */

/* As h2neg__is_token, of a name that is nearly always in lower case. */
static int h2neg__is_name(h2neg_str s)
{
    return h2neg__is_lower(s) || h2neg__is_token(s);
}

/* Looks through fields to send. `*length` becomes a Content-Length that stands there. `te`: TE may
   say "trailers", as a request over HTTP/2 may (RFC 9113 8.2.2). 0 or < 0. */
static inline int h2neg__fields_check(const h2neg_field *fields, size_t count, uint64_t *length,
                                      int te)
{
    size_t i;
    for (i = 0; i < count; i++) {
        const h2neg_field *f = &fields[i];
        unsigned what = h2neg__name_is(f->name);
        if (te && what == H2NEG__NAME_TE && H2NEG__IS_NOCASE(f->value, "trailers"))
            continue;
        if (!h2neg__is_name(f->name) || !h2neg__is_value(f->value) || what & H2NEG__NAME_FRAMED)
            return H2NEG_ERR_INVALID;
        if (what != H2NEG__NAME_LENGTH)
            continue;
        if (*length != H2NEG_UNKNOWN || !h2neg__decimal(f->value, length))
            return H2NEG_ERR_INVALID;
    }
    return 0;
}

/* Octets that fields need on the wire, in either protocol, at most. */
H2NEG__APART static size_t h2neg__fields_bound(const h2neg_field *fields, size_t count)
{
    size_t i, n = 0;
    for (i = 0; i < count; i++)
        n += fields[i].name.len + fields[i].value.len + 16;
    return n;
}

/* Whether a common field is lacking in a message. */
static int h2neg__lacks(const h2neg_message *m, h2neg_str name)
{
    size_t i;
    for (i = 0; i < m->field_count; i++)
        if (h2neg__same_nocase(m->fields[i].name, name))
            return 0;
    return 1;
}

/* ---- HPACK ---- */

/* The decoder and the encoder are made at the first field block: a connection that has had none
   holds 250 octets less. c->h2 may move. 1, or 0: no memory, and the connection fails. */
static int h2neg__coding(h2neg_conn *c)
{
    h2neg__http2 *h;
    h2neg__part *in = &c->part[H2NEG__DECODER], *out = &c->part[H2NEG__ENCODER];
    if (!h2neg__part_take(c, H2NEG__HTTP2, sizeof *h)) {
        h2neg__fail(c, H2NEG_ERR_NOMEM, c->offset);
        return 0;
    }
    h = c->h2 = (h2neg__http2 *)(void *)c->part[H2NEG__HTTP2].ptr;
    h->coding = 1;
    h2neg_hpack_decoder_init(&h->decoder, in->ptr, in->size, 4096);
    if (!h->settings_unacked) /* ours went out before any block */
        h2neg_hpack_decoder_limit(&h->decoder, c->config->hpack_decoder_table);
    h->decoder.marks = 1;
    h2neg_hpack_encoder_init(&h->encoder, out->ptr, out->size, c->config->hpack_encoder_table);
    h2neg_hpack_encoder_limit(&h->encoder, h->table_least);
    h2neg_hpack_encoder_limit(&h->encoder, h->table_peer);
    return 1;
}

/* ==== 18b >>ws-slot ========================================================
   Which WebSockets there are, and what their handshakes agreed on (RFC 6455 4; RFC 7692 7.1; RFC
   8441 5).  Uses >>conn-parts >>ws-handshake >>hpack.
   Memory: one part for all of them, a buffer for each message, given back when none is under way.
   A WebSocket's codec contexts are closed with it, whatever ends it.
   ========================================================================== */

/* What has happened to a WebSocket. */
enum {
    H2NEG__W_SENT = 1,       /* our Close is out */
    H2NEG__W_GOT = 2,        /* the peer's came */
    H2NEG__W_FAILED = 4,     /* the peer broke the rules: nothing of it is read any more */
    H2NEG__W_TOLD = 8,       /* WS_CLOSE was given, or is owed */
    H2NEG__W_PEER_FIRST = 16 /* ... before ours */
};

/* What permessage-deflate agreed on: flags, and each side's window bits from bits 4 and 8 on. */
enum {
    H2NEG__Z_ON = 1,
    H2NEG__Z_OURS_RESET = 2,
    H2NEG__Z_THEIRS_RESET = 4,
    H2NEG__Z_SERVER_BITS = 0x1000, /* the answer has server_max_window_bits */
    H2NEG__Z_CLIENT_BITS = 0x2000
};

static uint16_t h2neg__deflate_pack(const h2neg_ws_deflate *d, int role)
{
    int server = d->server_max_window_bits, client = d->client_max_window_bits;
    int mine = role == H2NEG_SERVER ? d->server_no_context_takeover : d->client_no_context_takeover;
    int theirs = d->server_no_context_takeover + d->client_no_context_takeover - mine;
    int bits =
        H2NEG__Z_ON | (mine ? H2NEG__Z_OURS_RESET : 0) | (theirs ? H2NEG__Z_THEIRS_RESET : 0);
    bits |= (server ? H2NEG__Z_SERVER_BITS : 0) | (client > 0 ? H2NEG__Z_CLIENT_BITS : 0);
    server = server ? server : 15;
    client = client > 0 ? client : 15;
    return (uint16_t)(bits | (role == H2NEG_SERVER ? client << 4 | server << 8
                                                   : server << 4 | client << 8));
}

/* What a server's bits mean, as parameters of an answer. */
static h2neg_ws_deflate h2neg__deflate_answer(uint16_t bits)
{
    h2neg_ws_deflate d;
    d.server_no_context_takeover = (bits & H2NEG__Z_OURS_RESET) != 0;
    d.client_no_context_takeover = (bits & H2NEG__Z_THEIRS_RESET) != 0;
    d.server_max_window_bits = bits & H2NEG__Z_SERVER_BITS ? bits >> 8 & 15 : 0;
    d.client_max_window_bits = bits & H2NEG__Z_CLIENT_BITS ? bits >> 4 & 15 : 0;
    return d;
}

static h2neg__ws *h2neg__ws_at(const h2neg_conn *c, size_t i)
{
    return (h2neg__ws *)(void *)c->part[H2NEG__WS].ptr + i;
}

/* Whether another one would be one too many. */
static int h2neg__ws_full(const h2neg_conn *c)
{
    return c->ws_live >= (c->h2 ? c->config->max_ws_streams : 1);
}

/* A stream's WebSocket, or NULL. */
static h2neg__ws *h2neg__ws_of(const h2neg_conn *c, const h2neg__stream *s)
{
    return s->ws.place ? h2neg__ws_at(c, s->ws.place - 1u) : NULL;
}

/* One more. NULL: no memory, or there are too many. */
static h2neg__ws *h2neg__ws_new(h2neg_conn *c, h2neg__stream *s)
{
    size_t bound = h2neg__ws_bound(c->config), i = 0, want;
    h2neg__ws *w;
    while (i < c->ws_room && h2neg__ws_at(c, i)->stream)
        i++;
    H2NEG__NEVER(i >= bound); /* h2neg__ws_full was asked */
    want = c->placed ? bound : c->ws_room ? 2u * c->ws_room : 1;
    if (i == c->ws_room) {
        want = want < bound ? want : bound;
        if (!h2neg__part_take(c, H2NEG__WS, want * sizeof *w))
            return NULL;
        c->ws_room = (unsigned char)want;
        memset(h2neg__ws_at(c, i), 0, (c->ws_room - i) * sizeof *w);
    }
    w = h2neg__ws_at(c, i);
    memset(w, 0, sizeof *w);
    w->stream = s->id;
    if (c->placed) {
        const h2neg__part *all = &c->part[H2NEG__WS]; /* the last part */
        w->buffer.size = h2neg__ws_buffer_bound(c->config);
        w->buffer.ptr = all->ptr + h2neg__round(all->size) + i * h2neg__round(w->buffer.size);
    }
    s->ws.place = (uint8_t)(i + 1);
    c->ws_live++;
    return w;
}

static void h2neg__ws_free(h2neg_conn *c, h2neg__stream *s)
{
    h2neg__ws *w = h2neg__ws_of(c, s);
    int i;
    if (!w)
        return;
    for (i = 0; i < 2; i++)
        if (w->coder[i])
            c->config->ws_codec->close_fn(c->config->ws_codec->user, w->coder[i], i);
    h2neg__drop(c, &w->buffer);
    w->stream = 0;
    s->ws.place = 0;
    if (--c->ws_live == 0) {
        h2neg__part_drop(c, H2NEG__WS);
        c->ws_room = c->placed ? c->ws_room : 0;
    }
}

/* Nothing of it is read any more. */
static int h2neg__ws_deaf(const h2neg__ws *w)
{
    return (w->flags & (H2NEG__W_GOT | H2NEG__W_FAILED)) != 0;
}

/* Octets of message buffers. */
static size_t h2neg__ws_memory(const h2neg_conn *c)
{
    size_t i, n = 0;
    if (c->placed)
        return h2neg__ws_bound(c->config) * h2neg__ws_buffer_bound(c->config);
    for (i = 0; i < c->ws_room; i++)
        n += h2neg__ws_at(c, i)->buffer.size;
    return n;
}

/* Between loans only messages that are not whole keep their buffers. */
static void h2neg__ws_tidy(h2neg_conn *c)
{
    size_t i;
    for (i = 0; i < c->ws_room && c->ws_live; i++)
        if (h2neg__ws_at(c, i)->opcode == 0 || h2neg__ws_deaf(h2neg__ws_at(c, i)))
            h2neg__drop(c, &h2neg__ws_at(c, i)->buffer);
}

/* The bits of one subprotocol: enough to tell that one was never listed. */
static uint32_t h2neg__ws_marks(h2neg_str subprotocol)
{
    uint32_t hash = h2neg__hpack_hash_on(0, subprotocol), one = 1;
    return one << (hash >> 27) | one << (hash >> 22 & 31) | one << (hash >> 17 & 31);
}

/* A server's look at a handshake. 0 and what to keep of it, or an error whose status is the answer.
   `key` is 24 octets, or empty over HTTP/2. */
static int h2neg__ws_judge(const h2neg_conn *c, h2neg_ws_request *request, h2neg__ws_terms *terms)
{
    h2neg_ws_deflate agreed;
    h2neg_list list = {0, 0};
    h2neg_str item;
    int err = h2neg_ws_check_request(request, &c->config->ws_origin);
    memset(terms, 0, sizeof *terms);
    while (!err &&
           h2neg_list_next(&list, request->fields, request->count, "sec-websocket-protocol", &item))
        terms->subprotocols |= h2neg__ws_marks(item);
    if (err || !c->config->ws_codec)
        return err;
    err = h2neg_ws_deflate_accept(&agreed, &c->config->ws_deflate, request->fields, request->count);
    if (err == 1)
        terms->deflate = h2neg__deflate_pack(&agreed, H2NEG_SERVER);
    return err < 0 ? err : 0;
}

/* Whether a server may choose this (RFC 6455 4.2.2): a token that the client listed. */
static int h2neg__ws_may_choose(const h2neg__stream *s, const char *subprotocol)
{
    h2neg_str choice = h2neg_s(subprotocol);
    uint32_t marks = h2neg__ws_marks(choice);
    return h2neg__is_token(choice) && (s->ws.subprotocols & marks) == marks;
}

/* What a handshake adds to a message's fields. */
typedef struct h2neg__ws_fields {
    h2neg_field fields[4];
    size_t count;
    char key[29];
    char deflate[128];
} h2neg__ws_fields;

static void h2neg__ws_add(h2neg__ws_fields *x, const char *name, h2neg_str value)
{
    h2neg_field *f = &x->fields[x->count++];
    f->name = h2neg_s(name);
    f->value = value;
    f->flags = 0;
}

static void h2neg__ws_add_deflate(h2neg__ws_fields *x, const h2neg_ws_deflate *d)
{
    ptrdiff_t n = h2neg_ws_deflate_write(x->deflate, sizeof x->deflate, d);
    H2NEG__NEVER(n <= 0); /* there is room, and the config was checked */
    h2neg__ws_add(x, "sec-websocket-extensions", h2neg__str(x->deflate, (size_t)n));
}

/* ... to the answer that accepts it. */
static void h2neg__ws_accept_fields(const h2neg_conn *c, const h2neg__stream *s, const char *choice,
                                    h2neg__ws_fields *x)
{
    h2neg_ws_deflate d = h2neg__deflate_answer(s->ws.deflate);
    memset(x, 0, sizeof *x);
    if (!c->h2) {
        h2neg_ws_accept_key(x->key, h2neg__str(c->words, c->h1.offer_len));
        h2neg__ws_add(x, "sec-websocket-accept", h2neg_s(x->key));
    }
    if (choice)
        h2neg__ws_add(x, "sec-websocket-protocol", h2neg_s(choice));
    if (s->ws.deflate)
        h2neg__ws_add_deflate(x, &d);
}

/* ... to a client's request. The key waits for the answer where a control frame will wait later.
   0, or NO_RANDOM. */
static int h2neg__ws_request_fields(h2neg_conn *c, h2neg__ws *w, h2neg__ws_fields *x)
{
    unsigned char random[16];
    memset(x, 0, sizeof *x);
    if (!c->config->random_fn ||
        !c->config->random_fn(c->config->random_user, random, sizeof random))
        return H2NEG_ERR_NO_RANDOM;
    h2neg__ws_add(x, "sec-websocket-version", H2NEG__LIT("13"));
    if (!c->h2) {
        h2neg_ws_make_key(x->key, random);
        memcpy(w->owed_payload, x->key, 25);
        h2neg__ws_add(x, "sec-websocket-key", h2neg_s(x->key));
    }
    if (w->subprotocols.len)
        h2neg__ws_add(x, "sec-websocket-protocol", w->subprotocols);
    if (c->config->ws_codec)
        h2neg__ws_add_deflate(x, &c->config->ws_deflate);
    return 0;
}

/* A client's look at the answer, 101 or 2xx. 0 and the subprotocol, or an error. */
static int h2neg__ws_answer(h2neg_conn *c, h2neg__stream *s, int status, const h2neg_field *fields,
                            size_t count, h2neg_str *subprotocol)
{
    h2neg__ws *w = h2neg__ws_of(c, s);
    h2neg_ws_deflate agreed;
    h2neg_str key = h2neg_s(c->h2 ? "" : (const char *)w->owed_payload);
    int err = h2neg_ws_check_response(status, fields, count, key, w->subprotocols, subprotocol);
    if (err)
        return err;
    err = h2neg_ws_deflate_check(&agreed, c->config->ws_codec ? &c->config->ws_deflate : NULL,
                                 fields, count);
    if (err == 1)
        s->ws.deflate = h2neg__deflate_pack(&agreed, H2NEG_CLIENT);
    return err < 0 ? err : 0;
}

/* ==== 19 >>h2-stream =======================================================
   Slots: the streams that are open or kept (RFC 9113 5.1); HTTP/1 uses them too.
   Uses >>conn, and >>upgrade for what a 426 names.
   Memory: one table that starts with four slots (HTTP/1: one) and doubles; a ring of 128 closed
   streams. DONE is owed exactly once; what is forbidden in a state is a cell of one table.
   ========================================================================== */

enum { H2NEG__NONE = 0xffff };

static h2neg__stream *h2neg__slot(const h2neg_conn *c, size_t index)
{
    return (h2neg__stream *)(void *)c->part[H2NEG__STREAMS].ptr + index;
}

static uint16_t h2neg__slot_index(const h2neg_conn *c, const h2neg__stream *s)
{
    return (uint16_t)(s - h2neg__slot(c, 0));
}

/* The bucket of a stream: numbers are odd and rise by two, so neighbours do not collide. */
static h2neg__stream *h2neg__bucket(const h2neg_conn *c, uint32_t id)
{
    return h2neg__slot(c, (id >> 1) & (c->slots - 1));
}

static inline h2neg__stream *h2neg__stream_find(const h2neg_conn *c, uint32_t id)
{
    uint16_t i;
    if (c->slots == 0 || id == 0)
        return NULL;
    for (i = h2neg__bucket(c, id)->bucket; i != H2NEG__NONE; i = h2neg__slot(c, i)->chain)
        if (h2neg__slot(c, i)->id == id)
            return h2neg__slot(c, i);
    return NULL;
}

static void h2neg__bucket_add(h2neg_conn *c, h2neg__stream *s)
{
    h2neg__stream *b = h2neg__bucket(c, s->id);
    s->chain = b->bucket;
    b->bucket = h2neg__slot_index(c, s);
}

/* Doubles the table; every slot finds its new bucket. 1, or 0: no memory. */
static int h2neg__slots_grow(h2neg_conn *c)
{
    size_t i, old = c->slots, most = h2neg__slot_bound(c->config);
    size_t want = c->placed ? most : old ? old * 2 : c->h2 ? 4 : 1;
    H2NEG__NEVER(old >= most); /* whoever opens a stream has counted */
    if (!h2neg__part_take(c, H2NEG__STREAMS, want * sizeof(h2neg__stream)))
        return 0;
    c->slots = (uint32_t)want;
    for (i = want; i-- > 0;) {
        h2neg__stream *s = h2neg__slot(c, i);
        if (i >= old) {
            h2neg__clear(s, sizeof *s);
            s->chain = c->free_slot;
            c->free_slot = (uint16_t)i;
        }
        s->bucket = H2NEG__NONE;
    }
    for (i = 0; i < old; i++) /* none of them is free: that is why more are wanted */
        h2neg__bucket_add(c, h2neg__slot(c, i));
    return 1;
}

/* A slot for a stream, its windows at their initial size; NULL: no memory, or too many. */
static h2neg__stream *h2neg__stream_new(h2neg_conn *c, uint32_t id)
{
    h2neg__stream *s;
    uint16_t bucket;
    if (c->free_slot == H2NEG__NONE && !h2neg__slots_grow(c))
        return NULL;
    s = h2neg__slot(c, c->free_slot);
    c->free_slot = s->chain;
    bucket = s->bucket;
    h2neg__clear(s, sizeof *s);
    s->bucket = bucket;
    s->id = id;
    s->owed = H2NEG__NONE;
    s->urgency = 3;
    s->send = c->h2 ? c->h2->peer_window : (int64_t)H2NEG__WINDOW;
    s->recv = c->h2 ? c->h2->window : (int64_t)H2NEG__WINDOW;
    s->recv_left = s->send_left = H2NEG_UNKNOWN;
    h2neg__bucket_add(c, s);
    c->live++;
    return s;
}

/* ---- the ring of closed streams ---- */

/* What a frame finds: the rows of the table below. */
enum {
    H2NEG__IDLE,
    H2NEG__OPEN,
    H2NEG__ENDED,
    H2NEG__BOTH,
    H2NEG__PEER_RST,
    H2NEG__OUR_RST,
    H2NEG__GONE
};

/* Remembers how a stream closed: numbers are odd, so 30 bits of it and 2 of how. When no memory can
   be had the stream counts as forgotten. */
static void h2neg__shut_add(h2neg_conn *c, uint32_t id, int how)
{
    uint32_t entry = (id >> 1) << 2 | (uint32_t)(how - H2NEG__BOTH);
    size_t at = c->h2->shut_at * sizeof entry;
    if (!h2neg__part_grow(c, H2NEG__SHUT, at + sizeof entry, 8 * sizeof entry))
        return;
    memcpy(c->part[H2NEG__SHUT].ptr + at, &entry, sizeof entry);
    c->h2->shut_at = (uint8_t)((c->h2->shut_at + 1) % H2NEG__SHUT_COUNT);
    if (c->h2->shut_count < H2NEG__SHUT_COUNT)
        c->h2->shut_count++;
}

static int h2neg__shut_find(const h2neg_conn *c, uint32_t id)
{
    size_t i;
    for (i = 0; i < c->h2->shut_count; i++) {
        uint32_t entry;
        memcpy(&entry, c->part[H2NEG__SHUT].ptr + i * sizeof entry, sizeof entry);
        if (entry >> 2 == id >> 1)
            return (int)(entry & 3) + H2NEG__BOTH;
    }
    return H2NEG__GONE;
}

static int h2neg__stream_shut(const h2neg__stream *s)
{
    if (s->flags & H2NEG__S_WE_RESET)
        return H2NEG__OUR_RST;
    return s->flags & H2NEG__S_PEER_RESET ? H2NEG__PEER_RST : H2NEG__BOTH;
}

/* The state of a stream as the peer's frames meet it (RFC 9113 5.1, Figure 2). */
static int h2neg__stream_state(const h2neg_conn *c, uint32_t id)
{
    const h2neg__stream *s;
    uint32_t both = H2NEG__S_LOCAL_END | H2NEG__S_REMOTE_END;
    if (id % 2 == 0)
        return H2NEG__IDLE; /* a server's stream, and there is no push */
    /* passed over (RFC 9113 6.8); behind a client's own GOAWAY nothing is read */
    if (c->h2->goaway_sent && id > c->h2->goaway_last)
        return H2NEG__OUR_RST;
    if (id > (c->config->role == H2NEG_SERVER ? c->h2->last_peer : c->next_stream - 1))
        return H2NEG__IDLE;
    s = h2neg__stream_find(c, id);
    if (s && (s->flags & (H2NEG__S_WE_RESET | H2NEG__S_PEER_RESET) || (s->flags & both) == both))
        return h2neg__stream_shut(s);
    if (s)
        return s->flags & H2NEG__S_REMOTE_END ? H2NEG__ENDED : H2NEG__OPEN;
    return h2neg__shut_find(c, id);
}

/* What a frame on a stream in a state comes to. FINE: goes on. DROP: no answer, no charge. The
   others are errors of the stream or of the connection. RFC 9113 5.1, 5.1.1, 5.4.2; RFC 9113 6.9
   lets late WINDOW_UPDATE and RST_STREAM pass. */
enum { H2NEG__FINE, H2NEG__DROP, H2NEG__STREAM_ERR, H2NEG__CONN_ERR };
typedef struct h2neg__cell {
    unsigned char verdict;
    int error;
} h2neg__cell;
#define H2NEG__F                                                                                   \
    {                                                                                              \
        H2NEG__FINE, 0                                                                             \
    }
#define H2NEG__I                                                                                   \
    {                                                                                              \
        H2NEG__DROP, 0                                                                             \
    }
#define H2NEG__S                                                                                   \
    {                                                                                              \
        H2NEG__STREAM_ERR, H2NEG_ERR_H2_CLOSED                                                     \
    }
#define H2NEG__C                                                                                   \
    {                                                                                              \
        H2NEG__CONN_ERR, H2NEG_ERR_H2_CLOSED                                                       \
    }
#define H2NEG__P                                                                                   \
    {                                                                                              \
        H2NEG__CONN_ERR, H2NEG_ERR_H2_IDLE                                                         \
    }
#define H2NEG__O                                                                                   \
    {                                                                                              \
        H2NEG__CONN_ERR, H2NEG_ERR_H2_STREAM_ID                                                    \
    }
enum { H2NEG__ON_DATA, H2NEG__ON_HEADERS, H2NEG__ON_RST, H2NEG__ON_UPDATE };
/* clang-format off */
static const h2neg__cell h2neg__figure2[7][4] = {
    /*                DATA      HEADERS   RST       WINDOW_UPDATE */
    /* idle      */ {H2NEG__P, H2NEG__F, H2NEG__P, H2NEG__P},
    /* open      */ {H2NEG__F, H2NEG__F, H2NEG__F, H2NEG__F},
    /* ended     */ {H2NEG__S, H2NEG__S, H2NEG__F, H2NEG__F},
    /* both      */ {H2NEG__C, H2NEG__C, H2NEG__I, H2NEG__I},
    /* peer RST  */ {H2NEG__S, H2NEG__S, H2NEG__I, H2NEG__I},
    /* our RST   */ {H2NEG__I, H2NEG__I, H2NEG__I, H2NEG__I},
    /* forgotten */ {H2NEG__C, H2NEG__O, H2NEG__I, H2NEG__I}
};
/* clang-format on */
#undef H2NEG__F
#undef H2NEG__I
#undef H2NEG__S
#undef H2NEG__C
#undef H2NEG__P
#undef H2NEG__O

/* ---- events that slots owe ---- */

static void h2neg__owe(h2neg_conn *c, h2neg__stream *s, uint32_t flag)
{
    uint16_t i = h2neg__slot_index(c, s);
    s->flags |= flag;
    if (s->flags & H2NEG__S_OWED)
        return;
    s->flags |= H2NEG__S_OWED;
    s->owed = H2NEG__NONE;
    if (c->owed_first == H2NEG__NONE)
        c->owed_first = i;
    else
        h2neg__slot(c, c->owed_last)->owed = i;
    c->owed_last = i;
}

/* One more interim response on a stream. 0, or an error. */
static int h2neg__count_informational(const h2neg_conn *c, h2neg__stream *s)
{
    if (s->informational >= c->config->max_informational)
        return H2NEG_ERR_LIMIT_INFORMATIONAL;
    s->informational++;
    return 0;
}

/* Sets or clears a flag that is counted, so that a scan over the slots is made only when it finds
   one. */
static void h2neg__count_flag(h2neg__stream *s, uint32_t flag, int on, uint32_t *count)
{
    if (((s->flags & flag) != 0) == (on != 0))
        return;
    s->flags ^= flag;
    *count = on ? *count + 1 : *count - 1;
}

/* A body that lies in the queue leaves it: those behind it move down. */
static void h2neg__queue_leave(h2neg_conn *c, h2neg__stream *s, size_t n)
{
    unsigned char *q = c->part[H2NEG__QUEUE].ptr;
    size_t i;
    if (n == 0)
        return;
    memmove(q + s->body_at, q + s->body_at + n, c->queued - s->body_at - n);
    c->queued -= n;
    for (i = 0; i < c->slots; i++) {
        h2neg__stream *o = h2neg__slot(c, i);
        if (o->id && o->flags & H2NEG__S_QUEUED && o->body_at > s->body_at)
            o->body_at -= n;
    }
    s->body_left -= n;
    if (c->queued == 0)
        h2neg__part_drop(c, H2NEG__QUEUE);
}

/* Early octets stand as records: the stream, the length, where they came, the octets. The first one
   of a stream from `at` on, or c->early. */
enum { H2NEG__EARLY_HEAD = 16 };
static size_t h2neg__early_find(const h2neg_conn *c, uint32_t id, size_t at, uint32_t *len)
{
    uint32_t head[2];
    for (; at < c->early; at += H2NEG__EARLY_HEAD + head[1]) {
        memcpy(head, c->part[H2NEG__EARLY].ptr + at, sizeof head);
        *len = head[1];
        if (head[0] == id)
            return at;
    }
    return c->early;
}

/* Whether octets at `offset` go on where the last record ends: they are of one DATA frame, and its
   head is paid for once, however the frame was cut. */
static int h2neg__early_goes_on(const h2neg_conn *c, uint32_t id, uint64_t offset)
{
    const unsigned char *p;
    uint32_t head[2];
    uint64_t from;
    if (c->early_last >= c->early)
        return 0;
    p = c->part[H2NEG__EARLY].ptr + c->early_last;
    memcpy(head, p, sizeof head);
    memcpy(&from, p + sizeof head, sizeof from);
    return head[0] == id && from + head[1] == offset;
}

/* Appends octets of a stream that waits; they are consumed already. 1, or 0: there are too many. */
static int h2neg__early_put(h2neg_conn *c, h2neg__stream *s, h2neg_str in)
{
    uint64_t offset = c->offset - in.len;
    uint32_t head[2];
    size_t more = h2neg__early_goes_on(c, s->id, offset) ? 0 : H2NEG__EARLY_HEAD;
    unsigned char *p;
    if (!h2neg__part_grow(c, H2NEG__EARLY, c->early + more + in.len, 1024))
        return 0;
    if (more)
        c->early_last = c->early;
    p = c->part[H2NEG__EARLY].ptr + c->early_last;
    if (more) {
        head[0] = s->id;
        head[1] = 0;
        memcpy(p + sizeof head, &offset, sizeof offset);
    } else {
        memcpy(head, p, sizeof head);
    }
    head[1] += (uint32_t)in.len;
    memcpy(p, head, sizeof head);
    memcpy(c->part[H2NEG__EARLY].ptr + c->early + more, in.ptr, in.len);
    c->early += (uint32_t)(more + in.len);
    s->flags |= H2NEG__S_EARLY;
    return 1;
}

/* Takes out the first record of a stream: its length, 0 when there was none. */
static uint32_t h2neg__early_drop(h2neg_conn *c, h2neg__stream *s)
{
    uint32_t len = 0, more;
    size_t at = h2neg__early_find(c, s->id, 0, &len), size = H2NEG__EARLY_HEAD + (size_t)len;
    unsigned char *p = c->part[H2NEG__EARLY].ptr;
    H2NEG__NEVER(at >= c->early); /* only asked of a stream that has some */
    memmove(p + at, p + at + size, c->early - at - size);
    c->early -= (uint32_t)size;
    c->early_last = at < c->early_last ? c->early_last - (uint32_t)size : c->early;
    if (h2neg__early_find(c, s->id, at, &more) == c->early)
        s->flags &= ~(uint32_t)H2NEG__S_EARLY;
    if (c->early == 0)
        h2neg__part_drop(c, H2NEG__EARLY);
    return len;
}

static void h2neg__body_stop(h2neg_conn *c, h2neg__stream *s)
{
    if (s->flags & H2NEG__S_QUEUED)
        h2neg__queue_leave(c, s, s->body_left);
    s->flags &= ~(uint32_t)H2NEG__S_QUEUED;
    s->body_left = 0;
    h2neg__count_flag(s, H2NEG__S_BODY, 0, &c->sending);
}

/* The application is to hear, once, that a stream's WebSocket is closed. */
static void h2neg__ws_tell(h2neg_conn *c, h2neg__stream *s, int code, int error)
{
    h2neg__ws *w = h2neg__ws_of(c, s);
    if (!w || w->flags & H2NEG__W_TOLD)
        return;
    w->flags |= H2NEG__W_TOLD;
    w->code = (uint16_t)code;
    w->error = error;
    h2neg__owe(c, s, H2NEG__S_WS_CLOSE_OWED);
}

/* Drops the early octets of a stream that is over, for the connection's credit. Not while an event
   points into their part: h2neg__release does it then. */
static void h2neg__early_forget(h2neg_conn *c, h2neg__stream *s)
{
    const h2neg__ws *w = h2neg__ws_of(c, s);
    uint32_t read = w ? (uint32_t)w->early_at : 0; /* of the first record: credited already */
    for (; s->flags & H2NEG__S_EARLY; read = 0)
        c->h2->unreturned += h2neg__early_drop(c, s) - read;
}

/* The stream is over, once: DONE is owed with why. */
static void h2neg__stream_done(h2neg_conn *c, h2neg__stream *s, int error, uint32_t code,
                               int by_peer)
{
    if (s->flags & (H2NEG__S_DONE_OWED | H2NEG__S_DONE))
        return;
    h2neg__body_stop(c, s);
    if ((s->flags & (H2NEG__S_TUNNEL | H2NEG__S_OPEN_OWED)) == H2NEG__S_TUNNEL)
        h2neg__ws_tell(c, s, H2NEG_WS_ABNORMAL, error ? error : (int)H2NEG_ERR_WS_ABNORMAL);
    if (!c->current_early)
        h2neg__early_forget(c, s);
    h2neg__count_flag(s, H2NEG__S_WRITABLE, 0, &c->wanting);
    h2neg__count_flag(s, H2NEG__S_WU_MARK, 0, &c->marked);
    s->flags &= ~(uint32_t)(H2NEG__S_EXPECT | H2NEG__S_OPEN_OWED | H2NEG__S_WAITS);
    if (error) {
        s->flags &= ~(uint32_t)H2NEG__S_END_OWED;
        s->error = error;
    }
    if (by_peer)
        s->flags |= H2NEG__S_BY_PEER;
    if (!(s->flags & H2NEG__S_RST_MARK))
        s->code = code;
    h2neg__owe(c, s, H2NEG__S_DONE_OWED);
}

/* Both sides have ended: the stream is over, and that earns back a unit of the reset budget. */
static void h2neg__stream_settle(h2neg_conn *c, h2neg__stream *s)
{
    uint32_t both = H2NEG__S_LOCAL_END | H2NEG__S_REMOTE_END;
    if ((s->flags & both) != both)
        return;
    if (c->h2 && !s->error && c->h2->resets < (int32_t)c->config->reset_budget)
        c->h2->resets++;
    h2neg__stream_done(c, s, s->error, s->error ? h2neg_error_h2(s->error) : 0, 0);
}

/* The stream of the lowest number above this one: slots stand in no order, and events must. */
static h2neg__stream *h2neg__stream_after(const h2neg_conn *c, uint32_t id)
{
    h2neg__stream *next = NULL;
    size_t i;
    for (i = 0; i < c->slots; i++) {
        h2neg__stream *s = h2neg__slot(c, i);
        if (s->id > id && (!next || s->id < next->id))
            next = s;
    }
    return next;
}

/* Every stream is over, for one reason. `retry`: streams above this number were not acted on. */
static void h2neg__all_done(h2neg_conn *c, int error, uint32_t code, int by_peer, uint32_t retry)
{
    h2neg__stream *s = h2neg__stream_after(c, 0);
    for (; s; s = h2neg__stream_after(c, s->id)) {
        if (s->id > retry)
            s->flags |= H2NEG__S_RETRY;
        h2neg__stream_done(c, s, error, code, by_peer);
    }
}

/* The slot is free again. */
static inline void h2neg__stream_free(h2neg_conn *c, h2neg__stream *s)
{
    uint16_t i = h2neg__slot_index(c, s), *at = &h2neg__bucket(c, s->id)->bucket;
    if (c->h2 && s->flags & (H2NEG__S_LOCAL_END | H2NEG__S_REMOTE_END | H2NEG__S_WE_RESET |
                             H2NEG__S_PEER_RESET))
        h2neg__shut_add(c, s->id, h2neg__stream_shut(s));
    H2NEG__NEVER(s->flags & (H2NEG__S_OWED | H2NEG__S_RST_MARK)); /* both hold it */
    h2neg__ws_free(c, s);
    while (*at != i)
        at = &h2neg__slot(c, *at)->chain;
    *at = s->chain;
    s->id = 0;
    s->chain = c->free_slot;
    c->free_slot = i;
    c->live--;
}

/* A slot that stayed behind its DONE goes when nothing holds it any more: the application's wish,
   or a RST_STREAM that is not written yet. */
static void h2neg__stream_let_go(h2neg_conn *c, h2neg__stream *s)
{
    const uint32_t hold = H2NEG__S_KEEP | H2NEG__S_RST_MARK;
    if ((s->flags & (H2NEG__S_DONE | hold)) != H2NEG__S_DONE || c->current == s->id)
        return;
    c->behind--;
    h2neg__stream_free(c, s);
}

/* What an event says of its stream and connection. */
static void h2neg__event(h2neg_conn *c, h2neg_event *ev, int type, const h2neg__stream *s)
{
    ev->type = type;
    ev->protocol = c->protocol;
    ev->via = c->via;
    if (s) {
        ev->stream = s->id;
        ev->user = s->user;
        c->current = s->id;
    }
}

/* Others of its urgency go before its next turn. */
static void h2neg__turn_taken(h2neg_conn *c, const h2neg__stream *s)
{
    if (c->h2 && s->flags & H2NEG__S_INCREMENTAL)
        c->h2->turn[s->urgency] = s->id;
}

/* The server drains: two GOAWAYs, and what was begun between them (RFC 9113 6.8). */
static void h2neg__h2_drain(h2neg_conn *c)
{
    if (c->shut || c->phase >= H2NEG__INERT)
        return;
    c->shut = 1;
    c->h2->goaway_owed = 1;
    c->h2->drain_ping = 1;
}

static void h2neg__event_done(h2neg_conn *c, h2neg__stream *s, h2neg_event *ev)
{
    if (c->h2 && s->id > 0x7fffffff - 1024 && c->config->role == H2NEG_SERVER)
        h2neg__h2_drain(c); /* of the last 512 identifiers one is used up (5.1.1) */
    s->flags = (s->flags & ~(uint32_t)H2NEG__S_DONE_OWED) | H2NEG__S_DONE;
    h2neg__event(c, ev, H2NEG_EV_DONE, s);
    h2neg__ws_free(c, s);
    c->current_done = 1;
    ev->code = s->code;
    ev->by_peer = (s->flags & H2NEG__S_BY_PEER) != 0;
    ev->retry = (s->flags & H2NEG__S_RETRY) != 0;
    if (s->error)
        ev->error = h2neg__error(s->error, s->id, c->offset);
    else if (s->code)
        ev->error.h2_code = s->code;
}

/* The next event that a slot owes: OPEN is made by its protocol; END and DONE here. NULL: none. */
static h2neg__stream *h2neg__owed_next(h2neg_conn *c)
{
    while (c->owed_first != H2NEG__NONE) {
        h2neg__stream *s = h2neg__slot(c, c->owed_first);
        uint32_t any = H2NEG__S_OPEN_OWED | H2NEG__S_WS_CLOSE_OWED | H2NEG__S_DONE_OWED;
        if (!(s->flags & H2NEG__S_WAITS))
            any |= H2NEG__S_END_OWED | H2NEG__S_EARLY;
        if (s->flags & any)
            return s;
        s->flags &= ~(uint32_t)H2NEG__S_OWED;
        c->owed_first = s->owed;
    }
    return NULL;
}

/* ---- priority (RFC 9218 10) ---- */

/* The most urgent slot with one of these flags that `ready` lets through; incremental ones of the
   same urgency take turns, others go in the order of their numbers. */
typedef int (*h2neg__ready)(const h2neg_conn *c, const h2neg__stream *s);
static h2neg__stream *h2neg__most_urgent(h2neg_conn *c, uint32_t flag, h2neg__ready ready)
{
    h2neg__stream *best = NULL;
    uint64_t best_rank = UINT64_MAX;
    size_t i;
    for (i = 0; i < c->slots; i++) {
        h2neg__stream *s = h2neg__slot(c, i);
        uint64_t rank = (uint64_t)s->urgency << 40 | s->id;
        if (s->id == 0 || !(s->flags & flag) || !ready(c, s))
            continue;
        if (s->flags & H2NEG__S_INCREMENTAL)
            rank |=
                c->h2 && s->id > c->h2->turn[s->urgency] ? (uint64_t)1 << 33 : (uint64_t)1 << 34;
        if (rank < best_rank) {
            best_rank = rank;
            best = s;
        }
    }
    return best;
}

/* ---- what a response will be ---- */

typedef struct h2neg__plan {
    int interim;              /* 1xx */
    int drop;                 /* HEAD, 204, 304: no body goes out */
    int add_length;           /* a Content-Length is to be added */
    int ends;                 /* the head is the whole message */
    uint64_t length;          /* Content-Length, or H2NEG_UNKNOWN */
    const h2neg_field *extra; /* fields that the connection adds */
    size_t extra_count;
} h2neg__plan;

/* Content-Length against the body that was given. 0 or < 0. */
static int h2neg__plan_body(h2neg__plan *p, const h2neg_message *m, unsigned flags, int bare)
{
    int more = (flags & H2NEG_MORE) != 0;
    if (bare && p->length != H2NEG_UNKNOWN)
        return H2NEG_ERR_INVALID;
    if (more && m->body_len)
        return H2NEG_ERR_INVALID;
    if (!more && !p->drop && p->length != H2NEG_UNKNOWN && p->length != m->body_len)
        return H2NEG_ERR_LENGTH_MISMATCH;
    if (!more && p->length == H2NEG_UNKNOWN && !bare && (!p->drop || m->body_len)) {
        p->length = m->body_len;
        p->add_length = 1;
    }
    p->ends = !more && (p->drop || m->body_len == 0);
    return 0;
}

/* Checks a response and settles its framing (RFC 9110 8.6, 9.3.2, 15.3.5, 15.4.5). 0 or < 0. */
static int h2neg__plan_response(h2neg__plan *p, const h2neg__stream *s, const h2neg_message *m,
                                unsigned flags)
{
    int err;
    memset(p, 0, sizeof *p);
    p->length = H2NEG_UNKNOWN;
    if (m->status < 100 || m->status > 999 || m->status == 101 || s->flags & H2NEG__S_HEAD_SENT ||
        (m->body_len && !m->body) ||
        (m->upgrade.len && (m->status != 426 || !h2neg__is_protocol(m->upgrade))))
        return H2NEG_ERR_INVALID;
    if (s->flags & H2NEG__S_CONNECT && m->status / 100 == 2)
        return H2NEG_ERR_INVALID; /* that is h2neg_accept's */
    err = h2neg__fields_check(m->fields, m->field_count, &p->length, 0);
    if (err)
        return err;
    p->interim = m->status < 200;
    if (p->interim)
        return m->body_len || p->length != H2NEG_UNKNOWN ? H2NEG_ERR_INVALID : 0;
    p->drop = s->flags & H2NEG__S_HEAD || m->status == 204 || m->status == 304;
    if (m->status == 205 && (flags & H2NEG_MORE || m->body_len || p->length + 1 > 1))
        return H2NEG_ERR_INVALID; /* RFC 9110 15.3.6 */
    return h2neg__plan_body(p, m, flags, m->status == 204);
}

/* What the head that went out means for the slot. */
static void h2neg__plan_apply(h2neg_conn *c, h2neg__stream *s, const h2neg__plan *p,
                              const h2neg_message *m, unsigned flags)
{
    s->flags |= H2NEG__S_HEAD_SENT;
    if (c->config->role == H2NEG_SERVER)
        s->flags &= ~(uint32_t)(H2NEG__S_EXPECT | H2NEG__S_WAITS);
    if (s->flags & (H2NEG__S_END_OWED | H2NEG__S_EARLY))
        h2neg__owe(c, s, 0);
    if (p->drop)
        s->flags |= H2NEG__S_DROP;
    s->send_left = p->drop ? H2NEG_UNKNOWN : p->length;
    s->body_left = 0;
    if (!p->ends && !(flags & H2NEG_MORE) && m->body_len) {
        s->body = (const unsigned char *)m->body;
        s->body_left = m->body_len;
        h2neg__count_flag(s, H2NEG__S_BODY, 1, &c->sending);
    }
}

/* Where the body that is being sent lies. */
static const unsigned char *h2neg__body_at(const h2neg_conn *c, const h2neg__stream *s)
{
    return s->flags & H2NEG__S_QUEUED ? c->part[H2NEG__QUEUE].ptr + s->body_at : s->body;
}

/* `n` octets of it were written. */
static void h2neg__body_sent(h2neg_conn *c, h2neg__stream *s, size_t n)
{
    if (s->flags & H2NEG__S_QUEUED) {
        h2neg__queue_leave(c, s, n);
    } else {
        s->body += n;
        s->body_left -= n;
    }
    if (s->body_left == 0)
        h2neg__body_stop(c, s);
}

/* ==== 19a >>conn-check =====================================================
   What holds inside a connection between any two calls, where H2NEG_CHECK is defined: every counter
   is the sum that it stands for, every list reaches what it should, every window is within what was
   granted. Uses >>h2-stream. Memory: none.
   A call looks at what the one before it left, so that a fault is seen where it happens.
   ========================================================================== */
#ifdef H2NEG_CHECK
#define H2NEG__MUST(x)                                                                             \
    do {                                                                                           \
        if (!(x))                                                                                  \
            H2NEG_ASSERT(0 && #x);                                                                 \
    } while (0)

static void h2neg__balance_lists(const h2neg_conn *c)
{
    size_t i, n = 0, owed = 0, flagged = 0;
    uint16_t at;
    if (!c->slots) {
        H2NEG__MUST(c->live == 0);
        return;
    }
    H2NEG__MUST((c->slots & (c->slots - 1)) == 0);
    H2NEG__MUST(c->part[H2NEG__STREAMS].size >= c->slots * sizeof(h2neg__stream));
    for (at = c->free_slot; at != H2NEG__NONE; at = h2neg__slot(c, at)->chain) {
        H2NEG__MUST(at < c->slots && h2neg__slot(c, at)->id == 0);
        H2NEG__MUST(++n <= c->slots);
    }
    H2NEG__MUST(n + c->live == c->slots);
    for (at = c->owed_first; at != H2NEG__NONE; at = h2neg__slot(c, at)->owed) {
        H2NEG__MUST(at < c->slots && h2neg__slot(c, at)->id != 0);
        H2NEG__MUST(h2neg__slot(c, at)->flags & H2NEG__S_OWED);
        H2NEG__MUST(++owed <= c->slots);
        if (h2neg__slot(c, at)->owed == H2NEG__NONE)
            H2NEG__MUST(at == c->owed_last);
    }
    for (i = 0; i < c->slots; i++) {
        const h2neg__stream *s = h2neg__slot(c, i);
        if (!s->id)
            continue;
        H2NEG__MUST(s->id % 2 == 1 && h2neg__stream_find(c, s->id) == s);
        flagged += (s->flags & H2NEG__S_OWED) != 0;
    }
    H2NEG__MUST(owed == flagged);
}

/* Early octets: records one behind the other, each of a stream that says so. */
static void h2neg__balance_early(const h2neg_conn *c)
{
    size_t at = 0, i;
    uint32_t head[2];
    H2NEG__MUST(c->early <= c->part[H2NEG__EARLY].size);
    while (at < c->early) {
        const h2neg__stream *s;
        H2NEG__MUST(c->early - at > H2NEG__EARLY_HEAD);
        memcpy(head, c->part[H2NEG__EARLY].ptr + at, sizeof head);
        s = h2neg__stream_find(c, head[0]);
        H2NEG__MUST(s && s->flags & H2NEG__S_EARLY && head[1] > 0);
        at += H2NEG__EARLY_HEAD + head[1];
    }
    H2NEG__MUST(at == c->early);
    for (i = 0; i < c->slots; i++) {
        const h2neg__stream *s = h2neg__slot(c, i);
        uint32_t len;
        if (s->id && s->flags & H2NEG__S_EARLY)
            H2NEG__MUST(h2neg__early_find(c, s->id, 0, &len) < c->early);
    }
}

static void h2neg__balance_ws(const h2neg_conn *c)
{
    size_t i, n = 0;
    H2NEG__MUST(c->part[H2NEG__WS].size >= c->ws_room * sizeof(h2neg__ws));
    for (i = 0; i < c->ws_room; i++) {
        const h2neg__ws *w = h2neg__ws_at(c, i);
        const h2neg__stream *s;
        if (!w->stream)
            continue;
        n++;
        s = h2neg__stream_find(c, w->stream);
        H2NEG__MUST(s && h2neg__ws_of(c, s) == w);
        if (w->opcode && !h2neg__ws_deaf(w)) /* else it is of the last message */
            H2NEG__MUST(w->have <= w->buffer.size);
        H2NEG__MUST(w->buffer.size <= h2neg__ws_buffer_bound(c->config));
        H2NEG__MUST(w->head_len <= 14 && w->control_len <= 125 && w->owed_len <= 125);
        H2NEG__MUST(w->left <= w->frame.length);
    }
    H2NEG__MUST(n == c->ws_live);
    if (c->h2 && !(c->config->role == H2NEG_SERVER && c->h1.stream))
        H2NEG__MUST(n <= c->config->max_ws_streams);
}

static void h2neg__balance_slots(const h2neg_conn *c)
{
    size_t i, live = 0, marked = 0, sending = 0, wanting = 0, behind = 0, queued = 0;
    for (i = 0; i < c->slots; i++) {
        const h2neg__stream *s = h2neg__slot(c, i);
        if (!s->id)
            continue;
        live++;
        marked += (s->flags & H2NEG__S_RST_MARK) != 0;
        marked += (s->flags & H2NEG__S_WU_MARK) != 0;
        sending += (s->flags & H2NEG__S_BODY) != 0;
        wanting += (s->flags & H2NEG__S_WRITABLE) != 0;
        behind += (s->flags & H2NEG__S_DONE) != 0;
        if (s->flags & H2NEG__S_QUEUED) {
            H2NEG__MUST(s->flags & H2NEG__S_BODY);
            H2NEG__MUST(s->body_at + s->body_left <= c->queued);
            queued += s->body_left;
        }
        if (s->flags & H2NEG__S_BODY)
            H2NEG__MUST(s->body_left > 0 && !(s->flags & H2NEG__S_LOCAL_END));
        if (s->flags & (H2NEG__S_DONE | H2NEG__S_DONE_OWED))
            H2NEG__MUST(!(s->flags & (H2NEG__S_BODY | H2NEG__S_WRITABLE | H2NEG__S_WU_MARK)));
        if (s->flags & H2NEG__S_DONE)
            H2NEG__MUST(!h2neg__ws_of(c, s) &&
                        !(s->flags & (H2NEG__S_END_OWED | H2NEG__S_OPEN_OWED |
                                      H2NEG__S_WS_CLOSE_OWED | H2NEG__S_DONE_OWED)));
        H2NEG__MUST(!(s->flags & H2NEG__S_DONE) || c->current == s->id ||
                    s->flags & (H2NEG__S_KEEP | H2NEG__S_RST_MARK));
        H2NEG__MUST(s->send <= 0x7fffffff || c->error.code ||
                    s->flags & (H2NEG__S_WE_RESET | H2NEG__S_DONE_OWED | H2NEG__S_DONE));
        H2NEG__MUST(s->send >= -(int64_t)0x7fffffff);
        if (c->h2) {
            int64_t granted = c->h2->window > c->config->initial_window ? c->h2->window
                                                                        : c->config->initial_window;
            H2NEG__MUST(s->recv + s->unreturned + s->held <= (granted > 65535 ? granted : 65535));
        }
        if (h2neg__ws_of(c, s))
            H2NEG__MUST(h2neg__ws_of(c, s)->stream == s->id);
    }
    H2NEG__MUST(live == c->live && marked == c->marked && sending == c->sending);
    H2NEG__MUST(wanting == c->wanting && queued == c->queued);
    H2NEG__MUST(behind == c->behind + (c->current_done ? 1u : 0u));
    H2NEG__MUST(c->queued <= c->part[H2NEG__QUEUE].size && c->queued <= c->config->max_queued);
}

static void h2neg__balance_h2(const h2neg_conn *c)
{
    const h2neg__http2 *h = c->h2;
    int64_t most = c->config->connection_window > 65535 ? c->config->connection_window : 65535;
    H2NEG__MUST(h->recv >= 0 && h->recv + h->unreturned <= most);
    /* between frames every octet's credit is back, or waits with what was not taken yet */
    if (c->phase == H2NEG__LIVE && h->state == H2NEG__H2_HEADER && !c->current_credit && !c->early)
        H2NEG__MUST(h->recv + h->unreturned == most);
    H2NEG__MUST(h->send >= 0 && (h->send <= 0x7fffffff || c->error.code));
    H2NEG__MUST(h->owed_pings <= H2NEG__RING && h->owed_resets <= H2NEG__RING);
    H2NEG__MUST(h->owed_pings + h->owed_resets == 0 ||
                c->part[H2NEG__OWED].size >= sizeof(h2neg__owed));
    H2NEG__MUST(h->shut_count <= H2NEG__SHUT_COUNT && h->shut_at < H2NEG__SHUT_COUNT);
    H2NEG__MUST(h->shut_count * sizeof(uint32_t) <= c->part[H2NEG__SHUT].size);
    H2NEG__MUST(h->resets <= (int32_t)c->config->reset_budget);
    H2NEG__MUST(h->left <= h->frame.length || h->state <= H2NEG__H2_HEADER);
    if (!h->coding)
        return;
    H2NEG__MUST(h->encoder.table.size <= h->encoder.table.max);
    H2NEG__MUST(h->decoder.table.size <= h->decoder.table.max);
    H2NEG__MUST(h2neg_hpack_decoder_needs(&h->decoder) <= c->part[H2NEG__DECODER].size);
    H2NEG__MUST(h2neg_hpack_encoder_needs(&h->encoder) <= c->part[H2NEG__ENCODER].size);
}

static void h2neg__balance(const h2neg_conn *c)
{
    int i;
    if (!c)
        return;
    H2NEG__MUST(c->spoken || c->out == 0 || c->lost ||
                c->out_at + c->out <= c->part[H2NEG__OUT].size);
    H2NEG__MUST(c->out <= c->config->max_output_pending);
    H2NEG__MUST(c->kept == 0 || c->kept_at + c->kept <= c->part[H2NEG__IN].size);
    H2NEG__MUST(c->offset <= c->in_total && c->out <= c->out_total);
    for (i = 0; i < H2NEG__PARTS; i++)
        H2NEG__MUST(c->part[i].size <= h2neg__part_bound(c->config, i));
    h2neg__balance_lists(c);
    h2neg__balance_early(c);
    h2neg__balance_slots(c);
    h2neg__balance_ws(c);
    if (c->h2)
        h2neg__balance_h2(c);
}
#else
#define h2neg__balance(c) ((void)(c))
#endif

/* ==== 20 >>conn-h2-send ====================================================
   HTTP/2 out: what the engine owes, field blocks, DATA (RFC 9113 5.2, 6).  Uses >>hpack >>h2-frame
   >>h2-stream.
   Memory: output is written once, in place; two rings of 32 for what is owed to streams without a
   slot. What is owed goes out before the application's next frame, so an ACK precedes what was made
   under it.
   ========================================================================== */

/* ---- what the engine owes: each writes one frame; 1, or 0: no room now ---- */

static int h2neg__h2_put_settings(h2neg_conn *c)
{
    const h2neg_config *g = c->config;
    int server = g->role == H2NEG_SERVER;
    h2neg_h2_setting all[8];
    size_t n = 0, i, kept = 0;
    unsigned char *out = h2neg__out_room(c, H2NEG_PREFACE_LEN + 9 + 6 * H2NEG__COUNT(all) + 13);
    h2neg__writer w;
    const uint32_t table[][3] = {
        /* what, value, the value that need not be said */
        {H2NEG_SETTING_HEADER_TABLE_SIZE, g->hpack_decoder_table, 4096},
        {H2NEG_SETTING_ENABLE_PUSH, (uint32_t)server, 1},
        {H2NEG_SETTING_MAX_CONCURRENT_STREAMS, server ? g->max_concurrent_streams : 0, 0},
        {H2NEG_SETTING_INITIAL_WINDOW_SIZE, g->initial_window, 65535},
        {H2NEG_SETTING_MAX_FRAME_SIZE, g->max_frame_size, 16384},
        {H2NEG_SETTING_MAX_HEADER_LIST_SIZE, g->max_header_list, 0},
        {H2NEG_SETTING_ENABLE_CONNECT_PROTOCOL, server && g->protocols & H2NEG_WEBSOCKET, 0},
        {H2NEG_SETTING_NO_RFC7540_PRIORITIES, 1, 0}};
    if (!out)
        return 0;
    for (i = 0; i < H2NEG__COUNT(table); i++) {
        all[n].id = (uint16_t)table[i][0];
        all[n].value = table[i][1];
        if (table[i][1] != table[i][2])
            n++;
    }
    w = h2neg__write(out, H2NEG_PREFACE_LEN + 9 + 6 * H2NEG__COUNT(all) + 13);
    if (!server)
        h2neg__put(&w, H2NEG_PREFACE, H2NEG_PREFACE_LEN);
    kept = w.used + (size_t)h2neg_h2_frame_write_settings(w.p, w.left, all, n);
    c->h2->settings_unacked = 1;
    if (g->connection_window > 65535)
        kept += (size_t)h2neg_h2_frame_write_window_update(out + kept, 13, 0,
                                                           g->connection_window - 65535);
    h2neg__out_wrote(c, kept);
    return 1;
}

static int h2neg__h2_put_ack(h2neg_conn *c)
{
    unsigned char *out = h2neg__out_room(c, 9);
    if (!out)
        return 0;
    h2neg__out_wrote(c, (size_t)h2neg_h2_frame_write_settings_ack(out, 9));
    c->h2->owed_acks--;
    return 1;
}

static h2neg__owed *h2neg__owed_rings(h2neg_conn *c)
{
    return (h2neg__owed *)(void *)c->part[H2NEG__OWED].ptr;
}

static int h2neg__h2_put_pong(h2neg_conn *c)
{
    h2neg__http2 *h = c->h2;
    unsigned char *out = h2neg__out_room(c, 17);
    if (!out)
        return 0;
    h2neg__out_wrote(c, (size_t)h2neg_h2_frame_write_ping(out, 17, H2NEG_H2_ACK,
                                                          h2neg__owed_rings(c)->pings[h->ping_at]));
    h->ping_at = (uint8_t)((h->ping_at + 1) % H2NEG__RING);
    h->owed_pings--;
    return 1;
}

static int h2neg__h2_put_reset(h2neg_conn *c)
{
    h2neg__http2 *h = c->h2;
    unsigned char *out = h2neg__out_room(c, 13);
    h2neg__owed *o = h2neg__owed_rings(c);
    if (!out)
        return 0;
    h2neg__out_wrote(c, (size_t)h2neg_h2_frame_write_rst_stream(
                            out, 13, o->resets[h->reset_at].stream, o->resets[h->reset_at].code));
    h->reset_at = (uint8_t)((h->reset_at + 1) % H2NEG__RING);
    h->owed_resets--;
    return 1;
}

/* The marks of one slot. 1, or 0: no room. */
static int h2neg__h2_put_mark(h2neg_conn *c, h2neg__stream *s)
{
    unsigned char *out = h2neg__out_room(c, 13);
    if (!out)
        return 0;
    if (s->flags & H2NEG__S_RST_MARK) {
        h2neg__out_wrote(c, (size_t)h2neg_h2_frame_write_rst_stream(out, 13, s->id, s->code));
        h2neg__count_flag(s, H2NEG__S_WU_MARK, 0, &c->marked);
        h2neg__count_flag(s, H2NEG__S_RST_MARK, 0, &c->marked);
        h2neg__stream_let_go(c, s);
        return 1;
    }
    h2neg__out_wrote(c, (size_t)h2neg_h2_frame_write_window_update(out, 13, s->id, s->unreturned));
    s->recv += s->unreturned;
    s->unreturned = 0;
    h2neg__count_flag(s, H2NEG__S_WU_MARK, 0, &c->marked);
    return 1;
}

static int h2neg__h2_put_marks(h2neg_conn *c)
{
    size_t i;
    for (i = 0; i < c->slots && c->marked; i++) {
        h2neg__stream *s = h2neg__slot(c, i);
        if (s->id && s->flags & (H2NEG__S_RST_MARK | H2NEG__S_WU_MARK) && !h2neg__h2_put_mark(c, s))
            return 0;
    }
    return 1;
}

/* Credit of the connection is granted again by the half window. */
static int h2neg__h2_put_credit(h2neg_conn *c)
{
    unsigned char *out = h2neg__out_room(c, 13);
    if (!out)
        return 0;
    h2neg__out_wrote(c, (size_t)h2neg_h2_frame_write_window_update(out, 13, 0, c->h2->unreturned));
    c->h2->recv += c->h2->unreturned;
    c->h2->unreturned = 0;
    c->h2->credit_due = 0;
    return 1;
}

/* Our own PINGs: the application's (ping_state 1) and the one behind the first GOAWAY (drain_ping
   1). */
static const char h2neg__drain_octets[9] = "h2neg:\0\1";
static int h2neg__h2_put_ping(h2neg_conn *c, const void *eight, unsigned char *state)
{
    unsigned char *out = h2neg__out_room(c, 17);
    if (!out)
        return 0;
    h2neg__out_wrote(c, (size_t)h2neg_h2_frame_write_ping(out, 17, 0, eight));
    *state = 2;
    return 1;
}

/* What is wrong, for the peer. */
static const char *h2neg__error_words(const h2neg_conn *c)
{
    return c->config->no_error_text ? "" : h2neg_error_text(c->error.code);
}

static int h2neg__h2_put_goaway(h2neg_conn *c)
{
    unsigned char *out = h2neg__out_room(c, 17 + 128);
    h2neg__http2 *h = c->h2;
    const char *text = c->error.code ? h2neg__error_words(c) : "";
    if (!out)
        return 0;
    if (c->phase >= H2NEG__INERT || h->goaway_owed == 2)
        h->goaway_last = h->last_peer;
    h2neg__out_wrote(c, (size_t)h2neg_h2_frame_write_goaway(out, 17 + 128, h->goaway_last,
                                                            c->error.h2_code, text, strlen(text)));
    h->goaway_owed = 0;
    h->goaway_sent = 1;
    return 1;
}

/* Whether the engine owes a frame: seldom, so who asks need not be told which. */
static inline int h2neg__h2_owes(const h2neg_conn *c)
{
    static const unsigned char looked_at[8] = {255, 255, 255, 255, 255, 1, 1, 0};
    uint64_t all, mask;
    memcpy(&all, (const unsigned char *)c->h2 + offsetof(h2neg__http2, owed_pings), 8);
    memcpy(&mask, looked_at, 8);
    return ((all & mask) | c->h2->owed_acks | c->marked) != 0;
}

/* Writes what is owed. 1, or 0: something waits for room. */
static int h2neg__h2_flush(h2neg_conn *c)
{
    h2neg__http2 *h = c->h2;
    if (!h2neg__h2_owes(c))
        return 1;
    if (h->preface_owed && !h2neg__h2_put_settings(c))
        return 0;
    h->preface_owed = 0;
    while (h->owed_acks)
        if (!h2neg__h2_put_ack(c))
            return 0;
    while (h->owed_pings)
        if (!h2neg__h2_put_pong(c))
            return 0;
    while (h->owed_resets)
        if (!h2neg__h2_put_reset(c))
            return 0;
    if (c->marked && !h2neg__h2_put_marks(c))
        return 0;
    if (h->credit_due && !h2neg__h2_put_credit(c))
        return 0;
    if (h->goaway_owed && !h2neg__h2_put_goaway(c))
        return 0;
    if (h->drain_ping == 1) /* the room that GOAWAY asks for holds it, too */
        h2neg__h2_put_ping(c, h2neg__drain_octets, &h->drain_ping);
    return h->ping_state != 1 || h2neg__h2_put_ping(c, h->ping, &h->ping_state);
}

/* ---- credit and resets ---- */

/* `n` octets of a stream's window may be granted again; not before it is let go, if it is held. */
static void h2neg__h2_stream_credit(h2neg__stream *s, uint32_t n)
{
    if (s->flags & (H2NEG__S_REMOTE_END | H2NEG__S_WE_RESET | H2NEG__S_PEER_RESET))
        return;
    if (s->flags & H2NEG__S_HELD) {
        s->held += n;
        return;
    }
    s->unreturned += n;
}

/* `n` octets were consumed: the connection's credit, and that of their stream (which may be gone).
 */
static void h2neg__h2_credit(h2neg_conn *c, h2neg__stream *s, uint32_t n)
{
    c->h2->unreturned += n;
    if (s)
        h2neg__h2_stream_credit(s, n);
}

/* Half a window is worth a WINDOW_UPDATE. Looked at where a frame ends, or a stream is let go, so
   that what is written does not depend on how DATA were cut. */
static void h2neg__h2_credit_due(h2neg_conn *c, h2neg__stream *s)
{
    c->h2->credit_due = c->h2->unreturned >= c->config->connection_window / 2;
    if (s && s->unreturned >= (c->config->initial_window + 1) / 2 &&
        !(s->flags & H2NEG__S_REMOTE_END))
        h2neg__count_flag(s, H2NEG__S_WU_MARK, 1, &c->marked);
}

/* A reset that the peer caused costs a unit of the budget. 1, or 0: the budget is spent, and the
   connection has failed. */
static int h2neg__h2_charge(h2neg_conn *c)
{
    if (--c->h2->resets > 0)
        return 1;
    h2neg__fail(c, H2NEG_ERR_LIMIT_RESETS, c->offset);
    return 0;
}

/* RST_STREAM on a stream with a slot, which is over by that. */
static void h2neg__h2_reset(h2neg_conn *c, h2neg__stream *s, int error, uint32_t code)
{
    H2NEG__NEVER(s->flags & (H2NEG__S_WE_RESET | H2NEG__S_PEER_RESET)); /* it was looked up open */
    s->flags |= H2NEG__S_WE_RESET;
    s->code = code;
    h2neg__count_flag(s, H2NEG__S_RST_MARK, 1, &c->marked);
    h2neg__stream_done(c, s, error, code, 0);
}

/* RST_STREAM on a stream without a slot. The ring has room: the reader stops when it is full. */
static int h2neg__h2_refuse(h2neg_conn *c, uint32_t id, uint32_t code, int costs)
{
    h2neg__http2 *h = c->h2;
    h2neg__owed *o;
    size_t at = (size_t)(h->reset_at + h->owed_resets) % H2NEG__RING;
    h2neg__shut_add(c, id, H2NEG__OUR_RST);
    if (!h2neg__part_take(c, H2NEG__OWED, sizeof(h2neg__owed)))
        return h2neg__fail(c, H2NEG_ERR_NOMEM, c->offset);
    o = h2neg__owed_rings(c);
    H2NEG__NEVER(h->owed_resets >= H2NEG__RING); /* the reader stops when it is full */
    o->resets[at].stream = id;
    o->resets[at].code = code;
    h->owed_resets++;
    if (costs)
        h2neg__h2_charge(c);
    return H2NEG__GO_ON;
}

/* An error of a stream (RFC 9113 5.4.2): RST_STREAM, with or without a slot, and a unit of the
   budget. */
static int h2neg__h2_stream_error(h2neg_conn *c, uint32_t id, int error)
{
    h2neg__stream *s = h2neg__stream_find(c, id);
    uint32_t code = h2neg_error_h2(error);
    if (!s || s->flags & H2NEG__S_DONE)
        return h2neg__h2_refuse(c, id, code, 1);
    h2neg__h2_reset(c, s, error, code);
    h2neg__h2_charge(c);
    return H2NEG__GO_ON;
}

/* Our side of a stream has ended. A server that ends first tells the peer to stop (RFC 9113 8.1).
 */
static void h2neg__h2_local_end(h2neg_conn *c, h2neg__stream *s)
{
    s->flags |= H2NEG__S_LOCAL_END;
    h2neg__count_flag(s, H2NEG__S_WRITABLE, 0, &c->wanting); /* or it would be timed for ever */
    h2neg__stream_settle(c, s);
    if (c->config->role == H2NEG_SERVER && !(s->flags & (H2NEG__S_REMOTE_END | H2NEG__S_TUNNEL)))
        h2neg__h2_reset(c, s, 0, H2NEG_NO_ERROR);
}

/* ---- field blocks ---- */

/* A larger part for a table, which moves over; for a while both stand. 1, or 0: no memory. */
static int h2neg__table_grow(h2neg_conn *c, int part, size_t need)
{
    size_t bound = h2neg__part_bound(c->config, part), size = c->part[part].size * 2;
    h2neg__part old = c->part[part];
    void *ptr;
    if (size < need)
        size = need < 256 ? 256 : need;
    if (size > bound)
        size = bound;
    H2NEG__NEVER(c->placed || size < need); /* a table never needs more than its bound */
    ptr = h2neg__alloc(c->config, NULL, 0, size);
    if (!ptr)
        return 0;
    c->part[part].ptr = (unsigned char *)ptr;
    c->part[part].size = size;
    if (part == H2NEG__DECODER)
        h2neg_hpack_decoder_move(&c->h2->decoder, ptr, size);
    else
        h2neg_hpack_encoder_move(&c->h2->encoder, ptr, size);
    if (old.ptr)
        h2neg__alloc(c->config, old.ptr, old.size, 0);
    return 1;
}

/* A field block under way: octets behind nine that are left for the frame's header. It is encoded
   by the parts of h2neg_hpack_encode, which would ask for room and updates anew for each field. */
typedef struct h2neg__block {
    unsigned char *out; /* NULL: begin has failed, and `error` says why */
    unsigned char *p;   /* behind what was written */
    unsigned char *end;
    int error;
} h2neg__block;

/* How many whole frames octets fill: seldom one, and a division takes long. */
static size_t h2neg__h2_frames(const h2neg_conn *c, size_t len)
{
    return len < c->h2->peer_frame ? 0 : len / c->h2->peer_frame;
}

/* Room for a block of at most `bound` octets, with a CONTINUATION's header for each frame's worth.
 */
static inline h2neg__block h2neg__block_begin(h2neg_conn *c, size_t bound)
{
    h2neg__block b = {NULL, NULL, NULL, H2NEG_ERR_AGAIN};
    size_t room = bound + 9 * (h2neg__h2_frames(c, bound) + 1), table;
    size_t unused = c->config->role == H2NEG_SERVER ? 448 : 256;
    if (room > c->config->max_output_pending / 4 * 3)
        b.error = H2NEG_ERR_TOO_SMALL;
    else if (h2neg__h2_flush(c) && room <= h2neg__app_room(c) &&
             (c->h2->coding || h2neg__coding(c)))
        b.out = h2neg__out_room(c, room);
    if (!b.out) {
        if (b.error == H2NEG_ERR_AGAIN)
            h2neg__h2_refused(c, room);
        return b;
    }
    /* of the 512 octets for fields of our own a server's entries need hardly any: with half of
       them its first answer would leave 330 octets more behind */
    table = c->h2->encoder.table.size + (bound > 512 ? bound - unused : bound);
    if (table > c->config->hpack_encoder_table)
        table = c->config->hpack_encoder_table;
    /* below 32 there is no table, and nothing to have */
    if ((table > c->h2->encoder.table.capacity) & (table >= 32))
        h2neg__table_grow(c, H2NEG__ENCODER, h2neg_hpack_memory(table)); /* if not: fewer entries */
    b.end = b.out + room;
    b.p = h2neg__hpack_put_updates(&c->h2->encoder, b.out + 9);
    return b;
}

static void h2neg__block_put(h2neg_conn *c, h2neg__block *b, const h2neg_field *fields,
                             size_t count)
{
    b->p = h2neg__hpack_put_fields(&c->h2->encoder, b->p, b->end, fields, count);
}

/* A field whose name has this first index in the static table, as put_field has it, and without a
   search where no dynamic table can have to do with it: a small response takes 0.93 of the time. */
static unsigned char *h2neg__hpack_put_known(h2neg_hpack_encoder *e, unsigned char *p,
                                             const unsigned char *end, unsigned index,
                                             h2neg_str value)
{
    unsigned exact = h2neg__hpack_static_exact(index, value);
    h2neg_field f;
    if (exact)
        return h2neg__hpack_put_number(p, 0x80, 7, exact);
    if (index == H2NEG__HPACK_PATH || index == H2NEG__HPACK_CONTENT_LENGTH)
        return h2neg__hpack_put_string(h2neg__hpack_put_number(p, H2NEG__HPACK_PLAIN, 4, index),
                                       end, value, 0);
    h2neg__hpack_static(index, &f.name, &f.value);
    f.value = value;
    f.flags = 0;
    return h2neg__hpack_put_fields(e, p, end, &f, 1);
}

/* The name: an index of the static table. */
static inline void h2neg__block_put_one(h2neg_conn *c, h2neg__block *b, unsigned index,
                                        h2neg_str value)
{
    b->p = h2neg__hpack_put_known(&c->h2->encoder, b->p, b->end, index, value);
}

/* The static table has these from index 8 on (RFC 7541 A): nothing is put into digits and looked
   for, and a small response takes 0.98 of the instructions. */
static void h2neg__block_put_status(h2neg_conn *c, h2neg__block *b, int status)
{
    static const short indexed[] = {200, 204, 206, 304, 400, 404, 500};
    char digits[20];
    unsigned i;
    for (i = 0; i < H2NEG__COUNT(indexed); i++)
        if (indexed[i] == status) {
            *b->p++ = (unsigned char)(0x80 | (H2NEG__HPACK_STATUS + i));
            return;
        }
    h2neg__block_put_one(c, b, H2NEG__HPACK_STATUS, h2neg__decimal_text(digits, (uint64_t)status));
}

/* Cuts the block into HEADERS and CONTINUATION and hands it to the output (RFC 9113 4.3). */
static void h2neg__block_end(h2neg_conn *c, h2neg__block *b, uint32_t id, int flags)
{
    size_t most = c->h2->peer_frame, at = 0, left = (size_t)(b->p - b->out) - 9;
    int type = H2NEG_H2_HEADERS;
    c->useful += left;
    for (;;) {
        size_t n = left < most ? left : most;
        left -= n;
        if (left == 0)
            flags |= H2NEG_H2_END_HEADERS;
        h2neg__frame_head(b->out + at, (uint32_t)n, type, flags, id);
        at += 9 + n;
        if (left == 0)
            break;
        memmove(b->out + at + 9, b->out + at, left);
        type = H2NEG_H2_CONTINUATION;
        flags = 0;
    }
    h2neg__out_wrote(c, at);
}

/* The rest of a response's fields: the message's, the common ones it lacks, a length. */
static void h2neg__block_message(h2neg_conn *c, h2neg__block *b, const h2neg_message *m,
                                 const h2neg__plan *p)
{
    const h2neg_field *common = c->config->common_fields;
    size_t count = p->interim || !m->status ? 0 : c->config->common_field_count, at = 0, n;
    char digits[20];
    h2neg__block_put(c, b, m->fields, m->field_count);
    if (p->extra_count)
        h2neg__block_put(c, b, p->extra, p->extra_count);
    while (at < count) { /* as many at once as the message has none of */
        for (n = 0; n < count - at && h2neg__lacks(m, common[at + n].name); n++)
            continue;
        h2neg__block_put(c, b, common + at, n);
        at += n + 1;
    }
    if (p->add_length)
        h2neg__block_put_one(c, b, H2NEG__HPACK_CONTENT_LENGTH,
                             h2neg__decimal_text(digits, p->length));
}

static inline size_t h2neg__message_bound(const h2neg_conn *c, const h2neg_message *m,
                                          const h2neg__plan *p)
{
    return h2neg__fields_bound(p->extra, p->extra_count) + h2neg_hpack_encode_bound(NULL, 0) +
           h2neg__fields_bound(m->fields, m->field_count) +
           h2neg__fields_bound(c->config->common_fields, c->config->common_field_count) + 512;
}

static int h2neg__h2_respond(h2neg_conn *c, h2neg__stream *s, const h2neg_message *m,
                             unsigned flags, const h2neg__plan *p)
{
    h2neg__block b = h2neg__block_begin(c, h2neg__message_bound(c, m, p));
    if (!b.out)
        return b.error;
    h2neg__block_put_status(c, &b, m->status);
    h2neg__block_message(c, &b, m, p);
    h2neg__block_end(c, &b, s->id, p->ends ? H2NEG_H2_END_STREAM : 0);
    if (p->interim)
        return 0;
    h2neg__plan_apply(c, s, p, m, flags);
    if (p->ends)
        h2neg__h2_local_end(c, s);
    return 0;
}

/* ---- DATA ---- */

/* A stream's window. Behind a 101 the client has yet to switch, and some (curl among them) hold
   only so much until then: stream 1 gets 16 KiB before the client's preface. */
static int64_t h2neg__h2_stream_window(const h2neg_conn *c, const h2neg__stream *s)
{
    int64_t early;
    if (c->h2->state != H2NEG__H2_PREFACE)
        return s->send;
    early = 16384 - (int64_t)s->send_octets;
    return s->send < early ? s->send : early;
}

/* What a frame must have not to count as short where a window cuts it: 1,024 octets, or all that a
   peer with smaller windows ever grants. */
static size_t h2neg__h2_short(const h2neg_conn *c)
{
    return c->h2->peer_window && c->h2->peer_window < 1024 ? c->h2->peer_window : 1024;
}

/* One DATA frame more went out, `cut` by a window or not. Short ones are overhead, too. */
static void h2neg__h2_count_short(h2neg_conn *c, size_t n, int cut)
{
    c->h2->shorts = cut && n < h2neg__h2_short(c) ? c->h2->shorts + 1 : 0;
    if (cut && n < 1024)
        c->overhead += 9;
}

/* Octets of `left` that may go out on this stream now, into this much room. A short frame is sent
   64 times in a row on a connection; after that the window must grow first. */
static size_t h2neg__h2_sendable(const h2neg_conn *c, const h2neg__stream *s, size_t left,
                                 size_t room)
{
    int64_t stream = h2neg__h2_stream_window(c, s),
            window = stream < c->h2->send ? stream : c->h2->send;
    size_t n = left;
    if (room < 10 || window <= 0)
        return 0;
    if ((uint64_t)window < n) {
        n = (size_t)window;
        if (n < h2neg__h2_short(c) && c->h2->shorts >= c->config->max_short_data)
            return 0;
    }
    if (n > c->h2->peer_frame)
        n = c->h2->peer_frame;
    return n < room - 9 ? n : room - 9;
}

/* Octets that one call can send in as many frames as it takes; where a call was refused, for what
   it was refused. */
static size_t h2neg__h2_room(const h2neg_conn *c, const h2neg__stream *s)
{
    size_t frame = (size_t)c->h2->peer_frame + 9, room = h2neg__data_room(c), heads, window;
    if (h2neg__h2_sendable(c, s, s->body_left ? s->body_left : 1024, room) == 0)
        return 0;
    heads = 9 * ((room + frame - 1) / frame);
    window = (size_t)(s->send < c->h2->send ? s->send : c->h2->send);
    if (c->h2->state == H2NEG__H2_PREFACE)
        window = (size_t)h2neg__h2_stream_window(c, s);
    return room - heads < window ? room - heads : window;
}

/* A DATA frame at `out`, whose payload is written already, goes to the output. */
static void h2neg__h2_data_wrote(h2neg_conn *c, h2neg__stream *s, unsigned char *out, size_t n,
                                 int end)
{
    h2neg__frame_head(out, (uint32_t)n, H2NEG_H2_DATA, end ? H2NEG_H2_END_STREAM : 0, s->id);
    h2neg__out_wrote(c, 9 + n);
    c->h2->data_frames++;
    h2neg__turn_taken(c, s);
    s->send -= (int64_t)n;
    c->h2->send -= (int64_t)n;
    c->h2->sent += n;
    s->send_octets += n;
    c->useful += n;
}

/* One DATA frame of at most `len` octets; `last`: it ends the message if it takes them all. Octets
   taken, or H2NEG_ERR_AGAIN. An empty end needs no window. */
static inline ptrdiff_t h2neg__h2_put_data(h2neg_conn *c, h2neg__stream *s,
                                           const unsigned char *data, size_t len, int last,
                                           size_t room)
{
    size_t n = h2neg__h2_sendable(c, s, len, room);
    unsigned char *out;
    if ((n == 0 && len) || h2neg__app_room(c) < 9)
        return H2NEG_ERR_AGAIN;
    out = h2neg__out_room(c, 9 + n);
    if (!out)
        return H2NEG_ERR_AGAIN;
    h2neg__copy(out + 9, data, n);
    h2neg__h2_data_wrote(c, s, out, n, last && n == len);
    h2neg__h2_count_short(c, n, n < len);
    return (ptrdiff_t)n;
}

static ptrdiff_t h2neg__h2_send(h2neg_conn *c, h2neg__stream *s, const unsigned char *data,
                                size_t len, unsigned flags)
{
    int last = !(flags & H2NEG_MORE);
    size_t taken = 0;
    if (!h2neg__h2_flush(c))
        return len ? 0 : (ptrdiff_t)H2NEG_ERR_AGAIN;
    do {
        ptrdiff_t n = h2neg__h2_put_data(c, s, data ? data + taken : data, len - taken, last,
                                         h2neg__data_room(c));
        if (n < 0)
            return len ? (ptrdiff_t)taken : n;
        taken += (size_t)n;
    } while (taken < len);
    if (last)
        h2neg__h2_local_end(c, s);
    return (ptrdiff_t)taken;
}

/* The engine ends our side by itself, in its own part of the output; where even that is full, by
   RST_STREAM, which waits. */
static void h2neg__h2_end(h2neg_conn *c, h2neg__stream *s)
{
    unsigned char *out = h2neg__out_room(c, 9);
    if (!out) {
        h2neg__h2_reset(c, s, 0, H2NEG_CANCEL);
        return;
    }
    h2neg__h2_data_wrote(c, s, out, 0, 1);
    h2neg__h2_local_end(c, s);
}

static int h2neg__h2_trailers(h2neg_conn *c, h2neg__stream *s, const h2neg_field *fields,
                              size_t count)
{
    h2neg__block b = h2neg__block_begin(c, h2neg_hpack_encode_bound(NULL, 0) +
                                               h2neg__fields_bound(fields, count) + 64);
    if (!b.out)
        return b.error;
    h2neg__block_put(c, &b, fields, count);
    h2neg__block_end(c, &b, s->id, H2NEG_H2_END_STREAM);
    h2neg__h2_local_end(c, s);
    return 0;
}

/* ---- requests, and what a CONNECT is accepted with ---- */

static int h2neg__h2_request(h2neg_conn *c, h2neg__stream *s, const h2neg_message *m,
                             unsigned flags, const h2neg__plan *p)
{
    int plain = H2NEG__IS(m->method, "CONNECT") && m->upgrade.len == 0;
    h2neg_str method = m->upgrade.len  ? h2neg_s("CONNECT")
                       : m->method.len ? m->method
                                       : h2neg_s("GET");
    h2neg_field protocol = h2neg_f(":protocol", NULL);
    h2neg__block b =
        h2neg__block_begin(c, h2neg__message_bound(c, m, p) + m->authority.len + m->target.len +
                                  m->method.len + m->scheme.len + m->upgrade.len);
    if (!b.out)
        return b.error;
    protocol.value = m->upgrade;
    h2neg__block_put_one(c, &b, H2NEG__HPACK_METHOD, method);
    if (!plain)
        h2neg__block_put_one(c, &b, H2NEG__HPACK_SCHEME, m->scheme);
    if (m->authority.len)
        h2neg__block_put_one(c, &b, H2NEG__HPACK_AUTHORITY, m->authority);
    if (!plain)
        h2neg__block_put_one(c, &b, H2NEG__HPACK_PATH, m->target.len ? m->target : h2neg_s("/"));
    if (m->upgrade.len)
        h2neg__block_put(c, &b, &protocol, 1);
    h2neg__block_message(c, &b, m, p);
    h2neg__block_end(c, &b, s->id, p->ends ? H2NEG_H2_END_STREAM : 0);
    h2neg__plan_apply(c, s, p, m, flags);
    if (p->ends)
        h2neg__h2_local_end(c, s);
    return 0;
}

static int h2neg__h2_accept(h2neg_conn *c, h2neg__stream *s, const h2neg__plan *p,
                            const h2neg_field *fields, size_t count)
{
    h2neg_message m;
    h2neg__block b;
    h2neg__clear(&m, sizeof m);
    m.fields = fields;
    m.field_count = count;
    m.status = 200;
    b = h2neg__block_begin(c, h2neg__message_bound(c, &m, p));
    if (!b.out)
        return b.error;
    h2neg__block_put_status(c, &b, m.status);
    h2neg__block_message(c, &b, &m, p);
    h2neg__block_end(c, &b, s->id, 0);
    return 0;
}

/* ==== 20b >>conn-h2-blocks =================================================
   HTTP/2 in: DATA and field blocks (RFC 9113 4.3, 6.1, 6.2, 6.10, 8).  Uses >>conn-h2-send
   >>h2-frame
   >>h2-fields >>hpack.
   Memory: one field workspace; DATA are slices of the input, never queued.
   A field block is decoded whatever becomes of its stream, so the tables of both ends stay the
   same.
   ========================================================================== */

enum { H2NEG__B_DROP, H2NEG__B_REQUEST, H2NEG__B_RESPONSE, H2NEG__B_TRAILERS };

/* The field workspace: an array, and text behind it. 1, or 0 and the connection has failed. */
static inline int h2neg__work(h2neg_conn *c, h2neg_field **fields, char **text)
{
    unsigned char *p = c->part[H2NEG__WORK].ptr;
    if (!p && !h2neg__part_take(c, H2NEG__WORK, h2neg__part_bound(c->config, H2NEG__WORK))) {
        h2neg__fail(c, H2NEG_ERR_NOMEM, c->offset);
        return 0;
    }
    p = c->part[H2NEG__WORK].ptr;
    c->h1.head = (h2neg_h1_head *)(void *)p; /* one protocol's reader uses it at a time */
    if (c->h2)
        c->h2->list = (h2neg_hpack_list *)(void *)p;
    *fields = (h2neg_field *)(void *)(p + h2neg__round(sizeof *c->h1.head));
    *text = (char *)(*fields + h2neg__work_fields(c->config));
    return 1;
}

/* The frame is over: what lies behind its data is passed over, and credit for that returns. */
static int h2neg__h2_frame_end(h2neg_conn *c, uint32_t skip)
{
    c->h2->skip = skip;
    c->h2->state = skip ? H2NEG__H2_SKIP : H2NEG__H2_HEADER;
    return H2NEG__GO_ON;
}

H2NEG__APART static int h2neg__h2_frame_fail(h2neg_conn *c, int error)
{
    return h2neg__fail(c, error, c->h2->at);
}

/* An error of the frame's stream. On an idle stream it is one of the connection (RFC 9113 5.1). */
static int h2neg__h2_frame_error(h2neg_conn *c, uint32_t id, int error)
{
    int state = h2neg__stream_state(c, id);
    if (state == H2NEG__IDLE)
        return h2neg__h2_frame_fail(c, error);
    if (state == H2NEG__OUR_RST)
        return H2NEG__GO_ON;
    return h2neg__h2_stream_error(c, id, error);
}

/* The peer's message is whole. */
static void h2neg__remote_end(h2neg_conn *c, h2neg__stream *s)
{
    if (s->recv_left != H2NEG_UNKNOWN && s->recv_left != 0) {
        h2neg__h2_stream_error(c, s->id, H2NEG_ERR_H2_CONTENT_LENGTH);
        return;
    }
    s->flags |= H2NEG__S_REMOTE_END;
    h2neg__count_flag(s, H2NEG__S_WU_MARK, 0, &c->marked);
    if (s->ws.place) /* a WebSocket ends in WS_CLOSE */
        c->ws_due = 1;
    else
        h2neg__owe(c, s, H2NEG__S_END_OWED);
    h2neg__stream_settle(c, s);
}

/* ---- DATA (RFC 9113 6.1) ---- */

static int h2neg__h2_on_data(h2neg_conn *c)
{
    h2neg__http2 *h = c->h2;
    uint32_t id = h->frame.stream, n = h->frame.length;
    const h2neg__cell *cell = &h2neg__figure2[h2neg__stream_state(c, id)][H2NEG__ON_DATA];
    h2neg__stream *s = h2neg__stream_find(c, id);
    if (cell->verdict == H2NEG__CONN_ERR)
        return h2neg__h2_frame_fail(c, cell->error);
    if (h->recv < (int64_t)n)
        return h2neg__h2_frame_fail(c, H2NEG_ERR_H2_FLOW);
    h->recv -= n;
    h->state = H2NEG__H2_PREFIX;
    h->data = cell->verdict == H2NEG__FINE ? id : 0;
    if (cell->verdict == H2NEG__STREAM_ERR)
        return h2neg__h2_stream_error(c, id, cell->error);
    if (!h->data)
        return H2NEG__GO_ON;
    if (s->recv < (int64_t)n) {
        h->data = 0;
        return h2neg__h2_stream_error(c, id, H2NEG_ERR_H2_FLOW);
    }
    s->recv -= n;
    return H2NEG__GO_ON;
}

/* Behind the pad length: the sum of the body, and empty frames in a row. */
static int h2neg__h2_data_begin(h2neg_conn *c)
{
    h2neg__http2 *h = c->h2;
    h2neg__stream *s = h2neg__stream_find(c, h->data);
    h->returned = h->frame.length - h->left;
    h->state = H2NEG__H2_DATA_RUN;
    if (h->left)
        h->empties = 0;
    else if (!(h->frame.flags & H2NEG_H2_END_STREAM) &&
             ++h->empties > c->config->max_consecutive_empty)
        return h2neg__h2_frame_fail(c, H2NEG_ERR_LIMIT_EMPTY);
    if (!s)
        return H2NEG__GO_ON;
    if (!s->ws.place) /* its frames are judged by themselves */
        c->useful += h->left;
    if (c->config->role == H2NEG_CLIENT && !(s->flags & (H2NEG__S_HEAD_GOT | H2NEG__S_TUNNEL)))
        return h2neg__h2_stream_error(c, s->id, H2NEG_ERR_H2_MESSAGE);
    if (c->config->max_content_length && !(s->flags & H2NEG__S_TUNNEL) &&
        s->recv_octets + h->left > c->config->max_content_length)
        return h2neg__h2_stream_error(c, s->id, H2NEG_ERR_LIMIT_BODY);
    if (s->recv_left == H2NEG_UNKNOWN)
        return H2NEG__GO_ON;
    if (s->recv_left < h->left)
        return h2neg__h2_stream_error(c, s->id, H2NEG_ERR_H2_CONTENT_LENGTH);
    s->recv_left -= h->left;
    return H2NEG__GO_ON;
}

static int h2neg__h2_data_end(h2neg_conn *c)
{
    h2neg__http2 *h = c->h2;
    h2neg__stream *s = h2neg__stream_find(c, h->data);
    h2neg__h2_credit(c, s, h->returned);
    h2neg__h2_credit_due(c, s);
    if (s && h->frame.flags & H2NEG_H2_END_STREAM &&
        !(s->flags & (H2NEG__S_WE_RESET | H2NEG__S_PEER_RESET | H2NEG__S_DONE_OWED)))
        h2neg__remote_end(c, s);
    return h2neg__h2_frame_end(c, h->frame.padding);
}

/* A run of data: an event, or credit at once where nobody takes it. */
static int h2neg__h2_data_run(h2neg_conn *c, h2neg_event *ev)
{
    const uint32_t gone = H2NEG__S_WE_RESET | H2NEG__S_PEER_RESET | H2NEG__S_DONE_OWED;
    h2neg__http2 *h = c->h2;
    h2neg_str in = h2neg__in(c);
    h2neg__stream *s = h2neg__stream_find(c, h->data);
    if (h->left == 0)
        return h2neg__h2_data_end(c);
    if (in.len == 0)
        return H2NEG__STARVED;
    if (in.len > h->left)
        in.len = h->left;
    if (s && s->ws.place) { /* its place is freed with DONE, which comes before input is read */
        H2NEG__NEVER(s->flags & gone);
        return H2NEG__OCTETS;
    }
    h2neg__in_take(c, in.len);
    h->left -= (uint32_t)in.len;
    if (!s || s->flags & gone) {
        h->unreturned += (uint32_t)in.len;
        return H2NEG__GO_ON;
    }
    s->recv_octets += in.len;
    if (s->flags & H2NEG__S_WAITS) { /* a server's: DATA before a response's head are refused */
        if (h2neg__early_put(c, s, in))
            return H2NEG__GO_ON;
        h->unreturned += (uint32_t)in.len;
        return h2neg__h2_stream_error(c, s->id, H2NEG_ERR_LIMIT_BODY);
    }
    h2neg__event(c, ev, H2NEG_EV_DATA, s);
    ev->data = in;
    c->current_credit = (uint32_t)in.len;
    return H2NEG__EVENT;
}

/* ---- HEADERS and CONTINUATION (RFC 9113 6.2, 6.10, 8.1) ---- */

/* A new request at a server: what speaks against it before its fields are known. */
static int h2neg__h2_request_error(h2neg_conn *c)
{
    if (c->live >= c->config->max_concurrent_streams)
        return H2NEG_ERR_LIMIT_STREAMS;
    return 0;
}

static void h2neg__h2_block_kind(h2neg_conn *c, int state)
{
    h2neg__http2 *h = c->h2;
    h->block_kind = H2NEG__B_DROP;
    if (state == H2NEG__OPEN) {
        const h2neg__stream *s = h2neg__stream_find(c, h->block);
        int response = c->config->role == H2NEG_CLIENT && !(s->flags & H2NEG__S_HEAD_GOT);
        h->block_kind = response ? H2NEG__B_RESPONSE : H2NEG__B_TRAILERS;
    } else if (state == H2NEG__IDLE) {
        h->block_kind = H2NEG__B_REQUEST;
        h->last_peer = h->block;
        h->opened++;
        h->block_error = h2neg__h2_request_error(c);
    }
}

static int h2neg__h2_on_headers(h2neg_conn *c)
{
    h2neg__http2 *h = c->h2;
    uint32_t id = h->frame.stream;
    int state = h2neg__stream_state(c, id);
    const h2neg__cell *cell = &h2neg__figure2[state][H2NEG__ON_HEADERS];
    h2neg_field *fields;
    char *text;
    if (id % 2 == 0)
        return h2neg__h2_frame_fail(c, H2NEG_ERR_H2_STREAM_ID);
    if (cell->verdict == H2NEG__CONN_ERR)
        return h2neg__h2_frame_fail(c, cell->error);
    if (state == H2NEG__IDLE && c->config->role == H2NEG_CLIENT)
        return h2neg__h2_frame_fail(c, H2NEG_ERR_H2_IDLE);
    if (!h2neg__work(c, &fields, &text))
        return H2NEG__GO_ON;
    h->block = id;
    c->since[H2NEG__T_HEAD] = 0; /* each block has its own time */
    h->block_error = 0;
    h->block_frames = h->block_empty = 0;
    h->block_end = (h->frame.flags & H2NEG_H2_END_STREAM) != 0;
    h->block_octets = 0;
    h2neg__h2_block_kind(c, state);
    if (cell->verdict == H2NEG__STREAM_ERR)
        h->block_error = cell->error;
    h2neg__clear(h->list, sizeof *h->list);
    h->list->fields = fields;
    h->list->room = h2neg__work_fields(c->config);
    h->list->text = text;
    h->list->text_room = h2neg__work_text(c->config) - c->config->max_header_list;
    h->list->max_size = c->config->max_header_list;
    h->state = H2NEG__H2_PREFIX;
    return H2NEG__GO_ON;
}

static int h2neg__h2_on_continuation(h2neg_conn *c)
{
    h2neg__http2 *h = c->h2;
    h->block_empty = (unsigned char)(h->block_empty + (h->frame.length == 0));
    if (++h->block_frames > c->config->max_continuations || h->block_empty > 1)
        return h2neg__h2_frame_fail(c, H2NEG_ERR_LIMIT_CONTINUATION);
    h->state = H2NEG__H2_PREFIX;
    return H2NEG__GO_ON;
}

/* Behind pad length and priority: the fragment begins. */
static int h2neg__h2_fragment_begin(h2neg_conn *c)
{
    h2neg__http2 *h = c->h2;
    h->block_octets += h->left;
    if (h->block_octets > 4 * (uint64_t)c->config->max_header_list)
        return h2neg__h2_frame_fail(c, H2NEG_ERR_LIMIT_FIELDS);
    h->state = H2NEG__H2_FRAGMENT;
    return H2NEG__GO_ON;
}

/* Decodes octets of the block; the table's memory grows as it must. 1, or 0 and the connection has
   failed. */
static inline int h2neg__h2_decode(h2neg_conn *c, const char *in, size_t len, int end)
{
    h2neg__http2 *h = c->h2;
    for (;;) {
        ptrdiff_t n = h2neg_hpack_decode(&h->decoder, h->list, in, len, end);
        if (n < 0) {
            h2neg__h2_frame_fail(c, (int)n);
            return 0;
        }
        in = n ? in + n : in;
        len -= (size_t)n;
        if (!h->decoder.wants)
            return 1;
        if (h2neg__table_grow(c, H2NEG__DECODER, h->decoder.wants))
            continue;
        h2neg__fail(c, H2NEG_ERR_NOMEM, h->at);
        c->error.h2_code = H2NEG_COMPRESSION_ERROR;
        return 0;
    }
}

/* An answer that the engine gives by itself to a request that is not shown. */
static int h2neg__h2_answer(h2neg_conn *c, uint32_t id, int status)
{
    h2neg__stream *s = h2neg__stream_new(c, id);
    int ended = c->h2->block_end;
    h2neg_field version = h2neg_f("sec-websocket-version", "13");
    h2neg__plan p;
    h2neg_message m;
    h2neg__clear(&m, sizeof m);
    m.status = status;
    m.fields = &version;
    m.field_count = status == 426; /* RFC 6455 4.2.2 */
    if (!s)
        return h2neg__h2_refuse(c, id, H2NEG_REFUSED_STREAM, 0);
    s->flags = H2NEG__S_REMOTE_END | H2NEG__S_DONE; /* nobody hears of it */
    h2neg__plan_response(&p, s, &m, 0);
    if (h2neg__h2_respond(c, s, &m, 0, &p))
        ended = 0;
    if (!ended)
        s->flags = H2NEG__S_DONE; /* it is remembered as one that we reset */
    h2neg__stream_free(c, s);
    return ended ? H2NEG__GO_ON : h2neg__h2_refuse(c, id, H2NEG_NO_ERROR, 1);
}

/* Counts and lengths of a section that HPACK let through. 0, or LIMIT_FIELDS. */
static int h2neg__h2_section_limits(const h2neg_conn *c, const h2neg_hpack_list *list)
{
    size_t i, crumbs = 0;
    const h2neg_config *g = c->config;
    if (list->over)
        return H2NEG_ERR_LIMIT_FIELDS;
    if (list->size <= g->max_field_line && list->count <= g->max_header_fields &&
        list->count <= g->max_cookie_crumbs)
        return 0; /* whatever the fields are */
    for (i = 0; i < list->count; i++) {
        const h2neg_field *f = &list->fields[i];
        if (H2NEG__IS(f->name, "cookie"))
            crumbs++;
        if (f->name.len + f->value.len > g->max_field_line)
            return H2NEG_ERR_LIMIT_FIELDS;
    }
    return list->count - crumbs > g->max_header_fields || crumbs > g->max_cookie_crumbs
               ? H2NEG_ERR_LIMIT_FIELDS
               : 0;
}

/* Reads the section that has come; `allowed`: H2NEG__PSEUDO_*. */
static int h2neg__h2_section(h2neg_conn *c, h2neg_h2_head *head, unsigned allowed)
{
    h2neg_hpack_list *list = c->h2->list;
    size_t room = h2neg__work_text(c->config) - list->text_used;
    return h2neg__section_whole(head, list->fields, list->count,
                                h2neg__write(list->text + list->text_used, room), allowed,
                                H2NEG__MARKS);
}

/* Fills in what a REQUEST says, over either protocol. */
static void h2neg__event_target(h2neg_event *ev, h2neg_str target)
{
    const char *mark = target.len ? (const char *)memchr(target.ptr, '?', target.len) : NULL;
    ev->target = ev->path = target;
    if (!mark)
        return;
    ev->path.len = (size_t)(mark - target.ptr);
    ev->query = h2neg__str(mark + 1, target.len - ev->path.len - 1);
}

/* Priority and expectation, which both protocols read alike. 0, or EXPECTATION. */
static int h2neg__request_fields(h2neg__stream *s, const h2neg_field *fields, size_t count,
                                 int body)
{
    int urgency, incremental;
    h2neg_list list;
    h2neg_str member;
    size_t i, priority = count;
    memset(&list, 0, sizeof list);
    list.field = count;
    for (i = count; i-- > 0;)
        if (H2NEG__IS_NOCASE(fields[i].name, "priority"))
            priority = i;
        else if (H2NEG__IS_NOCASE(fields[i].name, "expect"))
            list.field = i;
    h2neg__priority_field(fields, count, priority, &urgency, &incremental);
    s->urgency = (uint8_t)urgency;
    if (incremental)
        s->flags |= H2NEG__S_INCREMENTAL;
    while (list.field < count && h2neg_list_next(&list, fields, count, "expect", &member)) {
        if (!H2NEG__IS_NOCASE(member, "100-continue"))
            return H2NEG_ERR_EXPECTATION;
        if (body)
            s->flags |= H2NEG__S_EXPECT;
    }
    return 0;
}

static inline void h2neg__request_event(h2neg_conn *c, h2neg__stream *s, h2neg_event *ev,
                                        const h2neg_h2_head *head, int more)
{
    h2neg__event(c, ev, H2NEG_EV_REQUEST, s);
    ev->method = head->method;
    ev->scheme = head->scheme;
    ev->authority = head->authority;
    h2neg__event_target(ev, head->path);
    if (s->flags & H2NEG__S_CONNECT && head->path.len == 0)
        ev->target = head->authority;
    ev->upgrade = head->protocol;
    ev->websocket = (s->flags & H2NEG__S_WS) != 0;
    ev->fields = head->fields;
    ev->field_count = head->count;
    ev->length = head->content_length;
    ev->more = more;
    c->requests++;
    if (s->flags & H2NEG__S_EXPECT)
        c->expecting = s->id;
}

/* Looks at an extended CONNECT that asks for a WebSocket (RFC 8441 5). 0 or an error. */
static int h2neg__h2_websocket(h2neg_conn *c, const h2neg_h2_head *head, int *websocket,
                               h2neg__ws_terms *terms)
{
    h2neg_ws_request request;
    *websocket = H2NEG__IS_NOCASE(head->protocol, "websocket"); /* only where the bit is set */
    memset(terms, 0, sizeof *terms);
    if (!*websocket)
        return 0;
    memset(&request, 0, sizeof request);
    request.method = head->method;
    request.authority = head->authority;
    request.fields = head->fields;
    request.count = head->count;
    return h2neg__ws_judge(c, &request, terms);
}

static int h2neg__h2_on_request(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__http2 *h = c->h2;
    h2neg_h2_head head;
    h2neg__stream *s;
    h2neg__ws_terms terms;
    int websocket;
    int err = h2neg__h2_section_limits(c, h->list);
    if (err)
        return h2neg__h2_answer(c, h->block, 431);
    err = h2neg__h2_section(c, &head,
                            h2neg__request_pseudo((c->config->protocols & H2NEG_WEBSOCKET) != 0));
    if (!err && h->block_end && head.content_length != H2NEG_UNKNOWN && head.content_length)
        err = H2NEG_ERR_H2_CONTENT_LENGTH;
    if (err)
        return h2neg__h2_refuse(c, h->block, h2neg_error_h2(err), 1);
    if (c->config->max_content_length && head.content_length != H2NEG_UNKNOWN &&
        head.content_length > c->config->max_content_length)
        return h2neg__h2_answer(c, h->block, 413);
    err = h2neg__h2_websocket(c, &head, &websocket, &terms);
    if (err)
        return h2neg__h2_answer(c, h->block, h2neg_error_status(err));
    s = h2neg__stream_new(c, h->block);
    if (!s)
        return h2neg__h2_refuse(c, h->block, H2NEG_REFUSED_STREAM, 0);
    s->ws = terms;
    if (websocket)
        s->flags |= H2NEG__S_WS;
    s->recv_left = head.content_length;
    if (H2NEG__IS(head.method, "HEAD"))
        s->flags |= H2NEG__S_HEAD;
    if (H2NEG__IS(head.method, "CONNECT"))
        s->flags |= H2NEG__S_CONNECT | H2NEG__S_WAITS;
    if (h2neg__request_fields(s, head.fields, head.count, !h->block_end)) {
        h2neg__stream_free(c, s);
        return h2neg__h2_answer(c, h->block, 417);
    }
    if (h->block_end)
        h2neg__remote_end(c, s);
    h2neg__request_event(c, s, ev, &head, !h->block_end);
    return H2NEG__EVENT;
}

/* A client's response: interim, the answer to a CONNECT, or final (RFC 9113 8.1, 8.5). */
static int h2neg__h2_on_response(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__http2 *h = c->h2;
    h2neg__stream *s = h2neg__stream_find(c, h->block);
    h2neg_h2_head head;
    h2neg_str subprotocol = h2neg__str(NULL, 0);
    int err = h2neg__h2_section_limits(c, h->list);
    if (!err)
        err = h2neg__h2_section(c, &head, H2NEG__PSEUDO_STATUS);
    if (!err && head.status < 200 && h->block_end)
        err = H2NEG_ERR_H2_MESSAGE;
    if (!err && h->block_end && head.content_length + 1 > 1 && !(s->flags & H2NEG__S_HEAD) &&
        head.status != 204 && head.status != 304 &&
        !(s->flags & H2NEG__S_WAITS && head.status / 100 == 2)) /* RFC 9110 9.3.6 */
        err = H2NEG_ERR_H2_CONTENT_LENGTH; /* neither unknown nor 0, and no DATA will come */
    if (!err && head.status < 200)
        err = h2neg__count_informational(c, s);
    if (!err && head.status / 100 == 2 && s->ws.place)
        err = h2neg__ws_answer(c, s, head.status, head.fields, head.count, &subprotocol);
    if (err)
        return h2neg__h2_stream_error(c, h->block, err);
    h2neg__event(c, ev, head.status < 200 ? H2NEG_EV_INFORMATIONAL : H2NEG_EV_RESPONSE, s);
    ev->status = head.status;
    ev->fields = head.fields;
    ev->field_count = head.count;
    ev->length = head.content_length;
    ev->more = !h->block_end;
    if (head.status < 200)
        return H2NEG__EVENT;
    s->flags |= H2NEG__S_HEAD_GOT;
    s->recv_left = head.content_length;
    if (s->flags & H2NEG__S_HEAD || head.status == 204 || head.status == 304)
        s->recv_left = 0;
    if (s->flags & H2NEG__S_WAITS && head.status / 100 == 2) {
        ev->type = H2NEG_EV_OPEN;
        ev->upgrade = s->protocol;
        ev->websocket = s->ws.place != 0;
        ev->subprotocol = subprotocol;
        s->recv_left = H2NEG_UNKNOWN;
        s->flags |= H2NEG__S_TUNNEL;
    } else if (s->flags & H2NEG__S_WAITS) {
        h2neg__ws_free(c, s);
        h2neg__h2_end(c, s); /* refused: our side has nothing to say */
    }
    s->flags &= ~(uint32_t)H2NEG__S_WAITS;
    if (h->block_end)
        h2neg__remote_end(c, s);
    return H2NEG__EVENT;
}

static int h2neg__h2_on_trailers(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__http2 *h = c->h2;
    h2neg__stream *s = h2neg__stream_find(c, h->block);
    h2neg_h2_head head;
    int err = h2neg__h2_section_limits(c, h->list);
    if (!err && (!h->block_end || s->flags & (H2NEG__S_TUNNEL | H2NEG__S_WAITS)))
        err = H2NEG_ERR_H2_MESSAGE;
    if (!err)
        err = h2neg__h2_section(c, &head, 0);
    if (!err && s->recv_left != H2NEG_UNKNOWN && s->recv_left != 0)
        err = H2NEG_ERR_H2_CONTENT_LENGTH;
    if (err)
        return h2neg__h2_stream_error(c, h->block, err);
    h2neg__remote_end(c, s);
    h2neg__event(c, ev, H2NEG_EV_TRAILERS, s);
    ev->fields = head.fields;
    ev->field_count = head.count;
    return H2NEG__EVENT;
}

/* A request that is refused costs only a peer that knows the limit, and not where a kept slot is
   why. */
static int h2neg__h2_refuse_block(h2neg_conn *c, int error)
{
    int over = c->live - c->behind >= c->config->max_concurrent_streams && !c->h2->settings_unacked;
    int costs = error != H2NEG_ERR_LIMIT_STREAMS || over;
    if (h2neg__stream_find(c, c->h2->block))
        return h2neg__h2_stream_error(c, c->h2->block, error);
    return h2neg__h2_refuse(c, c->h2->block, h2neg_error_h2(error), costs);
}

/* The block is whole: what it was decides. */
static int h2neg__h2_block_done(h2neg_conn *c, h2neg_event *ev)
{
    static int (*const handlers[])(h2neg_conn *, h2neg_event *) = {
        NULL, h2neg__h2_on_request, h2neg__h2_on_response, h2neg__h2_on_trailers};
    h2neg__http2 *h = c->h2;
    int kind = h->block_kind, result = H2NEG__GO_ON;
    h2neg__stream *s = h2neg__stream_find(c, h->block);
    if (!h2neg__h2_decode(c, NULL, 0, 1))
        return H2NEG__GO_ON;
    h2neg__h2_frame_end(c, h->frame.padding);
    if (s ? (s->flags & (H2NEG__S_WE_RESET | H2NEG__S_PEER_RESET | H2NEG__S_DONE)) != 0
          : kind != H2NEG__B_REQUEST)
        kind = H2NEG__B_DROP; /* reset, or gone, meanwhile */
    if (h->block_error && (kind || h->block_error == H2NEG_ERR_H2_CLOSED))
        result = h2neg__h2_refuse_block(c, h->block_error);
    else if (kind != H2NEG__B_DROP) {
        c->useful += h->block_octets;
        result = handlers[kind](c, ev);
    }
    h->block = 0;
    return result;
}

static int h2neg__h2_fragment(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__http2 *h;
    h2neg_str in = h2neg__in(c);
    if (!c->h2->coding && !h2neg__coding(c))
        return H2NEG__GO_ON;
    h = c->h2;
    if (h->left) {
        if (in.len == 0)
            return H2NEG__STARVED;
        if (in.len > h->left)
            in.len = h->left;
        h2neg__in_take(c, in.len);
        h->left -= (uint32_t)in.len;
        if (!h2neg__h2_decode(c, in.ptr, in.len, 0) || h->left)
            return H2NEG__GO_ON;
    }
    if (h->list->size > 4 * (uint64_t)c->config->max_header_list)
        return h2neg__h2_frame_fail(c, H2NEG_ERR_LIMIT_FIELDS);
    if (!(h->frame.flags & H2NEG_H2_END_HEADERS))
        return h2neg__h2_frame_end(c, h->frame.padding);
    if (h->block_kind == H2NEG__B_REQUEST && h2neg__app_room(c) < H2NEG__ANSWER)
        return H2NEG__STOPPED; /* there was room when the block began */
    return h2neg__h2_block_done(c, ev);
}

/* What stands before data: pad length and priority. */
static int h2neg__h2_prefix(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__http2 *h = c->h2;
    size_t n = h->frame.length < 6 ? h->frame.length : 6;
    const unsigned char *p = h2neg__in_have(c, n);
    h2neg_str in = h2neg__in(c);
    int err = h2neg_h2_frame_prefix_read(&h->frame, p ? (const char *)p : in.ptr, p ? n : in.len);
    (void)ev;
    if (err == 0)
        return H2NEG__STARVED;
    if (err == H2NEG_ERR_H2_SELF_DEPENDENCY)
        h->block_error = h->block_error ? h->block_error : err;
    else if (err < 0)
        return h2neg__h2_frame_fail(c, err);
    h2neg__in_take(c, h->frame.prefix);
    h->left = h->frame.length - h->frame.prefix - h->frame.padding;
    return h->frame.type == H2NEG_H2_DATA ? h2neg__h2_data_begin(c) : h2neg__h2_fragment_begin(c);
}

/* ==== 20c >>conn-h2-recv ===================================================
   HTTP/2 in: the preface, a handler for each frame type (RFC 9113 3.4, 5, 6).  Uses >>conn-h2-send
   >>conn-h2-blocks >>h2-frame.
   Memory: a payload is gathered up to 264 octets; what is longer is passed over.
   A frame's effect is decided by its octets alone, never by where a read ended.
   ========================================================================== */

static int h2neg__h2_on_rst(h2neg_conn *c, h2neg_event *ev)
{
    h2neg_h2_frame *f = &c->h2->frame;
    const h2neg__cell *cell = &h2neg__figure2[h2neg__stream_state(c, f->stream)][H2NEG__ON_RST];
    h2neg__stream *s = h2neg__stream_find(c, f->stream);
    int fine = f->u.code == H2NEG_NO_ERROR && c->config->role == H2NEG_CLIENT && s &&
               s->flags & H2NEG__S_REMOTE_END; /* the response is whole (RFC 9113 8.1) */
    uint32_t code = !fine && f->u.code == H2NEG_NO_ERROR ? (uint32_t)H2NEG_CANCEL : f->u.code;
    (void)ev;
    if (cell->verdict == H2NEG__CONN_ERR)
        return h2neg__h2_frame_fail(c, cell->error);
    if (cell->verdict == H2NEG__DROP)
        return H2NEG__GO_ON;
    if (c->config->role == H2NEG_SERVER && !h2neg__h2_charge(c))
        return H2NEG__GO_ON;
    s->flags |= H2NEG__S_PEER_RESET;
    if (f->u.code == H2NEG_REFUSED_STREAM && !(s->flags & H2NEG__S_HEAD_GOT))
        s->flags |= H2NEG__S_RETRY;
    h2neg__stream_done(c, s, fine ? 0 : H2NEG_ERR_PEER_RESET, code, 1); /* cut off is never 0 */
    return H2NEG__GO_ON;
}

static int h2neg__h2_on_priority(h2neg_conn *c, h2neg_event *ev)
{
    (void)c;
    (void)ev;
    return H2NEG__GO_ON; /* RFC 9113 5.3.2: parsed and ignored */
}

static int h2neg__h2_on_priority_update(h2neg_conn *c, h2neg_event *ev)
{
    h2neg_h2_frame *f = &c->h2->frame;
    h2neg__stream *s = h2neg__stream_find(c, f->u.priority_update.stream);
    int urgency, incremental;
    (void)ev;
    if (c->config->role == H2NEG_CLIENT)
        return h2neg__h2_frame_fail(c, H2NEG_ERR_H2_STREAM_ID); /* RFC 9218 7.1 */
    if (f->u.priority_update.stream % 2 == 0)
        return h2neg__h2_frame_fail(c, H2NEG_ERR_H2_STREAM_ID); /* a push, which there is not */
    if (!s)
        return H2NEG__GO_ON;
    h2neg_priority_parse(f->u.priority_update.value, &urgency, &incremental);
    s->urgency = (uint8_t)urgency;
    s->flags &= ~(uint32_t)H2NEG__S_INCREMENTAL;
    if (incremental)
        s->flags |= H2NEG__S_INCREMENTAL;
    return H2NEG__GO_ON;
}

/* SETTINGS_INITIAL_WINDOW_SIZE moves every stream's window (RFC 9113 6.9.2). 0 or an error. */
static int h2neg__h2_set_window(h2neg_conn *c, uint32_t value)
{
    const uint32_t over =
        H2NEG__S_DONE | H2NEG__S_DONE_OWED | H2NEG__S_WE_RESET | H2NEG__S_PEER_RESET;
    int64_t delta = (int64_t)value - (int64_t)c->h2->peer_window;
    size_t i;
    c->h2->peer_window = value;
    for (i = 0; i < c->slots; i++) {
        h2neg__stream *s = h2neg__slot(c, i);
        if (s->id == 0 || s->flags & over)
            continue; /* it has no window any more (RFC 9113 6.9.2) */
        s->send += delta;
        if (s->send > 0x7fffffff)
            return H2NEG_ERR_H2_WINDOW_OVER;
    }
    return 0;
}

/* One setting of the peer's, its value in range. 0 or an error. */
static int h2neg__h2_set(h2neg_conn *c, h2neg_h2_setting e)
{
    h2neg__http2 *h = c->h2;
    switch (e.id) {
    case H2NEG_SETTING_HEADER_TABLE_SIZE:
        if (h->coding) {
            h2neg_hpack_encoder_limit(&h->encoder, e.value);
            return 0;
        }
        h->table_peer = e.value;
        if (e.value < h->table_least)
            h->table_least = e.value;
        return 0;
    case H2NEG_SETTING_MAX_CONCURRENT_STREAMS: h->peer_streams = e.value; return 0;
    case H2NEG_SETTING_INITIAL_WINDOW_SIZE: return h2neg__h2_set_window(c, e.value);
    case H2NEG_SETTING_MAX_FRAME_SIZE: h->peer_frame = e.value; return 0;
    case H2NEG_SETTING_ENABLE_CONNECT_PROTOCOL:
        if (h->peer_connect && !e.value)
            return H2NEG_ERR_H2_SETTING; /* RFC 8441 3 */
        h->peer_connect = e.value != 0;
        return 0;
    default: return 0;
    }
}

/* Entries in their order, each checked before it is stored. 0 or an error. */
static int h2neg__h2_set_all(h2neg_conn *c, const unsigned char *entries, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        h2neg_h2_setting e = h2neg_h2_setting_at(entries, i);
        int err = h2neg_h2_setting_check(e, c->config->role == H2NEG_CLIENT);
        if (!err)
            err = h2neg__h2_set(c, e);
        if (err)
            return err;
    }
    return 0;
}

/* The peer has acknowledged our SETTINGS: from here on our limits hold (RFC 9113 6.5.3). */
static int h2neg__h2_on_ack(h2neg_conn *c)
{
    h2neg__http2 *h = c->h2;
    int64_t delta = (int64_t)c->config->initial_window - (int64_t)h->window;
    size_t i;
    if (!h->settings_unacked)
        return h2neg__h2_frame_fail(c, H2NEG_ERR_H2_SETTINGS_ACK);
    h->settings_unacked = 0;
    h->window = c->config->initial_window;
    for (i = 0; i < c->slots; i++)
        if (h2neg__slot(c, i)->id)
            h2neg__slot(c, i)->recv += delta;
    if (h->coding)
        h2neg_hpack_decoder_limit(&h->decoder, c->config->hpack_decoder_table);
    return H2NEG__GO_ON;
}

static int h2neg__h2_on_settings(h2neg_conn *c, h2neg_event *ev)
{
    h2neg_h2_frame *f = &c->h2->frame;
    int err;
    (void)ev;
    if (f->flags & H2NEG_H2_ACK)
        return h2neg__h2_on_ack(c);
    if (c->h2->first)
        c->h2->peer_streams = UINT32_MAX; /* unless they say it; until now 100 was assumed */
    err = h2neg__h2_set_all(c, f->u.settings.entries, f->u.settings.count);
    if (err)
        return h2neg__h2_frame_fail(c, err);
    c->h2->owed_acks++;
    if (c->h2->first) {
        c->h2->first = 0;
        if (c->config->role == H2NEG_CLIENT && !c->agreed)
            c->negotiated_owed = 1;
    }
    return H2NEG__GO_ON;
}

static int h2neg__h2_on_pong(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__http2 *h = c->h2;
    unsigned char *eight = h->frame.u.ping;
    if (h->drain_ping == 2 && memcmp(eight, h2neg__drain_octets, 8) == 0) {
        h->drain_ping = 0;
        h->goaway_owed = 2;
    } else if (h->ping_state == 2 && memcmp(eight, h->ping, 8) == 0) {
        h->ping_state = 0;
        h2neg__event(c, ev, H2NEG_EV_PONG, NULL);
        ev->data = h2neg__str(h->ping, 8);
        return H2NEG__EVENT;
    }
    return H2NEG__GO_ON;
}

/* A PING is answered in its turn; its octets wait in a ring for room (RFC 9113 6.7). */
static int h2neg__h2_on_ping(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__http2 *h = c->h2;
    if (h->frame.flags & H2NEG_H2_ACK)
        return h2neg__h2_on_pong(c, ev);
    if (!h2neg__part_take(c, H2NEG__OWED, sizeof(h2neg__owed)))
        return h2neg__fail(c, H2NEG_ERR_NOMEM, h->at);
    memcpy(h2neg__owed_rings(c)->pings[(size_t)(h->ping_at + h->owed_pings) % H2NEG__RING],
           h->frame.u.ping, 8);
    h->owed_pings++;
    return H2NEG__GO_ON;
}

/* Streams above the last one can be sent again elsewhere (RFC 9113 6.8). */
static int h2neg__h2_on_goaway(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__http2 *h = c->h2;
    uint32_t last = h->frame.u.goaway.last;
    h2neg__stream *s;
    if (h->goaway_got && last > h->goaway_seen)
        return h2neg__h2_frame_fail(c, H2NEG_ERR_H2_GOAWAY);
    h->goaway_got = 1;
    h->goaway_seen = last;
    s = c->config->role == H2NEG_CLIENT ? h2neg__stream_after(c, last) : NULL;
    for (; s; s = h2neg__stream_after(c, s->id)) {
        s->flags |= (s->flags & H2NEG__S_HEAD_GOT ? 0 : H2NEG__S_RETRY) | H2NEG__S_PEER_RESET;
        h2neg__stream_done(c, s, H2NEG_ERR_PEER_GOAWAY, H2NEG_REFUSED_STREAM, 1);
    }
    h2neg__event(c, ev, H2NEG_EV_GOAWAY, NULL);
    ev->code = h->frame.u.goaway.code;
    ev->data = h->frame.u.goaway.debug;
    return H2NEG__EVENT;
}

static int h2neg__h2_on_window_update(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__http2 *h = c->h2;
    uint32_t id = h->frame.stream, n = h->frame.u.increment;
    h2neg__stream *s = h2neg__stream_find(c, id);
    const h2neg__cell *cell;
    (void)ev;
    if (++h->updates > c->config->window_update_slack + 2 * (h->opened + 10 * h->data_frames))
        return h2neg__h2_frame_fail(c, H2NEG_ERR_LIMIT_WINDOW_UPDATES);
    if (id == 0) {
        h->send += n;
        return h->send > 0x7fffffff ? h2neg__h2_frame_fail(c, H2NEG_ERR_H2_WINDOW_OVER)
                                    : H2NEG__GO_ON;
    }
    cell = &h2neg__figure2[h2neg__stream_state(c, id)][H2NEG__ON_UPDATE];
    if (cell->verdict == H2NEG__CONN_ERR)
        return h2neg__h2_frame_fail(c, cell->error);
    if (cell->verdict == H2NEG__DROP)
        return H2NEG__GO_ON;
    s->send += n;
    return s->send > 0x7fffffff ? h2neg__h2_stream_error(c, id, H2NEG_ERR_H2_WINDOW_OVER)
                                : H2NEG__GO_ON;
}

/* ---- the reader ---- */

/* How each type is read: SKIP passes over the payload, HEAD looks at the header alone, WHOLE
   gathers it. */
typedef struct h2neg__reads {
    int (*header)(h2neg_conn *c);                 /* DATA, HEADERS, CONTINUATION */
    int (*whole)(h2neg_conn *c, h2neg_event *ev); /* the rest */
} h2neg__reads;
/* clang-format off */
static const h2neg__reads h2neg__frame_reads[] = {
    {h2neg__h2_on_data, NULL},            /* DATA */
    {h2neg__h2_on_headers, NULL},         /* HEADERS */
    {NULL, h2neg__h2_on_priority},        /* PRIORITY */
    {NULL, h2neg__h2_on_rst},             /* RST_STREAM */
    {NULL, h2neg__h2_on_settings},        /* SETTINGS */
    {NULL, NULL},                         /* PUSH_PROMISE, an error before it comes here */
    {NULL, h2neg__h2_on_ping},            /* PING */
    {NULL, h2neg__h2_on_goaway},          /* GOAWAY */
    {NULL, h2neg__h2_on_window_update},   /* WINDOW_UPDATE */
    {h2neg__h2_on_continuation, NULL},    /* CONTINUATION */
    {NULL, NULL}, {NULL, NULL}, {NULL, NULL}, {NULL, NULL}, {NULL, NULL}, {NULL, NULL},
    {NULL, h2neg__h2_on_priority_update}  /* PRIORITY_UPDATE */
};
/* clang-format on */

/* Rules that hold between frames (RFC 9113 3.4, 6.10, 8.4). 0 or an error. */
static int h2neg__h2_order(const h2neg_conn *c)
{
    const h2neg__http2 *h = c->h2;
    const h2neg_h2_frame *f = &h->frame;
    if (h->first && (f->type != H2NEG_H2_SETTINGS || f->flags & H2NEG_H2_ACK))
        return H2NEG_ERR_H2_PREFACE;
    if ((h->block != 0) != (f->type == H2NEG_H2_CONTINUATION) ||
        (h->block && h->block != f->stream))
        return H2NEG_ERR_H2_CONTINUATION;
    if (f->type == H2NEG_H2_PUSH_PROMISE)
        return H2NEG_ERR_H2_PUSH;
    return 0;
}

/* Overhead is paid from useful octets. WINDOW_UPDATE has a budget of its own. */
static int h2neg__overhead(h2neg_conn *c, uint64_t n)
{
    c->overhead += n;
    return c->overhead >
           c->config->overhead_slack + (uint64_t)c->config->overhead_ratio * c->useful;
}

/* Whether the next frame may be taken up: rings have room, and a request can be answered. */
static int h2neg__h2_may_read(h2neg_conn *c, const unsigned char *p)
{
    const h2neg__http2 *h = c->h2;
    uint32_t id = (uint32_t)h2neg__load_4(p + 5) & 0x7fffffff;
    h2neg__h2_flush(c);
    if (h->owed_pings == H2NEG__RING || h->owed_resets == H2NEG__RING)
        return 0;
    return p[3] != H2NEG_H2_HEADERS || c->config->role == H2NEG_CLIENT || id <= h->last_peer ||
           h2neg__app_room(c) >= H2NEG__ANSWER;
}

/* What a frame whose header is wrong comes to: its stream's end, or the connection's. */
static int h2neg__h2_header_error(h2neg_conn *c, int error)
{
    if (!h2neg_h2_error_is_stream(&c->h2->frame, error))
        return h2neg__h2_frame_fail(c, error);
    h2neg__h2_frame_end(c, c->h2->frame.length);
    return h2neg__h2_frame_error(c, c->h2->frame.stream, error);
}

static uint64_t h2neg__h2_frame_overhead(const h2neg_h2_frame *f)
{
    if (f->type == H2NEG_H2_WINDOW_UPDATE)
        return 0;
    if (f->type == H2NEG_H2_DATA || f->type == H2NEG_H2_HEADERS || f->type == H2NEG_H2_CONTINUATION)
        return 9;
    return 9 + (uint64_t)f->length;
}

static int h2neg__h2_header(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__http2 *h = c->h2;
    const unsigned char *p = h2neg__in_have(c, 9);
    ptrdiff_t n;
    int err;
    (void)ev;
    if (!p)
        return H2NEG__STARVED;
    if (!h2neg__h2_may_read(c, p))
        return H2NEG__STOPPED;
    h->at = c->offset;
    n = h2neg_h2_frame_header_read(&h->frame, p, 9, c->config->max_frame_size);
    h2neg__in_take(c, 9);
    err = h2neg__h2_order(c);
    if (err || n < 0)
        return err ? h2neg__h2_frame_fail(c, err) : h2neg__h2_header_error(c, (int)n);
    if (h->frame.type == H2NEG_H2_SETTINGS && h->frame.length > 6 * c->config->max_settings_entries)
        return h2neg__h2_frame_fail(c, H2NEG_ERR_LIMIT_SETTINGS);
    if (h2neg__overhead(c, h2neg__h2_frame_overhead(&h->frame)))
        return h2neg__h2_frame_fail(c, H2NEG_ERR_LIMIT_OVERHEAD);
    if (h->frame.type < H2NEG__COUNT(h2neg__frame_reads)) {
        const h2neg__reads *r = &h2neg__frame_reads[h->frame.type];
        if (r->header)
            return r->header(c);
        h->state = H2NEG__H2_PAYLOAD;
        if (r->whole)
            return H2NEG__GO_ON;
    }
    return h2neg__h2_frame_end(c, h->frame.length);
}

/* A payload in one piece. GOAWAY's debug data are cut; a long PRIORITY_UPDATE is passed over. */
static int h2neg__h2_payload(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__http2 *h = c->h2;
    h2neg_h2_frame *f = &h->frame;
    uint32_t rest = 0;
    const unsigned char *p;
    int err;
    if (f->length > H2NEG__PAYLOAD) {
        if (f->type != H2NEG_H2_GOAWAY)
            return h2neg__h2_frame_end(c, f->length);
        rest = f->length - H2NEG__PAYLOAD;
    }
    p = h2neg__in_have(c, f->length - rest);
    if (f->length && !p)
        return H2NEG__STARVED;
    f->length -= rest;
    err = h2neg_h2_frame_payload_read(f, p);
    h2neg__in_take(c, f->length);
    h2neg__h2_frame_end(c, rest);
    if (err == 0)
        return h2neg__frame_reads[f->type].whole(c, ev);
    if (h2neg_h2_error_is_stream(f, err))
        return h2neg__h2_frame_error(c, f->stream, err);
    return h2neg__h2_frame_fail(c, err);
}

static int h2neg__h2_skip(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__http2 *h = c->h2;
    size_t n = h2neg__in(c).len;
    (void)ev;
    if (n == 0)
        return H2NEG__STARVED;
    if (n > h->skip)
        n = h->skip;
    h2neg__in_take(c, n);
    h->skip -= (uint32_t)n;
    if (h->skip == 0)
        h->state = H2NEG__H2_HEADER;
    return H2NEG__GO_ON;
}

/* The client's preface (RFC 9113 3.4). What else came is told by its first octet. */
static int h2neg__h2_preface(h2neg_conn *c, h2neg_event *ev)
{
    const unsigned char *p = h2neg__in_have(c, H2NEG_PREFACE_LEN);
    h2neg_str in = h2neg__in(c);
    size_t i, n = in.len < H2NEG_PREFACE_LEN ? in.len : H2NEG_PREFACE_LEN;
    (void)ev;
    for (i = 0; i < n && in.ptr[i] == H2NEG_PREFACE[i]; i++)
        continue;
    if (i < n && in.ptr[0] == 0x16)
        return h2neg__fail(c, H2NEG_ERR_PEER_IS_TLS, c->offset);
    if (i < n)
        return h2neg__fail(c,
                           i < 4 && h2neg__is_class(in.ptr[0], H2NEG__ALPHA)
                               ? H2NEG_ERR_PEER_IS_HTTP1
                               : H2NEG_ERR_H2_PREFACE,
                           c->offset + i);
    if (!p)
        return H2NEG__STARVED;
    h2neg__in_take(c, H2NEG_PREFACE_LEN);
    c->h2->state = H2NEG__H2_HEADER;
    h2neg__live(c);
    if (!c->agreed)
        c->negotiated_owed = 1;
    return H2NEG__GO_ON;
}

/* One step of the reader, or all of a field block, within which nothing else becomes owed. */
static int h2neg__h2_step(h2neg_conn *c, h2neg_event *ev)
{
    static int (*const steps[])(h2neg_conn *, h2neg_event *) = {
        h2neg__h2_preface,  h2neg__h2_header,  h2neg__h2_prefix, h2neg__h2_data_run,
        h2neg__h2_fragment, h2neg__h2_payload, h2neg__h2_skip};
    int result;
    do
        result = steps[c->h2->state](c, ev);
    while (result == H2NEG__GO_ON && c->h2->block && c->phase < H2NEG__INERT);
    return result;
}

/* HTTP/2 begins, by whatever way: a client writes the preface at once, a server its SETTINGS. 1, or
   0: no memory, and the connection has failed; nothing can be said of it. */
static int h2neg__h2_begin(h2neg_conn *c, int protocol, int via)
{
    h2neg__http2 *h;
    const h2neg_config *g = c->config;
    if (!h2neg__part_take(c, H2NEG__HTTP2, offsetof(h2neg__http2, decoder))) {
        h2neg__fail(c, H2NEG_ERR_NOMEM, c->offset);
        c->status_owed = 0;
        return 0;
    }
    h = (h2neg__http2 *)(void *)c->part[H2NEG__HTTP2].ptr;
    memset(h, 0, offsetof(h2neg__http2, decoder));
    c->h2 = h;
    c->protocol = (unsigned char)protocol;
    c->via = (unsigned char)via;
    h->preface_owed = h->first = 1;
    h->state = g->role == H2NEG_SERVER ? H2NEG__H2_PREFACE : H2NEG__H2_HEADER;
    h->table_least = h->table_peer = 4096; /* RFC 9113 6.5.2 */
    h->recv = g->connection_window > 65535 ? g->connection_window : 65535;
    h->send = h->peer_window = h->window = H2NEG__WINDOW;
    h->peer_frame = 16384;
    h->peer_streams = 100;
    h->goaway_last = 0x7fffffff;
    h->resets = (int32_t)g->reset_budget;
    return 1;
}

/* ==== 21 >>conn-h1-send ====================================================
   HTTP/1.0 and HTTP/1.1 out, both roles: heads, framing, the h2c offer (RFC 9112; RFC 7540 3.2).
   Uses >>h1-write >>upgrade >>h2-stream.
   Memory: output is written once, in place.
   A head goes out whole or not at all.
   ========================================================================== */

enum {
    H2NEG__H1_OFF,
    H2NEG__H1_HEAD,
    H2NEG__H1_BODY,
    H2NEG__H1_CHUNKED,
    H2NEG__H1_TRAILERS,
    H2NEG__H1_WAIT,
    H2NEG__H1_TUNNEL,
    H2NEG__H1_UPGRADED,
    H2NEG__H1_UPGRADE_BODY
};

/* A head under way: into the writer's room, where its `p` is not NULL; else `error` says why. What
   is written was checked when the call, or the config, gave it; its bound has room. */
typedef struct h2neg__h1_out {
    h2neg__writer w;
    int error;
} h2neg__h1_out;

static h2neg__h1_out h2neg__h1_out_begin(h2neg_conn *c, size_t bound)
{
    h2neg__h1_out o;
    size_t room = bound + 512;
    o.w = h2neg__write(NULL, room);
    o.error = H2NEG_ERR_AGAIN;
    if (room > c->config->max_output_pending / 4 * 3)
        o.error = H2NEG_ERR_TOO_SMALL;
    else if (room <= h2neg__app_room(c))
        o.w.p = h2neg__out_room(c, room);
    return o;
}

static void h2neg__h1_out_one(h2neg__writer *w, const char *name, h2neg_str value)
{
    h2neg__put_field(w, h2neg_s(name), value);
}

/* The empty line, and the head goes to the output. */
static void h2neg__h1_out_end(h2neg_conn *c, h2neg__writer *w)
{
    h2neg__put(w, "\r\n", 2);
    H2NEG__NEVER(w->bad);
    c->useful += w->used;
    h2neg__out_wrote(c, w->used);
}

/* Our message is written to its end. A server that ends before the request does drains the rest. */
static void h2neg__h1_local_end(h2neg_conn *c, h2neg__stream *s)
{
    s->flags |= H2NEG__S_LOCAL_END;
    h2neg__count_flag(s, H2NEG__S_WRITABLE, 0, &c->wanting);
    h2neg__stream_settle(c, s);
    if (s->flags & (H2NEG__S_REMOTE_END | H2NEG__S_TUNNEL) || c->config->role == H2NEG_CLIENT)
        return;
    c->h1.early = 1;
    c->since[H2NEG__T_EARLY] = 0;
    h2neg__stream_done(c, s, 0, H2NEG_NO_ERROR, 0);
    if (c->h1.close)
        h2neg__inert(c);
}

/* How the body's end will be told, and what that means for the connection (RFC 9112 6, 9.6). */
static void h2neg__h1_framing(h2neg_conn *c, h2neg__stream *s, const h2neg__plan *p,
                              h2neg__writer *w)
{
    int server = c->config->role == H2NEG_SERVER;
    char digits[20];
    if (p->add_length)
        h2neg__h1_out_one(w, "content-length", h2neg__decimal_text(digits, p->length));
    if (p->interim || p->drop || p->length != H2NEG_UNKNOWN || p->ends ||
        (!server && s->flags & H2NEG__S_WAITS))
        return;
    if (server && c->h1.minor == 0) {
        c->h1.close = 1;
        return;
    }
    s->flags |= H2NEG__S_CHUNKED;
    h2neg__h1_out_one(w, "transfer-encoding", h2neg_s("chunked"));
}

/* Whether the connection ends behind this response: what was asked, and what cannot be drained. */
static void h2neg__h1_persistence(h2neg_conn *c, const h2neg__stream *s, unsigned flags)
{
    int whole = !(flags & H2NEG_MORE);
    if (c->shut || flags & H2NEG_LAST ||
        (c->config->max_requests && c->requests >= c->config->max_requests))
        c->h1.close = 1;
    if (whole && !(s->flags & H2NEG__S_REMOTE_END) &&
        (s->flags & H2NEG__S_EXPECT ||
         (c->h1.body == H2NEG_BODY_LENGTH && c->h1.left > c->config->drain_octets)))
        c->h1.close = 1;
}

/* What a 426 names to upgrade to (RFC 9110 15.5.22); "": nothing, or another status. */
static h2neg_str h2neg__h1_required(const h2neg_conn *c, const h2neg_message *m)
{
    unsigned spoken = c->config->protocols;
    if (m->status != 426 || m->upgrade.len)
        return m->upgrade;
    if (spoken & H2NEG_WEBSOCKET)
        return h2neg_s("websocket");
    return h2neg_s(spoken & H2NEG_H2C && !c->config->tls ? "h2c" : "");
}

/* What a final response says of the connection. */
static void h2neg__h1_connection(const h2neg_conn *c, h2neg_str upgrade, h2neg__writer *w)
{
    if (upgrade.len)
        h2neg__h1_out_one(w, "upgrade", upgrade);
    if (upgrade.len)
        h2neg__h1_out_one(w, "connection", h2neg_s(c->h1.close ? "upgrade, close" : "upgrade"));
    else if (c->h1.close || c->h1.minor == 0)
        h2neg__h1_out_one(w, "connection", h2neg_s(c->h1.close ? "close" : "keep-alive"));
}

static int h2neg__h1_respond(h2neg_conn *c, h2neg__stream *s, const h2neg_message *m,
                             unsigned flags, const h2neg__plan *p)
{
    const h2neg_config *g = c->config;
    h2neg_str upgrade = h2neg__h1_required(c, m);
    h2neg__h1_out o;
    size_t i;
    if (p->interim && c->h1.minor == 0)
        return 0;
    if (m->status == 426 && !upgrade.len)
        return H2NEG_ERR_INVALID;
    o = h2neg__h1_out_begin(c, h2neg__fields_bound(m->fields, m->field_count) + upgrade.len +
                                   h2neg__fields_bound(g->common_fields, g->common_field_count));
    if (!o.w.p)
        return o.error;
    h2neg__put_status_line(&o.w, m->status, h2neg_s(h2neg_status_text(m->status)));
    h2neg__put_fields(&o.w, m->fields, m->field_count);
    for (i = 0; !p->interim && i < g->common_field_count; i++)
        if (h2neg__lacks(m, g->common_fields[i].name))
            h2neg__put_fields(&o.w, &g->common_fields[i], 1);
    h2neg__h1_framing(c, s, p, &o.w);
    if (!p->interim)
        h2neg__h1_persistence(c, s, flags);
    if (!p->interim)
        h2neg__h1_connection(c, upgrade, &o.w);
    h2neg__h1_out_end(c, &o.w);
    if (p->interim) {
        if (m->status == 100)
            s->flags &= ~(uint32_t)H2NEG__S_EXPECT;
        return 0;
    }
    h2neg__plan_apply(c, s, p, m, flags);
    if (p->ends)
        h2neg__h1_local_end(c, s);
    return 0;
}

/* Octets of a body, framed. Octets taken; AGAIN when even an empty end does not fit. */
static ptrdiff_t h2neg__h1_put_body(h2neg_conn *c, h2neg__stream *s, const unsigned char *data,
                                    size_t len, int last)
{
    size_t frame = s->flags & H2NEG__S_CHUNKED ? 18 + 2 + 5 : 0, room = h2neg__app_room(c), n,
           used = 0;
    unsigned char *out;
    if (room <= frame && (len || frame))
        return H2NEG_ERR_AGAIN;
    n = len < room - frame ? len : room - frame;
    out = n + frame ? h2neg__out_room(c, n + frame) : NULL;
    if (!out)
        return n + frame ? (ptrdiff_t)H2NEG_ERR_AGAIN : 0;
    if (n && frame)
        used = (size_t)h2neg_h1_write_chunk(out, 18, n);
    h2neg__copy(out + used, data, n);
    used += n;
    if (n && frame) {
        memcpy(out + used, "\r\n", 2);
        used += 2;
    }
    if (last && n == len && frame) {
        memcpy(out + used, "0\r\n\r\n", 5);
        used += 5;
    }
    s->send_octets += n;
    c->useful += n;
    h2neg__out_wrote(c, used);
    return (ptrdiff_t)n;
}

static ptrdiff_t h2neg__h1_send(h2neg_conn *c, h2neg__stream *s, const unsigned char *data,
                                size_t len, unsigned flags)
{
    int last = !(flags & H2NEG_MORE);
    ptrdiff_t n = h2neg__h1_put_body(c, s, data, len, last);
    if (n < 0)
        return len ? 0 : n;
    if (last && (size_t)n == len)
        h2neg__h1_local_end(c, s);
    return n;
}

static int h2neg__h1_trailers(h2neg_conn *c, h2neg__stream *s, const h2neg_field *fields,
                              size_t count)
{
    h2neg__h1_out o;
    if (!(s->flags & H2NEG__S_CHUNKED)) { /* HTTP/1.0, or a length: nowhere to put them */
        h2neg__h1_local_end(c, s);
        return 0;
    }
    o = h2neg__h1_out_begin(c, h2neg__fields_bound(fields, count));
    if (!o.w.p)
        return o.error;
    h2neg__put_text(&o.w, "0\r\n");
    h2neg__put_fields(&o.w, fields, count);
    h2neg__h1_out_end(c, &o.w);
    h2neg__h1_local_end(c, s);
    return 0;
}

/* The body of the one message under way. */
static void h2neg__h1_pump(h2neg_conn *c)
{
    h2neg__stream *s = h2neg__stream_find(c, c->h1.stream);
    while (c->sending) { /* that is its body */
        ptrdiff_t n = h2neg__h1_put_body(c, s, h2neg__body_at(c, s), s->body_left, 1);
        if (n <= 0)
            return;
        h2neg__body_sent(c, s, (size_t)n);
        if (s->body_left == 0)
            h2neg__h1_local_end(c, s);
    }
}

/* The offer of h2c that goes out with a client's first request (RFC 7540 3.2.1). */
static void h2neg__h1_out_offer(h2neg_conn *c, h2neg__writer *w)
{
    unsigned char frame[9 + 6 * 3];
    char text[64];
    h2neg_h2_setting all[3];
    ptrdiff_t n;
    all[0].id = H2NEG_SETTING_ENABLE_PUSH;
    all[0].value = 0;
    all[1].id = H2NEG_SETTING_INITIAL_WINDOW_SIZE;
    all[1].value = c->config->initial_window;
    all[2].id = H2NEG_SETTING_MAX_HEADER_LIST_SIZE;
    all[2].value = c->config->max_header_list;
    h2neg_h2_frame_write_settings(frame, sizeof frame, all, 3);
    n = h2neg_h2_settings_encode(text, sizeof text, frame + 9, sizeof frame - 9);
    h2neg__h1_out_one(w, "connection", h2neg_s("Upgrade, HTTP2-Settings"));
    h2neg__h1_out_one(w, "upgrade", h2neg_s("h2c"));
    h2neg__h1_out_one(w, "http2-settings", h2neg__str(text, n > 0 ? (size_t)n : 0));
}

/* Whether a request carries the offer: the first one, in cleartext, its body of a small known
   length. */
static int h2neg__h1_offers(const h2neg_conn *c, const h2neg_message *m, unsigned flags,
                            const h2neg__plan *p)
{
    int small = p->length == H2NEG_UNKNOWN ? !(flags & H2NEG_MORE)
                                           : p->length <= c->config->max_upgrade_body;
    return c->config->protocols & H2NEG_H2C && !c->config->tls && c->requests == 0 && small &&
           !(flags & H2NEG_LAST) && !H2NEG__IS(m->method, "CONNECT");
}

static void h2neg__h1_out_request(h2neg_conn *c, h2neg__stream *s, const h2neg_message *m,
                                  unsigned flags, const h2neg__plan *p, h2neg__writer *w)
{
    int connect = H2NEG__IS(m->method, "CONNECT");
    h2neg_str target = connect ? m->authority : m->target.len ? m->target : h2neg_s("/");
    h2neg__put_request_line(w, m->method.len ? m->method : h2neg_s("GET"), target);
    h2neg__h1_out_one(w, "host", m->authority);
    h2neg__put_fields(w, m->fields, m->field_count);
    h2neg__put_fields(w, p->extra, p->extra_count);
    h2neg__h1_framing(c, s, p, w);
    if (m->upgrade.len) {
        h2neg__h1_out_one(w, "connection", h2neg_s("upgrade"));
        h2neg__h1_out_one(w, "upgrade", m->upgrade);
    } else if (h2neg__h1_offers(c, m, flags, p)) {
        h2neg__h1_out_offer(c, w);
        c->h1.offered = 1;
    } else if (flags & H2NEG_LAST) {
        h2neg__h1_out_one(w, "connection", h2neg_s("close"));
    }
}

static int h2neg__h1_request(h2neg_conn *c, h2neg__stream *s, const h2neg_message *m,
                             unsigned flags, const h2neg__plan *p)
{
    h2neg__h1_out o =
        h2neg__h1_out_begin(c, h2neg__fields_bound(m->fields, m->field_count) + m->method.len +
                                   m->target.len + 2 * m->authority.len + m->upgrade.len +
                                   h2neg__fields_bound(p->extra, p->extra_count));
    if (!o.w.p)
        return o.error;
    c->h1.offered = 0;
    h2neg__h1_out_request(c, s, m, flags, p, &o.w);
    h2neg__h1_out_end(c, &o.w);
    c->h1.stream = s->id;
    c->h1.state = H2NEG__H1_HEAD;
    h2neg__plan_apply(c, s, p, m, flags);
    if (p->ends)
        h2neg__h1_local_end(c, s);
    return 0;
}

/* 101 with the chosen token, or 200 to a CONNECT. 0 or < 0. */
static int h2neg__h1_accept(h2neg_conn *c, const h2neg__stream *s, h2neg_str token,
                            const h2neg__plan *p, const h2neg_field *fields, size_t count)
{
    int connect = (s->flags & H2NEG__S_CONNECT) != 0;
    h2neg__h1_out o =
        h2neg__h1_out_begin(c, h2neg__fields_bound(fields, count) +
                                   h2neg__fields_bound(p->extra, p->extra_count) + token.len);
    if (!o.w.p)
        return o.error;
    h2neg__put_status_line(&o.w, connect ? 200 : 101,
                           h2neg_s(h2neg_status_text(connect ? 200 : 101)));
    if (!connect) {
        h2neg__h1_out_one(&o.w, "connection", h2neg_s("upgrade"));
        h2neg__h1_out_one(&o.w, "upgrade", token);
    }
    h2neg__put_fields(&o.w, p->extra, p->extra_count);
    h2neg__put_fields(&o.w, fields, count);
    h2neg__h1_out_end(c, &o.w);
    return 0;
}

/* The answer to what ended the connection, if a response had not begun. 1, or 0: no room. */
static int h2neg__h1_put_status(h2neg_conn *c)
{
    int status = h2neg_error_status(c->error.code);
    const char *text = h2neg__error_words(c);
    const h2neg_config *g = c->config;
    h2neg__stream *s = h2neg__stream_find(c, c->h1.stream);
    size_t i, room = 512 + h2neg__fields_bound(g->common_fields, g->common_field_count);
    unsigned char *out = NULL;
    h2neg__writer w;
    if (status && !(s && s->flags & H2NEG__S_HEAD_SENT)) {
        out = h2neg__out_room(c, room);
        if (!out)
            return 0;
        w = h2neg__write(out, room);
        h2neg__put_text(&w, "HTTP/1.1 ");
        h2neg__put_decimal(&w, (uint64_t)status);
        h2neg__put_text(&w, " ");
        h2neg__put_text(&w, h2neg_status_text(status));
        h2neg__put_text(&w, "\r\ncontent-type: text/plain\r\ncontent-length: ");
        h2neg__put_decimal(&w, *text ? strlen(text) + 1 : 0);
        h2neg__put_text(&w, "\r\nconnection: close\r\n");
        for (i = 0; i < g->common_field_count; i++)
            if (!H2NEG__IS_NOCASE(g->common_fields[i].name, "content-type"))
                h2neg__put_fields(&w, &g->common_fields[i], 1);
        h2neg__put_text(&w, "\r\n");
        if (!c->h1.asked_head && *text) {
            h2neg__put_text(&w, text);
            h2neg__put_text(&w, "\n");
        }
        h2neg__out_wrote(c, w.used);
    }
    c->status_owed = 0;
    return 1;
}

/* ==== 21b >>conn-h1-request ================================================
   HTTP/1.0 and HTTP/1.1 in at a server: requests, the Upgrade, CONNECT (RFC 9112; RFC 9110 7.8).
   Uses >>h1-head >>h1-body >>upgrade >>conn-h1-send, and >>conn-h2-recv to begin behind a 101.
   Memory: a head that lies whole in the loan is not copied.
   One request at a time: the next one is not looked at before the answer to this one is over.
   ========================================================================== */

/* Takes out what the view of every protocol leaves out: Host, what frames and connects, and what
   Connection names (RFC 9110 7.6.1), as far as 100 names, so that the work stays linear. The count
   that is left. `options`: what Connection says; "keep-alive" alone names nothing that stays. */
static size_t h2neg__h1_view(h2neg_field *fields, size_t count, unsigned options)
{
    h2neg_list list;
    h2neg_str token;
    size_t i, n = 0, tokens = options <= H2NEG__OPTION_KEEP ? 100 : 0;
    memset(&list, 0, sizeof list);
    while (tokens++ < 100 && h2neg_list_next(&list, fields, count, "connection", &token))
        for (i = 0; i < count; i++)
            if (h2neg__same_nocase(fields[i].name, token) && !H2NEG__IS_NOCASE(token, "connection"))
                fields[i].flags |= 0x100;
    for (i = 0; i < count; i++) {
        if (fields[i].flags & 0x100 || h2neg__name_is(fields[i].name) & H2NEG__NAME_FRAMED)
            continue;
        fields[n++] = fields[i];
    }
    return n;
}

static int h2neg__h1_error(h2neg_conn *c, int error, size_t at)
{
    return h2neg__fail(c, error, c->offset + at);
}

/* Lends the workspace to the head's parser. 1, or 0 and the connection has failed. */
static int h2neg__h1_lend(h2neg_conn *c)
{
    const h2neg_config *g = c->config;
    h2neg_h1_head *head;
    h2neg_field *fields;
    char *text;
    if (!h2neg__work(c, &fields, &text))
        return 0;
    head = c->h1.head;
    memset(head, 0, sizeof *head);
    head->scan = c->h1.u.scan;
    head->fields = fields;
    head->text = text;
    head->room = g->max_header_fields;
    head->text_room =
        h2neg__work_text(g) < g->max_header_list ? h2neg__work_text(g) : g->max_header_list;
    head->lenient = g->lenient;
    head->max_line = g->max_request_line;
    head->max_field_line = g->max_field_line;
    head->max_list = g->max_header_list;
    head->max_empty = g->max_empty_lines ? g->max_empty_lines : H2NEG_OFF;
    return 1;
}

/* Until the head is whole, its parser's memory of `seen` octets is kept. */
static int h2neg__h1_more(h2neg_conn *c, size_t seen)
{
    c->h1.seen = seen;
    c->h1.u.scan = c->h1.head->scan;
    return H2NEG__STARVED;
}

/* What a body's framing makes the reader do next. */
static void h2neg__h1_body_begin(h2neg_conn *c, int kind, uint64_t length)
{
    h2neg__http1 *h = &c->h1;
    h->body = (unsigned char)kind;
    h->left = kind == H2NEG_BODY_LENGTH ? length : UINT64_MAX;
    h->drained = 0;
    h->early = 0;
    h->seen = 0;
    h->state = H2NEG__H1_BODY;
    if (kind == H2NEG_BODY_CHUNKED) {
        memset(&h->u.chunked, 0, sizeof h->u.chunked);
        h->u.chunked.max_line = c->config->max_chunk_line;
        h->u.chunked.max_overhead =
            c->config->chunk_overhead ? c->config->chunk_overhead : H2NEG_OFF;
        h->state = H2NEG__H1_CHUNKED;
    }
}

/* The peer's message is whole. */
static int h2neg__h1_message_end(h2neg_conn *c)
{
    h2neg__stream *s = h2neg__stream_find(c, c->h1.stream);
    c->h1.state = H2NEG__H1_WAIT;
    c->h1.seen = 0;
    if (c->h1.early)
        return H2NEG__GO_ON;
    s->flags |= H2NEG__S_REMOTE_END;
    h2neg__owe(c, s, H2NEG__S_END_OWED);
    if (c->config->role == H2NEG_CLIENT && !(s->flags & (H2NEG__S_LOCAL_END | H2NEG__S_TUNNEL))) {
        c->h1.close = 1; /* answered before it was asked to the end */
        h2neg__stream_done(c, s, 0, H2NEG_NO_ERROR, 0);
    }
    h2neg__stream_settle(c, s);
    return H2NEG__GO_ON;
}

/* Why no h2c offer of this connection is taken any more, whatever it says; "": one may be. */
static const char *h2neg__h2c_never(const h2neg_conn *c)
{
    if (c->config->tls)
        return "h2c offered, never taken over TLS";
    if (!(c->config->protocols & H2NEG_H2C))
        return "h2c offered, switched off";
    return c->requests ? "h2c offered, not with the first request" : "";
}

/* 1: Expect asks for something else than 100-continue, which is to be answered with 417. */
static int h2neg__expects_more(const h2neg_field *fields, size_t count)
{
    h2neg_list list = {0, 0};
    h2neg_str member;
    while (h2neg_list_next(&list, fields, count, "expect", &member))
        if (!H2NEG__IS_NOCASE(member, "100-continue"))
            return 1;
    return 0;
}

/* What an h2c offer is not taken for; "" when it may be taken: one valid offer, first request,
   cleartext, a small body with a length, no other wish. */
static const char *h2neg__h2c_refusal(const h2neg_conn *c, int kind, uint64_t length,
                                      h2neg_str settings)
{
    const h2neg_h1_head *head = c->h1.head;
    unsigned char payload[192];
    ptrdiff_t n = h2neg_h2_settings_decode(payload, sizeof payload, settings);
    ptrdiff_t i;
    if (*h2neg__h2c_never(c))
        return h2neg__h2c_never(c);
    if (!h2neg_h1_persists(head))
        return "h2c offered with Connection: close";
    if (h2neg__expects_more(head->fields, head->count))
        return "h2c offered with an expectation that is not known";
    if (kind == H2NEG_BODY_CHUNKED ||
        (kind == H2NEG_BODY_LENGTH && length > c->config->max_upgrade_body))
        return "h2c offered with a body that is chunked or too large";
    if (n / 6 > (ptrdiff_t)c->config->max_settings_entries)
        return "h2c offered with more settings than allowed";
    for (i = 0; i < n / 6; i++)
        if (h2neg_h2_setting_check(h2neg_h2_setting_at(payload, (size_t)i), 0))
            return "h2c offered with settings out of range";
    return n < 0 ? "h2c offered with HTTP2-Settings that cannot be read" : "";
}

/* Looks at an h2c offer. 1: it is to be taken. */
static int h2neg__h2c_wanted(h2neg_conn *c, int kind, uint64_t length)
{
    static const char *const websocket[] = {"websocket"}, *const h2c[] = {"h2c"};
    const h2neg_h1_head *head = c->h1.head;
    h2neg_str settings;
    if (h2neg_upgrade_choose(h2c, 1, head->minor, head->fields, head->count) < 0)
        return 0;
    if (!h2neg_upgrade_h2c(head->minor, head->fields, head->count, &settings))
        c->why = "h2c offered without exactly one valid HTTP2-Settings";
    else if (h2neg_upgrade_choose(websocket, 1, head->minor, head->fields, head->count) == 0)
        c->why = "h2c offered beside websocket, which wins";
    else
        c->why = h2neg__h2c_refusal(c, kind, length, settings);
    return *c->why == 0;
}

static void h2neg__put_token(h2neg__writer *w, h2neg_str token)
{
    if (token.len + 2 > w->left)
        return;
    h2neg__put_text(w, w->used ? ", " : "");
    h2neg__put_str(w, token);
}

/* The tokens that a request offers, as an Upgrade value; those that an accept may choose from (none
   of a request with a body, not h2c) stay, as far as 64 octets hold them, however much later it
   comes; of a WebSocket it is the key that stays. 1: there is something to accept. */
static int h2neg__h1_tokens(h2neg_conn *c, int kind, int websocket, h2neg_str *offered)
{
    const h2neg_h1_head *head = c->h1.head;
    h2neg__writer all = h2neg__write(head->text, head->text_room);
    h2neg__writer ours = h2neg__write(c->words, sizeof c->words);
    h2neg_str token;
    h2neg_list list;
    memset(&list, 0, sizeof list);
    while (c->h1.options & H2NEG__OPTION_OTHER && /* "upgrade" is one of these */
           h2neg_upgrade_offers(&list, head->minor, head->fields, head->count, &token)) {
        int h2c = H2NEG__IS_NOCASE(token, "h2c");
        h2neg__put_token(&all, token);
        if (kind == H2NEG_BODY_NONE && !websocket && !h2c)
            h2neg__put_token(&ours, token);
        if (h2c && c->requests) /* the first request's offer was judged before */
            c->why = h2neg__h2c_never(c);
    }
    *offered = h2neg__str(head->text, all.used);
    if (!websocket)
        c->h1.offer_len = (uint8_t)ours.used;
    return c->h1.offer_len != 0;
}

/* Looks at an offer of websocket (RFC 6455 4.2.1). 1: the handshake is good, and what accept needs
   of it is kept; 0: no offer, or one with a body, which is ignored; < 0: an error, whose status is
   the answer. */
static int h2neg__h1_websocket(h2neg_conn *c, int kind, h2neg__ws_terms *terms)
{
    static const char *const websocket[] = {"websocket"};
    const h2neg_h1_head *head = c->h1.head;
    h2neg_ws_request request;
    int err;
    memset(terms, 0, sizeof *terms);
    if (!(c->h1.options & H2NEG__OPTION_OTHER) || !(c->config->protocols & H2NEG_WEBSOCKET) ||
        h2neg_upgrade_choose(websocket, 1, head->minor, head->fields, head->count) < 0)
        return 0;
    if (H2NEG__IS(head->method, "CONNECT")) /* which would be RFC 8441's to the check */
        return H2NEG_ERR_WS_METHOD;
    memset(&request, 0, sizeof request);
    request.method = head->method;
    request.authority = head->authority;
    request.fields = head->fields;
    request.count = head->count;
    request.minor = head->minor;
    err = h2neg__ws_judge(c, &request, terms);
    if (err || kind != H2NEG_BODY_NONE)
        return err;
    c->h1.offer_len = (uint8_t)request.key.len;
    memcpy(c->words, request.key.ptr, request.key.len);
    return 1;
}

/* Answers a request that is not shown, and reads on behind it. */
static int h2neg__h1_refuse(h2neg_conn *c, int error, size_t taken, int kind, uint64_t length)
{
    h2neg__stream *s = h2neg__stream_new(c, c->next_stream);
    h2neg_field version = h2neg_f("sec-websocket-version", "13");
    h2neg__plan p;
    h2neg_message m;
    if (!s)
        return h2neg__h1_error(c, H2NEG_ERR_NOMEM, 0);
    c->why = h2neg_error_text(error);
    h2neg__clear(&m, sizeof m);
    m.status = h2neg_error_status(error);
    m.fields = &version;
    m.field_count = m.status == 426;                /* RFC 6455 4.2.2 */
    s->flags = H2NEG__S_REMOTE_END | H2NEG__S_DONE; /* nobody hears of it */
    if ((kind != H2NEG_BODY_NONE &&
         h2neg_find(c->h1.head->fields, c->h1.head->count, "expect", NULL)) ||
        (kind == H2NEG_BODY_LENGTH && length > c->config->drain_octets))
        c->h1.close = 1; /* as h2neg__h1_persistence has it */
    h2neg__plan_response(&p, s, &m, 0);
    error = h2neg__h1_respond(c, s, &m, 0, &p);
    h2neg__stream_free(c, s);
    if (error)
        return H2NEG__STOPPED; /* no memory: there was room for more */
    c->next_stream += 2;
    c->requests++;
    h2neg__in_take(c, taken);
    h2neg__h1_body_begin(c, kind, length);
    c->h1.early = 1;
    c->since[H2NEG__T_EARLY] = 0;
    if (kind == H2NEG_BODY_NONE)
        h2neg__h1_message_end(c);
    return H2NEG__GO_ON;
}

/* The slot of a request whose head was read, and its REQUEST event. `websocket`: 1, h2neg_accept
   will open one. */
static int h2neg__h1_show(h2neg_conn *c, h2neg_event *ev, size_t taken, int kind, uint64_t length,
                          int websocket)
{
    h2neg_h1_head *head = c->h1.head;
    h2neg__stream *s = h2neg__stream_new(c, c->next_stream);
    h2neg_h2_head view;
    if (!s)
        return h2neg__h1_error(c, H2NEG_ERR_NOMEM, 0);
    memset(&view, 0, sizeof view);
    if (c->h2)
        c->h2->last_peer = s->id;
    c->next_stream += 2;
    c->h1.stream = s->id;
    if (H2NEG__IS(head->method, "HEAD"))
        s->flags |= H2NEG__S_HEAD;
    if (head->form == H2NEG_FORM_AUTHORITY)
        s->flags |= H2NEG__S_CONNECT | H2NEG__S_WAITS;
    else if (h2neg__h1_tokens(c, kind, websocket, &view.protocol) && !c->h2)
        s->flags |= H2NEG__S_WAITS;
    if (websocket)
        s->flags |= H2NEG__S_WS;
    if (h2neg__request_fields(s, head->fields, head->count,
                              head->minor == 1 && kind != H2NEG_BODY_NONE)) {
        h2neg__stream_free(c, s);
        return h2neg__h1_error(c, H2NEG_ERR_EXPECTATION, 0);
    }
    if (c->h2 || head->minor == 0)
        s->flags &= ~(uint32_t)H2NEG__S_EXPECT; /* answered already, or not known to the client */
    view.method = head->method;
    view.scheme = head->scheme.len ? head->scheme : h2neg_s(c->config->tls ? "https" : "http");
    view.authority = head->authority;
    view.path = head->target;
    view.fields = head->fields;
    view.count = h2neg__h1_view(head->fields, head->count, c->h1.options);
    view.content_length = length;
    h2neg__request_event(c, s, ev, &view, kind != H2NEG_BODY_NONE);
    if (head->form == H2NEG_FORM_ABSOLUTE) { /* an empty path: RFC 9110 4.2.3, 9112 3.2.4 */
        int all = H2NEG__IS(head->method, "OPTIONS") && head->query.len == 0;
        ev->path = head->path.len ? head->path : h2neg_s(all ? "*" : "/");
        ev->query = head->query;
    }
    c->useful += taken;
    h2neg__in_take(c, taken);
    return H2NEG__EVENT;
}

/* An h2c offer is taken (RFC 7540 3.2): 101, our SETTINGS, the peer's. REQUEST follows as stream 1.
 */
static int h2neg__h2c_accept(h2neg_conn *c)
{
    static const char answer[] =
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n"
        "\r\n";
    const h2neg_h1_head *head = c->h1.head;
    unsigned char payload[192];
    h2neg_str settings;
    ptrdiff_t n;
    unsigned char *out = h2neg__out_room(c, sizeof answer - 1);
    if (!out)
        return H2NEG__STOPPED;
    if (!h2neg__h2_begin(c, H2NEG_PROTO_H2C, H2NEG_VIA_UPGRADE))
        return H2NEG__GO_ON;
    memcpy(out, answer, sizeof answer - 1);
    h2neg__out_wrote(c, sizeof answer - 1);
    h2neg_upgrade_h2c(head->minor, head->fields, head->count, &settings);
    n = h2neg_h2_settings_decode(payload, sizeof payload, settings);
    H2NEG__NEVER(n < 0); /* the offer was judged */
    h2neg__h2_set_all(c, payload, (size_t)n / 6);
    c->h1.state = H2NEG__H1_UPGRADED;
    c->agreed = 1;
    c->negotiated_owed = 1;
    h2neg__live(c);
    c->h2->opened++;
    return H2NEG__GO_ON;
}

/* An offer's body must be there before the switch; the engine lets it come (RFC 7540 3.2). 1: it
   is. */
static int h2neg__h2c_body_there(h2neg_conn *c, size_t need)
{
    static const char answer[] = "HTTP/1.1 100 Continue\r\n\r\n";
    h2neg_list list = {0, 0};
    h2neg_str member; /* 100-continue, or the offer would not be taken */
    unsigned char *out;
    c->h1.upgrade_need = need;
    if (!c->h1.continued &&
        h2neg_list_next(&list, c->h1.head->fields, c->h1.head->count, "expect", &member)) {
        out = h2neg__out_room(c, sizeof answer - 1);
        if (out) {
            memcpy(out, answer, sizeof answer - 1);
            h2neg__out_wrote(c, sizeof answer - 1);
        }
        c->h1.continued = 1;
    }
    return h2neg__in_have(c, need) != NULL;
}

/* An offer that is wanted: taken once its body is there, `need` octets with its head. */
static int h2neg__h2c_take(h2neg_conn *c, int kind, size_t need)
{
    if (kind != H2NEG_BODY_NONE && !h2neg__h2c_body_there(c, need))
        return H2NEG__STARVED;
    return c->phase == H2NEG__START ? h2neg__h2c_accept(c) : (int)H2NEG__GO_ON; /* no memory */
}

/* A request's head was read: `taken` octets. */
static int h2neg__h1_on_request(h2neg_conn *c, h2neg_event *ev, size_t taken)
{
    h2neg__http1 *h = &c->h1;
    uint64_t length;
    h2neg__ws_terms terms;
    int kind = h2neg_body_kind(h->head, h->head->method, &length), result, websocket;
    h->asked_head = (unsigned char)H2NEG__IS(h->head->method, "HEAD");
    if (kind < 0)
        return h2neg__h1_error(c, kind, 0);
    if (c->config->max_content_length && kind == H2NEG_BODY_LENGTH &&
        length > c->config->max_content_length)
        return h2neg__h1_error(c, H2NEG_ERR_LIMIT_BODY, 0);
    if (c->phase == H2NEG__START) {
        if (h2neg__h2c_wanted(c, kind, length))
            return h2neg__h2c_take(c, kind, taken + (size_t)length);
        c->protocol = h->head->minor ? H2NEG_PROTO_HTTP11 : H2NEG_PROTO_HTTP10;
        c->via = c->agreed ? H2NEG_VIA_ALPN : H2NEG_VIA_DEFAULT;
        c->negotiated_owed = 1;
        h2neg__live(c);
        return H2NEG__GO_ON; /* NEGOTIATED first; the head is read again */
    }
    c->protocol = h->head->minor ? H2NEG_PROTO_HTTP11 : H2NEG_PROTO_HTTP10;
    h->minor = (unsigned char)h->head->minor;
    h->options = (uint8_t)h2neg__options(h->head->fields, h->head->count);
    h->close = (unsigned char)!h2neg__options_persist(h->options, h->minor);
    websocket = h2neg__h1_websocket(c, kind, &terms);
    if (websocket < 0)
        return h2neg__h1_refuse(c, websocket, taken, kind, length);
    result = h2neg__h1_show(c, ev, taken, kind, length, websocket);
    if (result != H2NEG__EVENT)
        return result;
    h2neg__stream_find(c, h->stream)->ws = terms;
    h2neg__h1_body_begin(c, kind, length);
    if (kind == H2NEG_BODY_NONE)
        h2neg__h1_message_end(c);
    return H2NEG__EVENT;
}

/* The head of the next request: not before it can be answered, and not in a rest that is a body's.
 */
static int h2neg__h1_request_head(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__http1 *h = &c->h1;
    h2neg_str in = h2neg__in(c);
    ptrdiff_t n;
    if (in.len == 0 || (h->upgrade_need && !h2neg__in_have(c, h->upgrade_need)))
        return H2NEG__STARVED;
    if (h2neg__app_room(c) < H2NEG__ANSWER || c->live >= c->config->max_concurrent_streams ||
        c->live >= h2neg__slot_bound(c->config))
        return H2NEG__STOPPED;
    in = h2neg__in_all(c);
    if (!h2neg__h1_lend(c))
        return H2NEG__GO_ON;
    h->asked_head = 0;
    n = h2neg_h1_parse_request(h->head, in.ptr, in.len, h->seen);
    if (n <= 0) { /* the answer to a head that is wrong, or late, keeps to its method */
        const h2neg_h1_scan *scan = &h->head->scan;
        size_t at = scan->first_len ? scan->first : scan->line; /* the first line's, whole or not */
        h->asked_head = in.len >= at + 5 && memcmp(in.ptr + at, "HEAD ", 5) == 0;
    }
    if (n == 0)
        return h2neg__h1_more(c, in.len);
    h->seen = 0;
    c->since[H2NEG__T_HEAD] = 0; /* the next head has its own time */
    if (n < 0)
        return h2neg__h1_error(c, (int)n, h->head->error_at);
    return h2neg__h1_on_request(c, ev, (size_t)n);
}

/* The upgraded request is whole: from here on HTTP/2 is read. */
static void h2neg__h1_upgrade_end(h2neg_conn *c)
{
    h2neg__stream *s = h2neg__stream_find(c, 1);
    c->h1.state = H2NEG__H1_OFF;
    c->h1.stream = 0;
    if (!s || s->flags & (H2NEG__S_DONE | H2NEG__S_DONE_OWED))
        return;
    s->recv_left = 0;
    h2neg__remote_end(c, s);
}

/* Behind the 101: the request as stream 1, its body, then HTTP/2's preface. */
static int h2neg__h1_upgraded(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__http1 *h = &c->h1;
    h2neg_str in = h2neg__in(c);
    uint64_t length;
    int kind, result;
    ptrdiff_t n;
    h2neg__h1_lend(c); /* what it needs is there since the offer was read */
    n = h2neg_h1_parse_request(h->head, in.ptr, in.len, 0);
    H2NEG__NEVER(n <= 0); /* it was read once */
    kind = h2neg_body_kind(h->head, h->head->method, &length);
    h->options = (uint8_t)h2neg__options(h->head->fields, h->head->count);
    result = h2neg__h1_show(c, ev, (size_t)n, kind, length, 0);
    h->left = kind == H2NEG_BODY_LENGTH ? length : 0;
    h->state = H2NEG__H1_UPGRADE_BODY;
    if (result == H2NEG__EVENT && h->left == 0)
        h2neg__h1_upgrade_end(c);
    return result;
}

static int h2neg__h1_upgrade_body(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__http1 *h = &c->h1;
    h2neg_str in = h2neg__in(c);
    h2neg__stream *s = h2neg__stream_find(c, 1);
    int gone = !s || s->flags & (H2NEG__S_DONE | H2NEG__S_DONE_OWED);
    if (h->left == 0) {
        h2neg__h1_upgrade_end(c);
        return H2NEG__GO_ON;
    }
    if (in.len > h->left)
        in.len = (size_t)h->left;
    h->left -= in.len;
    h2neg__in_take(c, in.len);
    if (gone)
        return H2NEG__GO_ON;
    h2neg__event(c, ev, H2NEG_EV_DATA, s);
    ev->data = in;
    return H2NEG__EVENT;
}

/* ==== 21c >>conn-h1 ========================================================
   HTTP/1.0 and HTTP/1.1 in: bodies, both roles; a client's responses; what an end means (RFC 9112).
   Uses >>conn-h1-request >>h1-body.
   Memory: bodies are slices of the input.
   What was not asked for is never matched to a request.
   ========================================================================== */

/* Octets of a body: an event; or, behind an early response, drained within its bound. */
static int h2neg__h1_data(h2neg_conn *c, h2neg_event *ev, h2neg_str data)
{
    h2neg__http1 *h = &c->h1;
    h2neg__stream *s = h2neg__stream_find(c, h->stream);
    if (h->early) {
        h->drained += data.len;
        if (h->drained > c->config->drain_octets) {
            h->close = 1;
            h2neg__inert(c);
        }
        return H2NEG__GO_ON;
    }
    s->recv_octets += data.len;
    c->useful += data.len;
    h2neg__event(c, ev, H2NEG_EV_DATA, s);
    ev->data = data;
    return H2NEG__EVENT;
}

/* Whether the body may not be read now: its stream is held. */
static int h2neg__h1_held(const h2neg_conn *c)
{
    const h2neg__stream *s = h2neg__stream_find(c, c->h1.stream);
    return !c->h1.early && s->flags & H2NEG__S_HELD;
}

static int h2neg__h1_body(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__http1 *h = &c->h1;
    h2neg_str in = h2neg__in(c);
    if (h->left == 0)
        return h2neg__h1_message_end(c);
    if (in.len == 0 || h2neg__h1_held(c))
        return in.len ? H2NEG__STOPPED : H2NEG__STARVED;
    if (in.len > h->left)
        in.len = (size_t)h->left;
    if (h->body == H2NEG_BODY_LENGTH)
        h->left -= in.len;
    h2neg__in_take(c, in.len);
    return h2neg__h1_data(c, ev, in);
}

static int h2neg__h1_chunks(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__http1 *h = &c->h1;
    h2neg_str in = h2neg__in(c), data;
    const h2neg__stream *s = h2neg__stream_find(c, h->stream);
    ptrdiff_t n;
    if (h->u.chunked.done) {
        h->state = H2NEG__H1_TRAILERS;
        h->seen = 0;
        return H2NEG__GO_ON;
    }
    if (in.len == 0 || h2neg__h1_held(c))
        return in.len ? H2NEG__STOPPED : H2NEG__STARVED;
    n = h2neg_chunked_decode(&h->u.chunked, in.ptr, in.len, &data);
    if (n < 0)
        return h2neg__h1_error(c, (int)n, h->u.chunked.error_at);
    h2neg__in_take(c, (size_t)n);
    if (h2neg__overhead(c, (uint64_t)n - data.len))
        return h2neg__h1_error(c, H2NEG_ERR_LIMIT_OVERHEAD, 0);
    if (s && c->config->max_content_length &&
        s->recv_octets + data.len + h->u.chunked.left > c->config->max_content_length)
        return h2neg__fail(c, H2NEG_ERR_LIMIT_BODY,
                           c->offset - data.len); /* known at the chunk's line */
    return data.len ? h2neg__h1_data(c, ev, data) : H2NEG__GO_ON;
}

static int h2neg__h1_trailer_section(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__http1 *h = &c->h1;
    h2neg_str in = h2neg__in_all(c);
    h2neg__stream *s = h2neg__stream_find(c, h->stream);
    ptrdiff_t n;
    if (in.len == 0)
        return H2NEG__STARVED;
    if (!h2neg__h1_lend(c))
        return H2NEG__GO_ON;
    h->head->lenient |= c->config->role == H2NEG_CLIENT ? H2NEG_ALLOW_FOLD : 0; /* RFC 9112 5.2 */
    n = h2neg_h1_parse_trailers(h->head, in.ptr, in.len, h->seen);
    if (n == 0)
        return h2neg__h1_more(c, in.len);
    if (n < 0)
        return h2neg__h1_error(c, (int)n, h->head->error_at);
    h2neg__in_take(c, (size_t)n);
    h2neg__h1_message_end(c);
    if (h->head->count == 0 || h->early)
        return H2NEG__GO_ON;
    h2neg__event(c, ev, H2NEG_EV_TRAILERS, s);
    ev->fields = h->head->fields;
    ev->field_count = h2neg__h1_view(h->head->fields, h->head->count,
                                     h2neg__options(h->head->fields, h->head->count));
    return H2NEG__EVENT;
}

/* The message is over: the next one, or the end. */
static int h2neg__h1_wait(h2neg_conn *c, h2neg_event *ev)
{
    const h2neg__stream *s = h2neg__stream_find(c, c->h1.stream);
    (void)ev;
    if (s && !(s->flags & H2NEG__S_DONE)) /* one that is kept stops nobody */
        return H2NEG__STOPPED;
    if (c->h1.close || c->shut) {
        h2neg__inert(c);
        return H2NEG__GO_ON;
    }
    c->h1.stream = 0;
    c->h1.early = 0;
    c->h1.state = H2NEG__H1_HEAD;
    return H2NEG__GO_ON;
}

static int h2neg__h1_tunnel(h2neg_conn *c, h2neg_event *ev)
{
    h2neg_str in = h2neg__in(c);
    h2neg__stream *s = h2neg__stream_find(c, c->h1.stream);
    if (!s) {
        h2neg__inert(c);
        return H2NEG__GO_ON;
    }
    if (in.len == 0)
        return H2NEG__STARVED;
    if (s->flags & H2NEG__S_HELD)
        return H2NEG__STOPPED;
    if (s->ws.place)
        return H2NEG__OCTETS;
    H2NEG__NEVER(s->flags & (H2NEG__S_DONE | H2NEG__S_DONE_OWED)); /* its end is ours too */
    h2neg__in_take(c, in.len);
    h2neg__event(c, ev, H2NEG_EV_DATA, s);
    ev->data = in;
    return H2NEG__EVENT;
}

/* ---- a client's responses ---- */

/* What speaks where a response was due, told by its first octets. 0: it may be HTTP/1. */
static int h2neg__h1_foreign_answer(h2neg_str in)
{
    if (in.ptr[0] == 0x15)
        return H2NEG_ERR_PEER_IS_TLS;
    return in.ptr[0] == 0 ? H2NEG_ERR_PEER_ONLY_HTTP2 : 0;
}

/* h2c was taken: HTTP/2 begins behind the last octet of our request (RFC 7540 3.2). */
static int h2neg__h1_on_101_h2c(h2neg_conn *c, h2neg__stream *s, size_t taken)
{
    static const char *const h2c[] = {"h2c"};
    const h2neg_h1_head *head = c->h1.head;
    if (h2neg_upgrade_check(h2c, 1, head->minor, head->fields, head->count) < 0)
        return h2neg__h1_error(c, H2NEG_ERR_UPGRADE_ANSWER, 0);
    if (!(s->flags & H2NEG__S_LOCAL_END))
        return H2NEG__STOPPED;
    h2neg__in_take(c, taken);
    if (!h2neg__h2_begin(c, H2NEG_PROTO_H2C, H2NEG_VIA_UPGRADE))
        return H2NEG__GO_ON;
    c->agreed = 1;
    c->negotiated_owed = 1;
    h2neg__live(c);
    c->h1.state = H2NEG__H1_OFF;
    c->h1.stream = 0;
    c->h2->opened++;
    return H2NEG__GO_ON;
}

static int h2neg__h1_on_101(h2neg_conn *c, h2neg_event *ev, size_t taken)
{
    h2neg__stream *s = h2neg__stream_find(c, c->h1.stream);
    const h2neg_h1_head *head = c->h1.head;
    h2neg_str token, subprotocol = h2neg__str(NULL, 0);
    h2neg_list list;
    int err;
    if (c->h1.offered)
        return h2neg__h1_on_101_h2c(c, s, taken);
    memset(&list, 0, sizeof list);
    if (!(s->flags & H2NEG__S_WAITS) || s->flags & H2NEG__S_CONNECT ||
        !h2neg_upgrade_offers(&list, head->minor, head->fields, head->count, &token) ||
        !h2neg__same_nocase(token, s->protocol) ||
        h2neg_upgrade_offers(&list, head->minor, head->fields, head->count, &token))
        return h2neg__h1_error(c, H2NEG_ERR_UPGRADE_ANSWER, 0);
    err = s->ws.place ? h2neg__ws_answer(c, s, 101, head->fields, head->count, &subprotocol) : 0;
    if (err)
        return h2neg__h1_error(c, err, 0);
    h2neg__event(c, ev, H2NEG_EV_OPEN, s);
    ev->websocket = s->ws.place != 0;
    ev->subprotocol = subprotocol;
    ev->status = 101;
    ev->upgrade = s->protocol;
    ev->fields = head->fields;
    ev->field_count = h2neg__h1_view(c->h1.head->fields, head->count, c->h1.options);
    s->flags = (s->flags & ~(uint32_t)H2NEG__S_WAITS) | H2NEG__S_TUNNEL;
    s->send_left = H2NEG_UNKNOWN;
    c->h1.state = H2NEG__H1_TUNNEL;
    h2neg__in_take(c, taken);
    return H2NEG__EVENT;
}

/* NEGOTIATED comes before the first final response, or a tunnel. 1: it is owed now. */
static int h2neg__h1_settled(h2neg_conn *c)
{
    if (c->phase != H2NEG__START)
        return 0;
    c->protocol = c->h1.head->minor ? H2NEG_PROTO_HTTP11 : H2NEG_PROTO_HTTP10;
    c->via = c->agreed ? H2NEG_VIA_ALPN : H2NEG_VIA_DEFAULT;
    if (c->h1.offered)
        c->why = "h2c offered, not taken by the server";
    c->negotiated_owed = 1;
    h2neg__live(c);
    return 1;
}

static void h2neg__h1_response_event(h2neg_conn *c, h2neg_event *ev, int type, h2neg__stream *s)
{
    h2neg_h1_head *head = c->h1.head;
    h2neg__event(c, ev, type, s);
    ev->status = head->status;
    ev->fields = head->fields;
    ev->field_count = h2neg__h1_view(head->fields, head->count, c->h1.options);
    ev->length = H2NEG_UNKNOWN;
}

/* A final response (RFC 9112 6.3). */
static int h2neg__h1_on_response(h2neg_conn *c, h2neg_event *ev, size_t taken)
{
    h2neg__http1 *h = &c->h1;
    h2neg__stream *s = h2neg__stream_find(c, h->stream);
    const char *method = s->flags & H2NEG__S_CONNECT ? "CONNECT"
                         : s->flags & H2NEG__S_HEAD  ? "HEAD"
                                                     : "GET";
    uint64_t length;
    int kind = h2neg_body_kind(h->head, h2neg_s(method), &length), open = kind == H2NEG_BODY_TUNNEL;
    if (kind == H2NEG_BODY_CLOSE &&
        h2neg_find(h->head->fields, h->head->count, "transfer-encoding", NULL))
        kind = H2NEG_ERR_BODY_CODING; /* its end is known, but not what it means */
    if (kind < 0)
        return h2neg__h1_error(c, kind, 0);
    if (h2neg__h1_settled(c))
        return H2NEG__GO_ON;
    if (!h2neg__options_persist(h->options, h->head->minor) || kind == H2NEG_BODY_CLOSE)
        h->close = 1;
    h->minor = (unsigned char)h->head->minor;
    h->offered = 0;
    h2neg__h1_response_event(c, ev, open ? H2NEG_EV_OPEN : H2NEG_EV_RESPONSE, s);
    ev->length = length;
    ev->more = kind != H2NEG_BODY_NONE;
    if (s->flags & H2NEG__S_WAITS && !open) {
        s->flags |= H2NEG__S_LOCAL_END; /* refused: the request was whole */
        h2neg__ws_free(c, s);
    }
    s->flags |= H2NEG__S_HEAD_GOT;
    s->flags &= ~(uint32_t)H2NEG__S_WAITS;
    h2neg__in_take(c, taken);
    c->useful += taken;
    h2neg__h1_body_begin(c, kind, length);
    if (open) {
        s->flags |= H2NEG__S_TUNNEL;
        h->state = H2NEG__H1_TUNNEL;
    } else if (kind == H2NEG_BODY_NONE) {
        h2neg__h1_message_end(c);
    }
    return H2NEG__EVENT;
}

static int h2neg__h1_response_head(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__http1 *h = &c->h1;
    h2neg_str in = h2neg__in_all(c);
    h2neg__stream *s = h2neg__stream_find(c, h->stream);
    ptrdiff_t n;
    if (in.len == 0)
        return H2NEG__STARVED;
    if (!s || h2neg__h1_foreign_answer(in))
        return h2neg__h1_error(c, s ? h2neg__h1_foreign_answer(in) : H2NEG_ERR_UNASKED, 0);
    if (!h2neg__h1_lend(c))
        return H2NEG__GO_ON;
    n = h2neg_h1_parse_response(h->head, in.ptr, in.len, h->seen);
    if (n == 0)
        return h2neg__h1_more(c, in.len);
    h->seen = 0;
    c->since[H2NEG__T_HEAD] = 0; /* an interim one and the final one have each its time */
    if (n < 0)
        return h2neg__h1_error(c, (int)n, h->head->error_at);
    h->options = (uint8_t)h2neg__options(h->head->fields, h->head->count);
    if (h->head->status >= 200)
        return h2neg__h1_on_response(c, ev, (size_t)n);
    if (!h->offered && h2neg__h1_settled(c))
        return H2NEG__GO_ON;
    if (h->head->status == 101)
        return h2neg__h1_on_101(c, ev, (size_t)n);
    if (h2neg__count_informational(c, s) != 0)
        return h2neg__h1_error(c, H2NEG_ERR_LIMIT_INFORMATIONAL, 0);
    h2neg__h1_response_event(c, ev, H2NEG_EV_INFORMATIONAL, s);
    h2neg__in_take(c, (size_t)n);
    return H2NEG__EVENT;
}

/* One step of the reader. */
static int h2neg__h1_step(h2neg_conn *c, h2neg_event *ev)
{
    static int (*const steps[])(h2neg_conn *, h2neg_event *) = {NULL,
                                                                h2neg__h1_request_head,
                                                                h2neg__h1_body,
                                                                h2neg__h1_chunks,
                                                                h2neg__h1_trailer_section,
                                                                h2neg__h1_wait,
                                                                h2neg__h1_tunnel,
                                                                h2neg__h1_upgraded,
                                                                h2neg__h1_upgrade_body};
    if (c->h1.state == H2NEG__H1_HEAD && c->config->role == H2NEG_CLIENT)
        return h2neg__h1_response_head(c, ev);
    return steps[c->h1.state](c, ev);
}

/* The peer has closed its side: a body until close is whole, a tunnel half-closes, anything else
   that is under way is cut (RFC 9112 8). */
static int h2neg__h1_eof(h2neg_conn *c)
{
    h2neg__http1 *h = &c->h1;
    h2neg__stream *s = h2neg__stream_find(c, h->stream);
    int idle = h->state == H2NEG__H1_HEAD && h2neg__in(c).len == 0 &&
               (c->config->role == H2NEG_SERVER || !s);
    H2NEG__NEVER(h->state == H2NEG__H1_WAIT); /* whose step never lacks input */
    if (idle || h->early) {
        h2neg__inert(c);
        return H2NEG__GO_ON;
    }
    if (h->state == H2NEG__H1_TUNNEL ||
        (h->state == H2NEG__H1_BODY && h->body == H2NEG_BODY_CLOSE)) {
        int tunnel = h->state == H2NEG__H1_TUNNEL;
        h->close = 1;
        if (s->flags & H2NEG__S_DONE) { /* one that is kept stops nobody */
            h2neg__inert(c);
            return H2NEG__GO_ON;
        }
        if (s->flags & H2NEG__S_REMOTE_END)
            return H2NEG__STOPPED;
        if (tunnel && s->ws.place) { /* no Close came (RFC 6455 7.1.5) */
            h2neg__stream_done(c, s, H2NEG_ERR_WS_ABNORMAL, H2NEG_CANCEL, 1);
            h2neg__inert(c);
            return H2NEG__GO_ON;
        }
        h2neg__h1_message_end(c);
        h->state = tunnel ? H2NEG__H1_TUNNEL : H2NEG__H1_WAIT;
        return H2NEG__GO_ON;
    }
    return h2neg__h1_error(c, H2NEG_ERR_BODY_SHORT, h2neg__in(c).len);
}

/* ==== 22 >>conn-ws =========================================================
   WebSocket frames and messages, over HTTP/1.1 and HTTP/2, both roles (RFC 6455 5 to 7; RFC 7692;
   RFC 8441 5).  Uses >>ws-frame >>ws-slot >>conn-h2-send >>conn-h1.
   Memory: a message's buffer grows as its octets come; one control frame each way.
   An unmasked message that lies whole in the input is not copied; a masked one is unmasked into its
   buffer in one pass. A fault ends the WebSocket with its close code, and nothing else.
   ========================================================================== */

/* What the reader reads. */
enum { H2NEG__WS_HEAD, H2NEG__WS_CONTROL, H2NEG__WS_DATA };

/* A client that waits for the server to close: our side stays open, or is closed too. */
enum { H2NEG__LINGER_OPEN = 1, H2NEG__LINGER_SHUT };

/* Octets on their way to a WebSocket. */
typedef struct h2neg__ws_run {
    h2neg__stream *s;
    h2neg__ws *w;
    const unsigned char *in;
    size_t len;
    uint64_t offset; /* of in[0] */
    h2neg_event *ev;
} h2neg__ws_run;

static void h2neg__ws_eat(h2neg__ws_run *r, size_t n)
{
    r->in += n;
    r->len -= n;
    r->offset += n;
}

/* ---- frames out ---- */

/* Room for `n` octets of frame on a stream, for the engine itself; NULL: not now. */
static unsigned char *h2neg__ws_room(h2neg_conn *c, const h2neg__stream *s, size_t n)
{
    unsigned char *out;
    int64_t window;
    if (!c->h2)
        return h2neg__out_room(c, n);
    window = s->send < c->h2->send ? s->send : c->h2->send;
    if (window < (int64_t)n)
        return NULL;
    out = h2neg__out_room(c, n + 9);
    return out ? out + 9 : NULL;
}

/* They are written; `end`: HTTP/2's stream ends with them. */
static void h2neg__ws_wrote(h2neg_conn *c, h2neg__stream *s, unsigned char *out, size_t n, int end)
{
    if (c->h2) {
        h2neg__h2_data_wrote(c, s, out - 9, n, end);
        return;
    }
    s->send_octets += n;
    c->useful += n;
    h2neg__out_wrote(c, n);
}

/* Whatever can be said of it, at once: a reset, or the connection's end. */
static void h2neg__ws_abort(h2neg_conn *c, h2neg__stream *s, int error)
{
    h2neg__ws *w = h2neg__ws_of(c, s);
    w->flags |= H2NEG__W_FAILED;
    w->owed = 0;
    if (c->h2) {
        h2neg__h2_reset(c, s, error, h2neg_error_h2(error));
        return;
    }
    h2neg__stream_done(c, s, error, h2neg_error_h2(error), 0);
    h2neg__inert(c);
}

/* A frame's header, with a fresh key where a client writes (RFC 6455 5.3). 1, or 0: there are no
   random octets. */
static int h2neg__ws_frame_of(h2neg_conn *c, h2neg_ws_frame *f, int fin, int opcode, size_t length)
{
    memset(f, 0, sizeof *f);
    f->fin = fin;
    f->opcode = opcode;
    f->length = length;
    f->masked = c->config->role == H2NEG_CLIENT;
    return !f->masked || c->config->random_fn(c->config->random_user, f->key, 4);
}

/* Octets of the header before a payload of `n`. */
static size_t h2neg__ws_head_size(const h2neg_conn *c, size_t n)
{
    return (c->config->role == H2NEG_CLIENT ? 6u : 2u) + (n > 65535 ? 8 : n > 125 ? 2 : 0);
}

/* Header and payload at `out`, which has room for 14 octets more than the payload. `data` NULL: it
   stands 14 octets behind `out` already. Octets. */
static size_t h2neg__ws_put(const h2neg_conn *c, unsigned char *out, const h2neg_ws_frame *f,
                            const unsigned char *data)
{
    size_t n = (size_t)f->length;
    unsigned char *to = out + h2neg__ws_head_size(c, n);
    if (!data && n) {
        memmove(to, out + 14, n);
        data = to;
    }
    if (f->masked)
        h2neg_ws_mask(to, data, n, f->key, 0);
    else if (data != to)
        h2neg__copy(to, data, n);
    return (size_t)h2neg_ws_frame_write(out, 14, f) + n;
}

/* A control frame. 0; AGAIN; or NO_RANDOM. A Close behind which nothing comes ends HTTP/2's stream
   (RFC 8441 5). */
static int h2neg__ws_put_control(h2neg_conn *c, h2neg__stream *s, int opcode,
                                 const unsigned char *payload, size_t len)
{
    h2neg__ws *w = h2neg__ws_of(c, s);
    int last = opcode == H2NEG_WS_CLOSE && w->flags & (H2NEG__W_GOT | H2NEG__W_FAILED);
    size_t n = h2neg__ws_head_size(c, len) + len;
    unsigned char *out = h2neg__ws_room(c, s, n);
    h2neg_ws_frame f;
    if (!out)
        return H2NEG_ERR_AGAIN;
    if (!h2neg__ws_frame_of(c, &f, 1, opcode, len))
        return H2NEG_ERR_NO_RANDOM;
    h2neg__ws_put(c, out, &f, payload);
    h2neg__ws_wrote(c, s, out, n, last);
    if (last && c->h2)
        h2neg__h2_local_end(c, s);
    return 0;
}

/* A control frame goes out when there is room: a Close, behind which nothing goes, or a pong, of
   which the latest is enough (RFC 6455 5.5.3). */
static void h2neg__ws_owe(h2neg_conn *c, h2neg__ws *w, int opcode, const unsigned char *payload,
                          size_t len)
{
    if (w->owed == H2NEG_WS_CLOSE || w->flags & H2NEG__W_SENT)
        return;
    w->owed = (unsigned char)opcode;
    w->owed_len = (unsigned char)len;
    h2neg__copy(w->owed_payload, payload, len);
    c->ws_due = 1;
}

/* ---- the end ---- */

/* Both Close frames are done, or the peer broke the rules and was told so. */
static int h2neg__ws_is_over(const h2neg__ws *w)
{
    return w->flags & H2NEG__W_SENT && w->flags & (H2NEG__W_GOT | H2NEG__W_FAILED);
}

/* HTTP/1.1: the connection is over with it. A server closes first (RFC 6455 7.1.1). */
static void h2neg__ws_end_h1(h2neg_conn *c, h2neg__stream *s, const h2neg__ws *w)
{
    s->flags |= H2NEG__S_LOCAL_END | H2NEG__S_REMOTE_END;
    if (c->config->role == H2NEG_CLIENT)
        c->linger = w->flags & H2NEG__W_FAILED ? H2NEG__LINGER_SHUT : H2NEG__LINGER_OPEN;
    h2neg__stream_settle(c, s);
    h2neg__inert(c);
}

/* The peer has ended its side of an HTTP/2 stream, and no Close came: as if TCP had ended. */
static void h2neg__ws_cut(h2neg_conn *c, h2neg__stream *s, h2neg__ws *w)
{
    const uint32_t before = H2NEG__S_OPEN_OWED | H2NEG__S_EARLY;
    if ((s->flags & (before | H2NEG__S_REMOTE_END)) != H2NEG__S_REMOTE_END ||
        w->flags & (H2NEG__W_GOT | H2NEG__W_FAILED))
        return;
    s->error = H2NEG_ERR_WS_ABNORMAL;
    s->flags |= H2NEG__S_BY_PEER;
    w->flags |= H2NEG__W_FAILED | H2NEG__W_SENT; /* nobody waits for a Close */
    w->owed = 0;
    h2neg__ws_tell(c, s, H2NEG_WS_ABNORMAL, H2NEG_ERR_WS_ABNORMAL);
}

/* Writes what one owes, and ends it where it is over. 1, or 0: something waits for room. */
static int h2neg__ws_settle(h2neg_conn *c, h2neg__stream *s, h2neg__ws *w)
{
    int owed = w->owed, err;
    h2neg__ws_cut(c, s, w);
    if (w->owed) {
        err = h2neg__ws_put_control(c, s, owed, w->owed_payload, w->owed_len);
        if (err == H2NEG_ERR_AGAIN)
            return 0;
        w->owed = 0;
        w->flags |= (unsigned char)(owed == H2NEG_WS_CLOSE ? H2NEG__W_SENT : 0);
        if (err)
            h2neg__ws_abort(c, s, err);
    }
    if (!h2neg__ws_is_over(w) || s->flags & (H2NEG__S_LOCAL_END | H2NEG__S_DONE_OWED))
        return 1;
    if (!c->h2)
        h2neg__ws_end_h1(c, s, w);
    else if (h2neg__h2_put_data(c, s, (const unsigned char *)"", 0, 1, 0) < 0)
        return 0;
    else
        h2neg__h2_local_end(c, s);
    return 1;
}

static void h2neg__ws_flush(h2neg_conn *c)
{
    const uint32_t over = H2NEG__S_DONE | H2NEG__S_DONE_OWED;
    size_t i;
    int waits = 0;
    for (i = 0; i < c->ws_room && c->ws_due; i++) {
        h2neg__ws *w = h2neg__ws_at(c, i);
        h2neg__stream *s = h2neg__stream_find(c, w->stream);
        if (s && s->flags & H2NEG__S_TUNNEL && !(s->flags & over) && !h2neg__ws_settle(c, s, w))
            waits = 1;
    }
    c->ws_due = (unsigned char)waits;
}

/* The peer broke a rule: a Close says which (RFC 6455 7.1.7), and what it sends is dropped. */
static int h2neg__ws_fail(h2neg_conn *c, h2neg__ws_run *r, int error)
{
    h2neg__ws *w = r->w;
    int code = h2neg_error_ws(error);
    unsigned char payload[125];
    ptrdiff_t n =
        h2neg_ws_close_write(payload, sizeof payload, code, h2neg_s(h2neg_error_text(error)));
    w->flags |= H2NEG__W_FAILED;
    r->s->error = error;
    h2neg__ws_tell(c, r->s, code, error);
    h2neg__ws_owe(c, w, H2NEG_WS_CLOSE, payload, n > 0 ? (size_t)n : 0);
    c->ws_due = 1;
    if (c->h2)
        h2neg__h2_charge(c);
    return H2NEG__GO_ON;
}

/* ---- frames in ---- */

static int h2neg__ws_event(h2neg_conn *c, h2neg__ws_run *r, int type, const void *data, size_t len)
{
    h2neg__event(c, r->ev, type, r->s);
    r->ev->data = h2neg__str(data, len);
    return H2NEG__EVENT;
}

/* The peer's Close (RFC 6455 5.5.1), which ours answers with the same code. */
static int h2neg__ws_on_close(h2neg_conn *c, h2neg__ws_run *r)
{
    h2neg__ws *w = r->w;
    h2neg_str reason;
    int code, err = h2neg_ws_close_read(w->control, w->control_len, &code, &reason);
    if (err)
        return h2neg__ws_fail(c, r, err);
    w->flags |= H2NEG__W_GOT;
    if (!(w->flags & H2NEG__W_SENT) && w->owed != H2NEG_WS_CLOSE)
        w->flags |= H2NEG__W_PEER_FIRST;
    h2neg__ws_tell(c, r->s, code, 0);
    h2neg__ws_owe(c, w, H2NEG_WS_CLOSE, w->control, code == H2NEG_WS_NO_STATUS ? 0 : 2);
    c->ws_due = 1;
    return H2NEG__GO_ON;
}

static int h2neg__ws_on_control(h2neg_conn *c, h2neg__ws_run *r)
{
    h2neg__ws *w = r->w;
    w->state = H2NEG__WS_HEAD;
    if (w->frame.opcode == H2NEG_WS_CLOSE)
        return h2neg__ws_on_close(c, r);
    if (w->frame.opcode == H2NEG_WS_PING && !c->config->no_auto_pong) {
        h2neg__ws_owe(c, w, H2NEG_WS_PONG, w->control, w->control_len);
        h2neg__ws_flush(c);
    }
    return h2neg__ws_event(c, r,
                           w->frame.opcode == H2NEG_WS_PING ? H2NEG_EV_WS_PING : H2NEG_EV_WS_PONG,
                           w->control, w->control_len);
}

/* Copies octets of the payload, unmasked where they are masked, and goes on behind them. */
static void h2neg__ws_unmask(h2neg__ws_run *r, unsigned char *to, size_t n)
{
    h2neg__ws *w = r->w;
    if (w->frame.masked)
        h2neg_ws_mask(to, r->in, n, w->frame.key, w->frame.length - w->left);
    else
        h2neg__copy(to, r->in, n);
    h2neg__ws_eat(r, n);
    w->left -= n;
}

static int h2neg__ws_control(h2neg_conn *c, h2neg__ws_run *r)
{
    h2neg__ws *w = r->w;
    size_t n = r->len < w->left ? r->len : (size_t)w->left;
    h2neg__ws_unmask(r, w->control + w->control_len, n);
    w->control_len = (unsigned char)(w->control_len + n);
    return w->left ? (int)H2NEG__GO_ON : h2neg__ws_on_control(c, r);
}

static int h2neg__ws_piece(h2neg_conn *c, h2neg__ws_run *r, const unsigned char *data, size_t len)
{
    r->w->have = 0;
    r->ev->opcode = r->w->opcode;
    r->ev->more = 1;
    return h2neg__ws_event(c, r, H2NEG_EV_WS_MESSAGE, data, len);
}

/* A fault inside a message. Of one in pieces the `good` octets before it are still given, wherever
   the input was cut; WS_CLOSE is owed behind them. */
static int h2neg__ws_broken(h2neg_conn *c, h2neg__ws_run *r, int error, const unsigned char *data,
                            size_t good)
{
    h2neg__ws_fail(c, r, error);
    return c->config->ws_pieces && good ? h2neg__ws_piece(c, r, data, good) : (int)H2NEG__GO_ON;
}

/* A message is whole, or its last piece is there. */
static int h2neg__ws_message(h2neg_conn *c, h2neg__ws_run *r, const unsigned char *data, size_t len)
{
    h2neg__ws *w = r->w;
    int opcode = w->opcode;
    if (opcode == H2NEG_WS_TEXT && !h2neg_utf8_whole(&w->utf8))
        return h2neg__ws_broken(c, r, H2NEG_ERR_WS_UTF8, data, len);
    w->opcode = 0;
    w->have = 0;
    r->ev->opcode = opcode;
    return h2neg__ws_event(c, r, H2NEG_EV_WS_MESSAGE, data, len);
}

/* Text fails at its first bad octet: how many octets are good. */
static size_t h2neg__ws_good(h2neg__ws *w, const unsigned char *data, size_t len)
{
    return w->opcode == H2NEG_WS_TEXT ? h2neg_utf8_check(&w->utf8, data, len) : len;
}

/* Takes octets of the payload as they are: into the buffer, or, where they are not masked and need
   not be joined, from where they lie. `*n`: how many. Where they stand now, or NULL: no memory. */
static const unsigned char *h2neg__ws_take(h2neg_conn *c, h2neg__ws_run *r, size_t *n)
{
    h2neg__ws *w = r->w;
    const unsigned char *data = r->in;
    size_t bound = h2neg__ws_buffer_bound(c->config), at = w->have;
    int alone = c->config->ws_pieces || (at == 0 && w->frame.fin && *n == w->left);
    if (*n == 0 || (!w->frame.masked && alone)) {
        h2neg__ws_eat(r, *n);
        w->left -= *n;
        return data;
    }
    H2NEG__NEVER(*n > bound - at); /* a piece is at most one feed; messages are known to fit */
    if (!h2neg__grow(c, &w->buffer, bound, at + *n, 256))
        return NULL;
    h2neg__ws_unmask(r, w->buffer.ptr + at, *n);
    w->have += *n;
    return w->buffer.ptr + at;
}

/* Payload that is not compressed. */
static int h2neg__ws_plain(h2neg_conn *c, h2neg__ws_run *r)
{
    h2neg__ws *w = r->w;
    size_t n = r->len < w->left ? r->len : (size_t)w->left, good;
    const unsigned char *data = h2neg__ws_take(c, r, &n);
    if (!data)
        return h2neg__ws_fail(c, r, H2NEG_ERR_NOMEM);
    good = h2neg__ws_good(w, data, n);
    w->useful += good;
    c->useful += good;
    if (good < n)
        return h2neg__ws_broken(c, r, H2NEG_ERR_WS_UTF8, data, good);
    if (w->left == 0)
        w->state = H2NEG__WS_HEAD;
    if (w->have) {
        data = w->buffer.ptr;
        n = w->have;
    }
    if (w->left == 0 && w->frame.fin)
        return h2neg__ws_message(c, r, data, n);
    return c->config->ws_pieces && n ? h2neg__ws_piece(c, r, data, n) : (int)H2NEG__GO_ON;
}

/* ---- permessage-deflate (RFC 7692 7.2) ---- */

/* A codec's context, opened when it is first needed. NULL: none can be had. */
static void *h2neg__ws_coder(h2neg_conn *c, const h2neg__stream *s, h2neg__ws *w, int compress)
{
    const h2neg_ws_codec *codec = c->config->ws_codec;
    int ours = s->ws.deflate >> 8 & 15, theirs = s->ws.deflate >> 4 & 15;
    if (!w->coder[compress])
        w->coder[compress] = codec->open_fn(codec->user, compress, compress ? ours : theirs);
    return w->coder[compress];
}

/* One run of the inflater, into the buffer as it grows; what is above its bound goes nowhere. 0 and
   `*full`: it may hold more; or an error. */
static int h2neg__ws_inflate_run(h2neg_conn *c, h2neg__ws *w, const unsigned char **in, size_t *len,
                                 int *full)
{
    const h2neg_ws_codec *codec = c->config->ws_codec;
    size_t bound = h2neg__ws_buffer_bound(c->config), took = *len, room, put, good;
    unsigned char extra, *to = &extra;
    if (w->have < bound && !h2neg__grow(c, &w->buffer, bound, w->have + 1, 256))
        return H2NEG_ERR_NOMEM;
    room = put = w->have < bound ? w->buffer.size - w->have : 1;
    if (w->have < bound)
        to = w->buffer.ptr + w->have;
    if (codec->run_fn(codec->user, w->coder[0], 0, *in, &took, to, &put, 0) < 0 || took > *len ||
        put > room || (*len && !took && !put))
        return H2NEG_ERR_WS_DEFLATE;
    if (to == &extra && put)
        return H2NEG_ERR_LIMIT_MESSAGE;
    good = h2neg__ws_good(w, to, put);
    *in += took;
    *len -= took;
    w->have += good;
    *full = put == room;
    return good < put ? (int)H2NEG_ERR_WS_UTF8 : 0;
}

static int h2neg__ws_inflate(h2neg_conn *c, const h2neg__stream *s, h2neg__ws *w,
                             const unsigned char *in, size_t len)
{
    int err = 0, full = 0;
    if (!h2neg__ws_coder(c, s, w, 0))
        return H2NEG_ERR_NOMEM;
    while (!err && (len || full))
        err = h2neg__ws_inflate_run(c, w, &in, &len, &full);
    return err;
}

/* Behind a message's last octet: the four that its sender left out (RFC 7692 7.2.2). */
static int h2neg__ws_inflate_end(h2neg_conn *c, const h2neg__stream *s, h2neg__ws *w)
{
    static const unsigned char tail[4] = {0, 0, 0xff, 0xff};
    int err = h2neg__ws_inflate(c, s, w, tail, sizeof tail);
    if (!err && s->ws.deflate & H2NEG__Z_THEIRS_RESET)
        c->config->ws_codec->reset_fn(c->config->ws_codec->user, w->coder[0], 0);
    return err;
}

/* Compressed payload. Of a message in pieces one octet at a time is inflated, and half a buffer is
   a piece. */
static int h2neg__ws_squeezed(h2neg_conn *c, h2neg__ws_run *r)
{
    h2neg__ws *w = r->w;
    unsigned char plain[512];
    int pieces = c->config->ws_pieces, err = 0;
    size_t full = pieces ? h2neg__ws_buffer_bound(c->config) / 2 : SIZE_MAX;
    while (!err && w->left && r->len && w->have < full) {
        size_t n = r->len < w->left ? r->len : (size_t)w->left, most = pieces ? 1 : sizeof plain;
        n = n < most ? n : most;
        h2neg__ws_unmask(r, plain, n);
        w->useful += n;
        c->useful += n;
        err = h2neg__ws_inflate(c, r->s, w, plain, n);
    }
    if (!err && w->left == 0 && w->frame.fin)
        err = h2neg__ws_inflate_end(c, r->s, w);
    if (err)
        return h2neg__ws_broken(c, r, err, w->buffer.ptr, w->have);
    if (w->left == 0)
        w->state = H2NEG__WS_HEAD;
    if (w->left == 0 && w->frame.fin)
        return h2neg__ws_message(c, r, w->buffer.ptr, w->have);
    return pieces && w->have ? h2neg__ws_piece(c, r, w->buffer.ptr, w->have) : (int)H2NEG__GO_ON;
}

static int h2neg__ws_data(h2neg_conn *c, h2neg__ws_run *r)
{
    return r->w->squeezed ? h2neg__ws_squeezed(c, r) : h2neg__ws_plain(c, r);
}

/* ---- headers in ---- */

/* A data frame begins: the order of fragments, empty ones, the message's size (RFC 6455 5.4). 0 or
   an error. */
static int h2neg__ws_data_begin(h2neg_conn *c, h2neg__ws *w)
{
    const h2neg_ws_frame *f = &w->frame;
    if ((f->opcode == H2NEG_WS_CONTINUATION) != (w->opcode != 0))
        return H2NEG_ERR_WS_SEQUENCE;
    if (f->opcode) {
        w->opcode = (unsigned char)f->opcode;
        w->squeezed = (unsigned char)(f->rsv != 0);
        w->have = 0;
        memset(&w->utf8, 0, sizeof w->utf8);
    }
    if (f->length || f->fin)
        w->empties = 0;
    else if (++w->empties > c->config->max_ws_empty)
        return H2NEG_ERR_LIMIT_EMPTY;
    if (!c->config->ws_pieces && !w->squeezed && f->length > c->config->max_message - w->have)
        return H2NEG_ERR_LIMIT_MESSAGE;
    return 0;
}

/* A header is whole: `head` octets. */
static int h2neg__ws_frame_begin(h2neg_conn *c, h2neg__ws_run *r, size_t head)
{
    h2neg__ws *w = r->w;
    int control = h2neg__ws_is_control(w->frame.opcode), err;
    w->left = w->frame.length;
    w->overhead += head + (control ? w->left : 0);
    err = control ? 0 : h2neg__ws_data_begin(c, w);
    if (!err &&
        w->overhead > c->config->overhead_slack + (uint64_t)c->config->overhead_ratio * w->useful)
        err = H2NEG_ERR_LIMIT_OVERHEAD;
    if (err)
        return h2neg__ws_fail(c, r, err);
    w->control_len = 0;
    w->state = control ? H2NEG__WS_CONTROL : H2NEG__WS_DATA;
    if (w->left)
        return H2NEG__GO_ON;
    return control ? h2neg__ws_on_control(c, r) : h2neg__ws_data(c, r);
}

static int h2neg__ws_head(h2neg_conn *c, h2neg__ws_run *r)
{
    h2neg__ws *w = r->w;
    size_t had = w->head_len, n = sizeof w->head - had;
    ptrdiff_t head;
    if (n > r->len)
        n = r->len;
    if (had == 0)
        w->at = r->offset;
    memcpy(w->head + had, r->in, n);
    head = h2neg_ws_frame_read(&w->frame, w->head, had + n, c->config->role == H2NEG_SERVER,
                               r->s->ws.deflate ? H2NEG_WS_RSV1 : 0);
    if (head < 0)
        return h2neg__ws_fail(c, r, (int)head);
    w->head_len = (unsigned char)(head ? 0 : had + n);
    h2neg__ws_eat(r, head ? (size_t)head - had : n);
    return head ? h2neg__ws_frame_begin(c, r, (size_t)head) : (int)H2NEG__GO_ON;
}

/* Reads octets until there is an event, or to their end: EVENT or GO_ON, and how many were taken.
   Behind a Close, and behind a fault, they are dropped (RFC 6455 5.5.1, 7.1.7). */
static int h2neg__ws_read(h2neg_conn *c, h2neg__stream *s, h2neg_str in, uint64_t offset,
                          h2neg_event *ev, size_t *taken)
{
    static int (*const steps[])(h2neg_conn *, h2neg__ws_run *) = {h2neg__ws_head, h2neg__ws_control,
                                                                  h2neg__ws_data};
    h2neg__ws_run r;
    int result = H2NEG__GO_ON;
    r.s = s;
    r.w = h2neg__ws_of(c, s);
    r.in = (const unsigned char *)in.ptr;
    r.len = in.len;
    r.offset = offset;
    r.ev = ev;
    while (result == H2NEG__GO_ON && r.len && !h2neg__ws_deaf(r.w))
        result = steps[r.w->state](c, &r);
    if (h2neg__ws_deaf(r.w))
        h2neg__ws_eat(&r, r.len);
    *taken = in.len - r.len;
    return result;
}

/* ---- messages out ---- */

/* What a compressor may make of `n` octets, flushed (see h2neg_ws_codec). */
static size_t h2neg__ws_squeezed_bound(size_t n)
{
    return n + n / 7 + 64;
}

/* Whether a message goes out compressed: it was agreed, and there is a compressor. */
static int h2neg__ws_squeezes(h2neg_conn *c, const h2neg__stream *s, h2neg__ws *w)
{
    return s->ws.deflate && h2neg__ws_coder(c, s, w, 1) != NULL;
}

/* Octets of the next `len` of a message that can go out as one frame now, plus 1; 0: not even a
   frame that is worth it, of about 1,000 octets or all that is left. A window is filled to the
   octet, where 1,300 octets of room say that it is the window which is short; the frames that it
   makes are bounded in >>conn-h2-send. */
static size_t h2neg__ws_fits(const h2neg_conn *c, const h2neg__stream *s, size_t len)
{
    const h2neg__ws *w = h2neg__ws_of(c, s);
    int squeezes = s->ws.deflate && w->coder[1];
    size_t need = squeezes ? h2neg__ws_squeezed_bound(len) + 14 : h2neg__ws_head_size(c, len) + len;
    size_t room = c->h2 ? h2neg__data_room(c) : h2neg__app_room(c);
    size_t frame = c->h2 ? h2neg__h2_sendable(c, s, need, room) : room, n;
    if (frame >= need)
        return len + 1;
    n = squeezes ? 14 : h2neg__ws_head_size(c, frame);
    n = frame > n ? frame - n : 0;
    if (squeezes)
        n = n > 72 ? (n - 64) / 8 * 7 : 0;
    return n == 0 || (n < 1000 && (!c->h2 || room < 1300)) ? 0 : n + 1;
}

/* Octets of a frame's compressed payload, put 14 behind `out`; SIZE_MAX: the compressor failed. */
static size_t h2neg__ws_compress(h2neg_conn *c, const h2neg__stream *s, h2neg__ws *w,
                                 unsigned char *out, const unsigned char *data, size_t n, int fin)
{
    const h2neg_ws_codec *codec = c->config->ws_codec;
    size_t took = n, put = h2neg__ws_squeezed_bound(n), room = put;
    if (codec->run_fn(codec->user, w->coder[1], 1, n ? data : out, &took, out + 14, &put, 1) < 0 ||
        took != n || put > room)
        return SIZE_MAX;
    if (!fin)
        return put;
    if (s->ws.deflate & H2NEG__Z_OURS_RESET)
        codec->reset_fn(codec->user, w->coder[1], 1);
    if (put > 4)
        return put - 4; /* 00 00 FF FF, which the peer puts back */
    out[14] = 0;        /* nothing was left to flush: an empty block's first octet */
    return 1;
}

/* One frame of a message. 0; or NO_RANDOM, NOMEM, AGAIN. */
static int h2neg__ws_put_frame(h2neg_conn *c, h2neg__stream *s, int opcode,
                               const unsigned char *data, size_t n, int fin)
{
    h2neg__ws *w = h2neg__ws_of(c, s);
    int squeezes = w->sending ? w->squeezing : h2neg__ws_squeezes(c, s, w);
    unsigned char *out = h2neg__ws_room(
        c, s, squeezes ? 14 + h2neg__ws_squeezed_bound(n) : h2neg__ws_head_size(c, n) + n);
    h2neg_ws_frame f;
    size_t len = n;
    if (!out)
        return H2NEG_ERR_AGAIN;
    if (!h2neg__ws_frame_of(c, &f, fin, w->sending ? H2NEG_WS_CONTINUATION : opcode, 0))
        return H2NEG_ERR_NO_RANDOM;
    f.rsv = squeezes && !w->sending ? H2NEG_WS_RSV1 : 0;
    if (squeezes) {
        len = h2neg__ws_compress(c, s, w, out, data, n, fin);
        data = NULL;
    }
    if (len == SIZE_MAX)
        return H2NEG_ERR_NOMEM;
    f.length = len;
    w->sending = (unsigned char)(fin ? 0 : opcode);
    w->squeezing = (unsigned char)squeezes;
    w->useful += len;
    h2neg__ws_wrote(c, s, out, h2neg__ws_put(c, out, &f, data), 0);
    return 0;
}

/* A message, or the next octets of one, in as many frames as it takes. Octets taken, or < 0. */
static ptrdiff_t h2neg__ws_put_message(h2neg_conn *c, h2neg__stream *s, int opcode,
                                       const unsigned char *data, size_t len, int last)
{
    h2neg__ws *w = h2neg__ws_of(c, s);
    size_t taken = 0, n;
    int err;
    if (w->sending && w->sending != opcode)
        return H2NEG_ERR_INVALID;
    if (len == 0 && !last)
        return 0;
    if (!w->sending)
        h2neg__ws_squeezes(c, s, w); /* so that what fits is known */
    do {
        n = h2neg__ws_fits(c, s, len - taken);
        err = n ? h2neg__ws_put_frame(c, s, opcode, len ? data + taken : data, n - 1,
                                      last && n - 1 == len - taken)
                : (int)H2NEG_ERR_AGAIN;
        if (c->h2 && !err)
            h2neg__h2_count_short(c, h2neg__ws_head_size(c, n - 1) + n - 1, n - 1 < len - taken);
        taken += err ? 0 : n - 1;
    } while (!err && taken < len);
    if (err == H2NEG_ERR_AGAIN || !err)
        return err && !len ? (ptrdiff_t)err : (ptrdiff_t)taken;
    h2neg__ws_abort(c, s, err);
    return err;
}

/* Time forgives overhead, slowly. */
static void h2neg__ws_forgive(h2neg_conn *c, uint64_t n)
{
    size_t i;
    for (i = 0; i < c->ws_room; i++) {
        h2neg__ws *w = h2neg__ws_at(c, i);
        w->overhead -= w->overhead < n ? w->overhead : n;
    }
}

/* ==== 23 >>negotiate =======================================================
   From the first octets, or ALPN's answer, to a protocol.  Uses >>alpn and the protocols' rooms.
   Memory: a connection's struct comes and goes here.
   What is spoken is decided once; whatever else comes gets a plain answer.
   ========================================================================== */

/* ---- beginnings ---- */

/* The struct, and behind it the config where none is shared. */
static size_t h2neg__conn_size(const h2neg_config *g)
{
    return sizeof(h2neg_conn) + (g->shared ? 0 : sizeof *g);
}

static void h2neg__conn_init(h2neg_conn *c, const h2neg_config *config)
{
    memset(c, 0, sizeof *c);
    c->config = config->shared;
    if (!c->config) {
        memcpy(c + 1, config, sizeof *config);
        c->config = (h2neg_config *)(void *)(c + 1);
    }
    c->why = "";
    c->next_stream = 1;
    c->free_slot = c->owed_first = c->owed_last = H2NEG__NONE;
}

/* A cleartext client knows what it speaks before the first octet. 1, or 0: no memory. */
static int h2neg__conn_start(h2neg_conn *c)
{
    if (c->config->role == H2NEG_SERVER || c->config->tls)
        return 1;
    if (!(c->config->protocols & H2NEG_HTTP1))
        return h2neg__h2_begin(c, H2NEG_PROTO_H2C, H2NEG_VIA_PRIOR);
    c->h1.state = H2NEG__H1_HEAD;
    return 1;
}

H2NEG__DEF int h2neg_config_check(const h2neg_config *config)
{
    h2neg_config resolved;
    uint64_t none = 0; /* a Content-Length there is one too many */
    if (!h2neg__config_resolve(&resolved, config) ||
        h2neg__fields_check(resolved.common_fields, resolved.common_field_count, &none, 0) ||
        h2neg__fields_bound(resolved.common_fields, resolved.common_field_count) >
            resolved.max_output_pending / 2)
        return H2NEG_ERR_INVALID;
    return 0;
}

H2NEG__DEF int h2neg_config_share(h2neg_config *config)
{
    h2neg_config resolved;
    if (!config || h2neg_config_check(config))
        return H2NEG_ERR_INVALID;
    h2neg__config_resolve(&resolved, config);
    *config = resolved;
    config->shared = config;
    return 0;
}

H2NEG__DEF size_t h2neg_memory_bound(const h2neg_config *config)
{
    h2neg_config resolved;
    uint64_t n, part, most = 0;
    int i;
    if (!h2neg__config_resolve(&resolved, config))
        return 0;
    n = h2neg__round(h2neg__conn_size(&resolved));
    for (i = 0; i < H2NEG__PARTS; i++) {
        part = h2neg__part_bound(&resolved, i);
        n += h2neg__round((size_t)part);
        if (i == H2NEG__OUT || i == H2NEG__WORK || i == H2NEG__HTTP2)
            continue; /* taken at once; HTTP/2's numbers by two steps, below half a table */
        if (i == H2NEG__STREAMS)
            part /= 2; /* a power of two, doubled */
        else if (i != H2NEG__DECODER && i != H2NEG__ENCODER && i != H2NEG__WS)
            part /= 4; /* see h2neg__grow */
        most = part > most ? part : most;
    }
    part = h2neg__ws_buffer_bound(&resolved);
    n += (uint64_t)h2neg__ws_bound(&resolved) * h2neg__round((size_t)part);
    if (h2neg__ws_bound(&resolved) && part / 4 > most)
        most = part / 4;
    n += most; /* while a part grows the old one stands beside the new one */
    return n < SIZE_MAX ? (size_t)n : SIZE_MAX;
}

H2NEG__DEF h2neg_conn *h2neg_conn_new(const h2neg_config *config)
{
    h2neg_config resolved;
    h2neg_conn *c;
    if ((!config || config->shared != config) && h2neg_config_check(config))
        return NULL;
    h2neg__config_resolve(&resolved, config);
    c = (h2neg_conn *)h2neg__alloc(&resolved, NULL, 0, h2neg__conn_size(&resolved));
    if (!c)
        return NULL;
    h2neg__conn_init(c, &resolved);
    if (h2neg__conn_start(c))
        return c;
    h2neg_conn_free(c);
    return NULL;
}

H2NEG__DEF h2neg_conn *h2neg_conn_place(void *block, size_t size, const h2neg_config *config)
{
    h2neg_config resolved;
    h2neg_conn *c = (h2neg_conn *)block;
    unsigned char *at = (unsigned char *)block;
    int i;
    if (!block || h2neg_config_check(config) || size < h2neg_memory_bound(config))
        return NULL;
    h2neg__config_resolve(&resolved, config);
    h2neg__conn_init(c, &resolved);
    at += h2neg__round(h2neg__conn_size(&resolved));
    c->placed = 1;
    for (i = 0; i < H2NEG__PARTS; i++) {
        c->part[i].ptr = at;
        c->part[i].size = h2neg__part_bound(&resolved, i);
        at += h2neg__round(c->part[i].size);
    }
    h2neg__conn_start(c);
    return c;
}

H2NEG__DEF void h2neg_conn_free(h2neg_conn *c)
{
    h2neg_config config;
    size_t at;
    int i;
    if (!c)
        return;
    h2neg__balance(c);
    for (at = 0; at < c->slots; at++)
        h2neg__ws_free(c, h2neg__slot(c, at));
    if (c->placed)
        return;
    for (i = 0; i < H2NEG__PARTS; i++)
        h2neg__part_drop(c, i);
    config = *c->config; /* it may stand in what is freed */
    h2neg__alloc(&config, c, h2neg__conn_size(&config), 0);
}

H2NEG__DEF int h2neg_tls_agreed(h2neg_conn *c, const char *alpn, size_t len)
{
    h2neg_str name = h2neg__str(alpn, len);
    int h2, h1;
    if (!c || !c->config->tls || c->tls_ready || c->phase != H2NEG__START)
        return H2NEG_ERR_INVALID;
    c->tls_ready = 1;
    h2 = alpn && H2NEG__IS(name, "h2") && c->config->protocols & H2NEG_H2;
    h1 = (!alpn || H2NEG__IS(name, "http/1.1")) && c->config->protocols & H2NEG_HTTP1;
    if (!h2 && !h1) {
        h2neg__fail(c, alpn ? H2NEG_ERR_ALPN_NOT_OFFERED : H2NEG_ERR_ALPN_NO_OVERLAP, 0);
        c->status_owed = 0; /* no protocol is agreed in which to say it */
        return c->error.code;
    }
    c->agreed = alpn != NULL;
    if (h1 && c->config->role == H2NEG_CLIENT)
        c->h1.state = H2NEG__H1_HEAD;
    if (h2) {
        if (!h2neg__h2_begin(c, H2NEG_PROTO_H2, H2NEG_VIA_ALPN))
            return c->error.code;
        c->negotiated_owed = 1;
        h2neg__live(c);
    }
    return 0;
}

/* The first octets of a server's connection. */
static int h2neg__detect_step(h2neg_conn *c)
{
    unsigned allowed = c->config->protocols;
    h2neg_str in;
    int what, proxied;
    h2neg__in_have(c, H2NEG_DETECT_OCTETS);
    in = h2neg__in(c);
    if (in.len == 0)
        return H2NEG__STARVED;
    what = h2neg_detect(in.ptr, in.len);
    if (what == H2NEG_DETECT_MORE)
        return H2NEG__STARVED;
    proxied = what == H2NEG_DETECT_PROXY1 || what == H2NEG_DETECT_PROXY2;
    if (!(allowed & H2NEG_HTTP1) &&
        (!h2neg__h2_begin(c, H2NEG_PROTO_H2C, H2NEG_VIA_PRIOR) || !proxied))
        return H2NEG__GO_ON;
    if (proxied)
        return h2neg__fail(c, H2NEG_ERR_PROXY_HEADER, c->offset);
    if (what == H2NEG_DETECT_TLS)
        return h2neg__fail(c, H2NEG_ERR_PEER_IS_TLS, c->offset);
    if (what == H2NEG_DETECT_HTTP2 && (c->config->tls || !(allowed & H2NEG_PRIOR)))
        return h2neg__fail(c, H2NEG_ERR_PEER_IS_HTTP2, c->offset);
    if (what == H2NEG_DETECT_OTHER && !h2neg__is_class(in.ptr[0], H2NEG__TOKEN) &&
        in.ptr[0] != '\r' && in.ptr[0] != '\n')
        return h2neg__fail(c, H2NEG_ERR_PEER_IS_OTHER, c->offset);
    if (what == H2NEG_DETECT_HTTP2)
        h2neg__h2_begin(c, H2NEG_PROTO_H2C, H2NEG_VIA_PRIOR);
    else
        c->h1.state = H2NEG__H1_HEAD; /* what is no HTTP/1 either gets its answer from there */
    return H2NEG__GO_ON;
}

/* A client that hears HTTP/1 or TLS where the server's SETTINGS should be (RFC 9113 3.4). 1: it
   does. */
static int h2neg__preface_refused(h2neg_conn *c, h2neg_event *ev)
{
    const unsigned char *p = h2neg__in_have(c, 2);
    h2neg_str in;
    size_t n;
    if (c->config->role == H2NEG_SERVER || c->h2->state != H2NEG__H2_HEADER || !p)
        return 0;
    if (p[0] == 0x15 && p[1] == 3) {
        h2neg__fail(c, H2NEG_ERR_PEER_IS_TLS, c->offset);
        return 1;
    }
    p = h2neg__in_have(c, 7);
    if (!p || memcmp(p, "HTTP/1.", 7) != 0)
        return 0;
    in = h2neg__in_all(c);
    for (n = 0; n < in.len && n < 128 && in.ptr[n] != '\r' && in.ptr[n] != '\n'; n++)
        continue;
    if (n == in.len && n < 128 && !c->eof)
        return 1; /* the status line is not whole yet */
    ev->data = h2neg__str(in.ptr, n);
    h2neg__fail(c, H2NEG_ERR_PEER_IS_HTTP1, c->offset);
    return 1;
}

static int h2neg__step(h2neg_conn *c, h2neg_event *ev)
{
    if (c->config->tls && !c->tls_ready)
        return H2NEG__STARVED;
    if (c->h1.state != H2NEG__H1_OFF)
        return h2neg__h1_step(c, ev);
    if (!c->h2)
        return h2neg__detect_step(c);
    if (c->h2->first && h2neg__preface_refused(c, ev))
        return c->error.code ? H2NEG__GO_ON : H2NEG__STARVED;
    return h2neg__h2_step(c, ev);
}

/* ==== 23a >>conn-next ======================================================
   What moves a connection: what goes out by itself, events, octets in and out.  Uses >>negotiate
   and the protocols' rooms. Memory: parts go back when a loan ends and they are idle. next gives,
   in this order: an error, what was negotiated, what streams owe, room, then what the input says.
   ========================================================================== */

/* ---- what goes out by itself ---- */

/* Whether everything that was to be drained is over. */
static void h2neg__drain_check(h2neg_conn *c)
{
    h2neg__http2 *h = c->h2;
    int server = c->config->role == H2NEG_SERVER;
    if (c->live || (server && h->block) || c->phase >= H2NEG__INERT || c->h1.state != H2NEG__H1_OFF)
        return; /* an open block is a stream that GOAWAY counts */
    if (c->shut && !server) {
        h->goaway_owed = 2;
        h2neg__h2_flush(c);
    }
    if ((c->shut && h->goaway_sent && !h->goaway_owed && !h->drain_ping) ||
        (!server && h->goaway_got))
        h2neg__inert(c);
}

/* The last words, in the struct, when there is no memory for the output: GOAWAY, or a bare status.
 */
static void h2neg__speak(h2neg_conn *c)
{
    h2neg__writer w = h2neg__write(c->words, sizeof c->words);
    c->spoken = 1;
    c->out_at = 0;
    if (c->h2 && !c->h2->preface_owed) {
        w.used = (size_t)h2neg_h2_frame_write_goaway(c->words, sizeof c->words, c->h2->last_peer,
                                                     c->error.h2_code, NULL, 0);
    } else if (c->status_owed) {
        h2neg__put_text(&w, "HTTP/1.1 503 \r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
    if (c->h2)
        c->h2->goaway_owed = 0;
    c->status_owed = 0;
    h2neg__out_wrote(c, w.used);
}

/* ---- who may send ---- */

/* Octets that a stream can take now. */
static size_t h2neg__room_of(const h2neg_conn *c, const h2neg__stream *s)
{
    size_t room = h2neg__app_room(c), fits;
    if (s->flags & H2NEG__S_BODY || s->flags & H2NEG__S_LOCAL_END)
        return 0;
    if (s->ws.place) {
        fits = h2neg__ws_fits(c, s, SIZE_MAX / 4);
        return fits ? fits - 1 : 0;
    }
    if (c->h2)
        return h2neg__h2_room(c, s);
    return room > 25 ? room - 25 : 0;
}

/* Whether a reply that was refused is worth another try: there is room for its head, and the queue
   has some for the body, or it can go out at once. */
static int h2neg__reply_again(const h2neg_conn *c, const h2neg__stream *s)
{
    size_t room = h2neg__app_room(c), all = s->body_at + 960 + s->body_left;
    int64_t window = !c->h2 ? INT64_MAX : h2neg__h2_stream_window(c, s);
    if (c->h2) {
        window = window < c->h2->send ? window : c->h2->send;
        all += 9 * (h2neg__h2_frames(c, s->body_left) + 2);
    }
    return room >= s->body_at && (c->config->max_queued - c->queued >= s->body_left ||
                                  (window >= (int64_t)s->body_left && room >= all));
}

static int h2neg__writable(const h2neg_conn *c, const h2neg__stream *s)
{
    if (s->ws.place)
        return h2neg__ws_fits(c, s, s->body_left) != 0;
    if (s->body_left == 0) /* a head, trailers, an empty end: they need no window */
        return h2neg__app_room(c) > s->body_at;
    return s->flags & H2NEG__S_HEAD_SENT ? h2neg__room_of(c, s) > 0 : h2neg__reply_again(c, s);
}

/* A stream that can go on: with a body that waits, or by a call. */
static int h2neg__h2_can_go(const h2neg_conn *c, const h2neg__stream *s)
{
    return s->flags & H2NEG__S_BODY
               ? h2neg__h2_sendable(c, s, s->body_left, h2neg__data_room(c)) > 0
               : h2neg__writable(c, s);
}

/* Bodies that wait: the most urgent stream first, a frame at a time, until it is one that waits for
   WRITABLE, which the next event is. */
static void h2neg__h2_pump(h2neg_conn *c)
{
    h2neg__stream *s;
    while (c->sending && (s = h2neg__most_urgent(c, H2NEG__S_BODY | H2NEG__S_WRITABLE,
                                                 h2neg__h2_can_go)) != NULL) {
        ptrdiff_t n;
        if (!(s->flags & H2NEG__S_BODY))
            return;
        n = h2neg__h2_put_data(c, s, h2neg__body_at(c, s), s->body_left, 1, h2neg__data_room(c));
        if (n < 0)
            return;
        h2neg__body_sent(c, s, (size_t)n);
        if (s->body_left == 0)
            h2neg__h2_local_end(c, s);
    }
}

/* ---- what is owed ---- */

/* Apart, as what the last event held and a 100 Continue are below, so that a call that has nothing
   to do with them saves no registers for them: a request over HTTP/1.1 takes 4 % fewer
   instructions. */
H2NEG__APART static void h2neg__settle_owed(h2neg_conn *c)
{
    if (c->lost)
        return;
    if (c->phase >= H2NEG__INERT && c->error.code == H2NEG_ERR_NOMEM && !c->spoken && c->out == 0 &&
        !h2neg__part_take(c, H2NEG__OUT, c->config->max_output_pending))
        h2neg__speak(c);
    if (c->spoken)
        return;
    if (c->h2) {
        h2neg__h2_flush(c);
        if (c->phase < H2NEG__INERT)
            h2neg__h2_pump(c);
        h2neg__ws_flush(c);
        h2neg__drain_check(c);
    } else if (c->status_owed) {
        h2neg__h1_put_status(c);
    } else if (c->phase < H2NEG__INERT) {
        h2neg__h1_pump(c);
        h2neg__ws_flush(c);
    }
}

/* Called wherever something may have become owed, which it seldom has. */
static inline void h2neg__settle(h2neg_conn *c)
{
    int h2 = c->h2 && (h2neg__h2_owes(c) || c->shut || c->h2->goaway_got);
    if (h2 || c->sending || c->ws_due || c->status_owed || c->phase >= H2NEG__INERT)
        h2neg__settle_owed(c);
}

/* The 100 Continue that is due when the application asks on without an answer (RFC 9110 10.1.1). */
H2NEG__APART static void h2neg__continue(h2neg_conn *c)
{
    h2neg_message m;
    h2neg__plan p;
    size_t i;
    h2neg__clear(&m, sizeof m);
    m.status = 100;
    for (i = 0; i < c->slots && !c->config->no_auto_continue; i++) {
        h2neg__stream *s = h2neg__slot(c, i);
        if (!s->id || (s->flags & (H2NEG__S_EXPECT | H2NEG__S_HELD)) != H2NEG__S_EXPECT)
            continue;
        h2neg__plan_response(&p, s, &m, 0);
        if (c->h2 ? h2neg__h2_respond(c, s, &m, 0, &p) : h2neg__h1_respond(c, s, &m, 0, &p))
            return;
        s->flags &= ~(uint32_t)H2NEG__S_EXPECT;
    }
    c->expecting = 0;
}

/* ---- what a call may do ---- */

/* Whether a client may open a stream now: 0, AGAIN, or never. */
static int h2neg__may_request(const h2neg_conn *c)
{
    if (c->config->role != H2NEG_CLIENT)
        return H2NEG_ERR_INVALID;
    if (c->phase >= H2NEG__INERT || c->shut || c->eof || c->next_stream > 0x7fffffff ||
        (c->h2 ? c->h2->goaway_got : c->h1.close))
        return H2NEG_ERR_CLOSED;
    if (c->config->tls && !c->tls_ready)
        return H2NEG_ERR_AGAIN;
    if (c->live >= (c->h2 ? c->config->max_concurrent_streams : 1))
        return H2NEG_ERR_AGAIN;
    return c->h2 && c->live >= c->h2->peer_streams ? H2NEG_ERR_AGAIN : 0;
}

/* What a refused request waits for. */
enum { H2NEG__FOR_STREAM = 1, H2NEG__FOR_ROOM, H2NEG__FOR_SETTINGS, H2NEG__FOR_WS };

static int h2neg__request_again(const h2neg_conn *c)
{
    if (!c->want_request || h2neg__may_request(c) == H2NEG_ERR_AGAIN)
        return 0;
    if (c->want_request == H2NEG__FOR_SETTINGS)
        return !c->h2->first;
    if (c->want_request == H2NEG__FOR_WS)
        return !h2neg__ws_full(c);
    return c->want_request == H2NEG__FOR_STREAM || h2neg__app_room(c) > c->again_room;
}

/* A stream that can still be spoken on; NULL: it is gone. */
static h2neg__stream *h2neg__stream_open(h2neg_conn *c, uint32_t id)
{
    h2neg__stream *s = c && !c->lost && c->phase < H2NEG__INERT ? h2neg__stream_find(c, id) : NULL;
    h2neg__balance(c);
    uint32_t over = H2NEG__S_DONE | H2NEG__S_DONE_OWED | H2NEG__S_WE_RESET | H2NEG__S_PEER_RESET;
    return s && !(s->flags & over) ? s : NULL;
}

H2NEG__DEF void h2neg_shutdown(h2neg_conn *c)
{
    if (!c || c->shut || c->phase >= H2NEG__INERT)
        return;
    if (c->h2 && c->config->role == H2NEG_SERVER)
        h2neg__h2_drain(c);
    c->shut = 1;
    if (!c->h2 && c->live == 0 && h2neg__in(c).len == 0)
        h2neg__inert(c);
    h2neg__settle(c);
}

/* H2NEG_LAST: nothing begins on this connection any more. HTTP/1 says so in its head; HTTP/2
   drains. */
static void h2neg__last(h2neg_conn *c, unsigned flags)
{
    if (!(flags & H2NEG_LAST))
        return;
    if (!c->h2)
        c->h1.close = 1;
    else
        h2neg_shutdown(c);
}

/* A call took less than it was given: WRITABLE is owed when there is room for `left` octets; 0: for
   something that goes out whole, which then was not enough for it. */
static void h2neg__short(h2neg_conn *c, h2neg__stream *s, size_t left)
{
    s->body_left = left;
    s->body_at = h2neg__app_room(c);
    h2neg__count_flag(s, H2NEG__S_WRITABLE, 1, &c->wanting);
}

/* ---- events ---- */

/* What the last event held goes back. */
H2NEG__APART static void h2neg__release_held(h2neg_conn *c)
{
    h2neg__stream *s = h2neg__stream_find(c, c->current);
    size_t i;
    if (c->current_early)
        h2neg__early_drop(c, s);
    if (c->current_credit)
        h2neg__h2_credit(c, s, c->current_credit);
    for (i = 0; i < c->slots && c->current_early; i++)
        if (h2neg__slot(c, i)->id && h2neg__slot(c, i)->flags & H2NEG__S_DONE_OWED)
            h2neg__early_forget(c, h2neg__slot(c, i));
    if (c->current_early)
        h2neg__h2_credit_due(c, s);
    h2neg__owed_next(c); /* lets go of slots that owe nothing more */
    if (c->current_done && s->flags & (H2NEG__S_KEEP | H2NEG__S_RST_MARK))
        c->behind++;
    else if (c->current_done)
        h2neg__stream_free(c, s);
    c->current_credit = 0;
    c->current_done = c->current_early = 0;
}

static void h2neg__release(h2neg_conn *c)
{
    if (c->current_credit || c->current_done) /* what came early has credit, too */
        h2neg__release_held(c);
    c->current = 0;
}

static int h2neg__event_error(h2neg_conn *c, h2neg_event *ev)
{
    int refused =
        c->error.code == H2NEG_ERR_PEER_IS_HTTP1 || c->error.code == H2NEG_ERR_PEER_IS_TLS;
    h2neg__event(c, ev, H2NEG_EV_ERROR, NULL);
    ev->error = h2neg__error_of(c);
    ev->code = c->error.h2_code;
    c->error_owed = 0;
    h2neg__all_done(c, c->error.code, c->error.h2_code ? c->error.h2_code : (uint32_t)H2NEG_CANCEL,
                    0, refused && c->config->role == H2NEG_CLIENT ? 0 : UINT32_MAX);
    return 1;
}

/* Octets that came before the answer to their CONNECT. */
static void h2neg__event_early(h2neg_conn *c, h2neg__stream *s, h2neg_event *ev)
{
    uint32_t len = 0;
    size_t at = h2neg__early_find(c, s->id, 0, &len);
    h2neg__event(c, ev, H2NEG_EV_DATA, s);
    ev->data = h2neg__str(c->part[H2NEG__EARLY].ptr + at + H2NEG__EARLY_HEAD, len);
    c->current_credit = len;
    c->current_early = 1;
}

static void h2neg__event_ws_close(h2neg_conn *c, h2neg__stream *s, h2neg_event *ev)
{
    const h2neg__ws *w = h2neg__ws_of(c, s);
    int said = w->flags & H2NEG__W_GOT && w->control_len > 2;
    s->flags &= ~(uint32_t)H2NEG__S_WS_CLOSE_OWED;
    h2neg__event(c, ev, H2NEG_EV_WS_CLOSE, s);
    ev->code = w->code;
    ev->by_peer = w->flags & H2NEG__W_PEER_FIRST || s->flags & H2NEG__S_BY_PEER;
    if (said)
        ev->reason = h2neg__str(w->control + 2, w->control_len - 2u);
    if (w->error)
        ev->error = h2neg__error(w->error, s->id, w->code == H2NEG_WS_ABNORMAL ? c->offset : w->at);
}

/* The early octets of a WebSocket, up to an event. 1: one was given. */
static int h2neg__event_early_ws(h2neg_conn *c, h2neg__stream *s, h2neg_event *ev)
{
    h2neg__ws *w = h2neg__ws_of(c, s);
    int result = H2NEG__GO_ON;
    while (result != H2NEG__EVENT && s->flags & H2NEG__S_EARLY) {
        uint32_t len = 0;
        size_t taken, at = h2neg__early_find(c, s->id, 0, &len);
        const unsigned char *p = c->part[H2NEG__EARLY].ptr + at;
        uint64_t offset;
        memcpy(&offset, p + 8, sizeof offset);
        result =
            h2neg__ws_read(c, s, h2neg__str(p + H2NEG__EARLY_HEAD + w->early_at, len - w->early_at),
                           offset + w->early_at, ev, &taken);
        w->early_at += taken;
        h2neg__h2_credit(c, s, (uint32_t)taken);
        if (w->early_at < len)
            continue;
        w->early_at = 0;
        h2neg__early_drop(c, s);
        c->ws_due = 1;
    }
    h2neg__h2_credit_due(c, s);
    return result == H2NEG__EVENT;
}

/* Whether an event may be given: an END that asks for an answer waits until one has room. */
static int h2neg__end_waits(const h2neg_conn *c, const h2neg__stream *s)
{
    return c->config->role == H2NEG_SERVER && c->phase < H2NEG__INERT &&
           !(s->flags & (H2NEG__S_HEAD_SENT | H2NEG__S_OPEN_OWED | H2NEG__S_DONE_OWED)) &&
           h2neg__app_room(c) < H2NEG__ANSWER;
}

/* Events that wait, in their order. 1: one was given; 0: none; -1: it must wait. */
static int h2neg__event_owed(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__stream *s;
    if (c->error_owed)
        return h2neg__event_error(c, ev);
    if (c->negotiated_owed) {
        c->negotiated_owed = 0;
        h2neg__event(c, ev, H2NEG_EV_NEGOTIATED, NULL);
        return 1;
    }
    s = h2neg__owed_next(c);
    if (s && s->ws.place && (s->flags & (H2NEG__S_EARLY | H2NEG__S_OPEN_OWED)) == H2NEG__S_EARLY) {
        if (h2neg__event_early_ws(c, s, ev))
            return 1;
        h2neg__settle(c);
        s = h2neg__owed_next(c);
    }
    if (!s)
        return 0;
    if (h2neg__end_waits(c, s))
        return -1;
    if (s->flags & H2NEG__S_OPEN_OWED) {
        s->flags &= ~(uint32_t)H2NEG__S_OPEN_OWED;
        h2neg__event(c, ev, H2NEG_EV_OPEN, s);
        ev->upgrade = s->protocol;
        ev->websocket = s->ws.place != 0;
        c->ws_due = 1; /* the peer may have ended already */
    } else if (s->flags & H2NEG__S_WS_CLOSE_OWED) {
        h2neg__event_ws_close(c, s, ev);
    } else if (s->flags & H2NEG__S_EARLY) {
        h2neg__event_early(c, s, ev);
    } else if (s->flags & H2NEG__S_END_OWED) {
        s->flags &= ~(uint32_t)H2NEG__S_END_OWED;
        h2neg__event(c, ev, H2NEG_EV_END, s);
    } else {
        h2neg__event_done(c, s, ev);
    }
    return 1;
}

/* WRITABLE, once after each call that took less than it was given. */
static int h2neg__event_writable(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__stream *s = NULL;
    if (c->wanting)
        s = h2neg__most_urgent(c, H2NEG__S_WRITABLE, h2neg__writable);
    if (s) {
        h2neg__turn_taken(c, s);
        h2neg__count_flag(s, H2NEG__S_WRITABLE, 0, &c->wanting);
    } else if (!h2neg__request_again(c)) {
        return 0;
    } else {
        c->want_request = 0;
    }
    h2neg__event(c, ev, H2NEG_EV_WRITABLE, s);
    return 1;
}

/* The input has ended and is used up. */
static int h2neg__on_eof(h2neg_conn *c)
{
    if (c->phase == H2NEG__START && h2neg__in(c).len == 0 && c->live == 0) {
        h2neg__inert(c);
        return H2NEG__GO_ON;
    }
    if (c->h1.state != H2NEG__H1_OFF)
        return h2neg__h1_eof(c);
    h2neg__all_done(c, H2NEG_ERR_LOST, H2NEG_CANCEL, 1, UINT32_MAX);
    h2neg__inert(c);
    return H2NEG__GO_ON;
}

/* Octets of the input that belong to a WebSocket. Their credit returns at once: they are in its
   buffer, or the next next comes before the frame's end. */
static int h2neg__ws_input(h2neg_conn *c, h2neg_event *ev)
{
    h2neg__stream *s = h2neg__stream_find(c, c->h2 ? c->h2->data : c->h1.stream);
    h2neg_str in = h2neg__in(c);
    size_t taken;
    int result;
    if (c->h2 && in.len > c->h2->left)
        in.len = c->h2->left;
    result = h2neg__ws_read(c, s, in, c->offset, ev, &taken);
    if (c->phase >= H2NEG__INERT)
        return result;
    h2neg__in_take(c, taken);
    if (c->h2) {
        c->h2->left -= (uint32_t)taken;
        s->recv_octets += taken;
        h2neg__h2_credit(c, h2neg__ws_deaf(h2neg__ws_of(c, s)) ? NULL : s, (uint32_t)taken);
    }
    return result;
}

/* Gives the next event, or moves on until there is none. */
static int h2neg__advance(h2neg_conn *c, h2neg_event *ev)
{
    for (;;) {
        int result;
        h2neg__settle(c);
        result = h2neg__event_owed(c, ev);
        if (result)
            return result > 0;
        if (c->phase >= H2NEG__INERT)
            return 0;
        if (c->expecting)
            h2neg__continue(c);
        if (h2neg__event_writable(c, ev))
            return 1;
        result = h2neg__step(c, ev);
        if (result == H2NEG__OCTETS)
            result = h2neg__ws_input(c, ev);
        c->starved = result == H2NEG__STARVED;
        if (result == H2NEG__STARVED && c->eof)
            result = h2neg__on_eof(c);
        if (result == H2NEG__EVENT)
            return 1;
        if (result != H2NEG__GO_ON)
            return 0;
        H2NEG__NEVER(ev->type); /* what fills it in answers EVENT */
    }
}

/* The loan is over: what is left is kept, and what is idle goes back. */
static void h2neg__loan_end(h2neg_conn *c)
{
    if (c->phase >= H2NEG__INERT)
        c->lent.len = 0;
    if (c->lent.len)
        h2neg__in_keep(c, c->lent.len);
    h2neg__ws_tidy(c);
    if (c->kept == 0)
        h2neg__part_drop(c, H2NEG__IN);
    if (!c->h2 || c->h2->block == 0)
        h2neg__part_drop(c, H2NEG__WORK);
    if (c->h2 && c->h2->owed_pings == 0 && c->h2->owed_resets == 0)
        h2neg__part_drop(c, H2NEG__OWED);
    if (c->live == 0 && !c->placed) {
        h2neg__part_drop(c, H2NEG__STREAMS);
        c->slots = 0;
        c->free_slot = c->owed_first = H2NEG__NONE;
    }
}

H2NEG__DEF int h2neg_next(h2neg_conn *c, h2neg_event *ev)
{
    int result;
    if (!c || !ev)
        return 0;
    h2neg__balance(c);
    h2neg__clear(ev, sizeof *ev);
    h2neg__release(c);
    result = h2neg__advance(c, ev);
    if (!result) {
        h2neg__clear(ev, sizeof *ev);
        h2neg__loan_end(c);
    }
    return result;
}

/* ---- octets ---- */

H2NEG__DEF unsigned h2neg_wants(const h2neg_conn *c)
{
    unsigned w = 0;
    const h2neg__stream *s;
    if (!c || c->lost || c->phase == H2NEG__OVER)
        return H2NEG_WANT_CLOSE;
    if (c->out)
        w |= H2NEG_WANT_WRITE;
    if (c->phase == H2NEG__INERT) {
        int last = c->config->role == H2NEG_CLIENT && c->error.code == 0 &&
                   !c->linger; /* it has what it came for */
        if (c->eof || c->swallowed > H2NEG__SWALLOW || last)
            return w ? w : (unsigned)H2NEG_WANT_CLOSE;
        if (!w && c->linger != H2NEG__LINGER_OPEN)
            w = H2NEG_WANT_HALF_CLOSE;
        return H2NEG_WANT_READ | w;
    }
    s = h2neg__stream_find(c, c->h1.stream);
    if (!w && c->h1.state == H2NEG__H1_TUNNEL && s && s->flags & H2NEG__S_LOCAL_END)
        w |= H2NEG_WANT_HALF_CLOSE;
    if (!c->eof && c->lent.len == 0 && (c->kept == 0 || c->starved) &&
        (!c->config->tls || c->tls_ready))
        w |= H2NEG_WANT_READ;
    return w;
}

static void h2neg__trace(const h2neg_conn *c, int from, const void *octets, size_t len)
{
    if (c->config->trace_fn)
        c->config->trace_fn(c->config->trace_user, from, octets, len);
}

H2NEG__DEF size_t h2neg_feed(h2neg_conn *c, const void *in, size_t len)
{
    if (!c || !in || len == 0 || len > c->config->max_input || !(h2neg_wants(c) & H2NEG_WANT_READ))
        return 0;
    h2neg__balance(c);
    h2neg__release(c);
    c->in_total += len;
    c->h1.loan_seen = 0;
    h2neg__trace(c, c->config->role == H2NEG_SERVER ? H2NEG_CLIENT : H2NEG_SERVER, in, len);
    if (c->phase >= H2NEG__INERT)
        c->swallowed += (uint32_t)(len < H2NEG__SWALLOW ? len : H2NEG__SWALLOW + 1);
    else
        c->lent = h2neg__str(in, len);
    return len;
}

/* The octets that wait to be written, or NULL. */
static const void *h2neg__run(const h2neg_conn *c)
{
    if (!c->out)
        return NULL;
    return (c->spoken ? (const unsigned char *)c->words : c->part[H2NEG__OUT].ptr) + c->out_at;
}

H2NEG__DEF size_t h2neg_output(h2neg_conn *c, const void **run)
{
    if (!c || !run)
        return 0;
    h2neg__balance(c);
    h2neg__settle(c);
    *run = h2neg__run(c);
    c->shown = c->out != 0;
    return c->lost ? 0 : c->out;
}

H2NEG__DEF void h2neg_output_done(h2neg_conn *c, size_t written)
{
    if (!c)
        return;
    if (written > c->out)
        written = c->out;
    if (written)
        h2neg__trace(c, c->config->role, h2neg__run(c), written);
    c->shown = 0;
    c->out -= written;
    c->out_at += written;
    if (c->out)
        return;
    c->out_at = 0;
    h2neg__settle(c);
    if (c->out == 0)
        h2neg__part_drop(c, H2NEG__OUT);
}

H2NEG__DEF void h2neg_eof(h2neg_conn *c)
{
    if (!c)
        return;
    h2neg__release(c);
    c->eof = 1;
}

H2NEG__DEF void h2neg_lost(h2neg_conn *c)
{
    if (!c || c->lost)
        return;
    h2neg__balance(c);
    h2neg__release(c);
    h2neg__all_done(c, H2NEG_ERR_LOST, H2NEG_CANCEL, 1, UINT32_MAX);
    h2neg__inert(c);
    c->lost = 1;
    c->out_total -= c->out; /* it is never written */
    c->lent.len = c->out = 0;
}

/* ==== 23b >>conn-time ======================================================
   Time: what runs out, and when to look again.  Uses >>conn-next.
   Memory: a start for each timer and for each stream.
   An interval begins at the first tick after its cause: a timer may be late and is never early.
   ========================================================================== */

/* A stream that waits: too slow, or stalled. `at` becomes the earlier of itself and the next look.
 */
static int h2neg__too_slow(uint64_t now, uint64_t *since, uint64_t octets, uint32_t rate,
                           uint32_t grace, uint64_t *at)
{
    uint64_t spent;
    if (*since == 0)
        *since = now + 1;
    spent = now + 1 - *since;
    if (grace == H2NEG_OFF || rate == 0)
        return 0;
    if (spent >= grace && octets * 1000 < (uint64_t)rate * spent)
        return 1;
    spent = spent >= grace ? now + 1000 : *since - 1 + grace;
    if (spent < *at)
        *at = spent;
    return 0;
}

static int h2neg__body_is_due(const h2neg_conn *c, const h2neg__stream *s)
{
    uint32_t not_due = H2NEG__S_REMOTE_END | H2NEG__S_HELD | H2NEG__S_EXPECT | H2NEG__S_WAITS |
                       H2NEG__S_TUNNEL | H2NEG__S_HEAD_SENT;
    return c->config->role == H2NEG_SERVER && !(s->flags & not_due) && !c->h1.loan_seen &&
           (c->kept == 0 || c->starved);
}

/* Something was `limit` milliseconds without a change. `at` becomes the earlier of itself and that
   moment. */
static int h2neg__ran_out(uint64_t now, uint64_t *since, uint32_t limit, uint64_t *at)
{
    if (limit == H2NEG_OFF)
        return 0;
    if (*since == 0)
        *since = now + 1;
    if (now + 1 - *since >= limit)
        return 1;
    if (*since - 1 + limit < *at)
        *at = *since - 1 + limit;
    return 0;
}

/* A client's wait for a response; a server's for a body. 0, or an error. */
static int h2neg__stream_tick_in(h2neg_conn *c, h2neg__stream *s, uint64_t *at)
{
    const h2neg_config *g = c->config;
    int asked = s->flags & (H2NEG__S_LOCAL_END | H2NEG__S_WAITS) &&
                !(s->flags & (H2NEG__S_HEAD_GOT | H2NEG__S_TUNNEL));
    if (g->role == H2NEG_CLIENT && asked)
        return h2neg__ran_out(c->now, &s->recv_since, g->response_timeout, at)
                   ? H2NEG_ERR_TIMEOUT_RESPONSE
                   : 0;
    if (h2neg__body_is_due(c, s))
        return h2neg__too_slow(c->now, &s->recv_since,
                               s->recv_octets - s->recv_mark + c->lent.len, /* came in time */
                               g->body_min_rate, g->rate_grace, at)
                   ? H2NEG_ERR_TIMEOUT_BODY
                   : 0;
    s->recv_since = 0;
    s->recv_mark = s->recv_octets;
    return 0;
}

/* A Close of ours that waits for the peer's. */
static int h2neg__ws_tick(h2neg_conn *c, h2neg__stream *s, uint64_t *at)
{
    const h2neg__ws *w = h2neg__ws_of(c, s);
    if (!(w->flags & H2NEG__W_SENT) && w->owed != H2NEG_WS_CLOSE) {
        s->stall_since = 0;
        return 0;
    }
    return h2neg__ran_out(c->now, &s->stall_since, c->config->close_timeout, at)
               ? H2NEG_ERR_TIMEOUT_CLOSE
               : 0;
}

/* Octets of a body that count against its peer: its own, and those of others that went first while
   its window was open, for then it is not the peer that is slow, as long as the others are not. */
static uint64_t h2neg__send_progress(const h2neg_conn *c, h2neg__stream *s)
{
    uint64_t own = s->send_octets + s->others - s->stall_octets;
    if (c->h2 && h2neg__h2_stream_window(c, s) > 0 && c->h2->sent_lately > own)
        s->others += c->h2->sent_lately - own;
    return s->send_octets + s->others;
}

/* The times of one stream. 0, or the error that ends it. */
static int h2neg__stream_tick(h2neg_conn *c, h2neg__stream *s, uint64_t *at)
{
    const h2neg_config *g = c->config;
    uint64_t octets;
    int err = h2neg__stream_tick_in(c, s, at);
    if (err)
        return err;
    if (s->ws.place && s->flags & H2NEG__S_TUNNEL)
        return h2neg__ws_tick(c, s, at);
    if (!(s->flags & (H2NEG__S_BODY | H2NEG__S_WRITABLE)) || s->flags & H2NEG__S_TUNNEL ||
        !(s->flags & H2NEG__S_HEAD_SENT)) {
        s->send_since = s->stall_since = 0;
        return 0;
    }
    octets = h2neg__send_progress(c, s);
    if (s->stall_octets != octets)
        s->stall_since = 0;
    s->stall_octets = octets;
    if (h2neg__ran_out(c->now, &s->stall_since, g->write_stall, at) ||
        h2neg__too_slow(c->now, &s->send_since, octets, g->write_min_rate, g->rate_grace, at))
        return H2NEG_ERR_TIMEOUT_WRITE;
    return 0;
}

/* The peer did not close in time. Where its Close came, the stream alone is left to end. */
static void h2neg__ws_expire(h2neg_conn *c, h2neg__stream *s)
{
    if (h2neg__ws_deaf(h2neg__ws_of(c, s)))
        h2neg__h2_reset(c, s, s->error, s->error ? h2neg_error_h2(s->error) : 0);
    else
        h2neg__ws_abort(c, s, H2NEG_ERR_TIMEOUT_CLOSE);
    if (!c->h2)
        c->phase = H2NEG__OVER;
}

static void h2neg__streams_tick(h2neg_conn *c, uint64_t *at)
{
    size_t i;
    if (c->h2) {
        c->h2->sent_lately = c->h2->sent - c->h2->sent_before;
        c->h2->sent_before = c->h2->sent;
    }
    for (i = 0; i < c->slots && c->phase < H2NEG__INERT; i++) {
        h2neg__stream *s = h2neg__slot(c, i);
        int err = s->id && !(s->flags & (H2NEG__S_DONE | H2NEG__S_DONE_OWED))
                      ? h2neg__stream_tick(c, s, at)
                      : 0;
        if (err == H2NEG_ERR_TIMEOUT_CLOSE && (!c->h2 || h2neg__ws_deaf(h2neg__ws_of(c, s))))
            h2neg__ws_expire(c, s);
        else if (err && c->h2)
            h2neg__h2_stream_error(c, s->id, err);
        else if (err)
            h2neg__fail(c, err, c->offset);
    }
}

/* Which timers run, a bit for each. */
static unsigned h2neg__timers_run(const h2neg_conn *c)
{
    const h2neg__http2 *h = c->h2;
    unsigned run = 0;
    int off = c->h1.state == H2NEG__H1_OFF;
    int head = h ? h->block != 0 && c->starved
                 : c->kept && c->starved && (off || c->h1.state == H2NEG__H1_HEAD);
    if (c->phase == H2NEG__INERT) /* what is left of the last answer may take its time */
        return 1u << (c->out && c->config->write_stall != H2NEG_OFF ? H2NEG__T_STALL
                                                                    : H2NEG__T_INERT);
    if (c->phase > H2NEG__INERT)
        return 0;
    if (head)
        run |= 1u << H2NEG__T_HEAD;
    if (c->live == 0 && c->out == 0 && (c->kept == 0 || h))
        run |= 1u << H2NEG__T_IDLE; /* a part of a frame is no reason to wait for ever */
    if (h && h->first && off)
        run |= 1u << H2NEG__T_PREFACE;
    if (h && h->settings_unacked && !h->first)
        run |= 1u << H2NEG__T_SETTINGS;
    if (c->shut)
        run |= 1u << H2NEG__T_DRAIN;
    if (c->h1.early)
        run |= 1u << H2NEG__T_EARLY;
    if (c->out)
        run |= 1u << H2NEG__T_STALL;
    return run;
}

/* What ends when it has run for its limit. */
typedef struct h2neg__timer {
    size_t limit; /* the field of the config */
    int error;    /* 0: the connection ends without one */
} h2neg__timer;
#define H2NEG__TIMER(limit, error)                                                                 \
    {                                                                                              \
        offsetof(h2neg_config, limit), error                                                       \
    }
static const h2neg__timer h2neg__timers[H2NEG__TIMERS] = {
    H2NEG__TIMER(head_timeout, H2NEG_ERR_TIMEOUT_HEAD),
    H2NEG__TIMER(idle_timeout, H2NEG_ERR_TIMEOUT_IDLE),
    H2NEG__TIMER(preface_timeout, H2NEG_ERR_TIMEOUT_PREFACE),
    H2NEG__TIMER(settings_timeout, H2NEG_ERR_TIMEOUT_SETTINGS),
    H2NEG__TIMER(drain_timeout, 0),
    H2NEG__TIMER(early_drain_timeout, 0),
    H2NEG__TIMER(early_drain_timeout, 0),
    H2NEG__TIMER(write_stall, H2NEG_ERR_TIMEOUT_WRITE)};
#undef H2NEG__TIMER

static void h2neg__timer_ends(h2neg_conn *c, int i)
{
    int error = h2neg__timers[i].error;
    if (i == H2NEG__T_INERT || i == H2NEG__T_STALL) {
        h2neg__all_done(c, error, H2NEG_CANCEL, 0, UINT32_MAX);
        h2neg__inert(c);
        c->phase = H2NEG__OVER;
    } else if (error) {
        h2neg__fail(c, error, c->offset);
    } else {
        if (c->h2)
            c->h2->goaway_owed = 2;
        h2neg__all_done(c, 0, H2NEG_CANCEL, 0, UINT32_MAX);
        h2neg__inert(c);
    }
}

/* What begins a timer anew: octets that came or went, octets that were written. */
static void h2neg__timer_marks(h2neg_conn *c)
{
    uint64_t idle = c->in_total + c->out_total, stall = c->out_total - c->out;
    if (c->mark_idle != idle)
        c->since[H2NEG__T_IDLE] = 0;
    c->mark_idle = idle;
    if (c->phase == H2NEG__INERT && c->since[H2NEG__T_STALL] &&
        (stall - c->mark_stall) * 1000 <
            c->config->write_min_rate * (c->now + 1 - c->since[H2NEG__T_STALL]))
        return; /* the last answer keeps to write_min_rate: no other timer runs */
    if (c->mark_stall != stall)
        c->since[H2NEG__T_STALL] = 0;
    c->mark_stall = stall;
}

/* One timer that runs, at `now`. */
static void h2neg__timer_tick(h2neg_conn *c, int i, uint64_t *at)
{
    uint32_t limit;
    memcpy(&limit, (const char *)c->config + h2neg__timers[i].limit, sizeof limit);
    if (limit == H2NEG_OFF)
        return;
    if (c->since[i] == 0)
        c->since[i] = c->now + 1;
    if (c->now + 1 - c->since[i] >= limit) {
        h2neg__timer_ends(c, i);
        return;
    }
    if (i == H2NEG__T_DRAIN && c->h2 && c->h2->drain_ping == 2) {
        uint32_t first = limit / 10; /* the peer owes the PING's answer first */
        if (c->now + 1 - c->since[i] < first) {
            limit = first;
        } else {
            c->h2->drain_ping = 0;
            c->h2->goaway_owed = 2;
        }
    }
    if (c->since[i] - 1 + limit < *at && c->since[i] - 1 + limit > c->now)
        *at = c->since[i] - 1 + limit;
}

static void h2neg__timers_tick(h2neg_conn *c, uint64_t *at)
{
    unsigned run = h2neg__timers_run(c);
    int i;
    for (i = 0; i < H2NEG__TIMERS; i++)
        if (run >> i & 1) {
            h2neg__timer_tick(c, i, at);
            run = h2neg__timers_run(c); /* others begin when one has ended something */
        } else {
            c->since[i] = 0;
        }
}

/* 33 resets a second are given back; what is no whole one waits for the next tick. */
static void h2neg__h2_mend(h2neg__http2 *h, uint64_t ms, uint32_t budget)
{
    uint64_t lack = budget - (uint32_t)h->resets, back = h->mended + ms * 33;
    h->mended = (uint16_t)(back % 1000);
    back /= 1000;
    h->resets += (int32_t)(back < lack ? back : lack);
}

H2NEG__DEF uint64_t h2neg_tick(h2neg_conn *c, uint64_t now_ms)
{
    uint64_t at = H2NEG_NEVER, back;
    if (!c || c->lost || c->phase == H2NEG__OVER)
        return H2NEG_NEVER;
    h2neg__balance(c);
    h2neg__release(c);
    if (now_ms > c->now) { /* overhead is forgiven slowly, resets 33 a second */
        back = c->now ? now_ms - c->now : 0;
        c->overhead -= c->overhead < back * 4 ? c->overhead : back * 4;
        h2neg__ws_forgive(c, back * 4);
        if (c->h2 && c->h2->resets > 0)
            h2neg__h2_mend(c->h2, back, c->config->reset_budget);
        c->now = now_ms;
    }
    h2neg__timer_marks(c);
    h2neg__timers_tick(c, &at);
    c->h1.loan_seen = c->h1.loan_seen && c->lent.len;
    h2neg__streams_tick(c, &at);
    c->h1.loan_seen = c->lent.len != 0;
    if (c->phase == H2NEG__INERT)
        h2neg__timers_tick(c, &at); /* a stream may have ended the connection: another begins */
    h2neg__settle(c);
    return at;
}

/* ==== 23c >>conn-calls =====================================================
   The sending calls, a stream's switches, drain and end.  Uses >>negotiate and the sending rooms.
   Memory: what is taken is written at once, or copied into the queue, or borrowed until DONE.
   What is refused with AGAIN has changed nothing.
   ========================================================================== */

/* Whether authority and target are what a server lets in (RFC 9112 3.2, RFC 9113 8.3.1, 8.5): the
   target of "http://a?b" is "/?b". */
static int h2neg__plan_target(const h2neg_conn *c, const h2neg_message *m, int tunnel)
{
    h2neg_authority a;
    int web = m->scheme.len == 0 || H2NEG__IS_NOCASE(m->scheme, "http") ||
              H2NEG__IS_NOCASE(m->scheme, "https");
    if (m->authority.len && h2neg_authority_parse(&a, m->authority) != 0)
        return 0;
    if (tunnel)
        return m->authority.len && a.port > 0;
    if (m->target.len == 0 || m->target.ptr[0] == '/')
        return 1;
    if (!c->h2)
        return h2neg__check_request_line(m->method.len ? m->method : h2neg_s("GET"), m->target) ==
               0;
    return !web || (H2NEG__IS(m->target, "*") && H2NEG__IS(m->method, "OPTIONS"));
}

/* The parts of a request that must be right before anything is written. 0 or < 0. */
static int h2neg__plan_request(h2neg__plan *p, const h2neg_conn *c, const h2neg_message *m,
                               unsigned flags)
{
    int connect = H2NEG__IS(m->method, "CONNECT"), waits = connect || m->upgrade.len;
    int posts = H2NEG__IS(m->method, "POST") || H2NEG__IS(m->method, "PUT") ||
                H2NEG__IS(m->method, "PATCH");
    int err;
    memset(p, 0, sizeof *p);
    p->length = H2NEG_UNKNOWN;
    if (m->status || (m->body_len && !m->body) || (waits && (flags & H2NEG_MORE || m->body_len)) ||
        (m->method.len && !h2neg__is_token(m->method)) || m->method.len > 32 ||
        h2neg__target_span(m->target) != m->target.len ||
        h2neg__target_span(m->authority) != m->authority.len ||
        !h2neg__all(m->scheme, H2NEG__TARGET) ||
        !h2neg__plan_target(c, m, connect && !m->upgrade.len) ||
        (m->upgrade.len && !h2neg__all(m->upgrade, H2NEG__TARGET)))
        return H2NEG_ERR_INVALID;
    if (m->upgrade.len &&
        (c->h2 ? !connect && m->method.len && !H2NEG__IS(m->method, "GET") : connect))
        return H2NEG_ERR_INVALID; /* over HTTP/2 the method becomes CONNECT (RFC 8441 4) */
    err = h2neg__fields_check(m->fields, m->field_count, &p->length, c->h2 != NULL);
    if (!err)
        err = h2neg__plan_body(p, m, flags, waits);
    if (!posts && m->body_len == 0 && p->add_length) {
        p->add_length = 0;
        p->length = H2NEG_UNKNOWN;
    }
    if (waits)
        p->ends = 0;
    return err;
}

/* Whether a request asks for a WebSocket of ours. */
static int h2neg__wants_ws(const h2neg_conn *c, const h2neg_message *m)
{
    return c->config->protocols & H2NEG_WEBSOCKET && H2NEG__IS_NOCASE(m->upgrade, "websocket");
}

/* The handshake's own fields are the connection's to write. 0 or INVALID. */
static int h2neg__check_ws(const h2neg_message *m)
{
    static const char *const own[] = {"sec-websocket-key", "sec-websocket-version",
                                      "sec-websocket-protocol", "sec-websocket-extensions"};
    h2neg_field f;
    size_t i;
    if (m->method.len && !H2NEG__IS(m->method, "GET")) /* RFC 6455 4.1 */
        return H2NEG_ERR_INVALID;
    for (i = 0; i < H2NEG__COUNT(own); i++)
        if (h2neg_find(m->fields, m->field_count, own[i], NULL))
            return H2NEG_ERR_INVALID;
    f.name = h2neg_s("sec-websocket-protocol");
    f.value = m->subprotocols;
    f.flags = 0;
    return m->subprotocols.len == 0 ||
                   (h2neg__is_value(f.value) && h2neg__ws_subprotocols_ok(&f, 1))
               ? 0
               : (int)H2NEG_ERR_INVALID;
}

/* What a WebSocket's request needs: its own place, and fields. 0 or < 0. */
static int h2neg__request_ws(h2neg_conn *c, h2neg__stream *s, const h2neg_message *m,
                             h2neg__plan *p, h2neg__ws_fields *x)
{
    h2neg__ws *w = h2neg__ws_new(c, s);
    int err;
    if (!w)
        return H2NEG_ERR_NOMEM;
    w->subprotocols = m->subprotocols;
    err = h2neg__ws_request_fields(c, w, x);
    p->extra = x->fields;
    p->extra_count = x->count;
    s->flags |= H2NEG__S_WS;
    return err;
}

static int h2neg__request_now(h2neg_conn *c, const h2neg_message *m, unsigned flags, h2neg__plan *p,
                              uint32_t *stream)
{
    h2neg__stream *s = h2neg__stream_new(c, c->next_stream);
    h2neg__ws_fields x;
    int err = 0;
    if (!s)
        return H2NEG_ERR_NOMEM;
    if (H2NEG__IS(m->method, "HEAD"))
        s->flags |= H2NEG__S_HEAD;
    if (H2NEG__IS(m->method, "CONNECT") || (c->h2 && m->upgrade.len))
        s->flags |= H2NEG__S_CONNECT;
    if (m->upgrade.len || s->flags & H2NEG__S_CONNECT)
        s->flags |= H2NEG__S_WAITS;
    s->protocol = m->upgrade;
    if (h2neg__wants_ws(c, m))
        err = h2neg__request_ws(c, s, m, p, &x);
    if (!err)
        err = c->h2 ? h2neg__h2_request(c, s, m, flags, p) : h2neg__h1_request(c, s, m, flags, p);
    if (err) {
        h2neg__stream_free(c, s);
        return err;
    }
    *stream = s->id;
    c->next_stream += 2;
    c->requests++;
    if (c->h2)
        c->h2->opened++;
    return 0;
}

H2NEG__DEF int h2neg_request(h2neg_conn *c, const h2neg_message *m, unsigned flags,
                             uint32_t *stream)
{
    uint32_t id = 0;
    h2neg_message whole;
    h2neg__plan p;
    int err = c ? h2neg__may_request(c) : (int)H2NEG_ERR_CLOSED;
    int what = err ? H2NEG__FOR_STREAM : H2NEG__FOR_ROOM;
    if (!err && !m)
        err = H2NEG_ERR_INVALID;
    if (!err)
        err = h2neg__plan_request(&p, c, m, flags);
    if (!err && c->h2 && m->upgrade.len && !c->h2->peer_connect) {
        err = c->h2->first ? H2NEG_ERR_AGAIN : H2NEG_ERR_NOT_SUPPORTED;
        what = H2NEG__FOR_SETTINGS;
    }
    if (!err && h2neg__wants_ws(c, m)) {
        err = h2neg__check_ws(m);
        if (!err && h2neg__ws_full(c)) {
            err = H2NEG_ERR_AGAIN;
            what = H2NEG__FOR_WS;
        }
    }
    if (!err) {
        whole = *m;
        if (whole.scheme.len == 0)
            whole.scheme = h2neg_s(c->config->tls ? "https" : "http");
        err = h2neg__request_now(c, &whole, flags, &p, &id);
    }
    if (err == H2NEG_ERR_AGAIN) {
        c->want_request = (unsigned char)what;
        c->again_room = (uint32_t)h2neg__app_room(c);
    }
    if (stream)
        *stream = id;
    if (err)
        return err;
    h2neg__last(c, flags);
    h2neg__settle(c);
    return 0;
}

/* Sends what fits of a body, whoever else waits. */
static void h2neg__push_body(h2neg_conn *c, h2neg__stream *s)
{
    while (s->flags & H2NEG__S_BODY) {
        ptrdiff_t n = c->h2 ? h2neg__h2_put_data(c, s, s->body, s->body_left, 1, h2neg__app_room(c))
                            : h2neg__h1_put_body(c, s, s->body, s->body_left, 1);
        if (n <= 0)
            break;
        h2neg__body_sent(c, s, (size_t)n);
        if (s->body_left)
            continue;
        if (c->h2)
            h2neg__h2_local_end(c, s);
        else
            h2neg__h1_local_end(c, s);
    }
}

H2NEG__DEF int h2neg_respond(h2neg_conn *c, uint32_t s, const h2neg_message *m, unsigned flags)
{
    h2neg__stream *found = h2neg__stream_open(c, s);
    h2neg__plan p;
    int err;
    if (!found)
        return H2NEG_ERR_STREAM_GONE;
    if (!m || c->config->role != H2NEG_SERVER)
        return H2NEG_ERR_INVALID;
    err = h2neg__plan_response(&p, found, m, flags);
    if (err)
        return err;
    err = c->h2 ? h2neg__h2_respond(c, found, m, flags, &p)
                : h2neg__h1_respond(c, found, m, flags, &p);
    if (err == H2NEG_ERR_AGAIN)
        h2neg__short(c, found, 0);
    if (err)
        return err;
    if (m->status == 100)
        found->flags &= ~(uint32_t)H2NEG__S_EXPECT;
    h2neg__last(c, flags);
    if (c->sending == 1) /* the only body: a small response takes 0.97 of the instructions */
        h2neg__push_body(c, found);
    h2neg__settle(c);
    return 0;
}

/* Whether `len` octets behind a head can go out at once: windows and room. */
static int h2neg__goes_at_once(const h2neg_conn *c, const h2neg__stream *s, const h2neg_message *m,
                               const h2neg__plan *p)
{
    size_t head = h2neg__message_bound(c, m, p) + 1024, room = h2neg__app_room(c);
    size_t need = head + m->body_len;
    if (c->h2) {
        need += 9 * (h2neg__h2_frames(c, m->body_len) + 2);
        if (h2neg__h2_stream_window(c, s) < (int64_t)m->body_len ||
            c->h2->send < (int64_t)m->body_len)
            return 0;
    }
    return need <= room;
}

/* ... and copies the rest into the queue, which has room for it. */
static void h2neg__reply_body(h2neg_conn *c, h2neg__stream *s)
{
    h2neg__push_body(c, s);
    if (!(s->flags & H2NEG__S_BODY))
        return;
    s->body_at = c->queued;
    memcpy(c->part[H2NEG__QUEUE].ptr + c->queued, s->body, s->body_left);
    c->queued += s->body_left;
    s->flags |= H2NEG__S_QUEUED;
}

H2NEG__DEF int h2neg_reply(h2neg_conn *c, uint32_t s, int status, const char *type,
                           const void *body, size_t len)
{
    h2neg__stream *found = h2neg__stream_open(c, s);
    h2neg_field field = h2neg_f("content-type", type);
    h2neg_message m;
    h2neg__plan p;
    int err;
    if (!found)
        return H2NEG_ERR_STREAM_GONE;
    h2neg__clear(&m, sizeof m);
    m.status = status;
    m.fields = &field;
    m.field_count = type != NULL;
    m.body = body;
    m.body_len = len;
    if (c->config->role != H2NEG_SERVER || status < 200)
        return H2NEG_ERR_INVALID;
    err = h2neg__plan_response(&p, found, &m, 0);
    if (err)
        return err;
    if (c->h2 && !h2neg__h2_flush(c)) /* what is owed takes its room first */
        err = H2NEG_ERR_AGAIN;
    if (!err && !p.ends && !h2neg__goes_at_once(c, found, &m, &p)) {
        size_t head = h2neg__message_bound(c, &m, &p) + 64;
        if (len > c->config->max_queued)
            err = len > c->config->max_output_pending / 2 ? H2NEG_ERR_TOO_SMALL : H2NEG_ERR_AGAIN;
        else if (len > c->config->max_queued - c->queued || h2neg__app_room(c) < head)
            err = H2NEG_ERR_AGAIN;
        if (err == H2NEG_ERR_AGAIN) {
            h2neg__short(c, found, len);
            found->body_at = head;
            if (c->h2)
                h2neg__h2_refused(c, head);
        }
        if (err)
            return err;
        if (!h2neg__part_grow(c, H2NEG__QUEUE, c->queued + len, 1024))
            return H2NEG_ERR_NOMEM;
    }
    if (!err)
        err =
            c->h2 ? h2neg__h2_respond(c, found, &m, 0, &p) : h2neg__h1_respond(c, found, &m, 0, &p);
    if (err == H2NEG_ERR_AGAIN)
        h2neg__short(c, found, 0);
    if (err)
        return err;
    h2neg__reply_body(c, found);
    h2neg__settle(c);
    return 0;
}

/* A stream on which octets may be sent: its head is out, its end is not. 0 or < 0. */
static int h2neg__may_send(const h2neg__stream *s)
{
    if (!s)
        return H2NEG_ERR_STREAM_GONE;
    if (!(s->flags & H2NEG__S_HEAD_SENT) || s->ws.place ||
        s->flags & (H2NEG__S_LOCAL_END | H2NEG__S_WAITS | H2NEG__S_BODY))
        return H2NEG_ERR_INVALID;
    return 0;
}

H2NEG__DEF ptrdiff_t h2neg_send(h2neg_conn *c, uint32_t s, const void *body, size_t len,
                                unsigned flags)
{
    h2neg__stream *found = h2neg__stream_open(c, s);
    const unsigned char *data = (const unsigned char *)body;
    int last = !(flags & H2NEG_MORE), err = h2neg__may_send(found);
    ptrdiff_t n;
    size_t drop = 0, left;
    if (err || (len && !body))
        return err ? err : (ptrdiff_t)H2NEG_ERR_INVALID;
    if (found->send_left != H2NEG_UNKNOWN &&
        (len > found->send_left || (last && len != found->send_left)))
        return H2NEG_ERR_LENGTH_MISMATCH;
    if (found->flags & H2NEG__S_DROP) {
        drop = len;
        len = 0;
        if (!last)
            return (ptrdiff_t)drop;
    }
    if (len == 0 && !last)
        return 0;
    n = c->h2 ? h2neg__h2_send(c, found, data, len, flags)
              : h2neg__h1_send(c, found, data, len, flags);
    left = n < 0 ? 0 : len - (size_t)n;
    if (n < 0 || left)
        h2neg__short(c, found, left < 1024 ? left : 1024);
    if (n >= 0 && found->send_left != H2NEG_UNKNOWN)
        found->send_left -= (uint64_t)n;
    if (n >= 0)
        h2neg__last(c, flags);
    return n < 0 ? n : n + (ptrdiff_t)drop;
}

H2NEG__DEF size_t h2neg_room(const h2neg_conn *c, uint32_t s)
{
    const h2neg__stream *found = c && c->phase < H2NEG__INERT ? h2neg__stream_find(c, s) : NULL;
    if (!found || !(found->flags & H2NEG__S_HEAD_SENT) ||
        found->flags & (H2NEG__S_DONE | H2NEG__S_DONE_OWED | H2NEG__S_WE_RESET | H2NEG__S_WAITS))
        return 0;
    return h2neg__room_of(c, found);
}

H2NEG__DEF int h2neg_trailers(h2neg_conn *c, uint32_t s, const h2neg_field *fields, size_t count)
{
    h2neg__stream *found = h2neg__stream_open(c, s);
    uint64_t length = H2NEG_UNKNOWN;
    int err = h2neg__may_send(found);
    size_t i;
    if (!err)
        err = h2neg__fields_check(fields, count, &length, 0);
    for (i = 0; !err && i < count; i++)
        if (h2neg__forbidden_trailer(fields[i].name))
            err = H2NEG_ERR_INVALID;
    if (!err && found->send_left != H2NEG_UNKNOWN && found->send_left)
        err = H2NEG_ERR_LENGTH_MISMATCH;
    if (!err && (count == 0 || found->flags & (H2NEG__S_DROP | H2NEG__S_TUNNEL)))
        return (int)h2neg_send(c, s, NULL, 0, 0);
    if (!err)
        err = c->h2 ? h2neg__h2_trailers(c, found, fields, count)
                    : h2neg__h1_trailers(c, found, fields, count);
    if (err == H2NEG_ERR_AGAIN)
        h2neg__short(c, found, 0);
    return err;
}

H2NEG__DEF int h2neg_reset(h2neg_conn *c, uint32_t s, uint32_t code)
{
    h2neg__stream *found = h2neg__stream_open(c, s);
    if (!found)
        return H2NEG_ERR_STREAM_GONE;
    if (c->h2) {
        h2neg__h2_reset(c, found, 0, code);
        h2neg__settle(c);
        return 0;
    }
    h2neg__stream_done(c, found, 0, code, 0);
    h2neg__inert(c);
    return 0;
}

/* ---- a stream's switches ---- */

H2NEG__DEF int h2neg_hold(h2neg_conn *c, uint32_t s, int on)
{
    h2neg__stream *found = h2neg__stream_open(c, s);
    uint32_t held;
    if (!found)
        return H2NEG_ERR_STREAM_GONE;
    found->flags &= ~(uint32_t)H2NEG__S_HELD;
    if (on) {
        found->flags |= H2NEG__S_HELD;
        return 0;
    }
    held = found->held;
    found->held = 0;
    if (c->h2) {
        h2neg__h2_stream_credit(found, held);
        h2neg__h2_credit_due(c, found);
        h2neg__settle(c);
    }
    if (found->flags & H2NEG__S_EXPECT)
        c->expecting = s;
    return 0;
}

/* A stream whose number the application may still use; NULL: its DONE was taken, and it is not
 * kept.
 */
static h2neg__stream *h2neg__stream_known(h2neg_conn *c, uint32_t id)
{
    h2neg__stream *s = c ? h2neg__stream_find(c, id) : NULL;
    if (s && (s->flags & (H2NEG__S_DONE | H2NEG__S_KEEP)) == H2NEG__S_DONE && c->current != id)
        return NULL;
    return s;
}

H2NEG__DEF int h2neg_keep(h2neg_conn *c, uint32_t s, int on)
{
    h2neg__stream *found = h2neg__stream_known(c, s);
    if (!found)
        return H2NEG_ERR_STREAM_GONE;
    found->flags &= ~(uint32_t)H2NEG__S_KEEP;
    if (on)
        found->flags |= H2NEG__S_KEEP;
    h2neg__stream_let_go(c, found);
    return 0;
}

H2NEG__DEF int h2neg_set_user(h2neg_conn *c, uint32_t s, void *user)
{
    h2neg__stream *found = h2neg__stream_known(c, s);
    if (!found)
        return H2NEG_ERR_STREAM_GONE;
    found->user = user;
    return 0;
}

/* The token of the offer that an accept chooses: `choice`, or the first one. len 0: it is not
   there. */
static h2neg_str h2neg__h1_choice(const h2neg_conn *c, const char *choice)
{
    h2neg_field f;
    h2neg_list list;
    h2neg_str token;
    memset(&list, 0, sizeof list);
    f.name = h2neg_s("upgrade");
    f.value = h2neg__str(c->words, c->h1.offer_len);
    f.flags = 0;
    while (h2neg_list_next(&list, &f, 1, "upgrade", &token))
        if (!choice || h2neg_is_nocase(token, choice))
            return token;
    return h2neg__str(NULL, 0);
}

/* The handshake's own fields, extensions among them, are the connection's to write. */
static int h2neg__accept_fields_ok(const h2neg_field *fields, size_t count)
{
    return h2neg__ws_fields_ok(fields, count) &&
           !h2neg_find(fields, count, "sec-websocket-extensions", NULL);
}

/* A WebSocket's place, its fields, and the key's answer. LIMIT_STREAMS: a 503 has gone out in its
   place. 0 or < 0. */
static int h2neg__accept_ws(h2neg_conn *c, h2neg__stream *s, const char *subprotocol,
                            h2neg__plan *p, h2neg__ws_fields *x)
{
    int err;
    if (subprotocol && !h2neg__ws_may_choose(s, subprotocol))
        return H2NEG_ERR_INVALID;
    if (h2neg__ws_full(c)) {
        err = h2neg_reply(c, s->id, 503, NULL, NULL, 0);
        return err ? err : (int)H2NEG_ERR_LIMIT_STREAMS;
    }
    if (!h2neg__ws_new(c, s))
        return H2NEG_ERR_NOMEM;
    h2neg__ws_accept_fields(c, s, subprotocol, x);
    p->extra = x->fields;
    p->extra_count = x->count;
    return 0;
}

/* The answer that opens a tunnel. 0 or < 0. */
static int h2neg__accept_now(h2neg_conn *c, h2neg__stream *s, const char *protocol,
                             const h2neg_field *fields, size_t count)
{
    h2neg_str token = h2neg__str(NULL, 0);
    h2neg__ws_fields x;
    h2neg__plan p;
    int err;
    memset(&p, 0, sizeof p);
    if (s->flags & H2NEG__S_WS)
        token = h2neg_s("websocket");
    else if (!(s->flags & H2NEG__S_CONNECT))
        token = h2neg__h1_choice(c, protocol);
    if (token.len == 0 && !(s->flags & H2NEG__S_CONNECT))
        return H2NEG_ERR_INVALID;
    err = s->flags & H2NEG__S_WS ? h2neg__accept_ws(c, s, protocol, &p, &x) : 0;
    if (!err)
        err = c->h2 ? h2neg__h2_accept(c, s, &p, fields, count)
                    : h2neg__h1_accept(c, s, token, &p, fields, count);
    if (err)
        h2neg__ws_free(c, s);
    s->protocol = token;
    return err;
}

H2NEG__DEF int h2neg_accept(h2neg_conn *c, uint32_t s, const char *protocol,
                            const h2neg_field *fields, size_t count)
{
    h2neg__stream *found = h2neg__stream_open(c, s);
    uint64_t length = H2NEG_UNKNOWN;
    int err;
    if (!found)
        return H2NEG_ERR_STREAM_GONE;
    if (c->config->role != H2NEG_SERVER || !(found->flags & H2NEG__S_WAITS) ||
        h2neg__fields_check(fields, count, &length, 0) || length != H2NEG_UNKNOWN ||
        (found->flags & H2NEG__S_WS && !h2neg__accept_fields_ok(fields, count)))
        return H2NEG_ERR_INVALID;
    err = h2neg__accept_now(c, found, protocol, fields, count);
    if (err == H2NEG_ERR_AGAIN)
        h2neg__short(c, found, 0);
    if (err)
        return err;
    found->flags &= ~(uint32_t)H2NEG__S_WAITS;
    found->flags |= H2NEG__S_HEAD_SENT | H2NEG__S_TUNNEL;
    found->recv_left = found->send_left = H2NEG_UNKNOWN;
    if (found->ws.place)
        found->flags &= ~(uint32_t)H2NEG__S_END_OWED;
    if (!c->h2) {
        found->flags &= ~(uint32_t)(H2NEG__S_REMOTE_END | H2NEG__S_END_OWED);
        c->h1.state = H2NEG__H1_TUNNEL;
        c->h1.close = 1;
    }
    h2neg__owe(c, found, H2NEG__S_OPEN_OWED);
    return 0;
}

/* ---- WebSocket ---- */

/* A WebSocket that can still be spoken on. 0 or < 0. */
static int h2neg__ws_may_send(const h2neg_conn *c, const h2neg__stream *s)
{
    const h2neg__ws *w;
    if (!s)
        return H2NEG_ERR_STREAM_GONE;
    w = h2neg__ws_of(c, s);
    if (!w || !(s->flags & H2NEG__S_TUNNEL))
        return H2NEG_ERR_INVALID;
    return w->flags & (H2NEG__W_SENT | H2NEG__W_GOT | H2NEG__W_FAILED) || w->owed == H2NEG_WS_CLOSE
               ? (int)H2NEG_ERR_CLOSED
               : 0;
}

H2NEG__DEF ptrdiff_t h2neg_ws_send(h2neg_conn *c, uint32_t s, int opcode, const void *data,
                                   size_t len, unsigned flags)
{
    h2neg__stream *found = h2neg__stream_open(c, s);
    int control = opcode == H2NEG_WS_PING || opcode == H2NEG_WS_PONG;
    int err = h2neg__ws_may_send(c, found);
    ptrdiff_t n;
    size_t left;
    if (err || (len && !data) || (control && len > 125) ||
        (!control && opcode != H2NEG_WS_TEXT && opcode != H2NEG_WS_BINARY))
        return err ? err : (int)H2NEG_ERR_INVALID;
    if (control)
        n = h2neg__ws_put_control(c, found, opcode, (const unsigned char *)data, len);
    else
        n = h2neg__ws_put_message(c, found, opcode, (const unsigned char *)data, len,
                                  !(flags & H2NEG_MORE));
    left = n < 0 || control ? len : len - (size_t)n;
    if (n == H2NEG_ERR_AGAIN || (!control && n >= 0 && left))
        h2neg__short(c, found, left < 1024 ? left : 1024);
    return n;
}

H2NEG__DEF int h2neg_ws_close(h2neg_conn *c, uint32_t s, int code, const char *reason)
{
    h2neg__stream *found = h2neg__stream_open(c, s);
    int err = h2neg__ws_may_send(c, found);
    unsigned char payload[125];
    ptrdiff_t n;
    if (err)
        return err;
    n = h2neg_ws_close_write(payload, sizeof payload, code, h2neg_s(reason));
    if (n < 0)
        return H2NEG_ERR_INVALID;
    h2neg__ws_owe(c, h2neg__ws_of(c, found), H2NEG_WS_CLOSE, payload, (size_t)n);
    h2neg__settle(c);
    return 0;
}

/* ---- the whole connection ---- */

H2NEG__DEF int h2neg_ping(h2neg_conn *c, const void *eight)
{
    if (!c || !eight || c->phase >= H2NEG__INERT)
        return eight ? H2NEG_ERR_CLOSED : H2NEG_ERR_INVALID;
    if (!c->h2)
        return H2NEG_ERR_NOT_SUPPORTED;
    if (c->h2->ping_state)
        return H2NEG_ERR_AGAIN;
    memcpy(c->h2->ping, eight, 8);
    c->h2->ping_state = 1;
    h2neg__settle(c);
    return 0;
}

H2NEG__DEF void h2neg_goaway(h2neg_conn *c, uint32_t code)
{
    if (!c || c->phase >= H2NEG__INERT)
        return;
    c->error.h2_code = code;
    if (c->h2)
        c->h2->goaway_owed = 1;
    h2neg__all_done(c, 0, code, 0, UINT32_MAX);
    h2neg__inert(c);
    h2neg__settle(c);
}

H2NEG__DEF void h2neg_conn_info(const h2neg_conn *c, h2neg_info *info)
{
    int i;
    if (!info)
        return;
    memset(info, 0, sizeof *info);
    info->why = "";
    if (!c)
        return;
    info->protocol = c->protocol;
    info->via = c->via;
    info->role = c->config->role;
    info->tls = c->config->tls;
    info->why = c->why;
    info->streams = c->live;
    info->requests = c->requests;
    info->octets_in = c->in_total;
    info->octets_out = c->out_total - c->out;
    info->memory = h2neg__conn_size(c->config) + h2neg__ws_memory(c);
    for (i = 0; i < H2NEG__PARTS; i++)
        info->memory += c->part[i].size;
    info->peer_connect_protocol = c->h2 && c->h2->peer_connect;
    if (c->error.code)
        info->error = h2neg__error_of(c);
}

static const char *h2neg__pick(const char *const *names, size_t count, int i)
{
    return i >= 0 && (size_t)i < count ? names[i] : "unknown";
}

H2NEG__DEF const char *h2neg_protocol_name(int protocol)
{
    static const char *const names[] = {"none", "http/1.0", "http/1.1", "h2c", "h2"};
    return h2neg__pick(names, H2NEG__COUNT(names), protocol);
}

H2NEG__DEF const char *h2neg_via_name(int via)
{
    static const char *const names[] = {"none", "default", "alpn", "upgrade", "prior-knowledge"};
    return h2neg__pick(names, H2NEG__COUNT(names), via);
}

H2NEG__DEF const char *h2neg_event_name(int type)
{
    static const char *const names[] = {
        "none",    "NEGOTIATED", "REQUEST", "RESPONSE", "INFORMATIONAL", "OPEN",
        "DATA",    "TRAILERS",   "END",     "WRITABLE", "WS_MESSAGE",    "WS_PING",
        "WS_PONG", "WS_CLOSE",   "DONE",    "PONG",     "GOAWAY",        "ERROR"};
    return h2neg__pick(names, H2NEG__COUNT(names), type);
}
#endif /* H2NEG_NO_CONN */

/* ==== 25 >>openssl =========================================================
   RFC 7301 with OpenSSL's libssl.  Uses >>alpn.  Only where H2NEG_OPENSSL is defined.
   Memory: none here; `protocols` travels as the callback's argument itself.
   A list without overlap is refused, and OpenSSL's own selection is never asked.
   ========================================================================== */
#ifdef H2NEG_OPENSSL

/* The list on the wire for these bits, most preferred first; empty for neither. */
static h2neg_str h2neg__openssl_list(unsigned protocols)
{
    static const char both[] = "\2h2\10http/1.1";
    unsigned bits = protocols & ~H2NEG_ALPN_LENIENT ? protocols & (H2NEG_H2 | H2NEG_HTTP1)
                                                    : H2NEG_H2 | H2NEG_HTTP1;
    size_t from = bits & H2NEG_H2 ? 0 : 3;
    size_t to = bits & H2NEG_HTTP1 ? 12 : 3;
    return h2neg__str(both + from, to - from);
}

/* OpenSSL makes ALERT_FATAL the alert no_application_protocol; NOACK leaves the extension out. */
static int h2neg__openssl_select(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                                 const unsigned char *in, unsigned in_len, void *arg)
{
    unsigned protocols = (unsigned)(uintptr_t)arg;
    h2neg_str chosen;
    int r = h2neg_alpn_select(h2neg__openssl_list(protocols), h2neg__str(in, in_len), &chosen);
    (void)ssl;
    if (r == H2NEG_ERR_ALPN_NO_OVERLAP && (protocols & H2NEG_ALPN_LENIENT))
        return SSL_TLSEXT_ERR_NOACK;
    if (r != 0)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = (const unsigned char *)chosen.ptr;
    *out_len = (unsigned char)chosen.len;
    return SSL_TLSEXT_ERR_OK;
}

H2NEG__DEF int h2neg_openssl_server(SSL_CTX *ctx, unsigned protocols)
{
    if (h2neg__openssl_list(protocols).len == 0)
        return H2NEG_ERR_INVALID;
    SSL_CTX_set_alpn_select_cb(ctx, h2neg__openssl_select, (void *)(uintptr_t)protocols);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return 0;
}

H2NEG__DEF int h2neg_openssl_client(SSL *ssl, unsigned protocols)
{
    h2neg_str list = h2neg__openssl_list(protocols);
    if (list.len == 0)
        return H2NEG_ERR_INVALID;
    if (SSL_set_alpn_protos(ssl, (const unsigned char *)list.ptr, (unsigned)list.len) != 0)
        return H2NEG_ERR_NOMEM; /* 0 is success in this one function of OpenSSL's */
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return 0;
}

H2NEG__DEF void h2neg_openssl_agreed(const SSL *ssl, h2neg_str *alpn)
{
    const unsigned char *name = NULL;
    unsigned len = 0;
    SSL_get0_alpn_selected(ssl, &name, &len);
    *alpn = h2neg__str(len ? name : NULL, len);
}

#endif /* H2NEG_OPENSSL */

#ifdef __cplusplus
}
#endif
#endif /* H2NEG_IMPLEMENTATION */

/* ==== 26 >>licence ==========================================================
   Uses nothing.
   Memory: none.
   Public domain (Unlicense) or MIT No Attribution, as you prefer: the texts stand in LICENSE.
   ========================================================================== */
