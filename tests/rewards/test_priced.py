"""A price on what architectures cost, against numbers worked out by hand."""

import json
import math

import numpy as np
import pytest

from enas_tf.config import ChildConfig, RewardConfig
from enas_tf.errors import InputError
from enas_tf.models.channel_child import MacroChannelChild
from enas_tf.models.macro_child import MacroChild
from enas_tf.models.micro_child import MicroChild
from enas_tf.reporting.results import write_json
from enas_tf.rewards import milliseconds
from enas_tf.rewards.priced import Price, PricedReward, make_price
from enas_tf.rewards.synthetic import FunctionReward
from enas_tf.search_space import MACRO_OPERATIONS, MICRO_OPERATIONS, MacroChannelSpace, MacroSpace, MicroSpace

SHAPE, CLASSES, F = (8, 8, 1), 10, 4
BATCH_NORM = 2  # scale and offset of a channel


def macro_child() -> MacroChild:
    return MacroChild(MacroSpace(2, MACRO_OPERATIONS), ChildConfig(num_layers=2, out_filters=F), SHAPE, CLASSES)


def micro_child() -> MicroChild:
    config = ChildConfig(num_layers=1, out_filters=F, num_cells=1)
    return MicroChild(MicroSpace(1, MICRO_OPERATIONS), config, SHAPE, CLASSES)


def channel_child() -> MacroChannelChild:
    space = MacroChannelSpace(1, num_channels=F, operations=MACRO_OPERATIONS[:2])
    return MacroChannelChild(space, ChildConfig(num_layers=1, out_filters=F), SHAPE, CLASSES)


def cost_of(child, cost: str, directory, **settings):
    return make_price(RewardConfig(cost, 100.0, **settings), child, directory / "times.json").cost_of


@pytest.mark.parametrize(
    ("weights", "cost", "factor"),
    [
        (None, 100.0, 1.0),
        (None, 200.0, 0.9526380),  # 2^-0.07: twice the cost for about 5 % of accuracy
        (None, 50.0, 1.0497168),
        ((0.0, -1.0), 50.0, 1.0),
        ((0.0, -1.0), 100.0, 1.0),
        ((0.0, -1.0), 400.0, 0.25),
        ((-0.5, -1.0), 25.0, 2.0),
    ],
)
def test_the_reward_is_the_accuracy_times_the_cost_over_the_target_to_a_weight(weights, cost, factor):
    price = Price(RewardConfig("parameters", 100.0, weights), lambda arc: cost)
    assert price.factor(cost) == pytest.approx(factor, rel=1e-6)
    assert price.reward((0,), 0.8) == pytest.approx(0.8 * factor, rel=1e-6)


def test_another_reward_gets_a_price_and_is_told_beside_it():
    price = Price(RewardConfig("multiply_adds", 10.0, (-1.0, -1.0)), lambda arc: 10.0 * (1 + sum(arc)))
    first, second = PricedReward(FunctionReward(lambda arcs: np.full(len(arcs), 0.6)), price).measure([(0, 0), (1, 1)])
    assert (first.reward, first.accuracy, first.cost) == (0.6, 0.6, 10.0)
    assert (second.reward, second.accuracy, second.cost) == (pytest.approx(0.2), 0.6, 30.0)


def test_without_a_cost_there_is_no_price(tmp_path):
    assert make_price(RewardConfig(), macro_child(), tmp_path / "times.json") is None


def test_parameters_of_layers_are_counted_by_hand(tmp_path):
    cost = cost_of(macro_child(), "parameters", tmp_path)
    stem, classifier = 9 * F + BATCH_NORM * F, F * CLASSES
    entry, skip = F * F + BATCH_NORM * F, BATCH_NORM * F
    conv_3x3 = entry + 9 * F * F + BATCH_NORM * F
    separable_5x5 = entry + 25 * F + F * F + BATCH_NORM * F
    assert cost((0, 0, 1)) == stem + 2 * conv_3x3 + skip + classifier
    assert cost((3, 4, 0)) == stem + separable_5x5 + entry + skip + classifier


