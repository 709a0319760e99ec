/* probe_say.h: what the ways came to, in lines for a person and in JSON. Included once, by probe.c,
   behind probe_talk.h.

   What to look at: judge() draws the conclusions. */
#ifndef PROBE_SAY_H
#define PROBE_SAY_H

/* Which fields of a request that asked for an Upgrade arrived; known when the other end has the
   route /fields, which examples/server.c has. */
typedef struct arrival {
    const char *what; /* "h2c" or "WebSocket" */
    const char *const *names;
    int tls, known, missing; /* of `missing`: bits of the names' places */
} arrival;

static result results[WAYS];
static arrival arrivals[3];
static size_t arrival_count;
static char verdicts[16][512];
static size_t verdict_count;
static int gave_up; /* nothing answered at all, so not everything was tried */

/* ---- conclusions ---- */

static void conclude(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    if (verdict_count < sizeof verdicts / sizeof verdicts[0])
        vsnprintf(verdicts[verdict_count++], sizeof verdicts[0], format, values);
    va_end(values);
}

static int any(int from, int until)
{
    for (; from < until; from++)
        if (results[from].worked)
            return 1;
    return 0;
}

static int anything_worked(void)
{
    return any(0, WAYS);
}

static int tried(int from, int until)
{
    for (; from < until; from++)
        if (results[from].tried)
            return 1;
    return 0;
}

/* "a", "a and b", "a, b and c" of the texts that are not NULL. */
static const char *listed(const char *const *texts, size_t count)
{
    static char out[256];
    size_t i, left = 0, at = 0;
    for (i = 0; i < count; i++)
        left += texts[i] != NULL;
    out[0] = '\0';
    for (i = 0; i < count; i++)
        if (texts[i]) {
            left--;
            at += (size_t)snprintf(out + at, sizeof out - at, "%s%s", texts[i],
                                   left > 1    ? ", "
                                   : left == 1 ? " and "
                                               : "");
        }
    return out;
}

static void judge_port(void)
{
    int clear = any(0, TLS_H2), tls = any(TLS_H2, WAYS);
    if (clear && tls)
        conclude("This port speaks cleartext and TLS: http:, https:, ws: and wss: URLs reach it.");
    else if (tls && tried(0, TLS_H2))
        conclude("This port speaks TLS alone: use https: and wss: URLs.");
    else if (clear && tried(TLS_H2, WAYS))
        conclude("This port speaks cleartext alone: use http: and ws: URLs.");
    else if (!clear && !tls && gave_up)
        conclude("The port accepts connections and never answers: gave up early, after %d s for "
                 "each beginning; look whether the program behind it hangs, or speaks first.",
                 to.timeout / 1000);
    else if (!clear && !tls)
        conclude("No way in works: what listens there speaks neither HTTP nor WebSocket%s.",
                 tried(TLS_H2, WAYS) && tried(0, TLS_H2) ? "" : " in what was tried");
}

/* A server that has not survived being asked. */
static void judge_refused(void)
{
    size_t i = 0;
    while (i < WAYS && !results[i].refused)
        i++;
    if (i < WAYS)
        conclude("The port stopped accepting connections at '%s': look whether the program behind "
                 "it has crashed.",
                 ways[i].name);
}

static void judge_http2(void)
{
    const char *by[3] = {NULL, NULL, NULL};
    if (results[TLS_H2].worked ||
        (results[TLS_BOTH].worked && results[TLS_BOTH].protocol == H2NEG_PROTO_H2))
        by[0] = "ALPN";
    if (results[UPGRADE].worked)
        by[1] = results[UPGRADE_BODY].worked ? "Upgrade" : "Upgrade (not with a body)";
    if (results[PRIOR].worked)
        by[2] = "prior knowledge";
    if (by[0] || by[1] || by[2])
        conclude("HTTP/2: by %s.", listed(by, 3));
    else
        conclude("HTTP/2: no.");
    if (results[TLS_BOTH].worked)
        conclude("A browser gets %s here.",
                 results[TLS_BOTH].protocol == H2NEG_PROTO_H2 ? "HTTP/2" : "HTTP/1.1");
    else if (results[HTTP1].worked)
        conclude("A browser gets HTTP/1.1 here: none does HTTP/2 in cleartext.");
    else if (results[PRIOR].worked)
        conclude("A browser gets nothing here: none does HTTP/2 in cleartext.");
    else if (strcmp(results[TLS_BOTH].alpn, "h2") == 0)
        conclude("A browser gets nothing here: ALPN agrees on h2, and then nobody speaks it.");
}

