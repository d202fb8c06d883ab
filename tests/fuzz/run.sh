#!/bin/sh
# run.sh FUZZ LATHE MINUTES [TARGET...] - MINUTES of libFuzzer on each target, one after the other.
# What it learns lies in FUZZ's folder, corpus/TARGET, and is where the next call begins; what it
# finds in found/, and is named at the end: exit status 1. A line for each target says how much was
# tried. What is mended goes to tests/fuzz/corpus/TARGET under a name that says what it was.
set -u
[ $# -ge 3 ] || { echo "usage: run.sh FUZZ LATHE MINUTES [TARGET...]" >&2; exit 2; }
fuzz=$(realpath "$1") lathe=$(realpath "$2") minutes=$3
shift 3
home=$(cd "$(dirname "$0")/../.." && pwd)
work=$(dirname "$fuzz")
mkdir -p "$work/found" "$work/log"
[ $# -gt 0 ] || set -- $(ls "$home/tests/fuzz/corpus")
# Words of the network file, of options and of JSON, which chance would not find.
"$lathe" doc | grep -oE '[a-z_]+=?' | sort -u | sed 's/.*/"&"/' >"$work/words.dict"
printf '"%s"\n' --lr --data synthetic tune conv1_fwd tile params avx2 train --tag --result >>"$work/words.dict"
# lathe leaves its memory to the system; tests/fuzz/heap.c tells of the programs' readers.
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
failed=0
for target; do
    mkdir -p "$work/corpus/$target"
    most=4096
    [ "$target" = checkpoint ] && most=16384
    [ "$target" = set ] && most=16384
    export FUZZ_TARGET="$target"
    # A second of such a file's is too much: lathe is to refuse it sooner.
    "$fuzz" "$work/corpus/$target" "$home/tests/fuzz/corpus/$target" \
        -max_total_time=$((minutes*60)) -max_len=$most -timeout="${TIMEOUT:-20}" -rss_limit_mb=2560 \
        -dict="$work/words.dict" -artifact_prefix="$work/found/$target-" -print_final_stats=1 \
        -report_slow_units=60 -verbosity=1 >"$work/log/$target" 2>&1
    status=$?
    runs=$(sed -n 's/.*number_of_executed_units: *//p' "$work/log/$target")
    cover=$(grep -oE 'cov: [0-9]+' "$work/log/$target" | tail -1)
    echo "$target: ${runs:-0} runs in $minutes min, $cover, $(ls "$work/corpus/$target" | wc -l) kept"
    [ $status = 0 ] && continue
    failed=1
    grep -aE 'SUMMARY|FUZZ:|runtime error|Test unit written|lathe: internal' "$work/log/$target"
done
exit $failed
