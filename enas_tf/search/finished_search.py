"""A search brought back as its last checkpoint left it: to measure architectures with its weights, or to take them."""

import dataclasses
import pathlib

from enas_tf.config import SearchConfig
from enas_tf.data import SearchData, load_images
from enas_tf.data.fingerprint import Fingerprint
from enas_tf.errors import InputError
from enas_tf.reporting.directory_lock import require_unlocked
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.search.architecture_search import ArchitectureSearch
from enas_tf.search.checkpoints import Checkpoints
from enas_tf.search.loop import Task
from enas_tf.search_space import ImageFacts


def restore_search(config: SearchConfig, path: str, what: str) -> tuple[ArchitectureSearch, SearchData]:
    """Restores a search; nothing is written.

    Args:
      config: Its settings.
      path: Its directory.
      what: Flag to name in an error.

    Returns:
      The search, and its images as it split them.

    Raises:
      InputError: If it has no checkpoint, its newest one is damaged, or it was on other images.
    """
    image_set = load_images(config.data)
    data = SearchData(image_set, config.data, config.run.seed, kept_share=config.strategy.kept_share)
    search = ArchitectureSearch(config, data)
    plain = {**search.plain(), "data": Fingerprint(image_set, config.data.source_flag)}
    directory = RunDirectory(path).checkpoints
    checkpoints = Checkpoints(directory, search.child_trainer.step_count, search.tracked(), plain)
    if not checkpoints.restore():
        raise InputError(what, "the directory of a search with a checkpoint", f"none in {directory}")
    for newer, reason in checkpoints.damaged.items():  # the one before is not what the search ended with
        expected = "a whole newest checkpoint (a search that goes on with --noreset_output_dir writes it again)"
        raise InputError(what, expected, f"{newer}: {reason}")
    return search, data


def initialise_from_search(config: SearchConfig, there: SearchConfig, task: Task, data: SearchData) -> list[str]:
    """Gives a run the shared weights and moving averages that a search ended with.

    Args:
      config: Of the run; its `init_from_search` names the directory of the search.
      there: The settings of the search.
      task: The run's, at its initial values.
      data: The run's images.

    Returns:
      Lines that say what was done.

    Raises:
      InputError: If the search has no such weights, or is under way, or they do not fit the run; nothing is changed
        then.
    """
    path = str(config.run.init_from_search)
    what = f"--init_from_search={path}"
    if not there.strategy.trains_by_child_flags:
        raise InputError(what, "a search whose shared network runs one architecture", f"one by {there.strategy.name}")
    require_unlocked(what, pathlib.Path(path))
    where_from = dataclasses.replace(there.data, data_dir=config.data.data_dir, download=config.data.download)
    search, its_data = restore_search(dataclasses.replace(there, data=where_from), path, what)
    _require_same_images(its_data, data, what)
    own, given = task.child.variables, search.child.variables
    if [variable.shape for variable in own] != [variable.shape for variable in given]:
        expected = "a search whose network has the sizes of this run (--child_num_layers, --child_out_filters, …)"
        raise InputError(what, expected, "one with variables of other shapes")
    for variable, value in zip(own, given, strict=True):
        variable.assign(value)
    return [
        f"Beginning with the shared weights of {path} at step {search.step}: the architecture's path of that network "
        "is trained further, which is not the network that enas-train makes of an architecture",
        *unfinished_note(path),
    ]


def unfinished_note(path: str) -> list[str]:
    """Says of a search that has not come to its end that it has not."""
    finished = RunDirectory(path).results.exists()
    return [] if finished else [f"The search in {path} is not finished: it stands where its last checkpoint left it"]


def _require_same_images(there: SearchData, here: SearchData, what: str) -> None:
    expected, received = (ImageFacts(data.image_shape, data.num_classes) for data in (here, there))
    if expected != received:
        raise InputError(what, f"a search on {expected}", f"one on {received}")
