"""mutants.py NUMBER [SEED] [FROM] - draws mutants of gen/, runtime/ and templates/
(mutants/draw.py) and holds each against the suites until one notices it. The same NUMBER and SEED
draw the same ones; FROM: the first to be looked at. What is found goes to build/mutants/SEED.jsonl,
a line whenever one is decided, so that it can be stopped at any time and goes on there. MINUTES=N
in the environment stops it, ONLY=PATTERN draws from these files alone.

First each mutant is held against the suites that its file names (mutants/checks.py), by itself.
Those that none of them notices are then held against all others, together: a suite that passes has
noticed none of them, one that fails is run with half of them.

mutants/equal.txt has those that compute what the original computes, each with the reason: they are
not counted. Exit status 1: less than 95 % are noticed.
"""
import json
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "mutants"))

from checks import Checks   # noqa: E402
from draw import Draw       # noqa: E402
from same import Same       # noqa: E402
from tree import HERE, Tree  # noqa: E402

ENOUGH = 0.95


def equal_ones():
    """(file, what differs): the reason, of mutants/equal.txt."""
    found = {}
    for block in (HERE / "equal.txt").read_text().split("\n\n"):
        lines = [s for s in block.split("\n") if s and not s.startswith("#")]
        if lines:
            differs = [s for s in lines[1:] if s[:2] in ("- ", "+ ")]
            found[lines[0], "\n".join(differs)] = " ".join(lines[1 + len(differs):])
    return found


