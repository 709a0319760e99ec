#!/bin/sh
# machines.sh [NAME...]: the same conversations on every machine, compiler and level that is there (make -C
# tests machines). The scripts of the unit tests are played whole and octet by octet, and what came out must
# be the same everywhere, octet for octet (machines/transcript.h); then the units of the coders run as they
# are. Under clang's memory sanitizer what came out is also held to be octets that somebody wrote. Two threads
# run under the thread sanitizer, mingw-w64 compiles the header, and wine runs what it makes. A line for each.
#
# SAMPLE=1: three of the scripts and none of the coders. `machines.sh --one NAME` is one of the lines, for the
# two at a time below.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
tree=$(pwd)/$BUILD/machines
tests=$tree/state/tests # one state of header and tests for all machines, while others work on them
# Scripts, and coders: not those that would take long under an emulator.
scripts="test_conn_h1 test_conn_h2 test_conn_ws"
coders=
if [ "${SAMPLE:-0}" != 1 ]; then
    scripts="$scripts test_conn_limits test_conn_memory test_conn_negotiate test_conn_ws_open test_conn_ws_send
        test_conn_ws_deflate"
    coders="test_base test_digest test_h1_head test_h1_body test_h1_write test_huffman test_hpack test_h2_frame
        test_h2_fields test_ws_handshake test_ws_frame test_alpn test_upgrade test_simd_pieces test_h1_whole"
fi

# Name, compiler, what runs what it makes, and flags. The first is what all others are held against.
table='x86-64-gcc-O0 gcc - -O0
x86-64-gcc-O2 gcc - -O2
x86-64-gcc-O3 gcc - -O3 -march=native
x86-64-clang-O0 clang - -O0
x86-64-clang-O2 clang - -O2
x86-64-clang-O3 clang - -O3
unsigned-char gcc - -O1 -funsigned-char
signed-char clang - -O1 -fsigned-char
memory clang - -O1 -g -fsanitize=memory -fno-sanitize-recover=all
tcc tcc -
musl musl-gcc - -O2 -static
i386 gcc - -O2 -m32
armhf arm-linux-gnueabihf-gcc qemu-arm -O2 -static
aarch64 aarch64-linux-gnu-gcc qemu-aarch64 -O2 -static
s390x s390x-linux-gnu-gcc qemu-s390x -O2 -static
windows x86_64-w64-mingw32-gcc wine -O2 -static
threads-gcc gcc - -fsanitize=thread
threads-clang clang - -fsanitize=thread
mingw-c x86_64-w64-mingw32-gcc -
mingw-c++ x86_64-w64-mingw32-g++ -'
first=x86-64-gcc-O0

# build FOLDER COMPILER FLAGS: the implementation is compiled once, as the machine says, and linked; the tests
# around it are compiled quickly. A unit that looks inside has its own, as in the Makefile.
build() {
    folder=$1 compiler=$2 flags=$3
    quick=$(echo " $flags" | sed 's/ -O[1-3]//')
    $compiler -std=c99 -w $flags -c -o "$folder/all.o" "$tests/shared/all.c" || return 1
    for unit in $scripts $coders; do
        told=$tree/told
        case " $coders " in *" $unit "*) told=$tests ;; esac
        $compiler -std=c99 -w $quick -I"$tests/shared" -I"$told" -I"$tests" -o "$folder/$unit" \
            "$tests/unit/$unit.c" "$folder/all.o" 2>"$folder/inside" ||
            $compiler -std=c99 -w $flags -I"$told" -I"$tests/.." -I"$tests" -o "$folder/$unit" \
                "$tests/unit/$unit.c" || return 1
    done
}

# played NAME UNIT [RUNNER]: its transcript, where it tells one, goes behind those before it.
played() {
    folder=$tree/$1 unit=$2
    shift 2
    program=$folder/$unit
    [ -f "$program" ] || program=$program.exe
    rm -f "$folder/told"
    TRANSCRIPT=$folder/told limited 600 "$@" "$program" >"$folder/log" 2>&1 </dev/null || return 1
    [ ! -f "$folder/told" ] || tr -d '\r' <"$folder/told" >>"$folder/transcript"
}

