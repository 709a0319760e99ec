/* page.h: the page at /, a line of it in each string. {{NAME}} is filled in by page_write; nothing
   that is filled in needs escaping. */
#ifndef PAGE_H
#define PAGE_H

#include <stddef.h>
#include <string.h>

/* The table's rows that a request can have come by, by the number behind {{way: */
enum { WAY_ALPN_H2 = 0, WAY_ALPN_HTTP1, WAY_TLS_SILENT, WAY_PRIOR, WAY_UPGRADE, WAY_PLAIN };

typedef struct page_values {
    const char *protocol, *via, *tls, *stream;
    int way; /* WAY_* */
} page_values;

/* clang-format off */
static const char *const page_lines[] = {
    "<!doctype html>",
    "<html lang=en>",
    "<meta charset=utf-8>",
    "<meta name=viewport content='width=device-width, initial-scale=1'>",
    "<link rel=icon href=data:,>",
    "<title>h2neg: {{protocol}}</title>",
    "<style>",
    ":root { color-scheme: light dark;",
    "        --line: #8888; --quiet: #8882; --mark: #fd04; --focus: #06c; }",
    "@media (prefers-color-scheme: dark) { :root { --focus: #6bf; } }",
    "* { box-sizing: border-box; }",
    "body { font: 1rem/1.5 system-ui, sans-serif;",
    "       max-width: 52rem; margin: 0 auto; padding: 1rem; }",
    "h1 { margin: 0; }",
    "h2 { margin: 2rem 0 .5rem; font-size: 1.2rem; }",
    "code { background: var(--quiet); border-radius: .2rem; padding: 0 .2rem; }",
    "dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0; }",
    "dd { margin: 0; font-weight: bold; overflow-wrap: anywhere; }",
    ".wide { overflow-x: auto; }",
    "table { border-collapse: collapse; width: 100%; }",
    "th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; }",
    "tr { border-bottom: 1px solid var(--line); }",
    "tr[aria-current=true] { background: var(--mark); }",
    "tr { --who: ' <- this request'; }",
    "#ws-http1, #ws-http2 { --who: ' <- the chat below'; }",
    "tr[aria-current=true] td:last-child::after { content: var(--who); font-weight: bold; }",
    "form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: .5rem 0; }",
    "form label { flex: 1 1 100%; }",
    "input, button { font: inherit; padding: .4rem .8rem;",
    "                border: 1px solid; border-radius: .3rem; }",
    "input { flex: 1 1 10rem; min-width: 0; }",
    "button:disabled, input:disabled { opacity: .5; }",
    ":focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }",
    ".log { list-style: none; margin: 0; padding: .5rem; height: 12rem; overflow-y: auto;",
    "       border: 1px solid var(--line); overflow-wrap: anywhere; white-space: pre-wrap; }",
    "</style>",
    "<h1>h2neg</h1>",
    "<p>One port, every protocol: what you see came over the best one that both sides speak.",
    "<h2>This request</h2>",
    "<dl>",
    "<dt>protocol<dd id=protocol>{{protocol}}</dd>",
    "<dt>agreed by<dd id=via>{{via}}</dd>",
    "<dt>TLS<dd id=tls>{{tls}}</dd>",
    "<dt>stream<dd id=stream>{{stream}}</dd>",
    "</dl>",
    "<h2>The ways in</h2>",
    "<div class=wide tabindex=0 role=region aria-label='the ways in'>",
    "<table>",
    "<tr><th scope=col>the client opens with<th scope=col>what is spoken<th scope=col>how",
    "<tr{{way:0}}><td>TLS, ALPN with <code>h2</code><td>HTTP/2<td>alpn",
    "<tr{{way:1}}><td>TLS, ALPN with <code>http/1.1</code> alone<td>HTTP/1.1<td>alpn",
    "<tr{{way:2}}><td>TLS without ALPN<td>HTTP/1.1<td>default",
    "<tr><td>TLS, ALPN with neither<td>nothing<td>alert 120",
    "<tr{{way:3}}><td><code>PRI * HTTP/2.0</code><td>HTTP/2<td>prior knowledge",
    "<tr{{way:4}}><td><code>Upgrade: h2c</code><td>HTTP/2 behind a 101<td>upgrade",
    "<tr{{way:5}}><td>any other request in cleartext<td>HTTP/1.1, HTTP/1.0<td>default",
    "<tr id=ws-http1><td><code>Upgrade: websocket</code>",
    "<td>WebSocket over HTTP/1.1<td>behind a 101",
    "<tr id=ws-http2><td><code>CONNECT</code>,",
    "<code>:protocol websocket</code><td>WebSocket over HTTP/2<td>on a stream",
    "</table>",
    "</div>",
    "<section aria-labelledby=echo-title>",
    "<h2 id=echo-title>WebSocket: echo</h2>",
    "<p>State: <b id=echo-state role=status>not open</b>. <span id=echo-info></span>",
    "<form id=echo-form>",
    "<label for=echo-text>A message to <code>/ws</code>, which sends it back</label>",
    "<input id=echo-text autocomplete=off value=hello disabled>",
    "<button id=echo-send disabled>Send</button>",
    "<button id=echo-open type=button>Open</button>",
    "<button id=echo-close type=button disabled>Close</button>",
    "</form>",
    "<ul id=echo-log class=log role=log aria-live=polite aria-label='echo messages'",
    " tabindex=0></ul>",
    "</section>",
    "<section aria-labelledby=chat-title>",
    "<h2 id=chat-title>WebSocket: chat</h2>",
    "<p>State: <b id=chat-state role=status>not open</b>. <span id=chat-info></span>",
    "<form id=chat-form>",
    "<label for=chat-text>A message to everyone on <code>/chat</code>, over any HTTP</label>",
    "<input id=chat-text autocomplete=off disabled>",
    "<button id=chat-send disabled>Send</button>",
    "<button id=chat-open type=button>Open</button>",
    "<button id=chat-close type=button disabled>Close</button>",
    "</form>",
    "<ul id=chat-log class=log role=log aria-live=polite aria-label='chat messages'",
    " tabindex=0></ul>",
    "</section>",
    "<h2>More</h2>",
    "<p><a href=/hello>/hello</a> <a href=/negotiated>/negotiated</a>",
    "<a href=/bytes/1000>/bytes/N</a> <a href=/trailers>/trailers</a>",
    "<a href=/status/418>/status/N</a> <code>/echo</code> <code>/upload</code>",
    "<script>",
    "'use strict';",
    "",
    "// One WebSocket with its buttons. onFirst is given the first message.",
    "function socket(name, path, subprotocol, onFirst) {",
    "  const part = (id) => document.getElementById(name + '-' + id);",
    "  const url = location.protocol.replace('http', 'ws') + '//' + location.host + path;",
    "  let ws = null, heard = 0, failed = false;",
    "",
    "  function show(state) {",
    "    part('state').textContent = state;",
    "    part('open').disabled = ws !== null;",
    "    part('close').disabled = ws === null || ws.readyState > WebSocket.OPEN;",
    "    for (const id of ['text', 'send'])",
    "      part(id).disabled = ws === null || ws.readyState !== WebSocket.OPEN;",
    "  }",
    "  function log(text) {",
    "    const list = part('log'), line = document.createElement('li');",
    "    line.textContent = text;",
    "    list.append(line);",
    "    while (list.childElementCount > 500)",
    "      list.firstElementChild.remove();",
    "    list.scrollTop = list.scrollHeight;",
    "  }",
    "  function opened() {",
    "    part('info').textContent = 'Extensions: ' + (ws.extensions || 'none') +",
    "      '; subprotocol: ' + (ws.protocol || 'none') + '.';",
    "    show('open');",
    "    part('text').focus();",
    "  }",
    "  function closed(event) {",
    "    const inside = part('close') === document.activeElement;",
    "    ws = null;",
    "    show((failed ? 'error, ' : '') + 'closed with ' + event.code +",
    "      (event.reason ? ' (' + event.reason + ')' : ''));",
    "    if (inside || document.activeElement === document.body)",
    "      part('open').focus();",
    "  }",
    "  function open() {",
    "    heard = 0;",
    "    failed = false;",
    "    part('info').textContent = '';",
    "    ws = new WebSocket(url, subprotocol);",
    "    ws.onopen = opened;",
    "    ws.onclose = closed;",
    "    ws.onerror = () => { failed = true; show('error'); };",
    "    ws.onmessage = (event) => {",
    "      log(event.data);",
    "      if (heard++ === 0 && onFirst)",
    "        onFirst(event.data, part('info'));",
    "    };",
    "    show('connecting');",
    "  }",
    "  part('open').onclick = open;",
    "  part('close').onclick = () => { ws.close(1000); show('closing'); };",
    "  part('form').onsubmit = (event) => {",
    "    event.preventDefault();",
    "    if (ws === null || ws.readyState !== WebSocket.OPEN)",
    "      return;",
    "    ws.send(part('text').value);",
    "    part('text').value = '';",
    "  };",
    "  show('not open');",
    "}",
    "",
    "// The chat greets with: * you joined over h2 (alpn), 3 here",
    "function greeted(text, info) {",
    "  const over = /^[*] you joined over (([^ ]+) [(][^)]*[)]), [0-9]+ here$/.exec(text);",
    "  if (!over)",
    "    return;",
    "  info.textContent += ' This WebSocket runs over ' + over[1] + '.';",
    "  const http2 = over[2] === 'h2' || over[2] === 'h2c';",
    "  document.getElementById('ws-http1').setAttribute('aria-current', !http2);",
    "  document.getElementById('ws-http2').setAttribute('aria-current', http2);",
    "}",
    "",
    "socket('echo', '/ws', 'echo', null);",
    "socket('chat', '/chat', 'chat', greeted);",
    "</script>",
    "</html>",
};
/* clang-format on */

