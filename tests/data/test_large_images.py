"""Searching on more images than memory is to hold."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

FLAGS = pathlib.Path(__file__).parents[2] / "flags/cifar10_macro_search.flags"
SIDE, NUM_TRAIN, NUM_TEST = 512, 4900, 200  # 4.0 GB decoded
SEARCH = (
    "import resource, sys; from enas_tf.cli.search import main; main(sys.argv); "
    "print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
)


def _write_photos(directory: pathlib.Path) -> None:
    """Smooth pictures, fifty different ones."""
    generator = np.random.default_rng(0)
    contents = []
    for number in range(50):
        coarse = Image.fromarray(generator.integers(0, 256, (12, 12, 3), np.uint8))
        coarse.resize((SIDE, SIDE)).save(directory / "photo.jpg")
        contents.append((directory / "photo.jpg").read_bytes())
        if number < 2:
            for split in ("train", "test"):
                (directory / split / str(number)).mkdir(parents=True)
    for split, count in (("train", NUM_TRAIN), ("test", NUM_TEST)):
        for number in range(count):
            path = directory / split / str(number % 2) / f"{number}.jpg"
            path.write_bytes(contents[number % len(contents)])


@pytest.mark.long
def test_four_gigabytes_of_images_are_searched_in_one_and_a_half(tmp_path):
    _write_photos(tmp_path)
    flags = {
        **{"data_path": tmp_path, "image_cache_dir": tmp_path / "cache", "output_dir": tmp_path / "run"},
        **{"batch_size": 2, "eval_batch_size": 5, "num_valid_images": 10, "num_train_images": 20},
        **{"num_test_images": 20, "num_epochs": 1, "child_num_layers": 3, "child_out_filters": 8},
        **{"controller_train_steps": 1, "controller_num_aggregate": 2},
    }
    arguments = [f"--flagfile={FLAGS}", *(f"--{name}={value}" for name, value in flags.items())]
    finished = subprocess.run([sys.executable, "-c", SEARCH, *arguments], check=True, capture_output=True, text=True)
    assert "5100 images of 512x512x3 take 4.01 GB, more than --image_memory_gb" in finished.stdout
    peak_kilobytes = int(finished.stdout.split()[-1])
    assert peak_kilobytes < 1.5e6
