#!/bin/sh
# cluster.sh [ENGINE...] - a sweep's list through GNU parallel, a SLURM job array and Optuna
# (parallel, slurm, optuna; all unless said), while runs are killed at random: each table must be,
# byte for byte, that of the same list run in a loop. SLURM is slurmctld and three nodes on this
# machine, on ports of its own, which need root. SEEDS=10 (runs: ten times as many), KILLS=20;
# PYTHON has optuna. KEEP=DIR keeps what was made. It must never end a process but its own.
set -u
home=$(cd "$(dirname "$0")/.." && pwd)
export LATHE="${LATHE:-$home/build/lathe}"
seeds=${SEEDS:-10} kills=${KILLS:-20} python=${PYTHON:-python3}
[ $# -gt 0 ] || set -- parallel slurm optuna
work=${KEEP:-}
if [ -n "$work" ]; then mkdir -p "$work"; else work=$(mktemp -d); fi
work=$(cd "$work" && pwd) || exit 1
daemons= killer= failed=0
finish() {
    # shellcheck disable=SC2086
    [ -z "$killer$daemons" ] || kill $killer $daemons 2>/dev/null
    wait
    [ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
cd "$work" || exit 1

cat >net.net <<'END'
net swept
let filters = 4
input 3x12x12
conv filters 3x3
batchnorm
relu
dropout 0.8
affine 10
softmax
train
  batch 20
  flip
END

list() {        # into the folder $1, which we are in
    "$LATHE" sweep ../net.net --grid lr=1e-4:1e8:log5 --set filters=3,5 --seeds "1-$seeds" \
        --list runs -- --data synthetic --train-samples 400 --val-samples 200 --epochs 40 \
        --check-every 10 --threads 1 --optimizer sgd || exit 1
}

# Kills one run after another, of those whose words name the folder; says so in the file `killed`.
kill_some() {   # folder
    n=0
    while [ $n -lt "$kills" ]; do
        sleep "0.$(awk -v s="$$$n$(date +%N)" 'BEGIN { srand(s); print int(rand()*1000) + 100 }')"
        for p in $(grep -l -a "swept-.*train" /proc/[0-9]*/cmdline 2>/dev/null | cut -d/ -f3); do
            [ "$(readlink "/proc/$p/cwd")" = "$1" ] && kill -9 "$p" 2>/dev/null &&
                n=$((n + 1)) && echo "$p" >>"$1/killed" && break
        done
    done
}

slurm_begin() {
    host=$(hostname -s)
    cat >slurm.conf <<END
ClusterName=sweeps
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
CredType=cred/none
MpiDefault=none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/linear
SlurmdParameters=config_overrides
StateSaveLocation=$PWD/state
SlurmdSpoolDir=$PWD/%n
SlurmctldPidFile=$PWD/slurmctld.pid
SlurmdPidFile=$PWD/%n.pid
SlurmctldLogFile=$PWD/slurmctld.log
SlurmdLogFile=$PWD/%n.log
SwitchType=switch/none
NodeName=n[1-3] NodeHostname=$host NodeAddr=127.0.0.1 Port=[17001-17003] CPUs=1 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
    mkdir -p state n1 n2 n3
    export SLURM_CONF="$PWD/slurm.conf"
    slurmctld -D >/dev/null 2>&1 &
    daemons=$!
    for n in n1 n2 n3; do
        slurmd -D -N $n >/dev/null 2>&1 &
        daemons="$daemons $!"
    done
    for n in $(seq 30); do
        [ "$(sinfo -h -t idle -o %D 2>/dev/null)" = 3 ] && return
        sleep 1
    done
    echo "cluster: SLURM did not begin: $(tail -n 3 slurmctld.log)" >&2
    exit 1
}

engine() {      # name: once through the list
    case $1 in
    parallel) parallel -j 2 <runs ;;
    slurm) sbatch --quiet --wait --array="1-$(wc -l <runs)%3" \
               "$home/examples/sweep/array.sbatch" runs ;;
    optuna) "$python" "$home/examples/sweep/optuna_list.py" runs --jobs 2 ;;
    esac >>log 2>&1
}

can() {         # name
    case $1 in
    parallel) command -v parallel ;;
    slurm) [ "$(id -u)" = 0 ] && command -v slurmctld && command -v slurmd ;;
    optuna) "$python" -c 'import optuna' ;;
    *) echo "cluster: unknown engine $1: parallel, slurm, optuna" >&2; exit 2 ;;
    esac >/dev/null 2>&1
}

mkdir -p loop && cd loop || exit 1
list
sh runs >log 2>&1 || exit 1
"$LATHE" sweep --table runs -o ../loop.html >../loop.table || exit 1
grep -q missing: ../loop.table && { cat ../loop.table >&2; exit 1; }
cat ../loop.table
cd ..

for name; do
    can "$name" || { echo "[SKIP] cluster::$name: not here"; continue; }
    mkdir -p "$name" && cd "$name" || exit 1
    list
    [ "$name" != slurm ] || slurm_begin
    kill_some "$PWD" &
    killer=$!
    rounds=0 done=0
    until [ $done = 1 ]; do
        engine "$name"
        rounds=$((rounds + 1))
        "$LATHE" sweep --table runs -o "../$name.html" >"../$name.table" || exit 1
        grep -q missing: "../$name.table" || done=1
        [ $rounds -lt 60 ] || { echo "cluster: $name: runs are missing" >&2; exit 1; }
    done
    kill $killer 2>/dev/null
    wait $killer 2>/dev/null
    killer=
    # shellcheck disable=SC2086
    [ -z "$daemons" ] || { kill $daemons; wait $daemons; daemons=; }
    cd ..
    if cmp "loop.table" "$name.table" && cmp "loop.html" "$name.html" &&
        (cd loop/runs.d && for f in *.json; do cmp "$f" "../../$name/runs.d/$f" || exit 1; done)
    then
        echo "cluster: $name: the table of the loop, after $(wc -l <"$name/killed") kills," \
             "$rounds times through the list"
    else
        failed=1
    fi
done
exit $failed
