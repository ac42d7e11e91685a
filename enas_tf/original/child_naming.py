"""Finds a child network's variables by the names the original gave them, as its checkpoints and golden files do."""

import keras
import numpy as np

from enas_tf.layers.factorized_reduction import FactorizedReduction
from enas_tf.layers.micro_operations import SharedSeparableConvolution
from enas_tf.layers.operations import PoolingOperation
from enas_tf.models.macro_child import MacroChild
from enas_tf.models.micro_child import MicroChild

NORMALIZATION_WEIGHTS = ("scale", "offset", "moving_mean", "moving_variance")


def macro_child_variables(child: MacroChild) -> dict[str, keras.Variable]:
    """Maps the original's names to the variables of a shared macro network, batch-norm statistics included.

    The pointwise weights of separable convolutions are stored transposed there; see `to_original`.

    Returns:
      For example `child/stem_conv/w`, `child/layer_0/branch_0/inp_conv_1/bn/scale`, `child/fc/w`.
    """
    names = _normalized_convolution("child/stem_conv", child.stem)
    for i, operations in enumerate(child.operations):
        layer = f"child/layer_{i}"
        for operation, module in operations.items():
            names |= _macro_operation(f"{layer}/branch_{child.space.operations.index(operation)}", module)
        if i > 0:
            names |= _normalization(f"{layer}/skip", child.skip_norms[i])
        for entry, reduction in enumerate(child.reductions.get(i, [])):
            names |= _reduction(f"{layer}/pool_at_{i}/from_{entry}", reduction)
    return names | {"child/fc/w": child.classifier.fc.kernel}


def micro_child_variables(child: MicroChild) -> dict[str, keras.Variable]:
    """Maps the original's names to the variables of a shared micro network, batch-norm statistics included.

    Returns:
      For example `child/layer_0/cell_1/x/conv_3x3/stack_0/w_depth`, `child/layer_2/final_conv/w`, `child/fc/w`.
    """
    names = _normalized_convolution("child/stem_conv", child.stem)
    for i, output in enumerate(child.cell_outputs):
        layer = f"child/layer_{i}"
        if i in child.reductions:
            names |= _reduction(layer, child.reductions[i])
        for axis, calibration in zip("xy", child.calibrations[i], strict=True):
            names |= _calibration(f"{layer}/calibrate/pool_{axis}", calibration)
        for b, sides in enumerate(child.operations[i]):
            for axis, modules in zip("xy", sides, strict=True):
                names |= _micro_operations(f"{layer}/cell_{b}/{axis}", modules)
        names |= {f"{layer}/final_conv/w": output.kernel} | _normalization(f"{layer}/final_conv", output.norm)
    return names | auxiliary_head_variables(child) | {"child/fc/w": child.classifier.fc.kernel}


def auxiliary_head_variables(child: MicroChild) -> dict[str, keras.Variable]:
    """Maps the original's names to the variables of the auxiliary head; empty where there is none."""
    head = child.auxiliary_head
    if head is None:
        return {}
    return (
        _normalized_convolution("child/aux_head/proj", head.projection)
        | _normalized_convolution("child/aux_head/avg_pool", head.features)
        | {"child/aux_head/fc/w": head.classifier.fc.kernel}
    )


def to_original(name: str, value: np.ndarray) -> np.ndarray:
    """Returns a variable's value in the shape the original stores it in under this name."""
    return value[0, 0].T if _is_transposed(name, value) else value


def from_original(name: str, value: np.ndarray) -> np.ndarray:
    """The inverse of `to_original`."""
    return value.T[None, None] if _is_transposed(name, value) else value


def _is_transposed(name, value):
    """Whether this is the pointwise weight of a macro operation; those of the micro space hold rows per input."""
    return name.endswith("/w_point") and "/out_conv_" in name


def _normalization(scope, norm):
    return {f"{scope}/bn/{weight.name}": weight for weight in norm.weights if weight.name in NORMALIZATION_WEIGHTS}


def _normalized_convolution(scope, layer):
    return {f"{scope}/w": layer.conv.kernel} | _normalization(scope, layer.norm)


def _reduction(scope, reduction):
    paths = {f"{scope}/path{k}_conv/w": path.kernel for k, path in enumerate(reduction.paths, start=1)}
    return paths | _normalization(scope, reduction.norm)


def _calibration(scope, calibration):
    if calibration is None:
        return {}
    is_reduction = isinstance(calibration, FactorizedReduction)
    return _reduction(scope, calibration) if is_reduction else _normalized_convolution(scope, calibration)


def _micro_operations(scope, modules):
    names = {}
    for module in modules.values():
        if isinstance(module, SharedSeparableConvolution):
            size = module.kernel_size
            for k, stack in enumerate(module.stacks):
                for name, weight in stack.items():
                    place = f"bn/{name}" if name in NORMALIZATION_WEIGHTS else name
                    names[f"{scope}/conv_{size}x{size}/stack_{k}/{place}"] = weight
    return names


def _macro_operation(scope, operation):
    if isinstance(operation, PoolingOperation):
        return _normalized_convolution(f"{scope}/conv_1", operation.input_conv)
    output = f"{scope}/out_conv_{operation.kernel_size}"
    weights = ("w_depth", "w_point") if operation.separable else ("w",)
    return (
        _normalized_convolution(f"{scope}/inp_conv_1", operation.input_conv)
        | {f"{output}/{weight}": conv.kernel for weight, conv in zip(weights, operation.convs, strict=True)}
        | _normalization(output, operation.norm)
    )
