/* Which test proves what. Two tables: every row of the attacks and of the limits, and every
   sentence of the connection's contract. Files are named without test_ and .c, tests without test_;
   "a_" is short for "attack_". Every row's trial and its honest neighbour stand in the tests that
   are named first; what follows behind ";" proves more of it.

   ATTACKS: HTTP/2
   Rapid Reset                    a_h2: resets, resets_default, resets_refill;
                                  conn_limits: resets
   MadeYouReset                   a_h2: resets (nine ways), resets_default, resets_free
   CONTINUATION flood, and empty ones
                                  a_h2: continuations, continuations_client, block_wire,
                                  interleaved
   HPACK bomb                     a_h2: bomb, header_list, refused_block_is_decoded; hpack: bomb
   HTTP/2 Bomb: count, crumbs, hold
                                  a_h2: counts, bomb; a_time: write_stall, write_drip
   table-size updates             a_h2: hpack, decoder_table; hpack: decoder_limit
   encoder table growth           a_h2: encoder_table; hpack: encoder_updates, encoder_memory
   Huffman and integer bombs      a_h2: hpack, huffman_growth; exhaustive: integers_*
   zero-length fields             a_h2: malformed_octets
   data dribble                   a_h2: dribble; a_all: off_h2; conn_limits: short_data
   ping flood, settings flood     a_h2: unread, overhead, overhead_default, settings_entries
   resource loop, PRIORITY flood  a_h2: frames, resets, overhead, priority_update;
                                  conn_h2: frames
   reset flood, unread            a_h2: unread, reset_ring, resets
   internal data buffering        a_h2: internal_buffering; a_contract: three_quarters
   empty frames, all padding      a_h2: empty, overhead_ratio
   slow read, window stall        a_time: write_stall, write_drip, write_honest, write_budget
   window overflow                a_h2: window_overflow, frames; conn_h2: windows;
                                  conn_pair: flow_*
   SETTINGS mid-flight            a_h2: settings_midflight, frames; a_contract: two_cuts;
                                  conn_h2: own_settings, own_window_shrinks, negative_window
   window leak                    conn_h2: credit; conn_random: all; fuzz/balance.h
   frames after the end, zombies  a_h2: zombies, empty; conn_limits: inert, inert_random
   GOAWAY abuse                   a_h2: goaway, overhead; conn_h2: goaway_at_client
   push toward clients            a_h2: push, frames; conn_h2: server_push_settings
   1xx flood toward clients       a_h2: informational; a_h1: informational
   h2c upgrade smuggling          a_h1: h2c_ignored, h2c_settings, h2c_body;
                                  conn_negotiate: upgrade*
   h2 to h1 smuggling             a_h2: malformed, malformed_octets; exhaustive: octets_h2
   content-length mismatch        a_h2: content_length, malformed; conn_h2: content_length
   pseudo-header abuse            a_h2: malformed, bad_trailers, malformed_responses;
                                  h2_fields: all
   compression oracle             a_h2: oracle; hpack: encoder_policy, never_index_flag
   stream id games                a_h2: identifiers; conn_h2: even_and_falling, last_identifier

   ATTACKS: HTTP/1.1 and Upgrade
   CL.TE, TE.CL, TE.TE, TE.0; CL games
                                  a_h1: framing, good_heads, largest_length; h1_body: lengths,
                                  transfer_codings
   chunk-size games, chunk spill  a_h1: chunks, good_chunks, largest_chunk; exhaustive: octets
   chunk extensions               a_h1: chunks, chunk_lines; h1_body: extensions, quoted_octets
   line endings, tokens, NUL, fold
                                  a_h1: lines, nul, good_heads, responses; exhaustive: octets
   slowloris, slow body           a_time: head, head_honest, head_h2, body, body_honest
   head size and count            a_h1: request_line, fields; conn_limits: h1_fields
   many empty lines               a_h1: empty_lines, lines
   quadratic re-parse             a_h1: drip; h1_head: resuming; work.sh counts the work
   0.CL, Expect games             a_h1: expect, early, good_heads; conn_h1: expect*,
                                  early_answer*
   trailer smuggling              a_h1: chunks, fields; h1_body: forbidden_trailers
   pipelining                     a_h1: pipelining; conn_h1: pipeline, pipeline_waits
   response splitting             a_h1: splitting; conn_h1: bad_requests, bad_trailers;
                                  conn_h2: bad_messages
   unsolicited response octets    a_h1: unasked; conn_h1: unasked
   premature Upgrade              a_h1: premature, client_upgrade; conn_h1: upgrade*
   Upgrade that does not count    a_h1: h2c_ignored, h2c_body; a_ws: handshakes
   cross-protocol                 a_h1: cross_protocol, prior_off; a_h2: cross_protocol

   ATTACKS: WebSocket
   oversized frame or message     a_ws: oversized, max_message, max_message_default, faults
   fragmentation flood            a_ws: fragments, empties, ping_flood
   ping flood                     a_ws: ping_flood, ping_unread; conn_ws_send: pongs
   control-frame abuse            a_ws: faults, near; conn_ws: faults; ws_frame: every_header
   masking faults, entropy        a_ws: faults, masks; conn_ws_open: masks, no_random,
                                  random_dries
   UTF-8                          a_ws: faults, near; ws_frame: utf8_*
   compression bomb               a_ws: bomb; conn_ws_deflate: limits, faults
   cross-site hijacking           a_ws: handshakes, handshakes_h2; conn_ws_open: origin
   handshake tricks               a_ws: handshakes, handshakes_h2, subprotocol; ws_handshake: all
   header-parser DoS              a_ws: long_fields; a_h1: fields; work.sh
   memory disclosure on close     all of conn_ws* under the memory sanitizer (part `full`)
   slow close                     a_time: close; conn_ws: close_timer

   ATTACKS: TLS and ALPN
   ALPACA                         a_all: alpn; alpn: answer, select; openssl: no_overlap
   CVE-2024-5535, -5642           exhaustive: alpn; alpn: select_exhaustive, list_check
   LibreSSL's ignored alert       openssl: no_overlap, malformed_list
   ALPN and octets that differ    a_all: alpn; conn_negotiate: alpn_crossed

   LIMITS: at the bound, above it, by default
   all: H2NEG_OFF, ranges         a_all: ranges, defaults, other_fields, off_*
   max_output_pending             a_h2: internal_buffering, unread; a_contract: three_quarters
   max_header_list, _fields, _field_line, _cookie_crumbs
                                  a_h2: header_list, counts, field_line, client_list;
                                  a_h1: fields, client_limits
   max_informational              a_h2: informational; a_h1: informational
   overhead_slack, overhead_ratio
                                  a_h2: overhead, overhead_default, overhead_ratio,
                                  overhead_exact, overhead_refill; a_h1: overhead; a_ws: ping_flood
   head_timeout, body_min_rate, write_min_rate, write_stall, idle_timeout, rate_grace
                                  a_time: head*, body*, write_*, idle*
   max_request_line, max_empty_lines
                                  a_h1: request_line, empty_lines
   max_chunk_digits, _line, chunk_overhead
                                  a_h1: chunks, good_chunks, chunk_lines
   max_content_length             a_h1: content_limit, framing, largest_length;
                                  a_h2: content_limit
   max_pipelined                  a_h1: pipelining
   drain_octets, early_drain_timeout
                                  a_h1: early; a_time: early_drain
   max_requests                   a_h1: max_requests
   max_upgrade_body, _tokens      a_h1: h2c_body, tokens
   max_ws_streams                 a_ws: max_streams; conn_ws_open: max_streams
   max_input                      conn_memory: feed
   max_queued                     conn_memory: queue; a_all: off_h2
   response_timeout               a_time: response
   h2c, prior knowledge bits      a_h1: h2c_ignored, prior_off
   ws_origin, ws_key, ws_version  a_ws: handshakes
   alpn_list                      alpn: list_write, list_check; exhaustive: alpn
   preface_timeout, settings_timeout
                                  a_time: preface, settings
   max_concurrent_streams         a_h2: concurrent; conn_h2: refused, keep
   max_frame_size                 a_h2: frame_size
   initial_window, connection_window
                                  a_h2: flow, connection_flow, window_overflow; conn_h2: hold
   hpack tables, updates, integers
                                  a_h2: hpack, decoder_table, encoder_table
   max_continuations              a_h2: continuations
   reset_budget                   a_h2: resets, resets_default, resets_refill, resets_free,
                                  concurrent
   max_consecutive_empty          a_h2: empty
   max_settings_entries, ping ring
                                  a_h2: settings_entries, unread
   window_update_slack, max_short_data
                                  a_h2: window_updates, dribble; a_all: off_h2
   PRIORITY_UPDATE's length       a_h2: priority_update
   push, GOAWAY's debug data, drain
                                  a_h2: push, goaway; a_time: drain
   malformed message              a_h2: malformed, resets
   max_message, fragments, control
                                  a_ws: max_message*, fragments, empties, faults, near
   pongs, text, mask, extensions  a_ws: ping_unread, faults, masks
   close_timeout, close code and reason a_time: close; a_ws: faults, near
   memory bound                   every row of these files (attack_run); conn_memory: bounds,
                                  place
   idle memory                    conn_memory: idle
   work                           work.sh
   the engine's own output        a_contract: engine_output (a WebSocket client alone writes more)
   Rules: inert after the end     conn_limits: inert, inert_random
   the same octets at the same times
                                  a_time: same_times
   answers do not depend on splits
                                  every script (script_play), every row here;
                                  a_contract: two_cuts

   THE CONTRACT
   Calls: safe on NULL            conn_memory: null
   ... and after an error         conn_limits: inert_random; conn_random: all
   MORE and LAST have one sense   conn_h1: persistence, client_last; conn_h2: last
   the config is copied           a_contract: config_copied
   OFF is a limit of zero         a_all: off_*, ranges; a_h1: empty_lines, chunk_lines
   Input: all of it, or nothing   conn_memory: feed
   the loan ends, the rest goes on
                                  a_contract: rest
   nothing is examined too early  a_contract: not_examined; conn_h1: error_waits
   what lies whole is not copied  a_contract: not_copied
   field blocks fragment by fragment
                                  conn_h2: continuation_pieces; hpack: examples
   the same events for every split
                                  every script
   Lifetime of what events name   conn_memory: event_lifetime; conn.h frees each loan at its end
   h2neg_fields_copy              base: copies
   Events: NEGOTIATED once, first
                                  conn.h: rule_head, side_rules
   the order within a stream      conn.h: side_rules, rule_ws
   no DATA is empty, END stands apart
                                  conn.h: side_rules
   DONE last, exactly once; retry
                                  conn.h: rule_done; conn_h2: goaway_at_client, refused_at_client
   the same view over every protocol
                                  conn_negotiate: same_view; conn.h: rule_fields
   crumbs are joined              h2_fields: cookies; a_h2: counts
   names that are added           a_contract: lower_case
   outgoing framing               conn_h1: streams_out, no_content, length_checked, chunks_raw
   HEAD, 204, 304                 conn_h1: no_content; conn_h2: no_content
   hop-by-hop names are an error  conn_h2: bad_messages; conn_h1: bad_trailers, bad_requests
   common_fields                  conn_h1: common_fields; conn_h2: common_fields
   WRITABLE once, the urgent first
                                  conn_memory: send_pressure, urgency; conn_h2: client_limit
   streams 1, 3, 5; h2c is stream 1
                                  conn.h: side_rules; conn_negotiate: upgrade
   Output: three quarters         a_contract: three_quarters; conn_memory: send_pressure
   state in place of octets       a_h2: unread
   an ACK comes before what follows it
                                  conn_h2: acks
   next stops in two cases only   a_h2: unread; conn_memory: reply_pressure
   a reply of 4 KiB is never refused
                                  conn_memory: reply_pressure
   10 MB through a pipe of 4 KiB  conn_pair: flow_h1, flow_h2, flow_upgrade, flow_narrow
   AGAIN changes nothing          conn_memory: queue, reply_pressure
   reply: whole or AGAIN, max_queued
                                  conn_memory: queue
   message.body is borrowed       conn_memory: borrow; conn_h2: borrowed_body
   an empty end needs no window   conn_h2: windows
   ws_send takes what fits        conn_ws_send: fragments, small_window, full
   request: AGAIN, or never       conn_h2: client_limit, goaway_at_client, client_extended;
                                  conn_negotiate: client_early_request
   the run does not move          conn_memory: run_stays
   1xx; 101 only through accept   a_contract: 101; conn_h1: informational
   Receiving: credit at the next next
                                  conn_h2: credit, hold, unhold
   hold                           conn_h2: hold, flow_violation; conn_h1: hold, hold_stops
   padding and dropped DATA       conn_h2: credit
   WebSocket credit; max_ws_streams
                                  conn_ws: within_window; a_ws: max_streams
   Expect                         conn_h1: expect, expect_held; conn_h2: expect, expect_manual
   an answer that ends early      conn_h1: early_answer, early_answer_overrun;
                                  conn_h2: early_answer; a_h1: early
   an answer that begins early    a_contract: begins_early; conn_h1: echo
   Slots: free at DONE, keep      conn_h2: keep, gone; a_h2: resets_default
   the ring of 128                a_contract: ring
   frames on streams that we reset
                                  a_h2: resets_free; conn_h2: states_server
   Upgrade: h2c                   conn_negotiate: upgrade*; a_h1: h2c_ignored, h2c_body;
                                  conn_ws_open: beside_h2c
   the client's offers            conn_negotiate: client_upgrade*; conn_ws_open: declined
   prior knowledge without HTTP/1
                                  conn_negotiate: client_prior
   handshakes are checked first   a_ws: handshakes; conn_ws_open: refusals
   input stops behind the head    a_h1: premature; conn_ws_open: accept_later;
                                  a_time: body_excused
   426's fields                   conn_ws_open: refusals
   extended CONNECT before SETTINGS
                                  conn_h2: client_extended; conn_ws_open: setting
   Field blocks: cut strings, sizes
                                  hpack: huge_strings, over; conn_h2: continuation_pieces
   every block is decoded         a_contract: every_block; a_h2: refused_block_is_decoded
   4,096 until the ACK            a_h2: decoder_table; conn_h2: own_settings
   NOMEM, each kind               a_contract: no_memory; conn_pair: no_memory; every script
   the last words fit the struct  every script with failing allocations
   a placed block                 every script (script_placed); conn_memory: place
   old and new block both count   conn.h: meter_fn, whose peak is compared with the bound
   How it ends: wants             conn_h1: persistence; a_time: early_drain
   inert until eof, 64 KiB or 5 s
                                  a_contract: linger; conn_limits: inert; a_time: early_drain
   the order of endings           conn_h2: order_of_endings; conn_random: done_order
   eof, lost                      conn_h1: eof, lost, until_close, half_close, tunnel_lost;
                                  conn_h2: eof, lost; conn_ws: ends
   drain                          conn_h2: shutdown; a_time: drain; conn_pair: drain;
                                  conn_h1: shutdown
   GOAWAY, both roles             conn_h2: goaway_at_server, goaway_at_client
   PEER_IS_HTTP1, PEER_IS_TLS     a_contract: peer_is_http1; conn_negotiate: client_wrong_peer
   HTTP/1 on an HTTP/2 port       a_h2: cross_protocol; conn_negotiate: only_http2
   TLS without ALPN; not offered  a_all: alpn; conn_negotiate: alpn, alpn_not_offered, tls_waits
   a PROXY header                 a_contract: proxy; alpn: proxy*
   Time: late, never early; no tick
                                  a_time: first_tick and all; conn_time: off, random_times
   body_min_rate's excuses        a_time: body_excused
   write_min_rate's average       a_time: write_drip, write_honest;
                                  conn_time: write_slow_application
   Helpers                        base: all; digest: all; ws_handshake: write_*, subprotocol;
                                  alpn: hello_*, detect_*, proxy*; openssl: all */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "check.h"
