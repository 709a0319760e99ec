/* probe_why.h: why a way did not work, in words. Included by probe.c, behind probe_way.h.

   What to look at: `reasons`, each of which either knows why or leaves it to the next. */
#ifndef PROBE_WHY_H
#define PROBE_WHY_H

/* ---- names of codes ---- */

static const char *alert_name(int alert)
{
    static const struct {
        int code;
        const char *name;
    } names[] = {{0, "close_notify"},
                 {10, "unexpected_message"},
                 {20, "bad_record_mac"},
                 {22, "record_overflow"},
                 {40, "handshake_failure"},
                 {42, "bad_certificate"},
                 {46, "certificate_unknown"},
                 {47, "illegal_parameter"},
                 {48, "unknown_ca"},
                 {49, "access_denied"},
                 {50, "decode_error"},
                 {51, "decrypt_error"},
                 {70, "protocol_version"},
                 {71, "insufficient_security"},
                 {80, "internal_error"},
                 {86, "inappropriate_fallback"},
                 {90, "user_canceled"},
                 {109, "missing_extension"},
                 {110, "unsupported_extension"},
                 {112, "unrecognized_name"},
                 {116, "certificate_required"},
                 {120, "no_application_protocol"}};
    static char number[16];
    size_t i;
    for (i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].code == alert)
            return names[i].name;
    snprintf(number, sizeof number, "%d", alert);
    return number;
}

/* What a person can do about an alert. */
static const char *alert_advice(int alert)
{
    switch (alert) {
    case 40: return ": no cipher, version or certificate in common, or it wants another --sni";
    case 70: return ": it speaks older versions of TLS than 1.2";
    case 112: return ": it has no such host; --sni NAME says which one is meant";
    case 116: return ": it wants a certificate from the client, and a probe has none";
    default: return "";
    }
}

/* ---- why not: each says it and answers 1, or 0: that was not it ---- */

static int why_connect(attempt *a)
{
    if (!a->refused)
        return 0;
    a->r->refused = 1;
    return says(a, "could not connect again: %s", strerror(a->refused));
}

static int why_no_start(attempt *a)
{
    if (!a->way->alpn || a->link.ssl)
        return 0;
    return says(a, "TLS could not be made ready for the name %.200s; --sni gives another", to.name);
}

/* What web servers answer to cleartext where they expect TLS. */
static const char *says_https(const attempt *a)
{
    static const char *const texts[] = {"plain HTTP request was sent to HTTPS port",
                                        "speaking plain HTTP to an SSL-enabled server port",
                                        "HTTP request to an HTTPS server"};
    size_t i;
    for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strstr(a->body, texts[i]))
            return texts[i];
    return NULL;
}

/* Cleartext on a port of TLS. */
static int why_tls_port(attempt *a)
{
    const char *text = says_https(a);
    if (a->way->alpn || (!text && first_record(a) != 21))
        return 0;
    if (text)
        return says(a, "this port speaks TLS: cleartext got %d '%s'", a->r->status, text);
    return says(a, "this port speaks TLS: cleartext got a TLS alert, %s",
                a->first_len >= 7 ? alert_name((unsigned char)a->first[6]) : "cut");
}

/* TLS on a port of cleartext, or of something else. */
static int why_no_tls(attempt *a)
{
    if (!a->way->alpn || a->first_len < 3 || first_record(a))
        return 0;
    return says(a, "no TLS here: the ClientHello was answered with %s", first_words(a));
}

static int why_alert(attempt *a)
{
    if (a->alert < 0)
        return 0;
    if (a->alert == 120)
        return says(a, "TLS alert no_application_protocol: it does not know %s (RFC 7301 3.2)",
                    *a->way->alpn ? a->way->alpn : "a client without ALPN");
    return says(a, "TLS alert %s%s", alert_name(a->alert), alert_advice(a->alert));
}

/* Nobody has to let in a client that knows nothing of what the server speaks. */
static int why_nonsense(attempt *a)
{
    if (a->alert != 120 || strcmp(a->way->alpn, NONSENSE))
        return 0;
    return says(a, "TLS alert no_application_protocol: rightly so (RFC 7301 3.2)");
}

static int why_tls(attempt *a)
{
    if (!a->link.handshaking || !a->first_len || !a->tls_error[0])
        return 0;
    return says(a, "the TLS handshake failed: %s", a->tls_error);
}

static const char *seconds(void)
{
    static char text[32];
    snprintf(text, sizeof text, "%d s", to.timeout / 1000);
    return text;
}

static int why_silent(attempt *a)
{
    if (a->ended || a->first_len)
        return 0;
    a->r->silent = a->r->slow = 1;
    return says(a, "nothing came in %s", seconds());
}

