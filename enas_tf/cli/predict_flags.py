"""What `enas-predict` and `enas-export` ask for alike: a trained network, and images from a data set or from files."""

import dataclasses
from typing import Any

from absl import flags

from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.kinds import BOOLEAN, NON_EMPTY_TEXT, PATH
from enas_tf.config import DataConfig
from enas_tf.errors import InputError

MODEL_FLAG = FlagSpec(
    "model",
    PATH,
    "The trained network: the directory of a run of enas-train, or a .keras file.",
    required=True,
)
IMAGES_FLAG = FlagSpec(
    "images",
    PATH,
    "An image file, a pattern such as 'photos/*.jpg', or a folder, searched at any depth; may be given several times. "
    "Arguments that are no flags are taken for such as well.",
)
SOURCE_FLAGS = (
    FlagSpec(
        "dataset", NON_EMPTY_TEXT, "Images of this data set, as enas-search reads it; the run's own if not given."
    ),
    FlagSpec("data_path", PATH, "Images of this directory, as enas-search reads it."),
    FlagSpec("data_dir", PATH, "Directory with prepared TFDS data sets; the run's own if not given."),
    FlagSpec("download", BOOLEAN, "Fetch a TFDS data set that is not in --data_dir.", default=True),
)

# Of another data set than the run's all images are meant, whatever part of its own the run took.
_WHOLE: dict[str, Any] = {
    "num_train_images": None,
    "num_valid_images": None,
    "num_test_images": None,
    "stratify": False,
    "hold_out_validation": False,
    "batch_size": 1,
    "cutout_size": None,
}


def define_model_flags(values: flags.FlagValues, group: str) -> None:
    """Registers the flags that say which network and which images."""
    for spec in (MODEL_FLAG, *SOURCE_FLAGS):
        spec.define(values, group, spec.default)
    kind, name, sentence = IMAGES_FLAG.kind, IMAGES_FLAG.name, IMAGES_FLAG.help
    flags.DEFINE_flag(flags.MultiFlag(kind, kind, name, None, sentence), values, module_name=group)


def asks_for_data_set(values: flags.FlagValues) -> bool:
    """Whether a flag names a data set."""
    return bool(values["dataset"].present or values["data_path"].present)


def data_config(values: flags.FlagValues, of_run: DataConfig | None, image_shape: tuple[int, int, int]) -> DataConfig:
    """Says which images a data set's are: those of the run, or those that flags name.

    Args:
      values: Parsed flags.
      of_run: What the run read; None if there is no run.
      image_shape: (height, width, channels) that other images than the run's are brought to.

    Raises:
      InputError: If neither run nor flags say what to read.
    """
    config = of_run or DataConfig()
    given: dict[str, Any] = {name: values[name].value for name in ("data_dir", "download") if values[name].present}
    config = dataclasses.replace(config, **given)
    if not asks_for_data_set(values):
        if of_run is None:
            expected = "a data set (or --data_path), since the network lies in no run's directory"
            raise InputError("--dataset", expected, "nothing")
        return config
    height, width, _ = image_shape
    named: dict[str, Any] = {"data_path": values["data_path"].value or ""}
    if values["dataset"].present:
        named["dataset"] = values["dataset"].value
    return dataclasses.replace(config, image_size=height if height == width else None, **_WHOLE, **named)