#include "attack.h"

/* ---- every number of the config ------------------------------------------ */

typedef struct number {
    const char *name;
    size_t at;
    uint32_t server, client; /* the default; H2NEG_OFF: off */
    uint32_t least, most;    /* least 0: H2NEG_OFF is a limit of zero */
    int time;                /* H2NEG_OFF: never */
} number;

#define N(name, server, client, least, most)                                                       \
    {                                                                                              \
#name, offsetof(h2neg_config, name), server, client, least, most, 0                        \
    }
#define T(name, value)                                                                             \
    {                                                                                              \
#name, offsetof(h2neg_config, name), value, value, 1, UINT32_MAX, 1                        \
    }
static const number numbers[] = {N(max_input, 16384, 16384, 1, 1u << 30),
                                 N(max_output_pending, 65536, 65536, 8192, 1u << 30),
                                 N(max_header_list, 32768, 65536, 256, 1u << 24),
                                 N(max_header_fields, 128, 128, 1, 1u << 16),
                                 N(max_cookie_crumbs, 256, 256, 0, 1u << 16),
                                 N(max_field_line, 8192, 8192, 64, 1u << 24),
                                 N(max_informational, 16, 16, 0, 255),
                                 N(max_queued, 32768, 32768, 0, 1u << 30),
                                 N(overhead_slack, 1u << 20, 1u << 20, 0, UINT32_MAX),
                                 N(overhead_ratio, 8, 8, 0, 1u << 20),
                                 N(max_request_line, 8192, 8192, 64, 1u << 24),
                                 N(max_empty_lines, 2, 2, 0, 1u << 16),
                                 N(max_chunk_line, 1024, 1024, 16, 1u << 20),
                                 N(chunk_overhead, 16384, 16384, 0, 1u << 30),
                                 N(drain_octets, 65536, 65536, 0, UINT32_MAX),
                                 N(max_upgrade_body, 16384, 16384, 0, 1u << 20),
                                 N(max_concurrent_streams, 100, 100, 1, 16384),
                                 N(max_frame_size, 16384, 16384, 16384, 16777215),
                                 N(initial_window, 65535, 65535, 1, 0x7fffffff),
                                 N(connection_window, 1u << 20, 1u << 20, 65535, 0x7fffffff),
                                 N(hpack_decoder_table, 4096, 4096, 0, 1u << 20),
                                 N(hpack_encoder_table, 4096, 4096, 0, 1u << 20),
                                 N(max_continuations, 8, 8, 0, 200),
                                 N(reset_budget, 1000, 1000, 1, 1u << 30),
                                 N(max_consecutive_empty, 10, 10, 0, 1u << 30),
                                 N(max_settings_entries, 32, 32, 1, 32),
                                 N(window_update_slack, 5, 5, 0, 1u << 30),
                                 N(max_short_data, 64, 64, 0, 1u << 30),
                                 N(max_message, 1u << 20, 1u << 20, 0, 1u << 30),
                                 N(max_ws_streams, 8, 8, 0, 250),
                                 N(max_ws_empty, 16, 16, 0, 1u << 30),
                                 T(head_timeout, 20000),
                                 N(body_min_rate, 500, 500, 0, 1u << 30),
                                 N(write_min_rate, 500, 500, 0, 1u << 30),
                                 T(rate_grace, 20000),
                                 T(write_stall, 60000),
                                 T(idle_timeout, 60000),
                                 T(preface_timeout, 10000),
                                 T(settings_timeout, 10000),
                                 T(drain_timeout, 30000),
                                 T(early_drain_timeout, 5000),
                                 T(response_timeout, H2NEG_OFF),
                                 T(close_timeout, 10000)};
