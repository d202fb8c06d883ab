"""ncnn, inference alone, in f32: the ONNX graph converted by pnnx, which folds batch
normalisation and ReLU into the convolutions. A batch is one Mat of many images."""
import os
import subprocess
import sys
import tempfile

import ncnn

import peer
from onnx_network import onnx_model
from tensors import mean_cross_entropy


def converted(network, tensors, folder):
    """Paths of ncnn's description and its weights. In a process of its own: pnnx imports
    PyTorch, whose threads are not wanted here."""
    graph, param, weights = (os.path.join(folder, name) for name in ("x.onnx", "x.param", "x.bin"))
    with open(graph, "wb") as f:
        f.write(onnx_model(network, tensors))
    shape = ",".join(map(str, (1,) + network.input))
    subprocess.run([sys.executable, "-c", "import pnnx; pnnx.pnnx()", graph,
                    f"inputshape=[{shape}]", "fp16=0", f"ncnnparam={param}",
                    f"ncnnbin={weights}"], check=True, cwd=folder)
    return param, weights


class Ncnn(peer.Peer):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.net, self.parts = ncnn.Net(), {}
        option = self.net.opt
        option.num_threads = self.threads
        for name in dir(option):
            if name.startswith(("use_fp16", "use_bf16", "use_int8")):
                setattr(option, name, False)
        with tempfile.TemporaryDirectory() as folder:
            param, weights = converted(self.network, self.tensors, folder)
            if self.net.load_param(param) or self.net.load_model(weights):
                raise RuntimeError("cannot load what pnnx made")

    def version(self):
        return f"ncnn {ncnn.__version__}"

    def evaluate(self, images):
        return mean_cross_entropy(self.infer(images), self.y[:images])

    def infer(self, images):
        if images not in self.parts:        # laid out once, not in every run
            self.parts[images] = ncnn.Mat(self.x[:images], batch_index=0)
        extractor = self.net.create_extractor()
        extractor.input("in0", self.parts[images])
        return extractor.extract("out0")[1].numpy(batch_index=0)


peer.main(Ncnn)
