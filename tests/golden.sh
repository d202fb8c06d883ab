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
golden tiny.plan.txt sh -c "'$lathe' show models/tiny.net --isa avx2 --plan | sed '/^forecast/,/PROGRAM bench/d'"
golden residual.plan.txt sh -c "'$lathe' show tests/nets/residual.net --isa avx2 --plan | sed -n '/^maps/,/^\$/p'"
for isa in scalar avx2 avx512 neon; do
    golden three_layer_3x3.block.$isa.txt "$lathe" show models/three_layer_3x3.net --isa $isa -d block
done
golden deep.mem.txt "$lathe" show tests/nets/deep.net --isa avx2 -d mem
# A tuning file, of a compiler whose programs say that all is equally fast.
tuned() {
    work=$(mktemp -d) || exit 1
    cat >"$work/cc" <<'CC'
#!/bin/sh
while [ "$1" != -o ]; do shift; done
cat >"$2" <<'PROGRAM'
#!/bin/sh
echo ready
echo "regions conv1 forward=1;conv1 weight gradient=1;affine1 forward=1;affine2 forward=1;affine1 backward + update=1;affine2 backward + update=1"
echo "regions conv1 forward=1;affine1_folded forward=1;affine2_folded forward=1"
echo times 1 1 1
PROGRAM
chmod +x "$2"
CC
    chmod +x "$work/cc"
    CC=$work/cc "$lathe" tune models/tiny.net --isa avx2 -o "$work/tiny.tune" >"$work/log" 2>&1 ||
        cat "$work/log"
    cat "$work/tiny.tune"
    rm -rf "$work"
}
golden tiny.tune tuned

# What a network's file has of one template: from its banner to the next one. And the tables.
part() {        # network family/part
    "$lathe" emit "$1" --isa avx2 --split | awk -v of="** templates/$2.c," '
        index($0, "** templates/") == 1 { if (on) exit; on = index($0, of) == 1 }
        on && /^static const struct/ { exit }
        on { print before }
        { before = $0 }'
}
tables() { "$lathe" emit "$1" --isa avx2 --split | sed -n '/: tables ---- /,/: the vocabulary ---- /p'; }

# Of every family some kernels, as a reader sees them.
while read -r template network; do
    golden "kernel.$(echo "$template" | tr / .).c" part "tests/nets/$network.net" "$template"
done <<'ROWS'
conv/tile k1
conv/rows deep
conv/fwd deep
conv/lists wide
conv/wgrad wide
conv/narrow deep
conv/picked deep
conv/scatter scatter
wino/input winograd
wino/fwd winograd
wino/wgrad winograd
depth/rows depthwise
depth/wgrad depthwise
affine/fwd deep
affine/lists deep
affine/dense dense
norm/fwd batchnorm
norm/bwd batchnorm
pool/row deep
pool/bwd pools
pointwise/fwd activations
loss/softmax deep
loss/svm svm
ROWS
golden tiny.model.c tables models/tiny.net
exit $status
