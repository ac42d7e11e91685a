"""Searches whose strategies learn from candidates: killed among them, they go on to the same numbers."""

import pytest

from enas_tf.strategies.candidates import CandidateSearch
from enas_tf.strategies.evolution import EvolutionConfig
from enas_tf.strategies.grid import GridConfig
from enas_tf.strategies.q_learning import QLearningConfig
from enas_tf.strategies.tpe import TPEConfig
from tests.search.test_search import assert_same_outcome, killed_at, results, search

NUM_ROUNDS = 4
STRATEGIES = [EvolutionConfig(4, 2), QLearningConfig(alpha=0.2, replay=2), TPEConfig(3), GridConfig()]
# What an epoch's row says of the state after two phases.
SAID = {
    "evolution": {"population_size": 4},
    "q_learning": {"epsilon": 0.1, "q_table_size": 10},
    "tpe": {},
    "grid": {},
}


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda config: config.name)
def test_killed_between_candidates_it_goes_on_to_the_same_numbers(tmp_path, monkeypatch, strategy):
    monkeypatch.setattr(CandidateSearch, "num_rounds", lambda self, epoch: NUM_ROUNDS)
    finished = search(tmp_path / "finished", strategy=strategy)
    last = results(finished)["epochs"][-1]
    assert last.items() >= SAID[strategy.name].items()
    with killed_at("round_observed", NUM_ROUNDS + 2):
        search(tmp_path / "killed", strategy=strategy)
    assert_same_outcome(search(tmp_path / "killed", strategy=strategy), finished)
    log = (finished / "stdout").read_text()
    assert ("Grid: 8 candidates cover 25.0 % of 32 architectures" in log) == (strategy.name == "grid")
