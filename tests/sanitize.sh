#!/bin/sh
# sanitize.sh DIRECTORY - lathe over all networks and over damaged ones, emitted programs of every
# kernel family, and the runtime's unit tests, all compiled with $FLAGS (address and undefined
# behaviour) in DIRECTORY, as `make sanitize` does it; then whole programs under the sanitizer of
# threads. Any report fails.
# $PART, of lathe, programs, units and threads, is all that is done of it.
# It must never look at what is computed: other suites do.
set -u
home=$(cd "$(dirname "$0")/.." && pwd)
cd "$home" || exit 1
built=$home/$1
lathe=$built/lathe
failed=0
# A report ends a program with 99. Leaks are looked for where a program ends by itself: lathe and
# the programs leave what they hold to the system.
export ASAN_OPTIONS=exitcode=99:detect_leaks=0:allocator_may_return_null=1
export UBSAN_OPTIONS=exitcode=99:print_stacktrace=1
export TSAN_OPTIONS=exitcode=99
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# clean WHAT COMMAND... - whatever it says of its input, no sanitizer has a report.
clean() {
    what=$1
    shift
    "$@" >"$work/out" 2>&1
    status=$?
    if [ $status -ge 99 ] || grep -qE 'runtime error:|Sanitizer' "$work/out"; then
        echo "sanitize: $what: exit status $status" >&2
        grep -E -A12 'runtime error:|ERROR: |Sanitizer' "$work/out" | head -30 >&2
        failed=1
    fi
}
# good WHAT COMMAND... - and it succeeds.
good() {
    clean "$@"
    [ $status = 0 ] || { echo "sanitize: $what: exit status $status" >&2; tail -3 "$work/out" >&2
                         failed=1; }
}

# ---- lathe: every network, every instruction set; damaged files ----