#undef N
#undef T
enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

static int check_with(const number *n, uint32_t value, int role)
{
    h2neg_config config;
    memset(&config, 0, sizeof config);
    config.role = role;
    memcpy((char *)&config + n->at, &value, sizeof value);
    return h2neg_config_check(&config);
}

static void number_is(const number *n, uint32_t value, int good)
{
    int role;
    for (role = 0; role < 2; role++)
        if (check_with(n, value, role) != (good ? 0 : H2NEG_ERR_INVALID)) {
            check_failures++;
            fprintf(stderr, "%s = %lu: %d\n", n->name, (unsigned long)value, good);
        }
}

/* The least, the most, one below, one above, OFF; what is refused makes no connection. */
static void test_ranges(void)
{
    size_t i;
    for (i = 0; i < NUMBERS; i++) {
        const number *n = &numbers[i];
        number_is(n, 0, 1);
        number_is(n, n->least ? n->least : 1, 1);
        number_is(n, n->most == UINT32_MAX ? UINT32_MAX - 1 : n->most, 1);
        if (n->least > 1)
            number_is(n, n->least - 1, 0);
        if (n->most < UINT32_MAX - 1)
            number_is(n, n->most + 1, 0);
        if (n->most < UINT32_MAX)
            number_is(n, UINT32_MAX - 1, 0);
        number_is(n, H2NEG_OFF, n->time || n->least == 0);
        if (n->least > 1) {
            h2neg_config config;
            char block[64];
            uint32_t v = n->least - 1;
            memset(&config, 0, sizeof config);
            memcpy((char *)&config + n->at, &v, sizeof v);
            CHECK(h2neg_conn_new(&config) == NULL);
            CHECK(h2neg_conn_place(block, sizeof block, &config) == NULL);
            CHECK_INT(h2neg_memory_bound(&config), 0);
        }
    }
}

