#!/bin/sh
# rooms.sh HEADER: the file is laid out in rooms, and each stands on those above it alone. A room opens with
# the line  /* ==== NN >>tag ===  (or  /* ---- >>tag ---  in the interface). A line for each test.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
header=$1

# Number, tag, first and last line of each room of the implementation.
rooms=$(awk '
    match($0, /^\/\* ==== [0-9][0-9][a-z]? >>[a-z0-9-]+ /) {
        if (tag != "") print number, tag, first, FNR - 1
        split(substr($0, RSTART), w, " "); number = w[3]; tag = substr(w[4], 3); first = FNR
    }
    END { if (tag != "") print number, tag, first, FNR }' "$header")
[ -n "$rooms" ] || { failed "rooms/are there"; exit 1; }

# The header without comments, strings and characters, line for line.
awk '
    {
        line = $0
        gsub(/\\./, "", line); gsub(/"[^"]*"/, "", line); gsub(/\047[^\047]*\047/, "", line)
        out = ""
        while (length(line)) {
            if (comment) {
                at = index(line, "*/")
                if (!at) break
                comment = 0; line = substr(line, at + 2)
            } else {
                at = index(line, "/*")
                if (!at) { out = out line; break }
                out = out substr(line, 1, at - 1); comment = 1; line = substr(line, at + 2)
            }
        }
        print out
    }' "$header" >"$BUILD/bare"

# Which rooms use a function of the public face, whose declaration stands above all rooms, from further down. The
# language sees to the rest: no function is declared before it is defined (below).
used_too_early() {
    { echo "$rooms"; echo; cat "$BUILD/bare" "$BUILD/bare"; } | awk -v lines="$(wc -l <"$BUILD/bare")" '
        !read { # the rooms, and an empty line behind them
            if (!NF) read = NR
            else for (n = $3; n <= $4; n++) { room[n] = NR; tag[n] = $2 }
            next
        }
        { n = (NR - read - 1) % lines + 1 }
        !(n in room) { next }
        NR - read <= lines { # the first time: where each is defined
            if (/^H2NEG__(DEF|COLD)/ && match($0, /h2neg_[a-z0-9][a-z0-9_]*\(/))
                home[substr($0, RSTART, RLENGTH - 1)] = room[n]
            next
        }
        {
            line = $0
            while (match(line, /h2neg_[a-z0-9_]+/)) {
                name = substr(line, RSTART, RLENGTH)
                if (room[n] < home[name]) print tag[n], n ": " name
                line = substr(line, RSTART + RLENGTH)
            }
        }
        END { for (name in home) if (home[name]) found++; if (found < 100) print "functions", found + 0 }'
}
used_too_early >"$BUILD/early"
attempt "rooms/the public functions are found" sh -c '! grep "^functions " "$1"' sh "$BUILD/early"
echo "$rooms" | while read -r number tag first last; do
    attempt "rooms/$tag stands on the rooms above it" sh -c '! grep "^$1 " "$2"' sh "$tag" "$BUILD/early"
done

at_most_700() { echo "$rooms" | awk '$4 - $3 >= 700 { print $2, $4 - $3 + 1; bad = 1 } END { exit bad }'; }
attempt "rooms/none is over 700 lines" at_most_700

in_order() {
    echo "$rooms" | awk '$1 <= before { print $1, "behind", before; bad = 1 } { before = $1 }
        seen[$2]++ { print $2, "twice"; bad = 1 } END { exit bad }'
}
attempt "rooms/numbers rise and no tag stands on two rooms" in_order

# A tag stands at its room and in the contents, once each; in a room's own banner `Uses` names rooms above.
tags_twice() {
    awk '
        function each(line, kind,    t) {
            while (match(line, />>[a-z][a-z0-9-]*/)) {
                t = substr(line, RSTART + 2, RLENGTH - 2)
                if (kind == "use") {
                    if (!(t in room)) { print FNR ": uses >>" t ", which is not above"; bad = 1 }
                } else if (kind == "room") room[t]++
                else listed[t]++
                line = substr(line, RSTART + RLENGTH)
            }
        }
        /^\/\* (====|----) / && />>/ { each($0, "room"); banner = 1; next }
        banner { each($0, "use") }
        /\*\// { banner = 0; next }
        !banner && /^#ifndef H2NEG_H$/ { code = 1 }
        !banner && !code { each($0, "contents") }
        END {
            for (t in room) if (room[t] != 1 || listed[t] != 1) {
                print ">>" t " stands " room[t] + 0 " times at a room, " listed[t] + 0 " in the contents"
                bad = 1
            }
            for (t in listed) if (!(t in room)) { print ">>" t " is listed and no room"; bad = 1 }
            exit bad
        }' "$header"
}
attempt "rooms/each tag stands once in the contents and once at its room" tags_twice

# Five lines: number and tag; sources and what it uses; memory; what it promises; the end.
banners() {
    awk '
        /^\/\* ==== [0-9][0-9][a-z]? >>/ { start = FNR; tag = $4; uses = memory = 0 }
        start && /Uses / { uses = 1 }
        start && /Memory: / { memory = 1 }
        start && /\*\/$/ {
            if (!uses || !memory || FNR - start < 3) {
                print FNR ": " tag ": the banner lacks Uses, Memory or its promise"; bad = 1
            }
            start = 0
        }
        END { exit bad }' "$header"
}
attempt "rooms/every banner says what it uses, its memory and its promise" banners

# At the top level of the implementation nothing that looks like a function's declaration ends in `;`.
no_forward_declarations() {
    awk '
        /^#if defined\(H2NEG_IMPLEMENTATION\)/ { on = 1 }
        !on { next }
        /^#ifdef __cplusplus/ { skip = 1 }
        skip { if (/^#endif/) skip = 0; next }
        /^[ \t]*#/ { continued = /\\$/; next }
        continued { continued = /\\$/; next }
        {
            for (i = 1; i <= length($0); i++) {
                ch = substr($0, i, 1)
                if (ch == "{") { depth++; if (depth == 1) statement = statement "{" }
                else if (ch == "}") { depth--; if (depth == 0 && statement !~ /(typedef|struct|enum|=)/)
                    statement = "" }
                else if (depth == 0 && ch == ";") {
                    if (statement ~ /[a-z_0-9] *\(.*\)[ \t]*$/ && statement !~ /typedef|=|\{/) {
                        print FNR ": " statement; bad = 1
                    }
                    statement = ""
                } else if (depth == 0) statement = statement ch
            }
            if (depth == 0) statement = statement " "
        }
        END { exit bad }' "$BUILD/bare"
}
attempt "rooms/no function is declared before it is defined" no_forward_declarations
