"""What surrounds every run: machine, images, output directory, checkpoints, Ctrl-C."""

import contextlib
import math
import pathlib
import shlex
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console

from enas_tf.config import SearchConfig
from enas_tf.data import SearchData, load_images
from enas_tf.data.fingerprint import Fingerprint
from enas_tf.errors import InputError, OutputError
from enas_tf.reporting.directory_lock import locked, require_unlocked
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.reporting.run_reporter import RunFacts, RunPosition, RunReporter
from enas_tf.search.checkpoints import Checkpoints, has_checkpoint
from enas_tf.search.loop import EpochLoop, Interrupted, Task
from enas_tf.search.settings import CommandLine, resumes, write_config
from enas_tf.search_space import ImageFacts
from enas_tf.training.device import prepare_device
from enas_tf.training.interruption import Interruption

# Gives a new run other values than its initial ones, and says in lines what it did.
Initialiser = Callable[[Task, SearchData], list[str]]

STOPPING = "Stopping after the step or evaluation under way; Ctrl-C again stops at once, without saving"


def run_session(
    make_task: Callable[[SearchConfig, SearchData], Task],
    config: SearchConfig,
    command_line: CommandLine | None,
    hold_out_validation: bool,
    initialise: Initialiser | None = None,
) -> Any:
    """Runs or resumes a task.

    Args:
      make_task: Puts it together, at its initial values.
      config: The settings.
      command_line: How settings stand on one; None without.
      hold_out_validation: Whether some of the training images become a validation set.
      initialise: What a new run begins with; None for its initial weights.

    Returns:
      What the task ends with.

    Raises:
      InputError: If data, settings and output directory do not fit, or another process works there; nothing is
        written then.
      TrainingDivergedError: If the loss is no longer finite.
      KeyboardInterrupt: If the user stopped the run; it is saved.
      OutputError: If the disk is full, or files cannot be written for another reason.
    """
    directory = RunDirectory(config.run.output_dir)
    what = f"--output_dir={directory.path}"
    goes_on = _goes_on(directory, config, command_line)
    asked, (config, warnings) = config, prepare_device(config)
    terminal = Console()
    terminal.out("Reading data", highlight=False)
    data, fingerprint = _read(config, hold_out_validation, lambda line: terminal.out(line, highlight=False))
    task = make_task(config, data)
    is_new = not (goes_on and has_checkpoint(directory.checkpoints))
    origin = initialise(task, data) if initialise is not None and is_new else []
    with locked(what, directory.path):
        if resumes(directory, config, command_line) != goes_on:
            raise InputError(what, "a directory that nobody else writes to", "one in which a run has begun meanwhile")
        aside = directory.prepare(config.run.reset_output_dir, config.run.overwrite)
        with _remedied(task, directory, aside):
            plain = {**task.plain(), "data": fingerprint}
            checkpoints = Checkpoints(directory.checkpoints, task.child_trainer.step_count, task.tracked(), plain)
            resumed = goes_on and checkpoints.restore()
            _require_epochs(task, config, data.batches_per_epoch)
            if checkpoints.missing:
                task.make_up_for(checkpoints.missing, directory)
            task.state.start_clock()
            write_config(directory, asked, command_line)
            position = RunPosition(task.moment, int(task.state.evaluated_epoch), task.num_candidates)
            facts = _facts(task, config, data)
            with RunReporter(directory, terminal, facts, position if resumed else None) as reporter:
                if command_line is not None:
                    reporter.lines(command_line.header, ruled=True)
                beginning = [*_damage(checkpoints), *_beginning(task, config, goes_on, resumed, aside)]
                reporter.lines([*warnings, *_description(data), *task.description(), *origin, *beginning])
                return _run(task, data, checkpoints, reporter, directory)


def _goes_on(directory: RunDirectory, config: SearchConfig, command_line: CommandLine | None) -> bool:
    """Whether a run goes on with one that is there; checked, as `resumes` does, before images are read."""
    what = f"--output_dir={directory.path}"
    goes_on = resumes(directory, config, command_line)
    require_unlocked(what, directory.path)
    if goes_on and directory.results.exists() and not has_checkpoint(directory.checkpoints):
        received = "a finished one without any"
        raise InputError(what, "a run with its checkpoints to resume (or --reset_output_dir)", received)
    return goes_on


def _facts(task: Task, config: SearchConfig, data: SearchData) -> RunFacts:
    """What the reporter is told before the run begins."""
    return RunFacts(
        config,
        task.space,
        task.planned_steps(),
        lambda: task.state.minutes,
        ImageFacts(data.image_shape, data.num_classes, data.class_names),
        task.hparam_metrics,
        task.cost,
    )


