"""A program that takes turns with others: a process, requests, answers, time limits.

It is asked on its standard input and answers on its standard output, a line each:

    (start)          ready ...                 or  failed: why
    loss             loss X                    of the first training step, with the L2 term
    scores           scores X X ...            of the first image
    evaluate M       loss X                    mean over M images in evaluation, without it
    step N           times MS MS ...           N training steps, after two untimed
    infer M N        times MS MS ...           the scores of M images, N times, likewise
    regions N        regions NAME=MS;...       medians over N steps (Lathe alone)
    roofs            done                      measured into its table (Lathe alone)
    conv ... N       times MS MS ...           bench/onednn.c alone
    quit

While it is not asked its whole process group is stopped: pools of threads that spin while
they wait would take the time of the one that is measured. What it says on the standard error
goes into a log.
"""
import os
import selectors
import signal
import subprocess
import time


class Failure(Exception):
    """A contender that did not answer, or could not; `who` it was."""

    def __init__(self, who, why):
        super().__init__(f"{who.name}: {why}")
        self.who, self.why = who, why


class Contender:
    alive = []      # all that were started and not closed

    def __init__(self, name, command, log, env=None, limit=300):
        self.name, self.limit, self.buffer, self.ready = name, limit, b"", ""
        with open(log, "ab") as errors:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=errors, env=env,
                                            start_new_session=True)
        Contender.alive.append(self)
        try:
            self.ready = self._answer("ready", limit)
        except Failure:
            self.close()
            raise

    def _signal(self, number):
        try:
            os.killpg(self.process.pid, number)
        except (ProcessLookupError, PermissionError):
            pass

    def _line(self, limit):
        end = time.monotonic() + limit
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while b"\n" not in self.buffer:
                left = end - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise Failure(self, f"no answer in {limit:g} s")
                piece = os.read(self.process.stdout.fileno(), 1 << 16)
                if not piece:
                    raise Failure(self, f"ended with status {self.process.wait()}")
                self.buffer += piece
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.decode(errors="replace")

    def _answer(self, word, limit):
        line = self._line(limit)
        self._signal(signal.SIGSTOP)
        if not line.startswith(word):
            raise Failure(self, line.removeprefix("failed: "))
        return line[len(word):].strip()

    def ask(self, request, word, limit=None):
        """The answer after its first word. A contender that fails is closed by its owner."""
        self._signal(signal.SIGCONT)
        try:
            self.process.stdin.write(request.encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            raise Failure(self, f"ended with status {self.process.wait()}") from None
        return self._answer(word, limit or self.limit)

    def loss(self, request="loss"):
        return float(self.ask(request, "loss"))

    def times(self, request):
        times = [float(word) for word in self.ask(request, "times").split()]
        if not times:
            raise Failure(self, f"no times for {request}")
        return times

    def regions(self, count):
        answer = self.ask(f"regions {count}", "regions")
        return {name: float(ms) for name, ms in
                (pair.rsplit("=", 1) for pair in answer.split(";"))}

    def close(self, patience=10):
        """Lets it write what it has to, then ends it in any case. Twice is once."""
        if self not in Contender.alive:
            return
        Contender.alive.remove(self)
        self._signal(signal.SIGCONT)
        try:
            self.process.stdin.write(b"quit\n")
            self.process.stdin.close()
        except OSError:
            pass
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            pass
        self._signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    @classmethod
    def close_all(cls):
        """What is still there when its owner ends, wherever that was."""
        for contender in list(cls.alive):
            contender.close(patience=0.5)
