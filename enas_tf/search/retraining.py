"""The best architectures of a search, each trained in a network of its own, with several seeds.

What is chosen, is chosen on validation images: architectures by their accuracy with the search's shared weights, the
best of them by their mean accuracy after training. Accuracy on test images is told and chooses nothing.
"""

import dataclasses
import hashlib
import pathlib
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console

from enas_tf.config import SearchConfig
from enas_tf.errors import InputError
from enas_tf.reporting.directory_lock import locked, require_unlocked
from enas_tf.reporting.progress import RunProgress
from enas_tf.reporting.results import read_json, read_jsonl, replacing, write_json
from enas_tf.reporting.run_directory import RunDirectory, require_writable
from enas_tf.reporting.tables import TextTable
from enas_tf.search.final_training import run_final_training
from enas_tf.search.finished_search import restore_search, unfinished_note
from enas_tf.search.settings import CommandLine, differences

SUBSETS = ("valid", "test")
_MEASURING = "measuring architectures"


@dataclasses.dataclass(frozen=True)
class RetrainingConfig:
    """What of a search is trained again.

    Attributes:
      run: Directory of the search.
      top: How many of its architectures are trained, the best ones by shared weights.
      seeds: Root seeds; each architecture is trained with each of them.
    """

    run: str
    top: int = 5
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)

    def __post_init__(self) -> None:
        repeated = sorted({str(seed) for seed in self.seeds if self.seeds.count(seed) > 1})
        if repeated:
            raise InputError("--seeds", "each once", f"{', '.join(repeated)} more than once")


