"""Who may be measured beside Lathe, and how each is started. A peer is what happens to be
installed: nothing here is needed to build or test Lathe."""
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))

# Name, script, Python modules it needs, modes: each mode is a contender of its own.
PEERS = [
    ("PyTorch", "peer_torch.py", ("torch", "numpy"), ("eager", "channels_last", "compile")),
    ("IPEX", "peer_ipex.py", ("intel_extension_for_pytorch", "torch", "numpy"), ("",)),
    ("JAX", "peer_jax.py", ("jax", "numpy"), ("jit",)),
    ("TensorFlow", "peer_tensorflow.py", ("tensorflow", "numpy"), ("graph", "xla")),
    ("ONNX Runtime", "peer_onnxruntime.py", ("onnxruntime", "onnx", "numpy"), ("",)),
    ("ncnn", "peer_ncnn.py", ("ncnn", "pnnx", "onnx", "numpy"), ("",)),
    ("OpenVINO", "peer_openvino.py", ("openvino", "onnx", "numpy"), ("",)),
    ("TFLite", "peer_tflite.py", ("ai_edge_litert", "tensorflow", "numpy"), ("",)),
]
INFERENCE = {"ONNX Runtime", "ncnn", "OpenVINO", "TFLite"}      # cannot train
SLOW = {"compile", "xla"}       # minutes before the first step; left out by --quick


def options():
    """What --peers knows."""
    return [name.lower().replace(" ", "") for name, *_ in PEERS] + ["onednn"]


def environment_folder():
    """Where bench/peers.sh installs unless it is told otherwise."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.environ.get("LATHE_PEERS") or os.path.join(cache, "lathe-peers")


def pythons(given):
    """Interpreters to look for peers in, the first that has a peer runs it."""
    found = list(given) + [os.path.join(environment_folder(), part, "bin", "python")
                           for part in ("", "ipex")] + [shutil.which("python3")]
    return [p for p in dict.fromkeys(found) if p and os.access(p, os.X_OK)]


def has_modules(python, modules):
    test = f"import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, {modules!r})))"
    try:
        return not subprocess.run([python, "-c", test], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=60).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False


def installed(given, names, quick):
    """(peer and mode, command without its arguments) of all that can run; what cannot."""
    found, missing = [], []
    for name, script, modules, modes in PEERS:
        if names and name.lower().replace(" ", "") not in names:
            continue
        python = next((p for p in pythons(given) if has_modules(p, modules)), None)
        if not python:
            missing.append(name)
            continue
        for mode in modes:
            if not (quick and mode in SLOW):
                found.append((name, mode, [python, "-u", os.path.join(HERE, script)]))
    return found, missing


def environment(threads):
    """The same number of threads for everybody. No wait policy: it would slow down those
    whose threads may spin while they are at work, and who waits is stopped anyway."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS",
             "TF_NUM_INTRAOP_THREADS", "NPROC")
    return {**os.environ, **{name: str(threads) for name in names}, "TF_CPP_MIN_LOG_LEVEL": "2",
            "PYTHONWARNINGS": "ignore"}


def onednn(folder, cc):
    """The compiled bench/onednn.c, or None and why not."""
    program = os.path.join(folder, "onednn")
    result = subprocess.run([*cc.split(), "-O2", os.path.join(HERE, "onednn.c"), "-ldnnl", "-o",
                             program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, errors="replace")
    if result.returncode:
        return None, "not installed" if "dnnl" in result.stdout else result.stdout[:200]
    return program, ""
