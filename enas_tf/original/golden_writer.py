"""Writes golden files from this library, in the format of the original's, for other ports and forks to compare to."""

import dataclasses
import math
import pathlib
from collections.abc import Mapping

import numpy as np

from enas_tf.config import OptimizerConfig, SearchConfig
from enas_tf.original.child_naming import numbered_branches
from enas_tf.original.golden import Golden
from enas_tf.original.golden_child import GoldenChild
from enas_tf.original.golden_kind import EXACT_GRADIENTS, QUIRKS, GoldenKind
from enas_tf.original.golden_run import make_replayable, make_run
from enas_tf.original.golden_settings import golden_settings
from enas_tf.poisoning import space_of
from enas_tf.seeds import named_generator

# As in the files of the original. A controller takes a step for each of its arcs, a child one arc after the other.
_NUM_ARCS, _NUM_STEPS, _BATCH_SIZE, _BATCHES_PER_EPOCH, _NUM_CLASSES, _IMAGE_SIZE = 6, 3, 4, 6, 10, 32
_BASELINES = {"baseline_before_each_arc": 0.3, "baseline_before_training": 0.0}
_CONTROLLER_RANGE = 0.5
_SCHEDULE_STEPS = {"cosine": 240, "step_decay": 700}
_SCHEDULE_BATCHES = 3
_PUBLISHED_COSINE = OptimizerConfig(lr_cosine=True, lr_max=0.05, lr_min=0.0005, lr_t_0=10, lr_t_mul=2)


def make_golden(
    path: pathlib.Path, kind: GoldenKind, config: SearchConfig, quirks: frozenset[str], num_steps: int | None = None
) -> Golden:
    """Computes all that a golden file holds.

    Args:
      path: Where it is to be written.
      kind: Of the file.
      config: Sizes, rates and the seed; dropout and drop path are off in a golden file, whatever it says.
      quirks: The original's departures that are switched on.
      num_steps: Training steps, of a controller updates, of a schedule its steps; None for those of the original's
        files.

    Raises:
      InputError: If the settings do not fit one another.
    """
    own = {EXACT_GRADIENTS: True, QUIRKS: sorted(quirks), "seed": config.run.seed}
    # The original's two files of a search differ by their arrays alone.
    settings = {"kind": kind.name.removesuffix("_as_written"), **own}
    if kind.subject == "schedule":
        golden = _schedules(path, settings, config.optimizer, num_steps)
        return dataclasses.replace(golden, arrays=make_run(golden, kind, quirks).arrays())
    child = dataclasses.replace(config.child, keep_prob=1.0, drop_path_keep_prob=1.0)
    run = dataclasses.replace(config.run, search_whole_channels=True)
    config = numbered_branches(dataclasses.replace(config, run=run, child=child))
    settings |= golden_settings(config, kind)
    return _with_outputs(Golden(settings, _inputs(kind, config, num_steps), path), kind, quirks, config.run.seed)


def _with_outputs(golden: Golden, kind: GoldenKind, quirks: frozenset[str], seed: int) -> Golden:
    subject = {"arcs": len(golden.arrays["arcs"]), **_BASELINES}
    if kind.subject != "controller":
        steps, batch = golden.arrays["labels"].shape
        subject = {"batches_per_epoch": _BATCHES_PER_EPOCH, "steps": steps, "batch": batch}
    golden = dataclasses.replace(golden, settings=golden.settings | subject)
    run = make_replayable(golden, kind, quirks)
    run.start_from(_starting_values(run.starting_values, seed))
    if isinstance(run, GoldenChild):
        golden.settings["trainable_parameters"] = sum(math.prod(v.shape) for v in run.trainer.optimizer.targets)
    return dataclasses.replace(golden, arrays=golden.arrays | run.arrays())


def _inputs(kind: GoldenKind, config: SearchConfig, num_steps: int | None) -> dict[str, np.ndarray]:
    space, seed = space_of(config), config.run.seed
    num_arcs = {"fixed": 1, "controller": num_steps or _NUM_ARCS}.get(kind.subject, _NUM_ARCS)
    arcs = space.uniform(named_generator(seed, "golden arcs"), num_arcs)
    if kind.subject == "fixed" and config.child.fixed_arc is not None:
        arcs = np.array([space.parse(config.child.fixed_arc, "--child_fixed_arc")], np.int32)
    if kind.subject == "controller":
        accuracies = named_generator(seed, "golden accuracies").uniform(0.1, 0.9, num_arcs)
        return {"arcs": arcs, "valid_acc": accuracies.astype(np.float32)}
    side = config.data.image_size or _IMAGE_SIZE
    generator = named_generator(seed, "golden images")
    batches = num_steps or _NUM_STEPS, _BATCH_SIZE
    images = generator.normal(size=(*batches, side, side, 3)).astype(np.float32)
    labels = generator.integers(0, _NUM_CLASSES, batches, dtype=np.int32)
    return {"arcs": arcs, "images": images, "labels": labels}


def _starting_values(initial: Mapping[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """Initial weights, but for those that are all alike at the start, or so small that a mistake in them would hide."""
    values = {}
    for name, value in initial.items():
        generator = named_generator(seed, f"golden {name}")
        kind = name.rpartition("/")[2]
        if name.startswith("controller/"):
            value = generator.uniform(-_CONTROLLER_RANGE, _CONTROLLER_RANGE, value.shape)
        elif kind in ("scale", "moving_variance"):
            value = generator.uniform(0.6, 1.4, value.shape)
        elif kind in ("offset", "moving_mean"):
            value = generator.uniform(-0.3, 0.3, value.shape)
        values[name] = np.asarray(value, np.float32)
    return values


def _schedules(path: pathlib.Path, settings: dict, optimizer: OptimizerConfig, num_steps: int | None) -> Golden:
    cosine = optimizer if optimizer.lr_cosine else _PUBLISHED_COSINE
    settings = settings | {
        "cosine": {
            "lr_max": cosine.lr_max,
            "lr_min": cosine.lr_min,
            "T_0": cosine.lr_t_0,
            "T_mul": cosine.lr_t_mul,
            "batches_per_epoch": _SCHEDULE_BATCHES,
        },
        "step_decay": {
            "lr_init": optimizer.lr,
            "every_epochs": optimizer.lr_dec_every,
            "rate": optimizer.lr_dec_rate,
            "batches_per_epoch": _SCHEDULE_BATCHES,
        },
    }
    rates = {name: np.zeros(num_steps or steps, np.float32) for name, steps in _SCHEDULE_STEPS.items()}
    return Golden(settings, rates, path)
