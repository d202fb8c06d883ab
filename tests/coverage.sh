#!/bin/sh
# coverage.sh DIRECTORY again|SUITE... - the suites in a copy of the checkout, DIRECTORY/main, whose
# lathe and runtime count what runs of them (tests/coverage_cc.sh); then tests/coverage.py says what
# never did. `again`: with what ran before. It must never touch what `make` has built.
set -eu
home=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$1/cached" "$1/main/build"
room=$(cd "$1" && pwd)
shift
if [ "$1" = again ]; then
    shift
else
    find "$room" -name '*.gcda' -exec rm -f {} +
fi

# Times are kept, so that make compiles what has changed; what is gone is removed.
tar -C "$home" -cf - --exclude=./build --exclude=./.git --exclude=./data --exclude='*.a' . |
    tar -C "$room/main" -xf -
(cd "$room/main" && find . -path ./build -prune -o -type f ! -name '*.a' -print) |
    while read -r file; do [ -e "$home/$file" ] || rm -f "$room/main/$file"; done
for brought in python pngsuite onnxruntime-web; do
    [ ! -e "$home/build/$brought" ] || ln -sfn "$home/build/$brought" "$room/main/build/$brought"
done
[ ! -e "$home/../shared" ] || ln -sfn "$home/../shared" "$room/shared"

gcc -O1 -Wall -Wextra -fPIC -c "$home/tests/support/gcov_ended.c" -o "$room/ended.o"
rm -f "$room/libended.a"
ar rcs "$room/libended.a" "$room/ended.o"
export LATHE_COVERAGE="$room" CC="$room/main/tests/coverage_cc.sh"
export OMPI_CC="$CC" MPICH_CC="$CC"
export FAULT_PLACES=1               # of the suite faults
unset COMPILER
failed=0
MAKEFLAGS='' ${MAKE:-make} -j"$(getconf _NPROCESSORS_ONLN)" -C "$room/main" test \
    T="$*" F="${F:-!(size/*)}" ||   # whose bounds on time are for what is optimised
    failed=1
# What the suites of kernels are made of.
for of in 'avx512 f32' 'avx2 f64' 'neon f32' 'scalar f64'; do
    for nets in "$room/main/tests/nets" "$room/main/models"; do
        "$room/main/build/lathe" emit "$nets"/*.net --isa "${of% *}" --dtype "${of#* }" --split \
            -o /dev/null || failed=1
    done
done
python3 "$home/tests/coverage.py" "$room" || failed=1
exit $failed
