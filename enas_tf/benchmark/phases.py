"""What is measured without references: the time to the first step, the controller, the input pipeline."""

import itertools
import time

import numpy as np

from enas_tf.benchmark.contenders import LIBRARY, Contender
from enas_tf.benchmark.timing import Spread, seconds_of
from enas_tf.config import SearchConfig
from enas_tf.data import SearchData
from enas_tf.poisoning import space_of
from enas_tf.search_space import Arc
from enas_tf.seeds import derive_seed
from enas_tf.strategies.controller import controller_of, make_controller_search
from enas_tf.training.evaluation import Batch, Evaluator

_LATER_STEPS = 3
_BATCHES_AT_ONCE = 10


def first_step(config: SearchConfig, data: SearchData, batch: Batch, arc: Arc) -> tuple[Contender, dict[str, float]]:
    """Makes the library's network and takes its first step.

    Args:
      config: The settings.
      data: The images.
      batch: Of training images.
      arc: The architecture of the step.

    Returns:
      The contender, and in seconds: `building` of the network, its weights and optimizer; `tracing` with the graph
      optimisation, which is the first step less a later one; the `run` of a later one; the `total` of the three.
    """
    start = time.perf_counter()
    library = Contender(LIBRARY, config, data)
    building = time.perf_counter() - start
    first = seconds_of(lambda: library.step(batch, arc))
    run = min(seconds_of(lambda: library.step(batch, arc)) for _ in range(_LATER_STEPS))
    return library, {"building": building, "tracing": first - run, "run": run, "total": building + first}


def controller_updates(
    config: SearchConfig, data: SearchData, evaluator: Evaluator, num_rounds: int
) -> dict[str, Spread]:
    """Measures updates of the controller as a search makes them, after a first one.

    Args:
      config: The settings.
      data: The images, of whose validation set each sample gets a batch.
      evaluator: Of the shared network.
      num_rounds: How many updates.

    Returns:
      Seconds per sample: `sampling` of architectures, their `rewards`, the REINFORCE `update`, and their `total`.
    """
    trainer = make_controller_search(config, space_of(config)).trainer
    batches, num_samples = iter(data.reward_batches()), controller_of(config).num_aggregate
    seconds: dict[str, list[float]] = {"sampling": [], "rewards": [], "update": [], "total": []}
    for k in range(1 + num_rounds):
        marks = [time.perf_counter()]
        arcs = trainer.sample(num_samples, derive_seed(config.run.seed, "benchmark samples", k))
        marks.append(time.perf_counter())
        rewards = [evaluator.accuracy([arc], [next(batches)]) for arc in map(tuple, arcs.tolist())]
        marks.append(time.perf_counter())
        trainer.update(arcs, np.array(rewards, np.float32))
        marks.append(time.perf_counter())
        parts = np.diff(marks) / num_samples
        for name, value in zip(seconds, (*parts, sum(parts)), strict=True):
            seconds[name].append(value)
    return {name: Spread.of(values[1:]) for name, values in seconds.items()}


def images_per_second(data: SearchData, num_rounds: int) -> Spread:
    """Measures how many augmented training images the input pipeline gives when nobody else computes."""
    batches = iter(data.train_batches())
    rates = []
    for _ in range(1 + num_rounds):
        start = time.perf_counter()
        num_images = sum(len(labels) for _, labels in itertools.islice(batches, _BATCHES_AT_ONCE))
        rates.append(num_images / (time.perf_counter() - start))
    return Spread.of(rates[1:])
