"""same.py - is a mutant one? One that does not compile, or that is compiled to the same bytes as
the original, is not counted.
"""
import re

CROSS = ("aarch64-linux-gnu-gcc -std=gnu11 -O2 -DLATHE_F64=0 -Itests -Iruntime -DISA=neon "
         "-DISA_HEADER='\"vector/simd/neon.h\"' -c tests/kernel/simd_words.c "
         "-o build/tests/words_neon.o")
BY_MPI = ("mpicc -std=c11 -D_GNU_SOURCE -O1 -DLATHE_MPI=1 -DLATHE_F64=0 -Iruntime -c %s "
          "-o build/tests/mpi.o")
LIBRARY = ("runtime/liblathe.a", "runtime/liblathe.a")
WIDE_LIBRARY = ("runtime/liblathe64.a", "runtime/liblathe64.a")
LATHE = ("build/lathe", "build/lathe")
SHARED = ("build/lathe", "build/shared/*/*.o")
SCALAR, AVX512 = (tuple("build/tests/words_%s_%s.o" % (isa, bits) for bits in ("32", "64"))
                  for isa in ("scalar", "avx512"))


class Same:
    """What is built of the tree without a mutant, and whether a mutant's differs."""

    def __init__(self, tree, checks):
        self.tree, self.checks = tree, checks
        self.base = {}          # what was built: its digest without a mutant

    def original(self):
        """Builds what all mutants are compared with."""
        ways = (LIBRARY, WIDE_LIBRARY, LATHE, SHARED, *((w, w) for w in SCALAR + AVX512))
        if self.tree.make(*dict(ways)):
            raise SystemExit("mutants: this tree cannot be built: " + self.tree.tail())
        self.base = {pattern: self.tree.digest(pattern) for _, pattern in ways}

    def differs(self, mutant):
        """None: it is counted; else why not."""
        path = mutant.path
        if path.startswith("gen/"):
            return self.built([LATHE])
        if path.startswith(("templates/", "runtime/vector/")):
            return self.networks(mutant)
        said = self.built([LIBRARY, WIDE_LIBRARY, SHARED])
        if said == "the same bytes" and "LATHE_MPI" in mutant.text and path.endswith(".c"):
            return self.by_command(mutant, BY_MPI % path, "build/tests/mpi.o")
        return said

    def built(self, ways):
        for target, pattern in ways:
            if self.tree.make(target):
                return "does not compile: " + self.tree.tail()
            if self.tree.digest(pattern) != self.base[pattern]:
                return None
        return "the same bytes"

    def by_command(self, mutant, command, pattern):
        """What only another compiler reads."""
        made = []
        for mutants in ([], [mutant]):
            self.tree.put(mutants)
            if self.tree.run(["sh", "-c", command], log="log/make")[0]:
                return "does not compile: " + self.tree.tail()
            made.append(self.tree.digest(pattern))
        return "the same bytes" if made[0] == made[1] else None

    def networks(self, mutant):
        """By the programs of tests/nets: their text, then their objects."""
        checks = self.checks
        if self.tree.make("build/lathe"):
            return "does not compile: " + self.tree.tail()
        others, found = checks.changed("32")
        if not all(found[n] for n in others):
            return None                                 # lathe itself refuses it
        for some in (others[:checks.FEW], others[checks.FEW:]):
            if some and not checks.objects("32", some, found):
                return "does not compile: " + self.tree.tail()
            if any(checks.is_other("32", n) for n in some):
                return None
        if others:
            return "the same bytes"
        return self.elsewhere(mutant)

    def elsewhere(self, mutant):
        """Words that no network of this processor has."""
        isa = re.search(r"simd/(\w+)\.h", mutant.path)
        if isa and isa.group(1) == "neon":
            return self.by_command(mutant, CROSS, "build/tests/words_neon.o")
        if isa and isa.group(1) in ("scalar", "avx512"):
            return self.built([(w, w) for w in (SCALAR if isa.group(1) == "scalar" else AVX512)])
        return None
