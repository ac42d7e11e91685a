"""What the process of one run does: its search, then the stand-alone trainings of architectures it ended with.

Whatever is finished is not done again, and whatever was begun goes on, so the process may be killed at any time.
"""

import dataclasses
import itertools
import os
import pathlib
import signal
import stat
import threading
import time
from collections.abc import Callable, Mapping

from enas_tf.assess.plan.runs import RunFiles
from enas_tf.config import SearchConfig
from enas_tf.reporting.directory_lock import locked
from enas_tf.reporting.results import read_json, write_json
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.search.settings import CommandLine
from enas_tf.strategies.registry import CONTROLLER, kind_of

# What an orphan may take to notice that its parent is gone, to save and to end.
_SECONDS_TO_WAIT = 120.0
_SECONDS_TO_SAVE = 90.0


@dataclasses.dataclass(frozen=True)
class Standalone:
    """How many architectures of a run are trained from scratch, and for how long.

    Attributes:
      num_arcs: Architectures, the run's best one first; 0 for none.
      num_epochs: Epochs of each training.
    """

    num_arcs: int
    num_epochs: int


def run_member(
    config: SearchConfig, standalone: Standalone, command_line: Callable[[SearchConfig], CommandLine]
) -> None:
    """Brings a run to its end.

    Args:
      config: Of its search.
      standalone: What follows the search.
      command_line: How the settings of a run stand on one.

    Raises:
      As `run_session`.
    """
    # TensorFlow takes seconds to import, and an experiment's own process never needs it.
    from enas_tf.search.architecture_search import run_search
    from enas_tf.search.final_training import run_final_training

    def start(run: Callable, settings: SearchConfig) -> None:
        if not RunDirectory(settings.run.output_dir).results.exists():
            run(settings, command_line(settings))

    files = RunFiles(pathlib.Path(config.run.output_dir))
    # An orphan of a killed experiment may still have to let go of it.
    with locked(f"--output_dir={files.path}", files.path, patience=_SECONDS_TO_WAIT):
        start(run_search, config)
        if not standalone.num_arcs or files.standalone.exists():
            return
        measured = select_arcs(read_json(files.search.results), standalone.num_arcs)
        for index, arc in enumerate(measured):
            training = files.standalone_training(index)
            start(run_final_training, training_config(config, arc["arc"], training, standalone.num_epochs))
            arc["standalone_accuracy"] = read_json(training.results)["test_accuracy"]
        write_json(files.standalone, measured)


def select_arcs(results: Mapping, num_arcs: int) -> list[dict]:
    """Chooses architectures of a finished search: its best, then those of its last epoch as they were drawn.

    They are not chosen by their accuracy, for a choice among good ones would hide how well ranks agree.

    Returns:
      Up to `num_arcs` different ones, each with `arc` and its accuracies with shared weights.
    """
    best = {
        "arc": results["best_arc"],
        "valid_accuracy": results["best_arc_valid_accuracy"],
        "test_accuracy": results["best_arc_test_accuracy"],
    }
    by_arc: dict[str, dict] = {}
    for entry in [best, *results["final_arcs"]]:
        by_arc.setdefault(entry["arc"], {name: entry[name] for name in best})
    return list(itertools.islice(by_arc.values(), num_arcs))


def watch_parent() -> None:
    """Stops this process as Ctrl-C does once the one that started it is gone: its end of stdin is then closed.

    Does nothing if stdin is no pipe, as for a process started by hand.
    """
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        # A shell starts what it puts in the background, and so all its children, deaf to Ctrl-C.
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        threading.Thread(target=_stop_at_end_of_input, daemon=True).start()


def _stop_at_end_of_input() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(_SECONDS_TO_SAVE)
    os.kill(os.getpid(), signal.SIGKILL)


def training_config(config: SearchConfig, arc: str, directory: RunDirectory, num_epochs: int) -> SearchConfig:
    """Returns the settings of one architecture's training, by the child's flags whatever strategy has found it.

    Args:
      config: Of the search.
      arc: The architecture, as its flag string.
      directory: Of the training.
      num_epochs: Of it.
    """
    run = dataclasses.replace(config.run, output_dir=str(directory.path), num_epochs=num_epochs)
    strategy = config.strategy if config.strategy.trains_by_child_flags else kind_of(CONTROLLER).config()
    child = dataclasses.replace(config.child, fixed_arc=arc)
    return dataclasses.replace(config, run=run, strategy=strategy, child=child)