class RetrainingDirectory(RunDirectory):
    """Where trainings lie and what comes of them; the best network and its results as in a run of its own.

    Args:
      path: The directory.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.shared_accuracies = self.path / "shared_accuracies.json"

    def training(self, rank: int, seed: int) -> RunDirectory:
        """The run that trains an architecture, by its rank from 1 on, with a seed."""
        return RunDirectory(str(self.path / f"arc_{rank}_seed_{seed}"))


def retrain(
    config: SearchConfig,
    search: SearchConfig,
    retraining: RetrainingConfig,
    command_line: Callable[[SearchConfig], CommandLine],
) -> dict[str, Any]:
    """Measures, trains, compares; whatever was finished before in the same directory is not done again.

    Args:
      config: Of each training; its architecture, seed and the directory's name within `output_dir` are replaced.
      search: What the search was set to.
      retraining: Which architectures and seeds.
      command_line: How the settings of a training stand on one.

    Returns:
      What stands in `results.json`.

    Raises:
      InputError: If the search is not to be read, other work lies in the directory, or another process works there.
      TrainingDivergedError: If a training diverges.
      KeyboardInterrupt: If the user stopped it; the same command goes on.
    """
    config = dataclasses.replace(config, data=dataclasses.replace(config.data, hold_out_validation=True))
    directory = RetrainingDirectory(config.run.output_dir)
    _check(directory, config, retraining, command_line(config))
    what, terminal = f"--output_dir={directory.path}", Console()
    require_unlocked(what, directory.path)
    require_unlocked(f"--run={retraining.run}", pathlib.Path(retraining.run))
    with locked(what, directory.path):
        for line in unfinished_note(retraining.run):
            terminal.out(line, highlight=False)
        ranked = _ranked(directory, search, retraining.run, terminal)
        write_json(directory.retraining, {"run": retraining.run, "config": config.to_plain()})
        rows = []
        for rank, measured in enumerate(ranked[: retraining.top], start=1):
            arc, seeds = measured["arc"], retraining.seeds
            trained = [_train(directory, config, rank, arc, seed, command_line) for seed in seeds]
            rows.append(_row(rank, measured, trained))
        results = _results(retraining, len(ranked), rows)
        _keep_best(directory, results)
        terminal.print(_table(results).for_terminal())
        best = results["best"]
        chosen = f"architecture {best['rank']} with seed {best['seed']}"
        terminal.out(f"Best by validation: {chosen}; its network is {directory.network}", highlight=False)
    return results


def _ranked(directory: RetrainingDirectory, search: SearchConfig, path: str, terminal: Console) -> list[dict[str, Any]]:
    """The architectures of a search, measured now or before, the best first; refused where it has gone on since."""
    state = _state_of(RunDirectory(path))
    if directory.shared_accuracies.exists():
        kept = read_json(directory.shared_accuracies)
        if kept["search"] != state:
            expected = f"the search as it was when it was measured for {directory.path} (or another --output_dir)"
            raise InputError(f"--run={path}", expected, "one that has gone on since")
        return kept["architectures"]
    measured = _measure(search, path, terminal)
    write_json(directory.shared_accuracies, {"search": state, "architectures": measured})
    return measured


def _state_of(run: RunDirectory) -> str:
    """Tells one moment of a search from another: a digest of its architectures and its newest checkpoint."""
    digest = hashlib.blake2b(digest_size=16)
    indices = sorted(run.checkpoints.glob("*.index"), key=lambda path: path.stat().st_mtime_ns)
    for path in (run.arcs, run.candidates, *indices[-1:]):  # an index holds the checksums of all variables
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


def _check(
    directory: RetrainingDirectory, config: SearchConfig, retraining: RetrainingConfig, command_line: CommandLine
) -> None:
    """Refuses a directory in which something else lies, or trainings with other settings."""
    what = f"--output_dir={directory.path}"
    require_writable(what, directory.path)
    if directory.holds_run or (directory.results.exists() and not directory.retraining.exists()):
        raise InputError(what, "an empty directory, or one that enas-train --run began", "one with a run in it")
    if not directory.retraining.exists():
        return
    there = read_json(directory.retraining)
    kinds = {config.strategy.name: type(config.strategy)}
    before = SearchConfig.from_plain(there["config"], kinds, str(directory.retraining))
    before = dataclasses.replace(before, child=dataclasses.replace(before.child, fixed_arc=config.child.fixed_arc))
    found = differences(before, config, command_line)
    if before.run.num_epochs != config.run.num_epochs:
        found.append(f"--num_epochs={config.run.num_epochs} (there: {before.run.num_epochs})")
    if there["run"] != retraining.run:
        found.append(f"--run={retraining.run} (there: {there['run']})")
    if found:
        raise InputError(what, "trainings with the same flags to go on with, or another directory", ", ".join(found))


def _measure(search: SearchConfig, path: str, terminal: Console) -> list[dict[str, Any]]:
    """Measures all different architectures of a search on all validation images; the best first.

    Returns:
      Rows with `arc` and `valid_accuracy`; of equal ones the one that was seen first stands first.
    """
    what = f"--run={path}"
    terminal.out("Reading data", highlight=False)
    task, _ = restore_search(search, path, what)
    arcs = _distinct_arcs(RunDirectory(path), what)
    terminal.out(f"Measuring {len(arcs)} architectures of {path} with its shared weights", highlight=False)
    rows = []
    with RunProgress(terminal, {_MEASURING: len(arcs)}, time.monotonic()) as progress:
        progress.begin(_MEASURING, len(arcs), time.monotonic())
        for arc in arcs:
            accuracy = task.accuracy(task.space.parse(arc, what), "valid")
            rows.append({"arc": arc, "valid_accuracy": accuracy})
            progress.advance(time.monotonic(), f"accuracy {accuracy:.4f}")
    return sorted(rows, key=lambda row: -row["valid_accuracy"])


def _distinct_arcs(run: RunDirectory, what: str) -> list[str]:
    """All architectures that a search has shown or rewarded, in that order."""
    files = [path for path in (run.arcs, run.candidates) if path.exists()]
    arcs = [row["arc"] for path in files for row in read_jsonl(path)]
    if not arcs:
        raise InputError(what, "a search that has shown architectures", f"none in {run.arcs}")
    return list(dict.fromkeys(arcs))


def _train(
    directory: RetrainingDirectory,
    config: SearchConfig,
    rank: int,
    arc: str,
    seed: int,
    command_line: Callable[[SearchConfig], CommandLine],
) -> dict[str, Any]:
    """Trains an architecture with a seed, or goes on with it; returns its results, with `seed` and `directory`."""
    training = directory.training(rank, seed)
    if not training.results.exists():
        run = dataclasses.replace(config.run, output_dir=str(training.path), seed=seed)
        run = dataclasses.replace(run, reset_output_dir=not training.holds_run, overwrite=False)
        child = dataclasses.replace(config.child, fixed_arc=arc)
        settings = dataclasses.replace(config, run=run, child=child)
        header = [f"Architecture {rank} with seed {seed}"]
        run_final_training(settings, dataclasses.replace(command_line(settings), header=header))
    return {**read_json(training.results), "directory": str(training.path)}


def _row(rank: int, measured: dict[str, Any], trained: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What is known of one architecture."""
    names = [f"{subset}_accuracy" for subset in SUBSETS]
    return {
        "rank": rank,
        "arc": measured["arc"],
        "shared_valid_accuracy": measured["valid_accuracy"],
        **{name: _spread([each[name] for each in trained]) for name in names},
        "num_parameters": trained[0]["num_parameters"],
        "multiply_adds": trained[0]["multiply_adds"],
        "trainings": [{name: each[name] for name in ("seed", *names, "directory")} for each in trained],
    }


