"""The images of a run, split, normalised and batched.

Every batch is a function of (seed, step) alone, so a resumed run goes on with the batches of an undisturbed one.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from enas_tf.config import DataConfig
from enas_tf.data.augmentation import Augmentation
from enas_tf.data.image_set import ImageSet
from enas_tf.data.normalization import channel_statistics, normalize
from enas_tf.data.shuffling import shuffled_indices
from enas_tf.errors import InputError
from enas_tf.seeds import derive_seed

# Of the training images, unless `--num_valid_images` says otherwise: 5,000 of CIFAR-10's 50,000.
_VALID_DIVISOR = 10


@dataclasses.dataclass(frozen=True, eq=False)
class _Part:
    """One part of the images in host memory, which every data set made from it shares.

    Attributes:
      images: uint8 [N, H, W, C].
      labels: int32 [N].
    """

    images: tf.Tensor
    labels: tf.Tensor

    @classmethod
    def on_host(cls, images: np.ndarray, labels: np.ndarray) -> "_Part":
        # A tensor captured by tf.data is shared, not copied, but only if it does not lie on a GPU.
        with tf.device("CPU:0"):
            return cls(tf.constant(images), tf.constant(labels, tf.int32))

    def __len__(self) -> int:
        return self.images.shape[0]


class SearchData:
    """Training, validation and test batches of one run.

    Attributes:
      num_classes: Number of classes.
      image_shape: Height, width and channels.
      num_train: Training images, those kept back left out.
      num_kept: Training images that are kept back from the weights.
      num_valid: Validation images; 0 without a validation set.
      num_test: Test images.
      batches_per_epoch: ceil(num_train / batch_size).
      mean: Each channel's mean over the training images, float32 [C], in units of 0..255.
      std: Each channel's standard deviation, likewise.
      notes: Of the image set.
      class_names: By label; numbers where the source has no names.
    """

    def __init__(
        self,
        image_set: ImageSet,
        config: DataConfig,
        seed: int,
        hold_out_validation: bool = True,
        kept_share: float = 0.0,
    ) -> None:
        """Splits the images and computes the statistics.

        Args:
          image_set: All images.
          config: Sizes of splits and batches, and the augmentation.
          seed: The run's seed.
          hold_out_validation: Whether the last training images become the validation set, as a search needs; a found
            network is trained on all of them.
          kept_share: Share of the training images, the last ones, that is kept for `architecture_batches`.

        Raises:
          InputError: If a split or a batch is larger than what there is, or empty.
        """
        num_valid = _num_valid(image_set, config) if hold_out_validation else 0
        num_train = _num_train(len(image_set.train_images) - num_valid, config)
        num_kept = int(kept_share * num_train)
        num_weights = num_train - num_kept
        _check_batch_size(config.batch_size, training=num_weights, kept=num_kept, validation=num_valid)
        valid_start = len(image_set.train_images) - num_valid
        train_images, train_labels = image_set.train_images[:num_train], image_set.train_labels[:num_train]

        self._config = config
        self._seed = seed
        self._augmentation = Augmentation(seed, config.horizontal_flip, config.cutout_size)
        self._train = _Part.on_host(train_images[:num_weights], train_labels[:num_weights])
        self._kept = _Part.on_host(train_images[num_weights:], train_labels[num_weights:])
        self._valid = _Part.on_host(image_set.train_images[valid_start:], image_set.train_labels[valid_start:])
        self._test = _Part.on_host(image_set.test_images, image_set.test_labels)
        self.mean, self.std = channel_statistics(train_images)
        self.notes = image_set.notes
        self.num_classes = image_set.num_classes
        self.class_names = image_set.class_names or tuple(map(str, range(image_set.num_classes)))
        self.image_shape = image_set.image_shape
        self.num_train, self.num_kept = len(self._train), len(self._kept)
        self.num_valid, self.num_test = len(self._valid), len(self._test)
        self.batches_per_epoch = -(-self.num_train // config.batch_size)

    def train_batches(self, start_step: int = 0) -> tf.data.Dataset:
        """Returns the endless stream of augmented training batches.

        Args:
          start_step: Global step of the first batch.

        Returns:
          Elements (images float32 [B, H, W, C], labels int32 [B]).
        """
        return self._augmented(self._train, "train order", self._augmentation, start_step)

    def architecture_batches(self, start_step: int = 0, held_out: bool = False) -> tf.data.Dataset:
        """Returns an endless stream of augmented batches that the weights are not trained on.

        Args:
          start_step: Global step of the first batch.
          held_out: Whether they are the validation images, not the training images kept back.

        Returns:
          Elements (images float32 [B, H, W, C], labels int32 [B]).
        """
        seed, _ = derive_seed(self._seed, "architecture augmentation")
        augmentation = dataclasses.replace(self._augmentation, seed=seed)
        part = self._valid if held_out else self._kept
        return self._augmented(part, "architecture order", augmentation, start_step)

    def recalibration_images(self, num_batches: int) -> list[tf.Tensor]:
        """Returns some training images, not augmented, in batches of float32 [B, H, W, C]."""
        load = self._shuffled_loader(self._train, "recalibration order")
        return [images for images, _ in _stream(tf.data.Dataset.range(num_batches), load)]

    def reward_batches(self, start: int = 0) -> tf.data.Dataset:
        """Returns the endless shuffled stream of validation batches for the controller's reward, not augmented.

        Args:
          start: Number of the first batch.

        Returns:
          Elements (images float32 [B, H, W, C], labels int32 [B]).

        Raises:
          ValueError: If there is no validation set.
        """
        if not self.num_valid:
            raise ValueError(
                "expected a validation set to draw reward batches from, received hold_out_validation=False"
            )
        return _stream(tf.data.Dataset.counter(start), self._shuffled_loader(self._valid, "reward order"))

    def valid_batches(self, num_images: int | None = None) -> tf.data.Dataset:
        """Returns the validation images once, in order, not augmented, in batches of `eval_batch_size`.

        Args:
          num_images: Only the first so many; None for all.
        """
        return self._ordered(self._valid, num_images)

    def test_batches(self) -> tf.data.Dataset:
        """Returns the test images once, in order, not augmented, in batches of `eval_batch_size`."""
        return self._ordered(self._test)

    def subset_batches(self, subset: str) -> tf.data.Dataset:
        """Returns the images of `valid` or `test`, as the methods above."""
        return {"valid": self.valid_batches, "test": self.test_batches}[subset]()

    def _augmented(self, part: _Part, name: str, augmentation: Augmentation, start_step: int) -> tf.data.Dataset:
        shuffled = self._shuffled_loader(part, name)

        def load(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            images, labels = shuffled(step)
            return augmentation(images, step), labels

        return _stream(tf.data.Dataset.counter(start_step), load)

    def _shuffled_loader(self, part: _Part, name: str) -> Callable:
        seed = derive_seed(self._seed, name)

        def load(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            indices = shuffled_indices(step, self._config.batch_size, len(part), seed)
            return self._normalized(tf.gather(part.images, indices)), tf.gather(part.labels, indices)

        return load

    def _ordered(self, part: _Part, num_images: int | None = None) -> tf.data.Dataset:
        size, end = self._config.eval_batch_size, len(part) if num_images is None else num_images

        def load(start: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            stop = tf.minimum(start + size, end)
            return self._normalized(part.images[start:stop]), part.labels[start:stop]

        return _stream(tf.data.Dataset.range(0, end, size), load)

    def _normalized(self, images: tf.Tensor) -> tf.Tensor:
        return normalize(images, self.mean, self.std)


def _stream(counter: tf.data.Dataset, load: Callable) -> tf.data.Dataset:
    return counter.map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(tf.data.AUTOTUNE)


def _num_valid(image_set: ImageSet, config: DataConfig) -> int:
    available = len(image_set.train_images)
    wished = config.num_valid_images
    num_valid = available // _VALID_DIVISOR if wished is None else wished
    if not 0 < num_valid < available:
        raise InputError("--num_valid_images", f"between 1 and {available - 1} of {available} images", num_valid)
    return num_valid


def _num_train(available: int, config: DataConfig) -> int:
    num_train = available if config.num_train_images is None else config.num_train_images
    if not 0 < num_train <= available:
        expected = f"between 1 and the {available} images that validation leaves"
        raise InputError("--num_train_images", expected, num_train)
    return num_train


def _check_batch_size(batch_size: int, **sizes: int) -> None:
    if batch_size < 1:
        raise InputError("--batch_size", "at least 1", batch_size)
    for name, num_images in sizes.items():
        # Of a part that is empty there are no batches.
        if num_images and batch_size > num_images:
            raise InputError("--batch_size", f"at most the {num_images} {name} images", batch_size)
