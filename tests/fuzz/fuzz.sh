#!/bin/sh
# fuzz.sh replay: builds every fuzz target as a plain program and runs the packed inputs (a line for each).
# fuzz.sh search: TIME seconds of libFuzzer for each (TARGETS="a b" for some); what it finds stays in
#   $BUILD/fuzz, a crash in $BUILD/fuzz/crash/NAME; `FUZZ=NAME $BUILD/fuzz/replay FILE` shows it again.
# fuzz.sh merge: packs the least that covers what was found, for a commit.
# fuzz.sh coverage: lines and branches of h2neg.h that the packed inputs reach (clang, llvm-cov).
# fuzz.sh afl NAME: how AFL++ searches (afl-clang-fast, afl-fuzz).
cd "$(dirname "$0")/.." || exit 1
. ./lib.sh
here=$BUILD/fuzz
program=$here/replay
san='-g -fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize=address,undefined'
ASAN_OPTIONS=${ASAN_OPTIONS:-quarantine_size_mb=4:malloc_context_size=8}
export ASAN_OPTIONS
mkdir -p "$here"

# Which peers are there: flags, libraries, and the targets that go without.
peers() {
    peer_flags= peer_libs= without=
    printf 'int phr_parse_headers(void); int main(void) { return phr_parse_headers(); }\n' >"$here/try.c"
    if "$CC" -o "$here/try" "$here/try.c" -lh2o >/dev/null 2>&1; then
        peer_flags="$peer_flags -DFUZZ_PICO" peer_libs="$peer_libs -lh2o"
    else
        without="$without differ_h1:libh2o differ_chunked:libh2o"
    fi
    for peer in nghttp2:differ_hpack:differ_frames wslay:differ_ws; do
        lib=${peer%%:*}
        printf '#include <stddef.h>\n#include <sys/types.h>\n#include <%s/%s.h>\nint main(void) { return 0; }\n' \
            "$lib" "$lib" >"$here/try.c"
        if "$CC" -o "$here/try" "$here/try.c" "-l$lib" >/dev/null 2>&1; then
            peer_flags="$peer_flags -DFUZZ_$(echo "$lib" | tr a-z A-Z)" peer_libs="$peer_libs -l$lib"
        else
            for name in $(echo "${peer#*:}" | tr : ' '); do without="$without $name:lib$lib"; done
        fi
    done
}

# build PROGRAM COMPILER FLAGS: its log is PROGRAM.log.
checks=-DH2NEG_CHECK # the books of a connection are checked in every call
build() {
    out=$1
    shift
    "$@" -std=c99 $WARN $checks $peer_flags -I.. -o "$out" fuzz/fuzz.c $peer_libs >"$out.log" 2>&1
}

build_replay() { # unless it is there, younger than all that it is made of
    peers
    [ ! -x "$program" ] || [ -n "$(find ../h2neg.h ./*.h fuzz/*.[ch] -newer "$program")" ] || return 0
    compiler=gcc flags=$san
    have gcc || compiler=$CC
    compiles $compiler $san || flags=-g
    build "$program" $compiler -O1 $flags
}

replay() {
    build_replay || { failed "fuzz: the targets do not compile" "$program.log"; return; }
    "$program" list | side_by_side "sh ./fuzz/fuzz.sh replay_one"
    for name in $without; do skipped "fuzz/${name%%:*}" "${name##*:}"; done
}
replay_one() {
    name=$1 pack=fuzz/corpus/$1.pack log=$here/log.$1
    if [ ! -f "$pack" ]; then
        failed "fuzz/$name: there is no $pack"
    elif FUZZ=$name limited 120 "$program" replay "$pack" >"$log" 2>&1 </dev/null; then
        ok "fuzz/$name ($(tail -n 1 "$log"))"
    else
        failed "fuzz/$name" "$log"
    fi
}

# What is known of a target's inputs: the packed ones, the seeds, and those that were found before.
gather() {
    mkdir -p "$here/corpus/$1" "$here/start/$1" "$here/crash/$1"
    FUZZ=$1 "$program" seeds "$here/start/$1"
    [ ! -f "fuzz/corpus/$1.pack" ] || "$program" unpack "fuzz/corpus/$1.pack" "$here/start/$1"
}

