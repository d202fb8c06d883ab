"""JAX: one jitted function for the step, one for the scores; NHWC. The L2 term is in the
gradient (reg*w), which is cheaper than a sum of squares; the loss compared has it."""
import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")
import jax
import jax.numpy as jnp
from jax import lax

import peer
from tensors import nhwc


class JaxOps:
    """walk()'s operations; running statistics of training go into `statistics`."""

    def __init__(self, p, training):
        self.p, self.training, self.statistics = p, training, {}

    def conv(self, x, layer):
        top, left, bottom, right = layer.pad()
        y = lax.conv_general_dilated(x, self.p[layer.name + ".weight"], layer.stride(),
                                     ((top, bottom), (left, right)),
                                     dimension_numbers=("NHWC", "HWIO", "NHWC"))
        return y + self.p[layer.name + ".bias"] if layer.name + ".bias" in self.p else y

    def affine(self, x, layer):
        y = x.reshape(x.shape[0], -1) @ self.p[layer.name + ".weight"]
        return y + self.p[layer.name + ".bias"] if layer.name + ".bias" in self.p else y

    def batchnorm(self, x, layer):
        p, name, axes = self.p, layer.name, tuple(range(x.ndim - 1))
        mean, var = p[name + ".running_mean"], p[name + ".running_var"]
        if self.training:
            keep = layer.real("momentum")
            here, spread = x.mean(axes), x.var(axes)
            self.statistics[name + ".running_mean"] = keep * mean + (1 - keep) * here
            self.statistics[name + ".running_var"] = keep * var + (1 - keep) * spread
            mean, var = here, spread
        factor = lax.rsqrt(var + layer.real("eps")) * p.get(name + ".weight", 1.0)
        return x * factor + (p[name + ".bias"] - mean * factor)

    def pool(self, x, layer, start, combine):
        return lax.reduce_window(x, start, combine, (1,) + layer.window() + (1,),
                                 (1,) + layer.stride() + (1,), "VALID")

    def maxpool(self, x, layer):
        return self.pool(x, layer, -jnp.inf, lax.max)

    def avgpool(self, x, layer):
        kh, kw = layer.window()
        return self.pool(x, layer, 0.0, lax.add) / (kh * kw)

    def add(self, x, other):
        return x + other

    def relu(self, x, _):
        return jnp.maximum(x, 0)


def cross_entropy(scores, labels):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(scores), labels[:, None], 1))


class Jax(peer.Peer):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        if self.network.loss_words[0] != "softmax" or self.network.loss_sum:
            raise NotImplementedError("only the mean of softmax")
        self.first = {k: jnp.asarray(t) for k, t in nhwc(self.network, self.tensors).items()}
        self.images, self.labels = jnp.asarray(self.x.transpose(0, 2, 3, 1)), jnp.asarray(self.y)
        self.parts = {}
        learned = self.network.learned(self.first)
        # Copies: the step gives its state's memory away.
        self.state = ({k: jnp.array(t) for k, t in self.first.items()},
                      {k: jnp.zeros_like(t) for k, t in learned.items()},
                      {k: jnp.zeros_like(t) for k, t in learned.items()},
                      jnp.zeros((), jnp.float32))
        self.jit_loss = jax.jit(lambda p, x, y: self.data_loss(p, x, y)[0])
        self.jit_step = jax.jit(self.adam, donate_argnums=0)
        self.jit_scores = jax.jit(lambda p, x: self.forward(p, x, False)[0])

    def version(self):
        return f"JAX {jax.__version__}"

    def forward(self, p, x, training):
        ops = JaxOps(p, training)
        return self.network.walk(ops, x).reshape(x.shape[0], -1), ops.statistics

    def data_loss(self, p, x, y):
        scores, statistics = self.forward(p, x, True)
        return cross_entropy(scores, y), statistics

    def adam(self, state, x, y):
        p, m, v, t = state
        (loss, statistics), g = jax.value_and_grad(
            lambda learned: self.data_loss({**p, **learned}, x, y), has_aux=True)(
            {k: p[k] for k in m})
        t = t + 1
        rate, unbias = self.lr / (1 - 0.9 ** t), 1 / (1 - 0.999 ** t)
        g = {k: g[k] + self.reg * p[k] if k in self.network.weights() else g[k] for k in m}
        m = {k: 0.9 * m[k] + 0.1 * g[k] for k in m}
        v = {k: 0.999 * v[k] + 0.001 * g[k] * g[k] for k in v}
        learned = {k: p[k] - rate * m[k] / (jnp.sqrt(v[k] * unbias) + 1e-8) for k in m}
        return ({**p, **learned, **statistics}, m, v, t), loss

    def loss(self):
        squares = sum(float((self.first[k] ** 2).sum()) for k in self.network.weights())
        return (float(self.jit_loss(self.first, self.images, self.labels))
                + 0.5 * self.reg * squares)

    def step(self):
        self.state, loss = self.jit_step(self.state, self.images, self.labels)
        jax.block_until_ready((self.state, loss))

    def evaluate(self, images):
        return float(cross_entropy(self.infer(images), self.labels[:images]))

    def infer(self, images):
        if images not in self.parts:        # cut once, not in every run
            self.parts[images] = self.images[:images]
        return jax.block_until_ready(self.jit_scores(self.first, self.parts[images]))


peer.main(Jax)
