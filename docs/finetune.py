"""finetune.py - two sets of arrays out of CIFAR-10's binary files, for docs/finetune.md:
OUT/nine is all of it without the last class, OUT/tenth of each class a tenth of what trains.
Both keep their share of the last 1,000 training images, to validate, and of the test images.
Usage: finetune.py CIFAR OUT"""
import os
import sys

import numpy as np


def records(folder, names):
    """The images of some files: a byte with the class, 3x32x32 bytes."""
    return np.concatenate([np.fromfile(f"{folder}/{name}.bin", np.uint8)
                           for name in names]).reshape(-1, 3073)


def save(folder, **parts):
    """What --data FOLDER reads."""
    os.makedirs(folder, exist_ok=True)
    for part, images in parts.items():
        np.save(f"{folder}/x_{part}.npy", images[:, 1:].reshape(-1, 3, 32, 32))
        np.save(f"{folder}/y_{part}.npy", images[:, 0])
        print(f"{folder}: {len(images)} images to {part}")


def main(cifar, out):
    """Both sets."""
    images = records(cifar, [f"data_batch_{k}" for k in range(1, 6)])
    train, val, test = images[:-1000], images[-1000:], records(cifar, ["test_batch"])
    first = [part[part[:, 0] < 9] for part in (train, val, test)]
    classes = [train[train[:, 0] == k] for k in range(10)]
    tenth = np.concatenate([c[:len(c)//10] for c in classes])
    save(f"{out}/nine", train=first[0], val=first[1], test=first[2])
    save(f"{out}/tenth", train=tenth, val=val, test=test)


main(*sys.argv[1:])
