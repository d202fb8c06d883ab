#!/bin/sh
# deps.sh criterion|all - installs what the tests need, after saying what and how.
# `criterion` must succeed: no test runs without it. Of `all`, what cannot be had is
# named, and the tests that want it are skipped by name.
set -u

found_criterion() {
    printf '#include <criterion/criterion.h>\nTest(a, b) { }\n' |
        ${CC:-cc} -x c - -lcriterion -o /dev/null 2>/dev/null
}

# Debian's packages through apt-get, with sudo when not root, and without what they only recommend:
# desktops and printers of a browser, LLVM's headers.
apt() {
    if ! command -v apt-get >/dev/null; then
        echo "deps: no apt-get here: please install $* (on other systems the package may have" \
             "another name: criterion on Fedora, Arch and Homebrew)" >&2
        return 1
    fi
    sudo=
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || { echo "deps: neither root nor sudo: please run" \
            "apt-get install $*" >&2; return 1; }
        sudo=sudo
    fi
    echo "deps: installing $* with apt-get" >&2
    get="$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends"
    $get "$@" >/dev/null 2>&1 || { $sudo apt-get update -q >/dev/null && $get "$@" >/dev/null; } ||
        { echo "deps: apt-get could not install $*" >&2; return 1; }
}

criterion() {
    echo "deps: the tests need Criterion (https://github.com/Snaipe/Criterion), not found here"
    apt libcriterion-dev && found_criterion || exit 1
}
if [ "${1:-criterion}" != all ]; then
    found_criterion || criterion
    exit
fi

missing=
found_criterion || missing=libcriterion-dev
command -v clang >/dev/null || missing="$missing clang"
browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
browser >/dev/null || missing="$missing chromium fonts-liberation"
command -v objdump >/dev/null || missing="$missing binutils"
command -v pkg-config >/dev/null || missing="$missing pkg-config"
command -v groff >/dev/null || missing="$missing groff"
command -v zsh >/dev/null || missing="$missing zsh"
command -v parallel >/dev/null || missing="$missing parallel"
command -v mpicc >/dev/null || missing="$missing openmpi-bin libopenmpi-dev"
command -v pnmtoplainpnm >/dev/null || missing="$missing netpbm"
python3 -c 'import numpy' 2>/dev/null || missing="$missing python3-numpy"
python3 -c 'import PIL' 2>/dev/null || /usr/bin/python3 -c 'import PIL' 2>/dev/null ||
    missing="$missing python3-pil"
if [ "$(uname -m)" = x86_64 ]; then
    command -v aarch64-linux-gnu-gcc >/dev/null && [ -e /usr/aarch64-linux-gnu/lib/libc.a ] ||
        missing="$missing gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
    command -v qemu-aarch64 >/dev/null && command -v qemu-x86_64 >/dev/null ||
        missing="$missing qemu-user"
fi
# Where an emitted network runs without an operating system: a Cortex-M, a browser.
command -v arm-none-eabi-gcc >/dev/null ||
    missing="$missing gcc-arm-none-eabi libnewlib-arm-none-eabi"
command -v qemu-system-arm >/dev/null || missing="$missing qemu-system-arm"
command -v wasm-ld >/dev/null || missing="$missing lld"
[ -e /usr/include/wasm32-wasi ] || missing="$missing wasi-libc"
command -v node >/dev/null || missing="$missing nodejs"
# Of Python's index, into places of their own: the reference implementation of safetensors, of one
# version, and the part of PngSuite that pypng's source has in one file.
safetensors=safetensors==0.8.0
has_safetensors() {
    build/python/bin/python3 -c 'import safetensors' 2>/dev/null
}
with_venv() {
    mkdir -p build && rm -rf build/python && "$1" -m venv build/python >/dev/null 2>&1 &&
        build/python/bin/python3 -m pip install -q "$safetensors" >/dev/null 2>&1
}
pypng=pypng==0.20220715.0
has_pngsuite() {
    [ -e build/pngsuite/pngsuite.py ]
}
with_pngsuite() {
    rm -rf build/pngsuite && mkdir -p build/pngsuite &&
        python3 -m pip download -q --no-deps --no-binary :all: -d build/pngsuite "$pypng" \
            >/dev/null 2>&1 &&
        tar xzf build/pngsuite/pypng-*.tar.gz -C build/pngsuite --strip-components=2 \
            --wildcards '*/code/pngsuite.py'
}

# Of npm's registry, for a browser: of 31 MB the 14 that a page needs. npm itself is not installed.
ort=onnxruntime-web@1.27.0
has_ort() {
    [ -e build/onnxruntime-web/package.json ]
}
with_ort() {
    command -v npm >/dev/null || return 1
    rm -rf build/onnxruntime-web && mkdir -p build/onnxruntime-web &&
        (cd build/onnxruntime-web && npm pack --silent "$ort" >/dev/null 2>&1 &&
            tar xzf onnxruntime-web-*.tgz package/dist/ort.wasm.min.js \
                package/dist/ort-wasm-simd-threaded.mjs package/dist/ort-wasm-simd-threaded.wasm \
                package/package.json &&
            mv package/dist/* package/package.json . && rm -r package onnxruntime-web-*.tgz)
}

# Beside apt-get, since both wait for the network; what a new python3 may bring, after it.
if ! has_safetensors; then
    echo "deps: installing $safetensors with pip into build/python" >&2
    with_venv python3 &
fi
if ! has_pngsuite; then
    echo "deps: fetching PngSuite from $pypng with pip into build/pngsuite" >&2
    with_pngsuite &
fi
if ! has_ort; then
    echo "deps: fetching $ort with npm into build/onnxruntime-web" >&2
    with_ort &
fi
# All at once; where one cannot be had, each by itself.
# shellcheck disable=SC2086
if [ -n "$missing" ] && ! apt $missing; then
    for package in $missing; do
        apt "$package" || echo "deps: without $package its tests are skipped" >&2
    done
fi
wait
found_criterion || criterion
has_safetensors || { apt python3-venv && with_venv /usr/bin/python3; } ||
    echo "deps: without $safetensors its test is skipped" >&2
has_pngsuite || with_pngsuite ||
    echo "deps: without $pypng PNG is not held against PngSuite" >&2
has_ort || echo "deps: without $ort no network runs in a browser" >&2
echo "deps: Criterion is here;" \
     "clang: $(command -v clang || echo none);" \
     "browser: $(browser || echo none);" \
     "AArch64 compiler: $(command -v aarch64-linux-gnu-gcc || echo none);" \
     "qemu-user: $(command -v qemu-aarch64 || echo none);" \
     "Cortex-M: $(command -v arm-none-eabi-gcc || echo none)," \
     "$(command -v qemu-system-arm || echo none);" \
     "WebAssembly: $(command -v wasm-ld || echo none), $(command -v node || echo none);" \
     "parallel: $(command -v parallel || echo none);" \
     "netpbm: $(command -v pnmtoplainpnm || echo none);" \
     "safetensors: $(has_safetensors && echo build/python || echo none);" \
     "PngSuite: $([ -e build/pngsuite/pngsuite.py ] && echo build/pngsuite || echo none);" \
     "onnxruntime-web: $(has_ort && echo build/onnxruntime-web || echo none)"
