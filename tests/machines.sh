#!/bin/sh
# machines.sh [NAME...]: the same conversations on every machine, compiler and level that is there (make -C
# tests machines). The scripts of the unit tests are played whole and octet by octet, and what came out must
# be the same everywhere, octet for octet (machines/transcript.h); then the units of the coders run as they
# are. Two threads run under the thread sanitizer, and mingw-w64 compiles the header. A line for each.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
tree=$(pwd)/$BUILD/machines
# Scripts, and coders: not those that would take long under an emulator.
scripts="test_conn_h1 test_conn_h2 test_conn_limits test_conn_memory test_conn_negotiate test_conn_ws
    test_conn_ws_open test_conn_ws_send test_conn_ws_deflate"
coders="test_base test_digest test_h1_head test_h1_body test_h1_write test_huffman test_hpack test_h2_frame
    test_h2_fields test_ws_handshake test_upgrade"

# One state of header and tests for all machines, while others work on them.
rm -rf "$tree/state" && mkdir -p "$tree/shim" "$tree/told" "$tree/state/tests/unit" && cp ../h2neg.h "$tree/state/" &&
    cp ./*.h "$tree/state/tests/" && cp unit/*.c "$tree/state/tests/unit/" || exit 1
tests=$tree/state/tests
printf '#undef H2NEG_IMPLEMENTATION\n#include "%s/../h2neg.h"\n' "$tests" >"$tree/shim/h2neg.h"
printf '#include "%s/conn.h"\n#include "%s/machines/transcript.h"\n' "$tests" "$(pwd)" >"$tree/told/conn.h"

# The implementation is compiled as the machine says; the tests around it quickly.
build() { # FOLDER COMPILER FLAGS
    folder=$1 compiler=$2 flags=$3
    quick="-std=c99 -w $(echo " $flags" | grep -o -- '-m32\|-static\|-f[a-z]*signed-char' | tr '\n' ' ')"
    rm -rf "$folder" && mkdir -p "$folder" &&
        printf '#define H2NEG_IMPLEMENTATION\n#include "%s/../h2neg.h"\n' "$tests" >"$folder/all.c" &&
        $compiler -std=c99 -w $flags -c -o "$folder/all.o" "$folder/all.c" || return 1
    for unit in $scripts; do
        $compiler $quick -I"$tree/shim" -I"$tree/told" -I"$tests" -o "$folder/$unit" "$tests/unit/$unit.c" \
            "$folder/all.o" 2>"$folder/inside" ||
            $compiler -std=c99 -w $flags -I"$tree/told" -I"$tests/.." -I"$tests" -o "$folder/$unit" \
                "$tests/unit/$unit.c" || return 1 # it looks inside
    done
    for unit in $coders; do # so do these
        $compiler -std=c99 -w $flags -I"$tests/.." -I"$tests" -o "$folder/$unit" "$tests/unit/$unit.c" ||
            return 1
    done
}

# machine NAME COMPILER FLAGS [RUNNER]
machine() {
    name=$1 compiler=$2 flags=$3 runner=${4:-}
    case " ${only:-$name} " in *" $name "* | *" all "*) ;; *) return ;; esac
    have "$compiler" || { skipped "machines/$name" "$compiler"; return; }
    [ -z "$runner" ] || have "$runner" || { skipped "machines/$name" "$runner"; return; }
    compiles $compiler $flags || { skipped "machines/$name" "$compiler $flags"; return; }
    folder=$tree/$name
    mkdir -p "$folder"
    build "$folder" "$compiler" "$flags" >"$tree/$name.log" 2>&1 || {
        failed "machines/$name: does not compile" "$tree/$name.log"
        return
    }
    for unit in $scripts; do
        TRANSCRIPT=$folder/$unit.txt limited 600 $runner "$folder/$unit" >"$folder/log" 2>&1 </dev/null ||
            { failed "machines/$name: $unit failed" "$folder/log"; return; }
        cat "$folder/$unit.txt" >>"$folder/transcript"
    done
    for unit in $coders; do
        limited 600 $runner "$folder/$unit" >"$folder/log" 2>&1 </dev/null ||
            { failed "machines/$name: $unit failed" "$folder/log"; return; }
    done
    if [ ! -f "$tree/reference" ]; then
        cp "$folder/transcript" "$tree/reference"
    fi
    if cmp -s "$tree/reference" "$folder/transcript"; then
        ok "machines/$name: $(wc -l <"$folder/transcript" | tr -d ' ') conversations, the same octets"
    else
        diff "$tree/reference" "$folder/transcript" >"$tree/$name.log"
        failed "machines/$name: other octets than the first machine's" "$tree/$name.log"
    fi
    rm -rf "$folder"
}

threads() {
    case " ${only:-threads} " in *" threads "* | *" all "*) ;; *) return ;; esac
    for compiler in gcc clang; do
        have $compiler || { skipped "machines/threads $compiler" $compiler; continue; }
        compiles $compiler -fsanitize=thread || {
            skipped "machines/threads $compiler" "$compiler with the thread sanitizer"
            continue
        }
        attempt "machines/threads $compiler" threads_run $compiler
    done
}
threads_run() {
    "$1" -std=c99 -w -g -O1 -fsanitize=thread -I.. -I. -o "$tree/threads" machines/threads.c -lpthread &&
        limited 120 "$tree/threads"
}

mingw() {
    case " ${only:-mingw} " in *" mingw "* | *" all "*) ;; *) return ;; esac
    for bits in x86_64 i686; do
        compiler=$bits-w64-mingw32-gcc
        name="machines/mingw $bits compiles the header"
        have $compiler || { [ $bits = i686 ] || skipped "$name" $compiler; continue; }
        attempt "$name" $compiler -std=c99 $WARN -O2 -DH2NEG_IMPLEMENTATION -x c -c -o "$tree/mingw.o" ../h2neg.h
    done
    have x86_64-w64-mingw32-g++ || return
    attempt "machines/mingw x86_64 compiles the header as C++" x86_64-w64-mingw32-g++ -std=c++11 \
        $(echo $WARN | sed 's/-Wstrict-prototypes//') -O2 -DH2NEG_IMPLEMENTATION -x c++ -c -o "$tree/mingw.o" \
        ../h2neg.h
}

only="$*"
[ -z "$only" ] || only="x86-64-gcc-O0 $only" # the first is what all are held against
rm -f "$tree/reference"
machine x86-64-gcc-O0 gcc -O0
machine x86-64-gcc-O2 gcc -O2
machine x86-64-gcc-O3 gcc "-O3 -march=native"
machine x86-64-clang-O0 clang -O0
machine x86-64-clang-O2 clang -O2
machine x86-64-clang-O3 clang -O3
machine unsigned-char gcc "-O1 -funsigned-char"
machine signed-char clang "-O1 -fsigned-char"
machine tcc tcc ""
machine musl musl-gcc "-O2 -static"
machine i386 gcc "-O2 -m32"
machine armhf arm-linux-gnueabihf-gcc "-O2 -static" qemu-arm
machine aarch64 aarch64-linux-gnu-gcc "-O2 -static" qemu-aarch64
machine s390x s390x-linux-gnu-gcc "-O2 -static" qemu-s390x
threads
mingw
