"""Flags that set `ChildConfig` and `OptimizerConfig`: the child network and how its weights are trained."""

from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.kinds import (
    BOOLEAN,
    KEEP_PROBABILITY,
    NON_NEGATIVE_NUMBER,
    OPERATION_NAMES,
    POSITIVE_INTEGER,
    POSITIVE_NUMBER,
    TEXT,
    one_of,
)

CHILD_FLAGS = (
    FlagSpec(
        "child_fixed_arc",
        TEXT,
        "Train this architecture alone instead of searching: its integers, as text or as a log prints them; "
        "cells also as a DARTS genotype or an NNI sample. One of the macro space needs "
        "--controller_search_whole_channels; ranges of channels cannot be trained, in the original neither.",
    ),
    FlagSpec("child_num_layers", POSITIVE_INTEGER, "Layers that hold an operation."),
    FlagSpec("child_out_filters", POSITIVE_INTEGER, "Channels of every layer, before --child_out_filters_scale."),
    FlagSpec(
        "child_out_filters_scale",
        POSITIVE_INTEGER,
        "Factor on --child_out_filters. Ranges of channels (--nocontroller_search_whole_channels) are chosen within "
        "--child_out_filters all the same, as in the original.",
    ),
    FlagSpec(
        "child_num_branches",
        one_of(4, 5, 6),
        "Operations on offer. Macro space: four convolutions, then average and max pooling. Micro space: two "
        "separable convolutions, average and max pooling, identity.",
    ),
    FlagSpec(
        "operations",
        OPERATION_NAMES,
        "Operations on offer by name, separated by commas, in the order of their indices; --child_num_branches then "
        "says nothing. Any of the space's: published ones, those of --poison_ops, those that other packages add; where "
        "layers take ranges of channels, published ones.",
    ),
    FlagSpec("child_num_cells", POSITIVE_INTEGER, "Micro space: blocks in a cell. The macro space ignores it."),
    FlagSpec(
        "child_use_aux_heads",
        BOOLEAN,
        "Micro space: train with an auxiliary classifier half-way up. The macro space ignores it.",
    ),
    FlagSpec(
        "child_keep_prob", KEEP_PROBABILITY, "Probability to keep a feature in the dropout before the classifier."
    ),
    FlagSpec(
        "child_drop_path_keep_prob",
        KEEP_PROBABILITY,
        "Final training in the micro space: probability to keep a path of the last cell at the end of the training. "
        "A search ignores it.",
    ),
    FlagSpec(
        "data_format",
        one_of("NHWC", "NCHW"),
        "Layout of feature maps; on a CPU NCHW gives a warning and NHWC is used.",
    ),
)

OPTIMIZER_FLAGS = (
    FlagSpec("child_l2_reg", NON_NEGATIVE_NUMBER, "Factor of the sum of squares of all the child's variables."),
    FlagSpec(
        "child_grad_bound", POSITIVE_NUMBER, "Norm to which the gradient of each of the child's variables is clipped."
    ),
    FlagSpec("child_lr", POSITIVE_NUMBER, "Learning rate at the start, without --child_lr_cosine."),
    FlagSpec(
        "child_lr_dec_every", POSITIVE_INTEGER, "Epochs between two drops of the rate, without --child_lr_cosine."
    ),
    FlagSpec("child_lr_dec_rate", POSITIVE_NUMBER, "Factor of one drop of the rate, without --child_lr_cosine."),
    FlagSpec(
        "child_lr_cosine",
        BOOLEAN,
        "Cosine learning rate with warm restarts; needs --child_lr_max, _min, _T_0 and _T_mul.",
    ),
    FlagSpec("child_lr_max", POSITIVE_NUMBER, "Cosine: learning rate just after a restart."),
    FlagSpec("child_lr_min", NON_NEGATIVE_NUMBER, "Cosine: learning rate at the end of a period."),
    FlagSpec("child_lr_T_0", POSITIVE_INTEGER, "Cosine: epochs of the first period."),
    FlagSpec("child_lr_T_mul", POSITIVE_INTEGER, "Cosine: how many times longer each period is than the one before."),
)
