"""Flags that set `ControllerConfig`: the LSTM controller and its REINFORCE training."""

from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.kinds import (
    BOOLEAN,
    DECAY,
    INNER_PROBABILITY,
    NON_NEGATIVE_NUMBER,
    POSITIVE_INTEGER,
    POSITIVE_NUMBER,
)

CONTROLLER_FLAGS = (
    FlagSpec(
        "controller_search_whole_channels",
        BOOLEAN,
        "Macro space: a layer is one operation, which fills all its channels, as in all published results. Without, "
        "the original's default, a layer runs every operation and takes a range of channels, start and count, from "
        "each; such architectures cannot be trained by --child_fixed_arc. The micro space ignores it.",
    ),
    FlagSpec("controller_training", BOOLEAN, "Train the controller; without, it samples from its initial policy."),
    FlagSpec("controller_lstm_size", POSITIVE_INTEGER, "Width of the controller's LSTM."),
    FlagSpec("controller_lstm_num_layers", POSITIVE_INTEGER, "Layers of the controller's LSTM."),
    FlagSpec("controller_temperature", POSITIVE_NUMBER, "Divides the controller's logits; not applied if not given."),
    FlagSpec(
        "controller_tanh_constant",
        POSITIVE_NUMBER,
        "Bounds the logits to constant * tanh(logits); not applied if not given.",
    ),
    FlagSpec(
        "controller_op_tanh_reduce",
        POSITIVE_NUMBER,
        "Micro space: divides --controller_tanh_constant for the logits of operations. The macro space ignores it.",
    ),
    FlagSpec("controller_skip_target", INNER_PROBABILITY, "Macro space: wished probability of a skip connection."),
    FlagSpec(
        "controller_skip_weight",
        NON_NEGATIVE_NUMBER,
        "Macro space: factor of the penalty for skip probabilities away from --controller_skip_target.",
    ),
    FlagSpec(
        "controller_entropy_weight",
        NON_NEGATIVE_NUMBER,
        "Factor of the entropy added to the reward; no entropy if not given.",
    ),
    FlagSpec("controller_bl_dec", DECAY, "Decay of the moving average of rewards that serves as the baseline."),
    FlagSpec("controller_lr", POSITIVE_NUMBER, "Learning rate of the controller's Adam."),
    FlagSpec("controller_l2_reg", NON_NEGATIVE_NUMBER, "Factor of the sum of squares of the controller's variables."),
    FlagSpec(
        "controller_num_aggregate",
        POSITIVE_INTEGER,
        "Samples whose gradients are averaged in one update, with --controller_sync_replicas; without, each of "
        "them is an update of its own.",
    ),
    FlagSpec(
        "controller_train_steps",
        POSITIVE_INTEGER,
        "Groups of --controller_num_aggregate samples in one phase of controller training.",
    ),
    FlagSpec("controller_train_every", POSITIVE_INTEGER, "Epochs between two phases of controller training."),
)
