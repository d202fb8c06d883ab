"""checks.py - what mutants are held against: whether they differ from the original at all, and the
suites, from those that most probably notice it to those that cost most.
"""
import hashlib
import json
import re
import shutil

from tree import BOUNDLESS, Ended

# By the file: what is looked at first. nets32 and nets64 are kernels32 and kernels64, compiled anew
# for those networks alone whose program is another; few32 and few64 are of some of these alone.
# own32 is what unit32 has for files of that name.
FIRST = [
    (r"gen/exchange/", "import onnx inference export golden lathe finetune"),
    (r"gen/(sweep|tool)/", "lathe golden sweep texts settings network_file build export"),
    (r"gen/read/", "network_file lathe golden samples settings"),
    (r"gen/base/", "golden lathe network_file few32 rows files export texts"),
    (r"gen/plan/", "golden few32 nets32 few64 inference lathe network_file rows export"),
    (r"gen/print/", "few32 golden rows nets32 few64 marks inference lathe export emitted"),
    (r"runtime/vector/", "few32 simd32 nets32 simd64 few64 golden"),
    (r"runtime/(core|base)/", "own32 unit32 nets32 programs inference settings resume unit64"),
    (r"runtime/file/", "own32 unit32 foreign files sweep hostile finetune export programs folders"),
    (r"runtime/settings/", "own32 settings unit32 texts programs network_file sweep"),
    (r"runtime/data/", "own32 unit32 foreign folders files finetune programs predict hostile "
                       "texts"),
    (r"runtime/page/", "own32 unit32 sweep programs texts"),
    (r"runtime/train/", "own32 unit32 programs resume nets32 sweep gradcheck texts foreign files"),
    (r"runtime/command/", "programs predict texts foreign sweep files finetune resume folders "
                          "gradcheck hostile"),
    (r"templates/", "few32 nets32 few64 inference golden emitted marks"),
]
# What runs no line of these files is not asked about them.
WITHOUT = [
    (r"gen/", "unit32 unit64 simd32 simd64"),
    (r"gen/(sweep|tool|exchange|read)/", "nets32 nets64 gradcheck tiles bits cover"),
    (r"runtime/(?!vector|base|file|settings|page)", "rows onnx import tiles marks simd32 simd64 "
     "floors network_file samples lathe names flags"),
    (r"runtime/(file|settings|page)/", "tiles marks simd32 simd64 floors"),
    (r"runtime/(file|settings|page|command|data)/", "nets32 nets64 cover gradcheck bits"),
    (r"templates/", "unit32 unit64 rows onnx import simd32 simd64 network_file"),
]
COMPILED = ("unit32", "unit64", "simd32", "simd64", "marks", "rows", "onnx", "import", "tiles")
SUPPORT = ("linear_model", "allocations", "shell", "pngs")      # what unit32 links with
# Criterion's tests of single networks; `exact` wants all that its table has.
OF_FEW = "@(kernels|bits|inference|memory|gradients)/*"


def widest():
    """The instruction set whose networks make test has."""
    with open("/proc/cpuinfo") as f:
        flags = f.read()
    return "avx512" if "avx512vl" in flags else "avx2" if "avx2" in flags else "scalar"


