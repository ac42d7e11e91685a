"""What logits say of architectures: weights, draws, and what is most likely."""

import numpy as np
import pytest
from scipy import stats

from enas_tf.search_space import MACRO_OPERATIONS, MacroSpace, MicroSpace
from enas_tf.search_space.relaxation import relax

ZERO = "dropout(rate=1.0)"
POISONED = MacroSpace(3, ("conv_3x3", "max_pooling", ZERO, ZERO, ZERO), num_poisoned=3)
SPACES = [POISONED, MicroSpace(3)]


def random_logits(space, seed: int = 0) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    return {name: generator.normal(size=shape) for name, shape in relax(space).shapes.items()}


def test_a_macro_space_has_a_logit_for_every_operation_and_skip():
    assert relax(MacroSpace(6)).shapes == {"alpha": (6, 6), "gamma": (15,)}
    assert [relax(MacroSpace(4)).skips_of(layer) for layer in range(4)] == [
        slice(0, 0),
        slice(0, 1),
        slice(1, 3),
        slice(3, 6),
    ]


def test_a_micro_space_has_logits_for_every_input_of_every_side_and_each_operation_on_it():
    relaxation = relax(MicroSpace(2))
    assert relaxation.shapes == {"alpha": (2, 10, 5), "beta": (2, 10)}
    rows = [relaxation.rows_of(block, side) for block in range(2) for side in range(2)]
    assert rows == [slice(0, 2), slice(2, 4), slice(4, 7), slice(7, 10)]


@pytest.mark.parametrize("space", SPACES, ids=["macro", "micro"])
def test_what_is_drawn_has_the_weights_it_is_said_to_have(space):
    relaxation, logits = relax(space), random_logits(space)
    arcs = relaxation.draw(logits, np.random.default_rng(1), 20000)
    assert arcs.shape == (20000, space.arc_length) and arcs.dtype == np.int32
    for arc in arcs[:50]:
        space.validate(arc)
    operations, _ = relaxation.policy(logits)
    assert operations.shape == space.uniform_policy(arcs).shape
    for position, expected in zip(space.operation_positions, operations[0], strict=True):
        counts = np.bincount(arcs[:, position], minlength=len(expected))
        assert stats.chisquare(counts, 20000 * expected).pvalue > 1e-4


def test_skips_and_inputs_are_drawn_with_theirs():
    logits = random_logits(POISONED)
    arcs = relax(POISONED).draw(logits, np.random.default_rng(1), 20000)
    np.testing.assert_allclose(arcs[:, [2, 4, 5]].mean(axis=0), relax(POISONED).policy(logits)[1][0], atol=0.015)
    space, logits = SPACES[1], random_logits(SPACES[1])
    arcs, (_, (*inputs,)) = relax(space).draw(logits, np.random.default_rng(1), 20000), relax(space).policy(logits)
    np.testing.assert_allclose(np.bincount(arcs[:, 0], minlength=4) / 20000, inputs[0][0], atol=0.015)
    np.testing.assert_allclose(np.bincount(arcs[:, -2], minlength=4) / 20000, inputs[0][-1], atol=0.015)


def test_instances_are_chosen_by_their_sum_and_can_be_left_out():
    relaxation = relax(POISONED)
    # exp: 4, 3 and three times 2; in the last layer three times 1.
    alpha = np.log([[4.0, 3, 2, 2, 2], [4, 3, 2, 2, 2], [4, 3, 1, 1, 1]])
    logits = {"alpha": alpha, "gamma": np.array([0.1, -0.1, 0.1])}
    assert relaxation.most_likely(logits) == (2, 2, 1, 0, 0, 1)
    assert relaxation.most_likely(logits, left_out=[ZERO]) == (0, 0, 1, 0, 0, 1)


def test_in_micro_the_largest_product_of_both_weights_is_chosen():
    space = MicroSpace(1, ("a", "b"))
    alpha = np.log([[[0.6, 0.4], [0.1, 0.9]], [[0.5, 0.5], [0.5, 0.5]]])  # by kind and input, for the first side
    beta = np.log([[0.55, 0.45], [0.2, 0.8]])
    logits = {
        "alpha": np.concatenate([alpha, alpha[::-1]], axis=1),
        "beta": np.concatenate([beta, beta[::-1]], axis=1),
    }
    # .55·.6 < .45·.9 although the first input weighs more; elsewhere the input decides, or the first of equals.
    assert relax(space).most_likely(logits) == (1, 1, 1, 0, 1, 0, 1, 1)


def test_marginal_weights_of_micro_operations_are_sums_over_inputs():
    space, logits = MicroSpace(2), random_logits(MicroSpace(2))
    operations, inputs = relax(space).policy(logits)
    assert operations.shape == (1, 8, 5) and inputs.shape == (1, 8, 3)
    rows = relax(space).rows_of(1, 0)
    shares = np.exp(logits["beta"][1][rows]) / np.exp(logits["beta"][1][rows]).sum()
    weights = np.exp(logits["alpha"][1][rows])
    expected = sum(share * row / row.sum() for share, row in zip(shares, weights, strict=True))
    np.testing.assert_allclose(operations[0, 6], expected)
    np.testing.assert_allclose(inputs.sum(axis=-1), 1)


def test_where_only_connections_are_searched_the_first_operation_is_all_there_is():
    space = MacroSpace(3, MACRO_OPERATIONS)
    relaxation = relax(space, only_connections=True)
    logits = {name: np.random.default_rng(0).normal(size=shape) for name, shape in relaxation.shapes.items()}
    assert relaxation.shapes["alpha"] == (3, 1)
    arcs = relaxation.draw(logits, np.random.default_rng(0), 100)
    assert not arcs[:, space.operation_positions].any()
    np.testing.assert_array_equal(relaxation.policy(logits)[0][0], np.eye(6)[[0, 0, 0]])