lathe_itself() {
    for net in models/*.net tests/nets/*.net; do
        for isa in scalar avx2 avx512 neon; do
            good "emit $net $isa" "$lathe" emit "$net" --isa $isa --split -o /dev/null
        done
        good "emit $net f64" "$lathe" emit "$net" --dtype f64 -o /dev/null
        good "emit $net with #line" "$lathe" emit "$net" --isa avx2 --lines -o /dev/null
        good "show $net" "$lathe" show "$net" --html
        good "show $net, its plan" "$lathe" show "$net" --plan
        clean "emit --inference $net" "$lathe" emit --inference "$net" -o "$work/n.c"
        good "export --torch $net" "$lathe" export "$net" --torch -o "$work/n.py"
        for pass in spec shape fuse layout sweeps fold block params regions mem kinks; do
            good "-d $pass $net" "$lathe" show "$net" --isa avx2 -d $pass
        done
        size=$(wc -c <"$net")
        for share in 1 2 3 5 7; do
            head -c $((size*share/8)) "$net" >"$work/cut.net"
            clean "the first $share eighths of $net" "$lathe" show "$work/cut.net"
            {
                head -c $((size*share/8)) "$net"
                printf "\001(}99999999999x{"
                cat "$net"
            } >"$work/bad.net"
            clean "$net, broken after $share eighths" "$lathe" show "$work/bad.net"
        done
    done
    head -c 4096 /dev/zero >"$work/zero.net"
    clean "zeros" "$lathe" show "$work/zero.net"
    clean "a program" "$lathe" show "$lathe"
    good "doc" "$lathe" doc
    echo "sanitize: lathe done"
}

# ---- a program of every kernel family: steps, gradients, classes of an image ----

programs() {
    # Direct, Winograd's, scattered, narrow, depthwise and grouped convolutions; affine layers by
    # lists and dense; batchnorms, pools, residual blocks, both losses, every activation.
    families='deep winograd scatter stride2 depthwise grouped dilated fully dense batchnorm
norm_blocks pools averages residual joins activations svm smoothed groups'
    nets=
    for f in $families; do nets="$nets tests/nets/$f.net"; done
    for type in 32 64; do
        library=$built/liblathe$(echo $type | sed 's/32//').a
        # shellcheck disable=SC2086
        good "emit f$type" "$lathe" emit $nets --dtype f$type --split -o "$work/p.c"
        # shellcheck disable=SC2086
        good "compile f$type" $CC $FLAGS -O0 -w -Iruntime "$work/p.c" "$library" \
            -o "$work/p$type" -lm -pthread
    done
    cd "$work" || exit 1
    printf 'P5 8 8 255\n%64s' x >grey.pgm
    for f in $families; do
        name=$(sed -n 's/^net //p' "$home/tests/nets/$f.net")
        for type in 32 64; do
            good "$f trains in f$type" ./p$type train --network "$name" --data synthetic \
                --train-samples 60 --val-samples 20 --iterations 3 --threads 2 --params "$f.st" \
                --report r.html
            good "$f evaluates in f$type" ./p$type eval --network "$name" --params "$f.st" \
                --data synthetic --val-samples 20
        done
        clean "$f predicts" ./p64 predict --network "$name" --params "$f.st" --resize grey.pgm
    done
    name=$(sed -n 's/^net //p' "$home/tests/nets/deep.net")
    data='--data synthetic --train-samples 60 --val-samples 20'
    # shellcheck disable=SC2086
    good "a run that is saved" ./p32 train --network "$name" $data --iterations 4 --params q.st \
        --checkpoint c --checkpoint-every 2 --history h --plot q --result j --init 0.1
    # shellcheck disable=SC2086
    good "it goes on" ./p32 train --network "$name" --resume c --iterations 8 --result k
    # shellcheck disable=SC2086
    good "it is searched" ./p32 sweep --network "$name" $data --runs 2 --epochs 0.2 --record s
    # shellcheck disable=SC2086
    good "it begins with others" ./p32 train --network "$name" $data --iterations 2 --from q.st \
        --params r.st
    good "it is told of" ./p32 info --network "$name" --data synthetic
    good "it is measured" ./p32 bench --network "$name" --warm 1 --steps 1 --seconds 0
    # The steps that it does by the thousand are those above.
    good "svm has gradients" ./p64 gradcheck --network svm_sum --threads 2
    cd "$home" || exit 1
    echo "sanitize: programs done"
}

# ---- the runtime's unit tests ----

units() {
    for type in 32 64; do
        library=$built/liblathe$(echo $type | sed 's/32//').a
        # shellcheck disable=SC2086
        good "compile unit$type" $CC -std=c11 -D_GNU_SOURCE $FLAGS -w -pthread -Iruntime -Itests \
            -Igen -I. -DLATHE_F64=$((type / 64)) $UNIT -lcriterion "$library" -lm \
            -o "$built/unit$type"
        LATHE=$lathe SOURCE=$home good "unit$type" "$built/unit$type" -j1
        grep '^\[====\] Synthesis' "$work/out"
    done
}

# ---- threads: whole programs, since what waits for whom is the runtime's ----

threads() {
    good "emit for threads" "$lathe" emit tests/nets/deep.net tests/nets/norm_blocks.net \
        tests/nets/groups.net tests/nets/scatter.net -o "$work/t.c"
    good "compile for threads" $CC -O1 -g -w -fsanitize=thread "$work/t.c" -o "$work/t" -lm -pthread
    cd "$work" || exit 1
    data='--data synthetic --train-samples 60 --val-samples 20'
    for f in deep norm_blocks groups scatter; do
        name=$(sed -n 's/^net //p' "$home/tests/nets/$f.net")
        # shellcheck disable=SC2086
        good "$f trains on four threads" ./t train --network "$name" $data --iterations 12 \
            --check-every 4 --threads 4 --params t.st --report t.html --checkpoint c
        # shellcheck disable=SC2086
        good "$f goes on" ./t train --network "$name" --resume c --iterations 16 --threads 3
        good "$f evaluates on three" ./t eval --network "$name" --params t.st --data synthetic \
            --val-samples 20 --threads 3
    done
    # shellcheck disable=SC2086
    good "a search on four threads" ./t sweep --network "$name" $data --runs 2 --epochs 0.2 \
        --threads 4
    cd "$home" || exit 1
    echo "sanitize: threads done"
}

case ${PART:-all} in
lathe) lathe_itself ;;
programs) programs ;;
units) units ;;
threads) threads ;;
*) lathe_itself; programs; units; threads ;;
esac
[ $failed = 0 ] && echo "sanitize: no report"
exit $failed
