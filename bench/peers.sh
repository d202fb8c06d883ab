#!/bin/sh
# peers.sh - installs what `make bench` compares with into a virtual environment outside the
# tree: peers.sh [DIR], else $LATHE_PEERS, else lathe-peers in the user's cache. Every package
# is optional; those that fail are named, and the exit status is 1. It must never touch the
# system's Python.
set -u
dir=${1:-${LATHE_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/lathe-peers}}
case $dir in
-*) echo "usage: peers.sh [DIR]" >&2; exit 2 ;;
esac
if ! command -v python3 >/dev/null; then
    echo "peers.sh: no python3" >&2
    exit 1
fi

failed=
# install ENVIRONMENT PACKAGE...
install() {
    into=$1
    shift
    if [ ! -x "$into/bin/python" ] && ! python3 -m venv "$into"; then
        echo "peers.sh: $into: no virtual environment (Debian: the package python3-venv)" >&2
        exit 1
    fi
    for package; do
        echo "pip    $package"
        "$into/bin/python" -m pip install --quiet --disable-pip-version-check "$package" ||
            failed="$failed $package"
    done
}
install "$dir" numpy torch==2.13.0 jax tensorflow-cpu onnxruntime onnx ncnn pnnx openvino \
    ai-edge-litert
# IPEX fits one version of PyTorch, of which the package index may have CUDA's build alone: 7 GB.
install "$dir/ipex" numpy torch==2.8.0 intel-extension-for-pytorch==2.8.0

# oneDNN's headers and library, for single kernels.
if ! echo '#include <oneapi/dnnl/dnnl.h>' | ${CC:-cc} -E -x c - >/dev/null 2>&1; then
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        echo "apt    libdnnl-dev"
        apt-get install -y -qq libdnnl-dev >/dev/null || failed="$failed libdnnl-dev"
    else
        failed="$failed oneDNN(Debian: apt-get install libdnnl-dev)"
    fi
fi

echo "in $dir; LATHE_PEERS=$dir make bench uses it"
if [ -n "$failed" ]; then
    echo "peers.sh: not installed:$failed" >&2
    exit 1
fi
