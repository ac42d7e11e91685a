"""Fits a run to the machine: GPU memory, data format, XLA."""

import dataclasses
import os

import tensorflow as tf

from enas_tf.config import SearchConfig


def prepare_device(config: SearchConfig) -> tuple[SearchConfig, list[str]]:
    """Sets TensorFlow up and adapts settings that this machine cannot follow.

    Returns:
      The settings to run with, and a warning for each that was changed or is unwise.
    """
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    warnings = []
    if not gpus and config.child.data_format == "NCHW":
        warnings.append("--data_format=NCHW needs a GPU and there is none: NHWC is used, with the same results.")
        config = dataclasses.replace(config, child=dataclasses.replace(config.child, data_format="NHWC"))
    if not gpus and config.run.jit_compile:
        warnings.append("--jit_compile on a CPU: expect steps many times slower than without.")
    return config, warnings


def device_name() -> str:
    """What the run computes on, for people: the GPUs by name, or the CPU."""
    gpus = tf.config.list_physical_devices("GPU")
    names = [tf.config.experimental.get_device_details(gpu).get("device_name", "GPU") for gpu in gpus]
    return ", ".join(names) or f"CPU, {os.cpu_count()} cores"
