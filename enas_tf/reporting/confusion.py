"""Which classes images were taken for: as a picture, and in TensorBoard."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from enas_tf.reporting.run_reporter import RunReporter

# More classes leave no room for a number in each field, and for every name.
_MOST_NUMBERS, _MOST_NAMES = 20, 50
_INCHES_PER_CLASS, _LEAST_INCHES, _MOST_INCHES = 0.45, 4.0, 14.0
_LIGHT, _DARK = "white", "black"


def show_confusion(
    reporter: RunReporter,
    counts: Sequence[Sequence[int]],
    accuracies: Mapping[str, float | None],
    step: int,
) -> None:
    """Shows what became of the test images in TensorBoard: the accuracy of each class, and all counts as a picture.

    Args:
      reporter: Of the run.
      counts: As `draw_confusion`.
      accuracies: By the names of the classes; None where a class has no image.
      step: Of the child.
    """
    known = {name: accuracy for name, accuracy in accuracies.items() if accuracy is not None}
    reporter.scalars("architecture/test_accuracy_of_class", known, step)
    reporter.figures({"architecture/test_confusion": draw_confusion(counts, list(accuracies), "test images")}, step)


def draw_confusion(counts: Sequence[Sequence[int]], class_names: Sequence[str], title: str) -> Figure:
    """Draws how many images of each class were taken for which.

    A field is the darker the larger its share of the images of its row.

    Args:
      counts: A row for each class that images are of, a column for each class they were taken for.
      class_names: By label.
      title: Stands above.
    """
    numbers = np.asarray(counts)
    num_classes = len(numbers)
    shares = numbers / np.maximum(numbers.sum(axis=1, keepdims=True), 1)
    side = float(np.clip(1.5 + _INCHES_PER_CLASS * num_classes, _LEAST_INCHES, _MOST_INCHES))
    figure = Figure(figsize=(side + 1.0, side), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    figure.colorbar(image, label="share of the images of a class", shrink=0.8)
    if num_classes <= _MOST_NAMES:
        labels = [name.replace("$", r"\$") for name in class_names]  # between two of which mathematics would stand
        axes.set_xticks(range(num_classes), labels, rotation=90)
        axes.set_yticks(range(num_classes), labels)
    if num_classes <= _MOST_NUMBERS:
        for (row, column), number in np.ndenumerate(numbers):
            colour = _LIGHT if shares[row, column] > 0.5 else _DARK
            axes.text(column, row, str(number), ha="center", va="center", color=colour, fontsize=8)
    axes.set_xlabel("taken for")
    axes.set_ylabel("class")
    axes.set_title(title)
    return figure
