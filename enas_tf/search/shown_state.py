"""What is shown of a strategy beside its candidates: policy and population as pictures, and when among many rounds."""

import numpy as np

from enas_tf.reporting import search_events
from enas_tf.reporting.run_reporter import RunReporter
from enas_tf.search_space.distributions import shares
from enas_tf.strategies.strategy import Policy, Strategy


def show_state(reporter: RunReporter, name: str, strategy: Strategy, policy: Policy | None, step: int) -> None:
    """Draws what a strategy has come to.

    Args:
      reporter: Of the run.
      name: Of the strategy.
      strategy: Its population is drawn if it has one.
      policy: Likewise; one that nothing is known of but operations, as that of uniform draws, is not.
      step: On the axis of TensorBoard's pictures.
    """
    if policy is not None and policy.connections is not None:
        averaged = np.mean(policy.operations, axis=0), np.mean(policy.connections, axis=0)
        search_events.show_policy(reporter, name, step, *averaged)
    if population := strategy.population():
        search_events.show_population(reporter, name, step, *shares(reporter.space, population))


def is_among(number: int, total: int, how_many: int) -> bool:
    """Whether something, counted from 1, is among so many of a total, spread evenly; the last one is."""
    return number * how_many // total > (number - 1) * how_many // total