search() {
    build_replay || { failed "fuzz: the targets do not compile" "$program.log"; return; }
    compiles clang -fsanitize=fuzzer-no-link || { skipped fuzz "clang with libFuzzer"; return; }
    build "$here/search" clang -O1 $san -fsanitize=fuzzer -DFUZZ_LIBFUZZER ||
        { failed "fuzz: the targets do not compile with libFuzzer" "$here/search.log"; return; }
    chosen | side_by_side "sh ./fuzz/fuzz.sh search_one"
}
# The targets that were asked for.
chosen() {
    "$program" list | while read -r name most; do
        case " ${TARGETS:-$name} " in *" $name "*) echo "$name $most" ;; esac
    done
}
search_one() {
    name=$1 most=$2 log=$here/log.$1
    gather "$name"
    FUZZ=$name "$here/search" -max_total_time="${TIME:-60}" -seed="${SEED:-0}" -max_len="$most" -timeout=25 \
        -print_final_stats=1 -artifact_prefix="$here/crash/$name/" \
        "$here/corpus/$name" "$here/start/$name" >"$log" 2>&1 </dev/null
    status=$?
    said="$(awk '
        /number_of_executed_units/ { runs = $2 } /new_units_added/ { fresh = $2 }
        / cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") cov = $(i + 1) }
        END { printf "%d executions, %d edges, %d new inputs", runs, cov, fresh }' "$log")"
    if [ "$status" = 0 ]; then
        ok "search/$name ($said, 0 crashes)"
    else
        failed "search/$name ($said, a crash in $here/crash/$name)" "$log"
    fi
}

# The least that covers the same edges: how often an edge was taken is left aside, to keep it small.
merge() {
    build_replay && build "$here/search" clang -O1 $san -fsanitize=fuzzer -DFUZZ_LIBFUZZER || exit 1
    mkdir -p fuzz/corpus
    chosen | while read -r name most; do
        gather "$name"
        rm -rf "$here/least/$name"
        mkdir -p "$here/least/$name"
        FUZZ=$name "$here/search" -merge=1 -use_counters=0 -max_len="$most" "$here/least/$name" \
            "$here/corpus/$name" "$here/start/$name" >"$here/log.merge" 2>&1 </dev/null
        "$program" pack "fuzz/corpus/$name.pack" "$here/least/$name"/*
        echo "$name: $(ls "$here/least/$name" | wc -l) inputs, $(wc -c <"fuzz/corpus/$name.pack") octets"
    done
}

coverage() {
    peers
    checks='-DH2NEG_ASSERT(x)=((void)0)' # the failing side of an assert is never taken
    build "$here/covered" clang -O1 -g -fprofile-instr-generate -fcoverage-mapping || exit 1
    rm -f "$here"/*.profraw
    LLVM_PROFILE_FILE=$here/list.profraw "$here/covered" list | while read -r name most; do
        FUZZ=$name LLVM_PROFILE_FILE="$here/$name.profraw" "$here/covered" replay \
            "fuzz/corpus/$name.pack" >/dev/null 2>&1 || echo "$name fails"
    done
    profdata=$(command -v llvm-profdata || command -v llvm-profdata-14)
    cov=$(command -v llvm-cov || command -v llvm-cov-14)
    "$profdata" merge -o "$here/all.profdata" "$here"/*.profraw &&
        "$cov" report "$here/covered" -instr-profile="$here/all.profdata" ../h2neg.h
}

afl() {
    peers
    build_replay && gather "$1" || exit 1
    WARN=-w # its macros are not ours
    build "$here/afl" afl-clang-fast -O1 -g || exit 1
    unset ASAN_OPTIONS # it has wishes of its own
    FUZZ=$1 afl-fuzz -V "${TIME:-60}" -i "$here/start/$1" -o "$here/afl.$1" -- "$here/afl"
}

"$@"
