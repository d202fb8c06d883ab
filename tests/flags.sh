#!/bin/sh
# flags.sh [rows | FLAGS...] - compiles one emitted program with flags of the compilers that are
# here, of gcc and clang or $COMPILERS, and prints as a table whether it then computes the bits
# that it computes without. Fails where a program runs and its bits are others. Without arguments
# all that docs/flags.md lists, which takes a quarter of an hour; with arguments those rows
# ("-O1 -march=native" is one). rows: prints the first column.
set -u
home=$(cd "$(dirname "$0")/.." && pwd)
lathe=${LATHE:-$home/build/lathe}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP

rows() {
    cat <<'END'
-O0
-O1
-Os
-O3 -march=native
-O3 -flto
-O2 -fno-inline
-O3 -funroll-all-loops
-O3 -ftree-vectorize -fvect-cost-model=unlimited
-O3 -fno-tree-vectorize -fno-tree-slp-vectorize
-O2 -fno-strict-aliasing
-O2 -fwrapv
-O2 -ftrapv
-O2 -fPIE -pie
-O2 -fno-builtin
-O2 -fopenmp
-O2 -funsigned-char
-O2 -fsigned-char
-O2 -fshort-wchar
-O2 -fsanitize=undefined
-O2 -fstack-protector-all
-O2 -D_FORTIFY_SOURCE=2
-O2 -std=c11
-O2 -std=c99
-O2 -static
-O2 -mfma
-O3 -mfma -ffp-contract=fast
-O3 -mfma -ffp-contract=on
-O3 -march=native -mno-avx2
-O3 -mprefer-vector-width=512
-O3 -fexcess-precision=fast
-O2 -ffloat-store
-O2 -frounding-math
-O2 -fsignaling-nans
-O2 -fno-math-errno
-O3 -fno-trapping-math
-O2 -fno-fp-int-builtin-inexact
-O2 -fcx-limited-range
-O3 -fno-signed-zeros
-O3 -freciprocal-math
-O3 -fassociative-math
-O3 -fassociative-math -fno-signed-zeros -fno-trapping-math
-O3 -ffinite-math-only
-O3 -funsafe-math-optimizations
-O3 -funsafe-math-optimizations -fno-associative-math -fno-reciprocal-math -fsigned-zeros
-O3 -ffast-math
-Ofast
-O3 -mrecip
-O3 -mrecip -funsafe-math-optimizations
-O2 -fsingle-precision-constant
-O2 -mfpmath=387
-O2 -mfpmath=both
-O2 -mpc32
-O2 -mpc64
-O2 -mno-ieee-fp
-O2 -mlong-double-64
-O2 -malign-double
-O2 -fpack-struct
-O2 -fshort-enums
-O3 -fno-honor-nans
-O3 -fno-honor-infinities
-O3 -fapprox-func
-O3 -ffp-model=precise
-O3 -ffp-model=strict
-O3 -ffp-model=fast
-O3 -ffp-exception-behavior=strict
-O3 -fdenormal-fp-math=preserve-sign
-O3 -fdenormal-fp-math=positive-zero
-O3 -fveclib=libmvec
-O2 CRTFASTMATH
END
}

# CRTFASTMATH: linked with -ffast-math, which sets the processor's flags when a program starts.
build() {       # compiler flags
    link="-lm -pthread"
    flags=$2
    case $flags in *CRTFASTMATH)
        flags=${flags%CRTFASTMATH}
        link="-ffast-math $link" ;;
    esac
    # shellcheck disable=SC2086
    $1 $flags -w -c "$dir/flags.c" -o "$dir/flags.o" >"$dir/log" 2>&1 &&
        $1 $flags "$dir/flags.o" -o "$dir/flags" $link >>"$dir/log" 2>&1
}

bits() {
    (cd "$dir" && ./flags train --data synthetic --train-samples 120 --val-samples 40 \
        --iterations 16 --check-every 5 --params p.st --history h.csv >out 2>&1 &&
        ./flags eval --params p.st --data synthetic --val-samples 40 --tta >>out 2>&1) &&
        { cat "$dir/p.st" "$dir/h.csv" && grep accuracy "$dir/out"; } | cksum
}

verdict() {     # compiler flags
    if ! build "$1" "$2"; then
        said=$(sed -n 's/.*error:.*compile it without \(-[^ "]*\).*/\1/p' "$dir/log" | head -1)
        if [ -n "$said" ]; then
            echo "refused: \`$said\`"
        else
            echo "not a flag of it"
        fi
    elif ! got=$(bits); then
        said=$(sed -n 's/.*compile it without \(-[^ ]*\).*/\1/p' "$dir/out")
        if [ -n "$said" ]; then
            echo "refused at the start: \`$said\`"
        elif ! "$dir/flags" --version >/dev/null 2>&1; then
            echo "not for this processor"
        else
            echo "OTHER BITS"
        fi
    elif [ "$got" = "$wanted" ]; then
        echo "the same bits"
    else
        echo "OTHER BITS"
    fi
}

shown() {
    sed 's/ CRTFASTMATH/, linked with -ffast-math/'
}

row() {         # flags
    printf '| `%s` |' "$(echo "$1" | shown)"
    for compiler in $compilers; do
        is=$(verdict "$compiler" "$1")
        printf ' %s |' "$is"
        [ "$is" != "OTHER BITS" ] || status=1
    done
    echo
}

if [ "${1:-}" = rows ]; then
    rows | shown
    exit
fi
compilers=
for compiler in ${COMPILERS:-gcc clang}; do
    command -v $compiler >/dev/null && compilers="$compilers $compiler"
done
status=0
"$lathe" emit "$home/tests/flags.net" --isa native -o "$dir/flags.c" || exit 1
first=${compilers# }
first=${first%% *}
build "$first" -O0 && wanted=$(bits) || { cat "$dir/log" "$dir/out" >&2; exit 1; }

printf '| |'
for compiler in $compilers; do
    printf ' %s |' "$compiler $($compiler -dumpversion)"
done
printf '\n|---|'
for compiler in $compilers; do printf -- '---|'; done
echo
if [ $# -gt 0 ]; then
    for flags; do row "$flags"; done
else
    rows >"$dir/rows"
    while read -r flags; do row "$flags"; done <"$dir/rows"
fi
exit $status
