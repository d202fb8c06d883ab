#!/bin/sh
# cc.sh ARGUMENTS... - $COMPILER, or cc, as suites have `lathe build` call it: -Og in place of its
# -O3 computes the same bits and compiles in a third of the time, and what was compiled before is
# taken from tests/memo.sh. Whoever means -O3 calls $COMPILER.
for argument; do
    shift
    [ "$argument" != -O3 ] || argument=-Og
    set -- "$@" "$argument"
done
# shellcheck disable=SC2086
exec sh "${0%/*}/memo.sh" ${COMPILER:-cc} "$@"
