"""A network as a TFLite model: TensorFlow's graph of the scores, converted. For
bench/peer_tflite.py and bench/micro.py.

tflite_model.py FOLDER OUT.tflite   of a folder that `PROGRAM bench --save` filled, with info.txt;
prints the bytes of its weights, and the operations that it has."""
import os
import sys

from network import Network
from peer_tensorflow import TensorflowOps, tf
from tensors import nhwc, read_safetensors


def tflite_model(network, tensors, images):
    """Its bytes. TFLite has the number of images in the model, and folds batch normalisation."""
    p = {k: tf.constant(t) for k, t in nhwc(network, tensors).items()}
    channels, height, width = network.input
    graph = tf.function(lambda x: tf.reshape(network.walk(TensorflowOps(p, False), x),
                                             [images, -1]))
    shape = tf.TensorSpec((images, height, width, channels), tf.float32)
    return tf.lite.TFLiteConverter.from_concrete_functions(
        [graph.get_concrete_function(shape)]).convert()


def main(folder, out):
    from ai_edge_litert.interpreter import Interpreter
    with open(os.path.join(folder, "info.txt")) as f:
        network = Network(f.read(), os.path.basename(folder))
    tensors = read_safetensors(os.path.join(folder, "params.safetensors"))
    model = tflite_model(network, {name: tensors[name] for name in network.shapes}, 1)
    with open(out, "wb") as f:
        f.write(model)
    lite = Interpreter(model_content=model)
    steps = lite._get_ops_details()
    made = {k for step in steps for k in step["outputs"]} | {lite.get_input_details()[0]["index"]}
    weights = sum(lite.get_tensor(k).nbytes for k in
                  {k for step in steps for k in step["inputs"] if k >= 0} - made)
    print(weights, *dict.fromkeys(step["op_name"] for step in steps))


if __name__ == "__main__":
    main(*sys.argv[1:])
