/* balance.h: what holds inside a connection between any two calls: every counter is the sum that it
   stands for, every list reaches what it should, every window is within what was granted. It looks
   into the implementation, so that a fault is seen where it happens and not when it matters. */
#ifndef FUZZ_BALANCE_H
#define FUZZ_BALANCE_H

static void balance_lists(const h2neg_conn *c)
{
    size_t i, n = 0, owed = 0, flagged = 0;
    uint16_t at;
    if (!c->slots) {
        MUST(c->live == 0);
        return;
    }
    MUST((c->slots & (c->slots - 1)) == 0);
    MUST(c->part[H2NEG__STREAMS].size >= c->slots * sizeof(h2neg__stream));
    for (at = c->free_slot; at != H2NEG__NONE; at = h2neg__slot(c, at)->chain) {
        MUST(at < c->slots && h2neg__slot(c, at)->id == 0);
        MUST(++n <= c->slots);
    }
    MUST(n + c->live == c->slots);
    for (at = c->owed_first; at != H2NEG__NONE; at = h2neg__slot(c, at)->owed) {
        MUST(at < c->slots && h2neg__slot(c, at)->id != 0);
        MUST(h2neg__slot(c, at)->flags & H2NEG__S_OWED);
        MUST(++owed <= c->slots);
        if (h2neg__slot(c, at)->owed == H2NEG__NONE)
            MUST(at == c->owed_last);
    }
    for (i = 0; i < c->slots; i++) {
        const h2neg__stream *s = h2neg__slot(c, i);
        if (!s->id)
            continue;
        MUST(s->id % 2 == 1 && h2neg__stream_find(c, s->id) == s);
        flagged += (s->flags & H2NEG__S_OWED) != 0;
    }
    MUST(owed == flagged);
}

/* Early octets: records one behind the other, each of a stream that says so. */
static void balance_early(const h2neg_conn *c)
{
    size_t at = 0, i;
    uint32_t head[2];
    MUST(c->early <= c->part[H2NEG__EARLY].size);
    while (at < c->early) {
        const h2neg__stream *s;
        MUST(c->early - at > H2NEG__EARLY_HEAD);
        memcpy(head, c->part[H2NEG__EARLY].ptr + at, sizeof head);
        s = h2neg__stream_find(c, head[0]);
        MUST(s && s->flags & H2NEG__S_EARLY && head[1] > 0);
        at += H2NEG__EARLY_HEAD + head[1];
    }
    MUST(at == c->early);
    for (i = 0; i < c->slots; i++) {
        const h2neg__stream *s = h2neg__slot(c, i);
        uint32_t len;
        if (s->id && s->flags & H2NEG__S_EARLY)
            MUST(h2neg__early_find(c, s->id, 0, &len) < c->early);
    }
}

static void balance_ws(const h2neg_conn *c)
{
    size_t i, n = 0;
    MUST(c->part[H2NEG__WS].size >= c->ws_room * sizeof(h2neg__ws));
    for (i = 0; i < c->ws_room; i++) {
        const h2neg__ws *w = h2neg__ws_at(c, i);
        const h2neg__stream *s;
        if (!w->stream)
            continue;
        n++;
        s = h2neg__stream_find(c, w->stream);
        MUST(s && h2neg__ws_of(c, s) == w);
        if (w->opcode && !h2neg__ws_deaf(w)) /* else it is of the last message */
            MUST(w->have <= w->buffer.size);
        MUST(w->buffer.size <= h2neg__ws_buffer_bound(&c->config));
        MUST(w->head_len <= 14 && w->control_len <= 125 && w->owed_len <= 125);
        MUST(w->left <= w->frame.length);
    }
    MUST(n == c->ws_live);
    if (c->h2 && !(c->config.role == H2NEG_SERVER && c->h1.stream))
        MUST(n <= c->config.max_ws_streams);
}

