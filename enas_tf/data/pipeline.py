"""The images of a run, split, normalised and batched.

Every batch is a function of (seed, step) alone, so a resumed run goes on with the batches of an undisturbed one.
"""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from enas_tf.config import DataConfig
from enas_tf.data.augmentation import Augmentation
from enas_tf.data.class_shares import lacking_note, largest_class_share
from enas_tf.data.image_set import ImageSet
from enas_tf.data.normalization import channel_statistics, normalize
from enas_tf.data.shuffling import shuffled_indices
from enas_tf.data.splits import Part, Splits, split_images
from enas_tf.data.stored_images import StoredImages
from enas_tf.seeds import derive_seed

Batch = tuple[tf.Tensor, tf.Tensor]

_LARGE_AT_ONCE = 2


@dataclasses.dataclass(frozen=True, eq=False)
class _HostPart:
    """One part of the images in host memory or on disk, which every data set made from it shares.

    Attributes:
      images: uint8 [N, H, W, C].
      labels: int32 [N].
    """

    images: tf.Tensor | StoredImages
    labels: tf.Tensor

    @classmethod
    def of(cls, part: Part) -> "_HostPart":
        # A tensor captured by tf.data is shared, not copied, but only if it does not lie on a GPU.
        with tf.device("CPU:0"):
            labels = tf.constant(part.labels, tf.int32)
            return cls(part.images if isinstance(part.images, StoredImages) else tf.constant(part.images), labels)

    def take(self, indices: tf.Tensor) -> Batch:
        """Returns some of the images, uint8 [B, H, W, C], and their labels."""
        labels = tf.gather(self.labels, indices)
        if not isinstance(self.images, StoredImages):
            return tf.gather(self.images, indices), labels
        images = tf.numpy_function(self.images.read, [indices], tf.uint8, stateful=False)
        return tf.ensure_shape(images, [*indices.shape, *self.images.shape[1:]]), labels

    def between(self, start: tf.Tensor, stop: tf.Tensor) -> Batch:
        """Returns neighbouring images and their labels."""
        if isinstance(self.images, StoredImages):
            return self.take(tf.range(start, stop))
        return self.images[start:stop], self.labels[start:stop]

    def stream(self, numbers: tf.data.Dataset, load: Callable[[tf.Tensor], Batch]) -> tf.data.Dataset:
        """Returns the batches that `load` makes of numbers, in their order, some of them ahead of their use."""
        # Of images too large for memory a batch is large, too, and every one that waits takes its part of it.
        is_large = isinstance(self.images, StoredImages)
        at_once, ahead = (_LARGE_AT_ONCE, 1) if is_large else (tf.data.AUTOTUNE, tf.data.AUTOTUNE)
        return numbers.map(load, num_parallel_calls=at_once, deterministic=True).prefetch(ahead)

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
      notes: Of the image set, and which classes a split lacks.
      largest_class_shares: The share of the largest class of `valid`, if there is a validation set, and of `test`.
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
          hold_out_validation: Whether there is a validation set, as a search needs, of training images where the
            source has none of its own; a found network is trained on all training images.
          kept_share: Share of the training images, the last ones, that is kept for `architecture_batches`.

        Raises:
          InputError: If a split, a batch or CutOut is larger than what there is, or empty.
        """
        splits = split_images(image_set, config, hold_out_validation, kept_share)
        self._config = config
        self._seed = seed
        self._augmentation = Augmentation(seed, config.horizontal_flip, config.cutout_size)
        self._train, self._kept = _HostPart.of(splits.train), _HostPart.of(splits.kept)
        self._valid, self._test = _HostPart.of(splits.valid), _HostPart.of(splits.test)
        self.mean, self.std = channel_statistics(splits.training.images)
        self.notes = (*image_set.notes, *_lacking(image_set, splits))
        measured = {"valid": splits.valid, "test": splits.test}
        self.largest_class_shares = {
            name: largest_class_share(part.labels) for name, part in measured.items() if len(part)
        }
        self.num_classes = image_set.num_classes
        self.class_names = image_set.class_names or tuple(map(str, range(image_set.num_classes)))
        self.image_shape = image_set.image_shape
        self.num_train, self.num_kept = len(self._train), len(self._kept)
        self.num_valid, self.num_test = len(self._valid), len(self._test)
        self.batches_per_epoch = -(-self.num_train // config.batch_size)

    @property
    def share_results(self) -> dict[str, float]:
        """What results hold beside accuracies: `valid_largest_class_share`, `test_largest_class_share`."""
        return {f"{subset}_largest_class_share": share for subset, share in self.largest_class_shares.items()}

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
        return [images for images, _ in self._train.stream(tf.data.Dataset.range(num_batches), load)]

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
        return self._valid.stream(tf.data.Dataset.counter(start), self._shuffled_loader(self._valid, "reward order"))

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

    def _augmented(self, part: _HostPart, name: str, augmentation: Augmentation, start_step: int) -> tf.data.Dataset:
        shuffled = self._shuffled_loader(part, name)

        def load(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            images, labels = shuffled(step)
            return augmentation(images, step), labels

        return part.stream(tf.data.Dataset.counter(start_step), load)

    def _shuffled_loader(self, part: _HostPart, name: str) -> Callable:
        seed = derive_seed(self._seed, name)

        def load(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            indices = shuffled_indices(step, self._config.batch_size, len(part), seed)
            images, labels = part.take(indices)
            return self._normalized(images), labels

        return load

    def _ordered(self, part: _HostPart, num_images: int | None = None) -> tf.data.Dataset:
        size, end = self._config.eval_batch_size, len(part) if num_images is None else num_images

        def load(start: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            images, labels = part.between(start, tf.minimum(start + size, end))
            return self._normalized(images), labels

        return part.stream(tf.data.Dataset.range(0, end, size), load)

    def _normalized(self, images: tf.Tensor) -> tf.Tensor:
        return normalize(images, self.mean, self.std)


def _lacking(image_set: ImageSet, splits: Splits) -> list[str]:
    """Sentences on the classes that splits lack."""
    parts = {"training": splits.train, "validation": splits.valid, "test": splits.test}
    notes = [
        lacking_note(name, part.labels, image_set.num_classes, image_set.class_names)
        for name, part in parts.items()
        if len(part)
    ]
    return [note for note in notes if note is not None]
