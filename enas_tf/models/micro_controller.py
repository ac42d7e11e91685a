"""The controller of the micro space: for every block of both cells two earlier entries, then two operations.

Reference: ENAS (Pham et al., 2018), section 2.4, and the authors' code for the biases of the operations.
"""

import keras
import numpy as np
import tensorflow as tf

from enas_tf.config import PolicyConfig
from enas_tf.layers.base import Shape
from enas_tf.models.controller import FORBIDDEN, ArcScores, Choices, Chooser, Controller, Walk
from enas_tf.search_space import NUM_CELL_INPUTS, MicroSpace

# How the names of the operations begin that both biases favour. The original knows only its own five operations, by
# index; by name the biases mean the same in spaces with others.
FAVOURED_OPERATIONS = "separable_conv"
# Where the learned bias of a favoured operation starts; that of others starts at 0.
INITIAL_BIAS = 10.0
# The constant bias of the normal cell: added for a favoured operation, subtracted for any other.
NORMAL_CELL_BIAS = 0.25


class MicroController(Controller):
    """An LSTM that chooses the normal cell and then, with the state it is in, the reduction cell.

    In a cell, two steps stand for its inputs: their anchors are zero, their keys those of the real h. For each block
    two steps choose an entry each, from tanh(a_j·W_key + h·W_query)·v over all entries j so far, and the chosen anchor
    is the next input. Two more choose an operation each, from h·W_softmax + b with the tanh constant divided by
    `op_tanh_reduce`. A last step's h becomes the anchor of the block. Cells and blocks begin with the start input.

    Two biases favour separable convolutions, whatever else is on offer: b is learned and starts at 10 for them and at 0
    for others; in the normal cell a constant 0.25 is added to their shaped logits and subtracted from all others.

    Args:
      space: The micro space; its operations may be many, and names may repeat.
      config: Sizes, and how logits are shaped.
      seed: The run's root seed.
      name: Of the model.
    """

    space: MicroSpace

    def __init__(self, space: MicroSpace, config: PolicyConfig, seed: int = 0, name: str = "controller") -> None:
        super().__init__(space, config, seed=seed, name=name)
        favoured = np.array([operation.startswith(FAVOURED_OPERATIONS) for operation in space.operations])
        self.initial_bias = np.where(favoured, INITIAL_BIAS, 0.0).astype(np.float32)
        self.normal_cell_bias = np.where(favoured, NORMAL_CELL_BIAS, -NORMAL_CELL_BIAS).astype(np.float32)
        self.build()

    def build(self, input_shape: Shape | None = None) -> None:
        """Creates the variables; no shape depends on an input."""
        super().build(input_shape)
        self.operation_bias = self.add_weight(
            name="operation_bias",
            shape=(1, self.num_operations),
            initializer=keras.initializers.Constant(self.initial_bias),
        )

    def score(self, arcs: tf.Tensor) -> ArcScores:
        """Scores arcs under the policy.

        The entropy is that of every distribution chosen from, summed. There are no skips: what concerns them is zero.

        Args:
          arcs: int32 [num_arcs, arc_length].

        Returns:
          One value per arc; the log-probability carries gradients.
        """
        choices = self._follow(arcs)
        neg_log_prob = tf.concat([each.neg_log_prob for each in choices], axis=1)  # [num_arcs, arc_length]
        entropy = tf.concat([each.entropy for each in choices], axis=1)
        zeros = tf.zeros_like(neg_log_prob[:, 0])
        return ArcScores(
            neg_log_prob=tf.reduce_sum(neg_log_prob, axis=1),
            entropy=tf.stop_gradient(tf.reduce_sum(entropy, axis=1)),
            skip_penalty=zeros,
            skip_count=zeros,
            skip_rate=zeros,
        )

    def policy(self, arcs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Reads the distributions that the choices of given arcs are drawn from.

        Args:
          arcs: int32 [num_arcs, arc_length].

        Returns:
          The probability of each operation, [num_arcs, num_draws, num_operations], and of each entry,
          [num_arcs, num_draws, num_blocks + 1], zero for entries that do not stand before the block. There are two
          draws of both kinds per block, 4·num_blocks in all: first those of the normal, then those of the reduction
          cell.
        """
        operations, indices = self._follow(arcs)
        return operations.probabilities, indices.probabilities

    def _walk(self, choose: Chooser, num_arcs: int | tf.Tensor) -> Walk:
        walk = Walk([], [])
        start, states = self._start(num_arcs), self.lstm.initial_states(num_arcs)
        biases: tuple[np.ndarray | float, ...] = (self.normal_cell_bias, 0.0)  # of the normal and the reduction cell
        for cell, bias in enumerate(biases):
            anchors, keys = [], []
            for _ in range(NUM_CELL_INPUTS):
                hidden, states = self.lstm(start, states)
                anchors.append(tf.zeros_like(hidden))
                keys.append(self._key(hidden))
            for block in range(self.space.num_blocks):
                at, inputs = self.space.block_positions(cell, block), start
                for position in (at.index_1, at.index_2):
                    hidden, states = self.lstm(inputs, states)
                    walk.connections.append(self._choose_index(choose, position, keys, hidden))
                    inputs = _chosen_anchor(anchors, walk.connections[-1].chosen)
                for position in (at.operation_1, at.operation_2):
                    hidden, states = self.lstm(inputs, states)
                    walk.operations.append(self._choose_operation(choose, position, hidden, bias))
                    inputs = self._embed(walk.operations[-1].chosen)
                hidden, states = self.lstm(inputs, states)
                anchors.append(hidden)
                keys.append(self._key(hidden))
        return walk

    def _spell(self, walk: Walk) -> tf.Tensor:
        pairs = zip(walk.connections, walk.operations, strict=True)
        return tf.concat([choices.chosen for pair in pairs for choices in pair], axis=1)

    def _choose_index(self, choose: Chooser, position: int, keys: list[tf.Tensor], hidden: tf.Tensor) -> Choices:
        scores = self._shape(self._attend(keys, hidden))[:, tf.newaxis]  # [num_arcs, 1, num_keys]
        num_missing = NUM_CELL_INPUTS + self.space.num_blocks - 1 - len(keys)
        # All blocks get logits of one width, so that their choices can be concatenated.
        logits = tf.pad(scores, [[0, 0], [0, 0], [0, num_missing]], constant_values=FORBIDDEN)
        return Choices(logits, choose(position, logits))

    def _choose_operation(self, choose: Chooser, position: int, hidden: tf.Tensor, bias: np.ndarray | float) -> Choices:
        logits = self._operation_logits(hidden) + self.operation_bias
        logits = self._shape(logits, self.config.op_tanh_reduce) + bias
        return Choices(logits, choose(position, logits))


def _chosen_anchor(anchors: list[tf.Tensor], chosen: tf.Tensor) -> tf.Tensor:
    """Picks from anchors [num_arcs, size] each by indices [num_arcs, 1]: [num_arcs, size]."""
    return tf.gather(tf.stack(anchors, axis=1), chosen[:, 0], batch_dims=1)