static void judge_websocket(void)
{
    const char *over[2] = {NULL, NULL};
    if (results[WS_HTTP1].worked || results[TLS_WS_HTTP1].worked)
        over[0] = "HTTP/1.1";
    if (results[WS_HTTP2].worked || results[TLS_WS_HTTP2].worked)
        over[1] = "HTTP/2";
    if (over[0] || over[1])
        conclude("WebSocket at %s: over %s.", to.socket_path, listed(over, 2));
    else
        conclude("WebSocket at %s: no.", to.socket_path);
}

static const char *missing_names(const arrival *v)
{
    const char *gone[4] = {NULL, NULL, NULL, NULL};
    size_t i;
    for (i = 0; v->names[i]; i++)
        if (v->missing >> i & 1)
            gone[i] = v->names[i];
    return listed(gone, 4);
}

static const char *first_missing(const arrival *v)
{
    size_t i;
    if (v->missing & 1)
        return v->names[0];
    for (i = 0; v->names[i]; i++)
        if (v->missing >> i & 1)
            return v->names[i];
    return "";
}

/* What the server itself told about the fields that it got. */
static void judge_arrivals(void)
{
    static char names[3][32];
    const char *whole[3] = {NULL, NULL, NULL};
    size_t i;
    for (i = 0; i < arrival_count; i++) {
        const arrival *v = &arrivals[i];
        snprintf(names[i], sizeof names[i], "%s %s", v->what, v->tls ? "over TLS" : "in cleartext");
        if (v->known && v->missing)
            conclude("%s was removed between you and the server: of a request for %s, %s did not "
                     "arrive; look for a proxy or a firewall that has to be told.",
                     first_missing(v), names[i], missing_names(v));
        else if (v->known)
            whole[i] = names[i];
    }
    if (whole[0] || whole[1] || whole[2])
        conclude("Upgrade was not removed: requests for %s arrived with every field, so the no is "
                 "the server's own.",
                 listed(whole, 3));
}

static int known(const char *what)
{
    size_t i;
    for (i = 0; i < arrival_count; i++)
        if (arrivals[i].known && strcmp(arrivals[i].what, what) == 0)
            return 1;
    return 0;
}

/* What can be guessed where the server does not tell. */
static void judge_upgrade(void)
{
    const result *ws = &results[WS_HTTP1], *secure = &results[TLS_WS_HTTP1];
    if (results[HTTP1].worked && !results[UPGRADE].worked && ws->worked && !known("h2c"))
        conclude("Upgrade gets through, as the WebSocket's did: that there is no h2c is the "
                 "server's own choice.");
    if (known("WebSocket"))
        return;
    if (results[HTTP1].worked && !ws->worked && secure->worked)
        conclude("The WebSocket opens over TLS and not in cleartext: something between you and the "
                 "server may take Upgrade away where it can read it.");
    else if (ws->status == 426 || secure->status == 426)
        conclude("426 Upgrade Required was the answer to a request with Upgrade: something between "
                 "you and the server may have taken it away.");
}

static void judge_certificate(void)
{
    if (!certificate_seen)
        return;
    if (certificate_said[0])
        conclude("The certificate does not verify for %s: %s; clients have to be told to trust it.",
                 to.name, certificate_said);
    else
        conclude("The certificate verifies for %s.", to.name);
}

static void judge(void)
{
    judge_port();
    judge_refused();
    if (anything_worked()) {
        judge_http2();
        judge_websocket();
        judge_arrivals();
        judge_upgrade();
    }
    judge_certificate();
}

/* ---- for a person ---- */

static int colour; /* standard output is a terminal */

static const char *paint(const char *code)
{
    return colour ? code : "";
}

static const char *spoken(const way *w, const result *r)
{
    static char text[64];
    const char *via = r->via == H2NEG_VIA_PRIOR ? "prior knowledge" : h2neg_via_name(r->via);
    if (w->ask == ASK_SOCKET)
        snprintf(text, sizeof text, "WebSocket on %s", h2neg_protocol_name(r->protocol));
    else
        snprintf(text, sizeof text, "%s (%s)", h2neg_protocol_name(r->protocol), via);
    return text;
}

