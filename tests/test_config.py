import dataclasses

import pytest

from enas_tf.config import ChildConfig, DataConfig, OptimizerConfig, RunConfig, SearchConfig
from enas_tf.errors import InputError

COSINE = {"lr_max": 0.05, "lr_min": 0.0005, "lr_t_0": 10, "lr_t_mul": 2}


def test_cosine_with_its_four_numbers_is_accepted():
    assert OptimizerConfig(lr_cosine=True, **COSINE).lr_t_mul == 2


@pytest.mark.parametrize(
    ("field", "flag"),
    [
        ("lr_max", "--child_lr_max"),
        ("lr_min", "--child_lr_min"),
        ("lr_t_0", "--child_lr_T_0"),
        ("lr_t_mul", "--child_lr_T_mul"),
    ],
)
def test_cosine_names_the_number_it_lacks(field, flag):
    with pytest.raises(InputError, match=r"--child_lr_cosine: expected .*four numbers") as error:
        OptimizerConfig(lr_cosine=True, **{**COSINE, field: None})
    assert error.value.received == f"no {flag}"


def test_cosine_names_all_the_numbers_it_lacks():
    with pytest.raises(InputError, match="no --child_lr_max, --child_lr_min, --child_lr_T_0, --child_lr_T_mul"):
        OptimizerConfig(lr_cosine=True)


def test_a_minimal_rate_of_zero_is_a_number():
    assert OptimizerConfig(lr_cosine=True, **{**COSINE, "lr_min": 0.0}).lr_min == 0.0


def test_the_minimal_rate_may_equal_but_not_exceed_the_maximal_one():
    OptimizerConfig(lr_cosine=True, **{**COSINE, "lr_min": 0.05})
    with pytest.raises(InputError, match=r"--child_lr_min: expected at most --child_lr_max=0.05, received 0.06"):
        OptimizerConfig(lr_cosine=True, **{**COSINE, "lr_min": 0.06})


def test_without_cosine_its_numbers_do_not_matter():
    OptimizerConfig(lr_max=0.1, lr_min=0.2)


@pytest.mark.parametrize(("out_filters", "scale", "filters"), [(48, 1, 48), (18, 2, 36), (3, 2, 6)])
def test_filters_are_scaled(out_filters, scale, filters):
    assert ChildConfig(out_filters=out_filters, out_filters_scale=scale).filters == filters


@pytest.mark.parametrize(("out_filters", "scale", "filters"), [(7, 1, 7), (5, 3, 15)])
def test_odd_filters_are_refused(out_filters, scale, filters):
    with pytest.raises(InputError, match="--child_out_filters") as error:
        ChildConfig(out_filters=out_filters, out_filters_scale=scale)
    assert error.value.received == filters


def test_a_search_holds_validation_images_out_unasked():
    with pytest.raises(InputError, match="--hold_out_validation: expected an architecture to train beside it"):
        SearchConfig(data=DataConfig(hold_out_validation=True), run=RunConfig(search_for="micro"))


def test_settings_are_values():
    assert SearchConfig() == SearchConfig()
    assert hash(SearchConfig()) == hash(SearchConfig())
    assert SearchConfig(child=ChildConfig(num_layers=6)) != SearchConfig()
    with pytest.raises(dataclasses.FrozenInstanceError):
        SearchConfig().child.num_layers = 6
