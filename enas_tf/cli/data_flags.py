"""Flags that set `DataConfig`: which images, and how they are fed."""

from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.kinds import (
    BOOLEAN,
    IMAGE_SIDE,
    NON_EMPTY_TEXT,
    NON_NEGATIVE_NUMBER,
    PATH,
    PATH_OR_NONE,
    POSITIVE_INTEGER,
)

DATA_FLAGS = (
    FlagSpec(
        "dataset",
        NON_EMPTY_TEXT,
        "Images to search on: the name of a TFDS image classification set, or `digits` for scikit-learn's 1,797 "
        "handwritten digits, which need no download. Not used when --data_path is given.",
    ),
    FlagSpec(
        "data_dir",
        PATH,
        "Directory with prepared TFDS data sets, to which new ones are downloaded; TFDS's own if not given.",
    ),
    FlagSpec(
        "data_path",
        PATH_OR_NONE,
        "Directory with the CIFAR-10 python version (data_batch_*, test_batch), or with an image folder "
        "(train/<class>/*, test/<class>/* and, if there are validation images, val/<class>/*); empty to use --dataset.",
    ),
    FlagSpec(
        "download",
        BOOLEAN,
        "Fetch a TFDS data set that is not in --data_dir; --nodownload never touches the network.",
    ),
    FlagSpec(
        "image_size",
        IMAGE_SIDE,
        "Height and width in pixels to which every image is resized; the data set's own size if not given.",
    ),
    FlagSpec(
        "image_memory_gb",
        NON_NEGATIVE_NUMBER,
        "Images that take more gigabytes than this once decoded are kept in a file of --image_cache_dir and read from "
        "there by index; no number depends on it.",
    ),
    FlagSpec(
        "image_cache_dir",
        PATH,
        "Directory for decoded images, which later runs find again there; enas_tf in the user's directory of caches "
        "(XDG_CACHE_HOME, ~/.cache) if not given. What lies in it may be deleted at any time.",
    ),
    FlagSpec("batch_size", POSITIVE_INTEGER, "Images in a training batch, and in a batch that gives a reward."),
    FlagSpec("eval_batch_size", POSITIVE_INTEGER, "Images in a batch of the ordered validation and test evaluations."),
    FlagSpec(
        "num_train_images",
        POSITIVE_INTEGER,
        "Train on the first so many images only; all if not given. The validation set is taken out before.",
    ),
    FlagSpec(
        "num_valid_images",
        POSITIVE_INTEGER,
        "Images of the validation set, taken from the end of the training images; a tenth of them if not given. Of "
        "validation images that the data set has of its own, the first so many; all if not given.",
    ),
    FlagSpec("num_test_images", POSITIVE_INTEGER, "Test on the first so many test images only; all if not given."),
    FlagSpec(
        "stratify",
        BOOLEAN,
        "Hold out validation images of every class in proportion, the last ones of each; without, the last of all.",
    ),
    FlagSpec(
        "hold_out_validation",
        BOOLEAN,
        "Final training: train on the images a search of the same settings trains on, and report the accuracy on its "
        "validation images beside that on the test images. Without, as in the original, on all training images.",
    ),
    FlagSpec(
        "horizontal_flip",
        BOOLEAN,
        "Flip training images left-right at random; --nohorizontal_flip for digits, letters and the like.",
    ),
    FlagSpec(
        "child_cutout_size",
        POSITIVE_INTEGER,
        "Side in pixels of the square that CutOut blanks in each training image; no CutOut if not given.",
    ),
)