/* What a close without an octet may mean depends on what was sent. */
static int why_closed(attempt *a)
{
    static const char *const meanings[BEGINNINGS] = {"", ": it does not know HTTP/2 in cleartext",
                                                     ": no TLS here, as far as can be told"};
    const char *how = a->ended == NET_END ? "closed" : "reset";
    if (!a->ended || a->got || (a->first_len && a->link.handshaking))
        return 0;
    if (a->way->alpn && !a->link.handshaking)
        return says(a, "%s the connection behind the TLS handshake without an answer%s", how,
                    a->r->alpn[0] ? "" : ": it may speak HTTP/2 alone, which takes ALPN h2");
    return says(a, "%s the connection without an octet%s", how, meanings[a->way->beginning]);
}

static int why_alpn(attempt *a)
{
    const way *w = a->way;
    if (!w->alpn || a->link.handshaking || !strcmp(w->alpn, NONSENSE))
        return 0;
    if (w->good & OF_HTTP1 || h2neg_is(h2neg_s(a->r->alpn), "h2"))
        return 0;
    if (a->r->alpn[0])
        return says(a, "chose %s by ALPN, which was not offered", a->r->alpn);
    return says(a, "left ALPN unanswered, which means HTTP/1.1: no HTTP/2 here%s",
                a->r->status ? "" : ", and no answer in HTTP/1.1");
}

static int why_no_prior(attempt *a)
{
    if (a->way->beginning != BY_HTTP2 || !a->first_len || first_is_settings(a))
        return 0;
    return says(a, "answered HTTP/2's preface with %s: it does not know HTTP/2 in cleartext",
                first_words(a));
}

static int why_http2_only(attempt *a)
{
    if (a->way->beginning != BY_HTTP1 || !first_is_settings(a))
        return 0;
    return says(a, "answered with HTTP/2's SETTINGS: it speaks HTTP/2 alone, by prior knowledge");
}

static int why_not_http(attempt *a)
{
    if (a->way->beginning != BY_HTTP1 || first_is_http1(a) || !a->first_len)
        return 0;
    return says(a, "answered with what is not HTTP: %s", first_words(a));
}

static int why_upgrade(attempt *a)
{
    if (!(a->way->protocols & H2NEG_H2C) || !a->r->status)
        return 0;
    return says(a, "answered %d in %s without 101: it does not do h2c, which RFC 9113 dropped",
                a->r->status, a->r->protocol == H2NEG_PROTO_HTTP10 ? "HTTP/1.0" : "HTTP/1.1");
}

static int why_no_socket(attempt *a)
{
    const char *what = " instead of opening it";
    if (a->way->ask != ASK_SOCKET || !a->r->status)
        return 0;
    if (a->r->status == 404)
        what = "; --path PATH says where there is a WebSocket";
    else if (a->r->status == 426)
        what = ": it saw no Upgrade, or knows another version";
    else if (a->r->status == 403)
        what = ": it does not want this client there";
    else if (a->r->status >= 200 && a->r->status < 300)
        what = " without 101: no WebSocket there, or Upgrade did not arrive";
    return says(a, "%s answered %d%s", to.socket_path, a->r->status, what);
}

static int why_no_connect(attempt *a)
{
    if (a->refusal != H2NEG_ERR_NOT_SUPPORTED)
        return 0;
    return says(a, "SETTINGS lack SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441 3)");
}

static int why_gone(attempt *a)
{
    if (!a->gone)
        return 0;
    if (a->gone_stream)
        return says(a, "reset the stream with %s", h2neg_h2_error_name(a->gone - 1));
    return says(a, "ended HTTP/2 with GOAWAY %s%s%s%s", h2neg_h2_error_name(a->gone - 1),
                a->words[0] ? " ('" : "", a->words, a->words[0] ? "')" : "");
}

static int why_error(attempt *a)
{
    const char *section = a->error.section ? a->error.section : "";
    if (!a->error.code || a->error.code == H2NEG_ERR_LOST)
        return 0;
    return says(a, "%s at octet %llu: %s%s%s%s", h2neg_error_name(a->error.code),
                (unsigned long long)a->error.offset,
                a->error.text ? a->error.text : h2neg_error_text(a->error.code),
                *section ? " (" : "", section, *section ? ")" : "");
}

static int why_unfinished(attempt *a)
{
    if (a->ended)
        return says(a, "%s the connection before there was an answer",
                    a->ended == NET_END ? "closed" : "reset");
    a->r->slow = !a->way->alpn || a->link.handshaking;
    if (a->link.handshaking)
        return says(a, "the TLS handshake did not end in %s", seconds());
    if (a->got)
        return says(a, "something came, but no whole answer in %s", seconds());
    return says(a, "TLS stands%s%s, but no answer came in %s",
                a->r->alpn[0] ? ", ALPN agreed on " : "", a->r->alpn, seconds());
}

static int (*const reasons[])(attempt *a) = {
    why_connect,   why_no_start,   why_tls_port, why_no_tls,    why_nonsense,
    why_alert,     why_tls,        why_silent,   why_closed,    why_alpn,
    why_no_prior,  why_http2_only, why_not_http, why_upgrade,   why_no_connect,
    why_no_socket, why_gone,       why_error,    why_unfinished};

static void explain(attempt *a)
{
    size_t i = 0;
    while (!reasons[i](a))
        i++;
}

#endif
