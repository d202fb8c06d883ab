"""A network as PyTorch computes it, from tensors named as the program names them. For
tests/compare_torch.py and bench/peer_torch.py."""
import torch
import torch.nn.functional as F

from network import Network


def padded(x, pad, value):
    top, left, bottom, right = pad
    return F.pad(x, (left, right, top, bottom), value=value)


class TorchOps:
    """walk()'s operations with the tensors p."""

    def __init__(self, p, training):
        self.p, self.training = p, training

    def conv(self, x, layer):
        top, left, bottom, right = layer.pad()
        weight, bias = self.p[layer.name + ".weight"], self.p.get(layer.name + ".bias")
        pad = (top, left)
        if pad != (bottom, right):
            x, pad = padded(x, layer.pad(), 0), 0
        return F.conv2d(x, weight, bias, layer.stride(), pad,
                        int(layer.option.get("dilation", 1)), int(layer.option.get("groups", 1)))

    def deconv(self, x, layer):
        """The whole map, of which the padding is cut off; less than 0: zeros are added."""
        weight, bias = self.p[layer.name + ".weight"], self.p.get(layer.name + ".bias")
        x = padded(F.conv_transpose2d(x, weight, None, layer.stride()),
                   [-n for n in layer.pad()], 0)
        return x if bias is None else x + bias[:, None, None]

    def affine(self, x, layer):
        return F.linear(x.flatten(1), self.p[layer.name + ".weight"],
                        self.p.get(layer.name + ".bias"))[:, :, None, None]

    def batchnorm(self, x, layer):
        """PyTorch's running variance is of the unbiased one, and its momentum is the rest."""
        weight, momentum = self.p.get(layer.name + ".weight"), layer.real("momentum")
        mean, var = self.p[layer.name + ".running_mean"], self.p[layer.name + ".running_var"]
        if self.training:
            with torch.no_grad():
                axes = [0] + list(range(2, x.dim()))
                mean.mul_(momentum).add_(x.mean(axes), alpha=1 - momentum)
                var.mul_(momentum).add_(x.var(axes, unbiased=False), alpha=1 - momentum)
            mean = var = None
        return F.batch_norm(x, mean, var, weight, self.p[layer.name + ".bias"], self.training, 0,
                            layer.real("eps"))

    def maxpool(self, x, layer):
        return F.max_pool2d(padded(x, layer.pad(), -float("inf")), layer.window(), layer.stride())

    def avgpool(self, x, layer):
        def sums(of):
            return F.avg_pool2d(of, layer.window(), layer.stride(), divisor_override=1)
        if not any(layer.pad()):
            return F.avg_pool2d(x, layer.window(), layer.stride())
        counted = padded(torch.ones_like(x), layer.counted(), 1)
        rest = tuple(a - b for a, b in zip(layer.pad(), layer.counted()))
        return sums(padded(x, layer.pad(), 0)) / sums(padded(counted, rest, 0))

    def reshape(self, x, layer):
        return x.reshape(-1, *layer.window())

    def upsample(self, x, layer):
        way = {"mode": "bilinear", "align_corners": False} if "bilinear" in layer.words else {}
        return F.interpolate(x, scale_factor=layer.factors(), **way)

    def add(self, x, other):
        return x + other

    def concat(self, ends):
        return torch.cat(ends, 1)

    def gate(self, factor, x):
        return factor * x

    def dropout(self, x, _):        # off in dump
        return x

    def scale(self, x, layer):
        return x * layer.number()

    def relu(self, x, _):
        return F.relu(x)

    def leaky_relu(self, x, layer):
        return F.leaky_relu(x, layer.number())

    def prelu(self, x, layer):
        return F.prelu(x, self.p[layer.name + ".weight"])

    def gelu(self, x, _):
        return F.gelu(x)

    def silu(self, x, _):
        return F.silu(x)

    def clip(self, x, layer):
        return F.hardtanh(x, layer.number(), layer.number(1))

    def elu(self, x, layer):
        return F.elu(x, layer.number())

    def hardsigmoid(self, x, _):    # F.hardsigmoid's gradient has 1/6 in f32 only
        return F.relu6(x + 3) / 6

    def hardswish(self, x, _):
        return x * F.relu6(x + 3) / 6

    def tanh(self, x, _):
        return torch.tanh(x)

    def sigmoid(self, x, _):
        return torch.sigmoid(x)


class TorchNetwork(Network):
    ops = TorchOps

    def forward(self, p, x, training=True):
        return self.walk(self.ops(p, training), x).flatten(1)

    weight = None       # what an image of each class counts

    def data_loss(self, scores, y):
        """Over the images of a step, without the L2 term."""
        kind, images = self.loss_words[0], len(y)
        weight = None if self.weight is None else torch.tensor(self.weight, dtype=scores.dtype)
        if not self.has_labels():           # the mean over images and their values
            of = {"mse": F.mse_loss, "mae": F.l1_loss,
                  "bce": lambda s, t: F.binary_cross_entropy_with_logits(s, t, pos_weight=weight)}
            loss = of[kind](scores, y.flatten(1).to(scores.dtype))
            return loss * images if self.loss_sum else loss
        if weight is not None:
            images = weight[y].sum()
        if kind == "svm":           # the course's; PyTorch's divides by the class count
            right, margin = scores.gather(1, y[:, None]), self.loss_option("margin")
            each = (scores - right + margin).clamp(min=0).sum(1) - margin
            loss = (each if weight is None else each * weight[y]).sum() / images
        else:
            loss = F.cross_entropy(scores, y, weight, label_smoothing=self.loss_option("smoothing"))
        return loss * images if self.loss_sum else loss

    def penalty(self, p, reg):
        return 0.5 * reg * sum((p[name] * p[name]).sum() for name in self.weights())

    def loss(self, p, x, y, reg, training=True):
        """Scores, and the loss with its L2 term."""
        scores = self.forward(p, x, training)
        return scores, self.data_loss(scores, y) + self.penalty(p, reg)


class UsualOps(TorchOps):
    """Batch normalisation as a user of PyTorch has it: running statistics inside."""

    def batchnorm(self, x, layer):
        p, name = self.p, layer.name
        return F.batch_norm(x, p[name + ".running_mean"], p[name + ".running_var"],
                            p.get(name + ".weight"), p[name + ".bias"], self.training,
                            1 - layer.real("momentum"), layer.real("eps"))


class UsualNetwork(TorchNetwork):
    ops = UsualOps
