#!/bin/sh
# split.sh: the two files that tools/split makes behave as the one that they are made of. A line for each test.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
tree=$(cd "$BUILD" && pwd)/split
two=$tree/two
rm -rf "$tree"
mkdir -p "$tree"
warn_cxx=$(echo $WARN | sed 's/-Wstrict-prototypes//')
posix='-D_XOPEN_SOURCE=700'

split() { limited 20 ../tools/split "$@"; }
made() { split "$two" && [ -s "$two/h2neg.h" ] && [ -s "$two/h2neg.c" ] && [ "$(ls -A "$two" | wc -l)" -eq 2 ]; }
attempt "split/makes two files" made
[ -s "$two/h2neg.c" ] || exit 0

# Whatever stands in the one stands in the two, in the same order, but the guard of the implementation.
nothing_lost() {
    cat "$two/h2neg.h" "$two/h2neg.c" | diff ../h2neg.h - | sed -n 's/^< //p' | grep -v '^$' >"$tree/lost"
    printf '%s\n' '#if defined(H2NEG_IMPLEMENTATION) && !defined(H2NEG__IMPLEMENTED)' \
        '#define H2NEG__IMPLEMENTED' '#endif /* H2NEG_IMPLEMENTATION */' | diff - "$tree/lost"
}
attempt "split/holds every line of the one file" nothing_lost

again() {
    cp "$two/h2neg.c" "$tree/before.c" && echo cut >"$two/h2neg.c" && split "$two" &&
        cmp "$two/h2neg.c" "$tree/before.c"
}
attempt "split/replaces what it made before" again
crlf() {
    awk '{ printf "%s\r\n", $0 }' ../h2neg.h >"$tree/crlf.h" && split --header "$tree/crlf.h" "$tree/from-crlf" &&
        cmp "$two/h2neg.h" "$tree/from-crlf/h2neg.h" && cmp "$two/h2neg.c" "$tree/from-crlf/h2neg.c"
}
attempt "split/takes lines that end in CR LF" crlf

# ---- the same symbols and the same code, for each set of user macros -----------------------------------

printf '#define H2NEG_IMPLEMENTATION\n#include "%s"\n' "$PWD/../h2neg.h" >"$tree/one.c"
same() { # FLAGS...
    "$CC" -std=c99 $WARN -DNDEBUG "$@" -c -o "$tree/one.o" "$tree/one.c" &&
        "$CC" -std=c99 $WARN -DNDEBUG "$@" -c -o "$tree/two.o" "$two/h2neg.c" || return 1
    nm "$tree/one.o" | cut -c18- >"$tree/one.nm"
    nm "$tree/two.o" | cut -c18- >"$tree/two.nm"
    grep -q '^T h2neg_h1_parse_request$' "$tree/one.nm" && diff "$tree/one.nm" "$tree/two.nm" || return 1
    if have objcopy; then
        for section in .text .rodata; do for n in one two; do
            objcopy -O binary -j $section "$tree/$n.o" "$tree/$n$section" || return 1
        done; done
        cmp "$tree/one.text" "$tree/two.text" && cmp "$tree/one.rodata" "$tree/two.rodata" || return 1
    fi
}
# differs FLAGS...: and the macro does something at all: with it the symbols are others than without.
differs() { same "$@" && ! cmp -s "$tree/two.nm" "$tree/plain.nm"; }
if have nm; then
    attempt "split/the same symbols and code" same
    cp "$tree/two.nm" "$tree/plain.nm"
    attempt "split/the same with H2NEG_NO_CONN" differs -DH2NEG_NO_CONN
    if [ "${SAMPLES:-0}" != 1 ]; then
        attempt "split/the same with H2NEG_NO_SIMD" differs -DH2NEG_NO_SIMD
        attempt "split/the same with H2NEG_CHECK" same -DH2NEG_CHECK
    fi
    printf 'void *mine(void *p, unsigned long n);\nvoid gone(void *p);\n' >"$tree/mine.h"
    attempt "split/the same with H2NEG_REALLOC and H2NEG_FREE" differs -include "$tree/mine.h" \
        '-DH2NEG_REALLOC(p,n)=mine(p,n)' '-DH2NEG_FREE(p)=gone(p)'
    if with_tls; then attempt "split/the same with H2NEG_OPENSSL" differs -DH2NEG_OPENSSL
    else skipped "split/the same with H2NEG_OPENSSL" "$no_tls"; fi
else
    skipped "split/the same symbols and code" nm
fi
api() { # the definitions have it, too: hidden symbols are not there for others to link to
    hidden='-DH2NEG_API=extern __attribute__((visibility("hidden")))'
    "$CC" -std=c99 $WARN "$hidden" -c -o "$tree/hidden.o" "$two/h2neg.c" &&
        readelf -sW "$tree/hidden.o" | awk '$4 == "FUNC" && $8 ~ /^h2neg_[a-z]/ { n++; if ($6 != "HIDDEN") bad = 1 }
            END { exit bad || n < 50 }'
}
if have readelf; then attempt "split/H2NEG_API stands before every public function" api
else skipped "split/H2NEG_API stands before every public function" readelf; fi
static_refused() {
    ! "$CC" -fsyntax-only -DH2NEG_STATIC "$two/h2neg.c" >"$tree/static" 2>&1 &&
        grep -q 'for the one file' "$tree/static"
}
attempt "split/H2NEG_STATIC is refused with a sentence" static_refused

# ---- programs from the two -----------------------------------------------------------------------------

