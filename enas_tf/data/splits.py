"""Which images a run trains on, validates on and tests on; and what to set where they are too few."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from enas_tf.config import DataConfig
from enas_tf.data.class_shares import in_proportion
from enas_tf.data.image_set import PART_NAMES, ImageSet
from enas_tf.data.stored_images import Images
from enas_tf.errors import InputError

# Of the training images, unless `--num_valid_images` says otherwise: 5,000 of CIFAR-10's 50,000.
_VALID_DIVISOR = 10
# What is advised where so few are less than a batch.
_ADVISED_VALID_DIVISOR = 5
_FEWEST_TRAIN = 2


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """Some images with their labels.

    Attributes:
      images: uint8 [N, H, W, C].
      labels: int32 [N].
    """

    images: Images
    labels: np.ndarray

    def __getitem__(self, chosen: slice | np.ndarray) -> "Part":
        return Part(self.images[chosen], self.labels[chosen])

    def __len__(self) -> int:
        return len(self.labels)


@dataclasses.dataclass(frozen=True, eq=False)
class Splits:
    """The images of a run.

    Attributes:
      training: For training, those kept back from the weights among them, at their end.
      num_kept: How many are kept back.
      valid: For validation; none without a validation set.
      test: For testing.
    """

    training: Part
    num_kept: int
    valid: Part
    test: Part

    @property
    def train(self) -> Part:
        """The images that the weights are trained on."""
        return self.training[: len(self.training) - self.num_kept]

    @property
    def kept(self) -> Part:
        """The training images that are kept back from the weights."""
        return self.training[len(self.training) - self.num_kept :]


def split_images(image_set: ImageSet, config: DataConfig, hold_out_validation: bool, kept_share: float) -> Splits:
    """Splits the images as the settings say.

    The validation set is the source's own; without one, the last training images, or with `stratify` the last ones of
    each class.

    Args:
      image_set: All images.
      config: Sizes of splits and batches.
      hold_out_validation: Whether there is a validation set.
      kept_share: Share of the training images, the last ones, that is kept from the weights.

    Raises:
      InputError: If a split or a batch is larger than what there is, or empty; it says all that is wrong, and which
        flags fit.
    """
    own_valid = image_set.has_validation
    if config.stratify and own_valid:
        received = "a validation set of its own, for which none are held out"
        raise InputError("--stratify", f"a {config.source_flag} whose training images are divided", received)
    sizes = _Sizes(image_set, config, hold_out_validation, kept_share)
    if sizes.wrong:
        raise _refusal(sizes, _advice(sizes, image_set, config, kept_share))
    parts = {name: Part(images, labels) for name, (images, labels) in image_set.parts.items()}
    train, valid = (parts["train"], parts["valid"]) if own_valid else _held_out(parts["train"], config, sizes.valid)
    return Splits(train[: sizes.train], sizes.kept, valid[: sizes.valid], parts["test"][: sizes.test])


def _held_out(train: Part, config: DataConfig, num_valid: int) -> tuple[Part, Part]:
    """The training images that are left, and those that are held out."""
    if config.stratify and num_valid:
        held_out = in_proportion(train.labels, num_valid)
        return train[~held_out], train[held_out]
    start = len(train) - num_valid
    return train[:start], train[start:]


class _Sizes:
    """How many images go where, what is wrong with that, and what would be right.

    Where a setting does not fit, the next ones are judged as if it were what is advised.

    Attributes:
      valid: Validation images.
      train: Training images, those kept from the weights among them.
      kept: Training images kept from the weights.
      test: Test images.
      available: Images that there are of each part.
      wrong: What does not fit.
      advised: In its place, flags with values.
    """

    def __init__(self, image_set: ImageSet, config: DataConfig, hold_out_validation: bool, kept_share: float) -> None:
        self.wrong: list[InputError] = []
        self.advised: dict[str, int] = {}
        self.available = {part: len(labels) for part, (_, labels) in image_set.parts.items()}
        self.valid = self._num_valid(config) if hold_out_validation else 0
        left = self.available["train"] - (0 if image_set.has_validation else self.valid)
        rest = f"between 1 and the {left} images that validation leaves"
        self.train = self._bounded("--num_train_images", config.num_train_images, left, left, rest)
        self.kept = int(kept_share * self.train)
        num_test = self.available["test"]
        there = f"between 1 and the {num_test} test images"
        self.test = self._bounded("--num_test_images", config.num_test_images, num_test, num_test, there)
        if config.cutout_size is not None:
            height, width, _ = image_set.image_shape
            side = min(height, width)
            fitting = f"at most {side}, a side of the images of {height}x{width} pixels"
            self._bounded("--child_cutout_size", config.cutout_size, side, side, fitting, side // 2)
        self._check_batch_size(config.batch_size)

    def _num_valid(self, config: DataConfig) -> int:
        if "valid" in self.available:
            own = self.available["valid"]
            there = f"between 1 and the {own} validation images"
            return self._bounded("--num_valid_images", config.num_valid_images, own, own, there)
        available = self.available["train"]
        if available < _FEWEST_TRAIN:
            expected = f"at least {_FEWEST_TRAIN} training images, one of them to hold out"
            raise InputError(config.source_flag, expected, available)
        usual, advised = available // _VALID_DIVISOR, max(1, available // _ADVISED_VALID_DIVISOR)
        some = f"between 1 and {available - 1} of {available} images"
        return self._bounded("--num_valid_images", config.num_valid_images, usual, available - 1, some, advised)

    def _bounded(
        self, flag: str, wished: int | None, usual: int, most: int, expected: str, advised: int | None = None
    ) -> int:
        """Returns what is wished for (`usual` if nothing is), or else what is advised (`most` if nothing is)."""
        number = usual if wished is None else wished
        if 0 < number <= most:
            return number
        self.wrong.append(InputError(flag, expected, number))
        self.advised[flag] = most if advised is None else advised
        return self.advised[flag]

    def _check_batch_size(self, batch_size: int) -> None:
        if batch_size < 1:
            self.wrong.append(InputError("--batch_size", "at least 1", batch_size))
        # Of a part that is empty there are no batches.
        sizes = {"training": self.train - self.kept, "kept": self.kept, "validation": self.valid}
        sizes = {name: num_images for name, num_images in sizes.items() if num_images}
        for name, num_images in sizes.items():
            if batch_size > num_images:
                self.wrong.append(InputError("--batch_size", f"at most the {num_images} {name} images", batch_size))
        fitting = max(1, min(batch_size, *sizes.values()))
        if fitting != batch_size:
            self.advised["--batch_size"] = fitting


def _advice(sizes: _Sizes, image_set: ImageSet, config: DataConfig, kept_share: float) -> dict[str, int]:
    """Returns flags that fit; with more validation images where a tenth, as nobody asked for, is less than a batch."""
    if image_set.has_validation or config.num_valid_images is not None or not 0 < sizes.valid < config.batch_size:
        return sizes.advised
    raised = max(1, sizes.available["train"] // _ADVISED_VALID_DIVISOR)
    with_more = dataclasses.replace(config, num_valid_images=raised)
    return {"--num_valid_images": raised, **_Sizes(image_set, with_more, True, kept_share).advised}


def _refusal(sizes: _Sizes, advice: Mapping[str, int]) -> InputError:
    """The error that says all that is wrong, and what fits."""
    first, *others = sizes.wrong
    also = "".join(f"; {error.what}: expected {error.expected}, received {error.received}" for error in others)
    counts = ", ".join(f"{count} {PART_NAMES[part]}" for part, count in sizes.available.items())
    flags = " ".join(f"{flag}={value}" for flag, value in advice.items())
    return InputError(first.what, first.expected, f"{first.received}{also} (with {counts} images these fit: {flags})")
