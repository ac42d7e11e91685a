"""A strategy of somebody else's, in one file, searches, and goes on to the same numbers whenever it is stopped."""

import dataclasses
from typing import ClassVar

import numpy as np
import pytest
from absl import flags

from enas_tf.cli.flags import define_search_flags, search_config_from_flags
from enas_tf.config import StrategyConfig, setting
from enas_tf.search_space import SearchSpace
from enas_tf.seeds import named_generator
from enas_tf.strategies.registry import STRATEGIES, register
from enas_tf.strategies.strategy import Purpose, Strategy, StrategyKind
from enas_tf.training.child_trainer import make_child_trainer
from tests.search.test_search import assert_same_outcome, killed_at, make_config, results, rows, search, stopped_at


@dataclasses.dataclass(frozen=True)
class HillClimbingConfig(StrategyConfig):
    """Settings of hill climbing."""

    name: ClassVar[str] = "hill_climbing"

    rounds: int = setting(4, "Rounds after an epoch.", "positive integer")
    start: str = setting("drawn", "Where to begin.", ("drawn", "zero"))


class HillClimbing(Strategy):
    """Keeps the best architecture it has seen and proposes neighbours of it."""

    round_size = 2

    def __init__(self, config: HillClimbingConfig, space: SearchSpace, seed: int):
        self._config, self._space, self._seed = config, space, seed
        self.best = np.zeros(space.arc_length, np.int32)
        self.reward, self.num_observed = np.float32(-1.0), 0

    def plan(self, num_candidates):
        """How many steps there are."""
        return [f"Climbing {num_candidates} steps"]

    def propose(self, purpose: Purpose, num_arcs: int, *counters: int) -> np.ndarray:
        """Uniform draws, and for candidates the best one but for a position."""
        if not purpose.is_candidate:
            return self._space.uniform(named_generator(self._seed, purpose, *counters), num_arcs)
        generator = named_generator(self._seed, purpose, self.num_observed)
        arcs, drawn = np.tile(self.best, (num_arcs, 1)), self._space.uniform(generator, num_arcs)
        changed = generator.integers(0, self._space.arc_length, num_arcs)
        arcs[np.arange(num_arcs), changed] = drawn[np.arange(num_arcs), changed]
        return arcs

    def num_rounds(self, epoch: int) -> int:
        """As set."""
        return self._config.rounds

    def observe(self, trials):
        """Keeps the best."""
        for trial in trials:
            assert trial.purpose.is_candidate
            self.num_observed += 1
            if trial.reward >= self.reward:
                self.best, self.reward = np.array(trial.arc, np.int32), np.float32(trial.reward)
        return {"reward": np.array([trial.reward for trial in trials])}

    def state(self):
        """What was observed."""
        return {"best": self.best, "reward": self.reward, "num_observed": self.num_observed}

    def restore(self, state):
        """As it was."""
        self.best, self.num_observed = np.array(state["best"], np.int32), state["num_observed"]
        self.reward = np.float32(state["reward"])

    def make_child_trainer(self, config, data, child):
        """The plain one, but for the learning rate it tells."""
        trainer = make_child_trainer(config, child, data.batches_per_epoch)
        step = trainer.step
        trainer.step = lambda images, labels, arc: step(images, labels, arc) | {"lr": 0.4321}
        return trainer

    def trial_lines(self, trials, told, minutes):
        """A line each."""
        return [f"climbing: {trial.reward:.4f}" for trial in trials]

    def epoch_values(self):
        """The best reward and the number of trials."""
        return {"climbed_to": float(self.reward), "num_observed": self.num_observed}


KIND = StrategyKind(
    config=HillClimbingConfig,
    make=lambda config, space: HillClimbing(config.strategy, space, config.run.seed),
    help="neighbours of the best architecture",
    label="hill climbing",
    colour="#000000",
    marker="v",
)


@pytest.fixture(autouse=True, scope="module")
def _registered():
    register(KIND)
    yield
    del STRATEGIES[KIND.name]


@pytest.fixture(scope="module")
def finished(tmp_path_factory, _registered):
    return search(tmp_path_factory.mktemp("outside") / "run", {"search_mode": KIND.name})


def test_it_searches_and_tells_what_it_has(finished):
    outcome = results(finished)
    assert outcome["search_mode"] == "hill_climbing"
    assert [row["num_observed"] for row in outcome["epochs"]] == [8, 16]
    assert "bad_probability" not in outcome["epochs"][0]  # it has no policy
    values = define_search_flags(flags.FlagValues())
    values(["enas-search", f"--flagfile={finished / 'flags.txt'}"])
    assert search_config_from_flags(values) == make_config(finished, {"search_mode": KIND.name})
    log = (finished / "stdout").read_text()
    assert log.count("climbing: ") == 16
    assert log.count("lr=0.4321") == 8  # its own step of the child
    assert "Epoch 1: Candidates" in log
    assert "Climbing 16 steps" in log
    flagfile = (finished / "flags.txt").read_text().splitlines()
    assert {"--search_mode=hill_climbing", "--hill_climbing_rounds=4", "--hill_climbing_start=drawn"} <= set(flagfile)
    assert not [line for line in flagfile if "controller_lr" in line]
    assert len(rows(finished / "arcs.jsonl")) == 20


@pytest.mark.parametrize("happens", [stopped_at, killed_at])
@pytest.mark.parametrize("number", [3, 6])
def test_stopped_or_killed_between_its_rounds_it_goes_on_to_the_same_numbers(finished, tmp_path, happens, number):
    run = {"search_mode": KIND.name}
    with happens("round_observed", number):
        search(tmp_path / "run", run)
    assert_same_outcome(search(tmp_path / "run", run), finished)
