#!/bin/sh
# run.sh: every part of the tests in turn (make -C tests). The last line is `N passed, N failed, N skipped`;
# the exit status is 0 when nothing failed and something passed.
cd "$(dirname "$0")" || exit 1
. ./lib.sh

parts="unit sanitized machine32 memory tables rooms header programs split docs fuzz interop"
[ "${FULL:-0}" != 1 ] || parts="$parts full"
results=$BUILD/results
: >"$results"
# What needs no other part, and samples of what takes long, keep a processor busy while the interoperation
# tests wait.
beside="rooms split docs" lane=
[ "${SAMPLES:-0}" != 1 ] || beside="samples $beside"
if [ -z "${ONLY:-}" ]; then
    parts=$(for part in $parts; do case " $beside " in *" $part "*) ;; *) echo "$part" ;; esac; done)
    mkdir -p "$BUILD/beside"
    for part in $beside; do
        BUILD=$BUILD/beside JOBS=1 nice sh ./parts.sh "$part"
    done >"$BUILD/beside.out" 2>&1 </dev/null &
    lane=$!
fi
for part in ${ONLY:-$parts}; do
    begun=$(date +%s)
    sh "./parts.sh" "$part" 2>&1 | tee -a "$results"
    echo "-- $part: $(($(date +%s) - begun)) s"
done
if [ -n "$lane" ]; then
    wait "$lane"
    tee -a "$results" <"$BUILD/beside.out"
fi

# A line of a program with tests inside ends in its counts; any other line is one test.
awk '
    /^(ok|FAILED|skipped) / {
        if (match($0, /\([0-9]+ passed, [0-9]+ failed, [0-9]+ skipped\)$/)) {
            split(substr($0, RSTART + 1), n, " ")
            passed += n[1]; failed += n[3]; skipped += n[5]
        } else {
            passed += /^ok /; failed += /^FAILED /; skipped += /^skipped /
        }
    }
    /^FAILED / { bad = bad "    " $0 "\n" }
    END {
        if (bad != "") printf "\nfailed:\n%s\n", bad
        printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
        exit failed > 0 || passed == 0
    }' "$results"
