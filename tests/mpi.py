"""One training on several processes against one on one: mpi.py [NET...]. For every network (those
of tests/nets/ unless said) and every MPI that is here, ranks 1, 2, 3, 4 and 8 by 1 and 2 threads
must leave the same history, parameters and checkpoint; then one of three ranks is killed at
$KILLS (20) random moments, and what goes on from the checkpoint must end with the same bytes.
$RANKS="2 3" and $SEED choose others. Run by hand, for an hour or more. LATHE: its binary."""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LATHE = os.environ.get("LATHE", os.path.join(HOME, "build/lathe"))
RANKS = [int(n) for n in os.environ.get("RANKS", "1 2 3 4 8").split()]
KILLS = int(os.environ.get("KILLS", "20"))
DATA = "--data synthetic --train-samples 150 --val-samples 40 --check-every 4 --quiet".split()
MPIS = [end for end in (".openmpi", ".mpich") if shutil.which("mpicc" + end)]
MPIS = MPIS or [""] * bool(shutil.which("mpicc"))
FILES = ("csv", "st", "ck")
LIMIT = ("timeout", "-k", "10", "900")      # ranks that wait for each other would spin for ever
# A terminal's Ctrl-C is for rank 0; more ranks than processors, and as root, are meant.
ENV = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
           OMPI_MCA_rmaps_base_oversubscribe="1")


def build(mpi, nets, program):
    """Runtime and networks without most optimisation: the same bits sooner."""
    env = dict(ENV, COMPILER="mpicc" + mpi, MPICC="sh %s/tests/cc.sh" % HOME)
    subprocess.run([LATHE, "build", "--mpi", *nets, "-o", program], check=True, env=env,
                   stderr=subprocess.DEVNULL)


def command(mpi, ranks, program, network, name, options):
    run = [*LIMIT, "mpirun" + mpi, "-np", str(ranks)] if ranks else []
    files = ["--history", name + ".csv", "--params", name + ".st", "--checkpoint", name + ".ck"]
    return run + ["./" + program, "train", "--network", network, *DATA, *files, *options]


def differing(one, other):
    """The first of the files that differ, or None."""
    for end in FILES:
        with open(one + "." + end, "rb") as a, open(other + "." + end, "rb") as b:
            if a.read() != b.read():
                return end
    return None


def train(*arguments):
    done = subprocess.run(command(*arguments), env=ENV, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return "" if done.returncode == 0 else "status %d: %s" % (done.returncode, done.stdout[-500:])


def networks(program):
    said = subprocess.run(["./" + program, "train", "--network", "?"], env=ENV, text=True,
                          stderr=subprocess.PIPE).stderr
    return said.split(" has ", 1)[1].strip().split(", ")


def check_ranks(mpi, program, network):
    wrong = train(mpi, 0, program, network, "one", ["--iterations", "9", "--threads", "1"])
    for ranks in RANKS:
        for threads in "1", "2":
            each = ["--data-per-rank"] if threads == "2" else []
            wrong = wrong or train(mpi, ranks, program, network, "several",
                                   ["--iterations", "9", "--threads", threads, *each])
            end = not wrong and differing("one", "several")
            if wrong or end:
                print("%s%s, %d ranks of %s threads: %s" % (network, mpi, ranks, threads,
                                                           wrong or end + " differs"))
                return 1
    return 0


def children(pid):
    """Processes of this program, below a mpirun."""
    out, queue = [], [pid]
    while queue:
        try:
            with open("/proc/%d/task/%d/children" % (queue[0], queue[0])) as f:
                below = [int(word) for word in f.read().split()]
        except OSError:
            below = []
        out += below
        queue = queue[1:] + below
    return out


def program_of(pid):
    try:
        return os.path.basename(os.readlink("/proc/%d/exe" % pid))
    except OSError:
        return ""


def check_kills(mpi, program, network, rng):
    """Of a run that nobody kills, and of one that begins again wherever it was killed."""
    length = ["--iterations", "400", "--checkpoint-every", "20"]
    start = time.time()
    wrong = train(mpi, 3, program, network, "whole", length)
    whole = time.time() - start
    killed, bad = 0, bool(wrong)
    while killed < KILLS and not bad:
        for end in FILES:
            if os.path.exists("killed." + end):
                os.remove("killed." + end)
        run = command(mpi, 3, program, network, "killed", length)
        for _ in range(4):
            process = subprocess.Popen(run, env=ENV, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            try:
                process.wait(rng.uniform(0.2, 0.9) * whole)
                break
            except subprocess.TimeoutExpired:
                pass
            victims = [pid for pid in children(process.pid) if program_of(pid) == program]
            if victims:
                os.kill(rng.choice(victims), signal.SIGKILL)
                killed += 1
            process.wait()
            if os.path.exists("killed.ck"):
                run = command(mpi, rng.choice((1, 2, 4)), program, network, "killed",
                              ["--resume", "killed.ck", "--iterations", "400"])
        wrong = subprocess.run(run, env=ENV, stdout=subprocess.DEVNULL).returncode
        bad = bool(wrong) or differing("whole", "killed")
    print("%s%s: %d kills, %s" % (network, mpi, killed, "the same bytes" if not bad else
                                  wrong or "%s differs" % bad))
    return int(bool(bad))


def main():
    nets = [os.path.abspath(path) for path in sys.argv[1:]]
    folder = os.path.join(HOME, "tests/nets")
    nets = nets or sorted(os.path.join(folder, name) for name in os.listdir(folder))
    if not MPIS:
        print("[SKIP] mpi: no mpicc")
        return 77
    rng = random.Random(int(os.environ.get("SEED", "1")))
    failures = 0
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        for mpi in MPIS:
            build(mpi, nets, "program")
            names = networks("program")
            wrong = sum(check_ranks(mpi, "program", network) for network in names)
            print("mpicc%s: %d networks, %d differ" % (mpi, len(names), wrong), flush=True)
            failures += wrong + check_kills(mpi, "program", names[0], rng)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
