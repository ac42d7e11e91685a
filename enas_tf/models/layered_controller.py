"""What the controllers of both macro spaces share: the walk over the layers, skip connections and their penalty.

Reference: ENAS (Pham et al., 2018), section 2.3, and the authors' code for penalty and entropy.
"""

import tensorflow as tf

from enas_tf.config import PolicyConfig
from enas_tf.errors import InputError
from enas_tf.layers.lstm import State
from enas_tf.models.controller import ArcScores, Choices, Chooser, Controller, Walk
from enas_tf.search_space import LayeredSpace

# The input of the next step, [num_arcs, size], and the state of each LSTM layer.
Moment = tuple[tf.Tensor, list[State]]


class LayeredController(Controller):
    """An LSTM that chooses networks layer after layer.

    For each layer it first makes the choices of its space. One more step scores each earlier layer j,
    q_j = tanh(a_j·W_key + h·W_query)·v, chooses a bit from the logits (-q_j, q_j), and its h becomes the layer's own
    anchor a; Σ(chosen anchors)/(1 + their number) is the next input. All logits are shaped by temperature and tanh
    constant.

    Args:
      space: The space.
      config: Sizes, shaping of logits, and the skip target.
      seed: The run's root seed.
      name: Of the model.

    Raises:
      InputError: If there is no pair of layers to connect, or the skip target is no probability to aim at.
    """

    space: LayeredSpace

    def __init__(self, space: LayeredSpace, config: PolicyConfig, seed: int = 0, name: str = "controller") -> None:
        if space.num_layers < 2:
            raise InputError("--child_num_layers", "at least 2 layers for a controller", space.num_layers)
        if not 0 < config.skip_target < 1:
            raise InputError("--controller_skip_target", "a number between 0 and 1", config.skip_target)
        super().__init__(space, config, seed=seed, name=name)

    def score(self, arcs: tf.Tensor) -> ArcScores:
        """Scores arcs under the policy.

        The entropy is the sampled term alone, Σ -p·log p over the choices made. The skip penalty is Σ p·log(p/target)
        over both options of every skip bit, p the sigmoid of the option's logit and the target (1 - t, t) for (no,
        yes), averaged over the layers that have skip bits.

        Args:
          arcs: int32 [num_arcs, arc_length].

        Returns:
          One value per arc; all but the entropy carry gradients.
        """
        operations, skips = self._follow(arcs)
        neg_log_prob = tf.concat([operations.neg_log_prob, skips.neg_log_prob], axis=1)  # [num_arcs, arc_length]
        skip_count = tf.reduce_sum(tf.cast(skips.chosen, tf.float32), axis=1)
        return ArcScores(
            neg_log_prob=tf.reduce_sum(neg_log_prob, axis=1),
            entropy=tf.stop_gradient(tf.reduce_sum(neg_log_prob * tf.exp(-neg_log_prob), axis=1)),
            skip_penalty=self._skip_penalty(skips.logits),
            skip_count=skip_count,
            skip_rate=skip_count / self.space.num_skips,
        )

    def policy(self, arcs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Reads the distributions that the choices of given arcs are drawn from.

        Args:
          arcs: int32 [num_arcs, arc_length].

        Returns:
          The probability of each option of the space's own choices, [num_arcs, num_choices, num_options], and of each
          skip connection, [num_arcs, num_skips] in the order of the arc.
        """
        operations, skips = self._follow(arcs)
        return operations.probabilities, skips.probabilities[:, :, 1]

    def _choose_layer(self, choose: Chooser, position: int, moment: Moment, walk: Walk) -> Moment:
        """Makes the space's own choices of a layer.

        Args:
          choose: How.
          position: Of the layer's first integer.
          moment: Before.
          walk: Receives one entry per integer among its operations.

        Returns:
          The moment before the skips are chosen.
        """
        raise NotImplementedError

    def _walk(self, choose: Chooser, num_arcs: int | tf.Tensor) -> Walk:
        walk = Walk([], [])
        anchors: list[tf.Tensor] = []
        keys: list[tf.Tensor] = []
        inputs, states = self._start(num_arcs), self.lstm.initial_states(num_arcs)
        for layer in range(self.space.num_layers):
            position = self.space.layer_offset(layer)
            inputs, states = self._choose_layer(choose, position, (inputs, states), walk)
            hidden, states = self.lstm(inputs, states)
            if layer == 0:
                inputs = self._start(num_arcs)
            else:
                skips = self._choose_skips(choose, position + self.space.layer_width, keys, hidden)
                walk.connections.append(skips)
                inputs = _mean_anchor(anchors, skips.chosen)
            anchors.append(hidden)
            keys.append(self._key(hidden))
        return walk

    def _spell(self, walk: Walk) -> tf.Tensor:
        chosen, width = [choices.chosen for choices in walk.operations], self.space.layer_width
        layers = [chosen[start : start + width] for start in range(0, len(chosen), width)]
        for layer, skips in zip(layers[1:], walk.connections, strict=True):
            layer.append(skips.chosen)
        return tf.concat([part for layer in layers for part in layer], axis=1)

    def _choose_skips(self, choose: Chooser, position: int, keys: list[tf.Tensor], hidden: tf.Tensor) -> Choices:
        scores = self._attend(keys, hidden)
        logits = self._shape(tf.stack([-scores, scores], axis=2))  # [num_arcs, layer, (no, yes)]
        return Choices(logits, choose(position, logits))

    def _skip_penalty(self, logits: tf.Tensor) -> tf.Tensor:
        """The penalty of skip logits [num_arcs, num_skips, 2], [num_arcs]."""
        target = self.config.skip_target
        # The logarithm of the sigmoid as such stays finite where the sigmoid itself rounds to zero.
        log_ratio = tf.math.log_sigmoid(logits) - tf.math.log([1 - target, target])
        return tf.reduce_sum(tf.sigmoid(logits) * log_ratio, axis=[1, 2]) / (self.space.num_layers - 1)


def _mean_anchor(anchors: list[tf.Tensor], chosen: tf.Tensor) -> tf.Tensor:
    """Σ(chosen anchors)/(1 + their number), from anchors [num_arcs, size] each and bits [num_arcs, num_anchors]."""
    bits = tf.cast(chosen, tf.float32)[:, :, tf.newaxis]
    total = tf.reduce_sum(tf.stack(anchors, axis=1) * bits, axis=1)
    return total / (1 + tf.reduce_sum(bits, axis=1))
