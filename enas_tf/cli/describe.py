"""enas-describe: says what the integers of an architecture mean, in words and as a picture, and what it costs.

Usage: enas-describe --arc="2 3 1 1 0 0" [--picture=NAME] [--json] [--name=value ...], or --arc_file=RUN, a run's
directory or a file of it, from which space, sizes and images follow. Otherwise space and depth follow from the number
of integers; --flagfile=FILE gives the sizes of one of the published settings. --to=darts, nni or text writes another
notation.
"""

import dataclasses
import json
import pathlib
import sys
from collections.abc import Sequence
from typing import Any

from absl import flags

from enas_tf.cli.arc_file import arc_flag, read_arc_file
from enas_tf.cli.files_to_write import picture_stem
from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.flags import SETTINGS, define_search_flags, search_config_from_flags
from enas_tf.cli.kinds import BOOLEAN, IMAGE_SHAPE, PATH, POSITIVE_INTEGER, TEXT, one_of
from enas_tf.cli.main import parse_flags, run_command
from enas_tf.cli.quiet_import import quiet_stderr
from enas_tf.config import SearchConfig
from enas_tf.errors import InputError
from enas_tf.poisoning import space_config
from enas_tf.reporting.arc_description import arc_words, describe_arc
from enas_tf.search_space import (
    MACRO_OPERATIONS,
    MICRO_OPERATIONS,
    NOTATIONS,
    Arc,
    ArcRecord,
    ImageFacts,
    MacroSpace,
    MicroSpace,
    SearchSpace,
    is_of_cells,
    make_space,
    parse_arc,
    require_same_space,
    to_integers,
    write_arc,
)
from enas_tf.strategies.registry import CONTROLLER

_CIFAR_10 = ImageFacts((32, 32, 3), 10)
_FLAGS_OF_OPERATIONS = ("operations", "child_num_branches", "poison", "poison_ops", "remove_ops")
_AS_FOUND = "Not given: as where the architecture was found, otherwise"

DESCRIBE_FLAGS = (
    FlagSpec("arc", TEXT, "The architecture: its integers, as a log prints them too; a DARTS genotype; an NNI sample."),
    FlagSpec("picture", PATH, "Draw the architecture into NAME.png and NAME.svg; the directory must be there."),
    FlagSpec("json", BOOLEAN, "Write JSON instead of words.", default=False),
    FlagSpec("to", one_of(*NOTATIONS), "Write the architecture in this notation instead of words: integers for text."),
    FlagSpec(
        "image_shape",
        IMAGE_SHAPE,
        f"Images the cost is reckoned for, in place of --image_size and --image_channels. {_AS_FOUND} 32x32x3.",
    ),
    FlagSpec("image_channels", POSITIVE_INTEGER, f"Channels of the images the cost is reckoned for. {_AS_FOUND} 3."),
    FlagSpec("num_classes", POSITIVE_INTEGER, f"Classes the cost is reckoned for. {_AS_FOUND} 10."),
)


def main(argv: Sequence[str]) -> None:
    """Parses the flags and describes the architecture (arguments as `sys.argv`).

    Raises:
      InputError: If flags or architecture are at fault; nothing is written then.
      flags.Error: For flags that do not parse.
    """
    values = define_search_flags(flags.FlagValues())
    for spec in DESCRIBE_FLAGS:
        spec.define(values, "flags of enas-describe", spec.default)
    parse_flags(values, argv, __doc__)
    if values["json"].value and values["to"].value:
        raise InputError("--to", "no --json beside it", values["to"].value)
    record, what = _choose_arc(values)
    _take_sizes(values, record)
    _infer_sizes(values, what)
    _forget_the_search(values)
    config = search_config_from_flags(values)
    picture = picture_stem(values)
    space = _space(values, config, record, what)
    arc = parse_arc(space, values.child_fixed_arc, what)
    if values["to"].value:
        text = write_arc(space, arc, values["to"].value, f"--to={values['to'].value}")
    else:
        if _lacks_images(values, record):
            sys.stderr.write(f"The run does not tell its images: reckoned for {_CIFAR_10} (see --image_shape)\n")
        text = _description(config, space, arc, _images(values, record), as_json=values.json)
    sys.stdout.write(f"{text}\n")
    if picture:
        _draw(space, arc, picture)


def run() -> None:
    """Entry point of the console command `enas-describe`."""
    sys.exit(run_command("enas-describe", main))


def _forget_the_search(values: flags.FlagValues) -> None:
    """Leaves out how the architecture was found, in a run's `flags.txt`: not everyone searches where one is given."""
    values["search_mode"].value = CONTROLLER
    for spec in SETTINGS["schedule"]:
        values[spec.name].value = None


def _choose_arc(values: flags.FlagValues) -> tuple[ArcRecord, str]:
    """Makes one of the flags that give an architecture the value of `--child_fixed_arc`; returns it and which."""
    arc = values["child_fixed_arc"]
    if values["arc"].value is not None:
        arc.value = values["arc"].value
        return ArcRecord(arc.value), "--arc"
    record = read_arc_file(values)
    if arc.value is None:
        raise InputError("--arc", "an architecture (or --arc_file)", "nothing")
    return record or ArcRecord(arc.value), arc_flag(values)