/* What stands for a name. */
static const char *page_value(const page_values *v, const char *name, size_t len)
{
    if (len == 5 && memcmp(name, "way:", 4) == 0)
        return name[4] - '0' == v->way ? " aria-current=true" : "";
    switch (name[0]) {
    case 'p': return v->protocol;
    case 'v': return v->via;
    case 't': return v->tls;
    default: return v->stream;
    }
}

/* Puts octets where there is room for them, and counts them in any case. */
static size_t page_put(char *out, size_t room, size_t at, const char *text, size_t len)
{
    if (len && at <= room && len <= room - at)
        memcpy(out + at, text, len);
    return at + len;
}

/* Octets of the whole page; it stands in `out` if that is not above `room`. */
static size_t page_write(char *out, size_t room, const page_values *v)
{
    size_t i, at = 0;
    for (i = 0; i < sizeof page_lines / sizeof page_lines[0]; i++) {
        const char *line = page_lines[i], *left, *right;
        while ((left = strstr(line, "{{")) != NULL && (right = strstr(left, "}}")) != NULL) {
            const char *value = page_value(v, left + 2, (size_t)(right - left - 2));
            at = page_put(out, room, at, line, (size_t)(left - line));
            at = page_put(out, room, at, value, strlen(value));
            line = right + 2;
        }
        at = page_put(out, room, at, line, strlen(line));
        at = page_put(out, room, at, "\n", 1);
    }
    return at;
}

#endif
