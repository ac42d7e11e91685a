"""Checkpoints in the format and under the names of the original, made up."""

import pathlib

import numpy as np
import tensorflow as tf

from enas_tf.config import ChildConfig, OptimizerConfig, RunConfig, SearchConfig
from enas_tf.original.checkpoint_network import CONTROLLER, NETWORK, named_variables
from enas_tf.original.values import read_variables
from enas_tf.strategies.controller import ControllerConfig

STEP, TRAIN_STEP, BASELINE = 25, 3, 0.25
NUM_CLASSES = 10
IMAGE_SHAPE = (8, 8, 3)


def search_config(search_for: str = "macro", **child) -> SearchConfig:
    """A small search."""
    sizes = {"num_layers": 3, "out_filters": 4, "num_branches": 5, "num_cells": 2} | child
    return SearchConfig(
        RunConfig(search_for=search_for, search_whole_channels=True),
        child=ChildConfig(**sizes),
        optimizer=OptimizerConfig(),
        strategy=ControllerConfig(lstm_size=8, lstm_num_layers=2),
    )


def write_checkpoint(directory: pathlib.Path, values: dict[str, np.ndarray]) -> None:
    """Writes what `tf.train.Saver` of TensorFlow 1 would."""
    directory.mkdir(exist_ok=True)
    prefix = str(directory / f"model.ckpt-{STEP}")
    names = list(values)
    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=names,
        shape_and_slices=[""] * len(names),
        tensors=[tf.constant(values[name]) for name in names],
    )
    tf.compat.v1.train.update_checkpoint_state(str(directory), prefix)


def made_up_values(child, controller=None, seed: int = 0) -> dict[str, np.ndarray]:
    """What a checkpoint of a run of the original holds, each number random but counters."""
    generator = np.random.default_rng(seed)
    named = named_variables(child, controller)
    values = {}
    for what, variables in named.items():
        for name, value in read_variables(variables).items():
            values[name] = _random(generator, value.shape)
            if what == NETWORK and "/moving_" not in name:
                values[f"{name}/Momentum"] = _random(generator, value.shape)
            if what == CONTROLLER:
                values |= {f"{name}/{slot}": _random(generator, value.shape) for slot in ("Adam", "Adam_1")}
            if name.endswith("/moving_mean/local_step"):
                # The count of the other average, which is the same, has a variable of its own.
                values[name] = values[name.replace("moving_mean", "moving_variance")] = np.float32(STEP)
    counters = {"global_step": np.int32(STEP), "train_step": np.int32(TRAIN_STEP), "Variable": np.float32(BASELINE)}
    schedule = {"last_reset": np.int32(0), "T_i": np.int32(10), "beta1_power": np.float32(0)}
    return values | counters | schedule


def _random(generator, shape):
    return generator.uniform(0.1, 1.0, shape).astype(np.float32)
