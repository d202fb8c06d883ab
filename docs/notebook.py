"""notebook.py - the course's three-layer network in numpy, cell by cell: what docs/notebook.md
sets beside Lathe. conv - relu - 2x2 max-pool - affine - relu - affine - softmax, with the
notebook's numbers; NHWC inside, images in rows. Usage: notebook.py gradcheck|overfit|train"""
import os
import sys

import numpy as np

CIFAR = os.environ.get("LATHE_DATA", "data/cifar-10-batches-bin")


def cifar10():
    """49,000 images to train, the next 1,000 to validate; the mean image subtracted."""
    records = np.concatenate([np.fromfile(f"{CIFAR}/data_batch_{i}.bin", np.uint8)
                              for i in range(1, 6)]).reshape(-1, 3073)
    x = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).astype(float)
    y = records[:, 0].astype(int)
    x -= x[:49000].mean(axis=0)
    return x[:49000], y[:49000], x[49000:], y[49000:]


class ThreeLayer:
    def __init__(self, rng, side=32, filters=32, size=7, hidden=500, classes=10, scale=1e-3,
                 reg=0.0):
        self.size, self.reg = size, reg
        pooled = (side // 2)**2*filters
        shapes = {"W1": (size*size*3, filters), "W2": (pooled, hidden), "W3": (hidden, classes)}
        self.p = {k: scale*rng.standard_normal(s) for k, s in shapes.items()}
        self.p |= {f"b{k[1]}": np.zeros(s[1]) for k, s in shapes.items()}

    def scores(self, x):
        p, k = self.p, self.size
        padded = np.pad(x, ((0, 0), (k//2, k//2), (k//2, k//2), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (k, k), (1, 2))
        n, h, w = x.shape[:3]
        columns = windows.transpose(0, 1, 2, 4, 5, 3).reshape(n*h*w, -1)
        a = np.maximum(columns @ p["W1"] + p["b1"], 0)
        tiles = a.reshape(n, h//2, 2, w//2, 2, -1)
        pooled = tiles.max(axis=(2, 4))
        flat = pooled.reshape(n, -1)
        hidden = np.maximum(flat @ p["W2"] + p["b2"], 0)
        return hidden @ p["W3"] + p["b3"], (columns, a, tiles, pooled, flat, hidden)

    def loss(self, x, y):
        p, n = self.p, len(x)
        s, (columns, a, tiles, pooled, flat, hidden) = self.scores(x)
        s = s - s.max(axis=1, keepdims=True)
        log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
        loss = -log_p[range(n), y].mean()
        loss += 0.5*self.reg*sum((p[k]**2).sum() for k in p if k[0] == "W")
        d = np.exp(log_p)
        d[range(n), y] -= 1
        d /= n
        g = {"W3": hidden.T @ d, "b3": d.sum(axis=0)}
        d = (d @ p["W3"].T)*(hidden > 0)
        g |= {"W2": flat.T @ d, "b2": d.sum(axis=0)}
        d = (d @ p["W2"].T).reshape(pooled.shape)[:, :, None, :, None]
        d = d*(tiles == pooled[:, :, None, :, None])
        d = d.reshape(a.shape)*(a > 0)
        g |= {"W1": columns.T @ d, "b1": d.sum(axis=0)}
        for k in "W1", "W2", "W3":
            g[k] += self.reg*p[k]
        return loss, g


def accuracy(net, x, y):
    return np.mean([net.scores(x[i:i + 100])[0].argmax(axis=1) == y[i:i + 100]
                    for i in range(0, len(x), 100)])


def train(net, rng, x, y, x_val, y_val, epochs, print_every, lr=1e-3, batch=50):
    """The course's solver: Adam, minibatches drawn with replacement."""
    m, v = ({k: np.zeros_like(w) for k, w in net.p.items()} for _ in range(2))
    per_epoch = max(len(x) // batch, 1)
    for t in range(1, epochs*per_epoch + 1):
        drawn = rng.integers(len(x), size=batch)
        loss, g = net.loss(x[drawn], y[drawn])
        for k, w in net.p.items():
            m[k] = 0.9*m[k] + 0.1*g[k]
            v[k] = 0.999*v[k] + 0.001*g[k]**2
            w -= lr*(m[k]/(1 - 0.9**t))/(np.sqrt(v[k]/(1 - 0.999**t)) + 1e-8)
        if (t - 1) % print_every == 0:
            print(f"(Iteration {t} / {epochs*per_epoch}) loss: {loss:f}", flush=True)
        if t == 1 or t % per_epoch == 0:
            sample = rng.integers(len(x), size=1000) if len(x) > 1000 else slice(None)
            print(f"(Epoch {t // per_epoch} / {epochs}) train acc: "
                  f"{accuracy(net, x[sample], y[sample]):f}; "
                  f"val_acc: {accuracy(net, x_val, y_val):f}", flush=True)


def gradcheck(rng):
    net = ThreeLayer(rng, side=16, filters=3, size=3, hidden=7)
    x, y = rng.standard_normal((2, 16, 16, 3)), rng.integers(10, size=2)
    _, g = net.loss(x, y)
    for k in sorted(net.p):
        w, worst = net.p[k].reshape(-1), 0.0
        for i, old in enumerate(w):
            h, at = 1e-6, []
            for w[i] in old + h, old - h:
                at.append(net.loss(x, y)[0])
            w[i] = old
            n, a = (at[0] - at[1])/(2*h), g[k].flat[i]
            worst = max(worst, abs(a - n)/max(1e-8, abs(a) + abs(n)))
        print(f"{k} max relative error: {worst:e}")


def main():
    rng, cell = np.random.default_rng(1), sys.argv[1] if len(sys.argv) == 2 else None
    if cell == "gradcheck":
        gradcheck(rng)
    elif cell == "overfit":
        x, y, x_val, y_val = cifar10()
        net = ThreeLayer(rng, hidden=100, scale=1e-2)
        train(net, rng, x[:100], y[:100], x_val, y_val, epochs=10, print_every=1)
    elif cell == "train":
        train(ThreeLayer(rng, reg=1e-3), rng, *cifar10(), epochs=1, print_every=20)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
