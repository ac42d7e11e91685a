#!/usr/bin/env bash
# tf2onnx 1.17.0 (TensorFlow 2.21.0, onnx 1.23.2, onnxruntime 1.32.0): resizing by `area` becomes resizing to the nearest pixel,
# and nothing says so.
#
# `tf.image.resize(..., method="area")` averages what a new pixel covers. The ONNX file holds a Resize of mode "nearest",
# which takes one pixel of each and drops the rest: converter, `onnx.checker` and onnxruntime are content, and a model that
# shrinks its images itself classifies others than it was trained on. `bilinear` comes out right; `bilinear` with
# antialiasing has no converter, and there onnxruntime refuses the file.
#
# Seen, a 4x4 image of 0 to 15 shrunk to 2x2:
#   TensorFlow      2.5 4.5 10.5 12.5     the means of the four quarters
#   onnxruntime     0   2   8    10       their first pixels
#
# Exit code 0 while this is so, 1 if it has changed.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "tensorflow==2.21.0" "tf2onnx==1.17.0" "onnx==1.23.2" "onnxruntime==1.32.0"

cat > "$folder/look.py" <<'PYTHON'
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import tf2onnx

image = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)


def look(method):
    """Returns what TensorFlow and onnxruntime make of the image."""

    @tf.function(input_signature=[tf.TensorSpec((None, 4, 4, 1), tf.float32, name="image")])
    def shrink(image):
        return {"small": tf.image.resize(image, (2, 2), method=method)}

    proto, _ = tf2onnx.convert.from_function(shrink, input_signature=shrink.input_signature, opset=18)
    onnx.checker.check_model(proto, full_check=True)
    session = onnxruntime.InferenceSession(proto.SerializeToString())
    (small,) = session.run(["small"], {"image": image})
    expected, received = shrink(image)["small"].numpy().ravel(), small.ravel()
    print(f"{method}: TensorFlow {expected}, onnxruntime {received}")
    return expected.tolist(), received.tolist()


print("TensorFlow", tf.__version__, "tf2onnx", tf2onnx.__version__)
by_tensorflow, by_onnx = look("area")
right = look("bilinear")
as_seen = by_tensorflow == [2.5, 4.5, 10.5, 12.5] and by_onnx == [0.0, 2.0, 8.0, 10.0] and right[0] == right[1]
print("As described." if as_seen else "CHANGED: not as described any more.")
raise SystemExit(0 if as_seen else 1)
PYTHON

TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" -W ignore "$folder/look.py"
