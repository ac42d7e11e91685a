"""enas-assess: finds out whether the controller learns, by an experiment over strategies, poisons and seeds.

Usage: enas-assess --flagfile=FILE [--name=value ...]; later flags override earlier ones. The flags of a search, which
follow below, hold for every run; what a run differs by (--search_mode, --search_schedule, --poison, --poison_ops,
--remove_ops, --seed) is set by --strategies, --poisons and --seeds, and --output_dir is a directory in
--experiment_dir. All strategies have equally many candidates: --candidates_per_epoch or --num_candidates, one of which
says the other, or else as many as the controller has by its own flags; and an outcome chosen among equally many.
"""

import concurrent.futures
import dataclasses
import multiprocessing
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn

from absl import flags

from enas_tf.assess.plan.budget import BUDGET_FLAGS, SharedBudget, shared_budget
from enas_tf.assess.plan.directory import Experiment, ExperimentDirectory
from enas_tf.assess.plan.runs import PlannedRun, plan_runs, shared_flags
from enas_tf.assess.plan.settings import AssessConfig
from enas_tf.assess.plan.strategies import modes_of, strategy_named
from enas_tf.assess.report.report import write_report
from enas_tf.assess.run.runner import Launcher
from enas_tf.assess.run.session import check_inputs, run_experiment
from enas_tf.cli.assess_flags import STANDALONE_FLAGS, assess_config_from_flags, define_assess_flags
from enas_tf.cli.flags import (
    config_section,
    controller_from_flags,
    define_search_flags,
    flagfile_text,
    search_config_from_flags,
    strategy_from_flags,
    strategy_lines,
)
from enas_tf.cli.main import parse_flags, run_command
from enas_tf.cli.quiet_import import quiet_stderr
from enas_tf.cli.strategy_flags import refuse_flags_of_others
from enas_tf.config import SearchConfig
from enas_tf.errors import InputError
from enas_tf.poisoning import space_config
from enas_tf.strategies.registry import CONTROLLER

_EXIT_FAILED = 1

# Flags of a search that an experiment has no use for, with what takes their place.
_REPLACED_FLAGS = {
    "search_mode": "--strategies",
    "search_schedule": "--strategies, as random@after,",
    "poison": "--poisons",
    "remove_ops": "--poisons",
    "poison_ops": "--poisons",
    "seed": "--seeds",
    "child_fixed_arc": "enas-train",
    "arc_file": "enas-train",
    "init_from_original": "enas-search",
}


def main(argv: Sequence[str]) -> None:
    """Parses the flags and carries out the experiment (arguments as `sys.argv`)."""
    values = define_search_flags(define_assess_flags(flags.FlagValues()))
    parse_flags(values, argv, __doc__)
    config = assess_config_from_flags(values)
    directory = ExperimentDirectory(config.experiment_dir)
    if config.report_only:
        _report(directory)
        return
    _refuse_replaced_flags(values)
    refuse_flags_of_others(values, modes_of(config.strategies), "{} among --strategies")
    if config.synthetic_reward:
        _run_synthetic(config, directory, values)
        return
    searches = planned_searches(config, values)
    experiment = Experiment(config, shared_lines(searches.values(), budget_of(config, values), values))
    directory.check(experiment)
    if config.dry_run:
        _say([f"{run.name}: {'finished' if run.finished else 'to be run'}" for run in searches])
        return
    _run(config, directory, experiment, searches)


def _run(
    config: AssessConfig,
    directory: ExperimentDirectory,
    experiment: Experiment,
    searches: Mapping[PlannedRun, SearchConfig],
) -> None:
    unfinished = any(not run.finished for run in searches)
    device = _check_inputs(list(searches.values())) if unfinished else ""
    standalone = "".join(f"--{spec.name}={getattr(config, spec.field)}\n" for spec in STANDALONE_FLAGS)
    epochs_per_run = next(iter(searches.values())).run.num_epochs + config.standalone_arcs * config.standalone_epochs
    after = max((search.num_candidates or 0 for search in searches.values() if search.searches_after), default=0)
    launcher = Launcher((sys.executable, "-m", "enas_tf.cli.assess_run"), config.num_workers)
    flagfiles = {run: flagfile_text(search, with_training=True) + standalone for run, search in searches.items()}
    try:
        failed = run_experiment(directory, experiment, flagfiles, epochs_per_run, launcher, device, after)
        _report(directory)
    except KeyboardInterrupt:
        again = "To go on, give the same command; for a report of what there is: enas-assess --report_only"
        _say([f"{again} --experiment_dir={directory.path}"])
        raise
    except OSError as error:
        _fail(f"{error}; finished runs are safe, the same command goes on")
    if failed:
        _fail(f"{len(failed)} of {len(searches)} runs failed: {', '.join(failed)}")


