#!/usr/bin/env python3
"""ladder_torch.py - trains and evaluates one network of models/ladder/ in PyTorch, for ladder.py:
what the program says in `info` comes from standard input, the settings of training from the
network file, of which this reads what those files say, and no more. Images are drawn by other
random numbers; formulas are the same."""
import argparse
import os
import re
import sys

import torch
import torch.nn.functional as F

from torch_network import UsualNetwork


def settings(path):
    """The lines after `train`: its words by the first, or by the first two of groups."""
    out, begun = {}, False
    with open(path, encoding="utf-8") as f:
        for line in f:
            words = line.split("#")[0].split()
            if begun and words:
                deep = 2 if words[0] in ("group", "freeze", "optimizer") else 1
                out[" ".join(words[:deep])] = words[deep:]
            begun = begun or words == ["train"]
    return out


def option(words, name):
    return float(dict(w.split("=") for w in words if "=" in w)[name])


def read(folder, names):
    data = b"".join(open(os.path.join(folder, name), "rb").read() for name in names)
    records = torch.frombuffer(bytearray(data), dtype=torch.uint8).view(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32).float(), records[:, 0].long()


def whiten(weight, images):
    """Eigenvectors of the patches' covariance over the roots of their values, and negatives."""
    out, channels, height, width = weight.shape
    patches = images.unfold(2, height, 1).unfold(3, width, 1)
    patches = patches.permute(0, 2, 3, 1, 4, 5).reshape(-1, channels * height * width).double()
    values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
    half = (vectors / (values + 5e-4).sqrt()).T.flip(0)[:out // 2]
    weight.copy_(torch.cat([half, -half]).view_as(weight))


def first_parameters(network, images):
    p = {}
    for name, shape in network.shapes.items():
        p[name] = torch.ones(shape) if name.endswith("var") else torch.zeros(shape)
        if name == "stem.weight":
            whiten(p[name], images[:5000])
        elif name == "head.weight":
            p[name].normal_()
        elif name.endswith(".weight"):
            p[name].normal_(std=(2 / p[name][0].numel()) ** 0.5)
            torch.nn.init.dirac_(p[name][:shape[1]])
    return p


def orthogonal(g):
    """Roughly the nearest orthogonal matrix; as runtime/vector/muon.c."""
    x = g / (g.norm() + 1e-7)
    for _ in range(3):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x


class Muon:
    def __init__(self, weights, momentum):
        self.weights, self.momentum = weights, momentum
        self.velocity = [torch.zeros_like(w) for w in weights]

    @torch.no_grad()
    def step(self, lr):
        for w, v in zip(self.weights, self.velocity):
            v.mul_(self.momentum).add_(w.grad)
            step = orthogonal((w.grad + self.momentum * v).flatten(1)).view_as(w)
            w.mul_(len(w) ** 0.5 / (w.norm() + 1e-7)).sub_(step, alpha=lr)
            w.grad = None


def views(images, top, left):
    """The windows that begin at (top, left) of each image, whose edge is reflected."""
    padded = F.pad(images, (2, 2, 2, 2), mode="reflect")
    place = torch.arange(32)
    rows, columns = (2 + top)[:, None] + place, (2 + left)[:, None] + place
    image = torch.arange(len(images))[:, None, None]
    out = padded.permute(0, 2, 3, 1)[image, rows[:, :, None], columns[:, None, :]]
    return out.permute(0, 3, 1, 2)


def augmented(images, mirrored, told):
    n, far = len(images), int(told["translate"][0])
    x = torch.where(mirrored[:, None, None, None], images.flip(3), images)
    x = views(x, *(torch.randint(-far, far + 1, (n,)) for _ in range(2)))
    bright, factor = float(told["brightness"][0]), float(told["contrast"][0])
    x = x + bright * (2 * torch.rand(n, 1, 1, 1) - 1)
    return (x * (1 + factor * (2 * torch.rand(n, 1, 1, 1) - 1))).contiguous(
        memory_format=torch.channels_last)


def train(network, p, images, labels, told):
    batch, nesterov = int(told["batch"][0]), told["optimizer nesterov"]
    per_epoch = len(images) // batch
    total = int(float(told["epochs"][0]) * per_epoch + 1e-6)
    frozen = int(float(told["freeze stem.bias"][1]) * per_epoch + 1e-6)
    filters = [k for k in p if re.match(r"conv\d+\.weight", k)]
    biases = [k for k in p if k.endswith(".bias")]
    for name in [*filters, *biases, "head.weight"]:
        p[name].requires_grad_()
    muon = Muon([p[k] for k in filters], option(told["group conv"], "momentum"))
    decay = option(told["group bias"], "reg")
    head = option(told["group head"], "lr"), option(told["group head"], "reg"), total
    groups = [(["stem.bias"], option(nesterov, "lr"), decay, max(frozen, 1)),
              (biases[1:], option(nesterov, "lr"), decay, total), (["head.weight"], *head)]
    sgd = torch.optim.SGD([{"params": [p[k] for k in names], "weight_decay": reg}
                           for names, _, reg, _ in groups], lr=0.1, nesterov=True,
                          momentum=option(nesterov, "momentum"))
    first = torch.rand(len(images)) < 0.5
    for t in range(total):
        if t % per_epoch == 0:
            order = torch.randperm(len(images))
        if t == frozen:
            p["stem.bias"].requires_grad_(False)
        chosen = order[t % per_epoch * batch:][:batch]
        mirrored = first[chosen] ^ bool(t // per_epoch % 2)
        x = augmented(images[chosen], mirrored, told)
        network.data_loss(network.forward(p, x), labels[chosen]).backward()
        for group, (_, lr, _, end) in zip(sgd.param_groups, groups):
            group["lr"] = max(lr * (1 - t / end), 0)
        sgd.step()
        muon.step(option(told["group conv"], "lr") * (1 - t / total))
        sgd.zero_grad(set_to_none=True)


@torch.no_grad()
def scores(network, p, images, shifts=((0, 0, 1.0, False),)):
    out = []
    for x in images.split(500):
        n = len(x)
        out.append(sum(share * network.forward(p, views(
            x.flip(3) if mirror else x, torch.full((n,), top), torch.full((n,), left)).contiguous(
                memory_format=torch.channels_last), training=False)
            for top, left, share, mirror in shifts))
    return torch.cat(out)


def evaluate(network, p, images, labels, share):
    found = scores(network, p, images)
    sure = found.softmax(1).max(1).values
    doubtful = sure.argsort()[:-int(-share * len(images) // 1)] if share else []
    if share:
        six = [(k, k, 0.25 if k == 0 else 0.125, mirror)
               for k in (0, -1, 1) for mirror in (False, True)]
        found[doubtful] = scores(network, p, images[doubtful], six)
    return (found.argmax(1) == labels).float().mean().item()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("net")
    parser.add_argument("--data", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    told, network = settings(options.net), UsualNetwork(sys.stdin.read(), "ladder")
    images, labels = read(options.data, [f"data_batch_{k}.bin" for k in range(1, 6)])
    test, answers = read(options.data, ["test_batch.bin"])
    mean = images.mean((0, 2, 3), keepdim=True)
    deviation = images.std((0, 2, 3), keepdim=True, unbiased=False)
    images, test = (images - mean) / deviation, (test - mean) / deviation
    p = first_parameters(network, images)
    train(network, p, images, labels, told)
    print(f"test: accuracy {evaluate(network, p, test, answers, options.share):.6f}")


if __name__ == "__main__":
    main()
