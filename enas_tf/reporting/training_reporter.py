"""Tells what the final training of one architecture does, beside its steps: the network, its cost, the outcome."""

import os
import pathlib
import statistics
from collections.abc import Callable, Mapping

from enas_tf.reporting.run_reporter import RunReporter

SECONDS_PER_DAY = 86_400


class TrainingReporter(RunReporter):
    """Receives the events of a final training (arguments as `RunReporter`)."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._step_seconds: list[float] = []

    def child_step(self, epoch: int, step: int, metrics: Mapping[str, float]) -> None:
        """Reports a training step and remembers how long it took (arguments as `RunReporter.child_step`)."""
        before = self._now
        super().child_step(epoch, step, metrics)
        self._step_seconds.append(self._now - before)

    def save_network(self, save: Callable[[pathlib.Path], None]) -> None:
        """Lets `save` write the network to a file of a temporary name, which then takes its place."""
        path = self._directory.network
        temporary = path.with_name(f".unfinished_{path.name}")  # Keras wants the ending .keras
        save(temporary)
        os.replace(temporary, path)

    def finish(self, results: Mapping[str, object], devices: str) -> None:
        """Writes the result files and tells the outcome, with a line for a table of published results.

        Args:
          results: Holds `test_accuracy`, `best_test_accuracy`, `num_parameters`, `multiply_adds`.
          devices: What the run computed on.
        """
        self.write_results({**results, "speed": self._speed()})
        at_end, at_best = results["test_accuracy"], results["best_test_accuracy"]
        days = sum(self._seconds.values()) / SECONDS_PER_DAY
        error = 100.0 * (1.0 - at_end)
        millions = results["num_parameters"] / 1e6
        self.lines(
            [
                f"Test accuracy: {at_end:.4f} at the end, {at_best:.4f} at best",
                f"{results['num_parameters']:,} parameters, {results['multiply_adds']:,} multiply-adds an image",
                "method | devices | time (days) | parameters (millions) | error (%)",
                f"enas_tf | {devices} | {days:.4f} | {millions:.2f} | {error:.2f}",
                f"Results: {self._directory.results}, network: {self._directory.network}",
            ],
            ruled=True,
        )

    def _speed(self) -> dict[str, float]:
        """Medians over the steps since the run began or went on, in seconds; empty where it made none."""
        if not self._step_seconds:
            return {}
        seconds = statistics.median(self._step_seconds)
        return {"seconds_per_step": seconds, "seconds_per_image": seconds / self._batch_size}
