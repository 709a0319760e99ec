#!/usr/bin/env python3
"""Our server and client against the world's, over loopback.

usage: interop.py [--tls 0|1] [--programs DIRECTORY] [--soak] [--sanitized] [PART OF A NAME...]
"""
import argparse
import os
import sys

import harness


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser()
    parser.add_argument('--tls', type=int, default=1)
    parser.add_argument('--programs', help='the directory of server, client and hello')
    parser.add_argument('--soak', action='store_true', default=os.environ.get('SOAK') == '1')
    parser.add_argument('--sanitized', action='store_true', help='the programs are built with sanitizers')
    parser.add_argument('--half', type=int, default=0, help='1 or 2: one of two parts that take about as long')
    parser.add_argument('only', nargs='*')
    args = parser.parse_args()
    built = os.path.join(here, '..', 'build', 'with-tls' if args.tls else 'no-tls', 'examples')
    programs = os.path.abspath(args.programs or built)
    context = harness.Context(*[os.path.join(programs, name) for name in ('server', 'client', 'hello')],
                              tls=args.tls, soak=args.soak, sanitized=args.sanitized)
    os.environ['ASAN_OPTIONS'] = os.environ['UBSAN_OPTIONS'] = 'exitcode=99'
    import as_server, raw, conformance, python_h2, as_client, broken, ws_conformance  # each declares its tests
    if args.half == 2:
        harness.TESTS.clear()
    if args.half != 1:
        import websocket, browser, smuggling
        if not (args.sanitized and os.environ.get('SAMPLES') == '1'):  # two minutes, which .ci/full has
            import hardened, glue, lessons, probe, tools_trace
    try:
        for name in (context.server, context.client, context.hello):
            if not os.path.exists(name):
                print('FAILED interop: %s was not built' % os.path.basename(name))
                return 1
        return 1 if harness.run_tests(context, args.only) else 0
    finally:
        context.close()


if __name__ == '__main__':
    sys.exit(main())
