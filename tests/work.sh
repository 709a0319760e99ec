#!/bin/sh
# work.sh: counts the basic blocks that connections run (make -C tests work; see work.h), over every script
# of the units that play connections (whole, octet by octet and at random cuts), and over the packed corpora
# of fuzz/ where they are there. UNITS="test_conn_ws ..." names some alone. Needs clang.
#
# Nothing is inlined, so that what is counted is the header's own functions; what they call (memcpy, the
# allocator, a codec) is not.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
tree=$(pwd)/$BUILD/work

have clang || { skipped work clang; exit 0; }
mkdir -p "$tree/shim"
printf 'src:*\nfun:h2neg_*\n' >"$tree/counted"

# A copy of the header tells how many octets its one use of the HPACK decoder stored.
awk '
    /^\/\* ==== [0-9a-z]+ >>conn / {
        print "static size_t work_decoded;"
        print "static ptrdiff_t work_hpack_decode(h2neg_hpack_decoder *d, h2neg_hpack_list *l, const void *p,"
        print "    size_t n, int end)"
        print "{"
        print "    size_t before = l->text_used;"
        print "    ptrdiff_t r = h2neg_hpack_decode(d, l, p, n, end);"
        print "    work_decoded += l->text_used > before ? l->text_used - before : 0;"
        print "    return r;"
        print "}"
        conn = 1
    }
    conn { gsub(/h2neg_hpack_decode\(/, "work_hpack_decode(") }
    { print }' ../h2neg.h >"$tree/shim/counted.h"
printf '#include "counted.h"\n#include "%s/work.h"\n' "$(pwd)" >"$tree/shim/h2neg.h"

# counted NAME SOURCE [arguments]
counted() {
    name=$1 source=$2
    shift 2
    rm -f "$tree/$name.txt"
    if ! clang -std=c99 -O1 -fno-inline -w -fsanitize-coverage=bb,trace-pc -fsanitize-coverage-allowlist="$tree/counted" \
        -I"$tree/shim" -I. -o "$tree/$name" "$source" \
        >"$tree/$name.log" 2>&1
    then
        failed "work/$name: does not compile" "$tree/$name.log"
        return
    fi
    WORK=$tree/$name.txt FUZZ=${target:-} limited "${LIMIT:-600}" "$tree/$name" "$@" >"$tree/$name.log" 2>&1 \
        </dev/null
    status=$?
    if grep '^work: ' "$tree/$name.log" >"$tree/$name.bad"; then
        failed "work/$name: more than the bound" "$tree/$name.bad"
    elif [ $status -ne 0 ] || [ ! -s "$tree/$name.txt" ]; then
        failed "work/$name: exit status $status" "$tree/$name.log"
    else
        ok "work/$name: $(awk '
            /^connections/ { n = $2 }
            /^share/ { s = $2 + 0 }
            /^octet/ { o = $2 + 0 }
            /^call/ { c = $2 + 0 }
            END { printf "%d connections, at most %.1f %% of the bound, %.1f blocks for an octet, %d in a call",
                n, s, o, c }' "$tree/$name.txt")"
    fi
}

for source in unit/test_conn_*.c unit/test_attack_*.c unit/test_cover_c*.c; do
    [ -f "$source" ] || continue
    unit=$(basename "$source" .c)
    case " ${UNITS:-$unit} " in *" $unit "*) CONN_ROUNDS=${CONN_ROUNDS:-20} counted "$unit" "$source" ;; esac
done
[ -z "${UNITS:-}" ] || exit 0
for pack in fuzz/corpus/conn_*.pack; do # each target that is a connection
    [ -f "$pack" ] || continue
    target=$(basename "$pack" .pack)
    counted "$target" fuzz/fuzz.c replay "$pack"
done
