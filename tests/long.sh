#!/bin/sh
# long.sh [ITERATIONS [SECONDS]] - a training of 100,000 iterations, or of more where they end before
# SECONDS: its resident memory and its speed, ten times on the way. It fails where memory grows by
# more than 1 MiB after the first tenth, or the last tenth is slower than the second by a quarter.
# Then the same network with values and gradients that would be subnormal: the same bits from scalar
# code and from vectors, and no more time. It must never run beside something else: it measures.
set -u
home=$(cd "$(dirname "$0")/.." && pwd)
lathe=${LATHE:-$home/build/lathe}
iterations=${1:-100000}
seconds=${2:-0}
dir=$(mktemp -d) || exit 1
trap 'kill $child 2>/dev/null; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP
child=
status=0
data='--data synthetic --train-samples 400 --val-samples 40'

build() {       # SMALL isa name
    sed "s/SMALL/$1/" "$home/tests/long.net" >"$dir/long.net"
    flags=
    [ "$2" != scalar ] || ! grep -q '^flags.* fma ' /proc/cpuinfo || flags=-mfma
    "$lathe" emit "$dir/long.net" --isa "$2" --split -o "$dir/long.c" &&
        ${CC:-cc} -O2 $flags -w -I"$home/runtime" "$dir/long.c" "$home/runtime/liblathe.a" \
            -o "$dir/$3" -lm -pthread || exit 1
}

now() {         # ms
    echo $(($(date +%s%N)/1000000))
}

# The training's own memory, in KB: not the history's rows, 40 bytes an iteration, which are mapped
# from a file and the system's to keep or not.
resident() {
    sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$child/status"
}

# A training of $1 iterations with all that is written on the way: a line each tenth.
long_run() {
    every=$(($1/10))
    mkfifo "$dir/lines"
    (cd "$dir" && exec ./usual train $data --iterations "$1" --print-every $every --history h.csv \
        --report r.html --checkpoint c --checkpoint-every $every --params p --threads 2) \
        >"$dir/lines" &
    child=$!
    last=$(now)
    tenth=0
    first=
    before=
    while read -r line; do
        case $line in *"(Iteration "*) ;; *) continue ;; esac
        at=$(now)
        memory=$(resident)
        spent=$((at - last + 1))
        [ $tenth = 0 ] || printf '%10s iterations %8s KB %10s a second\n' $((tenth*every)) \
            "$memory" $((every*1000/spent))
        [ $tenth != 1 ] || first=$memory
        [ $tenth != 2 ] || before=$spent
        last=$at
        tenth=$((tenth + 1))
    done <"$dir/lines"
    wait $child || { echo "the training failed" >&2; exit 1; }
    rm -f "$dir/lines"
    [ $((memory - first)) -le 1024 ] || { echo "memory grew"; status=1; }
    [ $((spent*4)) -le $((before*5)) ] || { echo "it became slower"; status=1; }
}

begun=$(now)
build 1.0 native usual
long_run "$iterations"
while [ $((($(now) - begun)/1000)) -lt "$seconds" ]; do long_run "$iterations"; done

build 1e-20 native small
build 1e-20 scalar scalar
for program in small scalar; do
    (cd "$dir" && ./$program train $data --iterations 200 --history $program.csv \
        --params $program.st >/dev/null) || exit 1
done
if cmp "$dir/small.csv" "$dir/scalar.csv" && cmp "$dir/small.st" "$dir/scalar.st"; then
    echo "subnormal numbers: the same bits from scalar code and vectors"
else
    status=1
fi
for turn in 1 2 3; do
    for program in usual small; do
        at=$(now)
        (cd "$dir" && ./$program train $data --iterations 5000 --threads 1 --no-save >/dev/null)
        echo "$program $(($(now) - at))"
    done
done | awk '{ if (!least[$1] || $2 < least[$1]) least[$1] = $2 }
    END { printf "5000 iterations: %d ms, with subnormal numbers %d ms\n", least["usual"],
          least["small"]; exit least["small"] > 1.25*least["usual"] }' || status=1
exit $status