def planned_searches(config: AssessConfig, values: flags.FlagValues) -> dict[PlannedRun, SearchConfig]:
    """Lists the runs of an experiment with the settings of their searches.

    Args:
      config: Of the experiment.
      values: Parsed flags, of which those that make a run are set to it.

    Raises:
      InputError: If the flags contradict one another in one of the runs.
      flags.Error: If a poison is unknown.
    """
    budget = budget_of(config, values)
    return {run: _search_of(run, budget, values) for run in plan_runs(config)}


def budget_of(config: AssessConfig, values: flags.FlagValues) -> SharedBudget:
    """Says how many candidates the searches of an experiment have (arguments and errors as `planned_searches`)."""
    asked, run = (config_section(values, section) for section in ("schedule", "run"))
    strategies = [strategy_named(name) for name in config.strategies]
    return shared_budget(strategies, controller_from_flags(values), run, asked)


def _refuse_replaced_flags(values: flags.FlagValues) -> None:
    for name, instead in _REPLACED_FLAGS.items():
        if values[name].present:
            raise InputError(f"--{name}", f"{instead} in its place", values[name].value)


def _search_of(run: PlannedRun, budget: SharedBudget, values: flags.FlagValues) -> SearchConfig:
    """The settings of a run's search: the flags given, and those that make it this run."""
    own = {**run.flags(), **budget.flags(run.condition.scheduled)}
    given = {name: values[name].value for name in own}
    try:
        for name, value in own.items():
            values[name].value = None
            if value is not None:
                values[name].parse(str(value))
        search = search_config_from_flags(values)
        space_config(search)  # says what is wrong with the space before TensorFlow is waited for
        return search
    except InputError as error:
        raise _blamed(error, run) from None
    finally:
        for name, value in given.items():
            values[name].value = value


def _blamed(error: InputError, run: PlannedRun) -> InputError:
    """The same error by the flag that was given, where it names one that is set for a run."""
    names = {name.strip(",=").partition("=")[0] for name in error.what.split()}
    for flag, value in (("poisons", run.condition.poison), ("strategies", run.condition.strategy)):
        if names & {f"--{name}" for name, instead in _REPLACED_FLAGS.items() if instead.startswith(f"--{flag}")}:
            return InputError(f"--{flag}, {value}", error.expected, error.received)
    return error


def shared_lines(searches: Iterable[SearchConfig], budget: SharedBudget, values: flags.FlagValues) -> tuple[str, ...]:
    """The lines of the runs' flagfiles that are no run's own, whichever strategies are compared.

    Those of the controller and of the budget are among them in any case: strategies may be added later.

    Args:
      searches: Of the experiment.
      budget: Of each of them.
      values: The flags they were made from.
    """
    lines = [line for search in searches for line in flagfile_text(search, with_training=True).splitlines()]
    lines += strategy_lines(strategy_from_flags(values, CONTROLLER))
    return (*shared_flags(dict.fromkeys(lines), BUDGET_FLAGS), *budget.lines)


def _check_inputs(searches: Sequence[SearchConfig]) -> str:
    """Checks what needs TensorFlow in a process of its own, so that this one holds neither images nor a GPU.

    Returns:
      What runs compute on.

    Raises:
      InputError: If images or search spaces are not as they should be.
    """
    _say(["Checking images and search spaces"])
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        device, fault = pool.submit(_checked_device, searches).result()
    if fault:
        raise InputError(*fault)
    return device


def _checked_device(searches: Sequence[SearchConfig]) -> tuple[str, tuple[str, str, str] | None]:
    with quiet_stderr():
        from enas_tf.training.device import device_name
    try:
        check_inputs(searches)
    except InputError as error:
        return "", (error.what, error.expected, str(error.received))
    return device_name(), None


def _run_synthetic(config: AssessConfig, directory: ExperimentDirectory, values: flags.FlagValues) -> None:
    search, controller = search_config_from_flags(values), controller_from_flags(values)
    if search.reward.cost is not None:
        raise InputError(
            "--reward_cost", "no such flag with --synthetic_reward, which has no network", search.reward.cost
        )
    searches = {
        name: dataclasses.replace(search, strategy=strategy_from_flags(values, name))
        for name in config.synthetic_strategies
    }
    if left_out := [name for name in config.strategies if strategy_named(name).mode not in searches]:
        _say([f"Left out, for they observe no rewards: {', '.join(left_out)}"])
    num_candidates = config.synthetic_updates * controller.num_aggregate
    with quiet_stderr():
        import tensorflow  # noqa: F401  (strategies load it where they are made, which would be heard)

        from enas_tf.assess.synthetic.assessment import assess_synthetic
    _say(assess_synthetic(config, directory, searches, num_candidates))


def _report(directory: ExperimentDirectory) -> None:
    _say(write_report(directory))


def _say(lines: Sequence[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _fail(text: str) -> NoReturn:
    sys.stderr.write(f"enas-assess: {text}\n")
    raise SystemExit(_EXIT_FAILED)


def run() -> None:
    """Entry point of the console command `enas-assess`."""
    sys.exit(run_command("enas-assess", main))


if __name__ == "__main__":
    run()
