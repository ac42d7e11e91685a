"""Which strategies there are, and that nobody waits for TensorFlow to learn it."""

import dataclasses
import subprocess
import sys

import pytest

from enas_tf.config import RunConfig, SearchConfig
from enas_tf.errors import InputError
from enas_tf.search_space import MacroSpace
from enas_tf.strategies.registry import STRATEGIES, kind_of, make_strategy, register
from enas_tf.strategies.strategy import Purpose, Trial

SPACE = MacroSpace(3)


def test_flags_are_read_without_tensorflow_and_optuna():
    code = "import sys, enas_tf.strategies.registry; sys.exit(bool({'tensorflow', 'optuna'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", STRATEGIES)
def test_each_is_called_by_its_name_and_says_what_it_is(name):
    kind = STRATEGIES[name]
    assert kind.name == kind.config().name == name
    assert kind.help and kind.label and kind.colour.startswith("#")
    for field in dataclasses.fields(kind.config):
        assert field.metadata["help"].endswith("."), field.name


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("purpose", Purpose)
def test_proposals_are_a_function_of_seed_purpose_and_counters(name, purpose):
    config = SearchConfig(RunConfig(search_whole_channels=True), strategy=kind_of(name).config())
    first, again = (make_strategy(config, SPACE).propose(purpose, 3, 1, 2).tolist() for _ in range(2))
    assert first == again
    assert [SPACE.validate(arc) for arc in first] == [tuple(arc) for arc in first]
    strategy = make_strategy(config, SPACE)
    assert strategy.propose(purpose, 3, 1, 2).tolist() == strategy.propose(purpose, 3, 1, 2).tolist()


@pytest.mark.parametrize("name", STRATEGIES)
def test_only_candidates_change_what_is_proposed(name):
    config = SearchConfig(RunConfig(search_whole_channels=True), strategy=kind_of(name).config())
    strategy = make_strategy(config, SPACE)
    before = strategy.propose(Purpose.SHOWN, 4, 1).tolist()
    others = [purpose for purpose in Purpose if not purpose.is_candidate]
    strategy.observe([Trial((0,) * SPACE.arc_length, 1.0, purpose) for purpose in others])
    assert strategy.propose(Purpose.SHOWN, 4, 1).tolist() == before


def test_an_unknown_one_and_a_name_that_is_taken_are_refused():
    with pytest.raises(InputError, match="--search_mode: expected one of controller, random, .*, received luck"):
        kind_of("luck")
    with pytest.raises(InputError, match="strategy random: expected a name that no other strategy has"):
        register(dataclasses.replace(STRATEGIES["random"], label="another"))
