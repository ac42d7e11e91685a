"""Runs strategies on a reward that needs no child, with each seed beside random search, and writes what came of it.

The controller's numbers stand where they always stood; those of all strategies stand beside them.
"""

import csv
import dataclasses
import io
import pathlib
import time
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from enas_tf.assess.plan.directory import ExperimentDirectory
from enas_tf.assess.plan.settings import AssessConfig
from enas_tf.assess.report.plots import to_png
from enas_tf.assess.synthetic.courses import Course, Observer, run_course
from enas_tf.assess.synthetic.plots import plot_courses
from enas_tf.assess.synthetic.verdicts import Courses, comparisons, table_lines, verdict
from enas_tf.config import SearchConfig
from enas_tf.poisoning import space_of
from enas_tf.reporting.progress import RunProgress
from enas_tf.reporting.results import replacing, write_json, write_text
from enas_tf.reporting.run_directory import require_writable
from enas_tf.strategies.registry import CONTROLLER, STRATEGIES


def assess_synthetic(
    config: AssessConfig, directory: ExperimentDirectory, searches: Mapping[str, SearchConfig], num_candidates: int
) -> list[str]:
    """Lets each strategy search with each seed on a synthetic reward, and writes curves, a table and a picture.

    Args:
      config: Names the reward and the seeds.
      directory: Where the files go, into a directory of their own.
      searches: Settings by strategy, which differ in it alone; random is among them.
      num_candidates: Architectures that each of them has rewarded, with each seed.

    Returns:
      Lines to show: verdicts, and where the files are.

    Raises:
      InputError: If nothing can be written there, or settings do not fit the space.
      KeyboardInterrupt: If the user stops it; nothing is written then.
    """
    require_writable(f"--experiment_dir={directory.path}", directory.path)
    courses = _run(config, searches, num_candidates)
    lines: list[str] = []
    controller: dict[str, object] = {}
    if CONTROLLER in courses:
        curves = {seed: course.rounds for seed, course in courses[CONTROLLER].items()}
        lines = [verdict(config.reward_name, curves)]
        controller = {"controller": _settings(searches[CONTROLLER]), "verdict": lines[0], "curves": _by_text(curves)}
    search_for = next(iter(searches.values())).run.search_for
    directory.synthetic.mkdir(parents=True, exist_ok=True)
    stem = directory.synthetic / f"{search_for}_{config.synthetic_reward}"
    write_json(
        stem.with_suffix(".json"),
        {
            "reward": config.synthetic_reward,
            "search_for": search_for,
            **controller,
            "num_candidates": num_candidates,
            "strategies": {name: _numbers(courses, name, searches[name]) for name in courses},
        },
    )
    _write_csv(courses, stem.with_suffix(".csv"))
    with replacing(stem.with_suffix(".png")) as file:
        file.write(to_png(plot_courses(config.reward_name, courses)))
    files = [f"Curves: {stem.with_suffix('.json')}, {stem.with_suffix('.png')}", f"Table: {stem.with_suffix('.csv')}"]
    return [*lines, *_remarks(courses), *table_lines(courses), *comparisons(courses).values(), *files]


def _run(config: AssessConfig, searches: Mapping[str, SearchConfig], num_candidates: int) -> Courses:
    """Runs all courses, and shows meanwhile where they are, apart from the lines that are returned."""
    for search in searches.values():
        space_of(search)  # refused before anything runs
    labels = {name: STRATEGIES[name].label for name in searches}
    planned = {label: num_candidates * len(config.seeds) for label in labels.values()}
    courses: dict[str, dict[int, Course]] = {name: {} for name in searches}
    with RunProgress(Console(stderr=True), planned, time.monotonic()) as progress:
        for name, search in searches.items():
            for seed in config.seeds:
                progress.begin(labels[name], num_candidates, time.monotonic())
                seeded = dataclasses.replace(search, run=dataclasses.replace(search.run, seed=seed))
                observer = _observer(progress, seed)
                courses[name][seed] = run_course(seeded, config.reward_name, num_candidates, observer)
    return courses


def _observer(progress: RunProgress, seed: int) -> Observer:
    return lambda reward: progress.advance(time.monotonic(), f"seed {seed}  reward {reward:.3f}")


def _remarks(courses: Courses) -> list[str]:
    """What strategies say to the number of candidates, which no seed changes."""
    return list(dict.fromkeys(line for by_seed in courses.values() for c in by_seed.values() for line in c.remarks))


def _settings(search: SearchConfig) -> dict[str, object]:
    return {"search_whole_channels": search.run.search_whole_channels, **vars(search.strategy)}


def _numbers(courses: Courses, name: str, search: SearchConfig) -> dict[str, object]:
    """What came of a strategy, as JSON keeps it."""
    by_seed = {
        seed: {"best_reward": course.best, "area": course.area, "mean_reward": course.mean, "curve": course.curve()}
        for seed, course in courses[name].items()
    }
    compared = {"against_random": comparisons(courses).get(name)}
    return {"settings": _settings(search), **compared, "seeds": _by_text(by_seed)}


def _by_text(by_seed: Mapping[int, Any]) -> dict[str, Any]:
    return {str(seed): value for seed, value in by_seed.items()}


def _write_csv(courses: Courses, path: pathlib.Path) -> None:
    """Writes a row for each place of each curve."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["strategy", "seed", "architectures", "best_reward", "mean_reward"])
    for name, by_seed in courses.items():
        for seed, course in by_seed.items():
            curve = course.curve()
            columns = (curve[column].tolist() for column in ("architectures", "best_reward", "mean_reward"))
            writer.writerows([name, seed, *row] for row in zip(*columns, strict=True))
    write_text(path, text.getvalue())