/* A number that is given as its default is the default: the same bound, the same SETTINGS. */
static void test_defaults(void)
{
    size_t i;
    int role;
    for (role = 0; role < 2; role++) {
        h2neg_config plain, all;
        buf out[2] = {{0, 0, 0}, {0, 0, 0}};
        int k;
        memset(&plain, 0, sizeof plain);
        plain.role = role;
        plain.protocols = H2NEG_PRIOR;
        all = plain;
        for (i = 0; i < NUMBERS; i++) {
            h2neg_config one = plain;
            uint32_t v = role ? numbers[i].client : numbers[i].server;
            memcpy((char *)&one + numbers[i].at, &v, sizeof v);
            memcpy((char *)&all + numbers[i].at, &v, sizeof v);
            CHECK_INT(h2neg_memory_bound(&one), h2neg_memory_bound(&plain));
        }
        for (k = 0; k < 2; k++) {
            h2neg_conn *c = h2neg_conn_new(k ? &all : &plain);
            h2neg_event ev;
            const void *run;
            size_t n;
            h2neg_feed(c, PREFACE, 24);
            while (h2neg_next(c, &ev))
                continue;
            n = h2neg_output(c, &run);
            buf_add(&out[k], run, n);
            h2neg_conn_free(c);
        }
        CHECK(out[0].len > 0);
        CHECK_OCTETS(out[0].p, out[0].len, out[1].p, out[1].len);
        buf_free(&out[0]);
        buf_free(&out[1]);
    }
}

