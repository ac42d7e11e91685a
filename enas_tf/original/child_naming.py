"""Finds a child network's variables by the names the original gave them, as its checkpoints and golden files do."""

import keras
import numpy as np

from enas_tf.layers.operations import PoolingOperation
from enas_tf.models.macro_child import MacroChild

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
            pool = f"{layer}/pool_at_{i}/from_{entry}"
            names |= {f"{pool}/path{k}_conv/w": path.kernel for k, path in enumerate(reduction.paths, start=1)}
            names |= _normalization(pool, reduction.norm)
    return names | {"child/fc/w": child.classifier.fc.kernel}


def to_original(name: str, value: np.ndarray) -> np.ndarray:
    """Returns a variable's value in the shape the original stores it in under this name."""
    return value[0, 0].T if name.endswith("/w_point") else value


def from_original(name: str, value: np.ndarray) -> np.ndarray:
    """The inverse of `to_original`."""
    return value.T[None, None] if name.endswith("/w_point") else value


def _normalization(scope, norm):
    return {f"{scope}/bn/{weight.name}": weight for weight in norm.weights if weight.name in NORMALIZATION_WEIGHTS}


def _normalized_convolution(scope, layer):
    return {f"{scope}/w": layer.conv.kernel} | _normalization(scope, layer.norm)


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
