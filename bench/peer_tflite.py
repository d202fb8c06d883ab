"""TFLite, inference alone: TensorFlow's graph of the scores converted for each number of
images, which folds batch normalisation into the filters, and run by LiteRT through XNNPACK."""
from ai_edge_litert import __version__, interpreter

import peer
from tensors import mean_cross_entropy
from tflite_model import tflite_model


class Tflite(peer.Peer):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.images, self.parts = self.x.transpose(0, 2, 3, 1).copy(), {}

    def version(self):
        return f"LiteRT {__version__}"

    def evaluate(self, images):
        return mean_cross_entropy(self.infer(images), self.y[:images])

    def converted(self, images):
        """An interpreter with the images inside: it does not write over its inputs."""
        x = self.images[:images]
        made = tflite_model(self.network, self.tensors, images)
        lite = interpreter.Interpreter(model_content=made, num_threads=self.threads)
        lite.allocate_tensors()
        lite.set_tensor(lite.get_input_details()[0]["index"], x)
        return lite

    def infer(self, images):
        if images not in self.parts:
            self.parts[images] = self.converted(images)
        lite = self.parts[images]
        lite.invoke()
        return lite.get_tensor(lite.get_output_details()[0]["index"])


peer.main(Tflite)