/* The other fields. */
static void test_other_fields(void)
{
    h2neg_config config;
    h2neg_ws_codec codec;
    toy t;
    int bits;
    unsigned protocols;
    for (protocols = 0; protocols < 64; protocols++) {
        int tls;
        for (tls = 0; tls < 2; tls++) {
            unsigned usable = protocols & (H2NEG_HTTP1 | (tls ? H2NEG_H2 : H2NEG_PRIOR));
            memset(&config, 0, sizeof config);
            config.protocols = protocols;
            config.tls = tls;
            CHECK_INT(h2neg_config_check(&config), !protocols || usable ? 0 : H2NEG_ERR_INVALID);
        }
    }
    memset(&config, 0, sizeof config);
    config.role = 2;
    CHECK_INT(h2neg_config_check(&config), H2NEG_ERR_INVALID);
    config.role = -1;
    CHECK_INT(h2neg_config_check(&config), H2NEG_ERR_INVALID);
    config.role = 0;
    config.common_field_count = 1;
    CHECK_INT(h2neg_config_check(&config), H2NEG_ERR_INVALID);
    memset(&config, 0, sizeof config);
    for (bits = -2; bits < 20; bits++) {
        config.ws_deflate.server_max_window_bits = bits;
        CHECK_INT(h2neg_config_check(&config),
                  bits == 0 || (bits >= 8 && bits <= 15) ? 0 : H2NEG_ERR_INVALID);
    }
    config.ws_deflate.server_max_window_bits = 0;
    for (bits = -2; bits < 20; bits++) {
        int good = bits == 0 || (bits >= 8 && bits <= 15);
        config.ws_deflate.client_max_window_bits = bits;
        CHECK_INT(h2neg_config_check(&config), good ? 0 : H2NEG_ERR_INVALID);
        config.role = H2NEG_CLIENT;
        CHECK_INT(h2neg_config_check(&config), good || bits == -1 ? 0 : H2NEG_ERR_INVALID);
        config.role = H2NEG_SERVER;
    }
    for (bits = 0; bits < 5; bits++) { /* a codec has all of its calls */
        memset(&config, 0, sizeof config);
        codec = toy_codec(&t);
        config.ws_codec = &codec;
        if (bits == 0)
            codec.open_fn = NULL;
        if (bits == 1)
            codec.run_fn = NULL;
        if (bits == 2)
            codec.reset_fn = NULL;
        if (bits == 3)
            codec.close_fn = NULL;
        CHECK_INT(h2neg_config_check(&config), bits == 4 ? 0 : H2NEG_ERR_INVALID);
    }
}

