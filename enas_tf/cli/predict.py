"""enas-predict: says what a trained network sees in images, and how right it is where their classes are known.

Usage: enas-predict --model=RUN --images=PATH [PATH ...] for image files, patterns and folders; where the folders in one
are named as classes, accuracies are measured. enas-predict --model=RUN --split=test measures the network on the run's
own test images, or with --dataset=NAME or --data_path=DIR on others. RUN is the directory of a run of enas-train, or a
.keras file. --top=K, --csv=FILE, --picture=NAME, --json.
"""

import json
import pathlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from absl import flags
from rich.console import Console

from enas_tf.cli.files_to_write import file_to_write, picture_stem
from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.kinds import BOOLEAN, PATH, POSITIVE_INTEGER, one_of
from enas_tf.cli.main import EXIT_FAILED, parse_flags, run_command
from enas_tf.cli.predict_flags import MODEL_FLAG, asks_for_data_set, data_config, define_model_flags
from enas_tf.cli.quiet_import import quiet_stderr
from enas_tf.errors import InputError
from enas_tf.reporting.results import read_json
from enas_tf.reporting.tables import TextTable

if TYPE_CHECKING:
    from enas_tf.serving.predictions import Predictions
    from enas_tf.serving.trained_network import TrainedNetwork
    from enas_tf.training.confusion import Confusion

# As in an evaluation, unless the run has others.
_BATCH_SIZE = 100
_MISTAKES_SHOWN = 3

PREDICT_FLAGS = (
    FlagSpec(
        "split", one_of("train", "valid", "test"), "Measure on this part of a data set; `test` where a flag names one."
    ),
    FlagSpec("top", POSITIVE_INTEGER, "How many classes to tell of an image, the most probable first.", default=1),
    FlagSpec("csv", PATH, "Write a row for each image to this file."),
    FlagSpec("picture", PATH, "Draw which classes were taken for which into NAME.png and NAME.svg."),
    FlagSpec("json", BOOLEAN, "Write JSON instead of words.", default=False),
)


def main(argv: Sequence[str]) -> None:
    """Parses the flags and predicts (arguments as `sys.argv`).

    Raises:
      InputError: If flags, network or images are at fault; nothing is written then.
      flags.Error: For flags that do not parse.
      SystemExit: With code 1, after all is told, if a run's own images give another accuracy than it told of them.
    """
    values = flags.FlagValues()
    define_model_flags(values, "flags of enas-predict")
    for spec in PREDICT_FLAGS:
        spec.define(values, "flags of enas-predict", spec.default)
    rest = parse_flags(values, argv, __doc__, takes_paths=True)
    paths = [*(values["images"].value or ()), *rest]
    split = values["split"].value or ("test" if asks_for_data_set(values) else None)
    if (split is None) != bool(paths):
        expected = "either --images or --split (or --dataset, --data_path)"
        raise InputError("command line", expected, "both" if paths else "neither")
    picture = picture_stem(values)
    csv = None if values["csv"].value is None else file_to_write(values, "csv")
    with quiet_stderr():
        from enas_tf.serving.trained_network import load_trained_network
    network = load_trained_network(MODEL_FLAG.value(values))
    predictions, notes, differs = _predict_split(values, network, split) if split else _predict_files(network, paths)
    confusion = predictions.confusion()
    if picture and confusion is None:
        raise InputError(f"--picture={picture}", "images whose classes are known", "none of which one is")
    if csv:
        predictions.write_csv(csv, values.top)
    if values["json"].value:
        sys.stdout.write(f"{json.dumps(_facts(predictions, confusion, values.top), indent=2)}\n")
    else:
        _tell(predictions if paths else None, confusion, network, values.top, notes)
    if picture and confusion:
        _draw(confusion, network.class_names, picture)
    if differs:
        if values["json"].value:
            sys.stderr.write("".join(f"{note}\n" for note in notes))
        sys.stdout.flush()
        raise SystemExit(EXIT_FAILED)


def run() -> None:
    """Entry point of the console command `enas-predict`."""
    sys.exit(run_command("enas-predict", main))