def _spread(values: Sequence[float]) -> dict[str, float | None]:
    """Mean and sample standard deviation, which one value does not have."""
    return {"mean": statistics.fmean(values), "sd": statistics.stdev(values) if len(values) > 1 else None}


def _results(retraining: RetrainingConfig, num_measured: int, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    best = max(rows, key=lambda row: row["valid_accuracy"]["mean"])
    training = max(best["trainings"], key=lambda each: each["valid_accuracy"])
    return {
        "run": retraining.run,
        "num_architectures": num_measured,
        "seeds": retraining.seeds,
        "architectures": rows,
        "best": {"rank": best["rank"], **training},
    }


def _keep_best(directory: RetrainingDirectory, results: dict[str, Any]) -> None:
    """Copies the best network with its architecture and results, and writes the table's numbers beside them."""
    best = RunDirectory(results["best"]["directory"])
    for source in (best.network, best.best_arc, best.arc_record, *best.path.glob(f"{best.best_arc_picture.name}.*g")):
        with replacing(directory.path / source.name) as copy:
            copy.write(source.read_bytes())
    of_network = {name: value for name, value in read_json(best.results).items() if name not in ("epochs", "speed")}
    write_json(directory.results, {**of_network, **results})


def _table(results: dict[str, Any]) -> TextTable:
    num_seeds = len(results["seeds"])
    return TextTable(
        title=f"The {len(results['architectures'])} best of {results['num_architectures']} architectures, trained with "
        f"{num_seeds} seed{'s' if num_seeds > 1 else ''} each",
        columns=("", "shared", "validation", "test", "parameters", "multiply-adds"),
        rows=[
            (
                str(row["rank"]),
                f"{row['shared_valid_accuracy']:.4f}",
                _with_spread(row["valid_accuracy"]),
                _with_spread(row["test_accuracy"]),
                f"{row['num_parameters']:,}",
                f"{row['multiply_adds']:,}",
            )
            for row in results["architectures"]
        ],
        notes=(
            "shared: on all validation images, with the search's weights. Others: mean ± sd over seeds.",
            "Chosen on validation; test accuracy chooses nothing.",
        ),
    )


def _with_spread(spread: dict[str, float | None]) -> str:
    return f"{spread['mean']:.4f}" + ("" if spread["sd"] is None else f" ± {spread['sd']:.4f}")