class Campaign:
    """The mutants of a seed, and what became of each."""

    def __init__(self, number, seed, first):
        self.numbers = range(first, number + 1)
        self.seed = seed
        self.tree = Tree()
        self.results = self.tree.work / ("%d.jsonl" % seed)
        self.known_path = self.tree.work / "known.json"
        known = json.loads(self.known_path.read_text()) if self.known_path.exists() else {}
        self.checks = Checks(self.tree, known)
        self.same = Same(self.tree, self.checks)
        self.draw = Draw(self.tree.root, os.environ.get("ONLY"), self.tree.work / "places")
        self.equal = equal_ones()
        self.records, self.mutants = {}, {}
        self.until = time.monotonic() + 60*float(os.environ.get("MINUTES", "1e6"))
        if self.results.exists():
            for line in self.results.read_text().splitlines():
                record = json.loads(line)
                self.records[record["k"]] = record

    def keep(self, record):
        self.records[record["k"]] = record
        with open(self.results, "a") as f:
            f.write(json.dumps(record) + "\n")

    def is_late(self):
        return time.monotonic() > self.until

    # ---- the tree without a mutant ----

    def original(self):
        start = time.monotonic()
        self.tree.put([])
        self.same.original()
        self.checks.original()
        print("mutants: the tree without one is built, %d s" % (time.monotonic() - start))

    def passes(self, name):
        """Does a check pass without a mutant? One that does not is left out."""
        if name not in self.checks.known:
            self.tree.put([])
            said = self.checks.check(name)
            if said:
                print("mutants: left out, it fails without a mutant: " + said)
            self.known_path.write_text(json.dumps(self.checks.known, indent=1, sort_keys=True))
        return self.checks.known.get(name, 0) > 0

    # ---- one by one ----

    def drawn(self, k):
        """The k-th that is counted, and why those before it were not."""
        without = []
        for mutant in self.draw.tries(self.seed, k):
            if self.is_equal(mutant):
                return mutant, without, True
            self.tree.put([mutant])
            why = self.same.differs(mutant)
            if not why:
                return mutant, without, False
            without.append([mutant.path, why])

    def is_equal(self, mutant):
        return (mutant.path, "\n".join(mutant.stripped())) in self.equal

    def again(self, k, key):
        """The k-th, as it was drawn before; None: the sources have changed since."""
        if k not in self.mutants:
            tries = self.draw.tries(self.seed, k)
            self.mutants[k] = next((m for m, _ in zip(tries, range(60)) if m.key == key), None)
        return self.mutants[k]

    def first_checks(self, k):
        start = time.monotonic()
        mutant, without, equal = self.drawn(k)
        self.mutants[k] = mutant
        record = {"k": k, "key": mutant.key, "path": mutant.path, "line": mutant.line,
                  "change": mutant.stripped(), "without": without, "passed": [], "noticed": None}
        if not equal:
            for name in self.checks.of(mutant.path):
                if not self.passes(name):
                    continue
                self.tree.put([mutant])
                record["noticed"] = self.checks.check(name)
                if record["noticed"]:
                    break
                record["passed"].append(name)
        record["seconds"] = round(time.monotonic() - start)
        self.tree.forget()
        self.keep(record)
        print("%d %s    %s\n" % (k, mutant, "equal" if equal else record["noticed"] or
                                 "not noticed yet: " + " ".join(record["passed"])), flush=True)

    # ---- together ----

    def open_ones(self):
        return [k for k in self.numbers if k in self.records and not self.is_settled(k)]

    def is_settled(self, k):
        record = self.records[k]
        return record["noticed"] or self.again(k, record["key"]) is None \
            or self.is_equal(self.mutants[k])

    def together(self):
        for name in self.checks.runs:
            asked = [k for k in self.open_ones()
                     if name in self.checks.rest(self.records[k]["path"])
                     and name not in self.records[k]["passed"]]
            if self.is_late() or not asked or not self.passes(name):
                continue
            while asked:
                files = {self.records[k]["path"]: k for k in reversed(asked)}
                self.ask(name, sorted(files.values()))
                asked = [k for k in asked if k not in files.values()]

    def ask(self, name, some):
        """One suite of several mutants in different files."""
        if self.is_late():
            return
        self.tree.put([self.mutants[k] for k in some])
        said = self.checks.check(name)
        print("%s with %s: %s" % (name, " ".join(map(str, some)), said or "passes"), flush=True)
        if not said:
            for k in some:
                record = self.records[k]
                self.keep({**record, "passed": record["passed"] + [name]})
        elif len(some) == 1:
            self.keep({**self.records[some[0]], "noticed": said})
        else:
            half = len(some) // 2
            self.ask(name, some[:half])
            self.ask(name, some[half:])
        self.tree.forget()

    # ---- the sum ----

    def sum_up(self):
        done = [self.records[k] for k in self.numbers if k in self.records]
        by = {}
        for r in done:
            if r["noticed"]:
                name = r["noticed"].split(":")[0]
                by[name] = by.get(name, 0) + 1
        equal = [r for r in done if not r["noticed"]
                 and (r["path"], "\n".join(r["change"])) in self.equal]
        left = [r for r in done if not r["noticed"] and r not in equal]
        without = [why for r in done for _, why in r["without"]]
        for r in left:
            print("%d %s:%d\n    %s\n    passed: %s\n" % (r["k"], r["path"], r["line"],
                                                         "\n    ".join(r["change"]),
                                                         " ".join(r["passed"])))
        noticed = sum(by.values())
        print("mutants of seed %d: %d of %d looked at, %d of them equal; not counted: "
              "%d that do not compile, %d of the same bytes" %
              (self.seed, len(done), len(self.numbers), len(equal),
               sum(w.startswith("does") for w in without),
               sum(w.startswith("the same") for w in without)))
        print("noticed: %d of %d%s" % (noticed, noticed + len(left), "".join(
            ", %s %d" % b for b in sorted(by.items(), key=lambda b: -b[1]))))
        return noticed >= ENOUGH*(noticed + len(left))

    def run(self):
        self.original()
        for k in self.numbers:
            if k not in self.records and not self.is_late():
                self.first_checks(k)
        if not self.is_late():
            self.together()
        self.tree.put([])


def main():
    if not 2 <= len(sys.argv) <= 4 or not all(a.isdigit() for a in sys.argv[1:]):
        print(__doc__, file=sys.stderr)
        return 2
    number, seed, first = [int(a) for a in sys.argv[1:]] + [1, 1][len(sys.argv) - 2:]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print("mutants of seed %d: mutants.py %d %d" % (seed, number, seed))
    campaign = Campaign(number, seed, first)
    try:
        campaign.run()
    except KeyboardInterrupt:
        campaign.tree.put([])
    return 0 if campaign.sum_up() else 1


if __name__ == "__main__":
    sys.exit(main())
