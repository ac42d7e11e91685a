#!/usr/bin/env bash
# TensorFlow Datasets 4.9.10: `tfds.ImageFolder` passes over image files without a word, and takes hidden folders for classes.
#
# Only names ending in .jpg, .jpeg and .png are listed, and only directly below a class. BMP, GIF and WebP files, of which
# `tf.io.decode_image` decodes two, files without a suffix and files one folder deeper are left out: no warning, and the number of
# examples looks like that of the folder. A class of such files alone keeps its label and has no example, so that accuracy is
# measured without it. A hidden folder, such as the `.ipynb_checkpoints` that Jupyter leaves, becomes class 0 and moves all
# labels up by one. An image of 16 bits comes back as the upper 8 of them: values below 256 are black.
#
# Seen, for a folder of two classes with seven images each, and a hidden folder in `train`:
#   classes ['.ipynb_checkpoints', 'cat', 'dog'], examples of each [0, 2, 0]: 2 of 14 images
#   a PNG file of 16 bits whose values are 200: 0
#
# Exit code 0 while this is so, 1 if it has changed.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "tensorflow-datasets==4.9.10" "tensorflow==2.21.0" "pillow==13.0.0" "numpy<3"

cat > "$folder/look.py" <<'PYTHON'
import pathlib
import sys

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image

root = pathlib.Path(sys.argv[1])
pixels = Image.fromarray(np.full((8, 8, 3), 200, np.uint8))
names = {"cat": ["0.png", "1.jpg"], "dog": ["0.bmp", "1.gif"]}
for name, own in names.items():
    directory = root / "train" / name
    (directory / "deeper").mkdir(parents=True)
    for file in [*own, "2.webp", "3.bmp", "4.gif", "deeper/5.png"]:
        pixels.save(directory / file)
    pixels.save(directory / "6", format="PNG")
(root / "train" / ".ipynb_checkpoints").mkdir()

builder = tfds.ImageFolder(str(root))
label = builder.info.features["label"]
labels = [int(example["label"]) for example in builder.as_dataset(split="train")]
counts = np.bincount(labels, minlength=label.num_classes).tolist()
num_files = sum(path.is_file() for path in root.rglob("*"))
print("tensorflow-datasets", tfds.__version__, "TensorFlow", tf.__version__)
print(f"classes {label.names}, examples of each {counts}: {len(labels)} of {num_files} images")

deep = root / "deep" / "train" / "a"
deep.mkdir(parents=True)
(deep / "0.png").write_bytes(tf.io.encode_png(np.full((8, 8, 1), 200, np.uint16)).numpy())
(example,) = tfds.ImageFolder(str(root / "deep")).as_dataset(split="train")
print("a PNG file of 16 bits whose values are 200:", int(np.max(example["image"])))

as_seen = (
    label.names == [".ipynb_checkpoints", "cat", "dog"]
    and counts == [0, 2, 0]
    and num_files == 14
    and np.max(example["image"]) == 0
)
print("As described." if as_seen else "CHANGED: not as described any more.")
raise SystemExit(0 if as_seen else 1)
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" "$folder/look.py" "$folder/images"
