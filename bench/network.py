"""A network as `PROGRAM info` describes it: layers in order, shapes of tensors and maps.

Standard library only. Frameworks compute it by walk(), which hands each layer to a function
of its kind, so that no peer parses anything by itself.
"""


class Network:
    """What `info` says."""

    def __init__(self, info, name):
        self.name, self.layers, self.shapes = name, [], {}
        section = ""
        for line in info.splitlines():
            if not line.startswith(" "):
                section = line.split()[0]
                if section == "capacity":
                    self.batch = int(line.split()[1])
                elif section == "loss":
                    self.loss_sum = line.split()[1] == "sum"
            elif section == "layers":
                self.layers.append(line.strip())
            elif section == "tensors":
                words = line.replace("(", "").replace(")", "").replace(",", "").split()
                self.shapes[words[0]] = tuple(map(int, words[1:]))
        self.gains = [line.split(":")[0] + ".weight" for line in self.layers
                      if "batchnorm" in line or "prelu" in line]
        self.input = tuple(map(int, self.layers[0].split()[1].split("x")))
        self.loss_words = self.layers[-1].split()

    def learned(self, tensors):
        return {name: t for name, t in tensors.items() if ".running_" not in name}

    def weights(self):
        """Names of what the L2 term is taken of."""
        return [name for name in self.shapes
                if name.endswith(".weight") and name not in self.gains]

    def loss_option(self, name, default=0.0):
        return float(dict(w.split("=") for w in self.loss_words[1:]).get(name, default))

    def has_labels(self):
        return self.loss_words[0] in ("softmax", "svm")

    def rebuilds(self):
        """An autoencoder: its target is its input."""
        return "target=input" in self.loss_words

    def walk(self, ops, x):
        """The scores: x through all layers, each by ops.KIND(x, layer)."""
        blocks = []     # of each: what ends it, its input, and its branches' outputs so far
        for line in self.layers[1:-1]:
            if line in ("residual {", "concat {", "gate {"):
                blocks.append((line.split()[0], x, []))
            elif line.startswith("}"):
                word, begin, ends = blocks[-1]
                ends.append(x)
                x = begin
                if line == "}":
                    blocks.pop()
                    x = (ops.concat(ends) if word == "concat" else
                         (ops.add if word == "residual" else ops.gate)(*(ends + [begin])[:2]))
            else:
                layer = Layer(line)
                if not hasattr(ops, layer.kind):
                    raise NotImplementedError(f"{self.name}: {type(ops).__name__} has no {line!r}")
                x = getattr(ops, layer.kind)(x, layer)
        return x


class Layer:
    """conv1: conv 32 7x7 stride=1 pad=3,3,3,3"""

    def __init__(self, line):
        self.name, _, rest = line.rpartition(": ")
        words = rest.split()
        self.kind, self.words = words[0], [w for w in words[1:] if "=" not in w]
        self.option = dict(w.split("=") for w in words if "=" in w)

    def number(self, k=0):
        return float(self.words[k])

    def window(self):
        """Height and width of a filter or a pool; a reshape's channels, height and width."""
        return tuple(map(int, self.words[-1].split("x")))

    def factors(self):
        """Of upsample: down and across."""
        return tuple(map(int, self.words[0].split(",")))

    def filters(self):
        return int(self.words[0])

    def stride(self):
        both = list(map(int, self.option["stride"].split(",")))
        return both[0], both[-1]

    def pad(self):
        """Top, left, bottom, right."""
        return tuple(map(int, self.option.get("pad", "0,0,0,0").split(",")))

    def counted(self):
        """Of avgpool: the padding that a mean counts."""
        return tuple(map(int, self.option.get("counted", "0,0,0,0").split(",")))

    def real(self, name):
        return float(self.option[name])


class Shapes:
    """Ops on shapes (c, h, w). Remembers what affine layers and convolutions take."""

    def __init__(self, network):
        self.affines = {}       # name -> shape in
        self.convolutions = {}  # name -> (shape in, shape out, layer)
        network.walk(self, network.input)

    def conv(self, x, layer):
        (kh, kw), (sy, sx), (top, left, bottom, right) = layer.window(), layer.stride(), layer.pad()
        out = (layer.filters(), (x[1] + top + bottom - kh) // sy + 1,
               (x[2] + left + right - kw) // sx + 1)
        self.convolutions[layer.name] = x, out, layer
        return out

    def deconv(self, x, layer):
        (kh, kw), (sy, sx), (top, left, bottom, right) = layer.window(), layer.stride(), layer.pad()
        return (layer.filters(), (x[1] - 1) * sy + kh - top - bottom,
                (x[2] - 1) * sx + kw - left - right)

    def affine(self, x, layer):
        self.affines[layer.name] = x
        return layer.filters(), 1, 1

    def maxpool(self, x, layer):
        (kh, kw), (sy, sx), (top, left, bottom, right) = layer.window(), layer.stride(), layer.pad()
        return x[0], (x[1] + top + bottom - kh) // sy + 1, (x[2] + left + right - kw) // sx + 1

    avgpool = maxpool

    def reshape(self, _, layer):
        return layer.window()

    def upsample(self, x, layer):
        down, across = layer.factors()
        return x[0], x[1] * down, x[2] * across

    def same(self, x, _):
        return x

    def concat(self, ends):
        return (sum(x[0] for x in ends),) + ends[0][1:]

    def gate(self, _, x):
        return x

    batchnorm = dropout = scale = relu = leaky_relu = gelu = silu = tanh = sigmoid = add = same
    clip = elu = hardsigmoid = hardswish = prelu = same
