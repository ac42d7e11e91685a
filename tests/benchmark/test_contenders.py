"""The references compute what the library's child computes."""

import numpy as np
import pytest

from enas_tf.benchmark.contenders import ALL_BRANCHES, LIBRARY, STATIC_GRAPHS, Contender
from enas_tf.config import ChildConfig, DataConfig, OptimizerConfig, RunConfig, SearchConfig
from enas_tf.data import ImageSet, SearchData
from enas_tf.poisoning import space_of

CONFIGS = {
    "macro": SearchConfig(
        run=RunConfig(search_for="macro", search_whole_channels=True, seed=1),
        data=DataConfig(batch_size=4, eval_batch_size=6),
        child=ChildConfig(num_layers=2, out_filters=2, num_branches=3),
        optimizer=OptimizerConfig(lr=0.01),
    ),
    "micro": SearchConfig(
        run=RunConfig(search_for="micro", seed=1),
        data=DataConfig(batch_size=4, eval_batch_size=6),
        child=ChildConfig(num_layers=1, out_filters=2, num_branches=3, num_cells=1),
        optimizer=OptimizerConfig(lr=0.01),
    ),
}
ARCS = {"macro": (1, 2, 1), "micro": (0, 1, 1, 2, 0, 2, 0, 0)}


@pytest.fixture(scope="module")
def data() -> SearchData:
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (40, 8, 8, 1), dtype=np.uint8)
    labels = generator.integers(0, 3, 40, dtype=np.int32)
    return SearchData(ImageSet("made up", images, labels, images, labels, 3), DataConfig(batch_size=4), seed=0)


@pytest.fixture(scope="module", params=["macro", "micro"])
def outcomes(request, data) -> dict[str, tuple[list[dict[str, float]], float]]:
    """By contender, the metrics of two steps on one architecture and its accuracy after them."""
    config, arc = CONFIGS[request.param], ARCS[request.param]
    space_of(config).validate(arc)
    batch, test_batch = next(iter(data.train_batches())), next(iter(data.test_batches()))
    outcomes = {}
    for name, way in {"library": LIBRARY, "all branches": ALL_BRANCHES, "static graphs": STATIC_GRAPHS}.items():
        contender = Contender(way, config, data)
        metrics = [contender.trainer.step(*batch, arc) for _ in range(2)]
        outcomes[name] = metrics, contender.evaluator.accuracy([arc], [test_batch])
    return outcomes


@pytest.mark.parametrize("reference", ["all branches", "static graphs"])
def test_a_reference_takes_the_same_steps(outcomes, reference):
    metrics, accuracy = outcomes[reference]
    expected_metrics, expected_accuracy = outcomes["library"]
    for step, expected in zip(metrics, expected_metrics, strict=True):
        assert step == pytest.approx(expected, rel=1e-4)
    assert accuracy == pytest.approx(expected_accuracy)
