"""Any image classification set of TensorFlow Datasets, by name."""

import hashlib
import os
import pathlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from enas_tf.config import DataConfig
from enas_tf.data.decoding import DEEP, PNG, PNG_BIT_DEPTH
from enas_tf.data.examples import example_blocks
from enas_tf.data.image_set import ImageSet, hold_out_test, shuffled_once
from enas_tf.data.storage import IN_MEMORY, Block, Storage, Stream
from enas_tf.errors import InputError

_TOO_DEEP = "16 bits"


def read_tfds(config: DataConfig, storage: Storage = IN_MEMORY) -> ImageSet:
    """Reads a TFDS data set, preparing it first if it is not there and may be downloaded.

    The test set is the split `test`, else `validation`, else a fixed fifth of `train`. A split `validation` beside
    `test` is the validation set.

    Args:
      config: Its `dataset`, `data_dir`, `download` and `image_size` are used.
      storage: Where decoded images go.

    Raises:
      InputError: If the name is unknown, the set is not prepared and must not be or cannot be downloaded, has no
        image or no class label, or its images differ in size and `image_size` is None.
    """
    builder = _prepared_builder(config)
    splits = builder.info.splits
    if "train" not in splits:
        raise InputError(config.source_flag, "a data set with a split train", ", ".join(splits) or "no split")
    label = builder.info.features[_class_feature(builder, config)]
    fields: dict[str, Any] = {
        "name": config.dataset,
        "num_classes": label.num_classes,
        "class_names": tuple(label.names or ()),
    }
    test_split = next((split for split in ("test", "validation") if split in splits), None)
    wanted = {"train": "train"} if test_split is None else {"train": "train", "test": test_split}
    if test_split == "test" and "validation" in splits:
        wanted["valid"] = "validation"
        fields["notes"] = (f"{config.dataset}'s split validation is the validation set; no training image is held out",)
    streams = {
        part: Stream(splits[split].num_examples, _blocks(builder, split, config)) for part, split in wanted.items()
    }
    parts = storage.keep(streams, lambda: _key(builder, wanted, config), config.source_flag)
    if test_split is None:
        return hold_out_test(*parts["train"], **fields)
    if builder.info.disable_shuffling:
        parts["train"] = shuffled_once(*parts["train"])
    return ImageSet.of_parts(parts, **fields)


def _prepared_builder(config: DataConfig) -> tfds.core.DatasetBuilder:
    """Returns a builder whose files lie on disk.

    Prepared files are read without the code that made them. So what is prepared is used in whatever version it has,
    and without `--download` no code runs that could reach for the network.
    """
    data_dir = _checked_data_dir(config)
    try:
        return tfds.core.read_only_builder.builder_from_files(config.dataset, data_dir=data_dir)
    except tfds.core.DatasetNotFoundError:
        _check_known(config)
    except Exception as error:  # Not a name at all, or damaged files, whose parsers raise what they like.
        expected = "the name of a data set whose prepared files can be read"
        raise InputError(config.source_flag, expected, _reason(error)) from error
    if not config.download:
        where = data_dir or tfds.core.constants.DATA_DIR
        raise InputError("--data_dir", f"{config.dataset} prepared there, or --download", f"{where} without it")
    return _downloaded_builder(config, data_dir)


def _checked_data_dir(config: DataConfig) -> str | None:
    if config.data_dir is None:
        return None
    if "://" in config.data_dir and not config.download:
        raise InputError("--data_dir", "a local directory with --download=False", config.data_dir)
    directory = pathlib.Path(config.data_dir).expanduser()
    if directory.exists() and not directory.is_dir():
        raise InputError("--data_dir", "a directory", f"the file {config.data_dir}")
    return config.data_dir


def _check_known(config: DataConfig) -> None:
    # "name/config:version" is TFDS's full form; a name before the first colon is only looked up locally.
    name = config.dataset.split("/")[0].split(":")[0]
    if name not in tfds.list_builders(with_community_datasets=False):
        where = config.data_dir or tfds.core.constants.DATA_DIR
        expected = f"digits or the name of a TFDS image classification set, of its own or prepared in {where}"
        raise InputError("--dataset", expected, repr(config.dataset))


