"""The original's networks of one architecture: every number of their files to rounding, every variable by name."""

import pytest

from tests.original.golden_files import (
    assert_every_array_is_that_of_the_original,
    assert_every_variable_of_the_original_is_found,
    child_of,
    load,
)

NETWORKS = ("macro_fixed", "micro_fixed")


@pytest.mark.parametrize("name", NETWORKS)
def test_every_array_is_that_of_the_original(name):
    assert_every_array_is_that_of_the_original(name)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_variable_of_the_original_is_found(name):
    assert_every_variable_of_the_original_is_found(child_of(load(name)))
