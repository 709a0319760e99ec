#!/bin/sh
# run.sh: every part of the tests in turn (make -C tests). The last line is `N passed, N failed, N skipped`;
# the exit status is 0 when nothing failed and something passed.
cd "$(dirname "$0")" || exit 1
. ./lib.sh

parts="unit sanitized machine32 memory tables rooms header programs split docs fuzz interop"
[ "${SOAK:-0}" != 1 ] || parts="$parts interop_sanitized"
[ "${FULL:-0}" != 1 ] || parts="$parts full"
results=$BUILD/results
: >"$results"
# Samples of what takes long, and what needs no other part, keep a processor busy while the interoperation
# tests wait.
lane=
if [ "${SAMPLES:-0}" = 1 ]; then
    beside="samples rooms split docs"
    parts=$(for part in $parts; do case " $beside " in *" $part "*) ;; *) echo "$part" ;; esac; done)
    mkdir -p "$BUILD/samples"
    for part in $beside; do
        BUILD=$BUILD/samples JOBS=1 nice sh ./parts.sh "$part"
    done >"$BUILD/samples.out" 2>&1 </dev/null &
    lane=$!
fi
for part in ${ONLY:-$parts}; do
    begun=$(date +%s)
    sh "./parts.sh" "$part" 2>&1 | tee -a "$results"
    echo "-- $part: $(($(date +%s) - begun)) s"
done
if [ -n "$lane" ]; then
    wait "$lane"
    tee -a "$results" <"$BUILD/samples.out"
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
