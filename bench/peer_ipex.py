"""Intel's extension of PyTorch, which wants modules: it packs the weights of those that it
knows and updates them by an Adam of its own. The L2 term is as in peer_torch.py."""
import intel_extension_for_pytorch as ipex
import torch
import torch.nn.functional as F

import peer
from network import Shapes
from torch_network import UsualNetwork, UsualOps


class Modules(Shapes):
    """walk()'s operations on shapes: makes a module for each layer that has parameters."""

    def __init__(self, network):
        self.made, self.tensors = torch.nn.ModuleDict(), network.shapes
        super().__init__(network)

    def has_bias(self, layer):
        return layer.name + ".bias" in self.tensors

    def conv(self, x, layer):
        top, left, bottom, right = layer.pad()
        if (top, left) != (bottom, right):
            raise NotImplementedError(f"{layer.name}: only even padding")
        self.made[layer.name] = torch.nn.Conv2d(x[0], layer.filters(), layer.window(),
                                                layer.stride(), (top, left),
                                                bias=self.has_bias(layer))
        return super().conv(x, layer)

    def affine(self, x, layer):
        self.made[layer.name] = torch.nn.Linear(x[0] * x[1] * x[2], layer.filters(),
                                                self.has_bias(layer))
        return super().affine(x, layer)

    def batchnorm(self, x, layer):
        if layer.name + ".weight" not in self.tensors:
            raise NotImplementedError(f"{layer.name}: only with a gain")
        self.made[layer.name] = torch.nn.BatchNorm2d(x[0], layer.real("eps"),
                                                     1 - layer.real("momentum"))
        return x


class ModuleOps(UsualOps):
    """walk()'s operations with the modules p."""

    def conv(self, x, layer):
        return self.p[layer.name](x)

    def affine(self, x, layer):
        return self.p[layer.name](x.flatten(1))[:, :, None, None]

    batchnorm = conv


class ModuleNetwork(UsualNetwork):
    ops = ModuleOps


class Scores(torch.nn.Module):
    def __init__(self, network, tensors):
        super().__init__()
        self.network, self.layers = network, Modules(network).made
        self.layers.load_state_dict({k: torch.from_numpy(t) for k, t in tensors.items()}, False)

    def forward(self, x):
        return self.network.forward(self.layers, x, self.training)


class Ipex(peer.Peer):
    description = ModuleNetwork

    def __init__(self, *arguments):
        super().__init__(*arguments)
        torch.set_num_threads(self.threads)
        self.images = torch.from_numpy(self.x).contiguous(memory_format=torch.channels_last)
        self.labels, self.parts = torch.from_numpy(self.y), {}
        model, weights = self.model().train(), self.network.weights()
        learned = dict(model.layers.named_parameters())
        adam = torch.optim.Adam(
            [{"params": [learned[k] for k in weights], "weight_decay": self.reg},
             {"params": [t for k, t in learned.items() if k not in weights]}], self.lr)
        self.train, self.adam = self.packed(model, self.images, optimizer=adam)

    def model(self):
        scores = Scores(self.network, self.tensors)
        return scores.to(memory_format=torch.channels_last)

    def packed(self, model, x, **more):
        """auto_kernel_selection: oneDNN's affine layers, too."""
        return ipex.optimize(model, dtype=torch.float32, sample_input=x,
                             auto_kernel_selection=True, **more)

    def version(self):
        return f"IPEX {ipex.__version__}, PyTorch {torch.__version__}"

    def data_loss(self):
        return self.network.data_loss(self.train(self.images), self.labels)

    def loss(self):
        """Asked before the first step: packed weights have no copy."""
        p = {name: torch.from_numpy(t) for name, t in self.tensors.items()}
        with torch.no_grad():
            return float(self.data_loss() + self.network.penalty(p, self.reg))

    def step(self):
        self.adam.zero_grad()
        self.data_loss().backward()
        self.adam.step()

    def evaluate(self, images):
        return float(F.cross_entropy(self.infer(images), self.labels[:images]))

    def infer(self, images):
        x = self.images[:images]
        with torch.no_grad():
            if images not in self.parts:        # packed once for each number
                traced = torch.jit.trace(self.packed(self.model().eval(), x), x)
                self.parts[images] = torch.jit.freeze(traced)
            return self.parts[images](x)


peer.main(Ipex)
