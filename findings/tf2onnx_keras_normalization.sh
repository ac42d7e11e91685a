#!/usr/bin/env bash
# tf2onnx 1.17.0 (TensorFlow 2.21.0, Keras 3.15.1, onnx 1.23.2, onnxruntime 1.32.0): a Keras `Normalization` layer becomes an
# ONNX file that wants its mean and its standard deviation as further inputs.
#
# The layer keeps them as eager tensors, which its function captures; tf2onnx takes whatever a function captures, variables
# apart, for an input. It does so whether the numbers were given or adapted. `onnx.checker` finds nothing wrong, the file
# loads, and only whoever feeds the one input that the Keras model has is told of two more, named
# ".../normalization/Sub/y:0" and ".../Sqrt/x:0". `Rescaling`, whose numbers are plain Python ones, is right.
#
# Seen, inputs of the file:
#   Normalization(mean, variance)   image and two more
#   Normalization, adapted          image and two more
#   Rescaling                       image
#
# Exit code 0 while this is so, 1 if it has changed.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "tensorflow==2.21.0" "keras==3.15.1" "tf2onnx==1.17.0" "onnx==1.23.2" \
    "onnxruntime==1.32.0"

cat > "$folder/look.py" <<'PYTHON'
import keras
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import tf2onnx

images = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype(np.float32)


def look(name, layer):
    """Returns how many inputs the file has, and whether it gives what Keras gives when the first alone is fed."""
    image = keras.Input((4, 4, 3), name="image")
    model = keras.Model(image, layer(image))

    @tf.function(input_signature=[tf.TensorSpec((None, 4, 4, 3), tf.float32, name="image")])
    def serve(image):
        return {"normalized": model(image, training=False)}

    proto, _ = tf2onnx.convert.from_function(serve, input_signature=serve.input_signature, opset=18)
    onnx.checker.check_model(proto)
    session = onnxruntime.InferenceSession(proto.SerializeToString())
    inputs = [each.name for each in session.get_inputs()]
    print(f"{name}: inputs {inputs}")
    try:
        (answer,) = session.run(["normalized"], {"image": images})
    except ValueError as error:
        print(f"  {error}")
        return len(inputs), False
    return len(inputs), bool(np.allclose(answer, model(images), atol=1e-5))


adapted = keras.layers.Normalization()
adapted.adapt(images)
print("TensorFlow", tf.__version__, "Keras", keras.__version__, "tf2onnx", tf2onnx.__version__)
given = look("Normalization(mean, variance)", keras.layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[4.0, 5.0, 6.0]))
learned = look("Normalization, adapted", adapted)
rescaled = look("Rescaling", keras.layers.Rescaling(0.5, offset=-1.0))
as_seen = given == learned == (3, False) and rescaled == (1, True)
print("As described." if as_seen else "CHANGED: not as described any more.")
raise SystemExit(0 if as_seen else 1)
PYTHON

TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" -W ignore "$folder/look.py"
