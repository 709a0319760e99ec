#!/bin/sh
# header.sh all: how h2neg.h compiles and what it leaves in an object file, a line for each test.
# header.sh FUNCTION: one of the groups below, for `all`, which runs two at a time.
# header.sh combination WORD: one combination, for the Makefile, which runs two at a time. A word is
# COMPILER-LANGUAGE-LETTERS; the letters are user macros: I IMPLEMENTATION, S STATIC, N NO_CONN,
# O OPENSSL, A ASSERT, R REALLOC and FREE.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
HEADER=../h2neg.h
warn_cxx=$(echo $WARN | sed 's/-Wstrict-prototypes//')

# source_of LETTERS: a file that defines these macros and includes the header.
source_of() {
    rest=$1
    case $rest in *R*) cat <<'END' ;;
#include <stddef.h>
void *user_realloc(void *p, size_t n);
void user_free(void *p);
#define H2NEG_REALLOC(p, n) user_realloc(p, n)
#define H2NEG_FREE(p) user_free(p)
END
    esac
    case $rest in *A*) echo '#define H2NEG_ASSERT(x) ((void)0)' ;; esac
    case $rest in *I*) echo '#define H2NEG_IMPLEMENTATION' ;; esac
    case $rest in *S*) echo '#define H2NEG_STATIC' ;; esac
    case $rest in *N*) echo '#define H2NEG_NO_CONN' ;; esac
    case $rest in *O*) echo '#define H2NEG_OPENSSL' ;; esac
    echo '#include "h2neg.h"'
    echo 'typedef int not_empty;'
}

combination() {
    compiler=${1%%-*} rest=${1#*-}
    language=${rest%%-*} letters=${rest#*-}
    case $language in
    c99) set -- -std=c99 $WARN -x c ;;
    cxx) set -- -std=c++11 $warn_cxx -x c++ ;;
    esac
    source_of "$letters" >"$BUILD/combinations/$compiler-$language-$letters.src"
    "$compiler" "$@" -fsyntax-only -I.. "$BUILD/combinations/$compiler-$language-$letters.src"
}

# words COMPILER LANGUAGE I|i: every combination, with the implementation or the interface alone, where
# ASSERT and REALLOC change nothing, and STATIC promises what only the implementation can keep. A quarter of
# an hour has those that put each two of STATIC, NO_CONN, OPENSSL, and ASSERT with REALLOC, together in each way.
words() {
    openssl='_'
    if with_tls; then openssl='_ O'; fi
    if [ "$3" = I ]; then static='_ S' inner='_ A R AR'; else static='_' inner='_'; fi
    if [ "$3/${SAMPLES:-0}" = I/1 ]; then
        if with_tls; then pairs='____ _NOAR S_OAR SN_AR SNO_'; else pairs='____ _N_AR S__AR SN__'; fi
        for p in $pairs; do echo "$1-$2-$3$p"; done
        return
    fi
    for s in $static; do for n in _ N; do for o in $openssl; do for m in $inner; do
        echo "$1-$2-$3$s$n$o$m"
    done; done; done; done
}

