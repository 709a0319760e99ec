#!/bin/sh
# parts.sh PART: one part of the tests, a line for each test (see lib.sh).
cd "$(dirname "$0")" || exit 1
. ./lib.sh

# Compiling is most of what the unit tests take, so they are not optimised here, but for the implementation that
# most of them share (Makefile); `full` runs them optimised.
ASAN_OPTIONS=${ASAN_OPTIONS:-quarantine_size_mb=16:malloc_context_size=8}
export ASAN_OPTIONS
slow= # what a quarter of an hour leaves out of programs that run slowly (conn.h)
[ "${SAMPLES:-0}" != 1 ] || slow=5
san='-g -fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize=address,undefined'
memory_units="test_huffman test_hpack test_h1_head" # what valgrind sees that a sanitizer does not is the
                                                   # use of octets that nobody wrote: coders first

linked="test_openssl test_ws_wslay" # units that need a library, which another compiler may not link

# counted NAME PROGRAM [arguments]: a program whose last line of output is its counts.
counted() {
    name=$1 log=$BUILD/log.$(echo "$1" | tr / _)
    shift
    limited "${LIMIT:-120}" "$@" >"$log" 2>&1 </dev/null
    status=$?
    counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log" | tail -n 1)
    case "$status/$counts" in
    0/"" | 0/"0 passed"*) failed "$name: no test ran in it" "$log" ;;
    0/*" 0 failed, 0 skipped") ok "$name ($counts)" ;;
    0/*" 0 failed, "*) if [ "${STRICT:-0}" = 1 ]; then failed "$name: a test in it was skipped" "$log"
        else ok "$name ($counts)"; fi ;;
    */*" 0 failed, "* | */"") failed "$name: exit status $status" "$log" ;;
    *) failed "$name ($counts)" "$log" ;;
    esac
}

# with_wslay: libwslay's headers are there.
with_wslay() { printf '#include <wslay/wslay.h>\n' | "$CC" -fsyntax-only -x c - >/dev/null 2>&1; }

# lacks UNIT: what a unit that is left out would need.
lacks() {
    case $1 in
    test_ws_wslay) echo "libwslay's headers" ;;
    *) echo "$no_tls" ;;
    esac
}

# units VARIANT COMPILER FLAGS [RUNNER]: builds every unit test so, and runs each.
units() {
    variant=$1 compiler=$2 flags=$3 runner=${4:-}
    leave_out=${LEAVE_OUT:-}
    with_tls || leave_out="$leave_out test_openssl"
    with_wslay || leave_out="$leave_out test_ws_wslay"
    $MAKE -s -k -j"$JOBS" programs VARIANT="$variant" CC="$compiler" CFLAGS="$flags" \
        LEAVE_OUT="$leave_out" >/dev/null 2>&1
    [ -f "$BUILD/$variant/h2neg.o" ] ||
        { failed "$variant: the implementation does not compile" "$BUILD/$variant/h2neg.o.log"; return; }
    run=
    for source in unit/test_*.c; do
        unit=$(basename "$source" .c)
        case " $leave_out " in
        *" $unit "*) [ -n "${LEAVE_OUT:-}" ] || skipped "$variant/$unit" "$(lacks "$unit")" ;;
        *) run="$run $unit" ;;
        esac
    done
    export LIMIT CONN_SOME
    for unit in $run; do echo "$variant/$unit $runner"; done | side_by_side "sh ./parts.sh --unit"
}

# one_unit VARIANT/UNIT [RUNNER]
one_unit() {
    program=$1
    shift
    if [ -x "$BUILD/$program" ]; then counted "$program" "$@" "$BUILD/$program"
    else failed "$program: does not compile" "$BUILD/$program.log"; fi
}

sanitized() { # VARIANT COMPILER FLAGS
    if compiles $2 $3; then units "$1" "$2" "$3"; else skipped "$1" "$2 with these sanitizers"; fi
}

