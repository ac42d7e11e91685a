"""Images from elsewhere become what the images of a run are."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from enas_tf.data.fitting import read_fitting_image
from enas_tf.data.image_folder import read_image_folder
from enas_tf.errors import InputError


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(len(shape)).integers(0, 256, shape, np.uint8)


def write(path, image: np.ndarray):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tf.io.encode_png(image).numpy())
    return path


def test_it_is_what_the_data_pipeline_makes_of_the_same_files(tmp_path):
    for split in ("train", "test"):
        for name, image in (("wide", noise(20, 31, 3)), ("grey", noise(9, 12, 1)), ("fitting", noise(16, 16, 3))):
            write(tmp_path / split / name / "0.png", image)
    image_set = read_image_folder(tmp_path, image_size=16)
    for image, label in zip(image_set.test_images, image_set.test_labels, strict=True):
        path = tmp_path / "test" / image_set.class_names[label] / "0.png"
        np.testing.assert_array_equal(read_fitting_image(path, (16, 16, 3)), image)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "webp", "gif", "tiff"])
def test_every_format_of_the_data_pipeline_is_read(tmp_path, suffix):
    path = tmp_path / f"image.{suffix}"
    Image.fromarray(np.full((9, 7, 3), 200, np.uint8)).save(path)
    image = read_fitting_image(path, (12, 17, 3))
    assert image.shape == (12, 17, 3) and image.dtype == np.uint8
    assert abs(int(image.min()) - 200) <= 2 and abs(int(image.max()) - 200) <= 2


def test_what_does_not_fit_is_refused_by_name(tmp_path):
    path = write(tmp_path / "a.png", noise(8, 8, 4))
    with pytest.raises(InputError, match="a.png: expected an image of 3 channels, .* received one of 4"):
        read_fitting_image(path, (8, 8, 3))
    path.write_text("no image")
    with pytest.raises(InputError, match="a.png: expected an image that TensorFlow or Pillow decodes"):
        read_fitting_image(path, (8, 8, 3))
    with pytest.raises(InputError, match="b.png: expected an image file, received No such file"):
        read_fitting_image(tmp_path / "b.png", (8, 8, 3))
