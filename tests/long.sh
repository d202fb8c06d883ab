#!/bin/sh
# long.sh [ITERATIONS [SECONDS]] - a training of 100,000 iterations, then, where they are said, one of
# so many seconds by the clock, each with all that is written on the way: resident memory, and speed
# by the processor's time, ten times. It fails where memory grows by more than 1 MiB after the first
# tenth, or an iteration of the last tenth takes a quarter more than one of the second.
# Then the same network with values and gradients that would be subnormal: the same bits from scalar
# code and from vectors, and no more time. $THREADS is how many train, 2 unless said.
# It must never compare times by the clock: machines are shared.
set -u
home=$(cd "$(dirname "$0")/.." && pwd)
lathe=${LATHE:-$home/build/lathe}
iterations=${1:-100000}
seconds=${2:-0}
ticks=$(getconf CLK_TCK)
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

# The training's own memory, in KB: not the history's rows, 40 bytes an iteration, which are mapped
# from a file and the system's to keep or not.
resident() {
    sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$child/status"
}

# ms of a processor that the training took.
spent() {
    sed 's/.*) //' "/proc/$child/stat" | {
        read -r _ _ _ _ _ _ _ _ _ _ _ user system _
        echo $(((user + system)*1000/ticks))
    }
}

# What is said of a tenth; the first two are kept to compare with.
measure() {     # iterations done
    memory=$(resident)
    now=$(spent)
    if [ $tenth -gt 0 ]; then
        pace=$(((now - before)*1000000/($1 - done)))        # ns an iteration
        printf '%10s iterations %8s KB %10s ns an iteration\n' "$1" "$memory" "$pace"
        [ $tenth != 1 ] || first=$memory
        [ $tenth != 2 ] || usual=$pace
    fi
    before=$now
    done=$1
    tenth=$((tenth + 1))
}

# A training of $1 iterations, measured at each $2-th, or for $3 seconds, after each tenth of them.
long_run() {
    mkfifo "$dir/lines"
    # What is freed goes back to the system, so that what is resident is what is held.
    (cd "$dir" && GLIBC_TUNABLES=glibc.malloc.mmap_threshold=65536 exec ./usual train $data \
        --iterations "$1" --print-every "$2" --history h.csv --report r.html --checkpoint c \
        --checkpoint-every 100000 --params p --threads "${THREADS:-2}") >"$dir/lines" &
    child=$!
    begun=$(date +%s)
    tenth=0
    while read -r line; do
        case $line in *"(Iteration "*) ;; *) continue ;; esac
        if [ "$3" = 0 ]; then
            :
        elif [ $tenth -gt 10 ] || [ $((($(date +%s) - begun)*10)) -lt $((tenth*$3)) ]; then
            continue
        fi
        line=${line#*Iteration }
        measure "${line%% *}"
        [ "$3" = 0 ] || [ $tenth -le 10 ] || kill -TERM $child
    done <"$dir/lines"
    wait $child
    case $?/$3 in 0/* | 130/[1-9]* | 143/[1-9]*) ;; *) echo "the training failed" >&2; exit 1 ;; esac
    rm -f "$dir/lines"
    [ $((memory - first)) -le 1024 ] || { echo "memory grew"; status=1; }
    [ $((pace*4)) -le $((usual*5)) ] || { echo "it became slower"; status=1; }
}

build 1.0 native usual
long_run "$iterations" $((iterations/10)) 0
[ "$seconds" = 0 ] || long_run 1000000000 1000 "$seconds"

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
# The shell's `times` says in its second line what its children took, user's and system's.
for turn in 1 2 3 4 5; do
    for program in usual small; do
        (cd "$dir" && ./$program train $data --iterations 5000 --threads 1 --no-save >/dev/null &&
            times >times) || exit 1
        sed -n "2s/[ms]/ /gp" "$dir/times" | awk -v p=$program '{ print p, 60*($1 + $3) + $2 + $4 }'
    done
done | awk '{ if (!least[$1] || $2 < least[$1]) least[$1] = $2 }
    END { printf "5000 iterations: %.2f s of a processor, with subnormal numbers %.2f\n",
          least["usual"], least["small"]; exit !(least["small"] <= 1.25*least["usual"]) }' || status=1
exit $status
