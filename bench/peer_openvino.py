"""OpenVINO, inference alone, in f32: its processor plugin, which folds batch normalisation into the
filters, compiled for each number of images."""
import openvino

import peer
from onnx_network import onnx_model
from tensors import mean_cross_entropy


class Openvino(peer.Peer):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.core, self.requests = openvino.Core(), {}
        self.model = onnx_model(self.network, self.tensors)

    def version(self):
        return f"OpenVINO {openvino.__version__.split('-')[0]}"

    def evaluate(self, images):
        return mean_cross_entropy(self.infer(images), self.y[:images])

    def compiled(self, images):
        """A request with the images inside."""
        model = self.core.read_model(self.model)
        model.reshape([images, *self.network.input])
        request = self.core.compile_model(model, "CPU", {
            "INFERENCE_NUM_THREADS": self.threads, "NUM_STREAMS": 1,
            "INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
        request.set_input_tensor(openvino.Tensor(self.x[:images].copy()))
        return request

    def infer(self, images):
        if images not in self.requests:
            self.requests[images] = self.compiled(images)
        self.requests[images].infer()
        return self.requests[images].get_output_tensor().data


peer.main(Openvino)