part_unit() { units plain "$CC" -g; }

part_sanitized() {
    compiler=gcc
    have gcc || compiler=$CC
    CONN_SOME=$slow LIMIT=300 sanitized address "$compiler" "$san"
}

part_machine32() {
    runs_32 "$CC" || { skipped machine32 "a compiler for 32 bits (-m32), or what runs its programs"; return; }
    CONN_SOME=$slow LEAVE_OUT="$linked" LIMIT=300 units machine32 "$CC" -m32 $runner
}

part_memory() {
    have valgrind || { skipped memory "valgrind"; return; }
    for unit in $memory_units; do
        [ -f "unit/$unit.c" ] || continue
        [ -x "$BUILD/plain/$unit" ] ||
            $MAKE -s "$BUILD/plain/$unit" VARIANT=plain CFLAGS=-g >/dev/null 2>&1
        LIMIT=300 counted "memory/$unit" valgrind -q --error-exitcode=9 --leak-check=full \
            "$BUILD/plain/$unit"
    done
}

part_tables() {
    if "$CC" -std=c99 $WARN -O1 -o "$BUILD/gen_tables" ../tools/gen_tables.c >"$BUILD/gen_tables.log" 2>&1
    then
        counted tables sh ./gen_tables.sh "$BUILD/gen_tables" ../h2neg.h
    else
        failed "tables: the generator does not compile" "$BUILD/gen_tables.log"
    fi
}

part_rooms() { sh ./rooms.sh ../h2neg.h; }
part_header() { sh ./header.sh all; }
part_programs() { sh ./programs.sh; }
part_split() { sh ./split.sh; }

# The documents: what the header and its manual tell, and what the README does.
part_docs() {
    have python3 || { skipped docs python3; return; }
    with_tls && tls=1 || tls=0
    limited 900 python3 -B ./docs.py || failed "docs: it did not come to its end"
    limited 900 python3 -B ./interop/readme.py --tls "$tls"
    [ $? -le 1 ] || failed "docs: the README's commands did not come to their end"
}
# Which targets a quarter of an hour searches, a second each: what the others call is below these.
searched="conn_h1 conn_h2 conn_h2c_client conn_ws_h2 calls pair hpack_round trace"
part_fuzz() {
    sh ./fuzz/fuzz.sh replay
    [ "${SAMPLES:-0}" != 1 ] || SEED=1 TIME=1 TARGETS="$searched" sh ./fuzz/fuzz.sh search
    part_llhttp
}

# HTTP/1 through our pieces and through the parser of Node.js.
part_llhttp() {
    have node || { skipped fuzz/llhttp node; return; }
    node -e 'process.exit(process.versions.llhttp.startsWith("9.") ? 0 : 1)' ||
        { skipped fuzz/llhttp "a node with llhttp 9"; return; }
    mkdir -p "$BUILD/fuzz"
    if "$CC" -std=c99 $WARN -g -DH2NEG_IMPLEMENTATION -I.. -o "$BUILD/fuzz/llhttp" fuzz/llhttp.c \
        >"$BUILD/fuzz/llhttp.log" 2>&1
    then
        counted fuzz/llhttp node fuzz/llhttp.js "$BUILD/fuzz/llhttp"
    else
        failed "fuzz/llhttp: does not compile" "$BUILD/fuzz/llhttp.log"
    fi
}

interop() { # options of interop.py
    have python3 || { skipped interop "python3"; return; }
    python=python3 # the one that has the h2 module, where one has
    for p in python3 /usr/bin/python3; do
        "$p" -c 'import h2' >/dev/null 2>&1 && python=$p && break
    done
    with_tls && tls=1 || tls=0
    limited "${INTEROP_LIMIT:-900}" "$python" -B interop/interop.py --tls "$tls" "$@"
    status=$?
    [ "$status" -le 1 ] || failed "interop: exit status $status"
}

