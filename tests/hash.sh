#!/bin/sh
# hash.sh [quick] - the SHA-256 of one training, parameters and history, of tests/hash.net by every
# compiler, -O level and instruction set that is here, each with 1, 2, 3, 5 and 8 threads, beside the
# one that tests/golden/hash.txt keeps: one line a combination. Fails where one differs.
# quick: this processor's instruction set and the scalar one, with the library that make left.
set -u
home=$(cd "$(dirname "$0")/.." && pwd)
lathe=${LATHE:-$home/build/lathe}
read -r wanted <"$home/tests/golden/hash.txt" || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP
status=0
agreed=0

say() {         # isa compiler level threads what
    printf '%-7s  %-28s  %-4s  %-9s  %s\n' "$@"
}

# One training. 3: the processor lacks what the program needs.
hash() {        # threads runner
    (cd "$dir" && rm -f p.st h.csv && $2 ./hash train --data synthetic --train-samples 200 \
        --val-samples 40 --iterations 50 --check-every 10 --threads "$1" --params p.st \
        --history h.csv >log 2>&1) || {
        ! grep -q 'this processor lacks' "$dir/log" || return 3
        cat "$dir/log" >&2
        return 1
    }
    cat "$dir/p.st" "$dir/h.csv" | sha256sum | cut -d ' ' -f 1
}

# All thread counts of one program; what they come to is one line, unless they differ.
compare() {     # isa compiler level runner thread-counts
    for threads in $5; do
        got=$(hash "$threads" "$4")
        case $? in
        0) ;;
        3) say "$1" "$2" "$3" - "[SKIP] this processor cannot run it"; return ;;
        *) got=none ;;
        esac
        if [ "$got" != "$wanted" ]; then
            say "$1" "$2" "$3" "$threads" "$got OTHER BITS"
            status=1
            return
        fi
    done
    say "$1" "$2" "$3" "$(echo "$5" | tr ' ' ,)" "$got"
    agreed=$((agreed + 1))
}

# The whole file, or for "split" the network's part, with the library.
build() {       # isa compiler level part
    with=
    [ "$4" = whole ] || with="-I$home/runtime $home/runtime/liblathe.a"
    part=$([ "$4" = whole ] || echo --split)
    # shellcheck disable=SC2086
    "$lathe" emit "$home/tests/hash.net" --isa "$1" $part -o "$dir/hash.c" &&
        $2 "$3" -w "$dir/hash.c" $with -o "$dir/hash" -lm -pthread && return
    say "$1" "$2" "$3" - "not compiled"
    status=1
    return 1
}

counts='1 2 3 5 8'
say isa compiler level threads SHA-256
say kept "" "" "" "$wanted"
if [ "${1:-}" = quick ]; then
    build native "${CC:-cc}" -O1 split && compare native "${CC:-cc}" -O1 '' "$counts"
    build scalar "${CC:-cc}" -O1 split && compare scalar "${CC:-cc}" -O1 '' 2
else
    isas=scalar
    [ "$(uname -m)" != x86_64 ] || isas='scalar avx2 avx512'
    case $(uname -m) in aarch64 | arm64) isas='scalar neon' ;; esac
    for compiler in gcc clang; do
        if ! command -v $compiler >/dev/null; then
            echo "[SKIP] no $compiler"
            continue
        fi
        for isa in $isas; do
            for level in -O1 -O2 -O3; do
                build $isa $compiler $level whole && compare $isa $compiler $level '' "$counts"
            done
        done
    done
    cross=aarch64-linux-gnu-gcc
    case $isas in *neon*) ;; *)
        if command -v $cross >/dev/null && command -v qemu-aarch64 >/dev/null; then
            for level in -O1 -O2 -O3; do
                build neon "$cross -static" $level whole &&
                    compare neon "$cross -static" $level qemu-aarch64 "$counts"
            done
        else
            echo "[SKIP] neon: no $cross or no qemu-aarch64"
        fi ;;
    esac
fi
[ $status = 0 ] && [ $agreed -gt 0 ] && echo "$agreed programs agree"
