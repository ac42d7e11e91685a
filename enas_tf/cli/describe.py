"""enas-describe: says what the integers of an architecture mean, in words and as a picture, and what it costs.

Usage: enas-describe --arc="2 3 1 1 0 0" [--picture=NAME] [--json] [--name=value ...], or --arc_file=FILE. Space and
depth follow from the number of integers; --flagfile=FILE gives the sizes of one of the published settings, or of a run.
"""

import json
import pathlib
import sys
from collections.abc import Sequence

from absl import flags

from enas_tf.cli.arc_file import read_arc_file
from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.flags import SETTINGS, define_search_flags, search_config_from_flags
from enas_tf.cli.kinds import BOOLEAN, PATH, POSITIVE_INTEGER, TEXT
from enas_tf.cli.main import parse_flags, run_command
from enas_tf.cli.quiet_import import quiet_stderr
from enas_tf.config import SearchConfig
from enas_tf.errors import InputError
from enas_tf.poisoning import space_of
from enas_tf.reporting.arc_description import arc_words, describe_arc
from enas_tf.search_space import MACRO_OPERATIONS, MICRO_OPERATIONS, Arc, MacroSpace, MicroSpace, SearchSpace
from enas_tf.strategies.registry import CONTROLLER

_DEFAULT_IMAGE_SIZE = 32

DESCRIBE_FLAGS = (
    FlagSpec("arc", TEXT, "The architecture: its integers, separated by blanks."),
    FlagSpec("picture", PATH, "Draw the architecture into NAME.png and NAME.svg; the directory must be there."),
    FlagSpec("json", BOOLEAN, "Write JSON instead of words.", default=False),
    FlagSpec("image_channels", POSITIVE_INTEGER, "Channels of the images the cost is reckoned for.", default=3),
    FlagSpec("num_classes", POSITIVE_INTEGER, "Classes the cost is reckoned for.", default=10),
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
    what = _choose_arc(values)
    _infer_sizes(values, what)
    _forget_the_search(values)
    config = search_config_from_flags(values)
    picture = _picture_stem(values["picture"].value)
    side = config.data.image_size or _DEFAULT_IMAGE_SIZE
    image_shape = (side, side, values.image_channels)
    space = space_of(config)
    arc = space.parse(values.child_fixed_arc, what)
    described = describe_arc(space, arc)
    network = _network_facts(config, space, arc, image_shape, values.num_classes)
    if values["json"].value:
        text = json.dumps({"arc": space.format(arc), **described, "network": network}, indent=2)
    else:
        text = "\n".join([*arc_words(described), "", _network_words(network)])
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


def _choose_arc(values: flags.FlagValues) -> str:
    """Makes one of the flags that give an architecture the value of `--child_fixed_arc`; returns which."""
    if values["arc"].value is not None:
        values["child_fixed_arc"].value = values["arc"].value
        return "--arc"
    read_arc_file(values)
    if values["child_fixed_arc"].value is None:
        raise InputError("--arc", "an architecture (or --arc_file)", "nothing")
    return "--child_fixed_arc" if values["arc_file"].value is None else f"--arc_file={values['arc_file'].value}"


def _infer_sizes(values: flags.FlagValues, what: str) -> None:
    """Gives space and size the values that follow from the number of integers, where no flag gives them."""
    arc_length = len(values.child_fixed_arc.split())
    sizes = {"macro": MacroSpace.num_layers_of(arc_length), "micro": MicroSpace.num_blocks_of(arc_length)}
    if not values["search_for"].present:
        fitting = [space for space, size in sizes.items() if size]
        if len(fitting) != 1:
            expected = "as many integers as a macro or a micro architecture has (or --search_for, where both have)"
            raise InputError(what, expected, f"{arc_length} integers")
        values["search_for"].value = fitting[0]
    is_micro = values["search_for"].value == "micro"
    size_flag, size = ("child_num_cells", sizes["micro"]) if is_micro else ("child_num_layers", sizes["macro"])
    if size and not values[size_flag].present:
        values[size_flag].value = size
    if not values["controller_search_whole_channels"].present:
        values["controller_search_whole_channels"].value = True  # without, no architecture has a network
    if not values["child_num_branches"].present:
        values["child_num_branches"].value = len(MICRO_OPERATIONS if is_micro else MACRO_OPERATIONS)


def _picture_stem(name: str | None) -> pathlib.Path | None:
    """Where pictures go, without their suffix."""
    if name is None:
        return None
    path = pathlib.Path(name)
    if not path.parent.is_dir():
        raise InputError(f"--picture={name}", "a file in a directory that exists", f"no directory {path.parent}")
    return path.with_suffix("") if path.suffix in (".png", ".svg") else path


def _network_facts(
    config: SearchConfig, space: SearchSpace, arc: Arc, image_shape: tuple[int, int, int], num_classes: int
) -> dict:
    """What the network costs that final training would make of the architecture."""
    with quiet_stderr():
        from enas_tf.models.complexity import complexity_of
        from enas_tf.models.factory import make_network

    complexity = complexity_of(make_network(config, space, arc, image_shape, num_classes).network)
    return {
        "num_layers": config.child.num_layers,
        "out_filters": config.child.filters,
        "image_shape": image_shape,
        "num_classes": num_classes,
        "num_parameters": complexity.num_parameters,
        "multiply_adds": complexity.multiply_adds,
    }


def _network_words(network: dict) -> str:
    shape = "x".join(map(str, network["image_shape"]))
    return (
        f"Trained from scratch with --child_num_layers={network['num_layers']} --child_out_filters="
        f"{network['out_filters']} on {shape} images of {network['num_classes']} classes: "
        f"{network['num_parameters']:,} parameters, {network['multiply_adds']:,} multiply-adds an image."
    )


def _draw(space: SearchSpace, arc: Arc, stem: pathlib.Path) -> None:
    from enas_tf.reporting.arc_drawing import draw_arc
    from enas_tf.reporting.drawing import save_drawing

    save_drawing(draw_arc(space, arc), stem)
    sys.stderr.write(f"Picture: {stem}.png, {stem}.svg\n")
