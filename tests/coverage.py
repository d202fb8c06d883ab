"""What `make coverage` counted: coverage.py DIRECTORY. Adds up what gcov says of every object below
DIRECTORY, the same line in several objects as one, and prints lines and branches of each file of
gen/ and runtime/. tests/coverage.txt lists what no test reaches, with the reason. Exit status 1
where a line is neither reached nor listed, where an entry of the list has no line left (in a part
that begins with ==?, which some machine or suite reaches: no line at all), or where less than LEAST
of the branches are taken. DIRECTORY/lines.txt and branches.txt have everything that
was never reached. It must never leave out a line of which an object has code."""

import collections
import fnmatch
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOM = os.path.abspath(sys.argv[1])
TREE = os.path.join(ROOM, "main")
LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "coverage.txt")
LEAST = 0.89                    # of branches, which is what there is; the aim is 0.95
BATCH = 40                      # objects for one run of gcov
# Of the list: FILE FUNCTION() [TEXT OF THE LINE]
ENTRY = re.compile(r"(\S+) (\S+)\(\)(?: (.*))?$")
# What begins a line with a type and ends it, or a later one, before a brace.
DEFINITION = re.compile(r"^[A-Za-z_][^\n(;={}]*?(\w+)\([^;{}]*\)\n\{", re.M)


class Source:
    """counts[line] and branches[line][number]: how often; function[line]: its name."""
    def __init__(self, path):
        self.path = path
        self.counts = collections.Counter()
        self.branches = collections.defaultdict(collections.Counter)
        self.function = {}
        with open(os.path.join(TREE, path)) as f:
            self.text = [line.strip() for line in f]

    def add(self, line, number):
        self.counts[number] += line["count"]
        self.function.setdefault(number, line.get("function_name", "?"))
        # gcc takes an assert's failure for a branch; it is a bug's.
        if not self.text[number - 1].startswith("assert("):
            for k, branch in enumerate(line["branches"]):
                self.branches[number][k] += branch["count"]


def found(ending):
    return sorted(os.path.join(at, name) for at, _, names in os.walk(ROOM) for name in names
                  if name.endswith(ending))


def gcov(batch):
    said = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", *batch],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
                          cwd=ROOM).stdout
    return [json.loads(line) for line in said.splitlines() if line]


