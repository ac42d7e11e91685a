"""The command that uses a trained network, from its command line."""

import csv
import json
import re
import shutil
import sys

import keras
import pytest

from enas_tf.cli import predict
from enas_tf.config import DataConfig, SearchConfig
from enas_tf.reporting.results import write_json
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.strategies.controller import ControllerConfig
from tests.serving.made_network import write_image

# Keras 3.15 asks numpy 2.4 for a copy in a way that warns; none of it ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def photos(tmp_path):
    for name, value in (("cat/dark.png", 10), ("cat/bright.png", 240), ("dog/bright.png", 250)):
        write_image(tmp_path / "photos" / name, value, (20, 16, 3))
    return tmp_path / "photos"


def run_predict(monkeypatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["enas-predict", *map(str, arguments)])
    with pytest.raises(SystemExit) as exit_:
        predict.run()
    return exit_.value.code


def test_a_line_for_each_image(monkeypatch, capsys, model, photos):
    files = photos / "cat" / "dark.png", photos / "dog" / "bright.png"
    assert run_predict(monkeypatch, f"--model={model}", "--images", *files) == 0
    assert capsys.readouterr().out == f"{files[0]}  cat 1.0000\n{files[1]}  dog 1.0000\n"
    pattern = photos / "*" / "dark.*"
    assert run_predict(monkeypatch, f"--model={model}", f"--images={pattern}", "--top=2") == 0
    assert capsys.readouterr().out == f"{files[0]}  cat 1.0000  dog 0.0000\n"


def test_a_folder_of_classes_is_measured(monkeypatch, capsys, model, photos, tmp_path):
    arguments = f"--model={model}", f"--images={photos}", f"--csv={tmp_path / 'out.csv'}", f"--picture={tmp_path / 'c'}"
    assert run_predict(monkeypatch, *arguments) == 0
    said = capsys.readouterr().out
    assert "Accuracy: 0.6667 on 3 images; the largest class alone is 0.6667 of them" in said
    assert "cat     2        0.5000     dog (1)" in said
    assert (tmp_path / "c.png").stat().st_size > 0 and (tmp_path / "c.svg").stat().st_size > 0
    with open(tmp_path / "out.csv", newline="") as file:
        assert [row["class"] for row in csv.DictReader(file)] == ["dog", "cat", "dog"]


def test_another_accuracy_than_the_run_told_is_exit_code_1(monkeypatch, capsys, model, tmp_path):
    run, images = RunDirectory(str(tmp_path / "run")), tmp_path / "images"
    for split in ("train", "test"):
        for name, value in (("cat/0", 10), ("cat/1", 20), ("dog/0", 200), ("dog/1", 210)):
            write_image(images / split / f"{name}.png", value)
    run.path.mkdir()
    data = DataConfig(data_path=str(images), batch_size=2, num_valid_images=2)
    write_json(run.config, SearchConfig(data=data, strategy=ControllerConfig()).to_plain())
    write_json(run.results, {"test_accuracy": 1.0})
    shutil.copy(model, run.network)
    command = f"--model={run.path}", "--split=test"
    assert run_predict(monkeypatch, *command) == 0
    assert f"{run.results} says 1.0000: the same\n" in capsys.readouterr().out
    write_image(images / "test/cat/0.png", 220)
    assert run_predict(monkeypatch, *command) == 1
    assert f"{run.results} says 1.0000: NOT the same\n" in capsys.readouterr().out
    assert run_predict(monkeypatch, *command, "--json") == 1
    out, error = capsys.readouterr()
    assert json.loads(out)["accuracy"] == 0.75 and error == f"{run.results} says 1.0000: NOT the same\n"


def test_json_holds_what_was_measured(monkeypatch, capsys, model, photos):
    assert run_predict(monkeypatch, f"--model={model}", f"--images={photos}", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["accuracy_per_class"] == {"cat": 0.5, "dog": 1.0}
    assert facts["confusion"] == [[1, 1], [0, 1]]
    assert facts["predictions"][0]["true_class"] == "cat"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--images=x"], "flag --model: expected a path that is not empty.*, received nothing"),
        (["--model={model}"], "command line: expected either --images or --split .*, received neither"),
        (["--model={model}", "--images=x", "--split=test"], "command line: .* received both"),
        (["--model={photos}", "--images=x"], "--model=.*photos: expected a run's directory with network.keras"),
        (["--model={text}", "--images=x"], r"--model=.*text.keras: expected a .keras file that can be loaded"),
        (
            ["--model={plain}", "--images=x"],
            "--model=.*: expected a network of enas-train, .* one that ends in last",
        ),
        (["--model={model}", "--images=nothing.png"], "--images=nothing.png: expected a file, a folder"),
        (["--model={model}", "--images={text}"], "text.keras: expected an image that TensorFlow or Pillow decodes"),
        (["--model={model}", "--images={photos}", "--csv=no/where.csv"], "--csv=no/where.csv: expected a file in a"),
        (["--model={model}", "--images={photos}/cat", "--picture={photos}/c"], "--picture=.*expected images whose cl"),
        (["--model={model}", "--split=test"], "--dataset: expected a data set .or --data_path., since .* nothing"),
        (["--model={model}", "--split=all"], "flag --split"),
        (["--model={model}", "--dataset=digits"], "--dataset=digits: expected images of 8x10x3"),
    ],
)
def test_bad_input_is_one_line(monkeypatch, capsys, model, photos, tmp_path, arguments, said):
    (tmp_path / "text.keras").write_text("no network")
    layers = [keras.Input((8, 10, 3)), keras.layers.Flatten(name="last")]
    keras.Sequential(layers).save(tmp_path / "plain.keras")
    places = {"model": model, "photos": photos, "text": tmp_path / "text.keras", "plain": tmp_path / "plain.keras"}
    before = sorted(tmp_path.rglob("*"))
    assert run_predict(monkeypatch, *(argument.format(**places) for argument in arguments)) == 2
    out, error = capsys.readouterr()
    assert out == "" and error.startswith("enas-predict: ") and error.count("\n") == 1
    assert re.search(said, error), error
    assert sorted(tmp_path.rglob("*")) == before
