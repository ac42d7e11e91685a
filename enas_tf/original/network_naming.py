"""Finds the variables of any child network, shared or of one architecture, by the names the original gave them."""

import keras

from enas_tf.models.fixed_network import FixedChild
from enas_tf.models.layered_child import LayeredChild
from enas_tf.models.micro_child import MicroChild
from enas_tf.original.child_naming import macro_child_variables, micro_child_variables
from enas_tf.original.fixed_naming import fixed_network_variables
from enas_tf.training.child_trainer import TrainableChild

# Where the original puts the auxiliary head.
AUXILIARY_SCOPE = "child/aux_head/"


def network_variables(child: TrainableChild) -> dict[str, keras.Variable]:
    """Maps the original's names to the variables of a child, batch-norm statistics included.

    Args:
      child: A shared network of either space, or that of one architecture.
    """
    if isinstance(child, FixedChild):
        return fixed_network_variables(child.network)
    if isinstance(child, MicroChild):
        return micro_child_variables(child)
    if isinstance(child, LayeredChild):
        return macro_child_variables(child)
    raise TypeError(f"expected a network of the original's spaces, received a {type(child).__name__}")
