"""The controller of the macro space over parts of the channels: for every layer and branch a start and a count.

Reference: the authors' code without `--controller_search_whole_channels`.
"""

import numpy as np
import tensorflow as tf

from enas_tf.config import PolicyConfig
from enas_tf.models.controller import FORBIDDEN, Choices, Chooser, Walk
from enas_tf.models.layered_controller import LayeredController, Moment
from enas_tf.search_space import MacroChannelSpace


class MacroChannelController(LayeredController):
    """An LSTM that chooses ranges of channels, by two steps for each branch (arguments as `LayeredController`).

    The first step chooses the start out of C channels from h·W_start, the second the count from h·W_count, whose C − 1
    options stand for the counts 1 to C − 1. Those greater than C − start, which end beyond the channels, are forbidden
    after the logits were shaped. Each branch has softmaxes and embeddings of its own, which all layers share; the
    embedding of what was chosen is the next input.
    """

    space: MacroChannelSpace

    def __init__(self, space: MacroChannelSpace, config: PolicyConfig, seed: int = 0, name: str = "controller") -> None:
        super().__init__(space, config, seed=seed, name=name)
        self.first_values = np.zeros(space.arc_length, np.int32)  # what option 0 of each position stands for
        self.first_values[list(space.count_positions)] = 1
        self.build()

    def policy(self, arcs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Reads the distributions that the choices of given arcs are drawn from.

        Args:
          arcs: int32 [num_arcs, arc_length].

        Returns:
          The probabilities of starts and counts, [num_arcs, 2·num_layers·num_branches, C]: by turns those of the starts
          0 … C − 1 and those of the counts 1 … C, zero for what is forbidden; and of each skip connection,
          [num_arcs, num_skips] in the order of the arc.
        """
        return super().policy(arcs)

    def _build_choices(self) -> None:
        channels, size = self.space.num_channels, self.config.lstm_size
        self.embeddings, self.softmaxes = [], []  # by branch: for its start, for its count
        for branch in range(self.num_operations):
            options = {f"start_{branch}": channels, f"count_{branch}": channels - 1}
            self.embeddings.append([self._weight(f"{name}_embedding", (n, size)) for name, n in options.items()])
            self.softmaxes.append([self._weight(f"{name}_softmax", (size, n)) for name, n in options.items()])

    def _choose_layer(self, choose: Chooser, position: int, moment: Moment, walk: Walk) -> Moment:
        inputs, states = moment
        for branch in range(self.num_operations):
            start_position = position + 2 * branch
            start_softmax, count_softmax = self.softmaxes[branch]
            start_embedding, count_embedding = self.embeddings[branch]

            hidden, states = self.lstm(inputs, states)
            logits = self._shape(tf.matmul(hidden, start_softmax))[:, tf.newaxis]  # [num_arcs, 1, C]
            start = Choices(logits, choose(start_position, logits))

            hidden, states = self.lstm(tf.gather(start_embedding, start.chosen[:, 0]), states)
            logits = self._count_logits(tf.matmul(hidden, count_softmax), start.chosen)
            count = Choices(logits, choose(start_position + 1, logits))

            inputs = tf.gather(count_embedding, count.chosen[:, 0])
            walk.operations.extend((start, count))
        return inputs, states

    def _count_logits(self, logits: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
        """Shapes raw logits [num_arcs, C − 1] after starts [num_arcs, 1] were chosen: [num_arcs, 1, C].

        They get the width of the starts' logits, so that all choices can be concatenated.
        """
        shaped = tf.pad(self._shape(logits), [[0, 0], [0, 1]])
        option = tf.range(self.space.num_channels)
        last = tf.minimum(self.space.num_channels - 1 - start, self.space.num_channels - 2)  # [num_arcs, 1]
        return tf.where(option <= last, shaped, FORBIDDEN)[:, tf.newaxis]

    def _follow(self, arcs: tf.Tensor) -> tuple[Choices, Choices]:
        return super()._follow(tf.convert_to_tensor(arcs, tf.int32) - self.first_values)

    def _spell(self, walk: Walk) -> tf.Tensor:
        return super()._spell(walk) + self.first_values
