#!/bin/sh
# coverage_cc.sh ARGUMENTS... - gcc, as `make coverage` has everything call it: what is compiled of
# gen/ and runtime/ counts for gcov how often each line runs, the runtime in the cache of `lathe
# build`, too; what is linked with it can write its counts (tests/support/gcov_ended.c). It must
# never change what a program computes or says.
set -u
counted='' share='' object='' before='' link=yes
for argument; do
    case $argument in
    gen/*.c | runtime/*.c) counted=yes ;;
    */runtime-[0-9]*.c) counted=yes share=$argument ;;
    -E | -shared) counted='' share='' link='' ;;
    esac
    [ "$before" != -o ] || object=$argument
    before=$argument
done
# An entry of the cache is renamed when it is compiled, its source removed: its notes lie apart.
if [ -n "$share" ]; then
    apart=$(mktemp -d "$LATHE_COVERAGE/cached/XXXXXX") || exit 1
    set -- "$@" -dumpdir "$apart/" -dumpbase "${share##*/}" -dumpbase-ext .c
elif [ -n "$counted" ]; then
    rm -f "${object%.o}.gcda"       # of the object that was there before
fi
[ -z "$counted" ] || set -- "$@" -O0 --coverage -fprofile-update=atomic
[ -z "$link" ] || set -- "$@" -Wl,--wrap=_exit,--wrap=_Exit,--wrap=abort,--wrap=raise \
    "-L$LATHE_COVERAGE" -Wl,--start-group -lended -lgcov -Wl,--end-group
exec gcc "$@"
