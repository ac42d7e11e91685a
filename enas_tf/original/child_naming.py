"""Finds a child network's variables by the names the original gave them, as its checkpoints and golden files do."""

import dataclasses
from collections.abc import Iterable, Mapping

import keras
import numpy as np

from enas_tf.config import SearchConfig
from enas_tf.errors import InputError
from enas_tf.layers.cell_output import SharedCellOutput
from enas_tf.layers.joined_branches import JoinedBranches
from enas_tf.layers.micro_operations import SharedSeparableConvolution
from enas_tf.layers.operations import ConvolutionOperation, PoolingOperation
from enas_tf.models.layered_child import LayeredChild
from enas_tf.models.micro_child import MicroChild
from enas_tf.original.layer_naming import NORMALIZATION_WEIGHTS, convolution_operation, layer_variables
from enas_tf.poisoning import space_kind
from enas_tf.search_space import PUBLISHED


def macro_child_variables(child: LayeredChild) -> dict[str, keras.Variable]:
    """Maps the original's names to the variables of a shared macro network, batch-norm statistics included.

    Where layers take ranges of channels, they have a `final_conv/w` as well.
    The pointwise weights of separable convolutions are stored transposed there; see `to_original`.

    Returns:
      For example `child/stem_conv/w`, `child/layer_0/branch_0/inp_conv_1/bn/scale`, `child/fc/w`.
    """
    names = layer_variables(child.stem, "child/stem_conv")
    branches: Iterable[tuple[int, keras.layers.Layer]]
    for i, operations in enumerate(child.operations):
        layer = f"child/layer_{i}"
        if isinstance(operations, JoinedBranches):
            branches = enumerate(operations.branches)
            names |= _final_convolution(operations, layer)
        else:
            branches = ((child.space.operations.index(name), module) for name, module in operations.items())
        for branch, module in branches:
            names |= _macro_operation(f"{layer}/branch_{branch}", module)
        if i > 0:
            names |= layer_variables(child.skip_norms[i], f"{layer}/skip")
        for entry, reduction in enumerate(child.reductions.get(i, [])):
            names |= layer_variables(reduction, f"{layer}/pool_at_{i}/from_{entry}")
    return names | layer_variables(child.classifier, "child/fc")


def micro_child_variables(child: MicroChild) -> dict[str, keras.Variable]:
    """Maps the original's names to the variables of a shared micro network, batch-norm statistics included.

    Returns:
      For example `child/layer_0/cell_1/x/conv_3x3/stack_0/w_depth`, `child/layer_2/final_conv/w`, `child/fc/w`.
    """
    names = layer_variables(child.stem, "child/stem_conv")
    for i, output in enumerate(child.cell_outputs):
        layer = f"child/layer_{i}"
        names |= layer_variables(child.reductions.get(i), layer)
        for axis, calibration in zip("xy", child.calibrations[i], strict=True):
            names |= layer_variables(calibration, f"{layer}/calibrate/pool_{axis}")
        for b, sides in enumerate(child.operations[i]):
            for axis, modules in zip("xy", sides, strict=True):
                names |= _micro_operations(f"{layer}/cell_{b}/{axis}", modules)
        names |= _final_convolution(output, layer)
    return names | auxiliary_head_variables(child) | layer_variables(child.classifier, "child/fc")


def numbered_branches(config: SearchConfig) -> SearchConfig:
    """Returns equal settings that say how many branches there are, for the original numbers them and has no names.

    Raises:
      InputError: If the operations on offer are not its own, in its order.
    """
    operations, published = config.child.operations, PUBLISHED[space_kind(config)]
    if operations is None:
        return config
    if operations != published[: len(operations)]:
        expected = f"the original's own, counted from the first, where its variables are named: {', '.join(published)}"
        raise InputError("--operations", expected, ", ".join(operations))
    child = dataclasses.replace(config.child, operations=None, num_branches=len(operations))
    return dataclasses.replace(config, child=child)


def auxiliary_head_variables(child: MicroChild) -> dict[str, keras.Variable]:
    """Maps the original's names to the variables of the auxiliary head; empty where there is none."""
    return layer_variables(child.auxiliary_head, "child/aux_head")


def to_original(name: str, value: np.ndarray) -> np.ndarray:
    """Returns a variable's value in the shape the original stores it in under this name."""
    return value[0, 0].T if _is_transposed(name, value) else value


def from_original(name: str, value: np.ndarray) -> np.ndarray:
    """The inverse of `to_original`."""
    return value.T[None, None] if _is_transposed(name, value) else value


def _is_transposed(name: str, value: np.ndarray) -> bool:
    """Whether this is the pointwise weight of a macro operation; those of the micro space hold rows per input."""
    return name.endswith("/w_point") and "/out_conv_" in name


def _final_convolution(output: SharedCellOutput | JoinedBranches, layer: str) -> dict[str, keras.Variable]:
    return {f"{layer}/final_conv/w": output.kernel} | layer_variables(output.norm, f"{layer}/final_conv")


def _micro_operations(scope: str, modules: Mapping[str, keras.layers.Layer]) -> dict[str, keras.Variable]:
    names = {}
    for module in modules.values():
        if isinstance(module, SharedSeparableConvolution):
            size = module.kernel_size
            for k, stack in enumerate(module.stacks):
                for name, weight in stack.items():
                    place = f"bn/{name}" if name in NORMALIZATION_WEIGHTS else name
                    names[f"{scope}/conv_{size}x{size}/stack_{k}/{place}"] = weight
    return names


def _macro_operation(scope: str, operation: keras.layers.Layer) -> dict[str, keras.Variable]:
    if isinstance(operation, PoolingOperation):
        return layer_variables(operation.input_conv, f"{scope}/conv_1")
    if isinstance(operation, ConvolutionOperation):
        return convolution_operation(operation, f"{scope}/inp_conv_1", f"{scope}/out_conv_{operation.kernel_size}")
    raise TypeError(f"expected an operation of the original, received a {type(operation).__name__}")
