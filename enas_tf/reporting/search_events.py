"""What a search tells beside the training of the child: sampled architectures, a policy, the outcome."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from enas_tf.reporting import console
from enas_tf.reporting.policy_images import SHARE, draw_policy
from enas_tf.reporting.run_reporter import RunReporter
from enas_tf.search_space import Arc, MacroChannelSpace

MEASUREMENT_PHASE = "final measurement"

# What candidates cost by then: its title, and the name of what they cost in all.
_COSTS = {
    "candidate": ("candidates", "num_rewarded"),
    "images": ("images", "num_images"),
    "multiply_adds": ("multiply-adds", "multiply_adds"),
}

HPARAM_METRICS = {
    "evaluation/valid_accuracy": "validation accuracy",
    "evaluation/test_accuracy": "test accuracy",
    "architectures/mean_accuracy": "mean accuracy of the sampled architectures",
}


def show_policy(
    reporter: RunReporter, strategy: str, step: int, operations: np.ndarray, connections: np.ndarray
) -> None:
    """Draws a strategy's policy.

    Args:
      reporter: Of the run.
      strategy: The strategy's name.
      step: Of the child.
      operations: As the policy of the space's controller has them, averaged over architectures.
      connections: Likewise.
    """
    figures = draw_policy(reporter.space, operations, connections)
    reporter.figures({f"{strategy}/{name}": figure for name, figure in figures.items()}, step)
    # Zero stands for what could not be chosen.
    reporter.histograms({f"{strategy}/connection_probability": connections[connections > 0]}, step)


def show_population(
    reporter: RunReporter, strategy: str, step: int, operations: np.ndarray, connections: np.ndarray
) -> None:
    """Draws what a strategy's population is made of (arguments as `show_policy`): shares in place of probabilities."""
    figures = draw_policy(reporter.space, operations, connections, SHARE)
    reporter.figures({f"{strategy}/{name}": figure for name, figure in figures.items()}, step)


def show_architectures(
    reporter: RunReporter,
    epoch: int,
    step: int,
    arcs: Sequence[Arc],
    accuracies: np.ndarray,
    priced: Sequence[tuple[float, float]] | None = None,
) -> None:
    """Shows sampled architectures with their accuracies on a validation batch each, and keeps them.

    Args:
      reporter: Of the run.
      epoch: They were sampled after.
      step: On the axis of TensorBoard's curves.
      arcs: The architectures.
      accuracies: Theirs.
      priced: Where costs have a price, what each is worth and what it costs; None where a reward is the accuracy.
    """
    space = reporter.space
    lines, rows = [console.format_architectures_header(len(arcs))], []
    for arc, accuracy, price in zip(arcs, accuracies, priced or itertools.repeat(None), strict=False):
        row = {"epoch": epoch, "arc": space.format(arc)}
        if price is None:
            rows.append({**row, "reward": accuracy})
        else:
            rows.append({**row, "reward": price[0], "accuracy": accuracy, "cost": price[1]})
        told = console.format_price(*price) if price else ""
        lines.append(console.format_architecture(space.format_layers(arc), accuracy, told))
    reporter.lines(lines)
    reporter.rows(reporter.directory.arcs, rows)
    shown = {"mean_accuracy": float(np.mean(accuracies)), "best_accuracy": float(np.max(accuracies))}
    if priced:
        rewards, costs = zip(*priced, strict=True)
        best = int(np.argmax(rewards))
        shown["best_accuracy"] = float(accuracies[best])
        shown |= {"mean_reward": float(np.mean(rewards)), "best_reward": float(rewards[best])}
        shown |= {"mean_cost": float(np.mean(costs)), "best_cost": float(costs[best])}
    reporter.scalars("architectures", shown, step)


def candidate_line(candidate: Mapping[str, Any], minutes: float) -> str:
    """Returns the line for the log of a candidate: `number`, `reward`, `best_reward`; `accuracy` and `cost` if any."""
    is_priced = "cost" in candidate
    accuracy = f" acc={candidate['accuracy']:<6.4f} cost={console.format_cost(candidate['cost'])}" if is_priced else ""
    return (
        f"candidate={candidate['number']:<6d} reward={candidate['reward']:<8.4f} best={candidate['best_reward']:<8.4f} "
        f"mins={minutes:<10.2f}{accuracy}"
    )


