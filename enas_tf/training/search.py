"""Puts a search together from its settings and runs it, from reading the images to `results.json`."""

import math
import shlex

from rich.console import Console

from enas_tf.config import SearchConfig
from enas_tf.data import SearchData, load_images
from enas_tf.models.macro_child import MacroChild
from enas_tf.models.macro_controller import MacroController
from enas_tf.reporting.results import write_text
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.reporting.search_reporter import (
    CHILD_PHASE,
    CONTROLLER_PHASE,
    EVALUATION_PHASE,
    RunPosition,
    SearchReporter,
)
from enas_tf.search_space import MACRO_OPERATIONS, MacroSpace
from enas_tf.training.arc_source import ControllerArcs
from enas_tf.training.checkpoints import Checkpoints, SearchProgress
from enas_tf.training.child_optimizer import ChildOptimizer
from enas_tf.training.child_trainer import ChildTrainer
from enas_tf.training.controller_trainer import ControllerTrainer
from enas_tf.training.device import prepare_device
from enas_tf.training.evaluation import Evaluator
from enas_tf.training.interruption import Interruption
from enas_tf.training.schedules import make_schedule
from enas_tf.training.search_loop import ArchitectureSearch, SearchParts, evaluated_epochs, trains_controller


def build_search(config: SearchConfig, data: SearchData) -> SearchParts:
    """Builds all parts of a macro search at their initial values."""
    quirks, seed = config.run.original_quirks, config.run.seed
    space = MacroSpace(config.child.num_layers, MACRO_OPERATIONS[: config.child.num_branches])
    child = MacroChild(
        space,
        config.child,
        data.image_shape,
        data.num_classes,
        seed=seed,
        quirks=quirks,
        jit_compile=config.run.jit_compile,
        dtype=config.run.mixed_precision,
    )
    trainable = [variable.value for variable in child.trainable_variables]
    optimizer = ChildOptimizer(trainable, config.optimizer, clip="unclipped" not in quirks)
    schedule = make_schedule(config.optimizer, data.batches_per_epoch, "restart_glitch" in quirks)
    only_connections = config.run.search_for == "connection"
    controller = MacroController(space, config.controller, seed=seed, fixed_operation=only_connections)
    controller_trainer = ControllerTrainer(controller, config.controller)
    return SearchParts(
        space=space,
        child=child,
        child_optimizer=optimizer,
        child_trainer=ChildTrainer(child, optimizer, schedule),
        controller_trainer=controller_trainer,
        arcs=ControllerArcs(controller_trainer, seed),
        evaluator=Evaluator(child),
        progress=SearchProgress(space.arc_length),
    )


def run_search(config: SearchConfig, flagfile: str, header: list[str]) -> None:
    """Runs or resumes a search from its settings to `results.json`.

    Args:
      config: The settings.
      flagfile: A flagfile that repeats the run.
      header: The flags as the log shows them.

    Raises:
      InputError: If data, settings and output directory do not fit; nothing is written then.
      TrainingDivergedError: If the child's loss becomes NaN.
      KeyboardInterrupt: If the user stopped the run; it is saved.
    """
    config, warnings = prepare_device(config)
    directory = RunDirectory(config.run.output_dir)
    resumes = directory.check(flagfile, config.run.reset_output_dir)
    terminal = Console()
    terminal.out("Reading data", highlight=False)
    data = SearchData(load_images(config.data), config.data, config.run.seed)
    parts = build_search(config, data)
    directory.prepare(config.run.reset_output_dir)
    checkpoints = Checkpoints(
        directory.checkpoints,
        parts.child,
        parts.child_optimizer,
        parts.child_trainer,
        parts.controller_trainer,
        parts.progress,
    )
    resumed = _restore(parts, checkpoints) if resumes else None
    write_text(directory.flags, flagfile)
    planned = planned_steps(config, data, parts)
    with SearchReporter(directory, terminal, parts.space, config, planned, resumed) as reporter:
        reporter.lines(header, ruled=True)
        reporter.lines([*warnings, *_description(data, parts, resumed)])
        search = ArchitectureSearch(config, data, parts, checkpoints, reporter)
        announcement = ["Stopping after the step or evaluation under way; Ctrl-C again stops at once, without saving"]
        with Interruption(lambda: reporter.lines(announcement)).listening() as interruption:
            finished = search.run(interruption)
        if not finished:
            reporter.lines(_how_to_resume(directory, checkpoints))
            raise KeyboardInterrupt


def _restore(parts: SearchParts, checkpoints: Checkpoints) -> RunPosition | None:
    if not checkpoints.restore():
        return None
    progress = parts.progress
    return RunPosition(
        int(parts.child_trainer.step_count), int(progress.evaluated_epoch), float(progress.minutes.numpy())
    )


def planned_steps(config: SearchConfig, data: SearchData, parts: SearchParts) -> dict[str, int]:
    """Steps left until the end of the run, by phase."""
    epochs = [epoch for epoch in evaluated_epochs(config) if epoch > int(parts.progress.evaluated_epoch)]
    phases = sum(trains_controller(config, epoch) for epoch in epochs)
    steps = config.run.num_epochs * data.batches_per_epoch
    return {
        CHILD_PHASE: max(steps - int(parts.child_trainer.step_count), 0),
        CONTROLLER_PHASE: phases * config.controller.train_steps - int(parts.progress.phase_updates),
        EVALUATION_PHASE: len(epochs),
    }


def _description(data: SearchData, parts: SearchParts, resumed: RunPosition | None) -> list[str]:
    num_weights = sum(math.prod(variable.shape) for variable in parts.child.trainable_variables)
    lines = [
        f"Images {'x'.join(map(str, data.image_shape))}, {data.num_classes} classes: "
        f"{data.num_train} for training, {data.num_valid} for validation, {data.num_test} for testing",
        "Prepropcess: [subtract mean], [divide std]",
        f"mean: {data.mean}",
        f"std: {data.std}",
        f"Model has {num_weights} params",
    ]
    if resumed:
        lines.append(f"Resuming at step {resumed.step}")
    return [*lines, "Tracing: each operation is compiled when an architecture first uses it, so first steps are slow"]


def _how_to_resume(directory: RunDirectory, checkpoints: Checkpoints) -> list[str]:
    return [
        f"Interrupted; saved {checkpoints.latest}",
        f"To go on: enas-search --flagfile={shlex.quote(str(directory.flags))} --noreset_output_dir",
    ]
