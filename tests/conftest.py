"""Fixtures every test shares: quiet TensorFlow, seeded randomness, and where reference material lies."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pathlib

import keras
import pytest

import enas_tf  # noqa: F401  (fixes the Keras backend)

GOLDENS = pathlib.Path(__file__).parent / "goldens"


@pytest.fixture(autouse=True)
def _seeded():
    keras.utils.set_random_seed(0)
