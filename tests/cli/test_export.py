"""The command that exports a trained network, from its command line."""

import re
import sys

import pytest

from enas_tf.cli import export
from tests.serving.made_network import write_image

# The packages of the exporters, and Keras about numpy; none of it ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def photos(tmp_path):
    for name, value in (("dark.png", 10), ("bright.png", 240)):
        write_image(tmp_path / "photos" / name, value, (20, 16, 3))
    return tmp_path / "photos"


def run_export(monkeypatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["enas-export", *map(str, arguments)])
    with pytest.raises(SystemExit) as exit_:
        export.run()
    return exit_.value.code


def test_a_table_of_what_was_written(monkeypatch, capsys, model, photos):
    assert run_export(monkeypatch, f"--model={model}", "--format=onnx, saved_model,onnx", f"--images={photos}") == 0
    said = capsys.readouterr().out
    sizes = rf"{'([0-9.]+) +' * 3}"
    assert re.search(rf"keras +{sizes}\n +onnx +{sizes}[0-9.]+e-\d\d *\n +saved_model +{sizes}[0-9.]+e[+-]\d\d", said)
    assert said.endswith(f"Written to {model.parent / 'export'}\n")
    assert (model.parent / "export" / "network.onnx").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model={model}"], "flag --format: expected names out of saved_model, litert, onnx"),
        (["--model={model}", "--format=h5"], "flag --format=h5: expected names out of saved_model, litert, onnx"),
        (["--format=onnx"], "flag --model: expected"),
        (
            ["--model={model}", "--format=onnx"],
            "--dataset: expected a data set .* no run's directory, received nothing",
        ),
        (["--model={model}", "--format=onnx", "--images=no.png"], "--images=no.png: expected a file"),
        (["--model={model}", "--format=onnx", "--images=no.png", "--dataset=digits"], "command line: .* received both"),
        (
            ["--model={photos}", "--format=onnx", "--dataset=digits"],
            "photos: expected a run's directory with network.k",
        ),
        (["--model={model}", "--format=onnx", "--dataset=digits"], "--dataset=digits: expected images of 8x10x3"),
        (
            ["--model={model}", "--format=onnx", "--images={photos}", "--output_dir={photos}/dark.png"],
            "--output_dir=.*dark.png: expected a directory, or a place to make one",
        ),
    ],
)
def test_bad_input_is_one_line(monkeypatch, capsys, model, photos, tmp_path, arguments, said):
    before = sorted(tmp_path.rglob("*"))
    places = {"model": model, "photos": photos}
    assert run_export(monkeypatch, *(argument.format(**places) for argument in arguments)) == 2
    out, error = capsys.readouterr()
    assert out == "" and error.startswith("enas-export: ") and error.count("\n") == 1
    assert re.search(said, error), error
    assert sorted(tmp_path.rglob("*")) == before


def test_a_missing_package_is_told_before_anything_is_read(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    assert run_export(monkeypatch, "--model=nothing", "--format=onnx") == 2
    assert "--format=onnx: expected the package tf2onnx (pip install -e '.[export]')" in capsys.readouterr().err
