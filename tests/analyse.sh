#!/bin/sh
# analyse.sh: clang-tidy, cppcheck and gcc -fanalyzer over h2neg.h with its implementation, and over the examples
# (make -C tests analyse). A line for each tool and file. What they find is mended in the code, or stands in
# `looked_at` below with why it is none; what stands there and is not found any more fails, too.
#
# Checks that are on: clang-tidy's bugprone, cert, clang-analyzer, misc, performance, portability; cppcheck's
# warnings, performance, portability; all of -fanalyzer. Off:
#   bugprone-easily-swappable-parameters  a pointer's length behind it, a stream behind its connection
#   cppcheck's style                      taste: declarations stand at the start of a block here, members are
#                                         reached through tables of offsets
# and in the examples:
#   cert-err33-c  wants the result of every printf and fclose looked at
cd "$(dirname "$0")" || exit 1
. ./lib.sh
tree=$BUILD/analyse
tidy='-*,bugprone-*,cert-*,clang-analyzer-*,misc-*,performance-*,portability-*,-bugprone-easily-swappable-parameters'
tidy_examples="$tidy,-cert-err33-c"

# FILE CHECK FUNCTION: why it is none.
looked_at='
h2neg.c clang-analyzer-core.NonNullParamChecker h2neg__copy: octets that are there have a place
h2neg.c clang-analyzer-core.NullDereference h2neg__early_forget: H2NEG__S_EARLY is set over HTTP/2 alone
h2neg.c clang-analyzer-core.NullDereference h2neg__h2_on_rst: for what is no stream the table of verdicts ends it above
h2neg.c bugprone-not-null-terminated-result h2neg__h1_put_body: octets, no text that ends in NUL
h2neg.c bugprone-not-null-terminated-result h2neg__put_field: the same
h2neg.c bugprone-implicit-widening-of-multiplication-result h2neg_http_date: at most 4 * 11
h2neg.c bugprone-implicit-widening-of-multiplication-result h2neg_hpack_encode_bound: 2 * 6
h2neg.c bugprone-implicit-widening-of-multiplication-result h2neg__app_room: three quarters of 32 bits
h2neg.c bugprone-implicit-widening-of-multiplication-result h2neg__block_begin: three quarters of 32 bits
h2neg.c bugprone-implicit-widening-of-multiplication-result h2neg__h1_out_begin: three quarters of 32 bits
h2neg.c ctuuninitvar h2neg__whole_lines: its one caller sets them
h2neg.c uninitvar h2neg__h2_on_response: h2neg_h2_read_response sets the head where it answers 0
h2neg.c uninitStructMember h2neg__h2_on_response: the same
h2neg.c bugprone-macro-parentheses h2neg__sha1_block_sha: an expression and a constant, each used once as it is
h2neg.c bugprone-implicit-widening-of-multiplication-result h2neg_sha1_final: 4 * i, at most 16
h2neg.c bugprone-narrowing-conversions h2neg__trace_ask: letters
h2neg.c bugprone-narrowing-conversions h2neg__trace_method: a letter
h2neg.c arrayIndexOutOfBounds h2neg__trace_hello: in each of three rounds one of the three is left
hello.c cert-err34-c main: bind refuses a port that is none
server.c bugprone-implicit-widening-of-multiplication-result answer_upload: 2 * i, at most 38
server.c bugprone-macro-parentheses -: two arguments are meant
server.c clang-analyzer-unix.MallocSizeof answer_fields: octets
server.c clang-analyzer-optin.portability.UnixAPI part_alloc: a size of 0 comes with an old block alone
server.c compareBoolExpressionWithInt start_listening: one turn, or two where there is TLS
server.c clang-analyzer-core.NullDereference turn: a peer without a connection is looked at and left above
server.c bugprone-sizeof-expression grow: a table of pointers is meant
'

