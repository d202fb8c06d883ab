#!/bin/sh
# cifar10.sh ARCHIVE DIR - unpacks CIFAR-10's binary archive into DIR/cifar-10-batches-bin
# and verifies it. A bad archive leaves what was there.
set -eu
archive=$1 dir=$2

md5() {
    if command -v md5sum >/dev/null; then md5sum "$1" | cut -d ' ' -f 1
    elif command -v md5 >/dev/null; then md5 -q "$1"
    else openssl md5 -r "$1" | cut -d ' ' -f 1
    fi
}

expect() {      # file sum
    sum=$(md5 "$1")
    if [ "$sum" != "$2" ]; then
        echo "data: $1 has md5 $sum, $2 expected: the archive is damaged or another one" >&2
        exit 1
    fi
}

fresh=$(mktemp -d "$dir/unpacking.XXXXXX")
trap 'rm -rf "$fresh"' EXIT
tar -xzf "$archive" -C "$fresh"
expect "$fresh/cifar-10-batches-bin/data_batch_1.bin" 5dd7e06a14cb22eb9f671a540d1b7c25
expect "$fresh/cifar-10-batches-bin/test_batch.bin" 803d5f7f4d78ea53de84dbe85f74fb6d
rm -rf "$dir/cifar-10-batches-bin"
mv "$fresh/cifar-10-batches-bin" "$dir/cifar-10-batches-bin"
echo "data: CIFAR-10 is in $dir/cifar-10-batches-bin, verified"