def keep_candidates(
    reporter: RunReporter, epoch: int, arcs: Sequence[str], candidates: Sequence[Mapping[str, Any]]
) -> None:
    """Keeps a row of each candidate: `epoch`, `arc`, and what is told of it, `number` among it."""
    rows = [{"epoch": epoch, "arc": arc, **candidate} for arc, candidate in zip(arcs, candidates, strict=True)]
    reporter.rows(reporter.directory.candidates, rows)


def show_candidates(reporter: RunReporter, candidates: Mapping[str, Any], step: int) -> None:
    """Draws the best reward so far against what it took, up to all that was spent.

    Args:
      reporter: Of the run.
      candidates: `best_so_far`, of each improvement `reward` and costs by the names of `_COSTS`; and the whole costs.
      step: On the axis of TensorBoard's pictures.
    """
    improvements = candidates["best_so_far"]
    if not improvements:  # no reward was a number
        return
    costs = {name: cost for name, cost in _COSTS.items() if name in improvements[0]}
    rewards = [improvement["reward"] for improvement in improvements]
    figure = Figure(figsize=(4 * len(costs), 3), layout="constrained")
    panels = figure.subplots(1, len(costs), sharey=True, squeeze=False)[0]
    for axes, (name, (title, total)) in zip(panels, costs.items(), strict=True):
        (line,) = axes.step([each[name] for each in improvements], rewards, where="post", marker=".")
        axes.hlines(rewards[-1], improvements[-1][name], candidates[total], colors=line.get_color())
        axes.set_xlabel(title)
    panels[0].set_ylabel("best reward so far")
    reporter.figures({"candidates/best_so_far": figure}, step)


def show_outcome(reporter: RunReporter, results: Mapping[str, Any], step: int, outcome: str) -> None:
    """Writes the result files and tells the outcome.

    Args:
      reporter: Of the run.
      results: Holds `best_arc`, `best_arc_layers`, `best_arc_epoch`, `best_arc_reward`, `best_arc_valid_accuracy` and
        `best_arc_test_accuracy`; `guided_random` or `outcome_candidates` where that chose the best one.
      step: Of the child.
      outcome: What the architecture is, in words that `after epoch` may follow.
    """
    reporter.scalars("architecture", {"valid_accuracy": results["best_arc_valid_accuracy"]}, step)
    reporter.write_results(results)
    # Ranges of channels have no network of their own.
    as_a_flag = [f'As a flag: --child_fixed_arc="{results["best_arc"]}"']
    reporter.lines(
        [
            _origin(results, outcome),
            *results["best_arc_layers"],
            f"Its accuracy on all validation images: {results['best_arc_valid_accuracy']:.4f}, "
            f"on all test images: {results['best_arc_test_accuracy']:.4f}",
            *console.format_largest_class(results),
            *_price_line(results),
            *([] if isinstance(reporter.space, MacroChannelSpace) else as_a_flag),
            f"Results: {reporter.directory.results}, picture: {reporter.directory.best_arc_picture}.png",
        ],
        ruled=True,
    )


def _price_line(results: Mapping[str, Any]) -> list[str]:
    """Says what the architecture costs, and what it is worth with its price, where costs have one."""
    if "price" not in results:
        return []
    cost, target = (console.format_cost(each, ",") for each in (results["best_arc_cost"], results["price"]["target"]))
    costs = f"It costs {cost} {results['price']['cost'].replace('_', '-')} (target {target})"
    return [f"{costs}: with the price its validation accuracy is worth {results['best_arc_valid_reward']:.4f}"]


def _origin(results: Mapping[str, Any], outcome: str) -> str:
    """Says where the architecture comes from that a search ends with."""
    guided = results.get("guided_random")
    if guided:
        return (
            f"Best architecture: the best of {guided['num_candidates']} drawn after the search, compared on all "
            f"validation images ({guided['num_images']} evaluated)"
        )
    measured_again = results.get("outcome_candidates")
    if measured_again:
        return (
            f"Best architecture: the best of {len(measured_again)} out of {results['candidates']['num_rewarded']} "
            "candidates, measured again on all validation images"
        )
    epoch, reward = results["best_arc_epoch"], results["best_arc_reward"]
    priced = "a reward of " if "price" in results else ""
    return f"{outcome} after epoch {epoch}, {priced}{reward:.4f} on one validation batch"
