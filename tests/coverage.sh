#!/bin/sh
# coverage.sh [FILE]: how much of h2neg.h the unit tests run, and the packed corpora of fuzz/ where they are
# there (make -C tests coverage). The lines and branches that nothing ran are listed in FILE, or in
# build/coverage/uncovered.txt. UNITS_ONLY=1 leaves the corpora out. Needs gcc and gcov.
#
# What is measured is built without asserts: their failing side is never taken. Neither is that of H2NEG__HAS_*,
# whether this CPU has what is asked for, so these lines' branches do not count.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
tree=$(pwd)/$BUILD/coverage
list=${1:-$tree/uncovered.txt}
least_lines=${LEAST_LINES:-100} least_branches=${LEAST_BRANCHES:-100} # percent; below it the test fails

for tool in gcc gcov; do
    have $tool || { skipped coverage $tool; exit 0; }
done

flags="-std=c99 -O0 -g --coverage -I$tree/header -I$(pwd)"
flags="$flags -DH2NEG_ASSERT(x)=((void)0)"

# measured NAME SOURCE [flags]: builds it, runs it, and leaves what gcov says of the header. The fuzz
# targets run each on its own pack.
measured() {
    name=$1 source=$2
    shift 2
    rm -rf "$tree/$name"
    mkdir -p "$tree/$name"
    (
        cd "$tree/$name" || exit 1
        # shellcheck disable=SC2086
        gcc $flags -o run "$source" "$@" >log 2>&1 || { echo "does not compile" >>log; exit 1; }
        run=limited_run
        [ "$name" != corpora ] || run=replay_packs
        $run >>log 2>&1 </dev/null || { echo "failed" >>log; exit 1; }
        gcov -b -c -t run-*.gcda 2>/dev/null | awk '
            / 0:Source:/ { on = /h2neg\.h$/ }
            on' >gcov.txt
        [ -s gcov.txt ]
    )
}
limited_run() { limited "${LIMIT:-600}" ./run; }
replay_packs() {
    for target in $(./run list | cut -d ' ' -f 1); do
        [ ! -f "$corpus/$target.pack" ] ||
            FUZZ=$target limited 300 ./run replay "$corpus/$target.pack" || return 1
    done
}

unit() {
    case $1 in
    test_openssl) with_tls || return 0; set -- "$1" -DH2NEG_OPENSSL -lssl -lcrypto ;;
    test_ws_wslay) printf '#include <wslay/wslay.h>\n' | gcc -fsyntax-only -x c - >/dev/null 2>&1 ||
        return 0
        set -- "$1" -lwslay ;;
    esac
    name=$1
    shift
    measured "$name" "$(pwd)/unit/$name.c" "$@" ||
        { echo "$name" >>"$tree/bad"; tail -n 3 "$tree/$name/log" >>"$tree/bad"; }
}

if [ "${1:-}" = --unit ]; then # for the two at a time below
    unit "$2"
    exit 0
fi

# fuzz.c built without a fuzzer replays the packs of inputs.
packs() {
    corpus=$(pwd)/fuzz/corpus
    [ "${UNITS_ONLY:-0}" != 1 ] && [ -d "$corpus" ] || return 0
    measured corpora "$(pwd)/fuzz/fuzz.c" ||
        { echo corpora >>"$tree/bad"; tail -n 3 "$tree/corpora/log" >>"$tree/bad"; }
}

mkdir -p "$tree"
rm -f "$tree"/bad "$tree"/*/gcov.txt
# One state of it, while others work on it, and each function once: what is inlined has branches for each place.
mkdir -p "$tree/header"
sed 's/^#define H2NEG__INLINE static inline.*/#define H2NEG__INLINE static/' ../h2neg.h >"$tree/header/h2neg.h"
ls unit/test_*.c | sed 's,.*/,,; s,\.c$,,' | xargs -P "$JOBS" -n 1 sh ./coverage.sh --unit
packs
[ ! -s "$tree/bad" ] || { failed "coverage: not everything ran" "$tree/bad"; exit 1; }

# A line's branches are told apart by their order; the same compiler gives the same order in every program.
cat "$tree"/*/gcov.txt | awk -v list="$list" -v least_lines="$least_lines" \
    -v least_branches="$least_branches" '
    /^ *[0-9#=-][^:]*: *[0-9]+:/ {
        split($0, w, ":")
        gsub(/ /, "", w[1]); line = w[2] + 0
        branch = 0
        if (line == 0 || w[1] == "-") next
        lines[line] = 1
        if (w[1] ~ /^[0-9]/ && w[1] + 0 > 0) run[line] = 1
        if (!(line in text)) {
            at = index($0, ":"); rest = substr($0, at + 1)
            text[line] = substr(rest, index(rest, ":") + 1)
        }
        if (line > last) last = line
        next
    }
    /^branch / {
        key = line SUBSEP branch
        if (branch + 1 > branches[line]) branches[line] = branch + 1
        if ($3 == "taken" && $4 + 0 > 0) taken[key] = 1
        branch++
    }
    END {
        printf "" >list
        for (n = 1; n <= last; n++) {
            if (!(n in lines)) continue
            all++
            if (n in run) some++
            else printf "%d: line: %s\n", n, text[n] >list
            for (b = 0; b < branches[n] && text[n] !~ /H2NEG__HAS_/; b++) {
                all_branches++
                if ((n SUBSEP b) in taken) some_branches++
                else if (n in run) printf "%d: branch %d of %d: %s\n", n, b + 1, branches[n], text[n] >list
            }
        }
        if (!all || !all_branches) { print "FAILED coverage: nothing was measured"; exit 1 }
        l = 100 * some / all; b = 100 * some_branches / all_branches
        word = l >= least_lines && b >= least_branches ? "ok" : "FAILED"
        printf "%s coverage: lines %.2f %% (%d of %d), branches %.2f %% (%d of %d)\n", word, l, some, all, \
            b, some_branches, all_branches
        exit word != "ok"
    }'