# analysed TOOL FILE: what it says, on standard output.
analysed() {
    flags="-std=c99 -DH2NEG_IMPLEMENTATION"
    checks=$tidy
    case $2 in
    h2neg.c) ;;
    *) # the header itself is another line
        flags="-std=c99 -D_XOPEN_SOURCE=700 -Ishared -I.. $example_flags" checks=$tidy_examples ;;
    esac
    case $1 in
    clang-tidy) clang-tidy --quiet "-checks=$checks" "$tree/$2" -- $flags -I../examples ;;
    cppcheck) cppcheck --quiet --enable=warning,performance,portability --inline-suppr --std=c99 \
        --template='{file}:{line}:0: warning: {message} [{id}]' $(echo "$flags" | sed 's/-std=c99//') -I../examples \
        "$tree/$2" ;;
    gcc) gcc $flags -I../examples -fanalyzer -O1 -c -o "$tree/$2.o" "$tree/$2" ;;
    esac
}

# findings FILE: what was said as `FILE CHECK FUNCTION LINE`, the functions' names from the source.
findings() {
    sed -n "s,^[^ ]*$1:\([0-9]*\):[0-9]*: \(warning\|error\): .*\[\(-*[a-zA-Z][a-zA-Z0-9.,=-]*\)\]\$,\1 \3,p" |
        awk -v name="$1" -v source="$tree/$1" '
            { line[NR] = $1; check[NR] = $2 }
            END {
                while ((getline text <source) > 0) {
                    at++
                    if (text ~ /^[a-zA-Z].*\(/ && text !~ /;$/ && match(text, /[a-zA-Z0-9_]+\(/))
                        function_name = substr(text, RSTART, RLENGTH - 1)
                    of[at] = function_name == "" ? "-" : function_name
                }
                for (i = 1; i <= NR; i++) print name, check[i], of[line[i]], line[i]
            }'
}

one() {
    tool=$1 file=$2
    have "$tool" || { skipped "analyse/$tool $file" "$tool"; return; }
    log=$tree/$tool.$file
    limited 900 sh ./analyse.sh --run "$tool" "$file" >"$log" 2>&1
    status=$?
    findings "$file" <"$log" >"$log.found"
    # A tool that stops, or says what cannot be understood here, proves nothing.
    if [ $status -ne 0 ] || { [ ! -s "$log.found" ] && grep -q ' error: ' "$log"; }; then
        failed "analyse/$tool $file: exit status $status" "$log"
        return
    fi
    echo "$looked_at" | sed -n "s/^\($file .*\): .*/\1/p" >"$log.known"
    awk -v list="$log.known" 'BEGIN { while ((getline line <list) > 0) known[line] = 1 }
        !(($1 " " $2 " " $3) in known)' "$log.found" >"$log.new"
    if [ -s "$log.new" ]; then failed "analyse/$tool $file" "$log.new"
    else ok "analyse/$tool $file: $(grep -c . "$log.found") findings, each looked at"; fi
}

with_tls && example_flags="-DH2NEG_OPENSSL -DWITH_ZLIB" || example_flags=
case ${1:-} in
--run) analysed "$2" "$3" ; exit ;;
--one) one "$2" "$3"; exit ;;
esac
mkdir -p "$tree"
rm -f "$tree"/*
cp ../h2neg.h "$tree/h2neg.c" && cp ../examples/*.c ../examples/*.h "$tree/" || exit 1
for file in h2neg.c hello.c server.c client.c demo.c; do
    for tool in clang-tidy gcc cppcheck; do echo "$tool $file"; done
done | side_by_side "sh ./analyse.sh --one"
echo "$looked_at" | sed -n 's/: .*//p' | while read -r finding; do
    cat "$tree"/*.found | grep -q "^$finding " || echo "$finding"
done >"$tree/stale"
have clang-tidy && have cppcheck && have gcc || exit 0
if [ -s "$tree/stale" ]; then failed "analyse: on the list and not found" "$tree/stale"
else ok "analyse: all that was looked at is still found"; fi
