import json

import numpy as np
import pytest

from enas_tf.config import OptimizerConfig
from enas_tf.training.schedules import cosine_restarts, make_schedule
from tests.conftest import GOLDENS

SETTINGS = json.loads((GOLDENS / "lr_schedule.json").read_text())
# 3 batches an epoch, periods of 10, 20 and 40 epochs.
RESTART_STEPS = [30, 90, 210]


def _cosine(lr_max=0.05, lr_min=0.0005, t_0=10, t_mul=2):
    return OptimizerConfig(lr_cosine=True, lr_max=lr_max, lr_min=lr_min, lr_t_0=t_0, lr_t_mul=t_mul)


def _rates(schedule, num_steps):
    return np.array([schedule(step) for step in range(num_steps)])


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDENS / "lr_schedule.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def golden_cosine():
    settings = SETTINGS["cosine"]
    return _cosine(settings["lr_max"], settings["lr_min"], settings["T_0"], settings["T_mul"])


def test_cosine_with_the_glitch_is_the_originals(golden, golden_cosine):
    schedule = make_schedule(golden_cosine, SETTINGS["cosine"]["batches_per_epoch"], restart_glitch=True)
    np.testing.assert_allclose(_rates(schedule, 240), golden["cosine"], rtol=2e-5)


def test_cosine_without_the_glitch_restarts_at_the_maximum(golden, golden_cosine):
    schedule = make_schedule(golden_cosine, SETTINGS["cosine"]["batches_per_epoch"])
    expected = golden["cosine"].copy()
    np.testing.assert_allclose(expected[RESTART_STEPS], 0.02525, rtol=1e-5)
    expected[RESTART_STEPS] = 0.05
    np.testing.assert_allclose(_rates(schedule, 240), expected, rtol=2e-5)


def test_stairs_are_the_originals(golden):
    settings = SETTINGS["step_decay"]
    config = OptimizerConfig(
        lr=settings["lr_init"], lr_dec_every=settings["every_epochs"], lr_dec_rate=settings["rate"]
    )
    schedule = make_schedule(config, settings["batches_per_epoch"])
    np.testing.assert_allclose(_rates(schedule, 700), golden["step_decay"], rtol=1e-5)


def test_stairs_by_hand():
    schedule = make_schedule(OptimizerConfig(lr=0.8, lr_dec_every=2, lr_dec_rate=0.5), batches_per_epoch=3)
    np.testing.assert_allclose(_rates(schedule, 15), [0.8] * 6 + [0.4] * 6 + [0.2] * 3)


def test_periods_of_one_length():
    config = _cosine(lr_max=1.0, lr_min=0.0, t_0=2, t_mul=1)
    np.testing.assert_allclose(_rates(make_schedule(config, 2), 10), [1, 1, 0.5, 0.5] * 2 + [1, 1])
    # the old t is then the whole new period: the glitch is at the minimum
    glitched = _rates(make_schedule(config, 2, restart_glitch=True), 10)
    np.testing.assert_allclose(glitched, [1, 1, 0.5, 0.5, 0, 1, 0.5, 0.5, 0, 1], atol=1e-12)


def test_periods_that_grow_threefold():
    config = _cosine(lr_max=1.0, lr_min=0.0, t_0=1, t_mul=3)
    expected = [1] + [1, 0.75, 0.25] + [0.5 + 0.5 * np.cos(np.pi * t / 9) for t in range(9)] + [1]
    np.testing.assert_allclose([cosine_restarts(config, epoch) for epoch in range(14)], expected)


def test_the_glitch_concerns_epochs_that_begin_with_a_restart():
    config = _cosine(lr_max=1.0, lr_min=0.0, t_0=2, t_mul=2)
    glitched = [cosine_restarts(config, epoch, glitch=True) for epoch in range(7)]
    np.testing.assert_allclose(glitched, [1, 0.5, 0.5, *(0.5 + 0.5 * np.cos(np.pi * t / 4) for t in (1, 2, 3)), 0.5])


def test_a_constant_rate_is_a_cosine_between_equals():
    np.testing.assert_allclose(_rates(make_schedule(_cosine(0.1, 0.1), 1, restart_glitch=True), 50), 0.1)
