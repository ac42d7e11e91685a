"""What a trained network says of images, and how right it is."""

import csv
import dataclasses
import io
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from enas_tf.config import DataConfig
from enas_tf.data import load_images
from enas_tf.data.image_set import ImageSet
from enas_tf.data.splits import Part, split_images
from enas_tf.errors import InputError
from enas_tf.reporting.results import write_text
from enas_tf.serving.image_files import ImageFile, read_batches
from enas_tf.serving.trained_network import TrainedNetwork
from enas_tf.training.confusion import Confusion

# Of a probability in a file; float32 has seven.
_DECIMALS = 6


@dataclasses.dataclass(frozen=True, eq=False)
class Predictions:
    """What a network says of some images.

    Attributes:
      class_names: By label.
      names: Of the images.
      labels: Of their classes; None where it is not known.
      probabilities: Of each class, float32 [N, num_classes].
    """

    class_names: Sequence[str]
    names: Sequence[str]
    labels: Sequence[int | None]
    probabilities: np.ndarray

    def most_probable(self, num_classes: int) -> list[list[tuple[str, float]]]:
        """Returns for each image so many classes with their probabilities, the most probable first."""
        order = np.argsort(-self.probabilities, axis=1, kind="stable")[:, :num_classes]
        return [
            [(self.class_names[label], float(row[label])) for label in labels]
            for row, labels in zip(self.probabilities, order, strict=True)
        ]

    def confusion(self) -> Confusion | None:
        """Counts the images whose class is known; None if there is none."""
        known = [number for number, label in enumerate(self.labels) if label is not None]
        if not known:
            return None
        labels = np.array([self.labels[number] for number in known])
        return Confusion.of(labels, self.probabilities[known].argmax(axis=1), len(self.class_names))

    def rows(self, num_classes: int) -> list[dict[str, Any]]:
        """Returns a row for each image: `image`, `true_class` where any is known, then classes and probabilities.

        Args:
          num_classes: How many classes a row holds, the most probable first: `class`, `probability`, `class_2`, ….
        """
        any_known = any(label is not None for label in self.labels)
        rows = []
        for name, label, most in zip(self.names, self.labels, self.most_probable(num_classes), strict=True):
            row: dict[str, Any] = {"image": name}
            if any_known:
                row["true_class"] = None if label is None else self.class_names[label]
            for rank, (class_name, probability) in enumerate(most, start=1):
                suffix = "" if rank == 1 else f"_{rank}"
                row |= {f"class{suffix}": class_name, f"probability{suffix}": round(probability, _DECIMALS)}
            rows.append(row)
        return rows

    def write_csv(self, path: pathlib.Path, num_classes: int) -> None:
        """Writes `rows` as CSV, in one piece."""
        rows = self.rows(num_classes)
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(path, text.getvalue())


def predict_files(network: TrainedNetwork, files: Sequence[ImageFile], batch_size: int) -> Predictions:
    """Predicts image files (errors as `read_batches`)."""
    probabilities = network.probabilities(read_batches(files, network.image_shape, batch_size))
    return Predictions(
        network.class_names, [str(file.path) for file in files], [file.label for file in files], probabilities
    )


def predict_split(network: TrainedNetwork, config: DataConfig, split: str) -> Predictions:
    """Predicts all images of a part of a data set, in their order.

    Args:
      network: The network.
      config: Which images, and how they are split; sizes of batches.
      split: `train`, `valid` or `test`, as a final training with these settings has them.

    Raises:
      InputError: If they cannot be read, are no images of the network's shape and classes, or the part has none.
    """
    image_set = load_images(config)
    require_fitting(image_set, network, config.source_flag)
    parts = split_images(image_set, config, config.hold_out_validation or image_set.has_validation, kept_share=0.0)
    part = {"train": parts.training, "valid": parts.valid, "test": parts.test}[split]
    if not len(part):
        expected = "a data set with validation images, or a run of enas-train --hold_out_validation"
        raise InputError(f"--split={split}", expected, "neither")
    probabilities = network.probabilities(_slices(part, config.eval_batch_size))
    names = [f"{split}/{number}" for number in range(len(part))]
    return Predictions(network.class_names, names, part.labels.tolist(), probabilities)


def require_fitting(image_set: ImageSet, network: TrainedNetwork, what: str) -> None:
    """Requires that images are of the shape and the classes that a network was trained on.

    Args:
      image_set: The images.
      network: The network.
      what: Flag to name in an error.

    Raises:
      InputError: If they are others.
    """
    class_names = image_set.class_names or tuple(map(str, range(image_set.num_classes)))
    for of_what, there, wanted in (
        ("images of", "x".join(map(str, image_set.image_shape)), "x".join(map(str, network.image_shape))),
        ("the classes", ", ".join(class_names), ", ".join(network.class_names)),
    ):
        if there != wanted:
            raise InputError(what, f"{of_what} {wanted}, as the network was trained on", there)


def _slices(part: Part, batch_size: int) -> Iterator[np.ndarray]:
    for start in range(0, len(part), batch_size):
        yield np.asarray(part.images[start : start + batch_size])
