"""Which images a run reads, how they are split and how they are fed."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """Which images, how they are split and how they are fed.

    Attributes:
      dataset: A TFDS name, or `digits` for scikit-learn's built-in images; not used when `data_path` is given.
      data_dir: Where TFDS keeps prepared data sets; None is TFDS's own default.
      data_path: A directory of CIFAR-10 python batches or an image folder; empty to use `dataset`.
      download: Whether a missing TFDS data set may be fetched.
      image_size: Height and width to resize every image to; None keeps the data set's size.
      image_memory_gb: Decoded images that take more gigabytes (10^9 bytes) are kept in a file and read by index; no
        number depends on it.
      image_cache_dir: Where that file is made, and found again by later runs; None for `enas_tf` in the user's
        directory of caches.
      batch_size: Images in a training batch and in a reward batch.
      eval_batch_size: Images in a batch of an ordered evaluation (100 in the original).
      num_train_images: Use only the first so many training images; None for all. The validation set is taken first.
      num_valid_images: Size of the validation set, taken from the end of the training images; None for a tenth of
        them (5,000 of CIFAR-10's 50,000, as in the original). Of a source's own validation set the first so many;
        None for all.
      hold_out_validation: Final training: whether the validation set is held out as in a search, which always does it.
      num_test_images: Use only the first so many test images; None for all.
      stratify: Whether the validation images are taken from every class in proportion, from the end of each (the
        original takes the last of all).
      horizontal_flip: Whether training images are flipped left-right at random (not for digits or letters).
      cutout_size: Side in pixels of the square CutOut blanks; None for no CutOut.
    """

    dataset: str = "cifar10"
    data_dir: str | None = None
    data_path: str = ""
    download: bool = True
    image_size: int | None = None
    image_memory_gb: float = 1.0
    image_cache_dir: str | None = None
    batch_size: int = 32
    eval_batch_size: int = 100
    num_train_images: int | None = None
    num_valid_images: int | None = None
    hold_out_validation: bool = False
    num_test_images: int | None = None
    stratify: bool = False
    horizontal_flip: bool = True
    cutout_size: int | None = None

    @property
    def source_flag(self) -> str:
        """The flag that says where the images come from, with its value."""
        return f"--data_path={self.data_path}" if self.data_path else f"--dataset={self.dataset}"
