"""Fixtures of the networks' tests."""

import pytest

from enas_tf.layers.base import ChildLayer
from enas_tf.layers.operations import MACRO_OPERATION_LAYERS


class Negation(ChildLayer):
    """An operation as someone would add it."""

    def call(self, inputs, training=False):
        return -inputs


@pytest.fixture
def _negation(monkeypatch):
    """Registers the operation `negation` of the macro space for one test."""
    monkeypatch.setattr(MACRO_OPERATION_LAYERS, "_factories", dict(MACRO_OPERATION_LAYERS._factories))
    MACRO_OPERATION_LAYERS.register("negation", Negation)
