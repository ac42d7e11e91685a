import csv
import dataclasses

import numpy as np
import pytest

from enas_tf.config import DataConfig
from enas_tf.data import SearchData, load_images
from enas_tf.errors import InputError
from enas_tf.serving.image_files import ImageFile
from enas_tf.serving.predictions import Predictions, predict_files, predict_split
from enas_tf.serving.trained_network import TrainedNetwork
from tests.serving.made_network import CLASS_NAMES, make_network, write_image

PROBABILITIES = np.array([[0.2, 0.5, 0.3], [0.9, 0.06, 0.04], [0.25, 0.25, 0.5]], np.float32)


def made(labels) -> Predictions:
    return Predictions(("a", "b", "c"), ("1.png", "2.png", "3.png"), labels, PROBABILITIES)


def test_rows_hold_the_most_probable_classes_in_order():
    assert made([None] * 3).rows(1)[1] == {"image": "2.png", "class": "a", "probability": pytest.approx(0.9)}
    row = made([2, None, 1]).rows(5)[0]
    assert list(row.items()) == [
        *(("image", "1.png"), ("true_class", "c"), ("class", "b"), ("probability", 0.5)),
        *(("class_2", "c"), ("probability_2", 0.3), ("class_3", "a"), ("probability_3", 0.2)),
    ]


def test_only_images_of_known_classes_are_measured():
    assert made([None] * 3).confusion() is None
    confusion = made([1, None, 0]).confusion()
    assert confusion.counts == ((0, 0, 1), (0, 1, 0), (0, 0, 0))


def test_csv_reads_back(tmp_path):
    odd = Predictions(('a,"b', "b", "c"), ("1,2.png", "ü.png", "3.png"), [0, None, 2], PROBABILITIES)
    odd.write_csv(tmp_path / "out.csv", 1)
    with open(tmp_path / "out.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == list(odd.names)
    assert [row["true_class"] for row in rows] == ['a,"b', "", "c"]
    assert [float(row["probability"]) for row in rows] == [0.5, 0.9, 0.5]


def test_files_are_predicted_in_their_order(tmp_path):
    values = [30, 200, 99, 101, 0]
    files = [ImageFile(write_image(tmp_path / f"{i}.png", value), i % 2) for i, value in enumerate(values)]
    predictions = predict_files(TrainedNetwork(make_network(), "--model"), files, batch_size=2)
    assert [most[0][0] for most in predictions.most_probable(1)] == ["cat", "dog", "cat", "dog", "cat"]
    assert predictions.most_probable(1)[2][0][1] == pytest.approx(1 / (1 + np.exp(-0.3)), abs=1e-5)
    assert predictions.confusion().accuracy == 1.0


def test_a_split_is_that_of_a_folder(tmp_path):
    for split, values in (("train", (10, 20)), ("test", (30, 90, 150))):
        for name, plus in (("cat", 0), ("dog", 100)):
            for value in values:
                write_image(tmp_path / split / name / f"{value}.png", value + plus)
    network = TrainedNetwork(make_network(), "--model")
    config = DataConfig(data_path=str(tmp_path), batch_size=1, eval_batch_size=2)
    predictions = predict_split(network, config, "test")
    assert predictions.confusion().counts == ((2, 1), (0, 3))
    assert list(predictions.names) == [f"test/{number}" for number in range(6)]
    assert predict_split(network, config, "train").confusion().counts == ((2, 0), (0, 2))


def test_splits_are_those_of_the_run():
    network = TrainedNetwork(make_network((8, 8, 1), tuple("0123456789")), "--model")
    config = DataConfig(dataset="digits", num_train_images=100, num_valid_images=50, num_test_images=30, batch_size=10)
    held_out = dataclasses.replace(config, hold_out_validation=True)
    sizes = {split: len(predict_split(network, held_out, split).names) for split in ("train", "valid", "test")}
    assert sizes == {"train": 100, "valid": 50, "test": 30}
    data = SearchData(load_images(config), held_out, seed=0)
    labels = np.concatenate([labels for _, labels in data.valid_batches().as_numpy_iterator()])
    assert list(predict_split(network, held_out, "valid").labels) == labels.tolist()
    with pytest.raises(InputError, match="--split=valid: expected a data set with validation images, or a run of"):
        predict_split(network, config, "valid")


def test_a_data_set_of_other_images_or_classes_is_refused():
    config = DataConfig(dataset="digits")
    with pytest.raises(InputError, match="digits: expected images of 8x10x3, as the network .* received 8x8x1"):
        predict_split(TrainedNetwork(make_network(), "--model"), config, "test")
    with pytest.raises(InputError, match="digits: expected the classes cat, dog, as the network .* received 0, 1"):
        predict_split(TrainedNetwork(make_network((8, 8, 1), CLASS_NAMES), "--model"), config, "test")