all_combinations() {
    list=
    for pair in gcc-c99 clang-c99 g++-cxx clang++-cxx; do
        have "${pair%-*}" || continue
        list="$list $(words "${pair%-*}" "${pair#*-}" I) $(words "${pair%-*}" "${pair#*-}" i)"
    done
    $MAKE -s -k -j"$JOBS" combinations COMBINATIONS="$(echo $list)" >/dev/null 2>&1
    combinations="every combination of user macros"
    [ "${SAMPLES:-0}" != 1 ] || combinations="combinations of user macros"
    for pair in gcc-c99 clang-c99 g++-cxx clang++-cxx; do
        compiler=${pair%-*}
        for part in I i; do
            [ $part = I ] && what=implementation || what=interface
            name="header/warnings $compiler ${pair##*-} $what, $combinations"
            have "$compiler" || { skipped "$name" "$compiler"; continue; }
            : >"$BUILD/log.combinations"
            for word in $(words "$compiler" "${pair##*-}" $part); do
                [ -f "$BUILD/combinations/$word" ] || {
                    echo "$word"
                    head -n 6 "$BUILD/combinations/$word.log"
                } >>"$BUILD/log.combinations"
            done
            if [ -s "$BUILD/log.combinations" ]; then failed "$name" "$BUILD/log.combinations"
            else ok "$name"; fi
        done
    done
    with_tls || skipped "header/warnings with H2NEG_OPENSSL" "$no_tls"
}

# compiled NAME COMPILER FLAGS...: the source on standard input compiles without a warning.
compiled() {
    name=$1 compiler=$2
    shift 2
    cat >"$BUILD/source.$$.c"
    have "$compiler" || { skipped "$name" "$compiler"; return; }
    attempt "$name" "$compiler" "$@" -I.. -o "$BUILD/object.$$.o" -c "$BUILD/source.$$.c"
    rm -f "$BUILD/source.$$.c" "$BUILD/object.$$.o"
}

optimised() {
    source_of I | compiled "header/warnings by the compiler that builds the tests" "$CC" -std=c99 $WARN
    levels='-O2 -O3'
    [ "${SAMPLES:-0}" != 1 ] || levels=-O2
    for compiler in gcc clang; do for level in $levels; do
        source_of I | compiled "header/warnings $compiler $level" $compiler -std=c99 $WARN $level
    done; done
    source_of I | compiled "header/warnings gcc -O2 NDEBUG" gcc -std=c99 $WARN -O2 -DNDEBUG
    source_of I | compiled "header/warnings gcc -O2 H2NEG_NO_SIMD" gcc -std=c99 $WARN -O2 -DH2NEG_NO_SIMD
    source_of I | compiled "header/warnings gcc c17" gcc -std=c17 $WARN
    source_of I | compiled "header/warnings g++ c++20" g++ -std=c++20 -x c++ $warn_cxx
    if compiles gcc -m32; then
        source_of I | compiled "header/warnings gcc -m32" gcc -std=c99 -m32 $WARN -O1
    else
        skipped "header/warnings gcc -m32" "a compiler for 32 bits (-m32)"
    fi
}

# The header may be included before the define, after it, twice, and twice with it.
includes() {
    i='#include "h2neg.h"' d='#define H2NEG_IMPLEMENTATION'
    u='const char *used(int e); const char *used(int e) { return h2neg_error_text(e); }'
    printf '%s\n' "$i" "$i" "$u" | compiled "header/included twice" "$CC" -std=c99 $WARN
    printf '%s\n' "$i" "$d" "$i" "$u" | compiled "header/included before and after the define" \
        "$CC" -std=c99 $WARN
    printf '%s\n' "$d" "$i" "$i" "$u" | compiled "header/included twice with the define" \
        "$CC" -std=c99 $WARN
    printf '%s\n' "$i" "$i" "$d" "$i" "$i" "$u" | compiled "header/included twice before and after" \
        "$CC" -std=c99 $WARN
    printf '%s\n' "$d" "$i" '#undef H2NEG_IMPLEMENTATION' "$i" "$u" |
        compiled "header/included after the define is gone" "$CC" -std=c99 $WARN
}

one_macro_alone() {
    for macro in H2NEG_REALLOC H2NEG_FREE; do
        printf '#define %s(...) 0\n#define H2NEG_IMPLEMENTATION\n#include "h2neg.h"\n' $macro \
            >"$BUILD/alone.c"
        if "$CC" -fsyntax-only -I.. "$BUILD/alone.c" >"$BUILD/alone.log" 2>&1; then
            failed "header/$macro alone is refused"
        elif grep -q 'define both' "$BUILD/alone.log"; then
            ok "header/$macro alone is refused"
        else
            failed "header/$macro alone is refused with a sentence" "$BUILD/alone.log"
        fi
    done
}

# One implementation, users beside it, in C and in C++.
small_program='#include "h2neg.h"
int used_elsewhere(void);
int main(void) {
    h2neg_str one = h2neg_s("one");
    return one.len == 3 && *h2neg_error_text(H2NEG_ERR_NOMEM) != 0 && used_elsewhere() ? 0 : 1;
}'
second_unit='#include "h2neg.h"
#ifdef __cplusplus
extern "C"
#endif
int used_elsewhere(void);
int used_elsewhere(void) { return *h2neg_error_text(H2NEG_ERR_AGAIN) != 0; }'
linked_and_run() { # MAIN_COMPILER FLAGS SECOND_COMPILER
    echo "$small_program" | sed "$4" >"$BUILD/main.c" && echo "$second_unit" >"$BUILD/second.c" &&
        source_of I >"$BUILD/implementation.c" &&
        "$CC" -I.. -c -o "$BUILD/implementation.o" "$BUILD/implementation.c" &&
        $3 -I.. -c -o "$BUILD/second.o" "$BUILD/second.c" &&
        $1 $2 -I.. -o "$BUILD/linked" "$BUILD/main.c" -x none "$BUILD/implementation.o" \
            "$BUILD/second.o" && limited 10 "$BUILD/linked"
}
links() {
    attempt "header/one implementation and two users link and run" \
        linked_and_run "$CC" "" "$CC" ""
    if have g++; then
        attempt "header/a C implementation, users in C and in C++" \
            linked_and_run g++ "-x c++" "$CC" 's/^int used_elsewhere/extern "C" int used_elsewhere/'
    else
        skipped "header/a C implementation, users in C and in C++" g++
    fi
    for compiler in musl-gcc tcc; do
        if have $compiler; then
            attempt "header/$compiler compiles, links, runs" alone_and_run $compiler
        else
            skipped "header/$compiler compiles, links, runs" $compiler
        fi
    done
}
alone_and_run() {
    { source_of I && echo "$small_program" && echo "int used_elsewhere(void) { return 1; }"; } \
        >"$BUILD/single.c"
    "$1" -Wall -Werror -I.. -o "$BUILD/single" "$BUILD/single.c" && limited 10 "$BUILD/single"
}

# ---- what the object file holds; -fno-pic, since tables of pointers move into .data.rel.ro otherwise ----

# object COMPILER LETTERS: what its symbols are is in the file `symbols`; each is compiled once.
object() {
    symbols=$BUILD/symbols.$1-$2
    [ ! -f "$symbols" ] || return 0
    source_of "$2" >"$symbols.c"
    "$1" -std=c99 -O1 -fno-pic -fno-stack-protector -I.. -c -o "$symbols.o" "$symbols.c" &&
        nm "$symbols.o" >"$symbols.new" && mv "$symbols.new" "$symbols"
}
only_ours() {
    object "$@" && awk 'NF == 3 && $2 ~ /[A-Z]/ && ($3 !~ /^h2neg_/ || $3 ~ /^h2neg__/) { print; bad = 1 }
        NF == 3 && $2 == "T" { some = 1 } END { exit bad || !some }' "$symbols"
}
nothing_outside() { object "$@" && awk 'NF == 3 && $2 ~ /[A-Z]/ { print; bad = 1 } END { exit bad }' \
    "$symbols"; }
no_writable_data() {
    object "$@" && awk 'NF == 3 && $2 ~ /[BbDdGgSsCc]/ { print; bad = 1 } END { exit bad }' "$symbols"
}
# needs_only PATTERN COMPILER LETTERS: which functions of others are called.
needs_only() {
    pattern=$1
    shift
    object "$@" && awk -v allowed="^($pattern)\$" '$1 == "U" && $2 !~ allowed { print; bad = 1 }
        END { exit bad }' "$symbols"
}
symbols() {
    have nm || { skipped "header/symbols" nm; return; }
    rm -f "$BUILD"/symbols.*
    strings='mem(cpy|move|set|cmp|chr)|bcmp|strlen|strchr' # clang makes bcmp of memcmp, and malloc of realloc
    strings="$strings|__cpu_model|__cpu_features2" # what the compiler's own library knows of the CPU
    for compiler in gcc clang; do
        have $compiler || { skipped "header/symbols by $compiler" $compiler; continue; }
        attempt "header/exports h2neg_ alone ($compiler)" only_ours $compiler I
        attempt "header/no writable data ($compiler)" no_writable_data $compiler I
        attempt "header/H2NEG_STATIC exports nothing ($compiler)" nothing_outside $compiler IS
        attempt "header/calls memory, strings and assert alone ($compiler)" \
            needs_only "$strings|realloc|malloc|free|__assert_fail" $compiler I
        attempt "header/user macros replace allocator and assert ($compiler)" \
            needs_only "$strings|user_realloc|user_free" $compiler IAR
        attempt "header/H2NEG_NO_CONN allocates nothing ($compiler)" \
            needs_only "$strings|__assert_fail" $compiler IN
    done
}

text() {
    attempt "header/100 columns at most" awk 'length > 100 { print FILENAME ":" FNR; bad = 1 }
        END { exit bad }' $HEADER
    attempt "header/ASCII, no tabs, no space at the end of a line" awk '
        /[^ -~]/ || / $/ { print FILENAME ":" FNR ": " $0; bad = 1 } END { exit bad }' $HEADER
}

case $1 in
combination) combination "$2" ;;
all)
    if [ ! -f $HEADER ]; then failed "header/is there"; exit 1; fi
    text
    all_combinations
    printf '%s\n' optimised symbols includes links one_macro_alone | side_by_side "sh ./header.sh"
    ;;
*) "$1" ;;
esac
