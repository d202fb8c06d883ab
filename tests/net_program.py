"""A program of some network files, for what holds lathe against others."""
import os
import subprocess
import sys

import numpy as np

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(HOME, "bench"))
from network import Network
from tensors import read_safetensors

LATHE = os.path.abspath(os.environ.get("LATHE") or os.path.join(HOME, "build", "lathe"))


def run(*words, check=True):
    result = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            errors="replace")
    if check and result.returncode:
        raise RuntimeError(f"{' '.join(words)}: exit {result.returncode}\n{result.stdout[-2000:]}")
    return result


def error(ours, theirs):
    """The largest difference, of the largest value."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if ours.size != theirs.size or not np.isfinite(theirs).all():
        return np.inf
    difference = np.abs(ours.ravel().astype(np.float64) - theirs.ravel()).max(initial=0)
    return difference / max(np.abs(theirs).max(initial=0), 1e-30) if difference else 0.0


class Program:
    """Built in a folder where the networks' parameters lie, as NAME.safetensors."""

    def __init__(self, paths, folder, dtype, batch, level="-O0"):
        first = os.path.basename(paths[0]).rsplit(".", 1)[0]
        self.folder, self.path = folder, os.path.join(folder, f"{first}_{dtype}")
        library = "liblathe64.a" if dtype == "f64" else "liblathe.a"
        run(LATHE, "emit", *paths, "--dtype", dtype, "--batch", str(batch), "--split", "-o",
            self.path + ".c")
        run(*os.environ.get("CC", "cc").split(), level, "-I", os.path.join(HOME, "runtime"),
            self.path + ".c", os.path.join(HOME, "runtime", library), "-o", self.path, "-lm",
            "-pthread")

    def network(self, name):
        """What `info` says of it; to make the synthetic set of large images takes seconds."""
        said = run(self.path, "info", "--network", name, "--data", os.devnull, check=False).stdout
        return Network(said, name)

    def dump(self, name, x, y, *options):
        files = {k: os.path.join(self.folder, k) for k in ("x.npy", "y.npy", "dumped")}
        np.save(files["x.npy"], x)
        words = []
        if y is not None:
            np.save(files["y.npy"], y)
            words = ["--y", files["y.npy"]]
        run(self.path, "dump", "--network", name, "--params",
            os.path.join(self.folder, name + ".safetensors"), "--x", files["x.npy"], "-o",
            files["dumped"], *words, *options)
        return read_safetensors(files["dumped"])
