#!/bin/sh
# gen_tables.sh GEN_TABLES HEADER: what stands in the header between >gen NAME and <gen is what the
# generator prints, for every marked region and every region that the generator knows.
gen=$1 header=$2
passed=0 failed=0
regions=$(sed -n 's|^/\* >gen \([a-z]*\) \*/$|\1|p' "$header")
for name in $(printf '%s\n' $regions class huffman static | sort -u); do
    there=$(awk -v open="/* >gen $name */" '
        $0 == "/* <gen */" { on = 0 }
        on { print }
        $0 == open { on = 1 }' "$header")
    printed=$("$gen" "$name") && [ -n "$printed" ] && [ "$there" = "$printed" ]
    if [ $? -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED gen_tables $name: the header's table is not what the generator prints" >&2
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
