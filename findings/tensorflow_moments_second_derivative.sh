#!/usr/bin/env bash
# TensorFlow 2.21.0, Keras 3.15.1: second derivatives through `tf.nn.moments` are wrong, and so are those through Keras's
# BatchNormalization in training mode, which calls it.
#
# `tf.nn.moments` holds the mean constant within the variance (`stop_gradient`). To the first derivative that makes no
# difference, for deviations from a mean add up to 0; to the second it does: the Hessian of the variance of n numbers is
# 2/n (I - 1/n), and 2/n I comes back. Nothing warns. So second-order DARTS, MAML or a gradient penalty through such a
# normalization follows another gradient than that of its loss. `tf.compat.v1.nn.fused_batch_norm` has a second derivative
# of its own, and is right.
#
# Seen (float64, CPU): Hessian of the variance of [1, 2, 4, 8], first row:
#   tf.nn.moments          [0.5, 0, 0, 0]
#   written out            [0.375, -0.125, -0.125, -0.125]
# and of the sum of cubes of what BatchNormalization returns in training mode, largest difference from central differences
# of its own first derivative, as a share of the largest entry: .12 with Keras, 6e-11 written out.
#
# Exit code 0 while this is so, 1 if it has changed.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "tensorflow==2.21.0" "keras==3.15.1" "numpy<3"

cat > "$folder/look.py" <<'PYTHON'
import keras
import numpy as np
import tensorflow as tf

VALUES = tf.constant([1.0, 2.0, 4.0, 8.0], tf.float64)


def gradient(function, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = function(x)
    return tape.gradient(value, x)


def hessian(function, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        first = gradient(function, x)
    return tape.jacobian(first, x).numpy()


def by_differences(function, x, step=1e-5):
    rows = []
    for shift in step * np.eye(len(x)):
        above, below = gradient(function, x + shift), gradient(function, x - shift)
        rows.append((above - below).numpy() / (2 * step))
    return np.array(rows)


def error(function):
    expected = by_differences(function, VALUES)
    return np.max(np.abs(hessian(function, VALUES) - expected)) / np.max(np.abs(expected))


def variance_by_moments(x):
    return tf.nn.moments(x, [0])[1]


def variance_written_out(x):
    return tf.reduce_mean((x - tf.reduce_mean(x)) ** 2)


layer = keras.layers.BatchNormalization(dtype="float64")


def cubes_by_keras(x):
    return tf.reduce_sum(layer(x[:, tf.newaxis], training=True) ** 3)


def cubes_written_out(x):
    return tf.reduce_sum(((x - tf.reduce_mean(x)) * tf.math.rsqrt(variance_written_out(x) + layer.epsilon)) ** 3)


print("TensorFlow", tf.__version__, "Keras", keras.__version__)
by_moments, written_out = hessian(variance_by_moments, VALUES), hessian(variance_written_out, VALUES)
print("Hessian of the variance, first row: tf.nn.moments", by_moments[0], "written out", written_out[0])
by_keras, by_hand = error(cubes_by_keras), error(cubes_written_out)
print(f"error of the Hessian through batch normalization: Keras {by_keras:.2g}, written out {by_hand:.2g}")

correct = 0.5 * (np.eye(4) - 0.25)
as_seen = (
    np.allclose(written_out, correct)
    and np.allclose(by_moments, 0.5 * np.eye(4))
    and by_keras > 0.05
    and by_hand < 1e-5
)
print("As described." if as_seen else "CHANGED: not as described any more.")
raise SystemExit(0 if as_seen else 1)
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" "$folder/look.py"
