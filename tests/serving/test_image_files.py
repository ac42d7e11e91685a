import numpy as np
import pytest

from enas_tf.errors import InputError
from enas_tf.serving.image_files import ImageFile, find_image_files, read_batches
from tests.serving.made_network import CLASS_NAMES, IMAGE_SHAPE, write_image


@pytest.fixture
def photos(tmp_path):
    for name in ("cat/1.png", "cat/deeper/2.png", "dog/3.png", "dog/.hidden/4.png", "loose.png"):
        write_image(tmp_path / "photos" / name, 7)
    (tmp_path / "photos" / "dog" / "notes.txt").write_text("about dogs")
    return tmp_path / "photos"


def test_folders_named_as_classes_say_what_images_show(photos):
    files, notes = find_image_files([str(photos)], CLASS_NAMES)
    names = {"cat/1.png": 0, "cat/deeper/2.png": 0, "dog/3.png": 1, "loose.png": None}
    assert files == [ImageFile(photos / name, label) for name, label in names.items()]
    assert notes == [f"Not read in {photos}, by their suffix no images: dog/notes.txt"]


def test_files_patterns_and_other_folders_say_nothing(photos):
    paths = [str(photos / "loose.png"), str(photos / "*" / "[13].png"), str(photos / "cat")]
    files, notes = find_image_files(paths, CLASS_NAMES)
    found = ["loose.png", "cat/1.png", "dog/3.png", "cat/1.png", "cat/deeper/2.png"]
    assert files == [ImageFile(photos / name, None) for name in found]
    assert notes == []
    assert all(file.label is None for file in find_image_files([str(photos)], ["ship", "plane"])[0])


def test_a_home_directory_is_found(photos, monkeypatch):
    monkeypatch.setenv("HOME", str(photos))
    assert find_image_files(["~/loose.png"], CLASS_NAMES)[0] == [ImageFile(photos / "loose.png", None)]


def test_nothing_there_no_image_and_classes_of_others_are_refused(photos):
    with pytest.raises(InputError, match=r"--images=.*\.jpg: expected a file, a folder, or a pattern"):
        find_image_files([str(photos / "*.jpg")], CLASS_NAMES)
    (photos / "empty").mkdir()
    with pytest.raises(InputError, match="empty: expected a folder with images, received none in it"):
        find_image_files([str(photos / "empty")], CLASS_NAMES)
    with pytest.raises(InputError, match=r"\(cat, dog\), received others beside them: empty"):
        find_image_files([str(photos)], CLASS_NAMES)


def test_images_are_read_in_batches_of_one_shape(tmp_path):
    shapes = [(8, 10, 3), (20, 30, 3), (5, 5, 1)]
    files = [ImageFile(write_image(tmp_path / f"{i}.png", 50 + i, shape), None) for i, shape in enumerate(shapes)]
    batches = list(read_batches(files, IMAGE_SHAPE, batch_size=2))
    assert [batch.shape for batch in batches] == [(2, 8, 10, 3), (1, 8, 10, 3)]
    np.testing.assert_array_equal(np.concatenate(batches)[:, 4, 4, 2], [50, 51, 52])