def _read(
    config: SearchConfig, hold_out_validation: bool, tell: Callable[[str], object]
) -> tuple[SearchData, Fingerprint]:
    """Reads the images and says which they are; the arrays they were read into end with it."""
    image_set = load_images(config.data, tell)
    data = SearchData(image_set, config.data, config.run.seed, hold_out_validation, config.strategy.kept_share)
    return data, Fingerprint(image_set, config.data.source_flag)


def _require_epochs(task: Task, config: SearchConfig, batches_per_epoch: int) -> None:
    """Refuses a number of epochs that the run has left behind, or with which it would not have been evaluated so."""
    num_epochs, evaluated = config.run.num_epochs, int(task.state.evaluated_epoch)
    begun = math.ceil(task.step / batches_per_epoch)
    if begun > num_epochs:
        raise InputError("--num_epochs", f"at least {begun}, which the run found there has begun", num_epochs)
    if evaluated and evaluated not in config.run.evaluated_epochs:
        expected = (
            f"a number with which --eval_every_epochs={config.run.eval_every_epochs} evaluates epoch {evaluated}, "
            "as the run found there has"
        )
        raise InputError("--num_epochs", expected, num_epochs)


def _run(task: Task, data: SearchData, checkpoints: Checkpoints, reporter: RunReporter, directory: RunDirectory) -> Any:
    """Takes a task to its end, or to where the user stops it."""
    with Interruption(lambda: reporter.lines([STOPPING])).listening() as interruption:
        try:
            return EpochLoop(task, data, checkpoints, reporter, interruption).run()
        except Interrupted:
            pass
    reporter.lines([f"Interrupted; saved {checkpoints.latest}", f"To go on: {_again(task, directory)}"])
    raise KeyboardInterrupt


def _again(task: Task, directory: RunDirectory) -> str:
    """The command by which a run goes on."""
    return f"{task.command} --flagfile={shlex.quote(str(directory.flags))} --noreset_output_dir"


@contextlib.contextmanager
def _remedied(task: Task, directory: RunDirectory, aside: pathlib.Path | None) -> Iterator[None]:
    """Lets whatever cannot be written in the block say how the run goes on once it can be."""
    try:
        yield
    except OutputError as error:
        if has_checkpoint(directory.checkpoints) and directory.flags.exists():
            raise error.with_remedy(f"Once it can be, the run goes on by: {_again(task, directory)}") from error
        moved = "" if aside is None else f"; a finished run was here, it is now in {aside}"
        raise error.with_remedy(f"There is no checkpoint yet: the same command begins anew{moved}") from error


def _damage(checkpoints: Checkpoints) -> list[str]:
    """Names the checkpoints that could not be taken, and the one that was."""
    return [
        f"{path} is damaged ({reason}): going on from the one before it, {checkpoints.latest}"
        for path, reason in checkpoints.damaged.items()
    ]


def _beginning(task: Task, config: SearchConfig, goes_on: bool, resumed: bool, aside: pathlib.Path | None) -> list[str]:
    """Says what became of the run that was asked to be resumed or cleared away."""
    if aside is not None:
        return [f"A finished run was here; it is now in {aside}"]
    if resumed:
        candidates = f", {task.num_candidates} candidates rewarded" if task.num_candidates else ""
        return [f"Resuming at step {task.step}{candidates}"]
    if goes_on:
        return [f"The run in {config.run.output_dir} has no checkpoint yet: it begins anew"]
    if not config.run.reset_output_dir:
        return [f"No run to resume in {config.run.output_dir}: a new one begins"]
    return []


def _description(data: SearchData) -> list[str]:
    shape = "x".join(map(str, data.image_shape))
    held_out = f"{data.num_valid} for validation, " if data.num_valid else ""
    kept = f"{data.num_kept} kept for the strategy, " if data.num_kept else ""
    return [
        f"Images {shape}, {data.num_classes} classes: {data.num_train} for training, {kept}{held_out}{data.num_test} "
        "for testing",
        _largest_classes(data),
        *data.notes,
        "Prepropcess: [subtract mean], [divide std]",  # spelled as in the original's log
        f"mean: {data.mean}",
        f"std: {data.std}",
    ]


def _largest_classes(data: SearchData) -> str:
    """What accuracy has to be compared with: that of always naming the largest class."""
    names = {"valid": "validation", "test": "test"}
    shares = ", ".join(
        f"{100 * share:.1f} % of {names[subset]} images" for subset, share in data.largest_class_shares.items()
    )
    return f"Largest class: {shares}"
