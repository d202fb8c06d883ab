#!/usr/bin/env python3
"""ladder.py - how long it takes to reach 65, 80, 90 and 94 % on CIFAR-10: builds
models/ladder/*.net, trains each on all 50,000 training images with as many seeds as asked for,
and evaluates on all 10,000 test images. Seconds are the clock's, from the start of the program
that trains to the accuracy on the screen, loading and saving included; building is not.

Standard library only, but for --torch, which trains the same networks by ladder_torch.py."""
import argparse
import os
import re
import subprocess
import sys
import time

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Of each rung: the share of the test images that six views are taken of, those that one view
# leaves most in doubt.
SHARES = {65: 0, 80: 0.25, 90: 0.25, 94: 0.25}

# Two-sided 95 % of Student's distribution, for 1, 2, ... degrees of freedom.
STUDENT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179,
           2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
           2.060, 2.056, 2.052, 2.048, 2.045, 2.042]


def mean(values):
    return sum(values) / len(values)


def interval(values):
    """Half the width of the mean's 95 % interval; None: one value tells nothing of it."""
    n = len(values)
    if n < 2:
        return None
    square = sum((v - mean(values)) ** 2 for v in values) / (n - 1)
    return STUDENT[min(n - 1, len(STUDENT)) - 1] * (square / n) ** 0.5


def plus_minus(values, digits):
    half = interval(values)
    text = f"{mean(values):.{digits}f}"
    return text if half is None else f"{text} +- {half:.{digits}f}"


def accuracy(output):
    """Percent, of what `eval` prints."""
    found = re.search(r"accuracy (\d\.\d+)", output)
    if not found:
        raise SystemExit(f"ladder: no accuracy in: {output.strip()}")
    return 100 * float(found.group(1))


def summary(goal, who, results):
    """A line of (accuracy, seconds) of every seed."""
    reached, seconds = [r[0] for r in results], [r[1] for r in results]
    return (f"{goal:>4} %  {who:<8} {plus_minus(reached, 2):>16} %  {plus_minus(seconds, 1):>14} s"
            f"  {len(results)} seed{'' if len(results) == 1 else 's'}")


def run(words):
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"ladder: {' '.join(words)}: exit status {done.returncode}")
    return done.stdout


def refuse_made_up(info):
    """Of a program's `info`: no rung is climbed on images that everybody tells apart."""
    if re.search(r"^data +the built-in synthetic set", info, re.M):
        raise SystemExit("ladder: no CIFAR-10 found; `make data` fetches it, or say where it lies: "
                         "LATHE_DATA=FOLDER or --data FOLDER")


class Lathe:
    name = "Lathe"

    def __init__(self, options, goal):
        self.options, self.share = options, SHARES[goal]
        self.program = os.path.join(options.out, f"ladder_{goal}")
        os.makedirs(options.out, exist_ok=True)
        net = os.path.join(HOME, "models", "ladder", f"{goal}.net")
        run([options.lathe, "build", net, "-o", self.program])
        self.data = ["--data", options.data] if options.data else []
        refuse_made_up(run([self.program, "info", *self.data]))

    def climb(self, seed):
        params = self.program + ".safetensors"
        start = time.monotonic()
        run([self.program, "train", "--val-samples", "0", "--check-end", "--quiet", "--seed",
             str(seed), "--params", params, *self.data])
        told = run([self.program, "eval", "--params", params, "--split", "test", "--test-samples",
                    "10000", "--tta-share", str(self.share), *self.data])
        return accuracy(told), time.monotonic() - start


class Torch:
    name = "PyTorch"

    def __init__(self, options, goal):
        self.options, self.goal = options, goal
        self.info = run([os.path.join(options.out, f"ladder_{goal}"), "info", "--data",
                         "synthetic"])

    def climb(self, seed):
        start = time.monotonic()
        done = subprocess.run(
            [sys.executable, os.path.join(HOME, "bench", "ladder_torch.py"), "--share",
             str(SHARES[self.goal]), "--seed", str(seed), "--data", self.options.data,
             os.path.join(HOME, "models", "ladder", f"{self.goal}.net")],
            input=self.info, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise SystemExit(f"ladder: PyTorch: exit status {done.returncode}")
        return accuracy(done.stdout), time.monotonic() - start


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--lathe", default=os.path.join(HOME, "build", "lathe"))
    parser.add_argument("--out", default=os.path.join(HOME, "build", "ladder"))
    parser.add_argument("--data", default=os.environ.get("LATHE_DATA"),
                        help="CIFAR-10's directory; else where the programs find it")
    parser.add_argument("--rungs", default="65,80,90,94", help="of them")
    parser.add_argument("--seeds", type=int, default=1, help="1 to N")
    parser.add_argument("--torch", action="store_true", help="the same networks by PyTorch, too")
    options = parser.parse_args(arguments)
    rungs = [int(word) for word in options.rungs.split(",")]
    if options.seeds < 1 or not set(rungs) <= set(SHARES):
        parser.error("rungs are 65, 80, 90 and 94, seeds at least 1")
    if options.torch and not options.data:
        parser.error("PyTorch is to be told where CIFAR-10 lies: --data or LATHE_DATA")
    print("goal  who         test accuracy     wall clock, to it")
    for goal in rungs:
        for who in [Lathe] + [Torch] * options.torch:
            climber, results = who(options, goal), []
            for seed in range(1, options.seeds + 1):
                results.append(climber.climb(seed))
            print(summary(goal, who.name, results), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
