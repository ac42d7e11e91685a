"""What a search draws, in numbers: how much of it is poison, and how far its policy is from a uniform one."""

from collections.abc import Sequence

import numpy as np

from enas_tf.search_space import Arc, SearchSpace


def operation_counts(
    space: SearchSpace, arcs: Sequence[Arc], rewards: Sequence[float] | np.ndarray
) -> dict[str, float]:
    """Counts the operations of architectures that are poison ("bad") and those that are not ("good").

    Args:
      space: The space.
      arcs: Some architectures of it.
      rewards: Of each; the highest says which is the best.

    Returns:
      `bad_operations_mean`, `bad_operations_best`, `good_operations_mean` and `good_operations_best`: how many of an
      architecture's operations, on average and in the best.
    """
    bad = [space.count_poisoned(arc) for arc in arcs]
    counts = {"mean": float(np.mean(bad)), "best": bad[int(np.argmax(rewards))]}
    num_operations = len(space.operation_positions)
    return {f"bad_operations_{name}": count for name, count in counts.items()} | {
        f"good_operations_{name}": num_operations - count for name, count in counts.items()
    }


def policy_statistics(space: SearchSpace, probabilities: np.ndarray) -> dict[str, float]:
    """Describes the distributions that operations are drawn from.

    Args:
      space: The space.
      probabilities: [num_arcs, num_draws, num_operations], those of a strategy's `Policy`.

    Returns:
      `bad_probability`, the mean probability of poison, and `bad_uniform_share`, what it is for uniform draws;
      `entropy`, that of all draws of an architecture together in nats, averaged over architectures, and
      `relative_entropy`, as a share of that of uniform draws.
    """
    probabilities = np.asarray(probabilities, np.float64)
    logarithms = np.log(np.where(probabilities > 0, probabilities, 1.0))
    entropy = -float(np.mean(np.sum(probabilities * logarithms, axis=(1, 2))))
    most = space.uniform_entropy
    num_operations = len(space.operations)
    poisoned = [operation for operation in range(num_operations) if space.is_poisoned(operation)]
    return {
        "bad_probability": float(np.mean(np.sum(probabilities[:, :, poisoned], axis=2))),
        "bad_uniform_share": space.num_poisoned / num_operations,
        "entropy": entropy,
        # Where there is nothing to choose, every policy is uniform.
        "relative_entropy": entropy / most if most else 1.0,
    }
