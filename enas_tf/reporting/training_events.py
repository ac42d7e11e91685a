"""What the final training of one architecture tells beside its steps: the network, its cost, the outcome."""

import os
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

from enas_tf.reporting import console
from enas_tf.reporting.results import writing
from enas_tf.reporting.run_reporter import RunReporter

SECONDS_PER_DAY = 86_400

HPARAM_METRICS = {"evaluation/test_accuracy": "test accuracy"}
HELD_OUT_METRICS = {"evaluation/valid_accuracy": "validation accuracy", **HPARAM_METRICS}


def save_network(reporter: RunReporter, save: Callable[[pathlib.Path], None]) -> None:
    """Lets `save` write the network to a file of a temporary name, which then takes its place.

    Raises:
      OutputError: If it cannot be written.
    """
    path = reporter.directory.network
    temporary = path.with_name(f".unfinished_{path.name}")  # Keras wants the ending .keras
    with writing(path):
        try:
            save(temporary)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def show_outcome(reporter: RunReporter, results: Mapping[str, Any], devices: str) -> None:
    """Writes the result files and tells the outcome, with a line for a table of published results.

    Args:
      reporter: Of the run.
      results: Holds `test_accuracy`, `best_test_accuracy`, `num_parameters`, `multiply_adds`; `valid_accuracy` where
        validation images were held out.
      devices: What the run computed on.
    """
    reporter.write_results(results)
    at_end, at_best = results["test_accuracy"], results["best_test_accuracy"]
    days = reporter.seconds / SECONDS_PER_DAY
    error = 100.0 * (1.0 - at_end)
    millions = results["num_parameters"] / 1e6
    network = f", network: {reporter.directory.network}" if reporter.directory.network.exists() else ""
    validation = results.get("valid_accuracy")
    reporter.lines(
        [
            *([] if validation is None else [f"Validation accuracy: {validation:.4f} at the end"]),
            f"Test accuracy: {at_end:.4f} at the end, {at_best:.4f} at best",
            *console.format_largest_class(results),
            f"{results['num_parameters']:,} parameters, {results['multiply_adds']:,} multiply-adds an image",
            "method | devices | time (days) | parameters (millions) | error (%)",
            f"enas_tf | {devices} | {days:.4f} | {millions:.2f} | {error:.2f}",
            f"Results: {reporter.directory.results}{network}",
        ],
        ruled=True,
    )
