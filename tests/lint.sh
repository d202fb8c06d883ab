#!/bin/sh
# lint.sh - layout, and the house's shape (floors.sh); every template with every combination of
# flags that the generator sets, and once for every instruction set, type and compiler that is
# here; then generator and runtime with all warnings. A warning is an error.
set -u
cd "$(dirname "$0")/.." || exit 1

layout=$(mktemp) || exit 1
# Layout: what a compiler does not see.
kernels=$(find templates -name '*.c')
sources=$(find gen runtime -name '*.c' ! -path 'runtime/vector/*')
files="$kernels $(find gen runtime tests -name '*.[ch]' ! -path 'tests/golden/*') tests/*.py bench/*
install/*"
grep -nE '.{101,}' $files | sed 's/$/ <- longer than 100 columns/' >>"$layout"
grep -nE '[[:space:]]$' $files Makefile tests/*.sh | sed 's/$/<- blank at the end/' >>"$layout"
grep -n "$(printf '\t')" $files | sed 's/$/ <- tab/' >>"$layout"
for f in $kernels; do
    # No intrinsic, instruction set or type outside runtime/vector/simd/.
    grep -nE '_mm[0-9]*_|vld1|__m[0-9]|\b(float|double)[x0-9]+x[0-9]' "$f" /dev/null |
        sed 's/$/ <- an intrinsic/' >>"$layout"
done
if [ -s "$layout" ]; then
    cat "$layout" >&2
    rm -f "$layout"
    exit 1
fi
rm -f "$layout"
shape=0
sh tests/floors.sh >&2 || shape=1

# The compiler in use, and one of the other kind.
compilers=${CC:-cc}
if $compilers --version | grep -q clang; then other=gcc; else other=clang; fi
if command -v $other >/dev/null; then compilers="$compilers $other"; else
    echo "lint: skipped: no $other"
fi

# How a compiler is told of an instruction set; nothing: it cannot.
for_isa() {     # compiler isa
    x86=$(uname -m | grep -c x86_64)
    arm=$(uname -m | grep -cE 'aarch64|arm64')
    case $2 in
    scalar) echo "$1" ;;
    avx2) [ "$x86" = 1 ] && echo "$1 -mavx2 -mfma" ;;
    avx512) [ "$x86" = 1 ] && echo "$1 -mavx512f -mavx512bw -mavx512dq -mavx512vl" ;;
    neon)
        if [ "$arm" = 1 ]; then
            echo "$1"
        elif $1 --version | grep -q clang; then
            [ -d /usr/aarch64-linux-gnu/include ] &&
                echo "$1 --target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include"
        else
            command -v aarch64-linux-gnu-gcc
        fi ;;
    esac
}

header() {      # isa
    printf -- '-DISA_HEADER='"'"'"vector/simd/%s.h"'"'"'' "$1"
}
options='-std=gnu11 -Wall -Wextra -Wno-unused-function -Wno-unused-const-variable -fsyntax-only'

# The combinations of a template's flags, one a line: "A=1 B=0". Left out is what the
# generator never asks for: neither whole blocks, panels or tiles nor a last one.
combinations() {
    sed -n 's,^#define \([A-Z_]*\) [01] */\* @flag \*/.*,\1,p' "$1" | awk '
        { flag[n++] = $1 }
        END {
            for (k = 0; k < 2^n; k++) {
                line = ""
                for (i = 0; i < n; i++) {
                    on[flag[i]] = int(k / 2^i) % 2
                    line = line flag[i] "=" on[flag[i]] " "
                }
                if (("WHOLE_BLOCKS" in on) && !on["WHOLE_BLOCKS"] && !on["LAST_BLOCK"]) continue
                if (("WHOLE_TILES" in on) && !on["WHOLE_TILES"] && !on["ROWS_LEFT"]) continue
                if (("WHOLE_PANELS" in on) && !on["WHOLE_PANELS"] && !on["LAST_PANEL"]) continue
                print line
            }
        }'
}

# One command a line; what they print is what is wrong.
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
checks=$work/checks

# What a template includes first, read once: of a processor's intrinsics that takes ten times as
# long as the template itself. Compilers take the one beside the header where flags are the same.
headers() {     # isa f64 compiler
    echo "$work/$(printf %s "$1$2$3" | tr -c 'a-z0-9' _)/template.h"
}
for isa in scalar avx2 avx512 neon; do
    for c in $compilers; do
        how=$(for_isa "$c" $isa)
        [ -n "$how" ] || continue
        if $c --version | grep -q clang; then ending=pch; else ending=gch; fi
        for f64 in 0 1; do
            h=$(headers $isa $f64 "$c")
            mkdir -p "${h%/*}" && echo '#include "vector/template.h"' >"$h"
            echo "$how -x c-header ${options% *} -DLATHE_F64=$f64 $(header $isa) -Iruntime -Itemplates" \
                 "$h -o $h.$ending 2>&1"
        done
    done
done >"$work/headers"
for t in $kernels; do
    case $t in */program.c) continue ;; esac   # the skeleton
    combinations "$t" >"$work/flags"
    last=$(tail -1 "$work/flags")
    while read -r flags; do
        edit=
        for f in $flags; do
            edit="$edit;s,^\\(#define ${f%=*}\\) [01],\\1 ${f#*=},"
        done
        for isa in scalar avx2 avx512 neon; do
            for c in $compilers; do
                how=$(for_isa "$c" $isa)
                [ -n "$how" ] || continue
                for f64 in 0 1; do
                    # What a flag turns on knows neither instruction set nor type: one of
                    # them sees all combinations, every other the one with most flags set.
                    case $isa$f64$c,$flags in
                    "scalar0${compilers%% *},$flags" | *",$last") ;;
                    *) continue ;;
                    esac
                    printf "sed '%s' %s | %s -include %s -x c %s -Iruntime -Itemplates - 2>&1 | sed 's,^,%s: ,'\n" \
                        "$edit" "$t" "$how" "$(headers $isa $f64 "$c")" \
                        "$options -DLATHE_F64=$f64 $(header $isa)" \
                        "$t $isa f64=$f64 $flags"
                done
            done
        done
    done <"$work/flags"
done >"$checks"
type=0
for c in $compilers; do
    # gcc finds what may be unset while it optimises; clang all at once.
    if $c --version | grep -q clang; then how_far=-fsyntax-only; else how_far='-O1 -c -o /dev/null'; fi
    for isa in scalar avx2 avx512 neon; do
        how=$(for_isa "$c" $isa)
        [ -n "$how" ] || { echo "lint: skipped: no $c for $isa"; continue; }
        for f64 in 0 1; do
            for f in runtime/vector/optim.c runtime/vector/muon.c; do
                echo "$how $options -DLATHE_F64=$f64 $(header $isa) -Iruntime $f 2>&1" >>"$checks"
            done
        done
    done
    # One type for each compiler: what a file does with `real` both see.
    for f in $sources; do
        echo "$c -std=c11 -D_GNU_SOURCE $how_far -Wall -Wextra -Wshadow -Wconversion -pthread" \
             "-DLATHE_F64=$type -Igen -Iruntime -I. $f 2>&1" >>"$checks"
    done
    type=1
done
for list in headers checks; do
    xargs -P "$(getconf _NPROCESSORS_ONLN)" -d '\n' -n 1 sh -c <"$work/$list" >>"$work/out"
done

if [ -s "$work/out" ]; then
    cat "$work/out" >&2
    echo "lint: $(grep -c . "$work/out") lines to mend" >&2
    exit 1
fi
echo "lint: $(wc -l <"$checks") compilations without a warning, with $compilers"
exit $shape
