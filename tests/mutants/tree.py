"""tree.py - a private copy of the tree, in which mutants are put, built and held against suites.
Nothing there can write beyond the copy (confined.sh).
"""
import hashlib
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOME = HERE.parent.parent
MEMORY = 12 << 20               # KiB a process, 8 GiB of all that is in memory
RESIDENT = 8 << 30
# What a sanitizer, valgrind, Node or qemu asks for and does not use.
BOUNDLESS = {"sanitized", "inference", "bits", "docs", "build"}
IDLE = 90                       # seconds without work, of what is not stopped: it waits for ever
# Pointers of another type are warnings in C11, and nothing that anybody would commit.
WARN = ("-Wall -Wextra -Wshadow -Wconversion -Werror=incompatible-pointer-types "
        "-Werror=int-conversion -Werror=implicit-function-declaration")
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class Ended(Exception):
    """A command took too much: of time, of memory."""


def processes(root):
    """All below a process: their (state, ticks, pages)."""
    children, of = {}, {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name) as f:
                fields = f.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(name))
        of[int(name)] = (fields[0], sum(map(int, fields[11:15])), int(fields[21]))
    todo, found = [root], []
    while todo:
        pid = todo.pop()
        if pid in of:
            found.append((pid, *of[pid]))
        todo += children.get(pid, [])
    return found


class Tree:
    """build/mutants: tree/ is the copy, memo/ what was compiled, log/ what suites said."""

    def __init__(self):
        self.work = HOME / "build" / "mutants"
        self.root = self.work / "tree"
        self.changed = {}       # path: its text without a mutant
        self.stats = {}         # path: when it was written
        self.copy()
        self.forget()

    def copy(self):
        """What git knows, as it lies here; what is there already stays, with what was built."""
        names = subprocess.run(["git", "ls-files", "-z", "-c", "-o", "--exclude-standard"],
                               cwd=HOME, stdout=subprocess.PIPE, check=True).stdout
        for name in names.decode().split("\0"):
            source, to = HOME / name, self.root / name
            if not name or not source.is_file():
                continue
            to.parent.mkdir(parents=True, exist_ok=True)
            if not to.exists() or to.read_bytes() != source.read_bytes():
                shutil.copy(source, to)
            self.stats[name] = to.stat().st_mtime_ns
        for name in ("tmp", "home", "log", "memo/base", "memo/own"):
            (self.work / name).mkdir(parents=True, exist_ok=True)
        for link, to in ((self.work / "shared", HOME.parent / "shared"),
                         (self.root / "build" / "python", HOME / "build" / "python")):
            link.parent.mkdir(parents=True, exist_ok=True)
            if to.exists() and not link.exists():
                shutil.copytree(to, link, symlinks=True)

    def put(self, mutants):
        """The tree with these mutants, at most one of a file, and no other."""
        texts = {m.path: m.text for m in mutants}
        for path, at in self.stats.items():
            if not os.path.exists(self.root / path) or os.stat(self.root / path).st_mtime_ns != at:
                print("mutants: a mutant wrote into " + path)
                shutil.copy(HOME / path, self.root / path)
                self.stats[path] = os.stat(self.root / path).st_mtime_ns
        for path in [p for p in self.changed if p not in texts]:
            self.write(path, self.changed.pop(path))
        for path, text in texts.items():
            if path not in self.changed:
                self.changed[path] = (self.root / path).read_text()
            if (self.root / path).read_text() != text:
                self.write(path, text)

    def write(self, path, text):
        (self.root / path).write_text(text)
        self.stats[path] = os.stat(self.root / path).st_mtime_ns

    def forget(self):
        """What was compiled of mutants."""
        shutil.rmtree(self.work / "memo/own", ignore_errors=True)
        (self.work / "memo/own").mkdir()

    def environment(self):
        build = self.root / "build"
        memo = "%s/memo/base" % self.work
        if self.changed:
            memo += ":%s/memo/own" % self.work
        env = dict(os.environ, LATHE=str(build / "lathe"), SOURCE=str(self.root), MAKEFLAGS="",
                   LATHE_CACHE=str(build / "cache"), MUTANTS_MEMO=memo,
                   HOME=str(self.work / "home"),
                   COMPILER="python3 -S -E %s/tests/mutants/cc.py" % self.root,
                   CC="sh %s/tests/cc.sh" % self.root)
        for name in ("LATHE_TEMPLATES", "LATHE_TEST_ALL", "LATHE_DATA"):
            env.pop(name, None)
        return env

    def run(self, command, most=600, log="log/last", bound=True, **more):
        """Exit status, seconds of CPU. Ended: more than `most` of these, too much memory, or no
        end to be seen."""
        env = dict(self.environment(), **more)
        path = self.work / log
        with open(path, "wb") as out:
            p = subprocess.Popen(["nice", "-n", "19", "sh", str(HERE / "confined.sh"),
                                  str(self.work), str(MEMORY if bound else 0), *command],
                                 cwd=self.root, env=env, stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=subprocess.STDOUT)
        before, idle, used, pause = 0, 0, 0, 0.02
        try:
            while True:
                try:
                    return p.wait(pause), used
                except subprocess.TimeoutExpired:
                    idle += pause       # not by the clock: this one may be stopped, too
                    pause = min(1, pause*1.3)
                of = processes(p.pid)
                used = max(used, sum(o[2] for o in of) / TICKS)
                if used > before + 0.01 or any(o[1] in "TtD" for o in of):
                    before, idle = used, 0
                if used > most:
                    raise Ended("takes more than %d s" % most)
                if sum(o[3] for o in of)*PAGE > RESIDENT:
                    raise Ended("takes more than %d GiB" % (RESIDENT >> 30))
                if idle > IDLE:
                    raise Ended("waits for ever")
        finally:
            self.end(p)

    def end(self, p):
        """With all that it started."""
        for pid, *_ in reversed(processes(p.pid) if p.poll() is None else []):
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        p.wait()
        for path in (self.work / "tmp").iterdir():
            if path.name.startswith(("lathe", "ompi", "prte", "cc")):
                shutil.rmtree(path, ignore_errors=True)
                if path.exists():
                    path.unlink()

    def make(self, *targets, **variables):
        """Exit status of make. A compiler's words are in log/make."""
        command = ["make", "-j2", "CC=" + self.environment()["COMPILER"], "WARN=" + WARN,
                   *("%s=%s" % v for v in variables.items()), *targets]
        return self.run(command, log="log/make", most=1500)[0]

    def tail(self, log="log/make"):
        text = (self.work / log).read_text(errors="replace")
        errors = re.findall(r"^.*(?:error|\*\*\*).*$", text, re.M)
        return (errors or text.strip().split("\n")[-1:])[0][:160]

    def digest(self, *patterns):
        """Of files that were built."""
        h = hashlib.sha256()
        for pattern in patterns:
            for path in sorted(self.root.glob(pattern)):
                h.update(path.read_bytes())
        return h.hexdigest()

    def runs(self):
        """The suites, in the Makefile's order."""
        return subprocess.run(["make", "-s", "-f", "-", "runs"], cwd=self.root, text=True,
                              input="include Makefile\nruns: ; @echo $(RUNS)\n", check=True,
                              stdout=subprocess.PIPE).stdout.split()