# machine NAME COMPILER RUNNER|- FLAGS
machine() {
    name=$1 compiler=$2 runner=${3#-} flags=$4
    folder=$tree/$name
    rm -rf "$folder" && mkdir -p "$folder"
    compiles $compiler $flags || { skipped "machines/$name" "$compiler $flags"; return; }
    case " $flags " in *" -m32 "*) runs_32 "$compiler" || { skipped "machines/$name" "what runs it"; return; } ;; esac
    build "$folder" "$compiler" "$flags" >"$tree/$name.log" 2>&1 ||
        { failed "machines/$name: does not compile" "$tree/$name.log"; return; }
    for unit in $scripts $coders; do
        played "$name" "$unit" $runner || { failed "machines/$name: $unit failed" "$folder/log"; return; }
    done
    [ "$name" != $first ] || cp "$folder/transcript" "$tree/reference"
    if cmp -s "$tree/reference" "$folder/transcript"; then
        ok "machines/$name: $(grep -c . "$folder/transcript") conversations, the same octets"
    else
        diff "$tree/reference" "$folder/transcript" >"$tree/$name.log"
        failed "machines/$name: other octets than the first machine's" "$tree/$name.log"
    fi
    rm -rf "$folder"
}

# threads COMPILER: two of them, with nothing shared (machines/threads.c).
threads() {
    compiles "$1" -fsanitize=thread || { skipped "machines/threads $1" "$1 -fsanitize=thread"; return; }
    attempt "machines/threads $1" threads_run "$1"
}
threads_run() {
    "$1" -std=c99 -w -g -O1 -fsanitize=thread -I"$tests/.." -I"$tests" -o "$tree/threads-$1" machines/threads.c \
        -lpthread && limited 120 "$tree/threads-$1"
}

# mingw COMPILER STANDARD LANGUAGE
mingw() {
    attempt "machines/$1 compiles the header without a warning" "$1" "-std=$2" \
        $(echo $WARN | sed "s/-Wstrict-prototypes/${4:-}/") -O2 -DH2NEG_IMPLEMENTATION -x "$3" -c \
        -o "$tree/mingw.$3.o" "$tests/../h2neg.h"
}

# one NAME COMPILER RUNNER FLAGS...
one() {
    name=$1 compiler=$2 runner=$3
    shift 3
    for tool in "$compiler" "${runner#-}"; do
        [ -z "$tool" ] || have "$tool" || { skipped "machines/$name" "$tool"; return; }
    done
    case $name in
    threads-*) threads "$compiler" ;;
    mingw-c) mingw "$compiler" c99 c -Wstrict-prototypes ;;
    mingw-c++) mingw "$compiler" c++11 c++ ;;
    *) machine "$name" "$compiler" "$runner" "$*" ;;
    esac
}

WINEDEBUG=-all WINEPREFIX=$tree/wine
export WINEDEBUG WINEPREFIX
if [ "${1:-}" = --one ]; then
    shift
    one "$@"
    exit
fi
rm -rf "$tree/state" "$tree/reference" && mkdir -p "$tree/told" "$tests/unit" && cp ../h2neg.h "$tree/state/" &&
    cp ./*.h "$tests/" && cp -r shared "$tests/" && cp unit/*.c "$tests/unit/" || exit 1
printf '#include "%s/conn.h"\n#include "%s/machines/transcript.h"\n' "$tests" "$(pwd)" >"$tree/told/conn.h"
echo "$table" | sed 1q | side_by_side "sh ./machines.sh --one"
echo "$table" | sed 1d | while read -r name rest; do
    case " ${*:-$name} " in *" $name "*) echo "$name $rest" ;; esac
done | side_by_side "sh ./machines.sh --one"
