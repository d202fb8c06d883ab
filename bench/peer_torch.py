"""PyTorch: eager, channels_last, or compile (channels_last through torch.compile).

The L2 term's gradient comes from Adam's weight_decay, the same update and cheaper than a sum
of squares in the loss; the loss that is compared has the term."""
import torch
import torch.nn.functional as F

import peer
from torch_network import UsualNetwork


class Scores(torch.nn.Module):
    """Evaluation with the first parameters as constants, which torch.compile may pack."""

    def __init__(self, network, tensors):
        super().__init__()
        self.network, self.names = network, list(tensors)
        for name, t in tensors.items():
            self.register_buffer(name.replace(".", "_"), t)

    def forward(self, x):
        p = {name: getattr(self, name.replace(".", "_")) for name in self.names}
        return self.network.forward(p, x, training=False)


class Torch(peer.Peer):
    description = UsualNetwork

    def __init__(self, *arguments):
        super().__init__(*arguments)
        torch.set_num_threads(self.threads)
        self.format = torch.contiguous_format if self.mode == "eager" else torch.channels_last
        self.images = torch.from_numpy(self.x).contiguous(memory_format=self.format)
        self.labels = torch.from_numpy(self.y)
        self.p, weights = self.parameters(), self.network.weights()
        learned = self.network.learned(self.p)
        self.adam = torch.optim.Adam(
            [{"params": [self.p[k] for k in weights], "weight_decay": self.reg},
             {"params": [self.p[k] for k in learned if k not in weights]}], self.lr, fused=True)
        self.train_loss = self.data_loss
        self.scores = Scores(self.network, {k: self.laid_out(t) for k, t in self.tensors.items()})
        if self.mode == "compile":
            import torch._inductor.config as inductor
            inductor.freezing = True
            self.train_loss = torch.compile(self.train_loss, dynamic=False)
            self.scores = torch.compile(self.scores, dynamic=False)

    def laid_out(self, array):
        t = torch.from_numpy(array.copy())
        return t.contiguous(memory_format=self.format) if t.dim() == 4 else t

    def parameters(self):
        return {name: self.laid_out(t).requires_grad_(".running_" not in name)
                for name, t in self.tensors.items()}

    def version(self):
        return f"PyTorch {torch.__version__}"

    def data_loss(self, p, x, y):
        return self.network.data_loss(self.network.forward(p, x), y)

    def loss(self):
        p = self.parameters()
        data = self.train_loss(p, self.images, self.labels)
        return float((data + self.network.penalty(p, self.reg)).detach())

    def step(self):
        self.adam.zero_grad()
        self.train_loss(self.p, self.images, self.labels).backward()
        self.adam.step()

    def evaluate(self, images):
        with torch.no_grad():
            return float(F.cross_entropy(self.scores(self.images[:images]), self.labels[:images]))

    def infer(self, images):
        # Of a compiled module with packed constants inference_mode is not to be had.
        with torch.no_grad() if self.mode == "compile" else torch.inference_mode():
            return self.scores(self.images[:images])


peer.main(Torch)
