#!/bin/sh
# cc.sh ARGUMENTS... - $COMPILER, or cc, as suites have `lathe build` call it: -Og in place of its
# -O3 computes the same bits and compiles in a third of the time. Whoever means -O3 calls $COMPILER.
for argument; do
    shift
    [ "$argument" != -O3 ] || argument=-Og
    set -- "$@" "$argument"
done
exec ${COMPILER:-cc} "$@"
