#!/usr/bin/env bash
# TensorFlow 2.21.0, Keras 3.15.1, LiteRT 2.3.0: the converter leaves the variables out of a SavedModel that tracks a Keras
# model beside a function of it, and says nothing.
#
# `tf.saved_model.save(model, path, signatures=function)` writes a SavedModel that serves the right numbers. What
# `tf.lite.TFLiteConverter.from_saved_model` makes of it reads variables (READ_VARIABLE) that nothing in the file has
# ever written: the interpreter answers with whatever lies in memory, NaN for one. Neither converter nor interpreter says
# so. A module that tracks the variables alone, and Keras's own `ExportArchive`, are converted with weights as constants.
#
# Seen (a 3x3 convolution and a batch normalization), largest difference from Keras:
#   SavedModel, served                        0
#   LiteRT, the model tracked                 nan, or an error "variable != nullptr was not true"; READ_VARIABLE in the file
#   LiteRT, its variables tracked             6e-07, no such operation
#   LiteRT, by keras.export.ExportArchive     6e-07, no such operation
#
# Exit code 0 while this is so, 1 if it has changed.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "tensorflow==2.21.0" "keras==3.15.1" "ai-edge-litert==2.3.0"

cat > "$folder/look.py" <<'PYTHON'
import tempfile

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

keras.utils.set_random_seed(0)
model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization()])
images = np.random.default_rng(0).normal(size=(1, 8, 8, 3)).astype(np.float32)
expected = model(images, training=False).numpy()


@tf.function(input_signature=[tf.TensorSpec((None, 8, 8, 3), tf.float32, name="image")])
def serve(image):
    return {"map": model(image, training=False)}


def difference(answer):
    return float(np.abs(answer - expected).max())


def look(name, write):
    """Returns how far off the SavedModel is, how far off the LiteRT file is, and whether that reads variables."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder)
        loaded = tf.saved_model.load(folder)
        served = difference(loaded.signatures["serving_default"](image=tf.constant(images))["map"].numpy())
        content = tf.lite.TFLiteConverter.from_saved_model(folder).convert()
    interpreter = Interpreter(model_content=content)
    reads = any(operation["op_name"] == "READ_VARIABLE" for operation in interpreter._get_ops_details())
    try:
        lite = difference(interpreter.get_signature_runner("serving_default")(image=images)["map"])
    except RuntimeError as error:  # nor is that always so
        print(f"{name}: {error}")
        lite = float("nan")
    print(f"{name}: served {served:.1e}, LiteRT {lite:.1e} off, {'reads' if reads else 'no'} variables")
    return served < 1e-5, lite < 1e-4, reads


def by_archive(folder):
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", serve)
    archive.write_out(folder, verbose=False)


module = tf.Module()
module.all = [variable.value for variable in model.variables]
print("TensorFlow", tf.__version__, "Keras", keras.__version__)
tracked = look("model tracked", lambda folder: tf.saved_model.save(model, folder, signatures=serve))
variables = look("variables tracked", lambda folder: tf.saved_model.save(module, folder, signatures=serve))
archive = look("ExportArchive", by_archive)
as_seen = tracked == (True, False, True) and variables == archive == (True, True, False)
print("As described." if as_seen else "CHANGED: not as described any more.")
raise SystemExit(0 if as_seen else 1)
PYTHON

TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" -W ignore "$folder/look.py"
