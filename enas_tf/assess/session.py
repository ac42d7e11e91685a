"""One start of an experiment, new or gone on with: what it writes, and what is said of it."""

from collections.abc import Mapping, Sequence

from rich.console import Console

from enas_tf.assess.directory import Experiment, ExperimentDirectory
from enas_tf.assess.environment import describe_environment
from enas_tf.assess.experiment import PlannedRun
from enas_tf.assess.progress import ExperimentProgress
from enas_tf.assess.runner import Launcher, Runner
from enas_tf.reporting.results import append_jsonl, write_text
from enas_tf.training.interruption import Interruption

STOPPING = "Stopping: runs under way finish their step and save; Ctrl-C again ends them at once, without saving"


def run_experiment(
    directory: ExperimentDirectory,
    experiment: Experiment,
    flagfiles: Mapping[PlannedRun, str],
    epochs_per_run: int,
    launcher: Launcher,
    device: str,
) -> Sequence[str]:
    """Runs what an experiment lacks.

    Args:
      directory: Checked to fit the experiment.
      experiment: The experiment.
      flagfiles: Its runs, each with the flagfile its process is told.
      epochs_per_run: Epochs of a run's search and stand-alone trainings together.
      launcher: How processes are started.
      device: What runs compute on.

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
        progress = ExperimentProgress(console, list(flagfiles), epochs_per_run)
        if not progress.num_unfinished:
            return []
        machine = describe_environment(device)
        workers = {"workers": launcher.num_workers, "threads_per_worker": launcher.threads_per_worker}
        append_jsonl(directory.sessions, [machine | workers])
        with Interruption(lambda: console.out(STOPPING, highlight=False)).listening() as interruption:
            Runner(list(flagfiles), launcher, progress).run(interruption)
    return progress.failed_runs
