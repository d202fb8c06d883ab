"""Networks of torch.nn for tests/against_onnx.py: random ones over all that the network file can
say, and the architectures that everybody exports, in small. Weights are random everywhere, also
those of batchnorms, so that each tensor can be told from every other by its values."""
import random

import torch
import torch.nn.functional as F
from torch import nn


class Residual(nn.Module):
    def __init__(self, block, shortcut):
        super().__init__()
        self.block, self.shortcut = block, shortcut

    def forward(self, x):
        return self.block(x) + self.shortcut(x)


class Concat(nn.Module):
    def __init__(self, *blocks):
        super().__init__()
        self.blocks = nn.ModuleList(blocks)

    def forward(self, x):
        return torch.cat([block(x) for block in self.blocks], 1)


class Gate(nn.Module):
    """Squeeze and excitation; its layers are affine ones or 1x1 convolutions."""

    def __init__(self, channels, convolutions):
        super().__init__()
        self.convolutions = convolutions
        few = max(1, channels // 2)
        layer = (lambda a, b: nn.Conv2d(a, b, 1)) if convolutions else nn.Linear
        self.down, self.up = layer(channels, few), layer(few, channels)

    def forward(self, x):
        y = F.adaptive_avg_pool2d(x, 1) if self.convolutions else x.mean((2, 3))
        y = torch.sigmoid(self.up(F.relu(self.down(y))))
        return x * (y if self.convolutions else y[:, :, None, None])


class Swish(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(x)


class Scale(nn.Module):
    def __init__(self, by):
        super().__init__()
        self.by = by

    def forward(self, x):
        return x * self.by


class Reshape(nn.Module):
    def __init__(self, *shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.reshape(-1, *self.shape)


class MeanOfMap(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class Standardised(nn.Module):
    """(x - mean)/deviation in front of a network."""

    def __init__(self, channels):
        super().__init__()
        self.register_buffer("mean", torch.rand(channels, 1, 1))
        self.register_buffer("deviation", torch.rand(channels, 1, 1) + 0.5)

    def forward(self, x):
        return (x - self.mean) / self.deviation


POINTWISE = (nn.ReLU, nn.ReLU, nn.ReLU, lambda: nn.LeakyReLU(0.1), lambda: nn.ELU(0.7), nn.Sigmoid,
             nn.Tanh, nn.GELU, nn.Hardswish, nn.Hardsigmoid, nn.ReLU6, lambda: nn.Hardtanh(-1, 2),
             nn.SiLU, Swish, lambda: Scale(0.5), nn.Identity, lambda: nn.Dropout(0.3))


class Draw:
    """A network drawn from a seed. `at` is the shape so far: (c, h, w)."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        torch.manual_seed(seed)
        r = self.rng
        self.input = self.at = r.randint(1, 4), r.randint(6, 13), r.randint(6, 13)

    def add(self, module):
        """The module, if it leaves a map that is worth going on with."""
        try:
            with torch.no_grad():
                at = tuple(module.eval()(torch.zeros(2, *self.at)).shape[1:])
        except RuntimeError:        # its window is larger than the map
            return nn.Identity()
        if min(at[1:]) < 2 or at[0]*at[1]*at[2] > 4000:
            return nn.Identity()
        self.at = at
        return module

    def side(self, most):
        return self.rng.choice([n for n in (1, 1, 2, 3, 3, 3, 4, 5, 7) if n <= most])

    def conv(self, c=None, same=False):
        r, (channels, h, w) = self.rng, self.at
        k = r.choice((1, 3)) if same else (self.side(h), self.side(w))
        k = (k, k) if same else k
        groups = r.choice([g for g in range(1, channels + 1) if channels % g == 0])
        groups = groups if r.random() < 0.3 and not c else 1
        dilation = 2 if r.random() < 0.15 and max(k)*2 - 1 <= min(h, w) else 1
        pad = tuple(dilation*(n - 1)//2 for n in k)
        if not same and r.random() < 0.3:
            pad = tuple(r.randint(0, n - 1) for n in k)
        stride = 1 if same else r.choice((1, 1, 1, 2, (1, 2), (2, 1)))
        layer = nn.Conv2d(channels, c or groups*r.randint(1, max(1, 10//groups)), k, stride, pad,
                          dilation, groups, r.random() < 0.7)
        return layer if same or c else self.add(layer)

    def conv_norm(self):
        first = self.conv()
        kind = self.rng.choice((nn.ReLU, nn.ReLU6, nn.SiLU, nn.GELU))
        return nn.Sequential(first, nn.BatchNorm2d(self.at[0], eps=self.rng.choice((1e-5, 1e-3))),
                             kind())

    def padded_conv(self):
        r = self.rng
        pad = tuple(r.randint(0, 1) for _ in range(4))
        return self.add(nn.Sequential(nn.ZeroPad2d(pad),
                                      nn.Conv2d(self.at[0], r.randint(1, 6), 3, r.choice((1, 2)))))

    def deconv(self):
        r = self.rng
        k, stride, filters = r.choice((2, 3, 4)), r.choice((1, 2)), r.randint(1, 6)
        pad, more = r.randint(0, (k - 1)//2), r.randint(0, stride - 1)
        layer = nn.ConvTranspose2d(self.at[0], filters, k, stride, pad, min(pad, more), 1,
                                   r.random() < 0.7)
        return self.add(layer)

    def pool(self):
        r = self.rng
        k, stride, ceil = r.choice((2, 3)), r.choice((1, 2, 2)), r.random() < 0.3
        pad = r.choice((0, 0, 1))
        return self.add(r.choice((nn.MaxPool2d(k, stride, pad, ceil_mode=ceil),
                                  nn.AvgPool2d(k, stride, pad, ceil, r.random() < 0.5))))

    def upsample(self):
        return self.add(nn.Upsample(scale_factor=self.rng.choice((2, (1, 2), 3)),
                                    mode="nearest") if self.rng.random() < 0.5
                        else nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False))

    def pointwise(self):
        return self.rng.choice(POINTWISE + (lambda: nn.PReLU(self.at[0]),))()

    def norm(self):
        return nn.BatchNorm2d(self.at[0], affine=self.rng.random() < 0.8)

    def residual(self):
        r, c = self.rng, self.at[0]
        block = nn.Sequential(self.conv(c, True), nn.BatchNorm2d(c), nn.ReLU(), self.conv(c, True))
        shortcut = nn.Identity() if r.random() < 0.6 else nn.Conv2d(c, c, 1)
        last = r.choice((nn.ReLU, nn.Identity))()
        return self.add(nn.Sequential(Residual(block, shortcut), last))

    def concat(self):
        blocks = [nn.Sequential(self.conv(self.rng.randint(1, 5), True), nn.ReLU())
                  for _ in range(self.rng.randint(1, 2))]
        blocks.insert(self.rng.randint(0, 1), self.rng.choice(
            (nn.Identity(), nn.MaxPool2d(3, 1, 1), nn.Conv2d(self.at[0], 2, 1))))
        return self.add(Concat(*blocks))

    def gate(self):
        return Gate(self.at[0], self.rng.random() < 0.5)

    def reshape(self):
        c, h, w = self.at
        return self.add(Reshape(c*h, w, 1) if self.rng.random() < 0.5 else Reshape(w, c, h))

    def head(self):
        """Scores of classes."""
        r, (c, h, w) = self.rng, self.at
        kind, classes = r.randrange(5), r.randint(2, 7)
        if kind == 0:
            return [nn.Flatten(), nn.Linear(c*h*w, classes)]
        if kind == 1:
            return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, classes, r.random() < 0.5)]
        if kind == 2:
            return [MeanOfMap(), nn.Linear(c, classes)]
        if kind == 3 and h*w <= 256:        # a maximum of more has no place here
            return [nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(c, classes)]
        return [nn.Flatten(), nn.Linear(c*h*w, 9), nn.BatchNorm1d(9), self.pointwise_flat(),
                nn.Linear(9, classes)]

    def pointwise_flat(self):
        return self.rng.choice(POINTWISE)()

    def network(self):
        """The module, in evaluation, and the shape of an image."""
        r = self.rng
        steps = (self.conv, self.conv, self.conv_norm, self.conv_norm, self.padded_conv,
                 self.deconv, self.pool, self.pool, self.upsample, self.pointwise, self.pointwise,
                 self.pointwise, self.norm, self.residual, self.concat, self.gate, self.reshape)
        layers = [self.conv()]
        for _ in range(r.randint(2, 7)):
            layers.append(r.choice(steps)())
        layers += self.head()
        return fill(nn.Sequential(*layers)), self.input


def fill(model):
    """Random values in what PyTorch begins with zeros and ones."""
    with torch.no_grad():
        for m in model.modules():
            if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d)):
                m.running_mean.normal_(0, 0.3)
                m.running_var.uniform_(0.5, 1.5)
                if m.affine:
                    m.weight.uniform_(0.5, 1.5)
                    m.bias.normal_(0, 0.3)
            elif isinstance(m, nn.PReLU):
                m.weight.uniform_(0.1, 0.4)
            elif isinstance(getattr(m, "bias", None), nn.Parameter):
                m.bias.normal_(0, 0.1)      # torchvision's begin at 0
    return model.eval()


# ---- architectures ----

class Basic(nn.Module):
    """ResNet's block for CIFAR, with a 1x1 shortcut, or `plain`: the first paper's, which leaves
    out pixels and adds channels of zeros."""

    def __init__(self, c, out, stride, plain):
        super().__init__()
        self.conv1 = nn.Conv2d(c, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.shortcut, self.plain, self.more = nn.Sequential(), plain and stride > 1, out - c
        if not plain and (stride > 1 or c != out):
            self.shortcut = nn.Sequential(nn.Conv2d(c, out, 1, stride, bias=False),
                                          nn.BatchNorm2d(out))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        short = (F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.more//2, self.more - self.more//2))
                 if self.plain else self.shortcut(x))
        return F.relu(y + short)


class ResNet20(nn.Module):
    def __init__(self, plain=False, width=8):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        c = width
        for stage in range(3):
            blocks = []
            for k in range(3):
                out = width << stage
                blocks.append(Basic(c, out, 2 if stage and not k else 1, plain))
                c = out
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.linear = nn.Linear(c, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        x = F.avg_pool2d(x, x.shape[3])
        return self.linear(x.view(x.shape[0], -1))


class Vgg11(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        layers, c = [], 3
        for n in (1, "M", 2, "M", 4, 4, "M", 8, 8, "M", 8, 8, "M"):
            if n == "M":
                layers.append(nn.MaxPool2d(2))
            else:
                layers += [nn.Conv2d(c, n*width, 3, padding=1), nn.BatchNorm2d(n*width), nn.ReLU()]
                c = n*width
        self.features = nn.Sequential(*layers, nn.AvgPool2d(1))
        self.classifier = nn.Linear(c, 10)

    def forward(self, x):
        x = self.features(x)
        return self.classifier(x.view(x.size(0), -1))


class DenseLayer(nn.Module):
    def __init__(self, c, growth):
        super().__init__()
        self.bn, self.conv = nn.BatchNorm2d(c), nn.Conv2d(c, growth, 3, padding=1, bias=False)

    def forward(self, x):
        return torch.cat([x, self.conv(F.relu(self.bn(x)))], 1)


class DenseNet40(nn.Module):
    def __init__(self, growth=4):
        super().__init__()
        layers, c = [nn.Conv2d(3, 2*growth, 3, padding=1, bias=False)], 2*growth
        for block in range(3):
            for _ in range(12):
                layers.append(DenseLayer(c, growth))
                c += growth
            if block < 2:
                layers += [nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, c, 1, bias=False),
                           nn.AvgPool2d(2)]
        layers += [nn.BatchNorm2d(c), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        self.features, self.classifier = nn.Sequential(*layers), nn.Linear(c, 10)

    def forward(self, x):
        return self.classifier(self.features(x))


def architectures():
    """(name, module, shape of an image); torchvision's where it is there."""
    small = 3, 32, 32
    yield "resnet20", ResNet20(), small
    yield "resnet20_plain", ResNet20(True), small
    yield "vgg11_bn", Vgg11(), small
    yield "densenet40", DenseNet40(), small
    try:
        from torchvision import models
    except ImportError:
        return
    few = {"num_classes": 10}
    yield "mobilenet_v2", models.mobilenet_v2(width_mult=0.25, **few), (3, 64, 64)
    yield "mobilenet_v3", models.mobilenet_v3_small(width_mult=0.25, **few), (3, 64, 64)
    yield "shufflenet_v2", models.shufflenet_v2_x0_5(**few), (3, 64, 64)
    yield "squeezenet1_1", models.squeezenet1_1(**few), (3, 64, 64)
    yield "resnet18", models.ResNet(models.resnet.BasicBlock, [1, 1, 1, 1], **few), (3, 64, 64)
    yield "densenet", models.DenseNet(4, (3, 3), 8, num_classes=10), (3, 64, 64)
    yield "googlenet_block", inception(), (3, 32, 32)
    yield "efficientnet_b0", efficient(models), (3, 32, 32)


def efficient(models):
    return nn.Sequential(models.efficientnet_b0().features[:3], nn.AdaptiveAvgPool2d(1),
                         nn.Flatten(), nn.Linear(24, 10))


def inception():
    from torchvision.models.googlenet import Inception
    return nn.Sequential(Inception(3, 4, 4, 6, 2, 3, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(16, 10))
