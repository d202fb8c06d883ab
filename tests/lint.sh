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

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
checks=$work/checks

# "ISA COMPILER COMMAND", of what is here.
for c in $compilers; do
    for isa in scalar avx2 avx512 neon; do
        how=$(for_isa "$c" $isa)
        [ -n "$how" ] || { echo "lint: skipped: no $c for $isa" >&2; continue; }
        echo "$isa $c $how"
    done
done >"$work/ways"

# Templates as one text, since a compiler's start and a processor's intrinsics take longer than
# most of them: all.c has each with every combination of its flags, most.c with all flags set.
# Left out is what the generator never asks for: neither whole blocks, tiles or panels nor a last one;
# neither of two gradients.
# Templates include others, so that a function has the number of its copy in its name. program.c is
# the skeleton; functions.c is what model.c includes, and the optimizers are there once.
sed -n 's,^#define [A-Z_]* *\([a-z0-9]*_[a-z0-9_]*\) */\* @name.*,\1,p' $kernels |
    grep -v -e ^v_ -e ^optim_ | sort -u |
    awk '{ print "#undef " $1 "\n#define " $1 " NUMBERED(" $1 ", LINTED)" }' >"$work/names.h"
# shellcheck disable=SC2046
awk -v work="$work" '
    function put(    k, i) {
        for (k = 0; k < 2^n; k++) {
            for (i = 0; i < n; i++) on[flag[i]] = int(k / 2^i) % 2
            if (("WHOLE_BLOCKS" in on) && !on["WHOLE_BLOCKS"] && !on["LAST_BLOCK"]) continue
            if (("HAS_DZ" in on) && !on["HAS_DX"] && !on["HAS_DZ"]) continue
            if (("WHOLE_TILES" in on) && !on["WHOLE_TILES"] && !on["ROWS_LEFT"]) continue
            if (("WHOLE_PANELS" in on) && !on["WHOLE_PANELS"] && !on["LAST_PANEL"]) continue
            copy(work "/all.c")
            if (k == 2^n - 1) copy(work "/most.c")
        }
        delete on
        lines = n = 0
    }
    function copy(to,    i) {
        printf "#undef LINTED\n#define LINTED %d\n#include \"names.h\"\n# 1 \"%s", ++copies, file > to
        for (i = 0; i < n; i++) printf " %s=%d", flag[i], on[flag[i]] > to
        print "\"" > to
        for (i = 1; i <= lines; i++)
            print text[i] ~ /"vector.(optim|muon).c"/ ? "" : \
                  i in at ? "#define " at[i] " " on[at[i]] : text[i] > to
    }
    BEGIN {
        start = "#include \"vector/optim.c\"\n#include \"vector/muon.c\"\n" \
                "#define NUMBERED(name, n) NUMBERED_(name, n)\n" \
                "#define NUMBERED_(name, n) name##_##n"
        print start > (work "/all.c")
        print start > (work "/most.c")
    }
    FNR == 1 && NR > 1 { put() }
    FNR == 1 { file = FILENAME; delete at }
    { text[++lines] = $0 }
    /^#define [A-Z_]* [01] *\/\* @flag \*\// { flag[n++] = at[lines] = $2 }
    END { put() }' $(echo "$kernels" | grep -v -e /program.c -e /functions.c)
text=all
while read -r isa c how; do
    for f64 in 0 1; do
        # What a flag turns on knows neither instruction set nor type: one of them sees all
        # combinations, every other the one with most flags set.
        echo "$how $options -DLATHE_F64=$f64 $(header $isa) -Iruntime -Itemplates $work/$text.c" \
             "2>&1 | sed 's,^,$isa f64=$f64 $c: ,'"
        text=most
    done
done <"$work/ways" >"$checks"
type=0
for c in $compilers; do
    # gcc finds what may be unset while it optimises; clang all at once.
    how_far='-O1 -S -o /dev/null'
    if $c --version | grep -q clang; then how_far=-fsyntax-only; fi
    # One type for each compiler: what a file does with `real` both see.
    for f in $sources; do
        echo "$c -std=c11 -D_GNU_SOURCE $how_far -Wall -Wextra -Wshadow -Wconversion -pthread" \
             "-DLATHE_F64=$type -Igen -Iruntime -I. $f 2>&1" >>"$checks"
    done
    type=1
done
# What MPI's header is needed for.
if command -v mpicc >/dev/null; then
    for f in runtime/core/ranks*.c runtime/command/cmd_train.c; do
        echo "mpicc -std=c11 -D_GNU_SOURCE -O1 -S -o /dev/null -Wall -Wextra -Wshadow" \
             "-Wconversion -pthread -DLATHE_MPI=1 -DLATHE_F64=0 -Iruntime $f 2>&1" >>"$checks"
    done
else
    echo "lint: skipped: no mpicc"
fi
xargs -P "$(getconf _NPROCESSORS_ONLN)" -d '\n' -n 1 sh -c <"$checks" >"$work/out"

if [ -s "$work/out" ]; then
    cat "$work/out" >&2
    echo "lint: $(grep -c . "$work/out") lines to mend" >&2
    exit 1
fi
echo "lint: $(wc -l <"$checks") compilations without a warning, with $compilers"
exit $shape
