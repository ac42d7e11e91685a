"""The original's console lines as pure functions of numbers, so that logs of both can be compared line by line.

Nothing here writes anything; `ConsoleLog` does.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

RULER = "-" * 80


@dataclasses.dataclass(frozen=True)
class ChildStepRecord:
    """What is reported of one training step of the child.

    Attributes:
      epoch: Epochs finished when the line is written.
      step: Child steps done.
      loss: Mean cross-entropy of the batch.
      lr: Learning rate.
      grad_norm: Global norm of the gradients.
      num_correct: Images of the batch classified correctly.
      batch_size: Images of a batch.
      minutes: Time since the run began.
    """

    epoch: int
    step: int
    loss: float
    lr: float
    grad_norm: float
    num_correct: int
    batch_size: int
    minutes: float


@dataclasses.dataclass(frozen=True)
class ControllerStepRecord:
    """What is reported of one training step of the controller.

    Attributes:
      step: Controller updates done before.
      loss: REINFORCE loss with the skip penalty.
      entropy: Entropy of the sampled architecture.
      lr: Learning rate.
      grad_norm: Global norm of the gradients.
      accuracy: Accuracy of the sampled architecture on one validation batch.
      baseline: Moving average of the reward.
      minutes: Time since the run began.
      reward: What the architecture is worth where its cost has a price; None elsewhere.
      cost: What has the price.
    """

    step: int
    loss: float
    entropy: float
    lr: float
    grad_norm: float
    accuracy: float
    baseline: float
    minutes: float
    reward: float | None = None
    cost: float | None = None


def format_child_step(record: ChildStepRecord) -> str:
    """Formats a step of the child: `epoch=… ch_step=… loss=… lr=… |g|=… tr_acc=correct/batch mins=…`."""
    return (
        f"epoch={record.epoch:<6d}ch_step={record.step:<6d} loss={record.loss:<8.6f} lr={record.lr:<8.4f} "
        f"|g|={record.grad_norm:<8.4f} tr_acc={record.num_correct:<3d}/{record.batch_size:>3d} "
        f"mins={record.minutes:<10.2f}"
    )


def format_controller_step(record: ControllerStepRecord) -> str:
    """Formats a step of the controller: `ctrl_step=… loss=… ent=… lr=… |g|=… acc=… bl=… mins=…`, prices behind it."""
    return (
        f"ctrl_step={record.step:<6d} loss={record.loss:<7.3f} ent={record.entropy:<5.2f} lr={record.lr:<6.4f} "
        f"|g|={record.grad_norm:<8.4f} acc={record.accuracy:<6.4f} bl={record.baseline:<5.2f} "
        f"mins={record.minutes:.2f}{format_price(record.reward, record.cost)}"
    )


def format_price(reward: float | None, cost: float | None) -> str:
    """Formats what stands behind an accuracy where costs have a price, ` reward=… cost=…`; nothing elsewhere."""
    return "" if reward is None or cost is None else f" reward={reward:<6.4f} cost={format_cost(cost)}"


def format_cost(cost: float, separator: str = "") -> str:
    """Formats parameters, multiply-adds or milliseconds: large numbers whole, with a separator of thousands if any."""
    return f"{cost:{separator}.0f}" if cost >= 1000 else f"{cost:.4g}"


def format_controller_phase(epoch: int) -> str:
    """Formats the line before the controller is trained."""
    return f"Epoch {epoch}: Training controller"


def format_architectures_header(num_arcs: int) -> str:
    """Formats the line before the sampled architectures."""
    return f"Here are {num_arcs} architectures"


def format_architecture(layer_lines: Iterable[str], accuracy: float, price: str = "") -> str:
    """Formats a sampled architecture, its accuracy on one validation batch and a ruler.

    Args:
      layer_lines: The architecture a layer a line, as `MacroSpace.format_layers` gives it.
      accuracy: Between 0 and 1.
      price: What `format_price` gives.

    Returns:
      Several lines.
    """
    return "\n".join([*layer_lines, f"val_acc={accuracy:<6.4f}{price}", RULER])


def format_evaluation_phase(epoch: int) -> str:
    """Formats the line before an epoch's evaluation."""
    return f"Epoch {epoch}: Eval"


def format_evaluation(subset: str, step: int, accuracy: float) -> str:
    """Formats the accuracy over a whole subset.

    Args:
      subset: `valid` or `test`.
      step: Child steps done.
      accuracy: Between 0 and 1.

    Returns:
      Two lines.
    """
    return f"Eval at {step}\n{subset}_accuracy: {accuracy:<6.4f}"


def format_largest_class(results: Mapping[str, Any]) -> list[str]:
    """Says what always naming the largest class would reach: what accuracies have to be held against.

    Args:
      results: Of a run; with `valid_largest_class_share` where there are validation images, `test_largest_class_share`.

    Returns:
      A line; none where nothing is said of classes.
    """
    names = {"validation": "valid_largest_class_share", "test": "test_largest_class_share"}
    told = [f"{results[key]:.4f} on {name} images" for name, key in names.items() if key in results]
    return [f"Always naming the largest class: {', '.join(told)}"] if told else []
