"""What the comparisons of Lathe's readers with others' have in common: files drawn from a seed,
the program tests/support/verdicts.c, and what is said of a difference."""

import importlib
import os
import random
import subprocess
import sys
import tempfile

SKIPPED = 77        # exit status: the peer is not here


def peer(name):
    """A module, or the end: it is not here."""
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"no Python module {name}")
        sys.exit(SKIPPED)


def mutated(rng, data, pieces, most=4):
    """Some bytes changed, left out, doubled, or one of `pieces` put in."""
    data = bytearray(data)
    for _ in range(rng.randint(1, most)):
        at = rng.randrange(len(data) + 1)
        how = rng.randrange(6)
        if how == 0 and at < len(data):
            data[at] = rng.choice(b" \t\n\r\"'{}[](),:0123456789-+.eL#\\\0\x80\xff")
        elif how == 1:
            del data[at:at + rng.randint(1, 3)]
        elif how == 2 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif how == 3:
            end = at + rng.randint(1, 12)
            data[at:at] = data[at:end]
        else:
            data[at:at] = rng.choice(pieces)
    return bytes(data)


def verdicts(program, what, files):
    """The lines that Lathe's reader has for each of the files, a list of bytes."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for k, data in enumerate(files):
            paths.append(os.path.join(folder, f"f{k}"))
            with open(paths[-1], "wb") as f:
                f.write(data)
        run = subprocess.run([program, what], input="\n".join(paths) + "\n", text=True,
                             stdout=subprocess.PIPE, check=True, errors="surrogateescape")
    return run.stdout.split("\n")[:-1]


class Differences:
    """Counts verdicts; prints the first differences."""

    def __init__(self):
        self.read = self.refused = self.different = 0

    def hold(self, data, read, same, ours, theirs):
        """A file, whether it was to be read, and what the two made of it."""
        self.read += read
        self.refused += not read
        if same:
            return
        self.different += 1
        if self.different <= 20:
            print(f"{data!r}\n  ours:   {str(ours)[:300]}\n  theirs: {str(theirs)[:300]}")

    def end(self, least):
        """The exit status; each verdict must have been met `least` times."""
        print(f"{self.read} read, {self.refused} refused, {self.different} different")
        return 1 if self.different or min(self.read, self.refused) < least else 0


def arguments():
    """The program, a number of files and a seed."""
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 4000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    return sys.argv[1], count, random.Random(seed)
