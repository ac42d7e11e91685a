"""Which classes images were taken for."""

import dataclasses
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class Confusion:
    """How many images of each class were taken for each class.

    Attributes:
      counts: A row for each class that images are of, a column for each class they were taken for.
    """

    counts: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, labels: np.ndarray, predicted: np.ndarray, num_classes: int) -> "Confusion":
        """Counts images.

        Args:
          labels: Their classes, integers [N].
          predicted: What they were taken for, integers [N].
          num_classes: Of the data set.
        """
        counts = np.zeros((num_classes, num_classes), np.int64)
        np.add.at(counts, (labels, predicted), 1)
        return cls(tuple(map(tuple, counts.tolist())))

    @property
    def num_images(self) -> int:
        """All images."""
        return sum(map(sum, self.counts))

    @property
    def accuracy(self) -> float:
        """The share of all images that was classified right."""
        return sum(row[label] for label, row in enumerate(self.counts)) / self.num_images

    @property
    def largest_share(self) -> float:
        """The share of the largest class: the accuracy of always saying its name."""
        return max(map(sum, self.counts)) / self.num_images

    def accuracy_per_class(self, class_names: Sequence[str]) -> dict[str, float | None]:
        """Returns for each class the share of its images that was classified right; None where there is no image.

        Args:
          class_names: By label.
        """
        return {
            name: row[label] / sum(row) if sum(row) else None
            for label, (name, row) in enumerate(zip(class_names, self.counts, strict=True))
        }
