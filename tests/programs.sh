#!/bin/sh
# programs.sh: the examples build in every way, the demo's table holds, and what is wrong on a command line
# or at the start gets one sentence and the exit status 2. A line for each test.
cd "$(dirname "$0")" || exit 1
. ./lib.sh

# built DIRECTORY flags...: a copy of the header and the examples, made there; nothing else is needed.
built() {
    tree=$BUILD/$1
    shift
    mkdir -p "$tree/examples" && cp -p ../h2neg.h "$tree/" &&
        cp -p ../examples/*.c ../examples/*.h ../examples/Makefile "$tree/examples/" &&
        limited 300 $MAKE -C "$tree/examples" -j"$JOBS" all demo-table "$@"
}
strict="-O1 $(echo $WARN)"

# one_sentence STATUS command...: that status, nothing on stdout, one line with a full stop on stderr.
one_sentence() {
    expected=$1
    shift
    limited 10 "$@" >"$BUILD/said.out" 2>"$BUILD/said.err" </dev/null
    status=$?
    cat "$BUILD/said.out" "$BUILD/said.err"
    [ $status -eq "$expected" ] || { echo "exit status $status, not $expected"; return 1; }
    [ ! -s "$BUILD/said.out" ] && [ "$(grep -c . "$BUILD/said.err")" -eq 1 ] &&
        grep -q '\.$' "$BUILD/said.err"
}
refused() {
    name=$1
    shift
    attempt "programs/$name" one_sentence 2 "$@"
}

attempt "programs/build without TLS" built no-tls TLS=0 CFLAGS="$strict"
attempt "programs/demo without TLS" limited 60 $MAKE -C "$BUILD/no-tls/examples" TLS=0 \
    CFLAGS="$strict" demo
if with_tls; then
    attempt "programs/build with TLS" built with-tls CFLAGS="$strict"
    attempt "programs/demo with TLS" limited 60 $MAKE -C "$BUILD/with-tls/examples" \
        CFLAGS="$strict" demo
    if have clang; then
        attempt "programs/build by clang" built by-clang CC=clang CFLAGS="$strict"
    else
        skipped "programs/build by clang" clang
    fi
    tree=$BUILD/with-tls
else
    skipped "programs/build with TLS" "$no_tls"
    tree=$BUILD/no-tls
fi

server=$tree/examples/server client=$tree/examples/client
[ -x "$server" ] && [ -x "$client" ] || { failed "programs/are there"; exit 0; }

attempt "programs/server --help" limited 10 "$server" --help
attempt "programs/client --help" limited 10 "$client" --help
refused "server: an unknown option" "$server" --nonsense
refused "server: an option without its value" "$server" -p
refused "server: an argument that is no option" "$server" 8080
refused "server: a port that is no number" "$server" -p x
refused "server: a port above 65535" "$server" -p 65536
refused "server: an address that is not ours" "$server" -p 0 -b 192.0.2.1
refused "server: an unknown protocol" "$server" -p 0 --protocols http/1.1,gopher
refused "server: no protocol" "$server" -p 0 --protocols ''
refused "server: a root that is not there" "$server" -p 0 --root "$BUILD/no/such/place"
refused "server: --cert without --key" "$server" -p 0 --tls --cert "$BUILD/none.pem"
refused "server: --cert without --tls" "$server" -p 0 --cert "$BUILD/none.pem" --key "$BUILD/none.pem"
refused "server: a certificate that cannot be read" "$server" -p 0 --tls \
    --cert "$BUILD/none.pem" --key "$BUILD/none.pem"
refused "server: a certificate that is none" "$server" -p 0 --tls --cert run.sh --key run.sh
refused "server: a root that is no directory" "$server" -p 0 --root run.sh
refused "client: no URL" "$client"
refused "client: half a character where its message is cut" "$client" \
    -H "$(printf '%1190s\302' '' | tr ' ' a)" http://127.0.0.1/
refused "client: half a character" "$client" -H "$(printf 'ab\302')" http://127.0.0.1/
refused "client: an unknown option" "$client" --nonsense http://127.0.0.1/
refused "client: an option without its value" "$client" http://127.0.0.1/ -o
refused "client: a URL that is none" "$client" nonsense
refused "client: an unknown scheme" "$client" ftp://127.0.0.1/
refused "client: two ways at once" "$client" --http1.1 --prior-knowledge http://127.0.0.1/
refused "client: -n 0" "$client" -n 0 http://127.0.0.1/
refused "client: -m x" "$client" -m x http://127.0.0.1/
refused "client: -H without a colon" "$client" -H nonsense http://127.0.0.1/
refused "client: -o into nowhere" "$client" -o "$BUILD/no/such/file" http://127.0.0.1/
attempt "programs/client: --data-file that is not there" one_sentence 1 "$client" \
    --data-file "$BUILD/none" http://127.0.0.1:1/
attempt "programs/client: nobody listens" one_sentence 1 "$client" http://127.0.0.1:1/
attempt "programs/client: a name that nobody has" one_sentence 1 "$client" http://nobody.invalid/
if with_tls; then
    refused "client: --prior-knowledge over TLS" "$client" --prior-knowledge https://127.0.0.1:1/
    refused "client: a --cacert that cannot be read" "$client" --cacert "$BUILD/none.pem" \
        https://127.0.0.1:1/
else
    refused "client: https: without TLS" "$client" https://127.0.0.1:1/
    refused "server: --tls without TLS" "$server" -p 0 --tls
fi

# ---- what the README shows is what there is --------------------------------------------------------

# block START: the code block behind the README's first line that begins so.
block() {
    awk -v start="$1" 'index($0, start) == 1 { on = 1 } on && /^```/ { if (inside) exit; inside = 1; next }
        inside { print }' ../README.md
}
shows_hello() { block '## The smallest server' >"$BUILD/shown.c" && diff "$BUILD/shown.c" ../examples/hello.c; }
hello_as_told() {
    line=$(sed -n 's,^\(cc .* examples/hello.c -o \)hello && .*,\1,p' ../README.md)
    echo "$line"
    out=$PWD/$BUILD/hello-as-told
    [ -n "$line" ] && (cd .. && eval "$line'$out' -Wall -Wextra -Werror") && [ -x "$out" ]
}
shows_demo() {
    awk '/^client +server/ { on = 1 } /^```/ { on = 0 } on { print }' ../README.md >"$BUILD/shown.demo"
    (cd "$BUILD/with-tls/examples" && limited 60 ./demo-table ./server) >"$BUILD/demo.out" &&
        [ -s "$BUILD/shown.demo" ] && diff "$BUILD/shown.demo" "$BUILD/demo.out"
}
attempt "programs/README shows hello.c word for word" shows_hello
attempt "programs/README's line builds hello.c without a warning" hello_as_told
if with_tls; then
    attempt "programs/README shows the demo's table" shows_demo
else
    skipped "programs/README shows the demo's table" "$no_tls"
fi

busy_port() {
    "$server" -p 0 --quiet >"$BUILD/busy.out" 2>&1 &
    id=$! tries=50
    while [ $tries -gt 0 ] && ! grep -q listening "$BUILD/busy.out"; do
        sleep 0.1
        tries=$((tries - 1))
    done
    port=$(sed -n 's/^listening on http:.*:\([0-9]*\)$/\1/p' "$BUILD/busy.out")
    one_sentence 2 "$server" -p "$port"
    said=$?
    kill -TERM $id
    wait $id
    ended=$?
    echo "the first server ended with $ended"
    [ -n "$port" ] && [ $said -eq 0 ] && [ $ended -eq 0 ]
}
attempt "programs/server: a port that is busy" busy_port