class Checks:
    """The checks, and what they say of the tree without a mutant."""

    def __init__(self, tree, known):
        self.tree = tree
        self.known = known                  # check: seconds of CPU, or 0: it fails by itself
        self.runs = [re.sub("^kernels", "nets", name) for name in reversed(tree.runs())]
        self.nets = sorted(p.stem for p in (tree.root / "tests/nets").glob("*.net"))
        self.isa = widest()
        self.base = {}                      # bits: by network its program's hash without a mutant
        self.object = {}                    # (bits, net): that of its object
        self.placed = {}                    # (bits, net): the program's hash whose object is there

    def of(self, path):
        """Those that come first, in their order."""
        return next(names.split() for pattern, names in FIRST if re.match(pattern, path))

    def rest(self, path):
        """All other suites, the dearest last."""
        without = {name for pattern, names in WITHOUT if re.match(pattern, path)
                   for name in names.split()}
        return [name for name in self.runs if name not in {*self.of(path), *without}]

    FEW = 3

    def original(self):
        """What networks are without a mutant, kept for as long as lathe and they are the same."""
        path = self.tree.work / "programs.json"
        kept = json.loads(path.read_text()) if path.exists() else {}
        key = self.tree.digest("build/lathe", "tests/nets/*.net")
        if kept.get("key") != key:
            kept = {"key": key}
            for bits in ("32", "64"):
                kept[bits] = self.programs(bits)
                shutil.rmtree(self.folder("original" + bits), ignore_errors=True)
                shutil.copytree(self.folder("one"), self.folder("original" + bits))
            path.write_text(json.dumps(kept))
        self.base = {bits: kept[bits] for bits in ("32", "64")}

    def folder(self, name):
        return self.tree.root / "build/tests" / name

    def is_other(self, bits, net):
        """Is the object, which is that of a mutant's program, another than the original's?"""
        now = self.digest(bits, net)
        if (bits, net) not in self.object:
            self.objects(bits, [net], self.base[bits])
            self.object[bits, net] = self.digest(bits, net)
        return now != self.object[bits, net]

    def digest(self, bits, net):
        return self.tree.digest("build/tests/nets_%s_%s.o" % (net, bits))

    # ---- one check: None, or what was said ----

    def check(self, name):
        try:
            if name == "golden":
                return self.golden()
            if re.fullmatch(r"(few|nets)(32|64)", name):
                return self.networks(name[:-2], name[-2:])
            return self.own() if name == "own32" else self.suite(name)
        except Ended as e:
            return "%s: %s" % (name, e)

    def most(self, name):
        """Seconds of CPU."""
        return 4*self.known.get(name, 400) + 30

    def timed(self, name, command, bound=True, **more):
        status, used = self.tree.run(command, most=self.most(name), log="log/" + name, bound=bound,
                                     **more)
        if not self.tree.changed:
            self.known[name] = 0 if status else max(used, 0.1)
        return status

    def golden(self):
        if self.tree.make("build/lathe"):
            return "golden: make: " + self.tree.tail()
        if self.timed("golden", ["sh", "tests/golden.sh"]):
            return "golden: " + self.last("golden", r"golden: \S*/(\S+) differs")
        return None

    def suite(self, name):
        targets = ["build/tests/" + name, "build/lathe" if name in COMPILED else "parts"]
        if self.tree.make(*targets):
            return "%s: make: %s" % (name, self.tree.tail())
        return self.criterion(name)

    def own(self):
        """Of unit32 the files of tests that are called as the mutants', and no other."""
        self.known["own32"] = self.known.get("unit32", 100)
        stems = {re.sub(r".*/|\..", "", path) for path in self.tree.changed}
        tests = [name for name in ("tests/runtime/test_%s.c" % stem for stem in sorted(stems))
                 if (self.tree.root / name).exists()]
        if not tests:
            return None
        unit = self.folder("unit32")
        support = ["tests/support/%s.c" % name for name in SUPPORT]
        unit.unlink(missing_ok=True)
        if self.tree.make("build/tests/unit32", UNIT=" ".join(tests + support)):
            return "unit32: make: " + self.tree.tail()
        said = self.criterion("own32", "unit32")
        unit.unlink(missing_ok=True)
        return said

    def criterion(self, name, run=None, *options):
        command = ["build/tests/" + (run or name), "-j1", "--fail-fast", *options]
        if self.timed(name, command, (run or name) not in BOUNDLESS):
            return "%s: %s" % (name, self.last(name, r"\[FAIL\] (\S+::\S+?):?\s"))
        return None

    def last(self, name, pattern):
        text = (self.tree.work / "log" / name).read_text(errors="replace")
        return (re.findall(pattern, text) or [text.strip()[-100:].replace("\n", " ")])[0]

    # ---- networks one by one ----

    def programs(self, bits):
        """Hash by network of what is emitted; of what fails None."""
        folder = self.folder("one")
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        script = ("for f in %s; do build/lathe emit tests/nets/$f.net --isa %s --dtype f%s --split "
                  "-o build/tests/one/$f.c || echo FAILED $f; done" % (" ".join(self.nets),
                                                                      self.isa, bits))
        self.tree.run(["sh", "-c", script], log="log/emit")
        found = {}
        for net in self.nets:
            path = folder / (net + ".c")
            if not path.exists():
                found[net] = None
                continue
            text = re.sub(r"(?m)^(const .*)lathe_(n*models)", r"\1%s_\2" % net,
                          path.read_text(errors="replace"))
            path.write_text(text)
            found[net] = hashlib.sha256(text.encode()).hexdigest()
        return found

    def objects(self, bits, nets, found):
        """Compiles; False: one does not. The original's texts are kept."""
        todo = [n for n in nets if self.placed.get((bits, n)) != found[n]]
        original = [n for n in todo if found[n] == self.base[bits][n]]
        mutated = [n for n in todo if n not in original]
        memo = {"MUTANTS_MEMO": "%s/memo/base" % self.tree.work}
        return (not original or self.compiled(bits, original, "original" + bits, found, memo)) \
            and (not mutated or self.compiled(bits, mutated, "one", found, {}))

    def compiled(self, bits, nets, folder, found, memo):
        objects = ["build/tests/nets_%s_%s.o" % (n, bits) for n in nets]
        rules = "".join("%s:\n\t$(CC) -Og -Wall -Wextra -Werror=incompatible-pointer-types "
                        "-Werror=int-conversion -Iruntime -c build/tests/%s/%s.c -o $@\n"
                        ".PHONY: %s\n"
                        % (o, folder, n, o) for o, n in zip(objects, nets))
        self.folder("one.mk").write_text("all: %s\n%s" % (" ".join(objects), rules))
        status, _ = self.tree.run(["make", "-s", "-j2", "-k", "-f", "build/tests/one.mk", "all",
                                   "CC=" + self.tree.environment()["COMPILER"]], most=1500,
                                  log="log/make", **memo)
        for n in nets:
            self.placed[bits, n] = found[n] if not status else None
        return not status

    def changed(self, bits):
        """Networks whose program is another than without a mutant, those with little text first,
        and all programs' hashes."""
        found = self.programs(bits)
        folder = self.folder("one")
        size = {n: (folder / (n + ".c")).stat().st_size if found[n] else 0 for n in self.nets}
        others = [n for n in self.nets if found[n] != self.base[bits][n]]
        return sorted(others, key=lambda n: size[n]), found

    def networks(self, which, bits):
        """kernels32 or kernels64 of networks that are other programs, or of all."""
        library = "runtime/liblathe%s.a" % ("64" if bits == "64" else "")
        emitted = not all(re.match(r"runtime/(?!vector/)", p) for p in self.tree.changed)
        if self.tree.make(library, *(["build/lathe"] if emitted else [])):
            return "lathe: make: " + self.tree.tail()
        others, found = self.changed(bits) if emitted else (self.nets, self.base[bits])
        nets = others[:self.FEW] if which == "few" else self.nets
        if not others:
            return None
        for n in others:
            if not found[n]:
                return "nets%s: %s cannot be emitted" % (bits, n)
        if not self.objects(bits, nets, found):
            return "nets%s: does not compile: %s" % (bits, self.tree.tail())
        return self.linked(which, bits, nets)

    def linked(self, which, bits, nets):
        kernels = "kernels" + bits
        path = self.tree.root / "build/tests" / kernels
        path.unlink(missing_ok=True)
        old = [w for n in nets for w in ("-o", "build/tests/nets_%s_%s.o" % (n, bits))]
        if self.tree.make(*old, "build/tests/" + kernels, **{"NET_ISAS_" + bits: " ".join(nets)}):
            return "%s: make: %s" % (kernels, self.tree.tail())
        options = ["--filter", OF_FEW] if which == "few" else []
        said = self.criterion(which + bits, kernels, *options)
        path.unlink(missing_ok=True)
        return said