class _Outcome(NamedTuple):
    """What was predicted, what is said of it, and whether the run told of the same images otherwise."""

    predictions: "Predictions"
    notes: Sequence[str]
    differs: bool = False


def _predict_files(network: "TrainedNetwork", paths: Sequence[str]) -> _Outcome:
    from enas_tf.serving.image_files import find_image_files
    from enas_tf.serving.predictions import predict_files

    files, notes = find_image_files(paths, network.class_names)
    return _Outcome(predict_files(network, files, _BATCH_SIZE), notes)


def _predict_split(values: flags.FlagValues, network: "TrainedNetwork", split: str) -> _Outcome:
    from enas_tf.serving.predictions import predict_split
    from enas_tf.serving.trained_network import data_of_run, run_directory

    predictions = predict_split(network, data_config(values, data_of_run(values.model), network.image_shape), split)
    results = run_directory(values.model).results
    if asks_for_data_set(values) or not results.exists():
        return _Outcome(predictions, ())
    told, confusion = read_json(results).get(f"{split}_accuracy"), predictions.confusion()
    if told is None:
        return _Outcome(predictions, ())
    same = confusion is not None and told == confusion.accuracy
    return _Outcome(predictions, (f"{results} says {told:.4f}: {'the same' if same else 'NOT the same'}",), not same)


def _draw(confusion: "Confusion", class_names: Sequence[str], stem: pathlib.Path) -> None:
    from enas_tf.reporting.confusion import draw_confusion
    from enas_tf.reporting.drawing import save_drawing

    title = f"accuracy {confusion.accuracy:.4f} on {confusion.num_images} images"
    save_drawing(draw_confusion(confusion.counts, class_names, title), stem)
    sys.stderr.write(f"Picture: {stem}.png, {stem}.svg\n")


def _facts(predictions: "Predictions", confusion: "Confusion | None", top: int) -> dict[str, Any]:
    measured: dict[str, Any] = {}
    if confusion is not None:
        measured = {
            "num_images": confusion.num_images,
            "accuracy": confusion.accuracy,
            "largest_class_share": confusion.largest_share,
            "accuracy_per_class": confusion.accuracy_per_class(predictions.class_names),
            "confusion": confusion.counts,
        }
    return {"class_names": predictions.class_names, **measured, "predictions": predictions.rows(top)}


def _tell(
    shown: "Predictions | None",
    confusion: "Confusion | None",
    network: "TrainedNetwork",
    top: int,
    notes: Sequence[str],
) -> None:
    """Writes a line for each image to be shown, and what was measured."""
    lines = []
    if shown is not None:
        for name, most in zip(shown.names, shown.most_probable(top), strict=True):
            lines.append("  ".join([name, *(f"{class_name} {probability:.4f}" for class_name, probability in most)]))
    if confusion is not None:
        lines.append(
            f"Accuracy: {confusion.accuracy:.4f} on {confusion.num_images} images; the largest class alone is "
            f"{confusion.largest_share:.4f} of them"
        )
    sys.stdout.write("".join(f"{line}\n" for line in [*lines, *notes]))
    sys.stdout.flush()
    if confusion is not None:
        Console(highlight=False).print(_table(confusion, network.class_names).for_terminal())


def _table(confusion: "Confusion", class_names: Sequence[str]) -> TextTable:
    """Each class with its accuracy and what else it was taken for most often."""
    rows = []
    for label, (name, accuracy) in enumerate(confusion.accuracy_per_class(class_names).items()):
        counts = confusion.counts[label]
        others = sorted((-count, class_names[other]) for other, count in enumerate(counts) if count and other != label)
        mistakes = ", ".join(f"{other} ({-count})" for count, other in others[:_MISTAKES_SHOWN])
        rows.append((name, str(sum(counts)), "" if accuracy is None else f"{accuracy:.4f}", mistakes))
    return TextTable("Accuracy of each class", ("class", "images", "accuracy", "taken for"), rows)


if __name__ == "__main__":
    run()
