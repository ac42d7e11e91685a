"""One start of an experiment, new or gone on with: what is checked, what it writes, and what is said of it."""

import datetime
import importlib.metadata
import os
import pathlib
import platform
import sys
from collections.abc import Mapping, Sequence

from rich.console import Console

import enas_tf
from enas_tf.assess.plan.directory import Experiment, ExperimentDirectory
from enas_tf.assess.plan.runs import PlannedRun
from enas_tf.assess.run.progress import ExperimentProgress
from enas_tf.assess.run.runner import Launcher, Runner
from enas_tf.config import SearchConfig
from enas_tf.reporting.results import append_jsonl, write_text
from enas_tf.training.interruption import Interruption

STOPPING = "Stopping: runs under way finish their step and save; Ctrl-C again ends them at once, without saving"

# Of whose versions results depend.
PACKAGES = ("tensorflow", "keras", "numpy", "scipy", "scikit-learn", "matplotlib", "tensorflow-datasets")


def check_inputs(searches: Sequence[SearchConfig]) -> None:
    """Checks what would otherwise make every run fail: makes every search space, then loads the images once.

    The latter also fetches them if that is allowed. For a process of its own, which then holds them and perhaps a GPU.

    Args:
      searches: Of one experiment, which share their images.

    Raises:
      InputError: If a poison does not fit the space, or images do not fit the settings.
    """
    # TensorFlow takes seconds to import, and an experiment's own process never needs it.
    from enas_tf.data import SearchData, load_images
    from enas_tf.poisoning import space_of

    for search in searches:
        space_of(search)
    first = searches[0]
    SearchData(load_images(first.data), first.data, first.run.seed, True)


def run_experiment(
    directory: ExperimentDirectory,
    experiment: Experiment,
    flagfiles: Mapping[PlannedRun, str],
    epochs_per_run: int,
    launcher: Launcher,
    device: str,
    candidates_after: int = 0,
) -> Sequence[str]:
    """Runs what an experiment lacks.

    Args:
      directory: Checked to fit the experiment.
      experiment: The experiment.
      flagfiles: Its runs, each with the flagfile its process is told.
      epochs_per_run: Epochs of a run's search and stand-alone trainings together.
      launcher: How processes are started.
      device: What runs compute on.
      candidates_after: Candidates of a search that takes them after its last epoch; 0 if none does.

    Returns:
      Names of the runs that failed.

    Raises:
      InputError: If another process works on the experiment.
      KeyboardInterrupt: If the user stopped it.
      OSError: If its own files cannot be written.
    """
    console = Console()
    with directory.locked():
        directory.write(experiment)
        for run, flagfile in flagfiles.items():
            run.files.path.mkdir(parents=True, exist_ok=True)
            write_text(run.files.flags, flagfile)
        progress = ExperimentProgress(console, list(flagfiles), epochs_per_run, candidates_after)
        if not progress.num_unfinished:
            return []
        machine = describe_environment(device)
        workers = {"workers": launcher.num_workers, "threads_per_worker": launcher.threads_per_worker}
        append_jsonl(directory.sessions, [machine | workers])
        with Interruption(lambda: console.out(STOPPING, highlight=False)).listening() as interruption:
            Runner(list(flagfiles), launcher, progress).run(interruption)
    return progress.failed_runs


def describe_environment(device: str) -> dict[str, object]:
    """Describes this machine and what is installed on it.

    Args:
      device: What runs compute on, as a process with TensorFlow names it.
    """
    return {
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "device": device,
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "system": platform.platform(),
        "versions": {
            "enas_tf": enas_tf.__version__,
            "python": sys.version.split()[0],
            **{name: importlib.metadata.version(name) for name in PACKAGES},
        },
    }


def _processor() -> str:
    """The processor's name; Linux alone tells it, others at least the architecture."""
    information = pathlib.Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
