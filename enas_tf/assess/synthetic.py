"""Whether the controller learns a reward that needs no child: REINFORCE alone, without the noise of shared weights."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from enas_tf.assess.plan.directory import ExperimentDirectory
from enas_tf.assess.plan.settings import AssessConfig
from enas_tf.assess.report.plots import to_png
from enas_tf.assess.statistics.inference import Summary, summarize
from enas_tf.config import SearchConfig
from enas_tf.poisoning import space_of
from enas_tf.reporting.results import replacing, write_json
from enas_tf.reporting.run_directory import require_writable
from enas_tf.search.synthetic_search import run_synthetic_search
from enas_tf.strategies.registry import CONTROLLER, STRATEGIES

_UNIFORM = "#555555"
_SIZE, _DPI = (5.2, 3.4), 130
# Updates whose mean is a curve's beginning or end: so many, but never more than a tenth of all.
_WINDOW = 50
# No operation may hold more than this share of all draws when there is nothing to learn.
_COLLAPSED_SHARE = 0.5

Curves = Mapping[int, Sequence[Mapping]]


def assess_synthetic(config: AssessConfig, directory: ExperimentDirectory, search: SearchConfig) -> list[str]:
    """Trains a controller with each seed on a synthetic reward, and writes the curves as JSON and as a plot.

    Args:
      config: Names the reward, the updates and the seeds.
      directory: Where the files go, into a directory of their own.
      search: Settings of the controller and its space.

    Returns:
      Lines to show: the verdict, and where the files are.

    Raises:
      InputError: If nothing can be written there, or settings do not fit the space.
      KeyboardInterrupt: If the user stops it; nothing is written then.
    """
    require_writable(f"--experiment_dir={directory.path}", directory.path)
    curves = {seed: _run(config, search, seed) for seed in config.seeds}
    text = verdict(config.synthetic_reward, curves)
    directory.synthetic.mkdir(parents=True, exist_ok=True)
    stem = directory.synthetic / f"{search.run.search_for}_{config.synthetic_reward}"
    write_json(
        stem.with_suffix(".json"),
        {
            "reward": config.synthetic_reward,
            "search_for": search.run.search_for,
            "controller": {"search_whole_channels": search.run.search_whole_channels, **vars(search.strategy)},
            "verdict": text,
            "curves": {str(seed): rows for seed, rows in curves.items()},
        },
    )
    with replacing(stem.with_suffix(".png")) as file:
        file.write(to_png(plot_curves(config.synthetic_reward, curves)))
    return [text, f"Curves: {stem.with_suffix('.json')}, {stem.with_suffix('.png')}"]


def verdict(reward_name: str, curves: Curves) -> str:
    """Says what the curves show, over seeds."""
    rows = next(iter(curves.values()))
    window = max(1, min(_WINDOW, len(rows) // 10))
    begin, end = slice(None, window), slice(-window, None)
    first, last = _window_means(curves, begin, "reward"), _window_means(curves, end, "reward")
    entropy = _window_means(curves, end, "relative_entropy")
    uniform = rows[0]["expected_reward_uniform"]
    head = f"{reward_name}, {len(rows)} updates, {len(curves)} seeds: "
    kept = f"entropy {entropy.mean:.0%} of its maximum"
    if reward_name == "constant":
        share = max(max(rows[-1]["operation_share"]) for rows in curves.values())
        state = "collapsed onto one operation" if share > _COLLAPSED_SHARE else "did not collapse"
        return f"{head}the policy {state}: largest share of an operation {share:.2f}, {kept}."
    learned = min(_means_by_seed(curves, end, "reward")) > uniform + (1 - uniform) / 4
    state = "the controller learns with every seed" if learned else "the controller does not learn with every seed"
    rise = f"from {first.mean:.3f} to {last.mean:.3f} (uniform draws {uniform:.3f})"
    return f"{head}{state}: mean reward {rise}, {kept}."


def plot_curves(reward_name: str, curves: Curves) -> Figure:
    """Plots the mean reward of each update's samples, a line a seed, against what uniform draws get."""
    controller = STRATEGIES[CONTROLLER]
    figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
    axes = figure.subplots()
    for rows in curves.values():
        rewards = [row["reward"] for row in rows]
        axes.plot([row["update"] for row in rows], rewards, color=controller.colour, linewidth=0.9, alpha=0.6)
    uniform = next(iter(curves.values()))[0]["expected_reward_uniform"]
    axes.axhline(uniform, color=_UNIFORM, linestyle="--", label="uniform draws")
    axes.plot([], [], color=controller.colour, label=f"{controller.label}, a line a seed")
    axes.set(xlabel="updates of the controller", ylabel=f"reward: {reward_name} (from 0 to 1)", ylim=(-0.02, 1.02))
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    return figure


def _run(config: AssessConfig, search: SearchConfig, seed: int) -> list[dict]:
    seeded = dataclasses.replace(search, run=dataclasses.replace(search.run, seed=seed))
    updates = run_synthetic_search(seeded, space_of(seeded), config.synthetic_reward, config.synthetic_updates)
    return list(updates)


def _means_by_seed(curves: Curves, window: slice, name: str) -> list[float]:
    return [float(np.mean([row[name] for row in rows[window]])) for rows in curves.values()]


def _window_means(curves: Curves, window: slice, name: str) -> Summary:
    return summarize(_means_by_seed(curves, window, name))