def documents(paths):
    batches = [paths[k:k + BATCH] for k in range(0, len(paths), BATCH)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for several in pool.map(gcov, batches):
            yield from several


def own(document, name):
    """The file's path in the checkout, or None: a header of the system's."""
    path = os.path.relpath(os.path.join(document["current_working_directory"], name), TREE)
    return path if path.startswith(("gen/", "runtime/")) else None


def definitions():
    """Of every function of the runtime, by its name and its length, its source and first line. Some
    have two by the system's kind."""
    where = {}
    for at, _, names in os.walk(os.path.join(TREE, "runtime")):
        for name in names:
            if name.endswith((".c", ".h")):
                path = os.path.relpath(os.path.join(at, name), TREE)
                with open(os.path.join(TREE, path)) as f:
                    for match in DEFINITION.finditer(f.read()):
                        number = match.string.count("\n", 0, match.start(1)) + 1
                        end = match.string.index("\n}", match.end())
                        length = match.string.count("\n", match.start(1), end) + 1
                        where[match[1], length] = path, number
    return where


def read_counts():
    """All sources. In the cache of `lathe build` the runtime's files lie one after the other, no
    line of them changed: there a line is known by its function and its distance from the start."""
    sources, where = {}, definitions()
    cached = os.path.join(ROOM, "cached") + os.sep

    def source_of(path):
        if path not in sources:
            sources[path] = Source(path)
        return sources[path]

    for document in documents([p for p in found(".gcno") if not p.startswith(cached)]):
        for one in document["files"]:
            path = own(document, one["file"])
            for line in one["lines"] if path else ():
                source_of(path).add(line, line["line_number"])
    for document in documents([p for p in found(".gcda") if p.startswith(cached)]):
        for one in document["files"]:
            own_places = {}
            for f in one["functions"]:
                path, start = where[f["name"], f["end_line"] - f["start_line"]]
                own_places[f["name"]] = path, start - f["start_line"]
            for line in (line for line in one["lines"] if "function_name" in line):
                path, further = own_places[line["function_name"]]
                source_of(path).add(line, line["line_number"] + further)
    return dict(sorted(sources.items()))


def read_list():
    """Number, pattern of the file, of the function, text, whether something may reach it."""
    entries, maybe = [], False
    with open(LIST) as f:
        for number, line in enumerate(f, 1):
            if not line.strip():
                maybe = False
            maybe = maybe or line.startswith("==?")
            if line.strip() and line[0] not in "#=":    # = begins a reason
                match = ENTRY.match(line.strip())
                if not match:
                    sys.exit("%s:%d: FILE FUNCTION() TEXT" % (LIST, number))
                entries.append((number, *match.groups(), maybe))
    return entries


def has(entry, source, number):
    return (fnmatch.fnmatchcase(source.path, entry[1])
            and fnmatch.fnmatchcase(source.function[number], entry[2])
            and (entry[3] or "") in source.text[number - 1])


def listed(entries, used, source, number):
    """Whether it is in the list; notes every entry that says so."""
    hits = {entry[0] for entry in entries if has(entry, source, number)}
    used |= hits
    return bool(hits)


def left(entry, sources):
    return any(has(entry, source, number) for source in sources for number in source.counts)


def share(part, whole):
    return "%6.2f" % (100*part/whole) if whole else "     -"


def main():
    sources, entries, used = read_counts(), read_list(), set()
    total = collections.Counter()
    wrong = []
    with open(os.path.join(ROOM, "lines.txt"), "w") as lines, \
         open(os.path.join(ROOM, "branches.txt"), "w") as branches:
        print("%-34s %6s %7s %6s %8s %7s" % ("", "lines", "reached", "listed", "branches", "taken"))
        for path, source in sources.items():
            sums = collections.Counter()
            for number in sorted(source.counts):
                place = "%s:%d: %s(): %s" % (path, number, source.function[number],
                                             source.text[number - 1])
                sums["lines"] += 1
                if source.counts[number]:
                    sums["reached"] += 1
                else:
                    excused = listed(entries, used, source, number)
                    sums["listed"] += excused
                    print(place + (" [listed]" if excused else ""), file=lines)
                    if not excused:
                        wrong.append(place)
                    continue
                taken = [n > 0 for _, n in sorted(source.branches[number].items())]
                sums["branches"] += len(taken)
                sums["taken"] += sum(taken)
                if not all(taken):
                    print("%s [%s]" % (place, "".join("-+"[t] for t in taken)), file=branches)
            print("%-34s %6d %s %6d %8d %s" % (
                path, sums["lines"], share(sums["reached"], sums["lines"]), sums["listed"],
                sums["branches"], share(sums["taken"], sums["branches"])))
            total += sums
    for place in wrong:
        print("never reached, and not in tests/coverage.txt: " + place)
    stale = [entry for entry in entries
             if entry[0] not in used and not (entry[4] and left(entry, sources.values()))]
    for entry in stale:
        print("tests/coverage.txt:%d: every line of it is reached, or there is none" % entry[0])
    few = total["taken"] < LEAST*total["branches"]
    print("%d lines, %d reached (%s %%), %d listed, %d neither; %d branches, %d taken (%s %%)%s" % (
        total["lines"], total["reached"], share(total["reached"], total["lines"]).strip(),
        total["listed"], len(wrong), total["branches"], total["taken"],
        share(total["taken"], total["branches"]).strip(), ": too few" if few else ""))
    return bool(wrong or stale or few)


if __name__ == "__main__":
    sys.exit(main())
