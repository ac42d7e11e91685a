"""Flags that set `RewardConfig`: a price on what architectures cost."""

from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.kinds import COST_WEIGHTS, PATH, POSITIVE_NUMBER, one_of
from enas_tf.config import COSTS

REWARD_FLAGS = (
    FlagSpec(
        "reward_cost",
        one_of(*COSTS),
        "Put a price on what an architecture costs: rewards are accuracy * (cost / target)^weight, as in MnasNet, and "
        "the best architecture is the one of the highest reward; accuracies are told as they are. The cost is that of "
        "what runs of the shared network, stem and classifier with it, for one image at the sizes of the search: of "
        "cells all copies in --child_num_layers and the two reduction cells, not the deeper network of a final "
        "training. Of milliseconds each operation is measured once and kept in operation_milliseconds.json. Ranges of "
        "channels cost their share of each operation. No price if not given.",
        sets="cost",
    ),
    FlagSpec(
        "cost_target",
        POSITIVE_NUMBER,
        "With --reward_cost: the parameters, multiply-adds or milliseconds at which a reward is the accuracy itself.",
        sets="target",
    ),
    FlagSpec(
        "cost_weight",
        COST_WEIGHTS,
        "With --reward_cost: the exponent w, or two separated by a comma, for costs up to --cost_target and beyond it; "
        "0,-1 makes the target a limit that only what is beyond pays for. -0.07 if not given.",
        sets="weights",
    ),
    FlagSpec(
        "operation_milliseconds",
        PATH,
        "With --reward_cost=milliseconds: the operation_milliseconds.json of another run, or that run's directory, "
        "whose times are taken; what it lacks is measured.",
    ),
)
