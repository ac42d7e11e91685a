"""Tells what a search does, beside the training of the child: the controller, its policy, sampled architectures."""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from enas_tf.reporting import console
from enas_tf.reporting.policy_images import draw_policy
from enas_tf.reporting.results import append_jsonl, read_jsonl
from enas_tf.reporting.run_reporter import RunReporter
from enas_tf.search_space import Arc, MacroChannelSpace

MEASUREMENT_PHASE = "final measurement"


class SearchReporter(RunReporter):
    """Receives the events of a search (arguments as `RunReporter`)."""

    hparam_metrics = {
        "evaluation/valid_accuracy": "validation accuracy",
        "evaluation/test_accuracy": "test accuracy",
        "architectures/mean_accuracy": "mean accuracy of the sampled architectures",
    }

    @property
    def rows_by_epoch(self) -> Sequence[pathlib.Path]:
        """Files of JSON lines that hold an `epoch` each."""
        return [*super().rows_by_epoch, self._directory.arcs]

    def round_observed(self, first: int, lines: Sequence[str], reward: float) -> None:
        """Reports a round of candidates; the console gets the line of every `log_every`-th of the phase.

        Args:
          first: Number of the round's first candidate within the phase, from 0.
          lines: One for each of its candidates, or none at all.
          reward: Mean of the round.
        """
        self._progress.advance(self._tick(), f"reward {reward:.3f}")
        for number, line in enumerate(lines, start=first):
            if number % self._log_every == 0:
                self._console.write(line)

    def scalars(self, group: str, values: Mapping[str, float], step: int) -> None:
        """Shows numbers by name in TensorBoard, at a step of the child."""
        self._board.scalars({f"{group}/{name}": value for name, value in values.items()}, step)

    def policy(self, step: int, operations: np.ndarray, connections: np.ndarray) -> None:
        """Draws the controller's policy.

        Args:
          step: Of the child.
          operations: As the controller's `policy` returns them, averaged over architectures.
          connections: Likewise.
        """
        for name, figure in draw_policy(self._space, operations, connections).items():
            self._board.figure(f"controller/{name}", figure, step)
        # Zero stands for what could not be chosen.
        self._board.histograms({"controller/connection_probability": connections[connections > 0]}, step)

    def architectures(self, epoch: int, step: int, arcs: Sequence[Arc], accuracies: np.ndarray) -> None:
        """Reports sampled architectures with their accuracies on a validation batch each."""
        self._console.write(console.format_architectures_header(len(arcs)))
        for arc, accuracy in zip(arcs, accuracies, strict=True):
            self._console.write(console.format_architecture(self._space.format_layers(arc), accuracy))
        rows = [
            {"epoch": epoch, "arc": self._space.format(arc), "reward": accuracy}
            for arc, accuracy in zip(arcs, accuracies, strict=True)
        ]
        append_jsonl(self._directory.arcs, rows)
        self._board.scalars(
            {
                "architectures/mean_accuracy": float(np.mean(accuracies)),
                "architectures/best_accuracy": float(np.max(accuracies)),
            },
            step,
        )

    def measured(self) -> None:
        """Reports that one more of the final measurements is done."""
        self._progress.advance(self._tick())

    def shown_architectures(self, epoch: int) -> list[Mapping[str, object]]:
        """Returns what `architectures` kept of an epoch: rows with `epoch`, `arc` and `reward`."""
        return [row for row in read_jsonl(self._directory.arcs) if row["epoch"] == epoch]

    def finish(self, results: Mapping[str, object], step: int, selected: bool) -> None:
        """Writes the result files and tells the outcome.

        Args:
          results: Holds `best_arc`, `best_arc_layers`, `best_arc_epoch`, `best_arc_reward`, `best_arc_valid_accuracy`
            and `best_arc_test_accuracy`; `guided_random` where that chose the best one.
          step: Of the child.
          selected: Whether the architecture is the best of some.
        """
        self._board.scalars({"architecture/valid_accuracy": results["best_arc_valid_accuracy"]}, step)
        self.write_results(results)
        self.lines(
            [
                _origin(results, selected),
                *results["best_arc_layers"],
                f"Its accuracy on all validation images: {results['best_arc_valid_accuracy']:.4f}, "
                f"on all test images: {results['best_arc_test_accuracy']:.4f}",
                *self._as_a_flag(results["best_arc"]),
                f"Results: {self._directory.results}, picture: {self._directory.best_arc_picture}.png",
            ],
            ruled=True,
        )

    def _as_a_flag(self, arc: str) -> list[str]:
        """Says how to train the architecture, if it has a network of its own."""
        return [] if isinstance(self._space, MacroChannelSpace) else [f'As a flag: --child_fixed_arc="{arc}"']


def _origin(results: Mapping[str, object], selected: bool) -> str:
    """Says where the architecture comes from that a search ends with."""
    guided = results.get("guided_random")
    if guided:
        return (
            f"Best architecture: the best of {guided['num_candidates']} drawn after the search, compared on all "
            f"validation images ({guided['num_images']} evaluated)"
        )
    kind = "Best architecture" if selected else "Architecture drawn at random"
    epoch, reward = results["best_arc_epoch"], results["best_arc_reward"]
    return f"{kind}: sampled after epoch {epoch}, {reward:.4f} on one validation batch"
