"""What surrounds every run: machine, images, output directory, checkpoints, Ctrl-C."""

import abc
import shlex
from collections.abc import Callable

from rich.console import Console

from enas_tf.config import SearchConfig
from enas_tf.data import SearchData, load_images
from enas_tf.poisoning import space_of
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.reporting.run_reporter import RunPosition, RunReporter
from enas_tf.search.checkpoints import Checkpoints, has_checkpoint
from enas_tf.search.loop import RunParts, TrainingLoop, evaluated_epochs
from enas_tf.search.settings import CommandLine, resumes, write_config
from enas_tf.search_space import SearchSpace
from enas_tf.training.device import prepare_device
from enas_tf.training.interruption import Interruption

# Gives the parts of a new run other values than their initial ones, and says in lines what it did.
Initialiser = Callable[[RunParts, SearchData], list[str]]

STOPPING = "Stopping after the step or evaluation under way; Ctrl-C again stops at once, without saving"


class Job(abc.ABC):
    """A run as its session sees it.

    Args:
      config: The settings.
      data: The images.

    Attributes:
      parts: At their initial values.
      command: The console command that resumes it.
      reporter: The kind of reporter it tells its events to.
      loop: The kind of loop it is.
    """

    command: str
    reporter: Callable[..., RunReporter]
    loop: Callable[..., TrainingLoop]
    parts: RunParts

    def __init__(self, config: SearchConfig, data: SearchData):
        self._config = config
        self._data = data
        self.parts = self._make_parts(space_of(config))

    @abc.abstractmethod
    def _make_parts(self, space: SearchSpace) -> RunParts:
        """Makes what runs, at its initial values."""

    def _child_steps_left(self) -> int:
        """Steps of the child until the end of the run."""
        return max(self._config.run.num_epochs * self._data.batches_per_epoch - self.parts.step, 0)

    def _epochs_left(self) -> list[int]:
        """The epochs whose round of evaluation is still to come."""
        evaluated = int(self.parts.state.evaluated_epoch)
        return [epoch for epoch in evaluated_epochs(self._config) if epoch > evaluated]

    @abc.abstractmethod
    def planned_steps(self) -> dict[str, int]:
        """Steps left until the end of the run, by phase."""

    @abc.abstractmethod
    def description(self) -> list[str]:
        """Lines that say what is about to be trained."""


def run_session(
    make_job: Callable[[SearchConfig, SearchData], Job],
    config: SearchConfig,
    command_line: CommandLine | None,
    hold_out_validation: bool,
    initialise: Initialiser | None = None,
) -> None:
    """Runs or resumes a job.

    Args:
      make_job: Puts it together.
      config: The settings.
      command_line: How settings stand on one; None without.
      hold_out_validation: Whether some of the training images become a validation set.
      initialise: What a new run begins with; None for its initial weights.

    Raises:
      InputError: If data, settings and output directory do not fit; nothing is written then.
      TrainingDivergedError: If the loss is no longer finite.
      KeyboardInterrupt: If the user stopped the run; it is saved.
    """
    directory = RunDirectory(config.run.output_dir)
    goes_on = resumes(directory, config, command_line)
    asked, (config, warnings) = config, prepare_device(config)
    terminal = Console()
    terminal.out("Reading data", highlight=False)
    data = SearchData(load_images(config.data), config.data, config.run.seed, hold_out_validation)
    job = make_job(config, data)
    parts = job.parts
    is_new = not (goes_on and has_checkpoint(directory.checkpoints))
    origin = initialise(parts, data) if initialise is not None and is_new else []
    directory.prepare(config.run.reset_output_dir)
    checkpoints = Checkpoints(directory.checkpoints, parts.child_trainer.step_count, parts.tracked(), parts.plain())
    resumed = _position(parts) if goes_on and checkpoints.restore() else None
    write_config(directory, asked, command_line)
    with job.reporter(directory, terminal, parts.space, config, job.planned_steps(), resumed) as reporter:
        if command_line is not None:
            reporter.lines(command_line.header, ruled=True)
        resumption = [f"Resuming at step {resumed.step}"] if resumed else []
        reporter.lines([*warnings, *_description(data), *job.description(), *origin, *resumption])
        loop = job.loop(config, data, parts, checkpoints, reporter)
        with Interruption(lambda: reporter.lines([STOPPING])).listening() as interruption:
            finished = loop.run(interruption)
        if not finished:
            flags = shlex.quote(str(directory.flags))
            go_on = f"To go on: {job.command} --flagfile={flags} --noreset_output_dir"
            reporter.lines([f"Interrupted; saved {checkpoints.latest}", go_on])
            raise KeyboardInterrupt


def _position(parts: RunParts) -> RunPosition:
    return RunPosition(parts.step, int(parts.state.evaluated_epoch), float(parts.state.minutes.numpy()))


def _description(data: SearchData) -> list[str]:
    shape = "x".join(map(str, data.image_shape))
    held_out = f"{data.num_valid} for validation, " if data.num_valid else ""
    return [
        f"Images {shape}, {data.num_classes} classes: {data.num_train} for training, {held_out}{data.num_test} for "
        "testing",
        "Prepropcess: [subtract mean], [divide std]",  # spelled as in the original's log
        f"mean: {data.mean}",
        f"std: {data.std}",
    ]
