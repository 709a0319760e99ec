"""The page of our server in headless Chromium: what was negotiated, echo and chat over both carriers, the
keyboard alone, narrow screens, and how an end shows. With SCREENSHOTS=DIRECTORY pictures are left there.
"""
import json
import os

import harness
from harness import check, ended_well, our_server, program, run, test

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'browser.js')


def browse(context):
    """What came of each scenario, by name: one browser goes through all of them."""
    def make():
        tls = ['--tls'] if context.tls else []
        server, other = our_server(context, *tls), our_server(context)
        pictures = os.environ.get('SCREENSHOTS')
        if pictures:
            pictures = os.path.abspath(pictures)
            os.makedirs(pictures, exist_ok=True)
        home = context.path('home')
        os.makedirs(home, exist_ok=True)
        _, said, trouble = run(
            ['node', SCRIPT, program('chromium'), str(server.port), str(context.tls), str(other.port),
             str(other.process.pid), context.path('profile')] + ([pictures] if pictures else []),
            limit=90, env=dict(harness.npm_environment(), HOME=home))
        seen = {}
        for line in said.decode().splitlines():
            row = json.loads(line)
            seen[row['name']] = row
        return seen, trouble.decode(errors='replace'), server, other
    return context.once('browser', make)


def scenario(what, name, *needs):
    @test('ws-browser/' + what, 'plain', 'chromium', 'node', 'npm:playwright-core', *needs, limit=120)
    def one(context):
        seen, trouble = browse(context)[:2]
        check(name in seen, 'the browser did not get there: ' + trouble[-1500:])
        check('failed' not in seen[name], seen[name].get('failed'))
        return seen[name]['seen'] or None


scenario('the page over http: HTTP/1.1', 'http page')
scenario('the page over https: HTTP/2 by ALPN', 'https page', 'tls')
scenario('echo on the http page, compressed', 'http echo', 'zlib')
scenario('echo on the http page, not compressed', 'plain echo')
scenario('echo on the https page, compressed', 'https echo', 'tls', 'zlib')
scenario('chat of two tabs over http', 'http chat')
scenario('chat of an https page and an http page, the WebSocket of the former over', 'https chat', 'tls')
scenario('the keyboard alone', 'keyboard')
scenario('390 pixels wide: nothing sticks out', 'phone')
scenario('320 pixels wide: nothing sticks out', 'narrow')
scenario('1280 pixels wide', 'desktop')
scenario('the server ends: closed with 1001, then an error', 'end')


@test('ws-browser/and it ended well', 'plain', 'chromium', 'node', 'npm:playwright-core', limit=120)
def at_the_end(context):
    server, other = browse(context)[2:]
    ended_well(server)
    ended_well(other)
