#!/bin/sh
# cc.sh ARGUMENTS... - $COMPILER, or cc, as suites have `lathe build` call it: -Og in place of its
# -O3 computes the same bits and compiles in a third of the time, a file without AVX-512 gets
# tests/lean/immintrin.h, and what was compiled before is taken from tests/memo.sh. Whoever means -O3
# calls $COMPILER.
lean=
for argument; do
    shift
    case $argument in
    -O3) argument=-Og ;;
    *.c) grep -q _mm512 -- "$argument" && lean=no || lean=${lean:-yes} ;;
    esac
    set -- "$@" "$argument"
done
[ "$lean" != yes ] || set -- "$@" -isystem "${0%/*}/lean"
# shellcheck disable=SC2086
exec sh "${0%/*}/memo.sh" ${COMPILER:-cc} "$@"