def _take_sizes(values: flags.FlagValues, record: ArcRecord) -> None:
    """Gives space and sizes the values of where the architecture was found, where no flag gives them."""
    _give(values, "child_num_layers", record.num_layers)
    _give(values, "child_out_filters", record.out_filters)
    if record.space is not None:
        _give(values, "search_for", "micro" if record.space.kind == "micro" else "macro")
        _give(values, "child_num_cells" if record.space.kind == "micro" else "child_num_layers", record.space.size)


def _infer_sizes(values: flags.FlagValues, what: str) -> None:
    """Gives space and size the values that follow from the number of integers, where nothing gives them."""
    text = values.child_fixed_arc
    arc_length = len(to_integers(text, MICRO_OPERATIONS, what).split())
    sizes = {"macro": MacroSpace.num_layers_of(arc_length), "micro": MicroSpace.num_blocks_of(arc_length)}
    if is_of_cells(text):
        _give(values, "search_for", "micro")
    if not values["search_for"].present:
        fitting = [space for space, size in sizes.items() if size]
        if len(fitting) != 1:
            expected = "as many integers as a macro or a micro architecture has (or --search_for, where both have)"
            raise InputError(what, expected, f"{arc_length} integers")
        _give(values, "search_for", fitting[0])
    is_micro = values["search_for"].value == "micro"
    _give(values, *(("child_num_cells", sizes["micro"]) if is_micro else ("child_num_layers", sizes["macro"])))
    _give(values, "controller_search_whole_channels", True)  # without, no architecture has a network


def _give(values: flags.FlagValues, name: str, value: Any) -> None:
    """Gives a flag a value as the command line would, unless that did, or there is none to give."""
    flag = values[name]
    if value is not None and not flag.present:
        flag.value = value
        flag.present += 1


def _space(values: flags.FlagValues, config: SearchConfig, record: ArcRecord, what: str) -> SearchSpace:
    """The space that flags say; where none says its operations, those of where the architecture was found, or all."""
    is_micro = config.run.search_for == "micro"
    if any(values[name].present for name in _FLAGS_OF_OPERATIONS):
        settings = space_config(config)
    else:
        published = MICRO_OPERATIONS if is_micro else MACRO_OPERATIONS
        settings = dataclasses.replace(space_config(config), operations=published)
        if record.space is not None:
            found = record.space
            settings = dataclasses.replace(settings, operations=found.operations, num_poisoned=found.num_poisoned)
    require_same_space(record, settings, what)
    return make_space(settings)


def _lacks_images(values: flags.FlagValues, record: ArcRecord) -> bool:
    """Whether an architecture is known to be of a run, of a former version, that did not write down its images."""
    given = any(values[name].value is not None for name in ("image_shape", "image_size", "num_classes"))
    return record.space is not None and record.images is None and not given


def _images(values: flags.FlagValues, record: ArcRecord) -> ImageFacts:
    """The images that the cost is reckoned for."""
    found = record.images or _CIFAR_10
    height, width, channels = values["image_shape"].value or found.image_shape
    if values["image_shape"].value is None:
        side = values["image_size"].value
        height, width = (height, width) if side is None else (side, side)
        channels = values["image_channels"].value or channels
    return ImageFacts((height, width, channels), values["num_classes"].value or found.num_classes)


def _description(config: SearchConfig, space: SearchSpace, arc: Arc, images: ImageFacts, as_json: bool) -> str:
    described = describe_arc(space, arc)
    network = _network_facts(config, space, arc, images)
    if as_json:
        return json.dumps({"arc": space.format(arc), **described, "network": network}, indent=2)
    return "\n".join([*arc_words(described), "", _network_words(network, images)])


def _network_facts(config: SearchConfig, space: SearchSpace, arc: Arc, images: ImageFacts) -> dict:
    """What the network costs that final training would make of the architecture."""
    with quiet_stderr():
        from enas_tf.models.complexity import complexity_of
        from enas_tf.models.factory import make_network

    network = make_network(config, space, arc, images.image_shape, images.num_classes).network
    complexity = complexity_of(network)
    return {
        "num_layers": config.child.num_layers,
        "out_filters": config.child.filters,
        "image_shape": images.image_shape,
        "num_classes": images.num_classes,
        "num_parameters": complexity.num_parameters,
        "multiply_adds": complexity.multiply_adds,
    }


def _network_words(network: dict, images: ImageFacts) -> str:
    return (
        f"Trained from scratch with --child_num_layers={network['num_layers']} --child_out_filters="
        f"{network['out_filters']} on {images}: "
        f"{network['num_parameters']:,} parameters, {network['multiply_adds']:,} multiply-adds an image."
    )


def _draw(space: SearchSpace, arc: Arc, stem: pathlib.Path) -> None:
    from enas_tf.reporting.arc_drawing import draw_arc
    from enas_tf.reporting.drawing import save_drawing

    save_drawing(draw_arc(space, arc), stem)
    sys.stderr.write(f"Picture: {stem}.png, {stem}.svg\n")


if __name__ == "__main__":
    run()
