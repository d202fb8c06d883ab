"""The peer's side of the line protocol that bench/contender.py describes: files in, requests
answered. A peer subclasses Peer and calls main()."""
import os
import sys
import time
import traceback

import numpy as np

from network import Network
from tensors import read_safetensors

UNTIMED = 2     # runs before the first that counts


class Peer:
    """The network of a folder that `PROGRAM bench --save` filled, and its batch."""

    description = Network       # what reads info.txt

    def __init__(self, folder, mode, threads, reg, lr):
        self.mode, self.threads, self.reg, self.lr = mode, threads, reg, lr
        with open(os.path.join(folder, "info.txt")) as f:
            self.network = self.description(f.read(), os.path.basename(folder))
        tensors = read_safetensors(os.path.join(folder, "params.safetensors"))
        self.tensors = {name: tensors[name] for name in self.network.shapes}
        self.x = np.load(os.path.join(folder, "x.npy"))
        self.y = np.load(os.path.join(folder, "y.npy")).astype(np.int64)

    # What a peer is. Each returns when its work is done, not when it is queued.

    def version(self):
        raise NotImplementedError

    def loss(self):
        """Of the batch under the first parameters, with the L2 term, as training computes it."""
        raise NotImplementedError("no training")

    def step(self):
        """Forward, loss, gradients and an update by Adam, on the batch."""
        raise NotImplementedError("no training")

    def evaluate(self, images):
        """Mean loss of the first images under the first parameters, in evaluation, without L2."""
        raise NotImplementedError

    def infer(self, images):
        """Scores of the first images."""
        raise NotImplementedError

    # Requests.

    def timed(self, count, run, *arguments):
        times = []
        for k in range(-UNTIMED, count):
            start = time.perf_counter()
            run(*arguments)
            if k >= 0:
                times.append(f"{1e3 * (time.perf_counter() - start):.6f}")
        return "times " + " ".join(times)

    def answer(self, words):
        request, numbers = words[0], list(map(int, words[1:]))
        if request == "loss":
            return f"loss {self.loss():.9g}"
        if request == "evaluate":
            return f"loss {self.evaluate(*numbers):.9g}"
        if request == "scores":
            return "scores " + " ".join(f"{v:.9g}" for v in np.ravel(self.infer(1)))
        if request == "step":
            return self.timed(numbers[0], self.step)
        if request == "infer":
            return self.timed(numbers[1], self.infer, numbers[0])
        return f"failed: unknown request {request}"


def serve(make, out):
    def say(line):
        out.write(line.replace("\n", " ") + "\n")
        out.flush()

    def attempt(work, *arguments):
        try:
            return work(*arguments)
        except Exception as error:      # whatever a framework throws is an answer
            traceback.print_exc()
            say(f"failed: {type(error).__name__}: {str(error)[:200]}")

    peer = attempt(make)
    if peer is None:
        return
    say(f"ready {peer.version()}")
    for line in sys.stdin:
        words = line.split()
        if words == ["quit"]:
            return
        answer = attempt(peer.answer, words)
        if answer:
            say(answer)


def main(peer):
    """peer_NAME.py FOLDER MODE THREADS REG LR; answers go to the standard output, which
    frameworks write to as well: their words are sent to the standard error."""
    folder, mode, threads, reg, lr = sys.argv[1:]
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(lambda: peer(folder, mode, int(threads), float(reg), float(lr)), out)
    out.flush()
    os._exit(0)     # some frameworks' threads outlive an ordinary exit