def _downloaded_builder(config: DataConfig, data_dir: str | None) -> tfds.core.DatasetBuilder:
    try:
        builder = tfds.builder(config.dataset, data_dir=data_dir)
        # Before the download: it may be of many gigabytes, and in vain.
        _class_feature(builder, config)
        builder.download_and_prepare()
    except InputError:
        raise
    except Exception as error:  # Each data set's own code runs here, and the network's troubles are many.
        raise InputError(
            config.source_flag, "a data set that can be downloaded and prepared", _reason(error)
        ) from error
    return builder


def _class_feature(builder: tfds.core.DatasetBuilder, config: DataConfig) -> str:
    return _feature(builder, config, tfds.features.ClassLabel, "class label")


def _feature(builder: tfds.core.DatasetBuilder, config: DataConfig, kind: type, description: str) -> str:
    """Returns the name of the feature of this kind: the one TFDS marks for supervised learning, or the only one."""
    features = builder.info.features
    candidates = [name for name, feature in dict(features).items() if isinstance(feature, kind)]
    marked = [name for name in candidates if name in (builder.info.supervised_keys or ())]
    names = marked or candidates
    if len(names) != 1:
        received = f"{len(names) or 'none'} among its features {', '.join(features)}"
        raise InputError(config.source_flag, f"one {description} for each example", received)
    return names[0]


def _key(builder: tfds.core.DatasetBuilder, wanted: Mapping[str, str], config: DataConfig) -> str:
    """By what decoded images are found again: by their size, and by the files they were read from."""
    files = [pathlib.Path(file) for split in wanted.values() for file in builder.info.splits[split].filepaths]
    stats = [(str(file.absolute()), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    described = (builder.info.full_name, wanted, config.image_size, stats)
    return hashlib.blake2b(repr(described).encode(), digest_size=16).hexdigest()


def _blocks(builder: tfds.core.DatasetBuilder, split: str, config: DataConfig) -> Iterator[Block]:
    """The images of a split in their order, some at a time.

    Raises:
      InputError: If they have more than 8 bits, differ in shape, or their files are not whole.
    """
    image, label = _feature(builder, config, tfds.features.Image, "image"), _class_feature(builder, config)
    dtype = builder.info.features[image].np_dtype
    if dtype != np.uint8:
        raise InputError(config.source_flag, "images of 8 bits", np.dtype(dtype).name)
    try:
        # What is decoded is read once: TFDS would keep all of it in memory where the encoded files are small, and as
        # much as it finds room for ahead of its use.
        reading = tfds.ReadConfig(try_autocache=False, skip_prefetch=True, num_parallel_calls_for_decode=os.cpu_count())
        decoder = tfds.decode.make_decoder()(_of_8_bits)()
        dataset = builder.as_dataset(split=split, decoders={image: decoder}, read_config=reading)
        examples = dataset.map(lambda example: (example[image], example[label]))
        yield from example_blocks(examples, config.image_size, config.source_flag)
    except (tf.errors.OpError, AssertionError) as error:
        if _TOO_DEEP in str(error):
            received = f"a PNG file of {_TOO_DEEP} in the split {split}"
            raise InputError(config.source_flag, "images of 8 bits a channel", received) from None
        raise InputError(str(builder.data_dir), f"the complete files of the split {split}", _reason(error)) from error


def _of_8_bits(content: tf.Tensor, feature: tfds.features.Image) -> tf.Tensor:
    """Decodes as TFDS does, but refuses PNG files of more bits, of which it would give the upper 8."""
    head = tf.strings.substr(content, 0, PNG_BIT_DEPTH + 1)
    is_deep = (tf.strings.substr(head, 0, len(PNG)) == PNG) & (tf.strings.substr(head, -1, 1) == DEEP)
    with tf.control_dependencies([tf.debugging.assert_equal(is_deep, False, _TOO_DEEP)]):
        return feature.decode_example(tf.identity(content))


def _reason(error: Exception) -> str:
    """Describes a library's error in one line, without the names TensorFlow gives its graph nodes."""
    first_line = re.sub(r"\{\{.*?\}\}\s*", "", str(error)).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first_line}"