static void print_head(void)
{
    int named = strcmp(to.host, to.shown) != 0;
    printf("%s:%s%s%s%s; path %s, WebSocket at %s\n\n", to.host, to.port, named ? " (" : "",
           named ? to.shown : "", named ? ")" : "", to.path, to.socket_path);
    printf("     %-30s  %-21s %5s %7s\n", "way in", "spoken (how)", "trips", "ms");
}

static void print_row(size_t i)
{
    const way *w = &ways[i];
    const result *r = &results[i];
    const char *code = r->worked ? "\033[32m" : r->tried ? "\033[31m" : "\033[2m";
    printf("%s%-3s%s  %-30s  ", paint(code),
           r->worked  ? "yes"
           : r->tried ? "no"
                      : "-",
           paint("\033[0m"), w->name);
    if (r->worked)
        printf("%-21s %5d %7.1f  ", spoken(w, r), r->trips, r->ms);
    printf("%s%s%s\n", paint(r->tried ? "" : "\033[2m"), r->why, paint("\033[0m"));
    fflush(stdout);
}

static void print_verdicts(void)
{
    size_t i;
    putchar('\n');
    for (i = 0; i < verdict_count; i++)
        printf("%s\n", verdicts[i]);
}

/* ---- JSON (RFC 8259) ---- */

static void json_text(const char *name, const char *text, const char *end)
{
    if (name)
        printf("\"%s\": ", name);
    putchar('"');
    for (; *text; text++) {
        unsigned char octet = (unsigned char)*text;
        if (octet == '"' || octet == '\\')
            printf("\\%c", octet);
        else if (octet < 32)
            printf("\\u%04x", octet);
        else
            putchar(octet);
    }
    printf("\"%s", end);
}

static void json_way(size_t i)
{
    const result *r = &results[i];
    printf("    {");
    json_text("way", ways[i].id, ", ");
    json_text("name", ways[i].name, ", ");
    printf("\"tls\": %s, ", ways[i].alpn ? "true" : "false");
    json_text("result",
              r->worked     ? "yes"
              : r->tried    ? "no"
              : r->left_out ? "left out"
                            : "not tried",
              ", ");
    json_text("protocol", r->protocol ? h2neg_protocol_name(r->protocol) : "", ", ");
    json_text("via", r->protocol ? h2neg_via_name(r->via) : "", ", ");
    printf("\"status\": %d, \"round_trips\": %d, \"ms\": %.1f, ", r->status, r->trips, r->ms);
    json_text("alpn", r->alpn, ", ");
    json_text("tls_version", r->tls, ", ");
    json_text(r->worked ? "note" : "reason", r->why, i + 1 < WAYS ? "},\n" : "}\n");
}

static void json_arrival(const arrival *v, const char *end)
{
    size_t i, first = 1;
    printf("    {");
    json_text("request", v->what, ", ");
    printf("\"tls\": %s, \"known\": %s, \"missing\": [", v->tls ? "true" : "false",
           v->known ? "true" : "false");
    for (i = 0; v->names[i]; i++)
        if (v->missing >> i & 1) {
            printf("%s", first ? "" : ", ");
            json_text(NULL, v->names[i], "");
            first = 0;
        }
    printf("]}%s", end);
}

static void json_head(void)
{
    json_text("host", to.host, ", ");
    printf("\"port\": %s,\n  ", to.port);
    json_text("address", to.shown, ",\n  ");
    json_text("path", to.path ? to.path : "", ",\n  ");
    json_text("websocket_path", to.socket_path ? to.socket_path : "", ",\n  ");
}

static void print_json(int status)
{
    size_t i;
    printf("{\n  ");
    json_head();
    printf("\"ways\": [\n");
    for (i = 0; i < WAYS; i++)
        json_way(i);
    printf("  ],\n  \"arrivals\": [\n");
    for (i = 0; i < arrival_count; i++)
        json_arrival(&arrivals[i], i + 1 < arrival_count ? ",\n" : "\n");
    printf("  ],\n  \"certificate\": ");
    if (certificate_seen) {
        printf("{\"verifies\": %s, ", certificate_said[0] ? "false" : "true");
        json_text("name", to.name, ", ");
        json_text("reason", certificate_said, "},\n  ");
    } else {
        printf("null,\n  ");
    }
    printf("\"verdict\": [\n");
    for (i = 0; i < verdict_count; i++) {
        printf("    ");
        json_text(NULL, verdicts[i], i + 1 < verdict_count ? ",\n" : "\n");
    }
    printf("  ],\n  \"exit\": %d\n}\n", status);
}

#endif
