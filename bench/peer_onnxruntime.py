"""ONNX Runtime, inference alone: all of its optimisations are on (they fold batch
normalisation into the filters)."""
import onnxruntime

import peer
from onnx_network import onnx_model
from tensors import mean_cross_entropy


class Onnxruntime(peer.Peer):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(onnx_model(self.network, self.tensors),
                                                    options, providers=["CPUExecutionProvider"])

    def version(self):
        return f"ONNX Runtime {onnxruntime.__version__}"

    def evaluate(self, images):
        return mean_cross_entropy(self.infer(images), self.y[:images])

    def infer(self, images):
        return self.session.run(None, {"x": self.x[:images]})[0]


peer.main(Onnxruntime)