hello() { # PROGRAM COMPILER FLAGS...: the implementation so, and the example as it stands beside it
    program=$1
    shift
    "$@" -I"$two" -c "$two/h2neg.c" -o "$tree/$program-h2neg.o" &&
        "$CC" -std=c99 $posix $WARN -I"$two" -c ../examples/hello.c -o "$tree/$program-hello.o" &&
        "$1" "$tree/$program-hello.o" "$tree/$program-h2neg.o" -o "$tree/$program"
}
answers() { # PROGRAM PORT
    "$tree/$1" "$2" >"$tree/$1.out" 2>&1 &
    id=$! tries=50 got=
    while [ $tries -gt 0 ] && [ -z "$got" ]; do
        got=$(curl -s -m 5 --http2-prior-knowledge "http://127.0.0.1:$2/") || got=
        [ -n "$got" ] || sleep 0.1
        tries=$((tries - 1))
    done
    kill $id
    wait $id 2>/dev/null
    cat "$tree/$1.out"
    [ "$got" = "hello, world" ] && grep -q '^h2c (prior knowledge)$' "$tree/$1.out"
}
serves() {
    program=$1 how=$2
    attempt "split/hello.c builds from the two files, $how" hello "$@"
    [ -x "$tree/$program" ] || return 0
    if have curl && have python3; then attempt "split/hello answers, $how" answers "$program" "$(python3 -B ports.py)"
    else skipped "split/hello answers, $how" "curl and python3"; fi
}
serves hello "$CC" -std=c99 $WARN -O1
if have g++; then serves hello-cxx g++ -std=c++11 -x c++ $warn_cxx -O1
else skipped "split/hello.c builds from the two files, g++" g++; fi

cxx_user() {
    printf '%s\n' '#include "h2neg.h"' \
        'int main() { h2neg_conn *c = h2neg_conn_new(nullptr); unsigned w = h2neg_wants(c); h2neg_conn_free(c);' \
        '    return w == H2NEG_WANT_READ && h2neg_s("one").len == 3 ? 0 : 1; }' >"$tree/user.cpp"
    g++ -std=c++11 $warn_cxx -I"$two" "$tree/user.cpp" "$tree/$1-h2neg.o" -o "$tree/user" && limited 10 "$tree/user"
}
if have g++; then
    attempt "split/a user in C++, the implementation as C" cxx_user hello
    attempt "split/a user in C++, the implementation as C++" cxx_user hello-cxx
fi

# A unit test of the connection, linked to the two in place of the one.
unit() {
    mkdir -p "$tree/unit" "$tree/shared" && cp unit/test_conn_negotiate.c unit/*.h "$tree/unit/" && cp ./*.h "$tree/" &&
        cp "$two/h2neg.h" "$tree/shared/" &&
        "$CC" -std=c99 $WARN -DH2NEG_CHECK -I"$tree/shared" -I"$tree" "$tree/unit/test_conn_negotiate.c" \
            "$two/h2neg.c" -o "$tree/unit/run" && limited 60 "$tree/unit/run" | tee "$tree/unit/out" &&
        tail -n 1 "$tree/unit/out" | grep -q '^[1-9][0-9]* passed, 0 failed, 0 skipped$'
}
attempt "split/a unit test passes against the two files" unit

# ---- what is wrong is told in one sentence -------------------------------------------------------------

refused() { # STATUS ARGUMENTS...
    expected=$1
    shift
    split "$@" >"$tree/said.out" 2>"$tree/said.err" </dev/null
    status=$?
    cat "$tree/said.out" "$tree/said.err"
    [ $status -eq "$expected" ] && [ ! -s "$tree/said.out" ] && [ "$(grep -c . "$tree/said.err")" -eq 1 ] &&
        grep -q '^split: .*\.$' "$tree/said.err"
}
helps() { split --help >"$tree/help" && grep -q '^exit status: 0 .*; 1 .*; 2 ' "$tree/help"; }
sed '$d' "$two/h2neg.h" >"$tree/cut.h" # the interface alone is not the one file
cat ../h2neg.h ../h2neg.h >"$tree/doubled.h"
mkdir -p "$tree/whole" && cp ../h2neg.h "$tree/whole/h2neg.h" && echo file >"$tree/file"
attempt "split/--help tells the exit codes" helps
attempt "split/no directory" refused 2
attempt "split/an empty name" refused 2 ''
attempt "split/two directories" refused 2 "$tree/a" "$tree/b"
attempt "split/an unknown option" refused 2 --nonsense "$tree/a"
attempt "split/--header without a file" refused 2 --header
attempt "split/a header that is not there" refused 1 --header "$tree/none.h" "$tree/a"
attempt "split/a header that is a directory" refused 1 --header "$tree" "$tree/a"
attempt "split/a file that is not the header" refused 1 --header split.sh "$tree/a"
attempt "split/a header that is split already" refused 1 --header "$tree/cut.h" "$tree/a"
attempt "split/a header twice over" refused 1 --header "$tree/doubled.h" "$tree/a"
attempt "split/a directory that is a file" refused 1 "$tree/file"
attempt "split/a directory below a file" refused 1 "$tree/file/below"
attempt "split/onto the file itself" refused 1 --header "$tree/whole/h2neg.h" "$tree/whole"
left_alone() { cmp ../h2neg.h "$tree/whole/h2neg.h" && [ ! -e "$tree/whole/h2neg.c" ] && [ -z "$(ls -A "$tree/a")" ]; }
attempt "split/and nothing is left behind" left_alone
