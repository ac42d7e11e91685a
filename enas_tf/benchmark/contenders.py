"""Who is measured: the library's own way to run architectures, and the two ways it is compared with."""

import dataclasses

from enas_tf.benchmark.all_branches import ALL_BRANCHES_CHILDREN
from enas_tf.benchmark.static_graphs import UNCOMPILED_CHILDREN, StaticEvaluator, StaticTrainer
from enas_tf.config import SearchConfig
from enas_tf.data import SearchData
from enas_tf.models.factory import SHARED_CHILDREN, ChildKinds, make_child_of
from enas_tf.models.shared_child import SharedChild
from enas_tf.poisoning import space_of
from enas_tf.search_space import Arc
from enas_tf.training.child_trainer import ChildTrainer, make_child_trainer
from enas_tf.training.evaluation import Batch, Evaluator


@dataclasses.dataclass(frozen=True)
class Way:
    """The classes of a way to run architectures.

    Attributes:
      children: Of the shared network, by kind of space.
      trainer: Of what takes its steps.
      evaluator: Of what measures its accuracies.
    """

    children: ChildKinds[SharedChild] = dataclasses.field(default_factory=lambda: SHARED_CHILDREN)
    trainer: type[ChildTrainer] = ChildTrainer
    evaluator: type[Evaluator] = Evaluator


LIBRARY = Way()
ALL_BRANCHES = Way(ALL_BRANCHES_CHILDREN)
STATIC_GRAPHS = Way(UNCOMPILED_CHILDREN, StaticTrainer, StaticEvaluator)


class Contender:
    """A shared network at its initial weights that runs architectures in one way.

    Args:
      way: Which.
      config: The settings.
      data: The images.

    Attributes:
      trainer: Takes training steps.
      evaluator: Measures accuracies.
    """

    def __init__(self, way: Way, config: SearchConfig, data: SearchData) -> None:
        child = make_child_of(way.children, config, space_of(config), data.image_shape, data.num_classes)
        self.trainer = make_child_trainer(config, child, data.batches_per_epoch, way.trainer)
        self.evaluator = way.evaluator(child)

    def step(self, batch: Batch, arc: Arc) -> None:
        """Takes a training step."""
        self.trainer.step(*batch, arc)

    def evaluate(self, batch: Batch, arc: Arc) -> None:
        """Runs a batch in evaluation mode."""
        self.evaluator.accuracy([arc], [batch])


class StaticContender(Contender):
    """The one that runs static graphs, which can be looked at (arguments as `Contender`, without the way)."""

    trainer: StaticTrainer
    evaluator: StaticEvaluator

    def __init__(self, config: SearchConfig, data: SearchData) -> None:
        super().__init__(STATIC_GRAPHS, config, data)