static void balance_slots(const h2neg_conn *c)
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
            MUST(s->flags & H2NEG__S_BODY);
            MUST(s->body_at + s->body_left <= c->queued);
            queued += s->body_left;
        }
        if (s->flags & H2NEG__S_BODY)
            MUST(s->body_left > 0 && !(s->flags & H2NEG__S_LOCAL_END));
        if (s->flags & (H2NEG__S_DONE | H2NEG__S_DONE_OWED))
            MUST(!(s->flags & (H2NEG__S_BODY | H2NEG__S_WRITABLE | H2NEG__S_WU_MARK)));
        if (s->flags & H2NEG__S_DONE)
            MUST(!h2neg__ws_of(c, s) &&
                 !(s->flags & (H2NEG__S_END_OWED | H2NEG__S_OPEN_OWED | H2NEG__S_WS_CLOSE_OWED |
                               H2NEG__S_DONE_OWED)));
        MUST(!(s->flags & H2NEG__S_DONE) || c->current == s->id || s->flags & H2NEG__S_KEEP);
        MUST(s->send <= 0x7fffffff || c->error.code ||
             s->flags & (H2NEG__S_WE_RESET | H2NEG__S_DONE_OWED | H2NEG__S_DONE));
        MUST(s->send >= -(int64_t)0x7fffffff);
        if (c->h2) {
            int64_t granted =
                c->h2->window > c->config.initial_window ? c->h2->window : c->config.initial_window;
            MUST(s->recv + s->unreturned + s->held <= (granted > 65535 ? granted : 65535));
        }
        if (h2neg__ws_of(c, s))
            MUST(h2neg__ws_of(c, s)->stream == s->id);
    }
    MUST(live == c->live && marked == c->marked && sending == c->sending);
    MUST(wanting == c->wanting && queued == c->queued);
    MUST(behind == c->behind + (c->current_done ? 1u : 0u));
    MUST(c->queued <= c->part[H2NEG__QUEUE].size && c->queued <= c->config.max_queued);
}

static void balance_h2(const h2neg_conn *c)
{
    const h2neg__http2 *h = c->h2;
    int64_t most = c->config.connection_window > 65535 ? c->config.connection_window : 65535;
    MUST(h->recv >= 0 && h->recv + h->unreturned <= most);
    /* between frames every octet's credit is back, or waits with what was not taken yet */
    if (c->phase == H2NEG__LIVE && h->state == H2NEG__H2_HEADER && !c->current_credit && !c->early)
        MUST(h->recv + h->unreturned == most);
    MUST(h->send >= 0 && (h->send <= 0x7fffffff || c->error.code));
    MUST(h->owed_pings <= H2NEG__RING && h->owed_resets <= H2NEG__RING);
    MUST(h->owed_pings + h->owed_resets == 0 || c->part[H2NEG__OWED].size >= sizeof(h2neg__owed));
    MUST(h->shut_count <= H2NEG__SHUT_COUNT && h->shut_at < H2NEG__SHUT_COUNT);
    MUST(h->shut_count * sizeof(uint32_t) <= c->part[H2NEG__SHUT].size);
    MUST(h->resets <= (int32_t)c->config.reset_budget);
    MUST(h->left <= h->frame.length || h->state <= H2NEG__H2_HEADER);
    MUST(h->encoder.table.size <= h->encoder.table.max);
    MUST(h->decoder.table.size <= h->decoder.table.max);
    MUST(h2neg_hpack_decoder_needs(&h->decoder) <= c->part[H2NEG__DECODER].size);
    MUST(h2neg_hpack_encoder_needs(&h->encoder) <= c->part[H2NEG__ENCODER].size);
}

static void balance(const h2neg_conn *c)
{
    int i;
    if (!c)
        return;
    MUST(c->spoken || c->out == 0 || c->lost || c->out_at + c->out <= c->part[H2NEG__OUT].size);
    MUST(c->out <= c->config.max_output_pending);
    MUST(c->kept == 0 || c->kept_at + c->kept <= c->part[H2NEG__IN].size);
    MUST(c->offset <= c->in_total && c->out <= c->out_total);
    for (i = 0; i < H2NEG__PARTS; i++)
        MUST(c->part[i].size <= h2neg__part_bound(&c->config, i));
    balance_lists(c);
    balance_early(c);
    balance_slots(c);
    balance_ws(c);
    if (c->h2)
        balance_h2(c);
}

#endif