# What waits more than it works runs side by side, all of it at once.
part_interop() {
    if [ -n "${INTEROP:-}" ]; then
        interop $INTEROP
    else
        { echo "--half 1"; echo "--half 2"; [ "${SOAK:-0}" != 1 ] || echo interop_sanitized; } |
            JOBS=3 side_by_side "sh ./parts.sh"
    fi
}

# The same with programs that watch themselves.
part_interop_sanitized() {
    compiler=gcc
    have gcc || compiler=$CC
    compiles $compiler $san || { skipped interop-sanitized "$compiler with sanitizers"; return; }
    tree=$BUILD/sanitized
    mkdir -p "$tree/examples" && cp -p ../h2neg.h "$tree/" &&
        cp -p ../examples/*.c ../examples/*.h ../examples/Makefile "$tree/examples/"
    tls_0=
    with_tls || tls_0=TLS=0
    if $MAKE -C "$tree/examples" -j"$JOBS" all CC="$compiler" CFLAGS="-O1 -DH2NEG_CHECK $san" $tls_0 \
        >"$BUILD/log.sanitized" 2>&1
    then
        few= # a part of them, where there is a quarter of an hour
        [ "${SAMPLES:-0}" != 1 ] || few="server/ raw/ ws-server/ both/"
        interop --sanitized --programs "$tree/examples" ${INTEROP:-$few} |
            sed 's,^\([a-zA-Z]*\) interop/,\1 interop-sanitized/,'
    else
        failed "interop-sanitized: the programs do not build" "$BUILD/log.sanitized"
    fi
}

part_coverage() { sh ./coverage.sh; }
part_machines() { sh ./machines.sh; }
part_prove() { sh ./prove.sh; }
part_analyse() { sh ./analyse.sh; }
part_work() { sh ./work.sh; }

part_mutants() {
    have python3 || { skipped mutants python3; return; }
    have gcov || { skipped mutants gcov; return; }
    attempt mutants python3 -B ../tools/mutate --count "${COUNT:-30}" --seed "${SEED:-1}" --jobs "$JOBS" \
        --least 90
}

# What a quarter of an hour has room for of that which takes long: mutants that a test is known to kill, two
# machines of other kinds, the quick proofs.
part_samples() {
    if have python3; then
        attempt mutants python3 -B ../tools/mutate --known killers.json --count 12 --jobs "$JOBS" --least 100
    else
        skipped mutants python3
    fi
    SAMPLE=1 sh ./machines.sh armhf s390x
    LIMIT=120 sh ./prove.sh alpn ascii base64 decimal hpack_integer huffman ws_frame
}

part_full() {
    LIMIT=600
    # what clang's sanitizers find and gcc's do not, at other levels, with other libraries and compilers
    sanitized clang-address clang "$san"
    LEAVE_OUT="$linked" sanitized clang-memory clang \
        '-g -fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize=memory'
    sanitized gcc-undefined-O3 gcc '-O3 -fno-sanitize-recover=all -fsanitize=undefined'
    sanitized clang-integer clang \
        '-g -fno-sanitize-recover=all -fsanitize=undefined,implicit-conversion'
    units optimised "$CC" -O2
    if have clang; then units clang clang -O2; else skipped clang clang; fi
    if have musl-gcc; then LEAVE_OUT="$linked" units musl musl-gcc -O2; else skipped musl musl-gcc; fi
    if have tcc; then LEAVE_OUT="$linked" WARN=-Wall units tcc tcc ""; else skipped tcc tcc; fi
    if have valgrind; then
        units memory-all "$CC" -g "env CONN_ROUNDS=20 valgrind -q --error-exitcode=9 --leak-check=full"
    else
        skipped memory-all valgrind
    fi
    TIME=${FUZZ_TIME:-60} sh ./fuzz/fuzz.sh search
    for part in coverage work machines prove analyse mutants; do "part_$part"; done
}

case $1 in
--unit) shift && one_unit "$@" ;;
--half) interop --half "$2" ;;
*) "part_$1" ;;
esac
