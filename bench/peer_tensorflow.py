"""TensorFlow: one tf.function for the step, one for the scores; NHWC; mode `graph`, or `xla`
(jit_compile). The L2 term is in the gradient; the loss that is compared has it."""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
import tensorflow as tf

import peer
from tensors import nhwc


def padding(x, layer):
    """Its own word where it has one: said in numbers, TFLite makes a layer of it."""
    top, left, bottom, right = layer.pad()
    same = []
    for k, (before, after) in enumerate(((top, bottom), (left, right))):
        size, window, stride = x.shape[k + 1], layer.window()[k], layer.stride()[k]
        whole = max((-(-size // stride) - 1)*stride + window - size, 0)
        same.append((before, after) == (whole // 2, whole - whole // 2))
    return "SAME" if all(same) else [[0, 0], [top, bottom], [left, right], [0, 0]]


class TensorflowOps:
    """walk()'s operations with the variables p."""

    def __init__(self, p, training):
        self.p, self.training = p, training

    def bias(self, x, layer):
        b = self.p.get(layer.name + ".bias")
        return x if b is None else tf.nn.bias_add(x, b)

    def conv(self, x, layer):
        y = tf.nn.conv2d(x, self.p[layer.name + ".weight"], layer.stride(), padding(x, layer))
        return self.bias(y, layer)

    def affine(self, x, layer):
        x = tf.reshape(x, [x.shape[0], -1])
        return self.bias(tf.matmul(x, self.p[layer.name + ".weight"]), layer)

    def batchnorm(self, x, layer):
        p, name, shape = self.p, layer.name, x.shape
        mean, var = p[name + ".running_mean"], p[name + ".running_var"]
        gain = p[name + ".weight"] if name + ".weight" in p else tf.ones_like(p[name + ".bias"])
        if len(shape) == 2:
            x = x[:, None, None, :]
        keep = layer.real("momentum")
        y, here, spread = tf.compat.v1.nn.fused_batch_norm(
            x, gain, p[name + ".bias"], None if self.training else mean,
            None if self.training else var, layer.real("eps"), is_training=self.training)
        if self.training:
            mean.assign(keep * mean + (1 - keep) * here)
            var.assign(keep * var + (1 - keep) * spread)
        return tf.reshape(y, shape)

    def maxpool(self, x, layer):
        return tf.nn.max_pool2d(x, layer.window(), layer.stride(), "VALID")

    def avgpool(self, x, layer):
        return tf.nn.avg_pool2d(x, layer.window(), layer.stride(), "VALID")

    def add(self, x, other):
        return x + other

    def concat(self, ends):
        return tf.concat(ends, 3)

    def relu(self, x, _):
        return tf.nn.relu(x)


class Tensorflow(peer.Peer):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        if self.network.loss_words[0] != "softmax" or self.network.loss_sum:
            raise NotImplementedError("only the mean of softmax")
        tf.config.threading.set_intra_op_parallelism_threads(self.threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        first = nhwc(self.network, self.tensors)
        self.first = {k: tf.constant(t) for k, t in first.items()}
        self.p = {k: tf.Variable(t, trainable=".running_" not in k) for k, t in first.items()}
        learned = self.network.learned(self.p)
        self.m = {k: tf.Variable(tf.zeros_like(t)) for k, t in learned.items()}
        self.v = {k: tf.Variable(tf.zeros_like(t)) for k, t in learned.items()}
        self.powers = tf.Variable([0.9, 0.999])
        self.images = tf.constant(self.x.transpose(0, 2, 3, 1).copy())
        self.labels, self.parts = tf.constant(self.y), {}
        compiled = self.mode == "xla"
        self.graph_loss = tf.function(self.data_loss, jit_compile=compiled)
        self.graph_step = tf.function(self.adam, jit_compile=compiled)
        self.graph_scores = tf.function(self.scores, jit_compile=compiled)

    def version(self):
        return f"TensorFlow {tf.__version__}"

    def forward(self, p, x, training):
        return tf.reshape(self.network.walk(TensorflowOps(p, training), x), [x.shape[0], -1])

    def scores(self, x):
        return self.forward(self.first, x, False)

    def data_loss(self, x, y):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
            y, self.forward(self.p, x, True)))

    def adam(self, x, y):
        names = list(self.m)
        with tf.GradientTape() as tape:
            loss = self.data_loss(x, y)
        gradients = tape.gradient(loss, [self.p[k] for k in names])
        for k, g in zip(names, gradients):
            if k in self.network.weights():
                g += self.reg * self.p[k]
            tf.raw_ops.ResourceApplyAdam(
                var=self.p[k].handle, m=self.m[k].handle, v=self.v[k].handle,
                beta1_power=self.powers[0], beta2_power=self.powers[1], lr=self.lr, beta1=0.9,
                beta2=0.999, epsilon=1e-8, grad=g)
        self.powers.assign(self.powers * [0.9, 0.999])
        return loss

    def loss(self):
        squares = sum(float(tf.reduce_sum(self.first[k] ** 2)) for k in self.network.weights())
        return float(self.graph_loss(self.images, self.labels)) + 0.5 * self.reg * squares

    def step(self):
        self.graph_step(self.images, self.labels).numpy()

    def evaluate(self, images):
        return float(tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
            self.labels[:images], self.infer(images))))

    def infer(self, images):
        if images not in self.parts:        # cut once, not in every run
            self.parts[images] = self.images[:images]
        return self.graph_scores(self.parts[images]).numpy()


if __name__ == "__main__":     # peer_tflite.py imports it
    peer.main(Tensorflow)
