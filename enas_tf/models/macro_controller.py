"""The controller of the macro space: for every layer an operation, then a bit for each earlier layer.

Reference: ENAS (Pham et al., 2018), section 2.3.
"""

import numpy as np

from enas_tf.config import PolicyConfig
from enas_tf.models.controller import FORBIDDEN, Choices, Chooser, Walk
from enas_tf.models.layered_controller import LayeredController, Moment
from enas_tf.search_space import MacroSpace


class MacroController(LayeredController):
    """An LSTM that chooses macro architectures: one step of each layer chooses its operation from h·W_softmax.

    With `fixed_operation` every operation is a constant and no choice: index 0 has probability one, so that it adds
    nothing to log-probability and entropy, and the softmax is not trained; its embedding still feeds the LSTM. (The
    original counts the constant as if it had been drawn.)

    Args:
      space: The macro space; its operations may be many, and names may repeat.
      config: Sizes, shaping of logits, and the skip target.
      seed: The run's root seed.
      fixed_operation: Whether only connections are searched, all operations being index 0.
      name: Of the model.

    Raises:
      InputError: As `LayeredController` describes.
    """

    def __init__(
        self,
        space: MacroSpace,
        config: PolicyConfig,
        seed: int = 0,
        fixed_operation: bool = False,
        name: str = "controller",
    ) -> None:
        super().__init__(space, config, seed=seed, name=name)
        self.fixed_operation = fixed_operation
        self.operation_mask = np.zeros(self.num_operations, np.float32)
        if fixed_operation:
            self.operation_mask[1:] = FORBIDDEN
        self.build()

    def _choose_layer(self, choose: Chooser, position: int, moment: Moment, walk: Walk) -> Moment:
        hidden, states = self.lstm(*moment)
        logits = self._shape(self._operation_logits(hidden)) + self.operation_mask
        operation = Choices(logits, choose(position, logits))
        walk.operations.append(operation)
        return self._embed(operation.chosen), states
