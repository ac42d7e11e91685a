"""What the LSTM controllers of all search spaces share: variables, attention, logits and ways to choose.

A controller walks over the positions of an arc and makes a choice at each: an operation, or a connection to something
earlier. A `Chooser` says how: by drawing, or by following arcs that are given. Knows no reward and no training.

Reference: ENAS (Pham et al., 2018), section 2, and the authors' code for the form of the logits.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import keras
import tensorflow as tf

from enas_tf.config import PolicyConfig
from enas_tf.layers.base import Shape
from enas_tf.layers.lstm import StackedLSTM, uniform
from enas_tf.search_space import SearchSpace
from enas_tf.seeds import derive_seed

# Added to the logit of an option that must not be chosen; finite, so that no gradient becomes 0·inf.
FORBIDDEN = -1e9

# (position in the arc of the first choice, logits [num_arcs, num_choices, num_options])
#   -> the options chosen, int32 [num_arcs, num_choices]
Chooser = Callable[[int, tf.Tensor], tf.Tensor]


class ArcScores(NamedTuple):
    """What a controller says of given arcs, one value per arc ([num_arcs] float32).

    Attributes:
      neg_log_prob: Sum over the choices of -log p(choice), in nats.
      entropy: The policy's uncertainty along the arc, in nats; carries no gradient.
      skip_penalty: Distance of the skip probabilities from their target; zero in spaces without skips.
      skip_count: Number of skip connections.
      skip_rate: Skip connections as a share of the possible ones.
    """

    neg_log_prob: tf.Tensor
    entropy: tf.Tensor
    skip_penalty: tf.Tensor
    skip_count: tf.Tensor
    skip_rate: tf.Tensor


class Choices(NamedTuple):
    """Choices between the same number of options.

    Attributes:
      logits: Shaped logits they were made from, [num_arcs, num_choices, num_options].
      chosen: The options, int32 [num_arcs, num_choices].
    """

    logits: tf.Tensor
    chosen: tf.Tensor

    @classmethod
    def concat(cls, choices: "Sequence[Choices]") -> "Choices":
        """Puts choices one after another, in the order given."""
        logits, chosen = zip(*choices, strict=True)
        return cls(tf.concat(logits, axis=1), tf.concat(chosen, axis=1))

    @property
    def neg_log_prob(self) -> tf.Tensor:
        """-log p of every choice, [num_arcs, num_choices]."""
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self.chosen, logits=self.logits)

    @property
    def probabilities(self) -> tf.Tensor:
        """The distributions chosen from, [num_arcs, num_choices, num_options]."""
        return tf.nn.softmax(self.logits)

    @property
    def entropy(self) -> tf.Tensor:
        """Entropy -Σ p·log p of every distribution chosen from, [num_arcs, num_choices]."""
        return tf.nn.softmax_cross_entropy_with_logits(labels=self.probabilities, logits=self.logits)


class Walk(NamedTuple):
    """All choices of one walk over some arcs, in the order in which they were made.

    Attributes:
      operations: One entry per operation, or whatever else the space has layers made of, [num_arcs, 1] choices each.
      connections: One entry per group of connections that is chosen at once.
    """

    operations: list[Choices]
    connections: list[Choices]


def drawing(seed: tf.Tensor | tuple[int, int]) -> Chooser:
    """A chooser that draws from the softmax of the logits.

    Args:
      seed: A stateless seed pair; each position of the arc folds in its own number.
    """

    def choose(position: int, logits: tf.Tensor) -> tf.Tensor:
        position_seed = tf.random.experimental.stateless_fold_in(seed, position)
        flat = tf.reshape(logits, [-1, logits.shape[-1]])  # [num_arcs * num_choices, num_options]
        drawn = tf.random.stateless_categorical(flat, 1, position_seed, dtype=tf.int32)
        return tf.reshape(drawn, tf.shape(logits)[:-1])

    return choose


def following(arcs: tf.Tensor) -> Chooser:
    """A chooser that repeats what arcs [num_arcs, arc_length] hold."""

    def choose(position: int, logits: tf.Tensor) -> tf.Tensor:
        return arcs[:, position : position + logits.shape[1]]

    return choose


class Controller(keras.Model):
    """The variables of a controller and the moves its walk is made of.

    Always float32, whatever the global dtype policy.

    Args:
      space: What to choose from; its operations may be many, and names may repeat.
      config: Sizes, and how logits are shaped.
      seed: The run's root seed.
      name: Of the model.
    """

    def __init__(self, space: SearchSpace, config: PolicyConfig, seed: int = 0, name: str = "controller") -> None:
        super().__init__(name=name, dtype="float32")
        self.space = space
        self.num_operations = len(space.operations)
        self.config = config
        self.seed = seed
        self.lstm = StackedLSTM(
            config.lstm_size,
            config.lstm_num_layers,
            seed=derive_seed(seed, "controller/lstm")[0],
            dtype=self.dtype_policy,
            name="lstm",
        )

    def build(self, input_shape: Shape | None = None) -> None:
        """Creates the variables; no shape depends on an input."""
        size = self.config.lstm_size
        self.lstm.build(input_shape)
        self.start_input = self._weight("start_input", (1, size))
        self._build_choices()
        self.attention_key = self._weight("attention_key", (size, size))
        self.attention_query = self._weight("attention_query", (size, size))
        self.attention_score = self._weight("attention_score", (size, 1))

    def _build_choices(self) -> None:
        """Creates what everything but connections is chosen with: an embedding and a softmax of the operations."""
        size = self.config.lstm_size
        self.operation_embedding = self._weight("operation_embedding", (self.num_operations, size))
        self.operation_softmax = self._weight("operation_softmax", (size, self.num_operations))

    def sample(self, num_arcs: int, seed: tf.Tensor | tuple[int, int]) -> tf.Tensor:
        """Draws arcs from the policy.

        Args:
          num_arcs: How many.
          seed: A stateless seed pair, for example of `enas_tf.seeds.derive_seed`; equal seeds give equal arcs.

        Returns:
          int32 [num_arcs, arc_length].
        """
        return self._spell(self._walk(drawing(seed), num_arcs))

    def score(self, arcs: tf.Tensor) -> ArcScores:
        """Returns the scores of arcs, int32 [num_arcs, arc_length]; differentiable but for the entropy."""
        raise NotImplementedError

    def policy(self, arcs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the distributions that the choices of arcs [num_arcs, arc_length] are drawn from.

        First of the operations, [num_arcs, num_choices, num_operations], then of the connections.
        """
        raise NotImplementedError

    def _walk(self, choose: Chooser, num_arcs: int | tf.Tensor) -> Walk:
        """Walks over the positions of `num_arcs` arcs at once, making each choice as `choose` says."""
        raise NotImplementedError

    def _spell(self, walk: Walk) -> tf.Tensor:
        """The arcs that the choices of a walk make up, int32 [num_arcs, arc_length]."""
        raise NotImplementedError

    def _follow(self, arcs: tf.Tensor) -> tuple[Choices, Choices]:
        """Walks along given arcs, int32 [num_arcs, arc_length]; returns all choices of operations and connections."""
        arcs = tf.convert_to_tensor(arcs, tf.int32)
        walk = self._walk(following(arcs), tf.shape(arcs)[0])
        return Choices.concat(walk.operations), Choices.concat(walk.connections)

    def _weight(self, name: str, shape: tuple[int, ...]) -> keras.Variable:
        return self.add_weight(name=name, shape=shape, initializer=uniform(self.seed, f"controller/{name}"))

    def _start(self, num_arcs: int | tf.Tensor) -> tf.Tensor:
        """The input where nothing was chosen just before, [num_arcs, size]."""
        return tf.repeat(self.start_input, num_arcs, axis=0)

    def _embed(self, operations: tf.Tensor) -> tf.Tensor:
        """The input after operations [num_arcs, 1] were chosen, [num_arcs, size]."""
        return tf.gather(self.operation_embedding, operations[:, 0])

    def _shape(self, logits: tf.Tensor, tanh_reduce: float = 1.0) -> tf.Tensor:
        """Flattens a policy: c·tanh(logits / temperature), c = tanh_constant / tanh_reduce; left out where None."""
        if self.config.temperature is not None:
            logits = logits / self.config.temperature
        if self.config.tanh_constant is not None:
            logits = self.config.tanh_constant / tanh_reduce * tf.tanh(logits)
        return logits

    def _operation_logits(self, hidden: tf.Tensor) -> tf.Tensor:
        """Raw logits of the operations, from hidden [num_arcs, size]: [num_arcs, 1, num_operations]."""
        return tf.matmul(hidden, self.operation_softmax)[:, tf.newaxis]

    def _key(self, hidden: tf.Tensor) -> tf.Tensor:
        """What attention compares of an anchor with hidden state [num_arcs, size]: [num_arcs, size]."""
        return tf.matmul(hidden, self.attention_key)

    def _attend(self, keys: Sequence[tf.Tensor], hidden: tf.Tensor) -> tf.Tensor:
        """Raw attention scores tanh(key + h·W_query)·v of every key: [num_arcs, num_keys]."""
        query = tf.matmul(hidden, self.attention_query)
        compared = tf.tanh(tf.stack(keys, axis=1) + query[:, tf.newaxis])  # [num_arcs, num_keys, size]
        return tf.squeeze(tf.matmul(compared, self.attention_score), axis=2)
