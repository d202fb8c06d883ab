#!/bin/sh
# golden.sh [update] - what the generator decides and prints, against tests/golden/.
# `make golden` writes them anew: commit the change together with its cause.
set -u
home=$(cd "$(dirname "$0")/.." && pwd)
lathe=${LATHE:-$home/build/lathe}
status=0

golden() {      # file command...
    file=$home/tests/golden/$1
    shift
    if [ "${mode:-}" = update ]; then
        "$@" >"$file"
    elif ! [ -s "$file" ]; then
        echo "golden: $file is empty" >&2
        status=1
    elif ! "$@" | diff -u "$file" - ; then
        echo "golden: $file differs from: $* (make golden, if that is meant)" >&2
        status=1
    fi
}

mode=${1:-}
cd "$home" || exit 1
golden doc.txt "$lathe" doc
for pass in spec shape fuse layout sweeps block params regions mem kinks; do
    golden three_layer.$pass.txt "$lathe" show models/three_layer.net --isa avx2 -d $pass
done
# Every algorithm: what is decided from the network alone, and for one processor.
for net in winograd scatter depthwise stride_gaps dense folded; do
    for pass in sweeps block; do
        golden $net.$pass.txt "$lathe" show tests/nets/$net.net --isa avx2 -d $pass
    done
done
golden folded.fold.txt "$lathe" show tests/nets/folded.net --isa avx2 -d fold
golden vgg_small.show.txt sh -c "'$lathe' show models/vgg_small.net --isa avx2 | sed '/^forecast/,\$d'"
for isa in scalar avx2 avx512 neon; do
    golden three_layer_3x3.block.$isa.txt "$lathe" show models/three_layer_3x3.net --isa $isa -d block
done
golden deep.mem.txt "$lathe" show tests/nets/deep.net --isa avx2 -d mem
# One emitted kernel, as a reader sees it.
golden conv_tile.c sh -c "'$lathe' emit models/tiny.net --isa avx2 --split |
    awk '/^\/\* [0-9x]* pixels by/ { p = 1 } p { print } /^}/ && p { exit }'"
exit $status