/* ---- H2NEG_OFF is a limit of zero ---------------------------------------- */

static void off_h2(attack *a, const char *name, size_t field)
{
    uint32_t off = H2NEG_OFF;
    attack_h2(a, name, "");
    memcpy((char *)&a->sc.config + field, &off, sizeof off);
}
#define OFF_H2(a, field) off_h2(a, #field " off", offsetof(h2neg_config, field))

static void test_off_h2(void)
{
    attack a;
    OFF_H2(&a, max_cookie_crumbs);
    put_request(&a.sc.in, 3, END, "GET", "/now", "cookie: a\n");
    answered(&a, 3, 431, (long)(a.sc.in.len - a.here));
    OFF_H2(&a, max_cookie_crumbs);
    passes(&a, 3, NULL);
    OFF_H2(&a, overhead_ratio);
    a.sc.config.overhead_slack = 200;
    {
        int i;
        for (i = 0; i < 30; i++)
            put_data(&a.sc.in, 1, 0, "nothing pays for it");
    }
    conn_ends(&a, H2NEG_ERR_LIMIT_OVERHEAD, "ENHANCE_YOUR_CALM", ANY, ANY);
    attack_init(&a, "overhead_slack off: the first SETTINGS are overhead", ON_H2);
    a.sc.config.overhead_slack = H2NEG_OFF;
    buf_text(&a.sc.in, PREFACE);
    attack_here(&a);
    put_settings(&a.sc.in, "");
    conn_ends(&a, H2NEG_ERR_LIMIT_OVERHEAD, "ENHANCE_YOUR_CALM", 0, 9);
    attack_init(&a, "window_update_slack off", ON_H2);
    a.sc.config.window_update_slack = H2NEG_OFF;
    put_preface(&a.sc.in, "");
    attack_here(&a);
    put_window(&a.sc.in, 0, 1);
    conn_ends(&a, H2NEG_ERR_LIMIT_WINDOW_UPDATES, "ENHANCE_YOUR_CALM", 0, 13);
    attack_init(&a, "window_update_slack off, two for a stream", ON_H2);
    a.sc.config.window_update_slack = H2NEG_OFF;
    put_preface(&a.sc.in, "");
    put_ack(&a.sc.in);
    put_get(&a.sc.in, 1, "/later");
    put_window(&a.sc.in, 0, 1);
    put_window(&a.sc.in, 1, 1);
    attack_play(&a, ANY, "NEGOTIATED\nREQUEST 1\nEND 1\n", "SETTINGS\nSETTINGS ACK\n");
    attack_init(&a, "max_short_data off: it waits for 1,024 at once", ON_H2);
    a.sc.config.max_short_data = H2NEG_OFF;
    put_preface(&a.sc.in, "4=2000");
    put_ack(&a.sc.in);
    put_get(&a.sc.in, 1, "/body/5000");
    put_window(&a.sc.in, 1, 1023);
    put_ping(&a.sc.in, 0, "12345678");
    put_window(&a.sc.in, 1, 1);
    put_ping(&a.sc.in, 0, "23456789");
    attack_play(&a, ANY, NULL,
                "SETTINGS\nSETTINGS ACK\nHEADERS 1\nDATA 1 <2000:*\nPING ACK\nDATA 1 <1024:* "
                "!end\nPING ACK\n");
    attack_init(&a, "max_queued off: what windows keep back is AGAIN", ON_H2);
    a.sc.config.max_queued = H2NEG_OFF;
    a.sc.forgiving = 1;
    put_preface(&a.sc.in, "4=0");
    put_ack(&a.sc.in);
    put_get(&a.sc.in, 1, "/now");
    attack_play(&a, ANY, NULL, NULL);
    OFF_H2(&a, hpack_encoder_table);
    put_get(&a.sc.in, 3, "/trailers");
    passes(&a, 5, NULL);
    attack_init(&a, "hpack_decoder_table off", ON_H2);
    a.sc.config.hpack_decoder_table = H2NEG_OFF;
    put_preface(&a.sc.in, "");
    put_request(&a.sc.in, 1, 0, "POST", "/echo", "");
    put_ack(&a.sc.in);
    a.companion = 1;
    put_frame(&a.sc.in, 1, HEADS | END, 3,
              "\x20\x82\x86\x41\x01"
              "a\x44\x04/now",
              12);
    passes(&a, 5, NULL);
}

