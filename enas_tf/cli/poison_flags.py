"""Flags that set `PoisonConfig`: what is done to the search space to weaken it."""

from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.kinds import OPERATION_NAMES, POISON_INSTANCES, POISON_PRESET

POISON_FLAGS = (
    FlagSpec(
        "remove_ops",
        OPERATION_NAMES,
        "Operations taken out of the space, or one of the published designs removal_1 to removal_5.",
    ),
    FlagSpec(
        "poison",
        POISON_PRESET,
        "A published poison, added to the space: set, number of instances and variant, as in P6P3_002_100.",
    ),
    FlagSpec(
        "poison_ops",
        POISON_INSTANCES,
        "Ineffective operations added to the space, each with its number of instances: identity, "
        "gaussian_noise(stddev=…), dropout(rate=…), transposed_conv(kernel_size=…), stretched_conv(dilation=…).",
    ),
)
