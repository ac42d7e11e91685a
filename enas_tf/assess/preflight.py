"""Checks what would otherwise make every run of an experiment fail: its images and its search spaces."""

from collections.abc import Sequence

from enas_tf.config import SearchConfig
from enas_tf.data import SearchData, load_images
from enas_tf.poisoning import space_of


def check_inputs(searches: Sequence[SearchConfig]) -> None:
    """Makes every search space and loads the images once, which also fetches them if that is allowed.

    Args:
      searches: Of one experiment, which share their images.

    Raises:
      InputError: If a poison does not fit the space, or images do not fit the settings.
    """
    for search in searches:
        space_of(search)
    first = searches[0]
    SearchData(load_images(first.data), first.data, first.run.seed, True)