static void test_off_h1(void)
{
    attack a;
    attack_h1(&a, "drain_octets off",
              "POST /now HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nxGET /now ");
    a.sc.config.drain_octets = H2NEG_OFF;
    a.sc.unfed = 1;
    attack_play(&a, 0, NULL, HELLO "HTTP/1.1 200 connection=close\nBODY \"hello\"\n");
    attack_init(&a, "max_upgrade_body off", ON_H1);
    a.sc.config.protocols = H2NEG_PROTOCOLS_DEFAULT | H2NEG_H2C;
    a.sc.config.max_upgrade_body = H2NEG_OFF;
    buf_text(&a.sc.in, "POST /end HTTP/1.1\r\n" HOST "Connection: Upgrade, HTTP2-Settings\r\n"
                       "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 1\r\n\r\nx");
    attack_play(&a, 0, "NEGOTIATED http/1.1\n...", HELLO);
    attack_init(&a, "max_upgrade_body off, no body", ON_H1);
    a.sc.config.protocols = H2NEG_PROTOCOLS_DEFAULT | H2NEG_H2C;
    a.sc.config.max_upgrade_body = H2NEG_OFF;
    buf_text(&a.sc.in, "GET /now HTTP/1.1\r\n" HOST "Connection: Upgrade, HTTP2-Settings\r\n"
                       "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n");
    put_preface(&a.sc.in, "");
    attack_play(&a, 0, "NEGOTIATED h2c upgrade\n...", "HTTP/1.1 101\nSETTINGS\n...");
}

