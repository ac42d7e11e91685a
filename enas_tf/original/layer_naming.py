"""What the original calls the variables of a layer, given the scope it puts the layer in."""

import functools

import keras

from enas_tf.layers.auxiliary_head import AuxiliaryHead
from enas_tf.layers.batch_normalization import BatchNormalization
from enas_tf.layers.cell_operations import CellIdentity, CellSeparableConvolution
from enas_tf.layers.classifier import Classifier
from enas_tf.layers.convolution import NormalizedConvolution, NormalizedSeparableConvolution
from enas_tf.layers.factorized_reduction import FactorizedReduction
from enas_tf.layers.operations import ConvolutionOperation

Variables = dict[str, keras.Variable]

NORMALIZATION_WEIGHTS = ("scale", "offset", "moving_mean", "moving_variance")


@functools.singledispatch
def layer_variables(layer: keras.layers.Layer | None, scope: str) -> Variables:
    """Maps the original's names to the variables of a layer.

    The hidden sums of zero-debiased averages have no name there that would last.

    Args:
      layer: A layer whose names depend on nothing but its scope. One of any other kind, or None, has no variables.
      scope: Where the original puts it.
    """
    return {}


@layer_variables.register
def _(layer: BatchNormalization, scope: str) -> Variables:
    return {f"{scope}/bn/{weight.name}": weight for weight in layer.weights if weight.name in NORMALIZATION_WEIGHTS}


@layer_variables.register
def _(layer: NormalizedConvolution, scope: str) -> Variables:
    return {f"{scope}/w": layer.conv.kernel} | layer_variables(layer.norm, scope)


@layer_variables.register
def _(layer: NormalizedSeparableConvolution, scope: str) -> Variables:
    kernels = {f"{scope}/w_depth": layer.depthwise.kernel, f"{scope}/w_point": layer.pointwise.kernel}
    return kernels | layer_variables(layer.norm, scope)


@layer_variables.register
def _(layer: FactorizedReduction, scope: str) -> Variables:
    paths = {f"{scope}/path{k}_conv/w": path.kernel for k, path in enumerate(layer.paths, start=1)}
    return paths | layer_variables(layer.norm, scope)


@layer_variables.register
def _(layer: CellSeparableConvolution, scope: str) -> Variables:
    stacks = (layer_variables(stack, f"{scope}/sep_conv_{k}") for k, stack in enumerate(layer.stacks))
    return {name: variable for stack in stacks for name, variable in stack.items()}


@layer_variables.register
def _(layer: CellIdentity, scope: str) -> Variables:
    return layer_variables(layer.reduction, scope)


@layer_variables.register
def _(layer: AuxiliaryHead, scope: str) -> Variables:
    return (
        layer_variables(layer.projection, f"{scope}/proj")
        | layer_variables(layer.features, f"{scope}/avg_pool")
        | layer_variables(layer.classifier, f"{scope}/fc")
    )


@layer_variables.register
def _(layer: Classifier, scope: str) -> Variables:
    return {f"{scope}/w": layer.fc.kernel}


def convolution_operation(operation: ConvolutionOperation, input_scope: str, output_scope: str) -> Variables:
    """Maps the original's names to the variables of a convolution of the macro space.

    Args:
      operation: The operation.
      input_scope: Where the original puts its 1×1 convolution.
      output_scope: Where it puts the rest.
    """
    names = ("w_depth", "w_point") if operation.separable else ("w",)
    kernels = {f"{output_scope}/{name}": conv.kernel for name, conv in zip(names, operation.convs, strict=True)}
    return layer_variables(operation.input_conv, input_scope) | kernels | layer_variables(operation.norm, output_scope)
