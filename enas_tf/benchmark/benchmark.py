"""A benchmark from its settings to its numbers.

All contenders start at the same weights and run the same architectures, drawn uniformly by the run's seed.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from enas_tf.benchmark.comparison import Comparison
from enas_tf.benchmark.contenders import ALL_BRANCHES, Contender, StaticContender
from enas_tf.benchmark.kernels import kernels_of
from enas_tf.benchmark.machine import machine, peak_memory
from enas_tf.benchmark.phases import controller_updates, first_step, images_per_second
from enas_tf.benchmark.settings import BenchmarkConfig
from enas_tf.config import DataConfig, SearchConfig
from enas_tf.data import ImageSet, SearchData, load_images
from enas_tf.errors import InputError
from enas_tf.poisoning import space_of
from enas_tf.search_space import Arc
from enas_tf.seeds import named_generator
from enas_tf.strategies.controller import controller_of
from enas_tf.training.device import device_name, prepare_device
from enas_tf.training.evaluation import Batch

_SYNTHETIC_SIDE, _SYNTHETIC_CHANNELS, _SYNTHETIC_CLASSES = 32, 3, 10
_SYNTHETIC_BATCHES = 20


def run_benchmark(config: SearchConfig, settings: BenchmarkConfig, announce: Callable[[str], None]) -> dict[str, Any]:
    """Measures the search that settings describe.

    Args:
      config: The search.
      settings: How it is measured.
      announce: Receives a line before each part, which may take minutes.

    Returns:
      `setting`, `machine`, `first_step`, `child_step`, `evaluation_batch`, `controller_update`, `images_per_second` and
      `peak_memory`, in seconds and MiB; medians come with their quartiles (`Spread`).

    Raises:
      InputError: If settings are given that are none of a search as the library means it, or do not fit the images.
    """
    if config.searches_channels:
        raise InputError("--controller_search_whole_channels", "the flag to be given in a benchmark", "nothing")
    refuse_unmeasurable(config)
    config, _ = prepare_device(config)
    images = take_images(config.data, settings)
    data = SearchData(images, config.data, config.run.seed)
    num_rounds = settings.num_rounds
    drawn = draw_arcs(config, num_rounds + settings.num_static_arcs)
    arcs, static_arcs = drawn[:num_rounds], drawn[num_rounds:]
    batch: Batch = next(iter(data.train_batches()))
    evaluation_batch: Batch = next(iter(data.test_batches()))

    announce("Building the shared network and taking its first step")
    library, first = first_step(config, data, batch, arcs[0])
    memory = {"first step": peak_memory()}
    announce(f"Controller: {num_rounds} updates of {controller_of(config).num_aggregate} samples")
    controller = controller_updates(config, data, library.evaluator, num_rounds)
    rate = images_per_second(data, num_rounds)
    for arc in arcs:
        library.step(batch, arc)
    memory["search"] = peak_memory()

    announce(f"References: tracing static graphs of {len(static_arcs)} architectures")
    all_branches, static = Contender(ALL_BRANCHES, config, data), StaticContender(config, data)
    contenders = (library, all_branches, static)
    child_kernels = {arc: kernels_of(static.trainer.graph(*batch, arc)) for arc in static_arcs}
    evaluation_kernels = {arc: kernels_of(static.evaluator.graph(evaluation_batch[0], arc)) for arc in static_arcs}
    announce(f"Child step: {num_rounds} rounds")
    child = Comparison(lambda one, arc: one.step(batch, arc), *contenders, child_kernels, arcs).measure()
    announce(f"Evaluation batch: {num_rounds} rounds")
    evaluation = Comparison(
        lambda one, arc: one.evaluate(evaluation_batch, arc), *contenders, evaluation_kernels, arcs
    ).measure()
    memory["with references"] = peak_memory()
    return {
        "setting": describe_setting(config, num_rounds)
        | {"static_arcs": [space_of(config).format(arc) for arc in static_arcs]},
        "machine": {"device": device_name(), **machine()},
        "first_step": first,
        "child_step": child,
        "evaluation_batch": evaluation,
        "controller_update": controller,
        "images_per_second": rate,
        "peak_memory": memory,
    }


def refuse_unmeasurable(config: SearchConfig) -> None:
    """Refuses settings that are none of a search as the library means it.

    Raises:
      InputError: Naming the flag.
    """
    if config.child.fixed_arc is not None:
        raise InputError("--child_fixed_arc", "no architecture: a benchmark draws its own", config.child.fixed_arc)
    if config.run.original_quirks:
        names = ",".join(sorted(config.run.original_quirks))
        raise InputError("--original_quirks", "none: the original's way is one of the references", names)


def take_images(config: DataConfig, settings: BenchmarkConfig) -> ImageSet:
    """Makes up the images of a benchmark, or loads those of the search.

    Raises:
      InputError: If they cannot be had.
    """
    return _synthetic_images(config) if settings.synthetic else load_images(config)


def draw_arcs(config: SearchConfig, num_arcs: int) -> list[Arc]:
    """Draws architectures uniformly by the run's seed."""
    generator = named_generator(config.run.seed, "benchmark arcs")
    return [tuple(arc) for arc in space_of(config).uniform(generator, num_arcs).tolist()]


def describe_setting(config: SearchConfig, num_rounds: int) -> dict[str, Any]:
    """What is measured, as the files of a benchmark say it."""
    return {
        "search_for": config.run.search_for,
        "num_layers": config.child.num_layers,
        "filters": config.child.filters,
        "batch_size": config.data.batch_size,
        "eval_batch_size": config.data.eval_batch_size,
        "mixed_precision": config.run.mixed_precision,
        "jit_compile": config.run.jit_compile,
        "seed": config.run.seed,
        "num_rounds": num_rounds,
    }


def _synthetic_images(config: DataConfig) -> ImageSet:
    """Random images, as many as some batches take."""
    side = config.image_size or _SYNTHETIC_SIDE
    num_images = _SYNTHETIC_BATCHES * max(config.batch_size, config.eval_batch_size)
    generator = named_generator(0, "synthetic images")
    images = generator.integers(0, 256, (num_images, side, side, _SYNTHETIC_CHANNELS), dtype=np.uint8)
    labels = generator.integers(0, _SYNTHETIC_CLASSES, num_images, dtype=np.int32)
    return ImageSet("synthetic", images, labels, images, labels, _SYNTHETIC_CLASSES)
