"""Lets a run begin where a checkpoint of the original ends, with everything its optimizers have kept."""

from collections.abc import Iterator, Mapping

import keras
import numpy as np
import tensorflow as tf

from enas_tf.config import SearchConfig
from enas_tf.data import SearchData
from enas_tf.errors import InputError
from enas_tf.original.checkpoint import OriginalCheckpoint
from enas_tf.original.checkpoint_network import CONTROLLER, NETWORK, load_variables, named_variables
from enas_tf.original.checkpoint_sizes import CheckpointSizes, infer_sizes
from enas_tf.original.child_naming import from_original, numbered_branches
from enas_tf.search.loop import Task
from enas_tf.strategies.controller import ControllerConfig
from enas_tf.strategies.reinforce import ControllerTrainer
from enas_tf.training.child_optimizer import ChildOptimizer
from enas_tf.training.child_trainer import ChildTrainer

FLAG = "init_from_original"
_CHILD_STEPS, _CONTROLLER_STEPS = "global_step", "train_step"
_BASELINE = "Variable"  # the original gives it no name
_MOMENTUM, _ADAM = "Momentum", ("Adam", "Adam_1")  # first and second moment


def initialise_from_original(config: SearchConfig, task: Task, data: SearchData) -> list[str]:
    """Gives a run the weights, moving averages, optimizer slots, baseline and steps of a checkpoint.

    Where slots, baseline or steps are not in it, they stay at zero.

    Args:
      config: Of the run; its `init_from_original` names the checkpoint.
      task: The run's, at its initial values.
      data: The run's images.

    Returns:
      Lines that say what was done.

    Raises:
      InputError: If the checkpoint is none, sizes do not fit, or the strategy trains weights in a way of its own;
        nothing is changed then.
    """
    directory = config.run.init_from_original
    if directory is None:
        raise InputError(f"--{FLAG}", "a TensorFlow 1 checkpoint", "nothing")
    child_trainer = task.child_trainer
    if not isinstance(child_trainer, ChildTrainer):
        raise InputError(f"--{FLAG}", "a strategy that trains weights as the original does", config.strategy.name)
    checkpoint = OriginalCheckpoint(directory, FLAG)
    check_sizes(infer_sizes(checkpoint), config, data, checkpoint.what)
    step = int(_scalar(checkpoint, _CHILD_STEPS) or 0)
    epochs_done = step // data.batches_per_epoch
    if config.run.num_epochs <= epochs_done:
        expected = f"more than the {epochs_done} that {checkpoint.what} has behind it at step {step}"
        raise InputError("--num_epochs", expected, config.run.num_epochs)
    trainer = getattr(getattr(task, "strategy", None), "trainer", None)
    named = named_variables(task.child, None if trainer is None else trainer.controller)
    contents = load_variables(checkpoint, named)
    num_slots = _load_momenta(checkpoint, named[NETWORK], child_trainer.optimizer)
    if trainer is not None:
        num_slots += _load_controller_state(checkpoint, named[CONTROLLER], trainer)
    child_trainer.step_count.assign(step)
    task.state.evaluated_epoch.assign(epochs_done)
    return [
        f"Beginning at step {step} with {checkpoint.what}: {sum(map(len, contents.read.values()))} variables and "
        f"{num_slots} optimizer slots read"
    ]


def check_sizes(sizes: CheckpointSizes, config: SearchConfig, data: SearchData, what: str) -> None:
    """Checks that a checkpoint fits a run.

    Raises:
      InputError: Naming the first flag whose value does not fit.
    """
    for flag, stored, given in _sizes(sizes, numbered_branches(config)):
        if stored != given:
            raise InputError(f"--{flag}", f"{stored}, as in {what}", given)
    sizes.check_images(data.image_shape, data.num_classes)


def _sizes(sizes: CheckpointSizes, config: SearchConfig) -> Iterator[tuple[str, object, object]]:
    """Flags with what the checkpoint says and what the run says."""
    yield "search_for", sizes.search_for, "micro" if config.run.search_for == "micro" else "macro"
    kinds = {True: "one architecture", False: "nothing (a search)"}
    yield "child_fixed_arc", kinds[sizes.is_fixed], kinds[config.child.fixed_arc is not None]
    filters = sizes.child["out_filters"]
    yield "child_out_filters times --child_out_filters_scale", filters, config.child.filters
    for field, value in sizes.child.items():
        if not field.startswith("out_filters"):
            yield f"child_{field}", value, getattr(config.child, field)
    if config.child.fixed_arc is None and isinstance(config.strategy, ControllerConfig):
        yield "controller_search_whole_channels", sizes.search_whole_channels, config.run.search_whole_channels
        for field, value in sizes.controller.items():
            yield f"controller_{field}", value, getattr(config.strategy, field)


def _load_momenta(
    checkpoint: OriginalCheckpoint, variables: Mapping[str, keras.Variable], optimizer: ChildOptimizer
) -> int:
    moved = {id(variable) for variable in optimizer.targets}
    names = [
        name
        for name, variable in variables.items()
        if id(variable.value) in moved and f"{name}/{_MOMENTUM}" in checkpoint.shapes
    ]
    values = checkpoint.read(f"{name}/{_MOMENTUM}" for name in names)
    for name in names:
        momentum = from_original(name, values[f"{name}/{_MOMENTUM}"])
        optimizer.set_momentum(variables[name].value, tf.constant(momentum))
    return len(names)


def _load_controller_state(
    checkpoint: OriginalCheckpoint, variables: Mapping[str, keras.Variable], trainer: ControllerTrainer
) -> int:
    """Adam's moments and number of updates, and the baseline."""
    _, _, *slots = trainer.optimizer.variables  # behind iterations and learning rate: two slots a weight
    pairs = zip(slots[::2], slots[1::2], strict=True)
    slots_of = {id(weight): pair for weight, pair in zip(trainer.controller.trainable_variables, pairs, strict=True)}
    stored = {
        f"{name}/{kind}": slot
        for name, variable in variables.items()
        for kind, slot in zip(_ADAM, slots_of[id(variable)], strict=True)
        if f"{name}/{kind}" in checkpoint.shapes
    }
    for name, value in checkpoint.read(stored).items():
        stored[name].assign(value)
    trainer.optimizer.iterations.assign(int(_scalar(checkpoint, _CONTROLLER_STEPS) or 0))
    trainer.baseline.assign(_scalar(checkpoint, _BASELINE) or 0.0)
    return len(stored)


def _scalar(checkpoint: OriginalCheckpoint, name: str) -> np.ndarray | None:
    return checkpoint.read([name])[name] if checkpoint.shapes.get(name) == () else None
