# lib.sh: what the test scripts share. A test prints one line: `ok NAME`, `FAILED NAME` or
# `skipped NAME: needs X`; a failure's output follows it, indented. run.sh sums the lines.
: "${BUILD:=build}" "${CC:=cc}" "${MAKE:=make}" "${JOBS:=2}"
[ -n "${WARN:-}" ] || WARN="-Werror -pedantic -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow\
 -Wcast-qual -Wundef -Wstrict-prototypes"
LC_ALL=C
export LC_ALL BUILD CC MAKE JOBS WARN
mkdir -p "$BUILD"

have() { command -v "$1" >/dev/null 2>&1; }

ok() { echo "ok $1"; }

# failed NAME [FILE]: with the end of what the test wrote.
failed() {
    echo "FAILED $1"
    [ -z "${2:-}" ] || [ ! -s "$2" ] || tail -n 30 "$2" | cut -c1-400 | sed 's/^/    /'
}

skipped() {
    if [ "${STRICT:-0}" = 1 ]; then
        echo "FAILED $1: needs $2, and nothing may be skipped"
    else
        echo "skipped $1: needs $2"
    fi
}

# limited SECONDS command...
limited() {
    limit=$1
    shift
    if have timeout; then timeout -k 5 "$limit" "$@"; else "$@"; fi
}

# side_by_side COMMAND: runs it with the words of each line of the input, JOBS at a time; what each prints comes
# in one piece.
side_by_side() {
    each=$1 said=$(mktemp -d "$BUILD/said.XXXXXX")
    export each said
    sed "s/ *$//" | xargs -P "$JOBS" -L 1 sh -c \
        'said=$said/$$; $each "$@" >"$said" 2>&1 </dev/null; status=$?; cat "$said"; exit $((status > 0))' sh
    status=$?
    rm -rf "$said"
    return $((status > 0))
}

# attempt NAME command...: the test passes when the command exits 0.
attempt() {
    name=$1 log=$BUILD/log.$(echo "$1" | tr -c 'a-zA-Z0-9\n' _)
    shift
    if "$@" >"$log" 2>&1 </dev/null; then ok "$name"; else failed "$name" "$log"; fi
}

# compiles COMPILER [flags]: whether a whole program compiles and links so.
compiles() {
    printf 'int main(void) { return 0; }\n' >"$BUILD/try.c"
    "$@" -o "$BUILD/try" "$BUILD/try.c" >/dev/null 2>&1
}

# runs_32 COMPILER: what runs its programs of 32 bits is in `runner`: nothing, or qemu where the kernel can't.
runs_32() {
    runner=
    compiles "$1" -m32 || return 1
    "$BUILD/try" 2>/dev/null && return 0
    runner=qemu-i386
    have qemu-i386 && qemu-i386 "$BUILD/try"
}

# with_tls: OpenSSL is there and was not switched off; `no_tls` says which.
with_tls() {
    no_tls="OpenSSL, left out by TLS=0"
    [ "${TLS:-1}" != 0 ] || return 1
    no_tls="OpenSSL's headers"
    printf '#include <openssl/ssl.h>\n' | "$CC" -fsyntax-only -x c - >/dev/null 2>&1
}