def test_parameters_of_cells_are_those_of_the_entries_that_are_read(tmp_path):
    """One normal cell, and two reduction cells of twice and four times the channels."""
    child = micro_child()
    cost = cost_of(child, "parameters", tmp_path)

    def separable(size: int, filters: int) -> int:
        return 2 * (size**2 * filters + filters**2 + BATCH_NORM * filters)

    pooled = "0 2 0 2"  # one entry is pooled twice: the other and the sum are the output
    normal, reduced = (tuple(map(int, f"{pooled} {cell}".split())) for cell in (pooled, "1 0 0 2"))
    assert cost(reduced) - cost(normal) == sum(
        separable(3, filters) - filters**2 for filters in (2 * F, 4 * F)
    )  # with both inputs read, one entry less is left for the output
    whole = sum(math.prod(variable.shape) for variable in child.trainable_variables)
    assert 0 < cost(normal) < whole


@pytest.mark.parametrize("make", [macro_child, micro_child])
def test_multiply_adds_are_those_of_what_runs(make, tmp_path):
    child = make()
    arcs = child.space.uniform(np.random.default_rng(0), 4).tolist()
    cost = cost_of(child, "multiply_adds", tmp_path)
    assert [cost(tuple(arc)) for arc in arcs] == [child.multiply_adds(arc) for arc in arcs]


def test_ranges_of_channels_cost_their_share_of_each_operation(tmp_path):
    child = channel_child()
    for kind in ("parameters", "multiply_adds"):
        cost = cost_of(child, kind, tmp_path)
        ones, more, convolution = (cost(arc) for arc in ((0, 1, 0, 1), (0, 3, 0, 3), (0, 3, 0, 1)))
        rest = ones - (more - ones) / 2  # stem and classifier: one of four channels costs half of what two more do
        assert rest + 3 * (ones - rest) == pytest.approx(more)
        assert ones < convolution < more


def count_measurements(monkeypatch, first: float) -> list[str]:
    """Lets measuring take made-up times, each of its own; returns what was measured."""
    measured: list[str] = []

    def measure(placed) -> float:
        measured.append(milliseconds._name(placed))
        return first + len(measured)

    monkeypatch.setattr(milliseconds, "_measure", measure)
    return measured


def test_each_operation_is_measured_once_and_its_time_is_kept(tmp_path, monkeypatch):
    child = macro_child()
    measured = count_measurements(monkeypatch, 0.0)
    cost = cost_of(child, "milliseconds", tmp_path)
    first = cost((0, 0, 1))
    assert len(measured) == len(set(measured)) == 4  # stem, convolution, sum of skips, classifier
    assert first == 1 + 2 * 2 + 3 + 4  # the convolution runs twice at the same size
    kept = json.loads((tmp_path / "times.json").read_text())
    assert sorted(kept["milliseconds"].values()) == [1, 2, 3, 4]
    assert set(kept["milliseconds"]) == set(measured)
    again = count_measurements(monkeypatch, 100.0)
    assert cost_of(child, "milliseconds", tmp_path)((0, 0, 1)) == first
    assert again == []
    elsewhere = tmp_path / "other"
    elsewhere.mkdir()
    taken = cost_of(child, "milliseconds", elsewhere, operation_milliseconds=str(tmp_path / "times.json"))
    assert taken((0, 0, 1)) == first
    assert again == []
    assert taken((1, 1, 1)) == 1 + 2 * 101 + 3 + 4


def test_measuring_leaves_the_network_as_it_was(tmp_path):
    child = micro_child()
    before = [variable.numpy() for variable in child.variables]
    cost = cost_of(child, "milliseconds", tmp_path)
    assert cost((0, 0, 1, 1, 0, 2, 1, 3)) > 0
    for variable, value in zip(child.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_times_are_found_in_the_directory_of_a_run(tmp_path):
    write_json(tmp_path / "operation_milliseconds.json", {"milliseconds": {"a": 2}})
    assert milliseconds.OperationMilliseconds(tmp_path / "own", str(tmp_path))._others == {"a": 2.0}


_NO_TIMES = "JSON without `milliseconds` that are numbers by operations"


@pytest.mark.parametrize(
    ("text", "received"),
    [
        (None, "No such file or directory"),
        ("{", "a file that is not JSON"),
        ("[]", _NO_TIMES),
        ("{}", _NO_TIMES),
        ('{"milliseconds": {"a": "b"}}', _NO_TIMES),
    ],
)
def test_times_that_cannot_be_read_are_refused(tmp_path, text, received):
    path = tmp_path / "times.json"
    if text is not None:
        path.write_text(text)
    said = f"--operation_milliseconds=.*times.json: expected the operation_milliseconds.json .*, received {received}$"
    with pytest.raises(InputError, match=said):
        milliseconds.OperationMilliseconds(tmp_path / "own", str(path))
