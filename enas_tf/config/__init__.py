"""Settings of a run as frozen dataclasses, a file a section.

Knows neither absl flags nor TensorFlow. A field is named as the flag that sets it, without the flag's `child_` or
`controller_` prefix; error messages name the flag. Defaults are the original's unless a comment says why not.
"""

from enas_tf.config.child import ChildConfig
from enas_tf.config.data import DataConfig
from enas_tf.config.optimizer import OptimizerConfig
from enas_tf.config.poison import PoisonConfig
from enas_tf.config.reward import COSTS, SOFT_WEIGHTS, RewardConfig
from enas_tf.config.run import ORIGINAL_QUIRKS, RunConfig
from enas_tf.config.schedule import AFTER, JOINT, OUTCOME_CANDIDATES, RECALIBRATION_BATCHES, ScheduleConfig
from enas_tf.config.search import SearchConfig
from enas_tf.config.strategy import PolicyConfig, Settings, StrategyConfig, setting

__all__ = [
    "AFTER",
    "COSTS",
    "ChildConfig",
    "DataConfig",
    "JOINT",
    "ORIGINAL_QUIRKS",
    "OUTCOME_CANDIDATES",
    "OptimizerConfig",
    "PoisonConfig",
    "PolicyConfig",
    "RECALIBRATION_BATCHES",
    "RewardConfig",
    "RunConfig",
    "SOFT_WEIGHTS",
    "ScheduleConfig",
    "SearchConfig",
    "Settings",
    "StrategyConfig",
    "setting",
]
