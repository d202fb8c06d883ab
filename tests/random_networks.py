"""Random network files over the whole vocabulary. lathe itself says which are networks: a layer
that it refuses is drawn again, and shapes are those that it prints."""
import re
import subprocess

POINTWISE = ("relu", "leaky_relu 0.2", "clip 0 6", "clip -0.7 1.3", "elu 0.8", "gelu", "silu",
             "tanh", "sigmoid", "hardswish", "hardsigmoid", "scale 1.7", "prelu", "dropout 0.8")
MOST_VALUES = 6000


class Network:
    """Draws layers one by one: `r` is a random.Random."""
    layers = 2, 7       # drawn, the blocks' own not counted

    def __init__(self, lathe, path, r, name):
        self.lathe, self.path, self.r = lathe, path, r
        c = r.choice((1, 2, 3, 5))
        flat = r.random() < 0.15
        side = (lambda: r.randint(4, 13))
        self.lines = [f"net {name}", f"input {c}x{r.randint(8, 40)}" if flat else
                      f"input {c}x{side()}x{side()}"]
        self.shape = self.try_lines(["relu"])[1]
        for _ in range(r.randint(*self.layers)):
            self.add(self.layer, 0)
        self.end()
        with open(path, "w") as f:
            f.write("\n".join(self.lines + self.settings()) + "\n")

    def settings(self):
        """How images are prepared, and what of the loss stands after `train`."""
        r, lines = self.r, []
        kind = r.choice(("none", "channel_norm", "mean_image", "scale"))
        if kind != "none":
            lines.append(f"  preprocess {kind}")
        scores = re.match(r"(?:affine|conv) (\d+)", self.lines[-2])
        if scores and self.lines[-1].startswith(("softmax", "svm", "bce")) and r.random() < 0.5:
            weights = (str(r.choice((0.25, 1, 1, 3))) for _ in range(int(scores[1])))
            lines.append(f"  class_weights {','.join(weights)}")
        if r.random() < 0.3:
            lines.append("  loss sum")
        return ["train"] + lines if lines else []

    def try_lines(self, more):
        """The shape that the lines before and these make, or None; a loss stands after them."""
        with open(self.path, "w") as f:
            f.write("\n".join(self.lines + more + ["test_end_of_all: affine 3", "softmax", ""]))
        done = subprocess.run([self.lathe, "emit", self.path, "-d", "shape"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            return None, None
        line = next(s for s in done.stdout.splitlines() if s.startswith("test_end_of_all"))
        shape = tuple(map(int, re.search(r" (\d+)x(\d+)x(\d+) ->", line).groups()))
        return True, shape

    def add(self, draw, depth):
        for _ in range(20):
            lines = draw(self.shape, depth)
            good, shape = self.try_lines(lines)
            if good and shape[0] * shape[1] * shape[2] <= MOST_VALUES:
                self.lines += lines
                self.shape = shape
                return

    def pads(self, most):
        r = self.r
        return r.choice(("", " pad=valid", " pad=same", f" pad={r.randint(0, most)}",
                         " pad=" + ",".join(str(r.randint(0, most)) for _ in range(4))))

    def stride(self, most=3):
        r = self.r
        return r.choice(("", "", f" stride={r.randint(1, most)}",
                         f" stride={r.randint(1, most)},{r.randint(1, most)}"))

    def window(self, most, shape):
        r = self.r
        return f"{min(r.randint(1, most), shape[1])}x{min(r.randint(1, most), shape[2])}"

    def conv(self, shape, depth):
        r, c = self.r, shape[0]
        kind = r.random()
        filters, groups = r.choice((1, 3, 4, 6, 8)), ""
        if kind < 0.2:
            groups = f" groups={c}"
            filters = c * r.choice((1, 2))
        elif kind < 0.4:
            g = r.choice([g for g in range(1, c + 1) if c % g == 0])
            groups, filters = f" groups={g}", g * r.randint(1, 3)
        dilation = f" dilation={r.randint(2, 3)}" if r.random() < 0.2 else ""
        bias = " bias=no" if r.random() < 0.3 else ""
        return [f"conv {filters} {self.window(4, shape)}{self.stride()}{self.pads(3)}{groups}"
                f"{dilation}{bias}"] + self.norm()

    def norm(self):
        r = self.r
        return [f"batchnorm{r.choice(('', ' scale=no', ' eps=1e-3 momentum=0.8'))}"] \
            if r.random() < 0.4 else []

    def deconv(self, shape, depth):
        r = self.r
        bias = " bias=no" if r.random() < 0.3 else ""
        return [f"deconv {r.choice((1, 3, 5))} {r.randint(1, 4)}x{r.randint(1, 4)}{self.stride()}"
                f"{self.pads(2)}{bias}"] + self.norm()

    def pool(self, shape, depth):
        r = self.r
        kind = r.choice(("maxpool", "avgpool", "avgpool"))
        count = " count_pad=yes" if kind == "avgpool" and r.random() < 0.5 else ""
        ceil = " ceil=yes" if r.random() < 0.5 else ""
        return [f"{kind} {self.window(4, shape)}{self.stride()}{self.pads(2)}{ceil}{count}"]

    def shapes(self, shape, depth):
        r, (c, h, w) = self.r, shape
        sides = [s for s in ((w, c, h), (c * h, 1, w), (1, h, c * w), (h, w, c))
                 if s[0] <= 64]
        return r.choice(([f"upsample {r.randint(1, 3)},{r.randint(1, 3)} "
                          f"{r.choice(('nearest', 'bilinear'))}"],
                         ["reshape {}x{}x{}".format(*r.choice(sides or [(c, h, w)]))],
                         ["globalavgpool"], ["globalmaxpool"],
                         [f"affine {r.randint(3, 12)}"] + self.norm(),
                         ["affine 24", "reshape 2x3x4"]))

    def pointwise(self, shape, depth):
        return [self.r.choice(POINTWISE)]

    def inside(self, shape, depth):
        """A block's lines that leave the shape: padded convolutions and pointwise layers."""
        r, c, lines = self.r, shape[0], []
        for _ in range(r.randint(1, 2)):
            lines += r.choice(([f"conv {c} 3x3"] + self.norm(), [f"conv {c} 1x1 bias=no"],
                               self.pointwise(shape, depth)))
        if depth < 2 and r.random() < 0.3:
            lines += self.block(shape, depth + 1)
        return lines

    def block(self, shape, depth):
        r, c = self.r, shape[0]
        kind = r.choice(("residual", "shortcut", "concat", "gate", "map gate"))
        if kind == "residual":
            return ["residual {"] + self.inside(shape, depth) + ["}"]
        if kind == "shortcut":
            lines = [f"conv {c} 3x3 stride=2", "} shortcut {", f"conv {c} 1x1 stride=2"]
            return ["residual {"] + self.inside(shape, depth) + lines + self.norm() + ["}"]
        if kind == "concat":
            lines = ["concat {"]
            for _ in range(r.randint(1, 3)):
                lines += (self.inside(shape, depth) if r.random() < 0.8 else []) + ["} {"]
            return lines + [f"conv {r.randint(1, 4)} 3x3", "}"]
        if kind == "map gate":
            return ["gate {"] + self.inside(shape, depth) + ["sigmoid", "}"]
        return ["gate {", r.choice(("globalavgpool", "globalmaxpool")), "affine 4", "relu",
                f"affine {c}", r.choice(("sigmoid", "hardsigmoid")), "}"]

    def layer(self, shape, depth):
        draw = self.r.choices((self.conv, self.deconv, self.pool, self.shapes, self.pointwise,
                               self.block), (4, 2, 3, 2, 4, 3))[0]
        return draw(shape, depth)

    def end(self):
        """A map keeps its shape below mse and the like; classes come after an affine layer."""
        r = self.r
        loss = r.choice(("softmax", "softmax", "softmax smoothing=0.1", "svm margin=0.5", "mse",
                         "mae", "bce"))
        if loss.startswith("s") or r.random() < 0.5:
            self.lines += [f"affine {r.randint(2, 10)}"]
        elif self.try_lines([])[0] and not any(s.startswith(("conv", "affine", "deconv"))
                                               for s in self.lines):
            self.lines += ["conv 2 1x1"]
        self.lines += [loss]