static void test_off_ws(void)
{
    attack a;
    int way;
    for (way = 0; way < WS_WAYS; way++) {
        attack_init(&a, "max_message off: only empty ones", ON_H1);
        ws_script(&a.sc, "max_message off", way);
        a.sc.config.max_message = H2NEG_OFF;
        ws_put_words(&a.sc, way, "81: 82:");
        attack_here(&a);
        ws_put_words(&a.sc, way, "81:61");
        ws_put_fin(&a.sc, way);
        a.sc.unfed = 1;
        attack_play(
            &a, H2NEG_ERR_LIMIT_MESSAGE,
            "...\nWS_MESSAGE 1 text \"\"\nWS_MESSAGE 1 binary \"\"\nWS_CLOSE 1 code=1009\n...",
            "...\nWS close code=1009\n...");
    }
    attack_h2(&a, "max_ws_streams off", "");
    a.sc.config.max_ws_streams = H2NEG_OFF;
    a.sc.forgiving = 1;
    put_headers(&a.sc.in, 3, HEADS, WS_CONNECT "/ws\nsec-websocket-version: 13\n");
    answered(&a, 3, 503, (long)(a.sc.in.len - a.here));
}

/* ---- TLS and ALPN -------------------------------------------------------- */

/* ALPACA: what ALPN agreed on and what the octets say must fit; a name that was not offered ends a
   client's connection, and a server's. */
static void test_alpn(void)
{
    attack a;
    attack_init(&a, "ALPN says h2, the octets HTTP/1", ON_H2);
    a.sc.config.tls = 1;
    a.sc.alpn = "h2";
    buf_text(&a.sc.in, "GET /now HTTP/1.1\r\n" HOST "\r\n");
    a.sc.unfed = 1;
    a.at = 0;
    attack_play(&a, H2NEG_ERR_PEER_IS_HTTP1, "...\nERROR *\n",
                "SETTINGS\n...\nGOAWAY 0 PROTOCOL_ERROR\n");
    attack_init(&a, "ALPN says http/1.1, the octets h2", ON_H1);
    a.sc.config.tls = 1;
    a.sc.alpn = "http/1.1";
    put_preface(&a.sc.in, "");
    a.sc.unfed = 1;
    a.at = 0;
    attack_play(&a, H2NEG_ERR_PEER_IS_HTTP2, "ERROR *\n", "HTTP/1.1 505 connection=close\n...");
    attack_init(&a, "no ALPN, the octets h2", ON_H1);
    a.sc.config.tls = 1;
    put_preface(&a.sc.in, "");
    a.sc.unfed = 1;
    attack_play(&a, H2NEG_ERR_PEER_IS_HTTP2, "ERROR *\n", "HTTP/1.1 505 connection=close\n...");
    attack_init(&a, "they fit, h2", ON_H2);
    a.sc.config.tls = 1;
    a.sc.alpn = "h2";
    put_preface(&a.sc.in, "");
    put_get(&a.sc.in, 1, "/now");
    a.companion = 1;
    attack_play(&a, 0, "NEGOTIATED h2 alpn\nREQUEST 1\n...", NULL);
    attack_init(&a, "they fit, http/1.1", ON_H1);
    a.sc.config.tls = 1;
    a.sc.alpn = "http/1.1";
    buf_text(&a.sc.in, "GET /now HTTP/1.1\r\n" HOST "\r\n");
    a.companion = 1;
    attack_play(&a, 0, "NEGOTIATED http/1.1 alpn\nREQUEST 1 scheme=https\n...", HELLO);
    attack_init(&a, "a name that was never offered", ON_H1);
    a.sc.config.tls = 1;
    a.sc.alpn = "ftp";
    buf_text(&a.sc.in, "GET /now HTTP/1.1\r\n" HOST "\r\n");
    a.sc.unfed = 1;
    attack_play(&a, H2NEG_ERR_ALPN_NOT_OFFERED, "ERROR *\n", NULL);
}

CHECK_MAIN(test_ranges, test_defaults, test_other_fields, test_off_h2, test_off_h1, test_off_ws,
           test_alpn)
